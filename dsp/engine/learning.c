// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/engine_state.h"

#include <assert.h>
#include <string.h>

static const float  distrust_s = 0.018f; // less than what is watched, so that harm is never heard
static const float  trust_s    = 0.05f;
static const float  blend_s    = 0.008f; // all the way from one to the other
static const float  heard_s    = 0.5f;
static const double first_s    = 2.0; // what the first lesson needs, and the later ones
static const double later_s    = 6.0;
static const double least_s    = 0.1;
static const float  silence    = 1e-4f;

enum { STUDY_TICKS = 4 }; ///< control periods from one slice of a lesson to the next

_Static_assert((int)FIQ_OBJECTIVE_HEADROOM - 1 == (int)FIQ_LEARN_HEADROOM &&
                   (int)FIQ_OBJECTIVE_MONO - 1 == (int)FIQ_LEARN_MONO &&
                   (int)FIQ_OBJECTIVE_ALIGN - 1 == (int)FIQ_LEARN_ALIGN,
               "objectives follow Off in the order that the learner has them");

/// What is to be learned; none of the learner's objectives while that is off.
static FiqLearnObjective objective_of(const FiqEngineParams* params)
{
  assert(params);
  return (FiqLearnObjective)((int)params->objective - 1);
}

/// The spectral realm is to play what it learns.
static bool engine_is_learning(const FiqEngine* self)
{
  assert(self);
  return self->path && self->params.objective != FIQ_OBJECTIVE_OFF &&
         self->params.realm == FIQ_REALM_SPECTRAL;
}

/// What it has for that: the number of the lesson, or 0.
static uint32_t fitting_lesson(const FiqEngine* self)
{
  assert(self);
  const bool fits = self->lessons.learned.is_known &&
                    self->lessons.learned.learned.objective == objective_of(&self->params);
  return fits && engine_is_learning(self) ? self->lessons.learned_id : 0;
}

static void play_lesson(FiqEngine* self, uint32_t id)
{
  assert(id == 0 || self->lessons.learned.is_known);
  static const FiqPhaseSolution none = {.is_known = false};
  self->lessons.playing              = id ? self->lessons.learned : none;
  self->lessons.playing_id           = id;
  if (self->path) {
    fiq_realms_set_lesson(&self->path->path.realms, &self->lessons.playing);
  }
  if (self->exchange.incoming) {
    fiq_realms_set_lesson(&self->exchange.incoming->path.realms, &self->lessons.playing);
  }
}

/// There is nothing learned that the realms could do, nor anything else: the delayed input is the same, to the bit.
static bool has_no_effect(const FiqEngine* self)
{
  assert(self);
  return self->lessons.is_tuned && !self->lessons.playing_id && !self->routing.with_q &&
         !(fabsf(self->params.coherence) > 0.0f) &&
         fiq_phase_rotator_rests(&self->path->path.rotator);
}

/// Start from silence with what fits.
void fiq_engine_restart_lesson(FiqEngine* self)
{
  assert(self);
  play_lesson(self, fitting_lesson(self));
  self->lessons.is_tuned      = engine_is_learning(self);
  self->lessons.settle_frames = 0;
  fiq_watch_reset(&self->lessons.watch,
                  self->lessons.playing.is_known ? self->lessons.playing.peak : 0.0f);
  memset(&self->lessons.blend, 0, sizeof(self->lessons.blend));
  memset(&self->lessons.peak_dry, 0, sizeof(self->lessons.peak_dry));
  memset(&self->lessons.peak_out, 0, sizeof(self->lessons.peak_out));
  self->lessons.energy_dry = 0.0;
  self->lessons.energy_out = 0.0;
  fiq_smoother_reset(&self->lessons.trust, has_no_effect(self) ? 0.0f : 1.0f);
  fiq_smoother_reset(&self->lessons.strength, 1.0f);
}

/// Whether the change needs a way through the dry signal: a delay or a polarity cannot be faded.
static bool is_move(const FiqPhaseSolution* from, const FiqPhaseSolution* to, double rate)
{
  assert(from && to && rate > 0.0);
  const bool a = from->is_known && from->learned.is_inverted;
  const bool b = to->is_known && to->learned.is_inverted;
  return a != b ||
         fiq_phase_solution_delay_frames(from, rate) != fiq_phase_solution_delay_frames(to, rate);
}

static void change_lesson(FiqEngine* self)
{
  assert(self->path);
  static const FiqPhaseSolution none   = {.is_known = false};
  const uint32_t                wanted = fitting_lesson(self);
  if (wanted != self->lessons.playing_id) {
    const bool moves = is_move(&self->lessons.playing, wanted ? &self->lessons.learned : &none,
                               self->config.sample_rate_hz);
    if (moves && self->lessons.trust.end > 0.0f) {
      return;
    }
    if (moves || self->lessons.watch.harms) {
      self->lessons.settle_frames = 2 * fiq_engine_latency_frames(self);
    }
    play_lesson(self, wanted);
    fiq_watch_restart(&self->lessons.watch);
  }
  self->lessons.is_tuned = engine_is_learning(self) || self->lessons.playing_id;
}

/// What is played now, or is to be.
static FiqLearnObjective playing_objective(const FiqEngine* self)
{
  assert(self);
  return self->lessons.playing_id ? self->lessons.playing.learned.objective
                                  : objective_of(&self->params);
}

/// Control periods from what the path sees to when it is heard; 0 if it does not look ahead.
static uint32_t periods_ahead(const FiqEngine* self)
{
  assert(self->path && self->control_frames > 0);
  const uint32_t n = self->path->order.watch_frames / self->control_frames;
  return n < FIQ_BLEND_PERIODS - 2 ? n : FIQ_BLEND_PERIODS - 2;
}

bool fiq_engine_guards_peaks(const FiqEngine* self)
{
  assert(self->path);
  const FiqEngineParams* const p = &self->params;
  if (self->path->path.groups.is_placing) {
    return false; // what is placed or raised on purpose is louder on purpose
  }
  if (self->lessons.playing_id || self->lessons.is_tuned) {
    return playing_objective(self) == FIQ_LEARN_HEADROOM;
  }
  return p->peak_guard == FIQ_PEAK_GUARD_ON && p->objective == FIQ_OBJECTIVE_OFF &&
         p->realm == FIQ_REALM_SPECTRAL && !(p->coherence > 0.0f) &&
         fiq_phase_rotator_rests(&self->path->path.rotator);
}

/// They can be kept by a blend with the delayed input, which is not turned by rotation and shift.
static bool can_blend(const FiqEngine* self)
{
  assert(self->path);
  return fiq_engine_guards_peaks(self) && !self->routing.with_q && periods_ahead(self) >= 3;
}

/// What the blend may move a control period: it must be there in time.
static float blend_step(const FiqEngine* self, float period_s)
{
  const float whole_s = period_s * (float)(periods_ahead(self) - 2);
  return period_s / fminf(blend_s, whole_s);
}

static void hear_levels(FiqEngine* self, const FiqPathLevels* seen, float period_s)
{
  assert(seen && period_s > 0.0f);
  FiqEngineLessons* const lessons = &self->lessons;
  const double            step    = (double)(period_s / heard_s);
  fiq_peak_hold_step(&lessons->peak_dry, seen->peak_dry, seen->peak_dry, period_s);
  fiq_peak_hold_step(&lessons->peak_out, seen->peak_out, seen->peak_dry, period_s);
  lessons->energy_dry += (seen->energy_dry - lessons->energy_dry) * step;
  lessons->energy_out += (seen->energy_out - lessons->energy_out) * step;
}

static void control_trust(FiqEngine* self, float period_s)
{
  assert(self->path);
  assert(period_s > 0.0f);
  FiqEngineLessons* const lessons = &self->lessons;
  FiqPathLevels           seen    = self->path->path.seen;
  if (lessons->settle_frames > 0) {
    seen.peak_wet   = 0.0f;
    seen.energy_wet = seen.energy_dry;
  }
  // It watches before there is a lesson as well, so that the first one needs no silence.
  const bool learns = lessons->playing_id || lessons->is_tuned;
  if (learns || fiq_engine_guards_peaks(self)) {
    fiq_watch_step(&lessons->watch, learns ? playing_objective(self) : FIQ_LEARN_HEADROOM, &seen,
                   period_s);
  }
  if (learns) {
    hear_levels(self, &seen, period_s);
  }
  const bool  blends = can_blend(self);
  const float slope  = blends ? blend_step(self, period_s) : 0.0f;
  const bool  harms  = lessons->playing_id && lessons->watch.harms;
  const bool  pending =
      fitting_lesson(self) != lessons->playing_id; // waits for silence of the realms
  const bool hidden = pending || lessons->settle_frames > 0 || has_no_effect(self) ||
                      (harms && !blends && !self->routing.with_q);
  const float least = hidden ? 0.0f : 1.0f;
  const float most  = blends ? fiq_blend_step(&lessons->blend, lessons->trust.end, seen.excess,
                                              periods_ahead(self), slope)
                             : 1.0f;
  fiq_engine_ramp(&lessons->trust, fminf(least, most),
                  hidden   ? period_s / distrust_s
                  : blends ? slope
                           : period_s / trust_s);
  // The delayed input is not turned; so the phases must go while rotation or shift are heard.
  fiq_engine_ramp(&lessons->strength, harms && self->routing.with_q ? 0.0f : 1.0f,
                  period_s / trust_s);
  lessons->settle_frames = fiq_engine_count_down(lessons->settle_frames, self->control_frames);
}

float fiq_engine_delivered_db(const FiqEngine* self)
{
  assert(self);
  const FiqEngineLessons* const lessons = &self->lessons;
  if (!lessons->playing_id) {
    return 0.0f;
  }
  const bool   is_peak = lessons->playing.learned.objective == FIQ_LEARN_HEADROOM;
  const double dry     = (double)fiq_peak_hold_peak(&lessons->peak_dry);
  const double out     = (double)fiq_peak_hold_peak(&lessons->peak_out);
  const double ratio   = is_peak ? (dry * dry + 1e-12) / (out * out + 1e-12)
                                 : (lessons->energy_out + 1e-12) / (lessons->energy_dry + 1e-12);
  return fiq_clamp((float)(10.0 * log10(ratio)), -60.0f, 60.0f);
}

FiqLearnState fiq_engine_learn_state(const FiqEngine* self)
{
  assert(self);
  const FiqPart* const learner = self->lessons.learner;
  if (!engine_is_learning(self)) {
    return FIQ_LEARN_OFF;
  }
  if (learner && learner->learning.is_taken && !fitting_lesson(self)) {
    return FIQ_LEARN_LEARNS;
  }
  if (fitting_lesson(self)) {
    return FIQ_LEARN_HAS;
  }
  return self->lessons.n_lessons > 0 ? FIQ_LEARN_NOTHING : FIQ_LEARN_LISTENS;
}

void fiq_engine_forget_lessons(FiqEngine* self, bool also_learned)
{
  assert(self);
  self->lessons.is_stale  = true;
  self->lessons.n_lessons = 0;
  if (self->lessons.learner) {
    fiq_lesson_rewind(&self->lessons.learner->learning);
  }
  if (also_learned) {
    self->lessons.learned.is_known = false;
  }
}

/// Without a worker lessons go on in here, a slice at a time.
static void study(FiqEngine* self)
{
  assert(self->path);
  const bool offline = self->params.freewheel;
  if (self->config.with_worker || !self->lessons.learner) {
    return;
  }
  FiqLesson* const learning = &self->lessons.learner->learning;
  if (!learning->is_taken) {
    (void)fiq_engine_lesson(self, &self->params);
  } else if (offline || self->n_ticks % STUDY_TICKS == 0) {
    bool goes_on = fiq_lesson_step(learning);
    while (goes_on && offline) {
      goes_on = fiq_lesson_step(learning);
    }
    if (!goes_on) {
      fiq_engine_learned(self);
    }
  }
}

void fiq_engine_control_learning(FiqEngine* self, float period_s)
{
  assert(self->path);
  assert(period_s > 0.0f);
  const FiqEngineParams* const p     = &self->params;
  const bool                   clear = p->learn_clear;
  if (clear && !self->lessons.is_clearing) {
    fiq_engine_forget_lessons(self, true);
  }
  if (p->objective != self->lessons.objective) {
    fiq_engine_forget_lessons(self, false);
  }
  self->lessons.is_clearing = clear;
  self->lessons.objective   = p->objective;
  // Offline what was recorded is learned from when `learn` goes off.
  if (self->lessons.learner && !p->learn && !p->freewheel) {
    fiq_lesson_rewind(&self->lessons.learner->learning);
  }
  study(self);
  change_lesson(self);
  control_trust(self, period_s);
}

FiqPart* fiq_engine_lesson(FiqEngine* self, const FiqEngineParams* params)
{
  assert(self && params);
  FiqPart* const part = self->lessons.learner;
  if (!part || part->learning.is_taken || params->objective == FIQ_OBJECTIVE_OFF ||
      params->objective != self->lessons.objective) {
    return NULL;
  }
  FiqLesson* const learning = &part->learning;
  const bool       offline  = params->freewheel;
  const double     needed_s = offline                       ? part->order.segment_s
                              : self->lessons.n_lessons > 0 ? later_s
                                                            : first_s;
  const bool       is_last  = offline && !params->learn;
  const double     frames   = floor((is_last ? least_s : needed_s) * self->config.sample_rate_hz);
  if ((double)learning->n_recorded < frames) {
    return NULL;
  }
  if (learning->peak < silence) {
    fiq_lesson_rewind(learning);
    return NULL;
  }
  self->lessons.is_stale = false;
  fiq_lesson_start(learning, objective_of(params), params->delay_spread, &self->lessons.learned);
  return part;
}

void fiq_engine_learned(FiqEngine* self)
{
  assert(self);
  FiqPhaseSolution outcome;
  const bool       is_better = fiq_lesson_finish(&self->lessons.learner->learning, &outcome);
  if (self->lessons.is_stale) {
    return;
  }
  ++self->lessons.n_lessons;
  if (is_better) {
    self->lessons.learned = outcome;
    ++self->lessons.learned_id;
  }
}
