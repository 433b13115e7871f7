// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/note_rows.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double roomy = 38.0, tight = 22.0;

static void draw_row(const FiqPaint* paint, FiqRect rect, const FiqNoteRow* row, FiqColor color,
                     bool is_tight)
{
  const FiqTheme* const theme = paint->theme;
  const double          y     = rect.y + 9.0;
  const FiqTextStyle    name  = {is_tight ? 11.0 : 13.0, FIQ_TEXT_BOLD, FIQ_ALIGN_LEFT, theme->ink};
  const FiqTextStyle    share = {11.0, FIQ_TEXT_REGULAR, FIQ_ALIGN_RIGHT, theme->soft};
  char                  text[24];
  fiq_paint_box(paint, (FiqRect){rect.x, y - 4.5, 9.0, 9.0}, 2.0, color,
                fiq_color_faded(color, 0.0));
  fiq_paint_text_within(paint, rect.x + 15.0, y, 46.0, row->name, &name);
  snprintf(text, sizeof(text), "%.0f %%", 100.0 * (double)row->share);
  fiq_paint_text(paint, rect.x + 0.64 * rect.width, y, text, &share);
  snprintf(text, sizeof(text), "R %.2f", (double)row->order);
  fiq_paint_text(paint, rect.x + rect.width, y, text, &share);
  fiq_paint_bar(paint,
                (FiqRect){rect.x, y + (is_tight ? 7.0 : 11.0), rect.width, is_tight ? 2.0 : 4.0},
                (double)row->order, color);
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqNoteRows* const self     = (const FiqNoteRows*)widget;
  const FiqRect            rect     = widget->rect;
  const bool               is_tight = self->n * roomy > rect.height;
  const double             height   = is_tight ? tight : roomy;
  const uint32_t           n_room   = (uint32_t)(rect.height / height);
  const uint32_t           n        = self->n > n_room ? n_room - 1 : self->n;
  for (uint32_t i = 0; i < n; ++i) {
    draw_row(paint, (FiqRect){rect.x, rect.y + i * height, rect.width, height}, &self->row[i],
             paint->theme->note[i % FIQ_UI_NOTE_COLORS], is_tight);
  }
  const FiqTextStyle style = {11.0, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, paint->theme->soft};
  char               text[32];
  if (self->n == 0) {
    fiq_paint_text(paint, rect.x, rect.y + 10.0, "No note sounds", &style);
  } else if (n < self->n) {
    snprintf(text, sizeof(text), "and %u more", self->n - n);
    fiq_paint_text(paint, rect.x, rect.y + n * height + 9.0, text, &style);
  }
}

static const FiqWidgetClass note_rows_class = {.draw = draw};

FiqNoteRows* fiq_note_rows_new(FiqStage* stage)
{
  FiqNoteRows* const self = fiq_stage_add(stage, sizeof(*self), &note_rows_class);
  if (self) {
    self->base.name = "Notes";
    self->base.tip  = "Each note that sounds: its share of the oscillators and their order R, from "
                      "0 scattered to 1 locked.";
  }
  return self;
}

/// Only what can be read counts as a change.
static bool reads_alike(const FiqNoteRow* a, const FiqNoteRow* b)
{
  return strcmp(a->name, b->name) == 0 && fabsf(a->share - b->share) < 0.005f &&
         fabsf(a->order - b->order) < 0.004f;
}

void fiq_note_rows_show(FiqNoteRows* self, uint32_t n, const FiqNoteRow* row)
{
  assert(n <= FIQ_NOTE_ROWS_MAX);
  bool changed = n != self->n;
  for (uint32_t i = 0; i < n && !changed; ++i) {
    changed = !reads_alike(&self->row[i], &row[i]);
  }
  if (changed) {
    self->n = n;
    memcpy(self->row, row, n * sizeof(*row));
    self->base.is_dirty = true;
  }
}
