// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/engine_state.h"

#include <assert.h>

static const float  distrust_s = 0.018f; // less than what is watched, so that harm is never heard
static const float  trust_s    = 0.05f;
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

/// Start from silence with what fits.
void fiq_engine_restart_lesson(FiqEngine* self)
{
  assert(self);
  play_lesson(self, fitting_lesson(self));
  self->lessons.is_tuned      = engine_is_learning(self);
  self->lessons.settle_frames = 0;
  fiq_watch_reset(&self->lessons.watch,
                  self->lessons.playing.is_known ? self->lessons.playing.peak : 0.0f);
  fiq_smoother_reset(&self->lessons.trust, 1.0f);
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

static void control_trust(FiqEngine* self, float period_s)
{
  assert(self->path);
  assert(period_s > 0.0f);
  FiqPathLevels seen = self->path->path.seen;
  if (self->lessons.settle_frames > 0) {
    seen.peak_wet   = 0.0f;
    seen.energy_wet = seen.energy_dry;
  }
  // It watches before there is a lesson as well, so that the first one needs no silence.
  if (self->lessons.playing_id || self->lessons.is_tuned) {
    const FiqLearnObjective objective = objective_of(&self->params);
    fiq_watch_step(&self->lessons.watch,
                   self->lessons.playing_id ? self->lessons.playing.learned.objective : objective,
                   &seen, period_s);
  }
  const bool harms = self->lessons.playing_id && self->lessons.watch.harms;
  const bool pending =
      fitting_lesson(self) != self->lessons.playing_id; // waits for silence of the realms
  const bool hidden =
      pending || self->lessons.settle_frames > 0 || (harms && !self->routing.with_q);
  fiq_engine_ramp(&self->lessons.trust, hidden ? 0.0f : 1.0f,
                  period_s / (hidden ? distrust_s : trust_s));
  // The delayed input is not turned; so the phases must go while rotation or shift are heard.
  fiq_engine_ramp(&self->lessons.strength, harms && self->routing.with_q ? 0.0f : 1.0f,
                  period_s / trust_s);
  self->lessons.settle_frames =
      fiq_engine_count_down(self->lessons.settle_frames, self->control_frames);
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
  fiq_lesson_start(learning, objective_of(params), &self->lessons.learned);
  return part;
}

void fiq_engine_learned(FiqEngine* self)
{
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
