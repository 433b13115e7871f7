// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Plugins in a row, each of which plays what the one before puts out.

   Each link has a clock of its own: what it hears at frame n of the stream stood in the input `lag_frames` earlier, since
   that is the latency of all links before it. MIDI, tempo, automation and side chain come to it by that clock, so that
   they meet the sound that they belong to. Latencies are those reported after the first run.

   A plugin without audio (an arpeggiator) plays to those after it: they get its MIDI instead of the score's. All others get the score's.
*/
#ifndef FIQ_CHAIN_H
#define FIQ_CHAIN_H

#include "host-test/lv2/trace.h"
#include "host-test/render/automation.h"
#include "host-test/render/ensemble.h"
#include "host-test/render/midi_writer.h"
#include "host-test/render/render_options.h"
#include "host-test/render/score.h"
#include "host-test/render/source.h"

typedef struct {
  uint32_t frame; ///< of the block
  uint32_t n_bytes;
  uint8_t  bytes[3];
} FiqChainMessage;

/// What a plugin played during a block.
typedef struct {
  FiqChainMessage* messages; ///< [n]
  uint32_t         n;
  uint32_t         n_room;
} FiqChainMessages;

typedef struct {
  const FiqLinkOptions* options;
  FiqEnsemble           ensemble;
  FiqSource             side;
  FiqAutomation         automation;
  FiqChainMessages      played;
  FiqMidiWriter         midi_out; ///< gathers where options->midi_out asks for it
  FiqTrace*             trace;    ///< begun; NULL without one
  int64_t               lag_frames;
  int64_t               latency_frames; ///< its own
  int64_t               lease_frame;    ///< of its clock, when telemetry is asked for again
  size_t                next_event;     ///< of the score, or of what the link before played
  size_t                next_tempo;
  bool                  has_run;
  bool                  latency_moved;
} FiqLink;

typedef struct {
  FiqLink         links[FIQ_RENDER_LINKS_MAX]; ///< [n]
  uint32_t        n;
  const FiqScore* score;
  int64_t         n_run;     ///< frames that went through
  bool            automates; ///< whether parameters change in time
} FiqChain;

/// Open the plugins of `options` for streams of `rate_hz`, in the world of `beside` (NULL: a new one); says what is wrong.
/// Free it whatever comes out.  [setup]
bool fiq_chain_open(FiqChain* self, const FiqRenderOptions* options, double rate_hz,
                    const FiqHost* beside);

/// Make room for `n_channels` of input (0: there is none); says what is wrong.  [setup]
bool fiq_chain_fit(FiqChain* self, uint32_t n_channels);

/// The first link that has audio, and the last one, which is heard; NULL when none has.
FiqLink* fiq_chain_first(FiqChain* self);
FiqLink* fiq_chain_last(FiqChain* self);

/// The first link with the control input `symbol`, or NULL.
FiqLink* fiq_chain_with(FiqChain* self, const char* symbol);

/// Let the score and the clocks begin anew, without a change to the plugins.  [setup]
void fiq_chain_restart(FiqChain* self);

/// Make all ready to run from the first frame on, and undo that.  [setup]
void fiq_chain_activate(FiqChain* self);
void fiq_chain_deactivate(FiqChain* self);

/// Run `n_frames` <= FIQ_HOST_BLOCK_MAX of `input` (NULL: none). False when a trace could not be written.
bool fiq_chain_run(FiqChain* self, FiqSource* input, uint32_t n_frames);

/// Latency of all links, once they have run.
int64_t fiq_chain_latency(const FiqChain* self);

/// Samples of all that were NaN or infinite, and events that found no room.
unsigned long fiq_chain_not_finite(const FiqChain* self);
unsigned long fiq_chain_events_lost(const FiqChain* self);

void fiq_chain_free(FiqChain* self);

#endif
