// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Moments that have names, as part of the state: their words, one a line, and the moments as floats. run() copies them when they
   have changed; save() takes the last copy.
*/
#include "plugin/instance.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = FIQ_NAMES_MAX * FIQ_NAME_BYTES };

static const float learned_before_s = 1e8f; // a name outlasts the clock of the memory

/// The body of an atom:Vector of all moments.
typedef struct {
  LV2_Atom_Vector_Body head;
  FiqMoment            moment[FIQ_NAMES_MAX];
} Moments;

FiqNamesState* fiq_names_state_new(void)
{
  FiqNamesState* const self = calloc(1, sizeof(FiqNamesState));
  if (self) {
    fiq_triple_buffer_init(&self->restored_turn);
    fiq_triple_buffer_init(&self->snapshot_turn);
    self->is_told = true; // a host expects none
  }
  return self;
}

void fiq_plugin_take_names(FiqPlugin* self)
{
  assert(self && self->kept.names);
  FiqNamesState* const names = self->kept.names;
  if (fiq_triple_buffer_receive(&names->restored_turn)) {
    const FiqKeptNames* const kept = &names->restored[names->restored_turn.reading];
    fiq_engine_set_names(self->engine, &kept->names);
    names->restore = kept->restore;
  }
}

void fiq_plugin_publish_names(FiqPlugin* self)
{
  assert(self && self->kept.names);
  FiqNamesState* const        names = self->kept.names;
  const FiqMomentNames* const now   = fiq_engine_names(self->engine);
  if (now->generation != names->generation) {
    names->generation         = now->generation;
    names->is_told            = now->n == 0 && names->n_known == 0;
    names->n_known            = now->n;
    FiqKeptNames* const draft = &names->snapshot[names->snapshot_turn.writing];
    draft->names              = *now;
    draft->restore            = names->restore;
    fiq_triple_buffer_send(&names->snapshot_turn);
  }
}

/// The names, one a line; their length.
static uint32_t write_lines(const FiqMomentNames* names, char text[TEXT_BYTES])
{
  uint32_t at = 0;
  for (uint32_t i = 0; i < names->n; ++i) {
    const uint32_t length = (uint32_t)strlen(names->named[i].name);
    memcpy(text + at, names->named[i].name, length);
    at += length;
    text[at++] = i + 1 < names->n ? '\n' : '\0';
  }
  text[at > 0 ? at - 1 : 0] = '\0';
  return at > 0 ? at - 1 : 0;
}

bool fiq_plugin_write_names(FiqPlugin* self, uint32_t which)
{
  assert(self);
  (void)which;
  LV2_Atom_Forge* const forge = &self->forge;
  char                  text[TEXT_BYTES];
  const uint32_t        length = write_lines(fiq_engine_names(self->engine), text);
  LV2_Atom_Forge_Frame  object;
  return lv2_atom_forge_frame_time(forge, 0) &&
         lv2_atom_forge_object(forge, &object, 0, self->urids.patch_set) &&
         lv2_atom_forge_key(forge, self->urids.patch_property) &&
         lv2_atom_forge_urid(forge, self->urids.moment_names) &&
         lv2_atom_forge_key(forge, self->urids.patch_value) &&
         lv2_atom_forge_string(forge, text, length) && (lv2_atom_forge_pop(forge, &object), true);
}

LV2_State_Status fiq_plugin_save_names(FiqPlugin* self, LV2_State_Store_Function store,
                                       LV2_State_Handle handle)
{
  assert(self && store);
  FiqNamesState* const names = self->kept.names;
  (void)fiq_triple_buffer_receive(&names->snapshot_turn);
  const FiqKeptNames* const played = &names->snapshot[names->snapshot_turn.reading];
  const FiqKeptNames* const kept =
      played->restore == names->last_restored.restore ? played : &names->last_restored;
  const uint32_t n = kept->names.n;
  if (n == 0) {
    return LV2_STATE_SUCCESS;
  }
  const uint32_t how = LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE;
  char           text[TEXT_BYTES];
  Moments        moments = {.head = {sizeof(float), self->urids.atom_float}};
  const uint32_t length  = write_lines(&kept->names, text);
  for (uint32_t i = 0; i < n; ++i) {
    moments.moment[i] = kept->names.named[i].moment;
  }
  const LV2_State_Status status =
      store(handle, self->urids.moment_names, text, length + 1, self->urids.atom_string, how);
  return status ? status
                : store(handle, self->urids.named_moments, &moments,
                        sizeof moments.head + n * sizeof(FiqMoment), self->urids.atom_vector, how);
}

/// Bind the lines of `text` to the moments in order; those that cannot be are left out.
static void read_lines(FiqMomentNames* names, const char* text, size_t n_bytes,
                       const FiqMoment* moments, uint32_t n)
{
  size_t at = 0;
  for (uint32_t i = 0; i < n && at < n_bytes; ++i) {
    const char* const end    = memchr(text + at, '\n', n_bytes - at);
    const size_t      length = end ? (size_t)(end - text) - at : n_bytes - at;
    if (fiq_moment_is_legal(&moments[i], learned_before_s)) {
      (void)fiq_moment_names_bind(names, text + at, length, &moments[i]);
    }
    at += length + 1;
  }
}

LV2_State_Status fiq_plugin_restore_names(FiqPlugin* self, LV2_State_Retrieve_Function retrieve,
                                          LV2_State_Handle handle)
{
  assert(self && retrieve);
  FiqNamesState* const names = self->kept.names;
  FiqKeptNames* const  last  = &names->last_restored;
  Moments              moments;
  size_t               n_bytes = 0;
  size_t               size    = 0;
  uint32_t             type    = 0;
  uint32_t             kind    = 0;
  uint32_t             how     = 0;
  const char* const    text    = retrieve(handle, self->urids.moment_names, &n_bytes, &type, &how);
  const void* const    body    = retrieve(handle, self->urids.named_moments, &size, &kind, &how);
  if ((text && type != self->urids.atom_string) || (body && kind != self->urids.atom_vector)) {
    return LV2_STATE_ERR_BAD_TYPE;
  }
  fiq_moment_names_clear(&last->names);
  if (text && body && size >= sizeof moments.head && size <= sizeof moments) {
    memset(&moments, 0, sizeof moments);
    memcpy(&moments, body, size);
    const uint32_t n = (uint32_t)((size - sizeof moments.head) / sizeof(FiqMoment));
    if (moments.head.child_type == self->urids.atom_float) {
      read_lines(&last->names, text, strnlen(text, n_bytes), moments.moment, n);
    }
  }
  ++last->restore;
  names->restored[names->restored_turn.writing] = *last;
  fiq_triple_buffer_send(&names->restored_turn);
  return LV2_STATE_SUCCESS;
}
