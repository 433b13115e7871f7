// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What the mouth does for each phoneme: formants, nasality, noise, times, and where transitions come from.

   A consonant's formants at the border to a vowel are between its own and the vowel's: F2 = locus + slope F2 of the vowel
   (locus equations), F3 as `third_slope` says. Frequencies are those of a man; fiq_utterance scales them.
   Sources: Klatt, J. Acoust. Soc. Am. 67(3), 1980, tables II and III (formants, bandwidths, nasal zero); Sussman, McCaffrey and
   Matthews, J. Acoust. Soc. Am. 90, 1991 (locus equations); Jongman, Wayland and Wong, J. Acoust. Soc. Am. 108, 2000 (fricatives); Zue,
   1976 (bursts, voice onset times); Hillenbrand et al. 1995 and Delattre (vowels of other languages).
*/
#ifndef FIQ_TARGETS_H
#define FIQ_TARGETS_H

#include "dsp/voice/phoneme.h"
#include "dsp/voice/tract.h"

typedef struct {
  float hz[3];        ///< F1..F3
  float bandwidth[3]; ///< Hz
  float nasal_hz;     ///< 0: none
  float dull_hz;      ///< from where a closed mouth damps; 0: none
} FiqPlace;

typedef struct {
  FiqPlace place;
  FiqPlace end;          ///< of a diphthong; F1 0: none
  float    locus_hz;     ///< F2 at the border to a vowel = locus_hz + slope F2; slope 0: its own
  float    slope;        ///< 0..1
  float    voicing_db;   ///< of what is voiced; -100: voiceless
  float    noise_db;     ///< of the hiss, under a vowel; -100: none
  float    breath_db;    ///< of the breath, the same
  uint8_t  hiss;         ///< its spectrum, see fiq_target_hiss()
  float    closed_s;     ///< closure of stops, affricates and taps
  float    noise_s;      ///< burst, or frication
  float    onset_s;      ///< breath until the voice begins (stops), or length as an onset
  float    coda_s;       ///< length as a coda
  float    transition_s; ///< to or from a vowel
} FiqTarget;

/// What `phoneme` < FIQ_N_PHONEMES is.  [any]
const FiqTarget* fiq_target(FiqPhoneme phoneme);

/// Spectrum number `hiss` of noise; before a back vowel (F2 below 1400 Hz) velars are lower.  [any]
FiqHiss fiq_target_hiss(uint32_t hiss, float vowel_second_hz);

#endif
