// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the bank sounds the sinusoids it is given, at their phases and places, within its error, and alike in
// all builds. Method: frames against the sum of cosines in double; banks that share their input compared bit by bit.
#include "dsp/base/random.h"
#include "dsp/swarm/spectral_bank.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

enum { STEP = 64, N_FRAMES = 6, SIZE = STEP * N_FRAMES };

static const double pi = 3.14159265358979323846;

typedef struct {
  FiqSpectralBank bank;
  FiqFftPool      pool;
  FiqArena        arena;
  float           out[FIQ_CHANNELS][SIZE];
} Rig;

static void rig_open(Rig* rig, uint32_t step)
{
  FiqArena ruler;
  memset(rig, 0, sizeof *rig);
  fiq_fft_pool_init(&rig->pool);
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_spectral_bank_init(&rig->bank, &ruler, &rig->pool, step), FIQ_NO_MEMORY);
  rig->arena = support_arena(ruler.used_bytes);
  assert_int_equal(fiq_spectral_bank_init(&rig->bank, &rig->arena, &rig->pool, step), FIQ_OK);
}

static void rig_close(Rig* rig)
{
  support_arena_free(&rig->arena);
  fiq_fft_pool_free(&rig->pool);
}

/// Gain of place `k`, left and right.
static float gain(int c, int k)
{
  return c == 0 ? 0.1f * (float)(k + 1) : 1.0f - 0.1f * (float)k;
}

static void end_frame(Rig* rig, uint32_t frame)
{
  for (int c = 0; c < FIQ_CHANNELS; ++c) {
    float gains[FIQ_LOBE_PLACES];
    for (int k = 0; k < FIQ_LOBE_PLACES; ++k) {
      gains[k] = gain(c, k);
    }
    fiq_spectral_bank_mix(&rig->bank, gains);
    fiq_spectral_bank_transform(&rig->bank);
    fiq_spectral_bank_overlap(&rig->bank, (uint32_t)c, rig->out[c] + frame * STEP);
  }
  fiq_spectral_bank_clear(&rig->bank);
}

/// Steady sinusoids of random frequency, 0 and the highest among them; frame m has its centre at m STEP.
static void render(Rig* rig, uint64_t seed, double nu[FIQ_LOBE_CHUNK], double phase[FIQ_LOBE_CHUNK])
{
  FiqRandom random;
  fiq_random_init(&random, seed, 0);
  for (int i = 0; i < FIQ_LOBE_CHUNK; ++i) {
    const float part = i == 0 ? 0.0f : i == 1 ? 1.0f : fiq_random_uniform(&random);
    nu[i]            = (double)(FIQ_LOBE_NU_MAX * part);
    phase[i]         = (double)fiq_random_uniform(&random);
  }
  for (uint32_t frame = 0; frame < N_FRAMES; ++frame) {
    FiqLobes lobes;
    for (int i = 0; i < FIQ_LOBE_CHUNK; ++i) {
      const double turns = phase[i] + nu[i] * STEP * frame;
      lobes.nu[i]        = (float)nu[i];
      lobes.re[i]        = (float)cos(2.0 * pi * turns);
      lobes.im[i]        = (float)sin(2.0 * pi * turns);
    }
    fiq_spectral_bank_add(&rig->bank, 5, &lobes);
    end_frame(rig, frame);
  }
}

static void test_sum_of_sinusoids_within_110_db(void** state)
{
  (void)state;
  double nu[FIQ_LOBE_CHUNK];
  double phase[FIQ_LOBE_CHUNK];
  double worst = -400.0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Rig rig;
    rig_open(&rig, STEP);
    render(&rig, seed, nu, phase);
    double error = 0.0;
    double power = 0.0;
    for (int c = 0; c < FIQ_CHANNELS; ++c) {
      for (int t = STEP; t < SIZE; ++t) {
        double want = 0.0;
        for (uint32_t i = 0; i < FIQ_LOBE_CHUNK; ++i) {
          const uint32_t place = fiq_lobe_place(5 * FIQ_LOBE_CHUNK + i);
          // A frame's centre is STEP frames before the end of what it completes.
          const double turns = phase[i] + nu[i] * (t - STEP);
          want += (double)gain(c, (int)place) * cos(2.0 * pi * turns);
        }
        const double off = (double)rig.out[c][t] - want;
        error += off * off;
        power += want * want;
      }
    }
    worst = fmax(worst, 10.0 * log10(error / power));
    rig_close(&rig);
  }
  print_message("64 sinusoids, 20 draws: error at most %.1f dB\n", worst);
  assert_true(worst < -110.0);
}

static void test_all_builds_give_the_same_bits(void** state)
{
  (void)state;
  static Rig rig[3];
  double     nu[FIQ_LOBE_CHUNK];
  double     phase[FIQ_LOBE_CHUNK];
  for (int build = 0; build < 3; ++build) {
    rig_open(&rig[build], STEP);
    rig[build].bank.use_avx2   = rig[build].bank.use_avx2 && build > 0;
    rig[build].bank.use_avx512 = rig[build].bank.use_avx512 && build > 1;
    render(&rig[build], 3, nu, phase);
  }
  assert_memory_equal(rig[0].out, rig[1].out, sizeof rig[0].out);
  assert_memory_equal(rig[0].out, rig[2].out, sizeof rig[0].out);
  for (int build = 0; build < 3; ++build) {
    rig_close(&rig[build]);
  }
}

/// Neighbours of one place would wait for each other's stores; every n-th sinusoid, as a note has them in a chord,
/// must not lie on one side.
static void test_fixed_sinusoids_sound_as_others_do(void** state)
{
  (void)state;
  enum { CHUNKS = 3 };
  static Rig    rig[3]; // as others, fixed, fixed in the plain build
  FiqFixedLobes fixed[CHUNKS];
  FiqLobes      lobes[CHUNKS];
  FiqRandom     random;
  fiq_random_init(&random, 7, 0);
  for (int i = 0; i < 3; ++i) {
    rig_open(&rig[i], STEP);
  }
  rig[2].bank.use_avx2 = false;
  for (uint32_t c = 0; c < CHUNKS; ++c) {
    for (int i = 0; i < FIQ_LOBE_CHUNK; ++i) {
      lobes[c].nu[i] = FIQ_LOBE_NU_MAX * fiq_random_uniform(&random);
      lobes[c].re[i] = fiq_random_normal(&random);
      lobes[c].im[i] = fiq_random_normal(&random);
    }
    fiq_spectral_bank_fix(&rig[0].bank, c, lobes[c].nu, &fixed[c]);
    fiq_spectral_bank_add(&rig[0].bank, c, &lobes[c]);
  }
  for (int i = 0; i < 3; ++i) {
    if (i > 0) {
      fiq_spectral_bank_add_fixed(&rig[i].bank, fixed, lobes, CHUNKS);
    }
    end_frame(&rig[i], 0);
  }
  double square     = 0.0;
  double difference = 0.0;
  for (int i = 0; i < STEP; ++i) {
    const double x = (double)rig[0].out[0][i];
    square += x * x;
    difference += (x - (double)rig[1].out[0][i]) * (x - (double)rig[1].out[0][i]);
  }
  print_message("fixed ones differ by %.1f dB\n", 10.0 * log10(difference / square + 1e-30));
  assert_true(difference < 1e-12 * square);
  assert_memory_equal(rig[1].out, rig[2].out, sizeof rig[1].out);
  for (int i = 0; i < 3; ++i) {
    rig_close(&rig[i]);
  }
}

static void test_places_return_late_and_are_even_for_every_note(void** state)
{
  (void)state;
  enum { N = 1024 };
  for (uint32_t i = 0; i < N; ++i) {
    for (uint32_t k = 1; k < 6; ++k) {
      assert_int_not_equal(fiq_lobe_place(i), fiq_lobe_place(i + k));
    }
  }
  for (uint32_t notes = 1; notes <= 12; ++notes) {
    for (uint32_t note = 0; note < notes; ++note) {
      uint32_t count[FIQ_LOBE_PLACES] = {0};
      for (uint32_t i = note; i < N; i += notes) {
        count[fiq_lobe_place(i)] += 1;
      }
      for (uint32_t k = 0; k < FIQ_LOBE_PLACES; ++k) {
        const double even = (double)N / notes / FIQ_LOBE_PLACES;
        assert_true(fabs((double)count[k] - even) < 0.3 * even + 3.0);
      }
    }
  }
}

static void test_reset_forgets_and_adoption_goes_on(void** state)
{
  (void)state;
  static Rig one;
  static Rig two;
  double     nu[FIQ_LOBE_CHUNK];
  double     phase[FIQ_LOBE_CHUNK];
  rig_open(&one, STEP);
  rig_open(&two, STEP);
  render(&one, 7, nu, phase);
  fiq_spectral_bank_adopt(&two.bank, &one.bank);
  end_frame(&one, 0);
  end_frame(&two, 0);
  assert_memory_equal(one.out[0], two.out[0], STEP * sizeof(float));
  assert_true(support_peak(two.out[0], STEP) > 0.1);
  render(&one, 8, nu, phase);
  fiq_spectral_bank_reset(&one.bank);
  end_frame(&one, 0);
  assert_true(support_peak(one.out[0], STEP) <= 0.0 && support_peak(one.out[1], STEP) <= 0.0);
  rig_close(&one);
  rig_close(&two);
}

static void test_bad_steps_and_small_arenas_are_refused(void** state)
{
  (void)state;
  static const uint32_t bad[] = {0, 1, 16, 48, 100, 16384};
  FiqSpectralBank       bank;
  FiqFftPool            pool;
  fiq_fft_pool_init(&pool);
  for (uint32_t i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
    FiqArena arena = support_arena(1 << 20);
    assert_int_equal(fiq_spectral_bank_init(&bank, &arena, &pool, bad[i]), FIQ_BAD_ARGUMENT);
    support_arena_free(&arena);
  }
  FiqArena ruler;
  fiq_arena_init(&ruler, NULL, 0);
  (void)fiq_spectral_bank_init(&bank, &ruler, &pool, STEP);
  FiqArena small = support_arena(ruler.used_bytes - 64);
  assert_int_equal(fiq_spectral_bank_init(&bank, &small, &pool, STEP), FIQ_NO_MEMORY);
  support_arena_free(&small);
  fiq_fft_pool_free(&pool);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sum_of_sinusoids_within_110_db),
      cmocka_unit_test(test_all_builds_give_the_same_bits),
      cmocka_unit_test(test_fixed_sinusoids_sound_as_others_do),
      cmocka_unit_test(test_places_return_late_and_are_even_for_every_note),
      cmocka_unit_test(test_reset_forgets_and_adoption_goes_on),
      cmocka_unit_test(test_bad_steps_and_small_arenas_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
