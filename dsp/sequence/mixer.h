// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Combines the predictions of several models by how sure each is. Each model's entropy H, over the greatest, chooses
   its weight from a table, and so does how long the phrase has gone on; the combination is the weighted geometric mean

       P(s) ~ product over models m of p_m(s)^w_m[entropy of m][age]

   The tables are learned: after every symbol each weight in use moves up the gradient of log P of what came,
   w += rate (log p_m(s) - sum over t of P(t) log p_m(t)). At first all weights are alike.
   Source: entropy as weight, Conklin 1990, Pearce 2005; learned geometric mixing, Mattern 2012. O(models x symbols).
*/
#ifndef FIQ_MIXER_H
#define FIQ_MIXER_H

#include "dsp/base/common.h"

enum {
  FIQ_MIXER_MODELS_MAX  = 12,
  FIQ_MIXER_SYMBOLS_MAX = 128,
  FIQ_MIXER_LEVELS      = 8, ///< of entropy
  FIQ_MIXER_AGES        = 4  ///< up to 4, 12 and 24 symbols, and longer
};

typedef struct {
  uint32_t n_models; ///< 1..FIQ_MIXER_MODELS_MAX
  float    weight[FIQ_MIXER_MODELS_MAX][FIQ_MIXER_LEVELS * FIQ_MIXER_AGES]; ///< 0..4
  // The last mix.
  uint32_t n_symbols;
  uint32_t cell[FIQ_MIXER_MODELS_MAX];                             ///< of the table, in use
  float    log_share[FIQ_MIXER_MODELS_MAX][FIQ_MIXER_SYMBOLS_MAX]; ///< nepers
  float    share[FIQ_MIXER_SYMBOLS_MAX];                           ///< [n_symbols] P, sum 1
  float    entropy;                                                ///< of P, 0..1 of the greatest
} FiqMixer;

/// Even weights, nothing mixed.  [setup, audio]
void fiq_mixer_reset(FiqMixer* self, uint32_t n_models);

/// Put in the prediction `share` [n_symbols] of model `which` (all > 0, sum 1).  [audio]
void fiq_mixer_put(FiqMixer* self, uint32_t which, const float* share, uint32_t n_symbols,
                   uint32_t age);

/// Combine what was put in, of all models, to `share` and `entropy`.  [audio]
void fiq_mixer_mix(FiqMixer* self);

/// `symbol` (an index of the shares) has come: learn from the last mix.  [audio]
void fiq_mixer_learn(FiqMixer* self, uint32_t symbol);

#endif
