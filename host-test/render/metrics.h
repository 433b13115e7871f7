// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What a render measured: level, crest, offset, length, speed, and what the plugin's meters
   said at the end. As JSON.
*/
#ifndef FIQ_METRICS_H
#define FIQ_METRICS_H

#include "host-test/lv2/lv2_host.h"

typedef struct {
  double   peak;        ///< largest |x| of all channels
  double   sum;         ///< of x
  double   sum_squares; ///< of x^2
  uint64_t n_samples;   ///< frames times channels
  uint64_t n_frames;
} FiqMetrics;

/// What is not measured on samples.
typedef struct {
  const char* input; ///< NULL for instruments
  const char* output;
  uint32_t    rate_hz;
  uint32_t    channels;
  uint32_t    latency_frames;
  double      elapsed_s;
  uint64_t    n_clipped;
  uint64_t    n_not_finite; ///< that the plugins put out
  uint64_t    n_input_not_finite;
} FiqRenderFacts;

/// Add `n_frames` of planes [n_channels].
void fiq_metrics_add(FiqMetrics* self, float* const* planes, uint32_t n_channels,
                     uint32_t n_frames);

/// The JSON, with a line end, to be freed; `host` is the plugin that is heard. NULL when memory is short.
char* fiq_metrics_text(const FiqMetrics* self, const FiqRenderFacts* facts, const FiqHost* host,
                       bool in_one_line);

#endif
