// SPDX-License-Identifier: GPL-3.0-or-later
/**
   How alike the levels of bands move: a running correlation of every pair, and the weight it gives to their coupling.

     x_i = 10 lg (P_i + floor)                          floor: 55 dB below the loudest band of late
     d_i = x_i - its running mean,   V_ij = <d_i d_j>
     C_ij = (V_ij + e^2) / sqrt((V_ii + e^2) (V_jj + e^2))
     w_ij = clamp((C_ij - 0.35) / 0.65, -0.5, 1), w_ii = 0

   P is smoothed over 50 ms; means run over 2 s, and over all that was heard until then. e of 1 dB is a movement that all
   bands share: bands that stand still are alike, and neither like nor unlike those that move. A band is present
   while its mean power is within 45 dB of the loudest one's; the weights of others are 0.

   Cost: a frame of 48 bands 0.1 us, and some 0.05 us a row, which may be spread: a frame wants all rows before the next.
   Latency: none; an answer takes a second or so.
*/
#ifndef FIQ_LIKENESS_H
#define FIQ_LIKENESS_H

#include "dsp/base/arena.h"

typedef struct {
  uint32_t n_bands_max; ///< 2..FIQ_NEURONS_MAX
  float    hop_s;       ///< from frame to frame, > 0
} FiqLikenessConfig;

typedef struct {
  FiqLikenessConfig config;
  uint32_t          n_bands;                     ///< in use
  float*            covariance;                  ///< [n_bands][FIQ_NEURONS_MAX] dB^2
  float*            weight;                      ///< [n_bands][FIQ_NEURONS_MAX] -0.5..1
  float             power[FIQ_NEURONS_MAX];      ///< over 50 ms
  float             mean_power[FIQ_NEURONS_MAX]; ///< over 2 s
  float             mean_db[FIQ_NEURONS_MAX];
  float             level_db[FIQ_NEURONS_MAX]; ///< x of this frame
  float             off_db[FIQ_NEURONS_MAX];   ///< d of this frame
  float             inverse[FIQ_NEURONS_MAX];  ///< 1 / sqrt(V_ii + e^2)
  float             rise[FIQ_NEURONS_MAX];     ///< mean rise, dB a second
  bool              is_present[FIQ_NEURONS_MAX];
  float             loudest;  ///< band of late, power
  float             share;    ///< of this frame in the means
  uint32_t          n_frames; ///< since reset; saturates
} FiqLikeness;

/// FIQ_BAD_ARGUMENT for a configuration out of range.  [setup]
FiqStatus fiq_likeness_init(FiqLikeness* self, FiqArena* arena, const FiqLikenessConfig* config);

/// Nothing was heard yet of `n_bands` bands, 2..n_bands_max.  [audio]
void fiq_likeness_reset(FiqLikeness* self, uint32_t n_bands);

/// Go on from what another one has heard, if it has as many bands.  [audio]
void fiq_likeness_adopt(FiqLikeness* self, const FiqLikeness* old);

/// A frame comes: `power` [n_bands] >= 0.  [audio]
void fiq_likeness_hear(FiqLikeness* self, const float* power);

/// Bring the rows from `first` on, `n` of them, up to this frame.  [audio]
void fiq_likeness_update(FiqLikeness* self, uint32_t first, uint32_t n);

/// Weights [n_bands] of row `i`.  [any]
static inline const float* fiq_likeness_weights(const FiqLikeness* self, uint32_t i)
{
  return self->weight + (size_t)i * FIQ_NEURONS_MAX;
}

#endif
