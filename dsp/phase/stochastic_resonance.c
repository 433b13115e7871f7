// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/phase/stochastic_resonance.h"

#include "dsp/base/maths.h"

#include <assert.h>

static const float stuck_above = 0.8f;
static const float free_below  = 0.5f;
static const float weak_rad    = 0.3f;
static const float push_up     = 1.03526492f; // 2^(1/20)
static const float push_max    = 32.0f;
static const float noise_max   = 2.0f;

void fiq_stochastic_resonance_reset(FiqStochasticResonance* self)
{
  assert(self);
  *self = (FiqStochasticResonance){.push = 1.0f};
}

/// How often `state` is in the ring.
static uint32_t count_of(const FiqStochasticResonance* self, uint32_t state)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < FIQ_STOCHASTIC_RESONANCE_HISTORY; ++i) {
    n += i < self->n_states && self->state[i] == state;
  }
  return n;
}

/// The oldest state makes room for `state`, and `n_unique` stays true.
static void keep_state(FiqStochasticResonance* self, uint32_t state)
{
  if (self->n_states == FIQ_STOCHASTIC_RESONANCE_HISTORY) {
    self->n_unique -= count_of(self, self->state[self->next]) == 1;
    self->state[self->next] = state;
    self->n_unique += count_of(self, state) == 1;
  } else {
    self->n_unique += count_of(self, state) == 0;
    self->state[self->next] = state;
    ++self->n_states;
  }
  self->next = (self->next + 1) % FIQ_STOCHASTIC_RESONANCE_HISTORY;
}

void fiq_stochastic_resonance_observe(FiqStochasticResonance* self, uint32_t state,
                                      float motion_rad, float amount)
{
  assert(self);
  assert(amount >= 0.0f && amount <= 1.0f);
  keep_state(self, state);
  const bool  is_full = self->n_states == FIQ_STOCHASTIC_RESONANCE_HISTORY;
  const float unique  = (float)self->n_unique / (float)FIQ_STOCHASTIC_RESONANCE_HISTORY;
  self->repetition    = is_full ? 1.0f - unique : 0.0f;
  const float limit   = self->is_active ? free_below : stuck_above;
  self->is_active     = amount > 0.0f && self->repetition > limit;
  if (!self->is_active) {
    self->noise = 0.0f;
    self->push  = 1.0f;
    return;
  }
  // A leap a state of deviation s is a diffusion of s over the root of the period.
  const float shape = motion_rad < weak_rad ? 0.5f : 0.1f;
  const float leap  = 0.1f * shape * self->push;
  self->noise       = amount * fminf(noise_max, leap / sqrtf(FIQ_STOCHASTIC_RESONANCE_PERIOD_S));
  self->push        = fminf(push_max, self->push * push_up);
}

/// The fewer there are, the finer must be looked for as many different states.
static uint32_t levels_of(uint32_t n)
{
  return n >= 8 ? FIQ_STOCHASTIC_RESONANCE_LEVELS : n >= 3 ? 16 : n == 2 ? 32 : 64;
}

uint32_t fiq_stochastic_resonance_state(const float* theta_rad, uint32_t n, float psi_rad,
                                        float order)
{
  assert(theta_rad);
  assert(n >= 1);
  const uint32_t n_sampled =
      n < FIQ_STOCHASTIC_RESONANCE_SAMPLED ? n : FIQ_STOCHASTIC_RESONANCE_SAMPLED;
  const uint32_t n_levels = levels_of(n);
  const float    origin   = n > 1 ? psi_rad : 0.0f;
  const float    r        = fiq_clamp(order, 0.0f, 0.999f) * (float)FIQ_STOCHASTIC_RESONANCE_LEVELS;
  uint32_t       hash     = 2166136261U + (uint32_t)r;
  for (uint32_t i = 0; i < n_sampled; ++i) {
    // Half a level on, so that who stands at the mean phase is in the middle of one.
    const float    turn = fiq_wrap_rad(theta_rad[i] - origin) * (1.0f / FIQ_TWO_PI_F) + 2.0f;
    const uint32_t at   = (uint32_t)(turn * (float)n_levels + 0.5f) % n_levels;
    hash                = (hash ^ at) * 16777619U;
  }
  return hash;
}

bool fiq_stochastic_resonance_is_due(FiqStochasticResonance* self, float dt_s)
{
  assert(self);
  self->waited_s += dt_s;
  if (self->waited_s < FIQ_STOCHASTIC_RESONANCE_PERIOD_S - 0.5f * dt_s) {
    return false;
  }
  self->waited_s = 0.0f;
  return true;
}

void fiq_stochastic_resonance_look(FiqStochasticResonance* self, const float* theta_rad, uint32_t n,
                                   float psi_rad, float order, float amount)
{
  const uint32_t n_sampled =
      n < FIQ_STOCHASTIC_RESONANCE_SAMPLED ? n : FIQ_STOCHASTIC_RESONANCE_SAMPLED;
  float motion = 0.0f;
  for (uint32_t i = 0; i < n_sampled; ++i) {
    const float relative = fiq_wrap_rad(theta_rad[i] - psi_rad);
    motion += fabsf(fiq_wrap_rad(relative - self->relative_rad[i])) / (float)n_sampled;
    self->relative_rad[i] = relative;
  }
  const uint32_t state = fiq_stochastic_resonance_state(theta_rad, n, psi_rad, order);
  fiq_stochastic_resonance_observe(self, state, motion, amount);
}
