// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The presets that a window offers: those of the bundle, which stand in the window's own binary, and those that the user
   saved, from here or from any host, in ~/.lv2. All [ui].
*/
#ifndef FIQ_UI_PRESET_STORE_H
#define FIQ_UI_PRESET_STORE_H

#include "plugin/ui/glue/preset_file.h"
#include "plugin/ui/glue/settings.h"

typedef struct FiqPresetStore FiqPresetStore;

/// The bundle's presets for `plugin`, and once it has looked for them the user's; NULL if memory is short.
FiqPresetStore* fiq_preset_store_new(FiqPluginKind plugin);
void            fiq_preset_store_free(FiqPresetStore* self);

/// Look for the user's presets, sort all by category and name, mark favourites; `list` is as new.
void fiq_preset_store_scan(FiqPresetStore* self, const FiqUiSettings* settings, FiqUiPresets* list);

/// What the preset sets; false if its file is gone or broken.
bool fiq_preset_store_load(const FiqPresetStore* self, uint32_t entry, FiqPresetContent* content);

/// Save a preset of the user's; one of that name is replaced. `list` is as new after a scan. False if it cannot.
bool fiq_preset_store_save(FiqPresetStore* self, const FiqPresetText* text,
                           const FiqPresetContent* content);

/// Delete one of the user's.
bool fiq_preset_store_delete(FiqPresetStore* self, uint32_t entry);

/// By what a favourite is remembered.
const char* fiq_preset_store_key(const FiqPresetStore* self, uint32_t entry);

/// Entry of the name, the user's first, or -1.
int32_t fiq_preset_store_find(const FiqPresetStore* self, const char* name);

#endif
