// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/midi_writer.h"

#include "host-test/common/pending_file.h"
#include "host-test/common/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_BYTES_MAX = 16, HEAD_BYTES = 22 };

void fiq_midi_writer_add(FiqMidiWriter* self, double time_s, const uint8_t* message,
                         uint32_t n_bytes)
{
  if (n_bytes < 1 || n_bytes > 3 || message[0] < 0x80 || message[0] >= 0xf0) {
    return;
  }
  if (self->n_notes == self->n_room) {
    const size_t       room  = self->n_room > 0 ? 2 * self->n_room : 256;
    FiqMidiNote* const notes = realloc(self->notes, room * sizeof(FiqMidiNote));
    if (!notes) {
      self->has_failed = true;
      return;
    }
    self->notes  = notes;
    self->n_room = room;
  }
  FiqMidiNote* const note = &self->notes[self->n_notes++];
  *note                   = (FiqMidiNote){.time_s = time_s, .n_bytes = (uint8_t)n_bytes};
  memcpy(note->message, message, n_bytes);
}

void fiq_midi_writer_free(FiqMidiWriter* self)
{
  free(self->notes);
  *self = (FiqMidiWriter){.notes = NULL};
}

/// The bytes of a track as they grow; room is reckoned beforehand.
typedef struct {
  uint8_t* bytes;
  size_t   n_bytes;
  uint64_t tick; ///< of the last event
} Track;

static void put_number(Track* track, uint32_t value, int n_bytes)
{
  for (int i = n_bytes - 1; i >= 0; --i) {
    track->bytes[track->n_bytes++] = (uint8_t)(value >> 8 * i);
  }
}

/// The time since the last event, seven bits a byte.
static void put_time(Track* track, uint64_t tick)
{
  const uint64_t at    = tick > track->tick ? tick : track->tick;
  const uint32_t delta = (uint32_t)(at - track->tick) & 0x0fffffffu;
  track->tick          = at;
  for (int shift = 21; shift > 0; shift -= 7) {
    if (delta >> shift) {
      put_number(track, (delta >> shift & 0x7fu) | 0x80u, 1);
    }
  }
  put_number(track, delta & 0x7fu, 1);
}

static uint64_t tick_of(double quarter)
{
  return (uint64_t)llround(fmax(quarter, 0.0) * FIQ_MIDI_WRITER_DIVISION);
}

static void put_tempo(Track* track, const FiqScoreTempo* tempo, double quarter)
{
  const uint32_t micros = (uint32_t)lround(fmin(6.0e7 / tempo->tempo_bpm, 16777215.0));
  uint32_t       power  = 0;
  while (power < 7 && 1 << power < tempo->beat_unit) {
    ++power;
  }
  put_time(track, tick_of(quarter));
  put_number(track, 0xff5103, 3);
  put_number(track, micros, 3);
  put_time(track, tick_of(quarter));
  put_number(track, 0xff5804, 3);
  put_number(track, (uint32_t)lroundf(tempo->beats_per_bar) & 0xffu, 1);
  put_number(track, power, 1);
  put_number(track, 0x1808, 2);
}

/// All tempi and notes in order of time. Where a part is played again the score goes back, and the file goes on.
static void put_events(Track* track, const FiqMidiWriter* self, const FiqScore* score)
{
  size_t next    = 0;
  double quarter = 0.0; // at the last tempo
  for (size_t i = 0; i < self->n_notes; ++i) {
    const FiqMidiNote* const note = &self->notes[i];
    while (next < score->n_tempos && score->tempos[next].time_s <= note->time_s) {
      const FiqScoreTempo* const tempo  = &score->tempos[next];
      const FiqScoreTempo* const before = &score->tempos[next > 0 ? next - 1 : 0];
      quarter += (tempo->time_s - before->time_s) * before->tempo_bpm / 60.0;
      put_tempo(track, tempo, quarter);
      ++next;
    }
    const FiqScoreTempo* const tempo = &score->tempos[next > 0 ? next - 1 : 0];
    const double               beats = (note->time_s - tempo->time_s) * tempo->tempo_bpm / 60.0;
    put_time(track, tick_of(quarter + beats));
    for (int k = 0; k < note->n_bytes; ++k) {
      put_number(track, note->message[k], 1);
    }
  }
  put_time(track, track->tick);
  put_number(track, 0xff2f00, 3);
}

bool fiq_midi_writer_write(const FiqMidiWriter* self, const char* path, const FiqScore* score)
{
  FiqPendingFile file;
  const size_t   room  = HEAD_BYTES + EVENT_BYTES_MAX * (self->n_notes + 2 * score->n_tempos + 2);
  Track          track = {malloc(room), 0, 0};
  if (!track.bytes || self->has_failed) {
    free(track.bytes);
    fiq_error("out of memory");
    return false;
  }
  // The chunk of the header: six bytes, format 0, one track.
  static const uint8_t head[] = {'M', 'T', 'h', 'd', 0, 0, 0, 6, 0, 0, 0, 1};
  memcpy(track.bytes, head, sizeof(head));
  track.n_bytes = sizeof(head);
  put_number(&track, FIQ_MIDI_WRITER_DIVISION, 2);
  put_number(&track, 0x4d54726b, 4); // MTrk
  put_number(&track, 0, 4);
  put_events(&track, self, score);
  const size_t end = track.n_bytes;
  track.n_bytes    = HEAD_BYTES - 4;
  put_number(&track, (uint32_t)(end - HEAD_BYTES), 4);
  const bool opened  = fiq_pending_open(&file, path);
  const bool written = opened && fiq_pending_write(&file, track.bytes, end);
  free(track.bytes);
  if (opened && !written) {
    fiq_pending_fail(&file, "could not be written");
  }
  return written && fiq_pending_complete(&file) && fiq_pending_rename(&file);
}
