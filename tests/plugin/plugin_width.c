// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: a note that is locked is wide all the same, keeps its place and its level, and survives mono.
   Method: single notes with everything else at its default, and with other Stereo and Coupling: correlation of left and
   right, what their sum loses, how far they differ in level, and the order that the plugin tells.
*/
#include "tests/support/fixture.h"

#include <math.h>

enum { RATE = 48000, BLOCK = 480, BEGIN = RATE, LENGTH = 9 * RATE };

typedef struct {
  double correlation;
  double mono_loss_db;
  double lean_db; ///< left over right
  double level_db;
  double order;
} Image;

static Image image_of(double stereo, double coupling, double degrees, uint8_t key)
{
  Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
  FixtureAudio   out  = fixture_audio(LENGTH);
  fixture_seed(self, 3);
  fixture_set(self, "stereo", stereo);
  fixture_set(self, "coupling", coupling);
  fixture_set(self, "phase_width", degrees);
  fixture_midi(self, 0, 0x90, key, 100);
  fixture_render(self, NULL, out.plane, LENGTH, BLOCK);
  double ll = 0.0;
  double rr = 0.0;
  double lr = 0.0;
  for (size_t i = BEGIN; i < LENGTH; ++i) {
    const double l = (double)out.plane[0][i];
    const double r = (double)out.plane[1][i];
    ll += l * l;
    rr += r * r;
    lr += l * r;
  }
  const Image image = {
      lr / sqrt(ll * rr), -0.5 * support_db((ll + rr + 2.0 * lr) / (2.0 * (ll + rr))),
      0.5 * support_db(ll / rr), 0.5 * support_db(ll + rr), (double)fixture_get(self, "order")};
  print_message("stereo %3.0f, K %4.1f, %2.0f degrees, key %2d: correlation %5.2f, mono %4.1f dB, "
                "leans %4.1f dB, level %5.1f dB, R %.2f\n",
                stereo, coupling, degrees, key, image.correlation, image.mono_loss_db,
                image.lean_db, image.level_db, image.order);
  fixture_audio_free(&out);
  fixture_close(self);
  return image;
}

static void test_a_default_note_is_wide_and_survives_mono(void** state)
{
  (void)state;
  for (uint8_t key = 36; key <= 84; key += 12) {
    const Image image = image_of(70, 2, 45, key);
    assert_true(image.correlation > 0.4 && image.correlation < 0.75);
    assert_true(image.mono_loss_db < 1.0);
    assert_true(fabs(image.lean_db) < 1.0);
  }
}

static void test_the_angle_is_what_it_says(void** state)
{
  (void)state;
  for (int i = 0; i < 3; ++i) {
    const double stereo = 40.0 + 30.0 * i;
    const Image  none   = image_of(stereo, 8, 0, 60);
    assert_true(none.correlation > 0.95);
    for (double degrees = 30.0; degrees <= 60.0; degrees += 30.0) {
      const Image image = image_of(stereo, 8, degrees, 60);
      assert_true(fabs(image.correlation - cos(degrees * 0.017453292519943)) < 0.12);
      assert_true(fabs(image.level_db - none.level_db) < 0.7);
      assert_true(image.order > 0.95);
    }
  }
}

static void test_without_stereo_it_does_nothing(void** state)
{
  (void)state;
  assert_true(image_of(0, 8, 60, 60).correlation > 0.9999);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_default_note_is_wide_and_survives_mono),
      cmocka_unit_test(test_the_angle_is_what_it_says),
      cmocka_unit_test(test_without_stereo_it_does_nothing)};
  return cmocka_run_group_tests_name("width", tests, NULL, NULL);
}
