// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: every phoneme is found by its name and by nothing else, and syllables are told from what is none. Method: all
// names there and back, names that are nearly right, syllables with one thing wrong at a time.
#include "dsp/voice/phoneme.h"
#include "tests/support/support.h"

#include <string.h>

static void test_names_lead_there_and_back(void** state)
{
  (void)state;
  for (uint32_t i = 1; i < FIQ_N_PHONEMES; ++i) {
    const char* const name = fiq_phoneme_name((FiqPhoneme)i);
    assert_int_equal(fiq_phoneme_by_name(name, strlen(name)), i);
    assert_true(strlen(name) < FIQ_PHONEME_NAME_MAX);
  }
  assert_int_equal(fiq_phoneme_by_name("AO1", 3), FIQ_PH_AO);
  assert_int_equal(fiq_phoneme_by_name("iy0x", 3), FIQ_PH_IY);
}

static void test_what_is_no_name_is_refused(void** state)
{
  (void)state;
  static const char* const wrong[] = {"",  "-",  "qq",       "iyy",      "0",
                                      "1", "s3", "\xc3\xbc", "long name"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
    assert_int_equal(fiq_phoneme_by_name(wrong[i], strlen(wrong[i])), FIQ_N_PHONEMES);
  }
}

static void test_only_syllables_are_valid(void** state)
{
  (void)state;
  const FiqSyllable stars = {.onset   = {FIQ_PH_S, FIQ_PH_T},
                             .coda    = {FIQ_PH_R, FIQ_PH_Z},
                             .n_onset = 2,
                             .n_coda  = 2,
                             .nucleus = FIQ_PH_AA,
                             .stress  = 1};
  FiqSyllable       wrong = stars;
  assert_true(fiq_syllable_is_valid(&stars));
  wrong.nucleus = FIQ_PH_S;
  assert_false(fiq_syllable_is_valid(&wrong));
  wrong         = stars;
  wrong.n_onset = FIQ_SYLLABLE_CONSONANTS_MAX + 1;
  assert_false(fiq_syllable_is_valid(&wrong));
  wrong         = stars;
  wrong.coda[1] = FIQ_N_PHONEMES;
  assert_false(fiq_syllable_is_valid(&wrong));
  wrong          = stars;
  wrong.onset[0] = FIQ_PH_AA;
  assert_false(fiq_syllable_is_valid(&wrong));
  wrong        = stars;
  wrong.stress = 3;
  assert_false(fiq_syllable_is_valid(&wrong));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_names_lead_there_and_back),
                                     cmocka_unit_test(test_what_is_no_name_is_refused),
                                     cmocka_unit_test(test_only_syllables_are_valid)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
