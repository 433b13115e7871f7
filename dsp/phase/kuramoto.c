// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/phase/kuramoto.h"

#include "dsp/base/maths.h"
#include "dsp/base/random.h"
#include "dsp/base/simd.h"

#include <assert.h>
#include <string.h>

enum {
  LANES       = 8, // partial sums, so that the order of additions is fixed and vectors can be used
  PARTS_MAX   = 256, // parts that one step can be cut into
  SHORT_PARTS = 4,   // short parts of a step; more of them cost more than Runge-Kutta
  N_FRESH     = 32   // one of so many phasors is made exact in a short part
};

/// Eight words without a sign, for the generators.
typedef uint32_t Words __attribute__((vector_size(32), aligned(4), may_alias));

static const float short_reach = 0.21f;          // rate times length of a short part
static const float short_angle = 0.2f;           // largest way of a phase in it
static const float leap_angle  = 0.45f;          // the same with noise
static const float draw_max    = 6.0f;           // of the normal draws
static const float leap_max    = 1.733f;         // of the leaps, in standard deviations
static const float leap_unit   = 8.0654901e-10f; // 1 / standard deviation of even 32-bit draws

FiqStatus fiq_kuramoto_init(FiqKuramoto* self, FiqArena* arena, const FiqKuramotoConfig* config)
{
  assert(self);
  assert(arena);
  assert(config);
  const uint32_t n = config->n_osc_max;
  if (n < 1 || n > FIQ_KURAMOTO_MAX) {
    return FIQ_BAD_ARGUMENT;
  }
  *self               = (FiqKuramoto){.n_osc_max = n, .use_avx2 = fiq_simd_avx2()};
  self->uniform       = fiq_arena_take(arena, n, sizeof(float));
  self->normal        = fiq_arena_take(arena, n, sizeof(float));
  self->theta_rad     = fiq_arena_take(arena, n, sizeof(float));
  self->moved_rad     = fiq_arena_take(arena, n, sizeof(float));
  self->re            = fiq_arena_take(arena, n, sizeof(float));
  self->im            = fiq_arena_take(arena, n, sizeof(float));
  self->slope         = fiq_arena_take(arena, n, sizeof(float));
  self->stage_rad     = fiq_arena_take(arena, n, sizeof(float));
  self->omega         = fiq_arena_take(arena, n, sizeof(float));
  self->tangent       = fiq_arena_take(arena, n, sizeof(float));
  self->tangent_stage = fiq_arena_take(arena, n, sizeof(float));
  self->tangent_slope = fiq_arena_take(arena, n, sizeof(float));
  self->noise         = fiq_arena_take(arena, n, sizeof(uint32_t));
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fiq_kuramoto_reset(self, 0);
  return FIQ_OK;
}

FIQ_INLINE FiqComplex times(FiqComplex a, FiqComplex b)
{
  const FiqComplex z = {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
  return z;
}

/// Sine and cosine of |x| <= 1e4 within 2e-7, one reduction for both.
FIQ_INLINE FiqComplex phasor(float x)
{
  const float half_turns = fiq_round(x * (1.0f / FIQ_PI_F));
  const float y          = (x - half_turns * 3.140625f) - half_turns * 9.67653589793e-4f;
  const float y2         = y * y;
  const float odd        = half_turns - 2.0f * fiq_round(half_turns * 0.5f);
  const float sign       = 1.0f - 2.0f * odd * odd;
  const float s =
      ((((-2.5052108e-8f * y2 + 2.7557319e-6f) * y2 - 1.9841270e-4f) * y2 + 8.3333333e-3f) * y2 -
       1.6666667e-1f) *
      y2;
  const float c =
      ((((2.0876757e-9f * y2 - 2.7557319e-7f) * y2 + 2.4801587e-5f) * y2 - 1.3888889e-3f) * y2 +
       4.1666667e-2f) *
      y2;
  const FiqComplex z = {sign * (1.0f + (c - 0.5f) * y2), sign * (y + y * s)};
  return z;
}

/// [-pi, pi): the upper end, and what rounding leaves beyond it, belongs to the lower.
FIQ_INLINE float wrap_half_open(float x)
{
  const float y = fiq_wrap_rad(x);
  const float z = y >= FIQ_PI_F ? y - FIQ_TWO_PI_F : y;
  return z < -FIQ_PI_F ? -FIQ_PI_F : z;
}

FIQ_INLINE void phasors(const float* restrict theta, float* restrict re, float* restrict im,
                        uint32_t n)
{
  for (uint32_t j = 0; j < n; ++j) {
    const FiqComplex z = phasor(theta[j]);
    re[j]              = z.re;
    im[j]              = z.im;
  }
}

FIQ_INLINE float sum_of_lanes(const float lane[LANES])
{
  const float low  = (lane[0] + lane[4]) + (lane[2] + lane[6]);
  const float high = (lane[1] + lane[5]) + (lane[3] + lane[7]);
  return low + high;
}

FIQ_INLINE float mean(const float* restrict x, uint32_t n)
{
  float     lane[LANES];
  FiqFloat8 sum = {0.0f};
  uint32_t  j   = 0;
  for (; j + LANES <= n; j += LANES) {
    sum += *(const FiqFloat8*)(x + j);
  }
  memcpy(lane, &sum, sizeof lane);
  for (uint32_t k = 0; j < n; ++j, ++k) {
    lane[k] += x[j];
  }
  return sum_of_lanes(lane) / (float)n;
}

FIQ_INLINE FiqComplex mean_phasor(const float* restrict re, const float* restrict im, uint32_t n)
{
  return (FiqComplex){mean(re, n), mean(im, n)};
}

/// Mean of x y.
FIQ_INLINE float mean_product(const float* restrict x, const float* restrict y, uint32_t n)
{
  float     lane[LANES];
  FiqFloat8 sum = {0.0f};
  uint32_t  j   = 0;
  for (; j + LANES <= n; j += LANES) {
    sum += *(const FiqFloat8*)(x + j) * *(const FiqFloat8*)(y + j);
  }
  memcpy(lane, &sum, sizeof lane);
  for (uint32_t k = 0; j < n; ++j, ++k) {
    lane[k] += x[j] * y[j];
  }
  return sum_of_lanes(lane) / (float)n;
}

/// Phasors of all phases, and their mean; the frame is the world's again.
FIQ_INLINE void look(FiqKuramoto* self, uint32_t n)
{
  phasors(self->theta_rad, self->re, self->im, n);
  self->mean       = mean_phasor(self->re, self->im, n);
  self->frame_rad  = 0.0f;
  self->n_osc      = n;
  self->is_weighed = false;
}

static void look_base(FiqKuramoto* self, uint32_t n)
{
  look(self, n);
}

FIQ_AVX2 static void look_avx2(FiqKuramoto* self, uint32_t n)
{
  look(self, n);
}

static void look_anew(FiqKuramoto* self, uint32_t n)
{
  (self->use_avx2 ? look_avx2 : look_base)(self, n);
}

/// Order and mean phase.
static void observe(FiqKuramoto* self)
{
  const FiqComplex z = self->mean;
  self->order = self->n_osc == 1 ? 1.0f : fiq_clamp(sqrtf(z.re * z.re + z.im * z.im), 0.0f, 1.0f);
  const float psi = atan2f(z.im, z.re);
  self->psi_rad   = fabsf(self->frame_rad) > 0.0f
                        ? fiq_clamp(fiq_wrap_rad(psi + self->frame_rad), -FIQ_PI_F, FIQ_PI_F)
                        : psi;
}

static void reset_tangent(FiqKuramoto* self, uint64_t seed)
{
  FiqRandom random;
  fiq_random_init(&random, seed, 5);
  for (uint32_t j = 0; j < self->n_osc_max; ++j) {
    self->tangent[j]       = fiq_random_normal(&random);
    self->tangent_stage[j] = 0.0f;
    self->tangent_slope[j] = 0.0f;
  }
  self->half_s     = 0.0f;
  self->is_weighed = false;
}

void fiq_kuramoto_reset(FiqKuramoto* self, uint64_t seed)
{
  assert(self);
  // One stream a quantity: the first oscillators are then the same whatever the capacity.
  FiqRandom uniform;
  FiqRandom normal;
  FiqRandom phase;
  FiqRandom noise;
  fiq_random_init(&uniform, seed, 1);
  fiq_random_init(&normal, seed, 2);
  fiq_random_init(&phase, seed, 3);
  fiq_random_init(&noise, seed, 4);
  for (uint32_t j = 0; j < self->n_osc_max; ++j) {
    self->uniform[j]   = 2.0f * fiq_random_uniform(&uniform) - 1.0f;
    self->normal[j]    = fiq_random_normal(&normal);
    self->theta_rad[j] = FIQ_TWO_PI_F * fiq_random_uniform(&phase);
    self->noise[j]     = fiq_random_bits(&noise) | 1; // the generator stands still at 0
    self->moved_rad[j] = 0.0f;
    self->slope[j]     = 0.0f;
    self->stage_rad[j] = 0.0f;
    self->omega[j]     = 0.0f;
  }
  self->turned_rad = 0.0f;
  self->fresh      = 0;
  reset_tangent(self, seed);
  fiq_kuramoto_set_phases(self, self->theta_rad, self->n_osc_max);
}

void fiq_kuramoto_set_phases(FiqKuramoto* self, const float* theta_rad, uint32_t n)
{
  assert(self);
  assert(theta_rad);
  assert(n >= 1 && n <= self->n_osc_max);
  for (uint32_t j = 0; j < n; ++j) {
    self->theta_rad[j] = wrap_half_open(theta_rad[j]);
  }
  memset(self->moved_rad, 0, self->n_osc_max * sizeof(float));
  self->part_s     = 0.0f;
  self->turned_rad = 0.0f;
  look_anew(self, n);
  observe(self);
}

/// What one part of a step works with.
typedef struct {
  FiqComplex   coupling; // K e^{-j lag}
  FiqComplex   outer;    // f, in the frame of the phasors
  const float* draw;
  float        gamma_rad_s;
  float        h_s;
  float        turn_rad; // of the whole frame in a part, wrapped
  float        noise_rad_s;
  bool         follow;
} Part;

/// Field that pulls the phasors at hand: K R e^{j (psi - lag)} + f.
FIQ_INLINE FiqComplex field_of(FiqComplex mean_phasor, const Part* part)
{
  FiqComplex z = times(mean_phasor, part->coupling);
  if (fabsf(part->outer.re) + fabsf(part->outer.im) > 0.0f) {
    z.re += part->outer.re;
    z.im += part->outer.im;
  }
  return z;
}

/// How that field moves with the tangent: j K e^{-j lag} mean(z tangent).
FIQ_INLINE FiqComplex field_tangent(FiqComplex weighted, const Part* part)
{
  const FiqComplex z = times(weighted, part->coupling);
  return (FiqComplex){-z.im, z.re};
}

/**
   One Runge-Kutta stage. The slope at the phasors (re, im) joins the sum with `weight`, and
   `stage_rad` becomes the point `reach` seconds from theta along that slope.
*/
FIQ_INLINE void stage(FiqKuramoto* self, uint32_t n, FiqComplex field, float weight, float reach)
{
  const float* restrict theta = self->theta_rad;
  const float* restrict omega = self->omega;
  const float* restrict re    = self->re;
  const float* restrict im    = self->im;
  float* restrict slope       = self->slope;
  float* restrict point       = self->stage_rad;
  for (uint32_t j = 0; j < n; ++j) {
    const float pull = field.im * re[j] - field.re * im[j];
    slope[j] += weight * pull;
    point[j] = theta[j] + reach * (omega[j] + pull);
  }
}

/// The same for the tangent; the first stage is at the tangent itself.
FIQ_INLINE void stage_tangent(FiqKuramoto* self, uint32_t n, const Part* part, FiqComplex field,
                              float weight, float reach, bool is_first)
{
  const float* restrict base = self->tangent;
  const float* restrict re   = self->re;
  const float* restrict im   = self->im;
  float* restrict slope      = self->tangent_slope;
  float* restrict point      = self->tangent_stage;
  const float* restrict at   = is_first ? base : point;
  const FiqComplex weighted  = {mean_product(re, at, n), mean_product(im, at, n)};
  const FiqComplex moved     = field_tangent(weighted, part);
  for (uint32_t j = 0; j < n; ++j) {
    const float here = is_first ? base[j] : point[j];
    const float pull =
        (moved.im * re[j] - moved.re * im[j]) - (field.re * re[j] + field.im * im[j]) * here;
    slope[j] = (is_first ? 0.0f : slope[j]) + weight * pull;
    point[j] = base[j] + reach * pull;
  }
}

/// One part by Runge-Kutta.
FIQ_INLINE void advance(FiqKuramoto* self, uint32_t n, const Part* part)
{
  static const float weight[4] = {1.0f, 2.0f, 2.0f, 1.0f};
  const float        h_s       = part->h_s;
  const float        reach[4]  = {0.5f * h_s, 0.5f * h_s, h_s, 0.0f};
  for (uint32_t j = 0; j < n; ++j) {
    self->slope[j] = 0.0f;
  }
  for (uint32_t i = 0; i < 4; ++i) {
    const FiqComplex z     = mean_phasor(self->re, self->im, n);
    const FiqComplex field = field_of(z, part);
    stage(self, n, field, weight[i], reach[i]);
    if (part->follow) {
      stage_tangent(self, n, part, field, weight[i], reach[i], i == 0);
    }
    if (i < 3) {
      phasors(self->stage_rad, self->re, self->im, n);
    }
  }
  for (uint32_t j = 0; j < n; ++j) {
    const float way    = h_s * (self->omega[j] + self->slope[j] * (1.0f / 6.0f));
    self->theta_rad[j] = wrap_half_open(self->theta_rad[j] + (way + part->turn_rad));
    self->moved_rad[j] += way;
  }
  for (uint32_t j = 0; part->follow && j < n; ++j) {
    self->tangent[j] += h_s * (self->tangent_slope[j] * (1.0f / 6.0f));
  }
  phasors(self->theta_rad, self->re, self->im, n);
}

static void advance_base(FiqKuramoto* self, uint32_t n, const Part* part)
{
  advance(self, n, part);
}

FIQ_AVX2 static void advance_avx2(FiqKuramoto* self, uint32_t n, const Part* part)
{
  advance(self, n, part);
}

/// What a short part needs for each oscillator; lengths are folded into the factors.
typedef struct {
  FiqComplex middle;  // h/2 times the field in the middle of the part
  FiqComplex start;   // h/2 times the field at its start
  FiqComplex moved;   // `reach` times the move of the field with the tangent
  float      drift;   // h/2 gamma
  float      turn;    // rad
  float      damping; // reach over h/2
  float      leap;    // half a leap, rad per unit of the draws
} Short;

typedef struct {
  float* restrict theta;
  float* restrict moved;
  float* restrict re;
  float* restrict im;
  uint32_t* restrict noise;
  const float* draw;
  const float* here; // tangent that the slope is taken at
  const float* base; // tangent that moves on
  float*       next; // where to
} Lines;

typedef struct {
  FiqFloat8 re;
  FiqFloat8 im;
  FiqFloat8 tangent_re;
  FiqFloat8 tangent_im;
} Sums;

/// An even draw of 32 bits about 0, from Marsaglia's xorshift.
FIQ_INLINE int32_t draw_leap(uint32_t* state)
{
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  *state = x;
  return (int32_t)x;
}

/// The same for eight.
FIQ_INLINE void draw_leaps(uint32_t* state, FiqFloat8* leaps)
{
  Words x = *(const Words*)state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  *(Words*)state = x;
  *leaps         = __builtin_convertvector((FiqInt8)x, FiqFloat8);
}

/**
   Eight oscillators from j on. e is half the way; the phasor turns by three shears with
   tan(e) and sin(2 e), whose series are good to 3e-7 for |e| <= 0.06, and with one term more to 0.2.
*/
FIQ_INLINE void fly_eight(const Lines* at, const Short* c, uint32_t j, Sums* sums, bool follow,
                          bool noisy)
{
  const FiqFloat8 re    = *(const FiqFloat8*)(at->re + j);
  const FiqFloat8 im    = *(const FiqFloat8*)(at->im + j);
  const FiqFloat8 drift = *(const FiqFloat8*)(at->draw + j) * c->drift;
  const FiqFloat8 v     = drift + (c->middle.im * re - c->middle.re * im);
  const FiqFloat8 bend  = c->start.re * re + c->start.im * im;
  FiqFloat8       e     = v - v * bend;
  if (noisy) {
    FiqFloat8 leaps;
    draw_leaps(at->noise + j, &leaps);
    e += c->leap * leaps;
  }
  const FiqFloat8 way = e + e;
  const FiqFloat8 raw = *(const FiqFloat8*)(at->theta + j) + (way + c->turn);
  // All ones in those beyond an end, from the sign.
  const FiqFloat8 none         = {0.0f};
  const FiqInt8   circle       = (FiqInt8)(none + FIQ_TWO_PI_F);
  const FiqInt8   below        = (FiqInt8)(raw + FIQ_PI_F) >> 31;
  const FiqInt8   beneath      = (FiqInt8)(raw - FIQ_PI_F) >> 31;
  const FiqFloat8 less         = raw - (FiqFloat8)(~beneath & circle);
  *(FiqFloat8*)(at->theta + j) = less + (FiqFloat8)(below & circle);
  *(FiqFloat8*)(at->moved + j) += way;
  const FiqFloat8 e2 = e * e;
  const FiqFloat8 e3 = e2 * e;
  FiqFloat8       t  = 1.0f / 3.0f + none;
  FiqFloat8       s  = 4.0f / 3.0f + none;
  if (noisy) {
    t += e2 * (2.0f / 15.0f);
    s -= e2 * (4.0f / 15.0f);
  }
  const FiqFloat8 tangent   = e + e3 * t;
  const FiqFloat8 sine      = way - e3 * s;
  const FiqFloat8 sheared   = re - tangent * im;
  const FiqFloat8 im_next   = im + sine * sheared;
  const FiqFloat8 re_next   = sheared - tangent * im_next;
  *(FiqFloat8*)(at->re + j) = re_next;
  *(FiqFloat8*)(at->im + j) = im_next;
  sums->re += re_next;
  sums->im += im_next;
  if (follow) {
    const FiqFloat8 here = *(const FiqFloat8*)(at->here + j);
    const FiqFloat8 pull = (c->moved.im * re - c->moved.re * im) - c->damping * (bend * here);
    const FiqFloat8 next = *(const FiqFloat8*)(at->base + j) + pull;
    *(FiqFloat8*)(at->next + j) = next;
    sums->tangent_re += re_next * next;
    sums->tangent_im += im_next * next;
  }
}

/// The last n % 8, by way of a copy, and only they are written and summed.
FIQ_INLINE void fly_rest(const Lines* at, const Short* c, uint32_t first, uint32_t n, Sums* sums,
                         bool follow, bool noisy)
{
  enum { N_LINES = 8 };
  float    line[N_LINES][LANES] = {{0.0f}};
  uint32_t noise[LANES]         = {0};
  for (uint32_t j = first, k = 0; j < n; ++j, ++k) {
    line[0][k] = at->theta[j];
    line[1][k] = at->moved[j];
    line[2][k] = at->re[j];
    line[3][k] = at->im[j];
    line[4][k] = at->draw[j];
    line[5][k] = at->here[j];
    line[6][k] = at->base[j];
    noise[k]   = at->noise[j];
  }
  const Lines copy  = {line[0], line[1], line[2], line[3], noise,
                       line[4], line[5], line[6], line[7]};
  Sums        other = {{0.0f}, {0.0f}, {0.0f}, {0.0f}};
  fly_eight(&copy, c, 0, &other, follow, noisy);
  for (uint32_t j = first, k = 0; j < n; ++j, ++k) {
    at->theta[j] = line[0][k];
    at->moved[j] = line[1][k];
    at->re[j]    = line[2][k];
    at->im[j]    = line[3][k];
    at->noise[j] = noise[k];
    sums->re[k] += line[2][k];
    sums->im[k] += line[3][k];
    if (follow) {
      at->next[j] = line[7][k];
      sums->tangent_re[k] += line[2][k] * line[7][k];
      sums->tangent_im[k] += line[3][k] * line[7][k];
    }
  }
}

FIQ_INLINE FiqComplex mean_of_lanes(const FiqFloat8* re, const FiqFloat8* im, uint32_t n)
{
  float lane[2][LANES];
  memcpy(lane[0], re, sizeof lane[0]);
  memcpy(lane[1], im, sizeof lane[1]);
  return (FiqComplex){sum_of_lanes(lane[0]) / (float)n, sum_of_lanes(lane[1]) / (float)n};
}

/// One pass over all oscillators.
FIQ_INLINE void fly(FiqKuramoto* self, uint32_t n, const Lines* lines, const Short* constants,
                    bool follow, bool noisy)
{
  const Lines at   = *lines;
  const Short c    = *constants;
  Sums        sums = {{0.0f}, {0.0f}, {0.0f}, {0.0f}};
  uint32_t    j    = 0;
  for (; j + LANES <= n; j += LANES) {
    fly_eight(&at, &c, j, &sums, follow, noisy);
  }
  if (j < n) {
    fly_rest(&at, &c, j, n, &sums, follow, noisy);
  }
  self->mean = mean_of_lanes(&sums.re, &sums.im, n);
  if (follow) {
    self->weighted = mean_of_lanes(&sums.tangent_re, &sums.tangent_im, n);
  }
}

/// The phasors whose turn it is made exact.
FIQ_INLINE void refresh(FiqKuramoto* self, uint32_t n)
{
  const uint32_t first        = n * self->fresh / N_FRESH;
  const uint32_t last         = n * (self->fresh + 1) / N_FRESH;
  const float* restrict theta = self->theta_rad;
  float* restrict re          = self->re;
  float* restrict im          = self->im;
  for (uint32_t j = first; j < last; ++j) {
    const FiqComplex z = phasor(theta[j] - self->frame_rad);
    re[j]              = z.re;
    im[j]              = z.im;
  }
  self->fresh = (self->fresh + 1) % N_FRESH;
}

FIQ_INLINE void fly_part(FiqKuramoto* self, uint32_t n, const Lines* lines, const Short* c,
                         const Part* part)
{
  refresh(self, n);
  const bool is_noisy = part->noise_rad_s > 0.0f;
  if (part->follow && is_noisy) {
    fly(self, n, lines, c, true, true);
  } else if (part->follow) {
    fly(self, n, lines, c, true, false);
  } else if (is_noisy) {
    fly(self, n, lines, c, false, true);
  } else {
    fly(self, n, lines, c, false, false);
  }
}

static void fly_base(FiqKuramoto* self, uint32_t n, const Lines* lines, const Short* c,
                     const Part* part)
{
  fly_part(self, n, lines, c, part);
}

FIQ_AVX2 static void fly_avx2(FiqKuramoto* self, uint32_t n, const Lines* lines, const Short* c,
                              const Part* part)
{
  fly_part(self, n, lines, c, part);
}

/// Mean of phasor times the tangent that the next slope is taken at.
static void weigh(FiqKuramoto* self, uint32_t n)
{
  const float* const here = self->half_s > 0.0f ? self->tangent_stage : self->tangent;
  self->weighted.re       = mean_product(self->re, here, n);
  self->weighted.im       = mean_product(self->im, here, n);
  self->is_weighed        = true;
}

/// Mean phasor `ahead_s` from now, by the parabola through the last three, or the line through two; it
/// becomes part of the past.
static FiqComplex mean_ahead(FiqKuramoto* self, float ahead_s)
{
  const float      per  = 1.0f / self->part_s;
  const FiqComplex rate = {per * (self->mean.re - self->mean_before.re),
                           per * (self->mean.im - self->mean_before.im)};
  const float      span = self->part_s + self->rate_s;
  const float      bend = self->rate_s > 0.0f ? ahead_s * (ahead_s + self->part_s) / span : 0.0f;
  const FiqComplex z = {self->mean.re + ahead_s * rate.re + bend * (rate.re - self->rate_before.re),
                        self->mean.im + ahead_s * rate.im +
                            bend * (rate.im - self->rate_before.im)};
  self->rate_before  = rate;
  self->rate_s       = self->part_s;
  self->mean_before  = self->mean;
  return z;
}

/// One short part; `part_s` > 0 and the phasors are those of the phases.
static void advance_short(FiqKuramoto* self, uint32_t n, const Part* part)
{
  const float      half   = 0.5f * part->h_s;
  const bool       second = self->half_s > 0.0f;
  const float      reach  = part->h_s + self->half_s;
  const FiqComplex middle = mean_ahead(self, half);
  const FiqComplex pull   = field_of(middle, part);
  const FiqComplex start  = field_of(self->mean, part);
  Short            c      = {.middle  = {half * pull.re, half * pull.im},
                             .start   = {half * start.re, half * start.im},
                             .drift   = half * part->gamma_rad_s,
                             .turn    = part->turn_rad,
                             .damping = reach / half,
                             .leap    = 0.5f * leap_unit * part->noise_rad_s * sqrtf(part->h_s)};
  if (part->follow) {
    if (!self->is_weighed) {
      weigh(self, n);
    }
    const FiqComplex moved = field_tangent(self->weighted, part);
    c.moved                = (FiqComplex){reach * moved.re, reach * moved.im};
  }
  const Lines lines = {.theta = self->theta_rad,
                       .moved = self->moved_rad,
                       .re    = self->re,
                       .im    = self->im,
                       .noise = self->noise,
                       .draw  = part->draw,
                       .here  = second ? self->tangent_stage : self->tangent,
                       .base  = self->tangent,
                       .next  = second ? self->tangent : self->tangent_stage};
  (self->use_avx2 ? fly_avx2 : fly_base)(self, n, &lines, &c, part);
  self->part_s     = part->h_s;
  self->frame_rad  = fiq_wrap_rad(self->frame_rad + part->turn_rad);
  self->half_s     = part->follow && !second ? part->h_s : 0.0f;
  self->is_weighed = part->follow;
}

static void set_natural_frequencies(FiqKuramoto* self, const Part* part, uint32_t n)
{
  for (uint32_t j = 0; j < n; ++j) {
    self->omega[j] = part->gamma_rad_s * part->draw[j];
  }
}

/// The tangent in the middle of two short parts becomes whole, by the slope that it has.
static void end_half(FiqKuramoto* self, uint32_t n)
{
  if (self->half_s > 0.0f) {
    memcpy(self->tangent, self->tangent_stage, n * sizeof(float));
    self->half_s     = 0.0f;
    self->is_weighed = false;
  }
}

/// One leap of noise each, of `scale` rad per unit of the draws.
FIQ_INLINE void leap(FiqKuramoto* self, uint32_t n, float scale)
{
  uint32_t* restrict noise = self->noise;
  float* restrict theta    = self->theta_rad;
  float* restrict moved    = self->moved_rad;
  for (uint32_t j = 0; j < n; ++j) {
    const float way = scale * (float)draw_leap(&noise[j]);
    theta[j]        = wrap_half_open(theta[j] + way);
    moved[j] += way;
  }
  look(self, n);
}

static void leap_base(FiqKuramoto* self, uint32_t n, float scale)
{
  leap(self, n, scale);
}

FIQ_AVX2 static void leap_avx2(FiqKuramoto* self, uint32_t n, float scale)
{
  leap(self, n, scale);
}

/// What the mean phasor leaps is not part of its course.
static void add_noise(FiqKuramoto* self, uint32_t n, const Part* part)
{
  const FiqComplex here  = self->mean;
  const float      scale = leap_unit * part->noise_rad_s * sqrtf(part->h_s);
  (self->use_avx2 ? leap_avx2 : leap_base)(self, n, scale);
  self->mean_before.re += self->mean.re - here.re;
  self->mean_before.im += self->mean.im - here.im;
}

/// `n_parts` parts by Runge-Kutta, in the frame of the world.
static void advance_exactly(FiqKuramoto* self, uint32_t n, Part* part, uint32_t n_parts)
{
  const bool       has_outer = fabsf(part->outer.re) + fabsf(part->outer.im) > 0.0f;
  const FiqComplex turn      = phasor(part->turn_rad);
  if (fabsf(self->frame_rad) > 0.0f) {
    look_anew(self, n);
  }
  end_half(self, n);
  set_natural_frequencies(self, part, n);
  for (uint32_t i = 0; i < n_parts; ++i) {
    self->mean_before = times(self->mean, turn);
    (self->use_avx2 ? advance_avx2 : advance_base)(self, n, part);
    self->mean = mean_phasor(self->re, self->im, n);
    if (part->noise_rad_s > 0.0f) {
      add_noise(self, n, part);
    }
    if (has_outer) {
      part->outer = times(part->outer, turn);
    }
  }
  self->part_s     = n > FIQ_KURAMOTO_EXACT ? part->h_s : 0.0f;
  self->rate_s     = 0.0f;
  self->is_weighed = false;
}

/// `n_parts` short parts; the first one of all has no past to draw the field from.
static void advance_shortly(FiqKuramoto* self, uint32_t n, Part* part, uint32_t n_parts)
{
  uint32_t i = 0;
  if (self->part_s <= 0.0f) {
    advance_exactly(self, n, part, 1);
    i = 1;
  }
  if ((n_parts - i) % 2 == 0) {
    end_half(self, n); // else the tangent would never be whole at the end of a step
  }
  const FiqComplex into = phasor(-self->frame_rad);
  part->outer           = times(part->outer, into);
  for (; i < n_parts; ++i) {
    advance_short(self, n, part);
  }
}

static Part part_of(const FiqKuramoto* self, const FiqKuramotoParams* params)
{
  const bool       is_normal = params->distribution == FIQ_KURAMOTO_NORMAL;
  const float      k         = params->coupling;
  const FiqComplex unit      = phasor(params->lag_rad);
  return (Part){.coupling    = {k * unit.re, -k * unit.im},
                .outer       = {params->field_re, params->field_im},
                .draw        = is_normal ? self->normal : self->uniform,
                .gamma_rad_s = params->gamma_rad_s,
                .noise_rad_s = params->noise_rad_s,
                .follow      = params->follow};
}

/// Short parts that a step of `way_s` takes, 0 if it shall go by Runge-Kutta.
static uint32_t n_short_parts(const FiqKuramotoParams* params, float pull, float way_s)
{
  const bool  is_normal = params->distribution == FIQ_KURAMOTO_NORMAL;
  const float width     = params->gamma_rad_s * (is_normal ? draw_max : 1.0f);
  const float by_rate   = way_s * (2.0f * pull + params->gamma_rad_s) * (1.0f / short_reach);
  const float angle     = way_s * (pull + width);
  const float wish      = fmaxf(1.0f, ceilf(fmaxf(by_rate, angle * (1.0f / short_angle))));
  const float leap      = leap_max * params->noise_rad_s * sqrtf(way_s / wish);
  const bool  is_wanted = params->n_osc > FIQ_KURAMOTO_EXACT && way_s > 0.0f;
  const bool  is_short  = wish <= (float)SHORT_PARTS && angle / wish + leap <= leap_angle;
  return is_wanted && is_short ? (uint32_t)wish : 0;
}

void fiq_kuramoto_step(FiqKuramoto* self, const FiqKuramotoParams* params, float dt_s)
{
  assert(self);
  assert(params);
  assert(params->n_osc >= 1 && params->n_osc <= self->n_osc_max);
  assert(fabsf(params->coupling) <= (float)FIQ_KURAMOTO_COUPLING_MAX);
  assert(params->speed >= 0.0f && params->speed <= 10.0f);
  assert(params->gamma_rad_s >= 0.0f);
  assert(params->noise_rad_s >= 0.0f && params->noise_rad_s <= 10.0f);
  assert(fabsf(params->field_re) <= (float)FIQ_KURAMOTO_COUPLING_MAX);
  assert(fabsf(params->field_im) <= (float)FIQ_KURAMOTO_COUPLING_MAX);
  assert(dt_s >= 0.0f && dt_s <= 1.0f);
  const uint32_t n     = params->n_osc;
  const float    way_s = dt_s * params->speed;
  const float    pull  = fabsf(params->coupling) + sqrtf(params->field_re * params->field_re +
                                                         params->field_im * params->field_im);
  Part           part  = part_of(self, params);
  if (n != self->n_osc) {
    look_anew(self, n); // the phasors of newcomers are stale, and so is the mean
    memset(self->moved_rad, 0, self->n_osc_max * sizeof(float));
    self->part_s = 0.0f;
  }
  memset(self->moved_rad, 0, n * sizeof(float));
  const uint32_t n_short = n_short_parts(params, pull, way_s);
  // Without coupling the slope is constant and one part of any length is exact.
  const float rate  = pull > 0.0f ? pull + params->gamma_rad_s : 0.0f;
  const float wish  = fiq_clamp(ceilf(way_s * rate * 2.0f), 1.0f, (float)PARTS_MAX);
  const float parts = n_short > 0 ? (float)n_short : wish;
  part.h_s          = way_s / parts;
  part.turn_rad     = fiq_wrap_rad(part.h_s * params->centre_rad_s);
  self->turned_rad  = way_s * params->centre_rad_s;
  if (n_short > 0) {
    advance_shortly(self, n, &part, n_short);
  } else {
    advance_exactly(self, n, &part, (uint32_t)wish);
  }
  observe(self);
}

bool fiq_kuramoto_tangent_is_whole(const FiqKuramoto* self)
{
  return self->half_s <= 0.0f;
}

/// Take the common part off; root mean square of the rest.
FIQ_INLINE float centre_tangent(FiqKuramoto* self, uint32_t n, float* shift)
{
  *shift = mean(self->tangent, n);
  for (uint32_t j = 0; j < n; ++j) {
    self->tangent[j] -= *shift;
  }
  return sqrtf(mean_product(self->tangent, self->tangent, n));
}

static float centre_tangent_base(FiqKuramoto* self, uint32_t n, float* shift)
{
  return centre_tangent(self, n, shift);
}

FIQ_AVX2 static float centre_tangent_avx2(FiqKuramoto* self, uint32_t n, float* shift)
{
  return centre_tangent(self, n, shift);
}

float fiq_kuramoto_tangent_growth(FiqKuramoto* self)
{
  assert(self);
  assert(fiq_kuramoto_tangent_is_whole(self));
  const uint32_t n     = self->n_osc;
  float          shift = 0.0f;
  const float rest = (self->use_avx2 ? centre_tangent_avx2 : centre_tangent_base)(self, n, &shift);
  // One oscillator has nothing but the common part.
  if (n == 1 || !(rest > 1e-18f && rest < 1e18f)) {
    reset_tangent(self, 0);
    return n == 1 || rest <= 1e-18f ? 0.0f : INFINITY;
  }
  const float gain = 1.0f / rest;
  for (uint32_t j = 0; j < n; ++j) {
    self->tangent[j] *= gain;
  }
  self->weighted.re = (self->weighted.re - shift * self->mean.re) * gain;
  self->weighted.im = (self->weighted.im - shift * self->mean.im) * gain;
  return logf(rest);
}

void fiq_kuramoto_adopt(FiqKuramoto* self, const FiqKuramoto* old)
{
  assert(self);
  assert(old);
  const uint32_t n      = self->n_osc_max < old->n_osc_max ? self->n_osc_max : old->n_osc_max;
  float* const   to[]   = {self->uniform, self->normal, self->theta_rad, self->moved_rad,
                           self->re,      self->im,     self->tangent,   self->tangent_stage};
  float* const   from[] = {old->uniform, old->normal, old->theta_rad, old->moved_rad,
                           old->re,      old->im,     old->tangent,   old->tangent_stage};
  for (uint32_t i = 0; i < sizeof to / sizeof to[0]; ++i) {
    memcpy(to[i], from[i], n * sizeof(float));
  }
  memcpy(self->noise, old->noise, n * sizeof(uint32_t));
  self->mean        = old->mean;
  self->mean_before = old->mean_before;
  self->weighted    = old->weighted;
  self->rate_before = old->rate_before;
  self->part_s      = old->part_s;
  self->rate_s      = old->rate_s;
  self->half_s      = old->half_s;
  self->frame_rad   = old->frame_rad;
  self->turned_rad  = old->turned_rad;
  self->order       = old->order;
  self->psi_rad     = old->psi_rad;
  self->n_osc       = old->n_osc; // if that is too many, the next step looks anew
  self->fresh       = old->fresh;
  self->is_weighed  = old->is_weighed;
}

float fiq_kuramoto_critical(float gamma_rad_s, int distribution)
{
  return gamma_rad_s * (distribution == FIQ_KURAMOTO_NORMAL ? 1.59576912f : 1.27323954f);
}
