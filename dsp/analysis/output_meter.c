// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/analysis/output_meter.h"

#include "dsp/base/maths.h"
#include "dsp/transform/window.h"

#include <assert.h>
#include <string.h>

enum { LANES = 8 }; // partial sums, so that the order of additions is fixed and vectors can be used

static const double window_s     = 0.04; // at least
static const double span_s       = 1.0;  // of the crest factor
static const float  mean_s       = 0.3f;
static const float  low_hz       = 40.0f;
static const float  high_hz      = 16000.0f;
static const float  silence      = 1e-8f; // mean square of both channels, -80 dBFS
static const float  loudest      = 1e12f; // beyond it something is broken
static const float  crest_max_db = 60.0f;
static const float  lobe_power   = 1.0f / 3.0f;

static const FiqOutputReading unheard = {12.0f, 1000.0f, 0.5f, true};

/// Divide the bins among the bands.
static void place_meter_bands(FiqOutputMeter* self, double sample_rate_hz)
{
  const float bin_hz   = (float)(sample_rate_hz / self->window_frames);
  const float top_hz   = fminf(high_hz, 0.5f * (float)sample_rate_hz);
  const float low_erb  = fiq_hz_to_erb(low_hz);
  const float step_erb = (fiq_hz_to_erb(top_hz) - low_erb) / (float)FIQ_OUTPUT_METER_BANDS;
  self->first_bin      = (uint32_t)ceilf(low_hz / bin_hz);
  uint32_t k           = self->first_bin;
  for (uint32_t band = 0; band < FIQ_OUTPUT_METER_BANDS; ++band) {
    const float end_hz = fiq_erb_to_hz(low_erb + step_erb * (float)(band + 1));
    while (k < self->n_bins - 1 && (float)k * bin_hz < end_hz) {
      ++k;
    }
    self->band_end[band] = k;
  }
  self->octave[0] = 0.0f;
  for (k = 1; k < self->n_bins; ++k) {
    self->octave[k] = log2f((float)k * bin_hz * 1e-3f);
  }
}

FiqStatus fiq_output_meter_init(FiqOutputMeter* self, FiqArena* arena, FiqFftPool* pool,
                                double sample_rate_hz)
{
  assert(self);
  assert(arena);
  assert(pool);
  memset(self, 0, sizeof *self);
  if (!(sample_rate_hz >= FIQ_SAMPLE_RATE_MIN_HZ && sample_rate_hz <= FIQ_SAMPLE_RATE_MAX_HZ)) {
    return FIQ_BAD_ARGUMENT;
  }
  const uint32_t n    = fiq_next_power_of_two((uint32_t)(window_s * sample_rate_hz));
  self->window_frames = n;
  self->n_bins        = n / 2 + 1;
  self->window        = fiq_arena_take(arena, n, sizeof(float));
  self->octave        = fiq_arena_take(arena, self->n_bins, sizeof(float));
  self->frame[0]      = fiq_arena_take(arena, n, sizeof(float));
  self->frame[1]      = fiq_arena_take(arena, n, sizeof(float));
  self->scratch       = fiq_arena_take(arena, n, sizeof(float));
  self->spectrum      = fiq_arena_take(arena, self->n_bins, sizeof(FiqComplex));
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  const double frame_s = n / sample_rate_hz;
  self->n_slots        = (uint32_t)(span_s / frame_s + 0.5);
  self->mean_share     = 1.0f - expf(-2.0f * (float)frame_s / mean_s);
  assert(self->n_slots >= 1 && self->n_slots <= FIQ_OUTPUT_METER_SLOTS_MAX);
  fiq_window_hann(self->window, n);
  for (uint32_t i = 0; i < n; ++i) {
    self->window[i] *= 4.0f / (float)n; // a partial of amplitude 1 has a lobe of height 1
  }
  place_meter_bands(self, sample_rate_hz);
  fiq_output_meter_reset(self);
  return fiq_fft_init_kinds(&self->fft, pool, n, FIQ_FFT_REAL_FORWARD);
}

void fiq_output_meter_reset(FiqOutputMeter* self)
{
  assert(self);
  self->position = 0;
  self->channel  = 0;
  self->i_slot   = 0;
  self->n_filled = 0;
  self->is_heard = false;
  self->moment   = 0.0f;
  memset(self->band, 0, sizeof self->band);
  self->moment_mean = 0.0f;
  memset(self->band_mean, 0, sizeof self->band_mean);
  self->result = unheard;
}

static float sum_bands(const float lane[LANES])
{
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

static float sum(const float* restrict x, uint32_t n)
{
  float    lane[LANES] = {0.0f};
  uint32_t k           = 0;
  for (; k + LANES <= n; k += LANES) {
    for (uint32_t i = 0; i < LANES; ++i) {
      lane[i] += x[k + i];
    }
  }
  for (uint32_t i = 0; k + i < n; ++i) {
    lane[i] += x[k + i];
  }
  return sum_bands(lane);
}

static float dot_frames(const float* restrict x, const float* restrict y, uint32_t n)
{
  float    lane[LANES] = {0.0f};
  uint32_t k           = 0;
  for (; k + LANES <= n; k += LANES) {
    for (uint32_t i = 0; i < LANES; ++i) {
      lane[i] += x[k + i] * y[k + i];
    }
  }
  for (uint32_t i = 0; k + i < n; ++i) {
    lane[i] += x[k + i] * y[k + i];
  }
  return sum_bands(lane);
}

/// Largest |x|; `n` a multiple of LANES.
static float block_peak(const float* restrict x, uint32_t n)
{
  float lane[LANES] = {0.0f};
  for (uint32_t k = 0; k < n; k += LANES) {
    for (uint32_t i = 0; i < LANES; ++i) {
      const float size = fabsf(x[k + i]);
      lane[i]          = size > lane[i] ? size : lane[i];
    }
  }
  float peak = 0.0f;
  for (uint32_t i = 0; i < LANES; ++i) {
    peak = fmaxf(peak, lane[i]);
  }
  return peak;
}

static void measure_crest(FiqOutputMeter* self)
{
  const uint32_t n           = self->window_frames;
  float          peak        = 0.0f;
  float          energy      = 0.0f;
  self->peak[self->i_slot]   = fmaxf(block_peak(self->frame[0], n), block_peak(self->frame[1], n));
  self->energy[self->i_slot] = dot_frames(self->frame[0], self->frame[0], n);
  self->energy[self->i_slot] += dot_frames(self->frame[1], self->frame[1], n);
  self->i_slot = self->i_slot + 1 < self->n_slots ? self->i_slot + 1 : 0;
  self->n_filled += self->n_filled < self->n_slots;
  for (uint32_t i = 0; i < self->n_filled; ++i) {
    peak = fmaxf(peak, self->peak[i]);
    energy += self->energy[i];
  }
  const float square     = energy / (float)(self->n_filled * n * FIQ_CHANNELS);
  self->result.is_silent = !self->is_heard || square < silence;
  if (square >= silence) {
    self->result.crest_db = fiq_clamp(fiq_gain_to_db(peak / sqrtf(square)), 0.0f, crest_max_db);
  }
}

/// Add the window of the channel whose turn it is.
static void add_spectrum(FiqOutputMeter* self)
{
  const uint32_t n                    = self->window_frames;
  float* const restrict scratch       = self->scratch;
  const float* restrict frame         = self->frame[self->channel];
  const FiqComplex* restrict spectrum = self->spectrum;
  for (uint32_t i = 0; i < n; ++i) {
    scratch[i] = frame[i] * self->window[i];
  }
  fiq_fft_forward(&self->fft, scratch, self->spectrum);
  for (uint32_t k = 0; k < self->n_bins; ++k) {
    scratch[k] = spectrum[k].re * spectrum[k].re + spectrum[k].im * spectrum[k].im;
  }
  uint32_t first = self->first_bin;
  for (uint32_t b = 0; b < FIQ_OUTPUT_METER_BANDS; ++b) {
    self->band[b] += lobe_power * sum(scratch + first, self->band_end[b] - first);
    first = self->band_end[b];
  }
  self->moment += lobe_power * dot_frames(scratch + self->first_bin, self->octave + self->first_bin,
                                          first - self->first_bin);
}

/// Take the pair of windows into the mean.
static void measure_spectrum(FiqOutputMeter* self)
{
  const float heard = 0.5f * sum(self->band, FIQ_OUTPUT_METER_BANDS);
  if (heard >= silence && heard <= loudest) {
    const float share = self->is_heard ? self->mean_share : 1.0f;
    for (uint32_t b = 0; b < FIQ_OUTPUT_METER_BANDS; ++b) {
      self->band_mean[b] += share * (self->band[b] - self->band_mean[b]);
    }
    self->moment_mean += share * (self->moment - self->moment_mean);
    const float total        = sum(self->band_mean, FIQ_OUTPUT_METER_BANDS);
    self->result.centroid_hz = 1000.0f * exp2f(self->moment_mean / total);
    self->result.entropy     = fiq_entropy(self->band_mean, FIQ_OUTPUT_METER_BANDS);
    self->is_heard           = true;
  }
  memset(self->band, 0, sizeof self->band);
  self->moment = 0.0f;
}

void fiq_output_meter_process(FiqOutputMeter* self, const float* const in[FIQ_CHANNELS],
                              uint32_t n_frames)
{
  assert(self);
  assert(in[0]);
  assert(in[1]);
  for (uint32_t done = 0; done < n_frames;) {
    const uint32_t left = self->window_frames - self->position;
    const uint32_t n    = n_frames - done < left ? n_frames - done : left;
    memcpy(self->frame[0] + self->position, in[0] + done, n * sizeof(float));
    memcpy(self->frame[1] + self->position, in[1] + done, n * sizeof(float));
    self->position += n;
    done += n;
    if (self->position == self->window_frames) {
      self->position = 0;
      add_spectrum(self);
      if (self->channel == 1) {
        measure_spectrum(self);
      }
      measure_crest(self);
      self->channel = 1 - self->channel;
    }
  }
}
