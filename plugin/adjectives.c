// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/adjectives.h"

#include <assert.h>
#include <math.h>
#include <string.h>

// Names of measures as indices of a direction.
enum {
  BRIGHTNESS    = FIQ_TIMBRE_BRIGHTNESS,
  WARMTH        = FIQ_TIMBRE_WARMTH,
  ROUGHNESS     = FIQ_TIMBRE_ROUGHNESS,
  HARDNESS      = FIQ_TIMBRE_HARDNESS,
  DEPTH         = FIQ_TIMBRE_DEPTH,
  SHARPNESS     = FIQ_TIMBRE_SHARPNESS,
  BREATH        = FIQ_TIMBRE_BREATH,
  ATTACK        = FIQ_TIMBRE_ATTACK,
  MOTION        = FIQ_TIMBRE_MOTION,
  WIDTH         = FIQ_TIMBRE_WIDTH,
  INHARMONICITY = FIQ_TIMBRE_INHARMONICITY
};

// Each list is named by its line.
#define NAME_OF(line) leanings_##line
#define NAMED(line) NAME_OF(line)

#define FIQ_INSTRUMENT(words, ...)                                                                 \
  static const FiqLeaning NAMED(__LINE__)[] = {__VA_ARGS__, {FIQ_N_TIMBRES, 0.0f}};
#define FIQ_ADJECTIVE FIQ_INSTRUMENT
#include "plugin/adjectives.def"

const FiqAdjective fiq_adjectives[] = {
#define FIQ_ADJECTIVE(words, ...) {words, NAMED(__LINE__), false},
#define FIQ_INSTRUMENT(words, ...) {words, NAMED(__LINE__), true},
#include "plugin/adjectives.def"
};

const uint32_t fiq_n_adjectives = sizeof(fiq_adjectives) / sizeof(fiq_adjectives[0]);

const FiqToward fiq_towards[] = {
#define NONE (-INFINITY)
#define FIQ_TOWARD(measure, symbol, step, least) {FIQ_TIMBRE_##measure, symbol, step, least},
#include "plugin/adjectives.def"
};

const uint32_t fiq_n_towards = sizeof(fiq_towards) / sizeof(fiq_towards[0]);

/// Whether `word` [length] stands in the list `words`.
static bool has_word(const char* words, const char* word, size_t length)
{
  for (const char* at = words; *at;) {
    const size_t n = strcspn(at, " ");
    if (n == length && memcmp(at, word, n) == 0) {
      return true;
    }
    at += n + strspn(at + n, " ");
  }
  return false;
}

const FiqAdjective* fiq_adjective_of(const char* word, size_t length)
{
  assert(word || length == 0);
  for (uint32_t i = 0; i < fiq_n_adjectives; ++i) {
    if (has_word(fiq_adjectives[i].words, word, length)) {
      return &fiq_adjectives[i];
    }
  }
  return NULL;
}
