// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/tone/spectrum.h"

#include "dsp/base/maths.h"
#include "dsp/base/simd.h"

#include <assert.h>

enum { FEW = 32 }; // from how many on the widest vectors pay

static const float peak_octaves  = 0.2f; // from the cutoff to half the lift of resonance
static const float most_decades  = 1.2f; // of amplitude that resonance lifts by
static const float notch_narrows = 4.0f;
static const float steepest      = 60.0f; // exponent beyond which a gain is 0 or 1

/// 2^(order l) and how much resonance lifts there.
FIQ_INLINE float powered(float l, float order)
{
  return fiq_exp(fiq_clamp(l * order * 0.693147181f, -0.5f * steepest, 0.5f * steepest));
}

FIQ_INLINE float lifted(float l, float lift)
{
  const float x = l * (1.0f / peak_octaves);
  return 1.0f + lift / (1.0f + x * x);
}

FIQ_INLINE void apply_filter(const FiqFilter* self, const float* restrict octave, float note_octave,
                             float* restrict gain, uint32_t n)
{
  const float order = self->slope_db_per_octave * (1.0f / 6.0f);
  const float sharp = order * (1.0f + notch_narrows * self->resonance);
  const float lift  = fiq_exp(self->resonance * most_decades * 2.30258509f) - 1.0f;
  const float base  = note_octave - self->cutoff_octave;
  // Beyond the band pass and the notch, low is high mirrored.
  const float side = self->type == FIQ_FILTER_HIGH ? -1.0f : 1.0f;
  for (uint32_t i = 0; self->type == FIQ_FILTER_BAND && i < n; ++i) {
    const float l = octave[i] + base;
    const float y = powered(l, order);
    gain[i] *= 2.0f * y / (1.0f + y * y) * lifted(l, lift);
  }
  for (uint32_t i = 0; self->type == FIQ_FILTER_NOTCH && i < n; ++i) {
    const float y = powered(octave[i] + base, sharp);
    gain[i] *= fabsf(y * y - 1.0f) / (1.0f + y * y);
  }
  const bool one_sided = self->type == FIQ_FILTER_LOW || self->type == FIQ_FILTER_HIGH;
  for (uint32_t i = 0; one_sided && i < n; ++i) {
    // lifted() over the root of 1 + y^2, with one division for both.
    const float l    = octave[i] + base;
    const float y    = powered(side * l, order);
    const float x    = l * (1.0f / peak_octaves);
    const float wide = 1.0f + x * x;
    gain[i] *= (wide + lift) / (wide * sqrtf(1.0f + y * y));
  }
}

static void apply_filter_base(const FiqFilter* self, const float* octave, float note_octave,
                              float* gain, uint32_t n)
{
  assert(self && octave && gain);
  apply_filter(self, octave, note_octave, gain, n);
}

FIQ_AVX2 static void apply_filter_avx2(const FiqFilter* self, const float* octave,
                                       float note_octave, float* gain, uint32_t n)
{
  assert(self && octave && gain);
  apply_filter(self, octave, note_octave, gain, n);
}

FIQ_AVX512 static void apply_filter_avx512(const FiqFilter* self, const float* octave,
                                           float note_octave, float* gain, uint32_t n)
{
  assert(self && octave && gain);
  apply_filter(self, octave, note_octave, gain, n);
}

void fiq_filter_apply(const FiqFilter* self, const float* octave, float note_octave, float* gain,
                      uint32_t n)
{
  assert(self && octave && gain);
  assert(self->resonance >= 0.0f && self->resonance <= 1.0f);
  if (self->type == FIQ_FILTER_OFF) {
    return;
  }
  if (n >= FEW && fiq_simd_avx512()) {
    apply_filter_avx512(self, octave, note_octave, gain, n);
  } else if (fiq_simd_avx2()) {
    apply_filter_avx2(self, octave, note_octave, gain, n);
  } else {
    apply_filter_base(self, octave, note_octave, gain, n);
  }
}

FiqFormants fiq_formants_vowel(float vowel, float amount)
{
  enum { VOWELS = 5 };
  static const float first_hz[VOWELS]  = {320.0f, 480.0f, 750.0f, 520.0f, 290.0f};
  static const float second_hz[VOWELS] = {780.0f, 950.0f, 1200.0f, 1900.0f, 2400.0f};
  const float        at                = fiq_clamp(vowel, 0.0f, 1.0f) * (float)(VOWELS - 1);
  const int          k                 = at < (float)(VOWELS - 2) ? (int)at : VOWELS - 2;
  const float        t                 = at - (float)k;
  // From vowel to vowel in even steps of pitch.
  const float first  = first_hz[k] * powf(first_hz[k + 1] / first_hz[k], t);
  const float second = second_hz[k] * powf(second_hz[k + 1] / second_hz[k], t);
  return (FiqFormants){.n             = 3,
                       .amount        = amount,
                       .floor         = 0.03f,
                       .hz            = {first, second, 2900.0f},
                       .half_width_hz = {0.12f * first + 20.0f, 0.09f * second + 20.0f, 250.0f},
                       .gain          = {1.0f, 0.8f, 0.4f}};
}

void fiq_formants_apply(const FiqFormants* self, const float* ratio, float note_hz, float* gain,
                        uint32_t n)
{
  assert(self && ratio && gain);
  assert(self->n <= FIQ_FORMANTS_MAX);
  if (self->n == 0 || self->amount <= 0.0f) {
    return;
  }
  float inverse[FIQ_FORMANTS_MAX];
  for (uint32_t k = 0; k < self->n; ++k) {
    inverse[k] = 1.0f / fiq_max(self->half_width_hz[k], 1.0f);
  }
  for (uint32_t i = 0; i < n; ++i) {
    float envelope = self->floor;
    for (uint32_t k = 0; k < self->n; ++k) {
      const float x = (ratio[i] * note_hz - self->hz[k]) * inverse[k];
      envelope += self->gain[k] / (1.0f + x * x);
    }
    gain[i] *= fiq_mix(1.0f, envelope, self->amount);
  }
}
