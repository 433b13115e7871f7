// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: how well the bands of two sources that sound together are told apart by their groups.
// Method: for every mixture 12 s of each source are made from packaged sounds (repeated, at several rates for a chord),
// brought to the same loudness (rms), and heard alone by the same bands; a clear band is one where one source is 10 dB
// above the other in the mean and the mixture within 40 dB of its loudest band. Then the mixture is heard with a binding of
// 1, and the groups after 12 s are read. Counted is the share of clear bands whose group is that of their source, each group being that of the
// source which has more of its clear bands (purity); strictly, each source has one group alone, the best, and bands elsewhere are
// wrong. A band without a group is wrong either way.
// One group for both sources is pure as far as one of them has most of the clear bands: where they are few, look at the strict figure.
// Use: bench_groups [BANDS]. Settings were chosen by the mixtures marked "tuned", with the figures of the others in view, though not
// for them.
// Sounds: Debian's hydrogen-data, alsa-utils and lmms-common; a mixture that wants others is left out.
#include "dsp/base/maths.h"
#include "dsp/realm/groups.h"
#include "tests/support/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIT "/usr/share/hydrogen/data/drumkits/GMRockKit/"
#define TR808 "/usr/share/hydrogen/data/drumkits/TR808EmulationKit/"
#define ALSA "/usr/share/sounds/alsa/"
#define LMMS "/usr/share/lmms/samples/"

enum { PARTS_MAX = 8, RATE_HZ = 48000, LENGTH_S = 12, LENGTH = RATE_HZ * LENGTH_S, PERIOD = 32 };

/// A file that is begun at `start_s` and then every `every_s`.
typedef struct {
  const char* path;
  double      start_s;
  double      every_s;
  double      rate; ///< of playing, 1: as it is
  double      gain;
} Part;

/// Parts, with a tremolo over all of them where am_hz is above 0.
typedef struct {
  Part   parts[PARTS_MAX];
  double am_hz;
} Source;

typedef struct {
  const char* name;
  bool        is_tuned;
  double      wanted; ///< share, 0: nothing is asked
  Source      sources[2];
} Mixture;

#define CHORD(file, every)                                                                         \
  {                                                                                                \
    {file, 0.0, every, 0.75, 1.0}, {file, 0.0, every, 0.945, 1.0},                                 \
    {                                                                                              \
      file, 0.0, every, 1.1236, 1.0                                                                \
    }                                                                                              \
  }
#define ROCK                                                                                       \
  {                                                                                                \
    {KIT "Kick-Hard.wav", 0.0, 1.0, 1.0, 1.0}, {KIT "Kick-Hard.wav", 0.75, 2.0, 1.0, 0.8},         \
        {KIT "Snare-Hard.wav", 0.5, 1.0, 1.0, 0.8},                                                \
    {                                                                                              \
      KIT "HatClosed-Hard.wav", 0.0, 0.25, 1.0, 0.5                                                \
    }                                                                                              \
  }
#define ELECTRO                                                                                    \
  {                                                                                                \
    {TR808 "808_Kick_Short.flac", 0.0, 0.96, 1.0, 1.0},                                            \
        {TR808 "808_Snare_1.flac", 0.48, 0.96, 1.0, 0.8},                                          \
        {TR808 "808_Hat_Closed.flac", 0.24, 0.48, 1.0, 0.6},                                       \
    {                                                                                              \
      TR808 "808_Clap.flac", 1.44, 1.92, 1.0, 0.6                                                  \
    }                                                                                              \
  }
#define SPEECH(a, b)                                                                               \
  {                                                                                                \
    {ALSA a, 0.0, 3.0, 1.0, 1.0},                                                                  \
    {                                                                                              \
      ALSA b, 1.5, 3.0, 1.0, 1.0                                                                   \
    }                                                                                              \
  }
#define ONE(file, every)                                                                           \
  {                                                                                                \
    {                                                                                              \
      file, 0.0, every, 1.0, 1.0                                                                   \
    }                                                                                              \
  }

static const Mixture mixtures[] = {
    {"two complexes",
     true,
     0.95,
     {{CHORD(LMMS "instruments/church_organ01.ogg", 8.0), 2.3},
      {{{LMMS "instruments/e_organ01.ogg", 0.0, 2.0, 2.2, 1.0},
        {LMMS "instruments/e_organ01.ogg", 1.0, 2.0, 2.9, 1.0}},
       3.7}}},
    {"voice and chord",
     true,
     0.90,
     {{SPEECH("Front_Center.wav", "Rear_Left.wav"), 0.0},
      {CHORD(LMMS "instruments/e_organ01.ogg", 4.0), 0.0}}},
    {"drums and chord",
     true,
     0.85,
     {{ROCK, 0.0}, {CHORD(LMMS "instruments/church_organ02.ogg", 8.0), 0.0}}},
    {"drums and bass",
     true,
     0.85,
     {{ROCK, 0.0}, {ONE(LMMS "bassloops/techno_synth01.ogg", 3.42), 0.0}}},
    {"guitar and choir",
     true,
     0.85,
     {{ONE(LMMS "latin/latin_guitar01.ogg", 3.8), 0.0},
      {CHORD(LMMS "instruments/flute01.ogg", 8.0), 0.0}}},
    {"voice and bass",
     true,
     0.85,
     {{SPEECH("Side_Left.wav", "Front_Right.wav"), 0.0},
      {ONE(LMMS "bassloops/techno_bass01.ogg", 1.628), 0.0}}},
    {"two complexes",
     false,
     0.95,
     {{CHORD(LMMS "stringsnpads/strings01.ogg", 3.0), 1.9},
      {{{LMMS "stringsnpads/korg_poly6_drone01.ogg", 0.0, 0.9, 2.3, 1.0},
        {LMMS "stringsnpads/korg_poly6_drone01.ogg", 0.45, 0.9, 2.3, 1.0}},
       3.1}}},
    {"voice and chord",
     false,
     0.90,
     {{SPEECH("Rear_Right.wav", "Side_Right.wav"), 0.0},
      {CHORD(LMMS "instruments/church_organ03.ogg", 5.0), 0.0}}},
    {"drums and chord",
     false,
     0.85,
     {{ELECTRO, 0.0}, {CHORD(LMMS "stringsnpads/space_strings03.ogg", 4.0), 0.0}}},
    {"drums and bass",
     false,
     0.85,
     {{ELECTRO, 0.0}, {ONE(LMMS "bassloops/techno_synth02.ogg", 3.836), 0.0}}},
    {"guitar and choir",
     false,
     0.85,
     {{ONE(LMMS "latin/latin_guitar03.ogg", 8.0), 0.0},
      {CHORD(LMMS "stringsnpads/heaven_strings01.ogg", 2.5), 0.0}}},
    {"voice and bass",
     false,
     0.85,
     {{SPEECH("Front_Left.wav", "Rear_Center.wav"), 0.0},
      {ONE(LMMS "bassloops/techno_bass02.ogg", 1.7269), 0.0}}}};

static bool add_part(float* out, const Part* part)
{
  Recording file;
  if (!recording_read(&file, part->path, LENGTH_S)) {
    return false;
  }
  const double step = part->rate * file.rate_hz / RATE_HZ;
  for (double start = part->start_s; start < LENGTH_S; start += part->every_s) {
    const size_t from = (size_t)(start * RATE_HZ);
    for (size_t i = from; i < LENGTH; ++i) {
      const double at = step * (double)(i - from);
      const size_t k  = (size_t)at;
      if (k + 1 >= file.n) {
        break;
      }
      const double t = at - (double)k;
      // What is begun again before it ends gives way within 50 ms.
      const double left = part->every_s + 0.05 - (double)(i - from) / RATE_HZ;
      const double fade = fmin(1.0, fmax(0.0, left / 0.05));
      const double here = (double)(file.plane[0][k] + file.plane[1][k]);
      const double next = (double)(file.plane[0][k + 1] + file.plane[1][k + 1]);
      out[i] += (float)(fade * part->gain * 0.5 * ((1.0 - t) * here + t * next));
    }
  }
  recording_free(&file);
  return true;
}

/// 12 s of a source at an rms of -20 dBFS.
static bool make_source(float* out, const Source* source)
{
  memset(out, 0, LENGTH * sizeof(float));
  for (int p = 0; p < PARTS_MAX && source->parts[p].path; ++p) {
    if (!add_part(out, &source->parts[p])) {
      return false;
    }
  }
  double energy = 1e-12;
  for (size_t i = 0; i < LENGTH; ++i) {
    const double wave = sin(2.0 * 3.14159265358979 * source->am_hz * (double)i / RATE_HZ);
    out[i] *= source->am_hz > 0.0 ? (float)(0.55 + 0.45 * wave) : 1.0f;
    energy += (double)(out[i] * out[i]);
  }
  const float gain = (float)(0.1 / sqrt(energy / LENGTH));
  for (size_t i = 0; i < LENGTH; ++i) {
    out[i] *= gain;
  }
  return true;
}

/// Hear 12 s; mean powers of the bands to `power`.
static void hear(FiqGroups* groups, const float* sound, double power[FIQ_NEURONS_MAX])
{
  const FiqGroupsParams params                 = {.which = 1, .binding = 1.0f};
  const float           theta[FIQ_NEURONS_MAX] = {0.0f};
  fiq_groups_reset(groups);
  memset(power, 0, FIQ_NEURONS_MAX * sizeof(double));
  for (size_t i = 0; i + PERIOD <= LENGTH; i += PERIOD) {
    const float* const planes[] = {sound + i, sound + i};
    fiq_groups_control(groups, &params, theta);
    fiq_groups_process(groups, planes, PERIOD);
    for (uint32_t b = 0; b < groups->likeness.n_bands; ++b) {
      power[b] += (double)groups->likeness.power[b];
    }
  }
}

/// Source that a band clearly belongs to, or -1.
static int owner_of(double a, double b, double mixed, double loudest)
{
  const double ratio_db = 10.0 * log10((a + 1e-15) / (b + 1e-15));
  if (mixed < 1e-4 * loudest || fabs(ratio_db) < 10.0) {
    return -1;
  }
  return ratio_db > 0.0 ? 0 : 1;
}

typedef struct {
  double   pure;
  double   strict;
  uint32_t n_clear;
  uint32_t n_groups;
} Result;

static Result judge(const FiqGroups* groups, double alone[2][FIQ_NEURONS_MAX],
                    const double mixed[FIQ_NEURONS_MAX])
{
  uint32_t       count[FIQ_GROUPS_MAX + 1][2] = {{0}};
  double         loudest                      = 0.0;
  Result         result                       = {0};
  const uint32_t n                            = groups->likeness.n_bands;
  for (uint32_t b = 0; b < n; ++b) {
    loudest = fmax(loudest, mixed[b]);
  }
  for (uint32_t b = 0; b < n; ++b) {
    const int      owner = owner_of(alone[0][b], alone[1][b], mixed[b], loudest);
    const uint32_t group = groups->grouping.group[b];
    putchar(owner < 0 ? '.' : "ab"[owner]);
    if (owner >= 0) {
      ++result.n_clear;
      ++count[group][owner];
    }
  }
  printf("\n");
  uint32_t pure   = 0;
  uint32_t strict = 0;
  for (uint32_t g = 1; g <= FIQ_GROUPS_MAX; ++g) {
    pure += count[g][0] > count[g][1] ? count[g][0] : count[g][1];
    for (uint32_t h = 1; h <= FIQ_GROUPS_MAX; ++h) {
      const uint32_t both = count[g][0] + count[h][1];
      strict              = h != g && both > strict ? both : strict;
    }
  }
  for (uint32_t b = 0; b < n; ++b) {
    putchar('0' + groups->grouping.group[b]);
  }
  printf("\n");
  result.pure     = (double)pure / fmax(result.n_clear, 1);
  result.strict   = (double)strict / fmax(result.n_clear, 1);
  result.n_groups = groups->grouping.n_groups;
  return result;
}

static void bench_mixture(FiqGroups* groups, const Mixture* mixture, float* planes[3])
{
  double alone[2][FIQ_NEURONS_MAX];
  double mixed[FIQ_NEURONS_MAX];
  for (int s = 0; s < 2; ++s) {
    if (!make_source(planes[s], &mixture->sources[s])) {
      printf("%-18s left out: a sound is not installed\n", mixture->name);
      return;
    }
    hear(groups, planes[s], alone[s]);
  }
  for (size_t i = 0; i < LENGTH; ++i) {
    planes[2][i] = planes[0][i] + planes[1][i];
  }
  hear(groups, planes[2], mixed);
  const Result result = judge(groups, alone, mixed);
  printf("%-18s %-6s %2u clear bands, %u groups: told apart %3.0f %% (strictly %3.0f %%), wanted "
         "%2.0f %%\n",
         mixture->name, mixture->is_tuned ? "tuned" : "held", result.n_clear, result.n_groups,
         100.0 * result.pure, 100.0 * result.strict, 100.0 * mixture->wanted);
}

int main(int argc, char** argv)
{
  const uint32_t        n_bands = argc > 1 ? (uint32_t)atoi(argv[1]) : 48;
  static FiqGroups      groups;
  const FiqGroupsConfig config = {.sample_rate_hz = RATE_HZ,
                                  .window_frames  = 2048,
                                  .control_frames = PERIOD,
                                  .n_bands        = {16, n_bands, 32}};
  FiqFftPool            pool;
  FiqArena              arena;
  fiq_fft_pool_init(&pool);
  fiq_arena_init(&arena, NULL, 0);
  (void)fiq_groups_init(&groups, &arena, &pool, &config);
  arena = support_arena(arena.used_bytes);
  if (fiq_groups_init(&groups, &arena, &pool, &config) != FIQ_OK) {
    return EXIT_FAILURE;
  }
  float* planes[3] = {support_floats(LENGTH), support_floats(LENGTH), support_floats(LENGTH)};
  for (size_t i = 0; i < sizeof mixtures / sizeof mixtures[0]; ++i) {
    bench_mixture(&groups, &mixtures[i], planes);
  }
  for (int i = 0; i < 3; ++i) {
    free(planes[i]);
  }
  fiq_fft_pool_free(&pool);
  support_arena_free(&arena);
  return EXIT_SUCCESS;
}
