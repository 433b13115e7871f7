// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/phase/stability.h"

#include "dsp/base/maths.h"

#include <assert.h>

static const float growth_max   = 20.0f;  // logarithm of what the tangent may grow by unscaled
static const float steep        = 4.0f;   // standard errors of a slope that is believed
static const float move_min     = 0.02f;  // of lambda over the horizon that is worth a warning
static const float order_min    = 0.5f;   // R below which there is no order to lose
static const float order_part   = 0.85f;  // of the order that was
static const float sag_part     = 0.92f;  // of it that the mean over a window may sag to
static const float sag_min      = 0.05f;  // of it below the mean of late that is sagging still
static const float late_tau_s   = 10.0f;  // of which this is the time constant
static const float forget_tau_s = 120.0f; // it is forgotten by this
static const float smooth_tau_s = 0.5f;
static const float cold         = 0.3f;
static const float cool         = 0.5f;
static const float warm         = 1.5f;

void fiq_stability_reset(FiqStability* self)
{
  assert(self);
  *self = (FiqStability){.class_             = FIQ_STABILITY_PERIODIC,
                         .temperature        = 1.0f,
                         .restraint          = 1.0f,
                         .temperature_target = 1.0f,
                         .restraint_target   = 1.0f};
}

/// A straight line through values of the past, by least squares.
typedef struct {
  float now;   // its value at the last one
  float slope; // per value
  float error; // standard error of the slope
} Line;

/// Through the last `n` >= 3 values of the ring.
static Line line_through(const FiqStability* self, const float* ring, uint32_t n)
{
  const uint32_t first  = self->next + 2 * FIQ_STABILITY_WINDOW - n;
  const float    centre = 0.5f * (float)(n - 1);
  const float    spread = (float)n * ((float)n * (float)n - 1.0f) * (1.0f / 12.0f);
  float          mean   = 0.0f;
  float          tilt   = 0.0f;
  for (uint32_t i = 0; i < n; ++i) {
    mean += ring[(first + i) % FIQ_STABILITY_WINDOW] / (float)n;
  }
  for (uint32_t i = 0; i < n; ++i) {
    tilt += ((float)i - centre) * (ring[(first + i) % FIQ_STABILITY_WINDOW] - mean);
  }
  const float slope  = tilt / spread;
  float       square = 0.0f;
  for (uint32_t i = 0; i < n; ++i) {
    const float rest =
        ring[(first + i) % FIQ_STABILITY_WINDOW] - mean - slope * ((float)i - centre);
    square += rest * rest;
  }
  return (Line){mean + slope * centre, slope, sqrtf(square / ((float)(n - 2) * spread))};
}

/// How surely a line that is at `now` gets to `end`; 0 if not within the horizon.
static float confidence_of(float now, float slope, float end)
{
  const float steps = fmaxf(0.0f, (end - now) / slope);
  return steps <= (float)FIQ_STABILITY_HORIZON ? 1.0f - 0.5f * steps / (float)FIQ_STABILITY_HORIZON
                                               : 0.0f;
}

/// The locked state is about to end.
static float foresee_release(const FiqStability* self, float threshold)
{
  if (self->n_estimates < FIQ_STABILITY_WINDOW) {
    return 0.0f;
  }
  for (uint32_t i = 0; i < FIQ_STABILITY_WINDOW; ++i) {
    if (!(self->estimate[i] < -threshold)) {
      return 0.0f;
    }
  }
  const Line line = line_through(self, self->estimate, FIQ_STABILITY_TREND);
  const bool is_steep =
      line.slope > steep * line.error && line.slope * (float)FIQ_STABILITY_HORIZON > move_min;
  return is_steep ? confidence_of(line.now, line.slope, -threshold) : 0.0f;
}

static float mean_of(const float* ring, uint32_t n)
{
  float sum = 0.0f;
  for (uint32_t i = 0; i < n; ++i) {
    sum += ring[i];
  }
  return n > 0 ? sum / (float)n : 0.0f;
}

/// Order is about to fall from what it was.
static float foresee_fall(const FiqStability* self)
{
  if (self->n_estimates < FIQ_STABILITY_WINDOW || self->best_order < order_min) {
    return 0.0f;
  }
  const Line  line     = line_through(self, self->order, FIQ_STABILITY_WINDOW);
  const bool  is_steep = line.slope < -steep * line.error;
  const float falls =
      is_steep ? confidence_of(line.now, line.slope, order_part * self->best_order) : 0.0f;
  // Where some drifting phases make R swing no line is steep against its scatter, but the mean of it sags.
  const float part = mean_of(self->order, FIQ_STABILITY_WINDOW) / self->best_order;
  const float way  = (sag_part - part) / (sag_part - order_part);
  const bool  sags =
      part < sag_part && line.slope < 0.0f && self->late_order / self->best_order - part > sag_min;
  return fmaxf(falls, sags ? fminf(1.0f, 0.5f + 0.5f * way) : 0.0f);
}

static FiqStabilityClass class_of(float lyapunov, float threshold)
{
  if (!(lyapunov <= 10.0f * threshold)) {
    return FIQ_STABILITY_DIVERGENT;
  }
  if (lyapunov > threshold) {
    return FIQ_STABILITY_CHAOTIC;
  }
  return lyapunov < -threshold ? FIQ_STABILITY_STABLE : FIQ_STABILITY_PERIODIC;
}

static void update_warning(FiqStability* self, const FiqStabilityParams* params)
{
  const float cause = fmaxf(foresee_release(self, params->threshold_1_s), foresee_fall(self));
  if (cause > 0.0f) {
    self->hold = FIQ_STABILITY_HORIZON;
    self->held = cause;
  } else if (self->hold > 0) {
    --self->hold;
  }
  self->is_warned  = self->hold > 0;
  self->confidence = self->held * (float)self->hold / (float)FIQ_STABILITY_HORIZON;
}

static void take_back(FiqStability* self)
{
  float* const t = &self->temperature_target;
  float* const c = &self->restraint_target;
  if (self->class_ == FIQ_STABILITY_DIVERGENT) {
    *t = fmaxf(cold, 0.5f * *t);
    *c = fmaxf(0.5f, 0.8f * *c);
    return;
  }
  if (self->class_ == FIQ_STABILITY_CHAOTIC || self->confidence > 0.5f) {
    *t = fmaxf(fminf(cool, *t), 0.85f * *t);
  } else if (self->class_ == FIQ_STABILITY_STABLE) {
    *t = fminf(warm, 1.05f * *t);
  } else {
    *t += 0.05f * (1.0f - *t);
  }
  *c = self->class_ == FIQ_STABILITY_CHAOTIC ? fmaxf(0.5f, 0.9f * *c) : fminf(1.0f, 1.02f * *c);
}

/// One estimate more.
static void estimate(FiqStability* self, const FiqStabilityParams* params)
{
  const float order          = self->order_sum / self->since_s;
  self->estimate[self->next] = self->grown / self->since_s;
  self->order[self->next]    = order;
  self->next                 = (self->next + 1) % FIQ_STABILITY_WINDOW;
  if (self->n_estimates < FIQ_STABILITY_WINDOW) {
    ++self->n_estimates;
  }
  const float level = mean_of(self->order, self->n_estimates);
  const float part  = expf(-self->since_s / forget_tau_s);
  const float late  = expf(-self->since_s / late_tau_s);
  self->best_order  = fmaxf(level, level + (self->best_order - level) * part);
  self->late_order =
      self->n_estimates < FIQ_STABILITY_WINDOW ? level : level + (self->late_order - level) * late;
  self->lyapunov = mean_of(self->estimate, self->n_estimates);
  self->class_   = class_of(self->lyapunov, params->threshold_1_s);
  update_warning(self, params);
  take_back(self);
  self->grown     = 0.0f;
  self->order_sum = 0.0f;
  self->since_s   = 0.0f;
}

/// The network is another one: nothing that was counted holds for it.
static void start_over(FiqStability* self, FiqKuramoto* network)
{
  (void)fiq_kuramoto_tangent_growth(network);
  self->n_osc       = network->n_osc;
  self->n_estimates = 0;
  self->next        = 0;
  self->grown       = 0.0f;
  self->order_sum   = 0.0f;
  self->since_s     = 0.0f;
  self->unscaled    = 0.0f;
  self->best_order  = 0.0f;
  self->late_order  = 0.0f;
}

void fiq_stability_step(FiqStability* self, FiqKuramoto* network, const FiqStabilityParams* params,
                        float dt_s)
{
  assert(self);
  assert(network);
  assert(params->threshold_1_s > 0.0f);
  assert(params->period_s > 0.0f);
  assert(dt_s >= 0.0f && dt_s <= 1.0f);
  const bool  is_whole = fiq_kuramoto_tangent_is_whole(network);
  const float portion  = 1.0f - expf(-dt_s / smooth_tau_s);
  self->temperature += portion * (self->temperature_target - self->temperature);
  self->restraint += portion * (self->restraint_target - self->restraint);
  if (self->n_osc != network->n_osc) {
    if (is_whole) {
      start_over(self, network);
    }
    return;
  }
  self->order_sum += network->order * dt_s;
  self->since_s += dt_s;
  self->unscaled += params->rate_1_s * dt_s;
  const bool is_due = self->since_s >= params->period_s;
  if (is_whole && (is_due || self->unscaled > growth_max)) {
    self->grown += fiq_kuramoto_tangent_growth(network);
    self->unscaled = 0.0f;
    if (is_due) {
      estimate(self, params);
    }
  }
}
