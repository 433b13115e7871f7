// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: the swarm as a listener and a meter hear it: in tune on every key, equally loud whatever
   its size or order, clean outside of its notes, and there when the key is struck.
   Method: renders of the plugin binary at 48 kHz; frequency by the phase advance of a windowed tone,
   loudness by libebur128, purity by a windowed transform of 65536 frames in double.
*/
#include "tests/support/fixture.h"

#include <ebur128.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, BLOCK = 480, LOG2_FFT = 16, N_FFT = 1 << LOG2_FFT, NOTES = 4 };

static const double  two_pi       = 6.283185307179586;
static const uint8_t chord[NOTES] = {48, 55, 64, 71};

static Fixture* open_seeded(int64_t seed)
{
  Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
  assert_non_null(self);
  fixture_seed(self, seed);
  return self;
}

static void strike(Fixture* self, const uint8_t* keys, int n, uint8_t velocity)
{
  for (int i = 0; i < n; ++i) {
    fixture_midi(self, 0, 0x90, keys[i], velocity);
  }
}

static double key_hz(int key)
{
  return 440.0 * exp2((key - 69) / 12.0);
}

// ---- tuning ----

static double measured_hz(const float* x, size_t n, double f_hz)
{
  const size_t hop = n / 4;
  double       f   = f_hz;
  for (int pass = 0; pass < 3; ++pass) {
    double a[2];
    double b[2];
    support_tone(x, n - hop, f, RATE, &a[0], &a[1]);
    support_tone(x + hop, n - hop, f, RATE, &b[0], &b[1]);
    const double turn    = two_pi * f * (double)hop / RATE;
    const double advance = atan2(b[1], b[0]) - atan2(a[1], a[0]) - turn;
    f += remainder(advance, two_pi) * RATE / (two_pi * (double)hop);
  }
  return f;
}

typedef struct {
  double cents;
  int    key;
  double residual_hz;
  double imbalance;
} Tuning;

/// Four keys 28 semitones apart at once, so that 28 renders hold all from 12 to 120.
static void tune_four(Tuning* worst, int lowest, double detune, double coupling)
{
  enum { FRAMES = 4 * RATE, WINDOW = 3 * RATE / 2 };
  FixtureAudio   out  = fixture_audio(FRAMES);
  Fixture* const self = open_seeded(lowest);
  fixture_set(self, "partials", 1);
  fixture_set(self, "anneal", 0.1);
  fixture_set(self, "detune", detune);
  fixture_set(self, "coupling", coupling);
  int n_keys = 0;
  for (int key = lowest; key <= 120; key += 28, ++n_keys) {
    fixture_midi(self, 0, 0x90, (uint8_t)key, 100);
  }
  fixture_render(self, NULL, out.plane, FRAMES, BLOCK);
  for (int key = lowest; key <= 120; key += 28) {
    const double got   = measured_hz(out.plane[0] + FRAMES - WINDOW, WINDOW, key_hz(key));
    const double cents = 1200.0 * log2(got / key_hz(key));
    if (fabs(cents) >= fabs(worst->cents)) {
      worst->cents = cents;
      worst->key   = key;
    }
  }
  worst->residual_hz = fmax(worst->residual_hz, (double)fixture_get(self, "residual"));
  worst->imbalance   = fmax(worst->imbalance, (double)fixture_get(self, "imbalance"));
  assert_int_equal((int)fixture_get(self, "carriers"), n_keys);
  fixture_close(self);
  fixture_audio_free(&out);
}

static void tune_all(const char* what, double detune, double coupling)
{
  Tuning worst = {0.0, 0, 0.0, 0.0};
  for (int lowest = 12; lowest < 40; ++lowest) {
    tune_four(&worst, lowest, detune, coupling);
  }
  print_message("keys 12..120, %s: worst %+.4f cents (key %d), residual %.5f Hz, imbalance %.4f\n",
                what, worst.cents, worst.key, worst.residual_hz, worst.imbalance);
  assert_true(fabs(worst.cents) < 0.5);
  assert_true(worst.residual_hz <= 0.01);
  assert_true(worst.imbalance <= 1.07);
}

static void test_every_key_is_in_tune_without_detune(void** state)
{
  (void)state;
  tune_all("detune 0, uncoupled", 0.0, 0.0);
}

static void test_every_key_is_in_tune_when_locked(void** state)
{
  (void)state;
  tune_all("detune 6, coupling 6", 6.0, 6.0);
}

// ---- loudness ----

static double loudness_lufs(const FixtureAudio* out, size_t start, size_t n)
{
  ebur128_state* const meter = ebur128_init(2, RATE, EBUR128_MODE_I);
  float* const         pairs = support_floats(2 * n);
  double               lufs  = -HUGE_VAL;
  assert_non_null(meter);
  for (size_t i = 0; i < n; ++i) {
    pairs[2 * i]     = out->plane[0][start + i];
    pairs[2 * i + 1] = out->plane[1][start + i];
  }
  assert_int_equal(ebur128_add_frames_float(meter, pairs, n), EBUR128_SUCCESS);
  assert_int_equal(ebur128_loudness_global(meter, &lufs), EBUR128_SUCCESS);
  ebur128_state* gone = meter;
  ebur128_destroy(&gone);
  free(pairs);
  return lufs;
}

/// LUFS of the chord after 2 s of settling; the order R at the end goes to *order.
static double chord_lufs(double oscillators, double coupling, double seconds, double* order)
{
  const size_t n    = (size_t)((2.0 + seconds) * RATE);
  FixtureAudio out  = fixture_audio(n);
  Fixture*     self = open_seeded(11);
  // Growth through the worker, as in a host: the size is changed after activation.
  fixture_set(self, "anneal", 0.2);
  fixture_set(self, "coupling", coupling);
  fixture_render(self, NULL, out.plane, BLOCK, BLOCK);
  fixture_set(self, "oscillators", oscillators);
  fixture_render(self, NULL, out.plane, (size_t)4 * BLOCK, BLOCK);
  strike(self, chord, NOTES, 100);
  fixture_render(self, NULL, out.plane, n, BLOCK);
  *order            = (double)fixture_get(self, "order");
  const double lufs = loudness_lufs(&out, (size_t)2 * RATE, n - (size_t)2 * RATE);
  fixture_close(self);
  fixture_audio_free(&out);
  return lufs;
}

static void test_loudness_does_not_depend_on_the_number_of_oscillators(void** state)
{
  (void)state;
  static const double sizes[] = {64, 256, 1024, 8192, 65536};
  double              low     = HUGE_VAL;
  double              high    = -HUGE_VAL;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
    double       order = 0.0;
    const double lufs  = chord_lufs(sizes[i], 2.0, 6.0, &order);
    print_message("%6.0f oscillators: %.2f LUFS, R %.3f\n", sizes[i], lufs, order);
    low  = fmin(low, lufs);
    high = fmax(high, lufs);
  }
  print_message("64 to 65536 oscillators: %.2f dB\n", high - low);
  assert_true(high - low < 1.0);
}

static void test_loudness_does_not_depend_on_coherence(void** state)
{
  (void)state;
  double       order[2];
  const double free_lufs   = chord_lufs(16384.0, 0.0, 8.0, &order[0]);
  const double locked_lufs = chord_lufs(16384.0, 10.0, 8.0, &order[1]);
  print_message("K 0: %.2f LUFS, R %.3f; K 10: %.2f LUFS, R %.3f\n", free_lufs, order[0],
                locked_lufs, order[1]);
  assert_true(order[0] < 0.15);
  assert_true(order[1] > 0.95);
  assert_true(fabs(locked_lufs - free_lufs) < 1.0);
}

// ---- purity ----

/// In place, forward, radix 2.
static void transform(double* re, double* im)
{
  for (uint32_t i = 0, j = 0; i < N_FFT; ++i) {
    if (i < j) {
      const double swap_re = re[i];
      const double swap_im = im[i];
      re[i]                = re[j];
      im[i]                = im[j];
      re[j]                = swap_re;
      im[j]                = swap_im;
    }
    uint32_t bit = N_FFT >> 1;
    for (; j & bit; bit >>= 1) {
      j ^= bit;
    }
    j |= bit;
  }
  for (uint32_t half = 1; half < N_FFT; half *= 2) {
    for (uint32_t k = 0; k < half; ++k) {
      const double c = cos(two_pi * 0.5 * (double)k / (double)half);
      const double s = -sin(two_pi * 0.5 * (double)k / (double)half);
      for (uint32_t a = k; a < N_FFT; a += 2 * half) {
        const double t_re = c * re[a + half] - s * im[a + half];
        const double t_im = c * im[a + half] + s * re[a + half];
        re[a + half]      = re[a] - t_re;
        im[a + half]      = im[a] - t_im;
        re[a] += t_re;
        im[a] += t_im;
      }
    }
  }
}

/// Amplitude of each bin, 1 = a full-scale sine (Blackman-Harris, main lobe +-4 bins).
static double* amplitudes(const float* x)
{
  static const double w[4] = {1.0, -0.48829 / 0.35875, 0.14128 / 0.35875, -0.01168 / 0.35875};
  double* const       re   = malloc(2 * N_FFT * sizeof *re);
  assert_non_null(re);
  double* const im = re + N_FFT;
  for (uint32_t i = 0; i < N_FFT; ++i) {
    const double t = two_pi * ((double)i + 0.5) / N_FFT;
    re[i] = (double)x[i] * (w[0] + w[1] * cos(t) + w[2] * cos(2.0 * t) + w[3] * cos(3.0 * t));
    im[i] = 0.0;
  }
  transform(re, im);
  for (uint32_t i = 0; i <= N_FFT / 2; ++i) {
    re[i] = 2.0 * hypot(re[i], im[i]) / N_FFT;
  }
  return re;
}

/// Loudest bin above 0.45 of the rate, dBFS, of both channels.
static double above_band_db(const FixtureAudio* out, size_t start)
{
  double loudest = 0.0;
  for (int channel = 0; channel < 2; ++channel) {
    double* const bin = amplitudes(out->plane[channel] + start);
    for (uint32_t i = N_FFT * 45 / 100; i <= N_FFT / 2; ++i) {
      loudest = fmax(loudest, bin[i]);
    }
    free(bin);
  }
  return support_db(loudest);
}

typedef struct {
  double tilt;
  double detune;
  double scatter;
  double noise;
  double coupling;
} Brightness;

/// Loudest bin above the band in the struck flight and at rest, of high keys with 32 partials.
static void measure_above_band(const char* what, const Brightness* with, double worst[2])
{
  static const uint8_t high[NOTES] = {84, 96, 108, 127};
  FixtureAudio         out         = fixture_audio(3 * N_FFT);
  Fixture* const       self        = open_seeded(3);
  fixture_set(self, "partials", 32);
  fixture_set(self, "tilt", with->tilt);
  fixture_set(self, "detune", with->detune);
  fixture_set(self, "scatter", with->scatter);
  fixture_set(self, "noise", with->noise);
  fixture_set(self, "coupling", with->coupling);
  fixture_set(self, "attack", 0.001);
  strike(self, high, NOTES, 127);
  fixture_render(self, NULL, out.plane, 3 * N_FFT, BLOCK);
  const double flight = fmax(above_band_db(&out, 0), above_band_db(&out, N_FFT));
  const double rest   = above_band_db(&out, 2 * N_FFT);
  print_message("above 0.45 fs, %s, coupling %g: in flight %.1f dBFS, at rest %.1f dBFS\n", what,
                with->coupling, flight, rest);
  worst[0] = fmax(worst[0], flight);
  worst[1] = fmax(worst[1], rest);
  fixture_close(self);
  fixture_audio_free(&out);
}

static void test_nothing_sounds_above_the_band(void** state)
{
  (void)state;
  double worst[2] = {-400.0, -400.0};
  measure_above_band("dark", &(Brightness){-6.0, 6.0, 3.0, 50.0, 2.0}, worst);
  measure_above_band("bright", &(Brightness){6.0, 6.0, 3.0, 50.0, 0.0}, worst);
  assert_true(worst[0] < -100.0);
  assert_true(worst[1] < -100.0);
}

static void test_nothing_sounds_above_the_band_at_the_extremes(void** state)
{
  (void)state;
  double worst[2] = {-400.0, -400.0};
  for (int coupling = -2; coupling <= 10; coupling += 4) {
    measure_above_band("detune 100", &(Brightness){-6.0, 100.0, 6.0, 500.0, (double)coupling},
                       worst);
  }
  assert_true(worst[0] < -100.0);
  assert_true(worst[1] < -100.0);
}

static bool near_harmonic(double f_hz, double note_hz)
{
  return f_hz > 0.5 * note_hz && fabs(remainder(f_hz, note_hz)) < 10.0;
}

static void test_images_aliases_and_dc_are_inaudible(void** state)
{
  (void)state;
  double worst    = -400.0;
  double worst_dc = -400.0;
  for (int key = 24; key <= 120; key += 12) {
    const uint8_t  keys[1] = {(uint8_t)key};
    FixtureAudio   out     = fixture_audio(2 * N_FFT);
    Fixture* const self    = open_seeded(key);
    fixture_set(self, "partials", 32);
    fixture_set(self, "detune", 0);
    fixture_set(self, "coupling", 0);
    fixture_set(self, "tilt", 0);
    fixture_set(self, "anneal", 0.05);
    fixture_set(self, "decay", 0.01);
    strike(self, keys, 1, 127);
    fixture_render(self, NULL, out.plane, 2 * N_FFT, BLOCK);
    double* const bin  = amplitudes(out.plane[0] + N_FFT);
    double        peak = 0.0;
    double        foul = 0.0;
    for (uint32_t i = 8; i <= N_FFT / 2; ++i) {
      const bool ours = near_harmonic((double)i * RATE / N_FFT, key_hz(key));
      peak            = ours ? fmax(peak, bin[i]) : peak;
      foul            = ours ? foul : fmax(foul, bin[i]);
    }
    assert_true(peak > 0.001);
    worst    = fmax(worst, support_db(foul));
    worst_dc = fmax(worst_dc, support_db(bin[0]));
    free(bin);
    fixture_close(self);
    fixture_audio_free(&out);
  }
  print_message("between the harmonics: %.1f dBFS; DC: %.1f dBFS\n", worst, worst_dc);
  assert_true(worst < -100.0);
  assert_true(worst_dc < -100.0);
}

// ---- playing ----

static void test_a_full_chord_peaks_in_the_usual_range(void** state)
{
  (void)state;
  enum { FRAMES = 5 * RATE };
  double low  = HUGE_VAL;
  double high = -HUGE_VAL;
  for (int seed = 1; seed <= 8; ++seed) {
    FixtureAudio   out  = fixture_audio(FRAMES);
    Fixture* const self = open_seeded(seed);
    strike(self, chord, NOTES, 127);
    fixture_render(self, NULL, out.plane, FRAMES, BLOCK);
    const double peak =
        support_db(fmax(support_peak(out.plane[0], FRAMES), support_peak(out.plane[1], FRAMES)));
    low  = fmin(low, peak);
    high = fmax(high, peak);
    fixture_close(self);
    fixture_audio_free(&out);
  }
  print_message("peak of 4 notes at velocity 127, 8 seeds: %.2f .. %.2f dBFS\n", low, high);
  assert_true(low > -12.0);
  assert_true(high < -1.0);
}

static void test_a_note_sounds_within_the_latency_and_one_step(void** state)
{
  (void)state;
  enum { FRAMES = 4800, STEP = 64 };
  int64_t latest   = 0;
  int64_t earliest = FRAMES;
  float   latency  = 0.0f;
  for (int64_t at = 0; at < 200; at += 7) {
    FixtureAudio   out   = fixture_audio(FRAMES);
    Fixture* const self  = open_seeded(at + 1);
    int64_t        onset = 0;
    fixture_set(self, "attack", 0.001);
    fixture_render(self, NULL, out.plane, 960, BLOCK);
    fixture_midi(self, at, 0x90, 60, 127);
    fixture_render(self, NULL, out.plane, FRAMES, BLOCK);
    while (onset < FRAMES &&
           fmaxf(fabsf(out.plane[0][onset]), fabsf(out.plane[1][onset])) < 1e-3f) {
      ++onset;
    }
    latency  = fixture_get(self, "latency");
    latest   = onset - at > latest ? onset - at : latest;
    earliest = onset - at < earliest ? onset - at : earliest;
    fixture_close(self);
    fixture_audio_free(&out);
  }
  print_message("above -60 dBFS %lld..%lld frames after the event, reported latency %.0f\n",
                (long long)earliest, (long long)latest, (double)latency);
  assert_true(earliest >= 0);
  assert_true((double)latest <= (double)latency + STEP);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_key_is_in_tune_without_detune),
      cmocka_unit_test(test_every_key_is_in_tune_when_locked),
      cmocka_unit_test(test_loudness_does_not_depend_on_the_number_of_oscillators),
      cmocka_unit_test(test_loudness_does_not_depend_on_coherence),
      cmocka_unit_test(test_nothing_sounds_above_the_band),
      cmocka_unit_test(test_nothing_sounds_above_the_band_at_the_extremes),
      cmocka_unit_test(test_images_aliases_and_dc_are_inaudible),
      cmocka_unit_test(test_a_full_chord_peaks_in_the_usual_range),
      cmocka_unit_test(test_a_note_sounds_within_the_latency_and_one_step)};
  return cmocka_run_group_tests_name("swarm quality", tests, NULL, NULL);
}
