// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: coherence makes periods peakier above 0 and clicks softer below, leaves what is steady steady and what
// it does not touch alone. Method: through the spectral realm with no other phases: crest factors, levels of
// single partials in short stretches, residues beside a tone while the control moves, nulls.
#include "dsp/base/maths.h"
#include "dsp/base/random.h"
#include "dsp/realm/spectral.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 22, CONTROL = 32, WINDOW = 2048, SECOND = 48000, LENGTH = 4 * SECOND };

static const double two_pi = 6.28318530717958647692;
static const double fs     = 48000.0;

static FiqFftPool pool;

typedef struct {
  FiqRealmSpectral realm;
  FiqArena         arena;
  float*           x;
  float*           y;
} Rig;

static void rig_start(Rig* rig)
{
  const FiqRealmSpectralConfig config = {
      .sample_rate_hz = fs, .window_frames = WINDOW, .n_neurons = 24, .control_frames = CONTROL};
  rig->arena = support_arena(ARENA_BYTES);
  rig->x     = support_floats(LENGTH);
  rig->y     = support_floats(LENGTH);
  assert_int_equal(fiq_realm_spectral_init(&rig->realm, &rig->arena, &pool, &config), FIQ_OK);
}

static void rig_end(Rig* rig)
{
  support_arena_free(&rig->arena);
  free(rig->x);
  free(rig->y);
}

/// Frames `from`..`to` of x to y, both channels alike; the control runs straight from `a` to `b`.
static void run(Rig* rig, uint32_t from, uint32_t to, float a, float b)
{
  const float        still[FIQ_NEURONS_MAX] = {0.0f};
  const float* const phi[2]                 = {still, still};
  float              right[CONTROL];
  for (uint32_t at = from; at < to; at += CONTROL) {
    const float                  way    = (float)(at - from) / (float)(to - from);
    const FiqRealmSpectralParams params = {.coherence = a + (b - a) * way};
    const float* const           in[2]  = {rig->x + at, rig->x + at};
    float* const                 out[2] = {rig->y + at, right};
    fiq_realm_spectral_control(&rig->realm, &params, phi, still);
    fiq_realm_spectral_process(&rig->realm, in, out, NULL, CONTROL);
  }
}

/// Partials of `f_hz` up to 6 kHz, falling as 1/n, random phases.
static void harmonic(float* x, double f_hz, uint64_t seed)
{
  FiqRandom random;
  fiq_random_init(&random, seed, 0);
  memset(x, 0, LENGTH * sizeof(float));
  for (int n = 1; n * f_hz < 6000.0; ++n) {
    const double phase = two_pi * (double)fiq_random_uniform(&random);
    for (uint32_t i = 0; i < LENGTH; ++i) {
      x[i] += (float)(0.2 / n * sin(two_pi * n * f_hz / fs * i + phase));
    }
  }
}

static double crest_db(const float* x, size_t n)
{
  return support_db(support_peak(x, n) / support_rms(x, n));
}

static void test_focus_raises_the_crest_of_periods(void** state)
{
  (void)state;
  static const double tones_hz[] = {110.0, 146.8, 220.0};
  double              mean       = 0.0;
  double              least      = 100.0;
  for (int t = 0; t < 3; ++t) {
    for (uint64_t seed = 1; seed <= 2; ++seed) {
      Rig rig;
      rig_start(&rig);
      harmonic(rig.x, tones_hz[t], seed);
      run(&rig, 0, LENGTH, 1.0f, 1.0f);
      const double before = crest_db(rig.x + 3 * SECOND, SECOND);
      const double after  = crest_db(rig.y + 3 * SECOND, SECOND);
      print_message("  %5.1f Hz: crest %.2f -> %.2f dB\n", tones_hz[t], before, after);
      mean += (after - before) / 6.0;
      least = fmin(least, after - before);
      rig_end(&rig);
    }
  }
  print_message("  mean rise %.2f dB, least %.2f dB\n", mean, least);
  assert_true(mean > 2.0);
  assert_true(least > 0.0);
}

/// Largest change of level, dB, of the tone at `f_hz` over stretches of 100 ms in the last two seconds.
static double modulation_db(const float* y, double f_hz)
{
  double low  = 1e9;
  double high = 0.0;
  for (uint32_t at = 2 * SECOND; at + 9600 <= LENGTH; at += 4800) {
    const double level = support_tone_amplitude(y + at, 9600, f_hz, fs);
    low                = fmin(low, level);
    high               = fmax(high, level);
  }
  return support_db(high / low);
}

static void check_steady(const char* name, const double* f_hz, const double* gain, int n,
                         float amount)
{
  Rig rig;
  rig_start(&rig);
  memset(rig.x, 0, LENGTH * sizeof(float));
  for (int p = 0; p < n; ++p) {
    for (uint32_t i = 0; i < LENGTH; ++i) {
      rig.x[i] += (float)(gain[p] * sin(two_pi * f_hz[p] / fs * i + 1.7 * p));
    }
  }
  run(&rig, 0, LENGTH, amount, amount);
  double worst = 0.0;
  double input = 0.0;
  double level = 0.0;
  for (int p = 0; p < n; ++p) {
    worst            = fmax(worst, modulation_db(rig.y, f_hz[p]));
    input            = fmax(input, modulation_db(rig.x, f_hz[p]));
    const double out = support_tone_amplitude(rig.y + 3 * SECOND, SECOND, f_hz[p], fs);
    level            = fmax(level, fabs(support_db(out / gain[p])));
  }
  print_message("  %s at %+.0f: modulation %.3f dB (input %.3f), level off by %.3f dB\n", name,
                (double)amount, worst, input, level);
  assert_true(worst < 0.1 + input);
  assert_true(level < 0.5);
  rig_end(&rig);
}

static void test_what_is_steady_stays_steady(void** state)
{
  (void)state;
  static const double sine[]      = {1000.0};
  static const double chord[]     = {261.63, 329.63, 392.0, 523.25};
  static const double saw[]       = {220.0, 440.0, 660.0, 880.0, 1100.0, 1320.0, 1540.0, 1760.0};
  static const double low[]       = {110.0, 220.0, 330.0, 440.0, 550.0, 660.0};
  static const double odd[]       = {307.0, 733.0, 1171.0, 2339.0, 3541.0};
  static const double level[]     = {0.2, 0.2, 0.2, 0.2, 0.2};
  static const double saw_level[] = {0.2, 0.1, 0.0667, 0.05, 0.04, 0.0333, 0.0286, 0.025};
  for (int side = 0; side < 2; ++side) {
    const float amount = side ? -1.0f : 1.0f;
    check_steady("sine", sine, level, 1, amount);
    check_steady("major chord", chord, level, 4, amount);
    check_steady("sawtooth 220", saw, saw_level, 8, amount);
    check_steady("sawtooth 110", low, saw_level, 6, amount);
    check_steady("inharmonic", odd, level, 5, amount);
  }
}

static void test_dispersion_softens_a_click_and_has_no_pre_echo(void** state)
{
  (void)state;
  Rig      rig;
  double   peak = 0.0;
  double   pre  = 0.0;
  uint32_t at   = 20000;
  rig_start(&rig);
  run(&rig, 0, 2 * SECOND, -1.0f, -1.0f);
  for (int k = 0; k < 8; ++k) {
    memset(rig.x, 0, LENGTH * sizeof(float));
    at        = 20000 + 77 * (uint32_t)k;
    rig.x[at] = 1.0f;
    run(&rig, 0, SECOND, -1.0f, -1.0f);
    peak = fmax(peak, support_peak(rig.y, SECOND));
    // More than a window before the click's own place in the output.
    pre = fmax(pre, support_peak(rig.y, at + WINDOW - WINDOW));
  }
  double energy = 0.0;
  double early  = 0.0;
  for (uint32_t i = 0; i < SECOND; ++i) {
    const double square = (double)rig.y[i] * (double)rig.y[i];
    energy += square;
    early += i + 3 * WINDOW / 8 < at + WINDOW || i > at + WINDOW + 3 * WINDOW / 8 ? square : 0.0;
  }
  print_message(
      "  click: peak %.1f dB, energy %.3f dB, beyond 3/8 window %.1f dB, pre-echo %.1f dB\n",
      support_db(peak), 0.5 * support_db(energy), 0.5 * support_db(early), support_db(pre));
  assert_true(support_db(peak) < -6.0);
  assert_true(fabs(0.5 * support_db(energy)) < 0.1);
  assert_true(support_db(pre) < -60.0);
  rig_end(&rig);
}

/// Strongest component of y farther than 400 Hz from 1 kHz, over the frames given.
static double beside_db(const float* y, uint32_t n)
{
  double worst = 0.0;
  for (double f = 20.0; f < 6000.0; f += 37.0) {
    if (fabs(f - 1000.0) > 400.0) {
      worst = fmax(worst, support_tone_amplitude(y, n, f, fs));
    }
  }
  return support_db(worst);
}

static void test_moving_the_control_leaves_no_steps(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig);
  support_sine(rig.x, LENGTH, 1000.0, fs, 1.0, 0.0);
  run(&rig, 0, SECOND, -1.0f, -1.0f);
  run(&rig, SECOND, 2 * SECOND, -1.0f, 1.0f);
  run(&rig, 2 * SECOND, 3 * SECOND, 1.0f, -1.0f);
  run(&rig, 3 * SECOND, LENGTH, -1.0f, -1.0f);
  double worst = -400.0;
  double curve = 0.0;
  for (uint32_t at = SECOND; at + 4800 < LENGTH; at += 4800) {
    worst = fmax(worst, beside_db(rig.y + at, 4800));
  }
  // A step in the signal or its slope stands out of the second difference that a 1 kHz sine has.
  const double own = pow(two_pi * 1000.0 / fs, 2.0);
  for (uint32_t i = SECOND; i < LENGTH; ++i) {
    const double bend = (double)rig.y[i] - 2.0 * (double)rig.y[i - 1] + (double)rig.y[i - 2];
    curve             = fmax(curve, fabs(bend) - own);
  }
  print_message("  beside the tone %.1f dB, excess of the second difference %.1f dB\n", worst,
                support_db(fmax(curve, 1e-20)));
  assert_true(worst < -70.0);
  assert_true(support_db(fmax(curve, 1e-20)) < -70.0);
  rig_end(&rig);
}

static void test_zero_is_off_to_the_bit_also_afterwards(void** state)
{
  (void)state;
  Rig a;
  Rig b;
  rig_start(&a);
  rig_start(&b);
  support_noise(a.x, LENGTH, 0.5, 3);
  memcpy(b.x, a.x, LENGTH * sizeof(float));
  run(&a, 0, LENGTH, 0.0f, 0.0f);
  run(&b, 0, SECOND, 1.0f, -1.0f);
  run(&b, SECOND, LENGTH, 0.0f, 0.0f);
  assert_true(support_max_difference(a.y, b.y, SECOND) > 0.01);
  const size_t from = 3 * (size_t)SECOND;
  assert_memory_equal(a.y + from, b.y + from, (LENGTH - from) * sizeof(float));
  const size_t late = WINDOW;
  assert_true(support_max_difference(a.y + late, a.x, LENGTH - late) < 1e-6);
  rig_end(&a);
  rig_end(&b);
}

static void test_too_small_an_arena_and_bad_configurations_are_refused(void** state)
{
  (void)state;
  static const FiqCoherenceConfig bad[] = {
      {1000.0, 512, 128}, {48000.0, 500, 125}, {48000.0, 512, 0}, {48000.0, 512, 256}};
  const FiqCoherenceConfig good = {48000.0, 256, 64};
  static FiqCoherence      coherence;
  FiqArena                 ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_coherence_init(&coherence, &ruler, &pool, &good), FIQ_NO_MEMORY);
  const size_t needed = ruler.used_bytes;
  for (size_t size = 0; size <= needed; size += FIQ_ARENA_ALIGN_BYTES) {
    FiqArena arena = support_arena(size);
    assert_int_equal(fiq_coherence_init(&coherence, &arena, &pool, &good),
                     size < needed ? FIQ_NO_MEMORY : FIQ_OK);
    support_arena_free(&arena);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
    fiq_arena_init(&ruler, NULL, 0);
    assert_int_equal(fiq_coherence_init(&coherence, &ruler, &pool, &bad[i]), FIQ_BAD_ARGUMENT);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_focus_raises_the_crest_of_periods),
      cmocka_unit_test(test_what_is_steady_stays_steady),
      cmocka_unit_test(test_dispersion_softens_a_click_and_has_no_pre_echo),
      cmocka_unit_test(test_moving_the_control_leaves_no_steps),
      cmocka_unit_test(test_zero_is_off_to_the_bit_also_afterwards),
      cmocka_unit_test(test_too_small_an_arena_and_bad_configurations_are_refused),
  };
  fiq_fft_pool_init(&pool);
  const int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
  fiq_fft_pool_free(&pool);
  return n_failed;
}
