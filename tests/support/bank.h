// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The factory presets as a test plays them, and what a listener's meter says of a sound.
*/
#ifndef FIQ_BANK_H
#define FIQ_BANK_H

#include "tests/support/fixture.h"
#include "plugin/presets.h"

/// Set every control to what the preset says.
void bank_load(Fixture* self, const FiqPreset* preset);

/// The preset of that plugin and name; fails the test if there is none.
const FiqPreset* bank_find(FiqPluginKind plugin, const char* slug);

/// Mean squares, both channels added, of pieces of `hop` frames at 48 kHz weighted by K (ITU-R BS.1770): [n / hop], to be freed.
double* bank_k_power(const FixtureAudio* audio, size_t n, size_t hop);

/// Power of what lies around `f_hz`, both channels added, in pieces of `hop` frames at 48 kHz: all within a quarter of
/// `width_hz`, nothing beyond the whole. [n / hop], to be freed.
double* bank_band_power(const FixtureAudio* audio, size_t n, size_t hop, double f_hz,
                        double width_hz);

#endif
