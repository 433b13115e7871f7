// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/ring.h"

#include <math.h>
#include <stdio.h>

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqRing* const self  = (const FiqRing*)widget;
  const FiqRect        rect  = widget->rect;
  const double         x     = rect.x + 0.5 * rect.width;
  const double         y     = rect.y + 0.5 * rect.height;
  const double         r     = 0.5 * fmin(rect.width, rect.height) - 5.0;
  const double         top   = -1.5707963267948966;
  const FiqTextStyle   style = {14.0, FIQ_TEXT_BOLD, FIQ_ALIGN_CENTER, paint->theme->ink};
  char                 text[16];
  cairo_set_line_width(paint->cr, 6.0);
  cairo_set_line_cap(paint->cr, CAIRO_LINE_CAP_ROUND);
  cairo_arc(paint->cr, x, y, r, 0.0, 6.2831853071795865);
  fiq_paint_color(paint, paint->theme->well);
  cairo_stroke(paint->cr);
  if (self->share > 0.0) {
    cairo_arc(paint->cr, x, y, r, top, top + 6.2831853071795865 * self->share);
    fiq_paint_color(paint, fiq_theme_hue(paint->theme, self->hue));
    cairo_stroke(paint->cr);
  }
  snprintf(text, sizeof(text), "%.0f %%", 100.0 * self->share);
  fiq_paint_text(paint, x, y, text, &style);
}

static const FiqWidgetClass ring_class = {.draw = draw};

FiqRing* fiq_ring_new(FiqStage* stage, FiqHue hue)
{
  FiqRing* const self = fiq_stage_add(stage, sizeof(*self), &ring_class);
  if (self) {
    self->hue = hue;
  }
  return self;
}

void fiq_ring_show(FiqRing* self, double share)
{
  const double legal = fmin(fmax(share, 0.0), 1.0);
  if (fabs(legal - self->share) > 0.002) {
    self->share         = legal;
    self->base.is_dirty = true;
  }
}
