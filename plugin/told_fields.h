// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Numbers of a struct as properties of an atom:Object, by a table: what telemetry_port.c and picture_port.c write.
*/
#ifndef FIQ_TOLD_FIELDS_H
#define FIQ_TOLD_FIELDS_H

#include "plugin/instance.h"

typedef enum {
  FIQ_TOLD_REAL,
  FIQ_TOLD_WHOLE,
  FIQ_TOLD_PLACE,
  FIQ_TOLD_REALS,
  FIQ_TOLD_WHOLES
} FiqToldKind;

/// One property: where it lies, and for a vector where its length lies, or its length.
typedef struct {
  const char* name; ///< behind urn:fieldiq:
  FiqToldKind kind;
  size_t      offset;
  size_t      n_offset; ///< 0: `n` is fixed
  uint32_t    n;
} FiqToldField;

/// Map the names of `fields` [n] to `key` [n].  [setup]
void fiq_told_map(LV2_URID_Map* map, const FiqToldField* fields, uint32_t n, LV2_URID* key);

/// Forge the properties `fields` [n] of the struct at `base`; false if they do not fit.  [audio]
bool fiq_told_write(FiqPlugin* self, const FiqToldField* fields, uint32_t n, const LV2_URID* key,
                    const void* base);

#endif
