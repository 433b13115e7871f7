// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/analysis/timbre.h"

#include "dsp/base/maths.h"
#include "dsp/transform/window.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const double spectrum_s = 0.17;
static const double quick_s    = 0.043;
static const double shortest_s = 0.35;
static const float  silence    = 1e-8f; // mean square
static const float  peak_floor = 1e-6f; // power over that of the loudest
static const float  died_away  = 1e-4f;
static const float  lowest_hz  = 20.0f;

typedef struct {
  float hz;
  float amplitude; ///< over that of the loudest
} Peak;

const char* fiq_timbre_name(FiqTimbreMeasure measure)
{
  static const char* const names[FIQ_N_TIMBRES] = {
      "brightness", "warmth", "roughness", "hardness", "depth",        "sharpness",
      "breath",     "attack", "motion",    "width",    "inharmonicity"};
  assert(measure < FIQ_N_TIMBRES);
  return names[measure];
}

FiqStatus fiq_timbre_init(FiqTimbreMeter* self, FiqArena* arena, FiqFftPool* pool,
                          double sample_rate_hz)
{
  assert(self && arena && pool);
  assert(sample_rate_hz >= 8000.0 && sample_rate_hz <= 192000.0);
  const uint32_t size  = fiq_next_power_of_two((uint32_t)(spectrum_s * sample_rate_hz / 1.4));
  const uint32_t quick = fiq_next_power_of_two((uint32_t)(quick_s * sample_rate_hz / 1.4));
  self->sample_rate_hz = sample_rate_hz;
  self->window         = fiq_arena_take(arena, size, sizeof(float));
  self->window_quick   = fiq_arena_take(arena, quick, sizeof(float));
  self->frame          = fiq_arena_take(arena, size, sizeof(float));
  self->spectrum       = fiq_arena_take(arena, size / 2 + 1, sizeof(FiqComplex));
  self->power          = fiq_arena_take(arena, size / 2 + 1, sizeof(float));
  self->level_db =
      fiq_arena_take(arena, FIQ_CHANNELS * FIQ_TIMBRE_BANDS * FIQ_TIMBRE_MOMENTS, sizeof(float));
  if (fiq_arena_status(arena) != FIQ_OK) {
    return fiq_arena_status(arena);
  }
  if (self->window) { // NULL where the arena only counts
    fiq_window_hann(self->window, size);
    fiq_window_hann(self->window_quick, quick);
  }
  const FiqStatus status = fiq_fft_init_kinds(&self->fft, pool, size, FIQ_FFT_REAL_FORWARD);
  return status != FIQ_OK ? status
                          : fiq_fft_init_kinds(&self->fft_quick, pool, quick, FIQ_FFT_REAL_FORWARD);
}

static float held(float x)
{
  return fiq_clamp(x, 0.0f, 100.0f);
}

/// 10 log10 of the share that `part` is of `whole`.
static float share_db(float part, float whole)
{
  return 10.0f * log10f(fmaxf(part, 1e-9f * whole) / whole);
}

static float bin_hz(const FiqTimbreMeter* self, uint32_t bin)
{
  return (float)((double)bin * self->sample_rate_hz / self->fft.size);
}

static uint32_t n_bins(const FiqTimbreMeter* self)
{
  return self->fft.size / 2 + 1;
}

/// Power of bins between these frequencies.
static float energy(const FiqTimbreMeter* self, float low_hz, float high_hz)
{
  float sum = 0.0f;
  for (uint32_t i = 1; i < n_bins(self); ++i) {
    const float hz = bin_hz(self, i);
    sum += hz >= low_hz && hz < high_hz ? self->power[i] : 0.0f;
  }
  return sum;
}

// ---- the spectrum ----

static void add_frame(FiqTimbreMeter* self, const float* sound)
{
  for (uint32_t i = 0; i < self->fft.size; ++i) {
    self->frame[i] = sound[i] * self->window[i];
  }
  fiq_fft_forward(&self->fft, self->frame, self->spectrum);
  for (uint32_t i = 0; i < n_bins(self); ++i) {
    const FiqComplex x = self->spectrum[i];
    self->power[i] += x.re * x.re + x.im * x.im;
  }
}

/// P from frame `from` on.
static void take_spectrum(FiqTimbreMeter* self, const FiqTimbreSound* sound, uint32_t from)
{
  const uint32_t size = self->fft.size;
  memset(self->power, 0, n_bins(self) * sizeof(float));
  for (uint32_t at = from; at + size <= sound->n_frames; at += size / 2) {
    add_frame(self, sound->channel[0] + at);
    add_frame(self, sound->channel[1] + at);
  }
}

static float brightness(const FiqTimbreMeter* self)
{
  float weighted = 0.0f;
  float above    = 0.0f;
  for (uint32_t i = 1; i < n_bins(self); ++i) {
    const float hz = bin_hz(self, i);
    weighted += hz >= 100.0f ? hz * self->power[i] : 0.0f;
    above += hz >= 100.0f ? self->power[i] : 0.0f;
  }
  const float all      = energy(self, lowest_hz, INFINITY);
  const float centroid = above > 0.0f ? weighted / above : 100.0f;
  return 17.43f + 0.461f * share_db(energy(self, 2000.0f, INFINITY), all) +
         17.38f * log10f(centroid);
}

static float warmth(const FiqTimbreMeter* self)
{
  const float low  = energy(self, lowest_hz, 400.0f);
  const float high = energy(self, 400.0f, INFINITY);
  return 50.0f + 2.5f * (share_db(low, low + high) - share_db(high, low + high));
}

static float depth(const FiqTimbreMeter* self)
{
  const float all = energy(self, lowest_hz, INFINITY);
  float       sum = 0.0f;
  uint32_t    i   = 1;
  for (; i + 1 < n_bins(self) && sum < 0.85f * all; ++i) {
    sum += bin_hz(self, i) >= lowest_hz ? self->power[i] : 0.0f;
  }
  return 100.0f - 14.0f * log2f(bin_hz(self, i) / 60.0f);
}

static float bark(float hz)
{
  const float k = hz * 1e-3f;
  return 13.0f * atanf(0.76f * k) + 3.5f * atanf(k * k * (1.0f / 56.25f));
}

static float sharpness(const FiqTimbreMeter* self)
{
  float band[25] = {0};
  for (uint32_t i = 1; i < n_bins(self); ++i) {
    const float hz = bin_hz(self, i);
    band[(uint32_t)fminf(bark(hz), 24.0f)] += hz >= lowest_hz ? self->power[i] : 0.0f;
  }
  float loudest  = 0.0f;
  float loudness = 0.0f;
  float weighted = 0.0f;
  for (uint32_t z = 0; z < 25; ++z) {
    loudest = fmaxf(loudest, band[z]);
  }
  for (uint32_t z = 0; z < 25; ++z) {
    // What lies 60 dB under the loudest band is not heard.
    const float n      = band[z] > 1e-6f * loudest ? powf(band[z] / loudest, 0.23f) : 0.0f;
    const float middle = (float)z + 0.5f;
    const float g      = middle <= 15.0f ? 1.0f : 0.066f * expf(0.171f * middle);
    loudness += n;
    weighted += n * g * middle;
  }
  return 34.4f + 102.5f * log10f(fmaxf(0.11f * weighted / loudness, 1e-3f));
}

/// Flatness over pieces of a third of an octave, or of two harmonics where that is more.
static float breath(const FiqTimbreMeter* self, float note_hz)
{
  float sum     = 0.0f;
  float weight  = 0.0f;
  float high_hz = 0.5f * note_hz;
  while (high_hz < 0.45f * (float)self->sample_rate_hz) {
    const float low_hz = high_hz;
    high_hz            = low_hz + fmaxf(0.26f * low_hz, 2.0f * note_hz);
    float    logs      = 0.0f;
    float    power     = 0.0f;
    uint32_t n         = 0;
    for (uint32_t i = 1; i < n_bins(self); ++i) {
      const float hz = bin_hz(self, i);
      if (hz >= low_hz && hz < high_hz) {
        power += self->power[i];
        logs += logf(self->power[i] + 1e-30f);
        ++n;
      }
    }
    if (n > 2 && power > 0.0f) {
      const float flat = expf(logs / (float)n) * (float)n / power;
      sum += power * 10.0f * log10f(fmaxf(flat, 1e-6f));
      weight += power;
    }
  }
  return 100.0f + 2.0f * (weight > 0.0f ? sum / weight : -100.0f);
}

// ---- peaks ----

/// The loudest peaks, the loudest first; their number.
static uint32_t find_peaks(const FiqTimbreMeter* self, Peak peaks[FIQ_TIMBRE_PEAKS])
{
  const float* const p = self->power;
  uint32_t           n = 0;
  for (uint32_t i = 3; i + 3 < n_bins(self); ++i) {
    const bool is_peak = p[i] > p[i - 1] && p[i] >= p[i + 1] && bin_hz(self, i) >= 2.0f * lowest_hz;
    uint32_t   at      = n;
    while (is_peak && at > 0 && peaks[at - 1].amplitude < p[i]) {
      --at;
    }
    if (is_peak && at < FIQ_TIMBRE_PEAKS) {
      n += n < FIQ_TIMBRE_PEAKS ? 1 : 0;
      memmove(&peaks[at + 1], &peaks[at], (n - at - 1) * sizeof peaks[0]);
      const float bend  = p[i - 1] - 2.0f * p[i] + p[i + 1];
      const float shift = bend < 0.0f ? 0.5f * (p[i - 1] - p[i + 1]) / bend : 0.0f;
      peaks[at]         = (Peak){bin_hz(self, i) + shift * bin_hz(self, 1), p[i]};
    }
  }
  const float loudest = n > 0 ? peaks[0].amplitude : 1.0f;
  while (n > 0 && peaks[n - 1].amplitude < peak_floor * loudest) {
    --n;
  }
  for (uint32_t i = 0; i < n; ++i) {
    peaks[i].amplitude = sqrtf(peaks[i].amplitude / loudest);
  }
  return n;
}

static float roughness(const Peak* peaks, uint32_t n)
{
  float sum = 0.0f;
  for (uint32_t i = 0; i < n; ++i) {
    for (uint32_t k = i + 1; k < n; ++k) {
      const float a     = peaks[i].amplitude;
      const float b     = peaks[k].amplitude; // the softer one
      const float low   = fminf(peaks[i].hz, peaks[k].hz);
      const float apart = fabsf(peaks[i].hz - peaks[k].hz) * 0.24f / (0.0207f * low + 18.96f);
      const float beats = expf(-3.5f * apart) - expf(-5.75f * apart);
      sum += 0.5f * powf(a * b, 0.1f) * powf(2.0f * b / (a + b), 3.11f) * beats;
    }
  }
  return 48.98f + 13.99f * log10f(fmaxf(sum, 1e-4f));
}

static float inharmonicity(const Peak* peaks, uint32_t n, float note_hz)
{
  float sum    = 0.0f;
  float weight = 0.0f;
  for (uint32_t i = 0; i < n; ++i) {
    const float multiple = 2.0f * peaks[i].hz / note_hz;
    if (multiple < 49.0f) {
      sum += peaks[i].amplitude * fabsf(multiple - fmaxf(1.0f, rintf(multiple)));
      weight += peaks[i].amplitude;
    }
  }
  return weight > 0.0f ? 200.0f * sum / weight : 0.0f;
}

// ---- time ----

/// Seconds from the key to nine tenths of the largest level.
static float attack_s(const FiqTimbreMeter* self, const FiqTimbreSound* sound)
{
  const float decay   = expf(-1.0f / (0.004f * (float)self->sample_rate_hz));
  float       largest = 0.0f;
  for (int pass = 0; pass < 2; ++pass) {
    float level = 0.0f;
    for (uint32_t i = 0; i < sound->n_frames; ++i) {
      const float l = sound->channel[0][i];
      const float r = sound->channel[1][i];
      level += (l * l + r * r - level) * (1.0f - decay);
      if (pass == 1 && level >= 0.81f * largest) {
        return (float)((double)i / self->sample_rate_hz);
      }
      largest = pass == 0 ? fmaxf(largest, level) : largest;
    }
  }
  return (float)((double)sound->n_frames / self->sample_rate_hz);
}

/// Spectrum of the quick window at `at`.
static void take_quick(FiqTimbreMeter* self, const float* sound)
{
  for (uint32_t i = 0; i < self->fft_quick.size; ++i) {
    self->frame[i] = sound[i] * self->window_quick[i];
  }
  fiq_fft_forward(&self->fft_quick, self->frame, self->spectrum);
}

/// Power of the last quick spectrum between these frequencies.
static float quick_energy(const FiqTimbreMeter* self, float low_hz, float high_hz)
{
  const double hz  = self->sample_rate_hz / self->fft_quick.size;
  float        sum = 0.0f;
  for (uint32_t i = 1; i <= self->fft_quick.size / 2; ++i) {
    const FiqComplex x     = self->spectrum[i];
    const float      at_hz = (float)(i * hz);
    sum += at_hz >= low_hz && at_hz < high_hz ? x.re * x.re + x.im * x.im : 0.0f;
  }
  return sum;
}

/// x(E above 1.5 kHz / E) of the beginning.
static float onset_db(FiqTimbreMeter* self, const FiqTimbreSound* sound)
{
  float high = 0.0f;
  float all  = 0.0f;
  for (uint32_t k = 0; k < 3; ++k) {
    const uint32_t at = k * self->fft_quick.size / 2;
    take_quick(self, sound->channel[0] + at);
    high += quick_energy(self, 1500.0f, INFINITY);
    all += quick_energy(self, lowest_hz, INFINITY);
    take_quick(self, sound->channel[1] + at);
    high += quick_energy(self, 1500.0f, INFINITY);
    all += quick_energy(self, lowest_hz, INFINITY);
  }
  return all > 0.0f ? share_db(high, all) : -90.0f;
}

/// Variance of `n` values about their straight line.
static float scatter(const float* value, uint32_t n)
{
  double sum = 0.0, sum_i = 0.0, sum_ii = 0.0, sum_iv = 0.0, sum_vv = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    sum += (double)value[i];
    sum_i += i;
    sum_ii += (double)i * i;
    sum_iv += (double)i * (double)value[i];
    sum_vv += (double)value[i] * (double)value[i];
  }
  const double spread = sum_ii - sum_i * sum_i / n;
  const double slope  = spread > 0.0 ? (sum_iv - sum_i * sum / n) / spread : 0.0;
  const double left   = sum_vv - sum * sum / n - slope * slope * spread;
  return (float)fmax(left / n, 0.0);
}

/// Levels of all bands at moment `n` from `at` on, added to `power`; the sum of them.
static float add_moment(FiqTimbreMeter* self, const FiqTimbreSound* sound, uint32_t at, uint32_t n,
                        float power[FIQ_CHANNELS][FIQ_TIMBRE_BANDS])
{
  float sum = 0.0f;
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    take_quick(self, sound->channel[c] + at);
    for (uint32_t b = 0; b < FIQ_TIMBRE_BANDS; ++b) {
      const float low_hz = 88.0f * (float)(1u << b);
      const float e      = quick_energy(self, low_hz, 2.0f * low_hz);
      power[c][b] += e;
      self->level_db[(c * FIQ_TIMBRE_BANDS + b) * FIQ_TIMBRE_MOMENTS + n] =
          10.0f * log10f(e + 1e-12f);
      sum += e;
    }
  }
  return sum;
}

static float motion(FiqTimbreMeter* self, const FiqTimbreSound* sound, float start_s)
{
  const uint32_t size  = self->fft_quick.size;
  const uint32_t start = (uint32_t)((double)start_s * self->sample_rate_hz);
  uint32_t       n     = 0;
  float          power[FIQ_CHANNELS][FIQ_TIMBRE_BANDS] = {{0}};
  float          loudest                               = 0.0f;
  for (uint32_t at = start; at + size <= sound->n_frames && n < FIQ_TIMBRE_MOMENTS; at += size) {
    const float e = add_moment(self, sound, at, n, power);
    loudest       = fmaxf(loudest, e);
    if (e < died_away * loudest) {
      break;
    }
    ++n;
  }
  float sum    = 0.0f;
  float weight = 0.0f;
  for (uint32_t c = 0; c < FIQ_CHANNELS && n > 2; ++c) {
    for (uint32_t b = 0; b < FIQ_TIMBRE_BANDS; ++b) {
      const float* const level = self->level_db + (c * FIQ_TIMBRE_BANDS + b) * FIQ_TIMBRE_MOMENTS;
      sum += power[c][b] * sqrtf(scatter(level, n));
      weight += power[c][b];
    }
  }
  return weight > 0.0f ? 10.0f * sum / weight : 0.0f;
}

/// 0 mono .. 100 unrelated; silence is mono.
static float width(const FiqTimbreSound* sound)
{
  double middle = 0.0;
  double side   = 0.0;
  for (uint32_t i = 0; i < sound->n_frames; ++i) {
    const double l = (double)sound->channel[0][i];
    const double r = (double)sound->channel[1][i];
    middle += (l + r) * (l + r);
    side += (l - r) * (l - r);
  }
  return middle + side > 0.0 ? (float)(200.0 * side / (middle + side)) : 0.0f;
}

static float mean_square(const FiqTimbreSound* sound)
{
  double sum = 0.0;
  for (uint32_t i = 0; i < sound->n_frames; ++i) {
    const double l = (double)sound->channel[0][i];
    const double r = (double)sound->channel[1][i];
    sum += l * l + r * r;
  }
  return (float)(sum / sound->n_frames);
}

bool fiq_timbre_measure(FiqTimbreMeter* self, const FiqTimbreSound* sound,
                        float measure[FIQ_N_TIMBRES])
{
  assert(self && sound && measure);
  assert(sound->hz > 0.0f);
  if ((double)sound->n_frames < shortest_s * self->sample_rate_hz ||
      !(mean_square(sound) >= silence)) {
    return false;
  }
  const uint32_t size = self->fft.size;
  const uint32_t settled =
      sound->n_frames - size > sound->n_frames / 2 ? sound->n_frames / 2 : sound->n_frames - size;
  const float rise_s = attack_s(self, sound);
  const float attack = held(25.0f * log10f(fmaxf(1000.0f * rise_s, 1.0f)));
  const float rest_s = (float)((double)sound->n_frames / self->sample_rate_hz) - 0.3f;
  Peak        peaks[FIQ_TIMBRE_PEAKS];
  take_spectrum(self, sound, 0);
  measure[FIQ_TIMBRE_BRIGHTNESS] = held(brightness(self));
  measure[FIQ_TIMBRE_WARMTH]     = held(warmth(self));
  measure[FIQ_TIMBRE_DEPTH]      = held(depth(self));
  measure[FIQ_TIMBRE_SHARPNESS]  = held(sharpness(self));
  measure[FIQ_TIMBRE_ATTACK]     = attack;
  measure[FIQ_TIMBRE_WIDTH]      = held(width(sound));
  measure[FIQ_TIMBRE_HARDNESS] =
      0.5f * (100.0f - attack) + 0.5f * held(100.0f + 2.5f * onset_db(self, sound));
  measure[FIQ_TIMBRE_MOTION] = held(motion(self, sound, fminf(rise_s, rest_s)));
  take_spectrum(self, sound, settled);
  const uint32_t n                  = find_peaks(self, peaks);
  measure[FIQ_TIMBRE_ROUGHNESS]     = held(roughness(peaks, n));
  measure[FIQ_TIMBRE_INHARMONICITY] = held(inharmonicity(peaks, n, sound->hz));
  measure[FIQ_TIMBRE_BREATH]        = held(breath(self, sound->hz));
  return true;
}
