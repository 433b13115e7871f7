// SPDX-License-Identifier: GPL-3.0-or-later
/// An envelope of attack, decay, sustain and release whose corners can be dragged.  [ui]
#ifndef FIQ_UI_ENVELOPE_H
#define FIQ_UI_ENVELOPE_H

#include "plugin/ui/widget/value.h"

enum {
  FIQ_ENVELOPE_ATTACK,
  FIQ_ENVELOPE_DECAY,
  FIQ_ENVELOPE_SUSTAIN,
  FIQ_ENVELOPE_RELEASE,
  FIQ_ENVELOPE_VALUES
};

typedef struct {
  FiqWidget base;
  FiqRange  range[FIQ_ENVELOPE_VALUES]; ///< the times are logarithmic
  double    value[FIQ_ENVELOPE_VALUES];
  FiqHue    hue;
  int32_t   corner; ///< in the hand: 0 attack, 1 decay and sustain, 2 release; -1 none
  int32_t   over;   ///< under the pointer
  void*     handle;
  void (*changed)(void* handle, uint32_t which, double value);
  void (*touched)(void* handle, uint32_t which, bool held);
} FiqEnvelope;

FiqEnvelope* fiq_envelope_new(FiqStage* stage, const FiqRange range[FIQ_ENVELOPE_VALUES]);
void         fiq_envelope_show(FiqEnvelope* self, const double value[FIQ_ENVELOPE_VALUES]);

#endif
