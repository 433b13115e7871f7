// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/lv2/state_check.h"

#include "host-test/lv2/state_values.h"

#include <lv2/atom/atom.h>
#include <lv2/core/lv2.h>
#include <lv2/presets/presets.h>
#include <lv2/state/state.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RDF_TYPE "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
#define XSD "http://www.w3.org/2001/XMLSchema#"

enum { NAME_BYTES = 64, PORTS_MAX = 4096 };

typedef struct {
  char name[NAME_BYTES]; ///< of the blank node
  bool symbol;
  bool value;
} Port;

typedef struct {
  const char*     subject;
  Port*           ports; ///< [n_ports]
  size_t          n_ports;
  unsigned        n_plugins;
  bool            preset; ///< it says that it is one, by which the library finds it
  const char*     wrong;  ///< NULL: nothing yet
  FiqStateValues* values;
} Check;

static bool is_number(const char* text)
{
  char*        end    = NULL;
  const double number = strtod(text, &end);
  return end != text && *end == '\0' && isfinite(number);
}

static bool is_numeric(const char* type)
{
  static const char* const types[] = {XSD "float", XSD "double",  XSD "decimal",
                                      XSD "int",   XSD "integer", XSD "long"};
  for (size_t i = 0; i < sizeof types / sizeof types[0]; ++i) {
    if (strcmp(type, types[i]) == 0) {
      return true;
    }
  }
  return false;
}

static Port* port_of(Check* self, const char* name)
{
  for (size_t i = self->n_ports; i > 0; --i) {
    if (strcmp(self->ports[i - 1].name, name) == 0) {
      return &self->ports[i - 1];
    }
  }
  return NULL;
}

static void add_port(Check* self, const char* name)
{
  if (self->n_ports == PORTS_MAX || strlen(name) >= NAME_BYTES) {
    self->wrong = "it has too many ports";
    return;
  }
  Port* const port = &self->ports[self->n_ports++];
  *port            = (Port){.symbol = false};
  snprintf(port->name, sizeof port->name, "%s", name);
}

/// What is said of the state itself.
static void take_own(Check* self, const FiqStatement* statement)
{
  self->preset = self->preset || (strcmp(statement->predicate, RDF_TYPE) == 0 &&
                                  strcmp(statement->object, LV2_PRESETS__Preset) == 0);
  if (strcmp(statement->predicate, LV2_CORE__appliesTo) == 0) {
    ++self->n_plugins;
    self->wrong = statement->literal ? "the plugin that it belongs to is no URI" : self->wrong;
  } else if (strcmp(statement->predicate, LV2_CORE__port) == 0) {
    if (statement->literal) {
      self->wrong = "one of its ports is no port";
    } else {
      add_port(self, statement->object);
    }
  }
}

/// What is said of one of its ports, whose line stands before.
static void take_port(Check* self, Port* port, const FiqStatement* statement)
{
  if (strcmp(statement->predicate, LV2_CORE__symbol) == 0) {
    self->wrong = port->symbol || !statement->literal ? "a port has no single symbol" : self->wrong;
    port->symbol = true;
  } else if (strcmp(statement->predicate, LV2_PRESETS__value) == 0) {
    self->wrong = port->value || !statement->literal ? "a port has no single value" : self->wrong;
    port->value = true;
  }
}

static void take(void* data, const FiqStatement* statement)
{
  Check* const self = data;
  Port* const  port = port_of(self, statement->subject);
  if (statement->literal && is_numeric(statement->type) && !is_number(statement->object)) {
    self->wrong = "one of its numbers is damaged";
  } else if (strcmp(statement->subject, self->subject) == 0) {
    take_own(self, statement);
  } else if (port) {
    take_port(self, port, statement);
  }
  const char* const wrong = fiq_state_values_take(self->values, statement);
  self->wrong             = self->wrong ? self->wrong : wrong;
}

bool fiq_state_check(const char* text, size_t n_bytes, const char* subject,
                     char reason[FIQ_TURTLE_REASON_BYTES])
{
  Check self = {.subject = subject,
                .ports   = calloc(PORTS_MAX, sizeof(Port)),
                .values  = calloc(1, sizeof(FiqStateValues))};
  if (!self.ports || !self.values) {
    snprintf(reason, FIQ_TURTLE_REASON_BYTES, "out of memory");
    free(self.ports);
    free(self.values);
    return false;
  }
  bool whole = fiq_turtle_read(text, n_bytes, subject, take, &self, reason);
  for (size_t i = 0; i < self.n_ports; ++i) {
    self.wrong = self.ports[i].symbol && self.ports[i].value
                     ? self.wrong
                     : "one of its ports lacks its symbol or its value";
  }
  const char* const wrong = fiq_state_values_check(self.values);
  self.wrong              = self.wrong ? self.wrong : wrong;
  self.wrong = self.n_plugins == 1 ? self.wrong : "it does not name the plugin that it belongs to";
  self.wrong = self.preset ? self.wrong : "it does not say that it is a state";
  if (whole && self.wrong) {
    snprintf(reason, FIQ_TURTLE_REASON_BYTES, "%s", self.wrong);
    whole = false;
  }
  free(self.ports);
  free(self.values);
  return whole;
}
