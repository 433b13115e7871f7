// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/voice/tract.h"

#include "dsp/base/maths.h"

#include <assert.h>

enum { POINTS = FIQ_TRACT_POINTS_MAX };

static const float highest_hz       = 8000.0f;
static const float missing_hz2      = 8e6f;
static const float nasal_bandwidth  = 100.0f;
static const float breath_bandwidth = 250.0f;
static const float breath_low_hz    = 2000.0f;
static const float leak             = 0.04f; // of a closed mouth: what is never damped
static const float hiss_low_hz      = 400.0f;
static const float hiss_high_hz     = 12000.0f;

/// Multiply `product` [n] by (1 - f^2 / hz^2)^2 + (bandwidth f / hz^2)^2 at the squares `f2` [n].
static void multiply_pair(float hz, float                   bandwidth, const float* restrict f2,
                          float* restrict product, uint32_t n)
{
  const float inverse = 1.0f / (hz * hz);
  const float damping = bandwidth * bandwidth * inverse * inverse;
  for (uint32_t i = 0; i < n; ++i) {
    const float off = 1.0f - f2[i] * inverse;
    product[i] *= off * off + damping * f2[i];
  }
}

/// |H|^2 at `unit_hz` times `ratio` [n], the first formant being `wider` by so many Hz.
static void set_power(const FiqTract* self, float wider, float unit_hz, const float* restrict ratio,
                      float* restrict power, uint32_t n)
{
  assert(n <= POINTS);
  assert(self->size > 0.0f);
  const float top_hz = highest_hz / self->size;
  const float lift   = 2.0f * self->size * self->size / missing_hz2;
  const float nose   = fiq_nasal_hz / self->size;
  float       f2[POINTS];
  float       below[POINTS];
  for (uint32_t i = 0; i < n; ++i) {
    const float f = fminf(unit_hz * ratio[i], top_hz);
    f2[i]         = f * f;
    const float x = self->dull * self->dull * f2[i];
    const float y = (1.0f + x) / (1.0f + leak * x);
    power[i]      = fiq_exp(lift * f2[i]);
    below[i]      = y * y;
  }
  for (uint32_t k = 0; k < FIQ_TRACT_FORMANTS; ++k) {
    multiply_pair(self->hz[k], self->bandwidth[k] + (k == 0 ? wider : 0.0f), f2, below, n);
  }
  if (fabsf(self->nasal_hz - nose) > 0.01f) {
    multiply_pair(self->nasal_hz, nasal_bandwidth, f2, power, n);
    multiply_pair(nose, nasal_bandwidth, f2, below, n);
  }
  for (uint32_t i = 0; i < n; ++i) {
    power[i] /= below[i];
  }
}

void fiq_tract_apply(const FiqTract* self, float amount, const float* ratio, float note_hz,
                     float* gain, uint32_t n)
{
  assert(self && ratio && gain);
  assert(amount >= 0.0f && amount <= 1.0f);
  float power[POINTS];
  set_power(self, 0.0f, note_hz, ratio, power, n);
  const float soft = self->soft * note_hz;
  for (uint32_t i = 0; i < n; ++i) {
    const float x      = soft * ratio[i];
    const float voiced = sqrtf(power[i] / (1.0f + x * x));
    gain[i] *= 1.0f + (voiced - 1.0f) * amount;
  }
}

static void set_hiss(const FiqHiss* hiss, const float* restrict hz, float* restrict power,
                     uint32_t       n)
{
  assert(hiss->half_width[0] > 0.0f && hiss->half_width[1] > 0.0f);
  for (uint32_t i = 0; i < n; ++i) {
    const float a   = (hz[i] - hiss->hz[0]) / hiss->half_width[0];
    const float b   = (hz[i] - hiss->hz[1]) / hiss->half_width[1];
    const float sum = hiss->floor + hiss->gain[0] / (1.0f + a * a) + hiss->gain[1] / (1.0f + b * b);
    const float low = hz[i] * (1.0f / hiss_low_hz);
    const float end = sum * low * low / (1.0f + low * low);
    power[i]        = hz[i] < hiss_high_hz ? end * end : 0.0f;
  }
}

/// Add `power` [n] to `density`, so that all of it is level^2.
static void add_noise(const float* restrict power, const float* restrict width_hz, float level,
                      float* restrict density, uint32_t n)
{
  assert(level >= 0.0f);
  float all = 1e-20f;
  for (uint32_t i = 0; i < n; ++i) {
    all += power[i] * width_hz[i];
  }
  for (uint32_t i = 0; i < n; ++i) {
    density[i] += power[i] * (level * level / all);
  }
}

void fiq_tract_noise(const FiqTract* self, const float* hz, const float* width_hz, float* density,
                     uint32_t n)
{
  assert(self && hz && width_hz && density);
  assert(n <= POINTS);
  float       power[POINTS];
  const float breath = sqrtf(self->breath * self->breath + self->murmur * self->murmur);
  for (uint32_t i = 0; i < n; ++i) {
    density[i] = 0.0f;
  }
  if (breath > 0.0f) {
    set_power(self, breath_bandwidth, 1.0f, hz, power, n);
    for (uint32_t i = 0; i < n; ++i) {
      const float x = hz[i] * (1.0f / breath_low_hz);
      power[i] *= x * x / (1.0f + x * x);
    }
    add_noise(power, width_hz, breath, density, n);
  }
  if (self->hiss_level > 0.0f) {
    set_hiss(&self->hiss, hz, power, n);
    add_noise(power, width_hz, self->hiss_level, density, n);
  }
}
