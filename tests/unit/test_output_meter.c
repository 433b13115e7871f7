// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: crest factor, centroid and entropy are those of the sound. Method: sines, noises and chords,
// measured besides over seconds at once by their definitions in double.
#include "dsp/analysis/output_meter.h"
#include "dsp/base/maths.h"
#include "dsp/transform/fft.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 20, RATE = 48000, LENGTH = 4 * RATE, TRUTH = 65536 };

static const double pi = 3.14159265358979323846;

static FiqFftPool pool;
static float      sound[2][LENGTH];

typedef struct {
  FiqOutputMeter measure;
  FiqArena       arena;
} Rig;

static void rig_start(Rig* rig, double rate_hz)
{
  rig->arena = support_arena(ARENA_BYTES);
  assert_int_equal(fiq_output_meter_init(&rig->measure, &rig->arena, &pool, rate_hz), FIQ_OK);
}

static void rig_end(Rig* rig)
{
  support_arena_free(&rig->arena);
}

/// Play `sound` in blocks of `block`, frames `first`..`last`.
static void play(Rig* rig, uint32_t first, uint32_t last, uint32_t block)
{
  for (uint32_t i = first; i < last; i += block) {
    const float*   in[2] = {sound[0] + i, sound[1] + i};
    const uint32_t left  = last - i;
    fiq_output_meter_process(&rig->measure, in, left < block ? left : block);
  }
}

/// What a spectrum of more than a second says.
static void truth_of(double rate_hz, double* centroid_hz, double* entropy)
{
  static _Alignas(64) float      frame[TRUTH];
  static _Alignas(64) FiqComplex spectrum[TRUTH / 2 + 1];
  FiqFft                         fft;
  const double                   high_hz                      = fmin(16000.0, rate_hz / 2.0);
  double                         band[FIQ_OUTPUT_METER_BANDS] = {0.0};
  double                         sum                          = 0.0;
  double                         moment                       = 0.0;
  assert_int_equal(fiq_fft_init_kinds(&fft, &pool, TRUTH, FIQ_FFT_REAL_FORWARD), FIQ_OK);
  for (uint32_t channel = 0; channel < 2; ++channel) {
    for (uint32_t i = 0; i < TRUTH; ++i) {
      frame[i] =
          sound[channel][LENGTH - TRUTH + i] * (float)(0.5 - 0.5 * cos(2.0 * pi * i / TRUTH));
    }
    fiq_fft_forward(&fft, frame, spectrum);
    for (uint32_t k = 1; k <= TRUTH / 2; ++k) {
      const double hz    = k * rate_hz / TRUTH;
      const double power = (double)spectrum[k].re * (double)spectrum[k].re +
                           (double)spectrum[k].im * (double)spectrum[k].im;
      const double low   = 21.4 * log10(1.0 + 0.00437 * 40.0);
      const double top   = 21.4 * log10(1.0 + 0.00437 * high_hz);
      const double place = (21.4 * log10(1.0 + 0.00437 * hz) - low) / (top - low);
      if (place >= 0.0 && place < 1.0) {
        band[(uint32_t)(place * FIQ_OUTPUT_METER_BANDS)] += power;
        sum += power;
        moment += power * log2(hz / 1000.0);
      }
    }
  }
  *centroid_hz = 1000.0 * exp2(moment / sum);
  *entropy     = 0.0;
  for (uint32_t b = 0; b < FIQ_OUTPUT_METER_BANDS; ++b) {
    *entropy -=
        band[b] > 0.0 ? band[b] / sum * log(band[b] / sum) / log(FIQ_OUTPUT_METER_BANDS) : 0.0;
  }
}

/// Crest factor of the windows of the last second.
static double true_crest_db(const Rig* rig)
{
  const uint32_t window = rig->measure.window_frames;
  const uint32_t end    = LENGTH / window * window;
  const uint32_t first  = end - rig->measure.n_slots * window;
  double         peak   = 0.0;
  double         energy = 0.0;
  for (uint32_t channel = 0; channel < 2; ++channel) {
    for (uint32_t i = first; i < end; ++i) {
      peak = fmax(peak, fabs((double)sound[channel][i]));
      energy += (double)sound[channel][i] * (double)sound[channel][i];
    }
  }
  return support_db(peak / sqrt(energy / (2.0 * (end - first))));
}

typedef enum { SINE, BASS, HIGH, WHITE, RED, CHORD, PULSES, N_KINDS } Kind;

static void make(Kind kind, double rate_hz)
{
  static const double tones_hz[] = {440.0, 62.0, 9000.0};
  float* const        x          = sound[0];
  memset(sound, 0, sizeof sound);
  if (kind <= HIGH) {
    support_sine(x, LENGTH, fmin(tones_hz[kind], rate_hz / 4.0), rate_hz, 0.5, 0.0);
  } else if (kind == WHITE || kind == RED) {
    support_noise(x, LENGTH, 0.5, 5);
    const float pole = kind == RED ? expf(-6.2831853f * 300.0f / (float)rate_hz) : 0.0f;
    for (uint32_t i = 1; i < LENGTH; ++i) {
      x[i] += pole * (x[i - 1] - x[i]);
    }
  } else if (kind == CHORD) {
    for (int h = 1; h <= 30; ++h) {
      const int root = (int[]){110, 165, 220}[h % 3];
      for (uint32_t i = 0; i < LENGTH && root * h < 0.4 * rate_hz; ++i) {
        x[i] += (float)(0.1 / h * sin(2.0 * pi * root * h * i / rate_hz + h));
      }
    }
  } else {
    for (uint32_t i = 100; i < LENGTH; i += (uint32_t)(rate_hz / 9.0)) {
      x[i] = 0.9f;
    }
  }
  memcpy(sound[1], sound[0], sizeof sound[1]);
}

static void test_measures_are_those_of_a_long_spectrum(void** state)
{
  (void)state;
  static const char* const names[]  = {"440 Hz", "62 Hz", "9 kHz", "white",
                                       "red",    "chord", "pulses"};
  double                   worst[3] = {0.0};
  for (int kind = 0; kind < N_KINDS; ++kind) {
    Rig    rig;
    double centroid_hz = 0.0;
    double entropy     = 0.0;
    make((Kind)kind, RATE);
    rig_start(&rig, RATE);
    play(&rig, 0, LENGTH, 32);
    truth_of(RATE, &centroid_hz, &entropy);
    const FiqOutputReading* m   = &rig.measure.result;
    const double            oct = log2((double)m->centroid_hz / centroid_hz);
    const double            db  = (double)m->crest_db - true_crest_db(&rig);
    print_message(
        "  %-7s crest %5.2f dB (%+.3f), centroid %6.1f Hz (%+.3f oct), entropy %.3f (%+.3f)\n",
        names[kind], (double)m->crest_db, db, (double)m->centroid_hz, oct, (double)m->entropy,
        (double)m->entropy - entropy);
    assert_false(m->is_silent);
    worst[0] = fmax(worst[0], fabs(db));
    worst[1] = fmax(worst[1], fabs(oct));
    worst[2] = fmax(worst[2], fabs((double)m->entropy - entropy));
    rig_end(&rig);
  }
  assert_true(worst[0] < 0.01);
  assert_true(worst[1] < 0.1);
  assert_true(worst[2] < 0.03);
}

static void test_every_rate_measures_alike(void** state)
{
  (void)state;
  static const double rates_hz[] = {8000.0, 22050.0, 44100.0, 96000.0, 192000.0, 384000.0};
  for (size_t r = 0; r < sizeof rates_hz / sizeof *rates_hz; ++r) {
    Rig    rig;
    double centroid_hz = 0.0;
    double entropy     = 0.0;
    make(CHORD, rates_hz[r]);
    rig_start(&rig, rates_hz[r]);
    play(&rig, 0, LENGTH, 100);
    truth_of(rates_hz[r], &centroid_hz, &entropy);
    const FiqOutputReading* m = &rig.measure.result;
    print_message(
        "  %6.0f Hz: window %5u, crest %.2f dB, centroid %.1f Hz (truth %.1f), entropy %.3f (truth "
        "%.3f)\n",
        rates_hz[r], rig.measure.window_frames, (double)m->crest_db, (double)m->centroid_hz,
        centroid_hz, (double)m->entropy, entropy);
    assert_true(fabs(log2((double)m->centroid_hz / centroid_hz)) < 0.1);
    assert_true(fabs((double)m->entropy - entropy) < 0.05);
    rig_end(&rig);
  }
}

static void test_both_channels_count(void** state)
{
  (void)state;
  Rig rig;
  make(SINE, RATE);
  rig_start(&rig, RATE);
  memset(sound[1], 0, sizeof sound[1]);
  play(&rig, 0, LENGTH, 64);
  const FiqOutputReading left = rig.measure.result;
  memcpy(sound[1], sound[0], sizeof sound[1]);
  memset(sound[0], 0, sizeof sound[0]);
  fiq_output_meter_reset(&rig.measure);
  play(&rig, 0, LENGTH, 64);
  const FiqOutputReading right = rig.measure.result;
  assert_true(fabsf(left.centroid_hz - right.centroid_hz) < 0.01f * left.centroid_hz);
  assert_true(fabsf(left.crest_db - right.crest_db) < 0.01f);
  assert_true(fabsf(left.crest_db - 6.02f) < 0.01f); // one of two is silent
  // In opposite phase there is as much sound as in phase.
  for (uint32_t i = 0; i < LENGTH; ++i) {
    sound[0][i] = -sound[1][i];
  }
  fiq_output_meter_reset(&rig.measure);
  play(&rig, 0, LENGTH, 64);
  assert_true(fabsf(rig.measure.result.crest_db - 3.01f) < 0.01f);
  assert_true(fabsf(rig.measure.result.centroid_hz - left.centroid_hz) < 0.01f * left.centroid_hz);
  rig_end(&rig);
}

static void test_a_change_is_told_within_a_second(void** state)
{
  (void)state;
  Rig rig;
  make(HIGH, RATE);
  support_sine(sound[0], LENGTH / 2, 440.0, RATE, 0.5, 0.0);
  memcpy(sound[1], sound[0], sizeof sound[1]);
  rig_start(&rig, RATE);
  play(&rig, 0, LENGTH / 2, 32);
  assert_true(fabs(log2((double)rig.measure.result.centroid_hz / 440.0)) < 0.05);
  uint32_t end = LENGTH / 2;
  for (; end < LENGTH && rig.measure.result.centroid_hz < 7000.0f; end += 32) {
    play(&rig, end, end + 32, 32);
  }
  print_message("  from 440 to 9000 Hz: above 7000 Hz after %.2f s\n",
                (end - LENGTH / 2) / (double)RATE);
  assert_true(end - LENGTH / 2 < 1.2 * RATE);
  rig_end(&rig);
}

static void test_silence_keeps_the_last_values(void** state)
{
  (void)state;
  Rig rig;
  make(CHORD, RATE);
  rig_start(&rig, RATE);
  assert_true(rig.measure.result.is_silent);
  play(&rig, 0, 2 * RATE, 32);
  const FiqOutputReading was = rig.measure.result;
  assert_false(was.is_silent);
  memset(sound, 0, sizeof sound);
  for (int i = 0; i < 5; ++i) {
    play(&rig, 0, LENGTH, 32);
  }
  assert_true(rig.measure.result.is_silent);
  assert_true(fabsf(rig.measure.result.centroid_hz - was.centroid_hz) < 0.2f * was.centroid_hz);
  assert_true(isfinite(rig.measure.result.crest_db));
  fiq_output_meter_reset(&rig.measure);
  play(&rig, 0, LENGTH, 32);
  assert_true(rig.measure.result.is_silent);
  assert_true(fabsf(rig.measure.result.centroid_hz - 1000.0f) < 1e-3f);
  rig_end(&rig);
}

static void test_any_numbers_are_survived(void** state)
{
  (void)state;
  static const float odd[] = {NAN, INFINITY, -1e30f, 1e20f};
  Rig                rig;
  make(CHORD, RATE);
  rig_start(&rig, RATE);
  play(&rig, 0, LENGTH, 32);
  const FiqOutputReading was = rig.measure.result;
  for (size_t i = 0; i < sizeof odd / sizeof *odd; ++i) {
    const float keep = sound[0][100];
    sound[0][100] = sound[1][9999] = odd[i];
    play(&rig, 0, RATE, 32);
    const FiqOutputReading* m = &rig.measure.result;
    assert_true(m->crest_db >= 0.0f && m->crest_db <= 60.0f);
    assert_true(m->centroid_hz > 20.0f && m->centroid_hz < 20000.0f);
    assert_true(m->entropy >= 0.0f && m->entropy <= 1.0f);
    sound[0][100]  = keep;
    sound[1][9999] = sound[0][9999];
  }
  play(&rig, 0, LENGTH, 32);
  assert_true(fabsf(rig.measure.result.centroid_hz - was.centroid_hz) < 1.0f);
  assert_true(fabsf(rig.measure.result.crest_db - was.crest_db) < 0.1f);
  rig_end(&rig);
}

static void test_block_size_invariance(void** state)
{
  (void)state;
  static const uint32_t blocks[] = {1, 7, 31, 480, 5000, LENGTH};
  Rig                   rig;
  make(RED, RATE);
  support_noise(sound[1], LENGTH, 0.1, 9);
  rig_start(&rig, RATE);
  play(&rig, 0, LENGTH, 32);
  const FiqOutputReading was = rig.measure.result;
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; ++i) {
    fiq_output_meter_reset(&rig.measure);
    play(&rig, 0, LENGTH, blocks[i]);
    assert_memory_equal(&rig.measure.result.crest_db, &was.crest_db, sizeof was.crest_db);
    assert_memory_equal(&rig.measure.result.centroid_hz, &was.centroid_hz, sizeof was.centroid_hz);
    assert_memory_equal(&rig.measure.result.entropy, &was.entropy, sizeof was.entropy);
  }
  rig_end(&rig);
}

static void test_reset_equals_fresh_init(void** state)
{
  (void)state;
  Rig used;
  Rig fresh;
  rig_start(&used, RATE);
  rig_start(&fresh, RATE);
  make(WHITE, RATE);
  play(&used, 0, RATE + 1234, 32);
  fiq_output_meter_reset(&used.measure);
  make(CHORD, RATE);
  for (uint32_t i = 0; i < LENGTH; i += 960) {
    play(&used, i, i + 960, 32);
    play(&fresh, i, i + 960, 32);
    const FiqOutputReading* a = &used.measure.result;
    const FiqOutputReading* b = &fresh.measure.result;
    assert_memory_equal(&a->crest_db, &b->crest_db, sizeof a->crest_db);
    assert_memory_equal(&a->centroid_hz, &b->centroid_hz, sizeof a->centroid_hz);
    assert_memory_equal(&a->entropy, &b->entropy, sizeof a->entropy);
    assert_int_equal(a->is_silent, b->is_silent);
  }
  rig_end(&used);
  rig_end(&fresh);
}

static void test_bad_rates_and_small_arenas_are_refused(void** state)
{
  (void)state;
  static const double bad_hz[] = {7999.0, 384001.0, (double)NAN, -1.0};
  FiqOutputMeter      measure;
  FiqArena            ruler;
  for (size_t i = 0; i < sizeof bad_hz / sizeof *bad_hz; ++i) {
    fiq_arena_init(&ruler, NULL, 0);
    assert_int_equal(fiq_output_meter_init(&measure, &ruler, &pool, bad_hz[i]), FIQ_BAD_ARGUMENT);
  }
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_output_meter_init(&measure, &ruler, &pool, RATE), FIQ_NO_MEMORY);
  for (size_t size = 0; size < ruler.used_bytes; size += FIQ_ARENA_ALIGN_BYTES) {
    FiqArena arena = support_arena(size);
    assert_int_equal(fiq_output_meter_init(&measure, &arena, &pool, RATE), FIQ_NO_MEMORY);
    support_arena_free(&arena);
  }
  FiqArena exact = support_arena(ruler.used_bytes);
  assert_int_equal(fiq_output_meter_init(&measure, &exact, &pool, RATE), FIQ_OK);
  print_message("  %zu bytes of arena\n", ruler.used_bytes);
  support_arena_free(&exact);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_measures_are_those_of_a_long_spectrum),
      cmocka_unit_test(test_every_rate_measures_alike),
      cmocka_unit_test(test_both_channels_count),
      cmocka_unit_test(test_a_change_is_told_within_a_second),
      cmocka_unit_test(test_silence_keeps_the_last_values),
      cmocka_unit_test(test_any_numbers_are_survived),
      cmocka_unit_test(test_block_size_invariance),
      cmocka_unit_test(test_reset_equals_fresh_init),
      cmocka_unit_test(test_bad_rates_and_small_arenas_are_refused),
  };
  fiq_fft_pool_init(&pool);
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  fiq_fft_pool_free(&pool);
  return failed;
}
