// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The offline render: input, events and plugins, block by block, to the output file. The
   plugins' latency is cut off the front; after the end of the input the tail goes on until
   silence or the time asked for.
*/
#ifndef FIQ_RENDER_H
#define FIQ_RENDER_H

#include "host-test/render/audio_file.h"
#include "host-test/render/chain.h"
#include "host-test/render/metrics.h"
#include "host-test/render/render_options.h"
#include "host-test/render/resampler.h"

typedef struct {
  const FiqRenderOptions* options;
  FiqChain*               chain;   ///< activated
  FiqSource*              input;   ///< NULL for instruments
  FiqAudioOutput*         output;  ///< begun; NULL: nowhere
  double                  out_hz;  ///< rate of the output; 0: that of the plugins
  FiqMetrics              metrics; ///< of what is put out
  FiqResampler            resampler;
  float**                 converted;   ///< [channels][FIQ_HOST_BLOCK_MAX] by the resampler
  float**                 held;        ///< [channels][hold_frames + block] quiet end
  uint32_t                n_channels;  ///< that come out
  uint32_t                hold_frames; ///< quiet that ends the tail
  uint32_t                n_held;
  uint32_t                random;      ///< state of the block lengths
  uint64_t                body_frames; ///< length without the tail
  uint64_t                tail_frames; ///< most frames after the body
  uint64_t                n_out;       ///< frames behind the latency
  bool                    is_stopped;  ///< the partner, which plays on no longer than asked for
  bool                    done;
} FiqRender;

/// Buffers and lengths; the pointers above must be set. `body_frames` > 0.  [setup]
bool fiq_render_init(FiqRender* self, uint64_t body_frames);

/// One block; false when reading or writing failed (already said). Sets `done` at the end.
bool fiq_render_step(FiqRender* self);

void fiq_render_free(FiqRender* self);

#endif
