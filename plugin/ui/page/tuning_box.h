// SPDX-License-Identifier: GPL-3.0-or-later
/// Which scale the notes are tuned to: a Scala file, whose path is typed or pasted, or equal temperament.  [ui]
#ifndef FIQ_UI_TUNING_BOX_H
#define FIQ_UI_TUNING_BOX_H

#include "plugin/ui/page/control.h"

typedef struct {
  FiqWidget    base;
  FiqControls* controls;
  int32_t      over;        ///< button under the pointer: 0 file, 1 equal; -1 none
  char         shown[1024]; ///< path as last drawn
} FiqTuningBox;

FiqTuningBox* fiq_tuning_box_new(FiqControls* controls);
void          fiq_tuning_box_refresh(FiqTuningBox* self);

#endif
