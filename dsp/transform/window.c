// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/transform/window.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <math.h>

static const double pi = 3.14159265358979323846;

void fiq_window_hann(float* w, uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    w[i] = (float)(0.5 - 0.5 * cos(2.0 * pi * i / n));
  }
}

void fiq_window_sqrt_hann(float* w, uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    w[i] = (float)sin(pi * i / n);
  }
}

void fiq_window_tukey(float* w, uint32_t n, uint32_t n_flank)
{
  assert(n_flank <= n / 2);
  for (uint32_t i = 0; i < n; ++i) {
    w[i] = 1.0f;
  }
  for (uint32_t i = 0; i < n_flank; ++i) {
    const float flank = (float)(0.5 - 0.5 * cos(pi * (i + 0.5) / n_flank));
    w[i]              = flank;
    w[n - 1 - i]      = flank;
  }
}

/// The window at x in [-1, 1] without its norm.
static double kaiser_at(double x, double beta)
{
  return fiq_bessel_i0(beta * sqrt(fmax(0.0, 1.0 - x * x)));
}

void fiq_window_kaiser(float* w, uint32_t n, double beta)
{
  assert(n >= 2);
  assert(beta >= 0.0);
  const double norm = fiq_bessel_i0(beta);
  for (uint32_t i = 0; i < n; ++i) {
    w[i] = (float)(kaiser_at(2.0 * i / (n - 1) - 1.0, beta) / norm);
  }
}

void fiq_window_kaiser_half(float* w, uint32_t n_half, double beta)
{
  assert(n_half >= 1);
  assert(beta >= 0.0);
  const double norm = fiq_bessel_i0(beta);
  for (uint32_t i = 0; i < n_half; ++i) {
    w[i] = (float)(kaiser_at((double)i / n_half - 1.0, beta) / norm);
  }
}

double fiq_window_kaiser_beta(double attenuation_db)
{
  assert(attenuation_db >= 21.0);
  if (attenuation_db > 50.0) {
    return 0.1102 * (attenuation_db - 8.7);
  }
  return 0.5842 * pow(attenuation_db - 21.0, 0.4) + 0.07886 * (attenuation_db - 21.0);
}

double fiq_window_kaiser_taps(double attenuation_db, double width_hz, double sample_rate_hz)
{
  assert(width_hz > 0.0);
  return 1.0 + (attenuation_db - 7.95) / (2.285 * 2.0 * pi * width_hz / sample_rate_hz);
}

static double cola_sum(const float* a, const float* s, uint32_t n, uint32_t hop, uint32_t i)
{
  double sum = 0.0;
  for (uint32_t k = i; k < n; k += hop) {
    sum += (double)a[k] * (double)s[k];
  }
  return sum;
}

double fiq_window_cola_gain(const float* a, const float* s, uint32_t n, uint32_t hop)
{
  assert(hop > 0);
  assert(n % hop == 0);
  return cola_sum(a, s, n, 1, 0) / hop;
}

double fiq_window_cola_error(const float* a, const float* s, uint32_t n, uint32_t hop)
{
  const double gain  = fiq_window_cola_gain(a, s, n, hop);
  double       worst = 0.0;
  for (uint32_t i = 0; i < hop; ++i) {
    worst = fmax(worst, fabs(cola_sum(a, s, n, hop, i) - gain));
  }
  return worst / gain;
}
