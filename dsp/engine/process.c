// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/engine_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const float  smoothing_s = 0.02f;
static const double recovery_s  = 0.05;

enum { DEFAULT_CAPACITY = 4096 };

_Static_assert((int)FIQ_ENGINE_MOMENTS == (int)FIQ_MEMORY_MAX &&
                   (int)FIQ_ENGINE_MEMORY_HEAD == (int)FIQ_MEMORY_HEAD &&
                   (int)FIQ_ENGINE_MOMENT == (int)FIQ_MEMORY_STRIDE,
               "a memory fits");
_Static_assert((int)FIQ_ENGINE_GOALS == FIQ_GOALS_MAX - 1, "and one of the parameters");
_Static_assert((int)FIQ_ENGINE_LEARNED == (int)FIQ_PHASE_SOLUTION_FLOATS, "a lesson fits");

static void take_planes(float* planes[FIQ_CHANNELS], FiqArena* arena)
{
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    planes[channel] = fiq_arena_take(arena, FIQ_CONTROL_MAX, sizeof(float));
  }
}

static FiqStatus init_buffers(FiqEngine* self, FiqArena* arena)
{
  const FiqPartialTrackerConfig analysis = {self->config.sample_rate_hz, self->control_frames, 0};
  FiqStatus                     status   = fiq_telemetry_init(&self->report.box, arena);
  const FiqStatus               hearing =
      fiq_partial_tracker_init(&self->input.tracker, arena, &self->input.pool, &analysis);
  status               = status == FIQ_OK ? hearing : status;
  const FiqStatus core = fiq_engine_init_core(self, arena);
  status               = status == FIQ_OK ? core : status;
  const FiqStatus mind = fiq_engine_init_goals(self, arena);
  status               = status == FIQ_OK ? mind : status;
  take_planes(self->plane.in, arena);
  take_planes(self->plane.side, arena);
  take_planes(self->plane.swarm_out, arena);
  take_planes(self->exchange.left, arena);
  take_planes(self->plane.wet, arena);
  take_planes(self->plane.dry, arena);
  return status == FIQ_OK ? fiq_arena_status(arena) : status;
}

/// The smoothers are started here, once their period is known.
static void init_smoothers(FiqEngine* self)
{
  const double rate     = self->config.sample_rate_hz;
  const float  period_s = (float)(self->control_frames / rate);
  for (uint32_t i = 0; i < FIQ_N_SMOOTHED; ++i) {
    fiq_smoother_init(&self->smoothed[i], smoothing_s, period_s);
  }
  fiq_smoother_init(&self->enabled, 0.0f, period_s);
  fiq_smoother_init(&self->routing.detour, 0.0f, period_s);
  fiq_smoother_init(&self->routing.mix, 0.0f, period_s);
  fiq_smoother_init(&self->exchange.fade, 0.0f, period_s);
  fiq_smoother_init(&self->lessons.trust, 0.0f, period_s);
  fiq_smoother_init(&self->lessons.strength, 0.0f, period_s);
  fiq_guard_init(&self->guard, rate, recovery_s);
}

static bool init_engine(FiqEngine* self, const FiqEngineConfig* config)
{
  const FiqPartOrder swarm = {
      .kind = FIQ_PART_SWARM, .capacity = DEFAULT_CAPACITY, .step_frames = FIQ_STEP_FRAMES};
  const FiqPartOrder path = {.kind = FIQ_PART_PATH, .window_frames = 2048, .n_bands = 24};
  self->config            = *config;
  self->control_frames    = fiq_part_control_frames(config->sample_rate_hz);
  self->share             = 1.0f / (float)self->control_frames;
  self->tempo             = (FiqTempo){120.0, 4.0};
  self->swarm             = fiq_part_new(config, &swarm);
  self->path              = config->with_realms ? fiq_part_new(config, &path) : NULL;
  if (!self->swarm || (config->with_realms && !self->path)) {
    return false;
  }
  fiq_fft_pool_init(&self->input.pool);
  FiqArena arena;
  fiq_arena_init(&arena, NULL, 0);
  (void)init_buffers(self, &arena);
  const size_t size_bytes = arena.used_bytes;
  self->block             = fiq_part_memory(size_bytes);
  fiq_arena_init(&arena, self->block, size_bytes);
  if (!self->block || init_buffers(self, &arena) != FIQ_OK) {
    return false;
  }
  init_smoothers(self);
  fiq_engine_reseed(self, config->seed);
  return true;
}

FiqEngine* fiq_engine_new(const FiqEngineConfig* config)
{
  assert(config);
  const double rate = config->sample_rate_hz;
  if (!(rate >= FIQ_SAMPLE_RATE_MIN_HZ && rate <= FIQ_SAMPLE_RATE_MAX_HZ)) {
    return NULL;
  }
  FiqEngine* const self = calloc(1, sizeof(FiqEngine));
  if (self && !init_engine(self, config)) {
    fiq_engine_free(self);
    return NULL;
  }
  return self;
}

void fiq_engine_free(FiqEngine* self)
{
  if (self) {
    for (uint32_t i = 0; i < FIQ_RETIRED_MAX; ++i) {
      fiq_part_free(self->exchange.retired[i]);
    }
    fiq_part_free(self->exchange.leaving);
    fiq_part_free(self->lessons.learner);
    fiq_part_free(self->exchange.incoming);
    fiq_part_free(self->path);
    fiq_part_free(self->swarm);
    fiq_fft_pool_free(&self->input.pool);
    free(self->block);
    free(self);
  }
}

static void reset_sound(FiqEngine* self)
{
  fiq_engine_end_leaving(self);
  if (self->path) {
    fiq_effect_path_reset(&self->path->path, self->params.realm);
  }
  if (self->exchange.incoming) {
    fiq_effect_path_reset(&self->exchange.incoming->path, self->params.realm);
  }
  fiq_swarm_reset(&self->swarm->swarm, self->seed);
  fiq_partial_tracker_reset(&self->input.tracker);
  fiq_engine_reset_core(self);
  fiq_engine_reset_goals(self);
  self->position                 = 0;
  self->input.is_resynthesis     = fiq_engine_copies_input(self);
  self->report.is_residual_known = false;
  self->input.key_power          = 0.0f;
  self->input.key_follow         = fiq_engine_sings_input(self) ? 1.0f : 0.0f;
}

void fiq_engine_reset(FiqEngine* self, const FiqEngineParams* params)
{
  assert(self && params);
  self->params = *params;
  if (self->exchange.incoming) {
    fiq_engine_finish_exchange(self);
  }
  reset_sound(self);
  fiq_guard_reset(&self->guard);
  for (uint32_t i = 0; i < FIQ_N_SMOOTHED; ++i) {
    fiq_smoother_reset(&self->smoothed[i], fiq_engine_smoothed_param(params, (FiqSmoothed)i));
  }
  fiq_smoother_reset(&self->enabled, params->enabled);
  fiq_smoother_reset(&self->routing.detour, 1.0f);
  fiq_smoother_reset(&self->routing.mix, params->mix);
  self->routing.detour_frames = 0;
  self->routing.with_q        = fabsf(params->rotate) + fabsf(params->shift) > 0.0f;
  self->routing.q_frames      = 0;
  self->routing.mode          = params->input_mode;
  self->n_ticks               = 0;
  self->lessons.is_clearing   = params->learn_clear;
  self->lessons.objective     = params->objective;
  fiq_engine_restart_lesson(self);
  if (self->lessons.learner) {
    fiq_lesson_rewind(&self->lessons.learner->learning);
  }
  self->report.meters =
      (FiqEngineMeters){.latency = (float)fiq_engine_latency_frames(self), .imbalance = 1.0f};
}

/// How far frame `i` of this segment is through the control period, 0..1.
static float channel_at(const FiqEngine* self, uint32_t i)
{
  return (float)(self->position + i) * self->share;
}

static void fade_planes(const FiqEngine* self, float* const* to, float* const* from,
                        uint32_t n_frames)
{
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    for (uint32_t i = 0; i < n_frames; ++i) {
      to[channel][i] = fiq_mix(to[channel][i], from[channel][i],
                               fiq_smoother_at(&self->exchange.fade, channel_at(self, i)));
    }
  }
}

static void process_path(FiqEngine* self, FiqEffectPath* path, uint32_t n_frames)
{
  const bool is_silent = self->swarm->swarm.rest.asleep;
  fiq_effect_path_process(path, (const float* const*)self->plane.in,
                          self->plane.has_side ? (const float* const*)self->plane.side : NULL,
                          is_silent ? NULL : (const float* const*)self->plane.swarm_out, n_frames);
}

/// What leaves, and the delayed input.
typedef struct {
  float* const* wet;
  float* const* dry;
} Sound;

static Sound process_effect(FiqEngine* self, uint32_t n_frames)
{
  if (self->lessons.learner && self->params.objective != FIQ_OBJECTIVE_OFF && self->params.learn) {
    fiq_lesson_record(&self->lessons.learner->learning, (const float* const*)self->plane.in,
                      (const float* const*)self->plane.side, n_frames);
  }
  FiqEffectPath* const path = &self->path->path;
  process_path(self, path, n_frames);
  if (self->exchange.incoming && self->exchange.incoming_runs) {
    FiqEffectPath* const incoming = &self->exchange.incoming->path;
    process_path(self, incoming, n_frames);
    fade_planes(self, path->wet, incoming->wet, n_frames);
    fade_planes(self, path->dry, incoming->dry, n_frames);
  }
  return (Sound){path->wet, path->dry};
}

static Sound process_instrument(FiqEngine* self, uint32_t n_frames)
{
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    for (uint32_t i = 0; i < n_frames; ++i) {
      self->plane.wet[channel][i] =
          self->plane.swarm_out[channel][i] *
          fiq_smoother_at(&self->smoothed[FIQ_SMOOTH_SWARM_LEVEL], channel_at(self, i));
      self->plane.dry[channel][i] = 0.0f;
    }
  }
  return (Sound){self->plane.wet, self->plane.dry};
}

static void scale(const float* restrict in, float* restrict out, float gain, uint32_t n_frames)
{
  for (uint32_t i = 0; i < n_frames; ++i) {
    out[i] = in[i] * gain;
  }
}

/// Level and bypass.
static void fade_out(const FiqEngine* self, const Sound* sound, float* const* out,
                     uint32_t n_frames)
{
  const FiqSmoother* const level    = &self->smoothed[FIQ_SMOOTH_OUTPUT];
  const FiqSmoother* const enabled  = &self->enabled;
  const bool               is_on    = enabled->start >= 1.0f && enabled->end >= 1.0f;
  const bool               is_plain = is_on && fabsf(level->end - level->start) <= 0.0f;
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    const float* const wet = sound->wet[channel];
    const float* const dry = sound->dry[channel];
    if (is_plain) {
      scale(wet, out[channel], level->end, n_frames);
    }
    for (uint32_t i = 0; is_on && !is_plain && i < n_frames; ++i) {
      out[channel][i] = wet[i] * fiq_smoother_at(level, channel_at(self, i));
    }
    for (uint32_t i = 0; !is_on && i < n_frames; ++i) {
      const float loud = wet[i] * fiq_smoother_at(level, channel_at(self, i));
      out[channel][i]  = fiq_mix(dry[i], loud, fiq_smoother_at(enabled, channel_at(self, i)));
    }
  }
}

/// The way out: disperser, tilt, guard, level, bypass. A fault restarts the modules, and with them the control clock.
static void leave(FiqEngine* self, const Sound* sound, float* const* out, uint32_t n_frames)
{
  fiq_disperser_process(&self->goals.disperser, sound->wet, n_frames);
  fiq_tilt_process(&self->goals.tilt, sound->wet, n_frames);
  const bool sane = fiq_guard_leave(&self->guard, sound->wet, n_frames);
  fade_out(self, sound, out, n_frames);
  if (self->goals.measuring) {
    fiq_output_meter_process(&self->goals.meter, (const float* const*)sound->wet, n_frames);
  }
  self->position = (self->position + n_frames) % self->control_frames;
  if (!sane) {
    reset_sound(self);
  }
}

/// The input's level, as keys follow it beside voices.
static void follow_input(FiqEngine* self, uint32_t n_frames)
{
  const float step_s = (float)(1.0 / self->config.sample_rate_hz);
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float power     = 0.5f * (self->plane.in[0][i] * self->plane.in[0][i] +
                                self->plane.in[1][i] * self->plane.in[1][i]);
    self->input.key_power = fiq_effect_path_follow_power(self->input.key_power, power, step_s);
  }
}

static void process_segment(FiqEngine* self, const float* const* in, const float* const* side,
                            float* const* out, uint32_t n_frames)
{
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    fiq_guard_enter(&self->guard, in[channel], self->plane.in[channel], n_frames);
    fiq_guard_enter(&self->guard, side[channel], self->plane.side[channel], n_frames);
  }
  self->plane.has_side = side[0] || side[1];
  if (self->path && fiq_engine_sings_input(self)) {
    follow_input(self, n_frames);
  }
  if (self->input.tracks) {
    fiq_partial_tracker_process(&self->input.tracker, (const float* const*)self->plane.in,
                                n_frames);
  }
  fiq_swarm_process(&self->swarm->swarm, self->plane.swarm_out, n_frames);
  fiq_engine_add_leaving(self, n_frames);
  const Sound sound =
      self->path ? process_effect(self, n_frames) : process_instrument(self, n_frames);
  leave(self, &sound, out, n_frames);
}

void fiq_engine_process(FiqEngine* self, const FiqEngineParams* params, const float* const* in,
                        const float* const* side, float* const* out, uint32_t n_frames)
{
  assert(self && params && out);
  self->params = *params;
  for (uint32_t done = 0; done < n_frames;) {
    if (self->position == 0) {
      fiq_engine_control(self);
    }
    const uint32_t left        = self->control_frames - self->position;
    const uint32_t now         = n_frames - done < left ? n_frames - done : left;
    const float*   in_now[2]   = {NULL, NULL};
    const float*   side_now[2] = {NULL, NULL};
    float* const   out_now[2]  = {out[0] + done, out[1] + done};
    for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
      in_now[channel]   = in && in[channel] ? in[channel] + done : NULL;
      side_now[channel] = side && side[channel] ? side[channel] + done : NULL;
    }
    process_segment(self, in_now, side_now, out_now, now);
    done += now;
  }
}

void fiq_engine_midi(FiqEngine* self, const uint8_t* message, uint32_t size_bytes)
{
  // Keys have nothing to say while the input alone is sung.
  if (!self->input.is_resynthesis || fiq_midi_parse(message, size_bytes).kind != FIQ_MIDI_NOTE_ON) {
    fiq_swarm_midi(&self->swarm->swarm, message, size_bytes, 0);
  }
}

void fiq_engine_set_tuning(FiqEngine* self, const FiqTuning* tuning)
{
  fiq_notes_set_tuning(&self->swarm->swarm.notes, tuning);
}

void fiq_engine_tempo(FiqEngine* self, const FiqTempo* tempo)
{
  if (tempo->bpm >= 1.0 && tempo->bpm <= 10000.0) {
    self->tempo.bpm = tempo->bpm;
  }
  if (tempo->beats_per_bar >= 1.0 && tempo->beats_per_bar <= 128.0) {
    self->tempo.beats_per_bar = tempo->beats_per_bar;
  }
}

uint32_t fiq_engine_latency_frames(const FiqEngine* self)
{
  return self->path ? self->path->path.latency_frames
                    : fiq_swarm_latency_frames(&self->swarm->swarm);
}

const FiqEngineMeters* fiq_engine_meters(const FiqEngine* self)
{
  return &self->report.meters;
}

void fiq_engine_watch(FiqEngine* self, bool watched)
{
  self->report.watched = watched;
}

bool fiq_engine_telemetry(FiqEngine* self, FiqTelemetry* telemetry)
{
  return fiq_telemetry_read(&self->report.box, telemetry);
}

void fiq_engine_state(const FiqEngine* self, FiqEngineState* state)
{
  memset(state, 0, sizeof(*state));
  state->seed = self->seed;
  for (uint32_t realm = 0; self->path && realm < FIQ_N_REALMS; ++realm) {
    const FiqPhaseLayer* const layer = &self->path->path.realms.layer[realm];
    memcpy(state->phase_rad[realm], layer->phi_rad, layer->n_neurons * sizeof(float));
  }
  if (self->path) {
    (void)fiq_realms_match(&self->path->path.realms, state->match);
  }
  fiq_phase_solution_pack(&self->lessons.learned, state->learned);
  memcpy(state->goal, self->goals.asked, self->goals.n_asked * sizeof(state->goal[0]));
}

/// Whether anything has been played since the reset: then what sounds goes on with what is new.
static bool has_played(const FiqEngine* self)
{
  return self->n_ticks > 0;
}

void fiq_engine_reseed(FiqEngine* self, uint64_t seed)
{
  self->seed = seed;
  if (self->path) {
    fiq_realms_reseed(&self->path->path.realms, seed);
  }
  if (self->exchange.incoming) {
    fiq_realms_reseed(&self->exchange.incoming->path.realms, seed);
  }
  if (has_played(self)) {
    fiq_swarm_reseed(&self->swarm->swarm, seed);
  } else {
    reset_sound(self);
  }
}

void fiq_engine_place_phases(FiqRealms* realms, const FiqEngineState* state)
{
  for (uint32_t realm = 0; realm < FIQ_N_REALMS; ++realm) {
    FiqPhaseLayer* const layer = &realms->layer[realm];
    bool                 legal = true;
    for (uint32_t i = 0; i < layer->n_neurons; ++i) {
      legal &= fabsf(state->phase_rad[realm][i]) <= 1000.0f;
    }
    if (legal) {
      fiq_phase_layer_set_phases(layer, state->phase_rad[realm]);
    }
  }
  bool legal = true;
  for (uint32_t i = 0; i < FIQ_ENGINE_MATCH; ++i) {
    legal &= isfinite(state->match[i]);
  }
  fiq_realms_set_match(realms, legal ? state->match : NULL);
}

void fiq_engine_set_state(FiqEngine* self, const FiqEngineState* state)
{
  fiq_engine_reseed(self, state->seed);
  if (self->path) {
    fiq_engine_place_phases(&self->path->path.realms, state);
  }
  if (self->exchange.incoming) {
    fiq_engine_place_phases(&self->exchange.incoming->path.realms, state);
  }
  fiq_engine_forget_lessons(self, true);
  fiq_phase_solution_unpack(&self->lessons.learned, state->learned);
  fiq_engine_set_goals(self, state->goal, FIQ_ENGINE_GOALS);
  ++self->lessons.learned_id;
  if (!has_played(self)) {
    fiq_engine_restart_lesson(self); // else the change is heard as that of any lesson is, faded
  }
}
