// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/filter/disperser.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

enum { LANES = 8 }; // peaks found side by side, so that vectors can be used

static const float smoothing_s = 0.05f;
static const float least       = 1e-4f; // drive below which a section is none
static const float depth       = 0.36f; // of 1 - a at drive 1
static const float hold_s      = 1.0f;  // of the peaks
static const float quiet       = 1e-4f; // peaks that tell nothing

static const double delay_s[FIQ_DISPERSER_SECTIONS] = {0.00071, 0.00113, 0.00167,
                                                       0.00237, 0.00317, 0.00431};

FiqStatus fiq_disperser_init(FiqDisperser* self, FiqArena* arena, double sample_rate_hz,
                             uint32_t control_frames)
{
  assert(self && arena);
  assert(sample_rate_hz > 0.0);
  assert(control_frames > 0);
  for (uint32_t k = 0; k < FIQ_DISPERSER_SECTIONS; ++k) {
    FiqDisperserSection* const section = &self->section[k];
    section->delay_frames              = (uint32_t)(delay_s[k] * sample_rate_hz) + 1;
    for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
      section->ring[channel] = fiq_arena_take(arena, section->delay_frames, sizeof(float));
    }
  }
  if (fiq_arena_status(arena) != FIQ_OK) {
    return fiq_arena_status(arena);
  }
  self->share = 1.0f / (float)control_frames;
  self->hold  = expf(-(float)(control_frames / sample_rate_hz) / hold_s);
  fiq_smoother_init(&self->drive, smoothing_s, (float)(control_frames / sample_rate_hz));
  fiq_disperser_reset(self);
  return FIQ_OK;
}

static void silence(FiqDisperser* self)
{
  self->peak_in  = 0.0f;
  self->peak_out = 0.0f;
  for (uint32_t k = 0; k < FIQ_DISPERSER_SECTIONS; ++k) {
    FiqDisperserSection* const section = &self->section[k];
    section->at                        = 0;
    for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
      memset(section->ring[channel], 0, section->delay_frames * sizeof(float));
    }
  }
}

void fiq_disperser_reset(FiqDisperser* self)
{
  fiq_smoother_reset(&self->drive, 0.0f);
  silence(self);
  self->a      = 1.0f;
  self->a_end  = 1.0f;
  self->a_step = 0.0f;
}

void fiq_disperser_control(FiqDisperser* self, float drive)
{
  const float wanted  = fiq_clamp(drive, 0.0f, 1.0f);
  const bool  was_off = self->drive.end <= 0.0f;
  fiq_smoother_tick(&self->drive, wanted);
  if (self->drive.end < least && wanted < least) {
    self->drive.end = 0.0f;
  }
  if (was_off && self->drive.end > 0.0f) {
    silence(self); // what was left when it went off is old
  }
  self->a      = self->a_end;
  self->a_end  = 1.0f - depth * self->drive.end;
  self->a_step = (self->a_end - self->a) * self->share;
  self->peak_in *= self->hold;
  self->peak_out *= self->hold;
}

float fiq_disperser_rise_db(const FiqDisperser* self)
{
  const bool is_heard = self->peak_in > quiet && self->peak_out > quiet;
  return is_heard ? fiq_gain_to_db(self->peak_out / self->peak_in) : 0.0f;
}

/// Largest size in both planes, or `peak`.
static float section_peak(float peak, float* const planes[FIQ_CHANNELS], uint32_t n_frames)
{
  float lane[LANES] = {peak};
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    const float* const plane = planes[channel];
    uint32_t           i     = 0;
    for (; i + LANES <= n_frames; i += LANES) {
      for (uint32_t k = 0; k < LANES; ++k) {
        const float size = fabsf(plane[i + k]);
        lane[k]          = size > lane[k] ? size : lane[k];
      }
    }
    for (; i < n_frames; ++i) {
      lane[0] = fmaxf(lane[0], fabsf(plane[i]));
    }
  }
  for (uint32_t k = 1; k < LANES; ++k) {
    lane[0] = fmaxf(lane[0], lane[k]);
  }
  return lane[0];
}

static void process_section(FiqDisperserSection* section, float* const planes[FIQ_CHANNELS],
                            uint32_t n_frames, float a, float a_step)
{
  float* const restrict left       = planes[0];
  float* const restrict right      = planes[1];
  float* const restrict ring_left  = section->ring[0];
  float* const restrict ring_right = section->ring[1];
  for (uint32_t i = 0; i < n_frames; ++i) {
    const uint32_t at    = section->at;
    const float    x     = left[i];
    const float    y     = right[i];
    const float    out_x = a * x + ring_left[at];
    const float    out_y = a * y + ring_right[at];
    ring_left[at]        = x - a * out_x;
    ring_right[at]       = y - a * out_y;
    left[i]              = out_x;
    right[i]             = out_y;
    section->at          = at + 1 < section->delay_frames ? at + 1 : 0;
    a += a_step;
  }
}

void fiq_disperser_process(FiqDisperser* self, float* const planes[FIQ_CHANNELS], uint32_t n_frames)
{
  if (self->drive.start <= 0.0f && self->drive.end <= 0.0f) {
    return;
  }
  self->peak_in = section_peak(self->peak_in, planes, n_frames);
  for (uint32_t k = 0; k < FIQ_DISPERSER_SECTIONS; ++k) {
    process_section(&self->section[k], planes, n_frames, self->a, self->a_step);
  }
  self->peak_out = section_peak(self->peak_out, planes, n_frames);
  self->a += self->a_step * (float)n_frames;
}
