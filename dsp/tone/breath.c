// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/tone/breath.h"

#include "dsp/base/maths.h"
#include "dsp/base/random.h"
#include "dsp/base/simd.h"

#include <assert.h>
#include <string.h>

enum { CHUNK = FIQ_BREATH_CHUNK, POINTS = FIQ_BREATH_POINTS };

static const double lowest_hz     = 40.0; // where the first band begins
static const double highest_hz    = 21000.0;
static const double fade_start_nu = 0.345; // from here to the end bands fade out
static const double fade_end_nu   = 0.395;
static const double relative      = 1.0 / 33.0; // width of a band over its frequency
static const double widest        = 0.2;        // over the step's rate
static const double overlap       = 0.7;        // corner of the poles over the width
static const float  point_octaves = 0.1f;
static const float  first_octave  = 5.0f; // log2 of the Hz of the first point
static const float  shortest_s    = 1e-3f;
static const float  arrived       = 1e-7f; // this close to its sustain an envelope is there

FiqBreathParams fiq_breath_default_params(void)
{
  return (FiqBreathParams){.colour_db_per_octave = -3.0f,
                           .attack_s             = 0.01f,
                           .decay_s              = 0.3f,
                           .sustain              = 1.0f,
                           .release_s            = 0.2f};
}

/// The band that begins at `hz`: its width.
static double width_hz(double hz, double step_hz)
{
  assert(hz > 0.0);
  return fmin(relative * hz, widest * step_hz);
}

static double top_hz(double sample_rate_hz)
{
  return fmin(highest_hz, fade_end_nu * sample_rate_hz);
}

static double fade_at(double nu)
{
  const double left = fmin(fmax((fade_end_nu - nu) / (fade_end_nu - fade_start_nu), 0.0), 1.0);
  return left * left * (3.0 - 2.0 * left);
}

static void set_band(FiqBreathBands* bands, uint32_t i, double hz, double step_hz,
                     double sample_rate_hz)
{
  assert(bands && step_hz > 0.0);
  const double two_pi = 2.0 * 3.14159265358979323846;
  const double width  = width_hz(hz, step_hz);
  const double middle = hz + 0.5 * width;
  const double a      = exp(-two_pi * overlap * width / step_hz);
  // What two frames in a row have in common adds up as amplitudes, the rest as powers.
  const double kept  = 0.75 + 0.25 * 2.0 * a / (1.0 + a * a);
  bands->nu[i]       = (float)(middle / sample_rate_hz);
  bands->turn_re[i]  = (float)(a * cos(two_pi * middle / step_hz));
  bands->turn_im[i]  = (float)(a * sin(two_pi * middle / step_hz));
  bands->drive[i]    = (float)sqrt(1.0 - a * a);
  bands->second[i]   = (float)((1.0 - a * a) / sqrt(1.0 + a * a));
  bands->weight[i]   = (float)(fade_at(middle / sample_rate_hz) * sqrt(width / kept));
  const float at     = ((float)log2(middle) - first_octave) * (1.0f / point_octaves);
  bands->point[i]    = (uint32_t)at;
  bands->fraction[i] = at - (float)bands->point[i];
}

static void take_bands(FiqBreathBands* bands, FiqArena* arena, size_t n)
{
  assert(bands && arena);
  bands->nu       = fiq_arena_take(arena, n, sizeof(float));
  bands->turn_re  = fiq_arena_take(arena, n, sizeof(float));
  bands->turn_im  = fiq_arena_take(arena, n, sizeof(float));
  bands->drive    = fiq_arena_take(arena, n, sizeof(float));
  bands->second   = fiq_arena_take(arena, n, sizeof(float));
  bands->weight   = fiq_arena_take(arena, n, sizeof(float));
  bands->point    = fiq_arena_take(arena, n, sizeof(uint32_t));
  bands->fraction = fiq_arena_take(arena, n, sizeof(float));
  bands->state    = fiq_arena_take(arena, 4 * n, sizeof(float));
}

static void set_points(FiqBreath* self, double sample_rate_hz)
{
  assert(self);
  const float half = exp2f(0.5f * point_octaves);
  const float low  = (float)lowest_hz;
  const float high = (float)top_hz(sample_rate_hz);
  for (int i = 0; i < POINTS; ++i) {
    self->octave[i]   = first_octave + point_octaves * (float)i;
    self->hz[i]       = exp2f(self->octave[i]);
    const double fade = fade_at((double)self->hz[i] / sample_rate_hz);
    self->width[i] =
        (float)(fade * fade) *
        fiq_max(fiq_min(self->hz[i] * half, high) - fiq_max(self->hz[i] / half, low), 0.0f);
  }
}

/// Normal numbers of mean 0, whose square is 1/2 in the mean; the first ones once more at the end.
static void fill_normal(float* normal)
{
  assert(normal);
  FiqRandom random;
  double    sum    = 0.0;
  double    square = 0.0;
  fiq_random_init(&random, 1, 1);
  for (int i = 0; i < FIQ_BREATH_NORMAL; ++i) {
    normal[i] = fiq_random_normal(&random);
    sum += (double)normal[i];
    square += (double)(normal[i] * normal[i]);
  }
  const double mean  = sum / FIQ_BREATH_NORMAL;
  const double scale = sqrt(0.5 / (square / FIQ_BREATH_NORMAL - mean * mean));
  for (int i = 0; i < FIQ_BREATH_NORMAL; ++i) {
    normal[i] = (float)(scale * ((double)normal[i] - mean));
  }
  memcpy(normal + FIQ_BREATH_NORMAL, normal, CHUNK * sizeof *normal);
}

FiqStatus fiq_breath_init(FiqBreath* self, FiqArena* arena, double sample_rate_hz,
                          uint32_t step_frames)
{
  assert(self && arena);
  if (!(sample_rate_hz >= FIQ_SAMPLE_RATE_MIN_HZ && sample_rate_hz <= FIQ_SAMPLE_RATE_MAX_HZ) ||
      step_frames < 32 || step_frames > 8192) {
    return FIQ_BAD_ARGUMENT;
  }
  memset(self, 0, sizeof *self);
  const double step_hz = sample_rate_hz / step_frames;
  const double end_hz  = top_hz(sample_rate_hz);
  uint32_t     n       = 0;
  for (double hz = lowest_hz; hz < end_hz; hz += width_hz(hz, step_hz)) {
    n += 1;
  }
  self->n_bands    = (n + CHUNK - 1) / CHUNK * CHUNK;
  self->use_avx2   = fiq_simd_avx2();
  self->use_avx512 = fiq_simd_avx512();
  take_bands(&self->bands, arena, self->n_bands);
  self->normal = fiq_arena_take(arena, FIQ_BREATH_NORMAL + CHUNK, sizeof(float));
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  uint32_t i = 0;
  for (double hz = lowest_hz; hz < end_hz; hz += width_hz(hz, step_hz)) {
    set_band(&self->bands, i, hz, step_hz, sample_rate_hz);
    i += 1;
  }
  fill_normal(self->normal);
  set_points(self, sample_rate_hz);
  self->colour_db_per_octave = NAN;
  (void)fiq_breath_set_colour(self, -3.0f);
  return FIQ_OK;
}

bool fiq_breath_adopt(FiqBreath* self, const FiqBreath* old)
{
  assert(self && old);
  const size_t n = self->n_bands;
  const bool   same =
      old->n_bands == n && memcmp(self->bands.turn_re, old->bands.turn_re, n * sizeof(float)) == 0;
  if (same) {
    memcpy(self->bands.state, old->bands.state, 4 * n * sizeof(float));
    memcpy(self->curve, old->curve, sizeof self->curve);
  }
  return same;
}

bool fiq_breath_set_colour(FiqBreath* self, float db_per_octave)
{
  assert(db_per_octave >= -24.0f && db_per_octave <= 24.0f);
  if (fabsf(db_per_octave - self->colour_db_per_octave) < 1e-4f) {
    return false;
  }
  for (int i = 0; i < POINTS; ++i) {
    self->colour[i] = fiq_db_to_gain(db_per_octave * (self->octave[i] - 9.96578428f));
  }
  self->colour_db_per_octave = db_per_octave;
  return true;
}

void fiq_breath_shape(const FiqBreath* self, const FiqFilter* filter, const FiqFormants* formants,
                      float* power)
{
  assert(self && filter && formants && power);
  float     gain[POINTS];
  FiqFloat8 sum = {1e-20f, 0.0f, 0.0f, 0.0f,
                   0.0f,   0.0f, 0.0f, 0.0f}; // eight sums, which need not wait for each other
  memcpy(gain, self->colour, sizeof gain);
  fiq_formants_apply(formants, self->hz, 1.0f, gain, POINTS);
  for (int i = 0; i < POINTS; i += 8) {
    const FiqFloat8 here = *(const FiqFloat8*)(gain + i);
    sum += *(const FiqFloat8*)(self->width + i) * here * here;
  }
  const float all = (sum[0] + sum[1] + sum[2] + sum[3]) + (sum[4] + sum[5] + sum[6] + sum[7]);
  fiq_filter_apply(filter, self->octave, 0.0f, gain, POINTS);
  for (int i = 0; i < POINTS; ++i) {
    power[i] = gain[i] * gain[i] * (1.0f / all);
  }
}

void fiq_breath_begin(FiqBreath* self)
{
  assert(self);
  memset(self->sum, 0, sizeof self->sum);
}

FIQ_INLINE void add_power(float* restrict sum, const float* restrict power, float gain)
{
  for (int i = 0; i < POINTS; ++i) {
    sum[i] += gain * power[i];
  }
}

static void add_power_base(float* sum, const float* power, float gain)
{
  assert(sum && power);
  add_power(sum, power, gain);
}

FIQ_AVX2 static void add_power_avx2(float* sum, const float* power, float gain)
{
  assert(sum && power);
  add_power(sum, power, gain);
}

void fiq_breath_add(FiqBreath* self, const float* power, float gain)
{
  assert(self && power);
  assert(gain >= 0.0f);
  (self->use_avx2 ? add_power_avx2 : add_power_base)(self->sum, power, gain * gain);
}

void fiq_breath_end(FiqBreath* self)
{
  assert(self);
  float amplitude[POINTS];
  for (int i = 0; i < POINTS; ++i) {
    amplitude[i] = sqrtf(self->sum[i]);
  }
  for (int i = 0; i < POINTS - 1; ++i) {
    self->curve[i][0] = amplitude[i];
    self->curve[i][1] = amplitude[i + 1] - amplitude[i];
  }
  self->curve[POINTS - 1][0] = amplitude[POINTS - 1];
}

static uint32_t mixed_bits(uint32_t index, uint32_t salt)
{
  uint32_t x = (index + 1u) * 2654435769u ^ salt;
  x          = (x ^ (x >> 15)) * 2246822519u;
  x          = (x ^ (x >> 13)) * 3266489917u;
  return x ^ (x >> 16);
}

/// Normal numbers of half the power each, from two random places of the table on.
static void draw(const FiqBreath* self, uint32_t first, uint32_t salt, const float** re,
                 const float** im)
{
  const uint32_t x = mixed_bits(first, salt);
  *re              = self->normal + x % FIQ_BREATH_NORMAL;
  *im              = self->normal + (x >> 16) % FIQ_BREATH_NORMAL;
}

/// States that the poles would have come to by now.
static void strew(FiqBreath* self, uint32_t first, uint32_t salt)
{
  assert(first < self->n_bands);
  float* const state = self->bands.state + 4 * (size_t)first;
  const float* y[2];
  const float* z[2];
  draw(self, first, ~salt, &y[0], &y[1]);
  draw(self, first, salt ^ 0x55555555u, &z[0], &z[1]);
  for (uint32_t i = 0; i < CHUNK; ++i) {
    const float drive = self->bands.drive[first + i];
    const float c     = drive > 0.0f ? self->bands.second[first + i] / (drive * drive) : 0.0f;
    const float s     = sqrtf(1.0f - c * c);
    for (uint32_t part = 0; part < 2; ++part) {
      state[part * CHUNK + i]       = y[part][i];
      state[(2 + part) * CHUNK + i] = c * y[part][i] + s * z[part][i];
    }
  }
}

/// Amplitudes of the curve at the points of 64 bands, and their rises: fetched in fours and turned round.
FIQ_INLINE void look_up(const FiqBreath* restrict self, uint32_t first, float* restrict amplitude,
                        float* restrict rise)
{
  const uint32_t* restrict at = self->bands.point + first;
  for (uint32_t i = 0; i < CHUNK; i += 4) {
    fiq_transpose_two((const FiqFloat4*)self->curve[at[i]],
                      (const FiqFloat4*)self->curve[at[i + 1]],
                      (const FiqFloat4*)self->curve[at[i + 2]],
                      (const FiqFloat4*)self->curve[at[i + 3]], amplitude + i, rise + i);
  }
}

FIQ_INLINE void advance(const FiqBreath* restrict self, uint32_t first, const float* restrict n_re,
                        const float* restrict n_im, float* restrict re, float* restrict im)
{
  const FiqBreathBands* restrict bands = &self->bands;
  const float* restrict turn_re        = bands->turn_re + first;
  const float* restrict turn_im        = bands->turn_im + first;
  const float* restrict drive          = bands->drive + first;
  const float* restrict second         = bands->second + first;
  const float* restrict weight         = bands->weight + first;
  const float* restrict fraction       = bands->fraction + first;
  float* restrict y_re                 = bands->state + 4 * (size_t)first;
  float* restrict y_im                 = y_re + CHUNK;
  float* restrict z_re                 = y_im + CHUNK;
  float* restrict z_im                 = z_re + CHUNK;
  float amplitude[CHUNK];
  float rise[CHUNK];
  look_up(self, first, amplitude, rise);
  for (uint32_t i = 0; i < CHUNK; ++i) {
    amplitude[i] = weight[i] * (amplitude[i] + fraction[i] * rise[i]);
  }
  for (uint32_t i = 0; i < CHUNK; ++i) {
    const float a = y_re[i] * turn_re[i] - y_im[i] * turn_im[i] + drive[i] * n_re[i];
    const float b = y_re[i] * turn_im[i] + y_im[i] * turn_re[i] + drive[i] * n_im[i];
    const float c = z_re[i] * turn_re[i] - z_im[i] * turn_im[i] + second[i] * a;
    const float d = z_re[i] * turn_im[i] + z_im[i] * turn_re[i] + second[i] * b;
    y_re[i]       = a;
    y_im[i]       = b;
    z_re[i]       = c;
    z_im[i]       = d;
    re[i]         = amplitude[i] * c;
    im[i]         = amplitude[i] * d;
  }
}

static void advance_base(const FiqBreath* self, uint32_t first, const float* n_re,
                         const float* n_im, float* re, float* im)
{
  assert(self && re && im);
  advance(self, first, n_re, n_im, re, im);
}

FIQ_AVX2 static void advance_avx2(const FiqBreath* self, uint32_t first, const float* n_re,
                                  const float* n_im, float* re, float* im)
{
  assert(self && re && im);
  advance(self, first, n_re, n_im, re, im);
}

FIQ_AVX512 static void advance_avx512(const FiqBreath* self, uint32_t first, const float* n_re,
                                      const float* n_im, float* re, float* im)
{
  assert(self && re && im);
  advance(self, first, n_re, n_im, re, im);
}

void fiq_breath_advance(FiqBreath* self, uint32_t chunk, uint32_t salt, bool starts, float* nu,
                        float* re, float* im)
{
  assert(self && nu && re && im);
  assert(chunk < self->n_bands / CHUNK);
  const uint32_t first = chunk * CHUNK;
  if (starts) {
    strew(self, first, salt);
  }
  memcpy(nu, self->bands.nu + first, CHUNK * sizeof *nu);
  const float* n_re;
  const float* n_im;
  draw(self, first, salt, &n_re, &n_im);
  if (self->use_avx2 && self->use_avx512) {
    advance_avx512(self, first, n_re, n_im, re, im);
  } else if (self->use_avx2) {
    advance_avx2(self, first, n_re, n_im, re, im);
  } else {
    advance_base(self, first, n_re, n_im, re, im);
  }
}

void fiq_breath_envelope(FiqBreathEnvelope* self, const FiqBreathParams* params, bool held,
                         float passed_s)
{
  assert(self && params);
  assert(passed_s >= 0.0f);
  if (!held) {
    self->rises = false;
    self->level *=
        fiq_exp(-fiq_min(6.91f * passed_s / fiq_max(params->release_s, shortest_s), 80.0f));
    return;
  }
  float left_s = passed_s;
  if (self->rises) {
    const float attack_s = fiq_max(params->attack_s, shortest_s);
    const float needed_s = (1.0f - self->level) * attack_s;
    if (left_s < needed_s) {
      self->level += left_s / attack_s;
      return;
    }
    left_s -= needed_s;
    self->level = 1.0f;
    self->rises = false;
  }
  if (fabsf(self->level - params->sustain) < arrived) {
    self->level = params->sustain;
    return;
  }
  const float kept = fiq_exp(-fiq_min(5.0f * left_s / fiq_max(params->decay_s, shortest_s), 80.0f));
  self->level      = fiq_mix(params->sustain, self->level, kept);
}
