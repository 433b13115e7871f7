// SPDX-License-Identifier: GPL-3.0-or-later
/**
   One preset in the form that lilv saves to and other hosts find: a folder NAME.preset.lv2 in ~/.lv2 with a manifest and
   a Turtle file of port values and state. Read by serd, so that presets saved by hosts are read too. All [ui].
*/
#ifndef FIQ_UI_PRESET_FILE_H
#define FIQ_UI_PRESET_FILE_H

#include "plugin/ui/page/model.h"

enum {
  FIQ_PRESET_STATES     = 3,   ///< phases, match, learned
  FIQ_PRESET_STATE_MAX  = 256, ///< floats of one
  FIQ_PRESET_TEXT_BYTES = 128,
  FIQ_PRESET_PATH_BYTES = 1024
};

/// What a preset sets.
typedef struct {
  float    value[FIQ_UI_ROWS_MAX]; ///< by row of fiq_params, NAN: not in it
  bool     has_seed;
  uint32_t seed;
  uint32_t n_state[FIQ_PRESET_STATES]; ///< floats of each, 0: not in it
  float    state[FIQ_PRESET_STATES][FIQ_PRESET_STATE_MAX];
} FiqPresetContent;

/// What it is called.
typedef struct {
  char name[FIQ_PRESET_TEXT_BYTES];
  char category[FIQ_PRESET_TEXT_BYTES];
  char tags[FIQ_PRESET_TEXT_BYTES];
  char comment[2 * FIQ_PRESET_TEXT_BYTES];
} FiqPresetText;

/// Last part of the URI of each state, behind "urn:fieldiq:".
extern const char* const fiq_preset_states[FIQ_PRESET_STATES];

/// A content that sets nothing.
void fiq_preset_content_clear(FiqPresetContent* content);

/// Read the file `path` of a preset for `plugin`; `content` may be NULL. False if it is none.
bool fiq_preset_file_read(const char* path, FiqPluginKind plugin, FiqPresetText* text,
                          FiqPresetContent* content);

/// Look for presets of `plugin` in the manifest of the folder: calls `found` with the path of each one's file.
void fiq_preset_manifest_read(const char* folder, FiqPluginKind                    plugin,
                              void (*found)(void* handle, const char* path), void* handle);

/// How many presets, of whatever plugin, the manifest of the folder names.
uint32_t fiq_preset_manifest_count(const char* folder);

/// Write the folder of a preset: manifest and file, each whole or not at all. Returns false, errno set, if it cannot.
bool fiq_preset_file_write(const char* folder, FiqPluginKind plugin, const FiqPresetText* text,
                           const FiqPresetContent* content);

#endif
