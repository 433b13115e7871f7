// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What pictures bring of the sound, kept for some seconds: from it the spectrum of the input, and the same moment
   before and after the plugin. All [ui].
*/
#ifndef FIQ_UI_SOUND_VIEW_H
#define FIQ_UI_SOUND_VIEW_H

#include "plugin/ui/page/model.h"

enum {
  FIQ_SOUND_RING   = 65536, ///< pairs of samples
  FIQ_SOUND_WINDOW = 4096   ///< of the spectrum
};

typedef struct {
  int16_t  pair[2 * FIQ_SOUND_RING]; ///< input, output; 8192 is full scale
  uint64_t n;                        ///< pairs so far
  float    rate_hz;
  uint64_t shown; ///< pair at which the last moment was chosen
  float    window[FIQ_SOUND_WINDOW];
  float    re[FIQ_SOUND_WINDOW];
  float    im[FIQ_SOUND_WINDOW];
} FiqSoundView;

void fiq_sound_view_init(FiqSoundView* self);

/// Take `n` pairs that follow one another.
void fiq_sound_view_add(FiqSoundView* self, const int16_t* pairs, uint32_t n, float rate_hz);

/// Spectrum of the last window of the input, Hann, dB of a sine of full scale; falls slowly from what `curve` has.
void fiq_sound_view_spectrum(FiqSoundView* self, FiqUiCurve* curve);

/// Twice a second: the loudest moment of the last second, before and `latency` pairs later after the plugin, both to
/// the same scale. Returns false, and leaves them, at other times and in silence.
bool fiq_sound_view_moment(FiqSoundView* self, uint32_t latency, FiqUiWave* before,
                           FiqUiWave* after);

#endif
