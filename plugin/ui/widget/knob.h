// SPDX-License-Identifier: GPL-3.0-or-later
/// A knob: label over it, value under it, a second ring where the value is modulated.  [ui]
#ifndef FIQ_UI_KNOB_H
#define FIQ_UI_KNOB_H

#include "plugin/ui/widget/value.h"

enum { FIQ_KNOB_WIDTH = 76, FIQ_KNOB_HEIGHT = 84 }; ///< units that a knob is drawn for

typedef struct {
  FiqValue    value;
  const char* label;
  FiqHue      hue;
} FiqKnob;

/// A knob on the stage; `label` must outlive it. NULL if memory is short.
FiqKnob* fiq_knob_new(FiqStage* stage, const char* label, FiqRange range, FiqValueOwner owner);

#endif
