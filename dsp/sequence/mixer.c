// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/sequence/mixer.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

static const float even_weight  = 1.35f; // of all models together
static const float rate         = 0.002f;
static const float step_most    = 5.0f; // of a gradient
static const float weight_most  = 4.0f;
static const float share_least  = 1e-9f;
static const float log_of_least = -20.7232658f;

/// Natural logarithm of a positive number, for inner loops; absolute error below 1e-4.
static float log_of(float x)
{
  int32_t bits;
  memcpy(&bits, &x, sizeof bits);
  const int32_t exponent = (bits - 0x3f3504f3) >> 23;
  bits -= exponent * (1 << 23);
  float m;
  memcpy(&m, &bits, sizeof m);
  const float t = (m - 1.0f) / (m + 1.0f); // |t| < 0.172
  const float s = t * t;
  return 0.69314718f * (float)exponent +
         2.0f * t * (1.0f + s * (0.33333333f + s * (0.2f + s * 0.14285714f)));
}

void fiq_mixer_reset(FiqMixer* self, uint32_t n_models)
{
  assert(self);
  assert(n_models > 0 && n_models <= FIQ_MIXER_MODELS_MAX);
  self->n_models  = n_models;
  self->n_symbols = 0;
  self->entropy   = 0.0f;
  for (uint32_t m = 0; m < n_models; ++m) {
    for (uint32_t cell = 0; cell < FIQ_MIXER_LEVELS * FIQ_MIXER_AGES; ++cell) {
      self->weight[m][cell] = even_weight / (float)n_models;
    }
  }
}

/// Entropy over the greatest of `n` symbols, from shares and their logarithms.
static float entropy_of(const float* restrict share, const float* restrict log_share, uint32_t n)
{
  float sum = 0.0f;
  for (uint32_t i = 0; i < n; ++i) {
    sum -= share[i] * log_share[i];
  }
  return n > 1 ? fiq_clamp(sum / log_of((float)n), 0.0f, 1.0f) : 0.0f;
}

void fiq_mixer_put(FiqMixer* self, uint32_t which, const float* share, uint32_t n_symbols,
                   uint32_t age)
{
  assert(self && share);
  assert(which < self->n_models);
  assert(n_symbols > 0 && n_symbols <= FIQ_MIXER_SYMBOLS_MAX);
  float* const restrict log_share = self->log_share[which];
  for (uint32_t i = 0; i < n_symbols; ++i) {
    log_share[i] = share[i] > share_least ? log_of(share[i]) : log_of_least;
  }
  const float    entropy = entropy_of(share, log_share, n_symbols);
  const uint32_t level   = (uint32_t)(entropy * ((float)FIQ_MIXER_LEVELS - 0.001f));
  const uint32_t old     = age < 4 ? 0 : age < 12 ? 1 : age < 24 ? 2 : 3;
  self->cell[which]      = level + FIQ_MIXER_LEVELS * old;
  self->n_symbols        = n_symbols;
}

void fiq_mixer_mix(FiqMixer* self)
{
  assert(self && self->n_symbols > 0);
  const uint32_t n = self->n_symbols;
  float          sum[FIQ_MIXER_SYMBOLS_MAX];
  memset(sum, 0, n * sizeof(float));
  for (uint32_t m = 0; m < self->n_models; ++m) {
    const float weight              = self->weight[m][self->cell[m]];
    const float* restrict log_share = self->log_share[m];
    for (uint32_t i = 0; i < n; ++i) {
      sum[i] += weight * log_share[i];
    }
  }
  float most = sum[0];
  for (uint32_t i = 1; i < n; ++i) {
    most = fmaxf(most, sum[i]);
  }
  float total = 0.0f;
  for (uint32_t i = 0; i < n; ++i) {
    sum[i]         = fmaxf(sum[i] - most, -60.0f);
    self->share[i] = fiq_exp(sum[i]);
    total += self->share[i];
  }
  const float scale     = 1.0f / total;
  const float log_total = log_of(total);
  for (uint32_t i = 0; i < n; ++i) {
    self->share[i] *= scale;
    sum[i] -= log_total;
  }
  self->entropy = entropy_of(self->share, sum, n);
}

void fiq_mixer_learn(FiqMixer* self, uint32_t symbol)
{
  assert(self);
  assert(symbol < self->n_symbols);
  for (uint32_t m = 0; m < self->n_models; ++m) {
    float expected = 0.0f;
    for (uint32_t i = 0; i < self->n_symbols; ++i) {
      expected += self->share[i] * self->log_share[m][i];
    }
    const float  gradient = fiq_clamp(self->log_share[m][symbol] - expected, -step_most, step_most);
    float* const weight   = &self->weight[m][self->cell[m]];
    *weight               = fiq_clamp(*weight + rate * gradient, 0.0f, weight_most);
  }
}
