// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: a smoothed control is a one-pole curve without corners in value, monotone, and arrives
// exactly. Method: the closed form at many time constants, rates and targets.
#include "dsp/base/smoother.h"
#include "tests/support/support.h"

#include <math.h>

static const float period_s = 32.0f / 48000.0f;

static void test_it_follows_the_one_pole_curve(void** state)
{
  (void)state;
  const float taus[] = {0.001f, 0.02f, 0.5f};
  for (int k = 0; k < 3; ++k) {
    FiqSmoother s;
    double      worst = 0.0;
    fiq_smoother_init(&s, taus[k], period_s);
    fiq_smoother_reset(&s, 1.0f);
    for (int i = 1; i <= 300; ++i) {
      fiq_smoother_tick(&s, 3.0f);
      worst = fmax(
          worst, fabs((double)s.end - (3.0 - 2.0 * exp(-i * (double)period_s / (double)taus[k]))));
    }
    print_message("tau %.3f s: off the curve by %.1e\n", (double)taus[k], worst);
    assert_true(worst < 1e-3);
  }
}

static void test_it_is_monotone_and_arrives_exactly(void** state)
{
  (void)state;
  const float taus[]    = {0.0f, 0.001f, 0.02f, 0.1f, 0.5f, 2.0f};
  const float targets[] = {0.0f, 1e-6f, 0.3f, -1.0f, 440.0f, 20000.0f, 131072.0f};
  for (int k = 0; k < 6; ++k) {
    for (int from = 0; from < 7; ++from) {
      for (int to = 0; to < 7; ++to) {
        FiqSmoother s;
        fiq_smoother_init(&s, taus[k], period_s);
        fiq_smoother_reset(&s, targets[from]);
        // Forty time constants take any of these below the rounding of the target.
        const int ticks = 2 + (int)(40.0f * taus[k] / period_s);
        for (int i = 0; i < ticks; ++i) {
          const float before = fabsf(targets[to] - s.end);
          fiq_smoother_tick(&s, targets[to]);
          assert_true(fabsf(targets[to] - s.end) <= before);
        }
        assert_true(fabsf(s.end - targets[to]) <= 0.0f);
        fiq_smoother_tick(&s, targets[to]);
        assert_true(fabsf(s.start - targets[to]) <= 0.0f);
      }
    }
  }
}

static void test_periods_join_without_a_step(void** state)
{
  (void)state;
  FiqSmoother s;
  fiq_smoother_init(&s, 0.02f, period_s);
  fiq_smoother_reset(&s, 0.0f);
  float last = 0.0f;
  for (int i = 0; i < 200; ++i) {
    fiq_smoother_tick(&s, i < 100 ? 1.0f : -1.0f);
    assert_true(fabsf(fiq_smoother_at(&s, 0.0f) - last) <= 0.0f);
    last = fiq_smoother_at(&s, 1.0f);
    assert_true(fabsf(last - s.end) <= 1e-7f);
    assert_true(fabsf(fiq_smoother_at(&s, 0.5f) - 0.5f * (s.start + s.end)) < 1e-6f);
    last = s.end;
  }
}

static void test_no_time_constant_jumps_within_one_period(void** state)
{
  (void)state;
  FiqSmoother s;
  fiq_smoother_init(&s, 0.0f, period_s);
  fiq_smoother_reset(&s, 5.0f);
  fiq_smoother_tick(&s, 7.0f);
  assert_true(fabsf(s.start - 5.0f) <= 0.0f);
  assert_true(fabsf(s.end - 7.0f) <= 0.0f);
}

static void test_reset_rests(void** state)
{
  (void)state;
  FiqSmoother s;
  fiq_smoother_init(&s, 0.02f, period_s);
  fiq_smoother_tick(&s, 1.0f);
  fiq_smoother_reset(&s, 0.25f);
  assert_true(fabsf(fiq_smoother_at(&s, 0.7f) - 0.25f) <= 0.0f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_it_follows_the_one_pole_curve),
      cmocka_unit_test(test_it_is_monotone_and_arrives_exactly),
      cmocka_unit_test(test_periods_join_without_a_step),
      cmocka_unit_test(test_no_time_constant_jumps_within_one_period),
      cmocka_unit_test(test_reset_rests),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
