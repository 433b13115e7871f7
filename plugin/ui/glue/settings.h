// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What the windows remember for all instances, sessions and hosts: zoom, contrast, favourite presets. One text file,
   $XDG_CONFIG_HOME/fieldiq/window (~/.config where that is not set), a word and its value a line; written whole
   or not at all, read anew before each change, so that windows of other programs lose nothing. All [ui].
*/
#ifndef FIQ_UI_SETTINGS_H
#define FIQ_UI_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

enum { FIQ_UI_FAVOURITES_MAX = 512, FIQ_UI_KEY_BYTES = 160 };

typedef struct {
  uint32_t zoom; ///< percent, 0 where nobody has chosen one
  bool     high_contrast;
  uint32_t n_favourites;
  char     favourite[FIQ_UI_FAVOURITES_MAX][FIQ_UI_KEY_BYTES]; ///< keys of presets
} FiqUiSettings;

/// What is remembered; nothing is if there is no file.
void fiq_ui_settings_read(FiqUiSettings* self);

/// Change one thing of what is remembered. False, and nothing is changed, if it cannot be written.
bool fiq_ui_settings_set_zoom(FiqUiSettings* self, uint32_t zoom);
bool fiq_ui_settings_set_contrast(FiqUiSettings* self, bool high);
bool fiq_ui_settings_set_favourite(FiqUiSettings* self, const char* key, bool on);

bool fiq_ui_settings_is_favourite(const FiqUiSettings* self, const char* key);

/// Make the folders on the way to the file `path`, as far as they are missing.
bool fiq_ui_make_folders(const char* path);

#endif
