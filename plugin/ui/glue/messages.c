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
  const LV2_URID name = ((const LV2_Atom_URID*)(const void*)property)->body;
  if (name == self->urids.seed && value->type == self->urids.atom_long) {
    self->model.seed = (uint32_t)((const LV2_Atom_Long*)(const void*)value)->body;
  } else if (name == self->urids.tuning && value->type == self->urids.atom_path &&
             value->size < sizeof(self->model.tuning)) {
    memcpy(self->model.tuning, value + 1, value->size);
    self->model.tuning[value->size] = '\0';
  } else if (name == self->urids.words && value->type == self->urids.atom_string) {
    const uint32_t most = (uint32_t)sizeof(self->model.words) - 1;
    const uint32_t n    = value->size < most ? value->size : most;
    memcpy(self->model.words, value + 1, n);
    self->model.words[n] = '\0';
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
