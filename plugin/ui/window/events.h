// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What a window hears, in words of our own: no X type leaves the window's folder.
   Positions are in pixels of the window's surface; a page turns them into its own units.
*/
#ifndef FIQ_UI_EVENTS_H
#define FIQ_UI_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
  FIQ_UI_PRESS,    ///< a button of the pointer
  FIQ_UI_RELEASE,  ///< of the button; comes wherever the pointer is by then
  FIQ_UI_MOVE,     ///< of the pointer, buttons held or not
  FIQ_UI_LEAVE,    ///< the pointer left the window
  FIQ_UI_SCROLL,   ///< the wheel
  FIQ_UI_KEY_DOWN, ///< a key, repeated while it is held
  FIQ_UI_KEY_UP,
  FIQ_UI_FOCUS, ///< keys come here from now on
  FIQ_UI_BLUR,  ///< and no more
  FIQ_UI_PASTE  ///< the clipboard that was asked for
} FiqUiEventKind;

/// Bits of FiqUiEvent.modifiers.
enum { FIQ_UI_SHIFT = 1, FIQ_UI_CTRL = 2, FIQ_UI_ALT = 4, FIQ_UI_SUPER = 8 };

typedef enum {
  FIQ_UI_KEY_TEXT, ///< what it types is in FiqUiEvent.text
  FIQ_UI_KEY_LEFT,
  FIQ_UI_KEY_RIGHT,
  FIQ_UI_KEY_UP_ARROW,
  FIQ_UI_KEY_DOWN_ARROW,
  FIQ_UI_KEY_PAGE_UP,
  FIQ_UI_KEY_PAGE_DOWN,
  FIQ_UI_KEY_HOME,
  FIQ_UI_KEY_END,
  FIQ_UI_KEY_TAB, ///< with FIQ_UI_SHIFT backwards
  FIQ_UI_KEY_ENTER,
  FIQ_UI_KEY_ESCAPE,
  FIQ_UI_KEY_BACKSPACE,
  FIQ_UI_KEY_DELETE,
  FIQ_UI_KEY_MENU,
  FIQ_UI_KEY_F1,
  FIQ_UI_KEY_OTHER ///< nothing that a page knows
} FiqUiKey;

enum { FIQ_UI_TEXT_BYTES = 16 };

typedef struct {
  FiqUiEventKind kind;
  double         x, y;      ///< px; of the pointer
  double         dx, dy;    ///< steps of the wheel, dy > 0 away from the user
  uint32_t       button;    ///< 1 left, 2 middle, 3 right
  uint32_t       n_clicks;  ///< of a press: 2 for the second of a double click
  uint32_t       modifiers; ///< FIQ_UI_SHIFT and so on
  FiqUiKey       key;
  uint32_t       keycode;  ///< of the key's place on the keyboard (evdev + 8), whatever it types
  bool           repeated; ///< of a key that is held
  char           text
      [FIQ_UI_TEXT_BYTES]; ///< UTF-8 that the key types, "" for none; with Ctrl the plain letter
  const char* paste;       ///< UTF-8, of FIQ_UI_PASTE; valid during the call
  double      time_s;      ///< wall clock
} FiqUiEvent;

typedef enum {
  FIQ_UI_CURSOR_ARROW,
  FIQ_UI_CURSOR_HAND,
  FIQ_UI_CURSOR_TEXT,
  FIQ_UI_CURSOR_MOVE_Y, ///< over a knob
  FIQ_UI_CURSOR_CROSS,  ///< over a plot
  FIQ_UI_N_CURSORS
} FiqUiCursor;

/// A region of the surface, px.
typedef struct {
  int32_t x, y, width, height;
} FiqUiRegion;

#endif
