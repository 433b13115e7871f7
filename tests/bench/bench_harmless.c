// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: a fresh insert of Realms is heard and does no harm: peaks stay, the mono sum stays, the bass is untouched.
   Method: files, and every third of them once more clipped at 9 dB, pass an instance that nobody has touched, each with a seed of
   its own. Peak and energy of L + R beside those of the input; by how much the output differs from the delayed input; crest factor
   and likeness of left and right; tones from 40 to 100 Hz against their delayed selves. The defaults were chosen by the files of even
   number; those of odd number judge them.
   Use: bench_harmless [check | tuned | held] [SYMBOL=VALUE ...] [PATTERN ...]; without patterns the sounds of Debian's
   hydrogen-data, alsa-utils and lmms-common are taken, for `check` those of the first two. It fails unless peaks rise by at most
   0.2 dB in the median and 1 dB at worst, the mono sum moves by at most 1 dB, and tones from 40 to 100 Hz stay within -40 dB.
*/
#include "tests/support/fixture.h"
#include "tests/support/recording.h"

#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 512, FILES_MAX = 512, SECONDS_MAX = 8, SETTINGS_MAX = 16 };

static const char* const packaged[] = {"/usr/share/hydrogen/data/drumkits/*/*.wav",
                                       "/usr/share/sounds/alsa/*.wav",
                                       "/usr/share/lmms/samples/bass*/*.ogg",
                                       "/usr/share/lmms/samples/beats/*.ogg",
                                       "/usr/share/lmms/samples/stringsnpads/*.ogg",
                                       "/usr/share/lmms/samples/instruments/*.ogg",
                                       NULL};

static const double clip_gain = 2.8183829; ///< 9 dB

static const char* settings[SETTINGS_MAX];
static size_t      n_settings;

/// What became of one sound.
typedef struct {
  double peak_db;  ///< how much it rose
  double mono_db;  ///< energy of L + R, beside the input's
  double heard_db; ///< the difference beside the input
  double crest_db; ///< how much it rose
  double likeness; ///< of left and right, 1 for the same
} Row;

static Fixture* open_fresh(double rate_hz, int64_t seed)
{
  Fixture* const self = fixture_open(FIQ_PLUGIN_REALMS, rate_hz, true);
  for (size_t i = 0; i < n_settings; ++i) {
    char        symbol[64];
    const char* value = strchr(settings[i], '=');
    (void)snprintf(symbol, sizeof symbol, "%.*s", (int)(value - settings[i]), settings[i]);
    fixture_set(self, symbol, strtod(value + 1, NULL));
  }
  fixture_seed(self, seed);
  return self;
}

static double energy_of(const float* a, const float* b, size_t n, double sign)
{
  double sum = 1e-30;
  for (size_t i = 0; i < n; ++i) {
    const double x = (double)a[i] + sign * (double)b[i];
    sum += x * x;
  }
  return sum;
}

static double peak_of(float* const plane[2], size_t n)
{
  return fmax(support_peak(plane[0], n), support_peak(plane[1], n)) + 1e-15;
}

static double rms_of(float* const plane[2], size_t n)
{
  return hypot(support_rms(plane[0], n), support_rms(plane[1], n)) + 1e-15;
}

static double likeness_of(float* const plane[2], size_t n)
{
  const double same     = energy_of(plane[0], plane[1], n, 1.0);
  const double opposite = energy_of(plane[0], plane[1], n, -1.0);
  return (same - opposite) / (same + opposite);
}

static Row measure(const Recording* sound, int64_t seed)
{
  Fixture* const self = open_fresh(sound->rate_hz, seed);
  const size_t   tail = (size_t)(0.2 * sound->rate_hz);
  // What is set takes up to a second to arrive.
  const size_t head = n_settings ? (size_t)(1.2 * sound->rate_hz) : tail;
  const size_t n    = head + sound->n + tail;
  FixtureAudio in   = fixture_audio(n);
  FixtureAudio out  = fixture_audio(n);
  for (size_t c = 0; c < 2; ++c) {
    memcpy(in.plane[c] + head, sound->plane[c], sound->n * sizeof(float));
  }
  fixture_render(self, in.plane, out.plane, n, BLOCK);
  const size_t late     = (size_t)fixture_get(self, "latency");
  float* const after[2] = {out.plane[0] + late, out.plane[1] + late};
  const size_t shared   = n - late;
  Row          row      = {.peak_db  = support_db(peak_of(out.plane, n) / peak_of(in.plane, n)),
                           .mono_db  = 0.5 * support_db(energy_of(after[0], after[1], shared, 1.0) /
                                                        energy_of(in.plane[0], in.plane[1], shared, 1.0)),
                           .heard_db = 10.0 * log10((energy_of(after[0], in.plane[0], shared, -1.0) +
                                       energy_of(after[1], in.plane[1], shared, -1.0)) /
                                                    (energy_of(in.plane[0], in.plane[0], shared, 0.0) +
                                       energy_of(in.plane[1], in.plane[1], shared, 0.0))),
                           .likeness = likeness_of(after, shared)};
  row.crest_db = row.peak_db - support_db(rms_of(after, shared) / rms_of(in.plane, shared));
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
  return row;
}

static int compare_numbers(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

/// What the median and the worst of the peaks are, and whether that is allowed.
static bool judge(const char* name, const Row* rows, size_t n)
{
  static double peak[FILES_MAX];
  static double heard[FILES_MAX];
  double        mono = 0.0;
  for (size_t i = 0; i < n; ++i) {
    peak[i]  = rows[i].peak_db;
    heard[i] = rows[i].heard_db;
    mono     = fmax(mono, fabs(rows[i].mono_db));
  }
  qsort(peak, n, sizeof(double), compare_numbers);
  qsort(heard, n, sizeof(double), compare_numbers);
  printf("%s: %zu sounds, peak %+.2f dB in the median, %+.2f at worst; mono sum within %.2f dB; "
         "difference "
         "%.1f dB in the median\n",
         name, n, peak[n / 2], peak[n - 1], mono, heard[n / 2]);
  return peak[n / 2] <= 0.2 && peak[n - 1] <= 1.0 && mono <= 1.0;
}

static void clip(Recording* sound)
{
  const double gain = clip_gain / peak_of(sound->plane, sound->n);
  for (size_t c = 0; c < 2; ++c) {
    for (size_t i = 0; i < sound->n; ++i) {
      sound->plane[c][i] = (float)fmin(1.0, fmax(-1.0, gain * (double)sound->plane[c][i]));
    }
  }
}

static void print_row(const char* path, const char* how, const Row* row)
{
  const char* const slash = strrchr(path, '/');
  printf("%-28.28s %-7s peak %+6.2f mono %+6.2f difference %6.1f crest %+6.2f likeness %5.2f\n",
         slash ? slash + 1 : path, how, row->peak_db, row->mono_db, row->heard_db, row->crest_db,
         row->likeness);
}

static size_t measure_file(const char* path, size_t i, Row* rows)
{
  Recording sound;
  size_t    n = 0;
  if (!recording_read(&sound, path, SECONDS_MAX)) {
    return 0;
  }
  if (peak_of(sound.plane, sound.n) > 1e-3) {
    rows[n] = measure(&sound, (int64_t)i + 1);
    print_row(path, "", &rows[n++]);
    if (i % 3 == 0) {
      clip(&sound);
      rows[n] = measure(&sound, (int64_t)i + 1);
      print_row(path, "clipped", &rows[n++]);
    }
  }
  recording_free(&sound);
  return n;
}

/// The difference of tones from themselves, dB.
static bool bass_stays(void)
{
  enum { FRAMES = 192000, SETTLE = 96000 };
  bool stays = true;
  for (double f = 40.0; f < 101.0; f += 20.0) {
    Fixture* const self = open_fresh(48000.0, (int64_t)f);
    FixtureAudio   in   = fixture_audio(FRAMES);
    FixtureAudio   out  = fixture_audio(FRAMES);
    support_sine(in.plane[0], FRAMES, f, 48000.0, 0.5, 0.0);
    support_sine(in.plane[1], FRAMES, f, 48000.0, 0.5, 0.0);
    fixture_render(self, in.plane, out.plane, FRAMES, BLOCK);
    const size_t late  = (size_t)fixture_get(self, "latency");
    double       worst = 0.0;
    for (size_t c = 0; c < 2; ++c) {
      worst = fmax(worst, energy_of(out.plane[c] + SETTLE, in.plane[c] + SETTLE - late,
                                    FRAMES - SETTLE, -1.0));
    }
    const double whole =
        energy_of(in.plane[0] + SETTLE, in.plane[0] + SETTLE, FRAMES - SETTLE, 0.0);
    printf("tone of %.0f Hz: difference %.1f dB\n", f, 10.0 * log10(worst / whole));
    stays = stays && worst < 1e-4 * whole;
    fixture_close(self);
    fixture_audio_free(&in);
    fixture_audio_free(&out);
  }
  return stays;
}

/// All files of the patterns; those whose number is odd are `held`.
static bool run(const char* const* patterns, bool is_check, bool want_tuned, bool want_held)
{
  static Row rows[2][FILES_MAX];
  size_t     n[2] = {0, 0};
  size_t     i    = 0;
  for (; *patterns; ++patterns) {
    glob_t found;
    if ((is_check && strstr(*patterns, "lmms")) || glob(*patterns, 0, NULL, &found) != 0) {
      continue;
    }
    for (size_t k = 0; k < found.gl_pathc; ++k, ++i) {
      const size_t half = i % 2;
      if ((half ? want_held : want_tuned) && n[half] + 2 < FILES_MAX) {
        n[half] += measure_file(found.gl_pathv[k], i, &rows[half][n[half]]);
      }
    }
    globfree(&found);
  }
  bool good = n[0] + n[1] > 0;
  good      = (n[0] == 0 || judge("tuned", rows[0], n[0])) && good;
  good      = (n[1] == 0 || judge("held", rows[1], n[1])) && good;
  return good;
}

int main(int argc, char** argv)
{
  static const char* patterns[SETTINGS_MAX + 1];
  size_t             n_patterns = 0;
  const char* const  what       = argc > 1 ? argv[1] : "";
  const bool         is_check   = strcmp(what, "check") == 0;
  const bool         is_tuned   = strcmp(what, "tuned") == 0;
  const bool         is_held    = is_check || strcmp(what, "held") == 0;
  for (int i = is_tuned || is_held ? 2 : 1; i < argc; ++i) {
    if (strchr(argv[i], '=') && n_settings < SETTINGS_MAX) {
      settings[n_settings++] = argv[i];
    } else if (n_patterns < SETTINGS_MAX) {
      patterns[n_patterns++] = argv[i];
    }
  }
  const bool keeps = run(n_patterns ? patterns : packaged, is_check, !is_held, !is_tuned);
  const bool bass  = bass_stays();
  return keeps && bass ? EXIT_SUCCESS : EXIT_FAILURE;
}
