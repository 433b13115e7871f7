// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/cards.h"

#include <assert.h>
#include <string.h>

static FiqRect card_rect(const FiqCards* self, uint32_t card)
{
  const FiqRect rect  = self->base.rect;
  const double  gap   = self->line[0] ? 8.0 : 4.0;
  const double  width = (rect.width - gap * (self->n - 1)) / self->n;
  return (FiqRect){rect.x + card * (width + gap), rect.y, width, rect.height};
}

static void draw_card(const FiqCards* self, const FiqPaint* paint, uint32_t card)
{
  const FiqTheme* const theme = paint->theme;
  const FiqRect         rect  = card_rect(self, card);
  const bool            on    = card == self->current;
  const bool            solid = on && self->is_solid;
  const double          y     = rect.y + 0.5 * rect.height;
  const FiqColor        plain =
      fiq_color_mixed(theme->panel, theme->soft, self->over == (int32_t)card ? 0.1 : 0.0);
  const FiqColor     tint  = fiq_color_mixed(theme->panel, theme->accent, 0.12);
  const FiqColor     ink   = solid ? theme->on_accent : (on ? theme->ink : theme->soft);
  const double       x     = self->line[card] ? rect.x + 14.0 : rect.x + 0.5 * rect.width;
  const FiqTextAlign align = self->line[card] ? FIQ_ALIGN_LEFT : FIQ_ALIGN_CENTER;
  const FiqTextStyle title = {self->line[card] ? 13.0 : 11.5, on ? FIQ_TEXT_BOLD : FIQ_TEXT_MEDIUM,
                              align, ink};
  const FiqTextStyle line = {11.0, FIQ_TEXT_REGULAR, align, theme->soft};
  fiq_paint_box(paint, rect, 7.0, solid ? theme->accent : (on ? tint : plain),
                on ? theme->accent : theme->edge);
  fiq_paint_text_within(paint, x, self->line[card] ? y - 8.0 : y, rect.width - 12.0,
                        self->title[card], &title);
  if (self->line[card]) {
    fiq_paint_text_within(paint, x, y + 10.0, rect.width - 26.0, self->line[card], &line);
  }
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqCards* const self = (const FiqCards*)widget;
  for (uint32_t i = 0; i < self->n; ++i) {
    draw_card(self, paint, i);
  }
  fiq_widget_draw_focus(widget, paint);
}

static int32_t card_at(const FiqCards* self, double x, double y)
{
  for (uint32_t i = 0; i < self->n; ++i) {
    if (fiq_rect_has(card_rect(self, i), x, y)) {
      return (int32_t)i;
    }
  }
  return -1;
}

static bool key(FiqCards* self, FiqUiKey key_)
{
  if (key_ == FIQ_UI_KEY_LEFT || key_ == FIQ_UI_KEY_RIGHT) {
    const uint32_t by = key_ == FIQ_UI_KEY_RIGHT ? 1 : self->n - 1;
    self->chosen(self->handle, (self->current + by) % self->n);
    return true;
  }
  return false;
}

static bool event(FiqWidget* widget, const FiqUiEvent* event_)
{
  FiqCards* const self = (FiqCards*)widget;
  const int32_t   card = event_->kind == FIQ_UI_LEAVE ? -1 : card_at(self, event_->x, event_->y);
  switch (event_->kind) {
  case FIQ_UI_PRESS:
    if (card >= 0) {
      self->chosen(self->handle, (uint32_t)card);
    }
    return true;
  case FIQ_UI_MOVE:
  case FIQ_UI_LEAVE:
    if (self->over != card) {
      self->over = card;
      fiq_widget_dirty(widget);
    }
    return true;
  case FIQ_UI_KEY_DOWN:
    return key(self, event_->key);
  default:
    return false;
  }
}

static const FiqWidgetClass cards_class = {.draw = draw, .event = event};

FiqCards* fiq_cards_new(FiqStage* stage, uint32_t n, const char* const* title,
                        const char* const* line, void* handle,
                        void (*chosen)(void* handle, uint32_t card))
{
  assert(n >= 1 && n <= FIQ_CARDS_MAX);
  FiqCards* const self = fiq_stage_add(stage, sizeof(*self), &cards_class);
  if (self) {
    self->n      = n;
    self->handle = handle;
    self->chosen = chosen;
    self->over   = -1;
    memcpy(self->title, title, n * sizeof(*title));
    if (line) {
      memcpy(self->line, line, n * sizeof(*line));
    }
    self->base.takes_focus = true;
    self->base.cursor      = FIQ_UI_CURSOR_HAND;
  }
  return self;
}

void fiq_cards_show(FiqCards* self, uint32_t current)
{
  if (self->current != current) {
    self->current       = current;
    self->base.is_dirty = true;
  }
}
