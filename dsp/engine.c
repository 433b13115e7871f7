// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine.h"

#include "analysis.h"
#include "describe.h"
#include "guard.h"
#include "maths.h"
#include "part.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const float  smoothing_s = 0.02f;
static const float  bypass_s    = 0.01f;
static const float  detour_s    = 0.02f;
static const float  exchange_s  = 0.05f;
static const double recovery_s  = 0.05;
static const double lookahead_s = 0.02;   // what Align may move the track ahead
static const double watch_s     = 0.02;   // what Headroom sees of its output before it leaves
static const float  distrust_s  = 0.018f; // less than that, so that harm is never heard
static const float  trust_s     = 0.05f;
static const double first_s     = 2.0; // what the first lesson needs, and the later ones
static const double later_s     = 6.0;
static const double offline_s   = 60.0;
static const double least_s     = 0.1;
static const float  silence     = 1e-4f;

/// Level of a swarm's voice that sings a partial of amplitude 1 at that amplitude in both channels (measured).
static const float voice_level = 13.2f;

enum {
  DEFAULT_CAPACITY = 4096,
  TELEMETRY_TICKS  = 16, ///< control periods from one telemetry to the next
  STUDY_TICKS      = 4,  ///< control periods from one slice of a lesson to the next
  SPENT_MAX        = 4   ///< replaced parts waiting for their release
};

/// Controls that sound would step with; all others are read as they are.
enum {
  AMOUNT,
  MIX,
  DRIVE,
  ROTATE,
  SHIFT,
  MOTION,
  WIDTH,
  SWARM_LEVEL,
  SWARM_FOLLOW,
  OUTPUT,
  N_SMOOTHED
};

static const size_t smoothed_offset[N_SMOOTHED] = {
    offsetof(FiqEngineParams, amount),       offsetof(FiqEngineParams, mix),
    offsetof(FiqEngineParams, drive),        offsetof(FiqEngineParams, rotate),
    offsetof(FiqEngineParams, shift),        offsetof(FiqEngineParams, motion),
    offsetof(FiqEngineParams, width),        offsetof(FiqEngineParams, swarm_level),
    offsetof(FiqEngineParams, swarm_follow), offsetof(FiqEngineParams, output)};

/// Beats per turn for sync 1..7; the first three count bars.
static const float sync_lengths[] = {0.0f, 4.0f, 2.0f, 1.0f, 2.0f, 1.0f, 0.5f, 0.25f};

_Static_assert((int)FIQ_ENGINE_LEARNED == (int)FIQ_LESSON_FLOATS, "a lesson fits");

struct FiqEngine {
  void*           memory;
  FiqEngineConfig config;
  uint32_t        control_frames;
  uint32_t        position; ///< within the control period
  FiqEngineParams params;
  FiqTempo        tempo;
  FiqPart*        swarm;
  FiqPart*        path;            ///< NULL without realms
  FiqPart*        incoming;        ///< a path that will replace it, or NULL
  bool            incoming_runs;   ///< its first control period has begun
  uint32_t        incoming_frames; ///< until it is filled
  FiqSmoother     exchange;        ///< share of the incoming path
  FiqPart*        spent[SPENT_MAX];
  FiqFftPool      pool; ///< of the analysis
  FiqAnalysis     analysis;
  bool            analysing;
  FiqPart*        learner;       ///< NULL until it is wanted
  FiqLesson       lesson;        ///< learned last
  uint32_t        lesson_id;     ///< counts the lessons
  FiqLesson       playing;       ///< what the realms have
  uint32_t        playing_id;    ///< 0: nothing learned
  bool            is_tuned;      ///< the spectral realm plays `playing` in place of its layer
  bool            is_stale;      ///< the lesson under way is to be dropped
  bool            is_clearing;   ///< learn_clear was on
  float           objective;     ///< of the last control period
  uint32_t        n_lessons;     ///< for this objective
  uint32_t        settle_frames; ///< until what was changed is heard
  FiqWatch        watch;
  FiqSmoother     trust;    ///< share of the realms' output in place of the delayed input
  FiqSmoother     strength; ///< the same of the phases, while something turns
  FiqGuard        guard;
  FiqSmoother     smoothed[N_SMOOTHED];
  FiqSmoother     enabled;
  FiqSmoother     detour;        ///< 1 through the realm; 0 dry, while the input mode changes
  FiqSmoother     mix;           ///< what the path mixes by: mix times detour
  uint32_t        detour_frames; ///< still to stay dry
  FiqInputMode    mode;
  bool            with_q;   ///< the realms make their output analytic, for rotation and shift
  uint32_t        q_frames; ///< until Q is whole; rotation and shift wait for it
  FiqEngineMeters meters;
  FiqTelemetryBox telemetry;
  FiqTelemetry    draft;   ///< of the telemetry; too large for the stack
  uint64_t        n_ticks; ///< control periods since reset
  uint64_t        seed;
  float*          in[FIQ_CHANNELS]; ///< [FIQ_CONTROL_MAX], as all of these
  float*          side[FIQ_CHANNELS];
  float*          sung[FIQ_CHANNELS]; ///< the swarm
  float*          wet[FIQ_CHANNELS];
  float*          dry[FIQ_CHANNELS];
};

static void take_planes(float* planes[FIQ_CHANNELS], FiqArena* arena)
{
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    planes[channel] = fiq_arena_take(arena, FIQ_CONTROL_MAX, sizeof(float));
  }
}

static FiqStatus init_buffers(FiqEngine* self, FiqArena* arena)
{
  const FiqAnalysisConfig analysis = {self->config.sample_rate_hz, self->control_frames, 0};
  FiqStatus               status   = fiq_telemetry_init(&self->telemetry, arena);
  const FiqStatus hearing = fiq_analysis_init(&self->analysis, arena, &self->pool, &analysis);
  status                  = status == FIQ_OK ? hearing : status;
  take_planes(self->in, arena);
  take_planes(self->side, arena);
  take_planes(self->sung, arena);
  take_planes(self->wet, arena);
  take_planes(self->dry, arena);
  return status == FIQ_OK ? fiq_arena_status(arena) : status;
}

/// The smoothers are started here, once their period is known.
static void init_smoothers(FiqEngine* self)
{
  const double rate     = self->config.sample_rate_hz;
  const float  period_s = (float)(self->control_frames / rate);
  for (uint32_t i = 0; i < N_SMOOTHED; ++i) {
    fiq_smoother_init(&self->smoothed[i], smoothing_s, period_s);
  }
  fiq_smoother_init(&self->enabled, 0.0f, period_s);
  fiq_smoother_init(&self->detour, 0.0f, period_s);
  fiq_smoother_init(&self->mix, 0.0f, period_s);
  fiq_smoother_init(&self->exchange, 0.0f, period_s);
  fiq_smoother_init(&self->trust, 0.0f, period_s);
  fiq_smoother_init(&self->strength, 0.0f, period_s);
  fiq_guard_init(&self->guard, rate, recovery_s);
}

static bool init_engine(FiqEngine* self, const FiqEngineConfig* config)
{
  const FiqPartOrder swarm = {
      .kind = FIQ_PART_SWARM, .capacity = DEFAULT_CAPACITY, .step_frames = FIQ_STEP_FRAMES};
  const FiqPartOrder path = {.kind = FIQ_PART_PATH, .window_frames = 2048, .n_bands = 24};
  self->config            = *config;
  self->control_frames    = fiq_part_control_frames(config->sample_rate_hz);
  self->tempo             = (FiqTempo){120.0, 4.0};
  self->swarm             = fiq_part_new(config, &swarm);
  self->path              = config->with_realms ? fiq_part_new(config, &path) : NULL;
  if (!self->swarm || (config->with_realms && !self->path)) {
    return false;
  }
  fiq_fft_pool_init(&self->pool);
  FiqArena arena;
  fiq_arena_init(&arena, NULL, 0);
  (void)init_buffers(self, &arena);
  const size_t size_bytes = arena.used_bytes;
  self->memory            = fiq_part_memory(size_bytes);
  fiq_arena_init(&arena, self->memory, size_bytes);
  if (!self->memory || init_buffers(self, &arena) != FIQ_OK) {
    return false;
  }
  init_smoothers(self);
  fiq_engine_reseed(self, config->seed);
  return true;
}

FiqEngine* fiq_engine_new(const FiqEngineConfig* config)
{
  assert(config);
  const double rate = config->sample_rate_hz;
  if (!(rate >= FIQ_SAMPLE_RATE_MIN_HZ && rate <= FIQ_SAMPLE_RATE_MAX_HZ)) {
    return NULL;
  }
  FiqEngine* const self = calloc(1, sizeof(FiqEngine));
  if (self && !init_engine(self, config)) {
    fiq_engine_free(self);
    return NULL;
  }
  return self;
}

void fiq_engine_free(FiqEngine* self)
{
  if (self) {
    for (uint32_t i = 0; i < SPENT_MAX; ++i) {
      fiq_part_free(self->spent[i]);
    }
    fiq_part_free(self->learner);
    fiq_part_free(self->incoming);
    fiq_part_free(self->path);
    fiq_part_free(self->swarm);
    fiq_fft_pool_free(&self->pool);
    free(self->memory);
    free(self);
  }
}

/// The spectral realm is to play what it learns.
static bool is_learning(const FiqEngine* self)
{
  return self->path && self->params.objective > 0.5f &&
         (FiqRealm)self->params.realm == FIQ_REALM_SPECTRAL;
}

/// What it has for that: the number of the lesson, or 0.
static uint32_t fitting_lesson(const FiqEngine* self)
{
  const bool fits = self->lesson.is_known &&
                    (float)self->lesson.learned.objective + 1.0f == self->params.objective;
  return fits && is_learning(self) ? self->lesson_id : 0;
}

static void play_lesson(FiqEngine* self, uint32_t id)
{
  static const FiqLesson none = {.is_known = false};
  self->playing               = id ? self->lesson : none;
  self->playing_id            = id;
  if (self->path) {
    fiq_realms_set_lesson(&self->path->path.realms, &self->playing);
  }
  if (self->incoming) {
    fiq_realms_set_lesson(&self->incoming->path.realms, &self->playing);
  }
}

/// Start from silence with what fits.
static void restart_lesson(FiqEngine* self)
{
  play_lesson(self, fitting_lesson(self));
  self->is_tuned      = is_learning(self);
  self->settle_frames = 0;
  fiq_watch_reset(&self->watch, self->playing.is_known ? self->playing.peak : 0.0f);
  fiq_smoother_reset(&self->trust, 1.0f);
  fiq_smoother_reset(&self->strength, 1.0f);
}

static float param_at(const FiqEngineParams* params, size_t offset)
{
  return *(const float*)(const void*)((const char*)params + offset);
}

static void keep_spent(FiqEngine* self, FiqPart* part)
{
  for (uint32_t i = 0; i < SPENT_MAX; ++i) {
    if (!self->spent[i]) {
      self->spent[i] = part;
      return;
    }
  }
  assert(false); // fiq_engine_wants() orders nothing while a place is taken
}

static void finish_exchange(FiqEngine* self)
{
  keep_spent(self, self->path);
  self->path     = self->incoming;
  self->incoming = NULL;
  fiq_smoother_reset(&self->exchange, 0.0f);
  self->meters.latency = (float)fiq_engine_latency_frames(self);
}

static void reset_sound(FiqEngine* self)
{
  if (self->path) {
    fiq_path_reset(&self->path->path, (FiqRealm)self->params.realm);
  }
  if (self->incoming) {
    fiq_path_reset(&self->incoming->path, (FiqRealm)self->params.realm);
  }
  fiq_swarm_reset(&self->swarm->swarm, self->seed);
  fiq_analysis_reset(&self->analysis);
  self->position = 0;
}

void fiq_engine_reset(FiqEngine* self, const FiqEngineParams* params)
{
  assert(self && params);
  self->params = *params;
  if (self->incoming) {
    finish_exchange(self);
  }
  reset_sound(self);
  fiq_guard_reset(&self->guard);
  for (uint32_t i = 0; i < N_SMOOTHED; ++i) {
    fiq_smoother_reset(&self->smoothed[i], param_at(params, smoothed_offset[i]));
  }
  fiq_smoother_reset(&self->enabled, params->enabled);
  fiq_smoother_reset(&self->detour, 1.0f);
  fiq_smoother_reset(&self->mix, params->mix);
  self->detour_frames = 0;
  self->with_q        = fabsf(params->rotate) + fabsf(params->shift) > 0.0f;
  self->q_frames      = 0;
  self->mode          = (FiqInputMode)params->input_mode;
  self->n_ticks       = 0;
  self->is_clearing   = params->learn_clear > 0.5f;
  self->objective     = params->objective;
  restart_lesson(self);
  if (self->learner) {
    fiq_learning_rewind(&self->learner->learning);
  }
  self->meters =
      (FiqEngineMeters){.latency = (float)fiq_engine_latency_frames(self), .imbalance = 1.0f};
}

/// Beats of a sync choice, or 0 for free.
static float sync_beats(const FiqEngine* self, float choice)
{
  const uint32_t i = (uint32_t)choice;
  return sync_lengths[i] * (i >= 1 && i <= 3 ? (float)self->tempo.beats_per_bar : 1.0f);
}

static void ramp(FiqSmoother* smoother, float target, float step)
{
  const float from = smoother->end;
  fiq_smoother_tick(smoother,
                    target > from ? fminf(target, from + step) : fmaxf(target, from - step));
}

static uint32_t count_down(uint32_t frames, uint32_t passed)
{
  return frames - (frames < passed ? frames : passed);
}

/// A new input mode is taken behind the dry signal, once nothing of the old one is left in the realms.
static void control_mode(FiqEngine* self, float period_s)
{
  const FiqInputMode wanted = (FiqInputMode)self->params.input_mode;
  const bool         leave  = wanted != self->mode;
  if (leave && self->detour.end <= 0.0f) {
    self->mode          = wanted;
    self->detour_frames = 2 * fiq_engine_latency_frames(self);
  }
  const bool stay     = self->detour_frames > 0;
  self->detour_frames = count_down(self->detour_frames, self->control_frames);
  ramp(&self->detour, leave || stay ? 0.0f : 1.0f, period_s / detour_s);
}

static float magnitude_of(const FiqSmoother* smoother)
{
  return fabsf(smoother->start) + fabsf(smoother->end);
}

/// Q costs as much as I, so it is made only while something turns; it must be whole before that begins.
static void control_quadrature(FiqEngine* self)
{
  const bool wanted = fabsf(self->params.rotate) + fabsf(self->params.shift) > 0.0f;
  const bool turns =
      magnitude_of(&self->smoothed[ROTATE]) + magnitude_of(&self->smoothed[SHIFT]) > 0.0f;
  const bool was = self->with_q;
  self->with_q   = wanted || turns;
  if (self->with_q && !was) {
    self->q_frames = 2 * fiq_engine_latency_frames(self);
  }
  self->q_frames = count_down(self->q_frames, self->control_frames);
}

static void tick_smoothers(FiqEngine* self)
{
  for (uint32_t i = 0; i < N_SMOOTHED; ++i) {
    const bool waits = (i == ROTATE || i == SHIFT) && self->q_frames > 0;
    fiq_smoother_tick(&self->smoothed[i],
                      waits ? 0.0f : param_at(&self->params, smoothed_offset[i]));
  }
  self->mix.start = self->mix.end;
  self->mix.end   = self->smoothed[MIX].end * self->detour.end;
}

static FiqRealmsParams realms_params(const FiqEngine* self)
{
  const FiqEngineParams* const p     = &self->params;
  const float                  beats = sync_beats(self, p->sync);
  const float rate_hz = beats > 0.0f ? (float)self->tempo.bpm / (60.0f * beats) : p->core_rate;
  return (FiqRealmsParams){.realm        = (FiqRealm)p->realm,
                           .amount       = self->smoothed[AMOUNT].end,
                           .drive        = self->smoothed[DRIVE].end,
                           .coordination = p->coordination,
                           .motion_rad   = self->smoothed[MOTION].end,
                           .stereo_rad   = FIQ_PI_F * self->smoothed[WIDTH].end,
                           .coupling     = p->coupling,
                           .speed        = p->speed,
                           // A tempo is a tempo: the core's own speed must not scale it.
                           .centre_rad_s =
                               FIQ_TWO_PI_F * rate_hz / (beats > 0.0f ? p->speed : 1.0f),
                           .spread_rad_s = FIQ_TWO_PI_F * p->core_spread,
                           .coherence    = p->coherence,
                           .match_rate   = p->match,
                           .match_hold   = p->match_hold > 0.5f,
                           .learned      = self->is_tuned};
}

/// Whether the change needs a way through the dry signal: a delay or a polarity cannot be faded.
static bool is_move(const FiqLesson* from, const FiqLesson* to, double rate)
{
  const bool a = from->is_known && from->learned.is_inverted;
  const bool b = to->is_known && to->learned.is_inverted;
  return a != b || fiq_lesson_delay_frames(from, rate) != fiq_lesson_delay_frames(to, rate);
}

static void change_lesson(FiqEngine* self)
{
  const FiqLesson none   = {.is_known = false};
  const uint32_t  wanted = fitting_lesson(self);
  if (wanted != self->playing_id) {
    const bool moves =
        is_move(&self->playing, wanted ? &self->lesson : &none, self->config.sample_rate_hz);
    if (moves && self->trust.end > 0.0f) {
      return;
    }
    if (moves || self->watch.harms) {
      self->settle_frames = 2 * fiq_engine_latency_frames(self);
    }
    play_lesson(self, wanted);
    fiq_watch_reset(&self->watch, self->playing.is_known ? self->playing.peak : 0.0f);
  }
  self->is_tuned = is_learning(self) || self->playing_id;
}

static void control_trust(FiqEngine* self, float period_s)
{
  FiqSeen seen = self->path->path.seen;
  if (self->settle_frames > 0) {
    seen.peak_wet   = 0.0f;
    seen.energy_wet = seen.energy_dry;
  }
  if (self->playing_id) {
    fiq_watch_step(&self->watch, self->playing.learned.objective, &seen, period_s);
  }
  const bool harms   = self->playing_id && self->watch.harms;
  const bool pending = fitting_lesson(self) != self->playing_id; // waits for silence of the realms
  const bool hidden  = pending || self->settle_frames > 0 || (harms && !self->with_q);
  ramp(&self->trust, hidden ? 0.0f : 1.0f, period_s / (hidden ? distrust_s : trust_s));
  // The delayed input is not turned; so the phases must go while rotation or shift are heard.
  ramp(&self->strength, harms && self->with_q ? 0.0f : 1.0f, period_s / trust_s);
  self->settle_frames = count_down(self->settle_frames, self->control_frames);
}

static void forget_lessons(FiqEngine* self, bool also_learned)
{
  self->is_stale  = true;
  self->n_lessons = 0;
  if (self->learner) {
    fiq_learning_rewind(&self->learner->learning);
  }
  if (also_learned) {
    self->lesson.is_known = false;
  }
}

/// Without a worker lessons go on in here, a slice at a time.
static void study(FiqEngine* self)
{
  const bool offline = self->params.freewheel > 0.5f;
  if (self->config.with_worker || !self->learner) {
    return;
  }
  FiqLearning* const learning = &self->learner->learning;
  if (!learning->is_taken) {
    (void)fiq_engine_lesson(self, &self->params);
  } else if (offline || self->n_ticks % STUDY_TICKS == 0) {
    bool goes_on = fiq_learning_step(learning);
    while (goes_on && offline) {
      goes_on = fiq_learning_step(learning);
    }
    if (!goes_on) {
      fiq_engine_learned(self);
    }
  }
}

static void control_learning(FiqEngine* self, float period_s)
{
  const FiqEngineParams* const p     = &self->params;
  const bool                   clear = p->learn_clear > 0.5f;
  if (clear && !self->is_clearing) {
    forget_lessons(self, true);
  }
  if (fabsf(p->objective - self->objective) > 0.5f) {
    forget_lessons(self, false);
  }
  self->is_clearing = clear;
  self->objective   = p->objective;
  // Offline what was recorded is learned from when `learn` goes off.
  if (self->learner && p->learn < 0.5f && p->freewheel < 0.5f) {
    fiq_learning_rewind(&self->learner->learning);
  }
  study(self);
  change_lesson(self);
  control_trust(self, period_s);
}

static void control_paths(FiqEngine* self)
{
  FiqPathParams params = {.realms     = realms_params(self),
                          .trust      = &self->trust,
                          .watching   = self->playing_id != 0,
                          .with_side  = self->playing.learned.objective == FIQ_LEARN_ALIGN,
                          .input_mode = self->mode,
                          .with_q     = self->with_q,
                          .shift_hz   = self->smoothed[SHIFT].end,
                          .rotate     = &self->smoothed[ROTATE],
                          .mix        = &self->mix,
                          .level      = &self->smoothed[SWARM_LEVEL],
                          .follow     = &self->smoothed[SWARM_FOLLOW]};
  params.realms.amount *= self->strength.end;
  fiq_path_control(&self->path->path, &params);
  if (self->incoming) {
    fiq_path_control(&self->incoming->path, &params);
    self->incoming_runs = true;
  }
}

/// Fade to the incoming path once it is filled, then let it take the place of the old one.
static void control_exchange(FiqEngine* self, float period_s)
{
  if (!self->incoming) {
    return;
  }
  if (self->exchange.end >= 1.0f) {
    finish_exchange(self);
    return;
  }
  self->incoming_frames = count_down(self->incoming_frames, self->control_frames);
  ramp(&self->exchange, self->incoming_frames > 0 ? 0.0f : 1.0f, period_s / exchange_s);
}

static void control_play(FiqEngine* self)
{
  static const int32_t         limits[] = {3, 5, 7, 11, 13};
  const FiqEngineParams* const p        = &self->params;
  const FiqNotesPlay           play     = {.mode                     = (int32_t)p->mode,
                                           .glide_s                  = p->glide,
                                           .velocity_level           = p->velocity_level,
                                           .velocity_mass            = p->velocity_mass,
                                           .pressure_level           = p->pressure_level,
                                           .pressure_brightness      = p->pressure_bright,
                                           .mpe_bend_range_semitones = p->mpe_bend,
                                           .just_amount              = p->just,
                                           .prime_limit              = limits[(uint32_t)p->prime_limit],
                                           .just                     = p->just > 0.0f};
  fiq_notes_set_play(&self->swarm->swarm.notes, &play);
}

/// Hand what the analysis hears to the swarm, or nothing when it is not asked for.
static void control_voices(FiqEngine* self)
{
  const FiqEngineParams* const p      = &self->params;
  FiqAnalysisParams            params = fiq_analysis_default_params();
  FiqSwarmVoice                sung[FIQ_SWARM_VOICES_MAX];
  uint32_t                     n    = 0;
  const bool                   runs = p->source > 0.5f;
  if (runs && !self->analysing) {
    fiq_analysis_reset(&self->analysis);
  }
  self->analysing     = runs;
  params.max_carriers = p->voices;
  params.threshold_db = p->threshold;
  if (runs) {
    fiq_analysis_control(&self->analysis, &params);
    const FiqAnalysisVoice* const heard = fiq_analysis_voices(&self->analysis, &n);
    n                                   = n < FIQ_SWARM_VOICES_MAX ? n : FIQ_SWARM_VOICES_MAX;
    for (uint32_t i = 0; i < n; ++i) {
      sung[i] =
          (FiqSwarmVoice){heard[i].id, heard[i].hz, heard[i].mass, voice_level * heard[i].level};
    }
  }
  fiq_swarm_set_voices(&self->swarm->swarm, sung, n);
}

static void control_swarm(FiqEngine* self)
{
  const FiqEngineParams* const p     = &self->params;
  const float                  beats = sync_beats(self, p->anneal_sync);
  const float                  wheel = fiq_notes_wheel(&self->swarm->swarm.notes, 0);
  const FiqSwarmParams         swarm = {
              .n_osc        = p->oscillators,
              .anneal_s     = beats > 0.0f ? 60.0f * beats / (float)self->tempo.bpm : p->anneal,
              .balance      = p->balance,
              .noise_hz     = p->noise,
              .strength     = p->strength,
              .sharpness    = p->sharpness,
              .metric       = p->metric,
              .spread_cents = fminf(100.0f, p->detune + wheel * p->wheel_detune),
              .coupling     = p->coupling * p->speed,
              // What is heard has its own partials; harmonics upon them would be another sound.
              .partials             = p->source > 0.5f && p->source < 1.5f ? 1.0f : p->partials,
              .tilt_db_per_octave   = p->tilt,
              .width                = p->stereo,
              .attack_s             = p->attack,
              .decay_s              = p->decay,
              .sustain              = p->sustain,
              .release_s            = p->release,
              .bend_range_semitones = p->bend_range,
              .scatter_octaves      = p->scatter,
              .level                = 1.0f,
              .chord                = p->chord,
              .root_note            = p->root_note,
              .odd_even             = p->odd_even,
              .stretch              = p->stretch,
              .motion_hz            = p->stereo_rate,
              .motion_depth         = p->stereo_motion,
              .sharpness_mode       = p->sharpness_mode,
              .temperature          = p->temperature,
              .anneal_curve         = p->anneal_curve};
  control_play(self);
  control_voices(self);
  fiq_swarm_control(&self->swarm->swarm, &swarm);
}

static uint32_t n_sounding(const FiqNotes* notes)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < FIQ_NOTES_MAX; ++i) {
    n += notes->note[i].stage != FIQ_NOTE_IDLE;
  }
  return n;
}

static void update_meters(FiqEngine* self)
{
  const FiqSwarm* const  swarm  = &self->swarm->swarm;
  FiqEngineMeters* const meters = &self->meters;
  meters->order                 = swarm->order;
  meters->imbalance             = swarm->carriers.imbalance;
  meters->carriers              = (float)n_sounding(&swarm->notes);
  if (self->n_ticks % TELEMETRY_TICKS == 0) {
    meters->residual =
        fiq_swarm_residual_hz(swarm); // an exponential a carrier, too dear for every period
  }
  if (self->path) {
    const FiqRealms* const realms = &self->path->path.realms;
    meters->order                 = realms->core.order;
    meters->coordinated           = realms->coordination_score;
    meters->spectral_share        = fiq_realms_spectral_share(realms);
    meters->learn_progress = self->learner ? fiq_learning_progress(&self->learner->learning) : 0.0f;
    meters->learn_gain     = self->lesson.is_known ? self->lesson.learned.gain_db : 0.0f;
    meters->learn_active   = self->playing_id ? self->trust.end * self->strength.end : 0.0f;
    meters->match_error    = fiq_gain_to_db(fiq_realm_temporal_error(&realms->temporal[0]));
  }
}

static void publish_telemetry(FiqEngine* self)
{
  FiqTelemetry* const draft = &self->draft;
  draft->frame              = self->n_ticks * self->control_frames;
  draft->guard_resets       = self->guard.n_faults;
  if (self->path) {
    fiq_describe_realms(draft, &self->path->path.realms, self->params.coupling,
                        FIQ_TWO_PI_F * self->params.core_spread);
  }
  fiq_describe_swarm(draft, &self->swarm->swarm);
  fiq_telemetry_publish(&self->telemetry, draft);
}

static void control_tick(FiqEngine* self)
{
  const float period_s = (float)(self->control_frames / self->config.sample_rate_hz);
  control_quadrature(self);
  if (self->path) {
    control_mode(self, period_s);
  }
  tick_smoothers(self);
  ramp(&self->enabled, self->params.enabled, period_s / bypass_s);
  if (self->path) {
    control_exchange(self, period_s);
    control_learning(self, period_s);
    control_paths(self);
  }
  control_swarm(self);
  update_meters(self);
  if (self->n_ticks % TELEMETRY_TICKS == 0) {
    publish_telemetry(self);
  }
  ++self->n_ticks;
}

/// How far frame `i` of this segment is through the control period, 0..1.
static float at(const FiqEngine* self, uint32_t i)
{
  return (float)(self->position + i) / (float)self->control_frames;
}

static void copy_planes(float* const* to, float* const* from, uint32_t n_frames)
{
  memcpy(to[0], from[0], n_frames * sizeof(float));
  memcpy(to[1], from[1], n_frames * sizeof(float));
}

static void fade_planes(const FiqEngine* self, float* const* to, float* const* from,
                        uint32_t n_frames)
{
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    for (uint32_t i = 0; i < n_frames; ++i) {
      to[channel][i] =
          fiq_mix(to[channel][i], from[channel][i], fiq_smoother_at(&self->exchange, at(self, i)));
    }
  }
}

static void process_path(FiqEngine* self, FiqPath* path, uint32_t n_frames)
{
  fiq_path_process(path, (const float* const*)self->in, (const float* const*)self->side,
                   (const float* const*)self->sung, n_frames);
}

static void process_effect(FiqEngine* self, uint32_t n_frames)
{
  if (self->learner && self->params.objective > 0.5f && self->params.learn > 0.5f) {
    fiq_learning_record(&self->learner->learning, (const float* const*)self->in,
                        (const float* const*)self->side, n_frames);
  }
  FiqPath* const path = &self->path->path;
  process_path(self, path, n_frames);
  copy_planes(self->wet, path->wet, n_frames);
  copy_planes(self->dry, path->dry, n_frames);
  if (self->incoming && self->incoming_runs) {
    FiqPath* const incoming = &self->incoming->path;
    process_path(self, incoming, n_frames);
    fade_planes(self, self->wet, incoming->wet, n_frames);
    fade_planes(self, self->dry, incoming->dry, n_frames);
  }
}

static void process_instrument(FiqEngine* self, uint32_t n_frames)
{
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    for (uint32_t i = 0; i < n_frames; ++i) {
      self->wet[channel][i] =
          self->sung[channel][i] * fiq_smoother_at(&self->smoothed[SWARM_LEVEL], at(self, i));
      self->dry[channel][i] = 0.0f;
    }
  }
}

/// The way out: guard, output level, bypass. A fault restarts the modules, and with them the control clock.
static void leave(FiqEngine* self, float* const* out, uint32_t n_frames)
{
  const bool sane = fiq_guard_leave(&self->guard, self->wet, n_frames);
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    for (uint32_t i = 0; i < n_frames; ++i) {
      const float share = at(self, i);
      const float wet   = self->wet[channel][i] * fiq_smoother_at(&self->smoothed[OUTPUT], share);
      out[channel][i] = fiq_mix(self->dry[channel][i], wet, fiq_smoother_at(&self->enabled, share));
    }
  }
  self->position = (self->position + n_frames) % self->control_frames;
  if (!sane) {
    reset_sound(self);
  }
}

static void process_segment(FiqEngine* self, const float* const* in, const float* const* side,
                            float* const* out, uint32_t n_frames)
{
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    fiq_guard_enter(in[channel], self->in[channel], n_frames);
    fiq_guard_enter(side[channel], self->side[channel], n_frames);
  }
  if (self->analysing) {
    fiq_analysis_process(&self->analysis, (const float* const*)self->in, n_frames);
  }
  fiq_swarm_process(&self->swarm->swarm, self->sung, n_frames);
  if (self->path) {
    process_effect(self, n_frames);
  } else {
    process_instrument(self, n_frames);
  }
  leave(self, out, n_frames);
}

void fiq_engine_process(FiqEngine* self, const FiqEngineParams* params, const float* const* in,
                        const float* const* side, float* const* out, uint32_t n_frames)
{
  assert(self && params && out);
  self->params = *params;
  for (uint32_t done = 0; done < n_frames;) {
    if (self->position == 0) {
      control_tick(self);
    }
    const uint32_t left        = self->control_frames - self->position;
    const uint32_t now         = n_frames - done < left ? n_frames - done : left;
    const float*   in_now[2]   = {NULL, NULL};
    const float*   side_now[2] = {NULL, NULL};
    float* const   out_now[2]  = {out[0] + done, out[1] + done};
    for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
      in_now[channel]   = in && in[channel] ? in[channel] + done : NULL;
      side_now[channel] = side && side[channel] ? side[channel] + done : NULL;
    }
    process_segment(self, in_now, side_now, out_now, now);
    done += now;
  }
}

void fiq_engine_midi(FiqEngine* self, const uint8_t* message, uint32_t size_bytes)
{
  fiq_swarm_midi(&self->swarm->swarm, message, size_bytes, 0);
}

void fiq_engine_set_tuning(FiqEngine* self, const FiqTuning* tuning)
{
  fiq_notes_set_tuning(&self->swarm->swarm.notes, tuning);
}

void fiq_engine_tempo(FiqEngine* self, const FiqTempo* tempo)
{
  if (tempo->bpm >= 1.0 && tempo->bpm <= 10000.0) {
    self->tempo.bpm = tempo->bpm;
  }
  if (tempo->beats_per_bar >= 1.0 && tempo->beats_per_bar <= 128.0) {
    self->tempo.beats_per_bar = tempo->beats_per_bar;
  }
}

uint32_t fiq_engine_latency_frames(const FiqEngine* self)
{
  return self->path ? self->path->path.latency_frames
                    : fiq_swarm_latency_frames(&self->swarm->swarm);
}

const FiqEngineMeters* fiq_engine_meters(const FiqEngine* self)
{
  return &self->meters;
}

bool fiq_engine_telemetry(FiqEngine* self, FiqTelemetry* telemetry)
{
  return fiq_telemetry_read(&self->telemetry, telemetry);
}

void fiq_engine_state(const FiqEngine* self, FiqEngineState* state)
{
  memset(state, 0, sizeof(*state));
  state->seed = self->seed;
  for (uint32_t realm = 0; self->path && realm < FIQ_N_REALMS; ++realm) {
    const FiqPhaseLayer* const layer = &self->path->path.realms.layer[realm];
    memcpy(state->phase_rad[realm], layer->phi_rad, layer->n_neurons * sizeof(float));
  }
  if (self->path) {
    (void)fiq_realms_match(&self->path->path.realms, state->match);
  }
  fiq_lesson_pack(&self->lesson, state->learned);
}

void fiq_engine_reseed(FiqEngine* self, uint64_t seed)
{
  self->seed = seed;
  if (self->path) {
    fiq_realms_reseed(&self->path->path.realms, seed);
  }
  if (self->incoming) {
    fiq_realms_reseed(&self->incoming->path.realms, seed);
  }
  reset_sound(self);
}

static void place_phases(FiqRealms* realms, const FiqEngineState* state)
{
  for (uint32_t realm = 0; realm < FIQ_N_REALMS; ++realm) {
    FiqPhaseLayer* const layer = &realms->layer[realm];
    bool                 legal = true;
    for (uint32_t i = 0; i < layer->n_neurons; ++i) {
      legal &= fabsf(state->phase_rad[realm][i]) <= 1000.0f;
    }
    if (legal) {
      fiq_phase_layer_set_phases(layer, state->phase_rad[realm]);
    }
  }
  bool legal = true;
  for (uint32_t i = 0; i < FIQ_ENGINE_MATCH; ++i) {
    legal &= isfinite(state->match[i]);
  }
  fiq_realms_set_match(realms, legal ? state->match : NULL);
}

void fiq_engine_set_state(FiqEngine* self, const FiqEngineState* state)
{
  fiq_engine_reseed(self, state->seed);
  if (self->path) {
    place_phases(&self->path->path.realms, state);
  }
  if (self->incoming) {
    place_phases(&self->incoming->path.realms, state);
  }
  forget_lessons(self, true);
  fiq_lesson_unpack(&self->lesson, state->learned);
  ++self->lesson_id;
  restart_lesson(self);
}

static bool wants_swarm(const FiqEngine* self, const FiqEngineParams* params, FiqPartOrder* order)
{
  static const uint32_t     steps[] = {64, 256, 1024};
  const FiqPartOrder* const now     = &self->swarm->order;
  // Grow by doubling, so that a knob on its way up does not rebuild the swarm at every step.
  const uint32_t wanted = fiq_next_power_of_two((uint32_t)params->oscillators);
  *order                = (FiqPartOrder){.kind     = FIQ_PART_SWARM,
                                         .capacity = wanted > now->capacity ? wanted : now->capacity,
                                         .step_frames =
                              self->path ? FIQ_STEP_FRAMES : steps[(uint32_t)params->quality]};
  return order->capacity > now->capacity || order->step_frames != now->step_frames;
}

static bool wants_path(const FiqEngine* self, const FiqEngineParams* params, FiqPartOrder* order)
{
  if (!self->path || self->incoming) {
    return false;
  }
  const FiqPartOrder* const now  = &self->path->order;
  const double              rate = self->config.sample_rate_hz;
  const int                 aim  = (int)params->objective - 1;
  // Harm is known a control period late, and the way back begins with the next.
  const uint32_t watch = (uint32_t)(watch_s * rate) + 2 * self->control_frames;
  *order               = (FiqPartOrder){.kind          = FIQ_PART_PATH,
                                        .window_frames = 256u << (uint32_t)params->window,
                                        .n_bands       = (uint32_t)params->bands,
                                        .lookahead_frames =
                              aim == FIQ_LEARN_ALIGN ? (uint32_t)(lookahead_s * rate + 1.0) : 0,
                                        .watch_frames = aim == FIQ_LEARN_HEADROOM ? watch : 0};
  return order->window_frames != now->window_frames || order->n_bands != now->n_bands ||
         order->lookahead_frames != now->lookahead_frames ||
         order->watch_frames != now->watch_frames;
}

static bool wants_learner(const FiqEngine* self, const FiqEngineParams* params, FiqPartOrder* order)
{
  const bool offline = params->freewheel > 0.5f;
  *order             = (FiqPartOrder){.kind          = FIQ_PART_LEARNER,
                                      .window_frames = 256u << (uint32_t)params->window,
                                      .n_bands       = (uint32_t)params->bands,
                                      .segment_s     = offline ? offline_s : later_s,
                                      .is_single     = offline};
  if (!self->path || params->objective < 0.5f || params->learn < 0.5f) {
    return false;
  }
  const FiqPart* const now = self->learner;
  return !now || (!now->learning.is_taken && (order->window_frames != now->order.window_frames ||
                                              order->n_bands != now->order.n_bands ||
                                              order->is_single != now->order.is_single));
}

bool fiq_engine_wants(const FiqEngine* self, const FiqEngineParams* params, FiqPartOrder* order)
{
  for (uint32_t i = 0; i < SPENT_MAX; ++i) {
    if (self->spent[i]) {
      return false;
    }
  }
  return wants_swarm(self, params, order) || wants_path(self, params, order) ||
         wants_learner(self, params, order);
}

void fiq_engine_install(FiqEngine* self, FiqPart* part)
{
  assert(self && part);
  if (part->order.kind == FIQ_PART_SWARM) {
    fiq_swarm_adopt(&part->swarm, &self->swarm->swarm);
    keep_spent(self, self->swarm);
    self->swarm          = part;
    self->meters.latency = (float)fiq_engine_latency_frames(self);
    return;
  }
  if (part->order.kind == FIQ_PART_LEARNER) {
    if (self->learner) {
      keep_spent(self, self->learner);
    }
    self->learner = part;
    return;
  }
  assert(self->path && !self->incoming);
  fiq_realms_set_lesson(&part->path.realms, &self->playing);
  fiq_path_adopt(&part->path, &self->path->path);
  self->incoming      = part;
  self->incoming_runs = false; // it begins with the next control period
  // Windows, delays and filters are full after twice the latency.
  self->incoming_frames = 2 * part->path.latency_frames;
  fiq_smoother_reset(&self->exchange, 0.0f);
}

FiqPart* fiq_engine_lesson(FiqEngine* self, const FiqEngineParams* params)
{
  FiqPart* const part = self->learner;
  if (!part || part->learning.is_taken || params->objective < 0.5f ||
      fabsf(params->objective - self->objective) > 0.5f) {
    return NULL;
  }
  FiqLearning* const learning = &part->learning;
  const bool         offline  = params->freewheel > 0.5f;
  const double needed_s = offline ? part->order.segment_s : self->n_lessons > 0 ? later_s : first_s;
  const bool   is_last  = offline && params->learn < 0.5f;
  const double frames   = floor((is_last ? least_s : needed_s) * self->config.sample_rate_hz);
  if ((double)learning->n_recorded < frames) {
    return NULL;
  }
  if (learning->peak < silence) {
    fiq_learning_rewind(learning);
    return NULL;
  }
  self->is_stale = false;
  fiq_learning_start(learning, (FiqLearnObjective)(params->objective - 1.0f), &self->lesson);
  return part;
}

void fiq_engine_learned(FiqEngine* self)
{
  FiqLesson  outcome;
  const bool is_better = fiq_learning_finish(&self->learner->learning, &outcome);
  if (self->is_stale) {
    return;
  }
  ++self->n_lessons;
  if (is_better) {
    self->lesson = outcome;
    ++self->lesson_id;
  }
}

FiqPart* fiq_engine_spent(FiqEngine* self)
{
  for (uint32_t i = 0; i < SPENT_MAX; ++i) {
    FiqPart* const part = self->spent[i];
    if (part) {
      self->spent[i] = NULL;
      return part;
    }
  }
  return NULL;
}
