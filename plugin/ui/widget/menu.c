// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/menu.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>

static const double text_size = 12.0, row_height = 24.0, margin = 4.0, indent = 24.0;

static uint32_t n_rows(const FiqMenu* self)
{
  return (uint32_t)((self->base.rect.height - 2.0 * margin) / row_height + 0.5);
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqMenu* const  self  = (const FiqMenu*)widget;
  const FiqTheme* const theme = paint->theme;
  const FiqRect         rect  = widget->rect;
  const uint32_t        rows  = n_rows(self);
  fiq_paint_box(paint, rect, 7.0, theme->raised, theme->faint);
  for (uint32_t row = 0; row < rows && self->first + row < self->n_items; ++row) {
    const uint32_t     item  = self->first + row;
    const FiqRect      bar   = {rect.x + margin, rect.y + margin + row * row_height,
                                rect.width - 2.0 * margin, row_height};
    const bool         lit   = item == self->current;
    const FiqTextStyle style = {text_size, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT,
                                lit ? theme->on_accent : theme->ink};
    if (lit) {
      fiq_paint_box(paint, bar, 4.0, theme->accent, fiq_color_faded(theme->accent, 0.0));
    }
    if ((int32_t)item == self->marked) {
      cairo_arc(paint->cr, bar.x + 11.0, bar.y + 0.5 * row_height, 3.0, 0.0, 6.2831853);
      fiq_paint_color(paint, style.color);
      cairo_fill(paint->cr);
    }
    fiq_paint_text_within(paint, bar.x + indent, bar.y + 0.5 * row_height, bar.width - indent - 6.0,
                          self->items[item], &style);
  }
  if (rows < self->n_items) {
    const double  room  = rect.height - 2.0 * margin;
    const double  share = (double)rows / self->n_items;
    const FiqRect bar   = {rect.x + rect.width - 5.0,
                           rect.y + margin + room * self->first / self->n_items, 3.0, room * share};
    fiq_paint_box(paint, bar, 1.5, theme->faint, fiq_color_faded(theme->faint, 0.0));
  }
}

static void light(FiqMenu* self, int64_t item)
{
  const int64_t  last = (int64_t)self->n_items - 1;
  const uint32_t rows = n_rows(self);
  self->current       = (uint32_t)(item < 0 ? 0 : (item > last ? last : item));
  if (self->current < self->first) {
    self->first = self->current;
  } else if (self->current >= self->first + rows) {
    self->first = self->current - rows + 1;
  }
  fiq_widget_dirty(&self->base);
}

static void choose(FiqMenu* self)
{
  const uint32_t item = self->current;
  fiq_stage_open(self->base.stage, NULL);
  self->chosen(self->handle, item);
}

static void jump_to_letter(FiqMenu* self, const char* text)
{
  for (uint32_t i = 1; i <= self->n_items; ++i) {
    const uint32_t item = (self->current + i) % self->n_items;
    if (tolower((unsigned char)self->items[item][0]) == tolower((unsigned char)text[0])) {
      light(self, item);
      return;
    }
  }
}

static bool key(FiqMenu* self, const FiqUiEvent* event)
{
  switch (event->key) {
  case FIQ_UI_KEY_UP_ARROW:
    light(self, (int64_t)self->current - 1);
    return true;
  case FIQ_UI_KEY_DOWN_ARROW:
    light(self, (int64_t)self->current + 1);
    return true;
  case FIQ_UI_KEY_PAGE_UP:
    light(self, (int64_t)self->current - n_rows(self));
    return true;
  case FIQ_UI_KEY_PAGE_DOWN:
    light(self, (int64_t)self->current + n_rows(self));
    return true;
  case FIQ_UI_KEY_HOME:
    light(self, 0);
    return true;
  case FIQ_UI_KEY_END:
    light(self, self->n_items);
    return true;
  case FIQ_UI_KEY_ENTER:
    choose(self);
    return true;
  case FIQ_UI_KEY_ESCAPE:
  case FIQ_UI_KEY_TAB:
    fiq_stage_open(self->base.stage, NULL);
    return true;
  case FIQ_UI_KEY_TEXT:
    jump_to_letter(self, event->text);
    return true;
  default:
    return false;
  }
}

static bool event(FiqWidget* widget, const FiqUiEvent* event_)
{
  FiqMenu* const self = (FiqMenu*)widget;
  const double   at   = (event_->y - widget->rect.y - margin) / row_height;
  const bool     over = fiq_rect_has(widget->rect, event_->x, event_->y) && at >= 0.0 &&
                    self->first + at < self->n_items;
  switch (event_->kind) {
  case FIQ_UI_MOVE:
    if (over) {
      light(self, self->first + (uint32_t)at);
    }
    return true;
  case FIQ_UI_RELEASE:
    if (over) {
      light(self, self->first + (uint32_t)at);
      choose(self);
    }
    return true;
  case FIQ_UI_SCROLL: {
    const int64_t most  = (int64_t)self->n_items - n_rows(self);
    const int64_t first = (int64_t)self->first - (int64_t)(2.0 * event_->dy);
    self->first         = (uint32_t)(first < 0 ? 0 : (first > most ? most : first));
    fiq_widget_dirty(widget);
    return true;
  }
  case FIQ_UI_KEY_DOWN:
    return key(self, event_);
  default:
    return false;
  }
}

static const FiqWidgetClass menu_class = {.draw = draw, .event = event};

FiqMenu* fiq_menu_new(FiqStage* stage)
{
  FiqMenu* const self = fiq_stage_add(stage, sizeof(*self), &menu_class);
  if (self) {
    self->base.is_shown = false;
    self->base.cursor   = FIQ_UI_CURSOR_HAND;
  }
  return self;
}

void fiq_menu_open(FiqMenu* self, FiqRect anchor, const char* const* items, uint32_t n_items,
                   int32_t marked, void* handle, void (*chosen)(void* handle, uint32_t item))
{
  assert(n_items > 0 && chosen);
  const FiqRect area  = fiq_stage_area(self->base.stage);
  double        width = anchor.width;
  for (uint32_t i = 0; i < n_items; ++i) {
    width = fmax(width, fiq_text_width(items[i], text_size, FIQ_TEXT_REGULAR) + indent + 24.0);
  }
  const double below  = area.height - anchor.y - anchor.height - 8.0;
  const double above  = anchor.y - 8.0;
  const double room   = fmax(below, above);
  const double rows   = fmin(n_items, floor((room - 2.0 * margin) / row_height));
  const double height = rows * row_height + 2.0 * margin;
  self->items         = items;
  self->n_items       = n_items;
  self->marked        = marked;
  self->first         = 0;
  self->handle        = handle;
  self->chosen        = chosen;
  self->base.rect     = (FiqRect){
          fmin(anchor.x, area.width - width - 4.0),
      height <= below ? anchor.y + anchor.height + 2.0 : anchor.y - height - 2.0, width, height};
  light(self, marked >= 0 ? marked : 0);
  fiq_stage_open(self->base.stage, &self->base);
}
