// SPDX-License-Identifier: GPL-3.0-or-later
/*
   The carriers as lines over a heat map of where the oscillators are. A line is as thick and as
   dark as its carrier's share of the oscillators; it goes on to the carrier of the next line that
   is nearest in pitch, since carriers have no names.
*/
#include "host-test/plot/plot_panels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_STRENGTHS = 8, MAP_COLUMNS_MAX = 4096, BINS_MAX = 1024 };

#define HEARING_LOW_HZ 10.0
#define HEARING_HIGH_HZ 40000.0
#define GLIDE_RATIO 1.03 // a step beyond half a semitone is another carrier
#define SPARED 0.002     // of the oscillators at each end of the axis

/// The histogram in the pixels of the panel.
typedef struct {
  float*   counts; ///< [height][width], mean count of the lines in a column
  uint32_t width;
  uint32_t height;
  float    largest;
} Map;

static bool has_histogram(const FiqPlotTrace* trace)
{
  return trace->lists[FIQ_LIST_HISTOGRAM].values && fiq_plot_has(trace, FIQ_SERIES_HISTOGRAM_LOW) &&
         fiq_plot_has(trace, FIQ_SERIES_HISTOGRAM_HIGH);
}

bool fiq_panel_carriers_has(const FiqPlotTrace* trace)
{
  const FiqListColumn* const hz = &trace->lists[FIQ_LIST_CARRIER_HZ];
  for (size_t i = 0; hz->values && i < hz->end[trace->n_rows - 1]; ++i) {
    if (hz->values[i] > 0.0f) {
      return true;
    }
  }
  const FiqListColumn* const counts = &trace->lists[FIQ_LIST_HISTOGRAM];
  const size_t               n      = has_histogram(trace) ? counts->end[trace->n_rows - 1] : 0;
  for (size_t i = 0; i < n; ++i) {
    if (counts->values[i] > 0.0f) {
      return true;
    }
  }
  return false;
}

// ---- the axis ----

static void join_carriers(const FiqPlotTrace* trace, double* low, double* high)
{
  const FiqListColumn* const hz = &trace->lists[FIQ_LIST_CARRIER_HZ];
  for (size_t i = 0; hz->values && i < hz->end[trace->n_rows - 1]; ++i) {
    const double x = (double)hz->values[i];
    if (x >= HEARING_LOW_HZ && x <= HEARING_HIGH_HZ) {
      *low  = fmin(*low, x);
      *high = fmax(*high, x);
    }
  }
}

/// Frequency of edge `bin` of `n` bins between the edges that line `row` gives.
static double edge_hz(const FiqPlotTrace* trace, uint32_t row, double bin, size_t n)
{
  const double low  = (double)trace->series[FIQ_SERIES_HISTOGRAM_LOW][row];
  const double high = (double)trace->series[FIQ_SERIES_HISTOGRAM_HIGH][row];
  return low * pow(high / low, bin / (double)n);
}

static bool row_has_map(const FiqPlotTrace* trace, uint32_t row)
{
  const float low  = trace->series[FIQ_SERIES_HISTOGRAM_LOW][row];
  const float high = trace->series[FIQ_SERIES_HISTOGRAM_HIGH][row];
  return low > 0.0f && high > low && isfinite(high);
}

/// Where all oscillators but a few are, over the whole time.
static void join_histogram(const FiqPlotTrace* trace, double* low, double* high)
{
  double   sums[BINS_MAX] = {0.0};
  double   total          = 0.0;
  size_t   n_bins         = 0;
  uint32_t row            = 0;
  for (uint32_t i = 0; i < trace->n_rows; ++i) {
    size_t             n      = 0;
    const float* const counts = fiq_plot_list(trace, FIQ_LIST_HISTOGRAM, i, &n);
    for (size_t k = 0; k < n && k < BINS_MAX && row_has_map(trace, i); ++k) {
      const double count = counts[k] > 0.0f ? (double)counts[k] : 0.0;
      sums[k] += count;
      total += count;
      n_bins = n;
      row    = i;
    }
  }
  double   below = 0.0;
  uint32_t first = 0;
  uint32_t last  = 0;
  for (uint32_t k = 0; k < n_bins && k < BINS_MAX; ++k) {
    first = below <= SPARED * total ? k : first;
    below += sums[k];
    last = below - sums[k] < (1.0 - SPARED) * total ? k : last;
  }
  if (total > 0.0) {
    *low  = fmin(*low, edge_hz(trace, row, first, n_bins));
    *high = fmax(*high, edge_hz(trace, row, last + 1.0, n_bins));
  }
}

static FiqScale pitch_scale(const FiqPanelArea* area)
{
  double low  = HEARING_HIGH_HZ;
  double high = HEARING_LOW_HZ;
  join_carriers(area->trace, &low, &high);
  if (has_histogram(area->trace)) {
    join_histogram(area->trace, &low, &high);
  }
  low  = fmax(low, HEARING_LOW_HZ);
  high = fmin(high, HEARING_HIGH_HZ);
  if (!(low < HEARING_HIGH_HZ && high > HEARING_LOW_HZ && low <= high)) { // nothing one could hear
    low  = HEARING_LOW_HZ;
    high = HEARING_HIGH_HZ;
  }
  // At least an octave and a half, and a little air.
  const double narrow = high < 3.0 * low ? sqrt(3.0 * low / high) : 1.0;
  return fiq_panel_scale(area, low / (1.06 * narrow), high * 1.06 * narrow, true);
}

// ---- the heat map ----

/// Count of the bin of line `row` that holds `hz`. Between bins nothing is made up: a smooth picture
/// would show the oscillators beside their carriers, in the middles of the bins.
static float count_at(const FiqPlotTrace* trace, uint32_t row, double hz)
{
  size_t             n      = 0;
  const float* const counts = fiq_plot_list(trace, FIQ_LIST_HISTOGRAM, row, &n);
  if (n == 0 || !row_has_map(trace, row)) {
    return 0.0f;
  }
  const double low  = edge_hz(trace, row, 0.0, n);
  const double high = edge_hz(trace, row, (double)n, n);
  const double bin  = log(hz / low) / log(high / low) * (double)n;
  const bool   held = bin >= 0.0 && bin < (double)n && isfinite(counts[(size_t)bin]);
  return held ? counts[(size_t)bin] : 0.0f;
}

static void add_row(Map* map, const FiqPlotTrace* trace, const FiqScale* scale, uint32_t row,
                    uint32_t column, float weight)
{
  for (uint32_t y = 0; y < map->height; ++y) {
    const double share = (y + 0.5) / map->height; // from the top
    const double hz    = scale->high * pow(scale->low / scale->high, share);
    map->counts[(size_t)y * map->width + column] += weight * count_at(trace, row, hz);
  }
}

static void fill_map(Map* map, const FiqPanelArea* area, const FiqScale* scale)
{
  const FiqPlotTrace* const trace = area->trace;
  const double              px    = (area->time.to_px - area->time.from_px) / map->width;
  uint32_t                  row   = 0;
  for (uint32_t x = 0; x < map->width; ++x) {
    const double   from_px = area->time.from_px + x * px;
    const uint32_t first   = row;
    while (row + 1 < trace->n_rows && fiq_row_px(area, row + 1) < from_px + px) {
      ++row;
    }
    // At most this many lines of a column are looked at: more cannot be told apart.
    const uint32_t n    = row - first + 1;
    const uint32_t step = n > 8 ? n / 8 : 1;
    const float    one  = 1.0f / (float)((n + step - 1) / step);
    for (uint32_t i = first; i <= row && fiq_row_px(area, 0) <= from_px + px; i += step) {
      add_row(map, trace, scale, i, x, one);
    }
  }
  for (size_t i = 0; i < (size_t)map->width * map->height; ++i) {
    map->largest = map->counts[i] > map->largest ? map->counts[i] : map->largest;
  }
}

/// Colour of a share 0..1 of the largest count: the few show beside the many.
static FiqColor heat(double share)
{
  static const FiqColor steps[] = {{0.840, 0.905, 0.955, 0.0},
                                   {0.840, 0.905, 0.955, 1.0},
                                   {0.560, 0.755, 0.875, 1.0},
                                   {0.310, 0.580, 0.780, 1.0},
                                   {0.130, 0.390, 0.630, 1.0}};
  const double          at      = 4.0 * pow(fmin(fmax(share, 0.0), 1.0), 0.45);
  const int             i       = at < 3.0 ? (int)at : 3;
  return fiq_mixed(steps[i], steps[i + 1], at - i);
}

/// As cairo wants it, multiplied by its opacity.
static uint32_t pixel(FiqColor color)
{
  const uint32_t red   = (uint32_t)lrint(255.0 * color.alpha * color.red);
  const uint32_t green = (uint32_t)lrint(255.0 * color.alpha * color.green);
  const uint32_t blue  = (uint32_t)lrint(255.0 * color.alpha * color.blue);
  return (uint32_t)lrint(255.0 * color.alpha) << 24 | red << 16 | green << 8 | blue;
}

static void paint_map(const FiqPanelArea* area, const Map* map)
{
  cairo_t* const         cr = area->cr;
  cairo_surface_t* const picture =
      cairo_image_surface_create(CAIRO_FORMAT_ARGB32, (int)map->width, (int)map->height);
  uint8_t* const rows   = cairo_image_surface_get_data(picture);
  const size_t   stride = (size_t)cairo_image_surface_get_stride(picture);
  for (uint32_t y = 0; rows && y < map->height; ++y) {
    for (uint32_t x = 0; x < map->width; ++x) {
      const double   count = (double)map->counts[(size_t)y * map->width + x];
      const uint32_t value = pixel(heat(count / (double)map->largest));
      memcpy(rows + y * stride + 4 * (size_t)x, &value, sizeof value);
    }
  }
  cairo_surface_mark_dirty(picture);
  cairo_save(cr);
  cairo_translate(cr, area->time.from_px, area->top);
  cairo_scale(cr, (area->time.to_px - area->time.from_px) / map->width,
              (area->bottom - area->top) / map->height);
  cairo_set_source_surface(cr, picture, 0.0, 0.0);
  cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_NEAREST);
  cairo_rectangle(cr, 0.0, 0.0, map->width, map->height);
  cairo_fill(cr);
  cairo_restore(cr);
  cairo_surface_destroy(picture);
}

/// A strip of the colours with the counts at its ends.
static void legend_map(FiqPanelArea* area, double largest)
{
  char           text[48];
  cairo_t* const cr     = area->cr;
  const double   height = 54.0;
  const double   top    = area->legend_y - 5.0;
  for (int i = 0; i < (int)height; ++i) {
    cairo_rectangle(cr, area->legend_x + 2.0, top + i, 14.0, 1.5);
    fiq_set_color(cr, heat(1.0 - i / (height - 1.0)));
    cairo_fill(cr);
  }
  cairo_rectangle(cr, area->legend_x + 2.0, top, 14.0, height);
  fiq_set_color(cr, fiq_pale_ink);
  cairo_set_line_width(cr, 0.8);
  cairo_stroke(cr);
  snprintf(text, sizeof text, "%.0f", largest);
  fiq_draw_text(cr, area->legend_x + 25.0, top + 5.0, text, 11.0, FIQ_LEFT, false, fiq_ink);
  fiq_draw_text(cr, area->legend_x + 25.0, top + 0.5 * height, "oscillators a bin", 11.0, FIQ_LEFT,
                false, fiq_ink);
  fiq_draw_text(cr, area->legend_x + 25.0, top + height - 5.0, "0", 11.0, FIQ_LEFT, false, fiq_ink);
  area->legend_y += height + 12.0;
}

static void draw_map(FiqPanelArea* area, const FiqScale* scale)
{
  const double width = fmin(area->time.to_px - area->time.from_px, MAP_COLUMNS_MAX);
  Map          map   = {.width  = (uint32_t)fmin(width, fmax(2.0 * area->trace->n_rows, 1.0)),
                        .height = (uint32_t)(area->bottom - area->top)};
  map.counts         = calloc((size_t)map.width * map.height, sizeof(float));
  if (map.counts) {
    fill_map(&map, area, scale);
  }
  if (map.largest > 0.0f) {
    paint_map(area, &map);
    legend_map(area, (double)map.largest);
  }
  free(map.counts);
}

// ---- the carriers ----

/// The carrier of line `row` nearest to `hz`, if it is near enough to be the same; else `hz`.
static float follow(const FiqPlotTrace* trace, uint32_t row, float hz)
{
  size_t             n       = 0;
  const float* const next    = fiq_plot_list(trace, FIQ_LIST_CARRIER_HZ, row, &n);
  double             nearest = log(GLIDE_RATIO);
  float              found   = hz;
  for (size_t i = 0; i < n; ++i) {
    const double away = next[i] > 0.0f ? fabs(log((double)(next[i] / hz))) : nearest;
    if (away < nearest) {
      nearest = away;
      found   = next[i];
    }
  }
  return found;
}

/// Strength 0..N_STRENGTHS-1 of carrier `i` of line `row`: one that holds nothing yet is seen as well.
static int strength_of(const FiqPlotTrace* trace, uint32_t row, size_t i)
{
  size_t             n        = 0;
  const float* const shares   = fiq_plot_list(trace, FIQ_LIST_CARRIER_SHARE, row, &n);
  const float        share    = i < n && shares[i] > 0.0f ? shares[i] : 0.0f;
  const int          strength = (int)(sqrtf(share < 1.0f ? share : 1.0f) * N_STRENGTHS);
  return strength < N_STRENGTHS ? strength : N_STRENGTHS - 1;
}

static FiqPen carrier_pen(int strength)
{
  const double share = (strength + 0.5) / N_STRENGTHS;
  return (FiqPen){fiq_faded(fiq_vermillion, 0.45 + 0.55 * share), 0.8 + 2.4 * share, false};
}

/// All pieces of one strength, as one path.
static void draw_strength(const FiqPanelArea* area, const FiqScale* scale, int strength)
{
  const FiqPlotTrace* const trace = area->trace;
  const FiqPen              pen   = carrier_pen(strength);
  cairo_t* const            cr    = area->cr;
  uint32_t                  end   = 0;
  for (uint32_t row = 0; row < trace->n_rows; row = end) {
    const double from = fiq_row_px(area, row);
    for (end = row + 1; end < trace->n_rows && fiq_row_px(area, end) < from + 0.5;) {
      ++end;
    }
    size_t             n  = 0;
    const float* const hz = fiq_plot_list(trace, FIQ_LIST_CARRIER_HZ, row, &n);
    for (size_t i = 0; i < n; ++i) {
      if (hz[i] > 0.0f && strength_of(trace, row, i) == strength) {
        const float to = end < trace->n_rows ? follow(trace, end, hz[i]) : hz[i];
        cairo_move_to(cr, from, fiq_scale_px(scale, (double)hz[i]));
        cairo_line_to(cr, fiq_row_px(area, end), fiq_scale_px(scale, (double)to));
      }
    }
  }
  cairo_set_line_width(cr, pen.width);
  fiq_set_color(cr, pen.color);
  cairo_stroke(cr);
}

void fiq_panel_carriers_draw(FiqPanelArea* area)
{
  const FiqScale scale = pitch_scale(area);
  cairo_t* const cr    = area->cr;
  fiq_draw_axis(area, &scale, "Hz");
  if (has_histogram(area->trace)) {
    draw_map(area, &scale);
  }
  cairo_save(cr);
  cairo_rectangle(cr, area->time.from_px, area->top, area->time.to_px - area->time.from_px,
                  area->bottom - area->top);
  cairo_clip(cr);
  cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
  for (int i = 0; i < N_STRENGTHS; ++i) {
    draw_strength(area, &scale, i);
  }
  cairo_restore(cr);
  if (area->trace->lists[FIQ_LIST_CARRIER_HZ].values) {
    fiq_legend_curve(area, carrier_pen(N_STRENGTHS - 1), "carrier with 100 %");
    fiq_legend_curve(area, carrier_pen(2), "carrier with 10 %");
  }
}
