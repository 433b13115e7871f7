// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Freeze: what sounds as the switch goes on sounds on as long as it stays on, as a steady and living sound that is no loop.

   Two frames X of the sound, a hop apart, are kept (sqrt-Hann window, 4096 frames at 48 kHz, hop a quarter). Peaks that
   stand out of their surroundings are partials; how their phase advanced between the two says at which frequency:

     w_p hop = arg X'_k - arg X_k (whole turns are none)

   and all bins that the window's sidelobes explain turn along with them, so that a partial goes on as the sine it was, but
   for a slow walk of its phase. All other bins are noise: smoothed over their neighbours, with new phases in every frame.
   Both channels turn alike, so everything stays where it was between the loudspeakers.

   It fades in once the spectrum is there, 11/4 windows (0.23 s at 48 kHz) after the switch goes on at the latest, and out again.
   Cost: nothing while off; else some 24 ns a frame. Latency: 0 frames.
*/
#ifndef FIQ_FREEZE_H
#define FIQ_FREEZE_H

#include "dsp/base/random.h"
#include "dsp/base/smoother.h"
#include "dsp/transform/stft.h"

typedef struct {
  double   sample_rate_hz;
  uint32_t window_frames;  ///< as FiqStftConfig
  uint32_t control_frames; ///< 1..FIQ_CONTROL_MAX
} FiqFreezeConfig;

typedef struct {
  FiqFreezeConfig config;
  FiqStft         stft;
  FiqRandom       random;
  FiqSmoother     fade;               ///< share of what is held
  FiqComplex*     held[FIQ_CHANNELS]; ///< [n_bins]
  FiqComplex*     last[FIQ_CHANNELS]; ///< [n_bins] the frame before it was held
  float*          power;              ///< [n_bins] of both channels, scratch
  int32_t*        owner;       ///< [n_bins] bin of the partial that a bin turns with, -1: noise
  float*          advance_rad; ///< [n_bins] a hop, at the bins of partials
  float*          turned_rad;  ///< [n_bins] since it was held, at the bins of partials
  float*          plane[FIQ_CHANNELS]; ///< [FIQ_CONTROL_MAX] scratch
  uint32_t        n_frames;            ///< of the transform, since it runs
  uint32_t        position;            ///< within the control period
  uint32_t        n_partials;
  bool            is_running;
} FiqFreeze;

/// FIQ_BAD_ARGUMENT for a configuration out of range. Not to be moved afterwards.  [setup]
FiqStatus fiq_freeze_init(FiqFreeze* self, FiqArena* arena, FiqFftPool* pool,
                          const FiqFreezeConfig* config);

/// Nothing is held.  [audio]
void fiq_freeze_reset(FiqFreeze* self);

/// Hold what another one holds, of the same configuration.  [audio]
void fiq_freeze_adopt(FiqFreeze* self, const FiqFreeze* old);

/// Begin a control period; fades take `fade_s` (> 0). What is held when it goes on during the fade out is held on.  [audio]
void fiq_freeze_control(FiqFreeze* self, bool is_on, float fade_s);

/// Put what is held in place of two planes, as far as it is faded in.  [audio]
void fiq_freeze_process(FiqFreeze* self, float* const* planes, uint32_t n_frames);

/// There is nothing to be done in this control period.  [audio]
static inline bool fiq_freeze_rests(const FiqFreeze* self)
{
  return !self->is_running;
}

#endif
