// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A second-order all-pass as a trapezoidal state-variable filter (Zavalishin 2012, 3.10): output = input - 2 k times its
   band-pass, k the damping.
*/
#ifndef FIQ_ALLPASS_SECTION_H
#define FIQ_ALLPASS_SECTION_H

/// One frame: `low` and `band` are its states, `g` the tangent of half its corner in radians a frame, `k` its damping,
/// `inverse` 1 / (1 + g (g + k)).  [audio]
static inline float fiq_allpass_section(float* low, float* band, float x, float g, float k,
                                        float inverse)
{
  const float through = (*band + g * (x - *low)) * inverse;
  const float below   = *low + g * through;
  *band               = 2.0f * through - *band;
  *low                = 2.0f * below - *low;
  return x - 2.0f * k * through;
}

#endif
