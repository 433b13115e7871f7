// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: a bright sound has a smooth top, and whatever moves the tone nothing sounds above 0.45 fs, hence nothing clicks. Method: the
// amplitudes of harmonics up to the top beside those of their groups; ten seconds of soak_tone.
#include "tests/support/support.h"
#include "tests/support/swarm_bench.h"
#include "tests/support/tone_soak.h"

#include <math.h>

static void test_the_top_fades_smoothly(void** state)
{
  (void)state;
  enum { CELLS = 200 };
  static const double rates[] = {44100.0, 48000.0, 96000.0};
  for (size_t r = 0; r < sizeof rates / sizeof rates[0]; ++r) {
    double share[CELLS];
    for (int i = 0; i < CELLS; ++i) {
      share[i] = -1.0;
    }
    for (uint32_t key = 40; key < 110; ++key) {
      Bench bench;
      bench_open(&bench, rates[r], 1000, 0);
      bench.params.partials           = 128.0f;
      bench.params.tilt_db_per_octave = 0.0f;
      bench.params.scatter_octaves    = 0.0f;
      bench.params.attack_s           = 0.0f;
      bench.params.sustain            = 1.0f;
      fiq_swarm_note_on(&bench.swarm, 0, key, 1.0f, 0);
      bench_render(&bench, 6400);
      for (uint32_t i = 0; i < 1000; ++i) {
        const FiqSwarmGroup* const member = &bench.swarm.groups.member[0][bench.swarm.osc.group[i]];
        const int                  cell   = (int)((double)bench.swarm.osc.nu[i] * 2.0 * CELLS);
        if (cell < CELLS && member->gain > 0.0f) {
          share[cell] = fmax(share[cell], (double)(bench.swarm.osc.amplitude[i] / member->gain));
        }
      }
      bench_close(&bench);
    }
    double last  = 1.0;
    double steep = 0.0;
    for (int i = 0; i < CELLS; ++i) {
      if (share[i] < 0.0) {
        continue;
      }
      const double nu = 0.5 * i / CELLS;
      assert_true(share[i] <= last + 0.05);
      assert_true(nu > 0.36 || share[i] > 0.99);
      assert_true(nu < 0.416 || share[i] <= 0.0);
      steep = fmax(steep, last - share[i]);
      last  = share[i];
    }
    print_message("%.0f Hz: at most %.2f from one 400th of the rate to the next\n", rates[r],
                  steep);
    assert_true(last <= 0.0);
    assert_true(steep <= 0.12);
  }
}

static void test_nothing_above_the_band_whatever_moves(void** state)
{
  (void)state;
  double       peak_db;
  const double db = tone_soak_db(10.0, FIQ_TO_NONE, false, &peak_db);
  print_message("peak %.1f dBFS, at most %.1f dBFS above 0.45 fs\n", peak_db, db);
  assert_true(peak_db > -30.0);
  assert_true(db < -100.0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_top_fades_smoothly),
      cmocka_unit_test(test_nothing_above_the_band_whatever_moves),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
