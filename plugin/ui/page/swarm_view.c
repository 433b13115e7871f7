// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/param_text.h"
#include "plugin/ui/page/view.h"
#include "plugin/ui/widget/chart.h"
#include "plugin/ui/widget/label.h"
#include "plugin/ui/widget/note_rows.h"
#include "plugin/ui/widget/phase_circle.h"
#include "plugin/ui/widget/river.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double gap = 12.0, least_right = 382.0, most_right = 600.0, right_share = 0.34,
                    words_every_s = 0.25, chart_every_s = 0.1;

typedef struct {
  FiqUiView       base;
  FiqStage*       stage;
  FiqUiModel*     model;
  FiqRiver*       river;
  FiqLabel*       count; ///< how many oscillators on how many notes
  FiqPhaseCircle* circle;
  FiqLabel*       chord; ///< names of the notes
  FiqNoteRows*    rows;
  FiqChart*       chart;
  FiqLabel*       words; ///< tone and action
  FiqLabel*       order; ///< R, large
  FiqLabel*       ratio; ///< K / Kc in words
  FiqRect         panel[3];
  uint64_t        heard;  ///< message that was shown
  double          read_s; ///< when the words were brought up to date
} SwarmView;

enum { PANEL_RIVER, PANEL_CIRCLE, PANEL_CHART };

static float value_of(const SwarmView* self, const char* symbol)
{
  const int32_t row = fiq_ui_model_row(self->model, symbol);
  return row == FIQ_UI_NO_ROW ? 0.0f : self->model->value[row];
}

static void point_text(const SwarmView* self, const char* symbol, char* text, size_t n_bytes)
{
  const int32_t row = fiq_ui_model_row(self->model, symbol);
  text[0]           = '\0';
  if (row != FIQ_UI_NO_ROW) {
    fiq_param_format(&fiq_params[row], self->model->value[row], text, n_bytes);
  }
}

// ---- what is shown ----

static float note_of_hz(float hz)
{
  return 69.0f + 12.0f * log2f(fmaxf(hz, 1.0f) / 440.0f);
}

static void show_moving(SwarmView* self)
{
  const FiqUiTelemetry* const   told = &self->model->telemetry;
  const FiqUiOscillators* const osc  = &told->oscillators;
  const FiqCircleFrame circle = {osc->n,          osc->phase_rad,     osc->amplitude, osc->note,
                                 told->core.mean, told->core.psi_rad, told->time_s};
  const FiqRiverFrame  river  = {osc->n,        osc->hz,        osc->amplitude, osc->note,
                                 told->notes.n, told->notes.hz, told->time_s};
  fiq_phase_circle_show(self->circle, &circle);
  fiq_river_show(self->river, &river);
}

static void show_notes(SwarmView* self)
{
  const FiqUiNotes* const notes = &self->model->telemetry.notes;
  FiqNoteRow              row[FIQ_UI_NOTES_MAX];
  char                    chord[FIQ_LABEL_BYTES] = "";
  for (uint32_t i = 0; i < notes->n; ++i) {
    char plain[FIQ_NOTE_NAME_BYTES];
    fiq_note_name(note_of_hz(notes->hz[i]), row[i].name, sizeof(row[i].name));
    fiq_note_name(floorf(note_of_hz(notes->hz[i]) + 0.5f), plain, sizeof(plain));
    row[i].share   = notes->share[i];
    row[i].order   = notes->order[i];
    const size_t n = strlen(chord);
    if (i < 8) {
      snprintf(chord + n, sizeof(chord) - n, "%s%s", i > 0 ? " \u00b7 " : "", plain);
    }
  }
  fiq_note_rows_show(self->rows, notes->n, row);
  fiq_label_show(self->chord, chord);
}

static void show_words(SwarmView* self)
{
  const FiqUiTelemetry* const told = &self->model->telemetry;
  char                        text[FIQ_LABEL_BYTES];
  char                        tone[32], action[32], off[32];
  const uint32_t              n_all = told->oscillators.n_all;
  const uint32_t              n     = told->notes.n;
  fiq_hz_text(value_of(self, "residual"), off, sizeof(off));
  if (n_all == 0) {
    snprintf(text, sizeof(text), "asleep");
  } else {
    snprintf(text, sizeof(text), "%u oscillators on %u %s \u00b7 %s off", n_all, n,
             n == 1 ? "note" : "notes", off);
  }
  fiq_label_show(self->count, text);
  point_text(self, "tone", tone, sizeof(tone));
  point_text(self, "action", action, sizeof(action));
  snprintf(text, sizeof(text), "%s \u00b7 %s", tone, action);
  fiq_label_show(self->words, text);
  snprintf(text, sizeof(text), "%.2f", (double)value_of(self, "order"));
  fiq_label_show(self->order, text);
  const float ratio = value_of(self, "coupling_ratio");
  snprintf(text, sizeof(text), "U %.2f    K / Kc %.2f %s", (double)value_of(self, "uncertainty"),
           (double)ratio, ratio > 1.0f ? "locks" : (ratio < 0.0f ? "repels" : "drifts"));
  fiq_label_show(self->ratio, text);
}

static void refresh(FiqUiView* view, double now_s)
{
  SwarmView* const            self = (SwarmView*)view;
  const FiqUiTelemetry* const told = &self->model->telemetry;
  if (told->sequence != self->heard) {
    self->heard = told->sequence;
    show_moving(self);
    if (now_s - told->time_s < 1.0) {
      const float value[2] = {value_of(self, "order"), value_of(self, "uncertainty")};
      fiq_chart_show(self->chart, value, now_s);
    }
    fiq_chart_zone(self->chart, (double)told->core.zone_low, (double)told->core.zone_high, "zone");
  }
  if (fabs(now_s - self->read_s) >= words_every_s) {
    self->read_s = now_s;
    show_notes(self);
    show_words(self);
  }
}

// ---- where it stands ----

static void layout(FiqUiView* view, FiqRect area)
{
  SwarmView* const self        = (SwarmView*)view;
  const double     right_width = fmin(fmax(right_share * area.width, least_right), most_right);
  const double     right       = area.x + area.width - right_width;
  const double     chart       = fmax(0.29 * area.height, 96.0);
  const double     upper       = area.height - chart - 8.0;
  self->panel[PANEL_RIVER] = (FiqRect){area.x, area.y, area.width - right_width - gap, area.height};
  self->panel[PANEL_CIRCLE] = (FiqRect){right, area.y, right_width, upper};
  self->panel[PANEL_CHART]  = (FiqRect){right, area.y + upper + 8.0, right_width, chart};
  const FiqRect river       = self->panel[PANEL_RIVER];
  const FiqRect circle      = self->panel[PANEL_CIRCLE];
  const FiqRect plot        = self->panel[PANEL_CHART];
  const double  side        = fmin(circle.height - 38.0, 0.58 * circle.width);
  fiq_widget_place(&self->river->base, (FiqRect){river.x + 2.0, river.y + 34.0, river.width - 10.0,
                                                 river.height - 44.0});
  fiq_widget_place(&self->count->base,
                   (FiqRect){river.x + 100.0, river.y + 6.0, river.width - 114.0, 20.0});
  fiq_widget_place(&self->circle->base, (FiqRect){circle.x + 16.0, circle.y + 31.0, side, side});
  fiq_widget_place(&self->chord->base,
                   (FiqRect){circle.x + 100.0, circle.y + 6.0, circle.width - 114.0, 20.0});
  fiq_widget_place(&self->rows->base, (FiqRect){circle.x + side + 36.0, circle.y + 40.0,
                                                circle.width - side - 52.0, circle.height - 48.0});
  fiq_widget_place(&self->order->base,
                   (FiqRect){plot.x + plot.width - 56.0, plot.y + 5.0, 44.0, 22.0});
  fiq_widget_place(&self->words->base,
                   (FiqRect){plot.x + plot.width - 216.0, plot.y + 6.0, 152.0, 20.0});
  fiq_widget_place(&self->ratio->base,
                   (FiqRect){plot.x + 12.0, plot.y + plot.height - 21.0, plot.width - 24.0, 16.0});
  fiq_widget_place(&self->chart->base,
                   (FiqRect){plot.x + 12.0, plot.y + 31.0, plot.width - 24.0, plot.height - 58.0});
}

static void ground(FiqUiView* view, const FiqPaint* paint)
{
  static const char* const titles[3] = {"SWARM", "PHASES", "ORDER R"};
  const SwarmView* const   self      = (const SwarmView*)view;
  const FiqTextStyle       style     = {10.5, FIQ_TEXT_BOLD, FIQ_ALIGN_LEFT, paint->theme->soft};
  for (int i = 0; i < 3; ++i) {
    fiq_paint_box(paint, self->panel[i], 8.0, paint->theme->panel, paint->theme->edge);
    fiq_paint_text(paint, self->panel[i].x + 12.0, self->panel[i].y + 16.0, titles[i], &style);
  }
}

static void show(FiqUiView* view, bool shown)
{
  SwarmView* const self      = (SwarmView*)view;
  FiqWidget* const widgets[] = {&self->river->base, &self->count->base, &self->circle->base,
                                &self->chord->base, &self->rows->base,  &self->chart->base,
                                &self->words->base, &self->order->base, &self->ratio->base};
  for (size_t i = 0; i < sizeof(widgets) / sizeof(widgets[0]); ++i) {
    fiq_widget_show(widgets[i], shown);
  }
}

static void free_view(FiqUiView* view)
{
  free(view);
}

static bool make_widgets(SwarmView* self)
{
  FiqStage* const stage = self->stage;
  self->river           = fiq_river_new(stage);
  self->count           = fiq_label_new(stage, 12.0, FIQ_TEXT_BOLD, FIQ_ALIGN_RIGHT, FIQ_INK_PLAIN);
  self->circle          = fiq_phase_circle_new(stage);
  self->chord           = fiq_label_new(stage, 12.0, FIQ_TEXT_BOLD, FIQ_ALIGN_RIGHT, FIQ_INK_PLAIN);
  self->rows            = fiq_note_rows_new(stage);
  self->chart           = fiq_chart_new(stage, 2, chart_every_s);
  self->words = fiq_label_new(stage, 12.0, FIQ_TEXT_REGULAR, FIQ_ALIGN_RIGHT, FIQ_INK_SOFT);
  self->order = fiq_label_new(stage, 15.0, FIQ_TEXT_BOLD, FIQ_ALIGN_RIGHT, FIQ_INK_ACCENT);
  self->ratio = fiq_label_new(stage, 11.0, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, FIQ_INK_SOFT);
  return self->river && self->count && self->circle && self->chord && self->rows && self->chart &&
         self->words && self->order && self->ratio;
}

static void describe(SwarmView* self)
{
  self->river->base.name  = "Swarm";
  self->river->base.tip   = "Eight seconds of the oscillators, low to high: they fly from a cloud "
                            "onto the notes. Longer anneal times and more "
                            "noise keep them wild.";
  self->circle->base.name = "Phases";
  self->circle->base.tip  = "Each oscillator's phase against its note. Scattered around the circle "
                            "they beat; together they sound as one. "
                            "The arrow is their mean: its length is R.";
  self->chart->base.name  = "Order and uncertainty";
  self->chart->base.tip   = "R (bright) and U (orange) over the last half minute. Raise Coupling "
                            "until R rises into the zone.";
}

FiqUiView* fiq_ui_swarm_view(FiqStage* stage, FiqUiModel* model)
{
  assert(stage && model);
  SwarmView* const self = calloc(1, sizeof(*self));
  if (!self) {
    return NULL;
  }
  self->base   = (FiqUiView){layout, refresh, ground, show, free_view};
  self->stage  = stage;
  self->model  = model;
  self->read_s = -1.0;
  if (!make_widgets(self)) {
    free(self);
    return NULL;
  }
  describe(self);
  return &self->base;
}
