// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/anneal/anneal_state.h"

#include "dsp/base/maths.h"
#include "dsp/base/simd.h"

#include <assert.h>
#include <string.h>

enum { CHUNK = FIQ_ANNEAL_CHUNK, NO_TABLE = FIQ_ANNEAL_REFINED };

static const float out_of_reach = FIQ_ANNEAL_OUT_OF_REACH;

/// Sums of eight bytes (Irwin and Hall 1927), brought to mean 0 and variance 1.
static void fill_noise(float* noise)
{
  assert(noise);
  double sum    = 0.0;
  double square = 0.0;
  for (uint32_t i = 0; i < FIQ_ANNEAL_NOISE; ++i) {
    const uint32_t one = fiq_anneal_hash(2 * i, 77);
    const uint32_t two = fiq_anneal_hash(2 * i + 1, 77);
    uint32_t       all = 0;
    for (uint32_t shift = 0; shift < 32; shift += 8) {
      all += ((one >> shift) & 255u) + ((two >> shift) & 255u);
    }
    noise[i] = (float)all;
    sum += (double)all;
    square += (double)all * (double)all;
  }
  const double mean  = sum / FIQ_ANNEAL_NOISE;
  const double scale = 1.0 / sqrt(square / FIQ_ANNEAL_NOISE - mean * mean);
  for (uint32_t i = 0; i < FIQ_ANNEAL_NOISE; ++i) {
    noise[i] = (float)(((double)noise[i] - mean) * scale);
  }
  memcpy(noise + FIQ_ANNEAL_NOISE, noise, CHUNK * sizeof *noise);
}

FiqStatus fiq_anneal_init(FiqAnneal* self, FiqArena* arena, uint32_t capacity)
{
  assert(self && arena);
  if (capacity < 1 || capacity > FIQ_ANNEAL_OSC_MAX) {
    return FIQ_BAD_ARGUMENT;
  }
  memset(self, 0, sizeof *self);
  const size_t n         = ((size_t)capacity + CHUNK - 1) / CHUNK * CHUNK;
  self->capacity         = (uint32_t)n;
  self->use_avx2         = fiq_simd_avx2();
  self->use_avx512       = fiq_simd_avx512();
  self->osc.x            = fiq_arena_take(arena, n, sizeof *self->osc.x);
  self->osc.slot         = fiq_arena_take(arena, n, sizeof *self->osc.slot);
  self->osc.state        = fiq_arena_take(arena, n, sizeof *self->osc.state);
  self->osc.drift        = fiq_arena_take(arena, n, sizeof *self->osc.drift);
  self->osc.chunk_hot    = fiq_arena_take(arena, n / CHUNK, sizeof *self->osc.chunk_hot);
  self->osc.chunk_left   = fiq_arena_take(arena, n / CHUNK, sizeof *self->osc.chunk_left);
  self->osc.chunk_due    = fiq_arena_take(arena, n / CHUNK, sizeof *self->osc.chunk_due);
  self->histogram.coarse = fiq_arena_take(arena, (size_t)FIQ_ANNEAL_LANES * FIQ_ANNEAL_COARSE,
                                          sizeof *self->histogram.coarse);
  self->histogram.fine   = fiq_arena_take(arena, (size_t)(FIQ_ANNEAL_REFINED + 1) * FIQ_ANNEAL_FINE,
                                          sizeof *self->histogram.fine);
  self->histogram.fine_of =
      fiq_arena_take(arena, FIQ_ANNEAL_COARSE, sizeof *self->histogram.fine_of);
  self->histogram.below =
      fiq_arena_take(arena, FIQ_ANNEAL_COARSE + 1, sizeof *self->histogram.below);
  self->histogram.lane_min = fiq_arena_take(arena, CHUNK, sizeof *self->histogram.lane_min);
  self->histogram.lane_max = fiq_arena_take(arena, CHUNK, sizeof *self->histogram.lane_max);
  self->histogram.lane_residual =
      fiq_arena_take(arena, CHUNK, sizeof *self->histogram.lane_residual);
  self->noise = fiq_arena_take(arena, FIQ_ANNEAL_NOISE + CHUNK, sizeof *self->noise);
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fill_noise(self->noise);
  fiq_anneal_reset(self, 1);
  return FIQ_OK;
}

/// What reset clears and adopt takes over lies behind the pointers; these are kept across both.
static FiqAnneal keep_anneal_buffers(const FiqAnneal* self, const FiqAnneal* state)
{
  assert(self && state);
  FiqAnneal next               = *state;
  next.capacity                = self->capacity;
  next.use_avx2                = self->use_avx2;
  next.use_avx512              = self->use_avx512;
  next.osc.x                   = self->osc.x;
  next.osc.slot                = self->osc.slot;
  next.osc.state               = self->osc.state;
  next.osc.drift               = self->osc.drift;
  next.osc.chunk_hot           = self->osc.chunk_hot;
  next.osc.chunk_left          = self->osc.chunk_left;
  next.osc.chunk_due           = self->osc.chunk_due;
  next.histogram.coarse        = self->histogram.coarse;
  next.histogram.fine          = self->histogram.fine;
  next.histogram.fine_of       = self->histogram.fine_of;
  next.histogram.below         = self->histogram.below;
  next.histogram.lane_min      = self->histogram.lane_min;
  next.histogram.lane_max      = self->histogram.lane_max;
  next.histogram.lane_residual = self->histogram.lane_residual;
  next.noise                   = self->noise;
  return next;
}

void fiq_anneal_empty_lanes(FiqAnneal* self)
{
  assert(self->histogram.lane_min && self->histogram.lane_max);
  for (int i = 0; i < CHUNK; ++i) {
    self->histogram.lane_min[i] = out_of_reach;
    self->histogram.lane_max[i] = -out_of_reach;
  }
  memset(self->histogram.lane_residual, 0, CHUNK * sizeof *self->histogram.lane_residual);
}

void fiq_anneal_reset(FiqAnneal* self, uint32_t seed)
{
  assert(self && self->osc.x);
  assert(self->capacity % CHUNK == 0);
  static const FiqAnneal blank;
  *self                       = keep_anneal_buffers(self, &blank);
  self->seed                  = seed;
  self->schedule.p            = 1.0f;
  self->schedule.imbalance    = 1.0f;
  self->histogram.range_scale = 1.0f;
  self->histogram.stride      = 1;
  self->histogram.old_stride  = 1;
  memset(self->osc.x, 0, self->capacity * sizeof *self->osc.x);
  memset(self->osc.slot, 0, self->capacity * sizeof *self->osc.slot);
  memset(self->osc.state, 0, self->capacity * sizeof *self->osc.state);
  memset(self->osc.drift, 0, self->capacity * sizeof *self->osc.drift);
  memset(self->osc.chunk_hot, 0, self->capacity / CHUNK * sizeof *self->osc.chunk_hot);
  memset(self->osc.chunk_left, 0, self->capacity / CHUNK * sizeof *self->osc.chunk_left);
  memset(self->osc.chunk_due, 0, self->capacity / CHUNK * sizeof *self->osc.chunk_due);
  memset(self->histogram.coarse, 0,
         (size_t)FIQ_ANNEAL_LANES * FIQ_ANNEAL_COARSE * sizeof *self->histogram.coarse);
  memset(self->histogram.below, 0, (FIQ_ANNEAL_COARSE + 1) * sizeof *self->histogram.below);
  memset(self->histogram.fine_of, NO_TABLE, FIQ_ANNEAL_COARSE * sizeof *self->histogram.fine_of);
  fiq_anneal_empty_lanes(self);
}

void fiq_anneal_adopt(FiqAnneal* self, const FiqAnneal* old)
{
  assert(self && old);
  assert(self->capacity > 0 && old->capacity > 0);
  const size_t n = old->capacity < self->capacity ? old->capacity : self->capacity;
  *self          = keep_anneal_buffers(self, old);
  memcpy(self->osc.x, old->osc.x, n * sizeof *self->osc.x);
  memcpy(self->osc.slot, old->osc.slot, n * sizeof *self->osc.slot);
  memcpy(self->osc.state, old->osc.state, n * sizeof *self->osc.state);
  memcpy(self->osc.drift, old->osc.drift, n * sizeof *self->osc.drift);
  memcpy(self->osc.chunk_hot, old->osc.chunk_hot, n / CHUNK * sizeof *self->osc.chunk_hot);
  memcpy(self->osc.chunk_left, old->osc.chunk_left, n / CHUNK * sizeof *self->osc.chunk_left);
  memcpy(self->osc.chunk_due, old->osc.chunk_due, n / CHUNK * sizeof *self->osc.chunk_due);
  memcpy(self->histogram.coarse, old->histogram.coarse,
         (size_t)FIQ_ANNEAL_LANES * FIQ_ANNEAL_COARSE * sizeof *self->histogram.coarse);
  memcpy(self->histogram.fine, old->histogram.fine,
         (size_t)(FIQ_ANNEAL_REFINED + 1) * FIQ_ANNEAL_FINE * sizeof *self->histogram.fine);
  memcpy(self->histogram.fine_of, old->histogram.fine_of,
         FIQ_ANNEAL_COARSE * sizeof *self->histogram.fine_of);
  memcpy(self->histogram.below, old->histogram.below,
         (FIQ_ANNEAL_COARSE + 1) * sizeof *self->histogram.below);
  memcpy(self->histogram.lane_min, old->histogram.lane_min,
         CHUNK * sizeof *self->histogram.lane_min);
  memcpy(self->histogram.lane_max, old->histogram.lane_max,
         CHUNK * sizeof *self->histogram.lane_max);
  memcpy(self->histogram.lane_residual, old->histogram.lane_residual,
         CHUNK * sizeof *self->histogram.lane_residual);
  if (self->osc.n > self->capacity) {
    // Those beyond the smaller capacity are gone: count anew, then plan.
    self->osc.n          = self->capacity;
    self->pass.plan_next = true;
    self->pass.recount   = true;
  }
}
