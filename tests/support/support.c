// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "dsp/base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

static void* aligned_zeroed(size_t size_bytes)
{
  const size_t mask  = FIQ_ARENA_ALIGN_BYTES - 1;
  const size_t bytes = (size_bytes + mask) & ~mask;
  void* const  block = aligned_alloc(FIQ_ARENA_ALIGN_BYTES, bytes ? bytes : mask + 1);
  assert_non_null(block);
  return memset(block, 0, bytes);
}

FiqArena support_arena(size_t size_bytes)
{
  FiqArena arena;
  fiq_arena_init(&arena, aligned_zeroed(size_bytes), size_bytes);
  return arena;
}

void support_arena_free(FiqArena* arena)
{
  free(arena->base);
  arena->base = NULL;
}

float* support_floats(size_t n)
{
  return aligned_zeroed(n * sizeof(float));
}

void support_sine(float* x, size_t n, double f_hz, double fs_hz, double gain, double phase_rad)
{
  for (size_t i = 0; i < n; ++i) {
    x[i] = (float)(gain * sin(2.0 * pi * f_hz * (double)i / fs_hz + phase_rad));
  }
}

void support_noise(float* x, size_t n, double gain, uint64_t seed)
{
  FiqRandom random;
  fiq_random_init(&random, seed, 0);
  for (size_t i = 0; i < n; ++i) {
    x[i] = (float)(gain * (2.0 * (double)fiq_random_uniform(&random) - 1.0));
  }
}

double support_rms(const float* x, size_t n)
{
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    sum += (double)x[i] * (double)x[i];
  }
  return n ? sqrt(sum / (double)n) : 0.0;
}

double support_peak(const float* x, size_t n)
{
  double peak = 0.0;
  for (size_t i = 0; i < n; ++i) {
    peak = fmax(peak, fabs((double)x[i]));
  }
  return peak;
}

double support_max_difference(const float* a, const float* b, size_t n)
{
  double peak = 0.0;
  for (size_t i = 0; i < n; ++i) {
    peak = fmax(peak, fabs((double)a[i] - (double)b[i]));
  }
  return peak;
}

double support_db(double ratio)
{
  return ratio > 1e-20 ? 20.0 * log10(ratio) : -400.0;
}

void support_tone(const float* x, size_t n, double f_hz, double fs_hz, double* re, double* im)
{
  static const double a[4]   = {1.0, -0.48829 / 0.35875, 0.14128 / 0.35875, -0.01168 / 0.35875};
  double              sum_re = 0.0;
  double              sum_im = 0.0;
  for (size_t i = 0; i < n; ++i) {
    const double t      = 2.0 * pi * ((double)i + 0.5) / (double)n;
    const double window = a[0] + a[1] * cos(t) + a[2] * cos(2.0 * t) + a[3] * cos(3.0 * t);
    const double angle  = 2.0 * pi * f_hz * (double)i / fs_hz;
    sum_re += (double)x[i] * window * cos(angle);
    sum_im -= (double)x[i] * window * sin(angle);
  }
  *re = 2.0 * sum_re / (double)n;
  *im = 2.0 * sum_im / (double)n;
}

double support_tone_amplitude(const float* x, size_t n, double f_hz, double fs_hz)
{
  double re = 0.0;
  double im = 0.0;
  support_tone(x, n, f_hz, fs_hz, &re, &im);
  return hypot(re, im);
}
