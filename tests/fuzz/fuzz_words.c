// SPDX-License-Identifier: GPL-3.0-or-later
/*
   What is typed to be sung: any bytes make syllables that can be sung, the same each time, and a note is held on exactly where
   the one before says so.
*/
#include "plugin/syllables.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
  static FiqSyllable syllables[2][FIQ_TEXT_SYLLABLES];
  FiqTextReport      report[2];
  for (int i = 0; i < 2; ++i) {
    memset(&report[i], 0, sizeof report[i]);
    fiq_syllables_read(syllables[i], (const char*)data, size, &report[i]);
  }
  const uint32_t n = report[0].n_syllables;
  FUZZ_CHECK(n <= FIQ_TEXT_SYLLABLES && n == report[1].n_syllables);
  FUZZ_CHECK(memcmp(syllables[0], syllables[1], n * sizeof syllables[0][0]) == 0);
  FUZZ_CHECK(memchr(report[0].word, 0, FIQ_TEXT_NOTE_BYTES));
  FUZZ_CHECK(memchr(report[0].phoneme, 0, FIQ_TEXT_NOTE_BYTES));
  FUZZ_CHECK(report[0].is_cut || size <= FIQ_TEXT_BYTES);
  for (uint32_t i = 0; i < n; ++i) {
    const FiqSyllable* const syllable = &syllables[0][i];
    FUZZ_CHECK(fiq_syllable_is_valid(syllable));
    FUZZ_CHECK(syllable->holds == (i > 0 && syllables[0][i - 1].goes_on));
    FUZZ_CHECK(!syllable->holds || syllable->n_onset == 0);
    FUZZ_CHECK(!syllable->goes_on || syllable->n_coda == 0);
    FUZZ_CHECK(!syllable->goes_on || i + 1 < n);
  }
  return 0;
}
