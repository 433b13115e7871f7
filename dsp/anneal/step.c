// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/anneal/anneal_state.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

enum {
  CHUNK       = FIQ_ANNEAL_CHUNK,
  SLOTS       = FIQ_CARRIERS_MAX,
  STEPS       = FIQ_ANNEAL_UPDATE_STEPS_MAX,
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
  assert(strength >= 0.0f);
  return fiq_max(0.05f, 1.0f - 0.05f * strength);
}

/// What is left of the way to the target after dt: as many such steps, or as small a part of one, as dt asks for.
static float kept_way(float strength, float dt)
{
  assert(strength >= 0.0f);
  assert(dt >= 0.0f);
  return expf(logf(reference_way(strength)) * dt / 0.05f);
}

/// Ways over 1, 2 .. steps each of which leaves `keep`, and the standard deviation of the walk over them for noise 1: in the
/// reference's step it is 0.05, and any division of time spreads the cloud as far. Between updates x goes straight on, which
/// takes some of it away.
static void find_ways(float strength, float keep, float noise, float kept[STEPS],
                      float sigma[STEPS])
{
  assert(keep >= 0.0f && keep <= 1.0f);
  // (1 - 1 / n^2) / 3
  static const float straightened[STEPS] = {0.0f,  0.25f,        0.296296296f, 0.3125f,
                                            0.32f, 0.324074074f, 0.326530612f, 0.328125f};
  const float        left                = reference_way(strength);
  const float        one                 = 0.05f * 0.05f / (1.0f - left * left);
  float              way                 = 1.0f;
  for (int i = 0; i < STEPS; ++i) {
    way *= keep;
    kept[i] = way;
  }
  for (int i = 0; i < STEPS; ++i) {
    const float straight = 1.0f - (1.0f - kept[i]) * straightened[i];
    sigma[i]             = noise * sqrtf(one * (1.0f - kept[i] * kept[i]) / straight);
  }
}

/// Ways and walks of the hot and of the settled, which depend on nothing else; mostly they are as before.
static void set_ways(FiqAnneal* self, const FiqAnnealPace* pace)
{
  assert(self && pace);
  FiqAnnealSchedule* const schedule = &self->schedule;
  if (memcmp(pace, &schedule->found, sizeof *pace) == 0) {
    return;
  }
  find_ways(pace->strength, kept_way(pace->strength, pace->dt), pace->noise, schedule->pull,
            schedule->sigma);
  find_ways(pace->cold_strength, kept_way(pace->cold_strength, pace->dt), pace->cold_noise,
            schedule->keep, schedule->settled_sigma);
  for (int i = 0; i < STEPS; ++i) {
    schedule->pull[i] = 1.0f - schedule->pull[i];
  }
  schedule->found = *pace;
}

static void set_schedule(FiqAnneal* self, float period_s)
{
  assert(period_s > 0.0f);
  assert(self->params.anneal_s > 0.0f);
  const float share              = fiq_min(1.0f, period_s / self->params.anneal_s);
  const float dt                 = FIQ_ANNEAL_UNITS * share;
  const bool  hot                = self->osc.n_next_hot > 0;
  self->schedule.share_of_anneal = share;
  self->schedule.share_measured += share;
  self->schedule.update_steps = 1;
  while (share < long_step && self->schedule.update_steps < FIQ_ANNEAL_UPDATE_STEPS_MAX &&
         2.0f * (float)self->schedule.update_steps * period_s < update_s &&
         2.0f * (float)self->schedule.update_steps * share < update_part) {
    self->schedule.update_steps *= 2;
  }
  self->schedule.p = hot ? fiq_min(1.0f, self->schedule.p + share) : self->schedule.p;
  // A thousandth of a step short of the end is rounding, not another step.
  self->schedule.p         = self->schedule.p > 1.0f - 1e-3f * share ? 1.0f : self->schedule.p;
  const float         cold = fiq_anneal_progress(self);
  const float         heat = fiq_max(1.0f - cold, self->params.temperature);
  const FiqAnnealPace pace = {.dt            = dt,
                              .strength      = 1.0f + self->params.strength * cold,
                              .noise         = self->params.noise * heat,
                              .cold_strength = 1.0f + self->params.strength,
                              .cold_noise    = self->params.noise * self->params.temperature};
  set_ways(self, &pace);
}

/// Cells of this pass: around the cloud as it was, with room for one step.
static void set_range(FiqAnneal* self)
{
  assert(self->params.x_low < self->params.x_high);
  const bool sorts = self->pass.sorting || self->pass.kind == FIQ_ANNEAL_SORT;
  float      low   = out_of_reach;
  float      high  = -out_of_reach;
  for (int i = 0; i < CHUNK; ++i) {
    low  = fiq_min(low, self->histogram.lane_min[i]);
    high = fiq_max(high, self->histogram.lane_max[i]);
  }
  for (int k = 0; k < SLOTS; ++k) {
    if (sorts && self->transport.was[k] > self->transport.stay[k]) {
      low  = fiq_min(low, self->carriers.before[k]);
      high = fiq_max(high, self->carriers.before[k]);
    }
    if (self->carriers.mass[k] > 0.0f) {
      low  = fiq_min(low, self->carriers.now[k]);
      high = fiq_max(high, self->carriers.now[k]);
    }
  }
  const float margin          = 1.0f + 3.0f * self->schedule.sigma[FIQ_ANNEAL_UPDATE_STEPS_MAX - 1];
  self->histogram.range_low   = fiq_max(low - margin, self->params.x_low);
  const float top             = fiq_min(high + margin, self->params.x_high);
  const float cells           = (float)(FIQ_ANNEAL_COARSE * FIQ_ANNEAL_FINE);
  self->histogram.range_scale = cells / fiq_max(top - self->histogram.range_low, 1e-3f);
}

/// Take the carriers over; whether their set, shares or company changed.
static bool take_target(FiqAnneal* self, const FiqAnnealTarget* target)
{
  assert(self && target);
  bool changed     = false;
  self->pass.moved = false;
  for (int k = 0; k < SLOTS; ++k) {
    const bool active = target->mass[k] > 0.0f;
    changed = changed || target->fresh[k] || fabsf(target->mass[k] - self->carriers.mass[k]) > 0.0f;
    // Where nobody has settled yet nobody has anything to follow.
    const bool  followed     = self->transport.settled[k] > 0;
    const float last         = self->carriers.now[k];
    self->carriers.now[k]    = active ? target->x[k] : self->carriers.now[k];
    self->carriers.before[k] = followed ? last : self->carriers.now[k];
    self->carriers.shift[k]  = self->carriers.now[k] - self->carriers.before[k];
    self->pass.moved         = self->pass.moved || fabsf(self->carriers.shift[k]) > 0.0f;
    self->carriers.mass[k]   = target->mass[k];
  }
  return changed;
}

static bool any_mass(const FiqAnneal* self)
{
  assert(self);
  for (int k = 0; k < SLOTS; ++k) {
    if (self->carriers.mass[k] > 0.0f) {
      return true;
    }
  }
  return false;
}

/// Fewer oscillators: this step only counts who is left, the next one plans.
static void shrink(FiqAnneal* self, uint32_t n_osc)
{
  assert(n_osc >= 1);
  assert(n_osc <= self->osc.n);
  const uint32_t n_chunks = (n_osc + CHUNK - 1) / CHUNK;
  const uint32_t n_gone   = self->capacity / CHUNK - n_chunks;
  memset(self->transport.settled, 0, sizeof self->transport.settled);
  memset(self->transport.loose, 0, sizeof self->transport.loose);
  memset(self->osc.chunk_hot + n_chunks, 0, n_gone * sizeof *self->osc.chunk_hot);
  self->osc.n           = n_osc;
  self->osc.n_hot       = 0;
  self->pass.kind       = FIQ_ANNEAL_NO_PASS;
  self->pass.recount    = false;
  self->pass.recounting = true;
  self->pass.plan_next  = true;
}

/// Whether everyone in flight can be bound to the carrier that attracts it.
static bool is_choice(const FiqAnneal* self)
{
  assert(self->schedule.p >= 0.0f && self->schedule.p <= 1.0f);
  const float sharpness = fiq_anneal_sharpness(self->params.sharpness, self->schedule.p);
  return self->pass.exact && !self->pass.bound && self->schedule.p >= 0.5f &&
         self->schedule.p < 1.0f && self->field.n > 0 && self->osc.n_next_hot == self->osc.n_hot &&
         sharpness * self->carriers.gap > choice;
}

/// Until late in the flight of a large swarm a part of it tells where the cuts are.
static uint32_t counted_stride(const FiqAnneal* self)
{
  assert(self->osc.n <= self->capacity);
  const bool bound  = self->pass.bound || self->pass.kind == FIQ_ANNEAL_BIND;
  const bool part   = self->schedule.p < 0.5f || bound || self->osc.n_next_hot == 0;
  uint32_t   stride = 1;
  while (part && stride < STRIDE_MAX && self->osc.n / stride > 2 * COUNTED_MIN) {
    stride *= 2;
  }
  return stride;
}

/// All chunks are to come, each at its update.
static void begin_pass(FiqAnneal* self, FiqAnnealPass pass)
{
  assert(pass != FIQ_ANNEAL_NO_PASS);
  assert(self->osc.n >= 1);
  self->pass.kind  = pass;
  self->pass.n_due = (self->osc.n + CHUNK - 1) / CHUNK;
  memset(self->osc.chunk_due, 1, self->pass.n_due);
}

/// Once no other pass is under way the hot are bound, or settle.
static void begin_ending(FiqAnneal* self)
{
  assert(self->pass.recounting || self->osc.n_next_hot <= self->osc.n);
  if (self->pass.sorting || self->pass.recounting || self->pass.kind != FIQ_ANNEAL_NO_PASS ||
      self->osc.n_next_hot == 0) {
    return;
  }
  if (self->schedule.p >= 1.0f) {
    self->pass.anchored = false;
    begin_pass(self, FIQ_ANNEAL_SETTLE);
  } else if (is_choice(self)) {
    begin_pass(self, FIQ_ANNEAL_BIND);
  }
}

/// Whether there is a reason to make the field anew. While the hot are bound the places fill up, which is none.
static bool wants_field(const FiqAnneal* self)
{
  assert(self->schedule.update_steps >= 1);
  const bool binding = self->pass.kind == FIQ_ANNEAL_BIND;
  return self->field.n == 0 || self->pass.moved ||
         (!binding && (self->pass.counted || self->pass.sorting || self->pass.planned ||
                       self->schedule.update_steps == 1));
}

/// Schedule, field and histograms of this step; the order matters, as cuts are read in the old cells.
static void begin_flight(FiqAnneal* self, const FiqAnnealTarget* target, float period_s)
{
  assert(self && target);
  set_schedule(self, period_s);
  const bool flies                = self->osc.n_next_hot > 0;
  self->cuts.n                    = 0;
  self->histogram.old_stride      = self->histogram.stride;
  self->histogram.old_range_low   = self->histogram.range_low;
  self->histogram.old_range_scale = self->histogram.range_scale;
  if (self->pass.scattering) {
    fiq_anneal_empty_lanes(self);
    self->histogram.lane_min[0] = self->params.scatter_low;
    self->histogram.lane_max[0] = self->params.scatter_high;
  }
  if (!flies || self->pass.bound || self->pass.strewing) {
    self->field.n = 0;
  } else if (wants_field(self)) {
    self->field.n = 0;
    fiq_anneal_build_field(self, target);
  }
  begin_ending(self);
  // Not beside a plan, which has work enough; the next update will do.
  const bool busy = self->pass.strewing ||
                    (self->pass.planned && !self->pass.sorting && self->schedule.update_steps > 1);
  self->pass.counting =
      self->pass.sorting || self->pass.recounting || self->step % self->schedule.update_steps == 0;
  self->pass.counting = self->pass.counting && !busy;
  if (!self->pass.counting) {
    return;
  }
  self->histogram.stride = counted_stride(self);
  if (flies) {
    set_range(self);
    memset(self->histogram.coarse, 0,
           (size_t)FIQ_ANNEAL_LANES * FIQ_ANNEAL_COARSE * sizeof *self->histogram.coarse);
  }
  fiq_anneal_empty_lanes(self);
}

static void measure_imbalance(FiqAnneal* self)
{
  assert(self->osc.n_hot == 0);
  double most  = 0.0;
  double least = 1e30;
  for (int k = 0; k < SLOTS; ++k) {
    if (self->transport.share[k] > 0 && self->carriers.mass[k] > 0.0f) {
      const double ratio = (double)self->transport.settled[k] / (double)self->carriers.mass[k];
      most               = fmax(most, ratio);
      least              = fmin(least, ratio);
    }
  }
  self->schedule.imbalance = most > 0.0 ? (float)fmin(most / fmax(least, 1e-6), 1000.0) : 1.0f;
}

void fiq_anneal_begin(FiqAnneal* self, const FiqAnnealParams* params, const FiqAnnealTarget* target,
                      uint32_t n_osc, float period_s)
{
  assert(n_osc >= 1 && n_osc <= self->capacity);
  assert(params->anneal_s > 0.0f);
  assert(period_s > 0.0f);
  self->params            = *params;
  self->pass.exact        = params->balance >= 0.999f;
  self->pass.sorting      = false;
  self->pass.recounting   = false;
  self->pass.planned      = false;
  const bool changed      = take_target(self, target) || self->pass.plan_next;
  const bool grown        = n_osc > self->osc.n;
  self->pass.plan_next    = false;
  self->pass.scattering   = self->pass.scatter_next && any_mass(self);
  self->pass.strewing     = self->pass.scattering && params->scatter_low < params->scatter_high;
  self->pass.scatter_next = false;
  if (self->pass.kind != FIQ_ANNEAL_SORT) {
    self->osc.n_next_hot = self->osc.n_hot;
  }
  if (grown) {
    memset(self->osc.state + self->osc.n, FIQ_OSCILLATOR_LOOSE, n_osc - self->osc.n);
  }
  if (self->osc.n_next_hot > 0 && self->pass.counted) {
    fiq_anneal_accumulate_histogram(self);
    self->histogram.is_empty = false;
  } else if (self->osc.n_next_hot == 0 && !self->histogram.is_empty) {
    memset(self->histogram.below, 0, (FIQ_ANNEAL_COARSE + 1) * sizeof *self->histogram.below);
    self->histogram.is_empty = true;
  }
  if ((n_osc < self->osc.n || self->pass.recount) && !self->pass.scattering) {
    shrink(self, n_osc < self->osc.n ? n_osc : self->osc.n);
    self->pass.plan_next = self->pass.plan_next || changed;
  } else {
    self->osc.n = n_osc;
    if (self->pass.scattering || ((changed || grown) && any_mass(self))) {
      fiq_anneal_plan(self, target, grown && !changed && self->osc.n_hot == 0);
    }
  }
  self->histogram.n_measured = 0;
  // Who is on a carrier stays on it: only the first still step must find that all are.
  const bool carried = self->pass.still && !self->pass.planned && !self->pass.scattering;
  self->pass.still   = !self->pass.sorting && !self->pass.recounting &&
                     self->pass.kind == FIQ_ANNEAL_NO_PASS && self->osc.n_next_hot == 0 &&
                     self->schedule.residual < 1e-7f && params->temperature <= 0.0f &&
                     (carried || !self->pass.moved);
  self->pass.behind = self->pass.behind || (self->pass.still && self->pass.moved);
  if (self->pass.planned && !self->pass.sorting) {
    begin_pass(self, FIQ_ANNEAL_SORT);
  }
  self->pass.anchored =
      self->pass.still || (self->pass.anchored && !self->pass.moved && params->temperature <= 0.0f);
  begin_flight(self, target, period_s);
}

/// Sharper if the residual falls too slowly to be 0.03 at the end of the anneal, else softer.
static void set_anneal_pace(FiqAnneal* self)
{
  assert(self->schedule.share_measured > 0.0f);
  const float share             = self->schedule.share_measured;
  const float before            = self->schedule.heat;
  self->schedule.share_measured = 0.0f;
  const float rate              = fiq_min(1.0f, 20.0f * share);
  self->schedule.heat =
      before > 0.0f ? before + (self->schedule.residual - before) * rate : self->schedule.residual;
  if (self->osc.n_hot == 0 || self->schedule.p <= 0.0f || self->schedule.p >= 1.0f) {
    self->schedule.pace = 0.0f;
    return;
  }
  const float wanted =
      logf(fiq_max(self->schedule.heat, 0.03f) / 0.03f) / fiq_max(1.0f - self->schedule.p, share);
  const float is = logf(fiq_max(before, 1e-9f) / fiq_max(self->schedule.heat, 1e-9f)) / share;
  self->schedule.pace =
      fiq_clamp(self->schedule.pace + 2.0f * share * (wanted - is), -1.386f, 1.386f);
}

void fiq_anneal_end(FiqAnneal* self)
{
  assert(self->pass.recount || self->osc.n_hot <= self->osc.n);
  if (self->cuts.n > 0) {
    fiq_anneal_resolve_cuts(self);
  }
  const bool passed = self->pass.kind != FIQ_ANNEAL_NO_PASS && self->pass.n_due == 0;
  if (passed) {
    self->pass.bound = self->pass.kind == FIQ_ANNEAL_BIND;
    self->pass.kind  = FIQ_ANNEAL_NO_PASS;
  }
  if ((passed || self->pass.sorting || self->pass.recounting) && self->osc.n_hot == 0) {
    measure_imbalance(self);
  }
  if (!self->pass.still && self->pass.counting) {
    double sum = 0.0;
    for (int i = 0; i < CHUNK; ++i) {
      sum += (double)self->histogram.lane_residual[i];
    }
    self->schedule.residual = (float)(sum / fmax(1.0, (double)self->histogram.n_measured));
    set_anneal_pace(self);
  }
  self->pass.bound      = self->pass.bound && self->osc.n_hot > 0;
  self->pass.counted    = self->pass.counting && !self->pass.still;
  self->pass.sorting    = false;
  self->pass.scattering = false;
  self->pass.strewing   = false;
  self->pass.recounting = false;
  self->pass.behind     = self->pass.behind && self->pass.still;
  // While all is still no updates pass either.
  self->step += self->pass.still ? 0 : 1;
}

void fiq_anneal_step(FiqAnneal* self, const FiqAnnealParams* params, const FiqAnnealTarget* target,
                     uint32_t n_osc, float period_s)
{
  assert(self && params && target);
  assert(n_osc <= self->capacity);
  fiq_anneal_begin(self, params, target, n_osc, period_s);
  for (uint32_t chunk = 0; chunk * CHUNK < n_osc; ++chunk) {
    (void)fiq_anneal_advance(self, chunk);
  }
  fiq_anneal_end(self);
}

void fiq_anneal_count(const FiqAnneal* self, uint32_t count[FIQ_CARRIERS_MAX])
{
  assert(self && count);
  memset(count, 0, FIQ_CARRIERS_MAX * sizeof *count);
  for (uint32_t i = 0; i < self->osc.n; ++i) {
    count[self->osc.slot[i]] += self->osc.state[i] != FIQ_OSCILLATOR_LOOSE;
  }
}

void fiq_anneal_scatter(FiqAnneal* self)
{
  assert(self);
  self->pass.scatter_next = true;
}
