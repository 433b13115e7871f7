// SPDX-License-Identifier: GPL-3.0-or-later
/// A stereo peak meter: -54 dB to +6, falls 24 dB a second, keeps a peak for a second and a half.  [ui]
#ifndef FIQ_UI_METER_H
#define FIQ_UI_METER_H

#include "plugin/ui/widget/widget.h"

typedef struct {
  FiqWidget base;
  double    level_db[2];
  double    peak_db[2];
  double    peak_s[2]; ///< when it was reached
  double    last_s;
  double    drawn[4]; ///< places of levels and peaks as last drawn
} FiqMeter;

FiqMeter* fiq_meter_new(FiqStage* stage);

/// New linear peaks.
void fiq_meter_show(FiqMeter* self, const float peak[2]);

/// Place of a level on such a meter, 0..1.
double fiq_meter_place(double level_db);

#endif
