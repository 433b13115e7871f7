// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The latest engine state, handed from one thread to another without locks (triple.h); older
   states are overwritten.
*/
#ifndef FIQ_STATE_BOX_H
#define FIQ_STATE_BOX_H

#include "dsp/base/triple_buffer.h"
#include "dsp/engine/engine.h"

#include <assert.h>

enum { FIQ_PORTS_MAX = 256 };

/// What lies over a control's port: nothing, if both are equal.
typedef struct {
  float value;
  float port; ///< what the port was when it came to lie there
} FiqCovered;

typedef struct {
  FiqCovered control[FIQ_PORTS_MAX];
} FiqOverlay;

typedef struct {
  FiqEngineState engine;
  FiqOverlay     over;       ///< a preset picked by program change
  uint32_t       generation; ///< counts restores, so that a save knows which state is newer
} FiqKeptState;

typedef struct {
  FiqKeptState    slot[FIQ_TRIPLE_BUFFER_SLOTS];
  FiqTripleBuffer turn;
} FiqStateBox;

/// Empty.  [setup]
static inline void fiq_state_box_init(FiqStateBox* self)
{
  assert(self);
  fiq_triple_buffer_init(&self->turn);
}

/// The slot to fill before fiq_state_box_send.  [the writer]
static inline FiqKeptState* fiq_state_box_draft(FiqStateBox* self)
{
  assert(self->turn.writing < FIQ_TRIPLE_BUFFER_SLOTS);
  return &self->slot[self->turn.writing];
}

/// Hand the draft over.  [the writer]
static inline void fiq_state_box_send(FiqStateBox* self)
{
  assert(self);
  fiq_triple_buffer_send(&self->turn);
}

/// The newest state if there is one that was not received yet, else NULL.  [the reader]
static inline const FiqKeptState* fiq_state_box_receive(FiqStateBox* self)
{
  assert(self);
  return fiq_triple_buffer_receive(&self->turn) ? &self->slot[self->turn.reading] : NULL;
}

/// The state received last; meaningless before the first.  [the reader]
static inline const FiqKeptState* fiq_state_box_latest(const FiqStateBox* self)
{
  assert(self->turn.reading < FIQ_TRIPLE_BUFFER_SLOTS);
  return &self->slot[self->turn.reading];
}

#endif
