// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The adaptive realm's judgement: which of two latency-matched paths suits the sound, and the
   fade between them. The temporal path keeps what happens in time (drums), the spectral path
   what is made of partials (sustained chords).

   Character of a frame, from features that do not depend on level:

       t = 1 - (c(flatness/0.2) + c((entropy - 0.35)/0.4) + c(flux/0.3) + c(variance/0.6)) / 4

   with c() held to 0..1.

   Memory, so that a decision rests on the last half second. Loud frames count more (w =
   amplitude over that of the loudest in memory), and per band a recurrent time-mix state (key =
   share of the energy, value = phasor of the band's phase velocity, which is an angle and must
   not be averaged as a number):

       num[t] = decay num[t-1] + w t        wkv_b[t] = decay wkv_b[t-1] + w key_b e^{j velocity_b}
       den[t] = decay den[t-1] + w          steadiness = sum_b |wkv_b| / den, 0 random .. 1 steady

   How much the level swings is remembered over the same time, each frame counting alike (a its
   amplitude, < > the mean): 0 for a held chord, some 0.4 for drums, whose kicks alone are tones. So is
   how much the frames differ in character: 0.05..0.13 for chords, 0.2..0.35 for drums and speech, where
   strokes and their tails take turns.

       swing    = 1 - <a>^2 / <a^2>           unrest = sqrt(<t^2> - <t>^2)
       tonality = 0.65 num/den + 0.35 steadiness + 0.13 - 0.75 min(max(swing - 0.1, 0), 0.3)
                  - 5 min(max(unrest - 0.15, 0), 0.08), held to 0..1

   Hysteresis: a conviction from -1 to +1 moves by (tonality - 0.5)/0.1, held to +-1, in half of
   FIQ_ADAPTIVE_HOLD_S; at +1 the spectral path is chosen, at -1 the temporal one, and between them, and
   in silence, the choice stands. So a choice stands for at least FIQ_ADAPTIVE_HOLD_S of sound, whatever
   is heard, and the first takes half of that. It is a function of the frames, which stand at fixed
   positions of the stream, so the host's block has no say.

   Fade: a = cos, b = sin of a quarter turn over 50 ms. The paths come from one sound, so an
   equal-power fade alone would bump by up to 3 dB where they agree (and dip where they oppose).
   With P_a, P_b the paths' powers and X their product, all smoothed over 50 ms, the output is
   divided by sqrt(1 + 2 a b X / (a^2 P_a + b^2 P_b)); for equal powers this is sqrt(a^2 + b^2 +
   2 a b rho). It lifts by at most 6 dB. At both ends the output is the path itself, bit for bit.
   Cost: 10 ns a frame; a frame of features O(n_bands). Latency: 0 frames.
*/
#ifndef FIQ_ADAPTIVE_H
#define FIQ_ADAPTIVE_H

#include "dsp/base/arena.h"

#define FIQ_ADAPTIVE_HOLD_S 1.0 ///< of sound from one change of the choice to the next, at least

typedef struct {
  double   sample_rate_hz; ///< 8000..384000
  uint32_t hop_frames;     ///< frames between two looks at the sound, 1..sample rate
  uint32_t n_bands;        ///< 1..FIQ_NEURONS_MAX
} FiqRealmAdaptiveConfig;

/// What one analysis frame says.
typedef struct {
  float        rms_db;                   ///< dBFS
  float        flatness;                 ///< 0 tonal .. 0.56 white noise .. 1
  float        entropy;                  ///< 0 one bin .. 1 flat
  float        flux;                     ///< 0 steady .. 1 all new
  float        phase_increment_variance; ///< 0 steady partials .. 1 noise
  const float* band_share;               ///< [n_bands] of the energy, 0..1
  const float* band_velocity;            ///< [n_bands] phase velocity, rad per hop (wraps)
  uint32_t     n_bands;                  ///< as configured
} FiqAdaptiveFeatures;

typedef struct {
  FiqComplex* wkv; ///< [n_bands] time-mix state
  double      sample_rate_hz;
  uint32_t    n_bands;
  float       decay;       ///< of the memory a frame
  float       character;   ///< num: remembered t, weighted
  float       weight;      ///< den: remembered weights
  float       loudest;     ///< amplitude that counts as 1
  float       level[3];    ///< remembered number, sum and sum of squares of amplitudes
  float       frames[3];   ///< the same of t
  float       tonality;    ///< 0 noise, drums .. 1 sustained tones; last judgement
  float       persuasion;  ///< most that the conviction moves in a frame
  float       conviction;  ///< -1 temporal .. +1 spectral
  bool        is_spectral; ///< the choice
  float       share;       ///< 0 temporal .. 1 spectral, as heard now
  float       step;        ///< share that a frame of audio can move
  float       smoothing;   ///< of the powers, a frame of audio
  float       power_a;     ///< smoothed, both channels
  float       power_b;
  float       product;
} FiqRealmAdaptive;

/// Take the buffers and reset.  [setup]
FiqStatus fiq_realm_adaptive_init(FiqRealmAdaptive* self, FiqArena* arena,
                                  const FiqRealmAdaptiveConfig* config);

/// Forget all; the temporal path is chosen until the sound has spoken.  [audio]
void fiq_realm_adaptive_reset(FiqRealmAdaptive* self);

/// Judge one analysis frame; below -70 dBFS it is ignored.  [audio]
void fiq_realm_adaptive_frame(FiqRealmAdaptive* self, const FiqAdaptiveFeatures* features);

/**
   Fade `n` frames of path a (temporal) and b (spectral) into `out`; planes may coincide one by
   one. The Q planes are all NULL or none; they take the gains that I sets.  [audio]
*/
void fiq_realm_adaptive_process(FiqRealmAdaptive* self, const float* const* a_i,
                                const float* const* b_i, float* const* out_i,
                                const float* const* a_q, const float* const* b_q,
                                float* const* out_q, uint32_t n);

/// 0 temporal .. 1 spectral, as heard now.  [audio]
float fiq_realm_adaptive_share(const FiqRealmAdaptive* self);

#endif
