// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: a MIDI controller that was learned sets its parameter at its frame and does nothing else; a port that moves takes
   the parameter over; which controller moves what, and where it stands, is kept with the session; a window is told, and what
   its user sets counts. No text does harm.
   Method: bytes compared with those of an instance whose ports were set; states saved and restored; messages read.
*/
#include "plugin/controllers.h"
#include "plugin/presets.h"
#include "tests/support/fixture.h"
#include "tests/support/store.h"

#include <lv2/atom/util.h>
#include <lv2/patch/patch.h>

#include <math.h>
#include <string.h>

enum { RATE = 48000, BLOCK = 480, LENGTH = 20 * BLOCK };

#define MAP "urn:fieldiq:controllers"
#define LEARN "urn:fieldiq:learn-controller"
#define LAID "urn:fieldiq:laid-over"

static Fixture* open_plugin(FiqPluginKind kind)
{
  Fixture* const self = fixture_open(kind, RATE, true);
  assert_non_null(self);
  fixture_seed(self, 9);
  fixture_set(self, "freewheel", 1);
  return self;
}

static float value_at(FiqPluginKind kind, const char* symbol, uint8_t value)
{
  const int32_t row = fiq_controllers_row(kind, symbol, strlen(symbol));
  assert_int_not_equal(row, FIQ_NO_CONTROLLER);
  return fiq_param_at(&fiq_params[row], (float)value / 127.0f);
}

/// A chord and a tone at the input from here on.
static FixtureAudio play(Fixture* self)
{
  FixtureAudio out = fixture_audio(LENGTH);
  FixtureAudio in  = fixture_audio(LENGTH);
  support_sine(in.plane[0], LENGTH, 330.0, RATE, 0.4, 0.0);
  support_sine(in.plane[1], LENGTH, 440.0, RATE, 0.4, 0.0);
  fixture_midi(self, 0, 0x90, 52, 100);
  fixture_midi(self, 0, 0x90, 59, 70);
  fixture_render(self, in.plane, out.plane, LENGTH, BLOCK);
  fixture_audio_free(&in);
  return out;
}

static void pass(Fixture* self)
{
  FixtureAudio out = fixture_audio(BLOCK);
  fixture_render(self, NULL, out.plane, BLOCK, BLOCK);
  fixture_audio_free(&out);
}

static bool play_alike(Fixture* a, Fixture* b)
{
  const bool same = fixture_audio_same_freed(play(a), play(b), LENGTH);
  fixture_close(a);
  fixture_close(b);
  return same;
}

static void test_a_learned_controller_is_its_port(void** state)
{
  (void)state;
  static const struct {
    FiqPluginKind kind;
    const char*   symbol;
  } cases[] = {{FIQ_PLUGIN_SWARM, "tilt"},        {FIQ_PLUGIN_SWARM, "detune"},
               {FIQ_PLUGIN_SWARM, "filter_type"}, {FIQ_PLUGIN_REALMS, "coupling"},
               {FIQ_PLUGIN_REALMS, "drive"},      {FIQ_PLUGIN_REALMS_MONO, "realm"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    const FiqPluginKind kind = cases[i].kind;
    Fixture* const      a    = open_plugin(kind);
    Fixture* const      b    = open_plugin(kind);
    pass(a);
    fixture_patch_string(b, 0, LEARN, cases[i].symbol);
    fixture_midi(b, 1, 0xb0, 32, 5); // none that is a knob's
    pass(b);
    fixture_set(a, cases[i].symbol, (double)value_at(kind, cases[i].symbol, 100));
    fixture_midi(b, 0, 0xb3, 1, 100); // the wheel: it is a knob now, and no wheel
    if (!play_alike(a, b)) {
      fail_msg("%s is not what its port would make it", cases[i].symbol);
    }
  }
}

static void test_it_happens_at_its_frame(void** state)
{
  (void)state;
  static const uint8_t  values[] = {90, 12, 127, 64};
  static const uint32_t blocks[] = {100, 4800};
  FixtureAudio          out[2]   = {fixture_audio(LENGTH), fixture_audio(LENGTH)};
  for (int run = 0; run < 2; ++run) {
    Fixture* const self = open_plugin(FIQ_PLUGIN_SWARM);
    fixture_patch_string(self, 0, MAP, "1 21 tilt");
    fixture_midi(self, 0, 0x90, 48, 100);
    for (size_t done = 0; done < LENGTH; done += blocks[run]) {
      for (size_t k = 0; k < sizeof values; ++k) {
        const size_t at = 1111 * (k + 1);
        if (at >= done && at < done + blocks[run]) {
          fixture_midi(self, (int64_t)(at - done), 0xb0, 21, values[k]);
        }
      }
      fixture_run(self, NULL, out[run].plane, done, blocks[run]);
      fixture_work(self);
    }
    fixture_close(self);
  }
  assert_true(fixture_audio_same_freed(out[0], out[1], LENGTH));
}

static void test_a_port_that_moves_takes_over_and_one_that_rests_does_not(void** state)
{
  (void)state;
  for (int moves = 0; moves < 2; ++moves) {
    Fixture* const a = open_plugin(FIQ_PLUGIN_SWARM);
    Fixture* const b = open_plugin(FIQ_PLUGIN_SWARM);
    fixture_patch_string(b, 0, MAP, "1 21 tilt");
    pass(a);
    pass(b);
    fixture_set(a, "tilt", (double)value_at(FIQ_PLUGIN_SWARM, "tilt", 20));
    fixture_midi(b, 0, 0xb0, 21, 20);
    pass(a);
    pass(b);
    fixture_set(a, moves ? "tilt" : "glide", moves ? -2.5 : 0.2);
    fixture_set(b, moves ? "tilt" : "glide", moves ? -2.5 : 0.2);
    assert_true(play_alike(a, b));
  }
}

static void load(Fixture* self, const FiqPreset* preset)
{
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (fiq_preset_holds(&fiq_params[row], self->kind)) {
      fixture_set(self, fiq_params[row].symbol, (double)fiq_preset_value(preset, &fiq_params[row]));
    }
  }
}

/// Whose ports are those of a preset before and after has nothing taken back but by a preset.
static void test_a_preset_takes_back_and_a_switch_does_not(void** state)
{
  (void)state;
  for (int kind = 0; kind < 2; ++kind) {
    const FiqPreset* const one = fiq_preset_program((FiqPluginKind)kind, 0);
    const FiqPreset* const two = fiq_preset_program((FiqPluginKind)kind, 1);
    for (int is_preset = 0; is_preset < 2; ++is_preset) {
      Fixture* const a = open_plugin((FiqPluginKind)kind);
      Fixture* const b = open_plugin((FiqPluginKind)kind);
      load(a, one);
      load(b, one);
      fixture_patch_string(b, 0, MAP, "1 21 coupling");
      pass(a);
      pass(b);
      fixture_set(a, "coupling", (double)value_at((FiqPluginKind)kind, "coupling", 127));
      fixture_midi(b, 0, 0xb0, 21, 127);
      pass(a);
      pass(b);
      if (is_preset) {
        load(a, two);
        load(b, two);
      } else {
        fixture_set(a, "link_role", 1);
        fixture_set(b, "link_role", 1);
      }
      assert_true(play_alike(a, b));
    }
  }
}

static void save(Fixture* self, Store* store)
{
  const LV2_State_Interface* const state = self->descriptor->extension_data(LV2_STATE__interface);
  memset(store, 0, sizeof *store);
  assert_int_equal(state->save(self->handle, store_keep, store, 0, NULL), LV2_STATE_SUCCESS);
}

static void restore(Fixture* self, Store* store)
{
  const LV2_State_Interface* const state = self->descriptor->extension_data(LV2_STATE__interface);
  assert_int_equal(state->restore(self->handle, store_fetch, store, 0, NULL), LV2_STATE_SUCCESS);
}

/// The map as the plugin tells it.
static void check_map(Fixture* self, const char* expected)
{
  FixtureAudio out = fixture_audio(64);
  fixture_patch_get(self, 0, "urn:fieldiq:seed");
  fixture_run(self, NULL, out.plane, 0, 64);
  const char* const told = fixture_told(self, MAP, LV2_ATOM__String);
  assert_string_equal(told ? told : "", expected);
  fixture_audio_free(&out);
}

static void test_it_is_kept_with_the_session(void** state)
{
  (void)state;
  static Store   with, without;
  Fixture* const a = open_plugin(FIQ_PLUGIN_SWARM);
  pass(a);
  save(a, &without);
  fixture_patch_string(a, 0, MAP, "16 119 enabled; 1 21 tilt\n2 7 nothing, 3 22 sway");
  fixture_midi(a, 1, 0xb0, 21, 33);
  pass(a);
  save(a, &with);
  Fixture* const b = open_plugin(FIQ_PLUGIN_SWARM);
  restore(b, &with);
  pass(b);
  check_map(b, "16 119 enabled, 1 21 tilt, 3 22 sway");
  restore(b, &without); // a sound that knows of none leaves the player's as they are
  pass(b);
  check_map(b, "16 119 enabled, 1 21 tilt, 3 22 sway");
  restore(b, &with);
  Fixture* const c = open_plugin(FIQ_PLUGIN_SWARM);
  restore(c, &with);
  fixture_set(c, "tilt", (double)value_at(FIQ_PLUGIN_SWARM, "tilt", 33));
  pass(b);
  pass(c);
  b->descriptor->activate(b->handle);
  c->descriptor->activate(c->handle);
  assert_true(play_alike(b, c)); // the knob stands where it stood
  fixture_close(a);
}

// ---- what a window is told ----

/// What the last run() said lies over the ports: number of floats, 0 if it said nothing.
static uint32_t laid_over(const Fixture* self, float* value, uint32_t n_max)
{
  uint32_t n = 0;
  LV2_ATOM_SEQUENCE_FOREACH((const LV2_Atom_Sequence*)(const void*)self->notify, event)
  {
    const LV2_Atom_Object* const object   = (const LV2_Atom_Object*)(const void*)&event->body;
    const LV2_Atom*              property = NULL;
    const LV2_Atom*              vector   = NULL;
    lv2_atom_object_get(object, fixture_urid(LV2_PATCH__property), &property,
                        fixture_urid(LV2_PATCH__value), &vector, 0);
    if (property && vector &&
        ((const LV2_Atom_URID*)(const void*)property)->body == fixture_urid(LAID)) {
      n = (vector->size - (uint32_t)sizeof(LV2_Atom_Vector_Body)) / (uint32_t)sizeof(float);
      assert_true(n <= n_max);
      memcpy(value, (const char*)(vector + 1) + sizeof(LV2_Atom_Vector_Body), n * sizeof(float));
    }
  }
  return n;
}

/// The last of what a tenth of a second says.
static uint32_t look(Fixture* self, float* value, uint32_t n_max)
{
  FixtureAudio out = fixture_audio(BLOCK);
  uint32_t     n   = 0;
  fixture_patch_get(self, 0, "urn:fieldiq:window");
  for (int i = 0; i < 10; ++i) {
    fixture_run(self, NULL, out.plane, 0, BLOCK);
    const uint32_t now = laid_over(self, value, n_max);
    n                  = now > 0 ? now : n;
  }
  fixture_audio_free(&out);
  return n;
}

static void test_a_window_is_told_and_what_its_user_sets_counts(void** state)
{
  (void)state;
  float          value[512];
  Fixture* const self = open_plugin(FIQ_PLUGIN_SWARM);
  const float    tilt = (float)fixture_port(self, "tilt");
  pass(self);
  assert_int_equal(look(self, value, 512), 1);
  assert_true(value[0] < 0.0f);
  fixture_patch_string(self, 0, MAP, "1 21 tilt");
  fixture_midi(self, 1, 0xb0, 21, 127);
  assert_int_equal(look(self, value, 512), 3);
  assert_true(value[0] < 0.0f && fabsf(value[1] - tilt) < 0.5f);
  assert_true(fabsf(value[2] - value_at(FIQ_PLUGIN_SWARM, "tilt", 127)) < 1e-6f);
  // The user turns it to what the host's port has held all the time: the port does not move.
  const float back[2] = {tilt, self->value[(uint32_t)tilt]};
  fixture_patch_floats(self, 0, LAID, back, 2);
  assert_int_equal(look(self, value, 512), 1);
  const uint8_t program[2] = {0xc0, 5};
  fixture_message(self, 0, program, sizeof program);
  assert_true(look(self, value, 512) > 3);
  assert_true(fabsf(value[0] - 5.0f) < 1e-6f);
  // A session that is opened again names the program.
  static Store store;
  save(self, &store);
  Fixture* const again = open_plugin(FIQ_PLUGIN_SWARM);
  restore(again, &store);
  for (int i = 0; i < 110; ++i) {
    pass(again);
  }
  assert_true(look(again, value, 512) > 3);
  assert_true(fabsf(value[0] - 5.0f) < 1e-6f);
  fixture_close(again);
  fixture_close(self);
}

static void test_waiting_is_told_and_ends(void** state)
{
  (void)state;
  FixtureAudio   out  = fixture_audio(64);
  Fixture* const self = open_plugin(FIQ_PLUGIN_REALMS);
  pass(self);
  fixture_patch_string(self, 0, LEARN, "coupling");
  fixture_run(self, NULL, out.plane, 0, 64);
  assert_string_equal(fixture_told(self, LEARN, LV2_ATOM__String), "coupling");
  fixture_patch_string(self, 0, LEARN, "");
  fixture_run(self, NULL, out.plane, 0, 64);
  assert_string_equal(fixture_told(self, LEARN, LV2_ATOM__String), "");
  fixture_midi(self, 0, 0xb0, 20, 64);
  check_map(self, "");
  fixture_patch_string(self, 0, LEARN, "coupling");
  fixture_midi(self, 1, 0xb0, 20, 64);
  fixture_run(self, NULL, out.plane, 0, 64);
  assert_string_equal(fixture_told(self, LEARN, LV2_ATOM__String), "");
  assert_string_equal(fixture_told(self, MAP, LV2_ATOM__String), "1 20 coupling");
  fixture_close(self);
  fixture_audio_free(&out);
}

static void test_no_text_does_harm(void** state)
{
  (void)state;
  static const char* const texts[] = {"",
                                      ",",
                                      " ;\n ,",
                                      "1",
                                      "1 2",
                                      "0 1 tilt",
                                      "17 1 tilt",
                                      "1 0 tilt",
                                      "1 120 tilt",
                                      "1 9999 tilt",
                                      "1 -1 tilt",
                                      "x y tilt",
                                      "1 2 latency",
                                      "1 2 freewheel",
                                      "1 2 til",
                                      "1 2 tiltt",
                                      "1 2 \xff\xfe",
                                      "1\t2\ttilt"};
  FiqControllers           map;
  char                     text[FIQ_CONTROLLERS_TEXT_BYTES];
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; ++i) {
    fiq_controllers_read(&map, FIQ_PLUGIN_SWARM, texts[i], strlen(texts[i]));
    assert_int_equal(map.n, 0);
  }
  // The last one counts, for the controller and for the parameter.
  static const char twice[] = "1 2 tilt, 1 2 sway, 4 5 sway, 1 3 tilt";
  fiq_controllers_read(&map, FIQ_PLUGIN_SWARM, twice, sizeof twice);
  assert_int_equal(fiq_controllers_write(&map, text), strlen("4 5 sway, 1 3 tilt"));
  assert_string_equal(text, "4 5 sway, 1 3 tilt");
  // As many as there is room for are read as they were written.
  memset(&map, 0, sizeof map);
  for (uint32_t row = 0; row < fiq_n_params && map.n < FIQ_CONTROLLERS_MAX; ++row) {
    if (fiq_controllers_suit(FIQ_PLUGIN_SWARM, row)) {
      const FiqController entry = {(uint8_t)(row % 16), (uint8_t)(7 + row / 16), (uint16_t)row};
      assert_true(fiq_controllers_add(&map, entry));
    }
  }
  const uint32_t n = fiq_controllers_write(&map, text);
  FiqControllers again;
  fiq_controllers_read(&again, FIQ_PLUGIN_SWARM, text, n);
  assert_int_equal(again.n, FIQ_CONTROLLERS_MAX);
  assert_memory_equal(&again, &map, sizeof map);
  // Cut anywhere, it is read up to there.
  for (uint32_t cut = 0; cut < n; ++cut) {
    fiq_controllers_read(&again, FIQ_PLUGIN_SWARM, text, cut);
    assert_true(again.n <= map.n);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_learned_controller_is_its_port),
      cmocka_unit_test(test_it_happens_at_its_frame),
      cmocka_unit_test(test_a_port_that_moves_takes_over_and_one_that_rests_does_not),
      cmocka_unit_test(test_a_preset_takes_back_and_a_switch_does_not),
      cmocka_unit_test(test_it_is_kept_with_the_session),
      cmocka_unit_test(test_a_window_is_told_and_what_its_user_sets_counts),
      cmocka_unit_test(test_waiting_is_told_and_ends),
      cmocka_unit_test(test_no_text_does_harm)};
  return cmocka_run_group_tests_name("controllers", tests, NULL, NULL);
}
