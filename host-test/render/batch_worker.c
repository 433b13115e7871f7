// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/render/batch_worker.h"

#include "host-test/common/file_path.h"
#include "host-test/common/report.h"
#include "host-test/render/batch_record.h"
#include "host-test/render/job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TELL_S 0.1

// ---- in the process ----

static FILE*  to_parent; // of this process
static FiqJob job;

static double now_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void tell_progress(double share)
{
  static double told_s;
  const double  now = now_s();
  if (now - told_s >= TELL_S) {
    told_s = now;
    fprintf(to_parent, "progress %.4f\n", share);
    fflush(to_parent);
  }
}

/// Make the folders that `path` stands in.
static void make_folders(const char* path)
{
  char folder[FIQ_PATH_BYTES];
  snprintf(folder, sizeof folder, "%s", path);
  for (char* slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    mkdir(folder, 0777);
    *slash = '/';
  }
}

/// Fill in what is a pattern; false when memory is short.
static bool fill(const char** pattern, const FiqBatchFile* file)
{
  if (*pattern) {
    // It lives as long as the process.
    *pattern = fiq_batch_fill(*pattern, file);
    if (*pattern) {
      make_folders(*pattern);
    }
    return *pattern != NULL;
  }
  return true;
}

/// Make the options of a batch those of one file.
static bool aim(FiqRenderOptions* options, const FiqBatchFile* file)
{
  bool filled = fill(&options->metrics, file);
  for (uint32_t i = 0; i < options->n_links; ++i) {
    FiqLinkOptions* const link = &options->links[i];
    filled = filled && fill(&link->trace, file) && fill(&link->midi_out, file) &&
             fill(&link->save_state, file);
  }
  options->batch.path = NULL;
  options->quiet      = true;
  options->n_files    = file->is_midi ? 1 : 2;
  options->midi       = file->is_midi ? file->input : options->midi;
  options->files[0]   = file->is_midi ? file->output : file->input;
  options->files[1]   = file->is_midi ? NULL : file->output;
  make_folders(file->output);
  return filled;
}

static FiqExit render_file(const FiqBatchPlan* plan, const FiqBatchFile* file)
{
  job.options    = *plan->options;
  job.beside     = &plan->chain->links[0].ensemble.hosts[0];
  job.is_stopped = plan->is_stopped;
  job.progress   = tell_progress;
  if (!aim(&job.options, file)) {
    fiq_error("out of memory");
    return FIQ_EXIT_FAILURE;
  }
  const FiqExit status = fiq_job_run(&job);
  char* const   line   = status == FIQ_EXIT_OK ? fiq_job_metrics(&job, true) : NULL;
  if (line) {
    fprintf(to_parent, "metrics %s", line);
  }
  free(line);
  return status;
}

static FiqExit work(const FiqBatchPlan* plan, const FiqBatchFile* file)
{
  FiqBatchRecord record;
  if (!fiq_batch_record(&record, file->input, plan->settings)) {
    return FIQ_EXIT_FAILURE;
  }
  if (plan->options->batch.resumes && fiq_batch_is_made(&record, file->output)) {
    fprintf(to_parent, "kept\n");
    return FIQ_EXIT_OK;
  }
  fiq_batch_drop_record(file->output);
  const FiqExit status = render_file(plan, file);
  if (status == FIQ_EXIT_OK && !fiq_batch_keep_record(&record, file->input, file->output)) {
    return FIQ_EXIT_FAILURE;
  }
  if (status == FIQ_EXIT_OK) {
    fprintf(to_parent, "rendered\n");
  }
  return status;
}

/// What the new process does.
static void live(const FiqBatchPlan* plan, const FiqBatchFile* file, pid_t parent, int said_to,
                 int told_to)
{
  const int nowhere = open("/dev/null", O_RDWR);
  // Whoever ends the batch, by whatever signal, ends its processes.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) {
    _exit(FIQ_EXIT_FAILURE);
  }
  dup2(nowhere, STDIN_FILENO);
  dup2(nowhere, STDOUT_FILENO);
  dup2(said_to, STDERR_FILENO);
  fiq_report_to_stderr();
  to_parent = fdopen(told_to, "w");
  if (!to_parent) {
    _exit(FIQ_EXIT_FAILURE);
  }
  const FiqExit status = work(plan, file);
  fflush(to_parent);
  // Whatever becomes of the plugin now, the file is there.
  fiq_job_free(&job);
  _exit((int)status);
}

// ---- in the parent ----

bool fiq_batch_worker_start(FiqBatchWorker* self, const FiqBatchPlan* plan, FiqBatchFile* file)
{
  int         said[2] = {-1, -1};
  int         told[2] = {-1, -1};
  const pid_t parent  = getpid();
  *self               = (FiqBatchWorker){.file = file};
  const bool  piped   = pipe(said) == 0 && pipe(told) == 0;
  const pid_t pid     = piped ? fork() : -1;
  if (pid == 0) {
    close(said[0]);
    close(told[0]);
    live(plan, file, parent, said[1], told[1]);
  }
  if (pid < 0) {
    fiq_error("no process for %s: %s", file->input, strerror(errno));
  }
  for (int i = 0; i < 2; ++i) {
    int* const ends = i == 0 ? said : told;
    if (ends[1] >= 0) {
      close(ends[1]);
    }
    if (ends[0] >= 0) {
      fcntl(ends[0], F_SETFL, O_NONBLOCK);
      fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    }
  }
  self->said_from = said[0];
  self->told_from = told[0];
  self->pid       = pid > 0 ? pid : 0;
  if (pid < 0) {
    fiq_batch_worker_free(self);
  }
  return pid > 0;
}

/// Keep the end of what it said.
static void take_said(FiqBatchWorker* self)
{
  char    text[1024];
  ssize_t n = 0;
  while ((n = read(self->said_from, text, sizeof text)) > 0) {
    const size_t room = sizeof self->said - 1 - self->n_said;
    const size_t drop = (size_t)n > room ? (size_t)n - room : 0;
    memmove(self->said, self->said + drop, self->n_said - drop);
    memcpy(self->said + self->n_said - drop, text, (size_t)n);
    self->n_said += (size_t)n - drop;
    self->said[self->n_said] = '\0';
  }
}

static void take_line(FiqBatchWorker* self, const char* line)
{
  if (strncmp(line, "progress ", 9) == 0) {
    self->share = strtod(line + 9, NULL);
  } else if (strncmp(line, "metrics ", 8) == 0) {
    free(self->metrics);
    self->metrics = strdup(line + 8);
  } else if (strcmp(line, "kept") == 0) {
    self->result = FIQ_BATCH_KEPT;
  } else if (strcmp(line, "rendered") == 0) {
    self->result = FIQ_BATCH_RENDERED;
  }
}

static void take_told(FiqBatchWorker* self)
{
  ssize_t n = 0;
  while (self->n_told < sizeof self->told - 1 &&
         (n = read(self->told_from, self->told + self->n_told,
                   sizeof self->told - 1 - self->n_told)) > 0) {
    self->n_told += (size_t)n;
    self->told[self->n_told] = '\0';
    for (char* end = strchr(self->told, '\n'); end; end = strchr(self->told, '\n')) {
      *end = '\0';
      take_line(self, self->told);
      self->n_told -= (size_t)(end + 1 - self->told);
      memmove(self->told, end + 1, self->n_told + 1);
    }
  }
}

/// Why it failed: the last error that it told, else the last that anybody said, else how it ended.
static void find_reason(FiqBatchWorker* self, int status)
{
  const char* const mark      = "fieldiq-render: error: ";
  const char*       last      = NULL;
  char*             rest      = NULL;
  char              ended[64] = "";
  bool              error     = false;
  if (WIFSIGNALED(status)) {
    snprintf(ended, sizeof ended, "the plugin ended the process: %s", strsignal(WTERMSIG(status)));
  } else if (WEXITSTATUS(status) == 0) {
    snprintf(ended, sizeof ended, "the plugin ended the process");
  }
  for (char* line = strtok_r(self->said, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
    const bool is_error = strncmp(line, mark, strlen(mark)) == 0;
    if (is_error || !error) {
      last = is_error ? line + strlen(mark) : line;
    }
    error = error || is_error;
  }
  snprintf(self->reason, sizeof self->reason, "%s%s%s", ended, ended[0] && last ? ": " : "",
           last ? last : (ended[0] ? "" : "no reason was given"));
}

/// Pass its warnings on, with the name of its file.
static void pass_warnings(const FiqBatchWorker* self)
{
  const char* const mark = "fieldiq-render: warning: ";
  for (const char* at = strstr(self->said, mark); at; at = strstr(at, mark)) {
    at += strlen(mark);
    fiq_warning("%s: %.*s", self->file->input, (int)strcspn(at, "\n"), at);
  }
}

bool fiq_batch_worker_poll(FiqBatchWorker* self)
{
  int         status = 0;
  const pid_t ended  = waitpid(self->pid, &status, WNOHANG);
  take_said(self);
  take_told(self);
  if (ended != self->pid) {
    return true;
  }
  self->pid = 0;
  pass_warnings(self);
  if (WIFSIGNALED(status) && self->result != FIQ_BATCH_FAILED) {
    fiq_warning("%s: the plugin failed when it was released: %s; what was written is complete",
                self->file->input, strsignal(WTERMSIG(status)));
    return false;
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || self->result == FIQ_BATCH_FAILED) {
    self->result = FIQ_BATCH_FAILED;
    find_reason(self, status);
  }
  return false;
}

void fiq_batch_worker_free(FiqBatchWorker* self)
{
  if (self->said_from >= 0) {
    close(self->said_from);
  }
  if (self->told_from >= 0) {
    close(self->told_from);
  }
  free(self->metrics);
  *self = (FiqBatchWorker){.said_from = -1, .told_from = -1};
}
