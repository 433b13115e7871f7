// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the layer's gradients and coordination are the formulas. Method: finite differences in
// double, closed forms on even and collapsed wheels, convergence and its limits.
#include "dsp/base/maths.h"
#include "dsp/base/random.h"
#include "dsp/phase/phase_layer.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double pi = 3.14159265358979323846;

static void assert_near(float value, double expected, double tolerance)
{
  assert_true(fabs((double)value - expected) <= tolerance);
}

typedef struct {
  FiqPhaseLayer layer;
  FiqArena      arena;
} Bench;

static Bench bench_new(uint32_t n, uint32_t taps)
{
  Bench                     bench;
  const FiqPhaseLayerConfig config = {.n_neurons = n, .n_taps = taps};
  bench.arena                      = support_arena((size_t)1 << 17);
  assert_int_equal(fiq_phase_layer_init(&bench.layer, &bench.arena, &config), FIQ_OK);
  return bench;
}

enum { N = 16, TAPS = 100 };

/// Loss sum_i (a_i - target_i)^2 in double, with one parameter moved by `h`.
static double loss(const FiqPhaseLayer* l, const float* x, const float* target, int kind,
                   uint32_t at, double h)
{
  double sum = 0.0;
  for (uint32_t i = 0; i < l->n_neurons; ++i) {
    double u = 0.0;
    for (uint32_t k = 0; k < l->n_taps; ++k) {
      const uint32_t index = i * l->n_taps + k;
      const double   w     = (double)l->weight[index] + (kind == 2 && index == at ? h : 0.0);
      u += w * (double)x[k];
    }
    const double omega = (double)l->omega[i] + (kind == 1 && i == at ? h : 0.0);
    const double phi   = l->phase[i] + (kind == 0 && i == at ? h : 0.0);
    const double e     = sin(omega * u + phi) - (double)target[i];
    sum += e * e;
  }
  return sum;
}

static double worst_gradient(const FiqPhaseLayer* l, const float* x, const float* target, int kind,
                             const float* gradient, uint32_t n)
{
  const double h     = 1e-5;
  double       worst = 0.0;
  double       norm  = 0.0;
  for (uint32_t at = 0; at < n; ++at) {
    const double d =
        (loss(l, x, target, kind, at, h) - loss(l, x, target, kind, at, -h)) / (2.0 * h);
    worst = fmax(worst, fabs(d - (double)gradient[at]));
    norm  = fmax(norm, fabs(d));
  }
  return worst / norm;
}

static void test_gradients_equal_finite_differences_within_1e_5(void** state)
{
  (void)state;
  Bench     bench = bench_new(N, TAPS);
  FiqRandom random;
  fiq_random_init(&random, 3, 0);
  float x[TAPS];
  float target[N];
  float a[N];
  float d_a[N];
  support_noise(x, TAPS, 1.0, 4);
  support_noise(target, N, 1.0, 5);
  for (int i = 0; i < N; ++i) {
    bench.layer.omega[i] = 0.5f + 2.0f * fiq_random_uniform(&random);
  }
  fiq_phase_layer_forward(&bench.layer, x, a);
  for (int i = 0; i < N; ++i) {
    d_a[i] = 2.0f * (a[i] - target[i]);
  }
  fiq_phase_layer_gradient(&bench.layer, x, d_a);
  const double phase     = worst_gradient(&bench.layer, x, target, 0, bench.layer.d_phase, N);
  const double frequency = worst_gradient(&bench.layer, x, target, 1, bench.layer.d_omega, N);
  const double weight = worst_gradient(&bench.layer, x, target, 2, bench.layer.d_weight, N * TAPS);
  print_message("relative error of the gradients: phi %.1e, omega %.1e, W %.1e\n", phase, frequency,
                weight);
  assert_true(phase < 1e-5);
  assert_true(frequency < 1e-5);
  assert_true(weight < 1e-5);
  support_arena_free(&bench.arena);
}

static void test_gradient_report_summarises_what_was_summed(void** state)
{
  (void)state;
  Bench bench = bench_new(4, 2);
  for (int i = 0; i < 4; ++i) {
    bench.layer.d_phase[i] = (float)(i - 1);
    bench.layer.d_omega[i] = 2.0f;
  }
  FiqGradientReport report;
  fiq_phase_layer_gradient_report(&bench.layer, &report);
  assert_near(report.phase.mean, 1.0, 1e-6);
  assert_near(report.phase.max, 2.0, 1e-6);
  assert_near(report.phase.norm, sqrt(6.0), 1e-6);
  assert_near(report.frequency.norm, 4.0, 1e-6);
  assert_near(report.weight.norm, 0.0, 1e-9);
  support_arena_free(&bench.arena);
}

static void test_descent_lowers_the_loss_at_every_step(void** state)
{
  (void)state;
  Bench bench = bench_new(N, TAPS);
  float x[TAPS];
  float target[N];
  float a[N];
  float d_a[N];
  support_noise(x, TAPS, 1.0, 6);
  support_noise(target, N, 0.9, 7);
  const FiqLessonRates rates = {.phase = 0.05f, .frequency = 0.01f, .weight = 0.002f};
  const double         first = loss(&bench.layer, x, target, 0, 0, 0.0);
  double               last  = first;
  for (int step = 0; step < 300; ++step) {
    fiq_phase_layer_forward(&bench.layer, x, a);
    for (int i = 0; i < N; ++i) {
      d_a[i] = 2.0f * (a[i] - target[i]);
    }
    fiq_phase_layer_gradient(&bench.layer, x, d_a);
    fiq_phase_layer_descend(&bench.layer, &rates);
    const double now = loss(&bench.layer, x, target, 0, 0, 0.0);
    assert_true(now <= last + 1e-6);
    last = now;
  }
  print_message("loss %.4f -> %.2e in 300 steps\n", first, last);
  assert_true(last < 1e-4 * first);
  support_arena_free(&bench.arena);
}

static void test_coordination_reaches_1e_9_and_keeps_order_and_mean(void** state)
{
  (void)state;
  const uint32_t sizes[3] = {16, 24, 32};
  for (int s = 0; s < 3; ++s) {
    Bench           bench = bench_new(sizes[s], 1);
    FiqPhaseMetrics m;
    fiq_phase_layer_reset(&bench.layer, 11 + (uint64_t)s);
    fiq_phase_layer_metrics(&bench.layer, 0.1f, &m);
    uint32_t places[FIQ_NEURONS_MAX];
    double   mean = 0.0;
    memcpy(places, bench.layer.place, sizes[s] * sizeof(uint32_t));
    for (uint32_t i = 0; i < sizes[s]; ++i) {
      mean += bench.layer.phase[i] / sizes[s];
    }
    const double first = (double)m.spacing_variance;
    int          steps = 0;
    float        last  = m.spacing_variance;
    for (; steps < 3000 && m.spacing_variance >= 1e-9f; ++steps) {
      fiq_phase_layer_coordinate(&bench.layer, 0.4f, NULL);
      fiq_phase_layer_metrics(&bench.layer, 0.1f, &m);
      assert_true(m.spacing_variance <= last);
      last = m.spacing_variance;
    }
    print_message("n %u: spacing variance %.3f -> below 1e-9 in %d steps\n", sizes[s], first,
                  steps);
    assert_true(m.spacing_variance < 1e-9f);
    assert_true(m.score > 0.999999f);
    // The cyclic order is unchanged.
    uint32_t at = 0;
    while (bench.layer.place[at] != places[0]) {
      ++at;
    }
    for (uint32_t k = 0; k < sizes[s]; ++k) {
      assert_int_equal(bench.layer.place[(at + k) % sizes[s]], places[k]);
      mean -= bench.layer.phase[k] / sizes[s];
    }
    assert_true(fabs(mean) < 1e-9);
    support_arena_free(&bench.arena);
  }
}

static void test_slow_coordination_does_not_stall(void** state)
{
  (void)state;
  Bench           bench = bench_new(16, 1);
  FiqPhaseMetrics m;
  fiq_phase_layer_reset(&bench.layer, 3);
  for (int i = 0; i < 200000; ++i) {
    fiq_phase_layer_coordinate(&bench.layer, 0.001f, NULL);
  }
  fiq_phase_layer_metrics(&bench.layer, 0.1f, &m);
  print_message("eta 0.001, 200000 steps: spacing variance %.1e\n", (double)m.spacing_variance);
  assert_true(m.spacing_variance < 1e-12f);
  support_arena_free(&bench.arena);
}

static void test_phases_move_without_jumps(void** state)
{
  (void)state;
  Bench bench = bench_new(32, 1);
  fiq_phase_layer_reset(&bench.layer, 21);
  float before[32];
  float push[32];
  float largest = 0.0f;
  for (int i = 0; i < 32; ++i) {
    push[i] = 0.01f * (float)(i - 16);
  }
  for (int step = 0; step < 2000; ++step) {
    memcpy(before, bench.layer.phi_rad, sizeof before);
    fiq_phase_layer_move(&bench.layer, push);
    fiq_phase_layer_coordinate(&bench.layer, 0.2f, NULL);
    for (int i = 0; i < 32; ++i) {
      largest = fmaxf(largest, fabsf(bench.layer.phi_rad[i] - before[i]));
    }
  }
  print_message("largest move in a step: %.3f rad\n", (double)largest);
  assert_true(largest < 1.0f);
  support_arena_free(&bench.arena);
}

/// Place n phases evenly (spread 1) or all at 1 rad (spread 0).
static void place(FiqPhaseLayer* layer, double spread)
{
  float phi[FIQ_NEURONS_MAX];
  for (uint32_t i = 0; i < layer->n_neurons; ++i) {
    phi[i] = (float)(spread * 2.0 * pi * (i + 0.5) / layer->n_neurons + (1.0 - spread));
  }
  fiq_phase_layer_set_phases(layer, phi);
}

static void test_metrics_of_even_and_collapsed_wheels_are_the_closed_forms(void** state)
{
  (void)state;
  const uint32_t sizes[3]     = {16, 24, 32};
  const double   most[3]      = {2.313, 1.576, 1.195};
  const double   diversity[3] = {-0.1875, -0.234375, -0.25};
  for (int s = 0; s < 3; ++s) {
    Bench           bench = bench_new(sizes[s], 1);
    FiqPhaseMetrics m;
    place(&bench.layer, 1.0);
    fiq_phase_layer_metrics(&bench.layer, 0.1f, &m);
    print_message("even, n %u: variance %.1e, repulsion %.4f, diversity %.4f, spread %.4f\n",
                  sizes[s], (double)m.spacing_variance, (double)m.repulsion_loss,
                  (double)m.diversity_reward, (double)m.phase_spread);
    assert_true(m.spacing_variance < 1e-12f);
    assert_true(m.score > 0.999999f);
    // 2 n exp(-(2 pi/n / w)^2/2), the same for every n but for the factor n: the width goes with
    // 2 pi/n.
    const double pair = 2.0 * sizes[s] * exp(-0.5 * pow(2.0 * pi / 1.6, 2.0));
    assert_near(m.repulsion_loss, pair, 1e-4);
    assert_near(m.diversity_reward, diversity[s], 1e-4);
    assert_near(m.phase_spread, 2.0 * pi * (1.0 - 1.0 / sizes[s]), 1e-4);
    place(&bench.layer, 0.0);
    fiq_phase_layer_metrics(&bench.layer, 0.1f, &m);
    assert_near(m.spacing_variance, most[s], 1e-3);
    assert_near(m.coordination_loss, 0.1 * most[s], 1e-4);
    assert_near(m.repulsion_loss, (double)sizes[s] * (sizes[s] - 1.0), 1e-2);
    assert_near(m.phase_spread, 0.0, 1e-6);
    assert_true(m.score < 1e-6f);
    assert_true(fabsf(fiq_phase_layer_score(&bench.layer) - m.score) < 1e-9f);
    support_arena_free(&bench.arena);
  }
}

static void test_random_wheels_have_the_variance_of_random_spacings(void** state)
{
  (void)state;
  Bench  bench = bench_new(16, 1);
  double sum   = 0.0;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    FiqPhaseMetrics m;
    fiq_phase_layer_reset(&bench.layer, seed);
    fiq_phase_layer_metrics(&bench.layer, 1.0f, &m);
    sum += (double)m.spacing_variance / 2000.0;
  }
  // Uniform spacings on a circle: Var = (2 pi)^2 (n - 1) / (n^2 (n + 1)).
  const double expected = 4.0 * pi * pi * 15.0 / (256.0 * 17.0);
  print_message("random wheels: mean spacing variance %.4f, expected %.4f\n", sum, expected);
  assert_true(fabs(sum / expected - 1.0) < 0.03);
  support_arena_free(&bench.arena);
}

static void test_reset_equals_fresh_init(void** state)
{
  (void)state;
  Bench a = bench_new(24, 10);
  Bench b = bench_new(24, 10);
  fiq_phase_layer_reset(&a.layer, 99);
  fiq_phase_layer_coordinate(&a.layer, 0.3f, NULL);
  fiq_phase_layer_reset(&a.layer, 0);
  fiq_phase_layer_coordinate(&a.layer, 0.3f, NULL);
  fiq_phase_layer_coordinate(&b.layer, 0.3f, NULL);
  assert_memory_equal(a.layer.phi_rad, b.layer.phi_rad, 24 * sizeof(float));
  assert_memory_equal(a.layer.weight, b.layer.weight, 240 * sizeof(float));
  support_arena_free(&a.arena);
  support_arena_free(&b.arena);
}

static void test_too_small_an_arena_and_bad_configs_are_refused(void** state)
{
  (void)state;
  FiqPhaseLayer             layer;
  FiqArena                  ruler;
  const FiqPhaseLayerConfig config = {.n_neurons = 16, .n_taps = 5};
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_phase_layer_init(&layer, &ruler, &config), FIQ_NO_MEMORY);
  for (size_t size = 0; size <= ruler.used_bytes; size += 64) {
    FiqArena arena = support_arena(size);
    assert_int_equal(fiq_phase_layer_init(&layer, &arena, &config),
                     size < ruler.used_bytes ? FIQ_NO_MEMORY : FIQ_OK);
    support_arena_free(&arena);
  }
  const FiqPhaseLayerConfig bad[] = {{3, 10}, {65, 10}, {16, 0}, {16, 8193}};
  for (int i = 0; i < 4; ++i) {
    fiq_arena_init(&ruler, NULL, 0);
    assert_int_equal(fiq_phase_layer_init(&layer, &ruler, &bad[i]), FIQ_BAD_ARGUMENT);
  }
}

static void test_a_control_tick_is_cheap(void** state)
{
  (void)state;
  Bench           bench = bench_new(64, 1);
  FiqPhaseMetrics m;
  double          step    = 1e9;
  double          metrics = 1e9;
  for (int round = 0; round < 20; ++round) {
    clock_t start = clock();
    for (int i = 0; i < 500; ++i) {
      fiq_phase_layer_coordinate(&bench.layer, 0.01f, NULL);
    }
    step  = fmin(step, 1e9 * (double)(clock() - start) / CLOCKS_PER_SEC / 500.0);
    start = clock();
    for (int i = 0; i < 20; ++i) {
      fiq_phase_layer_metrics(&bench.layer, 0.1f, &m);
    }
    metrics = fmin(metrics, 1e9 * (double)(clock() - start) / CLOCKS_PER_SEC / 20.0);
  }
  print_message("n 64: %.0f ns a coordination step, %.0f ns the metrics\n", step, metrics);
  assert_true(step < 60000.0);
  support_arena_free(&bench.arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gradients_equal_finite_differences_within_1e_5),
      cmocka_unit_test(test_gradient_report_summarises_what_was_summed),
      cmocka_unit_test(test_descent_lowers_the_loss_at_every_step),
      cmocka_unit_test(test_coordination_reaches_1e_9_and_keeps_order_and_mean),
      cmocka_unit_test(test_slow_coordination_does_not_stall),
      cmocka_unit_test(test_phases_move_without_jumps),
      cmocka_unit_test(test_metrics_of_even_and_collapsed_wheels_are_the_closed_forms),
      cmocka_unit_test(test_random_wheels_have_the_variance_of_random_spacings),
      cmocka_unit_test(test_reset_equals_fresh_init),
      cmocka_unit_test(test_too_small_an_arena_and_bad_configs_are_refused),
      cmocka_unit_test(test_a_control_tick_is_cheap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
