// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/button.h"

#include <stdio.h>
#include <string.h>

static const double text_size = 12.0, note_size = 10.5, pi = 3.14159265358979323846;

static void paint_die(const FiqPaint* paint, double x, double y, double size, FiqColor color)
{
  static const double pips[5][2] = {{0, 0}, {-1, -1}, {1, 1}, {-1, 1}, {1, -1}};
  const FiqRect       rect       = {x - 0.5 * size, y - 0.5 * size, size, size};
  fiq_paint_round(paint, rect, 2.5);
  cairo_stroke(paint->cr);
  fiq_paint_color(paint, color);
  for (int i = 0; i < 5; ++i) {
    cairo_arc(paint->cr, x + pips[i][0] * 0.24 * size, y + pips[i][1] * 0.24 * size, 0.09 * size,
              0.0, 2.0 * pi);
    cairo_fill(paint->cr);
  }
}

static void paint_heart(const FiqPaint* paint, double x, double y, double size)
{
  cairo_t* const cr = paint->cr;
  const double   h  = 0.5 * size;
  cairo_move_to(cr, x, y + 0.85 * h);
  cairo_curve_to(cr, x - 2.0 * h, y - 0.35 * h, x - 0.75 * h, y - 1.5 * h, x, y - 0.4 * h);
  cairo_curve_to(cr, x + 0.75 * h, y - 1.5 * h, x + 2.0 * h, y - 0.35 * h, x, y + 0.85 * h);
  cairo_close_path(cr);
  cairo_fill(cr);
}

static void paint_bin(const FiqPaint* paint, double x, double y, double size)
{
  cairo_t* const cr = paint->cr;
  const double   h  = 0.5 * size;
  cairo_move_to(cr, x - h, y - 0.6 * h);
  cairo_line_to(cr, x + h, y - 0.6 * h);
  cairo_move_to(cr, x - 0.35 * h, y - 0.6 * h);
  cairo_line_to(cr, x - 0.35 * h, y - h);
  cairo_line_to(cr, x + 0.35 * h, y - h);
  cairo_line_to(cr, x + 0.35 * h, y - 0.6 * h);
  cairo_move_to(cr, x - 0.7 * h, y - 0.6 * h);
  cairo_line_to(cr, x - 0.6 * h, y + h);
  cairo_line_to(cr, x + 0.6 * h, y + h);
  cairo_line_to(cr, x + 0.7 * h, y - 0.6 * h);
  cairo_stroke(cr);
}

static void paint_arrow(const FiqPaint* paint, double x, double y, double by)
{
  cairo_move_to(paint->cr, x - by, y - 2.0 * (by > 0.0 ? by : -by));
  cairo_line_to(paint->cr, x + by, y);
  cairo_line_to(paint->cr, x - by, y + 2.0 * (by > 0.0 ? by : -by));
  cairo_stroke(paint->cr);
}

void fiq_paint_sign(const FiqPaint* paint, FiqSign sign, double x, double y, double size,
                    FiqColor color)
{
  cairo_t* const cr = paint->cr;
  fiq_paint_color(paint, color);
  cairo_set_line_width(cr, 1.5);
  cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
  cairo_new_path(cr);
  switch (sign) {
  case FIQ_SIGN_PREVIOUS:
  case FIQ_SIGN_NEXT:
    paint_arrow(paint, x, y, sign == FIQ_SIGN_NEXT ? 0.17 * size : -0.17 * size);
    break;
  case FIQ_SIGN_DIE:
    paint_die(paint, x, y, size, color);
    break;
  case FIQ_SIGN_POWER:
    cairo_set_line_width(cr, 2.0);
    cairo_arc(cr, x, y + 1.0, 0.45 * size, -0.5 * pi + 0.6, 1.5 * pi - 0.6);
    cairo_stroke(cr);
    cairo_move_to(cr, x, y - 0.55 * size);
    cairo_line_to(cr, x, y);
    cairo_stroke(cr);
    break;
  case FIQ_SIGN_HEART:
    paint_heart(paint, x, y, size);
    break;
  case FIQ_SIGN_BIN:
    paint_bin(paint, x, y, size);
    break;
  case FIQ_SIGN_CONTRAST:
    cairo_arc(cr, x, y, 0.5 * size, 0.0, 2.0 * pi);
    cairo_stroke(cr);
    cairo_arc(cr, x, y, 0.5 * size, 0.5 * pi, 1.5 * pi);
    cairo_fill(cr);
    break;
  default:
    break;
  }
}

static FiqColor ink_of(const FiqButton* self, const FiqTheme* theme)
{
  if (self->base.disabled) {
    return self->is_lit ? theme->ink : theme->faint;
  }
  return self->is_lit ? (self->is_bare ? fiq_theme_hue(theme, self->hue) : theme->on_accent)
                      : theme->ink;
}

static void draw_words(const FiqButton* self, const FiqPaint* paint, FiqColor ink)
{
  const FiqRect      rect  = self->base.rect;
  const double       y     = rect.y + 0.5 * rect.height;
  const bool         sign  = self->sign != FIQ_SIGN_NONE;
  const FiqTextStyle style = {text_size, FIQ_TEXT_MEDIUM,
                              self->is_left ? FIQ_ALIGN_LEFT : FIQ_ALIGN_CENTER, ink};
  const FiqTextStyle note  = {note_size, FIQ_TEXT_REGULAR, FIQ_ALIGN_RIGHT, paint->theme->soft};
  const double       small =
      self->note[0] ? fiq_text_width(self->note, note_size, FIQ_TEXT_REGULAR) + 8.0 : 0.0;
  const double width = rect.width - 16.0 - small - (sign ? 20.0 : 0.0);
  const double text  = fiq_text_width(self->text, text_size, FIQ_TEXT_MEDIUM);
  double       x     = rect.x + (self->is_left ? 10.0 : 0.5 * rect.width);
  if (sign && self->text[0]) {
    const double left = self->is_left ? rect.x + 16.0 : x - 0.5 * (text + 20.0) + 6.0;
    fiq_paint_sign(paint, self->sign, left, y, 12.0, ink);
    x += self->is_left ? 20.0 : 10.0;
  } else if (sign) {
    fiq_paint_sign(paint, self->sign, rect.x + 0.5 * rect.width, y, self->is_bare ? 16.0 : 13.0,
                   ink);
  }
  fiq_paint_text_within(paint, x, y, width, self->text, &style);
  if (small > 0.0) {
    fiq_paint_text(paint, rect.x + rect.width - 10.0, y, self->note, &note);
  }
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqButton* const self  = (const FiqButton*)widget;
  const FiqTheme* const  theme = paint->theme;
  const bool             over  = fiq_widget_hovered(widget) && !widget->disabled;
  const FiqColor         plain =
      fiq_color_mixed(theme->raised, theme->soft, self->is_down ? 0.3 : (over ? 0.15 : 0.0));
  const FiqColor hue  = fiq_theme_hue(theme, self->hue);
  const FiqColor lit  = widget->disabled ? fiq_color_mixed(theme->panel, hue, 0.25) : hue;
  const FiqColor fill = self->is_lit ? lit : plain;
  if (!self->is_bare) {
    fiq_paint_box(paint, widget->rect, 6.0, fill, self->is_lit ? fill : theme->edge);
  } else if (over) {
    fiq_paint_box(paint, widget->rect, 6.0, fiq_color_faded(theme->soft, 0.12),
                  fiq_color_faded(theme->soft, 0.0));
  }
  draw_words(self, paint, ink_of(self, theme));
  fiq_widget_draw_focus(widget, paint);
}

static bool event(FiqWidget* widget, const FiqUiEvent* event_)
{
  FiqButton* const self = (FiqButton*)widget;
  switch (event_->kind) {
  case FIQ_UI_PRESS:
    if (event_->button == 3 && self->menu) {
      self->menu(self->handle, self->id, event_->x, event_->y);
      return true;
    }
    self->is_down = event_->button == 1;
    fiq_widget_dirty(widget);
    return true;
  case FIQ_UI_RELEASE:
    if (self->is_down) {
      self->is_down = false;
      fiq_widget_dirty(widget);
      if (fiq_rect_has(widget->rect, event_->x, event_->y)) {
        self->pressed(self->handle, self->id);
      }
    }
    return true;
  case FIQ_UI_KEY_DOWN:
    if (event_->key == FIQ_UI_KEY_ENTER) {
      self->pressed(self->handle, self->id);
      return true;
    }
    return false;
  default:
    return false;
  }
}

static const FiqWidgetClass button_class = {.draw = draw, .event = event};

FiqButton* fiq_button_new(FiqStage* stage, const char* text, FiqSign sign, void* handle,
                          uint32_t id, void (*pressed)(void* handle, uint32_t id))
{
  FiqButton* const self = fiq_stage_add(stage, sizeof(*self), &button_class);
  if (self) {
    snprintf(self->text, sizeof(self->text), "%s", text);
    self->sign             = sign;
    self->handle           = handle;
    self->id               = id;
    self->pressed          = pressed;
    self->base.takes_focus = true;
    self->base.cursor      = FIQ_UI_CURSOR_HAND;
  }
  return self;
}

void fiq_button_set_text(FiqButton* self, const char* text, const char* note)
{
  if (strcmp(self->text, text) != 0 || strcmp(self->note, note) != 0) {
    snprintf(self->text, sizeof(self->text), "%s", text);
    snprintf(self->note, sizeof(self->note), "%s", note);
    self->base.is_dirty = true;
  }
}

void fiq_button_light(FiqButton* self, bool lit)
{
  if (self->is_lit != lit) {
    self->is_lit        = lit;
    self->base.is_dirty = true;
  }
}
