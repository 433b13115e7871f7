// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/lv2/state_values.h"

#include <lv2/atom/atom.h>
#include <lv2/state/state.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define FILE_URI "file://"

/// Whether `name` is that of a node in brackets or parentheses. Only nodes with a label can lie in a circle, and the
/// reader of the text gives those names of another form.
static bool is_bracket(const char* name)
{
  const size_t n = strlen(name);
  return name[0] == 'b' && n > 1 && n < FIQ_STATE_NODE_BYTES &&
         strspn(name + 1, "0123456789") == n - 1;
}

/// Whether `name` is a URI that stands for itself, wherever the text lies.
static bool is_absolute(const char* name)
{
  size_t n = isalpha((unsigned char)name[0]) ? 1 : 0;
  while (n > 0 && (isalnum((unsigned char)name[n]) || (name[n] && strchr("+-.", name[n])))) {
    ++n;
  }
  return n > 0 && name[n] == ':';
}

static bool is_node(const char* name)
{
  return is_bracket(name) || is_absolute(name);
}

/// The library reads behind the end of a path that lacks its first slash or ends within an escape.
static bool is_legal_path(const char* uri)
{
  if (strncmp(uri, FILE_URI, strlen(FILE_URI)) != 0) {
    return true;
  }
  bool legal = strchr(uri + strlen(FILE_URI), '/') != NULL;
  for (const char* at = strchr(uri, '%'); at && legal; at = strchr(at + 1, '%')) {
    legal = isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2]);
  }
  return legal;
}

static bool is_one_of(const char* uri, const char* const* list, size_t n)
{
  size_t i = 0;
  while (i < n && strcmp(uri, list[i]) != 0) {
    ++i;
  }
  return i < n;
}

/// The vector or tuple `name`, which is told of from now on if it was not; NULL if there are too many.
static FiqStateVector* vector_of(FiqStateValues* self, const char* name)
{
  for (size_t i = self->n_vectors; i > 0; --i) {
    if (strcmp(self->vectors[i - 1].name, name) == 0) {
      return &self->vectors[i - 1];
    }
  }
  if (self->n_vectors == FIQ_STATE_VECTORS_MAX) {
    return NULL;
  }
  FiqStateVector* const vector = &self->vectors[self->n_vectors++];
  *vector                      = (FiqStateVector){.vector = false};
  snprintf(vector->name, sizeof vector->name, "%s", name);
  return vector;
}

/// What a node in brackets is, of what type its elements are, and that it has some.
static const char* take_vector(FiqStateValues* self, const FiqStatement* statement)
{
  static const char* const kinds[] = {LV2_ATOM__Vector, LV2_ATOM__Tuple};
  static const char* const types[] = {LV2_ATOM__Bool, LV2_ATOM__Double, LV2_ATOM__Float,
                                      LV2_ATOM__Int,  LV2_ATOM__Long,   LV2_ATOM__URID};
  const bool               kind    = strcmp(statement->predicate, RDF "type") == 0;
  const bool               type    = strcmp(statement->predicate, LV2_ATOM__childType) == 0;
  const bool               value   = strcmp(statement->predicate, RDF "value") == 0;
  if (kind && strcmp(statement->object, LV2_ATOM__Sequence) == 0) {
    return "it holds a sequence, which no state can";
  }
  if (type && (statement->literal || !is_one_of(statement->object, types, 6))) {
    return "the elements of a vector have no type";
  }
  if ((!kind || !is_one_of(statement->object, kinds, 2)) && !type && !value) {
    return NULL;
  }
  FiqStateVector* const vector = vector_of(self, statement->subject);
  if (!vector) {
    return "it has too many values";
  }
  if ((type && vector->child_type) || (value && vector->value)) {
    return "a value is given twice";
  }
  vector->vector     = vector->vector || (kind && strcmp(statement->object, LV2_ATOM__Vector) == 0);
  vector->child_type = vector->child_type || type;
  vector->value      = vector->value || value;
  return NULL;
}

const char* fiq_state_values_take(FiqStateValues* self, const FiqStatement* statement)
{
  const bool is_list = strcmp(statement->predicate, RDF "first") == 0 ||
                       strcmp(statement->predicate, RDF "rest") == 0;
  if (!is_node(statement->subject) || !is_absolute(statement->predicate) ||
      (!statement->literal && !is_node(statement->object))) {
    return "one of its nodes is no whole URI";
  }
  if (is_list && !is_bracket(statement->subject)) {
    return "one of its lists has a name";
  }
  self->n_elements += is_list ? 1 : 0;
  if (self->n_elements > 2 * (size_t)FIQ_STATE_LIST_MAX) {
    return "its lists are too long";
  }
  if (!statement->literal && !is_legal_path(statement->object)) {
    return "one of its paths is damaged";
  }
  if (statement->literal && strcmp(statement->predicate, LV2_STATE__state) == 0) {
    return "what it holds is no state";
  }
  return is_bracket(statement->subject) ? take_vector(self, statement) : NULL;
}

const char* fiq_state_values_check(const FiqStateValues* self)
{
  for (size_t i = 0; i < self->n_vectors; ++i) {
    const FiqStateVector* const vector = &self->vectors[i];
    if (vector->vector && (!vector->child_type || !vector->value)) {
      return "a vector lacks the type of its elements, or all of them";
    }
    if (!vector->value) {
      return "a tuple lacks its elements";
    }
  }
  return NULL;
}
