// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/realm/realms.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

/// Which of the two temporal and spectral instances a realm plays through.
enum { OWN = 0, OF_ADAPTIVE = 1 };

enum {
  LAYER_TICKS = 8, ///< control periods from one coordination step to the next
  SCORE_TICKS = 16 ///< and from one score to the next
};

static const float fade_s = 0.05f;

uint32_t fiq_realms_n_bands(const FiqRealms* self, FiqRealm realm)
{
  assert(self && realm < FIQ_N_REALMS);
  static const uint32_t fixed[FIQ_N_REALMS] = {16, 0, 32};
  return realm == FIQ_REALM_SPECTRAL ? self->config.n_bands : fixed[realm];
}

uint32_t fiq_realms_window_frames(double sample_rate_hz, uint32_t window_frames)
{
  double   rate   = 66150.0; // halfway between 48 and 88.2 kHz on a scale of ratios
  uint32_t window = window_frames;
  assert(window_frames <= FIQ_REALMS_WINDOW_MAX);
  while (sample_rate_hz > rate && window < FIQ_STFT_WINDOW_MAX) {
    rate *= 2.0;
    window *= 2;
  }
  rate *= 0.5;
  while (sample_rate_hz < rate && window > FIQ_STFT_WINDOW_MIN) {
    rate *= 0.5;
    window /= 2;
  }
  return window;
}

static FiqStatus worse(FiqStatus a, FiqStatus b)
{
  return a != FIQ_OK ? a : b;
}

static FiqStatus init_paths(FiqRealms* self, FiqArena* arena, FiqFftPool* pool)
{
  const double   rate    = self->config.sample_rate_hz;
  const uint32_t control = self->config.control_frames;
  FiqStatus      status  = FIQ_OK;
  for (uint32_t which = 0; which < 2; ++which) {
    const FiqRealmTemporalConfig temporal = {
        .sample_rate_hz = rate,
        .n_neurons      = fiq_realms_n_bands(self, which ? FIQ_REALM_ADAPTIVE : FIQ_REALM_TEMPORAL),
        .control_frames = control};
    const FiqRealmSpectralConfig spectral = {
        .sample_rate_hz = rate,
        .window_frames  = fiq_realms_window_frames(rate, self->config.window_frames),
        .n_neurons      = fiq_realms_n_bands(self, which ? FIQ_REALM_ADAPTIVE : FIQ_REALM_SPECTRAL),
        .control_frames = control,
        .n_learned      = which == OWN ? FIQ_LESSON_BANDS : 0,
        .features       = which == OF_ADAPTIVE};
    status = worse(status, fiq_realm_temporal_init(&self->temporal[which], arena, pool, &temporal));
    status = worse(status, fiq_realm_spectral_init(&self->spectral[which], arena, pool, &spectral));
  }
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    status = worse(status, fiq_hilbert_init(&self->field.channel[channel], arena, pool, rate,
                                            FIQ_HILBERT_SHORT));
  }
  return status;
}

static FiqStatus init_delays(FiqRealms* self, FiqArena* arena)
{
  const uint32_t spectral = fiq_realm_spectral_latency_frames(&self->spectral[OWN]);
  const uint32_t temporal = fiq_hilbert_latency_frames(&self->field.channel[0]) +
                            fiq_realm_temporal_latency_frames(&self->temporal[OWN]);
  const uint32_t least   = self->config.latency_frames;
  const uint32_t control = self->config.control_frames;
  const uint32_t ahead   = self->config.lookahead_frames;
  // The temporal path's Hilbert transformer takes longer than a short window.
  const bool is_alone    = self->config.spectral_only;
  uint32_t   longest     = is_alone || spectral > temporal ? spectral : temporal;
  longest                = (longest > least ? longest : least) + self->config.lookahead_frames;
  self->latency_frames   = longest;
  const uint32_t  bank   = fiq_realm_temporal_latency_frames(&self->temporal[OWN]);
  const uint32_t  target = longest > bank ? longest - bank : 0;
  const uint32_t  rest   = longest > temporal ? longest - temporal : 0;
  const FiqStatus status = fiq_field_delay_init(&self->target_delay, arena, target, control);
  return worse(status, worse(fiq_field_delay_init(&self->temporal_delay, arena, rest, control),
                             fiq_field_delay_init(&self->spectral_delay, arena,
                                                  longest - spectral + ahead, control)));
}

FiqStatus fiq_realms_init(FiqRealms* self, FiqArena* arena, FiqFftPool* pool,
                          const FiqRealmsConfig* config)
{
  assert(self && arena && pool && config);
  memset(self, 0, sizeof(*self));
  self->config     = *config;
  const bool legal = config->n_bands >= FIQ_PHASE_LAYER_NEURONS_MIN &&
                     config->n_bands <= FIQ_NEURONS_MAX &&
                     config->window_frames >= FIQ_STFT_WINDOW_MIN &&
                     config->window_frames <= FIQ_REALMS_WINDOW_MAX &&
                     (double)config->lookahead_frames <= config->sample_rate_hz;
  if (!legal) {
    return FIQ_BAD_ARGUMENT;
  }
  FiqStatus status = init_paths(self, arena, pool);
  if (status != FIQ_OK && status != FIQ_NO_MEMORY) {
    return status;
  }
  status = worse(status, init_delays(self, arena));
  for (uint32_t realm = 0; realm < FIQ_N_REALMS; ++realm) {
    const FiqPhaseLayerConfig layer = {.n_neurons = fiq_realms_n_bands(self, (FiqRealm)realm),
                                       .n_taps    = 1};
    status = worse(status, fiq_phase_layer_init(&self->layer[realm], arena, &layer));
    fiq_arena_take_planes(arena, self->wet[realm][0]);
    fiq_arena_take_planes(arena, self->wet[realm][1]);
  }
  const FiqRealmAdaptiveConfig adaptive = {
      .sample_rate_hz = config->sample_rate_hz,
      .hop_frames     = fiq_realm_spectral_hop_frames(&self->spectral[OF_ADAPTIVE]),
      .n_bands        = fiq_realms_n_bands(self, FIQ_REALM_ADAPTIVE)};
  status = worse(status, fiq_realm_adaptive_init(&self->adaptive, arena, &adaptive));
  fiq_arena_take_planes(arena, self->target);
  for (uint32_t plane = 0; plane < 2; ++plane) {
    fiq_arena_take_planes(arena, self->delayed[plane]);
    fiq_arena_take_planes(arena, self->analytic[plane]);
    fiq_arena_take_planes(arena, self->other[plane]);
  }
  if (worse(status, fiq_arena_status(arena)) != FIQ_OK) {
    return worse(status, fiq_arena_status(arena));
  }
  const float            period_s = (float)(config->control_frames / config->sample_rate_hz);
  const FiqPhaseSolution none     = {.is_known = false};
  fiq_smoother_init(&self->fade, 0.0f, period_s);
  fiq_bass_allpass_init(&self->bass, config->sample_rate_hz);
  fiq_realms_set_lesson(self, &none);
  fiq_realms_reseed(self, 0);
  fiq_realms_reset(self, FIQ_REALM_SPECTRAL);
  return FIQ_OK;
}

static FiqRealm allowed(const FiqRealms* self, FiqRealm realm)
{
  return self->config.spectral_only ? FIQ_REALM_SPECTRAL : realm;
}

static bool needs_field(const FiqRealms* self)
{
  return self->lane[FIQ_REALM_TEMPORAL].running || self->lane[FIQ_REALM_ADAPTIVE].running;
}

/// Begin to run `realm` from silence; its output is whole `warm_frames` later.
static void start_lane(FiqRealms* self, FiqRealm realm)
{
  const bool had_field      = needs_field(self);
  const int  which          = realm == FIQ_REALM_ADAPTIVE ? OF_ADAPTIVE : OWN;
  self->lane[realm].running = true;
  // What is heard is a delay and a window old; twice the latency covers both and the filters' memory.
  self->lane[realm].warm_frames = 2 * self->latency_frames;
  if (realm == FIQ_REALM_TEMPORAL) {
    float learned[FIQ_REALMS_MATCH];
    fiq_realms_match(self, learned);
    fiq_realm_temporal_reset(&self->temporal[OWN]);
    fiq_realms_set_match(self, learned);
  } else if (realm == FIQ_REALM_ADAPTIVE) {
    fiq_realm_temporal_reset(&self->temporal[OF_ADAPTIVE]);
  }
  if (realm != FIQ_REALM_TEMPORAL) {
    fiq_realm_spectral_reset(&self->spectral[which]);
  }
  if (realm == FIQ_REALM_SPECTRAL) {
    fiq_bass_allpass_reset(&self->bass);
  }
  if (realm == FIQ_REALM_ADAPTIVE) {
    fiq_realm_adaptive_reset(&self->adaptive);
    self->frames_seen = 0;
  }
  if (!had_field && needs_field(self)) {
    fiq_hilbert_reset(&self->field.channel[0]);
    fiq_hilbert_reset(&self->field.channel[1]);
  }
}

void fiq_realms_reseed(FiqRealms* self, uint64_t seed)
{
  self->seed = seed;
  for (uint32_t i = 0; i < FIQ_N_REALMS; ++i) {
    fiq_phase_layer_reset(&self->layer[i], seed * FIQ_N_REALMS + i);
  }
}

void fiq_realms_adopt(FiqRealms* self, const FiqRealms* old)
{
  self->seed = old->seed;
  for (uint32_t realm = 0; realm < FIQ_N_REALMS; ++realm) {
    FiqPhaseLayer* const       to   = &self->layer[realm];
    const FiqPhaseLayer* const from = &old->layer[realm];
    fiq_phase_layer_reset(to, self->seed * FIQ_N_REALMS + realm);
    if (to->n_neurons == from->n_neurons) {
      fiq_phase_layer_set_phases(to, from->phi_rad);
    }
  }
  float learned[FIQ_REALMS_MATCH];
  fiq_realms_match(old, learned);
  fiq_realms_set_match(self, learned);
  fiq_realms_reset(self, old->current);
}

void fiq_realms_reset(FiqRealms* self, FiqRealm asked)
{
  const FiqRealm realm = allowed(self, asked);
  for (uint32_t i = 0; i < FIQ_N_REALMS; ++i) {
    self->lane[i] = (FiqRealmsLane){false, 0};
  }
  fiq_field_delay_reset(&self->temporal_delay);
  fiq_field_delay_reset(&self->spectral_delay);
  fiq_field_delay_reset(&self->target_delay);
  fiq_smoother_reset(&self->fade, 0.0f);
  self->current  = realm;
  self->next     = realm;
  self->position = 0;
  self->n_ticks  = 0;
  start_lane(self, realm);
  self->lane[realm].warm_frames = 0; // nothing else is heard meanwhile
}

static void choose_realm(FiqRealms* self, FiqRealm asked)
{
  const FiqRealm wanted   = allowed(self, asked);
  const float    period_s = (float)(self->config.control_frames / self->config.sample_rate_hz);
  if (self->next == self->current) {
    fiq_smoother_reset(&self->fade, 0.0f);
    if (wanted != self->current) {
      self->next = wanted;
      start_lane(self, wanted);
    }
    return;
  }
  if (self->lane[self->next].warm_frames > 0) {
    return;
  }
  if (self->fade.end >= 1.0f) {
    self->lane[self->current].running = false;
    self->current                     = self->next;
    fiq_smoother_reset(&self->fade, 0.0f);
    return;
  }
  fiq_smoother_tick(&self->fade, fminf(1.0f, self->fade.end + period_s / fade_s));
}

/// Speed 0..1 of the coordination step; at 1 a layer of 24 tiles its circle in a second or so.
static float eta_of(float coordination)
{
  return fminf(0.45f, 0.4f * LAYER_TICKS * coordination * coordination * coordination);
}

static void control_lane(FiqRealms* self, const FiqRealmsParams* params, FiqRealm realm)
{
  FiqPhaseLayer* const layer = &self->layer[realm];
  const int            which = realm == FIQ_REALM_ADAPTIVE ? OF_ADAPTIVE : OWN;
  // Match belongs to the temporal realm: the adaptive one has a bank of its own, which stays as it is.
  const bool                   matches  = realm == FIQ_REALM_TEMPORAL;
  const FiqRealmTemporalParams temporal = {.learn_rate = matches ? params->match_rate : 0.0f,
                                           .frozen     = params->match_hold,
                                           .amount     = params->amount,
                                           .drive      = params->drive,
                                           .motion_rad = params->motion_rad,
                                           .stereo_rad = params->stereo_rad};
  FiqRealmSpectralParams       spectral = {.coherence   = params->coherence,
                                           .amount      = params->amount,
                                           .motion_rad  = params->motion_rad,
                                           .stereo_rad  = params->stereo_rad,
                                           .from_hz     = params->turn_from_hz,
                                           .place       = params->place,
                                           .gain_db     = params->gain_db,
                                           .is_mid_side = params->is_mid_side};
  if (params->coordination > 0.0f && self->n_ticks % LAYER_TICKS == 0) {
    fiq_phase_layer_coordinate(layer, eta_of(params->coordination), params->attention);
  }
  if (realm != FIQ_REALM_SPECTRAL) {
    fiq_realm_temporal_control(&self->temporal[which], &temporal, layer->phi_rad,
                               params->theta_rad);
  }
  if (realm != FIQ_REALM_TEMPORAL) {
    const bool         learned               = params->learned && realm == FIQ_REALM_SPECTRAL;
    const float* const phi_rad[FIQ_CHANNELS] = {learned ? self->learned_rad[0] : layer->phi_rad,
                                                learned ? self->learned_rad[1] : layer->phi_rad};
    spectral.motion_rad = learned ? 0.0f : params->motion_rad;
    spectral.from_hz    = learned ? 0.0f : params->turn_from_hz;
    spectral.is_learned = learned;
    if (realm == FIQ_REALM_SPECTRAL) {
      fiq_bass_allpass_control(&self->bass, learned ? params->amount : 0.0f,
                               self->config.control_frames);
    }
    fiq_realm_spectral_control(&self->spectral[which], &spectral, phi_rad, params->theta_rad);
  }
}

void fiq_realms_control(FiqRealms* self, const FiqRealmsParams* params)
{
  assert(self && params);
  assert(self->position == 0);
  choose_realm(self, params->realm);
  for (uint32_t realm = 0; realm < FIQ_N_REALMS; ++realm) {
    if (self->lane[realm].running) {
      control_lane(self, params, (FiqRealm)realm);
    }
  }
  fiq_field_delay_control(&self->temporal_delay, self->temporal_delay.delay_max_frames);
  const int32_t usual_frames =
      (int32_t)(self->spectral_delay.delay_max_frames - self->config.lookahead_frames);
  const int32_t moved_frames = params->learned ? self->learned_delay_frames : 0;
  fiq_field_delay_control(&self->spectral_delay, (uint32_t)(usual_frames + moved_frames));
  self->learned_now = params->learned;
  fiq_field_delay_control(&self->target_delay, self->target_delay.delay_max_frames);
  self->matching =
      self->lane[FIQ_REALM_TEMPORAL].running && params->match_rate > 0.0f && !params->match_hold;
  if (self->n_ticks % SCORE_TICKS == 0) {
    self->coordination_score = fiq_phase_layer_score(&self->layer[self->current]);
  }
  ++self->n_ticks;
}

static void judge_character(FiqRealms* self)
{
  const FiqSpectralFeatures* const heard =
      fiq_realm_spectral_features(&self->spectral[OF_ADAPTIVE]);
  if (heard->n_frames == self->frames_seen) {
    return;
  }
  self->frames_seen                = heard->n_frames;
  const FiqAdaptiveFeatures judged = {.rms_db                   = heard->rms_db,
                                      .flatness                 = heard->flatness,
                                      .entropy                  = heard->entropy,
                                      .flux                     = heard->flux,
                                      .phase_increment_variance = heard->phase_increment_variance,
                                      .band_share               = heard->band_share,
                                      .band_velocity            = heard->band_velocity_rad,
                                      .n_bands = fiq_realms_n_bands(self, FIQ_REALM_ADAPTIVE)};
  fiq_realm_adaptive_frame(&self->adaptive, &judged);
}

/// The polarity that was learned.
static void invert_planes(const FiqRealms* self, float* const* out_i, float* const* out_q,
                          uint32_t n_frames)
{
  for (uint32_t channel = 0; channel < FIQ_CHANNELS && self->learned_now; ++channel) {
    for (uint32_t i = 0; i < n_frames && self->learned_sign[channel] < 0.0f; ++i) {
      out_i[channel][i] = 0.0f - out_i[channel][i];
      if (out_q) {
        out_q[channel][i] = 0.0f - out_q[channel][i];
      }
    }
  }
}

/// What a lane reads and writes.
typedef struct {
  const float* const* plain; ///< the spectral path's input
  float* const*       out_i;
  float* const*       out_q; ///< or NULL
} Lane;

static void process_lane(FiqRealms* self, FiqRealm realm, const Lane* lane, uint32_t n_frames)
{
  float* const* const       out_i = lane->out_i;
  float* const* const       out_q = lane->out_q;
  const float* const* const in_i  = (const float* const*)self->analytic[0];
  const float* const* const in_q  = out_q ? (const float* const*)self->analytic[1] : NULL;
  if (realm == FIQ_REALM_TEMPORAL) {
    if (self->matching && self->has_target) {
      fiq_realm_temporal_learn(&self->temporal[OWN], (const float* const*)self->target, n_frames);
    }
    fiq_realm_temporal_process(&self->temporal[OWN], in_i, in_q, out_i, out_q, n_frames);
  } else if (realm == FIQ_REALM_SPECTRAL) {
    const bool turns = !fiq_bass_allpass_rests(&self->bass);
    if (turns) {
      fiq_bass_allpass_process(&self->bass, lane->plain, out_i, self->position, n_frames);
    }
    fiq_realm_spectral_process(&self->spectral[OWN],
                               turns ? (const float* const*)out_i : lane->plain, out_i, out_q,
                               n_frames);
    invert_planes(self, out_i, out_q, n_frames);
  } else {
    float* const* const other_q = out_q ? self->other[1] : NULL;
    fiq_realm_temporal_process(&self->temporal[OF_ADAPTIVE], in_i, in_q, out_i, out_q, n_frames);
    fiq_realm_spectral_process(&self->spectral[OF_ADAPTIVE], lane->plain, self->other[0], other_q,
                               n_frames);
    fiq_realm_adaptive_process(
        &self->adaptive, (const float* const*)out_i, (const float* const*)self->other[0], out_i,
        (const float* const*)out_q, (const float* const*)other_q, out_q, n_frames);
    // Afterwards: a frame is complete at the end of a period, and must not act before it.
    judge_character(self);
  }
  FiqRealmsLane* const state = &self->lane[realm];
  state->warm_frames -= state->warm_frames < n_frames ? state->warm_frames : n_frames;
}

static void fade_realm_planes(const FiqRealms* self, float* const* from, float* const* to,
                              float* const* out, uint32_t n_frames)
{
  if (from == to) {
    memcpy(out[0], from[0], n_frames * sizeof(float));
    memcpy(out[1], from[1], n_frames * sizeof(float));
    return;
  }
  const float scale = 1.0f / (float)self->config.control_frames;
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    for (uint32_t i = 0; i < n_frames; ++i) {
      const float share = fiq_smoother_at(&self->fade, (float)(self->position + i) * scale);
      out[channel][i]   = fiq_mix(from[channel][i], to[channel][i], share);
    }
  }
}

void fiq_realms_set_lesson(FiqRealms* self, const FiqPhaseSolution* lesson)
{
  const bool    inverted = lesson->is_known && lesson->learned.is_inverted;
  const bool    mono     = lesson->learned.objective == FIQ_LEARN_MONO;
  const int32_t most     = (int32_t)self->config.lookahead_frames;
  const int32_t wanted   = fiq_phase_solution_delay_frames(lesson, self->config.sample_rate_hz);
  fiq_phase_solution_phases(lesson, self->spectral[OWN].learned_bands.centre_hz, FIQ_LESSON_BANDS,
                            self->learned_rad);
  fiq_bass_allpass_set(&self->bass, fiq_phase_solution_bass_hz(lesson));
  self->learned_delay_frames = wanted < -most ? -most : wanted > most ? most : wanted;
  self->learned_sign[0]      = inverted ? -1.0f : 1.0f;
  self->learned_sign[1]      = inverted && !mono ? -1.0f : 1.0f;
}

uint32_t fiq_realms_match(const FiqRealms* self, float learned[FIQ_REALMS_MATCH])
{
  const uint32_t n = fiq_realm_temporal_n_learned(&self->temporal[OWN]);
  assert(n <= FIQ_REALMS_MATCH);
  fiq_realm_temporal_learned(&self->temporal[OWN], learned);
  return n;
}

void fiq_realms_set_match(FiqRealms* self, const float* learned)
{
  fiq_realm_temporal_set_learned(&self->temporal[OWN], learned);
}

/// The delayed inputs of the lanes that run; the lines of the others are kept filled.
static const float* const* delay_inputs(FiqRealms* self, const float* const* in,
                                        const float* const* side, bool with_q, uint32_t n_frames)
{
  const float* const* const heard = side ? side : in;
  self->has_target                = side != NULL;
  if (self->matching && self->has_target) {
    fiq_field_delay_pair(&self->target_delay, heard, self->target, n_frames);
  } else {
    fiq_field_delay_take(&self->target_delay, heard, n_frames);
  }
  if (needs_field(self)) {
    fiq_field_delay_pair(&self->temporal_delay, in, self->delayed[0], n_frames);
    for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
      fiq_hilbert_process(&self->field.channel[channel], self->delayed[0][channel],
                          self->analytic[0][channel], with_q ? self->analytic[1][channel] : NULL,
                          n_frames);
    }
  } else {
    fiq_field_delay_take(&self->temporal_delay, in, n_frames);
  }
  if (self->spectral_delay.delay_max_frames == 0) {
    return in;
  }
  fiq_field_delay_pair(&self->spectral_delay, in, self->delayed[1], n_frames);
  return (const float* const*)self->delayed[1];
}

/// Whether `realm` alone runs and writes its output at the end, when its inputs may be written over.
static bool is_alone(const FiqRealms* self, FiqRealm realm)
{
  uint32_t n_running = 0;
  for (uint32_t i = 0; i < FIQ_N_REALMS; ++i) {
    n_running += self->lane[i].running;
  }
  return n_running == 1 && realm != FIQ_REALM_ADAPTIVE;
}

void fiq_realms_process(FiqRealms* self, const float* const* in, const float* const* side,
                        float* const* out_i, float* const* out_q, uint32_t n_frames)
{
  assert(self->position + n_frames <= self->config.control_frames);
  const float* const* const plain     = delay_inputs(self, in, side, out_q != NULL, n_frames);
  const bool                is_direct = !out_q && is_alone(self, self->current);
  for (uint32_t realm = 0; realm < FIQ_N_REALMS; ++realm) {
    const Lane lane = {plain, is_direct ? out_i : self->wet[realm][0],
                       out_q ? self->wet[realm][1] : NULL};
    if (self->lane[realm].running) {
      process_lane(self, (FiqRealm)realm, &lane, n_frames);
    }
  }
  for (uint32_t plane = 0; plane < (out_q ? 2u : 1u) && !is_direct; ++plane) {
    fade_realm_planes(self, self->wet[self->current][plane], self->wet[self->next][plane],
                      plane ? out_q : out_i, n_frames);
  }
  self->position = (self->position + n_frames) % self->config.control_frames;
}

uint32_t fiq_realms_latency_frames(const FiqRealms* self)
{
  return self->latency_frames;
}

static float realm_share(const FiqRealms* self, FiqRealm realm)
{
  return realm == FIQ_REALM_ADAPTIVE ? fiq_realm_adaptive_share(&self->adaptive)
                                     : (float)(realm == FIQ_REALM_SPECTRAL);
}

float fiq_realms_spectral_share(const FiqRealms* self)
{
  return fiq_mix(realm_share(self, self->current), realm_share(self, self->next), self->fade.end);
}
