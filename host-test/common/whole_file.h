// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A file or pipe read into memory as a whole.
*/
#ifndef FIQ_WHOLE_FILE_H
#define FIQ_WHOLE_FILE_H

#include <stddef.h>
#include <stdint.h>

/// All [n_bytes] of the file or pipe at `path` and a final 0, to be freed; of one that is larger than `most`, more than
/// `most` but not all. NULL, and why, if it cannot be read.
uint8_t* fiq_whole_file(const char* path, size_t most, size_t* n_bytes);

#endif
