// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/engine_state.h"

#include <assert.h>

static const float goal_coupling = 6.0f;  // units of K that a goal may add or take
static const float coupling_low  = -2.0f; // of K with the goals' part
static const float coupling_high = 16.0f;
static const float step_s        = 0.1f;            // that a paused core is let on by
static const float cent          = 0.000577622650f; // ln 2 / 1200

enum { SWAY_TICKS = 2 }; ///< control periods of the swarm's shortest step

static const float sync_lengths[] = {0.0f, 4.0f, 2.0f, 1.0f, 2.0f, 1.0f, 0.5f, 0.25f};

/// Beats of a sync choice, or 0 for free.
float fiq_engine_sync_beats(const FiqEngine* self, FiqSync choice)
{
  assert(choice <= FIQ_SYNC_SIXTEENTH);
  assert(self->tempo.beats_per_bar > 0.0);
  const bool in_bars = choice >= FIQ_SYNC_4_BARS && choice <= FIQ_SYNC_1_BAR;
  return sync_lengths[choice] * (in_bars ? (float)self->tempo.beats_per_bar : 1.0f);
}

FiqStatus fiq_engine_init_core(FiqEngine* self, FiqArena* arena)
{
  assert(self && arena);
  const FiqPhaseCoreConfig config = {
      .n_osc_max      = FIQ_KURAMOTO_MAX,
      .ticks_per_step = FIQ_PHASE_CORE_TICKS,
      .period_s       = (float)(self->control_frames / self->config.sample_rate_hz)};
  return fiq_phase_core_init(&self->phase.core, arena, &config);
}

void fiq_engine_reset_core(FiqEngine* self)
{
  assert(self);
  fiq_phase_core_reset(&self->phase.core, self->seed);
  fiq_regulator_reset(&self->phase.group_regulator);
  fiq_stochastic_resonance_reset(&self->phase.group_resonance);
  self->phase.field = (FiqCoreField){.n_peers = 0};
  self->phase.hold  = (FiqCoreHold){.was_stepping  = self->params.core_step,
                                    .was_resetting = self->params.core_reset};
}

uint32_t fiq_engine_core_frames(double sample_rate_hz)
{
  assert(sample_rate_hz > 0.0);
  return FIQ_PHASE_CORE_TICKS * fiq_part_control_frames(sample_rate_hz);
}

float fiq_engine_coupling(const FiqEngine* self)
{
  assert(self);
  const float goal = fiq_goal_controller_drive(&self->goals.controller, FIQ_GOAL_ORDER);
  return fiq_clamp(self->params.coupling + goal_coupling * goal, coupling_low, coupling_high);
}

float fiq_engine_order(const FiqEngine* self)
{
  assert(self);
  return self->path ? self->phase.core.order : self->swarm->swarm.groups.order;
}

float fiq_engine_centre_rad_s(const FiqEngine* self)
{
  assert(self);
  const FiqEngineParams* const p     = &self->params;
  const float                  beats = fiq_engine_sync_beats(self, p->sync);
  const float rate_hz = beats > 0.0f ? (float)self->tempo.bpm / (60.0f * beats) : p->core_rate;
  // A tempo is a tempo: the core's own speed must not scale it.
  return FIQ_TWO_PI_F * rate_hz / (beats > 0.0f ? p->speed : 1.0f);
}

static FiqPhaseCoreParams core_params(const FiqEngine* self)
{
  const FiqEngineParams* const p = &self->params;
  return (FiqPhaseCoreParams){.n_osc        = (uint32_t)p->core_size,
                              .coupling     = fiq_engine_coupling(self),
                              .lag_rad      = p->lag,
                              .speed        = p->speed,
                              .centre_rad_s = fiq_engine_centre_rad_s(self),
                              .spread_rad_s = FIQ_TWO_PI_F * p->core_spread,
                              .distribution = p->distribution,
                              .regulated    = p->regulator,
                              .order_low    = p->order_low,
                              .order_high   = p->order_high,
                              .uncertainty  = p->uncertainty_aim,
                              .stabilised   = p->stabilise,
                              .resonance    = p->resonance};
}

/// Tell the linked instances of the step before, and hear them for the one to come.
static void exchange_news(FiqEngine* self, const FiqPhaseCoreParams* params)
{
  const FiqCoreMessage news = {.order      = self->phase.core.order,
                               .psi_rad    = self->phase.core.psi_rad,
                               .rate_rad_s = params->centre_rad_s * params->speed,
                               .link       = (uint32_t)self->params.link,
                               .role       = (uint32_t)self->params.link_role,
                               .pitches    = fiq_engine_partner_pitches(self),
                               .plays      = fiq_engine_partner_plays(self),
                               .vote       = fiq_engine_partner_vote(self)};
  self->phase.field         = (FiqCoreField){.n_peers = 0};
  if (self->config.exchange) {
    self->config.exchange(self->config.exchange_handle, &news, &self->phase.field);
  }
}

/// Phases of the realms' bands. Attended ones are drawn to the common phase, and learn faster than the others.
static void place_core_bands(FiqEngine* self)
{
  assert(self);
  const FiqRealms* const realms  = &self->path->path.realms;
  const FiqBands* const  bands   = &realms->spectral[0].bands;
  const uint32_t         n_bands = realms->config.n_bands;
  // The other realms have up to 32 neurons.
  fiq_phase_core_phases(&self->phase.core, self->phase.theta_rad, n_bands > 32 ? n_bands : 32);
  const float attention = self->goals.attending ? self->params.attention : 0.0f;
  for (uint32_t i = 0; i < n_bands && attention > 0.0f; ++i) {
    const float axis = rintf(fiq_axis_of_hz(fmaxf(bands->centre_hz[i], FIQ_AXES_LOW_HZ)));
    const float pull = attention * self->goals.attention.weight[(uint32_t)axis];
    const float way  = fiq_wrap_rad(self->phase.core.psi_rad - self->phase.theta_rad[i]);
    self->phase.theta_rad[i] += pull * way;
    self->phase.learn_scale[i] = 1.0f - 0.9f * attention + 0.9f * pull;
  }
  for (uint32_t i = n_bands; i < FIQ_NEURONS_MAX && attention > 0.0f; ++i) {
    self->phase.learn_scale[i] = 1.0f; // what has no band is not attended, and not held back
  }
}

#define SWAYS(n)                                                                                   \
  (p->matrix_##n##_target == FIQ_TO_SWAY && p->matrix_##n##_source != FIQ_FROM_NONE &&             \
   fabsf(p->matrix_##n##_amount) > 0.0f)

bool fiq_engine_moves_sway(const FiqEngine* self)
{
  assert(self);
  const FiqEngineParams* const p = &self->params;
  return SWAYS(1) || SWAYS(2) || SWAYS(3) || SWAYS(4) || SWAYS(5) || SWAYS(6) || SWAYS(7) ||
         SWAYS(8);
}

/// The core bends the swarm's pitches to and fro.
static void sway_swarm(FiqEngine* self)
{
  FiqSwarm* const swarm  = &self->swarm->swarm;
  const bool      moved  = fiq_engine_moves_sway(self);
  const float     depth  = cent * (moved ? FIQ_ENGINE_SWAY_CENTS : self->params.sway);
  const uint32_t  n_sway = depth > 0.0f ? (uint32_t)self->params.core_size : 0;
  if (self->n_ticks % SWAY_TICKS != 0 && moved == self->phase.sway_was_moved) {
    return;
  }
  self->phase.sway_was_moved = moved;
  fiq_phase_core_phases(&self->phase.core, self->phase.sway, n_sway);
  for (uint32_t i = 0; i < n_sway; ++i) {
    self->phase.sway[i] = depth * fiq_sin(self->phase.sway[i]);
  }
  fiq_swarm_set_sway(swarm, self->phase.sway, self->phase.sway, n_sway);
}

/// Whether time passes for the core in this control period.
static bool core_goes_on(FiqEngine* self)
{
  const FiqEngineParams* const p    = &self->params;
  FiqCoreHold* const           hold = &self->phase.hold;
  if (p->core_reset && !hold->was_resetting) {
    fiq_phase_core_scatter(&self->phase.core, self->seed);
  }
  if (p->core_step && !hold->was_stepping) {
    hold->left_ticks = (uint32_t)rintf(step_s / self->phase.core.period_s);
  }
  hold->was_resetting = p->core_reset;
  hold->was_stepping  = p->core_step;
  hold->left_ticks    = p->core_pause ? hold->left_ticks : 0;
  const bool goes_on  = !p->core_pause || hold->left_ticks > 0;
  hold->left_ticks -= hold->left_ticks > 0 ? 1 : 0;
  hold->n_ticks += goes_on ? 1 : 0;
  return goes_on;
}

void fiq_engine_control_core(FiqEngine* self)
{
  assert(self && self->control_frames > 0);
  FiqPhaseCoreParams params  = core_params(self);
  const bool         goes_on = core_goes_on(self);
  if (goes_on && fiq_phase_core_is_due(&self->phase.core)) {
    exchange_news(self, &params);
  }
  params.field_re = self->params.link_strength * self->phase.field.re;
  params.field_im = self->params.link_strength * self->phase.field.im;
  if (goes_on) {
    fiq_phase_core_tick(&self->phase.core, &params);
  } else {
    fiq_phase_core_rest(&self->phase.core);
  }
  if (self->path) {
    place_core_bands(self);
  } else {
    sway_swarm(self);
  }
}
