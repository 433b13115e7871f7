// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/ui_fake.h"

#include "dsp/base/random.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const float chord_hz[4] = {73.416f, 220.0f, 369.99f, 587.33f};

// ---- calls ----

static void set(void* handle, uint32_t row, float value)
{
  FiqUiFake* const self = handle;
  (void)value;
  ++self->n_set[row];
  ++self->n_writes;
}

static void touch(void* handle, uint32_t row, bool held)
{
  FiqUiFake* const self = handle;
  (void)row;
  self->n_touches += held;
  self->n_lets += !held;
}

static void take_back(void* handle, uint32_t row, float value)
{
  FiqUiFake* const self = handle;
  self->taken_back      = (int32_t)row;
  self->taken_value     = value;
}

static void learn_controller(void* handle, int32_t row)
{
  ((FiqUiFake*)handle)->model.learning = row;
}

static void forget_controller(void* handle, uint32_t row)
{
  fiq_controllers_forget(&((FiqUiFake*)handle)->model.controllers, row);
}

static void note(void* handle, uint8_t key, uint8_t velocity)
{
  FiqUiFake* const self = handle;
  (void)key;
  self->n_notes_on += velocity > 0;
  self->n_notes_off += velocity == 0;
}

static void wheel(void* handle, uint32_t which, float value)
{
  FiqUiFake* const self                           = handle;
  *(which == 0 ? &self->bend : &self->modulation) = value;
}

static void set_seed(void* handle, uint32_t seed)
{
  ((FiqUiFake*)handle)->model.seed = seed;
}

static void set_words(void* handle, const char* words)
{
  FiqUiFake* const self = handle;
  snprintf(self->model.words, sizeof(self->model.words), "%s", words);
}

static void name_moment(void* handle, const char* word)
{
  FiqUiFake* const self = handle;
  const size_t     at   = strlen(self->model.moments);
  snprintf(self->model.moments + at, sizeof(self->model.moments) - at, "%s%s", at > 0 ? "\n" : "",
           word);
}

static void call_moments(void* handle, const char* names)
{
  FiqUiFake* const self = handle;
  snprintf(self->called, sizeof(self->called), "%s", names);
}

static void set_tuning(void* handle, const char* path)
{
  FiqUiFake* const self = handle;
  snprintf(self->model.tuning, sizeof(self->model.tuning), "%s", path);
}

static void select_preset(void* handle, uint32_t entry)
{
  FiqUiFake* const self       = handle;
  self->selected              = (int32_t)entry;
  self->model.presets.current = (int32_t)entry;
}

static void save_preset(void* handle, const char* name, const char* category, const char* tags)
{
  FiqUiFake* const self = handle;
  snprintf(self->saved, sizeof(self->saved), "%s/%s/%s", name, category, tags);
}

static void delete_preset(void* handle, uint32_t entry)
{
  ((FiqUiFake*)handle)->deleted = (int32_t)entry;
}

static void set_favourite(void* handle, uint32_t entry, bool on)
{
  FiqUiFake* const self            = handle;
  self->preset[entry].is_favourite = on;
}

static void set_zoom(void* handle, uint32_t percent)
{
  ((FiqUiFake*)handle)->model.zoom = percent;
}

static void set_contrast(void* handle, bool high)
{
  ((FiqUiFake*)handle)->model.high_contrast = high;
}

static void set_cursor(void* handle, uint32_t cursor)
{
  (void)handle;
  (void)cursor;
}

static void copy(void* handle, const char* text)
{
  FiqUiFake* const self = handle;
  snprintf(self->copied, sizeof(self->copied), "%s", text);
}

static void ask_paste(void* handle)
{
  ++((FiqUiFake*)handle)->n_pastes;
}

// ---- contents ----

static void fill_presets(FiqUiFake* self)
{
  static const char* const categories[5] = {"Rises", "Pads", "Basses", "Voices", "Textures"};
  static const char* const words[6]      = {"Great",  "Slow",     "Glass",
                                            "Hidden", "Northern", "Unreasonably Long Named"};
  static const char* const things[5]     = {"Rise", "Choir", "Tide", "Engine", "Cathedral"};
  for (uint32_t i = 0; i < FIQ_FAKE_PRESETS; ++i) {
    snprintf(self->name[i], sizeof(self->name[i]), "%.23s %s", words[i % 6], things[i / 6 % 5]);
    self->preset[i] = (FiqUiPreset){.name         = self->name[i],
                                    .category     = categories[i % 5],
                                    .tags         = i % 2 ? "slow wide" : "bright attack",
                                    .comment      = "A cloud that finds its chord.",
                                    .is_favourite = i % 7 == 0,
                                    .is_user      = i % 11 == 3};
  }
  self->model.presets = (FiqUiPresets){FIQ_FAKE_PRESETS, self->preset, 0, 1};
}

void fiq_ui_fake_init(FiqUiFake* self, FiqPluginKind plugin, uint32_t n_osc)
{
  FiqRandom        random;
  const FiqUiCalls calls = {.handle            = self,
                            .set               = set,
                            .touch             = touch,
                            .take_back         = take_back,
                            .learn_controller  = learn_controller,
                            .forget_controller = forget_controller,
                            .note              = note,
                            .wheel             = wheel,
                            .set_seed          = set_seed,
                            .set_words         = set_words,
                            .name_moment       = name_moment,
                            .call_moments      = call_moments,
                            .set_tuning        = set_tuning,
                            .select_preset     = select_preset,
                            .save_preset       = save_preset,
                            .delete_preset     = delete_preset,
                            .set_favourite     = set_favourite,
                            .set_zoom          = set_zoom,
                            .set_contrast      = set_contrast,
                            .set_cursor        = set_cursor,
                            .copy              = copy,
                            .ask_paste         = ask_paste};
  memset(self, 0, sizeof(*self));
  fiq_ui_model_init(&self->model, plugin, &calls);
  self->model.seed = 48213;
  self->n_osc      = n_osc;
  self->n_notes    = 4;
  self->taken_back = -1;
  self->selected   = -1;
  self->deleted    = -1;
  fill_presets(self);
  fiq_random_init(&random, 5, 0);
  for (uint32_t i = 0; i < n_osc; ++i) {
    self->start_hz[i] = 45.0f * powf(2.0f, 5.3f * fiq_random_uniform(&random));
    self->rate_rad[i] = 1.5f * fiq_random_normal(&random);
  }
}

static void set_meter(FiqUiFake* self, const char* symbol, float value)
{
  const int32_t row = fiq_ui_model_row(&self->model, symbol);
  if (row != FIQ_UI_NO_ROW) {
    self->model.value[row] = value;
  }
}

static void tell_oscillator(FiqUiFake* self, uint32_t i, double at_s, float share)
{
  FiqUiOscillators* const osc   = &self->model.telemetry.oscillators;
  const uint32_t          which = i % 4;
  const float             wobble =
      0.25f * (1.0f - share) * sinf((float)at_s * (1.0f + 0.01f * (float)i) + (float)i);
  const float octaves = (1.0f - share) * log2f(self->start_hz[i] / chord_hz[which]) + wobble;
  osc->hz[i]          = chord_hz[which] * powf(2.0f, octaves);
  osc->note[i]        = (uint8_t)which;
  osc->amplitude[i]   = 1.0f;
  osc->phase_rad[i]   = -0.6f + self->rate_rad[i] * (1.3f - share) +
                      6.0f * (1.0f - share) * sinf((float)at_s + (float)i);
}

static void tell_curve(FiqUiCurve* curve, float low_hz, float high_hz,
                       float (*at)(float share, float t), float t)
{
  curve->n       = 256;
  curve->low_hz  = low_hz;
  curve->high_hz = high_hz;
  for (uint32_t i = 0; i < curve->n; ++i) {
    curve->value[i] = at((float)i / 255.0f, t);
  }
}

static float spectrum_at(float share, float t)
{
  return -30.0f - 45.0f * share + 8.0f * sinf(30.0f * share + t) + 3.0f * sinf(131.0f * share);
}

static float learned_at(float share, float t)
{
  (void)t;
  return 2.6f * sinf(9.0f * share) + 0.8f * cosf(23.0f * share);
}

static float rotator_at(float share, float t)
{
  (void)t;
  return 3.1f * tanhf(12.0f * (0.4f - share)) - 3.1f;
}

/// The partner expects a step up from what sounds, or a third.
static void tell_chances(FiqUiTelemetry* told)
{
  static const uint8_t keys[6]   = {62, 64, 66, 67, 69, 74};
  static const float   chance[6] = {0.08f, 0.36f, 0.2f, 0.05f, 0.27f, 0.04f};
  memset(told->chance, 0, sizeof(told->chance));
  told->has_chances = true;
  for (int i = 0; i < 6; ++i) {
    told->chance[keys[i]] = chance[i];
  }
}

static void tell_realms(FiqUiRealms* realms, float t)
{
  realms->n_bands = 48;
  for (uint32_t i = 0; i < realms->n_bands; ++i) {
    const float share  = (float)i / 47.0f;
    realms->band_hz[i] = 40.0f * powf(400.0f, share);
    realms->phase_rad[i] =
        2.6f * sinf(9.0f * share) + 0.8f * cosf(23.0f * share) + 0.2f * sinf(t + (float)i);
    realms->delay_s[i]         = 0.001f * (1.0f + share);
    realms->group[i]           = (uint8_t)(i % 5 == 0 ? 0 : 1 + i / 13);
    realms->learned_hz[i]      = realms->band_hz[i];
    realms->learned_delay_s[i] = 0.0018f * sinf(0.37f * (float)i);
  }
  realms->n_learned = realms->n_bands;
  realms->spread_s  = 0.004f;
  tell_curve(&realms->rotator, 20.0f, 20000.0f, rotator_at, t);
  tell_curve(&realms->spectrum, 20.0f, 20000.0f, spectrum_at, t);
  tell_curve(&realms->learned, 40.0f, 16000.0f, learned_at, t);
  for (uint32_t k = 0; k < 3; ++k) {
    realms->transfer[k].n = 129;
    for (uint32_t i = 0; i < 129; ++i) {
      const float x                = (float)i / 64.0f - 1.0f;
      realms->transfer[k].value[i] = sinf((1.0f + (float)k) * 1.6f * x);
    }
  }
  for (uint32_t i = 0; i < 16; ++i) {
    realms->harmonic_db[i] = -4.5f * (float)i - (i % 2 ? 9.0f : 0.0f);
  }
  realms->before.n = realms->after.n = 200;
  for (uint32_t i = 0; i < 200; ++i) {
    realms->before.value[i] = 0.9f * expf(-0.03f * (float)i) * sinf(0.25f * (float)i);
    realms->after.value[i]  = 0.55f * expf(-0.015f * (float)i) * sinf(0.21f * (float)i + 0.6f);
  }
  for (uint32_t i = 0; i < FIQ_UI_FEATURES; ++i) {
    realms->feature[i] = 0.5f + 0.35f * sinf(0.7f * t + (float)i) * cosf(0.3f * t * (float)(i + 1));
  }
}

void fiq_ui_fake_tell(FiqUiFake* self, double at_s, double now_s)
{
  FiqUiTelemetry* const told  = &self->model.telemetry;
  const float           share = (float)(1.0 / (1.0 + exp(-2.2 * (at_s - 4.0))));
  told->oscillators.n         = self->n_osc;
  told->oscillators.n_all     = self->n_osc;
  told->notes.n               = self->n_notes;
  for (uint32_t k = 0; k < self->n_notes; ++k) {
    told->notes.hz[k]    = chord_hz[k % 4] * (1.0f + 0.013f * (float)(k / 4));
    told->notes.share[k] = 1.0f / (float)self->n_notes;
    told->notes.order[k] = share * (0.98f - 0.08f * (float)(k % 4));
  }
  for (uint32_t i = 0; i < self->n_osc; ++i) {
    tell_oscillator(self, i, at_s, share);
  }
  told->core.psi_rad   = -0.6f;
  told->core.mean      = 0.9f * share;
  told->core.zone_low  = 0.80f;
  told->core.zone_high = 0.95f;
  told->levels.out[0]  = 0.5f;
  told->levels.out[1]  = 0.6f;
  told->levels.in[0]   = 0.7f;
  told->levels.mono    = 0.4f;
  told->time_s         = now_s;
  tell_realms(&told->realms, (float)at_s);
  tell_chances(told);
  ++told->sequence;
  set_meter(self, "order", 0.1f + 0.77f * share);
  set_meter(self, "uncertainty", 0.9f - 0.45f * share);
  set_meter(self, "coupling_ratio", 1.57f);
  set_meter(self, "residual", 300.0f * (1.0f - share) + 0.006f);
  set_meter(self, "tone", 4.0f);
  set_meter(self, "learn_progress", 0.82f);
  set_meter(self, "learn_gain", 4.7f);
  set_meter(self, "learn_active", 1.0f);
  set_meter(self, "learn_delivered", 4.4f);
  set_meter(self, "match_error", -31.4f);
  set_meter(self, "latency", 3072.0f);
  told->realms.latency_s = 0.064f;
}
