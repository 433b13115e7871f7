// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Curves over frequency as gains by partial: exact, and without phase.

   Filter, l octaves above the cutoff, s dB per octave, n = s / 6, y = 2^(n l):
     low   1 / sqrt(1 + y^2)       high  1 / sqrt(1 + y^-2)
     band  2 / (y + 1/y)           notch |y - 1/y| / (y + 1/y), with y = 2^((1 + 4 resonance) n l)
   Low, high and band are lifted by 1 + (10^(1.2 resonance) - 1) / (1 + (l / 0.2)^2): 24 dB at most. In the notch resonance
   narrows the gap.

   Formants: an envelope floor + sum of gain / (1 + ((f - hz) / half_width_hz)^2), of which `amount` is mixed in. Any
   spectral envelope of up to FIQ_FORMANTS_MAX peaks can be set; the pair of a vowel is one.
   Cost: some 3 ns a partial.
*/
#ifndef FIQ_SPECTRUM_H
#define FIQ_SPECTRUM_H

#include "dsp/base/common.h"

enum { FIQ_FORMANTS_MAX = 6 };

typedef enum {
  FIQ_FILTER_OFF,
  FIQ_FILTER_LOW,
  FIQ_FILTER_HIGH,
  FIQ_FILTER_BAND,
  FIQ_FILTER_NOTCH
} FiqFilterType;

typedef struct {
  FiqFilterType type;
  float         cutoff_octave; ///< log2 of its Hz
  float         slope_db_per_octave;
  float         resonance; ///< 0..1
} FiqFilter;

/// Spectral envelope of one note in one step.
typedef struct {
  uint32_t n;      ///< peaks, 0..FIQ_FORMANTS_MAX
  float    amount; ///< 0 none of it .. 1
  float    floor;  ///< linear, beside the peaks
  float    hz[FIQ_FORMANTS_MAX];
  float    half_width_hz[FIQ_FORMANTS_MAX]; ///< > 0
  float    gain[FIQ_FORMANTS_MAX];          ///< linear
} FiqFormants;

/// Multiply `gain` [n] by the filter at `octave` [n] above the note, which is `note_octave` = log2 of its Hz.  [audio]
void fiq_filter_apply(const FiqFilter* self, const float* octave, float note_octave, float* gain,
                      uint32_t n);

/// The pair of a vowel: 0 u, 0.25 o, 0.5 a, 0.75 e, 1 i, and all between.  [any]
FiqFormants fiq_formants_vowel(float vowel, float amount);

/// Multiply `gain` [n] by the envelope at `ratio` [n] times `note_hz`.  [audio]
void fiq_formants_apply(const FiqFormants* self, const float* ratio, float note_hz, float* gain,
                        uint32_t n);

#endif
