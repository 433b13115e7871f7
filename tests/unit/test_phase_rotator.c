// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the rotator set by hand is an all-pass of the phase that it states at every rate, nothing at amount 0, moves without a
// click and does not care how blocks are cut. Method: impulse responses against the stated curve and the closed form of one
// section; a sine while all sections move; comparison to the bit.
#include "dsp/filter/phase_rotator.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PERIOD = 32, SECTIONS = FIQ_PHASE_ROTATOR_SECTIONS };

static const double pi = 3.14159265358979323846;

static const FiqPhaseRotatorBand none[SECTIONS] = {{40.0f, 0.5f, 0.0f},   {100.0f, 0.5f, 0.0f},
                                                   {250.0f, 0.5f, 0.0f},  {600.0f, 0.5f, 0.0f},
                                                   {1500.0f, 0.5f, 0.0f}, {4000.0f, 0.5f, 0.0f}};

static const FiqPhaseRotatorBand all[SECTIONS] = {{40.0f, 0.5f, 1.0f},  {120.0f, 2.0f, 0.7f},
                                                  {300.0f, 0.2f, 0.4f}, {2000.0f, 5.0f, 1.0f},
                                                  {800.0f, 0.7f, 0.1f}, {20000.0f, 1.0f, 1.0f}};

static void process_both(FiqPhaseRotator* rotator, float* x, float* other, uint32_t at, uint32_t n)
{
  float* const planes[2] = {x, other};
  fiq_phase_rotator_process(rotator, planes, at, n);
}

/// All of `x` [n] with the same bands.
static void play(FiqPhaseRotator* rotator, const FiqPhaseRotatorBand* bands, float* x, float* other,
                 size_t n)
{
  for (size_t at = 0; at < n; at += PERIOD) {
    fiq_phase_rotator_control(rotator, bands);
    process_both(rotator, x + at, other + at, 0, PERIOD);
  }
}

static void test_magnitudes_stay_and_phases_are_as_stated(void** state)
{
  (void)state;
  static const double rates_hz[] = {8000.0, 44100.0, 48000.0, 192000.0};
  double              worst_db   = 0.0;
  double              worst      = 0.0;
  for (size_t r = 0; r < sizeof rates_hz / sizeof *rates_hz; ++r) {
    const size_t    n     = (size_t)(2.0 * rates_hz[r]) / PERIOD * PERIOD;
    float*          x     = support_floats(n);
    float*          other = support_floats(n);
    FiqPhaseRotator rotator;
    fiq_phase_rotator_init(&rotator, rates_hz[r], PERIOD);
    x[0] = 1.0f;
    play(&rotator, all, x, other, n);
    for (double hz = 20.0; hz < 0.45 * rates_hz[r]; hz *= 1.6) {
      double re = 0.0;
      double im = 0.0;
      for (size_t k = 0; k < n; ++k) {
        re += (double)x[k] * cos(2.0 * pi * hz / rates_hz[r] * (double)k);
        im -= (double)x[k] * sin(2.0 * pi * hz / rates_hz[r] * (double)k);
      }
      const double claim = (double)fiq_phase_rotator_phase_rad(&rotator, hz);
      worst_db           = fmax(worst_db, fabs(support_db(hypot(re, im))));
      worst              = fmax(worst, fabs(remainder(atan2(im, re) - claim, 2.0 * pi)));
    }
    free(x);
    free(other);
  }
  print_message("magnitude within %.5f dB, phase within %.5f rad\n", worst_db, worst);
  assert_true(worst_db < 0.02);
  assert_true(worst < 0.01);
}

static void test_one_section_turns_by_half_a_turn_at_its_frequency(void** state)
{
  (void)state;
  FiqPhaseRotatorBand bands[SECTIONS];
  FiqPhaseRotator     rotator;
  memcpy(bands, none, sizeof bands);
  bands[2].amount = 1.0f;
  fiq_phase_rotator_init(&rotator, 48000.0, PERIOD);
  fiq_phase_rotator_control(&rotator, bands);
  const double at    = (double)fiq_phase_rotator_phase_rad(&rotator, 250.0);
  const double above = (double)fiq_phase_rotator_phase_rad(&rotator, 20000.0);
  const double slope = ((double)fiq_phase_rotator_phase_rad(&rotator, 251.0) -
                        (double)fiq_phase_rotator_phase_rad(&rotator, 249.0)) /
                       (2.0 * 2.0 * pi);
  const double stated_s = 4.0 / (2.0 * 2.0 * pi * 250.0); // k = 2
  print_message("%.4f rad there, %.3f far above, delay %.3f ms\n", at, above, -1e3 * slope);
  assert_true(fabs(at + pi) < 1e-4);
  assert_true(above < -6.2);
  assert_true(fabs(-slope / stated_s - 1.0) < 0.01);
}

static void test_amount_0_is_the_input_to_the_bit(void** state)
{
  (void)state;
  enum { N = 150 * PERIOD };
  FiqPhaseRotator rotator;
  float*          x     = support_floats(N);
  float*          same  = support_floats(N);
  float*          other = support_floats(N);
  fiq_phase_rotator_init(&rotator, 48000.0, PERIOD);
  for (int k = 0; k < 2; ++k) {
    support_noise(x, N, 0.5, 3);
    memcpy(same, x, N * sizeof(float));
    play(&rotator, none, x, other, N);
    assert_true(fiq_phase_rotator_rests(&rotator));
    assert_memory_equal(x, same, N * sizeof(float));
    // Once it was in use and is no more, after a second, it is so again.
    play(&rotator, all, x, other, N);
    for (int i = 0; i < 10; ++i) {
      play(&rotator, none, x, other, N);
    }
  }
  free(x);
  free(same);
  free(other);
}

static void test_sections_move_without_a_click(void** state)
{
  (void)state;
  enum { N = 3000 * PERIOD };
  FiqPhaseRotator     rotator;
  FiqPhaseRotatorBand bands[SECTIONS];
  float*              x     = support_floats(N);
  float*              other = support_floats(N);
  fiq_phase_rotator_init(&rotator, 48000.0, PERIOD);
  memcpy(bands, all, sizeof bands);
  support_sine(x, N, 300.0, 48000.0, 0.5, 0.0);
  double bend = 0.0;
  for (uint32_t at = 0; at < N; at += N / 6) {
    const uint32_t sixth = at / (N / 6);
    bands[2].hz          = sixth % 2 ? 400.0f : 200.0f;
    bands[1].amount      = sixth % 3 == 2 ? 0.0f : 1.0f;
    bands[3].q           = sixth % 2 ? 0.5f : 4.0f;
    play(&rotator, bands, x + at, other + at, N / 6);
  }
  // The onset of the sine is a kink of its own.
  for (size_t i = N / 12; i < N; ++i) {
    bend = fmax(bend, fabs((double)x[i] - 2.0 * (double)x[i - 1] + (double)x[i - 2]));
  }
  const double extra_db = support_db(bend - 0.5 * pow(2.0 * pi * 300.0 / 48000.0, 2.0));
  print_message("beyond its own bend a moving sine has %.1f dBFS\n", extra_db);
  assert_true(extra_db < -60.0);
  free(x);
  free(other);
}

static void test_block_cutting_and_reset_do_not_matter(void** state)
{
  (void)state;
  enum { N = 200 * PERIOD };
  FiqPhaseRotator rotator;
  float*          whole = support_floats(N);
  float*          cut   = support_floats(N);
  float*          other = support_floats(N);
  fiq_phase_rotator_init(&rotator, 48000.0, PERIOD);
  for (int k = 0; k < 2; ++k) {
    float* const x = k ? cut : whole;
    support_noise(x, N, 0.5, 7);
    memset(other, 0, N * sizeof(float));
    fiq_phase_rotator_reset(&rotator);
    for (uint32_t at = 0; at < N; at += PERIOD) {
      fiq_phase_rotator_control(&rotator, at < N / 2 ? all : none);
      for (uint32_t done = 0; done < PERIOD;) {
        const uint32_t left  = PERIOD - done;
        const uint32_t piece = k && 1 + at % 23 < left ? 1 + at % 23 : left;
        process_both(&rotator, x + at + done, other + at + done, done, piece);
        done += piece;
      }
    }
  }
  assert_memory_equal(whole, cut, N * sizeof(float));
  free(whole);
  free(cut);
  free(other);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_magnitudes_stay_and_phases_are_as_stated),
      cmocka_unit_test(test_one_section_turns_by_half_a_turn_at_its_frequency),
      cmocka_unit_test(test_amount_0_is_the_input_to_the_bit),
      cmocka_unit_test(test_sections_move_without_a_click),
      cmocka_unit_test(test_block_cutting_and_reset_do_not_matter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
