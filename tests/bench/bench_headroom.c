// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: how much headroom learned phases give on real sounds, against the best constant rotation.
// Method: every file is rotated by 0, 5 .. 175 degrees through the Hilbert transformer, and learned
// from with 24 and with 48 bands; then phases learned from some hits of a drum are played on other
// hits of it, by the realm itself; then five seconds of stereo are learned from against the clock.
// Use: bench_headroom [unheard | window_frames [file ...]]; unheard: only the drums, at the default settings.
// Fails if kick or snare gain less than is required on hits that were not learned from.
// Sounds: Debian's hydrogen-data, alsa-utils and lmms-common; what is not installed is left out.
#include "dsp/base/maths.h"
#include "dsp/learn/learner.h"
#include "dsp/realm/spectral.h"
#include "dsp/transform/field.h"
#include "tests/support/recording.h"
#include "tests/support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KIT "/usr/share/hydrogen/data/drumkits/GMRockKit/"
#define ALSA "/usr/share/sounds/alsa/"
#define LMMS "/usr/share/lmms/samples/"

enum { FILES_MAX = 256, CONTROL = 32, SECONDS_MAX = 30, PATH_SIZE = 256 };

static const char* const default_files[] = {KIT "Bell-Hard.wav",
                                            KIT "Cowbell-Hard.wav",
                                            KIT "Crash-Hard.wav",
                                            KIT "HandClap.wav",
                                            KIT "HatClosed-Hard.wav",
                                            KIT "HatOpen-Hard.wav",
                                            KIT "HatPedal-Hard.wav",
                                            KIT "HatSemiOpen-Hard.wav",
                                            KIT "Kick-Hard.wav",
                                            KIT "Ride-Hard.wav",
                                            KIT "SideStick-Hard.wav",
                                            KIT "Snare-Hard.wav",
                                            KIT "SnareRimshot-Hard.wav",
                                            KIT "Splash-Hard.wav",
                                            KIT "Tom1-Hard.wav",
                                            KIT "Tom2-Hard.wav",
                                            KIT "TomFloor-Hard.wav",
                                            ALSA "Front_Center.wav",
                                            ALSA "Front_Left.wav",
                                            ALSA "Front_Right.wav",
                                            ALSA "Rear_Center.wav",
                                            ALSA "Rear_Left.wav",
                                            ALSA "Rear_Right.wav",
                                            ALSA "Side_Left.wav",
                                            ALSA "Side_Right.wav",
                                            LMMS "basses/bass01.ogg",
                                            LMMS "basses/bass_acid01.ogg",
                                            LMMS "basses/bass_acid02.ogg",
                                            LMMS "basses/bass_hard01.ogg",
                                            LMMS "basses/bass_hard02.ogg",
                                            LMMS "basses/bass_punch01.ogg",
                                            LMMS "basses/horror_bass01.ogg",
                                            LMMS "basses/matrix1000_pluck01.ogg",
                                            LMMS "basses/rave_bass01.ogg",
                                            LMMS "basses/rave_bass02.ogg",
                                            LMMS "basses/rave_bass03.ogg",
                                            LMMS "basses/rave_bass04.ogg",
                                            LMMS "basses/synth_acid01.ogg",
                                            LMMS "basses/synth_acid02.ogg",
                                            LMMS "basses/techno_synth01.ogg",
                                            LMMS "bassloops/briff01.ogg",
                                            LMMS "bassloops/rave_bass01.ogg",
                                            LMMS "bassloops/rave_bass02.ogg",
                                            LMMS "bassloops/tb303_01.ogg",
                                            LMMS "bassloops/techno_bass01.ogg",
                                            LMMS "bassloops/techno_bass02.ogg",
                                            LMMS "bassloops/techno_synth01.ogg",
                                            LMMS "bassloops/techno_synth02.ogg",
                                            LMMS "bassloops/techno_synth03.ogg",
                                            LMMS "bassloops/techno_synth04.ogg",
                                            LMMS "beats/909beat01.ogg",
                                            LMMS "beats/break01.ogg",
                                            LMMS "beats/break02.ogg",
                                            LMMS "beats/break03.ogg",
                                            LMMS "beats/electro_beat01.ogg",
                                            LMMS "beats/electro_beat02.ogg",
                                            LMMS "beats/house_loop01.ogg",
                                            LMMS "beats/jungle01.ogg",
                                            LMMS "beats/rave_hihat01.ogg",
                                            LMMS "beats/rave_hihat02.ogg",
                                            LMMS "beats/rave_kick01.ogg",
                                            LMMS "beats/rave_kick02.ogg",
                                            LMMS "beats/rave_snare01.ogg"};

typedef struct {
  float*   plane[2];
  uint32_t n;
  double   rate_hz;
} Sound;

/// Peak over rms of both planes.
static double crest_db(float* const plane[2], size_t n, size_t n_rms)
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

/// Append a file to `sound` (all of the same rate), then `gap` frames of silence; false if there is
/// none.
static bool append(Sound* sound, const char* path, uint32_t gap)
{
  Recording recording;
  if (!recording_read(&recording, path, SECONDS_MAX)) {
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

static void sound_free(Sound* sound)
{
  free(sound->plane[0]);
  free(sound->plane[1]);
  *sound = (Sound){.n = 0};
}

/// Crest gained by the best of 36 constant rotations.
static double rotation_gain_db(const Sound* sound)
{
  FiqFftPool pool;
  FiqHilbert hilbert;
  FiqArena   arena;
  float*     i_plane[2];
  float*     q_plane[2];
  float*     turned[2];
  fiq_fft_pool_init(&pool);
  fiq_arena_init(&arena, NULL, 0);
  (void)fiq_hilbert_init(&hilbert, &arena, &pool, sound->rate_hz);
  arena = support_arena(arena.used_bytes);
  assert_int_equal(fiq_hilbert_init(&hilbert, &arena, &pool, sound->rate_hz), FIQ_OK);
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
    best = fmin(best, crest_db(turned, n, sound->n));
  }
  for (int c = 0; c < 2; ++c) {
    free(i_plane[c]);
    free(q_plane[c]);
    free(turned[c]);
  }
  fiq_fft_pool_free(&pool);
  support_arena_free(&arena);
  return crest_db(sound->plane, sound->n, sound->n) - best;
}

typedef struct {
  FiqLearned learned;
  double     cpu_s;
  double     slice_s;  ///< the longest
  double     slices;   ///< how many
  double     slice_99; ///< share of slices below 2 ms
  double     size_mb;
  double     ripple_db; ///< of the magnitude response, rms over log frequency, 40 Hz..18 kHz
  double     worst_db;
} Outcome;

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

static Outcome learn(const Sound* sound, const Sound* side, FiqLearnObjective objective,
                     uint32_t window, uint32_t n_bands)
{
  const FiqLearnerConfig config  = {sound->rate_hz, window, n_bands, sound->n, 1};
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
  fiq_learner_begin(learner, objective, &audio);
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
  fiq_fft_pool_free(&pool);
  support_arena_free(&arena);
  free(learner);
  return outcome;
}

/// Crest gained by `learned` when the realm plays it on `sound`.
static double played_gain_db(const Sound* sound, const FiqLearned* learned, uint32_t window,
                             uint32_t n_bands)
{
  const FiqRealmSpectralConfig config = {.sample_rate_hz = sound->rate_hz,
                                         .window_frames  = window,
                                         .n_neurons      = n_bands,
                                         .control_frames = CONTROL};
  const uint32_t               n      = (sound->n + 2 * window + CONTROL) / CONTROL * CONTROL;
  FiqRealmSpectral*            realm  = calloc(1, sizeof *realm);
  FiqBassAllpass               bass;
  const FiqRealmSpectralParams params                 = {.amount = 1.0f};
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
  const double gain_db = crest_db(sound->plane, sound->n, sound->n) - crest_db(plane, n, sound->n);
  free(plane[0]);
  free(plane[1]);
  free(realm);
  fiq_fft_pool_free(&pool);
  support_arena_free(&arena);
  return gain_db;
}

static int compare_doubles(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static double median(double* x, size_t n)
{
  qsort(x, n, sizeof(double), compare_doubles);
  return n ? 0.5 * (x[(n - 1) / 2] + x[n / 2]) : 0.0;
}

static void bench_files(const char* const* files, size_t n_files, uint32_t window)
{
  static double rotated[FILES_MAX];
  static double with_24[FILES_MAX];
  static double with_48[FILES_MAX];
  double        short_of = HUGE_VAL;
  double        ripple   = 0.0;
  double        worst    = 0.0;
  double        level    = 0.0;
  size_t        n        = 0;
  printf("%-26s %6s %7s %9s %7s %7s %13s %6s %4s\n", "crest, dB", "s", "before", "rotation", "24",
         "48", "ripple 24", "cpu s", "bass");
  for (size_t i = 0; i < n_files && n < FILES_MAX; ++i) {
    Sound sound = {.n = 0};
    if (!append(&sound, files[i], 0) || sound.n < 1000) {
      continue;
    }
    const double  crest = crest_db(sound.plane, sound.n, sound.n);
    const Outcome few   = learn(&sound, NULL, FIQ_LEARN_HEADROOM, window, 24);
    const Outcome many  = learn(&sound, NULL, FIQ_LEARN_HEADROOM, window, 48);
    rotated[n]          = rotation_gain_db(&sound);
    // Played by the realm itself, not as the learner has it.
    with_24[n]       = played_gain_db(&sound, &few.learned, window, 24);
    with_48[n]       = played_gain_db(&sound, &many.learned, window, 48);
    level            = fmax(level, fabs(with_24[n] - (double)few.learned.gain_db));
    short_of         = fmin(short_of, with_24[n] - rotated[n]);
    ripple           = fmax(ripple, fmax(few.ripple_db, many.ripple_db));
    worst            = fmax(worst, fmax(few.worst_db, many.worst_db));
    const char* name = strrchr(files[i], '/');
    printf("%-26s %6.1f %7.2f %9.2f %7.2f %7.2f %6.3f/%6.2f %6.2f %4.0f\n",
           name ? name + 1 : files[i], sound.n / sound.rate_hz, crest, rotated[n], with_24[n],
           with_48[n], few.ripple_db, few.worst_db, few.cpu_s, (double)few.learned.bass_hz);
    fflush(stdout);
    ++n;
    sound_free(&sound);
  }
  const double by_rotation = median(rotated, n);
  const double by_24       = median(with_24, n);
  printf("%zu files, medians: rotation %.2f dB, 24 bands %.2f dB (%.1f times), 48 bands %.2f dB\n",
         n, by_rotation, by_24, by_24 / by_rotation, median(with_48, n));
  printf("least of 24 bands above rotation %.2f dB; claim and realm differ by %.3f dB at most; "
         "ripple %.3f dB rms, %.2f dB worst\n",
         short_of, level, ripple, worst);
}

typedef struct {
  const char* name;
  double      required_db; ///< on hits that were not heard, at the default settings
} Drum;

static const Drum drums[] = {{"Kick", 4.2},       {"Snare", 1.2},      {"SnareRimshot", -HUGE_VAL},
                             {"Tom1", -HUGE_VAL}, {"Tom2", -HUGE_VAL}, {"TomFloor", -HUGE_VAL}};

/// Learned on the Hard and Med hits of a drum, the least of what it gains on Hardest and Soft; -HUGE_VAL if one of
/// them is missing.
static double unheard_gain_db(const char* drum, uint32_t window, uint32_t n_bands)
{
  static const char* const hits[]  = {"Hard", "Med", "Hardest", "Soft"};
  Sound                    heard   = {.n = 0};
  double                   gain[2] = {-HUGE_VAL, -HUGE_VAL};
  char                     path[PATH_SIZE];
  bool                     is_there = true;
  for (int h = 0; h < 2; ++h) {
    (void)snprintf(path, sizeof path, KIT "%s-%s.wav", drum, hits[h]);
    is_there = append(&heard, path, 4096) && is_there;
  }
  if (!is_there) {
    printf("%-14s is missing (hydrogen-data)\n", drum);
    sound_free(&heard);
    return -HUGE_VAL;
  }
  const Outcome outcome = learn(&heard, NULL, FIQ_LEARN_HEADROOM, window, n_bands);
  for (int h = 0; h < 2; ++h) {
    Sound other = {.n = 0};
    (void)snprintf(path, sizeof path, KIT "%s-%s.wav", drum, hits[2 + h]);
    if (append(&other, path, 0)) {
      gain[h] = played_gain_db(&other, &outcome.learned, window, n_bands);
    }
    sound_free(&other);
  }
  printf("%-14s %6.2f %6.2f %6.2f dB, bass turned at %.0f Hz\n", drum,
         (double)outcome.learned.gain_db, gain[0], gain[1], (double)outcome.learned.bass_hz);
  sound_free(&heard);
  return fmin(gain[0], gain[1]);
}

/// Whether all drums gain what is required at the default settings; others are printed only.
static bool bench_unheard(uint32_t window, uint32_t n_bands)
{
  const bool is_default = window == 2048 && n_bands == 24;
  bool       is_enough  = true;
  printf("learned on Hard and Med, window %u, %u bands: gain there, on Hardest, on Soft\n", window,
         n_bands);
  for (size_t d = 0; d < sizeof drums / sizeof drums[0]; ++d) {
    const double gain_db = unheard_gain_db(drums[d].name, window, n_bands);
    is_enough            = is_enough && (!is_default || gain_db >= drums[d].required_db);
  }
  return is_enough;
}

static void bench_time(uint32_t window)
{
  static const char* const names[] = {"headroom", "mono", "align"};
  Sound                    sound   = {.rate_hz = 48000.0, .n = 240000};
  for (int c = 0; c < 2; ++c) {
    sound.plane[c] = support_floats(sound.n);
    support_noise(sound.plane[c], sound.n, 0.5, 3 + (uint64_t)c);
    for (uint32_t i = 1; i < sound.n; ++i) {
      const float swell = expf(-(float)(i % 20000) / 6000.0f);
      sound.plane[c][i] = 0.9f * sound.plane[c][i - 1] + 0.2f * sound.plane[c][i] * swell;
    }
  }
  for (int objective = 0; objective < 3; ++objective) {
    for (uint32_t n_bands = 24; n_bands <= 48; n_bands += 24) {
      const Outcome outcome = learn(&sound, &sound, (FiqLearnObjective)objective, window, n_bands);
      printf("%-9s 5 s stereo, %u bands: %.2f s of cpu, %.0f slices, %.2f %% below 2 ms, longest "
             "%.2f ms, %.1f MB\n",
             names[objective], n_bands, outcome.cpu_s, outcome.slices, 100.0 * outcome.slice_99,
             outcome.slice_s * 1e3, outcome.size_mb);
    }
  }
  sound_free(&sound);
}

int main(int argc, char** argv)
{
  if (argc == 2 && strcmp(argv[1], "unheard") == 0) {
    return bench_unheard(2048, 24) ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  const uint32_t window = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 2048;
  bench_time(window);
  const bool is_enough = bench_unheard(window, 24);
  (void)bench_unheard(window, 48);
  if (argc > 2) {
    bench_files((const char* const*)argv + 2, (size_t)argc - 2, window);
  } else {
    bench_files(default_files, sizeof default_files / sizeof default_files[0], window);
  }
  return is_enough ? EXIT_SUCCESS : EXIT_FAILURE;
}
