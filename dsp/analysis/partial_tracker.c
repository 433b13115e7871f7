// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/analysis/partial_tracker.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

/// What the slices of a hop do; three refines stand between pick and judge.
enum { SLICE_LOAD = 0, SLICE_PICK = 1, SLICE_JUDGE = 5, SLICE_FOLLOW = 6, SLICE_LIVE = 7 };

enum {
  OVERLAP      = 8,               ///< hops in a window
  BIRTH_HOPS   = 2 * OVERLAP,     ///< that a seed must last
  MERGE_HOPS   = OVERLAP * 3 / 2, ///< that two carriers must be one
  FADE_HOPS    = 4,
  MARGIN_BINS  = 4, ///< measured beyond both ends, so that what is there does not disturb
  MATCH_ROUNDS = 3,
  LANES = 8 ///< partial sums, so that the order of additions is fixed and vectors can be used
};

static const double window_s         = 0.04;
static const float  high_of_rate     = 0.45f;
static const float  keep_amplitude   = 0.5f; // of the threshold: 6 dB of hysteresis
static const float  louder           = 2.0f; // 6 dB
static const float  louder_when_new  = 1.1f; // of two that begin together either is seen first
static const float  reach_min_bins   = 1.0f; // how far a carrier looks for its peak
static const float  reach_max_bins   = 4.0f;
static const float  reach_of_bin     = 0.03f;
static const float  contest_bins     = 2.5f; // two peaks nearer than that may melt into one
static const float  split_bins       = 4.0f;
static const float  apart_again      = 1.5f; // merge distances that a birth stays away
static const float  excused_of_bin   = 0.001f;
static const float  jitter_of_a_seed = 0.15f; // bins, what it has to live down
static const float  jitter_share     = 0.15f; // of the newest hop
static const float  jitter_of_birth  = 0.06f; // and what is added to it for a clear peak
static const float  jitter_if_clear  = 0.35f;
static const float  hunger_per_birth = 3.0f; // jitter at which a carrier starves
static const float  trust_if_clear   = 4.0f; // times as fast
static const float  clarity_share    = 0.25f;
static const float  velocity_max     = 0.02f; // of the frequency, a hop
static const float  velocity_kept    = 0.7f;  // a hop without a peak
static const float  energy_of_birth  = 0.3f;
static const float  mass_step        = 0.1f;
static const float  fall_in_starve   = 6.9f; // nepers: 60 dB
static const float  heat_share       = 0.1f;
static const float  cents_per_neper  = 1731.23405f;
static const float  octave_per_cent  = 1.0f / 1200.0f;
static const float  lobe_power       = 1.0f / 3.0f; // a^2/2 over the sum of a Hann lobe's squares

FiqPartialTrackerParams fiq_partial_tracker_default_params(void)
{
  return (FiqPartialTrackerParams){.max_carriers = 16.0f,
                                   .threshold_db = -50.0f,
                                   .adapt_s      = 0.015f,
                                   .starve_s     = 0.3f,
                                   .merge_cents  = 25.0f,
                                   .low_hz       = 60.0f,
                                   .high_hz      = 8000.0f};
}

/// Divide the bins among the axes.
static void place_axes(FiqPartialTracker* self)
{
  const uint32_t n    = self->partials.n_bins;
  uint32_t       axis = 0;
  uint32_t       k    = 1;
  while (k < n && (float)k * self->bin_hz < FIQ_AXES_LOW_HZ) {
    ++k;
  }
  self->axis_bin[0] = k;
  for (; k < n && (float)k * self->bin_hz <= FIQ_AXES_HIGH_HZ; ++k) {
    const float place = fiq_axis_of_hz((float)k * self->bin_hz);
    while (axis < FIQ_AXES - 2 && place >= (float)(axis + 1)) {
      self->axis_bin[++axis] = k;
    }
    self->axis_share[k] = place - (float)axis;
  }
  while (axis < FIQ_AXES - 1) {
    self->axis_bin[++axis] = k;
  }
}

static bool tracker_config_is_valid(const FiqPartialTrackerConfig* config)
{
  return config->sample_rate_hz >= FIQ_SAMPLE_RATE_MIN_HZ &&
         config->sample_rate_hz <= FIQ_SAMPLE_RATE_MAX_HZ && config->control_frames >= 1 &&
         config->control_frames <= FIQ_CONTROL_MAX;
}

FiqStatus fiq_partial_tracker_init(FiqPartialTracker* self, FiqArena* arena, FiqFftPool* pool,
                                   const FiqPartialTrackerConfig* config)
{
  assert(self);
  assert(arena);
  assert(pool);
  assert(config);
  memset(self, 0, sizeof *self);
  if (!tracker_config_is_valid(config)) {
    return FIQ_BAD_ARGUMENT;
  }
  self->config          = *config;
  const uint32_t wanted = (uint32_t)(window_s * config->sample_rate_hz);
  const uint32_t window =
      config->window_frames ? config->window_frames : fiq_next_power_of_two(wanted);
  self->config.window_frames = window;
  const FiqStatus status     = fiq_partials_init(&self->partials, arena, pool, window);
  if (status == FIQ_BAD_ARGUMENT) {
    return status;
  }
  self->ring       = fiq_arena_take(arena, window, sizeof(float));
  self->axis_share = fiq_arena_take(arena, window / 2 + 1, sizeof(float));
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  self->bin_hz       = (float)(config->sample_rate_hz / window);
  self->hop_frames   = window / OVERLAP;
  self->slice_frames = self->hop_frames / FIQ_TRACKER_SLICES;
  self->hop_s        = (float)(self->hop_frames / config->sample_rate_hz);
  self->ramp_ticks =
      self->hop_frames > config->control_frames ? self->hop_frames / config->control_frames : 1;
  place_axes(self);
  fiq_partial_tracker_reset(self);
  return status;
}

void fiq_partial_tracker_reset(FiqPartialTracker* self)
{
  assert(self);
  memset(self->ring, 0, self->config.window_frames * sizeof(float));
  memset(self->carriers, 0, sizeof self->carriers);
  memset(self->seeds, 0, sizeof self->seeds);
  memset(self->voices, 0, sizeof self->voices);
  memset(self->rival, 0, sizeof self->rival);
  memset(self->axes, 0, sizeof self->axes);
  self->params           = fiq_partial_tracker_default_params();
  self->partials.n_lobes = 0;
  self->partials.n_peaks = 0;
  self->n_voices         = 0;
  self->position         = 0;
  self->next_id          = 1;
  self->ticks_left       = 0;
  self->n_births         = 0;
  self->n_splits         = 0;
  self->n_merges         = 0;
  self->n_deaths         = 0;
}

uint32_t fiq_partial_tracker_latency_frames(const FiqPartialTracker* self)
{
  // The last slice, and a straight line that arrives with the first tick after a hop.
  const uint32_t work = SLICE_LIVE * self->slice_frames;
  return self->config.window_frames / 2 + work + self->hop_frames -
         self->hop_frames / self->ramp_ticks;
}

static bool is_tracking(const FiqTrack* c)
{
  return c->state == FIQ_TRACK_ALIVE || c->state == FIQ_TRACK_SEED;
}

static float expected_bin(const FiqTrack* c)
{
  return c->bin + c->velocity;
}

/// First peak at or above `bin`.
static uint32_t first_peak_from(const FiqPartials* partials, float bin)
{
  uint32_t low  = 0;
  uint32_t high = partials->n_peaks;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (partials->peaks[middle].bin < bin) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/// The nearest peak that `i` may have: free, or held by one of `group` that is further away. 1 + its index.
static uint32_t best_peak(const FiqPartialTracker* self, const FiqTrack* group, uint32_t i,
                          uint32_t base)
{
  const FiqPartials* partials = &self->partials;
  const float        bin      = expected_bin(&group[i]);
  const float        reach    = fiq_clamp(reach_of_bin * bin, reach_min_bins, reach_max_bins);
  float              best     = reach;
  uint32_t           found    = 0;
  for (uint32_t p = first_peak_from(partials, bin - reach); p < partials->n_peaks; ++p) {
    const float    away  = partials->peaks[p].bin - bin;
    const uint32_t owner = self->owner[p];
    if (away > reach) {
      break;
    }
    if (fabsf(away) >= best || (owner != 0 && owner <= base)) {
      continue;
    }
    const float held =
        owner ? fabsf(partials->peaks[p].bin - expected_bin(&group[owner - base - 1])) : reach;
    if (!owner || fabsf(away) < held) {
      best  = fabsf(away);
      found = p + 1;
    }
  }
  return found;
}

/// Hand out peaks to `group` [n], whose members are numbered from `base` on in `owner`.
static void match(FiqPartialTracker* self, const FiqTrack* group, uint32_t n, uint32_t base)
{
  memset(self->peak_of, 0, sizeof self->peak_of);
  for (uint32_t round = 0; round < MATCH_ROUNDS; ++round) {
    for (uint32_t i = 0; i < n; ++i) {
      if (!is_tracking(&group[i]) || self->peak_of[i]) {
        continue;
      }
      const uint32_t found = best_peak(self, group, i, base);
      if (!found) {
        continue;
      }
      const uint32_t loser = self->owner[found - 1];
      if (loser) {
        self->peak_of[loser - base - 1] = 0;
      }
      self->owner[found - 1] = (uint8_t)(base + i + 1);
      self->peak_of[i]       = (uint8_t)found;
    }
  }
}

/// Frequency, jitter and heat of one that has its peak.
static void follow_partial(const FiqPartialTracker* self, FiqTrack* c, const FiqPartial* peak)
{
  // A blurred peak is believed less: up to twice the time constant.
  const float blur   = fiq_clamp(10.0f * peak->misfit, 0.0f, 1.0f);
  const float theta  = expf(-self->hop_s / (self->params.adapt_s * (1.0f + blur) + 1e-4f));
  const float rest   = peak->bin - expected_bin(c);
  const float limit  = velocity_max * c->bin;
  const float before = c->bin;
  c->bin             = expected_bin(c) + (1.0f - theta * theta) * rest;
  c->velocity      = fiq_clamp(c->velocity + (1.0f - theta) * (1.0f - theta) * rest, -limit, limit);
  const float bend = c->age_hops > 1 ? fabsf(peak->bin - 2.0f * c->peak_bin + c->last_bin) : 0.0f;
  const float worry = fmaxf(bend - excused_of_bin * c->bin, 0.0f);
  c->jitter += jitter_share * (fminf(worry, 1.0f) - c->jitter);
  c->last_bin = c->peak_bin;
  c->peak_bin = peak->bin;
  c->heat += heat_share * (cents_per_neper * fabsf(c->bin - before) / c->bin - c->heat);
  c->clarity += clarity_share * (peak->clarity - c->clarity);
  c->trust += fiq_mix(1.0f, trust_if_clear, c->clarity);
  c->amplitude = peak->amplitude;
}

/// Jitter up to which a seed may pass for a tone.
static float tonal_jitter(const FiqTrack* c)
{
  return jitter_of_birth + jitter_if_clear * c->clarity;
}

static void coast(FiqTrack* c)
{
  c->bin += c->velocity;
  c->velocity *= velocity_kept;
  c->heat -= heat_share * c->heat;
  c->amplitude = 0.0f;
}

/// Level, energy and mass over one hop.
static void feed(const FiqPartialTracker* self, FiqTrack* c, bool fed)
{
  const FiqPartialTrackerParams* params = &self->params;
  const float                    share  = 1.0f - expf(-self->hop_s / (params->adapt_s + 1e-4f));
  const float slow   = 1.0f - expf(-self->hop_s / (8.0f * params->adapt_s + 1e-4f));
  const float floor  = c->level * expf(-fall_in_starve * self->hop_s / params->starve_s);
  const float meal   = self->hop_s / params->starve_s;
  const float target = fed ? c->level + share * (c->amplitude - c->level) : 0.0f;
  c->level           = fmaxf(target, floor);
  c->energy          = fiq_clamp(c->energy + (fed ? 4.0f * meal : -meal), 0.0f, 1.0f);
  if (!fed) {
    return; // one that only fades keeps its mass, so that the swarm can rest
  }
  c->loudness += slow * (powf(c->level, 0.6f) - c->loudness);
  if (fabsf(c->loudness - c->mass) > mass_step * c->mass) {
    c->mass = fmaxf(c->loudness, 1e-6f);
  }
}

/// Who holds the peak nearest to carrier `i`, which has none; 1 + index, 0: no one.
static uint32_t rival_of(const FiqPartialTracker* self, uint32_t i)
{
  const FiqTrack* c     = &self->carriers[i];
  uint32_t        rival = 0;
  float           best  = contest_bins;
  for (uint32_t p = first_peak_from(&self->partials, c->bin - contest_bins);
       p < self->partials.n_peaks; ++p) {
    const float away = fabsf(self->partials.peaks[p].bin - c->bin);
    if (away < best && self->owner[p]) {
      best  = away;
      rival = self->owner[p];
    }
    if (self->partials.peaks[p].bin > c->bin + contest_bins) {
      break;
    }
  }
  return rival;
}

static void serve_carriers(FiqPartialTracker* self)
{
  memset(self->owner, 0, sizeof self->owner);
  match(self, self->carriers, FIQ_TRACKER_VOICES_MAX, 0);
  const float softest = keep_amplitude * fiq_db_to_gain(self->params.threshold_db);
  for (uint32_t i = 0; i < FIQ_TRACKER_VOICES_MAX; ++i) {
    FiqTrack* const c = &self->carriers[i];
    self->rival[i]    = 0;
    if (c->state != FIQ_TRACK_ALIVE) {
      continue;
    }
    ++c->age_hops;
    bool fed = false;
    if (self->peak_of[i]) {
      follow_partial(self, c, &self->partials.peaks[self->peak_of[i] - 1]);
      fed = c->amplitude >= softest && c->jitter < hunger_per_birth * tonal_jitter(c);
    } else {
      coast(c);
      self->rival[i] = (uint8_t)rival_of(self, i);
    }
    feed(self, c, fed);
  }
}

static void serve_seeds(FiqPartialTracker* self)
{
  match(self, self->seeds, FIQ_TRACKER_SEEDS_MAX, FIQ_TRACKER_VOICES_MAX);
  for (uint32_t i = 0; i < FIQ_TRACKER_SEEDS_MAX; ++i) {
    FiqTrack* const c = &self->seeds[i];
    if (c->state == FIQ_TRACK_SEED && self->peak_of[i]) {
      follow_partial(self, c, &self->partials.peaks[self->peak_of[i] - 1]);
      ++c->age_hops;
    } else {
      c->state = FIQ_TRACK_FREE;
    }
  }
}

/// The carrier alive nearest to `bin`, or NULL; `away` is its distance in bins.
static FiqTrack* nearest_alive(FiqPartialTracker* self, float bin, float* away)
{
  FiqTrack* nearest = NULL;
  *away             = 1e9f;
  for (uint32_t i = 0; i < FIQ_TRACKER_VOICES_MAX; ++i) {
    FiqTrack* const c = &self->carriers[i];
    if (c->state == FIQ_TRACK_ALIVE && fabsf(c->bin - bin) < *away) {
      *away   = fabsf(c->bin - bin);
      nearest = c;
    }
  }
  return nearest;
}

static void sow_seeds(FiqPartialTracker* self)
{
  uint32_t    slot    = 0;
  const float softest = fiq_db_to_gain(self->params.threshold_db);
  for (uint32_t p = 0; p < self->partials.n_peaks; ++p) {
    const FiqPartial* peak = &self->partials.peaks[p];
    if (self->owner[p] || peak->amplitude < softest) {
      continue;
    }
    while (slot < FIQ_TRACKER_SEEDS_MAX && self->seeds[slot].state != FIQ_TRACK_FREE) {
      ++slot;
    }
    if (slot == FIQ_TRACKER_SEEDS_MAX) {
      return;
    }
    float           away   = 0.0f;
    const FiqTrack* parent = nearest_alive(self, peak->bin, &away);
    self->seeds[slot]      = (FiqTrack){
             .state     = FIQ_TRACK_SEED,
             .parent_id = parent && away < split_bins ? parent->id : 0,
             .bin       = peak->bin,
             .peak_bin  = peak->bin,
             .amplitude = peak->amplitude,
             .jitter    = jitter_of_a_seed,
    };
  }
}

static void begin_fade(FiqTrack* c)
{
  c->state     = FIQ_TRACK_FADING;
  c->fade_hops = FADE_HOPS;
}

/// Distance in bins that `cents` are at `bin`.
static float bins_of(float cents, float bin)
{
  return bin * (exp2f(cents * octave_per_cent) - 1.0f);
}

/// One of the two gives its mass to the other and fades.
static void merge(FiqPartialTracker* self, FiqTrack* a, FiqTrack* b)
{
  const bool b_is_elder = b->id < a->id;
  FiqTrack*  stays      = b_is_elder ? b : a;
  FiqTrack*  goes       = b_is_elder ? a : b;
  if (goes->level > louder * stays->level) {
    FiqTrack* const swap = stays;
    stays                = goes;
    goes                 = swap;
  }
  if (stays->amplitude < goes->amplitude) {
    // The elder takes over the peak that they shared.
    stays->bin       = goes->bin;
    stays->velocity  = goes->velocity;
    stays->amplitude = goes->amplitude;
    stays->jitter    = goes->jitter;
  }
  stays->loudness += goes->loudness;
  stays->mass += goes->mass;
  stays->energy = fmaxf(stays->energy, goes->energy);
  ++self->n_merges;
  begin_fade(goes);
}

/// The carrier that `i` is too near to, or that has its peak; NULL: none.
static FiqTrack* crowded_by(FiqPartialTracker* self, uint32_t i)
{
  FiqTrack* const c = &self->carriers[i];
  if (self->rival[i]) {
    FiqTrack* const rival = &self->carriers[self->rival[i] - 1];
    return rival->state == FIQ_TRACK_ALIVE ? rival : NULL;
  }
  for (uint32_t j = 0; j < i; ++j) {
    FiqTrack* const other = &self->carriers[j];
    if (other->state == FIQ_TRACK_ALIVE &&
        fabsf(other->bin - c->bin) < bins_of(self->params.merge_cents, fminf(other->bin, c->bin))) {
      return other;
    }
  }
  return NULL;
}

static void merge_carriers(FiqPartialTracker* self)
{
  for (uint32_t i = 0; i < FIQ_TRACKER_VOICES_MAX; ++i) {
    FiqTrack* const c = &self->carriers[i];
    if (c->state != FIQ_TRACK_ALIVE) {
      continue;
    }
    FiqTrack* const other = crowded_by(self, i);
    if (other) {
      ++c->crowd_hops;
    } else {
      c->crowd_hops -= c->crowd_hops > 0;
    }
    if (other && c->crowd_hops >= MERGE_HOPS) {
      merge(self, other, c);
    }
  }
}

/// Carriers without energy, or without a place to be, begin to fade.
static void bury_carriers(FiqPartialTracker* self)
{
  for (uint32_t i = 0; i < FIQ_TRACKER_VOICES_MAX; ++i) {
    FiqTrack* const c = &self->carriers[i];
    if (c->state == FIQ_TRACK_ALIVE && (c->energy <= 0.0f || c->bin < 1.0f)) {
      begin_fade(c);
      ++self->n_deaths;
    } else if (c->state == FIQ_TRACK_FADING && c->fade_hops > 0) {
      c->level *= (float)(c->fade_hops - 1) / (float)c->fade_hops;
      --c->fade_hops;
    }
  }
}

/// How loud a carrier counts where places are few: a young one as its peak, to which its level is still rising.
static float standing(const FiqTrack* c)
{
  return fmaxf(c->level, c->amplitude);
}

/// How loud one must be to take its place.
static float defence(const FiqTrack* c)
{
  return standing(c) * (c->age_hops < 2 * BIRTH_HOPS ? louder_when_new : louder);
}

static uint32_t count_alive(const FiqPartialTracker* self, uint32_t* weakest)
{
  uint32_t n = 0;
  *weakest   = FIQ_TRACKER_VOICES_MAX;
  for (uint32_t i = 0; i < FIQ_TRACKER_VOICES_MAX; ++i) {
    if (self->carriers[i].state == FIQ_TRACK_ALIVE) {
      ++n;
      if (*weakest == FIQ_TRACKER_VOICES_MAX ||
          standing(&self->carriers[i]) < standing(&self->carriers[*weakest])) {
        *weakest = i;
      }
    }
  }
  return n;
}

static FiqTrack* free_track(FiqPartialTracker* self)
{
  for (uint32_t i = 0; i < FIQ_TRACKER_VOICES_MAX; ++i) {
    if (self->carriers[i].state == FIQ_TRACK_FREE) {
      return &self->carriers[i];
    }
  }
  return NULL;
}

static bool is_ripe(FiqPartialTracker* self, const FiqTrack* seed)
{
  if (seed->state != FIQ_TRACK_SEED || seed->trust < (float)BIRTH_HOPS ||
      seed->jitter > tonal_jitter(seed) ||
      seed->amplitude < fiq_db_to_gain(self->params.threshold_db)) {
    return false;
  }
  float           away = 0.0f;
  const FiqTrack* near = nearest_alive(self, seed->bin, &away);
  return !near || away > bins_of(apart_again * self->params.merge_cents, seed->bin);
}

static FiqTrack* loudest_ripe(FiqPartialTracker* self)
{
  FiqTrack* loudest = NULL;
  for (uint32_t i = 0; i < FIQ_TRACKER_SEEDS_MAX; ++i) {
    FiqTrack* const seed = &self->seeds[i];
    if ((!loudest || seed->amplitude > loudest->amplitude) && is_ripe(self, seed)) {
      loudest = seed;
    }
  }
  return loudest;
}

static void give_birth(FiqPartialTracker* self, FiqTrack* slot, FiqTrack* seed)
{
  *slot          = *seed;
  seed->state    = FIQ_TRACK_FREE;
  slot->state    = FIQ_TRACK_ALIVE;
  slot->id       = self->next_id++;
  slot->energy   = energy_of_birth;
  slot->level    = 0.0f;
  slot->loudness = powf(slot->amplitude, 0.6f);
  slot->mass     = fmaxf(slot->loudness, 1e-6f);
  slot->hz_now   = slot->bin * self->bin_hz;
  ++self->n_births;
  for (uint32_t i = 0; i < FIQ_TRACKER_VOICES_MAX && slot->parent_id; ++i) {
    FiqTrack* const parent = &self->carriers[i];
    if (parent->state == FIQ_TRACK_ALIVE && parent->id == slot->parent_id) {
      parent->mass *= 0.5f;
      parent->loudness *= 0.5f;
      slot->mass     = parent->mass;
      slot->loudness = parent->loudness;
      ++self->n_splits;
      return;
    }
  }
}

static void bear_carriers(FiqPartialTracker* self)
{
  const uint32_t limit =
      (uint32_t)fiq_clamp(self->params.max_carriers, 1.0f, FIQ_TRACKER_VOICES_MAX);
  for (uint32_t i = 0; i < FIQ_TRACKER_BIRTHS_MAX; ++i) {
    FiqTrack* const seed    = loudest_ripe(self);
    uint32_t        weakest = 0;
    const uint32_t  n       = count_alive(self, &weakest);
    if (n > limit || (seed && n == limit && seed->amplitude > defence(&self->carriers[weakest]))) {
      begin_fade(&self->carriers[weakest]);
      ++self->n_deaths;
      continue;
    }
    FiqTrack* const slot = free_track(self);
    if (!seed || !slot || n == limit) {
      return;
    }
    give_birth(self, slot, seed);
  }
}

/// Begin the straight lines of the next hop.
static void aim(FiqPartialTracker* self)
{
  const float share = 1.0f / (float)self->ramp_ticks;
  self->ticks_left  = self->ramp_ticks;
  for (uint32_t i = 0; i < FIQ_TRACKER_VOICES_MAX; ++i) {
    FiqTrack* const c = &self->carriers[i];
    c->hz_step        = (c->bin * self->bin_hz - c->hz_now) * share;
    c->level_step     = (c->level - c->level_now) * share;
  }
}

static float sum_levels(const float lane[LANES])
{
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/// Power of `n` bins: of all, and what the upper axis has of it.
static void sum_powers(const FiqComplex* restrict z, const float* restrict share, uint32_t n,
                       float* restrict all, float* restrict upper)
{
  float    whole[LANES] = {0.0f};
  float    part[LANES]  = {0.0f};
  uint32_t k            = 0;
  for (; k + LANES <= n; k += LANES) {
    for (uint32_t i = 0; i < LANES; ++i) {
      const float power = z[k + i].re * z[k + i].re + z[k + i].im * z[k + i].im;
      whole[i] += power;
      part[i] += share[k + i] * power;
    }
  }
  for (uint32_t i = 0; k + i < n; ++i) {
    const float power = z[k + i].re * z[k + i].re + z[k + i].im * z[k + i].im;
    whole[i] += power;
    part[i] += share[k + i] * power;
  }
  *all   = sum_levels(whole);
  *upper = sum_levels(part);
}

static void measure_axes(FiqPartialTracker* self)
{
  float carry = 0.0f;
  for (uint32_t axis = 0; axis < FIQ_AXES - 1; ++axis) {
    const uint32_t first = self->axis_bin[axis];
    float          all   = 0.0f;
    float          upper = 0.0f;
    sum_powers(self->partials.spectrum + first, self->axis_share + first,
               self->axis_bin[axis + 1] - first, &all, &upper);
    self->axes[axis] = lobe_power * fmaxf(carry + all - upper, 0.0f);
    carry            = upper;
  }
  self->axes[FIQ_AXES - 1] = lobe_power * carry;
}

static void run_tracker_slice(FiqPartialTracker* self, uint32_t slice)
{
  FiqPartials* const p         = &self->partials;
  const float        threshold = keep_amplitude * fiq_db_to_gain(self->params.threshold_db);
  const float        low       = fmaxf(self->params.low_hz / self->bin_hz, 2.0f);
  const float        top       = high_of_rate * (float)self->config.window_frames;
  const float        high      = fminf(self->params.high_hz / self->bin_hz, top);
  if (slice == SLICE_LOAD) {
    fiq_partials_load(p, self->ring, self->position);
  } else if (slice == SLICE_PICK) {
    const uint32_t first = low > 2.0f + MARGIN_BINS ? (uint32_t)low - MARGIN_BINS : 2;
    const uint32_t last  = high > 0.0f ? (uint32_t)high + MARGIN_BINS : 0;
    fiq_partials_pick(p, first, last < p->n_bins - 2 ? last : p->n_bins - 2, threshold);
  } else if (slice < SLICE_JUDGE) {
    fiq_partials_refine(p);
  } else if (slice == SLICE_JUDGE) {
    fiq_partials_judge(p, low, high, threshold);
    measure_axes(self);
  } else if (slice == SLICE_FOLLOW) {
    serve_carriers(self);
    serve_seeds(self);
  } else {
    merge_carriers(self);
    bury_carriers(self);
    bear_carriers(self);
    sow_seeds(self);
    aim(self);
  }
}

static void move_track(FiqTrack* c, uint32_t ticks_left)
{
  if (ticks_left > 0) {
    c->hz_now += c->hz_step;
    c->level_now = fmaxf(c->level_now + c->level_step, 0.0f);
  }
  // Its last straight line has come to its end.
  if (ticks_left <= 1 && c->state == FIQ_TRACK_FADING && c->fade_hops == 0) {
    c->state = FIQ_TRACK_FREE;
  }
}

void fiq_partial_tracker_control(FiqPartialTracker* self, const FiqPartialTrackerParams* params)
{
  assert(self);
  assert(params);
  self->params   = *params;
  self->n_voices = 0;
  for (uint32_t i = 0; i < FIQ_TRACKER_VOICES_MAX; ++i) {
    FiqTrack* const c = &self->carriers[i];
    if (c->state == FIQ_TRACK_FREE) {
      continue;
    }
    move_track(c, self->ticks_left);
    if (c->state != FIQ_TRACK_FREE) {
      self->voices[self->n_voices++] = (FiqPartialTrackerVoice){
          .id = c->id, .hz = c->hz_now, .mass = c->mass, .level = c->level_now};
    }
  }
  self->ticks_left -= self->ticks_left > 0;
}

static void take_in_frames(float* restrict ring, const float* restrict left,
                           const float* restrict right, uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    ring[i] = 0.5f * (left[i] + right[i]);
  }
}

void fiq_partial_tracker_process(FiqPartialTracker* self, const float* const in[FIQ_CHANNELS],
                                 uint32_t n_frames)
{
  assert(self);
  assert(in[0]);
  assert(in[1]);
  const uint32_t stride = self->slice_frames;
  uint32_t       n      = 0;
  for (uint32_t done = 0; done < n_frames; done += n) {
    const uint32_t left = stride - (self->position & (stride - 1));
    n                   = n_frames - done < left ? n_frames - done : left;
    take_in_frames(self->ring + self->position, in[0] + done, in[1] + done, n);
    self->position = (self->position + n) & (self->config.window_frames - 1);
    if ((self->position & (stride - 1)) == 0) {
      run_tracker_slice(self, (self->position & (self->hop_frames - 1)) / stride);
    }
  }
}

void fiq_partial_tracker_axes(const FiqPartialTracker* self, float axes[FIQ_AXES])
{
  assert(self);
  assert(axes);
  memcpy(axes, self->axes, sizeof self->axes);
}

const FiqPartialTrackerVoice* fiq_partial_tracker_voices(const FiqPartialTracker* self, uint32_t* n)
{
  assert(self);
  assert(n);
  *n = self->n_voices;
  return self->voices;
}
