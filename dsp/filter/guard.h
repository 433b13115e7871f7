// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The two gates of the engine. The entry makes any bits a host may hand over into sound that
   every module can trust; the exit watches what leaves and turns a fault into silence and a
   fade back, never into a blast. O(1) a frame, latency 0.
*/
#ifndef FIQ_GUARD_H
#define FIQ_GUARD_H

#include "dsp/base/common.h"

#define FIQ_ENTRY_LIMIT 16.0f ///< +24 dBFS, the loudest that is let in
#define FIQ_EXIT_LIMIT 64.0f  ///< +36 dBFS, louder than any sane setting can make it

typedef struct {
  float    gain;     ///< 1 in normal operation, rises from 0 after a fault
  float    step;     ///< rise of `gain` a frame; fixed by init
  uint32_t n_faults; ///< since reset
  bool     use_avx2; ///< both builds give the same bits; fixed by init
} FiqGuard;

/// Fade back in `fade_s` (> 0) at `sample_rate_hz`.  [setup]
void fiq_guard_init(FiqGuard* self, double sample_rate_hz, double fade_s);

/// Full gain, no faults.  [audio]
void fiq_guard_reset(FiqGuard* self);

/// Copy `in` [n_frames] (NULL: silence) to `out`: NaN and Inf become 0, the rest is held to FIQ_ENTRY_LIMIT.
/// `in` and `out` do not overlap.  [audio]
void fiq_guard_enter(const FiqGuard* self, const float* in, float* out, uint32_t n_frames);

/// Check both planes in place. False: they held a fault and are silent now; reset what made them.  [audio]
bool fiq_guard_leave(FiqGuard* self, float* const* planes, uint32_t n_frames);

#endif
