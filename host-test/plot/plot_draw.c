// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/plot/plot_draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TICK_SIZE 10.5
#define LEGEND_SIZE 11.0
#define LEGEND_LINE 17.0
#define SWATCH 18.0

const FiqColor fiq_ink        = {0.13, 0.15, 0.18, 1.0};
const FiqColor fiq_soft_ink   = {0.36, 0.40, 0.45, 1.0};
const FiqColor fiq_pale_ink   = {0.66, 0.69, 0.73, 1.0};
const FiqColor fiq_grid       = {0.90, 0.91, 0.93, 1.0};
const FiqColor fiq_paper      = {0.995, 0.995, 0.998, 1.0};
const FiqColor fiq_blue       = {0.000, 0.447, 0.698, 1.0};
const FiqColor fiq_sky        = {0.337, 0.706, 0.914, 1.0};
const FiqColor fiq_green      = {0.000, 0.620, 0.451, 1.0};
const FiqColor fiq_orange     = {0.902, 0.624, 0.000, 1.0};
const FiqColor fiq_vermillion = {0.835, 0.369, 0.000, 1.0};
const FiqColor fiq_purple     = {0.800, 0.475, 0.655, 1.0};
const FiqColor fiq_yellow     = {0.941, 0.894, 0.259, 1.0};
const FiqColor fiq_grey       = {0.780, 0.795, 0.815, 1.0};

FiqColor fiq_faded(FiqColor color, double alpha)
{
  color.alpha = alpha;
  return color;
}

FiqColor fiq_mixed(FiqColor a, FiqColor b, double share)
{
  return (FiqColor){a.red + share * (b.red - a.red), a.green + share * (b.green - a.green),
                    a.blue + share * (b.blue - a.blue), a.alpha + share * (b.alpha - a.alpha)};
}

void fiq_set_color(cairo_t* cr, FiqColor color)
{
  cairo_set_source_rgba(cr, color.red, color.green, color.blue, color.alpha);
}

// ---- text ----

static void set_font(cairo_t* cr, double size, bool bold)
{
  cairo_select_font_face(cr, "sans", CAIRO_FONT_SLANT_NORMAL,
                         bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cr, size);
}

double fiq_text_width(cairo_t* cr, const char* text, double size, bool bold)
{
  cairo_text_extents_t extents;
  set_font(cr, size, bold);
  cairo_text_extents(cr, text, &extents);
  return extents.x_advance;
}

double fiq_draw_text(cairo_t* cr, double x, double y, const char* text, double size, FiqAlign align,
                     bool bold, FiqColor color)
{
  const double width = fiq_text_width(cr, text, size, bold);
  const double share = align == FIQ_LEFT ? 0.0 : (align == FIQ_CENTER ? 0.5 : 1.0);
  fiq_set_color(cr, color);
  // By a fixed share of the size instead of the extents: neighbours stand on one line.
  cairo_move_to(cr, x - share * width, y + 0.36 * size);
  cairo_show_text(cr, text);
  cairo_new_path(cr);
  return width;
}

void fiq_fit_text(cairo_t* cr, char* text, size_t n_bytes, double size, bool bold, double width)
{
  size_t n = strlen(text);
  while (n > 0 && fiq_text_width(cr, text, size, bold) > width) {
    do { // a character may take several bytes
      --n;
    } while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80);
    snprintf(text + n, n_bytes - n, "\u2026");
  }
}

// ---- axes ----

FiqScale fiq_panel_scale(const FiqPanelArea* self, double low, double high, bool logarithmic)
{
  return (FiqScale){low, high, self->bottom, self->top, logarithmic};
}

static double crisp(double px)
{
  return floor(px) + 0.5;
}

static uint32_t n_ticks_wanted(const FiqPanelArea* self)
{
  const double n = (self->bottom - self->top) / 22.0;
  return n < 2.0 ? 2 : (uint32_t)n;
}

void fiq_draw_paper(const FiqPanelArea* self)
{
  double         ticks[FIQ_TICKS_MAX];
  cairo_t* const cr     = self->cr;
  const double   width  = self->time.to_px - self->time.from_px;
  const uint32_t wanted = width > 200.0 ? (uint32_t)(width / 70.0) : 2;
  const uint32_t n      = fiq_scale_time_ticks(&self->time, wanted, ticks);
  cairo_rectangle(cr, self->time.from_px, self->top, width, self->bottom - self->top);
  fiq_set_color(cr, fiq_paper);
  cairo_fill(cr);
  cairo_set_line_width(cr, 1.0);
  fiq_set_color(cr, fiq_grid);
  for (uint32_t i = 0; i < n; ++i) {
    const double x = crisp(fiq_scale_px(&self->time, ticks[i]));
    cairo_move_to(cr, x, self->top);
    cairo_line_to(cr, x, self->bottom);
  }
  cairo_stroke(cr);
}

static void draw_unit(const FiqPanelArea* self, double x, const char* unit, FiqColor color)
{
  cairo_t* const cr = self->cr;
  cairo_save(cr);
  cairo_translate(cr, x, 0.5 * (self->top + self->bottom));
  cairo_rotate(cr, -1.5707963267948966);
  fiq_draw_text(cr, 0.0, 0.0, unit, TICK_SIZE, FIQ_CENTER, false, color);
  cairo_restore(cr);
}

static double tick_step(const FiqScale* scale, const double* ticks, uint32_t n, uint32_t i)
{
  // On a logarithmic axis each number needs its own digits alone.
  return scale->logarithmic && scale->high > 6.0 * scale->low
             ? ticks[i]
             : (n > 1 ? ticks[1] - ticks[0] : scale->high - scale->low);
}

void fiq_draw_axis(const FiqPanelArea* self, const FiqScale* scale, const char* unit)
{
  double         ticks[FIQ_TICKS_MAX];
  cairo_t* const cr = self->cr;
  const uint32_t n  = fiq_scale_ticks(scale, n_ticks_wanted(self), ticks);
  for (uint32_t i = 0; i < n; ++i) {
    char         text[FIQ_TICK_BYTES];
    const double y = fiq_scale_px(scale, ticks[i]);
    cairo_set_line_width(cr, 1.0);
    fiq_set_color(cr, fiq_grid);
    cairo_move_to(cr, self->time.from_px, crisp(y));
    cairo_line_to(cr, self->time.to_px, crisp(y));
    cairo_stroke(cr);
    fiq_tick_text(ticks[i], tick_step(scale, ticks, n, i), scale->logarithmic, text);
    fiq_draw_text(cr, self->time.from_px - 7.0, y, text, TICK_SIZE, FIQ_RIGHT, false, fiq_soft_ink);
  }
  draw_unit(self, self->time.from_px - 52.0, unit, fiq_soft_ink);
}

void fiq_draw_right_axis(const FiqPanelArea* self, const FiqScale* scale, const char* unit,
                         FiqColor color)
{
  double         ticks[FIQ_TICKS_MAX];
  cairo_t* const cr = self->cr;
  const uint32_t n  = fiq_scale_ticks(scale, n_ticks_wanted(self), ticks);
  for (uint32_t i = 0; i < n; ++i) {
    char         text[FIQ_TICK_BYTES];
    const double y = fiq_scale_px(scale, ticks[i]);
    fiq_set_color(cr, color);
    cairo_set_line_width(cr, 1.0);
    cairo_move_to(cr, self->time.to_px, crisp(y));
    cairo_rel_line_to(cr, 4.0, 0.0);
    cairo_stroke(cr);
    fiq_tick_text(ticks[i], tick_step(scale, ticks, n, i), scale->logarithmic, text);
    fiq_draw_text(cr, self->time.to_px + 7.0, y, text, TICK_SIZE, FIQ_LEFT, false, color);
  }
  draw_unit(self, self->time.to_px + 45.0, unit, color);
}

void fiq_draw_frame(const FiqPanelArea* self)
{
  cairo_t* const cr = self->cr;
  cairo_set_line_width(cr, 1.0);
  fiq_set_color(cr, fiq_pale_ink);
  cairo_rectangle(cr, crisp(self->time.from_px), crisp(self->top),
                  floor(self->time.to_px) - floor(self->time.from_px),
                  floor(self->bottom) - floor(self->top));
  cairo_stroke(cr);
}

// ---- curves ----

double fiq_row_px(const FiqPanelArea* self, uint32_t row)
{
  if (row >= self->trace->n_rows) {
    return self->time.to_px;
  }
  const double x = fiq_scale_px(&self->time, self->trace->time_s[row]);
  return fmin(fmax(x, self->time.from_px), self->time.to_px);
}

static void clip(const FiqPanelArea* self)
{
  cairo_save(self->cr);
  cairo_rectangle(self->cr, self->time.from_px, self->top, self->time.to_px - self->time.from_px,
                  self->bottom - self->top);
  cairo_clip(self->cr);
}

/// Rows [first, end) that share a column of half a pixel, none of which is a gap.
static uint32_t column_end(const FiqPanelArea* self, const float* values, uint32_t first)
{
  const double column = floor(2.0 * fiq_row_px(self, first));
  uint32_t     end    = first + 1;
  while (end < self->trace->n_rows && isfinite(values[end]) &&
         floor(2.0 * fiq_row_px(self, end)) <= column) {
    ++end;
  }
  return end;
}

static void line_to(cairo_t* cr, double x, double y)
{
  if (cairo_has_current_point(cr)) {
    cairo_line_to(cr, x, y);
  } else {
    cairo_move_to(cr, x, y);
  }
}

/// Continue the path through what rows [first, end) show in their column.
static void trace_column(const FiqPanelArea* self, const FiqScale* scale, const float* values,
                         uint32_t first, uint32_t end)
{
  float low  = values[first];
  float high = values[first];
  for (uint32_t i = first; i < end; ++i) {
    low  = values[i] < low ? values[i] : low;
    high = values[i] > high ? values[i] : high;
  }
  const double x = fiq_row_px(self, first);
  line_to(self->cr, x, fiq_scale_px(scale, (double)values[first]));
  if (end - first > 2) {
    cairo_line_to(self->cr, x, fiq_scale_px(scale, (double)low));
    cairo_line_to(self->cr, x, fiq_scale_px(scale, (double)high));
  }
  cairo_line_to(self->cr, x, fiq_scale_px(scale, (double)values[end - 1]));
}

/// The path over the rows from `first` up to the next gap; returns where it ends.
static uint32_t trace_run(const FiqPanelArea* self, const FiqScale* scale, const float* values,
                          uint32_t first)
{
  uint32_t i = first;
  while (i < self->trace->n_rows && isfinite(values[i])) {
    const uint32_t end = column_end(self, values, i);
    trace_column(self, scale, values, i, end);
    i = end;
  }
  return i;
}

void fiq_draw_curve(const FiqPanelArea* self, const FiqScale* scale, const float* values,
                    FiqPen pen)
{
  static const double dashes[] = {5.0, 3.5};
  cairo_t* const      cr       = self->cr;
  clip(self);
  cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
  cairo_set_line_width(cr, pen.width);
  cairo_set_dash(cr, dashes, pen.dashed ? 2 : 0, 0.0);
  fiq_set_color(cr, pen.color);
  for (uint32_t i = 0; i < self->trace->n_rows;) {
    i = isfinite(values[i]) ? trace_run(self, scale, values, i) : i + 1;
    cairo_stroke(cr);
  }
  cairo_restore(cr);
}

void fiq_draw_fill(const FiqPanelArea* self, const FiqScale* scale, const float* values,
                   double base, FiqColor color)
{
  cairo_t* const cr = self->cr;
  const double   y  = fiq_scale_px(scale, base);
  clip(self);
  fiq_set_color(cr, color);
  for (uint32_t i = 0; i < self->trace->n_rows;) {
    if (!isfinite(values[i])) {
      ++i;
      continue;
    }
    cairo_move_to(cr, fiq_row_px(self, i), y);
    i = trace_run(self, scale, values, i);
    cairo_line_to(cr, fiq_row_px(self, i - 1), y);
    cairo_close_path(cr);
    cairo_fill(cr);
  }
  cairo_restore(cr);
}

void fiq_draw_band(const FiqPanelArea* self, const FiqScale* scale, const float* low,
                   const float* high, FiqColor color)
{
  cairo_t* const cr = self->cr;
  const uint32_t n  = self->trace->n_rows;
  clip(self);
  fiq_set_color(cr, color);
  for (uint32_t i = 0; i < n;) {
    uint32_t end = i + 1;
    while (end < n && fabsf(low[end] - low[i]) <= 0.0f && fabsf(high[end] - high[i]) <= 0.0f) {
      ++end;
    }
    if (isfinite(low[i]) && isfinite(high[i])) {
      const double x = fiq_row_px(self, i);
      const double y = fiq_scale_px(scale, (double)high[i]);
      cairo_rectangle(cr, x, y, fiq_row_px(self, end) - x, fiq_scale_px(scale, (double)low[i]) - y);
    }
    i = end;
  }
  cairo_fill(cr);
  cairo_restore(cr);
}

void fiq_draw_level(const FiqPanelArea* self, const FiqScale* scale, double value, FiqPen pen)
{
  static const double dashes[] = {2.0, 3.0};
  cairo_t* const      cr       = self->cr;
  const double        y        = crisp(fiq_scale_px(scale, value));
  clip(self);
  cairo_set_line_width(cr, pen.width);
  cairo_set_dash(cr, dashes, pen.dashed ? 2 : 0, 0.0);
  fiq_set_color(cr, pen.color);
  cairo_move_to(cr, self->time.from_px, y);
  cairo_line_to(cr, self->time.to_px, y);
  cairo_stroke(cr);
  cairo_restore(cr);
}

// ---- legend ----

static void legend_text(FiqPanelArea* self, double x, const char* text, FiqColor color)
{
  fiq_draw_text(self->cr, x, self->legend_y, text, LEGEND_SIZE, FIQ_LEFT, false, color);
  self->legend_y += LEGEND_LINE;
}

void fiq_legend_curve(FiqPanelArea* self, FiqPen pen, const char* text)
{
  static const double dashes[] = {5.0, 3.5};
  cairo_t* const      cr       = self->cr;
  cairo_save(cr);
  cairo_set_line_width(cr, pen.width + 0.4);
  cairo_set_dash(cr, dashes, pen.dashed ? 2 : 0, 0.0);
  fiq_set_color(cr, pen.color);
  cairo_move_to(cr, self->legend_x, self->legend_y);
  cairo_rel_line_to(cr, SWATCH, 0.0);
  cairo_stroke(cr);
  cairo_restore(cr);
  legend_text(self, self->legend_x + SWATCH + 7.0, text, fiq_ink);
}

void fiq_legend_patch(FiqPanelArea* self, FiqColor color, const char* text)
{
  cairo_t* const cr = self->cr;
  cairo_rectangle(cr, self->legend_x + 2.0, self->legend_y - 5.5, SWATCH - 4.0, 11.0);
  fiq_set_color(cr, color);
  cairo_fill(cr);
  legend_text(self, self->legend_x + SWATCH + 7.0, text, fiq_ink);
}

void fiq_legend_words(FiqPanelArea* self, const char* text)
{
  legend_text(self, self->legend_x + SWATCH + 7.0, text, fiq_soft_ink);
}
