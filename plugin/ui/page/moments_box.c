// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/moments_box.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double margin = 8.0, chip_height = 22.0, chip_gap = 5.0, chip_inset = 10.0,
                    text_size = 11.5;

static const char button[] = "+ Name this moment";

// ---- where the chips are ----

static const char* text_of(const FiqMomentsBox* self, uint32_t chip)
{
  return chip == 0 ? button : self->name[chip - 1];
}

/// A chip's rectangle as if all rows were shown, and its row.
static FiqRect place_of(const FiqMomentsBox* self, uint32_t chip, uint32_t* row)
{
  const FiqRect rect  = self->base.rect;
  const double  right = rect.x + rect.width - margin;
  FiqRect       at    = {rect.x + margin, rect.y + margin, 0.0, chip_height};
  *row                = 0;
  for (uint32_t i = 0; i <= chip; ++i) {
    const double width =
        fmin(fiq_text_width(text_of(self, i), text_size, FIQ_TEXT_MEDIUM) + 2.0 * chip_inset,
             rect.width - 2.0 * margin);
    at.x += i > 0 ? at.width + chip_gap : 0.0;
    at.width = width;
    if (at.x + width > right + 0.5 || i == 1) {
      at.x = rect.x + margin;
      ++*row;
    }
  }
  return at;
}

static uint32_t n_rows(const FiqMomentsBox* self)
{
  return (uint32_t)((self->base.rect.height - 2.0 * margin + chip_gap) / (chip_height + chip_gap));
}

/// Where it is shown; false if it is not. The button's row stays.
static bool chip_rect(const FiqMomentsBox* self, uint32_t chip, FiqRect* rect)
{
  uint32_t row  = 0;
  *rect         = place_of(self, chip, &row);
  const bool is = chip == 0 || (row > self->first_row && row - self->first_row < n_rows(self));
  rect->y += (row - (chip > 0 ? self->first_row : 0)) * (chip_height + chip_gap);
  return is;
}

static int32_t chip_at(const FiqMomentsBox* self, double x, double y)
{
  FiqRect rect;
  for (uint32_t i = 0; i <= self->n; ++i) {
    if (chip_rect(self, i, &rect) && fiq_rect_has(rect, x, y)) {
      return (int32_t)i;
    }
  }
  return -1;
}

static uint32_t last_row(const FiqMomentsBox* self)
{
  uint32_t row = 0;
  (void)place_of(self, self->n, &row);
  return row;
}

static void scroll_to(FiqMomentsBox* self, int64_t first)
{
  const uint32_t rows = n_rows(self);
  const int64_t  most = last_row(self) + 1 > rows ? (int64_t)last_row(self) + 1 - rows : 0;
  self->first_row     = (uint32_t)(first < 0 ? 0 : (first > most ? most : first));
}

// ---- drawing ----

static void draw_chip(const FiqMomentsBox* self, const FiqPaint* paint, uint32_t chip)
{
  const FiqTheme* const theme = paint->theme;
  const bool            on    = chip > 0 && (self->called >> (chip - 1) & 1u);
  const bool            over  = self->over == (int32_t)chip;
  const FiqColor        plain = fiq_color_mixed(theme->raised, theme->soft, over ? 0.15 : 0.0);
  const bool            keyed = self->lit == chip && fiq_widget_focused(&self->base) &&
                     fiq_stage_shows_focus(self->base.stage);
  const FiqTextStyle style = {text_size, FIQ_TEXT_MEDIUM, FIQ_ALIGN_LEFT,
                              on ? theme->on_accent : (chip == 0 ? theme->accent : theme->ink)};
  FiqRect            rect;
  if (chip_rect(self, chip, &rect)) {
    fiq_paint_box(paint, rect, 0.5 * chip_height, on ? theme->accent : plain,
                  keyed ? theme->focus : theme->edge);
    fiq_paint_text_within(paint, rect.x + chip_inset, rect.y + 0.5 * chip_height,
                          rect.width - 2.0 * chip_inset + 1.0, text_of(self, chip), &style);
  }
}

typedef struct {
  const FiqPaint* paint;
  FiqRect         rect;
  FiqTextStyle    style;
} Lines;

static void draw_line(void* handle, uint32_t index, const char* line)
{
  const Lines* const self = handle;
  fiq_paint_text(self->paint, self->rect.x + margin, self->rect.y + 54.0 + 16.0 * index, line,
                 &self->style);
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqMomentsBox* const self  = (const FiqMomentsBox*)widget;
  const FiqTheme* const      theme = paint->theme;
  fiq_paint_box(paint, widget->rect, 6.0, fiq_color_mixed(theme->panel, theme->ground, 0.6),
                theme->edge);
  for (uint32_t i = 0; i <= self->n; ++i) {
    draw_chip(self, paint, i);
  }
  if (self->n == 0) {
    Lines lines = {paint, widget->rect, {text_size, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, theme->soft}};
    fiq_text_break(
        "No moment has a name. Name what sounds now, and press its name to hear it again "
        "later, as loud as Recall says.",
        text_size, FIQ_TEXT_REGULAR, widget->rect.width - 2.0 * margin, draw_line, &lines);
  }
  if (last_row(self) + 1 > n_rows(self)) {
    const double room  = widget->rect.height - 2.0 * margin;
    const double share = room / (last_row(self) + 1);
    fiq_paint_box(paint,
                  (FiqRect){widget->rect.x + widget->rect.width - 6.0,
                            widget->rect.y + margin + self->first_row * share, 3.0,
                            n_rows(self) * share},
                  1.5, theme->faint, fiq_color_faded(theme->faint, 0.0));
  }
  fiq_widget_draw_focus(widget, paint);
}

// ---- events ----

static void typed(void* handle, const char* word)
{
  FiqControls* const      controls = handle; // the entry copies and pastes for it
  const FiqUiCalls* const calls    = &controls->model->calls;
  if (word[0]) {
    calls->name_moment(calls->handle, word);
  }
}

/// Call what is pressed, as one text.
static void call(FiqMomentsBox* self)
{
  const FiqUiCalls* const calls = &self->controls->model->calls;
  char                    names[FIQ_MOMENTS_CALLED * FIQ_MOMENT_NAME_BYTES + 1] = "";
  size_t                  at                                                    = 0;
  for (uint32_t i = 0; i < self->n; ++i) {
    if (self->called >> i & 1u) {
      const int n =
          snprintf(names + at, sizeof(names) - at, "%s%s", at > 0 ? " " : "", self->name[i]);
      at += n > 0 && (size_t)n < sizeof(names) - at ? (size_t)n : 0;
    }
  }
  names[at] = '\0';
  calls->call_moments(calls->handle, names);
}

static uint32_t n_called(const FiqMomentsBox* self)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < self->n; ++i) {
    n += self->called >> i & 1u;
  }
  return n;
}

static void press(FiqMomentsBox* self, uint32_t chip)
{
  self->lit = chip;
  if (chip == 0) {
    FiqRect rect;
    (void)chip_rect(self, 0, &rect);
    fiq_entry_open(self->controls->entry, (FiqRect){rect.x, rect.y, 200.0, 24.0}, "", false,
                   self->controls, typed);
    return;
  }
  const uint32_t bit = 1u << (chip - 1);
  if ((self->called & bit) || n_called(self) < FIQ_MOMENTS_CALLED) {
    self->called ^= bit;
    call(self);
  }
}

static bool key(FiqMomentsBox* self, const FiqUiEvent* event)
{
  const uint32_t n   = self->n + 1;
  uint32_t       row = 0;
  switch (event->key) {
  case FIQ_UI_KEY_LEFT:
  case FIQ_UI_KEY_RIGHT:
    self->lit = (self->lit + (event->key == FIQ_UI_KEY_RIGHT ? 1 : n - 1)) % n;
    (void)place_of(self, self->lit, &row);
    scroll_to(self, row <= self->first_row                  ? (int64_t)row - 1
                    : row >= self->first_row + n_rows(self) ? (int64_t)row - n_rows(self) + 1
                                                            : self->first_row);
    return true;
  case FIQ_UI_KEY_ENTER:
    press(self, self->lit);
    return true;
  case FIQ_UI_KEY_DELETE:
  case FIQ_UI_KEY_BACKSPACE:
    self->called = 0;
    call(self);
    return true;
  default:
    return false;
  }
}

static bool event(FiqWidget* widget, const FiqUiEvent* event_)
{
  FiqMomentsBox* const self = (FiqMomentsBox*)widget;
  const int32_t over = event_->kind == FIQ_UI_LEAVE ? -1 : chip_at(self, event_->x, event_->y);
  switch (event_->kind) {
  case FIQ_UI_PRESS:
    if (over >= 0 && event_->button == 1) {
      press(self, (uint32_t)over);
    }
    break;
  case FIQ_UI_MOVE:
  case FIQ_UI_LEAVE:
    if (self->over == over) {
      return true;
    }
    self->over = over;
    break;
  case FIQ_UI_SCROLL:
    scroll_to(self, (int64_t)self->first_row - (event_->dy > 0.0 ? 1 : -1));
    break;
  case FIQ_UI_KEY_DOWN:
    if (!key(self, event_)) {
      return false;
    }
    break;
  default:
    return false;
  }
  fiq_widget_dirty(widget);
  return true;
}

static const FiqWidgetClass moments_class = {.draw = draw, .event = event};

FiqMomentsBox* fiq_moments_box_new(FiqControls* controls)
{
  FiqMomentsBox* const self = fiq_stage_add(controls->stage, sizeof(*self), &moments_class);
  if (self) {
    self->controls         = controls;
    self->over             = -1;
    self->base.takes_focus = true;
    self->base.cursor      = FIQ_UI_CURSOR_HAND;
    self->base.name        = "Moments";
    self->base.tip = "Name what sounds now, or what is recalled, by one word. The names that are "
                     "pressed are recalled in "
                     "place of what is most like the present, several as a mixture. Arrow keys and "
                     "Enter do the same, Delete lets go of all. An old name is bound anew.";
  }
  return self;
}

// ---- what the plugin tells ----

static bool was_called(const FiqMomentsBox* before, const char* name)
{
  bool found = false;
  for (uint32_t i = 0; i < before->n && !found; ++i) {
    found = (before->called >> i & 1u) && strcmp(before->name[i], name) == 0;
  }
  return found;
}

/// Take the names over; what is pressed stays so.
static void read_names(FiqMomentsBox* self)
{
  const FiqMomentsBox before = *self;
  const char*         at     = self->shown;
  self->n                    = 0;
  self->called               = 0;
  while (*at && self->n < FIQ_MOMENTS_MAX) {
    const size_t n = strcspn(at, "\n");
    snprintf(self->name[self->n], FIQ_MOMENT_NAME_BYTES, "%.*s", (int)n, at);
    self->called |= was_called(&before, self->name[self->n]) ? 1u << self->n : 0u;
    self->n += n > 0 ? 1 : 0;
    at += n + (at[n] == '\n' ? 1 : 0);
  }
  self->lit = self->lit > self->n ? 0 : self->lit;
  scroll_to(self, self->first_row);
}

void fiq_moments_box_refresh(FiqMomentsBox* self)
{
  const FiqUiModel* const model  = self->controls->model;
  const int32_t           recall = fiq_ui_model_row(model, "recall");
  if (strcmp(self->shown, model->moments) != 0) {
    snprintf(self->shown, sizeof(self->shown), "%s", model->moments);
    read_names(self);
    fiq_widget_dirty(&self->base);
  }
  fiq_widget_disable(&self->base, recall != FIQ_UI_NO_ROW && model->value[recall] <= 0.0f
                                      ? "Names are bound; nothing is recalled now: Recall is 0."
                                      : NULL);
}
