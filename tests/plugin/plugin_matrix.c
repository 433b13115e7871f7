// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: the matrix moves detune, sway, scatter and place of each note by itself, and knows how a key was let go.
   Method: two notes of different velocity in one instance, both equally loud, or one note at either end of the source. A
   note that stays a line has all its power at its pitch; one that is spread has little of it there.
*/
#include "tests/support/fixture.h"

#include <math.h>

enum { RATE = 48000, BLOCK = 480, SECOND = RATE, SOFT = 57, LOUD = 69 };

static const double soft_hz = 220.0;
static const double loud_hz = 440.0;

/// A sine for each note, unmoved, in the middle of the level that all velocities have.
static Fixture* open_plain(void)
{
  Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
  fixture_seed(self, 5);
  fixture_set(self, "partials", 1);
  fixture_set(self, "coupling", 0);
  fixture_set(self, "detune", 0);
  fixture_set(self, "scatter", 0);
  fixture_set(self, "anneal", 0.01);
  fixture_set(self, "noise", 0);
  fixture_set(self, "attack", 0.001);
  fixture_set(self, "sustain", 100);
  fixture_set(self, "velocity_level", 0);
  fixture_set(self, "velocity_mass", 0);
  return self;
}

static void set_row(Fixture* self, FiqMotionSource source, FiqMotionTarget target, double amount)
{
  fixture_set(self, "matrix_3_source", (double)source);
  fixture_set(self, "matrix_3_target", (double)target);
  fixture_set(self, "matrix_3_amount", amount);
}

/// Play both notes; then the first second.
static FixtureAudio play_both(Fixture* self)
{
  FixtureAudio out = fixture_audio(SECOND);
  fixture_midi(self, 0, 0x90, SOFT, 1);
  fixture_midi(self, 0, 0x90, LOUD, 127);
  fixture_render(self, NULL, out.plane, SECOND, BLOCK);
  return out;
}

/// Amplitude at `hz` in both channels, from frame `from` on.
static double amplitude(const FixtureAudio* out, size_t from, double hz)
{
  return hypot(support_tone_amplitude(out->plane[0] + from, SECOND - from, hz, RATE),
               support_tone_amplitude(out->plane[1] + from, SECOND - from, hz, RATE));
}

static void check_spread(FiqMotionTarget target, size_t from, const char* also, double value)
{
  for (int moved = 0; moved < 2; ++moved) {
    Fixture* const self = open_plain();
    fixture_set(self, "core_rate", 7);
    if (also) {
      fixture_set(self, also, value);
    }
    set_row(self, FIQ_FROM_VELOCITY, target, moved ? 100 : 0);
    FixtureAudio out = play_both(self);
    const double db  = support_db(amplitude(&out, from, loud_hz) / amplitude(&out, from, soft_hz));
    print_message("target %d at %3d %%: the note is a line of %.1f dB\n", (int)target, 100 * moved,
                  db);
    assert_true(moved ? db < -8.0 : fabs(db) < 0.5);
    fixture_audio_free(&out);
    fixture_close(self);
  }
}

static void test_detune_is_moved_note_by_note(void** state)
{
  (void)state;
  check_spread(FIQ_TO_DETUNE, SECOND / 4, NULL, 0);
}

static void test_sway_is_moved_note_by_note(void** state)
{
  (void)state;
  // A core of one phase sways all oscillators alike: a vibrato. 100 cents leave the line of 440 Hz a Bessel function of 3.6.
  check_spread(FIQ_TO_SWAY, SECOND / 4, "core_size", 4);
}

static void test_breath_is_moved_note_by_note(void** state)
{
  (void)state;
  check_spread(FIQ_TO_BREATH, SECOND / 4, NULL, 0);
}

static void test_scatter_is_moved_by_who_begins(void** state)
{
  (void)state;
  for (int moved = 0; moved < 2; ++moved) {
    Fixture* const self = open_plain();
    fixture_set(self, "anneal", 2);
    set_row(self, FIQ_FROM_VELOCITY, FIQ_TO_SCATTER, moved ? 100 : 0);
    FixtureAudio out = fixture_audio(SECOND);
    fixture_midi(self, 0, 0x90, LOUD, 127);
    fixture_render(self, NULL, out.plane, SECOND, BLOCK);
    const float* const x    = out.plane[0] + RATE / 20;
    const double       tone = support_tone_amplitude(x, RATE / 2, loud_hz, RATE);
    const double       db   = support_db(tone / (1.41421356 * support_rms(x, RATE / 2)));
    print_message("scatter at %3d %%: %.1f dB of the sound are at the pitch\n", 100 * moved, db);
    assert_true(moved ? db < -6.0 : db > -0.5);
    fixture_audio_free(&out);
    fixture_close(self);
  }
}

static void test_notes_are_panned_one_by_one(void** state)
{
  (void)state;
  Fixture* const self = open_plain();
  fixture_set(self, "stereo", 100);
  set_row(self, FIQ_FROM_KEY, FIQ_TO_PAN, 100);
  FixtureAudio out = fixture_audio(SECOND);
  fixture_midi(self, 0, 0x90, 33, 100); // 55 Hz
  fixture_midi(self, 0, 0x90, 93, 100); // 1760 Hz
  fixture_render(self, NULL, out.plane, SECOND, BLOCK);
  const double low  = support_db(support_tone_amplitude(out.plane[0], SECOND, 55.0, RATE) /
                                 support_tone_amplitude(out.plane[1], SECOND, 55.0, RATE));
  const double high = support_db(support_tone_amplitude(out.plane[0], SECOND, 1760.0, RATE) /
                                 support_tone_amplitude(out.plane[1], SECOND, 1760.0, RATE));
  print_message("left over right: low key %.1f dB, high key %.1f dB\n", low, high);
  assert_true(low > 9.0 && high < -9.0);
  fixture_audio_free(&out);
  fixture_close(self);
}

/// Level of the tail, dB, of a key let go that fast; by a note on of velocity 0 if `lift` is 0.
static double tail_db(uint8_t lift)
{
  Fixture* const self = open_plain();
  fixture_set(self, "release", 2);
  set_row(self, FIQ_FROM_LIFT, FIQ_TO_LEVEL, -100);
  FixtureAudio out = fixture_audio(SECOND);
  fixture_midi(self, 0, 0x90, LOUD, 127);
  fixture_render(self, NULL, out.plane, SECOND / 2, BLOCK);
  fixture_midi(self, 0, lift ? 0x80 : 0x90, LOUD, lift);
  fixture_render(self, NULL, out.plane, SECOND / 2, BLOCK);
  const double db = support_db(support_rms(out.plane[0] + RATE / 20, RATE / 20));
  fixture_audio_free(&out);
  fixture_close(self);
  return db;
}

static void test_release_velocity_is_a_source(void** state)
{
  (void)state;
  const double slow = tail_db(1);
  const double none = tail_db(0);
  const double fast = tail_db(127);
  print_message("tails: %.1f dB slowly, %.1f dB without velocity, %.1f dB fast\n", slow, none,
                fast);
  assert_true(fabs(slow - fast - 24.0 * 126.0 / 127.0) < 0.5);
  assert_true(fabs(slow - none - 24.0 * 63.0 / 127.0) < 0.5);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_detune_is_moved_note_by_note),
                                     cmocka_unit_test(test_sway_is_moved_note_by_note),
                                     cmocka_unit_test(test_breath_is_moved_note_by_note),
                                     cmocka_unit_test(test_scatter_is_moved_by_who_begins),
                                     cmocka_unit_test(test_notes_are_panned_one_by_one),
                                     cmocka_unit_test(test_release_velocity_is_a_source)};
  return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}
