// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/phase/phase_core.h"

#include "dsp/base/maths.h"
#include "dsp/base/simd.h"

#include <assert.h>
#include <string.h>

enum {
  TICKS_MAX   = 64,
  LONG_STEPS  = FIQ_PHASE_CORE_LONG,
  COUNT_STEPS = 16 // steps from one U to the next
};

static const float guard_tau_s  = 0.5f;  // in which the stability's factors come and go
static const float guard_min    = 1e-4f; // of them that is worth keeping
static const float glide_s      = 0.1f;  // in which consumers change oscillators
static const float threshold    = 0.1f;  // of the exponent at speed 1, 1/s
static const float estimate_s   = 0.25f; // from one estimate to the next at speed 1
static const float told_max     = 1000.0f;
static const float noise_max    = 10.0f;
static const float coupling_max = (float)FIQ_KURAMOTO_COUPLING_MAX;

FiqStatus fiq_phase_core_init(FiqPhaseCore* self, FiqArena* arena, const FiqPhaseCoreConfig* config)
{
  assert(self);
  assert(arena);
  assert(config);
  const bool is_legal = config->n_osc_max >= 1 && config->n_osc_max <= FIQ_KURAMOTO_MAX &&
                        config->ticks_per_step >= 1 && config->ticks_per_step <= TICKS_MAX &&
                        config->period_s >= 1e-5f && config->period_s <= 0.005f;
  if (!is_legal) {
    return FIQ_BAD_ARGUMENT;
  }
  const FiqKuramotoConfig network = {.n_osc_max = config->n_osc_max};
  self->n_osc_max                 = config->n_osc_max;
  self->ticks_per_step            = config->ticks_per_step;
  self->period_s                  = config->period_s;
  self->offset_rad                = fiq_arena_take(arena, config->n_osc_max, sizeof(float));
  const FiqStatus status          = fiq_kuramoto_init(&self->network, arena, &network);
  if (status != FIQ_OK) {
    return status;
  }
  fiq_phase_core_reset(self, 0);
  return FIQ_OK;
}

void fiq_phase_core_reset(FiqPhaseCore* self, uint64_t seed)
{
  assert(self);
  fiq_kuramoto_reset(&self->network, seed);
  const FiqPhaseCore fixed = *self;
  *self                    = (FiqPhaseCore){.network        = fixed.network,
                                            .n_osc_max      = fixed.n_osc_max,
                                            .ticks_per_step = fixed.ticks_per_step,
                                            .period_s       = fixed.period_s,
                                            .offset_rad     = fixed.offset_rad,
                                            .n_osc          = fixed.n_osc_max,
                                            .n_ticks        = fixed.ticks_per_step,
                                            .tick           = fixed.ticks_per_step,
                                            .end_order      = fixed.network.order,
                                            .end_psi_rad    = fixed.network.psi_rad,
                                            .order          = fixed.network.order,
                                            .psi_rad        = fixed.network.psi_rad,
                                            .temperature    = 1.0f,
                                            .restraint      = 1.0f};
  memset(self->offset_rad, 0, self->n_osc_max * sizeof(float));
  fiq_regulator_reset(&self->regulator);
  fiq_stability_reset(&self->stability);
  fiq_stochastic_resonance_reset(&self->resonance);
}

void fiq_phase_core_set_phases(FiqPhaseCore* self, const float* theta_rad, uint32_t n)
{
  assert(self);
  fiq_kuramoto_set_phases(&self->network, theta_rad, n);
  self->glide       = 0.0f;
  self->end_order   = self->network.order;
  self->end_psi_rad = self->network.psi_rad;
  self->order       = self->network.order;
  self->psi_rad     = self->network.psi_rad;
}

void fiq_phase_core_adopt(FiqPhaseCore* self, const FiqPhaseCore* old)
{
  assert(self);
  assert(old);
  assert(self->ticks_per_step == old->ticks_per_step);
  FiqPhaseCore next = *old;
  fiq_kuramoto_adopt(&self->network, &old->network);
  const uint32_t n = self->n_osc_max < old->n_osc_max ? self->n_osc_max : old->n_osc_max;
  memcpy(self->offset_rad, old->offset_rad, n * sizeof(float));
  next.network    = self->network;
  next.n_osc_max  = self->n_osc_max;
  next.period_s   = self->period_s;
  next.offset_rad = self->offset_rad;
  next.n_osc      = old->n_osc < n ? old->n_osc : n;
  *self           = next;
}

bool fiq_phase_core_is_due(const FiqPhaseCore* self)
{
  return self->until_due == 0;
}

/// Consumers go on from the phase they had.
static void change_oscillators(FiqPhaseCore* self, uint32_t n_osc)
{
  const float  held  = self->glide * self->glide * (3.0f - 2.0f * self->glide);
  const float* theta = self->network.theta_rad;
  for (uint32_t i = 0; i < self->n_osc_max; ++i) {
    const float was     = theta[i % self->n_osc] + held * self->offset_rad[i];
    self->offset_rad[i] = fiq_wrap_rad(was - theta[i % n_osc]);
  }
  self->glide = self->begun ? 1.0f : 0.0f;
  self->n_osc = n_osc;
}

void fiq_phase_core_scatter(FiqPhaseCore* self, uint64_t seed)
{
  assert(self);
  const FiqKuramoto* const network = &self->network;
  const float              held    = self->glide * self->glide * (3.0f - 2.0f * self->glide);
  const float              rest    = (float)(self->n_ticks - self->tick) / (float)self->n_ticks;
  for (uint32_t i = 0; i < self->n_osc_max; ++i) {
    const uint32_t k    = i % self->n_osc;
    const float    way  = rest * (network->moved_rad[k] + network->turned_rad);
    self->offset_rad[i] = network->theta_rad[k] - way + held * self->offset_rad[i];
  }
  fiq_kuramoto_reset(&self->network, seed);
  for (uint32_t i = 0; i < self->n_osc_max; ++i) {
    self->offset_rad[i] = fiq_wrap_rad(self->offset_rad[i] - network->theta_rad[i % self->n_osc]);
  }
  self->glide       = 1.0f;
  self->tick        = self->n_ticks;
  self->until_due   = 0;
  self->order       = network->order;
  self->psi_rad     = network->psi_rad;
  self->end_order   = network->order;
  self->end_psi_rad = network->psi_rad;
}

/// What the regulator makes of the last step.
static void regulate(FiqPhaseCore* self, const FiqPhaseCoreParams* params, float critical,
                     float dt_s)
{
  if (self->n_steps == 0) {
    self->uncertainty = fiq_regulator_uncertainty(self->network.theta_rad, params->n_osc);
  }
  self->n_steps                      = (self->n_steps + 1) % COUNT_STEPS;
  const FiqRegulatorParams regulator = {.enabled      = params->regulated && params->n_osc > 1,
                                        .order_low    = params->order_low,
                                        .order_high   = params->order_high,
                                        .uncertainty  = params->uncertainty,
                                        .coupling     = params->coupling,
                                        .critical     = critical,
                                        .coupling_max = coupling_max,
                                        .speed        = params->speed,
                                        .unit_rad_s   = 1.0f};
  fiq_regulator_step(&self->regulator, &regulator, self->end_order, self->uncertainty, dt_s);
  self->action     = self->regulator.action;
  self->tone       = self->regulator.tone;
  self->zone_share = self->regulator.zone_share;
}

/// How far the stability's factors count.
static void guard(FiqPhaseCore* self, bool stabilised, float dt_s)
{
  const float target = stabilised ? 1.0f : 0.0f;
  self->guarded += (1.0f - expf(-dt_s / guard_tau_s)) * (target - self->guarded);
  if (!stabilised && self->guarded < guard_min) {
    self->guarded = 0.0f;
  }
  self->temperature = 1.0f + self->guarded * (self->stability.temperature - 1.0f);
  self->restraint   = 1.0f + self->guarded * (self->stability.restraint - 1.0f);
}

static FiqKuramotoParams network_params(const FiqPhaseCore* self, const FiqPhaseCoreParams* params)
{
  return (FiqKuramotoParams){.n_osc        = params->n_osc,
                             .coupling     = self->coupling,
                             .lag_rad      = params->lag_rad,
                             .speed        = params->speed,
                             .centre_rad_s = params->centre_rad_s,
                             .gamma_rad_s  = params->spread_rad_s,
                             .distribution = params->distribution,
                             .noise_rad_s  = self->noise_rad_s,
                             .field_re     = params->field_re,
                             .field_im     = params->field_im,
                             .follow       = true};
}

static void monitor(FiqPhaseCore* self, const FiqPhaseCoreParams* params, float dt_s)
{
  const float outer =
      sqrtf(params->field_re * params->field_re + params->field_im * params->field_im);
  const float              speed = fmaxf(params->speed, 0.01f);
  const FiqStabilityParams watch = {.threshold_1_s = threshold * speed,
                                    .period_s      = fiq_clamp(estimate_s / speed, 0.05f, 1.0f),
                                    .rate_1_s = 2.0f * (fabsf(self->coupling) + outer) * speed};
  fiq_stability_step(&self->stability, &self->network, &watch, dt_s);
  self->lyapunov   = fiq_clamp(self->stability.lyapunov, -told_max, told_max);
  self->class_     = self->stability.class_;
  self->is_warned  = self->stability.is_warned;
  self->confidence = self->stability.confidence;
}

/// One step of the network, and of all that steers it.
static void step(FiqPhaseCore* self, const FiqPhaseCoreParams* params)
{
  const uint32_t stride   = params->n_osc > FIQ_PHASE_CORE_LARGE ? LONG_STEPS : 1;
  const float    critical = fiq_kuramoto_critical(params->spread_rad_s, params->distribution);
  if (params->n_osc != self->n_osc) {
    change_oscillators(self, params->n_osc);
  }
  self->n_ticks    = stride * self->ticks_per_step;
  self->tick       = 0;
  const float dt_s = (float)self->n_ticks * self->period_s;
  regulate(self, params, critical, dt_s);
  if (fiq_stochastic_resonance_is_due(&self->resonance, dt_s)) {
    fiq_stochastic_resonance_look(&self->resonance, self->network.theta_rad, params->n_osc,
                                  self->network.psi_rad, self->network.order, params->resonance);
  }
  guard(self, params->stabilised, dt_s);
  const float by_regulator = self->regulator.noise;
  self->resonance_rad_s    = self->resonance.noise;
  const float noise =
      sqrtf(by_regulator * by_regulator + self->resonance_rad_s * self->resonance_rad_s);
  self->noise_rad_s = fminf(noise_max, self->temperature * noise);
  self->coupling =
      fiq_clamp(self->restraint * self->regulator.coupling, -coupling_max, coupling_max);
  self->coupling_ratio = fiq_clamp(self->coupling / fmaxf(critical, 1e-6f), -told_max, told_max);
  const FiqKuramotoParams network = network_params(self, params);
  fiq_kuramoto_step(&self->network, &network, dt_s);
  monitor(self, params, dt_s);
  self->begun = true;
}

/// R and psi at the end of the ticks_per_step ticks that now begin.
static void exchange_with_peers(FiqPhaseCore* self)
{
  const FiqKuramoto* const network = &self->network;
  const uint32_t           ahead   = self->tick + self->ticks_per_step;
  if (ahead >= self->n_ticks) {
    self->order       = network->order;
    self->psi_rad     = network->psi_rad;
    self->end_order   = network->order;
    self->end_psi_rad = network->psi_rad;
    return;
  }
  const float done   = (float)ahead / (float)self->n_ticks;
  const float turned = network->turned_rad;
  const float moved  = fiq_wrap_rad(network->psi_rad - self->end_psi_rad - fiq_wrap_rad(turned));
  self->order        = fiq_mix(self->end_order, network->order, done);
  self->psi_rad =
      fiq_clamp(fiq_wrap_rad(self->end_psi_rad + done * (moved + turned)), -FIQ_PI_F, FIQ_PI_F);
}

void fiq_phase_core_rest(FiqPhaseCore* self)
{
  assert(self);
  if (self->glide > 0.0f) {
    self->glide = fmaxf(0.0f, self->glide - self->period_s / glide_s);
  }
}

void fiq_phase_core_tick(FiqPhaseCore* self, const FiqPhaseCoreParams* params)
{
  assert(self);
  assert(params);
  assert(params->n_osc >= 1 && params->n_osc <= self->n_osc_max);
  assert(fabsf(params->coupling) <= 16.0f);
  assert(params->resonance >= 0.0f && params->resonance <= 1.0f);
  if (self->until_due == 0) {
    if (self->tick >= self->n_ticks) {
      step(self, params);
    }
    exchange_with_peers(self);
    self->until_due = self->ticks_per_step;
  }
  ++self->tick;
  --self->until_due;
  fiq_phase_core_rest(self);
}

/// out = theta - rest (moved + turned).
FIQ_INLINE void place(const float* restrict theta, const float* restrict moved, float turned,
                      float rest, float* restrict out, uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    out[i] = theta[i] - rest * (moved[i] + turned);
  }
}

static void place_base(const float* theta, const float* moved, float turned, float rest, float* out,
                       uint32_t n)
{
  place(theta, moved, turned, rest, out, n);
}

FIQ_AVX2 static void place_avx2(const float* theta, const float* moved, float turned, float rest,
                                float* out, uint32_t n)
{
  place(theta, moved, turned, rest, out, n);
}

void fiq_phase_core_phases(const FiqPhaseCore* self, float* theta_rad, uint32_t n)
{
  assert(self);
  assert(theta_rad || n == 0);
  const FiqKuramoto* const network = &self->network;
  const uint32_t           n_osc   = self->n_osc;
  const uint32_t           n_own   = n < n_osc ? n : n_osc;
  const float              rest    = (float)(self->n_ticks - self->tick) / (float)self->n_ticks;
  (network->use_avx2 ? place_avx2 : place_base)(network->theta_rad, network->moved_rad,
                                                network->turned_rad, rest, theta_rad, n_own);
  for (uint32_t i = n_own; i < n; ++i) {
    theta_rad[i] = theta_rad[i - n_own];
  }
  if (self->glide > 0.0f) {
    const float held = self->glide * self->glide * (3.0f - 2.0f * self->glide);
    for (uint32_t i = 0; i < n; ++i) {
      theta_rad[i] += held * self->offset_rad[i % self->n_osc_max];
    }
  }
}
