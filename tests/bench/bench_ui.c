// SPDX-License-Identifier: GPL-3.0-or-later
/// What a window costs: a page with 1000 oscillators, the Swarm's if not Realms', 60 redraws and 30 messages a second of invented time.
/// bench_ui [zoom in percent] [frames] [realms]: offscreen, or in a window where DISPLAY is set. Prints the time of a frame
/// (median, 99 %, worst), what that is of one core at 60 a second, the time to the first full
/// picture, and the memory.
#include "plugin/ui/page/page.h"
#include "plugin/ui/window/window.h"
#include "tests/support/ui_fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double cpu_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/// Most memory that the process has had so far.
static double most_mb(void)
{
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)usage.ru_maxrss / 1024.0;
}

static double wall_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int compare(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static bool ignore_event(void* handle, const FiqUiEvent* event)
{
  (void)handle;
  (void)event;
  return false;
}

static void ignore_size(void* handle, uint32_t width, uint32_t height)
{
  (void)handle;
  (void)width;
  (void)height;
}

typedef struct {
  FiqUiPage*       page;
  FiqUiWindow*     window;  ///< NULL offscreen
  cairo_surface_t* surface; ///< offscreen
} Screen;

static void draw_frame(Screen* self, double now_s)
{
  FiqUiRegion      regions[FIQ_UI_REGIONS_MAX];
  cairo_surface_t* surface = self->surface;
  if (self->window) {
    fiq_ui_window_poll(self->window);
    surface = fiq_ui_window_surface(self->window);
  }
  if (fiq_ui_page_idle(self->page, now_s) && surface) {
    const size_t n = fiq_ui_page_draw(self->page, surface, regions);
    if (self->window) {
      fiq_ui_window_present(self->window, regions, n);
    }
  }
}

static void wait_until_shown(const Screen* self)
{
  while (self->window && !fiq_ui_window_surface(self->window)) {
    fiq_ui_window_poll(self->window);
  }
}

int main(int argc, char** argv)
{
  const uint32_t   zoom     = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100;
  const uint32_t   n_frames = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000;
  const uint32_t   width    = FIQ_UI_PAGE_WIDTH * zoom / 100;
  const uint32_t   height   = FIQ_UI_PAGE_HEIGHT * zoom / 100;
  FiqUiFake* const fake     = calloc(1, sizeof(*fake));
  double* const    took_s   = calloc(n_frames, sizeof(double));
  fiq_ui_fake_init(fake, argc > 3 ? FIQ_PLUGIN_REALMS : FIQ_PLUGIN_SWARM, 1000);
  const double             before_mb = most_mb();
  const double             begun_s   = wall_s();
  const FiqUiWindowOptions options   = {0, "FieldIQ bench", width, height, width, height, true};
  const FiqUiWindowOwner   owner     = {NULL, ignore_event, ignore_size};
  Screen                   screen    = {NULL, NULL, NULL};
  screen.window  = getenv("DISPLAY") ? fiq_ui_window_new(&options, owner) : NULL;
  screen.surface = screen.window
                       ? NULL
                       : cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
  screen.page    = fiq_ui_page_new(&fake->model);
  fiq_ui_page_layout(screen.page, width, height, zoom / 100.0);
  draw_frame(&screen, 100.0);
  wait_until_shown(&screen);
  printf("%s %u %%: first picture after %.1f ms\n", screen.window ? "window" : "offscreen", zoom,
         1e3 * (wall_s() - begun_s));
  double total_s = 0.0;
  for (uint32_t i = 0; i < n_frames; ++i) {
    const double now_s = 100.0 + (i + 1) / 60.0;
    if (i % 2 == 0) {
      fiq_ui_fake_tell(fake, (now_s - 100.0) < 8.0 ? now_s - 100.0 : 8.0, now_s);
    }
    const double from_s = cpu_s();
    draw_frame(&screen, now_s);
    took_s[i] = cpu_s() - from_s;
    total_s += took_s[i];
    wait_until_shown(&screen);
  }
  qsort(took_s, n_frames, sizeof(double), compare);
  printf("frame: median %.2f ms, 99 %% %.2f ms, worst of %u %.2f ms; %.1f %% of a core at 60 a "
         "second\n",
         1e3 * took_s[n_frames / 2], 1e3 * took_s[n_frames * 99 / 100], n_frames,
         1e3 * took_s[n_frames - 1], 100.0 * 60.0 * total_s / n_frames);
  printf("memory: %.1f MB, the fonts among it\n", most_mb() - before_mb);
  fiq_ui_page_free(screen.page);
  fiq_ui_window_free(screen.window);
  if (screen.surface) {
    cairo_surface_destroy(screen.surface);
  }
  free(took_s);
  free(fake);
  return 0;
}
