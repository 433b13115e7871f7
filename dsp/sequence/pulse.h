// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Pulse: finds and keeps the beat and the metre of onsets with a bank of entrained oscillators.

   Each oscillator has a phase x (turns), a period T and a rate by which that grows, and carries the parts of its beat with it.
   An onset that comes at x, by e from the nearest of these, moves all three,

       x -= k_x e,  T += k_T e T,  T' += k_s e T      (Large and Kolen 1994)

   by the gains of a Kalman filter (1960) whose state they are: what is not known yet moves much, and what has settled
   little; onsets are taken to stray by 4.5 % of a beat, and the tempo to wander.

   How well it explains what it hears is the likelihood of an inhomogeneous Poisson process whose intensity has peaks on
   the beat and its parts: log likelihood += log intensity(x) at onsets, -= onsets expected meanwhile. It fades with
   a time constant of some ten beats. Long notes count for beats, and so do steps from between beats onto one rather than over
   it. There are three ways to divide a beat, each with a likelihood of its own: into two
   and four, hardly, and into three (6/8 and the like); the likeliest counts. The strongest oscillator, with a preference
   for moderate tempi (Parncutt 1994), is the beat; another takes its place when it has been clearly better, one of another
   period only when much better, and a tempo that drifts away from the moderate ones changes nothing. Those that run together
   start anew.

   Metre: the accents (strength and length) of the beats, counted in twos, threes and fours.
   Cost: some 100 oscillators an onset, O(1) a query. No allocation.
*/
#ifndef FIQ_PULSE_H
#define FIQ_PULSE_H

#include "dsp/base/common.h"

enum {
  FIQ_PULSE_PERIODS     = 36, ///< of the bank, even in pitch from shortest to longest
  FIQ_PULSE_PHASES      = 3,  ///< of each
  FIQ_PULSE_OSCILLATORS = FIQ_PULSE_PERIODS * FIQ_PULSE_PHASES,
  FIQ_PULSE_DIVISIONS   = 3, ///< ways to divide a beat
  FIQ_PULSE_METRES      = 3, ///< 2, 3 and 4 beats
  FIQ_PULSE_BEATS_MAX   = 4
};

typedef struct {
  double at_s;                             ///< time of a beat
  double period_s;                         ///< from it to the next
  double slope_s;                          ///< by which that grows, a beat
  float  evidence;                         ///< log likelihood, fading, of the likeliest division
  float  by_division[FIQ_PULSE_DIVISIONS]; ///< the same of each
  float  beatness;                         ///< of the last onset: -1 between beats .. 1 on one
  double place_variance;                   ///< of `at_s`, in beats squared, as the ones below
  double place_period;                     ///< covariance with `period_s`
  double place_slope;                      ///< and with `slope_s`
  double period_variance;
  double period_slope;
  double slope_variance;
} FiqPulseOscillator;

typedef struct {
  FiqPulseOscillator oscillator[FIQ_PULSE_OSCILLATORS];
  uint32_t           best;     ///< the beat
  uint32_t           rival;    ///< that is better
  uint32_t           n_better; ///< onsets that it has been
  uint32_t           n_onsets; ///< since reset
  bool               is_found;
  double             settled_s; ///< period of the beat when it was taken
  double             last_s;    ///< of the last onset
  double             mean_s;    ///< between onsets, of late; 0 at first
  double             last_beat; ///< number of the beat, on the present one's count, of that onset
  float              last_strength;
  int64_t            beat; ///< number of the beat at `at_s` of the best
  float              accent[FIQ_PULSE_METRES][FIQ_PULSE_BEATS_MAX]; ///< by metre and beat, fading
} FiqPulse;

/// Nothing heard; the beat is one of 0.5 s.  [audio]
void fiq_pulse_reset(FiqPulse* self);

/// An onset at `time_s`, not before the last one, of `strength` (0, 1]. Those within 30 ms count as one.  [audio]
void fiq_pulse_onset(FiqPulse* self, double time_s, float strength);

/// Whether there is a beat to go by: enough has been heard and agrees.  [any]
bool fiq_pulse_is_found(const FiqPulse* self);

/// Seconds from one beat to the next.  [any]
double fiq_pulse_period_s(const FiqPulse* self);

/// Beats up to `time_s`, continuous in time between onsets; its whole part counts the beats.  [any]
double fiq_pulse_beats(const FiqPulse* self, double time_s);

/// Time of beat `beats`.  [any]
double fiq_pulse_time_s(const FiqPulse* self, double beats);

/// Beats in the bar, 2, 3 or 4, and of which beat it begins: one of 0..metre - 1.  [any]
uint32_t fiq_pulse_metre(const FiqPulse* self, uint32_t* first_beat);

#endif
