// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/listing.h"

#include "host-test/lv2/describe.h"
#include "host-test/lv2/lv2_host.h"
#include "host-test/lv2/lv2_properties.h"
#include "host-test/lv2/lv2_state.h"
#include "host-test/lv2/lv2_world.h"
#include "host-test/render/metrics.h"
#include "host-test/render/planes.h"
#include "host-test/render/score.h"
#include "host-test/render/source.h"

#include <jansson.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_RATE_HZ 48000.0

static json_t* text(const char* words)
{
  json_t* const value = words ? json_string(words) : NULL;
  return value ? value : json_null(); // what is not UTF-8 is no JSON string
}

/// A number, or null for one that JSON has not.
static json_t* number(double value)
{
  return isfinite(value) ? json_real(value) : json_null();
}

/// Print `root` and free it.
static void print_json(json_t* root)
{
  json_dumpf(root, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9));
  putchar('\n');
  json_decref(root);
}

static json_t* plugins_as_json(LilvWorld* world)
{
  json_t* const            list    = json_array();
  const LilvPlugins* const plugins = lilv_world_get_all_plugins(world);
  LILV_FOREACH(plugins, i, plugins)
  {
    const LilvPlugin* const plugin = lilv_plugins_get(plugins, i);
    LilvNode* const         name   = lilv_plugin_get_name(plugin);
    json_t* const           entry  = json_object();
    json_object_set_new(entry, "uri", text(lilv_node_as_uri(lilv_plugin_get_uri(plugin))));
    json_object_set_new(entry, "name", text(name ? lilv_node_as_string(name) : NULL));
    json_object_set_new(
        entry, "class",
        text(lilv_node_as_string(lilv_plugin_class_get_label(lilv_plugin_get_class(plugin)))));
    json_array_append_new(list, entry);
    lilv_node_free(name);
  }
  return list;
}

static FiqExit list_plugins(bool as_json)
{
  if (!as_json) {
    return fiq_world_list() ? FIQ_EXIT_OK : FIQ_EXIT_FAILURE;
  }
  LilvWorld* const world = fiq_world_new();
  if (!world) {
    fiq_error("out of memory");
    return FIQ_EXIT_FAILURE;
  }
  print_json(plugins_as_json(world));
  lilv_world_free(world);
  return FIQ_EXIT_OK;
}

static void add_preset(void* data, const char* label, const char* uri)
{
  json_t* const entry = json_object();
  json_object_set_new(entry, "label", text(label));
  json_object_set_new(entry, "uri", text(uri));
  json_array_append_new(data, entry);
}

static json_t* port_as_json(const FiqPort* port)
{
  json_t* const entry = json_object();
  json_object_set_new(entry, "symbol", text(port->symbol));
  json_object_set_new(entry, "name", text(port->name));
  json_object_set_new(entry, "unit", text(port->unit));
  json_object_set_new(entry, "minimum", number((double)port->minimum));
  json_object_set_new(entry, "maximum", number((double)port->maximum));
  json_object_set_new(entry, "default", number((double)port->fallback));
  json_object_set_new(entry, "toggled", json_boolean(port->toggled));
  json_object_set_new(entry, "integer", json_boolean(port->integer));
  if (port->n_points > 0) {
    json_t* const points = json_array();
    for (uint32_t i = 0; i < port->n_points; ++i) {
      json_t* const point = json_object();
      json_object_set_new(point, "label", text(port->points[i].label));
      json_object_set_new(point, "value", number((double)port->points[i].value));
      json_array_append_new(points, point);
    }
    json_object_set_new(entry, "points", points);
  }
  json_object_set_new(entry, "comment", text(port->comment));
  return entry;
}

static json_t* property_as_json(const FiqProperty* property)
{
  json_t* const entry = json_object();
  json_object_set_new(entry, "uri", text(property->uri));
  json_object_set_new(entry, "label", text(property->label));
  json_object_set_new(entry, "type", text(property->type));
  json_object_set_new(entry, "comment", text(property->comment));
  return entry;
}

static void print_properties(const FiqProperties* properties)
{
  bool any = false;
  for (uint32_t i = 0; i < properties->n; ++i) {
    const FiqProperty* const property = &properties->properties[i];
    if (property->type) {
      printf("%s  --set %s=%s  %s\n", any ? "" : "\nProperties\n", property->uri, property->type,
             property->label);
      any = true;
    }
  }
}

static json_t* parameters_as_json(const FiqHost* host, const FiqProperties* properties)
{
  json_t* const root  = json_object();
  json_t* const ports = json_array();
  json_t* const list  = json_array();
  for (uint32_t i = 0; i < host->ports.n_ports; ++i) {
    if (host->ports.ports[i].kind == FIQ_PORT_CONTROL && host->ports.ports[i].input) {
      json_array_append_new(ports, port_as_json(&host->ports.ports[i]));
    }
  }
  for (uint32_t i = 0; i < properties->n; ++i) {
    json_array_append_new(list, property_as_json(&properties->properties[i]));
  }
  json_object_set_new(root, "plugin", text(lilv_node_as_uri(lilv_plugin_get_uri(host->plugin))));
  json_object_set_new(root, "parameters", ports);
  json_object_set_new(root, "properties", list);
  return root;
}

static bool list_parameters(FiqHost* host, bool as_json)
{
  FiqProperties properties = {.n = 0};
  const bool    described  = fiq_properties_init(&properties, host);
  if (!described) {
    fiq_error("out of memory");
  } else if (as_json) {
    print_json(parameters_as_json(host, &properties));
  } else {
    fiq_ports_print(&host->ports, NULL);
    print_properties(&properties);
    if (host->tunable) {
      printf("\n--tuning FILE.scl tunes the notes by a scale in Scala's format.\n");
    }
  }
  fiq_properties_free(&properties);
  return described;
}

static FiqExit list_of_plugin(const FiqRenderOptions* options)
{
  static FiqHost host;
  const bool     as_json = options->list.as_json;
  FiqExit        status  = FIQ_EXIT_USAGE;
  if (fiq_host_open(&host, options->links[options->n_links - 1].plugin, LIST_RATE_HZ)) {
    status = FIQ_EXIT_OK;
    if (options->list.presets && as_json) {
      json_t* const presets = json_array();
      fiq_state_each_preset(&host, add_preset, presets);
      print_json(presets);
    } else if (options->list.presets) {
      fiq_state_print_presets(&host);
    }
    if (options->list.describe && !fiq_describe_print(&host, options->list.describe)) {
      status = FIQ_EXIT_USAGE;
    }
    if (options->list.parameters && !list_parameters(&host, as_json)) {
      status = FIQ_EXIT_FAILURE;
    }
  }
  fiq_host_free(&host);
  return status;
}

/// Name of a format or encoding of libsndfile.
static const char* format_name(int command, int code)
{
  SF_FORMAT_INFO info = {.format = code};
  return sf_command(NULL, command, &info, sizeof info) == 0 ? info.name : NULL;
}

/// Level of all that `source` plays.
static bool measure(FiqSource* source, FiqMetrics* metrics)
{
  const uint32_t n_channels = (uint32_t)source->file.channels;
  float** const  planes     = fiq_planes_new(n_channels, FIQ_HOST_BLOCK_MAX);
  while (planes && source->n_read < source->n_frames && fiq_source_is_whole(source)) {
    const int64_t  left = source->n_frames - source->n_read;
    const uint32_t now  = left < FIQ_HOST_BLOCK_MAX ? (uint32_t)left : FIQ_HOST_BLOCK_MAX;
    fiq_source_read(source, planes, n_channels, now);
    fiq_metrics_add(metrics, planes, n_channels, now);
  }
  fiq_planes_free(planes);
  return planes && fiq_source_report(source);
}

static json_t* sound_as_json(FiqSource* source, const FiqMetrics* metrics)
{
  SF_INFO      info = {.format = 0};
  const double n    = metrics->n_samples > 0 ? (double)metrics->n_samples : 1.0;
  const double rms  = sqrt(metrics->sum_squares / n);
  json_t*      root = json_object();
  sf_command(source->file.file, SFC_GET_CURRENT_SF_INFO, &info, sizeof info);
  json_object_set_new(root, "file", text(source->file.path));
  json_object_set_new(root, "format",
                      text(format_name(SFC_GET_FORMAT_INFO, info.format & SF_FORMAT_TYPEMASK)));
  json_object_set_new(root, "encoding",
                      text(format_name(SFC_GET_FORMAT_INFO, info.format & SF_FORMAT_SUBMASK)));
  json_object_set_new(root, "rate_hz", json_integer(source->file.rate_hz));
  json_object_set_new(root, "channels", json_integer(source->file.channels));
  json_object_set_new(root, "frames", json_integer(source->file.n_frames));
  json_object_set_new(root, "duration_s",
                      number((double)source->file.n_frames / source->file.rate_hz));
  json_object_set_new(root, "peak_dbfs", number(20.0 * log10(metrics->peak)));
  json_object_set_new(root, "rms_dbfs", number(20.0 * log10(rms)));
  json_object_set_new(root, "dc", number(metrics->sum / n));
  return root;
}

static json_t* music_as_json(const FiqScore* score, const char* path)
{
  json_t*  root    = json_object();
  size_t   n_notes = 0;
  uint32_t tracks  = 0;
  for (size_t i = 0; i < score->n_events; ++i) {
    const FiqScoreEvent* const event = &score->events[i];
    n_notes += event->n_bytes == 3 && (event->bytes[0] & 0xf0) == 0x90 && event->bytes[2] > 0;
  }
  for (size_t i = 0; i < score->file.n_events; ++i) {
    tracks = score->file.events[i].track > tracks ? score->file.events[i].track : tracks;
  }
  json_object_set_new(root, "file", text(path));
  json_object_set_new(root, "format", text("Standard MIDI File"));
  json_object_set_new(root, "tracks", json_integer(tracks));
  json_object_set_new(root, "notes", json_integer((json_int_t)n_notes));
  json_object_set_new(root, "messages", json_integer((json_int_t)score->n_events));
  json_object_set_new(root, "tempo_bpm", number(score->tempos[0].tempo_bpm));
  json_object_set_new(root, "beats_per_bar", number((double)score->tempos[0].beats_per_bar));
  json_object_set_new(root, "beat_unit", json_integer(score->tempos[0].beat_unit));
  json_object_set_new(root, "tempo_changes", json_integer((json_int_t)score->n_tempos - 1));
  json_object_set_new(root, "duration_s", number(score->end_s));
  return root;
}

/// Print what `root` says, as a table or as JSON, and free it.
static void print_info(json_t* root, bool as_json)
{
  const char* key   = NULL;
  json_t*     value = NULL;
  if (as_json) {
    print_json(root);
    return;
  }
  json_object_foreach(root, key, value)
  {
    if (json_is_string(value)) {
      printf("%-16s%s\n", key, json_string_value(value));
    } else if (json_is_number(value)) {
      printf("%-16s%.9g\n", key, json_number_value(value));
    } else {
      printf("%-16s-\n", key);
    }
  }
  json_decref(root);
}

/// Whether the file begins as a MIDI file does.
static bool is_midi(const char* path)
{
  char        head[12] = "";
  FILE* const file     = fopen(path, "rb");
  const bool  read     = file && fread(head, 1, sizeof head, file) == sizeof head;
  if (file) {
    fclose(file);
  }
  return read && (memcmp(head, "MThd", 4) == 0 || memcmp(head + 8, "RMID", 4) == 0);
}

static FiqExit tell_file(const char* path, bool as_json)
{
  static FiqSource source;
  FiqScore         score   = {.events = NULL};
  FiqMetrics       metrics = {.peak = 0.0};
  bool             told    = false;
  if (is_midi(path)) {
    told = fiq_score_load(&score, path, -1.0);
    if (told) {
      print_info(music_as_json(&score, path), as_json);
    }
    fiq_score_free(&score);
    return told ? FIQ_EXIT_OK : FIQ_EXIT_FAILURE;
  }
  told = fiq_source_open(&source, path) &&
         fiq_source_begin(&source, 0.0, -1.0, 1, source.file.rate_hz) && measure(&source, &metrics);
  if (told) {
    print_info(sound_as_json(&source, &metrics), as_json);
  }
  fiq_source_close(&source);
  return told ? FIQ_EXIT_OK : FIQ_EXIT_FAILURE;
}

FiqExit fiq_list(const FiqRenderOptions* options)
{
  const FiqListOptions* const list = &options->list;
  if (list->info) {
    return tell_file(list->info, list->as_json);
  }
  return list->plugins ? list_plugins(list->as_json) : list_of_plugin(options);
}
