// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: how much headroom the plugin gives on real sounds when it may hear them first, against the
   best constant rotation of phase; and that what it learned does no harm to what it has not heard.
   Method: every file passes the plugin twice, freewheeling: once to be learned from, once to be
   played with what was learned. Crest factors are taken over the whole output,
   what rings before and after the sound included; rotations by 0, 5 .. 175 degrees through the Hilbert
   transformer. Loops and spoken phrases are then learned from by their first half alone, and their
   second half is played on: crest and peak against the untouched second half.
   Use: bench_learning [file ...]; FIQ_PLUGIN chooses the binary. Without files the sounds of Debian's
   hydrogen-data, alsa-utils and lmms-common are taken; files given are taken for both.
   Fails if a file ends more than 0.2 dB worse than its best rotation, or a second half more than 0.2 dB
   above untouched.
*/
#include "dsp/base/maths.h"
#include "dsp/transform/field.h"
#include "tests/support/fixture.h"
#include "tests/support/recording.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 512, SECONDS_MAX = 30, FILES_MAX = 512, PAD = 8192 };

static const char* const sounds[] = {"/usr/share/hydrogen/data/drumkits/GMRockKit/*-Hard.wav",
                                     "/usr/share/hydrogen/data/drumkits/GMRockKit/HandClap.wav",
                                     "/usr/share/sounds/alsa/[FRS]*_*.wav",
                                     "/usr/share/lmms/samples/bass*/*.ogg",
                                     "/usr/share/lmms/samples/beats/*.ogg",
                                     NULL};

static const char* const halves[] = {"/usr/share/lmms/samples/beats/*.ogg",
                                     "/usr/share/lmms/samples/bassloops/*.ogg",
                                     "/usr/share/sounds/alsa/[FRS]*_*.wav", NULL};

static const double harm_db = 0.2; ///< what counts as worse

typedef struct {
  FixtureAudio audio; ///< [PAD + n + PAD]
  size_t       n;
  double       rate_hz;
} Sound;

static bool load(Sound* sound, const char* path)
{
  Recording recording;
  if (!recording_read(&recording, path, SECONDS_MAX)) {
    return false;
  }
  sound->n       = recording.n;
  sound->rate_hz = recording.rate_hz;
  sound->audio   = fixture_audio(sound->n + 2 * PAD);
  for (size_t c = 0; c < 2; ++c) {
    memcpy(sound->audio.plane[c] + PAD, recording.plane[c], sound->n * sizeof(float));
  }
  recording_free(&recording);
  return true;
}

/// Peak and rms of frames `from` .. `from` + n - 1.
typedef struct {
  double peak;
  double rms;
} Level;

static Level level_of(const FixtureAudio* a, size_t from, size_t n)
{
  const float* const left  = a->plane[0] + from;
  const float* const right = a->plane[1] + from;
  return (Level){fmax(support_peak(left, n), support_peak(right, n)),
                 hypot(support_rms(left, n), support_rms(right, n)) / sqrt(2.0) + 1e-15};
}

static double crest_db(const FixtureAudio* a, size_t n)
{
  const Level level = level_of(a, 0, n);
  return support_db(level.peak / level.rms);
}

static Fixture* open_learner(double rate_hz)
{
  Fixture* const self = fixture_open(FIQ_PLUGIN_REALMS, rate_hz, true);
  fixture_set(self, "freewheel", 1);
  fixture_set(self, "objective", 1);
  fixture_set(self, "amount", 100);
  return self;
}

static double learned_gain_db(const Sound* sound)
{
  const size_t n    = sound->n + 2 * PAD;
  FixtureAudio out  = fixture_audio(n);
  Fixture*     self = open_learner(sound->rate_hz);
  for (int pass = 0; pass < 2; ++pass) {
    fixture_set(self, "learn", pass == 0);
    fixture_render(self, sound->audio.plane, out.plane, n, BLOCK);
  }
  const double gain = crest_db(&sound->audio, n) - crest_db(&out, n);
  fixture_close(self);
  fixture_audio_free(&out);
  return gain;
}

static double rotated_gain_db(const Sound* sound)
{
  const size_t n = sound->n + 2 * PAD;
  FiqFftPool   pool;
  FiqHilbert   hilbert;
  FiqArena     arena;
  fiq_fft_pool_init(&pool);
  fiq_arena_init(&arena, NULL, 0);
  (void)fiq_hilbert_init(&hilbert, &arena, &pool, sound->rate_hz, FIQ_HILBERT_SHORT);
  arena = support_arena(arena.used_bytes);
  assert_int_equal(fiq_hilbert_init(&hilbert, &arena, &pool, sound->rate_hz, FIQ_HILBERT_SHORT),
                   FIQ_OK);
  FixtureAudio re   = fixture_audio(n);
  FixtureAudio im   = fixture_audio(n);
  FixtureAudio out  = fixture_audio(n);
  double       best = HUGE_VAL;
  for (int c = 0; c < 2; ++c) {
    fiq_hilbert_reset(&hilbert);
    fiq_hilbert_process(&hilbert, sound->audio.plane[c], re.plane[c], im.plane[c], (uint32_t)n);
  }
  for (int angle = 0; angle < 36; ++angle) {
    const float a = cosf((float)angle * FIQ_PI_F / 36.0f);
    const float b = sinf((float)angle * FIQ_PI_F / 36.0f);
    for (int c = 0; c < 2; ++c) {
      for (size_t i = 0; i < n; ++i) {
        out.plane[c][i] = a * re.plane[c][i] - b * im.plane[c][i];
      }
    }
    best = fmin(best, crest_db(&out, n));
  }
  fixture_audio_free(&re);
  fixture_audio_free(&im);
  fixture_audio_free(&out);
  fiq_fft_pool_free(&pool);
  support_arena_free(&arena);
  return crest_db(&sound->audio, n) - best;
}

static int by_value(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static double median(double* x, size_t n)
{
  qsort(x, n, sizeof(*x), by_value);
  return n ? 0.5 * (x[(n - 1) / 2] + x[n / 2]) : 0.0;
}

/// What becomes of the second half by what was learned from the first: crest and peak lowered, dB.
typedef struct {
  double crest_db;
  double peak_db;
  double active; ///< share of what was learned that is heard at the end
} Second;

static Second second_half(const Sound* sound)
{
  const size_t half   = sound->n / 2;
  const size_t n      = half + PAD;
  FixtureAudio in     = fixture_audio(n);
  FixtureAudio out    = fixture_audio(n);
  Fixture*     self   = open_learner(sound->rate_hz);
  float* const all[2] = {sound->audio.plane[0] + PAD, sound->audio.plane[1] + PAD};
  for (int c = 0; c < 2; ++c) {
    memcpy(in.plane[c], all[c] + sound->n - half, half * sizeof(float));
  }
  fixture_render(self, all, out.plane, sound->n - half, BLOCK);
  fixture_set(self, "learn", 0);
  fixture_render(self, in.plane, out.plane, n, BLOCK);
  const double active = (double)fixture_get(self, "learn_active");
  const size_t behind = (size_t)fixture_get(self, "latency");
  const Level  before = level_of(&in, 0, half);
  const Level  after  = level_of(&out, behind, half);
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
  return (Second){support_db(before.peak / before.rms) - support_db(after.peak / after.rms),
                  support_db(before.peak / after.peak), active};
}

static size_t find(const char* const* patterns, char** given, size_t n_given,
                   const char* path[FILES_MAX])
{
  static glob_t found[2];
  static int    n_found = 0;
  glob_t* const now     = &found[n_found++ % 2];
  size_t        n       = 0;
  for (int i = 0; n_given == 0 && patterns[i]; ++i) {
    (void)glob(patterns[i], i ? GLOB_APPEND : 0, NULL, now);
  }
  const size_t n_all = n_given ? n_given : now->gl_pathc;
  for (; n < n_all && n < FILES_MAX; ++n) {
    path[n] = n_given ? given[n] : now->gl_pathv[n];
  }
  return n;
}

static double gain[2][FILES_MAX];

/// How many are worse than their best rotation.
static size_t bench_whole(const char* const* path, size_t n_paths)
{
  size_t n       = 0;
  size_t n_worse = 0;
  print_message("crest lowered by, dB: best rotation, learned\n");
  for (size_t i = 0; i < n_paths; ++i) {
    Sound sound;
    if (!load(&sound, path[i])) {
      continue;
    }
    gain[0][n] = rotated_gain_db(&sound);
    gain[1][n] = learned_gain_db(&sound);
    n_worse += gain[1][n] < gain[0][n] - harm_db;
    print_message("%6.2f %6.2f  %s\n", gain[0][n], gain[1][n], path[i]);
    fixture_audio_free(&sound.audio);
    ++n;
  }
  print_message("median of %zu: %.2f %.2f; %zu worse than the best rotation by %.1f dB\n", n,
                median(gain[0], n), median(gain[1], n), n_worse, harm_db);
  return n_worse;
}

/// How many end above untouched.
static size_t bench_halves(const char* const* path, size_t n_paths)
{
  size_t n       = 0;
  size_t n_worse = 0;
  double worst   = HUGE_VAL;
  print_message("second half, learned on the first, dB: crest lowered, peak lowered; active\n");
  for (size_t i = 0; i < n_paths; ++i) {
    Sound sound;
    if (!load(&sound, path[i])) {
      continue;
    }
    const Second second = second_half(&sound);
    const double least  = fmin(second.crest_db, second.peak_db);
    gain[0][n++]        = second.crest_db;
    worst               = fmin(worst, least);
    n_worse += least < 0.0 - harm_db;
    print_message("%6.2f %6.2f  %4.2f  %s\n", second.crest_db, second.peak_db, second.active,
                  path[i]);
    fixture_audio_free(&sound.audio);
  }
  print_message("median of %zu: %.2f; worst %.2f; %zu above untouched by %.1f dB\n", n,
                median(gain[0], n), n ? worst : 0.0, n_worse, harm_db);
  return n_worse;
}

int main(int argc, char** argv)
{
  const char*  path[FILES_MAX];
  const size_t n_given = (size_t)argc - 1;
  size_t       n_worse = 0;
  n_worse += bench_whole(path, find(sounds, argv + 1, n_given, path));
  n_worse += bench_halves(path, find(halves, argv + 1, n_given, path));
  return n_worse > 0;
}
