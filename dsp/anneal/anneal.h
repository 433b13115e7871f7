// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Annealed carriers: a cloud of oscillators on one axis x crystallises onto carriers x_k.
   One step of length dt at progress p of the anneal (0 hot .. 1 cold):

       w_k  = softmax_k(-s |x - x_k| + g_k)
       x   += (1 - l^(dt / 0.05)) (sum_k w_k x_k - x) + 0.05 noise sqrt((1 - l^(dt / 0.025)) / (1 - l^2)) N(0,1)
       l    = 1 - 0.05 strength,  noise = n0 (1 - p),  strength = 1 + s1 p,  s = 0.05 (1 - p) + sh1 p

   The whole anneal takes 5 units of dt, which is 100 Euler steps of 0.05 in the reference; at any other
   step length the pull and the random walk go as far in the same time, and are always stable. Between neighbours x_j, x_j+1 the
   softmax is one logistic curve, low_j + (high_j - low_j) / (1 + e^(-2 s (x - c_j))), low_j, high_j and c_j
   from sums over the carriers to the left and to the right; so the exact softmax costs the same
   for 2 carriers as for 64.

   Balance: with q_k the point that has the share m_1..m_k of the oscillators below it,
   g_k+1 = g_k - s (|q_k - x_k| - |q_k - x_k+1|) puts the indifference point there, which is optimal
   transport in one dimension. The q_k are order statistics of the step before, in a large flight those
   of a part of the chunks: by a histogram of 2^10 cells over the cloud, and from p = 0.45 on by one of
   two levels and 2^20 cells. At p = 1/2, when the softmax has become a choice, everyone in flight is bound to the
   carrier that attracts it, within the integer shares (largest remainder), and from there on flies
   straight to it; where carriers lie too close for that, or the sharpness is low, this happens at p = 1.

   Short steps: within 45 ms and a 45th of the anneal a chunk has one update, in which it finds its way for all
   the steps until the next one, at most 8, and goes an equal part of it in each; the settled follow their
   carriers in every step. As often as updates come, the hot are counted and the field is made anew. A settled
   one within 0.0005 units of its carrier is on it, unless there is temperature. A chunk's oscillators are
   re-heated, bound and settled at its update too, so that no step has all of them to sort; only new ones are placed at
   once. Who is strewn rests until the first update, in the part of the cloud that is as large as its carrier's share.

   Variants: the curve bends p, to p^(4^curve), for the schedule above. A temperature T keeps the noise
   at n0 T or more; the settled then vary around their carriers with a standard deviation of
   0.05 n0 T / sqrt(1 - (0.95 - 0.05 s1)^2), and the shares stay exact. Sharpness follows the schedule; or is up to 4
   times as high or low as the cloud converges more slowly or fast than it must, to be within 0.03 units
   at p = 1; or is that of the schedule times (1/2 + energy) (1/2 + coherence) for each carrier, the energy being its
   share times the number of carriers, the interval between two having the mean of theirs; or falls from sh1 when
   cold to 0.05 when hot by the power of the temperature max(T, 1 - p). From p = 0.85 on it is at least
   2 ((p - 0.85) / 0.15)^2, so that even where it is low nobody is far from a carrier at the end.

   An oscillator is settled (it sits on its carrier, whose moves it follows at once) or hot.
   When carriers come, go or change mass, monotone transport says how many of each carrier's
   oscillators stay; the others are re-heated and fly onto what is free. Each belongs at once to the carrier that transport
   takes it to, so that a new one has members from the first step on.

   Axis: Hz: x = f; cents: x = 261.63 ln(f / 261.63), so that at middle C one unit is one Hz in both.
   Source: annealed diffusion on carriers; Kuhn 1955 and Villani 2003 for the transport. Cost per step:
   O(K) per carrier set, about 0.5 ns a hot oscillator (AVX2, 2.6 ns where every step is an update), nothing once all rest. Latency: none.
*/
#ifndef FIQ_ANNEAL_H
#define FIQ_ANNEAL_H

#include "dsp/base/arena.h"

enum {
  FIQ_ANNEAL_CHUNK            = 64,      ///< oscillators advanced at a time
  FIQ_ANNEAL_OSC_MAX          = 1048576, ///< largest capacity
  FIQ_ANNEAL_COARSE           = 1024,    ///< cells of the first histogram
  FIQ_ANNEAL_FINE             = 1024,    ///< cells within one of its cells
  FIQ_ANNEAL_LANES            = 4,       ///< copies of the first histogram, written in turn
  FIQ_ANNEAL_REFINED          = 2 * FIQ_CARRIERS_MAX, ///< cells looked into at the second level
  FIQ_ANNEAL_NOISE            = 4096,                 ///< normal numbers kept
  FIQ_ANNEAL_SCATTER_SLOTS    = 256, ///< places in the order of those that are strewn
  FIQ_ANNEAL_UPDATE_STEPS_MAX = 8,   ///< steps from one update of a chunk to the next
  FIQ_SOFTMAX_FIELD_ROWS      = 4    ///< what an interval has: low, span, centre, cell
};

#define FIQ_ANNEAL_F0_HZ 261.63f
/// Units of dt in one whole anneal.
#define FIQ_ANNEAL_UNITS 5.0f

/// Where one oscillator stands.
typedef enum {
  FIQ_OSCILLATOR_SETTLED, ///< on its carrier
  FIQ_OSCILLATOR_HOT,     ///< in flight
  FIQ_OSCILLATOR_LOOSE    ///< new; gets a carrier with room at the next step
} FiqOscillatorState;

/// What all chunks go through, each at its update.
typedef enum {
  FIQ_ANNEAL_NO_PASS,
  FIQ_ANNEAL_SORT,  ///< a plan is carried out
  FIQ_ANNEAL_BIND,  ///< the hot get their carriers for good
  FIQ_ANNEAL_SETTLE ///< the anneal is over
} FiqAnnealPass;

/// What makes the softmax sharp.
typedef enum {
  FIQ_SHARPNESS_SCHEDULE,
  FIQ_SHARPNESS_CONVERGENCE,
  FIQ_SHARPNESS_CARRIER,
  FIQ_SHARPNESS_TEMPERATURE
} FiqSharpness;

/// What one step obeys.
typedef struct {
  float        noise;     ///< n0, units of x; >= 0, 50 as reference
  float        strength;  ///< s1; >= 0, 10 as reference
  float        sharpness; ///< sh1; > 0, 20 as reference
  float        balance;   ///< 0 plain softmax .. 1 exact shares
  float        anneal_s;  ///< length of the anneal; > 0
  float        x_low;     ///< the cloud stays inside x_low..x_high
  float        x_high;
  float        scatter_low;  ///< where oscillators start that are not bound to balance,
  float        scatter_high; ///< and all of them after fiq_anneal_scatter
  FiqSharpness sharpness_mode;
  float        temperature; ///< T, 0..1
  float        curve;       ///< -1 cools early .. 1 late
} FiqAnnealParams;

/// The carriers of one step, by slot.
typedef struct {
  float x[FIQ_CARRIERS_MAX];         ///< coordinate
  float mass[FIQ_CARRIERS_MAX];      ///< share asked for, any scale; 0: slot unused
  bool  fresh[FIQ_CARRIERS_MAX];     ///< not the carrier that this slot held before
  float coherence[FIQ_CARRIERS_MAX]; ///< 0..1, for FIQ_SHARPNESS_CARRIER
} FiqAnnealTarget;

/// The softmax field as one logistic curve per interval between carriers.
typedef struct {
  float    sorted[2 * FIQ_CARRIERS_MAX]; ///< [n] ascending, then out of reach
  float    low[FIQ_CARRIERS_MAX + 1];    ///< [n + 1] by number of carriers below x
  float    span[FIQ_CARRIERS_MAX + 1];   ///< high - low
  float    centre[FIQ_CARRIERS_MAX + 1]; ///< c
  uint32_t flip[FIQ_CARRIERS_MAX]
               [FIQ_SOFTMAX_FIELD_ROWS]; ///< bits in which interval j + 1 differs from j
  int32_t  cell[FIQ_CARRIERS_MAX + 1]; ///< slot that attracts below c, plus 256 times the one above
  float    steepness[FIQ_CARRIERS_MAX + 1]; ///< 2 s
  uint32_t n;                               ///< carriers in the field
  bool     uniform;                         ///< all intervals are equally steep
} FiqSoftmaxField;

/// Where the oscillators are; [capacity] each unless said.
typedef struct {
  float*   x;          ///< coordinate
  uint8_t* slot;       ///< carrier it sits on or flies to
  uint8_t* state;      ///< FiqOscillatorState
  float*   drift;      ///< what x changes by in each step until the next update
  uint8_t* chunk_hot;  ///< [capacity / chunk] hot oscillators of a chunk
  uint8_t* chunk_left; ///< [capacity / chunk] steps until its next update
  uint8_t* chunk_due;  ///< [capacity / chunk] 1: still to come in the pass under way
  uint32_t n;          ///< oscillators in play
  uint32_t n_hot;      ///< of these, in flight
  uint32_t n_next_hot; ///< in flight once they are sorted
} FiqAnnealOscillators;

/// Histograms of the hot ones.
typedef struct {
  uint32_t* coarse;        ///< [lanes][FIQ_ANNEAL_COARSE]
  uint32_t* fine;          ///< [FIQ_ANNEAL_REFINED + 1][FIQ_ANNEAL_FINE]
  uint8_t*  fine_of;       ///< [FIQ_ANNEAL_COARSE] table refining a cell, the last for none
  uint32_t* below;         ///< [FIQ_ANNEAL_COARSE + 1] cumulative count
  bool      is_empty;      ///< that is 0 everywhere
  float*    lane_min;      ///< [chunk] smallest hot x of this pass
  float*    lane_max;      ///< [chunk]
  float*    lane_residual; ///< [chunk] sum of |x - carrier|
  float     range_low, range_scale;         ///< cells of this pass
  float     old_range_low, old_range_scale; ///< cells of the pass before
  uint32_t  stride, old_stride; ///< every which chunk is counted in this pass, in the one before
  uint32_t  n_measured;         ///< oscillators in the sums of this pass so far
} FiqAnnealHistogram;

/// The carriers, by slot.
typedef struct {
  float now[FIQ_CARRIERS_MAX];    ///< coordinate at this step
  float before[FIQ_CARRIERS_MAX]; ///< at the step before
  float shift[FIQ_CARRIERS_MAX];  ///< now - before
  float mass[FIQ_CARRIERS_MAX];
  float gap; ///< smallest distance between carriers of the field
} FiqAnnealCarriers;

/// Who stays with which carrier and who goes where, by slot.
typedef struct {
  uint32_t share[FIQ_CARRIERS_MAX];   ///< oscillators that mass asks for
  uint32_t settled[FIQ_CARRIERS_MAX]; ///< oscillators settled
  uint32_t stay[FIQ_CARRIERS_MAX];    ///< how many of `was` the plan lets stay
  uint32_t tick[FIQ_CARRIERS_MAX];    ///< spreads the staying ones evenly
  uint32_t room[FIQ_CARRIERS_MAX];    ///< places left for hot ones
  uint8_t  overflow_slot
      [FIQ_CARRIERS_MAX]; ///< next carrier with room, for those of a full one; itself: not sought yet
  uint32_t loose[FIQ_CARRIERS_MAX];      ///< places for loose ones
  uint32_t n_departed[FIQ_CARRIERS_MAX]; ///< how many have left a carrier by the last plan so far
  uint8_t  exit_first[FIQ_CARRIERS_MAX +
                     1]; ///< where the exits of a carrier begin, and the last ones end
  uint8_t  exit_slot[2 * FIQ_CARRIERS_MAX]; ///< carrier that an exit leads to
  uint32_t
           exit_end[2 *
               FIQ_CARRIERS_MAX]; ///< part of the departed, in 2^-32, that take it or one before it
  uint32_t was[FIQ_CARRIERS_MAX];      ///< settled when the last plan was made
} FiqAnnealTransport;

/// Parts of the cloud that oscillators are strewn over, by their number.
typedef struct {
  uint8_t slot[FIQ_ANNEAL_SCATTER_SLOTS];
  float   low[FIQ_ANNEAL_SCATTER_SLOTS];
  float   span[FIQ_ANNEAL_SCATTER_SLOTS];
} FiqAnnealScatter;

/// The points that part the cloud among the carriers.
typedef struct {
  uint32_t n;                         ///< boundaries with a refined cell pending
  uint32_t rank[FIQ_CARRIERS_MAX];    ///< oscillators below boundary, of those counted
  int32_t  cell[FIQ_CARRIERS_MAX][2]; ///< coarse cells of the two neighbours
  float    share[FIQ_CARRIERS_MAX];   ///< share of the hot ones that the cut was made for
  float    x[FIQ_CARRIERS_MAX];       ///< q
  uint32_t n_known;                   ///< cuts in cut_x; 0: none yet
} FiqAnnealCuts;

/// What the ways of a step follow from.
typedef struct {
  float dt;
  float strength;
  float noise;
  float cold_strength; ///< of the settled
  float cold_noise;
} FiqAnnealPace;

/// How far the anneal has come, and what moves by it.
typedef struct {
  FiqAnnealPace found; ///< what the four that follow p are for
  float         p;     ///< progress of the anneal, 1: cold
  float         keep
      [FIQ_ANNEAL_UPDATE_STEPS_MAX]; ///< share of its way that a settled one keeps in 1, 2 .. steps
  float pull[FIQ_ANNEAL_UPDATE_STEPS_MAX];          ///< 1 - e^(-strength dt) of as many
  float sigma[FIQ_ANNEAL_UPDATE_STEPS_MAX];         ///< standard deviation of the noise in flight
  float settled_sigma[FIQ_ANNEAL_UPDATE_STEPS_MAX]; ///< and of that of the settled
  float pace;            ///< ln of what the convergence makes of the sharpness, -1.4..1.4
  float heat;            ///< residual, smoothed
  float share_of_anneal; ///< of this step
  float share_measured;  ///< of the steps since the residual was measured
  float residual;        ///< mean |x - carrier|, units of x, after the last step
  float
      imbalance; ///< 1..1000: largest over smallest ratio of count to mass, as the last anneal left it
  uint32_t
      update_steps; ///< steps from one update of a chunk to the next, 1..FIQ_ANNEAL_UPDATE_STEPS_MAX
  float stray;      ///< share of newly hot ones that start at a random place
} FiqAnnealSchedule;

/// What this step does.
typedef struct {
  FiqAnnealPass kind;
  uint32_t      n_due;      ///< chunks still to come in the pass under way
  uint32_t      next_slot;  ///< where the search for a place goes on
  bool          sorting;    ///< this step sorts all: some are new, gone, or strewn
  bool          planned;    ///< a plan was made in this step
  bool          scattering; ///< all begin anew in this step
  bool          strewing;   ///< and are strewn over a cloud
  bool          scatter_next;
  bool          plan_next;  ///< this step counts, the next one plans
  bool          recount;    ///< oscillators were lost
  bool          recounting; ///< this step counts those that are left
  bool          still;      ///< all are exactly on their carriers, wherever these go
  bool          behind;     ///< they have gone since, and the coordinates of the settled have not
  bool          exact;      ///< shares are kept exactly
  bool          bound;      ///< in the second half of the flight: the carriers of the hot are fixed
  bool          anchored;   ///< all that are settled are exactly on their carriers
  bool          moved;      ///< carriers have moved since the step before
  bool          counting;   ///< this step counts the hot and measures
  bool          counted;    ///< the step before did
} FiqAnnealProgress;

typedef struct {
  // fixed by init
  uint32_t             capacity;   ///< multiple of FIQ_ANNEAL_CHUNK
  bool                 use_avx2;   ///< which build of the kernels; may be cleared to compare
  bool                 use_avx512; ///< a wider one, if use_avx2 too; may be cleared to compare
  FiqAnnealOscillators osc;
  FiqAnnealHistogram   histogram;
  FiqAnnealCarriers    carriers;
  FiqAnnealTransport   transport;
  FiqAnnealScatter     scatter;
  FiqAnnealCuts        cuts;
  FiqAnnealSchedule    schedule;
  FiqAnnealProgress    pass;

  float* noise; ///< [FIQ_ANNEAL_NOISE + chunk] normal; fixed by init

  FiqSoftmaxField field;
  uint32_t        step; ///< steps since reset; salts the noise
  uint32_t        seed;
  FiqAnnealParams params;
} FiqAnneal;

/// What a step brought a chunk.
typedef struct {
  bool slots; ///< a slot may have changed
  bool
      is_updated; ///< it is on a new way; if not, x went on by `drift`, and by the shift of its carrier if that moved
} FiqChunkResult;

/// `capacity`: oscillators, 1..FIQ_ANNEAL_OSC_MAX, rounded up to chunks.  [setup]
FiqStatus fiq_anneal_init(FiqAnneal* self, FiqArena* arena, uint32_t capacity);

/// Forget carriers and oscillators; `seed` starts the noise.  [audio]
void fiq_anneal_reset(FiqAnneal* self, uint32_t seed);

/// Strew all oscillators over scatter_low..scatter_high at the next step and heat them; if
/// the two are equal they settle at once.  [audio]
void fiq_anneal_scatter(FiqAnneal* self);

/// Begin a step of `period_s`: take over the carriers and decide who must move. `n_osc` <= capacity.
/// O(carriers) plus one look at the histograms.  [audio]
void fiq_anneal_begin(FiqAnneal* self, const FiqAnnealParams* params, const FiqAnnealTarget* target,
                      uint32_t n_osc, float period_s);

/// Advance chunk `chunk` (oscillators 64 chunk ..); once for every chunk of n_osc.  [audio]
FiqChunkResult fiq_anneal_advance(FiqAnneal* self, uint32_t chunk);

/// End the step: counts and measures.  [audio]
void fiq_anneal_end(FiqAnneal* self);

/// begin, advance all, end.  [audio]
void fiq_anneal_step(FiqAnneal* self, const FiqAnnealParams* params, const FiqAnnealTarget* target,
                     uint32_t n_osc, float period_s);

/// Continue from `old`, whose first oscillators are taken over.  O(oscillators).  [audio]
void fiq_anneal_adopt(FiqAnneal* self, const FiqAnneal* old);

/// Oscillators by slot, hot ones by where they fly.  O(oscillators).  [any]
void fiq_anneal_count(const FiqAnneal* self, uint32_t count[FIQ_CARRIERS_MAX]);

/// The noise strengths of the schedule at `p`.  [any]
static inline float fiq_anneal_sharpness(float sharpness, float p)
{
  return 0.05f * (1.0f - p) + sharpness * p;
}

/// Coordinate of oscillator `i`.  [any]
static inline float fiq_anneal_x(const FiqAnneal* self, uint32_t i)
{
  return self->pass.behind ? self->carriers.now[self->osc.slot[i]] : self->osc.x[i];
}

/// 32 well mixed bits of (index, salt).  [any]
static inline uint32_t fiq_anneal_hash(uint32_t index, uint32_t salt)
{
  uint32_t v = index * 0x9e3779b9u + salt;
  v ^= v >> 16;
  v *= 0x7feb352du;
  v ^= v >> 15;
  v *= 0x846ca68bu;
  return v ^ (v >> 16);
}

/// The salt of step number `step`.  [any]
static inline uint32_t fiq_anneal_salt(uint32_t seed, uint32_t step)
{
  return fiq_anneal_hash(step, seed * 2u + 1u);
}

/// The noise of one chunk in a step with `salt`: [chunk] normal numbers, from a random place of a table on; to be
/// multiplied with the sign.  [any]
static inline const float* fiq_anneal_noise(const FiqAnneal* self, uint32_t chunk, uint32_t salt,
                                            float* sign)
{
  const uint32_t bits = fiq_anneal_hash(chunk, salt);
  *sign               = bits >> 31 ? -1.0f : 1.0f;
  return self->noise + bits % FIQ_ANNEAL_NOISE;
}

/// Build the softmax field of `n` carriers, x ascending, bias g, sharpness s > 0.  [audio]
void fiq_softmax_field(FiqSoftmaxField* field, uint32_t n, const float* x, const double* bias,
                       const int32_t* slot, float sharpness);

/// Softmax-weighted carrier at `x`; the vector kernel computes the same.  [any]
float fiq_softmax_field_at(const FiqSoftmaxField* field, float x);

#endif
