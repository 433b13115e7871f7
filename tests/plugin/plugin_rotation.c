// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: rotation and shift are pure from 40 Hz on, in every realm, at every window and rate, and cost latency while they are in use.
   Method: tones beside what a turn by 45 degrees makes of them in theory; the image of a tone that is shifted; the latency
   port before, while and after.
*/
#include "tests/support/fixture.h"

#include <math.h>

static const double tau = 6.283185307179586;

typedef struct {
  double rate_hz;
  int    realm;
  int    window;
} Case;

/// The instance's output for a tone of both channels, of which the last second counts.
static FixtureAudio play(const Case* c, const char* symbol, double value, double f_hz, size_t n,
                         double* latency)
{
  Fixture* const self = fixture_open(FIQ_PLUGIN_REALMS, c->rate_hz, true);
  FixtureAudio   in   = fixture_audio(n);
  FixtureAudio   out  = fixture_audio(n);
  fixture_set(self, "amount", 0);
  fixture_set(self, "realm", c->realm);
  fixture_set(self, "window", c->window);
  fixture_set(self, symbol, value);
  support_sine(in.plane[0], n, f_hz, c->rate_hz, 0.5, 0.0);
  support_sine(in.plane[1], n, f_hz, c->rate_hz, 0.5, 0.0);
  fixture_render(self, in.plane, out.plane, n, 512);
  *latency = (double)fixture_get(self, "latency");
  fixture_close(self);
  fixture_audio_free(&in);
  return out;
}

/// What is left of a tone turned by 45 degrees beside theory, dB of the tone.
static double residue_db(const Case* c, double f_hz)
{
  double       latency = 0.0;
  const size_t m       = (size_t)c->rate_hz;
  const size_t n       = 3 * m;
  FixtureAudio out     = play(c, "rotate", 45.0, f_hz, n, &latency);
  double       sum     = 0.0;
  for (size_t i = n - m; i < n; ++i) {
    const double turns = f_hz * ((double)i - latency) / c->rate_hz;
    const double rest  = (double)out.plane[0][i] - 0.5 * sin(tau * (turns - floor(turns) + 0.125));
    sum += rest * rest;
  }
  fixture_audio_free(&out);
  return support_db(sqrt(sum / (0.125 * (double)m)));
}

/// The image of a tone shifted up by 100 Hz, dB of the tone.
static double image_db(const Case* c, double f_hz)
{
  double             latency = 0.0;
  const size_t       m       = (size_t)c->rate_hz;
  const size_t       n       = 3 * m;
  FixtureAudio       out     = play(c, "shift", 100.0, f_hz, n, &latency);
  const float* const last    = out.plane[0] + n - m;
  const double       image   = support_tone_amplitude(last, m, fabs(f_hz - 100.0), c->rate_hz);
  const double       tone    = support_tone_amplitude(last, m, f_hz + 100.0, c->rate_hz);
  fixture_audio_free(&out);
  return support_db(image / tone);
}

static void test_tones_from_40_hz_are_turned_and_nothing_else(void** state)
{
  (void)state;
  static const Case   cases[] = {{48000.0, 1, 0}, {48000.0, 1, 1}, {48000.0, 1, 2}, {48000.0, 1, 3},
                                 {48000.0, 1, 4}, {48000.0, 1, 5}, {48000.0, 0, 3}, {48000.0, 2, 3},
                                 {8000.0, 1, 3},  {44100.0, 1, 0}, {44100.0, 1, 3}, {192000.0, 1, 3}};
  static const double tones[] = {40.0, 60.0, 1000.0};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    double residue = -400.0;
    double image   = -400.0;
    for (size_t k = 0; k < sizeof tones / sizeof tones[0]; ++k) {
      residue = fmax(residue, residue_db(&cases[i], tones[k]));
      image   = fmax(image, image_db(&cases[i], tones[k]));
    }
    print_message("%.0f Hz, realm %d, window %d: residue %.1f dB, image %.1f dB\n",
                  cases[i].rate_hz, cases[i].realm, 256 << cases[i].window, residue, image);
    assert_true(residue <= -80.0 && image <= -80.0);
  }
}

/// Play `seconds` with that rotation; the latency at the end.
static double latency_after(Fixture* self, double degrees, double seconds)
{
  const size_t n   = (size_t)(48000.0 * seconds);
  FixtureAudio in  = fixture_audio(n);
  FixtureAudio out = fixture_audio(n);
  fixture_set(self, "rotate", degrees);
  fixture_render(self, in.plane, out.plane, n, 512);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
  return (double)fixture_get(self, "latency");
}

static void test_the_latency_is_longer_while_something_turns(void** state)
{
  (void)state;
  Fixture* const self   = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, true);
  const double   before = latency_after(self, 0.0, 1.0);
  const double   turned = latency_after(self, 90.0, 1.0);
  const double   paused = latency_after(self, 0.0, 5.0);
  const double   after  = latency_after(self, 0.0, 7.0);
  print_message("latency %.0f frames, turned %.0f, 5 s after %.0f, 12 s after %.0f\n", before,
                turned, paused, after);
  assert_true(fabs(turned - before - 1600.0) < 50.0); // 33 ms
  assert_true(fabs(paused - turned) < 0.5 && fabs(after - before) < 0.5);
  fixture_close(self);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tones_from_40_hz_are_turned_and_nothing_else),
      cmocka_unit_test(test_the_latency_is_longer_while_something_turns),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
