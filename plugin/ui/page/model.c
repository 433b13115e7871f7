// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/model.h"

#include "dsp/base/maths.h"
#include "dsp/base/random.h"

#include <assert.h>
#include <string.h>

void fiq_ui_model_init(FiqUiModel* self, FiqPluginKind plugin, const FiqUiCalls* calls)
{
  assert(self && calls && fiq_n_params <= FIQ_UI_ROWS_MAX);
  memset(self, 0, sizeof(*self));
  self->plugin          = plugin;
  self->calls           = *calls;
  self->held            = FIQ_UI_NO_ROW;
  self->learning        = FIQ_UI_NO_ROW;
  self->zoom            = 100;
  self->presets.current = -1;
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    self->value[row]     = fiq_params[row].fallback;
    self->port[row]      = fiq_params[row].fallback;
    self->effective[row] = NAN;
  }
}

int32_t fiq_ui_model_row(const FiqUiModel* self, const char* symbol)
{
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (fiq_param_in(&fiq_params[row], self->plugin) &&
        strcmp(fiq_params[row].symbol, symbol) == 0) {
      return (int32_t)row;
    }
  }
  return FIQ_UI_NO_ROW;
}

static bool keep(FiqUiModel* self, uint32_t row, float value)
{
  const bool is_same = memcmp(&self->value[row], &value, sizeof(value)) == 0;
  self->value[row]   = value;
  self->changes[row] += is_same ? 0 : 1;
  return !is_same;
}

void fiq_ui_model_heard(FiqUiModel* self, uint32_t row, float value)
{
  assert(row < fiq_n_params);
  if (!isfinite(value)) {
    return;
  }
  // A port that moves takes the control over; one that a host says again does not.
  const bool is_news = memcmp(&self->port[row], &value, sizeof(value)) != 0;
  self->port[row]    = value;
  self->is_over[row] = self->is_over[row] && !is_news;
  if (self->held != (int32_t)row && !self->is_over[row]) {
    keep(self, row, value);
  }
}

void fiq_ui_model_lay_over(FiqUiModel* self, uint32_t row, bool is_over, float value)
{
  assert(row < fiq_n_params && !fiq_param_is_meter(&fiq_params[row]));
  const bool was_over = self->is_over[row];
  self->is_over[row]  = is_over;
  if (self->held != (int32_t)row && (is_over || was_over)) {
    keep(self, row, is_over ? fiq_param_clamp(&fiq_params[row], value) : self->port[row]);
  }
}

void fiq_ui_model_moved(FiqUiModel* self, uint32_t row, float value)
{
  assert(row < fiq_n_params);
  const FiqParam* const param  = &fiq_params[row];
  const float           little = 0.002f * (param->maximum - param->minimum);
  const float           own    = self->value[row];
  const bool            is_log = param->kind == FIQ_KIND_LOG && param->minimum > 0.0f;
  const bool            moves  = is_log ? fabsf(logf(fmaxf(value, param->minimum) / own)) > 0.01f
                                        : fabsf(value - own) > little;
  self->effective[row]         = moves ? fiq_clamp(value, param->minimum, param->maximum) : NAN;
}

void fiq_ui_model_set(FiqUiModel* self, uint32_t row, float value)
{
  assert(row < fiq_n_params && !fiq_param_is_meter(&fiq_params[row]));
  const float legal    = fiq_param_clamp(&fiq_params[row], value);
  const bool  was_over = self->is_over[row];
  if (keep(self, row, legal) || was_over) {
    self->port[row]    = legal;
    self->is_over[row] = false;
    self->calls.set(self->calls.handle, row, legal);
  }
  if (was_over) {
    // A port that has the value already does not move, which would take the control over.
    self->calls.take_back(self->calls.handle, row, legal);
  }
}

void fiq_ui_model_hold(FiqUiModel* self, uint32_t row)
{
  if (self->held != (int32_t)row) {
    fiq_ui_model_let_go(self);
    self->held = (int32_t)row;
    self->calls.touch(self->calls.handle, row, true);
  }
}

void fiq_ui_model_let_go(FiqUiModel* self)
{
  if (self->held != FIQ_UI_NO_ROW) {
    const uint32_t row = (uint32_t)self->held;
    self->held         = FIQ_UI_NO_ROW;
    self->calls.touch(self->calls.handle, row, false);
  }
}

bool fiq_ui_model_shows(const FiqUiModel* self, uint32_t row)
{
  const FiqParam* const param = &fiq_params[row];
  return fiq_param_in(param, self->plugin) && !fiq_param_is_meter(param) &&
         param->kind != FIQ_KIND_FREEWHEEL;
}

static void fill_slot(FiqUiModel* self, uint32_t slot)
{
  FiqUiSlot* const to = &self->slots[slot];
  to->is_filled       = true;
  to->seed            = self->seed;
  memcpy(to->value, self->value, sizeof(to->value));
}

void fiq_ui_model_select_slot(FiqUiModel* self, uint32_t slot)
{
  assert(slot < FIQ_UI_SLOTS);
  if (slot == self->slot) {
    return;
  }
  fill_slot(self, self->slot);
  self->slot = slot;
  if (!self->slots[slot].is_filled) {
    fill_slot(self, slot);
    return;
  }
  const FiqUiSlot* const from = &self->slots[slot];
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (fiq_ui_model_shows(self, row) && fiq_params[row].kind != FIQ_KIND_ENABLED) {
      fiq_ui_model_set(self, row, from->value[row]);
    }
  }
  if (from->seed != self->seed) {
    self->seed = from->seed;
    self->calls.set_seed(self->calls.handle, from->seed);
  }
}

void fiq_ui_model_copy_slot(FiqUiModel* self)
{
  fill_slot(self, 1 - self->slot);
}

/// Rows that a chance step may move: sound, and neither levels nor what is costly or forgets something.
static bool varies(const FiqUiModel* self, uint32_t row)
{
  const FiqParam* const param = &fiq_params[row];
  const bool            moves = param->kind == FIQ_KIND_LINEAR || param->kind == FIQ_KIND_LOG ||
                     param->kind == FIQ_KIND_INTEGER;
  const bool level = param->unit == FIQ_UNIT_LEVEL || param->group == FIQ_GROUP_OUTPUT ||
                     param->group == FIQ_GROUP_LINK || param->unit == FIQ_UNIT_NOTE ||
                     param->unit == FIQ_UNIT_SEMITONE;
  return fiq_ui_model_shows(self, row) && moves && !level && !self->is_locked[row];
}

void fiq_ui_model_vary(FiqUiModel* self, float size, uint32_t random)
{
  assert(size >= 0.0f && size <= 1.0f);
  FiqRandom stream;
  fiq_random_init(&stream, random, 0);
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    // One draw for each row, so that a lock leaves the others' steps alone.
    const float step = size * (2.0f * fiq_random_uniform(&stream) - 1.0f);
    if (!varies(self, row)) {
      continue;
    }
    const FiqParam* const param = &fiq_params[row];
    const float           now   = self->value[row];
    const float           next  = param->kind == FIQ_KIND_LOG
                                      ? now * powf(param->maximum / param->minimum, step)
                                      : now + step * (param->maximum - param->minimum);
    fiq_ui_model_set(self, row, next);
  }
}
