// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What a sine neuron adds to its band, sample by sample:

       r = (im (cos x - 1) + re (sin x - x)) / d + a u,    x = d u,

   and what that is by each of the weights that Match learns (match.h). All but u are straight lines over a period.

   cos x - 1 = x^2 C(x^2) and sin x - x = x^3 S(x^2), C and S of degree 3 with the least largest relative error for
   |x| <= pi / 2 (Remez 1934): 2e-7 and 5e-8, so that both keep their relative accuracy where x is small. Larger x are
   reduced. Where none is, r = u (im x C + re x^2 S + a), without a division.

   Cost: some 35 instructions a vector of samples and channel where x is small, 55 where it is not. Latency: none.
*/
#ifndef FIQ_RESIDUE_H
#define FIQ_RESIDUE_H

#include "dsp/base/simd.h"
#include "dsp/realm/match.h"

/// A value at the start of a period and what a sample adds to it.
typedef struct {
  float start;
  float slope;
} FiqRamp;

/// All that changes over a period in one neuron.
typedef struct {
  FiqRamp drive;            ///< d, >= 0
  FiqRamp straight;         ///< a
  FiqRamp re[FIQ_CHANNELS]; ///< weight of the odd part
  FiqRamp im[FIQ_CHANNELS]; ///< weight of the even part
} FiqResidueRamps;

/// Where one neuron's derivatives of one channel go, and its phase without what was learned.
typedef struct {
  float* out[FIQ_MATCH_WEIGHTS]; ///< [n]
  float  re;
  float  im;
  float  amount; ///< factor of all
} FiqResidueSlopes;

/// From `from` to `to` in `n` samples.  [any]
static inline FiqRamp fiq_ramp(float from, float to, uint32_t n)
{
  return (FiqRamp){from, (to - from) / (float)n};
}

/// Add a neuron's residues of both channels of `u` [n] to `sum` [n]; `peak` is no less than any |u|.  [audio]
void fiq_residue_add(const float* const u[FIQ_CHANNELS], float* const sum[FIQ_CHANNELS], uint32_t n,
                     float peak, const FiqResidueRamps* ramps, const FiqSimd* simd);

/// The derivatives by the weights in channel `c`, at every `stride`-th sample of `u`: [n] of each.  [audio]
void fiq_residue_derive(const float* u, uint32_t n, uint32_t stride, const FiqResidueRamps* ramps,
                        uint32_t c, const FiqResidueSlopes* slopes, const FiqSimd* simd);

#endif
