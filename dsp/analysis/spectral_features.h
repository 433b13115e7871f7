// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What a spectrum says about the character of a sound, frame by frame: from the mono sum of up to
   two channels' spectra X_k over the bins of bands 0..n-1 (DC left out), with P_k = |X_k|^2 and
   share p_k = P_k / sum P. All but the level are independent of level.

   rms_db             sqrt(mean x^2) under the window, by Parseval; a full-scale sine gives -3
   flatness           geometric over arithmetic mean of P: 0 tonal .. 0.56 white noise .. 1 impulse
   entropy            U = -sum p ln p / ln(bins): 0 one bin .. 0.94 white noise .. 1 flat
   flux               sum |p - p'| / 2 against the frame before: 0 steady .. 0.5 noise .. 1
   phase_increment_variance
                      1 - sum w cos(d) / sum w, held to 0..1; d is how far a bin's phase advance is
                      from the expected one, that of the frame before, and w = |X X'|:
                      0 steady partials .. 0.95 noise
   Of bands:
   band_share         sum of p over the band
   band_velocity_rad  phase advance of the band over one hop, weighted by energy, less that of
                      its centre; radians per hop in [-pi, pi], where it wraps

   Silence (below -120 dBFS) gives 0 in all but the level. Cost: about 8 ns a bin and frame.
*/
#ifndef FIQ_SPECTRAL_FEATURES_H
#define FIQ_SPECTRAL_FEATURES_H

#include "dsp/analysis/bands.h"
#include "dsp/base/arena.h"

/// Result of one frame.
typedef struct {
  uint64_t n_frames;                           ///< frames seen since reset; 0: none yet
  float    rms_db;                             ///< dBFS, -200 at silence
  float    flatness;                           ///< 0..1
  float    entropy;                            ///< 0..1
  float    flux;                               ///< 0..1
  float    phase_increment_variance;           ///< 0..1
  float    band_share[FIQ_NEURONS_MAX];        ///< [n_bands] 0..1, sum 1
  float    band_velocity_rad[FIQ_NEURONS_MAX]; ///< [n_bands]
} FiqSpectralFeatures;

typedef struct {
  const FiqBands* bands;         ///< kept; outlives the module
  uint32_t        hop_frames;    ///< between frames, >= 1
  float           window_energy; ///< sum of the squared analysis window, > 0
} FiqFeaturesConfig;

typedef struct {
  FiqFeaturesConfig   config;
  FiqSpectralFeatures result;
  FiqComplex*         sum;                       ///< [n_bins] mono sum of this frame
  FiqComplex*         sum_last;                  ///< [n_bins] of the frame before
  FiqComplex*         advance;                   ///< [n_bins] X conj X' of this frame
  FiqComplex*         advance_last;              ///< [n_bins] of the frame before
  float*              power;                     ///< [n_bins]
  float*              power_last;                ///< [n_bins]
  float*              scratch;                   ///< [n_bins]
  float*              scratch_2;                 ///< [n_bins]
  float               total_last;                ///< power of the frame before, 0 if it was silent
  FiqComplex          expected[FIQ_NEURONS_MAX]; ///< e^{-j advance of the band's centre}
} FiqFeatures;

/// FIQ_BAD_ARGUMENT for a configuration out of range.  [setup]
FiqStatus fiq_features_init(FiqFeatures* self, FiqArena* arena, const FiqFeaturesConfig* config);

/// Forget all frames.  [audio]
void fiq_features_reset(FiqFeatures* self);

/// One frame: `spectra` [n_channels][n_bins], n_channels 1 or 2, unscaled transforms. Updates
/// `result`.  [audio]
void fiq_features_process(FiqFeatures* self, FiqComplex* const* spectra, uint32_t n_channels);

/// A frame of nothing but 0: what fiq_features_process would say of it, for nearly nothing.  [audio]
void fiq_features_silence(FiqFeatures* self);

#endif
