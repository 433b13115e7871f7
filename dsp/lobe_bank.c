// SPDX-License-Identifier: GPL-3.0-or-later
#include "lobe_bank.h"

#include "simd.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { N_PLANES = 2 * FIQ_CHANNELS };

static const double pi        = 3.14159265358979323846;
static const double beta      = 18.6;
static const double half_taps = FIQ_LOBE_TAPS / 2;

/// Modified Bessel function of order 0, by its power series.
static double bessel_i0(double x)
{
  double       sum  = 1.0;
  double       term = 1.0;
  const double q    = 0.25 * x * x;
  for (int k = 1; term > 1e-14 * sum; ++k) {
    term *= q / ((double)k * (double)k);
    sum += term;
  }
  return sum;
}

static void fill_kernel(float* kernel)
{
  const double scale = 1.0 / bessel_i0(beta);
  for (int row = 0; row <= FIQ_LOBE_ROWS; ++row) {
    const double fraction = (double)row / FIQ_LOBE_ROWS;
    for (int tap = 0; tap < FIQ_LOBE_TAPS; ++tap) {
      const double u                    = ((double)tap - (half_taps - 1.0) - fraction) / half_taps;
      const double root                 = sqrt(fmax(0.0, 1.0 - u * u));
      kernel[row * FIQ_LOBE_TAPS + tap] = (float)(scale * bessel_i0(beta * root));
    }
  }
}

static void fill_window(float* window, uint32_t step)
{
  const double scale = 1.0 / bessel_i0(beta);
  for (uint32_t i = 0; i < 2 * step; ++i) {
    const double t = (double)i - (double)step;
    const double w = cos(0.5 * pi * t / (double)step);
    const double v = FIQ_LOBE_TAPS * pi * t / (4.0 * (double)step);
    const double q = sqrt(beta * beta - v * v);
    const double h = FIQ_LOBE_TAPS * sinh(q) / q * scale;
    window[i]      = (float)(w * w / (2.0 * h));
  }
}

FiqStatus fiq_lobe_bank_init(FiqLobeBank* self, FiqArena* arena, FiqFftPool* pool,
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
  self->kernel      = fiq_arena_take(arena, (FIQ_LOBE_ROWS + 1) * FIQ_LOBE_TAPS, sizeof(float));
  self->window      = fiq_arena_take(arena, 2 * step, sizeof(float));
  self->planes =
      fiq_arena_take(arena, (size_t)FIQ_LOBE_GRIDS * N_PLANES * self->plane_bins, sizeof(float));
  self->spectrum = fiq_arena_take(arena, 2 * step + 1, sizeof(FiqComplex));
  self->segment  = fiq_arena_take(arena, 4 * step, sizeof(float));
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

static size_t planes_size_bytes(const FiqLobeBank* self)
{
  return (size_t)FIQ_LOBE_GRIDS * N_PLANES * self->plane_bins * sizeof(float);
}

void fiq_lobe_bank_reset(FiqLobeBank* self)
{
  memset(self->planes, 0, planes_size_bytes(self));
  for (int c = 0; c < FIQ_CHANNELS; ++c) {
    memset(self->tail[c], 0, self->step_frames * sizeof(float));
  }
}

void fiq_lobe_bank_adopt(FiqLobeBank* self, const FiqLobeBank* old)
{
  assert(self->step_frames == old->step_frames);
  memcpy(self->planes, old->planes, planes_size_bytes(self));
  for (int c = 0; c < FIQ_CHANNELS; ++c) {
    memcpy(self->tail[c], old->tail[c], self->step_frames * sizeof(float));
  }
}

/// Where each lobe begins in a plane, and which taps it has: computed ahead, as vectors.
typedef struct {
  int32_t bin[FIQ_LOBE_CHUNK];
  int32_t tap[FIQ_LOBE_CHUNK]; ///< first of the kernel's row
  float   fraction[FIQ_LOBE_CHUNK];
} Places;

FIQ_INLINE void place(const float* restrict nu, float bins_per_nu, Places* restrict places)
{
  for (uint32_t i = 0; i < FIQ_LOBE_CHUNK; ++i) {
    const float   bin      = nu[i] * bins_per_nu;
    const int32_t whole    = (int32_t)bin;
    const float   position = (bin - (float)whole) * (float)FIQ_LOBE_ROWS;
    const int32_t row      = (int32_t)position;
    places->bin[i]         = whole + (FIQ_LOBE_PAD_BINS - FIQ_LOBE_TAPS / 2 + 1);
    places->tap[i]         = row * FIQ_LOBE_TAPS;
    places->fraction[i]    = position - (float)row;
  }
}

FIQ_INLINE void spread_one(const FiqLobes* restrict lobes, const float* restrict kernel,
                           const Places* restrict places, float* restrict grid, size_t stride,
                           uint32_t i)
{
  const float* const row    = kernel + places->tap[i];
  const FiqFloat8    low    = *(const FiqFloat8*)row;
  const FiqFloat8    high   = *(const FiqFloat8*)(row + FIQ_LOBE_TAPS);
  const FiqFloat8    tap    = low + places->fraction[i] * (high - low);
  float* const       first  = grid + places->bin[i];
  FiqFloat8* const   plane0 = (FiqFloat8*)first;
  FiqFloat8* const   plane1 = (FiqFloat8*)(first + stride);
  FiqFloat8* const   plane2 = (FiqFloat8*)(first + 2 * stride);
  FiqFloat8* const   plane3 = (FiqFloat8*)(first + 3 * stride);
  *plane0 += lobes->left_re[i] * tap;
  *plane1 += lobes->left_im[i] * tap;
  *plane2 += lobes->right_re[i] * tap;
  *plane3 += lobes->right_im[i] * tap;
}

/// The loop over all sinusoids; `bins_per_nu` = 4 step turns cycles per sample into bins.
FIQ_INLINE void spread(const FiqLobes* restrict lobes, const float* restrict kernel,
                       float* restrict planes, uint32_t plane_bins, float bins_per_nu)
{
  const size_t stride = plane_bins;
  const size_t grid   = N_PLANES * stride;
  Places       places;
  place(lobes->nu, bins_per_nu, &places);
  for (uint32_t i = 0; i < FIQ_LOBE_CHUNK; i += FIQ_LOBE_GRIDS) {
    for (uint32_t g = 0; g < FIQ_LOBE_GRIDS; ++g) {
      spread_one(lobes, kernel, &places, planes + g * grid, stride, i + g);
    }
  }
}

static void spread_base(const FiqLobes* lobes, const float* kernel, float* planes,
                        uint32_t plane_bins, float bins_per_nu)
{
  spread(lobes, kernel, planes, plane_bins, bins_per_nu);
}

FIQ_AVX2 static void spread_avx2(const FiqLobes* lobes, const float* kernel, float* planes,
                                 uint32_t plane_bins, float bins_per_nu)
{
  spread(lobes, kernel, planes, plane_bins, bins_per_nu);
}

void fiq_lobe_bank_add(FiqLobeBank* self, const FiqLobes* lobes)
{
  const float bins_per_nu = 4.0f * (float)self->step_frames;
  if (self->use_avx2) {
    spread_avx2(lobes, self->kernel, self->planes, self->plane_bins, bins_per_nu);
  } else {
    spread_base(lobes, self->kernel, self->planes, self->plane_bins, bins_per_nu);
  }
}

/// Sum one plane over the grids into the first.
static void gather_grids(const FiqLobeBank* self, uint32_t plane)
{
  const size_t grid = (size_t)N_PLANES * self->plane_bins;
  float*       sum  = self->planes + (size_t)plane * self->plane_bins;
  for (uint32_t g = 1; g < FIQ_LOBE_GRIDS; ++g) {
    const float* restrict from = sum + g * grid;
    for (uint32_t i = 0; i < self->plane_bins; ++i) {
      sum[i] += from[i];
    }
  }
}

/// Interleave one channel and mirror what lies below DC: a real signal has X[-k] = X*[k].
static void fill_spectrum(const FiqLobeBank* self, uint32_t channel)
{
  const float* re   = self->planes + (size_t)(2 * channel) * self->plane_bins + FIQ_LOBE_PAD_BINS;
  const float* im   = re + self->plane_bins;
  FiqComplex*  bins = self->spectrum;
  for (uint32_t k = 0; k <= 2 * self->step_frames; ++k) {
    bins[k].re = re[k];
    bins[k].im = im[k];
  }
  bins[0].re = 2.0f * re[0];
  bins[0].im = 0.0f;
  for (int k = 1; k < FIQ_LOBE_TAPS / 2; ++k) {
    bins[k].re += re[-k];
    bins[k].im -= im[-k];
  }
}

/// Window the transform, whose time 0 is the frame's centre, and overlap-add.
static void overlap_add(const FiqLobeBank* self, uint32_t channel, float* restrict out)
{
  const uint32_t step          = self->step_frames;
  const float* restrict window = self->window;
  const float* restrict before = self->segment + 3 * (size_t)step; // t = -step..-1, wrapped round
  const float* restrict after  = self->segment;
  float* restrict tail         = self->tail[channel];
  for (uint32_t i = 0; i < step; ++i) {
    out[i]  = tail[i] + window[i] * before[i];
    tail[i] = window[step + i] * after[i];
  }
}

void fiq_lobe_bank_finish(FiqLobeBank* self, float* const out[FIQ_CHANNELS])
{
  for (uint32_t plane = 0; plane < N_PLANES; ++plane) {
    gather_grids(self, plane);
  }
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    fill_spectrum(self, channel);
    fiq_fft_inverse(&self->fft, self->spectrum, self->segment);
    overlap_add(self, channel, out[channel]);
  }
  memset(self->planes, 0, planes_size_bytes(self));
}
