// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Standard MIDI Files 1.0, read from memory into one list of events in order of time.

   Formats 0 and 1 (all tracks at once) and 2 (one pattern after the other, each with a tempo of its own);
   division in ticks a quarter or in SMPTE frames; RIFF containers (RMID). Running status is resumed
   after whatever stands between, system exclusive that was split is joined, and escapes are taken apart.
   What is damaged is read as far as it makes sense; a warning names track and tick of each place.

   time = t0 + (tick - tick0) tempo / (1e6 division), tempo in us a quarter, from the last change at tick0;
   in SMPTE division tick / (frames a second x ticks a frame), 29 meaning 30000 / 1001 frames a second.
   Source: MMA, Standard MIDI Files 1.0 (RP-001). Cost: O(n log n) in bytes. No recursion.
*/
#ifndef FIQ_MIDI_FILE_H
#define FIQ_MIDI_FILE_H

#include <stddef.h>
#include <stdint.h>

enum {
  FIQ_MIDI_FILE_BYTES_MAX = 1 << 25, ///< larger files are refused
  FIQ_MIDI_FILE_TEMPO_US  = 500000   ///< us a quarter until the file says otherwise
};

typedef enum {
  FIQ_MIDI_FILE_MESSAGE, ///< a whole MIDI message, its status first, no running status
  FIQ_MIDI_FILE_TEMPO,   ///< 3 bytes, us a quarter > 0, most significant first
  FIQ_MIDI_FILE_METER,   ///< 2 bytes: beats a bar > 0, power of two of the beat's unit 0..7
  FIQ_MIDI_FILE_LYRIC,   ///< text as it stands in the file
  FIQ_MIDI_FILE_MARKER   ///< text as it stands in the file
} FiqMidiFileKind;

typedef struct {
  double          time_s;
  double          quarter; ///< quarters since the start
  uint64_t        tick;    ///< since the start of the music
  const uint8_t*  bytes;   ///< [n_bytes]
  uint32_t        n_bytes;
  uint32_t        track; ///< from 1
  FiqMidiFileKind kind;
} FiqMidiFileEvent;

typedef struct {
  FiqMidiFileEvent*
           events;   ///< [n_events] by tick, within a tick by track, within a track as in the file
  size_t   n_events; ///< at most one for each byte, and two for each track
  uint8_t* data;     ///< what the events' `bytes` point into
  double   end_s;    ///< end of the last track
} FiqMidiFile;

/// Told of damage in `track` (from 1; 0: outside of any) at `tick`, counted from that track's start.
typedef void (*FiqMidiFileWarning)(void* data, uint32_t track, uint64_t tick, const char* what);

/// Read `bytes` [n_bytes]; any bytes are safe. NULL, or why it cannot be read. Free it in any case.
const char* fiq_midi_file_read(FiqMidiFile* self, const uint8_t* bytes, size_t n_bytes,
                               FiqMidiFileWarning warning, void* data);

void fiq_midi_file_free(FiqMidiFile* self);

#endif
