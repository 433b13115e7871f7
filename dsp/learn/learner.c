// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/learn/learner.h"

#include <assert.h>
#include <string.h>

enum { FRAMES_MAX = 1 << 26 };

/// What is wrong with the configuration says more than that memory is missing.
static FiqStatus worse_of(FiqStatus a, FiqStatus b)
{
  if (a == FIQ_OK || a == b) {
    return b;
  }
  return b == FIQ_BAD_ARGUMENT || (b == FIQ_NO_PLAN && a != FIQ_BAD_ARGUMENT) ? b : a;
}

FiqStatus fiq_learner_init(FiqLearner* self, FiqArena* arena, FiqFftPool* pool,
                           const FiqLearnerConfig* config)
{
  assert(self);
  assert(arena);
  assert(pool);
  assert(config);
  memset(self, 0, sizeof *self);
  self->config = *config;
  if (config->n_frames_max == 0 || config->n_frames_max > FRAMES_MAX) {
    return FIQ_BAD_ARGUMENT;
  }
  const FiqRealmModelConfig realm  = {config->sample_rate_hz, config->window_frames,
                                      config->n_bands};
  FiqStatus                 status = fiq_realm_model_init(&self->realm, arena, pool, &realm);
  if (status == FIQ_BAD_ARGUMENT) {
    return status;
  }
  status = worse_of(
      status, fiq_learn_headroom_init(&self->headroom, arena, &self->realm, config->n_frames_max));
  status = worse_of(
      status, fiq_bass_search_init(&self->bass, arena, &self->headroom, config->n_frames_max));
  return worse_of(status, fiq_learn_pair_init(&self->pair, arena, pool, &self->realm));
}

void fiq_learner_reset(FiqLearner* self)
{
  assert(self);
  self->is_running = false;
  self->objective  = FIQ_LEARN_HEADROOM;
  fiq_bass_search_reset(&self->bass);
  fiq_learn_pair_reset(&self->pair);
}

void fiq_learner_set_spread(FiqLearner* self, float spread_s)
{
  assert(spread_s >= 0.0f);
  self->spread_s = spread_s;
}

void fiq_learner_begin(FiqLearner* self, FiqLearnObjective objective, const FiqLearnerAudio* audio)
{
  assert(self);
  assert(audio->n_frames >= 1 && audio->n_frames <= self->config.n_frames_max);
  const FiqLearnPlanes planes = {{audio->main[0], audio->main[1]}, audio->n_frames};
  const FiqLearnPlanes side   = {{audio->sidechain[0], audio->sidechain[1]}, audio->n_frames};
  fiq_learner_reset(self);
  self->objective  = objective;
  self->is_running = true;
  switch (objective) {
  case FIQ_LEARN_MONO:
    fiq_learn_pair_begin_mono(&self->pair, &planes);
    break;
  case FIQ_LEARN_ALIGN:
    fiq_learn_pair_begin_align(&self->pair, &planes, &side);
    break;
  default:
    fiq_bass_search_begin(&self->bass, &planes, self->config.seed, self->spread_s);
    break;
  }
}

bool fiq_learner_step(FiqLearner* self)
{
  assert(self);
  if (self->is_running) {
    self->is_running = self->objective == FIQ_LEARN_HEADROOM ? fiq_bass_search_step(&self->bass)
                                                             : fiq_learn_pair_step(&self->pair);
  }
  return self->is_running;
}

float fiq_learner_progress(const FiqLearner* self)
{
  return self->objective == FIQ_LEARN_HEADROOM ? fiq_bass_search_progress(&self->bass)
                                               : fiq_learn_pair_progress(&self->pair);
}

float fiq_learner_gain_db(const FiqLearner* self)
{
  return self->objective == FIQ_LEARN_HEADROOM ? fiq_bass_search_gain_db(&self->bass)
                                               : fiq_learn_pair_gain_db(&self->pair);
}

FiqLearned fiq_learner_result(const FiqLearner* self)
{
  FiqLearned result;
  memset(&result, 0, sizeof result);
  result.objective          = self->objective;
  result.gain_db            = fiq_learner_gain_db(self);
  result.spread_s           = self->objective == FIQ_LEARN_HEADROOM ? self->bass.spread_s : 0.0f;
  const uint32_t n          = self->config.n_bands;
  const bool     is_pair    = self->objective != FIQ_LEARN_HEADROOM;
  const bool     is_decided = self->pair.stage == FIQ_PAIR_DONE;
  const float*   phi_rad    = is_pair ? self->pair.best.phi_rad : self->bass.best_phi_rad;
  if (is_pair && !is_decided) {
    return result;
  }
  for (uint32_t b = 0; b < n; ++b) {
    result.phi_rad[0][b] = phi_rad[b];
    result.phi_rad[1][b] = self->objective == FIQ_LEARN_MONO ? 0.0f - phi_rad[b] : phi_rad[b];
  }
  result.bass_hz      = is_pair ? 0.0f : self->bass.best_hz;
  result.delay_frames = is_pair ? self->pair.best.delay_frames : 0;
  result.is_inverted  = is_pair && self->pair.best.is_inverted;
  return result;
}
