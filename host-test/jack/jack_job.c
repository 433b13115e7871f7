// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/jack/jack_job.h"

#include "host-test/common/report.h"
#include "host-test/lv2/lv2_state.h"

#include <stdio.h>
#include <string.h>

static bool set_one(FiqHost* host, const char* assignment)
{
  char              symbol[128];
  const char* const equals = strchr(assignment, '=');
  snprintf(symbol, sizeof symbol, "%.*s", (int)(equals - assignment), assignment);
  return fiq_host_set_text(host, symbol, equals + 1);
}

static FiqExit set_up_plugin(FiqJackJob* job)
{
  const FiqJackOptions* const options = &job->options;
  if (options->state && !fiq_state_load(&job->host, options->state)) {
    return FIQ_EXIT_FAILURE;
  }
  if (options->preset && !fiq_state_load_preset(&job->host, options->preset)) {
    return FIQ_EXIT_USAGE;
  }
  for (uint32_t i = 0; i < options->n_sets; ++i) {
    if (!set_one(&job->host, options->sets[i])) {
      return FIQ_EXIT_USAGE;
    }
  }
  if (options->seeded && !fiq_host_seed(&job->host, options->seed)) {
    fiq_error("the plugin has no seed");
    return FIQ_EXIT_USAGE;
  }
  if (options->tuning && !fiq_host_tuning(&job->host, options->tuning)) {
    return FIQ_EXIT_FAILURE;
  }
  return options->words && !fiq_host_text(&job->host, FIQ_WORDS_URI, options->words)
             ? FIQ_EXIT_USAGE
             : FIQ_EXIT_OK;
}

FiqExit fiq_jack_set_up(FiqJackJob* job, const char* state)
{
  const double   rate_hz = (double)atomic_load(&job->jack.rate_hz);
  const uint32_t block   = atomic_load(&job->jack.block_frames);
  if (!fiq_host_open(&job->host, job->options.plugin, rate_hz)) {
    return FIQ_EXIT_USAGE;
  }
  if (!fiq_host_start(&job->host, block < FIQ_HOST_BLOCK_MAX ? block : FIQ_HOST_BLOCK_MAX, true)) {
    return FIQ_EXIT_FAILURE;
  }
  const FiqExit status = !state
                             ? set_up_plugin(job)
                             : (fiq_state_load(&job->host, state) ? FIQ_EXIT_OK : FIQ_EXIT_FAILURE);
  if (status == FIQ_EXIT_OK) {
    fiq_host_activate(&job->host);
  }
  return status;
}

void fiq_jack_write_trace(FiqJackJob* job)
{
  while (job->trace.stream && fiq_jack_telemetry(&job->jack, &job->telemetry.atom)) {
    fiq_trace_add(&job->trace, &job->telemetry.atom);
  }
}
