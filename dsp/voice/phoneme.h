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

/// X(identifier, name, kind): every phoneme, once.
#define FIQ_PHONEMES(X)                                                                            \
  X(NONE, "-", SILENCE)                                                                            \
  X(AA, "aa", VOWEL)     /* father */                                                              \
  X(AE, "ae", VOWEL)     /* cat */                                                                 \
  X(AH, "ah", VOWEL)     /* love */                                                                \
  X(AO, "ao", VOWEL)     /* law */                                                                 \
  X(EH, "eh", VOWEL)     /* bed */                                                                 \
  X(ER, "er", VOWEL)     /* bird */                                                                \
  X(IH, "ih", VOWEL)     /* sit */                                                                 \
  X(IY, "iy", VOWEL)     /* see */                                                                 \
  X(UH, "uh", VOWEL)     /* good */                                                                \
  X(UW, "uw", VOWEL)     /* moon */                                                                \
  X(AX, "ax", VOWEL)     /* about */                                                               \
  X(IX, "ix", VOWEL)     /* roses */                                                               \
  X(AXR, "axr", VOWEL)   /* river */                                                               \
  X(AW, "aw", DIPHTHONG) /* now */                                                                 \
  X(AY, "ay", DIPHTHONG) /* night */                                                               \
  X(EY, "ey", DIPHTHONG) /* rain */                                                                \
  X(OW, "ow", DIPHTHONG) /* home */                                                                \
  X(OY, "oy", DIPHTHONG) /* boy */                                                                 \
  X(A, "a", VOWEL)       /* Italian casa */                                                        \
  X(E, "e", VOWEL)       /* Italian vero */                                                        \
  X(I, "i", VOWEL)       /* Italian vino */                                                        \
  X(O, "o", VOWEL)       /* Italian sole */                                                        \
  X(U, "u", VOWEL)       /* Italian luna */                                                        \
  X(UE, "ue", VOWEL)     /* German über, French lune */                                           \
  X(OE, "oe", VOWEL)     /* German schön, French feu */                                           \
  X(OEH, "oeh", VOWEL)   /* German öffnen, French coeur */                                        \
  X(YI, "yi", VOWEL)     /* Russian and Polish y */                                                \
  X(AN, "an", VOWEL)     /* French blanc */                                                        \
  X(IN, "in", VOWEL)     /* French vin */                                                          \
  X(ON, "on", VOWEL)     /* French bon */                                                          \
  X(EL, "el", SYLLABIC)  /* little */                                                              \
  X(EM, "em", SYLLABIC)  /* rhythm */                                                              \
  X(EN, "en", SYLLABIC)  /* golden */                                                              \
  X(W, "w", GLIDE)                                                                                 \
  X(Y, "y", GLIDE) /* you */                                                                       \
  X(R, "r", GLIDE) /* English red */                                                               \
  X(L, "l", GLIDE)                                                                                 \
  X(LY, "ly", GLIDE) /* Italian figlio */                                                          \
  X(M, "m", NASAL)                                                                                 \
  X(N, "n", NASAL)                                                                                 \
  X(NG, "ng", NASAL) /* sing */                                                                    \
  X(NY, "ny", NASAL) /* Spanish año */                                                            \
  X(F, "f", FRICATIVE)                                                                             \
  X(V, "v", FRICATIVE)                                                                             \
  X(TH, "th", FRICATIVE) /* three */                                                               \
  X(DH, "dh", FRICATIVE) /* this */                                                                \
  X(S, "s", FRICATIVE)                                                                             \
  X(Z, "z", FRICATIVE)                                                                             \
  X(SH, "sh", FRICATIVE)                                                                           \
  X(ZH, "zh", FRICATIVE) /* measure */                                                             \
  X(X, "x", FRICATIVE)   /* German Nacht, Scottish loch */                                         \
  X(C, "c", FRICATIVE)   /* German ich */                                                          \
  X(GH, "gh", FRICATIVE) /* Spanish fuego */                                                       \
  X(BH, "bh", FRICATIVE) /* Spanish lobo */                                                        \
  X(RX, "rx", FRICATIVE) /* German and French r */                                                 \
  X(HH, "hh", ASPIRATE)                                                                            \
  X(P, "p", STOP)                                                                                  \
  X(B, "b", STOP)                                                                                  \
  X(T, "t", STOP)                                                                                  \
  X(D, "d", STOP)                                                                                  \
  X(K, "k", STOP)                                                                                  \
  X(G, "g", STOP)                                                                                  \
  X(Q, "q", STOP)        /* glottal, as before German vowels */                                    \
  X(CH, "ch", AFFRICATE) /* church */                                                              \
  X(JH, "jh", AFFRICATE) /* joy */                                                                 \
  X(TS, "ts", AFFRICATE) /* German Zeit */                                                         \
  X(DZ, "dz", AFFRICATE) /* Italian zero */                                                        \
  X(DX, "dx", TAP)       /* American water, Spanish pero */                                        \
  X(RR, "rr", TAP)       /* rolled r, Spanish perro */

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
