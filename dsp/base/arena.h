// SPDX-License-Identifier: GPL-3.0-or-later
/**
   One block of memory that a whole engine is built from, front to back.

   A module's `init` takes every buffer first, lets its children take theirs, and
   only then looks at fiq_arena_status(); so one and the same `init` run on an arena
   without memory (base NULL) measures how much a real one needs.

       FiqArena ruler;
       fiq_arena_init(&ruler, NULL, 0);
       (void)fiq_thing_init(&thing, &ruler, &config);  // FIQ_NO_MEMORY, as it must
       // ruler.used_bytes is the exact size to allocate

   Cost: O(1) a take, plus clearing. Nothing is ever given back.
*/
#ifndef FIQ_ARENA_H
#define FIQ_ARENA_H

#include "dsp/base/common.h"

enum { FIQ_ARENA_ALIGN_BYTES = 64 }; ///< alignment of every buffer; a cache line, any SIMD width

typedef struct {
  uint8_t* base;       ///< [size_bytes] aligned to FIQ_ARENA_ALIGN_BYTES, or NULL to measure
  size_t   size_bytes; ///< capacity
  size_t   used_bytes; ///< taken or asked for so far; exceeds size_bytes once a take failed
} FiqArena;

/// Start on `base` (not owned, may be NULL to measure only).  [setup]
void fiq_arena_init(FiqArena* self, void* base, size_t size_bytes);

/// A zeroed, aligned buffer of `count` elements of `size_bytes`; NULL if it does not fit.  [setup]
void* fiq_arena_take(FiqArena* self, size_t count, size_t size_bytes);

/// Both planes of one control period, FIQ_CONTROL_MAX floats each.  [setup]
void fiq_arena_take_planes(FiqArena* self, float* planes[FIQ_CHANNELS]);

/// FIQ_OK if every take so far was granted, else FIQ_NO_MEMORY.  [setup]
FiqStatus fiq_arena_status(const FiqArena* self);

#endif
