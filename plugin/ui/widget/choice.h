// SPDX-License-Identifier: GPL-3.0-or-later
/**
   One of a few: buttons side by side, or in a column, where there is room for every word, else a box that opens a
   list. A switch is a choice of two, drawn as a switch.  [ui]
*/
#ifndef FIQ_UI_CHOICE_H
#define FIQ_UI_CHOICE_H

#include "plugin/ui/widget/value.h"

typedef enum {
  FIQ_CHOICE_ROW,   ///< buttons side by side
  FIQ_CHOICE_GRID,  ///< in two rows
  FIQ_CHOICE_BOX,   ///< the present one, a list on demand
  FIQ_CHOICE_SWITCH ///< off and on
} FiqChoiceLook;

typedef struct {
  FiqValue           value;
  const char*        label;
  const char* const* items; ///< [n_items], NULL for a switch
  uint32_t           n_items;
  FiqChoiceLook      look;
  int32_t            pressed; ///< item under the button that is held, -1 for none
} FiqChoice;

/// `items` [n_items] and `label` must outlive it; for a switch items is NULL.
FiqChoice* fiq_choice_new(FiqStage* stage, const char* label, const char* const* items,
                          uint32_t n_items, FiqRange range, FiqValueOwner owner);

/// Width that the choice wants, units; decides how it looks.
double fiq_choice_width(FiqChoice* self);

#endif
