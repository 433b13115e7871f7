// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/meter.h"

#include <math.h>

static const double low_db = -54.0, high_db = 6.0, fall_db_s = 24.0, hold_s = 1.5;

double fiq_meter_place(double level_db)
{
  return fmin(fmax((level_db - low_db) / (high_db - low_db), 0.0), 1.0);
}

static FiqColor color_of(const FiqTheme* theme, double level_db)
{
  return level_db > 0.0 ? theme->red : (level_db > -6.0 ? theme->orange : theme->green);
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqMeter* const self = (const FiqMeter*)widget;
  const FiqRect         rect = widget->rect;
  for (int i = 0; i < 2; ++i) {
    const FiqRect bar = {rect.x, rect.y + i * (0.5 * rect.height + 1.0), rect.width,
                         0.5 * rect.height - 2.0};
    fiq_paint_bar(paint, bar, self->drawn[2 * i], color_of(paint->theme, self->level_db[i]));
    if (self->drawn[2 * i + 1] > 0.0) {
      cairo_rectangle(paint->cr, bar.x + self->drawn[2 * i + 1] * bar.width - 1.0, bar.y, 1.5,
                      bar.height);
      fiq_paint_color(paint, color_of(paint->theme, self->peak_db[i]));
      cairo_fill(paint->cr);
    }
  }
}

static bool tick(FiqWidget* widget, double now_s)
{
  FiqMeter* const self    = (FiqMeter*)widget;
  const double    elapsed = fmin(fmax(now_s - self->last_s, 0.0), 1.0);
  bool            moved   = false;
  self->last_s            = now_s;
  for (int i = 0; i < 2; ++i) {
    self->level_db[i] = fmax(self->level_db[i] - fall_db_s * elapsed, -120.0);
    if (now_s - self->peak_s[i] > hold_s) {
      self->peak_db[i] = self->level_db[i];
    }
    const double place[2] = {fiq_meter_place(self->level_db[i]), fiq_meter_place(self->peak_db[i])};
    for (int k = 0; k < 2; ++k) {
      // Less than half a pixel is not seen.
      if (fabs(place[k] - self->drawn[2 * i + k]) * widget->rect.width > 0.5) {
        self->drawn[2 * i + k] = place[k];
        moved                  = true;
      }
    }
  }
  return moved;
}

static const FiqWidgetClass meter_class = {.draw = draw, .tick = tick};

FiqMeter* fiq_meter_new(FiqStage* stage)
{
  FiqMeter* const self = fiq_stage_add(stage, sizeof(*self), &meter_class);
  if (self) {
    self->level_db[0] = self->level_db[1] = -120.0;
    self->peak_db[0] = self->peak_db[1] = -120.0;
    self->base.name                     = "Output";
    self->base.tip = "Peaks of the output, left and right: orange above -6 dB, red above 0.";
  }
  return self;
}

void fiq_meter_show(FiqMeter* self, const float peak[2])
{
  for (int i = 0; i < 2; ++i) {
    const double db   = peak[i] > 1e-6f ? 20.0 * log10((double)peak[i]) : -120.0;
    self->level_db[i] = fmax(self->level_db[i], db);
    if (db >= self->peak_db[i]) {
      self->peak_db[i] = db;
      self->peak_s[i]  = fiq_stage_now(self->base.stage);
    }
  }
}
