// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/lv2/describe.h"

#include "host-test/common/report.h"
#include "host-test/common/suggest.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_BYTES = 32, SHORTEST_STEM = 4 };

#define FIELDIQ "urn:fieldiq:"
#define RDF_TYPE "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
#define RDFS_LABEL "http://www.w3.org/2000/01/rdf-schema#label"

static const float reach      = 1.2f; // of a direction
static const float unnamed    = 2.0f; // distance of a preset that is not called so
static const float untagged   = 0.4f;
static const float other_word = 0.75f; // what it is worth to be called by one that means the same
static const float furthest   = 1.5f;  // that a direction goes
static const float worst      = 2.5f;  // that a measure may fall short by
static const float very       = 1.5f;
static const float slightly   = 0.5f;

// ---- what the bundle says ----

static LilvNode* get(LilvWorld* world, const LilvNode* subject, const char* property)
{
  LilvNode* const name  = lilv_new_uri(world, property);
  LilvNode* const value = lilv_world_get(world, subject, name, NULL);
  lilv_node_free(name);
  return value;
}

/// A copy of the text that `property` of `subject` is, or NULL.
static char* get_text(LilvWorld* world, const LilvNode* subject, const char* property)
{
  LilvNode* const value = get(world, subject, property);
  char* const     text  = value ? strdup(lilv_node_as_string(value)) : NULL;
  lilv_node_free(value);
  return text;
}

static bool get_number(LilvWorld* world, const LilvNode* subject, const char* property,
                       float* number)
{
  LilvNode* const value = get(world, subject, property);
  const bool      is    = value && (lilv_node_is_float(value) || lilv_node_is_int(value));
  if (is) {
    *number = lilv_node_as_float(value);
  }
  lilv_node_free(value);
  return is;
}

/// All that are of the class `name`.
static LilvNodes* all_of(LilvWorld* world, const char* name)
{
  LilvNode* const type   = lilv_new_uri(world, RDF_TYPE);
  LilvNode* const class  = lilv_new_uri(world, name);
  LilvNodes* const nodes = lilv_world_find_nodes(world, NULL, type, class);
  lilv_node_free(class);
  lilv_node_free(type);
  return nodes;
}

static void read_levers(FiqMeasure* measure, LilvWorld* world, const LilvNode* node)
{
  LilvNode* const  moved = lilv_new_uri(world, FIELDIQ "moved");
  LilvNodes* const nodes = lilv_world_find_nodes(world, node, moved, NULL);
  LILV_FOREACH(nodes, i, nodes)
  {
    const LilvNode* const at      = lilv_nodes_get(nodes, i);
    char* const           control = get_text(world, at, FIELDIQ "control");
    if (control && measure->n_levers < FIQ_DESCRIBE_LEVERS) {
      FiqLever* const lever = &measure->lever[measure->n_levers++];
      *lever                = (FiqLever){.control = control, .least = -INFINITY};
      lever->by_ratios      = get_number(world, at, FIELDIQ "octaves", &lever->step);
      (void)get_number(world, at, FIELDIQ "step", &lever->step);
      (void)get_number(world, at, FIELDIQ "least", &lever->least);
    } else {
      free(control);
    }
  }
  lilv_nodes_free(nodes);
  lilv_node_free(moved);
}

static void read_measures(FiqDescribe* self, LilvWorld* world)
{
  LilvNodes* const nodes = all_of(world, FIELDIQ "Measure");
  LILV_FOREACH(nodes, i, nodes)
  {
    const LilvNode* const node = lilv_nodes_get(nodes, i);
    if (self->n_measures < FIQ_DESCRIBE_MEASURES) {
      FiqMeasure* const measure = &self->measure[self->n_measures++];
      measure->uri              = strdup(lilv_node_as_uri(node));
      measure->name             = get_text(world, node, RDFS_LABEL);
      read_levers(measure, world, node);
    }
  }
  lilv_nodes_free(nodes);
}

static void read_numbers(const FiqDescribe* self, LilvWorld* world, const LilvNode* subject,
                         float number[FIQ_DESCRIBE_MEASURES])
{
  for (uint32_t m = 0; m < self->n_measures; ++m) {
    (void)get_number(world, subject, self->measure[m].uri, &number[m]);
  }
}

static void read_words(FiqDescribe* self, LilvWorld* world, const char* class, bool is_instrument)
{
  LilvNodes* const        nodes = all_of(world, class);
  const size_t            n     = self->n_words + lilv_nodes_size(nodes) + 1;
  FiqDescribedWord* const grown = realloc(self->word, n * sizeof self->word[0]);
  self->word                    = grown ? grown : self->word;
  LILV_FOREACH(nodes, i, nodes)
  {
    const LilvNode* const node  = lilv_nodes_get(nodes, i);
    char* const           words = get_text(world, node, FIELDIQ "words");
    if (grown && words) {
      FiqDescribedWord* const word = &self->word[self->n_words++];
      *word                        = (FiqDescribedWord){words, is_instrument, {0.0f}};
      read_numbers(self, world, node, word->direction);
    } else {
      free(words);
    }
  }
  lilv_nodes_free(nodes);
}

/// `label` and `tags` as words in lower case.
static char* words_of(const char* label, const char* tags)
{
  const size_t n    = strlen(label) + strlen(tags) + 2;
  char* const  text = malloc(n);
  if (text) {
    snprintf(text, n, "%s %s", label, tags);
    for (char* at = text; *at; ++at) {
      *at = isalpha((unsigned char)*at) ? (char)tolower((unsigned char)*at) : ' ';
    }
  }
  return text;
}

static void read_presets(FiqDescribe* self, const FiqHost* host)
{
  LilvNodes* const nodes = all_of(host->world, FIELDIQ "Described");
  self->preset           = calloc(lilv_nodes_size(nodes) + 1, sizeof self->preset[0]);
  LILV_FOREACH(nodes, i, nodes)
  {
    const LilvNode* const node  = lilv_nodes_get(nodes, i);
    char* const           label = get_text(host->world, node, RDFS_LABEL);
    char* const           tags  = get_text(host->world, node, FIELDIQ "tags");
    char* const           text  = label && tags ? words_of(label, tags) : NULL;
    free(tags);
    if (self->preset && text) {
      FiqDescribedPreset* const preset = &self->preset[self->n_presets++];
      preset->label                    = label;
      preset->text                     = text;
      read_numbers(self, host->world, node, preset->measure);
    } else {
      free(label);
      free(text);
    }
  }
  lilv_nodes_free(nodes);
}

static void find_deviations(FiqDescribe* self)
{
  for (uint32_t m = 0; m < self->n_measures; ++m) {
    double sum    = 0.0;
    double square = 0.0;
    for (size_t i = 0; i < self->n_presets; ++i) {
      const double x = (double)self->preset[i].measure[m];
      sum += x;
      square += x * x;
    }
    const double mean          = sum / (double)self->n_presets;
    const double variance      = square / (double)self->n_presets - mean * mean;
    self->measure[m].mean      = (float)mean;
    self->measure[m].deviation = (float)sqrt(fmax(variance, 1e-6));
  }
}

bool fiq_describe_init(FiqDescribe* self, const FiqHost* host)
{
  *self                   = (FiqDescribe){.n_measures = 0};
  LilvNode* const   where = lilv_new_uri(host->world, FIELDIQ "describe");
  const char* const uri   = lilv_node_as_uri(lilv_plugin_get_uri(host->plugin));
  lilv_world_load_resource(host->world, where);
  lilv_node_free(where);
  // One bundle has several plugins, of which one has presets that are described.
  if (strcmp(uri, FIELDIQ "swarm") == 0) {
    read_measures(self, host->world);
    read_words(self, host->world, FIELDIQ "Adjective", false);
    read_words(self, host->world, FIELDIQ "Instrument", true);
    read_presets(self, host);
  }
  if (self->n_measures == 0 || self->n_words == 0 || self->n_presets == 0) {
    fiq_error("nothing says what the presets of <%s> are like", uri);
    return false;
  }
  find_deviations(self);
  return true;
}

void fiq_describe_free(FiqDescribe* self)
{
  for (uint32_t m = 0; m < self->n_measures; ++m) {
    free(self->measure[m].uri);
    free(self->measure[m].name);
    for (uint32_t i = 0; i < self->measure[m].n_levers; ++i) {
      free(self->measure[m].lever[i].control);
    }
  }
  for (size_t i = 0; i < self->n_words; ++i) {
    free(self->word[i].words);
  }
  for (size_t i = 0; i < self->n_presets; ++i) {
    free(self->preset[i].label);
    free(self->preset[i].text);
  }
  free(self->word);
  free(self->preset);
  *self = (FiqDescribe){.n_measures = 0};
}

// ---- words ----

static bool is_stem(const char* a, size_t n_a, const char* b, size_t n_b)
{
  const size_t n = n_a < n_b ? n_a : n_b;
  return (n_a == n_b || n >= SHORTEST_STEM) && strncmp(a, b, n) == 0;
}

/// Whether `word` stands in the list `words`; with `by_stem` also what begins like it.
static bool has_word(const char* words, const char* word, bool by_stem)
{
  const size_t length = strlen(word);
  for (const char* at = words; *at;) {
    const size_t n     = strcspn(at, " ");
    const bool   equal = n == length && strncmp(at, word, n) == 0;
    if (equal || (by_stem && n > 0 && is_stem(at, n, word, length))) {
      return true;
    }
    at += n + strspn(at + n, " ");
  }
  return false;
}

/// Whether one of `wanted` stands in the list `words`.
static bool has_one(const char* words, const char* wanted, bool by_stem)
{
  for (const char* at = wanted; *at;) {
    char         word[WORD_BYTES];
    const size_t n = strcspn(at, " ");
    snprintf(word, sizeof word, "%.*s", (int)n, at);
    if (has_word(words, word, by_stem)) {
      return true;
    }
    at += n + strspn(at + n, " ");
  }
  return false;
}

static const FiqDescribedWord* find_word(const FiqDescribe* self, const char* word)
{
  for (size_t i = 0; i < self->n_words; ++i) {
    if (has_word(self->word[i].words, word, false)) {
      return &self->word[i];
    }
  }
  return NULL;
}

/// The adjective that `word` is, or is the comparative or superlative of.
static const FiqDescribedWord* find_adjective(const FiqDescribe* self, const char* word)
{
  const FiqDescribedWord*  found  = find_word(self, word);
  const size_t             length = strlen(word);
  static const char* const ends[] = {"er", "est", "r", "st"};
  for (size_t i = 0; !found && i < sizeof ends / sizeof ends[0]; ++i) {
    const size_t n = strlen(ends[i]);
    char         stem[WORD_BYTES];
    if (length > n + 2 && strcmp(word + length - n, ends[i]) == 0) {
      snprintf(stem, sizeof stem, "%.*s", (int)(length - n), word);
      found            = find_word(self, stem);
      const size_t end = strlen(stem) - 1;
      if (!found && stem[end] == 'i') {
        stem[end] = 'y'; // airier
        found     = find_word(self, stem);
      } else if (!found && stem[end] == stem[end - 1]) {
        stem[end] = '\0'; // thinner
        found     = find_word(self, stem);
      }
    }
  }
  return found;
}

static bool is_named(const FiqDescribe* self, const char* words)
{
  for (size_t i = 0; i < self->n_presets; ++i) {
    if (has_one(self->preset[i].text, words, true)) {
      return true;
    }
  }
  return false;
}

static bool is_filler(const char* word)
{
  return has_word("a an and the of with like that is as but sound sounds sounding something some "
                  "more quite me it",
                  word, false);
}

/// What a word does to the next one: 0 nothing.
static float factor_of(const char* word)
{
  if (has_word("very really extremely much far", word, false)) {
    return very;
  }
  if (has_word("slightly little somewhat bit", word, false)) {
    return slightly;
  }
  return has_word("not no less without", word, false) ? -1.0f : 0.0f;
}

static void say_unknown(const FiqDescribe* self, const char* word)
{
  char               near[FIQ_SUGGEST_BYTES] = "";
  const char** const names                   = calloc(self->n_words + 1, sizeof names[0]);
  for (size_t i = 0; names && i < self->n_words; ++i) {
    names[i] = self->word[i].words;
  }
  if (names) {
    fiq_suggest(near, word, names, self->n_words);
  }
  fiq_warning("nobody knows '%s'%s", word, near);
  free(names);
}

/// Cut the next word off `*at` in lower case; false at the end.
static bool next_word(const char** at, char word[WORD_BYTES])
{
  size_t n = 0;
  while (**at && !isalpha((unsigned char)**at)) {
    ++*at;
  }
  for (; isalpha((unsigned char)**at); ++*at) {
    if (n + 1 < WORD_BYTES) {
      word[n++] = (char)tolower((unsigned char)**at);
    }
  }
  word[n] = '\0';
  return n > 0;
}

bool fiq_describe_ask(const FiqDescribe* self, const char* text, FiqDescribeQuery* query)
{
  assert(self && text && query);
  char  word[WORD_BYTES];
  float factor = 1.0f;
  bool  known  = false;
  *query       = (FiqDescribeQuery){.n_names = 0};
  while (next_word(&text, word)) {
    const FiqDescribedWord* const adjective = find_adjective(self, word);
    const bool                    by_name   = !adjective || adjective->is_instrument;
    const char* const             names     = adjective && by_name ? adjective->words : "";
    const bool                    named     = is_named(self, word) || is_named(self, names);
    const float                   next      = factor_of(word);
    if (!adjective && (is_filler(word) || fabsf(next) > 0.0f)) {
      factor = fabsf(next) > 0.0f ? factor * next : factor;
      continue;
    }
    for (uint32_t m = 0; adjective && m < self->n_measures; ++m) {
      const float sum     = query->direction[m] + factor * adjective->direction[m];
      query->direction[m] = fmaxf(-furthest, fminf(furthest, sum));
    }
    if (named && factor > 0.0f && query->n_names < FIQ_DESCRIBE_WORDS) {
      query->is_adjective[query->n_names] = !by_name;
      query->others[query->n_names]       = names;
      memcpy(query->name[query->n_names++], word, sizeof word);
    }
    if (!adjective && !named) {
      say_unknown(self, word);
    }
    known  = known || adjective || named;
    factor = 1.0f;
  }
  return known;
}

// ---- presets ----

static float distance_of(const FiqDescribe* self, const FiqDescribeQuery* query,
                         const FiqDescribedPreset* preset)
{
  float sum    = 0.0f;
  float weight = 0.0f;
  for (uint32_t m = 0; m < self->n_measures; ++m) {
    const float d = query->direction[m];
    const float z = (preset->measure[m] - self->measure[m].mean) / self->measure[m].deviation;
    const float short_of = fminf(worst, fmaxf(0.0f, reach * fabsf(d) - (d < 0.0f ? -z : z)));
    sum += fabsf(d) * short_of * short_of;
    weight += fabsf(d);
  }
  uint32_t asked[2] = {0, 0};
  float    has[2]   = {0.0f, 0.0f};
  for (uint32_t i = 0; i < query->n_names; ++i) {
    const uint32_t kind = query->is_adjective[i] ? 1 : 0;
    asked[kind] += 1;
    has[kind] += has_word(preset->text, query->name[i], true)    ? 1.0f
                 : has_one(preset->text, query->others[i], true) ? other_word
                                                                 : 0.0f;
  }
  const float measured = weight > 0.0f ? sqrtf(sum / weight) : 0.0f;
  const float name     = asked[0] > 0 ? 1.0f - has[0] / (float)asked[0] : 0.0f;
  const float tag      = asked[1] > 0 ? 1.0f - has[1] / (float)asked[1] : 0.0f;
  return measured + unnamed * name + untagged * tag;
}

uint32_t fiq_describe_find(const FiqDescribe* self, const FiqDescribeQuery* query,
                           FiqDescribeFound found[FIQ_DESCRIBE_LIST])
{
  assert(self && query && found);
  uint32_t n = 0;
  for (size_t i = 0; i < self->n_presets; ++i) {
    const float distance = distance_of(self, query, &self->preset[i]);
    uint32_t    at       = n;
    while (at > 0 && found[at - 1].distance > distance) {
      --at;
    }
    if (at < FIQ_DESCRIBE_LIST) {
      n += n < FIQ_DESCRIBE_LIST ? 1 : 0;
      memmove(&found[at + 1], &found[at], (n - at - 1) * sizeof found[0]);
      found[at] = (FiqDescribeFound){&self->preset[i], distance};
    }
  }
  return n;
}

static void print_found(const FiqDescribe* self, const FiqDescribeQuery* query,
                        const FiqDescribeFound* found)
{
  printf("%5.2f  %s", (double)found->distance, found->preset->label);
  const char* separator = "  (";
  for (uint32_t m = 0; m < self->n_measures; ++m) {
    if (fabsf(query->direction[m]) > 0.0f) {
      printf("%s%s %.0f", separator, self->measure[m].name, (double)found->preset->measure[m]);
      separator = ", ";
    }
  }
  puts(separator[0] == ',' ? ")" : "");
}

bool fiq_describe_print(const FiqHost* host, const char* text)
{
  FiqDescribe      self;
  FiqDescribeQuery query;
  FiqDescribeFound found[FIQ_DESCRIBE_LIST];
  const bool       read  = fiq_describe_init(&self, host);
  const bool       known = read && fiq_describe_ask(&self, text, &query);
  if (known) {
    const uint32_t n = fiq_describe_find(&self, &query, found);
    for (uint32_t i = 0; i < n; ++i) {
      print_found(&self, &query, &found[i]);
    }
  } else if (read) {
    fiq_error("nothing of '%s' is known", text);
  }
  fiq_describe_free(&self);
  return known;
}

// ---- controls ----

static bool move_control(FiqHost* host, const FiqLever* lever, float direction)
{
  const uint32_t index = fiq_ports_index(&host->ports, lever->control);
  if (index == FIQ_NO_PORT) {
    return false;
  }
  const FiqPort* const port = &host->ports.ports[index];
  const float          now  = fiq_host_value(host, index);
  const float          moved =
      lever->by_ratios ? now * exp2f(direction * lever->step) : now + direction * lever->step;
  const float bottom = now >= lever->least ? fmaxf(port->minimum, lever->least) : port->minimum;
  const float held   = fmaxf(bottom, fminf(port->maximum, moved));
  const float value  = port->integer ? rintf(held) : held;
  if (fabsf(value - now) > 0.0f) {
    char before[128];
    char after[128];
    fiq_port_format(port, now, before, sizeof before);
    fiq_port_format(port, value, after, sizeof after);
    fiq_note("%s: %s -> %s", port->symbol, before, after);
    return fiq_host_set(host, index, value);
  }
  return true;
}

bool fiq_describe_toward(FiqHost* host, const char* text)
{
  FiqDescribe      self;
  FiqDescribeQuery query;
  const bool       read  = fiq_describe_init(&self, host);
  bool             moved = read && fiq_describe_ask(&self, text, &query);
  if (read && !moved) {
    fiq_error("nothing of '%s' is known", text);
  }
  for (uint32_t m = 0; moved && m < self.n_measures; ++m) {
    const FiqMeasure* const measure = &self.measure[m];
    for (uint32_t i = 0; moved && fabsf(query.direction[m]) > 0.0f && i < measure->n_levers; ++i) {
      moved = move_control(host, &measure->lever[i], query.direction[m]);
    }
  }
  fiq_describe_free(&self);
  return moved;
}
