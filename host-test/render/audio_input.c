// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/common/report.h"
#include "host-test/render/audio_file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool check_path(const char* path)
{
  struct stat info;
  if (stat(path, &info) != 0 || access(path, R_OK) != 0) {
    fiq_error("%s: %s", path, strerror(errno));
    return false;
  }
  if (S_ISDIR(info.st_mode)) {
    fiq_error("%s: is a folder, not a sound file", path);
    return false;
  }
  if (S_ISREG(info.st_mode) && info.st_size == 0) {
    fiq_error("%s: is empty (0 bytes)", path);
    return false;
  }
  return true;
}

static bool check_content(const FiqAudioInput* self, const SF_INFO* info)
{
  if (info->samplerate < FIQ_AUDIO_RATE_MIN_HZ || info->samplerate > FIQ_AUDIO_RATE_MAX_HZ) {
    fiq_error("%s: its sample rate of %d Hz is outside %d .. %d Hz", self->path, info->samplerate,
              FIQ_AUDIO_RATE_MIN_HZ, FIQ_AUDIO_RATE_MAX_HZ);
    return false;
  }
  if (info->channels < 1 || info->channels > 2) {
    fiq_error("%s: has %d channels; only mono and stereo can be rendered", self->path,
              info->channels);
    return false;
  }
  if (info->frames <= 0) {
    fiq_error("%s: contains no audio (0 frames)", self->path);
    return false;
  }
  return true;
}

static void warn_if_cut(const FiqAudioInput* self)
{
  char log[8192];
  sf_command(self->file, SFC_GET_LOG_INFO, log, sizeof log);
  // libsndfile shortens a cut file silently and only notes the difference in its log.
  if (strstr(log, "should be") && strstr(log, "data :")) {
    fiq_warning("%s: the file is cut short; its first %lld frames are used", self->path,
                (long long)self->n_frames);
  }
}

bool fiq_audio_open(FiqAudioInput* self, const char* path, uint32_t block_frames)
{
  SF_INFO info = {.format = 0};
  *self        = (FiqAudioInput){.path = path, .block_frames = block_frames};
  if (!check_path(path)) {
    return false;
  }
  self->file = sf_open(path, SFM_READ, &info);
  if (!self->file) {
    fiq_error("%s: not a readable sound file: %s", path, sf_strerror(NULL));
    return false;
  }
  if (!check_content(self, &info)) {
    return false;
  }
  self->channels    = info.channels;
  self->rate_hz     = info.samplerate;
  self->n_frames    = info.frames;
  self->interleaved = calloc((size_t)block_frames * (size_t)info.channels, sizeof(float));
  if (!self->interleaved) {
    fiq_error("out of memory");
    return false;
  }
  warn_if_cut(self);
  return true;
}

uint32_t fiq_audio_read(FiqAudioInput* self, float* const planes[2], uint32_t n_frames)
{
  const uint32_t   wanted = n_frames < self->block_frames ? n_frames : self->block_frames;
  const sf_count_t n_got  = sf_readf_float(self->file, self->interleaved, wanted);
  const uint32_t   n      = n_got > 0 ? (uint32_t)n_got : 0;
  if (n < wanted && sf_error(self->file) != SF_ERR_NO_ERROR) {
    self->failed = true;
  }
  for (int c = 0; c < 2; ++c) {
    const int column = self->channels == 2 ? c : 0;
    for (uint32_t i = 0; i < n; ++i) {
      const float x = self->interleaved[(size_t)i * (size_t)self->channels + (size_t)column];
      if (!isfinite(x)) {
        self->n_not_finite += (uint64_t)(c < self->channels ? 1 : 0);
      }
      planes[c][i] = isfinite(x) ? x : 0.0f;
    }
    memset(planes[c] + n, 0, (n_frames - n) * sizeof(float));
  }
  self->n_read += n;
  return n;
}

bool fiq_audio_report(const FiqAudioInput* self)
{
  if (self->n_not_finite > 0) {
    fiq_warning("%s: %llu samples were NaN or infinite and were read as silence", self->path,
                (unsigned long long)self->n_not_finite);
  }
  if (self->failed) {
    fiq_error("%s: is damaged after %lld of %lld frames: %s", self->path, (long long)self->n_read,
              (long long)self->n_frames, sf_strerror(self->file));
    return false;
  }
  if (self->n_read < self->n_frames) {
    fiq_error("%s: ended after %lld of %lld frames", self->path, (long long)self->n_read,
              (long long)self->n_frames);
    return false;
  }
  return true;
}

void fiq_audio_close(FiqAudioInput* self)
{
  if (self->file) {
    sf_close(self->file);
  }
  free(self->interleaved);
  *self = (FiqAudioInput){.file = NULL};
}
