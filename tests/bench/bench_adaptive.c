// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: on real recordings the adaptive realm goes where it should: a drum loop mostly temporal, a
   sustained chord mostly spectral; it stays there, speech included; and the host's blocks have no say.
   Method: files pass the plugin in the adaptive realm, short ones round and round for 6 s, in blocks of
   64 and of 1000 frames; the meter of the spectral share is read every 64 frames (1000 for the other).
   A chord is made of three recordings of one held tone, played at 4:5:6 of its pitch.
   Use: bench_adaptive [speech | file ...]. Without files the loops, pads and phrases of Debian's
   lmms-common and alsa-utils are taken, or the latter's speech alone. Fails if more than a fifth of the
   drum loops are more than half spectral, or of the chords less than half, if speech changes sides more
   than once in 3 s, if two changes are closer than the hysteresis states, or if the two runs' outputs
   differ at all.
*/
#include "dsp/realm/adaptive.h"
#include "tests/support/fixture.h"
#include "tests/support/recording.h"

#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS = 6, SKIP = 1, SPEECH_CHANGES_MAX = SECONDS / 3 };

/// What is expected: temporal, spectral, one of them for a while, or nothing.
typedef enum { DRUMS, CHORD, SPEECH, OTHER, N_KINDS } Kind;

typedef struct {
  const char* pattern;
  Kind        kind;
} Source;

static const Source sources[] = {{"/usr/share/lmms/samples/beats/*.ogg", DRUMS},
                                 {"/usr/share/lmms/samples/stringsnpads/*.ogg", CHORD},
                                 {"/usr/share/lmms/samples/instruments/*.ogg", OTHER},
                                 {"/usr/share/lmms/samples/bassloops/*.ogg", OTHER},
                                 {"/usr/share/sounds/alsa/[FRS]*_*.wav", SPEECH}};

/// The sound round and round, `speed` times as fast, added to `to`.
static void add_at(FixtureAudio* to, size_t n, const Recording* sound, double speed, float gain)
{
  for (int c = 0; c < 2; ++c) {
    double at = 0.0;
    for (size_t i = 0; i < n; ++i, at += speed) {
      at -= at >= (double)sound->n ? (double)sound->n : 0.0;
      const size_t k     = (size_t)at;
      const float  share = (float)(at - (double)k);
      const float  next  = sound->plane[c][k + 1 < sound->n ? k + 1 : 0];
      to->plane[c][i] += gain * ((1.0f - share) * sound->plane[c][k] + share * next);
    }
  }
}

typedef struct {
  double share;     ///< mean spectral share after the first second
  int    n_changes; ///< of side, from the start on
  double apart_s;   ///< least time between two of them
} Verdict;

static Verdict judge(FixtureAudio* in, FixtureAudio* out, double rate_hz, uint32_t block)
{
  const size_t   n       = (size_t)(SECONDS * rate_hz);
  Fixture* const self    = fixture_open(FIQ_PLUGIN_REALMS, rate_hz, true);
  Verdict        verdict = {0.0, 0, HUGE_VAL};
  double         weight  = 0.0;
  double         last_s  = -HUGE_VAL;
  bool           side    = false;
  fixture_seed(self, 1);
  fixture_set(self, "realm", 2);
  for (size_t i = 0; i < n; i += block) {
    const uint32_t now = (uint32_t)(n - i < block ? n - i : block);
    fixture_run(self, in->plane, out->plane, i, now);
    fixture_work(self);
    const double share = (double)fixture_get(self, "spectral_share");
    if ((double)i >= SKIP * rate_hz) {
      verdict.share += share * now;
      weight += now;
    }
    if (side != (share > 0.5)) {
      const double here_s = (double)i / rate_hz;
      verdict.apart_s     = fmin(verdict.apart_s, here_s - last_s);
      last_s              = here_s;
      ++verdict.n_changes;
    }
    side = share > 0.5;
  }
  verdict.share /= weight;
  fixture_close(self);
  return verdict;
}

/// What became of the files of one kind.
typedef struct {
  int n;
  int n_wrong;
  int n_differ;
  int n_restless;
} Count;

/// Changes too often, as seen once a block.
static bool is_restless(const Verdict* verdict, Kind kind, double block_s)
{
  return verdict->apart_s < FIQ_ADAPTIVE_HOLD_S - block_s ||
         (kind == SPEECH && verdict->n_changes > SPEECH_CHANGES_MAX);
}

static void try_file(const char* path, Kind kind, Count* count)
{
  static const char* const names[] = {"drums", "chord", "speech", "other"};
  Recording                sound;
  if (!recording_read(&sound, path, 3600.0)) {
    return;
  }
  const size_t n       = (size_t)(SECONDS * sound.rate_hz);
  FixtureAudio in      = fixture_audio(n);
  FixtureAudio out[2]  = {fixture_audio(n), fixture_audio(n)};
  const double pitch[] = {1.0, 1.25, 1.5};
  for (int k = 0; k < (kind == CHORD ? 3 : 1); ++k) {
    add_at(&in, n, &sound, pitch[k], kind == CHORD ? 0.4f : 0.9f);
  }
  const Verdict fine    = judge(&in, &out[0], sound.rate_hz, 64);
  const Verdict coarse  = judge(&in, &out[1], sound.rate_hz, 1000);
  const size_t  size    = n * sizeof(float);
  const bool    differs = memcmp(out[0].plane[0], out[1].plane[0], size) != 0 ||
                       memcmp(out[0].plane[1], out[1].plane[1], size) != 0;
  const bool has_side    = kind == DRUMS || kind == CHORD;
  const bool is_wrong    = has_side && (fine.share > 0.5) != (kind == CHORD);
  const bool is_too_much = is_restless(&fine, kind, 64.0 / sound.rate_hz) ||
                           is_restless(&coarse, kind, 1000.0 / sound.rate_hz);
  print_message("%5.1f %%  %5.1f %%  %d, %d changes  %s%s%s%s  %s\n", 100.0 * fine.share,
                100.0 * coarse.share, fine.n_changes, coarse.n_changes, names[kind],
                is_wrong ? " WRONG" : "", differs ? " BLOCKS DIFFER" : "",
                is_too_much ? " RESTLESS" : "", path);
  count->n += 1;
  count->n_wrong += is_wrong;
  count->n_differ += differs;
  count->n_restless += is_too_much;
  fixture_audio_free(&in);
  fixture_audio_free(&out[0]);
  fixture_audio_free(&out[1]);
  recording_free(&sound);
}

static void try_source(const Source* source, Count* counts)
{
  glob_t found = {0};
  (void)glob(source->pattern, 0, NULL, &found);
  for (size_t i = 0; i < found.gl_pathc; ++i) {
    try_file(found.gl_pathv[i], source->kind, &counts[source->kind]);
  }
  globfree(&found);
}

int main(int argc, char** argv)
{
  Count      counts[N_KINDS] = {{0}};
  const bool only_speech     = argc == 2 && strcmp(argv[1], "speech") == 0;
  print_message("spectral share in blocks of 64, of 1000; changes of side\n");
  for (int i = 1; i < argc && !only_speech; ++i) {
    try_file(argv[i], OTHER, &counts[OTHER]);
  }
  for (size_t s = 0; s < sizeof sources / sizeof sources[0]; ++s) {
    if (argc < 2 || (only_speech && sources[s].kind == SPEECH)) {
      try_source(&sources[s], counts);
    }
  }
  print_message("%d of %d drum loops mostly temporal, %d of %d chords mostly spectral\n",
                counts[DRUMS].n - counts[DRUMS].n_wrong, counts[DRUMS].n,
                counts[CHORD].n - counts[CHORD].n_wrong, counts[CHORD].n);
  if (only_speech && counts[SPEECH].n == 0) {
    print_message("no speech is there (alsa-utils)\n");
    return EXIT_FAILURE;
  }
  bool fails =
      5 * counts[DRUMS].n_wrong > counts[DRUMS].n || 5 * counts[CHORD].n_wrong > counts[CHORD].n;
  for (int k = 0; k < N_KINDS; ++k) {
    fails = fails || counts[k].n_differ > 0 || counts[k].n_restless > 0;
  }
  return fails;
}
