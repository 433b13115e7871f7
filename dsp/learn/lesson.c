// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/learn/lesson.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

static const float  gain_worth_db = 0.1f;
static const float  harm_gain     = 1.0115794f; // 0.1 dB
static const float  slot_s        = 0.1f;
static const float  harm_least    = 0.01f;
static const float  suspect_s     = 0.3f;
static const float  hold_least_s  = 1.0f;
static const float  hold_most_s   = 8.0f;
static const float  later_s       = 0.04f;
static const float  energy_s      = 0.5f;
static const double energy_least  = 1e-9;

FiqStatus fiq_lesson_init(FiqLesson* self, FiqArena* arena, FiqFftPool* pool,
                          const FiqLessonConfig* config)
{
  assert(self && arena && pool && config);
  memset(self, 0, sizeof(*self));
  atomic_init(&self->progress, 0u);
  const FiqStatus status = fiq_learner_init(&self->learner, arena, pool, &config->learner);
  if (status != FIQ_OK && status != FIQ_NO_MEMORY) {
    return status;
  }
  self->is_single = config->is_single;
  for (uint32_t i = 0; i < 2; ++i) {
    for (uint32_t source = 0; source < 2 && !(i == 1 && self->is_single); ++source) {
      for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
        self->segment[i][source][channel] =
            fiq_arena_take(arena, config->learner.n_frames_max, sizeof(float));
      }
    }
    self->hop[i] = fiq_arena_take(arena, config->learner.window_frames / 4, sizeof(float));
  }
  return status == FIQ_OK ? fiq_arena_status(arena) : status;
}

void fiq_lesson_rewind(FiqLesson* self)
{
  self->n_recorded = 0;
  self->peak       = 0.0f;
}

void fiq_lesson_record(FiqLesson* self, const float* const* main, const float* const* side,
                       uint32_t n_frames)
{
  const bool     is_busy = self->is_single && self->is_taken;
  const uint32_t room    = is_busy ? 0 : self->learner.config.n_frames_max - self->n_recorded;
  const uint32_t now     = n_frames < room ? n_frames : room;
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    float* const to_main = self->segment[self->recording][0][channel] + self->n_recorded;
    float* const to_side = self->segment[self->recording][1][channel] + self->n_recorded;
    memcpy(to_main, main[channel], now * sizeof(float));
    memcpy(to_side, side[channel], now * sizeof(float));
    for (uint32_t i = 0; i < now; ++i) {
      self->peak = fmaxf(self->peak, fabsf(to_main[i]));
    }
  }
  self->n_recorded += now;
}

/// Whether `old` is held to as little as is allowed now.
static bool keeps_spread(const FiqPhaseSolution* old, float spread_s)
{
  const float old_s = old->learned.spread_s;
  return old->learned.objective != FIQ_LEARN_HEADROOM || spread_s <= 0.0f ||
         (old_s > 0.0f && old_s <= spread_s);
}

void fiq_lesson_start(FiqLesson* self, FiqLearnObjective objective, float spread_s,
                      const FiqPhaseSolution* old)
{
  assert(!self->is_taken);
  assert(self->n_recorded > 0);
  self->n_frames     = self->n_recorded;
  self->recording    = self->is_single ? 0 : 1 - self->recording;
  self->old          = *old;
  self->old.is_known = old->is_known && keeps_spread(old, spread_s);
  fiq_learner_set_spread(&self->learner, spread_s);
  self->learner.objective = objective;
  self->stage             = FIQ_LESSON_BEGIN;
  self->is_taken          = true;
  self->lesson_peak       = self->peak;
  atomic_store_explicit(&self->progress, 0u, memory_order_relaxed);
  fiq_lesson_rewind(self);
}

/// The segment that the lesson is about.
static float* const* lesson_planes(const FiqLesson* self, uint32_t source)
{
  return self->segment[self->is_single ? 0 : 1 - self->recording][source];
}

static FiqLearnerAudio lesson_audio(const FiqLesson* self)
{
  float* const* const main = lesson_planes(self, 0);
  float* const* const side = lesson_planes(self, 1);
  return (FiqLearnerAudio){{main[0], main[1]}, {side[0], side[1]}, self->n_frames};
}

static void take_outcome(FiqLesson* self)
{
  const FiqLearnerConfig* const config = &self->learner.config;
  FiqPhaseSolution* const       to     = &self->outcome;
  memset(to, 0, sizeof(*to));
  to->learned        = fiq_learner_result(&self->learner);
  to->is_known       = true;
  to->sample_rate_hz = config->sample_rate_hz;
  to->window_frames  = config->window_frames;
  to->n_bands        = config->n_bands;
  to->peak           = self->lesson_peak;
  memcpy(to->centre_hz, self->learner.realm.bands.centre_hz, config->n_bands * sizeof(float));
}

static void begin_compare(FiqLesson* self)
{
  FiqRealmModel* const realm = &self->learner.realm;
  float                phi_rad[FIQ_CHANNELS][FIQ_NEURONS_MAX];
  fiq_phase_solution_phases(&self->old, realm->bands.centre_hz, realm->config.n_bands, phi_rad);
  fiq_realm_model_set_phases(realm, 0, phi_rad[0]);
  fiq_realm_model_set_phases(realm, 1, phi_rad[1]);
  fiq_realm_model_render_start(realm);
  float* const* const  main   = lesson_planes(self, 0);
  const FiqLearnPlanes planes = {{main[0], main[1]}, self->n_frames};
  fiq_bass_search_turn(&self->learner.bass, &planes, fiq_phase_solution_bass_hz(&self->old));
  memset(self->level, 0, sizeof(self->level));
  self->position = 0;
}

/// Peak and energy of what counts: both channels, or the sum with the partner.
static void judge_solution(double level[2], FiqLearnObjective objective,
                           const float main[FIQ_CHANNELS], const float side[FIQ_CHANNELS])
{
  double a = (double)main[0];
  double b = (double)main[1];
  if (objective == FIQ_LEARN_MONO) {
    a += b;
    b = 0.0;
  } else if (objective == FIQ_LEARN_ALIGN) {
    a += (double)side[0];
    b += (double)side[1];
  }
  level[0] = fmax(level[0], fmax(fabs(a), fabs(b)));
  level[1] += a * a + b * b;
}

/// One output hop of the old lesson; false when that was the last.
static bool compare_levels(FiqLesson* self)
{
  FiqRealmModel* const realm = &self->learner.realm;
  float* const* const  main  = lesson_planes(self, 0);
  float* const* const  side  = lesson_planes(self, 1);
  if (fiq_bass_search_turn_step(&self->learner.bass)) {
    return true;
  }
  const FiqLearnPlanes    planes    = fiq_bass_search_turned(&self->learner.bass);
  const FiqLearned* const old       = &self->old.learned;
  const FiqLearnObjective objective = old->objective;
  const int32_t delay  = fiq_phase_solution_delay_frames(&self->old, realm->config.sample_rate_hz);
  const float   first  = old->is_inverted ? -1.0f : 1.0f;
  const float   second = objective == FIQ_LEARN_MONO ? 1.0f : first;
  fiq_realm_model_render(realm, &planes, FIQ_CHANNELS, delay, self->hop);
  const int64_t start = ((int64_t)self->position - FIQ_LEARN_LEAD_HOPS) * realm->hop_frames;
  for (uint32_t i = 0; i < realm->hop_frames; ++i) {
    const int64_t at        = start + i;
    const bool    is_inside = at >= 0 && at < (int64_t)self->n_frames;
    const float   beside[2] = {is_inside ? side[0][at] : 0.0f, is_inside ? side[1][at] : 0.0f};
    const float   plain[2]  = {is_inside ? main[0][at] : 0.0f, is_inside ? main[1][at] : 0.0f};
    const float   turned[2] = {first * self->hop[0][i], second * self->hop[1][i]};
    judge_solution(self->level[0], objective, plain, beside);
    judge_solution(self->level[1], objective, turned, beside);
  }
  return ++self->position < fiq_realm_model_n_hops(realm, self->n_frames);
}

static float compared_gain_db(const FiqLesson* self)
{
  const double energy = self->level[1][1] / fmax(self->level[0][1], 1e-30);
  const double peak   = self->level[1][0] / fmax(self->level[0][0], 1e-30);
  const double ratio  = self->old.learned.objective == FIQ_LEARN_HEADROOM
                            ? energy / fmax(peak * peak, 1e-30)
                            : energy;
  return (float)(10.0 * log10(fmax(ratio, 1e-20)));
}

bool fiq_lesson_step(FiqLesson* self)
{
  const FiqLearnerAudio audio = lesson_audio(self);
  switch (self->stage) {
  case FIQ_LESSON_BEGIN:
    fiq_learner_begin(&self->learner, self->learner.objective, &audio);
    self->stage = FIQ_LESSON_LEARN;
    return true;
  case FIQ_LESSON_LEARN:
    if (fiq_learner_step(&self->learner)) {
      const float progress = fiq_learner_progress(&self->learner);
      atomic_store_explicit(&self->progress, (unsigned)(999.0f * progress), memory_order_relaxed);
      return true;
    }
    take_outcome(self);
    self->old_gain_db = 0.0f;
    self->stage       = FIQ_LESSON_COMPARE;
    if (!self->old.is_known || self->old.learned.objective != self->learner.objective) {
      break;
    }
    begin_compare(self);
    return true;
  case FIQ_LESSON_COMPARE:
    if (compare_levels(self)) {
      return true;
    }
    self->old_gain_db = compared_gain_db(self);
    break;
  default:
    return false;
  }
  self->stage = FIQ_LESSON_DONE;
  atomic_store_explicit(&self->progress, 1000u, memory_order_relaxed);
  return false;
}

bool fiq_lesson_finish(FiqLesson* self, FiqPhaseSolution* outcome)
{
  assert(self->stage == FIQ_LESSON_DONE);
  self->stage    = FIQ_LESSON_IDLE;
  self->is_taken = false;
  *outcome       = self->outcome;
  return outcome->learned.gain_db > self->old_gain_db + gain_worth_db;
}

float fiq_lesson_progress(const FiqLesson* self)
{
  return 0.001f * (float)atomic_load_explicit(&self->progress, memory_order_relaxed);
}

void fiq_phase_solution_phases(const FiqPhaseSolution* self, const float* centre_hz,
                               uint32_t n_bands, float phi_rad[FIQ_CHANNELS][FIQ_NEURONS_MAX])
{
  memset(phi_rad, 0, FIQ_CHANNELS * sizeof(phi_rad[0]));
  uint32_t above = 0;
  for (uint32_t b = 0; b < n_bands && self->is_known; ++b) {
    while (above < self->n_bands && self->centre_hz[above] < centre_hz[b]) {
      ++above;
    }
    const uint32_t high  = above < self->n_bands ? above : self->n_bands - 1;
    const uint32_t low   = above > 0 ? above - 1 : 0;
    const float    width = self->centre_hz[high] - self->centre_hz[low];
    // Where a centre is met exactly its own phase stands, to the last bit.
    const float share = width > 0.0f ? (self->centre_hz[high] - centre_hz[b]) / width : 0.0f;
    for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
      const float* const phi = self->learned.phi_rad[c];
      phi_rad[c][b]          = fiq_mix(phi[high], phi[low], fiq_clamp(share, 0.0f, 1.0f));
    }
  }
}

int32_t fiq_phase_solution_delay_frames(const FiqPhaseSolution* self, double sample_rate_hz)
{
  return self->is_known
             ? (int32_t)lround(self->learned.delay_frames * sample_rate_hz / self->sample_rate_hz)
             : 0;
}

float fiq_phase_solution_bass_hz(const FiqPhaseSolution* self)
{
  return self->is_known ? self->learned.bass_hz : 0.0f;
}

enum { KNOWN, OBJECTIVE, BANDS, RATE, WINDOW, DELAY, INVERTED, GAIN, PEAK, CENTRES };

enum { BASS = CENTRES + 3 * FIQ_NEURONS_MAX, SPREAD };

void fiq_phase_solution_pack(const FiqPhaseSolution* self, float packed[FIQ_PHASE_SOLUTION_FLOATS])
{
  memset(packed, 0, FIQ_PHASE_SOLUTION_FLOATS * sizeof(float));
  if (!self->is_known) {
    return;
  }
  packed[KNOWN]     = 1.0f;
  packed[OBJECTIVE] = (float)self->learned.objective;
  packed[BANDS]     = (float)self->n_bands;
  packed[RATE]      = (float)self->sample_rate_hz;
  packed[WINDOW]    = (float)self->window_frames;
  packed[DELAY]     = (float)self->learned.delay_frames;
  packed[INVERTED]  = self->learned.is_inverted ? 1.0f : 0.0f;
  packed[GAIN]      = self->learned.gain_db;
  packed[PEAK]      = self->peak;
  packed[BASS]      = self->learned.bass_hz;
  packed[SPREAD]    = self->learned.spread_s;
  memcpy(packed + CENTRES, self->centre_hz, sizeof(self->centre_hz));
  memcpy(packed + CENTRES + FIQ_NEURONS_MAX, self->learned.phi_rad, sizeof(self->learned.phi_rad));
}

static bool is_within(float value, float least, float most)
{
  return value >= least && value <= most; // false for NaN as well
}

static bool solution_is_legal(const float packed[FIQ_PHASE_SOLUTION_FLOATS])
{
  const float rate = packed[RATE];
  bool legal = is_within(packed[KNOWN], 1.0f, 1.0f) && is_within(packed[OBJECTIVE], 0.0f, 2.0f) &&
               is_within(packed[BANDS], 4.0f, (float)FIQ_NEURONS_MAX) &&
               is_within(rate, (float)FIQ_SAMPLE_RATE_MIN_HZ, (float)FIQ_SAMPLE_RATE_MAX_HZ) &&
               is_within(packed[WINDOW], 256.0f, 8192.0f) &&
               is_within(fabsf(packed[DELAY]), 0.0f, 0.021f * rate) &&
               is_within(packed[INVERTED], 0.0f, 1.0f) && is_within(packed[GAIN], 0.0f, 200.0f) &&
               is_within(packed[PEAK], 0.0f, 100.0f) && is_within(packed[SPREAD], 0.0f, 1.0f) &&
               (is_within(packed[BASS], 0.0f, 0.0f) ||
                is_within(packed[BASS], FIQ_BASS_ALLPASS_HZ_MIN, FIQ_BASS_ALLPASS_HZ_MAX));
  float last_hz = 0.0f;
  for (uint32_t b = 0; legal && b < (uint32_t)packed[BANDS]; ++b) {
    const float* const value = packed + CENTRES + b;
    legal                    = is_within(value[0], last_hz, rate) &&
            is_within(fabsf(value[FIQ_NEURONS_MAX]), 0.0f, 1000.0f) &&
            is_within(fabsf(value[2 * FIQ_NEURONS_MAX]), 0.0f, 1000.0f);
    last_hz = value[0];
  }
  return legal;
}

void fiq_phase_solution_unpack(FiqPhaseSolution* self,
                               const float       packed[FIQ_PHASE_SOLUTION_FLOATS])
{
  memset(self, 0, sizeof(*self));
  if (!solution_is_legal(packed)) {
    return;
  }
  self->is_known             = true;
  self->learned.objective    = (FiqLearnObjective)packed[OBJECTIVE];
  self->n_bands              = (uint32_t)packed[BANDS];
  self->sample_rate_hz       = (double)packed[RATE];
  self->window_frames        = (uint32_t)packed[WINDOW];
  self->learned.delay_frames = (int32_t)packed[DELAY];
  self->learned.is_inverted  = packed[INVERTED] > 0.5f;
  self->learned.gain_db      = packed[GAIN];
  self->peak                 = packed[PEAK];
  self->learned.bass_hz      = packed[BASS];
  self->learned.spread_s     = packed[SPREAD]; // earlier versions kept none
  const float* const centres = packed + CENTRES;
  memcpy(self->centre_hz, centres, self->n_bands * sizeof(float));
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    const float* const phi = centres + (c + 1) * FIQ_NEURONS_MAX;
    memcpy(self->learned.phi_rad[c], phi, self->n_bands * sizeof(float));
  }
}

/// Until there is an input to go by, nothing is trusted.
static void suspect(FiqWatch* self)
{
  self->hold_s = suspect_s;
  self->harms  = true;
}

void fiq_watch_reset(FiqWatch* self, float peak)
{
  memset(self, 0, sizeof(*self));
  self->input.slot[0] = peak;
  if (peak <= 0.0f) {
    suspect(self);
  }
}

void fiq_watch_restart(FiqWatch* self)
{
  FiqWatch old = *self;
  memset(self, 0, sizeof(*self));
  for (uint32_t i = 0; i < FIQ_WATCH_RECENT; ++i) {
    const uint32_t at   = (old.input.i_slot + FIQ_WATCH_SLOTS - i) % FIQ_WATCH_SLOTS;
    self->input.slot[0] = fmaxf(self->input.slot[0], old.input.slot[at]);
  }
  if (self->input.slot[0] <= 0.0f) {
    suspect(self);
  }
}

static void next_slot(FiqPeakHold* self)
{
  self->in_slot_s -= slot_s;
  self->i_slot             = (self->i_slot + 1) % FIQ_WATCH_SLOTS;
  self->slot[self->i_slot] = 0.0f;
  self->past               = 0.0f;
  for (uint32_t i = 0; i < FIQ_WATCH_SLOTS; ++i) {
    self->past = fmaxf(self->past, self->slot[i]);
  }
}

void fiq_peak_hold_step(FiqPeakHold* self, float peak, float heard, float period_s)
{
  self->in_slot_s += heard > harm_least ? period_s : 0.0f;
  if (self->in_slot_s >= slot_s) {
    next_slot(self);
  }
  float* const now = &self->slot[self->i_slot];
  *now             = fmaxf(*now, peak);
}

float fiq_blend_step(FiqBlend* self, float share, float excess, uint32_t ahead, float step)
{
  assert(ahead >= 3 && ahead <= FIQ_BLEND_PERIODS - 2);
  self->i_period               = (self->i_period + 1) % FIQ_BLEND_PERIODS;
  self->excess[self->i_period] = excess;
  float most                   = fminf(1.0f, share + step);
  // What was seen `ahead` periods ago is heard now, and from the end of the period before to the end of this one.
  for (uint32_t age = 0; age <= ahead; ++age) {
    const uint32_t at   = (self->i_period + FIQ_BLEND_PERIODS - age) % FIQ_BLEND_PERIODS;
    const uint32_t left = age + 2 < ahead ? ahead - 2 - age : 0;
    most                = fminf(most, 1.0f - self->excess[at] + step * (float)left);
  }
  return fmaxf(0.0f, most);
}

float fiq_watch_limit(const FiqWatch* self)
{
  return harm_gain * fmaxf(harm_least, fiq_peak_hold_peak(&self->heard));
}

static void watch_peak(FiqWatch* self, const FiqPathLevels* seen, float period_s)
{
  fiq_peak_hold_step(&self->input, seen->peak_in, seen->peak_in, period_s);
  fiq_peak_hold_step(&self->heard, seen->peak_in, seen->peak_in, period_s);
  if (seen->peak_wet > harm_gain * fmaxf(harm_least, fiq_peak_hold_peak(&self->input))) {
    const float least = fmaxf(self->next_hold_s, hold_least_s);
    self->next_hold_s = self->harms ? least : fminf(hold_most_s, 2.0f * least);
    self->hold_s      = least;
  } else {
    self->hold_s      = fmaxf(0.0f, self->hold_s - period_s);
    self->next_hold_s = fmaxf(0.0f, self->next_hold_s - 0.25f * period_s);
  }
  self->harms = self->hold_s > 0.0f;
}

void fiq_watch_step(FiqWatch* self, FiqLearnObjective objective, const FiqPathLevels* seen,
                    float period_s)
{
  if (objective == FIQ_LEARN_HEADROOM) {
    watch_peak(self, seen, period_s);
    return;
  }
  const double step = (double)(period_s / energy_s);
  self->energy_dry += (seen->energy_dry - self->energy_dry) * step;
  self->energy_wet += (seen->energy_wet - self->energy_wet) * step;
  const uint32_t most          = (uint32_t)(later_s / period_s + 0.5f);
  const uint32_t back          = most < FIQ_WATCH_PAST ? most : FIQ_WATCH_PAST - 1;
  self->i_past                 = (self->i_past + 1) % FIQ_WATCH_PAST;
  self->past_dry[self->i_past] = self->energy_dry;
  // An onset must not count against a sum that has it later.
  const double dry   = fmin(self->energy_dry,
                            self->past_dry[(self->i_past + FIQ_WATCH_PAST - back) % FIQ_WATCH_PAST]);
  const double least = dry * (self->harms ? 1.0 : 0.97723722);
  self->harms        = dry > energy_least && self->energy_wet < least;
}
