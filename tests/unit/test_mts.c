// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: tuning messages do what the MIDI Tuning Standard says, to the keys that it says and at the moment that it says, and
// nothing else does anything. Method: messages written byte by byte; pitches read from notes that sound; every length of
// every message, and 20 000 messages with some bytes changed at random.
#include "dsp/base/random.h"
#include "dsp/notes/notes.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

enum { MESSAGE_MAX = 512, RATE = 48000, STEP = 64 };

typedef struct {
  uint8_t  bytes[MESSAGE_MAX];
  uint32_t n;
} Message;

static void put(Message* message, uint32_t n, const uint8_t* bytes)
{
  memcpy(message->bytes + message->n, bytes, n);
  message->n += n;
}

#define PUT(message, ...)                                                                          \
  put((message), sizeof((const uint8_t[]){__VA_ARGS__}), (const uint8_t[]){__VA_ARGS__})

static void put_pitch(Message* message, double pitch)
{
  const uint32_t units = (uint32_t)lrint(pitch * 16384.0);
  PUT(message, (uint8_t)(units >> 14), (uint8_t)(units >> 7 & 127), (uint8_t)(units & 127));
}

/// A dump of `pitch` [128], the sum of which is `wrong` by so much.
static Message bulk(const double* pitch, bool with_bank, uint8_t wrong)
{
  Message message = {.n = 0};
  PUT(&message, 0xf0, 0x7e, 0x11, 8, with_bank ? 4 : 1);
  if (with_bank) {
    PUT(&message, 3);
  }
  PUT(&message, 2);
  put(&message, 16, (const uint8_t*)"a tuning of mine");
  for (uint32_t key = 0; key < FIQ_TUNING_KEYS; ++key) {
    put_pitch(&message, pitch[key]);
  }
  uint8_t sum = wrong;
  for (uint32_t i = 1; i < message.n; ++i) {
    sum ^= message.bytes[i];
  }
  PUT(&message, sum, 0xf7);
  return message;
}

static Message one_key(uint8_t key, double pitch)
{
  Message message = {.n = 0};
  PUT(&message, 0xf0, 0x7f, 0x7f, 8, 2, 0, 1, key);
  put_pitch(&message, pitch);
  PUT(&message, 0xf7);
  return message;
}

/// A quarter tone, and a tenth of a semitone a key.
static void stretched(double* pitch)
{
  for (uint32_t key = 0; key < FIQ_TUNING_KEYS; ++key) {
    pitch[key] = 0.5 + 0.9 * key;
  }
}

static void open_notes(FiqNotes* notes)
{
  fiq_notes_init(notes, RATE, STEP);
}

static void step(FiqNotes* notes)
{
  const FiqNotesParams params = {0.01f, 0.1f, 1.0f, 0.1f, 2.0f};
  fiq_notes_advance(notes, &params, notes->frame + STEP);
}

static void send(FiqNotes* notes, const Message* message)
{
  fiq_notes_midi(notes, message->bytes, message->n, notes->frame + 1);
  step(notes);
}

static void strike(FiqNotes* notes, uint32_t channel, uint32_t key)
{
  fiq_notes_on(notes, channel, key, 1.0f, notes->frame + 1);
  step(notes);
}

static double pitch_of(const FiqNotes* notes, uint32_t channel, uint32_t key)
{
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    const FiqNote* const note = &notes->note[i];
    if (note->stage != FIQ_NOTE_IDLE && note->channel == channel && note->key == key) {
      return (double)fiq_notes_pitch(note);
    }
  }
  return -1.0;
}

static const double exact = 2.0 / 16384.0;

static void test_a_dump_holds_for_keys_struck_after_it(void** state)
{
  (void)state;
  static FiqNotes notes;
  double          pitch[FIQ_TUNING_KEYS];
  stretched(pitch);
  for (int bank = 0; bank < 2; ++bank) {
    open_notes(&notes);
    strike(&notes, 0, 60);
    const Message message = bulk(pitch, bank == 1, 0);
    send(&notes, &message);
    assert_true(fabs(pitch_of(&notes, 0, 60) - 60.0) < exact);
    for (uint32_t key = 0; key < FIQ_TUNING_KEYS; key += 3) {
      strike(&notes, 1, key);
      assert_true(fabs(pitch_of(&notes, 1, key) - pitch[key]) < exact);
      fiq_notes_off(&notes, 1, key, notes.frame + 1);
    }
    strike(&notes, 0, 60); // the same key again has its new pitch
    assert_true(fabs(pitch_of(&notes, 0, 60) - pitch[60]) < exact);
  }
}

static void test_a_dump_with_another_sum_is_ignored(void** state)
{
  (void)state;
  static FiqMtsChange change[FIQ_MTS_CHANGES_MAX];
  double              pitch[FIQ_TUNING_KEYS];
  stretched(pitch);
  for (uint32_t wrong = 0; wrong < 128; ++wrong) {
    const Message message = bulk(pitch, false, (uint8_t)wrong);
    // Some leave the 08 01 out of the sum.
    const bool right = wrong == 0 || wrong == 9;
    assert_int_equal(fiq_mts_parse(message.bytes, message.n, change), right ? 128 : 0);
  }
}

static void test_single_keys_are_retuned_while_they_sound(void** state)
{
  (void)state;
  static FiqNotes notes;
  open_notes(&notes);
  strike(&notes, 0, 60);
  strike(&notes, 4, 60);
  strike(&notes, 0, 64);
  const Message message = one_key(60, 60.25);
  send(&notes, &message);
  assert_true(fabs(pitch_of(&notes, 0, 60) - 60.25) < exact);
  assert_true(fabs(pitch_of(&notes, 4, 60) - 60.25) < exact);
  assert_true(fabs(pitch_of(&notes, 0, 64) - 64.0) < exact);
  // With a bank it may be for later, and 7F 7F 7F leaves a key alone.
  Message later = {.n = 0};
  PUT(&later, 0xf0, 0x7e, 0, 8, 7, 0, 0, 2, 60, 59, 64, 0, 64, 127, 127, 127, 0xf7);
  send(&notes, &later);
  assert_true(fabs(pitch_of(&notes, 0, 60) - 60.25) < exact);
  strike(&notes, 0, 60);
  strike(&notes, 0, 64);
  assert_true(fabs(pitch_of(&notes, 0, 60) - 59.5) < exact);
  assert_true(fabs(pitch_of(&notes, 0, 64) - 64.0) < exact);
}

static void test_pitch_classes_are_tuned_by_channel(void** state)
{
  (void)state;
  static FiqNotes notes;
  open_notes(&notes);
  strike(&notes, 0, 61);
  strike(&notes, 1, 73);
  Message one = {.n = 0};
  PUT(&one, 0xf0, 0x7f, 0x7f, 8, 8, 0, 0, 2, 64, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 0xf7);
  send(&notes, &one);
  assert_true(fabs(pitch_of(&notes, 0, 61) - 61.0) < exact);
  assert_true(fabs(pitch_of(&notes, 1, 73) - 72.7) < exact);
  Message two = {.n = 0};
  PUT(&two, 0xf0, 0x7e, 0x7f, 8, 9, 3, 127, 127);
  for (int i = 0; i < 12; ++i) {
    PUT(&two, i == 1 ? 96 : 64, 0);
  }
  PUT(&two, 0xf7);
  send(&notes, &two);
  assert_true(fabs(pitch_of(&notes, 1, 73) - 72.7) < exact);
  strike(&notes, 15, 61);
  assert_true(fabs(pitch_of(&notes, 15, 61) - 61.5) < exact);
}

static void test_it_lies_over_a_scale(void** state)
{
  (void)state;
  static FiqNotes   notes;
  static FiqTuning  tuning;
  static const char scale[] = "! five\nequal\n5\n240.\n480.\n720.\n960.\n2/1\n";
  fiq_tuning_init_equal(&tuning, 440.0);
  assert_int_equal(fiq_tuning_parse_scl(&tuning, scale, sizeof scale - 1, NULL), FIQ_OK);
  open_notes(&notes);
  fiq_notes_set_tuning(&notes, &tuning);
  const Message message = one_key(61, 61.0);
  send(&notes, &message);
  strike(&notes, 0, 61);
  strike(&notes, 0, 62);
  assert_true(fabs(pitch_of(&notes, 0, 61) - 61.0) < exact);
  assert_true(fabs(pitch_of(&notes, 0, 62) - 64.8) < exact);
  // General MIDI begins: as loaded.
  Message begin = {.n = 0};
  PUT(&begin, 0xf0, 0x7e, 0x7f, 9, 1, 0xf7);
  send(&notes, &begin);
  assert_true(fabs(pitch_of(&notes, 0, 61) - 62.4) < exact);
}

static void test_it_is_kept_and_read_again(void** state)
{
  (void)state;
  FiqMts            mts;
  FiqMts            read;
  FiqMtsChange      change[FIQ_MTS_CHANGES_MAX];
  float             packed[FIQ_MTS_FLOATS];
  static const char classes[] =
      "\xf0\x7f\x7f\x08\x08\x03\x7f\x7f\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\xf7";
  const Message key = one_key(0, 0.0);
  fiq_mts_reset(&mts);
  uint32_t n = fiq_mts_parse(key.bytes, key.n, change);
  fiq_mts_apply(&mts, change);
  n = fiq_mts_parse((const uint8_t*)classes, sizeof classes - 1, change);
  assert_int_equal(n, FIQ_MTS_CHANGES_MAX);
  for (uint32_t i = 0; i < n; ++i) {
    fiq_mts_apply(&mts, &change[i]);
  }
  fiq_mts_pack(&mts, packed);
  fiq_mts_unpack(&read, packed);
  assert_memory_equal(&mts, &read, sizeof mts);
  // Nothing, or nonsense, is as loaded.
  for (uint32_t i = 0; i < FIQ_MTS_FLOATS; ++i) {
    packed[i] = i % 3 == 0 ? 0.0f : i % 3 == 1 ? NAN : 1e20f;
  }
  fiq_mts_unpack(&read, packed);
  for (uint32_t k = 0; k < FIQ_TUNING_KEYS; ++k) {
    assert_true(fabs(fiq_mts_pitch(&read, NULL, k % 17, k) - k) < 1e-9);
  }
}

static bool is_sane(const FiqMtsChange* change)
{
  return change->channel < 16 && change->number < (change->kind == FIQ_MTS_CLASS ? 12 : 128) &&
         change->value >= -1.0f && change->value < 128.0f;
}

static void test_what_is_cut_off_or_damaged_does_no_harm(void** state)
{
  (void)state;
  static FiqMtsChange change[FIQ_MTS_CHANGES_MAX];
  double              pitch[FIQ_TUNING_KEYS];
  stretched(pitch);
  Message whole[4] = {bulk(pitch, false, 0), bulk(pitch, true, 0), one_key(3, 3.5), {.n = 0}};
  PUT(&whole[3], 0xf0, 0x7f, 0x7f, 8, 8, 0, 0, 2, 64, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
      0xf7);
  FiqRandom random;
  fiq_random_init(&random, 11, 0);
  for (uint32_t m = 0; m < 4; ++m) {
    for (uint32_t n = 0; n < whole[m].n; ++n) {
      Message cut = whole[m];
      assert_int_equal(fiq_mts_parse(cut.bytes, n, change), 0);
      if (n > 0) {
        cut.bytes[n - 1] = 0xf7;
        assert_int_equal(fiq_mts_parse(cut.bytes, n, change), 0);
      }
    }
    for (uint32_t round = 0; round < 5000; ++round) {
      Message        damaged = whole[m];
      const uint32_t changes = 1 + fiq_random_bits(&random) % 4;
      for (uint32_t i = 0; i < changes; ++i) {
        damaged.bytes[fiq_random_bits(&random) % damaged.n] = (uint8_t)fiq_random_bits(&random);
      }
      const uint32_t length = round % 3 ? damaged.n : fiq_random_bits(&random) % (damaged.n + 1);
      const uint32_t n      = fiq_mts_parse(damaged.bytes, length, change);
      assert_true(n <= FIQ_MTS_CHANGES_MAX);
      for (uint32_t i = 0; i < n; ++i) {
        assert_true(is_sane(&change[i]));
      }
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_dump_holds_for_keys_struck_after_it),
      cmocka_unit_test(test_a_dump_with_another_sum_is_ignored),
      cmocka_unit_test(test_single_keys_are_retuned_while_they_sound),
      cmocka_unit_test(test_pitch_classes_are_tuned_by_channel),
      cmocka_unit_test(test_it_lies_over_a_scale),
      cmocka_unit_test(test_it_is_kept_and_read_again),
      cmocka_unit_test(test_what_is_cut_off_or_damaged_does_no_harm)};
  return cmocka_run_group_tests_name("mts", tests, NULL, NULL);
}
