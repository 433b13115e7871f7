// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: filter and formants are the curves that the header states, within 0.1 dB where they are above -60 dB. Method: the
// same formulas in double, over all types, slopes and resonances, at partials from the first to the last.
#include "dsp/tone/spectrum.h"
#include "tests/support/support.h"

#include <math.h>

enum { N = 128 };

static double filter_gain(const FiqFilter* filter, double octave)
{
  const double l    = octave - (double)filter->cutoff_octave;
  const double res  = (double)filter->resonance;
  const double n    = (double)filter->slope_db_per_octave / 6.0;
  const double y    = pow(2.0, n * l);
  const double lift = 1.0 + (pow(10.0, 1.2 * res) - 1.0) / (1.0 + pow(l / 0.2, 2.0));
  const double z    = pow(2.0, (1.0 + 4.0 * res) * n * l);
  switch (filter->type) {
  case FIQ_FILTER_LOW:
    return lift / sqrt(1.0 + y * y);
  case FIQ_FILTER_HIGH:
    return lift / sqrt(1.0 + 1.0 / (y * y));
  case FIQ_FILTER_BAND:
    return 2.0 * lift / (y + 1.0 / y);
  case FIQ_FILTER_NOTCH:
    return fabs(z - 1.0 / z) / (z + 1.0 / z);
  default:
    return 1.0;
  }
}

static void test_filters_are_their_curves(void** state)
{
  (void)state;
  static const float slopes[] = {6.0f, 12.0f, 31.0f, 48.0f};
  float              octave[N];
  double             worst = 0.0;
  for (int h = 0; h < N; ++h) {
    octave[h] = log2f((float)(h + 1));
  }
  for (int type = FIQ_FILTER_OFF; type <= FIQ_FILTER_NOTCH; ++type) {
    for (int k = 0; k < 4 * 5; ++k) {
      const FiqFilter filter = {(FiqFilterType)type, 9.3f, slopes[k % 4], 0.25f * (float)(k / 4)};
      float           gain[N];
      for (int h = 0; h < N; ++h) {
        gain[h] = 1.0f;
      }
      fiq_filter_apply(&filter, octave, 6.6f, gain, N);
      for (int h = 0; h < N; ++h) {
        const double wanted = filter_gain(&filter, (double)octave[h] + 6.6);
        assert_true(gain[h] >= 0.0f && isfinite(gain[h]));
        worst = wanted > 1e-3 ? fmax(worst, fabs(20.0 * log10((double)gain[h] / wanted))) : worst;
      }
    }
  }
  print_message("filters within %.4f dB\n", worst);
  assert_true(worst <= 0.1);
}

static void test_formants_are_their_curve_and_vowels_differ(void** state)
{
  (void)state;
  float ratio[N];
  float last[N] = {0};
  for (int h = 0; h < N; ++h) {
    ratio[h] = (float)(h + 1);
  }
  for (int vowel = 0; vowel <= 4; ++vowel) {
    const FiqFormants formants = fiq_formants_vowel(0.25f * (float)vowel, 0.7f);
    float             gain[N];
    double            apart = 0.0;
    for (int h = 0; h < N; ++h) {
      gain[h] = 1.0f;
    }
    fiq_formants_apply(&formants, ratio, 110.0f, gain, N);
    for (int h = 0; h < N; ++h) {
      double envelope = (double)formants.floor;
      for (uint32_t k = 0; k < formants.n; ++k) {
        const double x =
            (110.0 * (h + 1) - (double)formants.hz[k]) / (double)formants.half_width_hz[k];
        envelope += (double)formants.gain[k] / (1.0 + x * x);
      }
      assert_true(fabs(20.0 * log10((double)gain[h] / (0.3 + 0.7 * envelope))) < 0.1);
      apart   = fmax(apart, fabs(20.0 * log10((double)gain[h] / fmax((double)last[h], 1e-9))));
      last[h] = gain[h];
    }
    assert_true(apart > 6.0);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_filters_are_their_curves),
      cmocka_unit_test(test_formants_are_their_curve_and_vowels_differ)};
  return cmocka_run_group_tests_name("spectrum", tests, NULL, NULL);
}
