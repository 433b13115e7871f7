// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/view.h"
#include "plugin/ui/widget/chart.h"
#include "plugin/ui/widget/phase_circle.h"

#include <math.h>
#include <stdlib.h>

static const double circle_width = 380.0, chart_every_s = 0.1;

typedef struct {
  FiqUiView       base;
  FiqUiModel*     model;
  FiqPhaseCircle* circle;
  FiqChart*       chart;
  FiqRect         panel[2];
  uint64_t        heard; ///< message that was shown
} RealmsView;

static void refresh(FiqUiView* view, double now_s)
{
  RealmsView* const             self = (RealmsView*)view;
  const FiqUiTelemetry* const   told = &self->model->telemetry;
  const FiqUiOscillators* const osc  = &told->oscillators;
  if (told->sequence == self->heard) {
    return;
  }
  self->heard                   = told->sequence;
  const FiqCircleFrame circle   = {osc->n,          osc->phase_rad,     osc->amplitude, osc->note,
                                   told->core.mean, told->core.psi_rad, told->time_s};
  const int32_t        order    = fiq_ui_model_row(self->model, "order");
  const int32_t        spread   = fiq_ui_model_row(self->model, "uncertainty");
  const float          value[2] = {self->model->value[order], self->model->value[spread]};
  fiq_phase_circle_show(self->circle, &circle);
  fiq_chart_show(self->chart, value, now_s);
  fiq_chart_zone(self->chart, (double)told->core.zone_low, (double)told->core.zone_high, "zone");
}

static void layout(FiqUiView* view, FiqRect area)
{
  RealmsView* const self = (RealmsView*)view;
  const double      left = area.width - circle_width - 12.0;
  self->panel[0]         = (FiqRect){area.x, area.y, left, area.height};
  self->panel[1]         = (FiqRect){area.x + left + 12.0, area.y, circle_width, area.height};
  fiq_widget_place(&self->chart->base,
                   (FiqRect){area.x + 12.0, area.y + 32.0, left - 24.0, area.height - 44.0});
  fiq_widget_place(&self->circle->base, (FiqRect){self->panel[1].x + 12.0, area.y + 32.0,
                                                  circle_width - 24.0, area.height - 44.0});
}

static void ground(FiqUiView* view, const FiqPaint* paint)
{
  static const char* const titles[2] = {"ORDER R", "PHASES"};
  const RealmsView* const  self      = (const RealmsView*)view;
  const FiqTextStyle       style     = {10.5, FIQ_TEXT_BOLD, FIQ_ALIGN_LEFT, paint->theme->soft};
  for (int i = 0; i < 2; ++i) {
    fiq_paint_box(paint, self->panel[i], 8.0, paint->theme->panel, paint->theme->edge);
    fiq_paint_text(paint, self->panel[i].x + 12.0, self->panel[i].y + 16.0, titles[i], &style);
  }
}

static void show(FiqUiView* view, bool shown)
{
  RealmsView* const self = (RealmsView*)view;
  fiq_widget_show(&self->circle->base, shown);
  fiq_widget_show(&self->chart->base, shown);
}

static void free_view(FiqUiView* view)
{
  free(view);
}

FiqUiView* fiq_ui_realms_view(FiqStage* stage, FiqUiModel* model)
{
  RealmsView* const self = calloc(1, sizeof(*self));
  if (!self) {
    return NULL;
  }
  self->base   = (FiqUiView){layout, refresh, ground, show, free_view};
  self->model  = model;
  self->circle = fiq_phase_circle_new(stage);
  self->chart  = fiq_chart_new(stage, 2, chart_every_s);
  if (!self->circle || !self->chart) {
    free(self);
    return NULL;
  }
  return &self->base;
}
