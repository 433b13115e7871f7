// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: envelope, LFOs and matrix are what the header states. Method: steps of 64 frames at 48 kHz against the formulas.
#include "dsp/tone/motion.h"
#include "tests/support/support.h"

#include <math.h>

static const float step_s = 64.0f / 48000.0f;

static FiqMotionParams plain(void)
{
  return (FiqMotionParams){
      .attack_s  = 0.1f,
      .decay_s   = 0.5f,
      .sustain   = 0.4f,
      .release_s = 0.3f,
      .lfo       = {{FIQ_LFO_SINE, 2.0f, 0.0f, false}, {FIQ_LFO_SQUARE, 1.0f, 0.5f, false}}};
}

static void test_the_envelope_follows_its_formula(void** state)
{
  (void)state;
  const FiqMotionParams params        = plain();
  const FiqLfoState     common[2]     = {{.turns = 0.0f}, {.turns = 0.0f}};
  FiqMotion             note          = {.envelope = 0.0f};
  float                 s[FIQ_N_FROM] = {0};
  fiq_motion_start(&note, 1);
  double worst = 0.0;
  for (int k = 1; k <= 1500; ++k) {
    const bool   held = k <= 750;
    const double t    = k * (double)step_s;
    fiq_motion_advance(&note, &params, common, s, held, step_s);
    const double up   = fmin(t / 0.1, 1.0);
    const double down = 0.4 + 0.6 * exp(-5.0 * (t - 0.1) / 0.5);
    const double end  = 0.4 * exp(-6.91 * (t - 1.0) / 0.3);
    worst = fmax(worst, fabs((double)note.envelope - (t <= 0.1 ? up : held ? down : end)));
  }
  assert_true(worst < 0.015);
}

static void test_lfos_turn_at_their_rate_and_come_up(void** state)
{
  (void)state;
  FiqMotionParams   params        = plain();
  const FiqLfoState common[2]     = {{.turns = 0.0f}, {.turns = 0.0f}};
  FiqMotion         note          = {.envelope = 0.0f};
  float             s[FIQ_N_FROM] = {0};
  fiq_motion_start(&note, 1);
  for (int k = 1; k <= 1500; ++k) {
    fiq_motion_advance(&note, &params, common, s, true, step_s);
    const double t    = k * (double)step_s;
    const double sine = sin(2.0 * 3.14159265358979 * 2.0 * t);
    assert_true(fabs((double)s[FIQ_FROM_LFO_1] - sine) < 0.005);
    assert_true(fabs((double)s[FIQ_FROM_LFO_2]) <= fmin(t / 0.5, 1.0) + 1e-4);
  }
  // All shapes stay within -1..1, and reach far to both sides.
  for (int shape = FIQ_LFO_SINE; shape <= FIQ_LFO_SMOOTH; ++shape) {
    float low           = 0.0f;
    float high          = 0.0f;
    params.lfo[0].shape = (FiqLfoShape)shape;
    fiq_motion_start(&note, 5);
    for (int k = 0; k < 15000; ++k) {
      fiq_motion_advance(&note, &params, common, s, true, step_s);
      low  = fminf(low, s[FIQ_FROM_LFO_1]);
      high = fmaxf(high, s[FIQ_FROM_LFO_1]);
    }
    assert_true(low >= -1.0f && high <= 1.0f && low < -0.8f && high > 0.8f);
  }
}

static void test_the_matrix_adds_up(void** state)
{
  (void)state;
  FiqMotionParams   params        = plain();
  const FiqLfoState common[2]     = {{.turns = 0.0f}, {.turns = 0.0f}};
  FiqMotion         note          = {.envelope = 0.0f};
  float             s[FIQ_N_FROM] = {[FIQ_FROM_VELOCITY] = 0.5f, [FIQ_FROM_WHEEL] = 1.0f};
  params.row[0]                   = (FiqMotionRow){FIQ_FROM_VELOCITY, FIQ_TO_CUTOFF, 0.5f};
  params.row[3]                   = (FiqMotionRow){FIQ_FROM_WHEEL, FIQ_TO_CUTOFF, -1.0f};
  params.row[7]                   = (FiqMotionRow){FIQ_FROM_WHEEL, FIQ_TO_PITCH, -0.5f};
  fiq_motion_start(&note, 1);
  fiq_motion_advance(&note, &params, common, s, true, step_s);
  assert_true(fabsf(note.target[FIQ_TO_CUTOFF] + 0.75f) < 1e-6f);
  assert_true(fabsf(note.target[FIQ_TO_PITCH] + 0.25f) < 1e-6f);
  // Notes draw values of their own.
  float mean = 0.0f;
  for (uint32_t seed = 0; seed < 1000; ++seed) {
    fiq_motion_start(&note, seed);
    fiq_motion_advance(&note, &params, common, s, true, step_s);
    mean += 0.001f * s[FIQ_FROM_CHANCE];
  }
  assert_true(fabsf(mean) < 0.1f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_envelope_follows_its_formula),
                                     cmocka_unit_test(test_lfos_turn_at_their_rate_and_come_up),
                                     cmocka_unit_test(test_the_matrix_adds_up)};
  return cmocka_run_group_tests_name("motion", tests, NULL, NULL);
}
