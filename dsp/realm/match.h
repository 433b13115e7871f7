// SPDX-License-Identifier: GPL-3.0-or-later
/**
   On-line learning of the temporal realm's neurons: gradient descent on the squared error of one
   control period, with steps that the signal itself normalises.

   Neuron i has four learned parameters w_ij: the parts p and q of the phasor p + jq that multiplies its
   e^{j psi} (its output weight is |p + jq|, its phase shift arg(p + jq)), the gain a of its band, and
   ln omega of its drive. With B_ij(t) the derivative of the output by w_ij (phase wheel gradients,
   phase_layer.h, in Cartesian form) and e(t) the error, target - output:

     g_i = sum_t e B_i,    M_i = 0.998 M_i + sum_t B_i B_i^T
     D_i = (M_i + 0.3 mean_n diag M_n)^-1 g_i      (4 x 4; the mean keeps what is not heard still)
     s(t) = sum_ij D_ij B_ij(t),    w += rate <e, s> / <s, s> D

   that is, the descent is preconditioned neuron by neuron, and the step is the one that is best for this
   very period, times the rate <= 1: in the three linear parameters the period's error cannot grow
   (normalised least mean squares, Widrow and Hoff 1960, Nagumo and Noda 1967). Every parameter is held
   to a range and every step to a length, so that no input whatever makes it diverge.

   Cost: 14 n_frames multiplications a neuron and step, besides the basis.
*/
#ifndef FIQ_MATCH_H
#define FIQ_MATCH_H

#include "dsp/base/arena.h"

enum {
  FIQ_MATCH_P,     ///< in-phase part of the phasor, default 1, -2..2
  FIQ_MATCH_Q,     ///< quadrature part, default 0, -2..2
  FIQ_MATCH_BAND,  ///< gain of the band itself, default 0, -2..2
  FIQ_MATCH_DRIVE, ///< ln omega, default 0, -1.5..1.5
  FIQ_MATCH_WEIGHTS
};

typedef struct {
  uint32_t n_neurons; ///< 1..FIQ_NEURONS_MAX
  uint32_t n_frames;  ///< samples of error in one step, all channels; a multiple of 16
} FiqMatchConfig;

typedef struct {
  FiqMatchConfig config;
  float*         weight;    ///< [n_neurons * FIQ_MATCH_WEIGHTS] w
  float*         direction; ///< [n_neurons * FIQ_MATCH_WEIGHTS] D
  float*         moment;    ///< [n_neurons * FIQ_MATCH_WEIGHTS^2] M, its lower triangle
  float*         basis;     ///< [n_neurons * FIQ_MATCH_WEIGHTS * n_frames] B
  float*         error;     ///< [n_frames] e
  float*         change;    ///< [n_frames] s
  bool           use_avx2;
} FiqMatch;

/// FIQ_BAD_ARGUMENT for a configuration out of range.  [setup]
FiqStatus fiq_match_init(FiqMatch* self, FiqArena* arena, const FiqMatchConfig* config);

/// Forget all that was learned.  [audio]
void fiq_match_reset(FiqMatch* self);

/// B of neuron `i`, [FIQ_MATCH_WEIGHTS][n_frames], to be filled before a step.  [audio]
float* fiq_match_basis(FiqMatch* self, uint32_t i);

/// One step at `rate` 0..1 on `basis` and `error`.  [audio]
void fiq_match_step(FiqMatch* self, float rate);

/// Copy all weights to `weight` [n_neurons * FIQ_MATCH_WEIGHTS].  [audio]
void fiq_match_weights(const FiqMatch* self, float* weight);

/// Take weights; what is out of range is held to it, what is no number becomes the default. NULL: the
/// defaults.  [audio]
void fiq_match_set_weights(FiqMatch* self, const float* weight);

#endif
