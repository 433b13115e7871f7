// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/anneal/anneal_state.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

enum {
  CHUNK       = FIQ_ANNEAL_CHUNK,
  SLOTS       = FIQ_CARRIERS_MAX,
  COUNTED_MIN = 1024, // oscillators that tell where the cuts are
  STRIDE_MAX  = 16
};

static const float out_of_reach = FIQ_ANNEAL_OUT_OF_REACH;
static const float update_s     = 0.045f;  // longest time from one update of a chunk to the next
static const float update_part  = 0.0222f; // and that as part of the anneal
static const float long_step = 0.0099f; // of the anneal: who steps so far is updated in every step
static const float choice = 24.0f; // sharpness times distance from where on a softmax is a choice

/// What Euler's step at the reference's dt of 0.05 leaves of the way to the target.
static float reference_way(float strength)
{
  return fmaxf(0.05f, 1.0f - 0.05f * strength);
}

/// What is left of the way to the target after dt: as many such steps, or as small a part of one, as dt asks for.
static float kept_way(float strength, float dt)
{
  return expf(logf(reference_way(strength)) * dt / 0.05f);
}

/// Standard deviation of the walk over `n` steps that leave `kept` of the way, for noise 1: in the reference's step it is
/// 0.05, and any division of time spreads the cloud as far. Between updates x goes straight on, which takes some of it away.
static float walked(float strength, float kept, float n)
{
  const float left     = reference_way(strength);
  const float straight = 1.0f - (1.0f - kept) * (1.0f - 1.0f / (n * n)) / 3.0f;
  return 0.05f * sqrtf((1.0f - kept * kept) / ((1.0f - left * left) * straight));
}

static void set_schedule(FiqAnneal* self, float period_s)
{
  const float share     = fminf(1.0f, period_s / self->params.anneal_s);
  const float dt        = FIQ_ANNEAL_UNITS * share;
  const bool  hot       = self->n_next_hot > 0;
  self->share_of_anneal = share;
  self->share_measured += share;
  self->update_steps = 1;
  while (share < long_step && self->update_steps < FIQ_ANNEAL_UPDATE_STEPS_MAX &&
         2.0f * (float)self->update_steps * period_s < update_s &&
         2.0f * (float)self->update_steps * share < update_part) {
    self->update_steps *= 2;
  }
  self->p = hot ? fminf(1.0f, self->p + share) : self->p;
  // A thousandth of a step short of the end is rounding, not another step.
  self->p                   = self->p > 1.0f - 1e-3f * share ? 1.0f : self->p;
  const float cold          = fiq_anneal_progress(self);
  const float strength      = 1.0f + self->params.strength * cold;
  const float heat          = fmaxf(1.0f - cold, self->params.temperature);
  const float hot_keep      = kept_way(strength, dt);
  const float cold_strength = 1.0f + self->params.strength;
  const float keep          = kept_way(cold_strength, dt);
  float       hot_kept      = 1.0f;
  float       kept          = 1.0f;
  for (int i = 0; i < FIQ_ANNEAL_UPDATE_STEPS_MAX; ++i) {
    hot_kept *= hot_keep;
    kept *= keep;
    self->pull[i]  = 1.0f - hot_kept;
    self->sigma[i] = self->params.noise * heat * walked(strength, hot_kept, (float)(i + 1));
    self->settled_sigma[i] =
        self->params.noise * self->params.temperature * walked(cold_strength, kept, (float)(i + 1));
    self->keep[i] = kept;
  }
}

/// Cells of this pass: around the cloud as it was, with room for one step.
static void set_range(FiqAnneal* self)
{
  const bool sorts = self->sorting || self->pass == FIQ_ANNEAL_SORT;
  float      low   = out_of_reach;
  float      high  = -out_of_reach;
  for (int i = 0; i < CHUNK; ++i) {
    low  = fminf(low, self->lane_min[i]);
    high = fmaxf(high, self->lane_max[i]);
  }
  for (int k = 0; k < SLOTS; ++k) {
    if (sorts && self->was[k] > self->stay[k]) {
      low  = fminf(low, self->before[k]);
      high = fmaxf(high, self->before[k]);
    }
    if (self->mass[k] > 0.0f) {
      low  = fminf(low, self->now[k]);
      high = fmaxf(high, self->now[k]);
    }
  }
  const float margin = 1.0f + 3.0f * self->sigma[FIQ_ANNEAL_UPDATE_STEPS_MAX - 1];
  self->range_low    = fmaxf(low - margin, self->params.x_low);
  const float top    = fminf(high + margin, self->params.x_high);
  const float cells  = (float)(FIQ_ANNEAL_COARSE * FIQ_ANNEAL_FINE);
  self->range_scale  = cells / fmaxf(top - self->range_low, 1e-3f);
}

/// Take the carriers over; whether their set, shares or company changed.
static bool take_target(FiqAnneal* self, const FiqAnnealTarget* target)
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

static bool any_mass(const FiqAnneal* self)
{
  for (int k = 0; k < SLOTS; ++k) {
    if (self->mass[k] > 0.0f) {
      return true;
    }
  }
  return false;
}

/// Fewer oscillators: this step only counts who is left, the next one plans.
static void shrink(FiqAnneal* self, uint32_t n_osc)
{
  const uint32_t n_chunks = (n_osc + CHUNK - 1) / CHUNK;
  const uint32_t n_gone   = self->capacity / CHUNK - n_chunks;
  memset(self->settled, 0, sizeof self->settled);
  memset(self->loose, 0, sizeof self->loose);
  memset(self->chunk_hot + n_chunks, 0, n_gone * sizeof *self->chunk_hot);
  self->n_osc      = n_osc;
  self->n_hot      = 0;
  self->pass       = FIQ_ANNEAL_NO_PASS;
  self->recount    = false;
  self->recounting = true;
  self->plan_next  = true;
}

/// Whether everyone in flight can be bound to the carrier that attracts it.
static bool is_choice(const FiqAnneal* self)
{
  const float sharpness = fiq_anneal_sharpness(self->params.sharpness, self->p);
  return self->exact && !self->bound && self->p >= 0.5f && self->p < 1.0f && self->field.n > 0 &&
         self->n_next_hot == self->n_hot && sharpness * self->gap > choice;
}

/// Until late in the flight of a large swarm a part of it tells where the cuts are.
static uint32_t counted_stride(const FiqAnneal* self)
{
  const bool bound  = self->bound || self->pass == FIQ_ANNEAL_BIND;
  const bool part   = self->p < 0.5f || bound || self->n_next_hot == 0;
  uint32_t   stride = 1;
  while (part && stride < STRIDE_MAX && self->n_osc / stride > 2 * COUNTED_MIN) {
    stride *= 2;
  }
  return stride;
}

/// All chunks are to come, each at its update.
static void begin_pass(FiqAnneal* self, FiqAnnealPass pass)
{
  self->pass  = pass;
  self->n_due = (self->n_osc + CHUNK - 1) / CHUNK;
  memset(self->chunk_due, 1, self->n_due);
}

/// Once no other pass is under way the hot are bound, or settle.
static void begin_ending(FiqAnneal* self)
{
  if (self->sorting || self->recounting || self->pass != FIQ_ANNEAL_NO_PASS ||
      self->n_next_hot == 0) {
    return;
  }
  if (self->p >= 1.0f) {
    self->anchored = false;
    begin_pass(self, FIQ_ANNEAL_SETTLE);
  } else if (is_choice(self)) {
    begin_pass(self, FIQ_ANNEAL_BIND);
  }
}

/// Whether there is a reason to make the field anew. While the hot are bound the places fill up, which is none.
static bool wants_field(const FiqAnneal* self)
{
  const bool binding = self->pass == FIQ_ANNEAL_BIND;
  return self->field.n == 0 || self->moved ||
         (!binding && (self->counted || self->sorting || self->planned || self->update_steps == 1));
}

/// Schedule, field and histograms of this step; the order matters, as cuts are read in the old cells.
static void begin_flight(FiqAnneal* self, const FiqAnnealTarget* target, float period_s)
{
  set_schedule(self, period_s);
  const bool flies      = self->n_next_hot > 0;
  self->n_cuts          = 0;
  self->old_stride      = self->stride;
  self->old_range_low   = self->range_low;
  self->old_range_scale = self->range_scale;
  if (self->scattering) {
    fiq_anneal_empty_lanes(self);
    self->lane_min[0] = self->params.scatter_low;
    self->lane_max[0] = self->params.scatter_high;
  }
  if (!flies || self->bound || self->strewing) {
    self->field.n = 0;
  } else if (wants_field(self)) {
    self->field.n = 0;
    fiq_anneal_build_field(self, target);
  }
  begin_ending(self);
  // Not beside a plan, which has work enough; the next update will do.
  const bool busy = self->strewing || (self->planned && !self->sorting && self->update_steps > 1);
  self->counting  = self->sorting || self->recounting || self->step % self->update_steps == 0;
  self->counting  = self->counting && !busy;
  if (!self->counting) {
    return;
  }
  self->stride = counted_stride(self);
  if (flies) {
    set_range(self);
    memset(self->coarse, 0, (size_t)FIQ_ANNEAL_LANES * FIQ_ANNEAL_COARSE * sizeof *self->coarse);
  }
  fiq_anneal_empty_lanes(self);
}

static void measure_imbalance(FiqAnneal* self)
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

void fiq_anneal_begin(FiqAnneal* self, const FiqAnnealParams* params, const FiqAnnealTarget* target,
                      uint32_t n_osc, float period_s)
{
  assert(n_osc >= 1 && n_osc <= self->capacity);
  assert(params->anneal_s > 0.0f);
  assert(period_s > 0.0f);
  self->params       = *params;
  self->exact        = params->balance >= 0.999f;
  self->sorting      = false;
  self->recounting   = false;
  self->planned      = false;
  const bool changed = take_target(self, target) || self->plan_next;
  const bool grown   = n_osc > self->n_osc;
  self->plan_next    = false;
  self->scattering   = self->scatter_next && any_mass(self);
  self->strewing     = self->scattering && params->scatter_low < params->scatter_high;
  self->scatter_next = false;
  if (self->pass != FIQ_ANNEAL_SORT) {
    self->n_next_hot = self->n_hot;
  }
  if (grown) {
    memset(self->state + self->n_osc, FIQ_OSCILLATOR_LOOSE, n_osc - self->n_osc);
  }
  if (self->n_next_hot > 0 && self->counted) {
    fiq_anneal_accumulate_histogram(self);
  } else if (self->n_next_hot == 0) {
    memset(self->below, 0, (FIQ_ANNEAL_COARSE + 1) * sizeof *self->below);
  }
  if ((n_osc < self->n_osc || self->recount) && !self->scattering) {
    shrink(self, n_osc < self->n_osc ? n_osc : self->n_osc);
    self->plan_next = self->plan_next || changed;
  } else {
    self->n_osc = n_osc;
    if (self->scattering || ((changed || grown) && any_mass(self))) {
      fiq_anneal_plan(self, target, grown && !changed && self->n_hot == 0);
    }
  }
  self->n_measured = 0;
  self->still      = !self->sorting && !self->recounting && self->pass == FIQ_ANNEAL_NO_PASS &&
                self->n_next_hot == 0 && self->residual < 1e-7f && params->temperature <= 0.0f &&
                !self->moved;
  if (self->planned && !self->sorting) {
    begin_pass(self, FIQ_ANNEAL_SORT);
  }
  self->anchored = self->still || (self->anchored && !self->moved && params->temperature <= 0.0f);
  begin_flight(self, target, period_s);
}

/// Sharper if the residual falls too slowly to be 0.03 at the end of the anneal, else softer.
static void set_anneal_pace(FiqAnneal* self)
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

void fiq_anneal_end(FiqAnneal* self)
{
  if (self->n_cuts > 0) {
    fiq_anneal_resolve_cuts(self);
  }
  const bool passed = self->pass != FIQ_ANNEAL_NO_PASS && self->n_due == 0;
  if (passed) {
    self->bound = self->pass == FIQ_ANNEAL_BIND;
    self->pass  = FIQ_ANNEAL_NO_PASS;
  }
  if ((passed || self->sorting || self->recounting) && self->n_hot == 0) {
    measure_imbalance(self);
  }
  if (!self->still && self->counting) {
    double sum = 0.0;
    for (int i = 0; i < CHUNK; ++i) {
      sum += (double)self->lane_residual[i];
    }
    self->residual = (float)(sum / fmax(1.0, (double)self->n_measured));
    set_anneal_pace(self);
  }
  self->bound      = self->bound && self->n_hot > 0;
  self->counted    = self->counting && !self->still;
  self->sorting    = false;
  self->scattering = false;
  self->strewing   = false;
  self->recounting = false;
  // While all is still no updates pass either.
  self->step += self->still ? 0 : 1;
}

void fiq_anneal_step(FiqAnneal* self, const FiqAnnealParams* params, const FiqAnnealTarget* target,
                     uint32_t n_osc, float period_s)
{
  fiq_anneal_begin(self, params, target, n_osc, period_s);
  for (uint32_t chunk = 0; chunk * CHUNK < n_osc; ++chunk) {
    (void)fiq_anneal_advance(self, chunk);
  }
  fiq_anneal_end(self);
}

void fiq_anneal_count(const FiqAnneal* self, uint32_t count[FIQ_CARRIERS_MAX])
{
  memset(count, 0, FIQ_CARRIERS_MAX * sizeof *count);
  for (uint32_t i = 0; i < self->n_osc; ++i) {
    count[self->slot[i]] += self->state[i] != FIQ_OSCILLATOR_LOOSE;
  }
}

void fiq_anneal_scatter(FiqAnneal* self)
{
  self->scatter_next = true;
}
