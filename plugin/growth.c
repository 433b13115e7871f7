// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Parts of the engine that the parameters want otherwise (a larger swarm, another window): built by
   the host's worker, installed by run(), the replaced ones released by the worker again. Without a
   worker the engine keeps the parts that it was activated with.
*/
#include "plugin.h"

#include <string.h>

/// What run() asks of the worker: release `spent` if it is set, else build.
typedef struct {
  FiqPart*     spent;
  FiqPartOrder order;
} Task;

static bool hand_over(FiqPlugin* self, Task task)
{
  const LV2_Worker_Schedule* const worker = &self->schedule;
  return worker->schedule_work && !worker->schedule_work(worker->handle, sizeof(task), &task);
}

/// Give a replaced part to the worker; a full queue is asked again in the next block.
static void release_spent(FiqPlugin* self)
{
  if (!self->spent) {
    self->spent = fiq_engine_spent(self->engine);
  }
  if (self->spent && hand_over(self, (Task){self->spent, {0}})) {
    self->spent = NULL;
  }
}

static void build_now(FiqPlugin* self, const FiqPartOrder* order)
{
  FiqPart* const part = fiq_part_new(&self->config, order);
  self->growth_refused = !part;
  if (part) {
    fiq_engine_install(self->engine, part);
  }
}

static void release_now(FiqPlugin* self)
{
  fiq_part_free(self->spent);
  self->spent = NULL;
  for (FiqPart* part = fiq_engine_spent(self->engine); part; part = fiq_engine_spent(self->engine)) {
    fiq_part_free(part);
  }
}

void fiq_plugin_settle(FiqPlugin* self)
{
  FiqPartOrder order;
  while (!self->growing && !self->growth_refused && fiq_engine_wants(self->engine, &self->params, &order)) {
    build_now(self, &order);
    fiq_engine_reset(self->engine, &self->params);
    release_now(self);
  }
}

void fiq_plugin_grow(FiqPlugin* self)
{
  FiqPartOrder order;
  if (self->params.freewheel > 0.5f && !self->growing) {
    // Offline there is no deadline to miss, and a render must not depend on a thread's timing.
    release_now(self);
    if (!self->growth_refused && fiq_engine_wants(self->engine, &self->params, &order)) {
      build_now(self, &order);
    }
    return;
  }
  release_spent(self);
  const bool busy = self->growing || self->growth_refused || self->spent;
  if (!busy && fiq_engine_wants(self->engine, &self->params, &order)) {
    // A full queue is no loss: the wish stands and the next block asks again.
    self->growing = hand_over(self, (Task){NULL, order});
  }
}

static LV2_Worker_Status work(LV2_Handle                  instance,
                              LV2_Worker_Respond_Function respond,
                              LV2_Worker_Respond_Handle   handle,
                              uint32_t                    size,
                              const void*                 data)
{
  FiqPlugin* const self = instance;
  Task             task;
  if (size != sizeof(task)) {
    return LV2_WORKER_ERR_UNKNOWN;
  }
  memcpy(&task, data, sizeof(task));
  if (task.spent) {
    fiq_part_free(task.spent);
    return LV2_WORKER_SUCCESS;
  }
  FiqPart* const          part   = fiq_part_new(&self->config, &task.order);
  const LV2_Worker_Status status = respond(handle, sizeof(FiqPart*), &part);
  if (status != LV2_WORKER_SUCCESS) {
    fiq_part_free(part);
  }
  return status;
}

static LV2_Worker_Status work_response(LV2_Handle instance, uint32_t size, const void* body)
{
  FiqPlugin* const self = instance;
  FiqPart*         part = NULL;
  if (size != sizeof(FiqPart*)) {
    return LV2_WORKER_ERR_UNKNOWN;
  }
  memcpy(&part, body, sizeof(FiqPart*));
  self->growing        = false;
  self->growth_refused = !part; // out of memory: play on with what there is
  if (part) {
    fiq_engine_install(self->engine, part);
  }
  return LV2_WORKER_SUCCESS;
}

const void* fiq_worker_extension(const char* uri)
{
  static const LV2_Worker_Interface worker = {work, work_response, NULL};
  return strcmp(uri, LV2_WORKER__interface) ? NULL : &worker;
}
