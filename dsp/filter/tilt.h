// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Tilt: one control that makes a sound brighter or darker around a pivot of 1 kHz.

       H(s) = (g s + w) / (s + g w) = 1 + (g - 1) (s - w) / (s + g w),   w = 2 pi 1000 Hz

   two first-order shelves in one: g above, 1/g below, 1 at the pivot; g = 10^(9 drive / 20), so +-9 dB,
   and opposite drives cancel. By the bilinear transform, exact at the pivot. At rest at drive 0 the
   planes are not touched. g and the pole move in straight lines from control tick to control tick.
   Cost: 3 ns a stereo frame. Latency: 0.
*/
#ifndef FIQ_TILT_H
#define FIQ_TILT_H

#include "dsp/base/smoother.h"

typedef struct {
  float       tangent; ///< tan(w/2 of a frame), fixed by init
  float       share;   ///< of a frame in a control tick, fixed by init
  FiqSmoother drive;
  float       gain;      ///< g - 1 now
  float       gain_end;  ///< at the end of the tick
  float       gain_step; ///< a frame
  float       pole;      ///< of A(z) = (s - w) / (s + g w)
  float       pole_end;
  float       pole_step;
  float       state[FIQ_CHANNELS];
} FiqTilt;

/// `sample_rate_hz` FIQ_SAMPLE_RATE_MIN_HZ..MAX_HZ, `control_frames` 1..FIQ_CONTROL_MAX.  [setup]
void fiq_tilt_init(FiqTilt* self, double sample_rate_hz, uint32_t control_frames);

/// Drive 0 and silence behind.  [audio]
void fiq_tilt_reset(FiqTilt* self);

/// Begin a control tick on the way to `drive`, -1 dark .. 1 bright; smoothed by 20 ms.  [audio]
void fiq_tilt_control(FiqTilt* self, float drive);

/// Filter `n_frames` of both planes in place; all calls of a control tick together have its
/// frames.  [audio]
void fiq_tilt_process(FiqTilt* self, float* const planes[FIQ_CHANNELS], uint32_t n_frames);

#endif
