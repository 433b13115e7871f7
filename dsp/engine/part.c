// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/part.h"

#include <assert.h>
#include <stdlib.h>
#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

uint32_t fiq_part_control_frames(double sample_rate_hz)
{
  assert(sample_rate_hz > 0.0);
  uint32_t frames = 32;
  for (double rate = 66150.0; sample_rate_hz > rate && frames < FIQ_CONTROL_MAX; rate *= 2.0) {
    frames *= 2;
  }
  return frames;
}

/// Have the whole pages of a block at once; one by one, on first touch, they are several times as dear. A kernel that
/// cannot (before Linux 5.14) leaves it at that.
static void populate(void* block, size_t size_bytes)
{
  assert(block && size_bytes > 0);
#if defined(MADV_POPULATE_WRITE)
  const uintptr_t page  = (uintptr_t)sysconf(_SC_PAGESIZE);
  const uintptr_t first = ((uintptr_t)block + page - 1) / page * page;
  const uintptr_t end   = ((uintptr_t)block + size_bytes) / page * page;
  if (end > first) {
    (void)madvise((void*)first, end - first, MADV_POPULATE_WRITE);
  }
#else
  (void)block;
  (void)size_bytes;
#endif
}

void* fiq_part_memory(size_t size_bytes)
{
  assert(size_bytes > 0);
  void* block = NULL;
  if (posix_memalign(&block, FIQ_ARENA_ALIGN_BYTES, size_bytes)) {
    return NULL;
  }
  populate(block, size_bytes);
  return block;
}

/// A step of 44.1 and 48 kHz at the present rate: the same time.
static uint32_t step_frames(double sample_rate_hz, uint32_t frames)
{
  assert(frames >= 32);
  return frames / 32 * fiq_part_control_frames(sample_rate_hz);
}

static FiqStatus init_part(FiqPart* self, FiqArena* arena, const FiqEngineConfig* config)
{
  assert(self && arena && config);
  const double rate = config->sample_rate_hz;
  if (self->order.kind == FIQ_PART_SWARM) {
    const FiqSwarmConfig swarm = {.sample_rate_hz = rate,
                                  .capacity       = self->order.capacity,
                                  .step_frames    = step_frames(rate, self->order.step_frames),
                                  .seed           = config->seed};
    return fiq_swarm_init(&self->swarm, arena, &self->pool, &swarm);
  }
  if (self->order.kind == FIQ_PART_PARTNER) {
    return fiq_partner_init(&self->partner, arena, rate, FIQ_PARTNER_WINDOW, config->seed);
  }
  if (self->order.kind == FIQ_PART_LEARNER) {
    const FiqLessonConfig learning = {
        .learner   = {.sample_rate_hz = rate,
                      .window_frames  = fiq_realms_window_frames(rate, self->order.window_frames),
                      .n_bands        = FIQ_LESSON_BANDS,
                      .n_frames_max   = (uint32_t)(self->order.segment_s * rate),
                      .seed           = 1},
        .is_single = self->order.is_single};
    return fiq_lesson_init(&self->learning, arena, &self->pool, &learning);
  }
  const FiqEffectPathConfig path = {.sample_rate_hz       = rate,
                                    .control_frames       = fiq_part_control_frames(rate),
                                    .swarm_latency_frames = 2 * step_frames(rate, FIQ_STEP_FRAMES),
                                    .shape = {.window_frames    = self->order.window_frames,
                                              .n_bands          = self->order.n_bands,
                                              .lookahead_frames = self->order.lookahead_frames,
                                              .spectral_only    = self->order.spectral_only,
                                              .turns            = self->order.turns,
                                              .watch_frames     = self->order.watch_frames}};
  return fiq_effect_path_init(&self->path, arena, &self->pool, &path);
}

FiqPart* fiq_part_new(const FiqEngineConfig* config, const FiqPartOrder* order)
{
  assert(config && order);
  FiqPart* const self = calloc(1, sizeof(FiqPart));
  if (!self) {
    return NULL;
  }
  self->order = *order;
  fiq_fft_pool_init(&self->pool);
  FiqArena arena;
  fiq_arena_init(&arena, NULL, 0);
  if (init_part(self, &arena, config) == FIQ_NO_MEMORY) {
    const size_t size_bytes = arena.used_bytes;
    self->memory            = fiq_part_memory(size_bytes);
    fiq_arena_init(&arena, self->memory, size_bytes);
    if (self->memory && init_part(self, &arena, config) == FIQ_OK) {
      return self;
    }
  }
  fiq_part_free(self);
  return NULL;
}

void fiq_part_learn(FiqPart* self)
{
  assert(self->order.kind == FIQ_PART_LEARNER);
  while (fiq_lesson_step(&self->learning)) {
  }
}

const FiqPartOrder* fiq_part_order(const FiqPart* part)
{
  assert(part);
  return &part->order;
}

void fiq_part_study(FiqPart* part, const FiqLearnedNote* note)
{
  assert(part && part->order.kind == FIQ_PART_PARTNER);
  fiq_partner_study(&part->partner, note);
}

void fiq_part_free(FiqPart* self)
{
  if (self) {
    fiq_fft_pool_free(&self->pool);
    free(self->memory);
    free(self);
  }
}
