// SPDX-License-Identifier: GPL-3.0-or-later
/**
   One of the two windows' contents: header, pictures, tabs of controls, keyboard. It draws on any cairo surface and
   takes events, so that a window or a test can hold it. Nothing here knows X.

   At a scale of 1 a page is 1120 x 720 units, never less; a larger window has larger pictures.
   Owner's round: fiq_ui_page_event() for what the window hears, fiq_ui_page_idle() 20 to 60 times a second,
   and when that returns true fiq_ui_page_draw() and a present of its regions. All [ui].
*/
#ifndef FIQ_UI_PAGE_H
#define FIQ_UI_PAGE_H

#include "plugin/ui/page/model.h"
#include "plugin/ui/window/events.h"

#include <cairo.h>
#include <stddef.h>

enum {
  FIQ_UI_PAGE_WIDTH  = 1120, ///< smallest, at 100 %
  FIQ_UI_PAGE_HEIGHT = 720,
  FIQ_UI_REGIONS_MAX = 32,
  FIQ_UI_ZOOM_MIN    = 75, ///< percent
  FIQ_UI_ZOOM_MAX    = 300
};

typedef struct FiqUiPage FiqUiPage;

/// The page of the model's plugin; `model` must outlive it. NULL if memory is short.
FiqUiPage* fiq_ui_page_new(FiqUiModel* model);
void       fiq_ui_page_free(FiqUiPage* self);

/// Fit into `width` x `height` px, one unit being `scale` px. All must be drawn anew.
void fiq_ui_page_layout(FiqUiPage* self, uint32_t width, uint32_t height, double scale);

/// An event of the window; returns whether it was used.
bool fiq_ui_page_event(FiqUiPage* self, const FiqUiEvent* event);

/// Time passes: look at the model, move what moves. Returns whether there is something to draw.
bool fiq_ui_page_idle(FiqUiPage* self, double now_s);

/// Draw what changed since the last call on an image surface of the page's size, whose pixels are still those of
/// that call; writes what it touched to `regions` [FIQ_UI_REGIONS_MAX] and returns how many.
size_t fiq_ui_page_draw(FiqUiPage* self, cairo_surface_t* surface, FiqUiRegion* regions);

/// The surface is another one: draw all of it next time.
void fiq_ui_page_expose(FiqUiPage* self);

/// The window is hidden or goes: end the notes that it plays and let go of what the user holds.
void fiq_ui_page_let_go(FiqUiPage* self);

/// Where a parameter's control is, px: the tab that it stands on, and the control itself, empty while another tab is
/// shown. Returns false for rows that have none.
bool fiq_ui_page_locate(const FiqUiPage* self, uint32_t row, FiqUiRegion* tab,
                        FiqUiRegion* control);

/// What is written above a row's control, "" for none: its name without what the heading says.
const char* fiq_ui_page_label(const FiqUiPage* self, uint32_t row);

#endif
