// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/glue/preset_file.h"

#include "plugin/ui/glue/settings.h"

#include <lv2/core/lv2.h>
#include <lv2/presets/presets.h>
#include <lv2/state/state.h>
#include <serd/serd.h>

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define RDFS "http://www.w3.org/2000/01/rdf-schema#"
#define OURS "urn:fieldiq:"
#define BANK OURS "bank:"

enum { URI_BYTES = 1200 };

const char* const fiq_preset_states[FIQ_PRESET_STATES] = {"phases", "match", "learned"};

/// Reading a file, statement by statement.
typedef struct {
  SerdEnv*          env;
  FiqPluginKind     plugin;
  FiqPresetText*    text;
  FiqPresetContent* content;            ///< may be NULL
  bool              applies;            ///< to the plugin
  char              subject[URI_BYTES]; ///< of the preset, once it is known
  char              node[64];           ///< blank node of the port under way
  char              symbol[64];
  float             value;
  bool              has_value;
  int               state; ///< whose numbers come, -1: none
} Reading;

/// Reading a manifest.
typedef struct {
  SerdEnv*      env;
  FiqPluginKind plugin;
  char          subject[URI_BYTES];
  char          file[URI_BYTES]; ///< seeAlso of the subject
  bool          is_preset;
  bool          applies;
  void (*found)(void* handle, const char* path);
  void* handle;
} Listing;

/// The URI of a node in full, "" for anything else.
static void full_uri(const SerdEnv* env, const SerdNode* node, char uri[URI_BYTES])
{
  uri[0] = '\0';
  if (node->type == SERD_URI || node->type == SERD_CURIE) {
    SerdNode whole = serd_env_expand_node(env, node);
    if (whole.buf && whole.n_bytes < URI_BYTES) {
      memcpy(uri, whole.buf, whole.n_bytes + 1);
    }
    serd_node_free(&whole);
  }
}

static void copy_text(char* to, size_t n_bytes, const SerdNode* literal)
{
  size_t n = literal->n_bytes < n_bytes - 1 ? literal->n_bytes : n_bytes - 1;
  while (n > 0 && n < literal->n_bytes && ((uint8_t)literal->buf[n] & 0xc0u) == 0x80u) {
    --n; // not within a letter
  }
  memcpy(to, literal->buf, n);
  to[n] = '\0';
}

static float number_of(const SerdNode* literal)
{
  return (float)serd_strtod((const char*)literal->buf, NULL);
}

static void plugin_uri(FiqPluginKind plugin, char uri[URI_BYTES])
{
  snprintf(uri, URI_BYTES, OURS "%s", fiq_plugin_names[plugin]);
}

/// A port whose symbol and value are known.
static void take_port(Reading* self)
{
  if (!self->has_value || !self->symbol[0] || !self->content) {
    return;
  }
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqParam* const param = &fiq_params[row];
    if (fiq_param_in(param, self->plugin) && !fiq_param_is_meter(param) &&
        strcmp(param->symbol, self->symbol) == 0) {
      self->content->value[row] = fiq_param_clamp(param, self->value);
    }
  }
}

static void take_port_part(Reading* self, const SerdNode* subject, const char* predicate,
                           const SerdNode* object)
{
  const char* const node = (const char*)subject->buf;
  if (strncmp(self->node, node, sizeof(self->node) - 1) != 0) {
    strncpy(self->node, node, sizeof(self->node) - 1);
    self->symbol[0] = '\0';
    self->has_value = false;
  }
  if (strcmp(predicate, LV2_CORE__symbol) == 0) {
    copy_text(self->symbol, sizeof(self->symbol), object);
  } else {
    self->value     = number_of(object);
    self->has_value = true;
  }
  take_port(self);
}

static void take_state(Reading* self, const char* key, const SerdNode* object)
{
  if (strcmp(key, "seed") == 0 && object->type == SERD_LITERAL) {
    const double seed       = serd_strtod((const char*)object->buf, NULL);
    self->content->has_seed = seed >= 0.0 && seed <= 0x7fffffff;
    self->content->seed     = self->content->has_seed ? (uint32_t)seed : 0;
  }
  self->state = -1;
  for (int i = 0; i < FIQ_PRESET_STATES; ++i) {
    if (strcmp(key, fiq_preset_states[i]) == 0 && object->type == SERD_BLANK) {
      self->state               = i;
      self->content->n_state[i] = 0;
    }
  }
}

static void take_description(Reading* self, const SerdNode* subject, const char* predicate,
                             const SerdNode* object)
{
  char uri[URI_BYTES];
  char ours[URI_BYTES];
  full_uri(self->env, subject, ours);
  full_uri(self->env, object, uri);
  if (strcmp(uri, LV2_PRESETS__Preset) == 0) {
    strcpy(self->subject, ours);
  }
  if (self->subject[0] && strcmp(self->subject, ours) != 0) {
    return; // a bank, which has a label too
  }
  if (strcmp(predicate, LV2_CORE__appliesTo) == 0) {
    plugin_uri(self->plugin, ours);
    self->applies = strcmp(uri, ours) == 0;
  } else if (strcmp(predicate, RDFS "label") == 0) {
    copy_text(self->text->name, sizeof(self->text->name), object);
  } else if (strcmp(predicate, RDFS "comment") == 0) {
    copy_text(self->text->comment, sizeof(self->text->comment), object);
  } else if (strcmp(predicate, OURS "tags") == 0) {
    copy_text(self->text->tags, sizeof(self->text->tags), object);
  } else if (strcmp(predicate, LV2_PRESETS__bank) == 0 && strncmp(uri, BANK, strlen(BANK)) == 0) {
    const SerdNode bank = serd_node_from_string(SERD_LITERAL, (const uint8_t*)uri + strlen(BANK));
    copy_text(self->text->category, sizeof(self->text->category), &bank);
  }
}

static SerdStatus on_statement(void* handle, SerdStatementFlags flags, const SerdNode* graph,
                               const SerdNode* subject, const SerdNode* predicate,
                               const SerdNode* object, const SerdNode* type, const SerdNode* lang)
{
  (void)flags;
  (void)graph;
  (void)type;
  (void)lang;
  Reading* const self = handle;
  char           name[URI_BYTES];
  full_uri(self->env, predicate, name);
  const bool is_port = strcmp(name, LV2_CORE__symbol) == 0 || strcmp(name, LV2_PRESETS__value) == 0;
  if (is_port && subject->type == SERD_BLANK && object->type == SERD_LITERAL) {
    take_port_part(self, subject, name, object);
  } else if (strcmp(name, RDF "first") == 0 && self->state >= 0) {
    uint32_t* const n = self->content ? &self->content->n_state[self->state] : NULL;
    if (n && *n < FIQ_PRESET_STATE_MAX && object->type == SERD_LITERAL) {
      self->content->state[self->state][(*n)++] = number_of(object);
    }
  } else if (subject->type == SERD_BLANK && self->content &&
             strncmp(name, OURS, strlen(OURS)) == 0) {
    take_state(self, name + strlen(OURS), object);
  } else if (subject->type != SERD_BLANK) {
    take_description(self, subject, name, object);
  }
  return SERD_SUCCESS;
}

static SerdStatus on_base(void* handle, const SerdNode* uri)
{
  return serd_env_set_base_uri(*(SerdEnv**)handle, uri);
}

static SerdStatus on_prefix(void* handle, const SerdNode* name, const SerdNode* uri)
{
  return serd_env_set_prefix(*(SerdEnv**)handle, name, uri);
}

static SerdStatus on_error(void* handle, const SerdError* error)
{
  (void)handle;
  (void)error;
  return SERD_SUCCESS; // a broken file is no preset; nobody needs to read why in the host's terminal
}

/// Read a Turtle file into `handle`, whose first member is its SerdEnv.
static bool read_turtle(const char* path, void* handle, SerdStatementSink statement)
{
  SerdNode base      = serd_node_new_file_uri((const uint8_t*)path, NULL, NULL, true);
  SerdEnv* env       = serd_env_new(&base);
  *(SerdEnv**)handle = env;
  SerdReader* const reader =
      serd_reader_new(SERD_TURTLE, handle, NULL, on_base, on_prefix, statement, NULL);
  serd_reader_set_error_sink(reader, on_error, NULL);
  FILE* const file = fopen(path, "rb");
  const bool  ok   = file && serd_reader_read_file_handle(reader, file, base.buf) == SERD_SUCCESS;
  if (file) {
    fclose(file);
  }
  serd_reader_free(reader);
  serd_env_free(env);
  serd_node_free(&base);
  return ok;
}

void fiq_preset_content_clear(FiqPresetContent* content)
{
  memset(content, 0, sizeof(*content));
  for (uint32_t row = 0; row < FIQ_UI_ROWS_MAX; ++row) {
    content->value[row] = NAN;
  }
}

bool fiq_preset_file_read(const char* path, FiqPluginKind plugin, FiqPresetText* text,
                          FiqPresetContent* content)
{
  Reading reading = {.plugin = plugin, .text = text, .content = content, .state = -1};
  memset(text, 0, sizeof(*text));
  if (content) {
    fiq_preset_content_clear(content);
  }
  return read_turtle(path, &reading, on_statement) && reading.applies && text->name[0];
}

/// The subject is complete: it may be one of our presets.
static void end_subject(Listing* self)
{
  if (self->is_preset && self->applies && self->file[0]) {
    uint8_t* const path = serd_file_uri_parse((const uint8_t*)self->file, NULL);
    if (path) {
      self->found(self->handle, (const char*)path);
      serd_free(path);
    }
  }
  self->is_preset = false;
  self->applies   = false;
  self->file[0]   = '\0';
}

static SerdStatus on_manifest(void* handle, SerdStatementFlags flags, const SerdNode* graph,
                              const SerdNode* subject, const SerdNode* predicate,
                              const SerdNode* object, const SerdNode* type, const SerdNode* lang)
{
  (void)flags;
  (void)graph;
  (void)type;
  (void)lang;
  Listing* const self = handle;
  char           name[URI_BYTES];
  char           uri[URI_BYTES];
  char           ours[URI_BYTES];
  full_uri(self->env, subject, uri);
  if (strcmp(uri, self->subject) != 0) {
    end_subject(self);
    strcpy(self->subject, uri);
  }
  full_uri(self->env, predicate, name);
  full_uri(self->env, object, uri);
  if (strcmp(name, RDF "type") == 0) {
    self->is_preset |= strcmp(uri, LV2_PRESETS__Preset) == 0;
  } else if (strcmp(name, LV2_CORE__appliesTo) == 0) {
    plugin_uri(self->plugin, ours);
    self->applies = strcmp(uri, ours) == 0;
  } else if (strcmp(name, RDFS "seeAlso") == 0) {
    strcpy(self->file, uri);
  }
  return SERD_SUCCESS;
}

void fiq_preset_manifest_read(const char* folder, FiqPluginKind                    plugin,
                              void (*found)(void* handle, const char* path), void* handle)
{
  char    path[FIQ_PRESET_PATH_BYTES];
  Listing listing = {.plugin = plugin, .found = found, .handle = handle};
  if (snprintf(path, sizeof(path), "%s/manifest.ttl", folder) < (int)sizeof(path) &&
      read_turtle(path, &listing, on_manifest)) {
    end_subject(&listing);
  }
}

/// Counting the presets of a manifest.
typedef struct {
  SerdEnv* env;
  uint32_t n;
} Count;

static SerdStatus on_counted(void* handle, SerdStatementFlags flags, const SerdNode* graph,
                             const SerdNode* subject, const SerdNode* predicate,
                             const SerdNode* object, const SerdNode* type, const SerdNode* lang)
{
  (void)flags;
  (void)graph;
  (void)subject;
  (void)type;
  (void)lang;
  Count* const self = handle;
  char         name[URI_BYTES];
  char         uri[URI_BYTES];
  full_uri(self->env, predicate, name);
  full_uri(self->env, object, uri);
  self->n += strcmp(name, RDF "type") == 0 && strcmp(uri, LV2_PRESETS__Preset) == 0;
  return SERD_SUCCESS;
}

uint32_t fiq_preset_manifest_count(const char* folder)
{
  char  path[FIQ_PRESET_PATH_BYTES];
  Count count = {.n = 0};
  return snprintf(path, sizeof(path), "%s/manifest.ttl", folder) < (int)sizeof(path) &&
                 read_turtle(path, &count, on_counted)
             ? count.n
             : 0;
}

/// A string of Turtle.
static void write_string(FILE* file, const char* text)
{
  putc('"', file);
  for (; *text; ++text) {
    if (*text == '"' || *text == '\\') {
      putc('\\', file);
    }
    if ((unsigned char)*text >= ' ') {
      putc(*text, file);
    }
  }
  putc('"', file);
}

static void write_ports(FILE* file, FiqPluginKind plugin, const FiqPresetContent* content)
{
  const char* separator = " ;\n\tlv2:port";
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqParam* const param = &fiq_params[row];
    if (fiq_param_in(param, plugin) && !fiq_param_is_meter(param) &&
        isfinite(content->value[row])) {
      fprintf(file, "%s [\n\t\tlv2:symbol \"%s\" ;\n\t\tpset:value \"%.9g\"^^xsd:float\n\t]",
              separator, param->symbol, (double)content->value[row]);
      separator = " ,";
    }
  }
}

static void write_states(FILE* file, const FiqPresetContent* content)
{
  if (!content->has_seed) {
    return;
  }
  fprintf(file, " ;\n\tstate:state [\n\t\t<urn:fieldiq:seed> \"%u\"^^xsd:long", content->seed);
  for (int i = 0; i < FIQ_PRESET_STATES; ++i) {
    if (content->n_state[i] == 0) {
      continue;
    }
    fprintf(file,
            " ;\n\t\t<urn:fieldiq:%s> [\n\t\t\ta atom:Vector ;\n\t\t\tatom:childType atom:Float ;\n"
            "\t\t\trdf:value (",
            fiq_preset_states[i]);
    for (uint32_t k = 0; k < content->n_state[i]; ++k) {
      fprintf(file, "\n\t\t\t\t\"%.9g\"^^xsd:float", (double)content->state[i][k]);
    }
    fputs("\n\t\t\t)\n\t\t]", file);
  }
  fputs("\n\t]", file);
}

static const char prefixes[] = "@prefix atom: <http://lv2plug.in/ns/ext/atom#> .\n"
                               "@prefix lv2: <http://lv2plug.in/ns/lv2core#> .\n"
                               "@prefix pset: <http://lv2plug.in/ns/ext/presets#> .\n"
                               "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .\n"
                               "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
                               "@prefix state: <http://lv2plug.in/ns/ext/state#> .\n"
                               "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n\n";

static void write_preset(FILE* file, FiqPluginKind plugin, const FiqPresetText* text,
                         const FiqPresetContent* content)
{
  fprintf(file, "%s<>\n\ta pset:Preset ;\n\tlv2:appliesTo <" OURS "%s> ;\n\trdfs:label ", prefixes,
          fiq_plugin_names[plugin]);
  write_string(file, text->name);
  if (text->category[0]) {
    fprintf(file, " ;\n\tpset:bank <" BANK "%s>", text->category);
  }
  if (text->tags[0]) {
    fputs(" ;\n\t<" OURS "tags> ", file);
    write_string(file, text->tags);
  }
  if (text->comment[0]) {
    fputs(" ;\n\trdfs:comment ", file);
    write_string(file, text->comment);
  }
  write_ports(file, plugin, content);
  write_states(file, content);
  fputs(" .\n", file);
  if (text->category[0]) {
    fprintf(file, "\n<" BANK "%s>\n\ta pset:Bank ;\n\trdfs:label ", text->category);
    write_string(file, text->category);
    fputs(" .\n", file);
  }
}

static void write_manifest(FILE* file, FiqPluginKind plugin, const FiqPresetText* text)
{
  fprintf(file, "%s<preset.ttl>\n\ta pset:Preset ;\n\tlv2:appliesTo <" OURS "%s> ;\n\trdfs:label ",
          prefixes, fiq_plugin_names[plugin]);
  write_string(file, text->name);
  fputs(" ;\n\trdfs:seeAlso <preset.ttl> .\n", file);
}

/// One file of the folder: the manifest if `content` is NULL, else the preset.
static bool write_one(const char* folder, const char* name, FiqPluginKind plugin,
                      const FiqPresetText* text, const FiqPresetContent* content)
{
  char path[FIQ_PRESET_PATH_BYTES];
  char draft[FIQ_PRESET_PATH_BYTES + 8];
  if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path) ||
      !fiq_ui_make_folders(path)) {
    return false;
  }
  snprintf(draft, sizeof(draft), "%s.new", path);
  FILE* const file = fopen(draft, "w");
  if (!file) {
    return false;
  }
  if (content) {
    write_preset(file, plugin, text, content);
  } else {
    write_manifest(file, plugin, text);
  }
  bool ok = fflush(file) == 0 && !ferror(file);
  ok      = fclose(file) == 0 && ok;
  if (ok && rename(draft, path) == 0) {
    return true;
  }
  unlink(draft);
  return false;
}

bool fiq_preset_file_write(const char* folder, FiqPluginKind plugin, const FiqPresetText* text,
                           const FiqPresetContent* content)
{
  // A host may have set a language whose numbers have commas.
  const locale_t plain  = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
  const locale_t before = plain ? uselocale(plain) : (locale_t)0;
  const bool     ok     = write_one(folder, "preset.ttl", plugin, text, content) &&
                  write_one(folder, "manifest.ttl", plugin, text, NULL);
  if (plain) {
    uselocale(before);
    freelocale(plain);
  }
  return ok;
}
