// SPDX-License-Identifier: GPL-3.0-or-later
/*
   How surely the pulse is found in performed melodies, on the sets of FOLDER (bench_sequence.c says in what form).

     bench_pulse FOLDER [JITTER]

   Each melody of at least 24 beats is played at a tempo of its own between 80 and 150, which goes from 10 % below to
   10 % above it, and with onsets off by JITTER of a beat (sigma, 0.03). found: share of melodies in which the beat is
   right after 16 beats; kept: right at nine of ten beats from then on. Right: its length within 8 %, its time within a
   tenth of a beat, of the notated quarter, or of another metrical level (half, double, dotted). Of the first the error
   of the beat is told.
*/
#include "dsp/base/random.h"
#include "dsp/sequence/pulse.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  TICKS       = 96,
  NOTES_MAX   = 8192,
  BEATS_MAX   = 8192,
  BEATS_LEAST = 24,
  FOUND_BEATS = 16,
  SETS_MAX    = 64
};

typedef struct {
  uint32_t onset[NOTES_MAX]; ///< ticks
  uint32_t n;
  double   beat_s[BEATS_MAX]; ///< when each quarter is played
  uint32_t first;             ///< quarter
  uint32_t last;
  double   mean_s;
} Melody;

typedef struct {
  uint32_t n;
  uint32_t found[2]; ///< quarter, any level
  uint32_t kept[2];
  uint32_t n_beats;
  uint32_t n_near; ///< within 15 ms
  double   squares;
} Score;

static Melody melody;

static bool read_melody(char* line)
{
  unsigned key    = 0;
  unsigned onset  = 0;
  unsigned length = 0;
  melody.n        = 0;
  for (char* word = strtok(line, " \n"); word && melody.n < NOTES_MAX; word = strtok(NULL, " \n")) {
    if (sscanf(word, "%u:%u:%u", &key, &onset, &length) == 3) {
      melody.onset[melody.n++] = onset;
    }
  }
  if (melody.n < 2) {
    return false;
  }
  melody.first = melody.onset[0] / TICKS;
  melody.last  = melody.onset[melody.n - 1] / TICKS;
  return melody.last >= melody.first + BEATS_LEAST && melody.last + 3 < BEATS_MAX;
}

static void choose_tempo(FiqRandom* random)
{
  const double beats = melody.last - melody.first;
  double       now_s = 1.0;
  melody.mean_s      = 60.0 / (80.0 + 70.0 * (double)fiq_random_uniform(random));
  for (uint32_t b = melody.first; b <= melody.last + 2; ++b) {
    melody.beat_s[b] = now_s;
    now_s += melody.mean_s * (0.9 + 0.2 * (b - melody.first) / beats);
  }
}

static double played_s(uint32_t onset, double jitter, FiqRandom* random)
{
  const uint32_t b     = onset / TICKS;
  const double   share = (double)(onset % TICKS) / TICKS;
  const double   exact = melody.beat_s[b] + share * (melody.beat_s[b + 1] - melody.beat_s[b]);
  return exact + jitter * melody.mean_s * (double)fiq_random_normal(random);
}

/// Whether the pulse, at quarter `b`, is one of `ratio` quarters that begins with a multiple of `group` of them.
static bool is_level(const FiqPulse* pulse, uint32_t b, double ratio, uint32_t group,
                     double* error_s)
{
  const uint32_t from   = b - b % group;
  const double   length = melody.beat_s[b + 1] - melody.beat_s[b];
  const uint32_t at     = from < melody.first ? from + group : from;
  const double   beats  = fiq_pulse_beats(pulse, melody.beat_s[at]);
  const double   off =
      ratio < 2.0 || group > 1 ? beats - round(beats) : beats - round(2.0 * beats) / 2.0;
  *error_s = off * fiq_pulse_period_s(pulse);
  return fabs(fiq_pulse_period_s(pulse) / length / ratio - 1.0) < 0.08 &&
         fabs(*error_s) < 0.1 * length;
}

static void play(double jitter, FiqRandom* random, Score* score)
{
  static FiqPulse pulse;
  uint32_t        next     = 0;
  uint32_t        n        = 0;
  uint32_t        right[2] = {0, 0};
  double          last_s   = 0.0;
  fiq_pulse_reset(&pulse);
  for (uint32_t b = melody.first; b < melody.last; ++b) {
    for (; next < melody.n && melody.onset[next] + TICKS / 8 < b * TICKS; ++next) {
      const double time_s = played_s(melody.onset[next], jitter, random);
      last_s              = time_s > last_s ? time_s : last_s;
      fiq_pulse_onset(&pulse, last_s, 0.8f);
    }
    if (b < melody.first + FOUND_BEATS) {
      continue;
    }
    double     error_s    = 0.0;
    double     unused     = 0.0;
    const bool is_quarter = is_level(&pulse, b, 1.0, 1, &error_s);
    const bool is_any     = is_quarter || is_level(&pulse, b, 2.0, 1, &unused) ||
                        is_level(&pulse, b, 0.5, 1, &unused) ||
                        is_level(&pulse, b, 1.5, 3, &unused) ||
                        is_level(&pulse, b, 0.75, 3, &unused);
    if (b == melody.first + FOUND_BEATS) {
      score->found[0] += is_quarter;
      score->found[1] += is_any;
    }
    ++n;
    right[0] += is_quarter;
    right[1] += is_any;
    score->n_beats += is_quarter;
    score->n_near += is_quarter && fabs(error_s) < 0.015;
    score->squares += is_quarter ? error_s * error_s : 0.0;
  }
  ++score->n;
  score->kept[0] += 10 * right[0] >= 9 * n;
  score->kept[1] += 10 * right[1] >= 9 * n;
}

static void add(Score* sum, const Score* score)
{
  for (int i = 0; i < 2; ++i) {
    sum->found[i] += score->found[i];
    sum->kept[i] += score->kept[i];
  }
  sum->n += score->n;
  sum->n_beats += score->n_beats;
  sum->n_near += score->n_near;
  sum->squares += score->squares;
}

static void print(const char* name, const Score* score)
{
  const double all = 0.01 * score->n;
  printf("%-10s %4u  %5.1f %5.1f  %5.1f %5.1f  %9.1f %9.1f\n", name, score->n,
         score->found[0] / all, score->found[1] / all, score->kept[0] / all, score->kept[1] / all,
         1e3 * sqrt(score->squares / score->n_beats), 100.0 * score->n_near / score->n_beats);
}

static Score measure(const char* path, double jitter)
{
  static char line[1 << 16];
  FiqRandom   random;
  Score       score = {.n = 0};
  FILE* const file  = fopen(path, "r");
  fiq_random_init(&random, 1, 0);
  while (file && fgets(line, sizeof(line), file)) {
    if (read_melody(line)) {
      choose_tempo(&random);
      play(jitter, &random, &score);
    }
  }
  if (file) {
    fclose(file);
  }
  return score;
}

static int is_set(const struct dirent* entry)
{
  const char* const dot = strrchr(entry->d_name, '.');
  return dot && !strcmp(dot, ".txt");
}

int main(int argc, char** argv)
{
  struct dirent** entries = NULL;
  const int       n       = argc > 1 ? scandir(argv[1], &entries, is_set, alphasort) : -1;
  const double    jitter  = argc > 2 ? atof(argv[2]) : 0.03;
  Score           all     = {.n = 0};
  if (n < 0) {
    fprintf(stderr, "usage: bench_pulse FOLDER [JITTER]\n");
    return 1;
  }
  puts("set           n  found any    kept  any    rms, ms  in 15 ms");
  for (int i = 0; i < n; ++i) {
    char path[4096 + 300];
    snprintf(path, sizeof(path), "%.4000s/%.255s", argv[1], entries[i]->d_name);
    const Score score                 = measure(path, jitter);
    *strrchr(entries[i]->d_name, '.') = '\0';
    if (score.n > 0) {
      print(entries[i]->d_name, &score);
      add(&all, &score);
    }
    free(entries[i]);
  }
  free(entries);
  print("all", &all);
  return 0;
}
