// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/level_rows.h"

#include "plugin/ui/widget/meter.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const double fall_db_s = 24.0, silence_db = -120.0, name_width = 44.0;

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqLevelRows* const self  = (const FiqLevelRows*)widget;
  const FiqRect             rect  = widget->rect;
  const double              step  = rect.height / self->n;
  const FiqTextStyle        style = {11.0, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, paint->theme->soft};
  for (uint32_t i = 0; i < self->n; ++i) {
    const double y = rect.y + (i + 0.5) * step;
    fiq_paint_text(paint, rect.x, y, self->name[i], &style);
    fiq_paint_bar(paint, (FiqRect){rect.x + name_width, y - 3.0, rect.width - name_width, 6.0},
                  self->drawn[i], fiq_theme_hue(paint->theme, self->hue[i]));
  }
}

static bool tick(FiqWidget* widget, double now_s)
{
  FiqLevelRows* const self    = (FiqLevelRows*)widget;
  const double        elapsed = fmin(fmax(now_s - self->last_s, 0.0), 1.0);
  bool                moved   = false;
  self->last_s                = now_s;
  for (uint32_t i = 0; i < self->n; ++i) {
    self->level_db[i]  = fmax(self->level_db[i] - fall_db_s * elapsed, silence_db);
    const double place = fiq_meter_place(self->level_db[i]);
    if (fabs(place - self->drawn[i]) * widget->rect.width > 0.5) {
      self->drawn[i] = place;
      moved          = true;
    }
  }
  return moved;
}

static const FiqWidgetClass level_rows_class = {.draw = draw, .tick = tick};

FiqLevelRows* fiq_level_rows_new(FiqStage* stage, uint32_t n, const char* const* name,
                                 const FiqHue* hue)
{
  assert(n >= 1 && n <= FIQ_LEVEL_ROWS_MAX);
  FiqLevelRows* const self = fiq_stage_add(stage, sizeof(*self), &level_rows_class);
  if (self) {
    self->n = n;
    memcpy(self->name, name, n * sizeof(*name));
    memcpy(self->hue, hue, n * sizeof(*hue));
    for (uint32_t i = 0; i < n; ++i) {
      self->level_db[i] = silence_db;
    }
  }
  return self;
}

void fiq_level_rows_show(FiqLevelRows* self, const float* peak)
{
  for (uint32_t i = 0; i < self->n; ++i) {
    const double db   = peak[i] > 1e-6f ? 20.0 * log10((double)peak[i]) : silence_db;
    self->level_db[i] = fmax(self->level_db[i], db);
  }
}
