// SPDX-License-Identifier: GPL-3.0-or-later
/**
   fieldiq-jack: the plugins live, without a DAW. The sound is made in jack_client.c; this
   thread starts and ends it and serves the console in between.
*/
#include "host-test/common/file_claims.h"
#include "host-test/jack/jack_client.h"
#include "host-test/jack/jack_console.h"
#include "host-test/jack/jack_options.h"
#include "host-test/jack/jack_window.h"
#include "host-test/lv2/lv2_state.h"
#include "host-test/lv2/lv2_world.h"
#include "host-test/lv2/trace.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { POLL_MS = 50, WINDOW_MS = 15, NAME_BYTES = 64 };

/// All that one run of the program owns.
typedef struct {
  FiqJackOptions options;
  FiqHost        host;
  FiqJack        jack;
  FiqConsole     console;
  FiqJackWindow  window;
  FiqTrace       trace;
  FiqClaims      claims;
  union {
    LV2_Atom atom;
    uint64_t alignment;
    uint8_t  bytes[FIQ_HOST_ATOM_BYTES];
  } telemetry; ///< the one that is being written
} Job;

static volatile sig_atomic_t caught; // number of the signal that ends the program

static void on_signal(int number)
{
  caught = number;
}

static void catch_signals(void)
{
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction action    = {.sa_handler = on_signal};
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; ++i) {
    sigaction(numbers[i], &action, NULL);
  }
  signal(SIGPIPE, SIG_IGN);
  // Writing beyond a file size limit then fails as a full disk does.
  signal(SIGXFSZ, SIG_IGN);
  // In the background of a terminal a read then fails instead of stopping the sound.
  signal(SIGTTIN, SIG_IGN);
}

static FiqExit list(Job* job)
{
  if (job->options.list_plugins) {
    return fiq_world_list() ? FIQ_EXIT_OK : FIQ_EXIT_FAILURE;
  }
  if (!fiq_host_open(&job->host, job->options.plugin, 48000.0)) {
    return FIQ_EXIT_USAGE;
  }
  if (job->options.list_presets) {
    fiq_state_print_presets(&job->host);
  }
  if (job->options.list_parameters) {
    fiq_ports_print(&job->host.ports, NULL);
    if (job->host.tunable) {
      printf("\n--tuning FILE.scl tunes the notes by a scale in Scala's format.\n");
    }
  }
  return FIQ_EXIT_OK;
}

static bool set_one(FiqHost* host, const char* assignment)
{
  char              symbol[128];
  const char* const equals = strchr(assignment, '=');
  snprintf(symbol, sizeof symbol, "%.*s", (int)(equals - assignment), assignment);
  return fiq_host_set_text(host, symbol, equals + 1);
}

static FiqExit set_up_plugin(Job* job)
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
  return options->tuning && !fiq_host_tuning(&job->host, options->tuning) ? FIQ_EXIT_FAILURE
                                                                          : FIQ_EXIT_OK;
}

static FiqExit begin_trace(Job* job)
{
  if (!job->options.trace) {
    return FIQ_EXIT_OK;
  }
  if (job->host.audio.patch == FIQ_NO_PORT) {
    fiq_error("--trace: the plugin has no telemetry");
    return FIQ_EXIT_USAGE;
  }
  const FiqTraceHead head  = {.plugin  = lilv_node_as_uri(lilv_plugin_get_uri(job->host.plugin)),
                              .rate_hz = job->host.rate_hz};
  const bool         begun = fiq_trace_begin(&job->trace, job->options.trace, &job->host.urid,
                                             &job->host.audio.urids, &head);
  return begun && fiq_jack_listen(&job->jack) ? FIQ_EXIT_OK : FIQ_EXIT_FAILURE;
}

/// Write what has come; a trace that fails does not stop the sound.
static void write_trace(Job* job)
{
  while (job->trace.stream && fiq_jack_telemetry(&job->jack, &job->telemetry.atom)) {
    fiq_trace_add(&job->trace, &job->telemetry.atom);
  }
}

static bool end_trace(Job* job)
{
  const unsigned long n_lost = atomic_load(&job->jack.n_telemetry_lost);
  if (!job->trace.stream) {
    return true;
  }
  write_trace(job);
  if (n_lost > 0) {
    fiq_warning("%lu messages of telemetry came too fast; they are not in the trace", n_lost);
  }
  return fiq_trace_complete(&job->trace) && fiq_trace_commit(&job->trace);
}

/// The client's name: as asked for, or the plugin's short name.
static void client_name(const Job* job, char to[NAME_BYTES])
{
  const bool short_name = !strchr(job->options.plugin, ':');
  snprintf(to, NAME_BYTES, "%s%s", job->options.name || !short_name ? "" : "fieldiq-",
           job->options.name ? job->options.name : (short_name ? job->options.plugin : "fieldiq"));
}

/// Whether the trace would not be written over what is read.
static bool claim_files(Job* job)
{
  const FiqJackOptions* const options = &job->options;
  FiqClaims* const            claims  = &job->claims;
  // A preset has a name, or else is a file.
  const char* const preset =
      options->preset && access(options->preset, F_OK) == 0 ? options->preset : NULL;
  return fiq_claim(claims, FIQ_CLAIM_READ, "--state", options->state) &&
         fiq_claim(claims, FIQ_CLAIM_READ, "--preset", preset) &&
         fiq_claim_tuning(claims, "--tuning", options->tuning) &&
         fiq_claim(claims, FIQ_CLAIM_WRITTEN, "--trace", options->trace);
}

static FiqExit start(Job* job)
{
  char                        name[NAME_BYTES];
  const FiqJackOptions* const options = &job->options;
  client_name(job, name);
  if (!fiq_jack_open(&job->jack, name, options->server, options->start_server)) {
    return FIQ_EXIT_FAILURE;
  }
  const double   rate_hz = jack_get_sample_rate(job->jack.client);
  const uint32_t block   = atomic_load(&job->jack.block_frames);
  if (!fiq_host_open(&job->host, options->plugin, rate_hz)) {
    return FIQ_EXIT_USAGE;
  }
  if (!fiq_host_start(&job->host, block < FIQ_HOST_BLOCK_MAX ? block : FIQ_HOST_BLOCK_MAX, true)) {
    return FIQ_EXIT_FAILURE;
  }
  FiqExit status = set_up_plugin(job);
  if (status == FIQ_EXIT_OK) {
    status = begin_trace(job);
  }
  if (status == FIQ_EXIT_OK && options->window && !fiq_jack_attend(&job->jack)) {
    status = FIQ_EXIT_FAILURE;
  }
  if (status != FIQ_EXIT_OK) {
    return status;
  }
  fiq_host_activate(&job->host);
  return fiq_jack_activate(&job->jack, &job->host, options->midi_thru) ? FIQ_EXIT_OK
                                                                       : FIQ_EXIT_FAILURE;
}

static bool connect_ports(Job* job)
{
  bool connected = true;
  if (job->options.connect) {
    fiq_jack_connect_physical(&job->jack);
  }
  for (uint32_t i = 0; i < job->options.n_ports; ++i) {
    connected = fiq_jack_connect(&job->jack, job->options.ports[i]) && connected;
  }
  return connected;
}

/// Who reads this may rely on the connections.
static void say_ready(Job* job)
{
  fiq_note("'%s' plays at %g Hz, %u frames; type 'help' for commands",
           jack_get_client_name(job->jack.client), job->host.rate_hz,
           atomic_load(&job->jack.block_frames));
}

/// Serve the console until somebody asks to end; watch what the audio thread only notes.
static void serve(Job* job)
{
  FiqJack* const    jack    = &job->jack;
  FiqConsole* const console = &job->console;
  const double      rate_hz = job->host.rate_hz;
  uint32_t          latency = 0;
  unsigned          n_xruns = 0;
  console->jack             = jack;
  console->host             = &job->host;
  console->claims           = &job->claims;
  console->n_claims         = job->claims.n;
  while (!caught && !console->quit && !atomic_load(&jack->gone)) {
    struct pollfd input = {.fd = console->ended ? -1 : STDIN_FILENO, .events = POLLIN};
    if (poll(&input, 1, job->window.ui ? WINDOW_MS : POLL_MS) > 0 && input.revents != 0) {
      fiq_console_read(console, STDIN_FILENO);
    }
    write_trace(job);
    if (job->window.ui && !fiq_jack_window_idle(&job->window)) {
      fiq_jack_window_close(&job->window);
      fiq_note("the window is closed; the console goes on");
    }
    const uint32_t now = atomic_load(&job->host.audio.latency_frames);
    if (now != latency && !atomic_load(&jack->gone)) {
      latency = now;
      jack_recompute_total_latencies(jack->client);
    }
    const unsigned n_now = atomic_load(&jack->n_xruns);
    if (n_now != n_xruns) {
      fiq_note("%u xruns so far", n_now);
      n_xruns = n_now;
    }
    const double played_s = (double)atomic_load(&jack->n_frames) / rate_hz;
    if (job->options.duration_s > 0.0 && played_s >= job->options.duration_s) {
      return;
    }
  }
}

static FiqExit conclude(Job* job)
{
  char                load[FIQ_LOAD_TEXT_BYTES];
  const bool          traced = end_trace(job);
  const unsigned long n_bad  = atomic_load(&job->host.audio.n_not_finite);
  if (n_bad > 0) {
    fiq_warning("the plugin put out %lu samples that are NaN or infinite; they were silenced",
                n_bad);
  }
  fiq_load_format(&job->jack.load, load);
  fiq_note("played %.1f s, %u xruns; %s",
           (double)atomic_load(&job->jack.n_frames) / job->host.rate_hz,
           atomic_load(&job->jack.n_xruns), load);
  if (atomic_load(&job->jack.gone)) {
    fiq_error("the JACK server ended%s%s", job->jack.reason[0] ? ": " : "", job->jack.reason);
    return FIQ_EXIT_FAILURE;
  }
  return traced ? FIQ_EXIT_OK : FIQ_EXIT_FAILURE;
}

static FiqExit play(Job* job)
{
  if (job->options.list_commands) {
    fiq_console_list_commands();
    return FIQ_EXIT_OK;
  }
  if (job->options.list_plugins || job->options.list_presets || job->options.list_parameters) {
    return list(job);
  }
  const FiqExit status = claim_files(job) ? start(job) : FIQ_EXIT_USAGE;
  if (status != FIQ_EXIT_OK) {
    return status;
  }
  if (!connect_ports(job)) {
    return FIQ_EXIT_FAILURE;
  }
  if (job->options.window && !fiq_jack_window_open(&job->window, &job->jack, &job->host)) {
    return FIQ_EXIT_FAILURE;
  }
  say_ready(job);
  serve(job);
  return conclude(job);
}

int main(int argc, char** argv)
{
  static Job job;
  FiqExit    status = FIQ_EXIT_OK;
  fiq_report_init("fieldiq-jack", false);
  if (!fiq_jack_options(&job.options, argc, argv, &status)) {
    return (int)status;
  }
  catch_signals();
  status = play(&job);
  fiq_jack_window_close(&job.window);
  fiq_jack_close(&job.jack);
  fiq_trace_discard(&job.trace);
  if (job.host.world) {
    fiq_host_free(&job.host);
  }
  return (int)status;
}
