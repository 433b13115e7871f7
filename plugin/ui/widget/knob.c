// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/knob.h"

#include <math.h>

static const double pi = 3.14159265358979323846;
/// The dial leaves a quarter open at the bottom.
static const double first_rad  = 0.75 * 3.14159265358979323846,
                    sweep_rad  = 1.5 * 3.14159265358979323846;
static const double label_size = 11.0, value_size = 11.0, label_height = 16.0, value_height = 16.0;

static double angle_of(const FiqKnob* self, double value)
{
  return first_rad + sweep_rad * fiq_range_place(&self->value.range, value);
}

/// Where the arc begins: at zero where that lies inside the range.
static double origin_of(const FiqRange* range)
{
  return range->minimum < 0.0 && range->maximum > 0.0 && !range->is_log ? 0.0 : range->minimum;
}

static void arc(const FiqPaint* paint, double x, double y, double radius, double from, double to,
                double width, FiqColor color)
{
  cairo_new_path(paint->cr);
  cairo_arc(paint->cr, x, y, radius, fmin(from, to), fmax(from, to));
  fiq_paint_color(paint, color);
  cairo_set_line_width(paint->cr, width);
  cairo_set_line_cap(paint->cr, CAIRO_LINE_CAP_ROUND);
  cairo_stroke(paint->cr);
}

static void draw_dial(FiqKnob* self, const FiqPaint* paint, double x, double y, double radius)
{
  cairo_t* const        cr     = paint->cr;
  const FiqTheme* const theme  = paint->theme;
  const FiqWidget*      base   = &self->value.base;
  const double          dim    = base->disabled ? 0.4 : 1.0;
  const FiqColor        color  = fiq_color_faded(fiq_theme_hue(theme, self->hue), dim);
  const double          angle  = angle_of(self, self->value.value);
  const bool            active = fiq_widget_hovered(base) && !base->disabled;
  arc(paint, x, y, radius, first_rad, first_rad + sweep_rad, 3.5, theme->well);
  arc(paint, x, y, radius, angle_of(self, origin_of(&self->value.range)), angle, 3.5, color);
  if (!isnan(self->value.second)) {
    arc(paint, x, y, radius + 3.5, angle, angle_of(self, self->value.second), 1.8,
        fiq_color_faded(theme->orange, dim));
  }
  cairo_arc(cr, x, y, radius - 5.0, 0.0, 2.0 * pi);
  fiq_paint_color(paint, fiq_color_mixed(theme->raised, theme->soft, active ? 0.25 : 0.08));
  cairo_fill(cr);
  cairo_move_to(cr, x + 0.35 * radius * cos(angle), y + 0.35 * radius * sin(angle));
  cairo_line_to(cr, x + 0.66 * radius * cos(angle), y + 0.66 * radius * sin(angle));
  fiq_paint_color(paint, fiq_color_faded(theme->ink, base->disabled ? 0.5 : 1.0));
  cairo_set_line_width(cr, 2.0);
  cairo_stroke(cr);
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  FiqKnob* const        self   = (FiqKnob*)widget;
  const FiqTheme* const theme  = paint->theme;
  const FiqRect         rect   = widget->rect;
  const double          x      = rect.x + 0.5 * rect.width;
  const double          room   = rect.height - label_height - value_height;
  const double          radius = fmin(0.5 * room - 4.0, 0.5 * rect.width - 6.0);
  const double          y      = rect.y + label_height + 0.5 * room + 1.0;
  char                  text[FIQ_VALUE_TEXT_BYTES];
  const FiqTextStyle    label = {label_size, FIQ_TEXT_REGULAR, FIQ_ALIGN_CENTER,
                              widget->disabled ? theme->faint : theme->soft};
  const FiqTextStyle    value = {value_size, FIQ_TEXT_MEDIUM, FIQ_ALIGN_CENTER,
                              widget->disabled ? theme->faint : theme->ink};
  fiq_paint_text_within(paint, x, rect.y + 0.5 * label_height + 1.0, rect.width, self->label,
                        &label);
  draw_dial(self, paint, x, y, radius);
  self->value.owner.format(self->value.owner.handle, self->value.owner.id, self->value.value, text,
                           sizeof(text));
  fiq_paint_text_within(paint, x, rect.y + rect.height - 0.5 * value_height - 1.0, rect.width, text,
                        &value);
  if (self->value.is_locked) {
    fiq_paint_lock(paint, x + radius + 6.0, y - radius + 2.0, theme->orange);
  }
  fiq_widget_draw_focus(widget, paint);
}

static bool event(FiqWidget* widget, const FiqUiEvent* event_)
{
  FiqKnob* const self = (FiqKnob*)widget;
  const FiqRect  rect = widget->rect;
  self->value.text_rect =
      (FiqRect){rect.x, rect.y + rect.height - value_height - 3.0, rect.width, value_height + 3.0};
  return fiq_value_event(&self->value, event_);
}

static const FiqWidgetClass knob_class = {.draw = draw, .event = event};

FiqKnob* fiq_knob_new(FiqStage* stage, const char* label, FiqRange range, FiqValueOwner owner)
{
  FiqKnob* const self = fiq_stage_add(stage, sizeof(*self), &knob_class);
  if (self) {
    fiq_value_init(&self->value, range, owner);
    self->label = label;
  }
  return self;
}
