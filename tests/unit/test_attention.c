// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: what is new is attended at once, in five bands at most, and let go when it is no longer new.
// Method: noise and tones through a transform into bands, frame by frame; energies made by hand for the
// formula.
#include "dsp/base/maths.h"
#include "dsp/goals/attention.h"
#include "dsp/transform/fft.h"
#include "dsp/transform/window.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

enum { RATE = 48000, WINDOW = 2048, HOP = 512, BANDS = 24, LENGTH = 12 * RATE };

static const float hop_s = (float)HOP / RATE;

static FiqFftPool pool;
static float      sound[LENGTH];

/// Energies of 24 bands, even on the ERB scale, of the frame that ends at `end`.
static void bands_of(uint32_t end, float* energy)
{
  static _Alignas(64) float      window[WINDOW];
  static _Alignas(64) float      frame[WINDOW];
  static _Alignas(64) FiqComplex spectrum[WINDOW / 2 + 1];
  FiqFft                         fft;
  assert_int_equal(fiq_fft_init_kinds(&fft, &pool, WINDOW, FIQ_FFT_REAL_FORWARD), FIQ_OK);
  fiq_window_hann(window, WINDOW);
  for (uint32_t i = 0; i < WINDOW; ++i) {
    frame[i] = sound[end - WINDOW + i] * window[i] * 4.0f / (float)WINDOW;
  }
  fiq_fft_forward(&fft, frame, spectrum);
  memset(energy, 0, BANDS * sizeof *energy);
  for (uint32_t k = 2; k <= WINDOW / 2; ++k) {
    const float hz = (float)k * (float)RATE / WINDOW;
    const float at = (float)BANDS * (fiq_hz_to_erb(hz) - fiq_hz_to_erb(40.0f)) /
                     (fiq_hz_to_erb(18000.0f) - fiq_hz_to_erb(40.0f));
    if (at >= 0.0f && at < (float)BANDS) {
      const FiqComplex x = spectrum[k];
      energy[(uint32_t)at] += (x.re * x.re + x.im * x.im) / 3.0f;
    }
  }
}

static uint32_t band_at(float hz)
{
  return (uint32_t)((float)BANDS * (fiq_hz_to_erb(hz) - fiq_hz_to_erb(40.0f)) /
                    (fiq_hz_to_erb(18000.0f) - fiq_hz_to_erb(40.0f)));
}

static void check(const FiqAttention* attention)
{
  uint32_t n = 0;
  assert_in_range(attention->n_foci, 0, FIQ_ATTENTION_FOCI_MAX);
  for (uint32_t b = 0; b < attention->n_bands; ++b) {
    const float weight = attention->weight[b];
    assert_true(weight >= 0.0f && weight <= 1.0f);
    assert_false(weight > 0.0f && weight < 0.1f);
    n += weight > 0.0f;
  }
  assert_int_equal(n, attention->n_foci);
  for (uint32_t i = 0; i < attention->n_foci; ++i) {
    assert_true(attention->weight[attention->focus[i]] > 0.0f);
    assert_true(i == 0 || attention->weight[attention->focus[i]] <=
                              attention->weight[attention->focus[i - 1]]);
  }
}

static void add_tone(double hz, double gain, uint32_t first)
{
  for (uint32_t i = first; i < LENGTH; ++i) {
    sound[i] += (float)(gain * sin(6.283185307179586 * hz * i / RATE));
  }
}

static void test_a_new_tone_in_noise_is_attended_within_100_ms(void** state)
{
  (void)state;
  static const float tones_hz[] = {120.0f, 440.0f, 1000.0f, 3000.0f, 8000.0f};
  for (size_t t = 0; t < 5; ++t) {
    FiqAttention attention;
    float        energy[BANDS];
    double       noticed_s = 1e9;
    double       left_s    = 1e9;
    uint32_t     n_before  = 0;
    float        most      = 0.0f;
    support_noise(sound, LENGTH, 0.05, 3 + t);
    add_tone((double)tones_hz[t], 0.02, 5 * RATE);
    const uint32_t band = band_at(tones_hz[t]);
    fiq_attention_reset(&attention, BANDS);
    for (uint32_t end = WINDOW; end <= LENGTH; end += HOP) {
      const double t_s = ((double)end - 5.0 * RATE) / RATE;
      bands_of(end, energy);
      fiq_attention_step(&attention, energy, hop_s);
      check(&attention);
      n_before += t_s < 0.0 && t_s > -4.0 ? attention.n_foci : 0;
      most = fmaxf(most, attention.weight[band]);
      if (t_s > 0.0 && attention.weight[band] > 0.0f) {
        noticed_s = fmin(noticed_s, t_s);
        assert_true(t_s > 0.3 || attention.focus[0] == band);
      }
      if (t_s > noticed_s && attention.weight[band] <= 0.0f) {
        left_s = fmin(left_s, t_s);
      }
    }
    print_message(
        "  %4.0f Hz: attended after %3.0f ms, up to %.2f, let go after %.1f s; before %.3f bands a "
        "frame of noise\n",
        (double)tones_hz[t], 1000.0 * noticed_s, (double)most, left_s,
        n_before / (4.0 * RATE / HOP));
    assert_true(noticed_s < 0.1);
    assert_true(left_s < 4.0);
    assert_true(n_before < 0.5 * 4.0 * RATE / HOP);
  }
}

static void test_salience_is_the_weighted_sum(void** state)
{
  (void)state;
  FiqAttention attention;
  float        energy[4] = {1e-4f, 1e-4f, 1e-4f, 1e-4f};
  fiq_attention_reset(&attention, 4);
  for (int i = 0; i < 3000; ++i) {
    fiq_attention_step(&attention, energy, 0.01f);
  }
  // Steady, a quarter each, at -40 dB: half the scale.
  for (uint32_t b = 0; b < 4; ++b) {
    assert_true(fabsf(attention.salience[b] - (0.4f * 0.25f + 0.2f * 0.5f)) < 1e-3f);
    assert_true(attention.weight[b] <= 0.0f);
  }
  energy[2] = 1.0f;
  for (int i = 0; i < 20; ++i) {
    fiq_attention_step(&attention, energy, 0.01f);
  }
  const double fast = 1.0 - (1.0 - 1e-4) * exp(-0.2 / 0.025);
  const double slow = 1.0 - (1.0 - 1e-4) * exp(-0.2);
  const double due  = 0.4 * (fast - slow) / (fast + slow) + 0.4 * fast / (fast + 3e-4) + 0.2;
  print_message("  salience of a band out of nothing %.4f, by the formula %.4f\n",
                (double)attention.salience[2], due);
  assert_true(fabs((double)attention.salience[2] - due) < 2e-3);
  assert_int_equal(attention.n_foci, 1);
  assert_int_equal(attention.focus[0], 2);
}

static void test_attention_fades_by_2_percent_in_10_ms(void** state)
{
  (void)state;
  FiqAttention attention;
  float        energy[8] = {1e-3f, 1e-3f, 1e-3f, 0.0f, 1e-3f, 1e-3f, 1e-3f, 1e-3f};
  fiq_attention_reset(&attention, 8);
  fiq_attention_step(&attention, energy, 0.01f);
  energy[3] = 0.1f;
  for (int i = 0; i < 10; ++i) {
    fiq_attention_step(&attention, energy, 0.01f);
  }
  energy[3] = 0.0f;
  for (int i = 0; i < 20; ++i) {
    fiq_attention_step(&attention, energy, 0.01f);
  }
  assert_true(attention.salience[3] < 0.3f);
  double   weight = (double)attention.weight[3];
  uint32_t n      = 0;
  while (attention.weight[3] > 0.0f) {
    assert_true(fabs((double)attention.weight[3] - weight) < 1e-4);
    fiq_attention_step(&attention, energy, 0.01f);
    weight *= 0.98;
    ++n;
  }
  print_message("  dropped at %.3f after %u updates\n", weight / 0.98, n);
  assert_true(weight < 0.1 && weight / 0.98 >= 0.0999);
  assert_int_equal(attention.n_foci, 0);
}

static void test_five_bands_at_most_are_attended_the_most_salient(void** state)
{
  (void)state;
  FiqAttention attention;
  float        energy[FIQ_ATTENTION_BANDS_MAX];
  fiq_attention_reset(&attention, FIQ_ATTENTION_BANDS_MAX);
  memset(energy, 0, sizeof energy);
  fiq_attention_step(&attention, energy, 0.01f);
  for (uint32_t b = 0; b < FIQ_ATTENTION_BANDS_MAX; ++b) {
    energy[b] = powf(10.0f, -4.0f + 0.05f * (float)(b * 29 % FIQ_ATTENTION_BANDS_MAX));
  }
  for (int i = 0; i < 10; ++i) {
    fiq_attention_step(&attention, energy, 0.01f);
    check(&attention);
  }
  assert_int_equal(attention.n_foci, FIQ_ATTENTION_FOCI_MAX);
  for (uint32_t i = 0; i < FIQ_ATTENTION_FOCI_MAX; ++i) {
    assert_int_equal(attention.focus[i] * 29 % FIQ_ATTENTION_BANDS_MAX,
                     FIQ_ATTENTION_BANDS_MAX - 1 - i);
  }
}

static void test_the_interval_does_not_matter(void** state)
{
  (void)state;
  FiqAttention coarse;
  FiqAttention fine;
  float        energy[6];
  double       worst = 0.0;
  fiq_attention_reset(&coarse, 6);
  fiq_attention_reset(&fine, 6);
  for (int i = 0; i < 400; ++i) {
    for (uint32_t b = 0; b < 6; ++b) {
      energy[b] = (i / 100) % 6 == (int)b ? 0.1f : 0.001f;
    }
    fiq_attention_step(&coarse, energy, 0.01f);
    for (int k = 0; k < 15; ++k) {
      fiq_attention_step(&fine, energy, 0.01f / 15.0f);
    }
    for (uint32_t b = 0; b < 6; ++b) {
      worst = fmax(worst, fabs((double)(coarse.salience[b] - fine.salience[b])));
    }
  }
  print_message("  salience every 10 ms and every 0.67 ms differs by at most %.1e\n", worst);
  assert_true(worst < 1e-3);
}

static void test_any_numbers_are_survived(void** state)
{
  (void)state;
  static const float odd[] = {NAN, INFINITY, -INFINITY, -1.0f, 1e38f, 0.0f, 0.01f};
  FiqAttention       attention;
  float              energy[5];
  fiq_attention_reset(&attention, 5);
  for (int i = 0; i < 5000; ++i) {
    for (int b = 0; b < 5; ++b) {
      energy[b] = odd[(i * 3 + b * i / 2) % 7];
    }
    fiq_attention_step(&attention, energy, i % 3 ? 1.0f : 1e-4f);
    check(&attention);
  }
  memset(energy, 0, sizeof energy);
  for (int i = 0; i < 1000; ++i) {
    fiq_attention_step(&attention, energy, 0.1f);
  }
  assert_int_equal(attention.n_foci, 0);
}

static void test_reset_equals_fresh_init(void** state)
{
  (void)state;
  FiqAttention used;
  FiqAttention fresh;
  float        energy[4] = {0.1f, 0.0f, 0.5f, 0.2f};
  memset(&used, 0x33, sizeof used);
  memset(&fresh, 0, sizeof fresh);
  fiq_attention_reset(&fresh, 4);
  fiq_attention_reset(&used, 64);
  fiq_attention_reset(&used, 4);
  assert_memory_equal(&used, &fresh, sizeof used);
  fiq_attention_step(&used, energy, 0.01f);
  fiq_attention_reset(&used, 4);
  assert_memory_equal(&used, &fresh, sizeof used);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_new_tone_in_noise_is_attended_within_100_ms),
      cmocka_unit_test(test_salience_is_the_weighted_sum),
      cmocka_unit_test(test_attention_fades_by_2_percent_in_10_ms),
      cmocka_unit_test(test_five_bands_at_most_are_attended_the_most_salient),
      cmocka_unit_test(test_the_interval_does_not_matter),
      cmocka_unit_test(test_any_numbers_are_survived),
      cmocka_unit_test(test_reset_equals_fresh_init),
  };
  fiq_fft_pool_init(&pool);
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  fiq_fft_pool_free(&pool);
  return failed;
}
