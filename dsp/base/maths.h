// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Small numeric functions that several modules need. All are pure, branch-light
   and meant for inner loops that the compiler vectorises. [any]
*/
#ifndef FIQ_MATHS_H
#define FIQ_MATHS_H

#include "dsp/base/common.h"

#include <math.h>
#include <string.h>

// These functions are parts of kernels, all builds of which give the same bits (simd.h).
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

/// `x` held to [low, high]; `low` if x is NaN.
static inline float fiq_clamp(float x, float low, float high)
{
  return x > low ? (x < high ? x : high) : low;
}

/// The smaller and the larger one of two; fminf() and fmaxf() are library calls on the baseline x86-64. `b` if `a` is NaN.
static inline float fiq_min(float a, float b)
{
  return a < b ? a : b;
}

static inline float fiq_max(float a, float b)
{
  return a > b ? a : b;
}

/// `a` if `first`, else `b`, without a branch: both are at hand, and inner loops with it stay vectors.
static inline float fiq_pick(bool first, float a, float b)
{
  int32_t bits[2];
  float   picked;
  memcpy(&bits[0], &a, sizeof a);
  memcpy(&bits[1], &b, sizeof b);
  const int32_t mask = -(int32_t)first;
  const int32_t both = (bits[0] & mask) | (bits[1] & ~mask);
  memcpy(&picked, &both, sizeof picked);
  return picked;
}

/// From `a` at t = 0 to `b` at t = 1.
static inline float fiq_mix(float a, float b, float t)
{
  return a + (b - a) * t;
}

/// Decibels to amplitude ratio.
static inline float fiq_db_to_gain(float db)
{
  return expf(db * 0.115129255f);
}

/// Amplitude ratio to decibels; -200 dB for anything at or below 1e-10.
static inline float fiq_gain_to_db(float gain)
{
  return gain > 1e-10f ? 20.0f * log10f(gain) : -200.0f;
}

/**
   Nearest whole number, ties to even, for |x| <= 2^22. Two additions: rintf() is a library
   call on the baseline x86-64, and it keeps whole loops from being vectorised.
*/
static inline float fiq_round(float x)
{
  return (x + 12582912.0f) - 12582912.0f;
}

/**
   Phase folded to [-pi, pi], up to 1e-7 |x| beyond either end. Congruent to x modulo 2 pi within
   2e-6 for |x| <= 1e5 (2 pi is taken off in two parts, the first of which has 9 bits).
*/
static inline float fiq_wrap_rad(float x)
{
  const float turns = fiq_round(x * (1.0f / FIQ_TWO_PI_F));
  return (x - turns * 6.28125f) - turns * 1.93530717958648e-3f;
}

/// e^x for |x| <= 80, for inner loops; relative error below 3e-7.
static inline float fiq_exp(float x)
{
  const float scaled  = x * 1.44269504f;
  const float rounded = fiq_round(scaled);
  const float f       = scaled - rounded;
  const float p =
      1.0f +
      f * (0.693146980f +
           f * (0.240222420f + f * (0.0555073400f + f * (0.00967151000f + f * 0.00132647000f))));
  const int32_t bits = ((int32_t)rounded + 127) * (1 << 23);
  float         power;
  memcpy(&power, &bits, sizeof power);
  return p * power;
}

/// MIDI note number (69 = A4) to Hz at A4 = 440, equal temperament.
static inline float fiq_note_to_hz(float note)
{
  return 440.0f * exp2f((note - 69.0f) * (1.0f / 12.0f));
}

/// Sine for |y| <= pi/2.
static inline float fiq_sine_of_quarter(float y)
{
  const float y2 = y * y;
  const float p =
      ((2.60005450e-6f * y2 - 1.98066151e-4f) * y2 + 8.33301729e-3f) * y2 - 1.66666571e-1f;
  return y + y * y2 * p;
}

/// (-1)^half_turns sin(y) for |y| <= pi/2, half_turns whole: what fiq_sin and fiq_cos share.
static inline float fiq_sin_of_rest(float y, float half_turns)
{
  const float odd  = half_turns - 2.0f * fiq_round(half_turns * 0.5f);
  const float sign = 1.0f - 2.0f * odd * odd;
  return sign * fiq_sine_of_quarter(y);
}

/**
   Sine of any angle, for inner loops: the polynomial of degree 9 with the least largest error on
   [-pi/2, pi/2]. Absolute error below 2e-7 (-134 dB) for |x| <= 1e4.
*/
static inline float fiq_sin(float x)
{
  const float half_turns = fiq_round(x * (1.0f / FIQ_PI_F));
  const float y          = (x - half_turns * 3.140625f) - half_turns * 9.67653589793e-4f;
  return fiq_sin_of_rest(y, half_turns);
}

/// Cosine, as fiq_sin; reduced by itself, since x + pi/2 would round a large x.
static inline float fiq_cos(float x)
{
  const float half_turns = fiq_round(x * (1.0f / FIQ_PI_F) + 0.5f);
  const float whole      = half_turns - 0.5f;
  const float y          = (x - whole * 3.140625f) - whole * 9.67653589793e-4f;
  return fiq_sin_of_rest(y, half_turns);
}

/**
   Cosine and sine of any angle at two thirds of the cost of fiq_cos and fiq_sin: one reduction for both. Absolute
   error of each below 3e-7 for |x| <= 100, 4e-6 for |x| <= 1e5; the length is 1 within 2e-7.
*/
static inline FiqComplex fiq_phasor(float x)
{
  const float y      = fiq_wrap_rad(x);
  const float size   = fabsf(y);
  const float beside = 0.5f * FIQ_PI_F - size; // its sine is the cosine
  const float near   = 0.5f * FIQ_PI_F - fabsf(beside);
  const float side   = copysignf(1.0f, y);
  return (FiqComplex){fiq_sine_of_quarter(beside), side * fiq_sine_of_quarter(near)};
}

/// Largest size in `x` [n], >= 0. Sizes as bits, which sort as the numbers do, so that it vectorises.
static inline float fiq_peak(const float* x, size_t n)
{
  int32_t most = 0;
  for (size_t i = 0; i < n; ++i) {
    const union {
      float   value;
      int32_t bits;
    } cast             = {x[i]};
    const int32_t size = cast.bits & INT32_MAX;
    most               = size > most ? size : most;
  }
  float peak;
  memcpy(&peak, &most, sizeof peak);
  return peak;
}

/// Smallest power of two that is >= x; x in 1..2^31.
static inline uint32_t fiq_next_power_of_two(uint32_t x)
{
  uint32_t power = 1;
  while (power < x) {
    power *= 2;
  }
  return power;
}

/// Centre frequency on the ERB-rate scale (Glasberg and Moore 1990): Hz to ERB number.
static inline float fiq_hz_to_erb(float hz)
{
  return 21.4f * log10f(1.0f + 0.00437f * hz);
}

/// Entropy of the shares of `weight` [n], n >= 2, all >= 0: 0 one has all .. 1 all have the same; 0 for silence.
static inline float fiq_entropy(const float* weight, uint32_t n)
{
  float sum = 1e-20f;
  for (uint32_t i = 0; i < n; ++i) {
    sum += weight[i];
  }
  float entropy = 0.0f;
  for (uint32_t i = 0; i < n; ++i) {
    const float share = weight[i] / sum;
    entropy -= share > 1e-12f ? share * logf(share) : 0.0f;
  }
  return fiq_clamp(entropy / logf((float)n), 0.0f, 1.0f);
}

/// Inverse of fiq_hz_to_erb.
static inline float fiq_erb_to_hz(float erb)
{
  return (powf(10.0f, erb / 21.4f) - 1.0f) / 0.00437f;
}

/// Modified Bessel function of the first kind, order 0, by its power series, for x in 0..50.  [any]
static inline double fiq_bessel_i0(double x)
{
  const double quarter = 0.25 * x * x;
  double       term    = 1.0;
  double       sum     = 1.0;
  for (int k = 1; k < 200 && term > 1e-17 * sum; ++k) {
    term *= quarter / ((double)k * k);
    sum += term;
  }
  return sum;
}

#endif
