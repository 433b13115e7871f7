// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the temporal realm learns a nonlinear target that it can express, and nothing makes it diverge. Method: a
// teacher with known weights in three bands, noise, the error before and after; hostile inputs for a long time.
#include "dsp/base/maths.h"
#include "dsp/base/random.h"
#include "dsp/realm/temporal.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEURONS = 16, PERIOD = 32, SECOND = 48000, N_LEARNED = NEURONS * FIQ_MATCH_WEIGHTS };

typedef struct {
  FiqRealmTemporal       realm;
  FiqArena               arena;
  FiqFftPool             pool;
  FiqRealmTemporalParams params;
  float                  phi[FIQ_NEURONS_MAX];
  float                  theta[FIQ_NEURONS_MAX];
} Rig;

static void rig_start(Rig* rig, float drive, float learn_rate)
{
  const FiqRealmTemporalConfig config = {48000.0, NEURONS, PERIOD};
  memset(rig, 0, sizeof *rig);
  rig->arena  = support_arena((size_t)1 << 20);
  rig->params = (FiqRealmTemporalParams){.amount = 1.0f, .drive = drive, .learn_rate = learn_rate};
  fiq_fft_pool_init(&rig->pool);
  assert_int_equal(fiq_realm_temporal_init(&rig->realm, &rig->arena, &rig->pool, &config), FIQ_OK);
  for (int i = 0; i < NEURONS; ++i) {
    rig->phi[i] = (float)i * FIQ_TWO_PI_F / NEURONS;
  }
}

static void rig_end(Rig* rig)
{
  fiq_fft_pool_free(&rig->pool);
  support_arena_free(&rig->arena);
}

/// One control period; `target` or NULL.
static void run_period(Rig* rig, const float* const in[2], const float* const* target,
                       float* const out[2])
{
  fiq_realm_temporal_control(&rig->realm, &rig->params, rig->phi, rig->theta);
  if (target) {
    fiq_realm_temporal_learn(&rig->realm, target, PERIOD);
  }
  fiq_realm_temporal_process(&rig->realm, in, NULL, out, NULL, PERIOD);
}

/// A teacher: three bands with phases, drives, weights and gains of their own, the others silent.
static void teach(Rig* teacher)
{
  static const int   band[3]                      = {4, 9, 13};
  static const float weight[3][FIQ_MATCH_WEIGHTS] = {
      {0.6f, 0.9f, -0.3f, 0.4f}, {-0.8f, 0.5f, 0.25f, -0.3f}, {0.9f, -1.1f, 0.4f, 0.3f}};
  float learned[N_LEARNED] = {0.0f};
  for (int b = 0; b < 3; ++b) {
    memcpy(learned + band[b] * FIQ_MATCH_WEIGHTS, weight[b], sizeof weight[b]);
  }
  fiq_realm_temporal_set_learned(&teacher->realm, learned);
}

/// Memoryless bend of three resonant bands that is none of the realm's own functions.
typedef struct {
  double state[3][4];
} Foreign;

static float foreign(Foreign* self, double x)
{
  static const double f_hz[3] = {300.0, 1500.0, 6000.0};
  double              y       = x;
  for (int b = 0; b < 3; ++b) {
    const double w     = 6.28318530717958647692 * f_hz[b] / 48000.0;
    const double alpha = 0.5 * sin(w);
    double*      s     = self->state[b];
    const double band =
        (alpha * (x - s[1]) + 2.0 * cos(w) * s[2] - (1.0 - alpha) * s[3]) / (1.0 + alpha);
    s[1] = s[0];
    s[0] = x;
    s[3] = s[2];
    s[2] = band;
    y += (b == 1 ? -0.5 : 0.5) * tanh(3.0 * band) / 3.0;
  }
  return (float)y;
}

/// Rms of the difference of the delayed target and the outputs, second by second, while it learns.
static void learn_noise(Rig* pupil, Rig* teacher, int n_seconds, double* error)
{
  const uint32_t late = fiq_realm_temporal_latency_frames(&pupil->realm);
  const size_t   n    = (size_t)SECOND;
  float*         line = support_floats(2 * n);
  float*         x[2] = {support_floats(n), support_floats(n)};
  float*         y[2] = {support_floats(n), support_floats(n)};
  float*         z[2] = {support_floats(n), support_floats(n)};
  float*         d[2] = {support_floats(2 * n), support_floats(2 * n)};
  const size_t   lead = teacher ? n - late : n;
  Foreign        bent = {{{0.0}}};
  for (int s = 0; s < n_seconds; ++s) {
    double sum = 0.0;
    support_noise(x[0], n, 0.5, 100 + 2 * (uint64_t)s);
    support_noise(x[1], n, 0.5, 101 + 2 * (uint64_t)s);
    for (int c = 0; c < 2; ++c) {
      memcpy(d[c], d[c] + n, n * sizeof(float));
      memcpy(d[c] + n, x[teacher ? c : 0], n * sizeof(float));
    }
    for (size_t at = 0; at < n; at += PERIOD) {
      const float* const in[2]  = {x[0] + at, x[1] + at};
      const float* const own[2] = {d[0] + at + lead, d[1] + at + lead};
      float* const       out[2] = {y[0] + at, y[1] + at};
      float* const       aim[2] = {z[0] + at, z[1] + at};
      if (teacher) {
        run_period(teacher, in, NULL, aim);
      } else {
        for (size_t i = 0; i < PERIOD; ++i) {
          aim[0][i] = foreign(&bent, (double)in[0][i]);
          aim[1][i] = aim[0][i];
        }
      }
      // The teacher's output comes late, so the pupil hears the input as late.
      run_period(pupil, own, (const float* const*)aim, out);
    }
    memcpy(line, line + n, n * sizeof(float));
    memcpy(line + n, z[0], n * sizeof(float));
    for (size_t i = s ? 0 : 4096; i < n; ++i) {
      const double e = (double)y[0][i] - (double)line[n + i - late];
      sum += e * e;
    }
    error[s] = sqrt(sum / (double)n);
  }
  free(line);
  for (int c = 0; c < 2; ++c) {
    free(x[c]);
    free(y[c]);
    free(z[c]);
    free(d[c]);
  }
}

enum { N_SECONDS = 12 };

static void test_a_three_band_target_is_learned_by_20_db_in_10_s(void** state)
{
  (void)state;
  for (int kind = 0; kind < 3; ++kind) {
    Rig    teacher;
    Rig    pupil;
    double plain[N_SECONDS];
    double error[N_SECONDS];
    // The teacher's output comes late itself: the pupil gets an input that is late alike.
    rig_start(&teacher, 6.0f, 0.0f);
    rig_start(&pupil, 6.0f, 0.0f);
    teach(&teacher);
    learn_noise(&pupil, kind < 2 ? &teacher : NULL, 2, plain);
    rig_end(&pupil);
    rig_start(&pupil, 6.0f, kind == 1 ? 0.1f : 0.5f);
    fiq_realm_temporal_reset(&teacher.realm);
    teach(&teacher);
    learn_noise(&pupil, kind < 2 ? &teacher : NULL, N_SECONDS, error);
    print_message("  %s, untrained %.1f dB:",
                  kind == 0   ? "teacher"
                  : kind == 1 ? "slow"
                              : "foreign",
                  support_db(plain[1]));
    for (int s = 0; s < N_SECONDS; ++s) {
      print_message(" %.1f", support_db(error[s] / plain[1]));
    }
    print_message(" dB\n");
    assert_true(kind == 2 || support_db(error[9] / plain[1]) < -20.0);
    assert_true(support_db(error[N_SECONDS - 1] / plain[1]) < (kind == 2 ? -3.0 : -20.0));
    rig_end(&teacher);
    rig_end(&pupil);
  }
}

/// Second `s` of hostile input number `kind`.
static void hostile(float* x, size_t n, int kind, int s)
{
  support_noise(x, n, kind == 4 ? 16.0 : 0.5, 7 + (uint64_t)s);
  for (size_t i = 0; i < n; ++i) {
    const size_t at = (size_t)s * n + i;
    if (kind == 0) {
      x[i] = 0.0f;
    } else if (kind == 1) {
      x[i] = at / 109 % 2 ? 1.0f : -1.0f;
    } else if (kind == 2) {
      // What is left of bursts of NaN: silence and edges.
      x[i] = at % 5000 < 1000 ? 0.0f : x[i];
    } else if (kind == 3) {
      x[i] = at % 3001 == 0 ? 16.0f : 0.0f;
    } else if (kind == 5) {
      x[i] = (float)(0.3 * sin((double)at * 0.01) + 0.2 * sin((double)at * 0.0501));
    }
  }
}

static void test_nothing_makes_it_diverge(void** state)
{
  (void)state;
  enum { N_KINDS = 6, SECONDS = 6 };
  const size_t n    = (size_t)SECOND;
  float*       x[2] = {support_floats(n), support_floats(n)};
  float*       y[2] = {support_floats(n), support_floats(n)};
  for (int kind = 0; kind < 2 * N_KINDS; ++kind) {
    Rig    rig;
    double peak = 0.0;
    float  learned[N_LEARNED];
    rig_start(&rig, 64.0f, 1.0f);
    for (int s = 0; s < SECONDS; ++s) {
      // A target that has nothing to do with the input, or none.
      hostile(x[0], n, kind % N_KINDS, s);
      hostile(x[1], n, (kind + 1) % N_KINDS, s + 50);
      for (size_t at = 0; at < n; at += PERIOD) {
        const float* const in[2]  = {x[0] + at, x[0] + at};
        const float* const aim[2] = {x[1] + at, x[1] + at};
        float* const       out[2] = {y[0] + at, y[1] + at};
        run_period(&rig, in, kind < N_KINDS ? aim : NULL, out);
      }
      for (size_t i = 0; i < n; ++i) {
        assert_true(isfinite(y[0][i]) && isfinite(y[1][i]));
      }
      peak = fmax(peak, support_peak(y[0], n) / fmax(1.0, support_peak(x[0], n)));
    }
    fiq_realm_temporal_learned(&rig.realm, learned);
    for (int i = 0; i < N_LEARNED; ++i) {
      assert_true(isfinite(learned[i]) && fabsf(learned[i]) <= 2.0f);
    }
    print_message("  input %d, %s: peak %.1f\n", kind % N_KINDS, kind < N_KINDS ? "target" : "self",
                  peak);
    assert_true(peak < 20.0);
    rig_end(&rig);
  }
  for (int c = 0; c < 2; ++c) {
    free(x[c]);
    free(y[c]);
  }
}

/// Rms of the difference of the output and the input one period ahead, over the last of `n_seconds` s.
static double prediction_error(float learn_rate, int n_seconds)
{
  const size_t n    = (size_t)n_seconds * SECOND;
  float*       x    = support_floats(n);
  float*       y[2] = {support_floats(n), support_floats(n)};
  Rig          rig;
  double       sum = 0.0;
  rig_start(&rig, 1.0f, learn_rate);
  support_sine(x, n, 310.0, 48000.0, 0.5, 0.0);
  for (size_t at = 0; at < n; at += PERIOD) {
    const float* const in[2]  = {x + at, x + at};
    float* const       out[2] = {y[0] + at, y[1] + at};
    run_period(&rig, in, NULL, out);
  }
  const size_t late = fiq_realm_temporal_latency_frames(&rig.realm) - PERIOD;
  for (size_t i = n - SECOND; i < n; ++i) {
    const double e = (double)y[0][i] - (double)x[i - late];
    sum += e * e / SECOND;
  }
  rig_end(&rig);
  free(x);
  free(y[0]);
  free(y[1]);
  return sqrt(sum);
}

static void test_without_a_sidechain_it_predicts_its_input(void** state)
{
  (void)state;
  const double before = prediction_error(0.0f, 2);
  const double after  = prediction_error(0.5f, 6);
  print_message("  a period ahead on a 310 Hz tone: %.1f -> %.1f dB\n", support_db(before),
                support_db(after));
  assert_true(after < 0.99 * before);
}

/// Learn for `n` frames of noise in cuts of `cut`, to `out` [n].
static void run_cut(Rig* rig, float* out, size_t n, uint32_t cut)
{
  float* x = support_floats(n);
  float* t = support_floats(n);
  float* r = support_floats(n);
  support_noise(x, n, 0.5, 1);
  support_noise(t, n, 0.5, 2);
  for (size_t at = 0; at < n;) {
    const size_t within = at % PERIOD;
    if (within == 0) {
      fiq_realm_temporal_control(&rig->realm, &rig->params, rig->phi, rig->theta);
    }
    size_t chunk               = PERIOD - within < cut ? PERIOD - within : cut;
    chunk                      = chunk < n - at ? chunk : n - at;
    const float* const in[2]   = {x + at, x + at};
    const float* const aim[2]  = {t + at, t + at};
    float* const       outs[2] = {out + at, r + at};
    fiq_realm_temporal_learn(&rig->realm, aim, (uint32_t)chunk);
    fiq_realm_temporal_process(&rig->realm, in, NULL, outs, NULL, (uint32_t)chunk);
    at += chunk;
  }
  free(x);
  free(t);
  free(r);
}

static void test_cuts_reset_and_instruction_set_change_no_bit(void** state)
{
  (void)state;
  const size_t n     = 9600;
  float*       whole = support_floats(n);
  float*       other = support_floats(n);
  float        learned[N_LEARNED];
  Rig          rig;
  rig_start(&rig, 6.0f, 0.5f);
  run_cut(&rig, whole, n, PERIOD);
  fiq_realm_temporal_learned(&rig.realm, learned);
  assert_true(fabsf(learned[FIQ_MATCH_P] - 1.0f) > 1e-3f);
  for (int kind = 0; kind < 4; ++kind) {
    fiq_realm_temporal_reset(&rig.realm);
    if (kind >= 2) {
      // AVX-512 first, if it is there; then without it; then with neither.
      const FiqSimd simd       = {kind == 2 && rig.realm.simd.use_avx2, false};
      rig.realm.simd           = simd;
      rig.realm.waves.simd     = simd;
      rig.realm.match.use_avx2 = simd.use_avx2;
    }
    run_cut(&rig, other, n, kind == 1 ? 7 : PERIOD);
    assert_memory_equal(whole, other, n * sizeof(float));
  }
  rig_end(&rig);
  free(whole);
  free(other);
}

static void test_frozen_keeps_and_set_restores_what_was_learned(void** state)
{
  (void)state;
  const size_t n = 9600;
  float*       a = support_floats(n);
  float*       b = support_floats(n);
  float        first[N_LEARNED];
  float        second[N_LEARNED];
  Rig          rig;
  rig_start(&rig, 6.0f, 0.5f);
  run_cut(&rig, a, n, PERIOD);
  assert_int_equal(fiq_realm_temporal_n_learned(&rig.realm), N_LEARNED);
  fiq_realm_temporal_learned(&rig.realm, first);
  rig.params.frozen = true;
  run_cut(&rig, a, n, PERIOD);
  fiq_realm_temporal_learned(&rig.realm, second);
  assert_memory_equal(first, second, sizeof first);
  fiq_realm_temporal_reset(&rig.realm);
  fiq_realm_temporal_set_learned(&rig.realm, first);
  run_cut(&rig, a, n, PERIOD);
  fiq_realm_temporal_reset(&rig.realm);
  second[5] = NAN;
  second[6] = 1e30f;
  fiq_realm_temporal_set_learned(&rig.realm, first);
  run_cut(&rig, b, n, PERIOD);
  assert_memory_equal(a, b, n * sizeof(float));
  fiq_realm_temporal_set_learned(&rig.realm, second);
  fiq_realm_temporal_learned(&rig.realm, second);
  assert_true(second[5] <= 0.0f && second[5] >= 0.0f && second[6] <= 2.0f);
  rig_end(&rig);
  free(a);
  free(b);
}

static void test_too_small_an_arena_and_bad_configurations_are_refused(void** state)
{
  (void)state;
  static const FiqMatchConfig bad[] = {{0, 64}, {65, 64}, {16, 0}, {16, 63}};
  const FiqMatchConfig        good  = {16, 64};
  FiqMatch                    match;
  FiqArena                    ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_match_init(&match, &ruler, &good), FIQ_NO_MEMORY);
  const size_t needed = ruler.used_bytes;
  for (size_t size = 0; size <= needed; size += FIQ_ARENA_ALIGN_BYTES) {
    FiqArena arena = support_arena(size);
    assert_int_equal(fiq_match_init(&match, &arena, &good), size < needed ? FIQ_NO_MEMORY : FIQ_OK);
    support_arena_free(&arena);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
    fiq_arena_init(&ruler, NULL, 0);
    assert_int_equal(fiq_match_init(&match, &ruler, &bad[i]), FIQ_BAD_ARGUMENT);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_three_band_target_is_learned_by_20_db_in_10_s),
      cmocka_unit_test(test_nothing_makes_it_diverge),
      cmocka_unit_test(test_without_a_sidechain_it_predicts_its_input),
      cmocka_unit_test(test_cuts_reset_and_instruction_set_change_no_bit),
      cmocka_unit_test(test_frozen_keeps_and_set_restores_what_was_learned),
      cmocka_unit_test(test_too_small_an_arena_and_bad_configurations_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
