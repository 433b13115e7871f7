// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The factory presets of presets.def as data. A preset names only what differs from the
   defaults; its value for everything else is the default.
*/
#ifndef FIQ_PRESETS_H
#define FIQ_PRESETS_H

#include "plugin/params.h"

typedef struct {
  const char* symbol; ///< NULL ends the list
  float       value;  ///< in the port's unit
} FiqSetting;

typedef struct {
  FiqPluginKind     plugin;   ///< that it was made for
  const char*       slug;     ///< last part of the URI
  const char*       label;    ///< what the user sees
  const char*       category; ///< one word
  const char*       tags;     ///< words with a space between
  const char*       comment;
  const FiqSetting* settings;
} FiqPreset;

extern const FiqPreset fiq_presets[];
extern const uint32_t  fiq_n_presets;

/// True for the rows that a preset of `plugin` stores: all controls but the host's own.  [any]
bool fiq_preset_holds(const FiqParam* param, FiqPluginKind plugin);

/**
   True if `plugin` can use the preset: it is the one that it was made for, or one of that kind which has all that decides.
   What it has not may be an amount (how wide), which is left out, but no choice other than the default.  [any]
*/
bool fiq_preset_suits(const FiqPreset* preset, FiqPluginKind plugin);

/// The control of that name, or NULL.  [any]
const FiqParam* fiq_preset_param(FiqPluginKind plugin, const char* symbol);

/// The preset that is `number` among those that suit `plugin`, as programs pick them, or NULL.  [any]
const FiqPreset* fiq_preset_program(FiqPluginKind plugin, uint32_t number);

/// Value of `param` in the preset.  [any]
float fiq_preset_value(const FiqPreset* preset, const FiqParam* param);

#endif
