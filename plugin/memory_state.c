// SPDX-License-Identifier: GPL-3.0-or-later
/*
   The memory as part of the state. It is large, so run() packs it a piece at a time, and only when
   moments have come or gone; save() takes the last whole copy.
*/
#include "plugin/instance.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
  PIECE      = 64,  ///< moments packed in one run()
  PAGE_BYTES = 4096 ///< the smallest page there is
};

FiqMoments* fiq_memory_state_new(void)
{
  FiqMoments* const self = calloc(1, sizeof(FiqMoments));
  if (self) {
    fiq_triple_buffer_init(&self->restored_turn);
    fiq_triple_buffer_init(&self->snapshot_turn);
    // run() shall not be the first to write to a page.
    volatile char* const bytes = (volatile char*)self->snapshot;
    for (size_t i = 0; i < sizeof(self->snapshot); i += PAGE_BYTES) {
      bytes[i] = 0;
    }
  }
  return self;
}

void fiq_plugin_take_moments(FiqPlugin* self)
{
  assert(self && self->kept.moments);
  FiqMoments* const moments = self->kept.moments;
  if (fiq_triple_buffer_receive(&moments->restored_turn)) {
    const FiqPackedMoments* const kept = &moments->restored[moments->restored_turn.reading];
    fiq_engine_set_memory(self->engine, kept->value);
    moments->restore   = kept->restore;
    moments->is_packed = false;
    moments->n_packed  = 0;
  }
}

void fiq_plugin_publish_moments(FiqPlugin* self)
{
  assert(self && self->kept.moments);
  FiqMoments* const moments = self->kept.moments;
  const uint32_t    now     = fiq_engine_memory_generation(self->engine);
  if (moments->is_packed && moments->generation == now) {
    return;
  }
  if (moments->is_packed || moments->n_packed == 0) {
    moments->is_packed  = false;
    moments->n_packed   = 0;
    moments->generation = now;
  }
  // Offline nothing may be missing from a state that is saved after the last block.
  const bool              offline = self->params.freewheel;
  const uint32_t          piece   = offline ? FIQ_ENGINE_MOMENTS : PIECE;
  const uint32_t          n       = fiq_engine_n_moments(self->engine);
  FiqPackedMoments* const draft   = &moments->snapshot[moments->snapshot_turn.writing];
  fiq_engine_pack_memory(self->engine, draft->value, moments->n_packed, piece);
  moments->n_packed += piece;
  if (moments->n_packed >= n) {
    draft->restore     = moments->restore;
    draft->n_floats    = FIQ_ENGINE_MEMORY_HEAD + n * FIQ_ENGINE_MOMENT;
    moments->is_packed = true;
    fiq_triple_buffer_send(&moments->snapshot_turn);
  }
}

/// An atom:Vector on the heap: the body's head and `n` floats; to be freed.
static LV2_Atom_Vector_Body* vector_of(const FiqUrids* urids, const float* value, uint32_t n)
{
  assert(urids && value);
  LV2_Atom_Vector_Body* const body = malloc(sizeof(*body) + n * sizeof(float));
  if (body) {
    *body = (LV2_Atom_Vector_Body){sizeof(float), urids->atom_float};
    memcpy(body + 1, value, n * sizeof(float));
  }
  return body;
}

LV2_State_Status fiq_plugin_save_moments(FiqPlugin* self, LV2_State_Store_Function store,
                                         LV2_State_Handle handle)
{
  assert(self && store);
  FiqMoments* const moments = self->kept.moments;
  (void)fiq_triple_buffer_receive(&moments->snapshot_turn);
  const FiqPackedMoments* const played = &moments->snapshot[moments->snapshot_turn.reading];
  const FiqPackedMoments* const kept =
      played->restore == moments->last_restored.restore ? played : &moments->last_restored;
  if (kept->n_floats <= FIQ_ENGINE_MEMORY_HEAD) {
    return LV2_STATE_SUCCESS; // nothing is remembered
  }
  LV2_Atom_Vector_Body* const body = vector_of(&self->urids, kept->value, kept->n_floats);
  if (!body) {
    return LV2_STATE_ERR_UNKNOWN;
  }
  const LV2_State_Status status =
      store(handle, self->urids.memory, body, sizeof(*body) + kept->n_floats * sizeof(float),
            self->urids.atom_vector, LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE);
  free(body);
  return status;
}

LV2_State_Status fiq_plugin_restore_moments(FiqPlugin* self, LV2_State_Retrieve_Function retrieve,
                                            LV2_State_Handle handle)
{
  assert(self && retrieve);
  FiqMoments* const                 moments = self->kept.moments;
  size_t                            size    = 0;
  uint32_t                          type    = 0;
  uint32_t                          how     = 0;
  const LV2_Atom_Vector_Body* const body = retrieve(handle, self->urids.memory, &size, &type, &how);
  const size_t                      most_bytes = sizeof(*body) + FIQ_ENGINE_MEMORY * sizeof(float);
  if (body && (type != self->urids.atom_vector || size < sizeof(*body) || size > most_bytes ||
               body->child_type != self->urids.atom_float || body->child_size != sizeof(float))) {
    return LV2_STATE_ERR_BAD_TYPE;
  }
  FiqPackedMoments* const last = &moments->last_restored;
  const uint32_t          n    = body ? (uint32_t)((size - sizeof(*body)) / sizeof(float)) : 0;
  memset(last->value, 0, sizeof(last->value));
  if (n > 0) {
    memcpy(last->value, body + 1, n * sizeof(float));
  }
  last->n_floats = n;
  ++last->restore;
  moments->restored[moments->restored_turn.writing] = *last;
  fiq_triple_buffer_send(&moments->restored_turn);
  return LV2_STATE_SUCCESS;
}
