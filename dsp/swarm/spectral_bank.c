// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/swarm/spectral_bank.h"

#include "dsp/base/simd.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = FIQ_LOBE_PLACES };

static const double pi   = 3.14159265358979323846;
static const double beta = 18.6;

/// All taps of all rows lie on one fine grid, the same on both sides of its middle.
static void fill_kernel(float* kernel)
{
  assert(kernel);
  enum { HALF = FIQ_LOBE_ROWS * FIQ_LOBE_TAPS / 2 };
  float        curve[HALF + 1];
  const double scale = 1.0 / fiq_bessel_i0(beta);
  for (int i = 0; i <= HALF; ++i) {
    const double u = (double)i / (double)HALF;
    curve[i]       = (float)(scale * fiq_bessel_i0(beta * sqrt(1.0 - u * u)));
  }
  for (int row = 0; row < FIQ_LOBE_ROWS; ++row) {
    float* const here = kernel + row * FIQ_LOBE_ROW_FLOATS;
    for (int tap = 0; tap < FIQ_LOBE_TAPS; ++tap) {
      const int   at            = (tap - FIQ_LOBE_TAPS / 2 + 1) * FIQ_LOBE_ROWS - row;
      const float low           = curve[abs(at)];
      here[tap]                 = low;
      here[FIQ_LOBE_TAPS + tap] = curve[abs(at - 1)] - low;
    }
  }
}

static void fill_window(float* window, uint32_t step)
{
  assert(window && step > 0);
  const double scale = 1.0 / fiq_bessel_i0(beta);
  for (uint32_t i = 0; i < 2 * step; ++i) {
    const double t = (double)i - (double)step;
    const double w = cos(0.5 * pi * t / (double)step);
    const double v = FIQ_LOBE_TAPS * pi * t / (4.0 * (double)step);
    const double q = sqrt(beta * beta - v * v);
    const double h = FIQ_LOBE_TAPS * sinh(q) / q * scale;
    window[i]      = (float)(w * w / (2.0 * h));
  }
}

FiqStatus fiq_spectral_bank_init(FiqSpectralBank* self, FiqArena* arena, FiqFftPool* pool,
                                 uint32_t step_frames)
{
  assert(self && arena && pool);
  const bool power_of_two = (step_frames & (step_frames - 1)) == 0;
  if (!power_of_two || step_frames < FIQ_LOBE_STEP_MIN || step_frames > FIQ_LOBE_STEP_MAX) {
    return FIQ_BAD_ARGUMENT;
  }
  memset(self, 0, sizeof *self);
  const size_t step = step_frames;
  self->step_frames = step_frames;
  self->plane_bins  = (2 * step_frames + 1 + 2 * FIQ_LOBE_PAD_BINS + 15u) & ~15u;
  self->use_avx2    = fiq_simd_avx2();
  self->use_avx512  = fiq_simd_avx512();
  self->kernel      = fiq_arena_take(arena, FIQ_LOBE_ROWS * FIQ_LOBE_ROW_FLOATS, sizeof(float));
  self->window      = fiq_arena_take(arena, 2 * step, sizeof(float));
  self->planes      = fiq_arena_take(arena, (size_t)PLACES * 2 * self->plane_bins, sizeof(float));
  self->spectrum    = fiq_arena_take(arena, 2 * step + 1, sizeof(FiqComplex));
  self->segment     = fiq_arena_take(arena, 4 * step, sizeof(float));
  for (int c = 0; c < FIQ_CHANNELS; ++c) {
    self->tail[c] = fiq_arena_take(arena, step, sizeof(float));
  }
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fill_kernel(self->kernel);
  fill_window(self->window, step_frames);
  return fiq_fft_init_kinds(&self->fft, pool, 4 * step_frames, FIQ_FFT_REAL_INVERSE);
}

static size_t planes_size_bytes(const FiqSpectralBank* self)
{
  assert(self);
  return (size_t)PLACES * 2 * self->plane_bins * sizeof(float);
}

void fiq_spectral_bank_reset(FiqSpectralBank* self)
{
  assert(self);
  memset(self->planes, 0, planes_size_bytes(self));
  for (int c = 0; c < FIQ_CHANNELS; ++c) {
    memset(self->tail[c], 0, self->step_frames * sizeof(float));
  }
}

void fiq_spectral_bank_adopt(FiqSpectralBank* self, const FiqSpectralBank* old)
{
  assert(self && old);
  assert(self->step_frames == old->step_frames);
  memcpy(self->planes, old->planes, planes_size_bytes(self));
  memcpy(self->spectrum, old->spectrum, (2 * (size_t)self->step_frames + 1) * sizeof(FiqComplex));
  memcpy(self->segment, old->segment, 4 * (size_t)self->step_frames * sizeof(float));
  for (int c = 0; c < FIQ_CHANNELS; ++c) {
    memcpy(self->tail[c], old->tail[c], self->step_frames * sizeof(float));
  }
}

/// Where each lobe begins in a plane, and which taps it has: computed ahead, as vectors.
typedef struct {
  uint32_t at[FIQ_LOBE_CHUNK];  ///< of the first tap, from the first plane on
  uint32_t tap[FIQ_LOBE_CHUNK]; ///< first of the kernel's row
  float    fraction[FIQ_LOBE_CHUNK];
} Places;

FIQ_INLINE void place(const float* restrict nu, float bins_per_nu, uint32_t plane_bins,
                      uint32_t first, Places* restrict places)
{
  const FiqInt8 each = {0, 1, 2, 3, 4, 5, 6, 7};
  for (uint32_t i = 0; i < FIQ_LOBE_CHUNK; ++i) {
    const float   bin      = nu[i] * bins_per_nu;
    const int32_t whole    = (int32_t)bin;
    const float   position = (bin - (float)whole) * (float)FIQ_LOBE_ROWS;
    const int32_t row      = (int32_t)position;
    places->at[i]          = (uint32_t)(whole + (FIQ_LOBE_PAD_BINS - FIQ_LOBE_TAPS / 2 + 1));
    places->tap[i]         = (uint32_t)(row * FIQ_LOBE_ROW_FLOATS);
    places->fraction[i]    = position - (float)row;
  }
  for (uint32_t i = 0; i < FIQ_LOBE_CHUNK; i += PLACES) {
    const FiqInt8 place = (each + (int32_t)fiq_lobe_place(first + i)) & (PLACES - 1);
    *(FiqInt8*)(places->at + i) += place * (2 * (int32_t)plane_bins);
  }
}

/// Four floats, as a register that each of them is spread from: a load of its own for each would be one too many.
FIQ_INLINE FiqFloat4 fetch_four(const float* restrict x)
{
  FiqFloat4 four = *(const FiqFloat4*)x;
  FIQ_OPAQUE_FOUR(four);
  return four;
}

/// One sinusoid, each part of which is given eight times.
FIQ_INLINE void spread_one(const float* restrict row, const FiqFloat8* fraction,
                           const FiqFloat8* re, const FiqFloat8* im, float* restrict plane_re,
                           float* restrict plane_im)
{
  const FiqFloat8 low  = *(const FiqFloat8*)row;
  const FiqFloat8 rise = *(const FiqFloat8*)(row + FIQ_LOBE_TAPS);
  const FiqFloat8 tap  = low + *fraction * rise;
  *(FiqFloat8*)plane_re += *re * tap;
  *(FiqFloat8*)plane_im += *im * tap;
}

#define EIGHT_OF(four, k) __builtin_shufflevector(four, four, k, k, k, k, k, k, k, k)
#define SPREAD_ONE(k)                                                                              \
  do {                                                                                             \
    const FiqFloat8 each[3] = {EIGHT_OF(fraction, k), EIGHT_OF(re, k), EIGHT_OF(im, k)};           \
    spread_one(kernel + places->tap[i + (k)], &each[0], &each[1], &each[2],                        \
               all_re + places->at[i + (k)], all_im + places->at[i + (k)]);                        \
  } while (0)

/// Sinusoids i..i + 3.
FIQ_INLINE void spread_four(const FiqLobes* restrict lobes, const float* restrict kernel,
                            const Places* restrict places, float* restrict all_re,
                            float* restrict all_im, uint32_t i)
{
  const FiqFloat4 fraction = fetch_four(places->fraction + i);
  const FiqFloat4 re       = fetch_four(lobes->re + i);
  const FiqFloat4 im       = fetch_four(lobes->im + i);
  SPREAD_ONE(0);
  SPREAD_ONE(1);
  SPREAD_ONE(2);
  SPREAD_ONE(3);
}

/// The loop over all sinusoids; `bins_per_nu` = 4 step turns cycles per sample into bins.
FIQ_INLINE void spread(const FiqLobes* restrict lobes, const float* restrict kernel,
                       float* restrict planes, uint32_t plane_bins, float bins_per_nu,
                       uint32_t first)
{
  Places places;
  float* plane_im = planes + plane_bins;
  FIQ_OPAQUE(plane_im);
  place(lobes->nu, bins_per_nu, plane_bins, first, &places);
  for (uint32_t i = 0; i < FIQ_LOBE_CHUNK; i += 4) {
    spread_four(lobes, kernel, &places, planes, plane_im, i);
  }
}

static void spread_base(const FiqLobes* lobes, const float* kernel, float* planes,
                        uint32_t plane_bins, float bins_per_nu, uint32_t first)
{
  assert(lobes && kernel && planes);
  spread(lobes, kernel, planes, plane_bins, bins_per_nu, first);
}

FIQ_AVX2 static void spread_avx2(const FiqLobes* lobes, const float* kernel, float* planes,
                                 uint32_t plane_bins, float bins_per_nu, uint32_t first)
{
  assert(lobes && kernel && planes);
  spread(lobes, kernel, planes, plane_bins, bins_per_nu, first);
}

FIQ_AVX512 static void spread_avx512(const FiqLobes* lobes, const float* kernel, float* planes,
                                     uint32_t plane_bins, float bins_per_nu, uint32_t first)
{
  assert(lobes && kernel && planes);
  spread(lobes, kernel, planes, plane_bins, bins_per_nu, first);
}

void fiq_spectral_bank_add(FiqSpectralBank* self, uint32_t chunk, const FiqLobes* lobes)
{
  assert(self && lobes);
  const float    bins_per_nu = 4.0f * (float)self->step_frames;
  const uint32_t first       = chunk * FIQ_LOBE_CHUNK;
  if (self->use_avx2 && self->use_avx512) {
    spread_avx512(lobes, self->kernel, self->planes, self->plane_bins, bins_per_nu, first);
  } else if (self->use_avx2) {
    spread_avx2(lobes, self->kernel, self->planes, self->plane_bins, bins_per_nu, first);
  } else {
    spread_base(lobes, self->kernel, self->planes, self->plane_bins, bins_per_nu, first);
  }
}

void fiq_spectral_bank_fix(const FiqSpectralBank* self, uint32_t chunk, const float* nu,
                           FiqFixedLobes* fixed)
{
  assert(self && nu && fixed);
  Places places;
  place(nu, 4.0f * (float)self->step_frames, self->plane_bins, chunk * FIQ_LOBE_CHUNK, &places);
  for (uint32_t i = 0; i < FIQ_LOBE_CHUNK; ++i) {
    const float* const row = self->kernel + places.tap[i];
    fixed->at[i]           = places.at[i];
    for (uint32_t k = 0; k < FIQ_LOBE_TAPS; ++k) {
      fixed->tap[i][k] = row[k] + places.fraction[i] * row[FIQ_LOBE_TAPS + k];
    }
  }
}

/// Chunks in turns: sinusoids of one place that lie close together would wait for each other's stores.
FIQ_INLINE void add_fixed(const FiqFixedLobes* restrict fixed, const FiqLobes* restrict lobes,
                          uint32_t n, float* restrict planes, uint32_t plane_bins)
{
  float* plane_im = planes + plane_bins;
  FIQ_OPAQUE(plane_im);
  for (uint32_t i = 0; i < FIQ_LOBE_CHUNK; ++i) {
    for (uint32_t c = 0; c < n; ++c) {
      const FiqFloat8  tap   = *(const FiqFloat8*)fixed[c].tap[i];
      FiqFloat8* const to_re = (FiqFloat8*)(planes + fixed[c].at[i]);
      FiqFloat8* const to_im = (FiqFloat8*)(plane_im + fixed[c].at[i]);
      *to_re += lobes[c].re[i] * tap;
      *to_im += lobes[c].im[i] * tap;
    }
  }
}

static void add_fixed_base(const FiqFixedLobes* fixed, const FiqLobes* lobes, uint32_t n,
                           float* planes, uint32_t plane_bins)
{
  assert(fixed && lobes && planes);
  add_fixed(fixed, lobes, n, planes, plane_bins);
}

FIQ_AVX2 static void add_fixed_avx2(const FiqFixedLobes* fixed, const FiqLobes* lobes, uint32_t n,
                                    float* planes, uint32_t plane_bins)
{
  assert(fixed && lobes && planes);
  add_fixed(fixed, lobes, n, planes, plane_bins);
}

void fiq_spectral_bank_add_fixed(FiqSpectralBank* self, const FiqFixedLobes* fixed,
                                 const FiqLobes* lobes, uint32_t n)
{
  assert(self && fixed && lobes);
  (self->use_avx2 ? add_fixed_avx2 : add_fixed_base)(fixed, lobes, n, self->planes,
                                                     self->plane_bins);
}

/// Weighted sum of all places, interleaved.
FIQ_INLINE void mix(const float* restrict planes, uint32_t plane_bins, const float* restrict gain,
                    FiqComplex* restrict bins, uint32_t    n_bins)
{
  const size_t stride      = 2 * (size_t)plane_bins;
  const float* restrict re = planes + FIQ_LOBE_PAD_BINS;
  const float* restrict im = re + plane_bins;
  for (uint32_t k = 0; k < n_bins; ++k) {
    float sum_re = 0.0f;
    float sum_im = 0.0f;
    for (uint32_t p = 0; p < PLACES; ++p) {
      sum_re += gain[p] * re[p * stride + k];
      sum_im += gain[p] * im[p * stride + k];
    }
    bins[k].re = sum_re;
    bins[k].im = sum_im;
  }
}

static void mix_base(const float* planes, uint32_t plane_bins, const float* gain, FiqComplex* bins,
                     uint32_t n_bins)
{
  assert(planes && gain && bins);
  mix(planes, plane_bins, gain, bins, n_bins);
}

FIQ_AVX2 static void mix_avx2(const float* planes, uint32_t plane_bins, const float* gain,
                              FiqComplex* bins, uint32_t n_bins)
{
  assert(planes && gain && bins);
  mix(planes, plane_bins, gain, bins, n_bins);
}

/// Mirror what lies below DC: a real signal has X[-k] = X*[k].
static void mirror(const FiqSpectralBank* self, const float* gain)
{
  assert(self && gain);
  FiqComplex* bins = self->spectrum;
  bins[0].re *= 2.0f;
  bins[0].im = 0.0f;
  for (int p = 0; p < PLACES; ++p) {
    const float* re = self->planes + (size_t)(2 * p) * self->plane_bins + FIQ_LOBE_PAD_BINS;
    const float* im = re + self->plane_bins;
    for (int k = 1; k < FIQ_LOBE_TAPS / 2; ++k) {
      bins[k].re += gain[p] * re[-k];
      bins[k].im -= gain[p] * im[-k];
    }
  }
}

void fiq_spectral_bank_mix(FiqSpectralBank* self, const float gain[FIQ_LOBE_PLACES])
{
  assert(self && gain);
  const uint32_t n_bins = 2 * self->step_frames + 1;
  if (self->use_avx2) {
    mix_avx2(self->planes, self->plane_bins, gain, self->spectrum, n_bins);
  } else {
    mix_base(self->planes, self->plane_bins, gain, self->spectrum, n_bins);
  }
  mirror(self, gain);
}

void fiq_spectral_bank_transform(FiqSpectralBank* self)
{
  assert(self);
  fiq_fft_inverse(&self->fft, self->spectrum, self->segment);
}

/// Window the transform, whose time 0 is the frame's centre, and overlap-add.
void fiq_spectral_bank_overlap(FiqSpectralBank* self, uint32_t channel, float* out)
{
  assert(out);
  assert(channel < FIQ_CHANNELS);
  const uint32_t step          = self->step_frames;
  float* restrict sum          = out;
  const float* restrict window = self->window;
  const float* restrict before = self->segment + 3 * (size_t)step; // t = -step..-1, wrapped round
  const float* restrict after  = self->segment;
  float* restrict tail         = self->tail[channel];
  for (uint32_t i = 0; i < step; ++i) {
    sum[i]  = tail[i] + window[i] * before[i];
    tail[i] = window[step + i] * after[i];
  }
}

void fiq_spectral_bank_clear(FiqSpectralBank* self)
{
  assert(self);
  memset(self->planes, 0, planes_size_bytes(self));
}
