// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/entry.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double text_size = 12.0, margin = 8.0;

// ---- the line ----

static bool goes_on(char c)
{
  return ((unsigned char)c & 0xc0) == 0x80;
}

static uint32_t before(const FiqLine* self, uint32_t at)
{
  while (at > 0 && goes_on(self->text[--at])) {
  }
  return at;
}

static uint32_t after(const FiqLine* self, uint32_t at)
{
  if (self->text[at]) {
    ++at;
  }
  while (goes_on(self->text[at])) {
    ++at;
  }
  return at;
}

static uint32_t low_end(const FiqLine* self)
{
  return self->cursor < self->anchor ? self->cursor : self->anchor;
}

static uint32_t high_end(const FiqLine* self)
{
  return self->cursor < self->anchor ? self->anchor : self->cursor;
}

void fiq_line_set(FiqLine* self, const char* text, bool select_all)
{
  snprintf(self->text, sizeof(self->text), "%s", text);
  self->cursor = (uint32_t)strlen(self->text);
  self->anchor = select_all ? 0 : self->cursor;
}

static void erase_selection(FiqLine* self)
{
  const uint32_t low  = low_end(self);
  const uint32_t high = high_end(self);
  memmove(self->text + low, self->text + high, strlen(self->text + high) + 1);
  self->cursor = self->anchor = low;
}

void fiq_line_paste(FiqLine* self, const char* text)
{
  erase_selection(self);
  const size_t n    = strcspn(text, "\r\n\t");
  const size_t tail = strlen(self->text + self->cursor) + 1;
  if (self->cursor + n + tail <= sizeof(self->text)) {
    memmove(self->text + self->cursor + n, self->text + self->cursor, tail);
    memcpy(self->text + self->cursor, text, n);
    self->cursor += (uint32_t)n;
    self->anchor = self->cursor;
  }
}

static void go(FiqLine* self, uint32_t to, bool selecting)
{
  self->cursor = to;
  self->anchor = selecting ? self->anchor : to;
}

bool fiq_line_selection(const FiqLine* self, char* text, size_t n_bytes)
{
  const uint32_t low = low_end(self);
  snprintf(text, n_bytes, "%.*s", (int)(high_end(self) - low), self->text + low);
  return text[0] != '\0';
}

static void erase(FiqLine* self, bool back)
{
  if (self->cursor == self->anchor) {
    self->cursor = back ? before(self, self->cursor) : after(self, self->cursor);
  }
  erase_selection(self);
}

bool fiq_line_key(FiqLine* self, const FiqUiEvent* event)
{
  const bool shift = event->modifiers & FIQ_UI_SHIFT;
  switch (event->key) {
  case FIQ_UI_KEY_LEFT:
    go(self, before(self, self->cursor), shift);
    return true;
  case FIQ_UI_KEY_RIGHT:
    go(self, after(self, self->cursor), shift);
    return true;
  case FIQ_UI_KEY_HOME:
    go(self, 0, shift);
    return true;
  case FIQ_UI_KEY_END:
    go(self, (uint32_t)strlen(self->text), shift);
    return true;
  case FIQ_UI_KEY_BACKSPACE:
  case FIQ_UI_KEY_DELETE:
    erase(self, event->key == FIQ_UI_KEY_BACKSPACE);
    return true;
  case FIQ_UI_KEY_TEXT:
    if (event->modifiers & FIQ_UI_CTRL) {
      if (strcmp(event->text, "a") == 0) {
        self->anchor = 0;
        self->cursor = (uint32_t)strlen(self->text);
      }
      return true;
    }
    fiq_line_paste(self, event->text);
    return true;
  default:
    return false;
  }
}

static double width_to(const FiqLine* self, uint32_t at)
{
  char piece[FIQ_ENTRY_BYTES];
  snprintf(piece, sizeof(piece), "%.*s", (int)at, self->text);
  return fiq_text_width(piece, text_size, FIQ_TEXT_REGULAR);
}

/// The text moves left as far as the cursor needs it.
static double scrolled(const FiqLine* self, FiqRect rect)
{
  return fmax(width_to(self, self->cursor) - (rect.width - 2.0 * margin), 0.0);
}

void fiq_line_click(FiqLine* self, FiqRect rect, double x)
{
  const double at   = x - rect.x - margin + scrolled(self, rect);
  uint32_t     byte = 0;
  while (self->text[byte] && width_to(self, after(self, byte)) < at + 3.0) {
    byte = after(self, byte);
  }
  go(self, byte, false);
}

void fiq_line_draw(const FiqLine* self, const FiqPaint* paint, FiqRect rect, const char* hint,
                   bool active)
{
  cairo_t* const        cr    = paint->cr;
  const FiqTheme* const theme = paint->theme;
  const double          y     = rect.y + 0.5 * rect.height;
  const double          x     = rect.x + margin - scrolled(self, rect);
  const FiqTextStyle    style = {text_size, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, theme->ink};
  const FiqTextStyle    pale  = {text_size, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, theme->faint};
  fiq_paint_box(paint, rect, 5.0, theme->ground, active ? theme->accent : theme->edge);
  cairo_save(cr);
  cairo_rectangle(cr, rect.x + 3.0, rect.y, rect.width - 6.0, rect.height);
  cairo_clip(cr);
  if (active && self->cursor != self->anchor) {
    const double low = width_to(self, low_end(self));
    cairo_rectangle(cr, x + low, y - 8.0, width_to(self, high_end(self)) - low, 16.0);
    fiq_paint_color(paint, fiq_color_mixed(theme->ground, theme->accent, 0.35));
    cairo_fill(cr);
  }
  if (self->text[0]) {
    fiq_paint_text(paint, x, y, self->text, &style);
  } else if (hint) {
    fiq_paint_text_within(paint, x, y, rect.width - 2.0 * margin, hint, &pale);
  }
  if (active) {
    cairo_rectangle(cr, x + width_to(self, self->cursor), y - 8.0, 1.2, 16.0);
    fiq_paint_color(paint, theme->accent);
    cairo_fill(cr);
  }
  cairo_restore(cr);
}

// ---- the popup ----

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqEntry* const self = (const FiqEntry*)widget;
  fiq_line_draw(&self->line, paint, widget->rect, NULL, true);
}

static void close_entry(FiqEntry* self, bool done)
{
  char text[FIQ_ENTRY_BYTES];
  memcpy(text, self->line.text, sizeof(text));
  fiq_stage_open(self->base.stage, NULL);
  if (done) {
    self->done(self->handle, text);
  }
}

static bool clip(FiqEntry* self, const FiqUiEvent* event)
{
  char text[FIQ_ENTRY_BYTES];
  if (!(event->modifiers & FIQ_UI_CTRL) || event->key != FIQ_UI_KEY_TEXT) {
    return false;
  }
  const bool cut = strcmp(event->text, "x") == 0;
  if (strcmp(event->text, "v") == 0 && self->ask_paste) {
    self->ask_paste(self->handle);
    return true;
  }
  if ((cut || strcmp(event->text, "c") == 0) && self->copy &&
      fiq_line_selection(&self->line, text, sizeof(text))) {
    self->copy(self->handle, text);
    if (cut) {
      erase_selection(&self->line);
    }
    return true;
  }
  return false;
}

static bool event(FiqWidget* widget, const FiqUiEvent* event_)
{
  FiqEntry* const self = (FiqEntry*)widget;
  fiq_widget_dirty(widget);
  switch (event_->kind) {
  case FIQ_UI_PRESS:
    fiq_line_click(&self->line, widget->rect, event_->x);
    return true;
  case FIQ_UI_PASTE:
    fiq_line_paste(&self->line, event_->paste);
    return true;
  case FIQ_UI_KEY_DOWN:
    if (event_->key == FIQ_UI_KEY_ENTER || event_->key == FIQ_UI_KEY_TAB) {
      close_entry(self, true);
    } else if (event_->key == FIQ_UI_KEY_ESCAPE) {
      close_entry(self, false);
    } else if (!clip(self, event_)) {
      fiq_line_key(&self->line, event_);
    }
    return true;
  default:
    return false;
  }
}

static const FiqWidgetClass entry_class = {.draw = draw, .event = event};

FiqEntry* fiq_entry_new(FiqStage* stage)
{
  FiqEntry* const self = fiq_stage_add(stage, sizeof(*self), &entry_class);
  if (self) {
    self->base.is_shown = false;
    self->base.cursor   = FIQ_UI_CURSOR_TEXT;
  }
  return self;
}

void fiq_entry_open(FiqEntry* self, FiqRect rect, const char* text, bool typed, void* handle,
                    void (*done)(void* handle, const char* text))
{
  const double width = fmax(rect.width, 72.0);
  self->handle       = handle;
  self->done         = done;
  self->base.rect    = (FiqRect){rect.x + 0.5 * (rect.width - width),
                                 rect.y + 0.5 * rect.height - 12.0, width, 24.0};
  fiq_line_set(&self->line, text, !typed);
  fiq_stage_open(self->base.stage, &self->base);
}
