// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/score.h"

#include "host-test/common/read_bytes.h"
#include "host-test/common/report.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHANNEL_KEYS = 16 * 128 };

int fiq_score_note(const char* name)
{
  static const int semitones[] = {9, 11, 0, 2, 4, 5, 7}; // A B C D E F G
  char*            end         = NULL;
  long             number      = strtol(name, &end, 10);
  const int        letter      = toupper((unsigned char)name[0]);
  if (end != name) {
    return *end == '\0' && number >= 0 && number <= 127 ? (int)number : -1;
  }
  if (letter < 'A' || letter > 'G') {
    return -1;
  }
  const char* rest  = name + 1;
  int         pitch = semitones[letter - 'A'];
  for (; *rest == '#' || *rest == 'b'; ++rest) {
    pitch += *rest == '#' ? 1 : -1;
  }
  number = strtol(rest, &end, 10);
  if (end == rest || *end != '\0' || number < -1 || number > 9) {
    return -1;
  }
  pitch += 12 * ((int)number + 1);
  return pitch >= 0 && pitch <= 127 ? pitch : -1;
}

bool fiq_score_empty(FiqScore* self, double length_s, double tempo_bpm)
{
  *self        = (FiqScore){.end_s = length_s};
  self->tempos = calloc(1, sizeof(FiqScoreTempo));
  if (!self->tempos) {
    fiq_error("out of memory");
    return false;
  }
  self->n_tempos  = 1;
  self->tempos[0] = (FiqScoreTempo){.tempo_bpm = tempo_bpm, .beats_per_bar = 4.0f, .beat_unit = 4};
  return true;
}

/// Note and velocity of "E4:80"; says what is wrong.
static bool parse_note(char* text, int* note, int* velocity)
{
  char* const colon = strchr(text, ':');
  if (colon) {
    char*      end    = NULL;
    const long number = strtol(colon + 1, &end, 10);
    *colon            = '\0';
    if (end == colon + 1 || *end != '\0' || number < 1 || number > 127) {
      fiq_error("velocity '%s' of note %s is not 1 .. 127", colon + 1, text);
      return false;
    }
    *velocity = (int)number;
  }
  *note = fiq_score_note(text);
  if (*note < 0) {
    fiq_error("'%s' is not a note (C4, F#3, Bb2 or 0 .. 127)", text);
  }
  return *note >= 0;
}

static void put_note(FiqScore* self, size_t i, size_t n, int note, int velocity)
{
  uint8_t* const on   = self->data + 6 * i;
  uint8_t* const off  = on + 3;
  on[0]               = 0x90;
  on[1]               = (uint8_t)note;
  on[2]               = (uint8_t)velocity;
  off[0]              = 0x80;
  off[1]              = (uint8_t)note;
  off[2]              = 64;
  self->events[i]     = (FiqScoreEvent){0.0, 3, on};
  self->events[n + i] = (FiqScoreEvent){self->end_s, 3, off};
}

bool fiq_score_chord(FiqScore* self, const char* notes, int velocity, double length_s,
                     double tempo_bpm)
{
  int         pitches[FIQ_SCORE_CHORD_NOTES];
  int         velocities[FIQ_SCORE_CHORD_NOTES];
  size_t      n     = 0;
  bool        legal = true;
  char*       rest  = NULL;
  char* const copy  = strdup(notes);
  for (char* text = copy ? strtok_r(copy, ", ", &rest) : NULL; text && legal;
       text       = strtok_r(NULL, ", ", &rest)) {
    if (n == FIQ_SCORE_CHORD_NOTES) {
      fiq_error("a chord has at most %d notes", FIQ_SCORE_CHORD_NOTES);
      legal = false;
    } else {
      velocities[n] = velocity;
      legal         = parse_note(text, &pitches[n], &velocities[n]);
      ++n;
    }
  }
  free(copy);
  if (legal && n == 0) {
    fiq_error("the chord has no notes");
  }
  if (!legal || n == 0 || !fiq_score_empty(self, length_s, tempo_bpm)) {
    return false;
  }
  self->data   = calloc(n, 6);
  self->events = calloc(2 * n, sizeof(FiqScoreEvent));
  for (size_t i = 0; self->data && self->events && i < n; ++i) {
    put_note(self, i, n, pitches[i], velocities[i]);
    self->n_events = 2 * n;
  }
  return self->n_events > 0;
}

// ---- files ----

/// What is known of the keys of all channels while a file is gone through.
typedef struct {
  uint32_t n_releases[CHANNEL_KEYS]; ///< that are still to come
  uint32_t n_down[CHANNEL_KEYS];     ///< strikes that are not released
} Keys;

typedef enum { NO_KEY, STRIKE, RELEASE } KeyEvent;

/// Whether a message strikes or releases a key, and which.
static KeyEvent key_event(const FiqMidiFileEvent* event, uint32_t* key)
{
  const uint8_t kind = event->bytes[0] & 0xf0;
  if ((kind != 0x80 && kind != 0x90) || event->n_bytes != 3) {
    return NO_KEY;
  }
  *key = (event->bytes[0] & 15u) * 128u + event->bytes[1];
  return kind == 0x90 && event->bytes[2] > 0 ? STRIKE : RELEASE;
}

/// All sound off, all notes off and changes of mode, which release the keys of a channel.
static void release_channel(Keys* keys, const FiqMidiFileEvent* event)
{
  const bool controller = (event->bytes[0] & 0xf0) == 0xb0 && event->n_bytes == 3;
  if (controller && (event->bytes[1] == 120 || event->bytes[1] >= 123)) {
    memset(keys->n_down + (event->bytes[0] & 15u) * 128u, 0, 128 * sizeof keys->n_down[0]);
  }
}

/// Whether the plugin gets this message: all but releases of a key that has another to come.
static bool passes(Keys* keys, const FiqMidiFileEvent* event)
{
  uint32_t       key  = 0;
  const KeyEvent what = key_event(event, &key);
  if (what == NO_KEY) {
    release_channel(keys, event);
    return event->n_bytes <= FIQ_SCORE_MESSAGE_BYTES;
  }
  if (what == STRIKE) {
    keys->n_down[key] += 1;
    return true;
  }
  keys->n_releases[key] -= 1;
  keys->n_down[key] -= keys->n_down[key] > 0 ? 1 : 0;
  if (keys->n_releases[key] == 0) {
    keys->n_down[key] = 0;
  }
  return keys->n_down[key] == 0;
}

static bool any_down(const Keys* keys)
{
  uint32_t n = 0;
  for (size_t i = 0; i < CHANNEL_KEYS; ++i) {
    n |= keys->n_down[i];
  }
  return n > 0;
}

/// A time as hours, minutes and seconds.
static void print_time(char text[32], double time_s)
{
  const unsigned long long tenths = (unsigned long long)(10.0 * time_s);
  snprintf(text, 32, "%llu:%02llu:%02llu.%llu", tenths / 36000, tenths / 600 % 60, tenths / 10 % 60,
           tenths % 10);
}

static void note_silence(const char* name, double event_s, double end_s)
{
  char event[32];
  char end[32];
  print_time(event, event_s);
  print_time(end, end_s);
  fiq_note("%s: nothing happens for more than an hour before an event at %s; the music ends at %s "
           "(--length SECONDS makes it as long as you want)",
           name, event, end);
}

/// Pass on the messages up to the end, which is thereby found; `length_s` < 0: none is given.
static void pass_messages(FiqScore* self, Keys* keys, const char* name, double length_s)
{
  self->end_s = 0.0;
  for (size_t i = 0; i < self->file.n_events; ++i) {
    const FiqMidiFileEvent* const event = &self->file.events[i];
    const double                  gap_s = event->time_s - self->end_s;
    if (event->kind != FIQ_MIDI_FILE_MESSAGE) {
      continue;
    }
    if (length_s >= 0.0 && event->time_s >= length_s) {
      break;
    }
    if (length_s < 0.0 && gap_s > FIQ_SCORE_SILENCE_S) {
      self->end_s += any_down(keys) ? FIQ_SCORE_SILENCE_S : 0.0;
      note_silence(name, event->time_s, self->end_s);
      break;
    }
    self->end_s = event->time_s;
    if (passes(keys, event)) {
      self->events[self->n_events++] = (FiqScoreEvent){event->time_s, event->n_bytes, event->bytes};
    }
  }
  self->end_s = length_s < 0.0 ? self->end_s : length_s;
}

/// Release at the end what is still down; how many keys.
static uint32_t release_all(FiqScore* self, const Keys* keys)
{
  uint32_t n = 0;
  for (uint32_t key = 0; key < CHANNEL_KEYS; ++key) {
    if (keys->n_down[key] > 0) {
      uint8_t* const message         = self->data + 3 * n++;
      message[0]                     = (uint8_t)(0x80 | key / 128);
      message[1]                     = (uint8_t)(key % 128);
      message[2]                     = 64;
      self->events[self->n_events++] = (FiqScoreEvent){self->end_s, 3, message};
    }
  }
  return n;
}

static bool play_file(FiqScore* self, const char* name, double length_s)
{
  Keys   keys       = {.n_down = {0}};
  size_t n_messages = 0;
  for (size_t i = 0; i < self->file.n_events; ++i) {
    const FiqMidiFileEvent* const event = &self->file.events[i];
    uint32_t                      key   = 0;
    if (event->kind == FIQ_MIDI_FILE_MESSAGE) {
      keys.n_releases[key] += key_event(event, &key) == RELEASE ? 1 : 0;
      n_messages += 1;
    }
  }
  self->events = calloc(n_messages + CHANNEL_KEYS, sizeof(FiqScoreEvent));
  self->data   = calloc(CHANNEL_KEYS, 3);
  if (!self->events || !self->data || n_messages == 0) {
    fiq_error("%s: %s", name, n_messages == 0 ? "has no notes" : "out of memory");
    return false;
  }
  pass_messages(self, &keys, name, length_s);
  const double   last_s = self->file.events[self->file.n_events - 1].time_s;
  const uint32_t n      = release_all(self, &keys);
  if (n > 0 && self->end_s >= last_s) {
    fiq_warning("%s: notes without a release, which end with the music: %u", name, n);
  }
  return true;
}

static FiqScoreTempo next_tempo(const FiqScoreTempo* before, const FiqMidiFileEvent* event)
{
  FiqScoreTempo        tempo = *before;
  const uint8_t* const bytes = event->bytes;
  if (event->kind == FIQ_MIDI_FILE_TEMPO) {
    tempo.tempo_bpm = 6e7 / (double)((uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2]);
  } else {
    tempo.beats_per_bar = (float)bytes[0];
    tempo.beat_unit     = 1 << bytes[1];
  }
  tempo.time_s  = event->time_s;
  tempo.quarter = event->quarter;
  return tempo;
}

/// One entry for each moment at which tempo or time signature change.
static bool load_tempos(FiqScore* self)
{
  size_t n = 1;
  for (size_t i = 0; i < self->file.n_events; ++i) {
    const FiqMidiFileKind kind = self->file.events[i].kind;
    n += kind == FIQ_MIDI_FILE_TEMPO || kind == FIQ_MIDI_FILE_METER ? 1 : 0;
  }
  self->tempos = calloc(n, sizeof(FiqScoreTempo));
  if (!self->tempos) {
    fiq_error("out of memory");
    return false;
  }
  self->n_tempos  = 1;
  self->tempos[0] = (FiqScoreTempo){
      .tempo_bpm = 6e7 / FIQ_MIDI_FILE_TEMPO_US, .beats_per_bar = 4.0f, .beat_unit = 4};
  for (size_t i = 0; i < self->file.n_events; ++i) {
    const FiqMidiFileEvent* const event = &self->file.events[i];
    if (event->kind == FIQ_MIDI_FILE_TEMPO || event->kind == FIQ_MIDI_FILE_METER) {
      const FiqScoreTempo* const last               = &self->tempos[self->n_tempos - 1];
      const bool                 same               = event->time_s <= last->time_s;
      self->tempos[self->n_tempos - (same ? 1 : 0)] = next_tempo(last, event);
      self->n_tempos += same ? 0 : 1;
    }
  }
  return true;
}

/// Damage that was found in a file.
typedef struct {
  const char* name;
  uint32_t    n;
} Damage;

static void say_damage(void* data, uint32_t track, uint64_t tick, const char* what)
{
  Damage* const damage = data;
  damage->n += 1;
  if (damage->n > FIQ_SCORE_WARNINGS) {
    return;
  }
  if (track == 0) {
    fiq_warning("%s: %s", damage->name, what);
  } else {
    fiq_warning("%s: track %u, tick %llu: %s", damage->name, track, (unsigned long long)tick, what);
  }
}

bool fiq_score_read(FiqScore* self, const uint8_t* bytes, size_t n_bytes, const char* name,
                    double length_s)
{
  *self                    = (FiqScore){.events = NULL};
  Damage            damage = {.name = name};
  const char* const reason = fiq_midi_file_read(&self->file, bytes, n_bytes, say_damage, &damage);
  if (damage.n > FIQ_SCORE_WARNINGS) {
    fiq_warning("%s: and %u more of the kind", name, damage.n - FIQ_SCORE_WARNINGS);
  }
  if (reason) {
    fiq_error("%s: %s", name, reason);
    return false;
  }
  return load_tempos(self) && play_file(self, name, length_s);
}

bool fiq_score_load(FiqScore* self, const char* path, double length_s)
{
  size_t         n_bytes = 0;
  uint8_t* const bytes   = fiq_read_bytes(path, FIQ_MIDI_FILE_BYTES_MAX, &n_bytes);
  *self                  = (FiqScore){.events = NULL};
  const bool loaded      = bytes && fiq_score_read(self, bytes, n_bytes, path, length_s);
  free(bytes);
  return loaded;
}

void fiq_score_free(FiqScore* self)
{
  free(self->events);
  free(self->tempos);
  free(self->data);
  free(self->releases);
  fiq_midi_file_free(&self->file);
  *self = (FiqScore){.events = NULL};
}
