// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: the window's browser finds by words for sounds what the hosts' describe finds, in the same order and as far off, and
   toward moves the same controls to the same values. Method: queries to both, the one reading the bundle, the other its own
   tables.
*/
#include "host-test/common/report.h"
#include "host-test/lv2/describe.h"
#include "plugin/presets.h"
#include "plugin/ui/page/description.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

enum { PRESETS_MAX = 512 };

static FiqHost      host;
static FiqDescribe  describe;
static FiqUiPreset  entry[PRESETS_MAX];
static FiqUiPresets presets;

static const char* const queries[] = {"dark slow glassy choir",
                                      "bright",
                                      "very warm and wide",
                                      "not so sharp, a little airier",
                                      "a thinner, harsher bell without breath",
                                      "something like a plucked string but softer",
                                      "slightly rougher",
                                      "deep rumbling drone",
                                      "glass",
                                      "choir",
                                      "huge moving pad"};

enum { N_QUERIES = sizeof queries / sizeof queries[0] };

static int set_up(void** state)
{
  (void)state;
  fiq_report_init("host_browser", true);
  for (uint32_t i = 0; i < fiq_n_presets && presets.n < PRESETS_MAX; ++i) {
    const FiqPreset* const from = &fiq_presets[i];
    if (from->plugin == FIQ_PLUGIN_SWARM) {
      entry[presets.n++] = (FiqUiPreset){.name     = from->label,
                                         .category = from->category,
                                         .tags     = from->tags,
                                         .comment  = from->comment};
    }
  }
  presets.entry = entry;
  return fiq_host_open(&host, "swarm", 48000.0) && fiq_describe_init(&describe, &host) ? 0 : -1;
}

static int tear_down(void** state)
{
  (void)state;
  fiq_describe_free(&describe);
  fiq_host_free(&host);
  return 0;
}

static const FiqUiPreset* called(const char* name)
{
  uint32_t i = 0;
  while (i < presets.n && strcmp(entry[i].name, name) != 0) {
    ++i;
  }
  assert_true(i < presets.n);
  return &entry[i];
}

static void test_both_find_the_same_and_as_far_off(void** state)
{
  (void)state;
  for (size_t q = 0; q < N_QUERIES; ++q) {
    FiqDescribeQuery query;
    FiqDescribeFound found[FIQ_DESCRIBE_LIST];
    FiqDescription   description;
    assert_true(fiq_describe_ask(&describe, queries[q], &query));
    fiq_description_read(&description, queries[q], &presets);
    assert_true(description.leads);
    const uint32_t n = fiq_describe_find(&describe, &query, found);
    for (uint32_t i = 0; i < n; ++i) {
      const FiqUiPreset* const preset = called(found[i].preset->label);
      const float              away   = fiq_description_distance(&description, preset);
      if (fabsf(away - found[i].distance) > 1e-4f) {
        fail_msg("'%s': %s is %g off, not %g", queries[q], preset->name, (double)away,
                 (double)found[i].distance);
      }
    }
    // And nothing else is nearer.
    uint32_t n_nearer = 0;
    for (uint32_t i = 0; i < presets.n; ++i) {
      n_nearer += fiq_description_distance(&description, &entry[i]) < found[n - 1].distance - 1e-4f;
    }
    assert_true(n_nearer < n);
  }
}

static void ignore(void* handle, uint32_t row, float value)
{
  (void)handle;
  (void)row;
  (void)value;
}

static void ignore_touch(void* handle, uint32_t row, bool held)
{
  (void)handle;
  (void)row;
  (void)held;
}

static void test_toward_moves_the_same_controls_as_far(void** state)
{
  (void)state;
  static FiqUiModel model;
  const FiqUiCalls  calls   = {.set = ignore, .touch = ignore_touch};
  uint32_t          n_moved = 0;
  char              said[160];
  fiq_ui_model_init(&model, FIQ_PLUGIN_SWARM, &calls);
  const uint32_t tilt = (uint32_t)fiq_ui_model_row(&model, "tilt");
  for (size_t q = 0; q < N_QUERIES; ++q) {
    FiqDescription description;
    fiq_description_read(&description, queries[q], &presets);
    fiq_description_move(&description, &model, said, sizeof said);
    (void)fiq_describe_toward(&host, queries[q]);
    for (uint32_t row = 0; row < fiq_n_params; ++row) {
      if (!fiq_ui_model_shows(&model, row)) {
        continue;
      }
      const uint32_t port = fiq_ports_index(&host.ports, fiq_params[row].symbol);
      const float    far  = fiq_host_value(&host, port);
      if (fabsf(far - model.value[row]) > 1e-4f * fmaxf(1.0f, fabsf(far))) {
        fail_msg("'%s': %s goes to %g, not %g", queries[q], fiq_params[row].symbol,
                 (double)model.value[row], (double)far);
      }
      n_moved += fabsf(far - fiq_params[row].fallback) > 0.0f;
    }
  }
  assert_true(n_moved > 20);
  // What is locked stays, and is not said to have moved.
  FiqDescription bright;
  fiq_description_read(&bright, "bright", &presets);
  model.is_locked[tilt] = true;
  const float before    = model.value[tilt];
  fiq_description_move(&bright, &model, said, sizeof said);
  assert_true(fabsf(model.value[tilt] - before) < 1e-6f);
  assert_null(strstr(said, fiq_params[tilt].name));
}

static void test_what_nobody_knows_is_searched_for_as_text(void** state)
{
  (void)state;
  static const char* const texts[] = {"",   "  ",       "xyzzy",  "xyzzy bright",
                                      "12", "\xff\xfe", "of the", "very"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; ++i) {
    FiqDescription description;
    fiq_description_read(&description, texts[i], &presets);
    assert_false(description.is_known);
  }
  // A last word is still being typed.
  FiqDescription description;
  fiq_description_read(&description, "bright gl", &presets);
  assert_true(description.is_known);
  fiq_description_read(&description, "bright gl ", &presets);
  assert_false(description.is_known);
  // A user's preset has no measures.
  FiqUiPreset mine = entry[0];
  mine.is_user     = true;
  assert_true(isinf(fiq_description_distance(&description, &mine)));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_both_find_the_same_and_as_far_off),
      cmocka_unit_test(test_toward_moves_the_same_controls_as_far),
      cmocka_unit_test(test_what_nobody_knows_is_searched_for_as_text)};
  return cmocka_run_group_tests_name("browser", tests, set_up, tear_down);
}
