// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: drums go to the temporal path, chords to the spectral one, and the change is not heard as
// a change of level. Method: synthetic drums and chords through a plain feature extraction; features
// that go from one extreme to the other as the choice likes least; loudness during fades.
#include "dsp/base/maths.h"
#include "dsp/base/random.h"
#include "dsp/realm/adaptive.h"
#include "dsp/transform/fft.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double pi = 3.14159265358979323846;

enum { WINDOW = 2048, HOP = 512, BANDS = 32, BINS = WINDOW / 2 + 1 };

static const double fs = 48000.0;

typedef struct {
  FiqRealmAdaptive realm;
  FiqArena         arena;
} Bench;

static Bench bench_new(uint32_t n_bands)
{
  Bench                        bench;
  const FiqRealmAdaptiveConfig config = {fs, HOP, n_bands};
  bench.arena                         = support_arena(4096);
  assert_int_equal(fiq_realm_adaptive_init(&bench.realm, &bench.arena, &config), FIQ_OK);
  return bench;
}

/// Features by their definitions, from Hann-windowed frames.
typedef struct {
  FiqFftPool  pool;
  FiqFft      fft;
  float*      frame;
  FiqComplex* bin;
  double      power[BINS];
  double      last_power[BINS];
  double      phase[BINS];
  double      last_phase[BINS];
  double      last_advance[BINS];
  float       share[BANDS];
  float       velocity[BANDS];
} Extraction;

static void extraction_init(Extraction* self)
{
  memset(self, 0, sizeof *self);
  fiq_fft_pool_init(&self->pool);
  assert_int_equal(fiq_fft_init(&self->fft, &self->pool, WINDOW), FIQ_OK);
  self->frame = support_floats(WINDOW);
  self->bin   = (FiqComplex*)(void*)support_floats(2 * BINS + 16);
}

static void extraction_free(Extraction* self)
{
  free(self->frame);
  free(self->bin);
  fiq_fft_pool_free(&self->pool);
}

static uint32_t band_edge(int b)
{
  const float erb =
      fiq_hz_to_erb(60.0f) + (fiq_hz_to_erb(16000.0f) - fiq_hz_to_erb(60.0f)) * (float)b / BANDS;
  const uint32_t edge = (uint32_t)((double)fiq_erb_to_hz(erb) * WINDOW / fs);
  return edge > (uint32_t)b + 1 ? edge : (uint32_t)b + 1;
}

static void extract_bands(Extraction* self, double total)
{
  for (int b = 0; b < BANDS; ++b) {
    double power = 0.0;
    double re    = 0.0;
    double im    = 0.0;
    for (uint32_t k = band_edge(b); k < band_edge(b + 1); ++k) {
      const double advance = self->phase[k] - self->last_phase[k];
      power += self->power[k];
      re += self->power[k] * cos(advance);
      im += self->power[k] * sin(advance);
    }
    self->share[b]    = (float)(power / total);
    self->velocity[b] = (float)atan2(im, re);
  }
}

static FiqAdaptiveFeatures extract(Extraction* self, const float* x)
{
  double square = 0.0;
  for (int i = 0; i < WINDOW; ++i) {
    self->frame[i] = (float)((double)x[i] * (0.5 - 0.5 * cos(2.0 * pi * i / WINDOW)));
    square += (double)x[i] * (double)x[i] / WINDOW;
  }
  fiq_fft_forward(&self->fft, self->frame, self->bin);
  double total = 1e-20;
  double last  = 1e-20;
  for (int k = 1; k < BINS; ++k) {
    const double re = (double)self->bin[k].re;
    const double im = (double)self->bin[k].im;
    self->power[k]  = re * re + im * im;
    self->phase[k]  = atan2(im, re);
    total += self->power[k];
    last += self->last_power[k];
  }
  double logs    = 0.0;
  double entropy = 0.0;
  double flux    = 0.0;
  double steady  = 0.0;
  for (int k = 1; k < BINS; ++k) {
    const double p       = self->power[k] / total;
    const double advance = self->phase[k] - self->last_phase[k];
    logs += log(self->power[k] + 1e-9 * total / BINS) / (BINS - 1);
    entropy -= p > 1e-30 ? p * log(p) / log(BINS - 1.0) : 0.0;
    flux += 0.5 * fabs(p - self->last_power[k] / last);
    steady += p * cos(advance - self->last_advance[k]);
    self->last_advance[k] = advance;
  }
  extract_bands(self, total);
  memcpy(self->last_power, self->power, sizeof self->power);
  memcpy(self->last_phase, self->phase, sizeof self->phase);
  const FiqAdaptiveFeatures features = {.rms_db   = (float)support_db(sqrt(square)),
                                        .flatness = (float)(exp(logs) / (total / (BINS - 1))),
                                        .entropy  = (float)entropy,
                                        .flux     = (float)fmin(1.0, flux),
                                        .phase_increment_variance = (float)fmin(1.0, 1.0 - steady),
                                        .band_share               = self->share,
                                        .band_velocity            = self->velocity,
                                        .n_bands                  = BANDS};
  return features;
}

typedef enum { CHORD, PAD, DRUMS, LOOP, SILENCE } Sound;

static const char* const names[] = {"chord", "pad with vibrato", "noise bursts", "kick, snare, hat",
                                    "silence"};

/// A chord of four harmonic tones; the pad's beat and waver.
static double chord_at(double t, bool pad)
{
  static const double notes[4] = {130.81, 261.63, 329.63, 392.0};
  double              sum      = 0.0;
  for (int i = 0; i < 4; ++i) {
    for (int h = 1; h <= 12; ++h) {
      const double waver = pad ? 0.4 * sin(2.0 * pi * 5.0 * t + i) : 0.0;
      sum += sin(h * (2.0 * pi * notes[i] * t + waver) + 0.7 * h * i) / h;
      sum += pad ? sin(h * 2.0 * pi * notes[i] * 1.003 * t) / h : 0.0;
    }
  }
  return 0.05 * sum;
}

/// Eight to the second: kick, hat, snare, hat.
static double loop_at(double t, double noise)
{
  const int    beat = (int)(t * 8.0) % 4;
  const double at   = t - floor(t * 8.0) / 8.0;
  if (beat == 0) {
    return 0.8 * exp(-18.0 * at) * sin(2.0 * pi * (55.0 * at + 6.0 * (1.0 - exp(-30.0 * at))));
  }
  if (beat == 2) {
    return exp(-25.0 * at) * (0.4 * noise + 0.3 * sin(2.0 * pi * 190.0 * at));
  }
  return 0.25 * exp(-60.0 * at) * noise;
}

static void render(Sound sound, float* x, size_t n, uint64_t seed)
{
  FiqRandom random;
  fiq_random_init(&random, seed, 0);
  for (size_t i = 0; i < n; ++i) {
    const double t     = (double)i / fs;
    const double noise = (double)fiq_random_normal(&random);
    const double burst = 0.3 * noise * exp(-20.0 * fmod(t, 0.25));
    x[i]               = (float)(sound == SILENCE ? 0.0
                                 : sound == DRUMS ? burst
                                 : sound == LOOP  ? loop_at(t, noise)
                                                  : chord_at(t, sound == PAD));
  }
}

/// Judge `x`, running the audio along; returns how often the choice changed and the share at the
/// end.
static int judge(Bench* bench, const float* x, size_t n, float* low, float* high)
{
  static Extraction extraction;
  extraction_init(&extraction);
  float* planes  = support_floats(HOP);
  int    changes = 0;
  *low           = 1.0f;
  *high          = 0.0f;
  for (size_t at = 0; at + WINDOW <= n; at += HOP) {
    const bool                before   = bench->realm.is_spectral;
    const FiqAdaptiveFeatures features = extract(&extraction, x + at);
    fiq_realm_adaptive_frame(&bench->realm, &features);
    const float* const in[2]  = {x + at, x + at};
    float* const       out[2] = {planes, planes};
    fiq_realm_adaptive_process(&bench->realm, in, in, out, NULL, NULL, NULL, HOP);
    changes += before != bench->realm.is_spectral;
    if (at > n / 2) {
      *low  = fminf(*low, bench->realm.tonality);
      *high = fmaxf(*high, bench->realm.tonality);
    }
  }
  free(planes);
  extraction_free(&extraction);
  return changes;
}

static void test_drums_go_temporal_chords_spectral_and_silence_holds(void** state)
{
  (void)state;
  const Sound  order[] = {CHORD, DRUMS, PAD, SILENCE, LOOP, SILENCE, CHORD, LOOP, PAD, DRUMS};
  const size_t n       = (size_t)(2.0 * fs);
  float*       x       = support_floats(n);
  Bench        bench   = bench_new(BANDS);
  float        held    = 0.0f;
  for (int i = 0; i < 10; ++i) {
    float low  = 0.0f;
    float high = 0.0f;
    render(order[i], x, n, 100 + (uint64_t)i);
    const int   changes = judge(&bench, x, n, &low, &high);
    const float share   = fiq_realm_adaptive_share(&bench.realm);
    print_message("%-17s tonality %.2f..%.2f, share %.1f, %d change(s)\n", names[order[i]],
                  (double)low, (double)high, (double)share, changes);
    const float wanted = order[i] == SILENCE                    ? held
                         : order[i] == CHORD || order[i] == PAD ? 1.0f
                                                                : 0.0f;
    assert_true(fabsf(share - wanted) < 1e-6f);
    // One decision a sound, at most: no flutter.
    assert_true(changes <= 1);
    held = share;
  }
  free(x);
  support_arena_free(&bench.arena);
}

/// Frames of audio between the changes of choice, the least, while features go from one extreme to the
/// other every `period` frames of features; `n_changes` counts them.
static double least_stand(double rate_hz, uint32_t hop_frames, int period, int* n_changes)
{
  static const FiqAdaptiveFeatures extremes[2]        = {{.rms_db                   = -60.0f,
                                                          .flatness                 = 1.0f,
                                                          .entropy                  = 1.0f,
                                                          .flux                     = 1.0f,
                                                          .phase_increment_variance = 1.0f},
                                                         {.rms_db = 0.0f}};
  const FiqRealmAdaptiveConfig     config             = {rate_hz, hop_frames, BANDS};
  const float                      share[2][BANDS]    = {{0.0f}, {1.0f}};
  const float                      velocity[2][BANDS] = {{0.0f}, {0.0f}};
  FiqRealmAdaptive                 realm;
  FiqArena                         arena = support_arena(4096);
  assert_int_equal(fiq_realm_adaptive_init(&realm, &arena, &config), FIQ_OK);
  double    least  = HUGE_VAL;
  int       last   = -1;
  const int frames = (int)(20.0 * rate_hz / hop_frames);
  *n_changes       = 0;
  for (int i = 0; i < frames; ++i) {
    const int           which    = (i / period) % 2;
    const bool          before   = realm.is_spectral;
    FiqAdaptiveFeatures features = extremes[which];
    features.band_share          = share[which];
    features.band_velocity       = velocity[which];
    features.n_bands             = BANDS;
    fiq_realm_adaptive_frame(&realm, &features);
    if (before != realm.is_spectral) {
      least = last < 0 ? least : fmin(least, (double)(i - last) * hop_frames);
      last  = i;
      ++*n_changes;
    }
  }
  support_arena_free(&arena);
  return least;
}

static void test_a_choice_stands_as_long_as_the_hysteresis_states(void** state)
{
  (void)state;
  static const double rates_hz[] = {8000.0, 48000.0, 384000.0};
  for (int r = 0; r < 3; ++r) {
    for (uint32_t hop_frames = 64; hop_frames <= 2048; hop_frames *= 8) {
      const double frames_a_second = rates_hz[r] / hop_frames;
      int          most            = 0;
      double       least_s         = HUGE_VAL;
      for (double period_s = 0.05; period_s < 6.0; period_s *= 1.3) {
        const int    period    = (int)fmax(1.0, period_s * frames_a_second);
        int          n_changes = 0;
        const double frames    = least_stand(rates_hz[r], hop_frames, period, &n_changes);
        least_s                = fmin(least_s, frames / rates_hz[r]);
        most                   = n_changes > most ? n_changes : most;
      }
      print_message("%.0f Hz, hop %u: up to %d changes in 20 s, %.3f s apart at least\n",
                    rates_hz[r], hop_frames, most, least_s);
      // A frame more or less is rounding.
      assert_true(least_s >= FIQ_ADAPTIVE_HOLD_S - 1.0 / frames_a_second);
      assert_true(most >= 4);
    }
  }
}

/// Choose a path outright.
static void choose(Bench* bench, bool spectral)
{
  bench->realm.is_spectral = spectral;
}

/// Largest deviation of the level in 10 ms windows over two fades, in dB, for paths of
/// correlation `rho`.
static double fade_bump(double rho, bool tonal, double* plain)
{
  const size_t n     = 48000;
  float*       a     = support_floats(n);
  float*       b     = support_floats(n);
  float*       out   = support_floats(n);
  float*       end   = support_floats(n);
  Bench        bench = bench_new(BANDS);
  support_noise(a, n, 0.5, 20);
  support_noise(b, n, 0.5, 21);
  if (tonal) {
    support_sine(a, n, 440.0, fs, 0.5, 0.0);
    support_sine(b, n, 440.0, fs, 0.5, pi / 2.0);
  }
  for (size_t i = 0; i < n; ++i) {
    b[i] = (float)(rho * (double)a[i] + sqrt(1.0 - rho * rho) * (double)b[i]);
  }
  for (size_t at = 0; at < n; at += 480) {
    const float* const as[2]   = {a + at, a + at};
    const float* const bs[2]   = {b + at, b + at};
    float* const       outs[2] = {end, out + at};
    choose(&bench, at >= 12000 && at < 30000);
    fiq_realm_adaptive_process(&bench.realm, as, bs, outs, NULL, NULL, NULL, 480);
  }
  // Level of the whole fade (50 ms from 12000 and from 30000) against the same stretch of the
  // paths.
  double       worst   = 0.0;
  const size_t spots[] = {12240, 30240};
  for (int s = 0; s < 2; ++s) {
    const double here = support_rms(out + spots[s], 1920);
    const double was  = sqrt(0.5 * pow(support_rms(a + spots[s], 1920), 2.0) +
                             0.5 * pow(support_rms(b + spots[s], 1920), 2.0));
    worst             = fmax(worst, fabs(support_db(here / was)));
  }
  *plain = 10.0 * log10(1.0 + rho);
  free(a);
  free(b);
  free(out);
  free(end);
  support_arena_free(&bench.arena);
  return worst;
}

static void test_a_fade_keeps_the_loudness_whatever_the_correlation(void** state)
{
  (void)state;
  const double rhos[] = {1.0, 0.9, 0.5, 0.0, -0.5};
  for (int tonal = 0; tonal < 2; ++tonal) {
    for (int i = 0; i < 5; ++i) {
      double       plain = 0.0;
      const double bump  = fade_bump(rhos[i], tonal != 0, &plain);
      print_message("%s, correlation %+.1f: %.2f dB mid-fade (equal power alone %+.2f dB)\n",
                    tonal ? "tone" : "noise", rhos[i], bump, plain);
      assert_true(bump < 0.5);
    }
  }
}

static void test_identical_paths_pass_unchanged_through_a_fade(void** state)
{
  (void)state;
  const size_t n     = 9600;
  float*       x     = support_floats(n);
  float*       out   = support_floats(n);
  Bench        bench = bench_new(4);
  support_noise(x, n, 0.5, 30);
  for (size_t at = 0; at < n; at += 100) {
    const float* const in[2]   = {x + at, x + at};
    float* const       outs[2] = {out + at, out + at};
    choose(&bench, at >= 4800);
    fiq_realm_adaptive_process(&bench.realm, in, in, outs, NULL, NULL, NULL, 100);
  }
  double worst = 0.0;
  for (size_t i = 0; i < n; ++i) {
    worst = fmax(worst, fabs((double)out[i] - (double)x[i]) / 0.5);
  }
  print_message("identical paths: largest error %.1f dB\n", support_db(worst));
  assert_true(support_db(worst) < -60.0);
  free(x);
  free(out);
  support_arena_free(&bench.arena);
}

static void test_the_ends_are_the_paths_themselves(void** state)
{
  (void)state;
  const size_t n     = 9600;
  float*       a     = support_floats(n);
  float*       b     = support_floats(n);
  float*       out   = support_floats(n);
  Bench        bench = bench_new(4);
  support_noise(a, n, 0.5, 31);
  support_noise(b, n, 0.5, 32);
  const float* const as[2]   = {a, a};
  const float* const bs[2]   = {b, b};
  float* const       outs[2] = {out, out};
  fiq_realm_adaptive_process(&bench.realm, as, bs, outs, NULL, NULL, NULL, (uint32_t)n);
  assert_memory_equal(out, a, n * sizeof(float));
  choose(&bench, true);
  fiq_realm_adaptive_process(&bench.realm, as, bs, outs, NULL, NULL, NULL, (uint32_t)n);
  assert_memory_equal(out + 2401, b + 2401, (n - 2401) * sizeof(float));
  assert_true(fabsf(fiq_realm_adaptive_share(&bench.realm) - 1.0f) < 1e-9f);
  free(a);
  free(b);
  free(out);
  support_arena_free(&bench.arena);
}

static void test_block_cutting_in_place_and_q_do_not_matter(void** state)
{
  (void)state;
  const size_t n      = 6000;
  float*       a      = support_floats(n);
  float*       b      = support_floats(n);
  float*       whole  = support_floats(n);
  float*       i_out  = support_floats(n);
  float*       q_out  = support_floats(n);
  Bench        first  = bench_new(4);
  Bench        second = bench_new(4);
  support_noise(a, n, 0.5, 41);
  support_noise(b, n, 0.5, 42);
  choose(&first, true);
  choose(&second, true);
  const float* const as[2]     = {a, a};
  const float* const bs[2]     = {b, b};
  float* const       wholes[2] = {whole, whole};
  fiq_realm_adaptive_process(&first.realm, as, bs, wholes, NULL, NULL, NULL, (uint32_t)n);
  memcpy(i_out, a, n * sizeof(float));
  memcpy(q_out, a, n * sizeof(float));
  for (size_t at = 0; at < n;) {
    size_t chunk = 1 + at % 37;
    chunk        = chunk < n - at ? chunk : n - at;

    const float* const ia[2] = {a + at, i_out + at};
    const float* const qa[2] = {a + at, q_out + at};
    const float* const bb[2] = {b + at, b + at};
    float              left[64];
    float              q_left[64];
    float* const       io[2] = {left, i_out + at};
    float* const       qo[2] = {q_left, q_out + at};
    fiq_realm_adaptive_process(&second.realm, ia, bb, io, qa, bb, qo, (uint32_t)chunk);
    at += chunk;
  }
  assert_memory_equal(whole, i_out, n * sizeof(float));
  assert_memory_equal(whole, q_out, n * sizeof(float));
  free(a);
  free(b);
  free(whole);
  free(i_out);
  free(q_out);
  support_arena_free(&first.arena);
  support_arena_free(&second.arena);
}

static void test_time_mix_state_follows_its_recurrence(void** state)
{
  (void)state;
  Bench                     bench    = bench_new(2);
  const float               share[2] = {0.75f, 0.25f};
  float                     velocity[2];
  const FiqAdaptiveFeatures features = {-20.0f, 0.1f, 0.5f, 0.1f, 0.1f, share, velocity, 2};
  double                    re[2]    = {0.0, 0.0};
  double                    im[2]    = {0.0, 0.0};
  const double              decay    = exp(-HOP / fs / 0.4);
  for (int t = 0; t < 100; ++t) {
    for (int b = 0; b < 2; ++b) {
      velocity[b] = (float)(b ? 0.3 : 2.0 * t);
      re[b]       = decay * re[b] + (double)share[b] * cos((double)velocity[b]);
      im[b]       = decay * im[b] + (double)share[b] * sin((double)velocity[b]);
    }
    fiq_realm_adaptive_frame(&bench.realm, &features);
  }
  for (int b = 0; b < 2; ++b) {
    assert_true(fabs((double)bench.realm.wkv[b].re - re[b]) < 1e-4);
    assert_true(fabs((double)bench.realm.wkv[b].im - im[b]) < 1e-4);
  }
  support_arena_free(&bench.arena);
}

static void test_reset_equals_fresh_init_and_silence_stays_silence(void** state)
{
  (void)state;
  const size_t n     = 24000;
  float*       x     = support_floats(n);
  Bench        used  = bench_new(BANDS);
  Bench        fresh = bench_new(BANDS);
  float        low   = 0.0f;
  float        high  = 0.0f;
  render(CHORD, x, n, 1);
  (void)judge(&used, x, n, &low, &high);
  fiq_realm_adaptive_reset(&used.realm);
  (void)judge(&used, x, n, &low, &high);
  (void)judge(&fresh, x, n, &low, &high);
  assert_memory_equal(used.realm.wkv, fresh.realm.wkv, BANDS * sizeof(FiqComplex));
  assert_memory_equal(&used.realm.tonality, &fresh.realm.tonality, sizeof(float));
  memset(x, 0, n * sizeof(float));
  const float* const in[2]  = {x, x};
  float* const       out[2] = {x, x};
  choose(&fresh, false);
  fiq_realm_adaptive_process(&fresh.realm, in, in, out, NULL, NULL, NULL, (uint32_t)n);
  assert_true(support_peak(x, n) <= 0.0);
  free(x);
  support_arena_free(&used.arena);
  support_arena_free(&fresh.arena);
}

static void test_too_small_an_arena_and_bad_configs_are_refused(void** state)
{
  (void)state;
  FiqRealmAdaptive             realm;
  FiqArena                     ruler;
  const FiqRealmAdaptiveConfig config = {fs, HOP, 40};
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_realm_adaptive_init(&realm, &ruler, &config), FIQ_NO_MEMORY);
  for (size_t size = 0; size <= ruler.used_bytes; size += 64) {
    FiqArena        arena  = support_arena(size);
    const FiqStatus status = fiq_realm_adaptive_init(&realm, &arena, &config);
    assert_int_equal(status, size < ruler.used_bytes ? FIQ_NO_MEMORY : FIQ_OK);
    support_arena_free(&arena);
  }
  const FiqRealmAdaptiveConfig bad[] = {
      {7999.0, HOP, 4}, {384001.0, HOP, 4}, {fs, 0, 4}, {fs, HOP, 0}, {fs, HOP, 65}};
  for (int i = 0; i < 5; ++i) {
    fiq_arena_init(&ruler, NULL, 0);
    assert_int_equal(fiq_realm_adaptive_init(&realm, &ruler, &bad[i]), FIQ_BAD_ARGUMENT);
  }
}

static void test_cost_of_the_fade(void** state)
{
  (void)state;
  const size_t n     = 48000;
  float*       x     = support_floats(n);
  float*       out   = support_floats(n);
  Bench        bench = bench_new(4);
  double       best  = 1e9;
  support_noise(x, n, 0.5, 51);
  for (int round = 0; round < 10; ++round) {
    const float* const in[2]   = {x, x};
    float* const       outs[2] = {out, out};
    const clock_t      start   = clock();
    fiq_realm_adaptive_process(&bench.realm, in, in, outs, NULL, NULL, NULL, (uint32_t)n);
    best = fmin(best, 1e9 * (double)(clock() - start) / CLOCKS_PER_SEC / (double)n);
  }
  print_message("%.1f ns a stereo frame at rest\n", best);
  assert_true(best < 1000.0);
  free(x);
  free(out);
  support_arena_free(&bench.arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_drums_go_temporal_chords_spectral_and_silence_holds),
      cmocka_unit_test(test_a_choice_stands_as_long_as_the_hysteresis_states),
      cmocka_unit_test(test_a_fade_keeps_the_loudness_whatever_the_correlation),
      cmocka_unit_test(test_identical_paths_pass_unchanged_through_a_fade),
      cmocka_unit_test(test_the_ends_are_the_paths_themselves),
      cmocka_unit_test(test_block_cutting_in_place_and_q_do_not_matter),
      cmocka_unit_test(test_time_mix_state_follows_its_recurrence),
      cmocka_unit_test(test_reset_equals_fresh_init_and_silence_stays_silence),
      cmocka_unit_test(test_too_small_an_arena_and_bad_configs_are_refused),
      cmocka_unit_test(test_cost_of_the_fade),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
