// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: what hosts read of the plugins is typed, named and measured as a strict reader would have it.
   Method: the bundle as lilv sees it, port by port and preset by preset. A toggle is 0 or 1 and no boolean: lilv 0.24
   gives no number for a boolean default, and hosts on it would start with the plugin disabled.
*/
#include "tests/support/support.h"

#include <lilv/lilv.h>
#include <lv2/core/lv2.h>
#include <lv2/port-groups/port-groups.h>
#include <lv2/port-props/port-props.h>
#include <lv2/presets/presets.h>
#include <lv2/units/units.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define RDFS "http://www.w3.org/2000/01/rdf-schema#"

static const char* const plugins[] = {"urn:fieldiq:realms", "urn:fieldiq:swarm",
                                      "urn:fieldiq:realms-stereo", "urn:fieldiq:realms-mono"};
enum { N_PLUGINS = sizeof(plugins) / sizeof(plugins[0]) };

static LilvWorld* world;

static LilvNode* uri(const char* text)
{
  return lilv_new_uri(world, text);
}

static const LilvPlugin* plugin_of(const char* name)
{
  LilvNode* const         node   = uri(name);
  const LilvPlugin* const plugin = lilv_plugins_get_by_uri(lilv_world_get_all_plugins(world), node);
  lilv_node_free(node);
  assert_non_null(plugin);
  return plugin;
}

static bool has(const LilvPlugin* plugin, const LilvPort* port, const char* property)
{
  LilvNode* const node = uri(property);
  const bool      is   = lilv_port_has_property(plugin, port, node);
  lilv_node_free(node);
  return is;
}

static bool is_a(const LilvPlugin* plugin, const LilvPort* port, const char* class_)
{
  LilvNode* const node = uri(class_);
  const bool      is   = lilv_port_is_a(plugin, port, node);
  lilv_node_free(node);
  return is;
}

/// Value of a property of the port, owned by the caller, or NULL.
static LilvNode* value_of(const LilvPlugin* plugin, const LilvPort* port, const char* property)
{
  LilvNode* const node  = uri(property);
  LilvNode* const value = lilv_port_get(plugin, port, node);
  lilv_node_free(node);
  return value;
}

static const char* symbol_of(const LilvPlugin* plugin, const LilvPort* port)
{
  return lilv_node_as_string(lilv_port_get_symbol(plugin, port));
}

/// Fails unless the number has the type of the port.
static void check_number(const LilvPlugin* plugin, const LilvPort* port, const LilvNode* number)
{
  const bool is_whole =
      has(plugin, port, LV2_CORE__integer) || has(plugin, port, LV2_CORE__toggled);
  if (!number || (is_whole ? !lilv_node_is_int(number) : !lilv_node_is_float(number))) {
    fail_msg("%s: a number is missing or of another type than the port", symbol_of(plugin, port));
  }
  if (has(plugin, port, LV2_CORE__toggled)) {
    assert_in_range(lilv_node_as_int(number), 0, 1);
  }
}

typedef void (*PortCheck)(const LilvPlugin* plugin, const LilvPort* port);

static void each_port(const char* class_, PortCheck check)
{
  for (size_t i = 0; i < N_PLUGINS; ++i) {
    const LilvPlugin* const plugin = plugin_of(plugins[i]);
    for (uint32_t index = 0; index < lilv_plugin_get_num_ports(plugin); ++index) {
      const LilvPort* const port = lilv_plugin_get_port_by_index(plugin, index);
      if (is_a(plugin, port, class_)) {
        check(plugin, port);
      }
    }
  }
}

static void check_range(const LilvPlugin* plugin, const LilvPort* port)
{
  static const char* const limits[] = {LV2_CORE__minimum, LV2_CORE__maximum, LV2_CORE__default};
  const bool               is_input = is_a(plugin, port, LV2_CORE__InputPort);
  for (size_t i = 0; i < (is_input ? 3u : 2u); ++i) {
    LilvNode* const number = value_of(plugin, port, limits[i]);
    check_number(plugin, port, number);
    lilv_node_free(number);
  }
}

static void test_numbers_have_the_type_of_their_port(void** state)
{
  (void)state;
  each_port(LV2_CORE__ControlPort, check_range);
}

static void check_unit(const LilvPlugin* plugin, const LilvPort* port)
{
  // Real numbers from 0 to 1 are shares; these are ratios too, K among them: in widths of a note's detune.
  static const char* const ratios[] = {"sharpness", "imbalance",           "coupling_ratio",
                                       "coupling",  "coupling_now",        "link_strength",
                                       "strength",  "sequence_temperature"};
  LilvNode* const          unit     = value_of(plugin, port, LV2_UNITS__unit);
  LilvNode* const          maximum  = value_of(plugin, port, LV2_CORE__maximum);
  const bool               is_whole =
      has(plugin, port, LV2_CORE__integer) || has(plugin, port, LV2_CORE__toggled);
  const char* const symbol = symbol_of(plugin, port);
  bool              is_one = is_whole || lilv_node_as_float(maximum) <= 1.0f;
  for (size_t i = 0; i < sizeof(ratios) / sizeof(ratios[0]); ++i) {
    is_one |= !strcmp(symbol, ratios[i]);
  }
  is_one |= !strncmp(symbol, "rotator_", 8) && strstr(symbol, "_q"); // a width over a frequency
  // Counts have no unit either.
  const bool is_counted = !strcmp(symbol, "carriers") || !strcmp(symbol, "moments") ||
                          !strcmp(symbol, "linked") || !strcmp(symbol, "groups") ||
                          !strcmp(symbol, "sequence_notes");
  if (!unit && !is_one && !is_counted) {
    fail_msg("%s has no unit", symbol);
  }
  LilvNode* const type   = uri(RDF "type");
  LilvNode* const class_ = uri(LV2_UNITS__Unit);
  if (unit && !lilv_world_ask(world, unit, type, class_)) {
    fail_msg("%s: nobody says what its unit is", symbol);
  }
  lilv_node_free(type);
  lilv_node_free(class_);
  lilv_node_free(unit);
  lilv_node_free(maximum);
}

static void test_what_has_a_unit_says_it(void** state)
{
  (void)state;
  each_port(LV2_CORE__ControlPort, check_unit);
}

static void check_words(const LilvPlugin* plugin, const LilvPort* port)
{
  LilvNode* const comment = value_of(plugin, port, RDFS "comment");
  LilvNode* const name    = lilv_port_get_name(plugin, port);
  assert_true(comment && lilv_node_is_string(comment));
  for (uint32_t index = 0; index < lilv_port_get_index(plugin, port); ++index) {
    const LilvPort* const other      = lilv_plugin_get_port_by_index(plugin, index);
    LilvNode* const       other_name = lilv_port_get_name(plugin, other);
    if (lilv_node_equals(name, other_name) ||
        !strcmp(symbol_of(plugin, port), symbol_of(plugin, other))) {
      fail_msg("two ports are called %s", lilv_node_as_string(name));
    }
    lilv_node_free(other_name);
  }
  lilv_node_free(name);
  lilv_node_free(comment);
}

static void test_every_port_has_a_name_of_its_own_and_a_comment(void** state)
{
  (void)state;
  each_port(LV2_CORE__Port, check_words);
}

static void check_points(const LilvPlugin* plugin, const LilvPort* port)
{
  LilvScalePoints* const points  = lilv_port_get_scale_points(plugin, port);
  LilvNode* const        maximum = value_of(plugin, port, LV2_CORE__maximum);
  const bool             is_enum = has(plugin, port, LV2_CORE__enumeration);
  assert_int_equal(points != NULL,
                   is_enum); // hosts take a port with points for one of these values alone
  if (points) {
    assert_int_equal(lilv_scale_points_size(points), lilv_node_as_int(maximum) + 1);
    LILV_FOREACH(scale_points, i, points)
    {
      check_number(plugin, port, lilv_scale_point_get_value(lilv_scale_points_get(points, i)));
    }
  }
  lilv_scale_points_free(points);
  lilv_node_free(maximum);
}

static void test_choices_alone_have_points(void** state)
{
  (void)state;
  each_port(LV2_CORE__ControlPort, check_points);
}

static void check_group(const LilvPlugin* plugin, const LilvPort* port)
{
  LilvNode* const   group = value_of(plugin, port, LV2_PORT_GROUPS__group);
  const char* const name  = lilv_node_as_uri(lilv_plugin_get_uri(plugin));
  const bool        wants = !strcmp(name, plugins[0]) || !strcmp(name, plugins[1]);
  if (wants != (group != NULL)) {
    fail_msg("%s: %s", name, symbol_of(plugin, port));
  }
  lilv_node_free(group);
}

static void test_plugins_for_other_hosts_group_no_controls(void** state)
{
  (void)state;
  each_port(LV2_CORE__ControlPort, check_group);
}

/// Bits of the priorities that a plugin's ports have.
static uint32_t priorities;

static void check_priority(const LilvPlugin* plugin, const LilvPort* port)
{
  LilvNode* const node = value_of(plugin, port, LV2_PORT_PROPS__displayPriority);
  if (node) {
    const int priority = lilv_node_as_int(node);
    assert_in_range(priority, 1, 12);
    assert_false(priorities & (1u << priority)); // each priority once
    assert_true(is_a(plugin, port, LV2_CORE__InputPort));
    priorities |= 1u << priority;
  }
  lilv_node_free(node);
}

static void test_twelve_controls_come_first(void** state)
{
  (void)state;
  for (int i = 0; i < N_PLUGINS; ++i) {
    const LilvPlugin* const plugin = plugin_of(plugins[i]);
    priorities                     = 0;
    for (uint32_t port = 0; port < lilv_plugin_get_num_ports(plugin); ++port) {
      check_priority(plugin, lilv_plugin_get_port_by_index(plugin, port));
    }
    assert_int_equal(priorities, 0x1ffe);
  }
}

static void check_preset(const LilvPlugin* plugin, const LilvNode* preset)
{
  LilvNode* const  has_port  = uri(LV2_CORE__port);
  LilvNode* const  has_name  = uri(LV2_CORE__symbol);
  LilvNode* const  has_value = uri(LV2_PRESETS__value);
  LilvNodes* const settings  = lilv_world_find_nodes(world, preset, has_port, NULL);
  assert_true(lilv_nodes_size(settings) > 0);
  LILV_FOREACH(nodes, i, settings)
  {
    const LilvNode* const setting = lilv_nodes_get(settings, i);
    LilvNode* const       symbol  = lilv_world_get(world, setting, has_name, NULL);
    LilvNode* const       value   = lilv_world_get(world, setting, has_value, NULL);
    LilvNode* const       name    = lilv_new_string(world, lilv_node_as_string(symbol));
    const LilvPort* const port    = lilv_plugin_get_port_by_symbol(plugin, name);
    assert_non_null(port);
    check_number(plugin, port, value);
    lilv_node_free(name);
    lilv_node_free(value);
    lilv_node_free(symbol);
  }
  lilv_nodes_free(settings);
  lilv_node_free(has_port);
  lilv_node_free(has_name);
  lilv_node_free(has_value);
}

static void test_presets_set_ports_that_are_there(void** state)
{
  (void)state;
  LilvNode* const class_ = uri(LV2_PRESETS__Preset);
  for (size_t i = 0; i < N_PLUGINS; ++i) {
    const LilvPlugin* const plugin  = plugin_of(plugins[i]);
    LilvNodes* const        presets = lilv_plugin_get_related(plugin, class_);
    assert_true(lilv_nodes_size(presets) >= 30);
    LILV_FOREACH(nodes, n, presets)
    {
      const LilvNode* const preset = lilv_nodes_get(presets, n);
      assert_true(lilv_world_load_resource(world, preset) >= 0);
      check_preset(plugin, preset);
    }
    lilv_nodes_free(presets);
  }
  lilv_node_free(class_);
}

static void test_numbers_are_numbers_to_a_host(void** state)
{
  (void)state;
  for (size_t i = 0; i < N_PLUGINS; ++i) {
    const LilvPlugin* const plugin   = plugin_of(plugins[i]);
    const uint32_t          n        = lilv_plugin_get_num_ports(plugin);
    float* const            minimum  = support_floats(n);
    float* const            maximum  = support_floats(n);
    float* const            fallback = support_floats(n);
    lilv_plugin_get_port_ranges_float(plugin, minimum, maximum, fallback);
    for (uint32_t index = 0; index < n; ++index) {
      const LilvPort* const port = lilv_plugin_get_port_by_index(plugin, index);
      if (is_a(plugin, port, LV2_CORE__ControlPort)) {
        assert_true(minimum[index] < maximum[index]);
        assert_int_equal(isnan(fallback[index]), !is_a(plugin, port, LV2_CORE__InputPort));
      }
    }
    free(minimum);
    free(maximum);
    free(fallback);
  }
}

int main(void)
{
  world = lilv_world_new();
  lilv_world_load_all(world);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_numbers_have_the_type_of_their_port),
      cmocka_unit_test(test_numbers_are_numbers_to_a_host),
      cmocka_unit_test(test_what_has_a_unit_says_it),
      cmocka_unit_test(test_every_port_has_a_name_of_its_own_and_a_comment),
      cmocka_unit_test(test_choices_alone_have_points),
      cmocka_unit_test(test_plugins_for_other_hosts_group_no_controls),
      cmocka_unit_test(test_twelve_controls_come_first),
      cmocka_unit_test(test_presets_set_ports_that_are_there)};
  const int failed = cmocka_run_group_tests_name("plugin lint", tests, NULL, NULL);
  lilv_world_free(world);
  return failed;
}
