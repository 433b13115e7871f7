// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A process that renders one file of a batch, as its parent sees it: what it says comes over one pipe, how far it is over
   another.
*/
#ifndef FIQ_BATCH_WORKER_H
#define FIQ_BATCH_WORKER_H

#include "host-test/render/batch_list.h"
#include "host-test/render/chain.h"

#include <sys/types.h>

enum { FIQ_WORKER_SAID_BYTES = 4096, FIQ_WORKER_TOLD_BYTES = 65536, FIQ_WORKER_REASON_BYTES = 512 };

typedef enum { FIQ_BATCH_FAILED, FIQ_BATCH_RENDERED, FIQ_BATCH_KEPT } FiqBatchResult;

/// All that is the same for all files of a batch.
typedef struct {
  const FiqRenderOptions* options;
  const FiqChain*         chain; ///< open, not started
  char                    settings[FIQ_SHA256_TEXT_BYTES];
  bool (*is_stopped)(void);
} FiqBatchPlan;

/// pid 0: no process.
typedef struct {
  pid_t          pid;
  FiqBatchFile*  file;
  int            said_from; ///< descriptors
  int            told_from;
  char           said[FIQ_WORKER_SAID_BYTES]; ///< [n_said] the end of what it said
  size_t         n_said;
  char           told[FIQ_WORKER_TOLD_BYTES]; ///< [n_told] the line that is not complete
  size_t         n_told;
  double         share;                           ///< done of its file
  FiqBatchResult result;                          ///< FIQ_BATCH_FAILED until it says otherwise
  char*          metrics;                         ///< JSON, or NULL
  char           reason[FIQ_WORKER_REASON_BYTES]; ///< why it failed
} FiqBatchWorker;

/// Start a process for `file`; says what is wrong.
bool fiq_batch_worker_start(FiqBatchWorker* self, const FiqBatchPlan* plan, FiqBatchFile* file);

/// Take what it says; false once it has ended, with its result. Free it then.
bool fiq_batch_worker_poll(FiqBatchWorker* self);

void fiq_batch_worker_free(FiqBatchWorker* self);

#endif
