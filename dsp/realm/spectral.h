// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The spectral realm: a phase for every band. One neuron a band on the ERB scale (bands.h) turns its
   band of channel c by

     psi_b(c) = amount (phi_b + motion_rad sin(theta_b + offset_c)),  offset = {0, stereo_rad}

   and the bins between centres by the B-spline curve psi(f) through these, 0 at DC and Nyquist, plus
   the turn of the coherence control (coherence.h): each bin is multiplied by e^{j psi(f)} and so keeps
   its magnitude. phi and theta come from outside: learned phases, coordination, the phase core. The
   frames are filter-shaped (stft.h), so that phases at rest are an all-pass filter: its magnitude stays
   within 0.05 dB (rms) and 0.2 dB (worst) even for 24 independent random phases at a window of 2048.
   Learned phases come in bands of their own, n_learned of them, and do not move.
   With amount 0 and coherence 0 the output is the input, latency_frames later.

   Bands can be placed: with p(f) and a gain g(f), the B-spline curves through one value a band, S' = g (S + p M) and
   M' = g M, so that L + R knows nothing of p.

   Phases are read once a frame, 5/8 of a hop into the hop before it is heard, and cross-faded from frame
   to frame; phases that swing over +-pi/2 once a second leave sidebands at the hop rate 59 dB below a
   tone, 79 dB with hop_frames = window/8, and 6 dB more for each doubling of speed.
   The frame's work is spread over the hop in eight slices (stft.h). Both channels pass through one
   transform, which leaves some -130 dB of one in the other.
   Latency: window_frames. Cost at 48 kHz, stereo, window/4: 10 ns a frame at rest, 11 in motion, also with
   different phases left and right (AVX-512), 10 more for features, 16 more for focus; twice that at window/8.
   The worst block of 64 frames takes 2 times the median one, 3 times with focus, 7 times with features.
*/
#ifndef FIQ_SPECTRAL_H
#define FIQ_SPECTRAL_H

#include "dsp/analysis/bands.h"
#include "dsp/analysis/spectral_features.h"
#include "dsp/realm/coherence.h"
#include "dsp/transform/stft.h"

typedef struct {
  double   sample_rate_hz; ///< FIQ_SAMPLE_RATE_MIN_HZ..FIQ_SAMPLE_RATE_MAX_HZ
  uint32_t window_frames;  ///< a power of two, 256..65536; default 2048
  uint32_t n_neurons;      ///< 4..FIQ_NEURONS_MAX; default 24
  uint32_t control_frames; ///< 1..FIQ_CONTROL_MAX
  uint32_t hop_frames;     ///< a power of two, 16..window/4; 0: window/4
  bool     features;       ///< the character of the input is wanted; costs 10 ns a frame
  uint32_t
      n_learned; ///< learned phases a channel, 4..FIQ_NEURONS_MAX; 0: nothing learned is ever played
} FiqRealmSpectralConfig;

typedef struct {
  float amount;     ///< 0..1
  float motion_rad; ///< 0..pi, how far theta moves the phases
  float stereo_rad; ///< added to the theta of channel 1
  float coherence;  ///< -1 dispersed .. 0 off .. +1 focused
  float
      from_hz; ///< phases below it are left alone, an octave above it all are turned; 0: everywhere
  const float* place; ///< [n_neurons] of each band between the loudspeakers, -1..1; NULL: as it is
  const float* gain_db;     ///< [n_neurons] of each band; with `place`
  bool         is_mid_side; ///< the channels are M and S, which places need to know
  bool is_learned; ///< the phases are learned ones, n_learned of them, and theta does not move them
} FiqRealmSpectralParams;

typedef struct {
  FiqRealmSpectralConfig config;
  FiqStft                stft;
  FiqBands               bands;
  FiqBands               learned_bands; ///< with config.n_learned
  FiqCoherence           coherence;
  FiqFeatures            features;
  FiqSpectralFeatures    published;                              ///< of the last complete frame
  FiqRealmSpectralParams params;                                 ///< of the last control
  float                  phi_rad[FIQ_CHANNELS][FIQ_NEURONS_MAX]; ///< of the last control
  float                  theta_rad[FIQ_NEURONS_MAX]; ///< [n_neurons] of the last control
  float                  psi_rad[FIQ_CHANNELS][FIQ_NEURONS_MAX]; ///< what the turns were made from
  float                  from_hz;                                ///< the same
  bool                   is_learned;                             ///< the same
  float                  place[FIQ_NEURONS_MAX];                 ///< of the last control
  float                  gain_db[FIQ_NEURONS_MAX];               ///< of the last control
  float*                 curve_rad;                              ///< [n_bins] scratch
  float*                 place_curve;                            ///< [n_bins] scratch
  float*                 gain_curve;                             ///< [n_bins] scratch
  FiqStftTurn            turn[FIQ_CHANNELS];                     ///< e^{j psi(f)}
  bool                   is_turned;  ///< this frame's turns are to be applied
  bool                   is_shared;  ///< turn[0] holds for both channels
  bool                   is_plain;   ///< the turns were made without coherence
  bool                   use_avx2;   ///< all builds give the same bits
  bool                   use_avx512; ///< a wider one, if use_avx2 too; may be cleared to compare
} FiqRealmSpectral;

/// FIQ_BAD_ARGUMENT for a configuration out of range. Not to be moved afterwards.  [setup]
FiqStatus fiq_realm_spectral_init(FiqRealmSpectral* self, FiqArena* arena, FiqFftPool* pool,
                                  const FiqRealmSpectralConfig* config);

/// Forget the stream, the phases and the features.  [audio]
void fiq_realm_spectral_reset(FiqRealmSpectral* self);

/// Frames from input to output; equals window_frames.  [any]
uint32_t fiq_realm_spectral_latency_frames(const FiqRealmSpectral* self);

/// Frames from one look at the sound to the next.  [any]
uint32_t fiq_realm_spectral_hop_frames(const FiqRealmSpectral* self);

/// Start a control period. `phi_rad` [2][n_neurons, or n_learned] a channel (they may be the same), unwrapped;
/// `theta_rad` [n_neurons], any. A jump is cross-faded over a frame.  [audio]
void fiq_realm_spectral_control(FiqRealmSpectral* self, const FiqRealmSpectralParams* params,
                                const float* const phi_rad[FIQ_CHANNELS], const float* theta_rad);

/// Stereo in and out, `n_frames` of each; out_i may be `in`. `out_q`, or NULL, is as in
/// fiq_stft_process.  [audio]
void fiq_realm_spectral_process(FiqRealmSpectral* self, const float* const in[2],
                                float* const out_i[2], float* const out_q[2], uint32_t n_frames);

/// The turn of each band of `channel` by the last control, to `psi_rad` [n_neurons]; of learned phases what they are at the bands'
/// centres.  [audio]
void fiq_realm_spectral_turns(const FiqRealmSpectral* self, uint32_t channel, float* psi_rad);

/// Character of the input in the last complete frame; its middle is latency_frames / 2 old. All
/// zero without config.features.  [audio]
const FiqSpectralFeatures* fiq_realm_spectral_features(const FiqRealmSpectral* self);

#endif
