// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/swarm/swarm_state.h"

#include "dsp/base/simd.h"
#include "dsp/base/trig_turns.h"

#include <assert.h>
#include <string.h>

enum {
  GROUPS   = FIQ_SWARM_GROUPS,
  PARTIALS = FIQ_SWARM_PARTIALS_MAX,
  SILENT   = FIQ_SWARM_SILENT,
  JUDGED   = 256, // oscillators that tell the uncertainty
  BINS     = 16
};

static const float order_tau_s = 0.1f;  // of the order that is told
static const float count_tau_s = 0.03f; // numbers and mean detune
static const float judge_s     = 0.01f; // between judgements of uncertainty
static const float faintest =
    0.0025f; // power of a note's partials over that of the strongest there is
static const float least_power =
    0.005f; // of a group's members together over that of all by themselves
static const float longest_s       = 0.05f; // over which power is averaged
static const float middle_c_octave = 8.03135971f;

float fiq_swarm_hz(const FiqSwarm* self, float x)
{
  assert(self);
  return self->step.cents ? fiq_swarm_converted(false, x) : x;
}

/// Amplitudes of the partials of a slot before normalisation: the patch's, the note's own brightness and its formants.
static void partial_gains(FiqSwarm* self, uint32_t slot, float* gain)
{
  assert(slot < FIQ_CARRIERS_MAX);
  const uint32_t n    = self->step.n_partials;
  const float    tilt = self->slots.tilt[slot];
  memcpy(gain, self->partials.gain, n * sizeof *gain);
  for (uint32_t h = 0; fabsf(tilt) > 1e-6f && h < n; ++h) {
    gain[h] *= fiq_exp(tilt * self->partials.log[h]);
  }
  const float odd_even = fiq_clamp(self->motion.note[slot].target[FIQ_TO_ODD_EVEN], -1.0f, 1.0f);
  const float weaker   = 1.0f - fabsf(odd_even);
  for (uint32_t h = odd_even < 0.0f ? 1 : 2; fabsf(odd_even) > 0.0f && h < n; h += 2) {
    gain[h] *= weaker;
  }
  fiq_formants_apply(&self->slots.formants[slot], self->partials.ratio,
                     fiq_swarm_hz(self, self->anneal.carriers.now[slot]), gain, n);
  if (self->singing.amount[slot] > 0.0f) {
    fiq_swarm_shape_partials(self, slot, fiq_swarm_hz(self, self->anneal.carriers.now[slot]), gain);
  }
}

FiqFilter fiq_swarm_filter(const FiqSwarm* self, uint32_t slot)
{
  assert(slot < FIQ_CARRIERS_MAX);
  const FiqSwarmTone* const tone = &self->step.params.tone;
  if (tone->filter == FIQ_FILTER_OFF) {
    return (FiqFilter){.type = FIQ_FILTER_OFF};
  }
  const float        hz     = fiq_swarm_hz(self, self->anneal.carriers.now[slot]);
  const float        octave = log2f(fmaxf(hz, 1.0f));
  const float        key    = tone->key_track * (octave - middle_c_octave);
  const float        soft   = tone->velocity_octaves * (self->slots.velocity[slot] - 1.0f);
  const float* const moved  = self->motion.note[slot].target;
  const float        way    = tone->envelope_octaves * self->motion.note[slot].envelope +
                    5.0f * fiq_clamp(moved[FIQ_TO_CUTOFF], -3.0f, 3.0f);
  const float resonance = fiq_clamp(tone->resonance + moved[FIQ_TO_RESONANCE], 0.0f, 1.0f);
  return (FiqFilter){.type                = tone->filter,
                     .cutoff_octave       = log2f(tone->cutoff_hz) + key + soft + way,
                     .slope_db_per_octave = tone->slope_db_per_octave,
                     .resonance           = resonance};
}

/// Gains of the filter for the partials of a slot.
static void filter_gains(const FiqSwarm* self, uint32_t slot, float* gain)
{
  assert(slot < FIQ_CARRIERS_MAX);
  const FiqFilter filter = fiq_swarm_filter(self, slot);
  const float     hz     = fiq_swarm_hz(self, self->anneal.carriers.now[slot]);
  for (uint32_t h = 0; h < self->step.n_partials; ++h) {
    gain[h] = 1.0f;
  }
  fiq_filter_apply(&filter, self->partials.octave, log2f(fmaxf(hz, 1.0f)), gain,
                   self->step.n_partials);
}

/// Move the amplitudes that make the power of the `n` groups from `first` on 1 on to this step.
static void steer_groups(FiqSwarm* self, uint32_t first, uint32_t n, float rate)
{
  assert(first + n <= FIQ_SWARM_GROUPS);
  FiqSwarmLevel* const restrict level = self->groups.level + first;
  const float* const restrict count   = self->groups.count + first;
  const float passed                  = (float)self->groups.unmeasured;
  float       now[PARTIALS];
  float       trust[PARTIALS];
  float       average[PARTIALS];
  for (uint32_t h = 0; h < n; ++h) {
    const FiqFloat4 on =
        *(const FiqFloat4*)level[h].heard + *(const FiqFloat4*)level[h].slope * passed;
    const FiqFloat4 square = on * on;
    now[h]                 = square[0] + square[1] + square[2] + square[3];
    trust[h]               = level[h].trust;
    average[h]             = level[h].power;
  }
  for (uint32_t h = 0; h < n; ++h) {
    const float members = count[h] > 1.0f ? count[h] : 1.0f;
    const float power   = fiq_mix(average[h], now[h], trust[h]);
    const float least   = least_power * members;
    now[h]              = 1.0f / sqrtf(power > least ? power : least);
    trust[h]            = fiq_mix(rate, 1.0f, trust[h]);
  }
  for (uint32_t h = 0; h < n; ++h) {
    level[h].steer += (now[h] - level[h].steer) * trust[h];
  }
}

/// Gains of one carrier's groups from its envelope and the measured power of each.
static void set_gains(FiqSwarm* self, uint32_t slot, float rate, float steer_rate)
{
  assert(slot < FIQ_CARRIERS_MAX);
  const float loud = self->slots.level[slot] * fiq_swarm_note_amplitude * self->step.params.level *
                     self->breath.tone[slot];
  const uint32_t first = slot * PARTIALS;
  float          gain[PARTIALS];
  float          filter[PARTIALS];
  float          all     = 1e-9f;
  float          power   = 0.0f;
  float          loudest = 0.0f;
  partial_gains(self, slot, gain);
  filter_gains(self, slot, filter);
  for (uint32_t h = 0; h < self->step.n_partials; ++h) {
    all += gain[h] * gain[h];
    power += self->groups.count[first + h] > 0.5f ? gain[h] * gain[h] : 0.0f;
    loudest = fmaxf(loudest, gain[h]);
  }
  // Who has members on faint partials alone stays faint, and gives way soon when others join them. What the patch
  // does to all partials holds at once.
  const float norm   = power > 1e-9f ? all / fmaxf(power, faintest * loudest * loudest) : 1.0f;
  const bool  sudden = self->groups.norm[slot] > 4.0f * norm;
  self->groups.norm[slot] +=
      (norm - self->groups.norm[slot]) * (sudden ? fmaxf(rate, 0.25f) : rate);
  const float share = loud * sqrtf(self->groups.norm[slot] / all);
  steer_groups(self, first, self->step.n_partials, steer_rate);
  for (uint32_t h = 0; h < self->step.n_partials; ++h) {
    const uint32_t g            = first + h;
    self->groups.member[g].gain = share * gain[h] * filter[h] * self->groups.level[g].steer;
  }
}

/// What the members' frequencies are multiples of; the groups' own mean detune is taken off.
static void set_pitches(FiqSwarm* self, uint32_t slot)
{
  assert(slot < FIQ_CARRIERS_MAX);
  const FiqSwarmFrame* step  = &self->step;
  const float          note  = fiq_swarm_hz(self, self->anneal.carriers.now[slot]);
  const float          unit  = step->cents ? FIQ_ANNEAL_F0_HZ : 1.0f;
  const float          base  = step->hz_to_nu * (step->still ? note : unit);
  const uint32_t       first = slot * PARTIALS;
  for (uint32_t h = 0; h < self->step.n_partials; ++h) {
    FiqSwarmGroup* const member = self->groups.member + first + h;
    const float          c      = self->groups.centre[first + h];
    // e^-c by its series: |c| is below 0.06.
    member->pitch = base * self->partials.ratio[h] *
                    (1.0f - c * (1.0f - c * (0.5f - c * (1.0f / 6.0f - c * (1.0f / 24.0f)))));
    member[SILENT] = (FiqSwarmGroup){.pitch = member->pitch};
  }
}

/// Oscillators that slot `k` has in this step, as far as the plan tells before they are counted.
static float expected_in(const FiqSwarm* self, uint32_t k)
{
  assert(k < FIQ_CARRIERS_MAX);
  const FiqAnneal* const anneal   = &self->anneal;
  const float            n_chunks = (float)((anneal->osc.n + FIQ_LOBE_CHUNK - 1) / FIQ_LOBE_CHUNK);
  const float due    = anneal->pass.kind == FIQ_ANNEAL_SORT ? (float)anneal->pass.n_due : 0.0f;
  const float sorted = 1.0f - due / n_chunks + 1.0f / (float)anneal->schedule.update_steps;
  const float hot    = (float)anneal->osc.n_next_hot * fminf(1.0f, sorted);
  float       rooms  = 0.0f;
  for (int i = 0; i < FIQ_CARRIERS_MAX; ++i) {
    rooms += (float)anneal->transport.room[i];
  }
  const float flying = rooms > 0.0f ? hot * (float)anneal->transport.room[k] / rooms : 0.0f;
  return self->step.restart ? (float)anneal->transport.share[k]
                            : (float)anneal->transport.settled[k] + flying;
}

/// The members of groups that begin are not counted yet, but expected.
static void expect_counts(FiqSwarm* self, uint32_t k)
{
  assert(k < FIQ_CARRIERS_MAX);
  const float n = expected_in(self, k) * (1.0f / 256.0f);
  for (uint32_t h = 0; h < PARTIALS; ++h) {
    const uint32_t g      = k * PARTIALS + h;
    self->groups.count[g] = n * (float)self->partials.parts[h];
    self->groups.level[g] = (FiqSwarmLevel){.power = fmaxf(self->groups.count[g], 1.0f),
                                            .steer = self->groups.level[g].steer};
  }
}

void fiq_swarm_set_groups(FiqSwarm* self)
{
  assert(self && self->groups.member);
  const float step_s = (float)self->step_frames / (float)self->sample_rate_hz;
  const float rate   = 1.0f - expf(-step_s / count_tau_s);
  // From one measure to the next, on about a straight line.
  const float steer_rate =
      self->step.coupled ? 1.0f : 1.0f / (1.0f + 0.5f * (float)self->groups.steps_between);
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    const bool sounds       = self->slots.taken[k];
    const bool begins       = sounds && (self->step.restart || !self->groups.active[k]);
    self->groups.counted[k] = self->groups.counted[k] && !begins;
    if (begins) {
      self->groups.young_steps = (uint32_t)ceilf(fiq_swarm_young_s / step_s);
    }
    if (sounds && !self->groups.counted[k]) {
      expect_counts(self, k);
    }
    for (uint32_t h = 0; self->groups.active[k] && !self->step.measure && h < self->step.n_partials;
         ++h) {
      self->groups.member[k * PARTIALS + h].pull = 0.0f; // psi would be that of another moment
    }
    if (sounds || self->groups.active[k]) {
      set_gains(self, k, begins ? 1.0f : rate, begins ? 1.0f : steer_rate);
      set_pitches(self, k);
    }
    self->groups.active[k] =
        sounds || (self->groups.active[k] && self->anneal.transport.settled[k] > 0);
    self->groups.used[k] = self->groups.used[k] || self->groups.active[k] || sounds;
  }
}

void fiq_swarm_set_first_gains(FiqSwarm* self)
{
  assert(self->step.restart && self->groups.is_measured);
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    for (uint32_t h = 0; self->groups.active[k] && h < self->step.n_partials; ++h) {
      self->groups.level[k * PARTIALS + h].trust = 1.0f; // there is no average yet
    }
    if (self->groups.active[k]) {
      set_gains(self, k, 1.0f, 1.0f);
    }
  }
}

float fiq_swarm_beat_rad(const FiqSwarm* self)
{
  assert(self->sample_rate_hz > 0.0);
  float highest_hz = 0.0f;
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    highest_hz = self->groups.active[k]
                     ? fmaxf(highest_hz, fiq_swarm_hz(self, self->anneal.carriers.now[k]))
                     : highest_hz;
  }
  const float top_hz =
      fminf(highest_hz * (float)self->partials.n, FIQ_LOBE_NU_MAX * (float)self->sample_rate_hz);
  return FIQ_TWO_PI_F * top_hz * (self->step.spread + self->detune.swing);
}

static bool has_attention(const FiqSwarm* self, float hz)
{
  assert(self->attention.n <= FIQ_SWARM_ATTENTION_MAX);
  bool found = false;
  for (uint32_t i = 0; i < self->attention.n; ++i) {
    found = found || (hz >= self->attention.hz[0][i] && hz <= self->attention.hz[1][i]);
  }
  return found;
}

/// K of group `g` in rad/s: the parameter counts in widths of the group's own detune.
static float coupling_of(const FiqSwarm* self, uint32_t g)
{
  assert(g < FIQ_SWARM_GROUPS);
  const FiqSwarmParams* p     = &self->step.params;
  const float           hz    = fiq_swarm_hz(self, self->anneal.carriers.now[g / PARTIALS]);
  const float           own   = self->step.spread * self->detune.share[g / PARTIALS];
  const float           width = FIQ_TWO_PI_F * hz * self->partials.ratio[g % PARTIALS] * own;
  const float           care  = has_attention(self, hz) ? 1.0f + 2.0f * p->attention : 1.0f;
  const float           moved = 10.0f * self->motion.note[g / PARTIALS].target[FIQ_TO_COUPLING];
  return (p->coupling + moved) * care * fmaxf(width, 1.0f);
}

/// The sums of a group over all places, phases counted from where each side aims, and what the channels have of them.
typedef struct {
  FiqFloat4 total;
  FiqFloat4 both; ///< left re, im, right re, im
} Heard;

/// The sums of both sides together, turned to where they would stand with one aim for both.
static FiqFloat4 turned_back(const FiqSwarm* self, uint32_t g, const FiqFloat4 side[2])
{
  assert(self && side);
  FiqFloat4 total = side[0] + side[1];
  if (self->step.widens) {
    const float turns = self->places.offset[1][fiq_swarm_offset_of(g)];
    const float c     = fiq_cosine_turns(turns);
    const float s     = fiq_sine_turns(turns);
    total[0]          = c * total[0] - s * (side[0][1] - side[1][1]);
    total[1]          = c * total[1] + s * (side[0][0] - side[1][0]);
  }
  return total;
}

static Heard take_heard(FiqSwarm* self, uint32_t g)
{
  assert(g < FIQ_SWARM_GROUPS);
  FiqFloat4* const   lane    = (FiqFloat4*)(self->groups.sum + g * FIQ_SWARM_LANES);
  const FiqFloat4    nothing = {0.0f, 0.0f, 0.0f, 0.0f};
  FiqFloat4          side[2] = {nothing, nothing};
  FiqFloat4          left    = nothing;
  FiqFloat4          right   = nothing;
  const float* const weight  = self->places.weight[g / PARTIALS % FIQ_CARRIERS_MAX];
  for (uint32_t k = 0; k < FIQ_SWARM_LANES; ++k) {
    const float loud = self->step.pans ? weight[k] : 1.0f;
    side[fiq_swarm_side(k)] += lane[k];
    left += lane[k] * (loud * self->places.pan[0][k]);
    right += lane[k] * (loud * self->places.pan[1][k]);
    lane[k] = nothing;
  }
  return (Heard){turned_back(self, g, side), {left[0], left[1], right[0], right[1]}};
}

FiqSwarmSum fiq_swarm_take_sum(FiqSwarm* self, uint32_t g)
{
  assert(g <= FIQ_SWARM_GROUPS);
  const FiqFloat4 total = take_heard(self, g).total;
  return (FiqSwarmSum){total[0], total[1], total[2], total[3]};
}

/// How far the slow measures move in one, and their sums over all groups.
typedef struct {
  float  step_s;   ///< of one step
  float  passed_s; ///< since the last measures
  float  told;     ///< share of the way that the order goes
  float  fall;
  float  width; ///< half the relative width of every group
  double order;
  double n;
} Measures;

/// Pull and mean phase of the group for the step to come.
static void couple_group(FiqSwarm* self, uint32_t g, FiqFloat4 total, float r, float step_s)
{
  assert(g < FIQ_SWARM_GROUPS);
  assert(step_s > 0.0f);
  FiqSwarmGroup* const member = &self->groups.member[g];
  // Fleeing phases take at most half of R away in a step, lest they meet again on the other side.
  const float turn = fmaxf(1.0f - expf(-coupling_of(self, g) * r * step_s), -r);
  member->pull     = turn / (FIQ_TWO_PI_F * (float)self->step_frames);
  member->psi =
      fiq_angle_turns(total[1], total[0]) - self->step.params.lag_rad * (1.0f / FIQ_TWO_PI_F);
}

/// What is heard of group `g` goes on as it did since the last measure, its turn with the note left out.
static void follow_heard(FiqSwarm* self, uint32_t g, float hz, FiqFloat4 both, float trust)
{
  assert(g < FIQ_SWARM_GROUPS);
  FiqSwarmLevel* const level  = &self->groups.level[g];
  const float          frames = (float)(self->groups.unmeasured * self->step_frames);
  const float          turns  = fiq_wrap_turns(hz * self->step.hz_to_nu * frames);
  const float          c      = fiq_cosine_turns(turns);
  const float          s      = fiq_sine_turns(turns);
  const float* const   old    = level->heard;
  const FiqFloat4      turned = {old[0] * c - old[1] * s, old[0] * s + old[1] * c,
                                 old[2] * c - old[3] * s, old[2] * s + old[3] * c};
  const float          part   = level->trust > 0.0f ? 1.0f / (float)self->groups.unmeasured : 0.0f;
  *(FiqFloat4*)level->slope   = (both - turned) * part;
  *(FiqFloat4*)level->heard   = both;
  level->trust                = trust;
}

/// Take over what is heard of a group, averaged where its phases go far from one measure to the next.
static void measure_power(FiqSwarm* self, uint32_t g, const Heard* heard, bool snap,
                          const Measures* measures)
{
  assert(g < FIQ_SWARM_GROUPS);
  FiqSwarmLevel* const level  = &self->groups.level[g];
  const float          n      = heard->total[2];
  const FiqFloat4      square = heard->both * heard->both;
  const float          power  = square[0] + square[1] + square[2] + square[3];
  const float          hz     = fiq_swarm_hz(self, self->anneal.carriers.now[g / PARTIALS]) *
                   self->partials.ratio[g % PARTIALS];
  const float width = FIQ_TWO_PI_F * hz * measures->width;
  const float lag_s = measures->passed_s + measures->step_s;
  const float tau_s = fminf(2.0f * width * lag_s * lag_s, longest_s);
  // Those that have left still fade where they were.
  const bool  fades = power < level->power && n < 0.98f * self->groups.count[g];
  const float due   = fades ? measures->fall : measures->passed_s / (measures->passed_s + tau_s);
  const bool  same  = fabsf(n - level->n) < 0.5f;
  level->power += (power - level->power) * (snap ? 1.0f : due);
  level->n = n;
  follow_heard(self, g, hz, heard->both,
               same ? fiq_clamp(2.0f - 2.0f * width * lag_s, 0.0f, 1.0f) : 0.0f);
}

/// Slow measures of one group from this step's sums.
static void measure_group(FiqSwarm* self, uint32_t g, Measures* measures)
{
  assert(g < FIQ_SWARM_GROUPS);
  assert(measures);
  const Heard heard = take_heard(self, g);
  const float n     = heard.total[2];
  const float way   = n - self->groups.count[g];
  const bool  first = !self->groups.is_measured;
  const bool  snap  = self->groups.count[g] < 0.5f || first;
  self->groups.count[g] += way > 0.0f || first ? way : way * measures->fall;
  self->groups.member[g].pull = 0.0f;
  if (n < 0.5f) {
    return;
  }
  // ln(1 + x) by its series: |x| is below 0.06.
  const float x      = self->step.spread * heard.total[3] / n;
  const float centre = x * (1.0f - x * (0.5f - x * (1.0f / 3.0f - x * 0.25f)));
  const float order2 =
      (heard.total[0] * heard.total[0] + heard.total[1] * heard.total[1]) / (n * n);
  const float r = sqrtf(order2);
  self->groups.centre[g] += (centre - self->groups.centre[g]) * (snap ? 1.0f : measures->fall);
  measure_power(self, g, &heard, snap, measures);
  if (self->step.coupled) {
    couple_group(self, g, heard.total, r, measures->step_s);
  }
  measures->order += (double)(n * r);
  measures->n += (double)n;
  if (n > 1.5f) {
    const float beyond = (n * order2 - 1.0f) / (n - 1.0f);
    self->groups.order2[g] +=
        (beyond - self->groups.order2[g]) * (snap && !first ? 1.0f : measures->told);
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
static void judge_groups(FiqSwarm* self)
{
  assert(self->osc.phi && self->osc.group);
  uint32_t       count[BINS] = {0};
  uint32_t       n           = 0;
  const uint32_t n_run       = self->step.n_run;
  const uint32_t n_judged    = n_run < JUDGED ? n_run : JUDGED;
  for (uint32_t k = 0; k < n_judged; ++k) {
    const uint32_t i = (uint32_t)((uint64_t)k * n_run / n_judged);
    const uint32_t g = self->osc.group[i];
    if (g >= GROUPS) {
      continue;
    }
    const FiqFloat4* const lane    = (const FiqFloat4*)(self->groups.sum + g * FIQ_SWARM_LANES);
    FiqFloat4              side[2] = {lane[0], lane[1]};
    for (uint32_t p = 2; p < FIQ_SWARM_LANES; ++p) {
      side[fiq_swarm_side(p)] += lane[p];
    }
    const FiqFloat4 mean = turned_back(self, g, side);
    const uint32_t  on   = fiq_swarm_side(fiq_lobe_place(i));
    const float aside = self->step.widens ? self->places.offset[on][fiq_swarm_offset_of(g)] : 0.0f;
    const float phase = fiq_wrap_turns(self->osc.phi[i] - aside);
    const float re    = fiq_cosine_turns(phase);
    const float im    = fiq_sine_turns(phase);
    count[phase_bin(re * mean[0] + im * mean[1], im * mean[0] - re * mean[1])] += 1;
    n += 1;
  }
  float entropy = 0.0f;
  for (uint32_t b = 0; b < BINS; ++b) {
    const float share = (float)count[b] / fmaxf((float)n, 1.0f);
    entropy -= count[b] > 0 ? share * log2f(share) : 0.0f;
  }
  self->groups.uncertainty         = fiq_clamp(0.25f * entropy, 0.0f, 1.0f);
  self->groups.steps_since_entropy = 0;
}

void fiq_swarm_measure_groups(FiqSwarm* self)
{
  assert(self && self->groups.sum);
  const float one_s    = (float)self->step_frames / (float)self->sample_rate_hz;
  const float passed_s = (float)self->groups.unmeasured * one_s;
  self->groups.steps_since_entropy += self->groups.unmeasured;
  if ((float)self->groups.steps_since_entropy * one_s >= judge_s) {
    judge_groups(self);
  }
  Measures measures = {
      .step_s   = one_s,
      .passed_s = passed_s,
      .told     = 1.0f - expf(-passed_s / order_tau_s),
      .fall     = 1.0f - expf(-passed_s / count_tau_s),
      .width    = self->step.spread + self->detune.swing +
               (self->step.still ? 0.0f : self->anneal.schedule.residual / FIQ_ANNEAL_F0_HZ)};
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    self->groups.counted[k] = self->groups.counted[k] || self->groups.active[k];
    for (uint32_t h = 0; self->groups.active[k] && h < self->step.n_partials; ++h) {
      measure_group(self, k * PARTIALS + h, &measures);
    }
  }
  self->groups.steps_between = self->groups.unmeasured;
  self->groups.unmeasured    = 0;
  self->groups.is_measured   = true;
  self->groups.order         = measures.n > 0.0 ? (float)(measures.order / measures.n) : 0.0f;
}
