// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Channels of sound, each in a plane of its own, in one piece of memory.
*/
#ifndef FIQ_PLANES_H
#define FIQ_PLANES_H

#include <stddef.h>
#include <stdint.h>

/// `n` planes of `n_frames` zeros, or NULL; free them by fiq_planes_free.
float** fiq_planes_new(uint32_t n, size_t n_frames);
void    fiq_planes_free(float** planes);

#endif
