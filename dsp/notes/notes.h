// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Keys and their notes: from MIDI and the drone to at most 64 sounding notes with a pitch, a level,
   a share, pressure and timbre each. Events carry the time of the stream; they are queued and take
   effect, in order, when the notes are advanced past them, so an event moved by one sample moves its
   envelope by one sample.

   Envelope, exact at any time: attack: straight to 1 in attack_s; decay: s + (1 - s) e^(-5 t/decay_s);
   release: (l + e) e^(-6.91 t/release_s) - e, e = 0.001, which ends at exactly 0 after at most release_s
   (1.8 times that from above 1, where a note struck again more softly goes on from where it is).
   No stage is shorter than `shortest_s` (one step of the swarm), hence no click. An attack that is asked to be shorter comes
   whole, with the step that is nearest to half of one after the event: as steep as steps allow, up to half a step off.
   Level = envelope x velocity^velocity_level x (1 + pressure_level pressure) x volume and expression
   x 0.6 if struck under the soft pedal. Mass, the share of oscillators = velocity^velocity_mass.
   Pressure, timbre, volume and wheel follow within some 10 ms (tau), exactly whatever the steps.

   Pitch = tuned key + just + glide + bend. Glide: linear in pitch, constant time. Just: every held key's
   interval to the lowest held key becomes the just one of prime.h; released notes keep theirs. With a root
   it is the interval to that pitch class instead, so that every key has one just pitch whatever is
   held. At prime limit 2 only octaves are pure: keys octaves above or below are made just, all others
   stay as tuned. Bend is that of the wheel and of RPN 1 and 2; a note begins with it and follows in 2 ms (tau).

   A key is held while it is down, or by sustain, sostenuto or the latch. Poly: every held key is a note. Mono
   and legato: one note for each channel (each zone in MPE), on the key struck last of those held; mono
   starts its envelope anew, legato only from silence. Latch: keys stay until one is struck while none is down.
   A struck key that still sounds starts again from where its level is. When all 64 notes are taken, the
   oldest released, else the quietest past its attack, else the oldest gives its place: its
   oscillators fly to the new key.
   Cost: O(notes) a step and event. Latency: none.
*/
#ifndef FIQ_NOTES_H
#define FIQ_NOTES_H

#include "dsp/base/common.h"
#include "dsp/notes/midi.h"
#include "dsp/notes/mts.h"
#include "dsp/notes/tuning.h"

enum {
  FIQ_NOTES_MAX       = FIQ_CARRIERS_MAX, ///< sounding notes
  FIQ_NOTES_QUEUE     = 512, ///< events between two steps; beyond, the oldest takes effect early
  FIQ_NOTES_KEYS      = 128, ///< held keys; beyond, the oldest is let go
  FIQ_NOTES_CHANNELS  = FIQ_MIDI_CHANNELS,
  FIQ_NOTES_DRONE     = FIQ_MIDI_DRONE,
  FIQ_NOTES_CHORD_MAX = 4 ///< keys of the largest chord
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

typedef enum { FIQ_MODE_POLY, FIQ_MODE_MONO, FIQ_MODE_LEGATO, FIQ_MODE_LATCH } FiqNotesMode;

typedef enum {
  FIQ_NOTE_IDLE,
  FIQ_NOTE_ATTACK,
  FIQ_NOTE_HOLD, ///< decay and sustain
  FIQ_NOTE_RELEASE,
  FIQ_NOTE_CUT ///< release in the shortest time
} FiqNoteStage;

typedef struct {
  FiqNoteStage stage;
  uint8_t      channel;      ///< 0..16
  uint8_t      key;          ///< 0..127
  bool         fresh;        ///< began since the carriers were last read
  bool         tuned;        ///< `just` is set; not yet at the moment of the start
  float        velocity;     ///< (0, 1]
  float        level;        ///< envelope, 0..1 (above 1 for a moment if struck again more softly)
  float        lift;         ///< release velocity, 0..1; 0 while the key is held
  float        soft;         ///< gain of the soft pedal at the start
  double       key_pitch;    ///< of its key as tuned, in keys of equal temperament
  float        key_pressure; ///< last polyphonic pressure, 0..1
  float        pressure;     ///< 0..1, smooth
  float        timbre;       ///< -1..1, smooth
  float        just;         ///< offset of just intonation, semitones, smooth
  float        bend;         ///< semitones, smooth
  bool         bent;         ///< `bend` is set; not yet at the moment of the start
  float        glide;        ///< offset at the start of the glide, semitones
  float        glide_s;      ///< its whole time; 0: none
  float        glide_left_s; ///< what is left of it
  uint64_t     start_frame;  ///< when its key was struck
  float        tail_s;       ///< how long its level stays after its end; set by who needs it
  uint64_t     end_frame;    ///< when it was let go, once it is
  uint64_t     age;          ///< order of its start, or of its release
} FiqNote;

/// A key that is held.
typedef struct {
  uint8_t channel;
  uint8_t key;
  bool    down;      ///< by a finger
  bool    sostenuto; ///< by the middle pedal
  bool    latched;   ///< by the latch
  float   velocity;  ///< (0, 1]
  float   lift;      ///< release velocity, 0..1
} FiqKey;

typedef enum {
  FIQ_EVENT_NOTE_ON,
  FIQ_EVENT_NOTE_OFF,
  FIQ_EVENT_BEND,             ///< value -1..1
  FIQ_EVENT_KEY_PRESSURE,     ///< value 0..1
  FIQ_EVENT_CHANNEL_PRESSURE, ///< value 0..1
  FIQ_EVENT_CONTROLLER,       ///< value 0..127, its number in `key`
  FIQ_EVENT_TUNE_KEY,         ///< value a pitch, see mts.h; for keys struck from then on
  FIQ_EVENT_RETUNE_KEY,       ///< the same, and if it sounds
  FIQ_EVENT_TUNE_CLASS,       ///< value an offset, its class in `key`
  FIQ_EVENT_RETUNE_CLASS,     ///< the same, and those that sound
  FIQ_EVENT_TUNE_RESET        ///< all keys as loaded
} FiqEventKind;

typedef struct {
  uint64_t     frame; ///< stream time
  FiqEventKind kind;
  uint8_t      channel;
  uint8_t      key;
  float        value; ///< velocity, pressure or controller
} FiqNoteEvent;

/// Envelope and bend, natural units; see FiqSwarmParams for ranges.
typedef struct {
  float attack_s;
  float decay_s;
  float sustain;
  float release_s;
  float bend_range_semitones;
} FiqNotesParams;

/// How it is played.
typedef struct {
  int32_t mode;                     ///< a FiqNotesMode; default poly
  float   glide_s;                  ///< 0 (off)..20; default 0
  float   velocity_level;           ///< 0 all equally loud .. 1 level = velocity; default 1
  float   velocity_mass;            ///< 0 equal shares .. 1 share as velocity; default 1
  float   pressure_level;           ///< 0..1, at 1 full pressure doubles the level; default 0
  float   pressure_brightness;      ///< 0..1, pressure's part in the brightness; default 0.5
  float   mpe_bend_range_semitones; ///< of members of a zone, 0..96; default 48
  bool    mpe; ///< the lower zone has all 15 members, until a message says otherwise; default off
  float   just_amount; ///< 0 as tuned .. 1 just; default 1
  int32_t prime_limit; ///< 2, 3, 5, 7, 11 or 13; default 5
  bool    just;        ///< just intonation of chords; default off
  int32_t just_root;   ///< pitch class of its root, 0..11; -1: lowest held key; default -1
} FiqNotesPlay;

typedef struct {
  double           sample_rate_hz; ///< fixed by init
  float            shortest_s;     ///< shortest stage; fixed by init
  FiqNotesPlay     play;           ///< as last set
  FiqMts           mts;            ///< by messages, laid over the tuning
  const FiqTuning* tuning;         ///< as last set, not owned; NULL: equal temperament at 440 Hz
  FiqNote          note[FIQ_NOTES_MAX];
  FiqKey           held[FIQ_NOTES_KEYS];   ///< in the order they were struck
  FiqNoteEvent     queue[FIQ_NOTES_QUEUE]; ///< ascending in time
  FiqMidiChannels  midi;
  uint32_t         n_held;
  uint32_t         n_queued;
  uint64_t         frame;                 ///< how far the envelopes have come
  uint64_t         age;                   ///< starts and releases so far
  float   last_pitch[FIQ_NOTES_CHANNELS]; ///< of the last mono note, for the glide; -1000: none
  int32_t chord;                          ///< drone that is held
  int32_t root;                           ///< its lowest key
  FiqNotesParams params;
} FiqNotes;

/// `shortest_frames`: shortest envelope stage, > 0. Default play, no tuning.  [setup]
void fiq_notes_init(FiqNotes* self, double sample_rate_hz, uint32_t shortest_frames);

/// Silence, empty queue, controllers at rest, no zones, stream time 0; play and tunings stay.  [audio]
void fiq_notes_reset(FiqNotes* self);

/// Default of every parameter of play.  [any]
FiqNotesPlay fiq_notes_default_play(void);

/// How it is played from the next event on; out of latch, latched keys end now. A change of `mode`
/// overrules mono and poly messages, one of `mpe` those of zones.  [audio]
void fiq_notes_set_play(FiqNotes* self, const FiqNotesPlay* play);

/// Tune all keys, those that sound too, by `tuning` (kept by pointer; NULL: equal temperament).  [audio]
void fiq_notes_set_tuning(FiqNotes* self, const FiqTuning* tuning);

/// Lay what messages have tuned, packed by fiq_mts_pack(), over the tuning; keys that sound are retuned.  [audio]
void fiq_notes_set_mts(FiqNotes* self, const float* packed);

/// Queue one complete MIDI message at stream time `frame`; see fiq_midi_parse() and fiq_mts_parse() for what is ignored.  [audio]
void fiq_notes_midi(FiqNotes* self, const uint8_t* message, uint32_t size_bytes, uint64_t frame);

/// Queue a key: `channel` 0..15, `key` 0..127, `velocity` 0 (off) .. 1, at stream time `frame`.  [audio]
void fiq_notes_on(FiqNotes* self, uint32_t channel, uint32_t key, float velocity, uint64_t frame);

/// Queue a key's release.  [audio]
void fiq_notes_off(FiqNotes* self, uint32_t channel, uint32_t key, uint64_t frame);

/// Queue a bend, -1..1 of the range.  [audio]
void fiq_notes_bend(FiqNotes* self, uint32_t channel, float bend, uint64_t frame);

/// Queue a controller, 0..127, `value` 0..127; those that midi.h does not use are ignored.  [audio]
void fiq_notes_controller(FiqNotes* self, uint32_t channel, uint32_t controller, uint32_t value,
                          uint64_t frame);

/// Event number `i` < n_queued of the queue takes effect at `frame`, sooner than it would.  [audio]
void fiq_notes_hasten(FiqNotes* self, uint32_t i, uint64_t frame);

/// Hold `chord` (a FiqChord) on `root`, 0..127, from stream time `frame`; keys in common go on.  [audio]
void fiq_notes_drone(FiqNotes* self, int32_t chord, int32_t root, uint64_t frame);

/// Let all events up to and including `frame` take effect and the envelopes come to it. A change of
/// the bend range overrules RPN 0.  [audio]
void fiq_notes_advance(FiqNotes* self, const FiqNotesParams* params, uint64_t frame);

/// Pitch of a note with all that moves it, in fractional keys of equal temperament (69 = 440 Hz).  [any]
float fiq_notes_pitch(const FiqNote* note);

/// The same in Hz.  [any]
double fiq_notes_hz(const FiqNote* note);

/// Linear level of a note, 0 if it is idle: all but the instrument's own level.  [any]
float fiq_notes_level(const FiqNotes* self, const FiqNote* note);

/// That level at the top of its envelope, of a note that is not idle.  [any]
float fiq_notes_top_level(const FiqNotes* self, const FiqNote* note);

/// Share of oscillators that a note asks for, (0, 1]; 0 if it is idle.  [any]
float fiq_notes_mass(const FiqNotes* self, const FiqNote* note);

/// Brightness of a note: timbre + pressure_brightness pressure, -1..1, 0 at rest.  [any]
float fiq_notes_brightness(const FiqNotes* self, const FiqNote* note);

/// Mod wheel for the notes of `channel`, 0..16: 0..1, smooth.  [any]
float fiq_notes_wheel(const FiqNotes* self, uint32_t channel);

/// Coherence of the held keys as just intervals within the prime limit, (0, 1]; see prime.h.  [any]
float fiq_notes_coherence(const FiqNotes* self);

/// Harmony of the sounding chord, [0, 1], by what is heard of each pair of notes: the mean Tenney height of
/// their nearest pure intervals within the prime limit (at least 5), weighted by the notes' levels; see
/// fiq_just_harmony(). 1 for fewer than two notes.  [any]
float fiq_notes_harmony(const FiqNotes* self);

/// Whether any note sounds.  [any]
bool fiq_notes_sounding(const FiqNotes* self);

/// Intervals above the root of `chord`, semitones; their number.  [any]
uint32_t fiq_notes_chord(int32_t chord, uint8_t interval[FIQ_NOTES_CHORD_MAX]);

#endif
