// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: bands whose levels move alike get a positive weight, opposed ones a negative one, unrelated ones none or less, still
// ones belong to one another. Method: powers that are swung by known waves, for 12 s; rows all at once or spread.
#include "dsp/analysis/likeness.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

enum { N = 8, FRAMES = 1200, ABSENT = 7 };

static const double tau = 6.283185307179586;

static FiqLikeness likeness_new(FiqArena* arena)
{
  const FiqLikenessConfig config = {.n_bands_max = N, .hop_s = 0.01f};
  FiqLikeness             self;
  fiq_arena_init(arena, NULL, 0);
  assert_int_equal(fiq_likeness_init(&self, arena, &config), FIQ_NO_MEMORY);
  *arena = support_arena(arena->used_bytes);
  assert_int_equal(fiq_likeness_init(&self, arena, &config), FIQ_OK);
  return self;
}

/// Bands 0 and 1 swing together, 2 against them, 3 at another rate, 4 at a third, 5 and 6 stand still, 7 is absent.
static void powers_at(uint32_t frame, double gain, float power[N])
{
  const double t     = 0.01 * frame;
  const double wave  = sin(tau * 2.0 * t);
  const double db[N] = {6.0 * wave,
                        3.0 * wave - 10.0,
                        -6.0 * wave,
                        6.0 * sin(tau * 3.1 * t),
                        6.0 * sin(tau * 1.3 * t + 1.0),
                        0.0,
                        -12.0,
                        -70.0};
  for (int i = 0; i < N; ++i) {
    power[i] = (float)(gain * pow(10.0, 0.1 * db[i]));
  }
}

static void hear(FiqLikeness* self, uint32_t n_frames, double gain, uint32_t rows)
{
  float power[N];
  for (uint32_t frame = 0; frame < n_frames; ++frame) {
    powers_at(frame, gain, power);
    fiq_likeness_hear(self, power);
    for (uint32_t i = 0; i < N; i += rows) {
      fiq_likeness_update(self, i, rows);
    }
  }
}

static float weight(const FiqLikeness* self, uint32_t i, uint32_t j)
{
  return fiq_likeness_weights(self, i)[j];
}

static void test_weights_are_those_of_the_movements(void** state)
{
  (void)state;
  FiqArena    arena;
  FiqLikeness self = likeness_new(&arena);
  hear(&self, FRAMES, 1e-2, N);
  assert_true(weight(&self, 0, 1) > 0.9f);
  assert_true(weight(&self, 5, 6) > 0.9f); // both stand still
  assert_true(weight(&self, 0, 2) <= -0.49f);
  assert_true(weight(&self, 0, 3) <= 0.0f);
  assert_true(weight(&self, 3, 4) <= 0.0f);
  assert_true(weight(&self, 0, 5) <= 0.0f);
  for (uint32_t i = 0; i < N; ++i) {
    assert_true(fabsf(weight(&self, i, i)) <= 0.0f);
    assert_true(fabsf(weight(&self, i, ABSENT)) + fabsf(weight(&self, ABSENT, i)) <= 0.0f);
    assert_int_equal(self.is_present[i], i != ABSENT);
    for (uint32_t j = 0; j < N; ++j) {
      assert_true(fabsf(weight(&self, i, j) - weight(&self, j, i)) < 0.05f);
    }
  }
  support_arena_free(&arena);
}

static void test_level_does_not_matter(void** state)
{
  (void)state;
  FiqArena    arena[2];
  FiqLikeness loud = likeness_new(&arena[0]);
  FiqLikeness soft = likeness_new(&arena[1]);
  hear(&loud, FRAMES, 1.0, N);
  hear(&soft, FRAMES, 1e-5, N);
  for (uint32_t i = 0; i < N; ++i) {
    for (uint32_t j = 0; j < N; ++j) {
      assert_true(fabsf(weight(&loud, i, j) - weight(&soft, i, j)) < 0.02f);
    }
  }
  support_arena_free(&arena[0]);
  support_arena_free(&arena[1]);
}

static void test_rows_may_be_spread_and_reset_forgets(void** state)
{
  (void)state;
  FiqArena     arena[2];
  FiqLikeness  whole = likeness_new(&arena[0]);
  FiqLikeness  parts = likeness_new(&arena[1]);
  const size_t size  = (size_t)N * FIQ_NEURONS_MAX * sizeof(float);
  hear(&parts, 77, 1.0, N);
  fiq_likeness_reset(&parts, N);
  hear(&whole, 300, 1e-2, N);
  hear(&parts, 300, 1e-2, 2);
  assert_memory_equal(whole.weight, parts.weight, size);
  FiqArena    third;
  FiqLikeness heir = likeness_new(&third);
  fiq_likeness_adopt(&heir, &whole);
  hear(&whole, 50, 1e-2, N);
  hear(&heir, 50, 1e-2, N);
  assert_memory_equal(whole.weight, heir.weight, size);
  support_arena_free(&arena[0]);
  support_arena_free(&arena[1]);
  support_arena_free(&third);
}

static void test_silence_binds_nothing(void** state)
{
  (void)state;
  FiqArena    arena;
  FiqLikeness self       = likeness_new(&arena);
  const float nothing[N] = {0.0f};
  for (int frame = 0; frame < 100; ++frame) {
    fiq_likeness_hear(&self, nothing);
    fiq_likeness_update(&self, 0, N);
  }
  for (uint32_t i = 0; i < N; ++i) {
    assert_false(self.is_present[i]);
    for (uint32_t j = 0; j < N; ++j) {
      assert_true(fabsf(weight(&self, i, j)) <= 0.0f);
    }
  }
  support_arena_free(&arena);
}

static void test_bad_configurations_are_refused(void** state)
{
  (void)state;
  static const FiqLikenessConfig bad[] = {{1, 0.01f}, {FIQ_NEURONS_MAX + 1, 0.01f}, {8, 0.0f}};
  FiqArena                       arena;
  FiqLikeness                    self;
  fiq_arena_init(&arena, NULL, 0);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
    assert_int_equal(fiq_likeness_init(&self, &arena, &bad[i]), FIQ_BAD_ARGUMENT);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_weights_are_those_of_the_movements),
      cmocka_unit_test(test_level_does_not_matter),
      cmocka_unit_test(test_rows_may_be_spread_and_reset_forgets),
      cmocka_unit_test(test_silence_binds_nothing),
      cmocka_unit_test(test_bad_configurations_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
