// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Properties of a plugin that are no ports (lv2 patch:writable): files, texts and numbers, named by URIs and sent as
   messages.
*/
#ifndef FIQ_LV2_PROPERTIES_H
#define FIQ_LV2_PROPERTIES_H

#include "host-test/lv2/lv2_host.h"

typedef struct {
  char* uri;
  char* label;   ///< "" when there is none
  char* comment; ///< "" when there is none
  const char*
           type; ///< "path", "text", "uri", "bool", "int", "long", "float", "double"; NULL: another
  LV2_URID type_id; ///< of an atom of that type
  float    minimum; ///< -INFINITY when not given
  float    maximum; ///< INFINITY when not given
} FiqProperty;

typedef struct {
  FiqProperty* properties; ///< [n] by URI
  uint32_t     n;
} FiqProperties;

/// Describe those of the plugin of `host`; false when memory is short.  [setup]
bool fiq_properties_init(FiqProperties* self, FiqHost* host);

void fiq_properties_free(FiqProperties* self);

/// Send what `text`, "URI=VALUE", says with the next block; a file is named by any path. Says what is wrong, and which
/// properties there are.  [any but audio]
bool fiq_property_set(FiqHost* host, const char* text);

/// Whether any of `sets` [n], SYMBOL=VALUE or URI=VALUE, is of a property.  [any]
bool fiq_properties_asked(const char* const* sets, uint32_t n);

#endif
