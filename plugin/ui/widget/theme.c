// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/theme.h"

#include <math.h>

#define RGB(hex)                                                                                   \
  {                                                                                                \
    ((hex) >> 16 & 255) / 255.0, ((hex) >> 8 & 255) / 255.0, ((hex)&255) / 255.0, 1.0              \
  }

static const FiqTheme calm = {.ground    = RGB(0x0a0c12),
                              .panel     = RGB(0x11151e),
                              .edge      = RGB(0x222938),
                              .well      = RGB(0x1d2332),
                              .raised    = RGB(0x1b202d),
                              .ink       = RGB(0xe9edf5),
                              .soft      = RGB(0xa9b1c3),
                              .faint     = RGB(0x8790a5),
                              .on_accent = RGB(0x071318),
                              .on_light  = RGB(0x141823),
                              .light     = RGB(0xe6e9f0),
                              .accent    = RGB(0x5ad1e6),
                              .blue      = RGB(0x7d9cff),
                              .purple    = RGB(0xb48aff),
                              .pink      = RGB(0xff7eb3),
                              .orange    = RGB(0xffb14d),
                              .green     = RGB(0x7ee3a4),
                              .red       = RGB(0xff7a76),
                              .focus     = RGB(0xffb14d),
                              .note = {RGB(0x5ad1e6), RGB(0x7d9cff), RGB(0xb48aff), RGB(0xff7eb3),
                                       RGB(0xffb14d), RGB(0x7ee3a4), RGB(0xf2e27a), RGB(0xff8f6b)},
                              .line = 1.0};

static const FiqTheme strong = {.ground    = RGB(0x000000),
                                .panel     = RGB(0x000000),
                                .edge      = RGB(0x9aa3b5),
                                .well      = RGB(0x333a48),
                                .raised    = RGB(0x10131a),
                                .ink       = RGB(0xffffff),
                                .soft      = RGB(0xf0f2f6),
                                .faint     = RGB(0xc6ccd8),
                                .on_accent = RGB(0x000000),
                                .on_light  = RGB(0x000000),
                                .light     = RGB(0xffffff),
                                .accent    = RGB(0x5fe9ff),
                                .blue      = RGB(0x9db6ff),
                                .purple    = RGB(0xcfb0ff),
                                .pink      = RGB(0xffa0c9),
                                .orange    = RGB(0xffc266),
                                .green     = RGB(0x8dffb8),
                                .red       = RGB(0xff9a96),
                                .focus     = RGB(0xffff00),
                                .note = {RGB(0x5fe9ff), RGB(0x9db6ff), RGB(0xcfb0ff), RGB(0xffa0c9),
                                         RGB(0xffc266), RGB(0x8dffb8), RGB(0xfff59a),
                                         RGB(0xffab8f)},
                                .line = 1.5};

const FiqTheme* fiq_theme(bool high_contrast)
{
  return high_contrast ? &strong : &calm;
}

FiqColor fiq_theme_hue(const FiqTheme* theme, FiqHue hue)
{
  const FiqColor colors[FIQ_N_HUES] = {theme->accent, theme->blue,   theme->pink,
                                       theme->orange, theme->purple, theme->green};
  return colors[hue];
}

FiqColor fiq_color_faded(FiqColor color, double alpha)
{
  color.alpha = alpha;
  return color;
}

FiqColor fiq_color_mixed(FiqColor a, FiqColor b, double share)
{
  return (FiqColor){a.red + share * (b.red - a.red), a.green + share * (b.green - a.green),
                    a.blue + share * (b.blue - a.blue), a.alpha + share * (b.alpha - a.alpha)};
}

static double linear(double channel)
{
  return channel <= 0.04045 ? channel / 12.92 : pow((channel + 0.055) / 1.055, 2.4);
}

static double luminance(FiqColor color)
{
  return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue);
}

double fiq_color_contrast(FiqColor a, FiqColor b)
{
  const double la = luminance(a);
  const double lb = luminance(b);
  return (fmax(la, lb) + 0.05) / (fmin(la, lb) + 0.05);
}
