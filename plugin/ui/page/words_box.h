// SPDX-License-Identifier: GPL-3.0-or-later
/// The words that the notes sing: a box that shows them, and an entry to type or paste them.  [ui]
#ifndef FIQ_UI_WORDS_BOX_H
#define FIQ_UI_WORDS_BOX_H

#include "plugin/ui/page/control.h"

typedef struct {
  FiqWidget    base;
  FiqControls* controls;
  char         shown[FIQ_UI_WORDS_BYTES]; ///< as last drawn
} FiqWordsBox;

FiqWordsBox* fiq_words_box_new(FiqControls* controls);
void         fiq_words_box_refresh(FiqWordsBox* self);

#endif
