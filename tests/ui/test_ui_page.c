// SPDX-License-Identifier: GPL-3.0-or-later
/// Goal: every control of both windows is on a tab, can be seen whole, and can be changed by the pointer alone and by
/// keys alone, each write arriving. Method: a page over an invented model that counts what is asked of it.
#include "dsp/tone/spectrum.h"
#include "plugin/ui/page/note_spectrum.h"
#include "plugin/ui/page/param_text.h"
#include "plugin/ui/widget/paint.h"
#include "tests/support/ui_bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STOPS_MAX = 400 };

// ---- every control ----

static bool is_input(const UiBench* self, uint32_t row)
{
  return fiq_ui_model_shows(&self->fake.model, row);
}

static void check_all_written(const UiBench* self, const char* how)
{
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (is_input(self, row) && self->fake.n_set[row] == 0) {
      fail_msg("%s: %s cannot be changed", how, fiq_params[row].symbol);
    }
  }
  assert_int_equal(self->fake.n_touches, self->fake.n_lets);
}

static void walk_by_keys(FiqPluginKind plugin)
{
  UiBench* const self = ui_bench_new(plugin, 100);
  for (uint32_t tab = 0; tab < 16; ++tab) {
    for (uint32_t stop = 0; stop < STOPS_MAX; ++stop) {
      ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
      // The tabs use these keys too, and are then back where they were.
      ui_bench_key(self, FIQ_UI_KEY_UP_ARROW, 0, "");
      ui_bench_key(self, FIQ_UI_KEY_DOWN_ARROW, 0, "");
    }
    ui_bench_key(self, FIQ_UI_KEY_PAGE_DOWN, FIQ_UI_CTRL, "");
    ui_bench_turn(self, 0.02);
  }
  // The power button is one: the last of the header, before the pictures and the tabs.
  const uint32_t enabled = ui_bench_row(self, "enabled");
  ui_bench_key(self, FIQ_UI_KEY_ESCAPE, 0, "");
  for (uint32_t stop = 0; stop < 20 && self->fake.n_set[enabled] == 0; ++stop) {
    ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
    ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
    ui_bench_key(self, FIQ_UI_KEY_ESCAPE, 0, "");
    if (self->fake.n_set[enabled] == 0) {
      // Escape left the focus where nothing was open; go on from there.
      for (uint32_t i = 0; i <= stop; ++i) {
        ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
      }
    }
  }
  check_all_written(self, "keys");
  ui_bench_free(self);
}

static void walk_by_pointer(FiqPluginKind plugin)
{
  UiBench* const self = ui_bench_new(plugin, 100);
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (!is_input(self, row) || fiq_params[row].kind == FIQ_KIND_ENABLED) {
      continue;
    }
    const FiqUiRegion at  = ui_bench_go_to(self, row);
    const double      x   = at.x + 0.5 * at.width;
    const double      y   = at.y + 0.5 * at.height;
    const float       was = self->fake.model.value[row];
    ui_bench_scroll(self, x, y, 1.0);
    ui_bench_scroll(self, x, y, 1.0);
    ui_bench_scroll(self, x, y, -1.0);
    ui_bench_scroll(self, x, y, -1.0);
    ui_bench_scroll(self, x, y, -1.0);
    assert_true(self->fake.n_set[row] > 0);
    ui_bench_click(self, x, y, 2);
    if (fabsf(self->fake.model.value[row] - fiq_params[row].fallback) > 1e-6f) {
      fail_msg("a double click does not reset %s (was %g)", fiq_params[row].symbol, (double)was);
    }
  }
  ui_bench_click(self, FIQ_UI_PAGE_WIDTH - 28.0, 24.0, 1);
  check_all_written(self, "pointer");
  ui_bench_free(self);
}

static void test_every_control_by_keys_alone(void** state)
{
  (void)state;
  for (int plugin = 0; plugin < FIQ_N_PLUGINS; ++plugin) {
    walk_by_keys((FiqPluginKind)plugin);
  }
}

static void test_every_control_by_the_pointer_alone(void** state)
{
  (void)state;
  for (int plugin = 0; plugin < FIQ_N_PLUGINS; ++plugin) {
    walk_by_pointer((FiqPluginKind)plugin);
  }
}

static bool meet(FiqUiRegion a, FiqUiRegion b)
{
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

static void check_layout(FiqPluginKind plugin, uint32_t zoom)
{
  UiBench* const self  = ui_bench_new(plugin, zoom);
  const double   scale = zoom / 100.0;
  FiqUiRegion    shown[FIQ_UI_ROWS_MAX];
  FiqUiRegion    tab, other;
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (!is_input(self, row) || fiq_params[row].kind == FIQ_KIND_ENABLED) {
      continue;
    }
    const FiqUiRegion at = ui_bench_go_to(self, row);
    shown[row]           = at;
    assert_true(at.x >= 0 && at.x + at.width <= (int32_t)(FIQ_UI_PAGE_WIDTH * scale));
    assert_true(at.y >= 0 && at.y + at.height <= (int32_t)(FIQ_UI_PAGE_HEIGHT * scale));
    // The name is written whole, but for what the heading says.
    const char* const label = fiq_ui_page_label(self->page, row);
    const size_t      n     = strlen(fiq_params[row].name);
    assert_true(fiq_text_width(label, 11.0, FIQ_TEXT_REGULAR) <= at.width / scale + 0.5);
    assert_true(label[0] && strlen(label) <= n);
    assert_string_equal(label + 1, fiq_params[row].name + n - strlen(label) + 1);
    for (uint32_t k = 0; k < row; ++k) {
      if (is_input(self, k) && fiq_params[k].kind != FIQ_KIND_ENABLED &&
          fiq_ui_page_locate(self->page, k, &tab, &other) && other.width > 0 &&
          meet(shown[k], at)) {
        fail_msg("%s lies over %s", fiq_params[row].symbol, fiq_params[k].symbol);
      }
    }
  }
  ui_bench_free(self);
}

static void test_no_control_is_cut_or_covered(void** state)
{
  (void)state;
  for (int plugin = 0; plugin < FIQ_N_PLUGINS; ++plugin) {
    check_layout((FiqPluginKind)plugin, 75);
    check_layout((FiqPluginKind)plugin, 100);
    check_layout((FiqPluginKind)plugin, 300);
  }
}

// ---- drag, type, reset ----

static void test_drag_moves_and_shift_makes_it_ten_times_finer(void** state)
{
  (void)state;
  UiBench* const    self = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  const uint32_t    row  = ui_bench_row(self, "stereo");
  const FiqUiRegion at   = ui_bench_go_to(self, row);
  const double      x    = at.x + 0.5 * at.width;
  const double      y    = at.y + 0.5 * at.height;
  float             moved[2];
  for (uint32_t fine = 0; fine < 2; ++fine) {
    fiq_ui_model_set(&self->fake.model, row, 50.0f);
    ui_bench_turn(self, 0.02);
    ui_bench_pointer(self, FIQ_UI_PRESS, x, y, 1, 0);
    for (int step = 1; step <= 30; ++step) {
      ui_bench_pointer(self, FIQ_UI_MOVE, x, y - 2 * step, 0, fine ? FIQ_UI_SHIFT : 0u);
    }
    assert_int_equal(self->fake.model.held, row);
    ui_bench_pointer(self, FIQ_UI_RELEASE, x, y - 60, 0, 0);
    assert_int_equal(self->fake.model.held, FIQ_UI_NO_ROW);
    moved[fine] = self->fake.model.value[row] - 50.0f;
  }
  assert_true(moved[0] > 20.0f);
  assert_true(fabsf(moved[1] * 10.0f - moved[0]) < 0.01f * moved[0]);
  ui_bench_free(self);
}

static void test_a_value_is_typed_by_keys_and_delete_resets(void** state)
{
  (void)state;
  UiBench* const self = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  const uint32_t row  = ui_bench_row(self, "attack");
  ui_bench_go_to(self, row);
  // Tab until the arrow moves the attack.
  for (uint32_t stop = 0; stop < STOPS_MAX && self->fake.n_set[row] == 0; ++stop) {
    ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
    ui_bench_key(self, FIQ_UI_KEY_UP_ARROW, 0, "");
  }
  ui_bench_type(self, "250 ms");
  assert_true(ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, ""));
  assert_true(fabsf(self->fake.model.value[row] - 0.25f) < 1e-6f);
  ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
  ui_bench_type(self, "1,5");
  ui_bench_key(self, FIQ_UI_KEY_ESCAPE, 0, "");
  assert_true(fabsf(self->fake.model.value[row] - 0.25f) < 1e-6f);
  ui_bench_key(self, FIQ_UI_KEY_DELETE, 0, "");
  assert_true(fabsf(self->fake.model.value[row] - fiq_params[row].fallback) < 1e-6f);
  ui_bench_free(self);
}

static void test_unused_keys_are_the_hosts_and_an_entry_keeps_its_own(void** state)
{
  (void)state;
  UiBench* const self = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  const uint32_t row  = ui_bench_row(self, "detune");
  assert_false(ui_bench_key(self, FIQ_UI_KEY_TEXT, 0, " "));
  const FiqUiRegion at = ui_bench_go_to(self, row);
  ui_bench_click(self, at.x + 0.5 * at.width, at.y + 0.5 * at.height, 1);
  assert_false(ui_bench_key(self, FIQ_UI_KEY_TEXT, 0, " "));
  assert_false(ui_bench_key(self, FIQ_UI_KEY_TEXT, 0, "l"));
  assert_true(ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, ""));
  assert_true(ui_bench_key(self, FIQ_UI_KEY_TEXT, 0, " "));
  assert_true(ui_bench_key(self, FIQ_UI_KEY_TEXT, 0, "l"));
  ui_bench_key(self, FIQ_UI_KEY_ESCAPE, 0, "");
  ui_bench_free(self);
}

static void test_echoes_leave_the_knob_in_hand_alone(void** state)
{
  (void)state;
  UiBench* const    self = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  const uint32_t    row  = ui_bench_row(self, "detune");
  const FiqUiRegion at   = ui_bench_go_to(self, row);
  const double      x    = at.x + 0.5 * at.width;
  const double      y    = at.y + 0.5 * at.height;
  ui_bench_pointer(self, FIQ_UI_PRESS, x, y, 1, 0);
  ui_bench_pointer(self, FIQ_UI_MOVE, x, y - 50, 0, 0);
  const float mine = self->fake.model.value[row];
  fiq_ui_model_heard(&self->fake.model, row, 1.0f);
  assert_true(memcmp(&mine, &self->fake.model.value[row], sizeof(mine)) == 0);
  ui_bench_pointer(self, FIQ_UI_RELEASE, x, y - 50, 0, 0);
  fiq_ui_model_heard(&self->fake.model, row, 1.0f);
  assert_true(fabsf(self->fake.model.value[row] - 1.0f) < 1e-6f);
  ui_bench_free(self);
}

// ---- A and B, vary ----

static void test_a_and_b_keep_two_sounds(void** state)
{
  (void)state;
  UiBench* const    self  = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  FiqUiModel* const model = &self->fake.model;
  const uint32_t    row   = ui_bench_row(self, "detune");
  fiq_ui_model_set(model, row, 10.0f);
  fiq_ui_model_select_slot(model, 1);
  fiq_ui_model_set(model, row, 20.0f);
  model->seed = 7;
  fiq_ui_model_select_slot(model, 0);
  assert_true(fabsf(model->value[row] - 10.0f) < 1e-6f);
  assert_int_equal(model->seed, 48213);
  fiq_ui_model_copy_slot(model);
  fiq_ui_model_select_slot(model, 1);
  assert_true(fabsf(model->value[row] - 10.0f) < 1e-6f);
  ui_bench_free(self);
}

static void test_vary_is_small_and_leaves_locks_alone(void** state)
{
  (void)state;
  UiBench* const    self   = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  FiqUiModel* const model  = &self->fake.model;
  const uint32_t    locked = ui_bench_row(self, "detune");
  const uint32_t    level  = ui_bench_row(self, "output");
  uint32_t          n      = 0;
  model->is_locked[locked] = true;
  fiq_ui_model_vary(model, 0.06f, 11);
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqParam* const param = &fiq_params[row];
    n += self->fake.n_set[row] > 0;
    if (self->fake.n_set[row] > 0 && param->kind == FIQ_KIND_LINEAR) {
      assert_true(fabsf(model->value[row] - param->fallback) <=
                  0.0601f * (param->maximum - param->minimum));
    }
  }
  assert_int_equal(self->fake.n_set[locked], 0);
  assert_int_equal(self->fake.n_set[level], 0);
  assert_true(n > 10);
  ui_bench_free(self);
}

// ---- presets ----

/// Open the browser by keys, type, and take the first that it finds.
static void search(UiBench* self, const char* words)
{
  ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
  ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
  ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
  ui_bench_type(self, words);
  ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
}

static void test_browser_filters_as_typed_and_steps_keep_to_it(void** state)
{
  (void)state;
  UiBench* const self = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  search(self, "unreason");
  assert_true(strstr(self->fake.name[self->fake.selected], "Unreasonably") != NULL);
  const int32_t first = self->fake.selected;
  ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
  for (int i = 0; i < 10; ++i) {
    ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
    assert_true(strstr(self->fake.name[self->fake.selected], "Unreasonably") != NULL);
  }
  // There are ten of them, so ten steps end where they began.
  assert_int_equal(self->fake.selected, first);
  ui_bench_free(self);
}

static void test_toward_moves_the_sound_by_keys_and_by_the_pointer(void** state)
{
  (void)state;
  UiBench* const self = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  const uint32_t tilt = ui_bench_row(self, "tilt");
  ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
  ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
  ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
  ui_bench_key(self, FIQ_UI_KEY_ENTER, FIQ_UI_CTRL, ""); // toward nothing
  assert_int_equal(self->fake.n_writes, 0);
  ui_bench_type(self, "bright");
  const float before = self->fake.model.value[tilt];
  ui_bench_key(self, FIQ_UI_KEY_ENTER, FIQ_UI_CTRL, "");
  const float once = self->fake.model.value[tilt];
  assert_true(once > before + 1.0f);
  ui_bench_turn(self, 0.02);
  // The button stands at the right of what is typed; the browser stays open for more.
  ui_bench_click(self, 780.0, 66.0, 1);
  assert_true(self->fake.model.value[tilt] > once + 1.0f);
  assert_int_equal(self->fake.n_touches, self->fake.n_lets);
  assert_int_equal(self->fake.selected, -1);
  ui_bench_key(self, FIQ_UI_KEY_ESCAPE, 0, "");
  ui_bench_free(self);
}

static void test_the_browser_finds_words_that_mean_the_same(void** state)
{
  (void)state;
  UiBench* const self = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  search(self, "Brilliant");
  assert_true(self->fake.selected >= 0);
  assert_true(strstr(self->fake.preset[self->fake.selected].tags, "bright") != NULL);
  ui_bench_free(self);
}

static void test_a_preset_is_saved_with_category_and_tags(void** state)
{
  (void)state;
  UiBench* const self = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  for (int i = 0; i < 7; ++i) {
    ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
  }
  ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
  ui_bench_type(self, "Mine");
  ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
  ui_bench_type(self, "Pads");
  ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
  ui_bench_type(self, "soft low");
  ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
  assert_string_equal(self->fake.saved, "Mine/Pads/soft low");
  ui_bench_free(self);
}

// ---- drawing ----

static uint64_t hash_of(cairo_surface_t* surface)
{
  cairo_surface_flush(surface);
  const uint8_t* const pixels = cairo_image_surface_get_data(surface);
  const size_t         n      = (size_t)cairo_image_surface_get_stride(surface) *
                   (size_t)cairo_image_surface_get_height(surface);
  uint64_t hash = 1469598103934665603u;
  for (size_t i = 0; i < n; ++i) {
    hash = (hash ^ (i % 4 == 3 ? 0 : pixels[i])) * 1099511628211u;
  }
  return hash;
}

static void test_drawing_what_changed_equals_drawing_all(void** state)
{
  (void)state;
  UiBench* const self = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  FiqUiRegion    regions[FIQ_UI_REGIONS_MAX];
  for (uint32_t i = 0; i < 40; ++i) {
    if (i % 2 == 0) {
      fiq_ui_fake_tell(&self->fake, 0.1 * i, self->now_s);
    }
    fiq_ui_model_set(&self->fake.model, ui_bench_row(self, "tilt"), -0.5f * (float)i);
    ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
    ui_bench_turn(self, 1.0 / 60.0);
  }
  cairo_surface_flush(self->surface);
  const size_t         n     = 4u * FIQ_UI_PAGE_WIDTH * FIQ_UI_PAGE_HEIGHT;
  uint8_t* const       parts = malloc(n);
  const uint8_t* const all   = cairo_image_surface_get_data(self->surface);
  memcpy(parts, all, n);
  fiq_ui_page_expose(self->page);
  fiq_ui_page_draw(self->page, self->surface, regions);
  // Cairo fills the edges of a curve a little differently where another clip cuts it: a pixel here and there.
  uint32_t n_apart = 0;
  for (size_t i = 0; i < n; ++i) {
    n_apart += i % 4 != 3 && abs(parts[i] - all[i]) > 8;
  }
  assert_in_range(n_apart, 0, 100);
  free(parts);
  ui_bench_free(self);
}

static void test_a_still_page_draws_nothing(void** state)
{
  (void)state;
  UiBench* const self = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  for (int i = 0; i < 100; ++i) {
    ui_bench_turn(self, 0.1);
  }
  for (int i = 0; i < 100; ++i) {
    self->now_s += 0.1;
    assert_false(fiq_ui_page_idle(self->page, self->now_s));
  }
  ui_bench_free(self);
}

static void test_a_dimmed_control_says_why_and_still_works(void** state)
{
  (void)state;
  UiBench* const    self   = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  const uint32_t    row    = ui_bench_row(self, "stereo_rate");
  const FiqUiRegion at     = ui_bench_go_to(self, row);
  const uint64_t    dimmed = hash_of(self->surface);
  fiq_ui_model_set(&self->fake.model, ui_bench_row(self, "stereo_motion"), 50.0f);
  ui_bench_turn(self, 0.02);
  assert_true(hash_of(self->surface) != dimmed);
  ui_bench_scroll(self, at.x + 0.5 * at.width, at.y + 0.5 * at.height, 1.0);
  assert_true(self->fake.n_set[row] > 0);
  ui_bench_free(self);
}

// ---- the keyboard ----

static void test_keyboard_plays_by_pointer_and_by_keys(void** state)
{
  (void)state;
  UiBench* const self = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  ui_bench_click(self, 600.0, FIQ_UI_PAGE_HEIGHT - 20.0, 1);
  assert_int_equal(self->fake.n_notes_on, 1);
  assert_int_equal(self->fake.n_notes_off, 1);
  FiqUiEvent event = {
      .kind = FIQ_UI_KEY_DOWN, .key = FIQ_UI_KEY_TEXT, .text = "a", .keycode = 38, .time_s = 101.0};
  assert_true(fiq_ui_page_event(self->page, &event));
  event.repeated = true;
  fiq_ui_page_event(self->page, &event);
  assert_int_equal(self->fake.n_notes_on, 2);
  // The focus goes elsewhere while the key is down: the note must not hang.
  ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
  ui_bench_turn(self, 0.02);
  assert_int_equal(self->fake.n_notes_off, 2);
  // The pitch wheel springs back.
  ui_bench_pointer(self, FIQ_UI_PRESS, 20.0, FIQ_UI_PAGE_HEIGHT - 80.0, 1, 0);
  assert_true(self->fake.bend > 0.5f);
  ui_bench_pointer(self, FIQ_UI_RELEASE, 20.0, FIQ_UI_PAGE_HEIGHT - 80.0, 0, 0);
  assert_true(fabsf(self->fake.bend) < 1e-6f);
  ui_bench_free(self);
}

static void test_realms_has_a_keyboard_where_notes_are_played(void** state)
{
  (void)state;
  static const struct {
    const char* symbol;
    float       on, off;
  } cases[] = {{"swarm_level", -6.0f, -60.0f}, {"sequence", 1.0f, 0.0f}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
    UiBench* const self = ui_bench_new(FIQ_PLUGIN_REALMS, 100);
    const double   y    = FIQ_UI_PAGE_HEIGHT - 20.0;
    const uint32_t row  = ui_bench_row(self, cases[i].symbol);
    ui_bench_turn(self, 0.02);
    ui_bench_click(self, 600.0, y, 1);
    assert_int_equal(self->fake.n_notes_on, 0);
    const uint64_t without = hash_of(self->surface);
    // While the hand is on it nothing moves under it.
    fiq_ui_model_hold(&self->fake.model, row);
    fiq_ui_model_set(&self->fake.model, row, cases[i].on);
    ui_bench_turn(self, 0.02);
    ui_bench_click(self, 600.0, y, 1);
    assert_int_equal(self->fake.n_notes_on, 0);
    fiq_ui_model_let_go(&self->fake.model);
    ui_bench_turn(self, 0.02);
    ui_bench_pointer(self, FIQ_UI_PRESS, 600.0, y, 1, 0);
    assert_int_equal(self->fake.n_notes_on, 1);
    // It goes with what it plays, and no note hangs.
    fiq_ui_model_set(&self->fake.model, row, cases[i].off);
    ui_bench_turn(self, 0.02);
    assert_int_equal(self->fake.n_notes_off, 1);
    ui_bench_pointer(self, FIQ_UI_RELEASE, 600.0, y, 0, 0);
    ui_bench_pointer(self, FIQ_UI_MOVE, 5.0, 5.0, 0, 0);
    ui_bench_key(self, FIQ_UI_KEY_ESCAPE, 0, "");
    ui_bench_turn(self, 0.02);
    assert_true(hash_of(self->surface) == without);
    ui_bench_free(self);
  }
}

static void test_the_keyboard_shows_what_the_partner_may_play_in_both(void** state)
{
  (void)state;
  for (int plugin = 0; plugin < 2; ++plugin) {
    UiBench* const self = ui_bench_new((FiqPluginKind)plugin, 100);
    fiq_ui_model_set(&self->fake.model, ui_bench_row(self, "sequence"), 1.0f);
    fiq_ui_fake_tell(&self->fake, 1.0, self->now_s);
    ui_bench_turn(self, 0.02);
    cairo_surface_flush(self->surface);
    // The marks are orange, which nothing else on the keys is.
    const uint8_t* const pixels = cairo_image_surface_get_data(self->surface);
    const FiqColor       mark   = fiq_theme(false)->orange;
    uint32_t             n      = 0;
    for (size_t at = (size_t)(FIQ_UI_PAGE_HEIGHT - 85) * FIQ_UI_PAGE_WIDTH;
         at < (size_t)FIQ_UI_PAGE_HEIGHT * FIQ_UI_PAGE_WIDTH; ++at) {
      const uint8_t* const p = pixels + 4 * at;
      n += fabs(p[2] - 255.0 * mark.red) < 3.0 && fabs(p[1] - 255.0 * mark.green) < 3.0 &&
           fabs(p[0] - 255.0 * mark.blue) < 3.0;
    }
    assert_true(n > 100);
    ui_bench_free(self);
  }
}

// ---- the tour ----

static void test_the_tour_has_seven_cards_and_steps_the_core(void** state)
{
  (void)state;
  UiBench* const self  = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  const uint32_t pause = ui_bench_row(self, "core_pause");
  const uint32_t step  = ui_bench_row(self, "core_step");
  ui_bench_turn(self, 0.02);
  const uint64_t closed = hash_of(self->surface);
  uint64_t       card[7];
  ui_bench_key(self, FIQ_UI_KEY_F1, 0, "");
  for (int i = 0; i < 7; ++i) {
    ui_bench_turn(self, 0.02);
    card[i] = hash_of(self->surface);
    assert_true(card[i] != closed);
    for (int k = 0; k < i; ++k) {
      assert_true(card[i] != card[k]);
    }
    if (i == 1) {
      // Behind Next come Close, Pause and Step.
      ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
      ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
      ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
      assert_int_equal(self->fake.n_set[pause], 1);
      ui_bench_turn(self, 0.02);
      ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
      ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
      assert_true(self->fake.model.value[step] > 0.5f);
      ui_bench_turn(self, 0.1);
      assert_true(self->fake.model.value[step] > 0.5f);
      ui_bench_turn(self, 0.2);
      ui_bench_turn(self, 0.02);
      assert_true(self->fake.model.value[step] < 0.5f);
      for (int back = 0; back < 3; ++back) {
        ui_bench_key(self, FIQ_UI_KEY_TAB, FIQ_UI_SHIFT, "");
      }
    }
    ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
  }
  // The last card's Done closes it.
  ui_bench_turn(self, 0.02);
  ui_bench_key(self, FIQ_UI_KEY_ESCAPE, 0, "");
  ui_bench_turn(self, 0.02);
  assert_true(
      fiq_ui_page_event(self->page, &(FiqUiEvent){.kind = FIQ_UI_KEY_DOWN, .key = FIQ_UI_KEY_F1}));
  ui_bench_free(self);
}

// ---- text ----

static void test_what_is_shown_can_be_typed(void** state)
{
  (void)state;
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqParam* const param = &fiq_params[row];
    if (fiq_param_is_meter(param)) {
      continue;
    }
    for (uint32_t i = 0; i <= 20; ++i) {
      const float share = (float)i / 20.0f;
      const bool  ratio = param->minimum > 0.0f &&
                         (param->kind == FIQ_KIND_LOG || param->kind == FIQ_KIND_COUNT_HEAVY);
      const float value = fiq_param_clamp(
          param, ratio ? param->minimum * powf(param->maximum / param->minimum, share)
                       : param->minimum + share * (param->maximum - param->minimum));
      char  text[64];
      float read = NAN;
      fiq_param_format(param, value, text, sizeof(text));
      assert_true(fiq_param_parse(param, text, &read));
      const float allowed = 0.011f * fabsf(value) + 0.006f;
      if (!(fabsf(read - value) <= allowed)) {
        fail_msg("%s: %g is shown as \"%s\", read as %g", param->symbol, (double)value, text,
                 (double)read);
      }
    }
  }
}

// ---- contrast ----

static void test_all_text_has_the_contrast_of_aa(void** state)
{
  (void)state;
  for (int high = 0; high < 2; ++high) {
    const FiqTheme* const t          = fiq_theme(high);
    const FiqColor        pairs[][2] = {{t->ink, t->panel},
                                        {t->soft, t->panel},
                                        {t->faint, t->panel},
                                        {t->ink, t->raised},
                                        {t->soft, t->raised},
                                        {t->faint, t->raised},
                                        {t->ink, t->ground},
                                        {t->soft, t->ground},
                                        {t->on_accent, t->accent},
                                        {t->on_light, t->light},
                                        {t->accent, t->panel},
                                        {t->green, t->panel},
                                        {t->orange, t->panel},
                                        {t->ink, t->well},
                                        {t->soft, t->well},
                                        {t->faint, t->ground},
                                        {t->ink, fiq_color_mixed(t->panel, t->accent, 0.25)},
                                        {t->focus, t->panel}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); ++i) {
      if (fiq_color_contrast(pairs[i][0], pairs[i][1]) < 4.5) {
        fail_msg("theme %d, pair %zu: %.2f", high, i, fiq_color_contrast(pairs[i][0], pairs[i][1]));
      }
    }
  }
}

static void set_value(UiBench* self, const char* symbol, float value)
{
  fiq_ui_model_set(&self->fake.model, (uint32_t)fiq_ui_model_row(&self->fake.model, symbol), value);
}

static void test_the_partials_are_drawn_as_the_filter_leaves_them(void** state)
{
  (void)state;
  UiBench* const  self = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  FiqNoteSpectrum seen;
  set_value(self, "partials", 16.0f);
  set_value(self, "tilt", -6.0f);
  fiq_note_spectrum(&self->fake.model, &seen);
  assert_false(seen.is_shaped);
  assert_int_equal(seen.n, 16);
  assert_true(fabsf(seen.heard_db[7] + 18.0f) < 0.01f);
  // Half of the power at the fourth harmonic of middle C, and 24 dB an octave above it.
  set_value(self, "filter_type", FIQ_FILTER_LOW);
  set_value(self, "filter_cutoff", 4.0f * 261.6256f);
  set_value(self, "filter_slope", 24.0f);
  fiq_note_spectrum(&self->fake.model, &seen);
  assert_true(seen.is_shaped);
  assert_true(fabsf(seen.heard_db[3] - seen.level_db[3] + 3.01f) < 0.05f);
  assert_true(fabsf(seen.heard_db[15] - seen.level_db[15] + 48.0f) < 0.6f);
  assert_true(fabsf(seen.curve_db[FIQ_NOTE_POINTS - 1] + 48.0f) < 0.6f);
  // What sounds is drawn as the plugin tells of it: here 2 dB less with each of the points of seven octaves.
  FiqUiTone* const tone = &self->fake.model.telemetry.tone;
  tone->hz              = 130.8128f;
  tone->n_shape         = 8;
  for (uint32_t i = 0; i < 8; ++i) {
    tone->shape_db[i] = -2.0f * (float)i;
  }
  fiq_note_spectrum(&self->fake.model, &seen);
  assert_true(fabsf(seen.heard_db[7] - seen.level_db[7] + 6.0f) < 0.01f);
  assert_true(fabsf(seen.hz - tone->hz) < 0.01f);
  ui_bench_free(self);
}

static void test_words_are_typed_and_taken_away(void** state)
{
  (void)state;
  UiBench* const    self = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  const FiqUiRegion gap =
      ui_bench_go_to(self, (uint32_t)fiq_ui_model_row(&self->fake.model, "words_gap"));
  // The box stands left of the section's controls.
  ui_bench_click(self, gap.x - 100.0, gap.y + 60.0, 1);
  ui_bench_type(self, "la-la");
  ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
  assert_string_equal(self->fake.model.words, "la-la");
  ui_bench_click(self, gap.x - 100.0, gap.y + 60.0, 1);
  ui_bench_key(self, FIQ_UI_KEY_ESCAPE, 0, "");
  assert_string_equal(self->fake.model.words, "la-la");
  ui_bench_key(self, FIQ_UI_KEY_DELETE, 0, "");
  assert_string_equal(self->fake.model.words, "");
  ui_bench_free(self);
}

static void test_moments_are_named_and_called(void** state)
{
  (void)state;
  for (int plugin = 0; plugin < 2; ++plugin) {
    UiBench* const    self     = ui_bench_new((FiqPluginKind)plugin, 100);
    const FiqUiRegion at       = ui_bench_go_to(self, ui_bench_row(self, "remember"));
    const char*       words[3] = {"dawn", "dusk", "sea"};
    // The box stands left of the section's controls, the button at its top.
    const double x = at.x - 240.0;
    const double y = at.y + 20.0;
    for (int i = 0; i < 3; ++i) {
      ui_bench_click(self, x, y, 1);
      ui_bench_type(self, words[i]);
      ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
      ui_bench_turn(self, 0.02);
    }
    assert_string_equal(self->fake.model.moments, "dawn\ndusk\nsea");
    // By keys: the first name, then the third as well, and all of them let go.
    ui_bench_key(self, FIQ_UI_KEY_RIGHT, 0, "");
    ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
    assert_string_equal(self->fake.called, "dawn");
    ui_bench_key(self, FIQ_UI_KEY_RIGHT, 0, "");
    ui_bench_key(self, FIQ_UI_KEY_RIGHT, 0, "");
    ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
    assert_string_equal(self->fake.called, "dawn sea");
    // A name that comes leaves those that are called alone.
    self->fake.model.calls.name_moment(&self->fake, "new");
    ui_bench_turn(self, 0.02);
    ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
    assert_string_equal(self->fake.called, "dawn");
    ui_bench_key(self, FIQ_UI_KEY_DELETE, 0, "");
    assert_string_equal(self->fake.called, "");
    // By the pointer: the first name stands under the button.
    ui_bench_click(self, at.x - 280.0, y + 28.0, 1);
    assert_string_equal(self->fake.called, "dawn");
    ui_bench_click(self, at.x - 280.0, y + 28.0, 1);
    assert_string_equal(self->fake.called, "");
    ui_bench_free(self);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_control_by_keys_alone),
      cmocka_unit_test(test_every_control_by_the_pointer_alone),
      cmocka_unit_test(test_no_control_is_cut_or_covered),
      cmocka_unit_test(test_drag_moves_and_shift_makes_it_ten_times_finer),
      cmocka_unit_test(test_a_value_is_typed_by_keys_and_delete_resets),
      cmocka_unit_test(test_unused_keys_are_the_hosts_and_an_entry_keeps_its_own),
      cmocka_unit_test(test_echoes_leave_the_knob_in_hand_alone),
      cmocka_unit_test(test_a_and_b_keep_two_sounds),
      cmocka_unit_test(test_vary_is_small_and_leaves_locks_alone),
      cmocka_unit_test(test_browser_filters_as_typed_and_steps_keep_to_it),
      cmocka_unit_test(test_toward_moves_the_sound_by_keys_and_by_the_pointer),
      cmocka_unit_test(test_the_browser_finds_words_that_mean_the_same),
      cmocka_unit_test(test_a_preset_is_saved_with_category_and_tags),
      cmocka_unit_test(test_drawing_what_changed_equals_drawing_all),
      cmocka_unit_test(test_a_still_page_draws_nothing),
      cmocka_unit_test(test_a_dimmed_control_says_why_and_still_works),
      cmocka_unit_test(test_keyboard_plays_by_pointer_and_by_keys),
      cmocka_unit_test(test_realms_has_a_keyboard_where_notes_are_played),
      cmocka_unit_test(test_the_keyboard_shows_what_the_partner_may_play_in_both),
      cmocka_unit_test(test_the_tour_has_seven_cards_and_steps_the_core),
      cmocka_unit_test(test_what_is_shown_can_be_typed),
      cmocka_unit_test(test_all_text_has_the_contrast_of_aa),
      cmocka_unit_test(test_moments_are_named_and_called),
      cmocka_unit_test(test_words_are_typed_and_taken_away),
      cmocka_unit_test(test_the_partials_are_drawn_as_the_filter_leaves_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
