// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The whole picture: which panels, where they stand, title and time axis, and the file it goes to.
*/
#ifndef FIQ_PLOT_H
#define FIQ_PLOT_H

#include "host-test/common/pending_file.h"
#include "host-test/plot/plot_panels.h"

#define FIQ_PLOT_PANEL_LEAST 0.6 ///< of the height that a panel wants

enum { FIQ_PLOT_WIDTH_MIN = 600, FIQ_PLOT_WIDTH = 1200, FIQ_PLOT_SIDE_MAX = 16000 };

typedef struct {
  const char* title;                ///< NULL: made from the trace
  uint32_t    width_px;             ///< FIQ_PLOT_WIDTH_MIN..FIQ_PLOT_SIDE_MAX
  uint32_t    height_px;            ///< 0: what the panels want
  bool        panels[FIQ_N_PANELS]; ///< wanted
} FiqPlot;

/// Of the panels wanted those that `trace` has data for; false when there are none.
bool fiq_plot_choose(FiqPlot* self, const FiqPlotTrace* trace);

/// Height of the picture, px; at least `least` px are needed for these panels.
uint32_t fiq_plot_height(const FiqPlot* self, uint32_t* least);

/// Draw all of it, from the origin of `cr`.
void fiq_plot_draw(const FiqPlot* self, const FiqPlotTrace* trace, cairo_t* cr);

/// Draw it into `file`, which is open, as PNG or, if `svg`, as SVG, and complete it; says what is
/// wrong, and then leaves nothing.
bool fiq_plot_write(const FiqPlot* self, const FiqPlotTrace* trace, FiqPendingFile* file, bool svg);

#endif
