// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: what the window's model holds is what the plugin does.
   Method: the plugin plays known notes and sounds; its messages are unpacked as the window unpacks them.
*/
#include "plugin/ui/glue/picture_reader.h"
#include "tests/support/fixture.h"

#include <lv2/atom/util.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, FRAMES = 3 * RATE, BLOCK = 480 };

static LV2_URID map_uri(LV2_URID_Map_Handle handle, const char* uri)
{
  (void)handle;
  return fixture_urid(uri);
}

/// Model and reader, which are too large for the stack.
typedef struct {
  FiqUiModel       model;
  FiqPictureReader reader;
  uint32_t         n_moments;
} Desk;

static void look(const Fixture* self, Desk* desk, double now_s)
{
  const LV2_Atom_Sequence* const sequence = (const LV2_Atom_Sequence*)(const void*)self->notify;
  LV2_ATOM_SEQUENCE_FOREACH(sequence, event)
  {
    const LV2_Atom_Object* const object = (const LV2_Atom_Object*)(const void*)&event->body;
    (void)fiq_picture_reader_take(&desk->reader, object, &desk->model, now_s);
  }
}

static Desk* play_at(double rate_hz, FiqPluginKind kind, int realm, const char* symbol,
                     double value)
{
  LV2_URID_Map     map   = {NULL, map_uri};
  const FiqUiCalls calls = {0};
  Desk* const      desk  = calloc(1, sizeof(*desk));
  FixtureAudio     in    = fixture_audio(FRAMES);
  FixtureAudio     out   = fixture_audio(FRAMES);
  Fixture* const   self  = fixture_open(kind, rate_hz, true);
  assert_non_null(desk);
  fiq_ui_model_init(&desk->model, kind, &calls);
  fiq_picture_reader_init(&desk->reader, &map, &desk->model);
  support_sine(in.plane[0], FRAMES, 1000.0, rate_hz, 0.5, 0.0);
  if (!strcmp(symbol, "objective")) { // peaks that turning phases lowers
    for (size_t i = 0; i < FRAMES; ++i) {
      in.plane[0][i] = i % 480 < 4 ? 0.9f : -0.01f;
    }
  }
  memcpy(in.plane[1], in.plane[0], FRAMES * sizeof(float));
  fixture_seed(self, 2);
  if (kind == FIQ_PLUGIN_REALMS) {
    fixture_set(self, "realm", realm);
    fixture_set(self, "amount", 100);
  }
  fixture_set(self, symbol, value);
  fixture_midi(self, 0, 0x90, 69, 100);
  fixture_midi(self, 0, 0x90, 57, 50);
  for (size_t at = 0; at < FRAMES; at += BLOCK) {
    if (at % RATE == 0) {
      fixture_patch_get(self, 0, "urn:fieldiq:window");
    }
    fixture_run(self, in.plane, out.plane, at, BLOCK);
    fixture_work(self);
    for (uint32_t row = 0; row < fiq_n_params; ++row) {
      const FiqParam* const param = &fiq_params[row];
      if (fiq_param_in(param, kind)) {
        fiq_ui_model_heard(&desk->model, row, fixture_get(self, param->symbol));
      }
    }
    look(self, desk, (double)at / rate_hz);
  }
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
  return desk;
}

static Desk* play(FiqPluginKind kind, int realm, const char* symbol, double value)
{
  return play_at(RATE, kind, realm, symbol, value);
}

static void test_notes_stand_low_to_high_with_their_oscillators(void** state)
{
  (void)state;
  Desk* const                   desk  = play(FIQ_PLUGIN_SWARM, 0, "coupling", 6);
  const FiqUiTelemetry* const   told  = &desk->model.telemetry;
  const FiqUiOscillators* const shown = &told->oscillators;
  uint32_t                      on[2] = {0, 0};
  assert_true(told->sequence > 85);
  assert_int_equal(told->notes.n, 2);
  assert_true(fabsf(told->notes.hz[0] - 220.0f) < 0.5f && fabsf(told->notes.hz[1] - 440.0f) < 0.5f);
  assert_int_equal(shown->n, 512);
  assert_int_equal(shown->n_all, 512);
  for (uint32_t i = 0; i < shown->n; ++i) {
    assert_true(shown->note[i] < 2);
    assert_true(fabsf(shown->hz[i] - told->notes.hz[shown->note[i]]) < 0.5f);
    assert_true(fabsf(shown->phase_rad[i]) < 3.1416f);
    assert_true(shown->amplitude[i] >= 0.0f && shown->amplitude[i] <= 1.0f);
    ++on[shown->note[i]];
  }
  assert_true(fabsf((float)on[0] / 512.0f - told->notes.share[0]) < 0.01f);
  assert_true(on[1] > on[0]); // it was struck harder
  assert_true(told->core.mean > 0.9f && fabsf(told->core.psi_rad) < 0.2f);
  assert_int_equal(told->core.n, 16);
  assert_true(told->levels.out[0] > 0.01f && told->levels.in[0] > 0.4f);
  free(desk);
}

static float effective_of(const Desk* desk, const char* symbol)
{
  return desk->model.effective[fiq_ui_model_row(&desk->model, symbol)];
}

static void test_what_moves_the_newest_note_is_shown_as_it_is_heard(void** state)
{
  (void)state;
  // The newest note is a minor third below middle C at velocity 50: its filter is closed by 2 octaves times what is missing.
  Desk* const            desk   = play(FIQ_PLUGIN_SWARM, 0, "filter_type", 1);
  const FiqUiTone* const tone   = &desk->model.telemetry.tone;
  const float            cutoff = 2000.0f * exp2f(2.0f * (50.0f / 127.0f - 1.0f));
  assert_true(fabsf(tone->hz - 220.0f) < 0.5f);
  assert_true(fabsf(effective_of(desk, "filter_cutoff") / cutoff - 1.0f) < 0.02f);
  assert_true(isnan(effective_of(desk, "filter_resonance")));
  assert_true(isnan(effective_of(desk, "coupling")));
  // The cutoff goes with the key, and takes half of the power there.
  const float    at = log2f(cutoff / 261.63f) / 7.0f * (float)(tone->n_shape - 1);
  const uint32_t i  = (uint32_t)at;
  const float    db =
      tone->shape_db[i] + (at - (float)i) * (tone->shape_db[i + 1] - tone->shape_db[i]);
  assert_true(fabsf(db + 3.0f) < 0.3f);
  free(desk);
}

static void test_the_regulators_part_of_the_coupling_is_shown(void** state)
{
  (void)state;
  Desk* const desk = play(FIQ_PLUGIN_REALMS, 1, "regulator", 1);
  const float now  = desk->model.value[fiq_ui_model_row(&desk->model, "coupling_now")];
  assert_true(fabsf(effective_of(desk, "coupling") - now) < 1e-3f);
  free(desk);
}

/// Hz at which a curve is largest.
static float peak_hz(const FiqUiCurve* curve)
{
  uint32_t best = 0;
  for (uint32_t i = 0; i < curve->n; ++i) {
    best = curve->value[i] > curve->value[best] ? i : best;
  }
  return curve->low_hz * powf(curve->high_hz / curve->low_hz, (float)best / (float)(curve->n - 1));
}

static float largest(const FiqUiWave* wave)
{
  float most = 0.0f;
  for (uint32_t i = 0; i < wave->n; ++i) {
    most = fmaxf(most, fabsf(wave->value[i]));
  }
  return most;
}

static void test_the_spectrum_shows_the_input_and_the_moment_its_wave(void** state)
{
  (void)state;
  Desk* const              desk   = play(FIQ_PLUGIN_REALMS, 1, "rotate", 180);
  const FiqUiRealms* const realms = &desk->model.telemetry.realms;
  float                    level  = -200.0f;
  for (uint32_t i = 0; i < realms->spectrum.n; ++i) {
    level = fmaxf(level, realms->spectrum.value[i]);
  }
  print_message("peak at %.1f Hz, %.2f dB\n", (double)peak_hz(&realms->spectrum), (double)level);
  assert_true(fabsf(peak_hz(&realms->spectrum) / 1000.0f - 1.0f) < 0.03f);
  assert_true(fabsf(level + 6.02f) < 1.6f); // between two bins a Hann window shows 1.4 dB less
  assert_true(realms->before.n > 100 && fabsf(largest(&realms->before) - 1.0f) < 0.01f);
  assert_true(largest(&realms->after) > 0.5f && largest(&realms->after) < 1.2f);
  assert_int_equal(realms->n_bands, 24);
  for (uint32_t i = 0; i < realms->n_bands; ++i) {
    assert_true(i == 0 || realms->band_hz[i] > realms->band_hz[i - 1]);
    assert_true(fabsf(realms->phase_rad[i]) < 3.1416f && isfinite(realms->delay_s[i]));
  }
  free(desk);
}

static void test_before_and_after_are_the_same_moment_at_double_the_rate_too(void** state)
{
  (void)state;
  for (double rate_hz = 48000.0; rate_hz < 100000.0; rate_hz *= 2.0) {
    Desk* const              desk    = play_at(rate_hz, FIQ_PLUGIN_REALMS, 1, "mix", 0);
    const FiqUiRealms* const realms  = &desk->model.telemetry.realms;
    const int32_t            latency = fiq_ui_model_row(&desk->model, "latency");
    assert_true(fabs((double)realms->latency_s - (double)desk->model.value[latency] / rate_hz) <
                1e-6);
    assert_true(realms->before.n > 100 && realms->before.n == realms->after.n);
    for (uint32_t i = 0; i < realms->before.n; ++i) { // nothing but a delay
      assert_true(fabsf(realms->before.value[i] - realms->after.value[i]) < 0.02f);
    }
    free(desk);
  }
}

static void test_transfer_curves_show_what_the_neurons_add(void** state)
{
  (void)state;
  Desk* const              low    = play(FIQ_PLUGIN_REALMS, 0, "drive", -24);
  Desk* const              high   = play(FIQ_PLUGIN_REALMS, 0, "drive", 18);
  const FiqUiRealms* const soft   = &low->model.telemetry.realms;
  const FiqUiRealms* const driven = &high->model.telemetry.realms;
  for (uint32_t i = 0; i < soft->transfer[0].n; ++i) {
    const float x = 2.0f * (float)i / (float)(soft->transfer[0].n - 1) - 1.0f;
    assert_true(fabsf(soft->transfer[0].value[i] - x) < 0.05f); // low drive is transparent
  }
  assert_true(fabsf(soft->harmonic_db[0]) < 0.5f);
  assert_true(soft->harmonic_db[1] < -30.0f && soft->harmonic_db[2] < -40.0f);
  assert_true(driven->harmonic_db[1] > -30.0f && driven->harmonic_db[2] > -30.0f);
  assert_true(soft->transfer[1].n > 0 && soft->transfer[2].n > 0);
  assert_int_equal(soft->n_bands, 16);
  assert_int_equal(soft->learned.n, 0);
  free(low);
  free(high);
}

static void test_what_was_learned_is_shown_as_a_curve(void** state)
{
  (void)state;
  Desk* const              desk   = play(FIQ_PLUGIN_REALMS, 1, "objective", 1);
  const FiqUiRealms* const realms = &desk->model.telemetry.realms;
  assert_true(realms->learned.n > 100);
  for (uint32_t i = 0; i < realms->learned.n; ++i) {
    assert_true(fabsf(realms->learned.value[i]) < 3.1416f);
  }
  free(desk);
}

static void test_foreign_messages_change_nothing(void** state)
{
  (void)state;
  Desk* const          desk  = calloc(1, sizeof(*desk));
  LV2_URID_Map         map   = {NULL, map_uri};
  const FiqUiCalls     calls = {0};
  LV2_Atom_Forge       forge;
  uint8_t              bytes[512];
  LV2_Atom_Forge_Frame frame;
  fiq_ui_model_init(&desk->model, FIQ_PLUGIN_SWARM, &calls);
  fiq_picture_reader_init(&desk->reader, &map, &desk->model);
  lv2_atom_forge_init(&forge, &map);
  lv2_atom_forge_set_buffer(&forge, bytes, sizeof(bytes));
  const LV2_Atom_Object* const object = (const LV2_Atom_Object*)(const void*)bytes;
  lv2_atom_forge_object(&forge, &frame, 0, fixture_urid("urn:fieldiq:Telemetry"));
  lv2_atom_forge_pop(&forge, &frame);
  assert_false(fiq_picture_reader_take(&desk->reader, object, &desk->model, 0.0));
  // A picture whose parts are of other types and lengths than they should be.
  lv2_atom_forge_set_buffer(&forge, bytes, sizeof(bytes));
  lv2_atom_forge_object(&forge, &frame, 0, fixture_urid("urn:fieldiq:Picture"));
  lv2_atom_forge_key(&forge, fixture_urid("urn:fieldiq:carrier_hz"));
  lv2_atom_forge_int(&forge, 3);
  lv2_atom_forge_key(&forge, fixture_urid("urn:fieldiq:oscillator_pitch"));
  const float pitch[3] = {60.0f, 61.0f, 62.0f};
  lv2_atom_forge_vector(&forge, sizeof(float), fixture_urid(LV2_ATOM__Float), 3, pitch);
  lv2_atom_forge_pop(&forge, &frame);
  assert_true(fiq_picture_reader_take(&desk->reader, object, &desk->model, 0.0));
  assert_int_equal(desk->model.telemetry.oscillators.n, 0);
  assert_int_equal(desk->model.telemetry.notes.n, 0);
  free(desk);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_notes_stand_low_to_high_with_their_oscillators),
      cmocka_unit_test(test_the_spectrum_shows_the_input_and_the_moment_its_wave),
      cmocka_unit_test(test_before_and_after_are_the_same_moment_at_double_the_rate_too),
      cmocka_unit_test(test_transfer_curves_show_what_the_neurons_add),
      cmocka_unit_test(test_what_was_learned_is_shown_as_a_curve),
      cmocka_unit_test(test_what_moves_the_newest_note_is_shown_as_it_is_heard),
      cmocka_unit_test(test_the_regulators_part_of_the_coupling_is_shown),
      cmocka_unit_test(test_foreign_messages_change_nothing)};
  return cmocka_run_group_tests_name("ui pictures", tests, NULL, NULL);
}
