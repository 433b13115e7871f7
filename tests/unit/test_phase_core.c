// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the phase core is the network and nothing else while its helpers are off, gives smooth phases at every tick, and
// each helper does its work. Method: the same network stepped by itself, free rotation as a closed form, and long
// runs with one helper at a time.
#include "dsp/base/maths.h"
#include "dsp/phase/phase_core.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

static const float period_s     = 32.0f / 48000.0f;
static const float spread_rad_s = 1.884955592f; // 0.3 Hz

typedef struct {
  FiqPhaseCore core;
  FiqArena     arena;
} Bench;

static Bench bench_with(uint32_t n_osc_max, uint32_t ticks_per_step)
{
  Bench                    bench;
  const FiqPhaseCoreConfig config = {
      .n_osc_max = n_osc_max, .ticks_per_step = ticks_per_step, .period_s = period_s};
  bench.arena = support_arena((size_t)1 << 17);
  memset(&bench.core, 0, sizeof bench.core);
  assert_int_equal(fiq_phase_core_init(&bench.core, &bench.arena, &config), FIQ_OK);
  return bench;
}

static Bench bench_new(uint32_t n_osc_max)
{
  return bench_with(n_osc_max, FIQ_PHASE_CORE_TICKS);
}

static FiqPhaseCoreParams params_of(uint32_t n, float coupling)
{
  return (FiqPhaseCoreParams){.n_osc        = n,
                              .coupling     = coupling,
                              .speed        = 1.0f,
                              .centre_rad_s = 1.256637061f,
                              .spread_rad_s = spread_rad_s,
                              .order_low    = 0.8f,
                              .order_high   = 0.95f,
                              .uncertainty  = 0.5f};
}

static double wrap(double x)
{
  return x - 6.283185307179586 * rint(x / 6.283185307179586);
}

static void ticks(FiqPhaseCore* core, const FiqPhaseCoreParams* params, int n)
{
  for (int i = 0; i < n; ++i) {
    fiq_phase_core_tick(core, params);
  }
}

static void test_plain_it_is_the_network_bit_for_bit(void** state)
{
  (void)state;
  const uint32_t sizes[] = {1, 2, 16, 64, 100, 256, 300, 1000};
  for (int s = 0; s < 8; ++s) {
    const uint32_t          n       = sizes[s];
    const int               n_ticks = n > FIQ_PHASE_CORE_LARGE ? 8 * FIQ_PHASE_CORE_LONG : 8;
    Bench                   bench   = bench_new(n);
    FiqArena                arena   = support_arena((size_t)1 << 17);
    const FiqKuramotoConfig config  = {.n_osc_max = n};
    FiqKuramoto             network;
    float                   theta[1000];
    assert_int_equal(fiq_kuramoto_init(&network, &arena, &config), FIQ_OK);
    fiq_phase_core_reset(&bench.core, 17);
    fiq_kuramoto_reset(&network, 17);
    for (int i = 0; i < 300; ++i) {
      FiqPhaseCoreParams params     = params_of(n, (float)(i % 100) * 0.1f - 2.0f);
      params.distribution           = i / 100 & 1;
      params.lag_rad                = 0.2f;
      params.field_re               = i > 200 ? 1.0f : 0.0f;
      params.speed                  = 1.0f + (float)(i / 150);
      const FiqKuramotoParams plain = {.n_osc        = n,
                                       .coupling     = params.coupling,
                                       .lag_rad      = 0.2f,
                                       .speed        = params.speed,
                                       .centre_rad_s = params.centre_rad_s,
                                       .gamma_rad_s  = spread_rad_s,
                                       .distribution = params.distribution,
                                       .field_re     = params.field_re};
      ticks(&bench.core, &params, n_ticks);
      fiq_kuramoto_step(&network, &plain, (float)n_ticks * period_s);
      fiq_phase_core_phases(&bench.core, theta, n);
      assert_memory_equal(theta, network.theta_rad, n * sizeof(float));
      assert_memory_equal(&bench.core.order, &network.order, sizeof(float));
      assert_memory_equal(&bench.core.psi_rad, &network.psi_rad, sizeof(float));
      assert_memory_equal(&bench.core.coupling, &params.coupling, sizeof(float));
      assert_true(bench.core.noise_rad_s <= 0.0f);
    }
    support_arena_free(&arena);
    support_arena_free(&bench.arena);
  }
}

static void test_phases_turn_evenly_at_any_rate(void** state)
{
  (void)state;
  // Without coupling the phase at every tick is known, up to 10 Hz at speed 10 and 50 Hz of spread.
  const uint32_t sizes[] = {16, 100, 1000};
  for (int s = 0; s < 3; ++s) {
    Bench              bench  = bench_new(sizes[s]);
    FiqPhaseCoreParams params = params_of(sizes[s], 0.0f);
    double             worst  = 0.0;
    float              start[1000];
    float              theta[1000];
    params.centre_rad_s = 62.8318531f;
    params.spread_rad_s = 31.4159265f;
    params.speed        = 10.0f;
    fiq_phase_core_phases(&bench.core, start, sizes[s]);
    for (int i = 1; i <= 1500; ++i) {
      fiq_phase_core_tick(&bench.core, &params);
      fiq_phase_core_phases(&bench.core, theta, sizes[s]);
      for (uint32_t j = 0; j < sizes[s]; ++j) {
        const double rate =
            10.0 * (62.8318531 + 31.4159265 * (double)bench.core.network.uniform[j]);
        const double should = (double)start[j] + rate * (double)period_s * i;
        worst               = fmax(worst, fabs(wrap((double)theta[j] - should)));
      }
    }
    print_message("N %4u at 100 Hz +- 50: worst error at any tick of a second %.1e rad\n", sizes[s],
                  worst);
    assert_true(worst < 2e-3);
    support_arena_free(&bench.arena);
  }
}

static void test_phases_between_steps_are_near_those_of_finer_steps(void** state)
{
  (void)state;
  // What is heard of steps of 8 ticks in place of 1: how far phases stray, relative to their mean.
  static const struct {
    float coupling;
    float speed;
    float rate_hz;
  } row[] = {{2.0f, 1.0f, 0.2f}, {10.0f, 1.0f, 0.2f}, {2.0f, 10.0f, 10.0f}, {10.0f, 10.0f, 10.0f}};
  for (int r = 0; r < 4; ++r) {
    Bench              coarse = bench_with(16, 8);
    Bench              fine   = bench_with(16, 1);
    FiqPhaseCoreParams params = params_of(16, row[r].coupling);
    double             worst  = 0.0;
    float              a[16];
    float              b[16];
    params.speed        = row[r].speed;
    params.centre_rad_s = FIQ_TWO_PI_F * row[r].rate_hz;
    fiq_phase_core_reset(&coarse.core, 2);
    fiq_phase_core_reset(&fine.core, 2);
    for (int i = 0; i < 3000; ++i) {
      fiq_phase_core_tick(&coarse.core, &params);
      fiq_phase_core_tick(&fine.core, &params);
      fiq_phase_core_phases(&coarse.core, a, 16);
      fiq_phase_core_phases(&fine.core, b, 16);
      for (int j = 0; j < 16; ++j) {
        worst = fmax(worst, fabs(wrap((double)(a[j] - b[j]))));
      }
    }
    print_message("K %2.0f, speed %2.0f, %4.1f Hz: 8 ticks a step stray %.1e rad from 1\n",
                  (double)row[r].coupling, (double)row[r].speed, (double)row[r].rate_hz, worst);
    assert_true(worst < (row[r].speed > 1.0f ? 0.06 : 1e-3));
    support_arena_free(&coarse.arena);
    support_arena_free(&fine.arena);
  }
}

/// Largest way of a phase within a tick over `n` ticks, beyond that of the centre.
static double largest_leap(FiqPhaseCore* core, const FiqPhaseCoreParams* params, int n,
                           uint32_t n_consumers, float* theta)
{
  double       worst = 0.0;
  const double even  = (double)(params->centre_rad_s * params->speed * period_s);
  float        next[1000];
  for (int i = 0; i < n; ++i) {
    fiq_phase_core_tick(core, params);
    fiq_phase_core_phases(core, next, n_consumers);
    for (uint32_t j = 0; j < n_consumers; ++j) {
      worst    = fmax(worst, fabs(wrap((double)next[j] - (double)theta[j] - even)));
      theta[j] = next[j];
    }
  }
  return worst;
}

static void test_nothing_jumps_when_anything_changes(void** state)
{
  (void)state;
  const uint32_t     sizes[] = {16, 17, 3, 64, 300, 200, 1000, 1, 16};
  Bench              bench   = bench_new(1000);
  FiqPhaseCoreParams params  = params_of(16, 2.0f);
  float              theta[1000];
  double             worst = 0.0;
  ticks(&bench.core, &params, 8);
  fiq_phase_core_phases(&bench.core, theta, 64);
  for (int i = 0; i < 9; ++i) {
    params.n_osc        = sizes[i];
    params.coupling     = i % 2 ? 10.0f : -2.0f;
    params.regulated    = i % 3 == 1;
    params.stabilised   = i % 4 == 1;
    params.distribution = i & 1;
    worst               = fmax(worst, largest_leap(&bench.core, &params, 700 + 3 * i, 64, theta));
  }
  print_message("other sizes, couplings, helpers: the largest way in a tick is %.3f rad\n", worst);
  // Half a turn within 0.1 s has 0.031 rad a tick at its steepest, and K adds 0.02.
  assert_true(worst < 0.08);
  support_arena_free(&bench.arena);
}

static void test_consumers_take_oscillators_in_turn(void** state)
{
  (void)state;
  Bench                    bench  = bench_new(64);
  const FiqPhaseCoreParams params = params_of(7, 2.0f);
  float                    theta[100];
  for (int i = 0; i < 333; ++i) {
    fiq_phase_core_tick(&bench.core, &params);
  }
  fiq_phase_core_phases(&bench.core, theta, 100);
  for (int i = 7; i < 100; ++i) {
    assert_true(fabsf(theta[i] - theta[i - 7]) <= 0.0f);
  }
  float few[3];
  fiq_phase_core_phases(&bench.core, few, 3);
  assert_memory_equal(few, theta, sizeof few);
  support_arena_free(&bench.arena);
}

static void test_steps_are_due_every_eighth_tick_at_any_size(void** state)
{
  (void)state;
  const uint32_t sizes[] = {16, 1000};
  for (int s = 0; s < 2; ++s) {
    Bench                    bench  = bench_new(1000);
    const FiqPhaseCoreParams params = params_of(sizes[s], 2.0f);
    for (int i = 0; i < 100; ++i) {
      assert_int_equal(fiq_phase_core_is_due(&bench.core), i % 8 == 0);
      fiq_phase_core_tick(&bench.core, &params);
    }
    support_arena_free(&bench.arena);
  }
}

static void test_what_is_told_moves_step_by_step_at_any_size(void** state)
{
  (void)state;
  const uint32_t sizes[] = {16, 1000};
  for (int s = 0; s < 2; ++s) {
    Bench              bench  = bench_new(1000);
    FiqPhaseCoreParams params = params_of(sizes[s], 6.0f);
    const double       turn   = 60.0 * 8.0 * (double)period_s;
    double             worst  = 0.0;
    params.centre_rad_s       = 60.0f;
    ticks(&bench.core, &params, 30000);
    for (int i = 0; i < 200; ++i) {
      const double before = (double)bench.core.psi_rad;
      ticks(&bench.core, &params, 8);
      worst = fmax(worst, fabs(wrap((double)bench.core.psi_rad - before - turn)));
    }
    print_message("locked N %4u at 9.5 Hz: psi moves evenly within %.1e rad a step\n", sizes[s],
                  worst);
    // The mean of the rates of 16 is not quite the centre.
    assert_true(worst < 8.0 * (double)period_s);
    assert_true(fabsf(bench.core.coupling_ratio - 6.0f / (1.27323954f * spread_rad_s)) < 1e-3f);
    assert_int_equal(bench.core.class_, FIQ_STABILITY_STABLE);
    assert_true(bench.core.uncertainty > 0.0f && bench.core.uncertainty < 0.6f);
    support_arena_free(&bench.arena);
  }
}

static void test_regulated_it_stays_in_the_zone(void** state)
{
  (void)state;
  const uint32_t sizes[] = {16, 256, 1000};
  for (int s = 0; s < 3; ++s) {
    for (int distribution = 0; distribution < 2; ++distribution) {
      double least = 1.0;
      for (uint64_t seed = 1; seed <= 5; ++seed) {
        Bench              bench  = bench_new(sizes[s]);
        FiqPhaseCoreParams params = params_of(sizes[s], 2.0f);
        int                n_in   = 0;
        params.regulated          = true;
        params.distribution       = distribution;
        fiq_phase_core_reset(&bench.core, seed);
        ticks(&bench.core, &params, 7500);
        for (int i = 0; i < 60000; ++i) {
          fiq_phase_core_tick(&bench.core, &params);
          n_in += bench.core.order >= 0.8f && bench.core.order <= 0.95f;
        }
        least = fmin(least, n_in / 60000.0);
        assert_true(bench.core.zone_share > 0.6f);
        support_arena_free(&bench.arena);
      }
      print_message("N %4u %s: in the zone %.1f %% of 40 s at least\n", sizes[s],
                    distribution ? "normal " : "uniform", 100.0 * least);
      assert_true(least > 0.9);
    }
  }
}

static void test_one_regulated_oscillator_does_not_run_away(void** state)
{
  (void)state;
  Bench              bench  = bench_new(16);
  FiqPhaseCoreParams params = params_of(1, 2.0f);
  params.regulated          = true;
  ticks(&bench.core, &params, 30000);
  assert_true(fabsf(bench.core.coupling - 2.0f) <= 0.0f);
  assert_true(bench.core.noise_rad_s <= 0.0f);
  assert_int_equal(bench.core.action, FIQ_REGULATOR_COAST);
  support_arena_free(&bench.arena);
}

/// Largest distance of any phase between two settings, started alike, within 20 s.
static double difference(const FiqPhaseCoreParams* a, const FiqPhaseCoreParams* b)
{
  Bench  one   = bench_new(a->n_osc);
  Bench  two   = bench_new(a->n_osc);
  double worst = 0.0;
  float  theta[2][1000];
  for (int i = 0; i < 30000; ++i) {
    fiq_phase_core_tick(&one.core, a);
    fiq_phase_core_tick(&two.core, b);
    fiq_phase_core_phases(&one.core, theta[0], a->n_osc);
    fiq_phase_core_phases(&two.core, theta[1], a->n_osc);
    for (uint32_t j = 0; j < a->n_osc; ++j) {
      worst = fmax(worst, fabs(wrap((double)(theta[0][j] - theta[1][j]))));
    }
  }
  support_arena_free(&one.arena);
  support_arena_free(&two.arena);
  return worst;
}

static void test_every_helper_moves_the_phases_at_some_setting(void** state)
{
  (void)state;
  const FiqPhaseCoreParams drifting = params_of(16, 2.0f);
  const FiqPhaseCoreParams locked   = params_of(16, 6.0f);
  FiqPhaseCoreParams       other    = drifting;
  assert_true(difference(&drifting, &drifting) <= 0.0);
  other.regulated                    = true;
  const double regulator             = difference(&drifting, &other);
  other                              = drifting;
  other.stabilised                   = true;
  const double stability             = difference(&drifting, &other);
  other                              = locked;
  other.resonance                    = 0.3f;
  const double             resonance = difference(&locked, &other);
  const FiqPhaseCoreParams free      = params_of(16, 0.5f);
  other                              = free;
  other.resonance                    = 1.0f;
  const double nothing               = difference(&free, &other);
  other                              = drifting;
  other.field_im                     = 0.5f;
  const double field                 = difference(&drifting, &other);
  print_message("phases move by %.2f rad when regulated, %.2f stabilised, %.2f by resonance where "
                "locked, %.2f by a field; "
                "%.2f by resonance where nothing repeats\n",
                regulator, stability, resonance, field, nothing);
  assert_true(regulator > 0.5 && stability > 0.1 && resonance > 0.1 && field > 0.1);
  assert_true(nothing <= 0.0);
}

static void test_resonance_unlocks_and_warning_and_factors_are_told(void** state)
{
  (void)state;
  Bench              bench    = bench_new(16);
  FiqPhaseCoreParams params   = params_of(16, 6.0f);
  int                n_active = 0;
  int                n_quiet  = 0;
  params.resonance            = 1.0f;
  for (int i = 0; i < 45000; ++i) {
    fiq_phase_core_tick(&bench.core, &params);
    assert_true((bench.core.resonance_rad_s > 0.0f) == bench.core.resonance.is_active ||
                i % 8 != 0);
    n_active += bench.core.resonance_rad_s > 0.0f;
    n_quiet += bench.core.resonance_rad_s <= 0.0f;
  }
  print_message("locked at K 6 with resonance: shaken %.0f %% of the time\n", n_active / 450.0);
  assert_true(n_active > 4500 && n_quiet > 4500);
  params.resonance = 0.0f;
  ticks(&bench.core, &params, 15000);
  assert_true(bench.core.temperature >= 1.0f && bench.core.temperature <= 1.0f);
  params.stabilised = true;
  ticks(&bench.core, &params, 30000);
  assert_true(bench.core.temperature > 1.3f && bench.core.restraint > 0.99f);
  bool  is_warned = false;
  float order     = 0.0f;
  for (int i = 0; i < 60000 && !is_warned; ++i) {
    params.coupling = 6.0f - 5.0f * (float)i / 60000.0f;
    fiq_phase_core_tick(&bench.core, &params);
    is_warned = bench.core.is_warned;
    order     = bench.core.order;
    assert_true((bench.core.confidence > 0.0f) == is_warned);
  }
  print_message("K falls from 6 to 1 within 40 s: warned at K %.2f, R %.2f, confidence %.2f\n",
                (double)params.coupling, (double)order, (double)bench.core.confidence);
  assert_true(is_warned && order > 0.75f);
  support_arena_free(&bench.arena);
}

static void test_switching_helpers_off_leads_back_to_the_users_coupling(void** state)
{
  (void)state;
  Bench              bench  = bench_new(16);
  FiqPhaseCoreParams params = params_of(16, 7.0f);
  params.regulated          = true;
  params.stabilised         = true;
  params.resonance          = 1.0f;
  ticks(&bench.core, &params, 30000);
  assert_true(bench.core.coupling < 6.5f);
  params.regulated  = false;
  params.stabilised = false;
  params.resonance  = 0.0f;
  ticks(&bench.core, &params, 15000);
  assert_true(fabsf(bench.core.coupling - 7.0f) <= 0.0f);
  assert_true(bench.core.noise_rad_s <= 0.0f);
  assert_true(fabsf(bench.core.temperature - 1.0f) <= 0.0f);
  support_arena_free(&bench.arena);
}

static FiqPhaseCoreParams busy_params(int i)
{
  FiqPhaseCoreParams params = params_of(i / 2000 % 2 ? 300 : 16, 2.0f + (float)(i / 1000));
  params.regulated          = i / 500 % 2 == 1;
  params.stabilised         = i / 700 % 2 == 1;
  params.resonance          = i / 900 % 2 ? 1.0f : 0.0f;
  params.field_re           = i / 1100 % 2 ? 0.5f : 0.0f;
  return params;
}

static void test_equal_seeds_give_equal_phases(void** state)
{
  (void)state;
  Bench a = bench_new(300);
  Bench b = bench_new(300);
  Bench c = bench_new(300);
  float theta[3][300];
  // One of them has a past.
  for (int i = 0; i < 3001; ++i) {
    const FiqPhaseCoreParams params = busy_params(i);
    fiq_phase_core_tick(&a.core, &params);
  }
  fiq_phase_core_reset(&a.core, 5);
  fiq_phase_core_reset(&b.core, 5);
  fiq_phase_core_reset(&c.core, 6);
  for (int i = 0; i < 5000; ++i) {
    const FiqPhaseCoreParams params = busy_params(i);
    fiq_phase_core_tick(&a.core, &params);
    fiq_phase_core_tick(&b.core, &params);
    fiq_phase_core_tick(&c.core, &params);
    fiq_phase_core_phases(&a.core, theta[0], 300);
    fiq_phase_core_phases(&b.core, theta[1], 300);
    fiq_phase_core_phases(&c.core, theta[2], 300);
    assert_memory_equal(theta[0], theta[1], sizeof theta[0]);
    assert_memory_not_equal(theta[0], theta[2], sizeof theta[0]);
  }
  support_arena_free(&a.arena);
  support_arena_free(&b.arena);
  support_arena_free(&c.arena);
}

static void test_adopting_goes_on_where_the_old_one_was(void** state)
{
  (void)state;
  for (uint32_t capacity = 300; capacity <= 1000; capacity += 700) {
    Bench old  = bench_new(300);
    Bench next = bench_new(capacity);
    float theta[2][300];
    for (int i = 0; i < 1413; ++i) {
      const FiqPhaseCoreParams params = busy_params(i);
      fiq_phase_core_tick(&old.core, &params);
    }
    fiq_phase_core_adopt(&next.core, &old.core);
    for (int i = 1413; i < 5000; ++i) {
      const FiqPhaseCoreParams params = busy_params(i);
      fiq_phase_core_phases(&old.core, theta[0], 64);
      fiq_phase_core_phases(&next.core, theta[1], 64);
      assert_memory_equal(theta[0], theta[1], 64 * sizeof(float));
      fiq_phase_core_tick(&old.core, &params);
      fiq_phase_core_tick(&next.core, &params);
    }
    support_arena_free(&old.arena);
    support_arena_free(&next.arena);
  }
  // Into a smaller one: what there is room for.
  Bench                    old   = bench_new(300);
  Bench                    small = bench_new(10);
  const FiqPhaseCoreParams many  = params_of(300, 2.0f);
  const FiqPhaseCoreParams few   = params_of(10, 2.0f);
  float                    theta[2][10];
  ticks(&old.core, &many, 777);
  fiq_phase_core_adopt(&small.core, &old.core);
  fiq_phase_core_phases(&old.core, theta[0], 10);
  fiq_phase_core_phases(&small.core, theta[1], 10);
  assert_memory_equal(theta[0], theta[1], sizeof theta[0]);
  assert_true(largest_leap(&small.core, &few, 2000, 10, theta[1]) < 0.02);
  support_arena_free(&old.arena);
  support_arena_free(&small.arena);
}

static void test_placed_phases_are_there_at_once(void** state)
{
  (void)state;
  Bench                    bench  = bench_new(1000);
  const FiqPhaseCoreParams params = params_of(1000, 2.0f);
  float                    start[1000];
  float                    theta[1000];
  ticks(&bench.core, &params, 83);
  for (int i = 0; i < 1000; ++i) {
    start[i] = 0.003f * (float)i;
  }
  fiq_phase_core_set_phases(&bench.core, start, 1000);
  fiq_phase_core_phases(&bench.core, theta, 1000);
  assert_true(support_max_difference(theta, start, 1000) < 1e-6);
  assert_true(largest_leap(&bench.core, &params, 200, 1000, theta) < 0.01);
  support_arena_free(&bench.arena);
}

static void test_extremes_stay_finite(void** state)
{
  (void)state;
  Bench bench = bench_new(1000);
  float theta[1000];
  for (int i = 0; i < 4000; ++i) {
    const int                c      = i / 20;
    const FiqPhaseCoreParams params = {.n_osc        = (uint32_t)(1 + c * 37 % 1000),
                                       .coupling     = c % 3 ? (c % 3 == 1 ? 16.0f : -16.0f) : 0.0f,
                                       .lag_rad      = FIQ_PI_F * (float)(c % 5 - 2) / 2.0f,
                                       .speed        = c % 2 ? 10.0f : 0.1f,
                                       .centre_rad_s = c % 4 ? 1e4f : -1e4f,
                                       .spread_rad_s = c % 7   ? 31.4f
                                                       : c % 2 ? 1000.0f
                                                               : 0.0f,
                                       .distribution = c % 2,
                                       .regulated    = c % 3 > 0,
                                       .order_low    = 0.25f * (float)(c % 5),
                                       .order_high   = 0.25f * (float)(c % 4),
                                       .uncertainty  = c % 2 ? 1.0f : 0.0f,
                                       .stabilised   = c % 5 > 1,
                                       .resonance    = c % 2 ? 1.0f : 0.0f,
                                       .field_re     = c % 6 ? 0.0f : 64.0f,
                                       .field_im     = c % 9 ? 0.0f : -64.0f};
    fiq_phase_core_tick(&bench.core, &params);
    fiq_phase_core_phases(&bench.core, theta, 1000);
    for (int k = 0; k < 1000; ++k) {
      assert_true(isfinite(theta[k]));
    }
    const FiqPhaseCore* const core = &bench.core;
    assert_true(core->order >= 0.0f && core->order <= 1.0f);
    assert_true(core->uncertainty >= 0.0f && core->uncertainty <= 1.0f);
    assert_true(fabsf(core->psi_rad) <= FIQ_PI_F);
    assert_true(fabsf(core->coupling) <= 64.0f && fabsf(core->coupling_ratio) <= 1000.0f);
    assert_true(core->noise_rad_s >= 0.0f && core->noise_rad_s <= 10.0f);
    assert_true(fabsf(core->lyapunov) <= 1000.0f);
    assert_true(core->confidence >= 0.0f && core->confidence <= 1.0f);
  }
  support_arena_free(&bench.arena);
}

static void test_scattered_it_is_the_core_of_that_seed_and_consumers_glide(void** state)
{
  (void)state;
  Bench                    a      = bench_new(64);
  Bench                    b      = bench_new(64);
  const FiqPhaseCoreParams params = params_of(64, 2.0f);
  float                    theta[2][64];
  fiq_phase_core_reset(&b.core, 5);
  ticks(&a.core, &params, 803);
  fiq_phase_core_phases(&a.core, theta[0], 64);
  fiq_phase_core_scatter(&a.core, 5);
  fiq_phase_core_phases(&a.core, theta[1], 64);
  for (int i = 0; i < 64; ++i) {
    assert_true(fabs(wrap((double)theta[1][i] - (double)theta[0][i])) < 1e-5);
  }
  assert_true(largest_leap(&a.core, &params, 1200, 64, theta[1]) < 0.05);
  ticks(&b.core, &params, 1200);
  fiq_phase_core_phases(&a.core, theta[0], 64);
  fiq_phase_core_phases(&b.core, theta[1], 64);
  for (int i = 0; i < 64; ++i) {
    assert_true(fabs(wrap((double)theta[1][i] - (double)theta[0][i])) < 1e-5);
  }
  support_arena_free(&a.arena);
  support_arena_free(&b.arena);
}

static void test_at_rest_nothing_moves_but_what_glides(void** state)
{
  (void)state;
  Bench                    bench  = bench_new(16);
  const FiqPhaseCoreParams params = params_of(16, 2.0f);
  float                    theta[2][16];
  ticks(&bench.core, &params, 100);
  fiq_phase_core_phases(&bench.core, theta[0], 16);
  for (int i = 0; i < 1000; ++i) {
    fiq_phase_core_rest(&bench.core);
  }
  fiq_phase_core_phases(&bench.core, theta[1], 16);
  assert_memory_equal(theta[0], theta[1], sizeof(theta[0]));
  fiq_phase_core_scatter(&bench.core, 9);
  for (int i = 0; i < 1000; ++i) {
    fiq_phase_core_rest(&bench.core);
  }
  fiq_phase_core_phases(&bench.core, theta[1], 16);
  for (int i = 0; i < 16; ++i) {
    assert_true(fabs(wrap((double)(theta[1][i] - bench.core.network.theta_rad[i]))) < 1e-5);
  }
  support_arena_free(&bench.arena);
}

static void test_too_small_an_arena_and_bad_configs_are_refused(void** state)
{
  (void)state;
  static const FiqPhaseCoreConfig bad[]  = {{0, 8, 1e-3f},   {1001, 8, 1e-3f}, {16, 0, 1e-3f},
                                            {16, 65, 1e-3f}, {16, 8, 0.0f},    {16, 8, 1.0f}};
  const FiqPhaseCoreConfig        config = {100, 8, 1e-3f};
  FiqPhaseCore                    core;
  FiqArena                        ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_phase_core_init(&core, &ruler, &config), FIQ_NO_MEMORY);
  for (size_t size = 0; size <= ruler.used_bytes; size += 64) {
    FiqArena arena = support_arena(size);
    assert_int_equal(fiq_phase_core_init(&core, &arena, &config),
                     size < ruler.used_bytes ? FIQ_NO_MEMORY : FIQ_OK);
    support_arena_free(&arena);
  }
  FiqArena arena = support_arena((size_t)1 << 17);
  for (int i = 0; i < 6; ++i) {
    assert_int_equal(fiq_phase_core_init(&core, &arena, &bad[i]), FIQ_BAD_ARGUMENT);
  }
  support_arena_free(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain_it_is_the_network_bit_for_bit),
      cmocka_unit_test(test_phases_turn_evenly_at_any_rate),
      cmocka_unit_test(test_phases_between_steps_are_near_those_of_finer_steps),
      cmocka_unit_test(test_nothing_jumps_when_anything_changes),
      cmocka_unit_test(test_consumers_take_oscillators_in_turn),
      cmocka_unit_test(test_steps_are_due_every_eighth_tick_at_any_size),
      cmocka_unit_test(test_what_is_told_moves_step_by_step_at_any_size),
      cmocka_unit_test(test_regulated_it_stays_in_the_zone),
      cmocka_unit_test(test_one_regulated_oscillator_does_not_run_away),
      cmocka_unit_test(test_every_helper_moves_the_phases_at_some_setting),
      cmocka_unit_test(test_resonance_unlocks_and_warning_and_factors_are_told),
      cmocka_unit_test(test_switching_helpers_off_leads_back_to_the_users_coupling),
      cmocka_unit_test(test_equal_seeds_give_equal_phases),
      cmocka_unit_test(test_adopting_goes_on_where_the_old_one_was),
      cmocka_unit_test(test_placed_phases_are_there_at_once),
      cmocka_unit_test(test_extremes_stay_finite),
      cmocka_unit_test(test_scattered_it_is_the_core_of_that_seed_and_consumers_glide),
      cmocka_unit_test(test_at_rest_nothing_moves_but_what_glides),
      cmocka_unit_test(test_too_small_an_arena_and_bad_configs_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
