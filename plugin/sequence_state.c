// SPDX-License-Identifier: GPL-3.0-or-later
/*
   What the partner has learned, as part of the state: its notes, two whole numbers each. run() copies them a piece at a
   time when they have changed; save() takes the last whole copy. What is restored is learned anew by whoever restores,
   into a partner of its own, which run() takes in exchange.
*/
#include "plugin/instance.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
  PIECE      = 128,  ///< notes copied in one run()
  PAGE_BYTES = 4096, ///< the smallest page there is
  PLACE_MOST = 4095  ///< ticks
};

FiqSequenceState* fiq_sequence_state_new(void)
{
  FiqSequenceState* const self = calloc(1, sizeof(FiqSequenceState));
  if (self) {
    fiq_triple_buffer_init(&self->snapshot_turn);
    // run() shall not be the first to write to a page.
    volatile char* const bytes = (volatile char*)self->snapshot;
    for (size_t i = 0; i < sizeof(self->snapshot); i += PAGE_BYTES) {
      bytes[i] = 0;
    }
  }
  return self;
}

void fiq_sequence_state_free(FiqSequenceState* self)
{
  if (self) {
    fiq_part_free(atomic_load(&self->arrived));
    free(self);
  }
}

void fiq_plugin_take_sequence(FiqPlugin* self)
{
  assert(self && self->engine);
  assert(self && self->kept.sequence);
  FiqSequenceState* const kept = self->kept.sequence;
  if (!atomic_load_explicit(&kept->arrived, memory_order_relaxed) ||
      !fiq_engine_can_install(self->engine)) {
    return;
  }
  FiqPart* const part = atomic_exchange(&kept->arrived, NULL);
  if (part) {
    kept->restore   = fiq_part_order(part)->restore;
    kept->is_packed = false;
    kept->n_packed  = 0;
    fiq_engine_install(self->engine, part);
  }
}

void fiq_plugin_publish_sequence(FiqPlugin* self)
{
  assert(self && self->engine);
  assert(self && self->kept.sequence);
  FiqSequenceState* const kept = self->kept.sequence;
  const uint32_t          now  = fiq_engine_learned_generation(self->engine);
  if (now == kept->generation && (kept->is_packed || now == 0)) {
    return;
  }
  if (kept->generation != now) {
    kept->n_packed   = 0;
    kept->generation = now;
  }
  kept->is_packed                = false;
  const uint32_t           piece = self->params.freewheel ? FIQ_PARTNER_WINDOW : PIECE;
  const uint32_t           n     = fiq_engine_n_learned(self->engine);
  FiqPackedSequence* const draft = &kept->snapshot[kept->snapshot_turn.writing];
  const uint32_t           left  = n > kept->n_packed ? n - kept->n_packed : 0;
  const uint32_t           some  = left < piece ? left : piece;
  fiq_engine_copy_learned(self->engine, &draft->note[kept->n_packed], kept->n_packed, some);
  kept->n_packed += some;
  if (kept->n_packed >= n) {
    draft->restore = kept->restore;
    draft->n       = n;
    atomic_store_explicit(&kept->has_learned, n > 0, memory_order_relaxed);
    kept->is_packed = true;
    fiq_triple_buffer_send(&kept->snapshot_turn);
    kept->n_packed = 0;
  }
}

static void pack_note(const FiqLearnedNote* note, int32_t packed[2])
{
  assert(note && packed);
  const uint32_t first = note->key | (uint32_t)note->velocity << 7 | (uint32_t)note->starts << 14 |
                         (uint32_t)note->chord << 16;
  const uint32_t second = note->place | (uint32_t)note->step << 16;
  memcpy(&packed[0], &first, sizeof(first));
  memcpy(&packed[1], &second, sizeof(second));
}

/// Any numbers make a note that can be.
static FiqLearnedNote unpack_note(const int32_t packed[2])
{
  assert(packed);
  uint32_t first  = 0;
  uint32_t second = 0;
  memcpy(&first, &packed[0], sizeof(first));
  memcpy(&second, &packed[1], sizeof(second));
  const uint32_t velocity = first >> 7 & 127u;
  const uint32_t starts   = first >> 14 & 3u;
  const uint32_t place    = second & 0xffffu;
  return (FiqLearnedNote){.key      = (uint8_t)(first & 127u),
                          .velocity = (uint8_t)(velocity > 0 ? velocity : 1),
                          .starts   = (uint8_t)(starts < 2 ? starts : 2),
                          .place    = (uint16_t)(place < PLACE_MOST ? place : PLACE_MOST),
                          .step     = fiq_nearest_step(second >> 16),
                          .chord    = (uint16_t)(first >> 16)};
}

LV2_State_Status fiq_plugin_save_sequence(FiqPlugin* self, LV2_State_Store_Function store,
                                          LV2_State_Handle handle)
{
  assert(self && store);
  assert(self && store);
  FiqSequenceState* const kept = self->kept.sequence;
  (void)fiq_triple_buffer_receive(&kept->snapshot_turn);
  const FiqPackedSequence* const played = &kept->snapshot[kept->snapshot_turn.reading];
  const FiqPackedSequence* const now =
      played->restore == kept->last_restored.restore ? played : &kept->last_restored;
  if (now->n == 0) {
    return LV2_STATE_SUCCESS; // nothing was learned
  }
  const size_t                size = sizeof(LV2_Atom_Vector_Body) + 2 * now->n * sizeof(int32_t);
  LV2_Atom_Vector_Body* const body = malloc(size);
  if (!body) {
    return LV2_STATE_ERR_UNKNOWN;
  }
  *body               = (LV2_Atom_Vector_Body){sizeof(int32_t), self->urids.atom_int};
  int32_t* const word = (int32_t*)(body + 1);
  for (uint32_t i = 0; i < now->n; ++i) {
    pack_note(&now->note[i], &word[2 * i]);
  }
  const LV2_State_Status status =
      store(handle, self->urids.sequence, body, size, self->urids.atom_vector,
            LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE);
  free(body);
  return status;
}

/// A partner that has learned what was restored takes the place of the one that plays.
static LV2_State_Status study(FiqPlugin* self)
{
  assert(self);
  FiqSequenceState* const        kept  = self->kept.sequence;
  const FiqPackedSequence* const last  = &kept->last_restored;
  const FiqPartOrder             order = {.kind = FIQ_PART_PARTNER, .restore = last->restore};
  FiqPart* const                 part  = fiq_part_new(&self->config, &order);
  if (!part) {
    return LV2_STATE_ERR_UNKNOWN;
  }
  for (uint32_t i = 0; i < last->n; ++i) {
    fiq_part_study(part, &last->note[i]);
  }
  fiq_part_free(atomic_exchange(&kept->arrived, part));
  return LV2_STATE_SUCCESS;
}

LV2_State_Status fiq_plugin_restore_sequence(FiqPlugin* self, LV2_State_Retrieve_Function retrieve,
                                             LV2_State_Handle handle)
{
  assert(self && retrieve);
  assert(self && retrieve);
  size_t                            size = 0;
  uint32_t                          type = 0;
  uint32_t                          how  = 0;
  const LV2_Atom_Vector_Body* const body =
      retrieve(handle, self->urids.sequence, &size, &type, &how);
  if (body && (type != self->urids.atom_vector || size < sizeof(*body) ||
               body->child_type != self->urids.atom_int || body->child_size != sizeof(int32_t))) {
    return LV2_STATE_ERR_BAD_TYPE;
  }
  FiqPackedSequence* const last    = &self->kept.sequence->last_restored;
  const size_t             n_words = body ? (size - sizeof(*body)) / sizeof(int32_t) : 0;
  const size_t             n       = n_words / 2;
  const bool               had     = last->n > 0 || atomic_load(&self->kept.sequence->has_learned);
  last->n                          = (uint32_t)(n < FIQ_PARTNER_WINDOW ? n : FIQ_PARTNER_WINDOW);
  for (uint32_t i = 0; i < last->n; ++i) {
    int32_t word[2];
    memcpy(word, (const int32_t*)(body + 1) + 2 * i, sizeof(word));
    last->note[i] = unpack_note(word);
  }
  if (last->n == 0 && !had) {
    return LV2_STATE_SUCCESS; // there is nothing to learn and nothing to forget
  }
  ++last->restore;
  return study(self);
}
