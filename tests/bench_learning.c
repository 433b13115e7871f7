// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: how much headroom the plugin gives on real sounds when it may hear them first, against the
   best constant rotation of phase.
   Method: every file passes the plugin twice, freewheeling: once to be learned from, once to be
   played with what was learned, by 24 and by 48 bands. Crest factors are taken over the whole output,
   what rings before and after the sound included; rotations by 0, 5 .. 175 degrees through the Hilbert
   transformer.
   Use: bench_learning [file ...]; FIQ_PLUGIN chooses the binary. Without files the sounds of Debian's
   hydrogen-data, alsa-utils and lmms-common are taken.
*/
#include "field.h"
#include "fixture.h"
#include "maths.h"

#include <glob.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 512, SECONDS_MAX = 30, FILES_MAX = 512, PAD = 8192 };

static const char* const patterns[] = {"/usr/share/hydrogen/data/drumkits/GMRockKit/*-Hard.wav",
                                       "/usr/share/hydrogen/data/drumkits/GMRockKit/HandClap.wav",
                                       "/usr/share/sounds/alsa/[FRS]*_*.wav",
                                       "/usr/share/lmms/samples/bass*/*.ogg",
                                       "/usr/share/lmms/samples/beats/*.ogg"};

typedef struct {
  FixtureAudio audio; ///< [PAD + n + PAD]
  size_t       n;
  double       rate_hz;
} Sound;

static bool load(Sound* sound, const char* path)
{
  SF_INFO        info = {0};
  SNDFILE* const file = sf_open(path, SFM_READ, &info);
  if (!file) {
    return false;
  }
  const sf_count_t most  = (sf_count_t)info.samplerate * SECONDS_MAX;
  const size_t     width = (size_t)info.channels;
  const size_t     want  = (size_t)(info.frames < most ? info.frames : most);
  float* const     x     = calloc(want * width + 1, sizeof(float));
  sound->n               = (size_t)sf_readf_float(file, x, (sf_count_t)want);
  sound->rate_hz         = info.samplerate;
  sound->audio           = fixture_audio(sound->n + 2 * PAD);
  sf_close(file);
  for (size_t c = 0; c < 2; ++c) {
    for (size_t i = 0; i < sound->n; ++i) {
      sound->audio.plane[c][PAD + i] = x[i * width + (c < width ? c : 0)];
    }
  }
  free(x);
  return sound->n > 0;
}

static double crest_db(const FixtureAudio* a, size_t n)
{
  const double rms = hypot(support_rms(a->plane[0], n), support_rms(a->plane[1], n)) / sqrt(2.0);
  return support_db(fmax(support_peak(a->plane[0], n), support_peak(a->plane[1], n)) /
                    (rms + 1e-15));
}

static double learned_gain_db(const Sound* sound, int n_bands)
{
  const size_t n    = sound->n + 2 * PAD;
  FixtureAudio out  = fixture_audio(n);
  Fixture*     self = fixture_open(FIQ_PLUGIN_REALMS, sound->rate_hz, true);
  fixture_set(self, "freewheel", 1);
  fixture_set(self, "objective", 1);
  fixture_set(self, "amount", 100);
  fixture_set(self, "bands", n_bands);
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
  (void)fiq_hilbert_init(&hilbert, &arena, &pool, sound->rate_hz);
  arena = support_arena(arena.used_bytes);
  assert_int_equal(fiq_hilbert_init(&hilbert, &arena, &pool, sound->rate_hz), FIQ_OK);
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

int main(int argc, char** argv)
{
  static double gain[3][FILES_MAX];
  const char*   path[FILES_MAX];
  size_t        n_paths = 0;
  size_t        n       = 0;
  glob_t        found;
  for (size_t i = 0; argc < 2 && i < sizeof(patterns) / sizeof(patterns[0]); ++i) {
    (void)glob(patterns[i], i ? GLOB_APPEND : 0, NULL, &found);
  }
  for (size_t i = 0; i < (argc < 2 ? found.gl_pathc : (size_t)argc - 1) && n_paths < FILES_MAX;
       ++i) {
    path[n_paths++] = argc < 2 ? found.gl_pathv[i] : argv[i + 1];
  }
  print_message("crest lowered by, dB: best rotation, 24 bands, 48 bands\n");
  for (size_t i = 0; i < n_paths; ++i) {
    Sound sound;
    if (!load(&sound, path[i])) {
      continue;
    }
    gain[0][n] = rotated_gain_db(&sound);
    gain[1][n] = learned_gain_db(&sound, 24);
    gain[2][n] = learned_gain_db(&sound, 48);
    print_message("%6.2f %6.2f %6.2f  %s\n", gain[0][n], gain[1][n], gain[2][n], path[i]);
    fixture_audio_free(&sound.audio);
    ++n;
  }
  print_message("median of %zu: %.2f %.2f %.2f\n", n, median(gain[0], n), median(gain[1], n),
                median(gain[2], n));
  return 0;
}
