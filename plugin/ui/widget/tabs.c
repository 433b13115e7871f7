// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/tabs.h"

#include <assert.h>
#include <math.h>

static const double text_size = 12.5, most_margin = 12.0, least_margin = 4.0;

static double text_width(const FiqTabs* self, uint32_t tab)
{
  return fiq_text_width(self->label[tab], text_size, FIQ_TEXT_MEDIUM);
}

/// Beside the words; less where there are many tabs.
static double margin_of(const FiqTabs* self)
{
  double room = self->base.rect.width;
  for (uint32_t i = 0; i < self->n; ++i) {
    room -= text_width(self, i);
  }
  return fmin(fmax(0.5 * room / self->n, least_margin), most_margin);
}

FiqRect fiq_tabs_rect(const FiqTabs* self, uint32_t tab)
{
  const FiqRect rect   = self->base.rect;
  const double  margin = margin_of(self);
  double        x      = rect.x;
  for (uint32_t i = 0; i < tab; ++i) {
    x += text_width(self, i) + 2.0 * margin;
  }
  return (FiqRect){x, rect.y, text_width(self, tab) + 2.0 * margin, rect.height};
}

static int32_t tab_at(const FiqTabs* self, double x, double y)
{
  for (uint32_t i = 0; i < self->n; ++i) {
    if (fiq_rect_has(fiq_tabs_rect(self, i), x, y)) {
      return (int32_t)i;
    }
  }
  return -1;
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqTabs* const  self  = (const FiqTabs*)widget;
  const FiqTheme* const theme = paint->theme;
  for (uint32_t i = 0; i < self->n; ++i) {
    const FiqRect      rect = fiq_tabs_rect(self, i);
    const bool         on   = i == self->current;
    const FiqColor     ink  = on || self->over == (int32_t)i ? theme->ink : theme->soft;
    const FiqTextStyle s    = {text_size, FIQ_TEXT_MEDIUM, FIQ_ALIGN_CENTER, ink};
    if (on) {
      // It runs on below, into the panel that it belongs to.
      const FiqRect tall = {rect.x, rect.y, rect.width, rect.height + 8.0};
      cairo_save(paint->cr);
      cairo_rectangle(paint->cr, rect.x, rect.y, rect.width, rect.height);
      cairo_clip(paint->cr);
      fiq_paint_box(paint, tall, 6.0, theme->panel, theme->edge);
      cairo_restore(paint->cr);
      cairo_rectangle(paint->cr, rect.x + 8.0, rect.y, rect.width - 16.0, 2.0);
      fiq_paint_color(paint, theme->accent);
      cairo_fill(paint->cr);
    }
    fiq_paint_text(paint, rect.x + 0.5 * rect.width, rect.y + 0.5 * rect.height + 1.0,
                   self->label[i], &s);
    if (self->marked >> i & 1u) {
      cairo_new_path(paint->cr);
      cairo_arc(paint->cr, rect.x + rect.width - 6.0, rect.y + 8.0, 2.5, 0.0, 6.2831853071795865);
      fiq_paint_color(paint, theme->accent);
      cairo_fill(paint->cr);
    }
    if (on && fiq_widget_focused(widget) && fiq_stage_shows_focus(widget->stage)) {
      fiq_paint_round(paint, fiq_rect_inset(rect, 1.5), 5.0);
      fiq_paint_color(paint, theme->focus);
      cairo_set_line_width(paint->cr, 1.5 * theme->line);
      cairo_stroke(paint->cr);
    }
  }
}

void fiq_tabs_mark(FiqTabs* self, uint32_t tabs)
{
  if (self->marked != tabs) {
    self->marked        = tabs;
    self->base.is_dirty = true;
  }
}

void fiq_tabs_choose(FiqTabs* self, uint32_t tab)
{
  if (tab < self->n && tab != self->current) {
    self->current       = tab;
    self->base.is_dirty = true;
    self->chosen(self->handle, tab);
  }
}

static bool key(FiqTabs* self, FiqUiKey key_)
{
  const uint32_t n = self->n;
  switch (key_) {
  case FIQ_UI_KEY_LEFT:
  case FIQ_UI_KEY_UP_ARROW:
    fiq_tabs_choose(self, (self->current + n - 1) % n);
    return true;
  case FIQ_UI_KEY_RIGHT:
  case FIQ_UI_KEY_DOWN_ARROW:
    fiq_tabs_choose(self, (self->current + 1) % n);
    return true;
  case FIQ_UI_KEY_HOME:
    fiq_tabs_choose(self, 0);
    return true;
  case FIQ_UI_KEY_END:
    fiq_tabs_choose(self, n - 1);
    return true;
  default:
    return false;
  }
}

static bool event(FiqWidget* widget, const FiqUiEvent* event_)
{
  FiqTabs* const self = (FiqTabs*)widget;
  const int32_t  tab  = tab_at(self, event_->x, event_->y);
  switch (event_->kind) {
  case FIQ_UI_PRESS:
    if (tab >= 0) {
      fiq_tabs_choose(self, (uint32_t)tab);
    }
    return true;
  case FIQ_UI_MOVE:
  case FIQ_UI_LEAVE:
    if (self->over != (event_->kind == FIQ_UI_MOVE ? tab : -1)) {
      self->over = event_->kind == FIQ_UI_MOVE ? tab : -1;
      fiq_widget_dirty(widget);
    }
    return true;
  case FIQ_UI_SCROLL:
    fiq_tabs_choose(self, event_->dy > 0.0 ? (self->current + self->n - 1) % self->n
                                           : (self->current + 1) % self->n);
    return true;
  case FIQ_UI_KEY_DOWN:
    return key(self, event_->key);
  default:
    return false;
  }
}

static const FiqWidgetClass tabs_class = {.draw = draw, .event = event};

FiqTabs* fiq_tabs_new(FiqStage* stage, void* handle, void (*chosen)(void* handle, uint32_t tab))
{
  FiqTabs* const self = fiq_stage_add(stage, sizeof(*self), &tabs_class);
  if (self) {
    self->handle           = handle;
    self->chosen           = chosen;
    self->over             = -1;
    self->base.takes_focus = true;
    self->base.cursor      = FIQ_UI_CURSOR_HAND;
  }
  return self;
}

void fiq_tabs_add(FiqTabs* self, const char* label)
{
  assert(self->n < FIQ_TABS_MAX);
  self->label[self->n++] = label;
}
