// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/sound_pictures.h"

#include "plugin/ui/page/note_spectrum.h"
#include "plugin/ui/widget/number_text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/// Titles of the sections that they stand in, and the symbols before attack, decay, sustain and release.
static const char* const envelope_titles[FIQ_SOUND_ENVELOPES]   = {"Envelope", "Tone envelope",
                                                                   "Breath"};
static const char* const envelope_prefixes[FIQ_SOUND_ENVELOPES] = {"", "tone_", "breath_"};
static const FiqHue envelope_hues[FIQ_SOUND_ENVELOPES] = {FIQ_HUE_PINK, FIQ_HUE_BLUE, FIQ_HUE_PINK};
static const char* const envelope_names[FIQ_ENVELOPE_VALUES] = {"attack", "decay", "sustain",
                                                                "release"};

/// Levels at the edges of the bars.
static const float low_db = -48.0f, high_db = 12.0f;

_Static_assert((int)FIQ_NOTE_PARTIALS == (int)FIQ_BARS_MAX, "every partial has its bar");
_Static_assert((int)FIQ_NOTE_POINTS == (int)FIQ_BARS_POINTS, "the curve is drawn as it comes");

static const char* const bars_titles[FIQ_SOUND_BARS] = {"Partials", "Filter"};

static void envelope_changed(void* handle, uint32_t which, double value)
{
  FiqSoundEnvelope* const self = handle;
  fiq_ui_model_set(self->model, (uint32_t)self->row[which], (float)value);
}

static void envelope_touched(void* handle, uint32_t which, bool held)
{
  FiqSoundEnvelope* const self = handle;
  if (held) {
    fiq_ui_model_hold(self->model, (uint32_t)self->row[which]);
  } else {
    fiq_ui_model_let_go(self->model);
  }
}

/// False if memory is short.
static bool make_envelope(FiqSoundPictures* self, FiqSheet* sheet, uint32_t which)
{
  FiqSoundEnvelope* const envelope = &self->envelope[which];
  FiqRange                range[FIQ_ENVELOPE_VALUES];
  envelope->model = self->model;
  for (uint32_t i = 0; i < FIQ_ENVELOPE_VALUES; ++i) {
    char symbol[32];
    snprintf(symbol, sizeof(symbol), "%s%s", envelope_prefixes[which], envelope_names[i]);
    envelope->row[i] = fiq_ui_model_row(self->model, symbol);
    if (envelope->row[i] == FIQ_UI_NO_ROW) {
      return true;
    }
    range[i] = fiq_control_range(&fiq_params[envelope->row[i]]);
  }
  envelope->widget = fiq_envelope_new(sheet->controls->stage, range);
  if (envelope->widget) {
    envelope->widget->hue     = envelope_hues[which];
    envelope->widget->handle  = envelope;
    envelope->widget->changed = envelope_changed;
    envelope->widget->touched = envelope_touched;
    fiq_sheet_set_picture(sheet, envelope_titles[which], &envelope->widget->base);
  }
  return envelope->widget != NULL;
}

/// False if memory is short.
static bool make_bars(FiqSoundPictures* self, FiqSheet* sheet, uint32_t which)
{
  FiqBars* const bars = fiq_bars_new(sheet->controls->stage);
  self->bars[which]   = bars;
  if (bars) {
    bars->base.name = "Partials";
    bars->base.tip =
        "Levels of the harmonics over frequency, 60 dB high: dim before filter and "
        "formants, bright as heard. The line is the curve of both, on the newest note.";
    fiq_sheet_set_picture(sheet, bars_titles[which], &bars->base);
  }
  return bars != NULL;
}

bool fiq_sound_pictures_init(FiqSoundPictures* self, FiqSheet* sheet)
{
  memset(self, 0, sizeof(*self));
  self->model   = sheet->controls->model;
  self->tuning  = fiq_tuning_box_new(sheet->controls);
  self->words   = fiq_words_box_new(sheet->controls);
  self->moments = fiq_moments_box_new(sheet->controls);
  bool ok       = self->tuning && self->words && self->moments;
  for (uint32_t i = 0; ok && i < FIQ_SOUND_ENVELOPES; ++i) {
    ok = make_envelope(self, sheet, i);
  }
  for (uint32_t i = 0; ok && i < FIQ_SOUND_BARS; ++i) {
    ok = make_bars(self, sheet, i);
  }
  if (ok) {
    fiq_sheet_set_picture(sheet, "Just intonation", &self->tuning->base);
    fiq_sheet_set_picture(sheet, "Words", &self->words->base);
    fiq_sheet_set_picture(sheet, "Memory", &self->moments->base);
  }
  return ok;
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
    place[i]       = log2f(spectrum.ratio[i]) / log2f(spectrum.last_ratio);
  }
  for (uint32_t i = 0; i < FIQ_BARS_POINTS; ++i) {
    shape.curve[i]  = height_of(spectrum.curve_db[i]);
    shape.ground[i] = spectrum.is_breathing ? height_of(spectrum.breath_db[i]) : 0.0f;
  }
  shape.zero = height_of(0.0f);
  fiq_note_name(69.0f + 12.0f * log2f(spectrum.hz / 440.0f), shape.caption, sizeof(shape.caption));
  for (uint32_t k = 0; k < FIQ_SOUND_BARS; ++k) {
    if (self->bars[k]->base.is_shown) {
      fiq_bars_show(self->bars[k], spectrum.n, level, place);
      fiq_bars_shape(self->bars[k], spectrum.is_shaped || spectrum.is_breathing ? &shape : NULL);
    }
  }
}

void fiq_sound_pictures_refresh(FiqSoundPictures* self)
{
  for (uint32_t k = 0; k < FIQ_SOUND_ENVELOPES; ++k) {
    const FiqSoundEnvelope* const envelope = &self->envelope[k];
    double                        value[FIQ_ENVELOPE_VALUES];
    if (envelope->widget && envelope->widget->base.is_shown) {
      for (uint32_t i = 0; i < FIQ_ENVELOPE_VALUES; ++i) {
        value[i] = (double)self->model->value[envelope->row[i]];
      }
      fiq_envelope_show(envelope->widget, value);
    }
  }
  if (self->bars[0]->base.is_shown || self->bars[1]->base.is_shown) {
    show_partials(self);
  }
  fiq_tuning_box_refresh(self->tuning);
  fiq_words_box_refresh(self->words);
  fiq_moments_box_refresh(self->moments);
}
