// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The river: time flows to the left, pitch stands upright, every oscillator leaves a line of light; at the right an
   upright keyboard with the notes that sound. A frame draws only the columns that are new; the picture is a ring.
   [ui]
*/
#ifndef FIQ_UI_RIVER_H
#define FIQ_UI_RIVER_H

#include "plugin/ui/widget/glow.h"
#include "plugin/ui/widget/widget.h"

enum { FIQ_RIVER_LINES_MAX = 1000, FIQ_RIVER_NOTES_MAX = 64 };

/// What is shown at one moment. Colours are indices into the theme's notes, 255 for none.
typedef struct {
  uint32_t       n;         ///< oscillators
  const float*   hz;        ///< [n] 0 for what has no pitch
  const float*   amplitude; ///< [n] 0..1
  const uint8_t* color;     ///< [n]
  uint32_t       n_notes;
  const float*   note_hz; ///< [n_notes]
  double         time_s;  ///< wall clock
} FiqRiverFrame;

/// Places of all oscillators at one moment.
typedef struct {
  double time_s;
  float  place[FIQ_RIVER_LINES_MAX]; ///< 0 at the lower .. 1 at the upper edge; below 0: none
} FiqRiverPlaces;

typedef struct {
  FiqWidget        base;
  uint32_t         n;
  FiqRiverPlaces   from, to; ///< of the last two frames
  float            amplitude[FIQ_RIVER_LINES_MAX];
  uint8_t          color[FIQ_RIVER_LINES_MAX];
  uint32_t         n_notes;
  float            note_place[FIQ_RIVER_NOTES_MAX];
  cairo_surface_t* ring;          ///< the river, its newest column left of `head`
  cairo_surface_t* keys;          ///< the upright keyboard
  uint32_t         width, height; ///< of the ring, px
  uint32_t         head;          ///< next column to be written
  int64_t          column;        ///< that the newest is, since the clock's beginning
  float*           light;         ///< [3 * height] of the column being drawn
  double           pointer_y;     ///< units, while the pointer is over it; else below 0
  const FiqTheme*  theme;         ///< that the pictures were made with
} FiqRiver;

FiqRiver* fiq_river_new(FiqStage* stage);
void      fiq_river_show(FiqRiver* self, const FiqRiverFrame* frame);

/// Place of a frequency on the river's height, 0..1; clamped.
float fiq_river_place(float hz);

#endif
