// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Headroom with a turn of the bass (bass.h) before the bands, where that is worth it: phases alone reach
   3/16 window to either side, which is half a period of a kick drum's lowest tone at a window of 2048.

   None, 50 Hz and, where that was no worse, 40 and 70 Hz are given a short try of learn_headroom.h; the best
   of them, or none unless that is beaten by 0.5 dB, is then learned with in earnest. What is kept is the lowest crest
   factor over the whole audio, nothing at all included.

   Memory: 8 bytes a frame. Cost: that of learn_headroom.h and a fifth to a third of it for the tries.
*/
#ifndef FIQ_BASS_SEARCH_H
#define FIQ_BASS_SEARCH_H

#include "dsp/filter/bass_allpass.h"
#include "dsp/learn/headroom.h"

enum { FIQ_BASS_SEARCH_TRIES = 4 };

/// What it is at.
typedef enum {
  FIQ_BASS_SEARCH_DONE,
  FIQ_BASS_SEARCH_TURN,
  FIQ_BASS_SEARCH_LEARN
} FiqBassSearchStage;

typedef struct {
  FiqLearnHeadroom*  headroom; ///< not owned
  FiqBassAllpass     filter;
  float*             turned[FIQ_CHANNELS]; ///< [n_frames_max]
  FiqLearnPlanes     planes;               ///< what is learned from
  FiqLearnPlanes     turning;              ///< what is being turned
  uint32_t           position;             ///< of that, frames
  uint64_t           seed;
  float              spread_s; ///< of delays, at most; 0: any
  FiqBassSearchStage stage;
  uint32_t           i_try; ///< FIQ_BASS_SEARCH_TRIES: in earnest
  float              corner_hz[FIQ_BASS_SEARCH_TRIES + 1];
  float              crest_db[FIQ_BASS_SEARCH_TRIES + 1]; ///< reached with it
  float              untouched_crest_db;
  float rotation_crest_db; ///< of the best constant rotation, without a turn of the bass
  float best_crest_db;
  float best_hz; ///< corner, 0: none
  float best_phi_rad[FIQ_NEURONS_MAX];
} FiqBassSearch;

/// `headroom` stays the caller's.  [setup]
FiqStatus fiq_bass_search_init(FiqBassSearch* self, FiqArena* arena, FiqLearnHeadroom* headroom,
                               uint32_t n_frames_max);

/// Nothing is being learned, and nothing was.  [worker]
void fiq_bass_search_reset(FiqBassSearch* self);

/// Begin on `planes`, which must stay until it is done, with delays that spread by at most `spread_s` (0: any). [worker]
void fiq_bass_search_begin(FiqBassSearch* self, const FiqLearnPlanes* planes, uint64_t seed,
                           float spread_s);

/// One slice of work; false when all is done.  [worker]
bool fiq_bass_search_step(FiqBassSearch* self);

/// 0..1, roughly in proportion to time.  [worker]
float fiq_bass_search_progress(const FiqBassSearch* self);

/// Crest factor gained by the best so far, measured over all of the audio, >= 0.  [worker]
float fiq_bass_search_gain_db(const FiqBassSearch* self);

/// Begin to turn `planes`, at most as long as those learned from; only while nothing is learned. [worker]
void fiq_bass_search_turn(FiqBassSearch* self, const FiqLearnPlanes* planes, float corner_hz);

/// Turn some more; false when that was the last of it.  [worker]
bool fiq_bass_search_turn_step(FiqBassSearch* self);

/// What was turned last, or the planes themselves where the corner was 0.  [worker]
FiqLearnPlanes fiq_bass_search_turned(const FiqBassSearch* self);

#endif
