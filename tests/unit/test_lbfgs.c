// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the search comes to the minimum, never goes up, and ends. Method: functions whose minimum is known.
#include "dsp/learn/lbfgs.h"
#include "tests/support/support.h"

#include <math.h>

/// sum_i s_i (x_i - i)^2 with s_i from 1 to 1000.
static double bowl(const float* x, uint32_t n, float* gradient)
{
  double value = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    const double steep = pow(1000.0, (double)i / (double)(n - 1));
    const double way   = (double)x[i] - (double)i;
    value += steep * way * way;
    gradient[i] = (float)(2.0 * steep * way);
  }
  return value;
}

/// Rosenbrock's valley.
static double valley(const float* x, uint32_t n, float* gradient)
{
  (void)n;
  const double a = 1.0 - (double)x[0];
  const double b = (double)x[1] - (double)x[0] * (double)x[0];
  gradient[0]    = (float)(-2.0 * a - 400.0 * (double)x[0] * b);
  gradient[1]    = (float)(200.0 * b);
  return a * a + 100.0 * b * b;
}

static double search(double (*f)(const float*, uint32_t, float*), uint32_t n, const float* from,
                     int budget, FiqLbfgs* self)
{
  float  gradient[FIQ_LBFGS_MAX];
  double last = HUGE_VAL;
  fiq_lbfgs_start(self, n, from);
  while (budget-- && !self->is_converged) {
    const float  before = self->x[0];
    const double value  = f(self->trial, n, gradient);
    fiq_lbfgs_tell(self, value, gradient);
    assert_true(self->value <= last); // the best so far is kept
    assert_true(fabsf(self->trial[0] - before) <= 2.0f);
    last = self->value;
  }
  return last;
}

static void test_a_steep_bowl_is_descended_to_its_ground(void** state)
{
  (void)state;
  const float from[16] = {0.0f};
  FiqLbfgs    self;
  assert_true(search(bowl, 16, from, 400, &self) < 1e-4);
  for (uint32_t i = 0; i < 16; ++i) {
    assert_true(fabsf(self.x[i] - (float)i) < 0.01f);
  }
}

static void test_a_bent_valley_is_followed(void** state)
{
  (void)state;
  const float from[2] = {-1.2f, 1.0f};
  FiqLbfgs    self;
  assert_true(search(valley, 2, from, 300, &self) < 1e-6);
}

static void test_at_the_minimum_it_ends(void** state)
{
  (void)state;
  const float from[2] = {1.0f, 1.0f};
  FiqLbfgs    self;
  assert_true(search(valley, 2, from, 50, &self) <= 0.0);
  assert_true(self.is_converged);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_steep_bowl_is_descended_to_its_ground),
                                     cmocka_unit_test(test_a_bent_valley_is_followed),
                                     cmocka_unit_test(test_at_the_minimum_it_ends)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
