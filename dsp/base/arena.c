// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/base/arena.h"

#include <assert.h>
#include <string.h>

void fiq_arena_init(FiqArena* self, void* base, size_t size_bytes)
{
  assert(self);
  assert((uintptr_t)base % FIQ_ARENA_ALIGN_BYTES == 0);
  self->base       = base;
  self->size_bytes = base ? size_bytes : 0;
  self->used_bytes = 0;
}

void* fiq_arena_take(FiqArena* self, size_t count, size_t size_bytes)
{
  assert(self);
  assert(size_bytes > 0);
  const size_t limit = SIZE_MAX / 4;
  if (count > limit / size_bytes || self->used_bytes > limit) {
    self->used_bytes = limit + 1;
    return NULL;
  }
  const size_t mask  = FIQ_ARENA_ALIGN_BYTES - 1;
  const size_t bytes = (count * size_bytes + mask) & ~mask;
  const size_t start = self->used_bytes;
  self->used_bytes += bytes;
  if (!self->base || self->used_bytes > self->size_bytes) {
    return NULL;
  }
  return memset(self->base + start, 0, bytes);
}

void fiq_arena_take_planes(FiqArena* self, float* planes[FIQ_CHANNELS])
{
  assert(self && planes);
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    planes[channel] = fiq_arena_take(self, FIQ_CONTROL_MAX, sizeof(float));
  }
}

FiqStatus fiq_arena_status(const FiqArena* self)
{
  return self->used_bytes <= self->size_bytes ? FIQ_OK : FIQ_NO_MEMORY;
}
