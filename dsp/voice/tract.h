// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The vocal tract in one moment, as curves over frequency: what it does to the partials of a note, and the noise that is made
   in it.

   |H(f)| = e^(f^2 / m) prod F_i^2 / sqrt((F_i^2 - f^2)^2 + (B_i f)^2) up to 8 kHz and as there beyond: a cascade of
   resonators, the first factor being what the poles above them add (m = 8 MHz^2, for one pole in every kHz). A nose has one pole
   more and a zero. The source in front of it is the note's own spectrum; -6 dB an octave is that of a voice with its radiation,
   and 1 / sqrt(1 + (soft f)^2) what a voice that is not pressed loses of it (for partials; breath knows no such loss).
   Where the mouth is closed, (1 + leak (dull f)^2) / (1 + (dull f)^2) comes on top: walls and nose let a little through.
   A tract of another size has all frequencies, 8 kHz and m included, at their size-th part.
   Noise: the hiss of a constriction, two peaks 1 / (1 + ((f - hz) / half_width)^2) on a floor between 400 Hz and 12 kHz; and
   breath, falling by 6 dB an octave below 2 kHz before the tract, with the first formant damped by the open glottis.
   Cost: some 4 ns a partial. Latency: none.
   Source: Fant, Acoustic Theory of Speech Production, 1960; Klatt, J. Acoust. Soc. Am. 67(3), 1980.
*/
#ifndef FIQ_TRACT_H
#define FIQ_TRACT_H

#include "dsp/base/common.h"

enum {
  FIQ_TRACT_FORMANTS   = 8,
  FIQ_TRACT_POINTS_MAX = 128 ///< frequencies at a time
};

/// Of the nose's pole, for a man; a zero there takes it away.
static const float fiq_nasal_hz = 270.0f;

/// Spectrum of noise made at a constriction.
typedef struct {
  float hz[2];         ///< of the peaks
  float half_width[2]; ///< Hz, > 0
  float gain[2];       ///< linear
  float floor;         ///< linear, beside the peaks
} FiqHiss;

/// Levels are against those of a vowel.
typedef struct {
  float   hz[FIQ_TRACT_FORMANTS];        ///< > 0
  float   bandwidth[FIQ_TRACT_FORMANTS]; ///< Hz, > 0
  float   nasal_hz;                      ///< of the zero, > 0
  float   size;                          ///< > 0, 1 is a man's
  float   dull;       ///< 1/Hz: from its inverse on it falls by 12 dB an octave; 0: none
  float   soft;       ///< 1/Hz: from its inverse on the voice falls by 6 dB an octave; 0: none
  float   voicing;    ///< level of the partials
  float   murmur;     ///< level of the breath that goes with them
  float   breath;     ///< of other breath
  float   hiss_level; ///< of noise made in the mouth
  FiqHiss hiss;
} FiqTract;

/// Multiply `gain` [n] by 1 + (|H| - 1) amount at `ratio` [n] times `note_hz`, n <= FIQ_TRACT_POINTS_MAX.  [audio]
void fiq_tract_apply(const FiqTract* self, float amount, const float* ratio, float note_hz,
                     float* gain, uint32_t n);

/// Power density of breath and hiss at `hz` [n], a point standing for `width_hz` [n], n <= FIQ_TRACT_POINTS_MAX: per Hz, all
/// of it at level 1 having power 1.  [audio]
void fiq_tract_noise(const FiqTract* self, const float* hz, const float* width_hz, float* density,
                     uint32_t n);

#endif
