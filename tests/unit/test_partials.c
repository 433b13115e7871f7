// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the peaks of one frame are the partials that are in it, to a cent, and no others.
// Method: sums of sines of known frequency and amplitude, at many phases, through one frame.
#include "dsp/analysis/partials.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 20, WINDOW = 2048 };

static const double rate_hz = 48000.0;
static const double pi      = 3.14159265358979323846;

static FiqFftPool pool;

typedef struct {
  FiqPartials partials;
  FiqArena    arena;
  float*      x;
} Rig;

static void rig_start(Rig* rig, uint32_t window_frames)
{
  memset(rig, 0, sizeof *rig);
  rig->arena = support_arena(ARENA_BYTES);
  rig->x     = support_floats(window_frames);
  assert_int_equal(fiq_partials_init(&rig->partials, &rig->arena, &pool, window_frames), FIQ_OK);
}

static void rig_end(Rig* rig)
{
  support_arena_free(&rig->arena);
  free(rig->x);
}

static void analyse(Rig* rig, float amplitude)
{
  FiqPartials* p    = &rig->partials;
  const float  high = 0.45f * (float)p->window_frames;
  fiq_partials_load(p, rig->x, 0);
  fiq_partials_pick(p, 2, p->n_bins - 2, amplitude);
  for (int i = 0; i < FIQ_PARTIALS_SWEEPS; ++i) {
    fiq_partials_refine(p);
  }
  fiq_partials_judge(p, 2.0f, high, amplitude);
}

static void add_sine(float* x, uint32_t n, double f_hz, double gain, double phase_rad)
{
  for (uint32_t i = 0; i < n; ++i) {
    x[i] += (float)(gain * sin(2.0 * pi * f_hz * i / rate_hz + phase_rad));
  }
}

static double cents(double a, double b)
{
  return 1200.0 * log2(a / b);
}

static void test_one_frame_of_close_partials_is_exact(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig, WINDOW);
  const double bin_hz     = rate_hz / WINDOW;
  double       worst      = 0.0;
  double       worst_gain = 0.0;
  for (double lowest = 100.0; lowest < 170.0; lowest += 2.3) {
    for (int phase = 0; phase < 8; ++phase) {
      memset(rig.x, 0, WINDOW * sizeof(float));
      for (int i = 0; i < 6; ++i) {
        add_sine(rig.x, WINDOW, lowest + 3.01 * bin_hz * i, 0.3 / (1 + i % 3),
                 0.8 * phase * (i * i + 1));
      }
      analyse(&rig, 0.001f);
      assert_int_equal(rig.partials.n_peaks, 6);
      for (int i = 0; i < 6; ++i) {
        const FiqPartial* peak = &rig.partials.peaks[i];
        worst = fmax(worst, fabs(cents((double)peak->bin * bin_hz, lowest + 3.01 * bin_hz * i)));
        worst_gain =
            fmax(worst_gain, fabs(support_db((double)peak->amplitude * (1 + i % 3) / 0.3)));
      }
    }
  }
  print_message("  6 partials 3 bins apart from 100 Hz on: %.3f cents, %.4f dB\n", worst,
                worst_gain);
  assert_true(worst < 1.0);
  assert_true(worst_gain < 0.1);
  rig_end(&rig);
}

static void test_a_soft_partial_beside_a_loud_one_is_found(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig, WINDOW);
  double worst = 0.0;
  for (int phase = 0; phase < 16; ++phase) {
    memset(rig.x, 0, WINDOW * sizeof(float));
    add_sine(rig.x, WINDOW, 1000.0 + phase, 0.5, 0.4 * phase);
    add_sine(rig.x, WINDOW, 1150.0, 0.005, 1.1 * phase);
    analyse(&rig, 0.002f);
    assert_int_equal(rig.partials.n_peaks, 2);
    worst = fmax(worst, fabs(cents((double)rig.partials.peaks[1].bin * rate_hz / WINDOW, 1150.0)));
  }
  print_message("  40 dB softer, 6.4 bins away: %.3f cents\n", worst);
  assert_true(worst < 2.0);
  rig_end(&rig);
}

static void test_a_sine_has_no_side_peaks(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig, WINDOW);
  for (double f = 60.0; f < 20000.0; f *= 1.21) {
    support_sine(rig.x, WINDOW, f, rate_hz, 1.0, f);
    analyse(&rig, 1e-4f);
    assert_int_equal(rig.partials.n_peaks, 1);
    assert_true(rig.partials.peaks[0].misfit < 1e-3f);
    assert_true(rig.partials.peaks[0].clarity > 0.99f);
  }
  rig_end(&rig);
}

static void test_noise_is_not_clear(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig, WINDOW);
  uint32_t n_clear = 0;
  uint32_t n       = 0;
  for (uint32_t seed = 0; seed < 100; ++seed) {
    support_noise(rig.x, WINDOW, 0.5, seed);
    analyse(&rig, 1e-4f);
    assert_in_range(rig.partials.n_peaks, 1, FIQ_PARTIALS_MAX);
    for (uint32_t i = 0; i < rig.partials.n_peaks; ++i) {
      n_clear += rig.partials.peaks[i].clarity > 0.5f;
      ++n;
    }
  }
  print_message("  peaks of noise that are clear: %u of %u\n", n_clear, n);
  assert_true(n_clear * 50 < n);
  rig_end(&rig);
}

static void test_the_loudest_are_kept_in_order(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig, 8192);
  const double bin_hz = rate_hz / 8192;
  for (int i = 0; i < 100; ++i) {
    add_sine(rig.x, 8192, (20.0 + 8.0 * i) * bin_hz, i % 2 ? 0.02 : 0.002, i);
  }
  analyse(&rig, 1e-4f);
  assert_int_equal(rig.partials.n_peaks, FIQ_PARTIALS_MAX);
  uint32_t n_loud = 0;
  for (uint32_t i = 0; i < rig.partials.n_peaks; ++i) {
    assert_true(i == 0 || rig.partials.peaks[i].bin > rig.partials.peaks[i - 1].bin);
    n_loud += rig.partials.peaks[i].amplitude > 0.01f;
  }
  assert_int_equal(n_loud, 50);
  rig_end(&rig);
}

static void test_silence_has_no_peaks(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig, WINDOW);
  analyse(&rig, 1e-4f);
  assert_int_equal(rig.partials.n_peaks, 0);
  rig.x[WINDOW / 2] = 1.0f;
  analyse(&rig, 1e-2f);
  assert_int_equal(rig.partials.n_peaks, 0);
  rig_end(&rig);
}

static void test_bad_windows_and_small_arenas_are_refused(void** state)
{
  (void)state;
  static const uint32_t bad[] = {0, 64, 1000, 2047, 65536};
  FiqPartials           partials;
  FiqArena              ruler;
  fiq_arena_init(&ruler, NULL, 0);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
    assert_int_equal(fiq_partials_init(&partials, &ruler, &pool, bad[i]), FIQ_BAD_ARGUMENT);
  }
  assert_int_equal(fiq_partials_init(&partials, &ruler, &pool, WINDOW), FIQ_NO_MEMORY);
  for (size_t size = 0; size < ruler.used_bytes; size += FIQ_ARENA_ALIGN_BYTES) {
    FiqArena arena = support_arena(size);
    assert_int_equal(fiq_partials_init(&partials, &arena, &pool, WINDOW), FIQ_NO_MEMORY);
    support_arena_free(&arena);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_frame_of_close_partials_is_exact),
      cmocka_unit_test(test_a_soft_partial_beside_a_loud_one_is_found),
      cmocka_unit_test(test_a_sine_has_no_side_peaks),
      cmocka_unit_test(test_noise_is_not_clear),
      cmocka_unit_test(test_the_loudest_are_kept_in_order),
      cmocka_unit_test(test_silence_has_no_peaks),
      cmocka_unit_test(test_bad_windows_and_small_arenas_are_refused),
  };
  fiq_fft_pool_init(&pool);
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  fiq_fft_pool_free(&pool);
  return failed;
}
