// SPDX-License-Identifier: GPL-3.0-or-later
#include "telemetry.h"

#include "maths.h"

#include <assert.h>

enum {
  SLOT_MASK = 3, // which slot stands between
  IS_NEW    = 4  // it has been written since it was last read
};

FiqStatus fiq_telemetry_init(FiqTelemetryBox* self, FiqArena* arena)
{
  assert(self);
  assert(arena);
  self->slot = fiq_arena_take(arena, 3, sizeof(FiqTelemetry));
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  self->writing = 0;
  self->reading = 1;
  atomic_init(&self->between, 2u);
  return FIQ_OK;
}

void fiq_telemetry_publish(FiqTelemetryBox* self, const FiqTelemetry* value)
{
  assert(self);
  assert(value);
  self->slot[self->writing] = *value;
  // Release hands the copy over; acquire makes sure that the reader has left the slot taken back.
  const unsigned mine = self->writing | IS_NEW;
  self->writing = atomic_exchange_explicit(&self->between, mine, memory_order_acq_rel) & SLOT_MASK;
}

bool fiq_telemetry_read(FiqTelemetryBox* self, FiqTelemetry* value)
{
  assert(self);
  assert(value);
  if (!(atomic_load_explicit(&self->between, memory_order_relaxed) & IS_NEW)) {
    return false;
  }
  const unsigned mine = self->reading;
  self->reading = atomic_exchange_explicit(&self->between, mine, memory_order_acq_rel) & SLOT_MASK;
  *value        = self->slot[self->reading];
  return true;
}

void fiq_telemetry_count(FiqSwarmTelemetry* swarm, float hz)
{
  assert(swarm);
  assert(swarm->histogram_low_hz > 0.0f);
  assert(swarm->histogram_high_hz > swarm->histogram_low_hz);
  const float span  = log2f(swarm->histogram_high_hz / swarm->histogram_low_hz);
  const float place = log2f(fmaxf(hz, 1e-3f) / swarm->histogram_low_hz) / span;
  const float bin   = fiq_clamp(place * FIQ_TELEMETRY_BINS, 0.0f, FIQ_TELEMETRY_BINS - 1);
  swarm->histogram[(uint32_t)bin] += 1;
}
