// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: nothing that comes in can make anything but finite sound come out.
   Method: floods of impossible samples, parameters, events and sample rates through the plugin
   binary; after each, the sound of good input must be back to normal within one second.
*/
#include "tests/support/fixture.h"

#include "dsp/base/random.h"
#include "plugin/ports.h"
#include "tests/support/store.h"

#include <lv2/atom/util.h>
#include <lv2/buf-size/buf-size.h>
#include <lv2/options/options.h>
#include <lv2/state/state.h>
#include <lv2/time/time.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 48000 };

static bool all_finite(const float* x, size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    if (!isfinite(x[i])) {
      return false;
    }
  }
  return true;
}

static void flood(float* x, size_t n, int kind)
{
  FiqRandom random;
  fiq_random_init(&random, (uint64_t)kind, 0);
  for (size_t i = 0; i < n; ++i) {
    const uint32_t bits = fiq_random_bits(&random);
    float          any;
    memcpy(&any, &bits, sizeof(any));
    const float bad[] = {NAN, INFINITY, -INFINITY, 1e30f, 1e-41f, any};
    x[i]              = bad[kind];
  }
}

static void test_impossible_samples_are_survived(void** state)
{
  (void)state;
  FixtureAudio in   = fixture_audio(3 * SECOND);
  FixtureAudio out  = fixture_audio(3 * SECOND);
  FixtureAudio want = fixture_audio(3 * SECOND);
  for (int realm = 0; realm < 3; ++realm) {
    for (int kind = 0; kind < 6; ++kind) {
      for (int channel = 0; channel < 2; ++channel) {
        support_sine(in.plane[channel], 3 * SECOND, 500.0, 48000.0, 0.5, 0.0);
      }
      Fixture* clean = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, false);
      Fixture* dirty = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, false);
      fixture_seed(clean, 9);
      fixture_seed(dirty, 9);
      fixture_set(clean, "realm", realm);
      fixture_set(dirty, "realm", realm);
      fixture_set(clean, "shift", 5);
      fixture_set(dirty, "shift", 5);
      fixture_render(clean, in.plane, want.plane, 3 * SECOND, 512);
      flood(in.plane[0] + SECOND, SECOND / 2, kind);
      flood(in.plane[1] + SECOND, SECOND / 2, kind);
      dirty->side[0] = in.plane[0];
      dirty->side[1] = in.plane[1];
      fixture_render(dirty, in.plane, out.plane, 3 * SECOND, 512);
      assert_true(all_finite(out.plane[0], 3 * SECOND));
      assert_true(all_finite(out.plane[1], 3 * SECOND));
      const size_t back = SECOND + SECOND / 2 + SECOND;
      const double a    = support_rms(out.plane[0] + back, SECOND / 2);
      const double b    = support_rms(want.plane[0] + back, SECOND / 2);
      const double off  = support_db(a / b);
      if (fabs(off) > 0.5) {
        fail_msg("realm %d, flood %d: %.2f dB off one second later", realm, kind, off);
      }
      fixture_close(clean);
      fixture_close(dirty);
    }
  }
  fixture_audio_free(&in);
  fixture_audio_free(&out);
  fixture_audio_free(&want);
}

static void test_impossible_parameters_are_survived(void** state)
{
  (void)state;
  FixtureAudio in  = fixture_audio(SECOND);
  FixtureAudio out = fixture_audio(SECOND);
  support_noise(in.plane[0], SECOND, 0.5, 1);
  support_noise(in.plane[1], SECOND, 0.5, 2);
  FiqRandom random;
  fiq_random_init(&random, 123, 0);
  for (int kind = 0; kind < 2; ++kind) {
    Fixture* self = fixture_open((FiqPluginKind)kind, 48000.0, true);
    fixture_midi(self, 0, 0x90, 60, 100);
    for (size_t start = 0; start < SECOND; start += 480) {
      for (uint32_t row = 0; row < fiq_n_params; ++row) {
        if (fiq_param_in(&fiq_params[row], (FiqPluginKind)kind) &&
            !fiq_param_is_meter(&fiq_params[row])) {
          const uint32_t bits = fiq_random_bits(&random);
          float          any;
          memcpy(&any, &bits, sizeof(any));
          fixture_set(self, fiq_params[row].symbol, (double)any);
        }
      }
      // An absurd count of oscillators is legal; it is left out here because it is only slow.
      fixture_set(self, "oscillators", (double)(fiq_random_bits(&random) % 5000));
      fixture_run(self, kind == 0 ? in.plane : NULL, out.plane, start, 480);
      fixture_work(self);
    }
    assert_true(all_finite(out.plane[0], SECOND));
    assert_true(support_peak(out.plane[0], SECOND) <= 64.0 * 4.0);
    fixture_close(self);
  }
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

static void test_absurd_sample_rates_are_refused(void** state)
{
  (void)state;
  static const double bad[] = {0.0,      -48000.0, 1.0,         7999.0,
                               384001.0, 1e12,     (double)NAN, (double)INFINITY};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
    assert_null(fixture_open(FIQ_PLUGIN_REALMS, bad[i], false));
    assert_null(fixture_open(FIQ_PLUGIN_SWARM, bad[i], false));
  }
}

static void test_every_sample_rate_sounds(void** state)
{
  (void)state;
  static const double good[] = {8000,  11025, 16000, 22050,  32000,  44100,
                                48000, 88200, 96000, 176400, 192000, 384000};
  for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); ++i) {
    const size_t n   = (size_t)good[i];
    FixtureAudio in  = fixture_audio(n);
    FixtureAudio out = fixture_audio(n);
    support_sine(in.plane[0], n, 440.0, good[i], 0.5, 0.0);
    support_sine(in.plane[1], n, 440.0, good[i], 0.5, 0.0);
    for (int kind = 0; kind < 2; ++kind) {
      Fixture* self = fixture_open((FiqPluginKind)kind, good[i], false);
      assert_non_null(self);
      if (kind == 0) {
        fixture_set(self, "realm", 2);
      }
      fixture_midi(self, 0, 0x90, 60, 100);
      fixture_render(self, kind == 0 ? in.plane : NULL, out.plane, n, 1024);
      assert_true(all_finite(out.plane[0], n));
      const double rms = support_rms(out.plane[0] + n / 2, n / 2);
      assert_true(rms > 0.02 && rms < 1.0);
      fixture_close(self);
    }
    fixture_audio_free(&in);
    fixture_audio_free(&out);
  }
}

static void test_missing_features_are_refused(void** state)
{
  (void)state;
  const LV2_Feature* const none[] = {NULL};
  for (int kind = 0; kind < 2; ++kind) {
    const LV2_Descriptor* const descriptor = fixture_descriptor((FiqPluginKind)kind);
    assert_null(descriptor->instantiate(descriptor, 48000.0, "/", none));
    assert_null(descriptor->instantiate(descriptor, 48000.0, "/", NULL));
    assert_null(descriptor->extension_data("urn:unknown"));
  }
}

/// As lv2file does, which ends its list so.
static void test_a_feature_without_a_name_ends_the_list(void** state)
{
  (void)state;
  static Store                     store;
  static const LV2_Feature         nameless = {NULL, NULL};
  const LV2_Feature* const         list[]   = {&nameless, NULL};
  const LV2_Descriptor* const      realms   = fixture_descriptor(FIQ_PLUGIN_REALMS);
  Fixture* const                   self     = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, true);
  const LV2_State_Interface* const kept     = realms->extension_data(LV2_STATE__interface);
  assert_null(realms->instantiate(realms, 48000.0, "/", list));
  assert_int_equal(kept->save(self->handle, store_keep, &store, 0, list), LV2_STATE_SUCCESS);
  fixture_close(self);
}

/// Forge a tempo as `type`; what is none of the four kinds of numbers is a string.
static void forge_tempo(Fixture* self, const char* type, double bpm)
{
  LV2_Atom_Forge* const forge = &self->forge[0];
  LV2_Atom_Forge_Frame  object;
  lv2_atom_forge_frame_time(forge, 0);
  lv2_atom_forge_object(forge, &object, 0, fixture_urid(LV2_TIME__Position));
  lv2_atom_forge_key(forge, fixture_urid(LV2_TIME__beatsPerMinute));
  if (!strcmp(type, "float")) {
    lv2_atom_forge_float(forge, (float)bpm);
  } else if (!strcmp(type, "double")) {
    lv2_atom_forge_double(forge, bpm);
  } else if (!strcmp(type, "int")) {
    lv2_atom_forge_int(forge, (int32_t)bpm);
  } else if (!strcmp(type, "long")) {
    lv2_atom_forge_long(forge, (int64_t)bpm);
  } else {
    lv2_atom_forge_string(forge, "90", 2);
  }
  lv2_atom_forge_pop(forge, &object);
}

static void render_at(const char* type, double bpm, FixtureAudio* in, FixtureAudio* out)
{
  Fixture* const self = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, true);
  fixture_seed(self, 3);
  fixture_set(self, "sync", 5);
  fixture_set(self, "motion", 180);
  forge_tempo(self, type, bpm);
  fixture_render(self, in->plane, out->plane, SECOND, 256);
  fixture_close(self);
}

static void test_tempo_is_taken_as_any_number_and_nothing_else(void** state)
{
  (void)state;
  static const struct {
    const char* type;
    double      bpm;
    bool        is_taken; ///< as 90; else it stays 120
  } cases[]          = {{"float", 90, true},    {"double", 90, true},   {"int", 90, true},
                        {"long", 90, true},     {"string", 90, false},  {"float", (double)NAN, false},
                        {"double", 0, false},   {"double", -90, false}, {"double", (double)INFINITY, false},
                        {"int", 1000000, false}};
  FixtureAudio in    = fixture_audio(SECOND);
  FixtureAudio out   = fixture_audio(SECOND);
  FixtureAudio at_90 = fixture_audio(SECOND);
  FixtureAudio other = fixture_audio(SECOND);
  support_sine(in.plane[0], SECOND, 300.0, 48000.0, 0.3, 0.0);
  support_sine(in.plane[1], SECOND, 300.0, 48000.0, 0.3, 0.0);
  render_at("float", 90, &in, &at_90);
  render_at("float", 120, &in, &other);
  assert_memory_not_equal(at_90.plane[0], other.plane[0], SECOND * sizeof(float));
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
    const FixtureAudio* const expected = cases[i].is_taken ? &at_90 : &other;
    render_at(cases[i].type, cases[i].bpm, &in, &out);
    assert_memory_equal(out.plane[0], expected->plane[0], SECOND * sizeof(float));
  }
  fixture_audio_free(&in);
  fixture_audio_free(&out);
  fixture_audio_free(&at_90);
  fixture_audio_free(&other);
}

static void test_options_are_checked(void** state)
{
  (void)state;
  const LV2_URID                     length = fixture_urid(LV2_BUF_SIZE__maxBlockLength);
  const LV2_URID                     number = fixture_urid(LV2_ATOM__Int);
  const int32_t                      good   = 512;
  const int32_t                      bad    = -1;
  Fixture* const                     self   = fixture_open(FIQ_PLUGIN_SWARM, 48000.0, true);
  const LV2_Options_Interface* const options =
      self->descriptor->extension_data(LV2_OPTIONS__interface);
  LV2_Options_Option one[2] = {{.key = length}, {.key = 0}};

  // Nothing is known that nobody told.
  assert_int_equal(options->get(self->handle, one), LV2_OPTIONS_ERR_BAD_KEY);
  const struct {
    LV2_URID    key, type;
    uint32_t    size;
    const void* value;
    uint32_t    status;
  } cases[] = {{length, number, 4, &good, LV2_OPTIONS_SUCCESS},
               {length, number, 4, &bad, LV2_OPTIONS_ERR_BAD_VALUE},
               {length, number, 8, &good, LV2_OPTIONS_ERR_BAD_VALUE},
               {length, length, 4, &good, LV2_OPTIONS_ERR_BAD_VALUE},
               {length, number, 4, NULL, LV2_OPTIONS_ERR_BAD_VALUE},
               {number, number, 4, &good, LV2_OPTIONS_ERR_BAD_KEY}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
    one[0] = (LV2_Options_Option){
        LV2_OPTIONS_INSTANCE, 0, cases[i].key, cases[i].size, cases[i].type, cases[i].value};
    assert_int_equal(options->set(self->handle, one), cases[i].status);
  }
  one[0] = (LV2_Options_Option){.key = length};
  assert_int_equal(options->get(self->handle, one), LV2_OPTIONS_SUCCESS);
  assert_int_equal(one[0].type, number);
  assert_int_equal(*(const int32_t*)one[0].value, good); // what was refused changed nothing
  one[0] = (LV2_Options_Option){.key = number};
  assert_int_equal(options->get(self->handle, one), LV2_OPTIONS_ERR_BAD_KEY);
  fixture_close(self);
}

static void test_malformed_events_are_survived(void** state)
{
  (void)state;
  FixtureAudio out = fixture_audio(SECOND);
  FiqRandom    random;
  fiq_random_init(&random, 77, 0);
  Fixture* self = fixture_open(FIQ_PLUGIN_SWARM, 48000.0, false);
  uint32_t junk[256];
  fixture_connect(self, FIQ_PORT_CONTROL, junk);
  for (size_t start = 0; start + 64 <= SECOND; start += 64) {
    for (size_t i = 0; i < 256; ++i) {
      junk[i] = fiq_random_bits(&random) >> (fiq_random_bits(&random) % 32);
    }
    // Headers that make sense half of the time, so that the junk gets further in.
    LV2_Atom_Sequence* const sequence = (LV2_Atom_Sequence*)(void*)junk;
    sequence->atom.size         = fiq_random_bits(&random) % (sizeof(junk) - sizeof(LV2_Atom));
    LV2_Atom_Event* const event = (LV2_Atom_Event*)(void*)(sequence + 1);
    event->time.frames          = (int64_t)(fiq_random_bits(&random) % 200) - 60;
    event->body.type            = 1 + fiq_random_bits(&random) % 40;
    event->body.size            = fiq_random_bits(&random) % 64;
    fixture_run(self, NULL, out.plane, start, 64);
  }
  assert_true(all_finite(out.plane[0], SECOND));
  fixture_close(self);
  fixture_audio_free(&out);
}

static void test_random_midi_leaves_no_note_behind(void** state)
{
  (void)state;
  const size_t n   = 10 * SECOND;
  FixtureAudio out = fixture_audio(n);
  FiqRandom    random;
  fiq_random_init(&random, 4, 0);
  Fixture* self = fixture_open(FIQ_PLUGIN_SWARM, 48000.0, false);
  fixture_set(self, "release", 0.1);
  for (size_t start = 0; start < 8 * SECOND; start += 256) {
    for (int i = 0; i < 4; ++i) {
      const uint32_t bits = fiq_random_bits(&random);
      fixture_midi(self, (bits >> 24) % 256, (uint8_t)(0x80 | (bits & 0x7f)), (bits >> 8) & 0x7f,
                   (bits >> 16) & 0x7f);
    }
    fixture_run(self, NULL, out.plane, start, 256);
  }
  for (uint8_t channel = 0; channel < 16; ++channel) {
    fixture_midi(self, 0, 0xb0 | channel, 64, 0);
    fixture_midi(self, 0, 0xb0 | channel, 123, 0);
  }
  for (size_t start = 8 * SECOND; start + 250 <= n; start += 250) {
    fixture_run(self, NULL, out.plane, start, 250);
  }
  assert_true(all_finite(out.plane[0], n));
  const double rest = support_peak(out.plane[0] + n - SECOND / 2, SECOND / 2);
  print_message("after all-notes-off: %.1f dBFS\n", support_db(rest));
  assert_true(support_db(rest) < -100.0);
  fixture_close(self);
  fixture_audio_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_impossible_samples_are_survived),
      cmocka_unit_test(test_impossible_parameters_are_survived),
      cmocka_unit_test(test_absurd_sample_rates_are_refused),
      cmocka_unit_test(test_every_sample_rate_sounds),
      cmocka_unit_test(test_missing_features_are_refused),
      cmocka_unit_test(test_a_feature_without_a_name_ends_the_list),
      cmocka_unit_test(test_tempo_is_taken_as_any_number_and_nothing_else),
      cmocka_unit_test(test_options_are_checked),
      cmocka_unit_test(test_malformed_events_are_survived),
      cmocka_unit_test(test_random_midi_leaves_no_note_behind)};
  return cmocka_run_group_tests_name("plugin faults", tests, NULL, NULL);
}
