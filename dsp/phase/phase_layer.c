// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/phase/phase_layer.h"

#include "dsp/base/maths.h"
#include "dsp/base/random.h"

#include <assert.h>
#include <string.h>

static const double two_pi = 6.28318530717958647692;

FiqStatus fiq_phase_layer_init(FiqPhaseLayer* self, FiqArena* arena,
                               const FiqPhaseLayerConfig* config)
{
  assert(self);
  assert(arena);
  assert(config);
  const uint32_t n    = config->n_neurons;
  const uint32_t taps = config->n_taps;
  if (n < FIQ_PHASE_LAYER_NEURONS_MIN || n > FIQ_NEURONS_MAX) {
    return FIQ_BAD_ARGUMENT;
  }
  if (taps < 1 || taps > FIQ_PHASE_LAYER_TAPS_MAX) {
    return FIQ_BAD_ARGUMENT;
  }
  self->weight     = fiq_arena_take(arena, (size_t)n * taps, sizeof(float));
  self->omega      = fiq_arena_take(arena, n, sizeof(float));
  self->phase      = fiq_arena_take(arena, n, sizeof(double));
  self->phi_rad    = fiq_arena_take(arena, n, sizeof(float));
  self->projection = fiq_arena_take(arena, n, sizeof(float));
  self->d_phase    = fiq_arena_take(arena, n, sizeof(float));
  self->d_omega    = fiq_arena_take(arena, n, sizeof(float));
  self->d_weight   = fiq_arena_take(arena, (size_t)n * taps, sizeof(float));
  self->wrapped    = fiq_arena_take(arena, n, sizeof(double));
  self->spacing    = fiq_arena_take(arena, n, sizeof(double));
  self->place      = fiq_arena_take(arena, n, sizeof(uint32_t));
  self->n_neurons  = n;
  self->n_taps     = taps;
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fiq_phase_layer_reset(self, 0);
  return FIQ_OK;
}

static void clear_gradients(FiqPhaseLayer* self)
{
  memset(self->d_phase, 0, self->n_neurons * sizeof(float));
  memset(self->d_omega, 0, self->n_neurons * sizeof(float));
  memset(self->d_weight, 0, (size_t)self->n_neurons * self->n_taps * sizeof(float));
}

static void export_phases(FiqPhaseLayer* self)
{
  for (uint32_t i = 0; i < self->n_neurons; ++i) {
    self->phi_rad[i] = (float)self->phase[i];
  }
}

void fiq_phase_layer_reset(FiqPhaseLayer* self, uint64_t seed)
{
  assert(self);
  FiqRandom random;
  fiq_random_init(&random, seed, 4);
  for (uint32_t i = 0; i < self->n_neurons; ++i) {
    // Drawn as a float, so that a stored one is the same.
    self->phase[i]      = (double)(FIQ_TWO_PI_F * fiq_random_uniform(&random));
    self->omega[i]      = 1.0f;
    self->projection[i] = 0.0f;
    self->place[i]      = i;
  }
  const size_t n_weights = (size_t)self->n_neurons * self->n_taps;
  for (size_t k = 0; k < n_weights; ++k) {
    self->weight[k] = 0.1f * fiq_random_normal(&random);
  }
  clear_gradients(self);
  export_phases(self);
}

void fiq_phase_layer_set_phases(FiqPhaseLayer* self, const float* phi_rad)
{
  assert(self);
  assert(phi_rad);
  for (uint32_t i = 0; i < self->n_neurons; ++i) {
    self->phase[i] = (double)phi_rad[i];
  }
  export_phases(self);
}

void fiq_phase_layer_move(FiqPhaseLayer* self, const float* d_phi_rad)
{
  assert(self);
  assert(d_phi_rad);
  for (uint32_t i = 0; i < self->n_neurons; ++i) {
    self->phase[i] += (double)d_phi_rad[i];
  }
  export_phases(self);
}

void fiq_phase_layer_forward(FiqPhaseLayer* self, const float* x, float* a)
{
  assert(self);
  assert(x);
  assert(a);
  for (uint32_t i = 0; i < self->n_neurons; ++i) {
    const float* row = self->weight + (size_t)i * self->n_taps;
    double       sum = 0.0;
    for (uint32_t k = 0; k < self->n_taps; ++k) {
      sum += (double)row[k] * (double)x[k];
    }
    self->projection[i] = (float)sum;
    a[i]                = sinf(self->omega[i] * self->projection[i] + self->phi_rad[i]);
  }
}

void fiq_phase_layer_gradient(FiqPhaseLayer* self, const float* x, const float* d_a)
{
  assert(self);
  assert(x);
  assert(d_a);
  for (uint32_t i = 0; i < self->n_neurons; ++i) {
    const float u     = self->projection[i];
    const float d_arg = d_a[i] * cosf(self->omega[i] * u + self->phi_rad[i]);
    const float d_row = d_arg * self->omega[i];
    float*      row   = self->d_weight + (size_t)i * self->n_taps;
    self->d_phase[i] += d_arg;
    self->d_omega[i] += d_arg * u;
    for (uint32_t k = 0; k < self->n_taps; ++k) {
      row[k] += d_row * x[k];
    }
  }
}

static FiqGradientSummary summary(const float* x, size_t n)
{
  double sum    = 0.0;
  double square = 0.0;
  double max    = 0.0;
  for (size_t i = 0; i < n; ++i) {
    const double size = fabs((double)x[i]);
    sum += size;
    square += size * size;
    max = size > max ? size : max;
  }
  const FiqGradientSummary result = {(float)(sum / (double)n), (float)max, (float)sqrt(square)};
  return result;
}

void fiq_phase_layer_gradient_report(const FiqPhaseLayer* self, FiqGradientReport* report)
{
  assert(self);
  assert(report);
  report->phase     = summary(self->d_phase, self->n_neurons);
  report->frequency = summary(self->d_omega, self->n_neurons);
  report->weight    = summary(self->d_weight, (size_t)self->n_neurons * self->n_taps);
}

void fiq_phase_layer_descend(FiqPhaseLayer* self, const FiqLessonRates* rates)
{
  assert(self);
  assert(rates);
  assert(rates->phase >= 0.0f);
  assert(rates->frequency >= 0.0f);
  assert(rates->weight >= 0.0f);
  for (uint32_t i = 0; i < self->n_neurons; ++i) {
    const float  care  = rates->attention ? rates->attention[i] : 1.0f;
    const float  omega = self->omega[i] - care * rates->frequency * self->d_omega[i];
    float*       row   = self->weight + (size_t)i * self->n_taps;
    const float* d_row = self->d_weight + (size_t)i * self->n_taps;
    self->omega[i]     = omega > 0.1f ? omega : 0.1f;
    self->phase[i] -= (double)(care * rates->phase * self->d_phase[i]);
    for (uint32_t k = 0; k < self->n_taps; ++k) {
      row[k] -= care * rates->weight * d_row[k];
    }
  }
  clear_gradients(self);
  export_phases(self);
}

/// Places by insertion: nearly free, since from one step to the next the order hardly changes.
static void sort_places(FiqPhaseLayer* self)
{
  const double* wrapped = self->wrapped;
  uint32_t*     place   = self->place;
  for (uint32_t k = 1; k < self->n_neurons; ++k) {
    const uint32_t neuron = place[k];
    uint32_t       to     = k;
    while (to > 0 && wrapped[place[to - 1]] > wrapped[neuron]) {
      place[to] = place[to - 1];
      --to;
    }
    place[to] = neuron;
  }
}

/// Wrapped phases, their order and their spacings; returns the variance of the spacings.
static double survey_phases(FiqPhaseLayer* self)
{
  const uint32_t n = self->n_neurons;
  for (uint32_t i = 0; i < n; ++i) {
    const double phase = self->phase[i] - two_pi * floor(self->phase[i] / two_pi);
    self->wrapped[i]   = phase < two_pi ? phase : 0.0;
  }
  sort_places(self);
  const double mean     = two_pi / (double)n;
  double       variance = 0.0;
  for (uint32_t k = 0; k < n; ++k) {
    const bool   last = k + 1 == n;
    const double next = self->wrapped[self->place[last ? 0 : k + 1]] + (last ? two_pi : 0.0);
    self->spacing[k]  = next - self->wrapped[self->place[k]];
    variance += (self->spacing[k] - mean) * (self->spacing[k] - mean);
  }
  return variance / (double)n;
}

void fiq_phase_layer_coordinate(FiqPhaseLayer* self, float eta, const float* attention)
{
  assert(self);
  assert(eta >= 0.0f);
  assert(eta < 0.5f);
  (void)survey_phases(self);
  const uint32_t n = self->n_neurons;
  for (uint32_t k = 0; k < n; ++k) {
    const double   before = self->spacing[k ? k - 1 : n - 1];
    const uint32_t i      = self->place[k];
    const double   share  = attention ? (double)attention[i] : 1.0;
    assert(share >= 0.0 && share <= 1.0);
    self->phase[i] += (double)eta * share * (self->spacing[k] - before);
  }
  export_phases(self);
}

FiqGradientSummary fiq_phase_layer_pull(FiqPhaseLayer* self, float strength)
{
  assert(self);
  (void)survey_phases(self);
  const uint32_t     n       = self->n_neurons;
  FiqGradientSummary summary = {0.0f, 0.0f, 0.0f};
  for (uint32_t k = 0; k < n; ++k) {
    const double before   = self->spacing[k ? k - 1 : n - 1];
    const float  gradient = strength * 2.0f / (float)n * (float)(before - self->spacing[k]);
    summary.mean += fabsf(gradient) / (float)n;
    summary.max = fmaxf(summary.max, fabsf(gradient));
    summary.norm += gradient * gradient;
  }
  summary.norm = sqrtf(summary.norm);
  return summary;
}

float fiq_phase_layer_eta(const FiqPhaseLayer* self, float strength, float rate)
{
  assert(self);
  return 2.0f * rate * strength / (float)self->n_neurons;
}

static float score_of(double variance, uint32_t n)
{
  const double most = two_pi * two_pi * (double)(n - 1) / ((double)n * (double)n);
  return fiq_clamp((float)(1.0 - variance / most), 0.0f, 1.0f);
}

float fiq_phase_layer_score(FiqPhaseLayer* self)
{
  assert(self);
  return score_of(survey_phases(self), self->n_neurons);
}

/// Pairs are symmetric: one half is summed and doubled.
static float repulsion(const FiqPhaseLayer* self)
{
  const float scale = (float)self->n_neurons / 1.6f;
  float       sum   = 0.0f;
  for (uint32_t k = 1; k < self->n_neurons; ++k) {
    for (uint32_t m = 0; m < k; ++m) {
      const float apart = scale * fiq_wrap_rad((float)(self->wrapped[k] - self->wrapped[m]));
      // Beyond seven widths a pair adds less than 3e-11.
      sum += fabsf(apart) < 7.0f ? expf(-0.5f * apart * apart) : 0.0f;
    }
  }
  return 2.0f * sum;
}

static float diversity(const FiqPhaseLayer* self)
{
  uint32_t count[FIQ_PHASE_LAYER_BINS] = {0};
  for (uint32_t i = 0; i < self->n_neurons; ++i) {
    count[(uint32_t)(self->wrapped[i] / two_pi * FIQ_PHASE_LAYER_BINS) % FIQ_PHASE_LAYER_BINS] += 1;
  }
  const float mean     = (float)self->n_neurons / (float)FIQ_PHASE_LAYER_BINS;
  float       variance = 0.0f;
  for (uint32_t b = 0; b < FIQ_PHASE_LAYER_BINS; ++b) {
    variance += ((float)count[b] - mean) * ((float)count[b] - mean);
  }
  return -variance / (float)FIQ_PHASE_LAYER_BINS;
}

void fiq_phase_layer_metrics(FiqPhaseLayer* self, float strength, FiqPhaseMetrics* metrics)
{
  assert(self);
  assert(strength >= 0.0f);
  assert(metrics);
  const double variance = survey_phases(self);
  double       widest   = 0.0;
  for (uint32_t k = 0; k < self->n_neurons; ++k) {
    widest = self->spacing[k] > widest ? self->spacing[k] : widest;
  }
  metrics->coordination_loss = strength * (float)variance;
  metrics->repulsion_loss    = repulsion(self);
  metrics->diversity_reward  = diversity(self);
  metrics->spacing_variance  = (float)variance;
  metrics->phase_spread      = (float)(two_pi - widest);
  metrics->score             = score_of(variance, self->n_neurons);
}
