// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/goals/goal_controller.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

/// How one kind of goal is measured and steered; errors in units.
typedef struct {
  float low; ///< range of targets and measures
  float high;
  float unit;      ///< of the measure, or of its logarithm; below 0: less of it is more
  float tolerance; ///< units
  float gain;      ///< k, drive a second and unit
  float lead_s;    ///< T
  float mean_gain; ///< k where only the mean of what swings is steered
} Steering;

static const Steering steering[FIQ_N_GOAL_KINDS] = {
    [FIQ_GOAL_ORDER]      = {0.0f, 1.0f, 1.0f, 0.03f, 0.95f, 1.0f, 0.0f},
    [FIQ_GOAL_HEADROOM]   = {0.0f, 60.0f, -6.0f, 0.5f / 6.0f, 0.4f, 2.0f, 0.2f},
    [FIQ_GOAL_BRIGHTNESS] = {20.0f, 20000.0f, 1.0f, 0.1f, 0.5f, 1.5f, 0.15f},
    [FIQ_GOAL_DENSITY]    = {0.0f, 1.0f, 0.5f, 0.06f, 0.6f, 1.5f, 0.35f},
};

static const float harm_db         = 0.1f; // by which peaks may rise
static const float doubt_max_db_s  = 1.0f; // of harm that are borne
static const float rest_first_s    = 20.0f;
static const float rest_max_s      = 320.0f;
static const float smooth_s        = 0.1f; // twice
static const float slow_s          = 1.0f; // where they swing
static const float swing_s         = 2.0f; // that swinging is told over
static const float swing_low       = 1.0f; // tolerances a second to and fro that do not matter
static const float swing_high      = 4.0f; // and that are nothing but swinging
static const float dead_share      = 0.5f; // of the tolerance
static const float lost_share      = 1.5f;
static const float distance_min    = 4.0f; // tolerances that progress is told over at least
static const float rate_max        = 0.3f; // of a drive, 1/s
static const float leak_per_s      = 0.005f;
static const float glide_s         = 1.5f;
static const float glide_min_per_s = 0.02f; // so that 0 is reached
static const float same_share      = 1e-6f;

/// A measure or target of `kind` in units, rising with the drive.
static float in_units(FiqGoalKind kind, float value)
{
  const Steering* s    = &steering[kind];
  const float     held = fiq_clamp(value, s->low, s->high);
  return (kind == FIQ_GOAL_BRIGHTNESS ? log2f(held) : held) / s->unit;
}

void fiq_goal_controller_reset(FiqGoalController* self)
{
  assert(self);
  memset(self, 0, sizeof *self);
  self->next_rest_s = rest_first_s;
}

static bool is_alike(float a, float b)
{
  return fabsf(a - b) <= same_share * (fabsf(a) + fabsf(b));
}

/// The drive of HEADROOM may try again.
static void forgive(FiqGoalController* self)
{
  self->doubt_db_s  = 0.0f;
  self->rest_s      = 0.0f;
  self->next_rest_s = rest_first_s;
}

void fiq_goal_controller_set_goals(FiqGoalController* self, const FiqGoal* goals, uint32_t n)
{
  assert(self);
  assert(goals || n == 0);
  assert(n <= FIQ_GOALS_MAX);
  for (uint32_t i = 0; i < n; ++i) {
    FiqGoal goal = goals[i];
    assert(goal.kind < FIQ_N_GOAL_KINDS);
    assert(goal.weight >= 0.0f);
    goal.target         = fiq_clamp(goal.target, steering[goal.kind].low, steering[goal.kind].high);
    const FiqGoal* old  = &self->goals[i];
    const bool     same = i < self->n_goals && old->kind == goal.kind &&
                      is_alike(old->target, goal.target) && is_alike(old->weight, goal.weight);
    if (!same) {
      self->goals[i]  = goal;
      self->states[i] = (FiqGoalState){.start = -1.0f};
      forgive(self);
    }
  }
  self->n_goals = n;
}

/// Mean target of `kind` by weight, in units; false if there is none.
static bool target_of(const FiqGoalController* self, FiqGoalKind kind, float* target)
{
  float sum     = 0.0f;
  float weights = 0.0f;
  for (uint32_t i = 0; i < self->n_goals; ++i) {
    const FiqGoal* goal   = &self->goals[i];
    const float    weight = goal->kind == kind ? goal->weight : 0.0f;
    sum += weight * in_units(kind, goal->target);
    weights += weight;
  }
  *target = weights > 0.0f ? sum / weights : 0.0f;
  return weights > 0.0f;
}

static float trend_of(const FiqGoalController* self, FiqGoalKind kind)
{
  return (self->smooth[kind] - self->smoother[kind]) / smooth_s;
}

/// How far what is measured does nothing but swing, 0..1.
static float goal_swing(const FiqGoalController* self, FiqGoalKind kind)
{
  const float to_and_fro = self->unrest[kind] - fabsf(self->trend[kind]);
  const float way        = to_and_fro / steering[kind].tolerance - swing_low;
  return kind == FIQ_GOAL_ORDER ? 0.0f : fiq_clamp(way / (swing_high - swing_low), 0.0f, 1.0f);
}

/// What of `error` is worth steering.
static float beyond_dead(FiqGoalKind kind, float error)
{
  const float dead = dead_share * steering[kind].tolerance;
  return error - fiq_clamp(error, -dead, dead);
}

/// Speed of the drive of `kind` toward `target`.
static float speed_toward(const FiqGoalController* self, FiqGoalKind kind, float target)
{
  const Steering* s     = &steering[kind];
  const float     left  = beyond_dead(kind, target - self->smooth[kind]);
  const float     lead  = s->lead_s * trend_of(self, kind);
  const float     calm  = fabsf(left) > 0.0f ? s->gain * (left - lead) : 0.0f;
  const float     slow  = s->mean_gain * beyond_dead(kind, target - self->slow[kind]);
  const float     speed = fiq_mix(fiq_clamp(calm, -rate_max, rate_max),
                                  fiq_clamp(slow, -rate_max, rate_max), goal_swing(self, kind));
  return speed - leak_per_s * self->drive[kind];
}

/// Speed of a drive that nothing asks for, so that it comes to rest at 0.
static float speed_home(float drive, float dt_s)
{
  const float fall = fmaxf(fabsf(drive) / glide_s, glide_min_per_s);
  const float most = fminf(fminf(fall, rate_max), fabsf(drive) / dt_s);
  return drive > 0.0f ? -most : most;
}

static void listen_to_output(FiqGoalController* self, FiqGoalKind kind, float measure, float dt_s)
{
  const float now   = in_units(kind, measure);
  const float share = fiq_clamp(dt_s / smooth_s, 0.0f, 1.0f);
  if (!self->is_known[kind]) {
    self->is_known[kind] = true;
    self->smooth[kind]   = now;
    self->smoother[kind] = now;
    self->slow[kind]     = now;
  }
  self->smooth[kind] += share * (now - self->smooth[kind]);
  self->smoother[kind] += share * (self->smooth[kind] - self->smoother[kind]);
  const float trend = trend_of(self, kind);
  const float late  = dt_s / swing_s;
  self->slow[kind] += dt_s / slow_s * (self->smooth[kind] - self->slow[kind]);
  self->trend[kind] += late * (trend - self->trend[kind]);
  self->unrest[kind] += late * (fabsf(trend) - self->unrest[kind]);
}

/// Whether the drive of HEADROOM rests, for it did harm.
static bool controller_rests(FiqGoalController* self, float rise_db, float dt_s)
{
  if (self->rest_s > 0.0f) {
    self->rest_s -= dt_s;
    return true;
  }
  const float harm = fiq_clamp(rise_db - harm_db, -1.0f, 1.0f);
  self->doubt_db_s = fmaxf(0.0f, self->doubt_db_s + dt_s * harm);
  if (self->doubt_db_s > doubt_max_db_s) {
    self->doubt_db_s  = 0.0f;
    self->rest_s      = self->next_rest_s;
    self->next_rest_s = fminf(rest_max_s, 2.0f * self->next_rest_s);
  }
  return self->rest_s > 0.0f;
}

static void judge_goal(FiqGoalController* self, uint32_t i)
{
  const FiqGoal*      goal  = &self->goals[i];
  FiqGoalState* const state = &self->states[i];
  const float         close = steering[goal->kind].tolerance;
  if (!self->is_known[goal->kind]) {
    return;
  }
  const float swing = goal_swing(self, goal->kind);
  const float heard = fiq_mix(self->smoother[goal->kind], self->slow[goal->kind], swing);
  const float away  = fabsf(in_units(goal->kind, goal->target) - heard);
  if (state->start < 0.0f) {
    state->start = away;
  }
  const float way   = fmaxf(state->start, distance_min * close) - close;
  state->progress   = fiq_clamp(1.0f - (away - close) / way, 0.0f, 1.0f);
  state->is_reached = away <= close || (state->is_reached && away <= lost_share * close);
}

void fiq_goal_controller_step(FiqGoalController* self, const FiqGoalMeasures* measures, float dt_s)
{
  assert(self);
  assert(measures);
  assert(dt_s >= 0.0f && dt_s <= 0.1f);
  const float measured[FIQ_N_GOAL_KINDS] = {measures->order, measures->crest_db,
                                            measures->centroid_hz, measures->entropy};
  if (dt_s <= 0.0f) {
    return;
  }
  for (uint32_t k = 0; k < FIQ_N_GOAL_KINDS; ++k) {
    const FiqGoalKind kind   = (FiqGoalKind)k;
    const bool        hears  = kind == FIQ_GOAL_ORDER || !measures->is_silent;
    float             target = 0.0f;
    float             speed  = 0.0f;
    if (hears) {
      listen_to_output(self, kind, measured[k], dt_s);
    }
    const bool has_goal = target_of(self, kind, &target);
    if (kind == FIQ_GOAL_HEADROOM && !has_goal) {
      forgive(self);
    }
    const bool rests = kind == FIQ_GOAL_HEADROOM && has_goal && hears &&
                       controller_rests(self, measures->rise_db, dt_s);
    if (!has_goal || rests) {
      speed = speed_home(self->drive[k], dt_s);
    } else if (hears) {
      speed = speed_toward(self, kind, target);
    }
    self->drive[k] = fiq_clamp(self->drive[k] + dt_s * speed, -1.0f, 1.0f);
  }
  for (uint32_t i = 0; i < self->n_goals; ++i) {
    judge_goal(self, i);
  }
}

float fiq_goal_controller_drive(const FiqGoalController* self, FiqGoalKind kind)
{
  assert(self);
  assert(kind < FIQ_N_GOAL_KINDS);
  return self->drive[kind];
}

float fiq_goal_controller_progress(const FiqGoalController* self)
{
  assert(self);
  float sum     = 0.0f;
  float weights = 0.0f;
  for (uint32_t i = 0; i < self->n_goals; ++i) {
    sum += self->goals[i].weight * self->states[i].progress;
    weights += self->goals[i].weight;
  }
  return weights > 0.0f ? sum / weights : 0.0f;
}
