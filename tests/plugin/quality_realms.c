// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: presets of Realms can be relied on: what is heard in mono stays, nothing drones on, each does something that the others do
   not, and the one that seeks headroom finds some.
   Method: drums, a voice-like sound and a chord after one another, then silence, through every preset. The level of L + R, what is
   left 5 s after the input, and by sound the crest factor, the likeness of left and right, the centroid and the swing
   of the level, which are compared with those of the input and of all other presets. Presets that learn are left out of that
   comparison: they do nothing before they have heard enough (plugin_learning).
*/
#include "tests/support/bank.h"

#include <math.h>
#include <string.h>

enum {
  RATE   = 48000,
  SOUNDS = 3,
  PART   = 3 * RATE / 2,
  HEARD  = SOUNDS * PART,
  FRAMES = HEARD + 6 * RATE
};
enum { CREST, LIKENESS, CENTROID, SWING, TRAITS, PRESETS_MAX = 64 };

static const double tau = 6.283185307179586;

/// By how much a trait must differ to be heard: dB, 1, octaves, dB.
static const double heard_by[TRAITS] = {0.3, 0.02, 0.05, 0.3};

typedef struct {
  const FiqPreset* preset; ///< NULL: the input
  double           trait[SOUNDS][TRAITS];
  double           mono_db;
  double           rest_db;
} Portrait;

static void add_drums(float* x)
{
  support_noise(x, PART, 0.25, 3);
  for (size_t i = 0; i < PART; ++i) {
    const double since = fmod((double)i / RATE, 0.5);
    const double after = fmod((double)i / RATE + 0.25, 0.5);
    const double skin  = sin(tau * 55.0 * since + 6.0 * exp(-40.0 * since));
    x[i] = (float)(0.45 * exp(-18.0 * since) * skin + (double)x[i] * exp(-30.0 * after));
  }
}

static void add_voice(float* x)
{
  double turns = 0.0;
  for (size_t i = 0; i < PART; ++i) {
    const double t  = (double)i / RATE;
    const double hz = 120.0 * (1.0 + 0.03 * sin(tau * 1.1 * t));
    double       y  = 0.0;
    turns += hz / RATE;
    for (int h = 1; h < 30; ++h) {
      const double low  = (h * hz - 600.0) / 500.0;
      const double high = (h * hz - 1500.0) / 600.0;
      y += sin(tau * h * turns) * (exp(-low * low) + 0.4 * exp(-high * high));
    }
    x[i] = (float)(0.09 * y * (0.55 + 0.45 * sin(tau * 2.3 * t)));
  }
}

static void add_chord(float* x)
{
  static const double hz[] = {130.8, 196.0, 261.6, 329.6};
  for (size_t i = 0; i < PART; ++i) {
    double y = 0.0;
    for (int k = 0; k < 4; ++k) {
      for (int h = 1; h <= 8; ++h) {
        y += 0.05 / h * sin(tau * hz[k] * h * (double)i / RATE + k + h * h);
      }
    }
    x[i] = (float)y;
  }
}

static double energy_of(const float* a, const float* b, size_t n, double sign)
{
  double sum = 1e-12;
  for (size_t i = 0; i < n; ++i) {
    const double x = (double)a[i] + sign * (double)b[i];
    sum += x * x;
  }
  return sum;
}

/// Where the power lies, in octaves: by the share that is left after differentiation.
static double centroid_octaves(const float* x, size_t n)
{
  double sum = 1e-12;
  for (size_t i = 1; i < n; ++i) {
    const double d = (double)x[i] - (double)x[i - 1];
    sum += d * d;
  }
  return 0.5 * log2(sum / energy_of(x, x, n, 0.0));
}

/// Spread of the level in steps of 20 ms, dB.
static double swing_db(const float* x, size_t n)
{
  const size_t step = RATE / 50;
  double       sum  = 0.0;
  double       both = 0.0;
  double       m    = 0.0;
  for (size_t at = 0; at + step <= n; at += step, m += 1.0) {
    const double level = fmax(-60.0, support_db(support_rms(x + at, step)));
    sum += level;
    both += level * level;
  }
  return sqrt(fmax(0.0, both / m - sum / m * sum / m));
}

static void describe(Portrait* self, float* const plane[2], size_t late)
{
  for (size_t k = 0; k < SOUNDS; ++k) {
    const size_t       n     = PART - RATE / 4;
    const float* const left  = plane[0] + late + k * PART + RATE / 8;
    const float* const right = plane[1] + late + k * PART + RATE / 8;
    const double       same  = energy_of(left, right, n, 1.0);
    const double       other = energy_of(left, right, n, -1.0);
    double* const      trait = self->trait[k];
    trait[CREST]             = support_db(support_peak(left, n) / (support_rms(left, n) + 1e-9));
    trait[LIKENESS]          = (same - other) / (same + other);
    trait[CENTROID]          = centroid_octaves(left, n);
    trait[SWING]             = swing_db(left, n);
  }
  const double both =
      energy_of(plane[0], plane[0], HEARD, 0.0) + energy_of(plane[1], plane[1], HEARD, 0.0);
  const double rest = energy_of(plane[0] + FRAMES - RATE, plane[0] + FRAMES - RATE, RATE, 0.0);
  self->mono_db     = 10.0 * log10(0.5 * energy_of(plane[0], plane[1], HEARD, 1.0) / both);
  self->rest_db     = 10.0 * log10(rest * HEARD / (both * RATE));
}

static void play(Portrait* self, const FiqPreset* preset, const FixtureAudio* in,
                 const FixtureAudio* out)
{
  Fixture* const plugin = fixture_open(FIQ_PLUGIN_REALMS, RATE, true);
  fixture_seed(plugin, 77);
  bank_load(plugin, preset);
  fixture_tempo(plugin, 0, 120.0f);
  fixture_render(plugin, in->plane, out->plane, FRAMES, 512);
  self->preset = preset;
  describe(self, out->plane, (size_t)fixture_get(plugin, "latency"));
  fixture_close(plugin);
}

static bool is_told(const Portrait* a, const Portrait* b)
{
  for (size_t k = 0; k < SOUNDS; ++k) {
    for (size_t t = 0; t < TRAITS; ++t) {
      if (fabs(a->trait[k][t] - b->trait[k][t]) > heard_by[t]) {
        return true;
      }
    }
  }
  return false;
}

static bool has(const FiqPreset* preset, const char* symbol)
{
  return fiq_preset_value(preset, fiq_preset_param(preset->plugin, symbol)) > 0.5f;
}

/// What a preset may not do, unless it is its purpose: a recorded pair is no stereo.
static bool is_fit(const Portrait* self)
{
  const bool is_wide =
      strstr(self->preset->label, "Wide") || strstr(self->preset->label, "Quadrature");
  print_message("%-18s mono %+5.2f dB, 5 s later %6.1f dB\n", self->preset->label, self->mono_db,
                self->rest_db);
  return (is_wide || self->mono_db >= -1.5) && self->rest_db < -60.0;
}

static void test_headroom_is_found_by_who_seeks_it(void** state)
{
  (void)state;
  enum { LONG = 8 * PART, LAST = 3 * PART };
  FixtureAudio in  = fixture_audio(LONG);
  FixtureAudio out = fixture_audio(LONG);
  for (size_t at = 0; at < LONG; at += PART) {
    add_voice(in.plane[0] + at);
  }
  memcpy(in.plane[1], in.plane[0], LONG * sizeof(float));
  for (uint32_t i = 0; i < fiq_n_presets; ++i) {
    if (strcmp(fiq_presets[i].slug, "seeking-headroom") == 0) {
      Fixture* const plugin = fixture_open(FIQ_PLUGIN_REALMS, RATE, true);
      bank_load(plugin, &fiq_presets[i]);
      fixture_render(plugin, in.plane, out.plane, LONG, 512);
      fixture_close(plugin);
    }
  }
  const double before = support_peak(in.plane[0] + LONG - LAST, LAST);
  const double after  = support_peak(out.plane[0] + LONG - LAST, LAST);
  print_message("Seeking Headroom lowers the peak of a voice by %.2f dB\n",
                support_db(before / after));
  assert_true(after < 0.94 * before);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

static void test_presets_can_be_relied_on(void** state)
{
  (void)state;
  static Portrait portrait[PRESETS_MAX];
  FixtureAudio    in  = fixture_audio(FRAMES);
  FixtureAudio    out = fixture_audio(FRAMES);
  size_t          n   = 1;
  int             bad = 0;
  add_drums(in.plane[0]);
  add_voice(in.plane[0] + PART);
  add_chord(in.plane[0] + 2 * (size_t)PART);
  memcpy(in.plane[1], in.plane[0], FRAMES * sizeof(float));
  describe(&portrait[0], in.plane, 0);
  for (uint32_t i = 0; i < fiq_n_presets && n < PRESETS_MAX; ++i) {
    if (fiq_presets[i].plugin == FIQ_PLUGIN_REALMS) {
      play(&portrait[n], &fiq_presets[i], &in, &out);
      bad += !is_fit(&portrait[n]);
      ++n;
    }
  }
  for (size_t a = 0; a < n; ++a) {
    for (size_t b = a + 1; b < n; ++b) {
      const bool learns =
          has(portrait[b].preset, "objective") || (a && has(portrait[a].preset, "objective"));
      if (!learns && !is_told(&portrait[a], &portrait[b])) {
        print_message("%s and %s sound alike\n", a ? portrait[a].preset->label : "the input",
                      portrait[b].preset->label);
        ++bad;
      }
    }
  }
  assert_int_equal(bad, 0);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_presets_can_be_relied_on),
                                     cmocka_unit_test(test_headroom_is_found_by_who_seeks_it)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
