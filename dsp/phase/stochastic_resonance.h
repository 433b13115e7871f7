// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Stochastic resonance: noise for what repeats itself, and only then.

   The caller hands over a state every FIQ_STOCHASTIC_RESONANCE_PERIOD_S: a hash of what is quantised coarsely
   enough to come back exactly, for the phase core fiq_stochastic_resonance_state(): the phases of up to 16 oscillators
   against their mean phase and R, in 8 levels each (phases in 16 of less than 8 oscillators, in 32 of two; a
   single one by its own angle, in 64). What counts as stuck is thus what hears as such: a core whose phases keep
   their distances is stuck however fast it turns, and so is one that runs through the same few
   figures; one whose phases drift against each other is not.

       repetition = 1 - (different ones among the last 20 states) / 20
       stuck      : repetition > 0.8 with 20 states heard; free again: repetition <= 0.5
       noise      = amount 0.1 (0.5 where |x| < 0.3, else 0.1) sqrt(1 / period) push,  rad per root of a second

   so that with push = 1 a phase leaps by N(0, 1) 0.1 (0.5 or 0.1) amount from one state to the next, which is
   the rule as published; x is the mean way of the phases against each other since the last state, rad: what
   hardly moves is shaken five times as hard. push doubles every second while stuck, up to 32, and starts
   again at 1; noise never exceeds 2 amount. While nothing is stuck noise is exactly 0.

   Heard: a locked core of 16, K = 3, is shaken free within a second at amount 1, locks again, and so on.

   Cost: O(1) a state. Latency: 20 states, 1 s.
*/
#ifndef FIQ_STOCHASTIC_RESONANCE_H
#define FIQ_STOCHASTIC_RESONANCE_H

#include "dsp/base/common.h"

enum {
  FIQ_STOCHASTIC_RESONANCE_HISTORY = 20, ///< states that are compared
  FIQ_STOCHASTIC_RESONANCE_SAMPLED = 16, ///< oscillators that the core's state is of, at most
  FIQ_STOCHASTIC_RESONANCE_LEVELS  = 8   ///< of a phase among eight or more, and of R
};

#define FIQ_STOCHASTIC_RESONANCE_PERIOD_S 0.05f ///< from one state to the next

typedef struct {
  uint32_t state[FIQ_STOCHASTIC_RESONANCE_HISTORY]; ///< a ring
  uint32_t n_states;                                ///< in it
  uint32_t n_unique;                                ///< different ones among them
  uint32_t next;                                    ///< place of the next one
  float    repetition;                              ///< 0..0.95; 0 before the ring is full
  float    noise;    ///< to inject until the next state, rad per root of a second
  float    push;     ///< 1 .. 32
  float    waited_s; ///< since the last state
  float    relative_rad[FIQ_STOCHASTIC_RESONANCE_SAMPLED]; ///< phases against psi at that time
  bool     is_active;                                      ///< stuck, and noise is injected
} FiqStochasticResonance;

/// No history, no noise.  [audio]
void fiq_stochastic_resonance_reset(FiqStochasticResonance* self);

/// `dt_s` passed; whether it is time to look.  [audio]
bool fiq_stochastic_resonance_is_due(FiqStochasticResonance* self, float dt_s);

/// Observe `n` >= 1 phases (any angles) with mean phase `psi_rad` and order R, and how far they have moved.  [audio]
void fiq_stochastic_resonance_look(FiqStochasticResonance* self, const float* theta_rad, uint32_t n,
                                   float psi_rad, float order, float amount);

/// A state, `motion_rad` since the one before (>= 0), and how much noise there may be, 0..1.  [audio]
void fiq_stochastic_resonance_observe(FiqStochasticResonance* self, uint32_t state,
                                      float motion_rad, float amount);

/// State of `n` >= 1 phases (any angles) with mean phase `psi_rad` and order R.  [any]
uint32_t fiq_stochastic_resonance_state(const float* theta_rad, uint32_t n, float psi_rad,
                                        float order);

#endif
