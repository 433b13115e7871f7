// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/learnt.h"

#include "dsp/base/maths.h"
#include "dsp/learn/lesson.h"
#include "dsp/realm/spectral.h"
#include "dsp/transform/field.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CONTROL = 32 };

double sound_crest_db(float* const plane[2], size_t n, size_t n_rms)
{
  double sum = 0.0;
  for (int c = 0; c < 2; ++c) {
    for (size_t i = 0; i < n; ++i) {
      sum += (double)plane[c][i] * (double)plane[c][i];
    }
  }
  const double peak = fmax(support_peak(plane[0], n), support_peak(plane[1], n));
  return support_db(peak / sqrt(sum / (2.0 * (double)n_rms) + 1e-30));
}

bool sound_append(Sound* sound, const char* path, uint32_t gap)
{
  Recording recording;
  if (!recording_read(&recording, path, LEARNT_SECONDS_MAX)) {
    return false;
  }
  const uint32_t n = (uint32_t)recording.n;
  for (size_t c = 0; c < 2; ++c) {
    float* plane = support_floats(sound->n + n + gap);
    if (sound->plane[c]) {
      memcpy(plane, sound->plane[c], sound->n * sizeof(float));
      free(sound->plane[c]);
    }
    memcpy(plane + sound->n, recording.plane[c], n * sizeof(float));
    sound->plane[c] = plane;
  }
  sound->n += n + gap;
  sound->rate_hz = recording.rate_hz;
  recording_free(&recording);
  return true;
}

void sound_free(Sound* sound)
{
  free(sound->plane[0]);
  free(sound->plane[1]);
  *sound = (Sound){.n = 0};
}

double sound_rotation_gain_db(const Sound* sound)
{
  FiqFftPool pool;
  FiqHilbert hilbert;
  FiqArena   arena;
  float*     i_plane[2];
  float*     q_plane[2];
  float*     turned[2];
  fiq_fft_pool_init(&pool);
  fiq_arena_init(&arena, NULL, 0);
  (void)fiq_hilbert_init(&hilbert, &arena, &pool, sound->rate_hz, FIQ_HILBERT_SHORT);
  arena = support_arena(arena.used_bytes);
  assert_int_equal(fiq_hilbert_init(&hilbert, &arena, &pool, sound->rate_hz, FIQ_HILBERT_SHORT),
                   FIQ_OK);
  const uint32_t n = sound->n + 2 * fiq_hilbert_latency_frames(&hilbert);
  for (int c = 0; c < 2; ++c) {
    float* padded = support_floats(n);
    memcpy(padded, sound->plane[c], sound->n * sizeof(float));
    i_plane[c] = support_floats(n);
    q_plane[c] = support_floats(n);
    turned[c]  = support_floats(n);
    fiq_hilbert_reset(&hilbert);
    fiq_hilbert_process(&hilbert, padded, i_plane[c], q_plane[c], n);
    free(padded);
  }
  double best = HUGE_VAL;
  for (int angle = 0; angle < 36; ++angle) {
    const float re = cosf((float)angle * FIQ_PI_F / 36.0f);
    const float im = sinf((float)angle * FIQ_PI_F / 36.0f);
    for (int c = 0; c < 2; ++c) {
      for (uint32_t k = 0; k < n; ++k) {
        turned[c][k] = re * i_plane[c][k] - im * q_plane[c][k];
      }
    }
    best = fmin(best, sound_crest_db(turned, n, sound->n));
  }
  for (int c = 0; c < 2; ++c) {
    free(i_plane[c]);
    free(q_plane[c]);
    free(turned[c]);
  }
  fiq_fft_pool_free(&pool);
  support_arena_free(&arena);
  return sound_crest_db(sound->plane, sound->n, sound->n) - best;
}

static double now_s(void)
{
  return (double)clock() / CLOCKS_PER_SEC;
}

/// Magnitude response of what was learned, four times finer than the bins.
static void measure_ripple(FiqRealmModel* realm, FiqFftPool* pool, Outcome* outcome)
{
  const uint32_t n = realm->config.window_frames;
  FiqFft         fine;
  assert_int_equal(fiq_fft_init(&fine, pool, 4 * n), FIQ_OK);
  float*      time     = support_floats(4 * n);
  FiqComplex* spectrum = (FiqComplex*)(void*)support_floats(2 * (2 * n + 1));
  fiq_realm_model_set_phases(realm, 0, outcome->learned.phi_rad[0]);
  memcpy(spectrum, realm->turn[0], realm->n_bins * sizeof(FiqComplex));
  fiq_fft_inverse(&realm->fft, spectrum, realm->time);
  for (uint32_t i = 0; i < n; ++i) {
    time[i < n / 2 ? i : i + 3 * n] = realm->time[i] * realm->reach[i];
  }
  fiq_fft_forward(&fine, time, spectrum);
  double sum    = 0.0;
  double weight = 0.0;
  for (uint32_t k = 1; k < 2 * n; ++k) {
    const double hz = k * realm->config.sample_rate_hz / (4.0 * n);
    const double db = support_db((double)hypotf(spectrum[k].re, spectrum[k].im) + 1e-12);
    if (hz >= 40.0 && hz <= 18000.0) {
      sum += db * db / hz;
      weight += 1.0 / hz;
      outcome->worst_db = fmax(outcome->worst_db, fabs(db));
    }
  }
  outcome->ripple_db = sqrt(sum / weight);
  free(time);
  free(spectrum);
}

static void measure_delays(FiqRealmModel* realm, Outcome* outcome)
{
  float least_s = 0.0f;
  float most_s  = 0.0f;
  fiq_realm_model_set_spread(realm, 0.0f, outcome->learned.bass_hz);
  fiq_realm_model_set_phases(realm, 0, outcome->learned.phi_rad[0]);
  fiq_realm_model_delays(realm, 0, &least_s, &most_s);
  outcome->least_delay_s = (double)least_s;
  outcome->most_delay_s  = (double)most_s;
}

Outcome learnt(const Sound* sound, const Sound* side, const Wanted* wanted)
{
  const FiqLearnerConfig config  = {sound->rate_hz, wanted->window, FIQ_LESSON_BANDS, sound->n, 1};
  FiqLearner*            learner = calloc(1, sizeof *learner);
  Outcome                outcome = {.cpu_s = 0.0};
  FiqFftPool             pool;
  FiqArena               arena;
  fiq_fft_pool_init(&pool);
  fiq_arena_init(&arena, NULL, 0);
  (void)fiq_learner_init(learner, &arena, &pool, &config);
  arena = support_arena(arena.used_bytes);
  assert_int_equal(fiq_learner_init(learner, &arena, &pool, &config), FIQ_OK);
  FiqLearnerAudio audio = {.main = {sound->plane[0], sound->plane[1]}, .n_frames = sound->n};
  audio.sidechain[0]    = side ? side->plane[0] : NULL;
  audio.sidechain[1]    = side ? side->plane[1] : NULL;
  const double start_s  = now_s();
  double       last_s   = start_s;
  double       n_short  = 0.0;
  fiq_learner_set_spread(learner, wanted->spread_s);
  fiq_learner_begin(learner, wanted->objective, &audio);
  for (bool is_running = true; is_running; outcome.slices += 1.0) {
    is_running          = fiq_learner_step(learner);
    const double time_s = now_s();
    outcome.slice_s     = fmax(outcome.slice_s, time_s - last_s);
    n_short += time_s - last_s < 2e-3 ? 1.0 : 0.0;
    last_s = time_s;
  }
  outcome.cpu_s    = last_s - start_s;
  outcome.slice_99 = n_short / outcome.slices;
  outcome.size_mb  = (double)arena.used_bytes * 1e-6;
  outcome.learned  = fiq_learner_result(learner);
  measure_ripple(&learner->realm, &pool, &outcome);
  measure_delays(&learner->realm, &outcome);
  fiq_fft_pool_free(&pool);
  support_arena_free(&arena);
  free(learner);
  return outcome;
}

Sound learnt_played(const Sound* sound, const FiqLearned* learned, const Wanted* wanted)
{
  const FiqRealmSpectralConfig config = {.sample_rate_hz = sound->rate_hz,
                                         .window_frames  = wanted->window,
                                         .n_neurons      = 24,
                                         .n_learned      = FIQ_LESSON_BANDS,
                                         .control_frames = CONTROL};
  const uint32_t               n = (sound->n + 2 * wanted->window + CONTROL) / CONTROL * CONTROL;
  FiqRealmSpectral*            realm = calloc(1, sizeof *realm);
  FiqBassAllpass               bass;
  const FiqRealmSpectralParams params                 = {.amount = 1.0f, .is_learned = true};
  const float* const           phi[2]                 = {learned->phi_rad[0], learned->phi_rad[1]};
  const float                  theta[FIQ_NEURONS_MAX] = {0.0f};
  float*                       plane[2];
  FiqFftPool                   pool;
  FiqArena                     arena;
  fiq_fft_pool_init(&pool);
  fiq_arena_init(&arena, NULL, 0);
  (void)fiq_realm_spectral_init(realm, &arena, &pool, &config);
  arena = support_arena(arena.used_bytes);
  assert_int_equal(fiq_realm_spectral_init(realm, &arena, &pool, &config), FIQ_OK);
  for (int c = 0; c < 2; ++c) {
    plane[c] = support_floats(n);
    memcpy(plane[c], sound->plane[c], sound->n * sizeof(float));
  }
  fiq_bass_allpass_init(&bass, sound->rate_hz);
  fiq_bass_allpass_set(&bass, learned->bass_hz);
  for (uint32_t i = 0; i < n; i += CONTROL) {
    float* const block[2] = {plane[0] + i, plane[1] + i};
    fiq_bass_allpass_control(&bass, 1.0f, CONTROL);
    fiq_bass_allpass_process(&bass, (const float* const*)block, block, 0, CONTROL);
    fiq_realm_spectral_control(realm, &params, phi, theta);
    fiq_realm_spectral_process(realm, (const float* const*)block, block, NULL, CONTROL);
  }
  free(realm);
  fiq_fft_pool_free(&pool);
  support_arena_free(&arena);
  return (Sound){{plane[0], plane[1]}, n, sound->rate_hz};
}

double learnt_played_gain_db(const Sound* sound, const FiqLearned* learned, const Wanted* wanted)
{
  Sound        played  = learnt_played(sound, learned, wanted);
  const double gain_db = sound_crest_db(sound->plane, sound->n, sound->n) -
                         sound_crest_db(played.plane, played.n, sound->n);
  sound_free(&played);
  return gain_db;
}

static int compare_doubles(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

double learnt_median(double* x, size_t n)
{
  qsort(x, n, sizeof(double), compare_doubles);
  return n ? 0.5 * (x[(n - 1) / 2] + x[n / 2]) : 0.0;
}
