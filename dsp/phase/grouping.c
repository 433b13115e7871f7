// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/phase/grouping.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

static const float coupling_rad_s = 20.0f;
static const float return_rad_s   = 4.0f;
static const float together_s     = 0.4f;
static const float tie_enters     = 0.5f;
static const float tie_more       = 0.15f;
static const float tie_leaves     = 0.2f;
static const float pair_begins    = 0.8f;
static const float groups_join    = 0.6f;
static const float rest_rad       = 1e-3f;

FiqStatus fiq_grouping_init(FiqGrouping* self, FiqArena* arena, uint32_t n_bands_max)
{
  assert(self && arena);
  memset(self, 0, sizeof(*self));
  if (n_bands_max < 2 || n_bands_max > FIQ_NEURONS_MAX) {
    return FIQ_BAD_ARGUMENT;
  }
  self->n_bands_max = n_bands_max;
  self->together    = fiq_arena_take(arena, (size_t)n_bands_max * FIQ_NEURONS_MAX, sizeof(float));
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fiq_grouping_reset(self, n_bands_max);
  return FIQ_OK;
}

void fiq_grouping_reset(FiqGrouping* self, uint32_t n_bands)
{
  assert(self);
  assert(n_bands >= 2 && n_bands <= self->n_bands_max);
  self->n_bands = n_bands;
  memset(self->together, 0, (size_t)self->n_bands * FIQ_NEURONS_MAX * sizeof(float));
  for (uint32_t i = 0; i < FIQ_NEURONS_MAX; ++i) {
    // Multiples of two irrational numbers: spread evenly, and neither like the other.
    const float place    = 0.618033989f * (float)i;
    const float rate     = 0.754877666f * (float)i;
    self->theta_rad[i]   = FIQ_TWO_PI_F * (place - floorf(place)) - FIQ_PI_F;
    self->omega_rad_s[i] = 2.0f * (rate - floorf(rate)) - 1.0f;
  }
  memset(self->offset_rad, 0, sizeof(self->offset_rad));
  memset(self->rate_rad_s, 0, sizeof(self->rate_rad_s));
  memset(self->group, 0, sizeof(self->group));
  memset(self->n_in_group, 0, sizeof(self->n_in_group));
  self->n_groups = 0;
  self->n_steps  = 0;
}

void fiq_grouping_adopt(FiqGrouping* self, const FiqGrouping* old)
{
  assert(self && old);
  if (old->n_bands != self->n_bands) {
    return;
  }
  const FiqGrouping own = *self;
  *self                 = *old;
  self->n_bands_max     = own.n_bands_max;
  self->together        = own.together;
  memcpy(self->together, old->together, (size_t)self->n_bands * FIQ_NEURONS_MAX * sizeof(float));
}

/// Pull of all others on oscillator `i`, -1..1 and a little beyond for few.
static float pull_on(const float* restrict re, const float* restrict im,
                     const float* restrict weight, uint32_t i, uint32_t n)
{
  float sum_re = 0.0f;
  float sum_im = 0.0f;
  float sum    = 0.0f;
  for (uint32_t j = 0; j < n; ++j) {
    sum_re += weight[j] * re[j];
    sum_im += weight[j] * im[j];
    sum += fabsf(weight[j]);
  }
  return (sum_im * re[i] - sum_re * im[i]) / fmaxf(1.0f, sum);
}

static void take_phasors(FiqGrouping* self, const float* theta_rad)
{
  for (uint32_t i = 0; i < self->n_bands; ++i) {
    const FiqComplex z = fiq_phasor(theta_rad[i]);
    self->re[i]        = z.re;
    self->im[i]        = z.im;
  }
}

static void update_together(float* restrict together, const float* restrict re,
                            const float* restrict im, uint32_t i, float share, uint32_t n)
{
  for (uint32_t j = 0; j < n; ++j) {
    together[j] += share * (re[i] * re[j] + im[i] * im[j] - together[j]);
  }
}

void fiq_grouping_step(FiqGrouping* self, const float* weight, float step_s)
{
  assert(self && weight);
  assert(step_s > 0.0f);
  const uint32_t n  = self->n_bands;
  const float share = fmaxf(1.0f - expf(-step_s / together_s), 1.0f / (float)(self->n_steps + 1));
  take_phasors(self, self->theta_rad);
  for (uint32_t i = 0; i < n; ++i) {
    const float* const row = weight + (size_t)i * FIQ_NEURONS_MAX;
    const float        rate =
        self->omega_rad_s[i] + coupling_rad_s * pull_on(self->re, self->im, row, i, n);
    self->theta_rad[i] = fiq_wrap_rad(self->theta_rad[i] + fminf(step_s, 0.02f) * rate);
    update_together(self->together + (size_t)i * FIQ_NEURONS_MAX, self->re, self->im, i, share, n);
  }
  self->n_steps += self->n_steps < UINT32_MAX - 1 ? 1 : 0;
}

/// Mean tie of band `i` to each group's other bands.
static void tie_to_groups(FiqGrouping* self, uint32_t i)
{
  const float* const r                         = self->together + (size_t)i * FIQ_NEURONS_MAX;
  uint32_t           count[FIQ_GROUPS_MAX + 1] = {0};
  memset(self->tie, 0, sizeof(self->tie));
  for (uint32_t j = 0; j < self->n_bands; ++j) {
    if (j != i) {
      self->tie[self->group[j]] += r[j];
      ++count[self->group[j]];
    }
  }
  for (uint32_t g = 1; g <= FIQ_GROUPS_MAX; ++g) {
    self->tie[g] = count[g] ? self->tie[g] / (float)count[g] : -1.0f;
  }
}

static void regroup(FiqGrouping* self, uint32_t i, uint32_t group)
{
  --self->n_in_group[self->group[i]];
  self->group[i] = (uint8_t)group;
  ++self->n_in_group[group];
}

/// A band goes where its ties are strongest, if that is clear.
static void place_band(FiqGrouping* self, uint32_t i)
{
  tie_to_groups(self, i);
  const uint32_t now  = self->group[i];
  const float    held = now ? self->tie[now] + tie_more : tie_enters;
  uint32_t       best = now;
  float          most = fmaxf(held, tie_enters);
  for (uint32_t g = 1; g <= FIQ_GROUPS_MAX; ++g) {
    if (g != now && self->tie[g] > most) {
      best = g;
      most = self->tie[g];
    }
  }
  if (best == now && now && self->tie[now] < tie_leaves) {
    best = FIQ_GROUPING_NONE;
  }
  regroup(self, i, best);
}

/// A number that no band has, or none.
static uint32_t free_number(const FiqGrouping* self)
{
  for (uint32_t g = 1; g <= FIQ_GROUPS_MAX; ++g) {
    if (self->n_in_group[g] == 0) {
      return g;
    }
  }
  return FIQ_GROUPING_NONE;
}

/// Free bands that go together begin groups.
static void begin_groups(FiqGrouping* self, const bool* is_present)
{
  for (uint32_t i = 0; i < self->n_bands; ++i) {
    const float* const r    = self->together + (size_t)i * FIQ_NEURONS_MAX;
    uint32_t           best = i;
    for (uint32_t j = 0; j < self->n_bands; ++j) {
      const bool is_free = j != i && is_present[j] && self->group[j] == FIQ_GROUPING_NONE;
      if (is_free && r[j] > (best == i ? pair_begins : r[best])) {
        best = j;
      }
    }
    const uint32_t number = free_number(self);
    if (self->group[i] == FIQ_GROUPING_NONE && is_present[i] && best != i && number) {
      regroup(self, i, number);
      regroup(self, best, number);
    }
  }
}

/// Groups that go together become the one of the lower number.
static void join_groups(FiqGrouping* self)
{
  float between[FIQ_GROUPS_MAX + 1][FIQ_GROUPS_MAX + 1] = {{0.0f}};
  for (uint32_t i = 0; i < self->n_bands; ++i) {
    const float* const r = self->together + (size_t)i * FIQ_NEURONS_MAX;
    for (uint32_t j = 0; j < self->n_bands; ++j) {
      between[self->group[i]][self->group[j]] += r[j];
    }
  }
  for (uint32_t g = 1; g <= FIQ_GROUPS_MAX; ++g) {
    for (uint32_t h = g + 1; h <= FIQ_GROUPS_MAX; ++h) {
      const uint32_t pairs = self->n_in_group[g] * self->n_in_group[h];
      if (pairs == 0 || between[g][h] < groups_join * (float)pairs) {
        continue;
      }
      for (uint32_t i = 0; i < self->n_bands; ++i) {
        if (self->group[i] == h) {
          regroup(self, i, g);
        }
      }
      return; // the next look sees what the two have become
    }
  }
}

void fiq_grouping_look(FiqGrouping* self, const bool* is_present)
{
  assert(self && is_present);
  memset(self->n_in_group, 0, sizeof(self->n_in_group));
  for (uint32_t i = 0; i < self->n_bands; ++i) {
    ++self->n_in_group[self->group[i]];
  }
  for (uint32_t i = 0; i < self->n_bands; ++i) {
    if (is_present[i]) {
      place_band(self, i);
    } else {
      regroup(self, i, FIQ_GROUPING_NONE);
    }
  }
  begin_groups(self, is_present);
  join_groups(self);
  self->n_groups = 0;
  for (uint32_t i = 0; i < self->n_bands; ++i) {
    if (self->group[i] && self->n_in_group[self->group[i]] == 1) {
      regroup(self, i, FIQ_GROUPING_NONE);
    }
  }
  for (uint32_t g = 1; g <= FIQ_GROUPS_MAX; ++g) {
    self->n_groups += self->n_in_group[g] > 0;
  }
}

void fiq_grouping_bind(FiqGrouping* self, const float* weight, const float* heard_rad,
                       float binding)
{
  assert(self && weight && heard_rad);
  assert(binding >= 0.0f && binding <= 1.0f);
  take_phasors(self, heard_rad);
  for (uint32_t i = 0; i < self->n_bands; ++i) {
    const float* const row = weight + (size_t)i * FIQ_NEURONS_MAX;
    self->rate_rad_s[i] =
        binding * coupling_rad_s * pull_on(self->re, self->im, row, i, self->n_bands);
  }
}

bool fiq_grouping_move(FiqGrouping* self, float binding, float step_s)
{
  assert(self && step_s > 0.0f);
  const float back  = (1.0f - binding) * return_rad_s;
  bool        moves = binding > 0.0f;
  for (uint32_t i = 0; i < self->n_bands; ++i) {
    const float rate    = self->rate_rad_s[i] - back * fiq_sin(self->offset_rad[i]);
    self->offset_rad[i] = fiq_wrap_rad(self->offset_rad[i] + step_s * rate);
    moves |= fabsf(self->offset_rad[i]) > rest_rad;
  }
  if (!moves) {
    memset(self->offset_rad, 0, sizeof(self->offset_rad));
  }
  return moves;
}
