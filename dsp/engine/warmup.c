// SPDX-License-Identifier: GPL-3.0-or-later
/*
   A rehearsal: some periods that nobody hears, so that the first block that somebody hears finds code and memory at
   hand as the others do. What sound leaves behind is reset; what outlasts a reset is kept out of it or put back.
*/
#include "dsp/engine/engine_state.h"

#include <assert.h>

enum { FRAMES = 512, BLOCK = 64 };

void fiq_engine_warm_up(FiqEngine* self, const FiqEngineParams* params)
{
  assert(self && params);
  FiqEngineParams quiet = *params;
  quiet.learn           = 0.0f;
  quiet.remember        = 0.0f;
  quiet.recall          = 0.0f;
  quiet.sequence        = FIQ_PARTNER_OFF;
  quiet.sequence_forget = false;
  FiqEngineState kept;
  fiq_engine_state(self, &kept);
  const FiqEngineConfig config  = self->config;
  const bool            watched = self->report.watched;
  self->config.exchange         = NULL;
  self->report.watched          = false;
  for (uint32_t done = 0; done < FRAMES; done += BLOCK) {
    float        heard[FIQ_CHANNELS][BLOCK];
    float* const out[FIQ_CHANNELS] = {heard[0], heard[1]};
    fiq_engine_process(self, &quiet, NULL, NULL, out, BLOCK);
  }
  self->config         = config;
  self->report.watched = watched;
  if (self->path) {
    fiq_engine_place_phases(&self->path->path.realms, &kept);
  }
  fiq_engine_reset(self, params);
}
