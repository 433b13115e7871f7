// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/chain.h"

#include "host-test/common/report.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static FiqHost* head_of(FiqLink* link)
{
  return &link->ensemble.hosts[0];
}

static bool has_audio(const FiqLink* link)
{
  const FiqHostAudio* const audio = &link->ensemble.hosts[0].audio;
  return audio->n_main_in > 0 || audio->n_out > 0;
}

bool fiq_chain_open(FiqChain* self, const FiqRenderOptions* options, double rate_hz,
                    const FiqHost* beside)
{
  for (uint32_t i = 0; i < options->n_links; ++i) {
    FiqLink* const link = &self->links[i];
    link->options       = &options->links[i];
    self->n             = i + 1;
    if (!fiq_ensemble_open(&link->ensemble, link->options->plugin, rate_hz, beside)) {
      return false;
    }
    beside = beside ? beside : head_of(link);
  }
  return true;
}

FiqLink* fiq_chain_first(FiqChain* self)
{
  for (uint32_t i = 0; i < self->n; ++i) {
    if (has_audio(&self->links[i])) {
      return &self->links[i];
    }
  }
  return NULL;
}

FiqLink* fiq_chain_last(FiqChain* self)
{
  for (uint32_t i = self->n; i > 0; --i) {
    if (has_audio(&self->links[i - 1])) {
      return &self->links[i - 1];
    }
  }
  return NULL;
}

FiqLink* fiq_chain_with(FiqChain* self, const char* symbol)
{
  for (uint32_t i = 0; i < self->n; ++i) {
    const FiqPorts* const ports = &head_of(&self->links[i])->ports;
    const uint32_t        index = fiq_ports_index(ports, symbol);
    if (index != FIQ_NO_PORT && ports->ports[index].kind == FIQ_PORT_CONTROL &&
        ports->ports[index].input) {
      return &self->links[i];
    }
  }
  return NULL;
}

bool fiq_chain_fit(FiqChain* self, uint32_t n_channels)
{
  const FiqEnsemble* before = NULL;
  for (uint32_t i = 0; i < self->n; ++i) {
    FiqLink* const         link = &self->links[i];
    const FiqSource* const side = fiq_source_is_open(&link->side) ? &link->side : NULL;
    const uint32_t         n_in = before ? before->n_channels : n_channels;
    if (!fiq_ensemble_fit(&link->ensemble, has_audio(link) ? n_in : 0, before, side)) {
      return false;
    }
    before = has_audio(link) ? &link->ensemble : before;
  }
  return true;
}

void fiq_chain_restart(FiqChain* self)
{
  self->n_run = 0;
  for (uint32_t i = 0; i < self->n; ++i) {
    FiqLink* const link  = &self->links[i];
    link->next_event     = 0;
    link->next_tempo     = 0;
    link->lag_frames     = 0;
    link->latency_frames = 0;
    link->lease_frame    = 0;
    link->has_run        = false;
    link->latency_moved  = false;
  }
}

void fiq_chain_activate(FiqChain* self)
{
  fiq_chain_restart(self);
  for (uint32_t i = 0; i < self->n; ++i) {
    fiq_ensemble_activate(&self->links[i].ensemble);
  }
}

void fiq_chain_deactivate(FiqChain* self)
{
  for (uint32_t i = 0; i < self->n; ++i) {
    fiq_ensemble_deactivate(&self->links[i].ensemble);
  }
}

/// The link whose MIDI this one gets, or NULL: the score's.
static const FiqLink* player_before(const FiqChain* self, uint32_t i)
{
  for (; i > 0; --i) {
    const FiqLink* const link = &self->links[i - 1];
    if (!has_audio(link)) {
      return link;
    }
  }
  return NULL;
}

/// A part of a block as one link sees it.
typedef struct {
  FiqChain*      chain;
  FiqLink*       link;
  const FiqLink* player; ///< NULL: the score
  int64_t        frame;  ///< by the link's clock
  uint32_t       at;     ///< frame of the block
  uint32_t       n_frames;
} Part;

static int64_t frame_at(const Part* part, double time_s)
{
  return llround(time_s * part->link->ensemble.hosts[0].rate_hz);
}

static void send_tempo(const Part* part, uint32_t frame, const FiqScoreTempo* tempo)
{
  const double      quarters = (double)tempo->beat_unit / 4.0;
  const FiqPosition position = {.frame         = part->frame + frame,
                                .speed         = 1.0f,
                                .has_tempo     = true,
                                .tempo_bpm     = (float)(tempo->tempo_bpm * quarters),
                                .beats_per_bar = tempo->beats_per_bar,
                                .beat_unit     = tempo->beat_unit,
                                .beat          = tempo->quarter * quarters};
  for (uint32_t i = 0; i < part->link->ensemble.n; ++i) {
    fiq_host_position(&part->link->ensemble.hosts[i].audio, frame, &position);
  }
}

static void send_midi(const Part* part, uint32_t frame, const uint8_t* bytes, uint32_t n_bytes)
{
  for (uint32_t i = 0; i < part->link->ensemble.n; ++i) {
    fiq_host_midi(&part->link->ensemble.hosts[i].audio, frame, bytes, n_bytes);
  }
}

/// When the next message is due by the link's clock; INT64_MAX when there is none.
static int64_t next_message(const Part* part)
{
  const size_t i = part->link->next_event;
  if (part->player) {
    return i < part->player->played.n
               ? part->frame - part->at + part->player->played.messages[i].frame
               : INT64_MAX;
  }
  const FiqScore* const score = part->chain->score;
  return i < score->n_events ? frame_at(part, score->events[i].time_s) : INT64_MAX;
}

static void send_message(const Part* part, uint32_t frame)
{
  const size_t i = part->link->next_event++;
  if (part->player) {
    const FiqChainMessage* const message = &part->player->played.messages[i];
    send_midi(part, frame, message->bytes, message->n_bytes);
  } else {
    const FiqScoreEvent* const event = &part->chain->score->events[i];
    send_midi(part, frame, event->bytes, event->n_bytes);
  }
}

/// Send what falls into the part, tempo before notes.
static void send_events(const Part* part)
{
  const FiqScore* const score = part->chain->score;
  FiqLink* const        link  = part->link;
  const int64_t         end   = part->frame + part->n_frames;
  for (;;) {
    const int64_t tempo_at = link->next_tempo < score->n_tempos
                                 ? frame_at(part, score->tempos[link->next_tempo].time_s)
                                 : INT64_MAX;
    const int64_t event_at = next_message(part);
    if (tempo_at >= end && event_at >= end) {
      return;
    }
    if (tempo_at <= event_at) {
      send_tempo(part, (uint32_t)(tempo_at - part->frame), &score->tempos[link->next_tempo++]);
    } else {
      send_message(part, (uint32_t)(event_at - part->frame));
    }
  }
}

/// Set what is automated; the frames for which it stays so, up to `most`.
static uint32_t automate(FiqLink* link, int64_t frame, uint32_t most)
{
  int64_t left = most;
  for (uint32_t i = 0; i < link->automation.n_lanes; ++i) {
    const float value = fiq_automation_value(&link->automation, i, frame, &left);
    fiq_ensemble_set(&link->ensemble, link->automation.lanes[i].port, value);
  }
  return (uint32_t)left;
}

/// Keep the plugin talking while it is traced; must come before the other events of the block.
static void ask_for_telemetry(FiqLink* link, int64_t frame)
{
  FiqHostAudio* const audio = &head_of(link)->audio;
  if (link->trace && frame >= link->lease_frame) {
    fiq_host_patch_get(audio, 0, audio->urids.telemetry);
    link->lease_frame = frame + (int64_t)(FIQ_TRACE_LEASE_S * head_of(link)->rate_hz);
  }
}

static void trace_event(void* data, const LV2_Atom_Event* event)
{
  fiq_trace_add(data, &event->body);
}

static void add_message(FiqChainMessages* self, const FiqChainMessage* message)
{
  if (self->n == self->n_room) {
    const uint32_t         room  = self->n_room > 0 ? 2 * self->n_room : 64;
    FiqChainMessage* const grown = realloc(self->messages, room * sizeof(FiqChainMessage));
    if (!grown) {
      return;
    }
    self->messages = grown;
    self->n_room   = room;
  }
  self->messages[self->n++] = *message;
}

static void take_message(void* data, const LV2_Atom_Event* event)
{
  const Part* const    part = data;
  FiqLink* const       link = part->link;
  const FiqHost* const host = head_of(link);
  const uint32_t       n    = event->body.size;
  if (event->body.type != host->audio.urids.midi_event || n < 1 || n > 3 ||
      event->time.frames < 0 || event->time.frames >= part->n_frames) {
    return;
  }
  FiqChainMessage message = {.frame = part->at + (uint32_t)event->time.frames, .n_bytes = n};
  memcpy(message.bytes, event + 1, n);
  if (link->options->midi_out) {
    const int64_t frame = part->frame + event->time.frames;
    fiq_midi_writer_add(&link->midi_out, (double)(frame > 0 ? frame : 0) / host->rate_hz,
                        message.bytes, n);
  }
  if (!has_audio(link)) {
    add_message(&link->played, &message);
  }
}

static void note_latency(FiqLink* link)
{
  const int64_t latency = (int64_t)atomic_load(&head_of(link)->audio.latency_frames);
  if (!link->has_run) {
    link->has_run        = true;
    link->latency_frames = latency;
  } else if (latency != link->latency_frames && !link->latency_moved) {
    link->latency_moved = true;
    fiq_warning("the plugin's latency went from %lld to %lld frames during the render; the output "
                "is aligned by the first",
                (long long)link->latency_frames, (long long)latency);
  }
}

static bool run_part(Part* part)
{
  FiqLink* const link = part->link;
  fiq_ensemble_begin(&link->ensemble);
  ask_for_telemetry(link, part->frame);
  send_events(part);
  fiq_ensemble_run(&link->ensemble, fiq_source_is_open(&link->side), part->at, part->n_frames);
  if (link->trace) {
    fiq_host_each_event(&head_of(link)->audio, trace_event, link->trace);
    if (link->trace->failed) {
      return false;
    }
  }
  if (link->options->midi_out || !has_audio(link)) {
    fiq_host_each_event(&head_of(link)->audio, take_message, part);
  }
  note_latency(link);
  return true;
}

/// Run one link over the block, cut where its parameters change.
static bool run_link(FiqChain* self, uint32_t i, uint32_t n_frames)
{
  FiqLink* const link   = &self->links[i];
  const FiqLink* player = player_before(self, i);
  if (self->n_run == 0) {
    const FiqLink* const before = i > 0 ? &self->links[i - 1] : NULL;
    link->lag_frames            = before ? before->lag_frames + before->latency_frames : 0;
    link->side.n_zeros          = (uint64_t)link->lag_frames;
  }
  if (player) {
    link->next_event = 0;
  }
  if (fiq_source_is_open(&link->side)) {
    fiq_source_read(&link->side, link->ensemble.side, link->ensemble.n_side, n_frames);
  }
  link->played.n = 0;
  for (uint32_t at = 0; at < n_frames;) {
    Part part     = {.chain = self, .link = link, .player = player, .at = at};
    part.frame    = self->n_run + at - link->lag_frames;
    part.n_frames = self->automates ? automate(link, part.frame, n_frames - at) : n_frames - at;
    assert(part.n_frames >= 1);
    if (!run_part(&part)) {
      return false;
    }
    at += part.n_frames;
  }
  return true;
}

bool fiq_chain_run(FiqChain* self, FiqSource* input, uint32_t n_frames)
{
  assert(n_frames <= FIQ_HOST_BLOCK_MAX);
  if (input) {
    FiqEnsemble* const first = &fiq_chain_first(self)->ensemble;
    fiq_source_read(input, first->main, first->n_main, n_frames);
  }
  for (uint32_t i = 0; i < self->n; ++i) {
    if (!run_link(self, i, n_frames)) {
      return false;
    }
  }
  self->n_run += n_frames;
  return true;
}

int64_t fiq_chain_latency(const FiqChain* self)
{
  const FiqLink* const last = &self->links[self->n - 1];
  return last->lag_frames + last->latency_frames;
}

unsigned long fiq_chain_not_finite(const FiqChain* self)
{
  unsigned long sum = 0;
  for (uint32_t i = 0; i < self->n; ++i) {
    sum += fiq_ensemble_not_finite(&self->links[i].ensemble);
  }
  return sum;
}

unsigned long fiq_chain_events_lost(const FiqChain* self)
{
  unsigned long sum = 0;
  for (uint32_t i = 0; i < self->n; ++i) {
    sum += fiq_ensemble_events_lost(&self->links[i].ensemble);
  }
  return sum;
}

void fiq_chain_free(FiqChain* self)
{
  // The first one owns the world of all.
  for (uint32_t i = self->n; i > 0; --i) {
    FiqLink* const link = &self->links[i - 1];
    fiq_ensemble_free(&link->ensemble);
    fiq_automation_free(&link->automation);
    fiq_midi_writer_free(&link->midi_out);
    free(link->played.messages);
  }
  for (uint32_t i = 0; i < FIQ_RENDER_LINKS_MAX; ++i) {
    fiq_source_close(&self->links[i].side);
  }
  *self = (FiqChain){.n = 0};
}
