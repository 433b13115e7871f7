// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Prime resonance: ratios of whole numbers as vectors of prime exponents, the just interval that
   stands for a tempered one within a prime limit, and how coherent a chord is by its exponents.

   Ratio of e: 2^e0 3^e1 5^e2 7^e3 11^e4 13^e5; the product of two ratios is the sum of their vectors.
   Complexity H(e) = sum over the odd primes of |e_p| log2 p, in octaves (Tenney's harmonic distance
   without its octaves; Tenney 1983). Coherence of a chord = 1 / (1 + mean H of all its pairs / 4 octaves):
   1 for unisons and octaves, 0.72 a fifth, 0.61 a major or minor triad, falling with complexity.

   Height of e within the octave = log2(n d) of its ratio n / d brought to 1 <= n / d < 2 (Tenney 1983): 0 for
   octaves, 2.58 a fifth, 4.32 a major third, 7.91 a semitone. Harmony of a mean height h = 1 / (1 + (h / 5.5)^4):
   1 for octaves, 0.95 a fifth, 0.79 a triad, 0.24 three neighbouring semitones.

   Just intervals by semitone of the octave, the simplest near it:
   limit 3:  256/243 9/8 32/27 81/64 4/3 729/512 3/2 128/81 27/16 16/9 243/128
   limit 5:  16/15   9/8 6/5   5/4   4/3 45/32   3/2 8/5    5/3   9/5  15/8
   limit 7:  15/14   9/8 6/5   5/4   4/3 7/5     3/2 8/5    5/3   7/4  15/8
   limit 11: the same with 11/8 for the tritone; limit 13: and 13/8 for the minor sixth, so that a
   chord of harmonics 4..13 is one of whole numbers.
   Pure functions. [any]
*/
#ifndef FIQ_JUST_INTONATION_H
#define FIQ_JUST_INTONATION_H

#include "dsp/base/common.h"

enum {
  FIQ_JUST_N_PRIMES   = 6, ///< 2, 3, 5, 7, 11, 13
  FIQ_PRIME_LIMIT_MIN = 3,
  FIQ_PRIME_LIMIT_MAX = 13
};

typedef struct {
  int8_t exponent[FIQ_JUST_N_PRIMES]; ///< of 2, 3, 5, 7, 11, 13
} FiqPrimeVector;

/// The i-th prime, `i` 0..FIQ_JUST_N_PRIMES - 1.
uint32_t fiq_prime(uint32_t i);

/// Whether `numerator`/`denominator` (both > 0) has no prime above 13; if so its vector, else 1/1.
bool fiq_just_factor(uint32_t numerator, uint32_t denominator, FiqPrimeVector* vector);

/// Ratio of a vector.
double fiq_just_ratio(const FiqPrimeVector* vector);

/// Size of a vector's interval, semitones (12 log2 of the ratio).
double fiq_just_semitones(const FiqPrimeVector* vector);

/// a b^-1: the interval from `b` up to `a`.
FiqPrimeVector fiq_just_between(const FiqPrimeVector* a, const FiqPrimeVector* b);

/// Largest prime with an exponent; 1 for 1/1.
uint32_t fiq_just_limit(const FiqPrimeVector* vector);

/// Whether the whole number `n` (> 0) has no prime above `limit`: which partials a limit allows.
bool fiq_just_allows(uint32_t n, uint32_t limit);

/// Just interval for `semitones` (-600..600) within `limit`: 3, 5, 7, 11 or 13; others count as the
/// next lower one, below 3 as 3.
FiqPrimeVector fiq_just_chord(int32_t semitones, int32_t limit);

/// Complexity H of a vector, octaves, >= 0.
double fiq_just_complexity(const FiqPrimeVector* vector);

/// Height of a vector's interval within the octave, octaves, >= 0.
double fiq_just_height(const FiqPrimeVector* vector);

/// Harmony of a mean `height` >= 0, (0, 1].
double fiq_just_harmony(double height);

/// Coherence of `n` notes, (0, 1]; 1 for fewer than two. O(n^2).
double fiq_just_coherence(const FiqPrimeVector* vector, uint32_t n);

#endif
