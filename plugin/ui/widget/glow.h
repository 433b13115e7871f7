// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Light that adds up: dots are summed in linear planes and shown through x / (1 + x), so that many over each other
   turn white and none is lost. O(pixels) a frame to fade and show, O(25 scale^2) a dot.  [ui]
*/
#ifndef FIQ_UI_GLOW_H
#define FIQ_UI_GLOW_H

#include "plugin/ui/widget/theme.h"

#include <cairo.h>

typedef struct {
  uint32_t         width, height; ///< px
  float*           plane[3];      ///< [width * height] red, green, blue
  cairo_surface_t* picture;       ///< as shown, CAIRO_FORMAT_RGB24; NULL before fiq_glow_resize()
} FiqGlow;

/// Make room for `width` x `height` px, dark; false if memory is short.
bool fiq_glow_resize(FiqGlow* self, uint32_t width, uint32_t height);
void fiq_glow_clear(FiqGlow* self);

/// Every pixel at `factor` 0..1 of its light.
void fiq_glow_fade(FiqGlow* self, float factor);

/// A soft dot with its middle at x, y px, `radius` px, `light` at its middle; what lies outside is cut.
void fiq_glow_dot(FiqGlow* self, float x, float y, float radius, const float light[3]);

/// Light over `ground` into the picture; returns the brightest sum, by which one knows that all is dark.
float fiq_glow_show(FiqGlow* self, FiqColor ground);

/// One pixel of light over a ground, as CAIRO_FORMAT_RGB24.
uint32_t fiq_glow_pixel(const float light[3], FiqColor ground);

#endif
