// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/sequence/melody_model.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

enum {
  LONG_ORDER  = 4,
  PITCH_ORDER = 5, ///< of the long-term model of the key alone
  SHORT_ORDER = 5,
  SHORT_PITCH = 8,
  STEP_START  = 255, ///< interval of a phrase's first note
  SCALE_LEAST = 5,   ///< pitch classes heard that make a scale
  PLACE_TICKS = 8    ///< places in the bar are told apart by so much
};

static const float long_discount  = 0.7f;
static const float short_discount = 0.6f;
static const float rare_pitch     = 0.02f;
static const float key_kept       = 0.99f; // of the keys' scores, a note

/// Krumhansl and Kessler's ratings of the degrees, centred, of unit length: major, minor.
static const float profile[2][12] = {{0.6553f, -0.2862f, -0.0006f, -0.2634f, 0.2051f, 0.1388f,
                                      -0.2200f, 0.3902f, -0.2497f, 0.0406f, -0.2725f, -0.1377f},
                                     {0.6551f, -0.2572f, -0.0473f, 0.4176f, -0.2772f, -0.0448f,
                                      -0.2922f, 0.2602f, 0.0677f, -0.2547f, -0.0923f, -0.1348f}};

static uint32_t order_of(FiqViewpoint view)
{
  return view == FIQ_VIEW_PITCH ? PITCH_ORDER : LONG_ORDER;
}

FiqStatus fiq_melody_init(FiqMelodyModel* self, FiqArena* arena, const FiqMelodyConfig* config)
{
  assert(self && arena && config);
  if (config->window < 32 || config->window > FIQ_CONTEXT_WINDOW_MAX) {
    return FIQ_BAD_ARGUMENT;
  }
  self->n_long     = config->is_pitch_only ? 1 : FIQ_N_VIEWS;
  self->n_short    = config->is_pitch_only ? 1 : FIQ_N_SHORT_VIEWS;
  FiqStatus status = FIQ_OK;
  for (uint32_t v = 0; v < self->n_long; ++v) {
    const FiqStatus one = fiq_context_init(&self->long_term[v], arena, order_of((FiqViewpoint)v),
                                           config->window, long_discount);
    status              = one != FIQ_OK ? one : status;
  }
  for (uint32_t v = 0; v < self->n_short; ++v) {
    const uint32_t  order = v == FIQ_VIEW_PITCH ? SHORT_PITCH : SHORT_ORDER;
    const FiqStatus one   = fiq_context_init(&self->short_term[v], arena, order,
                                             FIQ_MELODY_SHORT_NOTES, short_discount);
    status                = one != FIQ_OK ? one : status;
  }
  if (status == FIQ_OK) {
    fiq_melody_set_candidates(self, NULL);
    fiq_melody_reset(self);
  }
  return status;
}

void fiq_melody_reset(FiqMelodyModel* self)
{
  assert(self);
  for (uint32_t v = 0; v < self->n_long; ++v) {
    fiq_context_reset(&self->long_term[v]);
  }
  fiq_mixer_reset(&self->mixer, self->n_long + self->n_short);
  fiq_melody_begin(self, true);
}

void fiq_melody_set_candidates(FiqMelodyModel* self, const bool* is_possible)
{
  uint32_t n = 0;
  for (uint32_t key = 0; is_possible && key < FIQ_MELODY_KEYS; ++key) {
    if (is_possible[key]) {
      self->candidate[n++] = (uint8_t)key;
    }
  }
  for (uint32_t key = 0; n == 0 && key < FIQ_MELODY_KEYS; ++key) {
    self->candidate[key] = (uint8_t)key;
  }
  self->n_candidates = n > 0 ? n : FIQ_MELODY_KEYS;
  self->is_predicted = false;
}

void fiq_melody_begin(FiqMelodyModel* self, bool is_new_piece)
{
  for (uint32_t v = 0; v < self->n_long; ++v) {
    fiq_context_begin(&self->long_term[v]);
  }
  for (uint32_t v = 0; v < self->n_short; ++v) {
    if (is_new_piece) {
      fiq_context_reset(&self->short_term[v]);
    }
    fiq_context_begin(&self->short_term[v]);
  }
  if (is_new_piece) {
    memset(&self->at, 0, sizeof(self->at));
  }
  self->at.n_notes   = 0;
  self->is_predicted = false;
}

/// What `view` sees in `note`.
static uint32_t symbol_of(const FiqMelodyPlace* at, FiqViewpoint view, const FiqMelodyNote* note,
                          uint32_t key)
{
  const bool     is_first = at->n_notes == 0;
  const uint32_t step     = is_first ? STEP_START : key + 127u - at->last;
  const uint32_t turn     = is_first ? key : key + 127u - at->first;
  const uint32_t degree   = at->has_tonic ? (key + 12u - at->tonic) % 12u : 12u + key;
  const uint32_t place    = note->place / PLACE_TICKS;
  const uint32_t contour  = is_first ? 3u : key > at->last ? 2u : key < at->last ? 0u : 1u;
  switch (view) {
  case FIQ_VIEW_PITCH:
    return key;
  case FIQ_VIEW_TURN:
    return step << 8 | turn;
  case FIQ_VIEW_STEP_PLACE:
    return (step << 8 | (is_first ? key : 0u)) << 12 | place;
  case FIQ_VIEW_STEP_LENGTH:
    return (step << 8 | (is_first ? key : 0u)) << 16 | note->length;
  case FIQ_VIEW_DEGREE_PLACE:
    return (step << 8 | degree) << 12 | place;
  default:
    return (contour << 8 | degree) << 16 | note->length;
  }
}

/// The candidates as `view` sees them.
static void find_classes(FiqMelodyModel* self, FiqViewpoint view, const FiqMelodyNote* note)
{
  FiqContextClasses* const classes = &self->classes[view];
  fiq_context_classes_reset(classes);
  for (uint32_t i = 0; i < self->n_candidates; ++i) {
    const uint32_t symbol   = symbol_of(&self->at, view, note, self->candidate[i]);
    self->class_of[view][i] = (uint8_t)fiq_context_classes_add(classes, symbol);
  }
}

/// Let one model of `view` say its prediction to the mixer; keys that look the same share evenly.
static void ask(FiqMelodyModel* self, const FiqContextModel* model, FiqViewpoint view,
                uint32_t which)
{
  float                share[FIQ_MELODY_KEYS];
  float                key_share[FIQ_MELODY_KEYS];
  const uint8_t* const class_of = self->class_of[view];
  fiq_context_predict(model, &self->classes[view], share);
  if (self->classes[view].n == self->n_candidates) {
    fiq_mixer_put(&self->mixer, which, share, self->n_candidates, self->at.n_notes);
    return;
  }
  float alike[FIQ_MELODY_KEYS] = {0.0f};
  for (uint32_t i = 0; i < self->n_candidates; ++i) {
    alike[class_of[i]] += 1.0f;
  }
  for (uint32_t i = 0; i < self->n_candidates; ++i) {
    key_share[i] = share[class_of[i]] / alike[class_of[i]];
  }
  fiq_mixer_put(&self->mixer, which, key_share, self->n_candidates, self->at.n_notes);
}

void fiq_melody_predict(FiqMelodyModel* self, const FiqMelodyNote* note)
{
  assert(self && note);
  assert(self->n_candidates > 0);
  for (uint32_t v = 0; v < self->n_long; ++v) {
    find_classes(self, (FiqViewpoint)v, note);
    ask(self, &self->long_term[v], (FiqViewpoint)v, v);
  }
  for (uint32_t v = 0; v < self->n_short; ++v) {
    ask(self, &self->short_term[v], (FiqViewpoint)v, self->n_long + v);
  }
  fiq_mixer_mix(&self->mixer);
  self->is_predicted = true;
}

/// Where the melody is after `note`.
static void move_on(FiqMelodyModel* self, const FiqMelodyNote* note)
{
  FiqMelodyPlace* const at     = &self->at;
  const float           weight = fiq_clamp((float)note->length, 1.0f, 4.0f * FIQ_TICKS);
  float                 best   = -1e30f;
  for (uint32_t minor = 0; minor < 2; ++minor) {
    for (uint32_t tonic = 0; tonic < 12; ++tonic) {
      float* const score = &at->key_score[minor][tonic];
      *score = key_kept * *score + weight * profile[minor][(note->key + 12u - tonic) % 12u];
      if (*score > best) {
        best         = *score;
        at->tonic    = (uint8_t)tonic;
        at->is_minor = minor != 0;
      }
    }
  }
  for (uint32_t pitch = 0; pitch < 12; ++pitch) {
    at->heard[pitch] *= key_kept;
  }
  at->heard[note->key % 12u] += 1.0f;
  at->has_tonic = true;
  at->first     = at->n_notes == 0 ? note->key : at->first;
  at->last      = note->key;
  ++at->n_notes;
  self->is_predicted = false;
}

static void follow_piece(FiqMelodyModel* self, const FiqMelodyNote* note)
{
  for (uint32_t v = 0; v < self->n_short; ++v) {
    fiq_context_learn(&self->short_term[v], symbol_of(&self->at, (FiqViewpoint)v, note, note->key));
  }
}

void fiq_melody_learn(FiqMelodyModel* self, const FiqMelodyNote* note)
{
  assert(self && note && note->key < FIQ_MELODY_KEYS);
  for (uint32_t i = 0; self->is_predicted && i < self->n_candidates; ++i) {
    if (self->candidate[i] == note->key) {
      fiq_mixer_learn(&self->mixer, i);
    }
  }
  for (uint32_t v = 0; v < self->n_long; ++v) {
    fiq_context_learn(&self->long_term[v], symbol_of(&self->at, (FiqViewpoint)v, note, note->key));
  }
  follow_piece(self, note);
  move_on(self, note);
}

void fiq_melody_pass(FiqMelodyModel* self, const FiqMelodyNote* note)
{
  assert(self && note && note->key < FIQ_MELODY_KEYS);
  for (uint32_t v = 0; v < self->n_long; ++v) {
    fiq_context_follow(&self->long_term[v], symbol_of(&self->at, (FiqViewpoint)v, note, note->key));
  }
  follow_piece(self, note);
  move_on(self, note);
}

float fiq_melody_share(const FiqMelodyModel* self, uint32_t key)
{
  for (uint32_t i = 0; self->is_predicted && i < self->n_candidates; ++i) {
    if (self->candidate[i] == key) {
      return self->mixer.share[i];
    }
  }
  return 0.0f;
}

bool fiq_melody_in_scale(const FiqMelodyModel* self, uint32_t key)
{
  static const uint32_t       scales[2] = {0xab5,
                                           0xfad}; // bits of the degrees: major, all the minor ones
  const FiqMelodyPlace* const at        = &self->at;
  float                       total     = 0.0f;
  uint32_t                    n_heard   = 0;
  for (uint32_t pitch = 0; pitch < 12; ++pitch) {
    total += at->heard[pitch];
  }
  for (uint32_t pitch = 0; pitch < 12; ++pitch) {
    n_heard += at->heard[pitch] > rare_pitch * total;
  }
  if (n_heard >= SCALE_LEAST) {
    return at->heard[key % 12u] > rare_pitch * total;
  }
  return !at->has_tonic || (scales[at->is_minor] >> (key + 12u - at->tonic) % 12u & 1u);
}
