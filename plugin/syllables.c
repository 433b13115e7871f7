// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/syllables.h"

#include "plugin/lexicon.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
  PIECES_MAX     = 32,                   ///< that a word may be cut into
  HOLDS_MAX      = 255,                  ///< of one piece
  BRACKET_BYTES  = 512,                  ///< from one bracket to the other
  SYLLABLES_MAX  = FIQ_LEXICON_PHONEMES, ///< of one word, which is one for each phoneme
  NO_CHARACTER   = 0xfffd,
  CLUSTER_LONGER = 3 ///< consonants that begin a word at most
};

/// What a character is to a text.
typedef enum { OTHER, LETTER, APOSTROPHE, DIGIT, BREAK, MARK } Kind;

typedef struct {
  const char*    text;
  size_t         size;
  size_t         at;
  FiqSyllable*   syllables;
  FiqTextReport* report;
} Reader;

/// A word as it stands in the text.
typedef struct {
  char     letters[FIQ_LEXICON_LETTERS + 1];
  uint32_t n_letters;
  uint32_t n_pieces;
  uint8_t  holds[PIECES_MAX]; ///< [n_pieces] notes more on each
  bool     is_exact;          ///< as many notes as pieces, even if that is one
} Word;

/// What is to be sung: phonemes, and where syllables are cut by hand.
typedef struct {
  FiqSpokenPhoneme phoneme[FIQ_LEXICON_PHONEMES];
  bool             is_cut[FIQ_LEXICON_PHONEMES + 1]; ///< before this one
  uint32_t         n;
} Spoken;

// ---- characters ----

/// Length of the UTF-8 sequence that `byte` begins, 0 if it begins none.
static uint32_t sequence_bytes(uint8_t byte)
{
  return byte < 0x80   ? 1
         : byte < 0xc2 ? 0
         : byte < 0xe0 ? 2
         : byte < 0xf0 ? 3
         : byte < 0xf5 ? 4
                       : 0;
}

/// The character at `at` and where the next begins; NO_CHARACTER for a byte that belongs to none.
static uint32_t character_at(const Reader* self, size_t at, size_t* next)
{
  assert(at < self->size);
  const uint8_t* const bytes = (const uint8_t*)self->text + at;
  const uint32_t       n     = sequence_bytes(bytes[0]);
  *next                      = at + 1;
  if (n == 0 || n > self->size - at) {
    return NO_CHARACTER;
  }
  uint32_t character = n == 1 ? bytes[0] : bytes[0] & (0x7fu >> n);
  for (uint32_t i = 1; i < n; ++i) {
    if ((bytes[i] & 0xc0) != 0x80) {
      return NO_CHARACTER;
    }
    character = character << 6 | (bytes[i] & 0x3fu);
  }
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool            is_half = character >= 0xd800 && character < 0xe000;
  if (character < least[n] || is_half || character > 0x10ffff) {
    return NO_CHARACTER;
  }
  *next = at + n;
  return character;
}

/// The letters a-z that `character` is read as, accents left off; their number, 0 if it is no Latin letter.
static uint32_t fold(uint32_t character, char letters[2])
{
  static const char latin_1[] =
      "aaaaaaaceeeeiiiidnooooo\0ouuuuytsaaaaaaaceeeeiiiidnooooo\0ouuuuyty";
  static const char latin_a[] =
      "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllll"
      "nnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
  const bool is_small   = character >= 'a' && character <= 'z';
  const bool is_capital = character >= 'A' && character <= 'Z';
  const bool is_latin_1 = character >= 0xc0 && character < 0x100;
  const bool is_latin_a = character >= 0x100 && character < 0x180;
  letters[0]            = is_small     ? (char)character
                          : is_capital ? (char)(character - 'A' + 'a')
                          : is_latin_1 ? latin_1[character - 0xc0]
                          : is_latin_a ? latin_a[character - 0x100]
                                       : '\0';
  const bool has_e =
      character == 0xc6 || character == 0xe6 || character == 0x152 || character == 0x153;
  const bool has_h = character == 0xde || character == 0xfe;
  const bool has_s = character == 0xdf;
  letters[1]       = has_e ? 'e' : has_h ? 'h' : has_s ? 's' : '\0';
  return letters[0] == '\0' ? 0 : letters[1] == '\0' ? 1 : 2;
}

static Kind kind_of(uint32_t character)
{
  char letters[2];
  if (fold(character, letters) > 0) {
    return LETTER;
  }
  if (character == '\'' || character == 0x2019 || character == 0x2bc) {
    return APOSTROPHE;
  }
  if (character >= '0' && character <= '9') {
    return DIGIT;
  }
  if (character == '[' || character == ']' || character == '{' || character == '}') {
    return MARK;
  }
  const bool is_accent  = character >= 0x300 && character < 0x370; // written after its letter
  const bool is_foreign = character >= 0xc0 && !is_accent &&
                          !(character >= 0x2000 && character < 0x2070) &&
                          !(character >= 0x3000 && character < 0x3040) && character != 0xfeff;
  return is_foreign ? OTHER : BREAK;
}

static Kind kind_at(const Reader* self, size_t at)
{
  size_t next = 0;
  return at < self->size ? kind_of(character_at(self, at, &next)) : BREAK;
}

static bool is_byte(const Reader* self, size_t at, char byte)
{
  return at < self->size && self->text[at] == byte;
}

static bool is_space(const Reader* self, size_t at)
{
  return at >= self->size || self->text[at] == ' ' || self->text[at] == '\t' ||
         self->text[at] == '\r' || self->text[at] == '\n';
}

// ---- what comes out ----

static void put(Reader* self, const FiqSyllable* syllable)
{
  FiqTextReport* const report = self->report;
  assert(fiq_syllable_is_valid(syllable));
  if (report->n_syllables == FIQ_TEXT_SYLLABLES) {
    report->is_cut = true;
    return;
  }
  self->syllables[report->n_syllables++] = *syllable;
}

/// One more note on the last syllable, which leaves its end to it.
static void hold(Reader* self)
{
  FiqTextReport* const report = self->report;
  if (report->n_syllables == 0 || report->n_syllables == FIQ_TEXT_SYLLABLES) {
    report->is_cut = report->is_cut || report->n_syllables > 0;
    return;
  }
  FiqSyllable* const before = &self->syllables[report->n_syllables - 1];
  FiqSyllable        more   = *before;
  more.n_onset              = 0;
  more.holds                = true;
  memset(more.onset, 0, sizeof more.onset);
  before->n_coda  = 0;
  before->goes_on = true;
  memset(before->coda, 0, sizeof before->coda);
  put(self, &more);
}

static void note_unknown(char note[FIQ_TEXT_NOTE_BYTES], const char* text, size_t length)
{
  if (note[0] == '\0') {
    snprintf(note, FIQ_TEXT_NOTE_BYTES, "%.*s", (int)length, text);
  }
}

// ---- syllables ----

static bool is_nucleus(const Spoken* self, uint32_t i)
{
  return fiq_phoneme_is_nucleus((FiqPhoneme)self->phoneme[i].phoneme);
}

static bool is_one_of(uint8_t phoneme, const uint8_t* list, size_t n)
{
  return memchr(list, phoneme, n) != NULL;
}

/// Whether a word can begin with these two consonants.
static bool is_pair(uint8_t first, uint8_t second)
{
  static const uint8_t before_l[] = {FIQ_PH_P, FIQ_PH_B, FIQ_PH_K, FIQ_PH_G, FIQ_PH_F, FIQ_PH_S};
  static const uint8_t before_r[] = {FIQ_PH_P, FIQ_PH_B, FIQ_PH_T, FIQ_PH_D,  FIQ_PH_K,
                                     FIQ_PH_G, FIQ_PH_F, FIQ_PH_V, FIQ_PH_TH, FIQ_PH_SH};
  static const uint8_t before_w[] = {FIQ_PH_T,  FIQ_PH_D, FIQ_PH_K, FIQ_PH_G,
                                     FIQ_PH_TH, FIQ_PH_S, FIQ_PH_HH};
  static const uint8_t before_y[] = {FIQ_PH_P, FIQ_PH_B, FIQ_PH_T, FIQ_PH_D,  FIQ_PH_K, FIQ_PH_G,
                                     FIQ_PH_F, FIQ_PH_V, FIQ_PH_M, FIQ_PH_TH, FIQ_PH_HH};
  static const uint8_t after_s[]  = {FIQ_PH_P, FIQ_PH_T, FIQ_PH_K, FIQ_PH_M, FIQ_PH_N};
  switch (second) {
  case FIQ_PH_L:
    return is_one_of(first, before_l, sizeof before_l);
  case FIQ_PH_R:
  case FIQ_PH_DX:
  case FIQ_PH_RR:
  case FIQ_PH_RX:
    return is_one_of(first, before_r, sizeof before_r);
  case FIQ_PH_W:
    return is_one_of(first, before_w, sizeof before_w);
  case FIQ_PH_Y:
    return is_one_of(first, before_y, sizeof before_y);
  default:
    return (first == FIQ_PH_S || first == FIQ_PH_SH) && is_one_of(second, after_s, sizeof after_s);
  }
}

/// Whether a word can begin with the `n` consonants at `first`.
static bool is_onset(const Spoken* self, uint32_t first, uint32_t n)
{
  const FiqSpokenPhoneme* const phoneme = &self->phoneme[first];
  if (n == 1) {
    return phoneme[0].phoneme != FIQ_PH_NG;
  }
  if (n == 2) {
    return is_pair(phoneme[0].phoneme, phoneme[1].phoneme);
  }
  return n == CLUSTER_LONGER &&
         fiq_phoneme_kind((FiqPhoneme)phoneme[1].phoneme) == FIQ_PHONE_STOP &&
         is_pair(phoneme[0].phoneme, phoneme[1].phoneme) &&
         is_pair(phoneme[1].phoneme, phoneme[2].phoneme);
}

/// Where the syllable of the nucleus at `next` begins, the one before it having its nucleus at `last`.
static uint32_t boundary(const Spoken* self, uint32_t last, uint32_t next)
{
  for (uint32_t i = last + 1; i <= next; ++i) {
    if (self->is_cut[i]) {
      return i;
    }
  }
  uint32_t n = next - last - 1 < CLUSTER_LONGER ? next - last - 1 : CLUSTER_LONGER;
  while (n > 0 && !is_onset(self, next - n, n)) {
    --n;
  }
  return next - n;
}

/// Phonemes first..last - 1 around the nucleus at `nucleus` (`last`: none).
static FiqSyllable make_syllable(const Spoken* self, uint32_t first, uint32_t nucleus,
                                 uint32_t last)
{
  FiqSyllable syllable = {.n_onset = 0};
  for (uint32_t i = first; i < last; ++i) {
    const uint8_t phoneme = self->phoneme[i].phoneme;
    if (i < nucleus && syllable.n_onset < FIQ_SYLLABLE_CONSONANTS_MAX) {
      syllable.onset[syllable.n_onset++] = phoneme;
    } else if (i == nucleus) {
      syllable.nucleus = phoneme;
      syllable.stress  = self->phoneme[i].stress;
    } else if (i > nucleus && syllable.n_coda < FIQ_SYLLABLE_CONSONANTS_MAX) {
      syllable.coda[syllable.n_coda++] = phoneme;
    }
  }
  return syllable;
}

/// A hum or a hiss: the last nasal or l becomes the nucleus.
static void hum(Spoken* self)
{
  static const uint8_t from[] = {FIQ_PH_M, FIQ_PH_N, FIQ_PH_NG, FIQ_PH_L, FIQ_PH_R};
  static const uint8_t to[]   = {FIQ_PH_EM, FIQ_PH_EN, FIQ_PH_EN, FIQ_PH_EL, FIQ_PH_ER};
  for (uint32_t i = self->n; i > 0; --i) {
    for (uint32_t k = 0; k < sizeof from; ++k) {
      if (self->phoneme[i - 1].phoneme == from[k]) {
        self->phoneme[i - 1].phoneme = to[k];
        return;
      }
    }
  }
}

static uint32_t n_nuclei(const Spoken* self)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < self->n; ++i) {
    n += is_nucleus(self, i) ? 1 : 0;
  }
  return n;
}

/// Cut what is spoken into syllables; their number, at least one.
static uint32_t cut(Spoken* self, FiqSyllable syllables[SYLLABLES_MAX])
{
  assert(self->n > 0);
  uint32_t n       = 0;
  uint32_t first   = 0;
  uint32_t nucleus = 0;
  if (n_nuclei(self) == 0) {
    hum(self);
  }
  while (nucleus < self->n && !is_nucleus(self, nucleus)) {
    ++nucleus;
  }
  while (n + 1 < SYLLABLES_MAX) {
    uint32_t next = nucleus + 1;
    while (next < self->n && !is_nucleus(self, next)) {
      ++next;
    }
    if (next >= self->n) {
      break;
    }
    const uint32_t last = boundary(self, nucleus, next);
    syllables[n++]      = make_syllable(self, first, nucleus, last);
    first               = last;
    nucleus             = next;
  }
  syllables[n++] = make_syllable(self, first, nucleus, self->n);
  return n;
}

static bool is_weak(uint8_t phoneme)
{
  return phoneme == FIQ_PH_AX || phoneme == FIQ_PH_IX || phoneme == FIQ_PH_IH ||
         phoneme == FIQ_PH_AH || phoneme == FIQ_PH_UH;
}

/// Swallow one unstressed vowel ("ev'ry"), rather within the word than at its end; false if there is none.
static bool swallow(Spoken* self)
{
  uint32_t first = 0;
  uint32_t found = self->n;
  while (first < self->n && !is_nucleus(self, first)) {
    ++first;
  }
  for (uint32_t i = first + 1; i < self->n; ++i) {
    const uint8_t phoneme = self->phoneme[i].phoneme;
    const bool    is_r    = phoneme == FIQ_PH_ER || phoneme == FIQ_PH_AXR;
    if (self->phoneme[i].stress == 0 && (is_r || is_weak(phoneme))) {
      found = i;
      break;
    }
  }
  if (found == self->n) {
    return false;
  }
  const uint8_t phoneme = self->phoneme[found].phoneme;
  if (phoneme == FIQ_PH_ER || phoneme == FIQ_PH_AXR) {
    self->phoneme[found].phoneme = FIQ_PH_R;
    return true;
  }
  self->n -= 1;
  memmove(&self->phoneme[found], &self->phoneme[found + 1],
          (self->n - found) * sizeof self->phoneme[0]);
  memmove(&self->is_cut[found], &self->is_cut[found + 1],
          (self->n - found) * sizeof self->is_cut[0]);
  return true;
}

/// Sing what is spoken of `word`: as many notes as it has pieces, if it is cut by hand, and those that are held.
static void sing(Reader* self, const Word* word, Spoken* spoken)
{
  FiqSyllable syllables[SYLLABLES_MAX];
  const bool  is_cut = word->n_pieces > 1 || word->is_exact;
  while (is_cut && n_nuclei(spoken) > word->n_pieces && swallow(spoken)) {
  }
  const uint32_t n_spoken = cut(spoken, syllables);
  const uint32_t n_sung   = is_cut && word->n_pieces < n_spoken ? word->n_pieces : n_spoken;
  for (uint32_t i = 0; i < n_sung; ++i) {
    put(self, &syllables[i]);
    for (uint32_t k = 0; i < word->n_pieces && k < word->holds[i]; ++k) {
      hold(self);
    }
  }
  for (uint32_t i = n_sung; is_cut && i < word->n_pieces; ++i) {
    for (uint32_t k = 0; k <= word->holds[i]; ++k) {
      hold(self);
    }
  }
}

// ---- phonemes by hand ----

/// Names of X-SAMPA that ARPAbet has not, or has for something else.
static const struct {
  const char* name;
  uint8_t     phoneme;
} x_sampa[] = {
    {"A", FIQ_PH_AA},  {"A:", FIQ_PH_AA},  {"Q", FIQ_PH_AO},  {"O", FIQ_PH_AO},  {"O:", FIQ_PH_AO},
    {"a:", FIQ_PH_A},  {"{", FIQ_PH_AE},   {"E", FIQ_PH_EH},  {"E:", FIQ_PH_EH}, {"e:", FIQ_PH_E},
    {"I", FIQ_PH_IH},  {"i:", FIQ_PH_IY},  {"o:", FIQ_PH_O},  {"U", FIQ_PH_UH},  {"u:", FIQ_PH_UW},
    {"V", FIQ_PH_AH},  {"6", FIQ_PH_AH},   {"@", FIQ_PH_AX},  {"3", FIQ_PH_ER},  {"3:", FIQ_PH_ER},
    {"3`", FIQ_PH_ER}, {"@`", FIQ_PH_AXR}, {"1", FIQ_PH_YI},  {"y:", FIQ_PH_UE}, {"Y", FIQ_PH_UE},
    {"2", FIQ_PH_OE},  {"2:", FIQ_PH_OE},  {"9", FIQ_PH_OEH}, {"aI", FIQ_PH_AY}, {"aU", FIQ_PH_AW},
    {"eI", FIQ_PH_EY}, {"oU", FIQ_PH_OW},  {"@U", FIQ_PH_OW}, {"OI", FIQ_PH_OY}, {"OY", FIQ_PH_OY},
    {"a~", FIQ_PH_AN}, {"A~", FIQ_PH_AN},  {"e~", FIQ_PH_IN}, {"E~", FIQ_PH_IN}, {"9~", FIQ_PH_IN},
    {"o~", FIQ_PH_ON}, {"O~", FIQ_PH_ON},  {"l=", FIQ_PH_EL}, {"m=", FIQ_PH_EM}, {"n=", FIQ_PH_EN},
    {"j", FIQ_PH_Y},   {"J", FIQ_PH_NY},   {"L", FIQ_PH_LY},  {"N", FIQ_PH_NG},  {"T", FIQ_PH_TH},
    {"D", FIQ_PH_DH},  {"S", FIQ_PH_SH},   {"Z", FIQ_PH_ZH},  {"C", FIQ_PH_C},   {"G", FIQ_PH_GH},
    {"B", FIQ_PH_BH},  {"R", FIQ_PH_RX},   {"h", FIQ_PH_HH},  {"?", FIQ_PH_Q},   {"tS", FIQ_PH_CH},
    {"dZ", FIQ_PH_JH}, {"4", FIQ_PH_DX},   {"H", FIQ_PH_W},
};

static FiqPhoneme phoneme_of(const char* name, size_t length, bool is_arpabet)
{
  for (size_t i = 0; !is_arpabet && i < sizeof x_sampa / sizeof x_sampa[0]; ++i) {
    if (strlen(x_sampa[i].name) == length && memcmp(x_sampa[i].name, name, length) == 0) {
      return (FiqPhoneme)x_sampa[i].phoneme;
    }
  }
  return fiq_phoneme_by_name(name, length);
}

/// Length of the name at `at`, which is not empty.
static size_t name_length(const char* text, size_t size, size_t at)
{
  size_t n = 1;
  while (at + n < size && !strchr(" \t\r\n.-", text[at + n])) {
    ++n;
  }
  return n;
}

/// Whether it is all in capitals and has a vowel of two of them, as in a dictionary.
static bool is_dictionary(const char* text, size_t size)
{
  bool has_vowel = false;
  for (size_t i = 0; i < size; ++i) {
    if (text[i] >= 'a' && text[i] <= 'z') {
      return false;
    }
    const bool begins = i == 0 || text[i - 1] == ' ';
    const bool is_two = i + 1 < size && text[i + 1] >= 'A' && text[i + 1] <= 'Z';
    has_vowel         = has_vowel || (begins && is_two && strchr("AEIOU", text[i]));
  }
  return has_vowel;
}

/// What stands between brackets.
static void read_phonemes(Reader* self, const char* text, size_t size, Spoken* spoken)
{
  const bool is_arpabet = is_dictionary(text, size);
  bool       is_cut     = false;
  *spoken               = (Spoken){.n = 0};
  for (size_t at = 0; at < size;) {
    if (strchr(" \t\r\n.-", text[at])) { // which finds 0 as well
      is_cut = is_cut || text[at] == '.' || text[at] == '-';
      at += 1;
      continue;
    }
    const size_t     mark   = text[at] == '"' || text[at] == '%' || text[at] == '\'' ? 1 : 0;
    const size_t     length = name_length(text, size, at);
    const FiqPhoneme phoneme =
        length > mark ? phoneme_of(text + at + mark, length - mark, is_arpabet) : FIQ_N_PHONEMES;
    if (phoneme == FIQ_N_PHONEMES || spoken->n == FIQ_LEXICON_PHONEMES) {
      self->report->n_phonemes += 1;
      note_unknown(self->report->phoneme, text + at, length);
    } else {
      const bool    sounds         = fiq_phoneme_is_nucleus(phoneme);
      const bool    first          = mark == 1 || (length > 1 && text[at + length - 1] == '1');
      const uint8_t stress         = sounds && first ? 1 : 0;
      spoken->is_cut[spoken->n]    = is_cut;
      spoken->phoneme[spoken->n++] = (FiqSpokenPhoneme){(uint8_t)phoneme, stress};
      is_cut                       = false;
    }
    at += length;
  }
}

/// Brackets that are empty: a note without words.
static void rest(Reader* self)
{
  const FiqSyllable nothing = {.n_onset = 0};
  put(self, &nothing);
}

static bool is_blank(const char* text, size_t n)
{
  size_t i = 0;
  while (i < n && text[i] == ' ') {
    ++i;
  }
  return i == n;
}

/// Sing the phonemes in brackets that begin at `at`, where a bracket stands, to the notes of `word`; false, and a character
/// passed over, if they have no end.
static bool take_brackets(Reader* self, const Word* word)
{
  const size_t      left  = self->size - self->at - 1;
  const size_t      most  = left < BRACKET_BYTES ? left : BRACKET_BYTES;
  const char* const first = self->text + self->at + 1;
  const char* const last  = memchr(first, ']', most);
  if (!last) {
    self->report->n_characters += 1;
    self->at += 1;
    return false;
  }
  Spoken       spoken;
  const size_t n_bytes = (size_t)(last - first);
  read_phonemes(self, first, n_bytes, &spoken);
  self->at += n_bytes + 2;
  if (spoken.n > 0) {
    sing(self, word, &spoken);
  } else if (is_blank(first, n_bytes)) {
    rest(self);
  }
  return true;
}

// ---- words ----

static void add_letters(Reader* self, Word* word, uint32_t character)
{
  char           letters[2] = {'\'', '\0'};
  const uint32_t n          = kind_of(character) == LETTER ? fold(character, letters) : 1;
  for (uint32_t i = 0; i < n; ++i) {
    if (word->n_letters < FIQ_LEXICON_LETTERS) {
      word->letters[word->n_letters++] = letters[i];
    } else {
      self->report->n_characters += i == 0 ? 1 : 0;
    }
  }
}

/// Past a hyphen at `at` within a word: where it goes on, or 0 if it does not.
static size_t after_hyphen(const Reader* self, size_t at)
{
  size_t next = at + 1;
  while (next < self->size && self->text[next] == ' ') {
    ++next;
  }
  const bool goes_on =
      kind_at(self, next) == LETTER || (is_byte(self, next, '+') && next == at + 1);
  return goes_on && next < self->size ? next : 0;
}

static void read_word(Reader* self, Word* word)
{
  while (self->at < self->size) {
    size_t         next      = 0;
    const uint32_t character = character_at(self, self->at, &next);
    const Kind     kind      = kind_of(character);
    const bool     is_accent = character >= 0x300 && character < 0x370;
    if (kind == LETTER ||
        (kind == APOSTROPHE && (word->n_letters > 0 || kind_at(self, next) == LETTER))) {
      add_letters(self, word, character);
      self->at = next;
    } else if (is_accent) {
      self->at = next;
    } else if (character == '-' && after_hyphen(self, self->at) > 0) {
      const size_t on = after_hyphen(self, self->at);
      word->n_pieces += self->text[on] != '+' && word->n_pieces < PIECES_MAX ? 1 : 0;
      self->at = on;
    } else if (character == '+' && self->text[self->at - 1] == '-') {
      uint8_t* const holds = &word->holds[word->n_pieces - 1];
      *holds               = *holds < HOLDS_MAX ? (uint8_t)(*holds + 1) : *holds;
      self->at             = next;
    } else {
      break;
    }
  }
  word->letters[word->n_letters] = '\0';
}

/// Letter by letter.
static void spell(const char* letters, Spoken* spoken)
{
  spoken->n = 0;
  for (uint32_t i = 0; letters[i]; ++i) {
    FiqSpokenPhoneme found[FIQ_LEXICON_PHONEMES];
    const char       letter[2] = {letters[i], '\0'};
    const uint32_t   n         = fiq_lexicon_speak(letter, found);
    for (uint32_t k = 0; k < n && spoken->n < FIQ_LEXICON_PHONEMES; ++k) {
      spoken->phoneme[spoken->n++] = found[k];
    }
  }
}

/// Whether there is something to hum or hiss on.
static bool can_be_hummed(const Spoken* self)
{
  static const uint8_t long_ones[] = {FIQ_PH_M, FIQ_PH_N,  FIQ_PH_L, FIQ_PH_R,
                                      FIQ_PH_S, FIQ_PH_SH, FIQ_PH_Z, FIQ_PH_F};
  for (uint32_t i = 0; i < self->n; ++i) {
    if (is_one_of(self->phoneme[i].phoneme, long_ones, sizeof long_ones)) {
      return true;
    }
  }
  return false;
}

static void sing_word(Reader* self, const Word* word)
{
  Spoken spoken = {.n = 0};
  spoken.n      = fiq_lexicon_speak(word->letters, spoken.phoneme);
  if (spoken.n > 0 && n_nuclei(&spoken) == 0 && !can_be_hummed(&spoken)) {
    spell(word->letters, &spoken);
  }
  if (spoken.n > 0) {
    sing(self, word, &spoken);
  } else {
    self->report->n_words += 1;
    note_unknown(self->report->word, word->letters, word->n_letters);
  }
}

/// A word of letters, with its phonemes by hand if they follow.
static void take_word(Reader* self)
{
  Word word     = {.n_pieces = 1};
  word.is_exact = self->at > 0 && self->text[self->at - 1] == '{';
  read_word(self, &word);
  if (word.is_exact && is_byte(self, self->at, '}')) {
    self->at += 1;
  }
  if (!is_byte(self, self->at, '[') || !take_brackets(self, &word)) {
    sing_word(self, &word);
  }
}

static void take_digit(Reader* self)
{
  static const char* const names[] = {"zero", "one", "two",   "three", "four",
                                      "five", "six", "seven", "eight", "nine"};
  Word                     word    = {.n_pieces = 1};
  strcpy(word.letters, names[self->text[self->at] - '0']);
  word.n_letters = (uint32_t)strlen(word.letters);
  self->at += 1;
  sing_word(self, &word);
}

/// `+` and `_` hold on; `-` does if it stands alone.
static bool is_hold(const Reader* self)
{
  const size_t at = self->at;
  const bool   is_alone =
      is_byte(self, at, '-') && (at == 0 || is_space(self, at - 1)) && is_space(self, at + 1);
  return is_alone || is_byte(self, at, '+') || is_byte(self, at, '_');
}

/// What stands between words.
static void take_other(Reader* self, Kind kind)
{
  const Word word = {.n_pieces = 1};
  if (is_byte(self, self->at, '[')) {
    (void)take_brackets(self, &word);
    return;
  }
  if (is_hold(self)) {
    hold(self);
  }
  // A brace belongs to the word after it.
  const bool is_brace = is_byte(self, self->at, '{') && kind_at(self, self->at + 1) == LETTER;
  self->report->n_characters += kind == OTHER || (kind == MARK && !is_brace) ? 1 : 0;
  size_t next = 0;
  (void)character_at(self, self->at, &next);
  self->at = next;
}

size_t fiq_syllables_clean(char* to, const char* text, size_t n_bytes)
{
  assert(to && (text || n_bytes == 0));
  const Reader self   = {.text = text, .size = n_bytes};
  size_t       n_kept = 0;
  for (size_t at = 0; at < n_bytes;) {
    size_t         next      = 0;
    const uint32_t character = character_at(&self, at, &next);
    const bool     is_kept   = character != NO_CHARACTER && character != 0x7f &&
                         (character >= ' ' || character == '\n' || character == '\t');
    if (is_kept) {
      memmove(to + n_kept, text + at, next - at);
      n_kept += next - at;
    }
    at = next;
  }
  return n_kept;
}

void fiq_syllables_read(FiqSyllable syllables[FIQ_TEXT_SYLLABLES], const char* text, size_t n_bytes,
                        FiqTextReport* report)
{
  assert(syllables && report);
  assert(text || n_bytes == 0);
  *report     = (FiqTextReport){.is_cut = n_bytes > FIQ_TEXT_BYTES};
  Reader self = {.text      = text,
                 .size      = n_bytes < FIQ_TEXT_BYTES ? n_bytes : FIQ_TEXT_BYTES,
                 .syllables = syllables,
                 .report    = report};
  while (self.at < self.size && report->n_syllables < FIQ_TEXT_SYLLABLES) {
    size_t         next      = 0;
    const uint32_t character = character_at(&self, self.at, &next);
    const Kind     kind      = kind_of(character);
    if (kind == LETTER || (kind == APOSTROPHE && kind_at(&self, next) == LETTER)) {
      take_word(&self);
    } else if (kind == DIGIT) {
      take_digit(&self);
    } else {
      take_other(&self, kind);
    }
  }
  report->is_cut = report->is_cut || self.at < self.size;
}
