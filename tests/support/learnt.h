// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What benchmarks of learned phases share: sounds of several files, learning from one, playing it through
   the realm, and how much crest factor that takes.
*/
#ifndef FIQ_LEARNT_H
#define FIQ_LEARNT_H

#include "dsp/learn/learner.h"
#include "tests/support/recording.h"

#define LEARNT_SECONDS_MAX 30.0 ///< of a file

typedef struct {
  float*   plane[2];
  uint32_t n;
  double   rate_hz;
} Sound;

/// Append a file to `sound` (all of the same rate), then `gap` frames of silence; false if there is none.
bool sound_append(Sound* sound, const char* path, uint32_t gap);

void sound_free(Sound* sound);

/// Peak over rms of both planes, the rms as if `n_rms` frames long.
double sound_crest_db(float* const plane[2], size_t n, size_t n_rms);

/// Crest gained by the best of 36 constant rotations.
double sound_rotation_gain_db(const Sound* sound);

typedef struct {
  FiqLearned learned;
  double     cpu_s;
  double     slice_s;  ///< the longest
  double     slices;   ///< how many
  double     slice_99; ///< share of slices below 2 ms
  double     size_mb;
  double     ripple_db; ///< of the magnitude response, rms over log frequency, 40 Hz..18 kHz
  double     worst_db;
  double     least_delay_s; ///< from 150 Hz on
  double     most_delay_s;
} Outcome;

/// What is wanted of a learner.
typedef struct {
  FiqLearnObjective objective;
  uint32_t          window;
  float             spread_s; ///< 0: any
} Wanted;

Outcome learnt(const Sound* sound, const Sound* side, const Wanted* wanted);

/// `sound` as the realm plays it with `learned`: `window` frames late, and 2 windows longer.
Sound learnt_played(const Sound* sound, const FiqLearned* learned, const Wanted* wanted);

/// Crest gained by that.
double learnt_played_gain_db(const Sound* sound, const FiqLearned* learned, const Wanted* wanted);

/// Of `x` [n], which is sorted; 0 of nothing.
double learnt_median(double* x, size_t n);

#endif
