// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/notes/just_intonation.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { SEMITONES = 12, LIMITS = 3 };

static const uint32_t prime[FIQ_JUST_N_PRIMES] = {2, 3, 5, 7, 11, 13};

/// log2 of the primes.
static const double prime_octaves[FIQ_JUST_N_PRIMES] = {1.0,
                                                        1.5849625007211562,
                                                        2.3219280948873623,
                                                        2.8073549220576041,
                                                        3.4594316186372973,
                                                        3.7004397181410922};

static const double half_coherence_octaves = 4.0;
static const double half_harmony_octaves   = 5.5;

uint32_t fiq_prime(uint32_t i)
{
  assert(i < FIQ_JUST_N_PRIMES);
  return prime[i];
}

/// Divide all powers of the primes out of `n`; what is left.
static uint32_t divide_out(uint32_t n, FiqPrimeVector* vector, int8_t sign)
{
  for (uint32_t i = 0; i < FIQ_JUST_N_PRIMES; ++i) {
    for (; n % prime[i] == 0; n /= prime[i]) {
      vector->exponent[i] = (int8_t)(vector->exponent[i] + sign);
    }
  }
  return n;
}

bool fiq_just_factor(uint32_t numerator, uint32_t denominator, FiqPrimeVector* vector)
{
  assert(numerator > 0);
  assert(denominator > 0);
  *vector              = (FiqPrimeVector){{0}};
  const uint32_t above = divide_out(numerator, vector, 1);
  const uint32_t below = divide_out(denominator, vector, -1);
  if (above != below) {
    *vector = (FiqPrimeVector){{0}};
  }
  return above == below;
}

double fiq_just_semitones(const FiqPrimeVector* vector)
{
  double octaves = 0.0;
  for (uint32_t i = 0; i < FIQ_JUST_N_PRIMES; ++i) {
    octaves += vector->exponent[i] * prime_octaves[i];
  }
  return SEMITONES * octaves;
}

double fiq_just_ratio(const FiqPrimeVector* vector)
{
  double above = 1.0;
  double below = 1.0;
  for (uint32_t i = 0; i < FIQ_JUST_N_PRIMES; ++i) {
    const int exponent = vector->exponent[i];
    for (int k = 0; k < abs(exponent); ++k) {
      above *= exponent > 0 ? prime[i] : 1.0;
      below *= exponent < 0 ? prime[i] : 1.0;
    }
  }
  return above / below;
}

FiqPrimeVector fiq_just_between(const FiqPrimeVector* a, const FiqPrimeVector* b)
{
  FiqPrimeVector interval;
  for (uint32_t i = 0; i < FIQ_JUST_N_PRIMES; ++i) {
    interval.exponent[i] = (int8_t)(a->exponent[i] - b->exponent[i]);
  }
  return interval;
}

uint32_t fiq_just_limit(const FiqPrimeVector* vector)
{
  uint32_t limit = 1;
  for (uint32_t i = 0; i < FIQ_JUST_N_PRIMES; ++i) {
    limit = vector->exponent[i] != 0 ? prime[i] : limit;
  }
  return limit;
}

bool fiq_just_allows(uint32_t n, uint32_t limit)
{
  FiqPrimeVector vector;
  assert(n > 0);
  return fiq_just_factor(n, 1, &vector) && fiq_just_limit(&vector) <= limit;
}

FiqPrimeVector fiq_just_chord(int32_t semitones, int32_t limit)
{
  static const FiqPrimeVector table[LIMITS][SEMITONES] = {{{{0}},
                                                           {{8, -5}},
                                                           {{-3, 2}},
                                                           {{5, -3}},
                                                           {{-6, 4}},
                                                           {{2, -1}},
                                                           {{-9, 6}},
                                                           {{-1, 1}},
                                                           {{7, -4}},
                                                           {{-4, 3}},
                                                           {{4, -2}},
                                                           {{-7, 5}}},
                                                          {{{0}},
                                                           {{4, -1, -1}},
                                                           {{-3, 2}},
                                                           {{1, 1, -1}},
                                                           {{-2, 0, 1}},
                                                           {{2, -1}},
                                                           {{-5, 2, 1}},
                                                           {{-1, 1}},
                                                           {{3, 0, -1}},
                                                           {{0, -1, 1}},
                                                           {{0, 2, -1}},
                                                           {{-3, 1, 1}}},
                                                          {{{0}},
                                                           {{-1, 1, 1, -1}},
                                                           {{-3, 2}},
                                                           {{1, 1, -1}},
                                                           {{-2, 0, 1}},
                                                           {{2, -1}},
                                                           {{0, 0, -1, 1}},
                                                           {{-1, 1}},
                                                           {{3, 0, -1}},
                                                           {{0, -1, 1}},
                                                           {{-2, 0, 0, 1}},
                                                           {{-3, 1, 1}}}};
  const int32_t               octave = (int32_t)floor((double)semitones / SEMITONES);
  const int32_t               degree = semitones - SEMITONES * octave;
  const int32_t               row    = limit >= 7 ? 2 : limit >= 5 ? 1 : 0;
  FiqPrimeVector              vector = table[row][degree];
  if (limit >= 11 && degree == 6) {
    vector = (FiqPrimeVector){{-3, 0, 0, 0, 1}};
  } else if (limit >= 13 && degree == 8) {
    vector = (FiqPrimeVector){{-3, 0, 0, 0, 0, 1}};
  }
  vector.exponent[0] = (int8_t)(vector.exponent[0] + octave);
  return vector;
}

double fiq_just_complexity(const FiqPrimeVector* vector)
{
  double octaves = 0.0;
  for (uint32_t i = 1; i < FIQ_JUST_N_PRIMES; ++i) {
    octaves += abs(vector->exponent[i]) * prime_octaves[i];
  }
  return octaves;
}

double fiq_just_height(const FiqPrimeVector* vector)
{
  // Without its twos the ratio is n0 / d0; the one that needs fewer of them gets what leads into the octave.
  double odd = 0.0;
  for (uint32_t i = 1; i < FIQ_JUST_N_PRIMES; ++i) {
    odd += vector->exponent[i] * prime_octaves[i];
  }
  return fiq_just_complexity(vector) + fabs(floor(odd + 1e-9));
}

double fiq_just_harmony(double height)
{
  const double ratio  = height / half_harmony_octaves;
  const double square = ratio * ratio;
  return 1.0 / (1.0 + square * square);
}

double fiq_just_coherence(const FiqPrimeVector* vector, uint32_t n)
{
  double sum     = 0.0;
  double n_pairs = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    for (uint32_t k = 0; k < i; ++k) {
      const FiqPrimeVector interval = fiq_just_between(&vector[i], &vector[k]);
      sum += fiq_just_complexity(&interval);
      n_pairs += 1.0;
    }
  }
  const double mean = n_pairs > 0.0 ? sum / n_pairs : 0.0;
  return 1.0 / (1.0 + mean / half_coherence_octaves);
}
