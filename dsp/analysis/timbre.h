// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What one recorded note is like, in eleven measures from 0 to 100. P is its power spectrum, averaged over the time that it is
   held (Hann windows of 0.17 s, half overlapping, both channels added), E a sum of it, x = 10 log10 of a share. Roughness,
   breath and inharmonicity are of the second half, when what moves onto the notes is there:

   brightness     17.43 + 4.61 log10(E above 2 kHz / E) + 17.38 log10(centroid above 100 Hz), of AudioCommons
   warmth         50 + 2.5 x(E below 400 Hz / E above)
   roughness      48.98 + 13.99 log10 R; R: 0.5 (a b)^0.1 (2 min(a, b) / (a + b))^3.11 (e^(-3.5 s d) - e^(-5.75 s d)) summed
                  over all pairs of the 64 loudest peaks, amplitudes a and b over that of the loudest, d Hz apart,
                  s = 0.24 / (0.0207 f + 18.96) with f the lower one (Vassilakis 2001; scale of AudioCommons)
   hardness       half of 100 - attack, half of 100 + 2.5 x(E above 1.5 kHz / E) of the first 85 ms
   depth          100 - 14 octaves from 60 Hz up to where 85 % of the energy lie below
   sharpness      34.4 + 102.5 log10 S; S = 0.11 sum N g z / sum N over Bark bands z, N = E_z^0.23, g = 1 up to 15 Bark,
                  above 0.066 e^(0.171 z) (Zwicker; scale of AudioCommons)
   breath         how flat the spectrum is between its peaks: 100 + 2 times the geometric over the arithmetic mean of P,
                  in dB, over pieces of a third of an octave or two harmonics, weighted by their energy
   attack         25 log10(1000 t) up to 90 % of the largest level, t in seconds from the key: 1 ms is 0, 10 s are 100
   motion         10 times the standard deviation, in dB about its straight line, of the levels in octave bands of either
                  channel while the note is held and within 40 dB of its loudest, weighted by energy
   width          200 E of left - right / (that + E of left + right), at most 100: 0 mono, 100 unrelated channels
   inharmonicity  200 times the distance of the peaks from multiples of half the note's frequency, in multiples of that, at
                  most 0.5 each, weighted by amplitude; up to the 24th

   All are held to 0..100. Scales that name no source are this module's own.
   Cost: some 2 ms a second of sound. Memory: 4 MB at 48 kHz. Latency: the whole sound.
*/
#ifndef FIQ_TIMBRE_H
#define FIQ_TIMBRE_H

#include "dsp/base/arena.h"
#include "dsp/transform/fft.h"

typedef enum {
  FIQ_TIMBRE_BRIGHTNESS,
  FIQ_TIMBRE_WARMTH,
  FIQ_TIMBRE_ROUGHNESS,
  FIQ_TIMBRE_HARDNESS,
  FIQ_TIMBRE_DEPTH,
  FIQ_TIMBRE_SHARPNESS,
  FIQ_TIMBRE_BREATH,
  FIQ_TIMBRE_ATTACK,
  FIQ_TIMBRE_MOTION,
  FIQ_TIMBRE_WIDTH,
  FIQ_TIMBRE_INHARMONICITY,
  FIQ_N_TIMBRES
} FiqTimbreMeasure;

enum { FIQ_TIMBRE_PEAKS = 64, FIQ_TIMBRE_BANDS = 8, FIQ_TIMBRE_MOMENTS = 512 };

/// A note as it was recorded.
typedef struct {
  const float* channel[FIQ_CHANNELS]; ///< [n_frames], from the key on
  uint32_t     n_frames;              ///< while it is held
  float        hz;                    ///< of the note, > 0
} FiqTimbreSound;

typedef struct {
  double      sample_rate_hz;
  FiqFft      fft;          ///< of the spectrum
  FiqFft      fft_quick;    ///< of motion and onset
  float*      window;       ///< [fft.size] Hann
  float*      window_quick; ///< [fft_quick.size] Hann
  float*      frame;        ///< [fft.size]
  FiqComplex* spectrum;     ///< [fft.size / 2 + 1]
  float*      power;        ///< [fft.size / 2 + 1] P
  float*      level_db;     ///< [2 channels x FIQ_TIMBRE_BANDS][FIQ_TIMBRE_MOMENTS]
} FiqTimbreMeter;

/// 8 to 192 kHz; its plans are the pool's.  [setup]
FiqStatus fiq_timbre_init(FiqTimbreMeter* self, FiqArena* arena, FiqFftPool* pool,
                          double sample_rate_hz);

/// Measure `sound`; false if it is silent (below -80 dBFS) or shorter than 0.35 s, which has no measures.  [setup, worker]
bool fiq_timbre_measure(FiqTimbreMeter* self, const FiqTimbreSound* sound,
                        float measure[FIQ_N_TIMBRES]);

/// Name of a measure, in lower case.  [any]
const char* fiq_timbre_name(FiqTimbreMeasure measure);

#endif
