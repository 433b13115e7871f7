// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/render/sound_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool fiq_sound_writer_init(FiqSoundWriter* self, int descriptor)
{
  *self = (FiqSoundWriter){.descriptor = descriptor, .bytes = malloc(FIQ_SOUND_WRITER_BYTES)};
  return self->bytes != NULL;
}

bool fiq_sound_writer_flush(FiqSoundWriter* self)
{
  size_t done = 0;
  while (self->failure == 0 && done < self->n_bytes) {
    const ssize_t n = pwrite(self->descriptor, self->bytes + done, self->n_bytes - done,
                             (off_t)(self->from + (int64_t)done));
    if (n < 0 && errno != EINTR) {
      self->failure = errno;
    }
    done += n > 0 ? (size_t)n : 0;
  }
  self->n_bytes = 0;
  errno         = self->failure != 0 ? self->failure : errno;
  return self->failure == 0;
}

static sf_count_t length_of(void* data)
{
  return ((FiqSoundWriter*)data)->length;
}

static sf_count_t seek(sf_count_t offset, int whence, void* data)
{
  FiqSoundWriter* const self = data;
  const int64_t from = whence == SEEK_SET ? 0 : (whence == SEEK_CUR ? self->at : self->length);
  if (from + offset >= 0) {
    self->at = from + offset;
  }
  return self->at;
}

static sf_count_t read_back(void* to, sf_count_t n, void* data)
{
  FiqSoundWriter* const self = data;
  const ssize_t         got =
      fiq_sound_writer_flush(self) ? pread(self->descriptor, to, (size_t)n, (off_t)self->at) : 0;
  self->at += got > 0 ? got : 0;
  return got > 0 ? got : 0;
}

static sf_count_t gather(const void* bytes, sf_count_t n, void* data)
{
  FiqSoundWriter* const self = data;
  const uint8_t*        next = bytes;
  sf_count_t            left = n;
  // What does not go on where the last piece ended is a piece of its own.
  if (self->at != self->from + (int64_t)self->n_bytes && !fiq_sound_writer_flush(self)) {
    return 0;
  }
  self->from = self->n_bytes == 0 ? self->at : self->from;
  while (left > 0) {
    const size_t room = FIQ_SOUND_WRITER_BYTES - self->n_bytes;
    const size_t now  = (size_t)left < room ? (size_t)left : room;
    memcpy(self->bytes + self->n_bytes, next, now);
    self->n_bytes += now;
    self->at += (int64_t)now;
    next += now;
    left -= (sf_count_t)now;
    if (self->n_bytes == FIQ_SOUND_WRITER_BYTES) {
      if (!fiq_sound_writer_flush(self)) {
        return 0;
      }
      self->from = self->at;
    }
  }
  self->length = self->at > self->length ? self->at : self->length;
  return n;
}

static sf_count_t tell(void* data)
{
  return ((FiqSoundWriter*)data)->at;
}

SF_VIRTUAL_IO fiq_sound_writer_functions(void)
{
  return (SF_VIRTUAL_IO){
      .get_filelen = length_of, .seek = seek, .read = read_back, .write = gather, .tell = tell};
}

void fiq_sound_writer_free(FiqSoundWriter* self)
{
  free(self->bytes);
  *self = (FiqSoundWriter){.bytes = NULL};
}
