// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/source.h"

#include "host-test/common/report.h"
#include "host-test/lv2/lv2_host.h"
#include "host-test/render/planes.h"

#include <math.h>
#include <string.h>

bool fiq_source_open(FiqSource* self, const char* path)
{
  *self = (FiqSource){.n_turns = 1};
  return fiq_audio_open(&self->file, path, FIQ_HOST_BLOCK_MAX);
}

bool fiq_source_is_open(const FiqSource* self)
{
  return self->file.file != NULL;
}

bool fiq_source_begin(FiqSource* self, double start_s, double end_s, uint32_t n_turns,
                      double rate_hz)
{
  FiqAudioInput* const file  = &self->file;
  const int64_t        start = llround(start_s * file->rate_hz);
  const int64_t        end   = end_s < 0.0 ? file->n_frames : llround(end_s * file->rate_hz);
  self->first                = start;
  self->turn                 = (end < file->n_frames ? end : file->n_frames) - start;
  self->n_turns              = n_turns;
  self->rate_hz              = rate_hz;
  if (self->turn <= 0) {
    fiq_error("%s: there is nothing from %g s on; it is %.3f s long", file->path, start_s,
              (double)file->n_frames / file->rate_hz);
    return false;
  }
  file->n_frames = self->turn * self->n_turns;
  self->n_frames = file->n_frames;
  if (fabs(rate_hz - file->rate_hz) > 0.0) {
    const double frames = (double)file->n_frames * rate_hz / file->rate_hz;
    self->n_frames      = llround(frames) > 0 ? llround(frames) : 1;
    self->taken         = fiq_planes_new((uint32_t)file->channels, FIQ_HOST_BLOCK_MAX);
    if (!self->taken ||
        !fiq_resampler_init(&self->resampler, file->rate_hz, rate_hz, (uint32_t)file->channels)) {
      return false;
    }
  }
  return start == 0 || fiq_audio_seek(file, start);
}

bool fiq_source_rewind(FiqSource* self)
{
  self->n_read = self->at = 0;
  self->n_taken = self->n_used = 0;
  if (self->resampler.converter) {
    fiq_resampler_reset(&self->resampler);
  }
  return fiq_audio_rewind(&self->file) &&
         (self->first == 0 || fiq_audio_seek(&self->file, self->first));
}

/// The next frames of the file, across the ends of turns.
static uint32_t read_file(FiqSource* self, float* const* planes, uint32_t n_planes,
                          uint32_t n_frames)
{
  FiqAudioInput* const file = &self->file;
  uint32_t             done = 0;
  // Without turns there is nothing to look after.
  if (self->turn == file->n_frames && self->first == 0) {
    return fiq_audio_read(file, planes, n_planes, n_frames);
  }
  while (done < n_frames && file->n_read < file->n_frames && !file->failed) {
    float*         ahead[FIQ_AUDIO_CHANNELS_MAX * FIQ_HOST_CHANNELS_MAX];
    const int64_t  left = self->turn - self->at;
    const uint32_t now  = left < n_frames - done ? (uint32_t)left : n_frames - done;
    for (uint32_t c = 0; c < n_planes; ++c) {
      ahead[c] = planes[c] + done;
    }
    const uint32_t got = fiq_audio_read(file, ahead, n_planes, now);
    self->at += got;
    done += got;
    if (got == 0) {
      break;
    }
    if (self->at == self->turn && file->n_read < file->n_frames) {
      self->at = 0;
      fiq_audio_seek(file, self->first);
    }
  }
  for (uint32_t c = 0; c < n_planes; ++c) {
    memset(planes[c] + done, 0, (n_frames - done) * sizeof(float));
  }
  return done;
}

/// Fill `n_frames` of planes [channels of the file] from the resampler; what is missing at the end is silence.
static void convert(FiqSource* self, float* const* planes, uint32_t n_frames)
{
  const uint32_t channels = (uint32_t)self->file.channels;
  uint32_t       done     = 0;
  size_t         n_put    = 1;
  while (done < n_frames && !self->file.failed) {
    float* in[FIQ_AUDIO_CHANNELS_MAX];
    float* out[FIQ_AUDIO_CHANNELS_MAX];
    size_t n_used = 0;
    if (self->n_used == self->n_taken) {
      self->n_taken = read_file(self, self->taken, channels, FIQ_HOST_BLOCK_MAX);
      self->n_used  = 0;
    }
    const bool at_end = self->n_taken == 0;
    for (uint32_t c = 0; c < channels; ++c) {
      in[c]  = self->taken[c] + self->n_used;
      out[c] = planes[c] + done;
    }
    if (!fiq_resampler_process(&self->resampler, at_end ? NULL : in, self->n_taken - self->n_used,
                               &n_used, out, n_frames - done, &n_put)) {
      self->file.failed = true;
    }
    self->n_used += (uint32_t)n_used;
    done += (uint32_t)n_put;
    if (at_end && n_put == 0) {
      self->is_short = self->file.n_read < self->file.n_frames;
      break;
    }
  }
  for (uint32_t c = 0; c < channels; ++c) {
    memset(planes[c] + done, 0, (n_frames - done) * sizeof(float));
  }
}

/// As read_file at the rate that is wanted.
static void read_converted(FiqSource* self, float* const* planes, uint32_t n_planes,
                           uint32_t n_frames)
{
  const uint32_t channels = (uint32_t)self->file.channels;
  if (n_planes >= channels) {
    convert(self, planes, n_frames);
    for (uint32_t c = channels; c < n_planes; ++c) {
      memcpy(planes[c], planes[channels - 1], n_frames * sizeof(float));
    }
    return;
  }
  // No plugin has fewer inputs than its file has channels, but for a side chain that is refused.
  for (uint32_t c = 0; c < n_planes; ++c) {
    memset(planes[c], 0, n_frames * sizeof(float));
  }
}

void fiq_source_read(FiqSource* self, float* const* planes, uint32_t n_planes, uint32_t n_frames)
{
  float*         ahead[FIQ_AUDIO_CHANNELS_MAX * FIQ_HOST_CHANNELS_MAX];
  const uint32_t silent = self->n_zeros < n_frames ? (uint32_t)self->n_zeros : n_frames;
  const uint32_t wanted = n_frames - silent;
  self->n_zeros -= silent;
  for (uint32_t c = 0; c < n_planes; ++c) {
    memset(planes[c], 0, silent * sizeof(float));
    ahead[c] = planes[c] + silent;
  }
  if (wanted == 0) {
    return;
  }
  if (self->resampler.converter) {
    read_converted(self, ahead, n_planes, wanted);
  } else {
    read_file(self, ahead, n_planes, wanted);
  }
  const int64_t left = self->n_frames - self->n_read;
  if (left < wanted) {
    // The converter may have a frame more than there is time for.
    for (uint32_t c = 0; c < n_planes; ++c) {
      memset(ahead[c] + left, 0, (wanted - (uint32_t)left) * sizeof(float));
    }
  }
  self->n_read += left < wanted ? left : wanted;
}

bool fiq_source_is_whole(const FiqSource* self)
{
  return !self->file.failed && !self->is_short &&
         (self->resampler.converter || self->file.n_read >= self->n_read);
}

bool fiq_source_report(const FiqSource* self)
{
  FiqAudioInput seen = self->file;
  if (self->resampler.converter && !self->is_short) {
    // The converter need not have asked for the last frames.
    seen.n_frames = seen.n_read;
  }
  return fiq_audio_report(&seen);
}

void fiq_source_close(FiqSource* self)
{
  if (self->resampler.converter) {
    fiq_resampler_free(&self->resampler);
  }
  fiq_planes_free(self->taken);
  fiq_audio_close(&self->file);
  *self = (FiqSource){.n_turns = 1};
}
