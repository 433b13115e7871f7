// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The temporal realm: n sine neurons, each on its own band of the sound and at its own phase.

       y = x + amount sum_i r_i
       r_i = (sin(d_i u_i + psi_i) - sin psi_i - d_i u_i cos psi_i) / d_i
           = (sin psi_i (cos(d_i u_i) - 1) + cos psi_i (sin(d_i u_i) - d_i u_i)) / d_i
       psi_i = phi_i + motion sin(theta_i -+ stereo/2)          (- left, + right)

   Only what a neuron adds to its band returns, so low drive is transparent whatever the phases
   are (r_i falls as d), and high drive folds: sin psi gives even harmonics, cos psi odd ones.
   The second line is the first without its cancellation, and the one that is computed.

   Bank: u_i = h_i * x, h_i the difference of two neighbouring windowed-sinc lowpasses (Kaiser,
   100 dB), edges half-way between centres that lie evenly on the ERB scale from 60 Hz to min(16
   kHz, 0.42 fs); the lowest begins at 0 Hz. The bands sum to x exactly, up to the last edge. h_i
   has 3 control_frames + 1 taps (97, 2 ms, at 48 kHz): bands below some 1.5 kHz are broad and
   share the low end among them. d_i = drive / (largest gain of h_i), so that a sine in the
   middle of any band is driven alike.

   The residues return as they are. Tied weights (h_i once more on r_i) would take from each
   neuron the harmonics outside its band, which is all that was wanted from it: on a sawtooth
   chord at drive 8 (40) they cost 33 (18) dB of the new sound above 4 kHz and changed the level
   below 1 kHz by 1 dB.

   Antialiasing: below 80 kHz the neurons run at twice the rate. A sine of index D on frequency f
   reaches about (D + 2) f; the index of each band is held (by its peak, in the same period) to
   where the first line that folds back below 20 kHz stands at -70 dB. So drive stops growing
   where it would alias: at index 0.4 in the top band, 2 at 10 kHz, 7 at 5 kHz, 60 in the lowest.
   The peak is held for 20 ms before it falls, since a ripple of the drive would leave lines of its own
   (-56 dBc without the hold). Measured at 48 kHz, full scale: 5 kHz at drive 3 aliases at -140 dBc,
   tones from 250 Hz to 16 kHz at any drive below -95 dBc. A 5 Hz highpass on the residues removes
   the offset that even harmonics bring.

   Match: with learn_rate > 0 the neurons learn (match.h), every other control period, to turn the
   input into the sidechain: each neuron's phasor, the gain of its band and its drive become

       r_i = (im_i (cos(d_i u_i) - 1) + re_i (sin(d_i u_i) - d_i u_i)) / d_i + a_i u_i,
       re_i + j im_i = (p_i + j q_i) e^{j psi_i},    d_i = drive omega_i gain_i

   The bands of a period come from one transform of both channels, and of each band only the bins above -100 dB of
   the input are added up (band_waves.h): what is left out is as far below the sound that it is of. The residues of
   both channels are found together (residue.h).

   Cost: 0.3 % of a core for 16 neurons, stereo, at 48 kHz (AVX-512), half as much again while learning, twice that
   with Q, nearly nothing at amount 0 and once silence has passed all that remembers it; a third of it the bands, a
   third the residues. Latency: 2.5 control periods, plus 19 frames where oversampled (99 at 48 kHz, 2.1 ms).
*/
#ifndef FIQ_TEMPORAL_H
#define FIQ_TEMPORAL_H

#include "dsp/base/arena.h"
#include "dsp/realm/band_waves.h"
#include "dsp/realm/match.h"
#include "dsp/transform/fft.h"

enum { FIQ_REALM_TEMPORAL_LANES = 2 * FIQ_CHANNELS }; ///< I left, I right, Q left, Q right

#define FIQ_REALM_TEMPORAL_DRIVE_MAX 64.0f

typedef struct {
  double   sample_rate_hz; ///< 8000..384000
  uint32_t n_neurons;      ///< 4..FIQ_NEURONS_MAX, default 16
  uint32_t control_frames; ///< frames of a control period; a power of two, 16..FIQ_CONTROL_MAX
} FiqRealmTemporalConfig;

typedef struct {
  float amount;     ///< 0 (the delayed input alone) .. 1
  float drive;      ///< d, 0..FIQ_REALM_TEMPORAL_DRIVE_MAX
  float motion_rad; ///< how far theta swings the phases, 0..pi
  float stereo_rad; ///< angle between the swings of left and right, 0..pi
  float learn_rate; ///< 0 (rest) .. 1, of Match; 0.5 is a good one
  bool  frozen;     ///< keep what was learned as it is
} FiqRealmTemporalParams;

/// One plane of one channel.
typedef struct {
  float* line;   ///< [line_frames] input; the current period stands at the end
  float* wet;    ///< [control_frames] residues of the last period, ready to add
  float* band;   ///< [control_frames * oversampling] one neuron's band
  float* sum;    ///< [control_frames * oversampling] sum of the residues
  float* even;   ///< [control_frames + 40] its even samples, with history
  float* odd;    ///< [control_frames + 40] its odd samples, with history
  float  offset; ///< what the 5 Hz highpass takes off
} FiqRealmTemporalLane;

/// One neuron.
typedef struct {
  float    gain;         ///< 1 / (largest gain of its band)
  uint32_t first_bin;    ///< bin where its band begins
  uint32_t n_bins;       ///< bins that it has
  float    index_max;    ///< largest index that does not alias
  float    peak;         ///< |u| * gain, held and released
  float    drive;        ///< d_i at the end of the last period
  float    straight;     ///< a_i at the end of the last period
  float    re[2];        ///< weight of the odd part a channel, at the end of the last period
  float    im[2];        ///< weight of the even part
  uint32_t hold_periods; ///< that the peak is still kept for
  bool     is_held;      ///< the drive is held below what was asked for
} FiqRealmTemporalNeuron;

typedef struct {
  FiqRealmTemporalLane    lane[FIQ_REALM_TEMPORAL_LANES];
  FiqComplex*             spectrum;             ///< [fft + 1] of left + j right
  float*                  target[FIQ_CHANNELS]; ///< [fft] sidechain, this period at the end
  FiqRealmTemporalNeuron* neuron;               ///< [n_neurons]
  float*                  response;             ///< [n_neurons * fft] zero-phase gain / fft
  float*                  decimator; ///< [20] one side of the half-band filter's odd taps
  FiqComplex*             frames;    ///< [fft] scratch
  float*                  scratch;   ///< [control_frames * oversampling], and for init
  FiqBandWaves            waves;     ///< of the bands
  FiqFft                  fft;       ///< of the input
  FiqMatch                match;     ///< what was learned
  double                  sample_rate_hz;
  uint32_t                n_neurons;
  uint32_t                control_frames;
  uint32_t                line_frames;
  uint32_t                oversampling;  ///< 1 or 2
  uint32_t                n_lanes;       ///< planes in the last call: 2, or 4 with Q
  uint32_t                position;      ///< frames of the current period so far
  uint32_t                target_frames; ///< of them with a sidechain
  float                   highpass;      ///< coefficient of the 5 Hz highpass
  float                   release;       ///< factor of the peaks a period, after the hold
  uint32_t                hold_periods;  ///< of the peaks
  uint32_t                quiet_periods; ///< since the last with sound, and a line more
  float                   amount;        ///< at the end of the last period
  float                   amount_target; ///< at the end of this period
  float                   drive_target;  ///< as asked for
  float                   learn_rate;    ///< 0 when frozen
  float                   error;         ///< mean square over a second
  float                   error_offset[FIQ_CHANNELS];
  float   re_target[FIQ_CHANNELS][FIQ_NEURONS_MAX]; ///< cos psi at the end of this period
  float   im_target[FIQ_CHANNELS][FIQ_NEURONS_MAX]; ///< sin psi
  bool    had_target;                               ///< the last period had a sidechain
  bool    is_odd;                                   ///< this period is one to learn from
  bool    is_fresh;                                 ///< nothing to ramp from yet
  bool    is_cold;                                  ///< the neurons rested in the last period
  FiqSimd simd;
} FiqRealmTemporal;

/// Take the buffers, get plans from `pool` (which must outlive this), reset.
/// FIQ_NO_MEMORY, FIQ_BAD_ARGUMENT or FIQ_NO_PLAN if that fails.  [setup]
FiqStatus fiq_realm_temporal_init(FiqRealmTemporal* self, FiqArena* arena, FiqFftPool* pool,
                                  const FiqRealmTemporalConfig* config);

/// Forget all sound and all that was learned; the next control's values apply at once.  [audio]
void fiq_realm_temporal_reset(FiqRealmTemporal* self);

/**
   Begin a control period. `phi_rad` and `theta_rad` [n_neurons], any angles (jumps of 2 pi are
   harmless); everything glides from the values of the last period to these within the period.
   [audio]
*/
void fiq_realm_temporal_control(FiqRealmTemporal* self, const FiqRealmTemporalParams* params,
                                const float* phi_rad, const float* theta_rad);

/**
   Process `n` frames, cut as you like; control is called anew after every control_frames of them
   (if it is not, the last values stay). In place is fine. `in_q` and `out_q` are both NULL or
   both not; Q goes through the same neurons as I, from silence when it begins, and does not
   touch I.  [audio]
*/
void fiq_realm_temporal_process(FiqRealmTemporal* self, const float* const in_i[FIQ_CHANNELS],
                                const float* const* in_q, float* const out_i[FIQ_CHANNELS],
                                float* const* out_q, uint32_t n);

/**
   The sidechain for the `n` frames that the next fiq_realm_temporal_process is given, to learn from;
   never across the end of a control period. In a period without it the target is the input itself,
   control_frames ahead.  [audio]
*/
void fiq_realm_temporal_learn(FiqRealmTemporal* self, const float* const target[FIQ_CHANNELS],
                              uint32_t n);

/// Rms of target - output over the last second in which it learned.  [audio]
float fiq_realm_temporal_error(const FiqRealmTemporal* self);

/// Length of what is learned, FIQ_MATCH_WEIGHTS a neuron (see match.h).  [any]
uint32_t fiq_realm_temporal_n_learned(const FiqRealmTemporal* self);

/// Copy what was learned to `learned` [n_learned].  [audio]
void fiq_realm_temporal_learned(const FiqRealmTemporal* self, float* learned);

/// Take it back; held to its range. NULL forgets. Glides within a period.  [audio]
void fiq_realm_temporal_set_learned(FiqRealmTemporal* self, const float* learned);

/// Delay of the dry part, exact.  [any]
uint32_t fiq_realm_temporal_latency_frames(const FiqRealmTemporal* self);

#endif
