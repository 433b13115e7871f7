// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/swarm/swarm_state.h"

#include "dsp/base/simd.h"
#include "dsp/base/trig_turns.h"

#include <assert.h>
#include <string.h>

enum {
  BLOCK    = FIQ_SWARM_BLOCK,
  GROUPS   = FIQ_SWARM_GROUPS,
  PARTIALS = FIQ_SWARM_PARTIALS_MAX,
  LANES    = FIQ_SWARM_LANES,
  JUDGED   = 256, // oscillators that tell the uncertainty
  BINS     = 16
};

static const float order_tau_s = 0.1f;  // of the order that is told
static const float count_tau_s = 0.03f; // numbers and mean detune
static const float judge_s     = 0.01f; // between judgements of uncertainty
static const float longest_s   = 0.05f; // over which power is averaged

/// How the measures of one slot move in this step.
typedef struct {
  float step_s;   ///< of one step
  float passed_s; ///< since the last measures
  float told;     ///< share of the way that the order goes
  float fall;
  float width;  ///< half the relative width of every group
  float spread; ///< detune as exponent
  float turns;  ///< that 1 Hz has made since the last measures
  float part;   ///< one over the steps since then, 0 if there are none
  float lag;    ///< turns
  float pull;   ///< of a phase that is turned all the way; 0 if nothing is coupled
  bool  first;
  float hz;       ///< of the note
  float coupling; ///< in half widths of the group's own detune
  float own;      ///< that half width at 1 Hz, rad/s
} Measures;

/// Eight groups in a row: sums over all places, as with one aim for both sides, and what the channels have of them.
typedef struct {
  float re[BLOCK];
  float im[BLOCK];
  float n[BLOCK];
  float detune[BLOCK];
  float both[4][BLOCK]; ///< left re, im, right re, im
} Heard;

/// What the channels have of each place, for two places in a row at a time.
typedef struct {
  FiqFloat8 gain[FIQ_CHANNELS][LANES / 2];
} PlaceGains;

/// What is kept of eight groups in a row.
typedef struct {
  FiqSwarmLevels* level;
  float*          count;
  float*          order2;
  float*          centre;
  float*          pull;
  float*          psi;
  const float*    ratio;
} Block;

static bool has_attention(const FiqSwarm* self, float hz)
{
  assert(self->attention.n <= FIQ_SWARM_ATTENTION_MAX);
  bool found = false;
  for (uint32_t i = 0; i < self->attention.n; ++i) {
    found = found || (hz >= self->attention.hz[0][i] && hz <= self->attention.hz[1][i]);
  }
  return found;
}

/// What is the same for all groups.
static Measures common_measures(const FiqSwarm* self)
{
  assert(self->sample_rate_hz > 0.0);
  const FiqSwarmFrame* const step     = &self->step;
  const float                one_s    = (float)self->step_frames / (float)self->sample_rate_hz;
  const uint32_t             n_passed = self->groups.unmeasured;
  const float                passed_s = (float)n_passed * one_s;
  const float flight = step->still ? 0.0f : self->anneal.schedule.residual / FIQ_ANNEAL_F0_HZ;
  return (Measures){.step_s   = one_s,
                    .passed_s = passed_s,
                    .told     = 1.0f - expf(-passed_s / order_tau_s),
                    .fall     = 1.0f - expf(-passed_s / count_tau_s),
                    .width    = step->spread + self->detune.swing + flight,
                    .spread   = step->spread,
                    .turns    = step->hz_to_nu * (float)(n_passed * self->step_frames),
                    .part     = n_passed > 0 ? 1.0f / (float)n_passed : 0.0f,
                    .lag      = step->params.lag_rad * (1.0f / FIQ_TWO_PI_F),
                    .pull = step->coupled ? 1.0f / (FIQ_TWO_PI_F * (float)self->step_frames) : 0.0f,
                    .first = !self->groups.is_measured};
}

/// What is the note's own: the parameter of coupling counts in widths of each group's own detune.
static void set_note(const FiqSwarm* self, uint32_t slot, Measures* measures)
{
  assert(slot < FIQ_CARRIERS_MAX);
  const FiqSwarmParams* const p     = &self->step.params;
  const float                 hz    = self->slots.hz[slot];
  const float                 care  = has_attention(self, hz) ? 1.0f + 2.0f * p->attention : 1.0f;
  const float                 moved = 10.0f * self->motion.note[slot].target[FIQ_TO_COUPLING];
  measures->hz                      = hz;
  measures->coupling                = (p->coupling + moved) * care;
  measures->own                     = FIQ_TWO_PI_F * self->step.spread * self->detune.share[slot];
}

static void set_place_gains(const FiqSwarm* self, uint32_t slot, PlaceGains* gains)
{
  assert(slot < FIQ_CARRIERS_MAX);
  const float* const weight = self->places.weight[slot];
  for (int c = 0; c < FIQ_CHANNELS; ++c) {
    for (uint32_t k = 0; k < LANES / 2; ++k) {
      const float* const pan = self->places.pan[c] + 2 * k;
      const float        a   = pan[0] * (self->step.pans ? weight[2 * k] : 1.0f);
      const float        b   = pan[1] * (self->step.pans ? weight[2 * k + 1] : 1.0f);
      gains->gain[c][k]      = (FiqFloat8){a, a, a, a, b, b, b, b};
    }
  }
}

/// Sums of four groups of `lane`, which are empty then: re, im, n, detune of either side, and of both channels.
FIQ_INLINE void take_four(FiqFloat8* restrict lane, const PlaceGains* restrict gains,
                          float side[2][4][BLOCK], float both[4][BLOCK], uint32_t first)
{
  FiqFloat4 row[3][4];
  for (uint32_t i = 0; i < 4; ++i) {
    FiqFloat8* const restrict at = lane + i * (LANES / 2);
    FiqFloat8 all                = at[0];
    FiqFloat8 left               = at[0] * gains->gain[0][0];
    FiqFloat8 right              = at[0] * gains->gain[1][0];
    for (uint32_t k = 1; k < LANES / 2; ++k) {
      all += at[k];
      left += at[k] * gains->gain[0][k];
      right += at[k] * gains->gain[1][k];
    }
    memset(at, 0, LANES / 2 * sizeof *at);
    const FiqFloat8 ends = __builtin_shufflevector(left, right, 0, 1, 8, 9, 4, 5, 12, 13);
    row[0][i]            = __builtin_shufflevector(all, all, 0, 1, 2, 3);
    row[1][i]            = __builtin_shufflevector(all, all, 4, 5, 6, 7);
    row[2][i]            = __builtin_shufflevector(ends, ends, 0, 1, 2, 3) +
                __builtin_shufflevector(ends, ends, 4, 5, 6, 7);
  }
  for (uint32_t k = 0; k < 3; ++k) {
    float(*const to)[BLOCK] = k < 2 ? side[k] : both;
    float* const out[4]     = {to[0] + first, to[1] + first, to[2] + first, to[3] + first};
    fiq_transpose(&row[k][0], &row[k][1], &row[k][2], &row[k][3], out);
  }
}

/// The sums of both sides together, turned to where they would stand with one aim for both.
FIQ_INLINE void join_sides(float side[2][4][BLOCK], const FiqSwarmAim* restrict aim, uint32_t first,
                           bool widens, Heard* restrict heard)
{
  for (uint32_t i = 0; i < BLOCK; ++i) {
    heard->re[i]     = side[0][0][i] + side[1][0][i];
    heard->im[i]     = side[0][1][i] + side[1][1][i];
    heard->n[i]      = side[0][2][i] + side[1][2][i];
    heard->detune[i] = side[0][3][i] + side[1][3][i];
  }
  const float* restrict cosine = aim->cosine + first;
  const float* restrict sine   = aim->sine + first;
  for (uint32_t i = 0; widens && i < BLOCK; ++i) {
    const float apart_re = side[0][0][i] - side[1][0][i];
    const float apart_im = side[0][1][i] - side[1][1][i];
    heard->re[i]         = cosine[i] * heard->re[i] - sine[i] * apart_im;
    heard->im[i]         = cosine[i] * heard->im[i] + sine[i] * apart_re;
  }
}

/// Numbers of members, which fall slowly; `snap` where there were none, or nothing at all has been measured.
FIQ_INLINE void count_members(const Measures* restrict measures, const float* restrict n,
                              float* restrict count, float* restrict snap)
{
  const float first = measures->first ? 1.0f : 0.0f;
  const float fall  = measures->first ? 1.0f : measures->fall;
  for (uint32_t i = 0; i < BLOCK; ++i) {
    const float way = n[i] - count[i];
    snap[i]         = fiq_pick(count[i] < 0.5f, 1.0f, first);
    count[i] += way * fiq_pick(way > 0.0f, 1.0f, fall);
  }
}

/// Order and mean detune, and the sums of all orders and numbers; `any` where there are members.
FIQ_INLINE void measure_order(const Measures* restrict measures, const Heard* restrict heard,
                              const float* restrict snap, const float* restrict any,
                              float* restrict centre, float* restrict order2, float* restrict r,
                              float* restrict order)
{
  const float soon = measures->first ? measures->told : 1.0f;
  for (uint32_t i = 0; i < BLOCK; ++i) {
    const float n      = heard->n[i];
    const float each   = 1.0f / fiq_pick(any[i] > 0.0f, n, 1.0f);
    const float square = heard->re[i] * heard->re[i] + heard->im[i] * heard->im[i];
    const float ratio2 = square * each * each;
    // ln(1 + x) by its series: |x| is below 0.06.
    const float x      = measures->spread * heard->detune[i] * each;
    const float now    = x * (1.0f - x * (0.5f - x * (1.0f / 3.0f - x * 0.25f)));
    const float near   = (now - centre[i]) * fiq_pick(snap[i] > 0.0f, 1.0f, measures->fall);
    const float beyond = (n * ratio2 - 1.0f) / fiq_pick(n > 1.5f, n - 1.0f, 1.0f);
    const float rise   = (beyond - order2[i]) * fiq_pick(snap[i] > 0.0f, soon, measures->told);
    r[i]               = sqrtf(ratio2);
    centre[i] += any[i] * near;
    order2[i] += fiq_pick(n > 1.5f, rise, 0.0f);
    order[i] += any[i] * n * r[i];
    order[BLOCK + i] += any[i] * n;
  }
}

/// Take over what is heard, averaged where phases go far from one measure to the next; `part` is that of what has changed
/// which a step has, where it goes on.
FIQ_INLINE void follow_power(const Measures* restrict measures, const Heard* restrict heard,
                             const float* restrict ratio, const float* restrict count,
                             const float* restrict snap, const float* restrict any,
                             FiqSwarmLevels* restrict level, float* restrict part)
{
  const float lag_s = measures->passed_s + measures->step_s;
  const float unit  = FIQ_TWO_PI_F * measures->hz * measures->width;
  for (uint32_t i = 0; i < BLOCK; ++i) {
    const float n = heard->n[i];
    const float power =
        heard->both[0][i] * heard->both[0][i] + heard->both[1][i] * heard->both[1][i] +
        heard->both[2][i] * heard->both[2][i] + heard->both[3][i] * heard->both[3][i];
    const float width = unit * ratio[i];
    const float wide  = 2.0f * width * lag_s * lag_s;
    const float tau_s = fiq_pick(wide < longest_s, wide, longest_s);
    // Those that have left still fade where they were.
    const float plain = measures->passed_s / (measures->passed_s + tau_s);
    const float slow  = fiq_pick(n < 0.98f * count[i], measures->fall, plain);
    const float due   = fiq_pick(power < level->power[i], slow, plain);
    const float way   = (power - level->power[i]) * fiq_pick(snap[i] > 0.0f, 1.0f, due);
    const float open  = 2.0f - 2.0f * width * lag_s;
    const float trust = fiq_pick(open < 1.0f, fiq_pick(open > 0.0f, open, 0.0f), 1.0f);
    const float same  = fiq_pick(fabsf(n - level->n[i]) < 0.5f, trust, 0.0f);
    part[i]           = fiq_pick(level->trust[i] > 0.0f, measures->part, 0.0f);
    level->power[i] += any[i] * way;
    level->n[i]     = fiq_pick(any[i] > 0.0f, n, level->n[i]);
    level->trust[i] = fiq_pick(any[i] > 0.0f, same, level->trust[i]);
  }
}

/// One channel's part of what is heard goes on as it did since the last measure, its turn with the note left out.
FIQ_INLINE void follow_channel(const float* restrict re, const float* restrict im,
                               const float* restrict c, const float* restrict s,
                               const float* restrict part, const float* restrict any,
                               float* restrict old_re, float* restrict old_im,
                               float* restrict slope_re, float* restrict slope_im)
{
  for (uint32_t i = 0; i < BLOCK; ++i) {
    const float rise_re = (re[i] - (old_re[i] * c[i] - old_im[i] * s[i])) * part[i];
    const float rise_im = (im[i] - (old_re[i] * s[i] + old_im[i] * c[i])) * part[i];
    slope_re[i]         = fiq_pick(any[i] > 0.0f, rise_re, slope_re[i]);
    slope_im[i]         = fiq_pick(any[i] > 0.0f, rise_im, slope_im[i]);
    old_re[i]           = fiq_pick(any[i] > 0.0f, re[i], old_re[i]);
    old_im[i]           = fiq_pick(any[i] > 0.0f, im[i], old_im[i]);
  }
}

FIQ_INLINE void follow_heard(const Measures* restrict measures, const Heard* restrict heard,
                             const float* restrict ratio, const float* restrict part,
                             const float* restrict any, FiqSwarmLevels* restrict level)
{
  float c[BLOCK];
  float s[BLOCK];
  for (uint32_t i = 0; i < BLOCK; ++i) {
    const float turns = fiq_wrap_turns(measures->hz * ratio[i] * measures->turns);
    c[i]              = fiq_cosine_turns(turns);
    s[i]              = fiq_sine_turns(turns);
  }
  for (uint32_t k = 0; k < 4; k += 2) {
    follow_channel(heard->both[k], heard->both[k + 1], c, s, part, any, level->heard[k],
                   level->heard[k + 1], level->slope[k], level->slope[k + 1]);
  }
}

/// Pull and mean phase for the step to come.
FIQ_INLINE void couple_groups(const Measures* restrict measures, const Heard* restrict heard,
                              const float* restrict ratio, const float* restrict r,
                              const float* restrict any, float* restrict pull, float* restrict psi)
{
  for (uint32_t i = 0; i < BLOCK; ++i) {
    const float width = measures->hz * ratio[i] * measures->own;
    const float rate  = measures->coupling * fiq_pick(width > 1.0f, width, 1.0f) * r[i];
    // Fleeing phases take at most half of R away in a step, lest they meet again on the other side.
    const float turned = 1.0f - fiq_exp(fiq_clamp(-rate * measures->step_s, -60.0f, 60.0f));
    const float turn   = fiq_pick(turned > -r[i], turned, -r[i]);
    const float angle  = fiq_angle_turns(heard->im[i], heard->re[i]) - measures->lag;
    pull[i]            = any[i] * turn * measures->pull;
    psi[i]             = fiq_pick(any[i] > 0.0f, angle, psi[i]);
  }
}

/// Slow measures of eight groups from this step's sums; their numbers times their order are added to `order`.
FIQ_INLINE void measure_block(const Measures* restrict measures, const Heard* restrict heard,
                              const Block* restrict block, float* restrict order)
{
  float any[BLOCK];
  float snap[BLOCK];
  float part[BLOCK];
  float r[BLOCK];
  for (uint32_t i = 0; i < BLOCK; ++i) {
    any[i] = fiq_pick(heard->n[i] >= 0.5f, 1.0f, 0.0f);
  }
  count_members(measures, heard->n, block->count, snap);
  measure_order(measures, heard, snap, any, block->centre, block->order2, r, order);
  follow_power(measures, heard, block->ratio, block->count, snap, any, block->level, part);
  follow_heard(measures, heard, block->ratio, part, any, block->level);
  couple_groups(measures, heard, block->ratio, r, any, block->pull, block->psi);
}

/// All groups of a slot; `order` [2 blocks] sums up orders and numbers.
FIQ_INLINE void measure_slot(FiqSwarm* self, uint32_t slot, const Measures* measures, float* order)
{
  FiqSwarmGroups* const groups = &self->groups;
  PlaceGains            gains;
  set_place_gains(self, slot, &gains);
  for (uint32_t h = 0; h < self->step.n_partials; h += BLOCK) {
    const uint32_t g = slot * PARTIALS + h;
    float          side[2][4][BLOCK];
    Heard          heard;
    FiqFloat8*     lane = (FiqFloat8*)(groups->sum + (size_t)g * LANES);
    take_four(lane, &gains, side, heard.both, 0);
    take_four(lane + 4 * (LANES / 2), &gains, side, heard.both, 4);
    join_sides(side, &self->places.aim, fiq_swarm_offset_of(g), self->step.widens, &heard);
    const Block block = {.level  = groups->level + g / BLOCK,
                         .count  = groups->count + g,
                         .order2 = groups->order2 + g,
                         .centre = groups->centre + g,
                         .pull   = groups->pull + g,
                         .psi    = groups->psi + g,
                         .ratio  = self->partials.ratio + h};
    measure_block(measures, &heard, &block, order);
  }
}

static void measure_slot_base(FiqSwarm* self, uint32_t slot, const Measures* measures, float* order)
{
  assert(slot < FIQ_CARRIERS_MAX);
  measure_slot(self, slot, measures, order);
}

FIQ_AVX2 static void measure_slot_avx2(FiqSwarm* self, uint32_t slot, const Measures* measures,
                                       float* order)
{
  assert(slot < FIQ_CARRIERS_MAX);
  measure_slot(self, slot, measures, order);
}

/// Which of 16 equal bins a phase in turns is in; the first one reaches to both sides of 0.
static uint32_t phase_bin(float turns)
{
  return (uint32_t)((int32_t)fiq_round(turns * (float)BINS) & (BINS - 1));
}

/// Entropy of the phases of some oscillators against the mean phases of their groups, as they have just been measured.
static void judge_groups(FiqSwarm* self)
{
  assert(self->osc.phi && self->osc.group);
  const uint32_t n_run       = self->step.n_run;
  const uint32_t n_judged    = n_run < JUDGED ? n_run : JUDGED;
  const float    lag         = self->step.params.lag_rad * (1.0f / FIQ_TWO_PI_F);
  const bool     widens      = self->step.widens;
  uint32_t       count[BINS] = {0};
  uint32_t       n           = 0;
  for (uint32_t k = 0; k < n_judged; ++k) {
    const uint32_t i = n_run > JUDGED ? (uint32_t)((uint64_t)k * n_run / JUDGED) : k;
    const uint32_t g = self->osc.group[i];
    if (g >= GROUPS || !self->groups.active[g / PARTIALS]) {
      continue;
    }
    const uint32_t side  = fiq_swarm_side(fiq_lobe_place(i));
    const float    aside = widens ? self->places.offset[side][fiq_swarm_offset_of(g)] : 0.0f;
    const float    mean  = self->groups.psi[g] + lag;
    count[phase_bin(fiq_wrap_turns(self->osc.phi[i] - aside - mean))] += 1;
    n += 1;
  }
  float entropy = 0.0f;
  for (uint32_t b = 0; b < BINS; ++b) {
    const float share = (float)count[b] / (n > 0 ? (float)n : 1.0f);
    entropy -= count[b] > 0 ? share * log2f(share) : 0.0f;
  }
  self->groups.uncertainty         = fiq_clamp(0.25f * entropy, 0.0f, 1.0f);
  self->groups.steps_since_entropy = 0;
}

void fiq_swarm_measure_groups(FiqSwarm* self)
{
  assert(self && self->groups.sum);
  FiqSwarmGroups* const groups           = &self->groups;
  Measures              measures         = common_measures(self);
  float                 order[2 * BLOCK] = {0.0f};
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    groups->counted[k] = groups->counted[k] || groups->active[k];
    if (groups->active[k]) {
      set_note(self, k, &measures);
      (self->use_avx2 ? measure_slot_avx2 : measure_slot_base)(self, k, &measures, order);
    }
  }
  float sum = 0.0f;
  float all = 0.0f;
  for (uint32_t i = 0; i < BLOCK; ++i) {
    sum += order[i];
    all += order[BLOCK + i];
  }
  groups->order = all > 0.0f ? sum / all : 0.0f;
  groups->steps_since_entropy += groups->unmeasured;
  if ((float)groups->steps_since_entropy * measures.step_s >= judge_s) {
    judge_groups(self);
  }
  groups->steps_between = groups->unmeasured;
  groups->unmeasured    = 0;
  groups->is_measured   = true;
}
