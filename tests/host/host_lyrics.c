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
    char* const      words = fiq_lyrics_of(&score, 0, 0.03, false);
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
  char* const words          = fiq_lyrics_of(&score, 1, 0.03, false);
  assert_string_equal(words, "{one} {two} ");
  free(words);
  char* const all = fiq_lyrics_of(&score, 0, 0.03, false);
  assert_string_equal(all, "{one}  _ {two} ");
  free(all);
}

typedef struct {
  const char* claim;
  double      notes[MOST]; ///< up to the first that is < 0
  Lyric       lyrics[MOST];
  double      start_s;
  double      end_s;
  uint32_t    n_turns;
  bool        repeats;
  const char* expected;
} PartCase;

static const PartCase parts[] = {
    {"a part sings what stands there",
     {0, 1, 2, 3, END},
     {{0, "one "}, {1, "two "}, {2, "three "}, {3, "four "}},
     1,
     3,
     1,
     false,
     "{two} {three} "},
    {"each turn of a loop sings it again",
     {0, 1, 2, 3, END},
     {{0, "one "}, {1, "two "}, {2, "three "}, {3, "four "}},
     1,
     3,
     2,
     false,
     "{two} {three} {two} {three} "},
    {"where the words repeat themselves one turn will do",
     {0, 1, 2, 3, END},
     {{0, "one "}, {1, "two "}, {2, "three "}, {3, "four "}},
     1,
     3,
     7,
     true,
     "{two} {three} "},
    {"but not where a turn ends with the chord that the next begins with",
     {0, 1, 1.99, END},
     {{0, "one "}, {1, "two "}, {1.99, "three "}},
     0,
     2,
     2,
     true,
     "{one} {two} {threeone} {two} {three} "},
    {"a part begins with the syllable that is held there",
     {0, 1, 2, 3, END},
     {{0, "glo"}, {2, "ri"}, {3, "a "}},
     1,
     4,
     2,
     false,
     "{glo-ri-a} {glo-ri-a} "},
    {"not with one that a pause has ended",
     {0, 5, 6, END},
     {{0, "love "}, {6, "me "}},
     4,
     7,
     1,
     false,
     " [] {me} "},
    {"a word that the end cuts is not held into the next turn",
     {0, 1, 2, 3, END},
     {{1, "gold-"}, {2, "en"}, {3, " sun"}},
     0,
     2,
     2,
     false,
     " [] {gold}  [] {gold} "},
    {"what has its note behind the end is left out and moves nothing",
     {0, 1, 4, END},
     {{0, "one "}, {1, "two "}, {1.5, "three "}},
     0,
     3,
     2,
     false,
     "{one} {two} {one} {two} "},
    {"a part without lyrics holds what came before",
     {0, 1, 2, END},
     {{0, "aah "}},
     1,
     3,
     1,
     false,
     "{aah}  _ "},
};

/// The score of a file with these notes and lyrics, of which a part is played; to be freed.
static FiqScore make_part(const PartCase* test)
{
  static uint8_t strike[] = {0x90, 60, 100};
  FiqScore       score;
  assert_true(fiq_score_empty(&score, 10.0, 120.0));
  score.events      = calloc(MOST, sizeof(FiqScoreEvent));
  score.file.events = calloc(2 * MOST, sizeof(FiqMidiFileEvent));
  assert_true(score.events && score.file.events);
  for (; test->notes[score.n_events] >= 0.0; ++score.n_events) {
    const double time_s                      = test->notes[score.n_events];
    score.events[score.n_events]             = (FiqScoreEvent){time_s, 3, strike};
    score.file.events[score.file.n_events++] = (FiqMidiFileEvent){
        .time_s = time_s, .bytes = strike, .n_bytes = 3, .kind = FIQ_MIDI_FILE_MESSAGE};
  }
  for (size_t i = 0; i < MOST && test->lyrics[i].text; ++i) {
    const Lyric* const lyric = &test->lyrics[i];
    score.file.events[score.file.n_events++] =
        (FiqMidiFileEvent){.time_s  = lyric->time_s,
                           .bytes   = (const uint8_t*)lyric->text,
                           .n_bytes = (uint32_t)strlen(lyric->text),
                           .track   = (uint32_t)i,
                           .kind    = FIQ_MIDI_FILE_LYRIC};
  }
  assert_true(fiq_score_cut(&score, test->start_s, test->end_s, test->n_turns));
  return score;
}

static void test_a_part_sings_its_own_syllables(void** state)
{
  (void)state;
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; ++i) {
    FiqScore    score = make_part(&parts[i]);
    char* const words = fiq_lyrics_of(&score, 0, 0.03, parts[i].repeats);
    print_message("%s: %s\n", parts[i].claim, words ? words : "none");
    assert_non_null(words);
    assert_string_equal(words, parts[i].expected);
    free(words);
    fiq_score_free(&score);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_syllable_has_its_note),
      cmocka_unit_test(test_the_same_lyric_of_two_tracks_counts_once_and_channels_are_chosen),
      cmocka_unit_test(test_a_part_sings_its_own_syllables),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
