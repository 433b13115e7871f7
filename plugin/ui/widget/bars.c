// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/bars.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqBars* const self = (const FiqBars*)widget;
  const FiqRect        r    = fiq_rect_inset(widget->rect, 6.0);
  const double         bar  = fmin(fmax(0.6 * r.width / fmax(self->n, 8.0), 1.5), 9.0);
  fiq_paint_box(paint, widget->rect, 6.0,
                fiq_color_mixed(paint->theme->panel, paint->theme->ground, 0.6),
                paint->theme->edge);
  for (uint32_t i = 0; i < self->n; ++i) {
    const double height = fmax((double)self->level[i], 0.0) * r.height;
    cairo_rectangle(paint->cr, r.x + (double)self->place[i] * (r.width - bar),
                    r.y + r.height - height, bar, height);
  }
  fiq_paint_color(paint, fiq_theme_hue(paint->theme, self->hue));
  cairo_fill(paint->cr);
}

static const FiqWidgetClass bars_class = {.draw = draw};

FiqBars* fiq_bars_new(FiqStage* stage)
{
  FiqBars* const self = fiq_stage_add(stage, sizeof(*self), &bars_class);
  if (self) {
    self->hue       = FIQ_HUE_BLUE;
    self->base.name = "Partials";
    self->base.tip  = "Levels of the harmonics, 48 dB high, over frequency.";
  }
  return self;
}

void fiq_bars_show(FiqBars* self, uint32_t n, const float* level, const float* place)
{
  assert(n <= FIQ_BARS_MAX);
  if (n != self->n || memcmp(self->level, level, n * sizeof(*level)) != 0 ||
      memcmp(self->place, place, n * sizeof(*place)) != 0) {
    self->n = n;
    memcpy(self->level, level, n * sizeof(*level));
    memcpy(self->place, place, n * sizeof(*place));
    self->base.is_dirty = true;
  }
}
