// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Where plugins are found: the bundle beside this very build or installation first, then
   LV2_PATH (or its default). Knows our plugins by short names.
*/
#ifndef FIQ_LV2_WORLD_H
#define FIQ_LV2_WORLD_H

#include <lilv/lilv.h>

#include <stdbool.h>

#define FIQ_BUNDLE_NAME "fieldiq.lv2"

/// All that is installed, with our own bundle in front; NULL when memory is short.  [setup]
LilvWorld* fiq_world_new(void);

/// Plugin by short name ("realms", "swarm") or URI; else says the nearest names and returns NULL.
const LilvPlugin* fiq_world_plugin(LilvWorld* world, const char* name);

/// Print short names, URIs and names of all that is installed on stdout; else says why and returns false.  [setup]
bool fiq_world_list(void);

#endif
