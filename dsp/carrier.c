// SPDX-License-Identifier: GPL-3.0-or-later
#include "carrier.h"

#include "maths.h"
#include "simd.h"

#include <assert.h>
#include <string.h>

enum {
  CHUNK             = FIQ_CARRIERS_CHUNK,
  SLOTS             = FIQ_CARRIERS_MAX,
  LINEAR_SEARCH_MAX = 8,
  NO_TABLE          = FIQ_CARRIERS_REFINED, // refines no cell: counts fall there, without a branch
  COUNTED_MIN       = 1024,                 // oscillators that tell where the cuts are
  STRIDE_MAX        = 16
};

static const float out_of_reach = 1e30f;
static const float refined_from = 0.45f;  // p; before, the softmax is as soft as the cuts are rough
static const float turn_s       = 0.045f; // longest time from one turn of a chunk to the next
static const float turn_part    = 0.02f;  // and that as part of the anneal
static const float near         = 5e-4f;  // of its carrier a settled oscillator is on it
static const float choice = 24.0f; // sharpness times distance from where on a softmax is a choice

// ---- the field: softmax over all carriers as one logistic curve per interval ----

/// Adds a carrier to log sum e^(..) and to the weighted mean of those so far.
static void add_weighted(double* log_sum, double* mean, double log_weight, double x)
{
  const double top   = fmax(*log_sum, log_weight);
  const double total = top + log(exp(*log_sum - top) + exp(log_weight - top));
  *mean              = *mean * exp(*log_sum - total) + x * exp(log_weight - total);
  *log_sum           = total;
}

void fiq_carrier_field(FiqCarrierField* field, uint32_t n, const float* x, const double* bias,
                       const int32_t* slot, float sharpness)
{
  assert(n >= 1 && n <= SLOTS);
  assert(sharpness > 0.0f);
  const double s = (double)sharpness;
  double       left_sum[SLOTS + 1];
  double       left_mean[SLOTS + 1];
  int32_t      cell_low[SLOTS + 1];
  int32_t      cell_high[SLOTS + 1];
  left_sum[0]  = -1e300;
  left_mean[0] = 0.0;
  double best  = -1e300;
  field->n     = n;
  for (uint32_t j = 0; j < n; ++j) {
    const double weight = s * (double)x[j] + bias[j];
    left_sum[j + 1]     = left_sum[j];
    left_mean[j + 1]    = left_mean[j];
    add_weighted(&left_sum[j + 1], &left_mean[j + 1], weight, (double)x[j]);
    cell_low[j + 1]  = weight >= best ? slot[j] : cell_low[j];
    best             = fmax(best, weight);
    field->sorted[j] = x[j];
  }
  double right_sum  = -1e300;
  double right_mean = 0.0;
  best              = -1e300;
  for (uint32_t j = n + 1; j-- > 0;) {
    const bool   first = j == 0;
    const bool   last  = j == n;
    const double low   = first ? right_mean : left_mean[j];
    const double high  = last ? left_mean[n] : right_mean;
    field->low[j]      = (float)low;
    field->span[j]     = (float)(high - low);
    field->centre[j]   = first || last ? 0.0f : (float)((left_sum[j] - right_sum) / (2.0 * s));
    if (last) {
      cell_high[j] = cell_low[j];
    }
    if (first) {
      cell_low[j] = cell_high[j];
      break;
    }
    const double weight = bias[j - 1] - s * (double)x[j - 1];
    add_weighted(&right_sum, &right_mean, weight, (double)x[j - 1]);
    cell_high[j - 1] = weight >= best ? slot[j - 1] : cell_high[j];
    best             = fmax(best, weight);
  }
  for (uint32_t j = 0; j <= n; ++j) {
    field->cell[j]      = cell_low[j] | cell_high[j] * 256;
    field->steepness[j] = 2.0f * sharpness;
  }
  for (uint32_t j = n; j < 2 * SLOTS; ++j) {
    field->sorted[j] = out_of_reach;
  }
}

/// e^x for |x| <= 80, relative error below 5e-6.
FIQ_INLINE float exponential(float x)
{
  const float magic =
      12582912.0f; // adding 1.5 * 2^23 rounds to an integer in every instruction set
  const float scaled  = x * 1.44269504f;
  const float rounded = (scaled + magic) - magic;
  const float f       = scaled - rounded;
  const float p =
      1.0f + f * (0.693124190f + f * (0.240240990f + f * (0.0559064300f + f * 0.00958285000f)));
  const int32_t bits = ((int32_t)rounded + 127) * (1 << 23);
  float         power;
  memcpy(&power, &bits, sizeof power);
  return p * power;
}

FIQ_INLINE float clamp_fast(float x, float low, float high)
{
  const float above = x > low ? x : low;
  return above < high ? above : high;
}

float fiq_carrier_field_at(const FiqCarrierField* field, float x)
{
  uint32_t j = 0;
  while (j < field->n && x > field->sorted[j]) {
    ++j;
  }
  const float z = clamp_fast(field->steepness[j] * (x - field->centre[j]), -80.0f, 80.0f);
  return field->low[j] + field->span[j] / (1.0f + exponential(-z));
}

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
FIQ_INLINE void pass_curves(const FiqCarrierField* restrict field, const float* restrict x,
                            Curves* restrict curves)
{
  const FiqInt8 none = {0};
  for (int i = 0; i < CHUNK; i += 8) {
    const FiqFloat8 here   = *(const FiqFloat8*)(x + i);
    FiqInt8         low    = none + (int32_t)bits_of(field->low[0]);
    FiqInt8         span   = none + (int32_t)bits_of(field->span[0]);
    FiqInt8         centre = none + (int32_t)bits_of(field->centre[0]);
    FiqInt8         cell   = none + field->cell[0];
    for (uint32_t k = 0; k < field->n; ++k) {
      const FiqInt8         beyond = (FiqInt8)(here > field->sorted[k]);
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
FIQ_INLINE void search_curves(const FiqCarrierField* restrict field, const float* restrict x,
                              Curves* restrict curves)
{
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
FIQ_INLINE void fly(const FiqCarriers* restrict self, uint32_t steps, const float* restrict x,
                    const float* restrict noise, float         sign, float* restrict moved,
                    int32_t* restrict cell)
{
  const FiqCarrierField* restrict field = &self->field;
  const float low                       = self->params.x_low;
  const float high                      = self->params.x_high;
  const float pull                      = self->pull[steps - 1];
  const float sigma                     = self->sigma[steps - 1] * sign;
  Curves      curves;
  if (field->n <= LINEAR_SEARCH_MAX) {
    pass_curves(field, x, &curves);
  } else {
    search_curves(field, x, &curves);
  }
  for (int i = 0; i < CHUNK; ++i) {
    const float way    = curves.steepness[i] * (x[i] - curves.centre[i]);
    const float z      = clamp_fast(way, -80.0f, 80.0f);
    const float target = curves.low[i] + curves.span[i] / (1.0f + exponential(-z));
    moved[i]           = clamp_fast(x[i] + pull * (target - x[i]) + sigma * noise[i], low, high);
    cell[i]            = way > 0.0f ? curves.cell[i] >> 8 : curves.cell[i] & 255;
  }
}

/// Straight on to the carrier, in the second half of a flight.
FIQ_INLINE void glide(const FiqCarriers* restrict self, uint32_t steps, const float* restrict x,
                      const float* restrict noise, float         sign, const int32_t* restrict slot,
                      float* restrict moved)
{
  const float low           = self->params.x_low;
  const float high          = self->params.x_high;
  const float pull          = self->pull[steps - 1];
  const float sigma         = self->sigma[steps - 1] * sign;
  const float* restrict now = self->now;
  for (int i = 0; i < CHUNK; ++i) {
    moved[i] = clamp_fast(x[i] + pull * (now[slot[i]] - x[i]) + sigma * noise[i], low, high);
  }
}

/// Cells of the histograms, clamped to those there are.
FIQ_INLINE void find_cells(const float* restrict x, float low, float scale, int32_t* restrict cell)
{
  const float top = (float)(FIQ_CARRIERS_COARSE * FIQ_CARRIERS_FINE) - 1.0f;
  for (int i = 0; i < CHUNK; ++i) {
    cell[i] = (int32_t)clamp_fast((x[i] - low) * scale, 0.0f, top);
  }
}

/// Work on one chunk, apart from the passes that sort: copies, so that nothing aliases.
typedef struct {
  float   x[CHUNK];        ///< where they are, then where they are to be
  float   from[CHUNK];     ///< where they are, with their carrier if settled
  float   moved[CHUNK];    ///< by flight
  float   residual[CHUNK]; ///< |x - carrier|
  int32_t slot[CHUNK];
  int32_t cell[CHUNK]; ///< slot that attracts; then cell of the histogram
  int32_t old_cell[CHUNK];
  int32_t hot[CHUNK]; ///< 0 or 1
} Work;

/// Copies of one chunk, of which only the first `n` oscillators can be hot.
FIQ_INLINE void load_work(const FiqCarriers* restrict self, uint32_t first, uint32_t n,
                          Work* restrict work)
{
  const float* restrict x       = self->x + first;
  const uint8_t* restrict slot  = self->slot + first;
  const uint8_t* restrict state = self->state + first;
  for (uint32_t i = 0; i < CHUNK; ++i) {
    work->x[i]    = x[i];
    work->slot[i] = slot[i];
    work->hot[i]  = (state[i] == FIQ_CARRIER_HOT) & (i < n);
  }
}

/// What a chunk needs.
typedef struct {
  uint32_t steps;   ///< that its way is for
  bool     bound;   ///< the hot fly straight to their carriers
  bool     flies;   ///< some are hot
  bool     tracks;  ///< some are settled
  bool     refines; ///< the cells of the pass before are wanted
  bool     counts;  ///< the cells of this pass are wanted, and the measures
} Needs;

/// The settled follow their carrier and shed what is left of the way; the hot fly.
FIQ_INLINE void move_work(const FiqCarriers* restrict self, uint32_t first, Needs needs,
                          Work* restrict work)
{
  const float* restrict now    = self->now;
  const float* restrict before = self->before;
  const float keep             = self->keep[needs.steps - 1];
  const float snap             = self->params.temperature > 0.0f ? 0.0f : near;
  float       sign;
  const float* restrict noise =
      fiq_carriers_noise(self, first / CHUNK, fiq_carriers_salt(self->seed, self->step), &sign);
  if (needs.refines) {
    find_cells(work->x, self->old_range_low, self->old_range_scale, work->old_cell);
  }
  if (needs.flies && needs.bound) {
    glide(self, needs.steps, work->x, noise, sign, work->slot, work->moved);
    memcpy(work->cell, work->slot, sizeof work->cell);
  } else if (needs.flies) {
    fly(self, needs.steps, work->x, noise, sign, work->moved, work->cell);
  }
  memcpy(work->from, work->x, sizeof work->from);
  if (needs.tracks) {
    const float tremble = self->tremble[needs.steps - 1] * sign;
    for (int i = 0; i < CHUNK; ++i) {
      const int32_t k    = work->slot[i];
      const float   from = work->from[i];
      const float   off  = from - before[k];
      const float   left = off * keep;
      const float   kept = fabsf(left) < snap ? 0.0f : left;
      work->x[i]         = now[k] + kept + tremble * noise[i];
      work->from[i]      = work->hot[i] ? from : now[k] + off;
    }
  }
  if (needs.flies && !needs.tracks) {
    memcpy(work->x, work->moved, sizeof work->x);
    memcpy(work->slot, work->cell, sizeof work->slot);
  } else if (needs.flies) {
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
  if (needs.counts) {
    find_cells(work->x, self->range_low, self->range_scale, work->cell);
    for (int i = 0; i < CHUNK; ++i) {
      work->residual[i] = fabsf(work->x[i] - now[work->slot[i]]);
    }
  }
}

/// Extremes of the hot and sums of the residuals, lane by lane.
FIQ_INLINE void measure_work(float* restrict low, float* restrict high, float* restrict sum,
                             uint32_t n, const Work* restrict work)
{
  for (uint32_t i = 0; i < CHUNK; ++i) {
    const float below = work->hot[i] ? work->x[i] : out_of_reach;
    const float above = work->hot[i] ? work->x[i] : -out_of_reach;
    low[i]            = below < low[i] ? below : low[i];
    high[i]           = above > high[i] ? above : high[i];
    sum[i] += i < n ? work->residual[i] : 0.0f;
  }
}

/// Take the first step of the way from `from` to `to`, which has `steps`.
FIQ_INLINE void set_off(FiqCarriers* restrict self, uint32_t first, uint32_t steps,
                        const float* restrict from, const float* restrict to)
{
  float* restrict x     = self->x + first;
  float* restrict drift = self->drift + first;
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

/// Between turns: on along the way, the settled with their carriers.
FIQ_INLINE void go_on(FiqCarriers* restrict self, uint32_t first)
{
  float* restrict x             = self->x + first;
  const float* restrict drift   = self->drift + first;
  const uint8_t* restrict slot  = self->slot + first;
  const uint8_t* restrict state = self->state + first;
  const float* restrict shift   = self->shift;
  for (int i = 0; i < CHUNK; ++i) {
    x[i] += drift[i];
  }
  for (int i = 0; self->moved && i < CHUNK; ++i) {
    const float carried = shift[slot[i]];
    x[i] += state[i] == FIQ_CARRIER_SETTLED ? carried : 0.0f;
  }
}

static void go_on_base(FiqCarriers* self, uint32_t first)
{
  go_on(self, first);
}

FIQ_AVX2 static void go_on_avx2(FiqCarriers* self, uint32_t first)
{
  go_on(self, first);
}

/// The plain case: all in flight, none counted.
FIQ_INLINE void fly_chunk(FiqCarriers* restrict self, uint32_t first, uint32_t steps,
                          Work* restrict work)
{
  float              sign;
  const float* const noise =
      fiq_carriers_noise(self, first / CHUNK, fiq_carriers_salt(self->seed, self->step), &sign);
  memcpy(work->from, self->x + first, sizeof work->from);
  fly(self, steps, work->from, noise, sign, work->moved, work->cell);
  set_off(self, first, steps, work->from, work->moved);
  uint8_t* restrict slot = self->slot + first;
  for (int i = 0; i < CHUNK; ++i) {
    slot[i] = (uint8_t)work->cell[i];
  }
}

FIQ_INLINE void advance_work(FiqCarriers* restrict self, uint32_t first, uint32_t n, Needs needs,
                             Work* restrict work)
{
  if (needs.flies && !needs.bound && !needs.tracks && !needs.refines && !needs.counts) {
    fly_chunk(self, first, needs.steps, work);
    return;
  }
  load_work(self, first, n, work);
  move_work(self, first, needs, work);
  if (needs.counts) {
    measure_work(self->lane_min, self->lane_max, self->lane_residual, n, work);
  }
  set_off(self, first, needs.steps, work->from, work->x);
  uint8_t* restrict slot = self->slot + first;
  for (int i = 0; needs.flies && !needs.bound && i < CHUNK; ++i) {
    slot[i] = (uint8_t)work->slot[i];
  }
}

static void advance_base(FiqCarriers* self, uint32_t first, uint32_t n, Needs needs, Work* work)
{
  advance_work(self, first, n, needs, work);
}

FIQ_AVX2 static void advance_avx2(FiqCarriers* self, uint32_t first, uint32_t n, Needs needs,
                                  Work* work)
{
  advance_work(self, first, n, needs, work);
}

FIQ_AVX512 static void advance_avx512(FiqCarriers* self, uint32_t first, uint32_t n, Needs needs,
                                      Work* work)
{
  advance_work(self, first, n, needs, work);
}

// ---- shares and transport ----

/// Split `total` over weights by largest remainder.
static void largest_remainder(const double* weight, uint32_t total, uint32_t* part)
{
  double sum = 0.0;
  for (int k = 0; k < SLOTS; ++k) {
    sum += weight[k];
    part[k] = 0;
  }
  if (sum <= 0.0) {
    return;
  }
  double   rest[SLOTS];
  uint32_t given = 0;
  for (int k = 0; k < SLOTS; ++k) {
    const double exact = (double)total * weight[k] / sum;
    part[k]            = (uint32_t)exact;
    rest[k]            = weight[k] > 0.0 ? exact - (double)part[k] : -1.0;
    given += part[k];
  }
  for (; given < total; ++given) {
    int best = 0;
    for (int k = 1; k < SLOTS; ++k) {
      best = rest[k] > rest[best] ? k : best;
    }
    part[best] += 1;
    rest[best] -= 1.0;
  }
}

/// Indices of the slots with `wanted`, ascending in x; their number.
static uint32_t sort_slots(const bool* wanted, const float* x, int32_t* order)
{
  uint32_t n = 0;
  for (int32_t k = 0; k < SLOTS; ++k) {
    if (!wanted[k]) {
      continue;
    }
    uint32_t at = n++;
    for (; at > 0 && x[order[at - 1]] > x[k]; --at) {
      order[at] = order[at - 1];
    }
    order[at] = k;
  }
  return n;
}

static int32_t coarse_cell(float x, float low, float scale)
{
  const float cells = (float)(FIQ_CARRIERS_COARSE * FIQ_CARRIERS_FINE);
  return (int32_t)clamp_fast((x - low) * scale, 0.0f, cells - 1.0f) / FIQ_CARRIERS_FINE;
}

/// Hot oscillators below x as the last pass left them.
static uint32_t hot_below(const FiqCarriers* self, float x)
{
  return self->below[coarse_cell(x, self->range_low, self->range_scale)] * self->stride;
}

/// Start rank of each slot's settled oscillators among all, and the number of all.
static uint32_t rank_sources(const FiqCarriers* self, const float* position, double* start)
{
  bool     wanted[SLOTS];
  int32_t  order[SLOTS];
  uint32_t n_settled = 0;
  for (int k = 0; k < SLOTS; ++k) {
    wanted[k] = self->settled[k] > 0;
  }
  const uint32_t n = sort_slots(wanted, position, order);
  for (uint32_t i = 0; i < n; ++i) {
    start[order[i]] = (double)n_settled + (double)hot_below(self, position[order[i]]);
    n_settled += self->settled[order[i]];
  }
  return n_settled + self->n_hot;
}

/// Monotone transport: how many of each carrier's settled oscillators also end there.
static void plan_stay(FiqCarriers* self, const FiqCarriersTarget* target, bool only_growth)
{
  float   position[SLOTS];
  bool    wanted[SLOTS];
  double  start[SLOTS];
  int32_t order[SLOTS];
  for (int k = 0; k < SLOTS; ++k) {
    const bool same = self->share[k] > 0 && !target->fresh[k];
    position[k]     = same ? self->now[k] : self->before[k];
    wanted[k]       = self->share[k] > 0;
    self->stay[k]   = 0;
  }
  const uint32_t n_all = rank_sources(self, position, start);
  const uint32_t n     = sort_slots(wanted, self->now, order);
  const double   scale = n_all > 0 ? (double)self->n_osc / (double)n_all : 0.0;
  double         below = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    const int32_t k    = order[i];
    const double  from = below;
    below += (double)self->share[k];
    if (target->fresh[k] || self->settled[k] == 0) {
      continue;
    }
    const double source_end = (start[k] + (double)self->settled[k]) * scale;
    const double overlap    = fmin(below, source_end) - fmax(from, start[k] * scale);
    const double exact      = only_growth ? (double)self->settled[k] : overlap / scale;
    const double limit      = fmin((double)self->settled[k], (double)self->share[k]);
    self->stay[k]           = (uint32_t)(fmin(limit, fmax(0.0, exact)) + 0.5);
  }
}

/// Places of each carrier: the staying ones keep theirs, the loose get some at once, the hot the rest.
static void plan_rooms(FiqCarriers* self, uint32_t n_loose)
{
  double weight[SLOTS];
  for (int k = 0; k < SLOTS; ++k) {
    weight[k] = (double)(self->share[k] - self->stay[k]);
  }
  largest_remainder(weight, n_loose, self->loose);
  for (int k = 0; k < SLOTS; ++k) {
    self->room[k] = self->share[k] - self->stay[k] - self->loose[k];
  }
}

static uint32_t sum_of(const uint32_t* part)
{
  uint32_t sum = 0;
  for (int k = 0; k < SLOTS; ++k) {
    sum += part[k];
  }
  return sum;
}

/// Decide for a new set of carriers who stays, who flies, who is placed.
static void plan(FiqCarriers* self, const FiqCarriersTarget* target, bool only_growth)
{
  double weight[SLOTS];
  for (int k = 0; k < SLOTS; ++k) {
    weight[k] = (double)target->mass[k];
  }
  largest_remainder(weight, self->n_osc, self->share);
  if (self->scattering) {
    memset(self->settled, 0, sizeof self->settled);
    self->n_hot = 0;
  }
  plan_stay(self, target, only_growth);
  const uint32_t n_old    = sum_of(self->settled) + self->n_hot;
  const bool     at_once  = self->params.scatter_low >= self->params.scatter_high;
  const bool     strewing = self->scattering && !at_once;
  plan_rooms(self, strewing ? 0 : self->n_osc - n_old);
  self->stray      = self->scattering ? 0.0f : 1.0f - self->params.balance;
  self->n_next_hot = self->n_osc - sum_of(self->stay) - sum_of(self->loose);
  self->p          = self->n_next_hot > 0 ? 0.0f : self->p;
  self->bound      = false;
  self->n_known    = 0;
  self->n_cuts     = 0;
  self->sorting    = true;
}

// ---- cut points: order statistics of the hot oscillators ----

/// Turn the first histogram into cumulative counts, the newly hot included where they still sit.
static void digest_coarse(FiqCarriers* self)
{
  uint32_t* restrict below        = self->below;
  const uint32_t* restrict coarse = self->coarse;
  for (int c = 0; c < FIQ_CARRIERS_COARSE; ++c) {
    uint32_t sum = 0;
    for (int lane = 0; lane < FIQ_CARRIERS_LANES; ++lane) {
      sum += coarse[lane * FIQ_CARRIERS_COARSE + c];
    }
    below[c] = sum;
  }
  uint32_t all = 0;
  for (int c = 0; c < FIQ_CARRIERS_COARSE; ++c) {
    const uint32_t here = below[c];
    below[c]            = all;
    all += here;
  }
  below[FIQ_CARRIERS_COARSE] = all;
}

static int32_t cell_of_rank(const FiqCarriers* self, uint32_t rank)
{
  int32_t low  = 0;
  int32_t high = FIQ_CARRIERS_COARSE - 1;
  while (low < high) {
    const int32_t middle = (low + high) / 2;
    if (self->below[middle + 1] >= rank) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/// Share of the places below boundary b; `order` are the field's carriers ascending.
static void place_cuts(FiqCarriers* self, const int32_t* order, uint32_t n)
{
  double places = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    places += (double)self->room[order[i]];
  }
  double sum = 0.0;
  for (uint32_t b = 0; b + 1 < n; ++b) {
    sum += (double)self->room[order[b]];
    self->cut_share[b] = places > 0.0 ? (float)(sum / places) : (float)(b + 1) / (float)n;
  }
}

/// Ask for the two neighbours of every cut, to be found among the second histograms in this pass.
static void request_cuts(FiqCarriers* self, uint32_t n)
{
  const uint32_t total    = self->below[FIQ_CARRIERS_COARSE];
  uint8_t        n_tables = 0;
  memset(self->fine_of, NO_TABLE, FIQ_CARRIERS_COARSE * sizeof *self->fine_of);
  self->n_cuts = total > 0 && n > 1 ? n - 1 : 0;
  for (uint32_t b = 0; b < self->n_cuts; ++b) {
    const uint32_t rank = (uint32_t)((double)self->cut_share[b] * (double)total + 0.5);
    self->cut_rank[b]   = rank;
    for (uint32_t side = 0; side < 2; ++side) {
      const uint32_t wanted   = rank + side;
      const uint32_t held     = wanted < 1 ? 1 : wanted > total ? total : wanted;
      const int32_t  cell     = cell_of_rank(self, held);
      self->cut_cell[b][side] = cell;
      if (self->fine_of[cell] == NO_TABLE) {
        memset(self->fine + (size_t)n_tables * FIQ_CARRIERS_FINE, 0,
               FIQ_CARRIERS_FINE * sizeof *self->fine);
        self->fine_of[cell] = n_tables++;
      }
    }
  }
}

/// Coordinate of the oscillator of `rank` (1 is the lowest) in its cell.
static float refine(const FiqCarriers* self, int32_t cell, uint32_t rank)
{
  const uint32_t* table = self->fine + (size_t)self->fine_of[cell] * FIQ_CARRIERS_FINE;
  uint32_t        sum   = self->below[cell];
  int32_t         last  = 0;
  for (int32_t i = 0; i < FIQ_CARRIERS_FINE; ++i) {
    last = table[i] > 0 ? i : last;
    sum += table[i];
    if (sum >= rank) {
      break;
    }
  }
  const float position = (float)(cell * FIQ_CARRIERS_FINE + last) + 0.5f;
  return self->old_range_low + position / self->old_range_scale;
}

static void resolve_cuts(FiqCarriers* self)
{
  const uint32_t total = self->below[FIQ_CARRIERS_COARSE];
  for (uint32_t b = 0; b < self->n_cuts; ++b) {
    const uint32_t rank  = self->cut_rank[b];
    const float    lower = refine(self, self->cut_cell[b][0], rank);
    const float    upper = refine(self, self->cut_cell[b][1], rank + 1);
    self->cut_x[b]       = rank == 0       ? -out_of_reach
                           : rank == total ? out_of_reach
                                           : 0.5f * (lower + upper);
  }
  self->n_known = self->n_cuts;
}

/// Coordinate of the oscillator of `rank` by the first histogram, linear within a cell.
static float rough_place(const FiqCarriers* self, uint32_t rank)
{
  const int32_t  cell  = cell_of_rank(self, rank);
  const uint32_t below = self->below[cell];
  const float    n     = (float)(self->below[cell + 1] - below);
  const float    part  = ((float)rank - (float)below - 0.5f) / fmaxf(n, 1.0f);
  return self->range_low + ((float)cell + part) * (float)FIQ_CARRIERS_FINE / self->range_scale;
}

/// Early in a flight, and until the refined cuts of a new plan are there, the first histogram does.
static float rough_cut(const FiqCarriers* self, uint32_t b)
{
  const uint32_t total = self->below[FIQ_CARRIERS_COARSE];
  const uint32_t rank  = (uint32_t)(self->cut_share[b] * (float)total + 0.5f);
  if (rank == 0 || rank >= total) {
    return rank == 0 ? -out_of_reach : out_of_reach;
  }
  return 0.5f * (rough_place(self, rank) + rough_place(self, rank + 1));
}

/// p as the schedule sees it.
static float bent_progress(const FiqCarriers* self)
{
  const float curve = self->params.curve;
  return fabsf(curve) > 0.0f ? powf(self->p, exp2f(2.0f * curve)) : self->p;
}

/// Sharpness of this step by the chosen mode, that of single carriers apart.
static float sharpness_of(const FiqCarriers* self)
{
  const FiqCarriersParams* params = &self->params;
  const float              cold   = bent_progress(self);
  const float              plain  = fiq_carriers_sharpness(params->sharpness, cold);
  if (params->sharpness_mode == FIQ_SHARPNESS_CONVERGENCE) {
    return plain * expf(self->pace);
  }
  if (params->sharpness_mode == FIQ_SHARPNESS_TEMPERATURE) {
    const float hot = fmaxf(params->temperature, 1.0f - cold);
    return params->sharpness * expf(hot * logf(0.05f / params->sharpness));
  }
  return plain;
}

/// What the kernel for few carriers needs, once the field is complete.
static void set_flips(FiqCarrierField* field)
{
  for (uint32_t k = 0; k < field->n; ++k) {
    field->flip[k][0] = bits_of(field->low[k]) ^ bits_of(field->low[k + 1]);
    field->flip[k][1] = bits_of(field->span[k]) ^ bits_of(field->span[k + 1]);
    field->flip[k][2] = bits_of(field->centre[k]) ^ bits_of(field->centre[k + 1]);
    field->flip[k][3] = (uint32_t)(field->cell[k] ^ field->cell[k + 1]);
  }
}

/// Strong and coherent carriers attract more sharply; between two it is the mean of theirs.
static void sharpen_each(FiqCarriers* self, const FiqCarriersTarget* target, const int32_t* order,
                         uint32_t n)
{
  float factor[SLOTS];
  float sum = 0.0f;
  for (uint32_t i = 0; i < n; ++i) {
    sum += self->mass[order[i]];
  }
  for (uint32_t i = 0; i < n; ++i) {
    const float energy = self->mass[order[i]] * (float)n / fmaxf(sum, 1e-9f);
    factor[i] = fiq_clamp((0.5f + energy) * (0.5f + target->coherence[order[i]]), 0.25f, 4.0f);
  }
  self->field.uniform = false;
  for (uint32_t i = 1; i < n; ++i) {
    self->field.steepness[i] *= 0.5f * (factor[i - 1] + factor[i]);
  }
}

/// The biases that move the indifference points onto the cuts, and the field with them.
static void build_field(FiqCarriers* self, const FiqCarriersTarget* target)
{
  bool    wanted[SLOTS];
  int32_t order[SLOTS];
  float   x[SLOTS];
  double  bias[SLOTS] = {0.0};
  for (int k = 0; k < SLOTS; ++k) {
    wanted[k] = self->exact ? self->room[k] > 0 : self->mass[k] > 0.0f;
  }
  const uint32_t n = sort_slots(wanted, self->now, order);
  if (n == 0) {
    return;
  }
  const float  sharpness = fmaxf(1e-6f, sharpness_of(self));
  const bool   counted   = self->below[FIQ_CARRIERS_COARSE] > 0;
  const double gain      = counted ? (double)(sharpness * self->params.balance) : 0.0;
  place_cuts(self, order, n);
  self->gap = out_of_reach;
  for (uint32_t i = 0; i < n; ++i) {
    x[i] = self->now[order[i]];
    if (i > 0) {
      self->gap        = fminf(self->gap, x[i] - x[i - 1]);
      const float cut  = self->n_known == n - 1 ? self->cut_x[i - 1] : rough_cut(self, i - 1);
      const float lean = cut <= x[i - 1] ? x[i - 1] - x[i]
                         : cut >= x[i]   ? x[i] - x[i - 1]
                                         : 2.0f * cut - x[i - 1] - x[i];
      bias[i]          = bias[i - 1] - gain * (double)lean;
    }
  }
  fiq_carrier_field(&self->field, n, x, bias, order, sharpness);
  if (self->params.sharpness_mode == FIQ_SHARPNESS_CARRIER) {
    sharpen_each(self, target, order, n);
  }
  set_flips(&self->field);
  if (self->p >= refined_from && self->counted) {
    request_cuts(self, n);
  }
}

// ---- one step ----

/// What is left of the way to the target after dt: Euler's step at the reference's dt of 0.05,
/// and as many such steps, or as small a part of one, as dt asks for.
static float kept_way(float strength, float dt)
{
  const float left = fmaxf(0.05f, 1.0f - 0.05f * strength);
  return expf(logf(left) * dt / 0.05f);
}

static void set_schedule(FiqCarriers* self, float period_s)
{
  const float share     = fminf(1.0f, period_s / self->params.anneal_s);
  const float dt        = FIQ_CARRIER_ANNEAL_DT * share;
  const bool  hot       = self->n_next_hot > 0;
  self->share_of_anneal = share;
  self->share_measured += share;
  self->turn = 1;
  while (self->turn < FIQ_CARRIERS_TURN_MAX && 2.0f * (float)self->turn * period_s < turn_s &&
         2.0f * (float)self->turn * share < turn_part) {
    self->turn *= 2;
  }
  self->p = hot ? fminf(1.0f, self->p + share) : self->p;
  // A thousandth of a step short of the end is rounding, not another step.
  self->p              = self->p > 1.0f - 1e-3f * share ? 1.0f : self->p;
  self->settling       = hot && self->p >= 1.0f;
  self->sorting        = self->sorting || self->settling;
  const float cold     = bent_progress(self);
  const float strength = 1.0f + self->params.strength * cold;
  const float heat     = fmaxf(1.0f - cold, self->params.temperature);
  const float hot_keep = kept_way(strength, dt);
  const float keep     = kept_way(1.0f + self->params.strength, dt);
  float       hot_kept = 1.0f;
  float       kept     = 1.0f;
  for (int i = 0; i < FIQ_CARRIERS_TURN_MAX; ++i) {
    const float walk = self->params.noise * sqrtf(0.05f * dt * (float)(i + 1));
    hot_kept *= hot_keep;
    kept *= keep;
    self->pull[i]    = 1.0f - hot_kept;
    self->sigma[i]   = walk * heat;
    self->tremble[i] = walk * self->params.temperature;
    self->keep[i]    = kept;
  }
}

/// Cells of this pass: around the cloud as it was, with room for one step.
static void set_range(FiqCarriers* self)
{
  float low  = out_of_reach;
  float high = -out_of_reach;
  for (int i = 0; i < CHUNK; ++i) {
    low               = fminf(low, self->lane_min[i]);
    high              = fmaxf(high, self->lane_max[i]);
    self->lane_min[i] = out_of_reach;
    self->lane_max[i] = -out_of_reach;
  }
  for (int k = 0; k < SLOTS; ++k) {
    if (self->settled[k] > self->stay[k]) {
      low  = fminf(low, self->before[k]);
      high = fmaxf(high, self->before[k]);
    }
    if (self->mass[k] > 0.0f) {
      low  = fminf(low, self->now[k]);
      high = fmaxf(high, self->now[k]);
    }
  }
  if (self->scattering) {
    low  = fminf(low, self->params.scatter_low);
    high = fmaxf(high, self->params.scatter_high);
  }
  const float margin = 1.0f + 3.0f * self->sigma[FIQ_CARRIERS_TURN_MAX - 1];
  self->range_low    = fmaxf(low - margin, self->params.x_low);
  const float top    = fminf(high + margin, self->params.x_high);
  const float cells  = (float)(FIQ_CARRIERS_COARSE * FIQ_CARRIERS_FINE);
  self->range_scale  = cells / fmaxf(top - self->range_low, 1e-3f);
}

/// Take the carriers over; whether their set, shares or company changed.
static bool take_target(FiqCarriers* self, const FiqCarriersTarget* target)
{
  bool changed = false;
  self->moved  = false;
  for (int k = 0; k < SLOTS; ++k) {
    const bool active = target->mass[k] > 0.0f;
    changed = changed || target->fresh[k] || fabsf(target->mass[k] - self->mass[k]) > 0.0f;
    // Where nobody has settled yet nobody has anything to follow.
    const bool  followed = self->settled[k] > 0;
    const float last     = self->now[k];
    self->now[k]         = active ? target->x[k] : self->now[k];
    self->before[k]      = followed ? last : self->now[k];
    self->shift[k]       = self->now[k] - self->before[k];
    self->moved          = self->moved || fabsf(self->shift[k]) > 0.0f;
    self->mass[k]        = target->mass[k];
  }
  return changed;
}

static bool any_mass(const FiqCarriers* self)
{
  for (int k = 0; k < SLOTS; ++k) {
    if (self->mass[k] > 0.0f) {
      return true;
    }
  }
  return false;
}

/// Fewer oscillators: this pass only counts who is left, the next one plans.
static void shrink(FiqCarriers* self, uint32_t n_osc)
{
  memcpy(self->stay, self->settled, sizeof self->stay);
  memset(self->loose, 0, sizeof self->loose);
  self->n_osc      = n_osc;
  self->recount    = false;
  self->sorting    = true;
  self->plan_next  = true;
  self->n_next_hot = self->n_hot;
}

/// Whether everyone in flight can be bound to the carrier that attracts it.
static bool is_choice(const FiqCarriers* self)
{
  const float sharpness = fiq_carriers_sharpness(self->params.sharpness, self->p);
  return self->exact && self->p >= 0.5f && self->p < 1.0f && self->field.n > 0 &&
         self->n_next_hot == self->n_hot && sharpness * self->gap > choice;
}

/// Until late in the flight of a large swarm a part of it tells where the cuts are.
static uint32_t counted_stride(const FiqCarriers* self)
{
  const uint32_t n      = self->n_next_hot > 0 ? self->n_next_hot : self->n_osc;
  const bool     part   = self->p < 0.5f || self->bound || self->n_next_hot == 0;
  uint32_t       stride = 1;
  while (part && stride < STRIDE_MAX && n / stride > 2 * COUNTED_MIN) {
    stride *= 2;
  }
  return stride;
}

/// Schedule, field and histograms of this pass; the order matters, as cuts are read in the old cells.
static void begin_flight(FiqCarriers* self, const FiqCarriersTarget* target, float period_s)
{
  set_schedule(self, period_s);
  const bool flies      = self->n_next_hot > 0;
  self->n_cuts          = 0;
  self->binding         = false;
  self->old_stride      = self->stride;
  self->old_range_low   = self->range_low;
  self->old_range_scale = self->range_scale;
  if (!flies || self->bound) {
    self->field.n = 0;
  } else {
    if (self->counted || self->sorting || self->moved || self->turn == 1 || self->field.n == 0) {
      self->field.n = 0;
      build_field(self, target);
    }
    self->binding = is_choice(self);
  }
  const bool special = self->sorting || self->binding;
  self->turn         = special ? 1 : self->turn;
  self->counting     = self->step % self->turn == 0;
  if (!self->counting) {
    return;
  }
  self->stride = counted_stride(self);
  memset(self->lane_residual, 0, CHUNK * sizeof *self->lane_residual);
  if (flies) {
    set_range(self);
    memset(self->coarse, 0,
           (size_t)FIQ_CARRIERS_LANES * FIQ_CARRIERS_COARSE * sizeof *self->coarse);
  }
}

void fiq_carriers_begin(FiqCarriers* self, const FiqCarriersParams* params,
                        const FiqCarriersTarget* target, uint32_t n_osc, float period_s)
{
  assert(n_osc >= 1 && n_osc <= self->capacity);
  assert(params->anneal_s > 0.0f);
  assert(period_s > 0.0f);
  self->params       = *params;
  self->exact        = params->balance >= 0.999f;
  self->sorting      = false;
  self->n_next_hot   = self->n_hot;
  self->scattering   = self->scatter_next;
  self->scatter_next = false;
  const bool changed = take_target(self, target) || self->plan_next;
  const bool grown   = n_osc > self->n_osc;
  self->plan_next    = false;
  memcpy(self->stay, self->settled, sizeof self->stay);
  if (grown) {
    memset(self->state + self->n_osc, FIQ_CARRIER_LOOSE, n_osc - self->n_osc);
  }
  if (self->n_hot > 0 && self->counted) {
    digest_coarse(self);
  } else if (self->n_hot == 0) {
    memset(self->below, 0, (FIQ_CARRIERS_COARSE + 1) * sizeof *self->below);
  }
  if ((n_osc < self->n_osc || self->recount) && !self->scattering) {
    shrink(self, n_osc < self->n_osc ? n_osc : self->n_osc);
    self->plan_next = self->plan_next || changed;
  } else {
    self->n_osc = n_osc;
    if ((changed || grown || self->scattering) && any_mass(self)) {
      plan(self, target, grown && !changed && self->n_hot == 0);
    }
  }
  self->counted_hot = 0;
  self->n_measured  = 0;
  self->still       = !self->sorting && self->n_next_hot == 0 && self->residual < 1e-7f &&
                params->temperature <= 0.0f && !self->moved;
  memcpy(self->was, self->settled, sizeof self->was);
  memset(self->tick, 0, sizeof self->tick);
  memset(self->count, 0, sizeof self->count);
  begin_flight(self, target, period_s);
}

/// A random place for a starting oscillator.
static float strewn_x(const FiqCarriers* self, uint32_t i)
{
  const uint32_t bits  = fiq_carriers_hash(i, ~fiq_carriers_salt(self->seed, self->step));
  const float    share = (float)(bits >> 8) * 0x1p-24f;
  return fiq_clamp(fiq_mix(self->params.scatter_low, self->params.scatter_high, share),
                   self->params.x_low, self->params.x_high);
}

static bool is_chosen(const FiqCarriers* self, uint32_t i, float share)
{
  const uint32_t bits = fiq_carriers_hash(i, fiq_carriers_salt(~self->seed, self->step));
  return (float)(bits >> 8) * 0x1p-24f < share;
}

/// A loose oscillator takes the next free place, carriers in turn.
static void place_loose(FiqCarriers* self, uint32_t i)
{
  for (uint32_t tries = 0; tries < SLOTS; ++tries) {
    const uint32_t k = self->next_slot;
    self->next_slot  = (self->next_slot + 1) % SLOTS;
    if (self->loose[k] > 0) {
      self->loose[k] -= 1;
      self->slot[i]  = (uint8_t)k;
      self->x[i]     = self->now[k];
      self->state[i] = FIQ_CARRIER_SETTLED;
      return;
    }
  }
}

/// All of a chunk start anew at random places: strewn_x, in a loop that vectors can take.
FIQ_INLINE void strew(float* restrict x, uint32_t first, uint32_t n, uint32_t salt, float low,
                      float high, float x_low, float x_high)
{
  for (uint32_t i = 0; i < n; ++i) {
    const float share = (float)(int32_t)(fiq_carriers_hash(first + i, salt) >> 8) * 0x1p-24f;
    x[i]              = fiq_clamp(fiq_mix(low, high, share), x_low, x_high);
  }
}

FIQ_AVX2 static void strew_avx2(float* x, uint32_t first, uint32_t n, uint32_t salt, float low,
                                float high, float x_low, float x_high)
{
  strew(x, first, n, salt, low, high, x_low, x_high);
}

static void strew_chunk(FiqCarriers* self, uint32_t first, uint32_t n)
{
  const FiqCarriersParams* const p    = &self->params;
  const uint32_t                 salt = ~fiq_carriers_salt(self->seed, self->step);
  float* const                   x    = self->x + first;
  memset(self->state + first, FIQ_CARRIER_HOT, n * sizeof(self->state[0]));
  if (self->use_avx2) {
    strew_avx2(x, first, n, salt, p->scatter_low, p->scatter_high, p->x_low, p->x_high);
  } else {
    strew(x, first, n, salt, p->scatter_low, p->scatter_high, p->x_low, p->x_high);
  }
}

/// Re-heat those who must move, evenly spread over the members of each carrier; place the loose.
static void sort_chunk(FiqCarriers* self, uint32_t first, uint32_t n)
{
  const bool at_once = self->params.scatter_low >= self->params.scatter_high;
  if (self->scattering && !at_once) {
    strew_chunk(self, first, n);
    return;
  }
  for (uint32_t i = first; i < first + n; ++i) {
    if (self->scattering) {
      self->state[i] = FIQ_CARRIER_LOOSE;
      self->x[i]     = strewn_x(self, i);
    } else if (self->state[i] == FIQ_CARRIER_SETTLED) {
      const uint32_t k = self->slot[i];
      self->tick[k] += self->stay[k];
      const bool stays = self->tick[k] >= self->was[k];
      self->tick[k] -= stays ? self->was[k] : 0;
      self->state[i] = stays ? FIQ_CARRIER_SETTLED : FIQ_CARRIER_HOT;
      if (!stays && self->stray > 0.0f && is_chosen(self, i, self->stray)) {
        self->x[i] = strewn_x(self, i);
      }
    }
    if (self->state[i] == FIQ_CARRIER_LOOSE) {
      place_loose(self, i);
    }
  }
}

/// The carrier with room that is next to `slot` on the axis.
static uint32_t nearest_room(const FiqCarriers* self, uint32_t slot)
{
  uint32_t best     = slot;
  float    distance = out_of_reach;
  for (uint32_t k = 0; k < SLOTS; ++k) {
    const float way = fabsf(self->now[k] - self->now[slot]);
    if (self->room[k] > 0 && way < distance) {
      best     = k;
      distance = way;
    }
  }
  return best;
}

/// The carrier of a hot one, within the rooms if shares are exact.
static uint8_t claim_room(FiqCarriers* self, uint32_t i)
{
  uint32_t k = self->slot[i];
  k          = self->exact && self->room[k] == 0 ? nearest_room(self, k) : k;
  self->room[k] -= self->room[k] > 0;
  return (uint8_t)k;
}

static void bind_chunk(FiqCarriers* self, uint32_t first, uint32_t n)
{
  for (uint32_t i = first; i < first + n; ++i) {
    if (self->state[i] == FIQ_CARRIER_HOT) {
      self->slot[i] = claim_room(self, i);
    }
  }
}

/// The anneal is over: the hot ones settle.
static void settle_chunk(FiqCarriers* self, uint32_t first, uint32_t n)
{
  for (uint32_t i = first; i < first + n; ++i) {
    if (self->state[i] != FIQ_CARRIER_HOT) {
      continue;
    }
    self->slot[i]  = self->bound ? self->slot[i] : claim_room(self, i);
    self->state[i] = FIQ_CARRIER_SETTLED;
  }
}

static void count_chunk(FiqCarriers* self, uint32_t chunk, uint32_t n)
{
  uint32_t n_hot = 0;
  for (uint32_t i = chunk * CHUNK; i < chunk * CHUNK + n; ++i) {
    const uint8_t state = self->state[i];
    n_hot += state == FIQ_CARRIER_HOT;
    self->count[self->slot[i]] += state == FIQ_CARRIER_SETTLED;
  }
  self->chunk_hot[chunk] = (uint8_t)n_hot;
  self->counted_hot += n_hot;
}

static uint8_t count_hot(const FiqCarriers* self, uint32_t first, uint32_t n)
{
  uint32_t n_hot = 0;
  for (uint32_t i = first; i < first + n; ++i) {
    n_hot += self->state[i] == FIQ_CARRIER_HOT;
  }
  return (uint8_t)n_hot;
}

/// Count one chunk: where the hot were goes into the second histograms, where they are into the first.
static void count_cells(FiqCarriers* self, Needs needs, const Work* work)
{
  for (uint32_t i = 0; needs.refines && i < CHUNK; ++i) {
    const uint32_t old   = (uint32_t)work->old_cell[i];
    const uint32_t table = self->fine_of[old / FIQ_CARRIERS_FINE];
    self->fine[table * FIQ_CARRIERS_FINE + old % FIQ_CARRIERS_FINE] += (uint32_t)work->hot[i];
  }
  for (uint32_t i = 0; needs.counts && i < CHUNK; ++i) {
    const uint32_t lane = i % FIQ_CARRIERS_LANES * FIQ_CARRIERS_COARSE;
    const uint32_t cell = (uint32_t)work->cell[i] / FIQ_CARRIERS_FINE;
    self->coarse[lane + cell] += (uint32_t)work->hot[i];
  }
}

bool fiq_carriers_advance(FiqCarriers* self, uint32_t chunk)
{
  const uint32_t first = chunk * CHUNK;
  assert(first < self->n_osc);
  if (self->still) {
    return false;
  }
  // Those that are counted arrive where they are counted.
  const bool counts  = self->counting && chunk % self->stride == 0;
  const bool refines = self->n_cuts > 0 && chunk % self->old_stride == 0;
  if (self->turn > 1 && !counts && !refines && self->chunk_left[chunk] > 0) {
    self->chunk_left[chunk] -= 1;
    if (self->use_avx2) {
      go_on_avx2(self, first);
    } else {
      go_on_base(self, first);
    }
    return false;
  }
  // Whoever had a turn together with others has the next one when its number comes.
  const uint32_t steps    = counts ? 1 : self->turn - (chunk + self->step) % self->turn;
  self->chunk_left[chunk] = (uint8_t)(steps - 1);
  const uint32_t n        = self->n_osc - first < CHUNK ? self->n_osc - first : CHUNK;
  if (self->sorting) {
    sort_chunk(self, first, n);
    self->chunk_hot[chunk] = count_hot(self, first, n);
  }
  const bool  flies = self->chunk_hot[chunk] > 0 && (self->bound || self->field.n > 0);
  const Needs needs = {.steps   = steps,
                       .bound   = self->bound,
                       .flies   = flies,
                       .tracks  = self->chunk_hot[chunk] < CHUNK,
                       .refines = flies && refines,
                       .counts  = counts};
  Work        work;
  if (self->use_avx2 && self->use_avx512) {
    advance_avx512(self, first, n, needs, &work);
  } else if (self->use_avx2) {
    advance_avx2(self, first, n, needs, &work);
  } else {
    advance_base(self, first, n, needs, &work);
  }
  self->n_measured += needs.counts ? n : 0;
  if (flies) {
    count_cells(self, needs, &work);
  }
  if (self->settling) {
    settle_chunk(self, first, n);
  } else if (self->binding) {
    bind_chunk(self, first, n);
  }
  if (self->sorting) {
    count_chunk(self, chunk, n);
  }
  return self->sorting || (flies && !self->bound);
}

static void measure_imbalance(FiqCarriers* self)
{
  double most  = 0.0;
  double least = 1e30;
  for (int k = 0; k < SLOTS; ++k) {
    if (self->share[k] > 0 && self->mass[k] > 0.0f) {
      const double ratio = (double)self->settled[k] / (double)self->mass[k];
      most               = fmax(most, ratio);
      least              = fmin(least, ratio);
    }
  }
  self->imbalance = most > 0.0 ? (float)fmin(most / fmax(least, 1e-6), 1000.0) : 1.0f;
}

/// Sharper if the residual falls too slowly to be 0.03 at the end of the anneal, else softer.
static void set_pace(FiqCarriers* self)
{
  const float share    = self->share_measured;
  const float before   = self->heat;
  self->share_measured = 0.0f;
  const float rate     = fminf(1.0f, 20.0f * share);
  self->heat           = before > 0.0f ? before + (self->residual - before) * rate : self->residual;
  if (self->n_hot == 0 || self->p <= 0.0f || self->p >= 1.0f) {
    self->pace = 0.0f;
    return;
  }
  const float wanted = logf(fmaxf(self->heat, 0.03f) / 0.03f) / fmaxf(1.0f - self->p, share);
  const float is     = logf(fmaxf(before, 1e-9f) / fmaxf(self->heat, 1e-9f)) / share;
  self->pace         = fiq_clamp(self->pace + 2.0f * share * (wanted - is), -1.386f, 1.386f);
}

void fiq_carriers_end(FiqCarriers* self)
{
  if (self->n_cuts > 0) {
    resolve_cuts(self);
  }
  if (self->sorting) {
    memcpy(self->settled, self->count, sizeof self->settled);
    self->n_hot = self->counted_hot;
    if (self->n_hot == 0) {
      measure_imbalance(self);
    }
  }
  if (!self->still && self->counting) {
    double sum = 0.0;
    for (int i = 0; i < CHUNK; ++i) {
      sum += (double)self->lane_residual[i];
    }
    self->residual = (float)(sum / fmax(1.0, (double)self->n_measured));
    set_pace(self);
  }
  self->bound      = self->n_hot > 0 && (self->bound || self->binding);
  self->counted    = self->counting && !self->still;
  self->sorting    = false;
  self->settling   = false;
  self->binding    = false;
  self->scattering = false;
  self->step += 1;
}

void fiq_carriers_step(FiqCarriers* self, const FiqCarriersParams* params,
                       const FiqCarriersTarget* target, uint32_t n_osc, float period_s)
{
  fiq_carriers_begin(self, params, target, n_osc, period_s);
  for (uint32_t chunk = 0; chunk * CHUNK < n_osc; ++chunk) {
    (void)fiq_carriers_advance(self, chunk);
  }
  fiq_carriers_end(self);
}

void fiq_carriers_count(const FiqCarriers* self, uint32_t count[FIQ_CARRIERS_MAX])
{
  memset(count, 0, FIQ_CARRIERS_MAX * sizeof *count);
  for (uint32_t i = 0; i < self->n_osc; ++i) {
    count[self->slot[i]] += self->state[i] != FIQ_CARRIER_LOOSE;
  }
}

// ---- life ----

/// Sums of eight bytes (Irwin and Hall 1927), brought to mean 0 and variance 1.
static void fill_noise(float* noise)
{
  double sum    = 0.0;
  double square = 0.0;
  for (uint32_t i = 0; i < FIQ_CARRIERS_NOISE; ++i) {
    const uint32_t one = fiq_carriers_hash(2 * i, 77);
    const uint32_t two = fiq_carriers_hash(2 * i + 1, 77);
    uint32_t       all = 0;
    for (uint32_t shift = 0; shift < 32; shift += 8) {
      all += ((one >> shift) & 255u) + ((two >> shift) & 255u);
    }
    noise[i] = (float)all;
    sum += (double)all;
    square += (double)all * (double)all;
  }
  const double mean  = sum / FIQ_CARRIERS_NOISE;
  const double scale = 1.0 / sqrt(square / FIQ_CARRIERS_NOISE - mean * mean);
  for (uint32_t i = 0; i < FIQ_CARRIERS_NOISE; ++i) {
    noise[i] = (float)(((double)noise[i] - mean) * scale);
  }
  memcpy(noise + FIQ_CARRIERS_NOISE, noise, CHUNK * sizeof *noise);
}

FiqStatus fiq_carriers_init(FiqCarriers* self, FiqArena* arena, uint32_t capacity)
{
  assert(self && arena);
  if (capacity < 1 || capacity > FIQ_CARRIERS_OSC_MAX) {
    return FIQ_BAD_ARGUMENT;
  }
  memset(self, 0, sizeof *self);
  const size_t n   = ((size_t)capacity + CHUNK - 1) / CHUNK * CHUNK;
  self->capacity   = (uint32_t)n;
  self->use_avx2   = fiq_simd_avx2();
  self->use_avx512 = fiq_simd_avx512();
  self->x          = fiq_arena_take(arena, n, sizeof *self->x);
  self->slot       = fiq_arena_take(arena, n, sizeof *self->slot);
  self->state      = fiq_arena_take(arena, n, sizeof *self->state);
  self->drift      = fiq_arena_take(arena, n, sizeof *self->drift);
  self->chunk_hot  = fiq_arena_take(arena, n / CHUNK, sizeof *self->chunk_hot);
  self->chunk_left = fiq_arena_take(arena, n / CHUNK, sizeof *self->chunk_left);
  self->coarse =
      fiq_arena_take(arena, (size_t)FIQ_CARRIERS_LANES * FIQ_CARRIERS_COARSE, sizeof *self->coarse);
  self->fine     = fiq_arena_take(arena, (size_t)(FIQ_CARRIERS_REFINED + 1) * FIQ_CARRIERS_FINE,
                                  sizeof *self->fine);
  self->fine_of  = fiq_arena_take(arena, FIQ_CARRIERS_COARSE, sizeof *self->fine_of);
  self->below    = fiq_arena_take(arena, FIQ_CARRIERS_COARSE + 1, sizeof *self->below);
  self->lane_min = fiq_arena_take(arena, CHUNK, sizeof *self->lane_min);
  self->lane_max = fiq_arena_take(arena, CHUNK, sizeof *self->lane_max);
  self->lane_residual = fiq_arena_take(arena, CHUNK, sizeof *self->lane_residual);
  self->noise         = fiq_arena_take(arena, FIQ_CARRIERS_NOISE + CHUNK, sizeof *self->noise);
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fill_noise(self->noise);
  fiq_carriers_reset(self, 1);
  return FIQ_OK;
}

/// What reset clears and adopt takes over lies behind the pointers; these are kept across both.
static FiqCarriers keep_buffers(const FiqCarriers* self, const FiqCarriers* state)
{
  FiqCarriers next   = *state;
  next.capacity      = self->capacity;
  next.use_avx2      = self->use_avx2;
  next.use_avx512    = self->use_avx512;
  next.x             = self->x;
  next.slot          = self->slot;
  next.state         = self->state;
  next.drift         = self->drift;
  next.chunk_hot     = self->chunk_hot;
  next.chunk_left    = self->chunk_left;
  next.coarse        = self->coarse;
  next.fine          = self->fine;
  next.fine_of       = self->fine_of;
  next.below         = self->below;
  next.lane_min      = self->lane_min;
  next.lane_max      = self->lane_max;
  next.lane_residual = self->lane_residual;
  next.noise         = self->noise;
  return next;
}

static void empty_lanes(FiqCarriers* self)
{
  for (int i = 0; i < CHUNK; ++i) {
    self->lane_min[i] = out_of_reach;
    self->lane_max[i] = -out_of_reach;
  }
  memset(self->lane_residual, 0, CHUNK * sizeof *self->lane_residual);
}

void fiq_carriers_reset(FiqCarriers* self, uint32_t seed)
{
  static const FiqCarriers blank;
  *self             = keep_buffers(self, &blank);
  self->seed        = seed;
  self->p           = 1.0f;
  self->imbalance   = 1.0f;
  self->range_scale = 1.0f;
  self->stride      = 1;
  self->old_stride  = 1;
  memset(self->x, 0, self->capacity * sizeof *self->x);
  memset(self->slot, 0, self->capacity * sizeof *self->slot);
  memset(self->state, 0, self->capacity * sizeof *self->state);
  memset(self->drift, 0, self->capacity * sizeof *self->drift);
  memset(self->chunk_hot, 0, self->capacity / CHUNK * sizeof *self->chunk_hot);
  memset(self->chunk_left, 0, self->capacity / CHUNK * sizeof *self->chunk_left);
  memset(self->coarse, 0, (size_t)FIQ_CARRIERS_LANES * FIQ_CARRIERS_COARSE * sizeof *self->coarse);
  memset(self->below, 0, (FIQ_CARRIERS_COARSE + 1) * sizeof *self->below);
  memset(self->fine_of, NO_TABLE, FIQ_CARRIERS_COARSE * sizeof *self->fine_of);
  empty_lanes(self);
}

void fiq_carriers_adopt(FiqCarriers* self, const FiqCarriers* old)
{
  const size_t n = old->capacity < self->capacity ? old->capacity : self->capacity;
  *self          = keep_buffers(self, old);
  memcpy(self->x, old->x, n * sizeof *self->x);
  memcpy(self->slot, old->slot, n * sizeof *self->slot);
  memcpy(self->state, old->state, n * sizeof *self->state);
  memcpy(self->drift, old->drift, n * sizeof *self->drift);
  memcpy(self->chunk_hot, old->chunk_hot, n / CHUNK * sizeof *self->chunk_hot);
  memcpy(self->chunk_left, old->chunk_left, n / CHUNK * sizeof *self->chunk_left);
  memcpy(self->coarse, old->coarse,
         (size_t)FIQ_CARRIERS_LANES * FIQ_CARRIERS_COARSE * sizeof *self->coarse);
  memcpy(self->fine, old->fine,
         (size_t)(FIQ_CARRIERS_REFINED + 1) * FIQ_CARRIERS_FINE * sizeof *self->fine);
  memcpy(self->fine_of, old->fine_of, FIQ_CARRIERS_COARSE * sizeof *self->fine_of);
  memcpy(self->below, old->below, (FIQ_CARRIERS_COARSE + 1) * sizeof *self->below);
  memcpy(self->lane_min, old->lane_min, CHUNK * sizeof *self->lane_min);
  memcpy(self->lane_max, old->lane_max, CHUNK * sizeof *self->lane_max);
  memcpy(self->lane_residual, old->lane_residual, CHUNK * sizeof *self->lane_residual);
  if (self->n_osc > self->capacity) {
    // Those beyond the smaller capacity are gone: count anew, then plan.
    self->n_osc     = self->capacity;
    self->plan_next = true;
    self->recount   = true;
  }
}

void fiq_carriers_scatter(FiqCarriers* self)
{
  self->scatter_next = true;
}
