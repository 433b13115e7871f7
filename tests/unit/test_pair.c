// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the search for two sounds that add up finds delay and polarity, and gains what there is. Method: noise against itself,
// delayed, inverted, or another.
#include "dsp/base/maths.h"
#include "dsp/learn/pair.h"
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, FRAMES = RATE, WINDOW = 1024, BANDS = 16 };

typedef struct {
  FiqArena      arena;
  FiqFftPool    pool;
  FiqRealmModel model;
  FiqLearnPair  pair;
} Bench;

static FiqStatus init(Bench* self, FiqArena* arena)
{
  const FiqRealmModelConfig config = {(double)RATE, WINDOW, BANDS};
  const FiqStatus           model = fiq_realm_model_init(&self->model, arena, &self->pool, &config);
  const FiqStatus pair = fiq_learn_pair_init(&self->pair, arena, &self->pool, &self->model);
  return model != FIQ_OK ? model : pair;
}

static Bench* bench_new(void)
{
  Bench* const self = calloc(1, sizeof *self);
  assert_non_null(self);
  fiq_fft_pool_init(&self->pool);
  FiqArena ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(init(self, &ruler), FIQ_NO_MEMORY);
  self->arena = support_arena(ruler.used_bytes);
  assert_int_equal(init(self, &self->arena), FIQ_OK);
  return self;
}

static void bench_free(Bench* self)
{
  fiq_fft_pool_free(&self->pool);
  support_arena_free(&self->arena);
  free(self);
}

/// `other` = sign x `sound`, `delay` frames later.
static void delay(const float* sound, float* other, int delay_frames, float sign)
{
  for (int i = 0; i < FRAMES; ++i) {
    const int from = i - delay_frames;
    other[i]       = from >= 0 && from < FRAMES ? sign * sound[from] : 0.0f;
  }
}

static void test_delay_and_polarity_are_found(void** state)
{
  (void)state;
  static const int delays[] = {0, 1, 37, 480, -200, 900};
  Bench* const     self     = bench_new();
  float* const     sound    = support_floats(FRAMES);
  float* const     other    = support_floats(FRAMES);
  support_noise(sound, FRAMES, 0.5, 5);
  for (size_t k = 0; k < sizeof(delays) / sizeof(delays[0]); ++k) {
    for (int inverted = 0; inverted < 2; ++inverted) {
      delay(sound, other, delays[k], inverted ? -1.0f : 1.0f);
      const FiqLearnPlanes one = {{sound, NULL}, FRAMES};
      const FiqLearnPlanes two = {{other, NULL}, FRAMES};
      fiq_learn_pair_begin_align(&self->pair, &one, &two);
      while (fiq_learn_pair_step(&self->pair)) {
      }
      assert_int_equal(self->pair.best.delay_frames, delays[k]);
      assert_int_equal(self->pair.best.is_inverted, inverted);
      // Noise and its like add up to 6 dB where they added up to 3, or to nothing.
      assert_true(fiq_learn_pair_progress(&self->pair) >= 1.0f);
      assert_true(fiq_learn_pair_gain_db(&self->pair) >= (delays[k] || inverted ? 2.5f : 0.0f));
    }
  }
  free(sound);
  free(other);
  bench_free(self);
}

static void test_a_turned_side_is_turned_back_for_mono(void** state)
{
  (void)state;
  Bench* const self  = bench_new();
  float* const left  = support_floats(FRAMES);
  float* const right = support_floats(FRAMES);
  // Partials of which every one is turned by 120 degrees on the right: the sum has half of the amplitude.
  for (int h = 1; h <= 12; ++h) {
    for (int i = 0; i < FRAMES; ++i) {
      const double phase = 6.28318530717959 * 220.0 * h * i / RATE;
      left[i] += (float)(0.05 * sin(phase));
      right[i] += (float)(0.05 * sin(phase + 2.0943951));
    }
  }
  const FiqLearnPlanes planes = {{left, right}, FRAMES};
  fiq_learn_pair_begin_mono(&self->pair, &planes);
  while (fiq_learn_pair_step(&self->pair)) {
  }
  const float gain_db = fiq_learn_pair_gain_db(&self->pair);
  print_message("mono gains %.2f of 6.02 dB\n", (double)gain_db);
  assert_true(gain_db > 5.5f && gain_db < 6.1f);
  fiq_learn_pair_reset(&self->pair);
  assert_true(fiq_learn_pair_gain_db(&self->pair) <= 0.0f);
  free(left);
  free(right);
  bench_free(self);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_delay_and_polarity_are_found),
                                     cmocka_unit_test(test_a_turned_side_is_turned_back_for_mono)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
