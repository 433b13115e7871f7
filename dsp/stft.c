// SPDX-License-Identifier: GPL-3.0-or-later
#include "stft.h"

#include "window.h"

#include <assert.h>
#include <string.h>

static bool is_power_of_two(uint32_t x)
{
  return x != 0 && (x & (x - 1)) == 0;
}

static bool config_is_valid(const FiqStftConfig* config)
{
  const uint32_t overlap_min = config->shape == FIQ_STFT_FILTER ? 4 : 2;
  return config->n_in >= 1 && config->n_in <= FIQ_STFT_CHANNELS_MAX &&
         config->n_out <= config->n_in && is_power_of_two(config->window_frames) &&
         config->window_frames >= FIQ_STFT_WINDOW_MIN &&
         config->window_frames <= FIQ_STFT_WINDOW_MAX && is_power_of_two(config->hop_frames) &&
         config->hop_frames >= 16 && config->hop_frames <= config->window_frames / overlap_min &&
         (config->shape == FIQ_STFT_FILTER || config->shape == FIQ_STFT_SQRT_HANN);
}

static void take_buffers(FiqStft* self, FiqArena* arena)
{
  const uint32_t n        = self->config.window_frames;
  const bool     analytic = self->config.analytic;
  self->analysis          = fiq_arena_take(arena, n, sizeof(float));
  self->synthesis         = fiq_arena_take(arena, n, sizeof(float));
  self->time              = fiq_arena_take(arena, n, sizeof(float));
  if (analytic) {
    self->time_complex = fiq_arena_take(arena, n, sizeof(FiqComplex));
  }
  for (uint32_t c = 0; c < self->config.n_in; ++c) {
    self->spectra[c] = fiq_arena_take(arena, analytic ? n : self->n_bins, sizeof(FiqComplex));
    self->input[c]   = fiq_arena_take(arena, n, sizeof(float));
  }
  for (uint32_t c = 0; c < self->config.n_out; ++c) {
    self->sum_i[c] = fiq_arena_take(arena, n, sizeof(float));
    if (analytic) {
      self->sum_q[c] = fiq_arena_take(arena, n, sizeof(float));
    }
  }
}

static void fill_windows(FiqStft* self)
{
  const uint32_t n = self->config.window_frames;
  if (self->config.shape == FIQ_STFT_FILTER) {
    fiq_window_hann(self->analysis + n / 4, n / 2);
    fiq_window_tukey(self->synthesis, n, n / 16);
  } else {
    fiq_window_sqrt_hann(self->analysis, n);
    fiq_window_sqrt_hann(self->synthesis, n);
  }
  const double gain =
      fiq_window_cola_gain(self->analysis, self->synthesis, n, self->config.hop_frames);
  const float scale = (float)(1.0 / (gain * n));
  for (uint32_t i = 0; i < n; ++i) {
    self->synthesis[i] *= scale;
  }
}

FiqStatus fiq_stft_init(FiqStft* self, FiqArena* arena, FiqFftPool* pool,
                        const FiqStftConfig* config)
{
  assert(self);
  assert(arena);
  assert(pool);
  assert(config);
  *self = (FiqStft){.config = *config, .n_bins = config->window_frames / 2 + 1};
  if (self->config.hop_frames == 0) {
    self->config.hop_frames = config->window_frames / 4;
  }
  if (!config_is_valid(&self->config)) {
    return FIQ_BAD_ARGUMENT;
  }
  take_buffers(self, arena);
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fill_windows(self);
  const uint32_t complex_kind = config->analytic ? FIQ_FFT_COMPLEX_INVERSE : 0;
  const uint32_t inverse_kind = config->n_out ? FIQ_FFT_REAL_INVERSE | complex_kind : 0;
  return fiq_fft_init_kinds(&self->fft, pool, config->window_frames,
                            FIQ_FFT_REAL_FORWARD | inverse_kind);
}

void fiq_stft_reset(FiqStft* self)
{
  const size_t size_bytes = self->config.window_frames * sizeof(float);
  for (uint32_t c = 0; c < self->config.n_in; ++c) {
    memset(self->input[c], 0, size_bytes);
  }
  for (uint32_t c = 0; c < self->config.n_out; ++c) {
    memset(self->sum_i[c], 0, size_bytes);
    if (self->config.analytic) {
      memset(self->sum_q[c], 0, size_bytes);
    }
  }
  self->position = 0;
}

uint32_t fiq_stft_latency_frames(const FiqStft* self)
{
  return self->config.window_frames;
}

float fiq_stft_window_energy(const FiqStft* self)
{
  // Mean of Hann^2 is 3/8, over half of the window; mean of Hann is 1/2.
  const float mean = self->config.shape == FIQ_STFT_FILTER ? 0.1875f : 0.5f;
  return mean * (float)self->config.window_frames;
}

static void multiply(float* restrict out, const float* restrict x, const float* restrict window,
                     uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    out[i] = x[i] * window[i];
  }
}

static void multiply_add(float* restrict sum, const float* restrict x, const float* restrict window,
                         uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    sum[i] += x[i] * window[i];
  }
}

/// As multiply_add, from interleaved values. Bins were taken once, not twice, hence the 2.
static void multiply_add_complex(float* restrict sum_i, float* restrict sum_q,
                                 const FiqComplex* restrict z, const float* restrict window,
                                 uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    const float gain = 2.0f * window[i];
    sum_i[i] += z[i].re * gain;
    sum_q[i] += z[i].im * gain;
  }
}

/// The newest hop of a ring was played already; it is where the new frame ends.
static void clear_newest_hop(const FiqStft* self, float* ring)
{
  const uint32_t n   = self->config.window_frames;
  const uint32_t hop = self->config.hop_frames;
  memset(ring + ((self->position + n - hop) & (n - 1)), 0, hop * sizeof(float));
}

static void analyse(FiqStft* self, uint32_t c)
{
  const uint32_t n_head = self->config.window_frames - self->position;
  multiply(self->time, self->input[c] + self->position, self->analysis, n_head);
  multiply(self->time + n_head, self->input[c], self->analysis + n_head, self->position);
  fiq_fft_forward(&self->fft, self->time, self->spectra[c]);
}

static void synthesise_real(FiqStft* self, uint32_t c)
{
  const uint32_t n_head = self->config.window_frames - self->position;
  fiq_fft_inverse(&self->fft, self->spectra[c], self->time);
  multiply_add(self->sum_i[c] + self->position, self->time, self->synthesis, n_head);
  multiply_add(self->sum_i[c], self->time + n_head, self->synthesis + n_head, self->position);
}

static void synthesise_complex(FiqStft* self, uint32_t c)
{
  const uint32_t n_head = self->config.window_frames - self->position;
  FiqComplex*    bins   = self->spectra[c];
  const uint32_t last   = self->n_bins - 1;
  bins[0]               = (FiqComplex){0.5f * bins[0].re, 0.0f};
  bins[last]            = (FiqComplex){0.5f * bins[last].re, 0.0f};
  fiq_fft_inverse_complex(&self->fft, bins, self->time_complex);
  multiply_add_complex(self->sum_i[c] + self->position, self->sum_q[c] + self->position,
                       self->time_complex, self->synthesis, n_head);
  multiply_add_complex(self->sum_i[c], self->sum_q[c], self->time_complex + n_head,
                       self->synthesis + n_head, self->position);
}

static void run_frame(FiqStft* self, bool with_q, FiqStftFrame frame, void* user)
{
  for (uint32_t c = 0; c < self->config.n_in; ++c) {
    analyse(self, c);
  }
  if (frame) {
    frame(user, self->spectra, self->n_bins);
  }
  for (uint32_t c = 0; c < self->config.n_out; ++c) {
    clear_newest_hop(self, self->sum_i[c]);
    if (self->config.analytic) {
      clear_newest_hop(self, self->sum_q[c]);
    }
    if (with_q) {
      synthesise_complex(self, c);
    } else {
      synthesise_real(self, c);
    }
  }
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
  return a < b ? a : b;
}

void fiq_stft_process(FiqStft* self, const float* const* in, float* const* out_i,
                      float* const* out_q, uint32_t n_frames, FiqStftFrame frame, void* user)
{
  assert(self);
  assert(!out_q || self->config.analytic);
  const uint32_t hop = self->config.hop_frames;
  uint32_t       n   = 0;
  for (uint32_t done = 0; done < n_frames; done += n) {
    n = min_u32(n_frames - done, hop - (self->position & (hop - 1)));
    // All inputs are read before any output is written, since they may be the same memory.
    for (uint32_t c = 0; c < self->config.n_in; ++c) {
      memcpy(self->input[c] + self->position, in[c] + done, n * sizeof(float));
    }
    for (uint32_t c = 0; c < self->config.n_out; ++c) {
      memcpy(out_i[c] + done, self->sum_i[c] + self->position, n * sizeof(float));
      if (out_q) {
        memcpy(out_q[c] + done, self->sum_q[c] + self->position, n * sizeof(float));
      }
    }
    self->position = (self->position + n) & (self->config.window_frames - 1);
    if ((self->position & (hop - 1)) == 0) {
      run_frame(self, out_q != NULL, frame, user);
    }
  }
}
