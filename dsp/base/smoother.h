// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Parameter smoothing. At every control period the value moves toward its target by a
   one-pole step; within the period audio-rate users read a straight line between the two
   ends, so that no control is ever heard as steps. Both depend on the stream's position
   alone, never on the host's block. O(1) a tick.
*/
#ifndef FIQ_SMOOTHER_H
#define FIQ_SMOOTHER_H

#include "dsp/base/common.h"

typedef struct {
  float coefficient; ///< share of the remaining way covered in one tick, (0, 1]; fixed by init
  float start;       ///< value at the start of the current control period
  float end;         ///< value at its end
} FiqSmoother;

/// Time constant `tau_s` (>= 0; 0 jumps) at ticks of `period_s` (> 0); starts at 0.  [setup]
void fiq_smoother_init(FiqSmoother* self, float tau_s, float period_s);

/// Jump to `value`.  [audio]
void fiq_smoother_reset(FiqSmoother* self, float value);

/// One step nearer to `target`, from which the value is away.  [audio]
void fiq_smoother_approach(FiqSmoother* self, float target);

/// Begin the next control period, one step nearer to `target`; arrives exactly.  [audio]
static inline void fiq_smoother_tick(FiqSmoother* self, float target)
{
  self->start = self->end;
  if (!(target <= self->end && target >= self->end)) {
    fiq_smoother_approach(self, target);
  }
}

/// Value `position` (0..1) of the way through the current control period.  [audio]
static inline float fiq_smoother_at(const FiqSmoother* self, float position)
{
  return self->start + (self->end - self->start) * position;
}

#endif
