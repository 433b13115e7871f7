// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the regulator brings order into the zone and keeps it there without swinging between its rails, and off it is
// not there at all. Method: it drives the network itself from 20 random starts, both distributions, from K too low
// and too high; its rules are tried on made-up orders.
#include "dsp/base/maths.h"
#include "dsp/base/random.h"
#include "dsp/phase/kuramoto.h"
#include "dsp/phase/regulator.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

static const float step_s      = 256.0f / 48000.0f;
static const float usual_rad_s = 1.884955592f; // 0.3 Hz

static FiqRegulatorParams params_of(float coupling)
{
  return (FiqRegulatorParams){.enabled      = true,
                              .order_low    = 0.8f,
                              .order_high   = 0.95f,
                              .uncertainty  = 0.5f,
                              .coupling     = coupling,
                              .critical     = 2.4f,
                              .coupling_max = 64.0f,
                              .speed        = 1.0f};
}

/// One run of a minute.
typedef struct {
  uint32_t n_osc;
  int      distribution;
  float    coupling;
  float    speed;
  uint64_t seed;
  float    spread_rad_s;
} Start;

typedef struct {
  double share;    // of the time after 5 s that R is in the zone
  int    n_turns;  // from braking to boosting or back in that time
  double coupling; // mean K
  double noise;    // mean noise
} Hold;

static Hold hold(const Start* start)
{
  FiqKuramoto             core;
  FiqRegulator            regulator;
  FiqArena                arena  = support_arena((size_t)1 << 17);
  const FiqKuramotoConfig config = {.n_osc_max = start->n_osc};
  FiqRegulatorParams      params = params_of(start->coupling);
  Hold                    held   = {0.0, 0, 0.0, 0.0};
  FiqRegulatorAction      last   = FIQ_REGULATOR_COAST;
  float                   u      = 0.5f;
  int                     n      = 0;
  assert_int_equal(fiq_kuramoto_init(&core, &arena, &config), FIQ_OK);
  fiq_kuramoto_reset(&core, start->seed);
  fiq_regulator_reset(&regulator);
  params.critical   = fiq_kuramoto_critical(start->spread_rad_s, start->distribution);
  params.speed      = start->speed;
  params.unit_rad_s = 1.0f;
  for (int i = 0; (double)i * (double)step_s < 60.0; ++i) {
    if (i % 16 == 0) {
      u = fiq_regulator_uncertainty(core.theta_rad, start->n_osc);
    }
    fiq_regulator_step(&regulator, &params, core.order, u, step_s);
    const FiqKuramotoParams network = {.n_osc        = start->n_osc,
                                       .coupling     = regulator.coupling,
                                       .speed        = start->speed,
                                       .gamma_rad_s  = start->spread_rad_s,
                                       .distribution = start->distribution,
                                       .noise_rad_s  = regulator.noise};
    fiq_kuramoto_step(&core, &network, step_s);
    assert_true(regulator.coupling >= 0.0f && regulator.coupling <= 64.0f);
    assert_true(regulator.noise >= 0.0f && regulator.noise <= 1.0f);
    if ((double)i * (double)step_s < 5.0) {
      continue;
    }
    ++n;
    held.share += core.order >= 0.8f && core.order <= 0.95f;
    held.coupling += (double)regulator.coupling;
    held.noise += (double)regulator.noise;
    if (regulator.action != FIQ_REGULATOR_COAST) {
      held.n_turns += last != FIQ_REGULATOR_COAST && last != regulator.action;
      last = regulator.action;
    }
  }
  support_arena_free(&arena);
  held.share /= n;
  held.coupling /= n;
  held.noise /= n;
  return held;
}

static void test_order_is_held_in_the_zone(void** state)
{
  (void)state;
  const uint32_t sizes[]     = {16, 256};
  const float    couplings[] = {0.0f, 2.0f, 8.0f};
  for (int s = 0; s < 2; ++s) {
    for (int i = 0; i < 6; ++i) {
      Start  start = {sizes[s], i % 2, couplings[i / 2], 1.0f, 0, usual_rad_s};
      double least = 1.0;
      double turns = 0.0;
      int    most  = 0;
      Hold   sum   = {0.0, 0, 0.0, 0.0};
      for (start.seed = 1; start.seed <= 20; ++start.seed) {
        const Hold held = hold(&start);
        sum.share += held.share / 20.0;
        sum.coupling += held.coupling / 20.0;
        sum.noise += held.noise / 20.0;
        turns += held.n_turns / 20.0 * 60.0 / 55.0;
        most  = held.n_turns > most ? held.n_turns : most;
        least = fmin(least, held.share);
      }
      print_message("N %3u %s from K %.0f: in the zone %.1f %% of the time, %.1f %% at least; K "
                    "%.2f, noise %.3f; "
                    "brake to boost or back %.1f times a minute, %d at most\n",
                    start.n_osc, start.distribution ? "normal " : "uniform", (double)start.coupling,
                    100.0 * sum.share, 100.0 * least, sum.coupling, sum.noise, turns, most);
      assert_true(least >= 0.9);
      assert_true(turns < 2.0);
      assert_true(most < 6);
    }
  }
}

static void test_few_phases_are_held_as_far_as_they_can(void** state)
{
  (void)state;
  // Two whose rates differ by d cannot part faster than in 1/d, and of 40 draws some have d of 0.1 rad/s: there the
  // zone is found late.
  static const struct {
    uint32_t n_osc;
    int      distribution;
    double   mean;
    double   least;
  } row[] = {{2, 0, 0.95, 0.6},
             {2, 1, 0.96, 0.6},
             {3, 0, 0.97, 0.7},
             {3, 1, 0.97, 0.7},
             {4, 0, 0.97, 0.7}};
  for (uint32_t r = 0; r < sizeof row / sizeof row[0]; ++r) {
    double mean  = 0.0;
    double least = 1.0;
    for (int i = 0; i < 120; ++i) {
      const Start  start = {row[r].n_osc, row[r].distribution,   4.0f * (float)(i % 3),
                            1.0f,         (uint64_t)(1 + i / 3), usual_rad_s};
      const double share = hold(&start).share;
      mean += share / 120.0;
      least = fmin(least, share);
    }
    print_message("N %u %s: in the zone %.1f %% of the time, %.1f %% at least\n", row[r].n_osc,
                  row[r].distribution ? "normal " : "uniform", 100.0 * mean, 100.0 * least);
    assert_true(mean >= row[r].mean);
    assert_true(least >= row[r].least);
  }
}

static void test_phases_of_hardly_different_rates_are_held(void** state)
{
  (void)state;
  const uint32_t sizes[] = {16, 64, 1000};
  for (int s = 0; s < 3; ++s) {
    Start  start = {sizes[s], 0, 2.0f, 1.0f, 0, 0.0628f}; // 0.01 Hz
    double mean  = 0.0;
    double least = 1.0;
    for (start.seed = 1; start.seed <= 20; ++start.seed) {
      const double share = hold(&start).share;
      mean += share / 20.0;
      least = fmin(least, share);
    }
    print_message(
        "N %4u, rates within 0.01 Hz: in the zone %.1f %% of the time, %.1f %% at least\n",
        sizes[s], 100.0 * mean, 100.0 * least);
    assert_true(mean >= 0.9);
    assert_true(least >= 0.75);
  }
}

static void test_order_is_held_at_any_speed(void** state)
{
  (void)state;
  const uint32_t sizes[] = {16, 64, 1000};
  for (int s = 0; s < 3; ++s) {
    Start  start = {sizes[s], 0, 2.0f, 8.0f, 0, usual_rad_s};
    double least = 1.0;
    for (start.seed = 1; start.seed <= 10; ++start.seed) {
      least = fmin(least, hold(&start).share);
    }
    print_message("N %u at speed 8: in the zone %.1f %% of the time at least\n", sizes[s],
                  100.0 * least);
    assert_true(least >= 0.9);
  }
}

static void test_phases_of_one_rate_are_held_by_noise(void** state)
{
  (void)state;
  // Any coupling at all would lock them for good.
  const uint32_t sizes[] = {16, 64, 1000};
  for (int s = 0; s < 3; ++s) {
    Start  start = {sizes[s], 0, 4.0f, 1.0f, 0, 0.0f};
    double mean  = 0.0;
    double noise = 0.0;
    for (start.seed = 1; start.seed <= 10; ++start.seed) {
      const Hold held = hold(&start);
      mean += held.share / 10.0;
      noise += held.noise / 10.0;
    }
    print_message("N %4u without spread: in the zone %.1f %% of the time, noise %.3f\n", sizes[s],
                  100.0 * mean, noise);
    assert_true(mean > 0.75);
    assert_true(noise > 0.02);
  }
}

/// Let the order be `order` for `seconds`.
static void feed(FiqRegulator* self, const FiqRegulatorParams* params, float order, float u,
                 double seconds)
{
  for (double t = 0.0; t < seconds; t += (double)step_s) {
    fiq_regulator_step(self, params, order, u, step_s);
  }
}

static void test_actions_follow_the_rules(void** state)
{
  (void)state;
  static const struct {
    float              order;
    float              u;
    FiqRegulatorAction action;
  } row[] = {
      {0.97f, 0.50f, FIQ_REGULATOR_BRAKE},
      {0.50f, 0.50f, FIQ_REGULATOR_BOOST},
      {0.88f, 0.50f, FIQ_REGULATOR_COAST},
      {0.90f, 0.15f, FIQ_REGULATOR_BRAKE},
      {0.85f, 0.85f, FIQ_REGULATOR_BOOST},
      {0.90f, 0.25f, FIQ_REGULATOR_COAST},
      // Where R and U disagree R wins, and U does not drive R out of the zone.
      {0.97f, 0.90f, FIQ_REGULATOR_BRAKE},
      {0.50f, 0.10f, FIQ_REGULATOR_BOOST},
      {0.82f, 0.10f, FIQ_REGULATOR_COAST},
      {0.93f, 0.90f, FIQ_REGULATOR_COAST},
  };
  const FiqRegulatorParams params = params_of(2.0f);
  for (uint32_t i = 0; i < sizeof row / sizeof row[0]; ++i) {
    FiqRegulator regulator;
    fiq_regulator_reset(&regulator);
    feed(&regulator, &params, row[i].order, row[i].u, 1.0);
    assert_int_equal(regulator.action, row[i].action);
    const float before = regulator.coupling;
    const float noise  = regulator.noise;
    feed(&regulator, &params, row[i].order, row[i].u, 0.5);
    if (row[i].action == FIQ_REGULATOR_BRAKE) {
      assert_true(regulator.coupling < before && regulator.noise > noise);
    } else if (row[i].action == FIQ_REGULATOR_BOOST) {
      assert_true(regulator.coupling > before && regulator.noise <= noise);
    } else {
      assert_true(fabsf(regulator.coupling - before) < 1e-6f);
    }
    assert_true(fabsf(regulator.product - row[i].order * row[i].u) < 1e-6f);
  }
}

static void test_an_action_goes_on_until_well_inside(void** state)
{
  (void)state;
  const FiqRegulatorParams params = params_of(2.0f);
  FiqRegulator             regulator;
  fiq_regulator_reset(&regulator);
  feed(&regulator, &params, 0.94f, 0.5f, 2.0);
  assert_int_equal(regulator.action, FIQ_REGULATOR_COAST);
  feed(&regulator, &params, 0.96f, 0.5f, 2.0);
  assert_int_equal(regulator.action, FIQ_REGULATOR_BRAKE);
  feed(&regulator, &params, 0.94f, 0.5f, 2.0);
  assert_int_equal(regulator.action, FIQ_REGULATOR_BRAKE);
  feed(&regulator, &params, 0.90f, 0.5f, 2.0);
  assert_int_equal(regulator.action, FIQ_REGULATOR_COAST);
  feed(&regulator, &params, 0.78f, 0.5f, 2.0);
  assert_int_equal(regulator.action, FIQ_REGULATOR_BOOST);
  feed(&regulator, &params, 0.82f, 0.5f, 2.0);
  assert_int_equal(regulator.action, FIQ_REGULATOR_BOOST);
  feed(&regulator, &params, 0.86f, 0.5f, 2.0);
  assert_int_equal(regulator.action, FIQ_REGULATOR_COAST);
}

static void test_the_share_of_time_in_the_zone(void** state)
{
  (void)state;
  const FiqRegulatorParams params = params_of(2.0f);
  FiqRegulator             regulator;
  fiq_regulator_reset(&regulator);
  feed(&regulator, &params, 0.9f, 0.5f, 3.0);
  assert_true(regulator.zone_share > 0.999f);
  feed(&regulator, &params, 0.1f, 0.5f, 3.0);
  print_message("3 s in, 3 s out: share %.3f\n", (double)regulator.zone_share);
  assert_true(fabsf(regulator.zone_share - 0.5f) < 0.02f);
  feed(&regulator, &params, 0.1f, 0.5f, 30.0);
  assert_true(regulator.zone_share < 0.1f);
}

static void test_tones_are_names_of_orders(void** state)
{
  (void)state;
  static const float order[] = {0.0f,  0.1f, 0.11f, 0.3f,  0.31f, 0.5f,
                                0.51f, 0.8f, 0.81f, 0.95f, 0.96f, 1.0f};
  for (int i = 0; i < 12; ++i) {
    assert_int_equal(fiq_regulator_tone(order[i]), i / 2);
  }
}

static void test_off_it_is_not_there(void** state)
{
  (void)state;
  FiqRegulator       regulator;
  FiqRegulatorParams params = params_of(1.234567f);
  params.enabled            = false;
  fiq_regulator_reset(&regulator);
  for (int i = 0; i < 1000; ++i) {
    params.coupling = 0.37f * (float)(i % 20) - 2.0f;
    fiq_regulator_step(&regulator, &params, (float)(i % 10) * 0.1f, 0.5f, step_s);
    assert_memory_equal(&regulator.coupling, &params.coupling, sizeof(float));
    assert_true(regulator.noise <= 0.0f);
    assert_int_equal(regulator.action, FIQ_REGULATOR_COAST);
  }
}

static void test_coupling_never_jumps_and_comes_back_exactly(void** state)
{
  (void)state;
  const float users[] = {-2.0f, 0.0f, 2.0f, 10.0f, 40.0f};
  for (int i = 0; i < 5; ++i) {
    FiqRegulator       regulator;
    FiqRegulatorParams params = params_of(users[i]);
    float              last   = users[i];
    float              worst  = 0.0f;
    params.coupling_max       = 30.0f; // the last of them has to come down
    fiq_regulator_reset(&regulator);
    for (int k = 0; k < 6000; ++k) {
      params.enabled = k / 1000 % 2 == 1;
      fiq_regulator_step(&regulator, &params, k / 500 % 2 ? 0.2f : 0.99f, 0.5f, step_s);
      worst = fmaxf(worst, fabsf(regulator.coupling - last) / (1.0f + fabsf(last)));
      last  = regulator.coupling;
      assert_true(params.enabled || k % 1000 < 900 ||
                  (fabsf(last - users[i]) <= 0.0f && regulator.noise <= 0.0f && !regulator.active));
    }
    print_message("user's K %5.1f: largest step of K %.2f %%\n", (double)users[i],
                  100.0 * (double)worst);
    assert_true(worst < 0.03f);
  }
}

static void test_coupling_stays_between_its_limits(void** state)
{
  (void)state;
  FiqRegulator       regulator;
  FiqRegulatorParams params = params_of(2.0f);
  params.coupling_max       = 6.0f;
  fiq_regulator_reset(&regulator);
  feed(&regulator, &params, 0.1f, 1.0f, 100.0);
  assert_true(fabsf(regulator.coupling - 6.0f) < 1e-5f);
  feed(&regulator, &params, 1.0f, 0.0f, 100.0);
  assert_true(regulator.coupling >= 0.0f && regulator.coupling < 1e-5f);
  assert_true(regulator.noise > 0.5f && regulator.noise < 1.0f);
  // Nothing was wound up: it leaves the rail at once.
  feed(&regulator, &params, 0.3f, 0.5f, 2.0);
  assert_true(regulator.coupling > 1.0f);
}

static void test_odd_zones_are_harmless(void** state)
{
  (void)state;
  static const float zone[][2] = {
      {0.95f, 0.8f}, {0.5f, 0.5f}, {0.0f, 0.0f}, {1.0f, 1.0f}, {0.0f, 1.0f}};
  for (int i = 0; i < 5; ++i) {
    FiqRegulator       regulator;
    FiqRegulatorParams params = params_of(2.0f);
    FiqRandom          random;
    params.order_low   = zone[i][0];
    params.order_high  = zone[i][1];
    params.uncertainty = i % 2 ? 0.0f : 1.0f;
    params.critical    = i == 2 ? 0.0f : 2.4f;
    fiq_random_init(&random, 1, 1);
    fiq_regulator_reset(&regulator);
    for (int k = 0; k < 20000; ++k) {
      fiq_regulator_step(&regulator, &params, fiq_random_uniform(&random),
                         fiq_random_uniform(&random), k % 7 ? step_s : 1.0f);
      assert_true(regulator.coupling >= 0.0f && regulator.coupling <= 64.0f);
      assert_true(regulator.noise >= 0.0f && regulator.noise <= 1.0f);
      assert_true(regulator.zone_share >= 0.0f && regulator.zone_share <= 1.0f);
    }
  }
}

/// Mean U of `n` phases spread evenly over `width` rad at random.
static double mean_uncertainty(uint32_t n, float width)
{
  FiqRandom random;
  float     theta[1000];
  double    sum = 0.0;
  fiq_random_init(&random, 3, n);
  for (int i = 0; i < 200; ++i) {
    const float centre = 20.0f * fiq_random_uniform(&random) - 10.0f;
    for (uint32_t k = 0; k < n; ++k) {
      theta[k] = centre + width * (fiq_random_uniform(&random) - 0.5f);
    }
    const float u = fiq_regulator_uncertainty(theta, n);
    assert_true(u >= 0.0f && u <= 1.0f);
    sum += (double)u / 200.0;
  }
  return sum;
}

static void test_uncertainty_is_the_entropy_of_the_phases(void** state)
{
  (void)state;
  const uint32_t sizes[] = {16, 64, 256, 1000};
  for (int s = 0; s < 4; ++s) {
    // An even spread over a share of the circle has the entropy ln(16 share).
    const double all     = mean_uncertainty(sizes[s], FIQ_TWO_PI_F);
    const double half    = mean_uncertainty(sizes[s], FIQ_PI_F);
    const double quarter = mean_uncertainty(sizes[s], 0.5f * FIQ_PI_F);
    print_message(
        "N %4u: U %.3f of the whole circle, %.3f of half (0.75), %.3f of a quarter (0.5)\n",
        sizes[s], all, half, quarter);
    assert_true(all > 0.88);
    assert_true(fabs(half - 0.75) < 0.07);
    assert_true(fabs(quarter - 0.5) < 0.07);
  }
  float theta[16];
  for (int i = 0; i < 16; ++i) {
    theta[i] = 7.0f;
  }
  assert_true(fiq_regulator_uncertainty(theta, 16) <= 0.0f);
  assert_true(fiq_regulator_uncertainty(theta, 1) <= 0.0f);
  for (int i = 0; i < 16; ++i) {
    theta[i] = 0.39f * (float)i;
  }
  assert_true(fiq_regulator_uncertainty(theta, 16) > 0.99f);
}

static void test_reset_equals_fresh(void** state)
{
  (void)state;
  FiqRegulator             a;
  FiqRegulator             b;
  const FiqRegulatorParams params = params_of(2.0f);
  memset(&a, 0, sizeof a);
  memset(&b, 0, sizeof b);
  fiq_regulator_reset(&a);
  feed(&a, &params, 0.99f, 0.2f, 3.0);
  fiq_regulator_reset(&a);
  fiq_regulator_reset(&b);
  feed(&a, &params, 0.3f, 0.9f, 3.0);
  feed(&b, &params, 0.3f, 0.9f, 3.0);
  assert_true(fabsf(a.coupling - b.coupling) <= 0.0f && fabsf(a.noise - b.noise) <= 0.0f);
  assert_true(fabsf(a.zone_share - b.zone_share) <= 0.0f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_order_is_held_in_the_zone),
      cmocka_unit_test(test_few_phases_are_held_as_far_as_they_can),
      cmocka_unit_test(test_phases_of_hardly_different_rates_are_held),
      cmocka_unit_test(test_order_is_held_at_any_speed),
      cmocka_unit_test(test_phases_of_one_rate_are_held_by_noise),
      cmocka_unit_test(test_actions_follow_the_rules),
      cmocka_unit_test(test_an_action_goes_on_until_well_inside),
      cmocka_unit_test(test_the_share_of_time_in_the_zone),
      cmocka_unit_test(test_tones_are_names_of_orders),
      cmocka_unit_test(test_off_it_is_not_there),
      cmocka_unit_test(test_coupling_never_jumps_and_comes_back_exactly),
      cmocka_unit_test(test_coupling_stays_between_its_limits),
      cmocka_unit_test(test_odd_zones_are_harmless),
      cmocka_unit_test(test_uncertainty_is_the_entropy_of_the_phases),
      cmocka_unit_test(test_reset_equals_fresh),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
