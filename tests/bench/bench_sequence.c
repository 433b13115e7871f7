// SPDX-License-Identifier: GPL-3.0-or-later
/*
   How well the melody model predicts: cross-entropy of pitch in bits a note, ten-fold, on the sets of FOLDER.

     bench_sequence FOLDER

   FOLDER/NAME.txt holds one melody a line, its notes as key:onset:length in 96ths of a quarter note. Melody i is
   predicted by a model that has learned the melodies j with j mod 10 != i mod 10, and goes on learning. The alphabet is
   that of the set. Beside the figures stand those of Pearce 2005 where he has the set.

   Then continuations: all of a set is learned, and 16 bars are played on from the beginning of each of some melodies.
   copy: the longest run of keys that is one of a learned melody, in any octave. outside: notes out of the range wished for,
   by default the learned one, or out of scale. still: bars with no note. in band: share of choices whose entropy is 0.35 to
   0.65 of the greatest. The same for other ranges of keys. Last, time and memory.
*/
#include "dsp/sequence/improviser.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MELODIES_MAX = 20000, NOTES_MAX = 1 << 20, FOLDS = 10, BAR_TICKS = 384, SETS_MAX = 64 };

typedef struct {
  FiqMelodyNote note[NOTES_MAX];
  uint32_t      first[MELODIES_MAX + 1]; ///< note of each melody
  uint32_t      n_melodies;
  bool          has_key[FIQ_MELODY_KEYS];
} Set;

static Set set;

/// Both, of Pearce's table: with long and short term; long term alone.
static const struct {
  const char* name;
  double      combined;
  double      long_term;
} published[] = {{"nova", 2.468, 2.861},     {"chorale", 2.347, 2.444}, {"alsatian", 2.540, 3.115},
                 {"yugoslav", 2.588, 2.721}, {"swiss", 2.454, 3.010},   {"austrian", 2.651, 3.340},
                 {"kinder", 2.106, 2.428},   {"chinese", 2.681, 3.105}};

/// Ranges of keys that are played on in: as learned, an octave at either end and in the middle, everything below and above.
static const uint8_t ranges[][2] = {{0, 127}, {24, 36}, {60, 72}, {96, 108}, {0, 59}, {72, 127}};

static void read_line(char* line)
{
  uint32_t n = set.first[set.n_melodies];
  for (char* word = strtok(line, " \n"); word && n < NOTES_MAX; word = strtok(NULL, " \n")) {
    unsigned key    = 0;
    unsigned onset  = 0;
    unsigned length = 0;
    if (sscanf(word, "%u:%u:%u", &key, &onset, &length) == 3 && key < FIQ_MELODY_KEYS) {
      set.note[n++]    = (FiqMelodyNote){.key    = (uint8_t)key,
                                         .place  = (uint16_t)(onset % BAR_TICKS),
                                         .length = (uint16_t)(length < 65535 ? length : 65535)};
      set.has_key[key] = true;
    }
  }
  if (n > set.first[set.n_melodies] && set.n_melodies < MELODIES_MAX) {
    set.first[++set.n_melodies] = n;
  }
}

static bool read_set(const char* path)
{
  static char line[1 << 16];
  FILE* const file = fopen(path, "r");
  if (!file) {
    return false;
  }
  memset(&set, 0, sizeof(set));
  while (fgets(line, sizeof(line), file)) {
    read_line(line);
  }
  fclose(file);
  return set.n_melodies > 0;
}

/// Take one melody; the bits of its notes.
static double take_melody(FiqMelodyModel* model, uint32_t melody)
{
  double bits = 0.0;
  fiq_melody_begin(model, true);
  for (uint32_t i = set.first[melody]; i < set.first[melody + 1]; ++i) {
    fiq_melody_predict(model, &set.note[i]);
    bits -= log2((double)fiq_melody_share(model, set.note[i].key));
    fiq_melody_learn(model, &set.note[i]);
  }
  return bits;
}

static double cross_entropy(FiqMelodyModel* model)
{
  double   bits = 0.0;
  uint32_t n    = 0;
  fiq_melody_set_candidates(model, set.has_key);
  for (uint32_t fold = 0; fold < FOLDS; ++fold) {
    fiq_melody_reset(model);
    for (uint32_t m = 0; m < set.n_melodies; ++m) {
      if (m % FOLDS != fold) {
        (void)take_melody(model, m);
      }
    }
    for (uint32_t m = fold; m < set.n_melodies; m += FOLDS) {
      bits += take_melody(model, m);
      n += set.first[m + 1] - set.first[m];
    }
  }
  return bits / n;
}

/// What was seen of some continuations.
typedef struct {
  uint32_t copy;
  uint32_t n_outside;
  uint32_t n_still;
  uint32_t n_repeated; ///< longest repetition of one key
  uint32_t n_in_band;
  uint32_t n_notes;
} Continued;

static FiqLearnedNote learned_note(uint32_t i, bool is_first)
{
  return (FiqLearnedNote){.key      = set.note[i].key,
                          .velocity = 80,
                          .starts   = is_first ? 2 : 0,
                          .place    = set.note[i].place,
                          .step     = fiq_nearest_step(set.note[i].length)};
}

/// Longest run of `keys` [n] that a melody has.
static uint32_t longest_copy(const uint8_t* keys, uint32_t n)
{
  uint32_t most = 0;
  for (uint32_t m = 0; m < set.n_melodies; ++m) {
    for (uint32_t i = set.first[m]; i < set.first[m + 1]; ++i) {
      for (uint32_t from = 0; from < n; ++from) {
        uint32_t      run   = 0;
        const int32_t moved = set.note[i].key - keys[from];
        while (moved % 12 == 0 && from + run < n && i + run < set.first[m + 1] &&
               set.note[i + run].key - keys[from + run] == moved) {
          ++run;
        }
        most = run > most ? run : most;
      }
    }
  }
  return most;
}

static void continue_melody(FiqImproviser* improviser, uint32_t melody, const uint8_t range[2],
                            Continued* seen)
{
  const FiqImproviserParams params     = {.surprise  = 0.5f,
                                          .harmony   = 0.5f,
                                          .density   = 0.5f,
                                          .register_ = 0.5f,
                                          .lowest    = range[0],
                                          .highest   = range[1]};
  const bool                is_learned = range[0] == 0 && range[1] == 127;
  const uint8_t             lowest     = is_learned ? improviser->lowest : range[0];
  const uint8_t             highest    = is_learned ? improviser->highest : range[1];
  uint8_t                   keys[16 * 32];
  uint32_t                  n        = 0;
  uint32_t                  ticks    = 0;
  uint32_t                  repeated = 0;
  for (uint32_t i = set.first[melody]; i < set.first[melody + 1] && i < set.first[melody] + 16;
       ++i) {
    const FiqLearnedNote note = learned_note(i, i == set.first[melody]);
    fiq_improviser_follow(improviser, &note);
    ticks = note.place + note.step;
  }
  const uint32_t end = ticks + 16 * BAR_TICKS;
  while (ticks < end && n < sizeof(keys)) {
    const FiqLearnedNote note =
        fiq_improviser_play(improviser, &params, ticks % BAR_TICKS, BAR_TICKS);
    const float entropy = improviser->key_choice.entropy;
    repeated            = n > 0 && keys[n - 1] == note.key ? repeated + 1 : 1;
    seen->n_repeated    = repeated > seen->n_repeated ? repeated : seen->n_repeated;
    seen->n_outside += note.key < lowest || note.key > highest ||
                       !fiq_melody_in_scale(&improviser->melody, note.key);
    seen->n_in_band += entropy >= 0.35f && entropy <= 0.65f;
    seen->n_still += note.step > BAR_TICKS;
    keys[n++] = note.key;
    ticks += note.step;
  }
  seen->n_notes += n;
  const uint32_t copy = longest_copy(keys, n);
  seen->copy          = copy > seen->copy ? copy : seen->copy;
}

static void measure_continuations(const char* name, const uint8_t range[2])
{
  static FiqImproviser improviser;
  FiqArena             arena;
  Continued            seen = {0, 0, 0, 0, 0, 0};
  fiq_arena_init(&arena, NULL, 0);
  (void)fiq_improviser_init(&improviser, &arena, FIQ_MELODY_WINDOW);
  void* const block = aligned_alloc(FIQ_ARENA_ALIGN_BYTES, arena.used_bytes);
  fiq_arena_init(&arena, block, arena.used_bytes);
  if (!block || fiq_improviser_init(&improviser, &arena, FIQ_MELODY_WINDOW) != FIQ_OK) {
    exit(1);
  }
  for (uint32_t m = 0; m < set.n_melodies; ++m) {
    for (uint32_t i = set.first[m]; i < set.first[m + 1]; ++i) {
      const FiqLearnedNote note = learned_note(i, i == set.first[m]);
      fiq_improviser_learn(&improviser, &note);
    }
  }
  for (uint32_t m = 0; m < set.n_melodies && m < 20; ++m) {
    continue_melody(&improviser, m, range, &seen);
  }
  printf("%-15s copy %2u  outside %u  still %u  repeated %u  in band %.1f %%  of %u notes\n", name,
         seen.copy, seen.n_outside, seen.n_still, seen.n_repeated,
         100.0 * seen.n_in_band / seen.n_notes, seen.n_notes);
  free(block);
}

static FiqMelodyModel* new_model(bool is_pitch_only, size_t* size_bytes)
{
  const FiqMelodyConfig config = {.window = FIQ_MELODY_WINDOW, .is_pitch_only = is_pitch_only};
  FiqMelodyModel* const model  = malloc(sizeof(FiqMelodyModel));
  FiqArena              arena;
  fiq_arena_init(&arena, NULL, 0);
  if (!model) {
    exit(1);
  }
  (void)fiq_melody_init(model, &arena, &config);
  *size_bytes       = arena.used_bytes;
  void* const block = aligned_alloc(FIQ_ARENA_ALIGN_BYTES, *size_bytes);
  fiq_arena_init(&arena, block, *size_bytes);
  if (!block || fiq_melody_init(model, &arena, &config) != FIQ_OK) {
    exit(1);
  }
  return model;
}

static double seconds(void)
{
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int by_name(const void* a, const void* b)
{
  return strcmp(a, b);
}

int main(int argc, char** argv)
{
  static char names[SETS_MAX][64];
  uint32_t    n_sets  = 0;
  size_t      bytes   = 0;
  size_t      bytes_1 = 0;
  double      sum[4]  = {0.0, 0.0, 0.0, 0.0};
  uint32_t    n_known = 0;
  DIR* const  folder  = argc == 2 ? opendir(argv[1]) : NULL;
  if (!folder) {
    fprintf(stderr, "usage: bench_sequence FOLDER\n");
    return 1;
  }
  for (const struct dirent* entry = readdir(folder); entry; entry = readdir(folder)) {
    const size_t length = strlen(entry->d_name);
    if (length > 4 && length < sizeof(names[0]) && !strcmp(entry->d_name + length - 4, ".txt") &&
        n_sets < SETS_MAX) {
      memcpy(names[n_sets++], entry->d_name, length - 3);
      names[n_sets - 1][length - 4] = '\0';
    }
  }
  closedir(folder);
  qsort(names, n_sets, sizeof(names[0]), by_name);
  FiqMelodyModel* const pitch = new_model(true, &bytes_1);
  FiqMelodyModel* const whole = new_model(false, &bytes);
  puts("bits a note     pitch alone  all viewpoints  published: both  long term alone");
  for (uint32_t s = 0; s < n_sets; ++s) {
    char path[4096 + 70];
    snprintf(path, sizeof(path), "%.4000s/%.63s.txt", argv[1], names[s]);
    if (!read_set(path)) {
      continue;
    }
    const double alone = cross_entropy(pitch);
    const double all   = cross_entropy(whole);
    printf("%-15s %11.3f  %14.3f", names[s], alone, all);
    for (size_t k = 0; k < sizeof(published) / sizeof(published[0]); ++k) {
      if (!strcmp(published[k].name, names[s])) {
        printf("  %15.3f  %15.3f", published[k].combined, published[k].long_term);
        sum[0] += alone;
        sum[1] += all;
        sum[2] += published[k].combined;
        sum[3] += published[k].long_term;
        ++n_known;
      }
    }
    puts("");
  }
  if (n_known > 0) {
    printf("%-15s %11.3f  %14.3f  %15.3f  %15.3f\n", "mean of these", sum[0] / n_known,
           sum[1] / n_known, sum[2] / n_known, sum[3] / n_known);
  }
  for (size_t r = 0; r < sizeof(ranges) / sizeof(ranges[0]); ++r) {
    printf("16 bars played on, keys %d to %d\n", ranges[r][0], ranges[r][1]);
    for (uint32_t s = 0; s < n_sets; ++s) {
      char path[4096 + 70];
      snprintf(path, sizeof(path), "%.4000s/%.63s.txt", argv[1], names[s]);
      if (read_set(path)) {
        measure_continuations(names[s], ranges[r]);
      }
    }
  }
  const double start = seconds();
  for (uint32_t m = 0; m < set.n_melodies; ++m) {
    (void)take_melody(whole, m);
  }
  const double note_s = (seconds() - start) / set.first[set.n_melodies];
  printf("learned and predicted: %.1f us a note of %u candidates, %.2f %% of a core at 1000 a "
         "second\n",
         note_s * 1e6, whole->n_candidates, note_s * 1e5);
  printf("memory: %.1f MB, of pitch alone %.1f MB\n", (double)bytes * 1e-6, (double)bytes_1 * 1e-6);
  return 0;
}
