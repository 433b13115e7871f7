// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/glue/ui_state.h"

#include <lv2/atom/util.h>

#include <string.h>

static LV2_Atom_Forge* begin_message(FiqUi* self)
{
  lv2_atom_forge_set_buffer(&self->forge, self->message.bytes, sizeof(self->message.bytes));
  return &self->forge;
}

/// Hand what was forged to the plugin's `port`.
static void send_message(FiqUi* self, uint32_t port)
{
  self->host.write(self->host.controller, port, lv2_atom_total_size(&self->message.atom),
                   self->urids.atom_event_transfer, &self->message.atom);
}

void fiq_ui_ask(FiqUi* self, LV2_URID property)
{
  LV2_Atom_Forge* const forge = begin_message(self);
  LV2_Atom_Forge_Frame  object;
  lv2_atom_forge_object(forge, &object, 0, self->urids.patch_get);
  if (property) {
    lv2_atom_forge_key(forge, self->urids.patch_property);
    lv2_atom_forge_urid(forge, property);
  }
  lv2_atom_forge_pop(forge, &object);
  forge->stack = NULL; // it held the address of what ends here
  send_message(self, self->control_port);
}

static void begin_telling(FiqUi* self, LV2_Atom_Forge_Frame* object, LV2_URID property)
{
  LV2_Atom_Forge* const forge = begin_message(self);
  lv2_atom_forge_object(forge, object, 0, self->urids.patch_set);
  lv2_atom_forge_key(forge, self->urids.patch_property);
  lv2_atom_forge_urid(forge, property);
  lv2_atom_forge_key(forge, self->urids.patch_value);
}

static void end_telling(FiqUi* self, LV2_Atom_Forge_Frame* object)
{
  lv2_atom_forge_pop(&self->forge, object);
  self->forge.stack = NULL;
  send_message(self, self->control_port);
}

void fiq_ui_tell_long(FiqUi* self, LV2_URID property, int64_t value)
{
  LV2_Atom_Forge_Frame object;
  begin_telling(self, &object, property);
  lv2_atom_forge_long(&self->forge, value);
  end_telling(self, &object);
}

void fiq_ui_tell_path(FiqUi* self, LV2_URID property, const char* path)
{
  LV2_Atom_Forge_Frame object;
  begin_telling(self, &object, property);
  lv2_atom_forge_path(&self->forge, path, (uint32_t)strlen(path));
  end_telling(self, &object);
}

void fiq_ui_tell_text(FiqUi* self, LV2_URID property, const char* text)
{
  LV2_Atom_Forge_Frame object;
  begin_telling(self, &object, property);
  lv2_atom_forge_string(&self->forge, text, (uint32_t)strlen(text));
  end_telling(self, &object);
}

void fiq_ui_tell_floats(FiqUi* self, LV2_URID property, const float* value, uint32_t n)
{
  LV2_Atom_Forge_Frame object;
  begin_telling(self, &object, property);
  lv2_atom_forge_vector(&self->forge, sizeof(float), self->urids.atom_float, n, value);
  end_telling(self, &object);
}

void fiq_ui_play(FiqUi* self, uint8_t status, uint8_t data1, uint8_t data2)
{
  const uint8_t         bytes[] = {status, data1, data2};
  LV2_Atom_Forge* const forge   = begin_message(self);
  lv2_atom_forge_atom(forge, sizeof(bytes), self->urids.midi_event);
  lv2_atom_forge_write(forge, bytes, sizeof(bytes));
  send_message(self, self->midi_port);
}

/// The plugin tells a part of its state, for a preset that is being saved.
static void take_state(FiqUi* self, LV2_URID name, const LV2_Atom* value)
{
  const LV2_Atom_Vector* const vector = (const LV2_Atom_Vector*)(const void*)value;
  for (uint32_t i = 0; i < FIQ_PRESET_STATES; ++i) {
    const bool fits = name == self->urids.state[i] && value->type == self->urids.atom_vector &&
                      value->size >= sizeof(vector->body) &&
                      vector->body.child_type == self->urids.atom_float;
    const size_t n = fits ? (value->size - sizeof(vector->body)) / sizeof(float) : 0;
    if (fits && n <= FIQ_PRESET_STATE_MAX && self->saving.is_waiting) {
      self->saving.content.n_state[i] = (uint32_t)n;
      memcpy(self->saving.content.state[i], &vector->body + 1, n * sizeof(float));
      self->saving.missing &= ~(1u << i);
    }
  }
}

/// Copy the text, as far as there is room.
static void copy_text(char* to, uint32_t n_bytes, const LV2_Atom* value)
{
  const uint32_t n = value->size < n_bytes - 1 ? value->size : n_bytes - 1;
  memcpy(to, value + 1, n);
  to[n] = '\0';
}

/// Which controllers move parameters, or what waits for one.
static void take_controllers(FiqUi* self, LV2_URID name, const LV2_Atom* value)
{
  const char* const   text = (const char*)(value + 1);
  const FiqPluginKind kind = self->model.plugin;
  if (name == self->urids.controllers) {
    fiq_controllers_read(&self->model.controllers, kind, text, value->size);
  } else {
    self->model.learning = fiq_controllers_row(kind, text, strnlen(text, value->size));
  }
}

/// What the plugin plays over its ports: the program, then port and value of each control.
static void take_overlay(FiqUi* self, const LV2_Atom* value)
{
  const LV2_Atom_Vector* const vector = (const LV2_Atom_Vector*)(const void*)value;
  const size_t                 head   = sizeof(vector->body);
  float                        pair[2];
  bool                         is_over[FIQ_UI_ROWS_MAX] = {false};
  float                        over[FIQ_UI_ROWS_MAX]    = {0.0f};
  if (value->size < head + sizeof(float) || vector->body.child_type != self->urids.atom_float) {
    return;
  }
  memcpy(&pair[0], &vector->body + 1, sizeof(float));
  self->program = (int32_t)pair[0];
  for (size_t at = head + sizeof(float); at + sizeof(pair) <= value->size; at += sizeof(pair)) {
    memcpy(pair, (const char*)&vector->body + at, sizeof(pair));
    const bool    fits = pair[0] >= 0.0f && pair[0] < (float)FIQ_UI_PORTS_MAX;
    const int32_t row  = fits ? self->row_of_port[(uint32_t)pair[0]] : FIQ_UI_NO_ROW;
    if (row != FIQ_UI_NO_ROW) {
      is_over[row] = true;
      over[row]    = pair[1];
    }
  }
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (fiq_ui_model_shows(&self->model, row)) {
      fiq_ui_model_lay_over(&self->model, row, is_over[row], over[row]);
    }
  }
}

static void take_property(FiqUi* self, const LV2_Atom_Object* object)
{
  const LV2_Atom* property = NULL;
  const LV2_Atom* value    = NULL;
  // clang-format off
  lv2_atom_object_get(object,
    self->urids.patch_property, &property,
    self->urids.patch_value, &value,
    0);
  // clang-format on
  if (!property || !value || property->type != self->urids.atom_urid) {
    return;
  }
  const FiqUiUrids* const urids   = &self->urids;
  const LV2_URID          name    = ((const LV2_Atom_URID*)(const void*)property)->body;
  const bool              is_text = value->type == urids->atom_string;
  if (name == urids->seed && value->type == urids->atom_long) {
    self->model.seed = (uint32_t)((const LV2_Atom_Long*)(const void*)value)->body;
  } else if (name == urids->tuning && value->type == urids->atom_path &&
             value->size < sizeof(self->model.tuning)) {
    copy_text(self->model.tuning, sizeof(self->model.tuning), value);
  } else if (name == urids->words && is_text) {
    copy_text(self->model.words, sizeof(self->model.words), value);
  } else if (name == urids->moment_names && is_text) {
    copy_text(self->model.moments, sizeof(self->model.moments), value);
  } else if ((name == urids->controllers || name == urids->learn_controller) && is_text) {
    take_controllers(self, name, value);
  } else if (name == urids->laid_over && value->type == urids->atom_vector) {
    take_overlay(self, value);
  } else {
    take_state(self, name, value);
  }
}

void fiq_ui_hear(FiqUi* self, const LV2_Atom* atom, uint32_t size_bytes)
{
  const LV2_Atom_Object* const object = (const LV2_Atom_Object*)(const void*)atom;
  if (size_bytes < sizeof(LV2_Atom) || size_bytes < lv2_atom_total_size(atom) ||
      !lv2_atom_forge_is_object_type(&self->forge, atom->type) ||
      atom->size < sizeof(LV2_Atom_Object_Body)) {
    return;
  }
  if (object->body.otype == self->urids.patch_set) {
    take_property(self, object);
  } else {
    (void)fiq_picture_reader_take(&self->reader, object, &self->model, fiq_ui_now_s());
  }
}
