// SPDX-License-Identifier: GPL-3.0-or-later
/*
   A swarm of another step cannot go on where the old one was: its first frame is heard one or two of its steps later.
   So long the old one goes on beside it, with the notes that it has, and fades as that frame comes.
*/
#include "dsp/engine/engine_state.h"

static const double least_s = 0.0027; // of the fade

void fiq_engine_start_swarm_crossfade(FiqEngine* self, FiqPart* old)
{
  const FiqSwarm* const next  = &self->swarm->swarm;
  const uint32_t        step  = next->step_frames;
  const uint32_t        least = (uint32_t)(least_s * self->config.sample_rate_hz);
  const uint32_t        begin = (step - (uint32_t)(next->frame % step)) % step; // of its first step
  fiq_engine_end_leaving(self);
  self->exchange.leaving       = old;
  self->exchange.leaving_at    = 0;
  self->exchange.leaving_waits = begin + step;
  self->exchange.leaving_fades = step > least ? step : least;
}

void fiq_engine_end_leaving(FiqEngine* self)
{
  if (self->exchange.leaving) {
    fiq_engine_retire_part(self, self->exchange.leaving);
    self->exchange.leaving = NULL;
  }
}

/// Gain `frames` after the fade began. The new one comes as sin^2, and the phases of the two do not agree.
static float leaving_gain(float frames, float fade)
{
  const float coming = 0.5f - 0.5f * cosf(FIQ_PI_F * fiq_clamp(frames / fade, 0.0f, 1.0f));
  return sqrtf(1.0f - coming * coming);
}

void fiq_engine_add_leaving(FiqEngine* self, uint32_t n_frames)
{
  if (!self->exchange.leaving) {
    return;
  }
  fiq_swarm_process(&self->exchange.leaving->swarm, self->exchange.left, n_frames);
  const float fade = (float)self->exchange.leaving_fades;
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float frames =
        (float)(self->exchange.leaving_at + i) - (float)self->exchange.leaving_waits + 0.5f;
    const float gain = leaving_gain(frames, fade);
    self->plane.swarm_out[0][i] += gain * self->exchange.left[0][i];
    self->plane.swarm_out[1][i] += gain * self->exchange.left[1][i];
  }
  self->exchange.leaving_at += n_frames;
  if (self->exchange.leaving_at >= self->exchange.leaving_waits + self->exchange.leaving_fades) {
    fiq_engine_end_leaving(self);
  }
}
