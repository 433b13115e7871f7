// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: sung words are in time and in tune, as the vocal tract has it, and clean. Method: words are sent to the plugin, keys are
   played, and what comes out is measured: where the voice crosses half its level, at any block size, on and ahead of the beat;
   pitch of a line; partials against the tract; what lies above all partials while syllables hurry; flux of a held vowel beside
   that of the default sound.
*/
#include "dsp/voice/utterance.h"
#include "tests/support/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, LENGTH = 2 * RATE, KEY_AT = RATE / 4 };

static const double rate_hz = RATE;

static void send_words(Fixture* self, const char* words)
{
  static float plane[2][64];
  fixture_patch_string(self, 0, "urn:fieldiq:words", words);
  fixture_run(self, NULL, (float* [2]){plane[0], plane[1]}, 0, 64);
  fixture_work(self);
}

/// One singer, steady.
static Fixture* open_singer(const char* words, bool ahead)
{
  static const struct {
    const char* symbol;
    double      value;
  } settings[] = {{"oscillators", 512}, {"detune", 0},         {"scatter", 0},   {"anneal", 0.05},
                  {"noise", 0},         {"attack", 0.005},     {"sustain", 100}, {"release", 0.06},
                  {"stereo", 0},        {"velocity_level", 0}, {"coupling", 0}};
  Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, rate_hz, true);
  assert_non_null(self);
  fixture_seed(self, 5);
  for (size_t i = 0; i < sizeof settings / sizeof *settings; ++i) {
    fixture_set(self, settings[i].symbol, settings[i].value);
  }
  fixture_set(self, "words_ahead", ahead);
  send_words(self, words);
  return self;
}

/// When what is heard is at half its level of a second after the key, in frames from the start of `x`.
static double half_level_frame(const float* x)
{
  enum { PERIOD = 436, STEADY = KEY_AT + RATE }; // two of the note
  static float mean[LENGTH];
  double       sum = 0.0;
  int          i   = STEADY;
  for (int k = 0; k < LENGTH; ++k) {
    const double old = k >= PERIOD ? (double)x[k - PERIOD] : 0.0;
    sum += (double)x[k] * (double)x[k] - old * old;
    mean[k] = (float)(sum / PERIOD);
  }
  while (i > 0 && mean[i] > 0.25f * mean[STEADY]) {
    --i;
  }
  return i - PERIOD / 2;
}

static void test_the_vowel_is_on_the_beat_at_any_block_size(void** state)
{
  (void)state;
  static const char* const syllables[] = {"[aa]",   "[t aa]", "[s aa]", "[d aa]",    "[m aa]",
                                          "[l aa]", "[k aa]", "[r aa]", "[s t r aa]"};
  static const uint32_t    blocks[]    = {480, 37, 1024};
  double                   worst_ms    = 0.0;
  for (int ahead = 0; ahead < 2; ++ahead) {
    for (size_t i = 0; i < sizeof syllables / sizeof *syllables; ++i) {
      FixtureAudio first = fixture_audio(LENGTH);
      for (int k = 0; k < (i % 4 == 1 ? 3 : 1); ++k) {
        FixtureAudio   out  = fixture_audio(LENGTH);
        Fixture* const self = open_singer(syllables[i], ahead);
        fixture_render(self, NULL, out.plane, KEY_AT, blocks[k]);
        fixture_midi(self, 0, 0x90, 57, 100);
        float* const rest[2] = {out.plane[0] + KEY_AT, out.plane[1] + KEY_AT};
        fixture_render(self, NULL, rest, LENGTH - KEY_AT, blocks[k]);
        const double late_ms =
            1e3 / rate_hz *
            (half_level_frame(out.plane[0]) - KEY_AT - (double)fixture_get(self, "latency"));
        if (k == 0) {
          memcpy(first.plane[0], out.plane[0], LENGTH * sizeof(float));
          print_message("%s %-10s %+5.1f ms\n", ahead ? "ahead" : "live ", syllables[i], late_ms);
        }
        assert_memory_equal(first.plane[0], out.plane[0], LENGTH * sizeof(float));
        if (ahead) {
          worst_ms = fmax(worst_ms, fabs(late_ms));
        } else {
          assert_true(late_ms > -5.0 && late_ms <= 60.0);
        }
        fixture_audio_free(&out);
        fixture_close(self);
      }
      fixture_audio_free(&first);
    }
  }
  print_message("ahead: within %.1f ms of the beat\n", worst_ms);
  assert_true(worst_ms <= 10.0);
}

static void hold(Fixture* self, uint8_t key, size_t n, FixtureAudio* out)
{
  fixture_midi(self, 0, 0x90, key, 100);
  fixture_render(self, NULL, out->plane, n, 480);
}

static void test_partials_follow_the_tract(void** state)
{
  (void)state;
  static const struct {
    const char* words;
    uint8_t     nucleus;
  } vowels[]                  = {{"[aa]", FIQ_PH_AA}, {"[iy]", FIQ_PH_IY}, {"[uw]", FIQ_PH_UW}};
  static const uint8_t keys[] = {57, 64, 69};
  double               worst  = 0.0;
  for (int i = 0; i < 9; ++i) {
    enum { PARTIALS = 40 };
    const double         hz   = 440.0 * exp2((keys[i / 3] - 69) / 12.0);
    const FiqSyllable    sung = {.nucleus = vowels[i % 3].nucleus};
    const FiqVoiceParams man  = {1.0f, 0.0f, 0.0f};
    FixtureAudio         out  = fixture_audio(LENGTH);
    Fixture* const       self = open_singer(vowels[i % 3].words, false);
    FiqUtterance         singer;
    float                ratio[PARTIALS];
    float                gain[PARTIALS];
    double               level[PARTIALS];
    int                  loudest = 0;
    hold(self, keys[i / 3], LENGTH, &out);
    fiq_utterance_begin(&singer, &sung, 0.06f);
    const FiqTract tract = fiq_utterance_tract(&singer, &man, 1.0f, (float)hz);
    for (int h = 0; h < PARTIALS; ++h) {
      ratio[h] = (float)(h + 1);
      gain[h]  = 1.0f / (float)(h + 1); // the tilt of -6 dB an octave
      level[h] =
          support_tone_amplitude(out.plane[0] + RATE / 2, LENGTH - RATE / 2, hz * (h + 1), rate_hz);
    }
    fiq_tract_apply(&tract, 1.0f, ratio, (float)hz, gain, PARTIALS);
    for (int h = 0; h < PARTIALS; ++h) {
      loudest = gain[h] > gain[loudest] ? h : loudest;
    }
    for (int h = 0; h < PARTIALS && hz * (h + 1) < 5000.0; ++h) {
      const double wanted = support_db((double)gain[h] / (double)gain[loudest]);
      const double got    = support_db(level[h] / level[loudest]);
      worst               = wanted > -30.0 ? fmax(worst, fabs(got - wanted)) : worst;
    }
    fixture_close(self);
    fixture_audio_free(&out);
  }
  print_message("partials within %.2f dB\n", worst);
  assert_true(worst <= 1.0);
}

static double measured_hz(const float* x, size_t n, double hz)
{
  const size_t hop = 4000;
  double       a[2];
  double       b[2];
  support_tone(x, n - hop, hz, rate_hz, &a[0], &a[1]);
  support_tone(x + hop, n - hop, hz, rate_hz, &b[0], &b[1]);
  const double turn = 2.0 * 3.14159265358979 * hz * (double)hop / rate_hz;
  return hz + remainder(atan2(b[1], b[0]) - atan2(a[1], a[0]) - turn, 2.0 * 3.14159265358979) *
                  rate_hz / (2.0 * 3.14159265358979 * (double)hop);
}

static void test_a_sung_line_is_in_tune(void** state)
{
  (void)state;
  enum { NOTE = RATE };
  static const uint8_t keys[] = {57, 60, 64, 62, 59, 57};
  FixtureAudio         out    = fixture_audio(NOTE);
  Fixture* const       self   = open_singer("sing a [l aa m] [s iy] [m uw n] [d ow]", false);
  double               worst  = 0.0;
  for (size_t i = 0; i < sizeof keys; ++i) {
    const double hz = 440.0 * exp2((keys[i] - 69) / 12.0);
    hold(self, keys[i], NOTE, &out);
    fixture_midi(self, 0, 0x80, keys[i], 0);
    const double got = measured_hz(out.plane[0] + RATE / 2, NOTE - RATE / 2, hz);
    worst            = fmax(worst, fabs(1200.0 * log2(got / hz)));
  }
  print_message("a line within %.3f cents\n", worst);
  assert_true(worst <= 0.5);
  fixture_close(self);
  fixture_audio_free(&out);
}

/// Loudest millisecond above 15 kHz, where nothing is sung, against the loudest of all, dB.
static double click_db(const float* x, size_t n)
{
  double loudest = 0.0;
  double click   = 0.0;
  for (size_t at = 8; at + 48 < n; at += 48) {
    double high = 0.0;
    double all  = 0.0;
    for (size_t i = at; i < at + 48; ++i) {
      // An eighth difference: 0 dB at the top, -42 dB at 12 kHz, nothing where partials are.
      static const double w[] = {1, -8, 28, -56, 70, -56, 28, -8, 1};
      double              sum = 0.0;
      for (int k = 0; k < 9; ++k) {
        sum += w[k] / 256.0 * (double)x[i - (size_t)k];
      }
      high += sum * sum;
      all += (double)x[i] * (double)x[i];
    }
    loudest = fmax(loudest, all);
    click   = fmax(click, high);
  }
  return 0.5 * support_db(click / loudest);
}

/// click_db() of `words` sung at so many syllables a second.
static double hurry(const char* words, uint32_t rate)
{
  const uint32_t note = RATE / rate;
  FixtureAudio   out  = fixture_audio(LENGTH);
  Fixture* const self = open_singer(words, false);
  for (size_t i = 0; i < LENGTH / note; ++i) {
    const uint8_t key = (uint8_t)(57 + 5 * i % 12);
    fixture_midi(self, 0, 0x90, key, 100);
    fixture_render(self, NULL, (float* [2]){out.plane[0] + i * note, out.plane[1] + i * note}, note,
                   480);
    fixture_midi(self, 0, 0x80, key, 0);
  }
  const double db = click_db(out.plane[0], LENGTH);
  fixture_close(self);
  fixture_audio_free(&out);
  return db;
}

static void test_hurried_syllables_do_not_click(void** state)
{
  (void)state;
  static const char stops[] = "[t aa] [k iy p] [b ow d] [p eh g] [d uw t] [g ae k] [ch iy b]";
  const double      db      = hurry("[l aa] [m iy n] [w ow] [ae l] [n uw m] [y eh]", 20);
  const double      slow    = hurry(stops, 2);
  const double      fast    = hurry(stops, 20);
  print_message(
      "20 syllables a second: %.1f dB above all that is sung; stops %.1f, unhurried %.1f\n", db,
      fast, slow);
  assert_true(db < -60.0);
  assert_true(fast < fmax(-60.0, slow + 1.0)); // no more than their own bursts
}

/// Mean change of the first partials' levels from one window of 40 ms to the next, as part of their sum.
static double flux(const float* x, size_t n, double hz)
{
  enum { PARTIALS = 20, WINDOW = 1920 };
  double before[PARTIALS] = {0};
  double change           = 0.0;
  double all              = 0.0;
  for (size_t at = 0; at + WINDOW <= n; at += WINDOW / 2) {
    for (int h = 0; h < PARTIALS; ++h) {
      const double level = support_tone_amplitude(x + at, WINDOW, hz * (h + 1), rate_hz);
      change += at > 0 ? fabs(level - before[h]) : 0.0;
      all += at > 0 ? level : 0.0;
      before[h] = level;
    }
  }
  return change / all;
}

static void test_a_held_vowel_is_as_steady_as_an_instrument(void** state)
{
  (void)state;
  FixtureAudio   out    = fixture_audio(LENGTH);
  Fixture* const singer = open_singer("[aa]", false);
  Fixture* const plain  = open_singer("", false);
  hold(singer, 57, LENGTH, &out);
  const double sung = flux(out.plane[0] + RATE / 2, LENGTH - RATE / 2, 220.0);
  hold(plain, 57, LENGTH, &out);
  const double played = flux(out.plane[0] + RATE / 2, LENGTH - RATE / 2, 220.0);
  fixture_close(plain);
  Fixture* const chorus = fixture_open(FIQ_PLUGIN_SWARM, rate_hz, true);
  fixture_seed(chorus, 5);
  hold(chorus, 57, LENGTH, &out);
  const double beating = flux(out.plane[0] + RATE / 2, LENGTH - RATE / 2, 220.0);
  print_message("flux: sung %.4f, one singer without words %.4f, default sound %.4f\n", sung,
                played, beating);
  assert_true(sung <= beating);
  fixture_close(chorus);
  fixture_close(singer);
  fixture_audio_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_vowel_is_on_the_beat_at_any_block_size),
      cmocka_unit_test(test_partials_follow_the_tract),
      cmocka_unit_test(test_a_sung_line_is_in_tune),
      cmocka_unit_test(test_hurried_syllables_do_not_click),
      cmocka_unit_test(test_a_held_vowel_is_as_steady_as_an_instrument)};
  return cmocka_run_group_tests_name("plugin voice", tests, NULL, NULL);
}
