// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: words that are sent are read by the worker, told back, kept with the session and sung; whatever they are, run() goes
   on. Method: texts are sent as a host would send them, sessions are saved and restored, and renders compared byte by byte.
*/
#include "tests/support/fixture.h"
#include "tests/support/store.h"

#include <lv2/atom/util.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  LENGTH      = 24000,
  TEXT_BYTES  = 60000,
  BEAT        = 12000,
  TUNE        = 12,
  DUET        = (TUNE + 20) * BEAT, ///< of a tune, and what a partner plays on
  NOTES_MAX   = 256,
  BUFFER      = 4096,
  DUET_PERIOD = 256
};

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

/// Keys that a partner begins and ends.
typedef struct {
  uint32_t n;
  uint32_t frame[NOTES_MAX];
  uint8_t  message[NOTES_MAX][3];
} Notes;

static void take_notes(const uint8_t* buffer, uint32_t start, Notes* notes)
{
  const LV2_Atom_Sequence* const sequence = (const LV2_Atom_Sequence*)(const void*)buffer;
  LV2_ATOM_SEQUENCE_FOREACH(sequence, event)
  {
    assert_true(notes->n < NOTES_MAX);
    notes->frame[notes->n] = start + (uint32_t)event->time.frames;
    memcpy(notes->message[notes->n++], event + 1, 3);
  }
}

/// Queue a tune, and `notes` if any, in the order of time.
static void queue(Fixture* self, const Notes* notes, uint32_t start, uint32_t end)
{
  static const uint8_t tune[TUNE] = {60, 62, 64, 65, 67, 65, 64, 62, 60, 64, 62, 65};
  uint32_t             next       = 0;
  for (uint32_t frame = start; frame < end; ++frame) {
    const uint32_t i    = frame / BEAT;
    const bool     ends = frame % BEAT == BEAT * 3 / 4;
    if (i < TUNE && (ends || frame % BEAT == 0)) {
      fixture_midi(self, frame - start, ends ? 0x80 : 0x90, tune[i], 90);
    }
    for (; notes && next < notes->n && notes->frame[next] <= frame; ++next) {
      if (notes->frame[next] == frame) {
        const uint8_t* const m = notes->message[next];
        fixture_midi(self, frame - start, m[0], m[1], m[2]);
      }
    }
  }
}

/// A tune with `words`, and then what a partner plays on of it (`mode`; `notes` takes it), or `notes` as if by hand (0).
static FixtureAudio duet(const char* words, int mode, Notes* notes)
{
  static uint8_t buffer[BUFFER];
  Fixture* const self = open_swarm(true);
  FixtureAudio   out  = fixture_audio(DUET);
  fixture_set(self, "sequence", mode);
  fixture_set(self, "sequence_density", 70);
  (void)send(self, words);
  self->descriptor->connect_port(self->handle, fixture_port(self, "midi_out"), buffer);
  for (uint32_t done = 0; done < DUET; done += DUET_PERIOD) {
    const uint32_t n          = DUET - done < DUET_PERIOD ? DUET - done : DUET_PERIOD;
    *(LV2_Atom*)(void*)buffer = (LV2_Atom){BUFFER - sizeof(LV2_Atom), 0};
    queue(self, mode ? NULL : notes, done, done + n);
    fixture_run(self, NULL, out.plane, done, n);
    if (mode) {
      take_notes(buffer, done, notes);
    }
    fixture_work(self);
  }
  fixture_close(self);
  return out;
}

/// The greatest difference of two duets from `from` on, in dB of the first one's peak.
static double difference_db(const FixtureAudio* a, const FixtureAudio* b, uint32_t from)
{
  double most = 1e-9;
  double peak = 1e-9;
  for (uint32_t i = from; i < DUET; ++i) {
    most = fmax(most, fabs((double)a->plane[0][i] - (double)b->plane[0][i]));
    peak = fmax(peak, fabs((double)a->plane[0][i]));
  }
  return support_db(most / peak);
}

/// What the partner plays takes the words onward: it sounds as if the same notes had been played by hand.
static void test_a_partner_sings_the_next_syllables(void** state)
{
  (void)state;
  static const char words[] = "[m iy] [l aa] [s ow] [f uw] [n ey]"; // five, beside twelve notes
  Notes             notes   = {.n = 0};
  Notes             bare    = {.n = 0};
  Notes             second  = {.n = 0};
  FixtureAudio      sung    = duet(words, 1, &notes);
  FixtureAudio      by_hand = duet(words, 0, &notes);
  FixtureAudio      mute    = duet("", 1, &bare);
  assert_true(notes.n > 12);
  assert_int_equal(notes.n, bare.n);
  assert_memory_equal(notes.message, bare.message, sizeof notes.message);
  print_message("%u notes on and off; by hand %.0f dB, without words %.0f dB\n", notes.n,
                difference_db(&sung, &by_hand, 0), difference_db(&sung, &mute, TUNE * BEAT));
  assert_true(difference_db(&sung, &by_hand, 0) < -100.0);
  assert_true(difference_db(&sung, &mute, TUNE * BEAT) > -20.0);
  // A second voice sings the syllable of the first, and lets none be left out.
  FixtureAudio both       = duet(words, 3, &second);
  FixtureAudio both_hands = duet(words, 0, &second);
  print_message("second voice by hand %.0f dB\n", difference_db(&both, &both_hands, 0));
  assert_true(difference_db(&both, &both_hands, 0) < -100.0);
  fixture_audio_free(&sung);
  fixture_audio_free(&by_hand);
  fixture_audio_free(&mute);
  fixture_audio_free(&both);
  fixture_audio_free(&both_hands);
}

static FixtureAudio drone(const char* words, double vowel)
{
  Fixture* const self = open_swarm(true);
  FixtureAudio   out  = fixture_audio(LENGTH);
  fixture_set(self, "chord", 1);
  fixture_set(self, "voice", 100);
  fixture_set(self, "vowel", vowel);
  (void)send(self, words);
  fixture_render(self, NULL, out.plane, LENGTH, 256);
  fixture_close(self);
  return out;
}

/// The drone holds the vowel that Vowel says, whatever the words are.
static void test_a_drone_sings_the_vowel(void** state)
{
  (void)state;
  FixtureAudio one   = drone("[s aa]", 20);
  FixtureAudio other = drone("[m iy] [l ow]", 20);
  FixtureAudio vowel = drone("[s aa]", 90);
  assert_true(are_equal(&one, &other));
  assert_false(are_equal(&one, &vowel));
  fixture_audio_free(&one);
  fixture_audio_free(&other);
  fixture_audio_free(&vowel);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_words_are_told_back_and_kept),
      cmocka_unit_test(test_any_text_is_read_or_passed_over),
      cmocka_unit_test(test_no_worker_leaves_the_words),
      cmocka_unit_test(test_a_wrong_type_is_refused),
      cmocka_unit_test(test_blocks_do_not_matter_and_no_words_are_no_words),
      cmocka_unit_test(test_a_partner_sings_the_next_syllables),
      cmocka_unit_test(test_a_drone_sings_the_vowel),
  };
  return cmocka_run_group_tests_name("plugin words", tests, NULL, NULL);
}
