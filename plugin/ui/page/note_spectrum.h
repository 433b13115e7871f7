// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What the harmonics of one note are like: their levels, the curve that filter, formants and vocal tract lay over them,
   and the breath beside them. The note is the newest that sounds, as the plugin tells of it at this moment; in silence it
   is middle C at full velocity, as the controls have it, by the functions that the sound is made with.  [ui]
*/
#ifndef FIQ_UI_NOTE_SPECTRUM_H
#define FIQ_UI_NOTE_SPECTRUM_H

#include "plugin/ui/page/model.h"

enum { FIQ_NOTE_PARTIALS = 64, FIQ_NOTE_POINTS = 96 };

typedef struct {
  float    hz;                          ///< of the note
  bool     is_shaped;                   ///< a filter, formants or a voice are on
  uint32_t n;                           ///< partials
  float    ratio[FIQ_NOTE_PARTIALS];    ///< [n] frequency over that of the note
  float    level_db[FIQ_NOTE_PARTIALS]; ///< [n] of the first before filter and formants
  float    heard_db[FIQ_NOTE_PARTIALS]; ///< [n] after them
  float    last_ratio;                  ///< where the curves end; they begin at 1
  float    curve_db[FIQ_NOTE_POINTS];   ///< gain of filter, formants and tract, even in pitch
  bool     is_breathing;                ///< there is breath
  float    breath_db
      [FIQ_NOTE_POINTS]; ///< its spectrum, even in pitch; 0 is as loud as the tone at its loudest
} FiqNoteSpectrum;

void fiq_note_spectrum(const FiqUiModel* model, FiqNoteSpectrum* spectrum);

#endif
