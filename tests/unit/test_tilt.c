// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the tilt is the filter of its formula, transparent at rest, and moves without clicks. Method:
// spectra of impulse responses against the formula; bit comparison; second differences of a slow sine.
#include "dsp/base/maths.h"
#include "dsp/filter/tilt.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, TICK = 32, LENGTH = 2 * RATE };

static const double pi = 3.14159265358979323846;

static float planes[2][LENGTH];
static float before[2][LENGTH];

/// Filter frames `first`..`last`, which are whole ticks.
static void play(FiqTilt* tilt, float drive, uint32_t first, uint32_t last, uint32_t tick,
                 uint32_t block)
{
  for (uint32_t i = first; i < last; i += tick) {
    fiq_tilt_control(tilt, drive);
    for (uint32_t k = 0; k < tick; k += block) {
      float* const at[2] = {planes[0] + i + k, planes[1] + i + k};
      fiq_tilt_process(tilt, at, tick - k < block ? tick - k : block);
    }
  }
}

/// A tilt that rests at `drive`.
static void start(FiqTilt* tilt, double rate_hz, uint32_t tick, float drive)
{
  memset(planes, 0, sizeof planes);
  fiq_tilt_init(tilt, rate_hz, tick);
  for (int i = 0; i < 5; ++i) {
    play(tilt, drive, 0, LENGTH / tick * tick, tick, tick);
  }
}

/// |H| of the impulse response in `x` [n], dB.
static double response_db(const float* x, uint32_t n, double hz, double rate_hz)
{
  double re = 0.0;
  double im = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    re += (double)x[i] * cos(2.0 * pi * hz * i / rate_hz);
    im += (double)x[i] * sin(2.0 * pi * hz * i / rate_hz);
  }
  return support_db(sqrt(re * re + im * im));
}

/// The formula, s warped as the bilinear transform does.
static double formula_db(double drive, double hz, double rate_hz)
{
  const double g = pow(10.0, 9.0 * drive / 20.0);
  const double s = tan(pi * hz / rate_hz) / tan(pi * 1000.0 / rate_hz);
  return support_db(sqrt((g * g * s * s + 1.0) / (s * s + g * g)));
}

static void test_the_response_is_that_of_the_formula(void** state)
{
  (void)state;
  static const double rates_hz[] = {8000.0, 44100.0, 48000.0, 192000.0, 384000.0};
  static const float  drives[]   = {-1.0f, -0.5f, 0.1f, 0.5f, 1.0f};
  static const double at_hz[]    = {20.0, 100.0, 400.0, 1000.0, 2500.0, 3990.0, 15000.0, 20000.0};
  double              worst      = 0.0;
  for (size_t r = 0; r < 5; ++r) {
    for (size_t d = 0; d < 5; ++d) {
      FiqTilt        tilt;
      const uint32_t tick = (uint32_t)(rates_hz[r] / 1500.0);
      start(&tilt, rates_hz[r], tick, drives[d]);
      planes[0][0] = 1.0f;
      planes[1][0] = -1.0f;
      play(&tilt, drives[d], 0, 16384 / tick * tick, tick, tick);
      for (size_t f = 0; f < 8 && at_hz[f] < rates_hz[r] / 2.0; ++f) {
        const double due = formula_db((double)drives[d], at_hz[f], rates_hz[r]);
        const double is  = response_db(planes[0], 16384, at_hz[f], rates_hz[r]);
        worst            = fmax(worst, fabs(is - due));
      }
      for (uint32_t i = 0; i < 16384; ++i) {
        assert_true(fabsf(planes[0][i] + planes[1][i]) <= 0.0f);
      }
    }
  }
  print_message("  within %.1e dB of the formula; full drive gives %+.2f dB at 50 Hz, %+.2f at 1 "
                "kHz, %+.2f at "
                "15 kHz\n",
                worst, formula_db(1.0, 50.0, RATE), formula_db(1.0, 1000.0, RATE),
                formula_db(1.0, 15000.0, RATE));
  assert_true(worst < 0.01);
}

static void test_at_rest_no_bit_is_changed(void** state)
{
  (void)state;
  FiqTilt tilt;
  fiq_tilt_init(&tilt, RATE, TICK);
  support_noise(planes[0], LENGTH, 1.0, 1);
  support_noise(planes[1], LENGTH, 1e-30, 2);
  planes[0][7] = -0.0f;
  planes[1][9] = 1e-42f;
  memcpy(before, planes, sizeof planes);
  play(&tilt, 0.0f, 0, LENGTH, TICK, TICK);
  assert_memory_equal(planes, before, sizeof planes);
  // Also after it was away.
  play(&tilt, 0.7f, 0, RATE, TICK, TICK);
  assert_memory_not_equal(planes, before, RATE * sizeof(float));
  memcpy(planes, before, sizeof planes);
  uint32_t n = 0;
  while (fabsf(tilt.drive.end) + fabsf(tilt.drive.start) > 0.0f && n < RATE) {
    play(&tilt, 0.0f, 0, TICK, TICK, TICK);
    n += TICK;
  }
  print_message("  from 0.7 at rest after %.2f s\n", n / (double)RATE);
  assert_true(n < RATE);
  memcpy(planes, before, sizeof planes);
  play(&tilt, 0.0f, 0, LENGTH, TICK, TICK);
  assert_memory_equal(planes, before, sizeof planes);
}

static void test_opposite_drives_cancel(void** state)
{
  (void)state;
  FiqTilt up;
  FiqTilt down;
  start(&up, RATE, TICK, 0.8f);
  start(&down, RATE, TICK, -0.8f);
  support_noise(planes[0], LENGTH, 0.5, 3);
  support_noise(planes[1], LENGTH, 0.5, 4);
  memcpy(before, planes, sizeof planes);
  play(&up, 0.8f, 0, LENGTH, TICK, TICK);
  play(&down, -0.8f, 0, LENGTH, TICK, TICK);
  const double left = support_max_difference(planes[0], before[0], LENGTH);
  print_message("  up and down again leaves %.1f dB\n", support_db(left / 0.5));
  assert_true(left < 2e-6);
}

static void test_moves_make_no_clicks(void** state)
{
  (void)state;
  FiqTilt tilt;
  fiq_tilt_init(&tilt, RATE, TICK);
  support_sine(planes[0], LENGTH, 100.0, RATE, 0.5, 0.3);
  memcpy(planes[1], planes[0], sizeof planes[1]);
  // From rest to one end and to the other and back, the first jumps of the target in the loudest moment.
  play(&tilt, 1.0f, 0, RATE / 2, TICK, TICK);
  play(&tilt, -1.0f, RATE / 2, RATE, TICK, TICK);
  play(&tilt, 0.0f, RATE, LENGTH, TICK, TICK);
  const double step = 2.0 * pi * 100.0 / RATE;
  const double full = 0.5 * pow(10.0, 9.0 / 20.0) * step * step; // of the steady sine, the darkest
  double       most = 0.0;
  for (uint32_t i = 1; i + 1 < LENGTH; ++i) {
    most = fmax(most, fabs((double)planes[0][i + 1] - 2.0 * (double)planes[0][i] +
                           (double)planes[0][i - 1]));
  }
  print_message("  second differences at most %.2f times those of the loudest steady sine\n",
                most / full);
  assert_true(most < 2.0 * full);
}

static void test_block_size_invariance(void** state)
{
  (void)state;
  static const uint32_t blocks[] = {1, 5, 31};
  FiqTilt               tilt;
  fiq_tilt_init(&tilt, RATE, TICK);
  support_noise(before[0], LENGTH, 0.5, 5);
  support_noise(before[1], LENGTH, 0.5, 6);
  memcpy(planes, before, sizeof planes);
  play(&tilt, 0.6f, 0, RATE, TICK, TICK);
  play(&tilt, -0.9f, RATE, LENGTH, TICK, TICK);
  static float whole[2][LENGTH];
  memcpy(whole, planes, sizeof planes);
  for (size_t b = 0; b < 3; ++b) {
    fiq_tilt_reset(&tilt);
    memcpy(planes, before, sizeof planes);
    play(&tilt, 0.6f, 0, RATE, TICK, blocks[b]);
    play(&tilt, -0.9f, RATE, LENGTH, TICK, blocks[b]);
    assert_memory_equal(planes, whole, sizeof planes);
  }
}

static void test_silence_stays_silent_and_extremes_finite(void** state)
{
  (void)state;
  FiqTilt tilt;
  start(&tilt, RATE, TICK, 1.0f);
  play(&tilt, 1.0f, 0, RATE, TICK, TICK);
  assert_true(support_peak(planes[0], RATE) <= 0.0);
  for (uint32_t i = 0; i < LENGTH; ++i) {
    planes[0][i] = i % 2 ? 1e30f : -1e30f;
    planes[1][i] = 1e30f;
  }
  play(&tilt, 1.0f, 0, LENGTH, TICK, TICK);
  for (uint32_t i = 0; i < LENGTH; ++i) {
    assert_true(fabsf(planes[0][i]) < 1e31f && fabsf(planes[1][i]) < 1e31f);
  }
}

static void test_reset_equals_fresh_init(void** state)
{
  (void)state;
  FiqTilt used;
  FiqTilt fresh;
  memset(&used, 0, sizeof used);
  memset(&fresh, 0, sizeof fresh);
  start(&used, RATE, TICK, -0.4f);
  fiq_tilt_reset(&used);
  fiq_tilt_init(&fresh, RATE, TICK);
  assert_memory_equal(&used, &fresh, sizeof used);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_response_is_that_of_the_formula),
      cmocka_unit_test(test_at_rest_no_bit_is_changed),
      cmocka_unit_test(test_opposite_drives_cancel),
      cmocka_unit_test(test_moves_make_no_clicks),
      cmocka_unit_test(test_block_size_invariance),
      cmocka_unit_test(test_silence_stays_silent_and_extremes_finite),
      cmocka_unit_test(test_reset_equals_fresh_init),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
