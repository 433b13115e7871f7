// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/learn_layer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double banner_height = 24.0, badge_height = 34.0, badge_width = 62.0, rest_s = 1.2,
                    blink_s = 0.45;

// ---- which controls ----

/// The control of a row if it stands on the present tab, else NULL.
static const FiqWidget* control_of(const FiqLearnLayer* self, uint32_t row)
{
  const FiqValue* const value = self->controls->control[row];
  return value && value->base.is_shown ? &value->base : NULL;
}

static int32_t row_at(const FiqLearnLayer* self, double x, double y)
{
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqWidget* const control = control_of(self, row);
    if (control && fiq_rect_has(control->rect, x, y)) {
      return (int32_t)row;
    }
  }
  return FIQ_UI_NO_ROW;
}

/// The nearest control in the direction of an arrow key from the one that is lit; without one, the first of all.
static int32_t row_beside(const FiqLearnLayer* self, double dx, double dy)
{
  const FiqWidget* const from = self->lit >= 0 ? control_of(self, (uint32_t)self->lit) : NULL;
  const FiqRect at    = from ? from->rect : (FiqRect){self->base.rect.x, self->base.rect.y, 0, 0};
  int32_t       best  = self->lit;
  double        least = (double)INFINITY;
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqWidget* const control = control_of(self, row);
    if (!control || (int32_t)row == self->lit) {
      continue;
    }
    const double x = control->rect.x + 0.5 * control->rect.width - at.x - 0.5 * at.width;
    const double y = control->rect.y + 0.5 * control->rect.height - at.y - 0.5 * at.height;
    // What lies aside counts for more than what lies ahead.
    const double ahead    = x * dx + y * dy;
    const double aside    = fabs(x * dy) + fabs(y * dx);
    const double distance = ahead + 3.0 * aside;
    if ((ahead > 1.0 || !from) && distance < least) {
      least = distance;
      best  = (int32_t)row;
    }
  }
  return best;
}

// ---- drawing ----

static void draw_badge(const FiqLearnLayer* self, const FiqPaint* paint, uint32_t row, FiqRect rect)
{
  const FiqTheme* const theme = paint->theme;
  const int32_t         entry = fiq_controllers_for(&self->shown, row);
  const bool            waits = self->waiting == (int32_t)row;
  const double          x     = rect.x + 0.5 * rect.width;
  const double          y     = rect.y + 0.5 * rect.height;
  const FiqRect badge = {x - 0.5 * badge_width, y - 0.5 * badge_height, badge_width, badge_height};
  const FiqTextStyle big   = {12.0, FIQ_TEXT_BOLD, FIQ_ALIGN_CENTER, theme->on_accent};
  const FiqTextStyle small = {10.0, FIQ_TEXT_REGULAR, FIQ_ALIGN_CENTER, theme->on_accent};
  const FiqTextStyle wait  = {11.0, FIQ_TEXT_MEDIUM, FIQ_ALIGN_CENTER, theme->ink};
  char               text[16];
  if (waits) {
    fiq_paint_box(paint, badge, 6.0, theme->raised, self->blinks ? theme->orange : theme->edge);
    fiq_paint_text(paint, x, y - 6.0, "move a", &wait);
    fiq_paint_text(paint, x, y + 8.0, "controller", &wait);
  } else if (entry != FIQ_NO_CONTROLLER) {
    fiq_paint_box(paint, badge, 6.0, theme->accent, theme->accent);
    snprintf(text, sizeof(text), "CC %u", (unsigned)self->shown.entry[entry].controller);
    fiq_paint_text(paint, x, y - 7.0, text, &big);
    snprintf(text, sizeof(text), "channel %u", self->shown.entry[entry].channel + 1u);
    fiq_paint_text(paint, x, y + 8.0, text, &small);
  }
}

static void draw_banner(const FiqLearnLayer* self, const FiqPaint* paint)
{
  const FiqTheme* const theme = paint->theme;
  const FiqRect         rect  = self->base.rect;
  const FiqRect         strip = {rect.x + 1.0, rect.y + 1.0, rect.width - 2.0, banner_height - 1.0};
  const FiqTextStyle    title = {11.0, FIQ_TEXT_BOLD, FIQ_ALIGN_LEFT, theme->accent};
  const FiqTextStyle    words = {11.0, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, theme->ink};
  fiq_paint_box(paint, strip, 6.0, theme->panel, fiq_color_faded(theme->edge, 0.0));
  const double w =
      fiq_paint_text(paint, rect.x + 18.0, rect.y + 0.5 * banner_height, "MIDI LEARN", &title);
  fiq_paint_text_within(
      paint, rect.x + 32.0 + w, rect.y + 0.5 * banner_height, rect.width - w - 50.0,
      self->waiting != FIQ_UI_NO_ROW
          ? "Now move a knob, slider or pedal of your MIDI device. Esc stops waiting."
          : "Press a control, then move a knob of your MIDI device. Right button or Delete: "
            "forget. "
            "Esc: close.",
      &words);
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqLearnLayer* const self  = (const FiqLearnLayer*)widget;
  const FiqTheme* const      theme = paint->theme;
  fiq_paint_box(paint, fiq_rect_inset(widget->rect, 1.0), 6.0, fiq_color_faded(theme->ground, 0.3),
                fiq_color_faded(theme->ground, 0.0));
  draw_banner(self, paint);
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqWidget* const control = control_of(self, row);
    if (control) {
      const bool marked = self->lit == (int32_t)row || self->waiting == (int32_t)row;
      fiq_paint_box(paint, fiq_rect_inset(control->rect, 1.0), 6.0,
                    fiq_color_faded(theme->accent, marked ? 0.18 : 0.06),
                    marked ? theme->accent : fiq_color_faded(theme->accent, 0.35));
      draw_badge(self, paint, row, control->rect);
    }
  }
}

// ---- events ----

static const FiqUiCalls* calls(const FiqLearnLayer* self)
{
  return &self->controls->model->calls;
}

static void wait_for(FiqLearnLayer* self, int32_t row)
{
  calls(self)->learn_controller(calls(self)->handle, row);
}

static void forget(FiqLearnLayer* self, int32_t row)
{
  if (row != FIQ_UI_NO_ROW && fiq_controllers_for(&self->controls->model->controllers,
                                                  (uint32_t)row) != FIQ_NO_CONTROLLER) {
    calls(self)->forget_controller(calls(self)->handle, (uint32_t)row);
  }
}

static void light(FiqLearnLayer* self, int32_t row)
{
  if (self->lit != row) {
    self->lit = row;
    fiq_widget_dirty(&self->base);
  }
}

static void press(FiqLearnLayer* self, const FiqUiEvent* event)
{
  const int32_t row   = row_at(self, event->x, event->y);
  const bool    waits = row != FIQ_UI_NO_ROW && self->controls->model->learning == row;
  light(self, row);
  if (event->button == 3) {
    forget(self, row);
  } else if (event->button == 1) {
    self->single = FIQ_UI_NO_ROW;
    wait_for(self, waits ? FIQ_UI_NO_ROW : row);
  }
}

static bool key(FiqLearnLayer* self, const FiqUiEvent* event)
{
  // On another tab than before nothing is lit.
  const bool    seen = self->lit >= 0 && control_of(self, (uint32_t)self->lit);
  const int32_t row  = seen ? self->lit : FIQ_UI_NO_ROW;
  switch (event->key) {
  case FIQ_UI_KEY_LEFT:
    light(self, row_beside(self, -1.0, 0.0));
    return true;
  case FIQ_UI_KEY_RIGHT:
    light(self, row_beside(self, 1.0, 0.0));
    return true;
  case FIQ_UI_KEY_UP_ARROW:
    light(self, row_beside(self, 0.0, -1.0));
    return true;
  case FIQ_UI_KEY_DOWN_ARROW:
    light(self, row_beside(self, 0.0, 1.0));
    return true;
  case FIQ_UI_KEY_ENTER:
    wait_for(self, row);
    return true;
  case FIQ_UI_KEY_DELETE:
  case FIQ_UI_KEY_BACKSPACE:
    forget(self, row);
    return true;
  default:
    return false;
  }
}

static bool event(FiqWidget* widget, const FiqUiEvent* event_)
{
  FiqLearnLayer* const self = (FiqLearnLayer*)widget;
  switch (event_->kind) {
  case FIQ_UI_PRESS:
    press(self, event_);
    return true;
  case FIQ_UI_MOVE:
    light(self, row_at(self, event_->x, event_->y));
    return true;
  case FIQ_UI_LEAVE:
    light(self, FIQ_UI_NO_ROW);
    return true;
  case FIQ_UI_KEY_DOWN:
    return key(self, event_);
  case FIQ_UI_SCROLL:
    return true; // the controls under it stay as they are
  default:
    return false;
  }
}

static bool tick(FiqWidget* widget, double now_s)
{
  FiqLearnLayer* const self = (FiqLearnLayer*)widget;
  const bool blinks = self->waiting != FIQ_UI_NO_ROW && fmod(now_s, 2.0 * blink_s) < blink_s;
  const bool turns  = blinks != self->blinks;
  self->blinks      = blinks;
  return turns;
}

static const FiqWidgetClass layer_class = {.draw = draw, .event = event, .tick = tick};

// ---- life ----

FiqLearnLayer* fiq_learn_layer_new(FiqControls* controls)
{
  FiqLearnLayer* const self = fiq_stage_add(controls->stage, sizeof(*self), &layer_class);
  if (self) {
    self->controls         = controls;
    self->waiting          = FIQ_UI_NO_ROW;
    self->lit              = FIQ_UI_NO_ROW;
    self->single           = FIQ_UI_NO_ROW;
    self->base.is_shown    = false;
    self->base.takes_focus = true;
    self->base.cursor      = FIQ_UI_CURSOR_HAND;
  }
  return self;
}

void fiq_learn_layer_open(FiqLearnLayer* self, int32_t row)
{
  self->single  = row;
  self->lit     = row;
  self->until_s = 0.0;
  fiq_widget_show(&self->base, true);
  fiq_stage_set_focus(self->base.stage, &self->base, false);
  if (row != FIQ_UI_NO_ROW) {
    wait_for(self, row);
  }
}

void fiq_learn_layer_close(FiqLearnLayer* self)
{
  if (self->controls->model->learning != FIQ_UI_NO_ROW) {
    wait_for(self, FIQ_UI_NO_ROW);
  }
  fiq_widget_show(&self->base, false);
}

void fiq_learn_layer_escape(FiqLearnLayer* self)
{
  if (self->controls->model->learning != FIQ_UI_NO_ROW && self->single == FIQ_UI_NO_ROW) {
    wait_for(self, FIQ_UI_NO_ROW);
  } else {
    fiq_learn_layer_close(self);
  }
}

void fiq_learn_layer_refresh(FiqLearnLayer* self, double now_s)
{
  const FiqUiModel* const model = self->controls->model;
  if (!self->base.is_shown) {
    return;
  }
  if (self->waiting != model->learning ||
      memcmp(&self->shown, &model->controllers, sizeof(self->shown)) != 0) {
    self->waiting = model->learning;
    self->shown   = model->controllers;
    fiq_widget_dirty(&self->base);
  }
  // The control that it was opened for has one now: it is read, and the layer goes.
  if (self->single != FIQ_UI_NO_ROW && model->learning == FIQ_UI_NO_ROW) {
    self->until_s = self->until_s > 0.0 ? self->until_s : now_s + rest_s;
    if (now_s >= self->until_s) {
      fiq_learn_layer_close(self);
    }
  }
}
