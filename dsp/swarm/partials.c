// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/swarm/swarm_state.h"

#include "dsp/base/simd.h"
#include "dsp/base/trig_turns.h"
#include "dsp/notes/just_intonation.h"

#include <assert.h>
#include <string.h>

enum { CHUNK = FIQ_LOBE_CHUNK, PARTIALS = FIQ_SWARM_PARTIALS_MAX, EVEN_FROM = 32 };

static const float least_apart  = 0.1f;   // places closer than this cannot be made wide
static const float most_offset  = 0.215f; // turns
static const float offset_moves = 0.15f;  // over the whole

static bool has_partial(int32_t h, uint32_t limit)
{
  assert(h >= 1);
  return limit == 0 || fiq_just_allows((uint32_t)h, limit);
}

/// Part of the oscillators that partial `h` sounds from, against the first.
static float share_of(int32_t h)
{
  return 1.0f / (float)(h < EVEN_FROM ? h : EVEN_FROM);
}

/// Shares of the partials: in proportion to 1/h, and from the 32nd on even, as they would be left without otherwise.
void fiq_swarm_share_partials(FiqSwarm* self, int32_t n_partials, uint32_t limit)
{
  assert(n_partials >= 1 && n_partials <= FIQ_SWARM_PARTIALS_MAX);
  float   total = 0.0f;
  int32_t last  = 1;
  for (int32_t h = 1; h <= n_partials; ++h) {
    last = has_partial(h, limit) ? h : last;
    total += has_partial(h, limit) ? share_of(h) : 0.0f;
  }
  int32_t h   = 1;
  float   sum = 1.0f;
  memset(self->partials.parts, 0, sizeof self->partials.parts);
  for (int32_t i = 0; i < 256; ++i) {
    while (h < last && ((float)i + 0.5f) * total >= sum * 256.0f) {
      do {
        h += 1;
      } while (!has_partial(h, limit));
      sum += share_of(h);
    }
    self->partials.of[i] = (uint8_t)(h - 1);
    self->partials.parts[h - 1] += 1;
  }
  self->partials.n       = n_partials;
  self->partials.limit   = limit;
  self->partials.n_ready = 0;
}

/// Share the partials that are asked for; whether they are others than before.
bool fiq_swarm_update_partial_map(FiqSwarm* self)
{
  assert(self->step.params.partials >= 1.0f);
  const FiqSwarmParams* p          = &self->params;
  const int32_t         n_partials = (int32_t)fiq_clamp(rintf(p->partials), 1.0f, (float)PARTIALS);
  const uint32_t        limit      = (uint32_t)fiq_clamp(rintf(p->partial_limit), 0.0f, 13.0f);
  if (n_partials == self->partials.n && limit == self->partials.limit) {
    return false;
  }
  fiq_swarm_share_partials(self, n_partials, limit);
  return true;
}

/// Places between left and right, drifting.
static void set_pan(FiqSwarm* self, bool changed)
{
  assert(self->step_frames > 0);
  // Neighbouring sinusoids lie far apart, and the first ones near the middle.
  static const float    at[FIQ_LOBE_PLACES] = {-1.0f, 1.0f, -5.0f, 5.0f, -3.0f, 3.0f, -7.0f, 7.0f};
  const FiqSwarmParams* p                   = &self->step.params;
  const float           step_s = (float)self->step_frames / (float)self->sample_rate_hz;
  const float           depth  = fiq_clamp(p->motion_depth, 0.0f, 1.0f);
  self->places.motion += p->motion_hz * step_s;
  self->places.motion -= floorf(self->places.motion);
  if (!changed && depth <= 0.0f) {
    return;
  }
  for (int k = 0; k < FIQ_LOBE_PLACES; ++k) {
    const float drift  = sinf(FIQ_TWO_PI_F * (self->places.motion + (float)k / FIQ_LOBE_PLACES));
    const float place  = fiq_mix(at[k] * (1.0f / 7.0f), drift, depth);
    const float angle  = 0.25f * FIQ_PI_F * (1.0f + p->width * place);
    self->places.at[k] = place;
    self->places.pan[0][k] = cosf(angle);
    self->places.pan[1][k] = sinf(angle);
  }
}

enum { OFFSETS = FIQ_SWARM_OFFSETS };

// 1 where the number of bits is odd, -1 where it is even: by the sequence of Thue and Morse it is neither even nor periodic.
static const float bit_sign[OFFSETS] = {-1.0f, 1.0f,  1.0f,  -1.0f, 1.0f,  -1.0f, -1.0f, 1.0f,
                                        1.0f,  -1.0f, -1.0f, 1.0f,  -1.0f, 1.0f,  1.0f,  -1.0f,
                                        1.0f,  -1.0f, -1.0f, 1.0f,  -1.0f, 1.0f,  1.0f,  -1.0f,
                                        -1.0f, 1.0f,  1.0f,  -1.0f, 1.0f,  -1.0f, -1.0f, 1.0f};

FIQ_INLINE void find_offsets(FiqSwarmPlaces* restrict places, float angle, float near)
{
  float at[OFFSETS];
  float* restrict left   = places->offset[0];
  float* restrict right  = places->offset[1];
  float* restrict cosine = places->aim.cosine;
  float* restrict sine   = places->aim.sine;
  for (uint32_t i = 0; i < OFFSETS; ++i) {
    at[i] = (float)(1 + i % 3) * places->motion + 0.381966f * (float)i;
  }
  for (uint32_t i = 0; i < OFFSETS; ++i) {
    const float moved  = offset_moves * fiq_sine_turns(fiq_wrap_turns(at[i]));
    const float half   = 0.5f / FIQ_TWO_PI_F * angle * (bit_sign[i] + moved);
    const float turns  = fiq_angle_turns(fiq_sine_turns(half), near * fiq_cosine_turns(half));
    const float offset = fiq_clamp(turns, -most_offset, most_offset);
    left[i]            = -offset;
    right[i]           = offset;
    cosine[i]          = fiq_cosine_turns(offset);
    sine[i]            = fiq_sine_turns(offset);
  }
  for (uint32_t i = 0; i < FIQ_SWARM_BLOCK; ++i) {
    left[OFFSETS + i]   = left[i];
    right[OFFSETS + i]  = right[i];
    cosine[OFFSETS + i] = cosine[i];
    sine[OFFSETS + i]   = sine[i];
  }
}

static void find_offsets_base(FiqSwarmPlaces* places, float angle, float near)
{
  assert(places && near > 0.0f);
  find_offsets(places, angle, near);
}

FIQ_AVX2 static void find_offsets_avx2(FiqSwarmPlaces* places, float angle, float near)
{
  assert(places && near > 0.0f);
  find_offsets(places, angle, near);
}

/// By how much left and right aim beside the common phase.
void fiq_swarm_set_offsets(FiqSwarm* self)
{
  assert(self->step.params.phase_width_rad >= 0.0f);
  FiqSwarmPlaces* const places = &self->places;
  const float           angle  = self->step.params.phase_width_rad;
  float                 apart  = 0.0f;
  float                 all    = 1e-6f;
  for (uint32_t k = 0; k < FIQ_LOBE_PLACES; ++k) {
    const float beyond = places->pan[1][k] - places->pan[0][k];
    apart += fiq_swarm_side(k) ? beyond : -beyond;
    all += places->pan[0][k] + places->pan[1][k];
  }
  self->step.widens = angle > 0.0f && self->step.coupled;
  if (!self->step.widens) {
    return;
  }
  const float near = fiq_max(fabsf(apart) / all, least_apart);
  (self->use_avx2 ? find_offsets_avx2 : find_offsets_base)(places, angle, near);
}

static void set_partials(FiqSwarm* self)
{
  assert(self);
  const FiqSwarmParams* p    = &self->step.params;
  const float           even = 1.0f + fiq_clamp(p->odd_even, -1.0f, 0.0f);
  const float           odd  = 1.0f - fiq_clamp(p->odd_even, 0.0f, 1.0f);
  for (uint32_t h = 1; h <= PARTIALS; ++h) {
    const float octave           = log2f((float)h);
    const float tilt             = fiq_db_to_gain(p->tilt_db_per_octave * octave);
    self->partials.log[h - 1]    = logf((float)h);
    self->partials.gain[h - 1]   = tilt * (h == 1 ? 1.0f : h % 2 == 0 ? even : odd);
    self->partials.octave[h - 1] = (1.0f + p->stretch) * octave;
    self->partials.ratio[h - 1]  = exp2f(self->partials.octave[h - 1]);
  }
}

/// The parameters as they are now, and what follows from those that have changed.
void fiq_swarm_take_params(FiqSwarm* self, bool all)
{
  assert(self);
  const FiqSwarmParams        old = self->step.params;
  const FiqSwarmParams* const p   = &self->params;
  self->step.params               = *p;
  if (all || fiq_swarm_differs(old.tilt_db_per_octave, p->tilt_db_per_octave) ||
      fiq_swarm_differs(old.odd_even, p->odd_even) || fiq_swarm_differs(old.stretch, p->stretch)) {
    set_partials(self);
  }
  if (all || fiq_swarm_differs(old.tone.cutoff_hz, p->tone.cutoff_hz)) {
    self->partials.cutoff_octave = log2f(p->tone.cutoff_hz);
  }
  set_pan(self, all || old.motion_depth > 0.0f || fiq_swarm_differs(old.width, p->width));
}

/// Asleep, what the next sound begins with is made ready, a little of it in each step.
void fiq_swarm_make_ready(FiqSwarm* self)
{
  assert(self->rest.asleep);
  enum { N_AT_ONCE = 8 };
  fiq_swarm_take_params(self, false);
  (void)fiq_swarm_update_partial_map(self);
  for (uint32_t i = 0; i < N_AT_ONCE && self->partials.n_ready < self->anneal.capacity; ++i) {
    fiq_swarm_group_chunk(self, self->partials.n_ready);
    self->partials.n_ready += CHUNK;
  }
}
