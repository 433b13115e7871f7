// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/lv2/lv2_host.h"

#include <lv2/atom/forge.h>
#include <lv2/atom/util.h>

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

enum { OBJECT_BYTES = FIQ_HOST_PATH_BYTES + FIQ_HOST_OBJECT_BYTES };

/// An event with its body, as the sequence wants it.
typedef union {
  LV2_Atom_Event event;
  uint8_t        bytes[OBJECT_BYTES]; ///< the header and what follows it
} Event;

static void append(FiqHostAudio* audio, uint32_t port, const LV2_Atom_Event* event)
{
  const uint32_t room = audio->sequence_bytes[port] - (uint32_t)sizeof(LV2_Atom);
  if (!lv2_atom_sequence_append_event(audio->sequences[port], room, event)) {
    atomic_fetch_add(&audio->n_events_lost, 1);
  }
}

void fiq_host_event(FiqHostAudio* audio, uint32_t port, const LV2_Atom_Event* event)
{
  if (port < audio->n_ports && audio->atom_in[port]) {
    append(audio, port, event);
  } else {
    atomic_fetch_add(&audio->n_events_lost, 1);
  }
}

void fiq_host_midi(FiqHostAudio* audio, uint32_t frame, const uint8_t* bytes, uint32_t n_bytes)
{
  if (audio->midi == FIQ_NO_PORT) {
    return;
  }
  if (n_bytes > OBJECT_BYTES - sizeof(LV2_Atom_Event)) {
    atomic_fetch_add(&audio->n_events_lost, 1);
    return;
  }
  Event event           = {.event.time.frames = frame};
  event.event.body.type = audio->urids.midi_event;
  event.event.body.size = n_bytes;
  memcpy(event.bytes + sizeof(LV2_Atom_Event), bytes, n_bytes);
  append(audio, audio->midi, &event.event);
}

/// Write objects without asking the host's map: all types are known beforehand.
static LV2_Atom_Forge object_forge(const FiqHostUrids* urids, uint8_t* event, size_t n_bytes)
{
  LV2_Atom_Forge forge;
  memset(&forge, 0, sizeof forge);
  forge.Bool         = urids->atom_bool;
  forge.Double       = urids->atom_double;
  forge.Float        = urids->atom_float;
  forge.Int          = urids->atom_int;
  forge.Long         = urids->atom_long;
  forge.Object       = urids->atom_object;
  forge.Path         = urids->atom_path;
  forge.URID         = urids->atom_urid;
  const size_t start = offsetof(LV2_Atom_Event, body);
  lv2_atom_forge_set_buffer(&forge, event + start, n_bytes - start);
  return forge;
}

static void forge_tempo(LV2_Atom_Forge* forge, const FiqHostUrids* urids, const FiqPosition* at)
{
  const double bar = floor(at->beat / (double)at->beats_per_bar);
  lv2_atom_forge_key(forge, urids->time_bar);
  lv2_atom_forge_long(forge, (int64_t)bar);
  lv2_atom_forge_key(forge, urids->time_bar_beat);
  lv2_atom_forge_float(forge, (float)(at->beat - bar * (double)at->beats_per_bar));
  lv2_atom_forge_key(forge, urids->time_beat);
  lv2_atom_forge_double(forge, at->beat);
  lv2_atom_forge_key(forge, urids->time_beat_unit);
  lv2_atom_forge_int(forge, at->beat_unit);
  lv2_atom_forge_key(forge, urids->time_beats_per_bar);
  lv2_atom_forge_float(forge, at->beats_per_bar);
  lv2_atom_forge_key(forge, urids->time_bpm);
  lv2_atom_forge_float(forge, at->tempo_bpm);
}

void fiq_host_position(FiqHostAudio* audio, uint32_t frame, const FiqPosition* position)
{
  if (audio->position == FIQ_NO_PORT) {
    return;
  }
  Event                     event = {.event.time.frames = frame};
  const FiqHostUrids* const urids = &audio->urids;
  LV2_Atom_Forge            forge = object_forge(urids, event.bytes, sizeof event.bytes);
  LV2_Atom_Forge_Frame      object;
  lv2_atom_forge_object(&forge, &object, 0, urids->time_position);
  lv2_atom_forge_key(&forge, urids->time_frame);
  lv2_atom_forge_long(&forge, position->frame);
  lv2_atom_forge_key(&forge, urids->time_speed);
  lv2_atom_forge_float(&forge, position->speed);
  if (position->has_tempo) {
    forge_tempo(&forge, urids, position);
  }
  lv2_atom_forge_pop(&forge, &object);
  append(audio, audio->position, &event.event);
}

/// Begin a patch:Set of `property` in `event` [n_bytes] up to its value, which is to be forged next.
static LV2_Atom_Forge begin_patch(const FiqHostUrids* urids, uint8_t* event, size_t n_bytes,
                                  LV2_URID property, LV2_Atom_Forge_Frame* object)
{
  LV2_Atom_Forge forge = object_forge(urids, event, n_bytes);
  lv2_atom_forge_object(&forge, object, 0, urids->patch_set);
  lv2_atom_forge_key(&forge, urids->patch_property);
  lv2_atom_forge_urid(&forge, property);
  lv2_atom_forge_key(&forge, urids->patch_value);
  return forge;
}

void fiq_host_patch_seed(FiqHostAudio* audio, uint32_t frame, int64_t seed)
{
  if (audio->patch == FIQ_NO_PORT) {
    return;
  }
  const FiqHostUrids* const urids = &audio->urids;
  Event                     event = {.event.time.frames = frame};
  LV2_Atom_Forge_Frame      object;
  LV2_Atom_Forge forge = begin_patch(urids, event.bytes, sizeof event.bytes, urids->seed, &object);
  lv2_atom_forge_long(&forge, seed);
  lv2_atom_forge_pop(&forge, &object);
  append(audio, audio->patch, &event.event);
}

void fiq_host_patch_set(FiqHostAudio* audio, uint32_t frame, LV2_URID property,
                        const LV2_Atom* value)
{
  if (audio->patch == FIQ_NO_PORT || value->size > FIQ_HOST_VALUE_BYTES) {
    return;
  }
  const size_t          n_bytes = FIQ_HOST_OBJECT_BYTES + FIQ_HOST_VALUE_BYTES;
  LV2_Atom_Event* const event   = (LV2_Atom_Event*)(void*)audio->event;
  event->time.frames            = frame;
  LV2_Atom_Forge_Frame object;
  LV2_Atom_Forge       forge = begin_patch(&audio->urids, audio->event, n_bytes, property, &object);
  lv2_atom_forge_primitive(&forge, value);
  lv2_atom_forge_pop(&forge, &object);
  append(audio, audio->patch, event);
}

void fiq_host_patch_get(FiqHostAudio* audio, uint32_t frame, LV2_URID property)
{
  if (audio->patch == FIQ_NO_PORT) {
    return;
  }
  const FiqHostUrids* const urids = &audio->urids;
  Event                     event = {.event.time.frames = frame};
  LV2_Atom_Forge_Frame      object;
  LV2_Atom_Forge            forge = object_forge(urids, event.bytes, sizeof event.bytes);
  lv2_atom_forge_object(&forge, &object, 0, urids->patch_get);
  lv2_atom_forge_key(&forge, urids->patch_property);
  lv2_atom_forge_urid(&forge, property);
  lv2_atom_forge_pop(&forge, &object);
  append(audio, audio->patch, &event.event);
}

static void take_property(FiqHostAudio* audio, LV2_URID property, uint32_t n_bytes)
{
  if (n_bytes <= sizeof(LV2_Atom) + FIQ_HOST_VALUE_BYTES &&
      fiq_ring_read(&audio->messages, audio->value, n_bytes)) {
    fiq_host_patch_set(audio, 0, property, (const LV2_Atom*)(const void*)audio->value);
  }
}

static void take_messages(FiqHostAudio* audio)
{
  FiqMessage message;
  while (fiq_ring_read(&audio->messages, &message, sizeof message)) {
    switch (message.kind) {
    case FIQ_MESSAGE_CONTROL:
      audio->values[message.index] = message.value;
      break;
    case FIQ_MESSAGE_SEED:
      fiq_host_patch_seed(audio, 0, message.integer);
      break;
    case FIQ_MESSAGE_PROPERTY:
      take_property(audio, message.index, (uint32_t)message.integer);
      break;
    case FIQ_MESSAGE_PAUSE:
      audio->paused = true;
      sem_post(&audio->paused_now);
      break;
    case FIQ_MESSAGE_RESUME:
      audio->paused = false;
      break;
    }
  }
}

void fiq_host_begin(FiqHostAudio* audio)
{
  for (uint32_t i = 0; i < audio->n_ports; ++i) {
    LV2_Atom_Sequence* const sequence = audio->sequences[i];
    if (sequence && audio->atom_in[i]) {
      sequence->atom.type = audio->urids.atom_sequence;
      sequence->body      = (LV2_Atom_Sequence_Body){0, 0};
      sequence->atom.size = sizeof(LV2_Atom_Sequence_Body);
    } else if (sequence) {
      sequence->atom.type = audio->urids.atom_chunk;
      sequence->atom.size = audio->sequence_bytes[i] - (uint32_t)sizeof(LV2_Atom);
    }
  }
  take_messages(audio);
}

/// Replace what is not a number by silence; count of replacements.
static unsigned long clean(float* x, uint32_t n_frames)
{
  // Only what is not finite has all bits of the exponent: most blocks are seen through without a branch.
  uint32_t any = 0;
  for (uint32_t i = 0; i < n_frames; ++i) {
    uint32_t bits;
    memcpy(&bits, &x[i], sizeof bits);
    any |= (bits & 0x7f800000u) == 0x7f800000u ? 1u : 0u;
  }
  unsigned long n_bad = 0;
  for (uint32_t i = 0; any && i < n_frames; ++i) {
    if (!isfinite(x[i])) {
      x[i] = 0.0f;
      ++n_bad;
    }
  }
  return n_bad;
}

static void connect_audio(FiqHostAudio* audio, const float* const* main, const float* const* side,
                          float* const* out)
{
  // LV2 takes one pointer type for both directions; inputs are only read.
  for (uint32_t i = 0; i < audio->n_main_in; ++i) {
    lilv_instance_connect_port(audio->instance, audio->main_in[i], (void*)main[i]);
  }
  for (uint32_t i = 0; i < audio->n_side_in; ++i) {
    const float* const unfed = audio->side_optional ? NULL : audio->silence;
    lilv_instance_connect_port(audio->instance, audio->side_in[i], (void*)(side ? side[i] : unfed));
  }
  for (uint32_t i = 0; i < audio->n_out; ++i) {
    lilv_instance_connect_port(audio->instance, audio->out[i], out[i]);
  }
}

void fiq_host_run(FiqHostAudio* audio, const float* const* main, const float* const* side,
                  float* const* out, uint32_t n_frames)
{
  assert(n_frames <= FIQ_HOST_BLOCK_MAX);
  if (audio->paused) {
    for (uint32_t i = 0; i < audio->n_out; ++i) {
      memset(out[i], 0, n_frames * sizeof(float));
    }
    return;
  }
  const bool freewheeling = atomic_load(&audio->freewheeling);
  if (audio->freewheel != FIQ_NO_PORT) {
    audio->values[audio->freewheel] = freewheeling ? 1.0f : 0.0f;
  }
  connect_audio(audio, main, side, out);
  lilv_instance_run(audio->instance, n_frames);
  if (freewheeling) {
    fiq_worker_finish(&audio->worker);
  }
  fiq_worker_deliver(&audio->worker);
  for (uint32_t i = 0; i < audio->n_out; ++i) {
    const unsigned long n_bad = clean(out[i], n_frames);
    if (n_bad > 0) {
      atomic_fetch_add(&audio->n_not_finite, n_bad);
    }
  }
  if (audio->latency != FIQ_NO_PORT) {
    const float frames = audio->values[audio->latency];
    atomic_store(&audio->latency_frames,
                 frames > 0.0f && frames < 1e9f ? (unsigned)lrintf(frames) : 0);
  }
}

/// Walk one sequence, trusting none of its sizes.
static void each_event(const LV2_Atom_Sequence* sequence, uint32_t n_bytes,
                       FiqHostEventFunc receive, void* data)
{
  const uint32_t room = n_bytes - (uint32_t)sizeof(LV2_Atom);
  const uint32_t end  = sequence->atom.size < room ? sequence->atom.size : room;
  uint32_t       at   = (uint32_t)sizeof(LV2_Atom_Sequence_Body);
  while (at + sizeof(LV2_Atom_Event) <= end) {
    const uint8_t* const        bytes = (const uint8_t*)&sequence->body + at;
    const LV2_Atom_Event* const event = (const void*)bytes;
    const uint64_t next = (uint64_t)at + sizeof(LV2_Atom_Event) + (uint64_t)event->body.size;
    if (next > end) {
      return;
    }
    receive(data, event);
    at = (uint32_t)((next + 7u) & ~UINT64_C(7));
  }
}

void fiq_host_each_event(const FiqHostAudio* audio, FiqHostEventFunc receive, void* data)
{
  for (uint32_t i = 0; i < audio->n_ports; ++i) {
    const LV2_Atom_Sequence* const sequence = audio->sequences[i];
    if (sequence && !audio->atom_in[i] && sequence->atom.type == audio->urids.atom_sequence) {
      each_event(sequence, audio->sequence_bytes[i], receive, data);
    }
  }
}
