// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/words_box.h"

#include <stdio.h>
#include <string.h>

static const double margin = 12.0, line_height = 17.0;

typedef struct {
  const FiqPaint* paint;
  FiqRect         rect;
  FiqTextStyle    style;
} Lines;

static void draw_line(void* handle, uint32_t index, const char* line)
{
  const Lines* const self = handle;
  const double       y    = self->rect.y + margin + line_height * (index + 0.5);
  // What has no room is left out; all of it is in the entry.
  if (y + 0.5 * line_height <= self->rect.y + self->rect.height - 4.0) {
    fiq_paint_text(self->paint, self->rect.x + margin, y, line, &self->style);
  }
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqWordsBox* const self   = (const FiqWordsBox*)widget;
  const FiqTheme* const    theme  = paint->theme;
  const FiqRect            rect   = widget->rect;
  const char* const        words  = self->controls->model->words;
  const bool               is_set = words[0] != '\0';
  Lines                    lines  = {
                          paint, rect, {12.0, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, is_set ? theme->ink : theme->soft}};
  fiq_paint_box(paint, rect, 6.0, fiq_color_mixed(theme->panel, theme->ground, 0.6), theme->edge);
  fiq_text_break(
      is_set ? words : "No words. Press here and type what the notes shall sing, a syllable each.",
      lines.style.size, lines.style.weight, rect.width - 2.0 * margin, draw_line, &lines);
  fiq_widget_draw_focus(widget, paint);
}

static void set(FiqControls* controls, const char* words)
{
  controls->model->calls.set_words(controls->model->calls.handle, words);
}

static void typed(void* handle, const char* words)
{
  set(handle, words);
}

static void open_entry(FiqWordsBox* self)
{
  const FiqRect     rect  = self->base.rect;
  const char* const words = self->controls->model->words;
  // A longer text than the entry holds would be cut by editing it here: it is replaced, or left as it is.
  fiq_entry_open(self->controls->entry, (FiqRect){rect.x, rect.y + rect.height - 28.0, 420.0, 24.0},
                 strlen(words) < FIQ_ENTRY_BYTES ? words : "", false, self->controls, typed);
}

static bool event(FiqWidget* widget, const FiqUiEvent* event_)
{
  FiqWordsBox* const self = (FiqWordsBox*)widget;
  if (event_->kind == FIQ_UI_PRESS && event_->button == 1) {
    open_entry(self);
    return true;
  }
  if (event_->kind == FIQ_UI_KEY_DOWN && event_->key == FIQ_UI_KEY_ENTER) {
    open_entry(self);
    return true;
  }
  if (event_->kind == FIQ_UI_KEY_DOWN && event_->key == FIQ_UI_KEY_DELETE) {
    set(self->controls, "");
    return true;
  }
  return false;
}

static const FiqWidgetClass words_class = {.draw = draw, .event = event};

FiqWordsBox* fiq_words_box_new(FiqControls* controls)
{
  FiqWordsBox* const self = fiq_stage_add(controls->stage, sizeof(*self), &words_class);
  if (self) {
    self->controls         = controls;
    self->base.takes_focus = true;
    self->base.cursor      = FIQ_UI_CURSOR_TEXT;
    self->base.name        = "Words";
    self->base.tip =
        "What the notes sing, a syllable each, chords one together. Press, or Enter, and type or "
        "paste; a "
        "hyphen alone holds on, phonemes stand in brackets. Delete takes the words away.";
  }
  return self;
}

void fiq_words_box_refresh(FiqWordsBox* self)
{
  if (strcmp(self->shown, self->controls->model->words) != 0) {
    snprintf(self->shown, sizeof(self->shown), "%s", self->controls->model->words);
    fiq_widget_dirty(&self->base);
  }
}
