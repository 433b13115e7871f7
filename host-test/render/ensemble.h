// SPDX-License-Identifier: GPL-3.0-or-later
/**
   As many instances of one plugin as it takes for all channels of a file: of a stereo plugin one for each pair, in the
   order of the file. All are set alike; the first one speaks for all. A channel that is left over goes into both inputs
   of its instance, and comes out of the first of its outputs.
*/
#ifndef FIQ_ENSEMBLE_H
#define FIQ_ENSEMBLE_H

#include "host-test/lv2/lv2_host.h"
#include "host-test/render/audio_file.h"

enum { FIQ_ENSEMBLE_PLANES_MAX = FIQ_AUDIO_CHANNELS_MAX * FIQ_HOST_CHANNELS_MAX };

typedef struct {
  FiqHost* hosts;      ///< [n]
  uint32_t n;          ///< instances, 1 for instruments
  uint32_t n_channels; ///< that come out
  uint32_t n_main;     ///< n times the main inputs of one
  uint32_t n_side;
  uint32_t n_out;      ///< n times the outputs of one, >= n_channels
  bool     side_apart; ///< each instance has a side chain of its own
  float**  main;       ///< [n_main][FIQ_HOST_BLOCK_MAX]
  float**  side;       ///< [n_side][FIQ_HOST_BLOCK_MAX]
  float**  out;        ///< [n_out][FIQ_HOST_BLOCK_MAX], the first n_channels of which are meant
} FiqEnsemble;

/// `n` planes of `n_frames` zeros, or NULL; free them by fiq_planes_free.
float** fiq_planes_new(uint32_t n, size_t n_frames);
void    fiq_planes_free(float** planes);

/// Open the plugin `name` for streams of `rate_hz`, once; says what is wrong. Free it whatever comes out.  [setup]
bool fiq_ensemble_open(FiqEnsemble* self, const char* name, double rate_hz);

/// Add instances for all channels of `input` (NULL: none) and make planes for it and for `side` (NULL: none); says what is wrong.  [setup]
bool fiq_ensemble_fit(FiqEnsemble* self, const FiqAudioInput* input, const FiqAudioInput* side);

/// Read the next `n_frames` <= FIQ_HOST_BLOCK_MAX of both (NULL: none).
void fiq_ensemble_read(FiqEnsemble* self, FiqAudioInput* input, FiqAudioInput* side,
                       uint32_t n_frames);

/// Begin the block of all instances.
void fiq_ensemble_begin(FiqEnsemble* self);

/// Run all instances over what was read; `sided`: with the side chain.
void fiq_ensemble_run(FiqEnsemble* self, bool sided, uint32_t n_frames);

/// Samples of all that were NaN or infinite, and events that found no room.
unsigned long fiq_ensemble_not_finite(const FiqEnsemble* self);
unsigned long fiq_ensemble_events_lost(const FiqEnsemble* self);

void fiq_ensemble_free(FiqEnsemble* self);

#endif
