// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/realm/freeze.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

enum {
  FRAMES_TO_FILL = 4, ///< of the transform, until one is full of sound
  PEAK_REACH     = 2, ///< bins over which a peak is the highest
  NEAR           = 3, ///< bins from a peak to its surroundings, and where they end
  FAR            = 9,
  SMOOTH         = 3, ///< bins to either side that noise is smoothed over
  WALK           = 64
};

static const float stands_out     = 25.0f; // of power, above the softer of the surroundings
static const float agrees_rad     = 0.3f;  // of what a phase advances, from bin to bin
static const float sidelobe_slack = 4.0f;  // of power
static const float walk_rad       = 0.04f; // a frame
static const float noise_gain  = 2.0f; // frames of random phases add up in power, not in amplitude
static const float least_power = 1e-16f;

FiqStatus fiq_freeze_init(FiqFreeze* self, FiqArena* arena, FiqFftPool* pool,
                          const FiqFreezeConfig* config)
{
  assert(self && arena && pool && config);
  memset(self, 0, sizeof *self);
  self->config = *config;
  if (config->control_frames == 0 || config->control_frames > FIQ_CONTROL_MAX) {
    return FIQ_BAD_ARGUMENT;
  }
  const FiqStftConfig stft   = {.n_in          = FIQ_CHANNELS,
                                .n_out         = FIQ_CHANNELS,
                                .window_frames = config->window_frames,
                                .shape         = FIQ_STFT_SQRT_HANN,
                                .hop_frames    = config->window_frames / 4};
  const FiqStatus     status = fiq_stft_init(&self->stft, arena, pool, &stft);
  if (status != FIQ_OK && status != FIQ_NO_MEMORY) {
    return status;
  }
  const uint32_t n = config->window_frames / 2 + 1;
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    self->held[c]  = fiq_arena_take(arena, n, sizeof(FiqComplex));
    self->last[c]  = fiq_arena_take(arena, n, sizeof(FiqComplex));
    self->plane[c] = fiq_arena_take(arena, FIQ_CONTROL_MAX, sizeof(float));
  }
  self->power       = fiq_arena_take(arena, n, sizeof(float));
  self->owner       = fiq_arena_take(arena, n, sizeof(int32_t));
  self->advance_rad = fiq_arena_take(arena, n, sizeof(float));
  self->turned_rad  = fiq_arena_take(arena, n, sizeof(float));
  if (status != FIQ_OK || fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fiq_freeze_reset(self);
  return FIQ_OK;
}

static void start(FiqFreeze* self)
{
  fiq_stft_reset(&self->stft);
  fiq_random_init(&self->random, 1, 77);
  fiq_smoother_reset(&self->fade, 0.0f);
  self->n_frames   = 0;
  self->n_partials = 0;
}

void fiq_freeze_reset(FiqFreeze* self)
{
  assert(self);
  start(self);
  self->position   = 0;
  self->is_running = false;
}

static bool is_held(const FiqFreeze* self)
{
  return self->n_frames > FRAMES_TO_FILL;
}

void fiq_freeze_adopt(FiqFreeze* self, const FiqFreeze* old)
{
  assert(self && old && self->stft.n_bins == old->stft.n_bins);
  const size_t n = self->stft.n_bins;
  fiq_freeze_reset(self);
  if (!old->is_running || !is_held(old)) {
    return;
  }
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    memcpy(self->held[c], old->held[c], n * sizeof(FiqComplex));
  }
  memcpy(self->owner, old->owner, n * sizeof(int32_t));
  memcpy(self->advance_rad, old->advance_rad, n * sizeof(float));
  memcpy(self->turned_rad, old->turned_rad, n * sizeof(float));
  self->random     = old->random;
  self->fade       = old->fade;
  self->n_frames   = old->n_frames;
  self->n_partials = old->n_partials;
  self->is_running = true;
}

void fiq_freeze_control(FiqFreeze* self, bool is_on, float fade_s)
{
  assert(fade_s > 0.0f);
  if (is_on && !self->is_running) {
    start(self);
    self->is_running = true;
  }
  self->position       = 0;
  const float period_s = (float)(self->config.control_frames / self->config.sample_rate_hz);
  const float step     = period_s / fade_s;
  const float target   = is_on && is_held(self) ? 1.0f : 0.0f;
  const float from     = self->fade.end;
  self->fade.start     = from;
  self->fade.end       = from + fiq_clamp(target - from, -step, step);
  if (!is_on && self->fade.start <= 0.0f) {
    self->is_running = false;
  }
}

static float power_of(FiqComplex z)
{
  return z.re * z.re + z.im * z.im;
}

/// Mean power of the softer half of what surrounds bin `k`, apart from its own lobe: another partial may stand there.
static float surroundings(const FiqFreeze* self, int32_t k)
{
  enum { MOST = 2 * (FAR - NEAR + 1) };
  const int32_t last = (int32_t)self->stft.n_bins - 1;
  float         sorted[MOST];
  uint32_t      n = 0;
  for (int32_t at = k - FAR; at <= k + FAR; ++at) {
    if (at <= 0 || at >= last || (at > k - NEAR && at < k + NEAR)) {
      continue;
    }
    uint32_t i = n++;
    for (; i > 0 && sorted[i - 1] > self->power[at]; --i) {
      sorted[i] = sorted[i - 1];
    }
    sorted[i] = self->power[at];
  }
  float sum = 0.0f;
  for (uint32_t i = 0; i < (n + 1) / 2; ++i) {
    sum += sorted[i];
  }
  return sum / fmaxf((float)((n + 1) / 2), 1.0f);
}

/// How far the phase of bin `k` advances in a hop, by the louder channel.
static float advance_of(const FiqFreeze* self, int32_t k)
{
  const uint32_t   c    = power_of(self->held[1][k]) > power_of(self->held[0][k]) ? 1 : 0;
  const FiqComplex now  = self->held[c][k];
  const FiqComplex then = self->last[c][k];
  return atan2f(now.im * then.re - now.re * then.im, now.re * then.re + now.im * then.im);
}

/// The highest around, well above its surroundings, and of one frequency with its neighbours.
static bool is_partial(const FiqFreeze* self, int32_t k)
{
  const int32_t last = (int32_t)self->stft.n_bins - 1;
  const float   own  = self->power[k];
  bool          is   = own > least_power && k > 1 && k + 1 < last;
  for (int32_t d = 1; d <= PEAK_REACH && is; ++d) {
    is = (k - d < 0 || self->power[k - d] <= own) && (k + d > last || self->power[k + d] < own);
  }
  if (!is || own <= stands_out * surroundings(self, k)) {
    return false;
  }
  const int32_t beside = self->power[k + 1] > self->power[k - 1] ? k + 1 : k - 1;
  return fabsf(fiq_wrap_rad(advance_of(self, beside) - advance_of(self, k))) < agrees_rad;
}

/// Bins beside partial `k` that its sidelobes explain turn along with it.
static void claim(FiqFreeze* self, int32_t k, int32_t direction)
{
  const int32_t last = (int32_t)self->stft.n_bins - 1;
  for (int32_t d = 1; d < WALK; ++d) {
    const int32_t at    = k + direction * d;
    const float   width = 4.0f * (float)(d * d) - 1.0f;
    const float   lobe  = d <= PEAK_REACH ? 1.0f : sidelobe_slack / (width * width) * 4.0f;
    if (at < 1 || at >= last || self->power[at] > lobe * self->power[k]) {
      return;
    }
    const int32_t other = self->owner[at];
    if (other == at || (other >= 0 && self->power[other] > self->power[k])) {
      return;
    }
    self->owner[at] = k;
  }
}

static void smooth_noise(FiqFreeze* self)
{
  const int32_t last = (int32_t)self->stft.n_bins - 1;
  for (int32_t k = 1; k < last; ++k) {
    float sum = 0.0f;
    float n   = 0.0f;
    for (int32_t i = k - SMOOTH; i <= k + SMOOTH && self->owner[k] < 0; ++i) {
      if (i > 0 && i < last && self->owner[i] < 0) {
        sum += self->power[i];
        n += 1.0f;
      }
    }
    if (self->owner[k] < 0) {
      const float gain = noise_gain * sqrtf(sum / (n * fmaxf(self->power[k], least_power)));
      for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
        self->held[c][k].re *= fminf(gain, 100.0f);
        self->held[c][k].im *= fminf(gain, 100.0f);
      }
    }
  }
}

/// Hold `spectra`: tell partials from noise.
static void hold(FiqFreeze* self, FiqComplex* const* spectra)
{
  const int32_t last = (int32_t)self->stft.n_bins - 1;
  for (int32_t k = 0; k <= last; ++k) {
    self->held[0][k]    = spectra[0][k];
    self->held[1][k]    = spectra[1][k];
    self->power[k]      = power_of(spectra[0][k]) + power_of(spectra[1][k]);
    self->owner[k]      = -1;
    self->turned_rad[k] = 0.0f;
  }
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    self->held[c][0]    = (FiqComplex){0.0f, 0.0f};
    self->held[c][last] = (FiqComplex){0.0f, 0.0f};
  }
  for (int32_t k = 1; k < last; ++k) {
    if (is_partial(self, k)) {
      self->owner[k]       = k;
      self->advance_rad[k] = advance_of(self, k);
      ++self->n_partials;
    }
  }
  for (int32_t k = 1; k < last; ++k) {
    if (self->owner[k] == k) {
      claim(self, k, -1);
      claim(self, k, 1);
    }
  }
  smooth_noise(self);
}

/// What is held, as it sounds in this frame.
static void sing(FiqFreeze* self, FiqComplex* const* spectra)
{
  const int32_t last = (int32_t)self->stft.n_bins - 1;
  for (int32_t k = 1; k < last; ++k) {
    const float unit = 2.0f * fiq_random_uniform(&self->random) - 1.0f;
    if (self->owner[k] == k) {
      const float turned  = self->turned_rad[k] + self->advance_rad[k] + walk_rad * unit;
      self->turned_rad[k] = fiq_wrap_rad(turned);
    }
    self->power[k] = FIQ_PI_F * unit; // for noise
  }
  for (int32_t k = 0; k <= last; ++k) {
    const int32_t    owner = self->owner[k];
    const FiqComplex turn  = fiq_phasor(owner >= 0 ? self->turned_rad[owner] : self->power[k]);
    for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
      const FiqComplex z = self->held[c][k];
      spectra[c][k] =
          (FiqComplex){z.re * turn.re - z.im * turn.im, z.re * turn.im + z.im * turn.re};
    }
  }
}

static void take_frame(void* user, FiqComplex* const* spectra, uint32_t n_bins)
{
  FiqFreeze* const self = user;
  const size_t     size = n_bins * sizeof(FiqComplex);
  self->n_frames += self->n_frames <= FRAMES_TO_FILL + 1 ? 1 : 0;
  if (self->n_frames == FRAMES_TO_FILL) {
    memcpy(self->last[0], spectra[0], size);
    memcpy(self->last[1], spectra[1], size);
  }
  if (self->n_frames == FRAMES_TO_FILL + 1) {
    hold(self, spectra);
  }
  if (is_held(self)) {
    sing(self, spectra);
  } else {
    memset(spectra[0], 0, size);
    memset(spectra[1], 0, size);
  }
}

void fiq_freeze_process(FiqFreeze* self, float* const* planes, uint32_t n_frames)
{
  assert(self && planes && self->position + n_frames <= self->config.control_frames);
  if (!self->is_running) {
    return;
  }
  const float share = 1.0f / (float)self->config.control_frames;
  fiq_stft_process(&self->stft, (const float* const*)planes, self->plane, NULL, n_frames,
                   take_frame, self);
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float held = fiq_smoother_at(&self->fade, (float)(self->position + i + 1) * share);
    planes[0][i]     = fiq_mix(planes[0][i], self->plane[0][i], held);
    planes[1][i]     = fiq_mix(planes[1][i], self->plane[1][i], held);
  }
  self->position += n_frames;
}
