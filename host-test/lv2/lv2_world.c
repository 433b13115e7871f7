// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/lv2/lv2_world.h"

#include "host-test/common/report.h"
#include "host-test/common/suggest.h"

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

/// Canonical path of the bundle beside this executable, with the final slash that lilv wants,
/// owned by the caller, or NULL.
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
      slash[1] = '\0';
    }
  }
  return found;
}

/// Put `bundle` in the place of every other bundle that offers the same plugin.
static void prefer_bundle(LilvWorld* world, const LilvNode* bundle)
{
  static const char* const uris[] = {URI_PREFIX "realms", URI_PREFIX "swarm",
                                     URI_PREFIX "realms-stereo", URI_PREFIX "realms-mono"};
  for (size_t i = 0; i < sizeof uris / sizeof uris[0]; ++i) {
    LilvNode* const         uri = lilv_new_uri(world, uris[i]);
    const LilvPlugin* const plugin =
        lilv_plugins_get_by_uri(lilv_world_get_all_plugins(world), uri);
    if (plugin && !lilv_node_equals(lilv_plugin_get_bundle_uri(plugin), bundle)) {
      LilvNode* const other = lilv_node_duplicate(lilv_plugin_get_bundle_uri(plugin));
      lilv_world_unload_bundle(world, other);
      lilv_world_unload_bundle(world, bundle);
      lilv_world_load_bundle(world, bundle);
      lilv_node_free(other);
    }
    lilv_node_free(uri);
  }
}

LilvWorld* fiq_world_new(void)
{
  LilvWorld* const world = lilv_world_new();
  char* const      path  = own_bundle();
  if (world && path) {
    LilvNode* const bundle = lilv_new_file_uri(world, NULL, path);
    lilv_world_load_bundle(world, bundle);
    lilv_world_load_all(world);
    prefer_bundle(world, bundle);
    lilv_node_free(bundle);
  } else if (world) {
    lilv_world_load_all(world);
  }
  free(path);
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

void fiq_world_print(LilvWorld* world)
{
  const LilvPlugins* const plugins = lilv_world_get_all_plugins(world);
  printf("%-10s %-56s %s\n", "SHORT", "URI", "NAME");
  for (int ours = 1; ours >= 0; --ours) {
    LILV_FOREACH(plugins, i, plugins)
    {
      const LilvPlugin* const plugin = lilv_plugins_get(plugins, i);
      const char* const       uri    = lilv_node_as_uri(lilv_plugin_get_uri(plugin));
      if (is_ours(uri) != (ours == 1)) {
        continue;
      }
      LilvNode* const name = lilv_plugin_get_name(plugin);
      printf("%-10s %-56s %s\n", ours ? uri + strlen(URI_PREFIX) : "-", uri,
             name ? lilv_node_as_string(name) : "");
      lilv_node_free(name);
    }
  }
}
