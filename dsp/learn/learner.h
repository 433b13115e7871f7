// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Phases that tune themselves: from stored audio, one phase for every band of the spectral realm,
   so that
   - HEADROOM: the crest factor falls (learn_headroom.h, learn_bass.h),
   - MONO:     left and right add up (learn_pair.h),
   - ALIGN:    the track adds up with the sidechain (learn_pair.h).
   Magnitudes stay: phases whose curve is too steep for the realm are punished (learn_realm.h).

   Learning is cut into slices, so that a worker thread can run it to its end as well as run() a
   slice now and then; the outcome depends on audio, configuration and seed only. It holds nothing
   of the audio, which has to stay where it is until fiq_learner_step returns false.

       fiq_learner_begin(&learner, FIQ_LEARN_HEADROOM, &audio);
       while (fiq_learner_step(&learner)) {}
       use(fiq_learner_result(&learner));

   The result is what the realm is to play with amount 1 and no motion. It is never worse, over the
   audio it was learned from, than leaving things as they are, and gain_db says by how much it is
   better.

   Cost for 5 s of stereo at 48 kHz and a window of 2048, on one core: headroom 2.5 s, mono and
   align 0.1 s, in slices of 0.1 to 0.8 ms (99.9 % below 2 ms on a busy machine). Memory 5.5 MB.
*/
#ifndef FIQ_LEARNER_H
#define FIQ_LEARNER_H

#include "dsp/learn/bass_search.h"
#include "dsp/learn/pair.h"

typedef enum { FIQ_LEARN_HEADROOM, FIQ_LEARN_MONO, FIQ_LEARN_ALIGN } FiqLearnObjective;

typedef struct {
  double   sample_rate_hz; ///< FIQ_SAMPLE_RATE_MIN_HZ..FIQ_SAMPLE_RATE_MAX_HZ
  uint32_t window_frames;  ///< of the realm; a power of two, 256..65536
  uint32_t n_bands;        ///< neurons of the realm, 4..FIQ_NEURONS_MAX
  uint32_t n_frames_max;   ///< longest audio, 1..2^26
  uint64_t seed;           ///< of the random starts
} FiqLearnerConfig;

/// Audio to learn from; none of it may be written until the learning is done.
typedef struct {
  const float* main[FIQ_CHANNELS];      ///< [n_frames] L and R; R may be NULL for one channel
  const float* sidechain[FIQ_CHANNELS]; ///< [n_frames], ALIGN only; R may be NULL
  uint32_t     n_frames;                ///< 1..n_frames_max
} FiqLearnerAudio;

typedef struct {
  FiqLearnObjective objective;
  float   phi_rad[FIQ_CHANNELS][FIQ_NEURONS_MAX]; ///< [n_bands] unwrapped; R is -L for MONO, else L
  float   bass_hz;      ///< HEADROOM: corner of the turn before the bands (bass.h), 0: none
  int32_t delay_frames; ///< ALIGN: of the track, +-20 ms; negative is ahead of its own time
  bool    is_inverted;  ///< polarity of the track (ALIGN) or of L (MONO)
  float   gain_db;      ///< crest lowered, or level of the sum raised; >= 0
  float   spread_s;     ///< HEADROOM: what was allowed, 0: any
} FiqLearned;

typedef struct {
  FiqLearnerConfig  config;
  FiqRealmModel     realm;
  FiqLearnHeadroom  headroom;
  FiqBassSearch     bass;
  FiqLearnPair      pair;
  FiqLearnObjective objective;
  float             spread_s; ///< allowed
  bool              is_running;
} FiqLearner;

/// FIQ_BAD_ARGUMENT for a configuration out of range. Not to be moved afterwards.  [setup]
FiqStatus fiq_learner_init(FiqLearner* self, FiqArena* arena, FiqFftPool* pool,
                           const FiqLearnerConfig* config);

/// Forget what was being learned.  [worker]
void fiq_learner_reset(FiqLearner* self);

/// From the next beginning on HEADROOM may spread the delays of bands by `spread_s` from 150 Hz on, 0: as far as the window
/// reaches, which is so after init.  [worker]
void fiq_learner_set_spread(FiqLearner* self, float spread_s);

/// Begin anew. Looks through the audio once, 0.1 ms a second of it.  [worker]
void fiq_learner_begin(FiqLearner* self, FiqLearnObjective objective, const FiqLearnerAudio* audio);

/// One slice, as a rule below 1 ms at a window of 2048; false when there is nothing left to do.
/// [worker]
bool fiq_learner_step(FiqLearner* self);

/// 0 at the start, never falling, 1 when done.  [worker]
float fiq_learner_progress(const FiqLearner* self);

/// Gain of the best so far, measured over all of the audio; 0 until there is one.  [worker]
float fiq_learner_gain_db(const FiqLearner* self);

/// The best so far.  [worker]
FiqLearned fiq_learner_result(const FiqLearner* self);

#endif
