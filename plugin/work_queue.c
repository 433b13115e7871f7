// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/instance.h"

#include <assert.h>

bool fiq_plugin_hand_over(FiqPlugin* self, FiqTask task)
{
  assert(self);
  const LV2_Worker_Schedule* const worker = &self->schedule;
  return worker->schedule_work && !worker->schedule_work(worker->handle, sizeof(task), &task);
}
