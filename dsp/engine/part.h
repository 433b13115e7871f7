// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The parts of an engine that can be exchanged while it plays: a swarm of some capacity, a path
   of some shape. Each is one block of memory with its own FFT plans, so that a worker can build
   one and release another while the audio thread plays a third.
*/
#ifndef FIQ_PART_H
#define FIQ_PART_H

#include "dsp/engine/effect_path.h"
#include "dsp/engine/engine.h"
#include "dsp/sequence/partner.h"
#include "dsp/swarm/swarm.h"

enum { FIQ_STEP_FRAMES = 64 }; ///< of the swarm that sings in the effect, at 44.1 and 48 kHz

struct FiqPart {
  FiqPartOrder order; ///< what it was built for
  void*        memory;
  FiqFftPool   pool;
  union {
    FiqSwarm      swarm;    ///< order.kind FIQ_PART_SWARM
    FiqEffectPath path;     ///< order.kind FIQ_PART_PATH
    FiqLesson     learning; ///< order.kind FIQ_PART_LEARNER
    FiqPartner    partner;  ///< order.kind FIQ_PART_PARTNER
  };
};

/// Frames of the control period: 32 at 44.1 and 48 kHz, the same time at other rates.  [any]
uint32_t fiq_part_control_frames(double sample_rate_hz);

/// `size_bytes` aligned for an arena, or NULL; release with free().  [setup, worker]
void* fiq_part_memory(size_t size_bytes);

#endif
