// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/lv2/lv2_state.h"

#include "host-test/common/pending_file.h"
#include "host-test/common/pending_folder.h"
#include "host-test/common/report.h"
#include "host-test/common/suggest.h"
#include "host-test/lv2/state_check.h"

#include <lv2/presets/presets.h>
#include <lv2/state/state.h>

#include <assert.h>
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
  assert(presets || n == 0);
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

void fiq_state_each_preset(const FiqHost* host, FiqPresetFunc receive, void* data)
{
  size_t        n       = 0;
  Preset* const presets = find_presets(host, &n);
  for (size_t i = 0; presets && i < n; ++i) {
    receive(data, presets[i].label, lilv_node_as_string(presets[i].uri));
  }
  free_presets(presets, n);
}

static void print_preset(void* data, const char* label, const char* uri)
{
  (void)data;
  (void)uri;
  printf("%s\n", label);
}

void fiq_state_print_presets(const FiqHost* host)
{
  fiq_state_each_preset(host, print_preset, NULL);
}

bool fiq_state_preset_file(const FiqHost* host, const char* name, char* path, size_t n_bytes)
{
  size_t          n       = 0;
  bool            found   = false;
  Preset* const   presets = find_presets(host, &n);
  LilvNode* const where   = lilv_new_uri(host->world, LILV_NS_RDFS "seeAlso");
  for (size_t i = 0; presets && !found && i < n; ++i) {
    if (strcasecmp(presets[i].label, name) == 0 ||
        strcmp(lilv_node_as_string(presets[i].uri), name) == 0) {
      LilvNode* const file = lilv_world_get(host->world, presets[i].uri, where, NULL);
      char* const     full = file ? lilv_node_get_path(file, NULL) : NULL;
      found                = full && strlen(full) < n_bytes;
      if (found) {
        snprintf(path, n_bytes, "%s", full);
      }
      lilv_free(full);
      lilv_node_free(file);
    }
  }
  lilv_node_free(where);
  free_presets(presets, n);
  return found;
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
  assert(presets || n == 0);
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

bool fiq_state_load_default(FiqHost* host)
{
  LilvNode* const  feature = lilv_new_uri(host->world, LV2_STATE__loadDefaultState);
  const bool       asked   = lilv_plugin_has_feature(host->plugin, feature);
  LilvState* const state   = asked ? lilv_state_new_from_world(host->world, &host->urid.map,
                                                               lilv_plugin_get_uri(host->plugin))
                                   : NULL;
  lilv_node_free(feature);
  return !state || apply(host, state, "the plugin's default state");
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

/// The URI of the file `path`, owned by the caller, or NULL.
static char* file_uri(FiqHost* host, const char* path)
{
  LilvNode* const node = lilv_new_file_uri(host->world, NULL, path);
  char* const     uri  = node ? strdup(lilv_node_as_uri(node)) : NULL;
  lilv_node_free(node);
  return uri;
}

/// The state that `text`, the file `full`, holds, or NULL and the reason.
static LilvState* parse_state(FiqHost* host, const char* full, const char* text, size_t n_bytes,
                              char reason[FIQ_TURTLE_REASON_BYTES])
{
  // A state saved as one file has a name of its own; in a folder, the file itself is the state.
  const bool  named = strstr(text, "<" SAVED_URI ">") != NULL;
  char* const uri   = named ? strdup(SAVED_URI) : file_uri(host, full);
  LilvState*  state = NULL;
  if (uri && fiq_state_check(text, n_bytes, uri, reason)) {
    state = named ? lilv_state_new_from_string(host->world, &host->urid.map, text)
                  : lilv_state_new_from_file(host->world, &host->urid.map, NULL, full);
    snprintf(reason, FIQ_TURTLE_REASON_BYTES, "it cannot be read");
  }
  free(uri);
  return state;
}

static LilvState* read_state(FiqHost* host, const char* path, char reason[FIQ_TURTLE_REASON_BYTES])
{
  size_t      n_bytes = 0;
  char* const full    = realpath(path, NULL);
  char* const text    = full ? fiq_turtle_load(full, &n_bytes) : NULL;
  LilvState*  state   = NULL;
  if (text) {
    state = parse_state(host, full, text, n_bytes, reason);
  } else {
    snprintf(reason, FIQ_TURTLE_REASON_BYTES, "%s", strerror(errno));
  }
  free(text);
  free(full);
  return state;
}

bool fiq_state_load(FiqHost* host, const char* path)
{
  struct stat info;
  char        reason[FIQ_TURTLE_REASON_BYTES] = "there is none in this folder";
  if (stat(path, &info) != 0) {
    fiq_error("state '%s': %s", path, strerror(errno));
    return false;
  }
  char* const file  = S_ISDIR(info.st_mode) ? file_in_folder(path) : strdup(path);
  LilvState*  state = file ? read_state(host, file, reason) : NULL;
  free(file);
  if (!state || !lilv_state_get_plugin_uri(state)) {
    fiq_error("'%s' holds no plugin state that is whole: %s", path, reason);
    lilv_state_free(state);
    return false;
  }
  return apply(host, state, path);
}

/// Call it by its file or folder, without the ending: hosts show that as the name of a preset.
static void set_label(LilvState* state, const char* path)
{
  size_t n = strlen(path);
  while (n > 1 && path[n - 1] == '/') {
    --n;
  }
  size_t start = n;
  while (start > 0 && path[start - 1] != '/') {
    --start;
  }
  const bool has_ending = n - start > 4 && (strncasecmp(path + n - 4, ".lv2", 4) == 0 ||
                                            strncasecmp(path + n - 4, ".ttl", 4) == 0);
  char       label[FIQ_PATH_BYTES];
  snprintf(label, sizeof label, "%.*s", (int)(n - start - (has_ending ? 4 : 0)), path + start);
  lilv_state_set_label(state, label);
}

/// The state as it is now; files that it needs are linked into `folder`, if there is one.
static LilvState* take_state(FiqHost* host, const char* name, const char* folder)
{
  LilvState* const state = lilv_state_new_from_instance(
      host->plugin, host->audio.instance, &host->urid.map, NULL, folder, folder, folder, port_value,
      host, LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE, host->features);
  if (state) {
    set_label(state, name);
  } else {
    fiq_error("state '%s' could not be saved: the plugin gives none", name);
  }
  return state;
}

static bool save_file(FiqHost* host, const char* path)
{
  LilvState* const state = take_state(host, path, NULL);
  char* const text  = state ? lilv_state_to_string(host->world, &host->urid.map, &host->urid.unmap,
                                                   state, SAVED_URI, NULL)
                            : NULL;
  const bool  saved = text && fiq_pending_text(path, text);
  if (state && !text) {
    fiq_error("state '%s' could not be saved: out of memory", path);
  }
  free(text);
  lilv_state_free(state);
  return saved;
}

static void ignore(void* data, const FiqStatement* statement)
{
  (void)data;
  (void)statement;
}

/// Let the library write into the pending folder, which says when it is not all there: the library does not.
static bool write_folder(FiqHost* host, FiqPendingFolder* folder)
{
  char             reason[FIQ_TURTLE_REASON_BYTES] = "the folder cannot be written";
  LilvState* const state = take_state(host, folder->path, folder->temporary);
  bool saved = state && lilv_state_save(host->world, &host->urid.map, &host->urid.unmap, state,
                                        NULL, folder->temporary, "state.ttl") == 0;
  lilv_state_free(state);
  if (!state) {
    return false;
  }
  for (int i = 0; saved && i < 2; ++i) {
    char        path[FIQ_PATH_BYTES + 16];
    size_t      n_bytes = 0;
    const char* name    = i == 0 ? "state.ttl" : "manifest.ttl";
    snprintf(path, sizeof path, "%s/%s", folder->temporary, name);
    char* const uri  = file_uri(host, path);
    char* const text = fiq_turtle_load(path, &n_bytes);
    snprintf(reason, sizeof reason, "%s", strerror(errno));
    // The manifest may tell of other presets, but of this one it must.
    saved = uri && text &&
            (i == 0 ? fiq_state_check(text, n_bytes, uri, reason)
                    : fiq_turtle_read(text, n_bytes, uri, ignore, NULL, reason) &&
                          strstr(text, "<state.ttl>"));
    free(text);
    free(uri);
  }
  if (!saved) {
    fiq_error("state '%s' could not be saved: %s", folder->path,
              fiq_folder_is_full(folder) ? strerror(ENOSPC) : reason);
  }
  return saved;
}

static bool save_folder(FiqHost* host, const char* path)
{
  FiqPendingFolder folder;
  if (!fiq_folder_open(&folder, path, "manifest.ttl")) {
    return false;
  }
  if (!write_folder(host, &folder)) {
    fiq_folder_discard(&folder);
    return false;
  }
  return fiq_folder_commit(&folder);
}

bool fiq_state_save(FiqHost* host, const char* path)
{
  return fiq_path_is_bundle(path) ? save_folder(host, path) : save_file(host, path);
}
