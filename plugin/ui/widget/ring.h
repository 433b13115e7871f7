// SPDX-License-Identifier: GPL-3.0-or-later
/// How far something has come, as a ring with the share in its middle.  [ui]
#ifndef FIQ_UI_RING_H
#define FIQ_UI_RING_H

#include "plugin/ui/widget/widget.h"

typedef struct {
  FiqWidget base;
  double    share; ///< 0..1
  FiqHue    hue;
} FiqRing;

FiqRing* fiq_ring_new(FiqStage* stage, FiqHue hue);
void     fiq_ring_show(FiqRing* self, double share);

#endif
