// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/tone/motion.h"

#include "dsp/base/maths.h"
#include "dsp/base/trig_turns.h"

#include <assert.h>
#include <string.h>

static const float round_s = 0.002f;
static const float arrived = 1e-7f; // this close to its sustain an envelope is there

/// -1..1 by chance, always the same for the same numbers.
static float chance(uint32_t a, uint32_t b)
{
  uint32_t x = a * 2654435769u ^ (b + 1u) * 2246822519u;
  x          = (x ^ (x >> 15)) * 739982445u;
  x          = (x ^ (x >> 12)) * 695872825u;
  x ^= x >> 15;
  return (float)(x >> 8) * 0x1p-23f - 1.0f;
}

static float shaped(FiqLfoShape shape, const FiqLfoState* at, uint32_t seed)
{
  assert(at->turns >= 0.0f && at->turns <= 1.0f);
  const float t = at->turns;
  switch (shape) {
  case FIQ_LFO_SINE:
    return fiq_sine_turns(fiq_wrap_turns(t));
  case FIQ_LFO_TRIANGLE:
    return 1.0f - 4.0f * fabsf(fiq_wrap_turns(t - 0.25f));
  case FIQ_LFO_SAW:
    return 1.0f - 2.0f * t;
  case FIQ_LFO_SQUARE:
    return t < 0.5f ? 1.0f : -1.0f;
  case FIQ_LFO_RANDOM:
    return chance(seed, at->cycle);
  default:
    return fiq_mix(chance(seed, at->cycle), chance(seed, at->cycle + 1), t * t * (3.0f - 2.0f * t));
  }
}

void fiq_lfo_advance(FiqLfoState* self, float rate_hz, float passed_s)
{
  assert(self && rate_hz >= 0.0f && passed_s >= 0.0f);
  const float turns = self->turns + rate_hz * passed_s;
  const float whole = (float)(int32_t)turns; // floorf() would be a library call
  self->cycle += (uint32_t)whole;
  self->turns = turns - whole;
}

void fiq_motion_start(FiqMotion* self, uint32_t seed)
{
  assert(self);
  memset(self->lfo, 0, sizeof self->lfo);
  self->seed  = seed;
  self->age_s = 0.0f;
  self->lift  = 0.0f;
  self->rises = true;
}

static void advance_envelope(FiqMotion* self, const FiqMotionParams* params, bool held,
                             float passed_s)
{
  assert(passed_s >= 0.0f);
  if (!held) {
    self->envelope *=
        fiq_exp(-fiq_min(6.91f * passed_s / fiq_max(params->release_s, 1e-3f), 80.0f));
    self->rises = false;
  } else if (self->rises) {
    self->envelope += passed_s / fiq_max(params->attack_s, 1e-3f);
    self->rises    = self->envelope < 1.0f;
    self->envelope = fiq_min(self->envelope, 1.0f);
  } else if (fabsf(self->envelope - params->sustain) < arrived) {
    self->envelope = params->sustain;
  } else {
    const float left = fiq_exp(-fiq_min(5.0f * passed_s / fiq_max(params->decay_s, 1e-3f), 80.0f));
    self->envelope   = fiq_mix(params->sustain, self->envelope, left);
  }
}

static float advance_lfo(FiqMotion* self, const FiqLfo* lfo, const FiqLfoState* common, uint32_t k,
                         float passed_s)
{
  assert(k < FIQ_MOTION_LFOS);
  FiqLfoState* const own   = &self->lfo[k];
  const float        rate  = self->target[FIQ_TO_LFO_1 + k];
  const bool         first = self->age_s <= 0.0f;
  const float faster       = fabsf(rate) > 0.0f ? exp2f(3.0f * fiq_clamp(rate, -2.0f, 2.0f)) : 1.0f;
  fiq_lfo_advance(own, lfo->rate_hz * faster, passed_s);
  const float now = lfo->common ? shaped(lfo->shape, &common[k], k)
                                : shaped(lfo->shape, own, self->seed + k * 7919u);
  const bool  jumps =
      lfo->shape == FIQ_LFO_SAW || lfo->shape == FIQ_LFO_SQUARE || lfo->shape == FIQ_LFO_RANDOM;
  own->value += (now - own->value) * (jumps && !first ? passed_s / (passed_s + round_s) : 1.0f);
  return own->value * (self->age_s < lfo->delay_s ? self->age_s / lfo->delay_s : 1.0f);
}

void fiq_motion_advance(FiqMotion* self, const FiqMotionParams* params, const FiqLfoState* common,
                        float* source, bool held, float passed_s)
{
  assert(self && params && common && source);
  advance_envelope(self, params, held, passed_s);
  self->lift += (source[FIQ_FROM_LIFT] - self->lift) * (passed_s / (passed_s + round_s));
  source[FIQ_FROM_NONE]     = 0.0f;
  source[FIQ_FROM_LIFT]     = self->lift;
  source[FIQ_FROM_ENVELOPE] = self->envelope;
  source[FIQ_FROM_CHANCE]   = chance(self->seed, 0x5bd1e995u);
  for (uint32_t k = 0; k < FIQ_MOTION_LFOS; ++k) {
    source[FIQ_FROM_LFO_1 + k] = advance_lfo(self, &params->lfo[k], common, k, passed_s);
  }
  memset(self->target, 0, sizeof self->target);
  for (uint32_t i = 0; i < FIQ_MOTION_ROWS; ++i) {
    const FiqMotionRow* const row  = &params->row[i];
    const float               bent = row->target == FIQ_TO_PITCH ? fabsf(row->amount) : 1.0f;
    self->target[row->target] += row->amount * bent * source[row->source];
  }
  self->age_s += passed_s;
}
