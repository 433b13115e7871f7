// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the features tell tones, chords, noise and impulses apart, at any level, as their header says.
// Method: known signals through the frame engine; values against closed forms or the stated ends.
#include "dsp/analysis/spectral_features.h"
#include "dsp/transform/stft.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 20, LENGTH = 32768, WINDOW = 2048, N_BANDS = 24 };

static FiqFftPool pool;

typedef struct {
  FiqStft             stft;
  FiqBands            bands;
  FiqFeatures         features;
  FiqArena            arena;
  FiqSpectralFeatures mean; ///< over all frames from the eighth on
  uint32_t            n_mean;
  uint32_t            n_channels;
} Rig;

static void rig_start(Rig* rig, double rate_hz)
{
  const FiqStftConfig  stft  = {2, 0, WINDOW, 0, FIQ_STFT_FILTER, false};
  const FiqBandsConfig bands = {rate_hz, WINDOW, N_BANDS};
  memset(rig, 0, sizeof *rig);
  rig->arena      = support_arena(ARENA_BYTES);
  rig->n_channels = 2;
  assert_int_equal(fiq_stft_init(&rig->stft, &rig->arena, &pool, &stft), FIQ_OK);
  assert_int_equal(fiq_bands_init(&rig->bands, &rig->arena, &bands), FIQ_OK);
  const FiqFeaturesConfig features = {&rig->bands, WINDOW / 4, fiq_stft_window_energy(&rig->stft)};
  assert_int_equal(fiq_features_init(&rig->features, &rig->arena, &features), FIQ_OK);
}

static void on_frame(void* user, FiqComplex* const* spectra, uint32_t n_bins)
{
  Rig* rig = user;
  (void)n_bins;
  fiq_features_process(&rig->features, spectra, rig->n_channels);
  const FiqSpectralFeatures* r = &rig->features.result;
  if (r->n_frames > 8) {
    rig->mean.rms_db += r->rms_db;
    rig->mean.flatness += r->flatness;
    rig->mean.entropy += r->entropy;
    rig->mean.flux += r->flux;
    rig->mean.phase_increment_variance += r->phase_increment_variance;
    ++rig->n_mean;
  }
}

/// Features of `x` [LENGTH] on both channels, averaged over the frames.
static FiqSpectralFeatures measure(const float* x, double rate_hz)
{
  Rig rig;
  rig_start(&rig, rate_hz);
  const float* in[2] = {x, x};
  fiq_stft_process(&rig.stft, in, NULL, NULL, LENGTH, on_frame, &rig);
  const float         gain      = 1.0f / (float)rig.n_mean;
  FiqSpectralFeatures mean      = rig.features.result;
  mean.rms_db                   = rig.mean.rms_db * gain;
  mean.flatness                 = rig.mean.flatness * gain;
  mean.entropy                  = rig.mean.entropy * gain;
  mean.flux                     = rig.mean.flux * gain;
  mean.phase_increment_variance = rig.mean.phase_increment_variance * gain;
  support_arena_free(&rig.arena);
  return mean;
}

static void print(const char* name, const FiqSpectralFeatures* f)
{
  print_message("  %-9s rms %7.2f dB flatness %.4f entropy %.3f flux %.4f phase variance %.4f\n",
                name, (double)f->rms_db, (double)f->flatness, (double)f->entropy, (double)f->flux,
                (double)f->phase_increment_variance);
}

static void test_a_sine_is_tonal_and_steady(void** state)
{
  (void)state;
  float* x = support_floats(LENGTH);
  for (double f = 110.0; f < 15000.0; f *= 2.3) {
    support_sine(x, LENGTH, f, 48000.0, 1.0, 0.0);
    const FiqSpectralFeatures r = measure(x, 48000.0);
    print("sine", &r);
    assert_true(fabsf(r.rms_db + 3.01f) < 0.1f);
    assert_true(r.flatness < 0.01f);
    assert_true(r.entropy < 0.3f);
    assert_true(r.flux < 0.02f);
    assert_true(r.phase_increment_variance < 0.02f);
  }
  free(x);
}

static void test_noise_is_flat_and_unsteady(void** state)
{
  (void)state;
  float* x = support_floats(LENGTH);
  support_noise(x, LENGTH, 0.5, 9);
  const FiqSpectralFeatures r = measure(x, 48000.0);
  print("noise", &r);
  // Uniform noise of peak 0.5: rms 0.5 / sqrt(3). Flatness of chi-squared bins: e^-gamma = 0.5615.
  assert_true(fabsf(r.rms_db + 10.79f) < 0.3f);
  assert_true(fabsf(r.flatness - 0.5615f) < 0.05f);
  assert_true(r.entropy > 0.9f);
  assert_true(r.flux > 0.3f);
  assert_true(r.phase_increment_variance > 0.8f);
  free(x);
}

static void test_a_chord_lies_between(void** state)
{
  (void)state;
  float* x = support_floats(LENGTH);
  float* y = support_floats(LENGTH);
  for (int partial = 1; partial <= 12; ++partial) {
    support_sine(y, LENGTH, 261.6 * partial, 48000.0, 0.5 / partial, partial);
    for (uint32_t n = 0; n < LENGTH; ++n) {
      x[n] += y[n];
    }
  }
  const FiqSpectralFeatures r = measure(x, 48000.0);
  print("chord", &r);
  assert_true(r.entropy > 0.2f && r.entropy < 0.6f);
  assert_true(r.phase_increment_variance < 0.1f);
  free(x);
  free(y);
}

static void test_an_impulse_is_flat(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig, 48000.0);
  float* x           = support_floats(WINDOW);
  x[WINDOW / 2]      = 1.0f;
  const float* in[2] = {x, x};
  fiq_stft_process(&rig.stft, in, NULL, NULL, WINDOW, on_frame, &rig);
  print("impulse", &rig.features.result);
  assert_true(rig.features.result.flatness > 0.99f);
  assert_true(rig.features.result.entropy > 0.99f);
  support_arena_free(&rig.arena);
  free(x);
}

static void test_all_but_the_level_ignore_the_level(void** state)
{
  (void)state;
  float* x = support_floats(LENGTH);
  support_noise(x, LENGTH, 1.0, 4);
  const FiqSpectralFeatures loud = measure(x, 48000.0);
  for (uint32_t n = 0; n < LENGTH; ++n) {
    x[n] *= 1e-4f;
  }
  const FiqSpectralFeatures soft = measure(x, 48000.0);
  assert_true(fabsf(loud.rms_db - soft.rms_db - 80.0f) < 0.01f);
  assert_true(fabsf(loud.flatness - soft.flatness) < 1e-3f);
  assert_true(fabsf(loud.entropy - soft.entropy) < 1e-3f);
  assert_true(fabsf(loud.flux - soft.flux) < 1e-3f);
  assert_true(fabsf(loud.phase_increment_variance - soft.phase_increment_variance) < 1e-3f);
  free(x);
}

static void test_shares_add_up_and_find_the_band(void** state)
{
  (void)state;
  float* x = support_floats(LENGTH);
  Rig    rig;
  rig_start(&rig, 48000.0);
  for (uint32_t b = 0; b < N_BANDS; b += 3) {
    support_sine(x, LENGTH, (double)rig.bands.centre_hz[b], 48000.0, 0.3, 0.0);
    const FiqSpectralFeatures r    = measure(x, 48000.0);
    float                     sum  = 0.0f;
    uint32_t                  best = 0;
    for (uint32_t i = 0; i < N_BANDS; ++i) {
      sum += r.band_share[i];
      best = r.band_share[i] > r.band_share[best] ? i : best;
    }
    assert_true(fabsf(sum - 1.0f) < 1e-4f);
    assert_int_equal(best, b);
  }
  support_arena_free(&rig.arena);
  free(x);
}

static void test_velocity_is_the_detuning_from_the_centre(void** state)
{
  (void)state;
  float* x = support_floats(LENGTH);
  Rig    rig;
  rig_start(&rig, 48000.0);
  for (uint32_t b = 4; b < N_BANDS; b += 5) {
    for (double detune_hz = -30.0; detune_hz <= 30.0; detune_hz += 12.0) {
      support_sine(x, LENGTH, (double)rig.bands.centre_hz[b] + detune_hz, 48000.0, 0.3, 0.0);
      const FiqSpectralFeatures r     = measure(x, 48000.0);
      const double              ideal = 6.283185307 * detune_hz * (WINDOW / 4) / 48000.0;
      assert_true(fabs((double)r.band_velocity_rad[b] - ideal) < 0.05);
    }
  }
  support_arena_free(&rig.arena);
  free(x);
}

static void test_silence_has_no_character(void** state)
{
  (void)state;
  float*                    x = support_floats(LENGTH);
  const FiqSpectralFeatures r = measure(x, 48000.0);
  assert_true(r.rms_db <= -200.0f);
  assert_true(r.flatness + r.entropy + r.flux + r.phase_increment_variance <= 0.0f);
  assert_int_equal(r.n_frames, LENGTH / (WINDOW / 4));
  free(x);
}

/// What becomes of noise, silence (said to be so, or found to be) and noise.
static FiqSpectralFeatures hear_rest(bool is_told)
{
  Rig rig;
  rig_start(&rig, 48000.0);
  FiqComplex* const noise   = calloc(rig.stft.n_bins, sizeof(FiqComplex));
  FiqComplex* const silence = calloc(rig.stft.n_bins, sizeof(FiqComplex));
  for (uint32_t k = 0; k < rig.stft.n_bins; ++k) {
    noise[k] = (FiqComplex){(float)sin(k * k), (float)cos(3.0 * k * k)};
  }
  FiqComplex* const spectra[2] = {noise, noise};
  FiqComplex* const none[2]    = {silence, silence};
  for (int frame = 0; frame < 8; ++frame) {
    if (frame < 3 || frame > 5) {
      fiq_features_process(&rig.features, spectra, 2);
    } else if (is_told) {
      fiq_features_silence(&rig.features);
    } else {
      fiq_features_process(&rig.features, none, 2);
    }
    if (frame == 4) {
      assert_true(fabsf(rig.features.result.rms_db + 200.0f) <= 0.0f);
    }
  }
  const FiqSpectralFeatures result = rig.features.result;
  free(noise);
  free(silence);
  support_arena_free(&rig.arena);
  return result;
}

static void test_silence_can_be_told(void** state)
{
  (void)state;
  const FiqSpectralFeatures told  = hear_rest(true);
  const FiqSpectralFeatures found = hear_rest(false);
  assert_memory_equal(&told, &found, sizeof told);
}

static void test_the_sample_rate_hardly_matters(void** state)
{
  (void)state;
  static const double rates_hz[] = {8000.0, 44100.0, 96000.0, 192000.0};
  float*              x          = support_floats(LENGTH);
  for (size_t i = 0; i < sizeof rates_hz / sizeof *rates_hz; ++i) {
    support_noise(x, LENGTH, 0.5, 9);
    const FiqSpectralFeatures noise = measure(x, rates_hz[i]);
    support_sine(x, LENGTH, 1000.0, rates_hz[i], 0.5, 0.0);
    const FiqSpectralFeatures sine = measure(x, rates_hz[i]);
    assert_true(fabsf(noise.flatness - 0.56f) < 0.08f);
    assert_true(noise.phase_increment_variance > 0.75f);
    assert_true(sine.flatness < 0.02f && sine.phase_increment_variance < 0.02f);
  }
  free(x);
}

static void test_reset_equals_fresh_init(void** state)
{
  (void)state;
  Rig    a;
  Rig    b;
  float* x = support_floats(LENGTH);
  rig_start(&a, 48000.0);
  rig_start(&b, 48000.0);
  support_noise(x, LENGTH, 0.5, 9);
  const float* in[2] = {x, x};
  fiq_stft_process(&a.stft, in, NULL, NULL, LENGTH, on_frame, &a);
  fiq_stft_reset(&a.stft);
  fiq_features_reset(&a.features);
  fiq_stft_process(&a.stft, in, NULL, NULL, 4096, on_frame, &a);
  fiq_stft_process(&b.stft, in, NULL, NULL, 4096, on_frame, &b);
  const size_t size_bytes =
      offsetof(FiqSpectralFeatures, band_velocity_rad) + N_BANDS * sizeof(float);
  assert_memory_equal(&a.features.result, &b.features.result, size_bytes);
  support_arena_free(&a.arena);
  support_arena_free(&b.arena);
  free(x);
}

static void test_too_small_an_arena_and_bad_configurations_are_refused(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig, 48000.0);
  FiqFeatures       features;
  FiqFeaturesConfig config = rig.features.config;
  FiqArena          ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_features_init(&features, &ruler, &config), FIQ_NO_MEMORY);
  for (size_t size = 0; size <= ruler.used_bytes; size += FIQ_ARENA_ALIGN_BYTES) {
    FiqArena arena = support_arena(size);
    assert_int_equal(fiq_features_init(&features, &arena, &config),
                     size < ruler.used_bytes ? FIQ_NO_MEMORY : FIQ_OK);
    support_arena_free(&arena);
  }
  config.hop_frames = 0;
  assert_int_equal(fiq_features_init(&features, &ruler, &config), FIQ_BAD_ARGUMENT);
  config       = rig.features.config;
  config.bands = NULL;
  assert_int_equal(fiq_features_init(&features, &ruler, &config), FIQ_BAD_ARGUMENT);
  support_arena_free(&rig.arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_sine_is_tonal_and_steady),
      cmocka_unit_test(test_noise_is_flat_and_unsteady),
      cmocka_unit_test(test_a_chord_lies_between),
      cmocka_unit_test(test_an_impulse_is_flat),
      cmocka_unit_test(test_all_but_the_level_ignore_the_level),
      cmocka_unit_test(test_shares_add_up_and_find_the_band),
      cmocka_unit_test(test_velocity_is_the_detuning_from_the_centre),
      cmocka_unit_test(test_silence_has_no_character),
      cmocka_unit_test(test_silence_can_be_told),
      cmocka_unit_test(test_the_sample_rate_hardly_matters),
      cmocka_unit_test(test_reset_equals_fresh_init),
      cmocka_unit_test(test_too_small_an_arena_and_bad_configurations_are_refused),
  };
  fiq_fft_pool_init(&pool);
  const int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
  fiq_fft_pool_free(&pool);
  return n_failed;
}
