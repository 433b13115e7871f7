// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The offline render: input, events and plugin, block by block, to the output file. The
   plugin's latency is cut off the front; after the end of the input the tail goes on until
   silence or the time asked for.
*/
#ifndef FIQ_RENDER_H
#define FIQ_RENDER_H

#include "host-test/lv2/trace.h"
#include "host-test/render/audio_file.h"
#include "host-test/render/ensemble.h"
#include "host-test/render/metrics.h"
#include "host-test/render/midi_writer.h"
#include "host-test/render/render_options.h"
#include "host-test/render/score.h"

typedef struct {
  const FiqRenderOptions* options;
  FiqEnsemble*            ensemble; ///< started
  FiqAudioInput*          input;    ///< NULL for instruments
  FiqAudioInput*          side;     ///< NULL without side chain
  FiqAudioOutput*         output;   ///< begun; NULL: nowhere
  const FiqScore*         score;
  FiqTrace*               trace;    ///< begun; NULL without one
  FiqMidiWriter*          midi_out; ///< NULL without one
  FiqMetrics              metrics;
  float**                 held;        ///< [channels][hold_frames + block] quiet end
  uint32_t                hold_frames; ///< quiet that ends the tail
  uint32_t                n_held;
  uint32_t                random;         ///< state of the block lengths
  uint64_t                body_frames;    ///< length without the tail
  uint64_t                tail_frames;    ///< most frames after the body
  uint64_t                n_run;          ///< frames that went through the plugin
  uint64_t                n_out;          ///< frames behind the latency
  uint64_t                lease_frame;    ///< of the stream, when telemetry is asked for again
  uint64_t                latency_frames; ///< as reported after the first block
  size_t                  next_event;
  size_t                  next_tempo;
  bool                    latency_moved;
  bool                    is_stopped; ///< the partner, which plays on no longer than asked for
  bool                    done;
} FiqRender;

/// Buffers and lengths; the pointers above must be set. `body_frames` > 0.  [setup]
bool fiq_render_init(FiqRender* self, uint64_t body_frames);

/// One block; false when reading or writing failed (already said). Sets `done` at the end.
bool fiq_render_step(FiqRender* self);

void fiq_render_free(FiqRender* self);

#endif
