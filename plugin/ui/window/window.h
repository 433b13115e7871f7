// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A window on a private connection to the X server: a surface to draw on, events out. Embedded in the host's
   window, or with a frame of its own. Whatever goes wrong at the server (the parent destroyed, the server gone)
   is a return value and ends this window alone.

   Frames: the surface is shared memory. It must not be drawn on before the server has read the last frame, which is
   why fiq_ui_window_surface() may return NULL. Where memory cannot be shared the frame is sent.
   Keys that the owner does not use go back to the parent, synthetic ones never.
   All functions are [ui] and for one thread a window; two windows know nothing of each other.
*/
#ifndef FIQ_UI_WINDOW_H
#define FIQ_UI_WINDOW_H

#include "plugin/ui/window/events.h"

#include <cairo.h>
#include <stddef.h>

typedef struct FiqUiWindow FiqUiWindow;

/// Who hears the window.
typedef struct {
  void* handle; ///< handed to each call
  /// An event; returns whether it was used. An unused key goes to the parent.
  bool (*event)(void* handle, const FiqUiEvent* event);
  /// The host or the user gave the window another size, px. The surface is new and empty: draw all of it.
  void (*resized)(void* handle, uint32_t width, uint32_t height);
} FiqUiWindowOwner;

/// How the window starts.
typedef struct {
  uintptr_t   parent;        ///< XID of the host's window; 0 for a window with a frame of its own
  const char* title;         ///< of that frame, UTF-8
  uint32_t    width, height; ///< px
  uint32_t    min_width, min_height; ///< px, not larger than width and height
  bool        shared_memory;         ///< false sends every frame, as over a network
} FiqUiWindowOptions;

/// Connect, create, set the size hints, map. NULL without a server, or if it refuses.
FiqUiWindow* fiq_ui_window_new(const FiqUiWindowOptions* options, FiqUiWindowOwner owner);

/// Close the window and the connection.
void fiq_ui_window_free(FiqUiWindow* self);

/// XID, for the host.
uintptr_t fiq_ui_window_xid(const FiqUiWindow* self);

/// Descriptor to wait for events with poll().
int fiq_ui_window_fd(const FiqUiWindow* self);

/// Hand on whatever came, and never wait. Returns false once the window is no more: destroyed with its
/// parent, closed by its frame, or the server gone; then only fiq_ui_window_free() makes sense.
bool fiq_ui_window_poll(FiqUiWindow* self);

/// Whether anything of it can be seen. Minimising sends no event, so this asks the server, twice a second at most.
bool fiq_ui_window_visible(FiqUiWindow* self, double now_s);

/// The surface to draw on, CAIRO_FORMAT_RGB24, owned by the window and valid until the next poll; NULL while the
/// server still reads the last frame: draw a frame later.
cairo_surface_t* fiq_ui_window_surface(FiqUiWindow* self);

/// Show these regions [n_regions] of the surface; n_regions 0 shows all of it.
void fiq_ui_window_present(FiqUiWindow* self, const FiqUiRegion* regions, size_t n_regions);

/// Ask for another size, px. The surface follows at once, the owner's resized() is not called for it.
void fiq_ui_window_resize(FiqUiWindow* self, uint32_t width, uint32_t height, uint32_t min_width,
                          uint32_t min_height);

/// Present size, px.
void fiq_ui_window_size(const FiqUiWindow* self, uint32_t* width, uint32_t* height);

/// What the screen asks to be enlarged by, from Xft.dpi / 96 within 0.75..3; 1 if it does not say.
double fiq_ui_window_screen_scale(const FiqUiWindow* self);

void fiq_ui_window_set_cursor(FiqUiWindow* self, FiqUiCursor cursor);

/// Take the keyboard, as after a click.
void fiq_ui_window_take_focus(FiqUiWindow* self);

/// Offer `text` on the clipboard; copied.
void fiq_ui_window_copy(FiqUiWindow* self, const char* text);

/// Ask for the clipboard; FIQ_UI_PASTE brings it if there is one.
void fiq_ui_window_ask_paste(FiqUiWindow* self);

#endif
