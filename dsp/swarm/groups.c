// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/swarm/swarm_state.h"

#include "dsp/base/simd.h"
#include "dsp/base/trig_turns.h"

#include <assert.h>
#include <string.h>

enum { BLOCK = FIQ_SWARM_BLOCK, PARTIALS = FIQ_SWARM_PARTIALS_MAX, SILENT = FIQ_SWARM_SILENT };

static const float count_tau_s = 0.03f; // numbers
static const float faintest =
    0.0025f; // power of a note's partials over that of the strongest there is
static const float least_power =
    0.005f; // of a group's members together over that of all by themselves
static const float middle_c_octave = 8.03135971f;

float fiq_swarm_hz(const FiqSwarm* self, float x)
{
  assert(self);
  return self->step.cents ? fiq_swarm_converted(false, x) : x;
}

void fiq_swarm_find_pitches(FiqSwarm* self)
{
  assert(self);
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    if (self->slots.taken[k] || self->groups.active[k]) {
      const float hz        = fiq_swarm_hz(self, self->anneal.carriers.now[k]);
      self->slots.hz[k]     = hz;
      self->slots.octave[k] = log2f(hz > 1.0f ? hz : 1.0f);
    }
  }
}

/// Partials that are worked on: whole blocks of them.
static uint32_t padded(const FiqSwarm* self)
{
  return (self->step.n_partials + BLOCK - 1) / BLOCK * BLOCK;
}

/// The patch's amplitudes, 0 beyond the `n_sounding` that sound, times those of a brightness and of even or odd ones.
FIQ_INLINE void tilt_gains(const FiqSwarmPartials* restrict partials, uint32_t n,
                           uint32_t n_sounding, float tilt, float odd_even, float* restrict gain)
{
  const float even = 1.0f + (odd_even < 0.0f ? odd_even : 0.0f);
  const float odd  = 1.0f - (odd_even > 0.0f ? odd_even : 0.0f);
  for (uint32_t h = 0; h < n; h += BLOCK) {
    for (uint32_t i = 0; i < BLOCK; ++i) {
      const float all = partials->gain[h + i] * ((i & 1) ? even : odd);
      gain[h + i]     = fiq_pick(h + i < n_sounding, all, 0.0f);
    }
  }
  gain[0] = partials->gain[0];
  for (uint32_t h = 0; fabsf(tilt) > 1e-6f && h < n; h += BLOCK) {
    for (uint32_t i = 0; i < BLOCK; ++i) {
      gain[h + i] *= fiq_exp(tilt * partials->log[h + i]);
    }
  }
}

static void tilt_gains_base(const FiqSwarmPartials* partials, uint32_t n, uint32_t n_sounding,
                            float tilt, float odd_even, float* gain)
{
  assert(partials && gain);
  tilt_gains(partials, n, n_sounding, tilt, odd_even, gain);
}

FIQ_AVX2 static void tilt_gains_avx2(const FiqSwarmPartials* partials, uint32_t n,
                                     uint32_t n_sounding, float tilt, float odd_even, float* gain)
{
  assert(partials && gain);
  tilt_gains(partials, n, n_sounding, tilt, odd_even, gain);
}

/// Amplitudes of the partials of a slot before normalisation: the patch's, the note's own brightness and its formants.
static void partial_gains(FiqSwarm* self, uint32_t slot, float* gain)
{
  assert(slot < FIQ_CARRIERS_MAX);
  const float odd_even = fiq_clamp(self->motion.note[slot].target[FIQ_TO_ODD_EVEN], -1.0f, 1.0f);
  (self->use_avx2 ? tilt_gains_avx2 : tilt_gains_base)(
      &self->partials, padded(self), self->step.n_partials, self->slots.tilt[slot], odd_even, gain);
  fiq_formants_apply(&self->slots.formants[slot], self->partials.ratio, self->slots.hz[slot], gain,
                     self->step.n_partials);
  if (self->singing.amount[slot] > 0.0f) {
    fiq_swarm_shape_partials(self, slot, self->slots.hz[slot], gain);
  }
}

FiqFilter fiq_swarm_filter(const FiqSwarm* self, uint32_t slot)
{
  assert(slot < FIQ_CARRIERS_MAX);
  const FiqSwarmTone* const tone = &self->step.params.tone;
  if (tone->filter == FIQ_FILTER_OFF) {
    return (FiqFilter){.type = FIQ_FILTER_OFF};
  }
  const float        key   = tone->key_track * (self->slots.octave[slot] - middle_c_octave);
  const float        soft  = tone->velocity_octaves * (self->slots.velocity[slot] - 1.0f);
  const float* const moved = self->motion.note[slot].target;
  const float        way   = tone->envelope_octaves * self->motion.note[slot].envelope +
                    5.0f * fiq_clamp(moved[FIQ_TO_CUTOFF], -3.0f, 3.0f);
  const float resonance = fiq_clamp(tone->resonance + moved[FIQ_TO_RESONANCE], 0.0f, 1.0f);
  return (FiqFilter){.type                = tone->filter,
                     .cutoff_octave       = self->partials.cutoff_octave + key + soft + way,
                     .slope_db_per_octave = tone->slope_db_per_octave,
                     .resonance           = resonance};
}

/// What the partials of a slot come to.
typedef struct {
  float all;     ///< power
  float heard;   ///< of those with members
  float loudest; ///< amplitude
} GainSums;

FIQ_INLINE void sum_gains(const float* restrict gain, const float* restrict count, uint32_t n,
                          GainSums* restrict sums)
{
  float all[BLOCK]     = {1e-9f};
  float heard[BLOCK]   = {0.0f};
  float loudest[BLOCK] = {0.0f};
  for (uint32_t h = 0; h < n; h += BLOCK) {
    for (uint32_t i = 0; i < BLOCK; ++i) {
      const float square = gain[h + i] * gain[h + i];
      all[i] += square;
      heard[i] += fiq_pick(count[h + i] > 0.5f, square, 0.0f);
      loudest[i] = fiq_pick(gain[h + i] > loudest[i], gain[h + i], loudest[i]);
    }
  }
  *sums = (GainSums){0.0f, 0.0f, 0.0f};
  for (uint32_t i = 0; i < BLOCK; ++i) {
    sums->all += all[i];
    sums->heard += heard[i];
    sums->loudest = loudest[i] > sums->loudest ? loudest[i] : sums->loudest;
  }
}

static void sum_gains_base(const float* gain, const float* count, uint32_t n, GainSums* sums)
{
  assert(gain && count && sums);
  sum_gains(gain, count, n, sums);
}

FIQ_AVX2 static void sum_gains_avx2(const float* gain, const float* count, uint32_t n,
                                    GainSums* sums)
{
  assert(gain && count && sums);
  sum_gains(gain, count, n, sums);
}

/// What all groups of a slot have in common.
typedef struct {
  float share;  ///< of a partial of amplitude 1
  float base;   ///< pitch of the first one, cycles per sample
  float passed; ///< steps since the last measure
  float rate;   ///< at which averages are followed
} SlotScale;

/// Move the amplitudes that make the power of eight groups 1, or of the first `n` of them, on to this step.
FIQ_INLINE void steer_block(const SlotScale* restrict scale, const float* restrict count,
                            uint32_t n, FiqSwarmLevels* restrict level)
{
  for (uint32_t i = 0; i < BLOCK; ++i) {
    float now = 0.0f;
    for (uint32_t k = 0; k < 4; ++k) {
      const float on = level->heard[k][i] + level->slope[k][i] * scale->passed;
      now += on * on;
    }
    const float members = fiq_pick(count[i] > 1.0f, count[i], 1.0f);
    const float power   = fiq_mix(level->power[i], now, level->trust[i]);
    const float least   = least_power * members;
    const float steer   = 1.0f / sqrtf(fiq_pick(power > least, power, least));
    const float part    = fiq_mix(scale->rate, 1.0f, level->trust[i]);
    level->steer[i] += (steer - level->steer[i]) * fiq_pick(i < n, part, 0.0f);
  }
}

/// What the members of eight groups look up, as rows; those that fall silent have the pitch alone.
FIQ_INLINE void write_members(const float* gain, const float* pitch, const float* pull,
                              const float* psi, FiqSwarmGroup* member)
{
  const FiqFloat4 nothing = {0.0f, 0.0f, 0.0f, 0.0f};
  for (uint32_t i = 0; i < BLOCK; i += 4) {
    FiqSwarmGroup* const silent = member + SILENT + i;
    float* const         row[4] = {&member[i].gain, &member[i + 1].gain, &member[i + 2].gain,
                                   &member[i + 3].gain};
    float* const below[4] = {&silent[0].gain, &silent[1].gain, &silent[2].gain, &silent[3].gain};
    fiq_transpose((const FiqFloat4*)(gain + i), (const FiqFloat4*)(pitch + i),
                  (const FiqFloat4*)(pull + i), (const FiqFloat4*)(psi + i), row);
    fiq_transpose(&nothing, (const FiqFloat4*)(pitch + i), &nothing, &nothing, below);
  }
}

/// Gains, and what the members' frequencies are multiples of; the groups' own mean detune is taken off.
FIQ_INLINE void set_members(FiqSwarm* restrict self, uint32_t slot, const SlotScale* restrict scale,
                            const float* restrict gain, uint32_t n)
{
  const FiqSwarmGroups* const groups = &self->groups;
  for (uint32_t h = 0; h < n; h += BLOCK) {
    const uint32_t g             = slot * PARTIALS + h;
    const float* restrict centre = groups->centre + g;
    const float* restrict ratio  = self->partials.ratio + h;
    FiqSwarmLevels* const level  = groups->level + g / BLOCK;
    float                 loud[BLOCK];
    float                 pitch[BLOCK];
    steer_block(scale, groups->count + g, self->step.n_partials - h, level);
    for (uint32_t i = 0; i < BLOCK; ++i) {
      // e^-c by its series: |c| is below 0.06.
      const float c = centre[i];
      const float e = 1.0f - c * (1.0f - c * (0.5f - c * (1.0f / 6.0f - c * (1.0f / 24.0f))));
      loud[i]       = scale->share * gain[h + i] * level->steer[i];
      pitch[i]      = scale->base * ratio[i] * e;
    }
    for (uint32_t side = 0; side < (self->step.widens ? 2 : 1); ++side) {
      const float* restrict offset = self->places.offset[side] + fiq_swarm_offset_of(g);
      float psi[BLOCK];
      for (uint32_t i = 0; i < BLOCK; ++i) {
        psi[i] = groups->psi[g + i] + (self->step.widens ? offset[i] : 0.0f);
      }
      write_members(loud, pitch, groups->pull + g, psi, groups->member[side] + g);
    }
  }
}

static void set_members_base(FiqSwarm* self, uint32_t slot, const SlotScale* scale,
                             const float* gain, uint32_t n)
{
  assert(slot < FIQ_CARRIERS_MAX);
  set_members(self, slot, scale, gain, n);
}

FIQ_AVX2 static void set_members_avx2(FiqSwarm* self, uint32_t slot, const SlotScale* scale,
                                      const float* gain, uint32_t n)
{
  assert(slot < FIQ_CARRIERS_MAX);
  set_members(self, slot, scale, gain, n);
}

/// Gains and pitches of one carrier's groups from its envelope and the measured power of each.
static void set_slot(FiqSwarm* self, uint32_t slot, float rate, float steer_rate)
{
  assert(slot < FIQ_CARRIERS_MAX);
  const FiqSwarmFrame* const step = &self->step;
  const float                unit = step->cents ? FIQ_ANNEAL_F0_HZ : 1.0f;
  const float loud = self->slots.level[slot] * fiq_swarm_note_amplitude * step->params.level *
                     self->breath.tone[slot];
  const float*    count   = self->groups.count + slot * PARTIALS;
  float* const    settled = &self->groups.norm[slot];
  const uint32_t  n       = padded(self);
  const FiqFilter filter  = fiq_swarm_filter(self, slot);
  float           gain[PARTIALS];
  GainSums        sums;
  partial_gains(self, slot, gain);
  (self->use_avx2 ? sum_gains_avx2 : sum_gains_base)(gain, count, n, &sums);
  // Who has members on faint partials alone stays faint, and gives way soon when others join them. What the patch
  // does to all partials holds at once.
  const float least = faintest * sums.loudest * sums.loudest;
  const float norm =
      sums.heard > 1e-9f ? sums.all / (sums.heard > least ? sums.heard : least) : 1.0f;
  const bool sudden = *settled > 4.0f * norm;
  *settled += (norm - *settled) * (sudden && rate < 0.25f ? 0.25f : rate);
  fiq_filter_apply(&filter, self->partials.octave, self->slots.octave[slot], gain, n);
  const SlotScale scale = {.share  = loud * sqrtf(*settled / sums.all),
                           .base   = step->hz_to_nu * (step->still ? self->slots.hz[slot] : unit),
                           .passed = (float)self->groups.unmeasured,
                           .rate   = steer_rate};
  (self->use_avx2 ? set_members_avx2 : set_members_base)(self, slot, &scale, gain, n);
}

/// Oscillators that slot `k` has in this step, as far as the plan tells before they are counted.
static float expected_in(const FiqSwarm* self, uint32_t k)
{
  assert(k < FIQ_CARRIERS_MAX);
  const FiqAnneal* const anneal   = &self->anneal;
  const float            n_chunks = (float)((anneal->osc.n + FIQ_LOBE_CHUNK - 1) / FIQ_LOBE_CHUNK);
  const float due    = anneal->pass.kind == FIQ_ANNEAL_SORT ? (float)anneal->pass.n_due : 0.0f;
  const float sorted = 1.0f - due / n_chunks + 1.0f / (float)anneal->schedule.update_steps;
  const float hot    = (float)anneal->osc.n_next_hot * fiq_min(1.0f, sorted);
  float       rooms  = 0.0f;
  for (int i = 0; i < FIQ_CARRIERS_MAX; ++i) {
    rooms += (float)anneal->transport.room[i];
  }
  const float flying = rooms > 0.0f ? hot * (float)anneal->transport.room[k] / rooms : 0.0f;
  return self->step.restart ? (float)anneal->transport.share[k]
                            : (float)anneal->transport.settled[k] + flying;
}

/// The members of groups that begin are not counted yet, but expected. Out of silence those beyond the partials are empty.
static void expect_counts(FiqSwarm* self, uint32_t k)
{
  assert(k < FIQ_CARRIERS_MAX);
  const float    n     = expected_in(self, k) * (1.0f / 256.0f);
  const uint32_t n_all = self->step.restart ? padded(self) : PARTIALS;
  for (uint32_t h = 0; h < n_all; h += BLOCK) {
    const uint32_t        first = k * PARTIALS + h;
    FiqSwarmLevels* const level = &self->groups.level[first / BLOCK];
    FiqSwarmLevels        next  = {.power = {0.0f}};
    for (uint32_t i = 0; i < BLOCK; ++i) {
      const float count             = n * (float)(int32_t)self->partials.parts[h + i];
      self->groups.count[first + i] = count;
      next.power[i]                 = fiq_max(count, 1.0f);
      next.steer[i]                 = level->steer[i];
    }
    *level = next;
  }
}

void fiq_swarm_set_groups(FiqSwarm* self)
{
  assert(self && self->groups.member[0]);
  const float step_s = (float)self->step_frames / (float)self->sample_rate_hz;
  const float rate   = 1.0f - expf(-step_s / count_tau_s);
  // From one measure to the next, on about a straight line.
  const float steer_rate =
      self->step.coupled ? 1.0f : 1.0f / (1.0f + 0.5f * (float)self->groups.steps_between);
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    const bool sounds = self->slots.taken[k];
    const bool begins = sounds && (self->step.restart || !self->groups.active[k]);
    if (!sounds && !self->groups.active[k]) {
      continue;
    }
    self->groups.counted[k] = self->groups.counted[k] && !begins;
    if (begins) {
      self->groups.young_steps = (uint32_t)ceilf(fiq_swarm_young_s / step_s);
    }
    if (sounds && !self->groups.counted[k]) {
      expect_counts(self, k);
    }
    if (!self->step.measure) { // psi would be that of another moment
      memset(self->groups.pull + k * PARTIALS, 0, padded(self) * sizeof *self->groups.pull);
    }
    set_slot(self, k, begins ? 1.0f : rate, begins ? 1.0f : steer_rate);
    self->groups.active[k] = sounds || self->anneal.transport.settled[k] > 0;
    self->groups.used[k]   = true;
  }
}

void fiq_swarm_set_first_gains(FiqSwarm* self)
{
  assert(self->step.restart && self->groups.is_measured);
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    if (!self->groups.active[k]) {
      continue;
    }
    for (uint32_t h = 0; h < self->step.n_partials; ++h) {
      const uint32_t g                               = k * PARTIALS + h;
      self->groups.level[g / BLOCK].trust[g % BLOCK] = 1.0f; // there is no average yet
    }
    set_slot(self, k, 1.0f, 1.0f);
  }
}

float fiq_swarm_beat_rad(const FiqSwarm* self)
{
  assert(self->sample_rate_hz > 0.0);
  float highest_hz = 0.0f;
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    const float hz = self->groups.active[k] ? self->slots.hz[k] : 0.0f;
    highest_hz     = hz > highest_hz ? hz : highest_hz;
  }
  const float top_hz =
      fiq_min(highest_hz * (float)self->partials.n, FIQ_LOBE_NU_MAX * (float)self->sample_rate_hz);
  return FIQ_TWO_PI_F * top_hz * (self->step.spread + self->detune.swing);
}
