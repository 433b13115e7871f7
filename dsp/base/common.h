// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What every module of the library shares: the status that `init` returns, the
   complex number, and the limits that bound all buffers.
   All audio is 32-bit float, full scale +-1, one plane per channel. [any]
*/
#ifndef FIQ_COMMON_H
#define FIQ_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Outcome of every `init` and `new`.
typedef enum {
  FIQ_OK,           ///< ready for use
  FIQ_NO_MEMORY,    ///< the arena is too small (or only measures)
  FIQ_BAD_ARGUMENT, ///< a configuration outside its documented range
  FIQ_NO_PLAN       ///< FFTW refused a transform
} FiqStatus;

/// One complex value; layout of FFTW's fftwf_complex.
typedef struct {
  float re; ///< in phase, I
  float im; ///< in quadrature, Q
} FiqComplex;

enum {
  FIQ_CHANNELS     = 2,  ///< the engine is stereo throughout
  FIQ_NEURONS_MAX  = 64, ///< neurons of one phase layer
  FIQ_CARRIERS_MAX = 64, ///< carriers that the swarm can anneal to at once
  FIQ_CONTROL_MAX  = 256 ///< frames of the longest control period
};

#define FIQ_SAMPLE_RATE_MIN_HZ 8000.0
#define FIQ_SAMPLE_RATE_MAX_HZ 384000.0

#define FIQ_PI_F 3.14159265358979f
#define FIQ_TWO_PI_F 6.28318530717959f

#endif
