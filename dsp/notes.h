// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Keys and their envelopes: from note, pedal and bend events to at most 64 sounding notes with
   a pitch and a level each. Events carry the time of the stream; they are queued and take effect,
   in order, when the notes are advanced past them, so an event moved by one sample moves its
   envelope by one sample.

   Envelope, exact at any time: attack: straight to 1 in attack_s; decay: s + (1 - s) e^(-5 t/decay_s);
   release: (l + e) e^(-6.91 t/release_s) - e, e = 0.001, which ends at exactly 0 after at most release_s.
   No stage is shorter than `shortest_s` (one step of the swarm), hence no click.
   A struck key that still sounds starts again from where its level is. When all 64 are taken, the
   oldest released note, else the oldest, gives its place: its oscillators fly to the new key.
   Cost: O(notes) a step and event. Latency: none.
*/
#ifndef FIQ_NOTES_H
#define FIQ_NOTES_H

#include "common.h"

enum {
  FIQ_NOTES_MAX       = FIQ_CARRIERS_MAX, ///< sounding notes
  FIQ_NOTES_QUEUE     = 512, ///< events between two steps; beyond, the oldest takes effect early
  FIQ_NOTES_CHANNELS  = 17,  ///< 16 of MIDI and one of the drone
  FIQ_NOTES_DRONE     = 16,  ///< channel of the drone chord
  FIQ_NOTES_CHORD_MAX = 4    ///< keys of the largest chord
};

/// The drone chord.
typedef enum {
  FIQ_CHORD_OFF,
  FIQ_CHORD_ROOT,
  FIQ_CHORD_FIFTH,
  FIQ_CHORD_MAJOR,
  FIQ_CHORD_MINOR,
  FIQ_CHORD_SUS4,
  FIQ_CHORD_DOMINANT7,
  FIQ_CHORD_MAJOR7,
  FIQ_CHORD_MINOR7,
  FIQ_N_CHORDS
} FiqChord;

typedef enum {
  FIQ_NOTE_IDLE,
  FIQ_NOTE_ATTACK,
  FIQ_NOTE_HOLD, ///< decay and sustain
  FIQ_NOTE_RELEASE,
  FIQ_NOTE_CUT ///< release in the shortest time
} FiqNoteStage;

typedef struct {
  FiqNoteStage stage;
  uint8_t      channel;  ///< 0..16
  uint8_t      key;      ///< 0..127
  bool         down;     ///< the key is pressed
  bool         fresh;    ///< began since the carriers were last read
  float        velocity; ///< (0, 1]
  float        level;    ///< envelope, 0..1 (above 1 for a moment if struck again more softly)
  uint64_t     age;      ///< order of its start, or of its release
} FiqNote;

typedef enum {
  FIQ_EVENT_NOTE_ON,
  FIQ_EVENT_NOTE_OFF,
  FIQ_EVENT_BEND,    ///< value -1..1
  FIQ_EVENT_SUSTAIN, ///< value > 0: down
  FIQ_EVENT_NOTES_OFF,
  FIQ_EVENT_SOUND_OFF,
  FIQ_EVENT_RESET
} FiqEventKind;

typedef struct {
  uint64_t     frame; ///< stream time
  FiqEventKind kind;
  uint8_t      channel;
  uint8_t      key;
  float        value; ///< velocity or controller
} FiqNoteEvent;

/// Natural units; see FiqSwarmParams for ranges.
typedef struct {
  float attack_s;
  float decay_s;
  float sustain;
  float release_s;
  float bend_range_semitones;
} FiqNotesParams;

typedef struct {
  double         sample_rate_hz; ///< fixed by init
  float          shortest_s;     ///< shortest stage; fixed by init
  FiqNote        note[FIQ_NOTES_MAX];
  FiqNoteEvent   queue[FIQ_NOTES_QUEUE]; ///< ascending in time
  uint32_t       n_queued;
  bool           sustain[FIQ_NOTES_CHANNELS];
  float          bend[FIQ_NOTES_CHANNELS]; ///< -1..1
  uint64_t       frame;                    ///< how far the envelopes have come
  uint64_t       age;                      ///< starts and releases so far
  int32_t        chord;                    ///< drone that is held
  int32_t        root;                     ///< its lowest key
  FiqNotesParams params;
} FiqNotes;

/// `shortest_frames`: shortest envelope stage, > 0.  [setup]
void fiq_notes_init(FiqNotes* self, double sample_rate_hz, uint32_t shortest_frames);

/// Silence, empty queue, controllers at rest, stream time 0.  [audio]
void fiq_notes_reset(FiqNotes* self);

/// Queue a key: `channel` 0..15, `key` 0..127, `velocity` 0 (off) .. 1, at stream time `frame`.  [audio]
void fiq_notes_on(FiqNotes* self, uint32_t channel, uint32_t key, float velocity, uint64_t frame);

/// Queue a key's release.  [audio]
void fiq_notes_off(FiqNotes* self, uint32_t channel, uint32_t key, uint64_t frame);

/// Queue a bend, -1..1 of the range.  [audio]
void fiq_notes_bend(FiqNotes* self, uint32_t channel, float bend, uint64_t frame);

/// Queue a controller: 64 sustain, 120 all sound off, 121 reset, 123..127 all notes off; others are
/// ignored. `value` 0..127.  [audio]
void fiq_notes_controller(FiqNotes* self, uint32_t channel, uint32_t controller, uint32_t value,
                          uint64_t frame);

/// Hold `chord` (a FiqChord) on `root`, 0..127, from stream time `frame`; keys in common go on.  [audio]
void fiq_notes_drone(FiqNotes* self, int32_t chord, int32_t root, uint64_t frame);

/// Let all events up to and including `frame` take effect and the envelopes come to it.  [audio]
void fiq_notes_advance(FiqNotes* self, const FiqNotesParams* params, uint64_t frame);

/// Pitch of a note with bend, in fractional MIDI keys.  [any]
float fiq_notes_pitch(const FiqNotes* self, const FiqNote* note);

/// Whether any note sounds.  [any]
bool fiq_notes_sounding(const FiqNotes* self);

/// Intervals above the root of `chord`, semitones; their number.  [any]
uint32_t fiq_notes_chord(int32_t chord, uint8_t interval[FIQ_NOTES_CHORD_MAX]);

#endif
