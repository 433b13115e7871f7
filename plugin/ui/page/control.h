// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The widgets of parameters: a knob, choice or switch for a row of fiq_params, kept equal to the model, with the
   row's words as its tooltip. One hand-held bundle (entry, menu) serves all of a page.  [ui]
*/
#ifndef FIQ_UI_CONTROL_H
#define FIQ_UI_CONTROL_H

#include "plugin/ui/page/model.h"
#include "plugin/ui/widget/choice.h"
#include "plugin/ui/widget/entry.h"
#include "plugin/ui/widget/knob.h"
#include "plugin/ui/widget/menu.h"

enum { FIQ_CONTROL_LABEL_BYTES = 32, FIQ_CONTROL_ITEMS_MAX = 5 };

/// What all controls of a page share.
typedef struct {
  FiqStage*   stage;
  FiqUiModel* model;
  FiqEntry*   entry;
  FiqMenu*    menu;
  uint32_t    row;                          ///< that the entry or menu is open for
  const char* item[FIQ_CONTROL_ITEMS_MAX];  ///< of the right button's menu
  uint32_t    meant[FIQ_CONTROL_ITEMS_MAX]; ///< what each of them does
  void*       handle;
  void (*learn)(void* handle, uint32_t row); ///< let a MIDI controller be learned; may be NULL
  FiqRect   typed;                           ///< where its value is typed
  FiqValue* control[FIQ_UI_ROWS_MAX];        ///< by row, NULL for those that have none
  double    width[FIQ_UI_ROWS_MAX];          ///< units that it wants
  char      label[FIQ_UI_ROWS_MAX][FIQ_CONTROL_LABEL_BYTES]; ///< written above it
} FiqControls;

/// No controls yet; false if memory is short.
bool fiq_controls_init(FiqControls* self, FiqStage* stage, FiqUiModel* model);

/// Make the control of a row; false if memory is short. `prefix`, if its name begins with it, is not written.
bool fiq_controls_add(FiqControls* self, uint32_t row, FiqHue hue, const char* prefix);

/// All of them as the model is now: values, modulated values, what is dimmed and why, locks.
void fiq_controls_refresh(FiqControls* self);

/// How a model's value of any row moves.
FiqRange fiq_control_range(const FiqParam* param);

/// Why a control does nothing in the present mode, or NULL.
const char* fiq_control_why(const FiqUiModel* model, uint32_t row);

#endif
