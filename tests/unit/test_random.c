// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: draws are uniform, normal, independent and repeatable. Method: moments, cells and
// correlations of a million draws, with limits at five standard errors.
#include "dsp/base/random.h"
#include "tests/support/support.h"

#include <math.h>

enum { N = 1000000 };

static void test_equal_seeds_give_equal_streams_and_others_do_not(void** state)
{
  (void)state;
  FiqRandom a;
  FiqRandom b;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    for (uint64_t stream = 0; stream < 4; ++stream) {
      fiq_random_init(&a, seed, stream);
      fiq_random_init(&b, seed, stream);
      for (int i = 0; i < 100; ++i) {
        assert_int_equal(fiq_random_bits(&a), fiq_random_bits(&b));
      }
      int same = 0;
      fiq_random_init(&a, seed, stream);
      fiq_random_init(&b, seed + (stream % 2), stream + 1);
      for (int i = 0; i < 1000; ++i) {
        same += fiq_random_bits(&a) == fiq_random_bits(&b);
      }
      assert_true(same <= 1);
    }
  }
}

/// Smallest and largest of 256 cells of uniform draws, as deviations in standard errors.
static double worst_cell(uint64_t seed, uint64_t stream)
{
  static uint32_t cell[256];
  FiqRandom       random;
  fiq_random_init(&random, seed, stream);
  for (int i = 0; i < 256; ++i) {
    cell[i] = 0;
  }
  for (int i = 0; i < N; ++i) {
    cell[(int)(fiq_random_uniform(&random) * 256.0f)] += 1;
  }
  const double mean  = N / 256.0;
  double       worst = 0.0;
  for (int i = 0; i < 256; ++i) {
    worst = fmax(worst, fabs((double)cell[i] - mean) / sqrt(mean));
  }
  return worst;
}

static void test_uniform_draws_are_uniform(void** state)
{
  (void)state;
  for (uint64_t seed = 0; seed < 3; ++seed) {
    FiqRandom random;
    fiq_random_init(&random, seed, seed * 3);
    double sum    = 0.0;
    double square = 0.0;
    double lag    = 0.0;
    double last   = 0.0;
    for (int i = 0; i < N; ++i) {
      const float x = fiq_random_uniform(&random);
      assert_true(x >= 0.0f && x < 1.0f);
      const double c = (double)x - 0.5;
      sum += c;
      square += c * c;
      lag += c * last;
      last = c;
    }
    const double cells = worst_cell(seed, seed * 3);
    print_message(
        "uniform, seed %d: mean %+.1e, variance - 1/12 %+.1e, lag 1 %+.1e, worst cell %.1f sigma\n",
        (int)seed, sum / N, square / N - 1.0 / 12.0, lag / N * 12.0, cells);
    assert_true(fabs(sum / N) < 5.0 * sqrt(1.0 / 12.0 / N));
    assert_true(fabs(square / N - 1.0 / 12.0) < 5.0 * sqrt(1.0 / 180.0 / N));
    assert_true(fabs(lag / N * 12.0) < 5.0 / sqrt(N));
    assert_true(cells < 5.0);
  }
}

static void test_normal_draws_are_normal(void** state)
{
  (void)state;
  for (uint64_t seed = 0; seed < 3; ++seed) {
    FiqRandom random;
    fiq_random_init(&random, seed, 1);
    double moment[5] = {0.0};
    double lag       = 0.0;
    double last      = 0.0;
    int    beyond    = 0;
    for (int i = 0; i < N; ++i) {
      const float x = fiq_random_normal(&random);
      assert_true(fabsf(x) < 6.0f);
      double power = 1.0;
      for (int m = 1; m < 5; ++m) {
        power *= (double)x;
        moment[m] += power / N;
      }
      lag += (double)x * last / N;
      last = (double)x;
      beyond += fabsf(x) > 2.0f;
    }
    print_message("normal, seed %d: moments %+.4f %.4f %+.4f %.4f, beyond 2 sigma %.4f\n",
                  (int)seed, moment[1], moment[2], moment[3], moment[4], (double)beyond / N);
    assert_true(fabs(moment[1]) < 5.0 / sqrt(N));
    assert_true(fabs(moment[2] - 1.0) < 5.0 * sqrt(2.0 / N));
    assert_true(fabs(moment[3]) < 5.0 * sqrt(15.0 / N));
    assert_true(fabs(moment[4] - 3.0) < 5.0 * sqrt(96.0 / N));
    assert_true(fabs(lag) < 5.0 / sqrt(N));
    assert_true(fabs((double)beyond / N - 0.0455) < 0.0011);
  }
}

static void test_every_bit_is_fair_and_seeds_are_unrelated(void** state)
{
  (void)state;
  FiqRandom random;
  uint32_t  ones[32] = {0};
  fiq_random_init(&random, 123, 0);
  for (int i = 0; i < N; ++i) {
    const uint32_t bits = fiq_random_bits(&random);
    for (int b = 0; b < 32; ++b) {
      ones[b] += (bits >> b) & 1;
    }
  }
  for (int b = 0; b < 32; ++b) {
    assert_true(fabs((double)ones[b] - N / 2.0) < 5.0 * sqrt(N / 4.0));
  }
  // First draws of neighbouring seeds.
  double sum  = 0.0;
  double lag  = 0.0;
  double last = 0.0;
  for (uint64_t seed = 0; seed < 100000; ++seed) {
    fiq_random_init(&random, seed, 0);
    const double c = (double)fiq_random_uniform(&random) - 0.5;
    sum += c;
    lag += 12.0 * c * last;
    last = c;
  }
  assert_true(fabs(sum / 1e5) < 5.0 * sqrt(1.0 / 12.0 / 1e5));
  assert_true(fabs(lag / 1e5) < 5.0 / sqrt(1e5));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_equal_seeds_give_equal_streams_and_others_do_not),
      cmocka_unit_test(test_uniform_draws_are_uniform),
      cmocka_unit_test(test_normal_draws_are_normal),
      cmocka_unit_test(test_every_bit_is_fair_and_seeds_are_unrelated),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
