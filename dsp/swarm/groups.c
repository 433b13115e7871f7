// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/swarm/swarm_state.h"

#include "dsp/base/simd.h"
#include "dsp/base/trig_turns.h"

enum {
  GROUPS   = FIQ_SWARM_GROUPS,
  PARTIALS = FIQ_SWARM_PARTIALS_MAX,
  SILENT   = FIQ_SWARM_SILENT,
  JUDGED   = 256, // oscillators that tell the uncertainty
  BINS     = 16
};

static const float note_amplitude = 0.1f; // of a note at velocity 1, rms times sqrt 2
static const float order_tau_s    = 1.5f;
static const float young_tau_s    = 0.003f; // of a group at its beginning
static const float renewed_s      = 0.01f;  // age of one whose members change
static const float locked_tau_s   = 0.03f;  // of one that is locked
static const float loosed_tau_s   = 0.03f;  // of one that is locked no more
static const float count_tau_s    = 0.03f;  // numbers and mean detune
static const float judge_s        = 0.01f;  // between judgements of uncertainty
static const float surge          = 6.0f;   // power over the mean that a chorus hardly ever reaches
static const float faintest =
    0.0025f; // power of a note's partials over that of the strongest there is
static const float least_power = 0.02f; // of a group whose phases flee each other

float fiq_swarm_hz(const FiqSwarm* self, float x)
{
  return self->step.cents ? fiq_swarm_converted(false, x) : x;
}

/// Loudness: how much of its power a group of the present order has too much.
static float group_power(const FiqSwarm* self, uint32_t g, float pan_coherence)
{
  const float n = fmaxf(1.0f, self->groups.count[g]);
  return n * fmaxf(least_power, 1.0f + pan_coherence * (n - 1.0f) * self->groups.order2[g]);
}

/// Amplitude of partial `h` (from 0) of a slot before normalisation: the patch's, and the note's own brightness.
static float partial_gain(const FiqSwarm* self, uint32_t slot, uint32_t h)
{
  const float tilt = self->slots.tilt[slot];
  return self->partials.gain[h] * (fabsf(tilt) > 1e-6f ? powf((float)(h + 1), tilt) : 1.0f);
}

/// Gains of one carrier's groups from its envelope and the measured power of each.
static void set_gains(FiqSwarm* self, uint32_t slot, float rate, float pan_coherence)
{
  const float    loud  = self->slots.level[slot] * note_amplitude * self->step.params.level;
  const uint32_t first = slot * PARTIALS;
  float          gain[PARTIALS];
  float          all     = 1e-9f;
  float          power   = 0.0f;
  float          loudest = 0.0f;
  for (uint32_t h = 0; h < self->step.n_partials; ++h) {
    gain[h] = partial_gain(self, slot, h);
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
  for (uint32_t h = 0; h < self->step.n_partials; ++h) {
    const float share =
        self->groups.norm[slot] / (all * group_power(self, first + h, pan_coherence));
    self->groups.member[first + h].gain = loud * gain[h] * sqrtf(share);
  }
}

/// What the members' frequencies are multiples of; the groups' own mean detune is taken off.
static void set_pitches(FiqSwarm* self, uint32_t slot)
{
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
  const float n = expected_in(self, k) * (1.0f / 256.0f);
  for (uint32_t h = 0; h < PARTIALS; ++h) {
    self->groups.count[k * PARTIALS + h] = n * (float)self->partials.parts[h];
  }
}

/// How much of two oscillators' power adds up where their phases agree, both channels taken together.
static float pan_coherence(const FiqSwarm* self)
{
  float left  = 0.0f;
  float right = 0.0f;
  for (int k = 0; k < FIQ_LOBE_PLACES; ++k) {
    left += self->places.pan[0][k] * (1.0f / FIQ_LOBE_PLACES);
    right += self->places.pan[1][k] * (1.0f / FIQ_LOBE_PLACES);
  }
  return left * left + right * right;
}

void fiq_swarm_set_groups(FiqSwarm* self)
{
  const float coherence = pan_coherence(self);
  const float step_s    = (float)self->step_frames / (float)self->sample_rate_hz;
  const float rate      = 1.0f - expf(-step_s / count_tau_s);
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    const bool sounds = self->slots.taken[k];
    const bool begins = sounds && (self->step.restart || !self->groups.active[k]);
    // Whoever gives or takes members sounds anew.
    const float oldest       = begins ? 0.0f : self->anneal.pass.planned ? renewed_s : 1e9f;
    self->groups.active_s[k] = fminf(self->groups.active_s[k], oldest);
    self->groups.counted[k]  = self->groups.counted[k] && !begins;
    if (sounds && !self->groups.counted[k]) {
      expect_counts(self, k);
    }
    for (uint32_t h = 0; self->groups.active[k] && !self->step.measure && h < PARTIALS; ++h) {
      self->groups.member[k * PARTIALS + h].pull = 0.0f; // psi would be that of another moment
    }
    if (sounds || self->groups.active[k]) {
      set_gains(self, k, begins ? 1.0f : rate, coherence);
      set_pitches(self, k);
    }
    self->groups.active[k] =
        sounds || (self->groups.active[k] && self->anneal.transport.settled[k] > 0);
  }
}

static bool has_attention(const FiqSwarm* self, float hz)
{
  bool found = false;
  for (uint32_t i = 0; i < self->attention.n; ++i) {
    found = found || (hz >= self->attention.hz[0][i] && hz <= self->attention.hz[1][i]);
  }
  return found;
}

/// K of group `g` in rad/s: the parameter counts in widths of the group's own detune.
static float coupling_of(const FiqSwarm* self, uint32_t g)
{
  const FiqSwarmParams* p  = &self->step.params;
  const float           hz = fiq_swarm_hz(self, self->anneal.carriers.now[g / PARTIALS]);
  const float width = FIQ_TWO_PI_F * hz * self->partials.ratio[g % PARTIALS] * self->step.spread;
  const float care  = has_attention(self, hz) ? 1.0f + 2.0f * p->attention : 1.0f;
  return p->coupling * care * fmaxf(width, 1.0f);
}

FiqSwarmSum fiq_swarm_take_sum(FiqSwarm* self, uint32_t g)
{
  FiqSwarmSum total = {0.0f, 0.0f, 0.0f, 0.0f};
  for (uint32_t lane = 0; lane < FIQ_SWARM_LANES; ++lane) {
    FiqSwarmSum* const sum = self->groups.sum + g * FIQ_SWARM_LANES + lane;
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
  float  step_s;   ///< of one step
  float  passed_s; ///< since the last measures
  float  slow;     ///< that time over the one that the order is averaged over
  float  fall;
  double order;
  double n;
} Measures;

/// Pull and mean phase of the group for the step to come.
static void couple_group(FiqSwarm* self, uint32_t g, const FiqSwarmSum* total, float r,
                         float step_s)
{
  FiqSwarmGroup* const member = &self->groups.member[g];
  // Fleeing phases take at most half of R away in a step, lest they meet again on the other side.
  const float turn = fmaxf(1.0f - expf(-coupling_of(self, g) * r * step_s), -r);
  member->pull     = turn / (FIQ_TWO_PI_F * (float)self->step_frames);
  member->psi =
      fiq_angle_turns(total->im, total->re) - self->step.params.lag_rad * (1.0f / FIQ_TWO_PI_F);
}

/// Take over the power of a group of `n` > 1, 1 where its phases are of chance, into its slow order; many that join
/// together are known at once.
static void measure_order(FiqSwarm* self, uint32_t g, float n, float power, bool at_once,
                          const Measures* measures)
{
  const float order2 = (power - 1.0f) / (n - 1.0f);
  const float known  = 1.0f + (n - 1.0f) * self->groups.order2[g];
  const float r2     = power / n;
  const float locked = r2 * r2 * r2 * r2 * fiq_clamp(power / surge - 1.0f, 0.0f, 1.0f);
  float       way    = measures->slow + locked * (measures->passed_s / locked_tau_s);
  way += known > surge && surge * power < known ? measures->passed_s / loosed_tau_s : 0.0f;
  self->groups.order2[g] +=
      (order2 - self->groups.order2[g]) * (at_once ? 1.0f : way / (1.0f + way));
  self->groups.order2[g] = fmaxf(self->groups.order2[g], (power / surge - 1.0f) / (n - 1.0f));
}

/// Slow measures of one group from this step's sums.
static void measure_group(FiqSwarm* self, uint32_t g, Measures* measures)
{
  const FiqSwarmSum total = fiq_swarm_take_sum(self, g);
  const float       way   = total.n - self->groups.count[g];
  const bool        first = !self->groups.is_measured;
  const bool        snap  = self->groups.count[g] < 0.5f || first;
  self->groups.count[g] += way > 0.0f || first ? way : way * measures->fall;
  self->groups.member[g].pull = 0.0f;
  if (total.n < 0.5f) {
    return;
  }
  const float n = total.n;
  // ln(1 + x) by its series: |x| is below 0.06.
  const float x      = self->step.spread * total.detune / n;
  const float centre = x * (1.0f - x * (0.5f - x * (1.0f / 3.0f - x * 0.25f)));
  const float power  = (total.re * total.re + total.im * total.im) / n;
  const float r      = sqrtf(power / n);
  self->groups.centre[g] += (centre - self->groups.centre[g]) * (snap ? 1.0f : measures->fall);
  if (self->step.coupled) {
    couple_group(self, g, &total, r, measures->step_s);
  }
  measures->order += (double)(n * r);
  measures->n += (double)n;
  if (n > 1.5f) {
    measure_order(self, g, n, power, snap && !first, measures);
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
    const FiqFloat4* const lane = (const FiqFloat4*)(self->groups.sum + g * FIQ_SWARM_LANES);
    const FiqFloat4        mean = lane[0] + lane[1] + lane[2] + lane[3];
    const float            re   = fiq_cosine_turns(self->osc.phi[i]);
    const float            im   = fiq_sine_turns(self->osc.phi[i]);
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
  const float one_s    = (float)self->step_frames / (float)self->sample_rate_hz;
  const float passed_s = (float)self->groups.unmeasured * one_s;
  self->groups.steps_since_entropy += self->groups.unmeasured;
  if ((float)self->groups.steps_since_entropy * one_s >= judge_s) {
    judge_groups(self);
  }
  Measures measures = {
      .step_s = one_s, .passed_s = passed_s, .fall = 1.0f - expf(-passed_s / count_tau_s)};
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    measures.slow = passed_s / fminf(order_tau_s, young_tau_s + self->groups.active_s[k]);
    self->groups.active_s[k] += self->groups.active[k] ? passed_s : 0.0f;
    self->groups.counted[k] = self->groups.counted[k] || self->groups.active[k];
    for (uint32_t h = 0; self->groups.active[k] && h < self->step.n_partials; ++h) {
      measure_group(self, k * PARTIALS + h, &measures);
    }
  }
  self->groups.unmeasured  = 0;
  self->groups.is_measured = true;
  self->groups.order       = measures.n > 0.0 ? (float)(measures.order / measures.n) : 0.0f;
}
