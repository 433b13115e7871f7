// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/filter/tilt.h"

#include "dsp/base/maths.h"

#include <assert.h>

static const double pivot_hz         = 1000.0;
static const double pi               = 3.14159265358979323846;
static const float  smoothing_s      = 0.02f;
static const float  nepers_per_drive = 1.03616329f; // 9 dB

void fiq_tilt_init(FiqTilt* self, double sample_rate_hz, uint32_t control_frames)
{
  assert(self);
  assert(sample_rate_hz >= FIQ_SAMPLE_RATE_MIN_HZ && sample_rate_hz <= FIQ_SAMPLE_RATE_MAX_HZ);
  assert(control_frames >= 1 && control_frames <= FIQ_CONTROL_MAX);
  self->tangent = (float)tan(pi * pivot_hz / sample_rate_hz);
  self->share   = 1.0f / (float)control_frames;
  fiq_smoother_init(&self->drive, smoothing_s, (float)(control_frames / sample_rate_hz));
  fiq_tilt_reset(self);
}

/// Where gain and pole stand at `drive`.
static void place(FiqTilt* self, float drive)
{
  self->gain_end = expm1f(nepers_per_drive * drive);
  const float gt = (1.0f + self->gain_end) * self->tangent;
  self->pole_end = (1.0f - gt) / (1.0f + gt);
}

void fiq_tilt_reset(FiqTilt* self)
{
  assert(self);
  fiq_smoother_reset(&self->drive, 0.0f);
  place(self, 0.0f);
  self->gain      = self->gain_end;
  self->pole      = self->pole_end;
  self->gain_step = 0.0f;
  self->pole_step = 0.0f;
  self->state[0]  = 0.0f;
  self->state[1]  = 0.0f;
}

void fiq_tilt_control(FiqTilt* self, float drive)
{
  assert(self);
  assert(fabsf(drive) <= 1.0f);
  fiq_smoother_tick(&self->drive, drive);
  self->gain = self->gain_end;
  self->pole = self->pole_end;
  if (fabsf(self->drive.end - self->drive.start) > 0.0f) {
    place(self, self->drive.end);
  }
  self->gain_step = (self->gain_end - self->gain) * self->share;
  self->pole_step = (self->pole_end - self->pole) * self->share;
}

static bool tilt_is_at_rest(const FiqTilt* self)
{
  return fabsf(self->drive.start) + fabsf(self->drive.end) <= 0.0f;
}

void fiq_tilt_process(FiqTilt* self, float* const planes[FIQ_CHANNELS], uint32_t n_frames)
{
  assert(self);
  assert(planes[0]);
  assert(planes[1]);
  if (tilt_is_at_rest(self)) {
    self->state[0] = 0.0f;
    self->state[1] = 0.0f;
    return;
  }
  float* const restrict left  = planes[0];
  float* const restrict right = planes[1];
  const float below           = 0.5f * (1.0f - self->tangent);
  const float above           = 0.5f * (1.0f + self->tangent);
  float       gain            = self->gain;
  float       pole            = self->pole;
  float       v0              = self->state[0];
  float       v1              = self->state[1];
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float reach = 1.0f + pole;
    const float a0    = reach * below * left[i] + v0;
    const float a1    = reach * below * right[i] + v1;
    v0                = pole * a0 - reach * above * left[i];
    v1                = pole * a1 - reach * above * right[i];
    left[i] += gain * a0;
    right[i] += gain * a1;
    gain += self->gain_step;
    pole += self->pole_step;
  }
  self->gain     = gain;
  self->pole     = pole;
  self->state[0] = v0;
  self->state[1] = v1;
}
