// SPDX-License-Identifier: GPL-3.0-or-later
/**
   fieldiq-render: sound files through plugins, without a sound card. Exit status and options are those of --help; the work
   is in job.c, batch.c and listing.c.
*/
#include "host-test/common/crash.h"
#include "host-test/common/pending_folder.h"
#include "host-test/render/batch.h"
#include "host-test/render/job.h"
#include "host-test/render/listing.h"

#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t caught; // number of the signal that ends the render

static void on_signal(int number)
{
  if (!caught) {
    caught = number;
    return;
  }
  // The plugin does not come back from its block: leave at once, but nothing behind.
  fiq_pending_remove_all();
  fiq_folder_remove_begun();
  _exit(128 + number);
}

static void catch_signals(void)
{
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction action    = {.sa_handler = on_signal};
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; ++i) {
    struct sigaction before;
    sigaction(numbers[i], NULL, &before);
    // Under nohup the loss of the terminal stays ignored.
    if (numbers[i] != SIGHUP || before.sa_handler != SIG_IGN) {
      sigaction(numbers[i], &action, NULL);
    }
  }
  // Writing beyond a file size limit then fails as a full disk does.
  signal(SIGXFSZ, SIG_IGN);
  // So does writing a trace to a pipe that nobody reads.
  signal(SIGPIPE, SIG_IGN);
}

static bool is_stopped(void)
{
  return caught != 0;
}

int main(int argc, char** argv)
{
  static FiqJob job;
  FiqExit       status = FIQ_EXIT_OK;
  fiq_report_init("fieldiq-render", false);
  if (!fiq_render_options(&job.options, argc, argv, &status)) {
    return (int)status;
  }
  if (fiq_render_lists(&job.options)) {
    return (int)fiq_list(&job.options);
  }
  job.is_stopped = is_stopped;
  job.progress   = fiq_progress;
  catch_signals();
  if (job.options.batch.path) {
    status = fiq_batch_run(&job.options, is_stopped);
  } else {
    // In a batch, whoever started the process sees how it ended.
    fiq_crash_watch();
    status = fiq_job_run(&job);
    fiq_crash_release((int)status);
  }
  fiq_progress_end();
  fiq_job_free(&job);
  fiq_crash_rest();
  if (caught) {
    // Die of the signal, so that a calling shell sees what happened.
    fiq_error("interrupted; %s",
              job.options.batch.path ? "--resume goes on from here" : "nothing was written");
    signal(caught, SIG_DFL);
    raise(caught);
  }
  return (int)status;
}
