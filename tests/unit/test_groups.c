// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: two sources that sound together are told apart by their bands; blocks do not matter; off it does nothing.
// Method: complexes of partials an ERB or so apart, one under a tremolo of 2.3 Hz, the other of 3.7; which group the band
// of each partial has after 8 s.
#include "dsp/realm/groups.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, N = 8 * RATE, PERIOD = 32, N_BANDS = 48, N_PARTIALS = 18 };

static const double tau = 6.283185307179586;

typedef struct {
  FiqArena   arena;
  FiqFftPool pool;
  FiqGroups  groups;
} Bench;

static Bench* bench_new(double rate)
{
  Bench* const          bench  = calloc(1, sizeof *bench);
  const FiqGroupsConfig config = {.sample_rate_hz = rate,
                                  .window_frames  = 2048,
                                  .control_frames = PERIOD,
                                  .n_bands        = {16, N_BANDS, 32}};
  assert_non_null(bench);
  fiq_fft_pool_init(&bench->pool);
  fiq_arena_init(&bench->arena, NULL, 0);
  assert_int_equal(fiq_groups_init(&bench->groups, &bench->arena, &bench->pool, &config),
                   FIQ_NO_MEMORY);
  bench->arena = support_arena(bench->arena.used_bytes);
  assert_int_equal(fiq_groups_init(&bench->groups, &bench->arena, &bench->pool, &config), FIQ_OK);
  return bench;
}

static void bench_free(Bench* bench)
{
  fiq_fft_pool_free(&bench->pool);
  support_arena_free(&bench->arena);
  free(bench);
}

/// Every other one belongs to the other source.
static double partial_hz(int k)
{
  return 200.0 * pow(1.25, k);
}

static float* two_sources(void)
{
  float* const x = support_floats(N);
  for (int k = 0; k < N_PARTIALS; ++k) {
    const double am_hz = k % 2 ? 3.7 : 2.3;
    for (size_t i = 0; i < N; ++i) {
      const double t = (double)i / RATE;
      x[i] += (float)(0.02 * (1.0 + 0.8 * sin(tau * am_hz * t)) * sin(tau * partial_hz(k) * t + k));
    }
  }
  return x;
}

static void play(FiqGroups* groups, const FiqGroupsParams* params, const float* x, size_t n,
                 uint32_t cut)
{
  float theta[FIQ_NEURONS_MAX] = {0.0f};
  for (size_t at = 0; at + PERIOD <= n; at += PERIOD) {
    fiq_groups_control(groups, params, theta);
    for (uint32_t done = 0; done < PERIOD && fiq_groups_is_running(groups);) {
      const uint32_t     part     = cut < PERIOD - done ? cut : PERIOD - done;
      const float* const planes[] = {x + at + done, x + at + done};
      fiq_groups_process(groups, planes, part);
      done += part;
    }
  }
}

static uint32_t band_of(const FiqGroups* groups, double hz)
{
  const FiqBands* const bands = &groups->bands[1];
  const uint32_t        bin   = (uint32_t)lrint(hz * 2048.0 / RATE);
  uint32_t              b     = 0;
  while (b + 1 < N_BANDS && bands->first_bin[b + 1] <= bin) {
    ++b;
  }
  return b;
}

static void test_two_sources_are_told_apart(void** state)
{
  (void)state;
  Bench* const          bench  = bench_new(RATE);
  FiqGroups* const      groups = &bench->groups;
  const FiqGroupsParams params = {.which = 1, .spread = 1.0f};
  float* const          x      = two_sources();
  uint32_t              right  = 0;
  play(groups, &params, x, N, PERIOD);
  const uint32_t first  = groups->grouping.group[band_of(groups, partial_hz(N_PARTIALS - 2))];
  const uint32_t second = groups->grouping.group[band_of(groups, partial_hz(N_PARTIALS - 1))];
  assert_true(first > 0 && second > 0 && first != second);
  for (int k = 0; k < N_PARTIALS; ++k) {
    const uint32_t band = band_of(groups, partial_hz(k));
    right += groups->grouping.group[band] == (k % 2 ? second : first);
    // Each of them has gone to its side.
    assert_true(k < N_PARTIALS - 2 || fabsf(groups->place[band]) > 0.7f);
  }
  print_message("%u of %d partials, %u groups\n", right, N_PARTIALS, fiq_groups_n(groups));
  assert_true(right >= N_PARTIALS - 1);
  assert_int_equal(fiq_groups_n(groups), 2);
  assert_true(groups->is_placing && !groups->is_binding);
  free(x);
  bench_free(bench);
}

static void test_blocks_do_not_matter(void** state)
{
  (void)state;
  Bench* const          a      = bench_new(RATE);
  Bench* const          b      = bench_new(RATE);
  const FiqGroupsParams params = {
      .which = 1, .binding = 0.7f, .spread = 0.5f, .focus = FIQ_FOCUS_STRUCK, .focus_db = -6.0f};
  float* const x = two_sources();
  play(&a->groups, &params, x, N / 4, PERIOD);
  play(&b->groups, &params, x, N / 4, 7);
  assert_memory_equal(a->groups.theta_rad, b->groups.theta_rad, sizeof a->groups.theta_rad);
  assert_memory_equal(a->groups.place, b->groups.place, sizeof a->groups.place);
  assert_memory_equal(a->groups.gain_db, b->groups.gain_db, sizeof a->groups.gain_db);
  free(x);
  bench_free(a);
  bench_free(b);
}

static void test_off_it_rests_and_what_was_placed_goes_back(void** state)
{
  (void)state;
  Bench* const     bench  = bench_new(RATE);
  FiqGroups* const groups = &bench->groups;
  FiqGroupsParams  params = {.which = 1};
  float* const     x      = two_sources();
  play(groups, &params, x, N / 8, PERIOD);
  assert_false(fiq_groups_is_running(groups));
  params.focus    = FIQ_FOCUS_LOUDEST;
  params.focus_db = 6.0f;
  params.binding  = 1.0f;
  play(groups, &params, x, N / 2, PERIOD);
  assert_true(groups->is_placing && groups->is_binding && groups->focused > 0);
  params.focus   = FIQ_FOCUS_OFF;
  params.binding = 0.0f;
  play(groups, &params, x, N / 2, PERIOD);
  assert_false(fiq_groups_is_running(groups));
  assert_false(groups->is_placing || groups->is_binding);
  for (int i = 0; i < N_BANDS; ++i) {
    assert_true(fabsf(groups->place[i]) + fabsf(groups->gain_db[i]) <= 0.0f);
  }
  free(x);
  bench_free(bench);
}

static void test_all_rates_and_no_others(void** state)
{
  (void)state;
  static const double rates[] = {8000.0, 44100.0, 192000.0};
  for (size_t i = 0; i < sizeof rates / sizeof rates[0]; ++i) {
    bench_free(bench_new(rates[i]));
  }
  const FiqGroupsConfig bad[] = {{RATE, 2048, 0, {16, 24, 32}},
                                 {RATE, 1000, PERIOD, {16, 24, 32}},
                                 {RATE, 2048, PERIOD, {16, FIQ_NEURONS_MAX + 1, 32}}};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
    static FiqGroups groups;
    FiqFftPool       pool;
    FiqArena         arena;
    fiq_fft_pool_init(&pool);
    fiq_arena_init(&arena, NULL, 0);
    assert_int_equal(fiq_groups_init(&groups, &arena, &pool, &bad[i]), FIQ_BAD_ARGUMENT);
    fiq_fft_pool_free(&pool);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_two_sources_are_told_apart),
      cmocka_unit_test(test_blocks_do_not_matter),
      cmocka_unit_test(test_off_it_rests_and_what_was_placed_goes_back),
      cmocka_unit_test(test_all_rates_and_no_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
