// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/bars.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static double bar_width(const FiqBars* self, FiqRect r)
{
  return fmin(fmax(0.6 * r.width / fmax(self->n, 8.0), 1.5), 9.0);
}

static void draw_bars(const FiqBars* self, const FiqPaint* paint, FiqRect r, const float* level,
                      FiqColor color)
{
  const double bar = bar_width(self, r);
  for (uint32_t i = 0; i < self->n; ++i) {
    const double height = fmax((double)level[i], 0.0) * r.height;
    cairo_rectangle(paint->cr, r.x + (double)self->place[i] * (r.width - bar),
                    r.y + r.height - height, bar, height);
  }
  fiq_paint_color(paint, color);
  cairo_fill(paint->cr);
}

/// Place of point `i` of a curve: from the middle of the first bar to that of the last.
static double point_x(const FiqBars* self, FiqRect r, uint32_t i)
{
  const double bar = bar_width(self, r);
  return r.x + 0.5 * bar + (r.width - bar) * i / (FIQ_BARS_POINTS - 1);
}

static void draw_area(const FiqBars* self, const FiqPaint* paint, FiqRect r)
{
  cairo_t* const cr = paint->cr;
  cairo_move_to(cr, point_x(self, r, 0), r.y + r.height);
  for (uint32_t i = 0; i < FIQ_BARS_POINTS; ++i) {
    cairo_line_to(cr, point_x(self, r, i), r.y + (1.0 - (double)self->shape.ground[i]) * r.height);
  }
  cairo_line_to(cr, point_x(self, r, FIQ_BARS_POINTS - 1), r.y + r.height);
  cairo_close_path(cr);
  fiq_paint_color(paint, fiq_color_faded(paint->theme->pink, 0.28));
  cairo_fill(cr);
}

static void draw_curve(const FiqBars* self, const FiqPaint* paint, FiqRect r)
{
  cairo_t* const      cr    = paint->cr;
  const FiqTheme*     theme = paint->theme;
  const FiqBarsShape* shape = &self->shape;
  const double        zero  = r.y + (1.0 - (double)shape->zero) * r.height;
  cairo_rectangle(cr, r.x, zero, r.width, 1.0 / paint->scale);
  fiq_paint_color(paint, fiq_color_faded(theme->ink, 0.25));
  cairo_fill(cr);
  for (uint32_t i = 0; i < FIQ_BARS_POINTS; ++i) {
    cairo_line_to(cr, point_x(self, r, i), r.y + (1.0 - (double)shape->curve[i]) * r.height);
  }
  fiq_paint_color(paint, theme->orange);
  cairo_set_line_width(cr, 1.6 * theme->line);
  cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
  cairo_stroke(cr);
  const FiqTextStyle style = {9.5, FIQ_TEXT_REGULAR, FIQ_ALIGN_RIGHT, theme->soft};
  const double       width = fiq_text_width(shape->caption, style.size, style.weight) + 6.0;
  const FiqRect      box   = {r.x + r.width - width + 3.0, r.y - 2.0, width, 14.0};
  const FiqColor     back  = fiq_color_faded(theme->ground, 0.8);
  fiq_paint_box(paint, box, 3.0, back, fiq_color_faded(back, 0.0));
  fiq_paint_text(paint, r.x + r.width, r.y + 5.0, shape->caption, &style);
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqBars* const self = (const FiqBars*)widget;
  const FiqRect        r    = fiq_rect_inset(widget->rect, 6.0);
  const FiqColor       hue  = fiq_theme_hue(paint->theme, self->hue);
  fiq_paint_box(paint, widget->rect, 6.0,
                fiq_color_mixed(paint->theme->panel, paint->theme->ground, 0.6),
                paint->theme->edge);
  if (self->is_shaped) {
    draw_area(self, paint, r);
  }
  draw_bars(self, paint, r, self->level, self->is_shaped ? fiq_color_faded(hue, 0.3) : hue);
  if (self->is_shaped) {
    draw_bars(self, paint, r, self->shape.heard, hue);
    draw_curve(self, paint, r);
  }
}

static const FiqWidgetClass bars_class = {.draw = draw};

FiqBars* fiq_bars_new(FiqStage* stage)
{
  FiqBars* const self = fiq_stage_add(stage, sizeof(*self), &bars_class);
  if (self) {
    self->hue = FIQ_HUE_BLUE;
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

void fiq_bars_shape(FiqBars* self, const FiqBarsShape* shape)
{
  if (!shape) {
    self->base.is_dirty = self->base.is_dirty || self->is_shaped;
    self->is_shaped     = false;
    return;
  }
  const FiqBarsShape* const old  = &self->shape;
  const bool                same = self->is_shaped && fabsf(old->zero - shape->zero) < 1e-6f &&
                    memcmp(old->heard, shape->heard, self->n * sizeof(float)) == 0 &&
                    memcmp(old->curve, shape->curve, sizeof(shape->curve)) == 0 &&
                    memcmp(old->ground, shape->ground, sizeof(shape->ground)) == 0 &&
                    strcmp(old->caption, shape->caption) == 0;
  if (!same) {
    self->shape         = *shape;
    self->is_shaped     = true;
    self->base.is_dirty = true;
  }
}
