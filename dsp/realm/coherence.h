// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Coherence as a control: one turn delta(f) for every bin of a frame, by an amount of -1..+1.

   Below 0 it disperses, always in the same way:

     delta = amount 4 pi sin^2(pi u(f)),   du/df = min(ERB rate's slope, limit)

   so that the group delay swings about 0 from band to band, u having a whole number of periods of
   some 14 ERB from DC to Nyquist. The limit keeps the group delay within window/8, and so the
   response within the frame.

   Above 0 it focuses. Partials p are the spectral peaks of the sum of both channels, with
   amplitude A, frequency f and phase chi. They are compared at the instant s near the
   frame's centre where the output's envelope is highest (which for a periodic sound is the same
   place in every period), and pulled together there as Kuramoto's oscillators are:

     chi_p = arg X_p + delta_p + 2 pi f_p s,    R e^{j psi} = sum A_p e^{j chi_p} / sum A_p
     v_p += 0.08 (R sin(psi - chi_p) - v_p),     delta_p += 0.1 amount v_p - leak delta_p

   A turn belongs to a partial and accumulates: what is steady comes to rest, what has no common
   instant (an inharmonic chord) is pulled to and fro and stays where it was. The leak grows as
   amount falls, so that at 0 everything returns to its own phase. Between peaks delta runs
   straight, the short way round.

   At amount 0 and at rest delta is exactly 0. The amount moves by at most 1/96 a frame, any turn
   by 0.3 rad. Measured at a window of 2048 and 48 kHz: harmonic tones of 110 to 330 Hz with random
   phases gain 1.6 to 7.2 dB of crest factor at +1 (mean 4.8) within a second; single partials of tones
   and chords keep their level within 0.03 dB; at -1 the peak of a click falls by 8.4 dB.
   Cost a frame: nothing at 0; above 0 one complex transform of half the window, at most 64 partials
   and three passes over the bins: 16 ns a frame of sound in all, 1 below 0.
*/
#ifndef FIQ_COHERENCE_H
#define FIQ_COHERENCE_H

#include "dsp/base/arena.h"
#include "dsp/transform/fft.h"

enum {
  FIQ_COHERENCE_PEAKS_MAX = 64,
  FIQ_COHERENCE_SHADOW    = 11 ///< bins over which a peak hides its sidelobes
};

typedef struct {
  double   sample_rate_hz; ///< FIQ_SAMPLE_RATE_MIN_HZ..FIQ_SAMPLE_RATE_MAX_HZ
  uint32_t window_frames;  ///< a power of two, 256..65536
  uint32_t hop_frames;     ///< a divisor of window_frames, 1..window/4
} FiqCoherenceConfig;

/// A partial of the current frame.
typedef struct {
  float      turn_rad; ///< delta_p
  float      pull;     ///< v_p
  FiqComplex at;       ///< e^{j chi_p}
  uint32_t   bin;      ///< of the peak
} FiqCoherencePartial;

typedef struct {
  FiqCoherenceConfig  config;
  FiqFft              fft;
  uint32_t            n_bins;         ///< window/2 + 1
  float*              dispersion_rad; ///< [n_bins] delta at amount -1
  float*              turn_rad;       ///< [n_bins] delta of the focus
  float*              next_rad;       ///< [n_bins] where turn_rad is to go
  float*              pull;           ///< [n_bins] v
  float*              power;          ///< [n_bins] |X|^2
  FiqComplex*         turn;           ///< [n_bins] e^{j turn_rad}
  FiqComplex*         sum;            ///< [n_bins] X, both channels
  FiqComplex*         sum_last;       ///< [n_bins] of the frame before
  FiqComplex*         advance;        ///< [window/hop] of the phase of a bin's centre in a hop
  FiqComplex*         bins;           ///< [window/2] X turned
  FiqComplex*         time;           ///< [window/2] its envelope, every other sample
  uint16_t*           peak;           ///< [n_bins] scratch: bins of the peaks
  FiqCoherencePartial partial[FIQ_COHERENCE_PEAKS_MAX];
  uint32_t            n_partials;
  float               shadow[FIQ_COHERENCE_SHADOW]; ///< share of power by distance in bins
  float               amount;                       ///< of this frame
  FiqComplex          field;                        ///< R e^{j psi}
  bool                is_turned;                    ///< turn_rad is not all 0
  bool                use_avx2;
} FiqCoherence;

/// FIQ_BAD_ARGUMENT for a configuration out of range.  [setup]
FiqStatus fiq_coherence_init(FiqCoherence* self, FiqArena* arena, FiqFftPool* pool,
                             const FiqCoherenceConfig* config);

/// Amount 0 and no turns.  [audio]
void fiq_coherence_reset(FiqCoherence* self);

/// Whether this frame's delta is exactly 0; asked after fiq_coherence_turn.  [audio]
bool fiq_coherence_is_off(const FiqCoherence* self);

/// A frame begins: move the amount toward `target` (-1..+1). False: this frame need not be listened to.  [audio]
bool fiq_coherence_move(FiqCoherence* self, float target);

/// First third of its work: find the envelope of `spectra` [2][n_bins] with time 0 in the middle of the frame.  [audio]
void fiq_coherence_listen(FiqCoherence* self, FiqComplex* const* spectra);

/// Second third: find the partials, pull them.  [audio]
void fiq_coherence_pull(FiqCoherence* self);

/// Last third: draw the curve through the partials, make the turns.  [audio]
void fiq_coherence_turn(FiqCoherence* self);

/// Add delta to `curve_rad` [n_bins].  [audio]
void fiq_coherence_add(const FiqCoherence* self, float* curve_rad);

#endif
