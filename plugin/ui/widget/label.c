// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/label.h"

#include <stdio.h>
#include <string.h>

static FiqColor color_of(const FiqTheme* theme, FiqInk ink)
{
  switch (ink) {
  case FIQ_INK_SOFT:
    return theme->soft;
  case FIQ_INK_FAINT:
    return theme->faint;
  case FIQ_INK_ACCENT:
    return theme->accent;
  case FIQ_INK_GREEN:
    return theme->green;
  case FIQ_INK_ORANGE:
    return theme->orange;
  default:
    return theme->ink;
  }
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqLabel* const self = (const FiqLabel*)widget;
  const FiqRect         rect = widget->rect;
  const double          at =
      self->align == FIQ_ALIGN_LEFT ? 0.0 : (self->align == FIQ_ALIGN_CENTER ? 0.5 : 1.0);
  const FiqTextStyle style = {self->size, self->weight, self->align,
                              color_of(paint->theme, self->ink)};
  fiq_paint_text_within(paint, rect.x + at * rect.width, rect.y + 0.5 * rect.height, rect.width,
                        self->text, &style);
}

static const FiqWidgetClass label_class = {.draw = draw};

FiqLabel* fiq_label_new(FiqStage* stage, double size, FiqTextWeight weight, FiqTextAlign align,
                        FiqInk ink)
{
  FiqLabel* const self = fiq_stage_add(stage, sizeof(*self), &label_class);
  if (self) {
    self->size   = size;
    self->weight = weight;
    self->align  = align;
    self->ink    = ink;
  }
  return self;
}

void fiq_label_show(FiqLabel* self, const char* text)
{
  if (strncmp(self->text, text, sizeof(self->text) - 1) != 0) {
    snprintf(self->text, sizeof(self->text), "%s", text);
    self->base.is_dirty = true;
  }
}
