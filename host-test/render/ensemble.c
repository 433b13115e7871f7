// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/ensemble.h"

#include "host-test/common/report.h"

#include <assert.h>
#include <stdlib.h>

bool fiq_ensemble_open(FiqEnsemble* self, const char* name, double rate_hz, const FiqHost* beside)
{
  *self       = (FiqEnsemble){.n = 0};
  self->hosts = calloc(FIQ_AUDIO_CHANNELS_MAX, sizeof(FiqHost));
  if (!self->hosts) {
    fiq_error("out of memory");
    return false;
  }
  self->n = 1;
  return beside ? fiq_host_open_beside(&self->hosts[0], beside, name, rate_hz)
                : fiq_host_open(&self->hosts[0], name, rate_hz);
}

static bool add_hosts(FiqEnsemble* self, uint32_t n)
{
  assert(n <= FIQ_AUDIO_CHANNELS_MAX);
  while (self->n < n) {
    if (!fiq_host_open_beside(&self->hosts[self->n++], &self->hosts[0], NULL,
                              self->hosts[0].rate_hz)) {
      return false;
    }
  }
  return true;
}

/// Planes for what is put out and comes in; where `before` puts it out, that is played.
static bool make_planes(FiqEnsemble* self, const FiqEnsemble* before)
{
  const bool fed = before && before->n_channels > 0;
  self->main     = calloc((size_t)self->n_main + 1, sizeof(float*));
  self->own      = fed ? NULL : fiq_planes_new(self->n_main, FIQ_HOST_BLOCK_MAX);
  self->side     = fiq_planes_new(self->n_side, FIQ_HOST_BLOCK_MAX);
  self->out      = fiq_planes_new(self->n_out, FIQ_HOST_BLOCK_MAX);
  if (!self->main || (!fed && !self->own) || !self->side || !self->out) {
    fiq_error("out of memory");
    return false;
  }
  for (uint32_t c = 0; c < self->n_main; ++c) {
    const uint32_t last = fed ? before->n_channels - 1 : 0;
    self->main[c]       = fed ? before->out[c < last ? c : last] : self->own[c];
  }
  return true;
}

bool fiq_ensemble_fit(FiqEnsemble* self, uint32_t n_channels, const FiqEnsemble* before,
                      const FiqSource* side)
{
  const FiqHostAudio* const audio = &self->hosts[0].audio;
  const uint32_t            n_in  = audio->n_main_in;
  if (n_in > 0 && n_channels > 0 && !add_hosts(self, (n_channels + n_in - 1) / n_in)) {
    return false;
  }
  self->n_main     = self->n * n_in;
  self->n_out      = self->n * audio->n_out;
  self->n_channels = self->n > 1 && audio->n_out == n_in ? n_channels : self->n_out;
  self->side_apart = self->n > 1 && side && (uint32_t)side->file.channels == n_channels &&
                     audio->n_side_in == n_in;
  self->n_side = (self->side_apart ? self->n : 1) * audio->n_side_in;
  if (side && (uint32_t)side->file.channels > self->n_side) {
    fiq_error("%s: has %d channels; the side chain takes %u, or as many as INPUT has",
              side->file.path, side->file.channels, audio->n_side_in);
    return false;
  }
  return make_planes(self, before);
}

void fiq_ensemble_begin(FiqEnsemble* self)
{
  for (uint32_t i = 0; i < self->n; ++i) {
    fiq_host_begin(&self->hosts[i].audio);
  }
}

/// `planes` [n] seen from frame `at` on.
static void look_ahead(float* const* planes, uint32_t n, uint32_t at, float** ahead)
{
  for (uint32_t c = 0; c < n; ++c) {
    ahead[c] = planes[c] + at;
  }
}

void fiq_ensemble_run(FiqEnsemble* self, bool sided, uint32_t at, uint32_t n_frames)
{
  for (uint32_t i = 0; i < self->n; ++i) {
    FiqHostAudio* const audio = &self->hosts[i].audio;
    const uint32_t      apart = self->side_apart ? i * audio->n_side_in : 0;
    float*              main[FIQ_HOST_CHANNELS_MAX];
    float*              side[FIQ_HOST_CHANNELS_MAX];
    float*              out[FIQ_HOST_CHANNELS_MAX];
    look_ahead(self->main + i * audio->n_main_in, audio->n_main_in, at, main);
    look_ahead(self->side + apart, audio->n_side_in, at, side);
    look_ahead(self->out + i * audio->n_out, audio->n_out, at, out);
    fiq_host_run(audio, (const float* const*)main, sided ? (const float* const*)side : NULL, out,
                 n_frames);
  }
}

void fiq_ensemble_set(FiqEnsemble* self, uint32_t port, float value)
{
  for (uint32_t i = 0; i < self->n; ++i) {
    fiq_host_set(&self->hosts[i], port, value);
  }
}

void fiq_ensemble_activate(FiqEnsemble* self)
{
  for (uint32_t i = 0; i < self->n; ++i) {
    fiq_host_activate(&self->hosts[i]);
  }
}

void fiq_ensemble_deactivate(FiqEnsemble* self)
{
  for (uint32_t i = 0; i < self->n; ++i) {
    fiq_host_deactivate(&self->hosts[i]);
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
  free(self->main);
  fiq_planes_free(self->own);
  fiq_planes_free(self->side);
  fiq_planes_free(self->out);
  *self = (FiqEnsemble){.n = 0};
}
