// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Window functions, computed in double precision at setup.

   Periodic windows of n points, for frames that overlap (x = i / n):
     Hann        w = 0.5 - 0.5 cos(2 pi x)
     sqrt-Hann   w = sin(pi x)
   Symmetric windows of n points, for filters and fades (x = i / (n - 1)):
     Kaiser      w = I_0(beta sqrt(1 - (2 x - 1)^2)) / I_0(beta)   (Kaiser 1974)
   Flat window with raised-cosine flanks (Tukey), sampled half-way between the grid points.

   Overlap-add of frames at `hop` is transparent iff sum_m a[i + m hop] s[i + m hop] is the
   same for every i (COLA); fiq_window_cola_* give its mean and its largest deviation.
*/
#ifndef FIQ_WINDOW_H
#define FIQ_WINDOW_H

#include "dsp/base/common.h"

/// Periodic Hann window, `w` [n].  [setup]
void fiq_window_hann(float* w, uint32_t n);

/// Periodic square root of Hann, `w` [n].  [setup]
void fiq_window_sqrt_hann(float* w, uint32_t n);

/// 1 with raised-cosine flanks of `n_flank` (0..n/2) points at both ends, `w` [n].  [setup]
void fiq_window_tukey(float* w, uint32_t n, uint32_t n_flank);

/// Symmetric Kaiser window of shape `beta` (>= 0; 0 is rectangular), `w` [n], n >= 2.  [setup]
void fiq_window_kaiser(float* w, uint32_t n, double beta);

/// The rising half, without the peak, of a Kaiser window of 2 n_half + 1 points; `w` [n_half].  [setup]
void fiq_window_kaiser_half(float* w, uint32_t n_half, double beta);

/// Shape that gives a windowed ideal filter `attenuation_db` (21..120) of ripple.  [setup]
double fiq_window_kaiser_beta(double attenuation_db);

/// Taps that a Kaiser design of `attenuation_db` needs for a transition of `width_hz` at
/// `sample_rate_hz`; a real number, round up.  [setup]
double fiq_window_kaiser_taps(double attenuation_db, double width_hz, double sample_rate_hz);

/// Mean over i of sum_m a[i + m hop] s[i + m hop]; hop divides n.  [setup]
double fiq_window_cola_gain(const float* a, const float* s, uint32_t n, uint32_t hop);

/// Largest deviation of that sum from its mean, relative to the mean.  [setup]
double fiq_window_cola_error(const float* a, const float* s, uint32_t n, uint32_t hop);

#endif
