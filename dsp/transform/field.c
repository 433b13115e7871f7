// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/transform/field.h"

#include "dsp/base/maths.h"
#include "dsp/transform/window.h"

#include <assert.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

static const double image_rejection_db[] = {62.0, 83.5}; // 2 dB of margin over what is promised
static const double edge_hz              = 40.0;
static const float  sqrt_2               = 1.41421356f;

static bool sample_rate_is_valid(double sample_rate_hz)
{
  return sample_rate_hz >= FIQ_SAMPLE_RATE_MIN_HZ && sample_rate_hz <= FIQ_SAMPLE_RATE_MAX_HZ;
}

static bool control_is_valid(uint32_t control_frames)
{
  return control_frames >= 1 && control_frames <= FIQ_CONTROL_MAX;
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
  return a < b ? a : b;
}

FiqField fiq_field_from_pair(float* i, float* q, double sample_rate_hz, uint32_t n_frames,
                             uint32_t roles)
{
  assert(i != q || n_frames == 0);
  return (FiqField){i, q, sample_rate_hz, n_frames, roles | FIQ_ROLE_IQ_PAIR};
}

void fiq_field_magnitude(const FiqField* self, float* out)
{
  for (uint32_t n = 0; n < self->n_frames; ++n) {
    out[n] = sqrtf(self->i[n] * self->i[n] + self->q[n] * self->q[n]);
  }
}

void fiq_field_power(const FiqField* self, float* out)
{
  for (uint32_t n = 0; n < self->n_frames; ++n) {
    out[n] = self->i[n] * self->i[n] + self->q[n] * self->q[n];
  }
}

void fiq_field_phase(const FiqField* self, float* out)
{
  for (uint32_t n = 0; n < self->n_frames; ++n) {
    out[n] = atan2f(self->q[n], self->i[n]);
  }
}

static void rotate_plane_pair(float* restrict i, float* restrict q, FiqComplex by, uint32_t n)
{
  for (uint32_t k = 0; k < n; ++k) {
    const float re = i[k] * by.re - q[k] * by.im;
    q[k]           = i[k] * by.im + q[k] * by.re;
    i[k]           = re;
  }
}

void fiq_field_rotate(FiqField* self, float angle_rad)
{
  rotate_plane_pair(self->i, self->q, (FiqComplex){cosf(angle_rad), sinf(angle_rad)},
                    self->n_frames);
  self->roles |= FIQ_ROLE_PROCESSED;
}

void fiq_field_scale(FiqField* self, float gain)
{
  for (uint32_t n = 0; n < self->n_frames; ++n) {
    self->i[n] *= gain;
    self->q[n] *= gain;
  }
  self->roles |= FIQ_ROLE_PROCESSED;
}

/// Block of the partitioned convolution: 64 frames at 48 kHz, a power of two in proportion.
static uint32_t hilbert_block_frames(double sample_rate_hz)
{
  uint32_t block_frames = 8;
  while (block_frames * 1000.0 < sample_rate_hz) {
    block_frames *= 2;
  }
  return block_frames;
}

/// The geometry.
static void hilbert_layout(FiqHilbert* self, double sample_rate_hz, double rejection_db)
{
  const double taps = fiq_window_kaiser_taps(rejection_db, 2.0 * edge_hz, sample_rate_hz);
  // An odd middle puts the outermost tap at an odd distance, where it is not wasted on a zero.
  const uint32_t middle = (uint32_t)ceil(0.25 * (taps - 1.0)) * 2 + 1;
  const uint32_t block  = hilbert_block_frames(sample_rate_hz);
  self->block_frames    = block;
  self->latency_frames  = middle;
  self->head_first      = (middle + 1) & 1;
  self->n_head          = block / 2;
  self->n_parts         = (2 * middle) / block; // whole blocks after the first that hold a tap
  self->n_stride        = (block + 1 + 7) & ~7u;
}

static void hilbert_take(FiqHilbert* self, FiqArena* arena)
{
  const size_t n_bins = (size_t)self->n_parts * self->n_stride;
  self->head          = fiq_arena_take(arena, self->n_head, sizeof(float));
  self->filter_re     = fiq_arena_take(arena, n_bins, sizeof(float));
  self->filter_im     = fiq_arena_take(arena, n_bins, sizeof(float));
  self->history_re    = fiq_arena_take(arena, n_bins, sizeof(float));
  self->history_im    = fiq_arena_take(arena, n_bins, sizeof(float));
  self->sum_re        = fiq_arena_take(arena, self->n_stride, sizeof(float));
  self->sum_im        = fiq_arena_take(arena, self->n_stride, sizeof(float));
  self->spectrum      = fiq_arena_take(arena, self->block_frames + 1, sizeof(FiqComplex));
  self->input         = fiq_arena_take(arena, 2 * (size_t)self->block_frames, sizeof(float));
  self->tail          = fiq_arena_take(arena, 2 * (size_t)self->block_frames, sizeof(float));
  self->delay         = fiq_arena_take(arena, self->latency_frames, sizeof(float));
}

static void split(float* restrict re, float* restrict im, const FiqComplex* restrict z, uint32_t n)
{
  for (uint32_t k = 0; k < n; ++k) {
    re[k] = z[k].re;
    im[k] = z[k].im;
  }
}

static void join(FiqComplex* restrict z, const float* restrict re, const float* restrict im,
                 uint32_t n)
{
  for (uint32_t k = 0; k < n; ++k) {
    z[k].re = re[k];
    z[k].im = im[k];
  }
}

/// Tap `k` of the whole filter, 0 beyond its end.
static double hilbert_tap(const FiqHilbert* self, const float* half_window, uint32_t k)
{
  const uint32_t middle   = self->latency_frames;
  const uint32_t distance = k > middle ? k - middle : middle - k;
  if (k > 2 * middle || (distance & 1) == 0) {
    return 0.0;
  }
  const double tap = 2.0 / (pi * distance) * (double)half_window[middle - distance];
  return k > middle ? tap : -tap;
}

/// The ring for I is as long as half of the window; it serves as scratch before it is a ring.
static void hilbert_design(FiqHilbert* self, double rejection_db)
{
  const uint32_t block  = self->block_frames;
  const uint32_t middle = self->latency_frames;
  fiq_window_kaiser_half(self->delay, middle, fiq_window_kaiser_beta(rejection_db));
  for (uint32_t k = 0; k < self->n_head; ++k) {
    self->head[k] = (float)hilbert_tap(self, self->delay, self->head_first + 2 * k);
  }
  for (uint32_t p = 0; p < self->n_parts; ++p) {
    memset(self->input, 0, 2 * block * sizeof(float));
    for (uint32_t k = 0; k < block; ++k) {
      // Scaled here, once, for the unscaled pair of transforms.
      const double tap = hilbert_tap(self, self->delay, (p + 1) * block + k);
      self->input[k]   = (float)(tap / (2.0 * block));
    }
    fiq_fft_forward(&self->fft, self->input, self->spectrum);
    split(self->filter_re + (size_t)p * self->n_stride,
          self->filter_im + (size_t)p * self->n_stride, self->spectrum, block + 1);
  }
}

FiqStatus fiq_hilbert_init(FiqHilbert* self, FiqArena* arena, FiqFftPool* pool,
                           double sample_rate_hz, FiqHilbertLength length)
{
  assert(self);
  assert(arena);
  assert(pool);
  const double rejection_db = image_rejection_db[length];
  memset(self, 0, sizeof *self);
  if (!sample_rate_is_valid(sample_rate_hz)) {
    return FIQ_BAD_ARGUMENT;
  }
  hilbert_layout(self, sample_rate_hz, rejection_db);
  hilbert_take(self, arena);
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  const FiqStatus status = fiq_fft_init(&self->fft, pool, 2 * self->block_frames);
  if (status != FIQ_OK) {
    return status;
  }
  hilbert_design(self, rejection_db);
  fiq_hilbert_reset(self);
  return FIQ_OK;
}

void fiq_hilbert_reset(FiqHilbert* self)
{
  const size_t n_bins = (size_t)self->n_parts * self->n_stride;
  memset(self->history_re, 0, n_bins * sizeof(float));
  memset(self->history_im, 0, n_bins * sizeof(float));
  memset(self->input, 0, 2 * self->block_frames * sizeof(float));
  memset(self->tail, 0, 2 * self->block_frames * sizeof(float));
  memset(self->delay, 0, self->latency_frames * sizeof(float));
  self->part           = 0;
  self->fill           = 0;
  self->delay_position = 0;
}

uint32_t fiq_hilbert_latency_frames(const FiqHilbert* self)
{
  return self->latency_frames;
}

/// sum += filter x, bin by bin; all [n], n a multiple of 8.
static void add_part(float* restrict sum_re, float* restrict sum_im, const float* restrict h_re,
                     const float* restrict h_im, const float* restrict x_re,
                     const float* restrict x_im, size_t n)
{
  for (size_t k = 0; k < n; ++k) {
    sum_re[k] = sum_re[k] + h_re[k] * x_re[k] - h_im[k] * x_im[k];
    sum_im[k] = sum_im[k] + h_re[k] * x_im[k] + h_im[k] * x_re[k];
  }
}

/// The same for four parts that follow each other, [4][n]: a fourth of the traffic on the sums.
static void add_four_parts(float* restrict sum_re, float* restrict sum_im,
                           const float* restrict h_re, const float* restrict h_im,
                           const float* restrict x_re, const float* restrict x_im, size_t n)
{
  for (size_t k = 0; k < n; ++k) {
    const size_t k1 = k + n;
    const size_t k2 = k1 + n;
    const size_t k3 = k2 + n;
    sum_re[k] += h_re[k] * x_re[k] - h_im[k] * x_im[k] + h_re[k1] * x_re[k1] - h_im[k1] * x_im[k1] +
                 h_re[k2] * x_re[k2] - h_im[k2] * x_im[k2] + h_re[k3] * x_re[k3] -
                 h_im[k3] * x_im[k3];
    sum_im[k] += h_re[k] * x_im[k] + h_im[k] * x_re[k] + h_re[k1] * x_im[k1] + h_im[k1] * x_re[k1] +
                 h_re[k2] * x_im[k2] + h_im[k2] * x_re[k2] + h_re[k3] * x_im[k3] +
                 h_im[k3] * x_re[k3];
  }
}

/// Parts filter_part.. of the filter meet history parts history_part.., `n_parts` of them.
static void add_parts(FiqHilbert* self, uint32_t filter_part, uint32_t history_part,
                      uint32_t n_parts)
{
  const uint32_t stride = self->n_stride;
  uint32_t       p      = 0;
  while (p < n_parts) {
    const size_t h    = (size_t)(filter_part + p) * stride;
    const size_t x    = (size_t)(history_part + p) * stride;
    const bool   four = p + 4 <= n_parts;
    (four ? add_four_parts : add_part)(self->sum_re, self->sum_im, self->filter_re + h,
                                       self->filter_im + h, self->history_re + x,
                                       self->history_im + x, stride);
    p += four ? 4 : 1;
  }
}

/// A block of input is complete: work out what all parts but the head give in the next block.
static void hilbert_run_block(FiqHilbert* self)
{
  const uint32_t block  = self->block_frames;
  const size_t   stride = self->n_stride;
  self->part            = (self->part ? self->part : self->n_parts) - 1;
  fiq_fft_forward(&self->fft, self->input, self->spectrum);
  split(self->history_re + self->part * stride, self->history_im + self->part * stride,
        self->spectrum, block + 1);
  memset(self->sum_re, 0, stride * sizeof(float));
  memset(self->sum_im, 0, stride * sizeof(float));
  // The ring in two stretches: from the newest to its end, then from its start.
  const uint32_t n_newer = self->n_parts - self->part;
  add_parts(self, 0, self->part, n_newer);
  add_parts(self, n_newer, 0, self->part);
  join(self->spectrum, self->sum_re, self->sum_im, block + 1);
  fiq_fft_inverse(&self->fft, self->spectrum, self->tail);
  memcpy(self->input, self->input + block, block * sizeof(float));
}

/// tail[n] += sum_k head[k] x[n - 2 k], n_head a multiple of 4. Taps are the outer loop, so that
/// every frame adds up in the same order however the stream is cut.
static void add_head(float* restrict tail, const float* restrict x, const float* restrict head,
                     uint32_t n_head, uint32_t n)
{
  for (uint32_t k = 0; k < n_head; k += 4) {
    const float  h0   = head[k];
    const float  h1   = head[k + 1];
    const float  h2   = head[k + 2];
    const float  h3   = head[k + 3];
    const float* past = x - 2 * (ptrdiff_t)k;
    for (ptrdiff_t i = 0; i < (ptrdiff_t)n; ++i) {
      tail[i] = tail[i] + h0 * past[i] + h1 * past[i - 2] + h2 * past[i - 4] + h3 * past[i - 6];
    }
  }
}

static void exchange(float* restrict ring, const float* in, float* out, uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    const float x = in[i];
    out[i]        = ring[i];
    ring[i]       = x;
  }
}

static void delay_plane(FiqHilbert* self, const float* in, float* out, uint32_t n_frames)
{
  uint32_t n = 0;
  for (uint32_t done = 0; done < n_frames; done += n) {
    n = min_u32(n_frames - done, self->latency_frames - self->delay_position);
    exchange(self->delay + self->delay_position, in + done, out + done, n);
    self->delay_position += n;
    if (self->delay_position == self->latency_frames) {
      self->delay_position = 0;
    }
  }
}

void fiq_hilbert_process(FiqHilbert* self, const float* in, float* out_i, float* out_q,
                         uint32_t n_frames)
{
  assert(self);
  assert(n_frames == 0 || out_i != out_q);
  const uint32_t block = self->block_frames;
  uint32_t       n     = 0;
  if (!out_q) {
    delay_plane(self, in, out_i, n_frames);
    return;
  }
  for (uint32_t done = 0; done < n_frames; done += n) {
    n              = min_u32(n_frames - done, block - self->fill);
    float* const x = self->input + block + self->fill;
    float* const y = self->tail + block + self->fill;
    memcpy(x, in + done, n * sizeof(float));
    delay_plane(self, x, out_i + done, n);
    add_head(y, x - self->head_first, self->head, self->n_head, n);
    memcpy(out_q + done, y, n * sizeof(float));
    self->fill += n;
    if (self->fill == block) {
      self->fill = 0;
      hilbert_run_block(self);
    }
  }
}

FiqStatus fiq_field_shift_init(FiqFieldShift* self, double sample_rate_hz, uint32_t control_frames)
{
  assert(self);
  memset(self, 0, sizeof *self);
  if (!sample_rate_is_valid(sample_rate_hz) || !control_is_valid(control_frames)) {
    return FIQ_BAD_ARGUMENT;
  }
  self->sample_rate_hz = sample_rate_hz;
  self->control_frames = control_frames;
  return FIQ_OK;
}

void fiq_field_shift_reset(FiqFieldShift* self)
{
  self->phase_turns = 0.0;
  self->start_turns = 0.0f;
  self->end_turns   = 0.0f;
  self->position    = 0;
  self->is_started  = false;
}

/// Turns since the start of the control period, for a shift that moves in a straight line.
static double shift_turns(const FiqFieldShift* self, double n)
{
  const double slope =
      ((double)self->end_turns - (double)self->start_turns) / (2.0 * self->control_frames);
  return n * ((double)self->start_turns + n * slope);
}

void fiq_field_shift_control(FiqFieldShift* self, float shift_hz)
{
  if (fabsf(self->start_turns) + fabsf(self->end_turns) > 0.0f) {
    const double phase = self->phase_turns + shift_turns(self, self->position);
    self->phase_turns  = phase - floor(phase);
  }
  self->position    = 0;
  self->start_turns = self->end_turns;
  self->end_turns   = (float)((double)shift_hz / self->sample_rate_hz);
  if (!self->is_started) {
    self->start_turns = self->end_turns;
    self->is_started  = true;
  }
}

void fiq_field_shift_process(FiqFieldShift* self, FiqField* field)
{
  assert(self->position + field->n_frames <= self->control_frames);
  float* restrict i = field->i;
  float* restrict q = field->q;
  // The start is folded in double; within one period a float then holds the angle to 1e-5.
  const float start = (float)self->phase_turns * FIQ_TWO_PI_F;
  const float rate  = self->start_turns * FIQ_TWO_PI_F;
  const float slope =
      (self->end_turns - self->start_turns) * FIQ_PI_F / (float)self->control_frames;
  for (uint32_t n = 0; n < field->n_frames; ++n) {
    const float t   = (float)(int32_t)(self->position + n);
    const float phi = start + t * (rate + t * slope);
    const float c   = fiq_cos(phi);
    const float s   = fiq_sin(phi);
    const float re  = i[n] * c - q[n] * s;
    q[n]            = i[n] * s + q[n] * c;
    i[n]            = re;
  }
  self->position += field->n_frames;
  field->roles |= FIQ_ROLE_PROCESSED;
}

FiqStatus fiq_field_delay_init(FiqFieldDelay* self, FiqArena* arena, uint32_t delay_max_frames,
                               uint32_t control_frames)
{
  assert(self);
  assert(arena);
  memset(self, 0, sizeof *self);
  if (delay_max_frames > 1u << 24 || !control_is_valid(control_frames)) {
    return FIQ_BAD_ARGUMENT;
  }
  self->delay_max_frames = delay_max_frames;
  self->control_frames   = control_frames;
  // A whole control period is written before it is read.
  self->size_frames = fiq_next_power_of_two(delay_max_frames + control_frames);
  self->ring_i      = fiq_arena_take(arena, self->size_frames, sizeof(float));
  self->ring_q      = fiq_arena_take(arena, self->size_frames, sizeof(float));
  return fiq_arena_status(arena);
}

void fiq_field_delay_reset(FiqFieldDelay* self)
{
  memset(self->ring_i, 0, self->size_frames * sizeof(float));
  memset(self->ring_q, 0, self->size_frames * sizeof(float));
  self->write        = 0;
  self->start_frames = 0;
  self->end_frames   = 0;
  self->position     = 0;
  self->is_started   = false;
}

void fiq_field_delay_control(FiqFieldDelay* self, uint32_t delay_frames)
{
  assert(delay_frames <= self->delay_max_frames);
  self->position     = 0;
  self->start_frames = self->is_started ? self->end_frames : delay_frames;
  self->end_frames   = delay_frames;
  self->is_started   = true;
}

static float delay_frame(FiqFieldDelay* self, float x, float* ring, float fade)
{
  const uint32_t mask = self->size_frames - 1;
  ring[self->write]   = x;
  const float from    = ring[(self->write - self->start_frames) & mask];
  const float to      = ring[(self->write - self->end_frames) & mask];
  return fiq_mix(from, to, fade);
}

/// The frames before the ring's end, and those after it.
static void write_ring(const FiqFieldDelay* self, const float* x, float* ring, uint32_t n_frames)
{
  const uint32_t left  = self->size_frames - self->write;
  const uint32_t first = n_frames < left ? n_frames : left;
  memcpy(ring + self->write, x, first * sizeof(float));
  if (first < n_frames) {
    memcpy(ring, x + first, (n_frames - first) * sizeof(float));
  }
}

/// The frames from `at` on, wherever the ring ends.
static void read_ring(const FiqFieldDelay* self, const float* ring, uint32_t at, float* x,
                      uint32_t n_frames)
{
  const uint32_t from  = at & (self->size_frames - 1);
  const uint32_t left  = self->size_frames - from;
  const uint32_t first = n_frames < left ? n_frames : left;
  memcpy(x, ring + from, first * sizeof(float));
  if (first < n_frames) {
    memcpy(x + first, ring, (n_frames - first) * sizeof(float));
  }
}

void fiq_field_delay_take(FiqFieldDelay* self, const float* const in[2], uint32_t n_frames)
{
  assert(self->position + n_frames <= self->control_frames);
  if (self->delay_max_frames == 0) {
    return; // what passes at once need not be kept
  }
  write_ring(self, in[0], self->ring_i, n_frames);
  write_ring(self, in[1], self->ring_q, n_frames);
  self->write = (self->write + n_frames) & (self->size_frames - 1);
  self->position += self->start_frames == self->end_frames ? 0 : n_frames;
}

static void pass(const float* in, float* out, uint32_t n_frames)
{
  if (in != out) {
    memcpy(out, in, n_frames * sizeof(float));
  }
}

static void delay_steadily(FiqFieldDelay* self, const float* const in[2], float* const out[2],
                           uint32_t n_frames)
{
  if (self->delay_max_frames == 0) {
    pass(in[0], out[0], n_frames);
    pass(in[1], out[1], n_frames);
    return;
  }
  write_ring(self, in[0], self->ring_i, n_frames);
  write_ring(self, in[1], self->ring_q, n_frames);
  read_ring(self, self->ring_i, self->write - self->end_frames, out[0], n_frames);
  read_ring(self, self->ring_q, self->write - self->end_frames, out[1], n_frames);
  self->write = (self->write + n_frames) & (self->size_frames - 1);
}

void fiq_field_delay_pair(FiqFieldDelay* self, const float* const in[2], float* const out[2],
                          uint32_t n_frames)
{
  assert(self->position + n_frames <= self->control_frames);
  if (self->start_frames == self->end_frames) {
    delay_steadily(self, in, out, n_frames);
    return;
  }
  const float step = 1.0f / (float)self->control_frames;
  for (uint32_t n = 0; n < n_frames; ++n) {
    const float fade = (float)++self->position * step;
    out[0][n]        = delay_frame(self, in[0][n], self->ring_i, fade);
    out[1][n]        = delay_frame(self, in[1][n], self->ring_q, fade);
    self->write      = (self->write + 1) & (self->size_frames - 1);
  }
}

void fiq_field_delay_peek(const FiqFieldDelay* self, uint32_t delay_frames, float* const out[2],
                          uint32_t n_frames)
{
  assert(delay_frames <= self->delay_max_frames && n_frames <= self->control_frames);
  read_ring(self, self->ring_i, self->write - n_frames - delay_frames, out[0], n_frames);
  read_ring(self, self->ring_q, self->write - n_frames - delay_frames, out[1], n_frames);
}

void fiq_field_delay_process(FiqFieldDelay* self, FiqField* field)
{
  const float* const in[2]  = {field->i, field->q};
  float* const       out[2] = {field->i, field->q};
  fiq_field_delay_pair(self, in, out, field->n_frames);
  field->roles |= FIQ_ROLE_PROCESSED;
}

FiqStatus fiq_field_lowpass_init(FiqFieldLowpass* self, double sample_rate_hz,
                                 uint32_t control_frames)
{
  assert(self);
  memset(self, 0, sizeof *self);
  if (!sample_rate_is_valid(sample_rate_hz) || !control_is_valid(control_frames)) {
    return FIQ_BAD_ARGUMENT;
  }
  self->sample_rate_hz = sample_rate_hz;
  self->control_frames = control_frames;
  return FIQ_OK;
}

void fiq_field_lowpass_reset(FiqFieldLowpass* self)
{
  memset(self->state, 0, sizeof self->state);
  self->start      = 0.0f;
  self->end        = 0.0f;
  self->position   = 0;
  self->is_started = false;
}

void fiq_field_lowpass_control(FiqFieldLowpass* self, float cutoff_hz)
{
  const double held_hz = fmin(fmax((double)cutoff_hz, 1.0), 0.49 * self->sample_rate_hz);
  const float  g       = (float)tan(pi * held_hz / self->sample_rate_hz);
  self->position       = 0;
  self->start          = self->is_started ? self->end : g;
  self->end            = g;
  self->is_started     = true;
}

static float lowpass_frame(float state[2], float x, float g, float norm)
{
  const float high = (x - (sqrt_2 + g) * state[0] - state[1]) * norm;
  const float band = g * high + state[0];
  const float low  = g * band + state[1];
  state[0]         = g * high + band;
  state[1]         = g * band + low;
  return low;
}

void fiq_field_lowpass_process(FiqFieldLowpass* self, FiqField* field)
{
  assert(self->position + field->n_frames <= self->control_frames);
  const float step = (self->end - self->start) / (float)self->control_frames;
  for (uint32_t n = 0; n < field->n_frames; ++n) {
    const float g    = self->start + step * (float)++self->position;
    const float norm = 1.0f / (1.0f + g * (sqrt_2 + g));
    field->i[n]      = lowpass_frame(self->state[0], field->i[n], g, norm);
    field->q[n]      = lowpass_frame(self->state[1], field->q[n], g, norm);
  }
  field->roles |= FIQ_ROLE_PROCESSED;
}

void fiq_field_frequency_reset(FiqFieldFrequency* self)
{
  self->last = (FiqComplex){0.0f, 0.0f};
}

void fiq_field_frequency_process(FiqFieldFrequency* self, const FiqField* field, float* out)
{
  const float hz_per_rad = (float)(field->sample_rate_hz / (2.0 * pi));
  FiqComplex  last       = self->last;
  for (uint32_t n = 0; n < field->n_frames; ++n) {
    const FiqComplex z  = {field->i[n], field->q[n]};
    const float      re = z.re * last.re + z.im * last.im;
    const float      im = z.im * last.re - z.re * last.im;
    out[n]              = atan2f(im, re) * hz_per_rad;
    last                = z;
  }
  self->last = last;
}
