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
  const size_t n   = ((size_t)capacity + CHUNK - 1) / CHUNK * CHUNK;
  self->capacity   = (uint32_t)n;
  self->use_avx2   = fiq_simd_avx2();
  self->use_avx512 = fiq_simd_avx512();
  self->x          = fiq_arena_take(arena, n, sizeof *self->x);
  self->slot       = fiq_arena_take(arena, n, sizeof *self->slot);
  self->state      = fiq_arena_take(arena, n, sizeof *self->state);
  self->drift      = fiq_arena_take(arena, n, sizeof *self->drift);
  self->chunk_hot  = fiq_arena_take(arena, n / CHUNK, sizeof *self->chunk_hot);
  self->chunk_left = fiq_arena_take(arena, n / CHUNK, sizeof *self->chunk_left);
  self->chunk_due  = fiq_arena_take(arena, n / CHUNK, sizeof *self->chunk_due);
  self->coarse =
      fiq_arena_take(arena, (size_t)FIQ_ANNEAL_LANES * FIQ_ANNEAL_COARSE, sizeof *self->coarse);
  self->fine =
      fiq_arena_take(arena, (size_t)(FIQ_ANNEAL_REFINED + 1) * FIQ_ANNEAL_FINE, sizeof *self->fine);
  self->fine_of       = fiq_arena_take(arena, FIQ_ANNEAL_COARSE, sizeof *self->fine_of);
  self->below         = fiq_arena_take(arena, FIQ_ANNEAL_COARSE + 1, sizeof *self->below);
  self->lane_min      = fiq_arena_take(arena, CHUNK, sizeof *self->lane_min);
  self->lane_max      = fiq_arena_take(arena, CHUNK, sizeof *self->lane_max);
  self->lane_residual = fiq_arena_take(arena, CHUNK, sizeof *self->lane_residual);
  self->noise         = fiq_arena_take(arena, FIQ_ANNEAL_NOISE + CHUNK, sizeof *self->noise);
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
  FiqAnneal next     = *state;
  next.capacity      = self->capacity;
  next.use_avx2      = self->use_avx2;
  next.use_avx512    = self->use_avx512;
  next.x             = self->x;
  next.slot          = self->slot;
  next.state         = self->state;
  next.drift         = self->drift;
  next.chunk_hot     = self->chunk_hot;
  next.chunk_left    = self->chunk_left;
  next.chunk_due     = self->chunk_due;
  next.coarse        = self->coarse;
  next.fine          = self->fine;
  next.fine_of       = self->fine_of;
  next.below         = self->below;
  next.lane_min      = self->lane_min;
  next.lane_max      = self->lane_max;
  next.lane_residual = self->lane_residual;
  next.noise         = self->noise;
  return next;
}

void fiq_anneal_empty_lanes(FiqAnneal* self)
{
  for (int i = 0; i < CHUNK; ++i) {
    self->lane_min[i] = out_of_reach;
    self->lane_max[i] = -out_of_reach;
  }
  memset(self->lane_residual, 0, CHUNK * sizeof *self->lane_residual);
}

void fiq_anneal_reset(FiqAnneal* self, uint32_t seed)
{
  static const FiqAnneal blank;
  *self             = keep_anneal_buffers(self, &blank);
  self->seed        = seed;
  self->p           = 1.0f;
  self->imbalance   = 1.0f;
  self->range_scale = 1.0f;
  self->stride      = 1;
  self->old_stride  = 1;
  memset(self->x, 0, self->capacity * sizeof *self->x);
  memset(self->slot, 0, self->capacity * sizeof *self->slot);
  memset(self->state, 0, self->capacity * sizeof *self->state);
  memset(self->drift, 0, self->capacity * sizeof *self->drift);
  memset(self->chunk_hot, 0, self->capacity / CHUNK * sizeof *self->chunk_hot);
  memset(self->chunk_left, 0, self->capacity / CHUNK * sizeof *self->chunk_left);
  memset(self->chunk_due, 0, self->capacity / CHUNK * sizeof *self->chunk_due);
  memset(self->coarse, 0, (size_t)FIQ_ANNEAL_LANES * FIQ_ANNEAL_COARSE * sizeof *self->coarse);
  memset(self->below, 0, (FIQ_ANNEAL_COARSE + 1) * sizeof *self->below);
  memset(self->fine_of, NO_TABLE, FIQ_ANNEAL_COARSE * sizeof *self->fine_of);
  fiq_anneal_empty_lanes(self);
}

void fiq_anneal_adopt(FiqAnneal* self, const FiqAnneal* old)
{
  const size_t n = old->capacity < self->capacity ? old->capacity : self->capacity;
  *self          = keep_anneal_buffers(self, old);
  memcpy(self->x, old->x, n * sizeof *self->x);
  memcpy(self->slot, old->slot, n * sizeof *self->slot);
  memcpy(self->state, old->state, n * sizeof *self->state);
  memcpy(self->drift, old->drift, n * sizeof *self->drift);
  memcpy(self->chunk_hot, old->chunk_hot, n / CHUNK * sizeof *self->chunk_hot);
  memcpy(self->chunk_left, old->chunk_left, n / CHUNK * sizeof *self->chunk_left);
  memcpy(self->chunk_due, old->chunk_due, n / CHUNK * sizeof *self->chunk_due);
  memcpy(self->coarse, old->coarse,
         (size_t)FIQ_ANNEAL_LANES * FIQ_ANNEAL_COARSE * sizeof *self->coarse);
  memcpy(self->fine, old->fine,
         (size_t)(FIQ_ANNEAL_REFINED + 1) * FIQ_ANNEAL_FINE * sizeof *self->fine);
  memcpy(self->fine_of, old->fine_of, FIQ_ANNEAL_COARSE * sizeof *self->fine_of);
  memcpy(self->below, old->below, (FIQ_ANNEAL_COARSE + 1) * sizeof *self->below);
  memcpy(self->lane_min, old->lane_min, CHUNK * sizeof *self->lane_min);
  memcpy(self->lane_max, old->lane_max, CHUNK * sizeof *self->lane_max);
  memcpy(self->lane_residual, old->lane_residual, CHUNK * sizeof *self->lane_residual);
  if (self->n_osc > self->capacity) {
    // Those beyond the smaller capacity are gone: count anew, then plan.
    self->n_osc     = self->capacity;
    self->plan_next = true;
    self->recount   = true;
  }
}
