// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/goals/attention.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

static const float fast_s           = 0.025f;
static const float slow_s           = 1.0f;
static const float novelty_weight   = 0.4f;
static const float relevance_weight = 0.4f;
static const float intensity_weight = 0.2f;
static const float threshold        = 0.3f;
static const float dropped          = 0.1f;
static const float decay_per_s      = 2.0202707f; // nepers: 2 % in 10 ms
static const float quietest_db      = -80.0f;
static const float energy_floor     = 1e-8f; // what is softer than the quietest is no news

void fiq_attention_reset(FiqAttention* self, uint32_t n_bands)
{
  assert(self);
  assert(n_bands >= FIQ_ATTENTION_BANDS_MIN && n_bands <= FIQ_ATTENTION_BANDS_MAX);
  memset(self, 0, sizeof *self);
  self->n_bands = n_bands;
}

static float intensity_of(float energy)
{
  const float db = 10.0f * log10f(energy + energy_floor);
  return fiq_clamp(1.0f - db / quietest_db, 0.0f, 1.0f);
}

static float salience_of(float fast, float slow, float total)
{
  const float novelty = fiq_clamp((fast - slow) / (fast + slow + energy_floor), 0.0f, 1.0f);
  return novelty_weight * novelty + relevance_weight * fast / (total + energy_floor) +
         intensity_weight * intensity_of(fast);
}

/// Follow the energies; their sum.
static float listen_to_bands(FiqAttention* self, const float* energy, float dt_s)
{
  const float fast  = self->has_heard ? 1.0f - expf(-dt_s / fast_s) : 1.0f;
  const float slow  = self->has_heard ? 1.0f - expf(-dt_s / slow_s) : 1.0f;
  float       total = 0.0f;
  for (uint32_t b = 0; b < self->n_bands; ++b) {
    const float heard = fiq_clamp(energy[b], 0.0f, 1e6f);
    self->fast[b] += fast * (heard - self->fast[b]);
    self->slow[b] += slow * (heard - self->slow[b]);
    total += self->fast[b];
  }
  self->has_heard = true;
  return total;
}

/// Put `band` in its place among the foci, or leave it out.
static void queue(FiqAttention* self, uint32_t band)
{
  uint32_t at = self->n_foci;
  while (at > 0 && self->weight[self->focus[at - 1]] < self->weight[band]) {
    --at;
  }
  if (at == FIQ_ATTENTION_FOCI_MAX) {
    self->weight[band] = 0.0f;
    return;
  }
  if (self->n_foci == FIQ_ATTENTION_FOCI_MAX) {
    self->weight[self->focus[--self->n_foci]] = 0.0f;
  }
  for (uint32_t i = self->n_foci; i > at; --i) {
    self->focus[i] = self->focus[i - 1];
  }
  self->focus[at] = band;
  ++self->n_foci;
}

void fiq_attention_step(FiqAttention* self, const float* energy, float dt_s)
{
  assert(self);
  assert(energy);
  assert(dt_s > 0.0f);
  const float total = listen_to_bands(self, energy, dt_s);
  const float kept  = expf(-decay_per_s * dt_s);
  self->n_foci      = 0;
  for (uint32_t b = 0; b < self->n_bands; ++b) {
    const float salience = salience_of(self->fast[b], self->slow[b], total);
    const float faded    = kept * self->weight[b];
    const float weight   = salience > threshold ? fmaxf(salience, faded) : faded;
    self->salience[b]    = salience;
    self->weight[b]      = weight >= dropped ? weight : 0.0f;
    if (weight >= dropped) {
      queue(self, b);
    }
  }
}
