// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A picture of few colours, kept as runs of equal pixels: what lies behind the widgets (panels, edges, headings) takes
   some hundred kB at any size instead of four bytes a pixel. A row like the one above it takes no runs of its own.
   Surfaces are CAIRO_FORMAT_RGB24.  [ui]
*/
#ifndef FIQ_UI_GROUND_H
#define FIQ_UI_GROUND_H

#include "plugin/ui/window/events.h"

#include <cairo.h>

/// Pixels of one colour, up to column `end` of their row.
typedef struct {
  uint32_t pixel;
  uint32_t end;
} FiqGroundRun;

typedef struct {
  uint32_t      width, height; ///< px; 0: nothing is kept
  uint32_t*     first;         ///< [height] of each row's runs
  FiqGroundRun* run;           ///< [n_runs]
  uint32_t      n_runs;
  uint32_t      n_room; ///< runs that fit
} FiqGround;

/// Keep what is on `surface` now. False, and nothing is kept, if memory is short.
bool fiq_ground_keep(FiqGround* self, cairo_surface_t* surface);

/// Whether what is kept is of that surface's size.
bool fiq_ground_fits(const FiqGround* self, cairo_surface_t* surface);

/// Put back a region within the surface, of the size that was kept, as it was.
void fiq_ground_restore(const FiqGround* self, cairo_surface_t* surface, FiqUiRegion region);

void fiq_ground_clear(FiqGround* self);

#endif
