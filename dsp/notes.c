// SPDX-License-Identifier: GPL-3.0-or-later
#include "notes.h"

#include "maths.h"

#include <assert.h>
#include <string.h>

static const float release_floor = 0.001f;

void fiq_notes_init(FiqNotes* self, double sample_rate_hz, uint32_t shortest_frames)
{
  assert(self);
  assert(sample_rate_hz > 0.0);
  assert(shortest_frames > 0);
  self->sample_rate_hz = sample_rate_hz;
  self->shortest_s     = (float)(shortest_frames / sample_rate_hz);
  fiq_notes_reset(self);
}

void fiq_notes_reset(FiqNotes* self)
{
  FiqNotes blank;
  memset(&blank, 0, sizeof blank);
  blank.sample_rate_hz = self->sample_rate_hz;
  blank.shortest_s     = self->shortest_s;
  *self                = blank;
}

uint32_t fiq_notes_chord(int32_t chord, uint8_t interval[FIQ_NOTES_CHORD_MAX])
{
  static const uint8_t table[FIQ_N_CHORDS][FIQ_NOTES_CHORD_MAX + 1] = {
      {0},          {1, 0},           {2, 0, 7},        {3, 0, 4, 7},    {3, 0, 3, 7},
      {3, 0, 5, 7}, {4, 0, 4, 7, 10}, {4, 0, 4, 7, 11}, {4, 0, 3, 7, 10}};
  const int32_t row = chord > 0 && chord < FIQ_N_CHORDS ? chord : 0;
  memcpy(interval, table[row] + 1, FIQ_NOTES_CHORD_MAX);
  return table[row][0];
}

// ---- envelopes ----

/// Level after `dt_s`, and the stage it is then in.
static void advance_note(const FiqNotes* self, FiqNote* note, float dt_s)
{
  const FiqNotesParams* params = &self->params;
  float                 left_s = dt_s;
  if (note->stage == FIQ_NOTE_ATTACK) {
    const float attack_s = fmaxf(params->attack_s, self->shortest_s);
    const float needed_s = (1.0f - note->level) * attack_s;
    if (left_s < needed_s) {
      note->level += left_s / attack_s;
      return;
    }
    left_s -= fmaxf(needed_s, 0.0f);
    note->level = fmaxf(note->level, 1.0f);
    note->stage = FIQ_NOTE_HOLD;
  }
  if (note->stage == FIQ_NOTE_HOLD) {
    const float decay_s = fmaxf(params->decay_s, self->shortest_s);
    note->level =
        params->sustain + (note->level - params->sustain) * expf(-5.0f * left_s / decay_s);
    return;
  }
  const bool  cut       = note->stage == FIQ_NOTE_CUT;
  const float release_s = fmaxf(cut ? 0.0f : params->release_s, self->shortest_s);
  const float rate      = logf((1.0f + release_floor) / release_floor) / release_s;
  note->level           = (note->level + release_floor) * expf(-rate * left_s) - release_floor;
  if (note->level <= 1e-6f) {
    note->level = 0.0f;
    note->stage = FIQ_NOTE_IDLE;
  }
}

static void advance_all(FiqNotes* self, uint64_t frame)
{
  if (frame <= self->frame) {
    return;
  }
  const float dt_s = (float)((double)(frame - self->frame) / self->sample_rate_hz);
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    if (self->note[i].stage != FIQ_NOTE_IDLE) {
      advance_note(self, &self->note[i], dt_s);
    }
  }
  self->frame = frame;
}

// ---- events ----

static bool is_released(const FiqNote* note)
{
  return note->stage == FIQ_NOTE_RELEASE || note->stage == FIQ_NOTE_CUT;
}

/// Where a new key goes: the note of the same key, a free one, else the oldest released, else the oldest.
static FiqNote* choose_note(FiqNotes* self, uint8_t channel, uint8_t key)
{
  FiqNote* best = &self->note[0];
  int      rank = -1;
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    FiqNote* const note = &self->note[i];
    const bool     idle = note->stage == FIQ_NOTE_IDLE;
    if (!idle && note->channel == channel && note->key == key) {
      return note;
    }
    const int  worth = idle ? 2 : is_released(note) ? 1 : 0;
    const bool older = worth == rank && !idle && note->age < best->age;
    if (worth > rank || older) {
      best = note;
      rank = worth;
    }
  }
  return best;
}

static void start_note(FiqNotes* self, const FiqNoteEvent* event)
{
  FiqNote* const note = choose_note(self, event->channel, event->key);
  const bool     idle = note->stage == FIQ_NOTE_IDLE;
  const bool     same = !idle && note->channel == event->channel && note->key == event->key;
  // The level is relative to the velocity; what is heard now must go on.
  const float heard = idle ? 0.0f : note->level * note->velocity;
  note->fresh       = note->fresh || !same;
  note->stage       = FIQ_NOTE_ATTACK;
  note->channel     = event->channel;
  note->key         = event->key;
  note->down        = true;
  note->velocity    = fmaxf(event->value, 1.0f / 256.0f);
  note->level       = heard / note->velocity;
  note->age         = ++self->age;
}

static void release_note(FiqNotes* self, FiqNote* note)
{
  note->down = false;
  if (!self->sustain[note->channel]) {
    note->stage = FIQ_NOTE_RELEASE;
    note->age   = ++self->age;
  }
}

/// Whether an event for `channel` concerns a note that is held.
static bool is_held(const FiqNote* note, uint8_t channel)
{
  return note->stage != FIQ_NOTE_IDLE && !is_released(note) && note->channel == channel;
}

static void release_where(FiqNotes* self, const FiqNoteEvent* event, bool only_key)
{
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    FiqNote* const note  = &self->note[i];
    const bool     meant = !only_key || note->key == event->key;
    if (is_held(note, event->channel) && note->down && meant) {
      release_note(self, note);
    }
  }
}

static void set_sustain(FiqNotes* self, uint8_t channel, bool down)
{
  self->sustain[channel] = down;
  for (int i = 0; i < FIQ_NOTES_MAX && !down; ++i) {
    FiqNote* const note = &self->note[i];
    if (is_held(note, channel) && !note->down) {
      release_note(self, note);
    }
  }
}

static void cut_channel(FiqNotes* self, uint8_t channel)
{
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    FiqNote* const note = &self->note[i];
    if (note->stage != FIQ_NOTE_IDLE && note->channel == channel) {
      note->down  = false;
      note->stage = FIQ_NOTE_CUT;
      note->age   = ++self->age;
    }
  }
}

static void apply(FiqNotes* self, const FiqNoteEvent* event)
{
  switch (event->kind) {
  case FIQ_EVENT_NOTE_ON:
    start_note(self, event);
    break;
  case FIQ_EVENT_NOTE_OFF:
    release_where(self, event, true);
    break;
  case FIQ_EVENT_BEND:
    self->bend[event->channel] = event->value;
    break;
  case FIQ_EVENT_SUSTAIN:
    set_sustain(self, event->channel, event->value > 0.0f);
    break;
  case FIQ_EVENT_NOTES_OFF:
    release_where(self, event, false);
    break;
  case FIQ_EVENT_SOUND_OFF:
    cut_channel(self, event->channel);
    break;
  case FIQ_EVENT_RESET:
    self->bend[event->channel] = 0.0f;
    set_sustain(self, event->channel, false);
    break;
  }
}

static void take_first(FiqNotes* self)
{
  const FiqNoteEvent event = self->queue[0];
  self->n_queued -= 1;
  memmove(self->queue, self->queue + 1, self->n_queued * sizeof self->queue[0]);
  apply(self, &event);
}

static void push(FiqNotes* self, FiqNoteEvent event)
{
  assert(event.channel < FIQ_NOTES_CHANNELS);
  if (self->n_queued == FIQ_NOTES_QUEUE) {
    take_first(self); // early, but no release is ever lost
  }
  uint32_t at = self->n_queued++;
  for (; at > 0 && self->queue[at - 1].frame > event.frame; --at) {
    self->queue[at] = self->queue[at - 1];
  }
  self->queue[at] = event;
}

void fiq_notes_on(FiqNotes* self, uint32_t channel, uint32_t key, float velocity, uint64_t frame)
{
  const FiqEventKind kind = velocity > 0.0f ? FIQ_EVENT_NOTE_ON : FIQ_EVENT_NOTE_OFF;
  push(self, (FiqNoteEvent){frame, kind, (uint8_t)(channel & 15), (uint8_t)(key & 127),
                            fminf(velocity, 1.0f)});
}

void fiq_notes_off(FiqNotes* self, uint32_t channel, uint32_t key, uint64_t frame)
{
  fiq_notes_on(self, channel, key, 0.0f, frame);
}

void fiq_notes_bend(FiqNotes* self, uint32_t channel, float bend, uint64_t frame)
{
  const float held = fiq_clamp(bend, -1.0f, 1.0f);
  push(self, (FiqNoteEvent){frame, FIQ_EVENT_BEND, (uint8_t)(channel & 15), 0, held});
}

void fiq_notes_controller(FiqNotes* self, uint32_t channel, uint32_t controller, uint32_t value,
                          uint64_t frame)
{
  FiqEventKind kind = FIQ_EVENT_SUSTAIN;
  if (controller == 120) {
    kind = FIQ_EVENT_SOUND_OFF;
  } else if (controller == 121) {
    kind = FIQ_EVENT_RESET;
  } else if (controller >= 123 && controller <= 127) {
    kind = FIQ_EVENT_NOTES_OFF;
  } else if (controller != 64) {
    return;
  }
  push(self, (FiqNoteEvent){frame, kind, (uint8_t)(channel & 15), 0, value >= 64 ? 1.0f : 0.0f});
}

static bool chord_has(int32_t chord, int32_t root, int32_t key)
{
  uint8_t        interval[FIQ_NOTES_CHORD_MAX];
  const uint32_t n = fiq_notes_chord(chord, interval);
  for (uint32_t i = 0; i < n; ++i) {
    if (root + interval[i] == key) {
      return true;
    }
  }
  return false;
}

void fiq_notes_drone(FiqNotes* self, int32_t chord, int32_t root, uint64_t frame)
{
  if (chord == self->chord && root == self->root) {
    return;
  }
  for (int32_t key = 0; key < 128; ++key) {
    const bool was = chord_has(self->chord, self->root, key);
    const bool is  = chord_has(chord, root, key);
    if (was != is) {
      const FiqEventKind kind = is ? FIQ_EVENT_NOTE_ON : FIQ_EVENT_NOTE_OFF;
      push(self, (FiqNoteEvent){frame, kind, FIQ_NOTES_DRONE, (uint8_t)key, 1.0f});
    }
  }
  self->chord = chord;
  self->root  = root;
}

void fiq_notes_advance(FiqNotes* self, const FiqNotesParams* params, uint64_t frame)
{
  self->params = *params;
  while (self->n_queued > 0 && self->queue[0].frame <= frame) {
    advance_all(self, self->queue[0].frame);
    take_first(self);
  }
  advance_all(self, frame);
}

float fiq_notes_pitch(const FiqNotes* self, const FiqNote* note)
{
  return (float)note->key + self->bend[note->channel] * self->params.bend_range_semitones;
}

bool fiq_notes_sounding(const FiqNotes* self)
{
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    if (self->note[i].stage != FIQ_NOTE_IDLE) {
      return true;
    }
  }
  return false;
}
