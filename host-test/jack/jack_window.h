// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The plugin's own X11 window beside the console: what is set in one is seen in the other. It is idled by the thread that
   serves the console; what it says reaches the plugin with the next block.
*/
#ifndef FIQ_JACK_WINDOW_H
#define FIQ_JACK_WINDOW_H

#include "host-test/jack/jack_client.h"

#include <lv2/ui/ui.h>

typedef struct {
  FiqJack*                    jack;
  FiqHost*                    host;
  void*                       library;
  const LV2UI_Descriptor*     ui; ///< NULL while there is no window
  LV2UI_Handle                handle;
  const LV2UI_Idle_Interface* idle;
  float*                      told;   ///< [n_ports] values that the window knows
  uint32_t                    notify; ///< port whose objects it hears, or FIQ_NO_PORT
  union {
    LV2_Atom atom;
    uint8_t  bytes[FIQ_HOST_ATOM_BYTES];
  } heard; ///< the object being handed on
} FiqJackWindow;

/// Open it in a frame of its own; says what is wrong.  [any but audio]
bool fiq_jack_window_open(FiqJackWindow* self, FiqJack* jack, FiqHost* host);

/// Hand on what is new both ways, some sixty times a second; false once it was closed.  [any but audio]
bool fiq_jack_window_idle(FiqJackWindow* self);

/// Close it, if it is open.  [any but audio]
void fiq_jack_window_close(FiqJackWindow* self);

#endif
