// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The phase core: n oscillators that pull one another toward a common phase.

       theta_j' = centre + omega_j + (K/n) sum_k sin(theta_k - theta_j - lag) + Im(f e^{-j theta_j}) + noise
                = centre + omega_j + K R sin(psi - theta_j - lag) + |f| sin(arg f - theta_j) + noise,
       R e^{j psi} = mean e^{j theta}

   Source: Kuramoto 1975 (the mean field form: Strogatz 2000); lag: Sakaguchi and Kuramoto 1986.
   All oscillators move at once, from one and the same snapshot of the field.

   Outer field f: pulls straight toward its own angle; the lag does not apply to it. It is read at the start
   of a step and turns with `centre` until the end, as the mean phase of another core of that rate does.

   Noise: after the drift of a part of length h every phase takes an independent leap of standard deviation
   noise sqrt(h), h in the core's own time (speed dt): phase diffusion, white, equal in law however time is cut.
   A leap is an even draw (at most 1.74 deviations); some ten of them are as good as normal.

   Integration up to FIQ_KURAMOTO_EXACT oscillators: Runge-Kutta of order 4. The frame turns with `centre` (which
   is exact, since the coupling sees differences alone), the drift omega_j is integrated exactly by
   construction, and a step is cut so that (|K| + |f| + width of omega) h <= 0.5, in at most 256 parts. For
   dt <= 1 s and |K| + |f| <= 10, |K| h <= 0.4 then holds, and 2.5 for |K| <= 64 alone; the limit of stability
   is 2.78. The alternative, the exact solution for a frozen field, is of first order: at N = 16, K = 2 and steps
   of 10 ms it strays 7e-2 rad within 10 s, this one 2e-9 (1e-6 in float).

   Above, where a step is short enough for at most 4 parts of (2 |K| + 2 |f| + gamma) h <= 0.21: Taylor's series
   of order 2 in the field of the part's middle, which is drawn by a parabola through this moment's and the last
   two. Then one pass does all: phasors turn by the way of their phase instead of being computed anew, and
   one in 32 of them is made exact in each part. Longer steps, and noise that leaps further than 0.4 rad, go by
   Runge-Kutta.

   Tangent: with `follow`, a small difference between this core and a twin under the same noise is carried
   along by the linearised flow, through the stages of Runge-Kutta or by the midpoint rule over two
   parts; see stability.h.

   Accuracy: phases are float and sines good to 2e-7, so a step agrees with the formula within
   2e-6 rad (1e-10 is out of reach of float). Above FIQ_KURAMOTO_EXACT: within 4e-6 at K = 2, gamma = 1.9 and 10 ms;
   with the longest parts 4e-4 at worst, while order sets in, and 2e-5 rms; R is good to 1e-6. Both builds give the
   same bits.
   Latency: 0. Cost: O(n): 1000 oscillators 0.57 us a short part (AVX2, 2.6 GHz), 0.7 with a tangent, 0.25 more
   with noise; four sine/cosine pairs an oscillator and part of Runge-Kutta, 16 oscillators 0.22 us.
*/
#ifndef FIQ_KURAMOTO_H
#define FIQ_KURAMOTO_H

#include "dsp/base/arena.h"

enum {
  FIQ_KURAMOTO_MAX          = 1000, ///< oscillators of one core
  FIQ_KURAMOTO_EXACT        = 64,   ///< up to here always by Runge-Kutta
  FIQ_KURAMOTO_COUPLING_MAX = 64    ///< largest |K|, and |f|, rad/s
};

/// How natural frequencies are spread about the centre rate.
typedef enum {
  FIQ_KURAMOTO_UNIFORM, ///< uniform in +-gamma
  FIQ_KURAMOTO_NORMAL   ///< normal, standard deviation gamma
} FiqKuramotoDistribution;

typedef struct {
  uint32_t n_osc_max; ///< 1..FIQ_KURAMOTO_MAX
} FiqKuramotoConfig;

typedef struct {
  uint32_t n_osc;    ///< oscillators in use, 1..n_osc_max; the others keep their phase
  float    coupling; ///< K, +-FIQ_KURAMOTO_COUPLING_MAX rad/s; below 0 the phases flee one another
  float    lag_rad;  ///< Sakaguchi lag, -pi..pi; 0 is Kuramoto's model
  float    speed;    ///< 0.1..10, scales time
  float    centre_rad_s; ///< rate common to all, -1e4..1e4 rad/s
  float    gamma_rad_s;  ///< spread of the natural frequencies, 0..1000 rad/s
  int      distribution; ///< FiqKuramotoDistribution
  float    noise_rad_s;  ///< phase diffusion, 0..10 rad per root of a second; 0 is none
  float    field_re;     ///< f, |f| <= FIQ_KURAMOTO_COUPLING_MAX rad/s; 0 is none
  float    field_im;     ///< rad/s
  bool     follow;       ///< the tangent is carried along
} FiqKuramotoParams;

typedef struct {
  float*    uniform;   ///< [n_osc_max] draws in [-1, 1); set by reset
  float*    normal;    ///< [n_osc_max] draws N(0, 1); set by reset
  float*    theta_rad; ///< [n_osc_max] phase, [-pi, pi)
  float*    moved_rad; ///< [n_osc_max] way of the last step without that of the centre, not wrapped
  float*    re;        ///< [n_osc_max] cos(phase - frame) of the stage at hand
  float*    im;        ///< [n_osc_max] its sin
  float*    slope;     ///< [n_osc_max] weighted slopes of the stages so far
  float*    stage_rad; ///< [n_osc_max] phase of the stage at hand
  float*    omega;     ///< [n_osc_max] natural frequency now, rad/s
  float*    tangent;   ///< [n_osc_max] the small difference, any unit
  float*    tangent_stage; ///< [n_osc_max] the same at the stage or in the middle of two parts
  float*    tangent_slope; ///< [n_osc_max]
  uint32_t* noise;         ///< [n_osc_max] generators of the leaps; set by reset
  FiqComplex mean;         ///< mean phasor within the frame
  FiqComplex mean_before;  ///< that one part ago
  FiqComplex
      weighted; ///< mean of phasor times tangent (or tangent_stage in the middle of two parts)
  FiqComplex rate_before; ///< change of the mean phasor in the part before that, 1/s
  float      rate_s;      ///< length of that part, 0 if it is not known
  float      part_s;      ///< length of the last short part, 0 if `mean_before` is not known
  float      half_s;      ///< > 0 in the middle of the tangent's two parts: length of the first
  float      frame_rad;   ///< angle of the frame that re and im are in
  float      turned_rad;  ///< way of the centre in the last step, not wrapped
  float      order;       ///< R of the n_osc in use, 0 incoherent .. 1 locked
  float      psi_rad;     ///< mean phase, [-pi, pi]; meaningless where R is near 0
  uint32_t   n_osc;       ///< oscillators in use by the last step
  uint32_t   n_osc_max;   ///< capacity
  uint32_t   fresh;       ///< which sixteenth of the phasors is made exact next
  bool       is_weighed;  ///< `weighted` is of this moment
  bool       use_avx2;    ///< which build of the kernels; may be cleared to compare
} FiqKuramoto;

/// Take the buffers, start from seed 0 with all oscillators in use.  [setup]
FiqStatus fiq_kuramoto_init(FiqKuramoto* self, FiqArena* arena, const FiqKuramotoConfig* config);

/// New natural frequencies, noise, tangent, and new phases U[0, 2 pi) from `seed`; equal seeds, equal
/// cores.  [audio]
void fiq_kuramoto_reset(FiqKuramoto* self, uint64_t seed);

/// Place the first `n` phases (any angles), 1..n_osc_max.  [audio]
void fiq_kuramoto_set_phases(FiqKuramoto* self, const float* theta_rad, uint32_t n);

/// Go on in `self` as `old`, of any capacity, would: all of it, as far as there is room.  [audio]
void fiq_kuramoto_adopt(FiqKuramoto* self, const FiqKuramoto* old);

/// Let `dt_s` (0..1 s) pass.  [audio]
void fiq_kuramoto_step(FiqKuramoto* self, const FiqKuramotoParams* params, float dt_s);

/// Whether the tangent stands at the same moment as the phases; else it will after one more part.  [any]
bool fiq_kuramoto_tangent_is_whole(const FiqKuramoto* self);

/**
   Take the common rotation off the tangent (no coupling sees it), give the rest a root mean square of 1
   and return the logarithm of what it was. Needs a whole tangent. Where nothing is left 0, and where it is
   not finite infinity; a new tangent is then begun.  [audio]
*/
float fiq_kuramoto_tangent_growth(FiqKuramoto* self);

/// K_c above which many oscillators lock in part: 4 gamma/pi (uniform), gamma sqrt(8/pi)
/// (normal).  [any]
float fiq_kuramoto_critical(float gamma_rad_s, int distribution);

#endif
