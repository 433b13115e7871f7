// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: every key that is struck sings the next syllable, chords one together, in all modes, at any cut into blocks, and the
// text begins anew where it is told to. Method: scores of keys, whose syllables are read from the notes.
#include "dsp/notes/notes.h"
#include "tests/support/support.h"

#define RATE_HZ 48000.0

static void advance(FiqNotes* notes, uint64_t frame)
{
  const FiqNotesParams params = {0.01f, 0.1f, 0.8f, 0.05f, 2.0f};
  fiq_notes_advance(notes, &params, frame);
}

static FiqNotes* new_notes(uint32_t n_syllables)
{
  FiqNotes* const notes = test_malloc(sizeof *notes);
  fiq_notes_init(notes, RATE_HZ, 64);
  fiq_notes_set_words(notes, n_syllables);
  return notes;
}

/// The syllable that `key` sings, 1000 if it does not sound.
static uint32_t sung_by(const FiqNotes* notes, uint32_t key)
{
  for (uint32_t i = 0; i < FIQ_NOTES_MAX; ++i) {
    const FiqNoteStage stage = notes->note[i].stage;
    if ((stage == FIQ_NOTE_ATTACK || stage == FIQ_NOTE_HOLD) && notes->note[i].key == key) {
      return notes->note[i].syllable;
    }
  }
  return 1000;
}

/// Strike keys 60, 61, ... at these frames and read what each sings.
static void strike_at(FiqNotes* notes, const uint64_t* frames, uint32_t n, uint32_t* sung)
{
  for (uint32_t i = 0; i < n; ++i) {
    fiq_notes_on(notes, 0, 60 + i, 0.8f, frames[i]);
  }
  advance(notes, frames[n - 1]);
  for (uint32_t i = 0; i < n; ++i) {
    sung[i] = sung_by(notes, 60 + i);
  }
}

static void test_each_key_sings_the_next_and_a_chord_one_together(void** state)
{
  (void)state;
  // Three keys as a chord, spread over 50 ms with less than 30 ms between two; then one 31 ms later; then 20 a second.
  static const uint64_t frames[]   = {0, 1200, 2400, 3888, 6288, 8688, 11088};
  static const uint32_t expected[] = {0, 0, 0, 1, 2, 3, 4};
  uint32_t              sung[7];
  FiqNotes* const       notes = new_notes(10);
  strike_at(notes, frames, 7, sung);
  assert_memory_equal(sung, expected, sizeof expected);
  test_free(notes);
}

static void test_the_text_loops_or_ends(void** state)
{
  (void)state;
  static const uint64_t frames[]  = {0, 5000, 10000, 15000, 20000};
  static const uint32_t looping[] = {0, 1, 2, 0, 1};
  static const uint32_t ending[]  = {0, 1, 2, FIQ_NO_SYLLABLE, FIQ_NO_SYLLABLE};
  uint32_t              sung[5];
  FiqNotes*             notes = new_notes(3);
  strike_at(notes, frames, 5, sung);
  assert_memory_equal(sung, looping, sizeof looping);
  test_free(notes);
  notes             = new_notes(3);
  FiqNotesPlay play = fiq_notes_default_play();
  play.words_loop   = false;
  fiq_notes_set_play(notes, &play);
  strike_at(notes, frames, 5, sung);
  assert_memory_equal(sung, ending, sizeof ending);
  test_free(notes);
}

static void test_without_a_text_and_for_the_drone_there_is_no_syllable(void** state)
{
  (void)state;
  uint32_t        sung  = 0;
  uint64_t        frame = 0;
  FiqNotes* const notes = new_notes(0);
  strike_at(notes, &frame, 1, &sung);
  assert_int_equal(sung, FIQ_NO_SYLLABLE);
  fiq_notes_set_words(notes, 5);
  fiq_notes_drone(notes, FIQ_CHORD_ROOT, 40, 1000);
  fiq_notes_on(notes, 0, 70, 0.8f, 9000);
  advance(notes, 9000);
  assert_int_equal(sung_by(notes, 40), FIQ_NO_SYLLABLE);
  assert_int_equal(sung_by(notes, 70), 0);
  test_free(notes);
}

static void test_a_restart_takes_effect_at_its_frame(void** state)
{
  (void)state;
  FiqNotes* const notes = new_notes(8);
  fiq_notes_on(notes, 0, 60, 0.8f, 0);
  fiq_notes_on(notes, 0, 61, 0.8f, 5000);
  fiq_notes_restart_words(notes,
                          5001); // after that key, although it is queued before either is heard
  fiq_notes_on(notes, 0, 62, 0.8f, 5001);
  advance(notes, 6000);
  assert_int_equal(sung_by(notes, 60), 0);
  assert_int_equal(sung_by(notes, 61), 1);
  assert_int_equal(sung_by(notes, 62), 0);
  fiq_notes_reset(notes);
  fiq_notes_on(notes, 0, 63, 0.8f, 100);
  advance(notes, 100);
  assert_int_equal(notes->lyric.n, 8);
  assert_int_equal(sung_by(notes, 63), 0);
  test_free(notes);
}

static void test_mono_and_legato_sing_on_with_every_key_and_not_with_a_release(void** state)
{
  (void)state;
  static const FiqNotesMode modes[] = {FIQ_MODE_MONO, FIQ_MODE_LEGATO};
  for (uint32_t i = 0; i < 2; ++i) {
    FiqNotes* const notes = new_notes(8);
    FiqNotesPlay    play  = fiq_notes_default_play();
    play.mode             = (int32_t)modes[i];
    fiq_notes_set_play(notes, &play);
    fiq_notes_on(notes, 0, 60, 0.8f, 0);
    advance(notes, 4000);
    fiq_notes_on(notes, 0, 64, 0.8f, 5000);
    advance(notes, 6000);
    assert_int_equal(sung_by(notes, 64), 1);
    assert_int_equal(notes->note[0].sung_frame, 5000);
    fiq_notes_off(notes, 0, 64, 7000);
    advance(notes, 8000);
    assert_int_equal(sung_by(notes, 60), 1);
    assert_int_equal(notes->note[0].sung_frame, 5000);
    test_free(notes);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_key_sings_the_next_and_a_chord_one_together),
      cmocka_unit_test(test_the_text_loops_or_ends),
      cmocka_unit_test(test_without_a_text_and_for_the_drone_there_is_no_syllable),
      cmocka_unit_test(test_a_restart_takes_effect_at_its_frame),
      cmocka_unit_test(test_mono_and_legato_sing_on_with_every_key_and_not_with_a_release),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
