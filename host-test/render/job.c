// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/job.h"

#include "host-test/lv2/lv2_state.h"
#include "host-test/render/job_checks.h"
#include "host-test/render/job_setup.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

enum { DEFAULT_RATE_HZ = 48000 };

#define DEFAULT_LENGTH_S 4.0
#define DEFAULT_TEMPO_BPM 120.0
#define WAV_BYTES_MAX 4.0e9

static double now_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static FiqHost* head_of(FiqLink* link)
{
  return &link->ensemble.hosts[0];
}

static const FiqHost* heard_host(const FiqJob* self)
{
  return &self->chain.links[self->chain.n - 1].ensemble.hosts[0];
}

/// Rate at which the plugins run.
static double plugin_rate(const FiqJob* self)
{
  const FiqRenderOptions* const options = &self->options;
  if (options->plugin_hz > 0) {
    return options->plugin_hz;
  }
  if (fiq_source_is_open(&self->input)) {
    return self->input.file.rate_hz;
  }
  return options->rate_hz > 0 ? options->rate_hz : DEFAULT_RATE_HZ;
}

static bool begin_side(FiqJob* self, FiqSource* side, double rate_hz)
{
  const FiqRenderOptions* const options = &self->options;
  if (side->file.rate_hz != (int)rate_hz && options->plugin_hz == 0) {
    fiq_error("%s: its sample rate of %d Hz is not the %s %g Hz; --resample converts it",
              side->file.path, side->file.rate_hz,
              fiq_source_is_open(&self->input) ? "input's" : "instrument's", rate_hz);
    return false;
  }
  return fiq_source_begin(side, options->start_s, options->end_s, (uint32_t)options->n_turns,
                          rate_hz);
}

static FiqExit open_inputs(FiqJob* self)
{
  const FiqRenderOptions* const options = &self->options;
  const uint32_t                n_turns = (uint32_t)options->n_turns;
  if (options->n_files == 2 && !fiq_source_open(&self->input, options->files[0])) {
    return FIQ_EXIT_FAILURE;
  }
  for (uint32_t i = 0; i < options->n_links; ++i) {
    const char* const path = options->links[i].sidechain;
    if (path && !fiq_source_open(&self->chain.links[i].side, path)) {
      return FIQ_EXIT_FAILURE;
    }
  }
  const double rate_hz = plugin_rate(self);
  if (fiq_source_is_open(&self->input) &&
      !fiq_source_begin(&self->input, options->start_s, options->end_s, n_turns, rate_hz)) {
    return FIQ_EXIT_FAILURE;
  }
  for (uint32_t i = 0; i < options->n_links; ++i) {
    FiqSource* const side = &self->chain.links[i].side;
    if (fiq_source_is_open(side) && !begin_side(self, side, rate_hz)) {
      return FIQ_EXIT_FAILURE;
    }
  }
  return FIQ_EXIT_OK;
}

/// Open as many instances as the input has channels for, at the right rate: the input's, if there is one.
static FiqExit open_plugins(FiqJob* self)
{
  const FiqRenderOptions* const options = &self->options;
  const bool                    fed     = fiq_source_is_open(&self->input);
  if (!fiq_chain_open(&self->chain, options, plugin_rate(self), self->beside) ||
      !fiq_job_check(self)) {
    return FIQ_EXIT_USAGE;
  }
  if (!fiq_chain_fit(&self->chain, fed ? (uint32_t)self->input.file.channels : 0)) {
    return FIQ_EXIT_FAILURE;
  }
  if (options->n_files == 0) {
    return FIQ_EXIT_OK;
  }
  const uint32_t n_channels = fiq_chain_last(&self->chain)->ensemble.n_channels;
  self->target              = options->files[options->n_files - 1];
  self->format =
      fiq_audio_format(self->target, options->format, options->encoding, (int)n_channels);
  if (self->format != 0 && options->dithers && fiq_audio_pcm_bits(self->format) == 0) {
    fiq_error("%s: --dither is for pcm16 and pcm24", self->target);
    return FIQ_EXIT_USAGE;
  }
  return self->format != 0 ? FIQ_EXIT_OK : FIQ_EXIT_USAGE;
}

/// What is played without a file: a chord, or nothing.
static bool make_score(FiqJob* self, double whole_s)
{
  const FiqRenderOptions* const options = &self->options;
  const double tempo_bpm = options->tempo_bpm > 0.0 ? options->tempo_bpm : DEFAULT_TEMPO_BPM;
  const double length_s  = options->length_s > 0.0 ? options->length_s : whole_s;
  if (options->chord) {
    return fiq_score_chord(&self->score, options->chord, options->velocity, length_s, tempo_bpm);
  }
  const bool plays_on = options->continue_s > 0.0 && options->length_s < 0.0;
  const bool alone    = plays_on && !fiq_source_is_open(&self->input);
  return fiq_score_empty(&self->score, alone ? 0.0 : length_s, tempo_bpm);
}

static FiqExit load_score(FiqJob* self)
{
  const FiqRenderOptions* const options = &self->options;
  const bool                    fed     = fiq_source_is_open(&self->input);
  const FiqSource* const        input   = &self->input;
  // The score goes by the time of the file, of which a part is cut later.
  const double whole_s =
      fed ? options->start_s + (double)input->turn / input->file.rate_hz : DEFAULT_LENGTH_S;
  if (options->midi) {
    return fiq_score_load(&self->score, options->midi, options->length_s) ? FIQ_EXIT_OK
                                                                          : FIQ_EXIT_FAILURE;
  }
  return make_score(self, whole_s) ? FIQ_EXIT_OK : FIQ_EXIT_USAGE;
}

/// Keep of the score and of all automation what is played.
static bool cut_score(FiqJob* self)
{
  const FiqRenderOptions* const options = &self->options;
  const FiqSource* const        input   = &self->input;
  const bool                    fed     = fiq_source_is_open(input);
  const double                  rate_hz = self->chain.links[0].ensemble.hosts[0].rate_hz;
  const double                  end_s =
      fed ? options->start_s + (double)input->turn / input->file.rate_hz : options->end_s;
  const bool whole = options->start_s <= 0.0 && options->end_s < 0.0 && options->n_turns == 1;
  if (!whole) {
    const double turn_s = (end_s < 0.0 ? self->score.end_s : end_s) - options->start_s;
    for (uint32_t i = 0; i < self->chain.n; ++i) {
      self->chain.links[i].automation.timeline =
          (FiqTimeline){.first_frame = llround(options->start_s * rate_hz),
                        .turn_frames = llround(turn_s * rate_hz),
                        .n_turns     = options->n_turns};
    }
    if (!fiq_score_cut(&self->score, options->start_s, end_s, (uint32_t)options->n_turns)) {
      return false;
    }
  }
  self->score.end_s += options->continue_s;
  return true;
}

static FiqExit prepare(FiqJob* self)
{
  FiqExit status    = open_inputs(self);
  status            = status == FIQ_EXIT_OK ? open_plugins(self) : status;
  status            = status == FIQ_EXIT_OK ? load_score(self) : status;
  self->chain.score = &self->score;
  status            = status == FIQ_EXIT_OK ? fiq_job_set_up(self) : status;
  if (status == FIQ_EXIT_OK && !cut_score(self)) {
    status = FIQ_EXIT_USAGE;
  }
  status = status == FIQ_EXIT_OK ? fiq_job_prepare(self) : status;
  return status == FIQ_EXIT_OK && !fiq_job_only_studies(&self->options) ? fiq_job_activate(self)
                                                                        : status;
}

static bool begin_output(FiqJob* self, uint64_t body_frames)
{
  if (!self->target) {
    return true;
  }
  const uint32_t n_channels = self->render.n_channels;
  const double   rate_hz    = self->chain.links[0].ensemble.hosts[0].rate_hz;
  const double   out_hz     = self->options.rate_hz > 0 ? self->options.rate_hz : rate_hz;
  const double   bytes      = 4.0 * (double)body_frames * n_channels * out_hz / rate_hz;
  if (bytes > WAV_BYTES_MAX && (self->format & SF_FORMAT_TYPEMASK) == SF_FORMAT_WAV) {
    fiq_note("the output may exceed 4 GB, the limit of WAV; it is written as RF64");
    self->format = SF_FORMAT_RF64 | (self->format & SF_FORMAT_SUBMASK);
  }
  const FiqAudioInput* const input = fiq_source_is_open(&self->input) ? &self->input.file : NULL;
  if (input) {
    self->format = fiq_audio_format_for(self->format, input, (int)n_channels);
  }
  if (!fiq_audio_create(&self->output, self->target, self->format, (int)out_hz, (int)n_channels,
                        FIQ_HOST_BLOCK_MAX)) {
    return false;
  }
  self->output.dithers = self->options.dithers;
  if (input) {
    fiq_audio_carry_over(&self->output, input);
  }
  return true;
}

static bool begin_traces(FiqJob* self)
{
  for (uint32_t i = 0; i < self->chain.n; ++i) {
    FiqLink* const    link = &self->chain.links[i];
    FiqHost* const    host = head_of(link);
    const char* const path = link->options->trace;
    if (path) {
      const FiqTraceHead head = {.plugin  = lilv_node_as_uri(lilv_plugin_get_uri(host->plugin)),
                                 .sound   = self->target,
                                 .rate_hz = host->rate_hz};
      link->trace             = &self->traces[i];
      if (!fiq_trace_begin(link->trace, path, &host->urid, &host->audio.urids, &head)) {
        return false;
      }
    }
  }
  return true;
}

static bool run(FiqJob* self)
{
  const double   rate_hz = self->chain.links[0].ensemble.hosts[0].rate_hz;
  const bool     fed     = fiq_source_is_open(&self->input);
  const uint64_t body_frames =
      fed ? (uint64_t)self->input.n_frames : (uint64_t)ceil(self->score.end_s * rate_hz) + 1;
  const double start_s = now_s();
  self->render         = (FiqRender){.options = &self->options,
                                     .chain   = &self->chain,
                                     .input   = fed ? &self->input : NULL,
                                     .output  = self->target ? &self->output : NULL,
                                     .out_hz  = self->options.rate_hz};
  if (!fiq_render_init(&self->render, body_frames) || !begin_output(self, body_frames) ||
      !begin_traces(self)) {
    return false;
  }
  while (!self->render.done && !self->is_stopped()) {
    if (!fiq_render_step(&self->render)) {
      return false;
    }
    self->progress((double)self->render.n_out / (double)body_frames);
  }
  self->elapsed_s = now_s() - start_s;
  return !self->is_stopped();
}

/// Rate of what is put out.
static double out_rate(const FiqJob* self)
{
  return self->options.rate_hz > 0 ? self->options.rate_hz
                                   : self->chain.links[0].ensemble.hosts[0].rate_hz;
}

static void warn(const FiqJob* self)
{
  const unsigned long n_bad  = fiq_chain_not_finite(&self->chain);
  const unsigned long n_lost = fiq_chain_events_lost(&self->chain);
  const uint64_t      n_clip = self->output.n_clipped;
  if (n_bad > 0) {
    fiq_warning("the plugin put out %lu samples that are NaN or infinite; they were silenced",
                n_bad);
  }
  if (n_lost > 0) {
    fiq_warning("%lu events did not fit into the plugin's input", n_lost);
  }
  if (n_clip > 0) {
    fiq_warning("%llu samples were clipped (peak %+.1f dBFS); --encoding float keeps them",
                (unsigned long long)n_clip, 20.0 * log10(self->render.metrics.peak));
  }
}

char* fiq_job_metrics(const FiqJob* self, bool in_one_line)
{
  const bool           fed   = fiq_source_is_open(&self->input);
  const FiqRenderFacts facts = {.input          = fed ? self->options.files[0] : self->options.midi,
                                .output         = self->target,
                                .rate_hz        = (uint32_t)out_rate(self),
                                .channels       = self->render.n_channels,
                                .latency_frames = (uint32_t)fiq_chain_latency(&self->chain),
                                .elapsed_s      = self->elapsed_s,
                                .n_clipped      = self->output.n_clipped,
                                .n_not_finite   = fiq_chain_not_finite(&self->chain),
                                .n_input_not_finite = self->input.file.n_not_finite};
  return fiq_metrics_text(&self->render.metrics, &facts, heard_host(self), in_one_line);
}

static bool write_metrics(const FiqJob* self, const char* path)
{
  char* const text    = fiq_job_metrics(self, false);
  const bool  written = text && fiq_pending_text(path, text);
  if (!text) {
    fiq_error("metrics '%s' cannot be written: out of memory", path);
  }
  free(text);
  return written;
}

/// States and notes of all links.
static bool save_links(FiqJob* self)
{
  bool saved = true;
  for (uint32_t i = 0; i < self->chain.n; ++i) {
    FiqLink* const              link    = &self->chain.links[i];
    const FiqLinkOptions* const options = link->options;
    saved = (!options->save_state || fiq_state_save(head_of(link), options->save_state)) && saved;
    saved = saved && (!options->midi_out ||
                      fiq_midi_writer_write(&link->midi_out, options->midi_out, &self->score));
  }
  return saved;
}

/// Complete all traces, or give those that are complete their names.
static bool end_traces(FiqJob* self, bool (*end)(FiqTrace*))
{
  bool ended = true;
  for (uint32_t i = 0; ended && i < self->chain.n; ++i) {
    ended = !self->chain.links[i].trace || end(self->chain.links[i].trace);
  }
  return ended;
}

static bool finish(FiqJob* self)
{
  const bool fed = fiq_source_is_open(&self->input);
  if ((fed && !fiq_source_report(&self->input)) || !end_traces(self, fiq_trace_complete) ||
      (self->target && !fiq_audio_commit(&self->output)) || !end_traces(self, fiq_trace_commit)) {
    return false;
  }
  warn(self);
  const double duration_s = (double)self->render.metrics.n_frames / out_rate(self);
  if (self->target) {
    fiq_note("%s: %.2f s, %.1f times as fast as real time", self->target, duration_s,
             self->elapsed_s > 0.0 ? duration_s / self->elapsed_s : 0.0);
  }
  const bool saved = save_links(self);
  return (!self->options.metrics || write_metrics(self, self->options.metrics)) && saved;
}

FiqExit fiq_job_run(FiqJob* self)
{
  const FiqRenderOptions* const options = &self->options;
  const bool                    studies = fiq_job_only_studies(options);
  if (options->n_files == 0 && !studies && !fiq_job_only_midi(options)) {
    fiq_error("%s", options->study
                        ? "--study: give OUTPUT or --save-state, or nothing is left of it"
                        : "no files given; see --help");
    return FIQ_EXIT_USAGE;
  }
  const FiqExit status = fiq_job_claim(self) ? prepare(self) : FIQ_EXIT_USAGE;
  if (status != FIQ_EXIT_OK) {
    return status;
  }
  if (studies) {
    return !self->is_stopped() && save_links(self) ? FIQ_EXIT_OK : FIQ_EXIT_FAILURE;
  }
  return run(self) && finish(self) ? FIQ_EXIT_OK : FIQ_EXIT_FAILURE;
}

void fiq_job_free(FiqJob* self)
{
  for (uint32_t i = 0; i < FIQ_RENDER_LINKS_MAX; ++i) {
    fiq_trace_discard(&self->traces[i]);
  }
  fiq_audio_discard(&self->output);
  fiq_source_close(&self->input);
  fiq_render_free(&self->render);
  fiq_score_free(&self->score);
  fiq_chain_free(&self->chain);
}
