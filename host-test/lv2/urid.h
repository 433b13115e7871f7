// SPDX-License-Identifier: GPL-3.0-or-later
/**
   URIs as small integers (lv2 urid:map and urid:unmap). Numbers start at 1 in the order of
   first use and never change. Plugins may ask from any thread. O(number of URIs) per
   question, which is asked during setup.
*/
#ifndef FIQ_URID_H
#define FIQ_URID_H

#include <lv2/urid/urid.h>

#include <pthread.h>
#include <stdbool.h>

typedef struct {
  pthread_mutex_t lock;
  char**          uris; ///< [n_uris], URID i + 1
  uint32_t        n_uris;
  LV2_URID_Map    map;   ///< feature data for the plugin
  LV2_URID_Unmap  unmap; ///< feature data for the plugin
} FiqUrid;

/// An empty table; `self` must not move afterwards.  [setup]
bool fiq_urid_init(FiqUrid* self);

/// Release the table; every URID and URI string of it is void.  [setup]
void fiq_urid_free(FiqUrid* self);

/// URI of `urid`, valid until free; NULL when there is none.  [any but audio]
const char* fiq_urid_uri(FiqUrid* self, LV2_URID urid);

/// URID of `uri`, new if need be; 0 when memory is short.  [any but audio]
LV2_URID fiq_urid(FiqUrid* self, const char* uri);

#endif
