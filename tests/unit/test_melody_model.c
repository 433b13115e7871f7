// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the melody model expects what it has heard, in any key, and is the surer the more it has heard; viewpoints and
// both terms are of use; the mixer is no worse than its best model.
// Method: tunes made by rule from a seed, learned in some keys and predicted in others; bits a note.
#include "dsp/base/random.h"
#include "dsp/sequence/melody_model.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

enum { NOTES = 48, TUNES = 12 };

static FiqMelodyNote tune[TUNES][NOTES];

/// Tunes of a major scale: steps that repeat a four-note motive, moved down after every bar.
static void make_tunes(uint64_t seed)
{
  static const uint8_t scale[7] = {0, 2, 4, 5, 7, 9, 11};
  FiqRandom            random;
  fiq_random_init(&random, seed, 0);
  for (uint32_t t = 0; t < TUNES; ++t) {
    uint32_t motive[4];
    for (uint32_t i = 0; i < 4; ++i) {
      motive[i] = fiq_random_bits(&random) % 5;
    }
    for (uint32_t i = 0; i < NOTES; ++i) {
      const uint32_t degree = 14 + motive[i % 4] - i / 4 % 4;
      tune[t][i] = (FiqMelodyNote){.key    = (uint8_t)(36 + 12 * (degree / 7) + scale[degree % 7]),
                                   .place  = (uint16_t)(i % 4 * FIQ_TICKS),
                                   .length = (uint16_t)FIQ_TICKS};
    }
  }
}

static FiqMelodyModel* new_model(FiqArena* arena, bool is_pitch_only)
{
  static FiqMelodyModel model;
  const FiqMelodyConfig config = {.window = 1024, .is_pitch_only = is_pitch_only};
  *arena                       = support_arena(4 << 20);
  assert_int_equal(fiq_melody_init(&model, arena, &config), FIQ_OK);
  return &model;
}

/// Play a tune, moved by `semitones`; bits a note.
static double take(FiqMelodyModel* model, const FiqMelodyNote* notes, uint32_t semitones)
{
  double bits = 0.0;
  fiq_melody_begin(model, true);
  for (uint32_t i = 0; i < NOTES; ++i) {
    FiqMelodyNote note = notes[i];
    note.key           = (uint8_t)(note.key + semitones);
    fiq_melody_predict(model, &note);
    bits -= log2((double)fiq_melody_share(model, note.key));
    fiq_melody_learn(model, &note);
  }
  return bits / NOTES;
}

static void test_knows_what_it_has_heard_in_any_key(void** state)
{
  (void)state;
  FiqArena arena;
  double   before = 0.0;
  double   after  = 0.0;
  make_tunes(1);
  FiqMelodyModel* const model = new_model(&arena, false);
  for (uint32_t t = 0; t < TUNES; ++t) {
    before += take(model, tune[t], 0) / TUNES;
  }
  for (uint32_t t = 0; t < TUNES; ++t) {
    after += take(model, tune[t], 5) / TUNES;
  }
  assert_true(after < 0.6 * before);
  support_arena_free(&arena);
}

static void test_viewpoints_are_of_use(void** state)
{
  (void)state;
  double bits[2] = {0.0, 0.0};
  make_tunes(2);
  for (uint32_t alone = 0; alone < 2; ++alone) {
    FiqArena              arena;
    FiqMelodyModel* const model = new_model(&arena, alone == 1);
    for (uint32_t t = 0; t < TUNES; ++t) {
      bits[alone] += take(model, tune[t], 7 * t % 12);
    }
    support_arena_free(&arena);
  }
  assert_true(bits[0] < 0.8 * bits[1]);
}

static void test_shares_sum_to_one_over_the_candidates(void** state)
{
  (void)state;
  FiqArena arena;
  bool     possible[FIQ_MELODY_KEYS] = {false};
  make_tunes(3);
  FiqMelodyModel* const model = new_model(&arena, false);
  (void)take(model, tune[0], 0);
  for (uint32_t key = 48; key < 72; key += 2) {
    possible[key] = true;
  }
  fiq_melody_set_candidates(model, possible);
  assert_int_equal(model->n_candidates, 12);
  fiq_melody_predict(model, &tune[0][1]);
  float sum = 0.0f;
  for (uint32_t key = 0; key < FIQ_MELODY_KEYS; ++key) {
    assert_true(possible[key] == (fiq_melody_share(model, key) > 0.0f));
    sum += fiq_melody_share(model, key);
  }
  assert_true(fabsf(sum - 1.0f) < 1e-5f);
  fiq_melody_set_candidates(model, NULL);
  assert_int_equal(model->n_candidates, FIQ_MELODY_KEYS);
  support_arena_free(&arena);
}

static void test_finds_the_key(void** state)
{
  (void)state;
  static const uint8_t  major[8] = {60, 64, 67, 65, 62, 59, 60, 60};
  static const uint8_t  minor[8] = {60, 63, 67, 68, 65, 62, 59, 60};
  FiqArena              arena;
  FiqMelodyModel* const model = new_model(&arena, false);
  for (uint32_t transpose = 0; transpose < 12; ++transpose) {
    for (uint32_t is_minor = 0; is_minor < 2; ++is_minor) {
      fiq_melody_begin(model, true);
      for (uint32_t i = 0; i < 8; ++i) {
        const uint8_t key = (uint8_t)((is_minor ? minor[i] : major[i]) + transpose);
        fiq_melody_pass(model, &(FiqMelodyNote){key, 0, FIQ_TICKS});
      }
      assert_int_equal(model->at.tonic, transpose);
      assert_int_equal(model->at.is_minor, is_minor);
      assert_true(fiq_melody_in_scale(model, 67 + transpose));
      assert_false(fiq_melody_in_scale(model, 66 + transpose));
    }
  }
  support_arena_free(&arena);
}

/// Two models, one of which is right at odd symbols and one at even ones of its own certainty: sure when it is right.
static void test_mixer_is_better_than_each_of_its_models(void** state)
{
  (void)state;
  enum { SYMBOLS = 8, STEPS = 4000 };
  FiqMixer  mixer;
  FiqRandom random;
  double    bits[3] = {0.0, 0.0, 0.0};
  fiq_mixer_reset(&mixer, 2);
  fiq_random_init(&random, 5, 0);
  for (uint32_t step = 0; step < STEPS; ++step) {
    const uint32_t symbol = fiq_random_bits(&random) % SYMBOLS;
    for (uint32_t m = 0; m < 2; ++m) {
      float share[SYMBOLS];
      for (uint32_t i = 0; i < SYMBOLS; ++i) {
        const float sure = m == step % 2 ? 0.86f : 0.23f;
        const bool  hit  = m == step % 2 ? i == symbol : i == (symbol + 3) % SYMBOLS;
        share[i]         = hit ? sure : (1.0f - sure) / (SYMBOLS - 1);
      }
      fiq_mixer_put(&mixer, m, share, SYMBOLS, step);
      bits[m] -= log2((double)share[symbol]);
    }
    fiq_mixer_mix(&mixer);
    bits[2] -= log2((double)mixer.share[symbol]);
    assert_true(mixer.entropy >= 0.0f && mixer.entropy <= 1.0f);
    fiq_mixer_learn(&mixer, symbol);
  }
  assert_true(bits[2] < 0.3 * bits[0]);
  assert_true(bits[2] < 0.3 * bits[1]);
}

static void test_too_small_an_arena_is_refused(void** state)
{
  (void)state;
  static FiqMelodyModel model;
  FiqArena              arena  = support_arena(1 << 16);
  const FiqMelodyConfig config = {.window = FIQ_MELODY_WINDOW};
  assert_int_equal(fiq_melody_init(&model, &arena, &config), FIQ_NO_MEMORY);
  assert_int_equal(fiq_melody_init(&model, &arena, &(FiqMelodyConfig){.window = 5}),
                   FIQ_BAD_ARGUMENT);
  support_arena_free(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_knows_what_it_has_heard_in_any_key),
      cmocka_unit_test(test_viewpoints_are_of_use),
      cmocka_unit_test(test_shares_sum_to_one_over_the_candidates),
      cmocka_unit_test(test_finds_the_key),
      cmocka_unit_test(test_mixer_is_better_than_each_of_its_models),
      cmocka_unit_test(test_too_small_an_arena_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
