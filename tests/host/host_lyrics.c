// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: lyrics of a MIDI file become words for its notes, one syllable a note, however the file writes them; nothing moves the
   rest of the line. Method: notes and lyrics at given times against the words.
*/
#include "host-test/render/lyrics.h"
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 16 };

typedef struct {
  double      time_s;
  const char* text;
} Lyric;

typedef struct {
  const char* claim;
  double      notes[MOST]; ///< up to the first that is < 0
  Lyric       lyrics[MOST];
  const char* expected; ///< NULL: no words
} Case;

#define END -1.0

static const Case cases[] = {
    {"no lyrics are no words", {0, 1, END}, {{0, NULL}}, NULL},
    {"spaces end words",
     {0, 1, 2, 3, END},
     {{0, "Hal"}, {1, "le"}, {2, "lu"}, {3, "jah "}},
     "{Hal-le-lu-jah} "},
    {"without spaces or hyphens each is a word",
     {0, 1, END},
     {{0, "Love"}, {1, "me"}},
     "{Love} {me} "},
    {"hyphens go on", {0, 1, 2, END}, {{0, "gold-"}, {1, "en"}, {2, " sun"}}, "{gold-en} {sun} "},
    {"older files begin lines with a stroke",
     {0, 1, 2, END},
     {{0, "\\Fly"}, {1, "/me"}, {2, " home"}},
     "{Fly} {me} {home} "},
    {"a carriage return ends the line and the word",
     {0, 1, 2, END},
     {{0, "me\r"}, {1, "to"}, {2, "day\r"}},
     "{me} {to-day} "},
    {"notes without a syllable hold it",
     {0, 1, 2, 3, 4, END},
     {{0, "glo"}, {3, "ri"}, {4, "a "}},
     "{glo-+-+-ri-a} "},
    {"also behind a word", {0, 1, END}, {{0, "love "}}, "{love}  _ "},
    {"but not after a pause, nor before the first",
     {0, 1, 5, 6, END},
     {{1, "love "}, {6, "me "}},
     " [] {love}  [] {me} "},
    {"a chord sings one", {0, 0.01, 0.02, 1, END}, {{0, "I "}, {1, "am "}}, "{I} {am} "},
    {"two on one tick are sung as one and move nothing",
     {0, 1, 2, END},
     {{0, "one "}, {1, "two"}, {1, "s "}, {2, "three "}},
     "{one} {twos} {three} "},
    {"a line's end on the tick of a syllable moves nothing",
     {0, 1, 2, END},
     {{0, "one "}, {1, "\r"}, {1, "two "}, {2, "three "}},
     "{one} {two} {three} "},
    {"a syllable a little late still has its note",
     {0, 1, END},
     {{0.01, "one "}, {1.01, "two "}},
     "{one} {two} "},
    {"one between two notes goes to the later", {0, 1, END}, {{0.5, "one "}}, " [] {one} "},
    {"text that is no UTF-8 is Latin-1", {0, END}, {{0, "caf\xe9 "}}, "{caf\xc3\xa9} "},
    {"digits are words", {0, END}, {{0, "2 "}}, "{two} "},
    {"what is no letter is left out", {0, END}, {{0, "[{(love})],"}}, "{love} "},
    {"those behind the last note are told", {0, END}, {{0, "one "}, {1, "two "}}, "{one} "},
};

/// A score of these notes and lyrics, in memory of the caller's.
static FiqScore make_score(const Case* test, FiqScoreEvent* events, FiqMidiFileEvent* lyrics)
{
  static const uint8_t strike[] = {0x90, 60, 100};
  FiqScore             score    = {.events = events};
  for (; test->notes[score.n_events] >= 0.0; ++score.n_events) {
    events[score.n_events] = (FiqScoreEvent){test->notes[score.n_events], 3, strike};
  }
  score.file.events = lyrics;
  for (size_t i = 0; i < MOST && test->lyrics[i].text; ++i) {
    const Lyric* const lyric      = &test->lyrics[i];
    lyrics[score.file.n_events++] = (FiqMidiFileEvent){.time_s = lyric->time_s,
                                                       .tick   = (uint64_t)(1000.0 * lyric->time_s),
                                                       .bytes  = (const uint8_t*)lyric->text,
                                                       .n_bytes = (uint32_t)strlen(lyric->text),
                                                       .track   = 1,
                                                       .kind    = FIQ_MIDI_FILE_LYRIC};
  }
  return score;
}

static void test_each_syllable_has_its_note(void** state)
{
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    FiqScoreEvent    events[MOST];
    FiqMidiFileEvent lyrics[MOST];
    const FiqScore   score = make_score(&cases[i], events, lyrics);
    char* const      words = fiq_lyrics_of(&score, 0, 0.03);
    print_message("%s: %s\n", cases[i].claim, words ? words : "none");
    if (cases[i].expected) {
      assert_non_null(words);
      assert_string_equal(words, cases[i].expected);
    } else {
      assert_null(words);
    }
    free(words);
  }
}

static void test_the_same_lyric_of_two_tracks_counts_once_and_channels_are_chosen(void** state)
{
  (void)state;
  static const uint8_t other[] = {0x95, 40, 100};
  FiqScoreEvent        events[MOST];
  FiqMidiFileEvent     lyrics[MOST];
  const Case           test = {"", {0, 0.5, 1, END}, {{0, "one "}, {0, "one "}, {1, "two "}}, NULL};
  const FiqScore       score = make_score(&test, events, lyrics);
  lyrics[1].track            = 2;
  events[1].bytes            = other;
  char* const words          = fiq_lyrics_of(&score, 1, 0.03);
  assert_string_equal(words, "{one} {two} ");
  free(words);
  char* const all = fiq_lyrics_of(&score, 0, 0.03);
  assert_string_equal(all, "{one}  _ {two} ");
  free(all);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_syllable_has_its_note),
      cmocka_unit_test(test_the_same_lyric_of_two_tracks_counts_once_and_channels_are_chosen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
