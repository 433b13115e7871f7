// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Temporal resonant memory: moments of the sound are kept, fade, and sound again when something
   like them is heard.

   A moment is the amplitude (root of power) in the 16 axes (axes.h) as a unit vector, a 16-component
   hypercomplex number; the strongest partials, to sing it by; when it was learned; and how coherent
   the phases were. One is kept when something happens:

   peak    coherence passes a maximum above 0.7, in means over 20 ms; it has risen and falls by 0.02
   jump    `phase_rate` over its mean of 0.1 s, or the share of the present power that was not there
           0.1 s ago, leaps by 0.3

   and then 0.1 s later, when partials have been found, at most every 0.5 s: what happens sooner is
   kept then. A thousand are kept; beyond that the faintest goes, and so does any whose strength x
   e^(-rate age) falls below 0.01. `strength` is 0.5 for an event that just reached its threshold .. 1.
   Beside the clock runs subjective time, which each moment moves by max(0.1, |sum A ln(A + 1)| + 0.5),
   A its axes: full moments make time long.

   recall  similarity x e^(-rate age) x coherence of the best moment of at least recall_age_s, where
           similarity is the cosine of the axes (Bhattacharyya 1943: of shares of power). Another one
           takes its place when it has been better by a tenth for 0.25 s. One that is called for takes it at once. Its partials are the voices:
           their pitches and shares stay, their level follows the present power within 30 ms, so that
           silence is answered by silence.

   The search looks at 32 moments a control tick (a round over all takes 21 ms at 48 kHz), with the
   present as it was at the start of the round. Cost: 40 ns a tick without moments, 0.3 us with 32 and
   more. Memory: 208 kB. Latency: that of what it is given.
*/
#ifndef FIQ_MOMENT_MEMORY_H
#define FIQ_MOMENT_MEMORY_H

#include "dsp/analysis/axes.h"
#include "dsp/base/arena.h"

enum {
  FIQ_MEMORY_MAX      = 1000, ///< moments
  FIQ_MEMORY_PARTIALS = 16,   ///< of a moment
  FIQ_MEMORY_SLICE    = 32,   ///< moments compared in one control tick
  /// A memory, packed: a head of 8, then 4 values, 16 axes and 2 x 16 of partials a moment.
  FIQ_MEMORY_HEAD   = 8,
  FIQ_MEMORY_STRIDE = 4 + FIQ_AXES + 2 * FIQ_MEMORY_PARTIALS,
  FIQ_MEMORY_FLOATS = FIQ_MEMORY_HEAD + FIQ_MEMORY_MAX * FIQ_MEMORY_STRIDE
};

/// First id of a voice: above those of the analysis and of notes.
#define FIQ_MEMORY_FIRST_ID 0x80000000u

typedef struct {
  bool  is_recording; ///< new moments are kept; recall goes on without
  float decay_per_s;  ///< rate, 0..1; default 0.01
  float recall_age_s; ///< >= 0; default 2: the present is not recalled
} FiqMomentMemoryParams;

/// A partial as heard.
typedef struct {
  float hz;    ///< > 0
  float level; ///< peak amplitude, linear, >= 0
} FiqMomentMemoryPartial;

/// What is heard in one control tick.
typedef struct {
  float axes[FIQ_AXES]; ///< mean square of each (fiq_partial_tracker_axes)
  const FiqMomentMemoryPartial*
           partials; ///< [n_partials] in any order; may be NULL if there are none
  uint32_t n_partials;
  float    coherence;  ///< 0..1
  float    phase_rate; ///< how much moves, 0..1 or so; 0 if it is not known
} FiqMomentMemoryPresent;

/// One moment that is kept.
typedef struct {
  float learned_at_s;   ///< on the clock of the stream, which goes on from session to session
  float subjective_s;   ///< subjective time then
  float coherence;      ///< 0..1
  float strength;       ///< 0..1
  float axes[FIQ_AXES]; ///< unit vector
  float hz[FIQ_MEMORY_PARTIALS];    ///< loudest first, 0: none
  float level[FIQ_MEMORY_PARTIALS]; ///< linear
} FiqMoment;

/// One partial of the moment that is recalled.
typedef struct {
  uint32_t id;    ///< FIQ_MEMORY_FIRST_ID..; another one for every moment that is recalled
  float    hz;    ///< > 0, constant as long as the id
  float    mass;  ///< > 0, constant as long as the id: level^0.6 of what was learned
  float    level; ///< peak amplitude, linear
} FiqMomentMemoryVoice;

typedef struct {
  FiqMoment* moments; ///< [FIQ_MEMORY_MAX]
  uint32_t   n_moments;
  uint32_t   generation;   ///< changes when a moment is kept, dropped or forgotten
  double     now_s;        ///< the clock
  float      subjective_s; ///< subjective time of the last moment

  // What happens.
  float mean_sum; ///< of coherence, over 20 ms
  float mean_s;
  float turn; ///< highest mean since it rises, or lowest since it falls
  bool  is_rising;
  float slow_axes[FIQ_AXES]; ///< of 0.1 s
  float slow_rate;
  float low_jump;         ///< lowest since the last leap
  bool  is_pending;       ///< a moment is to be kept in pending_s
  float since_s;          ///< since a moment was kept, up to 0.5
  float pending_s;        ///< below 0 while there are no partials
  float pending_strength; ///< 0..1 how far its event exceeded the threshold

  // The search.
  float    sought[FIQ_AXES]; ///< the present of this round, unit vector or 0
  uint32_t next;             ///< moment to look at
  float    round_s;          ///< that the round has taken
  uint32_t best;             ///< so far in this round; FIQ_MEMORY_MAX: none, as in all indices
  float    best_recall;
  float    best_similarity;
  uint32_t faint; ///< least strength x fading so far, the recalled one apart
  float    faint_weight;
  uint32_t weakest; ///< the same of the whole round before

  // What is recalled.
  uint32_t held;          ///< the recalled moment
  float    recall;        ///< similarity x fading x coherence of it, 0..1; 0: none
  float    similarity;    ///< 0..1
  float    better_s;      ///< for so long another one has been better
  float    present_level; ///< root of the summed squares of the partials' levels, smoothed
  float    learned_level; ///< the same of the recalled moment
  uint32_t next_id;
  bool     is_called; ///< `called` is recalled whatever is found
  uint32_t n_voices;
  FiqMomentMemoryVoice voices[FIQ_MEMORY_PARTIALS];
  FiqMoment            called;
} FiqMomentMemory;

/// Default value of every parameter; not recording.  [any]
FiqMomentMemoryParams fiq_moment_memory_default_params(void);

/// Take the memory; no moments, clock 0.  [setup]
FiqStatus fiq_moment_memory_init(FiqMomentMemory* self, FiqArena* arena);

/// Forget what is heard and recalled just now; moments and clock stay.  [audio]
void fiq_moment_memory_reset(FiqMomentMemory* self);

/// Forget all moments, clock 0.  [audio]
void fiq_moment_memory_clear(FiqMomentMemory* self);

/// Let `dt_s` (> 0, one control tick) pass. Values that are not finite count as 0.  [audio]
void fiq_moment_memory_step(FiqMomentMemory* self, const FiqMomentMemoryParams* params,
                            const FiqMomentMemoryPresent* present, float dt_s);

/// The voices [n] that re-sing, `n` <= FIQ_MEMORY_PARTIALS; those of a moment are all new or all
/// the same as before.  [audio]
const FiqMomentMemoryVoice* fiq_moment_memory_voices(const FiqMomentMemory* self, uint32_t* n);

/// The moment that is recalled, or else the present as one; false if there is neither.  [audio]
bool fiq_moment_memory_take(const FiqMomentMemory* self, const FiqMomentMemoryPresent* present,
                            FiqMoment* moment);

/// Recall `moment` (copied) whatever is found, until NULL is called. It does not fade.  [audio]
void fiq_moment_memory_call(FiqMomentMemory* self, const FiqMoment* moment);

/// Whether `moment`, of any origin, can be one that was kept up to `now_s`.  [any]
bool fiq_moment_is_legal(const FiqMoment* moment, float now_s);

/// The recalled moment or NULL.  [audio]
const FiqMoment* fiq_moment_memory_recalled(const FiqMomentMemory* self);

/// Axes of a sound that is given by its partials.  [any]
void fiq_moment_memory_axes_of_partials(const FiqMomentMemoryPartial* partials, uint32_t n,
                                        float axes[FIQ_AXES]);

/// As numbers to keep: [FIQ_MEMORY_FLOATS].  [audio]
void fiq_moment_memory_pack(const FiqMomentMemory* self, float* packed);

/// The head, and of the places first..first + n - 1 (up to FIQ_MEMORY_MAX) those with moments alone, so that the work
/// can be spread over ticks: no moment is torn, though one that moves meanwhile may be missed or be
/// there twice until it is packed again.  [audio]
void fiq_moment_memory_pack_some(const FiqMomentMemory* self, float* packed, uint32_t first,
                                 uint32_t n);

/// Back from `packed` [FIQ_MEMORY_FLOATS] of any origin: moments that cannot be are dropped, a head that
/// cannot be is an empty memory.  [audio]
void fiq_moment_memory_unpack(FiqMomentMemory* self, const float* packed);

#endif
