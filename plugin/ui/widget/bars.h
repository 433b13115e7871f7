// SPDX-License-Identifier: GPL-3.0-or-later
/// Levels as bars side by side, with a curve over them where there is one.  [ui]
#ifndef FIQ_UI_BARS_H
#define FIQ_UI_BARS_H

#include "plugin/ui/widget/widget.h"

enum { FIQ_BARS_MAX = 64 };

typedef struct {
  FiqWidget base;
  uint32_t  n;
  float     level[FIQ_BARS_MAX]; ///< [n] 0..1
  float     place[FIQ_BARS_MAX]; ///< [n] middle of each bar, 0..1 of the width
  FiqHue    hue;
} FiqBars;

FiqBars* fiq_bars_new(FiqStage* stage);
void     fiq_bars_show(FiqBars* self, uint32_t n, const float* level, const float* place);

#endif
