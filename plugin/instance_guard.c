// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/instance_guard.h"

#include <assert.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t  left = PTHREAD_COND_INITIALIZER;
static FiqAlive*       first;

/// Where the pointer to `self` stands, or the NULL at the end; the lock must be held.
static FiqAlive** find(const FiqAlive* self)
{
  assert(self);
  FiqAlive** place = &first;
  while (*place && *place != self) {
    place = &(*place)->next;
  }
  return place;
}

void fiq_instance_guard_add(FiqAlive* self)
{
  assert(self);
  pthread_mutex_lock(&lock);
  *self = (FiqAlive){.next = first, .n_working = 0};
  first = self;
  pthread_mutex_unlock(&lock);
}

void fiq_instance_guard_remove(FiqAlive* self)
{
  assert(self);
  pthread_mutex_lock(&lock);
  FiqAlive** const place = find(self);
  if (*place) {
    *place = self->next;
    while (self->n_working > 0) {
      pthread_cond_wait(&left, &lock);
    }
  }
  pthread_mutex_unlock(&lock);
}

bool fiq_instance_guard_enter(FiqAlive* self)
{
  pthread_mutex_lock(&lock);
  const bool is_alive = *find(self) != NULL;
  if (is_alive) {
    ++self->n_working;
  }
  pthread_mutex_unlock(&lock);
  return is_alive;
}

void fiq_instance_guard_leave(FiqAlive* self)
{
  assert(self);
  pthread_mutex_lock(&lock);
  assert(self->n_working > 0);
  --self->n_working;
  pthread_cond_broadcast(&left);
  pthread_mutex_unlock(&lock);
}
