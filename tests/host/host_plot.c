// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: pictures of traces show what the traces say. Method: axes and figures against tables; the
// reader on whole, cut and spoilt texts; pictures drawn into memory, whose pixels are looked for where
// the values must be.

// cmocka wants these four before itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dsp/base/random.h"
#include "host-test/plot/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD                                                                                       \
  "{\"format\":\"fieldiq-trace\",\"version\":1,\"plugin\":\"urn:fieldiq:swarm\","                  \
  "\"sample_rate\":48000.0,\"file\":\"a.wav\"}\n"

enum { TEXT_BYTES = 1 << 16, N_LONG = 60000 };

// ---- axes ----

static void test_ticks_are_round_and_inside(void** state)
{
  (void)state;
  static const struct {
    FiqScale scale;
    uint32_t wanted;
    uint32_t n;
    double   first;
    double   second;
  } table[] = {{{0.0, 1.0, 0.0, 100.0, false}, 5, 6, 0.0, 0.2},
               {{0.0, 1.02, 0.0, 100.0, false}, 6, 6, 0.0, 0.2},
               {{-0.3, 0.3, 0.0, 100.0, false}, 6, 7, -0.3, -0.2},
               {{0.0, 7.0, 0.0, 100.0, false}, 4, 4, 0.0, 2.0},
               {{0.0, 1e-4, 0.0, 100.0, false}, 5, 6, 0.0, 2e-5},
               {{20.0, 20000.0, 0.0, 100.0, true}, 10, 10, 20.0, 50.0},
               {{20.0, 20000.0, 0.0, 100.0, true}, 3, 3, 100.0, 1000.0},
               {{200.0, 500.0, 0.0, 100.0, true}, 5, 4, 200.0, 300.0}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i) {
    double         ticks[FIQ_TICKS_MAX];
    const uint32_t n = fiq_scale_ticks(&table[i].scale, table[i].wanted, ticks);
    assert_int_equal(n, table[i].n);
    assert_true(fabs(ticks[0] - table[i].first) < 1e-9);
    assert_true(fabs(ticks[1] - table[i].second) < 1e-9);
  }
}

static void test_time_is_divided_as_clocks_are(void** state)
{
  (void)state;
  static const struct {
    double high_s;
    double step_s;
  } table[] = {{1.0, 0.2},    {14.0, 2.0},    {60.0, 10.0},
               {100.0, 15.0}, {600.0, 120.0}, {7200.0, 900.0}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i) {
    double         ticks[FIQ_TICKS_MAX];
    const FiqScale scale = {0.0, table[i].high_s, 0.0, 100.0, false};
    const uint32_t n     = fiq_scale_time_ticks(&scale, 8, ticks);
    assert_true(n >= 3);
    assert_true(fabs(ticks[1] - ticks[0] - table[i].step_s) < 1e-9);
  }
}

static void test_numbers_are_written_with_the_digits_they_need(void** state)
{
  (void)state;
  static const struct {
    double      value;
    double      step;
    bool        si;
    const char* text;
  } table[] = {{0.2, 0.2, false, "0.2"},          {1.0, 0.2, false, "1.0"},
               {-1e-17, 0.5, false, "0.0"},       {-2.0, 2.0, false, "-2"},
               {0.00004, 2e-5, false, "0.00004"}, {500.0, 500.0, true, "500"},
               {1000.0, 1000.0, true, "1k"},      {12500.0, 500.0, true, "12.5k"}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i) {
    char text[FIQ_TICK_BYTES];
    fiq_tick_text(table[i].value, table[i].step, table[i].si, text);
    assert_string_equal(text, table[i].text);
  }
  char text[FIQ_TICK_BYTES];
  fiq_tick_time(65.0, 5.0, true, text);
  assert_string_equal(text, "1:05");
  fiq_tick_time(3725.0, 300.0, true, text);
  assert_string_equal(text, "1:02:05");
  fiq_tick_time(1.5, 0.5, false, text);
  assert_string_equal(text, "1.5");
}

// ---- reading ----

static bool load_text(FiqPlotTrace* trace, const char* text)
{
  char      path[]     = "/tmp/fieldiq-plot-XXXXXX";
  const int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  assert_true(write(descriptor, text, strlen(text)) == (ssize_t)strlen(text));
  close(descriptor);
  const bool loaded = fiq_plot_load(trace, path);
  unlink(path);
  return loaded;
}

static void test_lines_become_columns(void** state)
{
  (void)state;
  FiqPlotTrace trace;
  size_t       n = 0;
  assert_true(load_text(&trace,
                        HEAD "{\"time\":0,\"order\":0.5,\"carrier_hz\":[100,200.5]}\n"
                             "{\"time\":0.5,\"order\":null,\"carrier_hz\":[]}\n"
                             "{\"time\":1,\"tone\":4,\"carrier_hz\":[300],\"new\":[[1]]}\n"));
  assert_int_equal(trace.n_rows, 3);
  assert_int_equal(trace.n_bad, 0);
  assert_string_equal(trace.plugin, "urn:fieldiq:swarm");
  assert_string_equal(trace.sound, "a.wav");
  assert_true(fabsf(trace.series[FIQ_SERIES_ORDER][0] - 0.5f) < 1e-6f);
  assert_true(isnan(trace.series[FIQ_SERIES_ORDER][1]));
  assert_true(isnan(trace.series[FIQ_SERIES_TONE][1]));
  assert_true(fabsf(fiq_plot_list(&trace, FIQ_LIST_CARRIER_HZ, 0, &n)[1] - 200.5f) < 1e-6f);
  assert_int_equal(n, 2);
  fiq_plot_list(&trace, FIQ_LIST_CARRIER_HZ, 1, &n);
  assert_int_equal(n, 0);
  assert_true(fiq_plot_crop(&trace, 0.75, HUGE_VAL));
  assert_int_equal(trace.n_rows, 1);
  assert_true(fabsf(fiq_plot_list(&trace, FIQ_LIST_CARRIER_HZ, 0, &n)[0] - 300.0f) < 1e-6f);
  assert_int_equal(n, 1);
  assert_false(fiq_plot_crop(&trace, 2.0, 3.0));
  fiq_plot_free(&trace);
}

static void test_what_is_whole_is_read_and_the_rest_left_out(void** state)
{
  (void)state;
  static const struct {
    const char* text;
    bool        loaded;
    uint32_t    n_rows;
    uint64_t    n_bad;
  } table[] = {{"", false, 0, 0},
               {"{}\n", false, 0, 0},
               {"[1]\n", false, 0, 0},
               {"RIFF....WAVE", false, 0, 0},
               {"{\"format\":\"fieldiq-trace\",\"version\":2}\n{\"time\":0}\n", false, 0, 0},
               {"{\"format\":\"fieldiq-trace\"}\n{\"time\":0}\n", false, 0, 0},
               {HEAD, false, 0, 0},
               {HEAD "{\"time\":0}\n", true, 1, 0},
               {HEAD "{\"time\":0}", true, 1, 0},
               {HEAD "{\"time\":0}\n{\"time\":0.1,\"ord", true, 1, 1},
               {HEAD "{\"time\":0}\nnonsense\n\n{\"time\":1}\n", true, 2, 2},
               {HEAD "{\"time\":5}\n{\"time\":1}\n{\"time\":6}\n", true, 2, 1},
               {HEAD "{\"order\":1}\n", false, 0, 1},
               {HEAD "{\"time\":\"0\"}\n", false, 0, 1}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i) {
    FiqPlotTrace trace;
    assert_int_equal(load_text(&trace, table[i].text), table[i].loaded);
    assert_int_equal(trace.n_rows, table[i].n_rows);
    assert_int_equal(trace.n_bad, table[i].n_bad);
    fiq_plot_free(&trace);
  }
}

// ---- figures ----

static void test_shares_are_counted_right(void** state)
{
  (void)state;
  static const float orders[]   = {0.5f, 0.85f, 0.95f, 0.99f};
  static const int   tones[]    = {3, 4, 4, 5};
  static const int   warnings[] = {1, 0, 1, 1};
  char               text[TEXT_BYTES];
  size_t             n = (size_t)snprintf(text, sizeof text, "%s", HEAD);
  FiqPlotTrace       trace;
  for (int i = 0; i < 4; ++i) {
    n += (size_t)snprintf(
        text + n, sizeof text - n,
        "{\"time\":%d,\"order\":%g,\"zone_low\":0.8,\"zone_high\":0.96,\"tone\":%d,"
        "\"warning\":%d}\n",
        i, (double)orders[i], tones[i], warnings[i]);
  }
  assert_true(load_text(&trace, text));
  assert_true(fabs(fiq_plot_zone_share(&trace) - 0.5) < 1e-9);
  assert_true(fabs(fiq_plot_share(&trace, FIQ_SERIES_TONE, 4) - 0.5) < 1e-9);
  assert_true(fabs(fiq_plot_share(&trace, FIQ_SERIES_TONE, 0)) < 1e-9);
  assert_int_equal(fiq_plot_warnings(&trace), 2);
  fiq_plot_free(&trace);
}

// ---- pictures ----

/// A trace of `n_rows` with every series at `value` and one carrier of 440 Hz.
static void make_trace(FiqPlotTrace* trace, uint32_t n_rows, float value)
{
  *trace        = (FiqPlotTrace){.n_rows = n_rows, .rate_hz = 48000.0};
  trace->time_s = calloc(n_rows, sizeof(double));
  for (int i = 0; i < FIQ_N_SERIES; ++i) {
    trace->series[i] = calloc(n_rows, sizeof(float));
  }
  for (int i = 0; i < FIQ_N_LISTS; ++i) {
    trace->lists[i].end    = calloc(n_rows, sizeof(size_t));
    trace->lists[i].values = calloc(n_rows, sizeof(float));
  }
  for (uint32_t row = 0; row < n_rows; ++row) {
    trace->time_s[row] = row / 47.0;
    for (int i = 0; i < FIQ_N_SERIES; ++i) {
      trace->series[i][row] = value;
    }
    for (int i = 0; i < FIQ_N_LISTS; ++i) {
      trace->lists[i].end[row]    = row + 1;
      trace->lists[i].values[row] = i == FIQ_LIST_CARRIER_HZ ? 440.0f : 1.0f;
    }
  }
}

static cairo_surface_t* draw(FiqPlot* plot, const FiqPlotTrace* trace)
{
  uint32_t               least  = 0;
  const uint32_t         height = fiq_plot_height(plot, &least);
  cairo_surface_t* const surface =
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)plot->width_px, (int)height);
  cairo_t* const cr = cairo_create(surface);
  fiq_plot_draw(plot, trace, cr);
  assert_int_equal(cairo_status(cr), CAIRO_STATUS_SUCCESS);
  cairo_destroy(cr);
  cairo_surface_flush(surface);
  return surface;
}

static double distance(FiqColor a, FiqColor b)
{
  return fabs(a.red - b.red) + fabs(a.green - b.green) + fabs(a.blue - b.blue);
}

static FiqColor color_at(cairo_surface_t* surface, int x, int y)
{
  const size_t   stride = (size_t)cairo_image_surface_get_stride(surface);
  const uint8_t* data   = cairo_image_surface_get_data(surface);
  uint32_t       pixel  = 0;
  memcpy(&pixel, data + (size_t)y * stride + 4 * (size_t)x, sizeof pixel);
  return (FiqColor){(double)(pixel >> 16 & 0xff) / 255.0, (double)(pixel >> 8 & 0xff) / 255.0,
                    (double)(pixel & 0xff) / 255.0, 1.0};
}

/// In how many of the columns [x, x + n) a pixel within 1 of height `y` is nearer to `color` than a
/// share `near` of the way from there to the paper.
static int n_columns(cairo_surface_t* surface, int x, int y, int n, FiqColor color, double near)
{
  int n_found = 0;
  for (int i = x; i < x + n; ++i) {
    bool found = false;
    for (int k = y - 1; k <= y + 1; ++k) {
      found = found || distance(color_at(surface, i, k), color) < near * distance(fiq_paper, color);
    }
    n_found += found ? 1 : 0;
  }
  return n_found;
}

// Edges of the first panel in a picture of the usual width, px.
enum { LEFT = 76, INSIDE = 900, TOP = 86, HIGH = 150 };

static int height_of(double order)
{
  return (int)lround(TOP + HIGH * (1.0 - order / 1.02));
}

static void test_a_curve_stands_where_its_values_are(void** state)
{
  (void)state;
  FiqPlotTrace trace;
  FiqPlot      plot = {.width_px = FIQ_PLOT_WIDTH, .panels = {true}};
  make_trace(&trace, 500, 0.5f);
  for (uint32_t i = 0; i < trace.n_rows; ++i) {
    trace.series[FIQ_SERIES_ZONE_LOW][i]    = 0.8f;
    trace.series[FIQ_SERIES_ZONE_HIGH][i]   = 0.95f;
    trace.series[FIQ_SERIES_UNCERTAINTY][i] = i < 250 ? 0.25f : NAN;
  }
  assert_true(fiq_plot_choose(&plot, &trace));
  cairo_surface_t* const surface = draw(&plot, &trace);
  const FiqColor         zone    = fiq_mixed(fiq_paper, fiq_green, 0.17);
  const int              half    = INSIDE / 2 - 8;
  const int              right   = LEFT + INSIDE / 2 + 12;
  const int n_r   = n_columns(surface, LEFT + 4, height_of(0.5), INSIDE - 8, fiq_blue, 0.6);
  const int n_u   = n_columns(surface, LEFT + 4, height_of(0.25), half, fiq_orange, 0.6);
  const int n_gap = n_columns(surface, right, height_of(0.25), half, fiq_orange, 0.6);
  const int n_in  = n_columns(surface, LEFT + 4, height_of(0.87), INSIDE - 8, zone, 0.2);
  const int n_out = n_columns(surface, LEFT + 4, height_of(0.72), INSIDE - 8, zone, 0.2);
  print_message("of %d columns R is in %d, of %d U is in %d and in %d of a gap; zone %d and %d\n",
                INSIDE - 8, n_r, half, n_u, n_gap, n_in, n_out);
  assert_int_equal(n_r, INSIDE - 8);
  assert_int_equal(n_u, half);
  assert_int_equal(n_gap, 0);
  assert_true(n_in > INSIDE * 95 / 100); // the lines of the time axis show through
  assert_int_equal(n_out, 0);
  cairo_surface_destroy(surface);
  fiq_plot_free(&trace);
}

static void test_one_message_among_thousands_is_seen(void** state)
{
  (void)state;
  FiqPlotTrace trace;
  FiqPlot      plot = {.width_px = FIQ_PLOT_WIDTH, .panels = {true}};
  make_trace(&trace, N_LONG, 0.2f);
  trace.series[FIQ_SERIES_ORDER][N_LONG / 2 + 17] = 0.7f;
  assert_true(fiq_plot_choose(&plot, &trace));
  cairo_surface_t* const surface = draw(&plot, &trace);
  const int              bottom  = height_of(0.3);
  const int              top     = height_of(0.65);
  int                    n       = 0;
  for (int y = top; y < bottom; ++y) {
    n += n_columns(surface, LEFT + 4, y, INSIDE - 8, fiq_blue, 0.6) > 0 ? 1 : 0;
  }
  print_message("the spike is seen at %d of %d heights\n", n, bottom - top);
  assert_int_equal(n, bottom - top);
  cairo_surface_destroy(surface);
  fiq_plot_free(&trace);
}

static void test_panels_without_data_are_left_out(void** state)
{
  (void)state;
  FiqPlotTrace trace;
  FiqPlot      plot;
  make_trace(&trace, 10, NAN);
  memset(trace.lists[FIQ_LIST_CARRIER_HZ].values, 0, 10 * sizeof(float));
  plot = (FiqPlot){.width_px = FIQ_PLOT_WIDTH, .panels = {true, true, true, true, true, true}};
  assert_false(fiq_plot_choose(&plot, &trace));
  for (uint32_t i = 0; i < 10; ++i) {
    trace.series[FIQ_SERIES_LYAPUNOV][i] = -1.0f;
    trace.series[FIQ_SERIES_FLATNESS][i] = 0.0f;
  }
  plot = (FiqPlot){.width_px = FIQ_PLOT_WIDTH, .panels = {true, true, true, true, true, true}};
  assert_true(fiq_plot_choose(&plot, &trace));
  for (int i = 0; i < FIQ_N_PANELS; ++i) {
    assert_int_equal(plot.panels[i], strcmp(fiq_panels[i].name, "stability") == 0);
  }
  fiq_plot_free(&trace);
}

/// Any float: all bits, or a wild but finite number, or a tame one.
static float any_float(FiqRandom* random)
{
  const uint32_t bits = fiq_random_bits(random);
  float          x    = 0.0f;
  memcpy(&x, &bits, sizeof x);
  const float kinds[4] = {x, 1e9f * fiq_random_normal(random), fiq_random_normal(random), NAN};
  return kinds[fiq_random_bits(random) % 4u];
}

static void test_any_trace_can_be_drawn(void** state)
{
  (void)state;
  FiqRandom random;
  fiq_random_init(&random, 5, 0);
  for (int round = 0; round < 60; ++round) {
    FiqPlotTrace   trace;
    FiqPlot        plot   = {.width_px = 600 + 7 * (uint32_t)round,
                             .panels   = {true, true, true, true, true, true}};
    const uint32_t n_rows = round < 10 ? 1 : 1 + fiq_random_bits(&random) % 300u;
    make_trace(&trace, n_rows, 0.0f);
    for (uint32_t row = 0; row < n_rows; ++row) {
      for (int i = 0; i < FIQ_N_SERIES; ++i) {
        trace.series[i][row] = any_float(&random);
      }
      for (int i = 0; i < FIQ_N_LISTS; ++i) {
        trace.lists[i].values[row] = any_float(&random);
      }
      trace.time_s[row] = round % 2 ? 0.0 : trace.time_s[row]; // all at once as well
    }
    if (fiq_plot_choose(&plot, &trace)) {
      cairo_surface_destroy(draw(&plot, &trace));
    }
    fiq_plot_free(&trace);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ticks_are_round_and_inside),
      cmocka_unit_test(test_time_is_divided_as_clocks_are),
      cmocka_unit_test(test_numbers_are_written_with_the_digits_they_need),
      cmocka_unit_test(test_lines_become_columns),
      cmocka_unit_test(test_what_is_whole_is_read_and_the_rest_left_out),
      cmocka_unit_test(test_shares_are_counted_right),
      cmocka_unit_test(test_a_curve_stands_where_its_values_are),
      cmocka_unit_test(test_one_message_among_thousands_is_seen),
      cmocka_unit_test(test_panels_without_data_are_left_out),
      cmocka_unit_test(test_any_trace_can_be_drawn),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
