// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/plot/plot.h"

#include "host-test/common/report.h"

#include <cairo-svg.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MARGIN_LEFT 76.0
#define MARGIN_RIGHT 218.0 // of which the right axis takes the first part
#define LEGEND_INDENT 64.0
#define HEADER 62.0
#define PANEL_TITLE 24.0
#define PANEL_GAP 12.0
#define FOOTER 46.0

bool fiq_plot_choose(FiqPlot* self, const FiqPlotTrace* trace)
{
  bool any = false;
  for (int i = 0; i < FIQ_N_PANELS; ++i) {
    self->panels[i] = self->panels[i] && fiq_panels[i].has(trace);
    any             = any || self->panels[i];
  }
  return any;
}

/// Px that stand whatever the panels are, and the sum of what they want.
static double fixed_px(const FiqPlot* self, double* wanted_px, uint32_t* n_panels)
{
  *wanted_px = 0.0;
  *n_panels  = 0;
  for (int i = 0; i < FIQ_N_PANELS; ++i) {
    *wanted_px += self->panels[i] ? fiq_panels[i].height_px : 0.0;
    *n_panels += self->panels[i] ? 1 : 0;
  }
  return HEADER + FOOTER + *n_panels * (PANEL_TITLE + PANEL_GAP);
}

uint32_t fiq_plot_height(const FiqPlot* self, uint32_t* least)
{
  double       wanted_px = 0.0;
  uint32_t     n_panels  = 0;
  const double fixed     = fixed_px(self, &wanted_px, &n_panels);
  *least                 = (uint32_t)ceil(fixed + FIQ_PLOT_PANEL_LEAST * wanted_px);
  return self->height_px > 0 ? self->height_px : (uint32_t)ceil(fixed + wanted_px);
}

// ---- words ----

static const char* last_part(const char* path, char separator)
{
  const char* const last = strrchr(path, separator);
  return last && last[1] ? last + 1 : path;
}

/// "FieldIQ Swarm" from "urn:fieldiq:swarm"; other plugins keep their URI.
static void plugin_name(const FiqPlotTrace* trace, char to[FIQ_PLOT_TEXT_BYTES])
{
  static const char own[] = "urn:fieldiq:";
  const size_t      n     = sizeof own - 1;
  if (strncmp(trace->plugin, own, n) != 0) {
    snprintf(to, FIQ_PLOT_TEXT_BYTES, "%s", trace->plugin);
    return;
  }
  snprintf(to, FIQ_PLOT_TEXT_BYTES, "FieldIQ %.*s", FIQ_PLOT_TEXT_BYTES - 16, trace->plugin + n);
  if (to[8] >= 'a' && to[8] <= 'z') {
    to[8] = (char)(to[8] - 'a' + 'A');
  }
}

static void draw_header(const FiqPlot* self, const FiqPlotTrace* trace, cairo_t* cr)
{
  char         plugin[FIQ_PLOT_TEXT_BYTES];
  char         title[2 * FIQ_PLOT_TEXT_BYTES + 8];
  char         words[FIQ_PLOT_TEXT_BYTES + 160];
  const double from_s = trace->time_s[0];
  const double to_s   = trace->time_s[trace->n_rows - 1];
  const char*  sound  = last_part(trace->sound, '/');
  plugin_name(trace, plugin);
  if (self->title) {
    snprintf(title, sizeof title, "%s", self->title);
  } else {
    snprintf(title, sizeof title, "%s%s%s", plugin, sound[0] && plugin[0] ? "  \u00b7  " : "",
             sound);
  }
  fiq_fit_text(cr, title, sizeof title, 18.0, true, self->width_px - MARGIN_LEFT - 24.0);
  fiq_draw_text(cr, MARGIN_LEFT, 26.0, title, 18.0, FIQ_LEFT, true, fiq_ink);
  snprintf(words, sizeof words, "%s%s%.3g to %.4g s, %u messages, %g kHz",
           self->title ? plugin : "", self->title && plugin[0] ? ", " : "", from_s, to_s,
           trace->n_rows, trace->rate_hz / 1000.0);
  fiq_draw_text(cr, MARGIN_LEFT, 48.0, words, 11.5, FIQ_LEFT, false, fiq_soft_ink);
}

static void draw_time_axis(const FiqScale* time, cairo_t* cr, double y)
{
  double         ticks[FIQ_TICKS_MAX];
  const double   width = time->to_px - time->from_px;
  const uint32_t n =
      fiq_scale_time_ticks(time, width > 200.0 ? (uint32_t)(width / 70.0) : 2, ticks);
  const bool clock = time->high - time->low > 120.0;
  for (uint32_t i = 0; i < n; ++i) {
    char         text[FIQ_TICK_BYTES];
    const double x = fiq_scale_px(time, ticks[i]);
    fiq_set_color(cr, fiq_pale_ink);
    cairo_set_line_width(cr, 1.0);
    cairo_move_to(cr, floor(x) + 0.5, y);
    cairo_rel_line_to(cr, 0.0, 5.0);
    cairo_stroke(cr);
    fiq_tick_time(ticks[i], n > 1 ? ticks[1] - ticks[0] : 1.0, clock, text);
    fiq_draw_text(cr, x, y + 13.0, text, 10.5, FIQ_CENTER, false, fiq_soft_ink);
  }
  fiq_draw_text(cr, 0.5 * (time->from_px + time->to_px), y + 31.0,
                clock ? "time (min:s)" : "time (s)", 11.0, FIQ_CENTER, false, fiq_soft_ink);
}

static FiqScale time_scale(const FiqPlot* self, const FiqPlotTrace* trace)
{
  const double first = trace->time_s[0];
  const double last  = trace->time_s[trace->n_rows - 1];
  const double step  = trace->n_rows > 1 ? (last - first) / (trace->n_rows - 1) : 1.0;
  // The last line tells of a while as long as the others.
  return (FiqScale){first, last + fmax(step, 1e-3), MARGIN_LEFT, self->width_px - MARGIN_RIGHT,
                    false};
}

void fiq_plot_draw(const FiqPlot* self, const FiqPlotTrace* trace, cairo_t* cr)
{
  double         wanted_px = 0.0;
  uint32_t       n_panels  = 0;
  uint32_t       least     = 0;
  const double   fixed     = fixed_px(self, &wanted_px, &n_panels);
  const double   stretch   = (fiq_plot_height(self, &least) - fixed) / wanted_px;
  const FiqScale time      = time_scale(self, trace);
  double         y         = HEADER;
  cairo_set_source_rgb(cr, 1.0, 1.0, 1.0);
  cairo_paint(cr);
  draw_header(self, trace, cr);
  for (int i = 0; i < FIQ_N_PANELS; ++i) {
    if (!self->panels[i]) {
      continue;
    }
    FiqPanelArea area = {.cr       = cr,
                         .trace    = trace,
                         .time     = time,
                         .top      = y + PANEL_TITLE,
                         .bottom   = y + PANEL_TITLE + stretch * fiq_panels[i].height_px,
                         .legend_x = time.to_px + LEGEND_INDENT,
                         .legend_y = y + PANEL_TITLE + 9.0};
    fiq_draw_text(cr, time.from_px, y + PANEL_TITLE - 11.0, fiq_panels[i].title, 12.5, FIQ_LEFT,
                  true, fiq_ink);
    fiq_draw_paper(&area);
    fiq_panels[i].draw(&area);
    fiq_draw_frame(&area);
    y = area.bottom + PANEL_GAP;
  }
  draw_time_axis(&time, cr, y - PANEL_GAP);
}

// ---- files ----

static cairo_status_t write_bytes(void* closure, const unsigned char* bytes, unsigned n_bytes)
{
  return fiq_pending_write(closure, bytes, n_bytes) ? CAIRO_STATUS_SUCCESS
                                                    : CAIRO_STATUS_WRITE_ERROR;
}

static cairo_status_t draw_on(const FiqPlot* self, const FiqPlotTrace* trace,
                              cairo_surface_t* surface)
{
  cairo_t* const              cr      = cairo_create(surface);
  cairo_font_options_t* const options = cairo_font_options_create();
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_SLIGHT);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_set_font_options(cr, options);
  fiq_plot_draw(self, trace, cr);
  const cairo_status_t status = cairo_status(cr);
  cairo_font_options_destroy(options);
  cairo_destroy(cr);
  return status;
}

bool fiq_plot_write(const FiqPlot* self, const FiqPlotTrace* trace, FiqPendingFile* file, bool svg)
{
  uint32_t       least  = 0;
  const uint32_t height = fiq_plot_height(self, &least);
  errno                 = 0;
  cairo_surface_t* const surface =
      svg ? cairo_svg_surface_create_for_stream(write_bytes, file, self->width_px, height)
          : cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)self->width_px, (int)height);
  cairo_status_t status = draw_on(self, trace, surface);
  if (status == CAIRO_STATUS_SUCCESS && !svg) {
    status = cairo_surface_write_to_png_stream(surface, write_bytes, file);
  }
  cairo_surface_finish(surface);
  status = status == CAIRO_STATUS_SUCCESS ? cairo_surface_status(surface) : status;
  cairo_surface_destroy(surface);
  if (status != CAIRO_STATUS_SUCCESS) {
    fiq_pending_fail(file, cairo_status_to_string(status));
    return false;
  }
  return fiq_pending_complete(file) && fiq_pending_rename(file);
}
