// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Which instances of the process are alive. Some hosts (Ardour 7) clean an instance up while its
   worker is still at work for it, and only then end the worker, which may take another order until
   then. So cleanup() waits for work that goes on, and work() asks whether there still is an instance.

   One lock for all instances, held for some instructions; run() takes it only in a host that works
   within schedule_work(), which is not in real time then.
*/
#ifndef FIQ_INSTANCE_GUARD_H
#define FIQ_INSTANCE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

/// A part of an instance, by which it is known here.
typedef struct FiqAlive {
  struct FiqAlive* next;
  uint32_t         n_working; ///< calls that have entered and not left
} FiqAlive;

/// The instance begins: others may enter.  [setup]
void fiq_instance_guard_add(FiqAlive* self);

/// Wait until all have left; nobody enters any more. An instance that was not added has none to wait for.  [setup]
void fiq_instance_guard_remove(FiqAlive* self);

/// Begin to work for an instance, which stays until fiq_instance_guard_leave(); false, and nothing is read of it, if it
/// is gone.  [worker]
bool fiq_instance_guard_enter(FiqAlive* self);

/// The work is done.  [worker]
void fiq_instance_guard_leave(FiqAlive* self);

#endif
