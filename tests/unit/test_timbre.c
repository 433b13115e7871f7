// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: each measure orders sounds as its name says, whatever their level and sample rate, and silence has none. Method: tones,
// noise and ramps whose measures are known, or known to be larger than others'.
#include "dsp/analysis/timbre.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 24 };

#define NOTE_HZ 200.0

typedef struct {
  FiqTimbreMeter meter;
  FiqFftPool     pool;
  FiqArena       arena;
  float*         channel[2];
  uint32_t       n;
  double         rate_hz;
} Rig;

static Rig rig_at(double rate_hz)
{
  Rig rig   = {.rate_hz = rate_hz, .n = (uint32_t)(2.0 * rate_hz)};
  rig.arena = support_arena(ARENA_BYTES);
  fiq_fft_pool_init(&rig.pool);
  assert_int_equal(fiq_timbre_init(&rig.meter, &rig.arena, &rig.pool, rate_hz), FIQ_OK);
  rig.channel[0] = support_floats(rig.n);
  rig.channel[1] = support_floats(rig.n);
  return rig;
}

static void rig_end(Rig* rig)
{
  free(rig->channel[0]);
  free(rig->channel[1]);
  fiq_fft_pool_free(&rig->pool);
  support_arena_free(&rig->arena);
}

static void add_tone(Rig* rig, double hz, double gain)
{
  for (uint32_t i = 0; i < rig->n; ++i) {
    const float x = (float)(gain * sin(2.0 * 3.14159265358979 * hz * i / rig->rate_hz));
    rig->channel[0][i] += x;
    rig->channel[1][i] += x;
  }
}

/// Harmonics of the note that fall by `tilt_db` an octave, as far as 3.5 kHz, `stretch` further apart each.
static void add_harmonics(Rig* rig, double tilt_db, double stretch)
{
  for (int k = 1; k * NOTE_HZ < 3500.0; ++k) {
    add_tone(rig, NOTE_HZ * k * (1.0 + stretch * (k - 1)),
             0.1 * pow(10.0, tilt_db / 20.0 * log2(k)));
  }
}

static void add_noise(Rig* rig, double gain, bool is_wide)
{
  float* const noise = support_floats(rig->n);
  for (uint32_t c = 0; c < 2; ++c) {
    support_noise(noise, rig->n, gain, is_wide ? 1 + c : 1);
    for (uint32_t i = 0; i < rig->n; ++i) {
      rig->channel[c][i] += noise[i];
    }
  }
  free(noise);
}

static void scale(Rig* rig, double attack_s, double gain)
{
  for (uint32_t i = 0; i < rig->n; ++i) {
    const float g = (float)(gain * fmin(1.0, i / (attack_s * rig->rate_hz)));
    rig->channel[0][i] *= g;
    rig->channel[1][i] *= g;
  }
}

static void measure(Rig* rig, float result[FIQ_N_TIMBRES])
{
  const FiqTimbreSound sound = {{rig->channel[0], rig->channel[1]}, rig->n, (float)NOTE_HZ};
  assert_true(fiq_timbre_measure(&rig->meter, &sound, result));
}

static void clear(Rig* rig)
{
  memset(rig->channel[0], 0, rig->n * sizeof(float));
  memset(rig->channel[1], 0, rig->n * sizeof(float));
}

static void test_too_small_an_arena_is_refused(void** state)
{
  (void)state;
  FiqTimbreMeter meter;
  FiqFftPool     pool;
  FiqArena       arena = support_arena(4096);
  fiq_fft_pool_init(&pool);
  assert_int_equal(fiq_timbre_init(&meter, &arena, &pool, 48000.0), FIQ_NO_MEMORY);
  fiq_fft_pool_free(&pool);
  support_arena_free(&arena);
}

static void test_silence_and_what_is_short_have_no_measures(void** state)
{
  (void)state;
  float                result[FIQ_N_TIMBRES];
  Rig                  rig    = rig_at(48000.0);
  const FiqTimbreSound silent = {{rig.channel[0], rig.channel[1]}, rig.n, (float)NOTE_HZ};
  assert_false(fiq_timbre_measure(&rig.meter, &silent, result));
  add_tone(&rig, NOTE_HZ, 0.5);
  const FiqTimbreSound brief = {{rig.channel[0], rig.channel[1]}, 16000, (float)NOTE_HZ};
  assert_false(fiq_timbre_measure(&rig.meter, &brief, result));
  rig_end(&rig);
}

static void test_dull_and_bright_at_every_rate_and_level(void** state)
{
  (void)state;
  static const double rates_hz[] = {8000.0, 44100.0, 48000.0, 96000.0, 192000.0};
  for (size_t i = 0; i < sizeof rates_hz / sizeof rates_hz[0]; ++i) {
    float dull[FIQ_N_TIMBRES];
    float bright[FIQ_N_TIMBRES];
    float soft[FIQ_N_TIMBRES];
    Rig   rig = rig_at(rates_hz[i]);
    add_harmonics(&rig, -12.0, 0.0);
    measure(&rig, dull);
    clear(&rig);
    add_harmonics(&rig, -3.0, 0.0);
    measure(&rig, bright);
    scale(&rig, 1e-9, 0.01);
    measure(&rig, soft);
    assert_true(bright[FIQ_TIMBRE_BRIGHTNESS] > dull[FIQ_TIMBRE_BRIGHTNESS] + 5.0f);
    assert_true(bright[FIQ_TIMBRE_SHARPNESS] > dull[FIQ_TIMBRE_SHARPNESS] + 5.0f);
    assert_true(bright[FIQ_TIMBRE_WARMTH] < dull[FIQ_TIMBRE_WARMTH] - 5.0f);
    assert_true(bright[FIQ_TIMBRE_DEPTH] < dull[FIQ_TIMBRE_DEPTH] - 5.0f);
    for (int m = 0; m < FIQ_N_TIMBRES; ++m) {
      assert_true(fabsf(soft[m] - bright[m]) < 0.1f);
    }
    rig_end(&rig);
  }
}

static void test_brightness_is_that_of_its_formula(void** state)
{
  (void)state;
  float result[FIQ_N_TIMBRES];
  Rig   rig = rig_at(48000.0);
  add_tone(&rig, 1000.0, 0.1);
  add_tone(&rig, 3000.0, 0.1);
  measure(&rig, result);
  const double expected = 17.43 + 4.61 * log10(0.5) + 17.38 * log10(2000.0);
  assert_true(fabs((double)result[FIQ_TIMBRE_BRIGHTNESS] - expected) < 0.1);
  rig_end(&rig);
}

static void test_noise_is_breath_and_wide_noise_is_wide(void** state)
{
  (void)state;
  float tone[FIQ_N_TIMBRES];
  float mixed[FIQ_N_TIMBRES];
  float noise[FIQ_N_TIMBRES];
  Rig   rig = rig_at(48000.0);
  add_harmonics(&rig, -6.0, 0.0);
  measure(&rig, tone);
  add_noise(&rig, 0.02, false);
  measure(&rig, mixed);
  clear(&rig);
  add_noise(&rig, 0.3, true);
  measure(&rig, noise);
  print_message("breath: tone %.1f, with noise %.1f, noise %.1f\n", (double)tone[FIQ_TIMBRE_BREATH],
                (double)mixed[FIQ_TIMBRE_BREATH], (double)noise[FIQ_TIMBRE_BREATH]);
  assert_true(tone[FIQ_TIMBRE_BREATH] < 5.0f);
  assert_true(mixed[FIQ_TIMBRE_BREATH] > 20.0f && mixed[FIQ_TIMBRE_BREATH] < 90.0f);
  assert_true(noise[FIQ_TIMBRE_BREATH] > 95.0f);
  assert_true(tone[FIQ_TIMBRE_WIDTH] < 0.01f && mixed[FIQ_TIMBRE_WIDTH] < 0.01f);
  assert_true(noise[FIQ_TIMBRE_WIDTH] > 95.0f);
  rig_end(&rig);
}

static void test_attack_is_the_time_it_takes(void** state)
{
  (void)state;
  static const double attacks_s[] = {0.02, 0.1, 0.5, 1.5};
  float               hardness    = 101.0f;
  for (size_t i = 0; i < sizeof attacks_s / sizeof attacks_s[0]; ++i) {
    float result[FIQ_N_TIMBRES];
    Rig   rig = rig_at(48000.0);
    add_harmonics(&rig, -6.0, 0.0);
    scale(&rig, attacks_s[i], 1.0);
    measure(&rig, result);
    const double expected = 25.0 * log10(1000.0 * 0.9 * attacks_s[i]);
    print_message("%g s: attack %.1f, expected %.1f\n", attacks_s[i],
                  (double)result[FIQ_TIMBRE_ATTACK], expected);
    assert_true(fabs((double)result[FIQ_TIMBRE_ATTACK] - expected) < 4.0);
    assert_true(result[FIQ_TIMBRE_HARDNESS] < hardness);
    hardness = result[FIQ_TIMBRE_HARDNESS];
    rig_end(&rig);
  }
}

static void test_partials_off_their_places_are_inharmonic_and_close_ones_rough(void** state)
{
  (void)state;
  float harmonic[FIQ_N_TIMBRES];
  float stretched[FIQ_N_TIMBRES];
  float apart[FIQ_N_TIMBRES];
  float close[FIQ_N_TIMBRES];
  Rig   rig = rig_at(48000.0);
  add_harmonics(&rig, -3.0, 0.0);
  measure(&rig, harmonic);
  clear(&rig);
  add_harmonics(&rig, -3.0, 0.03);
  measure(&rig, stretched);
  clear(&rig);
  add_tone(&rig, 600.0, 0.1);
  add_tone(&rig, 1000.0, 0.1);
  measure(&rig, apart);
  clear(&rig);
  add_tone(&rig, 600.0, 0.1);
  add_tone(&rig, 640.0, 0.1);
  measure(&rig, close);
  assert_true(harmonic[FIQ_TIMBRE_INHARMONICITY] < 1.0f);
  assert_true(stretched[FIQ_TIMBRE_INHARMONICITY] > 20.0f);
  assert_true(close[FIQ_TIMBRE_ROUGHNESS] > apart[FIQ_TIMBRE_ROUGHNESS] + 10.0f);
  rig_end(&rig);
}

static void test_tremolo_is_motion_and_decay_is_not(void** state)
{
  (void)state;
  float still[FIQ_N_TIMBRES];
  float decays[FIQ_N_TIMBRES];
  float trembles[FIQ_N_TIMBRES];
  Rig   rig = rig_at(48000.0);
  add_harmonics(&rig, -6.0, 0.0);
  measure(&rig, still);
  for (uint32_t i = 0; i < rig.n; ++i) {
    const float g = (float)exp(-1.5 * i / rig.rate_hz);
    rig.channel[0][i] *= g;
    rig.channel[1][i] *= g;
  }
  measure(&rig, decays);
  for (uint32_t i = 0; i < rig.n; ++i) {
    const float g = (float)(1.0 + 0.5 * sin(2.0 * 3.14159265358979 * 4.0 * i / rig.rate_hz));
    rig.channel[0][i] *= g;
    rig.channel[1][i] *= g;
  }
  measure(&rig, trembles);
  assert_true(still[FIQ_TIMBRE_MOTION] < 2.0f && decays[FIQ_TIMBRE_MOTION] < 2.0f);
  assert_true(trembles[FIQ_TIMBRE_MOTION] > 20.0f);
  rig_end(&rig);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_too_small_an_arena_is_refused),
      cmocka_unit_test(test_silence_and_what_is_short_have_no_measures),
      cmocka_unit_test(test_dull_and_bright_at_every_rate_and_level),
      cmocka_unit_test(test_brightness_is_that_of_its_formula),
      cmocka_unit_test(test_noise_is_breath_and_wide_noise_is_wide),
      cmocka_unit_test(test_attack_is_the_time_it_takes),
      cmocka_unit_test(test_partials_off_their_places_are_inharmonic_and_close_ones_rough),
      cmocka_unit_test(test_tremolo_is_motion_and_decay_is_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
