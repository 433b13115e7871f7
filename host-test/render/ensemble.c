// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/ensemble.h"

#include "host-test/common/report.h"

#include <assert.h>
#include <stdlib.h>

float** fiq_planes_new(uint32_t n, size_t n_frames)
{
  float** const planes = calloc((size_t)n + 1, sizeof(float*));
  float* const  data   = calloc((size_t)n * n_frames + 1, sizeof(float));
  if (!planes || !data) {
    free(planes);
    free(data);
    return NULL;
  }
  planes[0] = data;
  for (uint32_t i = 1; i < n; ++i) {
    planes[i] = data + i * n_frames;
  }
  return planes;
}

void fiq_planes_free(float** planes)
{
  if (planes) {
    free(planes[0]);
    free(planes);
  }
}

bool fiq_ensemble_open(FiqEnsemble* self, const char* name, double rate_hz)
{
  *self       = (FiqEnsemble){.n = 0};
  self->hosts = calloc(FIQ_AUDIO_CHANNELS_MAX, sizeof(FiqHost));
  if (!self->hosts) {
    fiq_error("out of memory");
    return false;
  }
  self->n = 1;
  return fiq_host_open(&self->hosts[0], name, rate_hz);
}

static bool add_hosts(FiqEnsemble* self, uint32_t n)
{
  assert(n <= FIQ_AUDIO_CHANNELS_MAX);
  while (self->n < n) {
    if (!fiq_host_open_beside(&self->hosts[self->n++], &self->hosts[0])) {
      return false;
    }
  }
  return true;
}

bool fiq_ensemble_fit(FiqEnsemble* self, const FiqAudioInput* input, const FiqAudioInput* side)
{
  const FiqHostAudio* const audio    = &self->hosts[0].audio;
  const uint32_t            n_in     = audio->n_main_in;
  const uint32_t            channels = input ? (uint32_t)input->channels : 0;
  if (n_in > 0 && !add_hosts(self, (channels + n_in - 1) / n_in)) {
    return false;
  }
  self->n_main     = self->n * n_in;
  self->n_out      = self->n * audio->n_out;
  self->n_channels = self->n > 1 && audio->n_out == n_in ? channels : self->n_out;
  self->side_apart =
      self->n > 1 && side && (uint32_t)side->channels == channels && audio->n_side_in == n_in;
  self->n_side = (self->side_apart ? self->n : 1) * audio->n_side_in;
  if (side && (uint32_t)side->channels > self->n_side) {
    fiq_error("%s: has %d channels; the side chain takes %u, or as many as INPUT has", side->path,
              side->channels, audio->n_side_in);
    return false;
  }
  self->main = fiq_planes_new(self->n_main, FIQ_HOST_BLOCK_MAX);
  self->side = fiq_planes_new(self->n_side, FIQ_HOST_BLOCK_MAX);
  self->out  = fiq_planes_new(self->n_out, FIQ_HOST_BLOCK_MAX);
  if (!self->main || !self->side || !self->out) {
    fiq_error("out of memory");
    return false;
  }
  return true;
}

void fiq_ensemble_read(FiqEnsemble* self, FiqAudioInput* input, FiqAudioInput* side,
                       uint32_t n_frames)
{
  if (input) {
    fiq_audio_read(input, self->main, self->n_main, n_frames);
  }
  if (side) {
    fiq_audio_read(side, self->side, self->n_side, n_frames);
  }
}

void fiq_ensemble_begin(FiqEnsemble* self)
{
  for (uint32_t i = 0; i < self->n; ++i) {
    fiq_host_begin(&self->hosts[i].audio);
  }
}

void fiq_ensemble_run(FiqEnsemble* self, bool sided, uint32_t n_frames)
{
  for (uint32_t i = 0; i < self->n; ++i) {
    FiqHostAudio* const audio = &self->hosts[i].audio;
    float** const       side  = self->side + (self->side_apart ? i * audio->n_side_in : 0);
    fiq_host_run(audio, (const float* const*)(self->main + i * audio->n_main_in),
                 sided ? (const float* const*)side : NULL, self->out + i * audio->n_out, n_frames);
  }
}

unsigned long fiq_ensemble_not_finite(const FiqEnsemble* self)
{
  unsigned long sum = 0;
  for (uint32_t i = 0; i < self->n; ++i) {
    sum += atomic_load(&self->hosts[i].audio.n_not_finite);
  }
  return sum;
}

unsigned long fiq_ensemble_events_lost(const FiqEnsemble* self)
{
  unsigned long sum = 0;
  for (uint32_t i = 0; i < self->n; ++i) {
    sum += atomic_load(&self->hosts[i].audio.n_events_lost);
  }
  return sum;
}

void fiq_ensemble_free(FiqEnsemble* self)
{
  // The first one owns what the others share.
  for (uint32_t i = self->n; i > 0; --i) {
    fiq_host_free(&self->hosts[i - 1]);
  }
  free(self->hosts);
  fiq_planes_free(self->main);
  fiq_planes_free(self->side);
  fiq_planes_free(self->out);
  *self = (FiqEnsemble){.n = 0};
}
