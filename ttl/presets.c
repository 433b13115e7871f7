// SPDX-License-Identifier: GPL-3.0-or-later
#include "ttl/presets.h"

#include <string.h>

#define FIQ_PRESET(plugin, id, slug, label, comment, ...)                                          \
  static const FiqSetting settings_##plugin##_##id[] = {__VA_ARGS__, {NULL, 0.0f}};
#include "ttl/presets.def"

const FiqPreset fiq_presets[] = {
#define FIQ_PRESET(plugin, id, slug, label, comment, ...)                                          \
  {FIQ_PLUGIN_##plugin, slug, label, comment, settings_##plugin##_##id},
#include "ttl/presets.def"
};

const uint32_t fiq_n_presets = sizeof(fiq_presets) / sizeof(fiq_presets[0]);

bool fiq_preset_holds(const FiqParam* param, FiqPluginKind plugin)
{
  return fiq_param_in(param, plugin) && !fiq_param_is_meter(param) &&
         param->kind != FIQ_KIND_ENABLED && param->kind != FIQ_KIND_FREEWHEEL;
}

const FiqParam* fiq_preset_param(FiqPluginKind plugin, const char* symbol)
{
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (fiq_preset_holds(&fiq_params[row], plugin) && !strcmp(fiq_params[row].symbol, symbol)) {
      return &fiq_params[row];
    }
  }
  return NULL;
}

float fiq_preset_value(const FiqPreset* preset, const FiqParam* param)
{
  for (const FiqSetting* setting = preset->settings; setting->symbol; ++setting) {
    if (!strcmp(setting->symbol, param->symbol)) {
      return setting->value;
    }
  }
  return param->fallback;
}
