// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/realm/coherence.h"

#include "dsp/base/maths.h"
#include "dsp/base/simd.h"

#include <assert.h>
#include <string.h>

static const double two_pi         = 6.28318530717958647692;
static const double period_erb     = 14.0;
static const double spread_rad     = 12.5663706143591730;
static const float  amount_step    = 1.0f / 96.0f;
static const float  turn_step_rad  = 0.3f;
static const float  pull_rad       = 0.1f;
static const float  pull_step_rad  = 0.15f;
static const float  pull_share     = 0.08f;
static const float  leak_least     = 0.004f;
static const float  leak_span      = 0.08f;
static const float  faintest_power = 1e-5f; // of the strongest peak
static const float  at_rest_rad    = 1e-4f;

/// What a sidelobe of a peak `distance` bins away can have of its power: -5 dB a bin.
static float shadow(const FiqCoherence* self, uint32_t distance)
{
  return distance < FIQ_COHERENCE_SHADOW ? self->shadow[distance] : 0.0f;
}

static void fill_dispersion(FiqCoherence* self)
{
  const double bin_hz   = self->config.sample_rate_hz / self->config.window_frames;
  const double most     = two_pi * 0.125 * self->config.window_frames / self->config.sample_rate_hz;
  const double limit    = most * 2.0 * period_erb / (two_pi * spread_rad);
  double       position = 0.0;
  for (int round = 0; round < 2; ++round) {
    const double periods = fmax(1.0, rint(position / period_erb));
    const double scale   = round ? periods / position : 0.0;
    position             = 0.0;
    for (uint32_t k = 0; k < self->n_bins; ++k) {
      const double wave = sin(0.5 * two_pi * scale * position);
      const double slope =
          21.4 * 0.00437 / 2.302585092994046 / (1.0 + 0.00437 * bin_hz * (k + 0.5));
      self->dispersion_rad[k] = (float)(spread_rad * wave * wave);
      position += k + 1 < self->n_bins ? bin_hz * fmin(slope, limit) : 0.0;
    }
  }
}

FiqStatus fiq_coherence_init(FiqCoherence* self, FiqArena* arena, FiqFftPool* pool,
                             const FiqCoherenceConfig* config)
{
  assert(self && arena && pool && config);
  memset(self, 0, sizeof *self);
  self->config       = *config;
  const uint32_t n   = config->window_frames;
  const bool     fit = n >= 256 && n <= 65536 && (n & (n - 1)) == 0;
  if (!fit || config->hop_frames == 0 || config->hop_frames > n / 4 ||
      n % config->hop_frames != 0 || !(config->sample_rate_hz >= FIQ_SAMPLE_RATE_MIN_HZ) ||
      !(config->sample_rate_hz <= FIQ_SAMPLE_RATE_MAX_HZ)) {
    return FIQ_BAD_ARGUMENT;
  }
  self->n_bins         = n / 2 + 1;
  self->use_avx2       = fiq_simd_avx2();
  self->dispersion_rad = fiq_arena_take(arena, self->n_bins, sizeof(float));
  self->turn_rad       = fiq_arena_take(arena, self->n_bins, sizeof(float));
  self->next_rad       = fiq_arena_take(arena, self->n_bins, sizeof(float));
  self->pull           = fiq_arena_take(arena, self->n_bins, sizeof(float));
  self->power          = fiq_arena_take(arena, self->n_bins, sizeof(float));
  self->turn           = fiq_arena_take(arena, self->n_bins, sizeof(FiqComplex));
  self->sum            = fiq_arena_take(arena, self->n_bins, sizeof(FiqComplex));
  self->sum_last       = fiq_arena_take(arena, self->n_bins, sizeof(FiqComplex));
  self->advance        = fiq_arena_take(arena, n / config->hop_frames, sizeof(FiqComplex));
  self->bins           = fiq_arena_take(arena, n / 2, sizeof(FiqComplex));
  self->time           = fiq_arena_take(arena, n / 2, sizeof(FiqComplex));
  self->peak           = fiq_arena_take(arena, self->n_bins, sizeof(uint16_t));
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fill_dispersion(self);
  for (uint32_t i = 0; i < FIQ_COHERENCE_SHADOW; ++i) {
    self->shadow[i] = expf(-1.1513f * (float)i);
  }
  const uint32_t overlap = n / config->hop_frames;
  for (uint32_t i = 0; i < overlap; ++i) {
    const double angle = two_pi * i / overlap;
    self->advance[i]   = (FiqComplex){(float)cos(angle), (float)sin(angle)};
  }
  fiq_coherence_reset(self);
  return fiq_fft_init_kinds(&self->fft, pool, n / 2, FIQ_FFT_COMPLEX_INVERSE);
}

void fiq_coherence_reset(FiqCoherence* self)
{
  memset(self->turn_rad, 0, self->n_bins * sizeof(float));
  memset(self->pull, 0, self->n_bins * sizeof(float));
  memset(self->sum_last, 0, self->n_bins * sizeof(FiqComplex));
  for (uint32_t k = 0; k < self->n_bins; ++k) {
    self->turn[k] = (FiqComplex){1.0f, 0.0f};
  }
  self->n_partials = 0;
  self->amount     = 0.0f;
  self->field      = (FiqComplex){0.0f, 0.0f};
  self->is_turned  = false;
}

bool fiq_coherence_is_off(const FiqCoherence* self)
{
  return !self->is_turned && !(self->amount < 0.0f);
}

static bool coherence_rests(const FiqCoherence* self)
{
  return !self->is_turned && !(self->amount > 0.0f);
}

/// Sum of both channels, its power, and what the last frame's turn makes of it.
FIQ_INLINE void mix(FiqCoherence* restrict self, const FiqComplex* restrict left,
                    const FiqComplex* restrict right)
{
  FiqComplex* restrict sum        = self->sum;
  FiqComplex* restrict bins       = self->bins;
  const FiqComplex* restrict turn = self->turn;
  float* restrict power           = self->power;
  const size_t n                  = self->n_bins - 1;
  for (size_t k = 0; k < n; ++k) {
    const float re = left[k].re + right[k].re;
    const float im = left[k].im + right[k].im;
    sum[k].re      = re;
    sum[k].im      = im;
    power[k]       = re * re + im * im;
    bins[k].re     = re * turn[k].re - im * turn[k].im;
    bins[k].im     = im * turn[k].re + re * turn[k].im;
  }
}

static void mix_phases_base(FiqCoherence* self, const FiqComplex* left, const FiqComplex* right)
{
  mix(self, left, right);
}

FIQ_AVX2 static void mix_avx2(FiqCoherence* self, const FiqComplex* left, const FiqComplex* right)
{
  mix(self, left, right);
}

/// Move the turns a limited way toward `next`, the short way round.
FIQ_INLINE void approach(float* restrict turn_rad, FiqComplex* restrict turn,
                         const float* restrict next_rad, size_t n)
{
  for (size_t k = 0; k < n; ++k) {
    const float way  = fiq_wrap_rad(next_rad[k] - turn_rad[k]);
    const float held = way < turn_step_rad ? way : turn_step_rad;
    const float step = held > -turn_step_rad ? held : -turn_step_rad;
    const float next = fiq_wrap_rad(turn_rad[k] + step);
    turn_rad[k]      = next;
    turn[k]          = fiq_phasor(next);
  }
}

static void approach_base(float* turn_rad, FiqComplex* turn, const float* next_rad, size_t n)
{
  approach(turn_rad, turn, next_rad, n);
}

FIQ_AVX2 static void approach_avx2(float* turn_rad, FiqComplex* turn, const float* next_rad,
                                   size_t n)
{
  approach(turn_rad, turn, next_rad, n);
}

/// Whether any of the turns is felt.
static bool any_turned(const float* turn_rad, size_t n)
{
  for (size_t k = 0; k < n; ++k) {
    if (fabsf(turn_rad[k]) > at_rest_rad) {
      return true;
    }
  }
  return false;
}

bool fiq_coherence_move(FiqCoherence* self, float target)
{
  assert(target >= -1.0f && target <= 1.0f);
  self->amount += fiq_clamp(target - self->amount, -amount_step, amount_step);
  return !coherence_rests(self);
}

void fiq_coherence_listen(FiqCoherence* self, FiqComplex* const* spectra)
{
  if (coherence_rests(self)) {
    return;
  }
  FiqComplex* const last = self->sum_last;
  self->sum_last         = self->sum;
  self->sum              = last;
  (self->use_avx2 ? mix_avx2 : mix_phases_base)(self, spectra[0], spectra[1]);
  self->bins[0] = (FiqComplex){0.0f, 0.0f};
  fiq_fft_inverse_complex(&self->fft, self->bins, self->time);
}

/// Power of the envelope `t` steps of two frames from the middle of the frame.
static float envelope(const FiqCoherence* self, int32_t t)
{
  const FiqComplex z = self->time[(uint32_t)t & (self->config.window_frames / 2 - 1)];
  return z.re * z.re + z.im * z.im;
}

/// Frames from the frame's middle to the highest envelope within a quarter window.
static float instant_of(const FiqCoherence* self)
{
  const int32_t reach = (int32_t)(self->config.window_frames / 16);
  int32_t       best  = 0;
  float         most  = 0.0f;
  for (int32_t t = -reach; t <= reach; ++t) {
    const float here = envelope(self, t);
    best             = here > most ? t : best;
    most             = here > most ? here : most;
  }
  const float before = envelope(self, best - 1);
  const float after  = envelope(self, best + 1);
  const float bend   = before - 2.0f * most + after;
  const float shift  = bend < 0.0f ? 0.5f * (before - after) / bend : 0.0f;
  return 2.0f * ((float)best + fiq_clamp(shift, -1.0f, 1.0f));
}

/// The highest of `n` values >= 0, eight side by side.
static float highest(const float* x, size_t n)
{
  enum { LANES = 8 };
  float  lane[LANES] = {0.0f};
  size_t i           = 0;
  for (; i + LANES <= n; i += LANES) {
    for (size_t k = 0; k < LANES; ++k) {
      lane[k] = x[i + k] > lane[k] ? x[i + k] : lane[k];
    }
  }
  for (; i < n; ++i) {
    lane[0] = x[i] > lane[0] ? x[i] : lane[0];
  }
  for (size_t k = 1; k < LANES; ++k) {
    lane[0] = lane[k] > lane[0] ? lane[k] : lane[0];
  }
  return lane[0];
}

/// 1 for those of the bins 2..n - 4 that are above `floor` and above two to either side, 0 for the others.
FIQ_INLINE void mark_peaks(const float* restrict power, float floor, float* restrict mark, size_t n)
{
  for (size_t k = 2; k + 3 < n; ++k) {
    const float here   = power[k];
    const float before = power[k - 1] > power[k - 2] ? power[k - 1] : power[k - 2];
    const float after  = power[k + 1] > power[k + 2] ? power[k + 1] : power[k + 2];
    const float low    = before > floor ? before : floor;
    const float above  = here > low ? 1.0f : 0.0f;
    mark[k]            = here >= after ? above : 0.0f;
  }
}

static void mark_peaks_base(const float* power, float floor, float* mark, size_t n)
{
  mark_peaks(power, floor, mark, n);
}

FIQ_AVX2 static void mark_peaks_avx2(const float* power, float floor, float* mark, size_t n)
{
  mark_peaks(power, floor, mark, n);
}

/// Those bins in rising order, without a branch that sound decides; next_rad is free until draw_curves.
static uint32_t list_peaks(const FiqCoherence* self, uint16_t* list)
{
  float* const mark = self->next_rad;
  const float  most = highest(self->power + 2, self->n_bins - 5);
  uint32_t     n    = 0;
  (self->use_avx2 ? mark_peaks_avx2 : mark_peaks_base)(self->power, faintest_power * most, mark,
                                                       self->n_bins);
  for (uint32_t k = 2; k + 3 < self->n_bins; ++k) {
    list[n] = (uint16_t)k;
    n += mark[k] > 0.0f;
  }
  return n;
}

/// Peaks that are no sidelobes, in rising order.
static uint32_t find_peaks(const FiqCoherence* self, uint32_t* bins)
{
  uint16_t* const    list     = self->peak;
  const float* const power    = self->power;
  const uint32_t     n_listed = list_peaks(self, list);
  uint32_t           n        = 0;
  for (uint32_t i = 0; i < n_listed && n < FIQ_COHERENCE_PEAKS_MAX; ++i) {
    const uint32_t k = list[i];
    // A new peak ends those in its shadow, unless it lies in one.
    while (n > 0 && power[bins[n - 1]] < power[k] * shadow(self, k - bins[n - 1])) {
      --n;
    }
    if (n == 0 || power[k] > power[bins[n - 1]] * shadow(self, k - bins[n - 1])) {
      bins[n++] = k;
    }
  }
  return n;
}

/// Angle of (re, im), re > 0, within 2e-4.
static float angle_of(float re, float im)
{
  const float size = fabsf(im);
  const bool  low  = size <= re;
  const float t    = low ? size / re : re / size;
  const float t2   = t * t;
  const float rise =
      t * (0.99986f + t2 * (-0.33029f + t2 * (0.18014f + t2 * (-0.08513f + t2 * 0.02084f))));
  const float all = low ? rise : 0.5f * FIQ_PI_F - rise;
  return im < 0.0f ? -all : all;
}

/// Frequency in bins, from the advance of phase since the last frame.
static float frequency_of(const FiqCoherence* self, uint32_t k)
{
  const FiqComplex a        = self->sum[k];
  const FiqComplex b        = self->sum_last[k];
  const uint32_t   overlap  = self->config.window_frames / self->config.hop_frames;
  const FiqComplex expected = self->advance[k % overlap];
  const FiqComplex advance  = {a.re * b.re + a.im * b.im, a.im * b.re - a.re * b.im};
  const float      re       = advance.re * expected.re + advance.im * expected.im;
  const float      im       = advance.im * expected.re - advance.re * expected.im;
  // Farther off than a right angle, the bin's peak was another one then.
  return (float)k + (re > 0.0f ? angle_of(re, im) * (float)overlap / FIQ_TWO_PI_F : 0.0f);
}

/// Partials with their phases at the instant; sets the order and the mean field.
static void compare_partials(FiqCoherence* self)
{
  uint32_t    bins[FIQ_COHERENCE_PEAKS_MAX];
  const float instant = instant_of(self);
  const float scale   = FIQ_TWO_PI_F / (float)self->config.window_frames * instant;
  FiqComplex  mean    = {0.0f, 0.0f};
  float       all     = 0.0f;
  self->n_partials    = find_peaks(self, bins);
  for (uint32_t i = 0; i < self->n_partials; ++i) {
    const uint32_t       k         = bins[i];
    const FiqComplex     here      = self->bins[k];
    const float          amplitude = sqrtf(self->power[k]);
    const float          advance   = fiq_wrap_rad(frequency_of(self, k) * scale);
    const float          re        = fiq_cos(advance);
    const float          im        = fiq_sin(advance);
    FiqCoherencePartial* p         = &self->partial[i];
    p->bin                         = k;
    p->turn_rad                    = self->turn_rad[k];
    p->pull                        = self->pull[k];
    p->at                          = (FiqComplex){(here.re * re - here.im * im) / amplitude,
                                                  (here.im * re + here.re * im) / amplitude};
    mean.re += amplitude * p->at.re;
    mean.im += amplitude * p->at.im;
    all += amplitude;
  }
  self->field = all > 0.0f ? (FiqComplex){mean.re / all, mean.im / all} : mean;
}

static void pull(FiqCoherence* self)
{
  const float amount = fiq_clamp(self->amount, 0.0f, 1.0f);
  const float leak   = leak_least + leak_span * (1.0f - amount);
  for (uint32_t i = 0; i < self->n_partials; ++i) {
    FiqCoherencePartial* p = &self->partial[i];
    // R sin(psi - chi)
    const float wanted = self->field.im * p->at.re - self->field.re * p->at.im;
    p->pull += pull_share * (wanted - p->pull);
    const float step = pull_rad * amount * p->pull - leak * p->turn_rad;
    p->turn_rad += fiq_clamp(step, -pull_step_rad, pull_step_rad);
  }
}

/// Straight lines from `from` to `to`, over the bins from one up to the other.
static void draw_line(FiqCoherence* self, const FiqCoherencePartial* from,
                      const FiqCoherencePartial* to)
{
  const uint32_t n     = to->bin - from->bin;
  const float    share = n ? 1.0f / (float)n : 0.0f;
  const float    slope = fiq_wrap_rad(to->turn_rad - from->turn_rad) * share;
  const float    rise  = (to->pull - from->pull) * share;
  for (uint32_t i = 0; i < n; ++i) {
    self->next_rad[from->bin + i] = from->turn_rad + slope * (float)i;
    self->pull[from->bin + i]     = from->pull + rise * (float)i;
  }
}

static void draw_curves(FiqCoherence* self)
{
  const uint32_t n = self->n_partials;
  for (uint32_t k = 0; k < self->n_bins && n == 0; ++k) {
    self->next_rad[k] = 0.9f * self->turn_rad[k];
  }
  if (n == 0) {
    return;
  }
  FiqCoherencePartial first = self->partial[0];
  FiqCoherencePartial last  = self->partial[n - 1];
  first.bin                 = 0;
  last.bin                  = self->n_bins;
  draw_line(self, &first, &self->partial[0]);
  for (uint32_t i = 0; i + 1 < n; ++i) {
    draw_line(self, &self->partial[i], &self->partial[i + 1]);
  }
  draw_line(self, &self->partial[n - 1], &last);
}

void fiq_coherence_pull(FiqCoherence* self)
{
  if (coherence_rests(self)) {
    return;
  }
  compare_partials(self);
  pull(self);
}

void fiq_coherence_turn(FiqCoherence* self)
{
  if (coherence_rests(self)) {
    return;
  }
  draw_curves(self);
  (self->use_avx2 ? approach_avx2 : approach_base)(self->turn_rad, self->turn, self->next_rad,
                                                   self->n_bins);
  self->is_turned = self->amount > 0.0f || any_turned(self->turn_rad, self->n_bins);
  if (!self->is_turned) {
    const float amount = self->amount;
    fiq_coherence_reset(self);
    self->amount = amount;
  }
}

void fiq_coherence_add(const FiqCoherence* self, float* curve_rad)
{
  const float amount                   = self->amount < 0.0f ? -self->amount : 0.0f;
  const float* restrict turn_rad       = self->turn_rad;
  const float* restrict dispersion_rad = self->dispersion_rad;
  for (size_t k = 0; k < self->n_bins; ++k) {
    curve_rad[k] += turn_rad[k] + amount * dispersion_rad[k];
  }
}
