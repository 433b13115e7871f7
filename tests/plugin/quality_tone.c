// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: a held chord is as loud as velocity, envelope and level say: it does not swell, sag or beat by chance, whatever
   the seed, and neither does any harmonic of a single note; annealing goes in a straight line from level to level.
   Method: sustained presets rendered by the plugin binary from 20 seeds, the decay of both envelopes left out; levels in pieces
   of 100 ms, weighted by K for the chord, in bands around each harmonic for the note.
*/
#include "tests/support/bank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, BLOCK = 480, PIECE = RATE / 10, SEEDS = 20, HARMONICS = 8 };

static const char* const sustained[] = {
    "phase-organ", "chapel-organ", "reed-organ",    "wide-strings", "locked-bass",   "high-choir",
    "low-choir",   "singing-lead", "voice-leading", "still-pad",    "growling-bass", "breath"};
enum { N_SUSTAINED = sizeof sustained / sizeof sustained[0] };

typedef struct {
  const FiqPreset* preset;
  double           settled_s; ///< when nothing but chance could move the level
  size_t           n;
} Take;

static double setting(const FiqPreset* preset, const char* symbol)
{
  return (double)fiq_preset_value(preset, fiq_preset_param(preset->plugin, symbol));
}

static Take plan(const char* slug)
{
  Take take      = {.preset = bank_find(FIQ_PLUGIN_SWARM, slug)};
  take.settled_s = fmax(setting(take.preset, "attack"), setting(take.preset, "anneal")) + 0.1;
  take.n         = (size_t)((take.settled_s + 4.0) * 10.0) * PIECE;
  return take;
}

static FixtureAudio render(const Take* take, int64_t seed, const uint8_t* keys, int n_keys)
{
  FixtureAudio   out  = fixture_audio(take->n);
  Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
  assert_non_null(self);
  fixture_seed(self, seed);
  bank_load(self, take->preset);
  fixture_set(self, "sustain", 100);
  fixture_set(self, "tone_sustain", 100);
  // Noise moves by what it is.
  fixture_set(self, "breath", 0);
  fixture_render(self, NULL, out.plane, BLOCK, BLOCK);
  for (int i = 0; i < n_keys; ++i) {
    fixture_midi(self, 0, 0x90, keys[i], 100);
  }
  fixture_render(self, NULL, out.plane, take->n, BLOCK);
  fixture_close(self);
  return out;
}

/// Largest distance of the pieces from `first` on from the mean of the last three seconds, which hold a beat between keys, dB.
static double largest_move_db(const double* power, size_t first, size_t n)
{
  double settled = 0.0;
  for (size_t i = n - 30; i < n; ++i) {
    settled += power[i] / 30.0;
  }
  double worst = 0.0;
  for (size_t i = first; i < n; ++i) {
    worst = fmax(worst, fabs(0.5 * support_db(power[i] / settled)));
  }
  return worst;
}

static void test_the_level_of_a_held_chord_does_not_move(void** state)
{
  (void)state;
  static const uint8_t keys[] = {60, 63, 67, 70};
  double               worst  = 0.0;
  for (int p = 0; p < N_SUSTAINED; ++p) {
    const Take take = plan(sustained[p]);
    double     most = 0.0;
    for (int64_t seed = 1; seed <= SEEDS; ++seed) {
      FixtureAudio  out   = render(&take, seed, keys, 4);
      double* const power = bank_k_power(&out, take.n, PIECE);
      most =
          fmax(most, largest_move_db(power, (size_t)(take.settled_s * 10.0) + 1, take.n / PIECE));
      free(power);
      fixture_audio_free(&out);
    }
    print_message("%-16s chord within %.2f dB\n", take.preset->slug, most);
    worst = fmax(worst, most);
  }
  assert_true(worst <= 1.0);
}

static void test_no_harmonic_of_a_held_note_moves(void** state)
{
  (void)state;
  static const uint8_t key[]   = {48};
  static const double  note_hz = 130.8127826502993;
  double               worst   = 0.0;
  for (int p = 0; p < N_SUSTAINED; ++p) {
    const Take take = plan(sustained[p]);
    const int  n    = (int)fmin(setting(take.preset, "partials"), HARMONICS);
    double     most = 0.0;
    for (int64_t seed = 1; seed <= SEEDS; ++seed) {
      FixtureAudio out = render(&take, seed, key, 1);
      for (int h = 1; h <= n; ++h) {
        double* const power = bank_band_power(&out, take.n, PIECE, h * note_hz, note_hz);
        // Those that the preset leaves out are not there.
        const bool there = power[take.n / PIECE - 2] > 1e-8;
        most = fmax(most, there ? largest_move_db(power, (size_t)(take.settled_s * 10.0) + 1,
                                                  take.n / PIECE - 1)
                                : 0.0);
        free(power);
      }
      fixture_audio_free(&out);
    }
    print_message("%-16s harmonics within %.2f dB\n", take.preset->slug, most);
    worst = fmax(worst, most);
  }
  assert_true(worst <= 2.0);
}

/// Largest distance of the level from the straight line, in dB, through the pieces `first` to `last` - 1.
static double largest_bend_db(const double* power, size_t first, size_t last)
{
  const double from  = 0.5 * support_db((power[first] + power[first + 1]) / 2.0);
  const double to    = 0.5 * support_db((power[last - 1] + power[last - 2]) / 2.0);
  double       worst = 0.0;
  for (size_t i = first; i < last; ++i) {
    const double line = from + (to - from) * (double)(i - first) / (double)(last - 1 - first);
    worst             = fmax(worst, fabs(0.5 * support_db(power[i]) - line));
  }
  return worst;
}

static void test_annealing_goes_straight_from_level_to_level(void** state)
{
  (void)state;
  static const uint8_t keys[] = {48, 52, 55, 59, 62};
  double               worst  = 0.0;
  Take take = {.preset = bank_find(FIQ_PLUGIN_SWARM, "crystallise"), .n = (size_t)70 * PIECE};
  for (int64_t seed = 1; seed <= SEEDS; ++seed) {
    FixtureAudio   out  = fixture_audio(take.n);
    Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
    fixture_seed(self, seed);
    fixture_set(self, "anneal", 5);
    fixture_set(self, "scatter", 4);
    fixture_set(self, "sustain", 100);
    fixture_render(self, NULL, out.plane, BLOCK, BLOCK);
    for (int i = 0; i < 5; ++i) {
      fixture_midi(self, 0, 0x90, keys[i], 100);
    }
    fixture_render(self, NULL, out.plane, take.n, BLOCK);
    double* const power = bank_k_power(&out, take.n, PIECE);
    const double  bend  = largest_bend_db(power, 2, 60);
    worst               = fmax(worst, bend);
    free(power);
    fixture_close(self);
    fixture_audio_free(&out);
  }
  print_message("five seconds of annealing: within %.2f dB of a straight line\n", worst);
  assert_true(worst <= 1.5);
}

/// A single locked note of the default sound through a low pass, or none.
static FixtureAudio render_filtered(int type, size_t n)
{
  FixtureAudio   out  = fixture_audio(n);
  Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
  fixture_seed(self, 7);
  fixture_set(self, "oscillators", 2000);
  fixture_set(self, "freewheel", 1);
  fixture_set(self, "partials", 64);
  fixture_set(self, "tilt", -3);
  fixture_set(self, "sustain", 100);
  fixture_set(self, "scatter", 0);
  fixture_set(self, "filter_type", type);
  fixture_set(self, "filter_cutoff", 1500);
  fixture_set(self, "filter_resonance", 40);
  fixture_render(self, NULL, out.plane, BLOCK, BLOCK);
  fixture_midi(self, 0, 0x90, 48, 127);
  fixture_render(self, NULL, out.plane, n, BLOCK);
  fixture_close(self);
  return out;
}

static void test_the_filter_is_a_gain_by_harmonic(void** state)
{
  (void)state;
  static const double note_hz = 130.8127826502993;
  const size_t        n       = (size_t)20 * PIECE;
  FixtureAudio        plain   = render_filtered(0, n);
  FixtureAudio        low     = render_filtered(1, n);
  double              worst   = 0.0;
  for (int h = 1; h <= 20; ++h) {
    double* const a = bank_band_power(&plain, n, PIECE, h * note_hz, note_hz);
    double* const b = bank_band_power(&low, n, PIECE, h * note_hz, note_hz);
    // An octave below middle C the cutoff is an octave lower.
    const double l      = log2(h * note_hz / 750.0);
    const double lift   = 1.0 + (pow(10.0, 1.2 * 0.4) - 1.0) / (1.0 + pow(l / 0.2, 2.0));
    const double wanted = 20.0 * log10(lift / sqrt(1.0 + pow(2.0, 8.0 * l)));
    const double got    = 0.5 * support_db(b[15] / a[15]);
    worst               = fmax(worst, fabs(got - wanted));
    free(a);
    free(b);
  }
  print_message("20 harmonics within %.3f dB of the curve\n", worst);
  fixture_audio_free(&plain);
  fixture_audio_free(&low);
  assert_true(worst <= 0.1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_level_of_a_held_chord_does_not_move),
      cmocka_unit_test(test_no_harmonic_of_a_held_note_moves),
      cmocka_unit_test(test_annealing_goes_straight_from_level_to_level),
      cmocka_unit_test(test_the_filter_is_a_gain_by_harmonic)};
  return cmocka_run_group_tests_name("tone quality", tests, NULL, NULL);
}
