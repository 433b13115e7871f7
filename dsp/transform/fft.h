// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Fast Fourier transforms: a thin layer over single-precision FFTW.

   Forward X_k = sum_n x_n e^{-j 2 pi k n / N}, inverse x_n = sum_k X_k e^{+j 2 pi k n / N};
   neither is scaled, so that inverse(forward(x)) = N x.

   Plans live in a pool that all modules of an engine share: the second module that wants a
   transform of the same size and kind gets the plan of the first, and only the owner of the
   pool frees. FFTW's planner is locked process-wide, because other plugins may plan too. Planning
   is by estimate (0.1 to 3 ms a real plan, 0.1 ms a complex one); execution never allocates,
   which FFTW grants for these sizes out of place only, hence in == out is forbidden.

   Buffers: 64-byte aligned, as fiq_arena_take returns them.
   Source: Frigo and Johnson 2005, "The design and implementation of FFTW3".
*/
#ifndef FIQ_FFT_H
#define FIQ_FFT_H

#include "dsp/base/common.h"

struct fftwf_plan_s; // what fftwf_plan points to; spares every user of this header fftw3.h

enum {
  FIQ_FFT_SIZE_MIN  = 16,
  FIQ_FFT_SIZE_MAX  = 262144,
  FIQ_FFT_POOL_SIZE = 32 ///< plans that one pool can hold
};

/// Kinds of transform; a set of them is their bitwise or.
typedef enum {
  FIQ_FFT_REAL_FORWARD    = 1, ///< [N] reals to [N/2 + 1] bins
  FIQ_FFT_REAL_INVERSE    = 2, ///< [N/2 + 1] bins to [N] reals
  FIQ_FFT_COMPLEX_FORWARD = 4, ///< [N] to [N]
  FIQ_FFT_COMPLEX_INVERSE = 8  ///< [N] to [N]
} FiqFftKind;

typedef struct {
  struct fftwf_plan_s* plan;
  uint32_t             size; ///< N
  uint32_t             kind; ///< one FiqFftKind
} FiqFftPoolEntry;

/// The plans of one engine. Not for two threads at once: a worker has a pool of its own.
typedef struct {
  FiqFftPoolEntry entries[FIQ_FFT_POOL_SIZE];
  uint32_t        n_entries;
} FiqFftPool;

/// One size of transform; a handle without resources of its own, valid as long as its pool.
typedef struct {
  struct fftwf_plan_s* real_forward;    ///< each NULL unless asked for
  struct fftwf_plan_s* real_inverse;    ///< destroys its input
  struct fftwf_plan_s* complex_forward; ///< keeps its input
  struct fftwf_plan_s* complex_inverse; ///< keeps its input
  uint32_t             size;            ///< N
} FiqFft;

/// An empty pool.  [setup]
void fiq_fft_pool_init(FiqFftPool* self);

/// Destroy all plans; every FiqFft of this pool is void afterwards.  [setup]
void fiq_fft_pool_free(FiqFftPool* self);

/// Both real transforms of `size` (a power of two, FIQ_FFT_SIZE_MIN..FIQ_FFT_SIZE_MAX).
/// FIQ_BAD_ARGUMENT for another size, FIQ_NO_PLAN if FFTW refuses or the pool is full.  [setup]
FiqStatus fiq_fft_init(FiqFft* self, FiqFftPool* pool, uint32_t size);

/// As fiq_fft_init, for exactly the `kinds` asked for (a set of FiqFftKind, not empty).  [setup]
FiqStatus fiq_fft_init_kinds(FiqFft* self, FiqFftPool* pool, uint32_t size, uint32_t kinds);

/// Whether `size` is one that fiq_fft_init accepts.  [any]
bool fiq_fft_size_is_valid(uint32_t size);

/// `in` [N] real to `out` [N/2 + 1]; `in` is kept.  [audio]
void fiq_fft_forward(const FiqFft* self, const float* in, FiqComplex* out);

/// `in` [N/2 + 1] to `out` [N] real; `in` is destroyed; im of bins 0 and N/2 is ignored.  [audio]
void fiq_fft_inverse(const FiqFft* self, FiqComplex* in, float* out);

/// `in` [N] to `out` [N]; `in` is kept.  [audio]
void fiq_fft_forward_complex(const FiqFft* self, const FiqComplex* in, FiqComplex* out);

/// `in` [N] to `out` [N]; `in` is kept.  [audio]
void fiq_fft_inverse_complex(const FiqFft* self, const FiqComplex* in, FiqComplex* out);

#endif
