// SPDX-License-Identifier: GPL-3.0-or-later
#include "swarm.h"

#include "maths.h"
#include "prime.h"
#include "simd.h"

#include <assert.h>
#include <string.h>

enum {
  CHUNK    = FIQ_LOBE_CHUNK,
  GROUPS   = FIQ_SWARM_GROUPS,
  PARTIALS = FIQ_SWARM_PARTIALS_MAX,
  SILENT   = FIQ_SWARM_SILENT,
  N_SUMS   = GROUPS + 1,
  NO_SLOT  = 255,
  JUDGED   = 256, // oscillators that tell the uncertainty
  BINS     = 16
};

/// Portions of work after the chunks, in order.
enum { MEASURE, MIX_LEFT, FFT_LEFT, SUM_LEFT, MIX_RIGHT, FFT_RIGHT, SUM_RIGHT, N_LAST_ITEMS };

static const float note_amplitude = 0.1f; // of a note at velocity 1, rms times sqrt 2
static const float slew_s         = 0.012f;
static const float measure_s      = 0.006f; // between measures of order where nothing is coupled
static const float rest_s         = 0.02f;  // and where nobody moves either
static const float order_tau_s    = 1.5f;
static const float count_tau_s    = 0.03f; // numbers and mean detune
static const float linger_s       = 0.5f;  // partials without members
static const float judge_s        = 0.01f; // between judgements of uncertainty
static const float reshape_s      = 0.05f; // from one distribution of detune to the other
static const float fade_start_nu =
    0.405f; // from here to the end oscillators fade out, and what coupling
static const float fade_end_nu = 0.437f; // makes of the last of them stays below FIQ_LOBE_NU_MAX
static const float surge       = 6.0f;   // power over the mean that a chorus hardly ever reaches
static const float faintest =
    0.0025f; // power of a note's partials over that of the strongest there is
static const float least_power = 0.02f; // of a group whose phases flee each other

// Multipliers of the R2 low-discrepancy sequence (Roberts 2018) and of the golden ratio, times 2^32.
static const uint32_t detune_step  = 2654435769u;
static const uint32_t partial_step = 2447445414u;

// ---- one chunk of oscillators ----

/// sin(2 pi t) for |t| <= 1/4, error below 6e-7.
FIQ_INLINE float sine_quarter(float t)
{
  const float t2 = t * t;
  return t * (6.28316404f + t2 * (-41.3371417f + t2 * (81.3407436f + t2 * -70.9931589f)));
}

FIQ_INLINE float sine_turns(float t)
{
  return copysignf(sine_quarter(0.25f - fabsf(fabsf(t) - 0.25f)), t);
}

FIQ_INLINE float cosine_turns(float t)
{
  return sine_quarter(0.25f - fabsf(t));
}

/// To [-0.5, 0.5], for |t| < 2^21; adding 1.5 * 2^23 rounds in every instruction set.
FIQ_INLINE float wrap_turns(float t)
{
  const float magic = 12582912.0f;
  return t - ((t + magic) - magic);
}

/// e^x for |x| <= 80, relative error below 3e-7.
FIQ_INLINE float exponential(float x)
{
  const float magic   = 12582912.0f;
  const float scaled  = x * 1.44269504f;
  const float rounded = (scaled + magic) - magic;
  const float f       = scaled - rounded;
  const float p =
      1.0f +
      f * (0.693146980f +
           f * (0.240222420f + f * (0.0555073400f + f * (0.00967151000f + f * 0.00132647000f))));
  const int32_t bits = ((int32_t)rounded + 127) * (1 << 23);
  float         power;
  memcpy(&power, &bits, sizeof power);
  return p * power;
}

/// One chunk under work; copies, so that nothing aliases and all loops are vectors.
typedef struct {
  float next[CHUNK];   ///< frequency to come, cycles per sample
  float bent[CHUNK];   ///< what coupling adds to it
  float target[CHUNK]; ///< amplitude of the group
  float pitch[CHUNK];
  float pull[CHUNK];
  float psi[CHUNK];
  float detune[CHUNK]; ///< in units of the spread
} Work;

/// What the groups hold for each member.
FIQ_INLINE void look_up(const FiqSwarm* restrict self, uint32_t first, Work* restrict work)
{
  const uint16_t* restrict group       = self->group + first;
  const FiqSwarmGroup* restrict member = self->member;
  // Whole entries are fetched and turned round; single floats would take a load and an insertion each.
  for (int i = 0; !self->step.coupled && i < CHUNK; i += 4) {
    fiq_transpose_two((const FiqFloat4*)&member[group[i]], (const FiqFloat4*)&member[group[i + 1]],
                      (const FiqFloat4*)&member[group[i + 2]],
                      (const FiqFloat4*)&member[group[i + 3]], work->target + i, work->pitch + i);
  }
  for (int i = 0; self->step.coupled && i < CHUNK; i += 4) {
    float* const row[4] = {work->target + i, work->pitch + i, work->pull + i, work->psi + i};
    fiq_transpose((const FiqFloat4*)&member[group[i]], (const FiqFloat4*)&member[group[i + 1]],
                  (const FiqFloat4*)&member[group[i + 2]], (const FiqFloat4*)&member[group[i + 3]],
                  row);
  }
  if (first + CHUNK > self->step.n_target) {
    for (uint32_t i = 0; i < CHUNK; ++i) {
      work->target[i] = first + i < self->step.n_target ? work->target[i] : 0.0f;
    }
  }
}

FIQ_INLINE float detune_of(uint32_t i)
{
  return (float)(int32_t)(i * detune_step) * 0x1p-31f;
}

/// Detune of every oscillator, uniform or as far normal as it shall be.
FIQ_INLINE void find_detune(const FiqSwarm* restrict self, uint32_t first, float* restrict detune)
{
  for (uint32_t i = 0; i < CHUNK; ++i) {
    detune[i] = detune_of(first + i);
  }
  const float* restrict curve = self->normal;
  for (uint32_t i = 0; self->step.normal && i < CHUNK; ++i) {
    const float at = (detune[i] + 1.0f) * (0.5f * (float)FIQ_SWARM_NORMAL);
    const float inside =
        at < (float)FIQ_SWARM_NORMAL - 0.01f ? at : (float)FIQ_SWARM_NORMAL - 0.01f;
    const int32_t k      = (int32_t)inside;
    const float   normal = curve[k] + (inside - (float)k) * (curve[k + 1] - curve[k]);
    detune[i] += self->normality * (normal - detune[i]);
  }
}

/// Frequency of every oscillator, cycles per sample.
FIQ_INLINE void find_frequency(const FiqSwarmFrame* restrict step, const float* restrict sway,
                               const float* restrict x, Work* restrict work)
{
  const float spread  = step->spread;
  const float inverse = step->cents ? 1.0f / FIQ_CARRIER_F0_HZ : 0.0f;
  if (step->still) {
    // e^y by its series: |y| is below 0.11, and below 0.06 where detune is uniform.
    for (uint32_t i = 0; i < CHUNK; ++i) {
      const float y = work->detune[i] * spread;
      work->next[i] = work->pitch[i] *
                      (1.0f + y * (1.0f + y * (0.5f + y * (1.0f / 6.0f + y * (1.0f / 24.0f)))));
    }
  } else {
    for (uint32_t i = 0; i < CHUNK; ++i) {
      const float base = step->cents ? 1.0f : x[i];
      work->next[i] =
          work->pitch[i] * base * exponential(x[i] * inverse + work->detune[i] * spread);
    }
  }
  for (uint32_t i = 0; step->n_sway > 0 && i < CHUNK; ++i) {
    work->next[i] *= sway[i];
  }
}

FIQ_INLINE void find_pull(const float* restrict phi, Work* restrict work)
{
  for (int i = 0; i < CHUNK; ++i) {
    work->bent[i] = work->pull[i] * sine_turns(wrap_turns(work->psi[i] - phi[i]));
  }
}

FIQ_INLINE void add_noise(const FiqSwarm* restrict self, uint32_t first, Work* restrict work)
{
  float              sign;
  const float* const noise =
      fiq_carriers_noise(&self->carriers, first / CHUNK, self->step.noise_salt, &sign);
  const float sigma = self->step.noise * sign;
  for (int i = 0; i < CHUNK; ++i) {
    work->bent[i] += sigma * noise[i];
  }
}

/// Whether all frequencies lie where nothing fades out: what is missing to there has its sign set everywhere. A
/// comparison of eight floats would be taken apart where registers hold four.
FIQ_INLINE bool is_inside(const Work* restrict work)
{
  FiqInt8 inside = {-1, -1, -1, -1, -1, -1, -1, -1};
  for (int i = 0; i < CHUNK; i += 8) {
    const FiqFloat8 next = *(const FiqFloat8*)(work->next + i);
    const FiqFloat8 bent = *(const FiqFloat8*)(work->bent + i);
    inside &= (FiqInt8)(next + bent - fade_start_nu) & (FiqInt8)(next - bent - fade_start_nu);
  }
  int32_t all = -1;
  for (int k = 0; k < 8; ++k) {
    all &= inside[k];
  }
  return all < 0;
}

/// Amplitudes on their way to those of their groups; the target is limited to what lies in the band.
FIQ_INLINE void move_amplitude(Work* restrict work, float* restrict amplitude,
                               uint8_t* restrict slew)
{
  const float fade   = 1.0f / (fade_end_nu - fade_start_nu);
  uint64_t    slewed = 0;
  for (int i = 0; i < CHUNK; i += 8) {
    uint64_t eight;
    memcpy(&eight, slew + i, sizeof eight);
    slewed |= eight;
  }
  const bool inside = is_inside(work);
  float      limit[CHUNK];
  for (int i = 0; !inside && i < CHUNK; ++i) {
    const float next  = work->next[i] < FIQ_LOBE_NU_MAX ? work->next[i] : FIQ_LOBE_NU_MAX;
    const float inner = (fade_end_nu - next - fabsf(work->bent[i])) * fade;
    const float below = inner < 1.0f ? inner : 1.0f;
    const float held  = below > 0.0f ? below : 0.0f;
    limit[i]          = held * held * (3.0f - 2.0f * held);
    work->next[i]     = next;
    work->target[i] *= limit[i];
  }
  if (slewed == 0) {
    memcpy(amplitude, work->target, sizeof work->target);
    return;
  }
  for (int i = 0; i < CHUNK; ++i) {
    const int32_t left = slew[i] > 1 ? slew[i] : 1;
    amplitude[i] += (work->target[i] - amplitude[i]) / (float)left;
  }
  for (int i = 0; i < CHUNK; ++i) {
    slew[i] = (uint8_t)(slew[i] - (slew[i] > 0 ? 1 : 0));
  }
  // A slow change of level must not outlast a quick one of frequency.
  for (int i = 0; !inside && i < CHUNK; ++i) {
    amplitude[i] *= limit[i];
  }
}

/// Phases by the trapezoid.
FIQ_INLINE void move_phase(Work* restrict work, float* restrict nu, float* restrict phi,
                           float* restrict lobe_nu, float frames, bool bends)
{
  for (int i = 0; i < CHUNK; ++i) {
    const float next  = work->next[i];
    const float bent  = bends ? work->bent[i] : 0.0f;
    phi[i]            = wrap_turns(phi[i] + ((nu[i] + next) * 0.5f + bent) * frames);
    nu[i]             = next;
    const float sum   = next + bent;
    const float above = sum > 0.0f ? sum : 0.0f;
    lobe_nu[i]        = above < FIQ_LOBE_NU_MAX ? above : FIQ_LOBE_NU_MAX;
  }
}

FIQ_INLINE void make_lobes(const float* restrict phi, const float* restrict amplitude,
                           FiqLobes* restrict lobes)
{
  for (int i = 0; i < CHUNK; ++i) {
    lobes->re[i] = amplitude[i] * cosine_turns(phi[i]);
    lobes->im[i] = amplitude[i] * sine_turns(phi[i]);
  }
}

/// Add the first `n` of the chunk to the sums of their groups, lane by lane.
FIQ_INLINE void add_sums(const uint16_t* restrict group, uint32_t n, const float* restrict cosine,
                         const float* restrict sine, const float* restrict detune,
                         FiqSwarmSum* restrict sum)
{
  const FiqFloat4 one = {1.0f, 1.0f, 1.0f, 1.0f};
  uint32_t        at[CHUNK];
  for (uint32_t i = 0; i < CHUNK; ++i) {
    const uint32_t heard = group[i] < GROUPS && i < n ? group[i] : GROUPS;
    at[i]                = heard * FIQ_SWARM_LANES + i % FIQ_SWARM_LANES;
  }
  for (uint32_t i = 0; i < CHUNK; i += 4) {
    FiqFloat4    each[4];
    float* const row[4] = {(float*)&each[0], (float*)&each[1], (float*)&each[2], (float*)&each[3]};
    fiq_transpose((const FiqFloat4*)&cosine[i], (const FiqFloat4*)&sine[i], &one,
                  (const FiqFloat4*)&detune[i], row);
    for (uint32_t k = 0; k < 4; ++k) {
      *(FiqFloat4*)(sum + at[i + k]) += each[k];
    }
  }
}

/// The same, and what each oscillator adds to the sums of its group.
FIQ_INLINE void make_lobes_and_sums(const FiqSwarm* restrict self, uint32_t first,
                                    const float* restrict place, FiqLobes* restrict lobes,
                                    FiqSwarmSum* restrict sum)
{
  const float* restrict phi       = self->phi + first;
  const float* restrict amplitude = self->amplitude + first;
  const float spread              = self->step.spread;
  float       cosine[CHUNK];
  float       sine[CHUNK];
  float       detune[CHUNK];
  for (uint32_t i = 0; i < CHUNK; ++i) {
    // (e^(d s) - 1) / s by its series: |d s| is below 0.11.
    const float d = place[i];
    cosine[i]     = cosine_turns(phi[i]);
    sine[i]       = sine_turns(phi[i]);
    detune[i]     = d * (1.0f + d * spread * (0.5f + d * spread * (1.0f / 6.0f)));
    lobes->re[i]  = amplitude[i] * cosine[i];
    lobes->im[i]  = amplitude[i] * sine[i];
  }
  const uint32_t n = self->step.n_run - first;
  add_sums(self->group + first, n < CHUNK ? n : CHUNK, cosine, sine, detune, sum);
}

/// Phases, amplitudes and lobes of one chunk.
FIQ_INLINE void oscillate(FiqSwarm* restrict self, uint32_t first, Work* restrict work,
                          FiqLobes* restrict lobes)
{
  const FiqSwarmFrame* restrict step = &self->step;
  look_up(self, first, work);
  find_detune(self, first, work->detune);
  find_frequency(step, self->sway + (step->n_sway > 0 ? first % step->n_sway : 0),
                 self->carriers.x + first, work);
  if (step->coupled) {
    find_pull(self->phi + first, work);
  } else {
    memset(work->bent, 0, sizeof work->bent);
  }
  if (step->noise > 0.0f) {
    add_noise(self, first, work);
  }
  move_amplitude(work, self->amplitude + first, self->slew + first);
  move_phase(work, self->nu + first, self->phi + first, lobes->nu, (float)self->step_frames,
             step->bends);
  if (step->measure) {
    make_lobes_and_sums(self, first, work->detune, lobes, self->sum);
  } else {
    make_lobes(self->phi + first, self->amplitude + first, lobes);
  }
}

static void oscillate_base(FiqSwarm* self, uint32_t first, Work* work, FiqLobes* lobes)
{
  oscillate(self, first, work, lobes);
}

FIQ_AVX2 static void oscillate_avx2(FiqSwarm* self, uint32_t first, Work* work, FiqLobes* lobes)
{
  oscillate(self, first, work, lobes);
}

FIQ_AVX512 static void oscillate_avx512(FiqSwarm* self, uint32_t first, Work* work, FiqLobes* lobes)
{
  oscillate(self, first, work, lobes);
}

static float random_turns(const FiqSwarm* self, uint32_t i)
{
  const uint32_t bits = fiq_carriers_hash(i, self->seed + self->step_count * 7919u);
  return (float)(bits >> 8) * 0x1p-24f - 0.5f;
}

static uint16_t group_of(uint32_t slot, uint32_t partial)
{
  return (uint16_t)(slot * PARTIALS + partial);
}

FIQ_INLINE void follow(uint16_t* restrict group, uint8_t* restrict slew,
                       const uint8_t* restrict slot, uint8_t steps)
{
  for (int i = 0; i < CHUNK; ++i) {
    const uint16_t old  = group[i];
    const uint16_t next = (uint16_t)((old & (SILENT | (PARTIALS - 1))) | slot[i] * PARTIALS);
    slew[i]             = next == old ? slew[i] : steps;
    group[i]            = next;
  }
}

static void follow_base(uint16_t* group, uint8_t* slew, const uint8_t* slot, uint8_t steps)
{
  follow(group, slew, slot, steps);
}

FIQ_AVX2 static void follow_avx2(uint16_t* group, uint8_t* slew, const uint8_t* slot, uint8_t steps)
{
  follow(group, slew, slot, steps);
}

/// Oscillators in flight belong to the note that attracts them; a change of note slews the level.
static void follow_flight(FiqSwarm* self, uint32_t first)
{
  uint16_t* const      group = self->group + first;
  uint8_t* const       slew  = self->slew + first;
  const uint8_t* const slot  = self->carriers.slot + first;
  if (self->use_avx2) {
    follow_avx2(group, slew, slot, self->slew_steps);
  } else {
    follow_base(group, slew, slot, self->slew_steps);
  }
}

/// An oscillator with another partial to come falls silent first, then takes it.
static uint16_t change_partial(const FiqSwarm* self, uint32_t i, uint16_t group)
{
  const uint32_t wanted = self->partial_of[(i * partial_step) >> 24];
  const bool     silent = group >= SILENT;
  const bool     same   = wanted == group % PARTIALS;
  if (!same && !silent) {
    return (uint16_t)(group + SILENT);
  }
  return silent && (same || self->slew[i] == 0) ? group_of(self->carriers.slot[i], wanted) : group;
}

/// A whole chunk begins anew, silent and at random phases; in loops that vectors can take.
FIQ_INLINE void strew(FiqSwarm* restrict self, uint32_t first)
{
  float* restrict phi      = self->phi + first;
  uint16_t* restrict group = self->group + first;
  const uint8_t* slot      = self->carriers.slot + first;
  const uint32_t salt      = self->seed + self->step_count * 7919u;
  for (uint32_t i = 0; i < CHUNK; ++i) {
    phi[i] = (float)(int32_t)(fiq_carriers_hash(first + i, salt) >> 8) * 0x1p-24f - 0.5f;
  }
  for (uint32_t i = 0; i < CHUNK; ++i) {
    group[i] = group_of(slot[i], self->partial_of[((first + i) * partial_step) >> 24]);
  }
  memset(self->amplitude + first, 0, CHUNK * sizeof *self->amplitude);
  memset(self->slew + first, 1, CHUNK);
}

static void strew_base(FiqSwarm* self, uint32_t first)
{
  strew(self, first);
}

FIQ_AVX2 static void strew_avx2(FiqSwarm* self, uint32_t first)
{
  strew(self, first);
}

/// Whatever is not the plain course of things: starts, fades, new partials.
static void rearrange(FiqSwarm* self, uint32_t first, uint32_t n)
{
  const FiqSwarmFrame* step = &self->step;
  if (step->restart && n == CHUNK) {
    (self->use_avx2 ? strew_avx2 : strew_base)(self, first);
    return;
  }
  follow_flight(self, first);
  for (uint32_t i = first; i < first + n; ++i) {
    if (step->restart || i >= step->join_first) {
      self->phi[i]   = random_turns(self, i);
      self->group[i] = group_of(self->carriers.slot[i], self->partial_of[(i * partial_step) >> 24]);
      self->amplitude[i] = 0.0f;
      self->slew[i]      = step->restart ? 1 : self->slew_steps;
      continue;
    }
    const uint16_t old   = self->group[i];
    const uint16_t group = step->regroup ? change_partial(self, i, old) : old;
    const bool     fades = i >= step->fade_first && i < step->fade_last;
    self->group[i]       = group;
    self->slew[i]        = fades || group != old ? self->slew_steps : self->slew[i];
  }
}

static float converted(bool to_cents, float x)
{
  const float f0 = FIQ_CARRIER_F0_HZ;
  return to_cents ? f0 * logf(fmaxf(x, 1.0f) / f0) : f0 * expf(fiq_clamp(x / f0, -6.0f, 6.0f));
}

static void work_chunk(FiqSwarm* self, uint32_t chunk)
{
  const FiqSwarmFrame* step  = &self->step;
  const uint32_t       first = chunk * CHUNK;
  const uint32_t       n     = step->n_run - first < CHUNK ? step->n_run - first : CHUNK;
  if (step->convert) {
    self->carriers.chunk_left[chunk] = 0;
    for (uint32_t i = first; i < first + n; ++i) {
      self->carriers.x[i] = converted(step->cents, self->carriers.x[i]);
    }
  }
  const bool flown = fiq_carriers_advance(&self->carriers, chunk);
  const bool fades = first < step->fade_last && first + CHUNK > step->fade_first;
  const bool joins = first + CHUNK > step->join_first;
  if (fades || joins || step->restart || step->regroup) {
    rearrange(self, first, n);
  } else if (flown) {
    follow_flight(self, first);
  }
  Work     work;
  FiqLobes lobes;
  if (self->use_avx2 && self->use_avx512) {
    oscillate_avx512(self, first, &work, &lobes);
  } else if (self->use_avx2) {
    oscillate_avx2(self, first, &work, &lobes);
  } else {
    oscillate_base(self, first, &work, &lobes);
  }
  fiq_lobe_bank_add(&self->lobes, chunk, &lobes);
}

// ---- one step ----

static bool has_partial(int32_t h, uint32_t limit)
{
  return limit == 0 || fiq_prime_allows((uint32_t)h, limit);
}

/// Shares of the partials: the h-th sounds from a part of the oscillators in proportion to 1/h.
static void share_partials(FiqSwarm* self, int32_t n_partials, uint32_t limit)
{
  float   total = 0.0f;
  int32_t last  = 1;
  for (int32_t h = 1; h <= n_partials; ++h) {
    last = has_partial(h, limit) ? h : last;
    total += has_partial(h, limit) ? 1.0f / (float)h : 0.0f;
  }
  int32_t h   = 1;
  float   sum = 1.0f;
  for (int32_t i = 0; i < 256; ++i) {
    while (h < last && ((float)i + 0.5f) * total >= sum * 256.0f) {
      do {
        h += 1;
      } while (!has_partial(h, limit));
      sum += 1.0f / (float)h;
    }
    self->partial_of[i] = (uint8_t)(h - 1);
  }
  self->n_partials    = n_partials;
  self->partial_limit = limit;
}

static float coordinate(const FiqSwarm* self, float pitch)
{
  const float f0 = FIQ_CARRIER_F0_HZ;
  // ln 440 / f0, and one semitone, in units of the axis.
  return self->step.cents ? f0 * 0.519843435f + (pitch - 69.0f) * (f0 * 0.0577622650f)
                          : fiq_note_to_hz(pitch);
}

static uint8_t free_slot(const FiqSwarm* self, uint32_t wanted)
{
  if (!self->taken[wanted]) {
    return (uint8_t)wanted;
  }
  for (uint32_t k = FIQ_CARRIERS_MAX; k-- > 0;) {
    if (!self->taken[k]) {
      return (uint8_t)k;
    }
  }
  return NO_SLOT;
}

/// With all slots taken a note gets that of a voice.
static uint8_t slot_of_a_voice(FiqSwarm* self)
{
  for (uint32_t v = 0; v < FIQ_SWARM_VOICES_MAX; ++v) {
    if (self->held[v].used) {
      self->held[v].used = false;
      return self->held[v].slot;
    }
  }
  return NO_SLOT;
}

/// Every note that sounds has a slot, its own number if that is free.
static void place_notes(FiqSwarm* self)
{
  for (uint32_t k = 0; k < FIQ_NOTES_MAX; ++k) {
    const bool sounds = self->notes.note[k].stage != FIQ_NOTE_IDLE;
    uint8_t*   slot   = &self->note_slot[k];
    if (!sounds && *slot != NO_SLOT) {
      self->taken[*slot] = false;
      *slot              = NO_SLOT;
    }
  }
  for (uint32_t k = 0; k < FIQ_NOTES_MAX; ++k) {
    FiqNote* const note   = &self->notes.note[k];
    const bool     sounds = note->stage != FIQ_NOTE_IDLE;
    if (sounds && self->note_slot[k] == NO_SLOT) {
      const uint8_t slot = free_slot(self, k);
      // There are as many slots as notes, so one that no note has is free or a voice's.
      self->note_slot[k]              = slot != NO_SLOT ? slot : slot_of_a_voice(self);
      self->taken[self->note_slot[k]] = true;
      note->fresh                     = true;
    }
  }
}

/// Voices come with a fade and go with one; then their slot is free.
static void move_voices(FiqSwarm* self)
{
  const float part = 1.0f / (float)self->slew_steps;
  for (uint32_t v = 0; v < FIQ_SWARM_VOICES_MAX; ++v) {
    FiqSwarmHeld* const held = &self->held[v];
    if (!held->used) {
      continue;
    }
    held->fade = fiq_clamp(held->fade + (held->asked ? part : -part), 0.0f, 1.0f);
    if (held->fade <= 0.0f) {
      held->used              = false;
      self->taken[held->slot] = false;
    }
  }
}

static void set_target(FiqSwarm* self, FiqCarriersTarget* target)
{
  memset(target, 0, sizeof *target);
  memset(self->slot_level, 0, sizeof self->slot_level);
  memset(self->slot_tilt, 0, sizeof self->slot_tilt);
  for (uint32_t k = 0; k < FIQ_NOTES_MAX; ++k) {
    FiqNote* const note = &self->notes.note[k];
    const uint8_t  slot = self->note_slot[k];
    if (slot != NO_SLOT) {
      target->x[slot]        = coordinate(self, fiq_notes_pitch(&self->notes, note));
      target->mass[slot]     = fiq_notes_mass(&self->notes, note);
      target->fresh[slot]    = note->fresh;
      self->slot_level[slot] = fiq_notes_level(&self->notes, note);
      self->slot_tilt[slot]  = 2.0f * fiq_notes_brightness(&self->notes, note);
    }
    note->fresh = false;
  }
  const float top_hz = FIQ_LOBE_NU_MAX * (float)self->sample_rate_hz;
  for (uint32_t v = 0; v < FIQ_SWARM_VOICES_MAX; ++v) {
    FiqSwarmHeld* const held = &self->held[v];
    if (held->used) {
      const float hz               = fiq_clamp(held->voice.hz, 8.0f, top_hz);
      target->x[held->slot]        = self->step.cents ? converted(true, hz) : hz;
      target->mass[held->slot]     = held->voice.mass;
      target->fresh[held->slot]    = held->fresh;
      self->slot_level[held->slot] = held->voice.level * held->fade;
      held->fresh                  = false;
    }
  }
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    target->coherence[k] = sqrtf(fiq_clamp(self->order2[k * PARTIALS], 0.0f, 1.0f));
  }
}

/// Where a cloud of `octaves` around the mean of the chord begins and ends.
static void set_cloud(const FiqSwarm* self, const FiqCarriersTarget* target,
                      FiqCarriersParams* params)
{
  const FiqSwarmFrame* step = &self->step;
  float                sum  = 0.0f;
  float                n    = 0.0f;
  for (int k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    const bool  sounds = target->mass[k] > 0.0f;
    const float x      = step->cents ? target->x[k] : converted(true, target->x[k]);
    sum += sounds ? x : 0.0f;
    n += sounds ? 1.0f : 0.0f;
  }
  const float centre   = sum / fmaxf(n, 1.0f);
  const float half     = 0.5f * step->params.scatter_octaves * 0.693147181f * FIQ_CARRIER_F0_HZ;
  const float low      = half > 0.0f ? centre - half : centre;
  const float high     = half > 0.0f ? centre + half : centre;
  params->scatter_low  = step->cents ? low : converted(false, low);
  params->scatter_high = step->cents ? high : converted(false, high);
}

static void begin_carriers(FiqSwarm* self)
{
  const FiqSwarmFrame* step   = &self->step;
  const float          top_hz = FIQ_LOBE_NU_MAX * (float)self->sample_rate_hz;
  const float          low    = step->cents ? converted(true, 8.0f) : 8.0f;
  const float          high   = step->cents ? converted(true, top_hz) : top_hz;
  const float          mode   = fiq_clamp(rintf(step->params.sharpness_mode), 0.0f, 3.0f);
  FiqCarriersParams    params = {.noise          = step->params.noise_hz,
                                 .strength       = step->params.strength,
                                 .sharpness      = step->params.sharpness,
                                 .balance        = step->params.balance,
                                 .anneal_s       = fmaxf(step->params.anneal_s, 0.01f),
                                 .x_low          = low,
                                 .x_high         = high,
                                 .sharpness_mode = (FiqSharpness)(int)mode,
                                 .temperature    = step->params.temperature,
                                 .curve          = step->params.anneal_curve};
  FiqCarriersTarget    target;
  set_target(self, &target);
  set_cloud(self, &target, &params);
  if (step->restart) {
    fiq_carriers_scatter(&self->carriers);
  }
  if (step->convert) {
    for (int k = 0; k < FIQ_CARRIERS_MAX; ++k) {
      self->carriers.now[k] = converted(step->cents, self->carriers.now[k]);
    }
  }
  const float period_s = (float)((double)self->step_frames / self->sample_rate_hz);
  fiq_carriers_begin(&self->carriers, &params, &target, step->n_run, period_s);
}

/// How many oscillators play in this step, and which of them begin to fade in or out.
static void set_population(FiqSwarm* self)
{
  FiqSwarmFrame* step = &self->step;
  const uint32_t old  = step->n_target;
  const uint32_t wanted =
      (uint32_t)fiq_clamp(rintf(step->params.n_osc), 1.0f, (float)self->capacity);
  step->n_target   = wanted;
  step->join_first = UINT32_MAX - CHUNK;
  step->fade_first = wanted < old ? wanted : old;
  step->fade_last  = wanted < old ? old : wanted;
  if (step->restart) {
    step->n_run     = wanted;
    step->fade_last = step->fade_first;
  } else if (wanted > step->n_run) {
    step->join_first = step->n_run;
    step->n_run      = wanted;
  } else if (wanted != old) {
    self->shrink_steps = (uint32_t)self->slew_steps + 2;
  } else if (wanted < step->n_run && --self->shrink_steps == 0) {
    step->n_run = wanted;
  }
}

/// Loudness: how much of its power a group of the present order has too much.
static float group_power(const FiqSwarm* self, uint32_t g, float pan_coherence)
{
  const float n = fmaxf(1.0f, self->count[g]);
  return n * fmaxf(least_power, 1.0f + pan_coherence * (n - 1.0f) * self->order2[g]);
}

/// Amplitude of partial `h` (from 0) of a slot before normalisation: the patch's, and the note's own brightness.
static float partial_gain(const FiqSwarm* self, uint32_t slot, uint32_t h)
{
  const float tilt = self->slot_tilt[slot];
  return self->partial_gain[h] * (fabsf(tilt) > 1e-6f ? powf((float)(h + 1), tilt) : 1.0f);
}

/// Gains of one carrier's groups from its envelope and the measured power of each.
static void set_gains(FiqSwarm* self, uint32_t slot, float rate, float pan_coherence)
{
  const float    loud  = self->slot_level[slot] * note_amplitude * self->step.params.level;
  const uint32_t first = slot * PARTIALS;
  float          gain[PARTIALS];
  float          power   = 0.0f;
  float          loudest = 0.0f;
  for (uint32_t h = 0; h < self->step.n_partials; ++h) {
    gain[h] = partial_gain(self, slot, h);
    power += self->count[first + h] > 0.5f ? gain[h] * gain[h] : 0.0f;
    loudest = fmaxf(loudest, gain[h]);
  }
  // Who has members on faint partials alone stays faint, and gives way soon when others join them.
  const float norm   = power > 1e-9f ? 1.0f / fmaxf(power, faintest * loudest * loudest) : 1.0f;
  const bool  sudden = self->norm[slot] > 4.0f * norm;
  self->norm[slot] += (norm - self->norm[slot]) * (sudden ? fmaxf(rate, 0.25f) : rate);
  for (uint32_t h = 0; h < self->step.n_partials; ++h) {
    const float share            = self->norm[slot] / group_power(self, first + h, pan_coherence);
    self->member[first + h].gain = loud * gain[h] * sqrtf(share);
  }
}

/// What the members' frequencies are multiples of; the groups' own mean detune is taken off.
static void set_pitches(FiqSwarm* self, uint32_t slot)
{
  const FiqSwarmFrame* step  = &self->step;
  const float          note  = fiq_swarm_hz(self, self->carriers.now[slot]);
  const float          unit  = step->cents ? FIQ_CARRIER_F0_HZ : 1.0f;
  const float          base  = step->hz_to_nu * (step->still ? note : unit);
  const uint32_t       first = slot * PARTIALS;
  for (uint32_t h = 0; h < self->step.n_partials; ++h) {
    FiqSwarmGroup* const member = self->member + first + h;
    const float          c      = self->centre[first + h];
    // e^-c by its series: |c| is below 0.06.
    member->pitch = base * self->partial_ratio[h] *
                    (1.0f - c * (1.0f - c * (0.5f - c * (1.0f / 6.0f - c * (1.0f / 24.0f)))));
    member[SILENT] = (FiqSwarmGroup){.pitch = member->pitch};
  }
}

/// Out of silence the members of the groups are not counted yet, but known beforehand.
static void expect_counts(FiqSwarm* self)
{
  uint32_t share[PARTIALS] = {0};
  for (int i = 0; i < 256; ++i) {
    share[self->partial_of[i]] += 1;
  }
  for (uint32_t g = 0; g < GROUPS; ++g) {
    const float part     = (float)share[g % PARTIALS] * (1.0f / 256.0f);
    self->count[g]       = (float)self->carriers.share[g / PARTIALS] * part;
    self->order2[g]      = 0.0f;
    self->member[g].pull = 0.0f;
  }
}

/// How much of two oscillators' power adds up where their phases agree, both channels taken together.
static float pan_coherence(const FiqSwarm* self)
{
  float left  = 0.0f;
  float right = 0.0f;
  for (int k = 0; k < FIQ_LOBE_PLACES; ++k) {
    left += self->pan[0][k] * (1.0f / FIQ_LOBE_PLACES);
    right += self->pan[1][k] * (1.0f / FIQ_LOBE_PLACES);
  }
  return left * left + right * right;
}

static void set_groups(FiqSwarm* self)
{
  const float coherence = pan_coherence(self);
  const float step_s    = (float)self->step_frames / (float)self->sample_rate_hz;
  const float rate      = 1.0f - expf(-step_s / count_tau_s);
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    const bool sounds = self->taken[k];
    const bool begins = sounds && !self->active[k];
    if (sounds || self->active[k]) {
      set_gains(self, k, self->step.restart || begins ? 1.0f : rate, coherence);
      set_pitches(self, k);
    }
    self->active[k] = sounds || (self->active[k] && self->carriers.settled[k] > 0);
  }
}

/// Places between left and right, drifting.
static void set_pan(FiqSwarm* self, bool changed)
{
  // Neighbouring sinusoids lie far apart, and the first ones near the middle.
  static const float    at[FIQ_LOBE_PLACES] = {-1.0f, 1.0f, -5.0f, 5.0f, -3.0f, 3.0f, -7.0f, 7.0f};
  const FiqSwarmParams* p                   = &self->step.params;
  const float           step_s = (float)self->step_frames / (float)self->sample_rate_hz;
  const float           depth  = fiq_clamp(p->motion_depth, 0.0f, 1.0f);
  self->motion += p->motion_hz * step_s;
  self->motion -= floorf(self->motion);
  if (!changed && depth <= 0.0f) {
    return;
  }
  for (int k = 0; k < FIQ_LOBE_PLACES; ++k) {
    const float drift = sinf(FIQ_TWO_PI_F * (self->motion + (float)k / FIQ_LOBE_PLACES));
    const float place = fiq_mix(at[k] * (1.0f / 7.0f), drift, depth);
    const float angle = 0.25f * FIQ_PI_F * (1.0f + p->width * place);
    self->pan[0][k]   = cosf(angle);
    self->pan[1][k]   = sinf(angle);
  }
}

static void set_partials(FiqSwarm* self)
{
  const FiqSwarmParams* p    = &self->step.params;
  const float           even = 1.0f + fiq_clamp(p->odd_even, -1.0f, 0.0f);
  const float           odd  = 1.0f - fiq_clamp(p->odd_even, 0.0f, 1.0f);
  for (uint32_t h = 1; h <= PARTIALS; ++h) {
    const float octave         = log2f((float)h);
    const float tilt           = fiq_db_to_gain(p->tilt_db_per_octave * octave);
    self->partial_gain[h - 1]  = tilt * (h == 1 ? 1.0f : h % 2 == 0 ? even : odd);
    self->partial_ratio[h - 1] = exp2f((1.0f + p->stretch) * octave);
  }
}

static bool differs(float a, float b)
{
  return fabsf(a - b) > 1e-7f;
}

/// Sway of this step, repeated so that every chunk finds its own in a row.
static void set_sway(FiqSwarm* self)
{
  const uint32_t     n     = self->n_sway;
  const float* const asked = self->sway_asked[self->sway_frame == self->frame ? 0 : 1];
  self->step.n_sway        = n;
  for (uint32_t i = 0, k = 0; n > 0 && i < n + CHUNK; ++i) {
    self->sway[i] = 1.0f + asked[k];
    k             = k + 1 < n ? k + 1 : 0;
  }
}

/// What changes frequencies and phases from step to step.
static void set_motion(FiqSwarm* self)
{
  FiqSwarmFrame* const        step    = &self->step;
  const FiqSwarmParams* const p       = &self->params;
  const float                 rate_hz = (float)self->sample_rate_hz;
  const float                 step_s  = (float)self->step_frames / rate_hz;
  const float                 part    = step->restart ? 1.0f : step_s / reshape_s;
  const float                 way     = fiq_clamp(p->distribution, 0.0f, 1.0f) - self->normality;
  self->normality += fiq_clamp(way, -part, part);
  step->normal     = self->normality > 0.0f;
  step->spread     = p->spread_cents * (0.693147181f / 1200.0f);
  step->coupled    = fabsf(p->coupling) > 0.0f;
  step->noise      = p->phase_noise * sqrtf(step_s) / (FIQ_TWO_PI_F * (float)self->step_frames);
  step->noise_salt = fiq_carriers_salt(~self->seed, self->step_count);
  step->bends      = step->coupled || step->noise > 0.0f;
  set_sway(self);
}

/// Parameters and notes of the step that begins at this stream position.
static void set_step(FiqSwarm* self)
{
  FiqSwarmFrame* const        step       = &self->step;
  const FiqSwarmParams* const p          = &self->params;
  const FiqSwarmParams        old        = step->params;
  const bool                  was_cents  = step->cents;
  const int32_t               n_partials = (int32_t)fiq_clamp(rintf(p->partials), 1.0f, 32.0f);
  const uint32_t              limit   = (uint32_t)fiq_clamp(rintf(p->partial_limit), 0.0f, 13.0f);
  const float                 rate_hz = (float)self->sample_rate_hz;
  step->params                        = *p;
  step->hz_to_nu                      = 1.0f / rate_hz;
  step->restart                       = self->asleep;
  step->cents                         = p->metric >= 0.5f;
  step->convert                       = step->cents != was_cents && !step->restart;
  set_motion(self);
  if (n_partials != self->n_partials || limit != self->partial_limit) {
    share_partials(self, n_partials, limit);
    self->regroup_steps = 2 * (uint32_t)self->slew_steps + 4;
  }
  self->regroup_steps = step->restart ? 0 : self->regroup_steps;
  step->regroup       = self->regroup_steps > 0;
  self->regroup_steps -= step->regroup ? 1 : 0;
  // Groups that have lost their members are forgotten slowly; until then all are looked after.
  const float step_s = (float)self->step_frames / rate_hz;
  self->linger_s     = step->restart || !step->regroup ? self->linger_s - step_s : linger_s;
  self->linger_s     = step->restart ? 0.0f : fmaxf(self->linger_s, 0.0f);
  step->n_partials   = self->linger_s > 0.0f ? PARTIALS : (uint32_t)n_partials;
  if (step->restart || differs(old.tilt_db_per_octave, p->tilt_db_per_octave) ||
      differs(old.odd_even, p->odd_even) || differs(old.stretch, p->stretch)) {
    set_partials(self);
  }
  set_pan(self, step->restart || old.motion_depth > 0.0f || differs(old.width, p->width));
}

/// Estimated time of one chunk: a plain one, one in flight, one whose way is found anew, one that is measured.
static uint32_t chunk_ns(const FiqSwarm* self)
{
  const bool flies = self->carriers.n_next_hot > 0;
  const bool turns = flies && self->carriers.turn == 1;
  return 150 +
         (turns   ? 160
          : flies ? 30
                  : 0) +
         (self->step.measure ? 60 : 0) + (self->step.coupled ? 40 : 0);
}

/// Estimated time of the portions of work, for a machine with AVX2; only their proportion counts.
static uint32_t item_ns(const FiqSwarm* self, uint32_t item)
{
  const uint32_t step = self->step_frames;
  const uint32_t bits = self->fft_bits;
  if (item < self->n_chunks) {
    return chunk_ns(self);
  }
  switch (item - self->n_chunks) {
  case MEASURE:
    return self->step.measure ? 1000 : 200;
  case MIX_LEFT:
  case MIX_RIGHT:
    return step;
  case FFT_LEFT:
  case FFT_RIGHT:
    return step * bits / 4;
  case SUM_LEFT:
    return 2 * step / 3;
  default: // and what clears the planes
    return 3 * step / 2;
  }
}

/// Whether this step measures its groups: always if coupled, else now and then.
static bool is_measured(FiqSwarm* self)
{
  const FiqSwarmFrame* step   = &self->step;
  const float          step_s = (float)self->step_frames / (float)self->sample_rate_hz;
  const float          due_s  = step->coupled ? 0.0f : step->still ? rest_s : measure_s;
  self->unmeasured += 1;
  return step->restart || (float)self->unmeasured * step_s >= due_s;
}

static void plan_work(FiqSwarm* self)
{
  self->n_chunks = (self->step.n_run + CHUNK - 1) / CHUNK;
  self->done_ns  = self->carriers.n_next_hot > 0 ? 2000 : 1500; // what begins the step
  self->total_ns = self->done_ns + (self->n_chunks > 0 ? item_ns(self, 0) * self->n_chunks : 0);
  for (uint32_t i = 0; i < N_LAST_ITEMS; ++i) {
    self->total_ns += item_ns(self, self->n_chunks + i);
  }
}

static bool is_sounding(const FiqSwarm* self)
{
  bool sounding = fiq_notes_sounding(&self->notes);
  for (uint32_t v = 0; v < FIQ_SWARM_VOICES_MAX && !sounding; ++v) {
    sounding = self->held[v].used;
  }
  return sounding;
}

static void begin_step(FiqSwarm* self)
{
  const FiqSwarmParams* p     = &self->params;
  const FiqNotesParams  notes = {.attack_s             = p->attack_s,
                                 .decay_s              = p->decay_s,
                                 .sustain              = p->sustain,
                                 .release_s            = p->release_s,
                                 .bend_range_semitones = p->bend_range_semitones};
  fiq_notes_advance(&self->notes, &notes, self->frame);
  // Asleep no note and no voice has a slot: there is nothing to place and to move.
  if (self->asleep && !is_sounding(self)) {
    self->idle_steps += 1;
    return;
  }
  place_notes(self);
  move_voices(self);
  const bool sounding = is_sounding(self);
  self->idle_steps    = sounding ? 0 : self->idle_steps + 1;
  if (self->asleep && !sounding) {
    return;
  }
  set_step(self);
  set_population(self);
  begin_carriers(self);
  self->step.still   = self->carriers.still;
  self->step.measure = is_measured(self);
  if (self->step.restart) {
    expect_counts(self);
  }
  set_groups(self);
  self->asleep    = false;
  self->begun     = true;
  self->next_item = 0;
  plan_work(self);
}

static bool has_attention(const FiqSwarm* self, float hz)
{
  bool found = false;
  for (uint32_t i = 0; i < self->n_attention; ++i) {
    found = found || (hz >= self->attention_hz[0][i] && hz <= self->attention_hz[1][i]);
  }
  return found;
}

/// K of group `g` in rad/s: the parameter counts in widths of the group's own detune.
static float coupling_of(const FiqSwarm* self, uint32_t g)
{
  const FiqSwarmParams* p  = &self->step.params;
  const float           hz = fiq_swarm_hz(self, self->carriers.now[g / PARTIALS]);
  const float width = FIQ_TWO_PI_F * hz * self->partial_ratio[g % PARTIALS] * self->step.spread;
  const float care  = has_attention(self, hz) ? 1.0f + 2.0f * p->attention : 1.0f;
  return p->coupling * care * fmaxf(width, 1.0f);
}

static FiqSwarmSum take_sum(FiqSwarm* self, uint32_t g)
{
  FiqSwarmSum total = {0.0f, 0.0f, 0.0f, 0.0f};
  for (uint32_t lane = 0; lane < FIQ_SWARM_LANES; ++lane) {
    FiqSwarmSum* const sum = self->sum + g * FIQ_SWARM_LANES + lane;
    total.re += sum->re;
    total.im += sum->im;
    total.n += sum->n;
    total.detune += sum->detune;
    *sum = (FiqSwarmSum){0.0f, 0.0f, 0.0f, 0.0f};
  }
  return total;
}

/// How far the slow measures move in one, and their sums over all groups.
typedef struct {
  float  step_s; ///< of one step
  float  fall;
  float  slow;
  double order;
  double n;
} Measures;

/// Pull and mean phase of the group for the step to come.
static void couple_group(FiqSwarm* self, uint32_t g, const FiqSwarmSum* total, float r,
                         float step_s)
{
  FiqSwarmGroup* const member = &self->member[g];
  // Fleeing phases take at most half of R away in a step, lest they meet again on the other side.
  const float turn = fmaxf(1.0f - expf(-coupling_of(self, g) * r * step_s), -r);
  member->pull     = turn / (FIQ_TWO_PI_F * (float)self->step_frames);
  member->psi = (atan2f(total->im, total->re) - self->step.params.lag_rad) * (1.0f / FIQ_TWO_PI_F);
}

/// Slow measures of one group from this step's sums.
static void measure_group(FiqSwarm* self, uint32_t g, Measures* measures)
{
  const FiqSwarmSum total = take_sum(self, g);
  const float       way   = total.n - self->count[g];
  const bool        snap  = self->count[g] < 0.5f || self->step.restart;
  self->count[g] += way > 0.0f || self->step.restart ? way : way * measures->fall;
  self->member[g].pull = 0.0f;
  if (total.n < 0.5f) {
    return;
  }
  const float n      = total.n;
  const float centre = log1pf(self->step.spread * total.detune / n);
  const float power  = (total.re * total.re + total.im * total.im) / n;
  const float r      = sqrtf(power / n);
  self->centre[g] += (centre - self->centre[g]) * (snap ? 1.0f : measures->fall);
  if (self->step.coupled) {
    couple_group(self, g, &total, r, measures->step_s);
  }
  measures->order += (double)(n * r);
  measures->n += (double)n;
  if (n > 1.5f) {
    const float order2 = (power - 1.0f) / (n - 1.0f);
    self->order2[g] += (order2 - self->order2[g]) * measures->slow;
    self->order2[g] = fmaxf(self->order2[g], (power / surge - 1.0f) / (n - 1.0f));
  }
}

/// Which of 16 equal bins the phase of (re, im) is in; the first one reaches to both sides of 0.
static uint32_t phase_bin(float re, float im)
{
  // Turned by half a bin, then the quadrant and the bin within it.
  const float    x    = 0.980785280f * re - 0.195090322f * im;
  const float    y    = 0.980785280f * im + 0.195090322f * re;
  const float    a    = fabsf(x);
  const float    b    = fabsf(y);
  const uint32_t part = (b > 0.414213562f * a) + (b > a) + (b > 2.41421356f * a);
  return part + (x < 0.0f ? 4u : 0u) + (y < 0.0f ? 8u : 0u);
}

/// Entropy of the phases of some oscillators against the mean phases of their groups, from the sums of this step.
static void judge(FiqSwarm* self)
{
  uint32_t       count[BINS] = {0};
  uint32_t       n           = 0;
  const uint32_t n_run       = self->step.n_run;
  const uint32_t n_judged    = n_run < JUDGED ? n_run : JUDGED;
  for (uint32_t k = 0; k < n_judged; ++k) {
    const uint32_t i = (uint32_t)((uint64_t)k * n_run / n_judged);
    const uint32_t g = self->group[i];
    if (g >= GROUPS) {
      continue;
    }
    const FiqFloat4* const lane = (const FiqFloat4*)(self->sum + g * FIQ_SWARM_LANES);
    const FiqFloat4        mean = lane[0] + lane[1] + lane[2] + lane[3];
    const float            re   = cosine_turns(self->phi[i]);
    const float            im   = sine_turns(self->phi[i]);
    count[phase_bin(re * mean[0] + im * mean[1], im * mean[0] - re * mean[1])] += 1;
    n += 1;
  }
  float entropy = 0.0f;
  for (uint32_t b = 0; b < BINS; ++b) {
    const float share = (float)count[b] / fmaxf((float)n, 1.0f);
    entropy -= count[b] > 0 ? share * log2f(share) : 0.0f;
  }
  self->uncertainty = fiq_clamp(0.25f * entropy, 0.0f, 1.0f);
  self->unjudged    = 0;
}

static void measure_groups(FiqSwarm* self)
{
  const float one_s    = (float)self->step_frames / (float)self->sample_rate_hz;
  const float passed_s = (float)self->unmeasured * one_s;
  self->unjudged += self->unmeasured;
  if ((float)self->unjudged * one_s >= judge_s) {
    judge(self);
  }
  Measures measures = {.step_s = one_s,
                       .fall   = 1.0f - expf(-passed_s / count_tau_s),
                       .slow   = 1.0f - expf(-passed_s / order_tau_s)};
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    for (uint32_t h = 0; self->active[k] && h < self->step.n_partials; ++h) {
      measure_group(self, k * PARTIALS + h, &measures);
    }
  }
  self->unmeasured = 0;
  self->order      = measures.n > 0.0 ? (float)(measures.order / measures.n) : 0.0f;
}

static void fall_asleep(FiqSwarm* self)
{
  self->asleep      = true;
  self->uncertainty = 0.0f;
  for (int set = 0; set < 2; ++set) {
    for (int c = 0; c < FIQ_CHANNELS; ++c) {
      memset(self->play[set][c], 0, self->step_frames * sizeof(float));
    }
  }
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    for (uint32_t h = 0; self->active[k] && h < PARTIALS; ++h) {
      (void)take_sum(self, k * PARTIALS + h);
    }
    self->active[k] = false;
  }
  fiq_lobe_bank_reset(&self->lobes);
}

/// What follows the chunks.
static void work_last_item(FiqSwarm* self, uint32_t item)
{
  const int channel = item >= MIX_RIGHT ? 1 : 0;
  switch (item) {
  case MEASURE:
    fiq_carriers_end(&self->carriers);
    if (self->step.measure) {
      measure_groups(self);
    }
    break;
  case MIX_LEFT:
  case MIX_RIGHT:
    fiq_lobe_bank_mix(&self->lobes, self->pan[channel]);
    break;
  case FFT_LEFT:
  case FFT_RIGHT:
    fiq_lobe_bank_transform(&self->lobes);
    break;
  default:
    fiq_lobe_bank_overlap(&self->lobes, (uint32_t)channel, self->play[1 - self->playing][channel]);
    break;
  }
}

/// Nothing is left to fade: who changed its group while falling silent takes its time once more.
static bool is_quiet(const FiqSwarm* self)
{
  float loudest = 0.0f;
  for (uint32_t i = 0; i < self->step.n_run; ++i) {
    loudest = fmaxf(loudest, self->amplitude[i]);
  }
  return loudest < 1e-7f;
}

/// The `slice`-th portion of the step's work, as much of the whole as of the step's time has passed.
static void work(FiqSwarm* self, uint32_t slice)
{
  const uint32_t n_slices = self->step_frames / FIQ_SWARM_SLICE;
  if (slice == 0) {
    self->playing = 1 - self->playing;
    self->step_count += 1;
    // Amplitudes take slew_steps to reach zero, the last frame one step to ring out, and one more to be heard.
    if (!self->asleep && self->idle_steps > (uint32_t)self->slew_steps + 4 && is_quiet(self)) {
      fall_asleep(self);
    }
    begin_step(self);
  }
  if (!self->begun) {
    return;
  }
  const uint32_t due_ns = (uint32_t)((uint64_t)self->total_ns * (slice + 1) / n_slices);
  const bool     last   = slice + 1 == n_slices;
  while (self->next_item < self->n_chunks + N_LAST_ITEMS) {
    const uint32_t cost_ns = item_ns(self, self->next_item);
    if (!last && self->done_ns + cost_ns / 2 > due_ns) {
      return;
    }
    if (self->next_item < self->n_chunks) {
      work_chunk(self, self->next_item);
    } else {
      work_last_item(self, self->next_item - self->n_chunks);
    }
    self->next_item += 1;
    self->done_ns += cost_ns;
  }
  fiq_lobe_bank_clear(&self->lobes);
  self->begun = false;
}

void fiq_swarm_process(FiqSwarm* self, float* const out[FIQ_CHANNELS], uint32_t n_frames)
{
  for (uint32_t done = 0; done < n_frames;) {
    const uint32_t at       = (uint32_t)(self->frame % self->step_frames);
    const uint32_t in_slice = at % FIQ_SWARM_SLICE;
    if (in_slice == 0) {
      work(self, at / FIQ_SWARM_SLICE);
    }
    // Without work there are no slices.
    const uint32_t left = self->begun ? FIQ_SWARM_SLICE - in_slice : self->step_frames - at;
    const uint32_t n    = n_frames - done < left ? n_frames - done : left;
    for (int c = 0; c < FIQ_CHANNELS; ++c) {
      memcpy(out[c] + done, self->play[self->playing][c] + at, n * sizeof(float));
    }
    self->frame += n;
    done += n;
  }
}

void fiq_swarm_control(FiqSwarm* self, const FiqSwarmParams* params)
{
  self->params = *params;
  fiq_notes_drone(&self->notes, (int32_t)rintf(params->chord), (int32_t)rintf(params->root_note),
                  self->frame);
}

/// Who has no slot yet gets one; without any left the voice is not heard.
static void admit_voice(FiqSwarm* self, const FiqSwarmVoice* voice)
{
  const uint8_t slot = free_slot(self, FIQ_CARRIERS_MAX - 1);
  for (uint32_t v = 0; slot != NO_SLOT && v < FIQ_SWARM_VOICES_MAX; ++v) {
    if (!self->held[v].used) {
      self->held[v] =
          (FiqSwarmHeld){.voice = *voice, .slot = slot, .used = true, .asked = true, .fresh = true};
      self->taken[slot] = true;
      return;
    }
  }
}

static FiqSwarmHeld* find_voice(FiqSwarm* self, uint32_t id)
{
  for (uint32_t v = 0; v < FIQ_SWARM_VOICES_MAX; ++v) {
    if (self->held[v].used && self->held[v].voice.id == id) {
      return &self->held[v];
    }
  }
  return NULL;
}

void fiq_swarm_set_voices(FiqSwarm* self, const FiqSwarmVoice* voices, uint32_t n)
{
  assert(n <= FIQ_SWARM_VOICES_MAX);
  for (uint32_t v = 0; v < FIQ_SWARM_VOICES_MAX; ++v) {
    self->held[v].asked = false;
  }
  for (uint32_t i = 0; i < n; ++i) {
    assert(voices[i].hz > 0.0f && voices[i].mass > 0.0f);
    FiqSwarmHeld* const held = find_voice(self, voices[i].id);
    if (!held) {
      admit_voice(self, &voices[i]);
      continue;
    }
    // Every change of mass moves oscillators; only one that is heard may.
    const float ratio = voices[i].mass / held->voice.mass;
    const float mass  = ratio > 1.25f || ratio < 0.8f ? voices[i].mass : held->voice.mass;
    held->voice       = voices[i];
    held->voice.mass  = mass;
    held->asked       = true;
  }
}

void fiq_swarm_set_sway(FiqSwarm* self, const float* from, const float* to, uint32_t n)
{
  assert(n <= FIQ_SWARM_SWAY_MAX);
  self->n_sway     = n;
  self->sway_frame = self->frame;
  if (n > 0) {
    memcpy(self->sway_asked[0], from, n * sizeof *from);
    memcpy(self->sway_asked[1], to, n * sizeof *to);
  }
}

void fiq_swarm_set_attention(FiqSwarm* self, const float low_hz[], const float high_hz[],
                             uint32_t n)
{
  assert(n <= FIQ_SWARM_ATTENTION_MAX);
  self->n_attention = n;
  for (uint32_t i = 0; i < n; ++i) {
    self->attention_hz[0][i] = low_hz[i];
    self->attention_hz[1][i] = high_hz[i];
  }
}

float fiq_swarm_uncertainty(const FiqSwarm* self)
{
  return self->uncertainty;
}

uint32_t fiq_swarm_latency_frames(const FiqSwarm* self)
{
  return 2 * self->step_frames;
}

void fiq_swarm_midi(FiqSwarm* self, const uint8_t* message, uint32_t size_bytes, uint32_t offset)
{
  fiq_notes_midi(&self->notes, message, size_bytes, self->frame + offset);
}

void fiq_swarm_note_on(FiqSwarm* self, uint32_t channel, uint32_t key, float velocity,
                       uint32_t offset)
{
  fiq_notes_on(&self->notes, channel, key, velocity, self->frame + offset);
}

void fiq_swarm_note_off(FiqSwarm* self, uint32_t channel, uint32_t key, uint32_t offset)
{
  fiq_notes_off(&self->notes, channel, key, self->frame + offset);
}

void fiq_swarm_bend(FiqSwarm* self, uint32_t channel, float bend, uint32_t offset)
{
  fiq_notes_bend(&self->notes, channel, bend, self->frame + offset);
}

void fiq_swarm_controller(FiqSwarm* self, uint32_t channel, uint32_t controller, uint32_t value,
                          uint32_t offset)
{
  fiq_notes_controller(&self->notes, channel, controller, value, self->frame + offset);
}

float fiq_swarm_hz(const FiqSwarm* self, float x)
{
  return self->step.cents ? converted(false, x) : x;
}

float fiq_swarm_residual_hz(const FiqSwarm* self)
{
  // On the axis of cents a unit is f / 261.63 Hz; the mean carrier stands for all.
  float sum = 0.0f;
  float n   = 0.0f;
  for (int k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    const float members = (float)self->carriers.share[k];
    const float x       = self->carriers.now[k];
    sum += members * (self->step.cents ? converted(false, x) / FIQ_CARRIER_F0_HZ : 1.0f);
    n += members;
  }
  return self->carriers.residual * (n > 0.0f ? sum / n : 1.0f);
}

// ---- life ----

uint32_t fiq_swarm_default_step(double sample_rate_hz)
{
  uint32_t step = 64;
  for (double rate_hz = sample_rate_hz; rate_hz > 50000.0; rate_hz *= 0.5) {
    step *= 2;
  }
  return step;
}

FiqSwarmParams fiq_swarm_default_params(void)
{
  return (FiqSwarmParams){.n_osc                = 1000.0f,
                          .anneal_s             = 1.5f,
                          .balance              = 1.0f,
                          .noise_hz             = 50.0f,
                          .strength             = 10.0f,
                          .sharpness            = 20.0f,
                          .metric               = (float)FIQ_METRIC_CENTS,
                          .spread_cents         = 6.0f,
                          .coupling             = 0.0f,
                          .partials             = 8.0f,
                          .tilt_db_per_octave   = -6.0f,
                          .width                = 0.8f,
                          .attack_s             = 0.3f,
                          .decay_s              = 1.0f,
                          .sustain              = 0.8f,
                          .release_s            = 0.8f,
                          .bend_range_semitones = 2.0f,
                          .scatter_octaves      = 4.0f,
                          .level                = 1.0f,
                          .chord                = (float)FIQ_CHORD_OFF,
                          .root_note            = 48.0f,
                          .sharpness_mode       = (float)FIQ_SHARPNESS_SCHEDULE};
}

static void take_buffers(FiqSwarm* self, FiqArena* arena)
{
  const size_t n  = ((size_t)self->capacity + CHUNK - 1) / CHUNK * CHUNK;
  self->nu        = fiq_arena_take(arena, n, sizeof *self->nu);
  self->phi       = fiq_arena_take(arena, n, sizeof *self->phi);
  self->amplitude = fiq_arena_take(arena, n, sizeof *self->amplitude);
  self->slew      = fiq_arena_take(arena, n, sizeof *self->slew);
  self->group     = fiq_arena_take(arena, n, sizeof *self->group);
  self->sum       = fiq_arena_take(arena, (size_t)FIQ_SWARM_LANES * N_SUMS, sizeof *self->sum);
  self->member    = fiq_arena_take(arena, 2 * (size_t)GROUPS, sizeof *self->member);
  self->count     = fiq_arena_take(arena, GROUPS, sizeof *self->count);
  self->order2    = fiq_arena_take(arena, GROUPS, sizeof *self->order2);
  self->centre    = fiq_arena_take(arena, GROUPS, sizeof *self->centre);
  self->sway      = fiq_arena_take(arena, FIQ_SWARM_SWAY_MAX + CHUNK, sizeof *self->sway);
  self->normal    = fiq_arena_take(arena, FIQ_SWARM_NORMAL + 1, sizeof *self->normal);
  for (int set = 0; set < 2; ++set) {
    self->sway_asked[set] = fiq_arena_take(arena, FIQ_SWARM_SWAY_MAX, sizeof(float));
    for (int c = 0; c < FIQ_CHANNELS; ++c) {
      self->play[set][c] = fiq_arena_take(arena, self->step_frames, sizeof(float));
    }
  }
}

/// Place u in -1..1 to the x that as large a part of a normal curve, cut off at 3, is below; by halving.
static double normal_place(double u)
{
  double low  = 0.0;
  double high = 3.0;
  for (int i = 0; i < 40; ++i) {
    const double middle = 0.5 * (low + high);
    const bool   below  = erf(middle * 0.70710678118654752) < u;
    low                 = below ? middle : low;
    high                = below ? high : middle;
  }
  return 0.5 * (low + high);
}

/// The normal curve with the deviation of a uniform one, 1 / sqrt 3, whatever cut and straight pieces make of it.
static void fill_normal(float* normal)
{
  enum { HALF = FIQ_SWARM_NORMAL / 2 };
  double x[HALF + 1];
  double square = 0.0;
  for (int k = 0; k <= HALF; ++k) {
    x[k] = k > 0 ? normal_place((double)k / HALF) : 0.0;
    square += k > 0 ? (x[k] * x[k] + x[k] * x[k - 1] + x[k - 1] * x[k - 1]) / (3.0 * HALF) : 0.0;
  }
  for (int k = 0; k <= HALF; ++k) {
    normal[HALF + k] = (float)(x[k] / sqrt(3.0 * square));
    normal[HALF - k] = -normal[HALF + k];
  }
}

FiqStatus fiq_swarm_init(FiqSwarm* self, FiqArena* arena, FiqFftPool* pool,
                         const FiqSwarmConfig* config)
{
  assert(self && arena && pool && config);
  const double rate_hz = config->sample_rate_hz;
  if (!(rate_hz >= FIQ_SAMPLE_RATE_MIN_HZ && rate_hz <= FIQ_SAMPLE_RATE_MAX_HZ) ||
      config->capacity < 1 || config->capacity > FIQ_CARRIERS_OSC_MAX) {
    return FIQ_BAD_ARGUMENT;
  }
  memset(self, 0, sizeof *self);
  self->sample_rate_hz = rate_hz;
  self->capacity       = config->capacity;
  self->step_frames = config->step_frames ? config->step_frames : fiq_swarm_default_step(rate_hz);
  self->slew_steps =
      (uint8_t)fiq_clamp(rintf(slew_s * (float)rate_hz / (float)self->step_frames), 2.0f, 255.0f);
  for (uint32_t size = 4 * self->step_frames; size > 1; size /= 2) {
    self->fft_bits += 1;
  }
  self->use_avx2           = fiq_simd_avx2();
  self->use_avx512         = fiq_simd_avx512();
  const FiqStatus carriers = fiq_carriers_init(&self->carriers, arena, config->capacity);
  const FiqStatus lobes    = fiq_lobe_bank_init(&self->lobes, arena, pool, self->step_frames);
  if (lobes == FIQ_BAD_ARGUMENT || lobes == FIQ_NO_PLAN) {
    return lobes;
  }
  take_buffers(self, arena);
  if (fiq_arena_status(arena) != FIQ_OK || carriers != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fill_normal(self->normal);
  fiq_notes_init(&self->notes, rate_hz, self->step_frames);
  fiq_swarm_reset(self, config->seed);
  return FIQ_OK;
}

void fiq_swarm_reset(FiqSwarm* self, uint64_t seed)
{
  self->seed = fiq_carriers_hash((uint32_t)seed, (uint32_t)(seed >> 32));
  fiq_notes_reset(&self->notes);
  fiq_carriers_reset(&self->carriers, self->seed);
  self->params        = fiq_swarm_default_params();
  self->step          = (FiqSwarmFrame){.params = self->params, .n_target = 1, .n_run = 1};
  self->step.cents    = true;
  self->frame         = 0;
  self->n_chunks      = 0;
  self->next_item     = 0;
  self->step_count    = 0;
  self->idle_steps    = 0;
  self->regroup_steps = 0;
  self->shrink_steps  = 0;
  self->playing       = 0;
  self->begun         = false;
  self->order         = 0.0f;
  self->motion        = 0.0f;
  self->unmeasured    = 0;
  self->n_sway        = 0;
  self->sway_frame    = 0;
  self->n_attention   = 0;
  self->normality     = 0.0f;
  self->unjudged      = 0;
  self->linger_s      = 0.0f;
  share_partials(self, 1, 0);
  memset(self->note_slot, NO_SLOT, sizeof self->note_slot);
  memset(self->taken, 0, sizeof self->taken);
  memset(self->held, 0, sizeof self->held);
  memset(self->norm, 0, sizeof self->norm);
  memset(self->active, 0, sizeof self->active);
  memset(self->sum, 0, (size_t)FIQ_SWARM_LANES * N_SUMS * sizeof *self->sum);
  memset(self->member, 0, 2 * (size_t)GROUPS * sizeof *self->member);
  memset(self->count, 0, GROUPS * sizeof *self->count);
  memset(self->order2, 0, GROUPS * sizeof *self->order2);
  memset(self->centre, 0, GROUPS * sizeof *self->centre);
  memset(self->nu, 0, self->carriers.capacity * sizeof *self->nu);
  memset(self->slew, 0, self->carriers.capacity * sizeof *self->slew);
  memset(self->group, 0, self->carriers.capacity * sizeof *self->group);
  fall_asleep(self);
}

/// Sums, gains and what else belongs to groups and the sounding step.
static void adopt_groups(FiqSwarm* self, const FiqSwarm* old)
{
  memcpy(self->sum, old->sum, (size_t)FIQ_SWARM_LANES * N_SUMS * sizeof *self->sum);
  memcpy(self->member, old->member, 2 * (size_t)GROUPS * sizeof *self->member);
  memcpy(self->count, old->count, GROUPS * sizeof *self->count);
  memcpy(self->order2, old->order2, GROUPS * sizeof *self->order2);
  memcpy(self->centre, old->centre, GROUPS * sizeof *self->centre);
  memcpy(self->sway, old->sway, (FIQ_SWARM_SWAY_MAX + CHUNK) * sizeof *self->sway);
  for (int set = 0; set < 2; ++set) {
    memcpy(self->sway_asked[set], old->sway_asked[set], FIQ_SWARM_SWAY_MAX * sizeof(float));
  }
}

static void adopt_oscillators(FiqSwarm* self, const FiqSwarm* old)
{
  const size_t mine   = self->carriers.capacity;
  const size_t theirs = ((size_t)old->step.n_run + CHUNK - 1) / CHUNK * CHUNK;
  const size_t n      = mine < theirs ? mine : theirs;
  memcpy(self->nu, old->nu, n * sizeof *self->nu);
  memcpy(self->phi, old->phi, n * sizeof *self->phi);
  memcpy(self->amplitude, old->amplitude, n * sizeof *self->amplitude);
  memcpy(self->slew, old->slew, n * sizeof *self->slew);
  memcpy(self->group, old->group, n * sizeof *self->group);
}

/// The lobes under work and the sound that is ready; only a bank of the same step can take them.
static void adopt_sound(FiqSwarm* self, const FiqSwarm* old)
{
  if (self->step_frames == old->step_frames) {
    fiq_lobe_bank_adopt(&self->lobes, &old->lobes);
    for (int set = 0; set < 2; ++set) {
      for (int c = 0; c < FIQ_CHANNELS; ++c) {
        memcpy(self->play[set][c], old->play[set][c], self->step_frames * sizeof(float));
      }
    }
    return;
  }
  const bool ended = self->next_item > self->n_chunks;
  for (; self->begun && self->next_item < self->n_chunks; ++self->next_item) {
    (void)fiq_carriers_advance(&self->carriers, self->next_item);
  }
  if (self->begun && !ended) {
    fiq_carriers_end(&self->carriers);
  }
  self->begun = false;
}

/// What reset and init set in `self` but its own buffers and sizes.
static FiqSwarm keep_buffers(const FiqSwarm* self, const FiqSwarm* state)
{
  FiqSwarm next       = *state;
  next.carriers       = self->carriers;
  next.lobes          = self->lobes;
  next.sample_rate_hz = self->sample_rate_hz;
  next.capacity       = self->capacity;
  next.step_frames    = self->step_frames;
  next.fft_bits       = self->fft_bits;
  next.slew_steps     = self->slew_steps;
  next.use_avx2       = self->use_avx2;
  next.use_avx512     = self->use_avx512;
  next.nu             = self->nu;
  next.phi            = self->phi;
  next.amplitude      = self->amplitude;
  next.slew           = self->slew;
  next.group          = self->group;
  next.sum            = self->sum;
  next.member         = self->member;
  next.count          = self->count;
  next.order2         = self->order2;
  next.centre         = self->centre;
  next.sway           = self->sway;
  next.sway_asked[0]  = self->sway_asked[0];
  next.sway_asked[1]  = self->sway_asked[1];
  next.normal         = self->normal;
  memcpy(next.play, self->play, sizeof next.play);
  next.notes.sample_rate_hz = self->notes.sample_rate_hz;
  next.notes.shortest_s     = self->notes.shortest_s;
  return next;
}

void fiq_swarm_adopt(FiqSwarm* self, const FiqSwarm* old)
{
  *self = keep_buffers(self, old);
  fiq_carriers_adopt(&self->carriers, &old->carriers);
  adopt_oscillators(self, old);
  adopt_groups(self, old);
  // What does not fit is cut off; the step under work goes on with the rest.
  const uint32_t chunks = self->carriers.capacity / CHUNK;
  if (self->n_chunks > chunks) {
    const uint32_t gone = self->n_chunks - chunks;
    self->next_item -= self->next_item > self->n_chunks ? gone
                       : self->next_item > chunks       ? self->next_item - chunks
                                                        : 0;
    self->n_chunks = chunks;
  }
  self->step.n_run    = self->step.n_run < self->capacity ? self->step.n_run : self->capacity;
  self->step.n_target = self->step.n_target < self->capacity ? self->step.n_target : self->capacity;
  adopt_sound(self, old);
}
