// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/bank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = BANK_RATE_HZ, GRID = 96 };

static const double two_pi = 6.283185307179586;

void bank_load(Fixture* self, const FiqPreset* preset)
{
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (fiq_preset_holds(&fiq_params[row], preset->plugin)) {
      fixture_set(self, fiq_params[row].symbol, (double)fiq_preset_value(preset, &fiq_params[row]));
    }
  }
}

const FiqPreset* bank_find(FiqPluginKind plugin, const char* slug)
{
  for (uint32_t i = 0; i < fiq_n_presets; ++i) {
    if (fiq_presets[i].plugin == plugin && !strcmp(fiq_presets[i].slug, slug)) {
      return &fiq_presets[i];
    }
  }
  fail_msg("there is no preset %s", slug);
  return NULL;
}

FixtureAudio bank_material(void)
{
  FixtureAudio in = fixture_audio(BANK_FRAMES);
  support_noise(in.plane[0], BANK_FRAMES, 0.4, 1);
  for (size_t i = 0; i < BANK_FRAMES; ++i) {
    const double t    = (double)i / RATE;
    const double beat = exp(-20.0 * fmod(t, 0.5));
    const double tone = 0.1 * (sin(2764.6 * t) + sin(3483.3 * t) + sin(4142.1 * t));
    const double x    = (double)in.plane[0][i] * beat + tone;
    in.plane[0][i]    = (float)x;
    in.plane[1][i]    = (float)(0.8 * x);
  }
  return in;
}

void bank_play(const FiqPreset* preset, const BankTerms* terms, FixtureAudio* in, FixtureAudio* out)
{
  static const uint8_t keys[] = {48, 55, 60, 64};
  Fixture* const       self   = fixture_open(preset->plugin, RATE, true);
  fixture_seed(self, terms->seed);
  bank_load(self, preset);
  const bool drone = fiq_preset_value(preset, fiq_preset_param(preset->plugin, "chord")) > 0.5f;
  const bool hears = preset->plugin == FIQ_PLUGIN_REALMS ||
                     fiq_preset_value(preset, fiq_preset_param(preset->plugin, "source")) > 0.5f;
  fixture_tempo(self, 0, 120.0f);
  for (size_t done = 0; done < BANK_FRAMES; done += 480) {
    for (int i = 0; i < 4 && preset->plugin == FIQ_PLUGIN_SWARM && !drone; ++i) {
      if (done == 0 || done == BANK_HELD) {
        fixture_midi(self, 0, done ? 0x80 : 0x90, (uint8_t)(keys[i] + terms->semitones), 100);
      }
    }
    fixture_run(self, hears ? in->plane : NULL, out->plane, done, 480);
    fixture_work(self);
  }
  fixture_close(self);
}

void bank_print(const float* x, BankPrint* print)
{
  const size_t hop = BANK_FRAMES / BANK_SLICES;
  for (int slice = 0; slice < BANK_SLICES; ++slice) {
    for (int band = 0; band < BANK_BANDS; ++band) {
      const double f      = 65.4 * pow(2.0, 2.0 * band / 3.0);
      const size_t window = f < 300.0 ? 2048 : 1024;
      const double a      = support_tone_amplitude(x + (size_t)slice * hop, window, f, RATE);
      print->level_db[slice * BANK_BANDS + band] = fmax(-70.0, support_db(a));
    }
  }
}

double bank_distance_db(const BankPrint* a, const BankPrint* b)
{
  double sum = 0.0;
  for (int i = 0; i < BANK_SLICES * BANK_BANDS; ++i) {
    const double d = a->level_db[i] - b->level_db[i];
    sum += d * d;
  }
  return sqrt(sum / (BANK_SLICES * BANK_BANDS));
}

/// One section of the weighting, in place.
static void filter(double* x, size_t n, const double b[3], const double a[2])
{
  double one = 0.0;
  double two = 0.0;
  for (size_t i = 0; i < n; ++i) {
    const double in = x[i];
    x[i]            = b[0] * in + one;
    one             = b[1] * in - a[0] * x[i] + two;
    two             = b[2] * in - a[1] * x[i];
  }
}

double* bank_k_power(const FixtureAudio* audio, size_t n, size_t hop)
{
  static const double shelf_b[3] = {1.53512485958697, -2.69169618940638, 1.19839281085285};
  static const double shelf_a[2] = {-1.69065929318241, 0.73248077421585};
  static const double high_b[3]  = {1.0, -2.0, 1.0};
  static const double high_a[2]  = {-1.99004745483398, 0.99007225036621};
  double* const       power      = calloc(n / hop + 1, sizeof *power);
  double* const       x          = malloc(n * sizeof *x);
  assert_non_null(power);
  assert_non_null(x);
  for (int channel = 0; channel < 2; ++channel) {
    for (size_t i = 0; i < n; ++i) {
      x[i] = (double)audio->plane[channel][i];
    }
    filter(x, n, shelf_b, shelf_a);
    filter(x, n, high_b, high_a);
    for (size_t i = 0; i < n / hop * hop; ++i) {
      power[i / hop] += x[i] * x[i] / (double)hop;
    }
  }
  free(x);
  return power;
}

double* bank_band_power(const FixtureAudio* audio, size_t n, size_t hop, double f_hz,
                        double width_hz)
{
  const size_t  window = (size_t)(2.0 * RATE / width_hz);
  double* const power  = calloc(n / hop + 1, sizeof *power);
  double* const re     = malloc(3 * window * sizeof *re);
  assert_non_null(power);
  assert_non_null(re);
  double* const im    = re + window;
  double* const shape = im + window;
  for (size_t i = 0; i < window; ++i) {
    shape[i] = (1.0 - cos(two_pi * ((double)i + 0.5) / (double)window)) / (double)window;
    re[i]    = shape[i] * cos(two_pi * f_hz * (double)i / RATE);
    im[i]    = shape[i] * sin(two_pi * f_hz * (double)i / RATE);
  }
  const size_t n_grid = hop / GRID;
  for (int channel = 0; channel < 2; ++channel) {
    for (size_t k = 0; k < n / hop * n_grid && k * GRID + window <= n; ++k) {
      const float* const x = audio->plane[channel] + k * GRID;
      double             a = 0.0;
      double             b = 0.0;
      for (size_t i = 0; i < window; ++i) {
        a += re[i] * (double)x[i];
        b += im[i] * (double)x[i];
      }
      power[k / n_grid] += (a * a + b * b) / (double)n_grid;
    }
  }
  free(re);
  return power;
}
