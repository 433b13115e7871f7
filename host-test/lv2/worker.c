// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/lv2/worker.h"

#include <stdlib.h>
#include <time.h>

static LV2_Worker_Status respond(LV2_Worker_Respond_Handle handle, uint32_t size, const void* data)
{
  FiqWorker* const self = handle;
  if (!fiq_ring_write(&self->responses, &size, sizeof size, data, size)) {
    atomic_fetch_add(&self->n_lost, 1);
    return LV2_WORKER_ERR_NO_SPACE;
  }
  return LV2_WORKER_SUCCESS;
}

static LV2_Worker_Status work_now(FiqWorker* self, uint32_t size, const void* data)
{
  pthread_mutex_lock(&self->work_lock);
  const LV2_Worker_Status status = self->interface->work(self->handle, respond, self, size, data);
  pthread_mutex_unlock(&self->work_lock);
  return status;
}

static LV2_Worker_Status schedule_from_run(LV2_Worker_Schedule_Handle handle, uint32_t size,
                                           const void* data)
{
  FiqWorker* const self = handle;
  if (!self->interface) {
    return LV2_WORKER_ERR_UNKNOWN;
  }
  atomic_fetch_add(&self->n_pending, 1);
  if (!fiq_ring_write(&self->requests, &size, sizeof size, data, size)) {
    atomic_fetch_sub(&self->n_pending, 1);
    atomic_fetch_add(&self->n_lost, 1);
    return LV2_WORKER_ERR_NO_SPACE;
  }
  if (self->threaded) {
    sem_post(&self->wake);
  }
  return LV2_WORKER_SUCCESS;
}

static LV2_Worker_Status schedule_from_restore(LV2_Worker_Schedule_Handle handle, uint32_t size,
                                               const void* data)
{
  FiqWorker* const self = handle;
  return self->interface ? work_now(self, size, data) : LV2_WORKER_ERR_UNKNOWN;
}

static void work_off(FiqWorker* self)
{
  uint32_t size = 0;
  while (fiq_ring_read(&self->requests, &size, sizeof size)) {
    if (fiq_ring_read(&self->requests, self->request, size)) {
      work_now(self, size, self->request);
    }
    atomic_fetch_sub(&self->n_pending, 1);
  }
}

static void* work_thread(void* argument)
{
  FiqWorker* const self = argument;
  while (!atomic_load(&self->ending)) {
    if (sem_wait(&self->wake) == 0) {
      work_off(self);
    }
  }
  return NULL;
}

bool fiq_worker_init(FiqWorker* self)
{
  *self              = (FiqWorker){.interface = NULL};
  self->from_run     = (LV2_Worker_Schedule){self, schedule_from_run};
  self->from_restore = (LV2_Worker_Schedule){self, schedule_from_restore};
  self->request      = calloc(1, FIQ_WORK_BYTES);
  self->response     = calloc(1, FIQ_WORK_BYTES);
  sem_init(&self->wake, 0, 0);
  pthread_mutex_init(&self->work_lock, NULL);
  const bool have_requests  = fiq_ring_init(&self->requests, FIQ_WORK_BYTES);
  const bool have_responses = fiq_ring_init(&self->responses, FIQ_WORK_BYTES);
  return have_requests && have_responses && self->request && self->response;
}

bool fiq_worker_start(FiqWorker* self, const LV2_Worker_Interface* interface, LV2_Handle handle,
                      bool threaded)
{
  self->handle    = handle;
  self->interface = interface;
  if (!interface || !threaded) {
    return true;
  }
  self->threaded = pthread_create(&self->thread, NULL, work_thread, self) == 0;
  return self->threaded;
}

void fiq_worker_deliver(FiqWorker* self)
{
  if (!self->interface) {
    return;
  }
  if (!self->threaded) {
    work_off(self);
  }
  uint32_t size = 0;
  while (fiq_ring_read(&self->responses, &size, sizeof size)) {
    if (fiq_ring_read(&self->responses, self->response, size) && self->interface->work_response) {
      self->interface->work_response(self->handle, size, self->response);
    }
  }
  if (self->interface->end_run) {
    self->interface->end_run(self->handle);
  }
}

void fiq_worker_finish(FiqWorker* self)
{
  const struct timespec moment = {.tv_nsec = 200000};
  while (self->threaded && atomic_load(&self->n_pending) > 0) {
    nanosleep(&moment, NULL);
  }
}

void fiq_worker_free(FiqWorker* self)
{
  if (self->threaded) {
    atomic_store(&self->ending, true);
    sem_post(&self->wake);
    pthread_join(self->thread, NULL);
  }
  fiq_ring_free(&self->requests);
  fiq_ring_free(&self->responses);
  free(self->request);
  free(self->response);
  pthread_mutex_destroy(&self->work_lock);
  sem_destroy(&self->wake);
}
