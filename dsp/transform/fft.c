// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/transform/fft.h"

#include "dsp/base/arena.h"

#include <assert.h>
#include <fftw3.h>
#include <string.h>

static const uint32_t kinds_real = FIQ_FFT_REAL_FORWARD | FIQ_FFT_REAL_INVERSE;
static const uint32_t kinds_all =
    FIQ_FFT_REAL_FORWARD | FIQ_FFT_REAL_INVERSE | FIQ_FFT_COMPLEX_FORWARD | FIQ_FFT_COMPLEX_INVERSE;

static fftwf_plan plan_new(uint32_t size, uint32_t kind)
{
  // FFTW only looks at the alignment of these when it estimates; they are gone when it executes.
  fftwf_complex* const a    = fftwf_alloc_complex(size);
  fftwf_complex* const b    = fftwf_alloc_complex(size);
  fftwf_plan           plan = NULL;
  const int            n    = (int)size;
  if (a && b) {
    switch (kind) {
    case FIQ_FFT_REAL_FORWARD:
      plan = fftwf_plan_dft_r2c_1d(n, a[0], b, FFTW_ESTIMATE);
      break;
    case FIQ_FFT_REAL_INVERSE:
      plan = fftwf_plan_dft_c2r_1d(n, a, b[0], FFTW_ESTIMATE);
      break;
    case FIQ_FFT_COMPLEX_FORWARD:
      plan = fftwf_plan_dft_1d(n, a, b, FFTW_FORWARD, FFTW_ESTIMATE);
      break;
    default:
      plan = fftwf_plan_dft_1d(n, a, b, FFTW_BACKWARD, FFTW_ESTIMATE);
      break;
    }
  }
  fftwf_free(a);
  fftwf_free(b);
  return plan;
}

static fftwf_plan pool_plan(FiqFftPool* pool, uint32_t size, uint32_t kind)
{
  for (uint32_t i = 0; i < pool->n_entries; ++i) {
    if (pool->entries[i].size == size && pool->entries[i].kind == kind) {
      return pool->entries[i].plan;
    }
  }
  if (pool->n_entries == FIQ_FFT_POOL_SIZE) {
    return NULL;
  }
  fftwf_make_planner_thread_safe();
  const fftwf_plan plan = plan_new(size, kind);
  if (plan) {
    pool->entries[pool->n_entries++] = (FiqFftPoolEntry){plan, size, kind};
  }
  return plan;
}

void fiq_fft_pool_init(FiqFftPool* self)
{
  assert(self);
  memset(self, 0, sizeof *self);
}

void fiq_fft_pool_free(FiqFftPool* self)
{
  assert(self);
  for (uint32_t i = 0; i < self->n_entries; ++i) {
    fftwf_destroy_plan(self->entries[i].plan);
  }
  fiq_fft_pool_init(self);
}

bool fiq_fft_size_is_valid(uint32_t size)
{
  return size >= FIQ_FFT_SIZE_MIN && size <= FIQ_FFT_SIZE_MAX && (size & (size - 1)) == 0;
}

FiqStatus fiq_fft_init(FiqFft* self, FiqFftPool* pool, uint32_t size)
{
  return fiq_fft_init_kinds(self, pool, size, kinds_real);
}

FiqStatus fiq_fft_init_kinds(FiqFft* self, FiqFftPool* pool, uint32_t size, uint32_t kinds)
{
  assert(self);
  assert(pool);
  if (!fiq_fft_size_is_valid(size) || kinds == 0 || (kinds & ~kinds_all)) {
    return FIQ_BAD_ARGUMENT;
  }
  *self                               = (FiqFft){.size = size};
  struct fftwf_plan_s** const plans[] = {&self->real_forward, &self->real_inverse,
                                         &self->complex_forward, &self->complex_inverse};
  for (uint32_t i = 0; i < 4; ++i) {
    const uint32_t kind = 1u << i;
    if (kinds & kind) {
      *plans[i] = pool_plan(pool, size, kind);
      if (!*plans[i]) {
        return FIQ_NO_PLAN;
      }
    }
  }
  return FIQ_OK;
}

void fiq_fft_forward(const FiqFft* self, const float* in, FiqComplex* out)
{
  assert(self->real_forward);
  assert((uintptr_t)in % FIQ_ARENA_ALIGN_BYTES == 0);
  assert((uintptr_t)out % FIQ_ARENA_ALIGN_BYTES == 0);
  // FFTW takes the input without const, but an r2c transform out of place only reads it.
  fftwf_execute_dft_r2c(self->real_forward, (float*)in, (fftwf_complex*)out);
}

void fiq_fft_inverse(const FiqFft* self, FiqComplex* in, float* out)
{
  assert(self->real_inverse);
  assert((uintptr_t)in % FIQ_ARENA_ALIGN_BYTES == 0);
  assert((uintptr_t)out % FIQ_ARENA_ALIGN_BYTES == 0);
  fftwf_execute_dft_c2r(self->real_inverse, (fftwf_complex*)in, out);
}

static void run_complex(fftwf_plan plan, const FiqComplex* in, FiqComplex* out)
{
  assert(plan);
  assert((uintptr_t)in % FIQ_ARENA_ALIGN_BYTES == 0);
  assert((uintptr_t)out % FIQ_ARENA_ALIGN_BYTES == 0);
  assert(in != out);
  fftwf_execute_dft(plan, (fftwf_complex*)in, (fftwf_complex*)out);
}

void fiq_fft_forward_complex(const FiqFft* self, const FiqComplex* in, FiqComplex* out)
{
  run_complex(self->complex_forward, in, out);
}

void fiq_fft_inverse_complex(const FiqFft* self, const FiqComplex* in, FiqComplex* out)
{
  run_complex(self->complex_inverse, in, out);
}
