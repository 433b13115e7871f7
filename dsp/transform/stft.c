// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/transform/stft.h"

#include "dsp/base/simd.h"
#include "dsp/transform/window.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const double two_pi = 6.28318530717958647692;

/// What the slices of a frame do; the callback's steps stand in those between.
enum {
  SLICE_FOLD    = 0,
  SLICE_UNPACK  = 1,
  SLICE_STEPS   = 2,
  SLICE_PACK    = 5,
  SLICE_INVERSE = 6,
  SLICE_ADD     = 7
};

static bool is_power_of_two(uint32_t x)
{
  return x != 0 && (x & (x - 1)) == 0;
}

static bool stft_config_is_valid(const FiqStftConfig* config)
{
  const uint32_t overlap_min = config->shape == FIQ_STFT_FILTER ? 4 : 2;
  return config->n_in >= 1 && config->n_in <= FIQ_STFT_CHANNELS_MAX &&
         config->n_out <= config->n_in && is_power_of_two(config->window_frames) &&
         config->window_frames >= FIQ_STFT_WINDOW_MIN &&
         config->window_frames <= FIQ_STFT_WINDOW_MAX && is_power_of_two(config->hop_frames) &&
         config->hop_frames >= 16 && config->hop_frames <= config->window_frames / overlap_min &&
         (config->shape == FIQ_STFT_FILTER || config->shape == FIQ_STFT_SQRT_HANN);
}

static uint32_t planes_of(const FiqStft* self)
{
  return self->config.analytic ? 2 : 1;
}

static void take_stft_buffers(FiqStft* self, FiqArena* arena)
{
  const uint32_t n    = self->config.window_frames;
  const uint32_t half = n / 2;
  self->analysis      = fiq_arena_take(arena, 2 * (size_t)n, sizeof(float));
  self->synthesis     = fiq_arena_take(arena, 2 * (size_t)n, sizeof(float));
  self->twiddle       = fiq_arena_take(arena, half, sizeof(FiqComplex));
  self->input         = fiq_arena_take(arena, n, sizeof(FiqComplex));
  for (uint32_t c = 0; c < FIQ_STFT_CHANNELS_MAX; ++c) {
    self->spectra[c] = fiq_arena_take(arena, self->n_bins, sizeof(FiqComplex));
  }
  for (uint32_t plane = 0; plane < planes_of(self); ++plane) {
    self->even[plane]      = fiq_arena_take(arena, half, sizeof(FiqComplex));
    self->odd[plane]       = fiq_arena_take(arena, half, sizeof(FiqComplex));
    self->even_time[plane] = fiq_arena_take(arena, half, sizeof(FiqComplex));
    self->odd_time[plane]  = fiq_arena_take(arena, half, sizeof(FiqComplex));
    self->sum[plane]       = fiq_arena_take(arena, n, sizeof(FiqComplex));
  }
}

/// w[0..n) to w[0..2n), each value twice.
static void double_up(float* w, uint32_t n, float scale)
{
  for (uint32_t i = n; i-- > 0;) {
    const float value = w[i] * scale;
    w[2 * i]          = value;
    w[2 * i + 1]      = value;
  }
}

static void fill_windows(FiqStft* self)
{
  const uint32_t n = self->config.window_frames;
  if (self->config.shape == FIQ_STFT_FILTER) {
    fiq_window_hann(self->analysis + n / 4, n / 2);
    fiq_window_tukey(self->synthesis, n, n / 16);
  } else {
    fiq_window_sqrt_hann(self->analysis, n);
    fiq_window_sqrt_hann(self->synthesis, n);
  }
  const double gain =
      fiq_window_cola_gain(self->analysis, self->synthesis, n, self->config.hop_frames);
  double_up(self->analysis, n, 1.0f);
  double_up(self->synthesis, n, (float)(1.0 / (gain * n)));
  for (uint32_t i = 0; i < n / 2; ++i) {
    const double angle = two_pi * i / n;
    self->twiddle[i]   = (FiqComplex){(float)cos(angle), (float)sin(angle)};
  }
}

FiqStatus fiq_stft_init(FiqStft* self, FiqArena* arena, FiqFftPool* pool,
                        const FiqStftConfig* config)
{
  assert(self);
  assert(arena);
  assert(pool);
  assert(config);
  *self = (FiqStft){.config = *config, .n_bins = config->window_frames / 2 + 1};
  if (self->config.hop_frames == 0) {
    self->config.hop_frames = config->window_frames / 4;
  }
  if (!stft_config_is_valid(&self->config)) {
    return FIQ_BAD_ARGUMENT;
  }
  self->sign[0]    = -1.0f;
  self->sign[1]    = 1.0f;
  self->n_steps    = 1;
  self->use_avx2   = fiq_simd_avx2();
  self->use_avx512 = fiq_simd_avx512();
  take_stft_buffers(self, arena);
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fill_windows(self);
  const uint32_t inverse = config->n_out ? FIQ_FFT_COMPLEX_INVERSE : 0;
  return fiq_fft_init_kinds(&self->fft, pool, config->window_frames / 2,
                            FIQ_FFT_COMPLEX_FORWARD | inverse);
}

void fiq_stft_reset(FiqStft* self)
{
  const size_t size_bytes = self->config.window_frames * sizeof(FiqComplex);
  memset(self->input, 0, size_bytes);
  for (uint32_t plane = 0; plane < planes_of(self); ++plane) {
    memset(self->sum[plane], 0, size_bytes);
    memset(self->even_time[plane], 0, size_bytes / 2);
    memset(self->odd_time[plane], 0, size_bytes / 2);
  }
  self->position = 0;
  self->step     = 0;
  self->with_q   = false;
  self->q_hops   = 0;

  self->is_silent = false;
}

uint32_t fiq_stft_latency_frames(const FiqStft* self)
{
  return self->config.window_frames;
}

float fiq_stft_window_energy(const FiqStft* self)
{
  // Mean of Hann^2 is 3/8, over half of the window; mean of Hann is 1/2.
  const float mean = self->config.shape == FIQ_STFT_FILTER ? 0.1875f : 0.5f;
  return mean * (float)self->config.window_frames;
}

/// Windows and data of one stretch of the fold: `late` are the times from 0 on, `early` those
/// half a window before them.
typedef struct {
  const FiqComplex* late;
  const FiqComplex* early;
  const float*      late_window;
  const float*      early_window;
  const FiqComplex* twiddle;
} Fold;

/// The inputs of the even bins' transform, late + early, and of the odd ones', turned back by
/// the twiddle.
FIQ_INLINE void fold(const Fold* restrict from, FiqComplex* restrict even, FiqComplex* restrict odd,
                     size_t n)
{
  const FiqComplex* restrict late    = from->late;
  const FiqComplex* restrict early   = from->early;
  const FiqComplex* restrict twiddle = from->twiddle;
  const float* restrict late_window  = from->late_window;
  const float* restrict early_window = from->early_window;
  for (size_t i = 0; i < n; ++i) {
    const float late_re  = late_window[2 * i] * late[i].re;
    const float late_im  = late_window[2 * i + 1] * late[i].im;
    const float early_re = early_window[2 * i] * early[i].re;
    const float early_im = early_window[2 * i + 1] * early[i].im;
    const float re       = late_re - early_re;
    const float im       = late_im - early_im;
    even[i].re           = late_re + early_re;
    even[i].im           = late_im + early_im;
    odd[i].re            = re * twiddle[i].re + im * twiddle[i].im;
    odd[i].im            = im * twiddle[i].re - re * twiddle[i].im;
  }
}

static void fold_base(const Fold* from, FiqComplex* even, FiqComplex* odd, uint32_t n)
{
  fold(from, even, odd, n);
}

FIQ_AVX2 static void fold_avx2(const Fold* from, FiqComplex* even, FiqComplex* odd, uint32_t n)
{
  fold(from, even, odd, n);
}

/// Data, window and twiddles of one stretch of a half.
typedef struct {
  const FiqComplex* input;
  const float*      window;
  const FiqComplex* twiddle;
  const float*      sign; ///< FiqStft.sign
  float             part; ///< in the odd bins: -1 before time 0, 1 after it
} Half;

/// The same where the other half weighs nothing.
FIQ_INLINE void fold_half(const Half* restrict from, FiqComplex* restrict even,
                          FiqComplex* restrict odd, size_t n)
{
  const FiqComplex* restrict input   = from->input;
  const FiqComplex* restrict twiddle = from->twiddle;
  const float* restrict window       = from->window;
  const float minus                  = from->sign[0];
  const float plus                   = from->sign[1];
  const float part                   = from->part;
  for (size_t i = 0; i < n; ++i) {
    const float re = window[2 * i] * input[i].re;
    const float im = window[2 * i + 1] * input[i].im;
    even[i].re     = re;
    even[i].im     = im;
    odd[i].re      = part * (re * twiddle[i].re + (plus * im) * twiddle[i].im);
    odd[i].im      = part * (im * twiddle[i].re + (minus * re) * twiddle[i].im);
  }
}

static void fold_half_base(const Half* from, FiqComplex* even, FiqComplex* odd, uint32_t n)
{
  fold_half(from, even, odd, n);
}

FIQ_AVX2 static void fold_half_avx2(const Half* from, FiqComplex* even, FiqComplex* odd, uint32_t n)
{
  fold_half(from, even, odd, n);
}

FIQ_AVX512 static void fold_half_avx512(const Half* from, FiqComplex* even, FiqComplex* odd,
                                        uint32_t n)
{
  fold_half(from, even, odd, n);
}

/// Bins `first`, first + 2, .. of both channels from those of z: left is what is symmetric.
FIQ_INLINE void unpack(FiqComplex* restrict left, FiqComplex* restrict right,
                       const FiqComplex* restrict z, const FiqComplex* restrict mirror,
                       uint32_t first, size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    const FiqComplex a      = z[i];
    const FiqComplex b      = mirror[-(ptrdiff_t)i];
    left[2 * i + first].re  = 0.5f * (a.re + b.re);
    left[2 * i + first].im  = 0.5f * (a.im - b.im);
    right[2 * i + first].re = 0.5f * (a.im + b.im);
    right[2 * i + first].im = 0.5f * (b.re - a.re);
  }
}

static void unpack_base(FiqComplex* left, FiqComplex* right, const FiqComplex* z,
                        const FiqComplex* mirror, uint32_t first, uint32_t n)
{
  unpack(left, right, z, mirror, first, n);
}

FIQ_AVX2 static void unpack_avx2(FiqComplex* left, FiqComplex* right, const FiqComplex* z,
                                 const FiqComplex* mirror, uint32_t first, uint32_t n)
{
  unpack(left, right, z, mirror, first, n);
}

FIQ_AVX512 static void unpack_avx512(FiqComplex* left, FiqComplex* right, const FiqComplex* z,
                                     const FiqComplex* mirror, uint32_t first, uint32_t n)
{
  unpack(left, right, z, mirror, first, n);
}

/// The inverse of unpack.
FIQ_INLINE void pack(FiqComplex* restrict z, FiqComplex* restrict mirror,
                     const FiqComplex* restrict left, const FiqComplex* restrict right,
                     uint32_t first, size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    const FiqComplex a       = left[2 * i + first];
    const FiqComplex b       = right[2 * i + first];
    z[i].re                  = a.re - b.im;
    z[i].im                  = a.im + b.re;
    mirror[-(ptrdiff_t)i].re = a.re + b.im;
    mirror[-(ptrdiff_t)i].im = b.re - a.im;
  }
}

static void pack_base(FiqComplex* z, FiqComplex* mirror, const FiqComplex* left,
                      const FiqComplex* right, uint32_t first, uint32_t n)
{
  pack(z, mirror, left, right, first, n);
}

FIQ_AVX2 static void pack_avx2(FiqComplex* z, FiqComplex* mirror, const FiqComplex* left,
                               const FiqComplex* right, uint32_t first, uint32_t n)
{
  pack(z, mirror, left, right, first, n);
}

/// Bins of z and their mirrors, both channels turned: unpack, multiply and pack in one.
FIQ_INLINE void turn_pairs(FiqComplex* restrict z, FiqComplex* restrict mirror,
                           const FiqComplex* restrict left, const FiqComplex* restrict right,
                           const float* restrict sign, size_t n)
{
  const float minus = sign[0];
  const float plus  = sign[1];
  for (size_t i = 0; i < n; ++i) {
    const FiqComplex a       = z[i];
    const FiqComplex b       = mirror[-(ptrdiff_t)i];
    const float      l_re    = 0.5f * (a.re + b.re);
    const float      l_im    = 0.5f * (a.im - b.im);
    const float      r_re    = 0.5f * (a.im + b.im);
    const float      r_im    = 0.5f * (b.re - a.re);
    const float      u_re    = l_re * left[i].re + (minus * l_im) * left[i].im;
    const float      u_im    = l_im * left[i].re + (plus * l_re) * left[i].im;
    const float      v_re    = r_re * right[i].re + (minus * r_im) * right[i].im;
    const float      v_im    = r_im * right[i].re + (plus * r_re) * right[i].im;
    z[i].re                  = u_re - v_im;
    z[i].im                  = u_im + v_re;
    mirror[-(ptrdiff_t)i].re = u_re + v_im;
    mirror[-(ptrdiff_t)i].im = v_re - u_im;
  }
}

static void turn_pairs_base(FiqComplex* z, FiqComplex* mirror, const FiqComplex* left,
                            const FiqComplex* right, const float* sign, uint32_t n)
{
  turn_pairs(z, mirror, left, right, sign, n);
}

FIQ_AVX2 static void turn_pairs_avx2(FiqComplex* z, FiqComplex* mirror, const FiqComplex* left,
                                     const FiqComplex* right, const float* sign, uint32_t n)
{
  turn_pairs(z, mirror, left, right, sign, n);
}

FIQ_AVX512 static void turn_pairs_avx512(FiqComplex* z, FiqComplex* mirror, const FiqComplex* left,
                                         const FiqComplex* right, const float* sign, uint32_t n)
{
  turn_pairs(z, mirror, left, right, sign, n);
}

/// Where one stretch of a frame is added.
typedef struct {
  FiqComplex*       late;
  FiqComplex*       early;
  const float*      late_window;
  const float*      early_window;
  const FiqComplex* twiddle;
  const float*      sign; ///< FiqStft.sign
} Overlap;

/// The inverse of fold, windowed and added to the ring.
FIQ_INLINE void overlap_add(const Overlap* restrict to, const FiqComplex* restrict even,
                            const FiqComplex* restrict odd, size_t n)
{
  FiqComplex* restrict late          = to->late;
  FiqComplex* restrict early         = to->early;
  const FiqComplex* restrict twiddle = to->twiddle;
  const float* restrict late_window  = to->late_window;
  const float* restrict early_window = to->early_window;
  const float minus                  = to->sign[0];
  const float plus                   = to->sign[1];
  for (size_t i = 0; i < n; ++i) {
    const float re = odd[i].re * twiddle[i].re + (minus * odd[i].im) * twiddle[i].im;
    const float im = odd[i].im * twiddle[i].re + (plus * odd[i].re) * twiddle[i].im;
    late[i].re += late_window[2 * i] * (even[i].re + re);
    late[i].im += late_window[2 * i + 1] * (even[i].im + im);
    early[i].re += early_window[2 * i] * (even[i].re - re);
    early[i].im += early_window[2 * i + 1] * (even[i].im - im);
  }
}

static void overlap_add_base(const Overlap* to, const FiqComplex* even, const FiqComplex* odd,
                             uint32_t n)
{
  overlap_add(to, even, odd, n);
}

FIQ_AVX2 static void overlap_add_avx2(const Overlap* to, const FiqComplex* even,
                                      const FiqComplex* odd, uint32_t n)
{
  overlap_add(to, even, odd, n);
}

FIQ_AVX512 static void overlap_add_avx512(const Overlap* to, const FiqComplex* even,
                                          const FiqComplex* odd, uint32_t n)
{
  overlap_add(to, even, odd, n);
}

/// The first of two stretches of half a frame; neither of its rings wraps within a stretch.
static uint32_t first_stretch(const FiqStft* self, uint32_t start)
{
  const uint32_t half = self->config.window_frames / 2;
  return start <= half ? half - start : 2 * half - start;
}

static void run_fold(FiqStft* self, uint32_t start)
{
  const uint32_t n     = self->config.window_frames;
  const uint32_t half  = n / 2;
  const uint32_t split = first_stretch(self, start);
  for (uint32_t i = 0; i < half;) {
    const uint32_t stretch = i < split ? split : half - i;
    const Fold     from    = {self->input + ((start + half + i) & (n - 1)),
                              self->input + ((start + i) & (n - 1)), self->analysis + 2 * (half + i),
                              self->analysis + 2 * i, self->twiddle + i};
    (self->use_avx2 ? fold_avx2 : fold_base)(&from, self->even_time[0] + i, self->odd_time[0] + i,
                                             stretch);
    i += stretch;
  }
}

/// The window of a filter is 0 but in the middle half of a frame.
static void run_fold_of_filter(FiqStft* self, uint32_t start)
{
  const uint32_t n    = self->config.window_frames;
  const uint32_t half = n / 2;
  const uint32_t end  = 3 * (n / 4);
  uint32_t       to   = 0;
  for (uint32_t i = n / 4; i < end; i = to) {
    const uint32_t at   = (start + i) & (n - 1);
    const uint32_t stop = i < half ? half : end;
    const uint32_t bin  = i & (half - 1);
    const Half from = {self->input + at, self->analysis + 2 * i, self->twiddle + bin, self->sign,
                       i < half ? -1.0f : 1.0f};
    to              = stop - i < n - at ? stop : i + n - at;
    FIQ_PICK(self, fold_half)(&from, self->even_time[0] + bin, self->odd_time[0] + bin, to - i);
  }
}

static void run_unpack(FiqStft* self)
{
  const uint32_t    half  = self->config.window_frames / 2;
  FiqComplex* const left  = self->spectra[0];
  FiqComplex* const right = self->spectra[1];
  const FiqComplex* even  = self->even[0];
  const FiqComplex* odd   = self->odd[0];
  left[0]                 = (FiqComplex){even[0].re, 0.0f};
  right[0]                = (FiqComplex){even[0].im, 0.0f};
  left[half]              = (FiqComplex){even[half / 2].re, 0.0f};
  right[half]             = (FiqComplex){even[half / 2].im, 0.0f};
  FIQ_PICK(self, unpack)(left, right, even + 1, even + half - 1, 2, half / 2 - 1);
  FIQ_PICK(self, unpack)(left, right, odd, odd + half - 1, 1, half / 2);
}

FiqComplex* const* fiq_stft_look(FiqStft* self)
{
  assert(self);
  if (!self->is_unpacked) {
    run_unpack(self);
    self->is_unpacked = true;
  }
  return self->spectra;
}

void fiq_stft_turn(FiqStft* self, const FiqStftTurn* left, const FiqStftTurn* right)
{
  assert(self);
  assert(self->turns);
  assert(left && right);
  self->turn[0] = left;
  self->turn[1] = right;
}

static FiqComplex turn_real(FiqComplex z, FiqComplex left, FiqComplex right)
{
  return (FiqComplex){z.re * left.re, z.im * right.re};
}

static void run_turn(FiqStft* self)
{
  const uint32_t           half  = self->config.window_frames / 2;
  const FiqStftTurn* const left  = self->turn[0];
  const FiqStftTurn* const right = self->turn[1];
  FiqComplex* const        even  = self->even[0];
  FiqComplex* const        odd   = self->odd[0];
  even[0]                        = turn_real(even[0], left->even[0], right->even[0]);
  even[half / 2] = turn_real(even[half / 2], left->even[half / 2], right->even[half / 2]);
  FIQ_PICK(self, turn_pairs)
  (even + 1, even + half - 1, left->even + 1, right->even + 1, self->sign, half / 2 - 1);
  FIQ_PICK(self, turn_pairs)(odd, odd + half - 1, left->odd, right->odd, self->sign, half / 2);
}

static void run_pack(FiqStft* self)
{
  const uint32_t    half  = self->config.window_frames / 2;
  FiqComplex* const left  = self->spectra[0];
  FiqComplex* const right = self->spectra[1];
  FiqComplex* const even  = self->even[0];
  FiqComplex* const odd   = self->odd[0];
  if (self->config.n_out < 2) {
    memset(right, 0, self->n_bins * sizeof(FiqComplex));
  }
  even[0]        = (FiqComplex){left[0].re, right[0].re};
  even[half / 2] = (FiqComplex){left[half].re, right[half].re};
  (self->use_avx2 ? pack_avx2 : pack_base)(even + 1, even + half - 1, left, right, 2, half / 2 - 1);
  (self->use_avx2 ? pack_avx2 : pack_base)(odd, odd + half - 1, left, right, 1, half / 2);
}

/// -j times the bins above 0, j times those below.
static void quadrature(FiqComplex* restrict q, const FiqComplex* restrict z, size_t half)
{
  for (size_t i = 0; i < half / 2; ++i) {
    q[i].re            = z[i].im;
    q[i].im            = -z[i].re;
    q[half / 2 + i].re = -z[half / 2 + i].im;
    q[half / 2 + i].im = z[half / 2 + i].re;
  }
}

static void run_quadrature(FiqStft* self)
{
  const uint32_t half = self->config.window_frames / 2;
  quadrature(self->even[1], self->even[0], half);
  quadrature(self->odd[1], self->odd[0], half);
  self->even[1][0]        = (FiqComplex){0.0f, 0.0f};
  self->even[1][half / 2] = (FiqComplex){0.0f, 0.0f};
}

/// What is turned stays silent; what the callback writes need not.
static bool leaves_silent(const FiqStft* self)
{
  return self->is_silent && self->turns;
}

static void run_overlap_add(FiqStft* self, uint32_t plane, uint32_t start)
{
  const uint32_t    n     = self->config.window_frames;
  const uint32_t    half  = n / 2;
  const uint32_t    hop   = self->config.hop_frames;
  FiqComplex* const ring  = self->sum[plane];
  const uint32_t    split = first_stretch(self, start);
  // The newest hop of the ring was played already; it is where the new frame ends.
  memset(ring + ((start + n - hop) & (n - 1)), 0, hop * sizeof(FiqComplex));
  const bool adds = (plane == 0 || self->with_q) && !leaves_silent(self);
  for (uint32_t i = 0; i < half && adds;) {
    const uint32_t stretch = i < split ? split : half - i;
    const Overlap  to      = {ring + ((start + half + i) & (n - 1)),
                              ring + ((start + i) & (n - 1)),
                              self->synthesis + 2 * (half + i),
                              self->synthesis + 2 * i,
                              self->twiddle + i,
                              self->sign};
    FIQ_PICK(self, overlap_add)
    (&to, self->even_time[plane] + i, self->odd_time[plane] + i, stretch);
    i += stretch;
  }
}

/// Plane Q's ring rings out when it is no longer fed, and then rests.
static void run_overlap_add_of_q(FiqStft* self, uint32_t start)
{
  const uint32_t n_hops = self->config.window_frames / self->config.hop_frames;
  self->q_hops          = self->with_q ? n_hops + 1 : self->q_hops;
  if (self->q_hops > 0) {
    run_overlap_add(self, 1, start);
    --self->q_hops;
  }
}

/// What is to become sound.
static void run_way_back(FiqStft* self)
{
  if (!self->turns) {
    run_pack(self);
  } else if (self->turn[0]) {
    run_turn(self);
  }
  if (self->with_q) {
    run_quadrature(self);
  }
}

/// Whether all of `z` [n] is 0; as bits, the sign aside.
static bool is_nothing(const FiqComplex* restrict z, size_t n)
{
  uint32_t any = 0;
  for (size_t i = 0; i < n; ++i) {
    const union {
      FiqComplex value;
      uint32_t   bits[2];
    } cast = {z[i]};
    any |= (cast.bits[0] | cast.bits[1]) << 1;
  }
  return any == 0;
}

/// The folded frame to its even bins. The spectrum of silence is known.
static void transform_even(FiqStft* self)
{
  const uint32_t half = self->config.window_frames / 2;
  self->is_silent     = is_nothing(self->even_time[0], half) && is_nothing(self->odd_time[0], half);
  if (self->is_silent) {
    memset(self->even[0], 0, half * sizeof(FiqComplex));
    memset(self->odd[0], 0, half * sizeof(FiqComplex));
  } else {
    fiq_fft_forward_complex(&self->fft, self->even_time[0], self->even[0]);
  }
}

/// All work on one slice of the frame that begins (and ends) at `start` in the rings.
static void run_stft_slice(FiqStft* self, uint32_t slice, uint32_t start, FiqStftFrame frame,
                           void* user)
{
  const uint32_t n_planes = self->with_q ? 2 : 1;
  const uint32_t n_out    = self->config.n_out;
  if (slice == SLICE_FOLD) {
    (self->config.shape == FIQ_STFT_FILTER ? run_fold_of_filter : run_fold)(self, start);
    transform_even(self);
  } else if (slice == SLICE_UNPACK) {
    if (!self->is_silent) {
      fiq_fft_forward_complex(&self->fft, self->odd_time[0], self->odd[0]);
    }
    self->turn[0]     = NULL;
    self->is_unpacked = false;
    if (!self->turns) {
      (void)fiq_stft_look(self);
    }
  }
  if (frame && slice >= SLICE_STEPS && slice < SLICE_STEPS + self->n_steps) {
    self->step = slice - SLICE_STEPS;
    frame(user, self->spectra, self->n_bins);
  }
  if (slice == SLICE_PACK && n_out && !leaves_silent(self)) {
    run_way_back(self);
  }
  for (uint32_t plane = 0; plane < n_planes && n_out && !leaves_silent(self); ++plane) {
    if (slice == SLICE_INVERSE) {
      fiq_fft_inverse_complex(&self->fft, self->even[plane], self->even_time[plane]);
    } else if (slice == SLICE_ADD) {
      fiq_fft_inverse_complex(&self->fft, self->odd[plane], self->odd_time[plane]);
    }
  }
  if (slice == SLICE_ADD && n_out) {
    run_overlap_add(self, 0, start);
    run_overlap_add_of_q(self, start);
  }
}

static void take_in_hop(FiqComplex* restrict ring, const float* restrict left,
                        const float* restrict right, size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    ring[i].re = left[i];
    ring[i].im = right[i];
  }
}

static void give_pair(const FiqComplex* restrict ring, float* restrict left, float* restrict right,
                      size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    left[i]  = ring[i].re;
    right[i] = ring[i].im;
  }
}

static void give_out(const FiqStft* self, uint32_t plane, float* const* out, uint32_t done,
                     uint32_t n)
{
  const FiqComplex* const ring = self->sum[plane] + self->position;
  if (self->config.n_out == 2) {
    give_pair(ring, out[0] + done, out[1] + done, n);
  }
  for (uint32_t i = 0; self->config.n_out == 1 && i < n; ++i) {
    out[0][done + i] = ring[i].re;
  }
}

/// Slices due now that `position` has been reached; a hop's first slices stand where the hop before ends.
static void run_due_slices(FiqStft* self, bool with_q, FiqStftFrame frame, void* user)
{
  const uint32_t hop    = self->config.hop_frames;
  const uint32_t within = self->position & (hop - 1);
  const uint32_t end =
      (self->position + (within ? hop - within : 0)) & (self->config.window_frames - 1);
  const bool     spread = self->config.shape == FIQ_STFT_FILTER;
  const uint32_t slice  = ((within ? within : hop) * FIQ_STFT_SLICES) / hop - 1;
  if (within && !spread) {
    return;
  }
  for (uint32_t s = spread ? slice : 0; s <= slice; ++s) {
    if (s == SLICE_FOLD) {
      self->with_q = with_q;
    }
    run_stft_slice(self, s, end, frame, user);
  }
}

void fiq_stft_process(FiqStft* self, const float* const* in, float* const* out_i,
                      float* const* out_q, uint32_t n_frames, FiqStftFrame frame, void* user)
{
  assert(self);
  assert(!out_q || self->config.analytic);
  const uint32_t stride = self->config.hop_frames / FIQ_STFT_SLICES;
  uint32_t       n      = 0;
  for (uint32_t done = 0; done < n_frames; done += n) {
    const uint32_t left = stride - (self->position & (stride - 1));
    n                   = n_frames - done < left ? n_frames - done : left;
    // All inputs are read before any output is written, since they may be the same memory.
    take_in_hop(self->input + self->position, in[0] + done, in[self->config.n_in - 1] + done, n);
    if (self->config.n_out) {
      give_out(self, 0, out_i, done, n);
    }
    if (self->config.n_out && out_q) {
      give_out(self, 1, out_q, done, n);
    }
    self->position = (self->position + n) & (self->config.window_frames - 1);
    if ((self->position & (stride - 1)) == 0) {
      run_due_slices(self, out_q != NULL, frame, user);
    }
  }
}
