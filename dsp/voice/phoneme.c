// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/voice/phoneme.h"

#include <assert.h>
#include <string.h>

typedef struct {
  char           name[FIQ_PHONEME_NAME_MAX];
  FiqPhonemeKind kind;
} Entry;

#define AS_ENTRY(id, name, kind) {name, FIQ_PHONE_##kind},
static const Entry table[FIQ_N_PHONEMES] = {FIQ_PHONEMES(AS_ENTRY)};
#undef AS_ENTRY

const char* fiq_phoneme_name(FiqPhoneme phoneme)
{
  assert(phoneme < FIQ_N_PHONEMES);
  return table[phoneme].name;
}

FiqPhoneme fiq_phoneme_by_name(const char* name, size_t length)
{
  assert(name);
  char lower[FIQ_PHONEME_NAME_MAX] = {0};
  if (length > 1 && name[length - 1] >= '0' && name[length - 1] <= '2') {
    --length;
  }
  if (length == 0 || length >= FIQ_PHONEME_NAME_MAX) {
    return FIQ_N_PHONEMES;
  }
  for (size_t i = 0; i < length; ++i) {
    lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
  }
  for (uint32_t i = 1; i < FIQ_N_PHONEMES; ++i) {
    if (strcmp(lower, table[i].name) == 0) {
      return (FiqPhoneme)i;
    }
  }
  return FIQ_N_PHONEMES;
}

FiqPhonemeKind fiq_phoneme_kind(FiqPhoneme phoneme)
{
  assert(phoneme < FIQ_N_PHONEMES);
  return table[phoneme].kind;
}

bool fiq_phoneme_is_nucleus(FiqPhoneme phoneme)
{
  const FiqPhonemeKind kind = fiq_phoneme_kind(phoneme);
  return kind == FIQ_PHONE_VOWEL || kind == FIQ_PHONE_DIPHTHONG || kind == FIQ_PHONE_SYLLABIC;
}

static bool are_consonants(const uint8_t* phonemes, uint32_t n)
{
  bool valid = n <= FIQ_SYLLABLE_CONSONANTS_MAX;
  for (uint32_t i = 0; valid && i < n; ++i) {
    valid = phonemes[i] > FIQ_PH_NONE && phonemes[i] < FIQ_N_PHONEMES &&
            !fiq_phoneme_is_nucleus((FiqPhoneme)phonemes[i]);
  }
  return valid;
}

bool fiq_syllable_is_valid(const FiqSyllable* syllable)
{
  assert(syllable);
  const uint32_t nucleus = syllable->nucleus;
  return are_consonants(syllable->onset, syllable->n_onset) &&
         are_consonants(syllable->coda, syllable->n_coda) && nucleus < FIQ_N_PHONEMES &&
         (nucleus == FIQ_PH_NONE || fiq_phoneme_is_nucleus((FiqPhoneme)nucleus)) &&
         syllable->stress <= 2;
}

bool fiq_syllable_is_empty(const FiqSyllable* syllable)
{
  assert(syllable);
  return syllable->n_onset == 0 && syllable->nucleus == FIQ_PH_NONE && syllable->n_coda == 0;
}
