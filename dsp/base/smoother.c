// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/base/smoother.h"

#include <assert.h>
#include <math.h>

void fiq_smoother_init(FiqSmoother* self, float tau_s, float period_s)
{
  assert(self);
  assert(tau_s >= 0.0f);
  assert(period_s > 0.0f);
  self->coefficient = tau_s > 0.0f ? 1.0f - expf(-period_s / tau_s) : 1.0f;
  fiq_smoother_reset(self, 0.0f);
}

void fiq_smoother_reset(FiqSmoother* self, float value)
{
  self->start = value;
  self->end   = value;
}

void fiq_smoother_approach(FiqSmoother* self, float target)
{
  const float way  = target - self->end;
  const float step = self->coefficient * way;
  // A step below the rounding of the value would never arrive; the rest of the way is then taken at
  // once, so that the value rests instead of stalling short or creeping into denormals.
  const float unheard = 7e-8f * (1e-3f + fabsf(target));
  self->end           = fabsf(step) <= unheard ? target : self->end + step;
}
