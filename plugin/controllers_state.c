// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Controllers that move parameters, in hosts that have no learning of their own as well: the next controller that is moved
   is learned, then it lays its value over the parameter's port at its frame. Kept in the state as text.
*/
#include "plugin/instance.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const float full = 127.0f;

FiqControllersState* fiq_controllers_state_new(LV2_URID_Map* map)
{
  assert(map);
  FiqControllersState* const self = calloc(1, sizeof(FiqControllersState));
  if (self) {
    fiq_triple_buffer_init(&self->restored_turn);
    fiq_triple_buffer_init(&self->snapshot_turn);
    self->key          = map->map(map->handle, "urn:fieldiq:controllers");
    self->learn_key    = map->map(map->handle, "urn:fieldiq:learn-controller");
    self->learning     = FIQ_NO_CONTROLLER;
    self->is_published = true;
    self->is_told      = true;
  }
  return self;
}

/// There is another map, or something else is being learned.
static void renew(FiqControllersState* self)
{
  assert(self);
  self->is_published = false;
  self->is_told      = false;
}

// ---- moving ----

static void move_control(FiqPlugin* self, uint32_t row, uint8_t value)
{
  assert(row < fiq_n_params && value <= 127);
  for (uint32_t i = 0; i < self->n_controls; ++i) {
    if (self->row_of_control[i] == row) {
      fiq_plugin_lay_over(self, i, fiq_param_at(&fiq_params[row], (float)value / full));
    }
  }
}

bool fiq_plugin_take_controller(FiqPlugin* self, const uint8_t* message, uint32_t size_bytes)
{
  assert(self && message && self->kept.controllers);
  FiqControllersState* const state = self->kept.controllers;
  FiqControllers* const      map   = &state->played.map;
  if (size_bytes < 3 || message[0] >> 4 != 0xb || message[1] > 127 || message[2] > 127) {
    return false;
  }
  const uint32_t channel = message[0] & 15u;
  const uint32_t number  = message[1];
  if (state->learning != FIQ_NO_CONTROLLER && fiq_controller_can_move(number)) {
    (void)fiq_controllers_add(
        map, (FiqController){(uint8_t)channel, (uint8_t)number, (uint16_t)state->learning});
    state->learning = FIQ_NO_CONTROLLER;
    renew(state);
  }
  const int32_t entry = fiq_controllers_of(map, channel, number);
  if (entry != FIQ_NO_CONTROLLER) {
    move_control(self, map->entry[entry].row, message[2]);
  }
  return entry != FIQ_NO_CONTROLLER;
}

bool fiq_plugin_set_controllers(FiqPlugin* self, LV2_URID name, const char* text,
                                uint32_t size_bytes)
{
  assert(self && self->kept.controllers);
  FiqControllersState* const state = self->kept.controllers;
  if (name == state->key) {
    fiq_controllers_read(&state->played.map, self->kind, text, size_bytes);
    renew(state);
  } else if (name == state->learn_key) {
    state->learning = fiq_controllers_row(self->kind, text, strnlen(text, size_bytes));
    renew(state);
  }
  return name == state->key || name == state->learn_key;
}

// ---- telling and keeping ----

bool fiq_plugin_write_controllers(FiqPlugin* self, uint32_t which)
{
  assert(self);
  const FiqControllersState* const state = self->kept.controllers;
  LV2_Atom_Forge* const            forge = &self->forge;
  char                             text[FIQ_CONTROLLERS_TEXT_BYTES];
  const bool                       waits = state->learning != FIQ_NO_CONTROLLER;
  const char* const what = which == 0 ? text : waits ? fiq_params[state->learning].symbol : "";
  (void)fiq_controllers_write(&state->played.map, text);
  LV2_Atom_Forge_Frame object;
  return lv2_atom_forge_frame_time(forge, 0) &&
         lv2_atom_forge_object(forge, &object, 0, self->urids.patch_set) &&
         lv2_atom_forge_key(forge, self->urids.patch_property) &&
         lv2_atom_forge_urid(forge, which == 0 ? state->key : state->learn_key) &&
         lv2_atom_forge_key(forge, self->urids.patch_value) &&
         lv2_atom_forge_string(forge, what, (uint32_t)strlen(what)) &&
         (lv2_atom_forge_pop(forge, &object), true);
}

void fiq_plugin_take_controllers(FiqPlugin* self)
{
  assert(self && self->kept.controllers);
  FiqControllersState* const state = self->kept.controllers;
  if (fiq_triple_buffer_receive(&state->restored_turn)) {
    state->played   = state->restored[state->restored_turn.reading];
    state->learning = FIQ_NO_CONTROLLER;
    renew(state);
  }
}

void fiq_plugin_publish_controllers(FiqPlugin* self)
{
  assert(self && self->kept.controllers);
  FiqControllersState* const state = self->kept.controllers;
  if (!state->is_published) {
    state->is_published                           = true;
    state->snapshot[state->snapshot_turn.writing] = state->played;
    fiq_triple_buffer_send(&state->snapshot_turn);
  }
}

LV2_State_Status fiq_plugin_save_controllers(FiqPlugin* self, LV2_State_Store_Function store,
                                             LV2_State_Handle handle)
{
  assert(self && store);
  FiqControllersState* const state = self->kept.controllers;
  (void)fiq_triple_buffer_receive(&state->snapshot_turn);
  const FiqKeptControllers* const played = &state->snapshot[state->snapshot_turn.reading];
  const FiqKeptControllers* const kept =
      played->restore == state->last_restored.restore ? played : &state->last_restored;
  char           text[FIQ_CONTROLLERS_TEXT_BYTES];
  const uint32_t n = fiq_controllers_write(&kept->map, text);
  return n > 0 ? store(handle, state->key, text, n + 1, self->urids.atom_string,
                       LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE)
               : LV2_STATE_SUCCESS;
}

LV2_State_Status fiq_plugin_restore_controllers(FiqPlugin*                  self,
                                                LV2_State_Retrieve_Function retrieve,
                                                LV2_State_Handle            handle)
{
  assert(self && retrieve);
  FiqControllersState* const state   = self->kept.controllers;
  size_t                     n_bytes = 0;
  uint32_t                   type    = 0;
  uint32_t                   how     = 0;
  const char* const          text    = retrieve(handle, state->key, &n_bytes, &type, &how);
  if (text && type != self->urids.atom_string) {
    return LV2_STATE_ERR_BAD_TYPE;
  }
  if (text) {
    fiq_controllers_read(&state->last_restored.map, self->kind, text, n_bytes);
    ++state->last_restored.restore;
    state->restored[state->restored_turn.writing] = state->last_restored;
    fiq_triple_buffer_send(&state->restored_turn);
  }
  return LV2_STATE_SUCCESS;
}
