// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Recorded sound from a file, for tests and benchmarks that take real material.
*/
#ifndef FIQ_RECORDING_H
#define FIQ_RECORDING_H

#include "tests/support/support.h"

typedef struct {
  float* plane[2]; ///< [n]
  size_t n;
  double rate_hz;
} Recording;

/// The first two channels of `path` (mono on both), at most `longest_s` of it; false, and nothing to be freed, if it
/// cannot be read or is empty.
bool recording_read(Recording* self, const char* path, double longest_s);

void recording_free(Recording* self);

#endif
