// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Two builds of one kernel. A kernel is an FIQ_INLINE function in portable C, written for the
   vectoriser; beside it stand a plain wrapper and one marked FIQ_AVX2, and a flag kept since
   `init` picks between them. No contraction and no reordering: both give the same bits.
   Function pointers of the loader (ifunc) are not used; they upset sanitizers in plugins. [any]
*/
#ifndef FIQ_SIMD_H
#define FIQ_SIMD_H

#include "common.h"

#if defined(__GNUC__) && defined(__x86_64__)
#define FIQ_INLINE static inline __attribute__((always_inline))
#define FIQ_AVX2 __attribute__((target("avx2")))
#define FIQ_HAS_AVX2 1
#elif defined(__GNUC__)
#define FIQ_INLINE static inline __attribute__((always_inline))
#define FIQ_AVX2
#define FIQ_HAS_AVX2 0
#else
#define FIQ_INLINE static inline
#define FIQ_AVX2
#define FIQ_HAS_AVX2 0
#endif

#if defined(__GNUC__)
/// Four floats, one register of SSE and NEON; at any float's address.
typedef float FiqFloat4 __attribute__((vector_size(16), aligned(4), may_alias));
/// Eight floats, one AVX register or two of SSE and NEON; at any float's address.
typedef float   FiqFloat8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t FiqInt8 __attribute__((vector_size(32), aligned(4), may_alias));
#endif

/// Whether this machine runs what FIQ_AVX2 marks.  [setup]
static inline bool fiq_simd_avx2(void)
{
#if FIQ_HAS_AVX2
  return __builtin_cpu_supports("avx2") != 0;
#else
  return false;
#endif
}

#endif
