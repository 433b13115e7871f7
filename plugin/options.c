// SPDX-License-Identifier: GPL-3.0-or-later
/*
   The host's announced block length. The engine takes any length at any time, so it is
   advice: it is logged at the start, kept up to date, and told to whoever asks.
*/
#include "plugin/instance.h"

#include <assert.h>
#include <string.h>

uint32_t fiq_plugin_read_options(FiqPlugin* self, const LV2_Options_Option* option)
{
  assert(self);
  uint32_t status = LV2_OPTIONS_SUCCESS;
  for (; option && option->key; ++option) {
    if (option->key != self->urids.max_block_length) {
      status |= LV2_OPTIONS_ERR_BAD_KEY;
    } else if (option->type != self->urids.atom_int || option->size != sizeof(int32_t) ||
               !option->value || *(const int32_t*)option->value <= 0) {
      status |= LV2_OPTIONS_ERR_BAD_VALUE;
    } else {
      self->max_block_frames = *(const int32_t*)option->value;
    }
  }
  return status;
}

static uint32_t get(LV2_Handle instance, LV2_Options_Option* options)
{
  assert(instance && options);
  FiqPlugin* const self   = instance;
  uint32_t         status = LV2_OPTIONS_SUCCESS;
  for (LV2_Options_Option* option = options; option->key; ++option) {
    if (option->key == self->urids.max_block_length && self->max_block_frames > 0) {
      option->type  = self->urids.atom_int;
      option->size  = sizeof(int32_t);
      option->value = &self->max_block_frames;
    } else {
      status |= LV2_OPTIONS_ERR_BAD_KEY;
    }
  }
  return status;
}

static uint32_t set(LV2_Handle instance, const LV2_Options_Option* options)
{
  assert(instance && options);
  return fiq_plugin_read_options(instance, options);
}

const void* fiq_options_extension(const char* uri)
{
  assert(uri);
  static const LV2_Options_Interface options = {get, set};
  return strcmp(uri, LV2_OPTIONS__interface) ? NULL : &options;
}
