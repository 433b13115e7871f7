// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/engine_state.h"

#include <assert.h>
#include <stdlib.h>

static const float  smoothing_s = 0.02f;
static const double recovery_s  = 0.05;

enum { DEFAULT_CAPACITY = 4096 };

static FiqStatus init_buffers(FiqEngine* self, FiqArena* arena)
{
  assert(self->control_frames <= FIQ_CONTROL_MAX);
  const FiqPartialTrackerConfig analysis = {self->config.sample_rate_hz, self->control_frames, 0};
  FiqStatus                     status   = fiq_telemetry_init(&self->report.box, arena);
  const FiqStatus               hearing =
      fiq_partial_tracker_init(&self->input.tracker, arena, &self->input.pool, &analysis);
  status               = status == FIQ_OK ? hearing : status;
  const FiqStatus core = fiq_engine_init_core(self, arena);
  status               = status == FIQ_OK ? core : status;
  const FiqStatus mind = fiq_engine_init_goals(self, arena);
  status               = status == FIQ_OK ? mind : status;
  fiq_arena_take_planes(arena, self->plane.in);
  fiq_arena_take_planes(arena, self->plane.side);
  fiq_arena_take_planes(arena, self->plane.swarm_out);
  fiq_arena_take_planes(arena, self->exchange.left);
  fiq_arena_take_planes(arena, self->plane.wet);
  fiq_arena_take_planes(arena, self->plane.dry);
  return status == FIQ_OK ? fiq_arena_status(arena) : status;
}

/// The smoothers are started here, once their period is known.
static void init_smoothers(FiqEngine* self)
{
  assert(self->control_frames > 0);
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
  assert(self && config);
  const FiqPartOrder swarm = {
      .kind = FIQ_PART_SWARM, .capacity = DEFAULT_CAPACITY, .step_frames = FIQ_STEP_FRAMES};
  self->config            = *config;
  self->control_frames    = fiq_part_control_frames(config->sample_rate_hz);
  const FiqPartOrder path = {
      .kind          = FIQ_PART_PATH,
      .window_frames = 2048,
      .n_bands       = 24,
      .watch_frames  = fiq_engine_watch_frames(self, FIQ_OBJECTIVE_OFF, FIQ_PEAK_GUARD_ON)};
  self->share = 1.0f / (float)self->control_frames;
  self->tempo = (FiqTempo){.bpm = 120.0, .beats_per_bar = 4.0};
  self->swarm = fiq_part_new(config, &swarm);
  self->path  = config->with_realms ? fiq_part_new(config, &path) : NULL;
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
    fiq_part_free(self->sequence.partner);
    fiq_part_free(self->exchange.incoming);
    fiq_part_free(self->path);
    fiq_part_free(self->swarm);
    fiq_fft_pool_free(&self->input.pool);
    free(self->block);
    free(self);
  }
}
