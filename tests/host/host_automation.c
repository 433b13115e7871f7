// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: values, bars, parts and hashes are those that can be worked out by hand. Method: tables of inputs with the results
   required; a lane asked at every frame, in order and back.
*/
#include "host-test/common/report.h"
#include "host-test/common/sha256.h"
#include "host-test/render/automation.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE_HZ 1000.0

static char no_unit[] = "";

static FiqPort ports_of_plugin[] = {{.kind    = FIQ_PORT_CONTROL,
                                     .input   = true,
                                     .symbol  = "gain",
                                     .minimum = 0.0f,
                                     .maximum = 10.0f,
                                     .unit    = no_unit},
                                    {.kind    = FIQ_PORT_CONTROL,
                                     .input   = true,
                                     .symbol  = "steps",
                                     .minimum = 0.0f,
                                     .maximum = 10.0f,
                                     .integer = true,
                                     .unit    = no_unit},
                                    {.kind    = FIQ_PORT_CONTROL,
                                     .input   = true,
                                     .symbol  = "on",
                                     .minimum = 0.0f,
                                     .maximum = 1.0f,
                                     .toggled = true,
                                     .unit    = no_unit}};

static const FiqPorts ports = {.ports = ports_of_plugin, .n_ports = 3};

/// 4/4 at 120 for two bars, then 3/4 at 60.
static FiqScoreTempo tempos[] = {
    {.time_s = 0.0, .tempo_bpm = 120.0, .beats_per_bar = 4.0f, .beat_unit = 4, .quarter = 0.0},
    {.time_s = 4.0, .tempo_bpm = 60.0, .beats_per_bar = 3.0f, .beat_unit = 4, .quarter = 8.0}};

static const FiqScore score = {.tempos = tempos, .n_tempos = 2};

static bool read_text(FiqAutomation* automation, const char* text)
{
  *automation = (FiqAutomation){.ramp_frames = 10};
  return fiq_automation_read(automation, text, strlen(text), "text", &ports, &score, RATE_HZ);
}

static void test_bars_follow_the_tempo_map(void** state)
{
  (void)state;
  static const struct {
    uint32_t bar;
    double   beat;
    double   time_s; ///< < 0: there is none
  } table[] = {{1, 1.0, 0.0}, {1, 3.5, 1.25}, {2, 1.0, 2.0},  {3, 1.0, 4.0},  {3, 3.0, 6.0},
               {4, 1.0, 7.0}, {5, 2.0, 11.0}, {1, 5.0, -1.0}, {3, 4.0, -1.0}, {1, 0.5, -1.0}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i) {
    double     time_s = 0.0;
    const bool found  = fiq_score_bar_time(&score, table[i].bar, table[i].beat, &time_s);
    assert_int_equal(found, table[i].time_s >= 0.0);
    assert_true(!found || fabs(time_s - table[i].time_s) < 1e-9);
  }
}

/// What the texts of the next test say of gain, at `frame`.
static float gain_at(int64_t frame)
{
  const float held = (float)(frame - frame % 10);
  return frame < 100 ? 1.0f + held / 100.0f : (frame < 300 ? 2.0f : 5.0f);
}

static void test_values_are_right_at_every_frame_however_they_are_asked(void** state)
{
  (void)state;
  static const char* const texts[] = {
      "0.3,gain,5\n0.1,gain,2,linear\n", // in any order
      "# TIME\r\n time , symbol , value\r\n 0.1 , gain , 2 , "
      "linear\r\n\"0.3\",\"gain\",\"5\",step\r\n",
      "[{\"time\":0.1,\"symbol\":\"gain\",\"value\":2,\"shape\":\"linear\"},"
      "{\"time\":\"0.3\",\"symbol\":\"gain\",\"value\":\"5\"}]"};
  const float settings[] = {1.0f, 0.0f, 0.0f};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; ++i) {
    FiqAutomation automation;
    assert_true(read_text(&automation, texts[i]));
    fiq_automation_begin(&automation, settings);
    assert_int_equal(automation.n_lanes, 1);
    for (int64_t frame = 0; frame < 400; ++frame) {
      int64_t     left  = INT64_MAX;
      const float value = fiq_automation_value(&automation, 0, frame, &left);
      assert_true(fabsf(value - gain_at(frame)) < 1e-6f);
      // It stays as long as it says, and no longer.
      assert_true(left > 0);
      for (int64_t k = 0; k < left && frame + k < 400; ++k) {
        assert_true(fabsf(gain_at(frame + k) - value) < 1e-6f);
      }
    }
    int64_t left = INT64_MAX;
    assert_true(fabsf(fiq_automation_value(&automation, 0, 50, &left) - 1.5f) < 1e-6f);
    fiq_automation_free(&automation);
  }
}

static void test_turns_go_back_in_the_music(void** state)
{
  (void)state;
  FiqAutomation automation;
  const float   settings[] = {1.0f, 0.0f, 0.0f};
  assert_true(read_text(&automation, "0.05,gain,3\n0.08,gain,4\n0.2,gain,6\n"));
  fiq_automation_begin(&automation, settings);
  automation.timeline = (FiqTimeline){.first_frame = 40, .turn_frames = 30, .n_turns = 2};
  static const struct {
    int64_t frame;
    float   value;
    int64_t left;
  } table[] = {{-7, 1.0f, 7},  {0, 1.0f, 10},  {10, 3.0f, 20},  {29, 3.0f, 1},
               {30, 1.0f, 10}, {40, 3.0f, 30}, {70, 4.0f, 120}, {190, 6.0f, INT64_MAX}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i) {
    int64_t     left  = INT64_MAX;
    const float value = fiq_automation_value(&automation, 0, table[i].frame, &left);
    assert_true(fabsf(value - table[i].value) < 1e-6f);
    assert_true(left == table[i].left);
  }
  fiq_automation_free(&automation);
}

static void test_whole_numbers_stay_whole(void** state)
{
  (void)state;
  FiqAutomation automation;
  const float   settings[] = {1.0f, 0.0f, 0.0f};
  assert_true(read_text(&automation, "0.1,steps,3,linear\n"));
  fiq_automation_begin(&automation, settings);
  for (int64_t frame = 0; frame < 120; ++frame) {
    int64_t     left  = INT64_MAX;
    const float value = fiq_automation_value(&automation, 0, frame, &left);
    assert_true(fabsf(value - roundf(value)) < 1e-6f && value <= 3.0f);
  }
  fiq_automation_free(&automation);
}

static void test_what_makes_no_sense_is_refused(void** state)
{
  (void)state;
  static const char* const texts[] = {"0,gain",
                                      "0,gain,1,2,3,4",
                                      "nan,gain,1",
                                      "-1,gain,1",
                                      "1e99,gain,1",
                                      "0,gain,nan",
                                      "0,gain,11",
                                      "0,none,1",
                                      "0,on,1,linear",
                                      "1:,gain,1",
                                      "0:1,gain,1",
                                      "1.5:1,gain,1",
                                      "1:9,gain,1",
                                      "0,gain,1,curve",
                                      "{}",
                                      "[1]",
                                      "[{\"time\":0}]",
                                      "[{\"symbol\":\"gain\",\"value\":1}]",
                                      "[",
                                      "[{\"time\":{},\"symbol\":\"gain\",\"value\":1}]"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; ++i) {
    FiqAutomation automation;
    if (read_text(&automation, texts[i])) {
      fail_msg("'%s' was taken", texts[i]);
    }
    fiq_automation_free(&automation);
  }
}

static void test_a_part_of_a_score_begins_and_ends_whole(void** state)
{
  (void)state;
  // A program and a note from 1 to 3 s, in the middle of which the part ends, and one that began before it.
  static const uint8_t bytes[] = {0xc0, 5,    0x90, 60,  100,  0x80, 60,
                                  64,   0x90, 40,   100, 0x80, 40,   64};
  FiqScore             whole;
  assert_true(fiq_score_empty(&whole, 4.0, 120.0));
  whole.events                 = calloc(5, sizeof(FiqScoreEvent));
  whole.n_events               = 5;
  const FiqScoreEvent events[] = {{0.0, 2, bytes},
                                  {0.2, 3, bytes + 8},
                                  {1.0, 3, bytes + 2},
                                  {1.5, 3, bytes + 11},
                                  {3.0, 3, bytes + 5}};
  memcpy(whole.events, events, sizeof events);
  assert_true(fiq_score_cut(&whole, 0.5, 2.0, 2));
  static const struct {
    double  time_s;
    uint8_t status;
    uint8_t first;
  } expected[] = {{0.0, 0xc0, 5}, {0.5, 0x90, 60}, {1.5, 0x80, 60},
                  {1.5, 0xc0, 5}, {2.0, 0x90, 60}, {3.0, 0x80, 60}};
  assert_int_equal(whole.n_events, sizeof expected / sizeof expected[0]);
  for (size_t i = 0; i < whole.n_events; ++i) {
    assert_true(fabs(whole.events[i].time_s - expected[i].time_s) < 1e-9);
    assert_int_equal(whole.events[i].bytes[0], expected[i].status);
    assert_int_equal(whole.events[i].bytes[1], expected[i].first);
  }
  assert_int_equal(whole.n_tempos, 2);
  assert_true(fabs(whole.tempos[1].time_s - 1.5) < 1e-9 &&
              fabs(whole.tempos[1].quarter - 1.0) < 1e-9);
  assert_true(fabs(whole.end_s - 3.0) < 1e-9);
  fiq_score_free(&whole);
}

/// Examples of FIPS 180-2 and the empty message.
static void test_sha256_is_that_of_the_standard(void** state)
{
  (void)state;
  static const struct {
    const char* message;
    const char* hash;
  } table[] = {{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
               {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
               {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i) {
    for (size_t piece = 1; piece < 70; piece += 23) {
      const size_t n = strlen(table[i].message);
      FiqSha256    hash;
      char         text[FIQ_SHA256_TEXT_BYTES];
      fiq_sha256_init(&hash);
      for (size_t at = 0; at < n; at += piece) {
        fiq_sha256_add(&hash, table[i].message + at, n - at < piece ? n - at : piece);
      }
      fiq_sha256_end(&hash, text);
      assert_string_equal(text, table[i].hash);
    }
  }
}

int main(void)
{
  fiq_report_init("host_automation", true);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bars_follow_the_tempo_map),
      cmocka_unit_test(test_values_are_right_at_every_frame_however_they_are_asked),
      cmocka_unit_test(test_turns_go_back_in_the_music),
      cmocka_unit_test(test_whole_numbers_stay_whole),
      cmocka_unit_test(test_what_makes_no_sense_is_refused),
      cmocka_unit_test(test_a_part_of_a_score_begins_and_ends_whole),
      cmocka_unit_test(test_sha256_is_that_of_the_standard)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
