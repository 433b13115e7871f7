// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/analysis/partials.h"

#include "dsp/base/maths.h"
#include "dsp/transform/window.h"

#include <assert.h>
#include <string.h>

static const float offset_max  = 0.95f;
static const float offset_min  = 1e-5f; // keeps the lobe's formula free of 0 / 0
static const float apart_min   = 1.2f;  // bins between two peaks
static const float kept_power  = 0.2f; // share that must be left when the neighbours are taken away
static const float power_floor = 1e-18f;
static const float unclear_ratio = 10.0f; // 5 % of the peaks of white noise reach it
static const float clear_ratio   = 30.0f; // none do

enum {
  REACH        = 8,  ///< bins that a lobe is taken away over; -66 dB of it are left there
  LEVEL_SHIFT  = 21, ///< of a float's bits: four steps an octave of power
  FIRST_BESIDE = 3,  ///< bins beside a peak that it is compared with
  LAST_BESIDE  = 8
};

FiqStatus fiq_partials_init(FiqPartials* self, FiqArena* arena, FiqFftPool* pool,
                            uint32_t window_frames)
{
  assert(self);
  assert(arena);
  assert(pool);
  memset(self, 0, sizeof *self);
  if (window_frames < FIQ_PARTIALS_WINDOW_MIN || window_frames > FIQ_PARTIALS_WINDOW_MAX ||
      (window_frames & (window_frames - 1)) != 0) {
    return FIQ_BAD_ARGUMENT;
  }
  self->window_frames = window_frames;
  self->n_bins        = window_frames / 2 + 1;
  self->window        = fiq_arena_take(arena, window_frames, sizeof(float));
  self->frame         = fiq_arena_take(arena, window_frames, sizeof(float));
  self->spectrum      = fiq_arena_take(arena, self->n_bins, sizeof(FiqComplex));
  self->power         = fiq_arena_take(arena, self->n_bins, sizeof(float));
  self->maximum       = fiq_arena_take(arena, self->n_bins / 2 + 1, sizeof(uint32_t));
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fiq_window_hann(self->window, window_frames);
  for (uint32_t i = 0; i < window_frames; ++i) {
    self->window[i] *= 4.0f / (float)window_frames;
  }
  return fiq_fft_init_kinds(&self->fft, pool, window_frames, FIQ_FFT_REAL_FORWARD);
}

static void multiply_window(float* restrict out, const float* restrict a, const float* restrict b,
                            uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    out[i] = a[i] * b[i];
  }
}

void fiq_partials_load(FiqPartials* self, const float* ring, uint32_t start)
{
  assert(self);
  assert(ring);
  assert(start < self->window_frames);
  const uint32_t late = self->window_frames - start;
  multiply_window(self->frame, self->window, ring + start, late);
  multiply_window(self->frame + late, self->window + late, ring, start);
  fiq_fft_forward(&self->fft, self->frame, self->spectrum);
}

static void powers_of(float* restrict power, const FiqComplex* restrict z, uint32_t n)
{
  for (uint32_t k = 0; k < n; ++k) {
    power[k] = z[k].re * z[k].re + z[k].im * z[k].im;
  }
}

/// Bins of the local maxima among `first`..`last`; their number.
static uint32_t find_maxima(uint32_t* restrict maximum, const float* restrict power, uint32_t first,
                            uint32_t last, float floor)
{
  uint32_t n = 0;
  for (uint32_t k = first; k <= last; ++k) {
    const bool is_peak =
        (power[k] > power[k - 1]) & (power[k] >= power[k + 1]) & (power[k] > floor);
    maximum[n] = k;
    n += is_peak;
  }
  return n;
}

/// Step of a logarithmic scale, 0..FIQ_PARTIALS_LEVELS - 1 from 2^-60 up to 2^4.
static uint32_t level_of(float power)
{
  union {
    float    value;
    uint32_t bits;
  } const cast        = {power};
  const uint32_t low  = (127u - 60u) << (23 - LEVEL_SHIFT);
  const uint32_t step = cast.bits >> LEVEL_SHIFT;
  const uint32_t top  = FIQ_PARTIALS_LEVELS - 1;
  return step <= low ? 0 : (step - low > top ? top : step - low);
}

/// Lowest level from which on the maxima number at most FIQ_PARTIALS_MAX; `room` is what they leave.
static uint32_t level_that_fits(FiqPartials* self, uint32_t n_maxima, uint32_t* room)
{
  memset(self->levels, 0, sizeof self->levels);
  for (uint32_t i = 0; i < n_maxima; ++i) {
    ++self->levels[level_of(self->power[self->maximum[i]])];
  }
  uint32_t level = FIQ_PARTIALS_LEVELS;
  *room          = FIQ_PARTIALS_MAX;
  while (level > 0 && self->levels[level - 1] <= *room) {
    *room -= self->levels[--level];
  }
  return level;
}

static void rank_lobes(FiqPartials* self)
{
  for (uint32_t i = 0; i < self->n_lobes; ++i) {
    const float power = self->lobes[i].power;
    uint32_t    at    = i;
    for (; at > 0 && self->lobes[self->rank[at - 1]].power < power; --at) {
      self->rank[at] = self->rank[at - 1];
    }
    self->rank[at] = i;
  }
}

void fiq_partials_pick(FiqPartials* self, uint32_t first, uint32_t last, float amplitude)
{
  assert(self);
  assert(first >= 1);
  assert(last + 1 < self->n_bins);
  self->n_lobes = 0;
  self->sweep   = 0;
  if (first > last) {
    return;
  }
  self->first = first - 1;
  self->last  = last + 1;
  powers_of(self->power + first - 1, self->spectrum + first - 1, last - first + 3);
  // A partial half-way between two bins shows 0.85 of its amplitude, less a neighbour's share.
  const float    floor    = 0.25f * amplitude * amplitude + power_floor;
  const uint32_t n_maxima = find_maxima(self->maximum, self->power, first, last, floor);
  uint32_t       room     = 0;
  const uint32_t level    = level_that_fits(self, n_maxima, &room);
  for (uint32_t i = 0; i < n_maxima; ++i) {
    const uint32_t k  = self->maximum[i];
    const uint32_t at = level_of(self->power[k]);
    if (at >= level || (at + 1 == level && room > 0)) {
      room -= at < level;
      self->lobes[self->n_lobes++] = (FiqPartialLobe){
          .bin = k, .offset = offset_min, .sine = offset_min, .power = self->power[k]};
    }
  }
  rank_lobes(self);
}

/// Take the lobe of `amplitude`, `m` bins below the middle one of `y` [3], away from it.
static inline void take_away(FiqComplex* y, int32_t m, float offset, float sine,
                             FiqComplex amplitude)
{
  const float x    = (float)m - offset;
  const float sign = (m & 1) ? -sine : sine;
  const float x_1  = x - 1.0f;
  const float x1   = x + 1.0f;
  const float h0   = -sign / (x * x_1 * (x - 2.0f));
  const float h1   = sign / (x * x_1 * x1);
  const float h2   = -sign / (x * x1 * (x + 2.0f));
  y[0].re -= amplitude.re * h0;
  y[0].im -= amplitude.im * h0;
  y[1].re -= amplitude.re * h1;
  y[1].im -= amplitude.im * h1;
  y[2].re -= amplitude.re * h2;
  y[2].im -= amplitude.im * h2;
}

static inline void take_lobe_away(FiqComplex* y, int32_t bin, const FiqPartialLobe* other)
{
  if (!other->dropped) {
    take_away(y, bin - (int32_t)other->bin, other->offset, other->sine, other->amplitude);
  }
}

/// Three bins around lobe `i` with all else that is known taken away.
static void free_bins(const FiqPartials* self, uint32_t i, FiqComplex* y)
{
  const FiqPartialLobe* lobes = self->lobes;
  const int32_t         bin   = (int32_t)lobes[i].bin;
  for (int32_t m = -1; m <= 1; ++m) {
    // Time 0 moves to the middle of the frame.
    const FiqComplex x    = self->spectrum[bin + m];
    const float      sign = ((bin + m) & 1) ? -1.0f : 1.0f;
    y[m + 1]              = (FiqComplex){sign * x.re, sign * x.im};
  }
  for (uint32_t j = i; j > 0 && bin - (int32_t)lobes[j - 1].bin <= REACH; --j) {
    take_lobe_away(y, bin, &lobes[j - 1]);
  }
  for (uint32_t j = i + 1; j < self->n_lobes && (int32_t)lobes[j].bin - bin <= REACH; ++j) {
    take_lobe_away(y, bin, &lobes[j]);
  }
  for (uint32_t j = 0; j < self->n_lobes && (int32_t)lobes[j].bin + bin <= 2 * REACH; ++j) {
    if (!lobes[j].dropped) {
      const FiqComplex image = {lobes[j].amplitude.re, -lobes[j].amplitude.im};
      take_away(y, bin + (int32_t)lobes[j].bin, -lobes[j].offset, -lobes[j].sine, image);
    }
  }
}

/// Offset, amplitude and misfit of a lobe from its three bins.
static void fit(FiqPartialLobe* lobe, const FiqComplex* y)
{
  const float middle = y[1].re * y[1].re + y[1].im * y[1].im + power_floor;
  const float below  = (y[0].re * y[1].re + y[0].im * y[1].im) / middle;
  const float above  = (y[2].re * y[1].re + y[2].im * y[1].im) / middle;
  const float tilt   = fiq_clamp(above - below, -1.6f, 1.6f);
  float       d      = tilt * (2.0f / 3.0f);
  d                  = tilt * (4.0f - d * d) * (1.0f / 6.0f);
  d                  = tilt * (4.0f - d * d) * (1.0f / 6.0f);
  d                  = tilt * (4.0f - d * d) * (1.0f / 6.0f);
  d                  = fiq_clamp(d, -offset_max, offset_max);
  d                  = d < 0.0f ? fminf(d, -offset_min) : fmaxf(d, offset_min);
  lobe->offset       = d;
  lobe->sine         = fiq_sin(FIQ_PI_F * d) * (1.0f / FIQ_PI_F);
  const float s      = lobe->sine / d;
  const float h[3]   = {s / ((1.0f + d) * (2.0f + d)), s / ((1.0f - d) * (1.0f + d)),
                        s / ((1.0f - d) * (2.0f - d))};
  float       re     = 0.0f;
  float       im     = 0.0f;
  float       norm   = 0.0f;
  float       energy = power_floor;
  for (int i = 0; i < 3; ++i) {
    re += y[i].re * h[i];
    im += y[i].im * h[i];
    norm += h[i] * h[i];
    energy += y[i].re * y[i].re + y[i].im * y[i].im;
  }
  lobe->amplitude = (FiqComplex){re / norm, im / norm};
  lobe->misfit    = fiq_clamp(1.0f - (re * re + im * im) / (norm * energy), 0.0f, 1.0f);
}

void fiq_partials_refine(FiqPartials* self)
{
  assert(self);
  for (uint32_t r = 0; r < self->n_lobes; ++r) {
    FiqPartialLobe* const lobe = &self->lobes[self->rank[r]];
    FiqComplex            y[3];
    free_bins(self, self->rank[r], y);
    const float left = y[1].re * y[1].re + y[1].im * y[1].im;
    // In the first sweep the softer neighbours are not known yet.
    lobe->dropped = self->sweep > 0 && left < kept_power * lobe->power;
    fit(lobe, y);
  }
  ++self->sweep;
}

/// How far the peak in `bin` stands out of what is next to it, 0..1.
static float clarity_of(const FiqPartials* self, uint32_t bin)
{
  float    sum = power_floor;
  uint32_t n   = 0;
  for (uint32_t m = FIRST_BESIDE; m <= LAST_BESIDE; ++m) {
    if (bin >= self->first + m) {
      sum += self->power[bin - m];
      ++n;
    }
    if (bin + m <= self->last) {
      sum += self->power[bin + m];
      ++n;
    }
  }
  const float ratio = self->power[bin] * (float)n / sum;
  return fiq_clamp((ratio - unclear_ratio) / (clear_ratio - unclear_ratio), 0.0f, 1.0f);
}

void fiq_partials_judge(FiqPartials* self, float low, float high, float amplitude)
{
  assert(self);
  self->n_peaks = 0;
  for (uint32_t i = 0; i < self->n_lobes; ++i) {
    const FiqPartialLobe* lobe = &self->lobes[i];
    const FiqComplex      a    = lobe->amplitude;
    const FiqPartial      peak = {(float)lobe->bin + lobe->offset, sqrtf(a.re * a.re + a.im * a.im),
                                  lobe->misfit, clarity_of(self, lobe->bin)};
    if (lobe->dropped || !(peak.amplitude >= amplitude) || peak.bin < low || peak.bin > high) {
      continue;
    }
    FiqPartial* const last = self->n_peaks ? &self->peaks[self->n_peaks - 1] : NULL;
    if (!last || peak.bin - last->bin >= apart_min) {
      self->peaks[self->n_peaks++] = peak;
    } else if (peak.amplitude > last->amplitude) {
      *last = peak;
    }
  }
}
