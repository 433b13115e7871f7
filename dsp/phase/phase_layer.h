// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The coordinated phase layer: n sine neurons whose phases sit on one wheel.

       a_i = sin(omega_i (W_i . x) + phi_i)

   Phase wheel gradients of a loss L, with c_i = cos(omega_i (W_i . x) + phi_i):

       dL/dphi_i   = dL/da_i c_i
       dL/domega_i = dL/da_i (W_i . x) c_i
       dL/dW_i     = dL/da_i omega_i c_i x

   Coordination, with s_i the n spacings of the phases in the order of their places on the circle
   (mean 2 pi/n):

       loss = strength Var(s),  Var the population variance,  dVar/dphi_i = (2/n)(s_{i-1} - s_i)
       step: phi_i += eta (s_i - s_{i-1})

   This is diffusion on a ring: stable iff eta < 1/2, keeps the order, keeps the mean phase, and
   shrinks its slowest mode by 1 - 4 eta sin^2(pi/n) a step.

   Phases are unwrapped and never jump by 2 pi, so that audio may interpolate `phi_rad`. They are
   kept in double: in float a slow coordination would stall where eta (s_i - s_{i-1}) falls below
   the rounding of phi. Cost: forward and gradient O(n taps), a coordination step O(n), metrics
   O(n^2). Latency: 0 frames.
*/
#ifndef FIQ_PHASE_LAYER_H
#define FIQ_PHASE_LAYER_H

#include "dsp/base/arena.h"

enum {
  FIQ_PHASE_LAYER_NEURONS_MIN = 4,
  FIQ_PHASE_LAYER_TAPS_MAX    = 8192,
  FIQ_PHASE_LAYER_BINS        = 64 ///< of the wheel's histogram
};

typedef struct {
  uint32_t n_neurons; ///< 4..FIQ_NEURONS_MAX
  uint32_t n_taps;    ///< inputs of a neuron, 1..FIQ_PHASE_LAYER_TAPS_MAX
} FiqPhaseLayerConfig;

/// The five metrics of coordination and its meter.
typedef struct {
  float coordination_loss; ///< strength * spacing_variance, >= 0
  float repulsion_loss;    ///< sum_{i != j} exp(-(wrap(phi_i - phi_j)/w)^2 / 2), w = 0.1 rad * 16/n
  float diversity_reward;  ///< -variance of the counts of the 64-bin histogram of the wheel, <= 0
  float spacing_variance;  ///< rad^2, 0 (even) .. 4 pi^2 (n-1)/n^2 (all in one place)
  float phase_spread;      ///< rad, the shortest arc that holds all phases, 0..2 pi (n-1)/n
  float score;             ///< 1 - Var/Var_max, 0 (all in one place) .. 1 (even)
} FiqPhaseMetrics;

/// One kind of parameter's gradient in short.
typedef struct {
  float mean; ///< of the absolute values
  float max;  ///< of the absolute values
  float norm; ///< Euclidean
} FiqGradientSummary;

typedef struct {
  FiqGradientSummary phase;     ///< dL/dphi
  FiqGradientSummary frequency; ///< dL/domega
  FiqGradientSummary weight;    ///< dL/dW
} FiqGradientReport;

/// Learning rates, each >= 0.
typedef struct {
  float        phase;     ///< default 0.001
  float        frequency; ///< default 0.001
  float        weight;    ///< default 0.01
  const float* attention; ///< [n_neurons] factor of each neuron's rates, or NULL for 1
} FiqLessonRates;

typedef struct {
  float*    weight;     ///< [n_neurons * n_taps] W, row by row
  float*    omega;      ///< [n_neurons] >= 0.1
  double*   phase;      ///< [n_neurons] phi, unwrapped
  float*    phi_rad;    ///< [n_neurons] phi as audio reads it, unwrapped and continuous
  float*    projection; ///< [n_neurons] W_i . x of the last forward
  float*    d_phase;    ///< [n_neurons] gradient summed since the last descent
  float*    d_omega;    ///< [n_neurons]
  float*    d_weight;   ///< [n_neurons * n_taps]
  double*   wrapped;    ///< [n_neurons] phase on the circle, [0, 2 pi)
  double*   spacing;    ///< [n_neurons] from place k to place k + 1
  uint32_t* place;      ///< [n_neurons] neuron at place k; ascending wrapped phase
  uint32_t  n_neurons;
  uint32_t  n_taps;
} FiqPhaseLayer;

/// Take the buffers and reset with seed 0.  [setup]
FiqStatus fiq_phase_layer_init(FiqPhaseLayer* self, FiqArena* arena,
                               const FiqPhaseLayerConfig* config);

/// W = 0.1 N(0, 1), omega = 1, phi = U[0, 2 pi), all from `seed`; gradients 0.  [audio]
void fiq_phase_layer_reset(FiqPhaseLayer* self, uint64_t seed);

/// Place the phases: `phi_rad` [n_neurons], any finite angles.  [audio]
void fiq_phase_layer_set_phases(FiqPhaseLayer* self, const float* phi_rad);

/// Add `d_phi_rad` [n_neurons] to the phases; they move without a jump of 2 pi.  [audio]
void fiq_phase_layer_move(FiqPhaseLayer* self, const float* d_phi_rad);

/// Activations `a` [n_neurons] in [-1, 1] of the input `x` [n_taps].  [any]
void fiq_phase_layer_forward(FiqPhaseLayer* self, const float* x, float* a);

/// Add the gradients for dL/da `d_a` [n_neurons] at the `x` [n_taps] of the last forward.  [any]
void fiq_phase_layer_gradient(FiqPhaseLayer* self, const float* x, const float* d_a);

/// Summaries of the gradients summed so far.  [any]
void fiq_phase_layer_gradient_report(const FiqPhaseLayer* self, FiqGradientReport* report);

/// Step against the gradients (omega stays >= 0.1) and clear them.  [any]
void fiq_phase_layer_descend(FiqPhaseLayer* self, const FiqLessonRates* rates);

/// One coordination step, eta in [0, 1/2); `attention` [n_neurons], 0..1, is each neuron's share of it, NULL is 1.  [audio]
void fiq_phase_layer_coordinate(FiqPhaseLayer* self, float eta, const float* attention);

/// What that step descends: strength dVar/dphi over the neurons, in short.  [audio]
FiqGradientSummary fiq_phase_layer_pull(FiqPhaseLayer* self, float strength);

/// eta of a coordination strength and learning rate: 2 rate strength / n.  [any]
float fiq_phase_layer_eta(const FiqPhaseLayer* self, float strength, float rate);

/// 1 - Var/Var_max in O(n), for control ticks that need the meter alone.  [audio]
float fiq_phase_layer_score(FiqPhaseLayer* self);

/// All metrics, O(n^2); `strength` >= 0 scales coordination_loss.  [audio]
void fiq_phase_layer_metrics(FiqPhaseLayer* self, float strength, FiqPhaseMetrics* metrics);

#endif
