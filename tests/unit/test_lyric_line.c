// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: every key that is struck sings the next syllable, those struck together one, and the text loops or ends. Method:
// times of keys at which the syllables are known.
#include "dsp/voice/lyric_line.h"
#include "tests/support/support.h"

enum { GAP = 1440 }; // 30 ms at 48 kHz

static void check(FiqLyricLine* line, bool loops, const uint64_t* frames, const uint32_t* expected,
                  uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    assert_int_equal(fiq_lyric_line_strike(line, frames[i], GAP, loops), expected[i]);
  }
}

static void test_each_key_sings_the_next_and_a_chord_one_together(void** state)
{
  (void)state;
  // Three keys spread over 50 ms with less than 30 ms between two; then one 30 ms later; then 20 a second.
  static const uint64_t frames[]   = {0, 1200, 2400, 3840, 6240, 8640, 11040};
  static const uint32_t expected[] = {0, 0, 0, 1, 2, 3, 4};
  FiqLyricLine          line;
  fiq_lyric_line_begin(&line, 10);
  check(&line, true, frames, expected, 7);
  assert_int_equal(fiq_lyric_line_strike(&line, 11040, 0, true),
                   5); // without a gap there is no chord
}

static void test_the_text_loops_or_ends(void** state)
{
  (void)state;
  static const uint64_t frames[]  = {0, 5000, 10000, 10010, 15000, 15010, 20000};
  static const uint32_t looping[] = {0, 1, 2, 2, 0, 0, 1};
  static const uint32_t ending[]  = {0, 1, 2, 2, FIQ_NO_SYLLABLE, FIQ_NO_SYLLABLE, FIQ_NO_SYLLABLE};
  FiqLyricLine          line;
  fiq_lyric_line_begin(&line, 3);
  check(&line, true, frames, looping, 7);
  fiq_lyric_line_begin(&line, 3);
  check(&line, false, frames, ending, 7);
}

static void test_a_text_begins_with_its_first_even_within_a_chord(void** state)
{
  (void)state;
  FiqLyricLine line;
  fiq_lyric_line_begin(&line, 0);
  assert_int_equal(fiq_lyric_line_strike(&line, 100, GAP, true), FIQ_NO_SYLLABLE);
  fiq_lyric_line_begin(&line, 4);
  assert_int_equal(fiq_lyric_line_strike(&line, 101, GAP, true), 0);
  assert_int_equal(fiq_lyric_line_strike(&line, 5000, GAP, true), 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_key_sings_the_next_and_a_chord_one_together),
      cmocka_unit_test(test_the_text_loops_or_ends),
      cmocka_unit_test(test_a_text_begins_with_its_first_even_within_a_chord),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
