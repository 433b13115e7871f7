// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What several test programs share: memory for modules, test signals and measurements.
   Everything is measured in double precision so that the ruler is finer than the work.
*/
#ifndef FIQ_SUPPORT_H
#define FIQ_SUPPORT_H

#include "dsp/base/arena.h"
#include "dsp/base/common.h"

// cmocka wants these four before itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/// An arena on fresh heap memory of `size_bytes`; end with support_arena_free.
FiqArena support_arena(size_t size_bytes);
void     support_arena_free(FiqArena* arena);

/// `n` zeroed floats on the heap, 64-byte aligned; release with free().
float* support_floats(size_t n);

/// x[i] = gain * sin(2 pi f i / fs + phase), phase in radians.
void support_sine(float* x, size_t n, double f_hz, double fs_hz, double gain, double phase_rad);

/// Uniform white noise in [-gain, gain) from `seed`.
void support_noise(float* x, size_t n, double gain, uint64_t seed);

double support_rms(const float* x, size_t n);
double support_peak(const float* x, size_t n);

/// Largest |a[i] - b[i]|.
double support_max_difference(const float* a, const float* b, size_t n);

/// 20 log10(ratio), floored at -400.
double support_db(double ratio);

/// Complex amplitude of x at f: (2/n) sum x[i] w[i] e^{-j 2 pi f i/fs}, Blackman-Harris window w of mean 1.
void support_tone(const float* x, size_t n, double f_hz, double fs_hz, double* re, double* im);

/// Amplitude of the tone above.
double support_tone_amplitude(const float* x, size_t n, double f_hz, double fs_hz);

#endif
