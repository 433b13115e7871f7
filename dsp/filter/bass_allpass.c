// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/filter/bass_allpass.h"

#include "dsp/base/maths.h"
#include "dsp/filter/allpass_section.h"

#include <assert.h>
#include <string.h>

static const double pi     = 3.14159265358979323846;
static const float  fade_s = 0.05f;

void fiq_bass_allpass_init(FiqBassAllpass* self, double sample_rate_hz)
{
  assert(self);
  assert(sample_rate_hz >= FIQ_SAMPLE_RATE_MIN_HZ && sample_rate_hz <= FIQ_SAMPLE_RATE_MAX_HZ);
  memset(self, 0, sizeof *self);
  self->sample_rate_hz = sample_rate_hz;
  fiq_bass_allpass_reset(self);
}

void fiq_bass_allpass_reset(FiqBassAllpass* self)
{
  assert(self);
  memset(self->low, 0, sizeof self->low);
  memset(self->band, 0, sizeof self->band);
  self->start    = 0.0f;
  self->end      = 0.0f;
  self->step     = 0.0f;
  self->is_fresh = true;
}

void fiq_bass_allpass_set(FiqBassAllpass* self, float corner_hz)
{
  assert(corner_hz <= 0.0f ||
         (corner_hz >= FIQ_BASS_ALLPASS_HZ_MIN && corner_hz <= FIQ_BASS_ALLPASS_HZ_MAX));
  self->wanted_hz = fmaxf(0.0f, corner_hz);
}

void fiq_bass_allpass_control(FiqBassAllpass* self, float depth, uint32_t n_frames)
{
  assert(depth >= 0.0f && depth <= 1.0f);
  assert(n_frames >= 1);
  const float reach = (float)(n_frames / (self->sample_rate_hz * (double)fade_s));
  self->start       = self->end;
  if (self->start <= 0.0f && self->wanted_hz > 0.0f) {
    // Nothing is heard of the sections: the place to begin anew.
    memset(self->low, 0, sizeof self->low);
    memset(self->band, 0, sizeof self->band);
    self->corner_hz = self->wanted_hz;
    self->tangent   = (float)tan(pi * (double)self->corner_hz / self->sample_rate_hz);
  }
  const bool  is_right = self->wanted_hz > 0.0f && fabsf(self->wanted_hz - self->corner_hz) <= 0.0f;
  const float target   = is_right ? depth : 0.0f;
  if (self->is_fresh) {
    self->start = target;
  }
  self->end      = self->start + fiq_clamp(target - self->start, -reach, reach);
  self->step     = (self->end - self->start) / (float)n_frames;
  self->is_fresh = false;
}

bool fiq_bass_allpass_rests(const FiqBassAllpass* self)
{
  return self->start <= 0.0f && self->end <= 0.0f;
}

void fiq_bass_allpass_process(FiqBassAllpass* self, const float* const* in, float* const* out,
                              uint32_t at, uint32_t n_frames)
{
  assert(self);
  assert(in && out);
  FiqBassAllpass next = *self;
  const float    g    = self->tangent;
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float k       = 2.0f * (self->start + self->step * (float)(at + i));
    const float inverse = 1.0f / (1.0f + g * (g + k));
    for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
      float x = in[c][i];
      for (uint32_t s = 0; s < FIQ_BASS_ALLPASS_SECTIONS; ++s) {
        x = fiq_allpass_section(&next.low[s][c], &next.band[s][c], x, g, k, inverse);
      }
      out[c][i] = x;
    }
  }
  *self = next;
}
