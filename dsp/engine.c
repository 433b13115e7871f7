// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine.h"

#include "describe.h"
#include "guard.h"
#include "maths.h"
#include "realms.h"
#include "swarm.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const float smoothing_s = 0.02f;
static const float bypass_s    = 0.01f;
static const float detour_s    = 0.02f;
static const double recovery_s = 0.05;

enum {
  DEFAULT_CAPACITY = 4096,
  TELEMETRY_TICKS  = 16 ///< control periods from one telemetry to the next
};

/// Controls that sound would step with; all others are read as they are.
enum { AMOUNT, MIX, DRIVE, ROTATE, SHIFT, MOTION, WIDTH, SWARM_LEVEL, SWARM_FOLLOW, OUTPUT, N_SMOOTHED };

static const size_t smoothed_offset[N_SMOOTHED] = {
    offsetof(FiqEngineParams, amount),      offsetof(FiqEngineParams, mix),
    offsetof(FiqEngineParams, drive),       offsetof(FiqEngineParams, rotate),
    offsetof(FiqEngineParams, shift),       offsetof(FiqEngineParams, motion),
    offsetof(FiqEngineParams, width),       offsetof(FiqEngineParams, swarm_level),
    offsetof(FiqEngineParams, swarm_follow), offsetof(FiqEngineParams, output)};

/// Turns per beat of the host for sync 1..7; the first three count bars.
static const float sync_lengths[] = {0.0f, 4.0f, 2.0f, 1.0f, 2.0f, 1.0f, 0.5f, 0.25f};

typedef enum { INPUT_STEREO, INPUT_MID_SIDE, INPUT_IQ_PAIR } InputMode;

struct FiqSwarmBox {
  void*      memory;
  FiqFftPool pool;
  FiqSwarm   swarm;
};

struct FiqEngine {
  void*            memory;
  FiqEngineConfig  config;
  FiqFftPool       pool;
  uint32_t         control_frames;
  uint32_t         position; ///< within the control period
  uint32_t         latency_frames;
  FiqEngineParams  params;
  FiqTempo         tempo;
  FiqRealms        realms;
  FiqSwarmBox*     box;
  FiqGuard         guard;
  FiqFieldDelay    dry_delay;
  FiqFieldDelay    side_delay;
  FiqFieldDelay    swarm_delay;
  FiqFieldShift    shift;
  FiqSmoother      smoothed[N_SMOOTHED];
  FiqSmoother      enabled;
  FiqSmoother      detour;        ///< 1 through the realm; 0 dry, while the input mode changes
  uint32_t         detour_frames; ///< still to stay dry
  InputMode        mode;
  bool             with_q;        ///< the realms make their output analytic, for rotation and shift
  uint32_t         q_frames;      ///< until Q is whole; rotation and shift wait for it
  float            envelope;      ///< of the input or sidechain, rms-like
  uint32_t         side_frames;   ///< since the sidechain last sounded; saturates
  FiqEngineMeters  meters;
  FiqTelemetryBox  telemetry;
  FiqTelemetry     draft;         ///< of the telemetry; too large for the stack
  uint64_t         n_ticks;       ///< control periods since reset
  uint64_t         seed;
  float*           dry[FIQ_CHANNELS]; ///< [FIQ_CONTROL_MAX] each, as all planes here
  float*           side[FIQ_CHANNELS];
  float*           wet[FIQ_CHANNELS];
  float*           quadrature[FIQ_CHANNELS];
  float*           swarm[FIQ_CHANNELS];
  float*           gain;
};

static void* aligned_block(size_t size_bytes)
{
  void* block = NULL;
  return posix_memalign(&block, FIQ_ARENA_ALIGN_BYTES, size_bytes) ? NULL : block;
}

/// 32 frames at 44.1 and 48 kHz, the same time at other rates.
static uint32_t control_frames_of(double sample_rate_hz)
{
  uint32_t frames = 32;
  for (double rate = 66150.0; sample_rate_hz > rate && frames < FIQ_CONTROL_MAX; rate *= 2.0) {
    frames *= 2;
  }
  return frames;
}

static FiqSwarmConfig swarm_config(const FiqEngineConfig* config, uint32_t capacity)
{
  return (FiqSwarmConfig){.sample_rate_hz = config->sample_rate_hz,
                          .capacity       = capacity,
                          .step_frames    = 2 * control_frames_of(config->sample_rate_hz),
                          .seed           = config->seed};
}

FiqSwarmBox* fiq_swarm_box_new(const FiqEngineConfig* config, uint32_t capacity)
{
  const FiqSwarmConfig wanted = swarm_config(config, capacity);
  FiqSwarmBox* const   self   = calloc(1, sizeof(FiqSwarmBox));
  if (!self) {
    return NULL;
  }
  fiq_fft_pool_init(&self->pool);
  FiqArena arena;
  fiq_arena_init(&arena, NULL, 0);
  if (fiq_swarm_init(&self->swarm, &arena, &self->pool, &wanted) == FIQ_NO_MEMORY) {
    const size_t size_bytes = arena.used_bytes;
    self->memory            = aligned_block(size_bytes);
    if (self->memory) {
      fiq_arena_init(&arena, self->memory, size_bytes);
      if (fiq_swarm_init(&self->swarm, &arena, &self->pool, &wanted) == FIQ_OK) {
        return self;
      }
    }
  }
  fiq_swarm_box_free(self);
  return NULL;
}

void fiq_swarm_box_free(FiqSwarmBox* self)
{
  if (self) {
    fiq_fft_pool_free(&self->pool);
    free(self->memory);
    free(self);
  }
}

static void take_planes(float* planes[FIQ_CHANNELS], FiqArena* arena)
{
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    planes[channel] = fiq_arena_take(arena, FIQ_CONTROL_MAX, sizeof(float));
  }
}

static FiqStatus init_modules(FiqEngine* self, FiqArena* arena)
{
  const double   rate    = self->config.sample_rate_hz;
  const uint32_t control = self->control_frames;
  const uint32_t swarm   = fiq_swarm_latency_frames(&self->box->swarm);
  FiqStatus      status  = FIQ_OK;
  self->latency_frames   = swarm;
  if (self->config.with_realms) {
    const FiqRealmsConfig realms = {rate, control};
    status = fiq_realms_init(&self->realms, arena, &self->pool, &realms);
    if (fiq_realms_latency_frames(&self->realms) > swarm) {
      self->latency_frames = fiq_realms_latency_frames(&self->realms);
    }
  }
  const uint32_t    latency   = self->latency_frames;
  const FiqStatus   delays[]  = {
      fiq_field_delay_init(&self->dry_delay, arena, latency, control),
      fiq_field_delay_init(&self->side_delay, arena, latency, control),
      fiq_field_delay_init(&self->swarm_delay, arena, latency - swarm, control),
      fiq_field_shift_init(&self->shift, rate, control),
      fiq_telemetry_init(&self->telemetry, arena)};
  for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); ++i) {
    status = status == FIQ_OK ? delays[i] : status;
  }
  take_planes(self->dry, arena);
  take_planes(self->side, arena);
  take_planes(self->wet, arena);
  take_planes(self->quadrature, arena);
  take_planes(self->swarm, arena);
  self->gain = fiq_arena_take(arena, FIQ_CONTROL_MAX, sizeof(float));
  return status == FIQ_OK ? fiq_arena_status(arena) : status;
}

static FiqStatus init_engine(FiqEngine* self, const FiqEngineConfig* config)
{
  self->config         = *config;
  self->seed           = config->seed;
  self->control_frames = control_frames_of(config->sample_rate_hz);
  self->tempo          = (FiqTempo){120.0, 4.0};
  fiq_fft_pool_init(&self->pool);
  self->box = fiq_swarm_box_new(config, DEFAULT_CAPACITY);
  if (!self->box) {
    return FIQ_NO_MEMORY;
  }
  FiqArena arena;
  fiq_arena_init(&arena, NULL, 0);
  FiqStatus status = init_modules(self, &arena);
  if (status != FIQ_NO_MEMORY) {
    return status;
  }
  const size_t size_bytes = arena.used_bytes;
  self->memory            = aligned_block(size_bytes);
  if (!self->memory) {
    return FIQ_NO_MEMORY;
  }
  fiq_arena_init(&arena, self->memory, size_bytes);
  return init_modules(self, &arena);
}

FiqEngine* fiq_engine_new(const FiqEngineConfig* config)
{
  assert(config);
  const double rate = config->sample_rate_hz;
  if (!(rate >= FIQ_SAMPLE_RATE_MIN_HZ && rate <= FIQ_SAMPLE_RATE_MAX_HZ)) {
    return NULL;
  }
  FiqEngine* const self = calloc(1, sizeof(FiqEngine));
  if (self && init_engine(self, config) != FIQ_OK) {
    fiq_engine_free(self);
    return NULL;
  }
  if (self) {
    const float period_s = (float)(self->control_frames / rate);
    for (uint32_t i = 0; i < N_SMOOTHED; ++i) {
      fiq_smoother_init(&self->smoothed[i], smoothing_s, period_s);
    }
    fiq_smoother_init(&self->enabled, 0.0f, period_s);
    fiq_smoother_init(&self->detour, 0.0f, period_s);
    fiq_guard_init(&self->guard, rate, recovery_s);
    fiq_engine_reseed(self, config->seed);
  }
  return self;
}

void fiq_engine_free(FiqEngine* self)
{
  if (self) {
    fiq_swarm_box_free(self->box);
    fiq_fft_pool_free(&self->pool);
    free(self->memory);
    free(self);
  }
}

static float param_at(const FiqEngineParams* params, size_t offset)
{
  return *(const float*)(const void*)((const char*)params + offset);
}

static void reset_sound(FiqEngine* self)
{
  if (self->config.with_realms) {
    fiq_realms_reset(&self->realms, (FiqRealm)self->params.realm);
  }
  fiq_swarm_reset(&self->box->swarm, self->seed);
  fiq_field_delay_reset(&self->swarm_delay);
  fiq_field_shift_reset(&self->shift);
  self->position = 0;
}

void fiq_engine_reset(FiqEngine* self, const FiqEngineParams* params)
{
  assert(self && params);
  self->params = *params;
  reset_sound(self);
  fiq_field_delay_reset(&self->dry_delay);
  fiq_field_delay_reset(&self->side_delay);
  fiq_guard_reset(&self->guard);
  for (uint32_t i = 0; i < N_SMOOTHED; ++i) {
    fiq_smoother_reset(&self->smoothed[i], param_at(params, smoothed_offset[i]));
  }
  fiq_smoother_reset(&self->enabled, params->enabled);
  fiq_smoother_reset(&self->detour, 1.0f);
  self->detour_frames  = 0;
  self->with_q         = fabsf(params->rotate) + fabsf(params->shift) > 0.0f;
  self->q_frames       = 0;
  self->mode           = (InputMode)params->input_mode;
  self->envelope       = 0.0f;
  self->side_frames    = UINT32_MAX;
  self->n_ticks        = 0;
  self->meters         = (FiqEngineMeters){.latency = (float)self->latency_frames, .imbalance = 1.0f};
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
  fiq_smoother_tick(smoother, target > from ? fminf(target, from + step) : fmaxf(target, from - step));
}

/// A new input mode is taken behind the dry signal, once nothing of the old one is left in the realms.
static void control_mode(FiqEngine* self, float period_s)
{
  const InputMode wanted = (InputMode)self->params.input_mode;
  const bool      leave  = wanted != self->mode;
  if (leave && self->detour.end <= 0.0f) {
    self->mode          = wanted;
    self->detour_frames = 2 * self->latency_frames;
  }
  const bool stay = self->detour_frames > 0;
  self->detour_frames -= stay ? (self->detour_frames < self->control_frames ? self->detour_frames : self->control_frames) : 0;
  ramp(&self->detour, leave || stay ? 0.0f : 1.0f, period_s / detour_s);
}

static void control_realms(FiqEngine* self)
{
  const FiqEngineParams* const p     = &self->params;
  const float                  beats = sync_beats(self, p->sync);
  const float rate_hz = beats > 0.0f ? (float)self->tempo.bpm / (60.0f * beats) : p->core_rate;
  const FiqRealmsParams realms = {.realm        = (FiqRealm)p->realm,
                                  .amount       = self->smoothed[AMOUNT].end,
                                  .drive        = self->smoothed[DRIVE].end,
                                  .coordination = p->coordination,
                                  .motion_rad   = self->smoothed[MOTION].end,
                                  .stereo_rad   = FIQ_PI_F * self->smoothed[WIDTH].end,
                                  .coupling     = p->coupling,
                                  .speed        = p->speed,
                                  // A tempo is a tempo: the core's own speed must not scale it.
                                  .centre_rad_s = FIQ_TWO_PI_F * rate_hz / (beats > 0.0f ? p->speed : 1.0f),
                                  .spread_rad_s = FIQ_TWO_PI_F * p->core_spread};
  fiq_realms_control(&self->realms, &realms);
  fiq_field_shift_control(&self->shift, self->smoothed[SHIFT].end);
}

static float magnitude_of(const FiqSmoother* smoother)
{
  return fabsf(smoother->start) + fabsf(smoother->end);
}

/// Q costs as much as I, so it is made only while something turns; it must be whole before that begins.
static void control_quadrature(FiqEngine* self)
{
  const bool wanted = fabsf(self->params.rotate) + fabsf(self->params.shift) > 0.0f;
  const bool turns  = magnitude_of(&self->smoothed[ROTATE]) + magnitude_of(&self->smoothed[SHIFT]) > 0.0f;
  const bool was    = self->with_q;
  self->with_q      = wanted || turns;
  if (self->with_q && !was) {
    self->q_frames = 2 * self->latency_frames;
  }
  self->q_frames -= self->q_frames < self->control_frames ? self->q_frames : self->control_frames;
}

static void tick_smoothers(FiqEngine* self)
{
  for (uint32_t i = 0; i < N_SMOOTHED; ++i) {
    const bool waits = (i == ROTATE || i == SHIFT) && self->q_frames > 0;
    fiq_smoother_tick(&self->smoothed[i], waits ? 0.0f : param_at(&self->params, smoothed_offset[i]));
  }
}

static void control_swarm(FiqEngine* self)
{
  const FiqEngineParams* const p     = &self->params;
  const float                  beats = sync_beats(self, p->anneal_sync);
  const FiqSwarmParams         swarm = {
              .n_osc                = p->oscillators,
              .anneal_s             = beats > 0.0f ? 60.0f * beats / (float)self->tempo.bpm : p->anneal,
              .balance              = p->balance,
              .noise_hz             = p->noise,
              .strength             = p->strength,
              .sharpness            = p->sharpness,
              .metric               = p->metric,
              .spread_cents         = p->detune,
              .coupling             = p->coupling * p->speed,
              .partials             = p->partials,
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
              .root_note            = p->root_note};
  fiq_swarm_control(&self->box->swarm, &swarm);
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
  const FiqSwarm* const  swarm  = &self->box->swarm;
  FiqEngineMeters* const meters = &self->meters;
  meters->order                 = swarm->order;
  meters->residual              = fiq_swarm_residual_hz(swarm);
  meters->imbalance             = swarm->carriers.imbalance;
  meters->carriers              = (float)n_sounding(&swarm->notes);
  if (self->config.with_realms) {
    meters->order          = self->realms.core.order;
    meters->coordinated    = self->realms.coordination_score;
    meters->spectral_share = fiq_realms_spectral_share(&self->realms);
  }
}

static void publish_telemetry(FiqEngine* self)
{
  FiqTelemetry* const draft = &self->draft;
  draft->frame              = self->n_ticks * self->control_frames;
  draft->guard_resets       = self->guard.n_faults;
  if (self->config.with_realms) {
    fiq_describe_realms(draft, &self->realms, self->params.coupling, FIQ_TWO_PI_F * self->params.core_spread);
  }
  fiq_describe_swarm(draft, &self->box->swarm);
  fiq_telemetry_publish(&self->telemetry, draft);
}

static void control_tick(FiqEngine* self)
{
  const float period_s = (float)(self->control_frames / self->config.sample_rate_hz);
  control_quadrature(self);
  tick_smoothers(self);
  ramp(&self->enabled, self->params.enabled, period_s / bypass_s);
  if (self->config.with_realms) {
    control_mode(self, period_s);
    control_realms(self);
    fiq_field_delay_control(&self->dry_delay, self->dry_delay.delay_max_frames);
    fiq_field_delay_control(&self->side_delay, self->side_delay.delay_max_frames);
    fiq_field_delay_control(&self->swarm_delay, self->swarm_delay.delay_max_frames);
  }
  control_swarm(self);
  update_meters(self);
  if (self->n_ticks % TELEMETRY_TICKS == 0) {
    publish_telemetry(self);
  }
  ++self->n_ticks;
}

/// The straight line of a smoothed control through frames position .. position + n_frames.
static const float* gain_line(FiqEngine* self, const FiqSmoother* smoother, uint32_t n_frames)
{
  const float scale = 1.0f / (float)self->control_frames;
  for (uint32_t i = 0; i < n_frames; ++i) {
    self->gain[i] = fiq_smoother_at(smoother, (float)(self->position + i) * scale);
  }
  return self->gain;
}

static void mid_side(float* const* planes, uint32_t n_frames, float scale)
{
  float* const a = planes[0];
  float* const b = planes[1];
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float sum        = (a[i] + b[i]) * scale;
    const float difference = (a[i] - b[i]) * scale;
    a[i]                   = sum;
    b[i]                   = difference;
  }
}

/// Turn z = i + jq by the rotation's line; the real part stays in i.
static void rotate_field(FiqEngine* self, FiqField* z)
{
  fiq_field_shift_process(&self->shift, z);
  const float* const angle = gain_line(self, &self->smoothed[ROTATE], z->n_frames);
  for (uint32_t n = 0; n < z->n_frames; ++n) {
    const float c  = fiq_cos(angle[n]);
    const float s  = fiq_sin(angle[n]);
    const float re = z->i[n] * c - z->q[n] * s;
    const float im = z->i[n] * s + z->q[n] * c;
    z->i[n]        = re;
    z->q[n]        = im;
  }
}

static void turn_phases(FiqEngine* self, uint32_t n_frames)
{
  const double rate = self->config.sample_rate_hz;
  if (self->mode == INPUT_IQ_PAIR) {
    FiqField pair = fiq_field_from_pair(self->wet[0], self->wet[1], rate, n_frames, 0);
    rotate_field(self, &pair);
    return;
  }
  // Both channels are turned alike: the second starts from where the first one started.
  const FiqFieldShift start = self->shift;
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    self->shift = start;
    FiqField z  = {self->wet[channel], self->quadrature[channel], rate, n_frames, FIQ_ROLE_PROCESSED};
    rotate_field(self, &z);
  }
}

static void delay_pair(FiqEngine* self, FiqFieldDelay* line, float* const* planes, uint32_t n_frames)
{
  FiqField pair = fiq_field_from_pair(planes[0], planes[1], self->config.sample_rate_hz, n_frames, 0);
  fiq_field_delay_process(line, &pair);
}

static void process_realms(FiqEngine* self, uint32_t n_frames)
{
  const float half = 0.5f;
  memcpy(self->wet[0], self->dry[0], n_frames * sizeof(float));
  memcpy(self->wet[1], self->dry[1], n_frames * sizeof(float));
  if (self->mode == INPUT_MID_SIDE) {
    mid_side(self->wet, n_frames, half);
  }
  // A recorded pair carries its own quadrature; the planes are two real channels to the realm.
  float* const* const out_q = self->with_q && self->mode != INPUT_IQ_PAIR ? self->quadrature : NULL;
  fiq_realms_process(&self->realms, (const float* const*)self->wet, self->wet, out_q, n_frames);
  if (self->with_q) {
    turn_phases(self, n_frames);
  }
  if (self->mode == INPUT_MID_SIDE) {
    mid_side(self->wet, n_frames, 1.0f);
  }
  delay_pair(self, &self->dry_delay, self->dry, n_frames);
  delay_pair(self, &self->side_delay, self->side, n_frames);
  const float scale = 1.0f / (float)self->control_frames;
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float at  = (float)(self->position + i) * scale;
    const float mix = fiq_smoother_at(&self->smoothed[MIX], at) * fiq_smoother_at(&self->detour, at);
    self->wet[0][i] = fiq_mix(self->dry[0][i], self->wet[0][i], mix);
    self->wet[1][i] = fiq_mix(self->dry[1][i], self->wet[1][i], mix);
  }
}

/// What the swarm follows: the sidechain while it sounds and for two seconds after, else the input.
static float* const* followed(FiqEngine* self, uint32_t n_frames)
{
  const uint32_t hold_frames = (uint32_t)(2.0 * self->config.sample_rate_hz);
  for (uint32_t i = 0; i < n_frames; ++i) {
    const bool sounds = fabsf(self->side[0][i]) + fabsf(self->side[1][i]) > 1e-5f;
    self->side_frames = sounds ? 0 : self->side_frames + (self->side_frames < UINT32_MAX);
  }
  return self->side_frames < hold_frames ? self->side : self->dry;
}

/// Multiply the swarm by the followed level: 1 at -12 dBFS rms, at most 2.
static void follow_level(FiqEngine* self, uint32_t n_frames)
{
  float* const* const leader  = followed(self, n_frames);
  const float         rate    = (float)self->config.sample_rate_hz;
  const float         rise    = 1.0f / (0.005f * rate);
  const float         fall    = 1.0f / (0.12f * rate);
  const float         scale   = 1.0f / (float)self->control_frames;
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float power = 0.5f * (leader[0][i] * leader[0][i] + leader[1][i] * leader[1][i]);
    self->envelope += (power - self->envelope) * (power > self->envelope ? rise : fall);
    const float follow = fiq_smoother_at(&self->smoothed[SWARM_FOLLOW], (float)(self->position + i) * scale);
    const float gain   = fiq_mix(1.0f, fminf(2.0f, 4.0f * sqrtf(self->envelope)), follow);
    self->swarm[0][i] *= gain;
    self->swarm[1][i] *= gain;
  }
}

static void process_swarm(FiqEngine* self, uint32_t n_frames)
{
  const FiqSmoother* const level = &self->smoothed[SWARM_LEVEL];
  fiq_swarm_process(&self->box->swarm, self->swarm, n_frames);
  if (self->config.with_realms) {
    delay_pair(self, &self->swarm_delay, self->swarm, n_frames);
    follow_level(self, n_frames);
  }
  const float* const gain = gain_line(self, level, n_frames);
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    for (uint32_t i = 0; i < n_frames; ++i) {
      self->wet[channel][i] += gain[i] * self->swarm[channel][i];
    }
  }
}

/// The way out: guard, output level, bypass. A fault restarts the modules, and with them the control clock.
static void leave(FiqEngine* self, float* const* out, uint32_t n_frames)
{
  const bool  sane  = fiq_guard_leave(&self->guard, self->wet, n_frames);
  const float scale = 1.0f / (float)self->control_frames;
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    for (uint32_t i = 0; i < n_frames; ++i) {
      const float at  = (float)(self->position + i) * scale;
      const float wet = self->wet[channel][i] * fiq_smoother_at(&self->smoothed[OUTPUT], at);
      out[channel][i] = fiq_mix(self->dry[channel][i], wet, fiq_smoother_at(&self->enabled, at));
    }
  }
  self->position = (self->position + n_frames) % self->control_frames;
  if (!sane) {
    reset_sound(self);
  }
}

static void process_segment(FiqEngine*          self,
                            const float* const* in,
                            const float* const* side,
                            float* const*       out,
                            uint32_t            n_frames)
{
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    fiq_guard_enter(in ? in[channel] : NULL, self->dry[channel], n_frames);
    fiq_guard_enter(side ? side[channel] : NULL, self->side[channel], n_frames);
  }
  if (self->config.with_realms) {
    process_realms(self, n_frames);
  } else {
    memset(self->dry[0], 0, n_frames * sizeof(float));
    memset(self->dry[1], 0, n_frames * sizeof(float));
    memset(self->wet[0], 0, n_frames * sizeof(float));
    memset(self->wet[1], 0, n_frames * sizeof(float));
  }
  process_swarm(self, n_frames);
  leave(self, out, n_frames);
}

void fiq_engine_process(FiqEngine*             self,
                        const FiqEngineParams* params,
                        const float* const*    in,
                        const float* const*    side,
                        float* const*          out,
                        uint32_t               n_frames)
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
  FiqSwarm* const swarm = &self->box->swarm;
  if (size_bytes < 3 || (message[1] | message[2]) > 127) {
    return; // what the swarm understands has two data bytes
  }
  const uint32_t channel = message[0] & 15u;
  switch (message[0] & 0xf0) {
  case 0x80:
    fiq_swarm_note_off(swarm, channel, message[1], 0);
    break;
  case 0x90:
    fiq_swarm_note_on(swarm, channel, message[1], (float)message[2] / 127.0f, 0);
    break;
  case 0xb0:
    fiq_swarm_controller(swarm, channel, message[1], message[2], 0);
    break;
  case 0xe0: {
    const int bend = (message[2] << 7 | message[1]) - 8192;
    fiq_swarm_bend(swarm, channel, (float)bend / (bend < 0 ? 8192.0f : 8191.0f), 0);
    break;
  }
  default:
    break;
  }
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
  return self->latency_frames;
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
  for (uint32_t realm = 0; self->config.with_realms && realm < FIQ_N_REALMS; ++realm) {
    const FiqPhaseLayer* const layer = &self->realms.layer[realm];
    memcpy(state->phase_rad[realm], layer->phi_rad, layer->n_neurons * sizeof(float));
  }
}

void fiq_engine_reseed(FiqEngine* self, uint64_t seed)
{
  self->seed = seed;
  if (self->config.with_realms) {
    fiq_realms_reseed(&self->realms, seed);
  }
  reset_sound(self);
}

void fiq_engine_set_state(FiqEngine* self, const FiqEngineState* state)
{
  fiq_engine_reseed(self, state->seed);
  for (uint32_t realm = 0; self->config.with_realms && realm < FIQ_N_REALMS; ++realm) {
    FiqPhaseLayer* const layer = &self->realms.layer[realm];
    bool                 legal = true;
    for (uint32_t i = 0; i < layer->n_neurons; ++i) {
      legal &= fabsf(state->phase_rad[realm][i]) <= 1000.0f;
    }
    if (legal) {
      fiq_phase_layer_set_phases(layer, state->phase_rad[realm]);
    }
  }
}

uint32_t fiq_engine_wanted_capacity(const FiqEngine* self)
{
  const uint32_t wanted = (uint32_t)self->params.oscillators;
  // Grow by doubling, so that a knob on its way up does not rebuild the swarm at every step.
  return wanted > self->box->swarm.capacity ? fiq_next_power_of_two(wanted) : 0;
}

FiqSwarmBox* fiq_engine_swap_swarm(FiqEngine* self, FiqSwarmBox* box)
{
  FiqSwarmBox* const old = self->box;
  fiq_swarm_adopt(&box->swarm, &old->swarm);
  self->box = box;
  return old;
}
