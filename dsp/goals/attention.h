// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Attention: at most five bands that matter now.

   Of each band's energy e, smoothed by 25 ms, with its slow mean m (1 s):

   novelty     (e - m) / (e + m), at least 0: spectral change, 0 steady or falling .. 1 out of nothing
   relevance   e over the sum of all bands
   intensity   level on a scale of decibels, 0 at -80 dB .. 1 at 0 dB and above
   salience    0.4 novelty + 0.4 relevance + 0.2 intensity

   A band whose salience exceeds 0.3 is attended with that weight, the five most salient at most. The
   weight falls by 2 % every 10 ms (by half in 0.34 s), though not below such a salience; below 0.1 the
   band is dropped. So a band that has more than some 40 % of all energy is attended however steady.
   Cost: 8 ns a band and call. Latency: 0.
*/
#ifndef FIQ_ATTENTION_H
#define FIQ_ATTENTION_H

#include "dsp/base/common.h"

enum {
  FIQ_ATTENTION_FOCI_MAX  = 5,
  FIQ_ATTENTION_BANDS_MIN = 4,
  FIQ_ATTENTION_BANDS_MAX = FIQ_NEURONS_MAX
};

typedef struct {
  uint32_t n_bands;
  bool     has_heard;                         ///< false: the first energies are taken as the mean
  float    fast[FIQ_ATTENTION_BANDS_MAX];     ///< energy over 25 ms
  float    slow[FIQ_ATTENTION_BANDS_MAX];     ///< and over 1 s
  float    salience[FIQ_ATTENTION_BANDS_MAX]; ///< 0..1
  float    weight[FIQ_ATTENTION_BANDS_MAX];   ///< [n_bands] 0 not attended, 0.1..1
  uint32_t focus[FIQ_ATTENTION_FOCI_MAX];     ///< [n_foci] attended bands, the most attended first
  uint32_t n_foci;
} FiqAttention;

/// Nothing heard, nothing attended; `n_bands` 4..64.  [audio]
void fiq_attention_reset(FiqAttention* self, uint32_t n_bands);

/// Take `energy` [n_bands] (mean square of each band, full-scale sine 0.5; what is not finite or
/// negative counts as 0) into account for `dt_s` (> 0, a control tick or a hop).  [audio]
void fiq_attention_step(FiqAttention* self, const float* energy, float dt_s);

#endif
