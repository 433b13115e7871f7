// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Lessons of the spectral realm: what the engine has recorded is learned from by the host's worker, or
   at once when freewheeling. Without a worker the engine learns by itself, a slice now and then.
*/
#include "plugin/instance.h"

void fiq_plugin_learn(FiqPlugin* self)
{
  if (!self->config.with_worker) {
    return;
  }
  if (!self->lesson) {
    self->lesson = fiq_engine_lesson(self->engine, &self->params);
  }
  if (self->lesson && self->params.freewheel) {
    fiq_part_learn(self->lesson);
    fiq_engine_learned(self->engine);
    self->lesson = NULL;
  }
  // A full queue is asked again in the next block.
  if (self->lesson && fiq_plugin_hand_over(self, (FiqTask){.lesson = self->lesson})) {
    self->lesson = NULL;
  }
}
