// SPDX-License-Identifier: GPL-3.0-or-later
#include "kuramoto.h"

#include "maths.h"
#include "random.h"

#include <assert.h>

enum {
  LANES     = 8,  // partial sums, so that the order of additions is fixed and vectors can be used
  PARTS_MAX = 256 // parts that one step can be cut into
};

FiqStatus fiq_kuramoto_init(FiqKuramoto* self, FiqArena* arena, const FiqKuramotoConfig* config)
{
  assert(self);
  assert(arena);
  assert(config);
  const uint32_t n = config->n_osc_max;
  if (n < 1 || n > FIQ_KURAMOTO_MAX) {
    return FIQ_BAD_ARGUMENT;
  }
  self->uniform   = fiq_arena_take(arena, n, sizeof(float));
  self->normal    = fiq_arena_take(arena, n, sizeof(float));
  self->theta_rad = fiq_arena_take(arena, n, sizeof(float));
  self->re        = fiq_arena_take(arena, n, sizeof(float));
  self->im        = fiq_arena_take(arena, n, sizeof(float));
  self->slope     = fiq_arena_take(arena, n, sizeof(float));
  self->stage_rad = fiq_arena_take(arena, n, sizeof(float));
  self->omega     = fiq_arena_take(arena, n, sizeof(float));
  self->n_osc_max = n;
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fiq_kuramoto_reset(self, 0);
  return FIQ_OK;
}

/// Sine and cosine of |x| <= 1e4 within 2e-7, one reduction for both.
static inline FiqComplex phasor(float x)
{
  const float half_turns = fiq_round(x * (1.0f / FIQ_PI_F));
  const float y          = (x - half_turns * 3.140625f) - half_turns * 9.67653589793e-4f;
  const float y2         = y * y;
  const float odd        = half_turns - 2.0f * fiq_round(half_turns * 0.5f);
  const float sign       = 1.0f - 2.0f * odd * odd;
  const float s =
      ((((-2.5052108e-8f * y2 + 2.7557319e-6f) * y2 - 1.9841270e-4f) * y2 + 8.3333333e-3f) * y2 -
       1.6666667e-1f) *
      y2;
  const float c =
      ((((2.0876757e-9f * y2 - 2.7557319e-7f) * y2 + 2.4801587e-5f) * y2 - 1.3888889e-3f) * y2 +
       4.1666667e-2f) *
      y2;
  const FiqComplex z = {sign * (1.0f + (c - 0.5f) * y2), sign * (y + y * s)};
  return z;
}

static void phasors(const float* restrict theta, float* restrict re, float* restrict im, uint32_t n)
{
  for (uint32_t j = 0; j < n; ++j) {
    const FiqComplex z = phasor(theta[j]);
    re[j]              = z.re;
    im[j]              = z.im;
  }
}

static float mean(const float* restrict x, uint32_t n)
{
  float    lane[LANES] = {0.0f};
  uint32_t j           = 0;
  for (; j + LANES <= n; j += LANES) {
    for (uint32_t k = 0; k < LANES; ++k) {
      lane[k] += x[j + k];
    }
  }
  for (uint32_t k = 0; j < n; ++j, ++k) {
    lane[k] += x[j];
  }
  const float low  = (lane[0] + lane[4]) + (lane[2] + lane[6]);
  const float high = (lane[1] + lane[5]) + (lane[3] + lane[7]);
  return (low + high) / (float)n;
}

/// Order and mean phase of the phasors at hand.
static void observe(FiqKuramoto* self, uint32_t n)
{
  const float re = mean(self->re, n);
  const float im = mean(self->im, n);
  self->n_osc    = n;
  self->order    = n == 1 ? 1.0f : fiq_clamp(sqrtf(re * re + im * im), 0.0f, 1.0f);
  self->psi_rad  = atan2f(im, re);
}

void fiq_kuramoto_reset(FiqKuramoto* self, uint64_t seed)
{
  assert(self);
  // One stream a quantity: the first oscillators are then the same whatever the capacity.
  FiqRandom uniform;
  FiqRandom normal;
  FiqRandom phase;
  fiq_random_init(&uniform, seed, 1);
  fiq_random_init(&normal, seed, 2);
  fiq_random_init(&phase, seed, 3);
  for (uint32_t j = 0; j < self->n_osc_max; ++j) {
    self->uniform[j]   = 2.0f * fiq_random_uniform(&uniform) - 1.0f;
    self->normal[j]    = fiq_random_normal(&normal);
    self->theta_rad[j] = FIQ_TWO_PI_F * fiq_random_uniform(&phase);
    self->slope[j]     = 0.0f;
    self->stage_rad[j] = 0.0f;
    self->omega[j]     = 0.0f;
  }
  fiq_kuramoto_set_phases(self, self->theta_rad, self->n_osc_max);
}

/// [-pi, pi): the upper end, and what rounding leaves beyond it, belongs to the lower.
static inline float wrap_half_open(float x)
{
  const float y = fiq_wrap_rad(x);
  const float z = y >= FIQ_PI_F ? y - FIQ_TWO_PI_F : y;
  return z < -FIQ_PI_F ? -FIQ_PI_F : z;
}

void fiq_kuramoto_set_phases(FiqKuramoto* self, const float* theta_rad, uint32_t n)
{
  assert(self);
  assert(theta_rad);
  assert(n >= 1 && n <= self->n_osc_max);
  for (uint32_t j = 0; j < n; ++j) {
    self->theta_rad[j] = wrap_half_open(theta_rad[j]);
  }
  phasors(self->theta_rad, self->re, self->im, n);
  observe(self, n);
}

/**
   One Runge-Kutta stage. The slope at the phasors (re, im) joins the sum with `weight`, and
   `stage` becomes the point `reach` seconds from theta along that slope.
*/
static void stage(FiqKuramoto* self, uint32_t n, FiqComplex field, float weight, float reach)
{
  const float* restrict theta = self->theta_rad;
  const float* restrict omega = self->omega;
  const float* restrict re    = self->re;
  const float* restrict im    = self->im;
  float* restrict slope       = self->slope;
  float* restrict point       = self->stage_rad;
  for (uint32_t j = 0; j < n; ++j) {
    const float pull = field.im * re[j] - field.re * im[j];
    slope[j] += weight * pull;
    point[j] = theta[j] + reach * (omega[j] + pull);
  }
}

/// K R e^{j (psi - lag)} of the phasors at hand.
static FiqComplex mean_field(const FiqKuramoto* self, uint32_t n, FiqComplex coupling)
{
  const float      re = mean(self->re, n);
  const float      im = mean(self->im, n);
  const FiqComplex z  = {re * coupling.re - im * coupling.im, re * coupling.im + im * coupling.re};
  return z;
}

/// One part of `h_s` seconds, in which the whole frame turns by `turn_rad`.
static void advance(FiqKuramoto* self, uint32_t n, FiqComplex coupling, float h_s, float turn_rad)
{
  static const float weight[4] = {1.0f, 2.0f, 2.0f, 1.0f};
  const float        reach[4]  = {0.5f * h_s, 0.5f * h_s, h_s, 0.0f};
  for (uint32_t j = 0; j < n; ++j) {
    self->slope[j] = 0.0f;
  }
  for (uint32_t i = 0; i < 4; ++i) {
    stage(self, n, mean_field(self, n, coupling), weight[i], reach[i]);
    if (i < 3) {
      phasors(self->stage_rad, self->re, self->im, n);
    }
  }
  for (uint32_t j = 0; j < n; ++j) {
    const float way    = h_s * (self->omega[j] + self->slope[j] * (1.0f / 6.0f)) + turn_rad;
    self->theta_rad[j] = wrap_half_open(self->theta_rad[j] + way);
  }
  phasors(self->theta_rad, self->re, self->im, n);
}

static void set_natural_frequencies(FiqKuramoto* self, const FiqKuramotoParams* params)
{
  const bool   is_normal = params->distribution == FIQ_KURAMOTO_NORMAL;
  const float* draw      = is_normal ? self->normal : self->uniform;
  for (uint32_t j = 0; j < params->n_osc; ++j) {
    self->omega[j] = params->gamma_rad_s * draw[j];
  }
}

void fiq_kuramoto_step(FiqKuramoto* self, const FiqKuramotoParams* params, float dt_s)
{
  assert(self);
  assert(params);
  assert(params->n_osc >= 1 && params->n_osc <= self->n_osc_max);
  assert(fabsf(params->coupling) <= 10.0f);
  assert(params->speed >= 0.0f && params->speed <= 10.0f);
  assert(params->gamma_rad_s >= 0.0f);
  assert(dt_s >= 0.0f && dt_s <= 1.0f);
  const uint32_t n     = params->n_osc;
  const float    way_s = dt_s * params->speed;
  const float    k     = params->coupling;
  set_natural_frequencies(self, params);
  if (n > self->n_osc) {
    phasors(self->theta_rad, self->re, self->im, n); // those of the newcomers are stale
  }
  // Without coupling the slope is constant and one part of any length is exact.
  const float      rate     = fabsf(k) > 0.0f ? fabsf(k) + params->gamma_rad_s : 0.0f;
  const float      wish     = fiq_clamp(ceilf(way_s * rate * 2.0f), 1.0f, (float)PARTS_MAX);
  const float      h_s      = way_s / wish;
  const float      turn_rad = fiq_wrap_rad(h_s * params->centre_rad_s);
  const FiqComplex unit     = phasor(params->lag_rad);
  const FiqComplex coupling = {k * unit.re, -k * unit.im};
  for (uint32_t i = 0; i < (uint32_t)wish; ++i) {
    advance(self, n, coupling, h_s, turn_rad);
  }
  observe(self, n);
}

float fiq_kuramoto_critical(float gamma_rad_s, int distribution)
{
  return gamma_rad_s * (distribution == FIQ_KURAMOTO_NORMAL ? 1.59576912f : 1.27323954f);
}
