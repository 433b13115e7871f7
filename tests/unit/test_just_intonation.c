// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: vectors of prime exponents are exact ratios, chords become just within their limit, and coherence
// ranks chords by simplicity. Method: known fractions and chords; every semitone at every limit.
#include "dsp/notes/just_intonation.h"
#include "tests/support/support.h"

#include <math.h>

static void test_fractions_come_back_as_their_ratio(void** state)
{
  (void)state;
  uint32_t n_vectors = 0;
  for (uint32_t above = 1; above <= 200; ++above) {
    for (uint32_t below = 1; below <= 200; ++below) {
      FiqPrimeVector vector;
      if (fiq_just_factor(above, below, &vector)) {
        const double ratio = (double)above / below;
        assert_true(fabs(fiq_just_ratio(&vector) / ratio - 1.0) < 1e-15);
        assert_true(fabs(fiq_just_semitones(&vector) - 12.0 * log2(ratio)) < 1e-12);
        n_vectors += 1;
      }
    }
  }
  print_message("fractions up to 200/200 within limit 13: %u\n", n_vectors);
  assert_true(n_vectors > 5000);
}

static void test_larger_primes_are_refused_unless_they_cancel(void** state)
{
  (void)state;
  FiqPrimeVector vector;
  assert_false(fiq_just_factor(17, 16, &vector));
  assert_int_equal(fiq_just_limit(&vector), 1);
  assert_true(fiq_just_factor(34, 17, &vector));
  assert_int_equal(fiq_just_limit(&vector), 2);
  assert_true(fiq_just_factor(4294967294u, 4294967294u, &vector));
}

static void test_intervals_are_near_and_within_their_limit(void** state)
{
  (void)state;
  static const struct {
    int32_t limit;
    double  cents;
  } table[] = {{3, 12.0}, {5, 18.0}, {7, 32.0}, {11, 49.0}, {13, 49.0}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i) {
    double worst = 0.0;
    for (int32_t semitones = -127; semitones <= 127; ++semitones) {
      const FiqPrimeVector just = fiq_just_chord(semitones, table[i].limit);
      worst                     = fmax(worst, 100.0 * fabs(fiq_just_semitones(&just) - semitones));
      assert_true((int32_t)fiq_just_limit(&just) <= table[i].limit);
    }
    print_message("limit %d: at most %.1f cents from the tempered interval\n", table[i].limit,
                  worst);
    assert_true(worst < table[i].cents);
  }
}

static void test_limits_between_count_as_the_lower(void** state)
{
  (void)state;
  for (int32_t limit = -3; limit <= 20; ++limit) {
    const int32_t known = limit >= 13 ? 13 : limit >= 11 ? 11 : limit >= 7 ? 7 : limit >= 5 ? 5 : 3;
    for (int32_t semitones = 0; semitones < 12; ++semitones) {
      const FiqPrimeVector a = fiq_just_chord(semitones, limit);
      const FiqPrimeVector b = fiq_just_chord(semitones, known);
      assert_memory_equal(&a, &b, sizeof a);
    }
  }
}

static void expect_chord(const int32_t* key, const uint32_t* harmonic, uint32_t n, int32_t limit)
{
  for (uint32_t i = 0; i < n; ++i) {
    const FiqPrimeVector just = fiq_just_chord(key[i], limit);
    const double         want = (double)harmonic[i] / harmonic[0];
    assert_true(fabs(fiq_just_ratio(&just) / want - 1.0) < 1e-15);
  }
}

static void test_chords_are_whole_numbers(void** state)
{
  (void)state;
  expect_chord((int32_t[]){0, 4, 7}, (uint32_t[]){4, 5, 6}, 3, 5);
  expect_chord((int32_t[]){0, 3, 7}, (uint32_t[]){10, 12, 15}, 3, 5);
  expect_chord((int32_t[]){0, 4, 7, 11}, (uint32_t[]){8, 10, 12, 15}, 4, 5);
  expect_chord((int32_t[]){0, 4, 7, 10, 14}, (uint32_t[]){4, 5, 6, 7, 9}, 5, 7);
  expect_chord((int32_t[]){0, 4, 7, 10, 14, 18}, (uint32_t[]){4, 5, 6, 7, 9, 11}, 6, 11);
  expect_chord((int32_t[]){0, 16, 19, 22, 26, 30, 32}, (uint32_t[]){4, 10, 12, 14, 18, 22, 26}, 7,
               13);
  expect_chord((int32_t[]){0, 7, 14, 21, 28}, (uint32_t[]){16, 24, 36, 54, 81}, 5, 3);
  const FiqPrimeVector below = fiq_just_chord(-12 + 7, 5);
  assert_true(fabs(fiq_just_ratio(&below) - 0.75) < 1e-15);
}

static double coherence_of(const int32_t* key, uint32_t n, int32_t limit)
{
  FiqPrimeVector vector[8];
  for (uint32_t i = 0; i < n; ++i) {
    vector[i] = fiq_just_chord(key[i], limit);
  }
  return fiq_just_coherence(vector, n);
}

static void test_coherence_falls_with_complexity(void** state)
{
  (void)state;
  const double octave  = coherence_of((int32_t[]){0, 12, 24}, 3, 5);
  const double fifth   = coherence_of((int32_t[]){0, 7}, 2, 5);
  const double third   = coherence_of((int32_t[]){0, 4}, 2, 5);
  const double major   = coherence_of((int32_t[]){0, 4, 7}, 3, 5);
  const double open    = coherence_of((int32_t[]){0, 7, 16}, 3, 5);
  const double seventh = coherence_of((int32_t[]){0, 4, 7, 10}, 4, 7);
  const double cluster = coherence_of((int32_t[]){0, 1, 2, 3}, 4, 5);
  print_message(
      "coherence: octaves %.3f fifth %.3f third %.3f triad %.3f seventh %.3f cluster %.3f\n",
      octave, fifth, third, major, seventh, cluster);
  assert_true(fabs(octave - 1.0) < 1e-15);
  assert_true(fabs(coherence_of((int32_t[]){5}, 1, 5) - 1.0) < 1e-15);
  assert_true(octave > fifth && fifth > third && third > major);
  assert_true(major > seventh && seventh > cluster && cluster > 0.3);
  assert_true(fabs(major - open) < 1e-15); // an octave more or less changes nothing
  assert_true(fabs(fifth - 1.0 / (1.0 + log2(3.0) / 4.0)) < 1e-12);
}

static void test_height_is_that_of_the_ratio_within_the_octave(void** state)
{
  (void)state;
  static const uint32_t ratio[][3] = {
      {1, 1, 1},  {2, 1, 1},  {1, 4, 1},  {3, 2, 6},     {3, 1, 6},  {4, 3, 12}, {5, 4, 20},
      {4, 5, 40}, {6, 5, 30}, {5, 3, 15}, {16, 15, 240}, {7, 4, 28}, {9, 8, 72}, {13, 8, 104}};
  for (uint32_t i = 0; i < sizeof ratio / sizeof ratio[0]; ++i) {
    FiqPrimeVector vector;
    assert_true(fiq_just_factor(ratio[i][0], ratio[i][1], &vector));
    assert_true(fabs(fiq_just_height(&vector) - log2((double)ratio[i][2])) < 1e-9);
  }
  assert_true(fabs(fiq_just_harmony(0.0) - 1.0) < 1e-15);
  assert_true(fabs(fiq_just_harmony(5.5) - 0.5) < 1e-12);
  assert_true(fiq_just_harmony(3.0) > fiq_just_harmony(4.0));
}

static void test_partials_of_a_limit(void** state)
{
  (void)state;
  static const uint32_t limits[] = {2, 3, 5, 7, 11, 13};
  static const uint32_t counts[] = {6, 13, 19, 23, 25, 27}; // smooth numbers up to 32
  for (uint32_t i = 0; i < 6; ++i) {
    uint32_t n_allowed = 0;
    for (uint32_t n = 1; n <= 32; ++n) {
      n_allowed += fiq_just_allows(n, limits[i]);
    }
    assert_int_equal(n_allowed, counts[i]);
    assert_int_equal(fiq_prime(i), limits[i]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fractions_come_back_as_their_ratio),
      cmocka_unit_test(test_larger_primes_are_refused_unless_they_cancel),
      cmocka_unit_test(test_intervals_are_near_and_within_their_limit),
      cmocka_unit_test(test_limits_between_count_as_the_lower),
      cmocka_unit_test(test_chords_are_whole_numbers),
      cmocka_unit_test(test_coherence_falls_with_complexity),
      cmocka_unit_test(test_height_is_that_of_the_ratio_within_the_octave),
      cmocka_unit_test(test_partials_of_a_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
