// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the tract does to partials what its header states, within 0.1 dB, and its noise has the power that its levels say.
// Method: the same formula in double, over vowels, sizes and nasality; sums of the density over all frequencies.
#include "dsp/voice/utterance.h"
#include "tests/support/support.h"

#include <math.h>

enum { N = 128 };

static double tract_gain(const FiqTract* tract, double hz)
{
  const double size = (double)tract->size;
  const double f    = fmin(hz, 8000.0 / size);
  const double nose = 270.0 / size;
  double       gain = exp(f * f * size * size / 8e6);
  for (int k = 0; k < FIQ_TRACT_FORMANTS; ++k) {
    const double c = (double)tract->hz[k];
    const double b = (double)tract->bandwidth[k];
    gain *= c * c / sqrt(pow(c * c - f * f, 2.0) + pow(b * f, 2.0));
  }
  const double zero = (double)tract->nasal_hz;
  gain *= sqrt(pow(zero * zero - f * f, 2.0) + pow(100.0 * f, 2.0)) / (zero * zero);
  const double shut = pow((double)tract->dull * f, 2.0);
  gain *= (1.0 + 0.04 * shut) / (1.0 + shut);
  gain /= hypot(1.0, (double)tract->soft * hz);
  return gain * nose * nose / sqrt(pow(nose * nose - f * f, 2.0) + pow(100.0 * f, 2.0));
}

static void test_partials_follow_the_formula(void** state)
{
  (void)state;
  static const float sizes[] = {0.7f, 1.0f, 1.4f};
  float              ratio[N];
  double             worst = 0.0;
  for (int h = 0; h < N; ++h) {
    ratio[h] = (float)(h + 1);
  }
  for (int i = 0; i < 3 * 9 * 2; ++i) {
    const FiqVoiceParams params = {sizes[i % 3], i % 2 ? 0.7f : 0.0f, 0.0f};
    FiqTract             tract  = fiq_voice_vowel(&params, 0.125f * (float)(i / 3 % 9), 110.0f);
    tract.nasal_hz *= i < 27 ? 1.0f : 1.7f;
    tract.dull = i < 27 ? 0.0f : 1.0f / 700.0f;
    float gain[N];
    for (int h = 0; h < N; ++h) {
      gain[h] = 1.0f;
    }
    fiq_tract_apply(&tract, 1.0f, ratio, 110.0f, gain, N);
    for (int h = 0; h < N; ++h) {
      const double wanted = tract_gain(&tract, 110.0 * (h + 1));
      assert_true(isfinite(gain[h]) && gain[h] > 0.0f);
      worst = fmax(worst, fabs(20.0 * log10((double)gain[h] / wanted)));
    }
  }
  print_message("partials within %.4f dB\n", worst);
  assert_true(worst <= 0.1);
}

static void test_no_amount_leaves_everything(void** state)
{
  (void)state;
  const FiqVoiceParams params  = {1.0f, 0.0f, 0.0f};
  const FiqTract       tract   = fiq_voice_vowel(&params, 0.5f, 200.0f);
  const float          ratio[] = {1.0f, 2.0f, 3.0f};
  float                gain[]  = {0.5f, 0.25f, 2.0f};
  fiq_tract_apply(&tract, 0.0f, ratio, 200.0f, gain, 3);
  assert_true(gain[0] == 0.5f && gain[1] == 0.25f && gain[2] == 2.0f);
}

static void test_noise_has_the_power_of_its_levels(void** state)
{
  (void)state;
  const FiqVoiceParams params = {1.0f, 0.0f, 0.0f};
  FiqTract             tract  = fiq_voice_vowel(&params, 0.3f, 200.0f);
  float                hz[N];
  float                width[N];
  float                density[N];
  double               power = 0.0;
  for (int i = 0; i < N; ++i) {
    hz[i]    = 150.0f * ((float)i + 0.5f);
    width[i] = 150.0f;
  }
  tract.murmur     = 0.3f;
  tract.breath     = 0.4f;
  tract.hiss_level = 1.2f;
  fiq_tract_noise(&tract, hz, width, density, N);
  for (int i = 0; i < N; ++i) {
    assert_true(density[i] >= 0.0f && isfinite(density[i]));
    power += 150.0 * (double)density[i];
  }
  assert_true(fabs(power - (0.09 + 0.16 + 1.44)) < 1e-3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_partials_follow_the_formula),
                                     cmocka_unit_test(test_no_amount_leaves_everything),
                                     cmocka_unit_test(test_noise_has_the_power_of_its_levels)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
