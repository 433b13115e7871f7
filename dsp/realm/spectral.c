// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/realm/spectral.h"

#include "dsp/base/maths.h"
#include "dsp/base/simd.h"

#include <assert.h>
#include <string.h>

/// What a frame's steps do, of which a frame has FIQ_STFT_STEPS_MAX; see FiqStft.step.
enum { STEP_HEAR, STEP_LISTEN, STEP_PULL, STEP_TURN, STEP_ROTATE };

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
  FiqStatus            status_of_bands = fiq_bands_init(&self->bands, arena, &bands);
  if (config->n_learned && status_of_bands != FIQ_BAD_ARGUMENT) {
    const FiqBandsConfig learned = {config->sample_rate_hz, config->window_frames,
                                    config->n_learned};
    status_of_bands              = fiq_bands_init(&self->learned_bands, arena, &learned);
  }
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
  self->curve_rad   = fiq_arena_take(arena, self->bands.n_bins, sizeof(float));
  self->place_curve = fiq_arena_take(arena, self->bands.n_bins, sizeof(float));
  self->gain_curve  = fiq_arena_take(arena, self->bands.n_bins, sizeof(float));
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    self->turn[c].even = fiq_arena_take(arena, self->bands.n_bins / 2 + 1, sizeof(FiqComplex));
    self->turn[c].odd  = fiq_arena_take(arena, self->bands.n_bins / 2, sizeof(FiqComplex));
  }
  const FiqCoherenceConfig coherence = {config->sample_rate_hz, config->window_frames,
                                        self->stft.config.hop_frames};
  const FiqFeaturesConfig  features  = {&self->bands, self->stft.config.hop_frames,
                                        fiq_stft_window_energy(&self->stft)};
  FiqStatus                rest = fiq_coherence_init(&self->coherence, arena, pool, &coherence);
  if (config->features) {
    const FiqStatus status_of_features = fiq_features_init(&self->features, arena, &features);
    rest                               = rest == FIQ_OK ? status_of_features : rest;
  }
  if (rest != FIQ_OK) {
    return rest;
  }
  self->stft.n_steps = FIQ_STFT_STEPS_MAX;
  self->stft.turns   = true;
  self->use_avx2     = fiq_simd_avx2();
  self->use_avx512   = fiq_simd_avx512();
  fiq_realm_spectral_reset(self);
  return FIQ_OK;
}

void fiq_realm_spectral_reset(FiqRealmSpectral* self)
{
  fiq_stft_reset(&self->stft);
  fiq_coherence_reset(&self->coherence);
  if (self->config.features) {
    fiq_features_reset(&self->features);
  }
  memset(&self->published, 0, sizeof self->published);
  self->published.rms_db = -200.0f;
  self->is_turned        = false;
  self->is_plain         = false;
  self->from_hz          = 0.0f;
  self->is_learned       = false;
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
  return &self->published;
}

/// The bands that the phases of the last control belong to.
static const FiqBands* bands_of(const FiqRealmSpectral* self)
{
  return self->params.is_learned ? &self->learned_bands : &self->bands;
}

void fiq_realm_spectral_control(FiqRealmSpectral* self, const FiqRealmSpectralParams* params,
                                const float* const phi_rad[FIQ_CHANNELS], const float* theta_rad)
{
  assert(self);
  assert(params->amount >= 0.0f && params->amount <= 1.0f);
  assert(params->coherence >= -1.0f && params->coherence <= 1.0f);
  // Only the phases of the tick before a frame count; the work is left to the frame.
  assert(!params->is_learned || self->config.n_learned > 0);
  const size_t size_bytes = self->config.n_neurons * sizeof(float);
  self->params            = *params;
  memcpy(self->phi_rad[0], phi_rad[0], bands_of(self)->config.n_bands * sizeof(float));
  memcpy(self->phi_rad[1], phi_rad[1], bands_of(self)->config.n_bands * sizeof(float));
  memcpy(self->theta_rad, theta_rad, size_bytes);
  if (params->place) {
    memcpy(self->place, params->place, size_bytes);
    memcpy(self->gain_db, params->gain_db, size_bytes);
  }
}

/// The phases of all neurons for one channel.
static void phases_of(const FiqRealmSpectral* self, uint32_t c, float* psi_rad)
{
  const FiqRealmSpectralParams* params     = &self->params;
  const float                   offset_rad = c ? params->stereo_rad : 0.0f;
  if (params->is_learned) {
    for (uint32_t b = 0; b < self->config.n_learned; ++b) {
      psi_rad[b] = params->amount * self->phi_rad[c][b];
    }
    return;
  }
  for (uint32_t b = 0; b < self->config.n_neurons; ++b) {
    const float motion = params->motion_rad * fiq_sin(self->theta_rad[b] + offset_rad);
    psi_rad[b]         = params->amount * (self->phi_rad[c][b] + motion);
  }
}

void fiq_realm_spectral_turns(const FiqRealmSpectral* self, uint32_t channel, float* psi_rad)
{
  assert(channel < FIQ_CHANNELS);
  const float* const hz = self->learned_bands.centre_hz;
  float              learned_rad[FIQ_NEURONS_MAX];
  uint32_t           at = 0;
  if (!self->params.is_learned) {
    phases_of(self, channel, psi_rad);
    return;
  }
  phases_of(self, channel, learned_rad);
  for (uint32_t b = 0; b < self->config.n_neurons; ++b) {
    const float centre_hz = self->bands.centre_hz[b];
    while (at + 1 < self->config.n_learned && hz[at + 1] <= centre_hz) {
      ++at;
    }
    const uint32_t next  = at + 1 < self->config.n_learned ? at + 1 : at;
    const float    width = fmaxf(1.0f, hz[next] - hz[at]);
    const float    share = fiq_clamp((centre_hz - hz[at]) / width, 0.0f, 1.0f);
    psi_rad[b]           = fiq_mix(learned_rad[at], learned_rad[next], share);
  }
}

/// Turns of `n` bins, an even number of them, from an even one on.
FIQ_INLINE void make_turn(FiqComplex* restrict even, FiqComplex* restrict odd,
                          const float* restrict psi_rad, size_t n)
{
  for (size_t i = 0; i < n / 2; ++i) {
    even[i] = fiq_phasor(psi_rad[2 * i]);
    odd[i]  = fiq_phasor(psi_rad[2 * i + 1]);
  }
}

static void make_turn_base(FiqComplex* even, FiqComplex* odd, const float* psi_rad, size_t n)
{
  make_turn(even, odd, psi_rad, n);
}

FIQ_AVX2 static void make_turn_avx2(FiqComplex* even, FiqComplex* odd, const float* psi_rad,
                                    size_t n)
{
  make_turn(even, odd, psi_rad, n);
}

FIQ_AVX512 static void make_turn_avx512(FiqComplex* even, FiqComplex* odd, const float* psi_rad,
                                        size_t n)
{
  make_turn(even, odd, psi_rad, n);
}

/// The turns of all bins from the curve.
static void run_make_turn(FiqRealmSpectral* self, const FiqStftTurn* turn)
{
  const float* const psi_rad = self->curve_rad;
  const uint32_t     last    = self->bands.n_bins - 1;
  if (self->use_avx2 && self->use_avx512) {
    make_turn_avx512(turn->even, turn->odd, psi_rad, last);
  } else if (self->use_avx2) {
    make_turn_avx2(turn->even, turn->odd, psi_rad, last);
  } else {
    make_turn_base(turn->even, turn->odd, psi_rad, last);
  }
  turn->even[last / 2] = fiq_phasor(psi_rad[last]);
}

static bool realm_is_at_rest(const float* psi_rad, uint32_t n)
{
  float sum = 0.0f;
  for (uint32_t b = 0; b < n; ++b) {
    sum += fabsf(psi_rad[b]);
  }
  return !(sum > 0.0f);
}

/// Nothing of the curve below `from_hz`, all of it an octave above, the slope that of a cosine.
static void spare_bass(const FiqRealmSpectral* self, float from_hz)
{
  assert(from_hz > 0.0f);
  const float bins = from_hz * (float)(self->config.window_frames / self->config.sample_rate_hz);
  for (uint32_t k = 0; k < self->bands.n_bins && (float)k < 2.0f * bins; ++k) {
    const float way = fiq_clamp(((float)k - bins) / bins, 0.0f, 1.0f);
    self->curve_rad[k] *= 0.5f - 0.5f * cosf(FIQ_PI_F * way);
  }
}

/// The turns of this frame; made anew only where something moved.
static void prepare_turns(FiqRealmSpectral* self)
{
  float                 psi_rad[FIQ_CHANNELS][FIQ_NEURONS_MAX] = {{0.0f}};
  const bool            is_plain = fiq_coherence_is_off(&self->coherence);
  const float           from_hz  = self->params.from_hz;
  const FiqBands* const bands    = bands_of(self);
  const bool            is_from_same =
      fabsf(from_hz - self->from_hz) <= 0.0f && self->is_learned == self->params.is_learned;
  phases_of(self, 0, psi_rad[0]);
  phases_of(self, 1, psi_rad[1]);
  self->is_shared = memcmp(psi_rad[0], psi_rad[1], sizeof psi_rad[0]) == 0;
  self->is_turned = !is_plain || !realm_is_at_rest(psi_rad[0], bands->config.n_bands) ||
                    !realm_is_at_rest(psi_rad[1], bands->config.n_bands);
  for (uint32_t c = 0; c < (self->is_shared ? 1u : 2u) && self->is_turned; ++c) {
    const bool is_same = memcmp(psi_rad[c], self->psi_rad[c], sizeof psi_rad[c]) == 0;
    if (is_same && is_plain && self->is_plain && is_from_same) {
      continue;
    }
    memcpy(self->psi_rad[c], psi_rad[c], sizeof psi_rad[c]);
    fiq_bands_curve(bands, psi_rad[c], self->curve_rad);
    if (from_hz > 0.0f) {
      spare_bass(self, from_hz);
    }
    if (!is_plain) {
      fiq_coherence_add(&self->coherence, self->curve_rad);
    }
    run_make_turn(self, &self->turn[c]);
  }
  if (self->is_shared) {
    // The second channel's own turn is out of date.
    self->psi_rad[1][0] = NAN;
  }
  self->is_plain   = is_plain;
  self->from_hz    = from_hz;
  self->is_learned = self->params.is_learned;
}

static FiqComplex times(FiqComplex a, FiqComplex b)
{
  return (FiqComplex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

/// Turn and place the frame's bins themselves, since one channel's go to the other.
static void place_bins(FiqRealmSpectral* self)
{
  FiqComplex* const* const spectra = fiq_stft_look(&self->stft);
  const uint32_t           other   = self->is_shared ? 0 : 1;
  fiq_bands_curve(&self->bands, self->place, self->place_curve);
  fiq_bands_curve(&self->bands, self->gain_db, self->gain_curve);
  for (uint32_t k = 0; k < self->bands.n_bins; ++k) {
    FiqComplex a = spectra[0][k];
    FiqComplex b = spectra[1][k];
    if (self->is_turned) {
      const bool is_even = k % 2 == 0;
      a                  = times(a, is_even ? self->turn[0].even[k / 2] : self->turn[0].odd[k / 2]);
      b = times(b, is_even ? self->turn[other].even[k / 2] : self->turn[other].odd[k / 2]);
    }
    const float      gain  = fiq_exp(0.1151292546f * self->gain_curve[k]);
    const float      place = self->place_curve[k];
    const float      share = 0.5f * place;
    const bool       is_ms = self->params.is_mid_side;
    const FiqComplex mid   = {share * (a.re + b.re), share * (a.im + b.im)};
    const FiqComplex to_a  = is_ms ? (FiqComplex){0.0f, 0.0f} : mid;
    const FiqComplex to_b =
        is_ms ? (FiqComplex){place * a.re, place * a.im} : (FiqComplex){-mid.re, -mid.im};
    spectra[0][k] = (FiqComplex){gain * (a.re + to_a.re), gain * (a.im + to_a.im)};
    spectra[1][k] = (FiqComplex){gain * (b.re + to_b.re), gain * (b.im + to_b.im)};
  }
}

static void rotate(FiqRealmSpectral* self)
{
  self->stft.turns = self->params.place == NULL;
  if (self->stft.turns && self->stft.is_silent) {
    return; // nothing to turn
  }
  prepare_turns(self);
  if (!self->stft.turns) {
    place_bins(self);
  } else if (self->is_turned) {
    fiq_stft_turn(&self->stft, &self->turn[0], &self->turn[self->is_shared ? 0 : 1]);
  }
}

static void run_step(void* user, FiqComplex* const* spectra, uint32_t n_bins)
{
  FiqRealmSpectral* self = user;
  const bool        hear = self->config.features;
  // Where there is nothing to hear every step has a slice of its own; else the last two share one.
  const uint32_t step = self->stft.step + (hear ? STEP_HEAR : STEP_LISTEN);
  assert(n_bins == self->bands.n_bins);
  (void)spectra;
  (void)n_bins;
  if (step == STEP_HEAR && self->stft.is_silent) {
    fiq_features_silence(&self->features);
  } else if (step == STEP_HEAR) {
    fiq_features_process(&self->features, fiq_stft_look(&self->stft), FIQ_CHANNELS);
  } else if (step == STEP_LISTEN) {
    if (fiq_coherence_move(&self->coherence, self->params.coherence)) {
      fiq_coherence_listen(&self->coherence, fiq_stft_look(&self->stft));
    }
  } else if (step == STEP_PULL) {
    fiq_coherence_pull(&self->coherence);
  } else if (step == STEP_TURN) {
    fiq_coherence_turn(&self->coherence);
  }
  if (step == STEP_ROTATE || (step == STEP_TURN && hear)) {
    rotate(self);
  }
}

void fiq_realm_spectral_process(FiqRealmSpectral* self, const float* const in[2],
                                float* const out_i[2], float* const out_q[2], uint32_t n_frames)
{
  assert(self);
  const uint32_t hop    = self->stft.config.hop_frames;
  const uint32_t within = self->stft.position & (hop - 1);
  fiq_stft_process(&self->stft, in, out_i, out_q, n_frames, run_step, self);
  if (self->config.features && within + n_frames >= hop) {
    self->published = self->features.result;
  }
}
