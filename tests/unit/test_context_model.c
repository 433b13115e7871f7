// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: predictions are those of the formula on the symbols of the window, whatever was learned and forgotten before.
// Method: an oracle that counts in the bare window, O(window x order), beside the tree on random streams.
#include "dsp/base/maths.h"
#include "dsp/base/random.h"
#include "dsp/sequence/context_model.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

enum { WINDOW = 150, ORDER = 4, LENGTH = 4000, ALPHABET = 12 };

static const float discount = 0.7f;

static uint32_t stream[LENGTH];
static bool     starts[LENGTH]; ///< the symbol begins a phrase

typedef struct {
  FiqArena        arena;
  FiqContextModel model;
} Fixture;

static void set_up(Fixture* fixture)
{
  fixture->arena = support_arena(1 << 20);
  assert_int_equal(fiq_context_init(&fixture->model, &fixture->arena, ORDER, WINDOW, discount),
                   FIQ_OK);
}

/// A stream with memory: a symbol follows from the one before, two times of three. Phrases end at random.
static void make_stream(uint64_t seed)
{
  FiqRandom random;
  fiq_random_init(&random, seed, 0);
  for (uint32_t i = 0; i < LENGTH; ++i) {
    const uint32_t draw = fiq_random_bits(&random);
    stream[i] = i > 0 && draw % 3 ? (stream[i - 1] * 5 + 1) % ALPHABET : (draw >> 8) % ALPHABET;
    starts[i] = i == 0 || (draw >> 24) % 16 == 0;
  }
}

static void all_classes(FiqContextClasses* classes, uint32_t step)
{
  fiq_context_classes_reset(classes);
  for (uint32_t symbol = 0; symbol < ALPHABET; symbol += step) {
    const uint32_t added = fiq_context_classes_add(classes, symbol);
    assert_int_equal(added, classes->n - 1);
  }
}

/// Whether the `order` symbols before `at` are those before `end`, all within one phrase and the window from `first` on.
static bool matches(uint32_t first, uint32_t at, uint32_t end, uint32_t order)
{
  for (uint32_t k = 1; k <= order; ++k) {
    if (at < first + k || starts[at - k + 1] || stream[at - k] != stream[end - k]) {
      return false;
    }
  }
  return true;
}

/// The formula, by counting.
static void oracle(const FiqContextClasses* classes, uint32_t end, uint32_t order, float* share)
{
  const uint32_t first = end > WINDOW ? end - WINDOW : 0;
  for (uint32_t i = 0; i < classes->n; ++i) {
    share[i] = 1.0f / (float)classes->n;
  }
  for (uint32_t k = 0; k <= order; ++k) {
    float count[ALPHABET] = {0.0f};
    float total           = 0.0f;
    float distinct        = 0.0f;
    for (uint32_t at = first; at < end; ++at) {
      for (uint32_t i = 0; i < classes->n && matches(first, at, end, k); ++i) {
        count[i] += stream[at] == classes->symbol[i] ? 1.0f : 0.0f;
      }
    }
    for (uint32_t i = 0; i < classes->n; ++i) {
      total += count[i];
      distinct += count[i] > 0.0f ? 1.0f : 0.0f;
    }
    for (uint32_t i = 0; total > 0.0f && i < classes->n; ++i) {
      share[i] = (fmaxf(count[i] - discount, 0.0f) + discount * distinct * share[i]) / total;
    }
  }
}

/// Symbols of the phrase before `end`, at most ORDER.
static uint32_t context_length(uint32_t end)
{
  uint32_t n = 0;
  while (n < ORDER && n < end && !starts[end - n]) {
    ++n;
  }
  return n;
}

static void check_against_oracle(const FiqContextModel* model, uint32_t end, uint32_t step)
{
  FiqContextClasses classes;
  float             share[FIQ_CONTEXT_CLASSES_MAX];
  float             expected[FIQ_CONTEXT_CLASSES_MAX];
  float             sum = 0.0f;
  all_classes(&classes, step);
  fiq_context_predict(model, &classes, share);
  oracle(&classes, end, context_length(end), expected);
  for (uint32_t i = 0; i < classes.n; ++i) {
    sum += share[i];
    assert_true(fabsf(share[i] - expected[i]) < 1e-5f);
  }
  assert_true(fabsf(sum - 1.0f) < 1e-5f);
}

static void test_predictions_are_those_of_the_window(void** state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    Fixture fixture;
    set_up(&fixture);
    make_stream(seed);
    for (uint32_t i = 0; i < LENGTH; ++i) {
      if (starts[i]) {
        fiq_context_begin(&fixture.model);
      }
      if (i % 7 == 0) {
        check_against_oracle(&fixture.model, i, 1);
        check_against_oracle(&fixture.model, i, 3); // of some symbols alone
      }
      fiq_context_learn(&fixture.model, stream[i]);
      assert_true(fixture.model.n_nodes <= 1 + WINDOW * (ORDER + 1));
    }
    assert_int_equal(fixture.model.n_symbols, WINDOW);
    support_arena_free(&fixture.arena);
  }
}

static void test_reset_equals_fresh_init(void** state)
{
  (void)state;
  Fixture           fresh;
  Fixture           used;
  FiqContextClasses classes;
  float             one[FIQ_CONTEXT_CLASSES_MAX];
  float             other[FIQ_CONTEXT_CLASSES_MAX];
  set_up(&fresh);
  set_up(&used);
  make_stream(9);
  for (uint32_t i = 0; i < LENGTH; ++i) {
    fiq_context_learn(&used.model, stream[i]);
  }
  fiq_context_reset(&used.model);
  all_classes(&classes, 1);
  for (uint32_t i = 0; i < 500; ++i) {
    fiq_context_learn(&fresh.model, stream[i]);
    fiq_context_learn(&used.model, stream[i]);
    fiq_context_predict(&fresh.model, &classes, one);
    fiq_context_predict(&used.model, &classes, other);
    assert_memory_equal(one, other, classes.n * sizeof(float));
  }
  support_arena_free(&fresh.arena);
  support_arena_free(&used.arena);
}

static void test_what_is_followed_is_context_and_is_not_learned(void** state)
{
  (void)state;
  Fixture           fixture;
  FiqContextClasses classes;
  float             share[FIQ_CONTEXT_CLASSES_MAX];
  set_up(&fixture);
  for (uint32_t i = 0; i < 60; ++i) {
    fiq_context_learn(&fixture.model, i % 3); // 0 1 2 0 1 2
  }
  all_classes(&classes, 1);
  fiq_context_begin(&fixture.model);
  fiq_context_follow(&fixture.model, 0);
  fiq_context_follow(&fixture.model, 1);
  fiq_context_predict(&fixture.model, &classes, share);
  assert_true(share[2] > 0.9f);
  assert_int_equal(fiq_context_depth(&fixture.model), 2);
  fiq_context_follow(&fixture.model, 7); // never seen
  assert_int_equal(fiq_context_depth(&fixture.model), 0);
  assert_int_equal(fixture.model.n_symbols, 60);
  for (uint32_t i = 0; i < 3 * WINDOW; ++i) { // forgetting finds its way
    fiq_context_learn(&fixture.model, i % 5);
  }
  fiq_context_predict(&fixture.model, &classes, share);
  assert_true(share[3 * WINDOW % 5] > 0.9f);
  support_arena_free(&fixture.arena);
}

static void test_bad_sizes_and_too_small_an_arena_are_refused(void** state)
{
  (void)state;
  FiqContextModel model;
  FiqArena        arena = support_arena(4096);
  assert_int_equal(fiq_context_init(&model, &arena, ORDER, WINDOW, discount), FIQ_NO_MEMORY);
  assert_int_equal(fiq_context_init(&model, &arena, 0, WINDOW, discount), FIQ_BAD_ARGUMENT);
  assert_int_equal(fiq_context_init(&model, &arena, ORDER, 9, discount), FIQ_BAD_ARGUMENT);
  assert_int_equal(fiq_context_init(&model, &arena, ORDER, WINDOW, 1.0f), FIQ_BAD_ARGUMENT);
  support_arena_free(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_predictions_are_those_of_the_window),
      cmocka_unit_test(test_reset_equals_fresh_init),
      cmocka_unit_test(test_what_is_followed_is_context_and_is_not_learned),
      cmocka_unit_test(test_bad_sizes_and_too_small_an_arena_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
