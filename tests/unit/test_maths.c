// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the small functions keep the bounds that their header states. Method: dense sweeps
// against double.
#include "dsp/base/maths.h"
#include "dsp/base/random.h"
#include "dsp/base/trig_turns.h"
#include "tests/support/support.h"

static const double pi = 3.14159265358979323846;

static void test_sine_and_cosine_err_by_less_than_2e_7_up_to_1e4(void** state)
{
  (void)state;
  const double ranges[] = {4.0, 100.0, 1e4};
  for (int r = 0; r < 3; ++r) {
    double sine   = 0.0;
    double cosine = 0.0;
    for (int i = -300000; i <= 300000; ++i) {
      const float x = (float)(ranges[r] * i / 300000.0);
      sine          = fmax(sine, fabs((double)fiq_sin(x) - sin((double)x)));
      cosine        = fmax(cosine, fabs((double)fiq_cos(x) - cos((double)x)));
    }
    print_message("|x| <= %5.0f: sine %.2e, cosine %.2e\n", ranges[r], sine, cosine);
    assert_true(sine < 2e-7);
    assert_true(cosine < 2e-7);
  }
}

static void test_phasors_are_accurate_and_of_length_one(void** state)
{
  (void)state;
  const double ranges[] = {3.2, 100.0, 1e5};
  const double bounds[] = {3e-7, 3e-7, 4e-6};
  for (int r = 0; r < 3; ++r) {
    double worst  = 0.0;
    double length = 0.0;
    for (int i = -300000; i <= 300000; ++i) {
      const float      x = (float)(ranges[r] * i / 300000.0);
      const FiqComplex z = fiq_phasor(x);
      worst              = fmax(worst, fabs((double)z.re - cos((double)x)));
      worst              = fmax(worst, fabs((double)z.im - sin((double)x)));
      length             = fmax(length, fabs(hypot((double)z.re, (double)z.im) - 1.0));
    }
    print_message("|x| <= %6.1f: error %.2e, of length %.2e\n", ranges[r], worst, length);
    assert_true(worst < bounds[r]);
    assert_true(length < 2e-7);
  }
}

static void test_small_sines_keep_their_relative_accuracy(void** state)
{
  (void)state;
  double worst = 0.0;
  for (double x = 1e-30; x < 0.1; x *= 1.1) {
    worst = fmax(worst, fabs((double)fiq_sin((float)x) / sin((double)(float)x) - 1.0));
  }
  print_message("relative error below 0.1: %.1e\n", worst);
  assert_true(worst < 2e-7);
}

static void test_round_is_rint(void** state)
{
  (void)state;
  FiqRandom random;
  fiq_random_init(&random, 1, 0);
  for (int i = 0; i < 1000000; ++i) {
    const float x = (fiq_random_uniform(&random) - 0.5f) * (i % 2 ? 8.0f : 8e6f);
    assert_true(fabsf(fiq_round(x) - rintf(x)) <= 0.0f);
  }
  assert_true(fabsf(fiq_round(0.5f)) <= 0.0f && fabsf(fiq_round(1.5f) - 2.0f) <= 0.0f);
  assert_true(fabsf(fiq_round(-2.5f) + 2.0f) <= 0.0f);
}

static void test_wrapping_keeps_the_angle_and_the_range(void** state)
{
  (void)state;
  double worst = 0.0;
  double range = 0.0;
  for (int i = -1000000; i <= 1000000; ++i) {
    const float  x = (float)(1e5 * i / 1e6);
    const double y = (double)fiq_wrap_rad(x);
    const double d = y - (double)x;
    worst          = fmax(worst, fabs(d - 2.0 * pi * rint(d / (2.0 * pi))));
    range          = fmax(range, fabs(y) - pi - 1e-7 * fabs((double)x));
  }
  print_message("wrap up to 1e5 rad: angle off by %.1e rad\n", worst);
  assert_true(worst < 2e-6);
  assert_true(range < 1e-6);
  for (float x = -3.14f; x < 3.14f; x += 0.01f) {
    assert_true(fabsf(fiq_wrap_rad(x) - x) <= 0.0f);
  }
}

static void test_decibels_are_inverse_to_gain(void** state)
{
  (void)state;
  for (float db = -120.0f; db <= 40.0f; db += 0.37f) {
    assert_true(fabs((double)fiq_db_to_gain(db) / pow(10.0, (double)db / 20.0) - 1.0) < 2e-6);
    assert_true(fabsf(fiq_gain_to_db(fiq_db_to_gain(db)) - db) < 1e-4f);
  }
  assert_true(fabsf(fiq_gain_to_db(0.0f) + 200.0f) < 1e-6f);
  assert_true(fabsf(fiq_gain_to_db(1e-10f) + 200.0f) < 1e-6f);
}

static void test_clamp_holds_and_catches_nan(void** state)
{
  (void)state;
  assert_true(fabsf(fiq_clamp(0.5f, 0.0f, 1.0f) - 0.5f) <= 0.0f);
  assert_true(fiq_clamp(-3.0f, 0.0f, 1.0f) <= 0.0f);
  assert_true(fabsf(fiq_clamp(3.0f, 0.0f, 1.0f) - 1.0f) <= 0.0f);
  assert_true(fabsf(fiq_clamp(nanf(""), 0.25f, 1.0f) - 0.25f) <= 0.0f);
  assert_true(fabsf(fiq_clamp(INFINITY, 0.0f, 1.0f) - 1.0f) <= 0.0f);
}

static bool same_bits(float a, float b)
{
  return memcmp(&a, &b, sizeof a) == 0;
}

static void test_picks_are_one_of_the_two(void** state)
{
  (void)state;
  const float value[] = {0.0f, -0.0f, 1.5f, -3e-39f, INFINITY, nanf("")};
  for (size_t i = 0; i < sizeof value / sizeof value[0]; ++i) {
    assert_true(same_bits(fiq_pick(true, value[i], 2.0f), value[i]));
    assert_true(same_bits(fiq_pick(false, 2.0f, value[i]), value[i]));
  }
  assert_true(same_bits(fiq_min(1.0f, 2.0f), 1.0f) && same_bits(fiq_min(2.0f, 1.0f), 1.0f));
  assert_true(same_bits(fiq_max(1.0f, 2.0f), 2.0f) && same_bits(fiq_max(2.0f, 1.0f), 2.0f));
  assert_true(same_bits(fiq_max(nanf(""), 0.0f), 0.0f) && same_bits(fiq_min(nanf(""), 0.0f), 0.0f));
}

static void test_notes_and_erb_are_the_known_values(void** state)
{
  (void)state;
  assert_true(fabsf(fiq_note_to_hz(69.0f) - 440.0f) < 1e-3f);
  assert_true(fabsf(fiq_note_to_hz(60.0f) - 261.62557f) < 1e-3f);
  assert_true(fabsf(fiq_note_to_hz(21.0f) - 27.5f) < 1e-4f);
  // Glasberg and Moore: 1 kHz is ERB number 15.6.
  assert_true(fabsf(fiq_hz_to_erb(1000.0f) - 15.62f) < 0.01f);
  for (float hz = 20.0f; hz < 2e4f; hz *= 1.1f) {
    assert_true(fabsf(fiq_erb_to_hz(fiq_hz_to_erb(hz)) / hz - 1.0f) < 1e-5f);
  }
}

static void test_next_power_of_two_is_the_smallest(void** state)
{
  (void)state;
  assert_int_equal(fiq_next_power_of_two(1), 1);
  for (uint32_t shift = 1; shift <= 31; ++shift) {
    const uint32_t power = (uint32_t)1 << shift;
    assert_int_equal(fiq_next_power_of_two(power), power);
    assert_int_equal(fiq_next_power_of_two(power / 2 + 1), power);
  }
}

static void test_angles_in_turns_meet_those_of_the_library(void** state)
{
  (void)state;
  double worst = 0.0;
  for (int i = -100000; i <= 100000; ++i) {
    const float  length = i % 3 ? 1e-12f : 1e12f;
    const double angle  = 3.14159265358979 * i / 100000.0;
    const float  y      = length * (float)sin(angle);
    const float  x      = length * (float)cos(angle);
    const double want   = atan2((double)y, (double)x) / 6.28318530717959;
    const double error  = fabs((double)fiq_angle_turns(y, x) - want);
    worst               = fmax(worst, fmin(error, 1.0 - error));
    assert_true(fabsf(fiq_angle_turns(y, x)) <= 0.5f);
  }
  print_message("worst error of an angle: %.3g turns\n", worst);
  assert_true(worst < 2e-6);
  assert_true(fabsf(fiq_angle_turns(0.0f, 0.0f)) <= 0.0f);
}

static void test_mix_meets_its_ends(void** state)
{
  (void)state;
  assert_true(fabsf(fiq_mix(-2.0f, 3.0f, 0.0f) + 2.0f) <= 0.0f);
  assert_true(fabsf(fiq_mix(-2.0f, 3.0f, 1.0f) - 3.0f) <= 0.0f);
  assert_true(fabsf(fiq_mix(-2.0f, 3.0f, 0.5f) - 0.5f) <= 1e-7f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sine_and_cosine_err_by_less_than_2e_7_up_to_1e4),
      cmocka_unit_test(test_phasors_are_accurate_and_of_length_one),
      cmocka_unit_test(test_small_sines_keep_their_relative_accuracy),
      cmocka_unit_test(test_round_is_rint),
      cmocka_unit_test(test_wrapping_keeps_the_angle_and_the_range),
      cmocka_unit_test(test_decibels_are_inverse_to_gain),
      cmocka_unit_test(test_clamp_holds_and_catches_nan),
      cmocka_unit_test(test_picks_are_one_of_the_two),
      cmocka_unit_test(test_notes_and_erb_are_the_known_values),
      cmocka_unit_test(test_next_power_of_two_is_the_smallest),
      cmocka_unit_test(test_angles_in_turns_meet_those_of_the_library),
      cmocka_unit_test(test_mix_meets_its_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
