// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Builds of one kernel. A kernel is an FIQ_INLINE function in portable C, written for the
   vectoriser; beside it stand a plain wrapper, one marked FIQ_AVX2 and for the hottest one marked FIQ_AVX512,
   and flags kept since `init` pick between them. No contraction and no reordering: all give the same bits.
   Function pointers of the loader (ifunc) are not used; they upset sanitizers in plugins. [any]
*/
#ifndef FIQ_SIMD_H
#define FIQ_SIMD_H

#include "dsp/base/common.h"

// AVX-512 brings fused multiplication, which would round differently; gcc contracts nothing in ISO C.
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

#if defined(__GNUC__) && defined(__x86_64__)
#define FIQ_INLINE static inline __attribute__((always_inline))
#define FIQ_AVX2 __attribute__((target("avx2")))
#define FIQ_HAS_AVX2 1
#if defined(__clang__)
#define FIQ_AVX512                                                                                 \
  __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq"), min_vector_width(512)))
#else
#define FIQ_AVX512                                                                                 \
  __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,prefer-vector-width=512")))
#endif
/// Forget how `x` was computed, so that it keeps a register of its own.
#define FIQ_OPAQUE(x) __asm__("" : "+r"(x))
/// The same for an FiqFloat4.
#define FIQ_OPAQUE_FOUR(x) __asm__("" : "+x"(x))
#elif defined(__GNUC__)
#define FIQ_INLINE static inline __attribute__((always_inline))
#define FIQ_AVX2
#define FIQ_AVX512
#define FIQ_HAS_AVX2 0
#define FIQ_OPAQUE(x)
#define FIQ_OPAQUE_FOUR(x)
#else
#define FIQ_INLINE static inline
#define FIQ_AVX2
#define FIQ_AVX512
#define FIQ_HAS_AVX2 0
#define FIQ_OPAQUE(x)
#define FIQ_OPAQUE_FOUR(x)
#endif

#if defined(__GNUC__)
/// Four floats, one register of SSE and NEON; at any float's address.
typedef float FiqFloat4 __attribute__((vector_size(16), aligned(4), may_alias));
/// Eight floats, one AVX register or two of SSE and NEON; at any float's address.
typedef float   FiqFloat8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t FiqInt8 __attribute__((vector_size(32), aligned(4), may_alias));
#endif

#if defined(__GNUC__)
/// Rows a, b, c, d to columns and back: row[k] [4] of the four gets their k-th floats.
FIQ_INLINE void fiq_transpose(const FiqFloat4* a, const FiqFloat4* b, const FiqFloat4* c,
                              const FiqFloat4* d, float* const row[4])
{
  const FiqFloat4 low_ab  = __builtin_shufflevector(*a, *b, 0, 4, 1, 5);
  const FiqFloat4 low_cd  = __builtin_shufflevector(*c, *d, 0, 4, 1, 5);
  const FiqFloat4 high_ab = __builtin_shufflevector(*a, *b, 2, 6, 3, 7);
  const FiqFloat4 high_cd = __builtin_shufflevector(*c, *d, 2, 6, 3, 7);
  *(FiqFloat4*)row[0]     = __builtin_shufflevector(low_ab, low_cd, 0, 1, 4, 5);
  *(FiqFloat4*)row[1]     = __builtin_shufflevector(low_ab, low_cd, 2, 3, 6, 7);
  *(FiqFloat4*)row[2]     = __builtin_shufflevector(high_ab, high_cd, 0, 1, 4, 5);
  *(FiqFloat4*)row[3]     = __builtin_shufflevector(high_ab, high_cd, 2, 3, 6, 7);
}
#endif

#if defined(__GNUC__)
/// The same for the first two columns alone.
FIQ_INLINE void fiq_transpose_two(const FiqFloat4* a, const FiqFloat4* b, const FiqFloat4* c,
                                  const FiqFloat4* d, float* first, float* second)
{
  const FiqFloat4 ab  = __builtin_shufflevector(*a, *b, 0, 4, 1, 5);
  const FiqFloat4 cd  = __builtin_shufflevector(*c, *d, 0, 4, 1, 5);
  *(FiqFloat4*)first  = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  *(FiqFloat4*)second = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}
#endif

/// Whether this machine runs what FIQ_AVX2 marks, and the build lets it (FIQ_SIMD of CMake).  [setup]
static inline bool fiq_simd_avx2(void)
{
#if FIQ_HAS_AVX2 && !defined(FIQ_SIMD_BASE)
  return __builtin_cpu_supports("avx2") != 0;
#else
  return false;
#endif
}

/// The same for FIQ_AVX512.  [setup]
static inline bool fiq_simd_avx512(void)
{
#if FIQ_HAS_AVX2 && !defined(FIQ_SIMD_BASE) && !defined(FIQ_SIMD_AVX2)
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512dq") != 0;
#else
  return false;
#endif
}

/// The builds that this machine runs, kept since `init`.
typedef struct {
  bool use_avx2;
  bool use_avx512;
} FiqSimd;

/// [setup]
static inline FiqSimd fiq_simd(void)
{
  return (FiqSimd){fiq_simd_avx2(), fiq_simd_avx512()};
}

/// The build of a kernel for this machine: kernel_base, _avx2 or _avx512; `self` points to what has the two flags.
#define FIQ_PICK(self, kernel)                                                                     \
  (!(self)->use_avx2 ? kernel##_base : (self)->use_avx512 ? kernel##_avx512 : kernel##_avx2)

#endif
