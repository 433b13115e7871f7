// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/realm/residue.h"

#include "dsp/base/maths.h"

#include <assert.h>

static const float least_drive = 1e-9f;

/// (cos x - 1) / x^2 of |x| <= pi / 2 from x^2.
FIQ_INLINE float even_series(float x2)
{
  return ((2.345721360e-5f * x2 - 1.386792637e-3f) * x2 + 4.166560686e-2f) * x2 - 4.999999146e-1f;
}

/// (sin x - x) / x^3 of the same.
FIQ_INLINE float odd_series(float x2)
{
  return ((2.633650080e-6f * x2 - 1.982234618e-4f) * x2 + 8.333238636e-3f) * x2 - 1.666666592e-1f;
}

/// cos x - 1 and sin x - x.
typedef struct {
  float even;
  float odd;
} Parts;

/**
   x is reduced to y in [-pi/2, pi/2] with sign s, cos x = s cos y and sin x = s sin y. Where nothing
   had to be reduced, s - 1 and s y - x are exactly 0 and the series remain.
*/
FIQ_INLINE Parts parts_of(float x)
{
  const float half = fiq_round(x * (1.0f / FIQ_PI_F));
  const float y    = (x - half * 3.140625f) - half * 9.67653589793e-4f;
  const float y2   = y * y;
  const float odd  = half - 2.0f * fiq_round(half * 0.5f);
  const float s    = 1.0f - 2.0f * odd * odd;
  return (Parts){s * (even_series(y2) * y2) + (s - 1.0f),
                 s * (odd_series(y2) * (y2 * y)) + (s * y - x)};
}

FIQ_INLINE float ramp_at(FiqRamp x, float k)
{
  return x.start + x.slope * k;
}

FIQ_INLINE void add_residue(const float* restrict left, const float* restrict right,
                            float* restrict sum_left, float* restrict sum_right, int32_t n,
                            const FiqResidueRamps* restrict ramps)
{
  const FiqResidueRamps r = *ramps;
  for (int32_t k = 0; k < n; ++k) {
    const float t        = (float)k;
    const float d        = ramp_at(r.drive, t);
    const float scale    = 1.0f / (d > least_drive ? d : least_drive);
    const float straight = ramp_at(r.straight, t);
    const Parts a        = parts_of(d * left[k]);
    const Parts b        = parts_of(d * right[k]);
    const float of_a     = ramp_at(r.im[0], t) * a.even + ramp_at(r.re[0], t) * a.odd;
    const float of_b     = ramp_at(r.im[1], t) * b.even + ramp_at(r.re[1], t) * b.odd;
    sum_left[k] += of_a * scale + straight * left[k];
    sum_right[k] += of_b * scale + straight * right[k];
  }
}

/// One sample where |x| is below pi / 2.
FIQ_INLINE float small_residue(float u, float d, float re, float im, float straight)
{
  const float x  = d * u;
  const float x2 = x * x;
  return u * (im * x * even_series(x2) + re * x2 * odd_series(x2) + straight);
}

FIQ_INLINE void add_small_residue(const float* restrict left, const float* restrict right,
                                  float* restrict sum_left, float* restrict sum_right, int32_t n,
                                  const FiqResidueRamps* restrict ramps)
{
  const FiqResidueRamps r = *ramps;
  for (int32_t k = 0; k < n; ++k) {
    const float t        = (float)k;
    const float d        = ramp_at(r.drive, t);
    const float straight = ramp_at(r.straight, t);
    sum_left[k] += small_residue(left[k], d, ramp_at(r.re[0], t), ramp_at(r.im[0], t), straight);
    sum_right[k] += small_residue(right[k], d, ramp_at(r.re[1], t), ramp_at(r.im[1], t), straight);
  }
}

/// The derivatives of the output by the weights, at every `stride`-th sample of `u`: [n] of each.
FIQ_INLINE void derive(const float* restrict u, int32_t n, int32_t stride,
                       const FiqResidueRamps* restrict ramps, uint32_t c,
                       const FiqResidueSlopes* restrict slopes)
{
  float* restrict p            = slopes->out[FIQ_MATCH_P];
  float* restrict q            = slopes->out[FIQ_MATCH_Q];
  float* restrict band         = slopes->out[FIQ_MATCH_BAND];
  float* restrict log          = slopes->out[FIQ_MATCH_DRIVE];
  const FiqRamp          drive = ramps->drive;
  const FiqRamp          r_re  = ramps->re[c];
  const FiqRamp          r_im  = ramps->im[c];
  const FiqResidueSlopes s     = *slopes;
  for (int32_t k = 0; k < n; ++k) {
    const float t     = (float)(k * stride);
    const float v     = u[k * stride];
    const float d     = ramp_at(drive, t);
    const float x     = d * v;
    const Parts parts = parts_of(x);
    const float gain  = s.amount / (d > least_drive ? d : least_drive);
    const float even  = gain * parts.even;
    const float odd   = gain * parts.odd;
    const float im    = ramp_at(r_im, t);
    const float re    = ramp_at(r_re, t);
    p[k]              = s.im * even + s.re * odd;
    q[k]              = s.re * even - s.im * odd;
    band[k]           = s.amount * v;
    log[k]            = x * (re * even - im * (odd + s.amount * v)) - (im * even + re * odd);
  }
}

#define BUILDS(suffix, mark)                                                                       \
  mark static void add_residue_##suffix(const float* left, const float* right, float* sum_left,    \
                                        float* sum_right, int32_t n, const FiqResidueRamps* ramps) \
  {                                                                                                \
    add_residue(left, right, sum_left, sum_right, n, ramps);                                       \
  }                                                                                                \
  mark static void add_small_residue_##suffix(const float* left, const float* right,               \
                                              float* sum_left, float* sum_right, int32_t n,        \
                                              const FiqResidueRamps* ramps)                        \
  {                                                                                                \
    add_small_residue(left, right, sum_left, sum_right, n, ramps);                                 \
  }                                                                                                \
  mark static void derive_##suffix(const float* u, int32_t n, int32_t stride,                      \
                                   const FiqResidueRamps* ramps, uint32_t c,                       \
                                   const FiqResidueSlopes* slopes)                                 \
  {                                                                                                \
    derive(u, n, stride, ramps, c, slopes);                                                        \
  }

BUILDS(base, )
BUILDS(avx2, FIQ_AVX2)
BUILDS(avx512, FIQ_AVX512)

void fiq_residue_add(const float* const u[FIQ_CHANNELS], float* const sum[FIQ_CHANNELS], uint32_t n,
                     float peak, const FiqResidueRamps* ramps, const FiqSimd* simd)
{
  assert(u && sum && ramps);
  const float start    = ramps->drive.start;
  const float end      = start + ramps->drive.slope * (float)n;
  const bool  is_small = (end > start ? end : start) * peak < 1.57f;
  if (is_small) {
    FIQ_PICK(simd, add_small_residue)(u[0], u[1], sum[0], sum[1], (int32_t)n, ramps);
  } else {
    FIQ_PICK(simd, add_residue)(u[0], u[1], sum[0], sum[1], (int32_t)n, ramps);
  }
}

void fiq_residue_derive(const float* u, uint32_t n, uint32_t stride, const FiqResidueRamps* ramps,
                        uint32_t c, const FiqResidueSlopes* slopes, const FiqSimd* simd)
{
  assert(u && ramps && slopes);
  assert(c < FIQ_CHANNELS);
  FIQ_PICK(simd, derive)(u, (int32_t)n, (int32_t)stride, ramps, c, slopes);
}
