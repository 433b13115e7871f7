// SPDX-License-Identifier: GPL-3.0-or-later
/// A list of words to choose from, over all else; typing goes to the next that begins so.  [ui]
#ifndef FIQ_UI_MENU_H
#define FIQ_UI_MENU_H

#include "plugin/ui/widget/widget.h"

typedef struct {
  FiqWidget          base;
  const char* const* items; ///< [n_items], kept by the owner while it is open
  uint32_t           n_items;
  uint32_t           current; ///< lit
  int32_t            marked;  ///< has a mark, -1 for none
  uint32_t           first;   ///< uppermost shown
  void*              handle;
  void (*chosen)(void* handle, uint32_t item); ///< after it closed
} FiqMenu;

/// A menu that is not shown yet.
FiqMenu* fiq_menu_new(FiqStage* stage);

/// Open it under `anchor`, or above where there is more room; `marked` is the present item, -1 for none.
void fiq_menu_open(FiqMenu* self, FiqRect anchor, const char* const* items, uint32_t n_items,
                   int32_t marked, void* handle, void (*chosen)(void* handle, uint32_t item));

#endif
