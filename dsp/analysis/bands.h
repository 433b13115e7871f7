// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Bands on the ERB scale over the bins of a transform, and smooth curves over frequency that are given
   by one value a band.

   The scale u(f) rises as du/df = 1 / max(step of ERB rate, narrowest): linear at the bottom, where
   bands would be narrower than the transform resolves (3 bins, and never below 40 Hz), and in
   proportion to the ERB rate (Glasberg and Moore 1990) above. Band b = 0.. has its centre at
   u = b + 1; the last one at 18 kHz or 0.45 of the sample rate, whichever is less.

   The curve through values v_b is the uniform cubic B-spline over u with v_b as control points, 0
   at DC and at Nyquist (de Boor 1978). It stays within the values' range and is constant where neighbours
   are equal. It smooths rather than interpolates: at a centre stand 4/6 of the own value and 1/6 of each
   neighbour's, so that values which alternate come out at a third. That bounds the slope, which is the
   group delay of a curve of phases.
*/
#ifndef FIQ_BANDS_H
#define FIQ_BANDS_H

#include "dsp/base/arena.h"

typedef struct {
  double   sample_rate_hz; ///< FIQ_SAMPLE_RATE_MIN_HZ..FIQ_SAMPLE_RATE_MAX_HZ
  uint32_t size;           ///< of the transform, 64..65536, even
  uint32_t n_bands;        ///< 4..FIQ_NEURONS_MAX
} FiqBandsConfig;

typedef struct {
  FiqBandsConfig config;
  uint32_t       n_bins;                     ///< size/2 + 1
  float          centre_hz[FIQ_NEURONS_MAX]; ///< [n_bands] rising
  uint32_t first_bin[FIQ_NEURONS_MAX + 1];   ///< [n_bands + 1] of each band; the last band's end
  uint32_t segment[FIQ_NEURONS_MAX + 2];     ///< [n_bands + 2] first bin with u >= s; n_bins
  float*   weight[4];                        ///< [n_bins] of the four control points around a bin
  bool     use_avx2;                         ///< both builds give the same bits
} FiqBands;

/// FIQ_BAD_ARGUMENT for a configuration out of range.  [setup]
FiqStatus fiq_bands_init(FiqBands* self, FiqArena* arena, const FiqBandsConfig* config);

/// The curve through `value` [n_bands] at every bin, to `curve` [n_bins].  [any]
void fiq_bands_curve(const FiqBands* self, const float* value, float* curve);

#endif
