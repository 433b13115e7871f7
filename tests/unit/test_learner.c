// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: what the learner returns does what it promises when the spectral realm itself plays it.
// Method: phases are learned from synthetic drums, pairs of microphones and decorrelated stereo,
// played through FiqRealmSpectral, and the outcome is measured there against figures required of
// it; the linear map that is learned on is compared with the realm, and its derivatives with finite
// differences.
#include "dsp/base/maths.h"
#include "dsp/learn/learner.h"
#include "dsp/learn/lesson.h"
#include "dsp/realm/spectral.h"
#include "tests/support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE_HZ = 48000, WINDOW = 2048, BANDS = 24, CONTROL = 32 };

typedef struct {
  FiqArena   arena;
  FiqFftPool pool;
  FiqLearner learner;
} Bench;

static FiqLearnerConfig config_of(uint32_t n_frames)
{
  return (FiqLearnerConfig){RATE_HZ, WINDOW, BANDS, n_frames, 1};
}

static Bench* bench_new(const FiqLearnerConfig* config)
{
  Bench* bench = calloc(1, sizeof *bench);
  assert_non_null(bench);
  fiq_fft_pool_init(&bench->pool);
  FiqArena ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_learner_init(&bench->learner, &ruler, &bench->pool, config), FIQ_NO_MEMORY);
  bench->arena = support_arena(ruler.used_bytes);
  assert_int_equal(fiq_learner_init(&bench->learner, &bench->arena, &bench->pool, config), FIQ_OK);
  assert_int_equal(bench->arena.used_bytes, ruler.used_bytes);
  return bench;
}

static void bench_free(Bench* bench)
{
  fiq_fft_pool_free(&bench->pool);
  support_arena_free(&bench->arena);
  free(bench);
}

static FiqLearned learn(Bench* bench, FiqLearnObjective objective, const FiqLearnerAudio* audio)
{
  fiq_learner_begin(&bench->learner, objective, audio);
  while (fiq_learner_step(&bench->learner)) {
  }
  return fiq_learner_result(&bench->learner);
}

/// `plane` [n] in place, with its bass turned at `corner_hz`, 0: not.
static void turn_bass(float* plane, uint32_t n, double rate_hz, float corner_hz)
{
  FiqBassAllpass bass;
  fiq_bass_allpass_init(&bass, rate_hz);
  fiq_bass_allpass_set(&bass, corner_hz);
  fiq_bass_allpass_control(&bass, 1.0f, n);
  float*             other = support_floats(n);
  const float* const in[2] = {plane, plane};
  float* const       to[2] = {plane, other};
  fiq_bass_allpass_process(&bass, in, to, 0, n);
  free(other);
}

/// What the realm itself makes of `in` [n] with its bass turned and phases `phi_rad`, its latency taken off, n + WINDOW
/// frames of it from WINDOW/2 before the first on.
static float* play(const float* in, uint32_t n, const FiqLearnerConfig* config, float bass_hz,
                   const float* phi_rad)
{
  const FiqRealmSpectralConfig realm_config = {.sample_rate_hz = config->sample_rate_hz,
                                               .window_frames  = config->window_frames,
                                               .n_neurons      = config->n_bands,
                                               .control_frames = CONTROL};
  const uint32_t               window       = config->window_frames;
  const uint32_t               n_padded     = (n + 2 * window + CONTROL) / CONTROL * CONTROL;
  FiqRealmSpectral*            realm        = calloc(1, sizeof *realm);
  FiqFftPool                   pool;
  FiqArena                     arena;
  fiq_fft_pool_init(&pool);
  fiq_arena_init(&arena, NULL, 0);
  assert_int_equal(fiq_realm_spectral_init(realm, &arena, &pool, &realm_config), FIQ_NO_MEMORY);
  arena = support_arena(arena.used_bytes);
  assert_int_equal(fiq_realm_spectral_init(realm, &arena, &pool, &realm_config), FIQ_OK);
  float*                       padded                     = support_floats(n_padded);
  float*                       out                        = support_floats(n_padded);
  float                        other[CONTROL]             = {0.0f};
  const float                  theta_rad[FIQ_NEURONS_MAX] = {0.0f};
  const FiqRealmSpectralParams params                     = {.amount = 1.0f};
  const float* const           phis[2]                    = {phi_rad, phi_rad};
  memcpy(padded, in, n * sizeof(float));
  turn_bass(padded, n_padded, config->sample_rate_hz, bass_hz);
  for (uint32_t i = 0; i < n_padded; i += CONTROL) {
    const float* const ins[2]  = {padded + i, padded + i};
    float* const       outs[2] = {out + i, other};
    fiq_realm_spectral_control(realm, &params, phis, theta_rad);
    fiq_realm_spectral_process(realm, ins, outs, NULL, CONTROL);
  }
  float* result = support_floats(n + window);
  memcpy(result, out + window / 2, (n + window) * sizeof(float));
  free(padded);
  free(out);
  free(realm);
  fiq_fft_pool_free(&pool);
  support_arena_free(&arena);
  return result;
}

static double energy_of(const float* x, size_t n)
{
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    sum += (double)x[i] * (double)x[i];
  }
  return sum;
}

/// Peak over rms; the rms as if `n` frames long.
static double crest_db(const float* x, size_t n_frames, size_t n)
{
  return support_db(support_peak(x, n_frames) / sqrt(energy_of(x, n_frames) / (double)n));
}

/// Hits of a drum: partials and a burst of noise that die away, louder and softer by turns.
static void make_drum(float* x, uint32_t n, uint64_t seed)
{
  static const double partial_hz[] = {92.0, 164.0, 233.0, 351.0, 610.0};
  FiqRandom           random;
  fiq_random_init(&random, seed, 7);
  memset(x, 0, n * sizeof(float));
  for (uint32_t hit = 0; hit * 24000 + 480 < n; ++hit) {
    const double gain = 0.6 + 0.3 * (double)fiq_random_uniform(&random);
    for (uint32_t i = hit * 24000 + 480; i < n && i < (hit + 1) * 24000; ++i) {
      const double t_s = (i - hit * 24000 - 480) / (double)RATE_HZ;
      double       sum = 0.25 * exp(-t_s / 0.012) * (double)fiq_random_normal(&random);
      for (uint32_t k = 0; k < 5; ++k) {
        const double decay = exp(-t_s * (8.0 + 6.0 * k));
        sum += decay * sin(6.283185307179586 * partial_hz[k] * t_s + 1.2) / (1.0 + k);
      }
      x[i] = (float)(0.3 * gain * sum);
    }
  }
}

// The linear map.

typedef struct {
  FiqArena      arena;
  FiqFftPool    pool;
  FiqRealmModel realm;
} Map;

static Map* map_new(void)
{
  const FiqRealmModelConfig config = {RATE_HZ, WINDOW, BANDS};
  Map*                      map    = calloc(1, sizeof *map);
  map->arena                       = support_arena(1 << 20);
  fiq_fft_pool_init(&map->pool);
  assert_int_equal(fiq_realm_model_init(&map->realm, &map->arena, &map->pool, &config), FIQ_OK);
  return map;
}

static void map_free(Map* map)
{
  fiq_fft_pool_free(&map->pool);
  support_arena_free(&map->arena);
  free(map);
}

static void random_phases(float* phi_rad, float most_rad, uint64_t seed)
{
  FiqRandom random;
  fiq_random_init(&random, seed, 3);
  for (uint32_t b = 0; b < BANDS; ++b) {
    phi_rad[b] = most_rad * (2.0f * fiq_random_uniform(&random) - 1.0f);
  }
}

static void test_what_is_learned_on_is_what_the_realm_plays(void** state)
{
  (void)state;
  enum { N = 40000 };
  const FiqLearnerConfig config = config_of(N);
  Map*                   map    = map_new();
  FiqRealmModel*         realm  = &map->realm;
  float*                 x      = support_floats(N);
  float                  phi_rad[FIQ_NEURONS_MAX];
  support_noise(x, N, 0.5, 11);
  random_phases(phi_rad, 3.0f, 5);
  float*               played = play(x, N, &config, 0.0f, phi_rad);
  const FiqLearnPlanes planes = {{x, NULL}, N};
  const uint32_t       n_hops = fiq_realm_model_n_hops(realm, N);
  float*               hop    = support_floats(realm->hop_frames);
  double               noise  = 0.0;
  fiq_realm_model_set_phases(realm, 0, phi_rad);
  fiq_realm_model_render_start(realm);
  for (uint32_t o = 0; o < n_hops; ++o) {
    fiq_realm_model_render(realm, &planes, 1, 0, &hop);
    for (uint32_t i = 0; i < realm->hop_frames; ++i) {
      // Both begin half a window before the audio.
      const size_t at = (size_t)o * realm->hop_frames + i;
      if (at < N + WINDOW) {
        const double difference = (double)hop[i] - (double)played[at];
        noise += difference * difference;
      }
    }
  }
  const double null_db = 0.5 * support_db(noise / energy_of(x, N));
  print_message("null against the realm %.1f dB\n", null_db);
  assert_true(null_db < -110.0);
  free(hop);
  free(played);
  free(x);
  map_free(map);
}

static void test_gathering_is_the_transpose_of_the_curve(void** state)
{
  (void)state;
  Map*           map   = map_new();
  FiqRealmModel* realm = &map->realm;
  float*         curve = support_floats(realm->n_bins);
  float*         dual  = support_floats(realm->n_bins);
  float          phi_rad[FIQ_NEURONS_MAX];
  float          back[FIQ_NEURONS_MAX];
  random_phases(phi_rad, 3.0f, 17);
  support_noise(dual, realm->n_bins, 1.0, 18);
  fiq_bands_curve(&realm->bands, phi_rad, curve);
  fiq_realm_model_gather(realm, dual, back);
  double there = 0.0;
  double home  = 0.0;
  double scale = 0.0;
  for (uint32_t k = 0; k < realm->n_bins; ++k) {
    there += (double)curve[k] * (double)dual[k];
    scale += fabs((double)curve[k] * (double)dual[k]);
  }
  for (uint32_t b = 0; b < BANDS; ++b) {
    home += (double)phi_rad[b] * (double)back[b];
  }
  assert_true(fabs(there - home) < 1e-5 * scale);
  free(curve);
  free(dual);
  map_free(map);
}

typedef double (*Penalty)(FiqRealmModel* self, uint32_t channel, float* by_psi);

/// How far the gradient of a penalty is off, beside the largest slope.
static double gradient_error(FiqRealmModel* realm, Penalty penalty)
{
  float* by_psi = support_floats(realm->n_bins);
  float  phi_rad[FIQ_NEURONS_MAX];
  float  by_phi[FIQ_NEURONS_MAX];
  random_phases(phi_rad, 9.0f, 23);
  fiq_realm_model_set_phases(realm, 0, phi_rad);
  const double at_rest = penalty(realm, 0, by_psi);
  assert_true(at_rest > 1e-3);
  fiq_realm_model_gather(realm, by_psi, by_phi);
  double worst   = 0.0;
  double largest = 0.0;
  for (uint32_t b = 0; b < BANDS; ++b) {
    const float step = 1e-2f;
    const float kept = phi_rad[b];
    phi_rad[b]       = kept + step;
    fiq_realm_model_set_phases(realm, 0, phi_rad);
    const double above = penalty(realm, 0, NULL);
    phi_rad[b]         = kept - step;
    fiq_realm_model_set_phases(realm, 0, phi_rad);
    const double below = penalty(realm, 0, NULL);
    phi_rad[b]         = kept;
    const double slope = (above - below) / (2.0 * (double)step);
    worst              = fmax(worst, fabs(slope - (double)by_phi[b]));
    largest            = fmax(largest, fabs(slope));
  }
  print_message("penalty %.3f, gradient off by %.1e of %.3f\n", at_rest, worst, largest);
  free(by_psi);
  return worst / largest;
}

static void test_penalties_have_the_gradients_they_claim(void** state)
{
  (void)state;
  Map* map = map_new();
  assert_true(gradient_error(&map->realm, fiq_realm_model_penalty) < 5e-3);
  assert_true(fiq_realm_model_residue_penalty(&map->realm, 0, NULL) <=
              0.0); // the spread is not held
  fiq_realm_model_set_spread(&map->realm, 0.004f, 0.0f);
  assert_true(gradient_error(&map->realm, fiq_realm_model_residue_penalty) < 5e-3);
  map_free(map);
}

static void test_descent_finds_the_valley(void** state)
{
  (void)state;
  // Rosenbrock's function, whose minimum is 0 at (1, 1).
  FiqLbfgs    search;
  const float start[2] = {-1.2f, 1.0f};
  fiq_lbfgs_start(&search, 2, start);
  uint32_t n = 0;
  for (; n < 200 && !search.is_converged; ++n) {
    const float x           = search.trial[0];
    const float y           = search.trial[1];
    const float gradient[2] = {-400.0f * x * (y - x * x) - 2.0f * (1.0f - x), 200.0f * (y - x * x)};
    const float value       = 100.0f * (y - x * x) * (y - x * x) + (1.0f - x) * (1.0f - x);
    fiq_lbfgs_tell(&search, (double)value, gradient);
  }
  print_message("%u evaluations to %.1e\n", n, search.value);
  assert_true(search.value < 1e-6);
}

// Headroom.

static void test_headroom_lowers_the_crest_that_the_realm_plays(void** state)
{
  (void)state;
  enum { N = RATE_HZ };
  const FiqLearnerConfig config = config_of(N);
  Bench*                 bench  = bench_new(&config);
  float*                 x      = support_floats(N);
  make_drum(x, N, 3);
  const FiqLearnerAudio audio   = {{x, NULL}, {NULL, NULL}, N};
  const FiqLearned      learned = learn(bench, FIQ_LEARN_HEADROOM, &audio);
  float*                played  = play(x, N, &config, learned.bass_hz, learned.phi_rad[0]);
  const double          gain_db = crest_db(x, N, N) - crest_db(played, N + WINDOW, N);
  const double level_db         = 0.5 * support_db(energy_of(played, N + WINDOW) / energy_of(x, N));
  const double rotated_db =
      (double)(bench->learner.bass.untouched_crest_db - bench->learner.bass.rotation_crest_db);
  print_message(
      "crest lowered by %.2f dB (claimed %.2f), rotation %.2f, level changed by %.3f dB\n", gain_db,
      (double)learned.gain_db, rotated_db, level_db);
  assert_true(gain_db >= 3.0);
  assert_true(fabs(gain_db - (double)learned.gain_db) < 0.05);
  assert_true(gain_db >= rotated_db);
  assert_true(fabs(level_db) < 0.2);
  assert_memory_equal(learned.phi_rad[0], learned.phi_rad[1], sizeof learned.phi_rad[0]);
  free(played);
  free(x);
  bench_free(bench);
}

/// A kick drum of its own: pitch falls to `low_hz`, `hardness` is that of its click.
static void make_kick(float* x, uint32_t n, double low_hz, double gain, double hardness)
{
  for (uint32_t i = 0; i < n; ++i) {
    const double t    = (double)i / RATE_HZ;
    const double turn = low_hz * t + 2.0 * (1.0 - exp(-80.0 * t));
    const double tone = exp(-14.0 * t) * sin((double)FIQ_TWO_PI_F * turn);
    x[i] += (float)(gain *
                    (tone + hardness * exp(-300.0 * t) * sin((double)FIQ_TWO_PI_F * 2500.0 * t)));
  }
}

static void test_a_kick_is_lowered_beyond_what_a_window_reaches(void** state)
{
  (void)state;
  enum { N = RATE_HZ };
  const FiqLearnerConfig config = config_of(N);
  Bench*                 bench  = bench_new(&config);
  float*                 x      = support_floats(N);
  float*                 other  = support_floats(N);
  make_kick(x, N / 2, 46.0, 0.7, 0.3);
  make_kick(x + N / 2, N / 2, 46.5, 0.5, 0.2);
  make_kick(other, N, 45.5, 0.9, 0.4);
  const FiqLearnerAudio audio    = {{x, NULL}, {NULL, NULL}, N};
  const FiqLearned      learned  = learn(bench, FIQ_LEARN_HEADROOM, &audio);
  float*                played   = play(x, N, &config, learned.bass_hz, learned.phi_rad[0]);
  float*                unheard  = play(other, N, &config, learned.bass_hz, learned.phi_rad[0]);
  const double          gain_db  = crest_db(x, N, N) - crest_db(played, N + WINDOW, N);
  const double          there_db = crest_db(other, N, N) - crest_db(unheard, N + WINDOW, N);
  const double          bands_db =
      (double)(bench->learner.bass.untouched_crest_db - bench->learner.bass.crest_db[0]);
  print_message(
      "kick: %.2f dB (claimed %.2f) with the bass turned at %.0f Hz, a harder one %.2f; a "
      "try of bands alone %.2f\n",
      gain_db, (double)learned.gain_db, (double)learned.bass_hz, there_db, bands_db);
  assert_true(learned.bass_hz >= FIQ_BASS_ALLPASS_HZ_MIN);
  assert_true(gain_db >= 4.2 && there_db >= 4.0);
  assert_true(gain_db >= bands_db + 0.5);
  assert_true(fabs(gain_db - (double)learned.gain_db) < 0.05);
  free(played);
  free(unheard);
  free(x);
  free(other);
  bench_free(bench);
}

static void test_headroom_counts_the_higher_of_both_channels(void** state)
{
  (void)state;
  enum { N = RATE_HZ / 2 };
  const FiqLearnerConfig config = config_of(N);
  Bench*                 bench  = bench_new(&config);
  float*                 left   = support_floats(N);
  float*                 right  = support_floats(N);
  make_drum(left, N, 3);
  make_drum(right, N, 9);
  for (uint32_t i = 0; i < N; ++i) {
    right[i] *= 0.8f;
  }
  const FiqLearnerAudio audio    = {{left, right}, {NULL, NULL}, N};
  const FiqLearned      learned  = learn(bench, FIQ_LEARN_HEADROOM, &audio);
  float*                played_l = play(left, N, &config, learned.bass_hz, learned.phi_rad[0]);
  float*                played_r = play(right, N, &config, learned.bass_hz, learned.phi_rad[1]);
  const double          before   = fmax(support_peak(left, N), support_peak(right, N));
  const double after = fmax(support_peak(played_l, N + WINDOW), support_peak(played_r, N + WINDOW));
  print_message("peak of both lowered by %.2f dB, claimed %.2f\n", support_db(before / after),
                (double)learned.gain_db);
  assert_true(support_db(before / after) >= 2.0);
  assert_true(fabs(support_db(before / after) - (double)learned.gain_db) < 0.2);
  free(played_l);
  free(played_r);
  free(left);
  free(right);
  bench_free(bench);
}

static void test_headroom_of_a_sine_is_left_alone_or_better(void** state)
{
  (void)state;
  enum { N = RATE_HZ / 4 };
  const FiqLearnerConfig config = config_of(N);
  Bench*                 bench  = bench_new(&config);
  float*                 x      = support_floats(N);
  support_sine(x, N, 997.0, RATE_HZ, 0.5, 0.3);
  const FiqLearnerAudio audio   = {{x, x}, {NULL, NULL}, N};
  const FiqLearned      learned = learn(bench, FIQ_LEARN_HEADROOM, &audio);
  assert_true(learned.gain_db >= 0.0f);
  assert_int_equal(bench->learner.headroom.n_channels, 1);
  free(x);
  bench_free(bench);
}

// Two microphones.

typedef struct {
  double delay_s;
  bool   is_inverted;
  bool   is_ahead; ///< the main track is the earlier one
  int    n_allpass;
  double tail; ///< amplitude of the room
} Mics;

/// Second-order all-pass at f with quality q, in place.
static void allpass(float* x, size_t n, double f_hz, double q)
{
  const double w    = 6.283185307179586 * f_hz / RATE_HZ;
  const double a    = sin(w) / (2.0 * q);
  const double c[3] = {(1.0 - a) / (1.0 + a), -2.0 * cos(w) / (1.0 + a), 1.0};
  double       s1   = 0.0;
  double       s2   = 0.0;
  for (size_t i = 0; i < n; ++i) {
    const double in  = (double)x[i];
    const double out = c[0] * in + s1;
    s1               = c[1] * in - c[1] * out + s2;
    s2               = in - c[0] * out;
    x[i]             = (float)out;
  }
}

/// Brown-ish noise in bursts: the source that both microphones hear.
static void make_source(float* x, uint32_t n, uint64_t seed)
{
  FiqRandom random;
  fiq_random_init(&random, seed, 1);
  double low = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    const double white = (double)fiq_random_normal(&random);
    low += 0.05 * (white - low);
    const double burst = 0.15 + exp(-(double)(i % 12000) / 2500.0);
    x[i]               = (float)(0.1 * burst * (low * 3.0 + 0.3 * white));
  }
}

static void make_mics(const Mics* mics, float* near, float* far, uint32_t n, uint64_t seed)
{
  enum { N_TAPS = 60 };
  FiqRandom random;
  fiq_random_init(&random, seed, 2);
  float* source = support_floats(n);
  make_source(source, n, seed);
  memcpy(near, source, n * sizeof(float));
  for (int i = 0; i < mics->n_allpass; ++i) {
    const double octave = 7.0 * (double)fiq_random_uniform(&random);
    allpass(source, n, 80.0 * exp2(octave), 0.4 + 0.8 * (double)fiq_random_uniform(&random));
  }
  // The delay is not a whole number of frames.
  const double   exact = mics->delay_s * RATE_HZ;
  const uint32_t whole = (uint32_t)exact;
  const float    rest  = (float)(exact - whole);
  const float    sign  = mics->is_inverted ? -1.0f : 1.0f;
  memset(far, 0, n * sizeof(float));
  for (uint32_t i = whole + 1; i < n; ++i) {
    far[i] = sign * ((1.0f - rest) * source[i - whole] + rest * source[i - whole - 1]);
  }
  for (int k = 0; k < N_TAPS; ++k) {
    const uint32_t at = whole + 200 + (uint32_t)(6000.0f * fiq_random_uniform(&random));
    const float    g  = (float)(mics->tail * exp(-(double)(at - whole) / 2500.0)) *
                    fiq_random_normal(&random) / 3.0f;
    for (uint32_t i = at; i < n; ++i) {
      far[i] += g * source[i - at];
    }
  }
  const float level = (float)sqrt(energy_of(near, n) / energy_of(far, n));
  for (uint32_t i = 0; i < n; ++i) {
    far[i] *= level;
  }
  free(source);
}

/// Level of a' + b against that of incoherent addition, a' = a delayed, of polarity, and played.
static double sum_db(const float* a, const float* b, uint32_t n, int32_t delay, bool is_inverted)
{
  double sum = 0.0;
  // a begins half a window before b.
  for (int64_t i = -2 * WINDOW; i < (int64_t)n + 2 * WINDOW; ++i) {
    const int64_t from = i - delay + WINDOW / 2;
    const double  y    = from >= 0 && from < (int64_t)n + WINDOW ? (double)a[from] : 0.0;
    const double  x    = i >= 0 && i < (int64_t)n ? (double)b[i] : 0.0;
    const double  z    = x + (is_inverted ? -y : y);
    sum += z * z;
  }
  return 0.5 * support_db(sum / (2.0 * energy_of(b, n)));
}

static int compare_doubles(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static void test_align_brings_two_microphones_together(void** state)
{
  (void)state;
  enum { N = RATE_HZ, N_CASES = 14 };
  static const Mics cases[N_CASES] = {
      {0.0003, false, true, 0, 0.0}, {0.0003, true, true, 2, 0.2},   {0.0010, false, true, 2, 0.2},
      {0.0023, true, true, 3, 0.2},  {0.0023, false, false, 3, 0.2}, {0.0040, true, false, 4, 0.2},
      {0.0050, false, true, 2, 0.3}, {0.0072, true, true, 5, 0.2},   {0.0080, false, false, 6, 0.2},
      {0.0100, true, true, 3, 0.3},  {0.0120, false, true, 4, 0.2},  {0.0135, true, false, 4, 0.2},
      {0.0150, false, true, 6, 0.3}, {0.0150, true, false, 1, 0.2}};
  const FiqLearnerConfig config = config_of(N);
  Bench*                 bench  = bench_new(&config);
  float*                 near   = support_floats(N);
  float*                 far    = support_floats(N);
  float*                 still  = support_floats(N + WINDOW);
  double                 short_of[N_CASES];
  for (int i = 0; i < N_CASES; ++i) {
    make_mics(&cases[i], near, far, N, 100 + (uint64_t)i);
    const float*          a       = cases[i].is_ahead ? near : far;
    const float*          b       = cases[i].is_ahead ? far : near;
    const FiqLearnerAudio audio   = {{a, a}, {b, b}, N};
    const FiqLearned      learned = learn(bench, FIQ_LEARN_ALIGN, &audio);
    float*                played  = play(a, N, &config, learned.bass_hz, learned.phi_rad[0]);
    const FiqLearnPair*   pair    = &bench->learner.pair;
    memset(still, 0, (N + WINDOW) * sizeof(float));
    memcpy(still + WINDOW / 2, a, N * sizeof(float));
    const double untouched = sum_db(still, b, N, 0, false);
    const double delayed   = sum_db(still, b, N, pair->plain_delay_frames, pair->plain_is_inverted);
    const double aligned   = sum_db(played, b, N, learned.delay_frames, learned.is_inverted);
    print_message(
        "%5.1f ms %c %d all-passes, tail %.1f: untouched %6.2f, delay %5d%c %6.2f, aligned "
        "%5d%c %6.2f dB, claimed gain %.2f\n",
        cases[i].is_ahead ? cases[i].delay_s * 1e3 : -cases[i].delay_s * 1e3,
        cases[i].is_inverted ? '-' : '+', cases[i].n_allpass, cases[i].tail, untouched,
        pair->plain_delay_frames, pair->plain_is_inverted ? '-' : '+', delayed,
        learned.delay_frames, learned.is_inverted ? '-' : '+', aligned, (double)learned.gain_db);
    assert_true(aligned >= fmax(untouched, delayed) - 0.02);
    assert_true(fabs(aligned - untouched - (double)learned.gain_db) < 0.1);
    short_of[i] = 3.0103 - aligned;
    free(played);
  }
  qsort(short_of, N_CASES, sizeof(double), compare_doubles);
  print_message("short of +3.01 dB: median %.2f, worst %.2f dB\n", short_of[N_CASES / 2],
                short_of[N_CASES - 1]);
  assert_true(short_of[N_CASES / 2] <= 0.5);
  free(near);
  free(far);
  free(still);
  bench_free(bench);
}

// Mono.

static double mono_db(const float* left, const float* right, size_t n)
{
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    const double z = (double)left[i] + (double)right[i];
    sum += z * z;
  }
  return 0.5 * support_db(sum);
}

static void test_mono_regains_what_decorrelation_lost(void** state)
{
  (void)state;
  enum { N = 2 * RATE_HZ, N_CASES = 6 };
  const FiqLearnerConfig config = config_of(N);
  Bench*                 bench  = bench_new(&config);
  float*                 left   = support_floats(N);
  float*                 right  = support_floats(N);
  for (uint32_t i = 0; i < N_CASES; ++i) {
    FiqRandom random;
    fiq_random_init(&random, 40 + i, 4);
    make_source(left, N, 60 + i);
    memcpy(right, left, N * sizeof(float));
    const double possible = mono_db(left, left, N);
    for (uint32_t k = 0; k < 1 + i; ++k) {
      allpass(k % 2 ? left : right, N, 90.0 * exp2(6.5 * (double)fiq_random_uniform(&random)),
              0.4 + 0.8 * (double)fiq_random_uniform(&random));
    }
    const FiqLearnerAudio audio   = {{left, right}, {NULL, NULL}, N};
    const FiqLearned      learned = learn(bench, FIQ_LEARN_MONO, &audio);
    float*                l       = play(left, N, &config, learned.bass_hz, learned.phi_rad[0]);
    float*                r       = play(right, N, &config, learned.bass_hz, learned.phi_rad[1]);
    for (uint32_t k = 0; k < N + WINDOW; ++k) {
      l[k] = learned.is_inverted ? -l[k] : l[k];
    }
    const double before = mono_db(left, right, N);
    const double after  = mono_db(l, r, N + WINDOW);
    print_message(
        "%u all-passes: mono sum %.2f dB below what is possible, then %.2f; claimed gain %.2f\n",
        1 + i, possible - before, possible - after, (double)learned.gain_db);
    assert_true(after - before >= 0.8 * (possible - before));
    assert_true(fabs(after - before - (double)learned.gain_db) < 0.1);
    free(l);
    free(r);
  }
  free(left);
  free(right);
  bench_free(bench);
}

static void test_mono_leaves_alone_what_is_safe(void** state)
{
  (void)state;
  enum { N = 2 * RATE_HZ, N_CASES = 4 };
  const FiqLearnerConfig config = config_of(N);
  Bench*                 bench  = bench_new(&config);
  float*                 left   = support_floats(N);
  float*                 right  = support_floats(N);
  float*                 side   = support_floats(N);
  for (uint32_t i = 0; i < N_CASES; ++i) {
    // From mono to a side that is only 6 dB below the middle.
    const float width = i == 0 ? 0.0f : 0.5f * (float)i / (N_CASES - 1);
    make_source(left, N, 70 + i);
    make_source(side, N, 80 + i);
    for (uint32_t k = 0; k < N; ++k) {
      right[k] = left[k] - width * side[k];
      left[k] += width * side[k];
    }
    const FiqLearnerAudio audio   = {{left, right}, {NULL, NULL}, N};
    const FiqLearned      learned = learn(bench, FIQ_LEARN_MONO, &audio);
    float*                l       = play(left, N, &config, learned.bass_hz, learned.phi_rad[0]);
    float*                r       = play(right, N, &config, learned.bass_hz, learned.phi_rad[1]);
    const double          change  = mono_db(l, r, N + WINDOW) - mono_db(left, right, N);
    print_message("side at %.2f: mono sum changes by %.3f dB\n", (double)width, change);
    assert_true(fabs(change) <= 0.1);
    free(l);
    free(r);
  }
  free(left);
  free(right);
  free(side);
  bench_free(bench);
}

// Life of the module.

static void test_too_small_an_arena_is_refused(void** state)
{
  (void)state;
  const FiqLearnerConfig config = config_of(4800);
  FiqFftPool             pool;
  FiqLearner*            learner = calloc(1, sizeof *learner);
  fiq_fft_pool_init(&pool);
  FiqArena arena;
  fiq_arena_init(&arena, NULL, 0);
  assert_int_equal(fiq_learner_init(learner, &arena, &pool, &config), FIQ_NO_MEMORY);
  const size_t full = arena.used_bytes;
  FiqArena     real = support_arena(full);
  for (size_t size = 0; size < full; size += full / 300 / 64 * 64 + 64) {
    fiq_arena_init(&arena, real.base, size);
    assert_int_equal(fiq_learner_init(learner, &arena, &pool, &config), FIQ_NO_MEMORY);
  }
  fiq_arena_init(&arena, real.base, full - 1);
  assert_int_equal(fiq_learner_init(learner, &arena, &pool, &config), FIQ_NO_MEMORY);
  fiq_arena_init(&arena, real.base, full);
  assert_int_equal(fiq_learner_init(learner, &arena, &pool, &config), FIQ_OK);
  fiq_fft_pool_free(&pool);
  support_arena_free(&real);
  free(learner);
}

static void test_bad_configurations_are_refused(void** state)
{
  (void)state;
  static const FiqLearnerConfig bad[] = {
      {7999.0, 2048, 24, 1000, 0},     {400000.0, 2048, 24, 1000, 0},
      {48000.0, 128, 24, 1000, 0},     {48000.0, 131072, 24, 1000, 0},
      {48000.0, 2000, 24, 1000, 0},    {48000.0, 2048, 3, 1000, 0},
      {48000.0, 2048, 65, 1000, 0},    {48000.0, 2048, 24, 0, 0},
      {48000.0, 2048, 24, 1u << 27, 0}};
  FiqLearner* learner = calloc(1, sizeof *learner);
  FiqFftPool  pool;
  fiq_fft_pool_init(&pool);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
    FiqArena ruler;
    fiq_arena_init(&ruler, NULL, 0);
    assert_int_equal(fiq_learner_init(learner, &ruler, &pool, &bad[i]), FIQ_BAD_ARGUMENT);
  }
  fiq_fft_pool_free(&pool);
  free(learner);
}

static void test_silence_teaches_nothing(void** state)
{
  (void)state;
  enum { N = 9600 };
  static const FiqLearned untouched;
  const FiqLearnerConfig  config = config_of(N);
  Bench*                  bench  = bench_new(&config);
  float*                  x      = support_floats(N);
  const FiqLearnerAudio   audio  = {{x, x}, {x, x}, N};
  for (int objective = FIQ_LEARN_HEADROOM; objective <= FIQ_LEARN_ALIGN; ++objective) {
    const FiqLearned learned = learn(bench, (FiqLearnObjective)objective, &audio);
    assert_memory_equal(learned.phi_rad, untouched.phi_rad, sizeof learned.phi_rad);
    assert_int_equal(learned.delay_frames, 0);
    assert_false(learned.is_inverted);
    assert_true(fabsf(learned.gain_db) < 1e-6f);
  }
  free(x);
  bench_free(bench);
}

static void test_same_audio_and_seed_give_the_same_phases(void** state)
{
  (void)state;
  enum { N = 12000 };
  const FiqLearnerConfig config = config_of(N);
  Bench*                 one    = bench_new(&config);
  Bench*                 two    = bench_new(&config);
  float*                 x      = support_floats(N);
  float*                 y      = support_floats(N);
  make_drum(x, N, 1);
  make_source(y, N, 2);
  const FiqLearnerAudio audio = {{x, y}, {y, x}, N};
  // The second has a past, and one that was broken off.
  (void)learn(two, FIQ_LEARN_MONO, &audio);
  fiq_learner_begin(&two->learner, FIQ_LEARN_HEADROOM, &audio);
  for (int i = 0; i < 50; ++i) {
    (void)fiq_learner_step(&two->learner);
  }
  for (int objective = FIQ_LEARN_HEADROOM; objective <= FIQ_LEARN_ALIGN; ++objective) {
    const FiqLearned a = learn(one, (FiqLearnObjective)objective, &audio);
    const FiqLearned b = learn(two, (FiqLearnObjective)objective, &audio);
    assert_memory_equal(&a, &b, sizeof a);
  }
  fiq_learner_reset(&two->learner);
  assert_false(fiq_learner_step(&two->learner));
  assert_true(fabsf(fiq_learner_gain_db(&two->learner)) < 1e-9f);
  free(x);
  free(y);
  bench_free(one);
  bench_free(two);
}

static void test_progress_and_gain_never_fall(void** state)
{
  (void)state;
  enum { N = RATE_HZ };
  const FiqLearnerConfig config = config_of(N);
  Bench*                 bench  = bench_new(&config);
  float*                 x      = support_floats(N);
  float*                 y      = support_floats(N);
  make_drum(x, N, 5);
  make_source(y, N, 6);
  const FiqLearnerAudio audio = {{x, NULL}, {y, NULL}, N};
  for (int objective = FIQ_LEARN_HEADROOM; objective <= FIQ_LEARN_ALIGN; ++objective) {
    float    progress = 0.0f;
    float    gain_db  = 0.0f;
    uint32_t n_steps  = 1;
    fiq_learner_begin(&bench->learner, (FiqLearnObjective)objective, &audio);
    for (; fiq_learner_step(&bench->learner); ++n_steps) {
      const float progress_now = fiq_learner_progress(&bench->learner);
      const float gain_now_db  = fiq_learner_gain_db(&bench->learner);
      assert_true(progress_now >= progress && progress_now < 1.0f);
      assert_true(gain_now_db >= gain_db);
      progress = progress_now;
      gain_db  = gain_now_db;
    }
    print_message("objective %d: %u slices, last progress %.2f\n", objective, n_steps,
                  (double)progress);
    assert_true(fiq_learner_progress(&bench->learner) > 0.999f);
    assert_true(progress > 0.7f);
  }
  free(x);
  free(y);
  bench_free(bench);
}

static void test_every_rate_and_window(void** state)
{
  (void)state;
  static const struct {
    double   rate_hz;
    uint32_t window;
    uint32_t bands;
  } cases[] = {{8000.0, 256, 4},    {8000.0, 2048, 24},    {44100.0, 512, 12},
               {96000.0, 4096, 48}, {192000.0, 32768, 64}, {384000.0, 8192, 24}};
  enum { N = 16000 };
  float* x = support_floats(N);
  float* y = support_floats(N);
  make_drum(x, N, 5);
  make_source(y, N, 6);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    const FiqLearnerConfig config = {cases[i].rate_hz, cases[i].window, cases[i].bands, N, 2};
    const FiqLearnerAudio  audio  = {{x, y}, {y, x}, N};
    Bench*                 bench  = bench_new(&config);
    float                  gain_db[3];
    for (int objective = FIQ_LEARN_HEADROOM; objective <= FIQ_LEARN_ALIGN; ++objective) {
      // Not to its end: what there is so far has to be good, too.
      fiq_learner_begin(&bench->learner, (FiqLearnObjective)objective, &audio);
      for (int n = 0; n < 500 && fiq_learner_step(&bench->learner); ++n) {
      }
      const FiqLearned learned = fiq_learner_result(&bench->learner);
      gain_db[objective]       = learned.gain_db;
      assert_true(learned.gain_db >= 0.0f);
      for (uint32_t b = 0; b < cases[i].bands; ++b) {
        assert_true(isfinite(learned.phi_rad[0][b]) && isfinite(learned.phi_rad[1][b]));
      }
    }
    print_message("%.0f Hz, window %u, %u bands: %.2f %.2f %.2f dB, %.1f MB\n", cases[i].rate_hz,
                  cases[i].window, cases[i].bands, (double)gain_db[0], (double)gain_db[1],
                  (double)gain_db[2], (double)bench->arena.used_bytes / 1e6);
    bench_free(bench);
  }
  free(x);
  free(y);
}

/// The watch over headroom sees `peak_in` and `peak_wet` for so long; whether it ever called harm.
static bool watch_for(FiqWatch* watch, float seconds, float peak_in, float peak_wet)
{
  const FiqPathLevels seen     = {.peak_in = peak_in, .peak_wet = peak_wet};
  bool                ever     = false;
  const float         period_s = 0.001f;
  for (int i = 0; i < (int)(seconds / period_s); ++i) {
    fiq_watch_step(watch, FIQ_LEARN_HEADROOM, &seen, period_s);
    ever = ever || watch->harms;
  }
  return ever;
}

static void test_the_watch_judges_by_what_is_played_with_the_lesson(void** state)
{
  (void)state;
  FiqWatch watch;
  // Known to have peaked at 1: a peak of 0.9 is no harm, one of 1.05 is, for a second at least.
  fiq_watch_reset(&watch, 1.0f);
  assert_false(watch_for(&watch, 1.0f, 0.5f, 0.9f));
  assert_true(watch_for(&watch, 0.01f, 0.5f, 1.05f));
  (void)watch_for(&watch, 0.9f, 0.5f, 0.5f);
  assert_true(watch.harms);
  (void)watch_for(&watch, 1.5f, 0.5f, 0.5f);
  assert_false(watch.harms);
  // What peaked two seconds before a new lesson is no measure for it; what peaked just now is.
  fiq_watch_reset(&watch, 1.0f);
  (void)watch_for(&watch, 2.0f, 0.5f, 0.5f);
  fiq_watch_restart(&watch);
  assert_false(watch_for(&watch, 0.2f, 0.3f, 0.5f));
  assert_true(watch_for(&watch, 0.01f, 0.3f, 0.6f));
  // Where nothing was heard there is no trust until something was.
  fiq_watch_reset(&watch, 0.0f);
  assert_true(watch_for(&watch, 0.2f, 0.5f, 0.4f));
  (void)watch_for(&watch, 0.2f, 0.5f, 0.4f);
  assert_false(watch.harms);
  // Peaks below -40 dBFS are nobody's harm.
  fiq_watch_reset(&watch, 0.001f);
  assert_false(watch_for(&watch, 0.5f, 0.001f, 0.009f));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_is_learned_on_is_what_the_realm_plays),
      cmocka_unit_test(test_gathering_is_the_transpose_of_the_curve),
      cmocka_unit_test(test_penalties_have_the_gradients_they_claim),
      cmocka_unit_test(test_descent_finds_the_valley),
      cmocka_unit_test(test_headroom_lowers_the_crest_that_the_realm_plays),
      cmocka_unit_test(test_a_kick_is_lowered_beyond_what_a_window_reaches),
      cmocka_unit_test(test_headroom_counts_the_higher_of_both_channels),
      cmocka_unit_test(test_headroom_of_a_sine_is_left_alone_or_better),
      cmocka_unit_test(test_align_brings_two_microphones_together),
      cmocka_unit_test(test_mono_regains_what_decorrelation_lost),
      cmocka_unit_test(test_mono_leaves_alone_what_is_safe),
      cmocka_unit_test(test_the_watch_judges_by_what_is_played_with_the_lesson),
      cmocka_unit_test(test_too_small_an_arena_is_refused),
      cmocka_unit_test(test_bad_configurations_are_refused),
      cmocka_unit_test(test_silence_teaches_nothing),
      cmocka_unit_test(test_same_audio_and_seed_give_the_same_phases),
      cmocka_unit_test(test_progress_and_gain_never_fall),
      cmocka_unit_test(test_every_rate_and_window),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
