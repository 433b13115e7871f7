// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: what a MIDI file says is heard from a plugin in which a key of a channel sounds once, and no event ends
   the disk. Method: files of given events, written here, against the messages that are passed on.
*/
#include "host-test/common/report.h"
#include "host-test/render/score.h"
#include "tests/support/support.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 1024, FILE_BYTES = 1024 };

typedef struct {
  const char* claim;
  const char* events; ///< "milliseconds bytes, ..." in the order of the file
  double      length_s;
  const char* passed; ///< the same as it reaches the plugin
  double      end_s;
} Case;

static const Case cases[] = {
    {"a note", "0 903C64, 500 803C40", -1.0, "0 903C64, 500 803C40", 0.5},
    {"overlapping notes: the key sounds until the second is released",
     "0 903C64, 500 903C50, 501 803C40, 1000 803C40", -1.0, "0 903C64, 500 903C50, 1000 803C40",
     1.0},
    {"three of them, released by strikes of velocity 0",
     "0 903C64, 100 903C50, 200 903C40, 300 903C00, 400 903C00, 500 903C00", -1.0,
     "0 903C64, 100 903C50, 200 903C40, 500 903C00", 0.5},
    {"strike and release on one tick do not cancel the strike",
     "0 903C64, 500 903C50, 500 803C40, 1000 803C40", -1.0, "0 903C64, 500 903C50, 1000 803C40",
     1.0},
    {"nor do release and strike", "0 903C64, 500 803C40, 500 903C50, 1000 803C40", -1.0,
     "0 903C64, 500 803C40, 500 903C50, 1000 803C40", 1.0},
    {"keys and channels are told apart",
     "0 903C64, 0 903D64, 0 913C64, 100 803C40, 200 813C40, 300 803D40", -1.0,
     "0 903C64, 0 903D64, 0 913C64, 100 803C40, 200 813C40, 300 803D40", 0.3},
    {"strikes that share their one release end with it",
     "0 903C64, 100 903C64, 200 903C64, 300 803C40, 400 B00740", -1.0,
     "0 903C64, 100 903C64, 200 903C64, 300 803C40, 400 B00740", 0.4},
    {"all notes off releases what is counted",
     "0 903C64, 100 903C64, 200 B07B00, 300 903C64, 400 803C40, 500 803C40", -1.0,
     "0 903C64, 100 903C64, 200 B07B00, 300 903C64, 400 803C40, 500 803C40", 0.5},
    {"a note without a release ends with the music", "0 903C64, 0 904064, 500 803C40", -1.0,
     "0 903C64, 0 904064, 500 803C40, 500 804040", 0.5},
    {"a release without a note passes", "0 803C40, 100 903C64, 200 803C40", -1.0,
     "0 803C40, 100 903C64, 200 803C40", 0.2},
    {"a given length ends what sounds", "0 903C64, 900 904064, 1500 803C40, 1500 804040", 1.0,
     "0 903C64, 900 904064, 1000 803C40, 1000 804040", 1.0},
    {"a given length goes on behind the end", "0 903C64, 500 803C40", 3.0, "0 903C64, 500 803C40",
     3.0},
    {"an hour of silence is kept", "0 903C64, 500 803C40, 3600400 B00764", -1.0,
     "0 903C64, 500 803C40, 3600400 B00764", 3600.4},
    {"more than an hour of silence ends the music", "0 903C64, 500 803C40, 3600600 B00764", -1.0,
     "0 903C64, 500 803C40", 0.5},
    {"unless a length is given", "0 903C64, 500 803C40, 3600600 B00764", 4000.0,
     "0 903C64, 500 803C40, 3600600 B00764", 4000.0},
    {"a key that is held for more than an hour ends after it", "1000 903C64, 7200000 803C40", -1.0,
     "1000 903C64, 3601000 803C40", 3601.0},
    {"silence of more than an hour before the first event", "3600600 903C64, 3600700 803C40", -1.0,
     "", 0.0},
};

static size_t put_big(uint8_t* bytes, uint32_t value)
{
  for (int i = 0; i < 4; ++i) {
    bytes[i] = (uint8_t)(value >> (24 - 8 * i));
  }
  return 4;
}

/// A file of format 0, a tick a millisecond, of the events in `text`; its length.
static size_t write_file(uint8_t bytes[FILE_BYTES], const char* text)
{
  static const uint8_t head[] = "MThd\0\0\0\6\0\0\0\1\1\364MTrk"; // 500 ticks a quarter, at 120
  size_t               n      = sizeof head - 1 + 4;
  unsigned             before = 0;
  memcpy(bytes, head, sizeof head - 1);
  while (text[0]) {
    unsigned time_ms = 0;
    unsigned message = 0;
    int      n_read  = 0;
    assert_int_equal(sscanf(text, "%u %6X%n", &time_ms, &message, &n_read), 2);
    for (int i = 3; i >= 0; --i) {
      bytes[n++] = (uint8_t)((((time_ms - before) >> (7 * i)) & 0x7f) | (i > 0 ? 0x80 : 0));
    }
    for (int i = 2; i >= 0; --i) {
      bytes[n++] = (uint8_t)(message >> (8 * i));
    }
    before = time_ms;
    text += n_read + (text[n_read] ? 2 : 0);
  }
  n += put_big(bytes + n, 0x00ff2f00);
  (void)put_big(bytes + sizeof head - 1, (uint32_t)(n - sizeof head - 3));
  return n;
}

static void print_score(char text[TEXT_BYTES], const FiqScore* score)
{
  size_t n = 0;
  text[0]  = '\0';
  for (size_t i = 0; i < score->n_events; ++i) {
    const FiqScoreEvent* const event = &score->events[i];
    assert_int_equal(event->n_bytes, 3);
    n += (size_t)snprintf(text + n, TEXT_BYTES - n, "%s%.10g %02X%02X%02X", i > 0 ? ", " : "",
                          1e3 * event->time_s, event->bytes[0], event->bytes[1], event->bytes[2]);
    assert_true(n < TEXT_BYTES);
  }
}

static void test_plugins_hear_what_the_file_says(void** unused)
{
  (void)unused;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    uint8_t  bytes[FILE_BYTES];
    char     text[TEXT_BYTES];
    FiqScore score;
    print_message("%s\n", cases[i].claim);
    const size_t n_bytes = write_file(bytes, cases[i].events);
    assert_true(fiq_score_read(&score, bytes, n_bytes, "a file", cases[i].length_s));
    print_score(text, &score);
    assert_string_equal(text, cases[i].passed);
    assert_true(score.end_s > cases[i].end_s - 1e-9 && score.end_s < cases[i].end_s + 1e-9);
    fiq_score_free(&score);
  }
}

static void test_tempos_begin_at_the_start_and_are_one_a_moment(void** unused)
{
  (void)unused;
  // 3/8 at 60 from the start; after a quarter of it 120, and 4/4 on the same tick.
  static const uint8_t bytes[] =
      "MThd\0\0\0\6\0\0\0\1\1\340MTrk\0\0\0\46\0\377\130\4\3\3\30\10\0\377\121\3\17\102\100"
      "\203\140\377\121\3\7\241\40\0\377\130\4\4\2\30\10\0\300\1\0\377\57\0";
  FiqScore score;
  assert_true(fiq_score_read(&score, bytes, sizeof bytes - 1, "a file", -1.0));
  assert_int_equal(score.n_tempos, 2);
  assert_true(score.tempos[0].time_s <= 0.0 && score.tempos[1].time_s > 0.999999);
  assert_int_equal(score.tempos[0].tempo_bpm * 1000.0 + 0.5, 60000);
  assert_int_equal(score.tempos[0].beats_per_bar, 3);
  assert_int_equal(score.tempos[0].beat_unit, 8);
  assert_int_equal(score.tempos[1].tempo_bpm * 1000.0 + 0.5, 120000);
  assert_int_equal(score.tempos[1].beats_per_bar, 4);
  assert_int_equal(score.tempos[1].beat_unit, 4);
  assert_int_equal(score.tempos[1].quarter * 1000.0 + 0.5, 1000);
  fiq_score_free(&score);
}

static void test_lyrics_and_markers_are_kept(void** unused)
{
  (void)unused;
  static const uint8_t bytes[] = "MThd\0\0\0\6\0\0\0\1\1\340MTrk\0\0\0\23\0\300\1\0\377\6\1A"
                                 "\203\140\377\5\2la\0\377\57\0";
  FiqScore             score;
  assert_true(fiq_score_read(&score, bytes, sizeof bytes - 1, "a file", -1.0));
  assert_int_equal(score.n_events, 1);
  assert_int_equal(score.file.n_events, 3);
  assert_int_equal(score.file.events[1].kind, FIQ_MIDI_FILE_MARKER);
  assert_int_equal(score.file.events[2].kind, FIQ_MIDI_FILE_LYRIC);
  assert_memory_equal(score.file.events[2].bytes, "la", 2);
  fiq_score_free(&score);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plugins_hear_what_the_file_says),
      cmocka_unit_test(test_tempos_begin_at_the_start_and_are_one_a_moment),
      cmocka_unit_test(test_lyrics_and_markers_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
