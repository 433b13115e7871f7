// SPDX-License-Identifier: GPL-3.0-or-later
/// Goal: controllers are learned, shown and forgotten by the pointer alone and by keys alone, in every window; and a window shows
/// what MIDI has laid over the host's ports, and what its user then sets arrives. Method: a page over an invented model.
#include "tests/support/ui_bench.h"

#include <math.h>
#include <string.h>

/// What the plugin does with the next controller.
static void move_controller(UiBench* self, uint8_t channel, uint8_t controller)
{
  FiqUiModel* const model = &self->fake.model;
  assert_int_not_equal(model->learning, FIQ_UI_NO_ROW);
  const FiqController entry = {channel, controller, (uint16_t)model->learning};
  assert_true(fiq_controllers_add(&model->controllers, entry));
  model->learning = FIQ_UI_NO_ROW;
  ui_bench_turn(self, 0.02);
}

static bool is_learned(const UiBench* self, uint32_t row)
{
  return fiq_controllers_for(&self->fake.model.controllers, row) != FIQ_NO_CONTROLLER;
}

static double middle_x(FiqUiRegion at)
{
  return at.x + 0.5 * at.width;
}

static double middle_y(FiqUiRegion at)
{
  return at.y + 0.5 * at.height;
}

/// The button at the right of the tabs.
static void press_button(UiBench* self, uint32_t row)
{
  FiqUiRegion tab, control;
  assert_true(fiq_ui_page_locate(self->page, row, &tab, &control));
  ui_bench_click(self, FIQ_UI_PAGE_WIDTH - 40.0, middle_y(tab), 1);
  ui_bench_turn(self, 0.02);
}

static void learn_by_pointer(FiqPluginKind plugin)
{
  UiBench* const    self  = ui_bench_new(plugin, 100);
  FiqUiModel* const model = &self->fake.model;
  press_button(self, ui_bench_row(self, "coupling"));
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (!fiq_ui_model_shows(model, row) || fiq_params[row].kind == FIQ_KIND_ENABLED) {
      continue;
    }
    const FiqUiRegion at = ui_bench_go_to(self, row);
    ui_bench_click(self, middle_x(at), middle_y(at), 1);
    if (model->learning != (int32_t)row) {
      fail_msg("%s cannot be learned", fiq_params[row].symbol);
    }
    move_controller(self, 2, 21);
    assert_true(is_learned(self, row) && model->controllers.n == 1);
    assert_int_equal(self->fake.n_set[row], 0); // under the layer nothing is turned
  }
  press_button(self, ui_bench_row(self, "coupling"));
  const uint32_t    row = ui_bench_row(self, "coupling");
  const FiqUiRegion at  = ui_bench_go_to(self, row);
  ui_bench_scroll(self, middle_x(at), middle_y(at), 1.0);
  assert_true(self->fake.n_set[row] > 0);
  ui_bench_free(self);
}

static void test_every_control_is_learned_by_the_pointer(void** state)
{
  (void)state;
  for (int plugin = 0; plugin < FIQ_N_PLUGINS; ++plugin) {
    learn_by_pointer((FiqPluginKind)plugin);
  }
}

static void test_one_is_learned_from_its_menu_by_keys_and_forgotten(void** state)
{
  (void)state;
  UiBench* const    self  = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  FiqUiModel* const model = &self->fake.model;
  const uint32_t    row   = ui_bench_row(self, "attack");
  ui_bench_go_to(self, row);
  for (uint32_t stop = 0; stop < 100 && self->fake.n_set[row] == 0; ++stop) {
    ui_bench_key(self, FIQ_UI_KEY_TAB, 0, "");
    ui_bench_key(self, FIQ_UI_KEY_UP_ARROW, 0, "");
  }
  ui_bench_key(self, FIQ_UI_KEY_MENU, 0, "");
  ui_bench_type(self, "ll"); // Lock, then Learn
  ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
  assert_int_equal(model->learning, row);
  ui_bench_turn(self, 0.02);
  // Escape undoes it.
  assert_true(ui_bench_key(self, FIQ_UI_KEY_ESCAPE, 0, ""));
  assert_int_equal(model->learning, FIQ_UI_NO_ROW);
  const FiqUiRegion at = ui_bench_go_to(self, row);
  ui_bench_menu(self, middle_x(at), middle_y(at));
  ui_bench_type(self, "ll");
  ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
  move_controller(self, 0, 74);
  assert_true(is_learned(self, row));
  // It is shown for a while, then the layer has gone by itself.
  ui_bench_turn(self, 0.5);
  ui_bench_turn(self, 1.0);
  ui_bench_turn(self, 0.1);
  ui_bench_menu(self, middle_x(at), middle_y(at));
  ui_bench_type(self, "f");
  ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
  assert_false(is_learned(self, row));
  ui_bench_free(self);
}

static void test_the_layer_is_worked_by_keys_alone(void** state)
{
  (void)state;
  UiBench* const    self  = ui_bench_new(FIQ_PLUGIN_REALMS, 100);
  FiqUiModel* const model = &self->fake.model;
  press_button(self, ui_bench_row(self, "coupling"));
  uint32_t n = 0;
  for (int step = 0; step < 12; ++step) {
    ui_bench_key(self, step % 4 == 3 ? FIQ_UI_KEY_DOWN_ARROW : FIQ_UI_KEY_RIGHT, 0, "");
    ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
    move_controller(self, 0, (uint8_t)(20 + step));
    n = model->controllers.n > n ? model->controllers.n : n;
  }
  assert_true(n > 6); // the arrows lead from control to control
  const int32_t last = model->controllers.entry[model->controllers.n - 1].row;
  ui_bench_key(self, FIQ_UI_KEY_DELETE, 0, "");
  assert_false(is_learned(self, (uint32_t)last));
  ui_bench_key(self, FIQ_UI_KEY_ENTER, 0, "");
  assert_int_equal(model->learning, last);
  ui_bench_key(self, FIQ_UI_KEY_ESCAPE, 0, "");
  assert_int_equal(model->learning, FIQ_UI_NO_ROW);
  ui_bench_key(self, FIQ_UI_KEY_ESCAPE, 0, "");
  ui_bench_turn(self, 0.02);
  // Closed: arrows are the focused control's again, or nobody's.
  assert_false(ui_bench_key(self, FIQ_UI_KEY_DELETE, 0, ""));
  ui_bench_free(self);
}

static void test_a_window_that_is_hidden_waits_no_longer(void** state)
{
  (void)state;
  UiBench* const self = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  press_button(self, ui_bench_row(self, "coupling"));
  const FiqUiRegion at = ui_bench_go_to(self, ui_bench_row(self, "coupling"));
  ui_bench_click(self, middle_x(at), middle_y(at), 1);
  assert_int_not_equal(self->fake.model.learning, FIQ_UI_NO_ROW);
  fiq_ui_page_let_go(self->page);
  assert_int_equal(self->fake.model.learning, FIQ_UI_NO_ROW);
  ui_bench_free(self);
}

// ---- what lies over the ports ----

static void test_what_midi_set_is_shown_and_what_the_user_sets_arrives(void** state)
{
  (void)state;
  UiBench* const    self  = ui_bench_new(FIQ_PLUGIN_SWARM, 100);
  FiqUiModel* const model = &self->fake.model;
  const uint32_t    tilt  = ui_bench_row(self, "tilt");
  fiq_ui_model_heard(model, tilt, -3.0f);
  fiq_ui_model_lay_over(model, tilt, true, -12.0f);
  fiq_ui_model_heard(model, tilt, -3.0f); // said again by a host: no news
  assert_true(fabsf(model->value[tilt] + 12.0f) < 1e-6f);
  // To what the port has had all the time: the plugin hears of it too.
  fiq_ui_model_set(model, tilt, -3.0f);
  assert_int_equal(self->fake.n_set[tilt], 1);
  assert_int_equal(self->fake.taken_back, tilt);
  assert_true(fabsf(self->fake.taken_value + 3.0f) < 1e-6f);
  // To what is heard: that is the port's from now on.
  fiq_ui_model_lay_over(model, tilt, true, -9.0f);
  fiq_ui_model_set(model, tilt, -9.0f);
  assert_int_equal(self->fake.n_set[tilt], 2);
  fiq_ui_model_lay_over(model, tilt, false, 0.0f);
  assert_true(fabsf(model->value[tilt] + 9.0f) < 1e-6f);
  // The host takes it back, by its port or by a preset.
  fiq_ui_model_lay_over(model, tilt, true, -1.0f);
  fiq_ui_model_heard(model, tilt, -6.0f);
  assert_true(fabsf(model->value[tilt] + 6.0f) < 1e-6f);
  fiq_ui_model_lay_over(model, tilt, true, -1.0f);
  fiq_ui_model_lay_over(model, tilt, false, 0.0f);
  assert_true(fabsf(model->value[tilt] + 6.0f) < 1e-6f);
  // What the user holds is nobody else's.
  fiq_ui_model_hold(model, tilt);
  fiq_ui_model_set(model, tilt, -4.0f);
  fiq_ui_model_lay_over(model, tilt, true, -1.0f);
  assert_true(fabsf(model->value[tilt] + 4.0f) < 1e-6f);
  ui_bench_free(self);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_control_is_learned_by_the_pointer),
      cmocka_unit_test(test_one_is_learned_from_its_menu_by_keys_and_forgotten),
      cmocka_unit_test(test_the_layer_is_worked_by_keys_alone),
      cmocka_unit_test(test_a_window_that_is_hidden_waits_no_longer),
      cmocka_unit_test(test_what_midi_set_is_shown_and_what_the_user_sets_arrives)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
