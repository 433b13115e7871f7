// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The spectral realm at rest (realm_spectral.h, amount 1, no motion), as a linear map over stored
   audio, with what a learner needs of it: frames, their spectra, the output, and how the output
   depends on the phases.

   Frame m of a plane x is x times the realm's analysis window from frame (m - 5) hop of the audio
   on; its spectrum X_m is multiplied by T = e^{j psi}, transformed back, windowed and added:
     y = sum_m s_m IDFT(T X_m)
   There is no latency: y[n] belongs to x[n]. Output hop o starts at (o - 2) hop, so that what rings
   before the first and after the last frame is there as well; it is made of frames o..o + 3.

   Loss: the impulse response h of T is heard at lag t by the share w[t] to which the two windows
   overlap, so that what reaches further than 3/16 window is lost (stft.h). With H the transform of
   w h, the penalty
     1440 sum_k g_k max(0, | |H_k|^2 - 1 | - 0.008)^2,   g_k = 1 / (bands x bins of the band of k)
   keeps what is learned within 0.05 dB (rms over log frequency) and 0.5 dB (worst) of flat. It is
   left to the phases themselves where they are steep; no limit is set to their range.

   Residue: what reaches further comes and goes with the hops as well, by the rms v[t] over a hop, and so adds tones at the
   hop rate to those that are played. With V the transform of v h and P the mean of |V_k|^2 from 30 to 700 Hz, the penalty
     0.1 max(0, sqrt(P) / -80 dB - 1)^2
   keeps the residue of a bass with harmonics below -70 dB, where the spread is held or is at most 8 ms; elsewhere all of what
   the window gives is taken, and the residue is some -45 dB.

   Spread: an all-pass is heard as smear where it spreads time by more than some 4 ms (Valimaki et al.
   2022), and soonest where it comes early. With tau(f) = -dpsi/domega + the delay of a turn of the bass
   (bass_allpass.h), the spread allowed S and its centre c = min(S/4, 1 ms), the penalty
     400 sum_k g_k max(0, |tau_k - c| / (0.97 S/2) - 1)^2   up to the last centre,
   below 150 Hz only for what comes too early, keeps it nearly, and fiq_realm_model_repair entirely.

   Cost: one transform a frame and channel each for analysis, synthesis and adjoint.
*/
#ifndef FIQ_REALM_MODEL_H
#define FIQ_REALM_MODEL_H

#include "dsp/analysis/bands.h"
#include "dsp/learn/lbfgs.h"
#include "dsp/transform/fft.h"

typedef struct {
  double   sample_rate_hz; ///< FIQ_SAMPLE_RATE_MIN_HZ..FIQ_SAMPLE_RATE_MAX_HZ
  uint32_t window_frames;  ///< a power of two, 256..65536
  uint32_t n_bands;        ///< 4..FIQ_NEURONS_MAX
} FiqRealmModelConfig;

enum {
  FIQ_LEARN_LEAD_HOPS    = 2, ///< output hops before the audio, and after it
  FIQ_LEARN_HOPS_A_FRAME = 4
};

/// Audio that stays where it is while it is learned from.
typedef struct {
  const float* plane[FIQ_CHANNELS]; ///< [n_frames]; plane[1] may be NULL or plane[0]
  uint32_t     n_frames;
} FiqLearnPlanes;

typedef struct {
  FiqRealmModelConfig config;
  FiqBands            bands;
  FiqFft              fft;
  uint32_t            hop_frames; ///< window / 4
  uint32_t            n_bins;     ///< window / 2 + 1
  float*              analysis;   ///< [window_frames]
  float*              synthesis;  ///< [window_frames] with all scaling
  float*              time;       ///< [window_frames] scratch
  float*              reach; ///< [window_frames] share of h[lag mod window] that is heard / window
  float*              flutter;                 ///< [window_frames] v / window, as reach
  float*              importance;              ///< [n_bins] weight of a bin's loss of magnitude
  float*              curve_rad[FIQ_CHANNELS]; ///< [n_bins] psi that turn was made from
  float*              bass_delay_s;            ///< [n_bins] of the turn of the bass, at k + 1/2
  float               delay_limit_s;           ///< half of the spread allowed, 0: any
  float               delay_centre_s;          ///< middle of the delays allowed
  bool                is_clean;                ///< the residue is held
  FiqComplex*         spectrum;                ///< [n_bins] scratch
  FiqComplex*         turn[FIQ_CHANNELS];      ///< [n_bins] e^{j psi(f)}
  float*              sum[FIQ_CHANNELS];       ///< [window_frames] of the render
  float    steepest_rad[FIQ_NEURONS_MAX];      ///< [n_bands] from band b - 1 to b, without loss
  uint32_t next_frame;                         ///< of the render
} FiqRealmModel;

/// FIQ_BAD_ARGUMENT for a configuration out of range.  [setup]
FiqStatus fiq_realm_model_init(FiqRealmModel* self, FiqArena* arena, FiqFftPool* pool,
                               const FiqRealmModelConfig* config);

/// Output hops of audio of `n_frames`.  [any]
uint32_t fiq_realm_model_n_hops(const FiqRealmModel* self, uint32_t n_frames);

/// Make turn[channel] from `phi_rad` [n_bands].  [worker]
void fiq_realm_model_set_phases(FiqRealmModel* self, uint32_t channel, const float* phi_rad);

/// Spectrum of frame `m` of `plane` [n_frames], which is delayed by `delay_frames` first (any
/// sign), to `spectrum` [n_bins]; false, and nothing written, if the frame is empty.  [worker]
bool fiq_realm_model_analyse(FiqRealmModel* self, const float* plane, uint32_t n_frames, uint32_t m,
                             int32_t delay_frames, FiqComplex* spectrum);

/// What `spectrum` [n_bins] adds to the output of `channel`, to self->time [window_frames].
/// [worker]
void fiq_realm_model_synthesise(FiqRealmModel* self, uint32_t channel, const FiqComplex* spectrum);

/// The derivative by each phase, to `by_phi` [n_bands], from that by each bin's psi [n_bins].
/// [worker]
void fiq_realm_model_gather(const FiqRealmModel* self, const float* by_psi, float* by_phi);

/// Allow delays to spread by `spread_s` (0 or what the window allows anyway: any) from 150 Hz on, beside a turn of the
/// bass at `bass_hz` (0: none); there is no limit after init.  [worker]
void fiq_realm_model_set_spread(FiqRealmModel* self, float spread_s, float bass_hz);

/// Least and greatest delay of turn[channel] and that turn of the bass, in seconds, from 150 Hz on.  [worker]
void fiq_realm_model_delays(const FiqRealmModel* self, uint32_t channel, float* least_s,
                            float* most_s);

/// Penalty of delays beyond the limit, as below.  [worker]
double fiq_realm_model_spread_penalty(const FiqRealmModel* self, uint32_t channel, float* by_psi);

/// Move `phi_rad` [n_bands] until the spread is kept, from near by some 1e-2 rad; false if it cannot be. `search` is
/// scratch. Makes turn[0] from them.  [worker]
bool fiq_realm_model_repair(FiqRealmModel* self, FiqLbfgs* search, float* phi_rad);

/// Penalty of the magnitudes that turn[channel] loses, 0 if there is none; its derivative by each
/// bin's psi is added to `by_psi` [n_bins], which may be NULL.  [worker]
double fiq_realm_model_penalty(FiqRealmModel* self, uint32_t channel, float* by_psi);

/// Penalty of the residue, as above.  [worker]
double fiq_realm_model_residue_penalty(FiqRealmModel* self, uint32_t channel, float* by_psi);

/// Start to render from output hop 0 on.  [worker]
void fiq_realm_model_render_start(FiqRealmModel* self);

/// The next hop of output, `out` [n_channels][hop_frames], of planes delayed by `delay_frames`.
/// [worker]
void fiq_realm_model_render(FiqRealmModel* self, const FiqLearnPlanes* planes, uint32_t n_channels,
                            int32_t delay_frames, float* const* out);

#endif
