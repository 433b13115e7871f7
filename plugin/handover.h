// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What others have made on the heap for run() to use, until they have made another: it reaches run() through one atomic
   pointer, and what run() no longer uses goes on a list that others clear. The lock is between those others; run() never
   takes it. Whatever is handed over begins with a FiqParcel and is released by free().
*/
#ifndef FIQ_HANDOVER_H
#define FIQ_HANDOVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/// The first member of what is handed over.
typedef struct FiqParcel {
  struct FiqParcel* next; ///< among those that are retired
} FiqParcel;

typedef struct {
  _Atomic(FiqParcel*) arrived;     ///< for run() to take
  _Atomic(FiqParcel*) used;        ///< set by run(); NULL: nothing yet
  _Atomic(FiqParcel*) retired;     ///< list that run() no longer uses
  pthread_mutex_t     lock;        ///< over what is freed
  FiqParcel*          old;         ///< what follows is run()'s alone: used until now
  bool                has_retired; ///< there is something on `retired`
} FiqHandover;

/// Nothing used, nothing on its way.  [setup]
void fiq_handover_init(FiqHandover* self);
void fiq_handover_free(FiqHandover* self);

/// Hand `parcel` to run(), in place of one that it has not seen.  [setup, worker]
void fiq_handover_send(FiqHandover* self, FiqParcel* parcel);

/// Release what run() has put aside.  [setup, worker]
void fiq_handover_sweep(FiqHandover* self);

/// What was sent last, or else what run() uses, or NULL; it stays until fiq_handover_leave, which must follow.
/// [setup, worker]
const FiqParcel* fiq_handover_enter(FiqHandover* self);
void             fiq_handover_leave(FiqHandover* self);

/// The same, as run() sees it.  [audio]
const FiqParcel* fiq_handover_used(FiqHandover* self);

/// What has arrived and is to be used from here on, or NULL; use it, then put the old one aside.  [audio]
const FiqParcel* fiq_handover_take(FiqHandover* self);
void             fiq_handover_put_aside(FiqHandover* self);

#endif
