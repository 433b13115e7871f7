// SPDX-License-Identifier: GPL-3.0-or-later
/// A host in small that loads the windows as LV2 hosts do, and writes down every write and touch:
/// ui_host BINARY PLUGIN_URI                 one window, until the standard input ends or "parent" destroys its parent
/// ui_host BINARY PLUGIN_URI cycles N        two windows opened and closed N times
/// ui_host BINARY PLUGIN_URI memory N        N windows opened one after the other, with what each adds to the process
#include <lv2/atom/atom.h>
#include <lv2/ui/ui.h>
#include <lv2/urid/urid.h>

#include <dlfcn.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xcb/xcb.h>

enum { URIS_MAX = 256 };

typedef struct {
  xcb_connection_t*       x;
  xcb_window_t            parent;
  const LV2UI_Descriptor* ui;
  LV2UI_Handle            handle;
  char*                   uri[URIS_MAX]; ///< URID less one
  uint32_t                n_uris;
  bool                    is_quiet;
  LV2UI_Touch             touch; ///< what is handed over lives as long as the window
  LV2UI_Resize            resizer;
} Host;

static LV2_URID map_uri(LV2_URID_Map_Handle handle, const char* uri)
{
  Host* const self = handle;
  for (uint32_t i = 0; i < self->n_uris; ++i) {
    if (strcmp(self->uri[i], uri) == 0) {
      return i + 1;
    }
  }
  if (self->n_uris == URIS_MAX) {
    return 0;
  }
  self->uri[self->n_uris++] = strdup(uri);
  return self->n_uris;
}

static void write_port(LV2UI_Controller controller, uint32_t port, uint32_t size, uint32_t format,
                       const void* buffer)
{
  const Host* const self  = controller;
  float             value = 0.0f;
  if (self->is_quiet) {
    return;
  }
  if (format == 0 && size == sizeof(value)) {
    memcpy(&value, buffer, sizeof(value));
    printf("write %u %g\n", port, (double)value);
  } else if (size == sizeof(LV2_Atom) + 3) {
    const uint8_t* const midi = (const uint8_t*)buffer + sizeof(LV2_Atom);
    printf("midi %02x %02x %02x\n", midi[0], midi[1], midi[2]);
  } else {
    printf("message %u bytes to %u\n", size, port);
  }
  fflush(stdout);
}

static void touch_port(LV2UI_Feature_Handle handle, uint32_t port, bool grabbed)
{
  const Host* const self = handle;
  if (!self->is_quiet) {
    printf("touch %u %d\n", port, grabbed);
    fflush(stdout);
  }
}

static int resize(LV2UI_Feature_Handle handle, int width, int height)
{
  Host* const    self    = handle;
  const uint32_t size[2] = {(uint32_t)width, (uint32_t)height};
  xcb_configure_window(self->x, self->parent, XCB_CONFIG_WINDOW_WIDTH | XCB_CONFIG_WINDOW_HEIGHT,
                       size);
  xcb_flush(self->x);
  if (!self->is_quiet) {
    printf("resize %d %d\n", width, height);
    fflush(stdout);
  }
  return 0;
}

static bool open_ui(Host* self, const char* plugin_uri)
{
  self->x                    = xcb_connect(NULL, NULL);
  xcb_screen_t* const screen = xcb_setup_roots_iterator(xcb_get_setup(self->x)).data;
  if (xcb_connection_has_error(self->x)) {
    return false;
  }
  self->parent = xcb_generate_id(self->x);
  xcb_create_window(self->x, XCB_COPY_FROM_PARENT, self->parent, screen->root, 0, 0, 600, 400, 0,
                    XCB_WINDOW_CLASS_INPUT_OUTPUT, screen->root_visual, 0, NULL);
  xcb_map_window(self->x, self->parent);
  // Another connection must find it.
  free(xcb_get_input_focus_reply(self->x, xcb_get_input_focus(self->x), NULL));
  LV2_URID_Map map              = {self, map_uri};
  self->touch                   = (LV2UI_Touch){self, touch_port};
  self->resizer                 = (LV2UI_Resize){self, resize};
  const LV2_Feature  features[] = {{LV2_URID__map, &map},
                                   {LV2_UI__parent, (void*)(uintptr_t)self->parent},
                                   {LV2_UI__touch, &self->touch},
                                   {LV2_UI__resize, &self->resizer},
                                   {LV2_UI__idleInterface, NULL}};
  const LV2_Feature* list[]     = {&features[0], &features[1], &features[2],
                                   &features[3], &features[4], NULL};
  LV2UI_Widget       widget     = NULL;
  self->handle = self->ui->instantiate(self->ui, plugin_uri, "", write_port, self, &widget, list);
  return self->handle != NULL;
}

static void close_ui(Host* self)
{
  if (self->handle) {
    self->ui->cleanup(self->handle);
  }
  xcb_disconnect(self->x);
  for (uint32_t i = 0; i < self->n_uris; ++i) {
    free(self->uri[i]);
  }
  memset(self->uri, 0, sizeof(self->uri));
  self->n_uris = 0;
}

static int cycles(const LV2UI_Descriptor* ui, const char* uri, uint32_t n)
{
  const LV2UI_Idle_Interface* const idle = ui->extension_data(LV2_UI__idleInterface);
  for (uint32_t i = 0; i < n; ++i) {
    Host host[2] = {{.ui = ui, .is_quiet = true}, {.ui = ui, .is_quiet = true}};
    for (int k = 0; k < 2; ++k) {
      if (!open_ui(&host[k], uri)) {
        return 1;
      }
    }
    for (int k = 0; k < 6; ++k) {
      idle->idle(host[k % 2].handle);
    }
    close_ui(&host[0]);
    close_ui(&host[1]);
  }
  printf("opened and closed\n");
  return 0;
}

/// Memory of the process that is in use now, what it shares with the X server among it.
static double resident_mb(void)
{
  FILE* const file  = fopen("/proc/self/statm", "r");
  long        pages = 0;
  if (!file || fscanf(file, "%*d %ld", &pages) != 1) {
    pages = 0;
  }
  if (file) {
    fclose(file);
  }
  return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576.0;
}

static int memory(const LV2UI_Descriptor* ui, const char* uri, uint32_t n)
{
  const LV2UI_Idle_Interface* const idle = ui->extension_data(LV2_UI__idleInterface);
  Host* const                       host = calloc(n, sizeof(*host));
  double                            last = resident_mb();
  uint32_t                          open = 0;
  for (; host && open < n; ++open) {
    host[open] = (Host){.ui = ui, .is_quiet = true};
    if (!open_ui(&host[open], uri)) {
      break;
    }
    // What comes with the first pictures, and with a second of them.
    for (uint32_t k = 0; k < 60; ++k) {
      idle->idle(host[open].handle);
      poll(NULL, 0, 16);
    }
    const double now = resident_mb();
    printf("window %u adds %.1f MB\n", open + 1, now - last);
    last = now;
  }
  for (uint32_t i = 0; i < open; ++i) {
    close_ui(&host[i]);
  }
  free(host);
  return open == n ? 0 : 1;
}

static int run(const LV2UI_Descriptor* ui, const char* uri)
{
  const LV2UI_Idle_Interface* const idle = ui->extension_data(LV2_UI__idleInterface);
  Host                              host = {.ui = ui};
  if (!open_ui(&host, uri)) {
    printf("no window\n");
    return 2;
  }
  printf("ready\n");
  fflush(stdout);
  int gone = 0;
  while (!gone) {
    struct pollfd input = {0, POLLIN, 0};
    char          line[64];
    gone = idle->idle(host.handle);
    if (poll(&input, 1, 10) > 0) {
      if (!fgets(line, sizeof(line), stdin)) {
        break;
      }
      if (strcmp(line, "parent\n") == 0) {
        xcb_destroy_window(host.x, host.parent);
        xcb_flush(host.x);
      }
    }
  }
  printf(gone ? "gone\n" : "closed\n");
  close_ui(&host);
  return 0;
}

int main(int argc, char** argv)
{
  if (argc < 3) {
    return 2;
  }
  void* const library = dlopen(argv[1], RTLD_NOW);
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    return 2;
  }
  const LV2UI_DescriptorFunction entry =
      (LV2UI_DescriptorFunction)(uintptr_t)dlsym(library, "lv2ui_descriptor");
  const LV2UI_Descriptor* const ui = entry ? entry(0) : NULL;
  if (!ui) {
    return 2;
  }
  const uint32_t n = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 0;
  if (n > 0) {
    return strcmp(argv[3], "memory") == 0 ? memory(ui, argv[2], n) : cycles(ui, argv[2], n);
  }
  return run(ui, argv[2]);
}
