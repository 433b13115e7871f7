// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The phase core: n oscillators that pull one another toward a common phase.

       theta_j' = centre + omega_j + (K/n) sum_k sin(theta_k - theta_j - lag)
                = centre + omega_j + K R sin(psi - theta_j - lag),   R e^{j psi} = mean e^{j theta}

   Source: Kuramoto 1975 (the mean field form: Strogatz 2000); lag: Sakaguchi and Kuramoto 1986.
   All oscillators move at once, from one and the same snapshot of the field.

   Integration: Runge-Kutta of order 4. The frame turns with `centre` (which is exact, since the
   coupling sees differences alone), the drift omega_j is integrated exactly by construction, and
   a step is cut so that (|K| + width of omega) h <= 0.5, in at most 256 parts; |K| h <= 0.4 then
   holds for every allowed value, far inside the limit of stability (2.78). The alternative, the
   exact solution for a frozen field, is of first order: at N = 16, K = 2 and steps of 10 ms it
   strays 7e-2 rad within 10 s, this one 2e-9 (1e-6 in float).

   Accuracy: phases are float and sines good to 2e-7, so a step agrees with the formula within
   2e-6 rad (1e-10 is out of reach of float). Cost: O(n), four sine/cosine pairs an oscillator
   and part. Latency: 0.
*/
#ifndef FIQ_KURAMOTO_H
#define FIQ_KURAMOTO_H

#include "arena.h"

enum { FIQ_KURAMOTO_MAX = 1000 }; ///< oscillators of one core

/// How natural frequencies are spread about the centre rate.
typedef enum {
  FIQ_KURAMOTO_UNIFORM, ///< uniform in +-gamma
  FIQ_KURAMOTO_NORMAL   ///< normal, standard deviation gamma
} FiqKuramotoDistribution;

typedef struct {
  uint32_t n_osc_max; ///< 1..FIQ_KURAMOTO_MAX
} FiqKuramotoConfig;

typedef struct {
  uint32_t n_osc;        ///< oscillators in use, 1..n_osc_max; the others keep their phase
  float    coupling;     ///< K, -10..10 rad/s; below 0 the phases flee one another
  float    lag_rad;      ///< Sakaguchi lag, -pi..pi; 0 is Kuramoto's model
  float    speed;        ///< 0.1..10, scales time
  float    centre_rad_s; ///< rate common to all, -1e4..1e4 rad/s
  float    gamma_rad_s;  ///< spread of the natural frequencies, 0..1000 rad/s
  int      distribution; ///< FiqKuramotoDistribution
} FiqKuramotoParams;

typedef struct {
  float*   uniform;   ///< [n_osc_max] draws in [-1, 1); set by reset
  float*   normal;    ///< [n_osc_max] draws N(0, 1); set by reset
  float*   theta_rad; ///< [n_osc_max] phase, [-pi, pi)
  float*   re;        ///< [n_osc_max] cos of the phase of the stage at hand
  float*   im;        ///< [n_osc_max] its sin
  float*   slope;     ///< [n_osc_max] weighted slopes of the stages so far
  float*   stage_rad; ///< [n_osc_max] phase of the stage at hand
  float*   omega;     ///< [n_osc_max] natural frequency now, rad/s
  float    order;     ///< R of the n_osc in use, 0 incoherent .. 1 locked
  float    psi_rad;   ///< mean phase, [-pi, pi]; meaningless where R is near 0
  uint32_t n_osc;     ///< oscillators in use by the last step
  uint32_t n_osc_max; ///< capacity
} FiqKuramoto;

/// Take the buffers, start from seed 0 with all oscillators in use.  [setup]
FiqStatus fiq_kuramoto_init(FiqKuramoto* self, FiqArena* arena, const FiqKuramotoConfig* config);

/// New natural frequencies and new phases U[0, 2 pi) from `seed`; equal seeds, equal
/// cores.  [audio]
void fiq_kuramoto_reset(FiqKuramoto* self, uint64_t seed);

/// Place the first `n` phases (any angles), 1..n_osc_max.  [audio]
void fiq_kuramoto_set_phases(FiqKuramoto* self, const float* theta_rad, uint32_t n);

/// Let `dt_s` (0..1 s) pass.  [audio]
void fiq_kuramoto_step(FiqKuramoto* self, const FiqKuramotoParams* params, float dt_s);

/// K_c above which many oscillators lock in part: 4 gamma/pi (uniform), gamma sqrt(8/pi)
/// (normal).  [any]
float fiq_kuramoto_critical(float gamma_rad_s, int distribution);

#endif
