// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The part of a page that only one plugin has: the pictures between header and tabs. A view puts widgets on the
   page's stage and keeps them up to date from the model; the page does the rest.
   The tour is a view too, laid over the pictures while it is open. All [ui].
*/
#ifndef FIQ_UI_VIEW_H
#define FIQ_UI_VIEW_H

#include "plugin/ui/page/model.h"
#include "plugin/ui/widget/widget.h"

typedef struct FiqUiView FiqUiView;

struct FiqUiView {
  void (*layout)(FiqUiView* self, FiqRect area);          ///< place the widgets
  void (*refresh)(FiqUiView* self, double now_s);         ///< look at the model
  void (*ground)(FiqUiView* self, const FiqPaint* paint); ///< draw what does not move
  void (*show)(FiqUiView* self, bool shown);              ///< all of its widgets
  void (*free)(FiqUiView* self);
};

/// Make the view; NULL if memory is short.
FiqUiView* fiq_ui_swarm_view(FiqStage* stage, FiqUiModel* model);
FiqUiView* fiq_ui_realms_view(FiqStage* stage, FiqUiModel* model);

/// Seven cards; `closed` is called when the user leaves it.
FiqUiView* fiq_ui_tour_view(FiqStage* stage, FiqUiModel* model, void (*closed)(void* handle),
                            void* handle);

#endif
