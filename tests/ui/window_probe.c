// SPDX-License-Identifier: GPL-3.0-or-later
/// A host in small for ui_window.sh: a parent window with ours inside (or ours alone with the argument "frame"), which
/// writes down what either hears. "sent" forgoes shared memory; "cycles N" opens and closes two windows N times. A line on the standard input is a command: parent (destroy the
/// parent), size W H, copy TEXT, paste, draw, quit. Ends with 0 when the window is gone or on quit.
#include "plugin/ui/window/window.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xcb/xcb.h>

typedef struct {
  FiqUiWindow*      window;
  xcb_connection_t* host;
  xcb_window_t      parent;
  double            red; ///< of the next picture
} Probe;

static bool event(void* handle, const FiqUiEvent* e)
{
  static const char* const names[] = {"press",    "release", "move",  "leave", "scroll",
                                      "key-down", "key-up",  "focus", "blur",  "paste"};
  (void)handle;
  if (e->kind == FIQ_UI_MOVE) {
    return true;
  }
  printf("window %s button %u clicks %u dy %.0f key %d text [%s] repeated %d modifiers %u paste "
         "[%s]\n",
         names[e->kind], e->button, e->n_clicks, e->dy, (int)e->key, e->text, e->repeated,
         e->modifiers, e->paste ? e->paste : "");
  fflush(stdout);
  // Everything is used but the letter l.
  return strcmp(e->text, "l") != 0;
}

static void draw(Probe* self)
{
  cairo_surface_t* const surface = fiq_ui_window_surface(self->window);
  if (!surface) {
    return;
  }
  cairo_t* const cr = cairo_create(surface);
  cairo_set_source_rgb(cr, self->red, 0.0, 1.0);
  cairo_paint(cr);
  cairo_destroy(cr);
  fiq_ui_window_present(self->window, NULL, 0);
}

static void resized(void* handle, uint32_t width, uint32_t height)
{
  printf("window size %u %u\n", width, height);
  fflush(stdout);
  draw(handle);
}

static void make_parent(Probe* self)
{
  self->host                       = xcb_connect(NULL, NULL);
  xcb_screen_t* const screen       = xcb_setup_roots_iterator(xcb_get_setup(self->host)).data;
  const uint32_t      event_mask[] = {XCB_EVENT_MASK_KEY_PRESS | XCB_EVENT_MASK_KEY_RELEASE};
  self->parent                     = xcb_generate_id(self->host);
  xcb_create_window(self->host, XCB_COPY_FROM_PARENT, self->parent, screen->root, 10, 10, 400, 300,
                    0, XCB_WINDOW_CLASS_INPUT_OUTPUT, screen->root_visual, XCB_CW_EVENT_MASK,
                    event_mask);
  xcb_map_window(self->host, self->parent);
  xcb_flush(self->host);
}

static void listen_to_parent(Probe* self)
{
  xcb_generic_event_t* e = NULL;
  while (self->host && (e = xcb_poll_for_event(self->host)) != NULL) {
    const int kind = e->response_type & 0x7f;
    if (kind == XCB_KEY_PRESS || kind == XCB_KEY_RELEASE) {
      printf("parent %s %u\n", kind == XCB_KEY_PRESS ? "press" : "release",
             ((const xcb_key_press_event_t*)(const void*)e)->detail);
      fflush(stdout);
    }
    free(e);
  }
}

/// Returns false to quit.
static bool obey(Probe* self, char* line)
{
  line[strcspn(line, "\n")] = '\0';
  if (strcmp(line, "parent") == 0) {
    xcb_destroy_window(self->host, self->parent);
    xcb_flush(self->host);
  } else if (strncmp(line, "size ", 5) == 0) {
    char*          rest   = NULL;
    const uint32_t width  = (uint32_t)strtoul(line + 5, &rest, 10);
    const uint32_t height = (uint32_t)strtoul(rest, NULL, 10);
    fiq_ui_window_resize(self->window, width, height, width, height);
    draw(self);
  } else if (strncmp(line, "copy ", 5) == 0) {
    fiq_ui_window_copy(self->window, line + 5);
  } else if (strcmp(line, "paste") == 0) {
    fiq_ui_window_ask_paste(self->window);
  } else if (strcmp(line, "draw") == 0) {
    self->red = 1.0;
    draw(self);
  }
  return strcmp(line, "quit") != 0;
}

/// Two windows opened, drawn and closed, again and again.
static int open_and_close(uint32_t n_times)
{
  for (uint32_t i = 0; i < n_times; ++i) {
    Probe                    probe[2] = {{NULL, NULL, 0, 0.0}, {NULL, NULL, 0, 1.0}};
    const FiqUiWindowOptions options  = {0, "Probe", 200, 100, 100, 50, i % 2 == 0};
    for (int k = 0; k < 2; ++k) {
      const FiqUiWindowOwner owner = {&probe[k], event, resized};
      probe[k].window              = fiq_ui_window_new(&options, owner);
      if (!probe[k].window) {
        return 1;
      }
      draw(&probe[k]);
      fiq_ui_window_set_cursor(probe[k].window, FIQ_UI_CURSOR_HAND);
    }
    for (int k = 0; k < 2; ++k) {
      const bool lives = fiq_ui_window_poll(probe[k].window);
      fiq_ui_window_free(probe[k].window);
      if (!lives) {
        return 1;
      }
    }
  }
  printf("opened and closed\n");
  return 0;
}

int main(int argc, char** argv)
{
  if (argc > 2 && strcmp(argv[1], "cycles") == 0) {
    return open_and_close((uint32_t)strtoul(argv[2], NULL, 10));
  }
  Probe      self  = {NULL, NULL, 0, 0.0};
  const bool frame = argc > 1 && strcmp(argv[1], "frame") == 0;
  const bool sent  = argc > 1 && strcmp(argv[1], "sent") == 0;
  if (!frame) {
    make_parent(&self);
  }
  const FiqUiWindowOptions options = {self.parent, "Probe", 200, 100, 100, 50, !sent};
  const FiqUiWindowOwner   owner   = {&self, event, resized};
  self.window                      = fiq_ui_window_new(&options, owner);
  if (!self.window) {
    printf("no window\n");
    return 2;
  }
  draw(&self);
  printf("ready %lu parent %u scale %.2f\n", (unsigned long)fiq_ui_window_xid(self.window),
         self.parent, fiq_ui_window_screen_scale(self.window));
  fflush(stdout);
  bool going   = true;
  bool visible = true;
  for (double now_s = 0.0; going && fiq_ui_window_poll(self.window); now_s += 0.02) {
    struct pollfd input = {0, POLLIN, 0};
    char          line[128];
    listen_to_parent(&self);
    if (fiq_ui_window_visible(self.window, now_s) != visible) {
      visible = !visible;
      printf("window %s\n", visible ? "visible" : "hidden");
      fflush(stdout);
    }
    if (poll(&input, 1, 20) > 0 && fgets(line, sizeof(line), stdin)) {
      going = obey(&self, line);
    }
  }
  printf(going ? "gone\n" : "quit\n");
  fiq_ui_window_free(self.window);
  if (self.host) {
    xcb_disconnect(self.host);
  }
  return 0;
}
