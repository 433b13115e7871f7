// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Notes that a plugin plays, gathered and written as a Standard MIDI File of format 0 with the tempo map of the score
   beside which they were played.
*/
#ifndef FIQ_MIDI_WRITER_H
#define FIQ_MIDI_WRITER_H

#include "host-test/render/score.h"

enum { FIQ_MIDI_WRITER_DIVISION = 960 }; ///< ticks a quarter

typedef struct {
  double  time_s;
  uint8_t n_bytes;
  uint8_t message[3];
} FiqMidiNote;

/// All zero: nothing gathered.
typedef struct {
  FiqMidiNote* notes; ///< [n_notes] in order of time
  size_t       n_notes;
  size_t       n_room;
  bool         has_failed; ///< out of memory
} FiqMidiWriter;

/// Gather a channel message of up to 3 bytes, not before the last one; others are left out.
void fiq_midi_writer_add(FiqMidiWriter* self, double time_s, const uint8_t* message,
                         uint32_t n_bytes);

/// Write `path`, on the tempo map of `score`; says what is wrong.
bool fiq_midi_writer_write(const FiqMidiWriter* self, const char* path, const FiqScore* score);

void fiq_midi_writer_free(FiqMidiWriter* self);

#endif
