// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The words of adjectives.def as data: what they mean, and which controls lead there.
*/
#ifndef FIQ_ADJECTIVES_H
#define FIQ_ADJECTIVES_H

#include "dsp/analysis/timbre.h"

typedef struct {
  uint32_t measure; ///< a FiqTimbreMeasure; FIQ_N_TIMBRES ends a list
  float    weight;  ///< standard deviations over the presets
} FiqLeaning;

typedef struct {
  const char*       words; ///< that mean the same, with a space between
  const FiqLeaning* leanings;
  bool              is_instrument;
} FiqAdjective;

/// A control that moves a measure, which may have several.
typedef struct {
  FiqTimbreMeasure measure;
  const char*      symbol;
  float step;  ///< for about one deviation, in the control's unit, in octaves if it moves by ratios
  float least; ///< that it goes down to, -INFINITY: none
} FiqToward;

extern const FiqAdjective fiq_adjectives[];
extern const uint32_t     fiq_n_adjectives;
extern const FiqToward    fiq_towards[];
extern const uint32_t     fiq_n_towards;

/// The adjective that `word` [length] is one of, or NULL.  [any]
const FiqAdjective* fiq_adjective_of(const char* word, size_t length);

#endif
