// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: what a session saved comes back, and chance is under control of the seed.
   Method: renders are compared byte by byte across instances, seeds and restored states; states
   are saved before, between and after runs, and corrupted.
*/
#include "tests/support/fixture.h"
#include "tests/support/store.h"

#include <lv2/atom/util.h>
#include <lv2/patch/patch.h>

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 48000 };

static const LV2_Feature* const no_features[] = {NULL};

static Store saved(Fixture* self)
{
  const LV2_State_Interface* const state = self->descriptor->extension_data(LV2_STATE__interface);
  Store                            store;
  memset(&store, 0, sizeof(store));
  assert_int_equal(state->save(self->handle, store_keep, &store, 0, no_features),
                   LV2_STATE_SUCCESS);
  return store;
}

static LV2_State_Status restored(Fixture* self, Store* store)
{
  const LV2_State_Interface* const state = self->descriptor->extension_data(LV2_STATE__interface);
  return state->restore(self->handle, store_fetch, store, 0, no_features);
}

static void render(Fixture* self, FixtureAudio* out)
{
  FixtureAudio in = fixture_audio(FRAMES);
  support_noise(in.plane[0], FRAMES, 0.5, 8);
  support_noise(in.plane[1], FRAMES, 0.5, 9);
  if (self->kind == FIQ_PLUGIN_SWARM) {
    fixture_set(self, "breath", 40);
  }
  fixture_midi(self, 10, 0x90, 60, 100);
  fixture_midi(self, 10, 0x90, 67, 50);
  fixture_render(self, self->kind == FIQ_PLUGIN_REALMS ? in.plane : NULL, out->plane, FRAMES, 256);
  fixture_audio_free(&in);
}

static void test_same_seed_same_bytes_fresh_instances_differ(void** state)
{
  (void)state;
  FixtureAudio a = fixture_audio(FRAMES);
  FixtureAudio b = fixture_audio(FRAMES);
  for (int kind = 0; kind < 2; ++kind) {
    for (int seeded = 0; seeded < 2; ++seeded) {
      Fixture* one = fixture_open((FiqPluginKind)kind, 48000.0, false);
      Fixture* two = fixture_open((FiqPluginKind)kind, 48000.0, false);
      if (seeded) {
        fixture_seed(one, 1234);
        fixture_seed(two, 1234);
      }
      render(one, &a);
      render(two, &b);
      assert_true(fixture_audio_same(&a, &b, FRAMES) == (seeded == 1));
      fixture_close(one);
      fixture_close(two);
    }
  }
  fixture_audio_free(&a);
  fixture_audio_free(&b);
}

static void test_a_saved_state_brings_the_sound_back(void** state)
{
  (void)state;
  FixtureAudio a = fixture_audio(FRAMES);
  FixtureAudio b = fixture_audio(FRAMES);
  for (int kind = 0; kind < 2; ++kind) {
    Fixture* one   = fixture_open((FiqPluginKind)kind, 48000.0, false);
    Store    store = saved(one);
    render(one, &a);
    Fixture* two = fixture_open((FiqPluginKind)kind, 48000.0, false);
    assert_int_equal(restored(two, &store), LV2_STATE_SUCCESS);
    render(two, &b);
    assert_true(fixture_audio_same(&a, &b, FRAMES));
    fixture_close(one);
    fixture_close(two);
  }
  fixture_audio_free(&a);
  fixture_audio_free(&b);
}

static void test_coordinated_phases_are_kept(void** state)
{
  (void)state;
  FixtureAudio out = fixture_audio(FRAMES);
  Fixture*     one = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, false);
  fixture_seed(one, 5);
  const Store at_start = saved(one);
  fixture_set(one, "coordination", 100);
  render(one, &out);
  Store       later = saved(one);
  const float even  = fixture_get(one, "coordinated");
  assert_true(even > 0.999f);
  assert_true(memcmp(at_start.item[1].value, later.item[1].value, later.item[1].size) != 0);
  Fixture* two = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, false);
  fixture_set(two, "coordination", 0);
  assert_int_equal(restored(two, &later), LV2_STATE_SUCCESS);
  render(two, &out);
  assert_true(fabsf(fixture_get(two, "coordinated") - even) < 1e-3f);
  fixture_close(one);
  fixture_close(two);
  fixture_audio_free(&out);
}

static void test_save_after_restore_without_run_returns_the_restored(void** state)
{
  (void)state;
  Fixture* one   = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, false);
  Fixture* two   = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, false);
  Store    store = saved(one);
  assert_int_equal(restored(two, &store), LV2_STATE_SUCCESS);
  const Store again = saved(two);
  assert_int_equal(again.n, store.n);
  for (int i = 0; i < store.n; ++i) {
    assert_memory_equal(again.item[i].value, store.item[i].value, store.item[i].size);
  }
  fixture_close(one);
  fixture_close(two);
}

/// The vector that the notify port answers with, into `value`; returns its length, 0 without an answer.
static uint32_t answered(const Fixture* self, const char* property, float* value, uint32_t most)
{
  const LV2_Atom_Sequence* const sequence = (const LV2_Atom_Sequence*)(const void*)self->notify;
  uint32_t                       n        = 0;
  LV2_ATOM_SEQUENCE_FOREACH(sequence, event)
  {
    const LV2_Atom_Object* const object = (const LV2_Atom_Object*)(const void*)&event->body;
    const LV2_Atom_URID*         name   = NULL;
    const LV2_Atom_Vector*       vector = NULL;
    lv2_atom_object_get(object, fixture_urid(LV2_PATCH__property), (const LV2_Atom**)&name,
                        fixture_urid(LV2_PATCH__value), (const LV2_Atom**)&vector, 0);
    if (name && vector && name->body == fixture_urid(property)) {
      n = (vector->atom.size - (uint32_t)sizeof(vector->body)) / (uint32_t)sizeof(float);
      assert_true(n <= most);
      memcpy(value, vector + 1, n * sizeof(float));
    }
  }
  return n;
}

static void test_messages_carry_the_state_from_one_to_another(void** state)
{
  (void)state;
  static const char* const names[] = {"urn:fieldiq:phases", "urn:fieldiq:match",
                                      "urn:fieldiq:learned"};
  FixtureAudio             out     = fixture_audio(FRAMES);
  Fixture*                 one     = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, false);
  Fixture*                 two     = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, false);
  float                    value[2][256];
  fixture_set(one, "coordination", 100);
  fixture_set(two, "coordination", 0);
  render(one, &out);
  render(two, &out);
  for (int i = 0; i < 3; ++i) {
    fixture_patch_get(one, 0, names[i]);
    fixture_run(one, NULL, out.plane, 0, 64);
    const uint32_t n = answered(one, names[i], value[0], 256);
    assert_true(n > 0);
    fixture_patch_floats(two, 0, names[i], value[0], n);
    fixture_run(two, NULL, out.plane, 0, 64);
    fixture_patch_get(two, 0, names[i]);
    fixture_run(two, NULL, out.plane, 0, 64);
    assert_int_equal(answered(two, names[i], value[1], 256), n);
    assert_memory_equal(value[0], value[1], n * sizeof(float));
    // Of another length it is none, and changes nothing.
    value[0][0] += 1.0f;
    fixture_patch_floats(two, 0, names[i], value[0], n - 2);
    fixture_patch_get(two, 1, names[i]);
    fixture_run(two, NULL, out.plane, 0, 64);
    assert_int_equal(answered(two, names[i], value[0], 256), n);
    assert_memory_equal(value[0], value[1], n * sizeof(float));
  }
  render(two, &out);
  assert_true(fixture_get(two, "coordinated") > 0.999f);
  fixture_close(one);
  fixture_close(two);
  fixture_audio_free(&out);
}

static void test_broken_states_are_refused_and_harmless(void** state)
{
  (void)state;
  FixtureAudio out  = fixture_audio(FRAMES);
  Fixture*     one  = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, false);
  const Store  good = saved(one);
  Store        bad  = good;
  bad.item[0].type  = 9999;
  assert_int_equal(restored(one, &bad), LV2_STATE_ERR_BAD_TYPE);
  bad              = good;
  bad.item[0].size = 3;
  assert_int_equal(restored(one, &bad), LV2_STATE_ERR_BAD_TYPE);
  bad              = good;
  bad.item[1].size = 40;
  assert_int_equal(restored(one, &bad), LV2_STATE_ERR_BAD_TYPE);
  bad = good;
  memset(bad.item[1].value + 8, 0xff, bad.item[1].size - 8); // NaN phases
  assert_int_equal(restored(one, &bad), LV2_STATE_SUCCESS);
  render(one, &out);
  assert_true(isfinite(support_rms(out.plane[0], FRAMES)));
  bad   = good;
  bad.n = 0;
  assert_int_equal(restored(one, &bad), LV2_STATE_SUCCESS);
  bad   = good;
  bad.n = 1;
  assert_int_equal(restored(one, &bad), LV2_STATE_SUCCESS);
  fixture_close(one);
  fixture_audio_free(&out);
}

static void* run_for_a_second(void* handle)
{
  FixtureAudio out = fixture_audio(FRAMES);
  render(handle, &out);
  assert_true(isfinite(support_rms(out.plane[0], FRAMES)));
  fixture_audio_free(&out);
  return NULL;
}

static void test_state_may_be_saved_and_restored_while_running(void** state)
{
  (void)state;
  Fixture* self  = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, false);
  Store    store = saved(self);
  (void)fixture_urid(LV2_WORKER__schedule); // the fixture's own table must not grow in two threads
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, run_for_a_second, self), 0);
  for (int i = 0; i < 200; ++i) {
    const Store now = saved(self);
    assert_int_equal(now.n, store.n);
    assert_int_equal(restored(self, &store), LV2_STATE_SUCCESS);
  }
  pthread_join(thread, NULL);
  fixture_close(self);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_same_seed_same_bytes_fresh_instances_differ),
      cmocka_unit_test(test_a_saved_state_brings_the_sound_back),
      cmocka_unit_test(test_coordinated_phases_are_kept),
      cmocka_unit_test(test_save_after_restore_without_run_returns_the_restored),
      cmocka_unit_test(test_messages_carry_the_state_from_one_to_another),
      cmocka_unit_test(test_broken_states_are_refused_and_harmless),
      cmocka_unit_test(test_state_may_be_saved_and_restored_while_running)};
  return cmocka_run_group_tests_name("plugin state", tests, NULL, NULL);
}
