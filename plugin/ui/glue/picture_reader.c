// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/glue/picture_reader.h"

#include "dsp/base/maths.h"
#include "dsp/engine/picture.h"

#include <lv2/atom/util.h>

#include <stdio.h>
#include <string.h>

/// What a picture says, in the order of `names`.
typedef enum {
  ZONE_LOW,
  ZONE_HIGH,
  N_OSCILLATORS,
  NOTE_HZ,
  NOTE_SHARE,
  NOTE_ORDER,
  HISTOGRAM_LOW,
  HISTOGRAM_HIGH,
  HISTOGRAM,
  PITCH,
  PHASE,
  MARK,
  CORE_PHASE,
  CORE_PSI,
  CORE_ORDER,
  BAND_HZ,
  BAND_PHASE,
  NEURON_EVEN,
  NEURON_ODD,
  NEURON_DRIVE,
  NEURON_GAIN,
  NEURON_STRAIGHT,
  LEARNED_HZ,
  LEARNED_PHASE,
  LEARNED_DELAY,
  LEARNED_SPREAD,
  ROTATOR,
  BAND_GROUP,
  TONE_HZ,
  TONE_MOVED,
  TONE_SHAPE,
  TEMPERATURE,
  CHANCE,
  LEVEL,
  SOUND_RATE,
  SOUND_EVERY,
  SOUND,
  N_KEYS
} Key;

static const char* const names[N_KEYS] = {"zone_low",
                                          "zone_high",
                                          "oscillators",
                                          "carrier_hz",
                                          "carrier_share",
                                          "carrier_order",
                                          "histogram_low",
                                          "histogram_high",
                                          "histogram",
                                          "oscillator_pitch",
                                          "oscillator_phase",
                                          "oscillator_mark",
                                          "core_phase",
                                          "core_psi",
                                          "core_order",
                                          "band_hz",
                                          "band_phase",
                                          "neuron_even",
                                          "neuron_odd",
                                          "neuron_drive",
                                          "neuron_gain",
                                          "neuron_straight",
                                          "learned_hz",
                                          "learned_phase",
                                          "learned_delay_s",
                                          "learned_spread_s",
                                          "rotator_rad",
                                          "band_group",
                                          "note_hz",
                                          "note_moved",
                                          "note_shape",
                                          "core_temperature",
                                          "key_chance",
                                          "level",
                                          "sound_rate",
                                          "sound_every",
                                          "sound"};

_Static_assert((int)N_KEYS <= (int)FIQ_PICTURE_KEYS, "there is a URID for each");

/// Rows of the model that are read, and those that are moved.
enum {
  TONALITY,
  RMS,
  FLATNESS,
  ENTROPY,
  FLUX,
  VARIANCE,
  AMOUNT,
  LATENCY,
  COUPLING_NOW,
  STABILISE,
  COUPLING,
  HEAT,
  FIRST_MOVED, ///< FIQ_PICTURE_N_MOVED of them
  N_ROWS = FIRST_MOVED + FIQ_PICTURE_N_MOVED
};

static const char* const symbols[N_ROWS] = {
    "tonality",       "rms",         "flatness",      "entropy",          "flux",
    "phase_variance", "amount",      "latency",       "coupling_now",     "stabilise",
    "coupling",       "temperature", "filter_cutoff", "filter_resonance", "tilt",
    "odd_even",       "vowel"};

_Static_assert((int)N_ROWS <= (int)FIQ_PICTURE_ROWS, "there is a row for each");

/// Units of those that are moved, over those of their controls.
static const float tone_units[FIQ_PICTURE_N_MOVED] = {1.0f, 100.0f, 1.0f, 100.0f, 100.0f};

enum { LEARNED_POINTS = 256 };

void fiq_picture_reader_init(FiqPictureReader* self, LV2_URID_Map* map, const FiqUiModel* model)
{
  memset(self, 0, sizeof(*self));
  for (uint32_t i = 0; i < N_KEYS; ++i) {
    char uri[64];
    snprintf(uri, sizeof(uri), "urn:fieldiq:%s", names[i]);
    self->key[i] = map->map(map->handle, uri);
  }
  self->picture     = map->map(map->handle, "urn:fieldiq:Picture");
  self->atom_vector = map->map(map->handle, LV2_ATOM__Vector);
  self->atom_float  = map->map(map->handle, LV2_ATOM__Float);
  self->atom_int    = map->map(map->handle, LV2_ATOM__Int);
  for (uint32_t i = 0; i < N_ROWS; ++i) {
    self->row[i] = fiq_ui_model_row(model, symbols[i]);
  }
  fiq_sound_view_init(&self->sound);
}

/// The values of a picture's properties; NULL where it has none, or not of that kind.
typedef struct {
  const LV2_Atom* value[N_KEYS];
} Found;

static Found find_all(const FiqPictureReader* self, const LV2_Atom_Object* object)
{
  Found found;
  memset(&found, 0, sizeof(found));
  LV2_ATOM_OBJECT_FOREACH(object, property)
  {
    for (uint32_t i = 0; i < N_KEYS; ++i) {
      found.value[i] = property->key == self->key[i] ? &property->value : found.value[i];
    }
  }
  return found;
}

/// The numbers of a vector, each of four bytes: at most `most` of them into `to`. Returns how many.
static uint32_t take_vector(const FiqPictureReader* self, const LV2_Atom* value, void* to,
                            uint32_t most)
{
  const LV2_Atom_Vector* const vector = (const LV2_Atom_Vector*)(const void*)value;
  if (!value || value->type != self->atom_vector || value->size < sizeof(vector->body) ||
      vector->body.child_size != sizeof(float)) {
    return 0;
  }
  const uint32_t has = (value->size - (uint32_t)sizeof(vector->body)) / (uint32_t)sizeof(float);
  const uint32_t n   = has < most ? has : most;
  memcpy(to, &vector->body + 1, n * sizeof(float));
  return n;
}

static float take_real(const FiqPictureReader* self, const LV2_Atom* value, float otherwise)
{
  const bool is_real = value && value->type == self->atom_float && value->size == sizeof(float);
  return is_real ? ((const LV2_Atom_Float*)(const void*)value)->body : otherwise;
}

static uint32_t take_whole(const FiqPictureReader* self, const LV2_Atom* value)
{
  const bool    is_whole = value && value->type == self->atom_int && value->size == sizeof(int32_t);
  const int32_t whole    = is_whole ? ((const LV2_Atom_Int*)(const void*)value)->body : 0;
  return whole > 0 ? (uint32_t)whole : 0;
}

/// A curve over frequency that is even in pitch from 20 Hz to 20 kHz.
static void take_curve(const FiqPictureReader* self, const LV2_Atom* value, FiqUiCurve* curve)
{
  curve->n       = take_vector(self, value, curve->value, FIQ_UI_CURVE_MAX);
  curve->low_hz  = 20.0f;
  curve->high_hz = 20000.0f;
}

static uint32_t least(uint32_t a, uint32_t b)
{
  return a < b ? a : b;
}

/// Notes from low to high; `place_of` tells where each of the picture's has come to.
static void take_notes(const FiqPictureReader* self, const Found* found, FiqUiNotes* notes,
                       uint8_t place_of[FIQ_UI_NOTES_MAX])
{
  float    hz[FIQ_UI_NOTES_MAX];
  float    share[FIQ_UI_NOTES_MAX] = {0.0f};
  float    order[FIQ_UI_NOTES_MAX] = {0.0f};
  uint32_t n                       = take_vector(self, found->value[NOTE_HZ], hz, FIQ_UI_NOTES_MAX);
  (void)take_vector(self, found->value[NOTE_SHARE], share, n);
  (void)take_vector(self, found->value[NOTE_ORDER], order, n);
  notes->n = n;
  for (uint32_t i = 0; i < n; ++i) {
    uint32_t place = 0;
    for (uint32_t k = 0; k < n; ++k) {
      place += hz[k] < hz[i] || (k < i && hz[k] <= hz[i]);
    }
    place_of[i]         = (uint8_t)place;
    notes->hz[place]    = hz[i];
    notes->share[place] = share[i];
    notes->order[place] = order[i];
  }
}

/// The mean of all phases that are shown, as the vector of the circle.
static void find_mean(const FiqUiOscillators* shown, FiqUiCore* core)
{
  float re = 0.0f;
  float im = 0.0f;
  for (uint32_t i = 0; i < shown->n; ++i) {
    re += fiq_cos(shown->phase_rad[i]);
    im += fiq_sin(shown->phase_rad[i]);
  }
  core->psi_rad = atan2f(im, re);
  core->mean    = sqrtf(re * re + im * im) / fmaxf(1.0f, (float)shown->n);
}

static void take_swarm(const FiqPictureReader* self, const Found* found, FiqUiTelemetry* telemetry)
{
  FiqUiOscillators* const shown = &telemetry->oscillators;
  uint8_t                 place_of[FIQ_UI_NOTES_MAX];
  uint16_t                mark[FIQ_UI_OSCILLATORS_MAX] = {0};
  take_notes(self, found, &telemetry->notes, place_of);
  uint32_t n = take_vector(self, found->value[PITCH], shown->hz, FIQ_UI_OSCILLATORS_MAX);
  n          = least(n, take_vector(self, found->value[PHASE], shown->phase_rad, n));
  n        = least(n, 2 * take_vector(self, found->value[MARK], mark, FIQ_UI_OSCILLATORS_MAX / 2));
  shown->n = n;
  shown->n_all = take_whole(self, found->value[N_OSCILLATORS]);
  for (uint32_t i = 0; i < n; ++i) {
    const uint32_t note = mark[i] % 256;
    shown->hz[i]        = 440.0f * exp2f((shown->hz[i] - 69.0f) * (1.0f / 12.0f));
    shown->note[i]      = note < telemetry->notes.n ? place_of[note] : (uint8_t)FIQ_UI_NO_NOTE;
    shown->amplitude[i] = (float)(mark[i] / 256) * (1.0f / 255.0f);
  }
  find_mean(shown, &telemetry->core);
  (void)take_vector(self, found->value[HISTOGRAM], telemetry->histogram, FIQ_UI_BINS);
  telemetry->histogram_low_hz  = take_real(self, found->value[HISTOGRAM_LOW], 20.0f);
  telemetry->histogram_high_hz = take_real(self, found->value[HISTOGRAM_HIGH], 20000.0f);
}

static float value_of(const FiqPictureReader* self, const FiqUiModel* model, uint32_t which)
{
  return self->row[which] >= 0 ? model->value[self->row[which]] : 0.0f;
}

/// A row's value as it is moved, if the plugin has that row.
static void take_moved(const FiqPictureReader* self, FiqUiModel* model, uint32_t which, float value)
{
  if (self->row[which] >= 0) {
    fiq_ui_model_moved(model, (uint32_t)self->row[which], value);
  }
}

/// What regulator and goals make of the core's controls.
static void take_core_values(const FiqPictureReader* self, const Found* found, FiqUiModel* model)
{
  const bool stable = value_of(self, model, STABILISE) >= 0.5f;
  take_moved(self, model, COUPLING, value_of(self, model, COUPLING_NOW));
  take_moved(self, model, HEAT,
             stable ? take_real(self, found->value[TEMPERATURE], 1.0f) * value_of(self, model, HEAT)
                    : NAN);
}

/// The newest note: its spectrum, and what of it is moved.
static void take_tone(const FiqPictureReader* self, const Found* found, FiqUiModel* model)
{
  FiqUiTone* const tone = &model->telemetry.tone;
  float            moved[FIQ_PICTURE_N_MOVED];
  const uint32_t   n = take_vector(self, found->value[TONE_MOVED], moved, FIQ_PICTURE_N_MOVED);
  tone->n_shape = take_vector(self, found->value[TONE_SHAPE], tone->shape_db, FIQ_UI_SHAPE_MAX);
  tone->hz      = n == FIQ_PICTURE_N_MOVED && tone->n_shape > 1
                      ? fmaxf(0.0f, take_real(self, found->value[TONE_HZ], 0.0f))
                      : 0.0f;
  for (uint32_t i = 0; i < tone->n_shape; ++i) {
    tone->shape_db[i] = 20.0f * log10f(fmaxf(tone->shape_db[i], 1e-4f));
  }
  const bool sounds = tone->hz > 0.0f;
  for (uint32_t i = 0; i < FIQ_PICTURE_N_MOVED; ++i) {
    // Without a filter there is no cutoff.
    const bool is_there =
        sounds && (i > FIQ_PICTURE_RESONANCE || moved[FIQ_PICTURE_CUTOFF_HZ] > 0.0f);
    take_moved(self, model, FIRST_MOVED + i, is_there ? tone_units[i] * moved[i] : NAN);
  }
  tone->tilt_db_per_octave = sounds ? moved[FIQ_PICTURE_TILT] : 0.0f;
  tone->odd_even           = sounds ? moved[FIQ_PICTURE_ODD_EVEN] : 0.0f;
}

/// Without a swarm the circle is the core's.
static void show_core(FiqUiTelemetry* telemetry, float psi_rad, float order)
{
  FiqUiOscillators* const shown = &telemetry->oscillators;
  shown->n                      = telemetry->core.n;
  shown->n_all                  = telemetry->core.n;
  for (uint32_t i = 0; i < shown->n; ++i) {
    shown->hz[i]        = 0.0f;
    shown->phase_rad[i] = telemetry->core.phase_rad[i];
    shown->amplitude[i] = 1.0f;
    shown->note[i]      = FIQ_UI_NO_NOTE;
  }
  telemetry->core.psi_rad = psi_rad;
  telemetry->core.mean    = order;
}

/// Group delay of each band from the phases of its neighbours.
static void find_delays(FiqUiRealms* realms)
{
  const uint32_t n = realms->n_bands;
  for (uint32_t i = 0; i < n; ++i) {
    const uint32_t a   = i > 0 ? i - 1 : 0;
    const uint32_t b   = i + 1 < n ? i + 1 : i;
    const float    way = fiq_wrap_rad(realms->phase_rad[b] - realms->phase_rad[i]) +
                      fiq_wrap_rad(realms->phase_rad[i] - realms->phase_rad[a]);
    const float span   = realms->band_hz[b] - realms->band_hz[a];
    realms->delay_s[i] = span > 0.0f ? -way / (FIQ_TWO_PI_F * span) : 0.0f;
  }
}

static void take_bands(const FiqPictureReader* self, const Found* found, FiqUiRealms* realms)
{
  float          group[FIQ_UI_BANDS_MAX];
  const uint32_t n =
      take_vector(self, found->value[BAND_PHASE], realms->phase_rad, FIQ_UI_BANDS_MAX);
  memset(realms->band_hz, 0, sizeof(realms->band_hz));
  (void)take_vector(self, found->value[BAND_HZ], realms->band_hz, n);
  realms->n_bands = n;
  memset(realms->group, 0, sizeof(realms->group));
  const uint32_t n_groups = take_vector(self, found->value[BAND_GROUP], group, n);
  for (uint32_t i = 0; i < n_groups; ++i) {
    realms->group[i] = (uint8_t)fiq_clamp(group[i], 0.0f, 255.0f);
  }
  for (uint32_t i = 0; i < n; ++i) {
    realms->phase_rad[i] = fiq_wrap_rad(realms->phase_rad[i]);
  }
  find_delays(realms);
}

/// The learned phases between the bands, straight over frequency, as they are played.
static void take_learned(const FiqPictureReader* self, const Found* found, FiqUiCurve* curve)
{
  float          hz[FIQ_UI_BANDS_MAX];
  float          phase[FIQ_UI_BANDS_MAX];
  const uint32_t n_hz = take_vector(self, found->value[LEARNED_HZ], hz, FIQ_UI_BANDS_MAX);
  const uint32_t n    = least(n_hz, take_vector(self, found->value[LEARNED_PHASE], phase, n_hz));
  curve->n            = n > 1 ? LEARNED_POINTS : 0;
  curve->low_hz       = 20.0f;
  curve->high_hz      = 20000.0f;
  uint32_t band       = 0;
  for (uint32_t i = 0; i < curve->n; ++i) {
    const float at = curve->low_hz *
                     powf(curve->high_hz / curve->low_hz, (float)i / (float)(LEARNED_POINTS - 1));
    while (band + 2 < n && hz[band + 1] < at) {
      ++band;
    }
    const float part = (at - hz[band]) / fmaxf(hz[band + 1] - hz[band], 1e-3f);
    curve->value[i] =
        fiq_wrap_rad(fiq_mix(phase[band], phase[band + 1], fiq_clamp(part, 0.0f, 1.0f)));
  }
}

/// How the lesson delays each band, how far it was allowed to, and the rotator beside it.
static void take_delays(const FiqPictureReader* self, const Found* found, FiqUiRealms* realms)
{
  const uint32_t n_hz =
      take_vector(self, found->value[LEARNED_HZ], realms->learned_hz, FIQ_UI_BANDS_MAX);
  realms->n_learned =
      least(n_hz, take_vector(self, found->value[LEARNED_DELAY], realms->learned_delay_s, n_hz));
  realms->spread_s = take_real(self, found->value[LEARNED_SPREAD], 0.0f);
  take_curve(self, found->value[ROTATOR], &realms->rotator);
  float most = 0.0f;
  for (uint32_t i = 0; i < realms->rotator.n; ++i) {
    most                     = fmaxf(most, fabsf(realms->rotator.value[i]));
    realms->rotator.value[i] = fiq_wrap_rad(realms->rotator.value[i]);
  }
  realms->rotator.n = most > 1e-3f ? realms->rotator.n : 0;
}

static void take_neurons(FiqPictureReader* self, const Found* found)
{
  FiqNeuronBank* const bank = &self->bank;
  uint32_t n = take_vector(self, found->value[NEURON_EVEN], bank->even, FIQ_PICTURE_NEURONS);
  n          = least(n, take_vector(self, found->value[NEURON_ODD], bank->odd, n));
  n          = least(n, take_vector(self, found->value[NEURON_DRIVE], bank->drive, n));
  n          = least(n, take_vector(self, found->value[NEURON_GAIN], bank->gain, n));
  bank->n    = least(n, take_vector(self, found->value[NEURON_STRAIGHT], bank->straight, n));
}

static void take_sound(FiqPictureReader* self, const Found* found, const FiqUiModel* model,
                       FiqUiRealms* realms)
{
  static const uint32_t most = 2048;
  int16_t               pairs[2 * 2048];
  const uint32_t        n     = take_vector(self, found->value[SOUND], pairs, most);
  const float           rate  = take_real(self, found->value[SOUND_RATE], 48000.0f);
  const float           every = fmaxf(1.0f, (float)take_whole(self, found->value[SOUND_EVERY]));
  fiq_sound_view_add(&self->sound, pairs, n, rate);
  fiq_sound_view_spectrum(&self->sound, &realms->spectrum);
  const float latency = fmaxf(0.0f, value_of(self, model, LATENCY));
  realms->latency_s   = latency / (rate * every);
  (void)fiq_sound_view_moment(&self->sound, (uint32_t)lrintf(latency / every), &realms->before,
                              &realms->after);
}

static void take_realms(FiqPictureReader* self, const Found* found, FiqUiModel* model)
{
  FiqUiRealms* const realms = &model->telemetry.realms;
  take_bands(self, found, realms);
  take_learned(self, found, &realms->learned);
  take_delays(self, found, realms);
  take_neurons(self, found);
  fiq_neuron_curves(&self->bank, 0.01f * value_of(self, model, AMOUNT), realms);
  take_sound(self, found, model, realms);
  for (uint32_t i = 0; i < FIQ_UI_FEATURES; ++i) {
    const float value  = value_of(self, model, i);
    realms->feature[i] = fiq_clamp(i == RMS ? 1.0f + value / 60.0f : value, 0.0f, 1.0f);
  }
}

static void take_levels(const FiqPictureReader* self, const Found* found, FiqUiLevels* levels)
{
  float level[5] = {0.0f};
  (void)take_vector(self, found->value[LEVEL], level, 5);
  *levels = (FiqUiLevels){{level[0], level[1]}, {level[2], level[3]}, level[4]};
}

bool fiq_picture_reader_take(FiqPictureReader* self, const LV2_Atom_Object* object,
                             FiqUiModel* model, double now_s)
{
  if (object->body.otype != self->picture) {
    return false;
  }
  const Found           found     = find_all(self, object);
  FiqUiTelemetry* const telemetry = &model->telemetry;
  FiqUiCore* const      core      = &telemetry->core;
  ++telemetry->sequence;
  telemetry->time_s = now_s;
  core->zone_low    = take_real(self, found.value[ZONE_LOW], 0.8f);
  core->zone_high   = take_real(self, found.value[ZONE_HIGH], 0.95f);
  core->n = take_vector(self, found.value[CORE_PHASE], core->phase_rad, FIQ_UI_OSCILLATORS_MAX);
  take_levels(self, &found, &telemetry->levels);
  telemetry->has_chances =
      take_vector(self, found.value[CHANCE], telemetry->chance, FIQ_UI_KEYS) == FIQ_UI_KEYS;
  take_core_values(self, &found, model);
  if (model->plugin == FIQ_PLUGIN_SWARM) {
    take_swarm(self, &found, telemetry);
    take_tone(self, &found, model);
  } else {
    show_core(telemetry, take_real(self, found.value[CORE_PSI], 0.0f),
              take_real(self, found.value[CORE_ORDER], 0.0f));
    take_realms(self, &found, model);
  }
  return true;
}
