// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Learns one phase a band, shared by both channels, that lowers the crest factor of stored audio as
   the spectral realm at rest plays it. Magnitudes are untouched, so that the rms stays and the peak
   falls.

   Minimised is log |y|_p over both channels, with p rising from 8 to 160: the p-norm tends to the
   peak and is smooth (Boyd and Vandenberghe 2004, 3.1.5). Its gradient is that by y, sign(y)
   |y|^{p-1} / sum |y|^p, taken back through the frames: with G_m the transform of a frame of it,
     dJ/dpsi_k = -c_k Im(T_k sum_m X_{m,k} conj(G_{m,k})),   c = 1 at DC and Nyquist, else 2.
   L-BFGS descends from several starts: nothing, the best constant rotation, sweeps of the group
   delay (Schroeder 1970) and random phases; the best few are taken to the end, and the one with the
   lowest crest over the whole audio is kept, nothing and the best rotation included.

   Where the spread of delays is held (realm_model.h), so is what comes before onsets: from hops that are at least 20 dB
   softer than the next one or the one after that, which is within 6 dB of the loudest, the penalty
     600 sum_n max(0, |y_n| - L_n)^2 / peak^2,   L_n = max(-45 dB of the input's peak, +6 dB of the input around)
   keeps pre-echoes below -40 dB; around is 15 ms before and, where the input reaches 3 % of its peak, 5 ms after.

   Only the loudest hops are worked on, up to FIQ_LEARN_SET_S seconds; each finished candidate is
   played over everything, and hops where it peaks are taken in. The smaller the working set, the
   more starts are tried, so that the time hardly depends on the audio (learner.h).
*/
#ifndef FIQ_HEADROOM_H
#define FIQ_HEADROOM_H

#include "dsp/base/random.h"
#include "dsp/learn/lbfgs.h"
#include "dsp/learn/realm_model.h"

#define FIQ_LEARN_SET_S 1.6
#define FIQ_LEARN_SET_RATE_HZ 96000.0 ///< above, the working set is shorter in proportion

enum { FIQ_LEARN_STARTS_MAX = 32, FIQ_LEARN_FINALISTS_MAX = 8, FIQ_LEARN_ONSETS_MAX = 16 };

/// What lies before the loudest onsets, where it is quiet: there the output shall not rise.
typedef struct {
  uint32_t n;                               ///< hops
  uint32_t hop[2 * FIQ_LEARN_ONSETS_MAX];   ///< output hops, rising
  float*   limit[2 * FIQ_LEARN_ONSETS_MAX]; ///< [hop_frames] of |y|
  float*   slope[FIQ_CHANNELS]; ///< [2 FIQ_LEARN_ONSETS_MAX][hop_frames] derivative by y
  double   value;               ///< of the penalty
} FiqLearnOnsets;

/// What the evaluation of one vector of phases is at.
typedef enum {
  FIQ_HEADROOM_FORWARD,  ///< frames to output
  FIQ_HEADROOM_LOSS,     ///< output to its p-norm and the derivative by it
  FIQ_HEADROOM_BACKWARD, ///< derivative back to the phases
  FIQ_HEADROOM_READY
} FiqHeadroomPass;

/// What the whole is at.
typedef enum {
  FIQ_HEADROOM_SURVEY_IN_PHASE,   ///< level of every hop
  FIQ_HEADROOM_SURVEY_QUADRATURE, ///< the same, turned by 90 degrees
  FIQ_HEADROOM_LOAD,              ///< spectra of the working set
  FIQ_HEADROOM_ROTATE,            ///< constant rotations
  FIQ_HEADROOM_SHORT,             ///< a few steps from every start
  FIQ_HEADROOM_LONG,              ///< the finalists to the end
  FIQ_HEADROOM_CHECK,             ///< a finalist over everything
  FIQ_HEADROOM_RELOAD,            ///< spectra of a better working set
  FIQ_HEADROOM_CHECK_ROTATION,
  FIQ_HEADROOM_DONE
} FiqHeadroomStage;

/// One evaluation of the crest over the working set.
typedef struct {
  FiqHeadroomPass kind;
  uint32_t        position;                 ///< within the pass, the survey or the loading
  bool            with_gradient;            ///< of this evaluation
  uint32_t        order;                    ///< p, even
  float           phi_rad[FIQ_NEURONS_MAX]; ///< being evaluated or surveyed
  float           by_phi[FIQ_NEURONS_MAX];
  double          value;    ///< the outcome
  float           set_peak; ///< of the output in the working set
  double          sum;      ///< of |y/peak|^p
} FiqHeadroomEvaluation;

/// Where the search begins, and which of these go on.
typedef struct {
  uint32_t now;
  float    phi_rad[FIQ_LEARN_STARTS_MAX][FIQ_NEURONS_MAX]; ///< after SHORT
  double   value[FIQ_LEARN_STARTS_MAX];
  uint32_t level_of_order; ///< of LONG
  uint32_t n_evaluated;    ///< at this order
  uint32_t finalist;
  uint32_t n;            ///< as many as the size of the working set allows
  uint32_t n_finalists;  ///< the same
  uint32_t n_reloads;    ///< of this finalist
  bool     keeps_spread; ///< what is being checked
} FiqHeadroomStarts;

/// What was found so far.
typedef struct {
  float untouched_crest_db;
  float untouched_rms_db;
  float best_crest_db;
  float best_rms_db; ///< rms of the best
  float best_phi_rad[FIQ_NEURONS_MAX];
  float rotation_crest_db; ///< of the best constant rotation as the realm plays it
} FiqHeadroomResult;

typedef struct {
  FiqRealmModel* realm; ///< not owned
  uint32_t       n_hops_max;
  uint32_t       n_set_max; ///< frames that the working set can hold
  size_t         stride;    ///< bins from one spectrum to the next
  float*         level;     ///< [n_hops_max] of each output hop
  int32_t*       slot;      ///< [n_hops_max] of each output hop in the working set, or -1
  uint32_t*      frame;     ///< [n_set_max] of the working set, rising
  FiqComplex*    spectra[FIQ_CHANNELS]; ///< [n_set_max][stride]
  float*         output[FIQ_CHANNELS];  ///< [n_set_max][hop_frames] by slot; then the derivative
  FiqComplex*    adjoint;               ///< [n_bins]
  float*         by_psi;                ///< [n_bins]
  FiqLearnOnsets onsets;
  FiqLbfgs       search;
  FiqRandom      random;
  FiqLearnPlanes planes;
  bool           is_try;     ///< few starts, few steps
  uint32_t       n_channels; ///< 1 if both planes are the same
  uint32_t       n_hops;
  uint32_t       n_frames; ///< of the working set
  uint32_t       n_slots;
  FiqHeadroomEvaluation pass;
  FiqHeadroomStarts     starts;
  FiqHeadroomResult     found;

  FiqHeadroomStage stage;
  float            peak;   ///< of the survey
  double           energy; ///< of the survey
  uint32_t         angle;  ///< of ROTATE
  double           rotation_value;
  float            rotation_rad;

} FiqLearnHeadroom;

/// `realm` stays the caller's and may serve others while this one is idle.  [setup]
FiqStatus fiq_learn_headroom_init(FiqLearnHeadroom* self, FiqArena* arena, FiqRealmModel* realm,
                                  uint32_t n_frames_max);

/// Begin on `planes`, which must stay until it is done; a try is a fifth of the work or less.  [worker]
void fiq_learn_headroom_begin(FiqLearnHeadroom* self, const FiqLearnPlanes* planes, uint64_t seed,
                              bool is_try);

/// Nothing is being learned, and nothing was.  [worker]
void fiq_learn_headroom_reset(FiqLearnHeadroom* self);

/// One slice of work; false when all is done.  [worker]
bool fiq_learn_headroom_step(FiqLearnHeadroom* self);

/// 0..1, roughly in proportion to time.  [worker]
float fiq_learn_headroom_progress(const FiqLearnHeadroom* self);

/// Crest factor gained by best_phi_rad so far, measured over all of the audio, >= 0.  [worker]
float fiq_learn_headroom_gain_db(const FiqLearnHeadroom* self);

#endif
