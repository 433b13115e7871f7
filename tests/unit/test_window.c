// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: windows have the shapes, sums and spectra of their definitions.
// Method: closed forms at known points; overlap-add sums; side lobes by a direct transform in double.
#include "dsp/transform/window.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>

static const double two_pi = 6.28318530717958647692;

static void test_hann_has_its_known_values(void** state)
{
  (void)state;
  float w[64];
  fiq_window_hann(w, 64);
  assert_true(fabsf(w[0]) < 1e-7f);
  assert_true(fabsf(w[16] - 0.5f) < 1e-7f);
  assert_true(fabsf(w[32] - 1.0f) < 1e-7f);
  assert_true(fabsf(w[1] - w[63]) < 1e-7f);
}

static void test_sqrt_hann_squared_is_hann(void** state)
{
  (void)state;
  float a[256];
  float b[256];
  fiq_window_hann(a, 256);
  fiq_window_sqrt_hann(b, 256);
  for (int i = 0; i < 256; ++i) {
    assert_true(fabsf(b[i] * b[i] - a[i]) < 2e-7f);
  }
}

static void test_overlapped_windows_add_up_to_a_constant(void** state)
{
  (void)state;
  float* a    = support_floats(2048);
  float* b    = support_floats(2048);
  float* ones = support_floats(2048);
  fiq_window_hann(a, 2048);
  fiq_window_sqrt_hann(b, 2048);
  fiq_window_tukey(ones, 2048, 0);
  for (uint32_t hop = 64; hop <= 1024; hop *= 2) {
    assert_true(fiq_window_cola_error(a, ones, 2048, hop) < 1e-6);
    assert_true(fiq_window_cola_error(b, b, 2048, hop) < 1e-6);
    assert_true(fabs(fiq_window_cola_gain(b, b, 2048, hop) - 1024.0 / hop) < 1e-4);
  }
  for (uint32_t hop = 64; hop <= 512; hop *= 2) {
    assert_true(fiq_window_cola_error(a, a, 2048, hop) < 1e-6);
    assert_true(fabs(fiq_window_cola_gain(a, a, 2048, hop) - 768.0 / hop) < 1e-4);
  }
  // Hann twice at half overlap is the counterexample: cos^2 of its own ripple is left.
  assert_true(fiq_window_cola_error(a, a, 2048, 1024) > 0.1);
  free(a);
  free(b);
  free(ones);
}

static void test_tukey_is_flat_between_symmetric_flanks(void** state)
{
  (void)state;
  float w[128];
  fiq_window_tukey(w, 128, 16);
  for (int i = 0; i < 16; ++i) {
    assert_true(fabsf(w[i] + w[15 - i] - 1.0f) < 1e-6f);
    assert_true(fabsf(w[i] - w[127 - i]) < 1e-7f);
  }
  for (int i = 16; i < 112; ++i) {
    assert_true(fabsf(w[i] - 1.0f) < 1e-7f);
  }
}

static void test_kaiser_without_shape_is_rectangular(void** state)
{
  (void)state;
  float w[33];
  fiq_window_kaiser(w, 33, 0.0);
  for (int i = 0; i < 33; ++i) {
    assert_true(fabsf(w[i] - 1.0f) < 1e-7f);
  }
}

static void test_kaiser_half_is_the_rising_half(void** state)
{
  (void)state;
  float whole[65];
  float half[32];
  fiq_window_kaiser(whole, 65, 6.0);
  fiq_window_kaiser_half(half, 32, 6.0);
  for (int i = 0; i < 32; ++i) {
    assert_true(fabsf(whole[i] - half[i]) < 1e-7f);
    assert_true(fabsf(whole[64 - i] - half[i]) < 1e-6f);
  }
  assert_true(fabsf(whole[32] - 1.0f) < 1e-7f);
}

/// Stop-band peak in dB of a low-pass with cutoff 0.25 fs, designed for `attenuation_db` in `n` taps.
static double stop_band_db(double attenuation_db, uint32_t n, double width)
{
  float* w = support_floats(n);
  fiq_window_kaiser(w, n, fiq_window_kaiser_beta(attenuation_db));
  double peak = 0.0;
  for (double f = 0.25 + 0.5 * width; f < 0.5; f += 0.0005) {
    double sum = 0.0;
    for (uint32_t i = 0; i < n; ++i) {
      const double t    = (double)i - 0.5 * (n - 1);
      const double sinc = fabs(t) < 1e-9 ? 0.5 : sin(0.25 * two_pi * t) / (0.5 * two_pi * t);
      sum += sinc * (double)w[i] * cos(two_pi * f * t);
    }
    peak = fmax(peak, fabs(sum));
  }
  free(w);
  return support_db(peak);
}

static void test_kaiser_design_reaches_its_attenuation(void** state)
{
  (void)state;
  static const double wanted_db[] = {30.0, 45.0, 60.0, 80.0, 100.0};
  for (size_t i = 0; i < sizeof wanted_db / sizeof *wanted_db; ++i) {
    const double   width = 0.05;
    const uint32_t n     = (uint32_t)ceil(fiq_window_kaiser_taps(wanted_db[i], width, 1.0)) | 1u;
    const double   db    = stop_band_db(wanted_db[i], n, width);
    print_message("  %.0f dB asked: %u taps, %.1f dB\n", wanted_db[i], n, db);
    assert_true(db < 1.0 - wanted_db[i]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_hann_has_its_known_values),
      cmocka_unit_test(test_sqrt_hann_squared_is_hann),
      cmocka_unit_test(test_overlapped_windows_add_up_to_a_constant),
      cmocka_unit_test(test_tukey_is_flat_between_symmetric_flanks),
      cmocka_unit_test(test_kaiser_without_shape_is_rectangular),
      cmocka_unit_test(test_kaiser_half_is_the_rising_half),
      cmocka_unit_test(test_kaiser_design_reaches_its_attenuation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
