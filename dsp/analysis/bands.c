// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/analysis/bands.h"

#include "dsp/base/maths.h"
#include "dsp/base/simd.h"

#include <assert.h>

enum { LANES = 8 }; ///< bins that are drawn at once

static const double erb_per_decade = 21.4;
static const double erb_per_hz     = 0.00437;
static const double top_hz         = 18000.0;
static const double narrowest_hz   = 40.0;
static const double narrowest_bins = 3.0;

/// The scale: u = f / floor_hz below the corner, then one more for every `step` of ERB rate.
typedef struct {
  double floor_hz;
  double step;
  double corner_hz;
} Scale;

static double hz_to_erb(double hz)
{
  return erb_per_decade * log10(1.0 + erb_per_hz * hz);
}

static Scale scale_of(double floor_hz, double step)
{
  // Where a step of ERB rate is as wide as the floor.
  const double slope  = erb_per_decade * erb_per_hz / log(10.0);
  const double corner = (floor_hz * slope / step - 1.0) / erb_per_hz;
  return (Scale){floor_hz, step, fmax(0.0, corner)};
}

static double scale_at(const Scale* scale, double hz)
{
  if (hz <= scale->corner_hz) {
    return hz / scale->floor_hz;
  }
  return scale->corner_hz / scale->floor_hz +
         (hz_to_erb(hz) - hz_to_erb(scale->corner_hz)) / scale->step;
}

/// The frequency that the rising function scale_at maps to `u`.
static double scale_inverse(const Scale* scale, double u, double high_hz)
{
  double low_hz = 0.0;
  for (int i = 0; i < 60; ++i) {
    const double middle_hz = 0.5 * (low_hz + high_hz);
    if (scale_at(scale, middle_hz) < u) {
      low_hz = middle_hz;
    } else {
      high_hz = middle_hz;
    }
  }
  return 0.5 * (low_hz + high_hz);
}

/// The ERB step that puts the last of `n_bands` centres at `last_hz`.
static Scale fit_scale(const FiqBandsConfig* config, double last_hz)
{
  const double bin_hz   = config->sample_rate_hz / config->size;
  const double wanted   = fmax(narrowest_hz, narrowest_bins * bin_hz);
  const double floor_hz = fmin(wanted, last_hz / config->n_bands);
  double       low      = 1e-3;
  double       high     = 50.0;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    const Scale  scale  = scale_of(floor_hz, middle);
    if (scale_at(&scale, last_hz) > config->n_bands) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return scale_of(floor_hz, high);
}

/// u at a bin; the stretch from the last centre to Nyquist counts as one.
static double position_of_bin(const FiqBands* self, const Scale* scale, double last_hz, uint32_t k)
{
  const double hz      = k * self->config.sample_rate_hz / self->config.size;
  const double nyquist = 0.5 * self->config.sample_rate_hz;
  const double n       = self->config.n_bands;
  return hz < last_hz ? fmin(scale_at(scale, hz), n) : n + (hz - last_hz) / (nyquist - last_hz);
}

static void fill_weights(FiqBands* self, uint32_t k, double t)
{
  const double s     = 1.0 - t;
  self->weight[0][k] = (float)(s * s * s / 6.0);
  self->weight[1][k] = (float)((3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0);
  self->weight[2][k] = (float)((3.0 * s * s * s - 6.0 * s * s + 4.0) / 6.0);
  self->weight[3][k] = (float)(t * t * t / 6.0);
}

static void fill(FiqBands* self)
{
  const uint32_t n       = self->config.n_bands;
  const double   last_hz = fmin(top_hz, 0.45 * self->config.sample_rate_hz);
  const Scale    scale   = fit_scale(&self->config, last_hz);
  for (uint32_t b = 0; b < n; ++b) {
    self->centre_hz[b] = (float)scale_inverse(&scale, b + 1.0, last_hz);
  }
  uint32_t n_segments = 0;
  uint32_t n_firsts   = 0;
  for (uint32_t k = 0; k < self->n_bins; ++k) {
    const double u = position_of_bin(self, &scale, last_hz, k);
    while (n_segments <= n && u >= n_segments) {
      self->segment[n_segments++] = k;
    }
    while (n_firsts <= n && k > 0 && u >= (n_firsts ? n_firsts + 0.5 : 0.0)) {
      self->first_bin[n_firsts++] = k;
    }
    fill_weights(self, k, fmin(u - (n_segments - 1), 1.0));
  }
  self->segment[n + 1] = self->n_bins;
}

FiqStatus fiq_bands_init(FiqBands* self, FiqArena* arena, const FiqBandsConfig* config)
{
  assert(self);
  assert(arena);
  assert(config);
  *self =
      (FiqBands){.config = *config, .n_bins = config->size / 2 + 1, .use_avx2 = fiq_simd_avx2()};
  if (!(config->sample_rate_hz >= FIQ_SAMPLE_RATE_MIN_HZ) ||
      !(config->sample_rate_hz <= FIQ_SAMPLE_RATE_MAX_HZ) || config->size < 64 ||
      config->size > 65536 || config->size % 2 != 0 || config->n_bands < 4 ||
      config->n_bands > FIQ_NEURONS_MAX) {
    return FIQ_BAD_ARGUMENT;
  }
  for (uint32_t i = 0; i < 4; ++i) {
    self->weight[i] = fiq_arena_take(arena, self->n_bins, sizeof(float));
  }
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fill(self);
  return FIQ_OK;
}

/// Eight bins at once, as a rule beyond the end of a segment; the next one draws over that.
FIQ_INLINE void draw(const FiqBands* restrict self, const float* restrict point,
                     float* restrict curve)
{
  const float* restrict w0 = self->weight[0];
  const float* restrict w1 = self->weight[1];
  const float* restrict w2 = self->weight[2];
  const float* restrict w3 = self->weight[3];
  const size_t n_bins      = self->n_bins;
  for (uint32_t s = 0; s <= self->config.n_bands; ++s) {
    const float* p   = point + s;
    const size_t end = self->segment[s + 1];
    size_t       k   = self->segment[s];
    for (; k < end && k + LANES <= n_bins; k += LANES) {
      *(FiqFloat8*)(curve + k) =
          p[0] * *(const FiqFloat8*)(w0 + k) + p[1] * *(const FiqFloat8*)(w1 + k) +
          p[2] * *(const FiqFloat8*)(w2 + k) + p[3] * *(const FiqFloat8*)(w3 + k);
    }
    for (; k < end; ++k) {
      curve[k] = p[0] * w0[k] + p[1] * w1[k] + p[2] * w2[k] + p[3] * w3[k];
    }
  }
}

static void draw_base(const FiqBands* self, const float* point, float* curve)
{
  draw(self, point, curve);
}

FIQ_AVX2 static void draw_avx2(const FiqBands* self, const float* point, float* curve)
{
  draw(self, point, curve);
}

void fiq_bands_curve(const FiqBands* self, const float* value, float* curve)
{
  const uint32_t n = self->config.n_bands;
  // Control points: the mirrored first, DC, all bands, Nyquist, the mirrored last.
  float point[FIQ_NEURONS_MAX + 4];
  point[0]     = -value[0];
  point[1]     = 0.0f;
  point[n + 2] = 0.0f;
  point[n + 3] = -value[n - 1];
  for (uint32_t b = 0; b < n; ++b) {
    point[b + 2] = value[b];
  }
  (self->use_avx2 ? draw_avx2 : draw_base)(self, point, curve);
}
