// SPDX-License-Identifier: GPL-3.0-or-later
/// A button with words or a sign on it; one of several may be lit.  [ui]
#ifndef FIQ_UI_BUTTON_H
#define FIQ_UI_BUTTON_H

#include "plugin/ui/widget/widget.h"

typedef enum {
  FIQ_SIGN_NONE, ///< its words
  FIQ_SIGN_PREVIOUS,
  FIQ_SIGN_NEXT,
  FIQ_SIGN_DIE,
  FIQ_SIGN_POWER,
  FIQ_SIGN_HEART,
  FIQ_SIGN_BIN,
  FIQ_SIGN_CONTRAST
} FiqSign;

enum { FIQ_BUTTON_TEXT_BYTES = 96 };

typedef struct {
  FiqWidget base;
  char      text[FIQ_BUTTON_TEXT_BYTES];
  char      note[FIQ_BUTTON_TEXT_BYTES]; ///< small, at the right
  FiqSign   sign;                        ///< before the words, or instead of them
  bool      is_lit;
  bool      is_bare; ///< no box around it
  bool      is_left; ///< words begin at the left
  bool      is_down;
  FiqHue    hue; ///< while lit
  void*     handle;
  uint32_t  id;
  void (*pressed)(void* handle, uint32_t id);
  void (*menu)(void* handle, uint32_t id, double x, double y); ///< right button; may be NULL
} FiqButton;

FiqButton* fiq_button_new(FiqStage* stage, const char* text, FiqSign sign, void* handle,
                          uint32_t id, void (*pressed)(void* handle, uint32_t id));

void fiq_button_set_text(FiqButton* self, const char* text, const char* note);
void fiq_button_light(FiqButton* self, bool lit);

/// A sign with its middle at x, y, about `size` units high.
void fiq_paint_sign(const FiqPaint* paint, FiqSign sign, double x, double y, double size,
                    FiqColor color);

#endif
