// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What all widgets are drawn with: a Cairo context whose unit is a pixel at 100 %, colours, text, shapes.
   Text is Inter or, where it is missing, what fontconfig gives instead (DejaVu Sans).
   Everything here is [ui].
*/
#ifndef FIQ_UI_PAINT_H
#define FIQ_UI_PAINT_H

#include "plugin/ui/widget/theme.h"

#include <cairo.h>
#include <stddef.h>

/// Units, from the window's upper left corner.
typedef struct {
  double x, y, width, height;
} FiqRect;

typedef enum { FIQ_ALIGN_LEFT, FIQ_ALIGN_CENTER, FIQ_ALIGN_RIGHT } FiqTextAlign;

typedef enum { FIQ_TEXT_REGULAR, FIQ_TEXT_MEDIUM, FIQ_TEXT_BOLD, FIQ_TEXT_N_WEIGHTS } FiqTextWeight;

typedef struct {
  cairo_t*         cr;      ///< scaled to units and clipped to what must be drawn
  cairo_surface_t* surface; ///< under it: an image, for those who write pixels
  double           scale;   ///< px a unit
  const FiqTheme*  theme;
} FiqPaint;

/// How a text looks.
typedef struct {
  double        size; ///< units
  FiqTextWeight weight;
  FiqTextAlign  align;
  FiqColor      color;
} FiqTextStyle;

void fiq_paint_color(const FiqPaint* self, FiqColor color);

/// Text with its middle at height `y` and its left, centre or right at `x`; returns its width in units.
double fiq_paint_text(const FiqPaint* self, double x, double y, const char* text,
                      const FiqTextStyle* style);

/// The same, shortened by "..." to `width` units.
void fiq_paint_text_within(const FiqPaint* self, double x, double y, double width, const char* text,
                           const FiqTextStyle* style);

/// Width that `text` takes, units; needs no context.
double fiq_text_width(const char* text, double size, FiqTextWeight weight);

/// Break `text` into lines of at most `width` units: calls `line` for each, in order; returns their number.
typedef void (*FiqTextLine)(void* handle, uint32_t index, const char* line);
uint32_t fiq_text_break(const char* text, double size, FiqTextWeight weight, double width,
                        FiqTextLine line, void* handle);

/// A rectangle with round corners as the current path.
void fiq_paint_round(const FiqPaint* self, FiqRect rect, double radius);

/// The same, filled, and with an edge if `edge` is not transparent.
void fiq_paint_box(const FiqPaint* self, FiqRect rect, double radius, FiqColor fill, FiqColor edge);

/// Stroke the path as a curve `width` wide, with round joins.
void fiq_paint_curve(const FiqPaint* self, FiqColor color, double width);

/// A level bar from the left: `share` 0..1 of it in `color`.
void fiq_paint_bar(const FiqPaint* self, FiqRect rect, double share, FiqColor color);

/// The small lock beside a label; its middle at x, y.
void fiq_paint_lock(const FiqPaint* self, double x, double y, FiqColor color);

/// Whether the point lies in the rectangle.
bool fiq_rect_has(FiqRect rect, double x, double y);

/// Whether two rectangles share an area.
bool fiq_rect_meets(FiqRect a, FiqRect b);

/// `rect` made smaller by `by` units on each side.
FiqRect fiq_rect_inset(FiqRect rect, double by);

#endif
