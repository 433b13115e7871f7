// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: Scala files give the frequencies they describe, and no text whatever does harm. Method: known scales
// and mappings against their closed forms; a table of broken texts with the line each message must
// name; mutations and truncations of good files, checked for invariants.
#include "dsp/base/random.h"
#include "dsp/notes/tuning.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double middle_c_hz = 261.6255653005986;

static const char just_scl[] =
    "! just.scl\n!\n5-limit just major\n 12\n!\n 16/15\n 9/8 a tone\n 6/5\n"
    " 5/4\n 4/3\n 45/32\n 3/2\n 8/5\n 5/3\n 9/5\n 15/8\n 2\n";

static const char bohlen_pierce_scl[] = "! bp.scl\r\n!\r\nBohlen-Pierce, 13 steps of "
                                        "3/1\r\n13\r\n146.30423\r\n292.60846\r\n438.91269\r\n"
                                        "585.21692\r\n731.52116\r\n877.82539\r\n1024.12962\r\n1170."
                                        "43385\r\n1316.73808\r\n1463.04231\r\n"
                                        "1609.34654\r\n1755.65077\r\n3/1\r\n";

static const char white_kbm[] = "! white keys only\n12\n0\n127\n60\n69\n440.0\n7\n"
                                "0\nx\n1\nx\n2\n3\nx\n4\nx\n5\nx\n6\n";

static FiqTuning equal(void)
{
  FiqTuning tuning;
  fiq_tuning_init_equal(&tuning, 440.0);
  return tuning;
}

static FiqTuning scale(const char* text)
{
  char      error[FIQ_TUNING_ERROR_BYTES];
  FiqTuning tuning = equal();
  if (fiq_tuning_parse_scl(&tuning, text, strlen(text), error) != FIQ_OK) {
    fail_msg("%s", error);
  }
  return tuning;
}

static void map(FiqTuning* tuning, const char* text)
{
  char error[FIQ_TUNING_ERROR_BYTES];
  if (fiq_tuning_parse_kbm(tuning, text, strlen(text), error) != FIQ_OK) {
    fail_msg("%s", error);
  }
}

static double cents_between(double a_hz, double b_hz)
{
  return 1200.0 * log2(a_hz / b_hz);
}

static void test_equal_temperament_is_exact(void** state)
{
  (void)state;
  const FiqTuning built = equal();
  const FiqTuning parsed =
      scale("12 equal\n12\n100.\n200.\n300.\n400.\n500.\n600.\n700.\n800.\n900.\n"
            "1000.\n1100.\n1200.\n");
  double worst = 0.0;
  for (uint32_t key = 0; key < 128; ++key) {
    const double want_hz = 440.0 * exp2((key - 69.0) / 12.0);
    worst                = fmax(worst, fabs(cents_between(built.hz[key], want_hz)));
    worst                = fmax(worst, fabs(cents_between(parsed.hz[key], want_hz)));
    worst                = fmax(worst, 100.0 * fabs(fiq_tuning_pitch(&parsed, key) - key));
  }
  print_message("12 equal steps: largest error %.2g cents\n", worst);
  assert_true(worst < 1e-9);
  assert_string_equal(parsed.name, "12 equal");
}

static void test_no_tuning_is_equal_temperament(void** state)
{
  (void)state;
  for (uint32_t key = 0; key < 128; ++key) {
    assert_true(fabs(fiq_tuning_pitch(NULL, key) - key) < 1e-12);
    assert_true(fiq_tuning_sounds(NULL, key));
  }
}

static void test_concert_pitch_moves_every_scale(void** state)
{
  (void)state;
  FiqTuning tuning;
  fiq_tuning_init_equal(&tuning, 432.0);
  assert_true(fabs(tuning.hz[69] - 432.0) < 1e-9);
  assert_int_equal(fiq_tuning_parse_scl(&tuning, just_scl, sizeof just_scl - 1, NULL), FIQ_OK);
  assert_true(fabs(tuning.hz[60] - 432.0 * exp2(-0.75)) < 1e-9);
}

static void test_just_triads_are_whole_numbers(void** state)
{
  (void)state;
  const FiqTuning just  = scale(just_scl);
  const double    third = fabs(cents_between(just.hz[64] / just.hz[60], 5.0 / 4.0));
  const double    fifth = fabs(cents_between(just.hz[67] / just.hz[60], 6.0 / 4.0));
  const double    above = fabs(cents_between(just.hz[76] / just.hz[48], 5.0));
  print_message("4:5:6 within %.2g cents\n", fmax(third, fifth));
  assert_true(fmax(third, fmax(fifth, above)) < 1e-9);
  assert_true(fabs(just.hz[60] - middle_c_hz) < 1e-9);
}

static void test_scales_without_octaves_repeat_at_their_period(void** state)
{
  (void)state;
  const FiqTuning bohlen = scale(bohlen_pierce_scl);
  double          worst  = 0.0;
  for (int32_t key = 13; key < 128; ++key) {
    const double want_hz = middle_c_hz * pow(3.0, (key - 60) / 13.0);
    worst                = fmax(worst, fabs(cents_between(bohlen.hz[key], want_hz)));
  }
  print_message("Bohlen-Pierce: largest error %.2g cents (file: 5 decimals)\n", worst);
  assert_true(worst < 1e-5);
  assert_string_equal(bohlen.name, "Bohlen-Pierce, 13 steps of 3/1");
}

static void test_nineteen_equal_steps(void** state)
{
  (void)state;
  char   text[512] = "19 equal\n19\n";
  double worst     = 0.0;
  for (int i = 1; i <= 19; ++i) {
    char line[32];
    (void)snprintf(line, sizeof line, "%.9f\n", 1200.0 * i / 19.0);
    strcat(text, line);
  }
  const FiqTuning nineteen = scale(text);
  for (int32_t key = 0; key < 128; ++key) {
    const double want_hz = middle_c_hz * exp2((key - 60) / 19.0);
    worst                = fmax(worst, fabs(cents_between(nineteen.hz[key], want_hz)));
  }
  assert_true(worst < 1e-8);
}

static void test_every_way_to_write_a_pitch(void** state)
{
  (void)state;
  static const struct {
    const char* text;
    double      cents;
  } table[] = {{"3/2", 701.9550008653874},
               {"2", 1200.0},
               {" \t 701.955", 701.955},
               {"701.955 cents", 701.955},
               {"81/64 Pythagorean third", 407.8200034615497},
               {"5/4   E\\", 386.3137138648348},
               {"3 / 2", 701.9550008653874},
               {"-5.0", -5.0},
               {"-100.", -100.0},
               {".5", 0.5},
               {"100.0!", 100.0},
               {"1/1", 0.0},
               {"+7.25", 7.25},
               {"2/3", -701.9550008653874},
               {"4294967296/4294967295", 4.030941628703e-7},
               {"701.95500086538741774400002219", 701.9550008653874},
               {"1000000000000000000000/500000000000000000000", 1200.0}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i) {
    char text[128];
    (void)snprintf(text, sizeof text, "one\n1\n%s", table[i].text);
    const FiqTuning one = scale(text);
    assert_true(fabs(one.cents[0] - table[i].cents) < 1e-9);
  }
}

static void test_line_ends_comments_and_blank_lines_do_not_matter(void** state)
{
  (void)state;
  static const char* const texts[] = {
      "name\n2\n3/2\n2/1\n", "name\r\n2\r\n3/2\r\n2/1\r\n", "name\r2\r3/2\r2/1",
      "\xEF\xBB\xBFname\n2\n3/2\n2/1",
      "! c\n  name  \n! c\n 2 notes\n! 9/8\n\n3/2\n! c\n\n2/1\nignored\n"};
  const FiqTuning first = scale(texts[0]);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; ++i) {
    const FiqTuning other = scale(texts[i]);
    assert_string_equal(other.name, "name");
    assert_memory_equal(other.hz, first.hz, sizeof first.hz);
  }
  const FiqTuning nameless = scale("\n1\n2/1\n");
  assert_string_equal(nameless.name, "");
}

static void test_mapping_puts_the_reference_where_it_says(void** state)
{
  (void)state;
  FiqTuning tuning = scale(just_scl);
  map(&tuning, "! size\n0\n0\n127\n60\n60\n261.6256\n0\n");
  assert_true(fabs(tuning.hz[60] - 261.6256) < 1e-9);
  assert_true(fabs(tuning.hz[67] / tuning.hz[60] - 1.5) < 1e-12);
  map(&tuning, "0\n0\n127\n60\n69\n440.0\n0\n");
  assert_true(fabs(tuning.hz[69] - 440.0) < 1e-9);
  assert_true(fabs(tuning.hz[60] - 264.0) < 1e-9); // 440 times 3/5
  map(&tuning, "0\n0\n127\n62\n69\n440.0\n0\n");
  assert_true(fabs(tuning.hz[69] / tuning.hz[62] - 1.5) < 1e-12);
}

static void test_mapping_leaves_keys_out(void** state)
{
  (void)state;
  FiqTuning tuning = scale("white\n7\n9/8\n5/4\n4/3\n3/2\n5/3\n15/8\n2/1\n");
  map(&tuning, white_kbm);
  assert_false(fiq_tuning_sounds(&tuning, 61));
  assert_true(fabs(fiq_tuning_pitch(&tuning, 61) - 61.0) < 1e-12);
  assert_true(fiq_tuning_sounds(&tuning, 60));
  assert_true(fabs(tuning.hz[64] / tuning.hz[60] - 1.25) < 1e-12);
  assert_true(fabs(tuning.hz[83] / tuning.hz[60] - 3.75) < 1e-12);
  assert_true(fabs(tuning.hz[45] - 110.0) < 1e-9);
  map(&tuning, "12\n48\n72\n60\n60\n260\n7\n0\n"); // ends after one entry: the rest is unmapped
  assert_true(fiq_tuning_sounds(&tuning, 72));
  assert_false(fiq_tuning_sounds(&tuning, 64));
  assert_true(fabs(tuning.hz[73] - 440.0 * exp2(4.0 / 12.0)) < 1e-9); // not retuned
}

static void test_scale_and_mapping_may_come_in_either_order(void** state)
{
  (void)state;
  FiqTuning one = scale(just_scl);
  FiqTuning two = equal();
  map(&one, "0\n0\n127\n60\n69\n432.5\n0\n");
  map(&two, "0\n0\n127\n60\n69\n432.5\n0\n");
  assert_int_equal(fiq_tuning_parse_scl(&two, just_scl, sizeof just_scl - 1, NULL), FIQ_OK);
  assert_memory_equal(one.hz, two.hz, sizeof one.hz);
}

static void test_keys_beyond_hearing_do_not_sound(void** state)
{
  (void)state;
  const FiqTuning wide = scale("wide\n1\n120000.\n");
  assert_true(fiq_tuning_sounds(&wide, 60));
  for (uint32_t key = 0; key < 128; ++key) {
    assert_true(isfinite(wide.hz[key]) && isfinite(wide.pitch[key]));
    assert_true(key == 60 || !fiq_tuning_sounds(&wide, key));
  }
}

static void test_scale_of_no_notes_has_its_first_alone(void** state)
{
  (void)state;
  FiqTuning alone = scale("none\n0\n");
  for (uint32_t key = 0; key < 128; ++key) {
    assert_true(fiq_tuning_sounds(&alone, key) == (key == 60));
  }
  assert_true(fabs(alone.hz[60] - middle_c_hz) < 1e-9);
  map(&alone, "2\n0\n127\n60\n60\n300.0\n0\n0\n1\n");
  for (uint32_t key = 0; key < 128; ++key) {
    assert_true(fiq_tuning_sounds(&alone, key) == (key % 2 == 0));
    assert_true(key % 2 == 1 || fabs(alone.hz[key] - 300.0) < 1e-9);
  }
}

static void expect_error(bool kbm, const char* text, size_t size, const char* start)
{
  char            error[FIQ_TUNING_ERROR_BYTES];
  FiqTuning       tuning = scale(just_scl);
  const FiqTuning before = tuning;
  const FiqStatus status = kbm ? fiq_tuning_parse_kbm(&tuning, text, size, error)
                               : fiq_tuning_parse_scl(&tuning, text, size, error);
  if (status != FIQ_BAD_ARGUMENT || strncmp(error, start, strlen(start)) != 0) {
    fail_msg("\"%s\" said \"%s\", expected \"%s\"", text, error, start);
  }
  assert_true(strlen(error) > strlen("line 1: "));
  assert_memory_equal(&tuning, &before, sizeof tuning);
}

static void test_broken_texts_are_refused_with_their_line(void** state)
{
  (void)state;
  static const struct {
    bool        kbm;
    const char* text;
    const char* error;
  } table[] = {
      {false, "", "line 1: the text ends before the description"},
      {false, "! only\n! comments\n", "line 3: the text ends before the description"},
      {false, "name", "line 2: the text ends before the number of notes"},
      {false, "name\nmany\n", "line 2: the number of notes is not"},
      {false, "name\n2\n701,955\n1200,0\n", "line 3: a comma for the decimal point"},
      {false, "name\n-3\n", "line 2: the number of notes is not"},
      {false, "name\n2.5\n", "line 2: the number of notes is not"},
      {false, "name\n1025\n", "line 2: the number of notes is not"},
      {false, "name\n99999999999999999999\n", "line 2: the number of notes is not"},
      {false, "name\n12x\n", "line 2: the number of notes is not"},
      {false, "name\n3\n3/2\n2/1\n", "line 5: the text ends after 2 of 3 notes"},
      {false, "name\r\n! c\r\n2\r\n3/2\r\n?\r\n", "line 5: not a pitch"},
      {false, "name\n1\n/2\n", "line 3: not a pitch"},
      {false, "name\n1\n.\n", "line 3: not a pitch"},
      {false, "name\n1\nnan\n", "line 3: not a pitch"},
      {false, "name\n1\n3/\n", "line 3: a ratio without"},
      {false, "name\n1\n3/2.5\n", "line 3: a ratio without"},
      {false, "name\n1\n0/1\n", "line 3: a ratio must be above 0"},
      {false, "name\n1\n3/0\n", "line 3: a ratio must be above 0"},
      {false, "name\n1\n-3/2\n", "line 3: a ratio must be above 0"},
      {false, "name\n1\n120001.0\n", "line 3: a pitch beyond"},
      {true, "", "line 1: the text ends before the size of the map"},
      {true, "12\n0\n", "line 3: the text ends before the last key"},
      {true, "-1\n", "line 1: the size of the map is not"},
      {true, "5000\n", "line 1: the size of the map is not"},
      {true, "0\n0\n128\n", "line 3: the last key is not"},
      {true, "0\n0\n127\n60\n300\n", "line 5: the reference key is not"},
      {true, "0\n0\n127\n60\n69\n", "line 6: the text ends before the reference frequency"},
      {true, "0\n0\n127\n60\n69\n-440\n0\n", "line 6: the reference frequency is not"},
      {true, "0\n0\n127\n60\n69\n0\n0\n", "line 6: the reference frequency is not"},
      {true, "0\n0\n127\n60\n69\n1e3\n0\n", "line 6: the reference frequency is not"},
      {true, "0\n0\n127\n60\n69\n440\n", "line 7: the text ends before the degree of the octave"},
      {true, "2\n0\n127\n60\n60\n440\n12\n0\ny\n", "line 9: an entry is neither"},
      {true, "2\n0\n127\n60\n60\n440\n12\n0\n5000\n", "line 9: an entry is neither"},
      {true, "2\n0\n127\n60\n61\n440\n12\n0\nx\n", "line 9: the reference key is not mapped"}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i) {
    expect_error(table[i].kbm, table[i].text, strlen(table[i].text), table[i].error);
  }
  expect_error(false, "a\0b\n1\n\0\n", 9, "line 3: not a pitch");
}

static void test_long_names_are_cut_between_characters(void** state)
{
  (void)state;
  char text[256];
  for (size_t lead = 0; lead < 4; ++lead) {
    memset(text, 'a', lead);
    for (size_t at = lead; at < 200; at += 2) {
      memcpy(text + at, "\xC3\xA9", 2);
    }
    (void)snprintf(text + 200, sizeof text - 200, "\n1\n2/1\n");
    const FiqTuning named = scale(text);
    const size_t    size  = strlen(named.name);
    assert_true(size >= FIQ_TUNING_NAME_BYTES - 2 && size < FIQ_TUNING_NAME_BYTES);
    assert_int_equal((size - lead) % 2, 0);
  }
}

/// What holds of any tuning, whatever text was tried on it.
static bool is_sane(const FiqTuning* tuning)
{
  bool sane = tuning->n_degrees >= 1 && tuning->n_degrees <= FIQ_TUNING_DEGREES_MAX &&
              memchr(tuning->name, 0, sizeof tuning->name);
  for (uint32_t key = 0; key < 128; ++key) {
    const double hz = tuning->hz[key];
    sane = sane && (!(fabs(hz) > 0.0) || (hz >= FIQ_TUNING_MIN_HZ && hz <= FIQ_TUNING_MAX_HZ)) &&
           tuning->pitch[key] > -40.0 && tuning->pitch[key] < 180.0;
  }
  return sane;
}

static size_t mutate(FiqRandom* random, char* text, size_t size)
{
  static const char likely[] = "0123456789/.-x! \n\r\t";
  const uint32_t    n_edits  = 1 + fiq_random_bits(random) % 6;
  for (uint32_t i = 0; i < n_edits && size > 1; ++i) {
    const uint32_t bits = fiq_random_bits(random);
    const size_t   at   = (bits >> 8) % size;
    const char     c = bits & 64 ? (char)(bits >> 24) : likely[(bits >> 24) % (sizeof likely - 1)];
    if (bits % 4 == 0) {
      memmove(text + at, text + at + 1, size - at - 1);
      size -= 1;
    } else if (bits % 4 == 1 && size < 1000) {
      memmove(text + at + 1, text + at, size - at);
      text[at] = c;
      size += 1;
    } else if (bits % 64 == 2) {
      size = at + 1;
    } else {
      text[at] = c;
    }
  }
  return size;
}

static void test_mutated_texts_do_no_harm(void** state)
{
  (void)state;
  static const char* const seeds[] = {just_scl, bohlen_pierce_scl, white_kbm};
  FiqRandom                random;
  fiq_random_init(&random, 11, 0);
  FiqTuning tuning    = equal();
  uint32_t  n_taken   = 0;
  uint32_t  n_refused = 0;
  for (uint32_t i = 0; i < 60000; ++i) {
    const char* seed = seeds[i % 3];
    char        edited[1024];
    char        error[FIQ_TUNING_ERROR_BYTES];
    size_t      size = strlen(seed);
    memcpy(edited, seed, size);
    size = mutate(&random, edited, size);
    // A block of exactly this size lets the sanitizer see any step beyond it.
    char* const text = malloc(size);
    memcpy(text, edited, size);
    const FiqStatus status = i % 3 == 2 ? fiq_tuning_parse_kbm(&tuning, text, size, error)
                                        : fiq_tuning_parse_scl(&tuning, text, size, error);
    free(text);
    n_taken += status == FIQ_OK;
    n_refused += status != FIQ_OK;
    assert_true((status == FIQ_OK) == (error[0] == '\0'));
    assert_true(status == FIQ_OK || strncmp(error, "line ", 5) == 0);
    assert_true(is_sane(&tuning));
  }
  print_message("60000 mutated files: %u read, %u refused\n", n_taken, n_refused);
  assert_true(n_taken > 1000 && n_refused > 1000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_equal_temperament_is_exact),
      cmocka_unit_test(test_no_tuning_is_equal_temperament),
      cmocka_unit_test(test_concert_pitch_moves_every_scale),
      cmocka_unit_test(test_just_triads_are_whole_numbers),
      cmocka_unit_test(test_scales_without_octaves_repeat_at_their_period),
      cmocka_unit_test(test_nineteen_equal_steps),
      cmocka_unit_test(test_every_way_to_write_a_pitch),
      cmocka_unit_test(test_line_ends_comments_and_blank_lines_do_not_matter),
      cmocka_unit_test(test_mapping_puts_the_reference_where_it_says),
      cmocka_unit_test(test_mapping_leaves_keys_out),
      cmocka_unit_test(test_scale_and_mapping_may_come_in_either_order),
      cmocka_unit_test(test_keys_beyond_hearing_do_not_sound),
      cmocka_unit_test(test_scale_of_no_notes_has_its_first_alone),
      cmocka_unit_test(test_broken_texts_are_refused_with_their_line),
      cmocka_unit_test(test_long_names_are_cut_between_characters),
      cmocka_unit_test(test_mutated_texts_do_no_harm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
