// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/description.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { SHORTEST_STEM = 4 };

static const float reach = 1.2f, furthest = 1.5f, worst = 2.5f, unnamed = 2.0f, untagged = 0.4f,
                   other_word = 0.75f;

typedef struct {
  const char* label;
  float       measure[FIQ_N_TIMBRES];
} Measured;

static const Measured measured[] = {
#define FIQ_MEASURED(label, ...) {label, {__VA_ARGS__}},
#include FIQ_MEASURED_ROWS
};

enum { N_MEASURED = sizeof(measured) / sizeof(measured[0]) };

// ---- words ----

/// A run of letters.
typedef struct {
  const char* at;
  size_t      n;
} Word;

/// The next word from `*text` on, which is left behind it; n 0 at the end.
static Word next_word(const char** text)
{
  Word word = {*text, 0};
  while (*word.at && !isalpha((unsigned char)*word.at)) {
    ++word.at;
  }
  while (isalpha((unsigned char)word.at[word.n])) {
    ++word.n;
  }
  *text = word.at + word.n;
  return word;
}

static bool is_same(Word a, Word b)
{
  return a.n == b.n && strncasecmp(a.at, b.at, a.n) == 0;
}

/// The same, or long enough and one the beginning of the other.
static bool is_akin(Word a, Word b)
{
  const size_t n = a.n < b.n ? a.n : b.n;
  return is_same(a, b) || (n >= SHORTEST_STEM && strncasecmp(a.at, b.at, n) == 0);
}

static bool stands_in(const char* text, Word word, bool (*alike)(Word a, Word b))
{
  bool found = false;
  for (Word at = next_word(&text); at.n > 0 && !found; at = next_word(&text)) {
    found = alike(at, word);
  }
  return found;
}

static bool is_called(const FiqUiPreset* preset, Word word)
{
  return stands_in(preset->name, word, is_akin) || stands_in(preset->category, word, is_akin) ||
         stands_in(preset->tags, word, is_akin);
}

/// Whether it is called by one of the words of `list`.
static bool is_called_one(const FiqUiPreset* preset, const char* list)
{
  bool found = false;
  for (Word at = next_word(&list); at.n > 0 && !found; at = next_word(&list)) {
    found = is_called(preset, at);
  }
  return found;
}

/// The adjective that `word` [n] is, or is the comparative or superlative of, by one of the ends.
static const FiqAdjective* adjective_of(const char* word, size_t n)
{
  static const char* const ends[] = {"er", "est", "r", "st"};
  const FiqAdjective*      found  = fiq_adjective_of(word, n);
  char                     stem[FIQ_DESCRIPTION_WORD_BYTES];
  for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]) && !found; ++i) {
    const size_t cut = strlen(ends[i]);
    if (n <= cut + 2 || memcmp(word + n - cut, ends[i], cut) != 0) {
      continue;
    }
    const size_t left = n - cut;
    memcpy(stem, word, left);
    found = fiq_adjective_of(stem, left);
    if (!found && stem[left - 1] == 'i') {
      stem[left - 1] = 'y'; // airier
      found          = fiq_adjective_of(stem, left);
    } else if (!found && stem[left - 1] == stem[left - 2]) {
      found = fiq_adjective_of(stem, left - 1); // thinner
    }
  }
  return found;
}

static bool is_filler(Word word)
{
  return stands_in(
      "a an and the of with like that is as but sound sounds sounding something some more "
      "quite me it",
      word, is_same);
}

/// What a word does to the next one: 0 nothing.
static float factor_of(Word word)
{
  return stands_in("very really extremely much far", word, is_same) ? 1.5f
         : stands_in("slightly little somewhat bit", word, is_same) ? 0.5f
         : stands_in("not no less without", word, is_same)          ? -1.0f
                                                                    : 0.0f;
}

// ---- what was typed ----

static const Measured* measures_of(const FiqUiPreset* preset)
{
  for (uint32_t i = 0; i < N_MEASURED && !preset->is_user; ++i) {
    if (strcmp(measured[i].label, preset->name) == 0) {
      return &measured[i];
    }
  }
  return NULL;
}

/// Whether a measured preset is called by `word` or one of `others`.
static bool names_one(const FiqUiPresets* presets, Word word, const char* others)
{
  for (uint32_t i = 0; i < presets->n; ++i) {
    const FiqUiPreset* const preset = &presets->entry[i];
    if ((is_called(preset, word) || is_called_one(preset, others)) && measures_of(preset)) {
      return true;
    }
  }
  return false;
}

static void lean(FiqDescription* self, const FiqAdjective* adjective, float factor)
{
  for (const FiqLeaning* at = adjective->leanings; at->measure != FIQ_N_TIMBRES; ++at) {
    const float sum              = self->direction[at->measure] + factor * at->weight;
    self->direction[at->measure] = fmaxf(-furthest, fminf(furthest, sum));
  }
}

/// Take a word, which may be an adjective, as much as `factor` says; whether it is known.
static bool take_word(FiqDescription* self, FiqDescribedName name, const FiqAdjective* adjective,
                      float factor, const FiqUiPresets* presets)
{
  const Word word     = {name.word, strlen(name.word)};
  name.is_adjective   = adjective && !adjective->is_instrument;
  name.others         = adjective && adjective->is_instrument ? adjective->words : "";
  const bool is_named = names_one(presets, word, name.others);
  if (adjective) {
    lean(self, adjective, factor);
  }
  if (is_named && factor > 0.0f && self->n_names < FIQ_DESCRIPTION_NAMES) {
    self->name[self->n_names++] = name;
  }
  return adjective || is_named;
}

static FiqDescribedName lower_case(Word word)
{
  FiqDescribedName name = {.others = ""};
  for (size_t i = 0; i < word.n && i + 1 < sizeof(name.word); ++i) {
    name.word[i] = (char)tolower((unsigned char)word.at[i]);
  }
  return name;
}

void fiq_description_read(FiqDescription* self, const char* text, const FiqUiPresets* presets)
{
  assert(self && text && presets);
  float factor   = 1.0f;
  bool  is_known = true;
  float sum      = 0.0f;
  memset(self, 0, sizeof(*self));
  for (Word word = next_word(&text); word.n > 0; word = next_word(&text)) {
    const FiqDescribedName    name      = lower_case(word);
    const FiqAdjective* const adjective = adjective_of(name.word, strlen(name.word));
    const float               next      = factor_of(word);
    const bool                is_turned = next > 0.0f || next < 0.0f;
    if (!adjective && (is_turned || is_filler(word))) {
      factor = is_turned ? factor * next : factor;
      continue;
    }
    const bool is_last = *text == '\0';
    is_known           = (take_word(self, name, adjective, factor, presets) || is_last) && is_known;
    factor             = 1.0f;
  }
  for (int m = 0; m < FIQ_N_TIMBRES; ++m) {
    sum += fabsf(self->direction[m]);
  }
  self->leads    = sum > 0.0f;
  self->is_known = is_known && self->leads;
}

// ---- presets ----

typedef struct {
  float mean[FIQ_N_TIMBRES];
  float deviation[FIQ_N_TIMBRES];
} Spread;

/// Over all that were measured.
static Spread spread_of_all(void)
{
  Spread spread;
  for (int m = 0; m < FIQ_N_TIMBRES; ++m) {
    double sum    = 0.0;
    double square = 0.0;
    for (uint32_t i = 0; i < N_MEASURED; ++i) {
      const double x = (double)measured[i].measure[m];
      sum += x;
      square += x * x;
    }
    const double mean   = sum / N_MEASURED;
    spread.mean[m]      = (float)mean;
    spread.deviation[m] = (float)sqrt(fmax(square / N_MEASURED - mean * mean, 1e-6));
  }
  return spread;
}

/// How far the measures fall short of the direction.
static float shortfall(const FiqDescription* self, const Measured* of)
{
  const Spread spread = spread_of_all();
  float        sum    = 0.0f;
  float        weight = 0.0f;
  for (int m = 0; m < FIQ_N_TIMBRES; ++m) {
    const float d    = self->direction[m];
    const float z    = (of->measure[m] - spread.mean[m]) / spread.deviation[m];
    const float left = fminf(worst, fmaxf(0.0f, reach * fabsf(d) - (d < 0.0f ? -z : z)));
    sum += fabsf(d) * left * left;
    weight += fabsf(d);
  }
  return weight > 0.0f ? sqrtf(sum / weight) : 0.0f;
}

float fiq_description_distance(const FiqDescription* self, const FiqUiPreset* preset)
{
  assert(self && preset);
  const Measured* const of       = measures_of(preset);
  float                 asked[2] = {0.0f, 0.0f};
  float                 has[2]   = {0.0f, 0.0f};
  for (uint32_t i = 0; i < self->n_names; ++i) {
    const FiqDescribedName* const name = &self->name[i];
    const int                     kind = name->is_adjective ? 1 : 0;
    asked[kind] += 1.0f;
    has[kind] += is_called(preset, (Word){name->word, strlen(name->word)}) ? 1.0f
                 : is_called_one(preset, name->others)                     ? other_word
                                                                           : 0.0f;
  }
  const float name = asked[0] > 0.0f ? 1.0f - has[0] / asked[0] : 0.0f;
  const float tag  = asked[1] > 0.0f ? 1.0f - has[1] / asked[1] : 0.0f;
  return of ? shortfall(self, of) + unnamed * name + untagged * tag : INFINITY;
}

static bool contains(const FiqUiPreset* preset, const char* word)
{
  return strcasestr(preset->name, word) || strcasestr(preset->category, word) ||
         strcasestr(preset->tags, word) || strcasestr(preset->comment, word);
}

/// Whether it says a word that means the same.
static bool says_otherwise(const FiqUiPreset* preset, const char* word)
{
  char lower[64];
  for (size_t i = 0; i < sizeof(lower); ++i) {
    lower[i] = (char)tolower((unsigned char)word[i]);
    if (word[i] == '\0') {
      break;
    }
  }
  const FiqAdjective* const adjective = fiq_adjective_of(lower, strlen(lower));
  const char*               words     = adjective ? adjective->words : "";
  bool                      found     = false;
  for (Word at = next_word(&words); at.n > 0 && !found; at = next_word(&words)) {
    snprintf(lower, sizeof(lower), "%.*s", (int)at.n, at.at);
    found = contains(preset, lower);
  }
  return found;
}

bool fiq_description_is_written(const char* text, const FiqUiPreset* preset)
{
  assert(text && preset);
  char word[64];
  while (*text) {
    const size_t n = strcspn(text, " ");
    snprintf(word, sizeof(word), "%.*s", (int)n, text);
    if (!contains(preset, word) && !says_otherwise(preset, word)) {
      return false;
    }
    text += n + strspn(text + n, " ");
  }
  return true;
}

// ---- controls ----

/// One of the controls that move a measure; whether it moved.
static bool move_control(FiqUiModel* model, const FiqToward* toward, uint32_t row, float direction)
{
  const FiqParam* const param = &fiq_params[row];
  const float           now   = model->value[row];
  const float           by    = direction * toward->step;
  const float           next  = param->kind == FIQ_KIND_LOG ? now * exp2f(by) : now + by;
  const float           least = now >= toward->least ? toward->least : param->minimum;
  fiq_ui_model_hold(model, row);
  fiq_ui_model_set(model, row, fmaxf(next, least));
  fiq_ui_model_let_go(model);
  return fabsf(model->value[row] - now) > 0.0f;
}

void fiq_description_move(const FiqDescription* self, FiqUiModel* model, char* said, size_t n_bytes)
{
  assert(self && model && said && n_bytes > 0);
  size_t at = 0;
  said[0]   = '\0';
  // Measure by measure, as a control may serve several.
  for (uint32_t m = 0; m < FIQ_N_TIMBRES; ++m) {
    for (uint32_t i = 0; i < fiq_n_towards; ++i) {
      const FiqToward* const toward = &fiq_towards[i];
      const int32_t          row    = fiq_ui_model_row(model, toward->symbol);
      const float            d      = toward->measure == m ? self->direction[m] : 0.0f;
      if (row == FIQ_UI_NO_ROW || model->is_locked[row] || !(fabsf(d) > 0.0f) ||
          !move_control(model, toward, (uint32_t)row, d) || strstr(said, fiq_params[row].name)) {
        continue;
      }
      const int n =
          snprintf(said + at, n_bytes - at, "%s%s", at > 0 ? ", " : "", fiq_params[row].name);
      at += n > 0 && (size_t)n < n_bytes - at ? (size_t)n : 0;
    }
  }
}
