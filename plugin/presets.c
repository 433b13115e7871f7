// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/presets.h"

#include <assert.h>
#include <string.h>

#define FIQ_PRESET(plugin, id, slug, label, category, tags, comment, ...)                          \
  static const FiqSetting settings_##plugin##_##id[] = {__VA_ARGS__, {NULL, 0.0f}};
#include "plugin/presets.def"

const FiqPreset fiq_presets[] = {
#define FIQ_PRESET(plugin, id, slug, label, category, tags, comment, ...)                          \
  {FIQ_PLUGIN_##plugin, slug, label, category, tags, comment, settings_##plugin##_##id},
#include "plugin/presets.def"
};

const uint32_t fiq_n_presets = sizeof(fiq_presets) / sizeof(fiq_presets[0]);

bool fiq_preset_holds(const FiqParam* param, FiqPluginKind plugin)
{
  assert(param && plugin < FIQ_N_PLUGINS);
  return fiq_param_in(param, plugin) && !fiq_param_is_meter(param) &&
         param->kind != FIQ_KIND_ENABLED && param->kind != FIQ_KIND_FREEWHEEL;
}

const FiqParam* fiq_preset_param(FiqPluginKind plugin, const char* symbol)
{
  assert(symbol && plugin < FIQ_N_PLUGINS);
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (fiq_preset_holds(&fiq_params[row], plugin) && !strcmp(fiq_params[row].symbol, symbol)) {
      return &fiq_params[row];
    }
  }
  return NULL;
}

bool fiq_preset_suits(const FiqPreset* preset, FiqPluginKind plugin)
{
  assert(preset && plugin < FIQ_N_PLUGINS);
  if ((plugin == FIQ_PLUGIN_SWARM) != (preset->plugin == FIQ_PLUGIN_SWARM)) {
    return false;
  }
  for (const FiqSetting* setting = preset->settings; setting->symbol; ++setting) {
    const FiqParam* const made_for = fiq_preset_param(preset->plugin, setting->symbol);
    const FiqParam* const param    = fiq_preset_param(plugin, setting->symbol);
    const bool            decides  = made_for && fiq_param_is_choice(made_for);
    if (param ? setting->value > param->maximum || setting->value < param->minimum : decides) {
      return false;
    }
  }
  return true;
}

const FiqPreset* fiq_preset_program(FiqPluginKind plugin, uint32_t number)
{
  assert(plugin < FIQ_N_PLUGINS);
  for (uint32_t i = 0; i < fiq_n_presets; ++i) {
    if (fiq_preset_suits(&fiq_presets[i], plugin) && number-- == 0) {
      return &fiq_presets[i];
    }
  }
  return NULL;
}

float fiq_preset_value(const FiqPreset* preset, const FiqParam* param)
{
  assert(preset && param);
  for (const FiqSetting* setting = preset->settings; setting->symbol; ++setting) {
    if (!strcmp(setting->symbol, param->symbol)) {
      return setting->value;
    }
  }
  return param->fallback;
}
