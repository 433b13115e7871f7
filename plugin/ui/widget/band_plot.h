// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The phase of each band over frequency, what was learned and what a rotator adds as curves, over the spectrum; how the lesson
   delays each band along the lower edge; values at the pointer.  [ui]
*/
#ifndef FIQ_UI_BAND_PLOT_H
#define FIQ_UI_BAND_PLOT_H

#include "plugin/ui/widget/widget.h"

enum { FIQ_PLOT_BANDS_MAX = 64, FIQ_PLOT_POINTS_MAX = 512 };

/// A curve over frequency, even in pitch from low to high.
typedef struct {
  uint32_t     n; ///< 0: none
  double       low_hz, high_hz;
  const float* value; ///< [n]
} FiqPlotCurve;

/// What is shown at one moment.
typedef struct {
  uint32_t       n;
  const float*   hz;              ///< [n]
  const float*   phase_rad;       ///< [n] any angle
  const float*   delay_s;         ///< [n]
  const uint8_t* group;           ///< [n] that each belongs to, from 1 on; 0: none
  FiqPlotCurve   spectrum;        ///< dB
  FiqPlotCurve   learned;         ///< rad
  FiqPlotCurve   rotator;         ///< rad
  uint32_t       n_learned;       ///< bands of the lesson
  const float*   learned_hz;      ///< [n_learned]
  const float*   learned_delay_s; ///< [n_learned]
  float          bound_s;         ///< that these were held within, 0: by nothing
} FiqBandFrame;

typedef struct {
  FiqWidget base;
  uint32_t  n;
  float     hz[FIQ_PLOT_BANDS_MAX], phase_rad[FIQ_PLOT_BANDS_MAX], delay_s[FIQ_PLOT_BANDS_MAX];
  uint8_t   group[FIQ_PLOT_BANDS_MAX];
  uint32_t  n_spectrum, n_learned, n_rotator;
  double    spectrum_hz[2], learned_hz[2], rotator_hz[2]; ///< their ends
  float     spectrum_db[FIQ_PLOT_POINTS_MAX];
  float     learned_rad[FIQ_PLOT_POINTS_MAX];
  float     rotator_rad[FIQ_PLOT_POINTS_MAX];
  uint32_t  n_delays;
  float     delays_hz[FIQ_PLOT_BANDS_MAX], delays_s[FIQ_PLOT_BANDS_MAX];
  float     bound_s;
  double    pointer_x; ///< units, while it is over it; else below 0
} FiqBandPlot;

FiqBandPlot* fiq_band_plot_new(FiqStage* stage);
void         fiq_band_plot_show(FiqBandPlot* self, const FiqBandFrame* frame);

#endif
