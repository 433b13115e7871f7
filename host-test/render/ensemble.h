// SPDX-License-Identifier: GPL-3.0-or-later
/**
   As many instances of one plugin as it takes for all channels of a file: of a stereo plugin one for each pair, in the
   order of the file. All are set alike; the first one speaks for all. A channel that is left over goes into both inputs
   of its instance, and comes out of the first of its outputs.
*/
#ifndef FIQ_ENSEMBLE_H
#define FIQ_ENSEMBLE_H

#include "host-test/lv2/lv2_host.h"
#include "host-test/render/planes.h"
#include "host-test/render/source.h"

enum { FIQ_ENSEMBLE_PLANES_MAX = FIQ_AUDIO_CHANNELS_MAX * FIQ_HOST_CHANNELS_MAX };

typedef struct {
  FiqHost* hosts;      ///< [n]
  uint32_t n;          ///< instances, 1 for instruments
  uint32_t n_channels; ///< that come out
  uint32_t n_main;     ///< n times the main inputs of one
  uint32_t n_side;
  uint32_t n_out;      ///< n times the outputs of one, >= n_channels
  bool     side_apart; ///< each instance has a side chain of its own
  float**  main;       ///< [n_main] what is played: own planes, or what another puts out
  float**  own;        ///< [n_main][FIQ_HOST_BLOCK_MAX] NULL where another's are played
  float**  side;       ///< [n_side][FIQ_HOST_BLOCK_MAX]
  float**  out;        ///< [n_out][FIQ_HOST_BLOCK_MAX], the first n_channels of which are meant
} FiqEnsemble;

/// Open the plugin `name` for streams of `rate_hz`, once, in the world of `beside` (NULL: a new one), which must outlive
/// it; says what is wrong. Free it whatever comes out.  [setup]
bool fiq_ensemble_open(FiqEnsemble* self, const char* name, double rate_hz, const FiqHost* beside);

/// Add instances for `n_channels` (0: none come) and make planes for them and for `side` (NULL: none); what `before`
/// (NULL: nobody) puts out is played. Says what is wrong.  [setup]
bool fiq_ensemble_fit(FiqEnsemble* self, uint32_t n_channels, const FiqEnsemble* before,
                      const FiqSource* side);

/// Begin the block of all instances.
void fiq_ensemble_begin(FiqEnsemble* self);

/// Run all instances from frame `at` of the planes on; `sided`: with the side chain.
void fiq_ensemble_run(FiqEnsemble* self, bool sided, uint32_t at, uint32_t n_frames);

/// Set the control input `port` of all, and activate or deactivate all.  [setup]
void fiq_ensemble_set(FiqEnsemble* self, uint32_t port, float value);
void fiq_ensemble_activate(FiqEnsemble* self);
void fiq_ensemble_deactivate(FiqEnsemble* self);

/// Samples of all that were NaN or infinite, and events that found no room.
unsigned long fiq_ensemble_not_finite(const FiqEnsemble* self);
unsigned long fiq_ensemble_events_lost(const FiqEnsemble* self);

void fiq_ensemble_free(FiqEnsemble* self);

#endif
