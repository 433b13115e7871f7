// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: a program change is the preset of that number, at its frame, without the host's help: a control that is moved afterwards
   takes its port's value, a save keeps what sounds, and a preset that the host loads takes all back. Tunings by system
   exclusive reach the sound and are kept too.
   Method: bytes compared with those of an instance whose ports were set; states saved and restored with the ports set before
   and after.
*/
#include "tests/support/bank.h"
#include "tests/support/store.h"

#include <math.h>
#include <string.h>

enum { RATE = 48000, BLOCK = 480, LEAD = 4 * BLOCK, LENGTH = 30 * BLOCK };

static const LV2_Feature* const no_features[] = {NULL};

static uint32_t n_programs(void)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < fiq_n_presets; ++i) {
    n += fiq_presets[i].plugin == FIQ_PLUGIN_SWARM;
  }
  return n;
}

static const FiqPreset* program(uint32_t number)
{
  uint32_t i = 0;
  for (uint32_t n = 0; fiq_presets[i].plugin != FIQ_PLUGIN_SWARM || n++ < number; ++i) {
  }
  return &fiq_presets[i];
}

static Fixture* open_swarm(void)
{
  Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
  assert_non_null(self);
  fixture_seed(self, 9);
  fixture_set(self, "freewheel", 1);
  return self;
}

static void change(Fixture* self, uint32_t channel, uint32_t number)
{
  const uint8_t message[2] = {(uint8_t)(0xc0 | channel), (uint8_t)number};
  fixture_message(self, 0, message, sizeof message);
}

/// A chord from here on.
static FixtureAudio play(Fixture* self)
{
  FixtureAudio out = fixture_audio(LENGTH);
  fixture_midi(self, 0, 0x90, 52, 100);
  fixture_midi(self, 0, 0x90, 59, 70);
  fixture_render(self, NULL, out.plane, LENGTH, BLOCK);
  return out;
}

static void lead_in(Fixture* self)
{
  FixtureAudio out = fixture_audio(LEAD);
  fixture_render(self, NULL, out.plane, LEAD, BLOCK);
  fixture_audio_free(&out);
}

/// Whether both play the same from here on; they are closed.
static bool play_alike(Fixture* a, Fixture* b)
{
  const bool same = fixture_audio_same_freed(play(a), play(b), LENGTH);
  fixture_close(a);
  fixture_close(b);
  return same;
}

static void test_every_program_is_its_preset(void** state)
{
  (void)state;
  for (uint32_t number = 0; number < n_programs(); ++number) {
    Fixture* const a = open_swarm();
    Fixture* const b = open_swarm();
    lead_in(a);
    lead_in(b);
    bank_load(a, program(number));
    change(b, 0, number);
    if (!play_alike(a, b)) {
      fail_msg("program %u, %s, is another sound", number, program(number)->slug);
    }
  }
}

static void test_what_is_not_meant_changes_nothing(void** state)
{
  (void)state;
  enum { OTHER_BANK, BEYOND, OTHER_CHANNEL, SWITCHED_OFF, N_CASES };
  for (int which = 0; which < N_CASES; ++which) {
    Fixture* const a = open_swarm();
    Fixture* const b = open_swarm();
    fixture_set(a, "midi_channel", which == OTHER_CHANNEL ? 1 : 0);
    fixture_set(b, "midi_channel", which == OTHER_CHANNEL ? 1 : 0);
    fixture_set(b, "program_change", which == SWITCHED_OFF ? 0 : 1);
    lead_in(a);
    lead_in(b);
    if (which == OTHER_BANK) {
      fixture_midi(b, 0, 0xb0, 32, 1);
    }
    change(b, which == OTHER_CHANNEL ? 5 : 0, which == BEYOND ? n_programs() : 4);
    assert_true(play_alike(a, b));
  }
}

static void test_a_control_that_moves_takes_its_port(void** state)
{
  (void)state;
  Fixture* const a = open_swarm();
  Fixture* const b = open_swarm();
  lead_in(a);
  lead_in(b);
  bank_load(a, program(7));
  change(b, 0, 7);
  lead_in(a);
  lead_in(b);
  fixture_set(a, "tilt", -9);
  fixture_set(b, "tilt", -9);
  assert_true(play_alike(a, b));
}

static void test_a_preset_of_the_host_takes_all_back(void** state)
{
  (void)state;
  Fixture* const a = open_swarm();
  Fixture* const b = open_swarm();
  lead_in(a);
  lead_in(b);
  change(b, 0, 12);
  bank_load(a, program(20)); // at the same moment, lest one has another past
  change(b, 0, 20);
  lead_in(a);
  lead_in(b);
  bank_load(a, program(3));
  bank_load(b, program(3));
  assert_true(play_alike(a, b));
}

static void save(Fixture* self, Store* store)
{
  const LV2_State_Interface* const state = self->descriptor->extension_data(LV2_STATE__interface);
  memset(store, 0, sizeof *store);
  assert_int_equal(state->save(self->handle, store_keep, store, 0, no_features), LV2_STATE_SUCCESS);
}

static void restore(Fixture* self, Store* store)
{
  const LV2_State_Interface* const state = self->descriptor->extension_data(LV2_STATE__interface);
  assert_int_equal(state->restore(self->handle, store_fetch, store, 0, no_features),
                   LV2_STATE_SUCCESS);
}

static void test_a_save_keeps_what_sounds(void** state)
{
  (void)state;
  static Store store;
  // The ports of a session come before its state, with it, or a little later.
  for (int when = 0; when < 3; ++when) {
    Fixture* const a = open_swarm();
    fixture_set(a, "tilt", -4); // the user's own, which the program lies over
    fixture_set(a, "glide", 0.25);
    lead_in(a);
    change(a, 0, 30);
    lead_in(a);
    fixture_set(a, "release", 2); // and one that is moved afterwards
    lead_in(a);
    save(a, &store);
    Fixture* const b = open_swarm();
    if (when == 0) {
      lead_in(b);
    }
    for (int part = 0; part < 2; ++part) {
      if (part == (when == 0 ? 1 : 0)) {
        restore(b, &store);
      } else {
        if (when == 2) {
          lead_in(b);
        }
        fixture_set(b, "tilt", -4);
        fixture_set(b, "glide", 0.25);
        fixture_set(b, "release", 2);
      }
    }
    lead_in(b);
    Fixture* const c = open_swarm();
    bank_load(c, program(30));
    fixture_set(c, "release", 2);
    restore(c, &store); // for the seed; the ports are not those that it lay over
    lead_in(c);
    // Begun anew both have the same past.
    b->descriptor->activate(b->handle);
    c->descriptor->activate(c->handle);
    assert_true(fixture_audio_same_freed(play(b), play(c), LENGTH));
    // Saved once more it is the same program.
    static Store again;
    lead_in(b);
    save(b, &again);
    const LV2_URID key = fixture_urid("urn:fieldiq:program");
    int            n   = 0;
    for (int i = 0; i < store.n; ++i) {
      for (int k = 0; k < again.n && store.item[i].key == key; ++k) {
        n += again.item[k].key == key && again.item[k].size == store.item[i].size &&
             !memcmp(again.item[k].value, store.item[i].value, store.item[i].size);
      }
    }
    assert_int_equal(n, 1);
    fixture_close(a);
    fixture_close(b);
    fixture_close(c);
  }
}

/// As hosts open a session: the state comes between instantiate() and activate(). Nothing may glide from the ports.
static void test_a_session_begins_with_its_program(void** state)
{
  (void)state;
  static Store store;
  for (uint32_t number = 0; number < n_programs(); number += 13) {
    Fixture* const a = open_swarm();
    lead_in(a);
    change(a, 0, number);
    lead_in(a);
    save(a, &store);
    fixture_close(a);
    Fixture* const b = open_swarm();
    Fixture* const c = open_swarm();
    restore(b, &store);
    bank_load(c, program(number));
    b->descriptor->activate(b->handle);
    c->descriptor->activate(c->handle);
    if (!play_alike(b, c)) {
      fail_msg("program %u, %s, begins otherwise", number, program(number)->slug);
    }
  }
}

static void test_it_happens_at_its_frame(void** state)
{
  (void)state;
  FixtureAudio out[2] = {fixture_audio(LENGTH), fixture_audio(LENGTH)};
  for (int run = 0; run < 2; ++run) {
    const uint32_t block   = run ? 100 : 2400;
    const uint8_t  pick[2] = {0xc3, 17};
    const size_t   at      = 5323;
    Fixture* const self    = open_swarm();
    for (size_t done = 0; done < LENGTH; done += block) {
      if (done == 0) {
        fixture_midi(self, 0, 0x90, 48, 100);
      }
      if (at >= done && at < done + block) {
        fixture_message(self, (int64_t)(at - done), pick, sizeof pick);
      }
      fixture_run(self, NULL, out[run].plane, done, block);
      fixture_work(self);
    }
    fixture_close(self);
  }
  assert_true(fixture_audio_same_freed(out[0], out[1], LENGTH));
}

static void test_tunings_by_message_sound_and_are_kept(void** state)
{
  (void)state;
  static Store  store;
  const uint8_t quarter[] = {0xf0, 0x7f, 0x7f, 8, 2, 0, 1, 69, 69, 64, 0, 0xf7};
  const double  hz        = 440.0 * exp2(0.5 / 12.0);
  for (int kept = 0; kept < 2; ++kept) {
    Fixture* const self = open_swarm();
    FixtureAudio   out  = fixture_audio(RATE);
    fixture_set(self, "anneal", 0.05);
    if (kept) {
      restore(self, &store);
    }
    fixture_midi(self, 0, 0x90, 69, 100);
    fixture_render(self, NULL, out.plane, RATE / 2, BLOCK);
    if (!kept) {
      fixture_message(self, 0, quarter, sizeof quarter); // the note sounds on, at another pitch
    }
    fixture_render(self, NULL, out.plane, RATE, BLOCK);
    const double tuned = support_tone_amplitude(out.plane[0] + RATE / 2, RATE / 2, hz, RATE);
    const double equal = support_tone_amplitude(out.plane[0] + RATE / 2, RATE / 2, 440.0, RATE);
    assert_true(tuned > 10.0 * equal);
    save(self, &store);
    fixture_audio_free(&out);
    fixture_close(self);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_program_is_its_preset),
                                     cmocka_unit_test(test_what_is_not_meant_changes_nothing),
                                     cmocka_unit_test(test_a_control_that_moves_takes_its_port),
                                     cmocka_unit_test(test_a_preset_of_the_host_takes_all_back),
                                     cmocka_unit_test(test_a_save_keeps_what_sounds),
                                     cmocka_unit_test(test_a_session_begins_with_its_program),
                                     cmocka_unit_test(test_it_happens_at_its_frame),
                                     cmocka_unit_test(test_tunings_by_message_sound_and_are_kept)};
  return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
