// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The plugin's work that does not fit into run() (lv2 worker:schedule). One interface, two
   ways: threaded, for live use, where a thread of its own does the work and the answer
   arrives some blocks later; synchronous, for rendering, where the work is done between two
   blocks, so that a render is repeatable.
*/
#ifndef FIQ_WORKER_H
#define FIQ_WORKER_H

#include "host-test/lv2/ring.h"

#include <lv2/worker/worker.h>

#include <pthread.h>
#include <semaphore.h>

enum { FIQ_WORK_BYTES = 1 << 18 }; ///< bytes that may wait in either direction

typedef struct {
  const LV2_Worker_Interface* interface; ///< NULL when the plugin has no work to give
  LV2_Handle                  handle;
  bool                        threaded;  ///< fixed by start
  FiqRing                     requests;  ///< run() to worker
  FiqRing                     responses; ///< worker to run()
  uint8_t*                    request;   ///< [FIQ_WORK_BYTES] the one being worked on
  uint8_t*                    response;  ///< [FIQ_WORK_BYTES] the one being delivered
  atomic_uint                 n_pending; ///< requests not yet worked on
  atomic_uint                 n_lost;    ///< requests and responses that found a ring full
  atomic_bool                 ending;
  sem_t                       wake;
  pthread_t                   thread;
  pthread_mutex_t             work_lock;    ///< work() is never entered twice at once
  LV2_Worker_Schedule         from_run;     ///< feature data for instantiate
  LV2_Worker_Schedule         from_restore; ///< feature data for restore: works at once
} FiqWorker;

/// Queues and feature data; `self` must not move afterwards.  [setup]
bool fiq_worker_init(FiqWorker* self);

/// Serve this instance; `interface` may be NULL. False when no thread could be had.  [setup]
bool fiq_worker_start(FiqWorker* self, const LV2_Worker_Interface* interface, LV2_Handle handle,
                      bool threaded);

/// After run(): hand over what is ready; a synchronous worker does its work here.  [audio]
void fiq_worker_deliver(FiqWorker* self);

/// Wait until every request has been worked on, for freewheeling.  [audio, not real time]
void fiq_worker_finish(FiqWorker* self);

/// End the thread and release everything.  [setup]
void fiq_worker_free(FiqWorker* self);

#endif
