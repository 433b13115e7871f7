// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: what the weights put together becomes one group, whose number stays; bound phases lock within groups and part between
// them; offsets return to rest. Method: planted weights, 1 within a group and -0.5 between, with and without noise on them.
#include "dsp/base/maths.h"
#include "dsp/phase/grouping.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

enum { N = 24, STEPS = 400, LOOKS = 8 };

static const float step_s = 0.0107f;

typedef struct {
  FiqArena    arena;
  FiqGrouping grouping;
  float       weight[N * FIQ_NEURONS_MAX];
  bool        is_present[N];
} Bench;

static void bench_init(Bench* bench)
{
  memset(bench, 0, sizeof *bench);
  fiq_arena_init(&bench->arena, NULL, 0);
  assert_int_equal(fiq_grouping_init(&bench->grouping, &bench->arena, N), FIQ_NO_MEMORY);
  bench->arena = support_arena(bench->arena.used_bytes);
  assert_int_equal(fiq_grouping_init(&bench->grouping, &bench->arena, N), FIQ_OK);
  for (int i = 0; i < N; ++i) {
    bench->is_present[i] = true;
  }
}

/// Bands i and j belong together where they are alike modulo `n_groups`.
static void plant(Bench* bench, uint32_t n_groups, double noise, uint64_t seed)
{
  float wobble[N * N];
  support_noise(wobble, sizeof wobble / sizeof wobble[0], noise, seed);
  for (uint32_t i = 0; i < N; ++i) {
    for (uint32_t j = 0; j < N; ++j) {
      const float w = i % n_groups == j % n_groups ? 0.9f : -0.4f;
      bench->weight[i * FIQ_NEURONS_MAX + j] =
          i == j ? 0.0f : fiq_clamp(w + wobble[i < j ? i * N + j : j * N + i], -0.5f, 1.0f);
    }
  }
}

static void run(Bench* bench, int n_steps)
{
  for (int k = 0; k < n_steps; ++k) {
    fiq_grouping_step(&bench->grouping, bench->weight, step_s);
    if (k % LOOKS == LOOKS - 1) {
      fiq_grouping_look(&bench->grouping, bench->is_present);
    }
  }
}

static void expect_groups(const Bench* bench, uint32_t n_groups)
{
  assert_int_equal(bench->grouping.n_groups, n_groups);
  for (uint32_t i = 0; i < N; ++i) {
    assert_true(bench->grouping.group[i] > 0);
    for (uint32_t j = 0; j < N; ++j) {
      assert_int_equal(bench->grouping.group[i] == bench->grouping.group[j],
                       i % n_groups == j % n_groups);
    }
  }
}

static void test_planted_groups_are_found(void** state)
{
  (void)state;
  for (uint32_t n_groups = 2; n_groups <= 3; ++n_groups) {
    Bench bench;
    bench_init(&bench);
    plant(&bench, n_groups, 0.3, n_groups);
    run(&bench, STEPS);
    expect_groups(&bench, n_groups);
    support_arena_free(&bench.arena);
  }
}

static void test_numbers_stay_while_weights_tremble(void** state)
{
  (void)state;
  Bench   bench;
  uint8_t before[N];
  bench_init(&bench);
  plant(&bench, 2, 0.3, 1);
  run(&bench, STEPS);
  memcpy(before, bench.grouping.group, N);
  for (uint64_t seed = 2; seed < 60; ++seed) {
    plant(&bench, 2, 0.5, seed);
    run(&bench, LOOKS);
    assert_memory_equal(bench.grouping.group, before, N);
  }
  support_arena_free(&bench.arena);
}

static void test_groups_follow_what_changes(void** state)
{
  (void)state;
  Bench bench;
  bench_init(&bench);
  plant(&bench, 2, 0.2, 1);
  run(&bench, STEPS);
  plant(&bench, 3, 0.2, 2);
  run(&bench, 2 * STEPS);
  expect_groups(&bench, 3);
  bench.is_present[5] = false;
  run(&bench, LOOKS);
  assert_int_equal(bench.grouping.group[5], FIQ_GROUPING_NONE);
  plant(&bench, 1, 0.0, 3);
  run(&bench, 2 * STEPS);
  assert_int_equal(bench.grouping.n_groups, 1);
  memset(bench.is_present, 0, sizeof bench.is_present);
  run(&bench, LOOKS);
  assert_int_equal(bench.grouping.n_groups, 0);
  support_arena_free(&bench.arena);
}

/// Length of the mean phasor of every `n_groups`th phase from `first` on.
static double order_of(const float* rad, uint32_t first, uint32_t n_groups)
{
  double re = 0.0;
  double im = 0.0;
  double n  = 0.0;
  for (uint32_t i = first; i < N; i += n_groups, n += 1.0) {
    re += cos((double)rad[i]);
    im += sin((double)rad[i]);
  }
  return sqrt(re * re + im * im) / n;
}

static void test_bound_phases_lock_by_groups_and_come_back(void** state)
{
  (void)state;
  Bench bench;
  float core[N];
  float heard[N];
  bench_init(&bench);
  plant(&bench, 2, 0.2, 1);
  support_noise(core, N, 3.1, 7);
  for (int k = 0; k < 8 * STEPS; ++k) {
    const float binding = k < 4 * STEPS ? 1.0f : 0.0f;
    for (int i = 0; i < N; ++i) {
      core[i] += step_s * 0.1f * (float)(i % 5); // each goes its own way
      heard[i] = core[i] + bench.grouping.offset_rad[i];
    }
    if (k == 4 * STEPS - 1) {
      assert_true(order_of(heard, 0, 2) > 0.95);
      assert_true(order_of(heard, 1, 2) > 0.95);
      assert_true(order_of(heard, 0, 1) < 0.5);
      assert_true(order_of(core, 0, 2) < 0.9);
    }
    fiq_grouping_bind(&bench.grouping, bench.weight, heard, binding);
    const bool moves = fiq_grouping_move(&bench.grouping, binding, step_s);
    assert_true(moves || k > 4 * STEPS);
  }
  for (int i = 0; i < N; ++i) {
    assert_true(fabsf(bench.grouping.offset_rad[i]) <= 0.0f);
  }
  support_arena_free(&bench.arena);
}

static void test_reset_begins_anew(void** state)
{
  (void)state;
  Bench a;
  Bench b;
  bench_init(&a);
  bench_init(&b);
  plant(&a, 2, 0.3, 1);
  run(&a, STEPS);
  fiq_grouping_reset(&a.grouping, N);
  plant(&a, 3, 0.3, 4);
  plant(&b, 3, 0.3, 4);
  run(&a, STEPS);
  run(&b, STEPS);
  assert_memory_equal(a.grouping.theta_rad, b.grouping.theta_rad, sizeof a.grouping.theta_rad);
  assert_memory_equal(a.grouping.group, b.grouping.group, sizeof a.grouping.group);
  support_arena_free(&a.arena);
  support_arena_free(&b.arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_planted_groups_are_found),
      cmocka_unit_test(test_numbers_stay_while_weights_tremble),
      cmocka_unit_test(test_groups_follow_what_changes),
      cmocka_unit_test(test_bound_phases_lock_by_groups_and_come_back),
      cmocka_unit_test(test_reset_begins_anew),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
