// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: every syllable that can be written is sung in order and in time: finite, within its room, the vowel where it is told,
// no later than asked; nothing jumps but bursts; the coda ends when it is told. Method: random syllables of all phonemes,
// asked every ms, as a note does; single ones by hand.
#include "dsp/voice/targets.h"
#include "dsp/voice/utterance.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

static const FiqVoiceParams man = {1.0f, 0.0f, 0.0f};

static uint32_t rolled(uint32_t* seed, uint32_t n)
{
  *seed = *seed * 1664525u + 1013904223u;
  return (*seed >> 8) % n;
}

static uint8_t drawn(uint32_t* seed, bool nucleus)
{
  for (;;) {
    const uint32_t phoneme = 1 + rolled(seed, FIQ_N_PHONEMES - 1);
    if (fiq_phoneme_is_nucleus((FiqPhoneme)phoneme) == nucleus) {
      return (uint8_t)phoneme;
    }
  }
}

static FiqSyllable random_syllable(uint32_t* seed)
{
  FiqSyllable syllable = {
      .nucleus = drawn(seed, true), .holds = rolled(seed, 8) == 0, .goes_on = rolled(seed, 8) == 0};
  syllable.n_onset = (uint8_t)rolled(seed, FIQ_SYLLABLE_CONSONANTS_MAX + 1);
  syllable.n_coda  = (uint8_t)rolled(seed, FIQ_SYLLABLE_CONSONANTS_MAX + 1);
  for (uint32_t i = 0; i < FIQ_SYLLABLE_CONSONANTS_MAX; ++i) {
    syllable.onset[i] = drawn(seed, false);
    syllable.coda[i]  = drawn(seed, false);
  }
  return syllable;
}

static void check_tract(const FiqTract* tract)
{
  for (int k = 0; k < FIQ_TRACT_FORMANTS; ++k) {
    assert_true(tract->hz[k] > 100.0f && tract->hz[k] < 12000.0f);
    assert_true(tract->bandwidth[k] > 20.0f);
  }
  assert_true(tract->nasal_hz > 200.0f);
  assert_true(tract->voicing >= 0.0f && tract->voicing <= 1.0f);
  assert_true(tract->breath >= 0.0f && tract->breath <= 1.0f);
  assert_true(tract->hiss_level >= 0.0f && tract->hiss_level <= 1.0f);
}

static void test_any_syllable_is_sung(void** state)
{
  (void)state;
  uint32_t seed = 5;
  for (int i = 0; i < 4000; ++i) {
    FiqUtterance      utterance;
    const FiqSyllable first  = random_syllable(&seed);
    const FiqSyllable second = random_syllable(&seed);
    const float       most_s = i % 2 ? 0.06f : 0.25f;
    fiq_utterance_begin(&utterance, &first, most_s);
    assert_true(utterance.onset_s <= most_s + 1e-4f);
    if (i % 3 == 0) {
      fiq_utterance_follow(&utterance, 0.001f * (float)rolled(&seed, 400), &second, most_s);
      assert_true(utterance.onset_s <= most_s + 1e-4f);
    }
    const float told_s = utterance.coda_s;
    fiq_utterance_release(&utterance, utterance.steady_s + 0.001f * (float)rolled(&seed, 300));
    assert_true(fabsf(utterance.coda_s - told_s) < 1e-4f);
    for (int ms = 0; ms < 1500; ms += 3) {
      const FiqTract tract = fiq_utterance_tract(&utterance, &man, 0.001f * (float)ms, 200.0f);
      check_tract(&tract);
    }
  }
}

/// When the voice first crosses half its level for good before the release, s.
static float crossing_s(const FiqUtterance* utterance)
{
  float at_s = utterance->steady_s;
  while (at_s > 0.0f && fiq_utterance_tract(utterance, &man, at_s, 150.0f).voicing > 0.5f) {
    at_s -= 1e-4f;
  }
  return at_s;
}

static void test_the_vowel_begins_where_it_is_told(void** state)
{
  (void)state;
  float worst_s = 0.0f;
  for (uint32_t i = 1; i < FIQ_N_PHONEMES; ++i) {
    if (fiq_phoneme_is_nucleus((FiqPhoneme)i)) {
      continue;
    }
    const FiqSyllable syllable = {.onset = {(uint8_t)i}, .n_onset = 1, .nucleus = FIQ_PH_AA};
    for (int mode = 0; mode < 2; ++mode) {
      FiqUtterance utterance;
      fiq_utterance_begin(&utterance, &syllable, mode ? 0.06f : 0.2f);
      worst_s = fmaxf(worst_s, fabsf(crossing_s(&utterance) - utterance.onset_s));
    }
  }
  print_message("half level within %.1f ms of where it is told\n", 1e3 * (double)worst_s);
  assert_true(worst_s <= 0.01f);
}

static void test_formants_stand_at_their_targets_in_the_vowel(void** state)
{
  (void)state;
  for (uint32_t i = 1; i < FIQ_N_PHONEMES; ++i) {
    if (!fiq_phoneme_is_nucleus((FiqPhoneme)i)) {
      continue;
    }
    const FiqSyllable      syllable = {.onset = {FIQ_PH_D}, .n_onset = 1, .nucleus = (uint8_t)i};
    const FiqTarget* const target   = fiq_target((FiqPhoneme)i);
    FiqUtterance           utterance;
    fiq_utterance_begin(&utterance, &syllable, 0.2f);
    const FiqTract tract = fiq_utterance_tract(&utterance, &man, utterance.steady_s, 110.0f);
    for (int k = 0; k < 3; ++k) {
      assert_true(fabsf(tract.hz[k] / target->place.hz[k] - 1.0f) < 1e-3f);
    }
  }
}

static void test_register_size_and_singers_formant(void** state)
{
  (void)state;
  const FiqVoiceParams child  = {0.74f, 0.0f, 0.0f};
  const FiqVoiceParams singer = {1.0f, 1.0f, 0.0f};
  const FiqVoiceParams secret = {1.0f, 0.0f, 1.0f};
  const FiqTract       low    = fiq_voice_vowel(&man, 1.0f, 200.0f);
  assert_true(fabsf(fiq_voice_vowel(&man, 1.0f, 700.0f).hz[0] - 700.0f) < 0.1f);
  assert_true(fabsf(low.hz[0] - fiq_target(FIQ_PH_I)->place.hz[0]) < 0.1f);
  assert_true(fabsf(fiq_voice_vowel(&child, 1.0f, 200.0f).hz[1] * 0.74f / low.hz[1] - 1.0f) <
              1e-3f);
  const FiqTract ringing = fiq_voice_vowel(&singer, 0.5f, 200.0f);
  assert_true(ringing.hz[2] > 2400.0f && ringing.hz[4] < 3300.0f);
  const FiqTract whispered = fiq_voice_vowel(&secret, 0.5f, 200.0f);
  assert_true(whispered.voicing == 0.0f && whispered.murmur > 0.9f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_any_syllable_is_sung),
      cmocka_unit_test(test_the_vowel_begins_where_it_is_told),
      cmocka_unit_test(test_formants_stand_at_their_targets_in_the_vowel),
      cmocka_unit_test(test_register_size_and_singers_formant)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
