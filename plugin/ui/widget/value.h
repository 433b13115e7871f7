// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A widget that holds one value: what knobs, choices and switches have in common. Drag (Shift for a tenth of the
   speed), wheel, arrow keys (Shift fine, page keys coarse, Home and End to the ends), Delete and double click to
   reset, Enter or a digit to type. What its value means, and how it reads, is its owner's.  [ui]
*/
#ifndef FIQ_UI_VALUE_H
#define FIQ_UI_VALUE_H

#include "plugin/ui/widget/widget.h"

/// How a value may move.
typedef struct {
  double minimum, fallback, maximum;
  bool   is_log;   ///< moves by ratios; minimum > 0
  bool   is_whole; ///< whole numbers only
} FiqRange;

enum { FIQ_VALUE_TEXT_BYTES = 64 };

/// Whom a widget with a value tells. `id` is the owner's name for it.
typedef struct {
  void*    handle;
  uint32_t id;
  void (*changed)(void* handle, uint32_t id, double value);
  void (*touched)(void* handle, uint32_t id, bool held); ///< may be NULL
  /// Write the value as text, unit included.
  void (*format)(void* handle, uint32_t id, double value, char* text, size_t n_bytes);
  /// Let the user type a value in `rect`, beginning with `first`, or with the present text if that is "".
  void (*type_in)(void* handle, uint32_t id, FiqRect rect, const char* first);
  /// Let the user choose from a list under `rect`; may be NULL for what has none.
  void (*list)(void* handle, uint32_t id, FiqRect rect);
  void (*menu)(void* handle, uint32_t id, double x,
               double y); ///< right button or menu key; may be NULL
} FiqValueOwner;

typedef struct {
  FiqWidget     base;
  FiqRange      range;
  FiqValueOwner owner;
  FiqRect text_rect; ///< where the value is written and typed, set by the widget that draws it
  double  value;
  double  second;   ///< as modulated; NAN for none
  double  per_drag; ///< units of the pointer for the whole range
  double  drag_place;
  double  drag_y;
  bool    is_dragged;
  bool    has_moved;
  bool    is_locked; ///< shows a mark
} FiqValue;

/// Where `value` lies within the range, 0..1, and back.
double fiq_range_place(const FiqRange* range, double value);
double fiq_range_value(const FiqRange* range, double place);

/// Begin at the fallback.
void fiq_value_init(FiqValue* self, FiqRange range, FiqValueOwner owner);

/// Show a value and its modulated twin, as the owner has them.
void fiq_value_show(FiqValue* self, double value, double second);
void fiq_value_lock(FiqValue* self, bool locked);

/// As set by the user: into the range, and the owner hears of it.
void fiq_value_set(FiqValue* self, double value);

/// What all of them do with an event.
bool fiq_value_event(FiqValue* self, const FiqUiEvent* event);

/// Move by so many steps: 1 is an arrow key.
void fiq_value_step(FiqValue* self, double n_steps, bool fine);

#endif
