// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/anneal/anneal_state.h"

#include "dsp/base/maths.h"
#include "dsp/base/simd.h"

#include <assert.h>
#include <string.h>

enum { CHUNK = FIQ_ANNEAL_CHUNK, SLOTS = FIQ_CARRIERS_MAX, LINEAR_SEARCH_MAX = 8 };

static const float near_by = 5e-4f; // of its carrier a settled oscillator is on it

FIQ_INLINE float clamp_fast(float x, float low, float high)
{
  assert(low <= high);
  const float above = x > low ? x : low;
  return above < high ? above : high;
}

// ---- the way ----

/// The curve that is valid at each x. [chunk] each.
typedef struct {
  float   low[CHUNK];
  float   span[CHUNK];
  float   centre[CHUNK];
  float   steepness[CHUNK];
  int32_t cell[CHUNK]; ///< slot that attracts below the centre, plus 256 times the one above
} Curves;

FIQ_INLINE uint32_t bits_of(float x)
{
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

/// Few carriers: all begin with the curve of the lowest interval, and whoever lies beyond a carrier
/// takes the bits in which the next one differs.
FIQ_INLINE void pass_curves(const FiqSoftmaxField* restrict field, const float* restrict x,
                            Curves* restrict curves)
{
  assert(field->n <= FIQ_CARRIERS_MAX);
  const FiqInt8 none = {0};
  for (int i = 0; i < CHUNK; i += 8) {
    const FiqFloat8 here   = *(const FiqFloat8*)(x + i);
    FiqInt8         low    = none + (int32_t)bits_of(field->low[0]);
    FiqInt8         span   = none + (int32_t)bits_of(field->span[0]);
    FiqInt8         centre = none + (int32_t)bits_of(field->centre[0]);
    FiqInt8         cell   = none + field->cell[0];
    for (uint32_t k = 0; k < field->n; ++k) {
      // The sign: a comparison of eight floats would be taken apart where registers hold four.
      const FiqInt8         beyond = (FiqInt8)(field->sorted[k] - here) >> 31;
      const uint32_t* const flip   = field->flip[k];
      low ^= beyond & (none + (int32_t)flip[0]);
      span ^= beyond & (none + (int32_t)flip[1]);
      centre ^= beyond & (none + (int32_t)flip[2]);
      cell ^= beyond & (none + (int32_t)flip[3]);
    }
    *(FiqInt8*)(curves->low + i)    = low;
    *(FiqInt8*)(curves->span + i)   = span;
    *(FiqInt8*)(curves->centre + i) = centre;
    *(FiqInt8*)(curves->cell + i)   = cell;
  }
  for (int i = 0; i < CHUNK; ++i) {
    curves->steepness[i] = field->steepness[0];
  }
  for (uint32_t k = 0; !field->uniform && k < field->n; ++k) {
    const float carrier = field->sorted[k];
    const float next    = field->steepness[k + 1];
    for (int i = 0; i < CHUNK; ++i) {
      const float steepness = curves->steepness[i];
      curves->steepness[i]  = x[i] > carrier ? next : steepness;
    }
  }
}

/// Many carriers: the interval by halves, then its curve.
FIQ_INLINE void search_curves(const FiqSoftmaxField* restrict field, const float* restrict x,
                              Curves* restrict curves)
{
  assert(field->n <= FIQ_CARRIERS_MAX);
  int32_t interval[CHUNK]; // number of carriers below x
  for (int i = 0; i < CHUNK; ++i) {
    interval[i] = x[i] > field->sorted[SLOTS - 1] ? SLOTS : 0;
  }
  for (int32_t half = SLOTS / 2; half > 0; half /= 2) {
    for (int i = 0; i < CHUNK; ++i) {
      const float carrier = field->sorted[interval[i] + half - 1];
      interval[i] += x[i] > carrier ? half : 0;
    }
  }
  for (int i = 0; i < CHUNK; ++i) {
    const int32_t j      = interval[i];
    curves->low[i]       = field->low[j];
    curves->span[i]      = field->span[j];
    curves->centre[i]    = field->centre[j];
    curves->steepness[i] = field->steepness[j];
    curves->cell[i]      = field->cell[j];
  }
}

/// Where softmax and noise take each oscillator of a chunk, and the slot that attracts it.
FIQ_INLINE void fly(const FiqAnneal* restrict self, uint32_t steps, const float* restrict x,
                    const float* restrict noise, float       sign, float* restrict moved,
                    int32_t* restrict cell)
{
  assert(steps >= 1 && steps <= FIQ_ANNEAL_UPDATE_STEPS_MAX);
  const FiqSoftmaxField* restrict field = &self->field;
  const float low                       = self->params.x_low;
  const float high                      = self->params.x_high;
  const float pull                      = self->schedule.pull[steps - 1];
  const float sigma                     = self->schedule.sigma[steps - 1] * sign;
  Curves      curves;
  if (field->n <= LINEAR_SEARCH_MAX) {
    pass_curves(field, x, &curves);
  } else {
    search_curves(field, x, &curves);
  }
  for (int i = 0; i < CHUNK; ++i) {
    const float way    = curves.steepness[i] * (x[i] - curves.centre[i]);
    const float z      = clamp_fast(way, -80.0f, 80.0f);
    const float target = curves.low[i] + curves.span[i] / (1.0f + fiq_exp(-z));
    moved[i]           = clamp_fast(x[i] + pull * (target - x[i]) + sigma * noise[i], low, high);
    cell[i]            = way > 0.0f ? curves.cell[i] >> 8 : curves.cell[i] & 255;
  }
}

/// Straight on to the carrier, in the second half of a flight.
FIQ_INLINE void glide(const FiqAnneal* restrict self, uint32_t steps, const float* restrict x,
                      const float* restrict noise, float       sign, const int32_t* restrict slot,
                      float* restrict moved)
{
  assert(steps >= 1 && steps <= FIQ_ANNEAL_UPDATE_STEPS_MAX);
  const float low           = self->params.x_low;
  const float high          = self->params.x_high;
  const float pull          = self->schedule.pull[steps - 1];
  const float sigma         = self->schedule.sigma[steps - 1] * sign;
  const float* restrict now = self->carriers.now;
  for (int i = 0; i < CHUNK; ++i) {
    moved[i] = clamp_fast(x[i] + pull * (now[slot[i]] - x[i]) + sigma * noise[i], low, high);
  }
}

/// Work on one chunk under way: copies, so that nothing aliases.
typedef struct {
  float   x[CHUNK];     ///< where they are, then where they are to be
  float   from[CHUNK];  ///< where they are, with their carrier if settled
  float   moved[CHUNK]; ///< by flight
  int32_t slot[CHUNK];
  int32_t cell[CHUNK]; ///< slot that attracts
  int32_t hot[CHUNK];  ///< 0 or 1
} Work;

/// Copies of one chunk, of which only the first `n` oscillators can be hot.
FIQ_INLINE void load_work(const FiqAnneal* restrict self, uint32_t first, uint32_t n,
                          Work* restrict work)
{
  assert(first % CHUNK == 0);
  assert(n <= CHUNK);
  const float* restrict x       = self->osc.x + first;
  const uint8_t* restrict slot  = self->osc.slot + first;
  const uint8_t* restrict state = self->osc.state + first;
  for (uint32_t i = 0; i < CHUNK; ++i) {
    work->x[i]    = x[i];
    work->slot[i] = slot[i];
    work->hot[i]  = (state[i] == FIQ_OSCILLATOR_HOT) & (i < n);
  }
}

/// The settled follow their carrier and shed what is left of the way; the hot fly.
FIQ_INLINE void move_work(const FiqAnneal* restrict self, uint32_t first, FiqMotionPlan way,
                          Work* restrict work)
{
  assert(way.steps >= 1 && way.steps <= FIQ_ANNEAL_UPDATE_STEPS_MAX);
  const float* restrict now    = self->carriers.now;
  const float* restrict before = self->carriers.before;
  const float keep             = self->schedule.keep[way.steps - 1];
  const float snap             = self->params.temperature > 0.0f ? 0.0f : near_by;
  float       sign;
  const float* restrict noise =
      fiq_anneal_noise(self, first / CHUNK, fiq_anneal_salt(self->seed, self->step), &sign);
  if (way.flies && way.bound) {
    glide(self, way.steps, work->x, noise, sign, work->slot, work->moved);
    memcpy(work->cell, work->slot, sizeof work->cell);
  } else if (way.flies) {
    fly(self, way.steps, work->x, noise, sign, work->moved, work->cell);
  }
  memcpy(work->from, work->x, sizeof work->from);
  if (way.tracks) {
    const float settled_sigma = self->schedule.settled_sigma[way.steps - 1] * sign;
    for (int i = 0; i < CHUNK; ++i) {
      const int32_t k    = work->slot[i];
      const float   from = work->from[i];
      const float   off  = from - before[k];
      const float   left = off * keep;
      const bool    near = fabsf(left) < snap;
      const float   next = now[k] + (near ? 0.0f : left) + settled_sigma * noise[i];
      // Who is there arrives at once: many small steps would round to somewhere beside it.
      const float tracked = near ? next : now[k] + off;
      work->x[i]          = next;
      work->from[i]       = work->hot[i] ? from : tracked;
    }
  }
  if (way.flies && !way.mixed) {
    memcpy(work->x, work->moved, sizeof work->x);
    memcpy(work->slot, work->cell, sizeof work->slot);
  } else if (way.flies) {
    for (int i = 0; i < CHUNK; ++i) {
      // Read all, then choose: a choice between loads would become masked stores, which are slow.
      const float   moved = work->moved[i];
      const float   x     = work->x[i];
      const int32_t cell  = work->cell[i];
      const int32_t slot  = work->slot[i];
      work->x[i]          = work->hot[i] ? moved : x;
      work->slot[i]       = work->hot[i] ? cell : slot;
    }
  }
}

/// Take the first step of the way from `from` to `to`, which has `steps`.
FIQ_INLINE void set_off(FiqAnneal* restrict self, uint32_t first, uint32_t steps,
                        const float* restrict from, const float* restrict to)
{
  assert(steps >= 1);
  float* restrict x     = self->osc.x + first;
  float* restrict drift = self->osc.drift + first;
  const float part      = 1.0f / (float)steps;
  if (steps == 1) {
    memcpy(x, to, CHUNK * sizeof *x);
    return;
  }
  for (int i = 0; i < CHUNK; ++i) {
    const float here = from[i];
    const float step = (to[i] - here) * part;
    drift[i]         = step;
    x[i]             = here + step;
  }
}
/// The plain case: all in flight, none counted.
FIQ_INLINE void fly_chunk(FiqAnneal* restrict self, uint32_t first, uint32_t steps,
                          Work* restrict work)
{
  assert(first + CHUNK <= self->capacity);
  float              sign;
  const float* const noise =
      fiq_anneal_noise(self, first / CHUNK, fiq_anneal_salt(self->seed, self->step), &sign);
  memcpy(work->from, self->osc.x + first, sizeof work->from);
  fly(self, steps, work->from, noise, sign, work->moved, work->cell);
  set_off(self, first, steps, work->from, work->moved);
  uint8_t* restrict slot = self->osc.slot + first;
  for (int i = 0; i < CHUNK; ++i) {
    slot[i] = (uint8_t)work->cell[i];
  }
}
FIQ_INLINE void update_drift(FiqAnneal* restrict self, uint32_t first, uint32_t n,
                             FiqMotionPlan way, Work* restrict work)
{
  assert(way.steps >= 1);
  if (way.flies && !way.bound && !way.mixed && !way.keeps) {
    fly_chunk(self, first, way.steps, work);
    return;
  }
  load_work(self, first, n, work);
  move_work(self, first, way, work);
  set_off(self, first, way.steps, work->from, work->x);
  uint8_t* restrict slot = self->osc.slot + first;
  for (int i = 0; way.flies && !way.bound && !way.keeps && i < CHUNK; ++i) {
    slot[i] = (uint8_t)work->slot[i];
  }
}

static void update_drift_base(FiqAnneal* self, uint32_t first, uint32_t n, FiqMotionPlan way,
                              Work* work)
{
  update_drift(self, first, n, way, work);
}

FIQ_AVX2 static void update_drift_avx2(FiqAnneal* self, uint32_t first, uint32_t n,
                                       FiqMotionPlan way, Work* work)
{
  update_drift(self, first, n, way, work);
}

FIQ_AVX512 static void update_drift_avx512(FiqAnneal* self, uint32_t first, uint32_t n,
                                           FiqMotionPlan way, Work* work)
{
  update_drift(self, first, n, way, work);
}

void fiq_anneal_update_drift(FiqAnneal* self, uint32_t first, uint32_t n, FiqMotionPlan way)
{
  assert(first % CHUNK == 0);
  assert(first + CHUNK <= self->capacity);
  assert(n <= CHUNK);
  assert(way.steps >= 1 && way.steps <= FIQ_ANNEAL_UPDATE_STEPS_MAX);
  Work work;
  if (self->use_avx2 && self->use_avx512) {
    update_drift_avx512(self, first, n, way, &work);
  } else if (self->use_avx2) {
    update_drift_avx2(self, first, n, way, &work);
  } else {
    update_drift_base(self, first, n, way, &work);
  }
}

/// Between updates: on along the way, the settled with their carriers.
FIQ_INLINE void apply_drift(FiqAnneal* restrict self, uint32_t first)
{
  assert(first % CHUNK == 0);
  float* restrict x             = self->osc.x + first;
  const float* restrict drift   = self->osc.drift + first;
  const uint8_t* restrict slot  = self->osc.slot + first;
  const uint8_t* restrict state = self->osc.state + first;
  const float* restrict shift   = self->carriers.shift;
  for (int i = 0; i < CHUNK; ++i) {
    x[i] += drift[i];
  }
  for (int i = 0; self->pass.moved && i < CHUNK; ++i) {
    const float carried = shift[slot[i]];
    x[i] += state[i] == FIQ_OSCILLATOR_SETTLED ? carried : 0.0f;
  }
}

static void apply_drift_base(FiqAnneal* self, uint32_t first)
{
  apply_drift(self, first);
}

FIQ_AVX2 static void apply_drift_avx2(FiqAnneal* self, uint32_t first)
{
  apply_drift(self, first);
}
void fiq_anneal_apply_drift(FiqAnneal* self, uint32_t first)
{
  assert(first % CHUNK == 0);
  assert(first + CHUNK <= self->capacity);
  if (self->use_avx2) {
    apply_drift_avx2(self, first);
  } else {
    apply_drift_base(self, first);
  }
}

// ---- the count ----

/// Cells of the histograms, clamped to those there are.
FIQ_INLINE void find_cells(const float* restrict x, float low, float scale, int32_t* restrict cell)
{
  assert(scale > 0.0f);
  const float top = (float)(FIQ_ANNEAL_COARSE * FIQ_ANNEAL_FINE) - 1.0f;
  for (int i = 0; i < CHUNK; ++i) {
    cell[i] = (int32_t)clamp_fast((x[i] - low) * scale, 0.0f, top);
  }
}

/// Extremes of the hot and distances of all from their carriers, lane by lane; cells of the first histogram.
FIQ_INLINE void survey(FiqAnneal* restrict self, uint32_t first, uint32_t n, int32_t* restrict cell)
{
  assert(n <= CHUNK);
  const float* restrict x       = self->osc.x + first;
  const uint8_t* restrict slot  = self->osc.slot + first;
  const uint8_t* restrict state = self->osc.state + first;
  const float* restrict now     = self->carriers.now;
  float* restrict low           = self->histogram.lane_min;
  float* restrict high          = self->histogram.lane_max;
  float* restrict sum           = self->histogram.lane_residual;
  for (uint32_t i = 0; i < CHUNK; ++i) {
    const bool  hot      = (state[i] == FIQ_OSCILLATOR_HOT) & (i < n);
    const float below    = hot ? x[i] : FIQ_ANNEAL_OUT_OF_REACH;
    const float above    = hot ? x[i] : -FIQ_ANNEAL_OUT_OF_REACH;
    const float distance = fabsf(x[i] - now[slot[i]]);
    low[i]               = below < low[i] ? below : low[i];
    high[i]              = above > high[i] ? above : high[i];
    sum[i] += i < n ? distance : 0.0f;
  }
  find_cells(x, self->histogram.range_low, self->histogram.range_scale, cell);
}

static void survey_base(FiqAnneal* self, uint32_t first, uint32_t n, int32_t* cell)
{
  survey(self, first, n, cell);
}

FIQ_AVX2 static void survey_avx2(FiqAnneal* self, uint32_t first, uint32_t n, int32_t* cell)
{
  survey(self, first, n, cell);
}

void fiq_anneal_survey(FiqAnneal* self, uint32_t first, uint32_t n)
{
  assert(first % CHUNK == 0);
  assert(first + CHUNK <= self->capacity);
  assert(n <= CHUNK);
  int32_t cell[CHUNK];
  (self->use_avx2 ? survey_avx2 : survey_base)(self, first, n, cell);
  self->histogram.n_measured += n;
  uint64_t hot = 0;
  if (self->osc.chunk_hot[first / CHUNK] > 0) {
    hot = fiq_anneal_members(self->osc.state + first, FIQ_OSCILLATOR_HOT, NULL, 0, n);
  }
  for (; hot; hot &= hot - 1) {
    const uint32_t i    = fiq_anneal_lowest(hot);
    const uint32_t lane = i % FIQ_ANNEAL_LANES * FIQ_ANNEAL_COARSE;
    self->histogram.coarse[lane + (uint32_t)cell[i] / FIQ_ANNEAL_FINE] += 1;
  }
}

void fiq_anneal_refine(FiqAnneal* self, uint32_t first, uint32_t n)
{
  assert(first + CHUNK <= self->capacity);
  assert(n <= CHUNK);
  assert(self->histogram.old_range_scale > 0.0f);
  int32_t              cell[CHUNK];
  const uint8_t* const state = self->osc.state + first;
  find_cells(self->osc.x + first, self->histogram.old_range_low, self->histogram.old_range_scale,
             cell);
  for (uint32_t i = 0; i < n; ++i) {
    const uint32_t old   = (uint32_t)cell[i];
    const uint32_t table = self->histogram.fine_of[old / FIQ_ANNEAL_FINE];
    self->histogram.fine[table * FIQ_ANNEAL_FINE + old % FIQ_ANNEAL_FINE] +=
        state[i] == FIQ_OSCILLATOR_HOT;
  }
}
