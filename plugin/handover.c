// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/handover.h"

#include <assert.h>
#include <stdlib.h>

/// The lock must be held, or nobody else be there.
static void sweep(FiqHandover* self)
{
  FiqParcel* parcel = atomic_exchange_explicit(&self->retired, NULL, memory_order_acquire);
  while (parcel) {
    FiqParcel* const next = parcel->next;
    free(parcel);
    parcel = next;
  }
}

void fiq_handover_init(FiqHandover* self)
{
  assert(self);
  atomic_init(&self->arrived, NULL);
  atomic_init(&self->used, NULL);
  atomic_init(&self->retired, NULL);
  pthread_mutex_init(&self->lock, NULL);
  self->old         = NULL;
  self->has_retired = false;
}

void fiq_handover_free(FiqHandover* self)
{
  assert(self);
  free(atomic_load(&self->arrived));
  free(atomic_load(&self->used));
  sweep(self);
  pthread_mutex_destroy(&self->lock);
}

void fiq_handover_send(FiqHandover* self, FiqParcel* parcel)
{
  assert(self && parcel);
  pthread_mutex_lock(&self->lock);
  free(atomic_exchange_explicit(&self->arrived, parcel, memory_order_acq_rel));
  sweep(self);
  pthread_mutex_unlock(&self->lock);
}

void fiq_handover_sweep(FiqHandover* self)
{
  assert(self);
  pthread_mutex_lock(&self->lock);
  sweep(self);
  pthread_mutex_unlock(&self->lock);
}

const FiqParcel* fiq_handover_enter(FiqHandover* self)
{
  assert(self);
  pthread_mutex_lock(&self->lock);
  const FiqParcel* const arrived = atomic_load_explicit(&self->arrived, memory_order_acquire);
  return arrived ? arrived : atomic_load_explicit(&self->used, memory_order_acquire);
}

void fiq_handover_leave(FiqHandover* self)
{
  assert(self);
  pthread_mutex_unlock(&self->lock);
}

const FiqParcel* fiq_handover_used(FiqHandover* self)
{
  assert(self);
  return atomic_load_explicit(&self->used, memory_order_relaxed);
}

const FiqParcel* fiq_handover_take(FiqHandover* self)
{
  assert(self && !self->old);
  if (!atomic_load_explicit(&self->arrived, memory_order_relaxed)) {
    return NULL; // without the bus lock of an exchange
  }
  FiqParcel* const parcel = atomic_exchange_explicit(&self->arrived, NULL, memory_order_acq_rel);
  if (parcel) {
    self->old = atomic_load_explicit(&self->used, memory_order_relaxed);
    atomic_store_explicit(&self->used, parcel, memory_order_release);
  }
  return parcel;
}

void fiq_handover_put_aside(FiqHandover* self)
{
  assert(self);
  FiqParcel* const old = self->old;
  self->old            = NULL;
  if (old) {
    // Others take the whole list at once, so a failed exchange means that it is empty now.
    old->next = atomic_load_explicit(&self->retired, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&self->retired, &old->next, old,
                                                  memory_order_release, memory_order_relaxed)) {
    }
    self->has_retired = true;
  }
}
