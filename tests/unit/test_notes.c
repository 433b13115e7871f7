// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: keys become notes as a keyboard player expects, none hangs, and envelopes are smooth and exact
// in time. Method: event sequences with the set of sounding notes, their levels and pitches checked against
// formulas; tables of scripts in which every line says what is held; storms of random bytes with invariants.
#include "dsp/base/random.h"
#include "dsp/notes/just_intonation.h"
#include "dsp/notes/notes.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
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
  assert_true(fabsf(fiq_notes_pitch(find(&notes, 60)) - 59.0f) < 1e-6f);
  assert_true(fabsf(fiq_notes_pitch(find(&notes, 70)) - 70.0f) < 1e-6f);
  fiq_notes_controller(&notes, 0, 121, 0, 65);
  fiq_notes_advance(&notes, &plain, 4800);
  assert_true(fabsf(fiq_notes_pitch(find(&notes, 60)) - 60.0f) < 1e-6f);
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

/// Send one message of up to three bytes.
static void send(FiqNotes* notes, uint64_t frame, uint32_t status, uint32_t first, uint32_t second)
{
  const uint8_t message[3] = {(uint8_t)status, (uint8_t)first, (uint8_t)second};
  fiq_notes_midi(notes, message, 3, frame);
}

static FiqNotes played(FiqNotesPlay play)
{
  FiqNotes notes = fresh_notes();
  fiq_notes_set_play(&notes, &play);
  return notes;
}

static FiqNotes in_mode(FiqNotesMode mode, float glide_s)
{
  FiqNotesPlay play = fiq_notes_default_play();
  play.mode         = mode;
  play.glide_s      = glide_s;
  return played(play);
}

static bool is_on(const FiqNote* note)
{
  return note->stage == FIQ_NOTE_ATTACK || note->stage == FIQ_NOTE_HOLD;
}

static void run_to(FiqNotes* notes, uint64_t frame)
{
  fiq_notes_advance(notes, &plain, frame);
}

/// Distance of a note's pitch from `want`, cents.
static double cents_off(const FiqNotes* notes, uint8_t key, double want)
{
  const FiqNote* note = find(notes, key);
  assert_non_null(note);
  return 100.0 * fabs((double)fiq_notes_pitch(note) - want);
}

// ---- scripts: after each message, the keys whose notes are held ----

typedef struct {
  uint8_t     message[3];
  const char* held; ///< "60 64": ascending; NULL: the script ends
} Step;

static void describe_held(const FiqNotes* notes, char* text, size_t size)
{
  size_t at = 0;
  text[0]   = '\0';
  for (int key = 0; key < 128; ++key) {
    for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
      if (is_on(&notes->note[i]) && notes->note[i].key == key) {
        at += (size_t)snprintf(text + at, size - at, at ? " %d" : "%d", key);
      }
    }
  }
}

static void run_script(FiqNotesMode mode, const char* name, const Step* step)
{
  FiqNotes notes = in_mode(mode, 0.0f);
  for (uint64_t frame = 100; step->held; ++step, frame += 100) {
    char held[512];
    fiq_notes_midi(&notes, step->message, 3, frame);
    run_to(&notes, frame);
    describe_held(&notes, held, sizeof held);
    if (strcmp(held, step->held) != 0) {
      fail_msg("%s, at %u: held \"%s\", expected \"%s\"", name, (unsigned)frame, held, step->held);
    }
  }
}

static void test_pedal_scripts(void** state)
{
  (void)state;
  static const Step sustain[] = {
      {{0x90, 60, 99}, "60"},   {{0xb0, 64, 64}, "60"},   {{0x90, 62, 99}, "60 62"},
      {{0x80, 60, 0}, "60 62"}, {{0x90, 62, 0}, "60 62"}, {{0xb0, 64, 63}, ""},
      {{0x90, 60, 99}, "60"},   {{0xb0, 64, 127}, "60"},  {{0xb0, 123, 0}, "60"},
      {{0xb0, 64, 0}, ""},      {{0, 0, 0}, NULL}};
  static const Step sostenuto[] = {
      {{0x90, 60, 99}, "60"},    {{0xb0, 66, 127}, "60"}, {{0x90, 64, 99}, "60 64"},
      {{0x80, 60, 64}, "60 64"}, {{0x80, 64, 64}, "60"},  {{0x90, 60, 50}, "60"},
      {{0x80, 60, 64}, "60"},    {{0xb0, 66, 127}, "60"}, {{0xb0, 66, 0}, ""},
      {{0x90, 60, 99}, "60"},    {{0xb0, 66, 127}, "60"}, {{0x80, 60, 0}, "60"},
      {{0xb0, 121, 0}, ""},      {{0, 0, 0}, NULL}};
  static const Step both[] = {
      {{0x90, 60, 99}, "60"},     {{0xb0, 66, 127}, "60"},  {{0x90, 64, 99}, "60 64"},
      {{0xb0, 64, 127}, "60 64"}, {{0x80, 60, 0}, "60 64"}, {{0x80, 64, 0}, "60 64"},
      {{0xb0, 64, 0}, "60"},      {{0xb0, 66, 0}, ""},      {{0, 0, 0}, NULL}};
  static const Step channels[] = {
      {{0x90, 60, 99}, "60"}, {{0x93, 60, 99}, "60 60"}, {{0xb3, 64, 127}, "60 60"},
      {{0x80, 60, 0}, "60"},  {{0x83, 60, 0}, "60"},     {{0xb0, 123, 0}, "60"},
      {{0xb3, 120, 0}, ""},   {{0xb3, 64, 0}, ""},       {{0, 0, 0}, NULL}};
  run_script(FIQ_MODE_POLY, "sustain", sustain);
  run_script(FIQ_MODE_POLY, "sostenuto", sostenuto);
  run_script(FIQ_MODE_POLY, "both pedals", both);
  run_script(FIQ_MODE_POLY, "two channels", channels);
}

static void test_mode_scripts(void** state)
{
  (void)state;
  static const Step last_note[] = {
      {{0x90, 60, 99}, "60"}, {{0x90, 64, 99}, "64"}, {{0x90, 67, 99}, "67"},
      {{0x80, 64, 0}, "67"},  {{0x80, 67, 0}, "60"},  {{0x90, 72, 99}, "72"},
      {{0x80, 60, 0}, "72"},  {{0x80, 72, 0}, ""},    {{0x90, 60, 99}, "60"},
      {{0xb0, 64, 99}, "60"}, {{0x80, 60, 0}, "60"},  {{0x90, 62, 99}, "62"},
      {{0x80, 62, 0}, "62"},  {{0xb0, 64, 0}, ""},    {{0, 0, 0}, NULL}};
  static const Step latch[]    = {{{0x90, 60, 99}, "60"},      {{0x90, 64, 99}, "60 64"},
                                  {{0x80, 60, 0}, "60 64"},    {{0x90, 67, 99}, "60 64 67"},
                                  {{0x80, 64, 0}, "60 64 67"}, {{0x80, 67, 0}, "60 64 67"},
                                  {{0x90, 65, 99}, "65"},      {{0x80, 65, 0}, "65"},
                                  {{0xb0, 123, 0}, ""},        {{0, 0, 0}, NULL}};
  static const Step messages[] = {{{0x90, 60, 99}, "60"},
                                  {{0x90, 64, 99}, "60 64"},
                                  {{0xb0, 126, 1}, ""},
                                  {{0x90, 60, 99}, "60"},
                                  {{0x90, 64, 99}, "64"},
                                  {{0x91, 50, 99}, "50 64"},
                                  {{0x91, 52, 99}, "50 52 64"},
                                  {{0xb0, 127, 0}, "50 52"},
                                  {{0x90, 60, 99}, "50 52 60"},
                                  {{0x90, 64, 99}, "50 52 60 64"},
                                  {{0xb0, 124, 0}, "50 52"},
                                  {{0xb1, 125, 0}, ""},
                                  {{0, 0, 0}, NULL}};
  static const Step poly[]     = {{{0x90, 60, 99}, "60"},
                                  {{0xb0, 127, 0}, ""},
                                  {{0x90, 60, 99}, "60"},
                                  {{0x90, 64, 99}, "60 64"},
                                  {{0, 0, 0}, NULL}};
  run_script(FIQ_MODE_MONO, "mono", last_note);
  run_script(FIQ_MODE_LEGATO, "legato", last_note);
  run_script(FIQ_MODE_LATCH, "latch", latch);
  run_script(FIQ_MODE_POLY, "mono and poly messages", messages);
  run_script(FIQ_MODE_MONO, "poly message in mono", poly);
}

static void test_useless_bytes_change_nothing(void** state)
{
  (void)state;
  static const struct {
    uint8_t  bytes[4];
    uint32_t size;
  } table[]      = {{{0}, 0},
                    {{0x90}, 1},
                    {{0x90, 60}, 2},
                    {{0x90, 200, 60}, 3},
                    {{0x90, 60, 200}, 3},
                    {{60, 60, 60}, 3},
                    {{0xc0, 5}, 2},
                    {{0xf0, 0x7e, 0xf7}, 3},
                    {{0xf8}, 1},
                    {{0xff, 1, 1}, 3},
                    {{0xd0}, 1},
                    {{0xd0, 128}, 2},
                    {{0xe0, 0}, 2},
                    {{0xb0, 64, 255}, 3},
                    {{0xb0, 33, 5}, 3}};
  FiqNotes notes = fresh_notes();
  for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i) {
    fiq_notes_midi(&notes, table[i].bytes, table[i].size, 0);
    assert_int_equal(notes.n_queued, 0);
  }
  fiq_notes_midi(&notes, NULL, 3, 0);
  fiq_notes_midi(&notes, (const uint8_t[]){0x90, 60, 100, 7}, 4, 0);
  assert_int_equal(notes.n_queued, 1);
}

// ---- velocity, levels ----

static void test_velocity_sets_level_and_share_as_asked(void** state)
{
  (void)state;
  for (int i = 0; i <= 4; ++i) {
    FiqNotesPlay play   = fiq_notes_default_play();
    play.velocity_level = 0.25f * (float)i;
    play.velocity_mass  = 1.0f - 0.25f * (float)i;
    FiqNotes notes      = played(play);
    send(&notes, 0, 0x90, 60, 32);
    run_to(&notes, 4800);
    const FiqNote* note = find(&notes, 60);
    const double   v    = 32.0 / 127.0;
    assert_true(fabs((double)fiq_notes_level(&notes, note) - pow(v, 0.25 * i)) < 1e-5);
    assert_true(fabs((double)fiq_notes_mass(&notes, note) - pow(v, 1.0 - 0.25 * i)) < 1e-5);
  }
}

static void test_default_level_is_velocity_times_envelope(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  for (uint32_t key = 1; key < 60; ++key) {
    send(&notes, key * 7, 0x90, key, 2 * key);
  }
  run_to(&notes, 3000);
  for (uint8_t key = 1; key < 60; ++key) {
    const FiqNote* note = find(&notes, key);
    assert_true(fabs((double)fiq_notes_level(&notes, note) - heard(&notes, key)) < 1e-6);
    assert_true(fabsf(fiq_notes_mass(&notes, note) - note->velocity) < 1e-6f);
  }
  FiqNote idle = {.stage = FIQ_NOTE_IDLE};
  assert_true(fabsf(fiq_notes_level(&notes, &idle)) + fabsf(fiq_notes_mass(&notes, &idle)) < 1e-9f);
}

static void test_soft_pedal_softens_what_is_struck_under_it(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  send(&notes, 0, 0x90, 60, 127);
  send(&notes, 0, 0xb0, 67, 127);
  send(&notes, 0, 0x90, 62, 127);
  send(&notes, 0, 0xb0, 67, 0);
  send(&notes, 0, 0x90, 64, 127);
  run_to(&notes, 4800);
  assert_true(fabsf(fiq_notes_level(&notes, find(&notes, 60)) - 1.0f) < 1e-5f);
  assert_true(fabsf(fiq_notes_level(&notes, find(&notes, 62)) - 0.6f) < 1e-5f);
  assert_true(fabsf(fiq_notes_level(&notes, find(&notes, 64)) - 1.0f) < 1e-5f);
}

static void test_volume_and_expression_follow_without_steps(void** state)
{
  (void)state;
  const FiqNotesParams flat  = {.sustain = 1.0f, .bend_range_semitones = 2.0f};
  FiqNotes             notes = fresh_notes();
  send(&notes, 0, 0x90, 60, 127);
  send(&notes, 9600, 0xb0, 7, 64);
  send(&notes, 9600, 0xb0, 11, 100);
  const double target  = pow(64.0 / 127.0 * 100.0 / 127.0, 2.0);
  double       worst   = 0.0;
  double       largest = 0.0;
  double       last    = 1.0;
  for (uint64_t frame = 6400; frame < 19200; frame += 64) {
    fiq_notes_advance(&notes, &flat, frame);
    const double level = (double)fiq_notes_level(&notes, find(&notes, 60));
    const double t     = fmax(0.0, ((double)frame - 9600.0) / 48000.0);
    worst              = fmax(worst, fabs(level - (target + (1.0 - target) * exp(-t / 0.01))));
    largest            = fmax(largest, fabs(level - last));
    last               = level;
  }
  print_message("volume: error %.2g, largest step in 64 frames %.3f\n", worst, largest);
  assert_true(worst < 2e-5);
  assert_true(largest < 0.125);
  fiq_notes_advance(&notes, &flat, 48000);
  assert_true(fabs((double)fiq_notes_level(&notes, find(&notes, 60)) - target) < 1e-6);
}

static void test_pressure_raises_level_and_brightness(void** state)
{
  (void)state;
  FiqNotesPlay play        = fiq_notes_default_play();
  play.pressure_level      = 0.5f;
  play.pressure_brightness = 0.5f;
  FiqNotes notes           = played(play);
  send(&notes, 0, 0x90, 60, 127);
  send(&notes, 0, 0x90, 64, 127);
  send(&notes, 0, 0xa0, 60, 127);
  send(&notes, 0, 0xb0, 74, 64);
  run_to(&notes, 4800);
  const FiqNote* pressed = find(&notes, 60);
  const FiqNote* plainly = find(&notes, 64);
  assert_true(fabsf(fiq_notes_level(&notes, pressed) - 1.5f) < 2e-3f);
  assert_true(fabsf(fiq_notes_level(&notes, plainly) - 1.0f) < 1e-5f);
  assert_true(fabsf(fiq_notes_brightness(&notes, pressed) - 0.5f) < 1e-3f);
  send(&notes, 4800, 0xd0, 64, 0);
  send(&notes, 4800, 0xb0, 74, 127);
  run_to(&notes, 9600);
  assert_true(fabsf(find(&notes, 64)->pressure - 64.0f / 127.0f) < 1e-4f);
  assert_true(fabsf(find(&notes, 60)->pressure - 1.0f) < 1e-4f);
  assert_true(fabsf(fiq_notes_brightness(&notes, find(&notes, 60)) - 1.0f) < 1e-6f);
  send(&notes, 9600, 0xb0, 121, 0);
  run_to(&notes, 14400);
  assert_true(find(&notes, 60)->pressure < 1e-3f && find(&notes, 64)->pressure < 1e-3f);
}

static void test_wheel_is_smooth_and_per_channel(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  send(&notes, 0, 0xb2, 1, 127);
  run_to(&notes, 480);
  assert_true(fabs((double)fiq_notes_wheel(&notes, 2) - (1.0 - exp(-1.0))) < 1e-5);
  run_to(&notes, 9600);
  assert_true(fabsf(fiq_notes_wheel(&notes, 2) - 1.0f) < 1e-6f);
  assert_true(fiq_notes_wheel(&notes, 1) < 1e-6f &&
              fiq_notes_wheel(&notes, FIQ_NOTES_DRONE) < 1e-6f);
}

// ---- mono, glide ----

static void test_mono_strikes_anew_and_legato_ties(void** state)
{
  (void)state;
  for (int mode = FIQ_MODE_MONO; mode <= FIQ_MODE_LEGATO; ++mode) {
    FiqNotes notes = in_mode((FiqNotesMode)mode, 0.0f);
    send(&notes, 0, 0x90, 60, 100);
    run_to(&notes, 24000);
    const double before = heard(&notes, 60);
    send(&notes, 24000, 0x90, 67, 50);
    run_to(&notes, 24000);
    assert_int_equal(n_sounding(&notes), 1);
    const FiqNote* note = find(&notes, 67);
    assert_true(fabs(heard(&notes, 67) - before) < 1e-5);
    assert_true(note->fresh);
    assert_int_equal(note->stage, mode == FIQ_MODE_MONO ? FIQ_NOTE_ATTACK : FIQ_NOTE_HOLD);
    send(&notes, 24064, 0x80, 67, 0);
    run_to(&notes, 24064);
    assert_int_equal(n_sounding(&notes), 1);
    note = find(&notes, 60);
    assert_int_equal(note->stage, mode == FIQ_MODE_MONO ? FIQ_NOTE_ATTACK : FIQ_NOTE_HOLD);
    assert_true(fabsf(note->velocity - 100.0f / 127.0f) < 1e-6f);
    send(&notes, 24128, 0x80, 60, 0);
    send(&notes, 24200, 0x90, 62, 100);
    run_to(&notes, 24200); // the tail is struck again: a new phrase, in legato too
    assert_int_equal(n_sounding(&notes), 1);
    assert_int_equal(find(&notes, 62)->stage, FIQ_NOTE_ATTACK);
  }
}

static void test_glide_is_straight_in_pitch_and_takes_its_time(void** state)
{
  (void)state;
  for (int mode = FIQ_MODE_POLY; mode <= FIQ_MODE_LEGATO; ++mode) {
    FiqNotes notes = in_mode((FiqNotesMode)mode, 0.25f);
    send(&notes, 0, 0x90, 60, 100);
    run_to(&notes, 9600);
    assert_true(cents_off(&notes, 60, 60.0) < 1e-3);
    send(&notes, 10000, 0x90, 72, 100);
    double worst = 0.0;
    for (uint64_t frame = 10048; frame < 30000; frame += 64) {
      run_to(&notes, frame);
      const double t = fmin(1.0, (double)(frame - 10000) / 12000.0);
      worst          = fmax(worst, cents_off(&notes, 72, 60.0 + 12.0 * t));
    }
    print_message("mode %d: glide off its line by %.2g cents at most\n", mode, worst);
    assert_true(worst < 0.01);
    assert_true(cents_off(&notes, 72, 72.0) < 1e-9);
  }
}

static void test_glide_turns_where_it_is(void** state)
{
  (void)state;
  FiqNotes notes = in_mode(FIQ_MODE_LEGATO, 0.25f);
  send(&notes, 0, 0x90, 60, 100);
  send(&notes, 10000, 0x90, 72, 100);
  run_to(&notes, 16000);
  assert_true(cents_off(&notes, 72, 66.0) < 0.01);
  send(&notes, 16000, 0x80, 72, 0);
  run_to(&notes, 16000);
  assert_true(cents_off(&notes, 60, 66.0) < 0.01);
  run_to(&notes, 22000);
  assert_true(cents_off(&notes, 60, 63.0) < 0.01);
}

static void test_mono_glides_from_the_last_note_after_silence(void** state)
{
  (void)state;
  FiqNotes notes = in_mode(FIQ_MODE_MONO, 0.1f);
  send(&notes, 0, 0x90, 60, 100);
  send(&notes, 100, 0x80, 60, 100);
  run_to(&notes, 48000);
  assert_false(fiq_notes_sounding(&notes));
  send(&notes, 48000, 0x90, 67, 100);
  run_to(&notes, 48000);
  assert_true(cents_off(&notes, 67, 60.0) < 0.01);
  run_to(&notes, 52800);
  assert_true(cents_off(&notes, 67, 67.0) < 1e-9);
}

static void test_chord_struck_at_once_does_not_glide_from_itself(void** state)
{
  (void)state;
  FiqNotes notes = in_mode(FIQ_MODE_POLY, 0.2f);
  send(&notes, 0, 0x90, 60, 100);
  send(&notes, 100, 0x90, 64, 100);
  send(&notes, 200, 0x90, 67, 100);
  run_to(&notes, 256);
  assert_true(cents_off(&notes, 64, 64.0) < 1e-9 && cents_off(&notes, 67, 67.0) < 1e-9);
  for (uint32_t key = 60; key < 68; ++key) {
    send(&notes, 9600, 0x80, key, 0);
  }
  send(&notes, 9600, 0x90, 65, 100);
  run_to(&notes, 9600);
  assert_true(cents_off(&notes, 65, 64.0) < 0.01); // the nearest of the tails
}

// ---- bend, zones ----

static void select_parameter(FiqNotes* notes, uint32_t channel, uint32_t parameter, uint32_t value)
{
  send(notes, 0, 0xb0 | channel, 101, 0);
  send(notes, 0, 0xb0 | channel, 100, parameter);
  send(notes, 0, 0xb0 | channel, 6, value);
  send(notes, 0, 0xb0 | channel, 101, 127);
  send(notes, 0, 0xb0 | channel, 100, 127);
  send(notes, 0, 0xb0 | channel, 6, 99); // after the null parameter, for nobody
}

static void test_bend_range_by_message_and_by_parameter(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  run_to(&notes, 0);
  send(&notes, 0, 0x90, 60, 100);
  send(&notes, 0, 0xe0, 127, 127);
  run_to(&notes, 64);
  assert_true(cents_off(&notes, 60, 62.0) < 1e-6);
  send(&notes, 64, 0xe0, 0, 0);
  run_to(&notes, 2400);
  assert_true(cents_off(&notes, 60, 58.0) < 1e-6);
  select_parameter(&notes, 0, 0, 12);
  run_to(&notes, 4800);
  assert_true(cents_off(&notes, 60, 48.0) < 1e-6);
  FiqNotesParams other       = plain;
  other.bend_range_semitones = 7.0f;
  fiq_notes_advance(&notes, &other, 7200);
  assert_true(cents_off(&notes, 60, 53.0) < 1e-6);
  send(&notes, 7200, 0xe0, 0, 64);
  fiq_notes_advance(&notes, &other, 9600);
  assert_true(cents_off(&notes, 60, 60.0) < 1e-9);
}

static void test_zone_bends_each_note_and_all(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  run_to(&notes, 0);
  select_parameter(&notes, 0, 6, 5);
  send(&notes, 0, 0x91, 60, 100);
  send(&notes, 0, 0x92, 64, 100);
  send(&notes, 0, 0x96, 70, 100); // outside the zone
  send(&notes, 0, 0xe1, 0, 96);   // half of 48, up
  run_to(&notes, 0);
  const double half = 4096.0 / 8191.0;
  assert_true(cents_off(&notes, 60, 60.0 + 48.0 * half) < 1e-3);
  assert_true(cents_off(&notes, 64, 64.0) < 1e-9);
  send(&notes, 0, 0xe0, 127, 127);
  run_to(&notes, 2400);
  assert_true(cents_off(&notes, 60, 62.0 + 48.0 * half) < 1e-3);
  assert_true(cents_off(&notes, 64, 66.0) < 1e-3);
  assert_true(cents_off(&notes, 70, 70.0) < 1e-9);
  select_parameter(&notes, 3, 0, 24); // on one member, for all
  run_to(&notes, 4800);
  assert_true(cents_off(&notes, 60, 62.0 + 24.0 * half) < 1e-3);
  send(&notes, 0, 0xb0, 64, 127);
  send(&notes, 0, 0x81, 60, 0);
  run_to(&notes, 64);
  assert_true(is_on(find(&notes, 60)));
  send(&notes, 64, 0xb0, 64, 0);
  run_to(&notes, 64);
  assert_false(is_on(find(&notes, 60)));
  send(&notes, 64, 0xb0, 123, 0);
  run_to(&notes, 64);
  assert_false(is_on(find(&notes, 64)));
  assert_true(is_on(find(&notes, 70)));
}

static void test_the_switch_makes_a_zone_without_a_message(void** state)
{
  (void)state;
  FiqNotes     notes = fresh_notes();
  FiqNotesPlay play  = fiq_notes_default_play();
  send(&notes, 0, 0x9f, 60, 100);
  run_to(&notes, 4800);
  play.mpe = true;
  fiq_notes_set_play(&notes, &play);
  run_to(&notes, 4864);
  assert_false(is_on(find(&notes, 60))); // its channel has another meaning now
  fiq_notes_reset(&notes);               // and keeps it
  send(&notes, 0, 0x91, 60, 100);
  send(&notes, 0, 0x9f, 64, 100);
  send(&notes, 0, 0xef, 0, 96); // half of 48, up
  run_to(&notes, 0);
  assert_true(cents_off(&notes, 60, 60.0) < 1e-9);
  assert_true(cents_off(&notes, 64, 64.0 + 48.0 * 4096.0 / 8191.0) < 1e-3);
  send(&notes, 0, 0xe0, 127, 127);
  run_to(&notes, 2400);
  assert_true(cents_off(&notes, 60, 62.0) < 1e-3);
  play.mpe = false;
  fiq_notes_set_play(&notes, &play);
  send(&notes, 2400, 0x92, 67, 100);
  run_to(&notes, 4800);
  assert_false(is_on(find(&notes, 60)));
  assert_true(cents_off(&notes, 67, 67.0) < 1e-9);
}

static void test_new_zones_end_the_notes_they_take(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  send(&notes, 0, 0xb3, 64, 127);
  send(&notes, 0, 0x93, 60, 100);
  send(&notes, 0, 0x9e, 62, 100);
  run_to(&notes, 4800);
  select_parameter(&notes, 0, 6, 5);
  run_to(&notes, 4864);
  assert_false(is_on(find(&notes, 60)));
  assert_true(is_on(find(&notes, 62)));
  send(&notes, 4864, 0x92, 65, 100);
  run_to(&notes, 9600);
  select_parameter(&notes, 0, 6, 5); // the same again changes nothing
  run_to(&notes, 9600);
  assert_true(is_on(find(&notes, 65)));
}

static void test_mono_in_a_zone_is_one_note(void** state)
{
  (void)state;
  FiqNotes notes = in_mode(FIQ_MODE_LEGATO, 0.0f);
  select_parameter(&notes, 15, 6, 14);
  for (uint32_t i = 0; i < 14; ++i) {
    send(&notes, 100 * i, 0x91 + i, 60 + i, 100);
    run_to(&notes, 100 * i);
    assert_int_equal(n_sounding(&notes), 1);
  }
  assert_true(cents_off(&notes, 73, 73.0) < 1e-9);
}

// ---- stealing ----

static void test_quietest_held_note_is_stolen(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  for (uint32_t key = 0; key < 64; ++key) {
    send(&notes, 0, 0x90, key, key == 40 ? 20 : 100);
  }
  run_to(&notes, 24000);
  send(&notes, 24000, 0x90, 100, 1);
  send(&notes, 24000, 0x90, 101, 100);
  run_to(&notes, 24000);
  assert_null(find(&notes, 40));
  assert_non_null(find(&notes, 100)); // quiet, but only just begun
  assert_null(find(&notes, 0));
  assert_int_equal(n_sounding(&notes), 64);
  send(&notes, 24001, 0x80, 40, 0); // its note is gone: no harm
  run_to(&notes, 24001);
  assert_int_equal(n_sounding(&notes), 64);
}

static void test_more_keys_than_places_leave_nothing_behind(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  for (uint32_t i = 0; i < 16 * 128; ++i) {
    send(&notes, 0, 0x90 | i / 128, i % 128, 100);
  }
  for (uint32_t i = 0; i < 16 * 128; ++i) {
    send(&notes, 1, 0x80 | i / 128, i % 128, 0);
  }
  run_to(&notes, 64);
  assert_int_equal(notes.n_held, 0);
  run_to(&notes, 64 + 14400);
  assert_false(fiq_notes_sounding(&notes));
}

static void test_full_queue_takes_the_oldest_early_and_loses_nothing(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  for (uint32_t i = 0; i < 3 * FIQ_NOTES_QUEUE; ++i) {
    send(&notes, i, i % 2 ? 0x80 : 0x90, 30 + i / 2 % 60, 100);
  }
  run_to(&notes, 3 * FIQ_NOTES_QUEUE + 14401);
  assert_false(fiq_notes_sounding(&notes));
  assert_int_equal(notes.n_held, 0);
}

// ---- tuning, just intonation ----

static void test_tuning_moves_keys_and_leaves_some_out(void** state)
{
  (void)state;
  static const char scl[] = "3\n5\n240.\n480.\n720.\n960.\n2/1\n";
  static const char kbm[] = "6\n0\n127\n60\n60\n300.0\n5\n0\n1\n2\n3\n4\nx\n";
  FiqTuning         tuning;
  fiq_tuning_init_equal(&tuning, 440.0);
  assert_int_equal(fiq_tuning_parse_scl(&tuning, scl, sizeof scl - 1, NULL), FIQ_OK);
  assert_int_equal(fiq_tuning_parse_kbm(&tuning, kbm, sizeof kbm - 1, NULL), FIQ_OK);
  FiqNotes notes = fresh_notes();
  fiq_notes_set_tuning(&notes, &tuning);
  send(&notes, 0, 0x90, 60, 100);
  send(&notes, 0, 0x90, 62, 100);
  send(&notes, 0, 0x90, 65, 100); // mapped to x
  run_to(&notes, 64);
  assert_int_equal(n_sounding(&notes), 2);
  const double hz = fiq_notes_hz(find(&notes, 62));
  assert_true(fabs(fiq_notes_hz(find(&notes, 60)) - 300.0) < 1e-9);
  assert_true(fabs(hz - 300.0 * exp2(0.4)) < 1e-9);
  send(&notes, 64, 0xe0, 127, 127); // bends by two semitones whatever the scale
  run_to(&notes, 2400);
  assert_true(fabs(fiq_notes_hz(find(&notes, 60)) - 300.0 * exp2(2.0 / 12.0)) < 1e-5);
  send(&notes, 2400, 0xe0, 0, 64);
  fiq_notes_set_tuning(&notes, NULL);
  run_to(&notes, 4800);
  assert_true(cents_off(&notes, 62, 62.0) < 1e-9);
}

static void test_bend_has_no_zipper_and_new_notes_begin_bent(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  send(&notes, 0, 0x90, 60, 100);
  send(&notes, 0, 0xe0, 0, 96);
  run_to(&notes, 0);
  assert_true(cents_off(&notes, 60, 60.0 + 2.0 * 4096.0 / 8191.0) < 1e-3); // struck bent
  // A fader that sends seven bits: a step of the wheel is 50 cents wide at a range of 32 semitones.
  FiqNotesParams wide       = plain;
  wide.bend_range_semitones = 32.0f;
  double last               = 0.0;
  double worst              = 0.0;
  for (uint64_t frame = 0; frame < 48000; frame += 64) {
    if (frame % 640 == 0) {
      send(&notes, frame, 0xe0, 0, (uint32_t)(frame / 640) + 32);
    }
    fiq_notes_advance(&notes, &wide, frame);
    const double pitch = (double)fiq_notes_pitch(find(&notes, 60));
    worst              = frame > 4800 ? fmax(worst, fabs(pitch - last)) : 0.0;
    last               = pitch;
  }
  print_message("steps of 50 cents in the wheel: at most %.1f cents in 64 frames\n", 100.0 * worst);
  assert_true(worst < 0.25);
  fiq_notes_advance(&notes, &wide, 60000);
  const double bend = 32.0 * (106.0 - 64.0) * 128.0 / 8191.0;
  assert_true(cents_off(&notes, 60, 60.0 + bend) < 1e-3);
}

static void test_channel_tuning_by_registered_parameters(void** state)
{
  (void)state;
  FiqNotes notes = fresh_notes();
  run_to(&notes, 0);
  select_parameter(&notes, 1, 2, 64 + 7);
  select_parameter(&notes, 1, 1, 32); // half a semitone down
  send(&notes, 0, 0x90, 60, 100);
  send(&notes, 0, 0x91, 62, 100);
  run_to(&notes, 64);
  assert_true(cents_off(&notes, 60, 60.0) < 1e-9);
  assert_true(cents_off(&notes, 62, 68.5) < 1e-4);
}

static void test_portamento_controllers_overrule_the_parameter(void** state)
{
  (void)state;
  FiqNotes notes = in_mode(FIQ_MODE_LEGATO, 0.0f);
  send(&notes, 0, 0xb0, 5, 64);
  send(&notes, 0, 0x90, 60, 100);
  send(&notes, 0, 0x90, 72, 100);
  run_to(&notes, 64); // not switched on
  assert_true(cents_off(&notes, 72, 72.0) < 1e-9);
  send(&notes, 64, 0xb0, 65, 127);
  send(&notes, 64, 0x90, 60, 100);
  const double glide_s = 4.0 * (64.0 / 127.0) * (64.0 / 127.0);
  run_to(&notes, 64 + (uint64_t)(24000.0 * glide_s));
  assert_true(cents_off(&notes, 60, 66.0) < 0.1);
  send(&notes, 48000, 0xb0, 65, 0);
  send(&notes, 48000, 0x90, 64, 100);
  run_to(&notes, 48000);
  assert_true(cents_off(&notes, 64, 64.0) < 1e-9);
}

static FiqNotes just(int32_t limit, float amount)
{
  FiqNotesPlay play = fiq_notes_default_play();
  play.just         = true;
  play.prime_limit  = limit;
  play.just_amount  = amount;
  return played(play);
}

static void test_major_triad_is_4_5_6(void** state)
{
  (void)state;
  FiqNotes notes = just(5, 1.0f);
  send(&notes, 0, 0x90, 67, 100);
  send(&notes, 0, 0x90, 60, 100);
  send(&notes, 0, 0x91, 64, 100); // whatever the channel and the order
  run_to(&notes, 0);
  const double root_hz = fiq_notes_hz(find(&notes, 60));
  const double third   = 1200.0 * log2(fiq_notes_hz(find(&notes, 64)) / root_hz / 1.25);
  const double fifth   = 1200.0 * log2(fiq_notes_hz(find(&notes, 67)) / root_hz / 1.5);
  print_message("4:5:6 off by %.2g and %.2g cents\n", third, fifth);
  assert_true(fabs(third) < 0.01 && fabs(fifth) < 0.01);
  assert_true(cents_off(&notes, 60, 60.0) < 1e-9);
  send(&notes, 0, 0x90, 70, 100);
  run_to(&notes, 0);
  assert_true(cents_off(&notes, 70, 60.0 + 12.0 * log2(1.8)) < 0.01);
}

static void test_root_gives_every_key_one_just_pitch(void** state)
{
  (void)state;
  static const double ratio[12] = {1.0,         16.0 / 15, 9.0 / 8, 6.0 / 5, 5.0 / 4, 4.0 / 3,
                                   45.0 / 32.0, 3.0 / 2,   8.0 / 5, 5.0 / 3, 9.0 / 5, 15.0 / 8};
  FiqNotesPlay        play      = fiq_notes_default_play();
  double              worst     = 0.0;
  play.just                     = true;
  for (int32_t root = 0; root < 12; ++root) {
    play.just_root = root;
    FiqNotes notes = played(play);
    for (uint32_t key = 40; key < 80; ++key) {
      send(&notes, 0, 0x90, key, 100);
    }
    run_to(&notes, 0);
    for (int32_t key = 40; key < 80; ++key) {
      const int32_t above  = key - root;
      const double  octave = floor(above / 12.0);
      const double  want   = root + 12.0 * (octave + log2(ratio[above - 12 * (int32_t)octave]));
      worst                = fmax(worst, cents_off(&notes, (uint8_t)key, want));
    }
  }
  print_message("twelve roots: keys off by at most %.2g cents\n", worst);
  assert_true(worst < 0.1);
  FiqNotes notes = played(play); // on B: a triad on its own root is not touched by what lies below
  send(&notes, 0, 0x90, 36, 100);
  send(&notes, 0, 0x90, 59, 100);
  send(&notes, 0, 0x90, 63, 100);
  send(&notes, 0, 0x90, 66, 100);
  run_to(&notes, 0);
  const double root_hz = fiq_notes_hz(find(&notes, 59));
  assert_true(fabs(1200.0 * log2(fiq_notes_hz(find(&notes, 63)) / root_hz / 1.25)) < 0.1);
  assert_true(fabs(1200.0 * log2(fiq_notes_hz(find(&notes, 66)) / root_hz / 1.5)) < 0.1);
}

static void test_limit_2_touches_octaves_alone(void** state)
{
  (void)state;
  static const char scl[] =
      "stretched\n12\n101.\n202.\n303.\n404.\n505.\n606.\n707.\n808.\n909.\n1010.\n"
      "1111.\n1212.\n";
  FiqTuning tuning;
  fiq_tuning_init_equal(&tuning, 440.0);
  assert_int_equal(fiq_tuning_parse_scl(&tuning, scl, sizeof scl - 1, NULL), FIQ_OK);
  FiqNotes notes = just(2, 1.0f);
  fiq_notes_set_tuning(&notes, &tuning);
  send(&notes, 0, 0x90, 60, 100);
  send(&notes, 0, 0x90, 67, 100);
  send(&notes, 0, 0x90, 72, 100);
  run_to(&notes, 0);
  const double low = (double)fiq_notes_pitch(find(&notes, 60));
  assert_true(cents_off(&notes, 67, low + 7.07) < 1e-2);
  assert_true(cents_off(&notes, 72, low + 12.0) < 1e-2);
}

static float harmony_of(const uint8_t* key, uint32_t n)
{
  FiqNotes notes = fresh_notes();
  for (uint32_t i = 0; i < n; ++i) {
    send(&notes, 0, 0x90, key[i], 100);
  }
  run_to(&notes, 9600);
  return fiq_notes_harmony(&notes);
}

static void test_harmony_is_high_for_triads_and_low_for_clusters(void** state)
{
  (void)state;
  const float one     = harmony_of((const uint8_t[]){60}, 1);
  const float octave  = harmony_of((const uint8_t[]){48, 60, 84}, 3);
  const float fifth   = harmony_of((const uint8_t[]){60, 67}, 2);
  const float major   = harmony_of((const uint8_t[]){60, 64, 67}, 3);
  const float minor   = harmony_of((const uint8_t[]){60, 63, 67}, 3);
  const float seventh = harmony_of((const uint8_t[]){60, 64, 67, 70}, 4);
  const float tritone = harmony_of((const uint8_t[]){60, 66}, 2);
  const float cluster = harmony_of((const uint8_t[]){60, 61, 62, 63}, 4);
  print_message(
      "harmony: octaves %.2f, fifth %.2f, major %.2f, minor %.2f, seventh %.2f, tritone %.2f, "
      "cluster %.2f\n",
      (double)octave, (double)fifth, (double)major, (double)minor, (double)seventh, (double)tritone,
      (double)cluster);
  assert_true(one > 0.9999f && octave > 0.9999f);
  assert_true(fifth > major && major > seventh && seventh > cluster);
  assert_true(fabsf(major - minor) < 1e-6f);
  assert_true(major > 0.7f && cluster < 0.35f && tritone < 0.2f);
  FiqNotes silent = fresh_notes();
  assert_true(fabsf(fiq_notes_harmony(&silent) - 1.0f) < 1e-6f);
}

static void test_just_offsets_move_smoothly_to_a_new_root(void** state)
{
  (void)state;
  FiqNotes notes = just(5, 1.0f);
  send(&notes, 0, 0x90, 64, 100);
  run_to(&notes, 9600);
  assert_true(cents_off(&notes, 64, 64.0) < 1e-9);
  send(&notes, 9600, 0x90, 60, 100);
  double last = 64.0;
  double step = 0.0;
  for (uint64_t frame = 9600; frame < 28800; frame += 64) {
    run_to(&notes, frame);
    const double pitch = (double)fiq_notes_pitch(find(&notes, 64));
    step               = fmax(step, 100.0 * fabs(pitch - last));
    last               = pitch;
  }
  print_message("new root: the third moves at most %.2f cents in 64 frames\n", step);
  assert_true(step < 0.7);
  assert_true(cents_off(&notes, 64, 60.0 + 12.0 * log2(1.25)) < 1e-3);
  send(&notes, 28800, 0x80, 64, 0);
  send(&notes, 28800, 0x80, 60, 0);
  send(&notes, 28800, 0x90, 59, 100);
  run_to(&notes, 33600); // tails keep their tuning
  assert_true(cents_off(&notes, 64, 60.0 + 12.0 * log2(1.25)) < 1e-3);
}

static void test_just_amount_is_a_share_of_the_way(void** state)
{
  (void)state;
  FiqNotes notes = just(7, 0.5f);
  send(&notes, 0, 0x90, 60, 100);
  send(&notes, 0, 0x90, 70, 100);
  run_to(&notes, 0);
  assert_true(cents_off(&notes, 70, 0.5 * (70.0 + 60.0 + 12.0 * log2(1.75))) < 0.01);
  assert_true(fabs((double)fiq_notes_coherence(&notes) - 1.0 / (1.0 + log2(7.0) / 4.0)) < 1e-6);
  FiqNotes silent = fresh_notes();
  assert_true(fabsf(fiq_notes_coherence(&silent) - 1.0f) < 1e-6f);
}

static void test_glide_meets_just_intonation_without_a_jump(void** state)
{
  (void)state;
  FiqNotesPlay play = fiq_notes_default_play();
  play.mode         = FIQ_MODE_LEGATO;
  play.glide_s      = 0.1f;
  play.just         = true;
  FiqNotes notes    = played(play);
  fiq_notes_drone(&notes, FIQ_CHORD_ROOT, 48, 0);
  send(&notes, 0, 0x90, 64, 100);
  run_to(&notes, 9600);
  const double third = 48.0 + 12.0 * log2(2.5);
  assert_true(cents_off(&notes, 64, third) < 0.01);
  send(&notes, 9600, 0x90, 69, 100);
  run_to(&notes, 9600);
  assert_true(cents_off(&notes, 69, third) < 0.01);
  run_to(&notes, 14400);
  assert_true(cents_off(&notes, 69, 48.0 + 12.0 * log2(10.0 / 3.0)) < 0.01);
}

// ---- storms ----

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
    fiq_notes_controller(&notes, channel, 66, 0, frame);
    fiq_notes_controller(&notes, channel, 123, 0, frame);
  }
  fiq_notes_advance(&notes, &plain, frame + 48000);
  assert_int_equal(n_sounding(&notes), 0);
}

/// A message of any kind; every fourth is made of any bytes, and of any length.
static void send_anything(FiqNotes* notes, FiqRandom* random, uint64_t frame)
{
  static const uint8_t status[]   = {0x90, 0x90, 0x90, 0x80, 0x80, 0xa0, 0xb0, 0xb0, 0xd0, 0xe0};
  static const uint8_t likely[]   = {1,  5,  6,  7,  11,  38,  64,  64,  65,  66,  66,  67,  74,
                                     96, 97, 98, 99, 100, 100, 101, 101, 120, 121, 123, 126, 127};
  const uint32_t       bits       = fiq_random_bits(random);
  const uint32_t       more       = fiq_random_bits(random);
  uint8_t              message[3] = {(uint8_t)(bits), (uint8_t)(bits >> 8), (uint8_t)(bits >> 16)};
  if (bits >> 30 != 0) {
    message[0] = (uint8_t)(status[more % sizeof status] | (bits & 15));
    message[1] &= 127;
    message[2] &= (bits >> 24 & 3) ? 127 : 1;
    if (message[0] >> 4 == 0xb) {
      message[1]           = likely[(more >> 8) % sizeof likely];
      const bool parameter = message[1] == 100 || message[1] == 101 || message[1] == 6;
      message[2]           = parameter && bits >> 29 & 1 ? message[2] % 7 : message[2];
    }
  }
  fiq_notes_midi(notes, message, bits >> 30 ? 3 : more >> 30, frame);
}

static void change_play(FiqNotes* notes, FiqRandom* random)
{
  static const int32_t limits[] = {2, 3, 5, 7, 11, 13};
  const uint32_t       bits     = fiq_random_bits(random);
  const FiqNotesPlay   play     = {.mode                = (int32_t)(bits % 4),
                                   .glide_s             = bits & 16 ? fiq_random_uniform(random) : 0.0f,
                                   .velocity_level      = fiq_random_uniform(random),
                                   .velocity_mass       = fiq_random_uniform(random),
                                   .pressure_level      = fiq_random_uniform(random),
                                   .pressure_brightness = fiq_random_uniform(random),
                                   .mpe_bend_range_semitones = 96.0f * fiq_random_uniform(random),
                                   .mpe                      = (bits & 64) != 0,
                                   .just_amount              = fiq_random_uniform(random),
                                   .prime_limit              = limits[(bits >> 8) % 6],
                                   .just_root                = (int32_t)((bits >> 12) % 13) - 1,
                                   .just                     = (bits & 32) != 0};
  fiq_notes_set_play(notes, &play);
}

/// What holds at any moment: values in range, every held note has a held key, no key twice.
static void check_invariants(const FiqNotes* notes)
{
  assert_true(notes->n_held <= FIQ_NOTES_KEYS && notes->n_queued <= FIQ_NOTES_QUEUE);
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    const FiqNote* const note  = &notes->note[i];
    const float          level = fiq_notes_level(notes, note);
    const float          pitch = fiq_notes_pitch(note);
    const float          mass  = fiq_notes_mass(notes, note);
    assert_true(level >= 0.0f && level < 600.0f && mass >= 0.0f && mass <= 1.0f);
    assert_true(pitch > -300.0f && pitch < 430.0f);
    assert_true(note->pressure >= 0.0f && note->pressure <= 1.0f);
    assert_true(fabsf(fiq_notes_brightness(notes, note)) <= 1.0f);
    assert_true(fabsf(note->just) < 1.0f && fabsf(note->glide) < 260.0f);
    uint32_t n_keys = 0;
    for (uint32_t k = 0; k < notes->n_held; ++k) {
      n_keys += notes->held[k].channel == note->channel && notes->held[k].key == note->key;
    }
    assert_true(n_keys <= 1);
    assert_true(!is_on(note) || n_keys == 1);
  }
}

static void test_storms_of_bytes_keep_the_invariants_and_end(void** state)
{
  (void)state;
  static const char scl[] = "odd\n7\n100.\n5/4\n-50.\n3/2\n701.\n7/4\n3/1\n";
  FiqTuning         tuning;
  fiq_tuning_init_equal(&tuning, 440.0);
  assert_int_equal(fiq_tuning_parse_scl(&tuning, scl, sizeof scl - 1, NULL), FIQ_OK);
  uint32_t most = 0;
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    FiqRandom random;
    fiq_random_init(&random, seed, 0);
    FiqNotes notes = fresh_notes();
    uint64_t frame = 0;
    for (uint32_t i = 0; i < 3000; ++i) {
      const uint32_t bits = fiq_random_bits(&random);
      send_anything(&notes, &random, frame + bits % 64);
      if (bits % 256 == 0) {
        change_play(&notes, &random);
        fiq_notes_set_tuning(&notes, bits & 1024 ? &tuning : NULL);
        fiq_notes_drone(&notes, (int32_t)(bits >> 12 & 7), (int32_t)(bits >> 20 & 127), frame);
      }
      if (bits >> 28 == 0) {
        frame += 64;
        run_to(&notes, frame);
        check_invariants(&notes);
        const uint32_t n = n_sounding(&notes);
        most             = n > most ? n : most;
      }
    }
    for (uint32_t channel = 0; channel < 16; ++channel) {
      send(&notes, frame + 64, 0xb0 | channel, 123, 0);
      send(&notes, frame + 64, 0xb0 | channel, 64, 0);
      send(&notes, frame + 64, 0xb0 | channel, 66, 0);
    }
    fiq_notes_drone(&notes, FIQ_CHORD_OFF, 0, frame + 64);
    run_to(&notes, frame + 64);
    check_invariants(&notes);
    if (notes.n_held != 0) {
      fail_msg("seed %u: %u keys hang", seed, notes.n_held);
    }
    run_to(&notes, frame + 64 + 28801); // twice the release: a softer restrike starts above 1
    if (fiq_notes_sounding(&notes)) {
      fail_msg("seed %u: a note hangs", seed);
    }
  }
  print_message("60 storms of 3000 messages: at most %u notes at once, none hangs\n", most);
  assert_true(most == FIQ_NOTES_MAX);
}

static void test_cutting_of_time_changes_little_and_order_nothing(void** state)
{
  (void)state;
  FiqRandom random;
  fiq_random_init(&random, 99, 0);
  FiqNotes coarse = fresh_notes();
  FiqNotes fine   = fresh_notes();
  for (uint32_t i = 0; i < 400; ++i) {
    const uint32_t bits = fiq_random_bits(&random);
    const uint32_t kind = bits >> 8 & 1 ? 0x90 : 0x80;
    send(&coarse, 100 * i, kind | (bits & 1), 40 + (bits >> 16) % 30, bits >> 25);
    send(&fine, 100 * i, kind | (bits & 1), 40 + (bits >> 16) % 30, bits >> 25);
  }
  run_to(&coarse, 40000);
  for (uint64_t frame = 0; frame <= 40000; frame += 32) {
    run_to(&fine, frame);
  }
  double worst = 0.0;
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    assert_int_equal(coarse.note[i].stage, fine.note[i].stage);
    assert_int_equal(coarse.note[i].key, fine.note[i].key);
    worst = fmax(worst, fabs((double)(coarse.note[i].level - fine.note[i].level)));
  }
  print_message("32 frames a step against one step: levels differ by %.2g\n", worst);
  assert_true(worst < 2e-5);
}

static void test_times_hold_at_every_rate(void** state)
{
  (void)state;
  static const double rates_hz[] = {8000.0, 22050.0, 44100.0, 48000.0, 96000.0, 192000.0, 384000.0};
  FiqNotesPlay        play       = fiq_notes_default_play();
  play.mode                      = FIQ_MODE_LEGATO;
  play.glide_s                   = 0.1f;
  for (size_t i = 0; i < sizeof rates_hz / sizeof rates_hz[0]; ++i) {
    const double rate_hz = rates_hz[i];
    FiqNotes     notes;
    fiq_notes_init(&notes, rate_hz, 64);
    fiq_notes_set_play(&notes, &play);
    send(&notes, 0, 0x90, 60, 127);
    send(&notes, (uint64_t)(0.2 * rate_hz), 0x90, 64, 127);
    send(&notes, (uint64_t)(0.2 * rate_hz), 0xb0, 7, 0);
    run_to(&notes, (uint64_t)(0.05 * rate_hz));
    assert_true(fabs((double)find(&notes, 60)->level - 0.5) < 0.01);
    run_to(&notes, (uint64_t)(0.21 * rate_hz));
    const FiqNote* note = find(&notes, 64);
    assert_true(fabs((double)(fiq_notes_level(&notes, note) / note->level) - exp(-1.0)) < 0.01);
    run_to(&notes, (uint64_t)(0.25 * rate_hz));
    assert_true(cents_off(&notes, 64, 62.0) < 1.0);
  }
}

static void test_reset_equals_fresh_init(void** state)
{
  (void)state;
  FiqRandom random;
  fiq_random_init(&random, 3, 0);
  FiqNotes used;
  memset(&used, 0, sizeof used);
  fiq_notes_init(&used, 48000.0, 64);
  for (uint32_t i = 0; i < 2000; ++i) {
    send_anything(&used, &random, i);
    run_to(&used, i);
  }
  fiq_notes_reset(&used);
  FiqNotes fresh;
  memset(&fresh, 0, sizeof fresh);
  fiq_notes_init(&fresh, 48000.0, 64);
  assert_memory_equal(&used, &fresh, sizeof used);
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
      cmocka_unit_test(test_pedal_scripts),
      cmocka_unit_test(test_mode_scripts),
      cmocka_unit_test(test_useless_bytes_change_nothing),
      cmocka_unit_test(test_velocity_sets_level_and_share_as_asked),
      cmocka_unit_test(test_default_level_is_velocity_times_envelope),
      cmocka_unit_test(test_soft_pedal_softens_what_is_struck_under_it),
      cmocka_unit_test(test_volume_and_expression_follow_without_steps),
      cmocka_unit_test(test_pressure_raises_level_and_brightness),
      cmocka_unit_test(test_wheel_is_smooth_and_per_channel),
      cmocka_unit_test(test_mono_strikes_anew_and_legato_ties),
      cmocka_unit_test(test_glide_is_straight_in_pitch_and_takes_its_time),
      cmocka_unit_test(test_glide_turns_where_it_is),
      cmocka_unit_test(test_mono_glides_from_the_last_note_after_silence),
      cmocka_unit_test(test_chord_struck_at_once_does_not_glide_from_itself),
      cmocka_unit_test(test_bend_range_by_message_and_by_parameter),
      cmocka_unit_test(test_zone_bends_each_note_and_all),
      cmocka_unit_test(test_bend_has_no_zipper_and_new_notes_begin_bent),
      cmocka_unit_test(test_channel_tuning_by_registered_parameters),
      cmocka_unit_test(test_portamento_controllers_overrule_the_parameter),
      cmocka_unit_test(test_the_switch_makes_a_zone_without_a_message),
      cmocka_unit_test(test_new_zones_end_the_notes_they_take),
      cmocka_unit_test(test_mono_in_a_zone_is_one_note),
      cmocka_unit_test(test_quietest_held_note_is_stolen),
      cmocka_unit_test(test_more_keys_than_places_leave_nothing_behind),
      cmocka_unit_test(test_full_queue_takes_the_oldest_early_and_loses_nothing),
      cmocka_unit_test(test_tuning_moves_keys_and_leaves_some_out),
      cmocka_unit_test(test_major_triad_is_4_5_6),
      cmocka_unit_test(test_root_gives_every_key_one_just_pitch),
      cmocka_unit_test(test_limit_2_touches_octaves_alone),
      cmocka_unit_test(test_harmony_is_high_for_triads_and_low_for_clusters),
      cmocka_unit_test(test_just_offsets_move_smoothly_to_a_new_root),
      cmocka_unit_test(test_just_amount_is_a_share_of_the_way),
      cmocka_unit_test(test_glide_meets_just_intonation_without_a_jump),
      cmocka_unit_test(test_random_events_leave_nothing_hanging),
      cmocka_unit_test(test_storms_of_bytes_keep_the_invariants_and_end),
      cmocka_unit_test(test_cutting_of_time_changes_little_and_order_nothing),
      cmocka_unit_test(test_times_hold_at_every_rate),
      cmocka_unit_test(test_reset_equals_fresh_init),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
