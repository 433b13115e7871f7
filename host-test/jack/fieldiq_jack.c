// SPDX-License-Identifier: GPL-3.0-or-later
/**
   fieldiq-jack: the plugins live, without a DAW. The sound is made in jack_client.c; this
   thread starts and ends it and serves the console in between.
*/
#include "host-test/common/report.h"
#include "host-test/jack/jack_serve.h"
#include "host-test/lv2/lv2_state.h"
#include "host-test/lv2/lv2_world.h"

#include <jansson.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile int caught; // number of the signal that ends the program

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

static FiqExit list(FiqJackJob* job)
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

static FiqExit begin_trace(FiqJackJob* job)
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

static bool end_trace(FiqJackJob* job)
{
  const unsigned long n_lost = atomic_load(&job->jack.n_telemetry_lost);
  if (!job->trace.stream) {
    return true;
  }
  fiq_jack_write_trace(job);
  if (n_lost > 0) {
    fiq_warning("%lu messages of telemetry came too fast; they are not in the trace", n_lost);
  }
  return fiq_trace_complete(&job->trace) && fiq_trace_commit(&job->trace);
}

/// The client's name: as the session or the user asks for, or the plugin's short name.
static void name_client(FiqJackJob* job)
{
  const char* const asked      = job->session.name[0] ? job->session.name : job->options.name;
  const bool        short_name = !strchr(job->options.plugin, ':');
  snprintf(job->name, sizeof job->name, "%s%s", asked || !short_name ? "" : "fieldiq-",
           asked ? asked : (short_name ? job->options.plugin : "fieldiq"));
}

/// Whether nothing would be written over what is read.
static bool claim_files(FiqJackJob* job)
{
  const FiqJackOptions* const options = &job->options;
  FiqClaims* const            claims  = &job->claims;
  // A preset has a name, or else is a file.
  const char* const preset =
      options->preset && access(options->preset, F_OK) == 0 ? options->preset : NULL;
  return fiq_claim(claims, FIQ_CLAIM_READ, "--state", options->state) &&
         fiq_claim(claims, FIQ_CLAIM_READ, "--preset", preset) &&
         fiq_claim_tuning(claims, "--tuning", options->tuning) &&
         fiq_claim(claims, FIQ_CLAIM_WRITTEN, "--midi-map", options->midi_map) &&
         fiq_claim(claims, FIQ_CLAIM_WRITTEN, "--trace", options->trace) &&
         fiq_claim(claims, FIQ_CLAIM_WRITTEN, "--record", options->record);
}

/// Everything that lies between a plugin that is set up and one that plays.
static FiqExit attach(FiqJackJob* job)
{
  const FiqJackOptions* const options = &job->options;
  const FiqExit               status  = begin_trace(job);
  if (status != FIQ_EXIT_OK) {
    return status;
  }
  if ((options->window || job->session.server) && !fiq_jack_attend(&job->jack)) {
    return FIQ_EXIT_FAILURE;
  }
  if (!fiq_map_init(&job->map, &job->host,
                    job->session.server ? job->session.map : options->midi_map)) {
    return FIQ_EXIT_FAILURE;
  }
  if (options->record && !fiq_record_begin(&job->jack.record, options->record,
                                           job->host.audio.n_out, job->host.rate_hz)) {
    return FIQ_EXIT_FAILURE;
  }
  return fiq_jack_activate(&job->jack, &job->host, options->midi_thru) ? FIQ_EXIT_OK
                                                                       : FIQ_EXIT_FAILURE;
}

static FiqExit start(FiqJackJob* job)
{
  name_client(job);
  if (!fiq_jack_open(&job->jack, job->name, job->options.server, job->options.start_server)) {
    return FIQ_EXIT_FAILURE;
  }
  const char* const state =
      job->session.server && access(job->session.state, F_OK) == 0 ? job->session.state : NULL;
  const FiqExit status = fiq_jack_set_up(job, state);
  return status == FIQ_EXIT_OK ? attach(job) : status;
}

/// What a project was made with; a new one has what the options say.
static bool open_project(FiqJackJob* job)
{
  const char* plugin = NULL;
  if (!job->session.server || access(job->session.map, F_OK) != 0) {
    return true;
  }
  json_error_t  why;
  json_t* const map = json_load_file(job->session.map, 0, &why);
  if (json_unpack(map, "{s:s}", "plugin", &plugin) != 0) {
    fiq_error("%s: does not name a plugin", job->session.map);
    json_decref(map);
    return false;
  }
  static char uri[256];
  snprintf(uri, sizeof uri, "%s", plugin);
  job->options.plugin = uri;
  json_decref(map);
  return true;
}

/// A new project is on the disk from the start, so that the next time it is the same plugin.
static bool keep_project(FiqJackJob* job)
{
  if (!job->session.server) {
    return true;
  }
  job->saved = calloc(job->host.ports.n_ports, sizeof *job->saved);
  if (!job->saved) {
    fiq_error("out of memory");
    return false;
  }
  memcpy(job->saved, job->host.settings, job->host.ports.n_ports * sizeof *job->saved);
  return access(job->session.map, F_OK) == 0 || fiq_map_keep(&job->map, &job->host);
}

static bool connect_ports(FiqJackJob* job)
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
static void say_ready(FiqJackJob* job)
{
  fiq_note("'%s' plays at %g Hz, %u frames; type 'help' for commands",
           jack_get_client_name(job->jack.client), job->host.rate_hz,
           atomic_load(&job->jack.block_frames));
}

static FiqExit conclude(FiqJackJob* job)
{
  char                load[FIQ_LOAD_TEXT_BYTES];
  const bool          traced = end_trace(job);
  const bool          kept   = fiq_record_end(&job->jack.record);
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
  return traced && kept ? FIQ_EXIT_OK : FIQ_EXIT_FAILURE;
}

static void open_console(FiqJackJob* job)
{
  job->console.jack   = &job->jack;
  job->console.host   = &job->host;
  job->console.map    = &job->map;
  job->console.claims = &job->claims;
  // The console watches a recording, which may end before the program does, by the recording itself.
  fiq_claims_cut(&job->claims, job->claims.n - (job->options.record ? 1 : 0));
  job->console.n_claims = job->claims.n;
}

static FiqExit play(FiqJackJob* job)
{
  if (job->options.list_commands) {
    fiq_console_list_commands();
    return FIQ_EXIT_OK;
  }
  if (job->options.list_plugins || job->options.list_presets || job->options.list_parameters) {
    return list(job);
  }
  if (!claim_files(job)) {
    return FIQ_EXIT_USAGE;
  }
  if (!fiq_session_begin(&job->session)) {
    return FIQ_EXIT_FAILURE;
  }
  FiqExit status = open_project(job) ? start(job) : FIQ_EXIT_FAILURE;
  if (status == FIQ_EXIT_OK && !(keep_project(job) && connect_ports(job))) {
    status = FIQ_EXIT_FAILURE;
  }
  if (status == FIQ_EXIT_OK && job->options.window &&
      !fiq_jack_window_open(&job->window, &job->jack, &job->host)) {
    status = FIQ_EXIT_FAILURE;
  }
  fiq_session_opened(&job->session, status == FIQ_EXIT_OK);
  if (status != FIQ_EXIT_OK) {
    return status;
  }
  open_console(job);
  say_ready(job);
  fiq_jack_serve(job, &caught);
  return conclude(job);
}

int main(int argc, char** argv)
{
  static FiqJackJob job;
  FiqExit           status = FIQ_EXIT_OK;
  fiq_report_init("fieldiq-jack", false);
  if (!fiq_jack_options(&job.options, argc, argv, &status)) {
    return (int)status;
  }
  catch_signals();
  status = play(&job);
  fiq_jack_window_close(&job.window);
  fiq_session_end(&job.session);
  fiq_jack_close(&job.jack);
  fiq_trace_discard(&job.trace);
  if (job.host.world) {
    fiq_host_free(&job.host);
  }
  free(job.saved);
  return (int)status;
}
