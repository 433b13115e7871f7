// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/lv2/lv2_world.h"

#include "host-test/common/report.h"
#include "host-test/common/suggest.h"
#include "host-test/lv2/turtle.h"

#include <lv2/core/lv2.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

#define URI_PREFIX "urn:fieldiq:"

#ifndef FIQ_INSTALL_LIBDIR
#define FIQ_INSTALL_LIBDIR "/usr/local/lib"
#endif

#ifndef FIQ_LIBRARY_ARCHITECTURE
#define FIQ_LIBRARY_ARCHITECTURE ""
#endif

/// Where the bundle can be; what begins with ".." is seen from the folder of the executable. The
/// build's own comes first, then an installation that was moved, then one that was not.
static const char* const bundle_places[] = {
    "../lv2/" FIQ_BUNDLE_NAME, "../lib/lv2/" FIQ_BUNDLE_NAME, "../lib64/lv2/" FIQ_BUNDLE_NAME,
    FIQ_INSTALL_LIBDIR "/lv2/" FIQ_BUNDLE_NAME};

static bool executable_folder(char* to, size_t n_bytes)
{
  const ssize_t n = readlink("/proc/self/exe", to, n_bytes - 1);
  if (n <= 0) {
    return false;
  }
  to[n]             = '\0';
  char* const slash = strrchr(to, '/');
  if (slash) {
    *slash = '\0';
  }
  return slash != NULL;
}

/// Canonical path of the bundle beside this executable, owned by the caller, or NULL.
static char* own_bundle(void)
{
  char  folder[PATH_BYTES];
  char* found = NULL;
  if (!executable_folder(folder, sizeof folder)) {
    return NULL;
  }
  for (size_t i = 0; !found && i < sizeof bundle_places / sizeof bundle_places[0]; ++i) {
    char              path[2 * PATH_BYTES];
    const char* const place = bundle_places[i];
    const bool        fixed = place[0] == '/';
    snprintf(path, sizeof path, "%s%s%s/manifest.ttl", fixed ? "" : folder, fixed ? "" : "/",
             place);
    found             = realpath(path, NULL);
    char* const slash = found ? strrchr(found, '/') : NULL;
    if (slash) {
      *slash = '\0';
    }
  }
  return found;
}

/// Where hosts look when LV2_PATH is not set, as the library's own default has it.
static const char default_places[] =
    "~/.lv2:" FIQ_INSTALL_LIBDIR "/lv2:/usr/local/lib/lv2:/usr/lib/" FIQ_LIBRARY_ARCHITECTURE
    "/lv2:/usr/lib/lv2:/usr/lib64/lv2";

typedef struct {
  LilvWorld* world;
  bool       any;  ///< the bundle has plugins
  bool       news; ///< and one of them is not known yet
} Manifest;

static bool is_known(LilvWorld* world, const char* uri_text)
{
  LilvNode* const uri = lilv_new_uri(world, uri_text);
  const bool known = uri && lilv_plugins_get_by_uri(lilv_world_get_all_plugins(world), uri) != NULL;
  lilv_node_free(uri);
  return known;
}

static void take_statement(void* data, const FiqStatement* statement)
{
  Manifest* const self = data;
  if (strcmp(statement->predicate, LILV_NS_RDF "type") == 0 &&
      strcmp(statement->object, LV2_CORE__Plugin) == 0) {
    self->any  = true;
    self->news = self->news || !is_known(self->world, statement->subject);
  }
}

/// Whether the bundle whose manifest is at `path` holds plugins, all of which are there already: of two copies
/// the one that comes first is meant, and the library would complain of the other.
static bool is_copy(LilvWorld* world, const char* path)
{
  char        reason[FIQ_TURTLE_REASON_BYTES];
  Manifest    manifest = {.world = world};
  size_t      n_bytes  = 0;
  char* const text     = fiq_turtle_load(path, &n_bytes);
  if (text) {
    fiq_turtle_read(text, n_bytes, "file:///manifest.ttl", take_statement, &manifest, reason);
  }
  free(text);
  return manifest.any && !manifest.news;
}

/// Load the bundle in `folder` unless there is none, or nothing new in it.
static void load_bundle(LilvWorld* world, const char* folder)
{
  char path[2 * PATH_BYTES];
  snprintf(path, sizeof path, "%s/manifest.ttl", folder);
  if (access(path, R_OK) != 0 || is_copy(world, path)) {
    return;
  }
  snprintf(path, sizeof path, "%s/", folder);
  LilvNode* const bundle = lilv_new_file_uri(world, NULL, path);
  lilv_world_load_bundle(world, bundle);
  lilv_node_free(bundle);
}

/// Whether `place` comes again among the first `n` bytes of `places`: a bundle without plugins would be read twice.
static bool came_before(const char* places, size_t n, const char* place, size_t length)
{
  for (size_t at = 0; at < n;) {
    const size_t span = strcspn(places + at, ":");
    if (span == length && strncmp(places + at, place, length) == 0) {
      return true;
    }
    at += span + 1;
  }
  return false;
}

/// Load the bundles in one folder of LV2_PATH, in the order of their names.
static void load_place(LilvWorld* world, const char* place, size_t length)
{
  char              folder[PATH_BYTES];
  struct dirent**   entries = NULL;
  const char* const home    = getenv("HOME");
  const bool        own     = length > 0 && place[0] == '~' && home;
  snprintf(folder, sizeof folder, "%s%.*s", own ? home : "", (int)(length - (own ? 1 : 0)),
           own ? place + 1 : place);
  const int n = scandir(folder, &entries, NULL, alphasort);
  for (int i = 0; i < n; ++i) {
    char path[2 * PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
    if (entries[i]->d_name[0] != '.') {
      load_bundle(world, path);
    }
    free(entries[i]);
  }
  free(entries);
}

/// Plugins that bring Qt start it before anybody wants their window, and without a display it aborts.
static void do_without_display(void)
{
  if (!getenv("DISPLAY") && !getenv("WAYLAND_DISPLAY")) {
    setenv("QT_QPA_PLATFORM", "offscreen", 0);
  }
}

LilvWorld* fiq_world_new(void)
{
  do_without_display();
  LilvWorld* const  world  = lilv_world_new();
  char* const       own    = own_bundle();
  const char* const path   = getenv("LV2_PATH");
  const char* const places = path ? path : default_places;
  if (world && own) {
    load_bundle(world, own);
  }
  for (size_t at = 0; world && places[at];) {
    const size_t n = strcspn(places + at, ":");
    if (n > 0 && !came_before(places, at, places + at, n)) {
      load_place(world, places + at, n);
    }
    at += n + (places[at + n] ? 1 : 0);
  }
  if (world) {
    lilv_world_load_specifications(world);
    lilv_world_load_plugin_classes(world);
  }
  free(own);
  return world;
}

static bool is_ours(const char* uri)
{
  return strncmp(uri, URI_PREFIX, strlen(URI_PREFIX)) == 0;
}

static void say_unknown(LilvWorld* world, const char* name)
{
  const LilvPlugins* const plugins = lilv_world_get_all_plugins(world);
  const char** const       names   = calloc(lilv_plugins_size(plugins) + 1, sizeof(char*));
  size_t                   n       = 0;
  bool                     found   = false;
  LILV_FOREACH(plugins, i, plugins)
  {
    const char* const uri = lilv_node_as_uri(lilv_plugin_get_uri(lilv_plugins_get(plugins, i)));
    found                 = found || is_ours(uri);
    if (names) {
      names[n++] = is_ours(uri) ? uri + strlen(URI_PREFIX) : uri;
    }
  }
  char suggestion[FIQ_SUGGEST_BYTES];
  fiq_suggest(suggestion, name, names, n);
  if (!found) {
    fiq_error("no plugin '%s': the bundle " FIQ_BUNDLE_NAME " is neither beside this program nor "
              "on LV2_PATH",
              name);
  } else {
    fiq_error("no plugin '%s'%s (--list-plugins shows all)", name, suggestion);
  }
  free(names);
}

const LilvPlugin* fiq_world_plugin(LilvWorld* world, const char* name)
{
  char uri_text[PATH_BYTES];
  snprintf(uri_text, sizeof uri_text, "%s%s", strchr(name, ':') ? "" : URI_PREFIX, name);
  for (char* c = uri_text; !strchr(name, ':') && *c; ++c) {
    *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
  }
  LilvNode* const         uri = lilv_new_uri(world, uri_text);
  const LilvPlugin* const plugin =
      uri ? lilv_plugins_get_by_uri(lilv_world_get_all_plugins(world), uri) : NULL;
  lilv_node_free(uri);
  if (!plugin) {
    say_unknown(world, name);
  }
  return plugin;
}

static void print_plugins(LilvWorld* world)
{
  const LilvPlugins* const plugins = lilv_world_get_all_plugins(world);
  printf("%-14s %-56s %s\n", "SHORT", "URI", "NAME");
  for (int ours = 1; ours >= 0; --ours) {
    LILV_FOREACH(plugins, i, plugins)
    {
      const LilvPlugin* const plugin = lilv_plugins_get(plugins, i);
      const char* const       uri    = lilv_node_as_uri(lilv_plugin_get_uri(plugin));
      if (is_ours(uri) != (ours == 1)) {
        continue;
      }
      LilvNode* const name = lilv_plugin_get_name(plugin);
      printf("%-14s %-56s %s\n", ours ? uri + strlen(URI_PREFIX) : "-", uri,
             name ? lilv_node_as_string(name) : "");
      lilv_node_free(name);
    }
  }
}

bool fiq_world_list(void)
{
  LilvWorld* const world = fiq_world_new();
  if (!world) {
    fiq_error("out of memory");
    return false;
  }
  print_plugins(world);
  lilv_world_free(world);
  return true;
}
