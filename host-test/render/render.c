// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/render.h"

#include "host-test/common/report.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TAIL_STEP_FRAMES = 1024 };

#define SILENCE 3.1622776e-5f // -90 dBFS
#define SILENCE_S 0.5

bool fiq_render_init(FiqRender* self, uint64_t body_frames)
{
  assert(body_frames > 0);
  const FiqLink* const last    = fiq_chain_last(self->chain);
  const double         rate_hz = self->chain->links[0].ensemble.hosts[0].rate_hz;
  const double tail_s = self->options->tail_s < 0.0 ? FIQ_RENDER_TAIL_MAX_S : self->options->tail_s;
  self->n_channels    = last ? last->ensemble.n_channels : 0;
  self->hold_frames   = (uint32_t)(SILENCE_S * rate_hz);
  self->body_frames   = body_frames;
  self->tail_frames   = (uint64_t)llround(tail_s * rate_hz);
  self->random        = 1;
  self->held = fiq_planes_new(self->n_channels, (size_t)self->hold_frames + FIQ_HOST_BLOCK_MAX);
  self->converted = fiq_planes_new(self->n_channels, FIQ_HOST_BLOCK_MAX);
  if (!self->held || !self->converted) {
    fiq_error("out of memory");
    return false;
  }
  const bool same = self->out_hz <= 0.0 || fabs(self->out_hz - rate_hz) < 0.5;
  return same || self->n_channels == 0 ||
         fiq_resampler_init(&self->resampler, rate_hz, self->out_hz, self->n_channels);
}

void fiq_render_free(FiqRender* self)
{
  if (self->resampler.converter) {
    fiq_resampler_free(&self->resampler);
  }
  fiq_planes_free(self->held);
  fiq_planes_free(self->converted);
}

static uint32_t next_block(FiqRender* self)
{
  if (self->options->block_frames > 0) {
    return self->options->block_frames;
  }
  self->random = self->random * 1664525u + 1013904223u;
  return 1 + ((self->random >> 8) % 1024);
}

/// Frames that the plugins run until the sound of the body is out.
static uint64_t sounding_frames(const FiqRender* self)
{
  return self->body_frames + (uint64_t)fiq_chain_latency(self->chain);
}

/// How far it is to the next frame at which blocks are cut: the end of the body, that of its sound, the steps of a tail that
/// may end in silence, and the end of all. So the plugins have run the same frames in the end whatever the length of a
/// block, and a state saved then is the same.
static uint64_t frames_to_cut(const FiqRender* self)
{
  const uint64_t run      = (uint64_t)self->chain->n_run;
  const uint64_t sounding = sounding_frames(self);
  if (run < self->body_frames) {
    return self->body_frames - run;
  }
  if (run < sounding) {
    return sounding - run;
  }
  const uint64_t left = sounding + self->tail_frames - run;
  const uint64_t step = TAIL_STEP_FRAMES - (run - sounding) % TAIL_STEP_FRAMES;
  return self->options->tail_s < 0.0 && step < left ? step : left;
}

/// Run the plugins over the next block and put its length into `n_frames`.
static bool run_block(FiqRender* self, uint32_t* n_frames)
{
  const uint64_t left   = frames_to_cut(self);
  const uint32_t wanted = next_block(self);
  assert(left > 0);
  *n_frames = left < wanted ? (uint32_t)left : wanted;
  return fiq_chain_run(self->chain, self->input, *n_frames);
}

/// Silence was found within a step of the tail: run on to its end.
static bool complete_step(FiqRender* self)
{
  uint32_t n_frames = 0;
  bool     ran      = true;
  for (;;) {
    const uint64_t in_tail = (uint64_t)self->chain->n_run - sounding_frames(self);
    if (!ran || in_tail % TAIL_STEP_FRAMES == 0 || in_tail == self->tail_frames) {
      return ran;
    }
    ran = run_block(self, &n_frames);
  }
}

static bool put_out(FiqRender* self, float* const* planes, uint32_t n_frames)
{
  fiq_metrics_add(&self->metrics, planes, self->n_channels, n_frames);
  return !self->output || n_frames == 0 || fiq_audio_write(self->output, planes, n_frames);
}

/// Convert `n_frames` to the rate of the output and put them out; `planes` NULL: put out what is left.
static bool convert(FiqRender* self, float* const* planes, uint32_t n_frames)
{
  uint32_t done = 0;
  size_t   n    = 1;
  while (done < n_frames || n > 0) {
    float* in[FIQ_ENSEMBLE_PLANES_MAX];
    size_t taken = 0;
    for (uint32_t c = 0; planes && c < self->n_channels; ++c) {
      in[c] = planes[c] + done;
    }
    if (!fiq_resampler_process(&self->resampler, planes ? in : NULL, n_frames - done, &taken,
                               self->converted, FIQ_HOST_BLOCK_MAX, &n) ||
        !put_out(self, self->converted, (uint32_t)n)) {
      return false;
    }
    done += (uint32_t)taken;
  }
  return true;
}

static bool write_planes(FiqRender* self, float* const* planes, uint32_t n_frames)
{
  return self->resampler.converter ? n_frames == 0 || convert(self, planes, n_frames)
                                   : put_out(self, planes, n_frames);
}

/// Write the first `n_frames` of what is held, in pieces that the file takes, and drop them.
static bool write_held(FiqRender* self, uint32_t n_frames)
{
  const uint32_t n_channels = self->n_channels;
  bool           written    = true;
  for (uint32_t at = 0; written && at < n_frames;) {
    float*         planes[FIQ_ENSEMBLE_PLANES_MAX];
    const uint32_t rest  = n_frames - at;
    const uint32_t piece = rest < FIQ_HOST_BLOCK_MAX ? rest : FIQ_HOST_BLOCK_MAX;
    for (uint32_t c = 0; c < n_channels; ++c) {
      planes[c] = self->held[c] + at;
    }
    written = write_planes(self, planes, piece);
    at += piece;
  }
  self->n_held -= n_frames;
  for (uint32_t c = 0; c < n_channels; ++c) {
    memmove(self->held[c], self->held[c] + n_frames, self->n_held * sizeof(float));
  }
  return written;
}

static bool is_quiet(float* const* planes, uint32_t n_channels, uint32_t i)
{
  for (uint32_t c = 0; c < n_channels; ++c) {
    if (fabsf(planes[c][i]) >= SILENCE) {
      return false;
    }
  }
  return true;
}

/// Hold quiet frames back until something louder follows, so that the file ends where the sound
/// does, wherever the blocks were cut.
static bool write_until_silence(FiqRender* self, float* const* planes, uint32_t n_frames)
{
  const uint32_t n_channels = self->n_channels;
  uint32_t       n_sure     = 0;
  for (uint32_t i = 0; i < n_frames && !self->done; ++i) {
    for (uint32_t c = 0; c < n_channels; ++c) {
      self->held[c][self->n_held] = planes[c][i];
    }
    ++self->n_held;
    if (!is_quiet(planes, n_channels, i)) {
      n_sure = self->n_held;
    }
    self->done = self->n_held - n_sure >= self->hold_frames;
  }
  return write_held(self, n_sure);
}

/// Pass on `n_frames` that are aligned with the input: first the body, then the tail.
static bool write_aligned(FiqRender* self, float** planes, uint32_t n_frames)
{
  const uint64_t body_left = self->n_out < self->body_frames ? self->body_frames - self->n_out : 0;
  const uint32_t n_body    = body_left < n_frames ? (uint32_t)body_left : n_frames;
  const uint64_t all_left  = self->body_frames + self->tail_frames - self->n_out;
  const uint32_t n_all     = all_left < n_frames ? (uint32_t)all_left : n_frames;
  bool           written   = n_body == 0 || write_planes(self, planes, n_body);
  for (uint32_t c = 0; c < self->n_channels; ++c) {
    planes[c] += n_body;
  }
  const uint32_t n_tail = n_all - n_body;
  if (written && n_tail > 0) {
    written = self->options->tail_s < 0.0 ? write_until_silence(self, planes, n_tail)
                                          : write_planes(self, planes, n_tail);
  }
  self->n_out += n_all;
  if (self->n_out == self->body_frames + self->tail_frames && !self->done) {
    self->done = true;
    if (self->options->tail_s < 0.0) {
      fiq_note("the output is not silent after %g s; the tail ends there", FIQ_RENDER_TAIL_MAX_S);
      written = written && write_held(self, self->n_held);
    }
  }
  return written;
}

/// Where the body ends, so does what the plugins play by themselves.
static void stop_partners(FiqRender* self)
{
  if (self->is_stopped || self->options->continue_s <= 0.0 ||
      (uint64_t)self->chain->n_run < self->body_frames) {
    return;
  }
  self->is_stopped = true;
  for (uint32_t i = 0; i < self->chain->n; ++i) {
    FiqEnsemble* const ensemble = &self->chain->links[i].ensemble;
    const uint32_t     mode     = fiq_ports_index(&ensemble->hosts[0].ports, "sequence");
    if (mode != FIQ_NO_PORT) {
      fiq_ensemble_set(ensemble, mode, 0.0f);
    }
  }
}

bool fiq_render_step(FiqRender* self)
{
  uint32_t      n_frames = 0;
  const int64_t begun    = self->chain->n_run;
  stop_partners(self);
  if (!run_block(self, &n_frames)) {
    return false;
  }
  if (self->input && !fiq_source_is_whole(self->input)) {
    return fiq_source_report(self->input);
  }
  const int64_t skip_left = fiq_chain_latency(self->chain) - begun;
  if (skip_left >= (int64_t)n_frames) {
    return true;
  }
  const uint32_t       skipped = skip_left > 0 ? (uint32_t)skip_left : 0;
  const FiqLink* const last    = fiq_chain_last(self->chain);
  float*               planes[FIQ_ENSEMBLE_PLANES_MAX];
  for (uint32_t c = 0; c < self->n_channels; ++c) {
    planes[c] = last->ensemble.out[c] + skipped;
  }
  if (!write_aligned(self, planes, n_frames - skipped)) {
    return false;
  }
  return !self->done ||
         ((!self->resampler.converter || convert(self, NULL, 0)) && complete_step(self));
}
