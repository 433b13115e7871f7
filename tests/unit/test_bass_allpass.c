// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the turn of the bass is an all-pass at every depth, delays what it says, is nothing at depth 0,
// and moves without a click. Method: impulse responses against the closed form; sines while depth and
// corner move; comparison of blocks.
#include "dsp/filter/bass_allpass.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double pi         = 3.14159265358979323846;
static const double rates_hz[] = {8000.0, 44100.0, 48000.0, 192000.0, 384000.0};
static const float  corners[]  = {FIQ_BASS_ALLPASS_HZ_MIN, 50.0f, FIQ_BASS_ALLPASS_HZ_MAX};

/// A bass that has reached `depth`.
static FiqBassAllpass bass_at(double rate_hz, float corner_hz, float depth)
{
  FiqBassAllpass bass;
  fiq_bass_allpass_init(&bass, rate_hz);
  fiq_bass_allpass_set(&bass, corner_hz);
  fiq_bass_allpass_control(&bass, depth, 32);
  fiq_bass_allpass_control(&bass, depth, 32);
  return bass;
}

static void process_both(FiqBassAllpass* bass, float* x, float* other, uint32_t at, uint32_t n)
{
  float* const planes[2] = {x, other};
  fiq_bass_allpass_process(bass, (const float* const*)planes, planes, at, n);
}

/// Turn of phase of two sections of depth d: z = tan(w/2)/tan(corner/2), each 2 atan2(2 d z, 1 - z^2) behind.
static double behind_rad(double hz, double rate_hz, double corner_hz, double depth)
{
  const double z = tan(pi * hz / rate_hz) / tan(pi * corner_hz / rate_hz);
  return 4.0 * atan2(2.0 * depth * z, 1.0 - z * z);
}

static void test_every_depth_is_an_all_pass_of_the_stated_phase(void** state)
{
  (void)state;
  static const float depths[] = {0.1f, 0.5f, 1.0f};
  double             worst_db = 0.0;
  double             worst    = 0.0;
  for (size_t r = 0; r < sizeof rates_hz / sizeof *rates_hz; ++r) {
    const size_t n     = (size_t)(2.0 * rates_hz[r]);
    float*       x     = support_floats(n);
    float*       other = support_floats(n);
    for (int i = 0; i < 9; ++i) {
      const float    corner = corners[i % 3];
      const float    depth  = depths[i / 3];
      FiqBassAllpass bass   = bass_at(rates_hz[r], corner, depth);
      memset(x, 0, n * sizeof(float));
      x[0] = 1.0f;
      process_both(&bass, x, other, 0, (uint32_t)n);
      for (double hz = 20.0; hz < 0.45 * rates_hz[r]; hz *= 1.7) {
        double re = 0.0;
        double im = 0.0;
        for (size_t k = 0; k < n; ++k) {
          re += (double)x[k] * cos(2.0 * pi * hz / rates_hz[r] * (double)k);
          im -= (double)x[k] * sin(2.0 * pi * hz / rates_hz[r] * (double)k);
        }
        const double claim = behind_rad(hz, rates_hz[r], (double)corner, (double)depth);
        worst_db           = fmax(worst_db, fabs(support_db(hypot(re, im))));
        worst              = fmax(worst, fabs(remainder(atan2(im, re) + claim, 2.0 * pi)));
      }
    }
    free(x);
    free(other);
  }
  print_message("magnitude within %.5f dB, phase within %.5f rad\n", worst_db, worst);
  assert_true(worst_db < 0.02);
  assert_true(worst < 0.01);
}

static void test_what_lies_at_the_corner_comes_four_over_w_later(void** state)
{
  (void)state;
  for (int i = 0; i < 3; ++i) {
    const double corner = (double)corners[i];
    const double step   = 0.01;
    const double slope  = (behind_rad(corner + step, 48000.0, corner, 1.0) -
                          behind_rad(corner - step, 48000.0, corner, 1.0)) /
                         (2.0 * pi * 2.0 * step);
    const double stated_s = 4.0 / (2.0 * pi * corner);
    // The closed form is what the impulse response is held against.
    assert_true(fabs(remainder(slope, 2.0 / (2.0 * step)) / stated_s - 1.0) < 0.01);
  }
}

static void test_depth_0_and_no_corner_are_the_input_to_the_bit(void** state)
{
  (void)state;
  enum { N = 4800 };
  float* x     = support_floats(N);
  float* same  = support_floats(N);
  float* other = support_floats(N);
  for (int k = 0; k < 2; ++k) {
    FiqBassAllpass bass = bass_at(48000.0, k ? 50.0f : 0.0f, k ? 0.0f : 1.0f);
    support_noise(x, N, 0.5, 3);
    memcpy(same, x, N * sizeof(float));
    assert_true(fiq_bass_allpass_rests(&bass));
    process_both(&bass, x, other, 0, N);
    assert_memory_equal(x, same, N * sizeof(float));
  }
  free(x);
  free(same);
  free(other);
}

static void test_depth_and_corner_move_without_a_click(void** state)
{
  (void)state;
  enum { N = 96000, PERIOD = 32 };
  FiqBassAllpass bass  = bass_at(48000.0, 50.0f, 1.0f);
  float*         x     = support_floats(N);
  float*         other = support_floats(N);
  support_sine(x, N, 300.0, 48000.0, 0.5, 0.0);
  double bend = 0.0;
  for (uint32_t at = 0; at < N; at += PERIOD) {
    const uint32_t quarter = at / (N / 4);
    fiq_bass_allpass_set(&bass, quarter == 1 ? 70.0f : quarter == 3 ? 0.0f : 50.0f);
    fiq_bass_allpass_control(&bass, quarter == 2 ? 0.5f : 1.0f, PERIOD);
    process_both(&bass, x + at, other + at, 0, PERIOD);
  }
  for (size_t i = 2; i < N; ++i) {
    bend = fmax(bend, fabs((double)x[i] - 2.0 * (double)x[i - 1] + (double)x[i - 2]));
  }
  const double own      = 0.5 * pow(2.0 * pi * 300.0 / 48000.0, 2.0);
  const double extra_db = support_db(bend - own);
  print_message("beyond its own bend a moving sine has %.1f dBFS\n", extra_db);
  assert_true(extra_db < -70.0);
  // The last quarter wants no turn: that is the input again.
  assert_true(fiq_bass_allpass_rests(&bass));
  free(x);
  free(other);
}

static void test_block_cutting_and_reset_do_not_matter(void** state)
{
  (void)state;
  enum { N = 6400, PERIOD = 64 };
  float*         whole = support_floats(N);
  float*         cut   = support_floats(N);
  float*         other = support_floats(N);
  FiqBassAllpass bass;
  fiq_bass_allpass_init(&bass, 48000.0);
  for (int k = 0; k < 2; ++k) {
    float* const x = k ? cut : whole;
    support_noise(x, N, 0.5, 7);
    memset(other, 0, N * sizeof(float));
    fiq_bass_allpass_reset(&bass);
    fiq_bass_allpass_set(&bass, 0.0f);
    for (uint32_t at = 0; at < N; at += PERIOD) {
      fiq_bass_allpass_control(&bass, 1.0f, PERIOD);
      fiq_bass_allpass_set(&bass, 50.0f);
      for (uint32_t done = 0; done < PERIOD;) {
        const uint32_t left  = PERIOD - done;
        const uint32_t piece = k && 1 + at % 23 < left ? 1 + at % 23 : left;
        process_both(&bass, x + at + done, other + at + done, done, piece);
        done += piece;
      }
    }
  }
  assert_memory_equal(whole, cut, N * sizeof(float));
  fiq_bass_allpass_reset(&bass);
  fiq_bass_allpass_control(&bass, 1.0f, PERIOD);
  memset(whole, 0, N * sizeof(float));
  process_both(&bass, whole, other, 0, PERIOD);
  assert_true(support_peak(whole, PERIOD) <= 0.0);
  free(whole);
  free(cut);
  free(other);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_depth_is_an_all_pass_of_the_stated_phase),
      cmocka_unit_test(test_what_lies_at_the_corner_comes_four_over_w_later),
      cmocka_unit_test(test_depth_0_and_no_corner_are_the_input_to_the_bit),
      cmocka_unit_test(test_depth_and_corner_move_without_a_click),
      cmocka_unit_test(test_block_cutting_and_reset_do_not_matter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
