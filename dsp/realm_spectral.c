// SPDX-License-Identifier: GPL-3.0-or-later
#include "realm_spectral.h"

#include "maths.h"

#include <assert.h>
#include <string.h>

static FiqStatus init_children(FiqRealmSpectral* self, FiqArena* arena, FiqFftPool* pool)
{
  const FiqRealmSpectralConfig* config = &self->config;
  const FiqStftConfig           stft   = {.n_in          = FIQ_CHANNELS,
                                          .n_out         = FIQ_CHANNELS,
                                          .window_frames = config->window_frames,
                                          .hop_frames    = config->hop_frames,
                                          .shape         = FIQ_STFT_FILTER,
                                          .analytic      = true};
  const FiqBandsConfig bands  = {config->sample_rate_hz, config->window_frames, config->n_neurons};
  const FiqStatus      status = fiq_stft_init(&self->stft, arena, pool, &stft);
  const FiqStatus      status_of_bands = fiq_bands_init(&self->bands, arena, &bands);
  // A bad argument says more than that the memory, which it decides on, is missing.
  return status == FIQ_OK || status_of_bands == FIQ_BAD_ARGUMENT ? status_of_bands : status;
}

FiqStatus fiq_realm_spectral_init(FiqRealmSpectral* self, FiqArena* arena, FiqFftPool* pool,
                                  const FiqRealmSpectralConfig* config)
{
  assert(self);
  assert(arena);
  assert(pool);
  assert(config);
  memset(self, 0, sizeof *self);
  self->config = *config;
  if (config->control_frames == 0 || config->control_frames > FIQ_CONTROL_MAX) {
    return FIQ_BAD_ARGUMENT;
  }
  const FiqStatus status = init_children(self, arena, pool);
  if (status != FIQ_OK && status != FIQ_NO_MEMORY) {
    return status;
  }
  self->curve_rad = fiq_arena_take(arena, self->bands.n_bins, sizeof(float));
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    self->turn[c] = fiq_arena_take(arena, self->bands.n_bins, sizeof(FiqComplex));
  }
  const FiqFeaturesConfig features           = {&self->bands, self->stft.config.hop_frames,
                                                fiq_stft_window_energy(&self->stft)};
  const FiqStatus         status_of_features = fiq_features_init(&self->features, arena, &features);
  if (status_of_features != FIQ_OK) {
    return status_of_features;
  }
  fiq_realm_spectral_reset(self);
  return FIQ_OK;
}

void fiq_realm_spectral_reset(FiqRealmSpectral* self)
{
  fiq_stft_reset(&self->stft);
  fiq_features_reset(&self->features);
  memset(&self->params, 0, sizeof self->params);
  memset(self->phi_rad, 0, sizeof self->phi_rad);
  memset(self->theta_rad, 0, sizeof self->theta_rad);
  memset(self->psi_rad, 0, sizeof self->psi_rad);
}

uint32_t fiq_realm_spectral_latency_frames(const FiqRealmSpectral* self)
{
  return fiq_stft_latency_frames(&self->stft);
}

uint32_t fiq_realm_spectral_hop_frames(const FiqRealmSpectral* self)
{
  return self->stft.config.hop_frames;
}

const FiqSpectralFeatures* fiq_realm_spectral_features(const FiqRealmSpectral* self)
{
  return &self->features.result;
}

void fiq_realm_spectral_control(FiqRealmSpectral* self, const FiqRealmSpectralParams* params,
                                const float* phi_rad, const float* theta_rad)
{
  assert(self);
  assert(params->amount >= 0.0f && params->amount <= 1.0f);
  // Only the phases of the tick before a frame count; the work is left to the frame.
  const size_t size_bytes = self->config.n_neurons * sizeof(float);
  self->params            = *params;
  memcpy(self->phi_rad, phi_rad, size_bytes);
  memcpy(self->theta_rad, theta_rad, size_bytes);
}

/// The phases of all neurons for one channel.
static void phases_of(const FiqRealmSpectral* self, float offset_rad, float* psi_rad)
{
  const FiqRealmSpectralParams* params = &self->params;
  for (uint32_t b = 0; b < self->config.n_neurons; ++b) {
    const float motion = params->motion_rad * fiq_sin(self->theta_rad[b] + offset_rad);
    psi_rad[b]         = params->amount * (self->phi_rad[b] + motion);
  }
}

static void make_turn(FiqComplex* restrict turn, const float* restrict psi_rad, size_t n)
{
  for (size_t k = 0; k < n; ++k) {
    turn[k].re = fiq_cos(psi_rad[k]);
    turn[k].im = fiq_sin(psi_rad[k]);
  }
}

static void multiply_by(FiqComplex* restrict z, const FiqComplex* restrict turn, size_t n)
{
  for (size_t k = 0; k < n; ++k) {
    const float re = z[k].re * turn[k].re - z[k].im * turn[k].im;
    z[k].im        = z[k].re * turn[k].im + z[k].im * turn[k].re;
    z[k].re        = re;
  }
}

static bool is_at_rest(const float* psi_rad, uint32_t n)
{
  float sum = 0.0f;
  for (uint32_t b = 0; b < n; ++b) {
    sum += fabsf(psi_rad[b]);
  }
  return !(sum > 0.0f);
}

static void turn_channel(FiqRealmSpectral* self, uint32_t c, FiqComplex* spectrum)
{
  const uint32_t n                        = self->config.n_neurons;
  const float    offset                   = c ? self->params.stereo_rad : 0.0f;
  float          psi_rad[FIQ_NEURONS_MAX] = {0.0f};
  phases_of(self, offset, psi_rad);
  if (is_at_rest(psi_rad, n)) {
    return;
  }
  if (memcmp(psi_rad, self->psi_rad[c], sizeof psi_rad) != 0) {
    memcpy(self->psi_rad[c], psi_rad, sizeof psi_rad);
    fiq_bands_curve(&self->bands, psi_rad, self->curve_rad);
    make_turn(self->turn[c], self->curve_rad, self->bands.n_bins);
  }
  multiply_by(spectrum, self->turn[c], self->bands.n_bins);
}

static void run_frame(void* user, FiqComplex* const* spectra, uint32_t n_bins)
{
  FiqRealmSpectral* self = user;
  assert(n_bins == self->bands.n_bins);
  (void)n_bins;
  fiq_features_process(&self->features, spectra, FIQ_CHANNELS);
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    turn_channel(self, c, spectra[c]);
  }
}

void fiq_realm_spectral_process(FiqRealmSpectral* self, const float* const in[2],
                                float* const out_i[2], float* const out_q[2], uint32_t n_frames)
{
  assert(self);
  fiq_stft_process(&self->stft, in, out_i, out_q, n_frames, run_frame, self);
}
