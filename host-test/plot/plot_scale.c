// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/plot/plot_scale.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

double fiq_scale_px(const FiqScale* self, double value)
{
  assert(self->high > self->low);
  const double share = self->logarithmic ? log(value / self->low) / log(self->high / self->low)
                                         : (value - self->low) / (self->high - self->low);
  return self->from_px + share * (self->to_px - self->from_px);
}

/// Smallest step of 1, 2 or 5 times a power of ten that makes at most `wanted` of `span`.
static double round_step(double span, uint32_t wanted)
{
  const double least = span / wanted;
  const double power = pow(10.0, floor(log10(least)));
  const double share = least / power;
  return power * (share <= 1.0 ? 1.0 : share <= 2.0 ? 2.0 : share <= 5.0 ? 5.0 : 10.0);
}

static uint32_t every(const FiqScale* self, double step, double ticks[FIQ_TICKS_MAX])
{
  uint32_t     n     = 0;
  const double slack = 1e-9 * step;
  for (double i = ceil((self->low - slack) / step);
       i * step <= self->high + slack && n < FIQ_TICKS_MAX; i += 1.0) {
    ticks[n++] = i * step;
  }
  return n;
}

static uint32_t log_ticks(const FiqScale* self, uint32_t wanted, double ticks[FIQ_TICKS_MAX])
{
  static const double parts[3] = {1.0, 2.0, 5.0};
  const int           first    = (int)floor(log10(self->low));
  const int           last     = (int)floor(log10(self->high));
  uint32_t            n        = 0;
  const int           n_parts  = (uint32_t)(3 * (last - first + 1)) <= 2 * wanted ? 3 : 1;
  for (int power = first; power <= last; ++power) {
    for (int i = 0; i < n_parts; ++i) {
      const double value = parts[i] * pow(10.0, power);
      if (value >= self->low && value <= self->high && n < FIQ_TICKS_MAX) {
        ticks[n++] = value;
      }
    }
  }
  return n;
}

uint32_t fiq_scale_ticks(const FiqScale* self, uint32_t wanted, double ticks[FIQ_TICKS_MAX])
{
  assert(wanted > 0);
  // Less than a decade is better served by even steps.
  if (self->logarithmic && self->high > 6.0 * self->low) {
    return log_ticks(self, wanted, ticks);
  }
  return every(self, round_step(self->high - self->low, wanted), ticks);
}

uint32_t fiq_scale_time_ticks(const FiqScale* self, uint32_t wanted, double ticks[FIQ_TICKS_MAX])
{
  static const double steps_s[] = {10.0,  15.0,  30.0,   60.0,   120.0,  300.0,
                                   600.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0};
  const double        span_s    = self->high - self->low;
  assert(wanted > 0);
  for (size_t i = 0; i < sizeof steps_s / sizeof steps_s[0] && span_s / wanted > 5.0; ++i) {
    if (span_s / steps_s[i] <= wanted) {
      return every(self, steps_s[i], ticks);
    }
  }
  return every(self, round_step(span_s, wanted), ticks);
}

void fiq_tick_text(double value, double step, bool si, char to[FIQ_TICK_BYTES])
{
  const double large  = fabs(value) > fabs(step) ? fabs(value) : fabs(step);
  const bool   kilo   = si && large >= 1e3;
  const bool   mega   = si && large >= 1e6;
  const double unit   = mega ? 1e6 : (kilo ? 1e3 : 1.0);
  const double fine   = step / unit;
  const int    digits = fine >= 1.0 ? 0 : (int)ceil(-log10(fine) - 1e-9);
  const double shown  = fabs(value) < 1e-9 * step ? 0.0 : value / unit; // no minus before 0
  snprintf(to, FIQ_TICK_BYTES, "%.*f%s", digits < 9 ? digits : 9, shown,
           mega ? "M" : (kilo ? "k" : ""));
}

void fiq_tick_time(double value_s, double step_s, bool clock, char to[FIQ_TICK_BYTES])
{
  if (!clock) {
    fiq_tick_text(value_s, step_s, false, to);
    return;
  }
  const long seconds = lround(value_s);
  if (seconds >= 3600) {
    snprintf(to, FIQ_TICK_BYTES, "%ld:%02ld:%02ld", seconds / 3600, seconds / 60 % 60,
             seconds % 60);
  } else {
    snprintf(to, FIQ_TICK_BYTES, "%ld:%02ld", seconds / 60, seconds % 60);
  }
}
