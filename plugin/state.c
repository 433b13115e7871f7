// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/instance.h"

#include <assert.h>
#include <lv2/state/state.h>

#include <math.h>
#include <string.h>

enum { VECTOR_MAX = 2 * FIQ_PORTS_MAX };

_Static_assert((int)VECTOR_MAX >= (int)FIQ_ENGINE_MATCH && (int)VECTOR_MAX >= (int)FIQ_ENGINE_MTS &&
                   (int)VECTOR_MAX >= 3 * (int)FIQ_NEURONS_MAX,
               "all vectors fit");

enum { PUBLISH_FRAMES = 2048 }; ///< from one copy of the state to the next

/// Floats as they are stored: the body of an atom:Vector.
typedef struct {
  LV2_Atom_Vector_Body head;
  float                value[VECTOR_MAX];
} Vector;

/// What is stored as a vector, by its key.
typedef struct {
  LV2_URID key;
  float*   value; ///< in a FiqEngineState
  uint32_t n;
  uint32_t n_least; ///< what is kept may be that short; the rest is 0
} Field;

enum { N_FIELDS = 5, LEARNED_LEAST = 201 };

static void list_fields(const FiqUrids* urids, FiqEngineState* state, Field fields[N_FIELDS])
{
  assert(urids && state && fields);
  fields[0] =
      (Field){urids->phases, &state->phase_rad[0][0], 3 * FIQ_NEURONS_MAX, 3 * FIQ_NEURONS_MAX};
  fields[1] = (Field){urids->match, state->match, FIQ_ENGINE_MATCH, FIQ_ENGINE_MATCH};
  fields[2] = (Field){urids->learned, state->learned, FIQ_ENGINE_LEARNED, LEARNED_LEAST};
  fields[3] =
      (Field){urids->goals, &state->goal[0].kind, 3 * FIQ_ENGINE_GOALS, 3 * FIQ_ENGINE_GOALS};
  fields[4] = (Field){urids->mts, state->mts, FIQ_ENGINE_MTS, FIQ_ENGINE_MTS};
}

_Static_assert(sizeof(FiqEngineGoal) == 3 * sizeof(float), "a goal is three floats");

bool fiq_plugin_set_field(FiqPlugin* self, LV2_URID name, const LV2_Atom* value)
{
  assert(self && value);
  assert(self && value);
  const LV2_Atom_Vector* const vector = (const LV2_Atom_Vector*)(const void*)value;
  FiqEngineState               state;
  Field                        fields[N_FIELDS];
  list_fields(&self->urids, &state, fields);
  for (int i = 0; i < N_FIELDS; ++i) {
    const size_t head  = sizeof(vector->body);
    const size_t least = head + fields[i].n_least * sizeof(float);
    const size_t most  = head + fields[i].n * sizeof(float);
    const bool   fits  = fields[i].key == name && value->type == self->urids.atom_vector &&
                      value->size >= least && value->size <= most &&
                      (value->size - head) % sizeof(float) == 0 &&
                      vector->body.child_type == self->urids.atom_float &&
                      vector->body.child_size == sizeof(float);
    if (fits) {
      fiq_engine_state(self->engine, &state);
      memset(fields[i].value, 0, fields[i].n * sizeof(float));
      memcpy(fields[i].value, &vector->body + 1, value->size - head);
      fiq_engine_set_state(self->engine, &state);
      self->was_set = true;
      return true;
    }
  }
  return false;
}

bool fiq_plugin_ask_field(FiqPlugin* self, LV2_URID name)
{
  assert(self);
  FiqEngineState state;
  Field          fields[N_FIELDS];
  list_fields(&self->urids, &state, fields);
  for (uint32_t i = 0; i < N_FIELDS; ++i) {
    if (fields[i].key == name) {
      self->fields_asked |= 1u << i;
      return true;
    }
  }
  return false;
}

bool fiq_plugin_write_field(FiqPlugin* self, uint32_t which)
{
  assert(self);
  LV2_Atom_Forge* const forge = &self->forge;
  LV2_Atom_Forge_Frame  object;
  FiqEngineState        state;
  Field                 fields[N_FIELDS];
  list_fields(&self->urids, &state, fields);
  fiq_engine_state(self->engine, &state);
  return lv2_atom_forge_frame_time(forge, 0) &&
         lv2_atom_forge_object(forge, &object, 0, self->urids.patch_set) &&
         lv2_atom_forge_key(forge, self->urids.patch_property) &&
         lv2_atom_forge_urid(forge, fields[which].key) &&
         lv2_atom_forge_key(forge, self->urids.patch_value) &&
         lv2_atom_forge_vector(forge, sizeof(float), self->urids.atom_float, fields[which].n,
                               fields[which].value) &&
         (lv2_atom_forge_pop(forge, &object), true);
}

void fiq_plugin_await_state(FiqPlugin* self)
{
  assert(self);
  const FiqKeptState* const kept = fiq_state_box_receive(&self->restored);
  self->awaited                  = kept ? kept : self->awaited;
  if (self->awaited) {
    fiq_plugin_restore_program(self, &self->awaited->over);
  }
}

void fiq_plugin_take_state(FiqPlugin* self)
{
  assert(self && self->engine);
  const FiqKeptState* const news = fiq_state_box_receive(&self->restored);
  const FiqKeptState* const kept = news ? news : self->awaited;
  self->awaited                  = NULL;
  if (kept) {
    fiq_engine_set_state(self->engine, &kept->engine);
    fiq_plugin_restore_program(self, &kept->over);
    self->generation = kept->generation;
    self->seed_asked = true;
    self->was_set    = true;
  }
}

void fiq_plugin_publish_state(FiqPlugin* self, uint32_t n_frames)
{
  assert(self && self->engine);
  // What changes by itself moves slowly; what was set must not be missed by a save that follows.
  const bool waits = self->unpublished_frames + n_frames < PUBLISH_FRAMES && !self->was_set &&
                     !self->params.freewheel;
  self->was_set            = false;
  self->unpublished_frames = waits ? self->unpublished_frames + n_frames : 0;
  if (waits) {
    return;
  }
  FiqKeptState* const draft = fiq_state_box_draft(&self->snapshot);
  fiq_engine_state(self->engine, &draft->engine);
  draft->over       = self->program.over;
  draft->generation = self->generation;
  fiq_state_box_send(&self->snapshot);
}

/// What a save right now must keep: what run() plays, or a restored state it has not seen yet.
static const FiqKeptState* present_state(FiqPlugin* self)
{
  assert(self);
  fiq_state_box_receive(&self->snapshot);
  const FiqKeptState* const played = fiq_state_box_latest(&self->snapshot);
  return played->generation == self->last_restored.generation ? played : &self->last_restored;
}

/// What lies over the ports, if anything does, with them.
static LV2_State_Status save_program(const FiqPlugin* self, const FiqOverlay* over,
                                     LV2_State_Store_Function store, LV2_State_Handle handle)
{
  assert(self && over);
  const size_t bytes  = self->n_controls * sizeof(FiqCovered);
  Vector       vector = {{sizeof(float), self->urids.atom_float}, {0}};
  bool         any    = false;
  for (uint32_t i = 0; i < self->n_controls; ++i) {
    any = any || fabsf(over->control[i].value - over->control[i].port) > 0.0f;
  }
  memcpy(vector.value, over, bytes);
  return any ? store(handle, self->urids.program, &vector, sizeof(vector.head) + bytes,
                     self->urids.atom_vector, LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE)
             : LV2_STATE_SUCCESS;
}

static LV2_State_Status save(LV2_Handle instance, LV2_State_Store_Function store,
                             LV2_State_Handle handle, uint32_t flags,
                             const LV2_Feature* const* features)
{
  assert(instance && store);
  (void)flags;
  FiqPlugin* const      self  = instance;
  const FiqUrids* const urids = &self->urids;
  const FiqKeptState*   kept  = present_state(self);
  FiqEngineState        state = kept->engine;
  const uint32_t        kind  = LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE;
  const int64_t         seed  = (int64_t)state.seed;
  Field                 fields[N_FIELDS];
  LV2_State_Status status = store(handle, urids->seed, &seed, sizeof(seed), urids->atom_long, kind);
  list_fields(urids, &state, fields);
  for (int i = 0; i < N_FIELDS && status == LV2_STATE_SUCCESS; ++i) {
    Vector       vector = {{sizeof(float), urids->atom_float}, {0}};
    const size_t bytes  = fields[i].n * sizeof(float);
    memcpy(vector.value, fields[i].value, bytes);
    status = store(handle, fields[i].key, &vector, sizeof(vector.head) + bytes, urids->atom_vector,
                   kind);
  }
  if (status == LV2_STATE_SUCCESS) {
    status = save_program(self, &kept->over, store, handle);
  }
  if (status == LV2_STATE_SUCCESS) {
    status = fiq_plugin_save_moments(self, store, handle);
  }
  if (status == LV2_STATE_SUCCESS) {
    status = fiq_plugin_save_sequence(self, store, handle);
  }
  if (status == LV2_STATE_SUCCESS) {
    status = fiq_plugin_save_words(self, store, handle);
  }
  if (status == LV2_STATE_SUCCESS) {
    status = fiq_plugin_save_names(self, store, handle);
  }
  if (status == LV2_STATE_SUCCESS) {
    status = fiq_plugin_save_controllers(self, store, handle);
  }
  const bool is_restored = kept == &self->last_restored;
  return status ? status : fiq_plugin_save_tuning(self, is_restored, store, handle, features);
}

/// Fill `field` from what the host kept: absent leaves it as it is; false if it is not what we wrote.
static bool read_field(const FiqPlugin* self, LV2_State_Retrieve_Function retrieve,
                       LV2_State_Handle handle, const Field* field)
{
  assert(self->engine);
  assert(self && retrieve);
  size_t              size   = 0;
  uint32_t            type   = 0;
  uint32_t            how    = 0;
  const Vector* const vector = retrieve(handle, field->key, &size, &type, &how);
  const size_t        most   = sizeof(vector->head) + field->n * sizeof(float);
  const size_t        least  = sizeof(vector->head) + field->n_least * sizeof(float);
  if (!vector) {
    return true;
  }
  if (type != self->urids.atom_vector || size < least || size > most ||
      (size - sizeof(vector->head)) % sizeof(float) != 0 ||
      vector->head.child_type != self->urids.atom_float ||
      vector->head.child_size != sizeof(float)) {
    return false;
  }
  memset(field->value, 0, field->n * sizeof(float));
  memcpy(field->value, vector->value, size - sizeof(vector->head));
  return true;
}

static LV2_State_Status restore(LV2_Handle instance, LV2_State_Retrieve_Function retrieve,
                                LV2_State_Handle handle, uint32_t flags,
                                const LV2_Feature* const* features)
{
  assert(instance && retrieve);
  (void)flags;
  FiqPlugin* const self = instance;
  size_t           size = 0;
  uint32_t         type = 0;
  uint32_t         how  = 0;
  const void*      data = retrieve(handle, self->urids.seed, &size, &type, &how);
  if (!data) {
    return LV2_STATE_SUCCESS; // a preset without state of ours: keep what there is
  }
  if (type != self->urids.atom_long || size != sizeof(int64_t)) {
    return LV2_STATE_ERR_BAD_TYPE;
  }
  FiqKeptState kept;
  memset(&kept, 0, sizeof(kept));
  int64_t seed = 0;
  memcpy(&seed, data, sizeof(seed));
  kept.engine.seed = (uint64_t)seed & UINT64_C(0x7fffffff);
  // What the host does not have is drawn from the seed, or not learned yet.
  kept.engine.phase_rad[0][0] = NAN;
  kept.engine.match[0]        = NAN;
  Field fields[N_FIELDS];
  list_fields(&self->urids, &kept.engine, fields);
  for (int i = 0; i < N_FIELDS; ++i) {
    if (!read_field(self, retrieve, handle, &fields[i])) {
      return LV2_STATE_ERR_BAD_TYPE;
    }
  }
  const Field over = {self->urids.program, &kept.over.control[0].value, 2 * FIQ_PORTS_MAX, 0};
  if (!read_field(self, retrieve, handle, &over)) {
    return LV2_STATE_ERR_BAD_TYPE;
  }
  LV2_State_Status status = fiq_plugin_restore_moments(self, retrieve, handle);
  if (status == LV2_STATE_SUCCESS) {
    status = fiq_plugin_restore_sequence(self, retrieve, handle);
  }
  if (status == LV2_STATE_SUCCESS) {
    status = fiq_plugin_restore_words(self, retrieve, handle);
  }
  if (status == LV2_STATE_SUCCESS) {
    status = fiq_plugin_restore_names(self, retrieve, handle);
  }
  if (status == LV2_STATE_SUCCESS) {
    status = fiq_plugin_restore_controllers(self, retrieve, handle);
  }
  if (status != LV2_STATE_SUCCESS) {
    return status;
  }
  fiq_plugin_restore_tuning(self, retrieve, handle,
                            features); // before the state, which run() may take at once
  kept.generation                       = self->last_restored.generation + 1;
  self->last_restored                   = kept;
  *fiq_state_box_draft(&self->restored) = kept;
  fiq_state_box_send(&self->restored);
  return LV2_STATE_SUCCESS;
}

const void* fiq_state_extension(const char* uri)
{
  assert(uri);
  static const LV2_State_Interface state = {save, restore};
  return strcmp(uri, LV2_STATE__interface) ? NULL : &state;
}
