// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/learn/bass_search.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const float corners_hz[FIQ_BASS_SEARCH_TRIES] = {0.0f, 50.0f, 40.0f, 70.0f};
static const float worth_db                          = 0.5f;
static const float share_of_try                      = 0.07f; // of the progress

enum { SLICE_FRAMES = 1 << 15 };

FiqStatus fiq_bass_search_init(FiqBassSearch* self, FiqArena* arena, FiqLearnHeadroom* headroom,
                               uint32_t n_frames_max)
{
  assert(self);
  assert(arena);
  assert(headroom);
  memset(self, 0, sizeof *self);
  self->headroom = headroom;
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    self->turned[c] = fiq_arena_take(arena, n_frames_max, sizeof(float));
  }
  fiq_bass_allpass_init(&self->filter, headroom->realm->config.sample_rate_hz);
  return fiq_arena_status(arena);
}

void fiq_bass_search_reset(FiqBassSearch* self)
{
  assert(self);
  memset(self->best_phi_rad, 0, sizeof self->best_phi_rad);
  self->stage              = FIQ_BASS_SEARCH_DONE;
  self->untouched_crest_db = 0.0f;
  self->best_crest_db      = 0.0f;
  self->best_hz            = 0.0f;
  fiq_learn_headroom_reset(self->headroom);
}

void fiq_bass_search_turn(FiqBassSearch* self, const FiqLearnPlanes* planes, float corner_hz)
{
  assert(self);
  assert(planes->plane[0]);
  self->turning  = *planes;
  self->position = 0;
  fiq_bass_allpass_reset(&self->filter);
  fiq_bass_allpass_set(&self->filter, corner_hz);
}

bool fiq_bass_search_turn_step(FiqBassSearch* self)
{
  const uint32_t left = self->turning.n_frames - self->position;
  const uint32_t n    = left < SLICE_FRAMES ? left : SLICE_FRAMES;
  if (self->filter.wanted_hz <= 0.0f || n == 0) {
    return false;
  }
  const float* const* const from = self->turning.plane;
  const float* const        in[] = {from[0] + self->position,
                                    (from[1] ? from[1] : from[0]) + self->position};
  float* const out[] = {self->turned[0] + self->position, self->turned[1] + self->position};
  fiq_bass_allpass_control(&self->filter, 1.0f, n);
  fiq_bass_allpass_process(&self->filter, in, out, 0, n);
  self->position += n;
  return n < left;
}

FiqLearnPlanes fiq_bass_search_turned(const FiqBassSearch* self)
{
  if (self->filter.wanted_hz <= 0.0f) {
    return self->turning;
  }
  return (FiqLearnPlanes){{self->turned[0], self->turning.plane[1] ? self->turned[1] : NULL},
                          self->turning.n_frames};
}

static void start_try(FiqBassSearch* self)
{
  self->stage = FIQ_BASS_SEARCH_TURN;
  fiq_bass_search_turn(self, &self->planes, self->corner_hz[self->i_try]);
}

void fiq_bass_search_begin(FiqBassSearch* self, const FiqLearnPlanes* planes, uint64_t seed,
                           float spread_s)
{
  fiq_bass_search_reset(self);
  self->planes   = *planes;
  self->seed     = seed;
  self->spread_s = spread_s;
  self->i_try    = 0;
  memcpy(self->corner_hz, corners_hz, sizeof corners_hz);
  for (uint32_t i = 0; i <= FIQ_BASS_SEARCH_TRIES; ++i) {
    self->crest_db[i] = HUGE_VALF;
  }
  start_try(self);
}

/// The corner to learn with in earnest: none, unless another is clearly better.
static float choose_corner(const FiqBassSearch* self)
{
  uint32_t best = 0;
  for (uint32_t i = 1; i < FIQ_BASS_SEARCH_TRIES; ++i) {
    const float bar_db = self->crest_db[best] - (best == 0 ? worth_db : 0.0f);
    best               = self->crest_db[i] < bar_db ? i : best;
  }
  return self->corner_hz[best];
}

static void finish_try(FiqBassSearch* self)
{
  const FiqLearnHeadroom* const headroom = self->headroom;
  const bool                    is_first = self->i_try == 0;
  const bool                    is_last  = self->i_try == FIQ_BASS_SEARCH_TRIES;
  const float                   corner   = self->corner_hz[self->i_try];
  if (is_first) {
    self->untouched_crest_db = headroom->found.untouched_crest_db;
    self->best_crest_db      = headroom->found.untouched_crest_db;
  }
  if (is_first || (is_last && corner <= 0.0f)) {
    self->rotation_crest_db = headroom->found.rotation_crest_db;
  }
  self->crest_db[self->i_try] = headroom->found.best_crest_db;
  const float bar_db =
      self->best_crest_db - (corner > 0.0f && self->best_hz <= 0.0f ? worth_db : 0.0f);
  if (headroom->found.best_crest_db < bar_db) {
    self->best_crest_db = headroom->found.best_crest_db;
    self->best_hz       = corner;
    memcpy(self->best_phi_rad, headroom->found.best_phi_rad, sizeof self->best_phi_rad);
  }
  self->stage = FIQ_BASS_SEARCH_DONE;
  if (!is_last) {
    ++self->i_try;
    // Where the middle one is no good, its neighbours are not worth the time.
    if (self->i_try == 2 && self->crest_db[1] >= self->crest_db[0]) {
      self->i_try = FIQ_BASS_SEARCH_TRIES;
    }
    if (self->i_try == FIQ_BASS_SEARCH_TRIES) {
      self->corner_hz[self->i_try] = choose_corner(self);
    }
    start_try(self);
  }
}

bool fiq_bass_search_step(FiqBassSearch* self)
{
  assert(self);
  if (self->stage == FIQ_BASS_SEARCH_TURN && !fiq_bass_search_turn_step(self)) {
    const FiqLearnPlanes turned = fiq_bass_search_turned(self);
    self->stage                 = FIQ_BASS_SEARCH_LEARN;
    fiq_realm_model_set_spread(self->headroom->realm, self->spread_s, self->corner_hz[self->i_try]);
    fiq_learn_headroom_begin(self->headroom, &turned, self->seed,
                             self->i_try < FIQ_BASS_SEARCH_TRIES);
  } else if (self->stage == FIQ_BASS_SEARCH_LEARN && !fiq_learn_headroom_step(self->headroom)) {
    finish_try(self);
  }
  return self->stage != FIQ_BASS_SEARCH_DONE;
}

float fiq_bass_search_progress(const FiqBassSearch* self)
{
  if (self->stage == FIQ_BASS_SEARCH_DONE) {
    return 1.0f;
  }
  const bool  is_last = self->i_try == FIQ_BASS_SEARCH_TRIES;
  const float before  = share_of_try * (float)self->i_try;
  const float share   = is_last ? 0.999f - before : share_of_try;
  const bool  is_on   = self->stage == FIQ_BASS_SEARCH_LEARN;
  return before + (is_on ? share * fiq_learn_headroom_progress(self->headroom) : 0.0f);
}

float fiq_bass_search_gain_db(const FiqBassSearch* self)
{
  return self->untouched_crest_db - self->best_crest_db;
}
