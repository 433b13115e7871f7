// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The tabs of controls: which parameter stands on which tab in which section. A small table places those that have
   a place of their own; every other parameter is found on the tab of its group, a new group on a tab of its name,
   and what a tab has no room for on a second one.  [ui]
*/
#ifndef FIQ_UI_SHEET_H
#define FIQ_UI_SHEET_H

#include "plugin/ui/page/control.h"
#include "plugin/ui/widget/tabs.h"

enum { FIQ_SECTIONS_MAX = 96, FIQ_SECTION_ROWS_MAX = 128, FIQ_SHEETS_MAX = FIQ_TABS_MAX };

/// Controls that belong together under one heading.
typedef struct {
  const char* title;
  const char* tab;
  const char* prefix; ///< of its controls' names, which is not written
  uint32_t    n_rows;
  uint32_t    row[FIQ_SECTION_ROWS_MAX];
  uint32_t    sheet; ///< that it stands on
  double      x, width;
  FiqWidget*  picture; ///< beside the controls, or NULL
  double      picture_width;
} FiqSection;

typedef struct {
  FiqControls* controls;
  FiqTabs*     tabs;
  FiqSection   section[FIQ_SECTIONS_MAX];
  uint32_t     n_sections;
  uint32_t     n_sheets;
  char         label[FIQ_SHEETS_MAX][48];
  FiqRect      area;
} FiqSheet;

/// Sort all parameters that the model's plugin shows, make their controls in Tab order, and a tab for each sheet.
/// `width` is that of the area at the smallest window. False if memory is short.
bool fiq_sheet_init(FiqSheet* self, FiqControls* controls, FiqTabs* tabs, double width);

/// Put a picture before the controls of the section with that title; not shown where there is no such section.
void fiq_sheet_set_picture(FiqSheet* self, const char* title, FiqWidget* picture);

/// Place the controls of the present tab, hide all others.
void fiq_sheet_layout(FiqSheet* self, FiqRect area);

/// Headings of the present tab.
void fiq_sheet_ground(const FiqSheet* self, const FiqPaint* paint);

/// The sheet that a row's control stands on.
uint32_t fiq_sheet_of(const FiqSheet* self, uint32_t row);

#endif
