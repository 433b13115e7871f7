// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/realm/adaptive.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

static const float memory_s     = 0.4f;
static const float fade_s       = 0.05f;
static const float power_s      = 0.05f;
static const float silence_db   = -70.0f;
static const float evenly       = 0.5f; // tonality that speaks for neither path
static const float clearly      = 0.1f; // distance from there that counts in full
static const float steady_bonus = 0.13f;
static const float swing_cost   = 0.75f;
static const float swing_least  = 0.1f;
static const float swing_span   = 0.3f;
static const float unrest_cost  = 5.0f;
static const float unrest_least = 0.15f;
static const float unrest_span  = 0.08f;

FiqStatus fiq_realm_adaptive_init(FiqRealmAdaptive* self, FiqArena* arena,
                                  const FiqRealmAdaptiveConfig* config)
{
  assert(self);
  assert(arena);
  assert(config);
  const double fs = config->sample_rate_hz;
  if (!(fs >= FIQ_SAMPLE_RATE_MIN_HZ && fs <= FIQ_SAMPLE_RATE_MAX_HZ)) {
    return FIQ_BAD_ARGUMENT;
  }
  if (config->hop_frames < 1 || config->hop_frames > fs) {
    return FIQ_BAD_ARGUMENT;
  }
  if (config->n_bands < 1 || config->n_bands > FIQ_NEURONS_MAX) {
    return FIQ_BAD_ARGUMENT;
  }
  self->wkv            = fiq_arena_take(arena, config->n_bands, sizeof(FiqComplex));
  self->sample_rate_hz = fs;
  self->n_bands        = config->n_bands;
  self->decay          = expf(-(float)(config->hop_frames / fs) / memory_s);
  self->persuasion     = (float)(2.0 * config->hop_frames / (fs * FIQ_ADAPTIVE_HOLD_S));
  self->step           = (float)(1.0 / (fs * (double)fade_s));
  self->smoothing      = 1.0f - expf(-(float)(1.0 / (fs * (double)power_s)));
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fiq_realm_adaptive_reset(self);
  return FIQ_OK;
}

void fiq_realm_adaptive_reset(FiqRealmAdaptive* self)
{
  assert(self);
  memset(self->wkv, 0, self->n_bands * sizeof(FiqComplex));
  self->character = 0.0f;
  self->weight    = 0.0f;
  self->loudest   = 0.0f;
  memset(self->level, 0, sizeof(self->level));
  memset(self->frames, 0, sizeof(self->frames));
  self->tonality    = evenly;
  self->conviction  = 0.0f;
  self->is_spectral = false;
  self->share       = 0.0f;
  self->power_a     = 0.0f;
  self->power_b     = 0.0f;
  self->product     = 0.0f;
}

static float tonality_of_frame(const FiqAdaptiveFeatures* f)
{
  const float flat     = fiq_clamp(f->flatness / 0.2f, 0.0f, 1.0f);
  const float diffuse  = fiq_clamp((f->entropy - 0.35f) / 0.4f, 0.0f, 1.0f);
  const float new      = fiq_clamp(f->flux / 0.3f, 0.0f, 1.0f);
  const float restless = fiq_clamp(f->phase_increment_variance / 0.6f, 0.0f, 1.0f);
  return 1.0f - 0.25f * (flat + diffuse + new + restless);
}

/// Mix the frame into the bands' memories; returns the sum of their lengths.
static float remember_bands(FiqRealmAdaptive* self, const FiqAdaptiveFeatures* f, float weight)
{
  float length = 0.0f;
  for (uint32_t b = 0; b < self->n_bands; ++b) {
    const float key = weight * f->band_share[b];
    FiqComplex* wkv = &self->wkv[b];
    wkv->re         = self->decay * wkv->re + key * cosf(f->band_velocity[b]);
    wkv->im         = self->decay * wkv->im + key * sinf(f->band_velocity[b]);
    length += sqrtf(wkv->re * wkv->re + wkv->im * wkv->im);
  }
  return length;
}

/// Mix `x` into number, sum and sum of squares.
static void remember_features(float moments[3], float decay, float x)
{
  moments[0] = decay * moments[0] + 1.0f;
  moments[1] = decay * moments[1] + x;
  moments[2] = decay * moments[2] + x * x;
}

/// Of remembered levels: 0 where they were all alike.
static float feature_swing(const float moments[3])
{
  return 1.0f - moments[1] * moments[1] / (moments[0] * moments[2]);
}

/// Standard deviation of what is remembered.
static float unrest_of(const float moments[3])
{
  const float mean     = moments[1] / moments[0];
  const float variance = moments[2] / moments[0] - mean * mean;
  return sqrtf(fmaxf(0.0f, variance));
}

/// Move toward what the tonality speaks for; the choice follows at the ends of the way.
static void persuade(FiqRealmAdaptive* self)
{
  const float push = fiq_clamp((self->tonality - evenly) / clearly, -1.0f, 1.0f);
  self->conviction = fiq_clamp(self->conviction + self->persuasion * push, -1.0f, 1.0f);
  if (self->conviction >= 1.0f) {
    self->is_spectral = true;
  } else if (self->conviction <= -1.0f) {
    self->is_spectral = false;
  }
}

void fiq_realm_adaptive_frame(FiqRealmAdaptive* self, const FiqAdaptiveFeatures* features)
{
  assert(self);
  assert(features);
  assert(features->n_bands == self->n_bands);
  if (features->rms_db < silence_db) {
    return;
  }
  const float amplitude = fiq_db_to_gain(features->rms_db);
  const float held      = self->loudest * self->decay;
  self->loudest         = amplitude > held ? amplitude : held;
  const float weight    = amplitude / self->loudest;
  const float of_frame  = tonality_of_frame(features);
  self->character       = self->decay * self->character + weight * of_frame;
  self->weight          = self->decay * self->weight + weight;
  const float length    = remember_bands(self, features, weight);
  remember_features(self->level, self->decay, amplitude);
  remember_features(self->frames, self->decay, of_frame);
  const float swing  = fiq_clamp(feature_swing(self->level) - swing_least, 0.0f, swing_span);
  const float unrest = fiq_clamp(unrest_of(self->frames) - unrest_least, 0.0f, unrest_span);
  const float whole  = (0.65f * self->character + 0.35f * length) / self->weight;
  self->tonality =
      fiq_clamp(whole + steady_bonus - swing_cost * swing - unrest_cost * unrest, 0.0f, 1.0f);
  persuade(self);
}

/// Gains of the two paths at this frame.
typedef struct {
  float a;
  float b;
} Gains;

static Gains gains_of(const FiqRealmAdaptive* self)
{
  const float angle = 0.5f * FIQ_PI_F * self->share;
  const float a     = fiq_cos(angle);
  const float b     = fiq_sin(angle);
  const float power = a * a * self->power_a + b * b * self->power_b;
  const float agree = 2.0f * a * b * self->product / (power + 1e-20f);
  const float norm  = 1.0f / sqrtf(fiq_clamp(1.0f + agree, 0.25f, 2.0f));
  const Gains gains = {a * norm, b * norm};
  return gains;
}

static void follow_powers(FiqRealmAdaptive* self, const float* a, const float* b)
{
  const float c = self->smoothing;
  self->power_a += c * (a[0] * a[0] + a[1] * a[1] - self->power_a);
  self->power_b += c * (b[0] * b[0] + b[1] * b[1] - self->power_b);
  self->product += c * (a[0] * b[0] + a[1] * b[1] - self->product);
}

/// One step of the fade; the ends are exact.
static Gains next_gains(FiqRealmAdaptive* self)
{
  const float target = self->is_spectral ? 1.0f : 0.0f;
  const float way    = target - self->share;
  self->share        = fabsf(way) <= self->step ? target : self->share + copysignf(self->step, way);
  const bool  rests  = self->share <= 0.0f || self->share >= 1.0f;
  const Gains end    = {1.0f - self->share, self->share};
  return rests ? end : gains_of(self);
}

void fiq_realm_adaptive_process(FiqRealmAdaptive* self, const float* const* a_i,
                                const float* const* b_i, float* const* out_i,
                                const float* const* a_q, const float* const* b_q,
                                float* const* out_q, uint32_t n)
{
  assert(self);
  assert(a_i && b_i && out_i);
  assert(!a_q == !out_q);
  assert(!b_q == !out_q);
  for (uint32_t k = 0; k < n; ++k) {
    const float a[FIQ_CHANNELS] = {a_i[0][k], a_i[1][k]};
    const float b[FIQ_CHANNELS] = {b_i[0][k], b_i[1][k]};
    follow_powers(self, a, b);
    const Gains gains = next_gains(self);
    for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
      out_i[c][k] = gains.a * a[c] + gains.b * b[c];
      if (out_q) {
        out_q[c][k] = gains.a * a_q[c][k] + gains.b * b_q[c][k];
      }
    }
  }
}

float fiq_realm_adaptive_share(const FiqRealmAdaptive* self)
{
  assert(self);
  return self->share;
}
