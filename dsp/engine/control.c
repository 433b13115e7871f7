// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/engine_state.h"
#include "dsp/engine/telemetry_fill.h"

#include <assert.h>

static const float coupling_told_max = 64.0f; // of the meter
static const float bypass_s          = 0.01f;
static const float detour_s          = 0.02f;
static const float exchange_s        = 0.05f;

static const float drive_least  = 0.0630957344f; // the lowest Drive, at which nothing is added
static const float goal_octaves = 4.0f;          // of the drive that a goal adds or takes at most

/// Beats per turn for sync 1..7; the first three count bars.

/// A new input mode is taken behind the dry signal, once nothing of the old one is left in the realms.
static void control_mode(FiqEngine* self, float period_s)
{
  assert(self->path);
  assert(period_s > 0.0f);
  const FiqInputMode wanted = self->params.input_mode;
  const bool         leave  = wanted != self->routing.mode;
  if (leave && self->routing.detour.end <= 0.0f) {
    self->routing.mode          = wanted;
    self->routing.detour_frames = 2 * fiq_engine_latency_frames(self);
  }
  const bool stay = self->routing.detour_frames > 0;
  self->routing.detour_frames =
      fiq_engine_count_down(self->routing.detour_frames, self->control_frames);
  fiq_engine_ramp(&self->routing.detour, leave || stay ? 0.0f : 1.0f, period_s / detour_s);
}

static float magnitude_of(const FiqSmoother* smoother)
{
  assert(smoother);
  return fabsf(smoother->start) + fabsf(smoother->end);
}

/// Q costs as much as I, so it is made only while something turns; it must be whole before that begins.
static void control_quadrature(FiqEngine* self)
{
  assert(self->control_frames > 0);
  const bool wanted = fabsf(self->params.rotate) + fabsf(self->params.shift) > 0.0f;
  const bool turns  = magnitude_of(&self->smoothed[FIQ_SMOOTH_ROTATE]) +
                         magnitude_of(&self->smoothed[FIQ_SMOOTH_SHIFT]) >
                     0.0f;
  const bool was       = self->routing.with_q;
  self->routing.with_q = wanted || turns;
  if (self->routing.with_q && !was) {
    self->routing.q_frames = 2 * fiq_engine_latency_frames(self);
  }
  self->routing.q_frames = fiq_engine_count_down(self->routing.q_frames, self->control_frames);
  const uint32_t most    = UINT32_MAX - self->control_frames;
  const uint32_t passed  = self->routing.straight_frames;
  self->routing.straight_frames =
      self->routing.with_q ? 0 : (passed < most ? passed : most) + self->control_frames;
}

static void tick_smoothers(FiqEngine* self)
{
  assert(self->routing.detour.end >= 0.0f && self->routing.detour.end <= 1.0f);
  for (uint32_t i = 0; i < FIQ_N_SMOOTHED; ++i) {
    const bool waits =
        (i == FIQ_SMOOTH_ROTATE || i == FIQ_SMOOTH_SHIFT) && self->routing.q_frames > 0;
    fiq_smoother_tick(&self->smoothed[i],
                      waits ? 0.0f : fiq_engine_smoothed_param(&self->params, (FiqSmoothed)i));
  }
  self->routing.mix.start = self->routing.mix.end;
  self->routing.mix.end   = self->smoothed[FIQ_SMOOTH_MIX].end * self->routing.detour.end;
}

static FiqRealmsParams realms_params(const FiqEngine* self)
{
  assert(self->path);
  const FiqEngineParams* const p = &self->params;
  // The density goal thickens by harmonics.
  const float density = fiq_goal_controller_drive(&self->goals.controller, FIQ_GOAL_DENSITY);
  const float thicker = fabsf(density) > 0.0f ? exp2f(goal_octaves * density) : 1.0f;
  return (FiqRealmsParams){
      .realm  = p->realm,
      .amount = self->smoothed[FIQ_SMOOTH_AMOUNT].end,
      .drive =
          fiq_clamp((self->smoothed[FIQ_SMOOTH_DRIVE].end - drive_least) * thicker, 0.0f, 64.0f),
      .coordination = p->coordination,
      .motion_rad   = self->smoothed[FIQ_SMOOTH_MOTION].end,
      .stereo_rad   = FIQ_PI_F * self->smoothed[FIQ_SMOOTH_WIDTH].end,
      .theta_rad    = self->phase.theta_rad,
      .attention    = self->goals.attending ? self->phase.learn_scale : NULL,
      .coherence    = p->coherence,
      .turn_from_hz = p->turn_from,
      .match_rate   = p->match,
      .match_hold   = p->match_hold,
      .learned      = self->lessons.is_tuned};
}

static void list_rotator(const FiqEngineParams* p,
                         FiqPhaseRotatorBand    bands[FIQ_PHASE_ROTATOR_SECTIONS])
{
  const FiqPhaseRotatorBand set[FIQ_PHASE_ROTATOR_SECTIONS] = {
      {p->rotator_1_hz, p->rotator_1_q, p->rotator_1_amount},
      {p->rotator_2_hz, p->rotator_2_q, p->rotator_2_amount},
      {p->rotator_3_hz, p->rotator_3_q, p->rotator_3_amount},
      {p->rotator_4_hz, p->rotator_4_q, p->rotator_4_amount},
      {p->rotator_5_hz, p->rotator_5_q, p->rotator_5_amount},
      {p->rotator_6_hz, p->rotator_6_q, p->rotator_6_amount}};
  memcpy(bands, set, sizeof(set));
}

static void control_paths(FiqEngine* self)
{
  assert(self->path);
  FiqEffectPathParams params = {
      .realms = realms_params(self),
      .trust  = &self->lessons.trust,
      .limit  = fiq_watch_limit(&self->lessons.watch),
      .watching =
          self->lessons.playing_id != 0 || self->lessons.is_tuned || fiq_engine_guards_peaks(self),
      .with_energy = self->lessons.playing_id != 0 || self->lessons.is_tuned,
      .with_side   = self->lessons.playing.learned.objective == FIQ_LEARN_ALIGN,
      .input_mode  = self->routing.mode,
      .with_q      = self->routing.with_q,
      .shift_hz    = self->smoothed[FIQ_SMOOTH_SHIFT].end,
      .rotate      = &self->smoothed[FIQ_SMOOTH_ROTATE],
      .mix         = &self->routing.mix,
      .level       = &self->smoothed[FIQ_SMOOTH_SWARM_LEVEL],
      .follow      = &self->smoothed[FIQ_SMOOTH_SWARM_FOLLOW],
      .own_level   = fiq_engine_sings_input(self)};
  list_rotator(&self->params, params.rotator);
  params.groups        = (FiqGroupsParams){.binding  = self->params.binding,
                                           .spread   = self->params.group_spread,
                                           .focus    = self->params.group_focus,
                                           .focus_db = fiq_gain_to_db(self->params.group_focus_amount)};
  params.freeze        = self->params.freeze;
  params.freeze_fade_s = self->params.freeze_fade;
  params.realms.amount *= self->lessons.strength.end;
  fiq_effect_path_control(&self->path->path, &params);
  if (self->exchange.incoming) {
    fiq_effect_path_control(&self->exchange.incoming->path, &params);
    self->exchange.incoming_runs = true;
  }
}

/// Fade to the incoming path once it is filled, then let it take the place of the old one.
static void control_exchange(FiqEngine* self, float period_s)
{
  assert(self->path);
  assert(period_s > 0.0f);
  if (!self->exchange.incoming) {
    return;
  }
  if (self->exchange.fade.end >= 1.0f) {
    fiq_engine_finish_exchange(self);
    return;
  }
  self->exchange.incoming_frames =
      fiq_engine_count_down(self->exchange.incoming_frames, self->control_frames);
  fiq_engine_ramp(&self->exchange.fade, self->exchange.incoming_frames > 0 ? 0.0f : 1.0f,
                  period_s / exchange_s);
}

static void meter_core(FiqEngineMeters* meters, const FiqPhaseCore* core)
{
  assert(meters && core);
  meters->order          = core->order;
  meters->uncertainty    = core->uncertainty;
  meters->coupling_now   = core->coupling;
  meters->coupling_ratio = core->coupling_ratio;
  meters->action         = (float)core->action;
  meters->tone           = (float)core->tone;
  meters->zone_share     = core->zone_share;
}

/// In the Swarm it is the notes' oscillators that count.
static void meter_groups(FiqEngineMeters* meters, const FiqEngine* self)
{
  assert(meters && !self->path);
  const FiqRegulator* const regulator = &self->phase.group_regulator;
  meters->order                       = self->swarm->swarm.groups.order;
  meters->uncertainty                 = fiq_swarm_uncertainty(&self->swarm->swarm);
  meters->coupling_now   = fminf(coupling_told_max, regulator->coupling * self->params.speed);
  meters->coupling_ratio = meters->coupling_now / fiq_engine_group_critical(self);
  meters->action         = (float)regulator->action;
  meters->tone           = (float)regulator->tone;
  meters->zone_share     = regulator->zone_share;
}

/// Mean progress of the goals, the partner's range among them.
static float goal_progress(const FiqEngine* self)
{
  const FiqGoalController* const goals    = &self->goals.controller;
  const float                    progress = fiq_goal_controller_progress(goals);
  float                          range    = 0.0f;
  const float                    n        = (float)goals->n_goals;
  return fiq_engine_partner_range(self, &range) ? (n * progress + range) / (n + 1.0f) : progress;
}

static void meter_mind(FiqEngineMeters* meters, const FiqEngine* self)
{
  assert(meters && self);
  meters->learn_delivered = self->path ? fiq_engine_delivered_db(self) : 0.0f;
  meters->moments         = (float)self->moments.memory.n_moments;
  meters->recall_match    = self->params.recall > 0.0f ? self->moments.memory.recall : 0.0f;
  meters->goal_progress   = goal_progress(self);
  meters->linked          = (float)self->phase.field.n_peers;
}

static void meter_realms(FiqEngineMeters* meters, const FiqEngine* self)
{
  assert(meters && self->path);
  const FiqRealms* const realms = &self->path->path.realms;
  meters->coordinated           = realms->coordination_score;
  meters->spectral_share        = fiq_realms_spectral_share(realms);
  meters->learn_progress =
      self->lessons.learner ? fiq_lesson_progress(&self->lessons.learner->learning) : 0.0f;
  meters->learn_gain =
      self->lessons.learned.is_known ? self->lessons.learned.learned.gain_db : 0.0f;
  meters->learn_active =
      self->lessons.playing_id ? self->lessons.trust.end * self->lessons.strength.end : 0.0f;
  meters->learn_state = (float)fiq_engine_learn_state(self);
  meters->groups      = (float)fiq_groups_n(&self->path->path.groups);
  meters->match_error = fiq_gain_to_db(fiq_realm_temporal_error(&realms->temporal[0]));
  if (realms->current == FIQ_REALM_ADAPTIVE) {
    const FiqSpectralFeatures* const heard = fiq_realm_spectral_features(&realms->spectral[1]);
    meters->tonality                       = realms->adaptive.tonality;
    meters->rms                            = heard->rms_db;
    meters->flatness                       = heard->flatness;
    meters->entropy                        = heard->entropy;
    meters->flux                           = heard->flux;
    meters->phase_variance                 = heard->phase_increment_variance;
  }
}

/// Meters that are too dear for every period: exponentials and logarithms by the carrier and by the note.
static void meter_notes(FiqEngine* self)
{
  assert(self->swarm);
  const FiqSwarm* const  swarm  = &self->swarm->swarm;
  FiqEngineMeters* const meters = &self->report.meters;
  const uint32_t         n      = fiq_engine_n_sounding(self);
  // Nothing moves in a swarm that sleeps.
  if (!swarm->rest.asleep || !self->report.is_residual_known) {
    meters->residual = fiq_swarm_residual_hz(swarm);
  }
  self->report.is_residual_known = swarm->rest.asleep;
  meters->carriers               = (float)n;
  meters->harmony                = n > 1 ? fiq_notes_harmony(&swarm->notes) : 1.0f;
}

static void update_meters(FiqEngine* self)
{
  assert(self->swarm);
  const FiqSwarm* const  swarm  = &self->swarm->swarm;
  FiqEngineMeters* const meters = &self->report.meters;
  meters->imbalance             = swarm->anneal.schedule.imbalance;
  meters->core_order            = self->phase.core.order;
  meters->lyapunov              = self->phase.core.lyapunov;
  meters->stability             = (float)self->phase.core.class_;
  meters->warning               = self->phase.core.confidence;
  if (self->n_ticks % FIQ_METER_TICKS == 0) {
    meter_notes(self);
    meter_mind(meters, self);
  }
  if (self->path) {
    meter_core(meters, &self->phase.core);
    meter_realms(meters, self);
  } else {
    meter_groups(meters, self);
  }
}

void fiq_engine_describe(FiqEngine* self, FiqTelemetry* draft)
{
  assert(self && draft);
  FiqEngineMeters* const  meters = &self->report.meters;
  FiqCoreTelemetry* const core   = &draft->core;
  draft->frame                   = self->n_ticks * self->control_frames;
  draft->guard_resets            = self->guard.n_faults;
  fiq_describe_core(core, &self->phase.core);
  core->order          = meters->order;
  core->uncertainty    = meters->uncertainty;
  core->coupling       = meters->coupling_now;
  core->coupling_ratio = meters->coupling_ratio;
  core->action         = meters->action;
  core->tone           = meters->tone;
  core->zone_share     = meters->zone_share;
  core->zone_low       = self->params.order_low;
  core->zone_high      = self->params.order_high;
  core->linked         = meters->linked;
  if (!self->path) {
    core->noise     = fiq_engine_group_noise(self);
    core->resonance = self->phase.group_resonance.noise;
  }
  if (self->path) {
    fiq_describe_realms(draft, &self->path->path.realms);
    fiq_describe_groups(&draft->groups, &self->path->path.groups);
    fiq_describe_phases(&draft->curve, &self->lessons.playing, &self->path->path.rotator);
  }
  fiq_describe_swarm(draft, &self->swarm->swarm);
  fiq_describe_mind(&draft->mind, &self->moments.memory, &self->goals.controller,
                    &self->goals.attention);
  if (fiq_engine_partner_range(self, &draft->mind.progress[draft->mind.n_goals])) {
    ++draft->mind.n_goals;
  }
  draft->mind.harmony       = meters->harmony;
  draft->mind.goal_progress = meters->goal_progress;
  fiq_engine_describe_sequence(self, &draft->sequence);
}

void fiq_engine_control(FiqEngine* self)
{
  assert(self && self->swarm);
  assert(self->position == 0);
  assert(self->control_frames <= FIQ_CONTROL_MAX);
  const float period_s = (float)(self->control_frames / self->config.sample_rate_hz);
  control_quadrature(self);
  if (self->path) {
    control_mode(self, period_s);
  }
  tick_smoothers(self);
  fiq_engine_ramp(&self->enabled, self->params.enabled, period_s / bypass_s);
  fiq_engine_control_analysis(self);
  fiq_engine_control_goals(self, period_s);
  fiq_engine_control_core(self);
  if (self->path) {
    control_exchange(self, period_s);
    fiq_engine_control_learning(self, period_s);
    control_paths(self);
  }
  fiq_engine_control_sequence(self);
  fiq_engine_control_swarm(self);
  update_meters(self);
  if (self->report.watched && self->n_ticks % FIQ_TELEMETRY_TICKS == 0) {
    fiq_engine_describe(self, &self->report.draft);
    fiq_telemetry_publish(&self->report.box, &self->report.draft);
  }
  ++self->n_ticks;
}
