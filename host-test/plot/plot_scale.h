// SPDX-License-Identifier: GPL-3.0-or-later
/**
   From values to places on an axis, and the round numbers that are written along it.
*/
#ifndef FIQ_PLOT_SCALE_H
#define FIQ_PLOT_SCALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FIQ_TICKS_MAX = 64, FIQ_TICK_BYTES = 24 };

typedef struct {
  double low;  ///< value at from_px; > 0 if logarithmic
  double high; ///< value at to_px, > low
  double from_px;
  double to_px;
  bool   logarithmic;
} FiqScale;

/// Place of `value` on the axis, beyond its ends if the value is.
double fiq_scale_px(const FiqScale* self, double value);

/// Round values within the scale, about `wanted` of them: steps of 1, 2 or 5 times a power of ten; on a
/// logarithmic scale 1, 2, 5 of each decade, or the decades alone. Returns how many.
uint32_t fiq_scale_ticks(const FiqScale* self, uint32_t wanted, double ticks[FIQ_TICKS_MAX]);

/// The same for seconds: from a minute on by steps that divide minutes and hours.
uint32_t fiq_scale_time_ticks(const FiqScale* self, uint32_t wanted, double ticks[FIQ_TICKS_MAX]);

/// Write `value` with the digits that steps of `step` need; thousands and millions as k and M if `si`.
void fiq_tick_text(double value, double step, bool si, char to[FIQ_TICK_BYTES]);

/// Write seconds, as 1:05 or 1:02:05 if `clock`.
void fiq_tick_time(double value_s, double step_s, bool clock, char to[FIQ_TICK_BYTES]);

#endif
