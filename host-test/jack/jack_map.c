// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/jack/jack_map.h"

#include "host-test/common/pending_file.h"
#include "host-test/common/report.h"

#include <jansson.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONTROLLERS = 120 };

static const char* uri_of(const FiqHost* host)
{
  return lilv_node_as_uri(lilv_plugin_get_uri(host->plugin));
}

static void remove_row(FiqMap* self, uint32_t i)
{
  memmove(self->rows + i, self->rows + i + 1, (--self->n - i) * sizeof self->rows[0]);
}

static bool add_row(FiqMap* self, FiqMapRow row)
{
  for (uint32_t i = self->n; i-- > 0;) {
    if (self->rows[i].channel == row.channel && self->rows[i].controller == row.controller) {
      remove_row(self, i);
    }
  }
  if (self->n == FIQ_MAP_MAX) {
    fiq_error("more than %d controllers cannot be kept", FIQ_MAP_MAX);
    return false;
  }
  self->rows[self->n++] = row;
  return true;
}

/// One row of the file; says what is wrong with it.
static bool read_row(FiqMap* self, const FiqHost* host, json_t* row)
{
  const char* symbol     = NULL;
  int         channel    = 0;
  int         controller = 0;
  if (json_unpack(row, "{s:i, s:i, s:s}", "channel", &channel, "controller", &controller,
                  "parameter", &symbol) != 0 ||
      channel < 1 || channel > 16 || controller < 0 || controller >= CONTROLLERS) {
    fiq_error("%s: a controller has no channel 1..16, controller 0..%d and parameter", self->path,
              CONTROLLERS - 1);
    return false;
  }
  const uint32_t port = fiq_ports_index(&host->ports, symbol);
  if (port == FIQ_NO_PORT || host->ports.ports[port].kind != FIQ_PORT_CONTROL ||
      !host->ports.ports[port].input) {
    fiq_error("%s: the plugin has no parameter '%s'", self->path, symbol);
    return false;
  }
  return add_row(self, (FiqMapRow){.channel    = (uint8_t)(channel - 1),
                                   .controller = (uint8_t)controller,
                                   .port       = port});
}

static bool read_rows(FiqMap* self, const FiqHost* host, json_t* map)
{
  const char*   plugin = NULL;
  json_t* const rows   = json_object_get(map, "controllers");
  if (json_unpack(map, "{s:s}", "plugin", &plugin) != 0 || !json_is_array(rows)) {
    fiq_error("%s: no map of controllers", self->path);
    return false;
  }
  if (strcmp(plugin, uri_of(host)) != 0) {
    fiq_error("%s: is a map for %s", self->path, plugin);
    return false;
  }
  bool read = true;
  for (size_t i = 0; read && i < json_array_size(rows); ++i) {
    read = read_row(self, host, json_array_get(rows, i));
  }
  return read;
}

bool fiq_map_init(FiqMap* self, const FiqHost* host, const char* path)
{
  json_error_t why;
  *self = (FiqMap){.learning = FIQ_NO_PORT, .path = path};
  if (!path || (access(path, F_OK) != 0 && errno == ENOENT)) {
    return true;
  }
  json_t* const map = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
  if (!map) {
    fiq_error("%s: line %d: %s", path, why.line, why.text);
    return false;
  }
  const bool read = read_rows(self, host, map);
  json_decref(map);
  return read;
}

bool fiq_map_keep(const FiqMap* self, const FiqHost* host)
{
  if (!self->path) {
    return true;
  }
  json_t* const rows = json_array();
  for (uint32_t i = 0; i < self->n; ++i) {
    const FiqMapRow* const row = &self->rows[i];
    json_array_append_new(rows, json_pack("{s:i, s:i, s:s}", "channel", row->channel + 1,
                                          "controller", row->controller, "parameter",
                                          host->ports.ports[row->port].symbol));
  }
  json_t* const map  = json_pack("{s:s, s:o}", "plugin", uri_of(host), "controllers", rows);
  char* const   text = map ? json_dumps(map, JSON_INDENT(2)) : NULL;
  const bool    kept = text && fiq_pending_text(self->path, text);
  if (!text) {
    fiq_error("out of memory");
  }
  free(text);
  json_decref(map);
  return kept;
}

bool fiq_map_learn(FiqMap* self, const FiqHost* host, const char* symbol)
{
  self->learning = fiq_ports_find(&host->ports, symbol);
  return self->learning != FIQ_NO_PORT;
}

bool fiq_map_forget(FiqMap* self, const FiqHost* host, const char* symbol)
{
  const uint32_t port = fiq_ports_find(&host->ports, symbol);
  const uint32_t n    = self->n;
  for (uint32_t i = self->n; port != FIQ_NO_PORT && i-- > 0;) {
    if (self->rows[i].port == port) {
      remove_row(self, i);
    }
  }
  if (port != FIQ_NO_PORT && self->n == n) {
    fiq_error("no controller moves %s", symbol);
  }
  return self->n < n && fiq_map_keep(self, host);
}

static void learn(FiqMap* self, const FiqHost* host, uint8_t channel, uint8_t controller)
{
  const FiqMapRow row = {.channel = channel, .controller = controller, .port = self->learning};
  self->learning      = FIQ_NO_PORT;
  if (add_row(self, row) && fiq_map_keep(self, host)) {
    printf("controller %d of channel %d moves %s%s\n", controller, channel + 1,
           host->ports.ports[row.port].symbol,
           self->path ? "" : " until the end; --midi-map FILE keeps it");
    fflush(stdout);
  }
}

void fiq_map_take(FiqMap* self, FiqHost* host, uint8_t channel, uint8_t controller, uint8_t value)
{
  if (self->learning != FIQ_NO_PORT && controller < CONTROLLERS) {
    learn(self, host, channel, controller);
  }
  for (uint32_t i = 0; i < self->n; ++i) {
    const FiqMapRow* const row = &self->rows[i];
    if (row->channel == channel && row->controller == controller) {
      (void)fiq_host_set(host, row->port,
                         fiq_port_at(&host->ports.ports[row->port], (float)value / 127.0f));
    }
  }
}

void fiq_map_print(const FiqMap* self, const FiqHost* host)
{
  for (uint32_t i = 0; i < self->n; ++i) {
    printf("controller %d of channel %d moves %s\n", self->rows[i].controller,
           self->rows[i].channel + 1, host->ports.ports[self->rows[i].port].symbol);
  }
  if (self->n == 0) {
    printf("no controller moves a parameter; 'learn SYMBOL', then move one\n");
  }
}
