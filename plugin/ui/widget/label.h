// SPDX-License-Identifier: GPL-3.0-or-later
/// Words that change.  [ui]
#ifndef FIQ_UI_LABEL_H
#define FIQ_UI_LABEL_H

#include "plugin/ui/widget/widget.h"

enum { FIQ_LABEL_BYTES = 96 };

/// Which of the theme's inks.
typedef enum {
  FIQ_INK_PLAIN,
  FIQ_INK_SOFT,
  FIQ_INK_FAINT,
  FIQ_INK_ACCENT,
  FIQ_INK_GREEN,
  FIQ_INK_ORANGE
} FiqInk;

typedef struct {
  FiqWidget     base;
  char          text[FIQ_LABEL_BYTES];
  double        size;
  FiqTextWeight weight;
  FiqTextAlign  align;
  FiqInk        ink;
} FiqLabel;

FiqLabel* fiq_label_new(FiqStage* stage, double size, FiqTextWeight weight, FiqTextAlign align,
                        FiqInk ink);
void      fiq_label_show(FiqLabel* self, const char* text);

#endif
