// SPDX-License-Identifier: GPL-3.0-or-later
/// Named levels as bars under each other, as dB from -54 to +6; they fall as the meter does.  [ui]
#ifndef FIQ_UI_LEVEL_ROWS_H
#define FIQ_UI_LEVEL_ROWS_H

#include "plugin/ui/widget/widget.h"

enum { FIQ_LEVEL_ROWS_MAX = 4 };

typedef struct {
  FiqWidget   base;
  uint32_t    n;
  const char* name[FIQ_LEVEL_ROWS_MAX];
  FiqHue      hue[FIQ_LEVEL_ROWS_MAX];
  double      level_db[FIQ_LEVEL_ROWS_MAX];
  double      drawn[FIQ_LEVEL_ROWS_MAX]; ///< places as last drawn
  double      last_s;
} FiqLevelRows;

FiqLevelRows* fiq_level_rows_new(FiqStage* stage, uint32_t n, const char* const* name,
                                 const FiqHue* hue);

/// New linear peaks [n].
void fiq_level_rows_show(FiqLevelRows* self, const float* peak);

#endif
