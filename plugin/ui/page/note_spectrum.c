// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/note_spectrum.h"

#include "dsp/notes/just_intonation.h"
#include "dsp/tone/spectrum.h"
#include "dsp/voice/utterance.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const float middle_c_hz  = 261.625565f;
static const float least_gain   = 1e-4f;
static const float told_octaves = 7.0f;

static float value_of(const FiqUiModel* model, const char* symbol, float otherwise)
{
  const int32_t row = fiq_ui_model_row(model, symbol);
  return row == FIQ_UI_NO_ROW ? otherwise : model->value[row];
}

/// A note as it is or would be, and what shapes it where nobody tells.
typedef struct {
  FiqUiTone   told;
  FiqFilter   filter;
  FiqFormants formants;
  FiqTract    tract;
  float       voice; ///< amount of the tract
} Tone;

/// As the controls have it, on middle C at full velocity.
static Tone tone_of_controls(const FiqUiModel* model)
{
  Tone                 tone       = {.told = {.hz = middle_c_hz}};
  const float          vowel      = 0.01f * value_of(model, "vowel", 50.0f);
  const FiqVoiceParams voice      = {.size    = 0.01f * value_of(model, "voice_size", 100.0f),
                                     .ring    = 0.01f * value_of(model, "voice_ring", 0.0f),
                                     .whisper = 0.01f * value_of(model, "voice_whisper", 0.0f)};
  tone.told.tilt_db_per_octave    = value_of(model, "tilt", -6.0f);
  tone.told.odd_even              = 0.01f * value_of(model, "odd_even", 0.0f);
  tone.filter.type                = (FiqFilterType)value_of(model, "filter_type", 0.0f);
  tone.filter.cutoff_octave       = log2f(value_of(model, "filter_cutoff", 2000.0f));
  tone.filter.slope_db_per_octave = value_of(model, "filter_slope", 24.0f);
  tone.filter.resonance           = 0.01f * value_of(model, "filter_resonance", 0.0f);
  tone.formants = fiq_formants_vowel(vowel, 0.01f * value_of(model, "formants", 0.0f));
  tone.voice    = 0.01f * value_of(model, "voice", 0.0f);
  tone.tract    = fiq_voice_vowel(&voice, vowel, middle_c_hz);
  return tone;
}

static float db_of(float gain)
{
  return 20.0f * log10f(fmaxf(gain, least_gain));
}

/// A curve that was told, between its points.
static float told_db(const FiqUiTone* told, float octave)
{
  const float    last = (float)(told->n_shape - 1);
  const float    at   = fminf(fmaxf(octave / told_octaves * last, 0.0f), last - 0.001f);
  const uint32_t i    = (uint32_t)at;
  return told->shape_db[i] + (at - (float)i) * (told->shape_db[i + 1] - told->shape_db[i]);
}

/// Gains of all that shapes the note at `ratio` [n], in dB.
static void shape(const Tone* tone, const float* ratio, uint32_t n, float* db)
{
  float gain[FIQ_NOTE_POINTS];
  float octave[FIQ_NOTE_POINTS];
  assert(n <= FIQ_NOTE_POINTS);
  for (uint32_t i = 0; i < n; ++i) {
    gain[i]   = 1.0f;
    octave[i] = log2f(ratio[i]);
  }
  fiq_formants_apply(&tone->formants, ratio, tone->told.hz, gain, n);
  if (tone->voice > 0.0f) {
    fiq_tract_apply(&tone->tract, tone->voice, ratio, tone->told.hz, gain, n);
  }
  fiq_filter_apply(&tone->filter, octave, log2f(tone->told.hz), gain, n);
  for (uint32_t i = 0; i < n; ++i) {
    db[i] = tone->told.n_shape > 1 ? told_db(&tone->told, octave[i]) : db_of(gain[i]);
  }
}

/// The noise through the same shape: its colour, and its level beside the tone's.
static void take_breath(const FiqUiModel* model, const float* ratio, FiqNoteSpectrum* spectrum)
{
  const float share    = 0.01f * value_of(model, "breath", 0.0f);
  const float colour   = value_of(model, "breath_colour", -3.0f);
  const float level_db = db_of(share / fmaxf(1.0f - share, least_gain));
  // 0 dB is where the colour is loudest of what is shown.
  const float top        = fmaxf(0.0f, colour * log2f(spectrum->last_ratio));
  spectrum->is_breathing = share > 0.0f;
  for (uint32_t i = 0; i < FIQ_NOTE_POINTS; ++i) {
    spectrum->breath_db[i] = spectrum->curve_db[i] + level_db + colour * log2f(ratio[i]) - top;
  }
}

/// Whether anything of the curve is to be seen.
static bool is_shaped(const Tone* tone, const FiqNoteSpectrum* spectrum)
{
  float most = 0.0f;
  for (uint32_t i = 0; i < FIQ_NOTE_POINTS; ++i) {
    most = fmaxf(most, fabsf(spectrum->curve_db[i]));
  }
  return most > 0.2f || tone->filter.type != FIQ_FILTER_OFF;
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
  Tone  tone = tone_of_controls(model);
  float ratio[FIQ_NOTE_POINTS];
  if (model->telemetry.tone.hz > 0.0f) {
    tone.told = model->telemetry.tone;
  }
  memset(spectrum, 0, sizeof(*spectrum));
  spectrum->hz = tone.told.hz;
  take_partials(model, &tone.told, spectrum);
  spectrum->last_ratio = fmaxf(spectrum->n > 0 ? spectrum->ratio[spectrum->n - 1] : 1.0f, 8.0f);
  shape(&tone, spectrum->ratio, spectrum->n, spectrum->heard_db);
  for (uint32_t i = 0; i < spectrum->n; ++i) {
    spectrum->heard_db[i] += spectrum->level_db[i];
  }
  for (uint32_t i = 0; i < FIQ_NOTE_POINTS; ++i) {
    ratio[i] = powf(spectrum->last_ratio, (float)i / (float)(FIQ_NOTE_POINTS - 1));
  }
  shape(&tone, ratio, FIQ_NOTE_POINTS, spectrum->curve_db);
  spectrum->is_shaped = is_shaped(&tone, spectrum);
  take_breath(model, ratio, spectrum);
}
