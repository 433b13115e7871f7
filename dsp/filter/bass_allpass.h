// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A turn of the bass that reaches further than a window does: two second-order all-pass sections at one
   corner, in time. Each is

       H(s) = (s^2 - 2 d w s + w^2) / (s^2 + 2 d w s + w^2),   w = 2 pi corner,

   d the depth. At depth 1 four first-order sections stand at the corner, which is what rotators of phase
   on the air are made of: the magnitude is 1 everywhere, and what lies at the corner comes 4/w later (13 ms
   at 50 Hz), below up to 8/w, far above not at all. As d falls to 0 the poles meet the zeros and the
   output becomes the input, to the bit at 0; at every depth between it is an all-pass.

   Sections: trapezoidal state-variable filters, whose coefficients may move while sound plays (Zavalishin
   2012, 3.10); output = input - 4 d times the band-pass. A corner is changed by way of depth 0.
   Cost: 6 to 10 ns a stereo frame, nothing at depth 0. Latency: 0 frames.
*/
#ifndef FIQ_BASS_ALLPASS_H
#define FIQ_BASS_ALLPASS_H

#include "dsp/base/common.h"

#define FIQ_BASS_ALLPASS_HZ_MIN 30.0f
#define FIQ_BASS_ALLPASS_HZ_MAX 400.0f

enum { FIQ_BASS_ALLPASS_SECTIONS = 2 };

typedef struct {
  double sample_rate_hz;
  float  wanted_hz; ///< what was set last, 0: no turn
  float  corner_hz; ///< what is heard, 0: nothing yet
  float  tangent;   ///< tan(w/2), w the corner in radians a frame
  float  start;     ///< depth at the start and at the end of this control period
  float  end;
  float  step;                                          ///< of the depth, a frame
  bool   is_fresh;                                      ///< no control period since reset
  float  low[FIQ_BASS_ALLPASS_SECTIONS][FIQ_CHANNELS];  ///< states of the integrators
  float  band[FIQ_BASS_ALLPASS_SECTIONS][FIQ_CHANNELS]; ///< states of the integrators
} FiqBassAllpass;

/// FIQ_SAMPLE_RATE_MIN_HZ..FIQ_SAMPLE_RATE_MAX_HZ; no turn is wanted.  [setup]
void fiq_bass_allpass_init(FiqBassAllpass* self, double sample_rate_hz);

/// Forget the sound; what comes first is turned as far as is wanted.  [audio]
void fiq_bass_allpass_reset(FiqBassAllpass* self);

/// The corner from now on, FIQ_BASS_ALLPASS_HZ_MIN..MAX, or 0 for none.  [audio]
void fiq_bass_allpass_set(FiqBassAllpass* self, float corner_hz);

/// Begin a control period of `n_frames`; the depth goes toward `depth` 0..1, all the way in 50 ms.  [audio]
void fiq_bass_allpass_control(FiqBassAllpass* self, float depth, uint32_t n_frames);

/// There is nothing to be done in this control period: the output is the input.  [audio]
bool fiq_bass_allpass_rests(const FiqBassAllpass* self);

/// `n_frames` of two planes, from `at` frames after the start of the control period on; planes of `out`
/// may be those of `in`. At a depth of 0 the output is the input.  [audio]
void fiq_bass_allpass_process(FiqBassAllpass* self, const float* const* in, float* const* out,
                              uint32_t at, uint32_t n_frames);

#endif
