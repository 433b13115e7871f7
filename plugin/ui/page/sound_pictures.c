// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/sound_pictures.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const char* const envelope_symbols[FIQ_ENVELOPE_VALUES] = {"attack", "decay", "sustain",
                                                                  "release"};

static const float bars_db = 48.0f;

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
  self->bars     = fiq_bars_new(stage);
  self->tuning   = fiq_tuning_box_new(sheet->controls);
  if (!self->envelope || !self->bars || !self->tuning) {
    return false;
  }
  self->envelope->handle  = self;
  self->envelope->changed = envelope_changed;
  self->envelope->touched = envelope_touched;
  fiq_sheet_set_picture(sheet, "Envelope", &self->envelope->base);
  fiq_sheet_set_picture(sheet, "Partials", &self->bars->base);
  fiq_sheet_set_picture(sheet, "Just intonation", &self->tuning->base);
  return true;
}

static float value_of(const FiqUiModel* model, const char* symbol, float otherwise)
{
  const int32_t row = fiq_ui_model_row(model, symbol);
  return row == FIQ_UI_NO_ROW ? otherwise : model->value[row];
}

/// Whether no prime factor of k is larger than the limit; limit 0 allows all.
static bool has_small_primes(uint32_t k, uint32_t limit)
{
  static const uint32_t primes[6] = {2, 3, 5, 7, 11, 13};
  for (uint32_t i = 0; i < limit && i < 6; ++i) {
    while (k % primes[i] == 0) {
      k /= primes[i];
    }
  }
  return limit == 0 || k == 1;
}

static void show_partials(FiqSoundPictures* self)
{
  const FiqUiModel* const model    = self->model;
  const float             tilt     = value_of(model, "tilt", -6.0f);
  const float             odd_even = value_of(model, "odd_even", 0.0f) * 0.01f;
  const float             stretch  = value_of(model, "stretch", 0.0f) * 0.01f;
  const uint32_t          limit    = (uint32_t)value_of(model, "partial_primes", 0.0f);
  const uint32_t          most     = (uint32_t)value_of(model, "partials", 1.0f);
  float                   level[FIQ_BARS_MAX], place[FIQ_BARS_MAX];
  uint32_t                n = 0;
  for (uint32_t k = 1; k <= most && n < FIQ_BARS_MAX; ++k) {
    if (!has_small_primes(k, limit)) {
      continue;
    }
    const bool  is_even = k % 2 == 0;
    const float weight =
        k == 1 ? 1.0f : (is_even ? fminf(1.0f + odd_even, 1.0f) : fminf(1.0f - odd_even, 1.0f));
    const float db = tilt * log2f((float)k) + 20.0f * log10f(fmaxf(weight, 1e-4f));
    level[n]       = fminf(fmaxf(1.0f + db / bars_db, 0.0f), 1.0f);
    place[n]       = powf((float)k, 1.0f + stretch);
    ++n;
  }
  const float last = n > 1 ? fmaxf(place[n - 1], 8.0f) : 8.0f;
  for (uint32_t i = 0; i < n; ++i) {
    place[i] = (place[i] - 1.0f) / (last - 1.0f);
  }
  fiq_bars_show(self->bars, n, level, place);
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
  if (self->bars->base.is_shown) {
    show_partials(self);
  }
  fiq_tuning_box_refresh(self->tuning);
}
