// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/ground.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/// The fourth byte of a pixel is anybody's.
static const uint32_t colors = 0xffffff;

static uint32_t* row_of(uint8_t* pixels, cairo_surface_t* surface, uint32_t y)
{
  const size_t stride = (size_t)cairo_image_surface_get_stride(surface);
  return (uint32_t*)(void*)(pixels + y * stride);
}

void fiq_ground_clear(FiqGround* self)
{
  free(self->first);
  free(self->run);
  memset(self, 0, sizeof(*self));
}

/// Room for the runs of one more row.
static bool make_room(FiqGround* self)
{
  const uint32_t needed = self->n_runs + self->width;
  if (needed <= self->n_room) {
    return true;
  }
  const uint32_t      n_room = needed + self->n_room / 2;
  FiqGroundRun* const run    = realloc(self->run, n_room * sizeof(*run));
  if (run) {
    self->run    = run;
    self->n_room = n_room;
  }
  return run != NULL;
}

/// Write the runs of a row behind those there are, without counting them in; returns how many.
static uint32_t find_runs(FiqGround* self, const uint32_t* pixel)
{
  FiqGroundRun* const run = self->run + self->n_runs;
  uint32_t            n   = 0;
  for (uint32_t x = 0; x < self->width; ++n) {
    const uint32_t color = pixel[x] & colors;
    while (x < self->width && (pixel[x] & colors) == color) {
      ++x;
    }
    run[n] = (FiqGroundRun){color, x};
  }
  return n;
}

bool fiq_ground_keep(FiqGround* self, cairo_surface_t* surface)
{
  fiq_ground_clear(self);
  cairo_surface_flush(surface);
  uint8_t* const pixels = cairo_image_surface_get_data(surface);
  self->width           = (uint32_t)cairo_image_surface_get_width(surface);
  self->height          = (uint32_t)cairo_image_surface_get_height(surface);
  self->first           = calloc(self->height, sizeof(*self->first));
  uint32_t above        = 0; // runs of the row above
  for (uint32_t y = 0; y < self->height; ++y) {
    if (!self->first || !make_room(self)) {
      fiq_ground_clear(self);
      return false;
    }
    const uint32_t      n    = find_runs(self, row_of(pixels, surface, y));
    const FiqGroundRun* last = self->run + self->n_runs - above;
    const bool          is_same =
        n == above && memcmp(last, self->run + self->n_runs, n * sizeof(*last)) == 0;
    self->n_runs += is_same ? 0 : n;
    self->first[y] = self->n_runs - n;
    above          = n;
  }
  return true;
}

bool fiq_ground_fits(const FiqGround* self, cairo_surface_t* surface)
{
  return (int32_t)self->width == cairo_image_surface_get_width(surface) &&
         (int32_t)self->height == cairo_image_surface_get_height(surface);
}

void fiq_ground_restore(const FiqGround* self, cairo_surface_t* surface, FiqUiRegion region)
{
  const uint32_t left   = (uint32_t)region.x;
  const uint32_t right  = left + (uint32_t)region.width;
  const uint32_t bottom = (uint32_t)region.y + (uint32_t)region.height;
  assert(right <= self->width && bottom <= self->height);
  assert(fiq_ground_fits(self, surface));
  cairo_surface_flush(surface);
  uint8_t* const pixels = cairo_image_surface_get_data(surface);
  for (uint32_t y = (uint32_t)region.y; y < bottom; ++y) {
    uint32_t* const     to  = row_of(pixels, surface, y);
    const FiqGroundRun* run = self->run + self->first[y];
    while (run->end <= left) {
      ++run;
    }
    for (uint32_t x = left; x < right; ++run) {
      const uint32_t end = run->end < right ? run->end : right;
      for (; x < end; ++x) {
        to[x] = run->pixel;
      }
    }
  }
  cairo_surface_mark_dirty_rectangle(surface, region.x, region.y, region.width, region.height);
}
