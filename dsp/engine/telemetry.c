// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/telemetry.h"

#include "dsp/base/maths.h"

#include <assert.h>

FiqStatus fiq_telemetry_init(FiqTelemetryBox* self, FiqArena* arena)
{
  assert(self);
  assert(arena);
  self->slot = fiq_arena_take(arena, FIQ_TRIPLE_BUFFER_SLOTS, sizeof(FiqTelemetry));
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fiq_triple_buffer_init(&self->turn);
  return FIQ_OK;
}

void fiq_telemetry_publish(FiqTelemetryBox* self, const FiqTelemetry* value)
{
  assert(self);
  assert(value);
  self->slot[self->turn.writing] = *value;
  fiq_triple_buffer_send(&self->turn);
}

bool fiq_telemetry_read(FiqTelemetryBox* self, FiqTelemetry* value)
{
  assert(self);
  assert(value);
  const bool is_new = fiq_triple_buffer_receive(&self->turn);
  if (is_new) {
    *value = self->slot[self->turn.reading];
  }
  return is_new;
}

void fiq_telemetry_count(FiqSwarmTelemetry* swarm, float place)
{
  assert(swarm);
  const float bin = fiq_clamp(place * FIQ_TELEMETRY_BINS, 0.0f, FIQ_TELEMETRY_BINS - 1);
  swarm->histogram[(uint32_t)bin] += 1;
}
