// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/glow.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SPAN_MAX = 32 };

void fiq_glow_clear(FiqGlow* self)
{
  free(self->plane[0]);
  if (self->picture) {
    cairo_surface_destroy(self->picture);
  }
  memset(self, 0, sizeof(*self));
}

bool fiq_glow_resize(FiqGlow* self, uint32_t width, uint32_t height)
{
  assert(width > 0 && height > 0);
  const size_t n = (size_t)width * height;
  fiq_glow_clear(self);
  float* const planes = calloc(3 * n, sizeof(*planes));
  if (!planes) {
    return false;
  }
  self->width   = width;
  self->height  = height;
  self->picture = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
  for (uint32_t c = 0; c < 3; ++c) {
    self->plane[c] = planes + c * n;
  }
  return cairo_surface_status(self->picture) == CAIRO_STATUS_SUCCESS;
}

void fiq_glow_fade(FiqGlow* self, float factor)
{
  float* const restrict light = self->plane[0];
  const size_t n              = 3 * (size_t)self->width * self->height;
  for (size_t i = 0; i < n; ++i) {
    light[i] *= factor;
  }
}

/// Weights of the pixels from `first` on that a dot at `at` reaches: (1 - d^2 / r^2)^2.
static uint32_t span(float at, float radius, uint32_t n_pixels, uint32_t* first, float* weight)
{
  const float low  = fmaxf(ceilf(at - radius), 0.0f);
  const float high = fminf(floorf(at + radius), (float)n_pixels - 1.0f);
  if (!(low <= high)) {
    return 0;
  }
  const uint32_t n = (uint32_t)(high - low) + 1;
  *first           = (uint32_t)low;
  for (uint32_t i = 0; i < n && i < SPAN_MAX; ++i) {
    const float d = (low + (float)i - at) / radius;
    const float w = 1.0f - d * d;
    weight[i]     = w > 0.0f ? w * w : 0.0f;
  }
  return n < SPAN_MAX ? n : SPAN_MAX;
}

void fiq_glow_dot(FiqGlow* self, float x, float y, float radius, const float light[3])
{
  float          wx[SPAN_MAX], wy[SPAN_MAX];
  uint32_t       x0 = 0, y0 = 0;
  const uint32_t nx = span(x, radius, self->width, &x0, wx);
  const uint32_t ny = span(y, radius, self->height, &y0, wy);
  for (uint32_t c = 0; c < 3; ++c) {
    for (uint32_t row = 0; row < ny; ++row) {
      float* const restrict to = self->plane[c] + (size_t)(y0 + row) * self->width + x0;
      const float much         = light[c] * wy[row];
      for (uint32_t i = 0; i < nx; ++i) {
        to[i] += much * wx[i];
      }
    }
  }
}

uint32_t fiq_glow_pixel(const float light[3], FiqColor ground)
{
  const float base[3] = {(float)ground.red, (float)ground.green, (float)ground.blue};
  uint32_t    pixel   = 0;
  for (int c = 0; c < 3; ++c) {
    const float share = light[c] / (1.0f + light[c]);
    pixel = pixel << 8 | (uint32_t)(255.0f * (base[c] + (1.0f - base[c]) * share) + 0.5f);
  }
  return pixel;
}

/// Pixels `n` of a row; the brightest sum that was met before, or a brighter one.
static int32_t show_row(uint32_t* restrict to, const float* restrict r, const float* restrict g,
                        const float* restrict b, size_t n, const float* ground, int32_t most)
{
  const float base[3] = {ground[0], ground[1], ground[2]};
  for (size_t x = 0; x < n; ++x) {
    const float   sr = r[x] / (1.0f + r[x]);
    const float   sg = g[x] / (1.0f + g[x]);
    const float   sb = b[x] / (1.0f + b[x]);
    const int32_t ur = (int32_t)(255.0f * (base[0] + (1.0f - base[0]) * sr) + 0.5f);
    const int32_t ug = (int32_t)(255.0f * (base[1] + (1.0f - base[1]) * sg) + 0.5f);
    const int32_t ub = (int32_t)(255.0f * (base[2] + (1.0f - base[2]) * sb) + 0.5f);
    to[x]            = (uint32_t)(ur << 16 | ug << 8 | ub);
    // Light is never less than nothing, and so its bits sort as it does.
    const union {
      float   value;
      int32_t bits;
    } sum = {r[x] + g[x] + b[x]};
    most  = sum.bits > most ? sum.bits : most;
  }
  return most;
}

float fiq_glow_show(FiqGlow* self, FiqColor ground)
{
  const float base[3] = {(float)ground.red, (float)ground.green, (float)ground.blue};
  int32_t     most    = 0;
  cairo_surface_flush(self->picture);
  uint8_t* const pixels = cairo_image_surface_get_data(self->picture);
  const size_t   stride = (size_t)cairo_image_surface_get_stride(self->picture);
  for (size_t y = 0; y < self->height; ++y) {
    const size_t at = y * self->width;
    most            = show_row((uint32_t*)(void*)(pixels + y * stride), self->plane[0] + at,
                               self->plane[1] + at, self->plane[2] + at, self->width, base, most);
  }
  cairo_surface_mark_dirty(self->picture);
  float brightest;
  memcpy(&brightest, &most, sizeof(brightest));
  return brightest;
}
