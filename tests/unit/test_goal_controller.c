// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: goals that can be reached are reached in time and without swinging, others stay bounded.
// Method: plants of one lag whose measure rises with the drive, over the gains, lags and noises that may
// be met, and one as steep as the onset of synchrony; the headroom's is heard through a slow mean besides.
#include "dsp/base/random.h"
#include "dsp/goals/goal_controller.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

static const float tick_s = 32.0f / 48000.0f;

enum { SECOND = 1500 }; // ticks

/// A plant in the units of its goal, all of which rise with the drive.
typedef struct {
  FiqGoalKind kind;
  double      rest; ///< measure without drive
  double      gain; ///< at drive 1
  double      lag_s;
  double      noise; ///< standard deviation
  double      steep; ///< > 0: a sigmoid of this slope at its middle, rest and gain its ends
  double      state;
  double      mean; ///< of a second, HEADROOM
  FiqRandom   random;
} Plant;

/// Units to what is measured, and back.
static double measured_of(FiqGoalKind kind, double units)
{
  const double values[] = {units, -6.0 * units, exp2(units), 0.5 * units};
  return values[kind];
}

static double tolerance_of(FiqGoalKind kind)
{
  const double units[] = {0.03, 0.5 / 6.0, 0.1, 0.06};
  return units[kind];
}

static void plant_start(Plant* plant)
{
  plant->state = plant->steep > 0.0 ? plant->rest + 0.1 * plant->gain : plant->rest;
  plant->mean  = plant->state;
  fiq_random_init(&plant->random, 3, 0);
}

/// One tick; what is measured.
static FiqGoalMeasures plant_step(Plant* plant, double drive)
{
  const double sigmoid = 1.0 / (1.0 + exp(-plant->steep * (drive - 0.5)));
  const double aim     = plant->rest + plant->gain * (plant->steep > 0.0 ? sigmoid : drive);
  plant->state += (aim - plant->state) * (1.0 - exp(-(double)tick_s / plant->lag_s));
  plant->mean += (plant->state - plant->mean) * (double)tick_s / 0.5;
  const double units = (plant->kind == FIQ_GOAL_HEADROOM ? plant->mean : plant->state) +
                       plant->noise * (double)fiq_random_normal(&plant->random);
  FiqGoalMeasures measures = {0.5f, 12.0f, 1000.0f, 0.5f, false, 0.0f};
  const float     value    = (float)measured_of(plant->kind, units);
  float* const    fields[] = {&measures.order, &measures.crest_db, &measures.centroid_hz,
                              &measures.entropy};
  *fields[plant->kind]     = value;
  return measures;
}

/// What came of it.
typedef struct {
  double reached_s; ///< first within the tolerance, 1e9: never
  double overshoot; ///< tolerances beyond the target, of the noiseless measure
  double last;      ///< tolerances away at the end
  double swing;     ///< way of the drive backward, in all
  double rate;      ///< largest step of the drive, 1/s
  double drive;     ///< at the end
  double drive_max;
} Course;

static Course run(Plant* plant, double target_units, double s)
{
  FiqGoalController agency;
  Course            course = {.reached_s = 1e9};
  const double      sign   = target_units > plant->rest ? 1.0 : -1.0;
  const double      close  = tolerance_of(plant->kind);
  const FiqGoal     goal   = {plant->kind, (float)measured_of(plant->kind, target_units), 1.0f};
  double            top    = 0.0;
  fiq_goal_controller_reset(&agency);
  plant_start(plant);
  for (int i = 0; i < (int)(s * SECOND); ++i) {
    const double          was      = (double)fiq_goal_controller_drive(&agency, plant->kind);
    const FiqGoalMeasures measures = plant_step(plant, was);
    fiq_goal_controller_set_goals(&agency, &goal, 1);
    fiq_goal_controller_step(&agency, &measures, tick_s);
    const double drive = (double)fiq_goal_controller_drive(&agency, plant->kind);
    const double units = plant->kind == FIQ_GOAL_HEADROOM ? plant->mean : plant->state;
    const double away  = sign * (target_units - units) / close;
    if (agency.states[0].is_reached && course.reached_s > 1e8) {
      course.reached_s = i * (double)tick_s;
    }
    top              = fmax(top, sign * drive);
    course.swing     = fmax(course.swing, top - sign * drive);
    course.overshoot = fmax(course.overshoot, -away);
    course.last      = fabs(away);
    course.rate      = fmax(course.rate, fabs(drive - was) / (double)tick_s);
    course.drive     = drive;
    course.drive_max = fmax(course.drive_max, fabs(drive));
  }
  return course;
}

static void test_goals_in_reach_are_reached_without_swinging(void** state)
{
  (void)state;
  static const char* const names[]   = {"order", "headroom", "brightness", "density"};
  static const double      rests[]   = {0.5, -2.5, 10.5, 1.0};
  static const double      gains[]   = {0.3, 0.5, 1.0, 2.0};
  static const double      lags_s[]  = {0.05, 0.2, 0.5, 1.0};
  static const double      noises[]  = {0.0, 0.05};
  static const double      reaches[] = {0.25, 0.8, -0.25, -0.8};
  for (uint32_t kind = 0; kind < FIQ_N_GOAL_KINDS; ++kind) {
    Course worst = {0};
    for (int i = 0; i < 4 * 4 * 2 * 4; ++i) {
      Plant        plant  = {.kind  = (FiqGoalKind)kind,
                             .rest  = rests[kind],
                             .gain  = gains[i % 4] * (kind == FIQ_GOAL_ORDER ? 0.5 : 1.0),
                             .lag_s = lags_s[i / 4 % 4],
                             .noise = noises[i / 16 % 2]};
      const double way    = reaches[i / 32] * fmin(plant.gain, kind == FIQ_GOAL_ORDER ? 0.5 : 1.0);
      const Course course = run(&plant, plant.rest + way, 60.0);
      worst.reached_s     = fmax(worst.reached_s, course.reached_s);
      worst.overshoot     = fmax(worst.overshoot, course.overshoot);
      worst.last          = fmax(worst.last, course.last);
      worst.swing         = fmax(worst.swing, course.swing);
      worst.rate          = fmax(worst.rate, course.rate);
    }
    print_message("  %-10s reached after %4.1f s, %.2f tolerances beyond, %.2f away in the end, "
                  "drive back by %.3f, at most %.2f a second\n",
                  names[kind], worst.reached_s, worst.overshoot, worst.last, worst.swing,
                  worst.rate);
    assert_true(worst.reached_s < 20.0);
    assert_true(worst.overshoot < 1.0);
    assert_true(worst.last < 1.0);
    assert_true(worst.swing < 0.1);
    assert_true(worst.rate < 0.31);
  }
}

static void test_the_steep_onset_of_synchrony_is_held(void** state)
{
  (void)state;
  Course worst = {0};
  for (int i = 0; i < 4 * 3 * 2; ++i) {
    Plant        plant  = {.kind  = FIQ_GOAL_ORDER,
                           .rest  = 0.05,
                           .gain  = 0.9,
                           .lag_s = (const double[]){0.1, 0.3, 1.0, 1.5}[i % 4],
                           .noise = (const double[]){0.0, 0.05}[i / 12],
                           .steep = 20.0}; // from 10 % to 90 % within 0.22 of the drive
    const double target = (const double[]){0.3, 0.6, 0.9}[i / 4 % 3];
    const Course course = run(&plant, target, 60.0);
    worst.reached_s     = fmax(worst.reached_s, course.reached_s);
    worst.overshoot     = fmax(worst.overshoot, course.overshoot);
    worst.last          = fmax(worst.last, course.last);
    worst.swing         = fmax(worst.swing, course.swing);
  }
  print_message(
      "  reached after %.1f s, %.2f tolerances beyond, %.2f away in the end, drive back by %.3f\n",
      worst.reached_s, worst.overshoot, worst.last, worst.swing);
  assert_true(worst.reached_s < 20.0);
  assert_true(worst.overshoot < 1.0);
  assert_true(worst.last < 1.0);
  assert_true(worst.swing < 0.15);
}

static void test_goals_out_of_reach_stay_bounded_and_are_left_at_once(void** state)
{
  (void)state;
  for (uint32_t kind = 0; kind < FIQ_N_GOAL_KINDS; ++kind) {
    Plant plant         = {.kind = (FiqGoalKind)kind, .gain = 0.2, .lag_s = 0.3};
    plant.rest          = (const double[]){0.3, -2.5, 9.0, 0.5}[kind];
    const double target = plant.rest + 0.6;
    const Course course = run(&plant, target, 120.0);
    assert_true(course.drive_max <= 1.0);
    assert_true(course.drive > 0.99);
    assert_true(course.reached_s > 1e8);

    // Nothing is wound up: two minutes later the drive turns as soon as it may.
    FiqGoalController agency;
    FiqGoal           goal = {(FiqGoalKind)kind, 0.0f, 1.0f};
    fiq_goal_controller_reset(&agency);
    plant_start(&plant);
    for (int i = 0; i < 122 * SECOND; ++i) {
      const FiqGoalMeasures measures =
          plant_step(&plant, (double)fiq_goal_controller_drive(&agency, plant.kind));
      const double now = i < 120 * SECOND ? target : plant.rest - 0.15;
      goal.target      = (float)measured_of((FiqGoalKind)kind, now);
      fiq_goal_controller_set_goals(&agency, &goal, 1);
      fiq_goal_controller_step(&agency, &measures, tick_s);
    }
    assert_true(fiq_goal_controller_drive(&agency, (FiqGoalKind)kind) < 0.9f);
  }
}

static FiqGoalMeasures middle(void)
{
  return (FiqGoalMeasures){0.5f, 12.0f, 1000.0f, 0.5f, false, 0.0f};
}

static void pass(FiqGoalController* agency, const FiqGoalMeasures* measures, double s)
{
  for (int i = 0; i < (int)(s * SECOND); ++i) {
    fiq_goal_controller_step(agency, measures, tick_s);
  }
}

static void test_without_goals_drives_come_to_rest(void** state)
{
  (void)state;
  FiqGoalController     agency;
  const FiqGoalMeasures measures = middle();
  const FiqGoal         goals[]  = {{FIQ_GOAL_ORDER, 0.9f, 1.0f},
                                    {FIQ_GOAL_HEADROOM, 20.0f, 1.0f},
                                    {FIQ_GOAL_BRIGHTNESS, 4000.0f, 1.0f},
                                    {FIQ_GOAL_DENSITY, 0.1f, 1.0f}};
  fiq_goal_controller_reset(&agency);
  fiq_goal_controller_set_goals(&agency, goals, 4);
  pass(&agency, &measures, 30.0);
  for (uint32_t k = 0; k < FIQ_N_GOAL_KINDS; ++k) {
    assert_true(fabsf(agency.drive[k]) > 0.9f);
    assert_true((agency.drive[k] > 0.0f) == (k == FIQ_GOAL_ORDER || k == FIQ_GOAL_BRIGHTNESS));
  }
  fiq_goal_controller_set_goals(&agency, NULL, 0);
  double rate = 0.0;
  double s    = 0.0;
  bool   rest = false;
  for (; !rest && s < 60.0; s += (double)tick_s) {
    const FiqGoalController was = agency;
    fiq_goal_controller_step(&agency, &measures, tick_s);
    rest = true;
    for (uint32_t k = 0; k < FIQ_N_GOAL_KINDS; ++k) {
      rate = fmax(rate, (double)(fabsf(agency.drive[k] - was.drive[k]) / tick_s));
      rest = rest && fabsf(agency.drive[k]) <= 0.0f;
    }
  }
  print_message("  exactly 0 after %.1f s, at most %.2f a second\n", s, rate);
  assert_true(rest && s < 15.0);
  assert_true(rate < 0.31);
  assert_true(fiq_goal_controller_progress(&agency) <= 0.0f);
}

static void test_of_what_swings_the_mean_is_steered(void** state)
{
  (void)state;
  // A beat: the measure leaps up and falls back within `fall_s`, by many times what is tolerated.
  static const double periods_s[] = {0.25, 0.5, 1.0};
  static const double falls_s[]   = {0.1, 0.3};
  for (int i = 0; i < 3 * 3 * 2; ++i) {
    const FiqGoalKind kind     = (FiqGoalKind)(FIQ_GOAL_HEADROOM + i % 3);
    const double      leap     = (const double[]){0.0, 30.0, 40.0, 15.0}[kind] * tolerance_of(kind);
    const double      period_s = periods_s[i / 3 % 3];
    const double      fall_s   = falls_s[i / 9];
    const double      share    = fall_s / period_s * (1.0 - exp(-period_s / fall_s));
    Plant             plant    = {.kind = kind, .gain = 1.5, .lag_s = 0.3};
    plant.rest                 = (const double[]){0.0, -6.0, 10.0, 0.3}[kind];
    const double      target   = plant.rest + leap * share + 0.6;
    FiqGoalController agency;
    double            mean = 0.0;
    double            low  = 1.0;
    double            high = -1.0;
    fiq_goal_controller_reset(&agency);
    plant_start(&plant);
    for (int k = 0; k < 60 * SECOND; ++k) {
      const double drive = (double)fiq_goal_controller_drive(&agency, kind);
      (void)plant_step(&plant, drive);
      const double    since_s  = fmod(k * (double)tick_s, period_s);
      const double    units    = plant.state + leap * exp(-since_s / fall_s);
      FiqGoalMeasures at       = {0.5f, 12.0f, 1000.0f, 0.5f, false, 0.0f};
      float* const    fields[] = {&at.order, &at.crest_db, &at.centroid_hz, &at.entropy};
      *fields[kind]            = (float)measured_of(kind, units);
      const FiqGoal goal       = {kind, (float)measured_of(kind, target), 1.0f};
      fiq_goal_controller_set_goals(&agency, &goal, 1);
      fiq_goal_controller_step(&agency, &at, tick_s);
      if (k >= 40 * SECOND) {
        mean += units / (20.0 * SECOND);
        low  = fmin(low, drive);
        high = fmax(high, drive);
      }
    }
    const double away = fabs(mean - target) / tolerance_of(kind);
    print_message(
        "  kind %d, every %.2f s for %.1f s: mean %.2f tolerances away, drive %.3f..%.3f\n",
        (int)kind, period_s, fall_s, away, low, high);
    assert_true(away < 1.5);
    assert_true(high - low < 0.1);
  }
}

static void test_a_drive_that_does_harm_rests(void** state)
{
  (void)state;
  // Dispersal raises the crest factor by 2 dB at full drive. It may try, but less and less.
  const FiqGoal     goal = {FIQ_GOAL_HEADROOM, 6.0f, 1.0f};
  FiqGoalController agency;
  double            tried_s[2] = {0.0, 0.0};
  fiq_goal_controller_reset(&agency);
  for (int i = 0; i < 600 * SECOND; ++i) {
    const float     drive    = fiq_goal_controller_drive(&agency, FIQ_GOAL_HEADROOM);
    FiqGoalMeasures measures = {0.5f, 9.0f, 1000.0f, 0.5f, false, 0.0f};
    measures.rise_db         = 2.0f * fmaxf(drive, 0.0f);
    measures.crest_db += measures.rise_db;
    fiq_goal_controller_set_goals(&agency, &goal, 1);
    fiq_goal_controller_step(&agency, &measures, tick_s);
    tried_s[i >= 300 * SECOND] += drive > 0.05f ? (double)tick_s : 0.0;
  }
  print_message("  it harms: driven for %.1f s of the first five minutes, %.1f s of the next\n",
                tried_s[0], tried_s[1]);
  assert_true(tried_s[0] < 30.0 && tried_s[1] < 10.0);
  // Another goal is tried at once; one that helps stays.
  const FiqGoal other = {FIQ_GOAL_HEADROOM, 5.0f, 1.0f};
  fiq_goal_controller_set_goals(&agency, &other, 1);
  FiqGoalMeasures helped = {0.5f, 9.0f, 1000.0f, 0.5f, false, -1.0f};
  pass(&agency, &helped, 20.0);
  assert_true(fiq_goal_controller_drive(&agency, FIQ_GOAL_HEADROOM) > 0.9f);
}

/// Steer `plant` by what is set for 40 s.
static void settle(FiqGoalController* agency, Plant* plant)
{
  plant_start(plant);
  for (int i = 0; i < 40 * SECOND; ++i) {
    const FiqGoalMeasures measures =
        plant_step(plant, (double)fiq_goal_controller_drive(agency, plant->kind));
    fiq_goal_controller_step(agency, &measures, tick_s);
  }
}

static void test_goals_of_a_kind_share_by_weight(void** state)
{
  (void)state;
  FiqGoalController agency;
  Plant             plant  = {.kind = FIQ_GOAL_ORDER, .rest = 0.4, .gain = 0.5, .lag_s = 0.2};
  Plant             bright = {.kind = FIQ_GOAL_BRIGHTNESS, .rest = 10.0, .gain = 2.0, .lag_s = 0.2};
  const FiqGoal     goals[] = {
          {FIQ_GOAL_ORDER, 0.8f, 3.0f}, {FIQ_GOAL_ORDER, 0.4f, 1.0f}, {FIQ_GOAL_ORDER, 0.0f, 0.0f}};
  const FiqGoal hues[] = {{FIQ_GOAL_BRIGHTNESS, 1000.0f, 1.0f},
                          {FIQ_GOAL_BRIGHTNESS, 4000.0f, 1.0f}};
  fiq_goal_controller_reset(&agency);
  fiq_goal_controller_set_goals(&agency, goals, 3);
  settle(&agency, &plant);
  print_message("  0.8 with weight 3 and 0.4 with weight 1 give %.3f\n", plant.state);
  assert_true(fabs(plant.state - 0.7) < 0.03);
  assert_false(agency.states[0].is_reached);
  fiq_goal_controller_reset(&agency);
  fiq_goal_controller_set_goals(&agency, hues, 2);
  settle(&agency, &bright);
  print_message("  1000 and 4000 Hz give %.0f Hz\n", exp2(bright.state));
  assert_true(fabs(bright.state - log2(2000.0)) < 0.1);
}

static void test_progress_tells_how_much_of_the_way_is_done(void** state)
{
  (void)state;
  FiqGoalController agency;
  FiqGoalMeasures   measures = middle();
  const FiqGoal     goal     = {FIQ_GOAL_ORDER, 0.9f, 1.0f};
  const FiqGoal     other    = {FIQ_GOAL_ORDER, 0.5f, 1.0f};
  measures.order             = 0.3f;
  fiq_goal_controller_reset(&agency);
  pass(&agency, &measures, 1.0);
  fiq_goal_controller_set_goals(&agency, &goal, 1);
  pass(&agency, &measures, 1.0);
  assert_true(fiq_goal_controller_progress(&agency) < 0.001f);
  for (int i = 0; i <= 12; ++i) {
    measures.order = 0.3f + 0.05f * (float)i;
    fiq_goal_controller_set_goals(&agency, &goal, 1); // the same goal stays
    pass(&agency, &measures, 2.0);
    const float due = fminf(1.0f, 1.0f - (0.9f - measures.order - 0.03f) / (0.6f - 0.03f));
    assert_true(fabsf(fiq_goal_controller_progress(&agency) - due) < 0.005f);
  }
  assert_true(fiq_goal_controller_progress(&agency) >= 1.0f && agency.states[0].is_reached);
  measures.order = 0.86f; // beyond the tolerance, within what is let pass
  pass(&agency, &measures, 2.0);
  assert_true(agency.states[0].is_reached);
  measures.order = 0.84f;
  pass(&agency, &measures, 2.0);
  assert_false(agency.states[0].is_reached);
  measures.order = 0.0f;
  pass(&agency, &measures, 2.0);
  assert_true(fiq_goal_controller_progress(&agency) <= 0.0f);
  fiq_goal_controller_set_goals(&agency, &other, 1); // another one begins anew
  pass(&agency, &measures, 0.1);
  measures.order = 0.25f;
  pass(&agency, &measures, 2.0);
  assert_true(fabsf(fiq_goal_controller_progress(&agency) - (1.0f - 0.22f / 0.47f)) < 0.01f);
}

static void test_in_silence_drives_of_sound_rest(void** state)
{
  (void)state;
  FiqGoalController agency;
  FiqGoalMeasures   measures = middle();
  const FiqGoal     goals[]  = {{FIQ_GOAL_ORDER, 0.9f, 1.0f},
                                {FIQ_GOAL_HEADROOM, 6.0f, 1.0f},
                                {FIQ_GOAL_BRIGHTNESS, 4000.0f, 1.0f},
                                {FIQ_GOAL_DENSITY, 0.9f, 1.0f}};
  fiq_goal_controller_reset(&agency);
  fiq_goal_controller_set_goals(&agency, goals, 4);
  measures.is_silent = true;
  pass(&agency, &measures, 2.0);
  for (uint32_t k = 1; k < FIQ_N_GOAL_KINDS; ++k) {
    assert_true(fabsf(agency.drive[k]) <= 0.0f);
    assert_true(agency.states[k].progress <= 0.0f);
  }
  assert_true(agency.drive[FIQ_GOAL_ORDER] > 0.2f);
  measures.is_silent = false;
  pass(&agency, &measures, 2.0);
  const FiqGoalController was = agency;
  measures.is_silent          = true;
  pass(&agency, &measures, 10.0);
  for (uint32_t k = 1; k < FIQ_N_GOAL_KINDS; ++k) {
    assert_true(was.drive[k] > 0.1f);
    assert_memory_equal(&agency.drive[k], &was.drive[k], sizeof was.drive[k]);
  }
}

static void test_ten_goals_and_any_numbers_are_survived(void** state)
{
  (void)state;
  FiqGoalController agency;
  FiqGoal           goals[FIQ_GOALS_MAX];
  const float       odd[] = {NAN, INFINITY, -INFINITY, -1.0f, 1e30f, 0.0f};
  fiq_goal_controller_reset(&agency);
  for (uint32_t i = 0; i < FIQ_GOALS_MAX; ++i) {
    goals[i] = (FiqGoal){(FiqGoalKind)(i % FIQ_N_GOAL_KINDS), odd[i % 6], (float)i};
  }
  fiq_goal_controller_set_goals(&agency, goals, FIQ_GOALS_MAX);
  for (int i = 0; i < 60000; ++i) {
    const FiqGoalMeasures measures = {odd[i % 6], odd[i % 5], odd[i % 4],
                                      odd[i % 3], i % 7 == 0, odd[i % 5]};
    fiq_goal_controller_step(&agency, &measures, i % 2 ? 0.1f : tick_s);
    for (uint32_t k = 0; k < FIQ_N_GOAL_KINDS; ++k) {
      const float drive = fiq_goal_controller_drive(&agency, (FiqGoalKind)k);
      assert_true(drive >= -1.0f && drive <= 1.0f);
    }
    const float progress = fiq_goal_controller_progress(&agency);
    assert_true(progress >= 0.0f && progress <= 1.0f);
  }
}

static void test_reset_equals_fresh_init(void** state)
{
  (void)state;
  FiqGoalController     used;
  FiqGoalController     fresh;
  const FiqGoalMeasures measures = middle();
  const FiqGoal         goal     = {FIQ_GOAL_BRIGHTNESS, 4000.0f, 1.0f};
  memset(&used, 0x5a, sizeof used);
  memset(&fresh, 0, sizeof fresh);
  fiq_goal_controller_reset(&used);
  fiq_goal_controller_reset(&fresh);
  assert_memory_equal(&used, &fresh, sizeof used);
  fiq_goal_controller_set_goals(&used, &goal, 1);
  pass(&used, &measures, 3.0);
  assert_true(fiq_goal_controller_drive(&used, FIQ_GOAL_BRIGHTNESS) > 0.0f);
  fiq_goal_controller_reset(&used);
  assert_memory_equal(&used, &fresh, sizeof used);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goals_in_reach_are_reached_without_swinging),
      cmocka_unit_test(test_the_steep_onset_of_synchrony_is_held),
      cmocka_unit_test(test_goals_out_of_reach_stay_bounded_and_are_left_at_once),
      cmocka_unit_test(test_without_goals_drives_come_to_rest),
      cmocka_unit_test(test_of_what_swings_the_mean_is_steered),
      cmocka_unit_test(test_a_drive_that_does_harm_rests),
      cmocka_unit_test(test_goals_of_a_kind_share_by_weight),
      cmocka_unit_test(test_progress_tells_how_much_of_the_way_is_done),
      cmocka_unit_test(test_in_silence_drives_of_sound_rest),
      cmocka_unit_test(test_ten_goals_and_any_numbers_are_survived),
      cmocka_unit_test(test_reset_equals_fresh_init),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
