// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/swarm/swarm_state.h"

#include "dsp/base/simd.h"

#include <assert.h>
#include <string.h>

enum {
  CHUNK    = FIQ_LOBE_CHUNK,
  GROUPS   = FIQ_SWARM_GROUPS,
  PARTIALS = FIQ_SWARM_PARTIALS_MAX,
  LEVELS   = GROUPS / FIQ_SWARM_BLOCK,
  N_SUMS   = GROUPS + 1
};

static const float slew_s = 0.012f; // of a level, when an oscillator changes group

uint32_t fiq_swarm_default_step(double sample_rate_hz)
{
  assert(sample_rate_hz > 0.0);
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
                          .key_level            = 1.0f,
                          .chord                = (float)FIQ_CHORD_OFF,
                          .root_note            = 48.0f,
                          .tone                 = {.cutoff_hz           = 2000.0f,
                                                   .slope_db_per_octave = 24.0f,
                                                   .key_track           = 1.0f,
                                                   .velocity_octaves    = 2.0f,
                                                   .vowel               = 0.5f,
                                                   .breath              = fiq_breath_default_params(),
                                                   .voice               = {.size = 1.0f}},
                          .sharpness_mode       = (float)FIQ_SHARPNESS_SCHEDULE};
}

static void take_swarm_buffers(FiqSwarm* self, FiqArena* arena)
{
  assert(self && arena);
  assert(self->capacity > 0 && self->step_frames > 0);
  const size_t n      = ((size_t)self->capacity + CHUNK - 1) / CHUNK * CHUNK;
  self->osc.nu        = fiq_arena_take(arena, n, sizeof *self->osc.nu);
  self->osc.tone      = fiq_arena_take(arena, n, sizeof *self->osc.tone);
  self->osc.phi       = fiq_arena_take(arena, n, sizeof *self->osc.phi);
  self->osc.amplitude = fiq_arena_take(arena, n, sizeof *self->osc.amplitude);
  self->osc.slew      = fiq_arena_take(arena, n, sizeof *self->osc.slew);
  self->osc.group     = fiq_arena_take(arena, n, sizeof *self->osc.group);
  self->groups.sum =
      fiq_arena_take(arena, (size_t)FIQ_SWARM_LANES * N_SUMS, sizeof *self->groups.sum);
  for (int side = 0; side < 2; ++side) {
    self->groups.member[side] =
        fiq_arena_take(arena, 2 * (size_t)GROUPS, sizeof *self->groups.member[side]);
  }
  self->groups.level  = fiq_arena_take(arena, LEVELS, sizeof *self->groups.level);
  self->groups.count  = fiq_arena_take(arena, GROUPS, sizeof *self->groups.count);
  self->groups.order2 = fiq_arena_take(arena, GROUPS, sizeof *self->groups.order2);
  self->groups.centre = fiq_arena_take(arena, GROUPS, sizeof *self->groups.centre);
  self->groups.pull   = fiq_arena_take(arena, GROUPS, sizeof *self->groups.pull);
  self->groups.psi    = fiq_arena_take(arena, GROUPS, sizeof *self->groups.psi);
  self->breath.power  = fiq_arena_take(arena, (size_t)FIQ_CARRIERS_MAX * FIQ_BREATH_POINTS,
                                       sizeof *self->breath.power);
  self->breath.lobes  = fiq_arena_take(arena, self->breath.noise.n_bands / FIQ_BREATH_CHUNK,
                                       sizeof *self->breath.lobes);
  self->singing.utterance =
      fiq_arena_take(arena, FIQ_CARRIERS_MAX, sizeof *self->singing.utterance);
  self->singing.curve   = fiq_arena_take(arena, (size_t)FIQ_CARRIERS_MAX * FIQ_SWARM_PARTIALS_MAX,
                                         sizeof *self->singing.curve);
  self->singing.density = fiq_arena_take(arena, (size_t)FIQ_CARRIERS_MAX * FIQ_BREATH_POINTS,
                                         sizeof *self->singing.density);
  self->detune.sway = fiq_arena_take(arena, FIQ_SWARM_SWAY_MAX + CHUNK, sizeof *self->detune.sway);
  self->detune.normal = fiq_arena_take(arena, FIQ_SWARM_NORMAL + 1, sizeof *self->detune.normal);
  for (int set = 0; set < 2; ++set) {
    self->detune.sway_asked[set] = fiq_arena_take(arena, FIQ_SWARM_SWAY_MAX, sizeof(float));
    for (int c = 0; c < FIQ_CHANNELS; ++c) {
      self->play[set][c] = fiq_arena_take(arena, self->step_frames, sizeof(float));
    }
  }
}

/// Place u in -1..1 to the x that as large a part of a normal curve, cut off at 3, is below; by halving.
static double normal_place(double u)
{
  assert(u >= -1.0 && u <= 1.0);
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
  assert(normal);
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
      config->capacity < 1 || config->capacity > FIQ_ANNEAL_OSC_MAX) {
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
  const FiqStatus carriers = fiq_anneal_init(&self->anneal, arena, config->capacity);
  const FiqStatus lobes    = fiq_spectral_bank_init(&self->lobes, arena, pool, self->step_frames);
  if (lobes == FIQ_BAD_ARGUMENT || lobes == FIQ_NO_PLAN) {
    return lobes;
  }
  const FiqStatus noise = fiq_breath_init(&self->breath.noise, arena, rate_hz, self->step_frames);
  take_swarm_buffers(self, arena);
  if (fiq_arena_status(arena) != FIQ_OK || carriers != FIQ_OK || noise != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fill_normal(self->detune.normal);
  fiq_swarm_fix_breath(self);
  fiq_notes_init(&self->notes, rate_hz, self->step_frames);
  fiq_swarm_share_partials(self, 1, 0);
  fiq_swarm_reset(self, config->seed);
  return FIQ_OK;
}

void fiq_swarm_reseed(FiqSwarm* self, uint64_t seed)
{
  assert(self);
  self->seed        = fiq_anneal_hash((uint32_t)seed, (uint32_t)(seed >> 32));
  self->anneal.seed = self->seed;
}

void fiq_swarm_reset(FiqSwarm* self, uint64_t seed)
{
  assert(self && self->osc.nu);
  fiq_swarm_reseed(self, seed);
  fiq_notes_reset(&self->notes);
  fiq_anneal_reset(&self->anneal, self->seed);
  self->params                 = fiq_swarm_default_params();
  self->step                   = (FiqSwarmFrame){.params = self->params, .n_target = 1, .n_run = 1};
  self->step.cents             = true;
  self->frame                  = 0;
  self->work.n_chunks          = 0;
  self->work.n_lobes           = 0;
  self->work.next_item         = 0;
  self->step_count             = 0;
  self->rest.idle_steps        = 0;
  self->rest.quiet_steps       = 0;
  self->partials.regroup_steps = 0;
  self->rest.shrink_steps      = 0;
  self->playing                = 0;
  self->work.begun             = false;
  self->groups.order           = 0.0f;
  self->places.motion          = 0.0f;
  self->groups.unmeasured      = 0;
  self->detune.n_sway          = 0;
  self->detune.sway_frame      = 0;
  self->attention.n            = 0;
  self->detune.normality       = 0.0f;
  self->detune.swing           = 0.0f;
  self->groups.young_steps     = 0;
  self->groups.steps_between   = 0;
  self->groups.steps_since_entropy = 0;
  self->groups.linger_s            = 0.0f;
  self->groups.n_linger            = 0;
  self->detune.has_tone            = false;
  self->groups.is_measured         = false;
  fiq_swarm_take_params(self, true);
  memset(self->slots.of_note, FIQ_SWARM_NO_SLOT, sizeof self->slots.of_note);
  memset(self->slots.taken, 0, sizeof self->slots.taken);
  memset(self->slots.held, 0, sizeof self->slots.held);
  memset(&self->motion, 0, sizeof self->motion);
  memset(&self->words, 0, sizeof self->words);
  memset(self->singing.sings, 0, sizeof self->singing.sings);
  memset(self->singing.shaped, 0, sizeof self->singing.shaped);
  memset(self->singing.drawn, 0, sizeof self->singing.drawn);
  memset(self->groups.norm, 0, sizeof self->groups.norm);
  memset(self->groups.active, 0, sizeof self->groups.active);
  memset(self->groups.counted, 0, sizeof self->groups.counted);
  memset(self->groups.used, 1, sizeof self->groups.used);
  memset(self->groups.sum, 0, (size_t)FIQ_SWARM_LANES * N_SUMS * sizeof *self->groups.sum);
  for (int side = 0; side < 2; ++side) {
    memset(self->groups.member[side], 0, 2 * (size_t)GROUPS * sizeof *self->groups.member[side]);
  }
  memset(self->groups.level, 0, LEVELS * sizeof *self->groups.level);
  memset(self->groups.count, 0, GROUPS * sizeof *self->groups.count);
  memset(self->groups.order2, 0, GROUPS * sizeof *self->groups.order2);
  memset(self->groups.centre, 0, GROUPS * sizeof *self->groups.centre);
  memset(self->groups.pull, 0, GROUPS * sizeof *self->groups.pull);
  memset(self->groups.psi, 0, GROUPS * sizeof *self->groups.psi);
  memset(self->osc.nu, 0, self->anneal.capacity * sizeof *self->osc.nu);
  memset(self->osc.tone, 0, self->anneal.capacity * sizeof *self->osc.tone);
  memset(self->osc.slew, 0, self->anneal.capacity * sizeof *self->osc.slew);
  for (uint32_t i = 0; i < self->anneal.capacity; ++i) {
    self->osc.group[i] &= PARTIALS - 1; // which of them is as good as before
  }
  fiq_swarm_fall_asleep(self);
}

/// Sums, gains and what else belongs to groups and the sounding step.
static void adopt_groups(FiqSwarm* self, const FiqSwarm* old)
{
  assert(self && old);
  memcpy(self->groups.sum, old->groups.sum,
         (size_t)FIQ_SWARM_LANES * N_SUMS * sizeof *self->groups.sum);
  for (int side = 0; side < 2; ++side) {
    memcpy(self->groups.member[side], old->groups.member[side],
           2 * (size_t)GROUPS * sizeof *self->groups.member[side]);
  }
  memcpy(self->groups.level, old->groups.level, LEVELS * sizeof *self->groups.level);
  memcpy(self->groups.count, old->groups.count, GROUPS * sizeof *self->groups.count);
  memcpy(self->groups.order2, old->groups.order2, GROUPS * sizeof *self->groups.order2);
  memcpy(self->groups.centre, old->groups.centre, GROUPS * sizeof *self->groups.centre);
  memcpy(self->groups.pull, old->groups.pull, GROUPS * sizeof *self->groups.pull);
  memcpy(self->groups.psi, old->groups.psi, GROUPS * sizeof *self->groups.psi);
  memcpy(self->singing.utterance, old->singing.utterance,
         FIQ_CARRIERS_MAX * sizeof *self->singing.utterance);
  memset(self->singing.shaped, 0, sizeof self->singing.shaped);
  memset(self->singing.drawn, 0, sizeof self->singing.drawn);
  memcpy(self->breath.power, old->breath.power,
         (size_t)FIQ_CARRIERS_MAX * FIQ_BREATH_POINTS * sizeof *self->breath.power);
  memcpy(self->detune.sway, old->detune.sway,
         (FIQ_SWARM_SWAY_MAX + CHUNK) * sizeof *self->detune.sway);
  for (int set = 0; set < 2; ++set) {
    memcpy(self->detune.sway_asked[set], old->detune.sway_asked[set],
           FIQ_SWARM_SWAY_MAX * sizeof(float));
  }
}

static void adopt_oscillators(FiqSwarm* self, const FiqSwarm* old)
{
  assert(self && old);
  assert(self->capacity > 0);
  const size_t mine   = self->anneal.capacity;
  const size_t theirs = ((size_t)old->step.n_run + CHUNK - 1) / CHUNK * CHUNK;
  const size_t n      = mine < theirs ? mine : theirs;
  memcpy(self->osc.nu, old->osc.nu, n * sizeof *self->osc.nu);
  memcpy(self->osc.tone, old->osc.tone, n * sizeof *self->osc.tone);
  memcpy(self->osc.phi, old->osc.phi, n * sizeof *self->osc.phi);
  memcpy(self->osc.amplitude, old->osc.amplitude, n * sizeof *self->osc.amplitude);
  memcpy(self->osc.slew, old->osc.slew, n * sizeof *self->osc.slew);
  memcpy(self->osc.group, old->osc.group, n * sizeof *self->osc.group);
  self->partials.n_ready = self->partials.n_ready < n ? self->partials.n_ready : (uint32_t)n;
}

/// The lobes under work and the sound that is ready; only a bank of the same step can take them.
static void adopt_sound(FiqSwarm* self, const FiqSwarm* old)
{
  assert(self && old);
  if (self->step_frames == old->step_frames) {
    fiq_spectral_bank_adopt(&self->lobes, &old->lobes);
    for (int set = 0; set < 2; ++set) {
      for (int c = 0; c < FIQ_CHANNELS; ++c) {
        memcpy(self->play[set][c], old->play[set][c], self->step_frames * sizeof(float));
      }
    }
    return;
  }
  const bool ended = self->work.next_item > self->work.n_chunks;
  for (; self->work.begun && self->work.next_item < self->work.n_chunks; ++self->work.next_item) {
    (void)fiq_anneal_advance(&self->anneal, self->work.next_item);
  }
  if (self->work.begun && !ended) {
    fiq_anneal_end(&self->anneal);
  }
  self->work.begun      = false;
  self->detune.has_tone = false;
}

/// What reset and init set in `self` but its own buffers and sizes.
static FiqSwarm keep_swarm_buffers(const FiqSwarm* self, const FiqSwarm* state)
{
  assert(self && state);
  FiqSwarm next             = *state;
  next.anneal               = self->anneal;
  next.lobes                = self->lobes;
  next.sample_rate_hz       = self->sample_rate_hz;
  next.capacity             = self->capacity;
  next.step_frames          = self->step_frames;
  next.fft_bits             = self->fft_bits;
  next.slew_steps           = self->slew_steps;
  next.use_avx2             = self->use_avx2;
  next.use_avx512           = self->use_avx512;
  next.osc.nu               = self->osc.nu;
  next.osc.tone             = self->osc.tone;
  next.osc.phi              = self->osc.phi;
  next.osc.amplitude        = self->osc.amplitude;
  next.osc.slew             = self->osc.slew;
  next.osc.group            = self->osc.group;
  next.groups.sum           = self->groups.sum;
  next.groups.member[0]     = self->groups.member[0];
  next.groups.member[1]     = self->groups.member[1];
  next.groups.level         = self->groups.level;
  next.groups.count         = self->groups.count;
  next.groups.order2        = self->groups.order2;
  next.groups.centre        = self->groups.centre;
  next.groups.pull          = self->groups.pull;
  next.groups.psi           = self->groups.psi;
  next.breath.noise         = self->breath.noise;
  next.breath.power         = self->breath.power;
  next.breath.lobes         = self->breath.lobes;
  next.singing.utterance    = self->singing.utterance;
  next.singing.density      = self->singing.density;
  next.singing.curve        = self->singing.curve;
  next.detune.sway          = self->detune.sway;
  next.detune.sway_asked[0] = self->detune.sway_asked[0];
  next.detune.sway_asked[1] = self->detune.sway_asked[1];
  next.detune.normal        = self->detune.normal;
  memcpy(next.play, self->play, sizeof next.play);
  next.notes.sample_rate_hz = self->notes.sample_rate_hz;
  next.notes.shortest_s     = self->notes.shortest_s;
  return next;
}

/// Chunks that do not fit are cut off; the step under work goes on with the rest.
static void cut_work(FiqSwarmWork* work, uint32_t chunks)
{
  assert(work);
  if (work->n_chunks <= chunks) {
    return;
  }
  if (work->next_item > work->n_chunks) {
    const uint32_t after = work->next_item - work->n_chunks - 1; // portions done since the measure
    const uint32_t lobes = after < work->n_lobes ? after : work->n_lobes;
    work->next_item      = chunks + 1 + (lobes < chunks ? lobes : chunks) + after - lobes;
  } else if (work->next_item > chunks) {
    work->next_item = chunks;
  }
  work->n_chunks = chunks;
  work->n_lobes  = work->n_lobes > 0 ? chunks : 0;
}

void fiq_swarm_adopt(FiqSwarm* self, const FiqSwarm* old)
{
  assert(self && old && self != old);
  *self = keep_swarm_buffers(self, old);
  fiq_anneal_adopt(&self->anneal, &old->anneal);
  adopt_oscillators(self, old);
  adopt_groups(self, old);
  self->breath.is_on =
      fiq_breath_adopt(&self->breath.noise, &old->breath.noise) && old->breath.is_on;
  cut_work(&self->work, self->anneal.capacity / CHUNK);
  self->step.n_run    = self->step.n_run < self->capacity ? self->step.n_run : self->capacity;
  self->step.n_target = self->step.n_target < self->capacity ? self->step.n_target : self->capacity;
  adopt_sound(self, old);
}
