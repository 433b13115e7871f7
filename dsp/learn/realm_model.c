// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/learn/realm_model.h"

#include "dsp/base/maths.h"
#include "dsp/transform/window.h"

#include <assert.h>
#include <string.h>

static const float reach_share     = 0.16f;  // of the window; 3/16 is where the loss begins
static const float tolerance       = 0.008f; // of |H|^2, 0.035 dB
static const float penalty_weight  = 1440.0f;
static const float residue_share   = 1e-4f;
static const float residue_weight  = 0.1f;
static const float residue_from_hz = 30.0f;
static const float residue_to_hz   = 700.0f;
static const float clean_to_s      = 0.008f;
static const float spread_from_hz  = 150.0f;
static const float spread_margin   = 0.97f; // of the limit, where the penalty begins
static const float spread_weight   = 400.0f;
static const float latest_centre_s = 0.001f; // of the delays, where later is less of a pre-echo

enum {
  REPAIR_STEPS      = 120,
  FLUTTER_LAGS      = 128, ///< that the flutter is found at, of a window
  FLUTTER_HARMONICS = 3    ///< of the hop rate
};

static void fill_model_windows(FiqRealmModel* self)
{
  const uint32_t n = self->config.window_frames;
  fiq_window_hann(self->analysis + n / 4, n / 2);
  fiq_window_tukey(self->synthesis, n, n / 16);
  const double gain  = fiq_window_cola_gain(self->analysis, self->synthesis, n, self->hop_frames);
  const float  scale = (float)(1.0 / (gain * n));
  for (uint32_t i = 0; i < n; ++i) {
    self->synthesis[i] *= scale;
  }
}

/// As wide as the narrower of the stretches on both sides of each centre; delay = dpsi/domega.
static void fill_limits(FiqRealmModel* self)
{
  const uint32_t n = self->config.n_bands;
  const float    reach_s =
      reach_share * (float)self->config.window_frames / (float)self->config.sample_rate_hz;
  float before_hz = 0.0f;
  float width_hz  = self->bands.centre_hz[0];
  for (uint32_t b = 0; b < n; ++b) {
    const float own_hz    = self->bands.centre_hz[b] - before_hz;
    self->steepest_rad[b] = FIQ_TWO_PI_F * reach_s * fminf(own_hz, width_hz);
    before_hz             = self->bands.centre_hz[b];
    width_hz              = own_hz;
  }
}

/// Sum of a[i] b[i] in four parts, which the compiler may run side by side.
static double inner(const float* a, const float* b, size_t n)
{
  double partial[4] = {0.0};
  size_t i          = 0;
  for (; i + 4 <= n; i += 4) {
    for (size_t j = 0; j < 4; ++j) {
      partial[j] += (double)a[i + j] * (double)b[i + j];
    }
  }
  for (; i < n; ++i) {
    partial[0] += (double)a[i] * (double)b[i];
  }
  return partial[0] + partial[1] + partial[2] + partial[3];
}

/// What part of the input is heard `lag` frames away, by the overlap of the two windows.
static void fill_reach(FiqRealmModel* self)
{
  const int64_t n     = self->config.window_frames;
  double        total = 0.0;
  for (int64_t i = 0; i < n; ++i) {
    total += (double)self->analysis[i] * (double)self->synthesis[n / 2];
  }
  for (int64_t lag = -n / 2; lag < n / 2; ++lag) {
    const int64_t first = lag < -n / 4 ? -lag : n / 4;
    const int64_t end   = lag > n / 4 ? n - lag : n - n / 4;
    const double  sum =
        inner(self->analysis + first, self->synthesis + first + lag, (size_t)(end - first));
    self->reach[(size_t)((lag + n) % n)] = (float)(sum / (total * (double)n));
  }
}

/// Power at the harmonics of the hop rate with which the overlap at `lag` comes and goes.
static double flutter_power(const FiqRealmModel* self, int64_t lag)
{
  const int64_t n     = self->config.window_frames;
  const int64_t first = lag < -n / 4 ? -lag : n / 4;
  const int64_t end   = lag > n / 4 ? n - lag : n - n / 4;
  double        power = 0.0;
  for (int harmonic = 1; harmonic <= FLUTTER_HARMONICS; ++harmonic) {
    const double step = 2.0 * 3.14159265358979324 * harmonic / self->hop_frames;
    double       re   = 0.0;
    double       im   = 0.0;
    for (int64_t i = first; i < end; ++i) {
      const double x = (double)self->analysis[i] * (double)self->synthesis[i + lag];
      re += x * cos(step * (double)(i + lag));
      im += x * sin(step * (double)(i + lag));
    }
    power += 2.0 * (re * re + im * im);
  }
  return power;
}

/// Straight lines between lags that are a 128th of a window apart.
static void fill_flutter(FiqRealmModel* self)
{
  const int64_t n     = self->config.window_frames;
  const int64_t step  = n / FLUTTER_LAGS;
  double        total = 0.0;
  for (int64_t i = 0; i < n; ++i) {
    total += (double)self->analysis[i] * (double)self->synthesis[n / 2];
  }
  double last = 0.0;
  for (int64_t lag = -n / 2; lag < n / 2; lag += step) {
    const double next = sqrt(flutter_power(self, lag + step)) / (total * (double)n);
    for (int64_t i = 0; i < step; ++i) {
      const double share               = (double)i / (double)step;
      self->flutter[(lag + i + n) % n] = (float)(last + share * (next - last));
    }
    last = next;
  }
}

/// Every band counts the same, whatever its number of bins; nothing below 40 Hz or above 18 kHz.
static void fill_importance(FiqRealmModel* self)
{
  const FiqBands* bands = &self->bands;
  for (uint32_t b = 0; b < self->config.n_bands; ++b) {
    const uint32_t first = bands->first_bin[b];
    const uint32_t end   = bands->first_bin[b + 1];
    for (uint32_t k = first; k < end; ++k) {
      self->importance[k] = 1.0f / (float)(self->config.n_bands * (end - first));
    }
  }
}

FiqStatus fiq_realm_model_init(FiqRealmModel* self, FiqArena* arena, FiqFftPool* pool,
                               const FiqRealmModelConfig* config)
{
  assert(self);
  assert(arena);
  assert(pool);
  assert(config);
  memset(self, 0, sizeof *self);
  self->config     = *config;
  const uint32_t n = config->window_frames;
  if (!fiq_fft_size_is_valid(n) || n < 256 || n > 65536) {
    return FIQ_BAD_ARGUMENT;
  }
  self->hop_frames              = n / FIQ_LEARN_HOPS_A_FRAME;
  self->n_bins                  = n / 2 + 1;
  const FiqBandsConfig bands    = {config->sample_rate_hz, n, config->n_bands};
  const FiqStatus      of_bands = fiq_bands_init(&self->bands, arena, &bands);
  self->analysis                = fiq_arena_take(arena, n, sizeof(float));
  self->synthesis               = fiq_arena_take(arena, n, sizeof(float));
  self->time                    = fiq_arena_take(arena, n, sizeof(float));
  self->reach                   = fiq_arena_take(arena, n, sizeof(float));
  self->flutter                 = fiq_arena_take(arena, n, sizeof(float));
  self->importance              = fiq_arena_take(arena, self->n_bins, sizeof(float));
  self->bass_delay_s            = fiq_arena_take(arena, self->n_bins, sizeof(float));
  self->spectrum                = fiq_arena_take(arena, self->n_bins, sizeof(FiqComplex));
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    self->turn[c]      = fiq_arena_take(arena, self->n_bins, sizeof(FiqComplex));
    self->curve_rad[c] = fiq_arena_take(arena, self->n_bins, sizeof(float));
    self->sum[c]       = fiq_arena_take(arena, n, sizeof(float));
  }
  if (of_bands != FIQ_OK) {
    return of_bands;
  }
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fill_model_windows(self);
  fill_limits(self);
  fill_reach(self);
  fill_flutter(self);
  fill_importance(self);
  fiq_realm_model_set_spread(self, 0.0f, 0.0f);
  return fiq_fft_init(&self->fft, pool, n);
}

uint32_t fiq_realm_model_n_hops(const FiqRealmModel* self, uint32_t n_frames)
{
  return (n_frames + self->hop_frames - 1) / self->hop_frames + 2 * FIQ_LEARN_LEAD_HOPS;
}

static void make_turn(FiqComplex* restrict turn, const float* restrict psi_rad, size_t n)
{
  for (size_t k = 0; k < n; ++k) {
    turn[k].re = fiq_cos(psi_rad[k]);
    turn[k].im = fiq_sin(psi_rad[k]);
  }
}

void fiq_realm_model_set_phases(FiqRealmModel* self, uint32_t channel, const float* phi_rad)
{
  assert(channel < FIQ_CHANNELS);
  fiq_bands_curve(&self->bands, phi_rad, self->curve_rad[channel]);
  make_turn(self->turn[channel], self->curve_rad[channel], self->n_bins);
}

bool fiq_realm_model_analyse(FiqRealmModel* self, const float* plane, uint32_t n_frames, uint32_t m,
                             int32_t delay_frames, FiqComplex* spectrum)
{
  const int64_t n = self->config.window_frames;
  const int64_t start =
      ((int64_t)m - FIQ_LEARN_HOPS_A_FRAME + 1 - FIQ_LEARN_LEAD_HOPS) * self->hop_frames -
      delay_frames;
  // The analysis window is zero in the outer quarters.
  int64_t first = n / 4;
  int64_t end   = n - n / 4;
  first         = first > -start ? first : -start;
  end           = end < n_frames - start ? end : n_frames - start;
  if (first >= end) {
    return false;
  }
  memset(self->time, 0, (size_t)n * sizeof(float));
  for (int64_t i = first; i < end; ++i) {
    self->time[i] = plane[start + i] * self->analysis[i];
  }
  fiq_fft_forward(&self->fft, self->time, spectrum);
  return true;
}

static void multiply_complex(FiqComplex* restrict out, const FiqComplex* restrict a,
                             const FiqComplex* restrict b, size_t n)
{
  for (size_t k = 0; k < n; ++k) {
    out[k].re = a[k].re * b[k].re - a[k].im * b[k].im;
    out[k].im = a[k].re * b[k].im + a[k].im * b[k].re;
  }
}

static void multiply_spectra(float* restrict x, const float* restrict window, size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    x[i] *= window[i];
  }
}

void fiq_realm_model_synthesise(FiqRealmModel* self, uint32_t channel, const FiqComplex* spectrum)
{
  multiply_complex(self->spectrum, spectrum, self->turn[channel], self->n_bins);
  fiq_fft_inverse(&self->fft, self->spectrum, self->time);
  multiply_spectra(self->time, self->synthesis, self->config.window_frames);
}

void fiq_realm_model_gather(const FiqRealmModel* self, const float* by_psi, float* by_phi)
{
  // The transpose of fiq_bands_curve.
  const FiqBands* bands                      = &self->bands;
  const uint32_t  n                          = self->config.n_bands;
  float           point[FIQ_NEURONS_MAX + 4] = {0.0f};
  for (uint32_t s = 0; s <= n; ++s) {
    for (uint32_t i = 0; i < 4; ++i) {
      float sum = 0.0f;
      for (size_t k = bands->segment[s]; k < bands->segment[s + 1]; ++k) {
        sum += by_psi[k] * bands->weight[i][k];
      }
      point[s + i] += sum;
    }
  }
  memcpy(by_phi, point + 2, n * sizeof(float));
  by_phi[0] -= point[0];
  by_phi[n - 1] -= point[n + 3];
}

/// Excess of |H|^2 over 1 +- tolerance at each bin, its weighted square summed; H becomes the
/// derivative.
static double punish(FiqComplex* restrict h, const float* restrict importance, size_t n)
{
  double sum = 0.0;
  for (size_t k = 0; k < n; ++k) {
    const float error  = h[k].re * h[k].re + h[k].im * h[k].im - 1.0f;
    const float excess = error - fiq_clamp(error, -tolerance, tolerance);
    const float factor = penalty_weight * importance[k] * excess;
    sum += (double)(factor * excess);
    h[k].re *= 4.0f * factor;
    h[k].im *= 4.0f * factor;
  }
  return sum;
}

/// Penalty of the bass in what comes and goes; V becomes the derivative.
static double punish_residue(const FiqRealmModel* self, FiqComplex* v)
{
  const float    step_hz = (float)(self->config.sample_rate_hz / self->config.window_frames);
  const uint32_t end     = (uint32_t)fmaxf(residue_to_hz / step_hz + 1.0f, 3.0f);
  const uint32_t first   = (uint32_t)fmaxf(residue_from_hz / step_hz + 0.5f, 1.0f);
  float          sum     = 0.0f;
  for (uint32_t k = first; k < end; ++k) {
    sum += v[k].re * v[k].re + v[k].im * v[k].im;
  }
  const float n      = (float)(end - first);
  const float share  = sqrtf(sum / n) / residue_share;
  const float excess = share > 1.0f ? share - 1.0f : 0.0f;
  const float factor =
      share > 1.0f ? 2.0f * residue_weight * excess / (n * share * residue_share * residue_share)
                   : 0.0f;
  memset(v, 0, first * sizeof(FiqComplex));
  memset(v + end, 0, (self->n_bins - end) * sizeof(FiqComplex));
  for (uint32_t k = first; k < end; ++k) {
    v[k].re *= factor;
    v[k].im *= factor;
  }
  return (double)(residue_weight * excess * excess);
}

/// The spectrum `h` of what turn[channel]'s impulse response is through `share` [window_frames].
static void see_through(FiqRealmModel* self, uint32_t channel, const float* share, FiqComplex* h)
{
  memcpy(h, self->turn[channel], self->n_bins * sizeof(FiqComplex));
  fiq_fft_inverse(&self->fft, h, self->time);
  multiply_spectra(self->time, share, self->config.window_frames);
  fiq_fft_forward(&self->fft, self->time, h);
}

/// Add to `by_psi` the derivative by each bin's psi from `h`, that by each bin of such a spectrum.
static void see_back(FiqRealmModel* self, uint32_t channel, const float* share, FiqComplex* h,
                     float* by_psi)
{
  const FiqComplex* turn = self->turn[channel];
  const size_t      last = self->n_bins - 1;
  // The same way back; the transforms are each other's transposes but for DC and Nyquist.
  h[0].re *= 2.0f;
  h[last].re *= 2.0f;
  fiq_fft_inverse(&self->fft, h, self->time);
  multiply_spectra(self->time, share, self->config.window_frames);
  fiq_fft_forward(&self->fft, self->time, h);
  for (size_t k = 0; k <= last; ++k) {
    by_psi[k] += turn[k].re * h[k].im - turn[k].im * h[k].re;
  }
}

double fiq_realm_model_penalty(FiqRealmModel* self, uint32_t channel, float* by_psi)
{
  FiqComplex* h = self->spectrum;
  see_through(self, channel, self->reach, h);
  const double sum = punish(h, self->importance, self->n_bins);
  if (by_psi) {
    see_back(self, channel, self->reach, h, by_psi);
  }
  return sum;
}

double fiq_realm_model_residue_penalty(FiqRealmModel* self, uint32_t channel, float* by_psi)
{
  FiqComplex* v = self->spectrum;
  if (!self->is_clean) {
    return 0.0;
  }
  see_through(self, channel, self->flutter, v);
  const double sum = punish_residue(self, v);
  if (by_psi && sum > 0.0) {
    see_back(self, channel, self->flutter, v, by_psi);
  }
  return sum;
}

static float bin_hz(const FiqRealmModel* self)
{
  return (float)(self->config.sample_rate_hz / self->config.window_frames);
}

/// The first and one past the last bin whose delay, that to the next one, counts.
static void spread_range(const FiqRealmModel* self, uint32_t* first, uint32_t* end)
{
  const float    step_hz = bin_hz(self);
  const float    last_hz = self->bands.centre_hz[self->config.n_bands - 1];
  const uint32_t most    = self->n_bins - 1;
  const uint32_t last    = (uint32_t)(last_hz / step_hz);
  *end                   = last < most ? last : most;
  *first                 = (uint32_t)ceilf(spread_from_hz / step_hz - 0.5f);
  *first                 = *first < *end ? *first : *end;
}

void fiq_realm_model_set_spread(FiqRealmModel* self, float spread_s, float bass_hz)
{
  const float step_hz  = bin_hz(self);
  const float corner   = FIQ_TWO_PI_F * bass_hz;
  const float reach_s  = reach_share / step_hz;
  const float half_s   = 0.5f * spread_s;
  self->delay_limit_s  = half_s < reach_s ? half_s : 0.0f;
  self->is_clean       = self->delay_limit_s > 0.0f || (spread_s > 0.0f && spread_s <= clean_to_s);
  self->delay_centre_s = fminf(latest_centre_s, fminf(0.5f * half_s, reach_s - half_s));
  for (uint32_t k = 0; k < self->n_bins; ++k) {
    const float omega     = FIQ_TWO_PI_F * step_hz * ((float)k + 0.5f);
    self->bass_delay_s[k] = 8.0f * corner / (corner * corner + omega * omega);
  }
}

static float delay_at(const FiqRealmModel* self, const float* psi_rad, uint32_t k)
{
  return self->bass_delay_s[k] + (psi_rad[k] - psi_rad[k + 1]) / (FIQ_TWO_PI_F * bin_hz(self));
}

void fiq_realm_model_delays(const FiqRealmModel* self, uint32_t channel, float* least_s,
                            float* most_s)
{
  uint32_t first;
  uint32_t end;
  spread_range(self, &first, &end);
  *least_s = 0.0f;
  *most_s  = 0.0f;
  for (uint32_t k = first; k < end; ++k) {
    const float delay = delay_at(self, self->curve_rad[channel], k);
    *least_s          = k == first ? delay : fminf(*least_s, delay);
    *most_s           = k == first ? delay : fmaxf(*most_s, delay);
  }
}

double fiq_realm_model_spread_penalty(const FiqRealmModel* self, uint32_t channel, float* by_psi)
{
  const float limit = spread_margin * self->delay_limit_s;
  if (limit <= 0.0f) {
    return 0.0;
  }
  const float* const psi_rad = self->curve_rad[channel];
  const float        scale   = 1.0f / (FIQ_TWO_PI_F * bin_hz(self) * limit);
  double             sum     = 0.0;
  uint32_t           first;
  uint32_t           end;
  spread_range(self, &first, &end);
  for (uint32_t k = 1; k < end; ++k) {
    const float bass_s =
        k < first ? self->bass_delay_s[k] : 0.0f; // a turn is meant to be late there
    const float share  = (delay_at(self, psi_rad, k) - bass_s - self->delay_centre_s) / limit;
    const float excess = share - fiq_clamp(share, -1.0f, 1.0f);
    const float factor = spread_weight * self->importance[k] * excess;
    sum += (double)(factor * excess);
    if (by_psi) {
      by_psi[k] += 2.0f * factor * scale;
      by_psi[k + 1] -= 2.0f * factor * scale;
    }
  }
  return sum;
}

bool fiq_realm_model_repair(FiqRealmModel* self, FiqLbfgs* search, float* phi_rad)
{
  float  by_phi[FIQ_NEURONS_MAX];
  float* by_psi  = self->time;
  float  least_s = 0.0f;
  float  most_s  = 0.0f;
  if (self->delay_limit_s <= 0.0f) {
    return true;
  }
  fiq_lbfgs_start(search, self->config.n_bands, phi_rad);
  for (uint32_t i = 0; i < REPAIR_STEPS && !search->is_converged; ++i) {
    memset(by_psi, 0, self->n_bins * sizeof(float));
    fiq_realm_model_set_phases(self, 0, search->trial);
    const double value       = fiq_realm_model_spread_penalty(self, 0, by_psi);
    by_psi[0]                = 0.0f;
    by_psi[self->n_bins - 1] = 0.0f;
    fiq_realm_model_gather(self, by_psi, by_phi);
    fiq_lbfgs_tell(search, value, by_phi);
    if (value < 1e-9) {
      break;
    }
  }
  memcpy(phi_rad, search->x, self->config.n_bands * sizeof(float));
  fiq_realm_model_set_phases(self, 0, phi_rad);
  fiq_realm_model_delays(self, 0, &least_s, &most_s);
  return most_s - least_s <= 2.0f * self->delay_limit_s;
}

void fiq_realm_model_render_start(FiqRealmModel* self)
{
  self->next_frame = 0;
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    memset(self->sum[c], 0, self->config.window_frames * sizeof(float));
  }
}

static void add_spectrum(float* restrict sum, const float* restrict x, size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    sum[i] += x[i];
  }
}

/// Shift the sum by a hop and add the next frame.
static void advance(FiqRealmModel* self, const FiqLearnPlanes* planes, uint32_t n_channels,
                    int32_t delay_frames)
{
  const size_t n   = self->config.window_frames;
  const size_t hop = self->hop_frames;
  for (uint32_t c = 0; c < n_channels; ++c) {
    float* sum = self->sum[c];
    memmove(sum, sum + hop, (n - hop) * sizeof(float));
    memset(sum + n - hop, 0, hop * sizeof(float));
    // The spectrum may be scratch: synthesise overwrites it bin by bin.
    FiqComplex* spectrum = self->spectrum;
    if (fiq_realm_model_analyse(self, planes->plane[c], planes->n_frames, self->next_frame,
                                delay_frames, spectrum)) {
      for (size_t k = 0; k < self->n_bins; ++k) {
        const FiqComplex z = spectrum[k];
        const FiqComplex t = self->turn[c][k];
        spectrum[k]        = (FiqComplex){z.re * t.re - z.im * t.im, z.re * t.im + z.im * t.re};
      }
      fiq_fft_inverse(&self->fft, spectrum, self->time);
      multiply_spectra(self->time, self->synthesis, n);
      add_spectrum(sum, self->time, n);
    }
  }
  ++self->next_frame;
}

void fiq_realm_model_render(FiqRealmModel* self, const FiqLearnPlanes* planes, uint32_t n_channels,
                            int32_t delay_frames, float* const* out)
{
  assert(n_channels >= 1 && n_channels <= FIQ_CHANNELS);
  while (self->next_frame < FIQ_LEARN_HOPS_A_FRAME - 1) {
    advance(self, planes, n_channels, delay_frames);
  }
  advance(self, planes, n_channels, delay_frames);
  for (uint32_t c = 0; c < n_channels; ++c) {
    memcpy(out[c], self->sum[c], self->hop_frames * sizeof(float));
  }
}
