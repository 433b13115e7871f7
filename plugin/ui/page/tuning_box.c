// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/tuning_box.h"

#include <stdio.h>
#include <string.h>

static const double margin = 12.0, button_height = 26.0;

static FiqRect button_rect(const FiqTuningBox* self, int32_t button)
{
  const FiqRect rect  = self->base.rect;
  const double  width = 0.5 * (rect.width - 2.0 * margin - 8.0);
  return (FiqRect){rect.x + margin + button * (width + 8.0),
                   rect.y + rect.height - margin - button_height, width, button_height};
}

static int32_t button_at(const FiqTuningBox* self, double x, double y)
{
  return fiq_rect_has(button_rect(self, 0), x, y)
             ? 0
             : (fiq_rect_has(button_rect(self, 1), x, y) ? 1 : -1);
}

static void draw_button(const FiqTuningBox* self, const FiqPaint* paint, int32_t button,
                        const char* text, bool lit)
{
  const FiqTheme* const theme = paint->theme;
  const FiqRect         rect  = button_rect(self, button);
  const FiqColor        plain =
      fiq_color_mixed(theme->raised, theme->soft, self->over == button ? 0.15 : 0.0);
  const FiqTextStyle style = {12.0, FIQ_TEXT_MEDIUM, FIQ_ALIGN_CENTER,
                              lit ? theme->on_accent : theme->ink};
  fiq_paint_box(paint, rect, 6.0, lit ? theme->accent : plain, theme->edge);
  fiq_paint_text(paint, rect.x + 0.5 * rect.width, rect.y + 0.5 * rect.height, text, &style);
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqTuningBox* const self  = (const FiqTuningBox*)widget;
  const FiqTheme* const     theme = paint->theme;
  const FiqRect             rect  = widget->rect;
  const char* const         path  = self->controls->model->tuning;
  const char* const         slash = strrchr(path, '/');
  const FiqTextStyle        name  = {14.0, FIQ_TEXT_BOLD, FIQ_ALIGN_LEFT, theme->ink};
  const FiqTextStyle        note  = {11.0, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, theme->soft};
  const double              width = rect.width - 2.0 * margin;
  fiq_paint_box(paint, rect, 6.0, fiq_color_mixed(theme->panel, theme->ground, 0.6), theme->edge);
  fiq_paint_text_within(paint, rect.x + margin, rect.y + 24.0, width,
                        path[0] ? (slash ? slash + 1 : path) : "Equal temperament", &name);
  fiq_paint_text_within(paint, rect.x + margin, rect.y + 48.0, width,
                        path[0] ? path : "Twelve even steps, A4 = 440 Hz", &note);
  draw_button(self, paint, 0, "Scala file\u2026", path[0] != '\0');
  draw_button(self, paint, 1, "Equal", path[0] == '\0');
  fiq_widget_draw_focus(widget, paint);
}

static void set(FiqControls* controls, const char* path)
{
  controls->model->calls.set_tuning(controls->model->calls.handle, path);
}

static void typed(void* handle, const char* path)
{
  set(handle, path);
}

static void press(FiqTuningBox* self, int32_t button)
{
  if (button == 0) {
    const FiqRect rect = self->base.rect;
    fiq_entry_open(self->controls->entry, (FiqRect){rect.x, rect.y + 60.0, 420.0, 24.0},
                   self->controls->model->tuning, false, self->controls, typed);
  } else if (button == 1) {
    set(self->controls, "");
  }
}

static bool event(FiqWidget* widget, const FiqUiEvent* event_)
{
  FiqTuningBox* const self = (FiqTuningBox*)widget;
  const int32_t over = event_->kind == FIQ_UI_LEAVE ? -1 : button_at(self, event_->x, event_->y);
  switch (event_->kind) {
  case FIQ_UI_PRESS:
    press(self, over);
    return true;
  case FIQ_UI_MOVE:
  case FIQ_UI_LEAVE:
    if (self->over != over) {
      self->over = over;
      fiq_widget_dirty(widget);
    }
    return true;
  case FIQ_UI_KEY_DOWN:
    if (event_->key == FIQ_UI_KEY_ENTER) {
      press(self, 0);
      return true;
    }
    if (event_->key == FIQ_UI_KEY_DELETE || event_->key == FIQ_UI_KEY_BACKSPACE) {
      press(self, 1);
      return true;
    }
    return false;
  default:
    return false;
  }
}

static const FiqWidgetClass tuning_class = {.draw = draw, .event = event};

FiqTuningBox* fiq_tuning_box_new(FiqControls* controls)
{
  FiqTuningBox* const self = fiq_stage_add(controls->stage, sizeof(*self), &tuning_class);
  if (self) {
    self->controls         = controls;
    self->over             = -1;
    self->base.takes_focus = true;
    self->base.cursor      = FIQ_UI_CURSOR_HAND;
    self->base.name        = "Scale";
    self->base.tip = "The scale that the keys play. Press, or Enter, and type or paste the path of "
                     "a Scala file (.scl); "
                     "Delete goes back to equal temperament.";
  }
  return self;
}

void fiq_tuning_box_refresh(FiqTuningBox* self)
{
  if (strcmp(self->shown, self->controls->model->tuning) != 0) {
    snprintf(self->shown, sizeof(self->shown), "%s", self->controls->model->tuning);
    fiq_widget_dirty(&self->base);
  }
}
