// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Descent on a smooth function of a few variables by limited-memory BFGS (Nocedal 1980; Liu and
   Nocedal 1989) with a backtracking line search, turned inside out: the caller evaluates the
   function wherever it likes, in as many slices of time as it likes, and tells the outcome.

       fiq_lbfgs_start(&search, n, x);
       while (budget-- && !search.is_converged) {
         value = f(search.trial, gradient);
         fiq_lbfgs_tell(&search, value, gradient);
       }  // search.x is the best point so far

   No step moves any variable by more than 1. Cost: O(FIQ_LBFGS_HISTORY n) a call.
*/
#ifndef FIQ_LBFGS_H
#define FIQ_LBFGS_H

#include "dsp/base/common.h"

enum {
  FIQ_LBFGS_MAX     = FIQ_NEURONS_MAX, ///< variables
  FIQ_LBFGS_HISTORY = 10               ///< pairs that the curvature is known from
};

typedef struct {
  float    trial[FIQ_LBFGS_MAX]; ///< [n] to be evaluated next
  float    x[FIQ_LBFGS_MAX];     ///< [n] best point so far
  double   value;                ///< f(x); valid after the first tell
  bool     is_started;           ///< f(x) is known
  bool     is_converged;         ///< no descent is left; trial is x
  uint32_t n;                    ///< 1..FIQ_LBFGS_MAX
  double   gradient[FIQ_LBFGS_MAX];
  double   direction[FIQ_LBFGS_MAX];
  double   slope; ///< along direction, < 0
  double   step;
  uint32_t n_shortened;                              ///< steps in a row that did not descend
  double   moved[FIQ_LBFGS_HISTORY][FIQ_LBFGS_MAX];  ///< differences of x, newest last
  double   turned[FIQ_LBFGS_HISTORY][FIQ_LBFGS_MAX]; ///< differences of the gradient
  double   inner[FIQ_LBFGS_HISTORY];                 ///< their inner products, > 0
  uint32_t n_history;
} FiqLbfgs;

/// Forget all; the first trial is `x` [n].  [any]
void fiq_lbfgs_start(FiqLbfgs* self, uint32_t n, const float* x);

/// The function at `trial` and its gradient [n] there; sets the next trial.  [any]
void fiq_lbfgs_tell(FiqLbfgs* self, double value, const float* gradient);

#endif
