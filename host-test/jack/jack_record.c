// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/jack/jack_record.h"

#include "host-test/common/report.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { CHUNK_FRAMES = 128 };

/// How long one thread lets the other go on before it looks again.
static const struct timespec moment = {.tv_nsec = 100000};

void fiq_record_put(FiqRecord* self, const float* const* out, uint32_t n_frames, bool patient)
{
  float chunk[CHUNK_FRAMES * FIQ_HOST_CHANNELS_MAX];
  atomic_store(&self->inside, true);
  for (uint32_t start = 0; atomic_load(&self->on) && start < n_frames; start += CHUNK_FRAMES) {
    const uint32_t left = n_frames - start;
    const uint32_t n    = left < CHUNK_FRAMES ? left : CHUNK_FRAMES;
    for (uint32_t i = 0; i < n; ++i) {
      for (uint32_t c = 0; c < self->n_channels; ++c) {
        chunk[i * self->n_channels + c] = out[c][start + i];
      }
    }
    const uint32_t n_bytes = n * self->n_channels * (uint32_t)sizeof(float);
    bool           put     = fiq_ring_write(&self->queue, chunk, n_bytes, NULL, 0);
    while (!put && patient && atomic_load(&self->on)) {
      nanosleep(&moment, NULL);
      put = fiq_ring_write(&self->queue, chunk, n_bytes, NULL, 0);
    }
    if (!put) {
      atomic_fetch_add(&self->n_lost, n);
    }
  }
  atomic_store(&self->inside, false);
}

/// What the name asks for; 0, and says so, when it is neither.
static int format_of(const char* path)
{
  const char* const dot = strrchr(path, '.');
  if (dot && strcasecmp(dot, ".wav") == 0) {
    return SF_FORMAT_RF64 | SF_FORMAT_FLOAT;
  }
  if (dot && strcasecmp(dot, ".flac") == 0) {
    return SF_FORMAT_FLAC | SF_FORMAT_PCM_24;
  }
  fiq_error("'%s' is not recorded: its name has to end in .wav or .flac", path);
  return 0;
}

bool fiq_record_begin(FiqRecord* self, const char* path, uint32_t n_channels, double rate_hz)
{
  SF_INFO info = {
      .samplerate = (int)lrint(rate_hz), .channels = (int)n_channels, .format = format_of(path)};
  if (self->file || info.format == 0) {
    if (self->file) {
      fiq_error("a recording is going on; 'record' alone ends it");
    }
    return false;
  }
  if (!self->queue.data && !fiq_ring_init(&self->queue, FIQ_RECORD_QUEUE_BYTES)) {
    fiq_error("out of memory");
    return false;
  }
  if (!fiq_pending_open_seekable(&self->pending, path)) {
    return false;
  }
  self->file = sf_open_fd(self->pending.descriptor, SFM_WRITE, &info, SF_FALSE);
  if (!self->file) {
    fiq_error("'%s' is not recorded: %s", path, sf_strerror(NULL));
    fiq_pending_discard(&self->pending);
    return false;
  }
  sf_command(self->file, SFC_RF64_AUTO_DOWNGRADE, NULL, SF_TRUE);
  sf_command(self->file, SFC_SET_CLIPPING, NULL, SF_TRUE);
  self->n_channels = n_channels;
  self->n_frames   = 0;
  self->n_silent   = 0;
  self->rate_hz    = rate_hz;
  atomic_store(&self->n_lost, 0);
  atomic_store(&self->on, true);
  return true;
}

/// Take no more frames; returns when the audio thread has left the queue.
static void stop(FiqRecord* self)
{
  atomic_store(&self->on, false);
  while (atomic_load(&self->inside)) {
    nanosleep(&moment, NULL);
  }
}

/// Close the file without what waits to be written; errno stays.
static void abandon(FiqRecord* self)
{
  const int reason = errno;
  uint8_t   byte   = 0;
  stop(self);
  while (fiq_ring_read(&self->queue, &byte, sizeof byte)) {
  }
  sf_close(self->file);
  self->file = NULL;
  errno      = reason;
}

static bool write_frames(FiqRecord* self, const float* frames, uint32_t n)
{
  const bool written = sf_writef_float(self->file, frames, (sf_count_t)n) == (sf_count_t)n;
  self->n_frames += written ? n : 0;
  return written;
}

/// Silence for the frames that were lost, so that what follows keeps its time.
static bool make_up(FiqRecord* self)
{
  static const float silence[CHUNK_FRAMES * FIQ_HOST_CHANNELS_MAX];
  unsigned long      n_lost  = atomic_exchange(&self->n_lost, 0);
  bool               written = true;
  self->n_silent += n_lost;
  while (written && n_lost > 0) {
    const uint32_t n = n_lost < CHUNK_FRAMES ? (uint32_t)n_lost : CHUNK_FRAMES;
    written          = write_frames(self, silence, n);
    n_lost -= n;
  }
  return written;
}

bool fiq_record_write(FiqRecord* self)
{
  float          chunk[CHUNK_FRAMES * FIQ_HOST_CHANNELS_MAX];
  const uint32_t frame_bytes = self->n_channels * (uint32_t)sizeof(float);
  bool           written     = true;
  uint32_t       n           = CHUNK_FRAMES;
  errno                      = 0;
  while (self->file && written && n > 0) {
    if (fiq_ring_read(&self->queue, chunk, n * frame_bytes)) {
      written = write_frames(self, chunk, n);
    } else {
      n /= 2;
    }
  }
  if (self->file && written) {
    written = make_up(self);
  }
  if (!written) {
    abandon(self);
    fiq_pending_fail(&self->pending, "the disk failed");
  }
  return written;
}

bool fiq_record_end(FiqRecord* self)
{
  if (!self->file) {
    return true;
  }
  stop(self);
  if (!fiq_record_write(self)) {
    return false;
  }
  errno            = 0;
  const int status = sf_close(self->file);
  self->file       = NULL;
  if (status != 0) {
    fiq_pending_fail(&self->pending, sf_error_number(status));
    return false;
  }
  if (self->n_silent > 0) {
    fiq_warning("the disk was too slow for %llu frames; they are silent",
                (unsigned long long)self->n_silent);
  }
  return fiq_pending_complete(&self->pending) && fiq_pending_rename(&self->pending);
}

void fiq_record_free(FiqRecord* self)
{
  if (self->file) {
    abandon(self);
    fiq_pending_discard(&self->pending);
  }
  fiq_ring_free(&self->queue);
}
