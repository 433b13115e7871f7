// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Chooses what comes next: a prediction, weighted by whatever is wanted of it, at a temperature that a regulator
   holds so that the choice stays as uncertain as asked for.

       p_i ~ (share_i weight_i)^(1/T),  H(p) / log n = aim + (aim - mean surprise) / 2, held to 0.36..0.64

   T is sought between 0.3 and 1.5 (above that a choice is but noise) and moves by a factor of 1.6 a choice at most.
   Where that is not enough, because the prediction knows one way alone, the weights by themselves are mixed in.
   Surprise of a choice = -log p_i / log n. The aim is lowered by warnings of instability and raised while the last
   choices repeat themselves. The random numbers are seeded. O(n).
*/
#ifndef FIQ_NOTE_CHOICE_H
#define FIQ_NOTE_CHOICE_H

#include "dsp/base/random.h"

enum {
  FIQ_NOTE_CHOICE_MAX     = 128, ///< ways
  FIQ_NOTE_CHOICE_HISTORY = 20
};

typedef struct {
  float aim;     ///< U, 0..1, default 0.5
  float warning; ///< 0..1, of the stability monitor
} FiqNoteChoiceParams;

typedef struct {
  FiqRandom random;
  float     temperature; ///< T of the last choice
  float     entropy;     ///< of the last choice, 0..1 of the greatest
  float     surprise;    ///< mean of the last ten or so choices, 0..1
  float     shaken;      ///< 0..1, how much the last choices repeated themselves
  uint8_t   history[FIQ_NOTE_CHOICE_HISTORY]; ///< the last choices, as names that the caller gives
  uint32_t  n_history;                        ///< so far, without end
} FiqNoteChoice;

/// Nothing chosen; the random numbers of `seed` and `stream`.  [audio]
void fiq_note_choice_reset(FiqNoteChoice* self, uint64_t seed, uint64_t stream);

/**
   One of `n` ways (1..FIQ_NOTE_CHOICE_MAX) by `share` (>= 0) and `weight` (>= 0; 0 forbids). If all are forbidden, by share.
   `name` [n] tells ways apart from choice to choice. Fills `chance` [n] with the probabilities that it chose by.  [audio]
*/
uint32_t fiq_note_choice_pick(FiqNoteChoice* self, const FiqNoteChoiceParams* params,
                              const float* share, const float* weight, const uint8_t* name,
                              uint32_t n, float* chance);

#endif
