// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Moments that have names: a button that names what sounds (or what is recalled) now, and the names, of which those that are
   pressed are recalled, several as their mixture.  [ui]
*/
#ifndef FIQ_UI_MOMENTS_BOX_H
#define FIQ_UI_MOMENTS_BOX_H

#include "plugin/ui/page/control.h"

enum { FIQ_MOMENTS_MAX = 32, FIQ_MOMENT_NAME_BYTES = 24, FIQ_MOMENTS_CALLED = 8 };

typedef struct {
  FiqWidget    base;
  FiqControls* controls;
  char         shown[FIQ_UI_MOMENTS_BYTES];                  ///< the model's names as last read
  char         name[FIQ_MOMENTS_MAX][FIQ_MOMENT_NAME_BYTES]; ///< [n]
  uint32_t     n;
  uint32_t     called;    ///< a bit for each that is
  uint32_t     lit;       ///< by the keys: 0 the button, then the names
  int32_t      over;      ///< under the pointer, -1 for none
  uint32_t     first_row; ///< uppermost shown
} FiqMomentsBox;

FiqMomentsBox* fiq_moments_box_new(FiqControls* controls);
void           fiq_moments_box_refresh(FiqMomentsBox* self);

#endif
