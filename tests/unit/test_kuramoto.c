// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the phase core is the Kuramoto model. Method: closed-form facts (locking of two, free
// rotation, critical coupling, relaxation toward a field, diffusion) and a double-precision reference taken
// with far finer steps, pair by pair for few oscillators and by the mean field for many.
#include "dsp/base/maths.h"
#include "dsp/phase/kuramoto.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double pi = 3.14159265358979323846;

typedef struct {
  FiqKuramoto core;
  FiqArena    arena;
} Bench;

static Bench bench_new(uint32_t n)
{
  Bench                   bench;
  const FiqKuramotoConfig config = {.n_osc_max = n};
  bench.arena                    = support_arena((size_t)1 << 17);
  assert_int_equal(fiq_kuramoto_init(&bench.core, &bench.arena, &config), FIQ_OK);
  return bench;
}

static FiqKuramotoParams params_of(uint32_t n, float coupling, float gamma)
{
  const FiqKuramotoParams params = {
      .n_osc = n, .coupling = coupling, .speed = 1.0f, .gamma_rad_s = gamma};
  return params;
}

static double wrap(double x)
{
  return x - 2.0 * pi * rint(x / (2.0 * pi));
}

/// Slopes by the pairwise sum of the definition.
static void reference_slope(const double* theta, const double* omega, const FiqKuramotoParams* p,
                            double* slope)
{
  for (uint32_t i = 0; i < p->n_osc; ++i) {
    double sum = 0.0;
    for (uint32_t k = 0; k < p->n_osc; ++k) {
      sum += sin(theta[k] - theta[i] - (double)p->lag_rad);
    }
    slope[i] = (double)p->centre_rad_s + omega[i] + (double)p->coupling * sum / (double)p->n_osc;
  }
}

/// Runge-Kutta in double with `parts` parts a step.
static void reference_step(double* theta, const double* omega, const FiqKuramotoParams* p,
                           double dt, int parts)
{
  double       k[4][64];
  double       point[64];
  const double h = dt * (double)p->speed / parts;
  for (int part = 0; part < parts; ++part) {
    reference_slope(theta, omega, p, k[0]);
    for (int s = 1; s < 4; ++s) {
      for (uint32_t i = 0; i < p->n_osc; ++i) {
        point[i] = theta[i] + (s < 3 ? 0.5 : 1.0) * h * k[s - 1][i];
      }
      reference_slope(point, omega, p, k[s]);
    }
    for (uint32_t i = 0; i < p->n_osc; ++i) {
      theta[i] += h / 6.0 * (k[0][i] + 2.0 * k[1][i] + 2.0 * k[2][i] + k[3][i]);
    }
  }
}

/// Largest phase error against the reference after `steps` steps of `dt`.
static double error_against_reference(const FiqKuramotoParams* p, float dt, int steps, int parts)
{
  Bench bench = bench_new(p->n_osc);
  fiq_kuramoto_reset(&bench.core, 5);
  double       theta[64];
  double       omega[64];
  const float* draw =
      p->distribution == FIQ_KURAMOTO_NORMAL ? bench.core.normal : bench.core.uniform;
  for (uint32_t i = 0; i < p->n_osc; ++i) {
    theta[i] = (double)bench.core.theta_rad[i];
    omega[i] = (double)(p->gamma_rad_s * draw[i]);
  }
  for (int s = 0; s < steps; ++s) {
    fiq_kuramoto_step(&bench.core, p, dt);
    reference_step(theta, omega, p, (double)dt, parts);
  }
  double worst = 0.0;
  for (uint32_t i = 0; i < p->n_osc; ++i) {
    worst = fmax(worst, fabs(wrap((double)bench.core.theta_rad[i] - theta[i])));
  }
  support_arena_free(&bench.arena);
  return worst;
}

static void test_one_step_agrees_with_the_formula_within_2e_6_rad(void** state)
{
  (void)state;
  double worst = 0.0;
  for (int i = 0; i < 4; ++i) {
    FiqKuramotoParams p = params_of(16, (float)(3 * i) - 2.0f, 1.0f);
    p.lag_rad           = 0.3f * (float)i;
    p.centre_rad_s      = 2.0f * (float)i;
    p.distribution      = i & 1;
    worst               = fmax(worst, error_against_reference(&p, 0.01f, 1, 4));
  }
  print_message("one step of 10 ms: worst error %.2e rad\n", worst);
  assert_true(worst < 2e-6);
}

static void test_ten_seconds_stay_on_the_reference_trajectory(void** state)
{
  (void)state;
  FiqKuramotoParams p         = params_of(16, 2.0f, 1.0f);
  const double      reference = error_against_reference(&p, 0.01f, 1000, 4);
  p.lag_rad                   = 0.5f;
  p.centre_rad_s              = 3.0f;
  const double lagged         = error_against_reference(&p, 0.01f, 1000, 4);
  p                           = params_of(16, 10.0f, 5.0f);
  p.distribution              = FIQ_KURAMOTO_NORMAL;
  const double coarse         = error_against_reference(&p, 1.0f, 10, 2000);
  print_message("after 10 s: K 2 %.2e, lag 0.5 %.2e, K 10 at dt 1 %.2e rad\n", reference, lagged,
                coarse);
  assert_true(reference < 1e-4);
  assert_true(lagged < 1e-4);
  assert_true(coarse < 2e-2);
}

/// Two oscillators with omega = +-detune/2; returns phase difference after `seconds`, and its
/// drift.
static double two_oscillators(double detune, float coupling, double* drift)
{
  Bench             bench    = bench_new(2);
  FiqKuramotoParams p        = params_of(2, coupling, 1.0f);
  const float       start[2] = {0.1f, 0.0f};
  bench.core.uniform[0]      = (float)(0.5 * detune);
  bench.core.uniform[1]      = (float)(-0.5 * detune);
  fiq_kuramoto_set_phases(&bench.core, start, 2);
  double unwrapped = 0.1;
  double half      = 0.0;
  for (int i = 0; i < 20000; ++i) {
    const double before = (double)(bench.core.theta_rad[0] - bench.core.theta_rad[1]);
    fiq_kuramoto_step(&bench.core, &p, 0.01f);
    unwrapped += wrap((double)(bench.core.theta_rad[0] - bench.core.theta_rad[1]) - before);
    half = i == 10000 ? unwrapped : half;
  }
  *drift = fabs(unwrapped - half);
  support_arena_free(&bench.arena);
  return unwrapped;
}

static void test_two_lock_iff_detune_is_at_most_k_at_the_arcsine(void** state)
{
  (void)state;
  double worst = 0.0;
  for (int i = 0; i <= 9; ++i) {
    const double detune = 0.2 * i;
    double       drift  = 0.0;
    const double locked = two_oscillators(detune, 2.0f, &drift);
    assert_true(drift < 1e-3);
    worst = fmax(worst, fabs(locked - asin(detune / 2.0)));
  }
  print_message("two oscillators: worst distance from asin(dOmega/K) %.2e rad\n", worst);
  assert_true(worst < 1e-4);
  double drift = 0.0;
  (void)two_oscillators(1.98, 2.0f, &drift);
  assert_true(drift < 1e-2);
  (void)two_oscillators(2.02, 2.0f, &drift);
  // Drift of the unlocked pair: sqrt(dOmega^2 - K^2) rad/s.
  print_message("unlocked at dOmega/K 1.01: %.4f rad/s, formula %.4f\n", drift / 100.0,
                sqrt(2.02 * 2.02 - 4.0));
  assert_true(fabs(drift / 100.0 - sqrt(2.02 * 2.02 - 4.0)) < 0.05);
}

/// Order, averaged over the second half of 100 s of 1000 oscillators.
static double mean_order(float coupling, int distribution, uint64_t seed)
{
  Bench             bench = bench_new(1000);
  FiqKuramotoParams p     = params_of(1000, coupling, 1.0f);
  p.distribution          = distribution;
  fiq_kuramoto_reset(&bench.core, seed);
  double sum = 0.0;
  for (int i = 0; i < 1000; ++i) {
    fiq_kuramoto_step(&bench.core, &p, 0.1f);
    sum += i >= 500 ? (double)bench.core.order : 0.0;
  }
  support_arena_free(&bench.arena);
  return sum / 500.0;
}

static void test_order_appears_at_the_critical_coupling(void** state)
{
  (void)state;
  for (int distribution = 0; distribution < 2; ++distribution) {
    const float critical = fiq_kuramoto_critical(1.0f, distribution);
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      const double below = mean_order(0.8f * critical, distribution, seed);
      const double above = mean_order(1.3f * critical, distribution, seed);
      print_message("%s seed %d: R %.3f at 0.8 K_c, %.3f at 1.3 K_c\n",
                    distribution ? "normal" : "uniform", (int)seed, below, above);
      assert_true(below < 0.2);
      assert_true(above > (distribution ? 0.5 : 0.8));
    }
  }
  assert_true(fabs((double)fiq_kuramoto_critical(1.0f, FIQ_KURAMOTO_UNIFORM) - 4.0 / pi) < 1e-6);
  assert_true(
      fabs((double)fiq_kuramoto_critical(2.0f, FIQ_KURAMOTO_NORMAL) - 2.0 * sqrt(8.0 / pi)) < 1e-6);
}

static void test_no_coupling_is_free_rotation(void** state)
{
  (void)state;
  FiqKuramotoParams p = params_of(32, 0.0f, 3.0f);
  p.centre_rad_s      = 40.0f;
  p.speed             = 2.5f;
  Bench bench         = bench_new(32);
  fiq_kuramoto_reset(&bench.core, 9);
  double start[32];
  for (int i = 0; i < 32; ++i) {
    start[i] = (double)bench.core.theta_rad[i];
  }
  for (int i = 0; i < 1500; ++i) {
    fiq_kuramoto_step(&bench.core, &p, 1.0f / 1500.0f);
  }
  double worst = 0.0;
  for (int i = 0; i < 32; ++i) {
    const double rate = 40.0 + 3.0 * (double)bench.core.uniform[i];
    worst = fmax(worst, fabs(wrap((double)bench.core.theta_rad[i] - start[i] - 2.5 * rate)));
  }
  print_message("free rotation, 100 rad in 1500 steps: worst error %.2e rad\n", worst);
  assert_true(worst < 1e-4);
  support_arena_free(&bench.arena);
}

static void test_one_oscillator_has_order_one(void** state)
{
  (void)state;
  Bench             bench = bench_new(1);
  FiqKuramotoParams p     = params_of(1, 10.0f, 1.0f);
  for (int i = 0; i < 100; ++i) {
    fiq_kuramoto_step(&bench.core, &p, 0.3f);
    assert_true(bench.core.order >= 1.0f && bench.core.order <= 1.0f);
    assert_true(fabs(wrap((double)(bench.core.psi_rad - bench.core.theta_rad[0]))) < 1e-6);
  }
  support_arena_free(&bench.arena);
}

static void test_negative_coupling_disperses(void** state)
{
  (void)state;
  const uint32_t sizes[] = {2, 3, 16, 100, 1000};
  for (int s = 0; s < 5; ++s) {
    Bench             bench = bench_new(sizes[s]);
    FiqKuramotoParams p     = params_of(sizes[s], -2.0f, 0.0f);
    float             start[1000];
    for (int i = 0; i < 1000; ++i) {
      start[i] = 0.3f * sinf((float)(i * i));
    }
    fiq_kuramoto_set_phases(&bench.core, start, sizes[s]);
    const float before = bench.core.order;
    for (int i = 0; i < 600; ++i) {
      fiq_kuramoto_step(&bench.core, &p, 0.1f);
    }
    print_message("N %4u, K -2: R %.3f -> %.1e\n", sizes[s], (double)before,
                  (double)bench.core.order);
    assert_true(before > 0.9f);
    assert_true(bench.core.order < 1e-3f);
    support_arena_free(&bench.arena);
  }
}

static void test_extremes_stay_finite_and_wrapped(void** state)
{
  (void)state;
  Bench bench = bench_new(64);
  for (int i = 0; i < 81; ++i) {
    FiqKuramotoParams p = {.n_osc        = (uint32_t)(1 + (i * 7) % 64),
                           .coupling     = i % 3 ? (i % 3 == 1 ? 10.0f : -10.0f) : 0.5f,
                           .lag_rad      = FIQ_PI_F * (float)(i % 5 - 2) / 2.0f,
                           .speed        = i % 2 ? 10.0f : 0.1f,
                           .centre_rad_s = i % 4 ? 1e4f : -1e4f,
                           .gamma_rad_s  = i % 7 ? 1.0f : 1000.0f,
                           .distribution = i % 2,
                           .noise_rad_s  = i % 6 ? 0.0f : 10.0f,
                           .field_re     = i % 9 ? 0.0f : 64.0f,
                           .follow       = i % 2 == 0};
    for (int k = 0; k < 3; ++k) {
      fiq_kuramoto_step(&bench.core, &p, i % 5 ? 1.0f : 1e-4f);
    }
    assert_true(bench.core.order >= 0.0f && bench.core.order <= 1.0f);
    for (int j = 0; j < 64; ++j) {
      assert_true((double)bench.core.theta_rad[j] >= -pi - 1e-6 &&
                  bench.core.theta_rad[j] < FIQ_PI_F);
    }
  }
  support_arena_free(&bench.arena);
}

static void test_random_starts_are_spread_and_seeded(void** state)
{
  (void)state;
  Bench a = bench_new(1000);
  Bench b = bench_new(1000);
  fiq_kuramoto_reset(&a.core, 77);
  fiq_kuramoto_reset(&b.core, 77);
  assert_memory_equal(a.core.theta_rad, b.core.theta_rad, 1000 * sizeof(float));
  assert_memory_equal(a.core.normal, b.core.normal, 1000 * sizeof(float));
  assert_true(a.core.order < 0.1f);
  fiq_kuramoto_reset(&b.core, 78);
  assert_memory_not_equal(a.core.theta_rad, b.core.theta_rad, 1000 * sizeof(float));
  support_arena_free(&a.arena);
  support_arena_free(&b.arena);
}

/// Slopes by the mean field, for many.
static void field_slope(const double* theta, const double* omega, const FiqKuramotoParams* p,
                        double* slope)
{
  double re = 0.0;
  double im = 0.0;
  for (uint32_t i = 0; i < p->n_osc; ++i) {
    re += cos(theta[i]);
    im += sin(theta[i]);
  }
  const double order = hypot(re, im) / p->n_osc;
  const double psi   = atan2(im, re);
  const double outer = hypot((double)p->field_re, (double)p->field_im);
  const double angle = atan2((double)p->field_im, (double)p->field_re);
  for (uint32_t i = 0; i < p->n_osc; ++i) {
    slope[i] = omega[i] + (double)p->coupling * order * sin(psi - theta[i] - (double)p->lag_rad) +
               outer * sin(angle - theta[i]);
  }
}

/// One step from the phases in `theta` to where the formula leads; the frame turns after it.
static void field_step(double* theta, const double* omega, const FiqKuramotoParams* p, double dt)
{
  enum { PARTS = 16 };
  static double k[4][FIQ_KURAMOTO_MAX];
  static double point[FIQ_KURAMOTO_MAX];
  const double  h = dt * (double)p->speed / PARTS;
  for (int part = 0; part < PARTS; ++part) {
    field_slope(theta, omega, p, k[0]);
    for (int s = 1; s < 4; ++s) {
      for (uint32_t i = 0; i < p->n_osc; ++i) {
        point[i] = theta[i] + (s < 3 ? 0.5 : 1.0) * h * k[s - 1][i];
      }
      field_slope(point, omega, p, k[s]);
    }
    for (uint32_t i = 0; i < p->n_osc; ++i) {
      theta[i] += h / 6.0 * (k[0][i] + 2.0 * k[1][i] + 2.0 * k[2][i] + k[3][i]);
    }
  }
  for (uint32_t i = 0; i < p->n_osc; ++i) {
    theta[i] += dt * (double)(p->speed * p->centre_rad_s);
  }
}

typedef struct {
  double worst;
  double rms;
  double order; // worst error of R
} StepError;

/// Errors of single steps of `dt`, from random phases until order has set in.
static StepError errors_of_steps(const FiqKuramotoParams* p, float dt, int steps)
{
  static double theta[FIQ_KURAMOTO_MAX];
  static double omega[FIQ_KURAMOTO_MAX];
  Bench         bench = bench_new(p->n_osc);
  StepError     error = {0.0, 0.0, 0.0};
  fiq_kuramoto_reset(&bench.core, 5);
  const float* draw =
      p->distribution == FIQ_KURAMOTO_NORMAL ? bench.core.normal : bench.core.uniform;
  for (int s = 0; s < steps; ++s) {
    for (uint32_t i = 0; i < p->n_osc; ++i) {
      theta[i] = (double)bench.core.theta_rad[i];
      omega[i] = (double)(p->gamma_rad_s * draw[i]);
    }
    fiq_kuramoto_step(&bench.core, p, dt);
    field_step(theta, omega, p, (double)dt);
    double re = 0.0;
    double im = 0.0;
    for (uint32_t i = 0; i < p->n_osc; ++i) {
      const double miss = fabs(wrap((double)bench.core.theta_rad[i] - theta[i]));
      error.worst       = fmax(error.worst, miss);
      error.rms += miss * miss / ((double)p->n_osc * steps);
      re += cos((double)bench.core.theta_rad[i]);
      im += sin((double)bench.core.theta_rad[i]);
    }
    error.order = fmax(error.order, fabs(hypot(re, im) / p->n_osc - (double)bench.core.order));
    assert_true(fabs(wrap(atan2(im, re) - (double)bench.core.psi_rad)) * hypot(re, im) / p->n_osc <
                3e-6);
  }
  error.rms = sqrt(error.rms);
  support_arena_free(&bench.arena);
  return error;
}

static void test_many_oscillators_step_as_exactly_as_is_said(void** state)
{
  (void)state;
  static const struct {
    float  coupling;
    float  lag_rad;
    float  dt_s;
    float  field;
    int    distribution;
    double worst;
    double rms;
  } row[] = {
      {2.0f, 0.0f, 0.0053333f, 0.0f, 0, 2e-6, 3e-7}, {2.0f, 0.0f, 0.01f, 0.0f, 0, 2e-6, 5e-7},
      {2.0f, 0.5f, 0.01f, 0.0f, 1, 1e-5, 1e-6},      {3.0f, 0.0f, 0.0213333f, 0.0f, 0, 2e-4, 7e-6},
      {5.0f, 0.3f, 0.0213333f, 0.0f, 1, 4e-4, 2e-5}, {2.0f, 0.2f, 0.0106667f, 3.0f, 0, 1e-4, 5e-6},
      {0.0f, 0.0f, 0.02f, 0.0f, 0, 1e-6, 3e-7},      {-6.0f, 0.0f, 0.0053333f, 0.0f, 0, 1e-4, 7e-6},
      {2.9f, 0.0f, 0.0266667f, 0.0f, 0, 4e-4, 2e-5},
  };
  for (uint32_t i = 0; i < sizeof row / sizeof row[0]; ++i) {
    FiqKuramotoParams p  = params_of(i % 2 ? 1000 : 203, row[i].coupling, 1.885f);
    p.lag_rad            = row[i].lag_rad;
    p.distribution       = row[i].distribution;
    p.field_re           = 0.6f * row[i].field;
    p.field_im           = 0.8f * row[i].field;
    p.centre_rad_s       = row[i].field > 0.0f ? 0.0f : 3.0f;
    const StepError from = errors_of_steps(&p, row[i].dt_s, 500);
    print_message("N %4u K %4.1f f %.0f, steps of %4.1f ms: worst %.1e, rms %.1e rad; R %.1e\n",
                  p.n_osc, (double)p.coupling, (double)row[i].field, 1e3 * (double)row[i].dt_s,
                  from.worst, from.rms, from.order);
    assert_true(from.worst < row[i].worst);
    assert_true(from.rms < row[i].rms);
    assert_true(from.order < 1e-6);
  }
}

static void test_both_builds_give_the_same_bits(void** state)
{
  (void)state;
  const uint32_t sizes[] = {1, 7, 16, 64, 65, 100, 999, 1000};
  for (int s = 0; s < 8; ++s) {
    Bench a         = bench_new(sizes[s]);
    Bench b         = bench_new(sizes[s]);
    b.core.use_avx2 = false;
    for (int i = 0; i < 200; ++i) {
      FiqKuramotoParams p = params_of(sizes[s], (float)(i / 20) - 2.0f, 1.5f);
      p.noise_rad_s       = i % 40 > 25 ? 0.3f * (float)(i % 3) : 0.0f;
      p.field_re          = i > 150 ? 1.0f : 0.0f;
      p.centre_rad_s      = 5.0f;
      p.distribution      = i & 1;
      p.follow            = i % 50 > 10;
      fiq_kuramoto_step(&a.core, &p, i % 60 > 50 ? 0.3f : 0.0053333f);
      fiq_kuramoto_step(&b.core, &p, i % 60 > 50 ? 0.3f : 0.0053333f);
    }
    assert_memory_equal(a.core.theta_rad, b.core.theta_rad, sizes[s] * sizeof(float));
    assert_memory_equal(a.core.moved_rad, b.core.moved_rad, sizes[s] * sizeof(float));
    assert_memory_equal(a.core.tangent, b.core.tangent, sizes[s] * sizeof(float));
    assert_memory_equal(&a.core.order, &b.core.order, sizeof(float));
    support_arena_free(&a.arena);
    support_arena_free(&b.arena);
  }
}

/// What has been moved, summed, is where the phases are.
static void test_ways_add_up_to_the_phases(void** state)
{
  (void)state;
  const uint32_t sizes[] = {16, 200};
  for (int s = 0; s < 2; ++s) {
    Bench             bench = bench_new(sizes[s]);
    FiqKuramotoParams p     = params_of(sizes[s], 2.0f, 3.0f);
    p.centre_rad_s          = 700.0f;
    p.noise_rad_s           = 0.2f;
    double sum[200];
    for (uint32_t j = 0; j < sizes[s]; ++j) {
      sum[j] = (double)bench.core.theta_rad[j];
    }
    for (int i = 0; i < 500; ++i) {
      fiq_kuramoto_step(&bench.core, &p, 0.0053333f);
      for (uint32_t j = 0; j < sizes[s]; ++j) {
        sum[j] += (double)bench.core.moved_rad[j] + (double)bench.core.turned_rad;
        assert_true(fabsf(bench.core.moved_rad[j]) < 0.3f);
      }
    }
    double worst = 0.0;
    for (uint32_t j = 0; j < sizes[s]; ++j) {
      worst = fmax(worst, fabs(wrap(sum[j] - (double)bench.core.theta_rad[j])));
    }
    print_message("N %u: ways of 500 steps, summed, miss the phases by %.1e rad\n", sizes[s],
                  worst);
    assert_true(worst < 1e-3);
    support_arena_free(&bench.arena);
  }
}

static void test_a_field_draws_toward_its_angle_as_the_formula_says(void** state)
{
  (void)state;
  // x' = -f sin x has tan(x/2) = tan(x0/2) e^{-f t}; the lag has no part in it.
  const uint32_t sizes[] = {1, 16, 100};
  for (int s = 0; s < 3; ++s) {
    Bench             bench = bench_new(sizes[s]);
    FiqKuramotoParams p     = params_of(sizes[s], 0.0f, 0.0f);
    float             start[100];
    double            worst = 0.0;
    p.field_re              = 2.0f * cosf(1.0f);
    p.field_im              = 2.0f * sinf(1.0f);
    p.lag_rad               = 0.7f;
    for (uint32_t j = 0; j < sizes[s]; ++j) {
      start[j] = 1.0f + 3.0f * sinf(1.0f + (float)j);
    }
    fiq_kuramoto_set_phases(&bench.core, start, sizes[s]);
    for (int i = 0; i < 100; ++i) {
      fiq_kuramoto_step(&bench.core, &p, 0.01f);
    }
    for (uint32_t j = 0; j < sizes[s]; ++j) {
      const double x = 2.0 * atan(tan(0.5 * ((double)start[j] - 1.0)) * exp(-2.0));
      worst          = fmax(worst, fabs(wrap((double)bench.core.theta_rad[j] - 1.0 - x)));
    }
    print_message("N %u in a field of 2 rad/s for a second: %.1e rad from the formula\n", sizes[s],
                  worst);
    assert_true(worst < 1e-4);
    support_arena_free(&bench.arena);
  }
}

static void test_a_field_turns_with_the_centre(void** state)
{
  (void)state;
  // Fed with the angle that it has at each step's start, a turning field is followed without lag.
  for (uint32_t n = 16; n <= 200; n += 184) {
    Bench             bench = bench_new(n);
    FiqKuramotoParams p     = params_of(n, 1.0f, 0.0f);
    double            angle = 0.0;
    p.centre_rad_s          = 300.0f;
    fiq_kuramoto_reset(&bench.core, 3);
    for (int i = 0; i < 3000; ++i) {
      p.field_re = (float)(4.0 * cos(angle));
      p.field_im = (float)(4.0 * sin(angle));
      fiq_kuramoto_step(&bench.core, &p, 0.0053333f);
      angle += (double)bench.core.turned_rad;
    }
    const double miss = fabs(wrap((double)bench.core.psi_rad - angle));
    print_message("N %u: follows a field of 48 Hz %.1e rad behind\n", n, miss);
    assert_true(bench.core.order > 0.9999f);
    assert_true(miss < 1e-3);
    support_arena_free(&bench.arena);
  }
}

/// Variance over the oscillators of how far noise has carried them from free rotation.
static double spread_by_noise(uint32_t n, float noise, float dt_s, float speed, int steps,
                              double* excess, double* correlation)
{
  Bench             bench     = bench_new(n);
  FiqKuramotoParams p         = params_of(n, 0.0f, 1.0f);
  double            sum[1000] = {0.0};
  double            was[1000] = {0.0};
  double            both      = 0.0;
  double            square    = 0.0;
  p.noise_rad_s               = noise;
  p.speed                     = speed;
  fiq_kuramoto_reset(&bench.core, 11);
  for (int i = 0; i < steps; ++i) {
    fiq_kuramoto_step(&bench.core, &p, dt_s);
    for (uint32_t j = 0; j < n; ++j) {
      const double way = (double)(bench.core.moved_rad[j] - dt_s * speed * bench.core.uniform[j]);
      sum[j] += way;
      both += way * was[j];
      square += way * way;
      was[j] = way;
    }
  }
  double mean   = 0.0;
  double second = 0.0;
  double fourth = 0.0;
  for (uint32_t j = 0; j < n; ++j) {
    mean += sum[j] / n;
  }
  for (uint32_t j = 0; j < n; ++j) {
    second += pow(sum[j] - mean, 2.0) / n;
    fourth += pow(sum[j] - mean, 4.0) / n;
  }
  *excess      = fourth / (second * second) - 3.0;
  *correlation = both / square;
  support_arena_free(&bench.arena);
  return second;
}

static void test_noise_is_phase_diffusion_of_the_strength_asked_for(void** state)
{
  (void)state;
  static const struct {
    float noise;
    float dt_s;
    float speed;
    int   steps;
  } row[] = {
      {0.5f, 0.0053333f, 1.0f, 2000}, {0.5f, 0.0213333f, 1.0f, 500}, {0.5f, 0.0053333f, 4.0f, 500},
      {3.0f, 0.0053333f, 1.0f, 2000}, {0.05f, 0.0007f, 1.0f, 2000},  {10.0f, 0.02f, 10.0f, 200},
  };
  for (uint32_t i = 0; i < sizeof row / sizeof row[0]; ++i) {
    double       excess      = 0.0;
    double       correlation = 0.0;
    const double time_s      = (double)(row[i].dt_s * row[i].speed) * row[i].steps;
    const double should      = (double)(row[i].noise * row[i].noise) * time_s;
    const double is = spread_by_noise(1000, row[i].noise, row[i].dt_s, row[i].speed, row[i].steps,
                                      &excess, &correlation);
    print_message(
        "noise %5.2f, %.1f ms, speed %2.0f: variance %.4f, formula %.4f; excess %+.2f; from step "
        "to step %+.4f\n",
        (double)row[i].noise, 1e3 * (double)row[i].dt_s, (double)row[i].speed, is, should, excess,
        correlation);
    // 1000 samples of a variance scatter by 4.5 %.
    assert_true(fabs(is / should - 1.0) < 0.15);
    assert_true(fabs(excess) < 0.6);
    assert_true(fabs(correlation) < 0.01);
  }
}

static void test_noise_follows_the_seed_alone(void** state)
{
  (void)state;
  Bench             a = bench_new(300);
  Bench             b = bench_new(300);
  FiqKuramotoParams p = params_of(300, 1.0f, 1.0f);
  p.noise_rad_s       = 0.7f;
  fiq_kuramoto_reset(&a.core, 4);
  fiq_kuramoto_step(&a.core, &p, 0.01f);
  fiq_kuramoto_reset(&a.core, 5);
  fiq_kuramoto_reset(&b.core, 5);
  for (int i = 0; i < 50; ++i) {
    p.n_osc = i < 25 ? 300 : 40;
    fiq_kuramoto_step(&a.core, &p, 0.01f);
    fiq_kuramoto_step(&b.core, &p, 0.01f);
  }
  assert_memory_equal(a.core.theta_rad, b.core.theta_rad, 300 * sizeof(float));
  support_arena_free(&a.arena);
  support_arena_free(&b.arena);
}

static void test_adopting_goes_on_as_the_old_one_would(void** state)
{
  (void)state;
  for (uint32_t n = 20; n <= 200; n += 180) {
    Bench             old   = bench_new(200);
    Bench             equal = bench_new(200);
    Bench             large = bench_new(900);
    FiqKuramotoParams p     = params_of(n, 2.0f, 1.0f);
    p.noise_rad_s           = 0.1f;
    p.follow                = true;
    fiq_kuramoto_reset(&old.core, 8);
    for (int i = 0; i < 33; ++i) {
      fiq_kuramoto_step(&old.core, &p, 0.01f);
    }
    fiq_kuramoto_adopt(&equal.core, &old.core);
    fiq_kuramoto_adopt(&large.core, &old.core);
    for (int i = 0; i < 33; ++i) {
      fiq_kuramoto_step(&old.core, &p, 0.01f);
      fiq_kuramoto_step(&equal.core, &p, 0.01f);
      fiq_kuramoto_step(&large.core, &p, 0.01f);
    }
    assert_memory_equal(old.core.theta_rad, equal.core.theta_rad, n * sizeof(float));
    assert_memory_equal(old.core.tangent, equal.core.tangent, n * sizeof(float));
    assert_memory_equal(old.core.theta_rad, large.core.theta_rad, n * sizeof(float));
    support_arena_free(&old.arena);
    support_arena_free(&equal.arena);
    support_arena_free(&large.arena);
  }
}

/// The tangent is what separates two cores that started 1e-3 rad apart, to first order.
static void test_the_tangent_is_the_difference_to_a_twin(void** state)
{
  (void)state;
  const uint32_t sizes[] = {16, 64, 120};
  for (int s = 0; s < 3; ++s) {
    const uint32_t    n    = sizes[s];
    Bench             core = bench_new(n);
    Bench             twin = bench_new(n);
    FiqKuramotoParams p    = params_of(n, 3.0f, 1.0f);
    float             start[120];
    const float       small = 1e-3f;
    p.lag_rad               = 0.3f;
    p.follow                = true;
    p.noise_rad_s           = 0.05f;
    for (uint32_t j = 0; j < n; ++j) {
      start[j] = core.core.theta_rad[j] + small * core.core.tangent[j];
    }
    fiq_kuramoto_set_phases(&twin.core, start, n);
    for (int i = 0; i < 100; ++i) {
      fiq_kuramoto_step(&core.core, &p, 0.01f);
      fiq_kuramoto_step(&twin.core, &p, 0.01f);
    }
    double miss  = 0.0;
    double scale = 0.0;
    for (uint32_t j = 0; j < n; ++j) {
      const double apart =
          wrap((double)(twin.core.theta_rad[j] - core.core.theta_rad[j])) / (double)small;
      const float* at =
          fiq_kuramoto_tangent_is_whole(&core.core) ? core.core.tangent : core.core.tangent_stage;
      miss += pow(apart - (double)at[j], 2.0);
      scale += pow(apart, 2.0);
    }
    print_message("N %u: after a second the tangent is %.2f %% off the difference to a twin\n", n,
                  100.0 * sqrt(miss / scale));
    assert_true(sqrt(miss / scale) < 0.01);
    support_arena_free(&core.arena);
    support_arena_free(&twin.arena);
  }
}

static void test_reset_equals_fresh_init(void** state)
{
  (void)state;
  Bench             a = bench_new(50);
  Bench             b = bench_new(50);
  FiqKuramotoParams p = params_of(50, 1.7f, 1.0f);
  for (int i = 0; i < 100; ++i) {
    fiq_kuramoto_step(&a.core, &p, 0.05f);
  }
  fiq_kuramoto_reset(&a.core, 0);
  for (int i = 0; i < 100; ++i) {
    fiq_kuramoto_step(&a.core, &p, 0.05f);
    fiq_kuramoto_step(&b.core, &p, 0.05f);
  }
  assert_memory_equal(a.core.theta_rad, b.core.theta_rad, 50 * sizeof(float));
  support_arena_free(&a.arena);
  support_arena_free(&b.arena);
}

static void test_too_small_an_arena_and_bad_configs_are_refused(void** state)
{
  (void)state;
  FiqKuramoto             core;
  FiqArena                ruler;
  const FiqKuramotoConfig config = {.n_osc_max = 100};
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_kuramoto_init(&core, &ruler, &config), FIQ_NO_MEMORY);
  for (size_t size = 0; size <= ruler.used_bytes; size += 64) {
    FiqArena arena = support_arena(size);
    assert_int_equal(fiq_kuramoto_init(&core, &arena, &config),
                     size < ruler.used_bytes ? FIQ_NO_MEMORY : FIQ_OK);
    support_arena_free(&arena);
  }
  FiqArena                arena = support_arena(64);
  const FiqKuramotoConfig none  = {.n_osc_max = 0};
  const FiqKuramotoConfig many  = {.n_osc_max = FIQ_KURAMOTO_MAX + 1};
  assert_int_equal(fiq_kuramoto_init(&core, &arena, &none), FIQ_BAD_ARGUMENT);
  assert_int_equal(fiq_kuramoto_init(&core, &arena, &many), FIQ_BAD_ARGUMENT);
  support_arena_free(&arena);
}

static void test_a_thousand_oscillators_are_cheap(void** state)
{
  (void)state;
  const uint32_t sizes[] = {16, 1000};
  for (int s = 0; s < 2; ++s) {
    Bench             bench = bench_new(sizes[s]);
    FiqKuramotoParams p     = params_of(sizes[s], 2.0f, 1.0f);
    double            best  = 1e9;
    for (int round = 0; round < 20; ++round) {
      const clock_t start = clock();
      for (int i = 0; i < 200; ++i) {
        fiq_kuramoto_step(&bench.core, &p, 32.0f / 48000.0f);
      }
      best = fmin(best, 1e9 * (double)(clock() - start) / CLOCKS_PER_SEC / 200.0);
    }
    print_message("N %u: %.0f ns a step\n", sizes[s], best);
    // One second of a control rate of 1500 Hz must stay far from one second, sanitised builds
    // included.
    assert_true(best * 1500.0 < 0.5e9);
    support_arena_free(&bench.arena);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_step_agrees_with_the_formula_within_2e_6_rad),
      cmocka_unit_test(test_ten_seconds_stay_on_the_reference_trajectory),
      cmocka_unit_test(test_two_lock_iff_detune_is_at_most_k_at_the_arcsine),
      cmocka_unit_test(test_order_appears_at_the_critical_coupling),
      cmocka_unit_test(test_no_coupling_is_free_rotation),
      cmocka_unit_test(test_one_oscillator_has_order_one),
      cmocka_unit_test(test_negative_coupling_disperses),
      cmocka_unit_test(test_extremes_stay_finite_and_wrapped),
      cmocka_unit_test(test_random_starts_are_spread_and_seeded),
      cmocka_unit_test(test_many_oscillators_step_as_exactly_as_is_said),
      cmocka_unit_test(test_both_builds_give_the_same_bits),
      cmocka_unit_test(test_ways_add_up_to_the_phases),
      cmocka_unit_test(test_a_field_draws_toward_its_angle_as_the_formula_says),
      cmocka_unit_test(test_a_field_turns_with_the_centre),
      cmocka_unit_test(test_noise_is_phase_diffusion_of_the_strength_asked_for),
      cmocka_unit_test(test_noise_follows_the_seed_alone),
      cmocka_unit_test(test_adopting_goes_on_as_the_old_one_would),
      cmocka_unit_test(test_the_tangent_is_the_difference_to_a_twin),
      cmocka_unit_test(test_reset_equals_fresh_init),
      cmocka_unit_test(test_too_small_an_arena_and_bad_configs_are_refused),
      cmocka_unit_test(test_a_thousand_oscillators_are_cheap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
