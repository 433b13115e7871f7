// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: order is brought into its zone from anywhere and stays there, without swinging from rail to rail.
   Method: whole cores start incoherent, over 20 seeds, sizes, distributions and couplings; the share of time in the
   zone after 5 s and the changes between brake and boost are counted.
*/
#include "maths.h"
#include "phase_core.h"
#include "support.h"

#include <math.h>

static const float period_s = 32.0f / 48000.0f;

typedef struct {
  double   share;    ///< of the time after 5 s in the zone
  uint32_t n_swings; ///< from brake to boost or back, after 5 s
  double   order;    ///< mean after 5 s
} Outcome;

static FiqPhaseCoreParams usual(uint32_t n_osc, float coupling, int distribution)
{
  return (FiqPhaseCoreParams){.n_osc        = n_osc,
                              .coupling     = coupling,
                              .speed        = 1.0f,
                              .centre_rad_s = 1.0f,
                              .spread_rad_s = FIQ_TWO_PI_F * 0.3f,
                              .distribution = distribution,
                              .regulated    = true,
                              .order_low    = 0.80f,
                              .order_high   = 0.95f,
                              .uncertainty  = 0.5f};
}

static Outcome run(FiqPhaseCore* core, const FiqPhaseCoreParams* params, double length_s)
{
  Outcome            outcome = {0.0, 0, 0.0};
  FiqRegulatorAction last    = FIQ_REGULATOR_COAST;
  const uint32_t     n_ticks = (uint32_t)(length_s / (double)period_s);
  const uint32_t     warm    = (uint32_t)(5.0 / (double)period_s);
  for (uint32_t tick = 0; tick < n_ticks; ++tick) {
    fiq_phase_core_tick(core, params);
    if (tick < warm) {
      continue;
    }
    const bool inside = core->order >= params->order_low && core->order <= params->order_high;
    outcome.share += (inside ? 1.0 : 0.0) / (n_ticks - warm);
    outcome.order += (double)core->order / (n_ticks - warm);
    if (core->action != FIQ_REGULATOR_COAST) {
      outcome.n_swings += last != FIQ_REGULATOR_COAST && core->action != last;
      last = core->action;
    }
  }
  return outcome;
}

static FiqPhaseCore core_of(FiqArena* arena, uint32_t n_osc_max)
{
  FiqPhaseCore             core;
  const FiqPhaseCoreConfig config = {n_osc_max, FIQ_PHASE_CORE_TICKS, period_s};
  assert_int_equal(fiq_phase_core_init(&core, arena, &config), FIQ_OK);
  return core;
}

static void test_order_is_held_in_the_zone_from_anywhere(void** state)
{
  (void)state;
  enum { SEEDS = 20 };
  static const uint32_t sizes[]     = {16, 256};
  static const float    couplings[] = {0.0f, 2.0f, 8.0f};
  FiqArena              arena       = support_arena(1 << 20);
  FiqPhaseCore          core        = core_of(&arena, 256);
  for (int s = 0; s < 2; ++s) {
    for (int distribution = 0; distribution < 2; ++distribution) {
      for (int k = 0; k < 3; ++k) {
        const FiqPhaseCoreParams params = usual(sizes[s], couplings[k], distribution);
        double                   worst  = 1.0;
        double                   mean   = 0.0;
        uint32_t                 swings = 0;
        for (uint64_t seed = 0; seed < SEEDS; ++seed) {
          fiq_phase_core_reset(&core, seed);
          const Outcome outcome = run(&core, &params, 35.0);
          worst                 = fmin(worst, outcome.share);
          mean += outcome.share / SEEDS;
          swings = outcome.n_swings > swings ? outcome.n_swings : swings;
        }
        print_message(
            "n %3u, %-7s, K %.0f: in the zone %.1f %% (worst %.1f %%), at most %u swings in 30 s\n",
            sizes[s], distribution ? "normal" : "uniform", (double)couplings[k], 100.0 * mean,
            100.0 * worst, swings);
        assert_true(worst >= 0.9);
        assert_true(swings <= 15);
      }
    }
  }
  support_arena_free(&arena);
}

static void test_phases_without_spread_are_held_by_noise(void** state)
{
  (void)state;
  FiqArena           arena  = support_arena(1 << 20);
  FiqPhaseCore       core   = core_of(&arena, 64);
  FiqPhaseCoreParams params = usual(64, 4.0f, 0);
  params.spread_rad_s       = 0.0f;
  const Outcome outcome     = run(&core, &params, 65.0);
  print_message("no spread: in the zone %.1f %%, mean order %.3f, noise %.3f\n",
                100.0 * outcome.share, outcome.order, (double)core.noise_rad_s);
  assert_true(outcome.share > 0.5);
  assert_true(core.noise_rad_s > 0.0f);
  support_arena_free(&arena);
}

static void test_one_phase_does_not_run_away(void** state)
{
  (void)state;
  FiqArena                 arena  = support_arena(1 << 20);
  FiqPhaseCore             core   = core_of(&arena, 4);
  const FiqPhaseCoreParams params = usual(1, 2.0f, 0);
  (void)run(&core, &params, 60.0);
  assert_true(core.coupling >= 0.0f && core.coupling <= 60.0f);
  assert_true(core.noise_rad_s <= 1.0f);
  assert_true(fabsf(core.order - 1.0f) < 1e-6f);
  support_arena_free(&arena);
}

static void test_switched_off_it_glides_back_to_the_users_coupling(void** state)
{
  (void)state;
  FiqRegulator       self;
  FiqRegulatorParams params = {.enabled      = true,
                               .order_low    = 0.8f,
                               .order_high   = 0.95f,
                               .uncertainty  = 0.5f,
                               .coupling     = 2.0f,
                               .critical     = 1.0f,
                               .coupling_max = 60.0f};
  fiq_regulator_reset(&self);
  for (int i = 0; i < 1000; ++i) {
    fiq_regulator_step(&self, &params, 0.3f, 0.9f, 0.005f);
  }
  assert_int_equal(self.action, FIQ_REGULATOR_BOOST);
  assert_true(self.coupling > 4.0f);
  params.enabled = false;
  float largest  = 0.0f;
  for (int i = 0; i < 2000; ++i) {
    const float before = self.coupling;
    fiq_regulator_step(&self, &params, 0.3f, 0.9f, 0.005f);
    largest = fmaxf(largest, fabsf(self.coupling - before));
  }
  print_message("largest step back %.3f\n", (double)largest);
  assert_true(largest < 1.1f);
  assert_true(fabsf(self.coupling - 2.0f) <= 0.0f && !self.active && self.noise <= 0.0f);
  // Never switched on, it is not there at all.
  fiq_regulator_reset(&self);
  params.coupling = -1.5f;
  fiq_regulator_step(&self, &params, 0.3f, 0.9f, 0.005f);
  assert_true(fabsf(self.coupling + 1.5f) <= 0.0f);
}

static void test_tones_and_uncertainty_are_as_defined(void** state)
{
  (void)state;
  static const float            orders[] = {0.05f, 0.2f, 0.4f, 0.7f, 0.9f, 0.97f};
  static const FiqRegulatorTone tones[]  = {FIQ_TONE_UNFORMED, FIQ_TONE_INTIMACY, FIQ_TONE_JOY,
                                            FIQ_TONE_SPIRAL,   FIQ_TONE_BALANCE,  FIQ_TONE_TENSION};
  for (int i = 0; i < 6; ++i) {
    assert_int_equal(fiq_regulator_tone(orders[i]), tones[i]);
  }
  float even[64];
  float same[64];
  for (int i = 0; i < 64; ++i) {
    even[i] = FIQ_TWO_PI_F * (float)i / 64.0f;
    same[i] = 0.7f;
  }
  const float most  = fiq_regulator_uncertainty(even, 64);
  const float least = fiq_regulator_uncertainty(same, 64);
  print_message("uncertainty of even phases %.4f, of equal ones %.4f\n", (double)most,
                (double)least);
  assert_true(most > 0.999f);
  assert_true(least < 0.26f); // a place between two bins
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_order_is_held_in_the_zone_from_anywhere),
      cmocka_unit_test(test_phases_without_spread_are_held_by_noise),
      cmocka_unit_test(test_one_phase_does_not_run_away),
      cmocka_unit_test(test_switched_off_it_glides_back_to_the_users_coupling),
      cmocka_unit_test(test_tones_and_uncertainty_are_as_defined)};
  return cmocka_run_group_tests_name("regulator", tests, NULL, NULL);
}
