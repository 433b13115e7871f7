// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: what was learned on some hits of a drum holds on others, and learning takes no longer than it may.
// Method: phases learned from some hits are played on other hits by the realm itself; then five seconds of
// stereo are learned from against the clock. bench_phases measures files.
// Use: bench_headroom [unheard | window_frames]; unheard: only the drums, at the default settings.
// Fails if kick or snare gain less than is required on hits that were not learned from.
// Sounds: Debian's hydrogen-data; what is not installed is left out.
#include "dsp/base/maths.h"
#include "tests/support/learnt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIT "/usr/share/hydrogen/data/drumkits/GMRockKit/"

enum { PATH_SIZE = 256 };

typedef struct {
  const char* name;
  double required_db; ///< on hits that were not heard, at the default window, any spread of delays
} Drum;

static const Drum drums[] = {{"Kick", 4.2},       {"Snare", 1.2},      {"SnareRimshot", -HUGE_VAL},
                             {"Tom1", -HUGE_VAL}, {"Tom2", -HUGE_VAL}, {"TomFloor", -HUGE_VAL}};

/// Learned on the Hard and Med hits of a drum, the least of what it gains on Hardest and Soft; -HUGE_VAL if one of
/// them is missing.
static double unheard_gain_db(const char* drum, uint32_t window, float spread_s)
{
  static const char* const hits[]  = {"Hard", "Med", "Hardest", "Soft"};
  Sound                    heard   = {.n = 0};
  double                   gain[2] = {-HUGE_VAL, -HUGE_VAL};
  char                     path[PATH_SIZE];
  bool                     is_there = true;
  for (int h = 0; h < 2; ++h) {
    (void)snprintf(path, sizeof path, KIT "%s-%s.wav", drum, hits[h]);
    is_there = sound_append(&heard, path, 4096) && is_there;
  }
  if (!is_there) {
    printf("%-14s is missing (hydrogen-data)\n", drum);
    sound_free(&heard);
    return -HUGE_VAL;
  }
  const Wanted  wanted  = {FIQ_LEARN_HEADROOM, window, spread_s};
  const Outcome outcome = learnt(&heard, NULL, &wanted);
  for (int h = 0; h < 2; ++h) {
    Sound other = {.n = 0};
    (void)snprintf(path, sizeof path, KIT "%s-%s.wav", drum, hits[2 + h]);
    if (sound_append(&other, path, 0)) {
      gain[h] = learnt_played_gain_db(&other, &outcome.learned, &wanted);
    }
    sound_free(&other);
  }
  printf("%-14s %6.2f %6.2f %6.2f dB, bass turned at %.0f Hz\n", drum,
         (double)outcome.learned.gain_db, gain[0], gain[1], (double)outcome.learned.bass_hz);
  sound_free(&heard);
  return fmin(gain[0], gain[1]);
}

/// Whether all drums gain what is required at the default settings; others are printed only.
static bool bench_unheard(uint32_t window, float spread_s)
{
  const bool is_default = window == 2048 && spread_s <= 0.0f;
  bool       is_enough  = true;
  printf("learned on Hard and Med, window %u, spread %.0f ms (0: any): gain there, on "
         "Hardest, on Soft\n",
         window, 1e3 * (double)spread_s);
  for (size_t d = 0; d < sizeof drums / sizeof drums[0]; ++d) {
    const double gain_db = unheard_gain_db(drums[d].name, window, spread_s);
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
    const Wanted  wanted  = {(FiqLearnObjective)objective, window, 0.0f};
    const Outcome outcome = learnt(&sound, &sound, &wanted);
    printf("%-9s 5 s stereo: %.2f s of cpu, %.0f slices, %.2f %% below 2 ms, longest %.2f ms, "
           "%.1f MB\n",
           names[objective], outcome.cpu_s, outcome.slices, 100.0 * outcome.slice_99,
           outcome.slice_s * 1e3, outcome.size_mb);
  }
  sound_free(&sound);
}

int main(int argc, char** argv)
{
  if (argc == 2 && strcmp(argv[1], "unheard") == 0) {
    return bench_unheard(2048, 0.0f) ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  const uint32_t window = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 2048;
  bench_time(window);
  const bool is_enough = bench_unheard(window, 0.0f);
  (void)bench_unheard(window, 0.004f);
  return is_enough ? EXIT_SUCCESS : EXIT_FAILURE;
}
