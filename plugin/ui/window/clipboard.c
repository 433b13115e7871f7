// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/window/window_state.h"

#include <stdlib.h>
#include <string.h>

enum { PASTE_MAX_BYTES = 65536 };

void fiq_ui_clipboard_init(FiqUiWindow* self)
{
  FiqUiClipboard* const clipboard = &self->clipboard;
  clipboard->clipboard            = fiq_ui_atom(self, "CLIPBOARD");
  clipboard->targets              = fiq_ui_atom(self, "TARGETS");
  clipboard->utf8                 = fiq_ui_atom(self, "UTF8_STRING");
  clipboard->transfer             = fiq_ui_atom(self, "FIELDIQ_TRANSFER");
}

void fiq_ui_clipboard_clear(FiqUiWindow* self)
{
  free(self->clipboard.text);
  self->clipboard.text = NULL;
}

void fiq_ui_window_copy(FiqUiWindow* self, const char* text)
{
  char* const copy = strdup(text);
  if (copy) {
    free(self->clipboard.text);
    self->clipboard.text = copy;
    xcb_set_selection_owner(self->connection, self->window, self->clipboard.clipboard,
                            self->event_ms);
    xcb_flush(self->connection);
  }
}

void fiq_ui_window_ask_paste(FiqUiWindow* self)
{
  const FiqUiClipboard* const clipboard = &self->clipboard;
  xcb_convert_selection(self->connection, self->window, clipboard->clipboard, clipboard->utf8,
                        clipboard->transfer, self->event_ms);
  xcb_flush(self->connection);
}

static void answer(FiqUiWindow* self, const xcb_selection_request_event_t* request)
{
  const FiqUiClipboard* const  clipboard = &self->clipboard;
  xcb_selection_notify_event_t reply     = {.response_type = XCB_SELECTION_NOTIFY,
                                            .time          = request->time,
                                            .requestor     = request->requestor,
                                            .selection     = request->selection,
                                            .target        = request->target,
                                            .property      = XCB_NONE};
  const xcb_atom_t             property  = request->property ? request->property : request->target;
  if (request->target == clipboard->targets) {
    const xcb_atom_t targets[] = {clipboard->targets, clipboard->utf8};
    xcb_change_property(self->connection, XCB_PROP_MODE_REPLACE, request->requestor, property,
                        XCB_ATOM_ATOM, 32, 2, targets);
    reply.property = property;
  } else if (request->target == clipboard->utf8 && clipboard->text) {
    xcb_change_property(self->connection, XCB_PROP_MODE_REPLACE, request->requestor, property,
                        clipboard->utf8, 8, (uint32_t)strlen(clipboard->text), clipboard->text);
    reply.property = property;
  }
  xcb_send_event(self->connection, 0, request->requestor, XCB_EVENT_MASK_NO_EVENT,
                 (const char*)&reply);
  xcb_flush(self->connection);
}

static void take(FiqUiWindow* self, const xcb_selection_notify_event_t* notify)
{
  if (notify->property == XCB_NONE) {
    return;
  }
  xcb_get_property_reply_t* const reply =
      xcb_get_property_reply(self->connection,
                             xcb_get_property(self->connection, 1, self->window, notify->property,
                                              XCB_ATOM_ANY, 0, PASTE_MAX_BYTES / 4),
                             NULL);
  if (!reply) {
    return;
  }
  const int   n    = reply->format == 8 ? xcb_get_property_value_length(reply) : 0;
  char* const text = n > 0 ? strndup(xcb_get_property_value(reply), (size_t)n) : NULL;
  if (text) {
    const FiqUiEvent event = {.kind = FIQ_UI_PASTE, .paste = text, .time_s = fiq_ui_clock_s()};
    self->owner.event(self->owner.handle, &event);
  }
  free(text);
  free(reply);
}

bool fiq_ui_clipboard_event(FiqUiWindow* self, const xcb_generic_event_t* event)
{
  switch (event->response_type & 0x7f) {
  case XCB_SELECTION_REQUEST:
    answer(self, (const xcb_selection_request_event_t*)event);
    return true;
  case XCB_SELECTION_NOTIFY:
    take(self, (const xcb_selection_notify_event_t*)event);
    return true;
  case XCB_SELECTION_CLEAR:
    fiq_ui_clipboard_clear(self);
    return true;
  default:
    return false;
  }
}
