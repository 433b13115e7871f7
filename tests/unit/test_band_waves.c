// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the samples of a band are those of the inverse transform of its bins, at the rate of the sound and at twice it.
// Method: noise on two channels, transformed and added up in double precision; all builds compared bit by bit.
#include "dsp/realm/band_waves.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double tau = 6.283185307179586;

typedef struct {
  FiqArena     arena;
  FiqBandWaves waves;
  FiqComplex*  spectrum; ///< of left + j right
  double*      part[4];  ///< re and im of left, of right
} Bench;

static void bench_init(Bench* bench, uint32_t fft, uint32_t oversampling, uint32_t n_bins)
{
  const FiqBandWavesConfig config = {.fft_frames    = fft,
                                     .oversampling  = oversampling,
                                     .half          = fft / 8 * oversampling,
                                     .middle_frames = 0.5 * fft,
                                     .n_bins        = n_bins};
  memset(bench, 0, sizeof *bench);
  fiq_arena_init(&bench->arena, NULL, 0);
  assert_int_equal(fiq_band_waves_init(&bench->waves, &bench->arena, &config), FIQ_NO_MEMORY);
  bench->arena = support_arena(bench->arena.used_bytes + (fft + 17) * sizeof(FiqComplex));
  assert_int_equal(fiq_band_waves_init(&bench->waves, &bench->arena, &config), FIQ_OK);
  bench->spectrum = fiq_arena_take(&bench->arena, fft + 1, sizeof(FiqComplex));
  float* const x  = support_floats(2 * fft);
  support_noise(x, 2 * fft, 1.0, fft);
  for (int i = 0; i < 4; ++i) {
    bench->part[i] = calloc(fft, sizeof(double));
  }
  for (uint32_t k = 0; k < fft; ++k) {
    for (uint32_t n = 0; n < fft; ++n) {
      const double angle = tau * (double)(k * n % fft) / fft;
      for (int c = 0; c < 2; ++c) {
        bench->part[2 * c][k] += (double)x[c * fft + n] * cos(angle);
        bench->part[2 * c + 1][k] -= (double)x[c * fft + n] * sin(angle);
      }
    }
    bench->spectrum[k].re = (float)(bench->part[0][k] - bench->part[3][k]);
    bench->spectrum[k].im = (float)(bench->part[1][k] + bench->part[2][k]);
  }
  fiq_band_waves_take(&bench->waves, 1, bench->spectrum);
  free(x);
}

static void bench_free(Bench* bench)
{
  for (int i = 0; i < 4; ++i) {
    free(bench->part[i]);
  }
  support_arena_free(&bench->arena);
}

/// Sample `m` of channel `c` of the band, by the inverse transform.
static double wanted_at(const Bench* bench, const float* gain, uint32_t first, uint32_t n, int c,
                        uint32_t m)
{
  const FiqBandWavesConfig* config = &bench->waves.config;
  const double at  = config->middle_frames + ((double)m - config->half) / config->oversampling;
  double       sum = 0.0;
  for (uint32_t k = first; k < first + n; ++k) {
    const double angle = tau * k * at / config->fft_frames;
    const double wave = bench->part[2 * c][k] * cos(angle) - bench->part[2 * c + 1][k] * sin(angle);
    sum += (double)gain[k - first] * (k ? 2.0 : 1.0) * wave;
  }
  return sum;
}

static void test_bands_are_those_of_the_inverse_transform(void** state)
{
  (void)state;
  for (uint32_t fft = 64; fft <= 512; fft *= 2) {
    for (uint32_t oversampling = 1; oversampling <= 2; ++oversampling) {
      Bench          bench;
      const uint32_t n_bins   = fft / 2 - 3;
      const uint32_t bands[3] = {0, 5, n_bins - 9}; // their first bins
      const uint32_t widths[] = {1, 17, 9};
      bench_init(&bench, fft, oversampling, n_bins);
      const uint32_t half = bench.waves.config.half;
      float* const   gain = support_floats(fft);
      float* const   out  = support_floats(4 * half);
      support_noise(gain, fft, 1.0 / fft, 7);
      double worst = 0.0;
      for (int b = 0; b < 3; ++b) {
        const float peak =
            fiq_band_waves_band(&bench.waves, 1, gain, bands[b], widths[b], out, out + 2 * half);
        for (uint32_t i = 0; i < 4 * half; ++i) {
          const bool     is_right = i >= 2 * half;
          const uint32_t m        = is_right ? i - 2 * half : i;
          const double   wanted   = wanted_at(&bench, gain, bands[b], widths[b], is_right, m);
          worst                   = fmax(worst, fabs(wanted - (double)out[i]));
        }
        assert_true(fabs((double)peak - support_peak(out, 4 * half)) <= 0.0);
      }
      print_message("%u frames, %u times: %.1f dB\n", fft, oversampling, support_db(worst));
      assert_true(support_db(worst) < -120.0);
      free(gain);
      free(out);
      bench_free(&bench);
    }
  }
}

static void test_all_builds_give_the_same_bits(void** state)
{
  (void)state;
  Bench bench;
  bench_init(&bench, 128, 2, 60);
  const FiqSimd here   = fiq_simd();
  const FiqSimd simd[] = {here, {here.use_avx2, false}, {false, false}};
  float* const  gain   = support_floats(128);
  float* const  first  = support_floats(128);
  float* const  out    = support_floats(128);
  support_noise(gain, 128, 1.0, 1);
  for (int k = 0; k < 3; ++k) {
    float* const to  = k ? out : first;
    bench.waves.simd = simd[k];
    fiq_band_waves_take(&bench.waves, 1, bench.spectrum);
    (void)fiq_band_waves_band(&bench.waves, 1, gain, 3, 30, to, to + 64);
    assert_memory_equal(first, to, 128 * sizeof(float));
  }
  free(gain);
  free(first);
  free(out);
  bench_free(&bench);
}

static void test_bad_configs_are_refused(void** state)
{
  (void)state;
  static const FiqBandWavesConfig bad[] = {
      {32, 1, 8, 16.0, 8},  {96, 1, 8, 48.0, 8}, {64, 0, 8, 32.0, 8}, {64, 3, 8, 32.0, 8},
      {64, 1, 12, 32.0, 8}, {64, 1, 0, 32.0, 8}, {64, 1, 8, 32.0, 0}, {64, 1, 8, 32.0, 33}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
    FiqArena     arena = support_arena(65536);
    FiqBandWaves waves;
    assert_int_equal(fiq_band_waves_init(&waves, &arena, &bad[i]), FIQ_BAD_ARGUMENT);
    support_arena_free(&arena);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bands_are_those_of_the_inverse_transform),
      cmocka_unit_test(test_all_builds_give_the_same_bits),
      cmocka_unit_test(test_bad_configs_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
