// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: Realms Stereo and Realms Mono are Realms, bit by bit, and take the presets that they can use.
   Method: noise through each beside Realms itself, with one seed, in every realm and with the swarm singing along.
*/
#include "tests/support/fixture.h"

#include "plugin/presets.h"

#include <string.h>

enum { FRAMES = 24000, SEED = 11 };

typedef struct {
  double realm;
  double swarm_db;
} Case;

static const Case cases[] = {{0, -60}, {1, -60}, {2, -60}, {1, -6}};

static Fixture* open_case(FiqPluginKind kind, const Case* c)
{
  Fixture* const self = fixture_open(kind, 48000.0, false);
  fixture_seed(self, SEED);
  fixture_set(self, "realm", c->realm);
  fixture_set(self, "swarm_level", c->swarm_db);
  fixture_set(self, "chord", 3);
  fixture_set(self, "drive", 12);
  return self;
}

static FixtureAudio noise(void)
{
  FixtureAudio in = fixture_audio(FRAMES);
  support_noise(in.plane[0], FRAMES, 0.25, 3);
  support_noise(in.plane[1], FRAMES, 0.25, 4);
  return in;
}

static void test_stereo_is_realms_without_a_sidechain(void** state)
{
  (void)state;
  FixtureAudio in   = noise();
  FixtureAudio want = fixture_audio(FRAMES);
  FixtureAudio got  = fixture_audio(FRAMES);
  for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); ++c) {
    Fixture* const realms = open_case(FIQ_PLUGIN_REALMS, &cases[c]);
    Fixture* const stereo = open_case(FIQ_PLUGIN_REALMS_STEREO, &cases[c]);
    fixture_render(realms, in.plane, want.plane, FRAMES, 256);
    fixture_render(stereo, in.plane, got.plane, FRAMES, 0);
    assert_true(support_rms(want.plane[0], FRAMES) > 1e-2);
    assert_memory_equal(want.plane[0], got.plane[0], FRAMES * sizeof(float));
    assert_memory_equal(want.plane[1], got.plane[1], FRAMES * sizeof(float));
    fixture_close(realms);
    fixture_close(stereo);
  }
  fixture_audio_free(&in);
  fixture_audio_free(&want);
  fixture_audio_free(&got);
}

static void test_mono_is_the_left_of_two_equal_channels(void** state)
{
  (void)state;
  FixtureAudio in   = noise();
  FixtureAudio want = fixture_audio(FRAMES);
  FixtureAudio got  = fixture_audio(FRAMES);
  memcpy(in.plane[1], in.plane[0], FRAMES * sizeof(float));
  for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); ++c) {
    Fixture* const realms = open_case(FIQ_PLUGIN_REALMS, &cases[c]);
    Fixture* const mono   = open_case(FIQ_PLUGIN_REALMS_MONO, &cases[c]);
    fixture_set(realms, "width", 0);
    fixture_set(realms, "stereo", 0);
    fixture_render(realms, in.plane, want.plane, FRAMES, 256);
    // In place, as many hosts of single channels do it.
    memcpy(got.plane[0], in.plane[0], FRAMES * sizeof(float));
    fixture_render(mono, got.plane, got.plane, FRAMES, 0);
    assert_true(support_rms(want.plane[0], FRAMES) > 1e-2);
    assert_memory_equal(want.plane[0], got.plane[0], FRAMES * sizeof(float));
    assert_int_equal(fixture_get(mono, "latency"), fixture_get(realms, "latency"));
    fixture_close(realms);
    fixture_close(mono);
  }
  fixture_audio_free(&in);
  fixture_audio_free(&want);
  fixture_audio_free(&got);
}

static const FiqPreset* preset_named(const char* slug)
{
  for (uint32_t i = 0; i < fiq_n_presets; ++i) {
    if (!strcmp(fiq_presets[i].slug, slug)) {
      return &fiq_presets[i];
    }
  }
  fail_msg("no preset %s", slug);
  return NULL;
}

static void test_presets_go_to_all_that_can_use_them(void** state)
{
  (void)state;
  uint32_t n[FIQ_N_PLUGINS] = {0};
  for (uint32_t i = 0; i < fiq_n_presets; ++i) {
    for (int kind = 0; kind < FIQ_N_PLUGINS; ++kind) {
      if (!fiq_preset_suits(&fiq_presets[i], (FiqPluginKind)kind)) {
        continue;
      }
      ++n[kind];
      for (uint32_t row = 0; row < fiq_n_params; ++row) {
        const FiqParam* const param = &fiq_params[row];
        if (fiq_preset_holds(param, (FiqPluginKind)kind)) {
          const float value = fiq_preset_value(&fiq_presets[i], param);
          assert_true(value >= param->minimum && value <= param->maximum);
        }
      }
    }
  }
  print_message("presets: Realms %u, Stereo %u, Mono %u, Swarm %u\n", n[FIQ_PLUGIN_REALMS],
                n[FIQ_PLUGIN_REALMS_STEREO], n[FIQ_PLUGIN_REALMS_MONO], n[FIQ_PLUGIN_SWARM]);
  assert_int_equal(n[FIQ_PLUGIN_REALMS] + n[FIQ_PLUGIN_SWARM], fiq_n_presets);
  assert_true(fiq_preset_suits(preset_named("slow-wash"), FIQ_PLUGIN_REALMS_MONO));
  assert_false(fiq_preset_suits(preset_named("quadrature"), FIQ_PLUGIN_REALMS_MONO));
  assert_true(fiq_preset_suits(preset_named("quadrature"), FIQ_PLUGIN_REALMS_STEREO));
  for (uint32_t i = 0; i < fiq_n_presets; ++i) {
    const FiqParam* const objective = fiq_preset_param(fiq_presets[i].plugin, "objective");
    const float           wanted = objective ? fiq_preset_value(&fiq_presets[i], objective) : 0.0f;
    if (wanted > 2.0f) { // aligns with a sidechain
      assert_false(fiq_preset_suits(&fiq_presets[i], FIQ_PLUGIN_REALMS_STEREO));
    }
    if (wanted > 1.0f) { // two channels that shall add up
      assert_false(fiq_preset_suits(&fiq_presets[i], FIQ_PLUGIN_REALMS_MONO));
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_stereo_is_realms_without_a_sidechain),
                                     cmocka_unit_test(test_mono_is_the_left_of_two_equal_channels),
                                     cmocka_unit_test(test_presets_go_to_all_that_can_use_them)};
  return cmocka_run_group_tests_name("plugin variants", tests, NULL, NULL);
}
