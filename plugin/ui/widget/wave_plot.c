// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/wave_plot.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static void draw_cross(const FiqPaint* paint, FiqRect r, double most)
{
  cairo_t* const cr = paint->cr;
  cairo_rectangle(cr, r.x, floor(r.y + 0.5 * r.height), r.width, 1.0 / paint->scale);
  cairo_rectangle(cr, floor(r.x + 0.5 * r.width), r.y, 1.0 / paint->scale, r.height);
  fiq_paint_color(paint, paint->theme->edge);
  cairo_fill(cr);
  const double rise = 0.5 * r.height / most;
  cairo_move_to(cr, r.x, r.y + 0.5 * r.height + rise);
  cairo_line_to(cr, r.x + r.width, r.y + 0.5 * r.height - rise);
  fiq_paint_color(paint, fiq_color_faded(paint->theme->faint, 0.4));
  cairo_set_line_width(cr, 1.0);
  cairo_stroke(cr);
}

static void draw_curve(const FiqWavePlot* self, const FiqPaint* paint, FiqRect r, uint32_t curve)
{
  cairo_t* const cr   = paint->cr;
  const double   step = r.width / (self->n[curve] - 1);
  for (uint32_t i = 0; i < self->n[curve]; ++i) {
    const double share = (double)self->value[curve][i] / self->most;
    cairo_line_to(cr, r.x + step * i, r.y + 0.5 * r.height * (1.0 - fmin(fmax(share, -1.0), 1.0)));
  }
  fiq_paint_curve(paint, fiq_theme_hue(paint->theme, self->hue[curve]), curve == 0 ? 1.8 : 1.3);
}

/// A name that stays readable over curves.
static void draw_name(const FiqPaint* paint, double x, double y, const char* name,
                      const FiqTextStyle* style)
{
  const double  width = fiq_text_width(name, style->size, style->weight) + 6.0;
  const double  left  = style->align == FIQ_ALIGN_RIGHT ? x - width + 3.0 : x - 3.0;
  const FiqRect box   = {left, y - 7.0, width, 14.0};
  fiq_paint_box(paint, box, 3.0, fiq_color_faded(paint->theme->panel, 0.8),
                fiq_color_faded(paint->theme->panel, 0.0));
  fiq_paint_text(paint, x, y, name, style);
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqWavePlot* const self = (const FiqWavePlot*)widget;
  const FiqRect            all  = fiq_rect_inset(widget->rect, 2.0);
  const double             high = all.height / self->rows;
  if (self->has_cross) {
    draw_cross(paint, all, self->most);
  }
  for (uint32_t curve = FIQ_WAVE_CURVES; curve-- > 0;) {
    const uint32_t     row   = self->rows > 1 ? curve : 0;
    const uint32_t     line  = curve - row;
    const FiqRect      r     = {all.x, all.y + high * row, all.width, high};
    const FiqTextStyle style = {10.5, FIQ_TEXT_REGULAR,
                                self->has_cross ? FIQ_ALIGN_LEFT : FIQ_ALIGN_RIGHT,
                                fiq_theme_hue(paint->theme, self->hue[curve])};
    if (self->n[curve] > 1) {
      draw_curve(self, paint, r, curve);
      if (self->name[curve]) {
        draw_name(paint, self->has_cross ? r.x + 6.0 : r.x + r.width, r.y + 9.0 + 15.0 * line,
                  self->name[curve], &style);
      }
    }
  }
}

static const FiqWidgetClass wave_plot_class = {.draw = draw};

FiqWavePlot* fiq_wave_plot_new(FiqStage* stage, bool has_cross)
{
  FiqWavePlot* const self = fiq_stage_add(stage, sizeof(*self), &wave_plot_class);
  if (self) {
    self->most      = 1.0;
    self->rows      = 1;
    self->has_cross = has_cross;
    self->hue[0]    = FIQ_HUE_ACCENT;
    self->hue[1]    = FIQ_HUE_PURPLE;
    self->hue[2]    = FIQ_HUE_ORANGE;
  }
  return self;
}

void fiq_wave_plot_show(FiqWavePlot* self, uint32_t curve, uint32_t n, const float* value)
{
  assert(curve < FIQ_WAVE_CURVES && n <= FIQ_WAVE_POINTS);
  if (self->n[curve] != n || memcmp(self->value[curve], value, n * sizeof(*value)) != 0) {
    self->n[curve] = n;
    memcpy(self->value[curve], value, n * sizeof(*value));
    self->base.is_dirty = true;
  }
}
