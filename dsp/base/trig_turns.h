// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Angles in turns, one turn being 2 pi: what the oscillators of the swarm count in. For inner loops that the compiler
   vectorises; the same bits in every build. [any]
*/
#ifndef FIQ_TRIG_TURNS_H
#define FIQ_TRIG_TURNS_H

#include "dsp/base/maths.h"

/// sin(2 pi t) for |t| <= 1/4, error below 6e-7.
static inline float fiq_sine_quarter(float t)
{
  const float t2 = t * t;
  return t * (6.28316404f + t2 * (-41.3371417f + t2 * (81.3407436f + t2 * -70.9931589f)));
}

/// sin(2 pi t) for |t| <= 1/2, error below 6e-7.
static inline float fiq_sine_turns(float t)
{
  return copysignf(fiq_sine_quarter(0.25f - fabsf(fabsf(t) - 0.25f)), t);
}

/// cos(2 pi t) for |t| <= 1/2, error below 6e-7.
static inline float fiq_cosine_turns(float t)
{
  return fiq_sine_quarter(0.25f - fabsf(t));
}

/// To [-0.5, 0.5], for |t| < 2^21.
static inline float fiq_wrap_turns(float t)
{
  return t - fiq_round(t);
}

/// Angle of (x, y), in [-0.5, 0.5], error below 2e-6; that of (0, 0) is 0. Source: Hastings 1955, the arc tangent.
static inline float fiq_angle_turns(float y, float x)
{
  const float a  = fabsf(x);
  const float b  = fabsf(y);
  const float z  = (a < b ? a : b) / ((a < b ? b : a) + 1e-30f);
  const float z2 = z * z;
  const float part =
      z * (0.159133602f +
           z2 * (-0.0525688f + z2 * (0.0286703f + z2 * (-0.0135493f + z2 * 0.00331601f))));
  const float half = a < b ? 0.25f - part : part;
  return copysignf(x < 0.0f ? 0.5f - half : half, y);
}

#endif
