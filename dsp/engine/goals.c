// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/engine_state.h"

#include <assert.h>
#include <string.h>

static const float crest_low_db   = 3.0f; // of the headroom goal: 100 % .. 0 %
static const float crest_high_db  = 21.0f;
static const float centre_low_hz  = 100.0f; // of the brightness goal, 0 %, and octaves to 100 %
static const float centre_octaves = 6.64385619f;

FiqStatus fiq_engine_init_goals(FiqEngine* self, FiqArena* arena)
{
  assert(self && arena);
  const FiqStatus memory    = fiq_moment_memory_init(&self->moments.memory, arena);
  const FiqStatus measure   = fiq_output_meter_init(&self->goals.meter, arena, &self->input.pool,
                                                    self->config.sample_rate_hz);
  const FiqStatus disperser = fiq_disperser_init(&self->goals.disperser, arena,
                                                 self->config.sample_rate_hz, self->control_frames);
  fiq_tilt_init(&self->goals.tilt, self->config.sample_rate_hz, self->control_frames);
  return memory != FIQ_OK ? memory : measure != FIQ_OK ? measure : disperser;
}

void fiq_engine_reset_goals(FiqEngine* self)
{
  assert(self);
  fiq_moment_memory_reset(&self->moments.memory);
  fiq_output_meter_reset(&self->goals.meter);
  fiq_disperser_reset(&self->goals.disperser);
  fiq_tilt_reset(&self->goals.tilt);
  fiq_goal_controller_reset(&self->goals.controller);
  fiq_attention_reset(&self->goals.attention, FIQ_AXES);
  self->goals.measuring      = false;
  self->goals.attending      = false;
  self->moments.was_clearing = self->params.memory_clear;
  self->moments.n_present    = 0;
  self->moments.coherence    = 0.0f;
  memset(self->moments.axes, 0, sizeof(self->moments.axes));
}

static float natural_target(FiqGoalKind kind, float share)
{
  assert(kind < FIQ_N_GOAL_KINDS);
  assert(share >= 0.0f && share <= 1.0f);
  switch (kind) {
  case FIQ_GOAL_HEADROOM:
    return fiq_mix(crest_high_db, crest_low_db, share);
  case FIQ_GOAL_BRIGHTNESS:
    return centre_low_hz * exp2f(centre_octaves * share);
  default:
    return share;
  }
}

/// Append the goal of choice `kind` (1..) unless that is none.
static void add_goal(FiqGoal* goals, uint32_t* n, float kind, float target, float weight)
{
  assert(*n <= FIQ_GOALS_MAX);
  const bool legal = kind >= 0.5f && kind < (float)FIQ_N_GOAL_KINDS + 0.5f && isfinite(target) &&
                     isfinite(weight) && weight > 0.0f;
  if (legal && *n < FIQ_GOALS_MAX) {
    const FiqGoalKind which = (FiqGoalKind)(kind - 0.5f);
    goals[(*n)++] = (FiqGoal){which, natural_target(which, fiq_clamp(target, 0.0f, 1.0f)), weight};
  }
}

static void control_goals(FiqEngine* self, float period_s)
{
  assert(self->goals.n_asked <= FIQ_ENGINE_GOALS);
  assert(period_s > 0.0f);
  const FiqEngineParams* const  p = &self->params;
  const FiqOutputReading* const m = &self->goals.meter.result;
  FiqGoal                       goals[FIQ_GOALS_MAX];
  uint32_t                      n = 0;
  add_goal(goals, &n, p->goal, p->goal_target, 1.0f);
  for (uint32_t i = 0; i < self->goals.n_asked; ++i) {
    add_goal(goals, &n, self->goals.asked[i].kind, self->goals.asked[i].target,
             self->goals.asked[i].weight);
  }
  if (n > 0 && !self->goals.measuring) {
    fiq_output_meter_reset(&self->goals.meter);
  }
  // Drives glide back to exactly 0; from there on nothing moves without a goal.
  bool moves = n > 0;
  for (int kind = 0; kind < FIQ_N_GOAL_KINDS; ++kind) {
    moves |= fabsf(self->goals.controller.drive[kind]) > 0.0f;
  }
  if (moves || self->goals.measuring) {
    const FiqGoalMeasures measures = {
        fiq_engine_order(self), m->crest_db,
        m->centroid_hz,         m->entropy,
        m->is_silent,           fiq_disperser_rise_db(&self->goals.disperser)};
    fiq_goal_controller_set_goals(&self->goals.controller, goals, n);
    fiq_goal_controller_step(&self->goals.controller, &measures, period_s);
  }
  self->goals.measuring = moves;
  fiq_disperser_control(&self->goals.disperser,
                        fiq_goal_controller_drive(&self->goals.controller, FIQ_GOAL_HEADROOM));
  // Most sounds lie low: what lifts their upper bands makes them denser too.
  const float denser =
      self->path ? fiq_goal_controller_drive(&self->goals.controller, FIQ_GOAL_DENSITY) : 0.0f;
  fiq_tilt_control(&self->goals.tilt,
                   fiq_goal_controller_drive(&self->goals.controller, FIQ_GOAL_BRIGHTNESS) +
                       denser);
}

void fiq_engine_set_goals(FiqEngine* self, const FiqEngineGoal* goals, uint32_t n)
{
  assert(self && (goals || n == 0));
  self->goals.n_asked = n < FIQ_ENGINE_GOALS ? n : FIQ_ENGINE_GOALS;
  for (uint32_t i = 0; i < self->goals.n_asked; ++i) {
    self->goals.asked[i] = goals[i];
  }
}

/// The notes that are played, as partials: what the Swarm has for its present.
static uint32_t played_partials(const FiqEngine* self, FiqMomentMemoryPartial* partials,
                                uint32_t most)
{
  assert(partials && most <= FIQ_SWARM_VOICES_MAX);
  const FiqNotes* const notes = &self->swarm->swarm.notes;
  uint32_t              n     = 0;
  for (uint32_t i = 0; i < FIQ_NOTES_MAX && n < most; ++i) {
    const FiqNote* const note = &notes->note[i];
    const float          loud = note->stage == FIQ_NOTE_IDLE ? 0.0f : fiq_notes_level(notes, note);
    if (loud > 1e-4f) {
      partials[n++] = (FiqMomentMemoryPartial){fiq_note_to_hz(fiq_notes_pitch(note)),
                                               loud / fiq_voice_level};
    }
  }
  return n;
}

static uint32_t heard_partials(const FiqEngine* self, FiqMomentMemoryPartial* partials,
                               uint32_t most)
{
  assert(partials && most <= FIQ_SWARM_VOICES_MAX);
  uint32_t                            n_heard = 0;
  const FiqPartialTrackerVoice* const heard =
      fiq_partial_tracker_voices(&self->input.tracker, &n_heard);
  const uint32_t n = n_heard < most ? n_heard : most;
  for (uint32_t i = 0; i < n; ++i) {
    partials[i] = (FiqMomentMemoryPartial){heard[i].hz, heard[i].level};
  }
  return n;
}

/// What is present: the input where one is heard, else what is played.
static void find_present(FiqEngine* self)
{
  assert(self->swarm);
  if (self->path || self->params.source != FIQ_SOURCE_SYNTHESIS) {
    self->moments.n_present = heard_partials(self, self->moments.present, FIQ_SWARM_VOICES_MAX);
    fiq_partial_tracker_axes(&self->input.tracker, self->moments.axes);
  } else {
    self->moments.n_present = played_partials(self, self->moments.present, FIQ_SWARM_VOICES_MAX);
    fiq_moment_memory_axes_of_partials(self->moments.present, self->moments.n_present,
                                       self->moments.axes);
  }
  if (self->n_ticks % FIQ_METER_TICKS == 0) {
    self->moments.coherence = 1.0f / (1.0f + fiq_entropy(self->moments.axes, FIQ_AXES));
  }
}

/// The present as the memory hears it.
static FiqMomentMemoryPresent present_of(const FiqEngine* self)
{
  assert(self->moments.n_present <= FIQ_SWARM_VOICES_MAX);
  FiqMomentMemoryPresent now = {.partials   = self->moments.present,
                                .n_partials = self->moments.n_present,
                                .coherence  = self->moments.coherence};
  memcpy(now.axes, self->moments.axes, sizeof(now.axes));
  return now;
}

static void control_memory(FiqEngine* self, float period_s)
{
  const FiqEngineParams* const p      = &self->params;
  const bool                   clears = p->memory_clear;
  const FiqMomentMemoryParams  params = {p->remember, p->forgetting, p->recall_age};
  const FiqMomentMemoryPresent now    = present_of(self);
  if (clears && !self->moments.was_clearing) {
    fiq_moment_memory_clear(&self->moments.memory);
  }
  self->moments.was_clearing = clears;
  if (p->remember || p->recall > 0.0f) {
    fiq_moment_memory_step(&self->moments.memory, &params, &now, period_s);
  }
}

static void update_attention(FiqEngine* self, float period_s)
{
  assert(period_s > 0.0f);
  if (self->params.attention <= 0.0f) {
    if (self->goals.attending) {
      fiq_attention_reset(&self->goals.attention, FIQ_AXES);
    }
    self->goals.attending = false;
    return;
  }
  self->goals.attending = true;
  fiq_attention_step(&self->goals.attention, self->moments.axes, period_s);
}

bool fiq_engine_is_present(const FiqEngine* self)
{
  assert(self);
  const FiqEngineParams* const p = &self->params;
  return p->remember || p->recall > 0.0f || p->attention > 0.0f;
}

void fiq_engine_control_goals(FiqEngine* self, float period_s)
{
  assert(self && period_s > 0.0f);
  if (fiq_engine_is_present(self)) {
    find_present(self);
  }
  control_memory(self, period_s);
  update_attention(self, period_s);
  control_goals(self, period_s);
}

uint32_t fiq_engine_recalled(const FiqEngine* self, FiqSwarmVoice* voices, uint32_t most)
{
  assert(voices && most <= FIQ_SWARM_VOICES_MAX);
  uint32_t n_recalled = 0;
  if (self->params.recall <= 0.0f) {
    return 0;
  }
  const FiqMomentMemoryVoice* const recalled =
      fiq_moment_memory_voices(&self->moments.memory, &n_recalled);
  const FiqMoment* const moment = fiq_moment_memory_recalled(&self->moments.memory);
  const bool             fades  = moment && !self->moments.memory.is_called;
  const float age_s = fades ? (float)self->moments.memory.now_s - moment->learned_at_s : 0.0f;
  const float loud = fiq_voice_level * self->params.recall * expf(-self->params.forgetting * age_s);
  const uint32_t n = n_recalled < most ? n_recalled : most;
  for (uint32_t i = 0; i < n; ++i) {
    voices[i] =
        (FiqSwarmVoice){recalled[i].id, recalled[i].hz, recalled[i].mass, loud * recalled[i].level};
  }
  return n;
}

bool fiq_engine_name_moment(FiqEngine* self, const char* text, size_t n_bytes)
{
  assert(self && (text || n_bytes == 0));
  FiqMoment moment;
  if (!fiq_engine_is_present(self)) {
    find_present(self);
  }
  const FiqMomentMemoryPresent now = present_of(self);
  return fiq_moment_memory_take(&self->moments.memory, &now, &moment) &&
         fiq_moment_names_bind(&self->moments.names, text, n_bytes, &moment);
}

void fiq_engine_call_moment(FiqEngine* self, const char* text, size_t n_bytes)
{
  assert(self && (text || n_bytes == 0));
  FiqMoment  mixture;
  const bool known = fiq_moment_names_mix(&self->moments.names, text, n_bytes, &mixture);
  fiq_moment_memory_call(&self->moments.memory, known ? &mixture : NULL);
}

const FiqMomentNames* fiq_engine_names(const FiqEngine* self)
{
  assert(self);
  return &self->moments.names;
}

void fiq_engine_set_names(FiqEngine* self, const FiqMomentNames* names)
{
  assert(self && names && names->n <= FIQ_NAMES_MAX);
  const uint32_t generation      = self->moments.names.generation + 1;
  self->moments.names            = *names;
  self->moments.names.generation = generation;
}

uint32_t fiq_engine_memory_generation(const FiqEngine* self)
{
  assert(self);
  return self->moments.memory.generation;
}

uint32_t fiq_engine_n_moments(const FiqEngine* self)
{
  assert(self->moments.memory.n_moments <= FIQ_ENGINE_MOMENTS);
  return self->moments.memory.n_moments;
}

void fiq_engine_pack_memory(const FiqEngine* self, float* packed, uint32_t first, uint32_t n)
{
  assert(packed);
  assert(first + n <= FIQ_ENGINE_MOMENTS);
  fiq_moment_memory_pack_some(&self->moments.memory, packed, first, n);
}

void fiq_engine_set_memory(FiqEngine* self, const float* packed)
{
  assert(self && packed);
  fiq_moment_memory_unpack(&self->moments.memory, packed);
}
