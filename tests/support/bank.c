// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/bank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, GRID = 96 };

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
