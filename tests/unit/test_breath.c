// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: breath is noise: its spectrum is that of its colour and of the filter, it has no tone, is as normal as noise and as loud
// as its share says, begins and ends on its frame, and is the same however it is called. Method: a swarm that plays nothing but
// breath, its power over third octaves, bins, and time; envelopes read from its state.
#include "tests/support/support.h"
#include "tests/support/swarm_bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, SIZE = 8192, BINS = SIZE / 2 + 1 };

/// Nothing but white breath, which begins at once.
static void open_breath(Bench* bench, double rate_hz, uint32_t step)
{
  bench_open(bench, rate_hz, 256, step);
  bench->params.attack_s                         = 0.0f;
  bench->params.sustain                          = 1.0f;
  bench->params.tone.velocity_octaves            = 0.0f;
  bench->params.tone.breath.share                = 1.0f;
  bench->params.tone.breath.attack_s             = 0.0f;
  bench->params.tone.breath.colour_db_per_octave = 0.0f;
}

/// `seconds` of one key, the first tenth of a second left out.
static void record(Bench* bench, uint32_t key, double seconds)
{
  const double rate = bench->swarm.sample_rate_hz;
  fiq_swarm_note_on(&bench->swarm, 0, key, 1.0f, 0);
  bench_render(bench, (size_t)(0.1 * rate) / 32 * 32);
  bench->size = 0;
  bench_render(bench, (size_t)(seconds * rate) / 32 * 32);
}

/// Mean power of a bin, both channels.
static void find_power(const Bench* bench, double* power)
{
  FiqFftPool pool;
  FiqFft     fft;
  FiqArena   arena = support_arena(16 * SIZE * sizeof(float));
  fiq_fft_pool_init(&pool);
  assert_int_equal(fiq_fft_init_kinds(&fft, &pool, SIZE, FIQ_FFT_REAL_FORWARD), FIQ_OK);
  float* const      piece = fiq_arena_take(&arena, SIZE, sizeof(float));
  FiqComplex* const bins  = fiq_arena_take(&arena, BINS, sizeof(FiqComplex));
  size_t            n     = 0;
  memset(power, 0, BINS * sizeof *power);
  for (int c = 0; c < FIQ_CHANNELS; ++c) {
    for (size_t at = 0; at + SIZE <= bench->size; at += SIZE / 2) {
      for (int i = 0; i < SIZE; ++i) {
        piece[i] = bench->out[c][at + (size_t)i] * (float)(0.5 - 0.5 * cos(6.283185307 * i / SIZE));
      }
      fiq_fft_forward(&fft, piece, bins);
      for (int k = 0; k < BINS; ++k) {
        power[k] += (double)(bins[k].re * bins[k].re + bins[k].im * bins[k].im);
      }
      n += 1;
    }
  }
  // One-sided, so that all bins add up to the mean square of both channels.
  for (int k = 0; k < BINS; ++k) {
    power[k] *= 2.0 * FIQ_CHANNELS / ((double)n * 0.375 * SIZE * SIZE);
  }
  fiq_fft_pool_free(&pool);
  support_arena_free(&arena);
}

static double curve_power(const FiqSwarmTone* tone, double hz)
{
  const float     octave = (float)log2(hz);
  const FiqFilter filter = {tone->filter, log2f(tone->cutoff_hz), tone->slope_db_per_octave,
                            tone->resonance};
  const float     zero   = 0.0f;
  float           gain   = 1.0f;
  fiq_filter_apply(&filter, &zero, octave, &gain, 1);
  const double colour_db = (double)tone->breath.colour_db_per_octave * (log2(hz) - log2(1000.0));
  return (double)(gain * gain) * pow(10.0, 0.1 * colour_db);
}

/// What is left of the bands at the top.
static double fade_at(double nu)
{
  const double left = fmin(fmax((0.395 - nu) / 0.05, 0.0), 1.0);
  return left * left * (3.0 - 2.0 * left);
}

/// Largest distance of third octaves from what they shall be, of those within 40 dB of the strongest, dB.
static double find_error_db(const Bench* bench, const double* power)
{
  const double rate = bench->swarm.sample_rate_hz;
  const double top  = fmin(21000.0, 0.395 * rate);
  double       want[32];
  double       got[32];
  double       all   = 0.0;
  double       most  = 0.0;
  double       worst = 0.0;
  int          n     = 0;
  FiqSwarmTone bare  = bench->params.tone;
  bare.filter        = FIQ_FILTER_OFF;
  for (double hz = 40.0; hz < top; hz += 1.0) {
    all += curve_power(&bare, hz + 0.5) * pow(fade_at(hz / rate), 2.0);
  }
  for (double hz = 80.0; hz * 1.1225 < fmin(top, 0.345 * rate); hz *= 1.25992105) {
    want[n] = 0.0;
    got[n]  = 0.0;
    for (int k = 1; k < BINS; ++k) {
      const double at = k * rate / SIZE;
      if (at >= hz / 1.1225 && at < hz * 1.1225) {
        want[n] += curve_power(&bench->params.tone, at) * rate / SIZE / all * 0.005;
        got[n] += power[k];
      }
    }
    most = fmax(most, want[n]);
    n += 1;
  }
  for (int i = 0; i < n; ++i) {
    if (want[i] > 1e-4 * most) {
      const double error = 0.5 * support_db(got[i] / want[i]);
      worst              = fmax(worst, fabs(error));
    }
  }
  return worst;
}

static double find_kurtosis(const float* x, size_t n)
{
  double second = 0.0;
  double fourth = 0.0;
  for (size_t i = 0; i < n; ++i) {
    const double square = (double)x[i] * (double)x[i];
    second += square / (double)n;
    fourth += square * square / (double)n;
  }
  return fourth / (second * second);
}

static void test_spectrum_is_that_of_colour_and_filter(void** state)
{
  (void)state;
  static const struct {
    FiqFilterType type;
    float         cutoff_hz;
    float         slope;
    float         resonance;
    float         colour;
    double        rate_hz;
    uint32_t      step;
  } cases[] = {{FIQ_FILTER_OFF, 2000.0f, 24.0f, 0.0f, 0.0f, 48000.0, 64},
               {FIQ_FILTER_OFF, 2000.0f, 24.0f, 0.0f, -6.0f, 48000.0, 64},
               {FIQ_FILTER_OFF, 2000.0f, 24.0f, 0.0f, 6.0f, 44100.0, 64},
               {FIQ_FILTER_LOW, 2000.0f, 24.0f, 0.0f, 0.0f, 48000.0, 64},
               {FIQ_FILTER_LOW, 300.0f, 48.0f, 0.0f, -3.0f, 48000.0, 64},
               {FIQ_FILTER_LOW, 6000.0f, 48.0f, 0.5f, 0.0f, 48000.0, 64},
               {FIQ_FILTER_HIGH, 3000.0f, 24.0f, 0.0f, -3.0f, 48000.0, 64},
               {FIQ_FILTER_HIGH, 300.0f, 48.0f, 0.3f, -3.0f, 48000.0, 64},
               {FIQ_FILTER_BAND, 1500.0f, 12.0f, 1.0f, 0.0f, 48000.0, 64},
               {FIQ_FILTER_BAND, 500.0f, 48.0f, 0.5f, 0.0f, 48000.0, 64},
               {FIQ_FILTER_NOTCH, 2000.0f, 24.0f, 0.0f, 0.0f, 48000.0, 64},
               {FIQ_FILTER_LOW, 2000.0f, 24.0f, 0.5f, 0.0f, 48000.0, 256},
               {FIQ_FILTER_BAND, 2000.0f, 24.0f, 0.5f, 0.0f, 48000.0, 1024},
               {FIQ_FILTER_LOW, 2000.0f, 24.0f, 0.5f, 0.0f, 96000.0, 128}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    Bench  bench;
    double power[BINS];
    open_breath(&bench, cases[i].rate_hz, cases[i].step);
    bench.params.tone.filter                      = cases[i].type;
    bench.params.tone.cutoff_hz                   = cases[i].cutoff_hz;
    bench.params.tone.slope_db_per_octave         = cases[i].slope;
    bench.params.tone.resonance                   = cases[i].resonance;
    bench.params.tone.breath.colour_db_per_octave = cases[i].colour;
    record(&bench, 60, 30.0);
    find_power(&bench, power);
    const double error_db = find_error_db(&bench, power);
    const double kurtosis = find_kurtosis(bench.out[i % 2], 10 * (size_t)cases[i].rate_hz);
    print_message(
        "filter %d at %4.0f Hz, %2.0f dB, colour %2.0f, step %4u at %5.0f Hz: %.2f dB off, "
        "kurtosis %.2f\n",
        (int)cases[i].type, (double)cases[i].cutoff_hz, (double)cases[i].slope,
        (double)cases[i].colour, (unsigned)cases[i].step, cases[i].rate_hz, error_db, kurtosis);
    assert_true(error_db <= 1.5);
    assert_true(fabs(kurtosis / 3.0 - 1.0) <= 0.1);
    bench_close(&bench);
  }
}

static int compare(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static void test_no_tone_in_it(void** state)
{
  (void)state;
  enum { AROUND = 20, FROM = 20, TO = 2800 }; // bins: 117 Hz to 16 kHz
  Bench  bench;
  double power[BINS];
  open_breath(&bench, RATE, 0);
  record(&bench, 69, 60.0);
  find_power(&bench, power);
  double most_db = 0.0;
  for (int k = FROM; k < TO; ++k) {
    double near[2 * AROUND + 1];
    memcpy(near, power + k - AROUND, sizeof near);
    qsort(near, 2 * AROUND + 1, sizeof *near, compare);
    most_db = fmax(most_db, 0.5 * support_db(power[k] / near[AROUND]));
  }
  // Nor a beat: the power does not go with the step, as it would if frames were heard apart.
  double re  = 0.0;
  double im  = 0.0;
  double all = 0.0;
  for (size_t i = 0; i < bench.size; ++i) {
    const double square = (double)bench.out[0][i] * (double)bench.out[0][i];
    re += square * cos(6.283185307179586 * (double)(i % 64) / 64.0);
    im += square * sin(6.283185307179586 * (double)(i % 64) / 64.0);
    all += square;
  }
  const double beat = 2.0 * hypot(re, im) / all;
  print_message("strongest bin %.2f dB above the median of its neighbours; power moves by %.1f %% "
                "with the step\n",
                most_db, 100.0 * beat);
  assert_true(most_db <= 1.5);
  assert_true(beat <= 0.15);
  bench_close(&bench);
}

static void test_it_is_wide_and_survives_mono(void** state)
{
  (void)state;
  Bench bench;
  open_breath(&bench, RATE, 0);
  bench.params.width = 1.0f;
  record(&bench, 60, 5.0);
  double both  = 0.0;
  double cross = 0.0;
  for (size_t i = 0; i < bench.size; ++i) {
    const double l = (double)bench.out[0][i];
    const double r = (double)bench.out[1][i];
    both += 0.5 * (l * l + r * r);
    cross += l * r;
  }
  const double loss_db = -0.5 * support_db(0.5 * (1.0 + cross / both));
  print_message("correlation %.2f, mono loses %.2f dB\n", cross / both, loss_db);
  assert_true(cross / both <= 0.75);
  assert_true(loss_db <= 1.5);
  bench_close(&bench);
}

static void test_share_does_not_change_the_level(void** state)
{
  (void)state;
  for (int i = 0; i <= 4; ++i) {
    Bench bench;
    open_breath(&bench, RATE, 0);
    bench.params.anneal_s                         = 0.05f;
    bench.params.tone.breath.share                = 0.25f * (float)i;
    bench.params.tone.breath.colour_db_per_octave = -3.0f;
    record(&bench, 60, 10.0);
    const double l  = support_rms(bench.out[0], bench.size);
    const double r  = support_rms(bench.out[1], bench.size);
    const double db = support_db(sqrt((l * l + r * r) / 0.005));
    print_message("share %.2f: %.2f dB\n", 0.25 * i, db);
    assert_true(fabs(db) <= 0.5);
    bench_close(&bench);
  }
}

static void test_envelope_is_exact_at_any_time(void** state)
{
  (void)state;
  const FiqBreathParams params = {1.0f, 0.0f, 0.013f, 0.1f, 0.3f, 0.05f};
  FiqBreathEnvelope     whole  = {0.0f, true};
  FiqBreathEnvelope     parts  = whole;
  for (int i = 0; i < 100; ++i) {
    fiq_breath_envelope(&parts, &params, true, 0.0005f);
  }
  fiq_breath_envelope(&whole, &params, true, 0.05f);
  const double held = 0.3 + 0.7 * exp(-5.0 * (0.05 - 0.013) / 0.1);
  assert_true(fabs((double)whole.level - held) < 1e-4);
  assert_true(fabs((double)parts.level - held) < 1e-4);
  fiq_breath_envelope(&whole, &params, false, 0.05f);
  assert_true(fabs((double)whole.level - held * exp(-6.91)) < 1e-5);
  // From where it is, when struck again.
  whole = (FiqBreathEnvelope){0.5f, true};
  fiq_breath_envelope(&whole, &params, true, 0.00325f);
  assert_true(fabs((double)whole.level - 0.75) < 1e-4);
}

static void test_it_begins_and_ends_on_its_frame(void** state)
{
  (void)state;
  for (uint32_t offset = 0; offset < 64; offset += 9) {
    Bench bench;
    open_breath(&bench, RATE, 0);
    bench.params.tone.breath.attack_s  = 0.01f;
    bench.params.tone.breath.release_s = 0.02f;
    bench_render(&bench, 320);
    fiq_swarm_note_on(&bench.swarm, 0, 60, 1.0f, offset);
    bench_render(&bench, 160);
    // The step that began last, at 448, sees 448 - 320 - offset frames of it.
    const double rise = (448.0 - 320.0 - offset) / (0.01 * RATE);
    assert_true(fabs((double)bench.swarm.breath.envelope[0].level - rise) < 1e-4);
    bench_render(&bench, 960);
    fiq_swarm_note_off(&bench.swarm, 0, 60, offset); // at 1440 + offset
    bench_render(&bench, 160);
    const double fall = exp(-6.91 * (1536.0 - 1440.0 - offset) / (0.02 * RATE));
    assert_true(fabs((double)bench.swarm.breath.envelope[0].level - fall) < 1e-4);
    bench_close(&bench);
  }
}

static void test_it_goes_on_without_the_note_and_ends(void** state)
{
  (void)state;
  Bench bench;
  open_breath(&bench, RATE, 0);
  bench.params.release_s             = 0.01f;
  bench.params.tone.breath.release_s = 0.5f;
  record(&bench, 60, 0.5);
  const double full  = support_rms(bench.out[0], bench.size);
  const size_t first = bench.size;
  fiq_swarm_note_off(&bench.swarm, 0, 60, 0);
  bench_render(&bench, RATE * 2);
  // A fall of 60 dB in 0.5 s: the mean square of a tenth of a second is that of its beginning less 4.9 dB.
  const float* const tail    = bench.out[0] + first;
  const double       fall_db = support_db(support_rms(tail + RATE / 20, RATE / 10) / full);
  print_message("a tenth of a second after the note: %.1f dB\n", fall_db);
  assert_true(fabs(fall_db + 10.9) <= 1.5);
  assert_true(bench.swarm.rest.asleep);
  assert_true(support_peak(tail + RATE * 3 / 2, RATE / 2) <= 0.0);
  bench_close(&bench);
}

/// Two seconds in which much happens, appended.
static void play(Bench* bench, uint32_t block)
{
  static const uint8_t keys[]         = {60, 67, 72, 60};
  bench->params.tone.filter           = FIQ_FILTER_LOW;
  bench->params.tone.envelope_octaves = 2.0f;
  bench->params.tone.motion.attack_s  = 0.1f;
  bench->params.tone.motion.decay_s   = 0.2f;
  bench->params.tone.breath.share     = 0.6f;
  bench->params.tone.breath.decay_s   = 0.2f;
  bench->params.tone.breath.sustain   = 0.4f;
  bench->params.tone.formants         = 0.5f;
  bench->params.n_osc                 = 200.0f;
  for (size_t i = 0; i < 8; ++i) {
    fiq_swarm_note_on(&bench->swarm, 0, keys[i % 4], 0.3f + 0.08f * (float)i, 37);
    bench_render_blocks(bench, 6016, block);
    fiq_swarm_note_off(&bench->swarm, 0, keys[i % 4], 5);
    bench_render_blocks(bench, 5984, block);
  }
}

enum { PLAYED = 8 * 12000 };

static void assert_same(const Bench* a, const float* left)
{
  assert_memory_equal(a->out[0] + a->size - PLAYED, left, PLAYED * sizeof(float));
}

static void test_it_is_the_same_however_it_is_called(void** state)
{
  (void)state;
  Bench bench;
  open_breath(&bench, RATE, 0);
  play(&bench, 32);
  float* const first = support_floats(PLAYED);
  memcpy(first, bench.out[0], PLAYED * sizeof *first);
  assert_true(support_peak(first, PLAYED) > 0.01);
  fiq_swarm_reset(&bench.swarm, 42);
  play(&bench, 8); // another block, and out of a reset
  assert_same(&bench, first);
  fiq_swarm_reset(&bench.swarm, 42);
  bench.swarm.breath.noise.use_avx512 = false;
  play(&bench, 32);
  assert_same(&bench, first);
  fiq_swarm_reset(&bench.swarm, 42);
  bench.swarm.breath.noise.use_avx2 = false;
  play(&bench, 32);
  assert_same(&bench, first);
  fiq_swarm_reset(&bench.swarm, 43);
  play(&bench, 32);
  assert_true(support_max_difference(first, bench.out[0] + bench.size - PLAYED, PLAYED) > 0.01);
  free(first);
  bench_close(&bench);
}

static void test_adoption_goes_on(void** state)
{
  (void)state;
  Bench a;
  Bench b;
  open_breath(&a, RATE, 0);
  open_breath(&b, RATE, 0);
  fiq_swarm_note_on(&a.swarm, 0, 60, 1.0f, 0);
  bench_render(&a, RATE / 4);
  fiq_swarm_reset(&b.swarm, 7);
  fiq_swarm_adopt(&b.swarm, &a.swarm);
  b.params = a.params;
  bench_render(&a, RATE / 2);
  bench_render(&b, RATE / 2);
  assert_memory_equal(a.out[0] + RATE / 4, b.out[0], RATE / 2 * sizeof(float));
  bench_close(&a);
  bench_close(&b);
}

static void test_off_it_is_not_there(void** state)
{
  (void)state;
  Bench bench[2];
  for (int i = 0; i < 2; ++i) {
    open_breath(&bench[i], RATE, 0);
    bench[i].params.tone.breath.share                = 0.0f;
    bench[i].params.tone.breath.colour_db_per_octave = 6.0f * (float)i;
    bench[i].params.tone.breath.release_s            = 1.0f + (float)i;
    record(&bench[i], 60, 0.5);
    assert_false(bench[i].swarm.breath.is_on);
    assert_int_equal(bench[i].swarm.breath.n_sounding, 0);
  }
  assert_memory_equal(bench[0].out[0], bench[1].out[0], bench[0].size * sizeof(float));
  bench_close(&bench[0]);
  bench_close(&bench[1]);
}

static void test_small_arena_is_refused(void** state)
{
  (void)state;
  FiqBreath breath;
  FiqArena  arena = support_arena(256);
  assert_int_equal(fiq_breath_init(&breath, &arena, RATE, 64), FIQ_NO_MEMORY);
  assert_int_equal(fiq_breath_init(&breath, &arena, RATE, 16), FIQ_BAD_ARGUMENT);
  assert_int_equal(fiq_breath_init(&breath, &arena, 1.0, 64), FIQ_BAD_ARGUMENT);
  support_arena_free(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_spectrum_is_that_of_colour_and_filter),
      cmocka_unit_test(test_no_tone_in_it),
      cmocka_unit_test(test_it_is_wide_and_survives_mono),
      cmocka_unit_test(test_share_does_not_change_the_level),
      cmocka_unit_test(test_envelope_is_exact_at_any_time),
      cmocka_unit_test(test_it_begins_and_ends_on_its_frame),
      cmocka_unit_test(test_it_goes_on_without_the_note_and_ends),
      cmocka_unit_test(test_it_is_the_same_however_it_is_called),
      cmocka_unit_test(test_adoption_goes_on),
      cmocka_unit_test(test_off_it_is_not_there),
      cmocka_unit_test(test_small_arena_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
