// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/engine_state.h"

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
  return (FiqLearnObjective)((int)params->objective - 1);
}

/// The spectral realm is to play what it learns.
static bool engine_is_learning(const FiqEngine* self)
{
  return self->path && self->params.objective != FIQ_OBJECTIVE_OFF &&
         self->params.realm == FIQ_REALM_SPECTRAL;
}

/// What it has for that: the number of the lesson, or 0.
static uint32_t fitting_lesson(const FiqEngine* self)
{
  const bool fits =
      self->lesson.is_known && self->lesson.learned.objective == objective_of(&self->params);
  return fits && engine_is_learning(self) ? self->lesson_id : 0;
}

static void play_lesson(FiqEngine* self, uint32_t id)
{
  static const FiqPhaseSolution none = {.is_known = false};
  self->playing                      = id ? self->lesson : none;
  self->playing_id                   = id;
  if (self->path) {
    fiq_realms_set_lesson(&self->path->path.realms, &self->playing);
  }
  if (self->incoming) {
    fiq_realms_set_lesson(&self->incoming->path.realms, &self->playing);
  }
}

/// Start from silence with what fits.
void fiq_engine_restart_lesson(FiqEngine* self)
{
  play_lesson(self, fitting_lesson(self));
  self->is_tuned      = engine_is_learning(self);
  self->settle_frames = 0;
  fiq_watch_reset(&self->watch, self->playing.is_known ? self->playing.peak : 0.0f);
  fiq_smoother_reset(&self->trust, 1.0f);
  fiq_smoother_reset(&self->strength, 1.0f);
}

/// Whether the change needs a way through the dry signal: a delay or a polarity cannot be faded.
static bool is_move(const FiqPhaseSolution* from, const FiqPhaseSolution* to, double rate)
{
  const bool a = from->is_known && from->learned.is_inverted;
  const bool b = to->is_known && to->learned.is_inverted;
  return a != b ||
         fiq_phase_solution_delay_frames(from, rate) != fiq_phase_solution_delay_frames(to, rate);
}

static void change_lesson(FiqEngine* self)
{
  static const FiqPhaseSolution none   = {.is_known = false};
  const uint32_t                wanted = fitting_lesson(self);
  if (wanted != self->playing_id) {
    const bool moves =
        is_move(&self->playing, wanted ? &self->lesson : &none, self->config.sample_rate_hz);
    if (moves && self->trust.end > 0.0f) {
      return;
    }
    if (moves || self->watch.harms) {
      self->settle_frames = 2 * fiq_engine_latency_frames(self);
    }
    play_lesson(self, wanted);
    fiq_watch_restart(&self->watch);
  }
  self->is_tuned = engine_is_learning(self) || self->playing_id;
}

static void control_trust(FiqEngine* self, float period_s)
{
  FiqPathLevels seen = self->path->path.seen;
  if (self->settle_frames > 0) {
    seen.peak_wet   = 0.0f;
    seen.energy_wet = seen.energy_dry;
  }
  // It watches before there is a lesson as well, so that the first one needs no silence.
  if (self->playing_id || self->is_tuned) {
    const FiqLearnObjective objective = objective_of(&self->params);
    fiq_watch_step(&self->watch, self->playing_id ? self->playing.learned.objective : objective,
                   &seen, period_s);
  }
  const bool harms   = self->playing_id && self->watch.harms;
  const bool pending = fitting_lesson(self) != self->playing_id; // waits for silence of the realms
  const bool hidden  = pending || self->settle_frames > 0 || (harms && !self->with_q);
  fiq_engine_ramp(&self->trust, hidden ? 0.0f : 1.0f, period_s / (hidden ? distrust_s : trust_s));
  // The delayed input is not turned; so the phases must go while rotation or shift are heard.
  fiq_engine_ramp(&self->strength, harms && self->with_q ? 0.0f : 1.0f, period_s / trust_s);
  self->settle_frames = fiq_engine_count_down(self->settle_frames, self->control_frames);
}

void fiq_engine_forget_lessons(FiqEngine* self, bool also_learned)
{
  self->is_stale  = true;
  self->n_lessons = 0;
  if (self->learner) {
    fiq_lesson_rewind(&self->learner->learning);
  }
  if (also_learned) {
    self->lesson.is_known = false;
  }
}

/// Without a worker lessons go on in here, a slice at a time.
static void study(FiqEngine* self)
{
  const bool offline = self->params.freewheel;
  if (self->config.with_worker || !self->learner) {
    return;
  }
  FiqLesson* const learning = &self->learner->learning;
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
  const FiqEngineParams* const p     = &self->params;
  const bool                   clear = p->learn_clear;
  if (clear && !self->is_clearing) {
    fiq_engine_forget_lessons(self, true);
  }
  if (p->objective != self->objective) {
    fiq_engine_forget_lessons(self, false);
  }
  self->is_clearing = clear;
  self->objective   = p->objective;
  // Offline what was recorded is learned from when `learn` goes off.
  if (self->learner && !p->learn && !p->freewheel) {
    fiq_lesson_rewind(&self->learner->learning);
  }
  study(self);
  change_lesson(self);
  control_trust(self, period_s);
}

FiqPart* fiq_engine_lesson(FiqEngine* self, const FiqEngineParams* params)
{
  FiqPart* const part = self->learner;
  if (!part || part->learning.is_taken || params->objective == FIQ_OBJECTIVE_OFF ||
      params->objective != self->objective) {
    return NULL;
  }
  FiqLesson* const learning = &part->learning;
  const bool       offline  = params->freewheel;
  const double needed_s = offline ? part->order.segment_s : self->n_lessons > 0 ? later_s : first_s;
  const bool   is_last  = offline && !params->learn;
  const double frames   = floor((is_last ? least_s : needed_s) * self->config.sample_rate_hz);
  if ((double)learning->n_recorded < frames) {
    return NULL;
  }
  if (learning->peak < silence) {
    fiq_lesson_rewind(learning);
    return NULL;
  }
  self->is_stale = false;
  fiq_lesson_start(learning, objective_of(params), &self->lesson);
  return part;
}

void fiq_engine_learned(FiqEngine* self)
{
  FiqPhaseSolution outcome;
  const bool       is_better = fiq_lesson_finish(&self->learner->learning, &outcome);
  if (self->is_stale) {
    return;
  }
  ++self->n_lessons;
  if (is_better) {
    self->lesson = outcome;
    ++self->lesson_id;
  }
}
