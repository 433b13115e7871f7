// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/lv2/lv2_state.h"

#include "host-test/common/report.h"
#include "host-test/common/suggest.h"

#include <lv2/presets/presets.h>
#include <lv2/state/state.h>

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define RDFS_LABEL "http://www.w3.org/2000/01/rdf-schema#label"
#define SAVED_URI "urn:fieldiq:state"

typedef struct {
  char*     label;
  LilvNode* uri;
} Preset;

static int compare_presets(const void* a, const void* b)
{
  return strcasecmp(((const Preset*)a)->label, ((const Preset*)b)->label);
}

static void free_presets(Preset* presets, size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    free(presets[i].label);
    lilv_node_free(presets[i].uri);
  }
  free(presets);
}

/// All presets by label; the caller frees them.
static Preset* find_presets(const FiqHost* host, size_t* n)
{
  LilvNode* const class    = lilv_new_uri(host->world, LV2_PRESETS__Preset);
  LilvNode* const  label   = lilv_new_uri(host->world, RDFS_LABEL);
  LilvNodes* const nodes   = lilv_plugin_get_related(host->plugin, class);
  Preset* const    presets = calloc(lilv_nodes_size(nodes) + 1, sizeof(Preset));
  *n                       = 0;
  LILV_FOREACH(nodes, i, nodes)
  {
    const LilvNode* const uri = lilv_nodes_get(nodes, i);
    lilv_world_load_resource(host->world, uri);
    LilvNode* const name = lilv_world_get(host->world, uri, label, NULL);
    if (presets) {
      presets[*n].label   = strdup(lilv_node_as_string(name ? name : uri));
      presets[(*n)++].uri = lilv_node_duplicate(uri);
    }
    lilv_node_free(name);
  }
  lilv_nodes_free(nodes);
  lilv_node_free(label);
  lilv_node_free(class);
  if (presets && *n > 1) {
    qsort(presets, *n, sizeof(Preset), compare_presets);
  }
  return presets;
}

void fiq_state_print_presets(const FiqHost* host)
{
  size_t        n       = 0;
  Preset* const presets = find_presets(host, &n);
  for (size_t i = 0; presets && i < n; ++i) {
    printf("%s\n", presets[i].label);
  }
  free_presets(presets, n);
}

static float number_of(const FiqHostUrids* urids, const void* value, uint32_t type)
{
  if (type == urids->atom_float) {
    return *(const float*)value;
  }
  if (type == urids->atom_double) {
    return (float)*(const double*)value;
  }
  if (type == urids->atom_long) {
    return (float)*(const int64_t*)value;
  }
  return (float)*(const int32_t*)value;
}

static void set_port(const char* symbol, void* data, const void* value, uint32_t size,
                     uint32_t type)
{
  FiqHost* const            host  = data;
  const FiqHostUrids* const urids = &host->audio.urids;
  const uint32_t            index = fiq_ports_index(&host->ports, symbol);
  const bool                known = type == urids->atom_float || type == urids->atom_double ||
                     type == urids->atom_long || type == urids->atom_int ||
                     type == urids->atom_bool;
  if (index == FIQ_NO_PORT || !host->ports.ports[index].input || !known || size < 4) {
    fiq_warning("the state's value of '%s' does not fit this plugin and was left out", symbol);
    return;
  }
  const FiqPort* const port   = &host->ports.ports[index];
  float                number = number_of(urids, value, type);
  number =
      number < port->minimum ? port->minimum : (number > port->maximum ? port->maximum : number);
  fiq_host_set(host, index, number);
}

static const void* port_value(const char* symbol, void* data, uint32_t* size, uint32_t* type)
{
  FiqHost* const host  = data;
  const uint32_t index = fiq_ports_index(&host->ports, symbol);
  *size                = index == FIQ_NO_PORT ? 0 : sizeof(float);
  *type                = index == FIQ_NO_PORT ? 0 : host->audio.urids.atom_float;
  return index == FIQ_NO_PORT ? NULL : &host->settings[index];
}

/// Give `state` to the instance and its values to the ports; frees `state`.
static bool apply(FiqHost* host, LilvState* state, const char* name)
{
  const LilvNode* const uri = lilv_state_get_plugin_uri(state);
  if (uri && !lilv_node_equals(uri, lilv_plugin_get_uri(host->plugin))) {
    fiq_error("'%s' belongs to another plugin, <%s>", name, lilv_node_as_string(uri));
    lilv_state_free(state);
    return false;
  }
  const LV2_Feature        schedule   = {LV2_WORKER__schedule, &host->audio.worker.from_restore};
  const LV2_Feature        safe       = {LV2_STATE__threadSafeRestore, NULL};
  const LV2_Feature* const features[] = {
      &host->feature_data[0], &host->feature_data[1], &schedule, &host->log_feature, &safe, NULL};
  LilvNode* const safe_uri = lilv_new_uri(host->world, LV2_STATE__threadSafeRestore);
  // A plugin that may not be restored while it runs is paused, which can be heard.
  const bool pausing = !lilv_plugin_has_feature(host->plugin, safe_uri);
  const bool ready   = !pausing || fiq_host_pause(host);
  lilv_node_free(safe_uri);
  if (ready) {
    lilv_state_restore(state, host->audio.instance, set_port, host, 0, features);
  } else {
    fiq_error("the audio thread does not answer");
  }
  if (ready && pausing) {
    fiq_host_resume(host);
  }
  lilv_state_free(state);
  return ready;
}

static void say_no_preset(const Preset* presets, size_t n, const char* name)
{
  const char** const labels = calloc(n + 1, sizeof(char*));
  for (size_t i = 0; labels && i < n; ++i) {
    labels[i] = presets[i].label;
  }
  char suggestion[FIQ_SUGGEST_BYTES];
  fiq_suggest(suggestion, name, labels, labels ? n : 0);
  fiq_error("no preset '%s'%s%s", name, suggestion,
            n == 0 ? ": the plugin has none" : " (--list-presets shows all)");
  free(labels);
}

bool fiq_state_load_preset(FiqHost* host, const char* name)
{
  size_t        n       = 0;
  Preset* const presets = find_presets(host, &n);
  LilvState*    state   = NULL;
  for (size_t i = 0; presets && !state && i < n; ++i) {
    if (strcasecmp(presets[i].label, name) == 0 ||
        strcmp(lilv_node_as_string(presets[i].uri), name) == 0) {
      state = lilv_state_new_from_world(host->world, &host->urid.map, presets[i].uri);
    }
  }
  bool loaded = false;
  if (state) {
    loaded = apply(host, state, name);
  } else if (access(name, F_OK) == 0) {
    loaded = fiq_state_load(host, name);
  } else {
    say_no_preset(presets, n, name);
  }
  free_presets(presets, n);
  return loaded;
}

/// The whole file as text, owned by the caller, or NULL.
static char* read_text(const char* path)
{
  FILE* const file = fopen(path, "rb");
  char*       text = NULL;
  if (!file) {
    return NULL;
  }
  if (fseek(file, 0, SEEK_END) == 0) {
    const long size = ftell(file);
    text            = size >= 0 ? calloc(1, (size_t)size + 1) : NULL;
    rewind(file);
    if (text && fread(text, 1, (size_t)size, file) != (size_t)size) {
      free(text);
      text = NULL;
    }
  }
  fclose(file);
  return text;
}

/// The file that holds the state of the folder `path`, owned by the caller, or NULL.
static char* file_in_folder(const char* path)
{
  char   pattern[4096];
  glob_t matches;
  char*  found = NULL;
  snprintf(pattern, sizeof pattern, "%s/*.ttl", path);
  if (glob(pattern, 0, NULL, &matches) != 0) {
    return NULL;
  }
  for (size_t i = 0; !found && i < matches.gl_pathc; ++i) {
    if (!strstr(matches.gl_pathv[i], "/manifest.ttl")) {
      found = strdup(matches.gl_pathv[i]);
    }
  }
  globfree(&matches);
  return found;
}

static LilvState* read_state(FiqHost* host, const char* path)
{
  char* const text = read_text(path);
  // lilv speaks of an unnamed state at length; ask only what can answer.
  const bool named = text && strstr(text, "<" SAVED_URI ">");
  LilvState* state = NULL;
  if (named) {
    state = lilv_state_new_from_string(host->world, &host->urid.map, text);
  } else if (text && strstr(text, "Preset")) {
    char* const full = realpath(path, NULL);
    state = full ? lilv_state_new_from_file(host->world, &host->urid.map, NULL, full) : NULL;
    free(full);
  }
  free(text);
  return state;
}

bool fiq_state_load(FiqHost* host, const char* path)
{
  struct stat info;
  if (stat(path, &info) != 0) {
    fiq_error("state '%s': %s", path, strerror(errno));
    return false;
  }
  char* const file  = S_ISDIR(info.st_mode) ? file_in_folder(path) : strdup(path);
  LilvState*  state = file ? read_state(host, file) : NULL;
  free(file);
  if (!state || !lilv_state_get_plugin_uri(state)) {
    fiq_error("'%s' holds no plugin state", path);
    lilv_state_free(state);
    return false;
  }
  return apply(host, state, path);
}

/// Replace `path` by a file with this text, at once or not at all.
static bool write_text(const char* path, const char* text)
{
  char        temporary[4096];
  const int   n    = snprintf(temporary, sizeof temporary, "%s.new", path);
  FILE* const file = n > 0 && (size_t)n < sizeof temporary ? fopen(temporary, "wb") : NULL;
  if (!file) {
    return false;
  }
  const bool written = fputs(text, file) >= 0 && fflush(file) == 0 && fsync(fileno(file)) == 0;
  const bool closed  = fclose(file) == 0;
  if (written && closed && rename(temporary, path) == 0) {
    return true;
  }
  const int reason = errno;
  unlink(temporary);
  errno = reason;
  return false;
}

static bool write_state(FiqHost* host, LilvState* state, const char* path)
{
  const size_t length = strlen(path);
  if (length > 4 && strcmp(path + length - 4, ".lv2") == 0) {
    return lilv_state_save(host->world, &host->urid.map, &host->urid.unmap, state, NULL, path,
                           "state.ttl") == 0;
  }
  char* const text =
      lilv_state_to_string(host->world, &host->urid.map, &host->urid.unmap, state, SAVED_URI, NULL);
  const bool written = text && write_text(path, text);
  free(text);
  return written;
}

bool fiq_state_save(FiqHost* host, const char* path)
{
  const bool       folder = strlen(path) > 4 && strcmp(path + strlen(path) - 4, ".lv2") == 0;
  const char*      files  = folder ? path : NULL;
  LilvState* const state  = lilv_state_new_from_instance(
       host->plugin, host->audio.instance, &host->urid.map, NULL, files, files, files, port_value,
       host, LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE, host->features);
  if (state) {
    const char* const slash = strrchr(path, '/');
    lilv_state_set_label(state, slash && slash[1] ? slash + 1 : path);
  }
  errno            = 0;
  const bool saved = state && write_state(host, state, path);
  if (!saved) {
    fiq_error("state '%s' could not be saved%s%s", path, errno ? ": " : "",
              errno ? strerror(errno) : "");
  }
  lilv_state_free(state);
  return saved;
}
