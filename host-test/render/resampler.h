// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Sample-rate conversion of planes by libsoxr, in its very high quality: linear phase, errors below 24 bits. Nothing is
   delayed: a frame at time t comes out at time t. What comes out does not depend on how the input is cut.
*/
#ifndef FIQ_RESAMPLER_H
#define FIQ_RESAMPLER_H

#include <soxr.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  soxr_t   converter; ///< NULL before init and after free
  uint32_t n_channels;
} FiqResampler;

/// From `from_hz` to `to_hz`, both > 0; says what is wrong.
bool fiq_resampler_init(FiqResampler* self, double from_hz, double to_hz, uint32_t n_channels);

/// Take up to `n_in` frames of `in` [n_channels] (NULL: there are no more) and put up to `n_out` to `out` [n_channels].
/// Sets the number of each; says what is wrong.
bool fiq_resampler_process(FiqResampler* self, float* const* in, size_t n_in, size_t* n_taken,
                           float* const* out, size_t n_out, size_t* n_put);

/// Begin anew.
void fiq_resampler_reset(FiqResampler* self);

void fiq_resampler_free(FiqResampler* self);

#endif
