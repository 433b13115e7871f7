// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/engine_state.h"

#include <assert.h>
#include <math.h>

void fiq_engine_reset_sound(FiqEngine* self)
{
  assert(self && self->swarm);
  fiq_engine_end_leaving(self);
  if (self->path) {
    fiq_effect_path_reset(&self->path->path, self->params.realm);
  }
  if (self->exchange.incoming) {
    fiq_effect_path_reset(&self->exchange.incoming->path, self->params.realm);
  }
  fiq_swarm_reset(&self->swarm->swarm, self->seed);
  fiq_partial_tracker_reset(&self->input.tracker);
  fiq_engine_reset_core(self);
  fiq_engine_reset_goals(self);
  fiq_engine_reset_sequence(self);
  fiq_engine_reset_words(self);
  self->position                 = 0;
  self->input.is_resynthesis     = fiq_engine_copies_input(self);
  self->report.is_residual_known = false;
  self->input.key_power          = 0.0f;
  self->input.key_follow         = fiq_engine_sings_input(self) ? 1.0f : 0.0f;
}

void fiq_engine_reset(FiqEngine* self, const FiqEngineParams* params)
{
  assert(self && params);
  self->params = *params;
  if (self->exchange.incoming) {
    fiq_engine_finish_exchange(self);
  }
  fiq_engine_reset_sound(self);
  fiq_guard_reset(&self->guard);
  for (uint32_t i = 0; i < FIQ_N_SMOOTHED; ++i) {
    fiq_smoother_reset(&self->smoothed[i], fiq_engine_smoothed_param(params, (FiqSmoothed)i));
  }
  fiq_smoother_reset(&self->enabled, params->enabled);
  fiq_smoother_reset(&self->routing.detour, 1.0f);
  fiq_smoother_reset(&self->routing.mix, params->mix);
  self->routing.detour_frames = 0;
  self->routing.with_q        = fabsf(params->rotate) + fabsf(params->shift) > 0.0f;
  self->routing.q_frames      = 0;
  self->routing.mode          = params->input_mode;
  self->n_ticks               = 0;
  self->lessons.is_clearing   = params->learn_clear;
  self->lessons.objective     = params->objective;
  fiq_engine_restart_lesson(self);
  if (self->lessons.learner) {
    fiq_lesson_rewind(&self->lessons.learner->learning);
  }
  self->report.meters =
      (FiqEngineMeters){.latency = (float)fiq_engine_latency_frames(self), .imbalance = 1.0f};
}
