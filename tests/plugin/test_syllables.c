// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: a text becomes the syllables that its header promises, whatever it is made of, and what was passed over is told.
// Method: texts beside their syllables, written as phonemes; text of any bytes, of a megabyte and of nothing.
#include "plugin/lexicon.h"
#include "plugin/syllables.h"
#include "tests/support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WRITTEN_BYTES = 1024 };

static FiqSyllable syllables[FIQ_TEXT_SYLLABLES];

/// "s w ao r m": one syllable, ", " between them, "~" where one is held.
static void write_syllable(char* written, const FiqSyllable* syllable)
{
  size_t at = strlen(written);
  at += (size_t)snprintf(written + at, WRITTEN_BYTES - at, "%s%s", at > 0 ? ", " : "",
                         syllable->holds ? "~" : "");
  for (uint32_t i = 0; i < syllable->n_onset; ++i) {
    at += (size_t)snprintf(written + at, WRITTEN_BYTES - at, "%s ",
                           fiq_phoneme_name((FiqPhoneme)syllable->onset[i]));
  }
  at += (size_t)snprintf(written + at, WRITTEN_BYTES - at, "%s",
                         fiq_phoneme_name((FiqPhoneme)syllable->nucleus));
  for (uint32_t i = 0; i < syllable->n_coda; ++i) {
    at += (size_t)snprintf(written + at, WRITTEN_BYTES - at, " %s",
                           fiq_phoneme_name((FiqPhoneme)syllable->coda[i]));
  }
  (void)snprintf(written + at, WRITTEN_BYTES - at, "%s", syllable->goes_on ? "~" : "");
}

static FiqTextReport read_text(const char* text, char written[WRITTEN_BYTES])
{
  FiqTextReport report;
  fiq_syllables_read(syllables, text, strlen(text), &report);
  written[0] = '\0';
  for (uint32_t i = 0; i < report.n_syllables; ++i) {
    assert_true(fiq_syllable_is_valid(&syllables[i]));
    write_syllable(written, &syllables[i]);
  }
  return report;
}

typedef struct {
  const char* text;
  const char* expected;
} Line;

static void check_lines(const Line* lines, size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    char                written[WRITTEN_BYTES];
    const FiqTextReport report = read_text(lines[i].text, written);
    if (strcmp(written, lines[i].expected) != 0) {
      print_message("'%s': %s\n  expected %s\n", lines[i].text, written, lines[i].expected);
    }
    assert_string_equal(written, lines[i].expected);
    assert_int_equal(report.n_words + report.n_phonemes + report.n_characters, 0);
    assert_false(report.is_cut);
  }
}

static void test_phonemes_by_hand_are_what_they_say(void** state)
{
  (void)state;
  static const Line lines[] = {
      {"[s w ao r m]", "s w ao r m"},
      {"[S W AO1 R M] [L AH1 V]", "s w ao r m, l ah v"}, // a dictionary's
      {"[f iy1 l d ih1 k]", "f iy l, d ih k"},
      {"[eh k s t r ax]", "eh k, s t r ax"},          // maximal onset
      {"[eh k s . t r ax]", "eh k s, t r ax"},        // by hand
      {"[s ih ng ih ng]", "s ih ng, ih ng"},          // no word begins with ng
      {"[S 2: n] [h Y t @]", "sh oe n, hh ue, t ax"}, // German
      {"[b o~] [v E~]", "b on, v in"},                // French
      {"[a J o]", "a, ny o"},                         // Spanish
      {"[v e . r o] - [k a]", "v e, r o~, ~o, k a"},
      {"[m] [hh m]", "em, hh em"},          // hums
      {"[ah] [] [ ] [ah]", "ah, -, -, ah"}, // notes without words
      {"[sh]", "sh -"},                     // a hiss
      {"[l uh v] - + _ [m iy]", "l uh~, ~uh~, ~uh~, ~uh v, m iy"},
      {"", ""},
      {" \t\r\n .,;:!? \" \x01\x7f / \\", ""},
  };
  check_lines(lines, sizeof lines / sizeof lines[0]);
}

static void test_words_are_spoken_and_cut(void** state)
{
  (void)state;
#ifdef FIQ_HAS_FLITE
  static const Line lines[] = {
      {"The swarm sings what is typed", "dh ax, s w ao r m, s ih ng z, w ah t, ih z, t ay p t"},
      {"fieldiq", "f iy l, d ih k"},
      {"LOVE, me - - do!", "l ah v, m iy~, ~iy~, ~iy, d uw"},
      {"beau-ti-ful", "b y uw, t ax, f ax l"},
      {"glo-+-+-ri-a", "g l ao~, ~ao~, ~ao, r iy, ax"},
      {"every {ev-ery} ev-ery", "eh, v er, iy, eh, v r iy, eh, v r iy"},
      {"fire {fire}", "f ay, er, f ay r"},
      {"lo-ove", "l uw~, ~uw v"},
      {"Hal- le- lu- jah", "hh ae, l ax, l uw, y ax"}, // as karaoke writes it
      {"well -- known", "w eh l, n ow n"},             // a dash is no note
      {"don't love's it's singin'", "d ow n t, l ah v z, ih t s, s ih ng, ih n"},
      {"don\xe2\x80\x99t I'm we'll isn't", "d ow n t, ay m, w iy l, ih, z ax n t"},
      {"7", "s eh, v ax n"},
      {"tv", "t iy, v iy"},
      {"hmm shh", "hh em, sh -"},
      {"caf\xc3\xa9 cafe\xcc\x81", "k ax, f ey, k ax, f ey"}, // in one and in two characters
      {"sky[s k ay]", "s k ay"},
      {"glo-ri-a[g l o . r i . a]", "g l o, r i, a"},
  };
  check_lines(lines, sizeof lines / sizeof lines[0]);
  assert_true(fiq_lexicon_is_there());
#else
  char                written[WRITTEN_BYTES];
  const FiqTextReport report = read_text("two words [ah]", written);
  assert_false(fiq_lexicon_is_there());
  assert_string_equal(written, "ah");
  assert_int_equal(report.n_words, 2);
  assert_string_equal(report.word, "two");
#endif
}

static void test_what_cannot_be_sung_is_passed_over_and_told(void** state)
{
  (void)state;
  static const struct {
    const char* text;
    uint32_t    n_syllables, n_phonemes, n_characters;
    const char* phoneme;
  } table[] = {
      {"[", 0, 0, 1, ""},
      {"]", 0, 0, 1, ""},
      {"[ah] ] [ah] [", 2, 0, 2, ""},
      {"[ah qq zz] [qq]", 1, 3, 0, "qq"},
      {"\xd0\xbf\xd1\x80 \xe4\xbd\xa0 [ah]", 1, 0, 3, ""}, // Cyrillic, Chinese
      {"\xff\xfe\xc3[ah]\x80", 1, 0, 4, ""},               // no UTF-8
      {"- - + [ah]", 1, 0, 0, ""},                         // nothing to hold yet
      {"{ } [ah]", 1, 0, 2, ""},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i) {
    char                written[WRITTEN_BYTES];
    const FiqTextReport report = read_text(table[i].text, written);
    assert_int_equal(report.n_syllables, table[i].n_syllables);
    assert_int_equal(report.n_phonemes, table[i].n_phonemes);
    assert_int_equal(report.n_characters, table[i].n_characters);
    assert_string_equal(report.phoneme, table[i].phoneme);
  }
}

/// Read `n` bytes of `pattern` repeated.
static FiqTextReport read_pattern(const char* pattern, size_t n)
{
  char* const   text   = malloc(n);
  const size_t  length = strlen(pattern);
  FiqTextReport report;
  assert_non_null(text);
  for (size_t i = 0; i < n; ++i) {
    text[i] = pattern[i % length];
  }
  fiq_syllables_read(syllables, text, n, &report);
  for (uint32_t i = 0; i < report.n_syllables; ++i) {
    assert_true(fiq_syllable_is_valid(&syllables[i]));
  }
  free(text);
  return report;
}

static void test_a_megabyte_is_cut_and_told(void** state)
{
  (void)state;
  static const char* const patterns[] = {"[ah]", "a ", "_",  "x",    "[", "[a",   "\xe4\xbd\xa0",
                                         "'",    "a-", "+-", "{a}-", "9", "word "};
  for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; ++i) {
    const FiqTextReport report = read_pattern(patterns[i], 1 << 20);
    print_message("1 MB of '%s': %u syllables, %u characters\n", patterns[i], report.n_syllables,
                  report.n_characters);
    assert_true(report.is_cut);
    assert_true(report.n_syllables <= FIQ_TEXT_SYLLABLES);
  }
  assert_int_equal(read_pattern("[ah]", 1 << 20).n_syllables, FIQ_TEXT_SYLLABLES);
  assert_false(read_pattern("[ah] ", 5000).is_cut);
  assert_int_equal(read_pattern("[ah] ", 5000).n_syllables, 1000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_phonemes_by_hand_are_what_they_say),
      cmocka_unit_test(test_words_are_spoken_and_cut),
      cmocka_unit_test(test_what_cannot_be_sung_is_passed_over_and_told),
      cmocka_unit_test(test_a_megabyte_is_cut_and_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
