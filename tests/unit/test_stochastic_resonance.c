// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: what repeats itself is shaken until it does not, and what does not is left alone. Method: made-up
// states for the rule, and networks that are locked or run in a short cycle for what it does to them.
#include "dsp/base/maths.h"
#include "dsp/phase/kuramoto.h"
#include "dsp/phase/stochastic_resonance.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

static void test_noise_waits_for_twenty_states(void** state)
{
  (void)state;
  FiqStochasticResonance resonance;
  fiq_stochastic_resonance_reset(&resonance);
  for (int i = 0; i < 19; ++i) {
    fiq_stochastic_resonance_observe(&resonance, 7, 0.0f, 1.0f);
    assert_true(resonance.noise <= 0.0f && !resonance.is_active);
  }
  fiq_stochastic_resonance_observe(&resonance, 7, 0.0f, 1.0f);
  assert_true(resonance.is_active);
  assert_true(fabsf(resonance.repetition - 0.95f) < 1e-6f);
}

static void test_the_first_leap_is_the_published_one(void** state)
{
  (void)state;
  // A leap of 0.1 times 0.5 where little moves, times 0.1 elsewhere, from one state to the next.
  const float motion[] = {0.29f, 0.31f};
  const float leap[]   = {0.05f, 0.01f};
  for (int i = 0; i < 2; ++i) {
    for (int half = 0; half < 2; ++half) {
      FiqStochasticResonance resonance;
      fiq_stochastic_resonance_reset(&resonance);
      for (int k = 0; k < 20; ++k) {
        fiq_stochastic_resonance_observe(&resonance, 7, motion[i], half ? 0.5f : 1.0f);
      }
      const float made = resonance.noise * sqrtf(FIQ_STOCHASTIC_RESONANCE_PERIOD_S);
      print_message("motion %.2f, amount %.1f: leap of %.4f rad\n", (double)motion[i],
                    half ? 0.5 : 1.0, (double)made);
      assert_true(fabsf(made - leap[i] * (half ? 0.5f : 1.0f)) < 1e-6f);
    }
  }
}

static void test_nothing_is_injected_where_nothing_repeats(void** state)
{
  (void)state;
  FiqStochasticResonance resonance;
  fiq_stochastic_resonance_reset(&resonance);
  for (uint32_t i = 0; i < 1000; ++i) {
    fiq_stochastic_resonance_observe(&resonance, i, 0.0f, 1.0f);
    assert_true(resonance.noise <= 0.0f && resonance.noise >= 0.0f);
  }
}

static void test_nothing_is_injected_at_amount_0(void** state)
{
  (void)state;
  FiqStochasticResonance resonance;
  fiq_stochastic_resonance_reset(&resonance);
  for (int i = 0; i < 100; ++i) {
    fiq_stochastic_resonance_observe(&resonance, 7, 0.0f, 0.0f);
    assert_true(resonance.noise <= 0.0f && resonance.noise >= 0.0f);
  }
  assert_true(resonance.repetition > 0.9f);
}

static void test_a_cycle_of_three_is_stuck_and_one_of_four_is_not(void** state)
{
  (void)state;
  for (uint32_t period = 1; period < 8; ++period) {
    FiqStochasticResonance resonance;
    fiq_stochastic_resonance_reset(&resonance);
    for (uint32_t i = 0; i < 40; ++i) {
      fiq_stochastic_resonance_observe(&resonance, i % period, 1.0f, 1.0f);
    }
    assert_true(fabsf(resonance.repetition - (1.0f - (float)period / 20.0f)) < 1e-6f);
    assert_int_equal(resonance.is_active, period <= 3);
  }
}

static void test_noise_grows_while_stuck_to_a_limit_and_ends_at_once(void** state)
{
  (void)state;
  FiqStochasticResonance resonance;
  fiq_stochastic_resonance_reset(&resonance);
  float first = 0.0f;
  float last  = 0.0f;
  for (int i = 0; i < 400; ++i) {
    fiq_stochastic_resonance_observe(&resonance, 7, 0.0f, 1.0f);
    first = i == 19 ? resonance.noise : first;
    assert_true(resonance.noise >= last && resonance.noise <= 2.0f);
    last = resonance.noise;
    if (i == 39) {
      assert_true(fabsf(resonance.noise / first - 2.0f) < 1e-3f);
    }
  }
  print_message("stuck for 20 s: noise %.2f -> %.2f rad per root of a second\n", (double)first,
                (double)last);
  assert_true(last > 1.9f);
  for (uint32_t i = 0; i < 20; ++i) {
    fiq_stochastic_resonance_observe(&resonance, 100 + i, 1.0f, 1.0f);
  }
  assert_true(resonance.noise <= 0.0f && !resonance.is_active);
  assert_true(resonance.push <= 1.0f);
}

static void test_states_are_of_distances_not_of_angles(void** state)
{
  (void)state;
  float theta[16];
  float turned[16];
  for (int i = 0; i < 16; ++i) {
    theta[i] = 0.05f * (float)i - 0.3f;
  }
  const uint32_t at_rest = fiq_stochastic_resonance_state(theta, 16, 0.1f, 0.9f);
  for (int k = 1; k < 200; ++k) {
    const float angle = 0.37f * (float)k;
    for (int i = 0; i < 16; ++i) {
      turned[i] = theta[i] + angle;
    }
    assert_int_equal(fiq_stochastic_resonance_state(turned, 16, 0.1f + angle, 0.9f), at_rest);
  }
  turned[0] = turned[0] + 1.0f;
  assert_true(fiq_stochastic_resonance_state(turned, 16, 0.1f + 0.37f * 199.0f, 0.9f) != at_rest);
  assert_true(fiq_stochastic_resonance_state(theta, 16, 0.1f, 0.6f) != at_rest);
}

/// A network and its resonance for a while.
typedef struct {
  int    n_observed;
  int    n_repeating; // states with a repetition above 0.8
  double first_free;  // s until repetition first fell to 0.5 after it had been above 0.8
  double noise;       // mean
  double order;       // mean R
} Run;

static Run run(uint32_t n, float coupling, const float* rates, float amount, double seconds)
{
  FiqKuramoto             core;
  FiqStochasticResonance  resonance;
  FiqArena                arena   = support_arena((size_t)1 << 17);
  const FiqKuramotoConfig config  = {.n_osc_max = n};
  const float             step_s  = 0.005f;
  float                   was[16] = {0.0f};
  double                  stuck_s = -1.0;
  Run                     made    = {0, 0, -1.0, 0.0, 0.0};
  assert_int_equal(fiq_kuramoto_init(&core, &arena, &config), FIQ_OK);
  fiq_stochastic_resonance_reset(&resonance);
  for (uint32_t i = 0; rates && i < n; ++i) {
    core.uniform[i] = rates[i];
  }
  for (int i = 0; (double)i * (double)step_s < seconds; ++i) {
    const FiqKuramotoParams params = {.n_osc        = n,
                                      .coupling     = coupling,
                                      .speed        = 1.0f,
                                      .centre_rad_s = 3.0f,
                                      .gamma_rad_s  = 1.0f,
                                      .noise_rad_s  = resonance.noise};
    fiq_kuramoto_step(&core, &params, step_s);
    if (i % 10 != 9) {
      continue;
    }
    const double   t      = (double)i * (double)step_s;
    const uint32_t shown  = n < 16 ? n : 16;
    float          motion = 0.0f;
    for (uint32_t k = 0; k < shown; ++k) {
      const float here = fiq_wrap_rad(core.theta_rad[k] - core.psi_rad);
      motion += fabsf(fiq_wrap_rad(here - was[k])) / (float)shown;
      was[k] = here;
    }
    fiq_stochastic_resonance_observe(
        &resonance, fiq_stochastic_resonance_state(core.theta_rad, n, core.psi_rad, core.order),
        motion, amount);
    ++made.n_observed;
    made.n_repeating += resonance.repetition > 0.8f;
    made.noise += (double)resonance.noise;
    made.order += (double)core.order;
    if (resonance.repetition > 0.8f && stuck_s < 0.0) {
      stuck_s = t;
    }
    if (resonance.repetition <= 0.5f && stuck_s >= 0.0 && made.first_free < 0.0) {
      made.first_free = t - stuck_s;
    }
  }
  made.noise /= made.n_observed;
  made.order /= made.n_observed;
  support_arena_free(&arena);
  return made;
}

static void test_a_locked_core_is_shaken_free_again_and_again(void** state)
{
  (void)state;
  const uint32_t sizes[]   = {1, 2, 16, 300};
  const float    amounts[] = {0.0f, 0.3f, 1.0f};
  for (int s = 0; s < 4; ++s) {
    for (int a = 0; a < 3; ++a) {
      const Run made = run(sizes[s], 3.0f, NULL, amounts[a], 60.0);
      print_message("locked N %3u, amount %.1f: free after %5.2f s, repeating %3.0f %% of the "
                    "time, noise %.2f, R %.3f\n",
                    sizes[s], (double)amounts[a], made.first_free,
                    100.0 * made.n_repeating / made.n_observed, made.noise, made.order);
      if (amounts[a] > 0.0f && sizes[s] > 2) {
        assert_true(made.first_free > 0.0 && made.first_free < (a == 2 ? 3.0 : 6.0));
        assert_true(made.n_repeating < 0.6 * made.n_observed);
      } else if (a == 2 && sizes[s] == 2) {
        assert_true(made.first_free > 0.0 && made.first_free < 8.0);
      } else if (a == 0 && sizes[s] > 1) {
        assert_true(made.first_free < 0.0);
        assert_true(made.noise <= 0.0);
      }
    }
  }
}

static void test_a_short_cycle_is_left(void** state)
{
  (void)state;
  // Two that pass each other every 3 states exactly, and so are in the same few places for ever.
  const float round   = 2.0f * FIQ_PI_F / (3.0f * FIQ_STOCHASTIC_RESONANCE_PERIOD_S);
  const float rates[] = {0.5f * round, -0.5f * round};
  const Run   still   = run(2, 0.0f, rates, 0.0f, 60.0);
  const Run   shaken  = run(2, 0.0f, rates, 1.0f, 60.0);
  print_message(
      "cycle of 3 states: repeating %.0f %% of the time, %.0f %% at amount 1, free after %.2f s\n",
      100.0 * still.n_repeating / still.n_observed, 100.0 * shaken.n_repeating / shaken.n_observed,
      shaken.first_free);
  assert_true(still.n_repeating > 0.9 * still.n_observed);
  assert_true(shaken.n_repeating < 0.6 * shaken.n_observed);
  assert_true(shaken.first_free > 0.0);
}

static void test_a_drifting_core_is_left_alone(void** state)
{
  (void)state;
  const Run made = run(16, 0.3f, NULL, 1.0f, 120.0);
  print_message("drifting N 16: repeating %d of %d states, noise %.1e\n", made.n_repeating,
                made.n_observed, made.noise);
  assert_int_equal(made.n_repeating, 0);
  assert_true(made.noise <= 0.0);
}

static void test_reset_equals_fresh(void** state)
{
  (void)state;
  FiqStochasticResonance a;
  FiqStochasticResonance b;
  fiq_stochastic_resonance_reset(&a);
  for (int i = 0; i < 50; ++i) {
    fiq_stochastic_resonance_observe(&a, 3, 0.0f, 1.0f);
  }
  fiq_stochastic_resonance_reset(&a);
  fiq_stochastic_resonance_reset(&b);
  for (uint32_t i = 0; i < 50; ++i) {
    fiq_stochastic_resonance_observe(&a, i / 9, 0.0f, 1.0f);
    fiq_stochastic_resonance_observe(&b, i / 9, 0.0f, 1.0f);
  }
  assert_memory_equal(&a.noise, &b.noise, sizeof a.noise);
  assert_memory_equal(a.state, b.state, sizeof a.state);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_noise_waits_for_twenty_states),
      cmocka_unit_test(test_the_first_leap_is_the_published_one),
      cmocka_unit_test(test_nothing_is_injected_where_nothing_repeats),
      cmocka_unit_test(test_nothing_is_injected_at_amount_0),
      cmocka_unit_test(test_a_cycle_of_three_is_stuck_and_one_of_four_is_not),
      cmocka_unit_test(test_noise_grows_while_stuck_to_a_limit_and_ends_at_once),
      cmocka_unit_test(test_states_are_of_distances_not_of_angles),
      cmocka_unit_test(test_a_locked_core_is_shaken_free_again_and_again),
      cmocka_unit_test(test_a_short_cycle_is_left),
      cmocka_unit_test(test_a_drifting_core_is_left_alone),
      cmocka_unit_test(test_reset_equals_fresh),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
