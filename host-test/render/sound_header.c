// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/render/sound_header.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNKS_MAX = 4096, W64_HEAD = 24 };

/// How the numbers of a container are written, and where its data begins.
typedef struct {
  bool    big_endian;
  int     size_bytes; ///< of a chunk's length, 4 or 8
  int64_t size_at;    ///< of the length of the sound
  int64_t extra;      ///< what that length counts besides the sound
  int64_t begin;      ///< of what the length counts, without `extra`
  int64_t frame_bytes;
  int64_t long_at; ///< of RF64's own lengths; 0: none
} Data;

static bool read_at(const FiqSoundHeader* self, int64_t at, void* to, size_t n)
{
  return at >= 0 && pread(self->descriptor, to, n, (off_t)at) == (ssize_t)n;
}

static uint64_t number_in(const uint8_t* bytes, int n, bool big_endian)
{
  uint64_t number = 0;
  for (int i = 0; i < n; ++i) {
    number = number << 8 | bytes[big_endian ? i : n - 1 - i];
  }
  return number;
}

/// The unsigned number at `at`; 0 beyond the end.
static uint64_t number_at(const FiqSoundHeader* self, int64_t at, int n, bool big_endian)
{
  uint8_t bytes[8] = {0};
  return read_at(self, at, bytes, (size_t)n) ? number_in(bytes, n, big_endian) : 0;
}

static void put_number(FiqSoundHeader* self, int64_t at, int n, bool big_endian, uint64_t number)
{
  if (self->n_patches == FIQ_PATCHES_MAX) {
    return;
  }
  FiqPatch* const patch = &self->patches[self->n_patches++];
  *patch                = (FiqPatch){.at = at, .n_bytes = n};
  for (int i = 0; i < n; ++i) {
    patch->bytes[big_endian ? n - 1 - i : i] = (uint8_t)(number >> (8 * i));
  }
}

/// What programs write that do not know the length yet: nothing, all ones, or nearly 2 GB.
static bool is_unknown(uint64_t length, int size_bytes)
{
  return length == 0 || (size_bytes == 8 && length >= (uint64_t)INT64_MAX) ||
         (size_bytes == 4 &&
          (length >= 0xFFFFFF00u || (length >= 0x7F000000u && length <= 0x80000000u)));
}

/// Whether chunks follow one another from `at` exactly to the end of the file, so that what comes before is empty.
static bool chunks_follow(const FiqSoundHeader* self, int64_t at, bool big_endian)
{
  for (int i = 0; i < CHUNKS_MAX && at < self->n_bytes; ++i) {
    uint8_t head[8];
    if (!read_at(self, at, head, sizeof head)) {
      return false;
    }
    for (int k = 0; k < 4; ++k) {
      if (head[k] < ' ' || head[k] > '~') {
        return false;
      }
    }
    const uint64_t size = number_in(head + 4, 4, big_endian);
    at += 8 + (int64_t)(size + (size & 1));
  }
  return at == self->n_bytes || at == self->n_bytes + 1;
}

/// Compare the length with what there is, and correct it.
static void settle(FiqSoundHeader* self, const Data* data)
{
  const int64_t  there  = self->n_bytes - data->begin;
  const int      bytes  = data->long_at ? 8 : data->size_bytes;
  const int64_t  at     = data->long_at ? data->long_at + 8 : data->size_at;
  const uint64_t said   = number_at(self, at, bytes, data->big_endian);
  const uint64_t length = said > (uint64_t)data->extra ? said - (uint64_t)data->extra : 0;
  const bool     open   = is_unknown(said, bytes) || length == 0;
  if (there <= 0 || (!open && length <= (uint64_t)there) ||
      (length == 0 && chunks_follow(self, data->begin, data->big_endian))) {
    return;
  }
  self->cut = !open;
  if (bytes == 4 && there + data->extra > (int64_t)UINT32_MAX) {
    return; // no number of 4 bytes says it; the library goes on to the end by itself
  }
  put_number(self, at, bytes, data->big_endian, (uint64_t)(there + data->extra));
  if (data->long_at) {
    put_number(self, data->long_at, 8, false, (uint64_t)(self->n_bytes - 8));
    put_number(self, data->long_at + 16, 8, false,
               (uint64_t)(there / (data->frame_bytes > 0 ? data->frame_bytes : 1)));
  }
}

/// RIFF, RIFX, RF64 and BW64, AIFF and AIFC: chunks of a name and 4 bytes of length.
static void read_chunks(FiqSoundHeader* self, const char* sound, int64_t extra, Data* data)
{
  int64_t at = 12;
  for (int i = 0; i < CHUNKS_MAX && at < self->n_bytes; ++i) {
    uint8_t head[8];
    if (!read_at(self, at, head, sizeof head)) {
      return;
    }
    const int64_t size = (int64_t)number_in(head + 4, 4, data->big_endian);
    if (memcmp(head, "ds64", 4) == 0) {
      data->long_at = at + 8;
    } else if (memcmp(head, "fmt ", 4) == 0) {
      data->frame_bytes = (int64_t)number_at(self, at + 8 + 12, 2, data->big_endian);
    } else if (memcmp(head, sound, 4) == 0) {
      data->size_at = at + 4;
      data->extra   = extra;
      data->begin   = at + 8 + extra;
      // The long length counts only where the short one says so.
      data->long_at = size == 0xFFFFFFFF ? data->long_at : 0;
      settle(self, data);
      return;
    }
    at += 8 + size + (size & 1);
  }
}

/// Names of 16 bytes; a length counts its own 24 bytes of head.
static void read_w64(FiqSoundHeader* self)
{
  int64_t at = 40;
  for (int i = 0; i < CHUNKS_MAX && at > 0 && at < self->n_bytes; ++i) {
    uint8_t head[W64_HEAD];
    if (!read_at(self, at, head, sizeof head)) {
      return;
    }
    const int64_t size = (int64_t)number_in(head + 16, 8, false);
    if (memcmp(head, "data", 4) == 0) {
      settle(
          self,
          &(Data){.size_bytes = 8, .size_at = at + 16, .extra = W64_HEAD, .begin = at + W64_HEAD});
      return;
    }
    if (size < W64_HEAD || size > self->n_bytes) {
      return;
    }
    at += (size + 7) & ~(int64_t)7;
  }
}

static void read_caf(FiqSoundHeader* self)
{
  int64_t at = 8;
  for (int i = 0; i < CHUNKS_MAX && at < self->n_bytes; ++i) {
    uint8_t head[12];
    if (!read_at(self, at, head, sizeof head)) {
      return;
    }
    const int64_t size = (int64_t)number_in(head + 4, 8, true);
    if (memcmp(head, "data", 4) == 0) {
      // The count of edits stands before the sound.
      settle(self, &(Data){.big_endian = true,
                           .size_bytes = 8,
                           .size_at    = at + 4,
                           .extra      = 4,
                           .begin      = at + 16});
      return;
    }
    if (size < 0 || size > self->n_bytes) {
      return;
    }
    at += 12 + size;
  }
}

static void read_au(FiqSoundHeader* self, bool big_endian)
{
  settle(self, &(Data){.big_endian = big_endian,
                       .size_bytes = 4,
                       .size_at    = 8,
                       .begin      = (int64_t)number_at(self, 4, 4, big_endian)});
}

void fiq_sound_header_init(FiqSoundHeader* self, int descriptor)
{
  struct stat info;
  uint8_t     head[12];
  *self         = (FiqSoundHeader){.descriptor = descriptor};
  self->n_bytes = fstat(descriptor, &info) == 0 ? (int64_t)info.st_size : 0;
  if (!read_at(self, 0, head, sizeof head)) {
    return;
  }
  const bool wave = memcmp(head + 8, "WAVE", 4) == 0;
  const bool aiff = memcmp(head + 8, "AIFF", 4) == 0 || memcmp(head + 8, "AIFC", 4) == 0;
  Data       data = {.big_endian = memcmp(head, "RIFX", 4) == 0 || aiff, .size_bytes = 4};
  if (wave) {
    read_chunks(self, "data", 0, &data);
  } else if (memcmp(head, "FORM", 4) == 0 && aiff) {
    // Offset and block size stand before the sound.
    read_chunks(self, "SSND", 8, &data);
  } else if (memcmp(head, "riff", 4) == 0) {
    read_w64(self);
  } else if (memcmp(head, "caff", 4) == 0) {
    read_caf(self);
  } else if (memcmp(head, ".snd", 4) == 0 || memcmp(head, "dns.", 4) == 0) {
    read_au(self, head[0] == '.');
  }
}

int64_t fiq_sound_header_read(const FiqSoundHeader* self, int64_t at, void* to, int64_t n)
{
  uint8_t* const bytes = to;
  int64_t        done  = 0;
  while (done < n) {
    const ssize_t got =
        pread(self->descriptor, bytes + done, (size_t)(n - done), (off_t)(at + done));
    if (got <= 0) {
      break;
    }
    done += got;
  }
  for (int i = 0; i < self->n_patches; ++i) {
    const FiqPatch* const patch = &self->patches[i];
    for (int k = 0; k < patch->n_bytes; ++k) {
      const int64_t place = patch->at + k - at;
      if (place >= 0 && place < done) {
        bytes[place] = patch->bytes[k];
      }
    }
  }
  return done;
}
