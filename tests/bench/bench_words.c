// SPDX-License-Identifier: GPL-3.0-or-later
/*
   How many single words are understood: sung by the Swarm on 110, 160 and 220 Hz, through the plugin as a host would have it,
   beside espeak-ng, flite and noise. The listener is pocketsphinx with a grammar of the words of the list.

     bench_words [-v] LIST        LIST: words, one a line; -v tells what was heard instead
     bench_words --vowels         vowels held on 110 Hz: formants as Praat's LPC finds them, against their targets

   Wants the programs espeak-ng, flite, sox and pocketsphinx_continuous or praat (Debian: espeak-ng flite sox pocketsphinx
   pocketsphinx-en-us praat) and a build with flite's lexicon.
*/
#include "dsp/voice/utterance.h"
#include "plugin/syllables.h"
#include "tests/support/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  RATE      = 48000,
  DOWN      = 3, // to what the listener knows
  HEARD     = RATE / DOWN,
  WORDS_MAX = 400,
  BLOCK     = 256,
  LONGEST   = 6 * RATE,
  TAPS      = 95
};

typedef struct {
  char     word[WORDS_MAX][32];
  uint32_t n;
  char     folder[64];
  bool     tells;
} Bench;

static const double silence_s = 0.3;
static const double vowel_s   = 0.16; // from a syllable's vowel to its end, where it is stressed
static const double more_s    = 0.08; // where a word ends with it
static const double weak      = 0.65; // of that, where it is not

/// A voice that speaks: one singer, steady, without a beginning or an end of its own.
static void set_voice(Fixture* self)
{
  static const struct {
    const char* symbol;
    double      value;
  } settings[] = {{"oscillators", 512}, {"partials", 80},  {"tilt", -6},    {"detune", 0},
                  {"scatter", 0},       {"anneal", 0.05},  {"noise", 0},    {"attack", 0.005},
                  {"sustain", 100},     {"release", 0.06}, {"stereo", 0},   {"velocity_level", 0},
                  {"words_ahead", 1},   {"sway", 0},       {"coupling", 0}, {"output", 0}};
  for (size_t i = 0; i < sizeof settings / sizeof *settings; ++i) {
    fixture_set(self, settings[i].symbol, settings[i].value);
  }
}

static void run(Fixture* self, float* const planes[2], size_t* at, size_t until)
{
  while (*at < until) {
    const size_t left = until - *at;
    const size_t n    = left < BLOCK ? left : BLOCK;
    fixture_run(self, NULL, planes, *at, (uint32_t)n);
    fixture_work(self);
    *at += n;
  }
}

/// Down to the listener's rate: a windowed sinc at 7.4 kHz.
static size_t reduce(const float* in, size_t n, float* out)
{
  double tap[TAPS];
  for (int i = 0; i < TAPS; ++i) {
    const double x = i - (TAPS - 1) / 2;
    const double w = 0.54 + 0.46 * cos(2.0 * M_PI * x / (TAPS + 1));
    const double c = 2.0 * 7400.0 / RATE;
    tap[i]         = w * (fabs(x) < 0.5 ? c : sin(M_PI * c * x) / (M_PI * x));
  }
  for (size_t k = 0; k < n / DOWN; ++k) {
    double sum = 0.0;
    for (int i = 0; i < TAPS; ++i) {
      const size_t at = k * DOWN + (size_t)i;
      sum += at >= TAPS / 2 && at - TAPS / 2 < n ? tap[i] * (double)in[at - TAPS / 2] : 0.0;
    }
    out[k] = (float)sum;
  }
  return n / DOWN;
}

static void put_little(FILE* file, uint32_t value, int n_bytes)
{
  for (int i = 0; i < n_bytes; ++i) {
    (void)fputc((int)(value >> (8 * i) & 255u), file);
  }
}

/// A mono file of 16 bits with silence at both ends, at a level as of speech.
static void write_wav(const char* path, const float* sound, size_t n)
{
  const uint32_t quiet = (uint32_t)(silence_s * HEARD);
  const uint32_t bytes = 2 * ((uint32_t)n + 2 * quiet);
  double         peak  = 1e-9;
  FILE* const    file  = fopen(path, "wb");
  assert_non_null(file);
  for (size_t i = 0; i < n; ++i) {
    peak = fmax(peak, fabs((double)sound[i]));
  }
  (void)fputs("RIFF", file);
  put_little(file, 36 + bytes, 4);
  (void)fputs("WAVEfmt ", file);
  put_little(file, 16, 4);
  put_little(file, 0x00010001, 4);
  put_little(file, HEARD, 4);
  put_little(file, 2 * HEARD, 4);
  put_little(file, 0x00100002, 4);
  (void)fputs("data", file);
  put_little(file, bytes, 4);
  for (uint32_t i = 0; i < quiet; ++i) {
    put_little(file, 0, 2);
  }
  for (size_t i = 0; i < n; ++i) {
    put_little(file, (uint32_t)(int32_t)lrint(16000.0 * (double)sound[i] / peak), 2);
  }
  for (uint32_t i = 0; i < quiet; ++i) {
    put_little(file, 0, 2);
  }
  assert_int_equal(fclose(file), 0);
}

/// Sing `word` on `hz` into `plane`; frames from the first to the last that is heard.
static size_t sing(Fixture* self, const char* word, double hz, float* const planes[2],
                   size_t* first)
{
  static FiqSyllable syllables[FIQ_TEXT_SYLLABLES];
  FiqTextReport      report;
  const double       key  = 69.0 + 12.0 * log2(hz / 440.0);
  const uint8_t      note = (uint8_t)lrint(key);
  const int          bend = (int)lrint(8192.0 * (1.0 + (key - note) / 2.0));
  size_t             at   = 0;
  fiq_syllables_read(syllables, word, strlen(word), &report);
  fixture_patch_string(self, 0, "urn:fieldiq:words", word);
  fixture_midi(self, 1, 0xE0, (uint8_t)(bend & 127), (uint8_t)(bend >> 7));
  run(self, planes, &at, RATE / 10);
  for (uint32_t i = 0; i < report.n_syllables; ++i) {
    const FiqSyllable* const syllable = &syllables[i];
    const bool               last     = i + 1 == report.n_syllables;
    const bool               strong   = syllable->stress > 0 || report.n_syllables == 1;
    const double             own_s    = vowel_s * (strong ? 1.0 : weak);
    const double             open_s   = last && syllable->n_coda == 0 ? more_s : 0.0;
    const double next_s = last ? 0.0 : 0.07 * syllables[i + 1].n_onset + 0.06 * syllable->n_coda;
    fixture_midi(self, 0, 0x90, note, 100);
    run(self, planes, &at, at + (size_t)((own_s + open_s + next_s) * RATE));
    fixture_midi(self, 0, 0x80, note, 0);
  }
  run(self, planes, &at, at + RATE);
  size_t begin = 0;
  size_t end   = at;
  while (begin < end && fabsf(planes[0][begin]) < 1e-4f) {
    ++begin;
  }
  while (end > begin && fabsf(planes[0][end - 1]) < 1e-4f) {
    --end;
  }
  *first = begin;
  return end - begin;
}

static void wav_path(const Bench* self, const char* who, const char* word, char path[160])
{
  (void)snprintf(path, 160, "%s/%s_%s.wav", self->folder, who, word);
}

static void sing_all(const Bench* self, const char* who, double hz)
{
  static float   left[LONGEST];
  static float   right[LONGEST];
  static float   heard[LONGEST / DOWN];
  float* const   planes[2] = {left, right};
  Fixture* const swarm     = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
  assert_non_null(swarm);
  fixture_seed(swarm, 7);
  set_voice(swarm);
  for (uint32_t i = 0; i < self->n; ++i) {
    char         path[160];
    size_t       first = 0;
    const size_t n     = sing(swarm, self->word[i], hz, planes, &first);
    wav_path(self, who, self->word[i], path);
    write_wav(path, heard, reduce(left + first, n, heard));
  }
  fixture_close(swarm);
}

/// Half a second of white noise for every word.
static void hiss_all(const Bench* self, const char* who)
{
  static float noise[HEARD / 2];
  uint32_t     seed = 1;
  for (uint32_t i = 0; i < self->n; ++i) {
    char path[160];
    for (int k = 0; k < HEARD / 2; ++k) {
      seed     = seed * 1664525u + 1013904223u;
      noise[k] = (float)(seed >> 8) * 0x1p-23f - 1.0f;
    }
    wav_path(self, who, self->word[i], path);
    write_wav(path, noise, HEARD / 2);
  }
}

/// Have another program say every word; `format` has the word and the file.
static void say_all(const Bench* self, const char* who, const char* command)
{
  for (uint32_t i = 0; i < self->n; ++i) {
    char path[160];
    char line[512];
    wav_path(self, who, self->word[i], path);
    (void)snprintf(line, sizeof line,
                   "%s '%s' >%s/said.wav && sox -q %s/said.wav -r %d -c 1 -b 16 %s pad %g %g",
                   command, self->word[i], self->folder, self->folder, HEARD, path, silence_s,
                   silence_s);
    if (system(line) != 0) {
      (void)fprintf(stderr, "bench_words: cannot run: %s\n", line);
      exit(1);
    }
  }
}

static bool is_digit_word(const char* word)
{
  static const char* const digits[] = {"zero", "one", "two",   "three", "four",
                                       "five", "six", "seven", "eight", "nine"};
  bool                     found    = false;
  for (size_t i = 0; i < sizeof digits / sizeof *digits; ++i) {
    found = found || strcmp(word, digits[i]) == 0;
  }
  return found;
}

static void write_grammar(const Bench* self)
{
  char path[160];
  (void)snprintf(path, sizeof path, "%s/words.gram", self->folder);
  FILE* const file = fopen(path, "w");
  assert_non_null(file);
  (void)fputs("#JSGF V1.0;\ngrammar words;\npublic <word> = ", file);
  for (uint32_t i = 0; i < self->n; ++i) {
    (void)fprintf(file, "%s%s", i > 0 ? " | " : "", self->word[i]);
  }
  (void)fputs(";\n", file);
  assert_int_equal(fclose(file), 0);
}

/// How many of the words of `who` are understood.
static uint32_t listen(const Bench* self, const char* who)
{
  uint32_t n_right  = 0;
  uint32_t n_digits = 0;
  uint32_t n_known  = 0;
  (void)printf("%-12s", who);
  for (uint32_t i = 0; i < self->n; ++i) {
    char path[160];
    char line[512];
    char heard[128] = "";
    wav_path(self, who, self->word[i], path);
    (void)snprintf(line, sizeof line,
                   "pocketsphinx_continuous -infile %s -jsgf %s/words.gram -logfn /dev/null 2>&1",
                   path, self->folder);
    FILE* const answer = popen(line, "r");
    assert_non_null(answer);
    if (fgets(heard, sizeof heard, answer)) {
      heard[strcspn(heard, "\n")] = '\0';
    }
    if (pclose(answer) != 0) {
      (void)fprintf(stderr, "bench_words: the listener fails: %s\n", line);
      exit(1);
    }
    const bool right = strcmp(heard, self->word[i]) == 0;
    n_right += right;
    n_known += is_digit_word(self->word[i]);
    n_digits += right && is_digit_word(self->word[i]);
    if (self->tells && !right) {
      (void)printf(" %s>%s", self->word[i], heard);
    }
  }
  (void)printf("  %u of %u words", n_right, self->n);
  if (n_known > 0) {
    (void)printf(", %u of %u digits", n_digits, n_known);
  }
  (void)printf("\n");
  (void)fflush(stdout);
  return n_right;
}

static void clean_up(const Bench* self)
{
  char line[128];
  (void)snprintf(line, sizeof line, "rm -rf '%s'", self->folder);
  if (!getenv("BENCH_KEEP") && system(line) != 0) {
    (void)fprintf(stderr, "bench_words: %s is left\n", self->folder);
  }
}

// ---- vowels ----

/// Hold `name` for a second on 110 Hz.
static void hold_vowel(const char* name, const char* path)
{
  static float   left[2 * RATE];
  static float   right[2 * RATE];
  static float   heard[2 * HEARD];
  float* const   planes[2] = {left, right};
  size_t         at        = 0;
  char           words[16];
  Fixture* const swarm = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
  assert_non_null(swarm);
  fixture_seed(swarm, 7);
  set_voice(swarm);
  (void)snprintf(words, sizeof words, "[%s]", name);
  fixture_patch_string(swarm, 0, "urn:fieldiq:words", words);
  run(swarm, planes, &at, RATE / 10);
  fixture_midi(swarm, 0, 0x90, 45, 100);
  run(swarm, planes, &at, 2 * RATE);
  write_wav(path, heard, reduce(left + RATE, RATE, heard));
  fixture_close(swarm);
}

/// Medians of F1 and F2 over the file.
static bool find_formants(const Bench* self, const char* path, double hz[2])
{
  char  line[512];
  char  script[160];
  FILE* file = NULL;
  (void)snprintf(script, sizeof script, "%s/formants.praat", self->folder);
  file = fopen(script, "w");
  assert_non_null(file);
  (void)fprintf(file,
                "Read from file: \"%s\"\nTo Formant (burg): 0, 5, 5000, 0.025, 50\n"
                "a = Get quantile: 1, 0.4, 1.1, \"Hertz\", 0.5\n"
                "b = Get quantile: 2, 0.4, 1.1, \"Hertz\", 0.5\n"
                "writeInfoLine: a, \" \", b\n",
                path);
  assert_int_equal(fclose(file), 0);
  (void)snprintf(line, sizeof line, "praat --run %s", script);
  FILE* const answer = popen(line, "r");
  assert_non_null(answer);
  const bool found = fscanf(answer, "%lf %lf", &hz[0], &hz[1]) == 2;
  return pclose(answer) == 0 && found;
}

static int compare(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static int measure_vowels(const Bench* self)
{
  const FiqVoiceParams man = {1.0f, 0.0f, 0.0f};
  double               off[2 * FIQ_N_PHONEMES];
  size_t               n = 0;
  for (uint32_t i = 1; i < FIQ_N_PHONEMES; ++i) {
    const FiqSyllable sung = {.nucleus = (uint8_t)i};
    FiqUtterance      singer;
    char              path[160];
    double            hz[2] = {0.0, 0.0};
    if (!fiq_phoneme_is_nucleus((FiqPhoneme)i)) {
      continue;
    }
    fiq_utterance_begin(&singer, &sung, 0.06f);
    const FiqTract tract = fiq_utterance_tract(&singer, &man, 1.0f, 110.0f);
    if (fabsf(tract.nasal_hz - fiq_nasal_hz) > 1.0f) {
      continue; // what a nose does is no formant
    }
    wav_path(self, "vowel", fiq_phoneme_name((FiqPhoneme)i), path);
    hold_vowel(fiq_phoneme_name((FiqPhoneme)i), path);
    if (!find_formants(self, path, hz)) {
      (void)fprintf(stderr, "bench_words: praat finds nothing\n");
      return 1;
    }
    for (int k = 0; k < 2; ++k) {
      off[n++] = fabs(hz[k] / (double)tract.hz[k] - 1.0);
    }
    (void)printf("%-4s F1 %4.0f of %4.0f Hz, F2 %4.0f of %4.0f Hz\n",
                 fiq_phoneme_name((FiqPhoneme)i), hz[0], (double)tract.hz[0], hz[1],
                 (double)tract.hz[1]);
  }
  qsort(off, n, sizeof *off, compare);
  (void)printf("off by %.1f %% in the median, %.1f %% at worst\n", 100.0 * off[n / 2],
               100.0 * off[n - 1]);
  return 0;
}

static bool read_list(Bench* self, const char* path)
{
  FILE* const file = fopen(path, "r");
  char        line[64];
  while (file && self->n < WORDS_MAX && fgets(line, sizeof line, file)) {
    line[strcspn(line, "\r\n ")] = '\0';
    if (line[0] != '\0' && strspn(line, "abcdefghijklmnopqrstuvwxyz") == strlen(line) &&
        strlen(line) < sizeof self->word[0]) {
      (void)strcpy(self->word[self->n++], line);
    }
  }
  return file && fclose(file) == 0 && self->n > 0;
}

int main(int argc, char** argv)
{
  static const double hz[]  = {110.0, 160.0, 220.0};
  static Bench        bench = {.folder = "/tmp/bench_words.XXXXXX"};
  if (argc == 2 && strcmp(argv[1], "--vowels") == 0 && mkdtemp(bench.folder)) {
    const int status = measure_vowels(&bench);
    clean_up(&bench);
    return status;
  }
  bench.tells = argc > 2 && strcmp(argv[1], "-v") == 0;
  if (argc != (bench.tells ? 3 : 2) || !read_list(&bench, argv[argc - 1]) ||
      !mkdtemp(bench.folder)) {
    (void)fprintf(stderr, "usage: bench_words [-v] LIST | --vowels\n");
    return 2;
  }
  write_grammar(&bench);
  uint32_t sung[3];
  for (int i = 0; i < 3; ++i) {
    char who[32];
    (void)snprintf(who, sizeof who, "sung_%.0f", hz[i]);
    sing_all(&bench, who, hz[i]);
    sung[i] = listen(&bench, who);
  }
  say_all(&bench, "espeak", "espeak-ng -v en-us --stdout");
  const uint32_t espeak = listen(&bench, "espeak");
  say_all(&bench, "flite", "flite -voice slt -o /dev/stdout -t");
  (void)listen(&bench, "flite");
  hiss_all(&bench, "noise");
  (void)listen(&bench, "noise");
  for (int i = 0; i < 3; ++i) {
    (void)printf("%.0f Hz: %.2f times espeak-ng's words\n", hz[i],
                 (double)sung[i] / fmax(espeak, 1.0));
  }
  clean_up(&bench);
  return 0;
}
