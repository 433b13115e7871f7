// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Presets and saved states. A state is one Turtle file, or a folder NAME.lv2 that other hosts
   find as a preset when it lies on LV2_PATH.
*/
#ifndef FIQ_LV2_STATE_H
#define FIQ_LV2_STATE_H

#include "host-test/lv2/lv2_host.h"

/// Receives one preset.
typedef void (*FiqPresetFunc)(void* data, const char* label, const char* uri);

/// Hand all presets to `receive`, sorted by label.  [setup]
void fiq_state_each_preset(const FiqHost* host, FiqPresetFunc receive, void* data);

/// Print the labels of all presets on stdout, one a line, sorted.  [setup]
void fiq_state_print_presets(const FiqHost* host);

/// Write the file that holds the preset with this label or URI to `path` [n_bytes]; false when there is none.  [setup]
bool fiq_state_preset_file(const FiqHost* host, const char* name, char* path, size_t n_bytes);

/// Load the preset with this label (case ignored), URI, or path; else says the nearest labels.
bool fiq_state_load_preset(FiqHost* host, const char* name);

/// Load the state that the plugin's description brings, where it asks for that (state:loadDefaultState); says what is
/// wrong.  [setup]
bool fiq_state_load_default(FiqHost* host);

/// Load a state file or folder; says what is wrong.  [setup]
bool fiq_state_load(FiqHost* host, const char* path);

/// Save parameters and the plugin's own state to a file, or a folder if `path` ends in .lv2.
bool fiq_state_save(FiqHost* host, const char* path);

#endif
