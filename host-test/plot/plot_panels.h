// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The panels of a picture, in the order in which they stand. Each draws what one part of the
   plugin tells, over the time axis that all share, and knows whether a trace has it.
*/
#ifndef FIQ_PLOT_PANELS_H
#define FIQ_PLOT_PANELS_H

#include "host-test/plot/plot_draw.h"

enum { FIQ_N_PANELS = 7, FIQ_PLOT_N_TONES = 6, FIQ_PLOT_N_ACTIONS = 3, FIQ_PLOT_N_CLASSES = 4 };

/// One value of a state: its name and colour.
typedef struct {
  const char*     name;
  const FiqColor* color;
} FiqPlotState;

extern const FiqPlotState fiq_plot_tones[FIQ_PLOT_N_TONES];
extern const FiqPlotState fiq_plot_actions[FIQ_PLOT_N_ACTIONS];
extern const FiqPlotState fiq_plot_classes[FIQ_PLOT_N_CLASSES];

typedef struct {
  const char* name;      ///< on the command line
  const char* title;     ///< over the panel
  double      height_px; ///< without its title, unless the picture's height is given
  bool (*has)(const FiqPlotTrace* trace);
  void (*draw)(FiqPanelArea* area);
} FiqPanel;

extern const FiqPanel fiq_panels[FIQ_N_PANELS];

/// Share of the time, 0..1, that `which` is `state`.
double fiq_plot_share(const FiqPlotTrace* trace, FiqSeries which, int state);

/// Share of the time, 0..1, that R is in its zone; NaN if there is none.
double fiq_plot_zone_share(const FiqPlotTrace* trace);

/// How often a warning begins.
uint32_t fiq_plot_warnings(const FiqPlotTrace* trace);

/// Carriers over the histogram of oscillators (plot_carriers.c).
bool fiq_panel_carriers_has(const FiqPlotTrace* trace);
void fiq_panel_carriers_draw(FiqPanelArea* area);

#endif
