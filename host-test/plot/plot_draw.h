// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What all panels of a picture are drawn with: colours, text, axes, curves over time, legends.
   Colours are those of Okabe and Ito (2008), which stay apart for colour-blind eyes. Curves are
   thinned to what a column of pixels can show, its first, lowest, highest and last value, so a
   picture of an hour is as quick to draw and as small as one of a minute.
*/
#ifndef FIQ_PLOT_DRAW_H
#define FIQ_PLOT_DRAW_H

#include "host-test/plot/plot_scale.h"
#include "host-test/plot/plot_trace.h"

#include <cairo.h>

typedef struct {
  double red, green, blue, alpha; ///< 0..1
} FiqColor;

extern const FiqColor fiq_ink, fiq_soft_ink, fiq_pale_ink, fiq_grid, fiq_paper;
extern const FiqColor fiq_blue, fiq_sky, fiq_green, fiq_orange, fiq_vermillion, fiq_purple,
    fiq_yellow, fiq_grey;

typedef enum { FIQ_LEFT, FIQ_CENTER, FIQ_RIGHT } FiqAlign;

/// A panel's place in the picture.
typedef struct {
  cairo_t*            cr;
  const FiqPlotTrace* trace;
  FiqScale            time;     ///< from_px and to_px are the left and right edge
  double              top;      ///< px
  double              bottom;   ///< px, > top
  double              legend_x; ///< px, left edge of the legend
  double              legend_y; ///< px, next free line of the legend; moves down as it fills
} FiqPanelArea;

/// How a curve looks.
typedef struct {
  FiqColor color;
  double   width; ///< px
  bool     dashed;
} FiqPen;

/// The same colour at `alpha` 0..1.
FiqColor fiq_faded(FiqColor color, double alpha);

/// Between two colours, `share` 0..1 of the way.
FiqColor fiq_mixed(FiqColor a, FiqColor b, double share);

void fiq_set_color(cairo_t* cr, FiqColor color);

/// Write `text` with its middle at height `y`, `size` px high; returns its width in px.
double fiq_draw_text(cairo_t* cr, double x, double y, const char* text, double size, FiqAlign align,
                     bool bold, FiqColor color);

/// Width that `text` would take, px.
double fiq_text_width(cairo_t* cr, const char* text, double size, bool bold);

/// Shorten `text` [n_bytes] by "..." until it fits into `width` px.
void fiq_fit_text(cairo_t* cr, char* text, size_t n_bytes, double size, bool bold, double width);

/// A scale along the panel's height.
FiqScale fiq_panel_scale(const FiqPanelArea* self, double low, double high, bool logarithmic);

/// Paper, and the lines of the shared time axis.
void fiq_draw_paper(const FiqPanelArea* self);

/// Lines and numbers of the left axis, with its `unit` beside it.
void fiq_draw_axis(const FiqPanelArea* self, const FiqScale* scale, const char* unit);

/// Numbers alone, on the right, in `color`.
void fiq_draw_right_axis(const FiqPanelArea* self, const FiqScale* scale, const char* unit,
                         FiqColor color);

/// The frame that closes a panel.
void fiq_draw_frame(const FiqPanelArea* self);

/// A curve of `values` [n_rows]; gaps stay gaps.
void fiq_draw_curve(const FiqPanelArea* self, const FiqScale* scale, const float* values,
                    FiqPen pen);

/// Fill between `values` [n_rows] and the height of `base`.
void fiq_draw_fill(const FiqPanelArea* self, const FiqScale* scale, const float* values,
                   double base, FiqColor color);

/// Fill between `low` and `high`, each [n_rows].
void fiq_draw_band(const FiqPanelArea* self, const FiqScale* scale, const float* low,
                   const float* high, FiqColor color);

/// A level line across the panel.
void fiq_draw_level(const FiqPanelArea* self, const FiqScale* scale, double value, FiqPen pen);

/// Lines of the legend: a piece of curve, a patch of colour, or words alone.
void fiq_legend_curve(FiqPanelArea* self, FiqPen pen, const char* text);
void fiq_legend_patch(FiqPanelArea* self, FiqColor color, const char* text);
void fiq_legend_words(FiqPanelArea* self, const char* text);

/// Px of the line `row`, held within the panel; row n_rows is its right edge.
double fiq_row_px(const FiqPanelArea* self, uint32_t row);

#endif
