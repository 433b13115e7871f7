// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/analysis/spectral_features.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

static const float silence_mean_square = 1e-12f;
static const float power_floor         = 1e-9f; // of the mean power, keeps the logarithm finite
static const float ln_2                = 0.69314718f;

FiqStatus fiq_features_init(FiqFeatures* self, FiqArena* arena, const FiqFeaturesConfig* config)
{
  assert(self);
  assert(arena);
  assert(config);
  memset(self, 0, sizeof *self);
  self->config = *config;
  if (!config->bands || config->hop_frames == 0 || !(config->window_energy > 0.0f)) {
    return FIQ_BAD_ARGUMENT;
  }
  const size_t n     = config->bands->n_bins;
  self->sum          = fiq_arena_take(arena, n, sizeof(FiqComplex));
  self->sum_last     = fiq_arena_take(arena, n, sizeof(FiqComplex));
  self->advance      = fiq_arena_take(arena, n, sizeof(FiqComplex));
  self->advance_last = fiq_arena_take(arena, n, sizeof(FiqComplex));
  self->power        = fiq_arena_take(arena, n, sizeof(float));
  self->power_last   = fiq_arena_take(arena, n, sizeof(float));
  self->scratch      = fiq_arena_take(arena, n, sizeof(float));
  self->scratch_2    = fiq_arena_take(arena, n, sizeof(float));
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  const FiqBands* bands = config->bands;
  for (uint32_t b = 0; b < bands->config.n_bands; ++b) {
    const double turns =
        (double)bands->centre_hz[b] * config->hop_frames / bands->config.sample_rate_hz;
    const double angle = 2.0 * 3.14159265358979323846 * (turns - floor(turns));
    self->expected[b]  = (FiqComplex){(float)cos(angle), (float)-sin(angle)};
  }
  fiq_features_reset(self);
  return FIQ_OK;
}

void fiq_features_reset(FiqFeatures* self)
{
  const size_t n = self->config.bands->n_bins;
  memset(self->sum_last, 0, n * sizeof(FiqComplex));
  memset(self->advance_last, 0, n * sizeof(FiqComplex));
  memset(self->power_last, 0, n * sizeof(float));
  self->total_last = 0.0f;
  self->result     = (FiqSpectralFeatures){.rms_db = -200.0f};
}

static void mono_sum(FiqComplex* restrict sum, const FiqComplex* restrict a,
                     const FiqComplex* restrict b, size_t n)
{
  for (size_t k = 0; k < n; ++k) {
    sum[k].re = 0.5f * (a[k].re + b[k].re);
    sum[k].im = 0.5f * (a[k].im + b[k].im);
  }
}

static void add_frame(float* restrict x, const float* restrict y, size_t n)
{
  for (size_t k = 0; k < n; ++k) {
    x[k] += y[k];
  }
}

/// Sum of `x` [n], folded upon itself by halves, which vectorises and rounds little; x is destroyed.
static float fold(float* x, size_t n)
{
  while (n > 1) {
    const size_t half = n / 2;
    add_frame(x, x + n - half, half);
    n -= half;
  }
  return x[0];
}

static void bin_power(float* restrict power, const FiqComplex* restrict z, size_t n)
{
  for (size_t k = 0; k < n; ++k) {
    power[k] = z[k].re * z[k].re + z[k].im * z[k].im;
  }
}

/// Natural logarithm of a normal positive number, error below 1e-6: exponent and the first terms of
/// ln m = 2 artanh((m - 1) / (m + 1)) for a mantissa in [sqrt(1/2), sqrt(2)).
static inline float fast_log(float x)
{
  union {
    float    value;
    uint32_t bits;
  } cast                 = {x};
  const int32_t exponent = (int32_t)(cast.bits - 0x3f3504f3u) >> 23;
  cast.bits -= (uint32_t)exponent << 23;
  const float t  = (cast.value - 1.0f) / (cast.value + 1.0f);
  const float t2 = t * t;
  const float p  = 1.0f + t2 * (1.0f / 3.0f + t2 * (0.2f + t2 * (1.0f / 7.0f)));
  return (float)exponent * ln_2 + 2.0f * t * p;
}

/// ln of each power, raised by `floor`, and the same times the power.
static void logs_of(float* restrict log_power, float* restrict weighted,
                    const float* restrict power, float floor, size_t n)
{
  for (size_t k = 0; k < n; ++k) {
    const float value = fast_log(power[k] + floor);
    log_power[k]      = value;
    weighted[k]       = value * power[k];
  }
}

static void share_differences(float* restrict out, const float* restrict power,
                              const float* restrict last, float gain, float gain_last, size_t n)
{
  for (size_t k = 0; k < n; ++k) {
    out[k] = fabsf(power[k] * gain - last[k] * gain_last);
  }
}

static void advance_of(FiqComplex* restrict advance, const FiqComplex* restrict z,
                       const FiqComplex* restrict last, size_t n)
{
  for (size_t k = 0; k < n; ++k) {
    advance[k].re = z[k].re * last[k].re + z[k].im * last[k].im;
    advance[k].im = z[k].im * last[k].re - z[k].re * last[k].im;
  }
}

/// Length of each advance, and its part along the advance of the frame before.
static void alignments_of(float* restrict length, float* restrict along,
                          const FiqComplex* restrict a, const FiqComplex* restrict last, float gain,
                          size_t n)
{
  for (size_t k = 0; k < n; ++k) {
    // Scaled so that the fourth power of a weak spectrum does not underflow.
    const float re   = a[k].re * gain;
    const float im   = a[k].im * gain;
    const float re_0 = last[k].re * gain;
    const float im_0 = last[k].im * gain;
    length[k]        = sqrtf(re * re + im * im);
    along[k]         = (re * re_0 + im * im_0) / (sqrtf(re_0 * re_0 + im_0 * im_0) + 1e-15f);
  }
}

static float phase_variance(FiqFeatures* self, size_t first, float gain, size_t n)
{
  alignments_of(self->scratch, self->scratch_2, self->advance + first, self->advance_last + first,
                gain, n);
  const float length = fold(self->scratch, n);
  const float along  = fold(self->scratch_2, n);
  return length > 1e-12f ? fiq_clamp(1.0f - along / length, 0.0f, 1.0f) : 0.0f;
}

static void measure_bands(FiqFeatures* self, float gain)
{
  const FiqBands* bands = self->config.bands;
  for (uint32_t b = 0; b < bands->config.n_bands; ++b) {
    float      power = 0.0f;
    FiqComplex mean  = {0.0f, 0.0f};
    for (uint32_t k = bands->first_bin[b]; k < bands->first_bin[b + 1]; ++k) {
      power += self->power[k];
      mean.re += self->advance[k].re;
      mean.im += self->advance[k].im;
    }
    const FiqComplex e         = self->expected[b];
    self->result.band_share[b] = power * gain;
    self->result.band_velocity_rad[b] =
        atan2f(mean.im * e.re + mean.re * e.im, mean.re * e.re - mean.im * e.im);
  }
}

/// All that needs sound; `total` is the power of the bins that count, > 0.
static void measure(FiqFeatures* self, size_t first, size_t n, float total)
{
  FiqSpectralFeatures* result = &self->result;
  const float          gain   = 1.0f / total;
  const float          mean   = total / (float)n;
  logs_of(self->scratch, self->scratch_2, self->power + first, mean * power_floor, n);
  const float mean_log = fold(self->scratch, n) / (float)n;
  const float weighted = fold(self->scratch_2, n) * gain;
  result->flatness     = fiq_clamp(expf(mean_log) / mean, 0.0f, 1.0f);
  result->entropy      = fiq_clamp((logf(total) - weighted) / logf((float)n), 0.0f, 1.0f);
  if (self->total_last > 0.0f) {
    share_differences(self->scratch, self->power + first, self->power_last + first, gain,
                      1.0f / self->total_last, n);
    result->flux = fiq_clamp(0.5f * fold(self->scratch, n), 0.0f, 1.0f);
  }
  result->phase_increment_variance = phase_variance(self, first, gain, n);
  measure_bands(self, gain);
}

/// What was this frame's is the last frame's for the next one.
static void turn_over(FiqFeatures* self, float total)
{
  FiqComplex* const sum     = self->sum;
  FiqComplex* const advance = self->advance;
  float* const      power   = self->power;
  self->sum                 = self->sum_last;
  self->advance             = self->advance_last;
  self->power               = self->power_last;
  self->sum_last            = sum;
  self->advance_last        = advance;
  self->power_last          = power;
  self->total_last          = total;
}

void fiq_features_process(FiqFeatures* self, FiqComplex* const* spectra, uint32_t n_channels)
{
  assert(self);
  assert(n_channels == 1 || n_channels == 2);
  const FiqBands* bands = self->config.bands;
  const size_t    first = bands->first_bin[0];
  const size_t    n     = bands->first_bin[bands->config.n_bands] - first;
  mono_sum(self->sum, spectra[0], spectra[n_channels - 1], bands->n_bins);
  advance_of(self->advance, self->sum, self->sum_last, bands->n_bins);
  bin_power(self->power, self->sum, bands->n_bins);
  memcpy(self->scratch, self->power + first, n * sizeof(float));
  memcpy(self->scratch_2, self->power, bands->n_bins * sizeof(float));
  const float total = fold(self->scratch, n);
  const float all   = fold(self->scratch_2, bands->n_bins);
  // Parseval: the sum over all `size` bins is size times the energy under the window.
  const float ends = self->power[0] + self->power[bands->n_bins - 1];
  const float mean_square =
      (2.0f * all - ends) / ((float)bands->config.size * self->config.window_energy);
  const bool is_silent = !(mean_square > silence_mean_square && total > 0.0f);
  self->result         = (FiqSpectralFeatures){.n_frames = self->result.n_frames + 1,
                                               .rms_db   = fiq_gain_to_db(sqrtf(mean_square))};
  if (!is_silent) {
    measure(self, first, n, total);
  }
  turn_over(self, is_silent ? 0.0f : total);
}

void fiq_features_silence(FiqFeatures* self)
{
  assert(self);
  const size_t n = self->config.bands->n_bins;
  memset(self->sum, 0, n * sizeof(FiqComplex));
  memset(self->advance, 0, n * sizeof(FiqComplex));
  memset(self->power, 0, n * sizeof(float));
  self->result = (FiqSpectralFeatures){.n_frames = self->result.n_frames + 1, .rms_db = -200.0f};
  turn_over(self, 0.0f);
}
