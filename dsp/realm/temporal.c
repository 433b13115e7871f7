// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/realm/temporal.h"

#include "dsp/base/maths.h"
#include "dsp/realm/residue.h"
#include "dsp/transform/window.h"

#include <assert.h>
#include <string.h>

enum {
  DECIMATOR_HALF = 20,                     // odd taps on one side of the half-band filter
  DECIMATOR_SIDE = 2 * DECIMATOR_HALF - 1, // taps on one side
  DECIMATOR_LATE = DECIMATOR_HALF - 1,     // its delay in frames
  DECIMATOR_PAST = 2 * DECIMATOR_HALF      // frames of history that it needs
};

static const double pi             = 3.14159265358979323846;
static const double attenuation_db = 100.0;
static const double lowest_hz      = 60.0;
static const double highest_hz     = 16000.0;
static const float  release_s      = 0.05f;
static const double hold_s         = 0.02;
static const float  wave_gain      = 1e-5f; // -100 dB: what a band lets through less of is left out
static const float  quiet          = 1e-8f;
static const double alias_gain     = 3.16e-4; // -70 dB

static uint32_t fft_frames(const FiqRealmTemporal* self)
{
  return 4 * self->control_frames;
}

/// Half of a control period at the neurons' rate.
static uint32_t half_period(const FiqRealmTemporal* self)
{
  return self->control_frames * self->oversampling / 2;
}

static uint32_t half_taps(const FiqRealmTemporal* self)
{
  return self->control_frames + self->control_frames / 2;
}

uint32_t fiq_realm_temporal_latency_frames(const FiqRealmTemporal* self)
{
  assert(self);
  const uint32_t decimator = self->oversampling == 2 ? DECIMATOR_LATE : 0;
  return self->control_frames + half_taps(self) + decimator;
}

static bool is_valid(const FiqRealmTemporalConfig* config)
{
  const uint32_t b = config->control_frames;
  return config->sample_rate_hz >= FIQ_SAMPLE_RATE_MIN_HZ &&
         config->sample_rate_hz <= FIQ_SAMPLE_RATE_MAX_HZ && config->n_neurons >= 4 &&
         config->n_neurons <= FIQ_NEURONS_MAX && b >= 16 && b <= FIQ_CONTROL_MAX &&
         (b & (b - 1)) == 0;
}

/// Upper edge of neuron `i`'s band, Hz; 0 below the first.
static double band_edge_hz(const FiqRealmTemporal* self, int i)
{
  if (i < 0) {
    return 0.0;
  }
  const double fs   = self->sample_rate_hz;
  const double top  = 0.42 * fs < highest_hz ? 0.42 * fs : highest_hz;
  const double low  = (double)fiq_hz_to_erb((float)lowest_hz);
  const double high = (double)fiq_hz_to_erb((float)top);
  const double step = (high - low) / (double)(self->n_neurons - 1);
  const double edge = (double)fiq_erb_to_hz((float)(low + step * ((double)i + 0.5)));
  return edge < 0.43 * fs ? edge : 0.43 * fs;
}

/// Half the width of the flanks of all bands, Hz.
static double flank_hz(const FiqRealmTemporal* self)
{
  const double width = (attenuation_db - 8.0) / (2.285 * 2.0 * (double)half_taps(self));
  return 0.5 * width / (2.0 * pi) * self->sample_rate_hz;
}

/// Bins up to the end of the highest band.
static uint32_t count_bins(const FiqRealmTemporal* self)
{
  const double   end  = band_edge_hz(self, (int)self->n_neurons - 1) + 2.0 * flank_hz(self);
  const uint32_t bins = (uint32_t)(end / self->sample_rate_hz * fft_frames(self)) + 1;
  const uint32_t most = fft_frames(self) / 2;
  return bins < most ? bins : most;
}

static void take_lane(FiqRealmTemporal* self, FiqArena* arena)
{
  const uint32_t b   = self->control_frames;
  const uint32_t fft = fft_frames(self);
  for (uint32_t i = 0; i < FIQ_REALM_TEMPORAL_LANES; ++i) {
    FiqRealmTemporalLane* lane = &self->lane[i];
    lane->line                 = fiq_arena_take(arena, self->line_frames, sizeof(float));
    lane->wet                  = fiq_arena_take(arena, b, sizeof(float));
    lane->band = fiq_arena_take(arena, (size_t)b * self->oversampling, sizeof(float));
    lane->sum  = fiq_arena_take(arena, (size_t)b * self->oversampling, sizeof(float));
    lane->even = fiq_arena_take(arena, b + DECIMATOR_PAST, sizeof(float));
    lane->odd  = fiq_arena_take(arena, b + DECIMATOR_PAST, sizeof(float));
  }
  self->spectrum = fiq_arena_take(arena, fft + 1, sizeof(FiqComplex));
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    self->target[c] = fiq_arena_take(arena, fft, sizeof(float));
  }
  self->neuron    = fiq_arena_take(arena, self->n_neurons, sizeof(FiqRealmTemporalNeuron));
  self->response  = fiq_arena_take(arena, (size_t)self->n_neurons * fft, sizeof(float));
  self->decimator = fiq_arena_take(arena, DECIMATOR_HALF, sizeof(float));
  self->frames    = fiq_arena_take(arena, fft, sizeof(FiqComplex));
  self->scratch   = fiq_arena_take(arena, 2 * (size_t)fft, sizeof(float));
}

/// Tap `k` from the centre of the ideal lowpass at `edge`.
static double lowpass_tap(double edge, double fs, uint32_t k)
{
  return k ? sin(2.0 * pi * edge / fs * (double)k) / (pi * (double)k) : 2.0 * edge / fs;
}

/// Index at which the first line that folds back below 20 kHz, of order n, stands at alias_gain of a
/// full-scale sine on `f`: 2 J_n(D) / D, which is (D/2)^(n-1) / n! for D < n.
static float index_max(const FiqRealmTemporal* self, double f)
{
  const double fs    = self->sample_rate_hz;
  const double pass  = 0.42 * fs < 20000.0 ? 0.42 * fs : 20000.0;
  const double order = (self->oversampling * fs - pass) / f;
  // Stirling's ln n!; lgamma() would write to a variable that all threads share.
  const double stirling      = 0.5 * log(2.0 * pi * order) + 1.0 / (12.0 * order);
  const double log_factorial = order * log(order) - order + stirling;
  return (float)(2.0 * exp((log(alias_gain) + log_factorial) / (order - 1.0)));
}

/// The gain of neuron `i`'s filter at every bin: the transform of its taps, centred on frame 0.
static void design_band(FiqRealmTemporal* self, int i, const float* window)
{
  const uint32_t fft  = fft_frames(self);
  const uint32_t half = half_taps(self);
  const double   fs   = self->sample_rate_hz;
  const double   low  = band_edge_hz(self, i - 1);
  const double   high = band_edge_hz(self, i);
  float*         gain = self->response + (size_t)i * fft;
  FiqComplex*    bins = self->spectrum;
  float          peak = 0.0f;
  memset(self->frames, 0, fft * sizeof(FiqComplex));
  for (uint32_t k = 0; k <= half; ++k) {
    const double w     = k ? (double)window[half - k] : 1.0;
    const float  tap   = (float)(w * (lowpass_tap(high, fs, k) - lowpass_tap(low, fs, k)));
    self->frames[k].re = tap;
    self->frames[k ? fft - k : 0].re = tap;
  }
  fiq_fft_forward_complex(&self->fft, self->frames, bins);
  for (uint32_t k = 0; k < fft; ++k) {
    gain[k] = bins[k].re / (float)fft;
    peak    = fmaxf(peak, fabsf(bins[k].re));
  }
  // What a band has below half of the rate, where the transform of a real sound says all of it.
  const uint32_t n_bins = self->waves.config.n_bins;
  uint32_t       last   = 0;
  uint32_t       first  = n_bins - 1;
  for (uint32_t k = 0; k < n_bins; ++k) {
    if (fabsf(bins[k].re) > wave_gain) {
      first = k < first ? k : first;
      last  = k > last ? k : last;
    }
  }
  self->neuron[i].first_bin = first;
  self->neuron[i].n_bins    = last + 1 - first;
  self->neuron[i].gain      = 1.0f / peak;
  self->neuron[i].index_max = index_max(self, high + 0.5 * flank_hz(self));
}

static void design(FiqRealmTemporal* self)
{
  const double beta   = fiq_window_kaiser_beta(attenuation_db);
  float*       window = self->scratch; // [half_taps] and [DECIMATOR_SIDE]
  fiq_window_kaiser_half(window, half_taps(self), beta);
  for (uint32_t i = 0; i < self->n_neurons; ++i) {
    design_band(self, (int)i, window);
  }
  fiq_window_kaiser_half(window, DECIMATOR_SIDE, beta);
  double sum = 0.0;
  for (uint32_t q = 0; q < DECIMATOR_HALF; ++q) {
    const uint32_t m   = 2 * q + 1;
    const double   tap = lowpass_tap(0.25, 1.0, m) * (double)window[DECIMATOR_SIDE - m];
    self->decimator[q] = (float)tap;
    sum += 2.0 * tap;
  }
  for (uint32_t q = 0; q < DECIMATOR_HALF; ++q) {
    self->decimator[q] *= (float)(0.5 / sum);
  }
}

FiqStatus fiq_realm_temporal_init(FiqRealmTemporal* self, FiqArena* arena, FiqFftPool* pool,
                                  const FiqRealmTemporalConfig* config)
{
  assert(self);
  assert(arena);
  assert(pool);
  assert(config);
  if (!is_valid(config)) {
    return FIQ_BAD_ARGUMENT;
  }
  memset(self, 0, sizeof *self);
  self->sample_rate_hz = config->sample_rate_hz;
  self->n_neurons      = config->n_neurons;
  self->control_frames = config->control_frames;
  self->oversampling   = config->sample_rate_hz < 80000.0 ? 2 : 1;
  self->highpass       = 1.0f - expf((float)(-2.0 * pi * 5.0 / config->sample_rate_hz));
  self->release       = expf(-(float)(config->control_frames / config->sample_rate_hz) / release_s);
  self->hold_periods  = (uint32_t)(hold_s * config->sample_rate_hz / config->control_frames) + 1;
  const uint32_t past = fiq_realm_temporal_latency_frames(self);
  const uint32_t fft  = fft_frames(self);
  self->line_frames   = config->control_frames + (past > fft ? past : fft);
  take_lane(self, arena);
  // The middle of the stretch: what is as far from both ends as the filters are long.
  const FiqBandWavesConfig waves  = {.fft_frames    = fft,
                                     .oversampling  = self->oversampling,
                                     .half          = half_period(self),
                                     .middle_frames = half_taps(self) + 0.5 * self->control_frames,
                                     .n_bins        = count_bins(self)};
  const FiqMatchConfig     match  = {self->n_neurons, FIQ_CHANNELS * self->control_frames};
  FiqStatus                status = fiq_match_init(&self->match, arena, &match);
  const FiqStatus          other  = fiq_band_waves_init(&self->waves, arena, &waves);
  if (status == FIQ_BAD_ARGUMENT || other == FIQ_BAD_ARGUMENT) {
    return FIQ_BAD_ARGUMENT;
  }
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  self->simd = fiq_simd();
  status     = fiq_fft_init_kinds(&self->fft, pool, fft, FIQ_FFT_COMPLEX_FORWARD);
  if (status != FIQ_OK) {
    return status;
  }
  design(self);
  fiq_realm_temporal_reset(self);
  return FIQ_OK;
}

/// Silence in all that follows the neurons.
static void clear_wet(FiqRealmTemporal* self, FiqRealmTemporalLane* lane)
{
  memset(lane->wet, 0, self->control_frames * sizeof(float));
  memset(lane->even, 0, (self->control_frames + DECIMATOR_PAST) * sizeof(float));
  memset(lane->odd, 0, (self->control_frames + DECIMATOR_PAST) * sizeof(float));
  lane->offset = 0.0f;
}

static void clear_lane(FiqRealmTemporal* self, FiqRealmTemporalLane* lane)
{
  memset(lane->line, 0, self->line_frames * sizeof(float));
  clear_wet(self, lane);
}

void fiq_realm_temporal_reset(FiqRealmTemporal* self)
{
  assert(self);
  for (uint32_t i = 0; i < FIQ_REALM_TEMPORAL_LANES; ++i) {
    clear_lane(self, &self->lane[i]);
  }
  for (uint32_t i = 0; i < self->n_neurons; ++i) {
    self->neuron[i].peak         = 0.0f;
    self->neuron[i].drive        = 0.0f;
    self->neuron[i].hold_periods = 0;
    self->neuron[i].is_held      = false;
  }
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    memset(self->target[c], 0, fft_frames(self) * sizeof(float));
    self->error_offset[c] = 0.0f;
  }
  fiq_match_reset(&self->match);
  self->target_frames = 0;
  self->had_target    = false;
  self->is_odd        = false;
  self->learn_rate    = 0.0f;
  self->error         = 0.0f;
  self->n_lanes       = FIQ_REALM_TEMPORAL_LANES;
  self->position      = 0;
  self->quiet_periods = 0;
  self->amount        = 0.0f;
  self->amount_target = 0.0f;
  self->drive_target  = 0.0f;
  self->is_fresh      = true;
  self->is_cold       = false;
}

static const float* weights_of(const FiqRealmTemporal* self, uint32_t i)
{
  return self->match.weight + (size_t)i * FIQ_MATCH_WEIGHTS;
}

static float omega_of(const FiqRealmTemporal* self, uint32_t i)
{
  return fiq_exp(weights_of(self, i)[FIQ_MATCH_DRIVE]);
}

/// Weights of the odd (re) and even (im) part at the end of this period: e^{j psi} (p + jq).
static FiqComplex phasor_of(const FiqRealmTemporal* self, uint32_t i, uint32_t c)
{
  const float p  = weights_of(self, i)[FIQ_MATCH_P];
  const float q  = weights_of(self, i)[FIQ_MATCH_Q];
  const float re = self->re_target[c][i];
  const float im = self->im_target[c][i];
  return (FiqComplex){re * p - im * q, im * p + re * q};
}

/// What was to be reached by the end of a period is the start of the next one.
static void arrive(FiqRealmTemporal* self, uint32_t i)
{
  FiqRealmTemporalNeuron* neuron = &self->neuron[i];
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    const FiqComplex phasor = phasor_of(self, i, c);
    neuron->re[c]           = phasor.re;
    neuron->im[c]           = phasor.im;
  }
  neuron->straight = weights_of(self, i)[FIQ_MATCH_BAND];
}

/// Cosines and sines of the neurons' phases.
FIQ_INLINE void set_targets(float* restrict re, float* restrict im, const float* restrict phi_rad,
                            const float* restrict theta_rad, float motion_rad, float side_rad,
                            size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    const FiqComplex z = fiq_phasor(phi_rad[i] + motion_rad * fiq_sin(theta_rad[i] + side_rad));
    re[i]              = z.re;
    im[i]              = z.im;
  }
}

/// Half-band filter at every other sample: `even` and `odd` from its centre on, [n] (a multiple of 16) to `wet`.
FIQ_INLINE void half_band(float* restrict wet, const float* restrict even,
                          const float* restrict odd, const float* restrict taps, size_t n)
{
  for (size_t block = 0; block < n; block += 16) {
    FiqFloat8 sum[2]; // stays in registers
    for (size_t v = 0; v < 2; ++v) {
      sum[v] = 0.5f * *(const FiqFloat8*)(even + block + 8 * v);
    }
    for (size_t q = 0; q < DECIMATOR_HALF; ++q) {
      for (size_t v = 0; v < 2; ++v) {
        const float* const after = odd + block + 8 * v + q;
        const float* const ahead = odd + block + 8 * v - 1 - q;
        sum[v] += taps[q] * (*(const FiqFloat8*)after + *(const FiqFloat8*)ahead);
      }
    }
    for (size_t v = 0; v < 2; ++v) {
      *(FiqFloat8*)(wet + block + 8 * v) = sum[v];
    }
  }
}

#define BUILDS(suffix, mark)                                                                       \
  mark static void set_targets_##suffix(float* re, float* im, const float* phi_rad,                \
                                        const float* theta_rad, float motion_rad, float side_rad,  \
                                        size_t n)                                                  \
  {                                                                                                \
    set_targets(re, im, phi_rad, theta_rad, motion_rad, side_rad, n);                              \
  }                                                                                                \
  mark static void half_band_##suffix(float* wet, const float* even, const float* odd,             \
                                      const float* taps, size_t n)                                 \
  {                                                                                                \
    half_band(wet, even, odd, taps, n);                                                            \
  }

BUILDS(base, )
BUILDS(avx2, FIQ_AVX2)
BUILDS(avx512, FIQ_AVX512)

void fiq_realm_temporal_control(FiqRealmTemporal* self, const FiqRealmTemporalParams* params,
                                const float* phi_rad, const float* theta_rad)
{
  assert(self);
  assert(params);
  assert(phi_rad);
  assert(theta_rad);
  assert(params->amount >= 0.0f && params->amount <= 1.0f);
  assert(params->drive >= 0.0f && params->drive <= FIQ_REALM_TEMPORAL_DRIVE_MAX);
  assert(params->learn_rate >= 0.0f && params->learn_rate <= 1.0f);
  assert(self->position == 0);
  self->amount_target = params->amount;
  self->drive_target  = params->drive;
  self->learn_rate    = params->frozen ? 0.0f : params->learn_rate;
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    const float side = (c ? 0.5f : -0.5f) * params->stereo_rad;
    FIQ_PICK(&self->simd, set_targets)
    (self->re_target[c], self->im_target[c], phi_rad, theta_rad, params->motion_rad, side,
     self->n_neurons);
  }
  if (self->is_fresh) {
    self->amount = params->amount;
    for (uint32_t i = 0; i < self->n_neurons; ++i) {
      FiqRealmTemporalNeuron* neuron = &self->neuron[i];
      neuron->drive                  = params->drive * neuron->gain * omega_of(self, i);
      arrive(self, i);
    }
    self->is_fresh = false;
  }
}

/// Band `i` of both channels of a plane at the neurons' rate; its peak.
static float find_bands(FiqRealmTemporal* self, uint32_t plane, uint32_t i)
{
  const FiqRealmTemporalNeuron* const neuron = &self->neuron[i];
  const float* const                  gain   = self->response + (size_t)i * fft_frames(self);
  FiqRealmTemporalLane* const         lane   = self->lane + (size_t)plane * FIQ_CHANNELS;
  return fiq_band_waves_band(&self->waves, plane, gain + neuron->first_bin, neuron->first_bin,
                             neuron->n_bins, lane[0].band, lane[1].band);
}

/// Drive of a neuron at the end of this period, held below the index at which it would alias.
static float next_drive(FiqRealmTemporal* self, uint32_t i, float peak)
{
  FiqRealmTemporalNeuron* neuron = &self->neuron[i];
  const float             wanted = self->drive_target * omega_of(self, i);
  const float             now    = peak * neuron->gain;
  // The samples of a steady tone do not meet its peak in every period; that must not move the drive.
  const bool is_near     = now > 0.97f * neuron->peak;
  neuron->hold_periods   = is_near ? self->hold_periods : neuron->hold_periods;
  const bool  is_holding = neuron->hold_periods > 0;
  const float held       = is_holding ? neuron->peak : neuron->peak * self->release;
  neuron->hold_periods -= is_holding ? 1 : 0;
  neuron->peak     = now > held ? now : held;
  const bool  over = wanted * neuron->peak > neuron->index_max;
  const float d    = over ? neuron->index_max / neuron->peak : wanted;
  neuron->is_held  = over;
  return d * neuron->gain;
}

/// Whether this period is one to learn from: every other one, which bounds the cost.
static bool lane_is_learning(const FiqRealmTemporal* self)
{
  return self->learn_rate > 0.0f && self->is_odd;
}

static FiqResidueRamps ramps_of(const FiqRealmTemporal* self, uint32_t i, float next_drive)
{
  const FiqRealmTemporalNeuron* neuron   = &self->neuron[i];
  const uint32_t                n        = self->control_frames * self->oversampling;
  const float                   straight = weights_of(self, i)[FIQ_MATCH_BAND];
  FiqResidueRamps               ramps    = {.drive    = fiq_ramp(neuron->drive, next_drive, n),
                                            .straight = fiq_ramp(neuron->straight, straight, n)};
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    const FiqComplex phasor = phasor_of(self, i, c);
    ramps.re[c]             = fiq_ramp(neuron->re[c], phasor.re, n);
    ramps.im[c]             = fiq_ramp(neuron->im[c], phasor.im, n);
  }
  return ramps;
}

/// The derivatives of neuron `i` on both channels of I, for the step that follows the period.
static void derive_neuron(FiqRealmTemporal* self, uint32_t i, const FiqResidueRamps* ramps)
{
  const uint32_t n = self->control_frames;
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    float* const     basis  = fiq_match_basis(&self->match, i) + (size_t)c * n;
    FiqResidueSlopes slopes = {
        .re = self->re_target[c][i], .im = self->im_target[c][i], .amount = self->amount_target};
    for (uint32_t j = 0; j < FIQ_MATCH_WEIGHTS; ++j) {
      slopes.out[j] = basis + (size_t)j * FIQ_CHANNELS * n;
    }
    fiq_residue_derive(self->lane[c].band, n, self->oversampling, ramps, c, &slopes, &self->simd);
    if (self->neuron[i].is_held) {
      memset(slopes.out[FIQ_MATCH_DRIVE], 0, n * sizeof(float)); // the drive does not act
    }
  }
}

/// One neuron on all lanes, into their sums.
static void run_neuron(FiqRealmTemporal* self, uint32_t i, uint32_t n_lanes)
{
  // The I plane decides for both, so that I is the same with and without Q.
  const float           peak   = find_bands(self, 0, i);
  const float           peak_q = n_lanes > FIQ_CHANNELS ? find_bands(self, 1, i) : 0.0f;
  const float           next   = next_drive(self, i, peak);
  const uint32_t        n      = self->control_frames * self->oversampling;
  const FiqResidueRamps ramps  = ramps_of(self, i, next);
  for (uint32_t l = 0; l < n_lanes; l += FIQ_CHANNELS) {
    const FiqRealmTemporalLane* const lane               = self->lane + l;
    const float* const                band[FIQ_CHANNELS] = {lane[0].band, lane[1].band};
    float* const                      sum[FIQ_CHANNELS]  = {lane[0].sum, lane[1].sum};
    fiq_residue_add(band, sum, n, l ? peak_q : peak, &ramps, &self->simd);
  }
  if (lane_is_learning(self)) {
    derive_neuron(self, i, &ramps);
  }
  self->neuron[i].drive = next;
}

/// Half-band filter and every other sample of the lane's sum, into wet.
static void decimate(FiqRealmTemporal* self, FiqRealmTemporalLane* lane)
{
  const size_t n       = self->control_frames;
  const size_t centre  = DECIMATOR_PAST - DECIMATOR_LATE;
  float* restrict even = lane->even;
  float* restrict odd  = lane->odd;
  memmove(even, even + n, DECIMATOR_PAST * sizeof(float));
  memmove(odd, odd + n, DECIMATOR_PAST * sizeof(float));
  for (size_t k = 0; k < n; ++k) {
    even[DECIMATOR_PAST + k] = lane->sum[2 * k];
    odd[DECIMATOR_PAST + k]  = lane->sum[2 * k + 1];
  }
  FIQ_PICK(&self->simd, half_band)(lane->wet, even + centre, odd + centre, self->decimator, n);
}

/// Offset removed, amount applied.
static void finish_period(FiqRealmTemporal* self, FiqRealmTemporalLane* lane)
{
  const uint32_t n = self->control_frames;
  // The half-band filter has no past to work on in the first period after a rest.
  const float   target = self->is_cold ? 0.0f : self->amount_target;
  const FiqRamp amount = fiq_ramp(self->amount, target, n);
  if (self->oversampling == 2) {
    decimate(self, lane);
  } else {
    memcpy(lane->wet, lane->sum, n * sizeof(float));
  }
  for (uint32_t k = 0; k < n; ++k) {
    lane->offset += self->highpass * (lane->wet[k] - lane->offset);
    lane->wet[k] =
        (amount.start + amount.slope * (float)(int32_t)k) * (lane->wet[k] - lane->offset);
  }
}

/**
   e = target - output of the period that has just come in, offset removed. The output is taken
   before the half-band filter, at the band's own time, 2.5 periods ago; so the derivatives need no
   filtering either. Without a sidechain the target is the input one period on from there.
*/
static void find_error(FiqRealmTemporal* self)
{
  const uint32_t n       = self->control_frames;
  const uint32_t now     = fft_frames(self) - 2 * n - n / 2;
  const bool     is_self = self->target_frames == 0;
  float          square  = 0.0f;
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    const FiqRealmTemporalLane* lane   = &self->lane[c];
    const float*                dry    = lane->line + self->line_frames - fft_frames(self) + now;
    const float*                target = is_self ? dry + n : self->target[c] + now;
    float*                      error  = self->match.error + (size_t)c * n;
    for (uint32_t k = 0; k < n; ++k) {
      const float wet = self->amount_target * lane->sum[(size_t)k * self->oversampling];
      const float all = target[k] - dry[k] - wet;
      self->error_offset[c] += self->highpass * (all - self->error_offset[c]);
      error[k] = all - self->error_offset[c];
      square += error[k] * error[k];
    }
  }
  // A second's memory: control_frames / sample_rate of the way a period.
  const float share = (float)(n / self->sample_rate_hz);
  self->error += share * (square / (float)(FIQ_CHANNELS * n) - self->error);
}

static void learn_period(FiqRealmTemporal* self)
{
  if (self->learn_rate > 0.0f) {
    find_error(self);
    if (self->is_odd) {
      fiq_match_step(&self->match, self->learn_rate);
    }
  }
}

/// Spectra of both channels of each plane.
static void transform(FiqRealmTemporal* self, uint32_t n_planes)
{
  const uint32_t fft = fft_frames(self);
  for (uint32_t plane = 0; plane < n_planes; ++plane) {
    const float* left  = self->lane[plane * FIQ_CHANNELS].line + self->line_frames - fft;
    const float* right = self->lane[plane * FIQ_CHANNELS + 1].line + self->line_frames - fft;
    for (size_t k = 0; k < fft; ++k) {
      self->frames[k].re = left[k];
      self->frames[k].im = right[k];
    }
    fiq_fft_forward_complex(&self->fft, self->frames, self->spectrum);
    fiq_band_waves_take(&self->waves, plane, self->spectrum);
  }
}

/// Whether nothing comes in, and nothing of what came in is left.
static bool is_resting(FiqRealmTemporal* self, uint32_t n_lanes)
{
  const uint32_t n       = self->control_frames;
  const uint32_t memory  = fft_frames(self) / n + DECIMATOR_PAST / n + 2;
  float          loudest = 0.0f;
  bool           is_left = false;
  for (uint32_t l = 0; l < n_lanes; ++l) {
    const FiqRealmTemporalLane* lane = &self->lane[l];
    const float                 peak = fiq_peak(lane->line + self->line_frames - n, n);
    loudest                          = peak > loudest ? peak : loudest;
    is_left                          = is_left || fabsf(lane->offset) > quiet;
  }
  const uint32_t passed = self->quiet_periods < memory ? self->quiet_periods + 1 : memory;
  self->quiet_periods   = loudest > quiet ? 0 : passed;
  return self->quiet_periods == memory && !is_left;
}

/// The residues of the period that has just come in.
static void run_lane_period(FiqRealmTemporal* self, uint32_t n_lanes)
{
  const size_t n_sum  = (size_t)self->control_frames * self->oversampling;
  const bool   rests  = is_resting(self, n_lanes);
  const bool   is_off = rests || (self->amount <= 0.0f && self->amount_target <= 0.0f);
  for (uint32_t l = 0; l < n_lanes; ++l) {
    FiqRealmTemporalLane* lane = &self->lane[l];
    if (is_off) {
      clear_wet(self, lane);
    } else {
      memset(lane->sum, 0, n_sum * sizeof(float));
    }
  }
  if (!is_off) {
    transform(self, n_lanes / FIQ_CHANNELS);
  }
  for (uint32_t i = 0; i < self->n_neurons; ++i) {
    FiqRealmTemporalNeuron* neuron = &self->neuron[i];
    if (rests) {
      neuron->drive = next_drive(self, i, 0.0f);
    } else if (is_off) {
      neuron->peak         = 0.0f;
      neuron->hold_periods = 0;
      neuron->drive        = self->drive_target * neuron->gain * omega_of(self, i);
    } else {
      run_neuron(self, i, n_lanes);
    }
    arrive(self, i);
  }
  if (!is_off) {
    learn_period(self);
  }
  self->is_odd = !self->is_odd;
  for (uint32_t l = 0; l < n_lanes && !is_off; ++l) {
    finish_period(self, &self->lane[l]);
  }
  // Silence is a past as good as any.
  self->amount  = !rests && (is_off || self->is_cold) ? 0.0f : self->amount_target;
  self->is_cold = is_off && !rests;
}

/// Take `n` frames in and give the delayed input and the last period's residues out.
static void run_lane(FiqRealmTemporal* self, FiqRealmTemporalLane* lane, const float* in,
                     float* out, uint32_t n)
{
  float* const       now = lane->line + self->line_frames - self->control_frames + self->position;
  const float* const dry = now - fiq_realm_temporal_latency_frames(self);
  const float* const wet = lane->wet + self->position;
  memcpy(now, in, n * sizeof(float));
  for (uint32_t k = 0; k < n; ++k) {
    out[k] = dry[k] + wet[k];
  }
}

/// Shift the sidechain by one period; a new one begins with silence before it.
static void next_target(FiqRealmTemporal* self)
{
  const uint32_t keep = fft_frames(self) - self->control_frames;
  const bool     has  = self->target_frames > 0;
  for (uint32_t c = 0; c < FIQ_CHANNELS && has; ++c) {
    memmove(self->target[c], self->target[c] + self->control_frames, keep * sizeof(float));
    memset(self->target[c] + keep, 0, self->control_frames * sizeof(float));
  }
  self->had_target    = has;
  self->target_frames = 0;
}

void fiq_realm_temporal_learn(FiqRealmTemporal* self, const float* const target[FIQ_CHANNELS],
                              uint32_t n)
{
  assert(self);
  assert(target);
  assert(self->position + n <= self->control_frames);
  const uint32_t last = fft_frames(self) - self->control_frames;
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    if (!self->had_target && self->target_frames == 0) {
      memset(self->target[c], 0, fft_frames(self) * sizeof(float));
    }
    memcpy(self->target[c] + last + self->position, target[c], n * sizeof(float));
  }
  self->target_frames += n;
}

float fiq_realm_temporal_error(const FiqRealmTemporal* self)
{
  return sqrtf(self->error);
}

uint32_t fiq_realm_temporal_n_learned(const FiqRealmTemporal* self)
{
  return self->n_neurons * FIQ_MATCH_WEIGHTS;
}

void fiq_realm_temporal_learned(const FiqRealmTemporal* self, float* learned)
{
  fiq_match_weights(&self->match, learned);
}

void fiq_realm_temporal_set_learned(FiqRealmTemporal* self, const float* learned)
{
  fiq_match_set_weights(&self->match, learned);
}

static void next_period(FiqRealmTemporal* self, uint32_t n_lanes)
{
  const uint32_t keep = self->line_frames - self->control_frames;
  run_lane_period(self, n_lanes);
  for (uint32_t l = 0; l < n_lanes; ++l) {
    float* line = self->lane[l].line;
    memmove(line, line + self->control_frames, keep * sizeof(float));
  }
  next_target(self);
  self->position = 0;
}

void fiq_realm_temporal_process(FiqRealmTemporal* self, const float* const in_i[FIQ_CHANNELS],
                                const float* const* in_q, float* const out_i[FIQ_CHANNELS],
                                float* const* out_q, uint32_t n)
{
  assert(self);
  assert(in_i);
  assert(out_i);
  assert(!in_q == !out_q);
  const uint32_t n_lanes = out_q ? FIQ_REALM_TEMPORAL_LANES : FIQ_CHANNELS;
  for (uint32_t l = self->n_lanes; l < n_lanes; ++l) {
    clear_lane(self, &self->lane[l]); // whatever Q held is from another time
  }
  self->n_lanes = n_lanes;
  for (uint32_t done = 0; done < n;) {
    const uint32_t left  = self->control_frames - self->position;
    const uint32_t chunk = n - done < left ? n - done : left;
    for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
      run_lane(self, &self->lane[c], in_i[c] + done, out_i[c] + done, chunk);
      if (out_q) {
        run_lane(self, &self->lane[FIQ_CHANNELS + c], in_q[c] + done, out_q[c] + done, chunk);
      }
    }
    self->position += chunk;
    done += chunk;
    if (self->position == self->control_frames) {
      next_period(self, n_lanes);
    }
  }
}
