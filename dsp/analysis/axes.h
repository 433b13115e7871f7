// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The sixteen axes that a moment of sound is told by: power in bands that are even on the ERB scale
   (Glasberg and Moore 1990) from 50 Hz to 16 kHz, at every sample rate the same, so that a moment means
   the same wherever it is recalled; above the Nyquist frequency they stay 0. Neighbouring bands overlap
   as triangles: a tone between two centres counts for both in proportion, so that a small change of
   pitch is a small change of the axes.
*/
#ifndef FIQ_AXES_H
#define FIQ_AXES_H

#include "dsp/base/maths.h"

enum { FIQ_AXES = 16 };

#define FIQ_AXES_LOW_HZ 50.0f
#define FIQ_AXES_HIGH_HZ 16000.0f

/// Place of `hz` (> 0) on the scale whose whole numbers are the centres of the axes, held to
/// 0..FIQ_AXES - 1.  [any]
static inline float fiq_axis_of_hz(float hz)
{
  const float low_erb  = 1.83666642f; // of FIQ_AXES_LOW_HZ
  const float step_erb = 2.36061152f; // 1/16 of the way to FIQ_AXES_HIGH_HZ
  return fiq_clamp((fiq_hz_to_erb(hz) - low_erb) / step_erb - 0.5f, 0.0f, (float)(FIQ_AXES - 1));
}

/// Inverse of fiq_axis_of_hz, for any place.  [any]
static inline float fiq_hz_of_axis(float place)
{
  return fiq_erb_to_hz(1.83666642f + (place + 0.5f) * 2.36061152f);
}

/// Add a tone of power `power` at `hz`; nothing if it is beyond the ends.  [any]
static inline void fiq_axes_add(float axes[FIQ_AXES], float hz, float power)
{
  if (hz >= FIQ_AXES_LOW_HZ && hz <= FIQ_AXES_HIGH_HZ) {
    const float    place = fiq_axis_of_hz(hz);
    const uint32_t below = place < (float)(FIQ_AXES - 2) ? (uint32_t)place : FIQ_AXES - 2;
    const float    share = place - (float)below;
    axes[below] += (1.0f - share) * power;
    axes[below + 1] += share * power;
  }
}

#endif
