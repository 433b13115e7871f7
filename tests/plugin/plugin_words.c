// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: words that are sent are read by the worker, told back, kept with the session and sung; whatever they are, run() goes
   on. Method: texts are sent as a host would send them, sessions are saved and restored, and renders compared byte by byte.
*/
#include "tests/support/fixture.h"
#include "tests/support/store.h"

#include <stdlib.h>
#include <string.h>

enum { LENGTH = 24000, TEXT_BYTES = 60000 };

#define WORDS "urn:fieldiq:words"
#define SUNG "[m iy] [l aa - s ow] - [f aa]"

static Store saved(Fixture* self)
{
  const LV2_State_Interface* const state = self->descriptor->extension_data(LV2_STATE__interface);
  Store                            store;
  memset(&store, 0, sizeof(store));
  assert_int_equal(state->save(self->handle, store_keep, &store, 0, NULL), LV2_STATE_SUCCESS);
  return store;
}

static LV2_State_Status restored(Fixture* self, Store* store)
{
  const LV2_State_Interface* const state = self->descriptor->extension_data(LV2_STATE__interface);
  return state->restore(self->handle, store_fetch, store, 0, NULL);
}

/// The words in a saved state, or NULL.
static const char* words_in(const Store* store)
{
  for (int i = 0; i < store->n; ++i) {
    if (store->item[i].key == fixture_urid(WORDS)) {
      assert_int_equal(store->item[i].type, fixture_urid(LV2_ATOM__String));
      return (const char*)store->item[i].value;
    }
  }
  return NULL;
}

/// Send the words, let the worker read them and hear what is told of them.
static const char* send(Fixture* self, const char* words)
{
  static float plane[2][64];
  float* const out[2] = {plane[0], plane[1]};
  fixture_patch_string(self, 0, WORDS, words);
  fixture_run(self, NULL, out, 0, 32);
  fixture_work(self);
  fixture_run(self, NULL, out, 0, 32);
  return fixture_told(self, WORDS, LV2_ATOM__String);
}

static Fixture* open_swarm(bool with_worker)
{
  Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, 48000.0, with_worker);
  assert_non_null(self);
  fixture_seed(self, 3);
  return self;
}

static void test_words_are_told_back_and_kept(void** state)
{
  (void)state;
  Fixture* const self = open_swarm(true);
  assert_string_equal(send(self, SUNG), SUNG);
  Store store = saved(self);
  assert_string_equal(words_in(&store), SUNG);
  assert_string_equal(send(self, ""), "");
  const Store none = saved(self);
  assert_null(words_in(&none));
  assert_int_equal(restored(self, &store), LV2_STATE_SUCCESS);
  const Store again = saved(self); // before run() has seen them
  assert_string_equal(words_in(&again), SUNG);
  fixture_close(self);
}

static void test_any_text_is_read_or_passed_over(void** state)
{
  (void)state;
  static char       too_long[TEXT_BYTES + 1];
  const char* const texts[] = {"[",        "- - -",        too_long,
                               "ends [ah", "\xe4\xbd\xa0", "a\x01\xff\xc3z"};
  const char* const kept[]  = {"[", "- - -", too_long, "ends [ah", "\xe4\xbd\xa0", "az"};
  memset(too_long, 'a', TEXT_BYTES);
  Fixture* const self = open_swarm(true);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; ++i) {
    const char* const told = send(self, texts[i]);
    assert_non_null(told);
    assert_int_equal(strncmp(told, kept[i], 32768), 0);
  }
  fixture_close(self);
}

static void test_no_worker_leaves_the_words(void** state)
{
  (void)state;
  Fixture* const self = open_swarm(false);
  assert_null(send(self, SUNG));
  const Store none = saved(self);
  assert_null(words_in(&none));
  Fixture* const other = open_swarm(true);
  (void)send(other, SUNG);
  Store store = saved(other);
  assert_int_equal(restored(self, &store), LV2_STATE_SUCCESS); // which needs none
  float        plane[2][64];
  float* const out[2] = {plane[0], plane[1]};
  fixture_run(self, NULL, out, 0, 64);
  assert_string_equal(fixture_told(self, WORDS, LV2_ATOM__String), SUNG);
  fixture_close(other);
  fixture_close(self);
}

static void test_a_wrong_type_is_refused(void** state)
{
  (void)state;
  Fixture* const self = open_swarm(true);
  (void)send(self, SUNG);
  Store store = saved(self);
  for (int i = 0; i < store.n; ++i) {
    if (store.item[i].key == fixture_urid(WORDS)) {
      store.item[i].type = fixture_urid(LV2_ATOM__Path);
    }
  }
  assert_int_equal(restored(self, &store), LV2_STATE_ERR_BAD_TYPE);
  fixture_close(self);
}

/// Play five notes in blocks of `block` frames; with `words`, restored by a state, or without.
static FixtureAudio played(const char* words, uint32_t block)
{
  static const uint8_t keys[] = {60, 64, 67, 65, 62};
  Fixture* const       self   = open_swarm(true);
  FixtureAudio         out    = fixture_audio(LENGTH);
  (void)send(self, words);
  for (int i = 0; i < 5; ++i) {
    fixture_midi(self, 0, 0x90, keys[i], 90);
    fixture_render(self, NULL, (float* [2]){out.plane[0] + i * 4800, out.plane[1] + i * 4800}, 4800,
                   block);
    fixture_midi(self, 0, 0x80, keys[i], 0);
  }
  fixture_close(self);
  return out;
}

static bool are_equal(const FixtureAudio* a, const FixtureAudio* b)
{
  return memcmp(a->plane[0], b->plane[0], LENGTH * sizeof(float)) == 0 &&
         memcmp(a->plane[1], b->plane[1], LENGTH * sizeof(float)) == 0;
}

static void test_blocks_do_not_matter_and_no_words_are_no_words(void** state)
{
  (void)state;
  FixtureAudio sung  = played(SUNG, 480);
  FixtureAudio again = played(SUNG, 37);
  FixtureAudio mute  = played("", 480);
  FixtureAudio none  = played("[", 480);
  assert_true(are_equal(&sung, &again));
  assert_true(are_equal(&mute, &none));
  assert_false(are_equal(&sung, &none));
  fixture_audio_free(&sung);
  fixture_audio_free(&again);
  fixture_audio_free(&mute);
  fixture_audio_free(&none);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_words_are_told_back_and_kept),
      cmocka_unit_test(test_any_text_is_read_or_passed_over),
      cmocka_unit_test(test_no_worker_leaves_the_words),
      cmocka_unit_test(test_a_wrong_type_is_refused),
      cmocka_unit_test(test_blocks_do_not_matter_and_no_words_are_no_words),
  };
  return cmocka_run_group_tests_name("plugin words", tests, NULL, NULL);
}
