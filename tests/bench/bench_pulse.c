// SPDX-License-Identifier: GPL-3.0-or-later
/*
   How surely the pulse is found in performed melodies, on the sets of FOLDER (bench_sequence.c says in what form).

     bench_pulse FOLDER [JITTER]

   Each melody of at least 24 beats is played at a tempo of its own between 80 and 150, which goes from 10 % below to
   10 % above it, and with onsets off by JITTER of a beat (sigma, 0.03). found: share of melodies in which the beat is
   right after 16 beats; kept: right at nine of ten beats from then on. Right: its length within 8 %, its time within a
   tenth of a beat, of the notated quarter, or of another metrical level (half, double, dotted). Of the first the error
   of the beat is told, and the share within 15 ms; beside it that of what nobody can know: the least squares, at each beat, of
   the onsets so far, by one who knows which place in the score each has and that the tempo changes evenly.

   Then a partner plays along, and on alone after three quarters of the melody: how far its own notes are from where they
   belong in the beat that was played, after those 16 beats, and in the eight beats after the player stops, if the tempo went
   on changing, and if it stayed as it was then.
*/
#include "dsp/base/random.h"
#include "dsp/sequence/partner.h"

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
  ALONE_BEATS = 8,
  SETS_MAX    = 64,
  RATE        = 48000,
  PERIOD      = 64,
  WINDOW      = 256
};

static const double near_s = 0.015;

typedef struct {
  uint32_t onset[NOTES_MAX]; ///< ticks
  uint8_t  key[NOTES_MAX];
  uint32_t n;
  double   beat_s[BEATS_MAX]; ///< when each quarter is played
  uint32_t first;             ///< quarter
  uint32_t last;
  double   mean_s;
} Melody;

/// Errors in time, s.
typedef struct {
  uint32_t n;
  uint32_t n_near; ///< within 15 ms
  double   squares;
} Errors;

typedef struct {
  uint32_t n;
  uint32_t found[2]; ///< quarter, any level
  uint32_t kept[2];
  Errors   beats;
  Errors   known; ///< of one who knows the notes
  Errors   along; ///< of a partner's notes while the player plays
  Errors   alone; ///< and after that, where the tempo goes on changing
  Errors   held;  ///< and where it stays as it was
} Score;

/// Sums for the least squares of a beat's time as a polynomial of its number.
typedef struct {
  double power[5];
  double time[3];
} Fit;

static Melody melody;

static bool read_melody(char* line)
{
  unsigned key    = 0;
  unsigned onset  = 0;
  unsigned length = 0;
  melody.n        = 0;
  for (char* word = strtok(line, " \n"); word && melody.n < NOTES_MAX; word = strtok(NULL, " \n")) {
    if (sscanf(word, "%u:%u:%u", &key, &onset, &length) == 3) {
      melody.onset[melody.n] = onset;
      melody.key[melody.n++] = (uint8_t)(key & 127u);
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

static void add_error(Errors* errors, double error_s)
{
  ++errors->n;
  errors->n_near += fabs(error_s) < near_s;
  errors->squares += error_s * error_s;
}

static void add_errors(Errors* sum, const Errors* errors)
{
  sum->n += errors->n;
  sum->n_near += errors->n_near;
  sum->squares += errors->squares;
}

static double near_percent(const Errors* errors)
{
  return 100.0 * errors->n_near / fmax(1.0, errors->n);
}

static void fit_add(Fit* fit, double beat, double time_s)
{
  double power = 1.0;
  for (int i = 0; i < 5; ++i) {
    fit->power[i] += power;
    if (i < 3) {
      fit->time[i] += power * time_s;
    }
    power *= beat;
  }
}

static double fit_time_s(const Fit* fit, double beat)
{
  double row[3][4];
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      row[i][j] = fit->power[i + j];
    }
    row[i][3] = fit->time[i];
  }
  for (int i = 0; i < 3; ++i) {
    for (int k = 0; k < 3; ++k) {
      const double factor = k == i ? 0.0 : row[k][i] / row[i][i];
      for (int j = 0; j < 4; ++j) {
        row[k][j] -= factor * row[i][j];
      }
    }
  }
  return row[0][3] / row[0][0] + beat * (row[1][3] / row[1][1] + beat * row[2][3] / row[2][2]);
}

/// Beats that have passed at `time_s`, and where in the next one that is.
static double true_beats(double time_s)
{
  uint32_t b = melody.first;
  while (b < melody.last && melody.beat_s[b + 1] <= time_s) {
    ++b;
  }
  return b + (time_s - melody.beat_s[b]) / (melody.beat_s[b + 1] - melody.beat_s[b]);
}

/// The same from `stop` on, had the tempo stayed as it was there.
static double held_beats(double time_s, double stop)
{
  const uint32_t b = (uint32_t)stop;
  return b + (time_s - melody.beat_s[b]) / (melody.beat_s[b + 1] - melody.beat_s[b]);
}

/// How far a note at beat `at` is from where one meant for `beats` of the pulse belongs, s.
static double note_error_s(double at, double beats)
{
  const uint32_t b   = (uint32_t)at;
  const double   off = at - beats - round(at - beats);
  return off * (melody.beat_s[b + 1] - melody.beat_s[b]);
}

/// Judge a note that the partner has begun, meant for `beats` of its pulse.
static void judge_note(const FiqPartner* partner, double beats, double stop, Score* score)
{
  uint32_t i = 0;
  while (i < partner->n_events && partner->event[i].velocity == 0) {
    ++i;
  }
  if (i == partner->n_events) {
    return;
  }
  const double time_s = (double)partner->event[i].frame / RATE;
  const double at     = true_beats(time_s);
  double       unused = 0.0;
  if (at < melody.first + FOUND_BEATS || at > stop + ALONE_BEATS ||
      !is_level(&partner->pulse, (uint32_t)at, 1.0, 1, &unused)) {
    return;
  }
  if (at < stop) {
    add_error(&score->along, note_error_s(at, beats));
  } else {
    add_error(&score->alone, note_error_s(at, beats));
    add_error(&score->held, note_error_s(held_beats(time_s, stop), beats));
  }
}

/// A partner that knows the melody's first notes plays along.
static void play_along(FiqPartner* partner, double jitter, Score* score)
{
  const FiqPartnerParams params = {
      .mode = FIQ_PARTNER_HOLD,
      .bars = 2,
      .play = {
          .surprise = 0.5f, .harmony = 0.5f, .density = 0.5f, .register_ = 0.5f, .highest = 127}};
  FiqRandom    random;
  uint32_t     next       = 0;
  double       last_s     = 0.0;
  const double stop_beats = melody.first + 0.75 * (melody.last - melody.first);
  fiq_random_init(&random, 2, score->n);
  fiq_partner_forget(partner, 1);
  fiq_partner_reset(partner, 1);
  for (uint32_t i = 0; i < 16 && i + 1 < melody.n; ++i) {
    const FiqLearnedNote note = {.key      = melody.key[i],
                                 .velocity = 90,
                                 .starts   = i == 0 ? 2 : 0,
                                 .place    = (uint16_t)(melody.onset[i] % (4 * TICKS)),
                                 .step = fiq_nearest_step(melody.onset[i + 1] - melody.onset[i])};
    fiq_partner_study(partner, &note);
  }
  const double end_s = melody.beat_s[melody.last];
  double       due_s = played_s(melody.onset[0], jitter, &random);
  for (uint64_t frame = 0; (double)frame < end_s * RATE; frame += PERIOD) {
    while (next < melody.n && melody.onset[next] < stop_beats * TICKS &&
           due_s * RATE < (double)(frame + PERIOD)) {
      last_s = due_s > last_s ? due_s : last_s;
      fiq_partner_hear(partner, (uint64_t)(last_s * RATE), melody.key[next], 90);
      fiq_partner_hear(partner, (uint64_t)(last_s * RATE), melody.key[next], 0);
      ++next;
      due_s = next < melody.n ? played_s(melody.onset[next], jitter, &random) : end_s;
    }
    const double beats = partner->next_beats;
    fiq_partner_step(partner, &params, frame, PERIOD);
    judge_note(partner, beats, stop_beats, score);
  }
}

static void play(double jitter, FiqRandom* random, Score* score)
{
  static FiqPulse pulse;
  Fit             fit      = {{0.0}, {0.0}};
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
      fit_add(&fit, (double)melody.onset[next] / TICKS - melody.first, time_s);
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
    if (is_quarter) {
      add_error(&score->beats, error_s);
    }
    add_error(&score->known, fit_time_s(&fit, b - melody.first) - melody.beat_s[b]);
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
  add_errors(&sum->beats, &score->beats);
  add_errors(&sum->known, &score->known);
  add_errors(&sum->along, &score->along);
  add_errors(&sum->alone, &score->alone);
  add_errors(&sum->held, &score->held);
}

static void print(const char* name, const Score* score)
{
  const double all = 0.01 * score->n;
  printf("%-10s %4u  %5.1f %5.1f  %5.1f %5.1f  %8.1f %9.1f  %10.1f  %6.1f %6.1f %5.1f\n", name,
         score->n, score->found[0] / all, score->found[1] / all, score->kept[0] / all,
         score->kept[1] / all, 1e3 * sqrt(score->beats.squares / score->beats.n),
         near_percent(&score->beats), near_percent(&score->known), near_percent(&score->along),
         near_percent(&score->alone), near_percent(&score->held));
}

static Score measure(const char* path, FiqPartner* partner, double jitter)
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
      play_along(partner, jitter, &score);
    }
  }
  if (file) {
    fclose(file);
  }
  return score;
}

static FiqPartner* new_partner(void)
{
  FiqPartner* const partner = malloc(sizeof(FiqPartner));
  FiqArena          arena;
  fiq_arena_init(&arena, NULL, 0);
  if (!partner || fiq_partner_init(partner, &arena, RATE, WINDOW, 1) != FIQ_NO_MEMORY) {
    exit(1);
  }
  const size_t bytes = arena.used_bytes;
  void* const  block = aligned_alloc(FIQ_ARENA_ALIGN_BYTES, bytes);
  fiq_arena_init(&arena, block, bytes);
  if (!block || fiq_partner_init(partner, &arena, RATE, WINDOW, 1) != FIQ_OK) {
    exit(1);
  }
  return partner;
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
  FiqPartner* const partner = new_partner();
  puts("                                           beats           in 15 ms  partner in 15 ms");
  puts("set           n  found any    kept  any    rms, ms  in 15 ms  notes known   along  alone  "
       "held");
  for (int i = 0; i < n; ++i) {
    char path[4096 + 300];
    snprintf(path, sizeof(path), "%.4000s/%.255s", argv[1], entries[i]->d_name);
    const Score score                 = measure(path, partner, jitter);
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
