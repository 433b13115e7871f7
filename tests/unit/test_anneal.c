// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the anneal ends with every note's exact share of oscillators on its exact frequency, and
// without balance is nothing but softmax annealing. Method: the reference set-up over 100 seeds,
// a direct evaluation in double with the same noise, and long random play with counts checked.
#include "dsp/anneal/anneal.h"
#include "dsp/base/random.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  FiqAnneal       carriers;
  FiqAnnealParams params;
  FiqAnnealTarget target;
  FiqArena        arena;
} Bench;

static const float c_major_hz[3] = {261.63f, 329.63f, 392.0f};

static void bench_open(Bench* bench, uint32_t capacity, uint32_t seed)
{
  memset(bench, 0, sizeof *bench);
  FiqArena ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_anneal_init(&bench->carriers, &ruler, capacity), FIQ_NO_MEMORY);
  bench->arena = support_arena(ruler.used_bytes);
  assert_int_equal(fiq_anneal_init(&bench->carriers, &bench->arena, capacity), FIQ_OK);
  fiq_anneal_reset(&bench->carriers, seed);
  bench->params = (FiqAnnealParams){.noise        = 50.0f,
                                    .strength     = 10.0f,
                                    .sharpness    = 20.0f,
                                    .balance      = 1.0f,
                                    .anneal_s     = 1.0f,
                                    .x_low        = 1.0f,
                                    .x_high       = 20000.0f,
                                    .scatter_low  = 20.0f,
                                    .scatter_high = 1000.0f};
}

static void bench_chord(Bench* bench, const float* x, const float* mass, int n)
{
  for (int k = 0; k < n; ++k) {
    bench->target.x[k]    = x[k];
    bench->target.mass[k] = mass ? mass[k] : 1.0f;
  }
}

/// One whole anneal in 100 steps, which is the reference's dt of 0.05.
static void bench_anneal(Bench* bench, uint32_t n_osc)
{
  for (int step = 0; step < 100; ++step) {
    fiq_anneal_step(&bench->carriers, &bench->params, &bench->target, n_osc, 0.01f);
    memset(bench->target.fresh, 0, sizeof bench->target.fresh);
  }
}

static void bench_close(Bench* bench)
{
  support_arena_free(&bench->arena);
}

static void test_reference_softmax(void** state)
{
  (void)state;
  double       weight[3];
  const double distance[3] = {100.0, 50.0, 10.0};
  double       sum         = 0.0;
  for (int k = 0; k < 3; ++k) {
    weight[k] = exp(-0.05 * distance[k]);
    sum += weight[k];
  }
  // The field at 0 among carriers at -100, -50 and 10 is their mean by these weights.
  const float     x[3]    = {-100.0f, -50.0f, 10.0f};
  const double    bias[3] = {0.0, 0.0, 0.0};
  const int32_t   slot[3] = {0, 1, 2};
  FiqSoftmaxField field;
  fiq_softmax_field(&field, 3, x, bias, slot, 0.05f);
  assert_true(fabs(weight[0] / sum - 0.0097) < 0.00005);
  assert_true(fabs(weight[1] / sum - 0.118) < 0.0005);
  assert_true(fabs(weight[2] / sum - 0.872) < 0.0005);
  const double mean = (-100.0 * weight[0] - 50.0 * weight[1] + 10.0 * weight[2]) / sum;
  assert_true(fabs((double)fiq_softmax_field_at(&field, 0.0f) - mean) < 1e-4);
  const double sharpness = (double)fiq_anneal_sharpness(20.0f, 0.7f);
  print_message("sharpness at p = 0.7: %.3f\n", sharpness);
  assert_true(fabs(sharpness - 14.0) < 0.02);
}

static double direct_softmax(const float* x, const double* bias, uint32_t n, double s, double at)
{
  double top = -1e300;
  for (uint32_t k = 0; k < n; ++k) {
    top = fmax(top, bias[k] - s * fabs(at - (double)x[k]));
  }
  double sum  = 0.0;
  double mean = 0.0;
  for (uint32_t k = 0; k < n; ++k) {
    const double weight = exp(bias[k] - s * fabs(at - (double)x[k]) - top);
    sum += weight;
    mean += weight * (double)x[k];
  }
  return mean / sum;
}

static void test_field_equals_direct_softmax(void** state)
{
  (void)state;
  FiqRandom random;
  fiq_random_init(&random, 7, 0);
  double worst = 0.0;
  for (int trial = 0; trial < 200; ++trial) {
    const uint32_t n = 1 + fiq_random_bits(&random) % FIQ_CARRIERS_MAX;
    const float    s = expf(-4.0f + 7.0f * fiq_random_uniform(&random));
    float          x[FIQ_CARRIERS_MAX];
    double         bias[FIQ_CARRIERS_MAX];
    int32_t        slot[FIQ_CARRIERS_MAX];
    float          next = -300.0f;
    for (uint32_t k = 0; k < n; ++k) {
      next += 40.0f * fiq_random_uniform(&random);
      x[k]    = next;
      bias[k] = 20.0 * (double)s * (double)fiq_random_uniform(&random);
      slot[k] = (int32_t)k;
    }
    FiqSoftmaxField field;
    fiq_softmax_field(&field, n, x, bias, slot, s);
    for (int i = 0; i < 50; ++i) {
      const float  at   = -400.0f + 1600.0f * fiq_random_uniform(&random);
      const double miss = (double)fiq_softmax_field_at(&field, at) -
                          direct_softmax(x, bias, n, (double)s, (double)at);
      // At a steep boundary the curve's own slope magnifies the rounding of x.
      worst = fmax(worst, fabs(miss) / (1.0 + (double)s));
    }
  }
  print_message("field against direct softmax: largest error %.2g units\n", worst);
  assert_true(worst < 2e-3);
}

static void test_reference_anneal_is_balanced(void** state)
{
  (void)state;
  double worst_imbalance = 0.0;
  double worst_residual  = 0.0;
  for (uint32_t seed = 0; seed < 100; ++seed) {
    Bench bench;
    bench_open(&bench, 50, seed);
    bench_chord(&bench, c_major_hz, NULL, 3);
    fiq_anneal_scatter(&bench.carriers);
    bench_anneal(&bench, 50);
    uint32_t count[FIQ_CARRIERS_MAX];
    fiq_anneal_count(&bench.carriers, count);
    uint32_t most  = 0;
    uint32_t least = 50;
    for (int k = 0; k < 3; ++k) {
      most  = count[k] > most ? count[k] : most;
      least = count[k] < least ? count[k] : least;
    }
    worst_imbalance = fmax(worst_imbalance, (double)most / (double)least);
    worst_residual  = fmax(worst_residual, (double)bench.carriers.schedule.residual);
    assert_int_equal(bench.carriers.osc.n_hot, 0);
    bench_close(&bench);
  }
  print_message("50 oscillators, 100 seeds: worst imbalance %.4f, worst mean residual %.4f Hz\n",
                worst_imbalance, worst_residual);
  assert_true(worst_imbalance <= 1.07);
  assert_true(worst_residual <= 0.03);
}

/// Plain softmax annealing in double, with the noise of the module.
static void test_balance_zero_is_plain_softmax(void** state)
{
  (void)state;
  double worst = 0.0;
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    Bench bench;
    bench_open(&bench, 50, seed);
    bench.params.balance = 0.0f;
    bench_chord(&bench, c_major_hz, NULL, 3);
    fiq_anneal_scatter(&bench.carriers);
    double       x[50];
    const double bias[3] = {0.0, 0.0, 0.0};
    for (int step = 0; step < 100; ++step) {
      const uint32_t salt = fiq_anneal_salt(seed, (uint32_t)step);
      fiq_anneal_step(&bench.carriers, &bench.params, &bench.target, 50, 0.01f);
      const double p = (step + 1) / 100.0;
      float        sign;
      const float* noise = fiq_anneal_noise(&bench.carriers, 0, salt, &sign);
      for (uint32_t i = 0; i < 50; ++i) {
        if (step == 0) {
          x[i] = (double)bench.carriers.osc.x[i]; // where it was strewn
          continue;
        }
        const double target =
            direct_softmax(c_major_hz, bias, 3, 0.05 * (1.0 - p) + 20.0 * p, x[i]);
        x[i] += (1.0 + 10.0 * p) * (target - x[i]) * 0.05 +
                50.0 * (1.0 - p) * (double)(sign * noise[i]) * 0.05;
      }
    }
    for (int i = 0; i < 50; ++i) {
      worst = fmax(worst, fabs((double)bench.carriers.osc.x[i] - x[i]));
    }
    bench_close(&bench);
  }
  print_message("balance 0 against plain softmax in double: largest difference %.2g Hz\n", worst);
  assert_true(worst < 0.01);
}

static void check_shares(uint32_t n_osc)
{
  const float mass[3] = {1.0f, 2.0f, 1.0f};
  Bench       bench;
  bench_open(&bench, n_osc, 3);
  bench_chord(&bench, c_major_hz, mass, 3);
  fiq_anneal_scatter(&bench.carriers);
  bench_anneal(&bench, n_osc);
  uint32_t count[FIQ_CARRIERS_MAX];
  fiq_anneal_count(&bench.carriers, count);
  print_message("%u oscillators, masses 1:2:1: %u %u %u, residual %.4f Hz\n", n_osc, count[0],
                count[1], count[2], (double)bench.carriers.schedule.residual);
  assert_int_equal(count[0], n_osc / 4);
  assert_int_equal(count[1], n_osc / 2);
  assert_int_equal(count[2], n_osc / 4);
  assert_true(bench.carriers.schedule.residual <= 0.03f);
  bench_close(&bench);
}

static void test_masses_give_shares_at_every_size(void** state)
{
  (void)state;
  check_shares(1000);
  check_shares(100000);
}

static void test_residual_vanishes_after_the_anneal(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 1000, 5);
  bench_chord(&bench, c_major_hz, NULL, 3);
  fiq_anneal_scatter(&bench.carriers);
  bench_anneal(&bench, 1000);
  bench_anneal(&bench, 1000);
  print_message("residual one anneal later: %.2g Hz\n", (double)bench.carriers.schedule.residual);
  assert_true(bench.carriers.schedule.residual < 1e-4f);
  bench_close(&bench);
}

/// A third note joins two: only what it takes may fly.
static void test_only_those_who_must_are_heated(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 1200, 9);
  bench_chord(&bench, c_major_hz, NULL, 2);
  fiq_anneal_scatter(&bench.carriers);
  bench_anneal(&bench, 1200);
  bench_chord(&bench, c_major_hz, NULL, 3);
  bench.target.fresh[2] = true;
  fiq_anneal_step(&bench.carriers, &bench.params, &bench.target, 1200, 0.01f);
  // 600/600 to 400/400/400 by monotone transport: 200 leave the first, 400 the second.
  assert_int_equal(bench.carriers.osc.n_hot, 600);
  assert_int_equal(bench.carriers.transport.settled[0], 400);
  assert_int_equal(bench.carriers.transport.settled[1], 200);
  memset(bench.target.fresh, 0, sizeof bench.target.fresh);
  bench_anneal(&bench, 1200);
  for (int k = 0; k < 3; ++k) {
    assert_int_equal(bench.carriers.transport.settled[k], 400);
  }
  bench_close(&bench);
}

static void check_random_play(uint64_t seed, uint32_t capacity)
{
  FiqRandom random;
  Bench     bench;
  fiq_random_init(&random, seed, 1);
  bench_open(&bench, capacity, (uint32_t)seed);
  bench_chord(&bench, c_major_hz, NULL, 3);
  fiq_anneal_scatter(&bench.carriers);
  uint32_t n_osc = capacity / 2;
  for (int change = 0; change < 500; ++change) {
    const uint32_t k      = fiq_random_bits(&random) % FIQ_CARRIERS_MAX;
    const bool     sounds = bench.target.mass[k] > 0.0f;
    const bool     ends   = sounds && fiq_random_uniform(&random) < 0.7f && k > 0;
    bench.target.x[k]     = 50.0f + 2000.0f * fiq_random_uniform(&random);
    bench.target.mass[k]  = ends ? 0.0f : 0.2f + fiq_random_uniform(&random);
    bench.target.fresh[k] = !ends;
    n_osc = fiq_random_uniform(&random) < 0.1f ? 1 + fiq_random_bits(&random) % capacity : n_osc;
    const uint32_t steps = fiq_random_bits(&random) % 40;
    for (uint32_t i = 0; i <= steps; ++i) {
      fiq_anneal_step(&bench.carriers, &bench.params, &bench.target, n_osc, 0.02f);
      memset(bench.target.fresh, 0, sizeof bench.target.fresh);
    }
    uint32_t total = bench.carriers.osc.n_hot;
    for (int j = 0; j < FIQ_CARRIERS_MAX; ++j) {
      total += bench.carriers.transport.settled[j];
    }
    assert_int_equal(total, n_osc);
  }
  bench_anneal(&bench, n_osc);
  double mass = 0.0;
  for (int k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    mass += (double)bench.target.mass[k];
  }
  uint32_t count[FIQ_CARRIERS_MAX];
  fiq_anneal_count(&bench.carriers, count);
  for (int k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    const double exact = (double)n_osc * (double)bench.target.mass[k] / mass;
    assert_true(fabs((double)count[k] - exact) <= 1.0);
  }
  for (uint32_t i = 0; i < n_osc; ++i) {
    assert_true(isfinite(bench.carriers.osc.x[i]));
    assert_int_not_equal(bench.carriers.osc.state[i], FIQ_OSCILLATOR_LOOSE);
  }
  bench_close(&bench);
}

static void test_random_play_keeps_shares_and_oscillators(void** state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    print_message("seed %u\n", (unsigned)seed);
    check_random_play(seed, seed % 2 ? 777 : 3000);
  }
}

static void test_both_builds_give_the_same_bits(void** state)
{
  (void)state;
  Bench one;
  Bench two;
  bench_open(&one, 1000, 11);
  bench_open(&two, 1000, 11);
  two.carriers.use_avx2 = false;
  for (int k = 0; k < 40; ++k) {
    one.target.x[k] = two.target.x[k] = 100.0f + 20.0f * (float)k;
    one.target.mass[k] = two.target.mass[k] = 1.0f;
  }
  fiq_anneal_scatter(&one.carriers);
  fiq_anneal_scatter(&two.carriers);
  bench_anneal(&one, 1000);
  bench_anneal(&two, 1000);
  assert_memory_equal(one.carriers.osc.x, two.carriers.osc.x, 1000 * sizeof(float));
  assert_memory_equal(one.carriers.osc.slot, two.carriers.osc.slot, 1000);
  bench_close(&one);
  bench_close(&two);
}

static void test_reset_equals_fresh_init(void** state)
{
  (void)state;
  Bench one;
  Bench two;
  bench_open(&one, 300, 4);
  bench_open(&two, 300, 4);
  bench_chord(&one, c_major_hz, NULL, 3);
  bench_chord(&two, c_major_hz, NULL, 3);
  fiq_anneal_scatter(&one.carriers);
  for (int i = 0; i < 37; ++i) {
    fiq_anneal_step(&one.carriers, &one.params, &one.target, 300, 0.01f);
  }
  fiq_anneal_reset(&one.carriers, 4);
  fiq_anneal_scatter(&one.carriers);
  fiq_anneal_scatter(&two.carriers);
  bench_anneal(&one, 300);
  bench_anneal(&two, 300);
  assert_memory_equal(one.carriers.osc.x, two.carriers.osc.x, 300 * sizeof(float));
  bench_close(&one);
  bench_close(&two);
}

/// Mean residual at p = 0.2, and where all are; shares must be exact at the end.
static double early_residual(FiqSharpness mode, float curve, float sharpness, float x[1000])
{
  Bench bench;
  bench_open(&bench, 1000, 8);
  bench.params.sharpness_mode = mode;
  bench.params.curve          = curve;
  bench.params.sharpness      = sharpness;
  const float mass[3]         = {4.0f, 2.0f, 2.0f};
  bench_chord(&bench, c_major_hz, mass, 3);
  bench.target.coherence[0] = 1.0f;
  fiq_anneal_scatter(&bench.carriers);
  double half = 0.0;
  for (int step = 0; step < 100; ++step) {
    fiq_anneal_step(&bench.carriers, &bench.params, &bench.target, 1000, 0.01f);
    if (step == 20) {
      half = (double)bench.carriers.schedule.residual;
      memcpy(x, bench.carriers.osc.x, 1000 * sizeof *x);
    }
  }
  assert_int_equal(bench.carriers.osc.n_hot, 0);
  assert_int_equal(bench.carriers.transport.settled[0], 500);
  assert_int_equal(bench.carriers.transport.settled[1], 250);
  assert_int_equal(bench.carriers.transport.settled[2], 250);
  assert_true(bench.carriers.schedule.residual < 0.1f);
  bench_close(&bench);
  return half;
}

static void test_sharpness_modes_and_curve_shape_the_flight(void** state)
{
  (void)state;
  float  plain_x[1000];
  float  x[1000];
  double mode[4];
  mode[0] = early_residual(FIQ_SHARPNESS_SCHEDULE, 0.0f, 1.0f, plain_x);
  for (int i = 1; i < 4; ++i) {
    mode[i]    = early_residual((FiqSharpness)i, 0.0f, 1.0f, x);
    double sum = 0.0;
    for (int k = 0; k < 1000; ++k) {
      sum += (double)((x[k] - plain_x[k]) * (x[k] - plain_x[k]));
    }
    print_message(
        "mode %d at p = 0.2: residual %.2f Hz (schedule %.2f), oscillators %.2f Hz apart\n", i,
        mode[i], mode[0], sqrt(sum / 1000.0));
    assert_true(sqrt(sum / 1000.0) > 0.5);
  }
  const double early = early_residual(FIQ_SHARPNESS_SCHEDULE, -0.5f, 20.0f, x);
  const double plain = early_residual(FIQ_SHARPNESS_SCHEDULE, 0.0f, 20.0f, x);
  const double late  = early_residual(FIQ_SHARPNESS_SCHEDULE, 0.5f, 20.0f, x);
  print_message("residual by curve -1/2, 0, 1/2: %.2f %.2f %.2f Hz\n", early, plain, late);
  assert_true(early < 0.8 * plain && late > 1.25 * plain);
}

/// Mean distance from the nearest carrier at p = 0.7, and the largest way of a step when the anneal is over.
static double softly(float sharpness, double* last_way)
{
  enum { N = 1000, STEPS = 1000 };
  static const float two_hz[2] = {261.63f, 392.0f};
  static float       x[N];
  Bench              bench;
  bench_open(&bench, N, 4);
  bench.params.sharpness = sharpness;
  bench.params.balance   = 0.0f;
  bench_chord(&bench, two_hz, NULL, 2);
  fiq_anneal_scatter(&bench.carriers);
  double early = 0.0;
  *last_way    = 0.0;
  for (int step = 1; step <= STEPS + 20; ++step) {
    memcpy(x, bench.carriers.osc.x, sizeof x);
    fiq_anneal_step(&bench.carriers, &bench.params, &bench.target, N, 0.001f);
    for (uint32_t i = 0; i < N; ++i) {
      const double here = (double)bench.carriers.osc.x[i];
      const double away = fmin(fabs(here - (double)two_hz[0]), fabs(here - (double)two_hz[1]));
      early += step == 700 ? away / N : 0.0;
      *last_way = step >= STEPS ? fmax(*last_way, fabs(here - (double)x[i])) : *last_way;
    }
  }
  bench_close(&bench);
  return early;
}

/// Low sharpness lingers between the carriers; in the end all choose before they settle.
static void test_low_sharpness_lingers_and_chooses_in_the_end(void** state)
{
  (void)state;
  static const float sharpness[3] = {0.01f, 0.03f, 20.0f};
  double             early[3];
  for (int i = 0; i < 3; ++i) {
    double last_way = 0.0;
    early[i]        = softly(sharpness[i], &last_way);
    print_message("sharpness %5.2f: %.2f Hz off at p = 0.7, at most %.3f Hz a step after the end\n",
                  (double)sharpness[i], early[i], last_way);
    assert_true(last_way < 0.1);
  }
  assert_true(early[0] > 4.0 * early[1] && early[1] > 1.3 * early[2]);
}

/// At a temperature the settled tremble, yet nobody changes sides.
static void test_temperature_keeps_shares(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 3000, 8);
  bench.params.temperature = 0.5f;
  bench_chord(&bench, c_major_hz, NULL, 3);
  fiq_anneal_scatter(&bench.carriers);
  bench_anneal(&bench, 3000);
  bench_anneal(&bench, 3000);
  const double want = 50.0 * 0.5 * 0.05 / sqrt(1.0 - 0.45 * 0.45) * sqrt(2.0 / 3.14159265358979);
  print_message("mean residual at temperature 0.5: %.3f Hz, expected %.3f\n",
                (double)bench.carriers.schedule.residual, want);
  assert_true(fabs((double)bench.carriers.schedule.residual / want - 1.0) < 0.05);
  for (int k = 0; k < 3; ++k) {
    assert_int_equal(bench.carriers.transport.settled[k], 1000);
  }
  bench_close(&bench);
}

/// With short steps, of which chunks take eight at once, the outcome is the same.
static void test_short_steps_track_and_balance(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 20000, 6);
  bench_chord(&bench, c_major_hz, NULL, 3);
  fiq_anneal_scatter(&bench.carriers);
  uint32_t turn = 0;
  for (int i = 0; i < 1010; ++i) {
    fiq_anneal_step(&bench.carriers, &bench.params, &bench.target, 20000, 0.001f);
    turn =
        bench.carriers.schedule.update_steps > turn ? bench.carriers.schedule.update_steps : turn;
  }
  assert_int_equal(turn, FIQ_ANNEAL_UPDATE_STEPS_MAX);
  assert_int_equal(bench.carriers.osc.n_hot, 0);
  print_message("steps of 1 ms: residual %.4f Hz\n", (double)bench.carriers.schedule.residual);
  assert_true(bench.carriers.schedule.residual <= 0.03f);
  assert_true(bench.carriers.schedule.imbalance < 1.001f);
  for (int i = 0; i < 200; ++i) {
    bench.target.x[1] += 0.1f;
    fiq_anneal_step(&bench.carriers, &bench.params, &bench.target, 20000, 0.001f);
  }
  float worst = 0.0f;
  for (uint32_t i = 0; i < 20000; ++i) {
    worst = fmaxf(worst, fabsf(bench.carriers.osc.x[i] -
                               bench.carriers.carriers.now[bench.carriers.osc.slot[i]]));
  }
  print_message("after a glide of 20 Hz at 100 Hz/s: at most %.3f Hz behind\n", (double)worst);
  assert_true(worst < 0.01f);
  bench_close(&bench);
}

static void test_who_joins_at_rest_stays_on_its_carrier(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 1024, 3);
  bench_chord(&bench, c_major_hz, NULL, 3);
  // Most leave in the middle of a flight with short steps, and come back when the others have arrived.
  const float period_s = 1.0f / 750.0f;
  fiq_anneal_scatter(&bench.carriers);
  for (int step = 0; step < 3000; ++step) {
    fiq_anneal_step(&bench.carriers, &bench.params, &bench.target, step < 100 ? 1024 : 64,
                    period_s);
  }
  double worst = 0.0;
  for (int step = 0; step < 20; ++step) {
    fiq_anneal_step(&bench.carriers, &bench.params, &bench.target, 1024, period_s);
    for (uint32_t i = 0; i < 1024; ++i) {
      const float carrier = bench.carriers.carriers.now[bench.carriers.osc.slot[i]];
      worst               = fmax(worst, fabs((double)(bench.carriers.osc.x[i] - carrier)));
    }
  }
  print_message("who joins strays by %.3g Hz at most\n", worst);
  assert_true(worst < 0.001);
  bench_close(&bench);
}

static void test_small_arena_is_refused(void** state)
{
  (void)state;
  FiqAnneal carriers;
  FiqArena  ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_anneal_init(&carriers, &ruler, 500), FIQ_NO_MEMORY);
  FiqArena arena = support_arena(ruler.used_bytes);
  for (size_t size = 0; size < ruler.used_bytes; size += 4096) {
    FiqArena small = {arena.base, size, 0};
    assert_int_equal(fiq_anneal_init(&carriers, &small, 500), FIQ_NO_MEMORY);
  }
  assert_int_equal(fiq_anneal_init(&carriers, &arena, 500), FIQ_OK);
  assert_int_equal(fiq_anneal_init(&carriers, &ruler, 0), FIQ_BAD_ARGUMENT);
  support_arena_free(&arena);
}

static uint32_t count_hot(const FiqAnneal* carriers)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < carriers->osc.n; ++i) {
    n += carriers->osc.state[i] == FIQ_OSCILLATOR_HOT;
  }
  return n;
}

static void step_many(Bench* bench, uint32_t n_osc, int n_steps)
{
  for (int i = 0; i < n_steps; ++i) {
    fiq_anneal_step(&bench->carriers, &bench->params, &bench->target, n_osc, 1.0f / 750.0f);
    memset(bench->target.fresh, 0, sizeof bench->target.fresh);
  }
}

static void add_carrier(Bench* bench, int k, float x)
{
  bench->target.x[k]     = x;
  bench->target.mass[k]  = 1.0f;
  bench->target.fresh[k] = true;
}

static void test_a_plan_is_carried_out_over_the_steps_of_a_turn(void** state)
{
  (void)state;
  enum { N = 10000, SECONDS = 750 };
  Bench bench;
  bench_open(&bench, N, 3);
  bench_chord(&bench, c_major_hz, NULL, 3);
  fiq_anneal_scatter(&bench.carriers);
  step_many(&bench, N, 2 * SECONDS);
  assert_int_equal(count_hot(&bench.carriers), 0);
  add_carrier(&bench, 3, 523.25f);
  step_many(&bench, N, 1);
  const uint32_t planned = bench.carriers.osc.n_next_hot;
  const uint32_t at_once = count_hot(&bench.carriers);
  assert_true(at_once > planned / 16 && at_once < planned / 4);
  // The next one comes before all have left for this one.
  step_many(&bench, N, 3);
  assert_true(count_hot(&bench.carriers) < planned);
  add_carrier(&bench, 4, 783.99f);
  step_many(&bench, N, 8);
  assert_int_equal(count_hot(&bench.carriers), bench.carriers.osc.n_hot);
  step_many(&bench, N, 2 * SECONDS);
  uint32_t count[FIQ_CARRIERS_MAX];
  fiq_anneal_count(&bench.carriers, count);
  for (int k = 0; k < 5; ++k) {
    assert_int_equal(count[k], N / 5);
  }
  assert_int_equal(bench.carriers.osc.n_hot, 0);
  bench_close(&bench);
}

/// The numbers that plans are made from, against a count of all.
static void check_counts(const FiqAnneal* carriers)
{
  uint32_t count[FIQ_CARRIERS_MAX] = {0};
  uint32_t n_hot                   = 0;
  for (uint32_t i = 0; i < carriers->osc.n; ++i) {
    n_hot += carriers->osc.state[i] == FIQ_OSCILLATOR_HOT;
    count[carriers->osc.slot[i]] += carriers->osc.state[i] == FIQ_OSCILLATOR_SETTLED;
  }
  assert_int_equal(carriers->osc.n_hot, n_hot);
  assert_memory_equal(carriers->transport.settled, count, sizeof count);
}

/// Plans, and more or fewer oscillators, at any moment of a pass of sorting, binding or settling.
static void test_counts_hold_while_plans_cut_into_one_another(void** state)
{
  (void)state;
  enum { LARGE = 2000, SMALL = 1200 };
  Bench     bench;
  FiqRandom random;
  fiq_random_init(&random, 11, 0);
  bench_open(&bench, LARGE, 3);
  bench_chord(&bench, c_major_hz, NULL, 3);
  fiq_anneal_scatter(&bench.carriers);
  uint32_t n_osc      = LARGE;
  uint32_t n_pass[4]  = {0};
  uint32_t n_cut_into = 0;
  for (int step = 0; step < 60000; ++step) {
    const bool     cut = bench.carriers.pass.kind != FIQ_ANNEAL_NO_PASS;
    const uint32_t die = fiq_random_bits(&random) % (cut ? 60u : 1200u);
    const uint32_t k   = fiq_random_bits(&random) % 6u;
    n_pass[bench.carriers.pass.kind] += 1;
    if (die == 0) {
      bench.target.x[k]     = 100.0f + 900.0f * fiq_random_uniform(&random);
      bench.target.mass[k]  = 0.5f + fiq_random_uniform(&random);
      bench.target.fresh[k] = true;
      n_cut_into += cut;
    } else if (die == 1 && k > 0) {
      n_cut_into += cut && bench.target.mass[k] > 0.0f;
      bench.target.mass[k] = 0.0f;
    } else if (die == 2 && k == 0) {
      n_osc = n_osc == LARGE ? SMALL : LARGE;
    }
    step_many(&bench, n_osc, 1);
    check_counts(&bench.carriers);
  }
  print_message("steps without a pass %u, sorting %u, binding %u, settling %u; cut into %u times\n",
                n_pass[0], n_pass[1], n_pass[2], n_pass[3], n_cut_into);
  assert_true(n_pass[1] > 50 && n_pass[2] > 50 && n_pass[3] > 50 && n_cut_into > 20);
  step_many(&bench, n_osc, 1000);
  check_counts(&bench.carriers);
  assert_int_equal(bench.carriers.osc.n_hot, 0);
  assert_memory_equal(bench.carriers.transport.settled, bench.carriers.transport.share,
                      sizeof bench.carriers.transport.share);
  bench_close(&bench);
}

/// Out of silence every carrier has its part of the cloud, and nobody sets off before the turn of its chunk.
static void test_the_strewn_rest_in_the_parts_of_their_carriers(void** state)
{
  (void)state;
  enum { N = 5000 };
  const float  mass[3] = {1.0f, 2.0f, 1.0f};
  const float  end[4]  = {20.0f, 265.0f, 755.0f, 1000.0f};
  static float x[N];
  Bench        bench;
  bench_open(&bench, N, 3);
  bench_chord(&bench, c_major_hz, mass, 3);
  fiq_anneal_scatter(&bench.carriers);
  step_many(&bench, N, 1);
  uint32_t count[FIQ_CARRIERS_MAX];
  fiq_anneal_count(&bench.carriers, count);
  for (uint32_t i = 0; i < N; ++i) {
    const uint8_t k = bench.carriers.osc.slot[i];
    x[i]            = bench.carriers.osc.x[i];
    assert_true(x[i] >= end[k] - 0.01f && x[i] <= end[k + 1] + 0.01f);
  }
  for (int k = 0; k < 3; ++k) {
    assert_true(fabs((double)count[k] / (double)mass[k] - N / 4.0) < 0.02 * N / 4.0);
  }
  for (uint32_t step = 1; step <= bench.carriers.schedule.update_steps; ++step) {
    step_many(&bench, N, 1);
    uint32_t moved = 0;
    for (uint32_t i = 0; i < N; ++i) {
      moved += fabsf(bench.carriers.osc.x[i] - x[i]) > 0.0f;
    }
    const double part = (double)step / (double)bench.carriers.schedule.update_steps;
    assert_true(fabs((double)moved / N - part) < 0.02);
  }
  assert_true(bench.carriers.schedule.update_steps > 1);
  bench_close(&bench);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reference_softmax),
      cmocka_unit_test(test_field_equals_direct_softmax),
      cmocka_unit_test(test_reference_anneal_is_balanced),
      cmocka_unit_test(test_balance_zero_is_plain_softmax),
      cmocka_unit_test(test_masses_give_shares_at_every_size),
      cmocka_unit_test(test_residual_vanishes_after_the_anneal),
      cmocka_unit_test(test_only_those_who_must_are_heated),
      cmocka_unit_test(test_random_play_keeps_shares_and_oscillators),
      cmocka_unit_test(test_sharpness_modes_and_curve_shape_the_flight),
      cmocka_unit_test(test_low_sharpness_lingers_and_chooses_in_the_end),
      cmocka_unit_test(test_temperature_keeps_shares),
      cmocka_unit_test(test_short_steps_track_and_balance),
      cmocka_unit_test(test_both_builds_give_the_same_bits),
      cmocka_unit_test(test_reset_equals_fresh_init),
      cmocka_unit_test(test_who_joins_at_rest_stays_on_its_carrier),
      cmocka_unit_test(test_small_arena_is_refused),
      cmocka_unit_test(test_a_plan_is_carried_out_over_the_steps_of_a_turn),
      cmocka_unit_test(test_counts_hold_while_plans_cut_into_one_another),
      cmocka_unit_test(test_the_strewn_rest_in_the_parts_of_their_carriers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
