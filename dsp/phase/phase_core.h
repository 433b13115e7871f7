// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The phase core as the engine uses it: a Kuramoto network, its regulator, its stability monitor
   and stochastic resonance, stepped every few control ticks and read smoothly at every tick.

   Time: a step takes `ticks_per_step` ticks. At its first tick the network is led to its end, one step ahead; in
   between the phases run straight from one end to the other the way they went, counted without wrapping,
   so a centre rate of 100 Hz turns as well as a slow one, and phases after k steps are exactly those of the
   network at that time. With more than FIQ_PHASE_CORE_LARGE oscillators the network makes one step in
   FIQ_PHASE_CORE_LONG, of as many times the length (straight lines over 27 ms stray 1e-4 rad from the curve at
   K = 2, 7e-4 at K = 4); order and psi are told step by step.

   A step: U of the phases (every 16th), regulator, resonance, stability, network. With all of them off coupling is the
   user's and noise 0 exactly, and the core is the network and nothing else. What they tell is told all the same.

     K     = regulator's * (restraint if stabilised)
     noise = sqrt(regulator's^2 + resonance's^2) * (temperature if stabilised), at most 10
     K_c   = fiq_kuramoto_critical()

   One oscillator has order 1 and nothing to regulate: the regulator is then off. The threshold of the stability
   and the pace of regulator and estimates go with `speed`, so that a class is one of the motion, not of its tempo.

   When n_osc changes, the phases that consumers see glide to those of their new oscillators in 0.1 s.

   Cost (AVX2, 2.6 GHz): a step of 16 oscillators 0.33 us, of 64 0.58, of 256 0.34, of 1000 0.25 on average and 1 at
   once; up to 0.13 more where noise is on. Reading n phases 0.04 n ns.
   Latency: parameters act at the next step, within ticks_per_step ticks, or FIQ_PHASE_CORE_LONG times as many.
*/
#ifndef FIQ_PHASE_CORE_H
#define FIQ_PHASE_CORE_H

#include "dsp/phase/kuramoto.h"
#include "dsp/phase/regulator.h"
#include "dsp/phase/stability.h"
#include "dsp/phase/stochastic_resonance.h"

enum {
  FIQ_PHASE_CORE_TICKS = 8,   ///< default control ticks a step
  FIQ_PHASE_CORE_LARGE = 256, ///< above so many oscillators the network is led on less often:
  FIQ_PHASE_CORE_LONG  = 5    ///< in every fifth step
};

typedef struct {
  uint32_t n_osc_max;      ///< 1..FIQ_KURAMOTO_MAX
  uint32_t ticks_per_step; ///< 1..64; default FIQ_PHASE_CORE_TICKS
  float    period_s;       ///< of a control tick, 1e-5..0.005 s
} FiqPhaseCoreConfig;

typedef struct {
  uint32_t n_osc;        ///< oscillators in use, 1..n_osc_max
  float    coupling;     ///< the user's K, -16..16 rad/s
  float    lag_rad;      ///< -pi..pi
  float    speed;        ///< 0.1..10
  float    centre_rad_s; ///< rate common to all, -1e4..1e4 rad/s
  float    spread_rad_s; ///< of the natural frequencies, 0..1000 rad/s
  int      distribution; ///< FiqKuramotoDistribution
  bool     regulated;    ///< the regulator moves K and noise
  float    order_low;    ///< 0..1, default 0.80
  float    order_high;   ///< 0..1, default 0.95
  float    uncertainty;  ///< 0..1, default 0.5
  bool     stabilised;   ///< the stability monitor takes noise and coupling back
  float    resonance;    ///< 0 off .. 1
  float    field_re;     ///< pull from outside, see kuramoto.h, at most 64 rad/s; 0 none
  float    field_im;     ///< rad/s
} FiqPhaseCoreParams;

typedef struct {
  FiqKuramoto            network;
  FiqRegulator           regulator;
  FiqStability           stability;
  FiqStochasticResonance resonance;
  // fixed by init
  uint32_t n_osc_max;
  uint32_t ticks_per_step;
  float    period_s;
  // state
  float*   offset_rad;  ///< [n_osc_max] what consumers still are off, of `glide`
  float    glide;       ///< 1 just after n_osc changed .. 0
  uint32_t n_osc;       ///< oscillators in use
  uint32_t n_ticks;     ///< of the present step of the network
  uint32_t tick;        ///< of these that have passed
  uint32_t until_due;   ///< ticks to the next step's beginning
  uint32_t n_steps;     ///< since U was taken
  float    guarded;     ///< share of the stability's factors, 0..1
  float    end_order;   ///< R at the end of the present step
  float    end_psi_rad; ///< and psi
  bool     begun;       ///< a step was made since reset
  // what is told, of the end of the ticks_per_step ticks under way
  float              order;           ///< R, 0..1
  float              uncertainty;     ///< U, 0..1
  float              psi_rad;         ///< mean phase, [-pi, pi]
  float              coupling;        ///< K in use, rad/s
  float              coupling_ratio;  ///< K / K_c; +-1000 at most
  float              noise_rad_s;     ///< noise in use, of all sources, rad per root of a second
  float              resonance_rad_s; ///< that by resonance
  FiqRegulatorAction action;
  FiqRegulatorTone   tone;
  float              zone_share;  ///< 0..1
  float              lyapunov;    ///< 1/s; +-1000 at most
  FiqStabilityClass  class_;      ///< of the motion
  bool               is_warned;   ///< order is about to be lost
  float              confidence;  ///< of the warning, 0..1; 0 without one
  float              temperature; ///< factor on the noise, 0.3..1.5; 1 unless stabilised
  float              restraint;   ///< factor on the coupling, 0.5..1; 1 unless stabilised
} FiqPhaseCore;

/// Take all memory, start from seed 0.  FIQ_BAD_ARGUMENT outside the ranges above.  [setup]
FiqStatus fiq_phase_core_init(FiqPhaseCore* self, FiqArena* arena,
                              const FiqPhaseCoreConfig* config);

/// Start anew from `seed`; equal seeds, equal cores.  [audio]
void fiq_phase_core_reset(FiqPhaseCore* self, uint64_t seed);

/// Phases and rates are those of `seed` from the next step on; what consumers see glides there in 0.1 s. Regulator and
/// stability go on.  [audio]
void fiq_phase_core_scatter(FiqPhaseCore* self, uint64_t seed);

/// Place the first `n` phases (any angles), 1..n_osc_max, at once.  [audio]
void fiq_phase_core_set_phases(FiqPhaseCore* self, const float* theta_rad, uint32_t n);

/// Go on in `self` where `old`, of any capacity but equal ticks, is.  [audio]
void fiq_phase_core_adopt(FiqPhaseCore* self, const FiqPhaseCore* old);

/// Whether a step begins with the next tick: every ticks_per_step ticks.  [audio]
bool fiq_phase_core_is_due(const FiqPhaseCore* self);

/// One control tick passes; parameters are read where a step begins.  [audio]
void fiq_phase_core_tick(FiqPhaseCore* self, const FiqPhaseCoreParams* params);

/// One control tick passes in which the phases stand still; what glides goes on to glide.  [audio]
void fiq_phase_core_rest(FiqPhaseCore* self);

/// Phases now of `n` consumers, the i-th has oscillator i % n_osc: `theta_rad` [n], any
/// angles.  [audio]
void fiq_phase_core_phases(const FiqPhaseCore* self, float* theta_rad, uint32_t n);

#endif
