// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/band_plot.h"

#include "plugin/ui/widget/number_text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double low_hz = 20.0, high_hz = 20000.0, pi = 3.14159265358979323846;
static const double spectrum_low_db = -90.0, spectrum_high_db = 0.0, left = 40.0, bottom = 18.0;

static FiqRect plot_rect(const FiqBandPlot* self)
{
  const FiqRect rect = self->base.rect;
  return (FiqRect){rect.x + left, rect.y + 4.0, rect.width - left - 4.0,
                   rect.height - bottom - 8.0};
}

static double x_of(FiqRect plot, double hz)
{
  return plot.x + plot.width * log(fmax(hz, low_hz) / low_hz) / log(high_hz / low_hz);
}

static double wrapped(double rad)
{
  return rad - 2.0 * pi * floor(rad / (2.0 * pi) + 0.5);
}

static double y_of(FiqRect plot, double rad)
{
  return plot.y + plot.height * (0.5 - wrapped(rad) / (2.0 * pi));
}

/// Low is cyan, high is pink, as the colours of notes are.
static FiqColor color_at(const FiqTheme* theme, double hz)
{
  const double   at       = fmin(fmax(log(hz / 40.0) / log(12000.0 / 40.0), 0.0), 0.999) * 3.0;
  const FiqColor stops[4] = {theme->accent, theme->blue, theme->purple, theme->pink};
  const int      i        = (int)at;
  return fiq_color_mixed(stops[i], stops[i + 1], at - i);
}

static void draw_axes(const FiqPaint* paint, FiqRect plot)
{
  static const double hz[]   = {50, 100, 200, 500, 1000, 2000, 5000, 10000};
  const FiqTheme*     theme  = paint->theme;
  const FiqTextStyle  right  = {10.0, FIQ_TEXT_REGULAR, FIQ_ALIGN_RIGHT, theme->faint};
  const FiqTextStyle  center = {10.0, FIQ_TEXT_REGULAR, FIQ_ALIGN_CENTER, theme->faint};
  char                text[16];
  for (int quarter = -2; quarter <= 2; ++quarter) {
    const double y = floor(plot.y + plot.height * (0.5 - 0.25 * quarter));
    snprintf(text, sizeof(text), "%d\u00b0", 90 * quarter);
    cairo_rectangle(paint->cr, plot.x, y, plot.width, 1.0 / paint->scale);
    fiq_paint_color(paint, quarter == 0 ? fiq_color_faded(theme->faint, 0.45) : theme->edge);
    cairo_fill(paint->cr);
    fiq_paint_text(paint, plot.x - 8.0, y, text, &right);
  }
  for (size_t i = 0; i < sizeof(hz) / sizeof(hz[0]); ++i) {
    snprintf(text, sizeof(text), hz[i] < 1000 ? "%.0f" : "%.0f k",
             hz[i] < 1000 ? hz[i] : hz[i] / 1000.0);
    fiq_paint_text(paint, x_of(plot, hz[i]), plot.y + plot.height + 11.0, text, &center);
  }
}

static double curve_hz(const double ends[2], uint32_t i, uint32_t n)
{
  return ends[0] * pow(ends[1] / ends[0], n > 1 ? (double)i / (n - 1) : 0.0);
}

static void draw_spectrum(const FiqBandPlot* self, const FiqPaint* paint, FiqRect plot)
{
  cairo_t* const cr = paint->cr;
  if (self->n_spectrum < 2) {
    return;
  }
  cairo_move_to(cr, x_of(plot, self->spectrum_hz[0]), plot.y + plot.height);
  for (uint32_t i = 0; i < self->n_spectrum; ++i) {
    const double share =
        ((double)self->spectrum_db[i] - spectrum_low_db) / (spectrum_high_db - spectrum_low_db);
    cairo_line_to(cr, x_of(plot, curve_hz(self->spectrum_hz, i, self->n_spectrum)),
                  plot.y + plot.height * (1.0 - fmin(fmax(share, 0.0), 1.0)));
  }
  cairo_line_to(cr, x_of(plot, self->spectrum_hz[1]), plot.y + plot.height);
  cairo_close_path(cr);
  // Opaque, which is written without being read, and so pale that coarse edges are not seen.
  fiq_paint_color(paint, fiq_color_mixed(paint->theme->panel, paint->theme->blue, 0.2));
  cairo_set_antialias(cr, CAIRO_ANTIALIAS_FAST);
  cairo_fill(cr);
  cairo_set_antialias(cr, CAIRO_ANTIALIAS_DEFAULT);
}

/// A line through phases; where one jumps by more than half a turn it begins anew at the other edge.
static void draw_phases(const FiqPaint* paint, FiqRect plot, uint32_t n, const double* hz,
                        const float* rad, FiqColor color, double width)
{
  cairo_t* const cr = paint->cr;
  for (uint32_t i = 0; i < n; ++i) {
    const bool jumps = i > 0 && fabs(wrapped((double)rad[i]) - wrapped((double)rad[i - 1])) > pi;
    if (i == 0 || jumps) {
      cairo_move_to(cr, x_of(plot, hz[i]), y_of(plot, (double)rad[i]));
    } else {
      cairo_line_to(cr, x_of(plot, hz[i]), y_of(plot, (double)rad[i]));
    }
  }
  fiq_paint_curve(paint, color, width);
}

static void draw_curve(const FiqPaint* paint, FiqRect plot, uint32_t n, const double ends[2],
                       const float* rad, FiqColor color)
{
  double hz[FIQ_PLOT_POINTS_MAX];
  for (uint32_t i = 0; i < n; ++i) {
    hz[i] = curve_hz(ends, i, n);
  }
  draw_phases(paint, plot, n, hz, rad, color, 2.0);
}

/// How the lesson delays each band, as bars along the lower edge: up is later; the strip is as high as the bound is wide.
static void draw_delays(const FiqBandPlot* self, const FiqPaint* paint, FiqRect plot)
{
  const double height = fmin(0.2 * plot.height, 44.0);
  const double middle = plot.y + plot.height - 0.5 * height - 3.0;
  double       most   = 0.0;
  double       mean   = 0.0;
  for (uint32_t i = 0; i < self->n_delays; ++i) {
    mean += (double)self->delays_s[i] / self->n_delays;
  }
  for (uint32_t i = 0; i < self->n_delays; ++i) {
    const double apart = fabs((double)self->delays_s[i] - mean);
    most               = apart > most ? apart : most;
  }
  const double reach = fmax(self->bound_s > 0.0f ? 0.5 * (double)self->bound_s : most, 1e-4);
  fiq_paint_color(paint, fiq_color_faded(paint->theme->green, 0.5));
  for (uint32_t i = 0; i < self->n_delays; ++i) {
    const double share = fmin(fmax(((double)self->delays_s[i] - mean) / reach, -1.0), 1.0);
    const double y     = middle - 0.5 * height * share;
    cairo_rectangle(paint->cr, x_of(plot, (double)self->delays_hz[i]) - 2.0, fmin(y, middle), 4.0,
                    fmax(fabs(y - middle), 1.0));
  }
  cairo_fill(paint->cr);
}

static void draw_bands(const FiqBandPlot* self, const FiqPaint* paint, FiqRect plot)
{
  double hz[FIQ_PLOT_BANDS_MAX];
  for (uint32_t i = 0; i < self->n; ++i) {
    hz[i] = (double)self->hz[i];
  }
  draw_phases(paint, plot, self->n, hz, self->phase_rad,
              fiq_color_faded(paint->theme->accent, 0.55), 1.3);
  for (uint32_t i = 0; i < self->n; ++i) {
    cairo_arc(paint->cr, x_of(plot, hz[i]), y_of(plot, (double)self->phase_rad[i]), 3.4, 0.0,
              2.0 * pi);
    fiq_paint_color(paint, self->group[i] > 0
                               ? paint->theme->note[(self->group[i] - 1) % FIQ_UI_NOTE_COLORS]
                               : color_at(paint->theme, hz[i]));
    cairo_fill(paint->cr);
  }
}

/// The band that lies nearest to the pointer.
static int32_t band_at(const FiqBandPlot* self, FiqRect plot)
{
  int32_t found = -1;
  double  least = 40.0;
  for (uint32_t i = 0; i < self->n && self->pointer_x >= 0.0; ++i) {
    const double apart = fabs(x_of(plot, (double)self->hz[i]) - self->pointer_x);
    if (apart < least) {
      least = apart;
      found = (int32_t)i;
    }
  }
  return found;
}

static void draw_reading(const FiqBandPlot* self, const FiqPaint* paint, FiqRect plot)
{
  const FiqTheme* const theme = paint->theme;
  const int32_t         band  = band_at(self, plot);
  if (band < 0) {
    return;
  }
  char         hz[24], delay[24], group[24] = "", text[112];
  const double rad = wrapped((double)self->phase_rad[band]);
  const double x   = x_of(plot, (double)self->hz[band]);
  const double y   = y_of(plot, rad);
  fiq_hz_text(self->hz[band], hz, sizeof(hz));
  fiq_number_text(1000.0 * (double)self->delay_s[band], " ms", delay, sizeof(delay));
  if (self->group[band] > 0) {
    snprintf(group, sizeof(group), "   group %u", self->group[band]);
  }
  snprintf(text, sizeof(text), "%s   %.0f\u00b0   %s%s", hz, rad * 180.0 / pi, delay, group);
  const FiqTextStyle style = {11.0, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, theme->on_light};
  const double       width = fiq_text_width(text, style.size, style.weight) + 20.0;
  const FiqRect box = {fmin(x + 10.0, plot.x + plot.width - width), fmax(y - 34.0, plot.y), width,
                       24.0};
  cairo_rectangle(paint->cr, x, plot.y, 1.0 / paint->scale, plot.height);
  fiq_paint_color(paint, fiq_color_faded(theme->ink, 0.4));
  cairo_fill(paint->cr);
  cairo_arc(paint->cr, x, y, 5.5, 0.0, 2.0 * pi);
  fiq_paint_color(paint, theme->ink);
  cairo_fill(paint->cr);
  fiq_paint_box(paint, box, 5.0, theme->light, theme->light);
  fiq_paint_text(paint, box.x + 10.0, box.y + 12.0, text, &style);
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqBandPlot* const self = (const FiqBandPlot*)widget;
  const FiqRect            plot = plot_rect(self);
  draw_spectrum(self, paint, plot);
  draw_axes(paint, plot);
  draw_delays(self, paint, plot);
  if (self->n_rotator > 1) {
    draw_curve(paint, plot, self->n_rotator, self->rotator_hz, self->rotator_rad,
               paint->theme->orange);
  }
  draw_bands(self, paint, plot);
  if (self->n_learned > 1) {
    draw_curve(paint, plot, self->n_learned, self->learned_hz, self->learned_rad,
               paint->theme->green);
  }
  draw_reading(self, paint, plot);
}

static bool event(FiqWidget* widget, const FiqUiEvent* event_)
{
  FiqBandPlot* const self = (FiqBandPlot*)widget;
  if (event_->kind != FIQ_UI_MOVE && event_->kind != FIQ_UI_LEAVE) {
    return false;
  }
  self->pointer_x = event_->kind == FIQ_UI_MOVE ? event_->x : -1.0;
  fiq_widget_dirty(widget);
  return true;
}

static const FiqWidgetClass band_plot_class = {.draw = draw, .event = event};

FiqBandPlot* fiq_band_plot_new(FiqStage* stage)
{
  FiqBandPlot* const self = fiq_stage_add(stage, sizeof(*self), &band_plot_class);
  if (self) {
    self->pointer_x   = -1.0;
    self->base.cursor = FIQ_UI_CURSOR_CROSS;
  }
  return self;
}

static uint32_t take_curve(const FiqPlotCurve* from, float* value, double ends[2])
{
  const uint32_t n = from->n < FIQ_PLOT_POINTS_MAX ? from->n : FIQ_PLOT_POINTS_MAX;
  ends[0]          = from->low_hz;
  ends[1]          = from->high_hz;
  if (n > 0) {
    memcpy(value, from->value, n * sizeof(*value));
  }
  return from->low_hz > 0.0 && from->high_hz > from->low_hz ? n : 0;
}

void fiq_band_plot_show(FiqBandPlot* self, const FiqBandFrame* frame)
{
  assert(frame->n <= FIQ_PLOT_BANDS_MAX && frame->n_learned <= FIQ_PLOT_BANDS_MAX);
  self->n = frame->n;
  memcpy(self->hz, frame->hz, frame->n * sizeof(float));
  memcpy(self->phase_rad, frame->phase_rad, frame->n * sizeof(float));
  memcpy(self->delay_s, frame->delay_s, frame->n * sizeof(float));
  memcpy(self->group, frame->group, frame->n);
  memcpy(self->delays_hz, frame->learned_hz, frame->n_learned * sizeof(float));
  memcpy(self->delays_s, frame->learned_delay_s, frame->n_learned * sizeof(float));
  self->n_delays   = frame->n_learned;
  self->bound_s    = frame->bound_s;
  self->n_rotator  = take_curve(&frame->rotator, self->rotator_rad, self->rotator_hz);
  self->n_spectrum = take_curve(&frame->spectrum, self->spectrum_db, self->spectrum_hz);
  self->n_learned  = take_curve(&frame->learned, self->learned_rad, self->learned_hz);
  fiq_widget_dirty(&self->base);
}
