// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/envelope.h"

#include <math.h>
#include <string.h>

enum { N_CORNERS = 3 };

static const double reach = 12.0, margin = 6.0;

/// Shares of the width: at most so much for attack, decay and release, the rest is held.
static const double most_attack = 0.28, most_decay = 0.28, held = 0.14, most_release = 0.30;

typedef struct {
  double x[5], y[5]; ///< start, peak, sustain begins, sustain ends, end
} Outline;

static Outline outline_of(const FiqEnvelope* self)
{
  const FiqRect r   = fiq_rect_inset(self->base.rect, margin);
  const double  a   = most_attack * fiq_range_place(&self->range[FIQ_ENVELOPE_ATTACK],
                                                    self->value[FIQ_ENVELOPE_ATTACK]);
  const double  d   = most_decay * fiq_range_place(&self->range[FIQ_ENVELOPE_DECAY],
                                                   self->value[FIQ_ENVELOPE_DECAY]);
  const double  rel = most_release * fiq_range_place(&self->range[FIQ_ENVELOPE_RELEASE],
                                                     self->value[FIQ_ENVELOPE_RELEASE]);
  const double  level =
      fiq_range_place(&self->range[FIQ_ENVELOPE_SUSTAIN], self->value[FIQ_ENVELOPE_SUSTAIN]);
  const double low = r.y + r.height;
  const double y   = low - level * r.height;
  return (Outline){{r.x, r.x + a * r.width, r.x + (a + d) * r.width, r.x + (a + d + held) * r.width,
                    r.x + (a + d + held + rel) * r.width},
                   {low, r.y, y, y, low}};
}

/// The outline's point that a corner is.
static const int point_of[N_CORNERS] = {1, 2, 4};

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqEnvelope* const self  = (const FiqEnvelope*)widget;
  const Outline            line  = outline_of(self);
  const FiqColor           color = fiq_theme_hue(paint->theme, self->hue);
  cairo_t* const           cr    = paint->cr;
  fiq_paint_box(paint, widget->rect, 6.0,
                fiq_color_mixed(paint->theme->panel, paint->theme->ground, 0.6),
                paint->theme->edge);
  cairo_move_to(cr, line.x[0], line.y[0]);
  for (int i = 1; i < 5; ++i) {
    cairo_line_to(cr, line.x[i], line.y[i]);
  }
  fiq_paint_color(paint, fiq_color_faded(color, 0.16));
  cairo_fill_preserve(cr);
  fiq_paint_color(paint, color);
  cairo_set_line_width(cr, 2.0);
  cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
  cairo_stroke(cr);
  for (int i = 0; i < N_CORNERS; ++i) {
    const bool lit = self->corner == i || (self->corner < 0 && self->over == i);
    cairo_arc(cr, line.x[point_of[i]], line.y[point_of[i]], lit ? 5.5 : 4.0, 0.0, 6.2831853);
    fiq_paint_color(paint, lit ? paint->theme->ink : color);
    cairo_fill(cr);
  }
}

static int32_t corner_at(const FiqEnvelope* self, double x, double y)
{
  const Outline line  = outline_of(self);
  int32_t       found = -1;
  double        least = reach;
  for (int i = 0; i < N_CORNERS; ++i) {
    const double d = hypot(x - line.x[point_of[i]], y - line.y[point_of[i]]);
    if (d < least) {
      least = d;
      found = i;
    }
  }
  return found;
}

/// The values that a corner moves: along the time, and up and down.
static void values_of(int32_t corner, int32_t* time, int32_t* level)
{
  static const int32_t times[N_CORNERS] = {FIQ_ENVELOPE_ATTACK, FIQ_ENVELOPE_DECAY,
                                           FIQ_ENVELOPE_RELEASE};
  *time                                 = times[corner];
  *level                                = corner == 1 ? FIQ_ENVELOPE_SUSTAIN : -1;
}

static void set(FiqEnvelope* self, int32_t which, double place)
{
  const double value = fiq_range_value(&self->range[which], place);
  self->touched(self->handle, (uint32_t)which, true);
  self->value[which] = value;
  self->changed(self->handle, (uint32_t)which, value);
  self->base.is_dirty = true;
}

static void drag(FiqEnvelope* self, double x, double y)
{
  const FiqRect r    = fiq_rect_inset(self->base.rect, margin);
  const Outline line = outline_of(self);
  int32_t       time = 0, level = -1;
  values_of(self->corner, &time, &level);
  const double from = self->corner == 0 ? line.x[0] : (self->corner == 1 ? line.x[1] : line.x[3]);
  const double most =
      self->corner == 0 ? most_attack : (self->corner == 1 ? most_decay : most_release);
  set(self, time, (x - from) / (most * r.width));
  if (level >= 0) {
    set(self, level, 1.0 - (y - r.y) / r.height);
  }
}

static void reset(FiqEnvelope* self, int32_t corner)
{
  int32_t time = 0, level = -1;
  values_of(corner, &time, &level);
  set(self, time, fiq_range_place(&self->range[time], self->range[time].fallback));
  if (level >= 0) {
    set(self, level, fiq_range_place(&self->range[level], self->range[level].fallback));
  }
  self->touched(self->handle, (uint32_t)time, false);
}

static bool event(FiqWidget* widget, const FiqUiEvent* event_)
{
  FiqEnvelope* const self   = (FiqEnvelope*)widget;
  const int32_t      corner = corner_at(self, event_->x, event_->y);
  switch (event_->kind) {
  case FIQ_UI_PRESS:
    if (event_->button == 1 && corner >= 0 && event_->n_clicks >= 2) {
      reset(self, corner);
    } else if (event_->button == 1) {
      self->corner = corner;
    }
    return true;
  case FIQ_UI_MOVE:
    if (self->corner >= 0) {
      drag(self, event_->x, event_->y);
    } else if (self->over != corner) {
      self->over       = corner;
      widget->is_dirty = true;
    }
    return true;
  case FIQ_UI_RELEASE:
    if (self->corner >= 0) {
      self->touched(self->handle, FIQ_ENVELOPE_ATTACK, false);
      self->corner     = -1;
      widget->is_dirty = true;
    }
    return true;
  case FIQ_UI_LEAVE:
    self->over       = -1;
    widget->is_dirty = true;
    return true;
  default:
    return false;
  }
}

static const FiqWidgetClass envelope_class = {.draw = draw, .event = event};

FiqEnvelope* fiq_envelope_new(FiqStage* stage, const FiqRange range[FIQ_ENVELOPE_VALUES])
{
  FiqEnvelope* const self = fiq_stage_add(stage, sizeof(*self), &envelope_class);
  if (self) {
    memcpy(self->range, range, sizeof(self->range));
    self->corner      = -1;
    self->over        = -1;
    self->hue         = FIQ_HUE_PINK;
    self->base.cursor = FIQ_UI_CURSOR_HAND;
    self->base.name   = "Envelope";
    self->base.tip =
        "Drag the corners: attack, decay with sustain, release. A double click resets one.";
  }
  return self;
}

void fiq_envelope_show(FiqEnvelope* self, const double value[FIQ_ENVELOPE_VALUES])
{
  if (memcmp(self->value, value, sizeof(self->value)) != 0) {
    memcpy(self->value, value, sizeof(self->value));
    self->base.is_dirty = true;
  }
}
