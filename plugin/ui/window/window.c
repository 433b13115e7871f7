// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/window/window_state.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xcb/xcbext.h>

enum { DOUBLE_CLICK_MS = 400, DOUBLE_CLICK_PX = 4 };

static const double visibility_every_s = 0.5;

static const char* const cursor_names[FIQ_UI_N_CURSORS][2] = {{"left_ptr", "default"},
                                                              {"hand2", "pointer"},
                                                              {"xterm", "text"},
                                                              {"sb_v_double_arrow", "ns-resize"},
                                                              {"crosshair", "cross"}};

// ---- creation ----

/// The visual whose pixels are those of CAIRO_FORMAT_RGB24, or 0.
static xcb_visualid_t find_visual(const xcb_screen_t* screen)
{
  xcb_depth_iterator_t depth = xcb_screen_allowed_depths_iterator(screen);
  xcb_visualid_t       found = 0;
  for (; depth.rem; xcb_depth_next(&depth)) {
    xcb_visualtype_iterator_t visual = xcb_depth_visuals_iterator(depth.data);
    for (; depth.data->depth == 24 && visual.rem; xcb_visualtype_next(&visual)) {
      const xcb_visualtype_t* const v = visual.data;
      const bool fits = v->_class == XCB_VISUAL_CLASS_TRUE_COLOR && v->red_mask == 0xff0000 &&
                        v->green_mask == 0xff00 && v->blue_mask == 0xff;
      if (fits && (!found || v->visual_id == screen->root_visual)) {
        found = v->visual_id;
      }
    }
  }
  return found;
}

static void set_hints(FiqUiWindow* self, uint32_t width, uint32_t height, uint32_t min_width,
                      uint32_t min_height)
{
  // ICCCM, WM_SIZE_HINTS: flags PSize, PMinSize, PBaseSize; then 17 numbers.
  const uint32_t flags     = (1u << 3) | (1u << 4) | (1u << 8);
  const uint32_t hints[18] = {flags, 0, 0, width, height, min_width, min_height, 0,      0,
                              0,     0, 0, 0,     0,      0,         width,      height, 0};
  xcb_change_property(self->connection, XCB_PROP_MODE_REPLACE, self->window,
                      XCB_ATOM_WM_NORMAL_HINTS, XCB_ATOM_WM_SIZE_HINTS, 32, 18, hints);
}

static void set_properties(FiqUiWindow* self, const FiqUiWindowOptions* options)
{
  xcb_connection_t* const connection = self->connection;
  const uint32_t          embed[2]   = {0, 1};
  const xcb_atom_t        info       = fiq_ui_atom(self, "_XEMBED_INFO");
  set_hints(self, options->width, options->height, options->min_width, options->min_height);
  xcb_change_property(connection, XCB_PROP_MODE_REPLACE, self->window, info, info, 32, 2, embed);
  if (self->parent) {
    return;
  }
  static const char class_name[] = "fieldiq\0FieldIQ";
  const char* const title        = options->title ? options->title : "FieldIQ";
  const uint32_t    n_bytes      = (uint32_t)strlen(title);
  const xcb_atom_t  protocols    = fiq_ui_atom(self, "WM_PROTOCOLS");
  self->close_atom               = fiq_ui_atom(self, "WM_DELETE_WINDOW");
  xcb_change_property(connection, XCB_PROP_MODE_REPLACE, self->window, protocols, XCB_ATOM_ATOM, 32,
                      1, &self->close_atom);
  xcb_change_property(connection, XCB_PROP_MODE_REPLACE, self->window, XCB_ATOM_WM_NAME,
                      XCB_ATOM_STRING, 8, n_bytes, title);
  xcb_change_property(connection, XCB_PROP_MODE_REPLACE, self->window,
                      fiq_ui_atom(self, "_NET_WM_NAME"), fiq_ui_atom(self, "UTF8_STRING"), 8,
                      n_bytes, title);
  xcb_change_property(connection, XCB_PROP_MODE_REPLACE, self->window, XCB_ATOM_WM_CLASS,
                      XCB_ATOM_STRING, 8, sizeof(class_name), class_name);
}

/// The number behind "Xft.dpi:" among the server's resources.
static double read_scale(FiqUiWindow* self)
{
  xcb_get_property_reply_t* const reply =
      xcb_get_property_reply(self->connection,
                             xcb_get_property(self->connection, 0, self->screen->root,
                                              XCB_ATOM_RESOURCE_MANAGER, XCB_ATOM_STRING, 0, 16384),
                             NULL);
  double scale = 1.0;
  if (reply) {
    char* const text =
        strndup(xcb_get_property_value(reply), (size_t)xcb_get_property_value_length(reply));
    const char* const at = text ? strstr(text, "Xft.dpi:") : NULL;
    if (at) {
      const double dpi = strtod(at + strlen("Xft.dpi:"), NULL);
      scale            = dpi > 0.0 ? fmin(fmax(dpi / 96.0, 0.75), 3.0) : 1.0;
    }
    free(text);
    free(reply);
  }
  return scale;
}

static bool create(FiqUiWindow* self, const FiqUiWindowOptions* options)
{
  xcb_connection_t* const connection = self->connection;
  const xcb_visualid_t    visual     = find_visual(self->screen);
  const xcb_window_t      parent     = self->parent ? self->parent : self->screen->root;
  if (!visual) {
    return false;
  }
  self->window   = xcb_generate_id(connection);
  self->context  = xcb_generate_id(connection);
  self->colormap = xcb_generate_id(connection);
  xcb_create_colormap(connection, XCB_COLORMAP_ALLOC_NONE, self->colormap, self->screen->root,
                      visual);
  const uint32_t mask = XCB_CW_BACK_PIXMAP | XCB_CW_BORDER_PIXEL | XCB_CW_BIT_GRAVITY |
                        XCB_CW_EVENT_MASK | XCB_CW_COLORMAP;
  const uint32_t events = XCB_EVENT_MASK_EXPOSURE | XCB_EVENT_MASK_STRUCTURE_NOTIFY |
                          XCB_EVENT_MASK_KEY_PRESS | XCB_EVENT_MASK_KEY_RELEASE |
                          XCB_EVENT_MASK_BUTTON_PRESS | XCB_EVENT_MASK_BUTTON_RELEASE |
                          XCB_EVENT_MASK_POINTER_MOTION | XCB_EVENT_MASK_LEAVE_WINDOW |
                          XCB_EVENT_MASK_FOCUS_CHANGE | XCB_EVENT_MASK_VISIBILITY_CHANGE;
  const uint32_t             values[] = {XCB_BACK_PIXMAP_NONE, 0, XCB_GRAVITY_NORTH_WEST, events,
                                         self->colormap};
  xcb_generic_error_t* const error    = xcb_request_check(
         connection, xcb_create_window_checked(connection, 24, self->window, parent, 0, 0,
                                               (uint16_t)options->width, (uint16_t)options->height, 0,
                                               XCB_WINDOW_CLASS_INPUT_OUTPUT, visual, mask, values));
  if (error || xcb_connection_has_error(connection)) {
    free(error);
    return false;
  }
  xcb_create_gc(connection, self->context, self->window, 0, NULL);
  set_properties(self, options);
  return true;
}

static bool ask_shared_memory(FiqUiWindow* self)
{
  const xcb_query_extension_reply_t* const extension =
      xcb_get_extension_data(self->connection, &xcb_shm_id);
  if (!extension || !extension->present) {
    return false;
  }
  xcb_shm_query_version_reply_t* const version =
      xcb_shm_query_version_reply(self->connection, xcb_shm_query_version(self->connection), NULL);
  const bool known        = version != NULL;
  self->picture.shm_event = (uint8_t)(extension->first_event + XCB_SHM_COMPLETION);
  free(version);
  return known;
}

static bool start(FiqUiWindow* self, const FiqUiWindowOptions* options)
{
  int screen_number = 0;
  self->connection  = xcb_connect(NULL, &screen_number);
  if (xcb_connection_has_error(self->connection)) {
    return false;
  }
  xcb_screen_iterator_t screen = xcb_setup_roots_iterator(xcb_get_setup(self->connection));
  for (; screen_number > 0 && screen.rem > 1; --screen_number) {
    xcb_screen_next(&screen);
  }
  self->screen = screen.data;
  if (!create(self, options)) {
    return false;
  }
  self->scale             = read_scale(self);
  self->picture.may_share = options->shared_memory && ask_shared_memory(self);
  fiq_ui_clipboard_init(self);
  if (xcb_cursor_context_new(self->connection, self->screen, &self->cursors) < 0) {
    self->cursors = NULL;
  }
  // Without a keyboard layout the pointer still works.
  fiq_ui_keys_init(self);
  if (!fiq_ui_picture_init(self, options->width, options->height)) {
    return false;
  }
  xcb_map_window(self->connection, self->window);
  xcb_flush(self->connection);
  return !xcb_connection_has_error(self->connection);
}

FiqUiWindow* fiq_ui_window_new(const FiqUiWindowOptions* options, FiqUiWindowOwner owner)
{
  assert(options && owner.event && owner.resized);
  assert(options->width > 0 && options->height > 0);
  FiqUiWindow* const self = calloc(1, sizeof(*self));
  if (!self) {
    return NULL;
  }
  self->owner       = owner;
  self->parent      = (xcb_window_t)options->parent;
  self->is_viewable = true;
  if (!start(self, options)) {
    fiq_ui_window_free(self);
    return NULL;
  }
  return self;
}

void fiq_ui_window_free(FiqUiWindow* self)
{
  if (!self) {
    return;
  }
  fiq_ui_keys_clear(self);
  fiq_ui_clipboard_clear(self);
  fiq_ui_picture_clear(self);
  if (self->cursors) {
    xcb_cursor_context_free(self->cursors);
  }
  if (self->window && !self->is_gone) {
    xcb_destroy_window(self->connection, self->window);
    xcb_flush(self->connection);
  }
  free(self->ahead);
  xcb_disconnect(self->connection);
  free(self);
}

// ---- events ----

static bool is_connected(FiqUiWindow* self)
{
  if (xcb_connection_has_error(self->connection)) {
    self->is_gone = true;
  }
  return !self->is_gone;
}

static void pointer(FiqUiWindow* self, FiqUiEventKind kind, int16_t x, int16_t y, uint16_t state,
                    uint32_t button)
{
  const FiqUiEvent event = {.kind      = kind,
                            .x         = x,
                            .y         = y,
                            .button    = button,
                            .n_clicks  = kind == FIQ_UI_PRESS ? self->n_clicks : 0,
                            .modifiers = fiq_ui_keys_modifiers(self, state),
                            .time_s    = fiq_ui_clock_s()};
  self->owner.event(self->owner.handle, &event);
}

static void press(FiqUiWindow* self, const xcb_button_press_event_t* event)
{
  if (event->detail >= 4 && event->detail <= 7) {
    const FiqUiEvent scroll = {.kind = FIQ_UI_SCROLL,
                               .x    = event->event_x,
                               .y    = event->event_y,
                               .dx   = event->detail == 6 ? -1.0 : (event->detail == 7 ? 1.0 : 0.0),
                               .dy   = event->detail == 4 ? 1.0 : (event->detail == 5 ? -1.0 : 0.0),
                               .modifiers = fiq_ui_keys_modifiers(self, event->state),
                               .time_s    = fiq_ui_clock_s()};
    self->owner.event(self->owner.handle, &scroll);
    return;
  }
  const bool again = event->detail == self->pressed_button &&
                     event->time - self->pressed_ms <= DOUBLE_CLICK_MS &&
                     abs(event->event_x - self->pressed_x) <= DOUBLE_CLICK_PX &&
                     abs(event->event_y - self->pressed_y) <= DOUBLE_CLICK_PX;
  self->n_clicks       = again ? self->n_clicks + 1 : 1;
  self->pressed_button = event->detail;
  self->pressed_ms     = event->time;
  self->pressed_x      = event->event_x;
  self->pressed_y      = event->event_y;
  fiq_ui_window_take_focus(self);
  pointer(self, FIQ_UI_PRESS, event->event_x, event->event_y, event->state, event->detail);
}

static void configure(FiqUiWindow* self, const xcb_configure_notify_event_t* event)
{
  const FiqUiPicture* const picture = &self->picture;
  if (event->window != self->window || event->width == 0 || event->height == 0 ||
      (event->width == picture->width && event->height == picture->height)) {
    return;
  }
  fiq_ui_picture_clear(self);
  if (!fiq_ui_picture_init(self, event->width, event->height)) {
    self->is_gone = true;
    return;
  }
  self->owner.resized(self->owner.handle, event->width, event->height);
}

static xcb_generic_event_t* next_event(FiqUiWindow* self)
{
  xcb_generic_event_t* const event =
      self->ahead ? self->ahead : xcb_poll_for_event(self->connection);
  self->ahead = NULL;
  return event;
}

/// A key that is held comes as a release and a press at the same moment: one event for the owner.
static void key(FiqUiWindow* self, const xcb_key_press_event_t* event)
{
  bool repeated = false;
  if ((event->response_type & 0x7f) == XCB_KEY_RELEASE) {
    self->ahead                             = xcb_poll_for_event(self->connection);
    const xcb_key_press_event_t* const next = (const xcb_key_press_event_t*)self->ahead;
    repeated = next && (next->response_type & 0x7f) == XCB_KEY_PRESS &&
               next->detail == event->detail && next->time == event->time;
    if (repeated) {
      const xcb_key_press_event_t again = *next;
      free(self->ahead);
      self->ahead = NULL;
      fiq_ui_keys_event(self, &again, true);
      return;
    }
  }
  fiq_ui_keys_event(self, event, repeated);
}

/// Of a row of movements the last one counts.
static void motion(FiqUiWindow* self, const xcb_motion_notify_event_t* event)
{
  self->ahead = xcb_poll_for_event(self->connection);
  if (!self->ahead || (self->ahead->response_type & 0x7f) != XCB_MOTION_NOTIFY) {
    pointer(self, FIQ_UI_MOVE, event->event_x, event->event_y, event->state, 0);
  }
}

static void error(FiqUiWindow* self, const xcb_generic_error_t* error_)
{
  // A window or drawable that is no more can only be ours, its parent's or a clipboard's requestor.
  if (error_->resource_id == self->window) {
    self->is_gone = true;
  }
  self->picture.is_read = true;
}

static void keyboard_focus(FiqUiWindow* self, FiqUiEventKind kind)
{
  const FiqUiEvent event = {.kind = kind, .time_s = fiq_ui_clock_s()};
  self->owner.event(self->owner.handle, &event);
}

static void take_input(FiqUiWindow* self, const xcb_generic_event_t* event)
{
  const xcb_button_press_event_t* const button = (const xcb_button_press_event_t*)event;
  switch (event->response_type & 0x7f) {
  case XCB_BUTTON_PRESS:
    self->event_ms = button->time;
    press(self, button);
    break;
  case XCB_BUTTON_RELEASE:
    self->event_ms = button->time;
    if (button->detail < 4 || button->detail > 7) {
      pointer(self, FIQ_UI_RELEASE, button->event_x, button->event_y, button->state,
              button->detail);
    }
    break;
  case XCB_MOTION_NOTIFY:
    motion(self, (const xcb_motion_notify_event_t*)event);
    break;
  case XCB_LEAVE_NOTIFY:
    // While a button is held the pointer is still ours.
    if (((const xcb_leave_notify_event_t*)event)->mode == XCB_NOTIFY_MODE_NORMAL) {
      pointer(self, FIQ_UI_LEAVE, 0, 0, 0, 0);
    }
    break;
  case XCB_KEY_PRESS:
  case XCB_KEY_RELEASE:
    self->event_ms = ((const xcb_key_press_event_t*)event)->time;
    key(self, (const xcb_key_press_event_t*)event);
    break;
  case XCB_FOCUS_IN:
    keyboard_focus(self, FIQ_UI_FOCUS);
    break;
  case XCB_FOCUS_OUT:
    keyboard_focus(self, FIQ_UI_BLUR);
    break;
  default:
    break;
  }
}

static void take_notice(FiqUiWindow* self, const xcb_generic_event_t* event)
{
  const xcb_expose_event_t* const         expose  = (const xcb_expose_event_t*)event;
  const xcb_client_message_event_t* const message = (const xcb_client_message_event_t*)event;
  switch (event->response_type & 0x7f) {
  case XCB_EXPOSE:
    fiq_ui_picture_show(self, (FiqUiRegion){expose->x, expose->y, expose->width, expose->height},
                        false);
    break;
  case XCB_CONFIGURE_NOTIFY:
    configure(self, (const xcb_configure_notify_event_t*)event);
    break;
  case XCB_DESTROY_NOTIFY:
    self->is_gone = ((const xcb_destroy_notify_event_t*)event)->window == self->window;
    break;
  case XCB_VISIBILITY_NOTIFY:
    self->is_covered =
        ((const xcb_visibility_notify_event_t*)event)->state == XCB_VISIBILITY_FULLY_OBSCURED;
    break;
  case XCB_MAPPING_NOTIFY:
    fiq_ui_keys_init(self);
    break;
  case XCB_CLIENT_MESSAGE:
    if (self->close_atom && message->data.data32[0] == self->close_atom) {
      self->is_gone = true;
      xcb_destroy_window(self->connection, self->window);
    }
    break;
  default:
    take_input(self, event);
    break;
  }
}

bool fiq_ui_window_poll(FiqUiWindow* self)
{
  xcb_generic_event_t* event = NULL;
  while (is_connected(self) && (event = next_event(self)) != NULL) {
    if (event->response_type == 0) {
      error(self, (const xcb_generic_error_t*)event);
    } else if ((event->response_type & 0x7f) == self->picture.shm_event) {
      self->picture.is_read = true;
    } else if (!fiq_ui_clipboard_event(self, event)) {
      take_notice(self, event);
    }
    free(event);
  }
  if (is_connected(self)) {
    xcb_flush(self->connection);
  }
  return is_connected(self);
}

bool fiq_ui_window_visible(FiqUiWindow* self, double now_s)
{
  if (!is_connected(self)) {
    return false;
  }
  if (self->is_asked) {
    void*                reply  = NULL;
    xcb_generic_error_t* failed = NULL;
    if (xcb_poll_for_reply(self->connection, self->question.sequence, &reply, &failed)) {
      const xcb_get_window_attributes_reply_t* const attributes = reply;
      self->is_viewable = attributes && attributes->map_state == XCB_MAP_STATE_VIEWABLE;
      self->is_gone     = attributes == NULL;
      self->is_asked    = false;
      free(reply);
      free(failed);
    }
  } else if (now_s - self->asked_s >= visibility_every_s || now_s < self->asked_s) {
    self->question = xcb_get_window_attributes(self->connection, self->window);
    self->asked_s  = now_s;
    self->is_asked = true;
    xcb_flush(self->connection);
  }
  return self->is_viewable && !self->is_covered;
}

// ---- the rest ----

uintptr_t fiq_ui_window_xid(const FiqUiWindow* self)
{
  return self->window;
}

int fiq_ui_window_fd(const FiqUiWindow* self)
{
  return xcb_get_file_descriptor(self->connection);
}

cairo_surface_t* fiq_ui_window_surface(FiqUiWindow* self)
{
  return self->is_gone || !self->picture.is_read ? NULL : self->picture.surface;
}

void fiq_ui_window_present(FiqUiWindow* self, const FiqUiRegion* regions, size_t n_regions)
{
  if (!is_connected(self)) {
    return;
  }
  const FiqUiRegion all = {0, 0, (int32_t)self->picture.width, (int32_t)self->picture.height};
  if (n_regions == 0) {
    fiq_ui_picture_show(self, all, true);
  }
  for (size_t i = 0; i < n_regions; ++i) {
    fiq_ui_picture_show(self, regions[i], i + 1 == n_regions);
  }
  xcb_flush(self->connection);
}

void fiq_ui_window_resize(FiqUiWindow* self, uint32_t width, uint32_t height, uint32_t min_width,
                          uint32_t min_height)
{
  assert(width > 0 && height > 0);
  if (!is_connected(self)) {
    return;
  }
  const uint32_t size[2] = {width, height};
  set_hints(self, width, height, min_width, min_height);
  xcb_configure_window(self->connection, self->window,
                       XCB_CONFIG_WINDOW_WIDTH | XCB_CONFIG_WINDOW_HEIGHT, size);
  fiq_ui_picture_clear(self);
  self->is_gone = !fiq_ui_picture_init(self, width, height);
  xcb_flush(self->connection);
}

void fiq_ui_window_size(const FiqUiWindow* self, uint32_t* width, uint32_t* height)
{
  *width  = self->picture.width;
  *height = self->picture.height;
}

double fiq_ui_window_screen_scale(const FiqUiWindow* self)
{
  return self->scale;
}

void fiq_ui_window_set_cursor(FiqUiWindow* self, FiqUiCursor cursor)
{
  if (!self->cursors || cursor == self->cursor_shown || !is_connected(self)) {
    return;
  }
  for (int i = 0; i < 2 && !self->cursor[cursor]; ++i) {
    self->cursor[cursor] = xcb_cursor_load_cursor(self->cursors, cursor_names[cursor][i]);
  }
  xcb_change_window_attributes(self->connection, self->window, XCB_CW_CURSOR,
                               &self->cursor[cursor]);
  xcb_flush(self->connection);
  self->cursor_shown = cursor;
}

void fiq_ui_window_take_focus(FiqUiWindow* self)
{
  xcb_set_input_focus(self->connection, XCB_INPUT_FOCUS_PARENT, self->window, XCB_CURRENT_TIME);
  xcb_flush(self->connection);
}
