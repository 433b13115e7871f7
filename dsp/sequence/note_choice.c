// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/sequence/note_choice.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

enum { BISECTIONS = 12, LAG_MAX = 8, LOOKED_AT = 10 };

static const float coldest       = 0.3f;
static const float hottest       = 1.5f;
static const float factor_most   = 1.6f; // of the temperature, a choice
static const float entropy_low   = 0.36f;
static const float entropy_high  = 0.64f;
static const float mean_share    = 0.1f; // of a choice in the mean surprise
static const float shake_entropy = 0.12f;
static const float calm_entropy  = 0.2f; // that a full warning takes off

void fiq_note_choice_reset(FiqNoteChoice* self, uint64_t seed, uint64_t stream)
{
  assert(self);
  memset(self, 0, sizeof(*self));
  fiq_random_init(&self->random, seed, stream);
  self->temperature = 1.0f;
  self->surprise    = 0.5f;
}

/// p ~ e^(log_weight / T); its entropy over the greatest of `n_possible`.
static float heat(const float* log_weight, uint32_t n, uint32_t n_possible, float temperature,
                  float* chance)
{
  float most = -1e30f;
  float sum  = 0.0f;
  for (uint32_t i = 0; i < n; ++i) {
    most = fmaxf(most, log_weight[i]);
  }
  for (uint32_t i = 0; i < n; ++i) {
    chance[i] =
        log_weight[i] > -1e20f ? expf(fmaxf((log_weight[i] - most) / temperature, -60.0f)) : 0.0f;
    sum += chance[i];
  }
  for (uint32_t i = 0; i < n; ++i) {
    chance[i] /= sum;
  }
  return n_possible > 1 ? fiq_entropy(chance, n) * logf((float)n) / logf((float)n_possible) : 0.0f;
}

/// Move T toward where the entropy is `aim`.
static void seek(FiqNoteChoice* self, const float* log_weight, uint32_t n, uint32_t n_possible,
                 float aim, float* chance)
{
  float low  = fmaxf(coldest, self->temperature / factor_most);
  float high = fminf(hottest, self->temperature * factor_most);
  for (uint32_t i = 0; i < BISECTIONS; ++i) {
    const float middle = 0.5f * (low + high);
    if (heat(log_weight, n, n_possible, middle, chance) < aim) {
      low = middle;
    } else {
      high = middle;
    }
  }
  self->temperature = 0.5f * (low + high);
  self->entropy     = heat(log_weight, n, n_possible, self->temperature, chance);
}

/// Mix in the weights alone as far as the entropy is still below `aim`.
static void widen(FiqNoteChoice* self, const float* plain, uint32_t n, uint32_t n_possible,
                  float aim, float* chance)
{
  float       narrow[FIQ_NOTE_CHOICE_MAX];
  float       low    = 0.0f;
  float       high   = 1.0f;
  const float factor = logf((float)n) / logf((float)n_possible);
  memcpy(narrow, chance, n * sizeof(float));
  for (uint32_t i = 0; i < BISECTIONS; ++i) {
    const float middle = 0.5f * (low + high);
    for (uint32_t k = 0; k < n; ++k) {
      chance[k] = fiq_mix(narrow[k], plain[k], middle);
    }
    self->entropy = fiq_entropy(chance, n) * factor;
    low           = self->entropy < aim ? middle : low;
    high          = self->entropy < aim ? high : middle;
  }
}

/// How much of the last choices is what came some choices before, 0..1.
static float repetition(const FiqNoteChoice* self)
{
  float most = 0.0f;
  for (uint32_t lag = 1; lag <= LAG_MAX && self->n_history >= FIQ_NOTE_CHOICE_HISTORY; ++lag) {
    uint32_t same = 0;
    for (uint32_t i = 0; i < LOOKED_AT; ++i) {
      const uint32_t at = self->n_history - 1 - i;
      same += self->history[at % FIQ_NOTE_CHOICE_HISTORY] ==
              self->history[(at - lag) % FIQ_NOTE_CHOICE_HISTORY];
    }
    most = fmaxf(most, (float)same / LOOKED_AT);
  }
  return fiq_clamp((most - 0.75f) / 0.2f, 0.0f, 1.0f);
}

static uint32_t draw(FiqNoteChoice* self, const float* chance, uint32_t n)
{
  float    left = fiq_random_uniform(&self->random);
  uint32_t last = 0;
  for (uint32_t i = 0; i < n; ++i) {
    if (chance[i] > 0.0f) {
      last = i;
      left -= chance[i];
      if (left < 0.0f) {
        break;
      }
    }
  }
  return last;
}

uint32_t fiq_note_choice_pick(FiqNoteChoice* self, const FiqNoteChoiceParams* params,
                              const float* share, const float* weight, const uint8_t* name,
                              uint32_t n, float* chance)
{
  assert(self && params && share && weight && name && chance);
  assert(n > 0 && n <= FIQ_NOTE_CHOICE_MAX);
  float    log_weight[FIQ_NOTE_CHOICE_MAX];
  float    plain[FIQ_NOTE_CHOICE_MAX];
  float    sum        = 0.0f;
  uint32_t n_possible = 0;
  for (uint32_t i = 0; i < n; ++i) {
    sum += weight[i];
  }
  for (uint32_t i = 0; i < n; ++i) {
    plain[i]      = sum > 0.0f ? weight[i] / sum : 1.0f / (float)n;
    log_weight[i] = plain[i] > 0.0f ? logf(fmaxf(share[i], 1e-9f) * plain[i]) : -1e30f;
    n_possible += plain[i] > 0.0f;
  }
  self->shaken      = repetition(self);
  const float asked = params->aim + shake_entropy * self->shaken - calm_entropy * params->warning;
  const float aim   = fiq_clamp(asked + 0.5f * (asked - self->surprise), fminf(entropy_low, asked),
                                fmaxf(entropy_high, asked));
  seek(self, log_weight, n, n_possible, aim, chance);
  if (n_possible > 1 && self->entropy < 0.95f * aim) {
    widen(self, plain, n, n_possible, aim, chance);
  }
  const uint32_t chosen = draw(self, chance, n);
  if (n_possible > 1) {
    const float surprise = -logf(fmaxf(chance[chosen], 1e-9f)) / logf((float)n_possible);
    self->surprise += mean_share * (fiq_clamp(surprise, 0.0f, 2.0f) - self->surprise);
  }
  self->history[self->n_history++ % FIQ_NOTE_CHOICE_HISTORY] = name[chosen];
  return chosen;
}
