// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: bands cover the bins in order on the ERB scale, and curves over them are smooth and bounded.
// Method: checks of order and coverage over many sizes and rates; a closed form; second differences.
#include "dsp/analysis/bands.h"
#include "dsp/base/maths.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 20 };

static const double   rates_hz[] = {8000.0, 22050.0, 44100.0, 48000.0, 96000.0, 192000.0, 384000.0};
static const uint32_t sizes[]    = {256, 1024, 2048, 8192};
static const uint32_t counts[]   = {4, 16, 24, 32, 64};

typedef void (*Check)(const FiqBands* bands);

static void for_all(Check check)
{
  for (size_t r = 0; r < sizeof rates_hz / sizeof *rates_hz; ++r) {
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; ++s) {
      for (size_t c = 0; c < sizeof counts / sizeof *counts; ++c) {
        const FiqBandsConfig config = {rates_hz[r], sizes[s], counts[c]};
        FiqBands             bands;
        FiqArena             arena = support_arena(ARENA_BYTES);
        assert_int_equal(fiq_bands_init(&bands, &arena, &config), FIQ_OK);
        check(&bands);
        support_arena_free(&arena);
      }
    }
  }
}

static void check_order(const FiqBands* bands)
{
  const uint32_t n   = bands->config.n_bands;
  const double   top = fmin(18000.0, 0.45 * bands->config.sample_rate_hz);
  assert_int_equal(bands->first_bin[0], 1);
  assert_true(bands->first_bin[n] < bands->n_bins);
  assert_int_equal(bands->segment[0], 0);
  assert_int_equal(bands->segment[n + 1], bands->n_bins);
  assert_true(fabs((double)bands->centre_hz[n - 1] - top) < 1e-3 * top);
  for (uint32_t b = 0; b < n; ++b) {
    assert_true(b == 0 || bands->centre_hz[b] > bands->centre_hz[b - 1]);
    assert_true(bands->first_bin[b + 1] >= bands->first_bin[b]);
    assert_true(bands->segment[b + 1] >= bands->segment[b]);
  }
}

static void test_bands_rise_and_cover_the_bins(void** state)
{
  (void)state;
  for_all(check_order);
}

static void test_upper_bands_are_equal_steps_of_erb_rate(void** state)
{
  (void)state;
  const FiqBandsConfig config = {48000.0, 2048, 24};
  FiqBands             bands;
  FiqArena             arena = support_arena(ARENA_BYTES);
  assert_int_equal(fiq_bands_init(&bands, &arena, &config), FIQ_OK);
  const float step = fiq_hz_to_erb(bands.centre_hz[23]) - fiq_hz_to_erb(bands.centre_hz[22]);
  for (uint32_t b = 0; b < 24; ++b) {
    print_message("  %.0f", (double)bands.centre_hz[b]);
    if (b > 0 && bands.centre_hz[b - 1] > 600.0f) {
      const float here = fiq_hz_to_erb(bands.centre_hz[b]) - fiq_hz_to_erb(bands.centre_hz[b - 1]);
      assert_true(fabsf(here / step - 1.0f) < 1e-3f);
    }
  }
  print_message(" Hz; step %.3f ERB\n", (double)step);
  support_arena_free(&arena);
}

static void check_bounds(const FiqBands* bands)
{
  float* value = support_floats(bands->config.n_bands);
  float* curve = support_floats(bands->n_bins);
  support_noise(value, bands->config.n_bands, 1.0, 5);
  fiq_bands_curve(bands, value, curve);
  const double peak = support_peak(value, bands->config.n_bands);
  assert_true(support_peak(curve, bands->n_bins) <= peak * 1.0001);
  assert_true(fabsf(curve[0]) < 1e-6f);
  assert_true(fabsf(curve[bands->n_bins - 1]) < 1e-6f);
  free(value);
  free(curve);
}

static void test_curves_stay_within_their_values_and_end_at_zero(void** state)
{
  (void)state;
  for_all(check_bounds);
}

static void test_equal_values_give_a_plateau(void** state)
{
  (void)state;
  const FiqBandsConfig config = {48000.0, 2048, 24};
  FiqBands             bands;
  FiqArena             arena = support_arena(ARENA_BYTES);
  float                value[24];
  assert_int_equal(fiq_bands_init(&bands, &arena, &config), FIQ_OK);
  float* curve = support_floats(bands.n_bins);
  for (int b = 0; b < 24; ++b) {
    value[b] = 2.5f;
  }
  fiq_bands_curve(&bands, value, curve);
  for (uint32_t k = bands.segment[2]; k < bands.segment[22]; ++k) {
    assert_true(fabsf(curve[k] - 2.5f) < 1e-5f);
  }
  free(curve);
  support_arena_free(&arena);
}

static void test_a_single_value_is_heard_most_in_its_own_band(void** state)
{
  (void)state;
  const FiqBandsConfig config = {48000.0, 4096, 24};
  FiqBands             bands;
  FiqArena             arena = support_arena(ARENA_BYTES);
  assert_int_equal(fiq_bands_init(&bands, &arena, &config), FIQ_OK);
  float* curve = support_floats(bands.n_bins);
  for (uint32_t b = 0; b < 24; ++b) {
    float value[24] = {0.0f};
    value[b]        = 1.0f;
    fiq_bands_curve(&bands, value, curve);
    uint32_t peak = 0;
    for (uint32_t k = 0; k < bands.n_bins; ++k) {
      peak = curve[k] > curve[peak] ? k : peak;
    }
    const double bin_hz = 48000.0 / 4096.0;
    assert_true(fabs(peak * bin_hz - (double)bands.centre_hz[b]) <= bin_hz);
    assert_true(curve[peak] > 0.6f);
  }
  free(curve);
  support_arena_free(&arena);
}

static void test_curve_is_the_sum_of_its_splines_and_ends_in_time(void** state)
{
  (void)state;
  for (int trial = 0; trial < 8; ++trial) {
    const FiqBandsConfig config = {trial % 2 ? 8000.0 : 48000.0, sizes[trial / 2],
                                   trial % 3 ? 4 : FIQ_NEURONS_MAX};
    FiqBands             bands;
    FiqArena             arena = support_arena(ARENA_BYTES);
    float                value[FIQ_NEURONS_MAX];
    float                point[FIQ_NEURONS_MAX + 4] = {0.0f};
    assert_int_equal(fiq_bands_init(&bands, &arena, &config), FIQ_OK);
    support_noise(value, config.n_bands, 10.0, 5 + (uint64_t)trial);
    memcpy(point + 2, value, config.n_bands * sizeof(float));
    point[0]                  = -value[0];
    point[config.n_bands + 3] = -value[config.n_bands - 1];
    float* const curve        = support_floats(bands.n_bins + 8);
    for (int build = 0; build < 2; ++build) {
      bands.use_avx2 = bands.use_avx2 && build == 0;
      for (uint32_t k = 0; k < bands.n_bins + 8; ++k) {
        curve[k] = 77.0f;
      }
      fiq_bands_curve(&bands, value, curve);
      for (uint32_t s = 0; s <= config.n_bands; ++s) {
        for (uint32_t k = bands.segment[s]; k < bands.segment[s + 1]; ++k) {
          const float wanted = point[s] * bands.weight[0][k] + point[s + 1] * bands.weight[1][k] +
                               point[s + 2] * bands.weight[2][k] +
                               point[s + 3] * bands.weight[3][k];
          assert_memory_equal(&curve[k], &wanted, sizeof wanted);
        }
      }
      for (uint32_t k = bands.n_bins; k < bands.n_bins + 8; ++k) {
        assert_true(fabsf(curve[k] - 77.0f) <= 0.0f);
      }
    }
    free(curve);
    support_arena_free(&arena);
  }
}

static void test_too_small_an_arena_and_bad_configurations_are_refused(void** state)
{
  (void)state;
  static const FiqBandsConfig bad[] = {{7000.0, 1024, 24}, {5e5, 1024, 24},
                                       {48000.0, 32, 24},  {48000.0, 1025, 24},
                                       {48000.0, 1024, 3}, {48000.0, 1024, 65}};
  const FiqBandsConfig        good  = {48000.0, 256, 24};
  FiqBands                    bands;
  FiqArena                    ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_bands_init(&bands, &ruler, &good), FIQ_NO_MEMORY);
  for (size_t size = 0; size <= ruler.used_bytes; size += FIQ_ARENA_ALIGN_BYTES) {
    FiqArena arena = support_arena(size);
    assert_int_equal(fiq_bands_init(&bands, &arena, &good),
                     size < ruler.used_bytes ? FIQ_NO_MEMORY : FIQ_OK);
    support_arena_free(&arena);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
    assert_int_equal(fiq_bands_init(&bands, &ruler, &bad[i]), FIQ_BAD_ARGUMENT);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bands_rise_and_cover_the_bins),
      cmocka_unit_test(test_upper_bands_are_equal_steps_of_erb_rate),
      cmocka_unit_test(test_curves_stay_within_their_values_and_end_at_zero),
      cmocka_unit_test(test_equal_values_give_a_plateau),
      cmocka_unit_test(test_a_single_value_is_heard_most_in_its_own_band),
      cmocka_unit_test(test_curve_is_the_sum_of_its_splines_and_ends_in_time),
      cmocka_unit_test(test_too_small_an_arena_and_bad_configurations_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
