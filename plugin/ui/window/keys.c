// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/window/window_state.h"

#include <stdlib.h>
#include <string.h>
#include <xkbcommon/xkbcommon-x11.h>

static const struct {
  xkb_keysym_t symbol;
  FiqUiKey     key;
} named_keys[] = {
    {XKB_KEY_Left, FIQ_UI_KEY_LEFT},       {XKB_KEY_Right, FIQ_UI_KEY_RIGHT},
    {XKB_KEY_Up, FIQ_UI_KEY_UP_ARROW},     {XKB_KEY_Down, FIQ_UI_KEY_DOWN_ARROW},
    {XKB_KEY_Page_Up, FIQ_UI_KEY_PAGE_UP}, {XKB_KEY_Page_Down, FIQ_UI_KEY_PAGE_DOWN},
    {XKB_KEY_Home, FIQ_UI_KEY_HOME},       {XKB_KEY_End, FIQ_UI_KEY_END},
    {XKB_KEY_KP_Left, FIQ_UI_KEY_LEFT},    {XKB_KEY_KP_Right, FIQ_UI_KEY_RIGHT},
    {XKB_KEY_KP_Up, FIQ_UI_KEY_UP_ARROW},  {XKB_KEY_KP_Down, FIQ_UI_KEY_DOWN_ARROW},
    {XKB_KEY_Tab, FIQ_UI_KEY_TAB},         {XKB_KEY_ISO_Left_Tab, FIQ_UI_KEY_TAB},
    {XKB_KEY_Return, FIQ_UI_KEY_ENTER},    {XKB_KEY_KP_Enter, FIQ_UI_KEY_ENTER},
    {XKB_KEY_Escape, FIQ_UI_KEY_ESCAPE},   {XKB_KEY_BackSpace, FIQ_UI_KEY_BACKSPACE},
    {XKB_KEY_Delete, FIQ_UI_KEY_DELETE},   {XKB_KEY_KP_Delete, FIQ_UI_KEY_DELETE},
    {XKB_KEY_Menu, FIQ_UI_KEY_MENU},       {XKB_KEY_F1, FIQ_UI_KEY_F1},
};

/// The server's layout, or where it has no such extension the usual one.
static struct xkb_keymap* load_map(FiqUiWindow* self)
{
  const uint16_t     major = XKB_X11_MIN_MAJOR_XKB_VERSION;
  const uint16_t     minor = XKB_X11_MIN_MINOR_XKB_VERSION;
  struct xkb_keymap* map   = NULL;
  FiqUiKeys* const   keys  = &self->keys;
  if (xkb_x11_setup_xkb_extension(self->connection, major, minor,
                                  XKB_X11_SETUP_XKB_EXTENSION_NO_FLAGS, NULL, NULL, NULL, NULL)) {
    const int32_t device = xkb_x11_get_core_keyboard_device_id(self->connection);
    if (device >= 0) {
      map = xkb_x11_keymap_new_from_device(keys->context, self->connection, device,
                                           XKB_KEYMAP_COMPILE_NO_FLAGS);
    }
  }
  return map ? map : xkb_keymap_new_from_names(keys->context, NULL, XKB_KEYMAP_COMPILE_NO_FLAGS);
}

bool fiq_ui_keys_init(FiqUiWindow* self)
{
  FiqUiKeys* const keys = &self->keys;
  if (!keys->context) {
    keys->context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
  }
  if (!keys->context) {
    return false;
  }
  xkb_state_unref(keys->state);
  xkb_keymap_unref(keys->map);
  keys->state = NULL;
  keys->map   = load_map(self);
  keys->state = keys->map ? xkb_state_new(keys->map) : NULL;
  return keys->state != NULL;
}

void fiq_ui_keys_clear(FiqUiWindow* self)
{
  xkb_state_unref(self->keys.state);
  xkb_keymap_unref(self->keys.map);
  xkb_context_unref(self->keys.context);
}

uint32_t fiq_ui_keys_modifiers(const FiqUiWindow* self, uint16_t state)
{
  (void)self;
  uint32_t modifiers = 0;
  modifiers |= state & XCB_MOD_MASK_SHIFT ? FIQ_UI_SHIFT : 0u;
  modifiers |= state & XCB_MOD_MASK_CONTROL ? FIQ_UI_CTRL : 0u;
  modifiers |= state & XCB_MOD_MASK_1 ? FIQ_UI_ALT : 0u;
  modifiers |= state & XCB_MOD_MASK_4 ? FIQ_UI_SUPER : 0u;
  return modifiers;
}

static void name_key(FiqUiWindow* self, const xcb_key_press_event_t* event, FiqUiEvent* out)
{
  struct xkb_state* const state = self->keys.state;
  if (!state) {
    out->key = FIQ_UI_KEY_OTHER;
    return;
  }
  // The core event says which modifiers and which layout are in force, so nothing has to be tracked.
  xkb_state_update_mask(state, event->state & 0xffu, 0, 0, 0, 0, (event->state >> 13) & 3u);
  const xkb_keysym_t symbol = xkb_state_key_get_one_sym(state, event->detail);
  out->key                  = FIQ_UI_KEY_OTHER;
  for (size_t i = 0; i < sizeof(named_keys) / sizeof(named_keys[0]); ++i) {
    if (named_keys[i].symbol == symbol) {
      out->key = named_keys[i].key;
      return;
    }
  }
  const int n = xkb_keysym_to_utf8(symbol, out->text, sizeof(out->text));
  if (n > 1 && (unsigned char)out->text[0] >= 0x20 && out->text[0] != 0x7f) {
    out->key = FIQ_UI_KEY_TEXT;
  } else {
    out->text[0] = '\0';
  }
}

/// What nobody here wants is the host's, as if it had been typed there.
static void forward(FiqUiWindow* self, const xcb_key_press_event_t* event)
{
  if (!self->parent) {
    return;
  }
  xcb_key_press_event_t copy = *event;
  copy.event                 = self->parent;
  copy.child                 = XCB_NONE;
  xcb_send_event(self->connection, 0, self->parent, XCB_EVENT_MASK_NO_EVENT, (const char*)&copy);
}

void fiq_ui_keys_event(FiqUiWindow* self, const xcb_key_press_event_t* event, bool repeated)
{
  const bool is_synthetic = event->response_type & 0x80;
  const bool is_press     = (event->response_type & 0x7f) == XCB_KEY_PRESS;
  FiqUiEvent out          = {.kind      = is_press ? FIQ_UI_KEY_DOWN : FIQ_UI_KEY_UP,
                             .x         = event->event_x,
                             .y         = event->event_y,
                             .modifiers = fiq_ui_keys_modifiers(self, event->state),
                             .keycode   = event->detail,
                             .repeated  = repeated,
                             .time_s    = fiq_ui_clock_s()};
  name_key(self, event, &out);
  const bool  used      = self->owner.event(self->owner.handle, &out);
  bool* const forwarded = &self->keys.is_forwarded[event->detail];
  // A release follows its press wherever that went. What another program made up is not passed on: two windows
  // that hand it to each other would never end.
  const bool is_theirs = is_press ? !used : *forwarded;
  if (is_theirs && !is_synthetic) {
    forward(self, event);
  }
  *forwarded = is_press && is_theirs && !is_synthetic;
}
