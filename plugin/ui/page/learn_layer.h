// SPDX-License-Identifier: GPL-3.0-or-later
/**
   MIDI learn: a layer over the tab's controls that shows which controller moves what. A control that is pressed waits for the
   next controller that is moved; the right button or Delete forgets; arrow keys and Enter do the same; Escape stops
   waiting, then closes.  [ui]
*/
#ifndef FIQ_UI_LEARN_LAYER_H
#define FIQ_UI_LEARN_LAYER_H

#include "plugin/ui/page/control.h"

typedef struct {
  FiqWidget      base;
  FiqControls*   controls;
  FiqControllers shown;   ///< controllers as drawn
  int32_t        waiting; ///< row that waits, as drawn, or FIQ_UI_NO_ROW
  int32_t        lit;     ///< row under the pointer or the keys, or FIQ_UI_NO_ROW
  int32_t single;  ///< row that it was opened for: it closes once that has one; or FIQ_UI_NO_ROW
  double  until_s; ///< then it closes by itself; 0: not yet
  bool    blinks;
} FiqLearnLayer;

/// A layer that is not shown yet; it belongs over all controls.
FiqLearnLayer* fiq_learn_layer_new(FiqControls* controls);

/// Show it for all controls (FIQ_UI_NO_ROW), or for one, which waits at once.
void fiq_learn_layer_open(FiqLearnLayer* self, int32_t row);

/// Stop waiting, and hide it.
void fiq_learn_layer_close(FiqLearnLayer* self);

/// Escape: stop waiting if something waits, else close.
void fiq_learn_layer_escape(FiqLearnLayer* self);

/// As the model is now.
void fiq_learn_layer_refresh(FiqLearnLayer* self, double now_s);

#endif
