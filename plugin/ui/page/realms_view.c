// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/param_text.h"
#include "plugin/ui/page/view.h"
#include "plugin/ui/widget/band_plot.h"
#include "plugin/ui/widget/bars.h"
#include "plugin/ui/widget/button.h"
#include "plugin/ui/widget/cards.h"
#include "plugin/ui/widget/chart.h"
#include "plugin/ui/widget/label.h"
#include "plugin/ui/widget/level_rows.h"
#include "plugin/ui/widget/phase_circle.h"
#include "plugin/ui/widget/ring.h"
#include "plugin/ui/widget/wave_plot.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEMPORAL, SPECTRAL, ADAPTIVE, N_REALMS };
enum { PANEL_PLOT, PANEL_LEARN, PANEL_CIRCLE, PANEL_LEVEL, N_PANELS };
enum { BUTTON_LEARN, BUTTON_FORGET, N_BUTTONS, HARMONICS = 16 };

static const double gap = 12.0, right_width = 382.0, cards_height = 46.0, learn_share = 0.54,
                    words_every_s = 0.2, features_every_s = 0.05, harmonics_db = 80.0,
                    low_panel = 130.0;

static const char* const realm_titles[N_REALMS] = {"Temporal", "Spectral", "Adaptive"};
static const char* const realm_lines[N_REALMS]  = {"sine neurons shape each band",
                                                   "phases of the bands", "listens and chooses"};
static const char* const plot_titles[N_REALMS]  = {"OUTPUT OVER INPUT, AND THE HARMONICS ADDED",
                                                   "PHASE OF EACH BAND", "WHAT THE SOUND IS LIKE"};
static const char* const feature_names[FIQ_UI_FEATURES] = {
    "Tonality", "Loudness", "Flatness", "Entropy", "Flux", "Phase variance"};

/// What is learned, and how it comes along.
typedef struct {
  FiqCards*    objective;
  FiqRing*     progress;
  FiqLabel*    gain;   ///< large
  FiqLabel*    what;   ///< what the gain is of
  FiqLabel*    active; ///< how far it is heard
  FiqWavePlot* waves;  ///< before and after
  FiqButton*   button[N_BUTTONS];
} LearnPanel;

typedef struct {
  FiqUiView       base;
  FiqStage*       stage;
  FiqUiModel*     model;
  FiqCards*       realms;
  FiqBandPlot*    bands;     ///< Spectral
  FiqWavePlot*    transfer;  ///< Temporal
  FiqBars*        harmonics; ///< Temporal
  FiqChart*       features;  ///< Adaptive
  FiqLabel*       said;      ///< beside the plot's title
  LearnPanel      learn;
  FiqPhaseCircle* circle;
  FiqLabel*       numbers[4]; ///< R, U, K / Kc, tone
  FiqLevelRows*   levels;
  FiqLabel*       latency;
  FiqRect         panel[N_PANELS];
  bool            is_shown;
  uint32_t        realm; ///< shown
  uint64_t        heard; ///< message that was shown
  double          read_s;
} RealmsView;

// ---- values ----

static float value_of(const RealmsView* self, const char* symbol)
{
  const int32_t row = fiq_ui_model_row(self->model, symbol);
  return row == FIQ_UI_NO_ROW ? 0.0f : self->model->value[row];
}

static void set_once(RealmsView* self, const char* symbol, float value)
{
  const int32_t row = fiq_ui_model_row(self->model, symbol);
  if (row != FIQ_UI_NO_ROW) {
    fiq_ui_model_hold(self->model, (uint32_t)row);
    fiq_ui_model_set(self->model, (uint32_t)row, value);
    fiq_ui_model_let_go(self->model);
  }
}

static void realm_chosen(void* handle, uint32_t realm)
{
  set_once(handle, "realm", (float)realm);
}

static void objective_chosen(void* handle, uint32_t objective)
{
  set_once(handle, "objective", (float)objective);
}

static void button_pressed(void* handle, uint32_t button)
{
  RealmsView* const self   = handle;
  const char* const symbol = button == BUTTON_LEARN ? "learn" : "learn_clear";
  set_once(self, symbol, value_of(self, symbol) >= 0.5f ? 0.0f : 1.0f);
}

// ---- what is shown ----

static FiqPlotCurve plot_curve(const FiqUiCurve* curve)
{
  return (FiqPlotCurve){curve->n, (double)curve->low_hz, (double)curve->high_hz, curve->value};
}

static void show_bands(RealmsView* self)
{
  const FiqUiRealms* const realms = &self->model->telemetry.realms;
  const FiqBandFrame       frame  = {.n               = realms->n_bands,
                                     .hz              = realms->band_hz,
                                     .phase_rad       = realms->phase_rad,
                                     .delay_s         = realms->delay_s,
                                     .group           = realms->group,
                                     .spectrum        = plot_curve(&realms->spectrum),
                                     .learned         = plot_curve(&realms->learned),
                                     .rotator         = plot_curve(&realms->rotator),
                                     .n_learned       = realms->n_learned,
                                     .learned_hz      = realms->learned_hz,
                                     .learned_delay_s = realms->learned_delay_s,
                                     .bound_s         = realms->spread_s};
  fiq_band_plot_show(self->bands, &frame);
}

static void show_neurons(RealmsView* self)
{
  const FiqUiRealms* const realms = &self->model->telemetry.realms;
  float                    level[HARMONICS], place[HARMONICS];
  for (uint32_t i = 0; i < 3; ++i) {
    fiq_wave_plot_show(self->transfer, i, realms->transfer[i].n, realms->transfer[i].value);
  }
  for (uint32_t i = 0; i < HARMONICS; ++i) {
    level[i] = fminf(fmaxf(1.0f + realms->harmonic_db[i] / (float)harmonics_db, 0.0f), 1.0f);
    place[i] = (float)i / (HARMONICS - 1);
  }
  fiq_bars_show(self->harmonics, realms->transfer[0].n > 0 ? HARMONICS : 0, level, place);
}

static void show_moving(RealmsView* self, double now_s)
{
  const FiqUiTelemetry* const   told = &self->model->telemetry;
  const FiqUiOscillators* const osc  = &told->oscillators;
  const FiqCircleFrame circle   = {osc->n,          osc->phase_rad,     osc->amplitude, osc->note,
                                   told->core.mean, told->core.psi_rad, told->time_s};
  const float          level[3] = {fmaxf(told->levels.in[0], told->levels.in[1]),
                                   fmaxf(told->levels.out[0], told->levels.out[1]), told->levels.mono};
  fiq_phase_circle_show(self->circle, &circle);
  fiq_level_rows_show(self->levels, level);
  fiq_chart_show(self->features, told->realms.feature, now_s);
  if (self->realm == SPECTRAL) {
    show_bands(self);
  } else if (self->realm == TEMPORAL) {
    show_neurons(self);
  }
  fiq_wave_plot_show(self->learn.waves, 0, told->realms.before.n, told->realms.before.value);
  fiq_wave_plot_show(self->learn.waves, 1, told->realms.after.n, told->realms.after.value);
}

static void say_of_realm(const RealmsView* self, char* text, size_t n_bytes)
{
  const FiqUiRealms* const realms = &self->model->telemetry.realms;
  const uint32_t           groups = (uint32_t)value_of(self, "groups");
  if (self->realm == SPECTRAL && value_of(self, "freeze") >= 0.5f) {
    snprintf(text, n_bytes, "frozen \u00b7 %u bands", realms->n_bands);
  } else if (self->realm == TEMPORAL) {
    snprintf(text, n_bytes, "Match error %.1f dB", (double)value_of(self, "match_error"));
  } else if (self->realm == ADAPTIVE) {
    const double share = 100.0 * (double)value_of(self, "spectral_share");
    snprintf(text, n_bytes, "%s \u00b7 %.0f %% spectral",
             share > 50.0 ? "sustained sound" : "transients", share);
  } else if (realms->learned.n > 0 && realms->spread_s > 0.0f) {
    snprintf(text, n_bytes, "learned \u00b7 %u bands \u00b7 delays within %.1f ms", realms->n_bands,
             1000.0 * (double)realms->spread_s);
  } else if (realms->learned.n > 0) {
    snprintf(text, n_bytes, "learned \u00b7 %u bands", realms->n_bands);
  } else if (groups > 0) {
    snprintf(text, n_bytes, "%u bands in %u groups", realms->n_bands, groups);
  } else {
    snprintf(text, n_bytes, "%u bands \u00b7 coordinated %.2f", realms->n_bands,
             (double)value_of(self, "coordinated"));
  }
}

static void show_lesson(RealmsView* self)
{
  static const char* const what[4]   = {"nothing is learned", "peak, at the same loudness",
                                        "mono sum, at the same loudness", "sum with the sidechain"};
  LearnPanel* const        learn     = &self->learn;
  const uint32_t           objective = (uint32_t)value_of(self, "objective");
  const double             gain      = (double)value_of(self, "learn_gain");
  char                     text[FIQ_LABEL_BYTES];
  fiq_cards_show(learn->objective, objective);
  fiq_ring_show(learn->progress, objective == 0 ? 0.0 : (double)value_of(self, "learn_progress"));
  // Headroom is won by lower peaks, the others by a louder sum.
  snprintf(text, sizeof(text), objective == 1 ? "\u2212%.1f dB" : "+%.1f dB", gain);
  fiq_label_show(learn->gain, objective == 0 || gain < 0.05 ? "0.0 dB" : text);
  const bool is_vain = (uint32_t)value_of(self, "learn_state") == FIQ_LEARN_NOTHING;
  fiq_label_show(learn->what, is_vain ? "nothing to gain: the sound is left as it is"
                                      : what[objective < 4 ? objective : 0]);
  const double delivered = (double)value_of(self, "learn_delivered");
  const bool   is_louder = objective == 1 ? delivered <= 0.0 : delivered >= 0.0;
  snprintf(text, sizeof(text), "heard %s%.1f dB, %.0f %%", is_louder ? "+" : "\u2212",
           fabs(delivered), 100.0 * (double)value_of(self, "learn_active"));
  if (objective == 0) {
    text[0] = '\0';
  }
  fiq_label_show(learn->active, text);
  fiq_button_light(learn->button[BUTTON_LEARN], value_of(self, "learn") >= 0.5f);
  fiq_button_light(learn->button[BUTTON_FORGET], value_of(self, "learn_clear") >= 0.5f);
  fiq_widget_disable(&learn->button[BUTTON_LEARN]->base,
                     objective == 0 ? "Does nothing now: Objective is off." : NULL);
}

static void show_words(RealmsView* self)
{
  char          text[FIQ_LABEL_BYTES];
  const int32_t tone = fiq_ui_model_row(self->model, "tone");
  say_of_realm(self, text, sizeof(text));
  fiq_label_show(self->said, text);
  snprintf(text, sizeof(text), "R %.2f", (double)value_of(self, "order"));
  fiq_label_show(self->numbers[0], text);
  snprintf(text, sizeof(text), "U %.2f", (double)value_of(self, "uncertainty"));
  fiq_label_show(self->numbers[1], text);
  snprintf(text, sizeof(text), "K/Kc %.2f", (double)value_of(self, "coupling_ratio"));
  fiq_label_show(self->numbers[2], text);
  if (tone != FIQ_UI_NO_ROW) {
    fiq_param_format(&fiq_params[tone], self->model->value[tone], text, sizeof(text));
    fiq_label_show(self->numbers[3], text);
  }
  snprintf(text, sizeof(text), "latency %.1f ms",
           1000.0 * (double)self->model->telemetry.realms.latency_s);
  fiq_label_show(self->latency, text);
  show_lesson(self);
}

/// The plot of the realm alone.
static void show_plots(RealmsView* self)
{
  fiq_widget_show(&self->bands->base, self->is_shown && self->realm == SPECTRAL);
  fiq_widget_show(&self->transfer->base, self->is_shown && self->realm == TEMPORAL);
  fiq_widget_show(&self->harmonics->base, self->is_shown && self->realm == TEMPORAL);
  fiq_widget_show(&self->features->base, self->is_shown && self->realm == ADAPTIVE);
}

static void refresh(FiqUiView* view, double now_s)
{
  RealmsView* const self  = (RealmsView*)view;
  const uint32_t    realm = (uint32_t)value_of(self, "realm");
  bool              fresh = self->model->telemetry.sequence != self->heard;
  if (realm != self->realm && realm < N_REALMS) {
    self->realm = realm;
    fiq_cards_show(self->realms, realm);
    show_plots(self);
    fiq_stage_renew(self->stage);
    self->read_s = -1.0;
    fresh        = true;
  }
  if (fresh) {
    self->heard = self->model->telemetry.sequence;
    show_moving(self, now_s);
  }
  if (fabs(now_s - self->read_s) >= words_every_s) {
    self->read_s = now_s;
    show_words(self);
  }
}

// ---- where it stands ----

static void layout_learn(RealmsView* self, FiqRect r)
{
  LearnPanel* const learn = &self->learn;
  const double      side  = fmin(r.height - 128.0, 96.0);
  const double      x     = r.x + side + 32.0;
  const double      width = r.width - side - 44.0;
  const double      foot  = r.y + r.height - 38.0;
  fiq_widget_place(&learn->objective->base,
                   (FiqRect){r.x + 12.0, r.y + 30.0, r.width - 24.0, 28.0});
  fiq_widget_place(&learn->progress->base, (FiqRect){r.x + 14.0, r.y + 72.0, side, side});
  fiq_widget_place(&learn->gain->base, (FiqRect){x, r.y + 66.0, width, 30.0});
  fiq_widget_place(&learn->what->base, (FiqRect){x, r.y + 94.0, width, 18.0});
  fiq_widget_place(&learn->waves->base, (FiqRect){x, r.y + 114.0, width, foot - r.y - 120.0});
  fiq_widget_place(&learn->button[BUTTON_LEARN]->base, (FiqRect){r.x + 12.0, foot, 104.0, 26.0});
  fiq_widget_place(&learn->button[BUTTON_FORGET]->base, (FiqRect){r.x + 124.0, foot, 76.0, 26.0});
  fiq_widget_place(&learn->active->base, (FiqRect){r.x + 210.0, foot, r.width - 222.0, 26.0});
}

/// The circle with its numbers at the right; in a low panel beside the title, with the numbers under that.
static void layout_circle(RealmsView* self, FiqRect r)
{
  const bool   is_low = r.height < low_panel;
  const double side   = is_low ? r.height - 12.0 : fmin(r.height - 36.0, r.width - 92.0);
  const double x      = is_low ? r.x + 12.0 : r.x + side + 14.0;
  const double y      = is_low ? r.y + 26.0 : r.y + 0.5 * r.height - 36.0;
  const double step   = is_low ? 17.0 : 20.0;
  fiq_widget_place(&self->circle->base,
                   is_low ? (FiqRect){r.x + r.width - side - 8.0, r.y + 6.0, side, side}
                          : (FiqRect){r.x + 8.0, r.y + 28.0, side, side});
  for (uint32_t i = 0; i < 4; ++i) {
    fiq_widget_place(&self->numbers[i]->base,
                     (FiqRect){x, y + step * i, r.width - side - 20.0, step - 2.0});
  }
}

static void layout_small(RealmsView* self)
{
  const FiqRect level = self->panel[PANEL_LEVEL];
  layout_circle(self, self->panel[PANEL_CIRCLE]);
  fiq_widget_place(&self->levels->base, (FiqRect){level.x + 12.0, level.y + 30.0,
                                                  level.width - 24.0, level.height - 58.0});
  fiq_widget_place(&self->latency->base, (FiqRect){level.x + 12.0, level.y + level.height - 24.0,
                                                   level.width - 24.0, 16.0});
}

static void layout(FiqUiView* view, FiqRect area)
{
  RealmsView* const self    = (RealmsView*)view;
  const double      width   = area.width - right_width - gap;
  const double      x       = area.x + width + gap;
  const double      learn   = fmax(learn_share * area.height, 214.0);
  const double      top     = area.y + cards_height + 8.0;
  const double      small   = 0.5 * (right_width - 8.0);
  const double      lower   = area.height - learn - 8.0;
  self->panel[PANEL_PLOT]   = (FiqRect){area.x, top, width, area.height - cards_height - 8.0};
  self->panel[PANEL_LEARN]  = (FiqRect){x, area.y, right_width, learn};
  self->panel[PANEL_CIRCLE] = (FiqRect){x, area.y + learn + 8.0, small + 20.0, lower};
  self->panel[PANEL_LEVEL] = (FiqRect){x + small + 28.0, area.y + learn + 8.0, small - 20.0, lower};
  const FiqRect panel      = self->panel[PANEL_PLOT];
  const FiqRect plot = {panel.x + 12.0, panel.y + 32.0, panel.width - 24.0, panel.height - 42.0};
  const double  half = 0.5 * (plot.width - 16.0);
  fiq_widget_place(&self->realms->base, (FiqRect){area.x, area.y, width, cards_height});
  fiq_widget_place(&self->said->base,
                   (FiqRect){panel.x + 300.0, panel.y + 6.0, panel.width - 314.0, 20.0});
  fiq_widget_place(&self->bands->base, plot);
  fiq_widget_place(&self->transfer->base, (FiqRect){plot.x, plot.y, half, plot.height});
  fiq_widget_place(&self->harmonics->base,
                   (FiqRect){plot.x + half + 16.0, plot.y, half, plot.height});
  fiq_widget_place(&self->features->base, plot);
  layout_learn(self, self->panel[PANEL_LEARN]);
  layout_small(self);
}

static void ground(FiqUiView* view, const FiqPaint* paint)
{
  const RealmsView* const self             = (const RealmsView*)view;
  const char* const       titles[N_PANELS] = {plot_titles[self->realm], "LEARN", "PHASES", "LEVEL"};
  const FiqTextStyle      style = {10.5, FIQ_TEXT_BOLD, FIQ_ALIGN_LEFT, paint->theme->soft};
  for (uint32_t i = 0; i < N_PANELS; ++i) {
    fiq_paint_box(paint, self->panel[i], 8.0, paint->theme->panel, paint->theme->edge);
    fiq_paint_text(paint, self->panel[i].x + 12.0, self->panel[i].y + 16.0, titles[i], &style);
  }
}

static void show(FiqUiView* view, bool shown)
{
  RealmsView* const self      = (RealmsView*)view;
  LearnPanel* const learn     = &self->learn;
  FiqWidget* const  widgets[] = {
       &self->realms->base,     &self->said->base,       &self->circle->base,
       &self->numbers[0]->base, &self->numbers[1]->base, &self->numbers[2]->base,
       &self->numbers[3]->base, &self->levels->base,     &self->latency->base,
       &learn->objective->base, &learn->progress->base,  &learn->gain->base,
       &learn->what->base,      &learn->active->base,    &learn->waves->base,
       &learn->button[0]->base, &learn->button[1]->base};
  for (size_t i = 0; i < sizeof(widgets) / sizeof(widgets[0]); ++i) {
    fiq_widget_show(widgets[i], shown);
  }
  self->is_shown = shown;
  show_plots(self);
}

static void free_view(FiqUiView* view)
{
  free(view);
}

// ---- making it ----

static bool make_learn(RealmsView* self)
{
  static const char* const objectives[4] = {"Off", "Headroom", "Mono", "Align"};
  LearnPanel* const        learn         = &self->learn;
  FiqStage* const          stage         = self->stage;
  learn->objective = fiq_cards_new(stage, 4, objectives, NULL, self, objective_chosen);
  learn->progress  = fiq_ring_new(stage, FIQ_HUE_GREEN);
  learn->gain      = fiq_label_new(stage, 24.0, FIQ_TEXT_BOLD, FIQ_ALIGN_LEFT, FIQ_INK_GREEN);
  learn->what      = fiq_label_new(stage, 11.5, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, FIQ_INK_SOFT);
  learn->active    = fiq_label_new(stage, 11.5, FIQ_TEXT_REGULAR, FIQ_ALIGN_RIGHT, FIQ_INK_SOFT);
  learn->waves     = fiq_wave_plot_new(stage, false);
  learn->button[BUTTON_LEARN] =
      fiq_button_new(stage, "Learning", FIQ_SIGN_NONE, self, BUTTON_LEARN, button_pressed);
  learn->button[BUTTON_FORGET] =
      fiq_button_new(stage, "Forget", FIQ_SIGN_NONE, self, BUTTON_FORGET, button_pressed);
  return learn->objective && learn->progress && learn->gain && learn->what && learn->active &&
         learn->waves && learn->button[0] && learn->button[1];
}

static bool make_plots(RealmsView* self)
{
  FiqStage* const stage = self->stage;
  self->realms    = fiq_cards_new(stage, N_REALMS, realm_titles, realm_lines, self, realm_chosen);
  self->bands     = fiq_band_plot_new(stage);
  self->transfer  = fiq_wave_plot_new(stage, true);
  self->harmonics = fiq_bars_new(stage);
  self->features  = fiq_chart_new(stage, FIQ_UI_FEATURES, features_every_s);
  self->said      = fiq_label_new(stage, 12.0, FIQ_TEXT_BOLD, FIQ_ALIGN_RIGHT, FIQ_INK_PLAIN);
  return self->realms && self->bands && self->transfer && self->harmonics && self->features &&
         self->said;
}

static bool make_small(RealmsView* self)
{
  static const char* const rows[3] = {"in", "out", "mono"};
  static const FiqHue      hues[3] = {FIQ_HUE_ORANGE, FIQ_HUE_GREEN, FIQ_HUE_BLUE};
  static const FiqInk      inks[4] = {FIQ_INK_PLAIN, FIQ_INK_SOFT, FIQ_INK_SOFT, FIQ_INK_ORANGE};
  FiqStage* const          stage   = self->stage;
  bool                     ok      = true;
  self->circle                     = fiq_phase_circle_new(stage);
  for (uint32_t i = 0; i < 4; ++i) {
    self->numbers[i] = fiq_label_new(stage, 12.0, i == 0 ? FIQ_TEXT_BOLD : FIQ_TEXT_REGULAR,
                                     FIQ_ALIGN_LEFT, inks[i]);
    ok               = ok && self->numbers[i];
  }
  self->levels  = fiq_level_rows_new(stage, 3, rows, hues);
  self->latency = fiq_label_new(stage, 11.0, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, FIQ_INK_SOFT);
  return ok && self->circle && self->levels && self->latency;
}

static void describe(RealmsView* self)
{
  static const char* const curves[3] = {"mean of the neurons", "lowest band", "highest band"};
  memcpy(self->transfer->name, curves, sizeof(curves));
  memcpy(self->features->name, feature_names, sizeof(feature_names));
  self->transfer->most            = 1.5;
  self->learn.waves->name[0]      = "before";
  self->learn.waves->name[1]      = "after";
  self->learn.waves->hue[0]       = FIQ_HUE_PURPLE;
  self->learn.waves->hue[1]       = FIQ_HUE_GREEN;
  self->learn.waves->rows         = 2;
  self->learn.objective->is_solid = true;
  self->harmonics->hue            = FIQ_HUE_ORANGE;
  self->harmonics->base.name      = "Harmonics";
  self->harmonics->base.tip =
      "Levels of harmonics 1 to 16 that the neurons make of a sine, 80 dB high.";
  self->bands->base.name = "Phase of each band";
  self->bands->base.tip =
      "The angle that each band is turned by, over the spectrum of the input. Green is what was "
      "learned. Motion and Coordination move the points.";
  self->transfer->base.name = "Output over input";
  self->transfer->base.tip  = "What the sine neurons make of a sample: the dotted diagonal is no "
                              "change, bends are harmonics.";
  self->features->base.name = "What the sound is like";
  self->features->base.tip =
      "The features that the adaptive realm decides by: tonal sound goes to the spectral realm, "
      "transients to the temporal one.";
  self->circle->base.name = "Phases";
  self->circle->base.tip  = "The phases of the core. Together they move all bands alike; the arrow "
                            "is their mean, its length R.";
  self->learn.objective->base.name = "Objective";
  self->learn.objective->base.tip =
      "What the spectral realm learns its phases for: lower peaks, a mono sum that keeps all, or "
      "a track that adds up with the sidechain. Set Amount to 100.";
  self->realms->base.name = "Realm";
  self->realms->base.tip  = "Temporal shapes the waveform, Spectral turns the phases of bands, "
                            "Adaptive moves between the two.";
}

FiqUiView* fiq_ui_realms_view(FiqStage* stage, FiqUiModel* model)
{
  assert(stage && model);
  RealmsView* const self = calloc(1, sizeof(*self));
  if (!self) {
    return NULL;
  }
  self->base     = (FiqUiView){layout, refresh, ground, show, free_view};
  self->stage    = stage;
  self->model    = model;
  self->is_shown = true;
  self->read_s   = -1.0;
  self->realm    = (uint32_t)value_of(self, "realm");
  if (!make_plots(self) || !make_learn(self) || !make_small(self)) {
    free(self);
    return NULL;
  }
  describe(self);
  fiq_cards_show(self->realms, self->realm);
  show_plots(self);
  return &self->base;
}
