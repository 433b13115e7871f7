// SPDX-License-Identifier: GPL-3.0-or-later
#include "ttl/preset_sound.h"

#include <assert.h>

static void set_params(const FiqPreset* preset, FiqEngineParams* params)
{
  fiq_params_default(FIQ_PLUGIN_SWARM, params);
  params->freewheel = true;
  for (const FiqSetting* setting = preset->settings; setting->symbol; ++setting) {
    const FiqParam* const param = fiq_preset_param(FIQ_PLUGIN_SWARM, setting->symbol);
    if (param) {
      fiq_param_store(param, params, setting->value);
    }
  }
}

/// Build what the parameters want before sound starts.
static bool build_parts(FiqEngine* engine, const FiqEngineConfig* config,
                        const FiqEngineParams* params)
{
  FiqPartOrder order;
  while (fiq_engine_wants(engine, params, &order)) {
    FiqPart* const part = fiq_part_new(config, &order);
    if (!part) {
      return false;
    }
    fiq_engine_install(engine, part);
    fiq_engine_reset(engine, params);
    for (FiqPart* old = fiq_engine_take_retired_part(engine); old;
         old          = fiq_engine_take_retired_part(engine)) {
      fiq_part_free(old);
    }
  }
  return true;
}

bool fiq_preset_sound(const FiqPreset* preset, float* const channel[FIQ_CHANNELS])
{
  assert(preset && preset->plugin == FIQ_PLUGIN_SWARM);
  const uint8_t         strike[] = {0x90, FIQ_PRESET_SOUND_KEY, 100};
  const FiqEngineConfig config   = {
        .sample_rate_hz = FIQ_PRESET_SOUND_RATE_HZ, .seed = 1, .with_worker = true};
  FiqEngine* const engine = fiq_engine_new(&config);
  FiqEngineParams  params;
  set_params(preset, &params);
  if (engine) {
    fiq_engine_reset(engine, &params);
  }
  const bool is_built = engine && build_parts(engine, &config, &params);
  if (is_built) {
    fiq_engine_midi(engine, strike, sizeof strike);
    fiq_engine_process(engine, &params, NULL, NULL, channel, FIQ_PRESET_SOUND_FRAMES);
  }
  fiq_engine_free(engine);
  return is_built;
}
