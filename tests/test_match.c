// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the temporal realm learns a nonlinear target that it can express, and nothing makes it diverge. Method: a
// teacher with known weights in three bands, noise, the error before and after; hostile inputs for a long time.
#include "maths.h"
#include "random.h"
#include "realm_temporal.h"
#include "support.h"

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
  static const int   band[3]                     = {4, 9, 13};
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
    const double band  = (alpha * (x - s[1]) + 2.0 * cos(w) * s[2] - (1.0 - alpha) * s[3]) / (1.0 + alpha);
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
    print_message("  %s, untrained %.1f dB:", kind == 0 ? "teacher" : kind == 1 ? "slow" : "foreign",
                  support_db(plain[1]));
    for (int s = 0; s < N_SECONDS; ++s) {
      print_message(" %.1f", support_db(error[s] / plain[1]));
    }
    print_message("\n");
    rig_end(&teacher);
    rig_end(&pupil);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_three_band_target_is_learned_by_20_db_in_10_s),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
