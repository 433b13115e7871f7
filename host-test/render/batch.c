// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/render/batch.h"

#include "host-test/common/pending_file.h"
#include "host-test/render/batch_record.h"
#include "host-test/render/batch_worker.h"

#include <jansson.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { JOBS_MAX = 256, WAIT_MS = 100 };

#define LIST_RATE_HZ 48000.0

/// All that one batch owns.
typedef struct {
  FiqBatchPlan    plan;
  FiqChain        chain;
  FiqBatchList    list;
  FiqBatchWorker* workers; ///< [n_workers]
  uint32_t        n_workers;
  char**          failures; ///< [n_failed] "INPUT: why"
  size_t          n_failed;
  size_t          n_rendered;
  size_t          n_kept;
  size_t          next;    ///< file to be started
  double          n_bytes; ///< of all files that are rendered
  double          n_done;  ///< of those
} Batch;

/// What is written beside OUTPUT must be a pattern too, or all files would write one.
static bool check_patterns(const FiqRenderOptions* options)
{
  bool apart = !options->metrics || strchr(options->metrics, '{');
  for (uint32_t i = 0; i < options->n_links; ++i) {
    const FiqLinkOptions* const link = &options->links[i];
    apart                            = apart && (!link->trace || strchr(link->trace, '{')) &&
            (!link->midi_out || strchr(link->midi_out, '{')) &&
            (!link->save_state || strchr(link->save_state, '{'));
  }
  if (!apart) {
    fiq_error("--batch: --metrics, --trace, --midi-out and --save-state need a pattern such as "
              "logs/{path}.json");
  }
  return apart;
}

static FiqExit prepare(Batch* self, const FiqRenderOptions* options)
{
  FiqSha256 hash;
  if (!check_patterns(options) || !fiq_chain_open(&self->chain, options, LIST_RATE_HZ, NULL)) {
    return FIQ_EXIT_USAGE;
  }
  const FiqLink* const first = fiq_chain_first(&self->chain);
  const bool           music = first && first->ensemble.hosts[0].audio.n_main_in == 0;
  if (!first) {
    fiq_error("--batch: the plugin has no audio outputs");
    return FIQ_EXIT_USAGE;
  }
  if (!fiq_batch_list(&self->list, options, music)) {
    return FIQ_EXIT_USAGE;
  }
  fiq_batch_list_share(&self->list, (uint32_t)options->batch.share,
                       (uint32_t)options->batch.n_shares);
  fiq_sha256_init(&hash);
  if (!fiq_render_settings(options, &hash) || !fiq_batch_add_plugins(&hash, &self->chain)) {
    return FIQ_EXIT_FAILURE;
  }
  fiq_sha256_end(&hash, self->plan.settings);
  const long n_processors = sysconf(_SC_NPROCESSORS_ONLN);
  const long wanted       = options->batch.n_jobs > 0 ? options->batch.n_jobs : n_processors;
  self->n_workers         = (uint32_t)(wanted < 1 ? 1 : (wanted > JOBS_MAX ? JOBS_MAX : wanted));
  self->workers           = calloc(self->n_workers, sizeof(FiqBatchWorker));
  self->failures          = calloc(self->list.n + 1, sizeof(char*));
  if (!self->workers || !self->failures) {
    fiq_error("out of memory");
    return FIQ_EXIT_FAILURE;
  }
  for (uint32_t i = 0; i < self->n_workers; ++i) {
    self->workers[i] = (FiqBatchWorker){.said_from = -1, .told_from = -1};
  }
  for (size_t i = 0; i < self->list.n; ++i) {
    self->n_bytes += (double)self->list.files[i].n_bytes;
  }
  return FIQ_EXIT_OK;
}

static void note_failure(Batch* self, const char* input, const char* reason)
{
  const size_t n    = strlen(input) + strlen(reason) + 3;
  char* const  text = malloc(n);
  if (text) {
    // Many reasons name the file themselves.
    const bool named = strncmp(reason, input, strlen(input)) == 0;
    snprintf(text, n, "%s%s%s", named ? "" : input, named ? "" : ": ", reason);
  }
  self->failures[self->n_failed++] = text;
}

/// One line of JSON on stdout.
static void tell(const FiqBatchWorker* worker)
{
  static const char* const results[] = {"failed", "rendered", "kept"};
  json_t* const            line      = json_object();
  json_t* const            input     = json_string(worker->file->input);
  json_t* const            output    = json_string(worker->file->output);
  json_object_set_new(line, "input", input ? input : json_null());
  json_object_set_new(line, "output", output ? output : json_null());
  json_object_set_new(line, "result", json_string(results[worker->result]));
  if (worker->result == FIQ_BATCH_FAILED) {
    json_t* const reason = json_string(worker->reason);
    json_object_set_new(line, "reason", reason ? reason : json_null());
  }
  if (worker->metrics) {
    json_object_set_new(line, "metrics", json_loads(worker->metrics, 0, NULL));
  }
  fiq_progress_end();
  json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9));
  putchar('\n');
  fflush(stdout);
  json_decref(line);
}

/// A process has ended.
static void take_result(Batch* self, FiqBatchWorker* worker)
{
  if (worker->result == FIQ_BATCH_FAILED && !self->plan.is_stopped()) {
    note_failure(self, worker->file->input, worker->reason);
    // A plugin that ended its process left what was begun.
    fiq_pending_sweep(worker->file->output);
  }
  self->n_rendered += worker->result == FIQ_BATCH_RENDERED ? 1 : 0;
  if (worker->result == FIQ_BATCH_KEPT) {
    // What took no time says nothing of the time that is left.
    self->n_kept += 1;
    self->n_bytes -= (double)worker->file->n_bytes;
  } else {
    self->n_done += (double)worker->file->n_bytes;
  }
  if (self->plan.options->list.as_json && !self->plan.is_stopped()) {
    tell(worker);
  }
  fiq_batch_worker_free(worker);
}

static void show_progress(const Batch* self)
{
  char   text[64];
  double done = self->n_done;
  for (uint32_t i = 0; i < self->n_workers; ++i) {
    if (self->workers[i].pid > 0) {
      done += self->workers[i].share * (double)self->workers[i].file->n_bytes;
    }
  }
  snprintf(text, sizeof text, "%zu of %zu files, %zu failed",
           self->n_rendered + self->n_kept + self->n_failed, self->list.n, self->n_failed);
  fiq_progress_text(text);
  fiq_progress(self->n_bytes > 0.0 ? done / self->n_bytes : 1.0);
}

/// Wait until a process says something, or for a short time.
static void wait_for_word(const Batch* self)
{
  struct pollfd ends[JOBS_MAX];
  nfds_t        n = 0;
  for (uint32_t i = 0; i < self->n_workers; ++i) {
    if (self->workers[i].pid > 0) {
      ends[n++] = (struct pollfd){.fd = self->workers[i].told_from, .events = POLLIN};
    }
  }
  poll(ends, n, WAIT_MS);
  // The pipe of one that is about to end is ready until it has; let it.
  for (nfds_t i = 0; i < n; ++i) {
    if (ends[i].revents == POLLHUP) {
      poll(NULL, 0, 1);
      return;
    }
  }
}

/// Start processes for what is left, and take what they have to say; false when none runs any more.
static bool step(Batch* self)
{
  bool any = false;
  for (uint32_t i = 0; i < self->n_workers; ++i) {
    FiqBatchWorker* const worker = &self->workers[i];
    if (worker->pid > 0 && !fiq_batch_worker_poll(worker)) {
      take_result(self, worker);
    }
    while (worker->pid == 0 && self->next < self->list.n && !self->plan.is_stopped()) {
      FiqBatchFile* const file = &self->list.files[self->next++];
      if (!fiq_batch_worker_start(worker, &self->plan, file)) {
        note_failure(self, file->input, "no process could be started");
      }
    }
    if (worker->pid > 0 && self->plan.is_stopped()) {
      kill(worker->pid, SIGTERM);
    }
    any = any || worker->pid > 0;
  }
  return any;
}

static void conclude(const Batch* self)
{
  fiq_note("%zu files: %zu rendered, %zu kept, %zu failed", self->list.n, self->n_rendered,
           self->n_kept, self->n_failed);
  for (size_t i = 0; i < self->n_failed; ++i) {
    fiq_error("%s", self->failures[i] ? self->failures[i] : "out of memory");
  }
}

FiqExit fiq_batch_run(const FiqRenderOptions* options, bool (*is_stopped)(void))
{
  static Batch batch;
  batch.plan = (FiqBatchPlan){.options = options, .chain = &batch.chain, .is_stopped = is_stopped};
  FiqExit status = prepare(&batch, options);
  if (status == FIQ_EXIT_OK) {
    while (step(&batch)) {
      wait_for_word(&batch);
      show_progress(&batch);
    }
    fiq_progress_end();
    conclude(&batch);
    status = batch.n_failed > 0 ? FIQ_EXIT_FAILURE : FIQ_EXIT_OK;
  }
  for (size_t i = 0; i < batch.n_failed; ++i) {
    free(batch.failures[i]);
  }
  free(batch.failures);
  free(batch.workers);
  fiq_batch_list_free(&batch.list);
  fiq_chain_free(&batch.chain);
  return status;
}
