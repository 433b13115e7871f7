// SPDX-License-Identifier: GPL-3.0-or-later
/// Levels as bars side by side, with a curve over them where there is one.  [ui]
#ifndef FIQ_UI_BARS_H
#define FIQ_UI_BARS_H

#include "plugin/ui/widget/widget.h"

enum { FIQ_BARS_MAX = 64, FIQ_BARS_POINTS = 96, FIQ_BARS_CAPTION_BYTES = 16 };

/// What shapes the bars. Heights are 0..1.
typedef struct {
  float heard[FIQ_BARS_MAX];     ///< [n] of each bar after it
  float curve[FIQ_BARS_POINTS];  ///< even over the width
  float ground[FIQ_BARS_POINTS]; ///< an area behind the bars, 0 for none
  float zero;                    ///< height of what changes nothing
  char  caption[FIQ_BARS_CAPTION_BYTES];
} FiqBarsShape;

typedef struct {
  FiqWidget    base;
  uint32_t     n;
  float        level[FIQ_BARS_MAX]; ///< [n] 0..1
  float        place[FIQ_BARS_MAX]; ///< [n] middle of each bar, 0..1 of the width
  FiqHue       hue;
  bool         is_shaped;
  FiqBarsShape shape;
} FiqBars;

FiqBars* fiq_bars_new(FiqStage* stage);
void     fiq_bars_show(FiqBars* self, uint32_t n, const float* level, const float* place);

/// Draw the bars dim, what is heard of them bright, and the curve over them; NULL for bars alone.
void fiq_bars_shape(FiqBars* self, const FiqBarsShape* shape);

#endif
