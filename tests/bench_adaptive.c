// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: on real recordings the adaptive realm goes where it should: a drum loop mostly temporal, a
   sustained chord mostly spectral; and the host's blocks have no say.
   Method: files pass the plugin in the adaptive realm, short ones round and round for 6 s, in blocks of
   64 and of 1000 frames; the meter of the spectral share is read every 64 frames (1000 for the other).
   A chord is made of three recordings of one held tone, played at 4:5:6 of its pitch.
   Use: bench_adaptive [file ...]. Without files the loops, pads and phrases of Debian's lmms-common and
   alsa-utils are taken. Fails if more than a fifth of the drum loops are more than half spectral, or of
   the chords less than half, or if the two runs' outputs differ at all.
*/
#include "fixture.h"
#include "recording.h"

#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS = 6, SKIP = 1 };

/// What is expected: temporal, spectral, or nothing.
typedef enum { DRUMS, CHORD, OTHER } Kind;

typedef struct {
  const char* pattern;
  Kind        kind;
} Source;

static const Source sources[] = {{"/usr/share/lmms/samples/beats/*.ogg", DRUMS},
                                 {"/usr/share/lmms/samples/stringsnpads/*.ogg", CHORD},
                                 {"/usr/share/lmms/samples/instruments/*.ogg", OTHER},
                                 {"/usr/share/lmms/samples/bassloops/*.ogg", OTHER},
                                 {"/usr/share/sounds/alsa/[FRS]*_*.wav", OTHER}};

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

/// Mean spectral share after the first second, and how often it changed sides.
typedef struct {
  double share;
  int    n_changes;
} Verdict;

static Verdict judge(FixtureAudio* in, FixtureAudio* out, double rate_hz, uint32_t block)
{
  const size_t   n       = (size_t)(SECONDS * rate_hz);
  Fixture* const self    = fixture_open(FIQ_PLUGIN_REALMS, rate_hz, true);
  Verdict        verdict = {0.0, 0};
  double         weight  = 0.0;
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
      verdict.n_changes += weight > now && side != (share > 0.5);
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
} Count;

static void try_file(const char* path, Kind kind, Count* count)
{
  static const char* const names[] = {"drums", "chord", "other"};
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
  const bool is_wrong = kind != OTHER && (fine.share > 0.5) != (kind == CHORD);
  print_message("%5.1f %%  %5.1f %%  %2d changes  %s%s%s  %s\n", 100.0 * fine.share,
                100.0 * coarse.share, fine.n_changes, names[kind], is_wrong ? " WRONG" : "",
                differs ? " BLOCKS DIFFER" : "", path);
  count->n += 1;
  count->n_wrong += is_wrong;
  count->n_differ += differs;
  fixture_audio_free(&in);
  fixture_audio_free(&out[0]);
  fixture_audio_free(&out[1]);
  recording_free(&sound);
}

int main(int argc, char** argv)
{
  Count count[3] = {{0, 0, 0}};
  print_message("spectral share in blocks of 64, of 1000; changes of side\n");
  for (int i = 1; i < argc; ++i) {
    try_file(argv[i], OTHER, &count[OTHER]);
  }
  for (size_t s = 0; s < sizeof sources / sizeof sources[0] && argc < 2; ++s) {
    glob_t found = {0};
    (void)glob(sources[s].pattern, 0, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; ++i) {
      try_file(found.gl_pathv[i], sources[s].kind, &count[sources[s].kind]);
    }
    globfree(&found);
  }
  print_message("%d of %d drum loops mostly temporal, %d of %d chords mostly spectral\n",
                count[DRUMS].n - count[DRUMS].n_wrong, count[DRUMS].n,
                count[CHORD].n - count[CHORD].n_wrong, count[CHORD].n);
  const int n_differ = count[DRUMS].n_differ + count[CHORD].n_differ + count[OTHER].n_differ;
  return n_differ > 0 || 5 * count[DRUMS].n_wrong > count[DRUMS].n ||
         5 * count[CHORD].n_wrong > count[CHORD].n;
}
