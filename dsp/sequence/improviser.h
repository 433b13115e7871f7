// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Learns melodies with their rhythm and chords, and goes on with what it has heard, note by note.

   Rhythm: the time to the next note is one of FIQ_N_STEPS, predicted from the last ones and from the place in the bar,
   and chosen first; then the key, for that place and length (melody_model.h); then the chord beneath it. Each is chosen
   by note_choice.h. Keys are weighted by

   scale      0 outside the present one
   harmony    of their just intervals to the keys that were held or sounded last (fiq_just_harmony, limit 5)
   chord      a twentieth for what is not of the chord that all keep to
   register   a preference for high or low keys within the range that was learned
   range      0 outside the keys wished for
   novelty    less for what sounded a moment ago; 0 for a fifth repetition, and for what would make a copy of more than
              FIQ_COPY_MOST notes of what was learned

   Range: where other keys are wished for than were learned, the line is chosen where it was learned, from the keys that lie in
   the range some octaves away, and moved there; so nothing that was learned is lost by it. The octaves are those by which
   most of both ranges is the same. A range that is so narrow that fewer than five keys of the scale would be left is taken
   as wide as that.

   Memory: the last `window` notes; see context_model.h. Cost: of learning and of choosing some 20 us a note.
*/
#ifndef FIQ_IMPROVISER_H
#define FIQ_IMPROVISER_H

#include "dsp/sequence/melody_model.h"
#include "dsp/sequence/note_choice.h"

enum {
  FIQ_COPY_MOST       = 10, ///< notes in a row that may be those of something learned
  FIQ_N_STEPS         = 14, ///< times from note to note
  FIQ_N_CHORDS_MAX    = 64,
  FIQ_N_RHYTHM_MODELS = 3,
  FIQ_RANGE_NOTES     = 10 ///< of which it is told how many are within the range
};

/// Ticks of each step.
extern const uint16_t fiq_step_ticks[FIQ_N_STEPS];

/// A note or chord as it is learned and kept.
typedef struct {
  uint8_t  key;      ///< the highest, 0..127
  uint8_t  velocity; ///< 1..127
  uint8_t  starts;   ///< 1: a phrase begins; 2: and a piece
  uint8_t  reserved;
  uint16_t place; ///< ticks since the bar began
  uint16_t step;  ///< ticks to the next note
  uint16_t chord; ///< bit i: a key i + 1 semitones below sounds too
} FiqLearnedNote;

typedef struct {
  float    surprise;  ///< aim, 0..1, default 0.5
  float    warning;   ///< 0..1, of the stability monitor
  float    harmony;   ///< 0..1, default 0.5
  float    density;   ///< 0 few notes .. 1 many, 0.5 as learned
  float    register_; ///< 0 low .. 1 high, 0.5 as learned
  float    held[12];  ///< how much each pitch class is held, 0..1
  uint8_t  lowest;    ///< key wished for, 0..127; the two in any order
  uint8_t  highest;   ///< 0 and 127: as learned
  uint32_t chord;     ///< pitch classes of the chord that all keep to, a bit each; 0: there is none
} FiqImproviserParams;

typedef struct {
  uint32_t        window;
  FiqMelodyModel  melody;
  FiqContextModel rhythm[FIQ_N_RHYTHM_MODELS]; ///< steps; with the place; of the present piece
  FiqMixer        rhythm_mixer;
  FiqContextModel chords;
  uint16_t        chord_seen[FIQ_N_CHORDS_MAX]; ///< [n_chords] other than none
  uint32_t        n_chords;
  FiqNoteChoice   key_choice;
  FiqNoteChoice   step_choice;
  FiqNoteChoice   chord_choice;
  FiqLearnedNote* note;        ///< [window] ring
  uint8_t*        key;         ///< ring of the keys learned, four times as long
  uint8_t*        run[2];      ///< as long: notes played last that are those up to this one
  uint32_t        n_keys;      ///< in it
  uint32_t        newest_key;  ///< place of the next one
  uint32_t        run_now;     ///< which of the two
  uint32_t        n_notes;     ///< in the ring
  uint32_t        newest;      ///< place of the next one
  uint32_t        generation;  ///< changes with what is learned
  uint32_t        run_longest; ///< of all
  uint8_t         lowest;      ///< key learned
  uint8_t         highest;
  uint8_t         last_key;                ///< chosen, before it was moved into the range
  uint32_t        n_repeated;              ///< times that it was played in a row
  uint8_t         played[FIQ_RANGE_NOTES]; ///< ring of the keys played last, where they sounded
  uint32_t        n_played;                ///< so far, without end
  float           mean_velocity;
  float           chroma[12];              ///< what sounded last, by pitch class
  float           harmony_of[12];          ///< of an interval, (0, 1]
  float           chance[FIQ_MELODY_KEYS]; ///< by key, of the last choice
} FiqImproviser;

/// Take the memory for `window` notes; nothing is known.  [setup]
FiqStatus fiq_improviser_init(FiqImproviser* self, FiqArena* arena, uint32_t window);

/// Forget everything; the choices of `seed` begin anew.  [audio]
void fiq_improviser_reset(FiqImproviser* self, uint64_t seed);

/// Begin the choices of `seed`; what was learned stays.  [audio]
void fiq_improviser_reseed(FiqImproviser* self, uint64_t seed);

/// A note was played by somebody: learn it, or only let it be what goes before.  [audio]
void fiq_improviser_learn(FiqImproviser* self, const FiqLearnedNote* note);
void fiq_improviser_follow(FiqImproviser* self, const FiqLearnedNote* note);

/// Whether enough is known to play.  [any]
bool fiq_improviser_can_play(const FiqImproviser* self);

/// The note for `place` of a bar of `bar_ticks`: it is taken as played.  [audio]
FiqLearnedNote fiq_improviser_play(FiqImproviser* self, const FiqImproviserParams* params,
                                   uint32_t place, uint32_t bar_ticks);

/// How likely each pitch class comes next at `place` of a bar; nothing is played.  [audio]
void fiq_improviser_foresee(FiqImproviser* self, const FiqImproviserParams* params, uint32_t place,
                            float pitch[12]);

/// A second voice to `key`, below it, or as many octaves away from there as the range wants, that moves little; taken as
/// played neither here nor there.  [audio]
uint8_t fiq_improviser_accompany(FiqImproviser* self, const FiqImproviserParams* params,
                                 uint8_t key, uint8_t last);

/// Share of its last FIQ_RANGE_NOTES keys that are within the range wished for, 0..1; 1 before it has played.  [any]
float fiq_improviser_in_range(const FiqImproviser* self, uint8_t lowest, uint8_t highest);

/// The ticks of the step nearest to `ticks`.  [any]
uint16_t fiq_nearest_step(uint32_t ticks);

#endif
