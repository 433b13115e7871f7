// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Seedable pseudo-random numbers: PCG32 (O'Neill 2014), 64 bits of state, one multiply a
   draw. The same seed gives the same stream on every machine. Not for secrets.
*/
#ifndef FIQ_RANDOM_H
#define FIQ_RANDOM_H

#include "dsp/base/common.h"

typedef struct {
  uint64_t state; ///< advances at every draw
} FiqRandom;

/// Start the stream of `seed` (any value) and `stream` (any value; separates users of one seed).  [any]
void fiq_random_init(FiqRandom* self, uint64_t seed, uint64_t stream);

/// Next 32 uniform bits.  [audio]
uint32_t fiq_random_bits(FiqRandom* self);

/// Uniform in [0, 1), 24 bits.  [audio]
float fiq_random_uniform(FiqRandom* self);

/// Normal, mean 0, variance 1 (Box and Muller 1958); |x| < 6.  [audio]
float fiq_random_normal(FiqRandom* self);

#endif
