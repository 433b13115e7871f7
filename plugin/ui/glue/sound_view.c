// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/glue/sound_view.h"

#include "dsp/base/maths.h"

#include <string.h>

enum { POINTS = 256, WAVE_POINTS = 400, RING = FIQ_SOUND_RING, WINDOW = FIQ_SOUND_WINDOW };

static const float full_scale = 8192.0f;
static const float floor_db   = -96.0f;
static const float fall_db    = 1.2f;   // a picture
static const float wave_s     = 0.02f;  // that is shown
static const float lead_s     = 0.004f; // of it before the peak
static const float silence    = 0.003f;

void fiq_sound_view_init(FiqSoundView* self)
{
  memset(self, 0, sizeof(*self));
  self->rate_hz = 48000.0f;
  for (uint32_t i = 0; i < WINDOW; ++i) {
    self->window[i] = 0.5f - 0.5f * cosf(FIQ_TWO_PI_F * ((float)i + 0.5f) / (float)WINDOW);
  }
}

void fiq_sound_view_add(FiqSoundView* self, const int16_t* pairs, uint32_t n, float rate_hz)
{
  self->rate_hz = rate_hz > 1000.0f ? rate_hz : 48000.0f;
  for (uint32_t i = 0; i < n; ++i) {
    int16_t* const to = &self->pair[2 * (self->n++ % RING)];
    to[0]             = pairs[2 * i];
    to[1]             = pairs[2 * i + 1];
  }
}

/// Discrete Fourier transform in place, by Cooley and Tukey 1965.
static void transform(float* re, float* im)
{
  for (uint32_t i = 1, j = 0; i < WINDOW; ++i) {
    uint32_t bit = WINDOW / 2;
    for (; j & bit; bit /= 2) {
      j ^= bit;
    }
    j ^= bit;
    if (i < j) {
      const float a = re[i];
      const float b = im[i];
      re[i]         = re[j];
      im[i]         = im[j];
      re[j]         = a;
      im[j]         = b;
    }
  }
  for (uint32_t size = 2; size <= WINDOW; size *= 2) {
    const float angle = -FIQ_TWO_PI_F / (float)size;
    for (uint32_t k = 0; k < size / 2; ++k) {
      const float c = cosf(angle * (float)k);
      const float s = sinf(angle * (float)k);
      for (uint32_t i = k; i < WINDOW; i += size) {
        const uint32_t j = i + size / 2;
        const float    x = c * re[j] - s * im[j];
        const float    y = c * im[j] + s * re[j];
        re[j]            = re[i] - x;
        im[j]            = im[i] - y;
        re[i] += x;
        im[i] += y;
      }
    }
  }
}

/// Power around a place between bins: the largest of the bins within, or what lies between two.
static float power_at(const float* power, float low, float high)
{
  const uint32_t last  = WINDOW / 2 - 1;
  const uint32_t first = (uint32_t)fiq_clamp(ceilf(low), 0.0f, (float)last);
  const uint32_t end   = (uint32_t)fiq_clamp(floorf(high), 0.0f, (float)last);
  float          most  = 0.0f;
  for (uint32_t bin = first; bin <= end; ++bin) {
    most = fmaxf(most, power[bin]);
  }
  if (first > end) {
    const float    at   = fiq_clamp(0.5f * (low + high), 0.0f, (float)last - 1.0f);
    const uint32_t bin  = (uint32_t)at;
    const float    part = at - (float)bin;
    most                = power[bin] + part * (power[bin + 1] - power[bin]);
  }
  return most;
}

void fiq_sound_view_spectrum(FiqSoundView* self, FiqUiCurve* curve)
{
  const bool is_new = curve->n != POINTS;
  curve->n          = POINTS;
  curve->low_hz     = 20.0f;
  curve->high_hz    = 20000.0f;
  for (uint32_t i = 0; i < WINDOW; ++i) {
    const uint64_t at = self->n - WINDOW + i; // before the first sample the ring is silent
    self->re[i]       = self->window[i] * (float)self->pair[2 * (at % RING)] / full_scale;
    self->im[i]       = 0.0f;
  }
  transform(self->re, self->im);
  // A sine of full scale has half of the window's sum, which is half of its length.
  const float scale = 4.0f / (float)WINDOW;
  for (uint32_t bin = 0; bin < WINDOW / 2; ++bin) {
    self->re[bin] = scale * scale * (self->re[bin] * self->re[bin] + self->im[bin] * self->im[bin]);
  }
  const float per_bin = (float)WINDOW / self->rate_hz;
  const float ratio   = powf(curve->high_hz / curve->low_hz, 1.0f / (float)(POINTS - 1));
  const float half    = sqrtf(ratio);
  float       hz      = curve->low_hz;
  for (uint32_t i = 0; i < POINTS; ++i, hz *= ratio) {
    const float power = power_at(self->re, hz / half * per_bin, hz * half * per_bin);
    const float db    = hz < 0.5f * self->rate_hz ? 10.0f * log10f(power + 1e-10f) : floor_db;
    const float held  = is_new ? floor_db : curve->value[i] - fall_db;
    curve->value[i]   = fmaxf(fmaxf(db, held), floor_db);
  }
}

static float sample_at(const FiqSoundView* self, uint64_t pair, uint32_t which)
{
  return (float)self->pair[2 * (pair % RING) + which] / full_scale;
}

bool fiq_sound_view_moment(FiqSoundView* self, uint32_t latency, FiqUiWave* before,
                           FiqUiWave* after)
{
  const uint32_t length = (uint32_t)(wave_s * self->rate_hz);
  const uint32_t lead   = (uint32_t)(lead_s * self->rate_hz);
  const uint64_t second = (uint64_t)self->rate_hz;
  const uint64_t needed = second + latency + length;
  if (latency > RING / 4 || self->n < needed || self->n - self->shown < second / 2) {
    return false;
  }
  self->shown            = self->n;
  uint64_t       peak    = 0;
  float          loudest = 0.0f;
  const uint64_t at      = self->n - needed + lead;
  for (uint64_t i = at; i < self->n - latency - length; ++i) {
    const float size = fabsf(sample_at(self, i, 0));
    peak             = size > loudest ? i : peak;
    loudest          = size > loudest ? size : loudest;
  }
  if (loudest < silence) {
    return false;
  }
  before->n = WAVE_POINTS;
  after->n  = WAVE_POINTS;
  for (uint32_t i = 0; i < WAVE_POINTS; ++i) {
    const uint64_t pair = peak - lead + (uint64_t)i * length / WAVE_POINTS;
    before->value[i]    = sample_at(self, pair, 0) / loudest;
    after->value[i]     = sample_at(self, pair + latency, 1) / loudest;
  }
  return true;
}
