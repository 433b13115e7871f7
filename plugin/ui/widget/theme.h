// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Colours of the windows: dark and calm, with one accent for each idea; and a set of high contrast. All text colours
   reach 4.5:1 against every ground that they are drawn on (WCAG AA), dimmed ones too.
*/
#ifndef FIQ_UI_THEME_H
#define FIQ_UI_THEME_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  double red, green, blue, alpha; ///< 0..1
} FiqColor;

enum { FIQ_UI_NOTE_COLORS = 8 };

/// An accent by what it is called, so that a widget keeps it when the theme changes.
typedef enum {
  FIQ_HUE_ACCENT,
  FIQ_HUE_BLUE,
  FIQ_HUE_PINK,
  FIQ_HUE_ORANGE,
  FIQ_HUE_PURPLE,
  FIQ_HUE_GREEN,
  FIQ_N_HUES
} FiqHue;

typedef struct {
  FiqColor ground, panel, edge, well, raised; ///< window, panel and its edge, sunken track, button
  FiqColor ink, soft, faint;                  ///< values, labels, headings and what is dimmed
  FiqColor on_accent, on_light;               ///< ink on an accent, on the keyboard and the tooltip
  FiqColor light;                             ///< ground of tooltips
  FiqColor accent, blue, purple, pink, orange, green, red;
  FiqColor focus;                    ///< the focus ring
  FiqColor note[FIQ_UI_NOTE_COLORS]; ///< of the sounding notes, low to high, in turn
  double   line;                     ///< units: width of edges and rings
} FiqTheme;

/// The usual theme, or that of high contrast.  [any]
const FiqTheme* fiq_theme(bool high_contrast);

/// The theme's colour of that name.  [any]
FiqColor fiq_theme_hue(const FiqTheme* theme, FiqHue hue);

/// `color` with another opacity.  [any]
FiqColor fiq_color_faded(FiqColor color, double alpha);

/// Between two colours, `share` 0..1 of the way.  [any]
FiqColor fiq_color_mixed(FiqColor a, FiqColor b, double share);

/// Contrast of two opaque colours by WCAG 2.1, 1..21.  [any]
double fiq_color_contrast(FiqColor a, FiqColor b);

#endif
