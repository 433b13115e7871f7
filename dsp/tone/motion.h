// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What moves a note while it sounds: an envelope, two low-frequency oscillators, and a matrix of eight rows, target = sum of
   amount x source. Everything is computed step by step from the time that has passed, hence the same however it is called.

   Envelope: attack straight to 1 in attack_s; decay s + (1 - s) e^(-5 t / decay_s); release e^(-6.91 t / release_s). A note
   that is struck again goes on from where it is.
   LFO: -1..1, begins at 0 (sine, triangle) and rises; a saw falls from 1. Per note it begins with the note, or it is common
   to all. `delay_s` is the time in which it comes up. Its jumps, and that of the release velocity when a key is lifted, are
   rounded off within 2 ms (tau).
   Sources are 0..1 but the LFOs, the timbre and the random value, which are -1..1, and the key, which is octaves from
   middle C / 3.
*/
#ifndef FIQ_MOTION_H
#define FIQ_MOTION_H

#include "dsp/base/common.h"

enum { FIQ_MOTION_LFOS = 2, FIQ_MOTION_ROWS = 8 };

typedef enum {
  FIQ_LFO_SINE,
  FIQ_LFO_TRIANGLE,
  FIQ_LFO_SAW,
  FIQ_LFO_SQUARE,
  FIQ_LFO_RANDOM,
  FIQ_LFO_SMOOTH
} FiqLfoShape;

typedef enum {
  FIQ_FROM_NONE,
  FIQ_FROM_VELOCITY,
  FIQ_FROM_KEY,
  FIQ_FROM_ENVELOPE,
  FIQ_FROM_LFO_1,
  FIQ_FROM_LFO_2,
  FIQ_FROM_WHEEL,
  FIQ_FROM_PRESSURE,
  FIQ_FROM_TIMBRE,
  FIQ_FROM_CHANCE,
  FIQ_FROM_ORDER,
  FIQ_FROM_UNCERTAINTY,
  FIQ_FROM_LIFT, ///< release velocity; 0 while the key is held
  FIQ_N_FROM
} FiqMotionSource;

typedef enum {
  FIQ_TO_NONE,
  FIQ_TO_LEVEL,     ///< 24 dB
  FIQ_TO_CUTOFF,    ///< 5 octaves
  FIQ_TO_RESONANCE, ///< the whole range
  FIQ_TO_TILT,      ///< 12 dB an octave
  FIQ_TO_ODD_EVEN,  ///< the whole range
  FIQ_TO_VOWEL,     ///< the whole range
  FIQ_TO_PITCH,     ///< an octave, by the square of the amount
  FIQ_TO_COUPLING,  ///< 10
  FIQ_TO_LFO_1,     ///< 3 octaves of its rate
  FIQ_TO_LFO_2,
  FIQ_TO_DETUNE,  ///< 100 cents
  FIQ_TO_SWAY,    ///< 100 cents
  FIQ_TO_SCATTER, ///< 6 octaves, where the note begins out of silence
  FIQ_TO_PAN,     ///< the whole width
  FIQ_TO_BREATH,  ///< the whole range
  FIQ_N_TO
} FiqMotionTarget;

typedef struct {
  FiqLfoShape shape;
  float       rate_hz; ///< >= 0
  float       delay_s; ///< >= 0
  bool        common;  ///< to all notes
} FiqLfo;

typedef struct {
  FiqMotionSource source;
  FiqMotionTarget target;
  float           amount; ///< -1..1
} FiqMotionRow;

typedef struct {
  float        attack_s;
  float        decay_s;
  float        sustain;
  float        release_s;
  FiqLfo       lfo[FIQ_MOTION_LFOS];
  FiqMotionRow row[FIQ_MOTION_ROWS];
} FiqMotionParams;

/// Where an LFO is.
typedef struct {
  float    turns; ///< 0..1
  uint32_t cycle; ///< how many have passed
  float    value; ///< rounded off
} FiqLfoState;

/// One note's motion.
typedef struct {
  FiqLfoState lfo[FIQ_MOTION_LFOS];
  float       envelope; ///< 0..1
  float       lift;     ///< release velocity, rounded off
  float       age_s;
  uint32_t    seed;
  bool        rises; ///< in its attack
  float       target[FIQ_N_TO];
} FiqMotion;

/// Rates that depend on nothing but the step, for LFOs that are common.  [audio]
void fiq_lfo_advance(FiqLfoState* self, float rate_hz, float passed_s);

/// The note begins, or is struck again.  [audio]
void fiq_motion_start(FiqMotion* self, uint32_t seed);

/// On by `passed_s`, the sources but envelope, LFOs and chance being given (that of the release velocity comes back rounded
/// off); `target` is what they make.  [audio]
void fiq_motion_advance(FiqMotion* self, const FiqMotionParams* params, const FiqLfoState* common,
                        float* source, bool held, float passed_s);

#endif
