// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/lv2/lv2_properties.h"

#include "host-test/common/report.h"
#include "host-test/common/suggest.h"

#include <lv2/atom/atom.h>
#include <lv2/core/lv2.h>
#include <lv2/patch/patch.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RDFS "http://www.w3.org/2000/01/rdf-schema#"

static const struct {
  const char* name;
  const char* uri;
} types[] = {{"path", LV2_ATOM__Path},   {"text", LV2_ATOM__String},  {"uri", LV2_ATOM__URI},
             {"bool", LV2_ATOM__Bool},   {"int", LV2_ATOM__Int},      {"long", LV2_ATOM__Long},
             {"float", LV2_ATOM__Float}, {"double", LV2_ATOM__Double}};

/// What the description says of `subject`, owned by the caller, or NULL.
static LilvNode* value_of(const FiqHost* host, const LilvNode* subject, const char* predicate_uri)
{
  LilvNode* const predicate = lilv_new_uri(host->world, predicate_uri);
  LilvNode* const value     = lilv_world_get(host->world, subject, predicate, NULL);
  lilv_node_free(predicate);
  return value;
}

static char* text_of(const FiqHost* host, const LilvNode* subject, const char* predicate_uri)
{
  LilvNode* const node = value_of(host, subject, predicate_uri);
  char* const     text = strdup(node ? lilv_node_as_string(node) : "");
  lilv_node_free(node);
  return text;
}

static float bound_of(const FiqHost* host, const LilvNode* subject, const char* predicate_uri,
                      float otherwise)
{
  LilvNode* const node    = value_of(host, subject, predicate_uri);
  const bool      numeric = node && (lilv_node_is_float(node) || lilv_node_is_int(node));
  const float     value   = numeric ? lilv_node_as_float(node) : otherwise;
  lilv_node_free(node);
  return value;
}

static bool describe(FiqProperty* self, FiqHost* host, const LilvNode* subject)
{
  LilvNode* const range = value_of(host, subject, RDFS "range");
  self->uri             = strdup(lilv_node_as_uri(subject));
  self->label           = text_of(host, subject, RDFS "label");
  self->comment         = text_of(host, subject, RDFS "comment");
  self->minimum         = bound_of(host, subject, LV2_CORE__minimum, -INFINITY);
  self->maximum         = bound_of(host, subject, LV2_CORE__maximum, INFINITY);
  for (size_t i = 0; range && lilv_node_is_uri(range) && i < sizeof types / sizeof types[0]; ++i) {
    if (strcmp(lilv_node_as_uri(range), types[i].uri) == 0) {
      self->type    = types[i].name;
      self->type_id = fiq_urid(&host->urid, types[i].uri);
    }
  }
  lilv_node_free(range);
  return self->uri && self->label && self->comment;
}

static int compare(const void* a, const void* b)
{
  return strcmp(((const FiqProperty*)a)->uri, ((const FiqProperty*)b)->uri);
}

bool fiq_properties_init(FiqProperties* self, FiqHost* host)
{
  LilvNode* const  predicate = lilv_new_uri(host->world, LV2_PATCH__writable);
  LilvNodes* const nodes     = lilv_plugin_get_value(host->plugin, predicate);
  bool             complete  = true;
  self->n                    = 0;
  self->properties           = calloc(lilv_nodes_size(nodes) + 1, sizeof(FiqProperty));
  LILV_FOREACH(nodes, i, nodes)
  {
    const LilvNode* const subject = lilv_nodes_get(nodes, i);
    if (self->properties && lilv_node_is_uri(subject)) {
      complete = describe(&self->properties[self->n++], host, subject) && complete;
    }
  }
  lilv_nodes_free(nodes);
  lilv_node_free(predicate);
  if (self->properties && self->n > 1) {
    qsort(self->properties, self->n, sizeof(FiqProperty), compare);
  }
  return self->properties && complete;
}

void fiq_properties_free(FiqProperties* self)
{
  for (uint32_t i = 0; self->properties && i < self->n; ++i) {
    free(self->properties[i].uri);
    free(self->properties[i].label);
    free(self->properties[i].comment);
  }
  free(self->properties);
  *self = (FiqProperties){.n = 0};
}

static bool complain(const FiqProperty* property, const char* text, const char* what)
{
  fiq_error("%s: '%s' %s", property->uri, text, what);
  return false;
}

static bool send(FiqHost* host, const FiqProperty* property, const char* text, const void* value,
                 size_t n_bytes)
{
  const uint32_t size = n_bytes < UINT32_MAX ? (uint32_t)n_bytes : UINT32_MAX;
  return (size <= FIQ_HOST_VALUE_BYTES &&
          fiq_host_property(host, fiq_urid(&host->urid, property->uri), property->type_id, value,
                            size)) ||
         complain(property, text, "cannot be sent: too long, too many, or no port takes it");
}

static bool send_number(FiqHost* host, const FiqProperty* property, const char* text)
{
  char*        end       = NULL;
  const bool   on        = strcasecmp(text, "on") == 0 || strcasecmp(text, "true") == 0;
  const bool   off       = strcasecmp(text, "off") == 0 || strcasecmp(text, "false") == 0;
  const bool   is_switch = strcmp(property->type, "bool") == 0 && (on || off);
  const double number    = is_switch ? (on ? 1.0 : 0.0) : strtod(text, &end);
  if (!is_switch && (end == text || *end != '\0' || !isfinite(number))) {
    return complain(property, text, "is not a number");
  }
  if (number < (double)property->minimum || number > (double)property->maximum) {
    return complain(property, text, "is out of range");
  }
  const float   real    = (float)number;
  const int32_t integer = (int32_t)number;
  const int64_t wide    = (int64_t)number;
  switch (property->type[0]) {
  case 'f':
    return send(host, property, text, &real, sizeof real);
  case 'd':
    return send(host, property, text, &number, sizeof number);
  case 'l':
    return send(host, property, text, &wide, sizeof wide);
  default:
    return send(host, property, text, &integer, sizeof integer);
  }
}

static bool send_value(FiqHost* host, const FiqProperty* property, const char* text)
{
  if (!property->type) {
    return complain(property, text, "cannot be set: the property is of a type that is not known");
  }
  if (strcmp(property->type, "path") == 0) {
    char* const full = realpath(text, NULL);
    const bool  sent = full ? send(host, property, text, full, strlen(full) + 1)
                            : complain(property, text, strerror(errno));
    free(full);
    return sent;
  }
  if (strcmp(property->type, "text") == 0 || strcmp(property->type, "uri") == 0) {
    return send(host, property, text, text, strlen(text) + 1);
  }
  return send_number(host, property, text);
}

static void say_unknown(const FiqProperties* all, const char* text)
{
  const char** const uris = calloc((size_t)all->n + 1, sizeof(char*));
  for (uint32_t i = 0; uris && i < all->n; ++i) {
    uris[i] = all->properties[i].uri;
  }
  char suggestion[FIQ_SUGGEST_BYTES];
  fiq_suggest(suggestion, text, uris, uris ? all->n : 0);
  fiq_error("the plugin has no property '%s'%s%s", text, suggestion,
            all->n == 0 ? ": it has none" : " (--list-parameters shows all)");
  free(uris);
}

bool fiq_property_set(FiqHost* host, const char* text)
{
  FiqProperties all = {.n = 0};
  if (!fiq_properties_init(&all, host)) {
    fiq_properties_free(&all);
    fiq_error("out of memory");
    return false;
  }
  const FiqProperty* found = NULL;
  size_t             n     = 0;
  // A URI may hold a '=' itself: the longest that fits is meant.
  for (uint32_t i = 0; i < all.n; ++i) {
    const size_t length = strlen(all.properties[i].uri);
    if (length > n && strncmp(text, all.properties[i].uri, length) == 0 && text[length] == '=') {
      found = &all.properties[i];
      n     = length;
    }
  }
  if (!found) {
    say_unknown(&all, text);
  }
  const bool sent = found && send_value(host, found, text + n + 1);
  fiq_properties_free(&all);
  return sent;
}

bool fiq_properties_asked(const char* const* sets, uint32_t n)
{
  bool any = false;
  for (uint32_t i = 0; i < n; ++i) {
    any = any || memchr(sets[i], ':', strcspn(sets[i], "=")) != NULL;
  }
  return any;
}
