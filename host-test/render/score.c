// SPDX-License-Identifier: GPL-3.0-or-later
#define _POSIX_C_SOURCE 200809L

#include "host-test/render/score.h"

#include "host-test/common/report.h"

#include <smf.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

static bool load_tempos(FiqScore* self, const smf_t* smf)
{
  size_t n = 0;
  while (smf_get_tempo_by_number(smf, (int)n)) {
    ++n;
  }
  if (n == 0) {
    return fiq_score_empty(self, 0.0, 120.0);
  }
  self->tempos = calloc(n, sizeof(FiqScoreTempo));
  for (size_t i = 0; self->tempos && i < n; ++i) {
    const smf_tempo_t* const tempo = smf_get_tempo_by_number(smf, (int)i);
    const int                us    = tempo->microseconds_per_quarter_note;
    self->tempos[i] =
        (FiqScoreTempo){.time_s        = tempo->time_seconds,
                        .tempo_bpm     = us > 0 ? 6e7 / us : 120.0,
                        .beats_per_bar = tempo->numerator > 0 ? (float)tempo->numerator : 4.0f,
                        .beat_unit     = tempo->denominator > 0 ? tempo->denominator : 4,
                        .quarter = smf->ppqn > 0 ? (double)tempo->time_pulses / smf->ppqn : 0.0};
    self->n_tempos = n;
  }
  return self->n_tempos > 0;
}

static bool wanted(const smf_event_t* event)
{
  return event->midi_buffer_length > 0 && event->midi_buffer_length <= FIQ_SCORE_MESSAGE_BYTES &&
         !smf_event_is_metadata(event);
}

/// First pass (`fill` false) counts events and bytes, the second copies them.
static void walk(FiqScore* self, smf_t* smf, bool fill, size_t* n_bytes)
{
  size_t       n_events = 0;
  smf_event_t* event    = NULL;
  *n_bytes              = 0;
  smf_rewind(smf);
  while ((event = smf_get_next_event(smf)) != NULL) {
    if (!wanted(event)) {
      continue;
    }
    const size_t length = (size_t)event->midi_buffer_length;
    if (fill) {
      memcpy(self->data + *n_bytes, event->midi_buffer, length);
      self->events[n_events] =
          (FiqScoreEvent){event->time_seconds, (uint32_t)length, self->data + *n_bytes};
      self->end_s = event->time_seconds;
    }
    *n_bytes += length;
    ++n_events;
  }
  self->n_events = n_events;
}

static bool has_midi_header(const char* path)
{
  char        head[4] = {0};
  FILE* const file    = fopen(path, "rb");
  if (!file) {
    fiq_error("%s: %s", path, strerror(errno));
    return false;
  }
  const size_t n = fread(head, 1, sizeof head, file);
  fclose(file);
  if (n != sizeof head || memcmp(head, "MThd", sizeof head) != 0) {
    fiq_error("%s: not a MIDI file", path);
    return false;
  }
  return true;
}

bool fiq_score_load(FiqScore* self, const char* path)
{
  *self = (FiqScore){.events = NULL};
  if (!has_midi_header(path)) {
    return false;
  }
  smf_t* const smf = smf_load(path);
  if (!smf) {
    fiq_error("%s: not a readable MIDI file", path);
    return false;
  }
  size_t n_bytes = 0;
  bool   loaded  = load_tempos(self, smf);
  walk(self, smf, false, &n_bytes);
  self->data   = calloc(n_bytes + 1, 1);
  self->events = calloc(self->n_events + 1, sizeof(FiqScoreEvent));
  loaded       = loaded && self->data && self->events;
  if (loaded && self->n_events > 0) {
    walk(self, smf, true, &n_bytes);
  } else {
    fiq_error("%s: %s", path, loaded ? "has no notes" : "out of memory");
    loaded = false;
  }
  smf_delete(smf);
  return loaded;
}

void fiq_score_free(FiqScore* self)
{
  free(self->events);
  free(self->tempos);
  free(self->data);
  *self = (FiqScore){.events = NULL};
}
