// SPDX-License-Identifier: GPL-3.0-or-later
#include "guard.h"

#include "maths.h"

#include <assert.h>
#include <float.h>
#include <string.h>

void fiq_guard_init(FiqGuard* self, double sample_rate_hz, double fade_s)
{
  assert(self);
  assert(fade_s > 0.0);
  self->step = (float)(1.0 / (sample_rate_hz * fade_s));
  fiq_guard_reset(self);
}

void fiq_guard_reset(FiqGuard* self)
{
  self->gain     = 1.0f;
  self->n_faults = 0;
}

void fiq_guard_enter(const float* in, float* out, uint32_t n_frames)
{
  if (!in) {
    memset(out, 0, n_frames * sizeof(float));
    return;
  }
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float x     = in[i];
    const float above = x > -FIQ_ENTRY_LIMIT ? x : -FIQ_ENTRY_LIMIT;
    const float held  = above < FIQ_ENTRY_LIMIT ? above : FIQ_ENTRY_LIMIT;
    out[i]            = fabsf(x) <= FLT_MAX ? held : 0.0f; // false for NaN as well
  }
}

static bool is_sane(const float* x, uint32_t n_frames)
{
  uint32_t n_sane = 0; // counted, as a vector can
  for (uint32_t i = 0; i < n_frames; ++i) {
    n_sane += fabsf(x[i]) <= FIQ_EXIT_LIMIT; // false for NaN as well
  }
  return n_sane == n_frames;
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
    sane &= is_sane(planes[channel], n_frames);
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
