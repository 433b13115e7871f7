// SPDX-License-Identifier: GPL-3.0-or-later
/// The pictures among the controls: the envelope to drag, the partials' levels, the scale.  [ui]
#ifndef FIQ_UI_SOUND_PICTURES_H
#define FIQ_UI_SOUND_PICTURES_H

#include "plugin/ui/page/moments_box.h"
#include "plugin/ui/page/sheet.h"
#include "plugin/ui/page/tuning_box.h"
#include "plugin/ui/page/words_box.h"
#include "plugin/ui/widget/bars.h"
#include "plugin/ui/widget/envelope.h"

enum {
  FIQ_SOUND_BARS      = 2, ///< beside the partials' controls and beside the filter's
  FIQ_SOUND_ENVELOPES = 3  ///< of the level, the tone and the breath
};

/// An envelope and the rows that it shows; not there where the plugin has no such rows.
typedef struct {
  FiqUiModel*  model;
  FiqEnvelope* widget; ///< NULL: not there
  int32_t      row[FIQ_ENVELOPE_VALUES];
} FiqSoundEnvelope;

typedef struct {
  FiqUiModel*      model;
  FiqSoundEnvelope envelope[FIQ_SOUND_ENVELOPES];
  FiqBars*         bars[FIQ_SOUND_BARS];
  FiqMomentsBox*   moments;
  FiqWordsBox*     words;
  FiqTuningBox*    tuning;
} FiqSoundPictures;

/// Put them on the sheet; false if memory is short.
bool fiq_sound_pictures_init(FiqSoundPictures* self, FiqSheet* sheet);

/// As the model is now.
void fiq_sound_pictures_refresh(FiqSoundPictures* self);

#endif
