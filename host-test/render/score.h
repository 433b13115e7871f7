// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What an instrument is to play: a chord given by its notes, or a Standard MIDI File with
   its tempo map (by libsmf). Times are seconds from the start.
*/
#ifndef FIQ_SCORE_H
#define FIQ_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  FIQ_SCORE_MESSAGE_BYTES = 256, ///< longer messages (large sysex) are left out
  FIQ_SCORE_CHORD_NOTES   = 64
};

typedef struct {
  double         time_s;
  uint32_t       n_bytes;
  const uint8_t* bytes; ///< [n_bytes] inside FiqScore.data
} FiqScoreEvent;

/// From `time_s` on the music runs at this tempo.
typedef struct {
  double  time_s;
  double  tempo_bpm; ///< quarters per minute
  float   beats_per_bar;
  int32_t beat_unit;
  double  quarter; ///< quarters since the start
} FiqScoreTempo;

typedef struct {
  FiqScoreEvent* events; ///< [n_events] in order of time
  size_t         n_events;
  FiqScoreTempo* tempos; ///< [n_tempos] in order of time, at least one, the first at 0 s
  size_t         n_tempos;
  uint8_t*       data;
  double         end_s; ///< last event
} FiqScore;

/// MIDI number 0..127 of a note name (C4 = 60, also F#3, Bb2, 61), or -1.
int fiq_score_note(const char* name);

/// Notes "C4,E4:80,G4" (each with its own velocity after a colon, else `velocity` 1..127), held for
/// `length_s` at `tempo_bpm`. Says what is wrong.
bool fiq_score_chord(FiqScore* self, const char* notes, int velocity, double length_s,
                     double tempo_bpm);

/// Silence at `tempo_bpm`.
bool fiq_score_empty(FiqScore* self, double length_s, double tempo_bpm);

/// Load the MIDI file `path`; says what is wrong.
bool fiq_score_load(FiqScore* self, const char* path);

void fiq_score_free(FiqScore* self);

#endif
