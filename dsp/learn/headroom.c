// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/learn/headroom.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

enum {
  SLICE_POINTS  = 1 << 17, ///< points of transforms in one slice
  SLICE_FRAMES  = 1 << 18, ///< frames of p-norm in one slice
  N_ANGLES      = 35,      ///< 5, 10 .. 175 degrees
  N_ORDERS      = 6,
  N_SHORT       = 14, ///< evaluations from each start
  N_SHORT_TRY   = 8,  ///< the same in a try
  TRY_STARTS    = 2,
  TRY_ANGLES    = 3, ///< one of so many is tried
  STARTS_MIN    = 8,
  FINALISTS_MIN = 2,
  N_RELOADS_MAX = 2
};

static const float    onset_share        = 0.5f;  // of the loudest hop
static const float    before_share       = 0.1f;  // of the hop that follows
static const float    begin_share        = 0.03f; // of the peak, where a hit begins
static const float    echo_share         = 0.0055f;
static const float    echo_weight        = 600.0f;
static const double   echo_past_s        = 0.015;
static const double   echo_ahead_s       = 0.005;
static const double   points_of_all      = 7.5e8; ///< of transforms, both ways, that may be spent
static const float    promising_db       = 1.0f;
static const uint32_t order_first        = 8;
static const uint32_t orders[N_ORDERS]   = {8, 12, 24, 40, 80, 160};
static const uint32_t steps[2][N_ORDERS] = {{20, 20, 25, 30, 30, 40}, {4, 1, 8, 1, 8, 1}};

FiqStatus fiq_learn_headroom_init(FiqLearnHeadroom* self, FiqArena* arena, FiqRealmModel* realm,
                                  uint32_t n_frames_max)
{
  assert(self);
  assert(arena);
  assert(realm);
  memset(self, 0, sizeof *self);
  const double hop         = realm->hop_frames;
  self->realm              = realm;
  self->n_hops_max         = fiq_realm_model_n_hops(realm, n_frames_max);
  const double set_rate_hz = fmin(realm->config.sample_rate_hz, FIQ_LEARN_SET_RATE_HZ);
  self->n_set_max = (uint32_t)(FIQ_LEARN_SET_S * set_rate_hz / hop) + 2 * FIQ_LEARN_HOPS_A_FRAME;
  if (self->n_set_max > self->n_hops_max + FIQ_LEARN_HOPS_A_FRAME) {
    self->n_set_max = self->n_hops_max + FIQ_LEARN_HOPS_A_FRAME;
  }
  self->stride = (realm->n_bins + 7u) & ~(size_t)7;
  self->level  = fiq_arena_take(arena, self->n_hops_max, sizeof(float));
  self->slot   = fiq_arena_take(arena, self->n_hops_max, sizeof(int32_t));
  self->frame  = fiq_arena_take(arena, self->n_set_max, sizeof(uint32_t));
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    self->spectra[c] = fiq_arena_take(arena, self->n_set_max * self->stride, sizeof(FiqComplex));
    self->output[c] =
        fiq_arena_take(arena, (size_t)self->n_set_max * realm->hop_frames, sizeof(float));
  }
  for (uint32_t i = 0; i < 2 * FIQ_LEARN_ONSETS_MAX; ++i) {
    self->onsets.limit[i] = fiq_arena_take(arena, realm->hop_frames, sizeof(float));
  }
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    const size_t n        = 2 * FIQ_LEARN_ONSETS_MAX * (size_t)realm->hop_frames;
    self->onsets.slope[c] = fiq_arena_take(arena, n, sizeof(float));
  }
  self->adjoint = fiq_arena_take(arena, realm->n_bins, sizeof(FiqComplex));
  self->by_psi  = fiq_arena_take(arena, realm->n_bins, sizeof(float));
  self->stage   = FIQ_HEADROOM_DONE;
  return fiq_arena_status(arena);
}

static uint32_t short_steps(const FiqLearnHeadroom* self)
{
  return self->is_try ? N_SHORT_TRY : N_SHORT;
}

static uint32_t order_steps(const FiqLearnHeadroom* self, uint32_t order)
{
  return steps[self->is_try ? 1 : 0][order];
}

/// Evaluations of one finalist, without reloads.
static uint32_t long_steps(const FiqLearnHeadroom* self)
{
  uint32_t sum = 0;
  for (uint32_t i = 0; i < N_ORDERS; ++i) {
    sum += order_steps(self, i);
  }
  return sum;
}

static float signal_peak(const float* x, size_t n)
{
  float peak = 0.0f;
  for (size_t i = 0; i < n; ++i) {
    const float magnitude = fabsf(x[i]);
    peak                  = magnitude > peak ? magnitude : peak;
  }
  return peak;
}

// The working set.

/// How many frames the hops of at least `threshold` need.
static uint32_t count_frames(const FiqLearnHeadroom* self, float threshold)
{
  uint32_t count = 0;
  uint32_t until = 0; // frames below this one are counted
  for (uint32_t o = 0; o < self->n_hops; ++o) {
    if (self->level[o] >= threshold) {
      const uint32_t first = o > until ? o : until;
      until                = o + FIQ_LEARN_HOPS_A_FRAME;
      count += until - first;
    }
  }
  return count;
}

/// The lowest threshold whose hops fit; hops more than 24 dB below the loudest are never of use.
static float find_threshold(const FiqLearnHeadroom* self)
{
  float high = 0.0f;
  for (uint32_t o = 0; o < self->n_hops; ++o) {
    high = fmaxf(high, self->level[o]);
  }
  float low = 0.06f * high;
  if (count_frames(self, low) <= self->n_set_max) {
    return low;
  }
  for (int i = 0; i < 24; ++i) {
    const float middle = 0.5f * (low + high);
    if (count_frames(self, middle) > self->n_set_max) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return high;
}

static void choose_set(FiqLearnHeadroom* self)
{
  const float threshold = find_threshold(self);
  uint32_t    until     = 0;
  self->n_frames        = 0;
  self->n_slots         = 0;
  for (uint32_t o = 0; o < self->n_hops; ++o) {
    self->slot[o] = -1;
    if (self->level[o] < threshold || self->n_frames + FIQ_LEARN_HOPS_A_FRAME > self->n_set_max) {
      continue;
    }
    self->slot[o] = (int32_t)self->n_slots++;
    for (uint32_t m = o > until ? o : until; m < o + FIQ_LEARN_HOPS_A_FRAME; ++m) {
      self->frame[self->n_frames++] = m;
    }
    until = o + FIQ_LEARN_HOPS_A_FRAME;
  }
}

// What comes before onsets.

/// Loudest of both planes from frame `first` of the audio to before `end`.
static float input_peak(const FiqLearnHeadroom* self, int64_t first, int64_t end)
{
  const int64_t from = first > 0 ? first : 0;
  const int64_t to   = end < (int64_t)self->planes.n_frames ? end : self->planes.n_frames;
  float         peak = 0.0f;
  for (uint32_t c = 0; c < self->n_channels && from < to; ++c) {
    peak = fmaxf(peak, signal_peak(self->planes.plane[c] + from, (size_t)(to - from)));
  }
  return peak;
}

/// What the output may be in the frames from `at` on: 6 dB above what the input was or, if the onset is that near, is about to be.
static float onset_limit(const FiqLearnHeadroom* self, int64_t at, int64_t n, float peak)
{
  const double rate  = self->realm->config.sample_rate_hz;
  const float  past  = input_peak(self, at - (int64_t)(echo_past_s * rate), at + n);
  const float  ahead = input_peak(self, at, at + (int64_t)(echo_ahead_s * rate));
  const bool   is_on = ahead >= begin_share * peak;
  return fmaxf(echo_share * peak, 2.0f * (is_on ? fmaxf(past, ahead) : past));
}

static void add_onset_hop(FiqLearnHeadroom* self, uint32_t o, float peak)
{
  enum { BLOCK = 16 };
  FiqLearnOnsets* const onsets = &self->onsets;
  const uint32_t        hop    = self->realm->hop_frames;
  if (onsets->n && onsets->hop[onsets->n - 1] == o) {
    return;
  }
  float* const limit = onsets->limit[onsets->n];
  for (uint32_t i = 0; i < hop; i += BLOCK) {
    const int64_t at   = ((int64_t)o - FIQ_LEARN_LEAD_HOPS) * hop + i;
    const float   here = onset_limit(self, at, BLOCK, peak);
    for (uint32_t j = i; j < i + BLOCK; ++j) {
      limit[j] = here;
    }
  }
  onsets->hop[onsets->n++] = o;
}

/// Whether the input of the hop before `o` is quiet beside `level`. Turned by 90 degrees an onset has an echo of its own: the input
/// itself says where it is quiet.
static bool is_quiet_before(const FiqLearnHeadroom* self, uint32_t o, float level)
{
  const int64_t at = ((int64_t)o - FIQ_LEARN_LEAD_HOPS) * self->realm->hop_frames;
  return input_peak(self, at - self->realm->hop_frames, at) < before_share * level;
}

/// Have what is before the loudest onsets in the working set.
static void find_onsets(FiqLearnHeadroom* self)
{
  const float peak    = input_peak(self, 0, self->planes.n_frames);
  float       loudest = 0.0f;
  self->onsets.n      = 0;
  for (uint32_t o = 0; o < self->n_hops; ++o) {
    loudest = fmaxf(loudest, self->level[o]);
  }
  for (uint32_t o = 2; o < self->n_hops && self->realm->delay_limit_s > 0.0f; ++o) {
    const float level = self->level[o];
    if (level < onset_share * loudest || self->onsets.n + 2 > 2 * FIQ_LEARN_ONSETS_MAX) {
      continue;
    }
    // An attack may begin in the hop before the one that is loud.
    const bool is_sudden = is_quiet_before(self, o, level);
    if (is_sudden || is_quiet_before(self, o - 1, level)) {
      const uint32_t first = is_sudden ? o : o - 1;
      add_onset_hop(self, first - 1, peak);
      add_onset_hop(self, first, peak);
      self->level[first - 1] = level;
      self->level[first]     = level;
      ++o;
    }
  }
}

/// The penalty of what rises before onsets, and its derivative by the output.
static void judge_onsets(FiqLearnHeadroom* self)
{
  FiqLearnOnsets* const onsets = &self->onsets;
  const uint32_t        hop    = self->realm->hop_frames;
  const float           scale  = 1.0f / self->pass.set_peak;
  double                sum    = 0.0;
  for (uint32_t k = 0; k < onsets->n; ++k) {
    const int32_t slot = self->slot[onsets->hop[k]];
    for (uint32_t c = 0; c < self->n_channels && slot >= 0; ++c) {
      const float* const y     = self->output[c] + (size_t)slot * hop;
      float* const       slope = onsets->slope[c] + (size_t)k * hop;
      for (uint32_t i = 0; i < hop; ++i) {
        const float limit  = onsets->limit[k][i];
        const float excess = scale * (y[i] - fiq_clamp(y[i], -limit, limit));
        slope[i]           = 2.0f * echo_weight * scale * excess;
        sum += (double)(echo_weight * excess * excess);
      }
    }
  }
  onsets->value = sum;
}

/// Add that derivative to the one of the norm, in its scale.
static void add_onsets(FiqLearnHeadroom* self)
{
  const FiqLearnOnsets* const onsets = &self->onsets;
  const uint32_t              hop    = self->realm->hop_frames;
  const float                 scale  = (float)(self->pass.sum * (double)self->pass.set_peak);
  for (uint32_t k = 0; k < onsets->n; ++k) {
    const int32_t slot = self->slot[onsets->hop[k]];
    for (uint32_t c = 0; c < self->n_channels && slot >= 0; ++c) {
      float* const       by_y  = self->output[c] + (size_t)slot * hop;
      const float* const slope = onsets->slope[c] + (size_t)k * hop;
      for (uint32_t i = 0; i < hop; ++i) {
        by_y[i] += scale * slope[i];
      }
    }
  }
}

static uint32_t clamp_count(double x, uint32_t least, uint32_t most)
{
  return x > least ? (x < most ? (uint32_t)x : most) : least;
}

/// Six tenths of the work go to the finalists, four to finding them.
static void set_effort(FiqLearnHeadroom* self)
{
  if (self->is_try) {
    self->starts.n           = TRY_STARTS;
    self->starts.n_finalists = 1;
    return;
  }
  const double window = self->realm->config.window_frames;
  const double n      = points_of_all / (2.0 * window * self->n_channels * (self->n_frames + 1.0));
  self->starts.n      = clamp_count(0.4 * n / N_SHORT, STARTS_MIN, FIQ_LEARN_STARTS_MAX);
  self->starts.n_finalists =
      clamp_count(0.6 * n / long_steps(self), FINALISTS_MIN, FIQ_LEARN_FINALISTS_MAX);
}

static uint32_t slice_frames(const FiqLearnHeadroom* self)
{
  const uint32_t n = SLICE_POINTS / (self->realm->config.window_frames * self->n_channels);
  return n ? n : 1;
}

/// Spectra of some more frames; true when all are there.
static bool load_planes(FiqLearnHeadroom* self)
{
  FiqRealmModel* realm = self->realm;
  uint32_t       n     = slice_frames(self);
  for (; n && self->pass.position < self->n_frames; --n, ++self->pass.position) {
    for (uint32_t c = 0; c < self->n_channels; ++c) {
      FiqComplex* spectrum = self->spectra[c] + self->pass.position * self->stride;
      if (!fiq_realm_model_analyse(realm, self->planes.plane[c], self->planes.n_frames,
                                   self->frame[self->pass.position], 0, spectrum)) {
        memset(spectrum, 0, realm->n_bins * sizeof(FiqComplex));
      }
    }
  }
  return self->pass.position == self->n_frames;
}

// One evaluation.

static void evaluate_headroom(FiqLearnHeadroom* self, const float* phi_rad, uint32_t order,
                              bool with_gradient)
{
  const FiqRealmModel* realm = self->realm;
  const size_t         n     = (size_t)self->n_slots * realm->hop_frames;
  memcpy(self->pass.phi_rad, phi_rad, realm->config.n_bands * sizeof(float));
  self->pass.order         = order;
  self->pass.with_gradient = with_gradient;
  self->pass.kind          = FIQ_HEADROOM_FORWARD;
  self->pass.position      = 0;
  self->pass.set_peak      = 0.0f;
  self->pass.sum           = 0.0;
  fiq_realm_model_set_phases(self->realm, 0, phi_rad);
  for (uint32_t c = 0; c < self->n_channels; ++c) {
    memset(self->output[c], 0, n * sizeof(float));
  }
  memset(self->adjoint, 0, realm->n_bins * sizeof(FiqComplex));
}

static void add_gradient(float* restrict sum, const float* restrict x, size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    sum[i] += x[i];
  }
}

/// The output of `hop` of frame `m` in the working set, or NULL.
static float* output_of(const FiqLearnHeadroom* self, uint32_t c, uint32_t m, uint32_t hop)
{
  // Frame m covers output hops m - 3 .. m.
  const uint32_t o = m + hop - (FIQ_LEARN_HOPS_A_FRAME - 1);
  if (o >= self->n_hops || self->slot[o] < 0) {
    return NULL;
  }
  return self->output[c] + (size_t)self->slot[o] * self->realm->hop_frames;
}

static void forward_frame(FiqLearnHeadroom* self, uint32_t c, uint32_t i)
{
  FiqRealmModel* realm = self->realm;
  fiq_realm_model_synthesise(realm, 0, self->spectra[c] + i * self->stride);
  for (uint32_t h = 0; h < FIQ_LEARN_HOPS_A_FRAME; ++h) {
    float* output = output_of(self, c, self->frame[i], h);
    if (output) {
      add_gradient(output, realm->time + (size_t)h * realm->hop_frames, realm->hop_frames);
    }
  }
}

static void gather_window(float* restrict out, const float* restrict x, const float* restrict w,
                          size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    out[i] = x[i] * w[i];
  }
}

static void add_conjugate_product(FiqComplex* restrict sum, const FiqComplex* restrict a,
                                  const FiqComplex* restrict b, size_t n)
{
  for (size_t k = 0; k < n; ++k) {
    sum[k].re += a[k].re * b[k].re + a[k].im * b[k].im;
    sum[k].im += a[k].im * b[k].re - a[k].re * b[k].im;
  }
}

static void backward_frame(FiqLearnHeadroom* self, uint32_t c, uint32_t i)
{
  FiqRealmModel* realm = self->realm;
  const size_t   hop   = realm->hop_frames;
  for (uint32_t h = 0; h < FIQ_LEARN_HOPS_A_FRAME; ++h) {
    const float* output = output_of(self, c, self->frame[i], h);
    float*       time   = realm->time + h * hop;
    if (output) {
      gather_window(time, output, realm->synthesis + h * hop, hop);
    } else {
      memset(time, 0, hop * sizeof(float));
    }
  }
  fiq_fft_forward(&realm->fft, realm->time, realm->spectrum);
  add_conjugate_product(self->adjoint, self->spectra[c] + i * self->stride, realm->spectrum,
                        realm->n_bins);
}

/// x <- sign(x) |x/peak|^(p-1), and the sum of |x/peak|^p, p = 2 (rest + 1), eight at a time.
static float raise(float* x, size_t n, float scale, uint32_t rest)
{
  enum { LANES = 8 };
  float partial[LANES] = {0.0f};
  for (size_t i = 0; i + LANES <= n; i += LANES) {
    float square[LANES];
    float factor[LANES];
    float power[LANES];
    for (size_t j = 0; j < LANES; ++j) {
      power[j]  = x[i + j] * scale;
      square[j] = power[j] * power[j];
      factor[j] = square[j];
    }
    for (uint32_t bits = rest; bits; bits >>= 1) {
      if (bits & 1u) {
        for (size_t j = 0; j < LANES; ++j) {
          power[j] *= factor[j];
        }
      }
      for (size_t j = 0; j < LANES; ++j) {
        factor[j] *= factor[j];
      }
    }
    for (size_t j = 0; j < LANES; ++j) {
      partial[j] += power[j] * x[i + j] * scale;
      x[i + j] = power[j];
    }
  }
  float sum = 0.0f;
  for (size_t j = 0; j < LANES; ++j) {
    sum += partial[j];
  }
  return sum;
}

static void finish_forward(FiqLearnHeadroom* self)
{
  const size_t n = (size_t)self->n_slots * self->realm->hop_frames;
  for (uint32_t c = 0; c < self->n_channels; ++c) {
    self->pass.set_peak = fmaxf(self->pass.set_peak, signal_peak(self->output[c], n));
  }
  judge_onsets(self);
  self->pass.kind     = FIQ_HEADROOM_LOSS;
  self->pass.position = 0;
}

static void finish_loss(FiqLearnHeadroom* self)
{
  const double norm =
      log(self->pass.sum) / (double)self->pass.order + log((double)self->pass.set_peak);
  memset(self->by_psi, 0, self->realm->n_bins * sizeof(float));
  self->pass.value = norm + fiq_realm_model_penalty(self->realm, 0, self->by_psi) +
                     fiq_realm_model_spread_penalty(self->realm, 0, self->by_psi) +
                     fiq_realm_model_residue_penalty(self->realm, 0, self->by_psi) +
                     self->onsets.value;
  add_onsets(self);
  self->pass.kind     = self->pass.with_gradient ? FIQ_HEADROOM_BACKWARD : FIQ_HEADROOM_READY;
  self->pass.position = 0;
}

static void finish_backward(FiqLearnHeadroom* self)
{
  const FiqRealmModel* realm = self->realm;
  const size_t         last  = realm->n_bins - 1;
  const float          scale = (float)(-2.0 / (self->pass.sum * (double)self->pass.set_peak));
  for (size_t k = 1; k < last; ++k) {
    const FiqComplex a = self->adjoint[k];
    const FiqComplex t = realm->turn[0][k];
    self->by_psi[k] += scale * (t.re * a.im + t.im * a.re);
  }
  // psi is held at 0 at DC and Nyquist, whatever the phases.
  self->by_psi[0]    = 0.0f;
  self->by_psi[last] = 0.0f;
  fiq_realm_model_gather(realm, self->by_psi, self->pass.by_phi);
  self->pass.kind = FIQ_HEADROOM_READY;
}

static void run_loss(FiqLearnHeadroom* self)
{
  const uint32_t hop   = self->realm->hop_frames;
  const uint32_t left  = self->n_slots - self->pass.position;
  const uint32_t most  = SLICE_FRAMES / (hop * self->n_channels);
  const uint32_t n     = left < most ? left : most;
  const float    scale = 1.0f / self->pass.set_peak;
  for (uint32_t c = 0; c < self->n_channels; ++c) {
    for (uint32_t i = self->pass.position; i < self->pass.position + n; ++i) {
      self->pass.sum +=
          (double)raise(self->output[c] + (size_t)i * hop, hop, scale, self->pass.order / 2 - 1);
    }
  }
  self->pass.position += n;
  if (self->pass.position == self->n_slots) {
    finish_loss(self);
  }
}

static void run_frames(FiqLearnHeadroom* self)
{
  const bool is_forward = self->pass.kind == FIQ_HEADROOM_FORWARD;
  uint32_t   n          = slice_frames(self);
  for (; n && self->pass.position < self->n_frames; --n, ++self->pass.position) {
    for (uint32_t c = 0; c < self->n_channels; ++c) {
      if (is_forward) {
        forward_frame(self, c, self->pass.position);
      } else {
        backward_frame(self, c, self->pass.position);
      }
    }
  }
  if (self->pass.position == self->n_frames) {
    if (is_forward) {
      finish_forward(self);
    } else {
      finish_backward(self);
    }
  }
}

/// One slice of the evaluation; true when it is ready. A small working set goes there and back in one.
static bool evaluate_slice(FiqLearnHeadroom* self)
{
  const bool is_small = 2 * self->n_frames <= slice_frames(self);
  do {
    if (self->pass.kind == FIQ_HEADROOM_LOSS) {
      run_loss(self);
    } else {
      run_frames(self);
    }
  } while (is_small && self->pass.kind != FIQ_HEADROOM_READY);
  return self->pass.kind == FIQ_HEADROOM_READY;
}

// The survey: output over everything.

static void survey_starts(FiqLearnHeadroom* self, const float* phi_rad)
{
  memcpy(self->pass.phi_rad, phi_rad, self->realm->config.n_bands * sizeof(float));
  fiq_realm_model_set_phases(self->realm, 0, phi_rad);
  if (self->n_channels == FIQ_CHANNELS) {
    memcpy(self->realm->turn[1], self->realm->turn[0], self->realm->n_bins * sizeof(FiqComplex));
  }
  fiq_realm_model_render_start(self->realm);
  self->pass.position = 0;
  self->peak          = 0.0f;
  self->energy        = 0.0;
}

static float signal_energy(const float* x, size_t n)
{
  float partial[8] = {0.0f};
  for (size_t i = 0; i + 8 <= n; i += 8) {
    for (size_t j = 0; j < 8; ++j) {
      partial[j] += x[i + j] * x[i + j];
    }
  }
  float sum = 0.0f;
  for (size_t j = 0; j < 8; ++j) {
    sum += partial[j];
  }
  return sum;
}

/// Some more hops of the survey; true when it is complete.
static bool survey_slice(FiqLearnHeadroom* self)
{
  FiqRealmModel* realm  = self->realm;
  const size_t   hop    = realm->hop_frames;
  float* const   out[2] = {realm->time, realm->time + hop};
  uint32_t       n      = slice_frames(self) / 2 + 1;
  for (; n && self->pass.position < self->n_hops; --n, ++self->pass.position) {
    fiq_realm_model_render(realm, &self->planes, self->n_channels, 0, out);
    float peak = 0.0f;
    for (uint32_t c = 0; c < self->n_channels; ++c) {
      peak = fmaxf(peak, signal_peak(out[c], hop));
      self->energy += (double)signal_energy(out[c], hop);
    }
    self->peak = fmaxf(self->peak, peak);
    // What has peaked once, under whatever phases, is worth watching.
    self->level[self->pass.position] = fmaxf(self->level[self->pass.position], peak);
  }
  return self->pass.position == self->n_hops;
}

static float rms_db(const FiqLearnHeadroom* self)
{
  const double n = (double)self->planes.n_frames * self->n_channels;
  return (float)(10.0 * log10(self->energy / n + 1e-30));
}

static float crest_db(const FiqLearnHeadroom* self)
{
  return fiq_gain_to_db(self->peak) - rms_db(self);
}

// The order of things.

static void start_long(FiqLearnHeadroom* self, uint32_t first_order, const float* phi_rad)
{
  self->starts.level_of_order = first_order;
  self->starts.n_evaluated    = 0;
  self->stage                 = FIQ_HEADROOM_LONG;
  fiq_lbfgs_start(&self->search, self->realm->config.n_bands, phi_rad);
  evaluate_headroom(self, self->search.trial, orders[first_order], true);
}

/// How far the phases of band b - 1 and b may be apart.
static float allowed_step(const FiqRealmModel* realm, uint32_t b)
{
  const float steepest = realm->steepest_rad[b];
  const float before   = b ? realm->bands.centre_hz[b - 1] : 0.0f;
  const float width_hz = realm->bands.centre_hz[b] - before;
  return realm->delay_limit_s > 0.0f
             ? fminf(steepest, FIQ_TWO_PI_F * realm->delay_limit_s * width_hz)
             : steepest;
}

/// A group delay that rises or falls along the bands, to `share` of the limit at its ends.
static void make_sweep(const FiqRealmModel* realm, float share, float* phi_rad)
{
  const uint32_t n     = realm->config.n_bands;
  float          phase = 0.0f;
  for (uint32_t b = 0; b < n; ++b) {
    const float along = 2.0f * (float)b / (float)(n - 1) - 1.0f;
    // Bands far apart would turn many times; a few turns are enough to spread a click.
    phase += share * along * fminf(allowed_step(realm, b), 6.0f);
    phi_rad[b] = phase;
  }
}

/// Phases at random, as far apart from band to band as may be.
static void make_random(FiqLearnHeadroom* self, float* phi_rad)
{
  const uint32_t n = self->realm->config.n_bands;
  for (uint32_t b = 0; b < n; ++b) {
    const float unit = 2.0f * fiq_random_uniform(&self->random) - 1.0f;
    const float step = allowed_step(self->realm, b);
    const bool  free = self->realm->delay_limit_s <= 0.0f || step > FIQ_PI_F;
    phi_rad[b]       = free || b == 0 ? unit * FIQ_PI_F : phi_rad[b - 1] + unit * step;
  }
}

static void make_start(FiqLearnHeadroom* self, uint32_t start, float* phi_rad)
{
  static const float sweeps[] = {0.25f, -0.25f, 0.5f, -0.5f, 1.0f, -1.0f};
  enum { N_SWEEPS = sizeof sweeps / sizeof sweeps[0] };
  const uint32_t n = self->realm->config.n_bands;
  for (uint32_t b = 0; b < n; ++b) {
    phi_rad[b] = start == 1 ? self->rotation_rad : 0.0f;
  }
  if (start >= 2 && start < 2 + N_SWEEPS) {
    make_sweep(self->realm, sweeps[start - 2], phi_rad);
  } else if (start >= 2) {
    make_random(self, phi_rad);
  }
}

static void start_short(FiqLearnHeadroom* self)
{
  float phi_rad[FIQ_NEURONS_MAX];
  make_start(self, self->starts.now, phi_rad);
  self->stage              = FIQ_HEADROOM_SHORT;
  self->starts.n_evaluated = 0;
  fiq_lbfgs_start(&self->search, self->realm->config.n_bands, phi_rad);
  evaluate_headroom(self, self->search.trial, order_first, true);
}

/// The best start that was not a finalist yet.
static void start_finalist(FiqLearnHeadroom* self)
{
  uint32_t best = 0;
  for (uint32_t s = 1; s < self->starts.n; ++s) {
    best = self->starts.value[s] < self->starts.value[best] ? s : best;
  }
  self->starts.value[best] = HUGE_VAL;
  self->starts.n_reloads   = 0;
  start_long(self, 0, self->starts.phi_rad[best]);
}

static void start_rotation(FiqLearnHeadroom* self)
{
  float phi_rad[FIQ_NEURONS_MAX];
  for (uint32_t b = 0; b < FIQ_NEURONS_MAX; ++b) {
    phi_rad[b] = (float)self->angle * (FIQ_PI_F / 36.0f);
  }
  evaluate_headroom(self, phi_rad, orders[N_ORDERS - 1], false);
}

static void keep_if_better(FiqLearnHeadroom* self)
{
  const float crest = crest_db(self);
  if (crest < self->found.best_crest_db && self->starts.keeps_spread) {
    self->found.best_crest_db = crest;
    self->found.best_rms_db   = rms_db(self);
    memcpy(self->found.best_phi_rad, self->pass.phi_rad, sizeof self->found.best_phi_rad);
  }
}

static void finish_survey(FiqLearnHeadroom* self)
{
  float phi_rad[FIQ_NEURONS_MAX];
  for (uint32_t b = 0; b < FIQ_NEURONS_MAX; ++b) {
    phi_rad[b] = 0.5f * FIQ_PI_F;
  }
  if (self->stage == FIQ_HEADROOM_SURVEY_QUADRATURE) {
    find_onsets(self);
    choose_set(self);
    set_effort(self);
    self->stage         = FIQ_HEADROOM_LOAD;
    self->pass.position = 0;
    return;
  }
  self->found.untouched_crest_db = crest_db(self);
  self->found.best_crest_db      = self->found.untouched_crest_db;
  self->found.untouched_rms_db = self->found.best_rms_db = rms_db(self);
  self->stage = self->peak > 1e-6f ? FIQ_HEADROOM_SURVEY_QUADRATURE : FIQ_HEADROOM_DONE;
  survey_starts(self, phi_rad);
}

static void finish_rotation(FiqLearnHeadroom* self)
{
  if (self->pass.value < self->rotation_value) {
    self->rotation_value = self->pass.value;
    self->rotation_rad   = self->pass.phi_rad[0];
  }
  const uint32_t next = self->angle + (self->is_try ? TRY_ANGLES : 1);
  if (next <= N_ANGLES) {
    self->angle = next;
    start_rotation(self);
    return;
  }
  self->starts.now = 0;
  start_short(self);
}

static void finish_short(FiqLearnHeadroom* self)
{
  fiq_lbfgs_tell(&self->search, self->pass.value, self->pass.by_phi);
  if (++self->starts.n_evaluated < short_steps(self) && !self->search.is_converged) {
    evaluate_headroom(self, self->search.trial, order_first, true);
    return;
  }
  self->starts.value[self->starts.now] = self->search.value;
  memcpy(self->starts.phi_rad[self->starts.now], self->search.x, sizeof self->search.x);
  if (++self->starts.now < self->starts.n) {
    start_short(self);
    return;
  }
  self->starts.finalist = 0;
  start_finalist(self);
}

static void finish_long(FiqLearnHeadroom* self)
{
  fiq_lbfgs_tell(&self->search, self->pass.value, self->pass.by_phi);
  const uint32_t order = self->starts.level_of_order;
  if (++self->starts.n_evaluated < order_steps(self, order) && !self->search.is_converged) {
    evaluate_headroom(self, self->search.trial, orders[order], true);
    return;
  }
  if (order + 1 < N_ORDERS) {
    float phi_rad[FIQ_NEURONS_MAX];
    memcpy(phi_rad, self->search.x, sizeof phi_rad);
    start_long(self, order + 1, phi_rad);
    return;
  }
  float phi_rad[FIQ_NEURONS_MAX];
  memcpy(phi_rad, self->search.x, sizeof phi_rad);
  self->starts.keeps_spread = fiq_realm_model_repair(self->realm, &self->search, phi_rad);
  self->stage               = FIQ_HEADROOM_CHECK;
  survey_starts(self, phi_rad);
}

static void finish_check(FiqLearnHeadroom* self)
{
  keep_if_better(self);
  const bool is_elsewhere = self->peak > 1.01f * self->pass.set_peak;
  const bool is_promising =
      self->starts.finalist == 0 || crest_db(self) < self->found.best_crest_db + promising_db;
  if (is_elsewhere && is_promising && !self->is_try && self->starts.n_reloads < N_RELOADS_MAX) {
    ++self->starts.n_reloads;
    choose_set(self);
    self->stage         = FIQ_HEADROOM_RELOAD;
    self->pass.position = 0;
    return;
  }
  if (++self->starts.finalist < self->starts.n_finalists) {
    start_finalist(self);
    return;
  }
  float phi_rad[FIQ_NEURONS_MAX];
  for (uint32_t b = 0; b < FIQ_NEURONS_MAX; ++b) {
    phi_rad[b] = self->rotation_rad;
  }
  self->stage = FIQ_HEADROOM_CHECK_ROTATION;
  survey_starts(self, phi_rad);
}

void fiq_learn_headroom_begin(FiqLearnHeadroom* self, const FiqLearnPlanes* planes, uint64_t seed,
                              bool is_try)
{
  assert(self);
  assert(planes->plane[0]);
  self->planes = *planes;
  self->is_try = is_try;
  self->n_channels =
      planes->plane[1] && planes->plane[1] != planes->plane[0] &&
              memcmp(planes->plane[0], planes->plane[1], planes->n_frames * sizeof(float)) != 0
          ? 2
          : 1;
  self->n_hops = fiq_realm_model_n_hops(self->realm, planes->n_frames);
  assert(self->n_hops <= self->n_hops_max);
  fiq_random_init(&self->random, seed, 0);
  memset(self->level, 0, self->n_hops * sizeof(float));
  memset(self->found.best_phi_rad, 0, sizeof self->found.best_phi_rad);
  self->found.untouched_crest_db = 0.0f;
  self->found.best_crest_db      = 0.0f;
  self->found.rotation_crest_db  = 0.0f;
  self->starts.n_reloads         = 0;
  self->starts.n                 = STARTS_MIN;
  self->starts.n_finalists       = FINALISTS_MIN;
  self->starts.finalist          = 0;
  self->starts.now               = 0;
  self->rotation_value           = HUGE_VAL;
  self->rotation_rad             = 0.0f;
  self->angle                    = 0;
  self->stage                    = FIQ_HEADROOM_SURVEY_IN_PHASE;
  survey_starts(self, self->found.best_phi_rad);
}

void fiq_learn_headroom_reset(FiqLearnHeadroom* self)
{
  assert(self);
  memset(self->found.best_phi_rad, 0, sizeof self->found.best_phi_rad);
  self->found.untouched_crest_db = 0.0f;
  self->found.best_crest_db      = 0.0f;
  self->stage                    = FIQ_HEADROOM_DONE;
}

bool fiq_learn_headroom_step(FiqLearnHeadroom* self)
{
  assert(self);
  switch (self->stage) {
  case FIQ_HEADROOM_SURVEY_IN_PHASE:
  case FIQ_HEADROOM_SURVEY_QUADRATURE:
    if (survey_slice(self)) {
      finish_survey(self);
    }
    break;
  case FIQ_HEADROOM_LOAD:
    if (load_planes(self)) {
      self->stage = FIQ_HEADROOM_ROTATE;
      start_rotation(self);
    }
    break;
  case FIQ_HEADROOM_RELOAD:
    if (load_planes(self)) {
      float phi_rad[FIQ_NEURONS_MAX];
      memcpy(phi_rad, self->search.x, sizeof phi_rad);
      start_long(self, N_ORDERS - 2, phi_rad);
    }
    break;
  case FIQ_HEADROOM_ROTATE:
    if (evaluate_slice(self)) {
      finish_rotation(self);
    }
    break;
  case FIQ_HEADROOM_SHORT:
    if (evaluate_slice(self)) {
      finish_short(self);
    }
    break;
  case FIQ_HEADROOM_LONG:
    if (evaluate_slice(self)) {
      finish_long(self);
    }
    break;
  case FIQ_HEADROOM_CHECK:
    if (survey_slice(self)) {
      finish_check(self);
    }
    break;
  case FIQ_HEADROOM_CHECK_ROTATION:
    if (survey_slice(self)) {
      self->found.rotation_crest_db = crest_db(self);
      self->starts.keeps_spread     = true;
      keep_if_better(self);
      self->stage = FIQ_HEADROOM_DONE;
    }
    break;
  default:
    break;
  }
  return self->stage != FIQ_HEADROOM_DONE;
}

float fiq_learn_headroom_gain_db(const FiqLearnHeadroom* self)
{
  return self->found.untouched_crest_db - self->found.best_crest_db;
}

float fiq_learn_headroom_progress(const FiqLearnHeadroom* self)
{
  const uint32_t n_short = self->starts.n * short_steps(self);
  const uint32_t n_long  = long_steps(self);
  const uint32_t n_all   = N_ANGLES + n_short + self->starts.n_finalists * n_long;
  uint32_t       n       = self->angle;
  if (self->stage == FIQ_HEADROOM_DONE) {
    return 1.0f;
  }
  if (self->stage >= FIQ_HEADROOM_SHORT) {
    n += self->starts.now * short_steps(self);
  }
  if (self->stage >= FIQ_HEADROOM_LONG) {
    n += self->starts.finalist * n_long;
  }
  if (self->stage == FIQ_HEADROOM_LONG && self->starts.n_reloads == 0) {
    for (uint32_t i = 0; i < self->starts.level_of_order; ++i) {
      n += order_steps(self, i);
    }
  } else if (self->starts.n_reloads || (self->stage > FIQ_HEADROOM_LONG &&
                                        self->starts.finalist < self->starts.n_finalists)) {
    n += n_long;
  }
  return 0.98f * (float)n / (float)n_all;
}
