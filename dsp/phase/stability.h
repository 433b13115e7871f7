// SPDX-License-Identifier: GPL-3.0-or-later
/**
   How stable the running core is: its largest Lyapunov exponent, a class, a warning, and how far noise
   and coupling should be taken back.

   Exponent: a twin of the core under the same noise, infinitely near, is carried along by the linearised
   flow (the tangent of kuramoto.h; Benettin and others 1980). Being linear it neither saturates nor
   drowns in the rounding of the phases, so float is enough. The common rotation, which no coupling sees,
   is taken off; what is left grows by e^{lambda t}. Every `period_s` gives one estimate, the growth
   since the last over the time, and lambda is the mean of the last FIQ_STABILITY_WINDOW, per second
   of real time. K = 0 has lambda = 0; a locked network has its slowest return to the locked state,
   for two oscillators -sqrt(K^2 - dOmega^2); one oscillator has 0.

   Class: STABLE below -threshold, PERIODIC to +threshold, CHAOTIC above (phase chaos of few oscillators: Popovych,
   Maistrenko and Tass 2005), DIVERGENT above 10 thresholds or where nothing finite is left.

   Warning, from straight lines through the last estimates, if they are steep against their scatter
   (4 standard errors), looking FIQ_STABILITY_HORIZON estimates ahead:
   - lambda, below -threshold in all of the window, is about to pass it: the locked state is about to end;
   - R is about to fall below 0.85 of what it was: its highest mean over a window, forgotten with 120 s;
     or its mean over a window is below 0.92 of that, and by 0.05 below its mean of the last 10 s, and R falls,
     however little against its scatter.
   It holds for as many estimates after its last cause. Confidence is 0.5 where the line gets there in all
   of the horizon, or the mean is at 0.92, 1 where it is there now.

   Taking back, smoothed over 0.5 s. `temperature`, for noise, an estimate: half of it, not below 0.3, while divergent; 15 %
   less, not below 0.5, while chaotic or warned with more than 0.5; 5 % more, up to 1.5, while stable; else toward 1.
   `restraint`, for coupling: 20 % less while divergent, 10 % while chaotic, not below 0.5; else 2 % more, up to 1.
   A warning alone leaves the coupling: less of it would lose the order sooner.

   Source of classes and factors: entropy trackers of prime resonance models; exponent and trends as above.
   Cost: that of the tangent, and O(n) an estimate. Latency: half the window, 2.5 s.
*/
#ifndef FIQ_STABILITY_H
#define FIQ_STABILITY_H

#include "dsp/phase/kuramoto.h"

enum {
  FIQ_STABILITY_WINDOW  = 20, ///< estimates that the exponent is the mean of
  FIQ_STABILITY_HORIZON = 5,  ///< estimates that are looked ahead
  FIQ_STABILITY_TREND =
      8 ///< estimates that the line of lambda goes through; that of R takes the window
};

typedef enum {
  FIQ_STABILITY_STABLE,
  FIQ_STABILITY_PERIODIC,
  FIQ_STABILITY_CHAOTIC,
  FIQ_STABILITY_DIVERGENT
} FiqStabilityClass;

typedef struct {
  float threshold_1_s; ///< > 0, default 0.1
  float period_s;      ///< from one estimate to the next, 0.02..2 s, default 0.25
  float rate_1_s;      ///< at least what the tangent can grow by, 2 (|K| + |f|) speed
} FiqStabilityParams;

typedef struct {
  float             lyapunov;                       ///< lambda, 1/s; 0 before the first estimate
  FiqStabilityClass class_;                         ///< of lambda
  bool              is_warned;                      ///< order is about to be lost
  float             confidence;                     ///< of the warning, 0..1; 0 without one
  float             temperature;                    ///< factor on the noise, 0.3..1.5
  float             restraint;                      ///< factor on the coupling, 0.5..1
  float             estimate[FIQ_STABILITY_WINDOW]; ///< 1/s, a ring
  float             order[FIQ_STABILITY_WINDOW];    ///< mean R of the same times
  uint32_t          n_estimates;                    ///< in the ring
  uint32_t          next;                           ///< place of the next one
  float             grown;      ///< logarithm of the growth since the last estimate
  float             order_sum;  ///< R times time since then
  float             since_s;    ///< time since then
  float             unscaled;   ///< bound of the growth since the tangent was last scaled
  float             best_order; ///< R that was, for the warning
  float             late_order; ///< R of late
  uint32_t          hold;       ///< estimates that the warning still holds
  float             held;       ///< its confidence when it was last caused
  float             temperature_target;
  float             restraint_target;
  uint32_t          n_osc; ///< the tangent was last scaled for
} FiqStability;

/// No estimates; factors at 1.  [audio]
void fiq_stability_reset(FiqStability* self);

/// `network` has just made a step of `dt_s` (0..1 s) with `follow` set.  [audio]
void fiq_stability_step(FiqStability* self, FiqKuramoto* network, const FiqStabilityParams* params,
                        float dt_s);

#endif
