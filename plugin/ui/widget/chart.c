// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/chart.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

static double y_of(FiqRect r, double value)
{
  return r.y + (1.0 - fmin(fmax(value, 0.0), 1.0)) * r.height;
}

static void draw_curve(const FiqChart* self, const FiqPaint* paint, FiqRect r, uint32_t curve)
{
  cairo_t* const cr    = paint->cr;
  const uint32_t first = (self->head + FIQ_CHART_POINTS - self->n_points) % FIQ_CHART_POINTS;
  const double   step  = r.width / (FIQ_CHART_POINTS - 1);
  const double   left  = r.x + r.width - step * (self->n_points - 1);
  for (uint32_t i = 0; i < self->n_points; ++i) {
    cairo_line_to(cr, left + step * i,
                  y_of(r, (double)self->value[curve][(first + i) % FIQ_CHART_POINTS]));
  }
  fiq_paint_curve(paint, fiq_theme_hue(paint->theme, self->hue[curve]), curve == 0 ? 1.8 : 1.2);
}

static void draw_names(const FiqChart* self, const FiqPaint* paint, FiqRect r)
{
  double x = r.x + 4.0;
  for (uint32_t i = 0; i < self->n_curves && self->name[i]; ++i) {
    const FiqTextStyle style = {11.0, FIQ_TEXT_MEDIUM, FIQ_ALIGN_LEFT,
                                fiq_theme_hue(paint->theme, self->hue[i])};
    x += fiq_paint_text(paint, x, r.y + 10.0, self->name[i], &style) + 16.0;
  }
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqChart* const self  = (const FiqChart*)widget;
  const FiqTheme* const theme = paint->theme;
  const FiqRect         r     = widget->rect;
  if (self->zone_high > self->zone_low) {
    const FiqTextStyle style = {9.5, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, theme->green};
    const double       top   = y_of(r, self->zone_high);
    const double       low   = y_of(r, self->zone_low);
    cairo_rectangle(paint->cr, r.x, top, r.width, fmax(low - top, 1.0));
    fiq_paint_color(paint, fiq_color_mixed(theme->panel, theme->green, 0.13));
    cairo_fill(paint->cr);
    fiq_paint_text(paint, r.x + 4.0, fmin(top + 7.0, r.y + r.height - 6.0), self->word, &style);
  }
  for (int i = 0; i <= 2; ++i) {
    cairo_rectangle(paint->cr, r.x, floor(y_of(r, 0.5 * i)), r.width, 1.0 / paint->scale);
  }
  fiq_paint_color(paint, theme->edge);
  cairo_fill(paint->cr);
  cairo_save(paint->cr);
  cairo_rectangle(paint->cr, r.x, r.y - 1.0, r.width, r.height + 2.0);
  cairo_clip(paint->cr);
  for (uint32_t curve = self->n_curves; curve-- > 0 && self->n_points > 1;) {
    draw_curve(self, paint, r, curve);
  }
  cairo_restore(paint->cr);
  draw_names(self, paint, r);
}

static const FiqWidgetClass chart_class = {.draw = draw};

FiqChart* fiq_chart_new(FiqStage* stage, uint32_t n_curves, double every_s)
{
  assert(n_curves >= 1 && n_curves <= FIQ_CHART_CURVES && every_s > 0.0);
  FiqChart* const self = fiq_stage_add(stage, sizeof(*self), &chart_class);
  if (self) {
    self->n_curves = n_curves;
    self->every_s  = every_s;
    for (uint32_t i = 0; i < FIQ_CHART_CURVES; ++i) {
      static const FiqHue hues[FIQ_CHART_CURVES] = {FIQ_HUE_ACCENT, FIQ_HUE_ORANGE, FIQ_HUE_PURPLE,
                                                    FIQ_HUE_GREEN,  FIQ_HUE_PINK,   FIQ_HUE_BLUE};
      self->hue[i]                               = hues[i];
    }
  }
  return self;
}

void fiq_chart_show(FiqChart* self, const float* value, double now_s)
{
  if (now_s - self->last_s < self->every_s && now_s >= self->last_s) {
    return;
  }
  self->last_s = now_s;
  for (uint32_t curve = 0; curve < self->n_curves; ++curve) {
    self->value[curve][self->head] = value[curve];
  }
  self->head          = (self->head + 1) % FIQ_CHART_POINTS;
  self->n_points      = self->n_points < FIQ_CHART_POINTS ? self->n_points + 1 : FIQ_CHART_POINTS;
  self->base.is_dirty = true;
}

void fiq_chart_zone(FiqChart* self, double low, double high, const char* word)
{
  if (fabs(low - self->zone_low) + fabs(high - self->zone_high) > 1e-6) {
    self->zone_low      = low;
    self->zone_high     = high;
    self->base.is_dirty = true;
  }
  snprintf(self->word, sizeof(self->word), "%s", word);
}
