// SPDX-License-Identifier: GPL-3.0-or-later
/// Up to six values of 0..1 over the last seconds, with a zone.  [ui]
#ifndef FIQ_UI_CHART_H
#define FIQ_UI_CHART_H

#include "plugin/ui/widget/widget.h"

enum { FIQ_CHART_CURVES = 6, FIQ_CHART_POINTS = 360 };

typedef struct {
  FiqWidget   base;
  uint32_t    n_curves;
  FiqHue      hue[FIQ_CHART_CURVES];
  const char* name[FIQ_CHART_CURVES];                    ///< written above, NULL for none
  float       value[FIQ_CHART_CURVES][FIQ_CHART_POINTS]; ///< a ring
  uint32_t    n_points;
  uint32_t    head;                ///< next to be written
  double      zone_low, zone_high; ///< equal: none
  double      every_s;             ///< of wall clock a point
  double      last_s;
  char        word[24]; ///< beside the zone
} FiqChart;

FiqChart* fiq_chart_new(FiqStage* stage, uint32_t n_curves, double every_s);

/// The present values [n_curves]; kept when a point is due.
void fiq_chart_show(FiqChart* self, const float* value, double now_s);
void fiq_chart_zone(FiqChart* self, double low, double high, const char* word);

#endif
