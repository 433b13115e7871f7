// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/engine_state.h"

#include <assert.h>
#include <math.h>

static const double lookahead_s = 0.02;  // what Align may move the track ahead
static const double watch_s     = 0.02;  // what Headroom sees of its output before it leaves
static const double guard_s     = 0.005; // and what the peak guard does
static const double straight_s  = 10.0;  // until a path that turns is given up
static const double later_s     = 6.0;   // what a lesson hears at a time, and offline
static const double offline_s   = 60.0;

void fiq_engine_retire_part(FiqEngine* self, FiqPart* part)
{
  assert(self && part);
  for (uint32_t i = 0; i < FIQ_RETIRED_MAX; ++i) {
    if (!self->exchange.retired[i]) {
      self->exchange.retired[i] = part;
      return;
    }
  }
  assert(false); // fiq_engine_wants() orders nothing while a place is taken
}

uint32_t fiq_engine_latency_frames(const FiqEngine* self)
{
  assert(self && self->swarm);
  return self->path ? self->path->path.latency_frames
                    : fiq_swarm_latency_frames(&self->swarm->swarm);
}

/*
   A swarm of another step cannot go on where the old one was: its first frame is heard one or two of its steps later.
   So long the old one goes on beside it, with the notes that it has, and fades as that frame comes.
*/
static const double crossfade_least_s = 0.0027;

void fiq_engine_start_swarm_crossfade(FiqEngine* self, FiqPart* old)
{
  assert(old && old != self->swarm);
  const FiqSwarm* const next  = &self->swarm->swarm;
  const uint32_t        step  = next->step_frames;
  const uint32_t        least = (uint32_t)(crossfade_least_s * self->config.sample_rate_hz);
  const uint32_t        begin = (step - (uint32_t)(next->frame % step)) % step; // of its first step
  fiq_engine_end_leaving(self);
  self->exchange.leaving       = old;
  self->exchange.leaving_at    = 0;
  self->exchange.leaving_waits = begin + step;
  self->exchange.leaving_fades = step > least ? step : least;
}

void fiq_engine_end_leaving(FiqEngine* self)
{
  assert(self);
  if (self->exchange.leaving) {
    fiq_engine_retire_part(self, self->exchange.leaving);
    self->exchange.leaving = NULL;
  }
}

/// Gain `frames` after the fade began. The new one comes as sin^2, and the phases of the two do not agree.
static float leaving_gain(float frames, float fade)
{
  const float coming = 0.5f - 0.5f * cosf(FIQ_PI_F * fiq_clamp(frames / fade, 0.0f, 1.0f));
  return sqrtf(1.0f - coming * coming);
}

void fiq_engine_add_leaving(FiqEngine* self, uint32_t n_frames)
{
  assert(n_frames <= FIQ_CONTROL_MAX);
  if (!self->exchange.leaving) {
    return;
  }
  fiq_swarm_process(&self->exchange.leaving->swarm, self->exchange.left, n_frames);
  const float fade = (float)self->exchange.leaving_fades;
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float frames =
        (float)(self->exchange.leaving_at + i) - (float)self->exchange.leaving_waits + 0.5f;
    const float gain = leaving_gain(frames, fade);
    self->plane.swarm_out[0][i] += gain * self->exchange.left[0][i];
    self->plane.swarm_out[1][i] += gain * self->exchange.left[1][i];
  }
  self->exchange.leaving_at += n_frames;
  if (self->exchange.leaving_at >= self->exchange.leaving_waits + self->exchange.leaving_fades) {
    fiq_engine_end_leaving(self);
  }
}

void fiq_engine_finish_exchange(FiqEngine* self)
{
  assert(self->exchange.incoming && self->path);
  fiq_engine_retire_part(self, self->path);
  self->path              = self->exchange.incoming;
  self->exchange.incoming = NULL;
  fiq_smoother_reset(&self->exchange.fade, 0.0f);
  self->report.meters.latency = (float)fiq_engine_latency_frames(self);
}

static bool wants_swarm(const FiqEngine* self, const FiqEngineParams* params, FiqPartOrder* order)
{
  assert(self->swarm && params->oscillators >= 1);
  static const uint32_t     steps[] = {64, 256, 1024};
  const FiqPartOrder* const now     = &self->swarm->order;
  // Grow by doubling, so that a knob on its way up does not rebuild the swarm at every step.
  const uint32_t wanted = fiq_next_power_of_two((uint32_t)params->oscillators);
  *order                = (FiqPartOrder){.kind        = FIQ_PART_SWARM,
                                         .capacity    = wanted > now->capacity ? wanted : now->capacity,
                                         .step_frames = self->path ? FIQ_STEP_FRAMES : steps[params->quality]};
  return order->capacity > now->capacity || order->step_frames != now->step_frames;
}

/// With a short window the spectral realm does not wait for the others; who plays one of them then gets another path,
/// which takes a worker, or a host that is not in a hurry.
static bool is_quick(const FiqEngine* self, const FiqEngineParams* params)
{
  assert(self && params);
  const bool can_change = self->config.with_worker || params->freewheel;
  return can_change && params->window <= FIQ_WINDOW_1024 && params->realm == FIQ_REALM_SPECTRAL;
}

uint32_t fiq_engine_watch_frames(const FiqEngine* self, FiqObjective objective,
                                 FiqPeakGuard peak_guard)
{
  assert(self && self->control_frames > 0);
  const bool is_headroom = objective == FIQ_OBJECTIVE_HEADROOM;
  const bool is_guarded  = objective == FIQ_OBJECTIVE_OFF && peak_guard == FIQ_PEAK_GUARD_ON;
  if (!is_headroom && !is_guarded) {
    return 0;
  }
  // Harm is known a control period late, and the way back begins with the next.
  const double seen_s = is_headroom ? watch_s : guard_s;
  return (uint32_t)(seen_s * self->config.sample_rate_hz) + 2 * self->control_frames;
}

/// Turning well takes a path of its own. Who moves through 0 does not leave it; who stays there gets the latency back.
static bool wants_turns(const FiqEngine* self, const FiqEngineParams* params)
{
  assert(self->path && params);
  const bool turns      = fabsf(params->rotate) + fabsf(params->shift) > 0.0f;
  const bool can_change = self->config.with_worker || params->freewheel;
  const bool did        = self->path->order.turns &&
                   (double)self->routing.straight_frames < straight_s * self->config.sample_rate_hz;
  return can_change && params->input_mode != FIQ_INPUT_IQ_PAIR && (turns || did);
}

static bool wants_path(const FiqEngine* self, const FiqEngineParams* params, FiqPartOrder* order)
{
  assert(self && params && order);
  if (!self->path || self->exchange.incoming) {
    return false;
  }
  const FiqPartOrder* const now      = &self->path->order;
  const bool                is_align = params->objective == FIQ_OBJECTIVE_ALIGN;
  const double              ahead    = lookahead_s * self->config.sample_rate_hz;
  const uint32_t watch = fiq_engine_watch_frames(self, params->objective, params->peak_guard);
  *order               = (FiqPartOrder){.kind             = FIQ_PART_PATH,
                                        .window_frames    = 256u << params->window,
                                        .n_bands          = (uint32_t)params->bands,
                                        .lookahead_frames = is_align ? (uint32_t)(ahead + 1.0) : 0,
                                        .watch_frames     = watch,
                                        .turns            = wants_turns(self, params),
                                        .spectral_only    = is_quick(self, params)};
  return order->window_frames != now->window_frames || order->n_bands != now->n_bands ||
         order->lookahead_frames != now->lookahead_frames || order->turns != now->turns ||
         order->watch_frames != now->watch_frames || order->spectral_only != now->spectral_only;
}

static bool wants_learner(const FiqEngine* self, const FiqEngineParams* params, FiqPartOrder* order)
{
  assert(self && params && order);
  const bool offline = params->freewheel;
  *order             = (FiqPartOrder){.kind          = FIQ_PART_LEARNER,
                                      .window_frames = 256u << params->window,
                                      .segment_s     = offline ? offline_s : later_s,
                                      .is_single     = offline};
  if (!self->path || params->objective == FIQ_OBJECTIVE_OFF || !params->learn) {
    return false;
  }
  const FiqPart* const now = self->lessons.learner;
  return !now || (!now->learning.is_taken && (order->window_frames != now->order.window_frames ||
                                              order->is_single != now->order.is_single));
}

static bool wants_partner(const FiqEngine* self, const FiqEngineParams* params, FiqPartOrder* order)
{
  *order = (FiqPartOrder){.kind = FIQ_PART_PARTNER};
  return !self->sequence.partner && params->sequence != FIQ_PARTNER_OFF;
}

bool fiq_engine_can_install(const FiqEngine* self)
{
  assert(self);
  for (uint32_t i = 0; i < FIQ_RETIRED_MAX; ++i) {
    if (self->exchange.retired[i]) {
      return false;
    }
  }
  return !self->exchange.leaving;
}

bool fiq_engine_wants(const FiqEngine* self, const FiqEngineParams* params, FiqPartOrder* order)
{
  assert(self && params && order);
  if (!fiq_engine_can_install(self)) {
    return false;
  }
  return wants_swarm(self, params, order) || wants_path(self, params, order) ||
         wants_learner(self, params, order) || wants_partner(self, params, order);
}

void fiq_engine_install(FiqEngine* self, FiqPart* part)
{
  assert(self && part);
  if (part->order.kind == FIQ_PART_SWARM) {
    FiqPart* const old = self->swarm;
    fiq_swarm_adopt(&part->swarm, &old->swarm);
    self->swarm = part;
    if (part->order.step_frames != old->order.step_frames && !old->swarm.rest.asleep) {
      fiq_engine_start_swarm_crossfade(self, old);
    } else {
      fiq_engine_retire_part(self, old);
    }
    self->report.is_residual_known = false;
    self->report.meters.latency    = (float)fiq_engine_latency_frames(self);
    return;
  }
  if (part->order.kind == FIQ_PART_PARTNER) {
    if (self->sequence.partner) {
      fiq_engine_retire_part(self, self->sequence.partner);
    }
    self->sequence.partner = part;
    fiq_engine_start_partner(self);
    return;
  }
  if (part->order.kind == FIQ_PART_LEARNER) {
    if (self->lessons.learner) {
      fiq_engine_retire_part(self, self->lessons.learner);
    }
    self->lessons.learner = part;
    return;
  }
  assert(self->path && !self->exchange.incoming);
  fiq_realms_set_lesson(&part->path.realms, &self->lessons.playing);
  fiq_effect_path_adopt(&part->path, &self->path->path);
  self->exchange.incoming      = part;
  self->exchange.incoming_runs = false; // it begins with the next control period
  // Windows, delays and filters are full after twice the latency.
  self->exchange.incoming_frames = 2 * part->path.latency_frames;
  fiq_smoother_reset(&self->exchange.fade, 0.0f);
}

FiqPart* fiq_engine_take_retired_part(FiqEngine* self)
{
  assert(self);
  for (uint32_t i = 0; i < FIQ_RETIRED_MAX; ++i) {
    FiqPart* const part = self->exchange.retired[i];
    if (part) {
      self->exchange.retired[i] = NULL;
      return part;
    }
  }
  return NULL;
}
