// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The factory presets as a test plays them, and what a listener's meter says of a sound.
*/
#ifndef FIQ_BANK_H
#define FIQ_BANK_H

#include "plugin/presets.h"
#include "tests/support/fixture.h"

enum {
  BANK_RATE_HZ = 48000,
  BANK_FRAMES  = 8 * BANK_RATE_HZ,
  BANK_HELD    = 6 * BANK_RATE_HZ,
  BANK_BANDS   = 12,
  BANK_SLICES  = 100
};

/// Levels of a sound in dB, by slices of 80 ms and by bands two thirds of an octave apart: a coarse spectrogram.
typedef struct {
  double level_db[BANK_SLICES * BANK_BANDS];
} BankPrint;

/// How a preset is played: the chord C, G, C, E from C3 on for BANK_HELD frames, all keys moved by `semitones`.
typedef struct {
  int64_t seed;
  int     semitones;
} BankTerms;

/// What effects and analyses hear: strikes of noise and a steady chord, both channels [BANK_FRAMES]; to be freed.
FixtureAudio bank_material(void);

/// Play the preset for BANK_FRAMES at 120 beats a minute; keys for a Swarm without a chord of its own, `in` for what listens.
void bank_play(const FiqPreset* preset, const BankTerms* terms, FixtureAudio* in,
               FixtureAudio* out);

/// The coarse spectrogram of x [BANK_FRAMES].
void bank_print(const float* x, BankPrint* print);

/// Root mean square of the differences.
double bank_distance_db(const BankPrint* a, const BankPrint* b);

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
