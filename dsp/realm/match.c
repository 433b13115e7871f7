// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/realm/match.h"

#include "dsp/base/maths.h"
#include "dsp/base/simd.h"

#include <assert.h>
#include <string.h>

enum { N = FIQ_MATCH_WEIGHTS, N_SUMS = 8 };

static const float forgetting       = 0.998f;
static const float stiffness        = 1e-3f; // of each diagonal element
static const float stiffness_of_all = 0.3f;  // of the mean of all neurons' like elements
static const float least_moment     = 1e-9f; // below which a direction counts as silent
static const float step_most        = 0.05f;
static const float initial[N]       = {1.0f, 0.0f, 0.0f, 0.0f};
static const float limit[N]         = {2.0f, 2.0f, 2.0f, 1.5f};

FiqStatus fiq_match_init(FiqMatch* self, FiqArena* arena, const FiqMatchConfig* config)
{
  assert(self && arena && config);
  memset(self, 0, sizeof *self);
  self->config   = *config;
  const size_t n = config->n_neurons;
  if (n < 1 || n > FIQ_NEURONS_MAX || config->n_frames == 0 || config->n_frames % 16 != 0) {
    return FIQ_BAD_ARGUMENT;
  }
  self->use_avx2  = fiq_simd_avx2();
  self->weight    = fiq_arena_take(arena, n * N, sizeof(float));
  self->direction = fiq_arena_take(arena, n * N, sizeof(float));
  self->moment    = fiq_arena_take(arena, n * N * N, sizeof(float));
  self->basis     = fiq_arena_take(arena, n * N * config->n_frames, sizeof(float));
  self->error     = fiq_arena_take(arena, config->n_frames, sizeof(float));
  self->change    = fiq_arena_take(arena, config->n_frames, sizeof(float));
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fiq_match_reset(self);
  return FIQ_OK;
}

void fiq_match_reset(FiqMatch* self)
{
  fiq_match_set_weights(self, NULL);
  memset(self->moment, 0, (size_t)self->config.n_neurons * N * N * sizeof(float));
}

float* fiq_match_basis(FiqMatch* self, uint32_t i)
{
  return self->basis + (size_t)i * N * self->config.n_frames;
}

/// Sum of a b over [n], n a multiple of 8, in eight interleaved sums.
FIQ_INLINE float dot_taps(const float* restrict a, const float* restrict b, size_t n)
{
  float sum[N_SUMS] = {0.0f};
  for (size_t k = 0; k < n; k += N_SUMS) {
    for (size_t j = 0; j < N_SUMS; ++j) {
      sum[j] += a[k + j] * b[k + j];
    }
  }
  return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

/// g and M of one neuron.
FIQ_INLINE void survey(const float* restrict basis, const float* restrict error, size_t n,
                       float* restrict gradient, float* restrict moment)
{
  for (size_t j = 0; j < N; ++j) {
    gradient[j] = dot_taps(basis + j * n, error, n);
    for (size_t l = 0; l <= j; ++l) {
      const float now   = dot_taps(basis + j * n, basis + l * n, n);
      moment[j * N + l] = forgetting * moment[j * N + l] + now;
    }
  }
}

static void survey_match_base(const float* basis, const float* error, size_t n, float* gradient,
                              float* moment)
{
  survey(basis, error, n, gradient, moment);
}

FIQ_AVX2 static void survey_avx2(const float* basis, const float* error, size_t n, float* gradient,
                                 float* moment)
{
  survey(basis, error, n, gradient, moment);
}

FIQ_INLINE void add_change(float* restrict change, const float* restrict basis,
                           const float* restrict direction, size_t n)
{
  for (size_t j = 0; j < N; ++j) {
    for (size_t k = 0; k < n; ++k) {
      change[k] += direction[j] * basis[j * n + k];
    }
  }
}

static void add_change_base(float* change, const float* basis, const float* direction, size_t n)
{
  add_change(change, basis, direction, n);
}

FIQ_AVX2 static void add_change_avx2(float* change, const float* basis, const float* direction,
                                     size_t n)
{
  add_change(change, basis, direction, n);
}

/// x = (M + floor)^-1 g by Cholesky's factors, M [N][N] its lower triangle.
static void solve(const float* moment, const float* floor, const float* gradient, float* x)
{
  float factor[N][N] = {{0.0f}};
  for (size_t j = 0; j < N; ++j) {
    for (size_t l = 0; l <= j; ++l) {
      float rest = moment[j * N + l];
      rest += j == l ? stiffness * rest + floor[j] + least_moment : 0.0f;
      for (size_t m = 0; m < l; ++m) {
        rest -= factor[j][m] * factor[l][m];
      }
      factor[j][l] =
          j == l ? sqrtf(rest > least_moment ? rest : least_moment) : rest / factor[l][l];
    }
  }
  for (size_t j = 0; j < N; ++j) {
    x[j] = gradient[j];
    for (size_t m = 0; m < j; ++m) {
      x[j] -= factor[j][m] * x[m];
    }
    x[j] /= factor[j][j];
  }
  for (size_t j = N; j-- > 0;) {
    for (size_t m = j + 1; m < N; ++m) {
      x[j] -= factor[m][j] * x[m];
    }
    x[j] /= factor[j][j];
  }
}

static void move(FiqMatch* self, float step)
{
  for (size_t i = 0; i < (size_t)self->config.n_neurons * N; ++i) {
    const float most = limit[i % N];
    const float by   = fiq_clamp(step * self->direction[i], -step_most, step_most);
    self->weight[i]  = fiq_clamp(self->weight[i] + by, -most, most);
  }
}

/// A neuron that is hardly heard must not wander: what M lacks beside the mean of all is added.
static void find_floor(const FiqMatch* self, float* floor)
{
  const float share = stiffness_of_all / (float)self->config.n_neurons;
  for (size_t j = 0; j < N; ++j) {
    floor[j] = 0.0f;
    for (size_t i = 0; i < self->config.n_neurons; ++i) {
      floor[j] += share * self->moment[i * N * N + j * N + j];
    }
  }
}

void fiq_match_step(FiqMatch* self, float rate)
{
  assert(rate >= 0.0f && rate <= 1.0f);
  const size_t n = self->config.n_frames;
  float        floor[N];
  memset(self->change, 0, n * sizeof(float));
  find_floor(self, floor);
  for (uint32_t i = 0; i < self->config.n_neurons; ++i) {
    const float* basis     = fiq_match_basis(self, i);
    float*       moment    = self->moment + (size_t)i * N * N;
    float*       direction = self->direction + (size_t)i * N;
    float        gradient[N];
    (self->use_avx2 ? survey_avx2 : survey_match_base)(basis, self->error, n, gradient, moment);
    solve(moment, floor, gradient, direction);
    (self->use_avx2 ? add_change_avx2 : add_change_base)(self->change, basis, direction, n);
  }
  const float along = dot_taps(self->error, self->change, n);
  const float size  = dot_taps(self->change, self->change, n);
  if (size > 1e-12f && along > 0.0f) {
    move(self, rate * along / size);
  }
}

void fiq_match_weights(const FiqMatch* self, float* weight)
{
  memcpy(weight, self->weight, (size_t)self->config.n_neurons * N * sizeof(float));
}

void fiq_match_set_weights(FiqMatch* self, const float* weight)
{
  for (size_t i = 0; i < (size_t)self->config.n_neurons * N; ++i) {
    const bool is_given = weight && isfinite(weight[i]);
    self->weight[i] = is_given ? fiq_clamp(weight[i], -limit[i % N], limit[i % N]) : initial[i % N];
  }
}
