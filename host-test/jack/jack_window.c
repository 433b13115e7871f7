// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/jack/jack_window.h"

#include "host-test/common/report.h"

#include <dlfcn.h>
#include <lv2/urid/urid.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- what the window asks ----

static void write_port(LV2UI_Controller controller, uint32_t port, uint32_t n_bytes,
                       uint32_t format, const void* buffer)
{
  FiqJackWindow* const self  = controller;
  float                value = 0.0f;
  if (port >= self->host->audio.n_ports) {
    return;
  }
  if (format == 0 && n_bytes == sizeof value) {
    memcpy(&value, buffer, sizeof value);
    self->told[port] = value;
    if (!fiq_host_set(self->host, port, value)) {
      self->told[port] = NAN; // it is told what holds
    }
  } else if (n_bytes >= sizeof(LV2_Atom)) {
    (void)fiq_jack_say(self->jack, port, buffer);
  }
}

// ---- opening ----

/// Where the plugin's X11 window is: its URI, and the path of its binary to be freed by lilv_free().
static char* find_binary(const FiqHost* host, LilvUIs* uis, const char** uri)
{
  LilvNode* const x11  = lilv_new_uri(host->world, LV2_UI__X11UI);
  char*           path = NULL;
  LILV_FOREACH(uis, i, uis)
  {
    const LilvUI* const ui = lilv_uis_get(uis, i);
    if (!path && lilv_ui_is_a(ui, x11)) {
      *uri = lilv_node_as_uri(lilv_ui_get_uri(ui));
      path = lilv_file_uri_parse(lilv_node_as_uri(lilv_ui_get_binary_uri(ui)), NULL);
    }
  }
  lilv_node_free(x11);
  return path;
}

static const LV2UI_Descriptor* find_descriptor(void* library, const char* uri)
{
  LV2UI_DescriptorFunction entry = NULL;
  void* const              place = library ? dlsym(library, "lv2ui_descriptor") : NULL;
  // ISO C has no conversion from an object's pointer to a function's.
  memcpy(&entry, &place, sizeof entry);
  for (uint32_t i = 0; entry; ++i) {
    const LV2UI_Descriptor* const descriptor = entry(i);
    if (!descriptor || strcmp(descriptor->URI, uri) == 0) {
      return descriptor;
    }
  }
  return NULL;
}

static bool load(FiqJackWindow* self)
{
  const char*    uri  = NULL;
  LilvUIs* const uis  = lilv_plugin_get_uis(self->host->plugin);
  char* const    path = find_binary(self->host, uis, &uri);
  if (path) {
    self->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    self->ui      = find_descriptor(self->library, uri);
  }
  lilv_free(path);
  lilv_uis_free(uis);
  return self->ui != NULL;
}

static bool instantiate(FiqJackWindow* self)
{
  LV2_Feature        map        = {LV2_URID__map, &self->host->urid.map};
  LV2_Feature        idle       = {LV2_UI__idleInterface, NULL};
  const LV2_Feature* features[] = {&map, &idle, NULL};
  LV2UI_Widget       widget     = NULL;
  const char* const  plugin     = lilv_node_as_uri(lilv_plugin_get_uri(self->host->plugin));
  self->handle = self->ui->instantiate(self->ui, plugin, "", write_port, self, &widget, features);
  self->idle   = self->handle && self->ui->extension_data
                     ? self->ui->extension_data(LV2_UI__idleInterface)
                     : NULL;
  return self->idle != NULL;
}

bool fiq_jack_window_open(FiqJackWindow* self, FiqJack* jack, FiqHost* host)
{
  self->jack   = jack;
  self->host   = host;
  self->notify = fiq_ports_index(&host->ports, "notify");
  self->told   = malloc(host->audio.n_ports * sizeof *self->told);
  if (!self->told) {
    fiq_error("out of memory");
    return false;
  }
  for (uint32_t i = 0; i < host->audio.n_ports; ++i) {
    self->told[i] = NAN;
  }
  if (!load(self)) {
    fiq_error("the plugin has no window for X11");
    return false;
  }
  if (!instantiate(self)) {
    fiq_error("the window does not open; is there an X server?");
    return false;
  }
  return true;
}

// ---- the round ----

static void tell_values(FiqJackWindow* self)
{
  const FiqHost* const host = self->host;
  for (uint32_t i = 0; i < host->audio.n_ports; ++i) {
    const float value = fiq_host_value(host, i);
    if (host->ports.ports[i].kind == FIQ_PORT_CONTROL &&
        memcmp(&value, &self->told[i], sizeof value) != 0) {
      self->told[i] = value;
      self->ui->port_event(self->handle, i, sizeof value, 0, &value);
    }
  }
}

bool fiq_jack_window_idle(FiqJackWindow* self)
{
  const LV2_URID transfer = fiq_urid(&self->host->urid, LV2_ATOM__eventTransfer);
  if (self->ui->port_event) {
    tell_values(self);
    while (self->notify != FIQ_NO_PORT && fiq_jack_hear(self->jack, &self->heard.atom)) {
      self->ui->port_event(self->handle, self->notify,
                           (uint32_t)sizeof(LV2_Atom) + self->heard.atom.size, transfer,
                           &self->heard);
    }
  }
  return self->idle->idle(self->handle) == 0;
}

void fiq_jack_window_close(FiqJackWindow* self)
{
  if (self->ui && self->handle) {
    self->ui->cleanup(self->handle);
  }
  if (self->library) {
    dlclose(self->library);
  }
  free(self->told);
  self->ui      = NULL;
  self->handle  = NULL;
  self->library = NULL;
  self->told    = NULL;
}
