// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A pair of channels of noise and the I and Q planes that become of them.
*/
#ifndef FIQ_PLANES_H
#define FIQ_PLANES_H

#include "tests/support/support.h"

typedef struct {
  float* x[2]; ///< [n] each, as are the others
  float* i[2];
  float* q[2];
} Planes;

/// White noise in [-1, 1) from `seed` (left) and `seed + 1` (right) in x, silence in i and q.
Planes planes_new(size_t n, uint64_t seed);

void planes_free(Planes* self);

#endif
