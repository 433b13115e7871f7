// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/sound_pictures.h"

#include "plugin/ui/page/note_spectrum.h"
#include "plugin/ui/widget/number_text.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const char* const envelope_symbols[FIQ_ENVELOPE_VALUES] = {"attack", "decay", "sustain",
                                                                  "release"};

/// Levels at the edges of the bars.
static const float low_db = -48.0f, high_db = 12.0f;

_Static_assert((int)FIQ_NOTE_PARTIALS == (int)FIQ_BARS_MAX, "every partial has its bar");
_Static_assert((int)FIQ_NOTE_POINTS == (int)FIQ_BARS_POINTS, "the curve is drawn as it comes");

static const char* const bars_titles[FIQ_SOUND_BARS] = {"Partials", "Filter"};

static void envelope_changed(void* handle, uint32_t which, double value)
{
  FiqSoundPictures* const self = handle;
  fiq_ui_model_set(self->model, (uint32_t)self->envelope_row[which], (float)value);
}

static void envelope_touched(void* handle, uint32_t which, bool held)
{
  FiqSoundPictures* const self = handle;
  if (held) {
    fiq_ui_model_hold(self->model, (uint32_t)self->envelope_row[which]);
  } else {
    fiq_ui_model_let_go(self->model);
  }
}

bool fiq_sound_pictures_init(FiqSoundPictures* self, FiqSheet* sheet)
{
  FiqRange range[FIQ_ENVELOPE_VALUES];
  memset(self, 0, sizeof(*self));
  self->model           = sheet->controls->model;
  FiqStage* const stage = sheet->controls->stage;
  for (uint32_t i = 0; i < FIQ_ENVELOPE_VALUES; ++i) {
    self->envelope_row[i] = fiq_ui_model_row(self->model, envelope_symbols[i]);
    assert(self->envelope_row[i] != FIQ_UI_NO_ROW);
    range[i] = fiq_control_range(&fiq_params[self->envelope_row[i]]);
  }
  self->envelope = fiq_envelope_new(stage, range);
  self->tuning   = fiq_tuning_box_new(sheet->controls);
  for (uint32_t k = 0; k < FIQ_SOUND_BARS; ++k) {
    self->bars[k] = fiq_bars_new(stage);
    if (!self->bars[k]) {
      return false;
    }
    self->bars[k]->base.name = "Partials";
    self->bars[k]->base.tip  = "Levels of the harmonics over frequency, 60 dB high: dim before "
                               "filter and formants, bright as "
                               "heard. The line is the curve of both, on the newest note.";
    fiq_sheet_set_picture(sheet, bars_titles[k], &self->bars[k]->base);
  }
  if (!self->envelope || !self->tuning) {
    return false;
  }
  self->envelope->handle  = self;
  self->envelope->changed = envelope_changed;
  self->envelope->touched = envelope_touched;
  fiq_sheet_set_picture(sheet, "Envelope", &self->envelope->base);
  fiq_sheet_set_picture(sheet, "Just intonation", &self->tuning->base);
  return true;
}

/// Place of a level on the height of the bars.
static float height_of(float db)
{
  return fminf(fmaxf((db - low_db) / (high_db - low_db), 0.0f), 1.0f);
}

static void show_partials(FiqSoundPictures* self)
{
  FiqNoteSpectrum spectrum;
  FiqBarsShape    shape;
  float           level[FIQ_BARS_MAX], place[FIQ_BARS_MAX];
  fiq_note_spectrum(self->model, &spectrum);
  for (uint32_t i = 0; i < spectrum.n; ++i) {
    level[i]       = height_of(spectrum.level_db[i]);
    shape.heard[i] = height_of(spectrum.heard_db[i]);
    place[i]       = (spectrum.ratio[i] - 1.0f) / (spectrum.last_ratio - 1.0f);
  }
  for (uint32_t i = 0; i < FIQ_BARS_POINTS; ++i) {
    shape.curve[i] = height_of(spectrum.curve_db[i]);
  }
  shape.zero = height_of(0.0f);
  fiq_note_name(69.0f + 12.0f * log2f(spectrum.hz / 440.0f), shape.caption, sizeof(shape.caption));
  for (uint32_t k = 0; k < FIQ_SOUND_BARS; ++k) {
    if (self->bars[k]->base.is_shown) {
      fiq_bars_show(self->bars[k], spectrum.n, level, place);
      fiq_bars_shape(self->bars[k], spectrum.is_shaped ? &shape : NULL);
    }
  }
}

void fiq_sound_pictures_refresh(FiqSoundPictures* self)
{
  double value[FIQ_ENVELOPE_VALUES];
  for (uint32_t i = 0; i < FIQ_ENVELOPE_VALUES; ++i) {
    value[i] = (double)self->model->value[self->envelope_row[i]];
  }
  if (self->envelope->base.is_shown) {
    fiq_envelope_show(self->envelope, value);
  }
  if (self->bars[0]->base.is_shown || self->bars[1]->base.is_shown) {
    show_partials(self);
  }
  fiq_tuning_box_refresh(self->tuning);
}
