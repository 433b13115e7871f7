// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/tooltip.h"

#include <math.h>
#include <string.h>

static const double text_size = 11.5, line_height = 16.0, margin = 10.0, most_width = 300.0;

typedef struct {
  const FiqPaint* paint; ///< NULL only measures
  FiqTextStyle    style;
  double          x, y; ///< of the next line
  double          width;
} Writing;

static void write_line(void* handle, uint32_t index, const char* line)
{
  Writing* const writing = handle;
  (void)index;
  if (writing->paint) {
    fiq_paint_text(writing->paint, writing->x, writing->y + 0.5 * line_height, line,
                   &writing->style);
  }
  writing->width = fmax(writing->width, fiq_text_width(line, text_size, writing->style.weight));
  writing->y += line_height;
}

static void write_paragraph(Writing* writing, const char* text, FiqTextWeight weight)
{
  if (text && text[0]) {
    writing->style.weight = weight;
    fiq_text_break(text, text_size, weight, most_width, write_line, writing);
  }
}

static void write_all(const FiqWidget* widget, Writing* writing)
{
  write_paragraph(writing, widget->name, FIQ_TEXT_BOLD);
  write_paragraph(writing, widget->disabled, FIQ_TEXT_MEDIUM);
  write_paragraph(writing, widget->tip, FIQ_TEXT_REGULAR);
}

FiqRect fiq_tooltip_place(const FiqWidget* widget, FiqRect area)
{
  Writing writing = {.style = {.size = text_size}};
  write_all(widget, &writing);
  FiqRect      rect  = {0.0, 0.0, writing.width + 2.0 * margin, writing.y + 1.4 * margin};
  const double below = widget->rect.y + widget->rect.height + 6.0;
  const double above = widget->rect.y - rect.height - 6.0;
  const double last  = area.height - rect.height - 4.0;
  // Over a thing that fills the window the words stand in its corner.
  rect.y = below <= last ? below : (above >= 4.0 ? above : widget->rect.y + 24.0);
  rect.x = fmin(fmax(widget->rect.x, 4.0), area.width - rect.width - 4.0);
  return rect;
}

void fiq_tooltip_draw(const FiqWidget* widget, FiqRect rect, const FiqPaint* paint)
{
  Writing writing = {.paint = paint,
                     .style = {.size = text_size, .color = paint->theme->on_light},
                     .x     = rect.x + margin,
                     .y     = rect.y + 0.7 * margin};
  fiq_paint_box(paint, rect, 6.0, paint->theme->light, fiq_color_faded(paint->theme->ground, 1.0));
  write_all(widget, &writing);
}
