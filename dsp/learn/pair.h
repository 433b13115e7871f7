// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Learns what makes two signals add up: for MONO the left and the right channel of one track, for
   ALIGN a track and its sidechain.

   All that counts of both is their cross-correlation r(l) = sum_n a[n] b[n + l]. After a delay of
   D frames, a polarity s and an all-pass filter h on a,
     sum (a' + b)^2 = |a|^2 + |b|^2 + 2 C,
     C = s sum_t h[t] r(D + t) = (s/N) sum_k c_k Re(T_k conj(Q_k)),
   with T = e^{j psi} as the realm plays it and Q the transform of r around D within the realm's
   reach, so that one pass over the audio is enough. C is climbed by L-BFGS from several delays and
   then by slips: all bands from one on are moved by a turn, which no gradient can do, as long as
   that helps.

   Delays are the highest peaks of the generalised cross-correlation with phase transform (Knapp and
   Carter 1976) within +-20 ms and of r itself, of either sign. For MONO the delay is 0, and L is
   turned by +phi and R by -phi: half the slope for each, and no side is preferred. What comes out
   is played over all of the audio and compared: it is never less than nothing, nor than delay and
   polarity alone; for MONO a gain below 0.1 dB counts as nothing.
*/
#ifndef FIQ_PAIR_H
#define FIQ_PAIR_H

#include "dsp/base/random.h"
#include "dsp/learn/lbfgs.h"
#include "dsp/learn/realm_model.h"

#define FIQ_LEARN_DELAY_MAX_S 0.020

enum { FIQ_LEARN_CANDIDATES = 14 };

typedef enum {
  FIQ_PAIR_CORRELATE,
  FIQ_PAIR_CANDIDATES, ///< a climb from each delay and polarity
  FIQ_PAIR_SLIPS,
  FIQ_PAIR_CHECK, ///< over everything
  FIQ_PAIR_DONE
} FiqPairStage;

/// A delay, a polarity, phases, and how much they make of it.
typedef struct {
  int32_t delay_frames;
  bool    is_inverted;
  float   phi_rad[FIQ_NEURONS_MAX];
  double  value; ///< -C over the largest that C could be, and the penalty
} FiqPairCandidate;

typedef struct {
  FiqRealmModel* realm; ///< not owned
  FiqFft         fft;
  uint32_t       delay_max_frames;
  uint32_t       lag_max_frames;    ///< delay_max and half a window
  float*         block;             ///< [fft.size]
  float*         correlation;       ///< [fft.size] r, lag modulo size
  float*         weighted;          ///< [fft.size] the same with phase transform
  FiqComplex*    a;                 ///< [fft.size/2 + 1]
  FiqComplex*    b;                 ///< [fft.size/2 + 1]
  FiqComplex*    cross;             ///< [fft.size/2 + 1] summed over blocks
  FiqComplex*    target;            ///< [n_bins] Q
  float*         by_psi;            ///< [n_bins]
  float*         hop[FIQ_CHANNELS]; ///< [hop_frames]
  FiqLbfgs       search;

  FiqLearnPlanes   one; ///< a
  FiqLearnPlanes   two; ///< b
  uint32_t         n_channels;
  bool             is_mono; ///< L against R
  FiqPairStage     stage;
  uint32_t         position;
  double           energy;     ///< |a|^2 + |b|^2
  double           target_sum; ///< sum_k c_k |Q_k| / N, which C cannot exceed
  FiqPairCandidate candidate[FIQ_LEARN_CANDIDATES];
  uint32_t         n_candidates;
  uint32_t         i_candidate;
  uint32_t         n_evaluated;
  uint32_t         slip; ///< of SLIPS
  uint32_t         n_slips_in_vain;
  FiqPairCandidate best;
  double           out_energy; ///< of the sum in CHECK

  double  untouched;          ///< energy of the sum
  double  delayed;            ///< energy of the sum by delay and polarity alone
  double  reached;            ///< energy of the sum with the result
  int32_t plain_delay_frames; ///< of delay and polarity alone
  bool    plain_is_inverted;
} FiqLearnPair;

/// FIQ_BAD_ARGUMENT if delays at this sample rate need a longer transform than there is.  [setup]
FiqStatus fiq_learn_pair_init(FiqLearnPair* self, FiqArena* arena, FiqFftPool* pool,
                              FiqRealmModel* realm);

/// L against R of `planes`, which must stay until it is done.  [worker]
void fiq_learn_pair_begin_mono(FiqLearnPair* self, const FiqLearnPlanes* planes);

/// `planes` against `side`, both of which must stay; as long as the shorter of them.  [worker]
void fiq_learn_pair_begin_align(FiqLearnPair* self, const FiqLearnPlanes* planes,
                                const FiqLearnPlanes* side);

/// Nothing is being learned, and nothing was.  [worker]
void fiq_learn_pair_reset(FiqLearnPair* self);

/// One slice of work; false when all is done.  [worker]
bool fiq_learn_pair_step(FiqLearnPair* self);

/// 0..1, roughly in proportion to time.  [worker]
float fiq_learn_pair_progress(const FiqLearnPair* self);

/// Level of the sum gained so far against untouched, 0..60 dB.  [worker]
float fiq_learn_pair_gain_db(const FiqLearnPair* self);

#endif
