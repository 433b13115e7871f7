// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/swarm/swarm_state.h"

#include "dsp/base/simd.h"
#include "dsp/base/trig_turns.h"

#include <assert.h>
#include <string.h>

enum {
  CHUNK    = FIQ_LOBE_CHUNK,
  GROUPS   = FIQ_SWARM_GROUPS,
  PARTIALS = FIQ_SWARM_PARTIALS_MAX,
  SILENT   = FIQ_SWARM_SILENT
};

// From here to the end oscillators fade out, so far below FIQ_LOBE_NU_MAX that what frames make of a sudden change stays below it
// too, and what coupling makes of the last of them.
static const float fade_start_nu = 0.365f;
static const float fade_end_nu   = 0.415f;

// Multipliers of the R2 low-discrepancy sequence (Roberts 2018) and of the golden ratio, times 2^32.
static const uint32_t detune_step  = 2654435769u;
static const uint32_t partial_step = 2447445414u;

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

static inline uint32_t slot_of(uint16_t group)
{
  return group / PARTIALS % FIQ_CARRIERS_MAX;
}

/// What the groups hold for each member, pull and phase only where they are `coupled`.
FIQ_INLINE void look_up(const FiqSwarm* restrict self, uint32_t first, bool coupled,
                        Work* restrict work)
{
  assert(first % FIQ_ANNEAL_CHUNK == 0);
  const uint16_t* restrict group = self->osc.group + first;
  // Whole entries are fetched and turned round; single floats would take a load and an insertion each.
  for (uint32_t i = 0; !coupled && i < CHUNK; i += 4) {
    const FiqSwarmGroup* restrict member = self->groups.member[0];
    fiq_transpose_two((const FiqFloat4*)&member[group[i]], (const FiqFloat4*)&member[group[i + 1]],
                      (const FiqFloat4*)&member[group[i + 2]],
                      (const FiqFloat4*)&member[group[i + 3]], work->target + i, work->pitch + i);
  }
  // Sides take turns, and in rows of all places the left one may come first or the right one.
  const FiqSwarmGroup* const side[2] = {self->groups.member[0],
                                        self->groups.member[self->step.widens ? 1 : 0]};
  for (uint32_t i = 0; coupled && i < CHUNK; i += FIQ_LOBE_PLACES) {
    const uint32_t odd                      = fiq_swarm_side(fiq_lobe_place(first + i));
    const FiqSwarmGroup* restrict even_ones = side[odd];
    const FiqSwarmGroup* restrict odd_ones  = side[1 - odd];
    for (uint32_t k = i; k < i + FIQ_LOBE_PLACES; k += 4) {
      float* const row[4] = {work->target + k, work->pitch + k, work->pull + k, work->psi + k};
      fiq_transpose((const FiqFloat4*)&even_ones[group[k]],
                    (const FiqFloat4*)&odd_ones[group[k + 1]],
                    (const FiqFloat4*)&even_ones[group[k + 2]],
                    (const FiqFloat4*)&odd_ones[group[k + 3]], row);
    }
  }
  for (uint32_t i = 0; self->step.pans && i < CHUNK; ++i) {
    work->target[i] *= self->places.weight[slot_of(group[i])][fiq_lobe_place(first + i)];
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
  assert(first < self->capacity);
  for (uint32_t i = 0; i < CHUNK; ++i) {
    detune[i] = detune_of(first + i);
  }
  const float* restrict curve = self->detune.normal;
  for (uint32_t i = 0; self->step.normal && i < CHUNK; ++i) {
    const float at = (detune[i] + 1.0f) * (0.5f * (float)FIQ_SWARM_NORMAL);
    const float inside =
        at < (float)FIQ_SWARM_NORMAL - 0.01f ? at : (float)FIQ_SWARM_NORMAL - 0.01f;
    const int32_t k      = (int32_t)inside;
    const float   normal = curve[k] + (inside - (float)k) * (curve[k + 1] - curve[k]);
    detune[i] += self->detune.normality * (normal - detune[i]);
  }
  const uint16_t* restrict group = self->osc.group + first;
  for (uint32_t i = 0; self->step.detunes && i < CHUNK; ++i) {
    detune[i] *= self->detune.share[slot_of(group[i])];
  }
}

/// At rest the pitch is that of the note: e^y by its series, |y| being below 0.11, and below 0.06 where detune is uniform.
FIQ_INLINE void rest_frequency(float spread, Work* restrict work)
{
  for (uint32_t i = 0; i < CHUNK; ++i) {
    const float y = work->detune[i] * spread;
    work->next[i] =
        work->pitch[i] * (1.0f + y * (1.0f + y * (0.5f + y * (1.0f / 6.0f + y * (1.0f / 24.0f)))));
  }
}

/// In flight the frequency follows from the place.
FIQ_INLINE void find_tone(bool cents, float spread, const float* restrict x,
                          const float* restrict detune, float* restrict tone)
{
  const float inverse = cents ? 1.0f / FIQ_ANNEAL_F0_HZ : 0.0f;
  for (uint32_t i = 0; i < CHUNK; ++i) {
    const float base = cents ? 1.0f : x[i];
    tone[i]          = base * fiq_exp(x[i] * inverse + detune[i] * spread);
  }
}

/// Between turns it moves on by e^z, z being the way of a step: by its series, good to a hundredth of a cent for the ways that a
/// turn has.
FIQ_INLINE void move_tone(const float* restrict drift, float* restrict tone)
{
  for (uint32_t i = 0; i < CHUNK; ++i) {
    const float z = drift[i] * (1.0f / FIQ_ANNEAL_F0_HZ);
    tone[i] *= 1.0f + z * (1.0f + z * (0.5f + z * (1.0f / 6.0f)));
  }
}

/// Sway, of which every note has a part of its own.
FIQ_INLINE void sway_notes(const FiqSwarm* restrict self, uint32_t first,
                           const float* restrict sway, Work* restrict work)
{
  assert(first < self->capacity);
  const uint16_t* restrict group = self->osc.group + first;
  for (uint32_t i = 0; i < CHUNK; ++i) {
    work->next[i] *= 1.0f + (sway[i] - 1.0f) * self->detune.sways[slot_of(group[i])];
  }
}

/// Frequency of every oscillator, cycles per sample.
FIQ_INLINE void find_frequency(FiqSwarm* restrict self, uint32_t first, bool goes_on,
                               Work* restrict work)
{
  assert(first < self->capacity);
  const FiqSwarmFrame* restrict step = &self->step;
  float* restrict tone               = self->osc.tone + first;
  if (!goes_on || step->measure) {
    find_detune(self, first, work->detune);
  }
  if (step->still) {
    rest_frequency(step->spread, work);
  } else {
    if (goes_on) {
      move_tone(self->anneal.osc.drift + first, tone);
    } else {
      find_tone(step->cents, step->spread, self->anneal.osc.x + first, work->detune, tone);
    }
    for (uint32_t i = 0; i < CHUNK; ++i) {
      work->next[i] = work->pitch[i] * tone[i];
    }
  }
  const float* restrict sway = self->detune.sway + (step->n_sway > 0 ? first % step->n_sway : 0);
  if (step->sways) {
    sway_notes(self, first, sway, work);
    return;
  }
  for (uint32_t i = 0; step->n_sway > 0 && i < CHUNK; ++i) {
    work->next[i] *= sway[i];
  }
}

FIQ_INLINE void find_pull(const float* restrict phi, Work* restrict work)
{
  for (int i = 0; i < CHUNK; ++i) {
    work->bent[i] = work->pull[i] * fiq_sine_turns(fiq_wrap_turns(work->psi[i] - phi[i]));
  }
}

FIQ_INLINE void add_noise(const FiqSwarm* restrict self, uint32_t first, Work* restrict work)
{
  assert(self->step.noise >= 0.0f);
  float              sign;
  const float* const noise =
      fiq_anneal_noise(&self->anneal, first / CHUNK, self->step.noise_salt, &sign);
  const float sigma = self->step.noise * sign;
  for (int i = 0; i < CHUNK; ++i) {
    work->bent[i] += sigma * noise[i];
  }
}

/// Whether all frequencies lie where nothing fades out: what is missing to there has its sign set everywhere. A
/// comparison of eight floats would be taken apart where registers hold four.
FIQ_INLINE bool is_inside(const Work* restrict work, bool bends)
{
  FiqInt8 inside = {-1, -1, -1, -1, -1, -1, -1, -1};
  for (int i = 0; i < CHUNK; i += 8) {
    const FiqFloat8 next = *(const FiqFloat8*)(work->next + i);
    if (bends) {
      const FiqFloat8 bent = *(const FiqFloat8*)(work->bent + i);
      inside &= (FiqInt8)(next + bent - fade_start_nu) & (FiqInt8)(next - bent - fade_start_nu);
    } else {
      inside &= (FiqInt8)(next - fade_start_nu);
    }
  }
  int32_t all = -1;
  for (int k = 0; k < 8; ++k) {
    all &= inside[k];
  }
  return all < 0;
}

/// Amplitudes on their way to those of their groups; the target is limited to what lies in the band.
FIQ_INLINE void move_amplitude(Work* restrict work, float* restrict amplitude,
                               uint8_t* restrict slew, bool bends)
{
  const float fade   = 1.0f / (fade_end_nu - fade_start_nu);
  uint64_t    slewed = 0;
  for (int i = 0; i < CHUNK; i += 8) {
    uint64_t eight;
    memcpy(&eight, slew + i, sizeof eight);
    slewed |= eight;
  }
  const bool inside = is_inside(work, bends);
  float      limit[CHUNK];
  for (int i = 0; !inside && i < CHUNK; ++i) {
    const float next  = work->next[i] < FIQ_LOBE_NU_MAX ? work->next[i] : FIQ_LOBE_NU_MAX;
    const float bent  = bends ? fabsf(work->bent[i]) : 0.0f;
    const float inner = (fade_end_nu - next - bent) * fade;
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
    phi[i]            = fiq_wrap_turns(phi[i] + ((nu[i] + next) * 0.5f + bent) * frames);
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
    lobes->re[i] = amplitude[i] * fiq_cosine_turns(phi[i]);
    lobes->im[i] = amplitude[i] * fiq_sine_turns(phi[i]);
  }
}

/// Add the first `n` of the chunk that begins with oscillator `first` to the sums of their groups, place by place.
FIQ_INLINE void add_sums(const uint16_t* restrict group, uint32_t first, uint32_t n,
                         const float* restrict cosine, const float* restrict sine,
                         const float* restrict detune, FiqSwarmSum* restrict sum)
{
  assert(n <= FIQ_ANNEAL_CHUNK);
  const FiqFloat4 one = {1.0f, 1.0f, 1.0f, 1.0f};
  uint32_t        at[CHUNK];
  for (uint32_t i = 0; i < CHUNK; ++i) {
    const uint32_t heard = group[i] < GROUPS && i < n ? group[i] : GROUPS;
    at[i]                = heard * FIQ_SWARM_LANES + fiq_lobe_place(first + i);
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

/// What each oscillator adds to the sums of its group, at its place in the detune of a note.
FIQ_INLINE void add_members(const FiqSwarm* restrict self, uint32_t first,
                            const float* restrict place, const float* restrict cosine,
                            const float* restrict sine, FiqSwarmSum* restrict sum)
{
  assert(first < self->capacity);
  const float spread = self->step.spread;
  float       detune[CHUNK];
  for (uint32_t i = 0; i < CHUNK; ++i) {
    // (e^(d s) - 1) / s by its series: |d s| is below 0.11.
    const float d = place[i];
    detune[i]     = d * (1.0f + d * spread * (0.5f + d * spread * (1.0f / 6.0f)));
  }
  const uint32_t n = self->step.n_run - first;
  add_sums(self->osc.group + first, first, n < CHUNK ? n : CHUNK, cosine, sine, detune, sum);
}

/// Lobes and sums.
FIQ_INLINE void make_lobes_and_sums(const FiqSwarm* restrict self, uint32_t first,
                                    const float* restrict place, FiqLobes* restrict lobes,
                                    FiqSwarmSum* restrict sum)
{
  const float* restrict phi       = self->osc.phi + first;
  const float* restrict amplitude = self->osc.amplitude + first;
  float cosine[CHUNK];
  float sine[CHUNK];
  for (uint32_t i = 0; i < CHUNK; ++i) {
    cosine[i]    = fiq_cosine_turns(phi[i]);
    sine[i]      = fiq_sine_turns(phi[i]);
    lobes->re[i] = amplitude[i] * cosine[i];
    lobes->im[i] = amplitude[i] * sine[i];
  }
  add_members(self, first, place, cosine, sine, sum);
}

/// Phases, amplitudes and lobes of one chunk.
FIQ_INLINE void oscillate(FiqSwarm* restrict self, uint32_t first, bool goes_on,
                          Work* restrict work, FiqLobes* restrict lobes)
{
  assert(first < self->capacity);
  const FiqSwarmFrame* restrict step = &self->step;
  look_up(self, first, step->coupled, work);
  find_frequency(self, first, goes_on, work);
  if (step->coupled) {
    find_pull(self->osc.phi + first, work);
  } else if (step->bends) {
    memset(work->bent, 0, sizeof work->bent);
  }
  if (step->noise > 0.0f) {
    add_noise(self, first, work);
  }
  move_amplitude(work, self->osc.amplitude + first, self->osc.slew + first, step->bends);
  move_phase(work, self->osc.nu + first, self->osc.phi + first, lobes->nu, (float)self->step_frames,
             step->bends);
  if (step->measure) {
    make_lobes_and_sums(self, first, work->detune, lobes, self->groups.sum);
  } else {
    make_lobes(self->osc.phi + first, self->osc.amplitude + first, lobes);
  }
}

static void oscillate_base(FiqSwarm* self, uint32_t first, bool goes_on, Work* work,
                           FiqLobes* lobes)
{
  assert(first % FIQ_ANNEAL_CHUNK == 0);
  oscillate(self, first, goes_on, work, lobes);
}

FIQ_AVX2 static void oscillate_avx2(FiqSwarm* self, uint32_t first, bool goes_on, Work* work,
                                    FiqLobes* lobes)
{
  assert(self->use_avx2);
  oscillate(self, first, goes_on, work, lobes);
}

FIQ_AVX512 static void oscillate_avx512(FiqSwarm* self, uint32_t first, bool goes_on, Work* work,
                                        FiqLobes* lobes)
{
  assert(self->use_avx512);
  oscillate(self, first, goes_on, work, lobes);
}

/// Out of silence: frequencies and phases of one chunk, and what it adds to the sums of its groups. What is heard of it is
/// made when these have been measured.
FIQ_INLINE void begin(FiqSwarm* restrict self, uint32_t first, Work* restrict work)
{
  assert(first < self->capacity);
  const float frames  = (float)self->step_frames;
  float* restrict nu  = self->osc.nu + first;
  float* restrict phi = self->osc.phi + first;
  float cosine[CHUNK];
  float sine[CHUNK];
  look_up(self, first, false, work);
  find_frequency(self, first, false, work);
  for (uint32_t i = 0; i < CHUNK; ++i) {
    const float next = work->next[i] < FIQ_LOBE_NU_MAX ? work->next[i] : FIQ_LOBE_NU_MAX;
    const float now  = fiq_wrap_turns(phi[i] + (nu[i] + next) * 0.5f * frames);
    phi[i]           = now;
    nu[i]            = next;
    cosine[i]        = fiq_cosine_turns(now);
    sine[i]          = fiq_sine_turns(now);
  }
  add_members(self, first, work->detune, cosine, sine, self->groups.sum);
}

static void begin_base(FiqSwarm* self, uint32_t first, Work* work)
{
  assert(first % FIQ_ANNEAL_CHUNK == 0);
  begin(self, first, work);
}

FIQ_AVX2 static void begin_avx2(FiqSwarm* self, uint32_t first, Work* work)
{
  assert(self->use_avx2);
  begin(self, first, work);
}

FIQ_AVX512 static void begin_avx512(FiqSwarm* self, uint32_t first, Work* work)
{
  assert(self->use_avx512);
  begin(self, first, work);
}

/// Out of silence: the lobes of a chunk that has begun, once its groups have their gains.
FIQ_INLINE void sound(FiqSwarm* restrict self, uint32_t first, Work* restrict work,
                      FiqLobes* restrict lobes)
{
  assert(first < self->capacity);
  look_up(self, first, false, work);
  memcpy(work->next, self->osc.nu + first, sizeof work->next);
  move_amplitude(work, self->osc.amplitude + first, self->osc.slew + first, false);
  memcpy(lobes->nu, work->next, sizeof lobes->nu);
  make_lobes(self->osc.phi + first, self->osc.amplitude + first, lobes);
}

static void sound_base(FiqSwarm* self, uint32_t first, Work* work, FiqLobes* lobes)
{
  assert(first % FIQ_ANNEAL_CHUNK == 0);
  sound(self, first, work, lobes);
}

FIQ_AVX2 static void sound_avx2(FiqSwarm* self, uint32_t first, Work* work, FiqLobes* lobes)
{
  assert(self->use_avx2);
  sound(self, first, work, lobes);
}

FIQ_AVX512 static void sound_avx512(FiqSwarm* self, uint32_t first, Work* work, FiqLobes* lobes)
{
  assert(self->use_avx512);
  sound(self, first, work, lobes);
}

static float random_turns(const FiqSwarm* self, uint32_t i)
{
  assert(i < self->capacity);
  const uint32_t bits = fiq_anneal_hash(i, self->seed + self->step_count * 7919u);
  return (float)(bits >> 8) * 0x1p-24f - 0.5f;
}

static uint16_t chunk_group(uint32_t slot, uint32_t partial)
{
  assert(slot < FIQ_CARRIERS_MAX);
  assert(partial < FIQ_SWARM_PARTIALS_MAX);
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
  assert(group && slew && slot);
  follow(group, slew, slot, steps);
}

FIQ_AVX2 static void follow_avx2(uint16_t* group, uint8_t* slew, const uint8_t* slot, uint8_t steps)
{
  assert(group && slew && slot);
  follow(group, slew, slot, steps);
}

/// Oscillators in flight belong to the note that attracts them; a change of note slews the level.
static void follow_flight(FiqSwarm* self, uint32_t first)
{
  assert(first % FIQ_ANNEAL_CHUNK == 0);
  uint16_t* const      group = self->osc.group + first;
  uint8_t* const       slew  = self->osc.slew + first;
  const uint8_t* const slot  = self->anneal.osc.slot + first;
  if (self->use_avx2) {
    follow_avx2(group, slew, slot, self->step.slew_steps);
  } else {
    follow_base(group, slew, slot, self->step.slew_steps);
  }
}

/// An oscillator with another partial to come falls silent first, then takes it.
static uint16_t change_partial(const FiqSwarm* self, uint32_t i, uint16_t group)
{
  assert(i < self->capacity);
  assert(group < 2 * FIQ_SWARM_GROUPS);
  const uint32_t wanted = self->partials.of[(i * partial_step) >> 24];
  const bool     silent = group >= SILENT;
  const bool     same   = wanted == group % PARTIALS;
  if (!same && !silent) {
    return (uint16_t)(group + SILENT);
  }
  return silent && (same || self->osc.slew[i] == 0) ? chunk_group(self->anneal.osc.slot[i], wanted)
                                                    : group;
}

void fiq_swarm_group_chunk(FiqSwarm* self, uint32_t first)
{
  assert(first % FIQ_ANNEAL_CHUNK == 0);
  assert(first < self->capacity);
  for (uint32_t i = first; i < first + CHUNK; ++i) {
    self->osc.group[i] = self->partials.of[(i * partial_step) >> 24];
  }
}

/// A whole chunk begins anew, silent and at random phases; in loops that vectors can take.
FIQ_INLINE void strew(FiqSwarm* restrict self, uint32_t first)
{
  assert(first < self->capacity);
  float* restrict phi          = self->osc.phi + first;
  uint16_t* restrict group     = self->osc.group + first;
  const uint8_t* restrict slot = self->anneal.osc.slot + first;
  const uint32_t salt          = self->seed + self->step_count * 7919u;
  for (uint32_t i = 0; i < CHUNK; ++i) {
    phi[i] = (float)(int32_t)(fiq_anneal_hash(first + i, salt) >> 8) * 0x1p-24f - 0.5f;
  }
  for (uint32_t i = 0; i < CHUNK; ++i) {
    group[i] = chunk_group(slot[i], group[i] & (PARTIALS - 1));
  }
  memset(self->osc.amplitude + first, 0, CHUNK * sizeof *self->osc.amplitude);
  memset(self->osc.slew + first, 0, CHUNK);
}

static void strew_base(FiqSwarm* self, uint32_t first)
{
  assert(first % FIQ_ANNEAL_CHUNK == 0);
  strew(self, first);
}

FIQ_AVX2 static void strew_avx2(FiqSwarm* self, uint32_t first)
{
  assert(self->use_avx2);
  strew(self, first);
}

/// Whatever is not the plain course of things: starts, fades, new partials.
static void rearrange(FiqSwarm* self, uint32_t first, uint32_t n)
{
  assert(n <= FIQ_ANNEAL_CHUNK);
  assert(first < self->capacity);
  const FiqSwarmFrame* step = &self->step;
  if (step->restart && n == CHUNK) {
    if (first + CHUNK > self->partials.n_ready) {
      fiq_swarm_group_chunk(self, first);
    }
    (self->use_avx2 ? strew_avx2 : strew_base)(self, first);
    return;
  }
  follow_flight(self, first);
  for (uint32_t i = first; i < first + n; ++i) {
    if (step->restart || i >= step->join_first) {
      self->osc.phi[i] = random_turns(self, i);
      self->osc.group[i] =
          chunk_group(self->anneal.osc.slot[i], self->partials.of[(i * partial_step) >> 24]);
      self->osc.amplitude[i] = 0.0f;
      self->osc.slew[i]      = step->restart ? 0 : self->slew_steps;
      continue;
    }
    const uint16_t old   = self->osc.group[i];
    const uint16_t group = step->regroup ? change_partial(self, i, old) : old;
    const bool     fades = i >= step->fade_first && i < step->fade_last;
    self->osc.group[i]   = group;
    self->osc.slew[i]    = fades || group != old ? self->slew_steps : self->osc.slew[i];
  }
}

void fiq_swarm_work_chunk(FiqSwarm* self, uint32_t chunk)
{
  assert(chunk < self->anneal.capacity / FIQ_ANNEAL_CHUNK);
  assert(self->work.begun);
  assert(self->step.n_run <= self->capacity);
  assert(self->step.n_target <= self->capacity);
  const FiqSwarmFrame* step  = &self->step;
  const uint32_t       first = chunk * CHUNK;
  const uint32_t       n     = step->n_run - first < CHUNK ? step->n_run - first : CHUNK;
  if (step->convert) {
    self->anneal.osc.chunk_left[chunk] = 0;
    for (uint32_t i = first; i < first + n; ++i) {
      self->anneal.osc.x[i] = fiq_swarm_converted(step->cents, self->anneal.osc.x[i]);
    }
  }
  const FiqChunkResult news    = fiq_anneal_advance(&self->anneal, chunk);
  const bool           fades   = first < step->fade_last && first + CHUNK > step->fade_first;
  const bool           joins   = first + CHUNK > step->join_first;
  const bool           goes_on = step->toned && !news.is_updated && !joins;
  if (fades || joins || step->restart || step->regroup) {
    rearrange(self, first, n);
  } else if (news.slots) {
    follow_flight(self, first);
  }
  Work     work;
  FiqLobes lobes;
  if (step->restart) {
    if (self->use_avx2 && self->use_avx512) {
      begin_avx512(self, first, &work);
    } else {
      (self->use_avx2 ? begin_avx2 : begin_base)(self, first, &work);
    }
    return;
  }
  if (self->use_avx2 && self->use_avx512) {
    oscillate_avx512(self, first, goes_on, &work, &lobes);
  } else {
    (self->use_avx2 ? oscillate_avx2 : oscillate_base)(self, first, goes_on, &work, &lobes);
  }
  fiq_spectral_bank_add(&self->lobes, chunk, &lobes);
}

void fiq_swarm_work_lobes(FiqSwarm* self, uint32_t chunk)
{
  assert(self->step.restart);
  assert(chunk < self->work.n_chunks);
  const uint32_t first = chunk * CHUNK;
  Work           work;
  FiqLobes       lobes;
  if (self->use_avx2 && self->use_avx512) {
    sound_avx512(self, first, &work, &lobes);
  } else {
    (self->use_avx2 ? sound_avx2 : sound_base)(self, first, &work, &lobes);
  }
  fiq_spectral_bank_add(&self->lobes, chunk, &lobes);
}
