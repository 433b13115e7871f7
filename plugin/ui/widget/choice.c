// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/choice.h"

#include <assert.h>
#include <math.h>

static const double label_size = 11.0, item_size = 11.0, label_height = 18.0, item_height = 24.0,
                    item_margin = 9.0, gap = 2.0, most_row = 150.0, most_grid = 200.0;

static double widest_item(const FiqChoice* self)
{
  double width = 24.0;
  for (uint32_t i = 0; i < self->n_items; ++i) {
    width = fmax(width, fiq_text_width(self->items[i], item_size, FIQ_TEXT_MEDIUM));
  }
  return width + 2.0 * item_margin;
}

static uint32_t n_columns(const FiqChoice* self)
{
  return self->look == FIQ_CHOICE_GRID ? (self->n_items + 1) / 2 : self->n_items;
}

double fiq_choice_width(FiqChoice* self)
{
  const double label = fiq_text_width(self->label, label_size, FIQ_TEXT_REGULAR) + 12.0;
  const double item  = widest_item(self);
  if (!self->items) {
    self->look = FIQ_CHOICE_SWITCH;
    return fmax(label, 56.0);
  }
  const double row  = item * self->n_items + gap * (self->n_items - 1);
  const double half = (self->n_items + 1) / 2;
  if (row <= most_row) {
    self->look = FIQ_CHOICE_ROW;
    return fmax(row, label);
  }
  if (item * half + gap * (half - 1.0) <= most_grid && self->n_items <= 8) {
    self->look = FIQ_CHOICE_GRID;
    return fmax(item * half + gap * (half - 1.0), label);
  }
  self->look = FIQ_CHOICE_BOX;
  return fmax(item + 22.0, label);
}

/// Where the buttons, the box or the switch stand.
static FiqRect body_of(const FiqChoice* self)
{
  const FiqRect rect   = self->value.base.rect;
  const double  height = self->look == FIQ_CHOICE_GRID ? 2.0 * item_height + gap : item_height;
  const double  room   = rect.height - label_height;
  return (FiqRect){rect.x, rect.y + label_height + fmax(0.5 * (room - height), 0.0), rect.width,
                   height};
}

static FiqRect item_rect(const FiqChoice* self, uint32_t item)
{
  const FiqRect  body    = body_of(self);
  const uint32_t columns = n_columns(self);
  const double   width   = (body.width - gap * (columns - 1)) / columns;
  return (FiqRect){body.x + (item % columns) * (width + gap),
                   body.y + (item / columns) * (item_height + gap), width, item_height};
}

static uint32_t present(const FiqChoice* self)
{
  return (uint32_t)fmax(self->value.value + 0.5, 0.0);
}

static void draw_items(const FiqChoice* self, const FiqPaint* paint)
{
  const FiqTheme* const theme = paint->theme;
  const bool            dim   = self->value.base.disabled != NULL;
  for (uint32_t i = 0; i < self->n_items; ++i) {
    const FiqRect  rect = item_rect(self, i);
    const bool     on   = i == present(self);
    const FiqColor lit  = dim ? fiq_color_mixed(theme->panel, theme->accent, 0.25) : theme->accent;
    const FiqColor ink =
        on ? (dim ? theme->ink : theme->on_accent) : (dim ? theme->faint : theme->soft);
    const FiqTextStyle style = {item_size, FIQ_TEXT_MEDIUM, FIQ_ALIGN_CENTER, ink};
    fiq_paint_box(paint, rect, 5.0, on ? lit : theme->raised, on ? lit : theme->edge);
    fiq_paint_text_within(paint, rect.x + 0.5 * rect.width, rect.y + 0.5 * rect.height,
                          rect.width - 6.0, self->items[i], &style);
  }
}

static void draw_box(const FiqChoice* self, const FiqPaint* paint)
{
  const FiqTheme* const theme = paint->theme;
  const FiqRect         rect  = body_of(self);
  const uint32_t        item  = present(self) < self->n_items ? present(self) : 0;
  const FiqTextStyle    style = {item_size, FIQ_TEXT_MEDIUM, FIQ_ALIGN_LEFT,
                              self->value.base.disabled ? theme->faint : theme->ink};
  const double          x     = rect.x + rect.width - 12.0;
  const double          y     = rect.y + 0.5 * rect.height;
  fiq_paint_box(paint, rect, 5.0, theme->raised, theme->edge);
  fiq_paint_text_within(paint, rect.x + item_margin, y, rect.width - 28.0, self->items[item],
                        &style);
  cairo_move_to(paint->cr, x - 3.5, y - 1.5);
  cairo_line_to(paint->cr, x, y + 2.5);
  cairo_line_to(paint->cr, x + 3.5, y - 1.5);
  fiq_paint_color(paint, theme->soft);
  cairo_set_line_width(paint->cr, 1.4);
  cairo_stroke(paint->cr);
}

static void draw_switch(const FiqChoice* self, const FiqPaint* paint)
{
  const FiqTheme* const theme = paint->theme;
  const FiqRect         body  = body_of(self);
  const bool            on    = self->value.value > 0.5;
  const bool            dim   = self->value.base.disabled != NULL;
  const FiqRect         track = {body.x + 0.5 * body.width - 19.0, body.y + 2.0, 38.0, 20.0};
  const double          x     = on ? track.x + 28.0 : track.x + 10.0;
  const FiqColor lit = dim ? fiq_color_mixed(theme->panel, theme->accent, 0.3) : theme->accent;
  fiq_paint_box(paint, track, 10.0, on ? lit : theme->well, on ? lit : theme->edge);
  cairo_arc(paint->cr, x, track.y + 10.0, 7.0, 0.0, 6.2831853071795865);
  fiq_paint_color(paint, on ? theme->on_accent : theme->soft);
  cairo_fill(paint->cr);
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  FiqChoice* const      self  = (FiqChoice*)widget;
  const FiqTheme* const theme = paint->theme;
  const FiqRect         rect  = widget->rect;
  const FiqTextStyle    style = {label_size, FIQ_TEXT_REGULAR, FIQ_ALIGN_CENTER,
                              widget->disabled ? theme->faint : theme->soft};
  fiq_paint_text_within(paint, rect.x + 0.5 * rect.width, rect.y + 9.0, rect.width, self->label,
                        &style);
  if (self->look == FIQ_CHOICE_SWITCH) {
    draw_switch(self, paint);
  } else if (self->look == FIQ_CHOICE_BOX) {
    draw_box(self, paint);
  } else {
    draw_items(self, paint);
  }
  if (self->value.is_locked) {
    const double half = 0.5 * fiq_text_width(self->label, label_size, FIQ_TEXT_REGULAR);
    fiq_paint_lock(paint, rect.x + 0.5 * rect.width + half + 7.0, rect.y + 9.0, theme->orange);
  }
  fiq_widget_draw_focus(widget, paint);
}

static void set_once(FiqChoice* self, double value)
{
  const FiqValueOwner* const owner = &self->value.owner;
  if (owner->touched) {
    owner->touched(owner->handle, owner->id, true);
  }
  fiq_value_set(&self->value, value);
  if (owner->touched) {
    owner->touched(owner->handle, owner->id, false);
  }
}

static bool press(FiqChoice* self, const FiqUiEvent* event)
{
  const FiqValueOwner* const owner = &self->value.owner;
  if (event->button != 1) {
    return fiq_value_event(&self->value, event);
  }
  if (event->n_clicks == 2) {
    set_once(self, self->value.range.fallback);
    return true;
  }
  if (self->look == FIQ_CHOICE_SWITCH) {
    set_once(self, self->value.value > 0.5 ? 0.0 : 1.0);
    return true;
  }
  if (self->look == FIQ_CHOICE_BOX) {
    owner->list(owner->handle, owner->id, body_of(self));
    return true;
  }
  for (uint32_t i = 0; i < self->n_items; ++i) {
    if (fiq_rect_has(item_rect(self, i), event->x, event->y)) {
      set_once(self, i);
    }
  }
  return true;
}

static bool key(FiqChoice* self, const FiqUiEvent* event)
{
  const FiqValueOwner* const owner = &self->value.owner;
  const bool                 plain = (event->modifiers & (FIQ_UI_CTRL | FIQ_UI_ALT)) == 0;
  if (plain && event->key == FIQ_UI_KEY_ENTER) {
    if (self->items) {
      owner->list(owner->handle, owner->id, body_of(self));
    } else {
      set_once(self, self->value.value > 0.5 ? 0.0 : 1.0);
    }
    return true;
  }
  // Letters and digits of a choice say nothing, so they are the host's.
  return event->key != FIQ_UI_KEY_TEXT && fiq_value_event(&self->value, event);
}

static bool event(FiqWidget* widget, const FiqUiEvent* event_)
{
  FiqChoice* const self = (FiqChoice*)widget;
  switch (event_->kind) {
  case FIQ_UI_PRESS:
    return press(self, event_);
  case FIQ_UI_KEY_DOWN:
    return key(self, event_);
  case FIQ_UI_SCROLL:
    return fiq_value_event(&self->value, event_);
  default:
    return false;
  }
}

static const FiqWidgetClass choice_class = {.draw = draw, .event = event};

FiqChoice* fiq_choice_new(FiqStage* stage, const char* label, const char* const* items,
                          uint32_t n_items, FiqRange range, FiqValueOwner owner)
{
  assert(!items || owner.list);
  FiqChoice* const self = fiq_stage_add(stage, sizeof(*self), &choice_class);
  if (self) {
    fiq_value_init(&self->value, range, owner);
    self->value.base.cursor = FIQ_UI_CURSOR_HAND;
    self->label             = label;
    self->items             = items;
    self->n_items           = n_items;
    fiq_choice_width(self);
  }
  return self;
}
