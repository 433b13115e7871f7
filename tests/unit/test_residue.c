// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: a neuron adds what its formula says, as exactly where it is driven little as where it is driven much, and its
// derivatives are those of what it adds. Method: double precision and differences; all builds compared bit by bit.
#include "dsp/base/common.h"
#include "dsp/realm/residue.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 1024 };

static const FiqSimd base = {false, false};

static FiqRamp still(double x)
{
  return (FiqRamp){(float)x, 0.0f};
}

/// (im (cos du - 1) + re (sin du - du)) / d + a u, by the half angle and the series, so that nothing cancels.
static double formula(double u, double d, double re, double im, double a)
{
  const double x    = d * u;
  const double even = -2.0 * sin(0.5 * x) * sin(0.5 * x);
  double       odd  = sin(x) - x;
  if (fabs(x) < 0.3) {
    odd         = 0.0;
    double term = x;
    for (int k = 2; k < 20; k += 2) {
      term *= -x * x / (k * (k + 1.0));
      odd += term;
    }
  }
  return (im * even + re * odd) / d + a * u;
}

/// The residues of `u` on both channels, the right one's with `re` and `im` exchanged.
static void add(const float* u, float* left, float* right, float peak, FiqResidueRamps* ramps,
                const FiqSimd* simd)
{
  const float* const in[2]  = {u, u};
  float* const       sum[2] = {left, right};
  ramps->re[1]              = ramps->im[0];
  ramps->im[1]              = ramps->re[0];
  memset(left, 0, N * sizeof(float));
  memset(right, 0, N * sizeof(float));
  fiq_residue_add(in, sum, N, peak, ramps, simd);
}

static void test_each_part_is_exact_however_small(void** state)
{
  (void)state;
  float* const u     = support_floats(N);
  float* const sum   = support_floats(N);
  float* const other = support_floats(N);
  double       worst = 0.0;
  // From 1e-4 to pi / 2, and the same through drives of any size.
  for (int i = 0; i < N; ++i) {
    u[i] = (float)((i % 2 ? 1.0 : -1.0) * 1.569 * pow(10.0, -4.0 * i / N));
  }
  for (int odd = 0; odd < 2; ++odd) {
    for (double d = 1e-4; d <= 1.0; d *= 10.0) {
      FiqResidueRamps ramps = {.drive = still(d), .re = {still(odd)}, .im = {still(1 - odd)}};
      add(u, sum, other, 1.57f, &ramps, &base);
      for (int i = 0; i < N; ++i) {
        const double wanted = formula((double)u[i], (double)ramps.drive.start, odd, 1 - odd, 0.0);
        worst               = fmax(worst, fabs((double)sum[i] / wanted - 1.0));
      }
    }
  }
  print_message("relative error %.2g (%.1f dB)\n", worst, support_db(worst));
  assert_true(worst < 6e-7);
  free(u);
  free(sum);
  free(other);
}

static void test_what_is_added_is_the_formula(void** state)
{
  (void)state;
  static const double drives[] = {1e-12, 0.02, 1.0, 5.0, 60.0};
  float* const        u        = support_floats(N);
  float* const        left     = support_floats(N);
  float* const        right    = support_floats(N);
  support_noise(u, N, 1.0, 1);
  for (int k = 0; k < 5; ++k) {
    const double    d     = drives[k];
    FiqResidueRamps ramps = {.drive    = fiq_ramp((float)d, (float)(1.5 * d), N),
                             .straight = fiq_ramp(-0.3f, 0.5f, N),
                             .re       = {fiq_ramp(0.9f, 0.2f, N)},
                             .im       = {fiq_ramp(-0.4f, 0.7f, N)}};
    double          worst = 0.0;
    add(u, left, right, 1.0f, &ramps, &base);
    for (int i = 0; i < N; ++i) {
      const double t  = (double)i / N;
      const double re = 0.9 - 0.7 * t;
      const double im = -0.4 + 1.1 * t;
      const double a  = -0.3 + 0.8 * t;
      const double e  = (double)u[i];
      worst = fmax(worst, fabs(formula(e, d * (1.0 + 0.5 * t), re, im, a) - (double)left[i]));
      worst = fmax(worst, fabs(formula(e, d * (1.0 + 0.5 * t), im, re, a) - (double)right[i]));
    }
    print_message("drive %g: error %.1f dB\n", d, support_db(worst));
    assert_true(worst < 1e-6);
  }
  free(u);
  free(left);
  free(right);
}

static void test_derivatives_are_those_of_the_residue(void** state)
{
  (void)state;
  const double    re     = 0.8; // cos and sin of the phase
  const double    im     = -0.6;
  const double    p      = 0.9; // what was learned
  const double    q      = 0.3;
  const double    d      = 2.5;
  const double    h      = 1e-5;
  const double    amount = 0.7;
  float* const    u      = support_floats(N);
  float* const    out    = support_floats(4 * N);
  FiqResidueRamps ramps  = {.drive = still(d),
                            .re    = {still(0), still(re * p - im * q)},
                            .im    = {still(0), still(im * p + re * q)}};
  support_noise(u, N, 2.0, 2);
  FiqResidueSlopes slopes = {.re = (float)re, .im = (float)im, .amount = (float)amount};
  for (int j = 0; j < FIQ_MATCH_WEIGHTS; ++j) {
    slopes.out[j] = out + j * N;
  }
  fiq_residue_derive(u, N / 2, 2, &ramps, 1, &slopes, &base);
  double worst = 0.0;
  for (int i = 0; i < N / 2; ++i) {
    for (int j = 0; j < FIQ_MATCH_WEIGHTS; ++j) {
      double y[2];
      for (int k = 0; k < 2; ++k) {
        const double step = k ? h : -h;
        const double p_1  = p + (j == FIQ_MATCH_P ? step : 0.0);
        const double q_1  = q + (j == FIQ_MATCH_Q ? step : 0.0);
        const double a_1  = j == FIQ_MATCH_BAND ? step : 0.0;
        const double d_1  = d * exp(j == FIQ_MATCH_DRIVE ? step : 0.0);
        y[k] = formula((double)u[2 * i], d_1, re * p_1 - im * q_1, im * p_1 + re * q_1, a_1);
      }
      const double wanted = amount * (y[1] - y[0]) / (2.0 * h);
      worst               = fmax(worst, fabs(wanted - (double)out[j * N + i]));
    }
  }
  print_message("derivatives: error %.2g\n", worst);
  assert_true(worst < 1e-5);
  free(u);
  free(out);
}

static void test_all_builds_give_the_same_bits(void** state)
{
  (void)state;
  const FiqSimd  here   = fiq_simd();
  const FiqSimd  avx2   = {here.use_avx2, false};
  float* const   u      = support_floats(N);
  float* const   out[3] = {support_floats(6 * N), support_floats(6 * N), support_floats(6 * N)};
  const FiqSimd* simd[] = {&base, &avx2, &here};
  support_noise(u, N, 1.0, 3);
  for (double d = 0.1; d < 100.0; d *= 4.0) {
    FiqResidueRamps ramps = {.drive    = fiq_ramp((float)d, 0.7f * (float)d, N),
                             .straight = fiq_ramp(0.2f, -0.2f, N),
                             .re       = {fiq_ramp(0.9f, 0.2f, N)},
                             .im       = {fiq_ramp(-0.4f, 0.7f, N)}};
    for (int k = 0; k < 3; ++k) {
      FiqResidueSlopes slopes = {.re = 0.6f, .im = 0.8f, .amount = 0.5f};
      add(u, out[k], out[k] + N, 1.0f, &ramps, simd[k]);
      for (int j = 0; j < FIQ_MATCH_WEIGHTS; ++j) {
        slopes.out[j] = out[k] + (2 + j) * N;
      }
      fiq_residue_derive(u, N, 1, &ramps, 0, &slopes, simd[k]);
      assert_memory_equal(out[0], out[k], 6 * N * sizeof(float));
    }
  }
  for (int k = 0; k < 3; ++k) {
    free(out[k]);
  }
  free(u);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_part_is_exact_however_small),
      cmocka_unit_test(test_what_is_added_is_the_formula),
      cmocka_unit_test(test_derivatives_are_those_of_the_residue),
      cmocka_unit_test(test_all_builds_give_the_same_bits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
