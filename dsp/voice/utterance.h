// SPDX-License-Identifier: GPL-3.0-or-later
/**
   One syllable on one note: when its consonants sound, where the vowel begins, and what the vocal tract is at any time.

   Time counts from the start of the note. Onsets keep their length, or are sung faster so that the vowel begins within
   `onset_max_s`; where it begins, with half its level, is told. The vowel is held until the note is released; then a
   diphthong goes to its end and the coda is sung at its own length, the vowel falling by half before it. Formants and levels
   move on straight lines between keys, which are written when the note begins and when it is released: the same whenever it is
   asked.
   A voice has murmur, breath that goes with the tone, and of whispering nothing but breath. The singer's formant draws F3..F5
   together about 2.8 kHz. From 400 Hz on, wholly from 500 Hz, the first formant lies no lower than the note. A size divides all
   frequencies: 1 a man's, 0.86 a woman's, 0.74 a child's, above 1 a giant's.
   Cost: next to nothing; some us where it begins. Latency: none.
   Source: Klatt 1980 (see targets.h); Sundberg, The Science of the Singing Voice, 1987.
*/
#ifndef FIQ_UTTERANCE_H
#define FIQ_UTTERANCE_H

#include "dsp/voice/phoneme.h"
#include "dsp/voice/tract.h"

enum { FIQ_UTTERANCE_PLACES = 24, FIQ_UTTERANCE_SOURCES = 48 };

/// Where the mouth is at a time.
typedef struct {
  float at_s;
  float hz[3];        ///< F1..F3 of a man
  float bandwidth[3]; ///< Hz
  float nasal_hz;     ///< of the zero
  float dull;         ///< as in FiqTract
} FiqPlaceKey;

/// What sounds at a time; levels as in FiqTract.
typedef struct {
  float   at_s;
  float   voicing;
  float   breath;
  float   hiss_level;
  uint8_t hiss; ///< see fiq_target_hiss()
} FiqSourceKey;

/// What one voice is like.
typedef struct {
  float size;    ///< 0.5..2; default 1
  float ring;    ///< singer's formant, 0..1; default 0
  float whisper; ///< 0 voice .. 1 breath; default 0
} FiqVoiceParams;

typedef struct {
  FiqSyllable  syllable;
  FiqPlaceKey  place[FIQ_UTTERANCE_PLACES];   ///< ascending in time
  FiqSourceKey source[FIQ_UTTERANCE_SOURCES]; ///< ascending in time
  uint32_t     n_places;
  uint32_t     n_sources;
  FiqPlaceKey  from_place;  ///< where it began, if it follows another
  FiqSourceKey from_source; ///< the same
  float        onset_s;     ///< when the vowel begins
  float        steady_s;    ///< when it may end
  float        coda_s;      ///< from the end of the vowel to that of the coda
  float        vowel_hz;    ///< its second formant, for bursts
  bool         follows;     ///< another, without silence between them
  bool         released;
} FiqUtterance;

/// Begin `syllable`, which must be valid, out of silence; the vowel comes within `onset_max_s` > 0.  [audio]
void fiq_utterance_begin(FiqUtterance* self, const FiqSyllable* syllable, float onset_max_s);

/// The same, at `at_s` of the syllable that sounds: from where it is, by way of its coda, if that is still to come.  [audio]
void fiq_utterance_follow(FiqUtterance* self, float at_s, const FiqSyllable* syllable,
                          float onset_max_s);

/// The vowel ends at `at_s`, no earlier than steady_s; once.  [audio]
void fiq_utterance_release(FiqUtterance* self, float at_s);

/// The tract at `at_s`, on a note of `note_hz`.  [audio]
FiqTract fiq_utterance_tract(const FiqUtterance* self, const FiqVoiceParams* params, float at_s,
                             float note_hz);

/// The tract that holds a vowel: 0 u, 0.25 o, 0.5 a, 0.75 e, 1 i, and all between.  [audio]
FiqTract fiq_voice_vowel(const FiqVoiceParams* params, float vowel, float note_hz);

#endif
