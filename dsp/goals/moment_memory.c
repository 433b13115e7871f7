// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/goals/moment_memory.h"

#include <assert.h>
#include <string.h>

/// Head of the packed form.
enum { HEAD_VERSION, HEAD_STRIDE, HEAD_COUNT, HEAD_CLOCK, HEAD_SUBJECTIVE };

static const float version        = 1.0f;
static const float power_floor    = 1e-9f; // -90 dB: what is below it is silence
static const float mean_of_s      = 0.02f;
static const float coherence_peak = 0.7f;
static const float turn_by    = 0.02f; // that coherence must fall, and have risen, about a maximum
static const float slow_s     = 0.1f;
static const float leap_min   = 0.3f;
static const float apart_s    = 0.5f;
static const float settle_s   = 0.1f; // from an event to the moment that is kept
static const float patience_s = 0.2f; // beyond that, if there are no partials yet
static const float faintest   = 0.01f;
static const float better_by  = 1.1f;
static const float better_for_s    = 0.25f;
static const float follow_s        = 0.03f;
static const float clock_max_s     = 1e8f;
static const float norm_tolerance  = 1e-3f;
static const float partial_low_hz  = 10.0f;
static const float partial_high_hz = 200000.0f;
static const float level_max       = 100.0f;

_Static_assert(sizeof(FiqMoment) == FIQ_MEMORY_STRIDE * sizeof(float), "a moment is floats alone");

FiqMomentMemoryParams fiq_moment_memory_default_params(void)
{
  return (FiqMomentMemoryParams){.is_recording = false, .decay_per_s = 0.01f, .recall_age_s = 2.0f};
}

FiqStatus fiq_moment_memory_init(FiqMomentMemory* self, FiqArena* arena)
{
  assert(self);
  assert(arena);
  memset(self, 0, sizeof *self);
  self->moments = fiq_arena_take(arena, FIQ_MEMORY_MAX, sizeof(FiqMoment));
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fiq_moment_memory_reset(self);
  return FIQ_OK;
}

/// Nothing was looked at yet.
static void begin_round(FiqMomentMemory* self)
{
  self->next         = 0;
  self->best         = FIQ_MEMORY_MAX;
  self->best_recall  = 0.0f;
  self->faint        = FIQ_MEMORY_MAX;
  self->faint_weight = 2.0f;
  self->round_s      = 0.0f;
}

/// The partials of `moment` become the voices.
static void sing_by(FiqMomentMemory* self, const FiqMoment* moment)
{
  float square   = 0.0f;
  self->n_voices = 0;
  for (uint32_t p = 0; p < FIQ_MEMORY_PARTIALS && moment->hz[p] > 0.0f; ++p) {
    square += moment->level[p] * moment->level[p];
    self->voices[self->n_voices++] =
        (FiqMomentMemoryVoice){.id   = FIQ_MEMORY_FIRST_ID | self->next_id++,
                               .hz   = moment->hz[p],
                               .mass = fmaxf(powf(moment->level[p], 0.6f), 1e-6f)};
  }
  self->learned_level = sqrtf(square);
}

/// Nothing is recalled but what is called for.
static void drop_moment(FiqMomentMemory* self)
{
  self->held       = FIQ_MEMORY_MAX;
  self->recall     = 0.0f;
  self->similarity = 0.0f;
  self->better_s   = 0.0f;
  self->n_voices   = 0;
  if (self->is_called) {
    self->recall     = 1.0f;
    self->similarity = 1.0f;
    sing_by(self, &self->called);
  }
}

void fiq_moment_memory_reset(FiqMomentMemory* self)
{
  assert(self);
  memset(self->slow_axes, 0, sizeof self->slow_axes);
  memset(self->sought, 0, sizeof self->sought);
  memset(self->voices, 0, sizeof self->voices);
  self->mean_sum      = 0.0f;
  self->mean_s        = 0.0f;
  self->slow_rate     = 0.0f;
  self->low_jump      = 0.0f;
  self->is_rising     = false;
  self->turn          = 1.0f;
  self->is_pending    = false;
  self->since_s       = apart_s;
  self->present_level = 0.0f;
  self->learned_level = 0.0f;
  self->next_id       = FIQ_MEMORY_FIRST_ID;
  self->weakest       = FIQ_MEMORY_MAX;
  drop_moment(self);
  begin_round(self);
}

void fiq_moment_memory_clear(FiqMomentMemory* self)
{
  assert(self);
  self->n_moments    = 0;
  self->now_s        = 0.0;
  self->subjective_s = 0.0f;
  self->is_pending   = false;
  self->weakest      = FIQ_MEMORY_MAX;
  ++self->generation;
  drop_moment(self);
  begin_round(self);
}

static float axes_power(const float axes[FIQ_AXES])
{
  float sum = 0.0f;
  for (uint32_t a = 0; a < FIQ_AXES; ++a) {
    sum += axes[a];
  }
  return sum;
}

/// Unit vector of amplitudes, 0 if there is nothing.
static void normalise(const float axes[FIQ_AXES], float unit[FIQ_AXES])
{
  const float power = axes_power(axes);
  const float scale = power > power_floor ? 1.0f / power : 0.0f;
  for (uint32_t a = 0; a < FIQ_AXES; ++a) {
    unit[a] = sqrtf(scale * axes[a]);
  }
}

static float age_of(const FiqMomentMemory* self, const FiqMoment* moment)
{
  return (float)(self->now_s - (double)moment->learned_at_s);
}

// What happens.

/// How far a maximum of coherence that has just been passed exceeds the threshold, 0: there is none.
static float coherence_event(FiqMomentMemory* self, float coherence, float dt_s)
{
  self->mean_sum += dt_s * coherence;
  self->mean_s += dt_s;
  if (self->mean_s < mean_of_s) {
    return 0.0f;
  }
  const float mean = self->mean_sum / self->mean_s;
  self->mean_sum   = 0.0f;
  self->mean_s     = 0.0f;
  self->turn       = self->is_rising ? fmaxf(self->turn, mean) : fminf(self->turn, mean);
  if (fabsf(mean - self->turn) < turn_by) {
    return 0.0f;
  }
  const float top = self->is_rising ? self->turn : 0.0f;
  self->is_rising = !self->is_rising;
  self->turn      = mean;
  return fmaxf(0.0f, (top - coherence_peak) / (1.0f - coherence_peak));
}

/// How far a leap exceeds its threshold, 0: there is none.
static float jump_event(FiqMomentMemory* self, const float axes[FIQ_AXES], float phase_rate,
                        float dt_s)
{
  const float share = fiq_clamp(dt_s / slow_s, 0.0f, 1.0f);
  const float power = axes_power(axes);
  float       fresh = 0.0f;
  for (uint32_t a = 0; a < FIQ_AXES; ++a) {
    const float rise = axes[a] - self->slow_axes[a];
    fresh += rise > 0.0f ? rise : 0.0f;
    self->slow_axes[a] += share * rise;
  }
  const float rate = phase_rate - self->slow_rate;
  const float jump = fmaxf(power > power_floor ? fresh / power : 0.0f, rate);
  self->slow_rate += share * rate;
  self->low_jump   = fminf(self->low_jump, jump);
  const float leap = jump - self->low_jump;
  if (leap <= leap_min) {
    return 0.0f;
  }
  self->low_jump = jump;
  return fiq_clamp((leap - leap_min) / (1.0f - leap_min), 1e-3f, 1.0f);
}

/// The strongest partials, loudest first; whether there are any.
static bool take_partials(FiqMoment* moment, const FiqMomentMemoryPresent* present)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < present->n_partials; ++i) {
    const float hz    = present->partials[i].hz;
    const float level = present->partials[i].level;
    if (!(hz >= partial_low_hz && hz <= partial_high_hz && level > 0.0f && level <= level_max)) {
      continue;
    }
    uint32_t at = n;
    while (at > 0 && moment->level[at - 1] < level) {
      --at;
    }
    if (at == FIQ_MEMORY_PARTIALS) {
      continue;
    }
    n += n < FIQ_MEMORY_PARTIALS;
    for (uint32_t j = n - 1; j > at; --j) {
      moment->hz[j]    = moment->hz[j - 1];
      moment->level[j] = moment->level[j - 1];
    }
    moment->hz[at]    = hz;
    moment->level[at] = level;
  }
  return n > 0;
}

static float subjective_length(const float axes[FIQ_AXES])
{
  float sum = 0.0f;
  for (uint32_t a = 0; a < FIQ_AXES; ++a) {
    sum += axes[a] * logf(axes[a] + 1.0f);
  }
  return fmaxf(0.1f, fabsf(sum) + 0.5f);
}

/// Keep the present, unless there is nothing to sing it by.
static bool keep_moment(FiqMomentMemory* self, const FiqMomentMemoryPresent* present,
                        const float axes[FIQ_AXES])
{
  FiqMoment moment = {.learned_at_s = (float)self->now_s,
                      .coherence    = fiq_clamp(present->coherence, 0.0f, 1.0f),
                      .strength     = 0.5f + 0.5f * self->pending_strength};
  // The weakest of a thousand is known again within a round; until then the moment waits.
  const bool is_full = self->n_moments == FIQ_MEMORY_MAX;
  if ((is_full && self->weakest == FIQ_MEMORY_MAX) || axes_power(axes) <= power_floor ||
      !take_partials(&moment, present)) {
    return false;
  }
  normalise(axes, moment.axes);
  self->subjective_s += subjective_length(moment.axes);
  moment.subjective_s = self->subjective_s;
  const uint32_t at   = is_full ? self->weakest : self->n_moments++;
  self->moments[at]   = moment;
  self->best          = self->best == at ? FIQ_MEMORY_MAX : self->best;
  self->faint_weight  = is_full ? 0.0f : self->faint_weight; // this round cannot tell any more
  self->faint         = is_full ? FIQ_MEMORY_MAX : self->faint;
  self->weakest       = FIQ_MEMORY_MAX;
  ++self->generation;
  return true;
}

/// Notice events, and keep the moment that belongs to one.
static void attend(FiqMomentMemory* self, const FiqMomentMemoryPresent* present,
                   const float axes[FIQ_AXES], bool is_recording, float dt_s)
{
  const float coherence = fiq_clamp(present->coherence, 0.0f, 1.0f);
  const float rate      = fiq_clamp(present->phase_rate, 0.0f, 1e6f);
  const float peak      = coherence_event(self, coherence, dt_s);
  const float event     = fmaxf(peak, jump_event(self, axes, rate, dt_s));
  self->since_s         = fminf(self->since_s + dt_s, apart_s);
  if (!is_recording) {
    self->is_pending = false;
    return;
  }
  if (event > 0.0f && !self->is_pending) {
    self->is_pending       = true;
    self->pending_strength = event;
    self->pending_s        = fmaxf(settle_s, apart_s - self->since_s);
    return;
  }
  if (!self->is_pending) {
    return;
  }
  self->pending_strength = fmaxf(self->pending_strength, event);
  self->pending_s -= dt_s;
  if (self->pending_s > 0.0f) {
    return;
  }
  if (keep_moment(self, present, axes)) {
    self->is_pending = false;
    self->since_s    = 0.0f;
  } else if (self->pending_s < -patience_s) {
    self->is_pending = false;
  }
}

// The search.

/// Let moment `i` go; the last one takes its place.
static void drop(FiqMomentMemory* self, uint32_t i)
{
  const uint32_t  last      = --self->n_moments;
  uint32_t* const indices[] = {&self->best, &self->faint, &self->weakest};
  self->moments[i]          = self->moments[last];
  for (size_t k = 0; k < sizeof indices / sizeof *indices; ++k) {
    *indices[k] = *indices[k] == i ? FIQ_MEMORY_MAX : (*indices[k] == last ? i : *indices[k]);
  }
  if (self->held == i) {
    drop_moment(self);
  } else if (self->held == last) {
    self->held = i;
  }
  ++self->generation;
}

static float similarity_to(const FiqMomentMemory* self, const FiqMoment* moment)
{
  float sum = 0.0f;
  for (uint32_t a = 0; a < FIQ_AXES; ++a) {
    sum += self->sought[a] * moment->axes[a];
  }
  return fiq_clamp(sum, 0.0f, 1.0f);
}

/// Look at moment `i`; false if it faded away, and another one is in its place.
static bool consider(FiqMomentMemory* self, const FiqMomentMemoryParams* params, uint32_t i)
{
  const FiqMoment* moment = &self->moments[i];
  const float      age_s  = age_of(self, moment);
  const float      fading = expf(-params->decay_per_s * fmaxf(age_s, 0.0f));
  const float      weight = moment->strength * fading;
  if (weight < faintest) {
    drop(self, i);
    return false;
  }
  const float similarity = similarity_to(self, moment);
  const float recall     = similarity * fading * moment->coherence;
  if (i == self->held) {
    self->recall     = recall;
    self->similarity = similarity;
  } else if (weight < self->faint_weight) {
    self->faint_weight = weight;
    self->faint        = i;
  }
  if (age_s >= params->recall_age_s && recall > self->best_recall) {
    self->best_recall     = recall;
    self->best_similarity = similarity;
    self->best            = i;
  }
  return true;
}

/// Recall moment `i`.
static void hold(FiqMomentMemory* self, uint32_t i)
{
  self->held       = i;
  self->recall     = self->best_recall;
  self->similarity = self->best_similarity;
  self->better_s   = 0.0f;
  sing_by(self, &self->moments[i]);
}

/// A round is over: stay with what is recalled, or change.
static void decide_recall(FiqMomentMemory* self)
{
  if (self->best < FIQ_MEMORY_MAX && !self->is_called) {
    if (self->held == FIQ_MEMORY_MAX) {
      hold(self, self->best);
    } else if (self->best != self->held && self->best_recall > better_by * self->recall) {
      self->better_s += self->round_s;
    } else {
      self->better_s = 0.0f;
    }
    if (self->better_s >= better_for_s) {
      hold(self, self->best);
    }
  }
  self->weakest = self->faint != self->held ? self->faint : FIQ_MEMORY_MAX;
}

static void search(FiqMomentMemory* self, const FiqMomentMemoryParams* params,
                   const float axes[FIQ_AXES], float dt_s)
{
  if (self->next == 0) {
    begin_round(self);
    normalise(axes, self->sought);
  }
  self->round_s += dt_s;
  uint32_t looked = 0;
  for (; looked < FIQ_MEMORY_SLICE && self->next < self->n_moments; ++looked) {
    self->next += consider(self, params, self->next);
  }
  if (self->next >= self->n_moments) {
    decide_recall(self);
    self->next = 0;
  }
}

/// Voices as loud as the present.
static void sing(FiqMomentMemory* self, const FiqMomentMemoryPresent* present, float dt_s)
{
  const float share  = fiq_clamp(dt_s / follow_s, 0.0f, 1.0f);
  float       square = 0.0f;
  for (uint32_t i = 0; i < present->n_partials; ++i) {
    const float level = fiq_clamp(present->partials[i].level, 0.0f, level_max);
    square += level * level;
  }
  self->present_level += share * (sqrtf(square) - self->present_level);
  const float gain = self->n_voices > 0 ? self->present_level / self->learned_level : 0.0f;
  const FiqMoment* const moment = fiq_moment_memory_recalled(self);
  for (uint32_t i = 0; i < self->n_voices; ++i) {
    self->voices[i].level = gain * moment->level[i];
  }
}

void fiq_moment_memory_step(FiqMomentMemory* self, const FiqMomentMemoryParams* params,
                            const FiqMomentMemoryPresent* present, float dt_s)
{
  assert(self);
  assert(params);
  assert(present);
  assert(present->partials || present->n_partials == 0);
  assert(params->decay_per_s >= 0.0f && params->decay_per_s <= 1.0f);
  assert(params->recall_age_s >= 0.0f);
  assert(dt_s > 0.0f);
  float axes[FIQ_AXES];
  for (uint32_t a = 0; a < FIQ_AXES; ++a) {
    axes[a] = fiq_clamp(present->axes[a], 0.0f, 1e9f);
  }
  self->now_s += (double)dt_s;
  attend(self, present, axes, params->is_recording, dt_s);
  search(self, params, axes, dt_s);
  sing(self, present, dt_s);
}

const FiqMomentMemoryVoice* fiq_moment_memory_voices(const FiqMomentMemory* self, uint32_t* n)
{
  assert(self);
  assert(n);
  *n = self->n_voices;
  return self->voices;
}

const FiqMoment* fiq_moment_memory_recalled(const FiqMomentMemory* self)
{
  assert(self);
  return self->is_called               ? &self->called
         : self->held < FIQ_MEMORY_MAX ? &self->moments[self->held]
                                       : NULL;
}

bool fiq_moment_memory_take(const FiqMomentMemory* self, const FiqMomentMemoryPresent* present,
                            FiqMoment* moment)
{
  assert(self && present && moment);
  const FiqMoment* const recalled = fiq_moment_memory_recalled(self);
  if (recalled) {
    *moment = *recalled;
    return true;
  }
  *moment = (FiqMoment){.learned_at_s = (float)self->now_s,
                        .subjective_s = self->subjective_s,
                        .coherence    = fiq_clamp(present->coherence, 0.0f, 1.0f),
                        .strength     = 1.0f};
  float axes[FIQ_AXES];
  for (uint32_t a = 0; a < FIQ_AXES; ++a) {
    axes[a] = fiq_clamp(present->axes[a], 0.0f, 1e9f);
  }
  if (axes_power(axes) <= power_floor || !take_partials(moment, present)) {
    return false;
  }
  normalise(axes, moment->axes);
  return true;
}

void fiq_moment_memory_call(FiqMomentMemory* self, const FiqMoment* moment)
{
  assert(self);
  self->is_called = moment != NULL;
  if (moment) {
    self->called = *moment;
  }
  drop_moment(self);
}

void fiq_moment_memory_axes_of_partials(const FiqMomentMemoryPartial* partials, uint32_t n,
                                        float axes[FIQ_AXES])
{
  assert(partials || n == 0);
  memset(axes, 0, FIQ_AXES * sizeof *axes);
  for (uint32_t i = 0; i < n; ++i) {
    const float level = fiq_clamp(partials[i].level, 0.0f, level_max);
    fiq_axes_add(axes, partials[i].hz, 0.5f * level * level);
  }
}

// The packed form.

void fiq_moment_memory_pack_some(const FiqMomentMemory* self, float* packed, uint32_t first,
                                 uint32_t n)
{
  assert(self);
  assert(packed);
  assert(first <= FIQ_MEMORY_MAX && n <= FIQ_MEMORY_MAX - first);
  memset(packed, 0, FIQ_MEMORY_HEAD * sizeof *packed);
  packed[HEAD_VERSION]    = version;
  packed[HEAD_STRIDE]     = (float)FIQ_MEMORY_STRIDE;
  packed[HEAD_COUNT]      = (float)self->n_moments;
  packed[HEAD_CLOCK]      = (float)self->now_s;
  packed[HEAD_SUBJECTIVE] = self->subjective_s;
  float* const   to       = packed + FIQ_MEMORY_HEAD + (size_t)first * FIQ_MEMORY_STRIDE;
  const uint32_t there    = self->n_moments > first ? self->n_moments - first : 0;
  memcpy(to, self->moments + first, (n < there ? n : there) * sizeof(FiqMoment));
}

void fiq_moment_memory_pack(const FiqMomentMemory* self, float* packed)
{
  memset(packed, 0, FIQ_MEMORY_FLOATS * sizeof *packed);
  fiq_moment_memory_pack_some(self, packed, 0, FIQ_MEMORY_MAX);
}

static bool is_in_range(float value, float least, float most)
{
  return value >= least && value <= most; // false for NaN as well
}

bool fiq_moment_is_legal(const FiqMoment* moment, float now_s)
{
  float square = 0.0f;
  bool  legal  = is_in_range(moment->learned_at_s, 0.0f, now_s) &&
               is_in_range(moment->subjective_s, 0.0f, clock_max_s) &&
               is_in_range(moment->coherence, 0.0f, 1.0f) &&
               is_in_range(moment->strength, 0.0f, 1.0f) && moment->hz[0] > 0.0f;
  for (uint32_t a = 0; a < FIQ_AXES; ++a) {
    legal = legal && is_in_range(moment->axes[a], 0.0f, 1.0f + norm_tolerance);
    square += moment->axes[a] * moment->axes[a];
  }
  bool ended = false;
  for (uint32_t p = 0; p < FIQ_MEMORY_PARTIALS; ++p) {
    const float hz    = moment->hz[p];
    const float level = moment->level[p];
    const bool  none  = is_in_range(hz, 0.0f, 0.0f);
    ended             = ended || none;
    legal             = legal && (ended ? none && is_in_range(level, 0.0f, 0.0f)
                                        : is_in_range(hz, partial_low_hz, partial_high_hz) &&
                                  is_in_range(level, 1e-12f, level_max));
  }
  return legal && is_in_range(sqrtf(square), 1.0f - norm_tolerance, 1.0f + norm_tolerance);
}

void fiq_moment_memory_unpack(FiqMomentMemory* self, const float* packed)
{
  assert(self);
  assert(packed);
  const float count = packed[HEAD_COUNT];
  const float clock = packed[HEAD_CLOCK];
  const float inner = packed[HEAD_SUBJECTIVE];
  fiq_moment_memory_clear(self);
  if (!is_in_range(packed[HEAD_VERSION], version, version) ||
      !is_in_range(packed[HEAD_STRIDE], (float)FIQ_MEMORY_STRIDE, (float)FIQ_MEMORY_STRIDE) ||
      !is_in_range(count, 0.0f, (float)FIQ_MEMORY_MAX) || !is_in_range(clock, 0.0f, clock_max_s) ||
      !is_in_range(inner, 0.0f, clock_max_s)) {
    return;
  }
  self->now_s        = (double)clock;
  self->subjective_s = inner;
  for (uint32_t i = 0; i < (uint32_t)count; ++i) {
    FiqMoment* const moment = &self->moments[self->n_moments];
    memcpy(moment, packed + FIQ_MEMORY_HEAD + (size_t)i * FIQ_MEMORY_STRIDE, sizeof *moment);
    self->n_moments += fiq_moment_is_legal(moment, clock);
  }
}
