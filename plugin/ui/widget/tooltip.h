// SPDX-License-Identifier: GPL-3.0-or-later
/// The words beside what the pointer or the focus rests on: name, why it does nothing now, what it is.  [ui]
#ifndef FIQ_UI_TOOLTIP_H
#define FIQ_UI_TOOLTIP_H

#include "plugin/ui/widget/widget.h"

/// Where the tooltip of `widget` stands within `area`: under it, or above where there is no room.
FiqRect fiq_tooltip_place(const FiqWidget* widget, FiqRect area);

void fiq_tooltip_draw(const FiqWidget* widget, FiqRect rect, const FiqPaint* paint);

#endif
