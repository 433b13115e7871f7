// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: a moment that was named sounds again when its name is called, whatever is played, and two names sound like both;
   names are told and kept with the session. Method: messages to the plugin, spectra, and a session in between.
*/
#include "tests/support/fixture.h"
#include "tests/support/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 96000 };

#define NAME "urn:fieldiq:name-moment"
#define CALL "urn:fieldiq:moment"
#define NAMES "urn:fieldiq:moment-names"

static double hz_of(int key)
{
  return 440.0 * exp2((key - 69) / 12.0);
}

static Fixture* open_swarm(void)
{
  Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, 48000.0, true);
  fixture_seed(self, 5);
  fixture_set(self, "partials", 1);
  fixture_set(self, "detune", 0);
  fixture_set(self, "anneal", 0.05);
  fixture_set(self, "noise", 0);
  fixture_set(self, "scatter", 0);
  fixture_set(self, "release", 0.05);
  fixture_set(self, "remember", 0);
  fixture_set(self, "recall", 100);
  return self;
}

/// Hold `key` for a second, name it at the end (NULL: not), and let it fade.
static void play(Fixture* self, int key, const char* name, FixtureAudio* out)
{
  fixture_midi(self, 0, 0x90, (uint8_t)key, 100);
  fixture_render(self, NULL, out->plane, LENGTH / 2, 480);
  if (name) {
    fixture_patch_string(self, 0, NAME, name);
    fixture_render(self, NULL, out->plane, 480, 480);
  }
  fixture_midi(self, 0, 0x80, (uint8_t)key, 0);
  fixture_render(self, NULL, out->plane, LENGTH / 2, 480);
}

/// Level in dB of `key` while `played` is held and `names` are called.
static void called(Fixture* self, int played, const char* names, const int* keys, int n,
                   double* level_db)
{
  FixtureAudio out = fixture_audio(LENGTH);
  fixture_patch_string(self, 0, CALL, names);
  fixture_midi(self, 0, 0x90, (uint8_t)played, 100);
  fixture_render(self, NULL, out.plane, LENGTH, 480);
  for (int i = 0; i < n; ++i) {
    level_db[i] = support_db(
        support_tone_amplitude(out.plane[0] + LENGTH / 2, LENGTH / 2, hz_of(keys[i]), 48000.0));
    print_message("%s: key %d %.1f dB\n", names, keys[i], level_db[i]);
  }
  fixture_midi(self, 0, 0x80, (uint8_t)played, 0);
  fixture_render(self, NULL, out.plane, LENGTH, 480);
  fixture_audio_free(&out);
}

static void test_names_call_their_moments(void** state)
{
  (void)state;
  static const int keys[] = {52, 79, 66};
  FixtureAudio     out    = fixture_audio(LENGTH);
  double           dawn[3], dusk[3], both[3], none[3];
  Fixture* const   self = open_swarm();
  play(self, keys[0], "dawn", &out);
  play(self, keys[1], "Dusk", &out);
  called(self, keys[2], "dawn", keys, 3, dawn);
  called(self, keys[2], "dusk", keys, 3, dusk);
  called(self, keys[2], "dawn dusk", keys, 3, both);
  called(self, keys[2], "", keys, 3, none);
  assert_true(dawn[0] > dawn[1] + 30.0 && dusk[1] > dusk[0] + 30.0);
  assert_true(both[0] > none[0] + 30.0 && both[1] > none[1] + 30.0);
  assert_true(both[0] < dawn[0] && both[1] < dusk[1]); // half the energy each
  fixture_close(self);
  fixture_audio_free(&out);
}

/// Ardour complains of every property that it was not told of in the description.
static void test_a_fresh_instance_tells_of_no_names(void** state)
{
  (void)state;
  FixtureAudio   out  = fixture_audio(64);
  Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, 48000.0, true);
  for (int i = 0; i < 4; ++i) {
    fixture_run(self, NULL, out.plane, 0, 64);
    assert_null(fixture_told(self, NAMES, LV2_ATOM__String));
  }
  // Nor does a session without names change that.
  const LV2_State_Interface* const states =
      fixture_descriptor(FIQ_PLUGIN_SWARM)->extension_data(LV2_STATE__interface);
  Store store;
  memset(&store, 0, sizeof store);
  assert_int_equal(states->save(self->handle, store_keep, &store, 0, NULL), LV2_STATE_SUCCESS);
  assert_int_equal(states->restore(self->handle, store_fetch, &store, 0, NULL), LV2_STATE_SUCCESS);
  for (int i = 0; i < 4; ++i) {
    fixture_run(self, NULL, out.plane, 0, 64);
    assert_null(fixture_told(self, NAMES, LV2_ATOM__String));
  }
  fixture_close(self);
  fixture_audio_free(&out);
}

static void test_names_are_kept_with_the_session(void** state)
{
  (void)state;
  static const int                 keys[] = {52, 66};
  const LV2_State_Interface* const states =
      fixture_descriptor(FIQ_PLUGIN_SWARM)->extension_data(LV2_STATE__interface);
  FixtureAudio out = fixture_audio(LENGTH);
  Store        store;
  double       level[2];
  memset(&store, 0, sizeof store);
  Fixture* self = open_swarm();
  play(self, keys[0], "dawn", &out);
  play(self, 70, "other", &out);
  fixture_patch_get(self, 0, "urn:fieldiq:seed");
  fixture_run(self, NULL, out.plane, 0, 64);
  assert_string_equal(fixture_told(self, NAMES, LV2_ATOM__String), "dawn\nother");
  assert_int_equal(states->save(self->handle, store_keep, &store, 0, NULL), LV2_STATE_SUCCESS);
  fixture_close(self);
  self = open_swarm();
  assert_int_equal(states->restore(self->handle, store_fetch, &store, 0, NULL), LV2_STATE_SUCCESS);
  fixture_run(self, NULL, out.plane, 0, 64);
  called(self, keys[1], "dawn", keys, 2, level);
  assert_true(level[0] > -60.0);
  Store again;
  memset(&again, 0, sizeof again);
  assert_int_equal(states->save(self->handle, store_keep, &again, 0, NULL), LV2_STATE_SUCCESS);
  assert_int_equal(again.n, store.n);
  fixture_close(self);
  fixture_audio_free(&out);
}

static void test_nothing_to_name_and_nothing_to_call_do_nothing(void** state)
{
  (void)state;
  FixtureAudio   out  = fixture_audio(LENGTH);
  Fixture* const self = open_swarm();
  fixture_patch_string(self, 0, NAME, "silence");
  fixture_patch_string(self, 1, CALL, "nobody");
  fixture_patch_string(self, 2, NAME, "");
  fixture_patch_string(self, 3, CALL, "\xff\x01,,,");
  fixture_run(self, NULL, out.plane, 0, 480);
  assert_null(fixture_told(self, NAMES, LV2_ATOM__String));
  assert_true(support_peak(out.plane[0], 480) <= 0.0);
  fixture_close(self);
  fixture_audio_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names_call_their_moments),
      cmocka_unit_test(test_a_fresh_instance_tells_of_no_names),
      cmocka_unit_test(test_names_are_kept_with_the_session),
      cmocka_unit_test(test_nothing_to_name_and_nothing_to_call_do_nothing),
  };
  return cmocka_run_group_tests_name("plugin names", tests, NULL, NULL);
}
