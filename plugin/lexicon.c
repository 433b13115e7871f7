// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/lexicon.h"

#include <assert.h>
#include <string.h>

#ifdef FIQ_HAS_FLITE
#include <flite/flite.h>

#include <pthread.h>

/// The library has no header for it.
cst_lexicon* cmu_lex_init(void);

static const cst_lexicon* lexicon;
static pthread_once_t     lexicon_once = PTHREAD_ONCE_INIT;

static void open_lexicon(void)
{
  lexicon = cmu_lex_init();
}

bool fiq_lexicon_is_there(void)
{
  return true;
}

/// What flite knows or guesses of a word of letters.
static uint32_t look_up(const char* word, FiqSpokenPhoneme spoken[FIQ_LEXICON_PHONEMES])
{
  assert(word && spoken);
  uint32_t n = 0;
  pthread_once(&lexicon_once, open_lexicon);
  cst_val* const list = lex_lookup(lexicon, word, NULL, NULL);
  for (const cst_val* at = list; at && n < FIQ_LEXICON_PHONEMES; at = val_cdr(at)) {
    const char* const name    = val_string(val_car(at));
    const size_t      length  = strlen(name);
    const FiqPhoneme  phoneme = fiq_phoneme_by_name(name, length);
    const char        last    = length > 0 ? name[length - 1] : '\0';
    const uint8_t     stress  = last == '1' || last == '2' ? (uint8_t)(last - '0') : 0;
    if (phoneme != FIQ_N_PHONEMES) {
      spoken[n++] = (FiqSpokenPhoneme){(uint8_t)phoneme, stress};
    }
  }
  delete_val(list);
  return n;
}
#else
bool fiq_lexicon_is_there(void)
{
  return false;
}

static uint32_t look_up(const char* word, FiqSpokenPhoneme spoken[FIQ_LEXICON_PHONEMES])
{
  (void)word;
  (void)spoken;
  return 0;
}
#endif

enum { SPELT_MAX = 6 };

/// What letter rules get wrong, since flite takes words apart at the apostrophe before it looks them up.
static const struct {
  const char* word;
  uint8_t     n;
  uint8_t     phoneme[SPELT_MAX];
} contractions[] = {
    {"don't", 4, {FIQ_PH_D, FIQ_PH_OW, FIQ_PH_N, FIQ_PH_T}},
    {"won't", 4, {FIQ_PH_W, FIQ_PH_OW, FIQ_PH_N, FIQ_PH_T}},
    {"can't", 4, {FIQ_PH_K, FIQ_PH_AE, FIQ_PH_N, FIQ_PH_T}},
    {"ain't", 3, {FIQ_PH_EY, FIQ_PH_N, FIQ_PH_T}},
    {"aren't", 4, {FIQ_PH_AA, FIQ_PH_R, FIQ_PH_N, FIQ_PH_T}},
    {"you're", 3, {FIQ_PH_Y, FIQ_PH_AO, FIQ_PH_R}},
    {"they're", 3, {FIQ_PH_DH, FIQ_PH_EH, FIQ_PH_R}},
    {"we're", 3, {FIQ_PH_W, FIQ_PH_IH, FIQ_PH_R}},
    {"o'er", 2, {FIQ_PH_AO, FIQ_PH_R}},
    {"e'er", 2, {FIQ_PH_EH, FIQ_PH_R}},
    {"ne'er", 3, {FIQ_PH_N, FIQ_PH_EH, FIQ_PH_R}},
    {"'tis", 3, {FIQ_PH_T, FIQ_PH_IH, FIQ_PH_Z}},
    {"'twas", 4, {FIQ_PH_T, FIQ_PH_W, FIQ_PH_AH, FIQ_PH_Z}},
};

static uint32_t append(FiqSpokenPhoneme* spoken, uint32_t n, FiqPhoneme phoneme)
{
  if (n < FIQ_LEXICON_PHONEMES) {
    spoken[n++] = (FiqSpokenPhoneme){(uint8_t)phoneme, 0};
  }
  return n;
}

static bool is_hissing(FiqPhoneme phoneme)
{
  return phoneme == FIQ_PH_S || phoneme == FIQ_PH_Z || phoneme == FIQ_PH_SH ||
         phoneme == FIQ_PH_ZH || phoneme == FIQ_PH_CH || phoneme == FIQ_PH_JH;
}

static bool is_voiceless(FiqPhoneme phoneme)
{
  return phoneme == FIQ_PH_P || phoneme == FIQ_PH_T || phoneme == FIQ_PH_K || phoneme == FIQ_PH_F ||
         phoneme == FIQ_PH_TH;
}

/// The 's of a word that ends with `last`.
static uint32_t append_s(FiqSpokenPhoneme* spoken, uint32_t n, FiqPhoneme last)
{
  n = is_hissing(last) ? append(spoken, n, FIQ_PH_IH) : n;
  return append(spoken, n, is_voiceless(last) ? FIQ_PH_S : FIQ_PH_Z);
}

/// What follows the apostrophe, after the `n` phonemes of what stands before it.
static uint32_t append_ending(const char* ending, FiqSpokenPhoneme* spoken, uint32_t n)
{
  static const struct {
    const char* letters;
    FiqPhoneme  phoneme;
  } endings[] = {
      {"m", FIQ_PH_M}, {"re", FIQ_PH_R}, {"ve", FIQ_PH_V}, {"ll", FIQ_PH_L}, {"d", FIQ_PH_D}};
  if (n > 0 && strcmp(ending, "s") == 0) {
    return append_s(spoken, n, (FiqPhoneme)spoken[n - 1].phoneme);
  }
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; ++i) {
    if (strcmp(ending, endings[i].letters) == 0) {
      return append(spoken, n, endings[i].phoneme);
    }
  }
  return n;
}

static uint32_t speak_contraction(const char* word, FiqSpokenPhoneme* spoken)
{
  for (size_t i = 0; i < sizeof contractions / sizeof contractions[0]; ++i) {
    if (strcmp(word, contractions[i].word) == 0) {
      for (uint32_t k = 0; k < contractions[i].n; ++k) {
        const uint8_t phoneme = contractions[i].phoneme[k];
        const bool    sounds  = fiq_phoneme_is_nucleus((FiqPhoneme)phoneme);
        spoken[k]             = (FiqSpokenPhoneme){phoneme, sounds ? 1 : 0};
      }
      return contractions[i].n;
    }
  }
  return 0;
}

/// `word` without its apostrophes, looked up.
static uint32_t speak_letters(const char* word, size_t length, FiqSpokenPhoneme* spoken)
{
  char     letters[FIQ_LEXICON_LETTERS + 2];
  uint32_t n = 0;
  for (size_t i = 0; i < length; ++i) {
    if (word[i] != '\'') {
      letters[n++] = word[i];
    }
  }
  letters[n] = '\0';
  return n > 0 ? look_up(letters, spoken) : 0;
}

/// "singin'": as with a g, but for the last consonant.
static uint32_t speak_dropped_g(const char* word, size_t length, FiqSpokenPhoneme* spoken)
{
  char with_g[FIQ_LEXICON_LETTERS + 2];
  memcpy(with_g, word, length);
  with_g[length - 1] = 'g';
  with_g[length]     = '\0';
  const uint32_t n   = look_up(with_g, spoken);
  if (n > 0 && spoken[n - 1].phoneme == FIQ_PH_NG) {
    spoken[n - 1].phoneme = FIQ_PH_N;
  }
  return n;
}

uint32_t fiq_lexicon_speak(const char* word, FiqSpokenPhoneme spoken[FIQ_LEXICON_PHONEMES])
{
  assert(word && spoken);
  const size_t length = strlen(word);
  assert(length <= FIQ_LEXICON_LETTERS);
  const char* const apostrophe = strrchr(word, '\'');
  const size_t      before     = apostrophe ? (size_t)(apostrophe - word) : length;
  if (!fiq_lexicon_is_there()) {
    return 0;
  }
  uint32_t n = apostrophe ? speak_contraction(word, spoken) : 0;
  if (n > 0) {
    return n;
  }
  if (!apostrophe || before == 0) {
    return speak_letters(word, length, spoken);
  }
  if (apostrophe[1] == '\0') {
    const bool is_in = before >= 3 && strncmp(apostrophe - 2, "in", 2) == 0;
    return is_in ? speak_dropped_g(word, length, spoken) : speak_letters(word, length, spoken);
  }
  if (before > 1 && apostrophe[-1] == 'n' && strcmp(apostrophe, "'t") == 0) {
    n = speak_letters(word, before - 1, spoken);
    n = append(spoken, n, FIQ_PH_AX);
    n = append(spoken, n, FIQ_PH_N);
    return append(spoken, n, FIQ_PH_T);
  }
  n                    = speak_letters(word, before, spoken);
  const uint32_t ended = append_ending(apostrophe + 1, spoken, n);
  return ended > n ? ended : speak_letters(word, length, spoken);
}
