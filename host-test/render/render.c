// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/render.h"

#include "host-test/common/report.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SILENCE 3.1622776e-5f // -90 dBFS
#define SILENCE_S 0.5

bool fiq_render_init(FiqRender* self, uint64_t body_frames)
{
  assert(body_frames > 0);
  const double rate_hz = self->ensemble->hosts[0].rate_hz;
  const double tail_s = self->options->tail_s < 0.0 ? FIQ_RENDER_TAIL_MAX_S : self->options->tail_s;
  self->hold_frames   = (uint32_t)(SILENCE_S * rate_hz);
  self->body_frames   = body_frames;
  self->tail_frames   = (uint64_t)llround(tail_s * rate_hz);
  self->random        = 1;
  self->held =
      fiq_planes_new(self->ensemble->n_channels, (size_t)self->hold_frames + FIQ_HOST_BLOCK_MAX);
  if (!self->held) {
    fiq_error("out of memory");
  }
  return self->held != NULL;
}

void fiq_render_free(FiqRender* self)
{
  fiq_planes_free(self->held);
}

static uint32_t next_block(FiqRender* self)
{
  if (self->options->block_frames > 0) {
    return self->options->block_frames;
  }
  self->random = self->random * 1664525u + 1013904223u;
  return 1 + ((self->random >> 8) % 1024);
}

static bool read_inputs(FiqRender* self, uint32_t n_frames)
{
  fiq_ensemble_read(self->ensemble, self->input, self->side, n_frames);
  if (!self->input) {
    return true;
  }
  const uint64_t wanted = self->n_run + n_frames;
  const bool     at_end = wanted >= (uint64_t)self->input->n_frames;
  const uint64_t due    = at_end ? (uint64_t)self->input->n_frames : wanted;
  return (uint64_t)self->input->n_read >= due || fiq_audio_report(self->input);
}

static uint64_t frame_at(const FiqRender* self, double time_s)
{
  return (uint64_t)llround(time_s * self->ensemble->hosts[0].rate_hz);
}

static void send_tempo(FiqRender* self, uint32_t frame, const FiqScoreTempo* tempo)
{
  const double      quarters = (double)tempo->beat_unit / 4.0;
  const FiqPosition position = {.frame         = (int64_t)(self->n_run + frame),
                                .speed         = 1.0f,
                                .has_tempo     = true,
                                .tempo_bpm     = (float)(tempo->tempo_bpm * quarters),
                                .beats_per_bar = tempo->beats_per_bar,
                                .beat_unit     = tempo->beat_unit,
                                .beat          = tempo->quarter * quarters};
  for (uint32_t i = 0; i < self->ensemble->n; ++i) {
    fiq_host_position(&self->ensemble->hosts[i].audio, frame, &position);
  }
}

static void send_event(FiqRender* self, uint32_t frame, const FiqScoreEvent* event)
{
  for (uint32_t i = 0; i < self->ensemble->n; ++i) {
    fiq_host_midi(&self->ensemble->hosts[i].audio, frame, event->bytes, event->n_bytes);
  }
}

/// Send what falls into the next `n_frames`, tempo before notes.
static void send_events(FiqRender* self, uint32_t n_frames)
{
  const FiqScore* const score = self->score;
  const uint64_t        end   = self->n_run + n_frames;
  for (;;) {
    const bool     tempo_left = self->next_tempo < score->n_tempos;
    const bool     event_left = self->next_event < score->n_events;
    const uint64_t tempo_at =
        tempo_left ? frame_at(self, score->tempos[self->next_tempo].time_s) : UINT64_MAX;
    const uint64_t event_at =
        event_left ? frame_at(self, score->events[self->next_event].time_s) : UINT64_MAX;
    if (tempo_at >= end && event_at >= end) {
      return;
    }
    if (tempo_at <= event_at) {
      send_tempo(self, (uint32_t)(tempo_at - self->n_run), &score->tempos[self->next_tempo++]);
    } else {
      const FiqScoreEvent* const event = &score->events[self->next_event++];
      send_event(self, (uint32_t)(event_at - self->n_run), event);
    }
  }
}

static bool write_planes(FiqRender* self, float* const* planes, uint32_t n_frames)
{
  fiq_metrics_add(&self->metrics, planes, self->ensemble->n_channels, n_frames);
  return !self->output || fiq_audio_write(self->output, planes, n_frames);
}

/// Write the first `n_frames` of what is held, in pieces that the file takes, and drop them.
static bool write_held(FiqRender* self, uint32_t n_frames)
{
  const uint32_t n_channels = self->ensemble->n_channels;
  bool           written    = true;
  for (uint32_t at = 0; written && at < n_frames;) {
    float*         planes[FIQ_ENSEMBLE_PLANES_MAX];
    const uint32_t rest  = n_frames - at;
    const uint32_t piece = rest < FIQ_HOST_BLOCK_MAX ? rest : FIQ_HOST_BLOCK_MAX;
    for (uint32_t c = 0; c < n_channels; ++c) {
      planes[c] = self->held[c] + at;
    }
    written = write_planes(self, planes, piece);
    at += piece;
  }
  self->n_held -= n_frames;
  for (uint32_t c = 0; c < n_channels; ++c) {
    memmove(self->held[c], self->held[c] + n_frames, self->n_held * sizeof(float));
  }
  return written;
}

static bool is_quiet(float* const* planes, uint32_t n_channels, uint32_t i)
{
  for (uint32_t c = 0; c < n_channels; ++c) {
    if (fabsf(planes[c][i]) >= SILENCE) {
      return false;
    }
  }
  return true;
}

/// Hold quiet frames back until something louder follows, so that the file ends where the sound
/// does, wherever the blocks were cut.
static bool write_until_silence(FiqRender* self, float* const* planes, uint32_t n_frames)
{
  const uint32_t n_channels = self->ensemble->n_channels;
  uint32_t       n_sure     = 0;
  for (uint32_t i = 0; i < n_frames && !self->done; ++i) {
    for (uint32_t c = 0; c < n_channels; ++c) {
      self->held[c][self->n_held] = planes[c][i];
    }
    ++self->n_held;
    if (!is_quiet(planes, n_channels, i)) {
      n_sure = self->n_held;
    }
    self->done = self->n_held - n_sure >= self->hold_frames;
  }
  return write_held(self, n_sure);
}

/// Pass on `n_frames` that are aligned with the input: first the body, then the tail.
static bool write_aligned(FiqRender* self, float** planes, uint32_t n_frames)
{
  const uint64_t body_left = self->n_out < self->body_frames ? self->body_frames - self->n_out : 0;
  const uint32_t n_body    = body_left < n_frames ? (uint32_t)body_left : n_frames;
  const uint64_t all_left  = self->body_frames + self->tail_frames - self->n_out;
  const uint32_t n_all     = all_left < n_frames ? (uint32_t)all_left : n_frames;
  bool           written   = n_body == 0 || write_planes(self, planes, n_body);
  for (uint32_t c = 0; c < self->ensemble->n_channels; ++c) {
    planes[c] += n_body;
  }
  const uint32_t n_tail = n_all - n_body;
  if (written && n_tail > 0) {
    written = self->options->tail_s < 0.0 ? write_until_silence(self, planes, n_tail)
                                          : write_planes(self, planes, n_tail);
  }
  self->n_out += n_all;
  if (self->n_out == self->body_frames + self->tail_frames && !self->done) {
    self->done = true;
    if (self->options->tail_s < 0.0) {
      fiq_note("the output is not silent after %g s; the tail ends there", FIQ_RENDER_TAIL_MAX_S);
      written = written && write_held(self, self->n_held);
    }
  }
  return written;
}

static void note_latency(FiqRender* self)
{
  const uint64_t latency = atomic_load(&self->ensemble->hosts[0].audio.latency_frames);
  if (self->n_run == 0) {
    self->latency_frames = latency;
  } else if (latency != self->latency_frames && !self->latency_moved) {
    self->latency_moved = true;
    fiq_warning("the plugin's latency went from %llu to %llu frames during the render; the output "
                "is aligned by the first",
                (unsigned long long)self->latency_frames, (unsigned long long)latency);
  }
}

/// Keep the plugin talking while it is traced; must come before the other events of the block.
static void ask_for_telemetry(FiqRender* self)
{
  FiqHostAudio* const audio = &self->ensemble->hosts[0].audio;
  if (self->trace && self->n_run >= self->lease_frame) {
    fiq_host_patch_get(audio, 0, audio->urids.telemetry);
    self->lease_frame =
        self->n_run + (uint64_t)(FIQ_TRACE_LEASE_S * self->ensemble->hosts[0].rate_hz);
  }
}

static void trace_event(void* data, const LV2_Atom_Event* event)
{
  fiq_trace_add(data, &event->body);
}

/// Where the body ends, so does what the plugin plays by itself.
static void stop_partner(FiqRender* self)
{
  const FiqEnsemble* const all  = self->ensemble;
  const uint32_t           mode = fiq_ports_index(&all->hosts[0].ports, "sequence");
  if (self->is_stopped || self->options->continue_s <= 0.0 || self->n_run < self->body_frames ||
      mode == FIQ_NO_PORT) {
    return;
  }
  self->is_stopped = true;
  for (uint32_t i = 0; i < all->n; ++i) {
    fiq_host_set(&all->hosts[i], mode, 0.0f);
  }
}

static void take_note(void* data, const LV2_Atom_Event* event)
{
  FiqRender* const     self = data;
  const FiqHost* const host = &self->ensemble->hosts[0];
  if (event->body.type == host->audio.urids.midi_event && event->body.size == 3) {
    const double frame = (double)self->n_run + (double)event->time.frames;
    fiq_midi_writer_add(self->midi_out, frame / host->rate_hz, (const uint8_t*)(event + 1));
  }
}

bool fiq_render_step(FiqRender* self)
{
  FiqEnsemble* const ensemble = self->ensemble;
  const uint32_t     n_frames = next_block(self);
  if (!read_inputs(self, n_frames)) {
    return false;
  }
  stop_partner(self);
  fiq_ensemble_begin(ensemble);
  ask_for_telemetry(self);
  send_events(self, n_frames);
  fiq_ensemble_run(ensemble, self->side != NULL, n_frames);
  if (self->trace) {
    fiq_host_each_event(&ensemble->hosts[0].audio, trace_event, self->trace);
    if (self->trace->failed) {
      return false;
    }
  }
  if (self->midi_out) {
    fiq_host_each_event(&ensemble->hosts[0].audio, take_note, self);
  }
  note_latency(self);
  const uint64_t skip_left =
      self->n_run < self->latency_frames ? self->latency_frames - self->n_run : 0;
  self->n_run += n_frames;
  if (skip_left >= n_frames) {
    return true;
  }
  float* planes[FIQ_ENSEMBLE_PLANES_MAX];
  for (uint32_t c = 0; c < ensemble->n_channels; ++c) {
    planes[c] = ensemble->out[c] + skip_left;
  }
  return write_aligned(self, planes, n_frames - (uint32_t)skip_left);
}
