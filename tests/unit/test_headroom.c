// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the search lowers crests that can be lowered, tells the truth of it, keeps the spread it is given, and repeats itself.
// Method: pulses, whose crest is in their phases alone; a sine, which has nothing to gain.
#include "dsp/base/maths.h"
#include "dsp/learn/headroom.h"
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, FRAMES = RATE / 2, WINDOW = 512, BANDS = 12 };

typedef struct {
  FiqArena         arena;
  FiqFftPool       pool;
  FiqRealmModel    model;
  FiqLearnHeadroom search;
  float*           sound;
} Bench;

static FiqStatus init(Bench* self, FiqArena* arena)
{
  const FiqRealmModelConfig config = {(double)RATE, WINDOW, BANDS};
  const FiqStatus           model = fiq_realm_model_init(&self->model, arena, &self->pool, &config);
  const FiqStatus search = fiq_learn_headroom_init(&self->search, arena, &self->model, FRAMES);
  return model != FIQ_OK ? model : search;
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
  self->sound = support_floats(FRAMES);
  return self;
}

static void bench_free(Bench* self)
{
  fiq_fft_pool_free(&self->pool);
  support_arena_free(&self->arena);
  free(self->sound);
  free(self);
}

/// Ten strikes of 24 partials that begin together.
static void strike(float* sound)
{
  memset(sound, 0, FRAMES * sizeof(float));
  for (int start = 2400; start < FRAMES; start += FRAMES / 10) {
    for (int i = start; i < FRAMES && i < start + 4000; ++i) {
      const double t = (double)(i - start) / RATE;
      for (int h = 1; h <= 24; ++h) {
        sound[i] += (float)(0.03 * exp(-t * 40.0) * cos(6.28318530717959 * 170.0 * h * t));
      }
    }
  }
}

static float learn(Bench* self, float spread_s, uint64_t seed, float phi_rad[BANDS])
{
  const FiqLearnPlanes planes = {{self->sound, NULL}, FRAMES};
  fiq_realm_model_set_spread(&self->model, spread_s, 0.0f);
  fiq_learn_headroom_begin(&self->search, &planes, seed, false);
  while (fiq_learn_headroom_step(&self->search)) {
  }
  memcpy(phi_rad, self->search.found.best_phi_rad, BANDS * sizeof(float));
  return fiq_learn_headroom_gain_db(&self->search);
}

static void test_strikes_gain_and_the_spread_is_kept(void** state)
{
  (void)state;
  Bench* const self = bench_new();
  float        phi_rad[BANDS];
  strike(self->sound);
  const float any   = learn(self, 0.0f, 1, phi_rad);
  const float close = learn(self, 0.003f, 1, phi_rad);
  float       least_s, most_s;
  fiq_realm_model_set_phases(&self->model, 0, phi_rad);
  fiq_realm_model_delays(&self->model, 0, &least_s, &most_s);
  print_message("gain %.2f dB, within 3 ms %.2f dB; delays %.2f..%.2f ms\n", (double)any,
                (double)close, 1e3 * (double)least_s, 1e3 * (double)most_s);
  assert_true(any > 2.0f);
  assert_true(close > 0.5f && close <= any + 0.1f);
  assert_true(most_s - least_s <= 0.0031f);
  bench_free(self);
}

static void test_a_sine_has_nothing_to_gain(void** state)
{
  (void)state;
  Bench* const self = bench_new();
  float        phi_rad[BANDS];
  support_sine(self->sound, FRAMES, 1000.0, RATE, 0.5, 0.0);
  assert_true(learn(self, 0.0f, 1, phi_rad) < 0.1f);
  memset(self->sound, 0, FRAMES * sizeof(float));
  assert_true(learn(self, 0.0f, 1, phi_rad) <= 0.0f);
  bench_free(self);
}

static void test_the_same_seed_finds_the_same(void** state)
{
  (void)state;
  Bench* const self = bench_new();
  float        one[BANDS];
  float        two[BANDS];
  strike(self->sound);
  const float gain = learn(self, 0.004f, 7, one);
  assert_true(fabsf(learn(self, 0.004f, 7, two) - gain) <= 0.0f);
  assert_memory_equal(one, two, sizeof one);
  bench_free(self);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_strikes_gain_and_the_spread_is_kept),
                                     cmocka_unit_test(test_a_sine_has_nothing_to_gain),
                                     cmocka_unit_test(test_the_same_seed_finds_the_same)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
