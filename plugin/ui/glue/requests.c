// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/glue/ui_state.h"

#include "dsp/base/maths.h"
#include "plugin/presets.h"

#include <stdio.h>
#include <string.h>

static const double saving_s = 1.0; // that the plugin has to tell its state

static void set(void* handle, uint32_t row, float value)
{
  FiqUi* const self = handle;
  self->host.write(self->host.controller, self->port_of_row[row], sizeof(value), 0, &value);
}

static void touch(void* handle, uint32_t row, bool held)
{
  FiqUi* const self = handle;
  if (self->host.touch && self->host.touch->touch) {
    self->host.touch->touch(self->host.touch->handle, self->port_of_row[row], held);
  }
}

static void take_back(void* handle, uint32_t row, float value)
{
  FiqUi* const self    = handle;
  const float  pair[2] = {(float)self->port_of_row[row], value};
  fiq_ui_tell_floats(self, self->urids.laid_over, pair, 2);
}

static void learn_controller(void* handle, int32_t row)
{
  FiqUi* const self    = handle;
  self->model.learning = row;
  fiq_ui_tell_text(self, self->urids.learn_controller,
                   row == FIQ_UI_NO_ROW ? "" : fiq_params[row].symbol);
}

static void forget_controller(void* handle, uint32_t row)
{
  FiqUi* const self = handle;
  char         text[FIQ_CONTROLLERS_TEXT_BYTES];
  fiq_controllers_forget(&self->model.controllers, row);
  (void)fiq_controllers_write(&self->model.controllers, text);
  fiq_ui_tell_text(self, self->urids.controllers, text);
}

static void note(void* handle, uint8_t key, uint8_t velocity)
{
  fiq_ui_play(handle, velocity > 0 ? 0x90 : 0x80, key & 0x7f, velocity & 0x7f);
}

static void wheel(void* handle, uint32_t which, float value)
{
  if (which == 0) {
    const uint32_t bend = (uint32_t)fiq_clamp(8192.0f + 8191.5f * value, 0.0f, 16383.0f);
    fiq_ui_play(handle, 0xe0, (uint8_t)(bend % 128), (uint8_t)(bend / 128));
  } else {
    fiq_ui_play(handle, 0xb0, 1, (uint8_t)fiq_clamp(127.5f * value, 0.0f, 127.0f));
  }
}

static void set_seed(void* handle, uint32_t seed)
{
  FiqUi* const self = handle;
  self->model.seed  = seed & 0x7fffffffu;
  fiq_ui_tell_long(self, self->urids.seed, (int64_t)self->model.seed);
}

static void set_words(void* handle, const char* words)
{
  FiqUi* const self = handle;
  if (strlen(words) < sizeof(self->model.words)) {
    strcpy(self->model.words, words);
    fiq_ui_tell_text(self, self->urids.words, words);
  }
}

static void name_moment(void* handle, const char* word)
{
  FiqUi* const self = handle;
  fiq_ui_tell_text(self, self->urids.name_moment, word);
}

static void call_moments(void* handle, const char* names)
{
  FiqUi* const self = handle;
  fiq_ui_tell_text(self, self->urids.moment, names);
}

static void set_tuning(void* handle, const char* path)
{
  FiqUi* const self = handle;
  if (strlen(path) < sizeof(self->model.tuning)) {
    strcpy(self->model.tuning, path);
    fiq_ui_tell_path(self, self->urids.tuning, path);
  }
}

static void select_preset(void* handle, uint32_t entry)
{
  FiqUi* const            self    = handle;
  FiqPresetContent* const content = &self->loaded;
  if (!fiq_preset_store_load(self->store, entry, content)) {
    return;
  }
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqParam* const param = &fiq_params[row];
    if (isfinite(content->value[row]) && param->kind != FIQ_KIND_ENABLED &&
        param->kind != FIQ_KIND_FREEWHEEL) {
      fiq_ui_model_set(&self->model, row, content->value[row]);
    }
  }
  if (content->has_seed) {
    set_seed(self, content->seed);
  }
  for (int i = 0; i < FIQ_PRESET_STATES; ++i) {
    if (content->n_state[i] > 0) {
      fiq_ui_tell_floats(self, self->urids.state[i], content->state[i], content->n_state[i]);
    }
  }
  self->model.presets.current = (int32_t)entry;
  self->program_entry         = -1;
}

void fiq_ui_show_program(FiqUi* self)
{
  FiqUiPresets* const presets = &self->model.presets;
  if (self->program == self->program_shown) {
    return;
  }
  self->program_shown = self->program;
  if (self->program >= 0) {
    const FiqPreset* const preset = fiq_preset_program(self->model.plugin, (uint32_t)self->program);
    self->program_entry           = preset ? fiq_preset_store_find(self->store, preset->label) : -1;
    presets->current              = self->program_entry;
  } else if (self->program_entry >= 0 && presets->current == self->program_entry) {
    // The host has another sound now, whose name it does not tell.
    presets->current = -1;
  }
}

static void scan(FiqUi* self, const char* current)
{
  char name[FIQ_PRESET_TEXT_BYTES];
  snprintf(name, sizeof(name), "%s", current);
  fiq_preset_store_scan(self->store, &self->settings, &self->model.presets);
  self->model.presets.current = fiq_preset_store_find(self->store, name);
}

static const char* current_name(const FiqUi* self)
{
  const FiqUiPresets* const presets = &self->model.presets;
  return presets->current >= 0 && (uint32_t)presets->current < presets->n
             ? presets->entry[presets->current].name
             : "";
}

static void save_preset(void* handle, const char* name, const char* category, const char* tags)
{
  FiqUi* const       self   = handle;
  FiqUiSaving* const saving = &self->saving;
  memset(&saving->text, 0, sizeof(saving->text));
  snprintf(saving->text.name, sizeof(saving->text.name), "%s", name);
  snprintf(saving->text.tags, sizeof(saving->text.tags), "%s", tags);
  for (size_t i = 0; category[i] && i < sizeof(saving->text.category) - 1; ++i) {
    const char c = category[i]; // it becomes part of a URI
    saving->text.category[i] =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
  }
  fiq_preset_content_clear(&saving->content);
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqParam* const param = &fiq_params[row];
    if (fiq_ui_model_shows(&self->model, row) && param->kind != FIQ_KIND_ENABLED) {
      saving->content.value[row] = self->model.value[row];
    }
  }
  saving->content.has_seed = true;
  saving->content.seed     = self->model.seed;
  saving->is_waiting       = name[0] != '\0';
  saving->missing          = (1u << FIQ_PRESET_STATES) - 1;
  saving->until_s          = fiq_ui_now_s() + saving_s;
  for (int i = 0; i < FIQ_PRESET_STATES; ++i) {
    fiq_ui_ask(self, self->urids.state[i]);
  }
}

void fiq_ui_go_on_saving(FiqUi* self)
{
  FiqUiSaving* const saving = &self->saving;
  if (!saving->is_waiting || (saving->missing && fiq_ui_now_s() < saving->until_s)) {
    return;
  }
  saving->is_waiting = false;
  if (fiq_preset_store_save(self->store, &saving->text, &saving->content)) {
    scan(self, saving->text.name);
  }
}

static void delete_preset(void* handle, uint32_t entry)
{
  FiqUi* const self = handle;
  if (fiq_preset_store_delete(self->store, entry)) {
    scan(self, (int32_t)entry == self->model.presets.current ? "" : current_name(self));
  }
}

static void set_favourite(void* handle, uint32_t entry, bool on)
{
  FiqUi* const self = handle;
  fiq_ui_settings_set_favourite(&self->settings, fiq_preset_store_key(self->store, entry), on);
  scan(self, current_name(self));
}

static void set_zoom(void* handle, uint32_t percent)
{
  FiqUi* const self  = handle;
  uint32_t     width = 0;
  uint32_t     height;
  self->model.zoom = percent;
  fiq_ui_settings_set_zoom(&self->settings, percent);
  fiq_ui_wanted_size(self, &width, &height);
  fiq_ui_window_resize(self->window, width, height, width, height);
  if (self->host.resize) {
    self->host.resize->ui_resize(self->host.resize->handle, (int)width, (int)height);
  }
  fiq_ui_fit(self);
}

static void set_contrast(void* handle, bool high)
{
  FiqUi* const self         = handle;
  self->model.high_contrast = high;
  fiq_ui_settings_set_contrast(&self->settings, high);
}

static void set_cursor(void* handle, uint32_t cursor)
{
  fiq_ui_window_set_cursor(((FiqUi*)handle)->window, (FiqUiCursor)cursor);
}

static void copy(void* handle, const char* text)
{
  fiq_ui_window_copy(((FiqUi*)handle)->window, text);
}

static void ask_paste(void* handle)
{
  fiq_ui_window_ask_paste(((FiqUi*)handle)->window);
}

FiqUiCalls fiq_ui_calls(FiqUi* self)
{
  return (FiqUiCalls){.handle            = self,
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
}
