// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: keys become notes as a keyboard player expects, none hangs, and envelopes are smooth and exact
// in time. Method: event sequences with the set of sounding notes and their levels checked.
#include "notes.h"
#include "random.h"
#include "support.h"

#include <math.h>
#include <string.h>

static const FiqNotesParams plain = {.attack_s             = 0.1f,
                                     .decay_s              = 0.2f,
                                     .sustain              = 0.5f,
                                     .release_s            = 0.3f,
                                     .bend_range_semitones = 2.0f};

static FiqNotes fresh_notes(void)
{
  FiqNotes notes;
  fiq_notes_init(&notes, 48000.0, 64);
  return notes;
}

static uint32_t n_sounding(const FiqNotes* notes)
{
  uint32_t n = 0;
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    n += notes->note[i].stage != FIQ_NOTE_IDLE;
  }
  return n;
}

static const FiqNote* find(const FiqNotes* notes, uint8_t key)
{
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    if (notes->note[i].stage != FIQ_NOTE_IDLE && notes->note[i].key == key) {
      return &notes->note[i];
    }
  }
  return NULL;
}

static void test_envelope_follows_its_formula(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  fiq_notes_on(&notes, 0, 60, 1.0f, 100);
  fiq_notes_off(&notes, 0, 60, 100 + 24000);
  double worst = 0.0;
  for (uint64_t frame = 0; frame < 48000; frame += 64) {
    fiq_notes_advance(&notes, &plain, frame);
    const double   t    = ((double)frame - 100.0) / 48000.0;
    const FiqNote* note = find(&notes, 60);
    double want = t < 0.0 ? 0.0 : t < 0.1 ? t / 0.1 : 0.5 + 0.5 * exp(-5.0 * (t - 0.1) / 0.2);
    if (t > 0.5) {
      const double held = 0.5 + 0.5 * exp(-5.0 * 0.4 / 0.2);
      want              = fmax(0.0, (held + 0.001) * exp(-log(1001.0) * (t - 0.5) / 0.3) - 0.001);
    }
    worst = fmax(worst, fabs(want - (note ? (double)note->level : 0.0)));
  }
  print_message("envelope against formula: largest error %.2g\n", worst);
  assert_true(worst < 2e-5);
  assert_false(fiq_notes_sounding(&notes));
}

static void test_event_moved_by_frames_moves_the_envelope(void** state)
{
  (void)state;
  FiqNotes one = fresh_notes();
  FiqNotes two = fresh_notes();
  fiq_notes_on(&one, 0, 60, 1.0f, 100);
  fiq_notes_on(&two, 0, 60, 1.0f, 105);
  fiq_notes_advance(&one, &plain, 640);
  fiq_notes_advance(&two, &plain, 640);
  const double difference = (double)(find(&one, 60)->level - find(&two, 60)->level);
  assert_true(fabs(difference - 5.0 / 4800.0) < 1e-6);
}

static void test_velocity_zero_and_duplicates_do_not_hang(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  fiq_notes_on(&notes, 3, 60, 0.5f, 0);
  fiq_notes_on(&notes, 3, 60, 0.7f, 1);
  fiq_notes_on(&notes, 3, 60, 0.9f, 2);
  fiq_notes_advance(&notes, &plain, 64);
  assert_int_equal(n_sounding(&notes), 1);
  fiq_notes_on(&notes, 3, 60, 0.0f, 100);
  fiq_notes_advance(&notes, &plain, 48000);
  assert_int_equal(n_sounding(&notes), 0);
}

static void test_sustain_holds_released_keys(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  fiq_notes_controller(&notes, 0, 64, 127, 0);
  fiq_notes_on(&notes, 0, 60, 1.0f, 1);
  fiq_notes_on(&notes, 1, 62, 1.0f, 1);
  fiq_notes_off(&notes, 0, 60, 100);
  fiq_notes_off(&notes, 1, 62, 100);
  fiq_notes_advance(&notes, &plain, 48000);
  assert_non_null(find(&notes, 60));
  assert_null(find(&notes, 62)); // another channel, no pedal there
  fiq_notes_controller(&notes, 0, 64, 0, 48001);
  fiq_notes_advance(&notes, &plain, 96000);
  assert_int_equal(n_sounding(&notes), 0);
}

static void test_controllers_end_notes(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  for (uint32_t key = 40; key < 60; ++key) {
    fiq_notes_on(&notes, 2, key, 1.0f, 0);
  }
  fiq_notes_controller(&notes, 2, 123, 0, 4800);
  fiq_notes_advance(&notes, &plain, 4800 + 7200);
  assert_int_equal(n_sounding(&notes), 20);
  fiq_notes_advance(&notes, &plain, 4800 + 14400 + 1);
  assert_int_equal(n_sounding(&notes), 0);
  fiq_notes_on(&notes, 2, 50, 1.0f, 30000);
  fiq_notes_advance(&notes, &plain, 31000);
  assert_int_equal(n_sounding(&notes), 1);
  fiq_notes_controller(&notes, 2, 120, 0, 31000);
  fiq_notes_advance(&notes, &plain, 31000 + 65);
  assert_int_equal(n_sounding(&notes), 0);
}

static void test_bend_moves_its_channel_and_reset_returns(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  fiq_notes_on(&notes, 0, 60, 1.0f, 0);
  fiq_notes_on(&notes, 1, 70, 1.0f, 0);
  fiq_notes_bend(&notes, 0, -0.5f, 0);
  fiq_notes_advance(&notes, &plain, 64);
  assert_true(fabsf(fiq_notes_pitch(&notes, find(&notes, 60)) - 59.0f) < 1e-6f);
  assert_true(fabsf(fiq_notes_pitch(&notes, find(&notes, 70)) - 70.0f) < 1e-6f);
  fiq_notes_controller(&notes, 0, 121, 0, 65);
  fiq_notes_advance(&notes, &plain, 128);
  assert_true(fabsf(fiq_notes_pitch(&notes, find(&notes, 60)) - 60.0f) < 1e-6f);
}

static void test_oldest_released_is_stolen_first(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  for (uint32_t key = 0; key < 64; ++key) {
    fiq_notes_on(&notes, 0, key, 1.0f, key);
  }
  fiq_notes_off(&notes, 0, 30, 100);
  fiq_notes_off(&notes, 0, 20, 101);
  fiq_notes_on(&notes, 0, 100, 1.0f, 102);
  fiq_notes_advance(&notes, &plain, 128);
  assert_null(find(&notes, 30));
  assert_non_null(find(&notes, 20));
  assert_non_null(find(&notes, 100));
  fiq_notes_on(&notes, 0, 101, 1.0f, 129);
  fiq_notes_on(&notes, 0, 102, 1.0f, 130);
  fiq_notes_advance(&notes, &plain, 192);
  assert_null(find(&notes, 20));
  assert_null(find(&notes, 0));
  assert_int_equal(n_sounding(&notes), 64);
}

static void test_drone_keeps_common_keys(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  fiq_notes_drone(&notes, FIQ_CHORD_MAJOR, 48, 0);
  fiq_notes_advance(&notes, &plain, 24000);
  assert_int_equal(n_sounding(&notes), 3);
  const float level = find(&notes, 48)->level;
  fiq_notes_drone(&notes, FIQ_CHORD_MINOR, 48, 24000);
  fiq_notes_advance(&notes, &plain, 24064);
  assert_true(fabsf(find(&notes, 48)->level - level) < 0.01f);
  assert_non_null(find(&notes, 51));
  fiq_notes_drone(&notes, FIQ_CHORD_OFF, 48, 24064);
  fiq_notes_advance(&notes, &plain, 48000);
  assert_false(fiq_notes_sounding(&notes));
}

/// What is heard of one key: its level times its velocity.
static double heard(const FiqNotes* notes, uint8_t key)
{
  const FiqNote* note = find(notes, key);
  return note ? (double)(note->level * note->velocity) : 0.0;
}

static void test_restrike_goes_on_from_the_level(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  fiq_notes_on(&notes, 0, 60, 1.0f, 0);
  fiq_notes_advance(&notes, &plain, 24000);
  const double before = heard(&notes, 60);
  fiq_notes_on(&notes, 0, 60, 0.2f, 24000);
  fiq_notes_advance(&notes, &plain, 24000);
  assert_true(fabs(heard(&notes, 60) - before) < 1e-5);
}

static void test_random_events_leave_nothing_hanging(void** state)
{
  (void)state;
  FiqRandom random;
  fiq_random_init(&random, 5, 0);
  FiqNotes notes = fresh_notes();
  uint64_t frame = 0;
  for (int i = 0; i < 20000; ++i) {
    const uint32_t bits = fiq_random_bits(&random);
    const uint32_t key  = (bits >> 8) & 127;
    const uint32_t kind = bits % 8;
    if (kind < 4) {
      fiq_notes_on(&notes, bits >> 28, key, fiq_random_uniform(&random), frame);
    } else if (kind < 6) {
      fiq_notes_off(&notes, bits >> 28, key, frame);
    } else {
      fiq_notes_controller(&notes, bits >> 28, kind == 6 ? 64 : key, key, frame);
    }
    frame += bits % 7 == 0 ? 64 : 0;
    if (bits % 11 == 0) {
      fiq_notes_advance(&notes, &plain, frame);
    }
  }
  for (uint32_t channel = 0; channel < 16; ++channel) {
    fiq_notes_controller(&notes, channel, 64, 0, frame);
    fiq_notes_controller(&notes, channel, 123, 0, frame);
  }
  fiq_notes_advance(&notes, &plain, frame + 48000);
  assert_int_equal(n_sounding(&notes), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_envelope_follows_its_formula),
      cmocka_unit_test(test_event_moved_by_frames_moves_the_envelope),
      cmocka_unit_test(test_velocity_zero_and_duplicates_do_not_hang),
      cmocka_unit_test(test_sustain_holds_released_keys),
      cmocka_unit_test(test_controllers_end_notes),
      cmocka_unit_test(test_bend_moves_its_channel_and_reset_returns),
      cmocka_unit_test(test_oldest_released_is_stolen_first),
      cmocka_unit_test(test_drone_keeps_common_keys),
      cmocka_unit_test(test_restrike_goes_on_from_the_level),
      cmocka_unit_test(test_random_events_leave_nothing_hanging),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
