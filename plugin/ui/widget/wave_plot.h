// SPDX-License-Identifier: GPL-3.0-or-later
/// Curves over an even axis: a waveform, or what comes out over what goes in.  [ui]
#ifndef FIQ_UI_WAVE_PLOT_H
#define FIQ_UI_WAVE_PLOT_H

#include "plugin/ui/widget/widget.h"

enum { FIQ_WAVE_CURVES = 3, FIQ_WAVE_POINTS = 512 };

typedef struct {
  FiqWidget   base;
  uint32_t    n[FIQ_WAVE_CURVES]; ///< points of each curve, 0 for none
  float       value[FIQ_WAVE_CURVES][FIQ_WAVE_POINTS];
  FiqHue      hue[FIQ_WAVE_CURVES];
  const char* name[FIQ_WAVE_CURVES]; ///< NULL for none
  double      most;                  ///< value at the upper edge; the lower edge is its negative
  uint32_t    rows;                  ///< 1: the curves lie over each other; else one row a curve
  bool        has_cross; ///< axes through the middle, and the line of what is not changed
} FiqWavePlot;

FiqWavePlot* fiq_wave_plot_new(FiqStage* stage, bool has_cross);
void         fiq_wave_plot_show(FiqWavePlot* self, uint32_t curve, uint32_t n, const float* value);

#endif
