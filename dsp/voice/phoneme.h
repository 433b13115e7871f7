// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Phonemes and syllables: what a note can sing.

   The names are those of ARPAbet in lower case, as English lexica write them ("s w ao r m"), and beside them short ones for
   what other languages need. A syllable is onset, nucleus and coda; the nucleus is a vowel, a diphthong, or a consonant that
   stands for one ("el", "em", "en").
*/
#ifndef FIQ_PHONEME_H
#define FIQ_PHONEME_H

#include "dsp/base/common.h"

#include <stddef.h>

enum { FIQ_SYLLABLE_CONSONANTS_MAX = 6, FIQ_PHONEME_NAME_MAX = 4 };

typedef enum {
  FIQ_PHONE_SILENCE,
  FIQ_PHONE_VOWEL,
  FIQ_PHONE_DIPHTHONG,
  FIQ_PHONE_SYLLABIC, ///< a consonant as a nucleus
  FIQ_PHONE_GLIDE,    ///< w, y, r, l and their like
  FIQ_PHONE_NASAL,
  FIQ_PHONE_FRICATIVE,
  FIQ_PHONE_ASPIRATE, ///< h
  FIQ_PHONE_STOP,
  FIQ_PHONE_AFFRICATE,
  FIQ_PHONE_TAP
} FiqPhonemeKind;

/// ENTRY(identifier, name, kind): every phoneme, once.
#define FIQ_PHONEMES(ENTRY)                                                                        \
  ENTRY(NONE, "-", SILENCE)                                                                        \
  ENTRY(AA, "aa", VOWEL)     /* father */                                                          \
  ENTRY(AE, "ae", VOWEL)     /* cat */                                                             \
  ENTRY(AH, "ah", VOWEL)     /* love */                                                            \
  ENTRY(AO, "ao", VOWEL)     /* law */                                                             \
  ENTRY(EH, "eh", VOWEL)     /* bed */                                                             \
  ENTRY(ER, "er", VOWEL)     /* bird */                                                            \
  ENTRY(IH, "ih", VOWEL)     /* sit */                                                             \
  ENTRY(IY, "iy", VOWEL)     /* see */                                                             \
  ENTRY(UH, "uh", VOWEL)     /* good */                                                            \
  ENTRY(UW, "uw", VOWEL)     /* moon */                                                            \
  ENTRY(AX, "ax", VOWEL)     /* about */                                                           \
  ENTRY(IX, "ix", VOWEL)     /* roses */                                                           \
  ENTRY(AXR, "axr", VOWEL)   /* river */                                                           \
  ENTRY(AW, "aw", DIPHTHONG) /* now */                                                             \
  ENTRY(AY, "ay", DIPHTHONG) /* night */                                                           \
  ENTRY(EY, "ey", DIPHTHONG) /* rain */                                                            \
  ENTRY(OW, "ow", DIPHTHONG) /* home */                                                            \
  ENTRY(OY, "oy", DIPHTHONG) /* boy */                                                             \
  ENTRY(A, "a", VOWEL)       /* Italian casa */                                                    \
  ENTRY(E, "e", VOWEL)       /* Italian vero */                                                    \
  ENTRY(I, "i", VOWEL)       /* Italian vino */                                                    \
  ENTRY(O, "o", VOWEL)       /* Italian sole */                                                    \
  ENTRY(U, "u", VOWEL)       /* Italian luna */                                                    \
  ENTRY(UE, "ue", VOWEL)     /* German über, French lune */                                       \
  ENTRY(OE, "oe", VOWEL)     /* German schön, French feu */                                       \
  ENTRY(OEH, "oeh", VOWEL)   /* German öffnen, French coeur */                                    \
  ENTRY(YI, "yi", VOWEL)     /* Russian and Polish y */                                            \
  ENTRY(AN, "an", VOWEL)     /* French blanc */                                                    \
  ENTRY(IN, "in", VOWEL)     /* French vin */                                                      \
  ENTRY(ON, "on", VOWEL)     /* French bon */                                                      \
  ENTRY(EL, "el", SYLLABIC)  /* little */                                                          \
  ENTRY(EM, "em", SYLLABIC)  /* rhythm */                                                          \
  ENTRY(EN, "en", SYLLABIC)  /* golden */                                                          \
  ENTRY(W, "w", GLIDE)                                                                             \
  ENTRY(Y, "y", GLIDE) /* you */                                                                   \
  ENTRY(R, "r", GLIDE) /* English red */                                                           \
  ENTRY(L, "l", GLIDE)                                                                             \
  ENTRY(LY, "ly", GLIDE) /* Italian figlio */                                                      \
  ENTRY(M, "m", NASAL)                                                                             \
  ENTRY(N, "n", NASAL)                                                                             \
  ENTRY(NG, "ng", NASAL) /* sing */                                                                \
  ENTRY(NY, "ny", NASAL) /* Spanish año */                                                        \
  ENTRY(F, "f", FRICATIVE)                                                                         \
  ENTRY(V, "v", FRICATIVE)                                                                         \
  ENTRY(TH, "th", FRICATIVE) /* three */                                                           \
  ENTRY(DH, "dh", FRICATIVE) /* this */                                                            \
  ENTRY(S, "s", FRICATIVE)                                                                         \
  ENTRY(Z, "z", FRICATIVE)                                                                         \
  ENTRY(SH, "sh", FRICATIVE)                                                                       \
  ENTRY(ZH, "zh", FRICATIVE) /* measure */                                                         \
  ENTRY(X, "x", FRICATIVE)   /* German Nacht, Scottish loch */                                     \
  ENTRY(C, "c", FRICATIVE)   /* German ich */                                                      \
  ENTRY(GH, "gh", FRICATIVE) /* Spanish fuego */                                                   \
  ENTRY(BH, "bh", FRICATIVE) /* Spanish lobo */                                                    \
  ENTRY(RX, "rx", FRICATIVE) /* German and French r */                                             \
  ENTRY(HH, "hh", ASPIRATE)                                                                        \
  ENTRY(P, "p", STOP)                                                                              \
  ENTRY(B, "b", STOP)                                                                              \
  ENTRY(T, "t", STOP)                                                                              \
  ENTRY(D, "d", STOP)                                                                              \
  ENTRY(K, "k", STOP)                                                                              \
  ENTRY(G, "g", STOP)                                                                              \
  ENTRY(Q, "q", STOP)        /* glottal, as before German vowels */                                \
  ENTRY(CH, "ch", AFFRICATE) /* church */                                                          \
  ENTRY(JH, "jh", AFFRICATE) /* joy */                                                             \
  ENTRY(TS, "ts", AFFRICATE) /* German Zeit */                                                     \
  ENTRY(DZ, "dz", AFFRICATE) /* Italian zero */                                                    \
  ENTRY(DX, "dx", TAP)       /* American water, Spanish pero */                                    \
  ENTRY(RR, "rr", TAP)       /* rolled r, Spanish perro */

#define FIQ_PHONEME_ID(id, name, kind) FIQ_PH_##id,
typedef enum { FIQ_PHONEMES(FIQ_PHONEME_ID) FIQ_N_PHONEMES } FiqPhoneme;
#undef FIQ_PHONEME_ID

/// What one note sings. Where a word is held over several notes the first has `goes_on`, those between both, the last
/// `holds`: `goes_on` keeps the end of a diphthong and the coda for later (leave the coda empty), `holds` begins with the
/// nucleus at once (leave the onset empty).
typedef struct {
  uint8_t onset[FIQ_SYLLABLE_CONSONANTS_MAX]; ///< FiqPhoneme
  uint8_t coda[FIQ_SYLLABLE_CONSONANTS_MAX];  ///< FiqPhoneme
  uint8_t n_onset;                            ///< 0..FIQ_SYLLABLE_CONSONANTS_MAX
  uint8_t n_coda;                             ///< 0..FIQ_SYLLABLE_CONSONANTS_MAX
  uint8_t nucleus; ///< FiqPhoneme of the kind vowel, diphthong or syllabic; none: a hum
  uint8_t stress;  ///< 0 none, 1 primary, 2 secondary
  bool    holds;   ///< goes on with the vowel of the note before
  bool    goes_on; ///< is held on by the note after
} FiqSyllable;

/// Name of `phoneme` < FIQ_N_PHONEMES.  [any]
const char* fiq_phoneme_name(FiqPhoneme phoneme);

/// The phoneme of that name [length], in lower or upper case, a digit of stress behind it being passed over; FIQ_N_PHONEMES:
/// there is none.  [any]
FiqPhoneme fiq_phoneme_by_name(const char* name, size_t length);

/// What kind `phoneme` < FIQ_N_PHONEMES is of.  [any]
FiqPhonemeKind fiq_phoneme_kind(FiqPhoneme phoneme);

/// Whether it can be the nucleus of a syllable.  [any]
bool fiq_phoneme_is_nucleus(FiqPhoneme phoneme);

/// Whether all numbers of `syllable` are within their ranges.  [any]
bool fiq_syllable_is_valid(const FiqSyllable* syllable);

/// Whether it has no phoneme at all: the note has no words.  [any]
bool fiq_syllable_is_empty(const FiqSyllable* syllable);

#endif
