// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/learn/pair.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

enum {
  SLICE_POINTS = 1 << 17, ///< points of transforms in one slice
  N_PEAKS      = 4,       ///< delays looked at for each kind of correlation
  N_CLIMB      = 40,      ///< evaluations from each candidate
  N_SLIP       = 15       ///< evaluations after each slip
};

static const double least_mono_gain = 1.0232929922807541; // 0.1 dB of power

FiqStatus fiq_learn_pair_init(FiqLearnPair* self, FiqArena* arena, FiqFftPool* pool,
                              FiqRealmModel* realm)
{
  assert(self);
  assert(arena);
  assert(realm);
  memset(self, 0, sizeof *self);
  self->realm            = realm;
  self->stage            = FIQ_PAIR_DONE;
  self->delay_max_frames = (uint32_t)(FIQ_LEARN_DELAY_MAX_S * realm->config.sample_rate_hz + 0.5);
  self->lag_max_frames   = self->delay_max_frames + realm->config.window_frames / 2;
  // A block is half a transform; lags up to a quarter of it do not wrap.
  const uint32_t size   = fiq_next_power_of_two(4 * self->lag_max_frames);
  const uint32_t n_bins = size / 2 + 1;
  self->block           = fiq_arena_take(arena, size, sizeof(float));
  self->correlation     = fiq_arena_take(arena, size, sizeof(float));
  self->weighted        = fiq_arena_take(arena, size, sizeof(float));
  self->a               = fiq_arena_take(arena, n_bins, sizeof(FiqComplex));
  self->b               = fiq_arena_take(arena, n_bins, sizeof(FiqComplex));
  self->cross           = fiq_arena_take(arena, n_bins, sizeof(FiqComplex));
  self->target          = fiq_arena_take(arena, realm->n_bins, sizeof(FiqComplex));
  self->by_psi          = fiq_arena_take(arena, realm->n_bins, sizeof(float));
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    self->hop[c] = fiq_arena_take(arena, realm->hop_frames, sizeof(float));
  }
  if (!fiq_fft_size_is_valid(size)) {
    return FIQ_BAD_ARGUMENT;
  }
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  return fiq_fft_init(&self->fft, pool, size);
}

// Correlation.

/// Frames start.. of a plane, zero outside of it, to block[first..end).
static void fetch(float* block, const float* plane, uint32_t n_frames, int64_t start, int64_t first,
                  int64_t end)
{
  const int64_t from = first > -start ? first : -start;
  const int64_t to   = end < n_frames - start ? end : n_frames - start;
  if (from < to) {
    memcpy(block + from, plane + start + from, (size_t)(to - from) * sizeof(float));
  }
}

static double pair_energy(const float* x, size_t n)
{
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    sum += (double)(x[i] * x[i]);
  }
  return sum;
}

static void add_cross(FiqComplex* restrict sum, const FiqComplex* restrict a,
                      const FiqComplex* restrict b, size_t n)
{
  for (size_t k = 0; k < n; ++k) {
    sum[k].re += a[k].re * b[k].re + a[k].im * b[k].im;
    sum[k].im += a[k].re * b[k].im - a[k].im * b[k].re;
  }
}

static void correlate_block(FiqLearnPair* self, uint32_t c)
{
  const int64_t  size  = self->fft.size;
  const uint32_t n     = self->one.n_frames;
  const int64_t  start = (int64_t)self->position * (size / 2) - size / 4;
  memset(self->block, 0, (size_t)size * sizeof(float));
  fetch(self->block, self->one.plane[c], n, start, size / 4, size - size / 4);
  self->energy += pair_energy(self->block, (size_t)size);
  fiq_fft_forward(&self->fft, self->block, self->a);
  memset(self->block, 0, (size_t)size * sizeof(float));
  fetch(self->block, self->two.plane[c], n, start, 0, size);
  self->energy += pair_energy(self->block + size / 4, (size_t)size / 2);
  fiq_fft_forward(&self->fft, self->block, self->b);
  add_cross(self->cross, self->a, self->b, (size_t)size / 2 + 1);
}

/// r and its phase transform from the sum of the cross spectra.
static void finish_correlation(FiqLearnPair* self)
{
  const uint32_t n_bins = self->fft.size / 2 + 1;
  double         sum    = 0.0;
  for (uint32_t k = 0; k < n_bins; ++k) {
    sum += (double)hypotf(self->cross[k].re, self->cross[k].im);
  }
  // What is 60 dB below the mean is not trusted to have a phase.
  const float floor = (float)(1e-3 * sum / n_bins) + 1e-30f;
  const float scale = 1.0f / (float)self->fft.size;
  for (uint32_t k = 0; k < n_bins; ++k) {
    const FiqComplex z = self->cross[k];
    const float      g = 1.0f / (hypotf(z.re, z.im) + floor);
    self->a[k]         = (FiqComplex){z.re * g, z.im * g};
    self->b[k]         = (FiqComplex){z.re * scale, z.im * scale};
  }
  fiq_fft_inverse(&self->fft, self->a, self->weighted);
  fiq_fft_inverse(&self->fft, self->b, self->correlation);
}

static float at_lag(const FiqLearnPair* self, const float* correlation, int32_t lag)
{
  return correlation[(uint32_t)(lag + (int32_t)self->fft.size) & (self->fft.size - 1)];
}

static bool is_known(const FiqLearnPair* self, int32_t delay, bool is_inverted)
{
  for (uint32_t i = 0; i < self->n_candidates; ++i) {
    const FiqPairCandidate* candidate = &self->candidate[i];
    if (candidate->delay_frames == delay && candidate->is_inverted == is_inverted) {
      return true;
    }
  }
  return false;
}

static void add_candidate(FiqLearnPair* self, int32_t delay, bool is_inverted)
{
  if (self->n_candidates < FIQ_LEARN_CANDIDATES && !is_known(self, delay, is_inverted)) {
    FiqPairCandidate* candidate = &self->candidate[self->n_candidates++];
    memset(candidate, 0, sizeof *candidate);
    candidate->delay_frames = delay;
    candidate->is_inverted  = is_inverted;
  }
}

/// The highest local peaks of |correlation|, highest first.
static void add_peaks(FiqLearnPair* self, const float* correlation)
{
  const int32_t most    = (int32_t)self->delay_max_frames;
  float         ceiling = HUGE_VALF;
  for (uint32_t i = 0; i < N_PEAKS; ++i) {
    int32_t found = most + 1;
    float   peak  = 0.0f;
    for (int32_t lag = -most; lag <= most; ++lag) {
      const float here = fabsf(at_lag(self, correlation, lag));
      if (here > peak && here < ceiling && here >= fabsf(at_lag(self, correlation, lag - 1)) &&
          here >= fabsf(at_lag(self, correlation, lag + 1))) {
        peak  = here;
        found = lag;
      }
    }
    if (found > most) {
      return;
    }
    add_candidate(self, found, at_lag(self, correlation, found) < 0.0f);
    ceiling = peak;
  }
}

static void find_candidates(FiqLearnPair* self)
{
  self->n_candidates = 0;
  if (!self->is_mono) {
    add_peaks(self, self->weighted);
    add_peaks(self, self->correlation);
  }
  add_candidate(self, 0, false);
  add_candidate(self, 0, true);
  // The first is what delay and polarity alone would be, unless nothing at all is better.
  const double r           = (double)at_lag(self, self->correlation, 0);
  self->plain_delay_frames = self->candidate[0].delay_frames;
  self->plain_is_inverted  = self->candidate[0].is_inverted;
  const double plain       = (double)at_lag(self, self->correlation, self->plain_delay_frames) *
                       (self->plain_is_inverted ? -1.0 : 1.0);
  self->untouched = self->energy + 2.0 * r;
  self->delayed   = self->energy + 2.0 * plain;
  self->reached   = self->untouched;
}

// Phases.

/// Q of a delay and polarity: r around the delay as far as the realm reaches, transformed.
static void make_target(FiqLearnPair* self, const FiqPairCandidate* candidate)
{
  FiqRealmModel* realm = self->realm;
  const int32_t  n     = (int32_t)realm->config.window_frames;
  const float    sign  = candidate->is_inverted ? -1.0f : 1.0f;
  for (int32_t lag = -n / 2; lag < n / 2; ++lag) {
    const uint32_t i = (uint32_t)(lag + n) & (uint32_t)(n - 1);
    realm->time[i] =
        sign * realm->reach[i] * at_lag(self, self->correlation, candidate->delay_frames + lag);
  }
  fiq_fft_forward(&realm->fft, realm->time, self->target);
  double sum = 0.0;
  for (uint32_t k = 1; k + 1 < realm->n_bins; ++k) {
    sum += 2.0 * (double)hypotf(self->target[k].re, self->target[k].im);
  }
  self->target_sum = sum;
}

/// Sum of c_k Re(T_k^m conj(Q_k)) and its derivative by psi, m = 2 if both sides are turned.
static double agreement(const FiqComplex* restrict turn, const FiqComplex* restrict target,
                        float* restrict by_psi, float scale, bool is_double, size_t n)
{
  double sum = 0.0;
  for (size_t k = 1; k + 1 < n; ++k) {
    const FiqComplex t  = turn[k];
    const FiqComplex q  = target[k];
    const float      re = is_double ? t.re * t.re - t.im * t.im : t.re;
    const float      im = is_double ? 2.0f * t.re * t.im : t.im;
    sum += 2.0 * (double)(re * q.re + im * q.im);
    by_psi[k] -= 2.0f * scale * (re * q.im - im * q.re);
  }
  return sum;
}

/// -C over its largest value, with penalty and derivative.
static double evaluate_pair(FiqLearnPair* self, const float* phi_rad, float* by_phi)
{
  FiqRealmModel* realm = self->realm;
  const float    scale = (float)((self->is_mono ? 2.0 : 1.0) / self->target_sum);
  memset(self->by_psi, 0, realm->n_bins * sizeof(float));
  fiq_realm_model_set_phases(realm, 0, phi_rad);
  const double penalty = fiq_realm_model_penalty(realm, 0, self->by_psi);
  const double sum =
      agreement(realm->turn[0], self->target, self->by_psi, scale, self->is_mono, realm->n_bins);
  self->by_psi[0]                 = 0.0f;
  self->by_psi[realm->n_bins - 1] = 0.0f;
  fiq_realm_model_gather(realm, self->by_psi, by_phi);
  return penalty - sum / self->target_sum;
}

/// Control points whose curve passes through `value` [n] at the centres; tridiagonal, 1/6 4/6 1/6.
static void interpolate(const float* value, float* point, uint32_t n)
{
  float ratio[FIQ_NEURONS_MAX];
  float before_ratio = 0.0f;
  float before       = 0.0f;
  for (uint32_t b = 0; b < n; ++b) {
    const float pivot = 4.0f - before_ratio;
    ratio[b]          = 1.0f / pivot;
    point[b]          = (6.0f * value[b] - before) / pivot;
    before_ratio      = ratio[b];
    before            = point[b];
  }
  for (uint32_t b = n - 1; b-- > 0;) {
    point[b] -= ratio[b] * point[b + 1];
  }
}

/// Phases of the bands' own sums, each as near as can be to the one below.
static void guess(const FiqLearnPair* self, float* phi_rad)
{
  const FiqBands* bands = &self->realm->bands;
  const uint32_t  n     = bands->config.n_bands;
  float           value[FIQ_NEURONS_MAX];
  float           before = 0.0f;
  for (uint32_t b = 0; b < n; ++b) {
    float re = 0.0f;
    float im = 0.0f;
    for (uint32_t k = bands->first_bin[b]; k < bands->first_bin[b + 1]; ++k) {
      re += self->target[k].re;
      im += self->target[k].im;
    }
    const float phase = atan2f(im, re);
    before += fiq_wrap_rad(phase - before);
    value[b] = self->is_mono ? 0.5f * before : before;
  }
  interpolate(value, phi_rad, n);
}

/// Up to `n` further evaluations; true when there is no more to gain.
static bool climb(FiqLearnPair* self, uint32_t n_max, uint32_t* budget)
{
  float by_phi[FIQ_NEURONS_MAX];
  while (self->n_evaluated < n_max && !self->search.is_converged) {
    if (*budget == 0) {
      return false;
    }
    --*budget;
    const double value = evaluate_pair(self, self->search.trial, by_phi);
    fiq_lbfgs_tell(&self->search, value, by_phi);
    ++self->n_evaluated;
  }
  return true;
}

static void start_climb(FiqLearnPair* self, const float* phi_rad)
{
  fiq_lbfgs_start(&self->search, self->realm->config.n_bands, phi_rad);
  self->n_evaluated = 0;
}

static uint32_t evaluations_per_slice(const FiqLearnPair* self)
{
  const uint32_t n = SLICE_POINTS / (8 * self->realm->config.window_frames);
  return n ? n : 1;
}

// The order of things.

/// Every candidate is climbed twice, from the guess and from zero.
static void start_candidate(FiqLearnPair* self)
{
  const FiqPairCandidate* candidate                = &self->candidate[self->i_candidate / 2];
  float                   phi_rad[FIQ_NEURONS_MAX] = {0.0f};
  make_target(self, candidate);
  if (self->i_candidate % 2 == 0) {
    guess(self, phi_rad);
  }
  start_climb(self, phi_rad);
}

static void start_slip(FiqLearnPair* self)
{
  const uint32_t n     = self->realm->config.n_bands;
  const uint32_t first = self->slip / 2 % n;
  const float    turn  = self->is_mono ? FIQ_PI_F : FIQ_TWO_PI_F;
  float          phi_rad[FIQ_NEURONS_MAX];
  for (uint32_t b = 0; b < n; ++b) {
    const float shift = self->slip % 2 ? -turn : turn;
    phi_rad[b]        = self->best.phi_rad[b] + (b >= first ? shift : 0.0f);
  }
  start_climb(self, phi_rad);
}

static void step_correlation(FiqLearnPair* self)
{
  const uint32_t n_blocks = self->one.n_frames / (self->fft.size / 2) + 1;
  for (uint32_t n = 0; n < SLICE_POINTS; n += 2 * self->fft.size * self->n_channels) {
    if (self->position == n_blocks) {
      finish_correlation(self);
      find_candidates(self);
      self->best        = self->candidate[0];
      self->best.value  = HUGE_VAL;
      self->i_candidate = 0;
      self->stage       = self->energy > 1e-12 ? FIQ_PAIR_CANDIDATES : FIQ_PAIR_DONE;
      if (self->stage == FIQ_PAIR_CANDIDATES) {
        start_candidate(self);
      }
      return;
    }
    for (uint32_t c = 0; c < self->n_channels; ++c) {
      correlate_block(self, c);
    }
    ++self->position;
  }
}

static void take_pair_buffers(FiqLearnPair* self, const FiqPairCandidate* candidate, double value)
{
  self->best       = *candidate;
  self->best.value = value;
  memcpy(self->best.phi_rad, self->search.x, sizeof self->best.phi_rad);
}

static void start_check(FiqLearnPair* self)
{
  float opposite[FIQ_NEURONS_MAX];
  for (uint32_t b = 0; b < FIQ_NEURONS_MAX; ++b) {
    opposite[b] = self->is_mono ? -self->best.phi_rad[b] : self->best.phi_rad[b];
  }
  fiq_realm_model_set_phases(self->realm, 0, self->best.phi_rad);
  fiq_realm_model_set_phases(self->realm, 1, opposite);
  fiq_realm_model_render_start(self->realm);
  self->position   = 0;
  self->out_energy = 0.0;
  self->stage      = FIQ_PAIR_CHECK;
}

static void step_candidates(FiqLearnPair* self)
{
  uint32_t budget = evaluations_per_slice(self);
  while (climb(self, N_CLIMB, &budget)) {
    // Comparable between delays only in absolute terms.
    const double value = self->search.value * self->target_sum;
    if (value < self->best.value) {
      take_pair_buffers(self, &self->candidate[self->i_candidate / 2], value);
    }
    if (++self->i_candidate == 2 * self->n_candidates) {
      make_target(self, &self->best);
      self->best.value /= self->target_sum;
      self->slip            = 0;
      self->n_slips_in_vain = 0;
      self->stage           = FIQ_PAIR_SLIPS;
      start_climb(self, self->best.phi_rad);
      return;
    }
    start_candidate(self);
  }
}

static void step_slips(FiqLearnPair* self)
{
  const uint32_t n      = self->realm->config.n_bands;
  uint32_t       budget = evaluations_per_slice(self);
  while (climb(self, N_SLIP, &budget)) {
    if (self->search.value < self->best.value - 1e-5) {
      const FiqPairCandidate same = self->best;
      take_pair_buffers(self, &same, self->search.value);
      self->n_slips_in_vain = 0;
    } else {
      ++self->n_slips_in_vain;
    }
    if (self->n_slips_in_vain > 2 * n || self->slip >= 8 * n) {
      start_check(self);
      return;
    }
    start_slip(self);
    ++self->slip;
  }
}

/// One hop of b as it is, to be added to what the realm makes of a.
static void add_side(FiqLearnPair* self, uint32_t c, float sign)
{
  const int64_t hop   = self->realm->hop_frames;
  const int64_t start = ((int64_t)self->position - FIQ_LEARN_LEAD_HOPS) * hop;
  const float*  side  = self->two.plane[c];
  for (int64_t i = 0; i < hop; ++i) {
    const int64_t from = start + i;
    const float   x    = from >= 0 && from < self->two.n_frames ? side[from] : 0.0f;
    self->hop[c][i]    = sign * self->hop[c][i] + x;
  }
}

static void check_hop(FiqLearnPair* self)
{
  const size_t hop  = self->realm->hop_frames;
  const float  sign = self->best.is_inverted ? -1.0f : 1.0f;
  if (self->is_mono) {
    const FiqLearnPlanes both = {{self->one.plane[0], self->two.plane[0]}, self->one.n_frames};
    fiq_realm_model_render(self->realm, &both, 2, 0, self->hop);
    for (size_t i = 0; i < hop; ++i) {
      self->hop[0][i] = sign * self->hop[0][i] + self->hop[1][i];
    }
    self->out_energy += pair_energy(self->hop[0], hop);
    return;
  }
  fiq_realm_model_render(self->realm, &self->one, self->n_channels, self->best.delay_frames,
                         self->hop);
  for (uint32_t c = 0; c < self->n_channels; ++c) {
    add_side(self, c, sign);
    self->out_energy += pair_energy(self->hop[c], hop);
  }
}

/// The better of the phases, delay and polarity alone, and nothing.
static void decide_delay(FiqLearnPair* self)
{
  const double plain = fmax(self->untouched, self->delayed);
  const double least = self->is_mono ? self->untouched * least_mono_gain : self->untouched;
  self->reached      = self->out_energy;
  if (self->out_energy < plain) {
    memset(self->best.phi_rad, 0, sizeof self->best.phi_rad);
    self->best.delay_frames = self->plain_delay_frames;
    self->best.is_inverted  = self->plain_is_inverted;
    self->reached           = self->delayed;
  }
  if (self->reached <= least) {
    memset(self->best.phi_rad, 0, sizeof self->best.phi_rad);
    self->best.delay_frames = 0;
    self->best.is_inverted  = false;
    self->reached           = self->untouched;
  }
  self->stage = FIQ_PAIR_DONE;
}

static void step_check(FiqLearnPair* self)
{
  const uint32_t n_hops = fiq_realm_model_n_hops(self->realm, self->one.n_frames) +
                          self->delay_max_frames / self->realm->hop_frames + 1;
  const uint32_t points = 2 * self->realm->config.window_frames * FIQ_CHANNELS;
  for (uint32_t n = 0; n < SLICE_POINTS; n += points) {
    if (self->position == n_hops) {
      decide_delay(self);
      return;
    }
    check_hop(self);
    ++self->position;
  }
}

void fiq_learn_pair_reset(FiqLearnPair* self)
{
  assert(self);
  memset(&self->best, 0, sizeof self->best);
  self->energy    = 0.0;
  self->untouched = 0.0;
  self->delayed   = 0.0;
  self->reached   = 0.0;
  self->stage     = FIQ_PAIR_DONE;
}

static void begin_correlation(FiqLearnPair* self)
{
  memset(self->cross, 0, (self->fft.size / 2 + 1) * sizeof(FiqComplex));
  fiq_learn_pair_reset(self);
  self->stage        = FIQ_PAIR_CORRELATE;
  self->position     = 0;
  self->n_candidates = 0;
}

void fiq_learn_pair_begin_mono(FiqLearnPair* self, const FiqLearnPlanes* planes)
{
  assert(self);
  assert(planes->plane[0]);
  const float* right = planes->plane[1] ? planes->plane[1] : planes->plane[0];
  self->one          = (FiqLearnPlanes){{planes->plane[0], NULL}, planes->n_frames};
  self->two          = (FiqLearnPlanes){{right, NULL}, planes->n_frames};
  self->n_channels   = 1;
  self->is_mono      = true;
  begin_correlation(self);
}

void fiq_learn_pair_begin_align(FiqLearnPair* self, const FiqLearnPlanes* planes,
                                const FiqLearnPlanes* side)
{
  assert(self);
  assert(planes->plane[0] && side->plane[0]);
  self->one          = *planes;
  self->two          = *side;
  self->n_channels   = planes->plane[1] && side->plane[1] ? 2 : 1;
  const uint32_t n   = planes->n_frames < side->n_frames ? planes->n_frames : side->n_frames;
  self->one.n_frames = n;
  self->two.n_frames = n;
  self->is_mono      = false;
  begin_correlation(self);
}

bool fiq_learn_pair_step(FiqLearnPair* self)
{
  assert(self);
  switch (self->stage) {
  case FIQ_PAIR_CORRELATE:
    step_correlation(self);
    break;
  case FIQ_PAIR_CANDIDATES:
    step_candidates(self);
    break;
  case FIQ_PAIR_SLIPS:
    step_slips(self);
    break;
  case FIQ_PAIR_CHECK:
    step_check(self);
    break;
  default:
    break;
  }
  return self->stage != FIQ_PAIR_DONE;
}

float fiq_learn_pair_gain_db(const FiqLearnPair* self)
{
  // A sum that cancels to nothing would have infinitely much to gain.
  const double floor = 1e-6 * self->energy;
  if (!(self->reached > self->untouched) || !(self->energy > 0.0)) {
    return 0.0f;
  }
  return (float)(10.0 * log10(self->reached / fmax(self->untouched, floor)));
}

float fiq_learn_pair_progress(const FiqLearnPair* self)
{
  const float n = (float)self->realm->config.n_bands;
  switch (self->stage) {
  case FIQ_PAIR_CORRELATE:
    return 0.3f * (float)self->position * (float)(self->fft.size / 2) /
           ((float)self->one.n_frames + (float)self->fft.size);
  case FIQ_PAIR_CANDIDATES:
    return 0.3f + 0.3f * (float)self->i_candidate / (float)(2 * self->n_candidates);
  case FIQ_PAIR_SLIPS:
    return 0.6f + 0.2f * (float)self->slip / (8.0f * n);
  case FIQ_PAIR_CHECK:
    return 0.8f;
  default:
    return 1.0f;
  }
}
