// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin.h"

#include <lv2/state/state.h>

#include <math.h>
#include <string.h>

enum { N_PHASES = 3 * FIQ_NEURONS_MAX };

/// The phases as they are stored: an atom:Vector body of floats.
typedef struct {
  LV2_Atom_Vector_Body head;
  float                phase_rad[N_PHASES];
} PhaseVector;

void fiq_plugin_take_state(FiqPlugin* self)
{
  const FiqKeptState* const kept = fiq_state_box_receive(&self->restored);
  if (kept) {
    fiq_engine_set_state(self->engine, &kept->engine);
    self->generation = kept->generation;
    self->seed_asked = true;
  }
}

void fiq_plugin_publish_state(FiqPlugin* self)
{
  FiqKeptState* const draft = fiq_state_box_draft(&self->snapshot);
  fiq_engine_state(self->engine, &draft->engine);
  draft->generation = self->generation;
  fiq_state_box_send(&self->snapshot);
}

/// What a save right now must keep: what run() plays, or a restored state it has not seen yet.
static const FiqKeptState* present_state(FiqPlugin* self)
{
  fiq_state_box_receive(&self->snapshot);
  const FiqKeptState* const played = fiq_state_box_latest(&self->snapshot);
  return played->generation == self->last_restored.generation ? played : &self->last_restored;
}

static LV2_State_Status save(LV2_Handle                instance,
                             LV2_State_Store_Function  store,
                             LV2_State_Handle          handle,
                             uint32_t                  flags,
                             const LV2_Feature* const* features)
{
  (void)flags;
  (void)features;
  FiqPlugin* const            self  = instance;
  const FiqEngineState* const state = &present_state(self)->engine;
  const uint32_t              kind  = LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE;
  const int64_t               seed  = (int64_t)state->seed;
  PhaseVector                 vector = {{sizeof(float), self->urids.atom_float}, {0}};
  memcpy(vector.phase_rad, state->phase_rad, sizeof(vector.phase_rad));
  const FiqUrids* const  urids = &self->urids;
  const LV2_State_Status status =
      store(handle, urids->seed, &seed, sizeof(seed), urids->atom_long, kind);
  return status ? status
                : store(handle, urids->phases, &vector, sizeof(vector), urids->atom_vector, kind);
}

static bool read_phases(const FiqPlugin* self, const void* data, size_t size, uint32_t type, FiqEngineState* state)
{
  const PhaseVector* const vector = data;
  if (type != self->urids.atom_vector || size != sizeof(PhaseVector) ||
      vector->head.child_type != self->urids.atom_float ||
      vector->head.child_size != sizeof(float)) {
    return false;
  }
  memcpy(state->phase_rad, vector->phase_rad, sizeof(state->phase_rad));
  return true;
}

static LV2_State_Status restore(LV2_Handle                  instance,
                                LV2_State_Retrieve_Function retrieve,
                                LV2_State_Handle            handle,
                                uint32_t                    flags,
                                const LV2_Feature* const*   features)
{
  (void)flags;
  (void)features;
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
  kept.engine.phase_rad[0][0] = NAN; // asks for phases drawn from the seed
  data = retrieve(handle, self->urids.phases, &size, &type, &how);
  if (data && !read_phases(self, data, size, type, &kept.engine)) {
    return LV2_STATE_ERR_BAD_TYPE;
  }
  kept.generation                          = self->last_restored.generation + 1;
  self->last_restored                      = kept;
  *fiq_state_box_draft(&self->restored)    = kept;
  fiq_state_box_send(&self->restored);
  return LV2_STATE_SUCCESS;
}

const void* fiq_state_extension(const char* uri)
{
  static const LV2_State_Interface state = {save, restore};
  return strcmp(uri, LV2_STATE__interface) ? NULL : &state;
}
