// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/glue/ui_state.h"

#include <math.h>
#include <time.h>

/// Of the wanted scale, in a window that the host has made too small.
static const double smallest_fit = 0.3;

double fiq_ui_now_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void fiq_ui_wanted_size(const FiqUi* self, uint32_t* width, uint32_t* height)
{
  const double scale = self->scale * self->model.zoom / 100.0;
  *width             = (uint32_t)lrint(FIQ_UI_PAGE_WIDTH * scale);
  *height            = (uint32_t)lrint(FIQ_UI_PAGE_HEIGHT * scale);
}

void fiq_ui_fit(FiqUi* self)
{
  uint32_t width  = 1;
  uint32_t height = 1;
  fiq_ui_window_size(self->window, &width, &height);
  const double wanted = self->scale * self->model.zoom / 100.0;
  const double fits = fmin((double)width / FIQ_UI_PAGE_WIDTH, (double)height / FIQ_UI_PAGE_HEIGHT);
  fiq_ui_page_layout(self->page, width, height, fmax(fmin(wanted, fits), smallest_fit * wanted));
  self->must_draw = true;
}
