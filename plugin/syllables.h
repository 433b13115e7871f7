// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Syllables of a text, one for each note that is to sing them.

   Words are spoken as lexicon.h knows them, and cut by maximal onset: consonants go to the vowel after them as far as a word
   could begin so. Digits are read one by one, accents left off (é is e). What no word is made of parts words.

     love -            `-`, `+` or `_` alone: one more note on the same syllable; as often as wanted
     beau-ti-ful       a word cut by hand: as many notes as pieces
     glo-+-ri-a        `+` between them: one more note on the piece before
     sky[s k ay]       the phonemes by hand, for the word before or for none; `.` or `-` among them cut syllables by hand
     {fire}            exactly as many notes as pieces: here one, though it may be spoken as two
     []                a note without words
     [sh 2: n]         X-SAMPA beside ARPAbet, mixed as one likes

   Phonemes are those of phoneme.h in lower case, digits of stress passed over ("ao1"), and of X-SAMPA what is listed in
   syllables.c. Where both know a name, capitals mean X-SAMPA and small letters ARPAbet; brackets all in capitals with a
   vowel of two letters are ARPAbet as dictionaries write it ([L AH1 V]).

   Any bytes are safe. What cannot be sung is passed over, and counted. Cost: O(bytes) and the look-ups.
*/
#ifndef FIQ_SYLLABLES_H
#define FIQ_SYLLABLES_H

#include "dsp/voice/phoneme.h"

enum {
  FIQ_TEXT_BYTES      = 32768, ///< of a text that are read; the rest is left out
  FIQ_TEXT_SYLLABLES  = 8192,  ///< that it makes at most; the rest is left out
  FIQ_TEXT_NOTE_BYTES = 24     ///< of what was passed over first, with the final 0
};

/// What was made of a text.
typedef struct {
  uint32_t n_syllables;
  uint32_t n_words;    ///< that nobody knows how to speak
  uint32_t n_phonemes; ///< of unknown names
  uint32_t
       n_characters; ///< that belong to no word: other scripts, brackets without a fellow, bytes that are no UTF-8
  bool is_cut;                       ///< something was left out at the end
  char word[FIQ_TEXT_NOTE_BYTES];    ///< the first of these words
  char phoneme[FIQ_TEXT_NOTE_BYTES]; ///< the first of these names
} FiqTextReport;

/// The syllables of `text` [n_bytes], at most FIQ_TEXT_SYLLABLES, into `syllables`; what became of it in `report`.
/// [setup, worker]
void fiq_syllables_read(FiqSyllable syllables[FIQ_TEXT_SYLLABLES], const char* text, size_t n_bytes,
                        FiqTextReport* report);

/// `text` [n_bytes] without control characters and bytes that are no UTF-8, into `to` [n_bytes]; its length.  [any]
size_t fiq_syllables_clean(char* to, const char* text, size_t n_bytes);

#endif
