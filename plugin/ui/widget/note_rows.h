// SPDX-License-Identifier: GPL-3.0-or-later
/// A row for each note that sounds: name, share, R, and R as a bar. What does not fit is counted below.  [ui]
#ifndef FIQ_UI_NOTE_ROWS_H
#define FIQ_UI_NOTE_ROWS_H

#include "plugin/ui/widget/widget.h"

enum { FIQ_NOTE_ROWS_MAX = 64, FIQ_NOTE_NAME_BYTES = 12 };

typedef struct {
  char  name[FIQ_NOTE_NAME_BYTES];
  float share; ///< 0..1
  float order; ///< R, 0..1
} FiqNoteRow;

typedef struct {
  FiqWidget  base;
  uint32_t   n;
  FiqNoteRow row[FIQ_NOTE_ROWS_MAX];
} FiqNoteRows;

FiqNoteRows* fiq_note_rows_new(FiqStage* stage);
void         fiq_note_rows_show(FiqNoteRows* self, uint32_t n, const FiqNoteRow* row);

#endif
