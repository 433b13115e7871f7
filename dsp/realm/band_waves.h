// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Some frames of many bands of a sound out of one spectrum, two channels at once.

   Of a transform of N frames only a short stretch is wanted, `half` samples on either side of its middle, and each
   band has but a few bins with gain g_k. So they are added up, as cosines and sines about that middle,

       u(m) = sum_k g_k (a_k cos(w_k (m + 1/2)) - b_k sin(w_k (m + 1/2))),   w_k = 2 pi k / (N oversampling),

   which tells the samples before the middle by those after it: the sum of the even part and the odd part, and their
   difference. Some 15 bins cost a third of an inverse transform, three quarters of whose frames nobody wants.

   Cost: 0.4 vector instructions a bin, sample and channel; the spectrum is unpacked once for all bands. Latency: none.
*/
#ifndef FIQ_BAND_WAVES_H
#define FIQ_BAND_WAVES_H

#include "dsp/base/arena.h"
#include "dsp/base/simd.h"

enum { FIQ_BAND_WAVES_PLANES = 2 }; ///< pairs of channels, each with a spectrum of its own

typedef struct {
  uint32_t fft_frames;    ///< N, a power of two >= 64
  uint32_t oversampling;  ///< of the bands: 1 or 2
  uint32_t half;          ///< samples on either side of the middle, a multiple of 8
  double   middle_frames; ///< where the middle stands in the transformed frames
  uint32_t n_bins;        ///< bins from 0 on that any band has, 1..N/2
} FiqBandWavesConfig;

typedef struct {
  FiqBandWavesConfig config;
  float*             cosine;  ///< [n_bins][half] from the middle on
  float*             sine;    ///< the same
  float*             turn[2]; ///< [n_padded] re and im, from the start of the frames to the middle
  float*             wave[FIQ_BAND_WAVES_PLANES]
             [4];      ///< [n_padded] cosines of left and right, sines of left and right
  float*  weighted[4]; ///< [n_padded] the same times a band's gains
  FiqSimd simd;
} FiqBandWaves;

/// Take the buffers, work out the tables. FIQ_BAD_ARGUMENT or FIQ_NO_MEMORY if that fails.  [setup]
FiqStatus fiq_band_waves_init(FiqBandWaves* self, FiqArena* arena,
                              const FiqBandWavesConfig* config);

/// Take the unscaled transform of left + j right, `spectrum` [N + 1], whose end becomes its beginning.  [audio]
void fiq_band_waves_take(FiqBandWaves* self, uint32_t plane, FiqComplex* spectrum);

/// Samples of the band that has the bins `first`.. `first + n - 1` with `gain` [n, readable up to the next multiple
/// of 8], [2 half] to `left` and `right`; returns the largest size of either.  [audio]
float fiq_band_waves_band(FiqBandWaves* self, uint32_t plane, const float* gain, uint32_t first,
                          uint32_t n, float* left, float* right);

#endif
