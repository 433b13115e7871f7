// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/plot/plot_panels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define LABEL_SIZE 10.5
#define STRIP_PX 9.0   // of the stability class
#define TITLE_PX 150.0 // of the panel's title, which stands on the same line

const FiqPlotState fiq_plot_tones[FIQ_PLOT_N_TONES] = {
    {"unformed", &fiq_grey}, {"intimacy", &fiq_purple}, {"joy", &fiq_yellow},
    {"spiral", &fiq_sky},    {"balance", &fiq_green},   {"tension", &fiq_vermillion}};

const FiqPlotState fiq_plot_actions[FIQ_PLOT_N_ACTIONS] = {
    {"COAST", &fiq_grey}, {"BRAKE", &fiq_vermillion}, {"BOOST", &fiq_blue}};

const FiqPlotState fiq_plot_classes[FIQ_PLOT_N_CLASSES] = {{"stable", &fiq_green},
                                                           {"periodic", &fiq_sky},
                                                           {"chaotic", &fiq_orange},
                                                           {"divergent", &fiq_vermillion}};

/// Colours of large areas, softened.
static FiqColor soft(const FiqColor* color)
{
  return fiq_mixed(*color, fiq_paper, 0.24);
}

// ---- figures ----

/// Index of the state that `x` stands for, or -1.
static int state_of(float x, int n_states)
{
  return x > -0.5f && x < (float)n_states - 0.5f ? (int)lrintf(x) : -1;
}

double fiq_plot_share(const FiqPlotTrace* trace, FiqSeries which, int state)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < trace->n_rows; ++i) {
    n += state_of(trace->series[which][i], state + 1) == state ? 1 : 0;
  }
  return (double)n / trace->n_rows;
}

double fiq_plot_zone_share(const FiqPlotTrace* trace)
{
  uint32_t n_known  = 0;
  uint32_t n_inside = 0;
  for (uint32_t i = 0; i < trace->n_rows; ++i) {
    const float order = trace->series[FIQ_SERIES_ORDER][i];
    const float low   = trace->series[FIQ_SERIES_ZONE_LOW][i];
    const float high  = trace->series[FIQ_SERIES_ZONE_HIGH][i];
    n_known += isfinite(order) && isfinite(low) && isfinite(high) ? 1 : 0;
    n_inside += order >= low && order <= high ? 1 : 0;
  }
  return n_known > 0 ? (double)n_inside / n_known : (double)NAN;
}

uint32_t fiq_plot_warnings(const FiqPlotTrace* trace)
{
  uint32_t n      = 0;
  bool     warned = false;
  for (uint32_t i = 0; i < trace->n_rows; ++i) {
    const bool warns = trace->series[FIQ_SERIES_WARNING][i] > 0.0f;
    n += warns && !warned ? 1 : 0;
    warned = warns;
  }
  return n;
}

static bool known(const FiqPlotTrace* trace, FiqSeries which)
{
  for (uint32_t i = 0; i < trace->n_rows; ++i) {
    if (isfinite(trace->series[which][i])) {
      return true;
    }
  }
  return false;
}

// ---- coherence ----

static bool has_coherence(const FiqPlotTrace* trace)
{
  return fiq_plot_has(trace, FIQ_SERIES_ORDER);
}

static void draw_coherence(FiqPanelArea* area)
{
  const FiqPlotTrace* const trace   = area->trace;
  const FiqScale            scale   = fiq_panel_scale(area, 0.0, 1.02, false);
  const float* const        order   = trace->series[FIQ_SERIES_ORDER];
  const float* const        u       = trace->series[FIQ_SERIES_UNCERTAINTY];
  float* const              product = malloc(trace->n_rows * sizeof(float));
  const FiqPen              pen_r   = {fiq_blue, 1.8, false};
  const FiqPen              pen_u   = {fiq_orange, 1.3, false};
  const FiqPen              pen_ru  = {fiq_soft_ink, 1.1, true};
  const double              inside  = fiq_plot_zone_share(trace);
  const FiqColor            zone    = fiq_faded(fiq_green, 0.17);
  char                      text[48];
  fiq_draw_axis(area, &scale, "R, U");
  fiq_draw_band(area, &scale, trace->series[FIQ_SERIES_ZONE_LOW],
                trace->series[FIQ_SERIES_ZONE_HIGH], zone);
  fiq_legend_curve(area, pen_r, "R  order");
  if (fiq_plot_has(trace, FIQ_SERIES_UNCERTAINTY) && product) {
    for (uint32_t i = 0; i < trace->n_rows; ++i) {
      product[i] = order[i] * u[i];
    }
    fiq_draw_curve(area, &scale, product, pen_ru);
    fiq_draw_curve(area, &scale, u, pen_u);
    fiq_legend_curve(area, pen_u, "U  uncertainty");
    fiq_legend_curve(area, pen_ru, "R \u00b7 U");
  }
  fiq_draw_curve(area, &scale, order, pen_r);
  free(product);
  if (isfinite(inside)) {
    fiq_legend_patch(area, zone, "living zone");
    snprintf(text, sizeof text, "R inside for %.0f %%", 100.0 * inside);
    fiq_legend_words(area, text);
  }
}

// ---- tone and action ----

// A core that is not asked for stands still, all its figures at 0.
static bool has_tone(const FiqPlotTrace* trace)
{
  return fiq_plot_has(trace, FIQ_SERIES_TONE) || fiq_plot_has(trace, FIQ_SERIES_ACTION);
}

/// The name of a state where its stretch of time is wide enough to hold it.
static void name_stretch(const FiqPanelArea* area, double from, double to, double y,
                         const FiqPlotState* state)
{
  const double   width = fiq_text_width(area->cr, state->name, LABEL_SIZE, false);
  const FiqColor color = soft(state->color);
  const double   light = 0.3 * color.red + 0.6 * color.green + 0.1 * color.blue;
  if (to - from > width + 8.0) {
    fiq_draw_text(area->cr, 0.5 * (from + to), y, state->name, LABEL_SIZE, FIQ_CENTER, false,
                  light > 0.44 ? fiq_ink : fiq_paper);
  }
}

/// The band of `which` between heights `top` and `bottom`: one stretch of colour a state.
static void draw_states(const FiqPanelArea* area, FiqSeries which, const FiqPlotState* states,
                        int n_states, double top, double bottom)
{
  const FiqPlotTrace* const trace  = area->trace;
  const float* const        values = trace->series[which];
  cairo_t* const            cr     = area->cr;
  cairo_save(cr);
  cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
  for (uint32_t i = 0; i < trace->n_rows;) {
    const int state = state_of(values[i], n_states);
    uint32_t  end   = i + 1;
    while (end < trace->n_rows && state_of(values[end], n_states) == state) {
      ++end;
    }
    const double from = fiq_row_px(area, i);
    const double to   = fiq_row_px(area, end);
    if (state >= 0) {
      cairo_rectangle(cr, from, top, fmax(to - from, 0.7), bottom - top);
      fiq_set_color(cr, soft(states[state].color));
      cairo_fill(cr);
      if (bottom - top > LABEL_SIZE) {
        name_stretch(area, from, to, 0.5 * (top + bottom), &states[state]);
      }
    }
    i = end;
  }
  cairo_restore(cr);
}

enum { SHARE_BYTES = 48 };

/// The state's name and for how much of the time it holds; false if it never does.
static bool write_share(const FiqPlotTrace* trace, FiqSeries which, const FiqPlotState* states,
                        int i, char text[SHARE_BYTES])
{
  const double share = fiq_plot_share(trace, which, i);
  if (share < 0.005) {
    snprintf(text, SHARE_BYTES, "%s  <1 %%", states[i].name);
  } else {
    snprintf(text, SHARE_BYTES, "%s  %.0f %%", states[i].name, 100.0 * share);
  }
  return share > 0.0;
}

static void legend_states(FiqPanelArea* area, FiqSeries which, const FiqPlotState* states,
                          int n_states)
{
  for (int i = 0; i < n_states; ++i) {
    char text[SHARE_BYTES];
    if (write_share(area->trace, which, states, i, text)) {
      fiq_legend_patch(area, soft(states[i].color), text);
    }
  }
}

static void draw_row_name(const FiqPanelArea* area, const char* name, double y)
{
  fiq_draw_text(area->cr, area->time.from_px - 7.0, y, name, LABEL_SIZE, FIQ_RIGHT, false,
                fiq_soft_ink);
}

/// The actions in one line over the panel's right end, for the tones fill the legend; where the
/// panel is narrow they go without.
static void head_actions(const FiqPanelArea* area)
{
  char           texts[FIQ_PLOT_N_ACTIONS][SHARE_BYTES];
  bool           occurs[FIQ_PLOT_N_ACTIONS];
  cairo_t* const cr    = area->cr;
  const double   y     = area->top - 11.0;
  double         x     = area->time.to_px;
  double         width = 0.0;
  for (int i = 0; i < FIQ_PLOT_N_ACTIONS; ++i) {
    occurs[i] = write_share(area->trace, FIQ_SERIES_ACTION, fiq_plot_actions, i, texts[i]);
    width += occurs[i] ? fiq_text_width(cr, texts[i], LABEL_SIZE, false) + 33.0 : 0.0;
  }
  const bool fits = width < x - area->time.from_px - TITLE_PX;
  for (int i = FIQ_PLOT_N_ACTIONS - 1; i >= 0 && fits; --i) {
    if (occurs[i]) {
      x -= fiq_draw_text(cr, x, y, texts[i], LABEL_SIZE, FIQ_RIGHT, false, fiq_soft_ink) + 5.0;
      cairo_rectangle(cr, x - 12.0, y - 5.0, 12.0, 10.0);
      fiq_set_color(cr, soft(fiq_plot_actions[i].color));
      cairo_fill(cr);
      x -= 28.0;
    }
  }
}

static void draw_tone(FiqPanelArea* area)
{
  const FiqPlotTrace* const trace  = area->trace;
  const bool                tones  = known(trace, FIQ_SERIES_TONE);
  const bool                acts   = known(trace, FIQ_SERIES_ACTION);
  const double              height = area->bottom - area->top;
  const double              split  = area->top + (tones ? (acts ? 0.6 : 1.0) : 0.0) * height;
  if (tones) {
    draw_states(area, FIQ_SERIES_TONE, fiq_plot_tones, FIQ_PLOT_N_TONES, area->top, split);
    draw_row_name(area, "tone", 0.5 * (area->top + split));
    legend_states(area, FIQ_SERIES_TONE, fiq_plot_tones, FIQ_PLOT_N_TONES);
  }
  if (acts) {
    draw_states(area, FIQ_SERIES_ACTION, fiq_plot_actions, FIQ_PLOT_N_ACTIONS,
                split + (tones ? 3.0 : 0.0), area->bottom);
    draw_row_name(area, "action", 0.5 * (split + area->bottom));
    head_actions(area);
  }
}

// ---- coupling ----

static bool has_coupling(const FiqPlotTrace* trace)
{
  return fiq_plot_has(trace, FIQ_SERIES_COUPLING) ||
         fiq_plot_has(trace, FIQ_SERIES_COUPLING_RATIO) || fiq_plot_has(trace, FIQ_SERIES_NOISE);
}

/// Ends of an axis from 0, or from below, with air at the top.
static FiqScale scale_from_zero(const FiqPanelArea* area, double low, double high)
{
  const double top    = high > 0.0 ? high : 0.0;
  const double bottom = low < 0.0 ? low : 0.0;
  const double span   = top - bottom > 1e-6 ? top - bottom : 1.0;
  return fiq_panel_scale(area, bottom < 0.0 ? bottom - 0.06 * span : 0.0,
                         bottom + span + 0.08 * span, false);
}

static void draw_coupling(FiqPanelArea* area)
{
  const FiqPlotTrace* const trace    = area->trace;
  const FiqPen              pen_k    = {fiq_blue, 1.7, false};
  const FiqPen              pen_kc   = {fiq_sky, 1.4, false};
  const FiqPen              pen_wild = {fiq_vermillion, 1.2, false};
  const FiqPen              critical = {fiq_sky, 1.0, true};
  double                    low      = 0.0;
  double                    high     = 0.0;
  double                    quiet    = 0.0;
  double                    loud     = 0.0;
  fiq_plot_range(trace, FIQ_SERIES_COUPLING, 0.0, &low, &high);
  const bool ratio = fiq_plot_has(trace, FIQ_SERIES_COUPLING_RATIO);
  fiq_plot_range(trace, FIQ_SERIES_COUPLING_RATIO, 0.0, &low, &high);
  fiq_plot_range(trace, FIQ_SERIES_NOISE, 0.0, &quiet, &loud);
  const FiqScale scale = scale_from_zero(area, low, ratio ? fmax(high, 1.0) : high);
  const FiqScale noise = scale_from_zero(area, quiet, loud);
  fiq_draw_axis(area, &scale, "K (rad/s), K/Kc");
  if (fiq_plot_has(trace, FIQ_SERIES_NOISE)) {
    fiq_draw_right_axis(area, &noise, "rad/\u221as", fiq_vermillion);
    fiq_draw_fill(area, &noise, trace->series[FIQ_SERIES_NOISE], 0.0,
                  fiq_faded(fiq_vermillion, 0.10));
    fiq_draw_curve(area, &noise, trace->series[FIQ_SERIES_NOISE], pen_wild);
  }
  if (ratio) {
    fiq_draw_level(area, &scale, 1.0, critical);
    fiq_draw_curve(area, &scale, trace->series[FIQ_SERIES_COUPLING_RATIO], pen_kc);
  }
  fiq_draw_curve(area, &scale, trace->series[FIQ_SERIES_COUPLING], pen_k);
  if (fiq_plot_has(trace, FIQ_SERIES_COUPLING)) {
    fiq_legend_curve(area, pen_k, "K  coupling");
  }
  if (ratio) {
    fiq_legend_curve(area, pen_kc, "K / Kc");
    fiq_legend_words(area, "dotted: critical, 1");
  }
  if (fiq_plot_has(trace, FIQ_SERIES_NOISE)) {
    fiq_legend_curve(area, pen_wild, "noise (right)");
  }
}

// ---- stability ----

static bool has_stability(const FiqPlotTrace* trace)
{
  return fiq_plot_has(trace, FIQ_SERIES_LYAPUNOV) || fiq_plot_has(trace, FIQ_SERIES_STABILITY);
}

static void draw_triangle(cairo_t* cr, double x, double y, FiqColor color)
{
  cairo_move_to(cr, x - 5.0, y);
  cairo_line_to(cr, x + 5.0, y);
  cairo_line_to(cr, x, y + 8.0);
  cairo_close_path(cr);
  fiq_set_color(cr, color);
  cairo_fill(cr);
}

/// Shade where it warns, and mark where it begins to.
static void draw_warnings(const FiqPanelArea* area)
{
  const FiqPlotTrace* const trace  = area->trace;
  const float* const        values = trace->series[FIQ_SERIES_WARNING];
  cairo_t* const            cr     = area->cr;
  for (uint32_t i = 0; i < trace->n_rows;) {
    uint32_t end = i + 1;
    while (end < trace->n_rows && values[i] > 0.0f && values[end] > 0.0f) {
      ++end;
    }
    if (values[i] > 0.0f) {
      const double x = fiq_row_px(area, i);
      cairo_rectangle(cr, x, area->top, fmax(fiq_row_px(area, end) - x, 1.0),
                      area->bottom - area->top);
      fiq_set_color(cr, fiq_faded(fiq_vermillion, 0.13));
      cairo_fill(cr);
      draw_triangle(cr, x, area->top + 3.0, fiq_vermillion);
    }
    i = end;
  }
}

static void draw_stability(FiqPanelArea* area)
{
  const FiqPlotTrace* const trace = area->trace;
  const FiqPen              pen   = {fiq_ink, 1.4, false};
  const bool                named = known(trace, FIQ_SERIES_STABILITY);
  const uint32_t            n     = fiq_plot_warnings(trace);
  double                    low   = 0.0;
  double                    high  = 0.0;
  char                      text[48];
  fiq_plot_range(trace, FIQ_SERIES_LYAPUNOV, 0.005, &low, &high);
  const double   span  = high - low > 1e-3 ? high - low : 1.0;
  const double   strip = named ? STRIP_PX / (area->bottom - area->top - STRIP_PX) * span : 0.0;
  const FiqScale scale =
      fiq_panel_scale(area, low - 0.1 * span - 1.3 * strip, high + 0.2 * span, false);
  fiq_draw_axis(area, &scale, "1/s");
  fiq_draw_level(area, &scale, 0.0, (FiqPen){fiq_soft_ink, 1.0, false});
  draw_warnings(area);
  fiq_draw_curve(area, &scale, trace->series[FIQ_SERIES_LYAPUNOV], pen);
  fiq_legend_curve(area, pen, "Lyapunov exponent");
  if (named) {
    draw_states(area, FIQ_SERIES_STABILITY, fiq_plot_classes, FIQ_PLOT_N_CLASSES,
                area->bottom - STRIP_PX, area->bottom);
    legend_states(area, FIQ_SERIES_STABILITY, fiq_plot_classes, FIQ_PLOT_N_CLASSES);
  }
  if (n > 0) {
    draw_triangle(area->cr, area->legend_x + 9.0, area->legend_y - 4.0, fiq_vermillion);
    snprintf(text, sizeof text, "%u warning%s", n, n == 1 ? "" : "s");
    fiq_draw_text(area->cr, area->legend_x + 25.0, area->legend_y, text, 11.0, FIQ_LEFT, false,
                  fiq_ink);
  }
}

// ---- features ----

static const struct {
  FiqSeries       series;
  const FiqColor* color;
  const char*     name;
} features[] = {{FIQ_SERIES_FLATNESS, &fiq_sky, "flatness"},
                {FIQ_SERIES_ENTROPY, &fiq_blue, "entropy"},
                {FIQ_SERIES_FLUX, &fiq_orange, "flux"},
                {FIQ_SERIES_SPECTRAL_SHARE, &fiq_green, "spectral share"}};

enum { N_FEATURES = sizeof features / sizeof features[0] };

// The adaptive realm alone measures: elsewhere they all stand at 0.
static bool has_features(const FiqPlotTrace* trace)
{
  return fiq_plot_has(trace, FIQ_SERIES_FLATNESS) || fiq_plot_has(trace, FIQ_SERIES_ENTROPY) ||
         fiq_plot_has(trace, FIQ_SERIES_FLUX);
}

static void draw_features(FiqPanelArea* area)
{
  const FiqPlotTrace* const trace = area->trace;
  const FiqScale            scale = fiq_panel_scale(area, 0.0, 1.02, false);
  double                    low   = 0.0;
  double                    high  = -200.0;
  fiq_draw_axis(area, &scale, "features, 0 .. 1");
  if (fiq_plot_has(trace, FIQ_SERIES_RMS)) {
    fiq_plot_range(trace, FIQ_SERIES_RMS, 0.05, &low, &high);
    const double   floor_db = fmin(fmax(low, -69.0) - 3.0, -20.0);
    const FiqScale level    = fiq_panel_scale(area, floor_db, fmax(high, 0.0) + 0.5, false);
    fiq_draw_fill(area, &level, trace->series[FIQ_SERIES_RMS], floor_db, fiq_faded(fiq_grey, 0.45));
    fiq_draw_right_axis(area, &level, "dBFS", fiq_soft_ink);
    fiq_legend_patch(area, fiq_faded(fiq_grey, 0.65), "level, RMS (right)");
  }
  for (int i = 0; i < N_FEATURES; ++i) {
    const FiqPen pen = {*features[i].color, i == N_FEATURES - 1 ? 1.8 : 1.2, false};
    if (fiq_plot_has(trace, features[i].series)) {
      fiq_draw_curve(area, &scale, trace->series[features[i].series], pen);
      fiq_legend_curve(area, pen, features[i].name);
    }
  }
}

// ---- sequence ----

static bool has_sequence(const FiqPlotTrace* trace)
{
  return fiq_plot_has(trace, FIQ_SERIES_CHOICE_ENTROPY);
}

static void draw_sequence(FiqPanelArea* area)
{
  static const struct {
    FiqSeries       series;
    const FiqColor* color;
    const char*     name;
  } curves[] = {{FIQ_SERIES_CHOICE_TEMPERATURE, &fiq_vermillion, "temperature"},
                {FIQ_SERIES_HARMONY, &fiq_green, "harmony"},
                {FIQ_SERIES_GOAL_PROGRESS, &fiq_purple, "goals"},
                {FIQ_SERIES_CHOICE_SURPRISE, &fiq_orange, "surprise"},
                {FIQ_SERIES_CHOICE_ENTROPY, &fiq_blue, "entropy"}};
  enum { N_CURVES = sizeof curves / sizeof curves[0] };
  const FiqPlotTrace* const trace = area->trace;
  const FiqScale            scale = fiq_panel_scale(area, 0.0, 1.55, false);
  fiq_draw_axis(area, &scale, "of the greatest");
  fiq_draw_level(area, &scale, 0.35, (FiqPen){fiq_soft_ink, 1.0, true});
  fiq_draw_level(area, &scale, 0.65, (FiqPen){fiq_soft_ink, 1.0, true});
  for (int i = 0; i < N_CURVES; ++i) {
    const FiqPen pen = {*curves[i].color, i == N_CURVES - 1 ? 1.8 : 1.2, false};
    if (fiq_plot_has(trace, curves[i].series)) {
      fiq_draw_curve(area, &scale, trace->series[curves[i].series], pen);
      fiq_legend_curve(area, pen, curves[i].name);
    }
  }
}

const FiqPanel fiq_panels[FIQ_N_PANELS] = {
    {"coherence", "Coherence", 150.0, has_coherence, draw_coherence},
    {"tone", "Tone and regulation", 96.0, has_tone, draw_tone},
    {"coupling", "Coupling and noise", 120.0, has_coupling, draw_coupling},
    {"stability", "Stability", 120.0, has_stability, draw_stability},
    {"carriers", "Carriers and oscillators", 240.0, fiq_panel_carriers_has,
     fiq_panel_carriers_draw},
    {"features", "Features of the sound", 130.0, has_features, draw_features},
    {"sequence", "What the partner plays", 130.0, has_sequence, draw_sequence}};
