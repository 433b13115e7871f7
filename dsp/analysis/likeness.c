// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/analysis/likeness.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

static const float smooth_s     = 0.05f;
static const float mean_s       = 2.0f;
static const float floor_share  = 3.16e-6f; // of the loudest band: -55 dB
static const float present      = 3.16e-5f; // -45 dB
static const float silence      = 1e-12f;   // power of a band that nobody hears
static const float shared_db2   = 1.0f;     // e^2
static const float weak         = 0.35f;    // likeness that is none
static const float most_opposed = -0.5f;

FiqStatus fiq_likeness_init(FiqLikeness* self, FiqArena* arena, const FiqLikenessConfig* config)
{
  assert(self && arena && config);
  memset(self, 0, sizeof(*self));
  if (config->n_bands_max < 2 || config->n_bands_max > FIQ_NEURONS_MAX || !(config->hop_s > 0.0f)) {
    return FIQ_BAD_ARGUMENT;
  }
  self->config     = *config;
  const size_t n   = (size_t)config->n_bands_max * FIQ_NEURONS_MAX;
  self->covariance = fiq_arena_take(arena, n, sizeof(float));
  self->weight     = fiq_arena_take(arena, n, sizeof(float));
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fiq_likeness_reset(self, config->n_bands_max);
  return FIQ_OK;
}

void fiq_likeness_reset(FiqLikeness* self, uint32_t n_bands)
{
  assert(self);
  assert(n_bands >= 2 && n_bands <= self->config.n_bands_max);
  const size_t n = (size_t)n_bands * FIQ_NEURONS_MAX;
  self->n_bands  = n_bands;
  memset(self->covariance, 0, n * sizeof(float));
  memset(self->weight, 0, n * sizeof(float));
  memset(self->power, 0, sizeof(self->power));
  memset(self->mean_power, 0, sizeof(self->mean_power));
  memset(self->mean_db, 0, sizeof(self->mean_db));
  memset(self->level_db, 0, sizeof(self->level_db));
  memset(self->off_db, 0, sizeof(self->off_db));
  memset(self->inverse, 0, sizeof(self->inverse));
  memset(self->rise, 0, sizeof(self->rise));
  memset(self->is_present, 0, sizeof(self->is_present));
  self->loudest  = 0.0f;
  self->share    = 1.0f;
  self->n_frames = 0;
}

void fiq_likeness_adopt(FiqLikeness* self, const FiqLikeness* old)
{
  assert(self && old);
  if (old->n_bands != self->n_bands) {
    return;
  }
  const FiqLikeness own  = *self;
  const size_t      size = (size_t)self->n_bands * FIQ_NEURONS_MAX * sizeof(float);
  *self                  = *old;
  self->config           = own.config;
  self->covariance       = own.covariance;
  self->weight           = own.weight;
  memcpy(self->covariance, old->covariance, size);
  memcpy(self->weight, old->weight, size);
}

/// Smoothed powers, and the loudest of late.
static void follow_powers(FiqLikeness* self, const float* power)
{
  const float quick = self->n_frames ? 1.0f - expf(-self->config.hop_s / smooth_s) : 1.0f;
  self->loudest *= expf(-self->config.hop_s / mean_s);
  for (uint32_t i = 0; i < self->n_bands; ++i) {
    self->power[i] += quick * (power[i] - self->power[i]);
    self->mean_power[i] += self->share * (self->power[i] - self->mean_power[i]);
    self->loudest = fmaxf(self->loudest, self->power[i]);
  }
}

void fiq_likeness_hear(FiqLikeness* self, const float* power)
{
  assert(self && power);
  const float hop_s = self->config.hop_s;
  self->share       = fmaxf(1.0f - expf(-hop_s / mean_s), 1.0f / (float)(self->n_frames + 1));
  follow_powers(self, power);
  const float floor     = floor_share * self->loudest + silence;
  float       mean_most = 0.0f;
  for (uint32_t i = 0; i < self->n_bands; ++i) {
    const float level = 10.0f * log10f(self->power[i] + floor);
    const float rise  = self->n_frames ? fmaxf(0.0f, level - self->level_db[i]) / hop_s : 0.0f;
    self->rise[i] += self->share * (rise - self->rise[i]);
    self->level_db[i] = level;
    self->mean_db[i] += self->share * (level - self->mean_db[i]);
    self->off_db[i] = level - self->mean_db[i];
    mean_most       = fmaxf(mean_most, self->mean_power[i]);
  }
  for (uint32_t i = 0; i < self->n_bands; ++i) {
    const float own     = self->covariance[(size_t)i * FIQ_NEURONS_MAX + i];
    self->inverse[i]    = 1.0f / sqrtf(own + shared_db2);
    self->is_present[i] = self->mean_power[i] > fmaxf(present * mean_most, silence);
  }
  self->n_frames += self->n_frames < UINT32_MAX - 1 ? 1 : 0;
}

/// One row: the covariances move on, and give the weights.
static void update_row(float* restrict covariance, float* restrict weight,
                       const float* restrict off_db, const float* restrict inverse, uint32_t row,
                       float share, uint32_t n)
{
  const float own_off     = off_db[row];
  const float own_inverse = inverse[row];
  for (uint32_t j = 0; j < n; ++j) {
    const float moved = covariance[j] + share * (own_off * off_db[j] - covariance[j]);
    const float alike = (moved + shared_db2) * own_inverse * inverse[j];
    covariance[j]     = moved;
    weight[j]         = fiq_clamp((alike - weak) / (1.0f - weak), most_opposed, 1.0f);
  }
}

void fiq_likeness_update(FiqLikeness* self, uint32_t first, uint32_t n)
{
  assert(self);
  assert(first + n <= self->n_bands);
  for (uint32_t i = first; i < first + n; ++i) {
    float* const weight = self->weight + (size_t)i * FIQ_NEURONS_MAX;
    update_row(self->covariance + (size_t)i * FIQ_NEURONS_MAX, weight, self->off_db, self->inverse,
               i, self->share, self->n_bands);
    weight[i] = 0.0f;
    for (uint32_t j = 0; j < self->n_bands; ++j) {
      weight[j] = self->is_present[i] && self->is_present[j] ? weight[j] : 0.0f;
    }
  }
}
