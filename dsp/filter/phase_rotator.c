// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/filter/phase_rotator.h"

#include "dsp/base/maths.h"
#include "dsp/filter/allpass_section.h"

#include <assert.h>
#include <string.h>

static const double pi       = 3.14159265358979323846;
static const float  smooth_s = 0.02f;

void fiq_phase_rotator_init(FiqPhaseRotator* self, double sample_rate_hz, uint32_t control_frames)
{
  assert(self && control_frames >= 1);
  assert(sample_rate_hz >= FIQ_SAMPLE_RATE_MIN_HZ && sample_rate_hz <= FIQ_SAMPLE_RATE_MAX_HZ);
  memset(self, 0, sizeof *self);
  self->sample_rate_hz = sample_rate_hz;
  self->share          = 1.0f / (float)control_frames;
  const float period_s = (float)(control_frames / sample_rate_hz);
  for (uint32_t s = 0; s < FIQ_PHASE_ROTATOR_SECTIONS; ++s) {
    fiq_smoother_init(&self->section[s].octave, smooth_s, period_s);
    fiq_smoother_init(&self->section[s].damping, smooth_s, period_s);
  }
  fiq_phase_rotator_reset(self);
}

static void forget(FiqPhaseRotatorSection* section)
{
  memset(section->low, 0, sizeof section->low);
  memset(section->band, 0, sizeof section->band);
}

void fiq_phase_rotator_reset(FiqPhaseRotator* self)
{
  assert(self);
  for (uint32_t s = 0; s < FIQ_PHASE_ROTATOR_SECTIONS; ++s) {
    forget(&self->section[s]);
    fiq_smoother_reset(&self->section[s].damping, 0.0f);
  }
  self->is_fresh = true;
}

static bool section_rests(const FiqPhaseRotatorSection* section)
{
  return section->damping.start <= 0.0f && section->damping.end <= 0.0f;
}

static float tangent_of(const FiqPhaseRotator* self, float octave)
{
  const double most_hz = FIQ_PHASE_ROTATOR_TOP * self->sample_rate_hz;
  const double hz      = fmin((double)exp2f(octave), most_hz);
  return (float)tan(pi * hz / self->sample_rate_hz);
}

static void control_section(const FiqPhaseRotator* self, FiqPhaseRotatorSection* section,
                            const FiqPhaseRotatorBand* band)
{
  assert(band->hz > 0.0f && band->q > 0.0f && band->amount >= 0.0f && band->amount <= 1.0f);
  const float octave  = log2f(band->hz);
  const float damping = band->amount / band->q;
  if (section->damping.end <= 0.0f) {
    // Nothing is heard of it: the place to begin anew.
    forget(section);
    fiq_smoother_reset(&section->octave, octave);
    section->tangent[1] = tangent_of(self, octave);
  }
  if (self->is_fresh) {
    fiq_smoother_reset(&section->damping, damping);
  }
  const float before = section->octave.end;
  fiq_smoother_tick(&section->octave, octave);
  fiq_smoother_tick(&section->damping, damping);
  section->tangent[0] = section->tangent[1];
  if (fabsf(section->octave.end - before) > 0.0f) {
    section->tangent[1] = tangent_of(self, section->octave.end);
  }
}

void fiq_phase_rotator_control(FiqPhaseRotator* self, const FiqPhaseRotatorBand* bands)
{
  assert(self && bands);
  for (uint32_t s = 0; s < FIQ_PHASE_ROTATOR_SECTIONS; ++s) {
    // A section that rests and is to rest costs a comparison.
    if (bands[s].amount > 0.0f || !section_rests(&self->section[s])) {
      control_section(self, &self->section[s], &bands[s]);
    }
  }
  self->is_fresh = false;
}

bool fiq_phase_rotator_rests(const FiqPhaseRotator* self)
{
  bool rests = true;
  for (uint32_t s = 0; s < FIQ_PHASE_ROTATOR_SECTIONS; ++s) {
    rests = rests && section_rests(&self->section[s]);
  }
  return rests;
}

static void process_section(FiqPhaseRotatorSection* section, float share, float* const* planes,
                            uint32_t at, uint32_t n_frames)
{
  FiqPhaseRotatorSection next = *section;
  float* const           a    = planes[0];
  float* const           b    = planes[1];
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float along   = share * (float)(at + i + 1);
    const float g       = fiq_mix(next.tangent[0], next.tangent[1], along);
    const float k       = fiq_smoother_at(&next.damping, along);
    const float inverse = 1.0f / (1.0f + g * (g + k));
    a[i]                = fiq_allpass_section(&next.low[0], &next.band[0], a[i], g, k, inverse);
    b[i]                = fiq_allpass_section(&next.low[1], &next.band[1], b[i], g, k, inverse);
  }
  *section = next;
}

void fiq_phase_rotator_process(FiqPhaseRotator* self, float* const* planes, uint32_t at,
                               uint32_t n_frames)
{
  assert(self && planes);
  for (uint32_t s = 0; s < FIQ_PHASE_ROTATOR_SECTIONS; ++s) {
    if (!section_rests(&self->section[s])) {
      process_section(&self->section[s], self->share, planes, at, n_frames);
    }
  }
}

float fiq_phase_rotator_phase_rad(const FiqPhaseRotator* self, double hz)
{
  assert(self && hz >= 0.0 && hz < 0.5 * self->sample_rate_hz);
  double sum = 0.0;
  for (uint32_t s = 0; s < FIQ_PHASE_ROTATOR_SECTIONS; ++s) {
    const FiqPhaseRotatorSection* const section = &self->section[s];
    if (section->damping.end > 0.0f) {
      const double z = tan(pi * hz / self->sample_rate_hz) / (double)section->tangent[1];
      sum += 2.0 * atan2((double)section->damping.end * z, 1.0 - z * z);
    }
  }
  return (float)-sum;
}
