// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What the harmonics of one note are like: their levels, and the curve that filter and formants lay over them, by the
   functions that the sound is made with. The note is the newest that sounds, as it is moved at this moment; in silence
   it is middle C at full velocity, as the controls have it.  [ui]
*/
#ifndef FIQ_UI_NOTE_SPECTRUM_H
#define FIQ_UI_NOTE_SPECTRUM_H

#include "plugin/ui/page/model.h"

enum { FIQ_NOTE_PARTIALS = 64, FIQ_NOTE_POINTS = 96 };

typedef struct {
  float    hz;                          ///< of the note
  bool     is_shaped;                   ///< a filter or formants are on
  uint32_t n;                           ///< partials
  float    ratio[FIQ_NOTE_PARTIALS];    ///< [n] frequency over that of the note
  float    level_db[FIQ_NOTE_PARTIALS]; ///< [n] of the first before filter and formants
  float    heard_db[FIQ_NOTE_PARTIALS]; ///< [n] after them
  float    last_ratio;                  ///< where the curve ends; it begins at 1
  float    curve_db[FIQ_NOTE_POINTS];   ///< gain of filter and formants, even over frequency
} FiqNoteSpectrum;

void fiq_note_spectrum(const FiqUiModel* model, FiqNoteSpectrum* spectrum);

#endif
