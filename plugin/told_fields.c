// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/told_fields.h"

#include <assert.h>
#include <string.h>

void fiq_told_map(LV2_URID_Map* map, const FiqToldField* fields, uint32_t n, LV2_URID* key)
{
  assert(map && fields && key);
  static const char prefix[] = "urn:fieldiq:";
  for (uint32_t i = 0; i < n; ++i) {
    char uri[64];
    memcpy(uri, prefix, sizeof(prefix) - 1);
    strncpy(uri + sizeof(prefix) - 1, fields[i].name, sizeof(uri) - sizeof(prefix));
    uri[sizeof(uri) - 1] = '\0';
    key[i]               = map->map(map->handle, uri);
  }
}

static uint32_t length_of(const FiqToldField* field, const void* base)
{
  assert(field && base);
  uint32_t n = field->n;
  if (field->n_offset) {
    memcpy(&n, (const char*)base + field->n_offset, sizeof(n));
  }
  return n;
}

static bool write_field(FiqPlugin* self, const FiqToldField* field, const void* base)
{
  assert(self && field && base);
  LV2_Atom_Forge* const forge = &self->forge;
  const char* const     at    = (const char*)base + field->offset;
  const uint32_t        n     = length_of(field, base);
  float                 real  = 0.0f;
  int32_t               whole = 0;
  uint64_t              place = 0;
  switch (field->kind) {
  case FIQ_TOLD_REAL:
    memcpy(&real, at, sizeof(real));
    return lv2_atom_forge_float(forge, real) != 0;
  case FIQ_TOLD_WHOLE:
    memcpy(&whole, at, sizeof(whole));
    return lv2_atom_forge_int(forge, whole) != 0;
  case FIQ_TOLD_PLACE:
    memcpy(&place, at, sizeof(place));
    return lv2_atom_forge_long(forge, (int64_t)place) != 0;
  case FIQ_TOLD_REALS:
    return lv2_atom_forge_vector(forge, sizeof(float), self->urids.atom_float, n, at) != 0;
  case FIQ_TOLD_WHOLES:
    return lv2_atom_forge_vector(forge, sizeof(int32_t), self->urids.atom_int, n, at) != 0;
  }
  return false;
}

bool fiq_told_write(FiqPlugin* self, const FiqToldField* fields, uint32_t n, const LV2_URID* key,
                    const void* base)
{
  assert(self && fields && key);
  bool ok = true;
  for (uint32_t i = 0; i < n && ok; ++i) {
    ok = lv2_atom_forge_key(&self->forge, key[i]) && write_field(self, &fields[i], base);
  }
  return ok;
}
