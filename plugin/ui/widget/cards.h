// SPDX-License-Identifier: GPL-3.0-or-later
/// A few large buttons side by side, one of them lit: a title, and a line below it where there is one.  [ui]
#ifndef FIQ_UI_CARDS_H
#define FIQ_UI_CARDS_H

#include "plugin/ui/widget/widget.h"

enum { FIQ_CARDS_MAX = 6 };

typedef struct {
  FiqWidget   base;
  uint32_t    n;
  const char* title[FIQ_CARDS_MAX];
  const char* line[FIQ_CARDS_MAX]; ///< NULL for none
  uint32_t    current;
  int32_t     over;     ///< under the pointer, -1 for none
  bool        is_solid; ///< the lit one is filled, not framed
  void*       handle;
  void (*chosen)(void* handle, uint32_t card);
} FiqCards;

/// `title` [n] and `line` [n] must outlive it; line may be NULL.
FiqCards* fiq_cards_new(FiqStage* stage, uint32_t n, const char* const* title,
                        const char* const* line, void* handle,
                        void (*chosen)(void* handle, uint32_t card));
void      fiq_cards_show(FiqCards* self, uint32_t current);

#endif
