// SPDX-License-Identifier: GPL-3.0-or-later
/// A row of tabs.  [ui]
#ifndef FIQ_UI_TABS_H
#define FIQ_UI_TABS_H

#include "plugin/ui/widget/widget.h"

enum { FIQ_TABS_MAX = 32 };

typedef struct {
  FiqWidget   base;
  const char* label[FIQ_TABS_MAX];
  uint32_t    n;
  uint32_t    current;
  uint32_t    marked; ///< a bit for each tab that has a dot
  int32_t     over;   ///< under the pointer, -1 for none
  void*       handle;
  void (*chosen)(void* handle, uint32_t tab);
} FiqTabs;

FiqTabs* fiq_tabs_new(FiqStage* stage, void* handle, void (*chosen)(void* handle, uint32_t tab));
void     fiq_tabs_add(FiqTabs* self, const char* label); ///< `label` must outlive it

/// Where a tab is, units.
FiqRect fiq_tabs_rect(const FiqTabs* self, uint32_t tab);

/// Dots on the tabs whose bits are set.
void fiq_tabs_mark(FiqTabs* self, uint32_t tabs);

/// Choose a tab; its owner hears of it.
void fiq_tabs_choose(FiqTabs* self, uint32_t tab);

#endif
