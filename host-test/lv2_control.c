// SPDX-License-Identifier: GPL-3.0-or-later
#define _POSIX_C_SOURCE 200809L

#include "lv2_host.h"
#include "report.h"

#include <errno.h>
#include <time.h>

static bool send(FiqHost* self, const FiqMessage* message)
{
  return fiq_ring_write(&self->audio.messages, message, sizeof *message, NULL, 0);
}

bool fiq_host_set(FiqHost* self, uint32_t index, float value)
{
  self->settings[index] = value;
  if (!self->live) {
    self->audio.values[index] = value;
    return true;
  }
  const FiqMessage message = {.kind = FIQ_MESSAGE_CONTROL, .index = index, .value = value};
  return send(self, &message);
}

bool fiq_host_set_text(FiqHost* self, const char* symbol, const char* text)
{
  float          value = 0.0f;
  const uint32_t index = fiq_ports_find(&self->ports, symbol);
  if (index == FIQ_NO_PORT || !fiq_port_parse(&self->ports.ports[index], text, &value)) {
    return false;
  }
  if (!fiq_host_set(self, index, value)) {
    fiq_error("%s: too many changes at once", symbol);
    return false;
  }
  return true;
}

bool fiq_host_seed(FiqHost* self, int64_t seed)
{
  if (!self->seedable || self->audio.patch == FIQ_NO_PORT) {
    return false;
  }
  const FiqMessage message = {.kind = FIQ_MESSAGE_SEED, .integer = seed};
  return send(self, &message);
}

float fiq_host_value(const FiqHost* self, uint32_t index)
{
  const bool input = self->ports.ports[index].input;
  return input ? self->settings[index] : self->audio.values[index];
}

bool fiq_host_pause(FiqHost* self)
{
  if (!self->live) {
    return true;
  }
  const FiqMessage message = {.kind = FIQ_MESSAGE_PAUSE};
  struct timespec  deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += 2;
  if (!send(self, &message)) {
    return false;
  }
  int status = sem_timedwait(&self->audio.paused_now, &deadline);
  while (status != 0 && errno == EINTR) {
    status = sem_timedwait(&self->audio.paused_now, &deadline);
  }
  return status == 0;
}

void fiq_host_resume(FiqHost* self)
{
  const FiqMessage message = {.kind = FIQ_MESSAGE_RESUME};
  if (self->live && !send(self, &message)) {
    fiq_error("the audio thread does not answer");
  }
}
