// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: presets that a window saves come back as they were, are found by hosts, and those of hosts are found by the
   window; what is remembered for all windows is.
   Method: a home of its own; what is written is read by the store and by lilv, and the other way round.
*/
#include "plugin/ui/glue/preset_store.h"
#include "tests/support/support.h"

#include <lilv/lilv.h>
#include <lv2/presets/presets.h>
#include <lv2/urid/urid.h>

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char home[] = "/tmp/fieldiq_XXXXXX";

static int use_own_home(void** state)
{
  (void)state;
  assert_non_null(mkdtemp(home));
  assert_int_equal(setenv("HOME", home, 1), 0);
  assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
  return 0;
}

static int remove_home(void** state)
{
  (void)state;
  char command[64];
  snprintf(command, sizeof(command), "rm -r %s", home);
  return system(command);
}

static FiqPresetStore* open_store(FiqPluginKind plugin, FiqUiPresets* list)
{
  FiqUiSettings         settings;
  FiqPresetStore* const store = fiq_preset_store_new(plugin);
  assert_non_null(store);
  fiq_ui_settings_read(&settings);
  fiq_preset_store_scan(store, &settings, list);
  return store;
}

static FiqPresetContent some_content(FiqPluginKind plugin)
{
  FiqPresetContent content;
  fiq_preset_content_clear(&content);
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqParam* const param = &fiq_params[row];
    if (fiq_param_in(param, plugin) && !fiq_param_is_meter(param)) {
      content.value[row] =
          fiq_param_clamp(param, param->minimum + 0.37f * (param->maximum - param->minimum));
    }
  }
  content.has_seed   = true;
  content.seed       = 48213;
  content.n_state[0] = 192;
  content.n_state[2] = 202;
  for (uint32_t i = 0; i < 202; ++i) {
    content.state[0][i] = i < 192 ? sinf((float)i) * 1e-3f : 0.0f;
    content.state[2][i] = expf((float)i * 0.1f - 10.0f);
  }
  return content;
}

static void test_the_factory_presets_are_there_with_category_and_value(void** state)
{
  (void)state;
  for (int plugin = 0; plugin < FIQ_N_PLUGINS; ++plugin) {
    FiqUiPresets     list = {0};
    FiqPresetContent content;
    FiqPresetStore*  store = open_store((FiqPluginKind)plugin, &list);
    assert_true(list.n > 5);
    for (uint32_t i = 0; i < list.n; ++i) {
      assert_true(list.entry[i].name[0] && list.entry[i].category[0] && list.entry[i].tags[0]);
      assert_false(list.entry[i].is_user);
      assert_true(fiq_preset_store_load(store, i, &content));
      assert_false(fiq_preset_store_delete(store, i));
    }
    fiq_preset_store_free(store);
  }
}

static void test_a_saved_preset_comes_back_and_goes(void** state)
{
  (void)state;
  // Numbers have points whatever the language of the host.
  (void)setlocale(LC_ALL, "de_DE.UTF-8");
  for (int plugin = 0; plugin < FIQ_N_PLUGINS; ++plugin) {
    const FiqPresetText text  = {"My \"best\" sound, 2nd / x", "Pads", "soft wide", "As \\ it is."};
    FiqUiPresets        list  = {0};
    FiqPresetStore*     store = open_store((FiqPluginKind)plugin, &list);
    const uint32_t      before  = list.n;
    FiqPresetContent    content = some_content((FiqPluginKind)plugin);
    FiqPresetContent    back;
    assert_true(fiq_preset_store_save(store, &text, &content));
    content.seed = 7; // one of that name is replaced
    fiq_preset_store_free(store);
    store = open_store((FiqPluginKind)plugin, &list);
    assert_true(fiq_preset_store_save(store, &text, &content));
    fiq_preset_store_free(store);
    store = open_store((FiqPluginKind)plugin, &list);
    assert_int_equal(list.n, before + 1);
    const int32_t entry = fiq_preset_store_find(store, text.name);
    assert_true(entry >= 0);
    assert_true(list.entry[entry].is_user);
    assert_string_equal(list.entry[entry].category, text.category);
    assert_string_equal(list.entry[entry].tags, text.tags);
    assert_string_equal(list.entry[entry].comment, text.comment);
    assert_true(fiq_preset_store_load(store, (uint32_t)entry, &back));
    assert_memory_equal(back.value, content.value, sizeof(back.value));
    assert_true(back.has_seed && back.seed == 7);
    assert_int_equal(back.n_state[0], 192);
    assert_int_equal(back.n_state[1], 0);
    assert_int_equal(back.n_state[2], 202);
    assert_memory_equal(back.state[0], content.state[0], 192 * sizeof(float));
    assert_memory_equal(back.state[2], content.state[2], 202 * sizeof(float));
    assert_true(fiq_preset_store_delete(store, (uint32_t)entry));
    fiq_preset_store_free(store);
    store = open_store((FiqPluginKind)plugin, &list);
    assert_int_equal(list.n, before);
    fiq_preset_store_free(store);
  }
  (void)setlocale(LC_ALL, "C");
}

static char*    uris[256];
static uint32_t n_uris;

static LV2_URID map_uri(LV2_URID_Map_Handle handle, const char* uri)
{
  (void)handle;
  for (uint32_t i = 0; i < n_uris; ++i) {
    if (strcmp(uris[i], uri) == 0) {
      return i + 1;
    }
  }
  assert_true(n_uris < 256);
  uris[n_uris] = strdup(uri);
  return ++n_uris;
}

static uint32_t n_values;

static void count_value(const char* symbol, void* handle, const void* value, uint32_t size,
                        uint32_t type)
{
  (void)value;
  const FiqPresetContent* const content = handle;
  assert_int_equal(size, sizeof(float));
  assert_int_equal(type, map_uri(NULL, "http://lv2plug.in/ns/ext/atom#Float"));
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqParam* const param = &fiq_params[row];
    if (fiq_param_in(param, FIQ_PLUGIN_SWARM) && strcmp(param->symbol, symbol) == 0) {
      assert_memory_equal(value, &content->value[row], sizeof(float));
      ++n_values;
    }
  }
}

/// The one preset that lilv finds for the Swarm in the home's folder, and how many it finds.
static LilvNode* found_by_lilv(LilvWorld* world, uint32_t* n)
{
  char folder[128];
  snprintf(folder, sizeof(folder), "%s/.lv2", home);
  assert_int_equal(setenv("LV2_PATH", folder, 1), 0);
  lilv_world_load_all(world);
  LilvNode* const  type    = lilv_new_uri(world, LV2_PRESETS__Preset);
  LilvNode* const  is_a    = lilv_new_uri(world, LILV_NS_RDF "type");
  LilvNodes* const presets = lilv_world_find_nodes(world, NULL, is_a, type);
  LilvNode*        first   = NULL;
  *n                       = lilv_nodes_size(presets);
  LILV_FOREACH(nodes, i, presets)
  {
    first = first ? first : lilv_node_duplicate(lilv_nodes_get(presets, i));
  }
  lilv_nodes_free(presets);
  lilv_node_free(type);
  lilv_node_free(is_a);
  return first;
}

static void test_lilv_reads_what_was_saved(void** state)
{
  (void)state;
  const FiqPresetText text    = {"For hosts", "Pads", "", ""};
  FiqUiPresets        list    = {0};
  FiqPresetStore*     store   = open_store(FIQ_PLUGIN_SWARM, &list);
  FiqPresetContent    content = some_content(FIQ_PLUGIN_SWARM);
  uint32_t            n       = 0;
  LV2_URID_Map        map     = {NULL, map_uri};
  assert_true(fiq_preset_store_save(store, &text, &content));
  LilvWorld* const world  = lilv_world_new();
  LilvNode* const  preset = found_by_lilv(world, &n);
  assert_int_equal(n, 1);
  assert_int_equal(lilv_world_load_resource(world, preset) > 0, 1);
  LilvState* const host = lilv_state_new_from_world(world, &map, preset);
  assert_non_null(host);
  assert_string_equal(lilv_state_get_label(host), text.name);
  n_values = 0;
  lilv_state_emit_port_values(host, count_value, &content);
  assert_true(n_values > 60);
  fiq_preset_store_free(store);
  lilv_state_free(host);
  lilv_node_free(preset);
  lilv_world_free(world);
  for (uint32_t i = 0; i < n_uris; ++i) {
    free(uris[i]);
  }
}

static void write_file(const char* name, const char* text)
{
  char path[256];
  snprintf(path, sizeof(path), "%s/.lv2/Host.lv2/%s", home, name);
  assert_true(fiq_ui_make_folders(path));
  FILE* const file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void test_what_hosts_save_is_found(void** state)
{
  (void)state;
  // Two presets in one folder, with the words in the order in which lilv writes them.
  write_file(
      "manifest.ttl",
      "@prefix lv2: <http://lv2plug.in/ns/lv2core#> .\n"
      "@prefix pset: <http://lv2plug.in/ns/ext/presets#> .\n"
      "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
      "<Mine%201.ttl> lv2:appliesTo <urn:fieldiq:swarm> ; a pset:Preset ; rdfs:seeAlso "
      "<Mine%201.ttl> .\n"
      "<urn:other> lv2:appliesTo <urn:other:synth> ; a pset:Preset ; rdfs:seeAlso <o.ttl> .\n");
  write_file(
      "Mine 1.ttl",
      "@prefix atom: <http://lv2plug.in/ns/ext/atom#> .\n"
      "@prefix lv2: <http://lv2plug.in/ns/lv2core#> .\n"
      "@prefix pset: <http://lv2plug.in/ns/ext/presets#> .\n"
      "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .\n"
      "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
      "@prefix state: <http://lv2plug.in/ns/ext/state#> .\n"
      "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
      "<> a pset:Preset ; lv2:appliesTo <urn:fieldiq:swarm> ; rdfs:label \"Mine\" ;\n"
      " lv2:port [ lv2:symbol \"coupling\" ; pset:value 3.5 ] ,\n"
      "  [ pset:value 1.0e9 ; lv2:symbol \"detune\" ] , [ lv2:symbol \"none\" ; pset:value 2 ] ;\n"
      " state:state [ <urn:fieldiq:seed> \"99\"^^xsd:long ;\n"
      "  <urn:fieldiq:match> [ a atom:Vector ; atom:childType atom:Float ;\n"
      "   rdf:value ( \"0.5\"^^xsd:float \"-0.25\"^^xsd:float ) ] ] .\n");
  FiqUiPresets     list = {0};
  FiqPresetContent content;
  uint32_t         n     = 0;
  FiqPresetStore*  store = open_store(FIQ_PLUGIN_SWARM, &list);
  const int32_t    entry = fiq_preset_store_find(store, "Mine");
  assert_true(entry >= 0 && list.entry[entry].is_user);
  assert_true(fiq_preset_store_load(store, (uint32_t)entry, &content));
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const bool  is_ours = fiq_param_in(&fiq_params[row], FIQ_PLUGIN_SWARM);
    const char* symbol  = fiq_params[row].symbol;
    n += isfinite(content.value[row]) ? 1 : 0;
    assert_true(!is_ours || strcmp(symbol, "coupling") || fabsf(content.value[row] - 3.5f) < 1e-6f);
    assert_true(!is_ours || strcmp(symbol, "detune") || fabsf(content.value[row] - 100.0f) < 1e-6f);
  }
  assert_int_equal(n, 2); // what is out of range is held to it, what is unknown left out
  assert_true(content.has_seed && content.seed == 99);
  assert_int_equal(content.n_state[1], 2);
  assert_true(fabsf(content.state[1][1] + 0.25f) < 1e-6f);
  // The folder holds another's preset too: it is not for the window to delete.
  assert_false(fiq_preset_store_delete(store, (uint32_t)entry));
  fiq_preset_store_free(store);
}

static void test_broken_files_are_no_presets(void** state)
{
  (void)state;
  FiqUiPresets list = {0};
  char         path[160];
  snprintf(path, sizeof(path), "%s/.lv2/Broken.lv2/manifest.ttl", home);
  assert_true(fiq_ui_make_folders(path));
  FILE* const file = fopen(path, "w");
  assert_non_null(file);
  fputs("@prefix pset: <http://lv2plug.in/ns/ext/presets#> .\n<x.ttl> a pset:Preset ; ][ \"", file);
  fclose(file);
  FiqPresetStore* const store = open_store(FIQ_PLUGIN_SWARM, &list);
  assert_true(list.n > 5);
  fiq_preset_store_free(store);
}

static void test_zoom_contrast_and_favourites_are_remembered(void** state)
{
  (void)state;
  FiqUiSettings one;
  FiqUiSettings two;
  FiqUiPresets  list = {0};
  fiq_ui_settings_read(&one);
  assert_int_equal(one.zoom, 0);
  // Two windows of different programs, neither of which knows the other's changes.
  fiq_ui_settings_read(&two);
  assert_true(fiq_ui_settings_set_zoom(&one, 150));
  assert_true(fiq_ui_settings_set_contrast(&two, true));
  FiqPresetStore* store = open_store(FIQ_PLUGIN_SWARM, &list);
  assert_true(fiq_ui_settings_set_favourite(&one, fiq_preset_store_key(store, 3), true));
  assert_true(fiq_ui_settings_set_favourite(&two, fiq_preset_store_key(store, 5), true));
  assert_true(fiq_ui_settings_set_favourite(&two, fiq_preset_store_key(store, 3), false));
  fiq_preset_store_free(store);
  store = open_store(FIQ_PLUGIN_SWARM, &list);
  for (uint32_t i = 0; i < list.n; ++i) {
    assert_true(list.entry[i].is_favourite == (i == 5));
  }
  fiq_preset_store_free(store);
  fiq_ui_settings_read(&two);
  assert_int_equal(two.zoom, 150);
  assert_true(two.high_contrast);
  // What cannot be written changes nothing and says so.
  assert_int_equal(setenv("XDG_CONFIG_HOME", "/proc/nowhere", 1), 0);
  assert_false(fiq_ui_settings_set_zoom(&one, 200));
  assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
  fiq_ui_settings_read(&two);
  assert_int_equal(two.zoom, 150);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_factory_presets_are_there_with_category_and_value),
      cmocka_unit_test(test_a_saved_preset_comes_back_and_goes),
      cmocka_unit_test(test_lilv_reads_what_was_saved),
      cmocka_unit_test(test_what_hosts_save_is_found),
      cmocka_unit_test(test_broken_files_are_no_presets),
      cmocka_unit_test(test_zoom_contrast_and_favourites_are_remembered)};
  return cmocka_run_group_tests_name("ui presets", tests, use_own_home, remove_home);
}
