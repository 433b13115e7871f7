// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/learn/lbfgs.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const double first_step    = 0.2;
static const double longest_step  = 1.0;
static const double armijo        = 1e-4;
static const double least_descent = 1e-9;

enum { SHORTENED_MAX = 8 };

static double dot_vectors(const double* a, const double* b, uint32_t n)
{
  double sum = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    sum += a[i] * b[i];
  }
  return sum;
}

static double largest(const double* a, uint32_t n)
{
  double most = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    most = fmax(most, fabs(a[i]));
  }
  return most;
}

void fiq_lbfgs_start(FiqLbfgs* self, uint32_t n, const float* x)
{
  assert(n >= 1 && n <= FIQ_LBFGS_MAX);
  memset(self, 0, sizeof *self);
  self->n = n;
  memcpy(self->x, x, n * sizeof(float));
  memcpy(self->trial, x, n * sizeof(float));
}

/// The two loops: direction = -H gradient.
static void find_direction(FiqLbfgs* self)
{
  const uint32_t n = self->n;
  double*        d = self->direction;
  double         share[FIQ_LBFGS_HISTORY];
  for (uint32_t i = 0; i < n; ++i) {
    d[i] = -self->gradient[i];
  }
  for (uint32_t h = self->n_history; h-- > 0;) {
    share[h] = dot_vectors(self->moved[h], d, n) / self->inner[h];
    for (uint32_t i = 0; i < n; ++i) {
      d[i] -= share[h] * self->turned[h][i];
    }
  }
  if (self->n_history) {
    const uint32_t last = self->n_history - 1;
    const double scale = self->inner[last] / dot_vectors(self->turned[last], self->turned[last], n);
    for (uint32_t i = 0; i < n; ++i) {
      d[i] *= scale;
    }
  }
  for (uint32_t h = 0; h < self->n_history; ++h) {
    const double back = share[h] - dot_vectors(self->turned[h], d, n) / self->inner[h];
    for (uint32_t i = 0; i < n; ++i) {
      d[i] += back * self->moved[h][i];
    }
  }
}

static void set_trial(FiqLbfgs* self)
{
  for (uint32_t i = 0; i < self->n; ++i) {
    self->trial[i] = (float)((double)self->x[i] + self->step * self->direction[i]);
  }
}

/// A new line from x.
static void begin_line(FiqLbfgs* self)
{
  find_direction(self);
  self->slope = dot_vectors(self->direction, self->gradient, self->n);
  if (!(self->slope < 0.0) && self->n_history) {
    self->n_history = 0;
    find_direction(self);
    self->slope = dot_vectors(self->direction, self->gradient, self->n);
  }
  const double reach = largest(self->direction, self->n);
  if (!(self->slope < 0.0) || !(reach > 0.0)) {
    self->is_converged = true;
    memcpy(self->trial, self->x, sizeof self->trial);
    return;
  }
  const double limit = self->n_history ? longest_step : first_step;
  self->step         = self->n_history ? fmin(1.0, limit / reach) : limit / reach;
  self->n_shortened  = 0;
  set_trial(self);
}

static void remember_pair(FiqLbfgs* self, const float* gradient)
{
  const uint32_t n = self->n;
  if (self->n_history == FIQ_LBFGS_HISTORY) {
    memmove(self->moved[0], self->moved[1], sizeof self->moved - sizeof self->moved[0]);
    memmove(self->turned[0], self->turned[1], sizeof self->turned - sizeof self->turned[0]);
    memmove(self->inner, self->inner + 1, sizeof self->inner - sizeof self->inner[0]);
    --self->n_history;
  }
  double* moved  = self->moved[self->n_history];
  double* turned = self->turned[self->n_history];
  for (uint32_t i = 0; i < n; ++i) {
    moved[i]  = (double)self->trial[i] - (double)self->x[i];
    turned[i] = (double)gradient[i] - self->gradient[i];
  }
  const double inner = dot_vectors(moved, turned, n);
  // Without positive curvature the pair would make the next direction point upward.
  if (inner > 1e-10 * sqrt(dot_vectors(moved, moved, n) * dot_vectors(turned, turned, n)) &&
      inner > 0.0) {
    self->inner[self->n_history++] = inner;
  }
}

static void accept(FiqLbfgs* self, double value, const float* gradient)
{
  if (self->is_started) {
    remember_pair(self, gradient);
  }
  memcpy(self->x, self->trial, sizeof self->x);
  self->value      = value;
  self->is_started = true;
  for (uint32_t i = 0; i < self->n; ++i) {
    self->gradient[i] = (double)gradient[i];
  }
  begin_line(self);
}

void fiq_lbfgs_tell(FiqLbfgs* self, double value, const float* gradient)
{
  assert(self->n);
  if (self->is_converged) {
    return;
  }
  if (!self->is_started || value <= self->value + armijo * self->step * self->slope) {
    accept(self, value, gradient);
    return;
  }
  // The minimum of the parabola through what is known, but neither nearly all nor nearly nothing.
  const double linear = self->step * self->slope;
  const double factor = -0.5 * linear / (value - self->value - linear);
  self->step *= fmin(0.5, fmax(0.1, factor));
  ++self->n_shortened;
  if (self->n_shortened > SHORTENED_MAX || -self->step * self->slope < least_descent) {
    if (self->n_history == 0) {
      self->is_converged = true;
      memcpy(self->trial, self->x, sizeof self->trial);
      return;
    }
    self->n_history = 0;
    begin_line(self);
    return;
  }
  set_trial(self);
}
