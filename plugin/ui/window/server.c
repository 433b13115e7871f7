// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/window/window_state.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

double fiq_ui_clock_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

xcb_atom_t fiq_ui_atom(FiqUiWindow* self, const char* name)
{
  xcb_intern_atom_reply_t* const reply = xcb_intern_atom_reply(
      self->connection, xcb_intern_atom(self->connection, 0, (uint16_t)strlen(name), name), NULL);
  const xcb_atom_t atom = reply ? reply->atom : XCB_NONE;
  free(reply);
  return atom;
}
