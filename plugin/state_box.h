// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The latest engine state, handed from one thread to another without locks: a triple
   buffer. One writer, one reader; neither ever waits; older states are overwritten.
*/
#ifndef FIQ_STATE_BOX_H
#define FIQ_STATE_BOX_H

#include "engine.h"

#include <stdatomic.h>

typedef struct {
  FiqEngineState engine;
  uint32_t       generation; ///< counts restores, so that a save knows which state is newer
} FiqKeptState;

typedef struct {
  FiqKeptState slot[3];
  atomic_uint  middle; ///< slot in transit, plus FIQ_STATE_FRESH if the reader has not seen it
  unsigned     back;   ///< slot of the writer
  unsigned     front;  ///< slot of the reader
} FiqStateBox;

enum { FIQ_STATE_FRESH = 4 };

/// Empty.  [setup]
static inline void fiq_state_box_init(FiqStateBox* self)
{
  atomic_init(&self->middle, 1u);
  self->back  = 0;
  self->front = 2;
}

/// The slot to fill before fiq_state_box_send.  [the writer]
static inline FiqKeptState* fiq_state_box_draft(FiqStateBox* self)
{
  return &self->slot[self->back];
}

/// Hand the draft over.  [the writer]
static inline void fiq_state_box_send(FiqStateBox* self)
{
  const unsigned old =
      atomic_exchange_explicit(&self->middle, self->back | FIQ_STATE_FRESH, memory_order_acq_rel);
  self->back = old & 3u;
}

/// The newest state if there is one that was not received yet, else NULL.  [the reader]
static inline const FiqKeptState* fiq_state_box_receive(FiqStateBox* self)
{
  if (!(atomic_load_explicit(&self->middle, memory_order_relaxed) & FIQ_STATE_FRESH)) {
    return NULL;
  }
  const unsigned old = atomic_exchange_explicit(&self->middle, self->front, memory_order_acq_rel);
  self->front        = old & 3u;
  return &self->slot[self->front];
}

/// The state received last; meaningless before the first.  [the reader]
static inline const FiqKeptState* fiq_state_box_latest(const FiqStateBox* self)
{
  return &self->slot[self->front];
}

#endif
