// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Triple buffering: which of three slots is whose. One writer, one reader; neither ever waits for
   the other, a value read is always whole and the latest there is. One slot is the writer's, one the
   reader's, and the third stands between them: send and receive each swap their own with it by one
   atomic exchange. The slots themselves are the user's.
*/
#ifndef FIQ_TRIPLE_BUFFER_H
#define FIQ_TRIPLE_BUFFER_H

#include <stdatomic.h>
#include <stdbool.h>

enum { FIQ_TRIPLE_BUFFER_SLOTS = 3, FIQ_TRIPLE_BUFFER_FRESH = 4 };

typedef struct {
  atomic_uint
      between; ///< slot that is nobody's, + FIQ_TRIPLE_BUFFER_FRESH if the reader has not seen it
  unsigned writing; ///< the writer's slot
  unsigned reading; ///< the reader's slot
} FiqTripleBuffer;

/// Empty.  [setup]
static inline void fiq_triple_buffer_init(FiqTripleBuffer* self)
{
  self->writing = 0;
  self->reading = 1;
  atomic_init(&self->between, 2u);
}

/// Hand over slot `writing`, which then is another.  [the writer]
static inline void fiq_triple_buffer_send(FiqTripleBuffer* self)
{
  // Release hands the contents over; acquire makes sure that the reader has left the slot taken back.
  const unsigned mine = self->writing | FIQ_TRIPLE_BUFFER_FRESH;
  self->writing       = atomic_exchange_explicit(&self->between, mine, memory_order_acq_rel) & 3u;
}

/// True if something came since the last time; slot `reading` then holds it.  [the reader]
static inline bool fiq_triple_buffer_receive(FiqTripleBuffer* self)
{
  if (!(atomic_load_explicit(&self->between, memory_order_relaxed) & FIQ_TRIPLE_BUFFER_FRESH)) {
    return false;
  }
  const unsigned mine = self->reading;
  self->reading       = atomic_exchange_explicit(&self->between, mine, memory_order_acq_rel) & 3u;
  return true;
}

#endif
