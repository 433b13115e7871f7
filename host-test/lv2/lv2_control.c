// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/common/report.h"
#include "host-test/lv2/lv2_host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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

bool fiq_host_property(FiqHost* self, LV2_URID property, LV2_URID type, const void* value,
                       uint32_t n_bytes)
{
  union {
    LV2_Atom atom;
    uint8_t  bytes[sizeof(LV2_Atom) + FIQ_HOST_VALUE_BYTES];
  } all;
  const uint32_t size = (uint32_t)sizeof(LV2_Atom) + n_bytes;
  if (self->audio.patch == FIQ_NO_PORT || n_bytes > FIQ_HOST_VALUE_BYTES) {
    return false;
  }
  all.atom = (LV2_Atom){.size = n_bytes, .type = type};
  memcpy(all.bytes + sizeof(LV2_Atom), value, n_bytes);
  const FiqMessage message = {
      .kind = FIQ_MESSAGE_PROPERTY, .index = property, .integer = (int64_t)size};
  return fiq_ring_write(&self->audio.messages, &message, sizeof message, all.bytes, size);
}

bool fiq_host_text(FiqHost* self, const char* uri, const char* text)
{
  const size_t n_bytes = strlen(text) + 1;
  if (self->audio.patch == FIQ_NO_PORT || !fiq_host_declares(self, uri)) {
    fiq_error("the plugin does not know <%s>", uri);
    return false;
  }
  if (n_bytes > FIQ_HOST_VALUE_BYTES) {
    fiq_error("a text of more than %d bytes", FIQ_HOST_VALUE_BYTES - 1);
    return false;
  }
  if (!fiq_host_property(self, fiq_urid(&self->urid, uri), self->audio.urids.atom_string, text,
                         (uint32_t)n_bytes)) {
    fiq_error("too many changes at once");
    return false;
  }
  return true;
}

static bool send_tuning(FiqHost* self, const char* path)
{
  const size_t n_bytes = strlen(path) + 1;
  if (n_bytes > FIQ_HOST_PATH_BYTES) {
    fiq_error("tuning '%s': the path is too long", path);
    return false;
  }
  return fiq_host_property(self, self->audio.urids.tuning, self->audio.urids.atom_path, path,
                           (uint32_t)n_bytes);
}

bool fiq_host_tuning(FiqHost* self, const char* path)
{
  if (!self->tunable || self->audio.patch == FIQ_NO_PORT) {
    fiq_error("the plugin takes no tuning");
    return false;
  }
  if (!path[0]) {
    return send_tuning(self, path);
  }
  struct stat info;
  char* const full  = realpath(path, NULL);
  const bool  found = full && stat(full, &info) == 0 && access(full, R_OK) == 0;
  if (!found || !S_ISREG(info.st_mode)) {
    fiq_error("tuning '%s': %s", path, found ? "is not a file" : strerror(errno));
    free(full);
    return false;
  }
  const bool sent = send_tuning(self, full);
  free(full);
  return sent;
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
