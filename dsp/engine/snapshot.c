// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/engine_state.h"

#include <assert.h>
#include <math.h>
#include <string.h>

_Static_assert((int)FIQ_ENGINE_MOMENTS == (int)FIQ_MEMORY_MAX &&
                   (int)FIQ_ENGINE_MEMORY_HEAD == (int)FIQ_MEMORY_HEAD &&
                   (int)FIQ_ENGINE_MOMENT == (int)FIQ_MEMORY_STRIDE,
               "a memory fits");
_Static_assert((int)FIQ_ENGINE_GOALS == FIQ_GOALS_MAX - 1, "and one of the parameters");
_Static_assert((int)FIQ_ENGINE_MTS == (int)FIQ_MTS_FLOATS, "a tuning fits");
_Static_assert((int)FIQ_ENGINE_LEARNED == (int)FIQ_PHASE_SOLUTION_FLOATS, "a lesson fits");

void fiq_engine_state(const FiqEngine* self, FiqEngineState* state)
{
  assert(self && state);
  assert(self->goals.n_asked <= FIQ_ENGINE_GOALS);
  memset(state, 0, sizeof(*state));
  state->seed = self->seed;
  for (uint32_t realm = 0; self->path && realm < FIQ_N_REALMS; ++realm) {
    const FiqPhaseLayer* const layer = &self->path->path.realms.layer[realm];
    memcpy(state->phase_rad[realm], layer->phi_rad, layer->n_neurons * sizeof(float));
  }
  if (self->path) {
    (void)fiq_realms_match(&self->path->path.realms, state->match);
  }
  fiq_phase_solution_pack(&self->lessons.learned, state->learned);
  fiq_mts_pack(&self->swarm->swarm.notes.mts, state->mts);
  memcpy(state->goal, self->goals.asked, self->goals.n_asked * sizeof(state->goal[0]));
}

/// Whether anything has been played since the reset: then what sounds goes on with what is new.
static bool has_played(const FiqEngine* self)
{
  assert(self);
  return self->n_ticks > 0;
}

void fiq_engine_reseed(FiqEngine* self, uint64_t seed)
{
  assert(self && self->swarm);
  self->seed = seed;
  if (self->path) {
    fiq_realms_reseed(&self->path->path.realms, seed);
  }
  if (self->exchange.incoming) {
    fiq_realms_reseed(&self->exchange.incoming->path.realms, seed);
  }
  if (has_played(self)) {
    fiq_swarm_reseed(&self->swarm->swarm, seed);
    if (self->sequence.partner) {
      fiq_improviser_reseed(&self->sequence.partner->partner.improviser, seed);
    }
  } else {
    fiq_engine_reset_sound(self);
  }
}

void fiq_engine_place_phases(FiqRealms* realms, const FiqEngineState* state)
{
  assert(realms && state);
  for (uint32_t realm = 0; realm < FIQ_N_REALMS; ++realm) {
    FiqPhaseLayer* const layer = &realms->layer[realm];
    bool                 legal = true;
    for (uint32_t i = 0; i < layer->n_neurons; ++i) {
      legal &= fabsf(state->phase_rad[realm][i]) <= 1000.0f;
    }
    if (legal) {
      fiq_phase_layer_set_phases(layer, state->phase_rad[realm]);
    }
  }
  bool legal = true;
  for (uint32_t i = 0; i < FIQ_ENGINE_MATCH; ++i) {
    legal &= isfinite(state->match[i]);
  }
  fiq_realms_set_match(realms, legal ? state->match : NULL);
}

void fiq_engine_set_state(FiqEngine* self, const FiqEngineState* state)
{
  assert(self && state);
  fiq_engine_reseed(self, state->seed);
  if (self->path) {
    fiq_engine_place_phases(&self->path->path.realms, state);
  }
  if (self->exchange.incoming) {
    fiq_engine_place_phases(&self->exchange.incoming->path.realms, state);
  }
  fiq_engine_forget_lessons(self, true);
  fiq_phase_solution_unpack(&self->lessons.learned, state->learned);
  fiq_engine_set_goals(self, state->goal, FIQ_ENGINE_GOALS);
  fiq_notes_set_mts(&self->swarm->swarm.notes, state->mts);
  ++self->lessons.learned_id;
  if (!has_played(self)) {
    fiq_engine_restart_lesson(self); // else the change is heard as that of any lesson is, faded
  }
}
