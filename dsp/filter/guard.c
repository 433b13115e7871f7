// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/filter/guard.h"

#include "dsp/base/maths.h"
#include "dsp/base/simd.h"

#include <assert.h>
#include <float.h>
#include <string.h>

void fiq_guard_init(FiqGuard* self, double sample_rate_hz, double fade_s)
{
  assert(self);
  assert(fade_s > 0.0);
  self->step     = (float)(1.0 / (sample_rate_hz * fade_s));
  self->use_avx2 = fiq_simd_avx2();
  fiq_guard_reset(self);
}

void fiq_guard_reset(FiqGuard* self)
{
  self->gain     = 1.0f;
  self->n_faults = 0;
}

/// On the bits, whose magnitudes sort as those of the numbers do: a vector has a minimum of whole numbers.
FIQ_INLINE void enter(const float* restrict in, float* restrict out, uint32_t n_frames)
{
  const float limit = FIQ_ENTRY_LIMIT;
  const float most  = FLT_MAX;
  int32_t     limit_bits;
  int32_t     most_bits;
  memcpy(&limit_bits, &limit, sizeof limit);
  memcpy(&most_bits, &most, sizeof most);
  for (uint32_t i = 0; i < n_frames; ++i) {
    int32_t bits;
    memcpy(&bits, &in[i], sizeof bits);
    const int32_t size   = bits & INT32_MAX;
    const int32_t held   = size < limit_bits ? size : limit_bits;
    const int32_t number = -(size <= most_bits); // all bits, or none for NaN and Inf
    const int32_t kept   = number & (held | (bits & INT32_MIN));
    memcpy(&out[i], &kept, sizeof kept);
  }
}

static void enter_base(const float* in, float* out, uint32_t n_frames)
{
  enter(in, out, n_frames);
}

FIQ_AVX2 static void enter_avx2(const float* in, float* out, uint32_t n_frames)
{
  enter(in, out, n_frames);
}

void fiq_guard_enter(const FiqGuard* self, const float* in, float* out, uint32_t n_frames)
{
  if (!in) {
    memset(out, 0, n_frames * sizeof(float));
    return;
  }
  (self->use_avx2 ? enter_avx2 : enter_base)(in, out, n_frames);
}

FIQ_INLINE bool is_sane(const float* restrict x, uint32_t n_frames)
{
  uint32_t n_sane = 0; // counted, as a vector can
  for (uint32_t i = 0; i < n_frames; ++i) {
    n_sane += fabsf(x[i]) <= FIQ_EXIT_LIMIT; // false for NaN as well
  }
  return n_sane == n_frames;
}

static bool is_sane_base(const float* x, uint32_t n_frames)
{
  return is_sane(x, n_frames);
}

FIQ_AVX2 static bool is_sane_avx2(const float* x, uint32_t n_frames)
{
  return is_sane(x, n_frames);
}

static float fade_in(float* x, uint32_t n_frames, float gain, float step)
{
  for (uint32_t i = 0; i < n_frames; ++i) {
    x[i] *= gain;
    gain = fminf(1.0f, gain + step);
  }
  return gain;
}

bool fiq_guard_leave(FiqGuard* self, float* const* planes, uint32_t n_frames)
{
  bool sane = true;
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    sane &= (self->use_avx2 ? is_sane_avx2 : is_sane_base)(planes[channel], n_frames);
  }
  if (!sane) {
    for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
      memset(planes[channel], 0, n_frames * sizeof(float));
    }
    self->gain = 0.0f;
    ++self->n_faults;
    return false;
  }
  if (self->gain < 1.0f) {
    const float start = self->gain;
    for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
      self->gain = fade_in(planes[channel], n_frames, start, self->step);
    }
  }
  return true;
}
