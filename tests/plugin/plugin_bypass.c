// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: doing nothing does nothing, and switching is not heard.
   Method: null tests against the delayed input at amount 0, mix 0 and enabled 0 in every realm;
   sample-to-sample steps of a sine while switches are thrown.
*/
#include "tests/support/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { FRAMES = 96000, SETTLE = 24000 };

static void null_against_dry(Fixture* self, const char* what)
{
  FixtureAudio in  = fixture_audio(FRAMES);
  FixtureAudio out = fixture_audio(FRAMES);
  support_noise(in.plane[0], FRAMES, 0.7, 11);
  support_sine(in.plane[1], FRAMES, 997.0, 48000.0, 0.7, 0.3);
  fixture_render(self, in.plane, out.plane, FRAMES, 256);
  const size_t latency = (size_t)fixture_get(self, "latency");
  double       worst   = 0.0;
  for (int channel = 0; channel < 2; ++channel) {
    const double difference = support_max_difference(
        out.plane[channel] + SETTLE, in.plane[channel] + SETTLE - latency, FRAMES - SETTLE);
    worst = fmax(worst, difference);
  }
  print_message("%s: null at %.1f dBFS\n", what, support_db(worst));
  assert_true(support_db(worst) < -90.0);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

static void test_amount_mix_and_enabled_zero_null(void** state)
{
  (void)state;
  static const char* const symbols[] = {"amount", "mix", "enabled"};
  for (int realm = 0; realm < 3; ++realm) {
    for (size_t s = 0; s < sizeof(symbols) / sizeof(symbols[0]); ++s) {
      for (int mode = 0; mode < 3; ++mode) {
        char     what[64];
        Fixture* self = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, false);
        fixture_set(self, "realm", realm);
        fixture_set(self, "drive", 12);
        fixture_set(self, "input_mode", mode);
        fixture_set(self, symbols[s], 0);
        snprintf(what, sizeof(what), "realm %d, input mode %d, %s 0", realm, mode, symbols[s]);
        null_against_dry(self, what);
        fixture_close(self);
      }
    }
  }
}

/// THD+N of the temporal realm at its lowest drive, for a tone of -6 dBFS.
static void test_the_lowest_drive_adds_nothing(void** state)
{
  (void)state;
  static const double tones[] = {100.0, 1000.0, 5000.0};
  const size_t        late    = FRAMES - 48000;
  for (size_t k = 0; k < sizeof(tones) / sizeof(tones[0]); ++k) {
    Fixture*     self = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, false);
    FixtureAudio in   = fixture_audio(FRAMES);
    FixtureAudio out  = fixture_audio(FRAMES);
    fixture_set(self, "realm", 0);
    fixture_set(self, "amount", 100);
    fixture_set(self, "drive", -24);
    support_sine(in.plane[0], FRAMES, tones[k], 48000.0, 0.5, 0.0);
    support_sine(in.plane[1], FRAMES, tones[k], 48000.0, 0.5, 0.0);
    fixture_render(self, in.plane, out.plane, FRAMES, 256);
    const size_t latency = (size_t)fixture_get(self, "latency");
    const double rest =
        support_max_difference(out.plane[0] + late, in.plane[0] + late - latency, FRAMES - late);
    print_message("%.0f Hz at the lowest drive: nothing else above %.1f dB of it\n", tones[k],
                  support_db(rest / 0.5));
    assert_true(support_db(rest / 0.5) <= -90.0);
    fixture_close(self);
    fixture_audio_free(&in);
    fixture_audio_free(&out);
  }
}

static void test_swarm_disabled_is_silent(void** state)
{
  (void)state;
  FixtureAudio out  = fixture_audio(FRAMES);
  Fixture*     self = fixture_open(FIQ_PLUGIN_SWARM, 48000.0, false);
  fixture_set(self, "enabled", 0);
  fixture_set(self, "chord", 3);
  fixture_render(self, NULL, out.plane, FRAMES, 256);
  assert_true(support_peak(out.plane[0] + 4800, FRAMES - 4800) <= 0.0);
  fixture_close(self);
  fixture_audio_free(&out);
}

static double largest_step(const float* x, size_t n)
{
  double step = 0.0;
  for (size_t i = 1; i < n; ++i) {
    step = fmax(step, fabs((double)x[i] - (double)x[i - 1]));
  }
  return step;
}

/// Largest step of a 1 kHz sine of amplitude 0.5 while `symbol` is switched between two values `per_second` times.
static double step_while_switching(const char* symbol, double a, double b, double realm,
                                   int per_second)
{
  FixtureAudio in   = fixture_audio(FRAMES);
  FixtureAudio out  = fixture_audio(FRAMES);
  Fixture*     self = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, false);
  fixture_seed(self, 3);
  fixture_set(self, "realm", realm);
  fixture_set(self, "drive", 0);
  fixture_set(self, "motion", 0);
  support_sine(in.plane[0], FRAMES, 1000.0, 48000.0, 0.5, 0.0);
  support_sine(in.plane[1], FRAMES, 1000.0, 48000.0, 0.5, 0.0);
  const uint32_t block = 48;
  for (size_t i = 0; i < FRAMES; i += block) {
    fixture_set(self, symbol, (i * (size_t)per_second / 48000) % 2 ? a : b);
    fixture_run(self, in.plane, out.plane, i, block);
  }
  const double step = largest_step(out.plane[0] + SETTLE, FRAMES - SETTLE);
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
  return step;
}

static void test_switching_does_not_click(void** state)
{
  (void)state;
  // The sine itself steps by 0.5 * 2 pi / 48 a frame; a fade over 10 ms adds at most 2 * 0.5 / 480.
  const double own  = 0.5 * 2.0 * 3.14159265358979 * 1000.0 / 48000.0;
  const double fade = 2.0 * 0.5 / 480.0;
  static const struct {
    const char* symbol;
    double      a, b;
    int         per_second;
  } switches[] = {{"enabled", 0, 1, 20},   {"realm", 0, 1, 2},      {"realm", 1, 2, 2},
                  {"input_mode", 0, 1, 2}, {"input_mode", 0, 2, 2}, {"mix", 0, 100, 10},
                  {"amount", 0, 100, 10},  {"rotate", -90, 90, 5}};
  for (size_t s = 0; s < sizeof(switches) / sizeof(switches[0]); ++s) {
    for (int realm = 0; realm < 3; ++realm) {
      const double step = step_while_switching(switches[s].symbol, switches[s].a, switches[s].b,
                                               realm, switches[s].per_second);
      print_message("%s in realm %d: largest step %.4f, sine %.4f\n", switches[s].symbol, realm,
                    step, own);
      // A turning phase is a passing change of pitch: 6 % covers half a turn in 20 ms.
      assert_true(step <= 1.06 * own + fade);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_amount_mix_and_enabled_zero_null),
                                     cmocka_unit_test(test_the_lowest_drive_adds_nothing),
                                     cmocka_unit_test(test_swarm_disabled_is_silent),
                                     cmocka_unit_test(test_switching_does_not_click)};
  return cmocka_run_group_tests_name("plugin bypass", tests, NULL, NULL);
}
