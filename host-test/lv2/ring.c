// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/lv2/ring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool fiq_ring_init(FiqRing* self, uint32_t size_bytes)
{
  assert(size_bytes > 0);
  assert((size_bytes & (size_bytes - 1)) == 0);
  self->data       = calloc(1, size_bytes);
  self->size_bytes = size_bytes;
  atomic_init(&self->written, 0);
  atomic_init(&self->read, 0);
  return self->data != NULL;
}

void fiq_ring_free(FiqRing* self)
{
  free(self->data);
  self->data = NULL;
}

static uint32_t copy_in(FiqRing* self, uint32_t at, const void* from, uint32_t n_bytes)
{
  const uint32_t start = at & (self->size_bytes - 1);
  const uint32_t room  = self->size_bytes - start;
  const uint32_t first = n_bytes < room ? n_bytes : room;
  if (n_bytes > 0) {
    memcpy(self->data + start, from, first);
    memcpy(self->data, (const uint8_t*)from + first, n_bytes - first);
  }
  return at + n_bytes;
}

bool fiq_ring_write(FiqRing* self, const void* head, uint32_t head_bytes, const void* body,
                    uint32_t body_bytes)
{
  uint32_t       at   = atomic_load_explicit(&self->written, memory_order_relaxed);
  const uint32_t used = at - atomic_load_explicit(&self->read, memory_order_acquire);
  if ((uint64_t)used + head_bytes + body_bytes > self->size_bytes) {
    return false;
  }
  at = copy_in(self, at, head, head_bytes);
  at = copy_in(self, at, body, body_bytes);
  atomic_store_explicit(&self->written, at, memory_order_release);
  return true;
}

bool fiq_ring_read(FiqRing* self, void* to, uint32_t n_bytes)
{
  const uint32_t at   = atomic_load_explicit(&self->read, memory_order_relaxed);
  const uint32_t used = atomic_load_explicit(&self->written, memory_order_acquire) - at;
  if (used < n_bytes) {
    return false;
  }
  const uint32_t start = at & (self->size_bytes - 1);
  const uint32_t room  = self->size_bytes - start;
  const uint32_t first = n_bytes < room ? n_bytes : room;
  memcpy(to, self->data + start, first);
  memcpy((uint8_t*)to + first, self->data, n_bytes - first);
  atomic_store_explicit(&self->read, at + n_bytes, memory_order_release);
  return true;
}
