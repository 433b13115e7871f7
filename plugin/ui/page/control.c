// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/control.h"

#include "plugin/ui/page/param_text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

FiqRange fiq_control_range(const FiqParam* param)
{
  const bool is_smooth = param->kind == FIQ_KIND_LINEAR || param->kind == FIQ_KIND_LOG;
  return (FiqRange){.minimum  = (double)param->minimum,
                    .fallback = (double)param->fallback,
                    .maximum  = (double)param->maximum,
                    .is_log =
                        (param->kind == FIQ_KIND_LOG || param->kind == FIQ_KIND_COUNT_HEAVY) &&
                        param->minimum > 0.0f,
                    .is_whole = !is_smooth};
}

// ---- what is dimmed ----

typedef enum { IS, IS_NOT, AT_MOST } Test;

/// `symbols` do nothing while `other` passes the test.
typedef struct {
  uint32_t    plugins; ///< FIQ_IN_* bits
  const char* symbols; ///< with a space on both sides
  const char* other;
  Test        test;
  float       value;
  const char* why;
} Dimming;

enum { R = FIQ_IN_R, S = FIQ_IN_S, B = FIQ_IN_B };

static const Dimming dimmings[] = {
    {B, " voices threshold ", "source", IS, 0, "Does nothing now: Source is Synthesis."},
    {B, " order_low order_high uncertainty_aim ", "regulator", IS, 0,
     "Does nothing now: Regulator is off."},
    {B, " recall_age ", "recall", AT_MOST, 0, "Does nothing now: Recall is 0."},
    {B, " goal_target ", "goal", IS, 0, "Does nothing now: Goal is off."},
    {B, " link_role link_strength ", "link", AT_MOST, 0, "Does nothing now: Link is 0."},
    {B, " prime_limit just_root ", "just", AT_MOST, 0, "Does nothing now: Just intonation is 0."},
    {B, " root_note ", "chord", IS, 0, "Does nothing now: Chord is off."},
    {B, " anneal ", "anneal_sync", IS_NOT, 0, "Does nothing now: Anneal sync sets the time."},
    {B, " core_rate ", "sync", IS_NOT, 0, "Does nothing now: Sync sets the rate."},
    {S, " stereo_rate ", "stereo_motion", AT_MOST, 0, "Does nothing now: Stereo motion is 0."},
    {S, " core_rate core_spread core_size ", "sway", AT_MOST, 0, "Not heard now: Sway is 0."},
    {S,
     " filter_cutoff filter_slope filter_resonance filter_key_track filter_velocity "
     "filter_envelope ",
     "filter_type", IS, 0, "Does nothing now: Filter is off."},
    {S, " odd_even tilt stretch partial_primes ", "partials", AT_MOST, 1,
     "Does nothing now: there is one partial."},
    {R, " drive match match_hold ", "realm", IS, 1, "Does nothing now: the realm is Spectral."},
    {R, " window bands coherence objective ", "realm", IS, 0,
     "Does nothing now: the realm is Temporal."},
    {R, " learn learn_clear ", "objective", IS, 0, "Does nothing now: Objective is off."},
    {R, " swarm_follow oscillators detune partials tilt stereo ", "swarm_level", AT_MOST, -60,
     "Not heard now: Swarm level is off."},
};

static bool names(const char* symbols, const char* symbol)
{
  const size_t n = strlen(symbol);
  for (const char* at = strstr(symbols, symbol); at; at = strstr(at + 1, symbol)) {
    if (at[-1] == ' ' && at[n] == ' ') {
      return true;
    }
  }
  return false;
}

static bool passes(const Dimming* dimming, float value)
{
  const bool same = fabsf(value - dimming->value) < 1e-6f;
  return dimming->test == IS ? same
                             : (dimming->test == IS_NOT ? !same : value <= dimming->value + 1e-6f);
}

const char* fiq_control_why(const FiqUiModel* model, uint32_t row)
{
  const uint32_t plugin = 1u << model->plugin;
  for (size_t i = 0; i < sizeof(dimmings) / sizeof(dimmings[0]); ++i) {
    const Dimming* const dimming = &dimmings[i];
    if ((dimming->plugins & plugin) && names(dimming->symbols, fiq_params[row].symbol)) {
      const int32_t other = fiq_ui_model_row(model, dimming->other);
      if (other != FIQ_UI_NO_ROW && passes(dimming, model->value[other])) {
        return dimming->why;
      }
    }
  }
  return NULL;
}

// ---- what the widgets ask ----

static void changed(void* handle, uint32_t row, double value)
{
  FiqControls* const self = handle;
  fiq_ui_model_set(self->model, row, (float)value);
}

static void touched(void* handle, uint32_t row, bool held)
{
  FiqControls* const self = handle;
  if (held) {
    fiq_ui_model_hold(self->model, row);
  } else {
    fiq_ui_model_let_go(self->model);
  }
}

static void format(void* handle, uint32_t row, double value, char* text, size_t n_bytes)
{
  (void)handle;
  fiq_param_format(&fiq_params[row], (float)value, text, n_bytes);
}

/// One change, begun and ended.
static void set_once(FiqControls* self, uint32_t row, float value)
{
  fiq_ui_model_hold(self->model, row);
  fiq_ui_model_set(self->model, row, value);
  fiq_ui_model_let_go(self->model);
}

static void typed(void* handle, const char* text)
{
  FiqControls* const self  = handle;
  float              value = 0.0f;
  if (fiq_param_parse(&fiq_params[self->row], text, &value)) {
    set_once(self, self->row, value);
  }
}

static void type_in(void* handle, uint32_t row, FiqRect rect, const char* first)
{
  FiqControls* const self = handle;
  char               text[FIQ_VALUE_TEXT_BYTES];
  self->row = row;
  fiq_param_format(&fiq_params[row], self->model->value[row], text, sizeof(text));
  fiq_entry_open(self->entry, rect, first[0] ? first : text, first[0] != '\0', self, typed);
}

static void chosen(void* handle, uint32_t item)
{
  FiqControls* const self = handle;
  set_once(self, self->row, (float)item);
}

static void list(void* handle, uint32_t row, FiqRect rect)
{
  FiqControls* const self = handle;
  uint32_t           n    = 0;
  while (fiq_params[row].points[n]) {
    ++n;
  }
  self->row = row;
  fiq_menu_open(self->menu, rect, fiq_params[row].points, n, (int32_t)self->model->value[row], self,
                chosen);
}

enum { ITEM_RESET, ITEM_LOCK, ITEM_TYPE, ITEM_LEARN, ITEM_FORGET };

_Static_assert((int)ITEM_FORGET + 1 == (int)FIQ_CONTROL_ITEMS_MAX, "a place for each item");

static void menu_chosen(void* handle, uint32_t item)
{
  FiqControls* const      self  = handle;
  const FiqUiCalls* const calls = &self->model->calls;
  switch (self->meant[item]) {
  case ITEM_RESET:
    set_once(self, self->row, fiq_params[self->row].fallback);
    break;
  case ITEM_LOCK:
    self->model->is_locked[self->row] = !self->model->is_locked[self->row];
    break;
  case ITEM_TYPE:
    type_in(self, self->row, self->typed, "");
    break;
  case ITEM_LEARN:
    self->learn(self->handle, self->row);
    break;
  default:
    calls->forget_controller(calls->handle, self->row);
    break;
  }
}

static uint32_t add_item(FiqControls* self, uint32_t n, uint32_t meant, const char* text)
{
  assert(n < FIQ_CONTROL_ITEMS_MAX);
  self->meant[n] = meant;
  self->item[n]  = text;
  return n + 1;
}

static void menu(void* handle, uint32_t row, double x, double y)
{
  FiqControls* const    self  = handle;
  const FiqValue* const value = self->control[row];
  uint32_t              n     = add_item(self, 0, ITEM_RESET, "Reset");
  self->row                   = row;
  self->typed                 = value ? value->text_rect : (FiqRect){x, y, 80.0, 20.0};
  n                           = add_item(self, n, ITEM_LOCK,
               self->model->is_locked[row] ? "Let Vary change it" : "Lock against Vary");
  if (value && !fiq_params[row].points && value->text_rect.width > 0.0) {
    n = add_item(self, n, ITEM_TYPE, "Type a value");
  }
  if (self->learn) {
    n = add_item(self, n, ITEM_LEARN, "Learn MIDI controller");
  }
  if (fiq_controllers_for(&self->model->controllers, row) != FIQ_NO_CONTROLLER) {
    n = add_item(self, n, ITEM_FORGET, "Forget MIDI controller");
  }
  fiq_menu_open(self->menu, (FiqRect){x, y, 0.0, 0.0}, self->item, n, -1, self, menu_chosen);
}

// ---- making them ----

static void copy_text(void* handle, const char* text)
{
  FiqControls* const self = handle;
  self->model->calls.copy(self->model->calls.handle, text);
}

static void ask_paste(void* handle)
{
  FiqControls* const self = handle;
  self->model->calls.ask_paste(self->model->calls.handle);
}

bool fiq_controls_init(FiqControls* self, FiqStage* stage, FiqUiModel* model)
{
  assert(self && stage && model);
  memset(self, 0, sizeof(*self));
  self->stage = stage;
  self->model = model;
  self->entry = fiq_entry_new(stage);
  self->menu  = fiq_menu_new(stage);
  if (self->entry) {
    self->entry->copy      = copy_text;
    self->entry->ask_paste = ask_paste;
  }
  return self->entry && self->menu;
}

static FiqValue* new_choice(FiqControls* self, const FiqParam* param, const FiqValueOwner* owner)
{
  uint32_t n = 0;
  while (param->points && param->points[n]) {
    ++n;
  }
  FiqChoice* const choice = fiq_choice_new(self->stage, self->label[owner->id], param->points, n,
                                           fiq_control_range(param), *owner);
  if (!choice) {
    return NULL;
  }
  self->width[owner->id] = fiq_choice_width(choice);
  return &choice->value;
}

static FiqValue* new_knob(FiqControls* self, const FiqParam* param, const FiqValueOwner* owner,
                          FiqHue hue)
{
  FiqKnob* const knob =
      fiq_knob_new(self->stage, self->label[owner->id], fiq_control_range(param), *owner);
  if (!knob) {
    return NULL;
  }
  const double label     = fiq_text_width(self->label[owner->id], 11.0, FIQ_TEXT_REGULAR) + 8.0;
  self->width[owner->id] = fmin(fmax(label, 68.0), 120.0);
  knob->hue              = hue;
  return &knob->value;
}

/// The name, without what the section says already.
static void write_label(char* label, const char* name, const char* prefix)
{
  const size_t n    = strlen(prefix);
  const bool   cuts = strncmp(name, prefix, n) == 0 && name[n] == ' ';
  snprintf(label, FIQ_CONTROL_LABEL_BYTES, "%s", cuts ? name + n + 1 : name);
  label[0] = (char)(label[0] >= 'a' && label[0] <= 'z' ? label[0] - 32 : label[0]);
}

bool fiq_controls_add(FiqControls* self, uint32_t row, FiqHue hue, const char* prefix)
{
  assert(row < fiq_n_params && !self->control[row]);
  const FiqParam* const param     = &fiq_params[row];
  const FiqValueOwner   owner     = {self, row, changed, touched, format, type_in, list, menu};
  const bool            is_choice = param->points || param->kind == FIQ_KIND_TOGGLE;
  write_label(self->label[row], param->name, prefix);
  FiqValue* const value =
      is_choice ? new_choice(self, param, &owner) : new_knob(self, param, &owner, hue);
  if (!value) {
    return false;
  }
  value->base.name   = param->name;
  value->base.tip    = param->comment;
  self->control[row] = value;
  return true;
}

void fiq_controls_refresh(FiqControls* self)
{
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    FiqValue* const value = self->control[row];
    if (value && value->base.is_shown) {
      fiq_value_show(value, (double)self->model->value[row], (double)self->model->effective[row]);
      fiq_value_lock(value, self->model->is_locked[row]);
      fiq_widget_disable(&value->base, fiq_control_why(self->model, row));
    }
  }
}
