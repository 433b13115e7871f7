// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: who asks is told, completely and in order, as long as the lease lasts; nobody else is, and the
   sound is the same.
   Method: the notify port is read while leases are given, in blocks of several lengths; renders with and without are
   compared byte by byte.
*/
#include "tests/support/fixture.h"
#include "tests/support/store.h"

#include <lv2/atom/util.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, SECONDS = 3, FRAMES = RATE * SECONDS, MESSAGES_MAX = 400 };

/// What came, by message.
typedef struct {
  int64_t  frame[MESSAGES_MAX];
  uint32_t n;
  uint32_t n_properties; ///< of the last message
  float    order;        ///< of the last message, as what follows
  double   time_s;
  uint32_t n_phases;
  uint32_t n_carriers;
  uint32_t n_goals;
  bool     all_finite;
} Told;

static uint32_t vector_length(const LV2_Atom* value)
{
  return (value->size - (uint32_t)sizeof(LV2_Atom_Vector_Body)) / (uint32_t)sizeof(float);
}

static void read_object(const LV2_Atom_Object* object, Told* told)
{
  told->n_properties = 0;
  LV2_ATOM_OBJECT_FOREACH(object, property)
  {
    const LV2_Atom* const value = &property->value;
    ++told->n_properties;
    if (value->type == fixture_urid(LV2_ATOM__Float)) {
      told->all_finite &= isfinite(((const LV2_Atom_Float*)(const void*)value)->body) != 0;
    }
    if (property->key == fixture_urid("urn:fieldiq:frame")) {
      told->frame[told->n] = ((const LV2_Atom_Long*)(const void*)value)->body;
    } else if (property->key == fixture_urid("urn:fieldiq:time")) {
      told->time_s = ((const LV2_Atom_Double*)(const void*)value)->body;
    } else if (property->key == fixture_urid("urn:fieldiq:order")) {
      told->order = ((const LV2_Atom_Float*)(const void*)value)->body;
    } else if (property->key == fixture_urid("urn:fieldiq:phases")) {
      told->n_phases = vector_length(value);
    } else if (property->key == fixture_urid("urn:fieldiq:carrier_hz")) {
      told->n_carriers = vector_length(value);
    } else if (property->key == fixture_urid("urn:fieldiq:goals")) {
      told->n_goals = vector_length(value);
    }
  }
}

static void read_notify(const Fixture* self, Told* told)
{
  const LV2_Atom_Sequence* const sequence = (const LV2_Atom_Sequence*)(const void*)self->notify;
  LV2_ATOM_SEQUENCE_FOREACH(sequence, event)
  {
    const LV2_Atom_Object* const object = (const LV2_Atom_Object*)(const void*)&event->body;
    if (object->body.otype == fixture_urid("urn:fieldiq:Telemetry")) {
      assert_true(told->n < MESSAGES_MAX);
      read_object(object, told);
      ++told->n;
    }
  }
}

/// `leases` of two seconds, one at the start of each second.
static Told play(FiqPluginKind kind, uint32_t block, int leases, const float* goals, uint32_t n,
                 FixtureAudio* out)
{
  Told           told = {.all_finite = true};
  FixtureAudio   in   = fixture_audio(FRAMES);
  Fixture* const self = fixture_open(kind, RATE, false);
  support_noise(in.plane[0], FRAMES, 0.2, 5);
  support_sine(in.plane[1], FRAMES, 330.0, RATE, 0.3, 0.0);
  fixture_seed(self, 3);
  fixture_set(self, "coupling", 4);
  fixture_midi(self, 0, 0x90, 60, 100);
  fixture_midi(self, 0, 0x90, 67, 90);
  if (goals) {
    fixture_patch_floats(self, 0, "urn:fieldiq:goals", goals, n);
  }
  int given = 0;
  for (size_t start = 0; start < FRAMES; start += block) {
    const size_t left = FRAMES - start;
    if (given < leases && start >= (size_t)given * RATE) {
      fixture_patch_get(self, 0, "urn:fieldiq:telemetry");
      ++given;
    }
    fixture_run(self, in.plane, out->plane, start, (uint32_t)(left < block ? left : block));
    read_notify(self, &told);
  }
  fixture_close(self);
  fixture_audio_free(&in);
  return told;
}

static void test_who_listens_misses_nothing_at_any_block_length(void** state)
{
  (void)state;
  static const uint32_t blocks[] = {64, 480, 1000, 8192};
  FixtureAudio          out      = fixture_audio(FRAMES);
  for (int kind = 0; kind < 2; ++kind) {
    for (size_t b = 0; b < sizeof(blocks) / sizeof(blocks[0]); ++b) {
      const Told told = play((FiqPluginKind)kind, blocks[b], SECONDS, NULL, 0, &out);
      print_message("%s, blocks of %u: %u messages of %u properties, R %.3f, %u carriers\n",
                    kind ? "swarm" : "realms", blocks[b], told.n, told.n_properties,
                    (double)told.order, told.n_carriers);
      assert_true(told.n >= 47 * SECONDS - 2);
      for (uint32_t i = 1; i < told.n; ++i) {
        assert_int_equal(told.frame[i] - told.frame[i - 1], 1024);
      }
      assert_true(told.all_finite);
      assert_int_equal(told.n_carriers, 2);
      assert_int_equal(told.n_phases, kind ? 0 : 24);
      assert_true(fabs(told.time_s - (double)told.frame[told.n - 1] / RATE) < 1e-9);
    }
  }
  fixture_audio_free(&out);
}

static void test_nobody_is_told_without_a_lease_or_after_it(void** state)
{
  (void)state;
  FixtureAudio out  = fixture_audio(FRAMES);
  const Told   none = play(FIQ_PLUGIN_REALMS, 256, 0, NULL, 0, &out);
  const Told   once = play(FIQ_PLUGIN_REALMS, 256, 1, NULL, 0, &out);
  assert_int_equal(none.n, 0);
  print_message("one lease: %u messages, the last at %.3f s\n", once.n, once.time_s);
  assert_true(once.n > 90 && once.time_s < 2.0);
  fixture_audio_free(&out);
}

static void test_the_sound_is_the_same_with_and_without_listeners(void** state)
{
  (void)state;
  FixtureAudio a = fixture_audio(FRAMES);
  FixtureAudio b = fixture_audio(FRAMES);
  for (int kind = 0; kind < 2; ++kind) {
    (void)play((FiqPluginKind)kind, 480, SECONDS, NULL, 0, &a);
    (void)play((FiqPluginKind)kind, 480, 0, NULL, 0, &b);
    assert_memory_equal(a.plane[0], b.plane[0], FRAMES * sizeof(float));
    assert_memory_equal(a.plane[1], b.plane[1], FRAMES * sizeof(float));
  }
  fixture_audio_free(&a);
  fixture_audio_free(&b);
}

static void test_goals_come_by_message(void** state)
{
  (void)state;
  static const float goals[] = {1, 0.9f, 1, 3, 0.5f, 1, 99, 0, 1};
  FixtureAudio       a       = fixture_audio(FRAMES);
  FixtureAudio       b       = fixture_audio(FRAMES);
  for (int kind = 0; kind < 2; ++kind) {
    const Told told = play((FiqPluginKind)kind, 480, SECONDS, goals, 9, &a);
    assert_int_equal(told.n_goals, 2); // what is no goal is left out
    (void)play((FiqPluginKind)kind, 480, SECONDS, NULL, 0, &b);
    assert_true(memcmp(a.plane[0], b.plane[0], FRAMES * sizeof(float)) != 0);
  }
  fixture_audio_free(&a);
  fixture_audio_free(&b);
}

static void test_goals_are_saved_with_the_session(void** state)
{
  (void)state;
  static const float               goals[] = {1, 0.9f, 1, 3, 0.5f, 1};
  static const LV2_Feature* const  none[]  = {NULL};
  static Store                     store;
  FixtureAudio                     out  = fixture_audio(FRAMES);
  Fixture*                         self = fixture_open(FIQ_PLUGIN_SWARM, RATE, false);
  const LV2_State_Interface* const lv2  = self->descriptor->extension_data(LV2_STATE__interface);
  fixture_patch_floats(self, 0, "urn:fieldiq:goals", goals, 6);
  fixture_run(self, NULL, out.plane, 0, 64);
  assert_int_equal(lv2->save(self->handle, store_keep, &store, 0, none), LV2_STATE_SUCCESS);
  fixture_close(self);

  Told told = {.all_finite = true};
  self      = fixture_open(FIQ_PLUGIN_SWARM, RATE, false);
  assert_int_equal(lv2->restore(self->handle, store_fetch, &store, 0, none), LV2_STATE_SUCCESS);
  fixture_patch_get(self, 0, "urn:fieldiq:telemetry");
  fixture_run(self, NULL, out.plane, 0, 8192);
  read_notify(self, &told);
  assert_true(told.n > 0);
  assert_int_equal(told.n_goals, 2);
  fixture_close(self);
  fixture_audio_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_who_listens_misses_nothing_at_any_block_length),
      cmocka_unit_test(test_nobody_is_told_without_a_lease_or_after_it),
      cmocka_unit_test(test_the_sound_is_the_same_with_and_without_listeners),
      cmocka_unit_test(test_goals_come_by_message),
      cmocka_unit_test(test_goals_are_saved_with_the_session)};
  return cmocka_run_group_tests_name("plugin telling", tests, NULL, NULL);
}
