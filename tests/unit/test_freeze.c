// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: what is held sounds as what was there, in level, pitch and place, steadily and without repeating itself; off it is
// nothing. Method: chords and noise are held while the input falls silent, and measured seconds later: tones by their
// amplitude, steadiness by the level of tenths of a second, loops by autocorrelation.
#include "dsp/realm/freeze.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, WINDOW = 4096, PERIOD = 32, ON = RATE / PERIOD * PERIOD, N = 8 * RATE };

typedef struct {
  FiqArena   arena;
  FiqFftPool pool;
  FiqFreeze  freeze;
} Bench;

static Bench* bench_new(void)
{
  Bench* const          bench  = calloc(1, sizeof *bench);
  const FiqFreezeConfig config = {RATE, WINDOW, PERIOD};
  assert_non_null(bench);
  fiq_fft_pool_init(&bench->pool);
  fiq_arena_init(&bench->arena, NULL, 0);
  assert_int_equal(fiq_freeze_init(&bench->freeze, &bench->arena, &bench->pool, &config),
                   FIQ_NO_MEMORY);
  bench->arena = support_arena(bench->arena.used_bytes);
  assert_int_equal(fiq_freeze_init(&bench->freeze, &bench->arena, &bench->pool, &config), FIQ_OK);
  return bench;
}

static void bench_free(Bench* bench)
{
  fiq_fft_pool_free(&bench->pool);
  support_arena_free(&bench->arena);
  free(bench);
}

/// On from ON on until `off`, in place; blocks cut by `cut`.
static void play(FiqFreeze* freeze, float* left, float* right, size_t off, uint32_t cut)
{
  for (size_t at = 0; at < N; at += PERIOD) {
    fiq_freeze_control(freeze, at >= ON && at < off, 0.05f);
    for (uint32_t done = 0; done < PERIOD;) {
      const uint32_t n         = cut < PERIOD - done ? cut : PERIOD - done;
      float* const   planes[2] = {left + at + done, right + at + done};
      fiq_freeze_process(freeze, planes, n);
      done += n;
    }
  }
}

/// How much tenths of a second of `x` [n] differ in level, in dB (standard deviation).
static double unsteadiness_db(const float* x, size_t n)
{
  const size_t step = RATE / 10;
  double       sum  = 0.0;
  double       all  = 0.0;
  double       m    = 0.0;
  for (size_t at = 0; at + step <= n; at += step, m += 1.0) {
    const double db = support_db(support_rms(x + at, step));
    sum += db;
    all += db * db;
  }
  return sqrt(fmax(0.0, all / m - sum * sum / (m * m)));
}

static void test_a_chord_goes_on_as_it_was(void** state)
{
  (void)state;
  static const double hz[]  = {110.3, 220.9, 277.7, 331.1, 1290.0, 5107.0};
  Bench* const        bench = bench_new();
  float* const        left  = support_floats(N);
  float* const        right = support_floats(N);
  float* const        tone  = support_floats(N);
  double              worst = 0.0;
  const size_t        from  = 3 * RATE;
  for (size_t k = 0; k < sizeof hz / sizeof *hz; ++k) {
    support_sine(tone, 2 * RATE, hz[k], RATE, 0.1, (double)k);
    for (size_t i = 0; i < 2 * RATE; ++i) {
      left[i] += tone[i];
      right[i] += 0.5f * tone[i];
    }
  }
  const double before = support_rms(left + RATE / 2, RATE / 4);
  play(&bench->freeze, left, right, N, PERIOD);
  for (size_t k = 0; k < sizeof hz / sizeof *hz; ++k) {
    const double there = support_tone_amplitude(left + from, RATE / 4, hz[k], RATE);
    worst              = fmax(worst, fabs(support_db(there / 0.1)));
    print_message("%.1f Hz: %+.2f dB\n", hz[k], support_db(there / 0.1));
  }
  const double level = support_db(support_rms(left + from, N - from) / before);
  const double place =
      support_db(support_rms(right + from, N - from) / support_rms(left + from, N - from));
  const double steady = unsteadiness_db(left + from, N - from);
  print_message("level %+.2f dB, right of left %.2f dB, steady within %.2f dB, %u partials\n",
                level, place, steady, bench->freeze.n_partials);
  assert_int_equal(bench->freeze.n_partials, 6);
  assert_true(worst < 1.0);
  assert_true(fabs(level) < 0.3);
  assert_true(fabs(place + 6.02) < 0.1);
  assert_true(steady < 0.5);
  free(left);
  free(right);
  free(tone);
  bench_free(bench);
}

static void test_noise_goes_on_without_a_loop(void** state)
{
  (void)state;
  enum { SPAN = 2 * RATE };
  Bench* const bench = bench_new();
  float* const left  = support_floats(N);
  float* const right = support_floats(N);
  const size_t from  = 3 * RATE;
  support_noise(left, 2 * RATE, 0.5, 3);
  support_noise(right, 2 * RATE, 0.5, 4);
  const double before = support_rms(left, RATE);
  play(&bench->freeze, left, right, N, PERIOD);
  const double level  = support_db(support_rms(left + from, N - from) / before);
  const double steady = unsteadiness_db(left + from, N - from);
  double       loop   = 0.0;
  double       energy = 0.0;
  for (size_t i = 0; i < SPAN; ++i) {
    energy += (double)left[from + i] * (double)left[from + i];
  }
  for (size_t lag = WINDOW; lag < 2 * RATE; lag += 16) {
    double sum = 0.0;
    for (size_t i = 0; i < SPAN; i += 4) {
      sum += 4.0 * (double)left[from + i] * (double)left[from + i + lag];
    }
    loop = fmax(loop, fabs(sum) / energy);
  }
  print_message(
      "level %+.2f dB, steady within %.2f dB, repeats by %.3f at most, %u taken for partials\n",
      level, steady, loop, bench->freeze.n_partials);
  assert_true(fabs(level) < 1.0);
  assert_true(steady < 1.0);
  assert_true(loop < 0.1);
  free(left);
  free(right);
  bench_free(bench);
}

static void test_off_is_the_input_to_the_bit_and_fades_have_no_click(void** state)
{
  (void)state;
  Bench* const bench = bench_new();
  float* const left  = support_floats(N);
  float* const right = support_floats(N);
  float* const same  = support_floats(N);
  const size_t off   = 4 * RATE;
  support_sine(left, N, 300.0, RATE, 0.5, 0.0);
  memcpy(right, left, N * sizeof(float));
  memcpy(same, left, N * sizeof(float));
  play(&bench->freeze, left, right, off, PERIOD);
  assert_memory_equal(left, same, ON * sizeof(float));
  assert_memory_equal(left + off + RATE / 2, same + off + RATE / 2,
                      (N - off - RATE / 2) * sizeof(float));
  assert_true(fiq_freeze_rests(&bench->freeze));
  double bend = 0.0;
  for (size_t i = 2; i < N; ++i) {
    bend = fmax(bend, fabs((double)left[i] - 2.0 * (double)left[i - 1] + (double)left[i - 2]));
  }
  const double extra_db = support_db(bend - 0.5 * pow(2.0 * 3.14159265358979 * 300.0 / RATE, 2.0));
  print_message("beyond its own bend the sine has %.1f dBFS\n", extra_db);
  assert_true(extra_db < -60.0);
  free(left);
  free(right);
  free(same);
  bench_free(bench);
}

static void test_block_cutting_does_not_matter(void** state)
{
  (void)state;
  float* plane[2][2];
  for (int k = 0; k < 2; ++k) {
    Bench* const bench = bench_new();
    plane[k][0]        = support_floats(N);
    plane[k][1]        = support_floats(N);
    support_noise(plane[k][0], N, 0.3, 5);
    support_sine(plane[k][1], N, 700.0, RATE, 0.3, 0.0);
    play(&bench->freeze, plane[k][0], plane[k][1], 5 * RATE, k ? 7 : PERIOD);
    bench_free(bench);
  }
  assert_memory_equal(plane[0][0], plane[1][0], N * sizeof(float));
  assert_memory_equal(plane[0][1], plane[1][1], N * sizeof(float));
  for (int k = 0; k < 4; ++k) {
    free(plane[k / 2][k % 2]);
  }
}

static void test_a_path_that_takes_its_place_holds_the_same(void** state)
{
  (void)state;
  Bench* const bench = bench_new();
  Bench* const other = bench_new();
  float* const left  = support_floats(N);
  float* const right = support_floats(N);
  support_sine(left, 2 * RATE, 440.0, RATE, 0.5, 0.0);
  play(&bench->freeze, left, right, N, PERIOD);
  const double before = support_rms(left + N - RATE, RATE);
  fiq_freeze_adopt(&other->freeze, &bench->freeze);
  memset(left, 0, N * sizeof(float));
  for (size_t at = 0; at < RATE; at += PERIOD) {
    float* const planes[2] = {left + at, right + at};
    fiq_freeze_control(&other->freeze, true, 0.05f);
    fiq_freeze_process(&other->freeze, planes, PERIOD);
  }
  const double level = support_db(support_rms(left + RATE / 2, RATE / 2) / before);
  print_message("level %+.2f dB\n", level);
  assert_true(fabs(level) < 0.3);
  free(left);
  free(right);
  bench_free(bench);
  bench_free(other);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_chord_goes_on_as_it_was),
      cmocka_unit_test(test_noise_goes_on_without_a_loop),
      cmocka_unit_test(test_off_is_the_input_to_the_bit_and_fades_have_no_click),
      cmocka_unit_test(test_block_cutting_does_not_matter),
      cmocka_unit_test(test_a_path_that_takes_its_place_holds_the_same),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
