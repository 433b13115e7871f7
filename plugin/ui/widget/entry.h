// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A line of text being typed. As a popup it stands over a value until Enter or Escape; inside a larger popup that
   one hands it its events.  [ui]
*/
#ifndef FIQ_UI_ENTRY_H
#define FIQ_UI_ENTRY_H

#include "plugin/ui/widget/widget.h"

enum { FIQ_ENTRY_BYTES = 512 };

/// The text, its cursor and what is selected: no widget, so that popups can hold several.
typedef struct {
  char     text[FIQ_ENTRY_BYTES]; ///< UTF-8
  uint32_t cursor;                ///< byte
  uint32_t anchor;                ///< byte, other end of the selection
} FiqLine;

void fiq_line_set(FiqLine* self, const char* text, bool select_all);
/// A key that edits; returns whether it was used. Enter, Escape, Tab and up and down are not.
bool fiq_line_key(FiqLine* self, const FiqUiEvent* event);
void fiq_line_paste(FiqLine* self, const char* text);
/// What is selected, into `text`; false if nothing is.
bool fiq_line_selection(const FiqLine* self, char* text, size_t n_bytes);
/// Draw it in a box; the cursor only if `active`, `hint` while it is empty.
void fiq_line_draw(const FiqLine* self, const FiqPaint* paint, FiqRect rect, const char* hint,
                   bool active);
/// Put the cursor under the pointer.
void fiq_line_click(FiqLine* self, FiqRect rect, double x);

typedef struct {
  FiqWidget base;
  FiqLine   line;
  void*     handle;
  void (*done)(void* handle, const char* text); ///< with Enter; after it closed
  void (*copy)(void* handle, const char* text); ///< to the clipboard
  void (*ask_paste)(void* handle);
} FiqEntry;

/// An entry that is not shown yet.
FiqEntry* fiq_entry_new(FiqStage* stage);

/// Open it over `rect`; with a `first` of one typed character it goes on behind that, else all is selected.
void fiq_entry_open(FiqEntry* self, FiqRect rect, const char* text, bool typed, void* handle,
                    void (*done)(void* handle, const char* text));

#endif
