// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: every factory preset is ready for use: a sane level, no offset, no click, and a sound of its own.
   Method: each is played as a user would (a four-note chord; a drum-like and tonal input), its peak, mean
   and largest second difference are measured, and all pairs of a plugin are compared, Realms by what is left after subtraction, Swarm by coarse spectrograms.
*/
#include "tests/support/bank.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = BANK_RATE_HZ, FRAMES = BANK_FRAMES, HELD = BANK_HELD, PRESETS_MAX = 160 };

/// Roughness of a click; the factory presets reach 5.1, a step of 0.05 in a tone 34.
static const double CLICK = 10.0;

/// In the median a preset and the one that is most like it: 1.3 times what the first 47 presets had, 6.18 dB.
static const double APART = 8.03;

/// Energy of the second differences of x before frame i, for i = 0 .. n; [n + 1] doubles to be freed.
static double* edge_energy(const float* x, size_t n)
{
  double* const sum = (double*)calloc(n + 1, sizeof(double));
  assert_non_null(sum);
  for (size_t i = 0; i < n; ++i) {
    const double d = i < 2 ? 0.0 : (double)x[i] - 2.0 * (double)x[i - 1] + (double)x[i - 2];
    sum[i + 1]     = sum[i] + d * d;
  }
  return sum;
}

/// Largest second difference against the rms of those in the 5 ms before and after it, without the next 3 on
/// either side: a click stands out, a bright sound or noise does not. Below -80 dBFS nothing counts.
static double roughness(const float* x, size_t start, size_t end)
{
  const size_t  near  = 3;
  const size_t  far   = RATE / 200;
  const size_t  n     = end - start;
  double* const sum   = edge_energy(x + start, n);
  double        worst = 0.0;
  for (size_t i = far; i + far < n; ++i) {
    const double around = sum[i - near] - sum[i - far] + sum[i + far] - sum[i + near + 1];
    const double level  = sqrt(around / (double)(2 * (far - near)));
    worst               = fmax(worst, sqrt(sum[i + 1] - sum[i]) / fmax(level, 1e-4));
  }
  free(sum);
  return worst;
}

/// Prints what was measured; false if the preset is not fit for use.
static bool sound_is_sane(const FiqPreset* preset, const FixtureAudio* out)
{
  double peak = 0.0;
  double mean = 0.0;
  for (int channel = 0; channel < 2; ++channel) {
    peak = fmax(peak, support_peak(out->plane[channel], FRAMES));
    for (size_t i = 0; i < FRAMES; ++i) {
      mean += (double)out->plane[channel][i] / FRAMES;
    }
  }
  const bool   swarm = preset->plugin == FIQ_PLUGIN_SWARM;
  const double risen =
      (double)fiq_preset_value(preset, fiq_preset_param(preset->plugin, "attack")) + 0.05;
  const double held  = swarm ? roughness(out->plane[0], (size_t)(risen * RATE), HELD) : 0.0;
  const double after = swarm ? roughness(out->plane[0], HELD, FRAMES) : 0.0;
  const bool   sane  = support_db(peak) <= -1.0 && support_db(peak) >= -12.0 && fabs(mean) < 1e-3 &&
                    held < CLICK && after < CLICK;
  print_message("%-22s peak %6.1f dBFS, mean %8.1e, roughness %5.1f held, %5.1f released%s\n",
                preset->label, support_db(peak), mean, held, after, sane ? "" : "   <- not fit");
  return sane;
}

/// What is left of `a` when `b` is taken away, in dB of `a`: phases count, as they do in stereo and in a mix.
static double residue_db(const FixtureAudio* a, const FixtureAudio* b)
{
  double rest = 0.0;
  double all  = 0.0;
  for (int channel = 0; channel < 2; ++channel) {
    for (size_t i = 0; i < FRAMES; ++i) {
      const double x = (double)a->plane[channel][i];
      const double d = x - (double)b->plane[channel][i];
      rest += d * d;
      all += x * x;
    }
  }
  return 0.5 * support_db(rest / fmax(all, 1e-12));
}

static int play_all(FiqPluginKind kind, FixtureAudio* outs, const FiqPreset** known)
{
  const BankTerms terms = {.seed = 77};
  FixtureAudio    in    = bank_material();
  int             n     = 0;
  int             n_bad = 0;
  for (uint32_t i = 0; i < fiq_n_presets; ++i) {
    if (fiq_presets[i].plugin == kind) {
      assert_true(n < PRESETS_MAX);
      outs[n] = fixture_audio(FRAMES);
      bank_play(&fiq_presets[i], &terms, &in, &outs[n]);
      n_bad += sound_is_sane(&fiq_presets[i], &outs[n]) ? 0 : 1;
      known[n++] = &fiq_presets[i];
    }
  }
  fixture_audio_free(&in);
  assert_int_equal(n_bad, 0);
  return n;
}

/// What it learns is heard after seconds of a sound that needs it (plugin_learning); until then it plays the input.
static bool learns(const FiqPreset* preset)
{
  return fiq_preset_value(preset, fiq_preset_param(preset->plugin, "objective")) > 0.0f;
}

static void test_realms_presets_are_sane_and_differ(void** state)
{
  (void)state;
  static FixtureAudio     outs[PRESETS_MAX];
  static const FiqPreset* known[PRESETS_MAX];
  const int               n = play_all(FIQ_PLUGIN_REALMS, outs, known);
  assert_true(n >= 16);
  for (int a = 0; a < n; ++a) {
    for (int b = 0; b < a; ++b) {
      const bool learned = learns(known[a]) || learns(known[b]);
      if (!learned && residue_db(&outs[a], &outs[b]) < -15.0) {
        fail_msg("%s and %s differ by only %.1f dB", known[a]->label, known[b]->label,
                 residue_db(&outs[a], &outs[b]));
      }
    }
  }
  for (int i = 0; i < n; ++i) {
    fixture_audio_free(&outs[i]);
  }
}

static int by_size(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static void test_swarm_presets_are_sane_and_differ(void** state)
{
  (void)state;
  static FixtureAudio     outs[PRESETS_MAX];
  static const FiqPreset* known[PRESETS_MAX];
  static BankPrint        print[PRESETS_MAX];
  const int               n = play_all(FIQ_PLUGIN_SWARM, outs, known);
  double                  nearest[PRESETS_MAX];
  assert_true(n >= 96);
  for (int a = 0; a < n; ++a) {
    nearest[a] = 1000.0;
    bank_print(outs[a].plane[0], &print[a]);
    for (int b = 0; b < a; ++b) {
      if (bank_distance_db(&print[a], &print[b]) < 2.0) {
        fail_msg("%s and %s are only %.2f dB apart", known[a]->label, known[b]->label,
                 bank_distance_db(&print[a], &print[b]));
      }
      nearest[a] = fmin(nearest[a], bank_distance_db(&print[a], &print[b]));
      nearest[b] = fmin(nearest[b], bank_distance_db(&print[a], &print[b]));
    }
  }
  qsort(nearest, (size_t)n, sizeof nearest[0], by_size);
  print_message("nearest neighbours %.2f dB apart in the median\n", nearest[n / 2]);
  assert_true(nearest[n / 2] >= APART);
  for (int i = 0; i < n; ++i) {
    fixture_audio_free(&outs[i]);
  }
}

static void test_a_small_click_is_found(void** state)
{
  (void)state;
  FixtureAudio audio = fixture_audio(RATE);
  for (size_t i = 0; i < RATE; ++i) {
    audio.plane[0][i] = (float)(0.3 * sin(0.0288 * (double)i) + 0.1 * sin(0.1441 * (double)i));
  }
  const double clean = roughness(audio.plane[0], 0, RATE);
  for (size_t i = RATE / 2; i < RATE; ++i) {
    audio.plane[0][i] += 0.05f;
  }
  const double click = roughness(audio.plane[0], 0, RATE);
  print_message("roughness %.1f, with a step of 0.05 %.1f\n", clean, click);
  fixture_audio_free(&audio);
  assert_true(clean < 3.0);
  assert_true(click > CLICK);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_small_click_is_found),
                                     cmocka_unit_test(test_realms_presets_are_sane_and_differ),
                                     cmocka_unit_test(test_swarm_presets_are_sane_and_differ)};
  return cmocka_run_group_tests_name("plugin presets", tests, NULL, NULL);
}
