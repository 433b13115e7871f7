// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Parts of the engine that the parameters want otherwise (a larger swarm, another window): built by
   the host's worker, installed by run(), the replaced ones released by the worker again. Without a
   worker the engine keeps the parts that it was activated with. And lessons of the spectral realm: what the
   engine has recorded is learned from by the worker, or at once when freewheeling; without a worker the engine
   learns by itself, a slice now and then.
*/
#include "plugin/instance.h"

#include <assert.h>
#include <string.h>

/// What the worker answers.
typedef struct {
  FiqPart* part; ///< built, or NULL
  bool     is_lesson;
} Answer;

/// Give a replaced part to the worker; a full queue is asked again in the next block.
static void release_retired(FiqPlugin* self)
{
  assert(self->engine);
  if (!self->work.retired) {
    self->work.retired = fiq_engine_take_retired_part(self->engine);
  }
  if (self->work.retired && fiq_plugin_hand_over(self, (FiqTask){.retired = self->work.retired})) {
    self->work.retired = NULL;
  }
}

static void build_now(FiqPlugin* self, const FiqPartOrder* order)
{
  assert(order);
  FiqPart* const part       = fiq_part_new(&self->config, order);
  self->work.growth_refused = !part;
  if (part) {
    fiq_engine_install(self->engine, part);
  }
}

static void release_now(FiqPlugin* self)
{
  assert(self->engine);
  fiq_part_free(self->work.retired);
  self->work.retired = NULL;
  for (FiqPart* part = fiq_engine_take_retired_part(self->engine); part;
       part          = fiq_engine_take_retired_part(self->engine)) {
    fiq_part_free(part);
  }
}

void fiq_plugin_settle(FiqPlugin* self)
{
  assert(self && self->engine);
  FiqPartOrder order;
  while (!self->work.growing && !self->work.growth_refused &&
         fiq_engine_wants(self->engine, &self->params, &order)) {
    build_now(self, &order);
    fiq_engine_reset(self->engine, &self->params);
    release_now(self);
  }
}

/// What the worker did without being able to say so: a part is asked for again, a lesson is taken as it is.
static void take_unheard(FiqPlugin* self)
{
  assert(self);
  if (atomic_load_explicit(&self->work.unheard, memory_order_relaxed) == 0) {
    return; // without the bus lock of an exchange
  }
  const unsigned unheard = atomic_exchange(&self->work.unheard, 0u);
  if (unheard & FIQ_UNHEARD_BUILD) {
    self->work.growing = false;
  }
  if (unheard & FIQ_UNHEARD_LESSON) {
    fiq_engine_learned(self->engine);
  }
}

void fiq_plugin_grow(FiqPlugin* self)
{
  assert(self && self->engine);
  FiqPartOrder order;
  take_unheard(self);
  if (self->params.freewheel && !self->work.growing) {
    // Offline there is no deadline to miss, and a render must not depend on a thread's timing.
    release_now(self);
    if (!self->work.growth_refused && fiq_engine_wants(self->engine, &self->params, &order)) {
      build_now(self, &order);
    }
    return;
  }
  release_retired(self);
  const bool busy = self->work.growing || self->work.growth_refused || self->work.retired;
  if (!busy && fiq_engine_wants(self->engine, &self->params, &order)) {
    // Before it is handed over, because some hosts work and answer within schedule_work().
    self->work.growing = true;
    if (!fiq_plugin_hand_over(self, (FiqTask){.order = order})) {
      self->work.growing =
          false; // a full queue is no loss: the wish stands and the next block asks again
    }
  }
}

void fiq_plugin_learn(FiqPlugin* self)
{
  assert(self && self->engine);
  if (!self->config.with_worker) {
    return;
  }
  if (!self->work.lesson) {
    self->work.lesson = fiq_engine_lesson(self->engine, &self->params);
  }
  if (self->work.lesson && self->params.freewheel) {
    fiq_part_learn(self->work.lesson);
    fiq_engine_learned(self->engine);
    self->work.lesson = NULL;
  }
  // A full queue is asked again in the next block.
  if (self->work.lesson && fiq_plugin_hand_over(self, (FiqTask){.lesson = self->work.lesson})) {
    self->work.lesson = NULL;
  }
}

static LV2_Worker_Status do_task(FiqPlugin* self, LV2_Worker_Respond_Function respond,
                                 LV2_Worker_Respond_Handle handle, FiqTask task)
{
  assert(!(task.retired && task.lesson));
  assert(self && respond);
  if (task.tuning) {
    fiq_plugin_work_tuning(self, task.tuning);
    return LV2_WORKER_SUCCESS;
  }
  if (task.words) {
    fiq_plugin_work_words(self, task.words);
    return LV2_WORKER_SUCCESS;
  }
  if (task.retired) {
    fiq_part_free(task.retired);
    return LV2_WORKER_SUCCESS;
  }
  Answer answer;
  memset(&answer, 0, sizeof(answer));
  if (task.lesson) {
    fiq_part_learn(task.lesson);
    answer.is_lesson               = true;
    const LV2_Worker_Status status = respond(handle, sizeof(answer), &answer);
    if (status != LV2_WORKER_SUCCESS) {
      atomic_fetch_or(&self->work.unheard, FIQ_UNHEARD_LESSON);
    }
    return status;
  }
  answer.part                    = fiq_part_new(&self->config, &task.order);
  const LV2_Worker_Status status = respond(handle, sizeof(answer), &answer);
  if (status != LV2_WORKER_SUCCESS) {
    fiq_part_free(answer.part);
    atomic_fetch_or(&self->work.unheard, FIQ_UNHEARD_BUILD);
  }
  return status;
}

static LV2_Worker_Status do_work(LV2_Handle instance, LV2_Worker_Respond_Function respond,
                                 LV2_Worker_Respond_Handle handle, uint32_t size, const void* data)
{
  assert(instance);
  FiqPlugin* const self = instance;
  FiqTask          task;
  if (size != sizeof(task) || !fiq_instance_guard_enter(&self->alive)) {
    return LV2_WORKER_ERR_UNKNOWN;
  }
  memcpy(&task, data, sizeof(task));
  const LV2_Worker_Status status = do_task(self, respond, handle, task);
  fiq_instance_guard_leave(&self->alive);
  return status;
}

static LV2_Worker_Status work_response(LV2_Handle instance, uint32_t size, const void* body)
{
  assert(instance);
  FiqPlugin* const self = instance;
  Answer           answer;
  if (size != sizeof(answer)) {
    return LV2_WORKER_ERR_UNKNOWN;
  }
  memcpy(&answer, body, sizeof(answer));
  if (answer.is_lesson) {
    fiq_engine_learned(self->engine);
    return LV2_WORKER_SUCCESS;
  }
  FiqPart* const part       = answer.part;
  self->work.growing        = false;
  self->work.growth_refused = !part; // out of memory: play on with what there is
  if (part) {
    fiq_engine_install(self->engine, part);
  }
  return LV2_WORKER_SUCCESS;
}

const void* fiq_worker_extension(const char* uri)
{
  assert(uri);
  static const LV2_Worker_Interface worker = {do_work, work_response, NULL};
  return strcmp(uri, LV2_WORKER__interface) ? NULL : &worker;
}
