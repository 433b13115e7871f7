// SPDX-License-Identifier: GPL-3.0-or-later
/**
   An all-pass by hand, in the manner of the phase rotators of broadcast processors: up to six second-order sections in a
   row, each

       H(s) = (s^2 - k w s + w^2) / (s^2 + k w s + w^2),   w = 2 pi frequency,   k = amount / Q,

   which turns the phase by 180 degrees at its frequency and by 360 far above, and delays what lies there by 4/(k w). At
   every amount it is an all-pass; as the amount falls the turn narrows, and at 0 the section is not there, to the bit.
   Q 1/2 at amount 1 is two first-order sections, of which rotators on the air are made.

   Sections: trapezoidal state-variable filters, whose coefficients may move while sound plays (Zavalishin 2012, 3.10).
   Both move smoothly (20 ms). Cost: 3 ns a stereo frame and section in use, nothing without. Latency: 0 frames.
*/
#ifndef FIQ_PHASE_ROTATOR_H
#define FIQ_PHASE_ROTATOR_H

#include "dsp/base/smoother.h"

#define FIQ_PHASE_ROTATOR_TOP 0.45 ///< of the sample rate, beyond which no section lies

enum { FIQ_PHASE_ROTATOR_SECTIONS = 6 };

/// What one section is to be.
typedef struct {
  float hz;     ///< > 0
  float q;      ///< > 0
  float amount; ///< 0..1
} FiqPhaseRotatorBand;

typedef struct {
  FiqSmoother octave;             ///< log2 of its frequency
  FiqSmoother damping;            ///< k
  float       tangent[2];         ///< tan(w/2) at the start and at the end of the control period
  float       low[FIQ_CHANNELS];  ///< states of the integrators
  float       band[FIQ_CHANNELS]; ///< states of the integrators
} FiqPhaseRotatorSection;

typedef struct {
  double                 sample_rate_hz;
  FiqPhaseRotatorSection section[FIQ_PHASE_ROTATOR_SECTIONS];
  float                  share;    ///< of a control period that a frame is
  bool                   is_fresh; ///< no control period since reset
} FiqPhaseRotator;

/// FIQ_SAMPLE_RATE_MIN_HZ..FIQ_SAMPLE_RATE_MAX_HZ; no section is in use.  [setup]
void fiq_phase_rotator_init(FiqPhaseRotator* self, double sample_rate_hz, uint32_t control_frames);

/// Forget the sound; the next control period begins where it is to be.  [audio]
void fiq_phase_rotator_reset(FiqPhaseRotator* self);

/// Begin a control period on the way to `bands` [FIQ_PHASE_ROTATOR_SECTIONS].  [audio]
void fiq_phase_rotator_control(FiqPhaseRotator* self, const FiqPhaseRotatorBand* bands);

/// The output is the input in this control period.  [audio]
bool fiq_phase_rotator_rests(const FiqPhaseRotator* self);

/// `n_frames` of two planes in place, from `at` frames after the start of the control period on.  [audio]
void fiq_phase_rotator_process(FiqPhaseRotator* self, float* const* planes, uint32_t at,
                               uint32_t n_frames);

/// By how much what is set now turns a tone of `hz`, in radians from 0 down.  [any]
float fiq_phase_rotator_phase_rad(const FiqPhaseRotator* self, double hz);

#endif
