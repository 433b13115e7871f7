// SPDX-License-Identifier: GPL-3.0-or-later
/**
   All of a file or pipe in memory.
*/
#ifndef FIQ_READ_BYTES_H
#define FIQ_READ_BYTES_H

#include <stddef.h>
#include <stdint.h>

/// All of the file or pipe, to be freed, with a 0 behind it, but no more than `most` and a few; NULL, and why, if it
/// cannot be read.  [any but audio]
uint8_t* fiq_read_bytes(const char* path, size_t most, size_t* n_bytes);

#endif
