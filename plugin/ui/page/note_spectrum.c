// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/note_spectrum.h"

#include "dsp/notes/just_intonation.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const float middle_c_hz = 261.625565f;
static const float least_gain  = 1e-4f;

static float value_of(const FiqUiModel* model, const char* symbol, float otherwise)
{
  const int32_t row = fiq_ui_model_row(model, symbol);
  return row == FIQ_UI_NO_ROW ? otherwise : model->value[row];
}

/// As the controls have it, on middle C at full velocity.
static FiqUiTone tone_of_controls(const FiqUiModel* model)
{
  FiqUiTone tone                  = {.hz = middle_c_hz};
  tone.tilt_db_per_octave         = value_of(model, "tilt", -6.0f);
  tone.odd_even                   = 0.01f * value_of(model, "odd_even", 0.0f);
  tone.vowel                      = 0.01f * value_of(model, "vowel", 50.0f);
  tone.filter.type                = (FiqFilterType)value_of(model, "filter_type", 0.0f);
  tone.filter.cutoff_octave       = log2f(value_of(model, "filter_cutoff", 2000.0f));
  tone.filter.slope_db_per_octave = value_of(model, "filter_slope", 24.0f);
  tone.filter.resonance           = 0.01f * value_of(model, "filter_resonance", 0.0f);
  tone.formants = fiq_formants_vowel(tone.vowel, 0.01f * value_of(model, "formants", 0.0f));
  return tone;
}

static float db_of(float gain)
{
  return 20.0f * log10f(fmaxf(gain, least_gain));
}

/// Gains of filter and formants at `ratio` [n], in dB.
static void shape(const FiqUiTone* tone, const float* ratio, uint32_t n, float* db)
{
  float gain[FIQ_NOTE_POINTS];
  float octave[FIQ_NOTE_POINTS];
  assert(n <= FIQ_NOTE_POINTS);
  for (uint32_t i = 0; i < n; ++i) {
    gain[i]   = 1.0f;
    octave[i] = log2f(ratio[i]);
  }
  fiq_formants_apply(&tone->formants, ratio, tone->hz, gain, n);
  fiq_filter_apply(&tone->filter, octave, log2f(tone->hz), gain, n);
  for (uint32_t i = 0; i < n; ++i) {
    db[i] = db_of(gain[i]);
  }
}

static void take_partials(const FiqUiModel* model, const FiqUiTone* tone, FiqNoteSpectrum* spectrum)
{
  static const uint32_t primes[] = {0, 2, 3, 5, 7, 11, 13};
  const float           stretch  = 0.01f * value_of(model, "stretch", 0.0f);
  const uint32_t        limit    = primes[(uint32_t)value_of(model, "partial_primes", 0.0f) % 7];
  const uint32_t        most     = (uint32_t)value_of(model, "partials", 1.0f);
  const float           even     = 1.0f + fminf(tone->odd_even, 0.0f);
  const float           odd      = 1.0f - fmaxf(tone->odd_even, 0.0f);
  uint32_t              n        = 0;
  for (uint32_t k = 1; k <= most && n < FIQ_NOTE_PARTIALS; ++k) {
    if (limit == 0 || fiq_just_allows(k, limit)) {
      const float octave    = log2f((float)k);
      const float weight    = k == 1 ? 1.0f : (k % 2 == 0 ? even : odd);
      spectrum->ratio[n]    = exp2f((1.0f + stretch) * octave);
      spectrum->level_db[n] = tone->tilt_db_per_octave * octave + db_of(weight);
      ++n;
    }
  }
  spectrum->n = n;
}

void fiq_note_spectrum(const FiqUiModel* model, FiqNoteSpectrum* spectrum)
{
  assert(model && spectrum);
  const FiqUiTone* const heard = &model->telemetry.tone;
  const FiqUiTone        tone  = heard->hz > 0.0f ? *heard : tone_of_controls(model);
  float                  ratio[FIQ_NOTE_POINTS];
  memset(spectrum, 0, sizeof(*spectrum));
  spectrum->hz        = tone.hz;
  spectrum->is_shaped = tone.filter.type != FIQ_FILTER_OFF || tone.formants.amount > 0.0f;
  take_partials(model, &tone, spectrum);
  spectrum->last_ratio = fmaxf(spectrum->n > 0 ? spectrum->ratio[spectrum->n - 1] : 1.0f, 8.0f);
  shape(&tone, spectrum->ratio, spectrum->n, spectrum->heard_db);
  for (uint32_t i = 0; i < spectrum->n; ++i) {
    spectrum->heard_db[i] += spectrum->level_db[i];
  }
  for (uint32_t i = 0; i < FIQ_NOTE_POINTS; ++i) {
    ratio[i] = 1.0f + (spectrum->last_ratio - 1.0f) * (float)i / (float)(FIQ_NOTE_POINTS - 1);
  }
  shape(&tone, ratio, FIQ_NOTE_POINTS, spectrum->curve_db);
}
