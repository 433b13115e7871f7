// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The highest samples that went in and came out since somebody last looked.
   Cost: one comparison a sample and channel. The audio thread writes, one other thread reads.
*/
#ifndef FIQ_JACK_LEVELS_H
#define FIQ_JACK_LEVELS_H

#include "host-test/lv2/lv2_host.h"

enum { FIQ_LEVELS_TEXT_BYTES = 256 };

typedef struct {
  atomic_uint
      in[FIQ_HOST_CHANNELS_MAX]; ///< bits of the largest magnitude, which order as the numbers do
  atomic_uint out[FIQ_HOST_CHANNELS_MAX]; ///< the same
} FiqLevels;

/// Take `n_frames` of `n` channels into account; a channel may be NULL.  [audio]
void fiq_levels_note(atomic_uint levels[FIQ_HOST_CHANNELS_MAX], const float* const* channels,
                     uint32_t n, uint32_t n_frames);

/// Say them in one line, "in [####......] -12.3 -12.4   out [...] -6.0 dBFS", and begin anew; `to`
/// [FIQ_LEVELS_TEXT_BYTES].  [any but audio]
void fiq_levels_format(FiqLevels* self, uint32_t n_in, uint32_t n_out,
                       char to[FIQ_LEVELS_TEXT_BYTES]);

#endif
