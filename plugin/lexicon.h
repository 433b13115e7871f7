// SPDX-License-Identifier: GPL-3.0-or-later
/**
   How an English word is spoken, by flite's lexicon and its letter rules; built without flite, no word is known. Apostrophes are
   understood beyond that ("don't", "love's", "nothin'").
*/
#ifndef FIQ_LEXICON_H
#define FIQ_LEXICON_H

#include "dsp/voice/phoneme.h"

enum {
  FIQ_LEXICON_LETTERS  = 48, ///< of the longest word that is looked up
  FIQ_LEXICON_PHONEMES = 128 ///< of the longest pronunciation
};

typedef struct {
  uint8_t phoneme; ///< a FiqPhoneme
  uint8_t stress;  ///< of a nucleus: 0 none, 1 primary, 2 secondary
} FiqSpokenPhoneme;

/// Whether words can be looked up at all.  [any]
bool fiq_lexicon_is_there(void);

/// The phonemes of `word` (a-z and apostrophes, at most FIQ_LEXICON_LETTERS), which may be none; their number.
/// [setup, worker; several threads may at once]
uint32_t fiq_lexicon_speak(const char* word, FiqSpokenPhoneme spoken[FIQ_LEXICON_PHONEMES]);

#endif
