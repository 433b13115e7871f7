// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/realm/band_waves.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { LANES = 8 };

static const double pi = 3.14159265358979323846;

static uint32_t padded(uint32_t n)
{
  return (n + LANES - 1) / LANES * LANES;
}

static bool band_waves_config_is_valid(const FiqBandWavesConfig* config)
{
  const uint32_t fft = config->fft_frames;
  return fft >= 64 && (fft & (fft - 1)) == 0 && config->oversampling >= 1 &&
         config->oversampling <= 2 && config->half >= LANES && config->half % LANES == 0 &&
         config->n_bins >= 1 && config->n_bins <= fft / 2;
}

/// Cosines and sines of all bins about the middle, and what turns them there.
static void design_waves(FiqBandWaves* self)
{
  const FiqBandWavesConfig* const config = &self->config;
  const uint32_t                  half   = config->half;
  const double                    size = (double)config->fft_frames * (double)config->oversampling;
  const double start                   = config->middle_frames * (double)config->oversampling - 0.5;
  for (uint32_t k = 0; k < config->n_bins; ++k) {
    const double rad = 2.0 * pi * (double)k / size;
    const double all =
        k ? 1.0 : 0.5; // the negative frequency as well, and half of what unpacks the channels
    self->turn[0][k] = (float)(all * cos(rad * start));
    self->turn[1][k] = (float)(all * sin(rad * start));
    for (uint32_t m = 0; m < half; ++m) {
      self->cosine[k * half + m] = (float)cos(rad * ((double)m + 0.5));
      self->sine[k * half + m]   = (float)sin(rad * ((double)m + 0.5));
    }
  }
}

FiqStatus fiq_band_waves_init(FiqBandWaves* self, FiqArena* arena, const FiqBandWavesConfig* config)
{
  assert(self);
  assert(arena);
  assert(config);
  if (!band_waves_config_is_valid(config)) {
    return FIQ_BAD_ARGUMENT;
  }
  // What reads whole vectors begins at any bin.
  const size_t n = padded(config->n_bins) + LANES;
  self->config   = *config;
  self->simd     = fiq_simd();
  self->cosine   = fiq_arena_take(arena, (size_t)config->n_bins * config->half, sizeof(float));
  self->sine     = fiq_arena_take(arena, (size_t)config->n_bins * config->half, sizeof(float));
  for (uint32_t i = 0; i < 2; ++i) {
    self->turn[i] = fiq_arena_take(arena, n, sizeof(float));
  }
  for (uint32_t i = 0; i < 4; ++i) {
    self->weighted[i] = fiq_arena_take(arena, n, sizeof(float));
    for (uint32_t plane = 0; plane < FIQ_BAND_WAVES_PLANES; ++plane) {
      self->wave[plane][i] = fiq_arena_take(arena, n, sizeof(float));
    }
  }
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  design_waves(self);
  return FIQ_OK;
}

/// Left and right out of left + j right, `n` bins (a multiple of 8), turned to the middle.
FIQ_INLINE void unpack_waves(float* const* wave, const FiqComplex* z, const float* const* turn,
                             size_t n, size_t fft)
{
  const float* const floats = &z->re;
  for (size_t k = 0; k < n; k += LANES) {
    const FiqFloat8 a          = *(const FiqFloat8*)(floats + 2 * k);
    const FiqFloat8 b          = *(const FiqFloat8*)(floats + 2 * k + LANES);
    const FiqFloat8 c          = *(const FiqFloat8*)(floats + 2 * (fft - k) - 2 * LANES + 2);
    const FiqFloat8 d          = *(const FiqFloat8*)(floats + 2 * (fft - k) - LANES + 2);
    const FiqFloat8 re         = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
    const FiqFloat8 im         = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
    const FiqFloat8 mir_re     = __builtin_shufflevector(c, d, 14, 12, 10, 8, 6, 4, 2, 0);
    const FiqFloat8 mir_im     = __builtin_shufflevector(c, d, 15, 13, 11, 9, 7, 5, 3, 1);
    const FiqFloat8 t_re       = *(const FiqFloat8*)(turn[0] + k);
    const FiqFloat8 t_im       = *(const FiqFloat8*)(turn[1] + k);
    const FiqFloat8 l_re       = re + mir_re;
    const FiqFloat8 l_im       = im - mir_im;
    const FiqFloat8 r_re       = im + mir_im;
    const FiqFloat8 r_im       = mir_re - re;
    *(FiqFloat8*)(wave[0] + k) = l_re * t_re - l_im * t_im;
    *(FiqFloat8*)(wave[1] + k) = r_re * t_re - r_im * t_im;
    *(FiqFloat8*)(wave[2] + k) = -(l_re * t_im) - l_im * t_re;
    *(FiqFloat8*)(wave[3] + k) = -(r_re * t_im) - r_im * t_re;
  }
}

/// What is added up for a band: [n] of each, and [n][half] waves about the middle.
typedef struct {
  const float* gain;
  const float* wave[4];
  float*       weighted[4];
  const float* cosine;
  const float* sine;
  size_t       n;
  size_t       half;
} Waves;

FIQ_INLINE void weigh_waves(const Waves* waves)
{
  for (size_t k = 0; k < waves->n; k += LANES) {
    const FiqFloat8 gain = *(const FiqFloat8*)(waves->gain + k);
    for (size_t i = 0; i < 4; ++i) {
      *(FiqFloat8*)(waves->weighted[i] + k) = gain * *(const FiqFloat8*)(waves->wave[i] + k);
    }
  }
}

/// |even| + |odd| is the larger size of their sum and their difference; sizes as bits sort as the numbers do.
FIQ_INLINE void raise_peaks(FiqInt8* peaks, const FiqFloat8* even, const FiqFloat8* odd)
{
  const FiqInt8   bits_e = (FiqInt8)*even & INT32_MAX;
  const FiqInt8   bits_o = (FiqInt8)*odd & INT32_MAX;
  const FiqFloat8 sum    = (FiqFloat8)bits_e + (FiqFloat8)bits_o;
  const FiqInt8   size   = (FiqInt8)sum;
  const FiqInt8   above  = size > *peaks;
  *peaks                 = (size & above) | (*peaks & ~above);
}

/// `n_vectors` times eight samples of a band, from `from` on either side of the middle; they stay in registers.
FIQ_INLINE void add_wave_block(float* restrict left, float* restrict right,
                               const Waves* restrict waves, size_t from, const size_t n_vectors,
                               FiqInt8* restrict peaks)
{
  const Waves  w                     = *waves;
  FiqFloat8    even[FIQ_CHANNELS][2] = {{{0.0f}}};
  FiqFloat8    odd[FIQ_CHANNELS][2]  = {{{0.0f}}};
  const float* cosine                = w.cosine + from;
  const float* sine                  = w.sine + from;
  for (size_t k = 0; k < w.n; ++k) {
    for (size_t v = 0; v < n_vectors; ++v) {
      const FiqFloat8 c = *(const FiqFloat8*)(cosine + LANES * v);
      const FiqFloat8 s = *(const FiqFloat8*)(sine + LANES * v);
      even[0][v] += w.weighted[0][k] * c;
      even[1][v] += w.weighted[1][k] * c;
      odd[0][v] += w.weighted[2][k] * s;
      odd[1][v] += w.weighted[3][k] * s;
    }
    cosine += w.half;
    sine += w.half;
  }
  for (size_t v = 0; v < n_vectors; ++v) {
    for (size_t c = 0; c < FIQ_CHANNELS; ++c) {
      float* const    middle = (c ? right : left) + w.half;
      const size_t    at     = from + LANES * v;
      const FiqFloat8 before = even[c][v] - odd[c][v];
      raise_peaks(peaks, &even[c][v], &odd[c][v]);
      *(FiqFloat8*)(middle + at) = even[c][v] + odd[c][v];
      *(FiqFloat8*)(middle - LANES - at) =
          __builtin_shufflevector(before, before, 7, 6, 5, 4, 3, 2, 1, 0);
    }
  }
}

/// Both channels of a band, [2 half] each, from its even and odd part about the middle; the largest size of either.
FIQ_INLINE float add_waves(float* restrict left, float* restrict right, const Waves* restrict waves)
{
  size_t  from  = 0;
  FiqInt8 peaks = {0};
  weigh_waves(waves);
  for (; from + 2 * LANES <= waves->half; from += 2 * LANES) {
    add_wave_block(left, right, waves, from, 2, &peaks);
  }
  if (from < waves->half) {
    add_wave_block(left, right, waves, from, 1, &peaks);
  }
  int32_t most = 0;
  for (size_t m = 0; m < LANES; ++m) {
    most = peaks[m] > most ? peaks[m] : most;
  }
  float peak;
  memcpy(&peak, &most, sizeof peak);
  return peak;
}

#define BUILDS(suffix, mark)                                                                       \
  mark static void unpack_waves_##suffix(float* const* wave, const FiqComplex* z,                  \
                                         const float* const* turn, size_t n, size_t fft)           \
  {                                                                                                \
    unpack_waves(wave, z, turn, n, fft);                                                           \
  }                                                                                                \
  mark static float add_waves_##suffix(float* left, float* right, const Waves* waves)              \
  {                                                                                                \
    return add_waves(left, right, waves);                                                          \
  }

BUILDS(base, )
BUILDS(avx2, FIQ_AVX2)
BUILDS(avx512, FIQ_AVX512)

void fiq_band_waves_take(FiqBandWaves* self, uint32_t plane, FiqComplex* spectrum)
{
  assert(self && spectrum);
  assert(plane < FIQ_BAND_WAVES_PLANES);
  const size_t fft = self->config.fft_frames;
  const size_t n   = padded(self->config.n_bins);
  spectrum[fft]    = spectrum[0];
  FIQ_PICK(&self->simd, unpack_waves)
  (self->wave[plane], spectrum, (const float* const*)self->turn, n, fft);
}

float fiq_band_waves_band(FiqBandWaves* self, uint32_t plane, const float* gain, uint32_t first,
                          uint32_t n, float* left, float* right)
{
  assert(self && gain && left && right);
  assert(plane < FIQ_BAND_WAVES_PLANES);
  assert(first + n <= self->config.n_bins);
  float* const* const wave  = self->wave[plane];
  const size_t        half  = self->config.half;
  const Waves         waves = {
              .gain     = gain,
              .wave     = {wave[0] + first, wave[1] + first, wave[2] + first, wave[3] + first},
              .weighted = {self->weighted[0], self->weighted[1], self->weighted[2], self->weighted[3]},
              .cosine = self->cosine + first * half,
              .sine   = self->sine + first * half,
              .n      = n,
              .half   = half};
  return FIQ_PICK(&self->simd, add_waves)(left, right, &waves);
}
