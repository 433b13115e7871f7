// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: nothing makes Match diverge: not music, silence, full-scale square waves, nor bursts of what is
   no number, on either input, for minutes, at the highest rate; and afterwards it learns as on the
   first day.
   Method: the plugin binary at match 100 % and drive 12 dB hears stretches of 5 s, every pair of
   sounds on input and sidechain in turn, and again none on the sidechain. Every output must be finite,
   and none above a fixed bound. A lesson before all, and the same one after all, must end at the same error.
   Loops of Debian's lmms-common are the music; what is not installed is played by a band of sines.
   Usage: soak_match [MINUTES]   minutes of sound (10)
*/
#include "dsp/base/random.h"
#include "tests/support/fixture.h"
#include "tests/support/recording.h"

#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, BLOCK = 480, STRETCH = 5 * RATE, LESSON = 10 * RATE };
enum { MUSIC, SILENCE, SQUARE, NO_NUMBERS, NOISE, N_KINDS };

static const char* const names[N_KINDS + 1] = {"music",      "silence", "square",
                                               "no numbers", "noise",   "nothing"};
static const double      bound              = 8.0; ///< of any output
static const double      tau                = 6.283185307179586;

typedef struct {
  Fixture*     plugin;
  FixtureAudio in;
  FixtureAudio side;
  FixtureAudio out;
  FiqRandom    random;
  glob_t       loops;
  uint32_t     n_made; ///< sounds so far
  double       peak;
  uint32_t     n_bad;
} Soak;

static float noise(Soak* self)
{
  return 2.0f * fiq_random_uniform(&self->random) - 1.0f;
}

/// Play a file round and round; false if it cannot be read.
static bool make_loop(FixtureAudio* to, const char* path)
{
  Recording recording;
  if (!recording_read(&recording, path, 3600.0)) {
    return false;
  }
  for (size_t i = 0; i < STRETCH; ++i) {
    to->plane[0][i] = recording.plane[0][i % recording.n];
    to->plane[1][i] = recording.plane[1][i % recording.n];
  }
  recording_free(&recording);
  return true;
}

static void make_band(Soak* self, FixtureAudio* to)
{
  const double root_hz = 55.0 * (1.0 + (double)fiq_random_uniform(&self->random));
  for (size_t i = 0; i < STRETCH; ++i) {
    const double t    = (double)i / RATE;
    const double beat = exp(-8.0 * fmod(t, 0.5));
    double       sum  = 0.0;
    for (int k = 1; k < 12; ++k) {
      sum += sin(tau * root_hz * k * t) / k;
    }
    to->plane[0][i] = (float)(0.3 * sum) + 0.3f * (float)beat * noise(self);
    to->plane[1][i] = (float)(0.3 * sum) + 0.3f * (float)beat * noise(self);
  }
}

/// A full-scale square wave of another pitch each time; or noise with bursts of what it should not hold.
static void make_harsh(Soak* self, FixtureAudio* to, bool with_bursts)
{
  static const float odd[]  = {NAN, INFINITY, -INFINITY, 1e-42f};
  const double       hz     = 30.0 * pow(300.0, (double)fiq_random_uniform(&self->random));
  uint32_t           burst  = 0;
  float              strewn = 0.0f;
  for (size_t i = 0; i < STRETCH; ++i) {
    if (burst == 0 && fiq_random_bits(&self->random) % 20000 == 0) {
      burst  = 1 + fiq_random_bits(&self->random) % 500;
      strewn = odd[fiq_random_bits(&self->random) % 4];
    }
    const float tone = fmod((double)i * hz / RATE, 1.0) < 0.5 ? 1.0f : -1.0f;
    const float x    = !with_bursts ? tone : burst ? strewn : 0.5f * noise(self);
    burst -= burst > 0;
    to->plane[0][i] = x;
    to->plane[1][i] = with_bursts ? 0.5f * noise(self) : x;
  }
}

static void make(Soak* self, FixtureAudio* to, int kind)
{
  ++self->n_made;
  for (int c = 0; c < 2; ++c) {
    memset(to->plane[c], 0, STRETCH * sizeof(float));
  }
  if (kind == MUSIC) {
    const size_t n = self->loops.gl_pathc;
    if (n == 0 || !make_loop(to, self->loops.gl_pathv[self->n_made % n])) {
      make_band(self, to);
    }
  } else if (kind == SQUARE || kind == NO_NUMBERS) {
    make_harsh(self, to, kind == NO_NUMBERS);
  } else if (kind == NOISE) {
    for (size_t i = 0; i < STRETCH; ++i) {
      to->plane[0][i] = 0.7f * noise(self);
      to->plane[1][i] = 0.7f * noise(self);
    }
  }
}

static void check(Soak* self, size_t start)
{
  for (int c = 0; c < 2; ++c) {
    for (size_t i = start; i < start + BLOCK; ++i) {
      const float x = self->out.plane[c][i];
      self->n_bad += !isfinite(x) || fabs((double)x) > bound;
      self->peak = isfinite(x) ? fmax(self->peak, fabs((double)x)) : self->peak;
    }
  }
}

static void play(Soak* self, size_t n, bool with_side)
{
  for (int c = 0; c < 2; ++c) {
    self->plugin->side[c] = with_side ? self->side.plane[c] : NULL;
  }
  for (size_t i = 0; i < n; i += BLOCK) {
    fixture_run(self->plugin, self->in.plane, self->out.plane, i, BLOCK);
    fixture_work(self->plugin);
    check(self, i);
  }
}

/// Learn a bent filter from noise, anew; the error at the end, dB below the target.
static double lesson(Soak* self)
{
  float power = 0.0f;
  float state = 0.0f;
  for (size_t i = 0; i < LESSON; ++i) {
    self->in.plane[0][i] = 0.5f * noise(self);
    state += 0.2f * (self->in.plane[0][i] - state);
    self->in.plane[1][i]   = self->in.plane[0][i];
    self->side.plane[0][i] = 1.5f * self->in.plane[0][i] - state;
    self->side.plane[1][i] = self->side.plane[0][i];
    power += self->side.plane[0][i] * self->side.plane[0][i] / LESSON;
  }
  play(self, LESSON, true);
  return 10.0 * log10((double)power) - (double)fixture_get(self->plugin, "match_error");
}

static Fixture* open_match(void)
{
  Fixture* const self = fixture_open(FIQ_PLUGIN_REALMS, RATE, true);
  fixture_seed(self, 1);
  fixture_set(self, "realm", 0);
  fixture_set(self, "amount", 100);
  fixture_set(self, "motion", 0);
  fixture_set(self, "drive", 12);
  fixture_set(self, "match", 100);
  return self;
}

int main(int argc, char** argv)
{
  const double minutes   = argc > 1 ? atof(argv[1]) : 10.0;
  const int    n_stretch = (int)(minutes * 60.0 * RATE / STRETCH);
  Soak         soak      = {.plugin = open_match()};
  soak.in                = fixture_audio(LESSON);
  soak.side              = fixture_audio(LESSON);
  soak.out               = fixture_audio(LESSON);
  fiq_random_init(&soak.random, 1, 0);
  (void)glob("/usr/share/lmms/samples/b*/*.ogg", 0, NULL, &soak.loops);
  const double before = lesson(&soak);
  for (int s = 0; s < n_stretch; ++s) {
    // All pairs, then each sound without a partner.
    const int pair = s % (N_KINDS * (N_KINDS + 1));
    const int side = pair / N_KINDS;
    make(&soak, &soak.in, pair % N_KINDS);
    make(&soak, &soak.side, side);
    soak.peak = 0.0;
    play(&soak, STRETCH, side < N_KINDS);
    print_message("%4d s  %-10s beside %-10s peak %6.2f\n", s * 5, names[pair % N_KINDS],
                  names[side], soak.peak);
  }
  const double after = lesson(&soak);
  print_message("%zu loops; %u outputs bad; the lesson: %.1f dB before, %.1f dB after\n",
                soak.loops.gl_pathc, soak.n_bad, before, after);
  fixture_close(soak.plugin);
  fixture_audio_free(&soak.in);
  fixture_audio_free(&soak.side);
  fixture_audio_free(&soak.out);
  globfree(&soak.loops);
  return soak.n_bad > 0 || after < before - 3.0;
}
