// SPDX-License-Identifier: GPL-3.0-or-later
/**
   fieldiq-render: sound files through the plugins, without a sound card. Exit status and
   options are those of --help; the work is in render.c.
*/
#include "host-test/common/file_claims.h"
#include "host-test/lv2/lv2_state.h"
#include "host-test/lv2/lv2_world.h"
#include "host-test/render/render.h"
#include "host-test/render/study.h"

#include <lv2/atom/util.h>

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DEFAULT_RATE_HZ = 48000 };

#define DEFAULT_LENGTH_S 4.0
#define DEFAULT_TEMPO_BPM 120.0
#define WAV_BYTES_MAX 4.0e9
#define CONTINUES 1.0f // modes of the partner
#define HOLDS 4.0f

/// All that one run of the program owns.
typedef struct {
  FiqRenderOptions options;
  FiqEnsemble      ensemble;
  FiqAudioInput    input;
  FiqAudioInput    side;
  FiqAudioOutput   output;
  FiqScore         score;
  FiqTrace         trace;
  FiqRender        render;
  FiqMidiWriter    midi_out;
  FiqClaims        claims;
  const char*      target; ///< OUTPUT
  int              format;
  double           elapsed_s;
} Job;

static volatile sig_atomic_t caught; // number of the signal that ends the render

static void on_signal(int number)
{
  if (!caught) {
    caught = number;
    return;
  }
  // The plugin does not come back from its block: leave at once, but nothing behind.
  fiq_pending_remove_all();
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

static double now_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static FiqExit list(Job* job)
{
  if (job->options.list_plugins) {
    return fiq_world_list() ? FIQ_EXIT_OK : FIQ_EXIT_FAILURE;
  }
  if (!fiq_ensemble_open(&job->ensemble, job->options.plugin, DEFAULT_RATE_HZ)) {
    return FIQ_EXIT_USAGE;
  }
  const FiqHost* const host = &job->ensemble.hosts[0];
  if (job->options.list_presets) {
    fiq_state_print_presets(host);
  }
  if (job->options.list_parameters) {
    fiq_ports_print(&host->ports, NULL);
    if (host->tunable) {
      printf("\n--tuning FILE.scl tunes the notes by a scale in Scala's format.\n");
    }
  }
  return FIQ_EXIT_OK;
}

static bool is_stopped(void)
{
  return caught != 0;
}

/// Whether the plugin is to learn and nothing is to be played.
static bool only_studies(const FiqRenderOptions* options)
{
  return options->study && options->n_files == 0;
}

/// Whether the files and options given fit the plugin.
static bool check_use(Job* job)
{
  const FiqHostAudio* const     audio   = &job->ensemble.hosts[0].audio;
  const FiqRenderOptions* const options = &job->options;
  const bool                    effect  = audio->n_main_in > 0;
  if (audio->n_out == 0 || audio->n_main_in > 2) {
    fiq_error("the plugin has %u audio inputs and %u outputs; 0 to 2 inputs and at least one "
              "output are needed",
              audio->n_main_in, audio->n_out);
    return false;
  }
  if (!only_studies(options) && options->n_files != (effect ? 2 : 1)) {
    fiq_error("%s", effect ? "an effect needs INPUT and OUTPUT; see --help"
                           : "an instrument needs one file, OUTPUT; see --help");
    return false;
  }
  if (!effect && !only_studies(options) && !options->chord && !options->midi &&
      options->length_s < 0.0 && options->continue_s <= 0.0) {
    fiq_error("the instrument has nothing to play; give --chord, --midi, --continue or --length");
    return false;
  }
  if ((options->chord || options->midi || options->study) && audio->midi == FIQ_NO_PORT) {
    fiq_error("the plugin takes no MIDI");
    return false;
  }
  if (options->sidechain && audio->n_side_in == 0) {
    fiq_error("the plugin has no side chain");
    return false;
  }
  if (options->trace && audio->patch == FIQ_NO_PORT) {
    fiq_error("--trace: the plugin has no telemetry");
    return false;
  }
  if (effect && options->rate_hz > 0) {
    fiq_error("--rate is for instruments; an effect keeps the rate of its input");
    return false;
  }
  return true;
}

/// Whether nothing that is written would be written over what is read or written besides. OUTPUT may be
/// INPUT, which it replaces when it is complete.
static bool claim_files(Job* job)
{
  const FiqRenderOptions* const options = &job->options;
  FiqClaims* const              claims  = &job->claims;
  // A preset has a name, or else is a file.
  const char* const preset =
      options->preset && access(options->preset, F_OK) == 0 ? options->preset : NULL;
  return (options->n_files < 2 || fiq_claim(claims, FIQ_CLAIM_INPUT, "INPUT", options->files[0])) &&
         fiq_claim(claims, FIQ_CLAIM_READ, "--sidechain", options->sidechain) &&
         fiq_claim(claims, FIQ_CLAIM_READ, "--midi", options->midi) &&
         fiq_claim(claims, FIQ_CLAIM_READ, "--state", options->state) &&
         fiq_claim(claims, FIQ_CLAIM_READ, "--preset", preset) &&
         fiq_claim_tuning(claims, "--tuning", options->tuning) &&
         (only_studies(options) ||
          fiq_claim(claims, FIQ_CLAIM_OUTPUT, "OUTPUT", options->files[options->n_files - 1])) &&
         fiq_claim(claims, FIQ_CLAIM_WRITTEN, "--midi-out", options->midi_out) &&
         fiq_claim(claims, FIQ_CLAIM_WRITTEN, "--metrics", options->metrics) &&
         fiq_claim(claims, FIQ_CLAIM_WRITTEN, "--trace", options->trace) &&
         fiq_claim(claims, FIQ_CLAIM_WRITTEN, "--save-state", options->save_state);
}

static FiqExit open_inputs(Job* job)
{
  const FiqRenderOptions* const options = &job->options;
  const char* const             side    = options->sidechain;
  if ((options->n_files == 2 &&
       !fiq_audio_open(&job->input, options->files[0], FIQ_HOST_BLOCK_MAX)) ||
      (side && !fiq_audio_open(&job->side, side, FIQ_HOST_BLOCK_MAX))) {
    return FIQ_EXIT_FAILURE;
  }
  if (job->input.file && side && job->side.rate_hz != job->input.rate_hz) {
    fiq_error("%s: its sample rate of %d Hz is not the input's %d Hz", side, job->side.rate_hz,
              job->input.rate_hz);
    return FIQ_EXIT_FAILURE;
  }
  return FIQ_EXIT_OK;
}

/// Open as many instances as the input has channels for, at the right rate: the input's, if there is one.
static FiqExit open_plugin(Job* job)
{
  const FiqRenderOptions* const options = &job->options;
  FiqEnsemble* const            all     = &job->ensemble;
  const double wanted_hz                = options->rate_hz > 0 ? options->rate_hz : DEFAULT_RATE_HZ;
  const double rate_hz                  = job->input.file ? job->input.rate_hz : wanted_hz;
  if (!fiq_ensemble_open(all, options->plugin, rate_hz) || !check_use(job)) {
    return FIQ_EXIT_USAGE;
  }
  if (!fiq_ensemble_fit(all, job->input.file ? &job->input : NULL,
                        job->side.file ? &job->side : NULL)) {
    return FIQ_EXIT_FAILURE;
  }
  if (only_studies(options)) {
    return FIQ_EXIT_OK;
  }
  job->target = options->files[options->n_files - 1];
  job->format =
      fiq_audio_format(job->target, options->format, options->encoding, (int)all->n_channels);
  return job->format != 0 ? FIQ_EXIT_OK : FIQ_EXIT_USAGE;
}

static FiqExit load_score(Job* job)
{
  const FiqRenderOptions* const options = &job->options;
  const double tempo_bpm = options->tempo_bpm > 0.0 ? options->tempo_bpm : DEFAULT_TEMPO_BPM;
  const double whole_s =
      job->input.file ? (double)job->input.n_frames / job->input.rate_hz : DEFAULT_LENGTH_S;
  const double length_s = options->length_s > 0.0 ? options->length_s : whole_s;
  if (options->midi) {
    const bool loaded = fiq_score_load(&job->score, options->midi, options->length_s);
    job->score.end_s += options->continue_s;
    return loaded ? FIQ_EXIT_OK : FIQ_EXIT_FAILURE;
  }
  const bool plays_on = options->continue_s > 0.0 && !options->chord && options->length_s < 0.0;
  if (plays_on && !job->input.file) {
    return fiq_score_empty(&job->score, options->continue_s, tempo_bpm) ? FIQ_EXIT_OK
                                                                        : FIQ_EXIT_USAGE;
  }
  const bool made = options->chord ? fiq_score_chord(&job->score, options->chord, options->velocity,
                                                     length_s, tempo_bpm)
                                   : fiq_score_empty(&job->score, length_s, tempo_bpm);
  job->score.end_s += made ? options->continue_s : 0.0;
  return made ? FIQ_EXIT_OK : FIQ_EXIT_USAGE;
}

/// A partner that is off shall continue what is played, or play by itself.
static FiqExit choose_partner(Job* job)
{
  const uint32_t mode = fiq_ports_find(&job->ensemble.hosts[0].ports, "sequence");
  if (mode == FIQ_NO_PORT) {
    fiq_error("--continue: the plugin plays nothing by itself");
    return FIQ_EXIT_USAGE;
  }
  for (uint32_t i = 0; i < job->ensemble.n; ++i) {
    FiqHost* const host = &job->ensemble.hosts[i];
    if (fiq_host_value(host, mode) < 0.5f) {
      fiq_host_set(host, mode, job->options.midi || job->options.chord ? CONTINUES : HOLDS);
    }
  }
  return FIQ_EXIT_OK;
}

/// State, preset, single parameters and seed of one instance, in this order.
static FiqExit set_up(const FiqRenderOptions* options, FiqHost* host)
{
  if (options->state && !fiq_state_load(host, options->state)) {
    return FIQ_EXIT_FAILURE;
  }
  if (options->preset && !fiq_state_load_preset(host, options->preset)) {
    return FIQ_EXIT_USAGE;
  }
  for (uint32_t i = 0; i < options->n_sets; ++i) {
    char              symbol[128];
    const char* const equals = strchr(options->sets[i], '=');
    const size_t      length = (size_t)(equals - options->sets[i]);
    const size_t      kept   = length < sizeof symbol ? length : sizeof symbol - 1;
    memcpy(symbol, options->sets[i], kept);
    symbol[kept] = '\0';
    if (!fiq_host_set_text(host, symbol, equals + 1)) {
      return FIQ_EXIT_USAGE;
    }
  }
  // A fresh instance would draw a seed of its own, and no two renders would be alike.
  const bool fixed = options->seeded || (host->seedable && !options->state);
  if (fixed && !fiq_host_seed(host, options->seed)) {
    fiq_error("the plugin has no seed");
    return FIQ_EXIT_USAGE;
  }
  return FIQ_EXIT_OK;
}

/// Play `n_frames` of the inputs to nowhere.
static void play_unheard(Job* job, uint64_t n_frames)
{
  FiqAudioInput* const side = job->side.file ? &job->side : NULL;
  for (uint64_t done = 0; done < n_frames && !caught;) {
    const uint64_t left = n_frames - done;
    const uint32_t now  = left < FIQ_HOST_BLOCK_MAX ? (uint32_t)left : FIQ_HOST_BLOCK_MAX;
    fiq_ensemble_read(&job->ensemble, &job->input, side, now);
    fiq_ensemble_begin(&job->ensemble);
    fiq_ensemble_run(&job->ensemble, side != NULL, now);
    done += now;
    fiq_progress((double)done / (double)n_frames);
  }
}

static void set_all(FiqEnsemble* all, uint32_t index, float value)
{
  for (uint32_t i = 0; i < all->n; ++i) {
    fiq_host_set(&all->hosts[i], index, value);
  }
}

/// Without --learn: a file is learned from as a whole where the plugin has an objective and is to learn. What a state has
/// learned is played as it is.
static bool wants_to_learn(const Job* job)
{
  const FiqHost* const host      = &job->ensemble.hosts[0];
  const uint32_t       objective = fiq_ports_index(&host->ports, "objective");
  const uint32_t       learns    = fiq_ports_index(&host->ports, "learn");
  return !job->options.state && job->input.file && job->input.n_frames > 0 &&
         objective != FIQ_NO_PORT && learns != FIQ_NO_PORT &&
         fiq_host_value(host, objective) >= 0.5f && fiq_host_value(host, learns) >= 0.5f;
}

/// The first of two passes: the plugin hears everything, learns when `learn` goes off, and then
/// starts anew with what it learned.
static FiqExit learn(Job* job)
{
  FiqEnsemble* const all       = &job->ensemble;
  FiqHost* const     host      = &all->hosts[0];
  const uint32_t     objective = fiq_ports_find(&host->ports, "objective");
  const uint32_t     learns    = fiq_ports_find(&host->ports, "learn");
  if (objective == FIQ_NO_PORT || learns == FIQ_NO_PORT || !job->input.file) {
    fiq_error("--learn: the plugin has nothing to learn");
    return FIQ_EXIT_USAGE;
  }
  if (fiq_host_value(host, objective) < 0.5f) {
    fiq_error("--learn: nothing to learn for; give --set objective=NAME");
    return FIQ_EXIT_USAGE;
  }
  set_all(all, learns, 1.0f);
  for (uint32_t i = 0; i < all->n; ++i) {
    fiq_host_activate(&all->hosts[i]);
  }
  play_unheard(job, (uint64_t)job->input.n_frames);
  set_all(all, learns, 0.0f);
  play_unheard(job, 1);
  for (uint32_t i = 0; i < all->n; ++i) {
    lilv_instance_deactivate(all->hosts[i].audio.instance);
  }
  return fiq_audio_rewind(&job->input) && (!job->side.file || fiq_audio_rewind(&job->side))
             ? FIQ_EXIT_OK
             : FIQ_EXIT_FAILURE;
}

/// What the plugin says of its tuning.
typedef struct {
  const FiqHostUrids* urids;
  bool                is_tuned;
} TuningAnswer;

static void hear_tuning(void* data, const LV2_Atom_Event* event)
{
  TuningAnswer* const          answer   = data;
  const LV2_Atom_Object* const object   = (const LV2_Atom_Object*)(const void*)&event->body;
  const LV2_Atom*              property = NULL;
  const LV2_Atom*              value    = NULL;
  if (event->body.type != answer->urids->atom_object ||
      object->body.otype != answer->urids->patch_set) {
    return;
  }
  lv2_atom_object_get(object, answer->urids->patch_property, &property, answer->urids->patch_value,
                      &value, 0);
  if (property && value && property->type == answer->urids->atom_urid &&
      property->size == sizeof(LV2_URID) &&
      ((const LV2_Atom_URID*)(const void*)property)->body == answer->urids->tuning) {
    answer->is_tuned = value->type == answer->urids->atom_path && value->size > 1;
  }
}

/// Tune the activated plugin before the first frame: it reads the file after one run and plays and
/// announces it in the next, both without sound.
static FiqExit tune(FiqHost* host, const char* tuning)
{
  FiqHostAudio* const audio = &host->audio;
  float*              planes[FIQ_HOST_CHANNELS_MAX];
  TuningAnswer        answer = {&audio->urids, false};
  for (uint32_t i = 0; i < FIQ_HOST_CHANNELS_MAX; ++i) {
    planes[i] = audio->sink;
  }
  if (!fiq_host_tuning(host, tuning)) {
    return FIQ_EXIT_FAILURE;
  }
  for (int i = 0; i < 2; ++i) {
    fiq_host_begin(audio);
    fiq_host_run(audio, (const float* const*)planes, NULL, planes, 0);
    fiq_host_each_event(audio, hear_tuning, &answer);
  }
  if (!answer.is_tuned && tuning[0]) {
    fiq_error("the plugin did not take the tuning '%s'", tuning);
    return FIQ_EXIT_FAILURE;
  }
  return FIQ_EXIT_OK;
}

/// Instantiate and set up each of them.
static FiqExit start_plugin(Job* job)
{
  const FiqRenderOptions* const options = &job->options;
  const uint32_t                nominal = options->block_frames > 0 ? options->block_frames : 512;
  FiqExit                       status  = FIQ_EXIT_OK;
  for (uint32_t i = 0; status == FIQ_EXIT_OK && i < job->ensemble.n; ++i) {
    FiqHost* const host = &job->ensemble.hosts[i];
    status = fiq_host_start(host, nominal, false) ? set_up(options, host) : FIQ_EXIT_FAILURE;
  }
  return status;
}

static FiqExit activate_plugin(Job* job)
{
  FiqExit status = FIQ_EXIT_OK;
  for (uint32_t i = 0; status == FIQ_EXIT_OK && i < job->ensemble.n; ++i) {
    FiqHost* const host = &job->ensemble.hosts[i];
    fiq_host_activate(host);
    status = job->options.tuning ? tune(host, job->options.tuning) : FIQ_EXIT_OK;
  }
  return status;
}

static FiqExit prepare(Job* job)
{
  FiqExit status = open_inputs(job);
  if (status == FIQ_EXIT_OK) {
    status = open_plugin(job);
  }
  if (status == FIQ_EXIT_OK) {
    status = load_score(job);
  }
  if (status == FIQ_EXIT_OK) {
    status = start_plugin(job);
  }
  if (status == FIQ_EXIT_OK && !job->options.learn && wants_to_learn(job)) {
    fiq_note("%s is played twice, the first time to learn from it (--set learn=off for once)",
             job->options.files[0]);
    job->options.learn = true;
  }
  if (status == FIQ_EXIT_OK && job->options.learn) {
    status = learn(job);
  }
  if (status == FIQ_EXIT_OK && job->options.study) {
    status = fiq_study(&job->ensemble, &job->options, is_stopped);
  }
  if (status == FIQ_EXIT_OK && job->options.continue_s > 0.0) {
    status = choose_partner(job);
  }
  return status == FIQ_EXIT_OK && !only_studies(&job->options) ? activate_plugin(job) : status;
}

static bool begin_output(Job* job, uint64_t body_frames)
{
  const uint32_t n_channels = job->ensemble.n_channels;
  const double   bytes      = 4.0 * (double)body_frames * n_channels;
  if (bytes > WAV_BYTES_MAX && (job->format & SF_FORMAT_TYPEMASK) == SF_FORMAT_WAV) {
    fiq_note("the output may exceed 4 GB, the limit of WAV; it is written as RF64");
    job->format = SF_FORMAT_RF64 | (job->format & SF_FORMAT_SUBMASK);
  }
  if (job->input.file) {
    job->format = fiq_audio_format_for(job->format, &job->input, (int)n_channels);
  }
  if (!fiq_audio_create(&job->output, job->target, job->format, (int)job->ensemble.hosts[0].rate_hz,
                        (int)n_channels, FIQ_HOST_BLOCK_MAX)) {
    return false;
  }
  if (job->input.file) {
    fiq_audio_carry_over(&job->output, &job->input);
  }
  return true;
}

static bool begin_trace(Job* job)
{
  const char* const path = job->options.trace;
  if (!path) {
    return true;
  }
  FiqHost* const     host = &job->ensemble.hosts[0];
  const FiqTraceHead head = {.plugin  = lilv_node_as_uri(lilv_plugin_get_uri(host->plugin)),
                             .sound   = job->target,
                             .rate_hz = host->rate_hz};
  const bool begun  = fiq_trace_begin(&job->trace, path, &host->urid, &host->audio.urids, &head);
  job->render.trace = &job->trace;
  return begun;
}

static bool run(Job* job)
{
  const uint64_t body_frames =
      job->input.file ? (uint64_t)job->input.n_frames
                      : (uint64_t)ceil(job->score.end_s * job->ensemble.hosts[0].rate_hz) + 1;
  const double start_s = now_s();
  job->render          = (FiqRender){.options  = &job->options,
                                     .ensemble = &job->ensemble,
                                     .input    = job->input.file ? &job->input : NULL,
                                     .side     = job->side.file ? &job->side : NULL,
                                     .output   = &job->output,
                                     .score    = &job->score,
                                     .midi_out = job->options.midi_out ? &job->midi_out : NULL};
  if (!fiq_render_init(&job->render, body_frames) || !begin_output(job, body_frames) ||
      !begin_trace(job)) {
    return false;
  }
  while (!job->render.done && !caught) {
    if (!fiq_render_step(&job->render)) {
      return false;
    }
    fiq_progress((double)job->render.n_out / (double)body_frames);
  }
  fiq_progress_end();
  job->elapsed_s = now_s() - start_s;
  return !caught;
}

static void warn(const Job* job)
{
  const unsigned long n_bad  = fiq_ensemble_not_finite(&job->ensemble);
  const unsigned long n_lost = fiq_ensemble_events_lost(&job->ensemble);
  const uint64_t      n_clip = job->output.n_clipped;
  if (n_bad > 0) {
    fiq_warning("the plugin put out %lu samples that are NaN or infinite; they were silenced",
                n_bad);
  }
  if (n_lost > 0) {
    fiq_warning("%lu events did not fit into the plugin's input", n_lost);
  }
  if (n_clip > 0) {
    fiq_warning("%llu samples were clipped (peak %+.1f dBFS); --encoding float keeps them",
                (unsigned long long)n_clip, 20.0 * log10(job->render.metrics.peak));
  }
}

static bool finish(Job* job)
{
  const FiqRender* const render = &job->render;
  const bool             traced = job->options.trace != NULL;
  if ((job->input.file && !fiq_audio_report(&job->input)) ||
      (traced && !fiq_trace_complete(&job->trace)) || !fiq_audio_commit(&job->output) ||
      (traced && !fiq_trace_commit(&job->trace))) {
    return false;
  }
  warn(job);
  const double duration_s = (double)render->metrics.n_frames / job->ensemble.hosts[0].rate_hz;
  fiq_note("%s: %.2f s, %.1f times as fast as real time", job->target, duration_s,
           job->elapsed_s > 0.0 ? duration_s / job->elapsed_s : 0.0);
  const FiqRenderFacts facts = {.input          = job->input.file ? job->options.files[0] : NULL,
                                .output         = job->target,
                                .rate_hz        = (uint32_t)job->ensemble.hosts[0].rate_hz,
                                .channels       = job->ensemble.n_channels,
                                .latency_frames = (uint32_t)render->latency_frames,
                                .elapsed_s      = job->elapsed_s,
                                .n_clipped      = job->output.n_clipped,
                                .n_input_not_finite = job->input.n_not_finite};
  const bool           saved =
      !job->options.save_state || fiq_state_save(&job->ensemble.hosts[0], job->options.save_state);
  if (job->options.midi_out &&
      !fiq_midi_writer_write(&job->midi_out, job->options.midi_out, &job->score)) {
    return false;
  }
  return (!job->options.metrics ||
          fiq_metrics_write(&render->metrics, &facts, &job->ensemble.hosts[0],
                            job->options.metrics)) &&
         saved;
}

static FiqExit render_job(Job* job)
{
  const FiqRenderOptions* const options = &job->options;
  if (options->list_plugins || options->list_presets || options->list_parameters) {
    return list(job);
  }
  if (options->n_files == 0 && !(options->study && options->save_state)) {
    fiq_error("%s", options->study
                        ? "--study: give OUTPUT or --save-state, or nothing is left of it"
                        : "no files given; see --help");
    return FIQ_EXIT_USAGE;
  }
  const FiqExit status = claim_files(job) ? prepare(job) : FIQ_EXIT_USAGE;
  if (status != FIQ_EXIT_OK) {
    return status;
  }
  if (only_studies(options)) {
    const bool saved = !caught && fiq_state_save(&job->ensemble.hosts[0], options->save_state);
    return saved ? FIQ_EXIT_OK : FIQ_EXIT_FAILURE;
  }
  return run(job) && finish(job) ? FIQ_EXIT_OK : FIQ_EXIT_FAILURE;
}

static void clean_up(Job* job)
{
  fiq_progress_end();
  fiq_trace_discard(&job->trace);
  fiq_audio_discard(&job->output);
  fiq_audio_close(&job->input);
  fiq_audio_close(&job->side);
  fiq_render_free(&job->render);
  fiq_score_free(&job->score);
  fiq_midi_writer_free(&job->midi_out);
  fiq_ensemble_free(&job->ensemble);
}

int main(int argc, char** argv)
{
  static Job job;
  FiqExit    status = FIQ_EXIT_OK;
  fiq_report_init("fieldiq-render", false);
  if (!fiq_render_options(&job.options, argc, argv, &status)) {
    return (int)status;
  }
  catch_signals();
  status = render_job(&job);
  clean_up(&job);
  if (caught) {
    // Die of the signal, so that a calling shell sees what happened.
    fiq_error("interrupted; nothing was written");
    signal(caught, SIG_DFL);
    raise(caught);
  }
  return (int)status;
}
