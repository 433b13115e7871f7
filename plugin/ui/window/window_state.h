// SPDX-License-Identifier: GPL-3.0-or-later
/// What the files of the window share.
#ifndef FIQ_UI_WINDOW_STATE_H
#define FIQ_UI_WINDOW_STATE_H

#include "plugin/ui/window/window.h"

#include <xcb/shm.h>
#include <xcb/xcb.h>
#include <xcb/xcb_cursor.h>
#include <xkbcommon/xkbcommon.h>

enum { FIQ_UI_KEYCODES = 256 };

/// The picture and its way to the server.
typedef struct {
  cairo_surface_t* surface; ///< over `pixels`
  uint8_t*         pixels;
  uint32_t         width, height; ///< px
  uint32_t         stride_bytes;
  xcb_shm_seg_t    segment;    ///< 0 if frames are sent
  uint8_t*         rows;       ///< of a region, to be sent
  size_t           rows_bytes; ///< that fit there
  uint8_t          shm_event;  ///< number of the completion event
  bool             may_share;  ///< the server can, and it was not refused
  bool             is_read;    ///< false while the server reads the last frame
} FiqUiPicture;

typedef struct {
  struct xkb_context* context;
  struct xkb_keymap*  map;
  struct xkb_state*   state;
  bool is_forwarded[FIQ_UI_KEYCODES]; ///< the press went to the parent, so shall the release
} FiqUiKeys;

typedef struct {
  xcb_atom_t clipboard, targets, utf8, transfer;
  char*      text; ///< offered; NULL if nothing
} FiqUiClipboard;

struct FiqUiWindow {
  xcb_connection_t*     connection;
  xcb_screen_t*         screen;
  xcb_window_t          window;
  xcb_window_t          parent; ///< 0: a frame of its own
  xcb_gcontext_t        context;
  xcb_colormap_t        colormap;
  xcb_atom_t            close_atom; ///< WM_DELETE_WINDOW
  FiqUiWindowOwner      owner;
  FiqUiPicture          picture;
  FiqUiKeys             keys;
  FiqUiClipboard        clipboard;
  xcb_cursor_context_t* cursors;
  xcb_cursor_t          cursor[FIQ_UI_N_CURSORS];
  FiqUiCursor           cursor_shown;
  xcb_generic_event_t*  ahead; ///< read, not yet dealt with
  double                scale;
  bool                  is_gone;
  // What a double click is made of.
  xcb_timestamp_t pressed_ms;
  int16_t         pressed_x, pressed_y;
  uint8_t         pressed_button;
  uint32_t        n_clicks;
  xcb_timestamp_t event_ms; ///< of the last event that had one
  // Whether it can be seen.
  bool                               is_viewable;
  bool                               is_covered;
  bool                               is_asked;
  xcb_get_window_attributes_cookie_t question;
  double                             asked_s;
};

/// Wall clock, s.
double fiq_ui_clock_s(void);

/// The keyboard's layout; false if there is none.
bool fiq_ui_keys_init(FiqUiWindow* self);
void fiq_ui_keys_clear(FiqUiWindow* self);
/// Modifiers of a core event's state.
uint32_t fiq_ui_keys_modifiers(const FiqUiWindow* self, uint16_t state);
/// A key event; `repeated` of a press while the key is held.
void fiq_ui_keys_event(FiqUiWindow* self, const xcb_key_press_event_t* event, bool repeated);

void fiq_ui_clipboard_init(FiqUiWindow* self);
void fiq_ui_clipboard_clear(FiqUiWindow* self);
/// Deals with selection events; false if it is none.
bool fiq_ui_clipboard_event(FiqUiWindow* self, const xcb_generic_event_t* event);

/// A surface of that size; false if memory is short.
bool fiq_ui_picture_init(FiqUiWindow* self, uint32_t width, uint32_t height);
void fiq_ui_picture_clear(FiqUiWindow* self);
void fiq_ui_picture_show(FiqUiWindow* self, FiqUiRegion region, bool is_last);

/// The atom of that name, 0 if the server does not answer.
xcb_atom_t fiq_ui_atom(FiqUiWindow* self, const char* name);

#endif
