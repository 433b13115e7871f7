// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/anneal/anneal_state.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

enum {
  SLOTS    = FIQ_CARRIERS_MAX,
  NO_TABLE = FIQ_ANNEAL_REFINED // refines no cell: counts fall there, without a branch
};

static const float refined_from = 0.45f; // p; before, the softmax is as soft as the cuts are rough
static const float out_of_reach = FIQ_ANNEAL_OUT_OF_REACH;

// ---- shares and transport ----

/// Split `total` over weights by largest remainder.
static void largest_remainder(const double* weight, uint32_t total, uint32_t* part)
{
  assert(weight && part);
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
  assert(wanted && x && order);
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
  assert(scale > 0.0f);
  const float cells = (float)(FIQ_ANNEAL_COARSE * FIQ_ANNEAL_FINE);
  return (int32_t)fiq_clamp((x - low) * scale, 0.0f, cells - 1.0f) / FIQ_ANNEAL_FINE;
}

/// Hot oscillators below x as the last pass left them.
static uint32_t hot_below(const FiqAnneal* self, float x)
{
  assert(self->histogram.range_scale > 0.0f);
  return self->histogram
             .below[coarse_cell(x, self->histogram.range_low, self->histogram.range_scale)] *
         self->histogram.stride;
}

/// Start rank of each slot's settled oscillators among all, and the number of all.
static uint32_t rank_sources(const FiqAnneal* self, const float* position, double* start)
{
  bool     wanted[SLOTS];
  int32_t  order[SLOTS];
  uint32_t n_settled = 0;
  for (int k = 0; k < SLOTS; ++k) {
    wanted[k] = self->transport.settled[k] > 0;
  }
  const uint32_t n = sort_slots(wanted, position, order);
  for (uint32_t i = 0; i < n; ++i) {
    start[order[i]] = (double)n_settled + (double)hot_below(self, position[order[i]]);
    n_settled += self->transport.settled[order[i]];
  }
  return n_settled + self->osc.n_hot;
}

/// Where those that leave a carrier go: what is left of its ranks lies within those of others.
static void plan_exits(FiqAnneal* self, const int32_t* order, uint32_t n, const double* start,
                       double scale)
{
  double  exit_sum[2 * SLOTS];
  uint8_t n_exits = 0;
  memset(self->transport.n_departed, 0, sizeof self->transport.n_departed);
  for (int32_t j = 0; j < SLOTS; ++j) {
    const double from             = start[j] * scale;
    const double to               = (start[j] + (double)self->transport.settled[j]) * scale;
    const bool   leaves           = self->transport.settled[j] > self->transport.stay[j];
    double       below            = 0.0;
    double       passed           = 0.0;
    self->transport.exit_first[j] = n_exits;
    for (uint32_t i = 0; leaves && i < n; ++i) {
      const int32_t k       = order[i];
      const double  end     = below + (double)self->transport.share[k];
      const double  overlap = fmin(to, end) - fmax(from, below);
      below                 = end;
      if (overlap > 0.0 && (k != j || self->transport.stay[j] == 0) && n_exits < 2 * SLOTS) {
        passed += overlap;
        self->transport.exit_slot[n_exits] = (uint8_t)k;
        self->transport.exit_end[n_exits]  = 0;
        exit_sum[n_exits++]                = passed;
      }
    }
    for (uint8_t e = self->transport.exit_first[j]; e < n_exits; ++e) {
      self->transport.exit_end[e] =
          (uint32_t)fmin(exit_sum[e] / passed * 4294967296.0, 4294967295.0);
    }
  }
  self->transport.exit_first[SLOTS] = n_exits;
}

/// Monotone transport: how many of each carrier's settled oscillators also end there.
static void plan_stay(FiqAnneal* self, const FiqAnnealTarget* target, bool only_growth)
{
  assert(self && target);
  float   position[SLOTS];
  bool    wanted[SLOTS];
  double  start[SLOTS] = {0.0};
  int32_t order[SLOTS];
  for (int k = 0; k < SLOTS; ++k) {
    const bool same         = self->transport.share[k] > 0 && !target->fresh[k];
    position[k]             = same ? self->carriers.now[k] : self->carriers.before[k];
    wanted[k]               = self->transport.share[k] > 0;
    self->transport.stay[k] = 0;
  }
  const uint32_t n_all = rank_sources(self, position, start);
  const uint32_t n     = sort_slots(wanted, self->carriers.now, order);
  const double   scale = n_all > 0 ? (double)self->osc.n / (double)n_all : 0.0;
  double         below = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    const int32_t k    = order[i];
    const double  from = below;
    below += (double)self->transport.share[k];
    if (target->fresh[k] || self->transport.settled[k] == 0) {
      continue;
    }
    const double source_end = (start[k] + (double)self->transport.settled[k]) * scale;
    const double overlap    = fmin(below, source_end) - fmax(from, start[k] * scale);
    const double exact      = only_growth ? (double)self->transport.settled[k] : overlap / scale;
    const double limit = fmin((double)self->transport.settled[k], (double)self->transport.share[k]);
    self->transport.stay[k] = (uint32_t)(fmin(limit, fmax(0.0, exact)) + 0.5);
  }
  plan_exits(self, order, n, start, scale);
}

/// Places of each carrier: the staying ones keep theirs, the loose get some at once, the hot the rest.
static void plan_rooms(FiqAnneal* self, uint32_t n_loose)
{
  assert(n_loose <= self->osc.n);
  double weight[SLOTS];
  for (int k = 0; k < SLOTS; ++k) {
    weight[k] = (double)(self->transport.share[k] - self->transport.stay[k]);
  }
  largest_remainder(weight, n_loose, self->transport.loose);
  for (int k = 0; k < SLOTS; ++k) {
    self->transport.room[k] =
        self->transport.share[k] - self->transport.stay[k] - self->transport.loose[k];
    self->transport.overflow_slot[k] = (uint8_t)k;
  }
}

static uint32_t sum_counts(const uint32_t* part)
{
  assert(part);
  uint32_t sum = 0;
  for (int k = 0; k < SLOTS; ++k) {
    sum += part[k];
  }
  return sum;
}

/// Parts of the cloud by carrier, in proportion to their shares, from low to high as the carriers are. The slots follow one
/// another in steps of 193 / 256, close to the reciprocal of the plastic number (Roberts 2018), so any few in a row
/// hold all shares evenly.
static void split_cloud(FiqAnneal* self)
{
  assert(self->osc.n >= 1);
  assert(self->params.scatter_low <= self->params.scatter_high);
  bool    wanted[SLOTS];
  int32_t order[SLOTS];
  for (int k = 0; k < SLOTS; ++k) {
    wanted[k] = self->transport.share[k] > 0;
  }
  const uint32_t n     = sort_slots(wanted, self->carriers.now, order);
  const float    width = self->params.scatter_high - self->params.scatter_low;
  const float    part  = width / (float)self->osc.n;
  uint32_t       i     = 0;
  uint32_t       below = 0; // oscillators of the carriers passed
  for (uint32_t r = 0; r < FIQ_ANNEAL_SCATTER_SLOTS; ++r) {
    const float rank = ((float)r + 0.5f) * (float)self->osc.n / (float)FIQ_ANNEAL_SCATTER_SLOTS;
    while (i + 1 < n && rank >= (float)(below + self->transport.share[order[i]])) {
      below += self->transport.share[order[i++]];
    }
    const uint32_t at      = r * 193u % FIQ_ANNEAL_SCATTER_SLOTS;
    self->scatter.slot[at] = (uint8_t)order[i];
    self->scatter.low[at]  = self->params.scatter_low + part * (float)below;
    self->scatter.span[at] = part * (float)self->transport.share[order[i]];
  }
}

/// Decide for a new set of carriers who stays, who flies, who is placed.
void fiq_anneal_plan(FiqAnneal* self, const FiqAnnealTarget* target, bool only_growth)
{
  assert(self && target);
  assert(self->osc.n >= 1 && self->osc.n <= self->capacity);
  double weight[SLOTS];
  for (int k = 0; k < SLOTS; ++k) {
    weight[k] = (double)target->mass[k];
  }
  largest_remainder(weight, self->osc.n, self->transport.share);
  if (self->pass.scattering) {
    memset(self->transport.settled, 0, sizeof self->transport.settled);
    memset(self->osc.chunk_hot, 0,
           (self->capacity / FIQ_ANNEAL_CHUNK) * sizeof *self->osc.chunk_hot);
    self->osc.n_hot = 0;
  }
  memcpy(self->transport.was, self->transport.settled, sizeof self->transport.was);
  memset(self->transport.tick, 0, sizeof self->transport.tick);
  plan_stay(self, target, only_growth);
  const uint32_t n_old = sum_counts(self->transport.settled) + self->osc.n_hot;
  plan_rooms(self, self->pass.strewing ? 0 : self->osc.n - n_old);
  self->schedule.stray = self->pass.scattering ? 0.0f : 1.0f - self->params.balance;
  self->osc.n_next_hot =
      self->osc.n - sum_counts(self->transport.stay) - sum_counts(self->transport.loose);
  self->schedule.p   = self->osc.n_next_hot > 0 ? 0.0f : self->schedule.p;
  self->pass.bound   = false;
  self->cuts.n_known = 0;
  self->cuts.n       = 0;
  self->pass.planned = true;
  self->pass.kind    = FIQ_ANNEAL_NO_PASS;
  self->pass.sorting = self->pass.scattering || n_old != self->osc.n;
  if (self->pass.strewing) {
    split_cloud(self);
  }
}

// ---- cut points: order statistics of the hot oscillators ----

/// Turn the first histogram into cumulative counts, the newly hot included where they still sit.
void fiq_anneal_accumulate_histogram(FiqAnneal* self)
{
  assert(self->histogram.below && self->histogram.coarse);
  uint32_t* restrict below        = self->histogram.below;
  const uint32_t* restrict coarse = self->histogram.coarse;
  for (int c = 0; c < FIQ_ANNEAL_COARSE; ++c) {
    uint32_t sum = 0;
    for (int lane = 0; lane < FIQ_ANNEAL_LANES; ++lane) {
      sum += coarse[lane * FIQ_ANNEAL_COARSE + c];
    }
    below[c] = sum;
  }
  uint32_t all = 0;
  for (int c = 0; c < FIQ_ANNEAL_COARSE; ++c) {
    const uint32_t here = below[c];
    below[c]            = all;
    all += here;
  }
  below[FIQ_ANNEAL_COARSE] = all;
}

static int32_t cell_of_rank(const FiqAnneal* self, uint32_t rank)
{
  assert(rank <= self->histogram.below[FIQ_ANNEAL_COARSE]);
  int32_t low  = 0;
  int32_t high = FIQ_ANNEAL_COARSE - 1;
  while (low < high) {
    const int32_t middle = (low + high) / 2;
    if (self->histogram.below[middle + 1] >= rank) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/// Share of the places below boundary b; `order` are the field's carriers ascending.
static void place_cuts(FiqAnneal* self, const int32_t* order, uint32_t n)
{
  assert(n <= SLOTS);
  double places = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    places += (double)self->transport.room[order[i]];
  }
  double sum = 0.0;
  for (uint32_t b = 0; b + 1 < n; ++b) {
    sum += (double)self->transport.room[order[b]];
    self->cuts.share[b] = places > 0.0 ? (float)(sum / places) : (float)(b + 1) / (float)n;
  }
}

/// Ask for the two neighbours of every cut, to be found among the second histograms in this pass.
static void request_cuts(FiqAnneal* self, uint32_t n)
{
  assert(n <= SLOTS);
  const uint32_t total    = self->histogram.below[FIQ_ANNEAL_COARSE];
  uint8_t        n_tables = 0;
  memset(self->histogram.fine_of, NO_TABLE, FIQ_ANNEAL_COARSE * sizeof *self->histogram.fine_of);
  self->cuts.n = total > 0 && n > 1 ? n - 1 : 0;
  for (uint32_t b = 0; b < self->cuts.n; ++b) {
    const uint32_t rank = (uint32_t)((double)self->cuts.share[b] * (double)total + 0.5);
    self->cuts.rank[b]  = rank;
    for (uint32_t side = 0; side < 2; ++side) {
      const uint32_t wanted    = rank + side;
      const uint32_t held      = wanted < 1 ? 1 : wanted > total ? total : wanted;
      const int32_t  cell      = cell_of_rank(self, held);
      self->cuts.cell[b][side] = cell;
      if (self->histogram.fine_of[cell] == NO_TABLE) {
        memset(self->histogram.fine + (size_t)n_tables * FIQ_ANNEAL_FINE, 0,
               FIQ_ANNEAL_FINE * sizeof *self->histogram.fine);
        self->histogram.fine_of[cell] = n_tables++;
      }
    }
  }
}

/// Coordinate of the oscillator of `rank` (1 is the lowest) in its cell.
static float refine(const FiqAnneal* self, int32_t cell, uint32_t rank)
{
  assert(cell >= 0 && cell < FIQ_ANNEAL_COARSE);
  assert(self->histogram.fine_of[cell] <= NO_TABLE);
  const uint32_t* table =
      self->histogram.fine + (size_t)self->histogram.fine_of[cell] * FIQ_ANNEAL_FINE;
  uint32_t sum  = self->histogram.below[cell];
  int32_t  last = 0;
  for (int32_t i = 0; i < FIQ_ANNEAL_FINE; ++i) {
    last = table[i] > 0 ? i : last;
    sum += table[i];
    if (sum >= rank) {
      break;
    }
  }
  const float position = (float)(cell * FIQ_ANNEAL_FINE + last) + 0.5f;
  return self->histogram.old_range_low + position / self->histogram.old_range_scale;
}

void fiq_anneal_resolve_cuts(FiqAnneal* self)
{
  assert(self->cuts.n < FIQ_CARRIERS_MAX);
  const uint32_t total = self->histogram.below[FIQ_ANNEAL_COARSE];
  for (uint32_t b = 0; b < self->cuts.n; ++b) {
    const uint32_t rank  = self->cuts.rank[b];
    const float    lower = refine(self, self->cuts.cell[b][0], rank);
    const float    upper = refine(self, self->cuts.cell[b][1], rank + 1);
    self->cuts.x[b]      = rank == 0       ? -out_of_reach
                           : rank == total ? out_of_reach
                                           : 0.5f * (lower + upper);
  }
  self->cuts.n_known = self->cuts.n;
}

/// Coordinate of the oscillator of `rank` by the first histogram, linear within a cell.
static float rough_place(const FiqAnneal* self, uint32_t rank)
{
  assert(rank >= 1);
  assert(self->histogram.range_scale > 0.0f);
  const int32_t  cell  = cell_of_rank(self, rank);
  const uint32_t below = self->histogram.below[cell];
  const float    n     = (float)(self->histogram.below[cell + 1] - below);
  const float    part  = ((float)rank - (float)below - 0.5f) / fmaxf(n, 1.0f);
  return self->histogram.range_low +
         ((float)cell + part) * (float)FIQ_ANNEAL_FINE / self->histogram.range_scale;
}

/// Early in a flight, and until the refined cuts of a new plan are there, the first histogram does.
static float rough_cut(const FiqAnneal* self, uint32_t b)
{
  assert(b < FIQ_CARRIERS_MAX);
  assert(self->cuts.share[b] >= 0.0f && self->cuts.share[b] <= 1.0f);
  const uint32_t total = self->histogram.below[FIQ_ANNEAL_COARSE];
  const uint32_t rank  = (uint32_t)(self->cuts.share[b] * (float)total + 0.5f);
  if (rank == 0 || rank >= total) {
    return rank == 0 ? -out_of_reach : out_of_reach;
  }
  return 0.5f * (rough_place(self, rank) + rough_place(self, rank + 1));
}

/// p as the schedule sees it.
float fiq_anneal_progress(const FiqAnneal* self)
{
  assert(self->params.curve >= -1.0f && self->params.curve <= 1.0f);
  const float curve = self->params.curve;
  return fabsf(curve) > 0.0f ? powf(self->schedule.p, exp2f(2.0f * curve)) : self->schedule.p;
}

/// However soft the softmax is, toward the end all choose, so that nobody is far from its carrier when it settles.
static float last_choice(float p)
{
  assert(p >= 0.0f && p <= 1.0f);
  const float late = fmaxf(0.0f, (p - 0.85f) / 0.15f);
  return 2.0f * late * late;
}

/// Sharpness of this step by the chosen mode, that of single carriers apart.
static float sharpness_by_mode(const FiqAnneal* self)
{
  assert(self->params.sharpness > 0.0f);
  const FiqAnnealParams* params = &self->params;
  const float            cold   = fiq_anneal_progress(self);
  const float            plain  = fiq_anneal_sharpness(params->sharpness, cold);
  if (params->sharpness_mode == FIQ_SHARPNESS_CONVERGENCE) {
    return plain * expf(self->schedule.pace);
  }
  if (params->sharpness_mode == FIQ_SHARPNESS_TEMPERATURE) {
    const float hot = fmaxf(params->temperature, 1.0f - cold);
    return params->sharpness * expf(hot * logf(0.05f / params->sharpness));
  }
  return plain;
}

static uint32_t float_bits(float x)
{
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

/// What the kernel for few carriers needs, once the field is complete.
static void set_flips(FiqSoftmaxField* field)
{
  assert(field->n <= FIQ_CARRIERS_MAX);
  for (uint32_t k = 0; k < field->n; ++k) {
    field->flip[k][0] = float_bits(field->low[k]) ^ float_bits(field->low[k + 1]);
    field->flip[k][1] = float_bits(field->span[k]) ^ float_bits(field->span[k + 1]);
    field->flip[k][2] = float_bits(field->centre[k]) ^ float_bits(field->centre[k + 1]);
    field->flip[k][3] = (uint32_t)(field->cell[k] ^ field->cell[k + 1]);
  }
}

/// Strong and coherent carriers attract more sharply; between two it is the mean of theirs.
static void sharpen_each(FiqAnneal* self, const FiqAnnealTarget* target, const int32_t* order,
                         uint32_t n)
{
  assert(n <= SLOTS);
  float factor[SLOTS];
  float sum = 0.0f;
  for (uint32_t i = 0; i < n; ++i) {
    sum += self->carriers.mass[order[i]];
  }
  for (uint32_t i = 0; i < n; ++i) {
    const float energy = self->carriers.mass[order[i]] * (float)n / fmaxf(sum, 1e-9f);
    factor[i] = fiq_clamp((0.5f + energy) * (0.5f + target->coherence[order[i]]), 0.25f, 4.0f);
  }
  self->field.uniform = false;
  for (uint32_t i = 1; i < n; ++i) {
    self->field.steepness[i] *= 0.5f * (factor[i - 1] + factor[i]);
  }
}

/// The biases that move the indifference points onto the cuts, and the field with them.
void fiq_anneal_build_field(FiqAnneal* self, const FiqAnnealTarget* target)
{
  assert(self && target);
  bool    wanted[SLOTS];
  int32_t order[SLOTS];
  float   x[SLOTS];
  double  bias[SLOTS] = {0.0};
  for (int k = 0; k < SLOTS; ++k) {
    wanted[k] = self->pass.exact ? self->transport.room[k] > 0 : self->carriers.mass[k] > 0.0f;
  }
  const uint32_t n = sort_slots(wanted, self->carriers.now, order);
  if (n == 0) {
    return;
  }
  const float sharpness =
      fmaxf(1e-6f, fmaxf(sharpness_by_mode(self), last_choice(self->schedule.p)));
  const bool   counted = self->histogram.below[FIQ_ANNEAL_COARSE] > 0;
  const double gain    = counted ? (double)(sharpness * self->params.balance) : 0.0;
  place_cuts(self, order, n);
  self->carriers.gap = out_of_reach;
  for (uint32_t i = 0; i < n; ++i) {
    x[i] = self->carriers.now[order[i]];
    if (i > 0) {
      self->carriers.gap = fminf(self->carriers.gap, x[i] - x[i - 1]);
      const float cut  = self->cuts.n_known == n - 1 ? self->cuts.x[i - 1] : rough_cut(self, i - 1);
      const float lean = cut <= x[i - 1] ? x[i - 1] - x[i]
                         : cut >= x[i]   ? x[i] - x[i - 1]
                                         : 2.0f * cut - x[i - 1] - x[i];
      bias[i]          = bias[i - 1] - gain * (double)lean;
    }
  }
  fiq_softmax_field(&self->field, n, x, bias, order, sharpness);
  if (self->params.sharpness_mode == FIQ_SHARPNESS_CARRIER) {
    sharpen_each(self, target, order, n);
  }
  set_flips(&self->field);
  if (self->schedule.p >= refined_from && self->pass.counted) {
    request_cuts(self, n);
  }
}
