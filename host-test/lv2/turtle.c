// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/lv2/turtle.h"

#include <serd/serd.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 64 << 20 }; // a state with its memories takes some hundred kB

typedef struct {
  SerdEnv*         env;
  FiqStatementFunc receive;
  void*            data;
  char*            reason;
  bool             in_file; ///< URIs may be relative to that of a file
  bool             failed;
} Reader;

/// What a state saved as one text does not declare, because those who load such texts know it.
static const char* const prefixes[][2] = {{"atom", "http://lv2plug.in/ns/ext/atom#"},
                                          {"lv2", "http://lv2plug.in/ns/lv2core#"},
                                          {"pset", "http://lv2plug.in/ns/ext/presets#"},
                                          {"rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"},
                                          {"rdfs", "http://www.w3.org/2000/01/rdf-schema#"},
                                          {"state", "http://lv2plug.in/ns/ext/state#"},
                                          {"xsd", "http://www.w3.org/2001/XMLSchema#"}};

static SerdStatus take_base(void* handle, const SerdNode* uri)
{
  return serd_env_set_base_uri(((Reader*)handle)->env, uri);
}

static SerdStatus take_prefix(void* handle, const SerdNode* name, const SerdNode* uri)
{
  return serd_env_set_prefix(((Reader*)handle)->env, name, uri);
}

static SerdStatus take_error(void* handle, const SerdError* error)
{
  Reader* const self = handle;
  if (!self->failed) {
    const int n  = snprintf(self->reason, FIQ_TURTLE_REASON_BYTES, "line %u: ", error->line);
    const int at = n > 0 ? n : 0;
    vsnprintf(self->reason + at, (size_t)(FIQ_TURTLE_REASON_BYTES - at), error->fmt, *error->args);
    self->reason[strcspn(self->reason, "\n")] = '\0';
  }
  self->failed = true;
  return SERD_SUCCESS;
}

/// A copy of `node`, whose text the library does not always end in damaged texts.
static SerdNode copy_node(const SerdNode* node)
{
  SerdNode       copy = *node;
  uint8_t* const text = node->buf ? calloc(1, node->n_bytes + 1) : NULL;
  if (text) {
    memcpy(text, node->buf, node->n_bytes);
  }
  copy.buf = text;
  return copy;
}

/// `node` written out, nothing if that cannot be; free it.
static SerdNode absolute(Reader* self, const SerdNode* node)
{
  SerdNode   expanded = serd_env_expand_node(self->env, node);
  const bool unknown  = !expanded.buf && node->type == SERD_CURIE;
  const bool relative = node->type == SERD_URI && !serd_uri_string_has_scheme(node->buf);
  if (unknown || (relative && !self->in_file)) {
    snprintf(self->reason, FIQ_TURTLE_REASON_BYTES, "it uses a %s",
             unknown ? "prefix that it does not declare" : "URI that is not whole");
    self->failed = true;
    serd_node_free(&expanded);
    return SERD_NODE_NULL;
  }
  return expanded.buf ? expanded : copy_node(node);
}

static SerdStatus take_statement(void* handle, SerdStatementFlags flags, const SerdNode* graph,
                                 const SerdNode* subject, const SerdNode* predicate,
                                 const SerdNode* object, const SerdNode* type,
                                 const SerdNode* language)
{
  Reader* const self = handle;
  SerdNode nodes[4]  = {absolute(self, subject), absolute(self, predicate), absolute(self, object),
                        SERD_NODE_NULL};
  const FiqStatement statement = {.subject   = (const char*)nodes[0].buf,
                                  .predicate = (const char*)nodes[1].buf,
                                  .object    = (const char*)nodes[2].buf,
                                  .literal   = object->type == SERD_LITERAL};
  FiqStatement       whole     = statement;
  (void)flags;
  (void)graph;
  (void)language;
  if (type && type->buf) {
    nodes[3] = absolute(self, type);
  }
  whole.type = nodes[3].buf ? (const char*)nodes[3].buf : "";
  if (whole.subject && whole.predicate && whole.object) {
    self->receive(self->data, &whole);
  }
  for (int i = 0; i < 4; ++i) {
    serd_node_free(&nodes[i]);
  }
  return SERD_SUCCESS;
}

/// Whether the last thing in `text` but spaces and comments is the point that ends a statement: the library takes the
/// end of the text for one.
static bool ends_with_point(const char* text)
{
  char last = '.';
  for (const char* line = text; *line;) {
    const size_t n = strcspn(line, "\n");
    for (size_t i = 0; i < n && !(line[i] == '#' && (i == 0 || strchr(" \t.", line[i - 1]))); ++i) {
      last = strchr(" \t\r", line[i]) ? last : line[i];
    }
    line += n + (line[n] ? 1 : 0);
  }
  return last == '.';
}

bool fiq_turtle_read(const char* text, size_t n_bytes, const char* base, FiqStatementFunc receive,
                     void* data, char reason[FIQ_TURTLE_REASON_BYTES])
{
  const SerdNode uri  = serd_node_from_string(SERD_URI, (const uint8_t*)base);
  Reader         self = {.env     = serd_env_new(&uri),
                         .receive = receive,
                         .data    = data,
                         .reason  = reason,
                         .in_file = strncmp(base, "file:", 5) == 0};
  snprintf(reason, FIQ_TURTLE_REASON_BYTES, "it is damaged");
  if (strlen(text) != n_bytes) {
    snprintf(reason, FIQ_TURTLE_REASON_BYTES, "it is no text");
    serd_env_free(self.env);
    return false;
  }
  for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; ++i) {
    serd_env_set_prefix_from_strings(self.env, (const uint8_t*)prefixes[i][0],
                                     (const uint8_t*)prefixes[i][1]);
  }
  SerdReader* const reader =
      serd_reader_new(SERD_TURTLE, &self, NULL, take_base, take_prefix, take_statement, NULL);
  serd_reader_set_strict(reader, true);
  serd_reader_set_error_sink(reader, take_error, &self);
  const SerdStatus status = serd_reader_read_string(reader, (const uint8_t*)text);
  serd_reader_free(reader);
  serd_env_free(self.env);
  if (!self.failed && (status > SERD_FAILURE || !ends_with_point(text))) {
    snprintf(reason, FIQ_TURTLE_REASON_BYTES, "it is cut off");
    return false;
  }
  return !self.failed;
}

/// Read `stream` to its end into a text that grows; NULL, with errno, when that fails.
static char* load_all(FILE* stream, size_t* n_bytes)
{
  size_t room = 65536;
  char*  text = malloc(room);
  *n_bytes    = 0;
  while (text) {
    *n_bytes += fread(text + *n_bytes, 1, room - 1 - *n_bytes, stream);
    if (ferror(stream) || *n_bytes >= FILE_BYTES_MAX) {
      errno = ferror(stream) ? errno : EFBIG;
      free(text);
      return NULL;
    }
    if (*n_bytes < room - 1) {
      text[*n_bytes] = '\0';
      return text;
    }
    char* const more = realloc(text, 2 * room);
    if (!more) {
      free(text);
      return NULL;
    }
    text = more;
    room *= 2;
  }
  return NULL;
}

char* fiq_turtle_load(const char* path, size_t* n_bytes)
{
  FILE* const stream = fopen(path, "rb");
  if (!stream) {
    return NULL;
  }
  char* const text   = load_all(stream, n_bytes);
  const int   reason = errno;
  fclose(stream);
  errno = reason;
  return text;
}
