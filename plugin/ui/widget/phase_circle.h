// SPDX-License-Identifier: GPL-3.0-or-later
/// Phases as dots on a circle, with short trails, and the mean-field vector.  [ui]
#ifndef FIQ_UI_PHASE_CIRCLE_H
#define FIQ_UI_PHASE_CIRCLE_H

#include "plugin/ui/widget/glow.h"
#include "plugin/ui/widget/widget.h"

enum { FIQ_CIRCLE_DOTS_MAX = 1000 };

/// What is shown at one moment. Arrays are [n]; colours are indices into the theme's notes, 255 for none.
typedef struct {
  uint32_t       n;
  const float*   phase_rad;
  const float*   amplitude; ///< 0..1
  const uint8_t* color;
  float          mean;    ///< length of the vector, 0..1
  float          psi_rad; ///< its direction
  double         time_s;  ///< wall clock
} FiqCircleFrame;

typedef struct {
  FiqWidget base;
  FiqGlow   glow;
  uint32_t  n;
  float     from[FIQ_CIRCLE_DOTS_MAX]; ///< phases of the frame before, rad
  float     to[FIQ_CIRCLE_DOTS_MAX];   ///< of the latest
  float     amplitude[FIQ_CIRCLE_DOTS_MAX];
  uint8_t   color[FIQ_CIRCLE_DOTS_MAX];
  float     mean_from, mean_to, psi_from, psi_to;
  double    from_s, to_s; ///< when these came
  double    drawn_s;
  bool      is_dark; ///< nothing glows any more
} FiqPhaseCircle;

FiqPhaseCircle* fiq_phase_circle_new(FiqStage* stage);
void            fiq_phase_circle_show(FiqPhaseCircle* self, const FiqCircleFrame* frame);

#endif
