// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A lock-free byte queue between one writing and one reading thread. Records are written
   and read whole or not at all. O(n) per record, wait-free.
*/
#ifndef FIQ_RING_H
#define FIQ_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
  uint8_t*    data;       ///< [size_bytes]
  uint32_t    size_bytes; ///< a power of two
  atomic_uint written;    ///< bytes ever written, modulo 2^32; owned by the writer
  atomic_uint read;       ///< bytes ever read, modulo 2^32; owned by the reader
} FiqRing;

/// Allocate `size_bytes`, a power of two; false when memory is short.  [setup]
bool fiq_ring_init(FiqRing* self, uint32_t size_bytes);

/// Release the memory.  [setup]
void fiq_ring_free(FiqRing* self);

/// Append `head` and `body` as one record (`body` may be NULL with 0 bytes); false when full.  [audio]
bool fiq_ring_write(FiqRing* self, const void* head, uint32_t head_bytes, const void* body,
                    uint32_t body_bytes);

/// Take exactly `n_bytes`; false, and nothing taken, when fewer are there.  [audio]
bool fiq_ring_read(FiqRing* self, void* to, uint32_t n_bytes);

#endif
