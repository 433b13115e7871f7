// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: peaks come down, levels of frequencies stay, drive 0 is nothing at all, and moving does not click.
   Method: a click's peak and the energy of its response are measured at several drives and rates; tones are measured
   through the chain; the drive is swept on a sine.
*/
#include "dsp/base/maths.h"
#include "dsp/filter/disperser.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TICK = 32, LENGTH = 192000 };

static void run(FiqDisperser* self, float* left, float* right, size_t n, float drive)
{
  for (size_t at = 0; at + TICK <= n; at += TICK) {
    float* const planes[] = {left + at, right + at};
    fiq_disperser_control(self, drive);
    fiq_disperser_process(self, planes, TICK);
  }
}

static void test_a_click_spreads_and_keeps_its_energy(void** state)
{
  (void)state;
  static const double rates[] = {8000.0, 48000.0, 192000.0};
  for (size_t r = 0; r < 3; ++r) {
    float* const left  = support_floats(LENGTH);
    float* const right = support_floats(LENGTH);
    FiqArena     arena = support_arena(1 << 18);
    FiqDisperser self;
    assert_int_equal(fiq_disperser_init(&self, &arena, rates[r], TICK), FIQ_OK);
    run(&self, left, right, LENGTH / 2, 1.0f); // the drive arrives
    left[LENGTH / 2] = 1.0f;
    run(&self, left + LENGTH / 2, right + LENGTH / 2, LENGTH / 2, 1.0f);
    const double peak   = support_peak(left, LENGTH);
    const double energy = support_rms(left, LENGTH) * support_rms(left, LENGTH) * LENGTH;
    print_message("%6.0f Hz: a click of 1 peaks at %.3f (%.1f dB), energy %.5f\n", rates[r], peak,
                  support_db(peak), energy);
    assert_true(support_db(peak) < -10.0);
    assert_true(fabs(energy - 1.0) < 1e-3);
    assert_true(support_peak(right, LENGTH) <= 0.0);
    free(left);
    free(right);
    support_arena_free(&arena);
  }
}

static void test_tones_keep_their_level(void** state)
{
  (void)state;
  static const double tones_hz[] = {40.0, 220.0, 1000.0, 5000.0, 18000.0};
  for (size_t k = 0; k < 5; ++k) {
    float* const left  = support_floats(LENGTH);
    float* const right = support_floats(LENGTH);
    FiqArena     arena = support_arena(1 << 18);
    FiqDisperser self;
    assert_int_equal(fiq_disperser_init(&self, &arena, 48000.0, TICK), FIQ_OK);
    support_sine(left, LENGTH, tones_hz[k], 48000.0, 0.5, 0.0);
    run(&self, left, right, LENGTH, 0.6f);
    const double gain =
        support_tone_amplitude(left + LENGTH / 2, LENGTH / 2, tones_hz[k], 48000.0) / 0.5;
    assert_true(fabs(support_db(gain)) < 0.01);
    free(left);
    free(right);
    support_arena_free(&arena);
  }
}

static void test_drive_zero_touches_nothing_and_a_sweep_does_not_click(void** state)
{
  (void)state;
  float* const left  = support_floats(LENGTH);
  float* const right = support_floats(LENGTH);
  float* const dry   = support_floats(LENGTH);
  FiqArena     arena = support_arena(1 << 18);
  FiqDisperser self;
  assert_int_equal(fiq_disperser_init(&self, &arena, 48000.0, TICK), FIQ_OK);
  support_sine(dry, LENGTH, 300.0, 48000.0, 0.5, 0.0);
  memcpy(left, dry, LENGTH * sizeof(float));
  run(&self, left, right, LENGTH, -1.0f);
  assert_memory_equal(left, dry, LENGTH * sizeof(float));

  double largest = 0.0;
  for (size_t at = 0; at + TICK <= LENGTH; at += TICK) {
    float* const planes[] = {left + at, right + at};
    fiq_disperser_control(&self, at / 6000 % 2 ? 0.0f : 1.0f);
    fiq_disperser_process(&self, planes, TICK);
  }
  for (size_t i = 1; i < LENGTH; ++i) {
    largest = fmax(largest, fabs((double)left[i] - (double)left[i - 1]));
  }
  const double own = 0.5 * 2.0 * sin(3.14159265358979 * 300.0 / 48000.0);
  print_message("largest step of a swept sine %.4f, its own %.4f\n", largest, own);
  assert_true(largest < 1.5 * own);
  free(left);
  free(right);
  free(dry);
  support_arena_free(&arena);
}

static void test_it_tells_by_how_much_peaks_rise(void** state)
{
  (void)state;
  // A click falls as measured above, a sine stays, two tones whose peaks it brings together rise.
  static const char* const names[] = {"clicks", "a sine", "two tones"};
  for (int kind = 0; kind < 3; ++kind) {
    float* const left  = support_floats(LENGTH);
    float* const right = support_floats(LENGTH);
    float* const dry   = support_floats(LENGTH);
    FiqArena     arena = support_arena(1 << 18);
    FiqDisperser self;
    assert_int_equal(fiq_disperser_init(&self, &arena, 48000.0, TICK), FIQ_OK);
    for (size_t i = 0; i < LENGTH; ++i) {
      const double t = 2.0 * 3.14159265358979 * (double)i / 48000.0;
      const double x = kind == 0 ? (double)(i % 12000 == 0) : sin(220.0 * t);
      // The octave's phase makes the sum as flat as it can be.
      dry[i] = (float)(0.4 * (x + (kind == 2 ? 0.5 * sin(440.0 * t) : 0.0)));
    }
    memcpy(left, dry, LENGTH * sizeof(float));
    assert_true(fabsf(fiq_disperser_rise_db(&self)) <= 0.0f);
    run(&self, left, right, LENGTH, 1.0f);
    const size_t late = LENGTH / 2;
    const double real = support_db(support_peak(left + late, LENGTH - late) /
                                   support_peak(dry + late, LENGTH - late));
    const double told = (double)fiq_disperser_rise_db(&self);
    print_message("%s: peaks rise by %+.2f dB, told %+.2f\n", names[kind], real, told);
    assert_true(fabs(told - real) < 0.2);
    assert_true(kind == 0 ? told < -10.0 : kind == 1 ? fabs(told) < 0.1 : told > 0.5);
    free(left);
    free(right);
    free(dry);
    support_arena_free(&arena);
  }
}

static void test_reset_equals_fresh_init(void** state)
{
  (void)state;
  float* const a     = support_floats(LENGTH);
  float* const b     = support_floats(LENGTH);
  float* const right = support_floats(LENGTH);
  FiqArena     arena = support_arena(1 << 18);
  FiqDisperser self;
  support_noise(a, LENGTH, 0.5, 2);
  memcpy(b, a, LENGTH * sizeof(float));
  assert_int_equal(fiq_disperser_init(&self, &arena, 48000.0, TICK), FIQ_OK);
  run(&self, a, right, LENGTH, 0.8f);
  fiq_disperser_reset(&self);
  memset(right, 0, LENGTH * sizeof(float));
  run(&self, b, right, LENGTH, 0.8f);
  assert_memory_equal(a, b, LENGTH * sizeof(float));
  free(a);
  free(b);
  free(right);
  support_arena_free(&arena);
}

static void test_too_small_an_arena_is_refused(void** state)
{
  (void)state;
  FiqDisperser self;
  FiqArena     arena = support_arena(1024);
  assert_int_equal(fiq_disperser_init(&self, &arena, 48000.0, TICK), FIQ_NO_MEMORY);
  support_arena_free(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_click_spreads_and_keeps_its_energy),
      cmocka_unit_test(test_tones_keep_their_level),
      cmocka_unit_test(test_drive_zero_touches_nothing_and_a_sweep_does_not_click),
      cmocka_unit_test(test_it_tells_by_how_much_peaks_rise),
      cmocka_unit_test(test_reset_equals_fresh_init),
      cmocka_unit_test(test_too_small_an_arena_is_refused)};
  return cmocka_run_group_tests_name("disperser", tests, NULL, NULL);
}
