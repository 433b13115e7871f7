// SPDX-License-Identifier: GPL-3.0-or-later
#include "realm_temporal.h"

#include "maths.h"
#include "window.h"

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

static uint32_t fft_frames(const FiqRealmTemporal* self)
{
  return 4 * self->control_frames;
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

static void take(FiqRealmTemporal* self, FiqArena* arena)
{
  const uint32_t b   = self->control_frames;
  const uint32_t fft = fft_frames(self);
  for (uint32_t i = 0; i < FIQ_REALM_TEMPORAL_LANES; ++i) {
    FiqRealmTemporalLane* lane = &self->lane[i];
    lane->line                 = fiq_arena_take(arena, self->line_frames, sizeof(float));
    lane->wet                  = fiq_arena_take(arena, b, sizeof(float));
    lane->spectrum             = fiq_arena_take(arena, fft / 2 + 1, sizeof(FiqComplex));
    lane->band = fiq_arena_take(arena, (size_t)fft * self->oversampling, sizeof(float));
    lane->sum  = fiq_arena_take(arena, (size_t)b * self->oversampling, sizeof(float));
    lane->even = fiq_arena_take(arena, b + DECIMATOR_PAST, sizeof(float));
    lane->odd  = fiq_arena_take(arena, b + DECIMATOR_PAST, sizeof(float));
  }
  self->neuron    = fiq_arena_take(arena, self->n_neurons, sizeof(FiqRealmTemporalNeuron));
  self->response  = fiq_arena_take(arena, (size_t)self->n_neurons * (fft / 2 + 1), sizeof(float));
  self->decimator = fiq_arena_take(arena, DECIMATOR_HALF, sizeof(float));
  self->frames    = fiq_arena_take(arena, fft, sizeof(float));
  self->bins      = fiq_arena_take(arena, fft * self->oversampling / 2 + 1, sizeof(FiqComplex));
}

/// Upper edge of neuron `i`'s band, Hz; 0 below the first.
static double edge_hz(const FiqRealmTemporal* self, int i)
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

/// Tap `k` from the centre of the ideal lowpass at `edge`.
static double lowpass_tap(double edge, double fs, uint32_t k)
{
  return k ? sin(2.0 * pi * edge / fs * (double)k) / (pi * (double)k) : 2.0 * edge / fs;
}

/// Index at which the first line that folds back below 20 kHz, of order n, stands at -70 dB of a
/// full-scale sine on `f`: 2 J_n(D) / D, which is (D/2)^(n-1) / n! for D < n.
static float index_max(const FiqRealmTemporal* self, double f)
{
  const double fs    = self->sample_rate_hz;
  const double pass  = 0.42 * fs < 20000.0 ? 0.42 * fs : 20000.0;
  const double order = (self->oversampling * fs - pass) / f;
  // Stirling's ln n!; lgamma() would write to a variable that all threads share.
  const double stirling      = 0.5 * log(2.0 * pi * order) + 1.0 / (12.0 * order);
  const double log_factorial = order * log(order) - order + stirling;
  return (float)(2.0 * exp((log(3.16e-4) + log_factorial) / (order - 1.0)));
}

/// The gain of neuron `i`'s filter at every bin: the transform of its taps, centred on frame 0.
static void design_band(FiqRealmTemporal* self, int i, const float* window)
{
  const uint32_t fft  = fft_frames(self);
  const uint32_t half = half_taps(self);
  const double   fs   = self->sample_rate_hz;
  const double   low  = edge_hz(self, i - 1);
  const double   high = edge_hz(self, i);
  float*         gain = self->response + (size_t)i * (fft / 2 + 1);
  FiqComplex*    bins = self->lane[0].spectrum;
  float          peak = 0.0f;
  memset(self->frames, 0, fft * sizeof(float));
  for (uint32_t k = 0; k <= half; ++k) {
    const double w   = k ? (double)window[half - k] : 1.0;
    const float  tap = (float)(w * (lowpass_tap(high, fs, k) - lowpass_tap(low, fs, k)));
    self->frames[k]  = tap;
    self->frames[k ? fft - k : 0] = tap;
  }
  fiq_fft_forward(&self->fft, self->frames, bins);
  for (uint32_t k = 0; k <= fft / 2; ++k) {
    gain[k] = bins[k].re / (float)fft;
    peak    = fmaxf(peak, fabsf(bins[k].re));
  }
  self->neuron[i].gain      = 1.0f / peak;
  self->neuron[i].index_max = index_max(self, high + 0.5 * flank_hz(self));
}

static void design(FiqRealmTemporal* self)
{
  const double beta   = fiq_window_kaiser_beta(attenuation_db);
  float*       window = self->lane[0].band; // scratch, [half_taps] and [DECIMATOR_SIDE]
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
  const uint32_t past = fiq_realm_temporal_latency_frames(self);
  const uint32_t fft  = fft_frames(self);
  self->line_frames   = config->control_frames + (past > fft ? past : fft);
  take(self, arena);
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  FiqStatus status = fiq_fft_init_kinds(&self->fft, pool, fft, FIQ_FFT_REAL_FORWARD);
  if (status == FIQ_OK) {
    status =
        fiq_fft_init_kinds(&self->inverse, pool, fft * self->oversampling, FIQ_FFT_REAL_INVERSE);
  }
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
    self->neuron[i].peak  = 0.0f;
    self->neuron[i].drive = 0.0f;
  }
  self->n_lanes       = FIQ_REALM_TEMPORAL_LANES;
  self->position      = 0;
  self->amount        = 0.0f;
  self->amount_target = 0.0f;
  self->drive_target  = 0.0f;
  self->is_fresh      = true;
  self->is_cold       = false;
}

void fiq_realm_temporal_control(FiqRealmTemporal* self, const FiqRealmTemporalParams* params,
                                const float* phi_rad, const float* theta_rad)
{
  assert(self);
  assert(params);
  assert(phi_rad);
  assert(theta_rad);
  assert(params->amount >= 0.0f && params->amount <= 1.0f);
  assert(params->drive >= 0.0f && params->drive <= FIQ_REALM_TEMPORAL_DRIVE_MAX);
  assert(self->position == 0);
  self->amount_target = params->amount;
  self->drive_target  = params->drive;
  for (uint32_t i = 0; i < self->n_neurons; ++i) {
    FiqRealmTemporalNeuron* neuron = &self->neuron[i];
    for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
      const float side     = (c ? 0.5f : -0.5f) * params->stereo_rad;
      const float psi      = phi_rad[i] + params->motion_rad * sinf(theta_rad[i] + side);
      neuron->re_target[c] = cosf(psi);
      neuron->im_target[c] = sinf(psi);
    }
  }
  if (self->is_fresh) {
    self->amount = params->amount;
    for (uint32_t i = 0; i < self->n_neurons; ++i) {
      FiqRealmTemporalNeuron* neuron = &self->neuron[i];
      neuron->drive                  = params->drive * neuron->gain;
      memcpy(neuron->re, neuron->re_target, sizeof neuron->re);
      memcpy(neuron->im, neuron->im_target, sizeof neuron->im);
    }
    self->is_fresh = false;
  }
}

/// A value at the start of a period and what a sample adds to it.
typedef struct {
  float start;
  float slope;
} Ramp;

static Ramp ramp(float from, float to, uint32_t n)
{
  const Ramp result = {from, (to - from) / (float)n};
  return result;
}

/**
   Add one neuron's residue of `u` [n] to `sum` [n]. The argument x = d u is reduced to y in
   [-pi/2, pi/2] with sign s, cos x = s cos y and sin x = s sin y. Where nothing had to be
   reduced, s - 1 and s y - x are exactly 0 and the series remain: small residues keep their
   relative accuracy.
*/
static void add_residue(const float* restrict u, float* restrict sum, uint32_t n, Ramp drive,
                        Ramp re, Ramp im)
{
  for (uint32_t k = 0; k < n; ++k) {
    const float at   = (float)(int32_t)k;
    const float d    = drive.start + drive.slope * at;
    const float x    = d * u[k];
    const float half = fiq_round(x * (1.0f / FIQ_PI_F));
    const float y    = (x - half * 3.140625f) - half * 9.67653589793e-4f;
    const float y2   = y * y;
    const float odd  = half - 2.0f * fiq_round(half * 0.5f);
    const float s    = 1.0f - 2.0f * odd * odd;
    const float cube =
        ((((-2.5052108e-8f * y2 + 2.7557319e-6f) * y2 - 1.9841270e-4f) * y2 + 8.3333333e-3f) * y2 -
         1.6666667e-1f) *
        (y2 * y);
    const float square =
        ((((-2.7557319e-7f * y2 + 2.4801587e-5f) * y2 - 1.3888889e-3f) * y2 + 4.1666667e-2f) * y2 -
         0.5f) *
        y2;
    const float cosine = s * square + (s - 1.0f); // cos x - 1
    const float sine   = s * cube + (s * y - x);  // sin x - x
    const float even   = (im.start + im.slope * at) * cosine;
    const float all    = even + (re.start + re.slope * at) * sine;
    sum[k] += all / (d > 1e-9f ? d : 1e-9f);
  }
}

static float peak_of(const float* x, uint32_t n)
{
  float lane[8] = {0.0f}; // n is a multiple of 16
  for (uint32_t k = 0; k < n; k += 8) {
    for (uint32_t j = 0; j < 8; ++j) {
      const float size = fabsf(x[k + j]);
      lane[j]          = size > lane[j] ? size : lane[j];
    }
  }
  float peak = 0.0f;
  for (uint32_t j = 0; j < 8; ++j) {
    peak = lane[j] > peak ? lane[j] : peak;
  }
  return peak;
}

/// Band `i` of a lane at the neurons' rate; returns the period's samples, [control_frames *
/// oversampling].
static const float* band_of(FiqRealmTemporal* self, FiqRealmTemporalLane* lane, uint32_t i)
{
  const uint32_t fft  = fft_frames(self);
  const uint32_t last = fft / 2;
  const float*   gain = self->response + (size_t)i * (last + 1);
  for (uint32_t k = 0; k <= last; ++k) {
    self->bins[k].re = gain[k] * lane->spectrum[k].re;
    self->bins[k].im = gain[k] * lane->spectrum[k].im;
  }
  const uint32_t above = last * self->oversampling - last;
  memset(self->bins + last + 1, 0, above * sizeof(FiqComplex));
  fiq_fft_inverse(&self->inverse, self->bins, lane->band);
  return lane->band + (size_t)half_taps(self) * self->oversampling;
}

/// Drive of a neuron at the end of this period, held below the index at which it would alias.
static float next_drive(FiqRealmTemporal* self, FiqRealmTemporalNeuron* neuron, float peak)
{
  const float held = neuron->peak * self->release;
  const float now  = peak * neuron->gain;
  neuron->peak     = now > held ? now : held;
  const bool  over = self->drive_target * neuron->peak > neuron->index_max;
  const float d    = over ? neuron->index_max / neuron->peak : self->drive_target;
  return d * neuron->gain;
}

/// One neuron on all lanes, into their sums.
static void run_neuron(FiqRealmTemporal* self, uint32_t i, uint32_t n_lanes)
{
  const uint32_t          n      = self->control_frames * self->oversampling;
  FiqRealmTemporalNeuron* neuron = &self->neuron[i];
  const float*            u[FIQ_REALM_TEMPORAL_LANES];
  float                   peak = 0.0f;
  for (uint32_t l = 0; l < n_lanes; ++l) {
    u[l] = band_of(self, &self->lane[l], i);
    // The I plane decides for both, so that I is the same with and without Q.
    const float here = l < FIQ_CHANNELS ? peak_of(u[l], n) : 0.0f;
    peak             = here > peak ? here : peak;
  }
  const float next  = next_drive(self, neuron, peak);
  const Ramp  drive = ramp(neuron->drive, next, n);
  for (uint32_t l = 0; l < n_lanes; ++l) {
    const uint32_t c  = l % FIQ_CHANNELS;
    const Ramp     re = ramp(neuron->re[c], neuron->re_target[c], n);
    const Ramp     im = ramp(neuron->im[c], neuron->im_target[c], n);
    add_residue(u[l], self->lane[l].sum, n, drive, re, im);
  }
  neuron->drive = next;
}

/// Half-band filter and every other sample of the lane's sum, into wet.
static void decimate(FiqRealmTemporal* self, FiqRealmTemporalLane* lane)
{
  const uint32_t n     = self->control_frames;
  float* restrict even = lane->even;
  float* restrict odd  = lane->odd;
  float* restrict wet  = lane->wet;
  memmove(even, even + n, DECIMATOR_PAST * sizeof(float));
  memmove(odd, odd + n, DECIMATOR_PAST * sizeof(float));
  for (uint32_t k = 0; k < n; ++k) {
    even[DECIMATOR_PAST + k] = lane->sum[2 * k];
    odd[DECIMATOR_PAST + k]  = lane->sum[2 * k + 1];
  }
  const uint32_t centre = DECIMATOR_PAST - DECIMATOR_LATE;
  for (uint32_t k = 0; k < n; ++k) {
    wet[k] = 0.5f * even[centre + k];
  }
  for (uint32_t q = 0; q < DECIMATOR_HALF; ++q) {
    const float  tap   = self->decimator[q];
    const float* after = odd + centre + q;
    const float* ahead = odd + centre - 1 - q;
    for (uint32_t k = 0; k < n; ++k) {
      wet[k] += tap * (after[k] + ahead[k]);
    }
  }
}

/// Offset removed, amount applied.
static void finish(FiqRealmTemporal* self, FiqRealmTemporalLane* lane)
{
  const uint32_t n = self->control_frames;
  // The half-band filter has no past to work on in the first period after a rest.
  const float target = self->is_cold ? 0.0f : self->amount_target;
  const Ramp  amount = ramp(self->amount, target, n);
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

/// The residues of the period that has just come in.
static void run_period(FiqRealmTemporal* self, uint32_t n_lanes)
{
  const uint32_t fft    = fft_frames(self);
  const size_t   n_sum  = (size_t)self->control_frames * self->oversampling;
  const bool     is_off = self->amount <= 0.0f && self->amount_target <= 0.0f;
  for (uint32_t l = 0; l < n_lanes; ++l) {
    FiqRealmTemporalLane* lane = &self->lane[l];
    if (is_off) {
      clear_wet(self, lane);
      continue;
    }
    memcpy(self->frames, lane->line + self->line_frames - fft, fft * sizeof(float));
    fiq_fft_forward(&self->fft, self->frames, lane->spectrum);
    memset(lane->sum, 0, n_sum * sizeof(float));
  }
  for (uint32_t i = 0; i < self->n_neurons; ++i) {
    FiqRealmTemporalNeuron* neuron = &self->neuron[i];
    if (is_off) {
      neuron->peak  = 0.0f;
      neuron->drive = self->drive_target * neuron->gain;
    } else {
      run_neuron(self, i, n_lanes);
    }
    memcpy(neuron->re, neuron->re_target, sizeof neuron->re);
    memcpy(neuron->im, neuron->im_target, sizeof neuron->im);
  }
  for (uint32_t l = 0; l < n_lanes && !is_off; ++l) {
    finish(self, &self->lane[l]);
  }
  self->amount  = is_off || self->is_cold ? 0.0f : self->amount_target;
  self->is_cold = is_off;
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

static void next_period(FiqRealmTemporal* self, uint32_t n_lanes)
{
  const uint32_t keep = self->line_frames - self->control_frames;
  run_period(self, n_lanes);
  for (uint32_t l = 0; l < n_lanes; ++l) {
    float* line = self->lane[l].line;
    memmove(line, line + self->control_frames, keep * sizeof(float));
  }
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
