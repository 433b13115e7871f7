// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/lv2/lv2_ports.h"

#include "host-test/common/report.h"
#include "host-test/common/suggest.h"

#include <lv2/atom/atom.h>
#include <lv2/core/lv2.h>
#include <lv2/midi/midi.h>
#include <lv2/patch/patch.h>
#include <lv2/port-groups/port-groups.h>
#include <lv2/port-props/port-props.h>
#include <lv2/resize-port/resize-port.h>
#include <lv2/time/time.h>
#include <lv2/units/units.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RDFS_COMMENT "http://www.w3.org/2000/01/rdf-schema#comment"

/// The port being described and where its description is.
typedef struct {
  LilvWorld*        world;
  const LilvPlugin* plugin;
  const LilvPort*   port;
} Source;

static bool is_a(const Source* source, const char* class_uri)
{
  LilvNode* const node = lilv_new_uri(source->world, class_uri);
  const bool      yes  = lilv_port_is_a(source->plugin, source->port, node);
  lilv_node_free(node);
  return yes;
}

static bool has_property(const Source* source, const char* property_uri)
{
  LilvNode* const node = lilv_new_uri(source->world, property_uri);
  const bool      yes  = lilv_port_has_property(source->plugin, source->port, node);
  lilv_node_free(node);
  return yes;
}

static bool supports(const Source* source, const char* type_uri)
{
  LilvNode* const node = lilv_new_uri(source->world, type_uri);
  const bool      yes  = lilv_port_supports_event(source->plugin, source->port, node);
  lilv_node_free(node);
  return yes;
}

/// The port's value of `predicate_uri`, owned by the caller, or NULL.
static LilvNode* port_value(const Source* source, const char* predicate_uri)
{
  LilvNode* const predicate = lilv_new_uri(source->world, predicate_uri);
  LilvNode* const value     = lilv_port_get(source->plugin, source->port, predicate);
  lilv_node_free(predicate);
  return value;
}

static bool has_designation(const Source* source, const char* uri)
{
  LilvNode* const node = port_value(source, LV2_CORE__designation);
  const bool      yes  = node && lilv_node_is_uri(node) && strcmp(lilv_node_as_uri(node), uri) == 0;
  lilv_node_free(node);
  return yes;
}

static FiqPortKind kind_of(const Source* source)
{
  if (is_a(source, LV2_CORE__ControlPort)) {
    return FIQ_PORT_CONTROL;
  }
  if (is_a(source, LV2_CORE__AudioPort)) {
    return FIQ_PORT_AUDIO;
  }
  if (is_a(source, LV2_CORE__CVPort)) {
    return FIQ_PORT_CV;
  }
  return is_a(source, LV2_ATOM__AtomPort) ? FIQ_PORT_ATOM : FIQ_PORT_OTHER;
}

static bool in_sidechain_group(const Source* source)
{
  LilvNode* const group = port_value(source, LV2_PORT_GROUPS__group);
  if (!group) {
    return false;
  }
  LilvNode* const predicate = lilv_new_uri(source->world, LV2_PORT_GROUPS__sideChainOf);
  const bool      yes       = lilv_world_ask(source->world, group, predicate, NULL);
  lilv_node_free(predicate);
  lilv_node_free(group);
  return yes;
}

static float number_or(const LilvNode* node, float otherwise)
{
  const bool numeric = node && (lilv_node_is_float(node) || lilv_node_is_int(node));
  return numeric ? lilv_node_as_float(node) : otherwise;
}

static void describe_range(FiqPort* port, const Source* source, double rate_hz)
{
  LilvNode* fallback = NULL;
  LilvNode* minimum  = NULL;
  LilvNode* maximum  = NULL;
  lilv_port_get_range(source->plugin, source->port, &fallback, &minimum, &maximum);
  const float scale = has_property(source, LV2_CORE__sampleRate) ? (float)rate_hz : 1.0f;
  port->minimum     = scale * number_or(minimum, port->toggled ? 0.0f : -INFINITY);
  port->maximum     = scale * number_or(maximum, port->toggled ? 1.0f : INFINITY);
  port->fallback    = scale * number_or(fallback, 0.0f);
  if (!(port->fallback >= port->minimum)) {
    port->fallback = port->minimum;
  }
  if (!(port->fallback <= port->maximum)) {
    port->fallback = port->maximum;
  }
  lilv_node_free(fallback);
  lilv_node_free(minimum);
  lilv_node_free(maximum);
}

static int compare_points(const void* a, const void* b)
{
  const float x = ((const FiqScalePoint*)a)->value;
  const float y = ((const FiqScalePoint*)b)->value;
  return (x > y) - (x < y);
}

static bool describe_points(FiqPort* port, const Source* source)
{
  LilvScalePoints* const points = lilv_port_get_scale_points(source->plugin, source->port);
  if (!points) {
    return true;
  }
  port->points = calloc(lilv_scale_points_size(points), sizeof(FiqScalePoint));
  LILV_FOREACH(scale_points, i, points)
  {
    const LilvScalePoint* const point = lilv_scale_points_get(points, i);
    const LilvNode* const       label = lilv_scale_point_get_label(point);
    if (port->points && label) {
      port->points[port->n_points++] = (FiqScalePoint){
          number_or(lilv_scale_point_get_value(point), 0.0f), strdup(lilv_node_as_string(label))};
    }
  }
  lilv_scale_points_free(points);
  if (port->n_points > 1) {
    qsort(port->points, port->n_points, sizeof(FiqScalePoint), compare_points);
  }
  return port->points != NULL;
}

static char* unit_of(const Source* source)
{
  LilvNode* const unit = port_value(source, LV2_UNITS__unit);
  if (!unit) {
    return strdup("");
  }
  LilvNode* const predicate = lilv_new_uri(source->world, LV2_UNITS__symbol);
  LilvNode* const symbol    = lilv_world_get(source->world, unit, predicate, NULL);
  char* const     text      = strdup(symbol ? lilv_node_as_string(symbol) : "");
  lilv_node_free(symbol);
  lilv_node_free(predicate);
  lilv_node_free(unit);
  return text;
}

static char* comment_of(const Source* source)
{
  LilvNode* const comment = port_value(source, RDFS_COMMENT);
  char* const     text    = strdup(comment ? lilv_node_as_string(comment) : "");
  lilv_node_free(comment);
  return text;
}

static void describe_atom(FiqPort* port, const Source* source)
{
  port->midi           = supports(source, LV2_MIDI__MidiEvent);
  port->position       = supports(source, LV2_TIME__Position);
  port->patch          = supports(source, LV2_PATCH__Message);
  port->designated     = has_designation(source, LV2_CORE__control);
  LilvNode* const size = port_value(source, LV2_RESIZE_PORT__minimumSize);
  if (size && lilv_node_is_int(size) && lilv_node_as_int(size) > 0) {
    port->buffer_bytes = (uint32_t)lilv_node_as_int(size);
  }
  lilv_node_free(size);
}

static bool describe(FiqPort* port, const Source* source, double rate_hz)
{
  LilvNode* const name = lilv_port_get_name(source->plugin, source->port);
  port->symbol         = lilv_node_as_string(lilv_port_get_symbol(source->plugin, source->port));
  port->name           = strdup(name ? lilv_node_as_string(name) : port->symbol);
  port->unit           = unit_of(source);
  port->comment        = comment_of(source);
  port->kind           = kind_of(source);
  port->input          = is_a(source, LV2_CORE__InputPort);
  port->optional       = has_property(source, LV2_CORE__connectionOptional);
  port->toggled        = has_property(source, LV2_CORE__toggled);
  port->integer        = has_property(source, LV2_CORE__integer);
  port->enumeration    = has_property(source, LV2_CORE__enumeration);
  port->hidden         = has_property(source, LV2_PORT_PROPS__notOnGUI);
  port->logarithmic    = has_property(source, LV2_PORT_PROPS__logarithmic);
  lilv_node_free(name);
  if (port->kind == FIQ_PORT_ATOM) {
    describe_atom(port, source);
  }
  if (port->kind == FIQ_PORT_AUDIO && port->input) {
    port->sidechain = has_property(source, LV2_CORE_PREFIX "isSideChain") ||
                      in_sidechain_group(source) || strncmp(port->symbol, "sc_", 3) == 0;
  }
  if (port->kind != FIQ_PORT_CONTROL) {
    return port->name && port->unit && port->comment;
  }
  describe_range(port, source, rate_hz);
  return describe_points(port, source) && port->name && port->unit && port->comment;
}

static void note_task(FiqPorts* self, uint32_t i, const Source* source)
{
  const FiqPort* const port = &self->ports[i];
  if (port->kind == FIQ_PORT_CONTROL && port->input) {
    if (has_designation(source, LV2_CORE__enabled)) {
      self->enabled = i;
    } else if (has_designation(source, LV2_CORE__freeWheeling)) {
      self->freewheel = i;
    }
  } else if (port->kind == FIQ_PORT_CONTROL) {
    if (has_property(source, LV2_CORE__reportsLatency) ||
        has_designation(source, LV2_CORE__latency)) {
      self->latency = i;
    }
  } else if (port->kind == FIQ_PORT_ATOM && port->input) {
    // Where several ports could take a message, the one designated lv2:control does.
    if (port->midi && (self->midi == FIQ_NO_PORT || port->designated)) {
      self->midi = i;
    }
    if (port->position && (self->position == FIQ_NO_PORT || port->designated)) {
      self->position = i;
    }
    if (port->patch && (self->patch == FIQ_NO_PORT || port->designated)) {
      self->patch = i;
    }
  }
}

static bool is_instrument(LilvWorld* world, const LilvPlugin* plugin)
{
  LilvNode* const type       = lilv_new_uri(world, LILV_NS_RDF "type");
  LilvNode* const instrument = lilv_new_uri(world, LV2_CORE__InstrumentPlugin);
  const bool      yes        = lilv_world_ask(world, lilv_plugin_get_uri(plugin), type, instrument);
  lilv_node_free(instrument);
  lilv_node_free(type);
  return yes;
}

/// What an instrument that plays notes hears besides is not what it is for, whatever its ports say.
static void take_inputs_aside(FiqPorts* self)
{
  bool sounds = false;
  for (uint32_t i = 0; i < self->n_ports; ++i) {
    sounds = sounds || (self->ports[i].kind == FIQ_PORT_AUDIO && !self->ports[i].input);
  }
  for (uint32_t i = 0; i < self->n_ports && sounds && self->midi != FIQ_NO_PORT; ++i) {
    FiqPort* const port = &self->ports[i];
    port->sidechain     = port->kind == FIQ_PORT_AUDIO && port->input;
  }
}

bool fiq_ports_init(FiqPorts* self, LilvWorld* world, const LilvPlugin* plugin, double rate_hz)
{
  *self         = (FiqPorts){.enabled   = FIQ_NO_PORT,
                             .freewheel = FIQ_NO_PORT,
                             .latency   = FIQ_NO_PORT,
                             .midi      = FIQ_NO_PORT,
                             .position  = FIQ_NO_PORT,
                             .patch     = FIQ_NO_PORT};
  self->n_ports = lilv_plugin_get_num_ports(plugin);
  self->ports   = calloc(self->n_ports + 1, sizeof(FiqPort));
  bool complete = self->ports != NULL;
  for (uint32_t i = 0; complete && i < self->n_ports; ++i) {
    const Source source = {world, plugin, lilv_plugin_get_port_by_index(plugin, i)};
    complete            = describe(&self->ports[i], &source, rate_hz);
    note_task(self, i, &source);
  }
  if (complete && is_instrument(world, plugin)) {
    take_inputs_aside(self);
  }
  return complete;
}

void fiq_ports_free(FiqPorts* self)
{
  for (uint32_t i = 0; self->ports && i < self->n_ports; ++i) {
    FiqPort* const port = &self->ports[i];
    for (uint32_t k = 0; k < port->n_points; ++k) {
      free(port->points[k].label);
    }
    free(port->points);
    free(port->name);
    free(port->unit);
    free(port->comment);
  }
  free(self->ports);
  self->ports = NULL;
}

uint32_t fiq_ports_index(const FiqPorts* self, const char* symbol)
{
  for (uint32_t i = 0; i < self->n_ports; ++i) {
    if (strcmp(self->ports[i].symbol, symbol) == 0) {
      return i;
    }
  }
  return FIQ_NO_PORT;
}

static bool is_control_input(const FiqPort* port)
{
  return port->kind == FIQ_PORT_CONTROL && port->input;
}

uint32_t fiq_ports_find(const FiqPorts* self, const char* symbol)
{
  const uint32_t found = fiq_ports_index(self, symbol);
  if (found != FIQ_NO_PORT && is_control_input(&self->ports[found])) {
    return found;
  }
  if (found != FIQ_NO_PORT) {
    fiq_error("'%s' is not a control input and cannot be set", symbol);
    return FIQ_NO_PORT;
  }
  const char** const names = calloc(self->n_ports + 1, sizeof(char*));
  size_t             n     = 0;
  for (uint32_t i = 0; names && i < self->n_ports; ++i) {
    if (is_control_input(&self->ports[i])) {
      names[n++] = self->ports[i].symbol;
    }
  }
  char suggestion[FIQ_SUGGEST_BYTES];
  fiq_suggest(suggestion, symbol, names, n);
  fiq_error("no parameter '%s'%s", symbol, suggestion);
  free(names);
  return FIQ_NO_PORT;
}
