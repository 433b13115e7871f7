// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Larger swarms: built by the host's worker, swapped in by run(), the old one released by
   the worker again. Without a worker the swarm keeps the capacity it was born with.
*/
#include "plugin.h"

#include <string.h>

/// What run() asks of the worker. Exactly one member is set.
typedef struct {
  uint32_t     capacity; ///< build a swarm of this size
  FiqSwarmBox* spent;    ///< release this one
} Order;

static bool order(FiqPlugin* self, Order what)
{
  const LV2_Worker_Schedule* const worker = &self->schedule;
  return worker->schedule_work && !worker->schedule_work(worker->handle, sizeof(what), &what);
}

/// Hand the replaced swarm to the worker; a full queue is asked again in the next block.
static void release_spent(FiqPlugin* self)
{
  if (self->spent && order(self, (Order){0, self->spent})) {
    self->spent = NULL;
  }
}

void fiq_plugin_grow(FiqPlugin* self)
{
  release_spent(self);
  const uint32_t wanted = fiq_engine_wanted_capacity(self->engine);
  if (!wanted || self->growing || self->growth_refused || self->spent) {
    return;
  }
  if (self->params.freewheel > 0.5f) {
    // Offline there is no deadline to miss, and a render must not depend on a thread's timing.
    FiqSwarmBox* const box = fiq_swarm_box_new(&self->config, wanted);
    self->growth_refused   = !box;
    if (box) {
      fiq_swarm_box_free(fiq_engine_swap_swarm(self->engine, box));
    }
  } else {
    // A full queue is no loss: the wish stands and the next block asks again.
    self->growing = order(self, (Order){wanted, NULL});
  }
}

static LV2_Worker_Status work(LV2_Handle                  instance,
                              LV2_Worker_Respond_Function respond,
                              LV2_Worker_Respond_Handle   handle,
                              uint32_t                    size,
                              const void*                 data)
{
  FiqPlugin* const self = instance;
  Order            what;
  if (size != sizeof(what)) {
    return LV2_WORKER_ERR_UNKNOWN;
  }
  memcpy(&what, data, sizeof(what));
  if (what.spent) {
    fiq_swarm_box_free(what.spent);
    return LV2_WORKER_SUCCESS;
  }
  FiqSwarmBox* const       box    = fiq_swarm_box_new(&self->config, what.capacity);
  const LV2_Worker_Status status = respond(handle, sizeof(FiqSwarmBox*), &box);
  if (status != LV2_WORKER_SUCCESS) {
    fiq_swarm_box_free(box);
  }
  return status;
}

static LV2_Worker_Status work_response(LV2_Handle instance, uint32_t size, const void* body)
{
  FiqPlugin* const self = instance;
  FiqSwarmBox*     box  = NULL;
  if (size != sizeof(FiqSwarmBox*)) {
    return LV2_WORKER_ERR_UNKNOWN;
  }
  memcpy(&box, body, sizeof(FiqSwarmBox*));
  self->growing        = false;
  self->growth_refused = !box; // out of memory: play on with the swarm there is
  if (box) {
    self->spent = fiq_engine_swap_swarm(self->engine, box);
    release_spent(self);
  }
  return LV2_WORKER_SUCCESS;
}

const void* fiq_worker_extension(const char* uri)
{
  static const LV2_Worker_Interface worker = {work, work_response, NULL};
  return strcmp(uri, LV2_WORKER__interface) ? NULL : &worker;
}
