// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What an instrument is to play: a chord given by its notes, or a Standard MIDI File with
   its tempo map. Times are seconds from the start.

   A key of a channel sounds once in a plugin, in a file as often as it is struck. So of strikes that
   overlap, each is passed on, and of their releases the last, the others being counted; a key that is
   never released is at the end. A file ends with its last message or, if nothing happens for longer than
   FIQ_SCORE_SILENCE_S, there: at once, or after that time if keys are down.
*/
#ifndef FIQ_SCORE_H
#define FIQ_SCORE_H

#include "host-test/render/midi_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  FIQ_SCORE_MESSAGE_BYTES = 1024, ///< longer messages (large sysex) are left out
  FIQ_SCORE_CHORD_NOTES   = 64,
  FIQ_SCORE_WARNINGS      = 8 ///< of a damaged file that are said; the others are counted
};

#define FIQ_SCORE_SILENCE_S 3600.0

typedef struct {
  double         time_s;
  uint32_t       n_bytes;
  const uint8_t* bytes; ///< [n_bytes] inside the score
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
  uint8_t*       data;     ///< messages that no file holds
  uint8_t*       releases; ///< those that end a turn
  FiqMidiFile    file;     ///< with lyrics and markers; empty without one
  double         end_s;
  double         start_s; ///< where a turn begins in the file
  double         turn_s;  ///< that it lasts
  uint32_t       n_turns; ///< 0: nothing was cut
} FiqScore;

/// MIDI number 0..127 of a note name (C4 = 60, also F#3, Bb2, 61), or -1.
int fiq_score_note(const char* name);

/// Notes "C4,E4:80,G4" (each with its own velocity after a colon, else `velocity` 1..127), held for
/// `length_s` at `tempo_bpm`. Says what is wrong.
bool fiq_score_chord(FiqScore* self, const char* notes, int velocity, double length_s,
                     double tempo_bpm);

/// Silence at `tempo_bpm`.
bool fiq_score_empty(FiqScore* self, double length_s, double tempo_bpm);

/// Play the MIDI file in `bytes` [n_bytes], called `name`, for `length_s` (< 0: to its end). Says what is wrong.
bool fiq_score_read(FiqScore* self, const uint8_t* bytes, size_t n_bytes, const char* name,
                    double length_s);

/// The same with the file or pipe at `path`.
bool fiq_score_load(FiqScore* self, const char* path, double length_s);

/// Time of `beat` >= 1 of bar `bar` >= 1 by the tempo map; false when the bar has no such beat. Where the meter changes,
/// a bar begins.
bool fiq_score_bar_time(const FiqScore* self, uint32_t bar, double beat, double* time_s);

/// Keep what stands from `start_s` to `end_s` (< 0: the end), `n_turns` times; says when that is nothing. What controllers, programs and the like
/// were at the start is sent there; keys that are down at the end of a turn are released.
bool fiq_score_cut(FiqScore* self, double start_s, double end_s, uint32_t n_turns);

void fiq_score_free(FiqScore* self);

#endif
