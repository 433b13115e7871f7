// SPDX-License-Identifier: GPL-3.0-or-later
/*
   The windows as LV2 knows them: one ui:X11UI for each plugin, in a binary of its own. The host's idle call is the only
   clock; what hosts do to it stands beside each answer.
*/
#include "plugin/ui/glue/ui_state.h"

#include "plugin/ports.h"

#include <lv2/atom/atom.h>
#include <lv2/midi/midi.h>
#include <lv2/options/options.h>
#include <lv2/patch/patch.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double lease_s = 1.0;    // from one word to the plugin that somebody looks to the next
static const double frame_s = 0.0155; // between drawings; hosts that idle more often are let wait
static const double scale_least = 0.5;
static const double scale_most  = 4.0;

static void* feature(const LV2_Feature* const* features, const char* uri)
{
  for (; features && *features && (*features)->URI; ++features) {
    if (!strcmp((*features)->URI, uri)) {
      return (*features)->data;
    }
  }
  return NULL;
}

static void map_urids(FiqUiUrids* self, LV2_URID_Map* map)
{
  const struct {
    LV2_URID*   urid;
    const char* uri;
  } table[] = {{&self->atom_event_transfer, LV2_ATOM__eventTransfer},
               {&self->atom_float, LV2_ATOM__Float},
               {&self->atom_long, LV2_ATOM__Long},
               {&self->atom_path, LV2_ATOM__Path},
               {&self->atom_string, LV2_ATOM__String},
               {&self->atom_urid, LV2_ATOM__URID},
               {&self->atom_vector, LV2_ATOM__Vector},
               {&self->midi_event, LV2_MIDI__MidiEvent},
               {&self->patch_get, LV2_PATCH__Get},
               {&self->patch_set, LV2_PATCH__Set},
               {&self->patch_property, LV2_PATCH__property},
               {&self->patch_value, LV2_PATCH__value},
               {&self->seed, "urn:fieldiq:seed"},
               {&self->tuning, "urn:fieldiq:tuning"},
               {&self->window, "urn:fieldiq:window"},
               {&self->words, "urn:fieldiq:words"},
               {&self->controllers, "urn:fieldiq:controllers"},
               {&self->learn_controller, "urn:fieldiq:learn-controller"},
               {&self->laid_over, "urn:fieldiq:laid-over"},
               {&self->moment, "urn:fieldiq:moment"},
               {&self->name_moment, "urn:fieldiq:name-moment"},
               {&self->moment_names, "urn:fieldiq:moment-names"},
               {&self->scale_factor, LV2_UI__scaleFactor}};
  for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); ++i) {
    *table[i].urid = map->map(map->handle, table[i].uri);
  }
  for (int i = 0; i < FIQ_PRESET_STATES; ++i) {
    char uri[64];
    snprintf(uri, sizeof(uri), "urn:fieldiq:%s", fiq_preset_states[i]);
    self->state[i] = map->map(map->handle, uri);
  }
}

/// The plugin of that URI, or FIQ_N_PLUGINS.
static FiqPluginKind kind_of(const char* uri)
{
  static const char prefix[] = "urn:fieldiq:";
  int               kind     = strncmp(uri, prefix, strlen(prefix)) ? FIQ_N_PLUGINS : 0;
  while (kind < FIQ_N_PLUGINS && strcmp(uri + strlen(prefix), fiq_plugin_names[kind]) != 0) {
    ++kind;
  }
  return (FiqPluginKind)kind;
}

static void map_ports(FiqUi* self)
{
  const FiqPluginKind kind = self->model.plugin;
  uint32_t            port = fiq_first_control_port(kind);
  for (uint32_t i = 0; i < FIQ_UI_PORTS_MAX; ++i) {
    self->row_of_port[i] = FIQ_UI_NO_ROW;
  }
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (fiq_param_has_port(&fiq_params[row], kind) && port < FIQ_UI_PORTS_MAX) {
      self->row_of_port[port] = (int32_t)row;
      self->port_of_row[row]  = port++;
    }
  }
  const uint32_t midi = fiq_port_index(kind, FIQ_PORT_MIDI);
  self->control_port  = fiq_port_index(kind, FIQ_PORT_CONTROL);
  self->notify_port   = fiq_port_index(kind, FIQ_PORT_NOTIFY);
  self->midi_port     = midi < fiq_first_control_port(kind) ? midi : self->control_port;
}

/// Touches are not for a host that holds every value until it is let go.
static bool touches_hold(void)
{
  return strcmp(program_invocation_short_name, "qtractor") == 0;
}

static void take_features(FiqUi* self, const LV2_Feature* const* features)
{
  self->host.resize                = feature(features, LV2_UI__resize);
  self->host.touch                 = touches_hold() ? NULL : feature(features, LV2_UI__touch);
  const LV2_Options_Option* option = feature(features, LV2_OPTIONS__options);
  for (; option && option->key; ++option) {
    if (option->key == self->urids.scale_factor && option->type == self->urids.atom_float &&
        option->size == sizeof(float) && option->value) {
      self->host.scale = (double)*(const float*)option->value;
    }
  }
}

static double held_scale(double scale)
{
  return isfinite(scale) ? fmin(fmax(scale, scale_least), scale_most) : 1.0;
}

static bool on_event(void* handle, const FiqUiEvent* event)
{
  FiqUi* const self = handle;
  return self->page && fiq_ui_page_event(self->page, event);
}

static void on_resized(void* handle, uint32_t width, uint32_t height)
{
  FiqUi* const self = handle;
  (void)width;
  (void)height;
  if (self->page) {
    fiq_ui_fit(self);
  }
}

/// The window, at its final size before the host looks at its hints.
static bool open_window(FiqUi* self, uintptr_t parent)
{
  uint32_t width  = 0;
  uint32_t height = 0;
  self->scale     = held_scale(self->host.scale > 0.0 ? self->host.scale : 1.0);
  fiq_ui_wanted_size(self, &width, &height);
  const FiqUiWindowOptions options = {.parent        = parent,
                                      .title         = "FieldIQ",
                                      .width         = width,
                                      .height        = height,
                                      .min_width     = width,
                                      .min_height    = height,
                                      .shared_memory = true};
  const FiqUiWindowOwner   owner   = {self, on_event, on_resized};
  self->window                     = fiq_ui_window_new(&options, owner);
  if (!self->window) {
    return false;
  }
  if (!(self->host.scale > 0.0)) {
    self->scale = held_scale(fiq_ui_window_screen_scale(self->window));
    fiq_ui_wanted_size(self, &width, &height);
    fiq_ui_window_resize(self->window, width, height, width, height);
  }
  if (self->host.resize && parent) {
    self->host.resize->ui_resize(self->host.resize->handle, (int)width, (int)height);
  }
  return true;
}

static void cleanup(LV2UI_Handle handle)
{
  FiqUi* const self = handle;
  if (self->page) {
    // A note that a closing window holds would sound for ever.
    fiq_ui_page_let_go(self->page);
    fiq_ui_page_free(self->page);
  }
  if (self->window) {
    fiq_ui_window_free(self->window);
  }
  fiq_preset_store_free(self->store);
  if (self->plain) {
    freelocale(self->plain);
  }
  free(self);
}

/// Numbers are written and read with points, whatever language the host has set.
static locale_t speak_plainly(const FiqUi* self)
{
  return self->plain ? uselocale(self->plain) : (locale_t)0;
}

static void speak_as_before(locale_t before)
{
  if (before) {
    uselocale(before);
  }
}

static bool open_ui(FiqUi* self, uintptr_t parent)
{
  fiq_ui_settings_read(&self->settings);
  self->model.zoom          = self->settings.zoom ? self->settings.zoom : 100;
  self->model.zoom          = self->model.zoom < FIQ_UI_ZOOM_MIN   ? FIQ_UI_ZOOM_MIN
                              : self->model.zoom > FIQ_UI_ZOOM_MAX ? FIQ_UI_ZOOM_MAX
                                                                   : self->model.zoom;
  self->model.high_contrast = self->settings.high_contrast;
  self->store               = fiq_preset_store_new(self->model.plugin);
  if (!self->store || !open_window(self, parent)) {
    return false;
  }
  self->page = fiq_ui_page_new(&self->model);
  if (!self->page) {
    return false;
  }
  fiq_ui_fit(self);
  return true;
}

static LV2UI_Handle instantiate(const LV2UI_Descriptor* descriptor, const char* plugin_uri,
                                const char* bundle_path, LV2UI_Write_Function write,
                                LV2UI_Controller controller, LV2UI_Widget* widget,
                                const LV2_Feature* const* features)
{
  (void)descriptor;
  (void)bundle_path;
  LV2_URID_Map* const map  = feature(features, LV2_URID__map);
  const FiqPluginKind kind = kind_of(plugin_uri);
  FiqUi* const        self = map && write && kind < FIQ_N_PLUGINS ? calloc(1, sizeof(FiqUi)) : NULL;
  if (!self) {
    return NULL;
  }
  self->host          = (FiqUiHost){.write = write, .controller = controller};
  self->program       = -1;
  self->program_shown = -1;
  self->program_entry = -1;
  self->plain         = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
  map_urids(&self->urids, map);
  lv2_atom_forge_init(&self->forge, map);
  take_features(self, features);
  const FiqUiCalls calls = fiq_ui_calls(self);
  fiq_ui_model_init(&self->model, kind, &calls);
  fiq_picture_reader_init(&self->reader, map, &self->model);
  map_ports(self);
  const locale_t before = speak_plainly(self);
  const bool     ok     = open_ui(self, (uintptr_t)feature(features, LV2_UI__parent));
  speak_as_before(before);
  if (!ok) {
    cleanup(self);
    return NULL;
  }
  *widget = (LV2UI_Widget)fiq_ui_window_xid(self->window);
  return self;
}

static void port_event(LV2UI_Handle handle, uint32_t port, uint32_t size_bytes, uint32_t format,
                       const void* buffer)
{
  FiqUi* const self = handle;
  if (format == 0 && size_bytes == sizeof(float) && port < FIQ_UI_PORTS_MAX &&
      self->row_of_port[port] != FIQ_UI_NO_ROW) {
    float value;
    memcpy(&value, buffer, sizeof(value));
    fiq_ui_model_heard(&self->model, (uint32_t)self->row_of_port[port], value);
  } else if (format == self->urids.atom_event_transfer && port == self->notify_port) {
    fiq_ui_hear(self, buffer, size_bytes);
  }
}

/// Tell the plugin that somebody looks, and ask once what it has.
static void keep_in_touch(FiqUi* self, double now_s)
{
  if (!self->is_asked) {
    self->is_asked = true;
    fiq_ui_ask(self, 0);
  }
  if (now_s - self->leased_s >= lease_s) {
    self->leased_s = now_s;
    fiq_ui_ask(self, self->urids.window);
  }
}

static void draw(FiqUi* self, double now_s)
{
  cairo_surface_t* const surface = fiq_ui_window_surface(self->window);
  self->must_draw                = surface == NULL;
  if (surface) {
    FiqUiRegion  regions[FIQ_UI_REGIONS_MAX];
    const size_t n = fiq_ui_page_draw(self->page, surface, regions);
    if (n > 0) {
      fiq_ui_window_present(self->window, regions, n);
    }
    self->drawn_s = now_s;
  }
}

/// Look for the user's presets once the first picture is there: nobody waits for them.
static void scan_once(FiqUi* self)
{
  if (!self->is_scanned && self->drawn_s > 0.0) {
    self->is_scanned = true;
    fiq_preset_store_scan(self->store, &self->settings, &self->model.presets);
  }
  if (self->is_scanned) {
    fiq_ui_show_program(self);
  }
}

static int idle(LV2UI_Handle handle)
{
  FiqUi* const   self   = handle;
  const double   now_s  = fiq_ui_now_s();
  const locale_t before = speak_plainly(self);
  const bool     lives  = fiq_ui_window_poll(self->window);
  if (lives && fiq_ui_window_visible(self->window, now_s)) {
    keep_in_touch(self, now_s);
    fiq_ui_go_on_saving(self);
    if (now_s - self->drawn_s >= frame_s) {
      const bool changed = fiq_ui_page_idle(self->page, now_s);
      if (changed || self->must_draw) {
        draw(self, now_s);
      }
    }
    scan_once(self);
  } else {
    fiq_ui_page_let_go(self->page);
  }
  speak_as_before(before);
  return lives ? 0 : 1;
}

/// The host gives the window another size; it is never called back from here.
static int resize(LV2UI_Feature_Handle handle, int width, int height)
{
  FiqUi* const self = handle;
  if (width <= 0 || height <= 0) {
    return 1;
  }
  uint32_t least_width  = 0;
  uint32_t least_height = 0;
  fiq_ui_wanted_size(self, &least_width, &least_height);
  const uint32_t w = (uint32_t)width;
  const uint32_t h = (uint32_t)height;
  fiq_ui_window_resize(self->window, w, h, w < least_width ? w : least_width,
                       h < least_height ? h : least_height);
  fiq_ui_fit(self);
  return 0;
}

static const void* extension_data(const char* uri)
{
  static const LV2UI_Idle_Interface idle_interface = {idle};
  static const LV2UI_Resize         resize_itself  = {NULL, resize};
  return !strcmp(uri, LV2_UI__idleInterface) ? (const void*)&idle_interface
         : !strcmp(uri, LV2_UI__resize)      ? (const void*)&resize_itself
                                             : NULL;
}

LV2_SYMBOL_EXPORT const LV2UI_Descriptor* lv2ui_descriptor(uint32_t index)
{
  static const LV2UI_Descriptor descriptor = {"urn:fieldiq:ui", instantiate, cleanup, port_event,
                                              extension_data};
  return index == 0 ? &descriptor : NULL;
}
