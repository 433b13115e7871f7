// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A note of a preset of the Swarm, as the plugin would play it offline with the seed 1.
*/
#ifndef FIQ_PRESET_SOUND_H
#define FIQ_PRESET_SOUND_H

#include "plugin/presets.h"

enum {
  FIQ_PRESET_SOUND_KEY     = 55,
  FIQ_PRESET_SOUND_RATE_HZ = 48000,
  FIQ_PRESET_SOUND_FRAMES  = 3 * 48000
};

/// Hold the key FIQ_PRESET_SOUND_KEY for all of `channel` [FIQ_CHANNELS][FIQ_PRESET_SOUND_FRAMES]; false without memory.  [setup]
bool fiq_preset_sound(const FiqPreset* preset, float* const channel[FIQ_CHANNELS]);

#endif
