// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/phase/regulator.h"

#include "dsp/base/maths.h"

#include <assert.h>

enum {
  PLACES      = 4, // of the bins, that U is the mean over
  FINE_BINS   = PLACES * FIQ_REGULATOR_BINS,
  SAMPLED_MAX = 256 // phases that are counted
};

static const float order_tau_s = 0.1f;  // R is smoothed by this
static const float slope_tau_s = 0.3f;  // its slope by this as well
static const float lead_s      = 0.08f; // what R gains in this time is counted already,
static const float lead_max_s  = 3.0f;  // and in up to this in a bank that is slow to follow
static const float lead_rad    = 0.2f;  // namely in as long as K turns by this
static const float lead_k_min  = 0.05f; // rad/s that count as K at least
static const float margin_u    = 0.3f;  // U may stray so far from its aim
static const float back_u      = 0.05f; // and has to come back so far inside
static const float share_tau_s = 10.0f;
static const float off_tau_s   = 0.4f;
static const float fade_tau_s  = 5.0f;  // of the noise while coasting
static const float hush_tau_s  = 0.3f;  // and while boosting
static const float hush_min    = 0.01f; // of it that is worth having
static const float scale_min   = 0.1f;  // K that stands for K_c where that is smaller
static const float calm        = 0.5f; // every turn from braking to boosting or back leaves so much
static const float calm_min    = 0.08f; // of the control's pace, and at least this
static const float bold_tau_s  = 20.0f; // which comes back so fast,
static const float rush_tau_s  = 1.0f;  // and so fast where R is far below the zone
static const float far_below   = 0.25f;
static const float arrived     = 1e-4f;

void fiq_regulator_reset(FiqRegulator* self)
{
  assert(self);
  *self = (FiqRegulator){.pace = 1.0f};
}

FiqRegulatorTone fiq_regulator_tone(float order)
{
  static const float above[FIQ_TONE_TENSION] = {0.10f, 0.30f, 0.50f, 0.80f, 0.95f};
  int                tone                    = FIQ_TONE_UNFORMED;
  while (tone < FIQ_TONE_TENSION && order > above[tone]) {
    ++tone;
  }
  return (FiqRegulatorTone)tone;
}

/// The zone in use.
typedef struct {
  float low;
  float high;
} Zone;

static Zone zone_of(const FiqRegulatorParams* params)
{
  const float middle    = 0.5f * (params->order_low + params->order_high);
  const bool  is_turned = params->order_low > params->order_high;
  return (Zone){is_turned ? middle : params->order_low, is_turned ? middle : params->order_high};
}

/// Of the way that is left, what is gone in `dt_s`.
static float decay_share(float dt_s, float tau_s)
{
  return 1.0f - expf(-dt_s / tau_s);
}

static float approach_target(float x, float target, float dt_s, float tau_s)
{
  return x + (target - x) * decay_share(dt_s, tau_s);
}

/// How far ahead R is looked for.
static float lead_of(const FiqRegulator* self, const FiqRegulatorParams* params)
{
  const float k = params->unit_rad_s * (params->coupling + self->offset);
  return params->unit_rad_s > 0.0f ? fiq_clamp(lead_rad / fmaxf(lead_k_min, k), lead_s, lead_max_s)
                                   : lead_s;
}

/// R smoothed, its slope, and how long it was where.
static void watch(FiqRegulator* self, const Zone* zone, float order, float dt_s, float pace_s)
{
  if (!self->begun) {
    self->order = order;
    self->begun = true;
  }
  if (fabsf(pace_s - self->pace_s) > 0.0f) {
    self->pace_s      = pace_s;
    self->order_share = decay_share(pace_s, order_tau_s);
    self->slope_share = decay_share(pace_s, slope_tau_s);
  }
  const float before = self->order;
  self->order += (order - self->order) * self->order_share;
  if (pace_s > 0.0f) {
    self->slope += ((self->order - before) / pace_s - self->slope) * self->slope_share;
  }
  // A mean over all there is, until that is longer than the window.
  self->watched_s     = fminf(share_tau_s, self->watched_s + dt_s);
  const float inside  = order >= zone->low && order <= zone->high ? 1.0f : 0.0f;
  const float portion = self->watched_s > 0.0f ? dt_s / self->watched_s : 0.0f;
  self->zone_share += fminf(1.0f, portion) * (inside - self->zone_share);
}

static void decide_action(FiqRegulator* self, const FiqRegulatorParams* params, const Zone* zone,
                          float ahead, float uncertainty)
{
  const float inset   = 0.25f * (zone->high - zone->low);
  const float middle  = 0.5f * (zone->low + zone->high);
  const float lack    = params->uncertainty - margin_u - uncertainty; // > 0: too certain
  const float excess  = uncertainty - params->uncertainty - margin_u; // > 0: too uncertain
  const bool  brakes  = self->action == FIQ_REGULATOR_BRAKE;
  const bool  boosts  = self->action == FIQ_REGULATOR_BOOST;
  const float u_brake = brakes && !self->by_order ? -back_u : 0.0f;
  const float u_boost = boosts && !self->by_order ? -back_u : 0.0f;
  const float top     = zone->high - (brakes && self->by_order ? inset : 0.0f);
  const float bottom  = zone->low + (boosts && self->by_order ? inset : 0.0f);
  self->by_order      = ahead > top || ahead < bottom;
  if (self->by_order) {
    self->action = ahead > top ? FIQ_REGULATOR_BRAKE : FIQ_REGULATOR_BOOST;
  } else if (lack > u_brake && ahead > middle) {
    self->action = FIQ_REGULATOR_BRAKE;
  } else if (excess > u_boost && ahead < middle) {
    self->action = FIQ_REGULATOR_BOOST;
  } else {
    self->action = FIQ_REGULATOR_COAST;
  }
}

/// Whoever turns back and forth goes more slowly, and so comes to rest.
static void set_regulator_pace(FiqRegulator* self, const Zone* zone, float ahead, float pace_s)
{
  const bool  is_lost = ahead < zone->low - far_below;
  const float tau_s   = is_lost ? rush_tau_s : bold_tau_s;
  self->pace          = approach_target(self->pace, 1.0f, pace_s, tau_s);
  if (self->action != FIQ_REGULATOR_COAST) {
    if (self->last != FIQ_REGULATOR_COAST && self->last != self->action) {
      self->pace = fmaxf(calm_min, calm * self->pace);
    }
    self->last = self->action;
  }
}

/// Noise on its way to exactly 0.
static float fade(float noise, float dt_s, float tau_s)
{
  return noise > hush_min ? approach_target(noise, 0.0f, dt_s, tau_s) : 0.0f;
}

/// Coupling and noise follow the action; `pace_s` is the time of the bank.
static void act(FiqRegulator* self, const FiqRegulatorParams* params, const Zone* zone, float ahead,
                float pace_s)
{
  const float scale     = fmaxf(params->critical, scale_min);
  const float k         = params->coupling + self->offset;
  const float inset     = 0.25f * (zone->high - zone->low);
  const float noise_max = 0.5f * sqrtf(fmaxf(params->critical, 1.0f));
  // How far out, 1 at the far end of what R can be; nothing where an action ends.
  const float top    = zone->high - inset;
  const float bottom = zone->low + inset;
  const float over   = fiq_clamp((ahead - top) / fmaxf(1.0f - top, 0.02f), 0.1f, 1.0f);
  const float under  = fiq_clamp(2.0f * (bottom - ahead) / fmaxf(bottom, 0.02f), 0.1f, 1.0f);
  const float rate   = fmaxf(scale, fabsf(k));
  const float way    = self->pace * rate * pace_s;
  float       move   = 0.0f;
  if (self->action == FIQ_REGULATOR_BRAKE) {
    move = -way * over;
    // Noise is for what less coupling alone does not loosen.
    const float need = fminf(1.0f, (0.3f * params->critical + 0.5f) / fmaxf(k, 1e-3f));
    self->noise =
        fminf(noise_max, self->noise + 0.5f * noise_max * need * self->pace * over * pace_s);
  } else if (self->action == FIQ_REGULATOR_BOOST) {
    move        = way * under;
    self->noise = fade(self->noise, pace_s, hush_tau_s);
  } else {
    self->noise = fade(self->noise, pace_s, fade_tau_s);
  }
  float next = k + move;
  if (k < 0.0f) {
    next = fminf(0.0f, k + rate * pace_s);
  } else if (next < 0.0f) {
    next = 0.0f;
  }
  // A limit that moved below K is approached, not jumped to.
  next = next > params->coupling_max ? fmaxf(params->coupling_max, k - rate * pace_s) : next;
  self->offset = next - params->coupling;
}

/// Back to the user's K.
static void release_drive(FiqRegulator* self, const FiqRegulatorParams* params, float dt_s)
{
  self->action = FIQ_REGULATOR_COAST;
  self->offset = approach_target(self->offset, 0.0f, dt_s, off_tau_s);
  self->noise  = approach_target(self->noise, 0.0f, dt_s, off_tau_s);
  if (fabsf(self->offset) < arrived * fmaxf(1.0f, fabsf(params->coupling)) &&
      self->noise < arrived) {
    self->offset = 0.0f;
    self->noise  = 0.0f;
    self->active = false;
  }
}

void fiq_regulator_step(FiqRegulator* self, const FiqRegulatorParams* params, float order,
                        float uncertainty, float dt_s)
{
  assert(self);
  assert(params);
  assert(params->critical >= 0.0f);
  assert(params->coupling_max > 0.0f);
  assert(dt_s >= 0.0f && dt_s <= 1.0f);
  const Zone  zone   = zone_of(params);
  const float speed  = params->speed > 0.0f ? params->speed : 1.0f;
  const float pace_s = dt_s * speed;
  watch(self, &zone, order, dt_s, pace_s);
  self->tone    = fiq_regulator_tone(order);
  self->product = order * uncertainty;
  if (params->enabled) {
    const float lead  = lead_of(self, params);
    const float ahead = fiq_clamp(self->order + lead * self->slope, 0.0f, 1.0f);
    self->active      = true;
    decide_action(self, params, &zone, ahead, uncertainty);
    set_regulator_pace(self, &zone, ahead, pace_s);
    act(self, params, &zone, ahead, pace_s);
  } else if (self->active) {
    release_drive(self, params, dt_s);
  }
  self->coupling = self->active ? params->coupling + self->offset : params->coupling;
}

/// Entropy, in nats, of the histogram whose bins are PLACES fine ones each and begin with `first`.
static float entropy(const uint32_t* fine, uint32_t n, uint32_t first)
{
  uint32_t n_used = 0;
  float    sum    = 0.0f;
  for (uint32_t k = 0; k < FIQ_REGULATOR_BINS; ++k) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < PLACES; ++i) {
      count += fine[(first + PLACES * k + i) % FINE_BINS];
    }
    const float p = (float)count / (float)n;
    sum -= count > 0 ? p * logf(p) : 0.0f;
    n_used += count > 0;
  }
  return sum + (float)(n_used - 1) / (2.0f * (float)n);
}

float fiq_regulator_uncertainty(const float* theta_rad, uint32_t n)
{
  assert(theta_rad);
  assert(n >= 1);
  const uint32_t stride          = (n + SAMPLED_MAX - 1) / SAMPLED_MAX;
  uint32_t       fine[FINE_BINS] = {0};
  uint32_t       n_counted       = 0;
  for (uint32_t i = 0; i < n; i += stride) {
    // Never below 0, so that cutting off is rounding down.
    const float turn = fiq_wrap_rad(theta_rad[i]) * (1.0f / FIQ_TWO_PI_F) + 2.0f;
    ++fine[(uint32_t)(turn * (float)FINE_BINS) % FINE_BINS];
    ++n_counted;
  }
  float sum = 0.0f;
  for (uint32_t first = 0; first < PLACES; ++first) {
    sum += entropy(fine, n_counted, first);
  }
  return fiq_clamp(sum * (1.0f / (2.77258872f * (float)PLACES)), 0.0f, 1.0f);
}
