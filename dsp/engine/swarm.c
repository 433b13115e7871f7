// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/engine_state.h"

#include <assert.h>

/// Largest prime factor by choice of `partial_primes`.
static const float primes[] = {0.0f, 2.0f, 3.0f, 5.0f, 7.0f, 11.0f, 13.0f};

static const uint32_t all_notes_off = 123; // a controller

static const float group_coupling_max = 16.0f;
static const float partials_sung      = 80.0f; // of words, at least
static const float group_noise        = 6.0f;  // over that of the core
static const float group_noise_max    = 20.0f; // rad per root of a second
static const float goal_tilt          = 12.0f; // dB per octave that the density goal adds at most

static void control_play(FiqEngine* self)
{
  assert(self->swarm);
  static const int32_t         limits[] = {3, 5, 7, 11, 13, 2};
  const FiqEngineParams* const p        = &self->params;
  const FiqNotesPlay           play     = {.mode                     = (int32_t)p->mode,
                                           .glide_s                  = p->glide,
                                           .velocity_level           = p->velocity_level,
                                           .velocity_mass            = p->velocity_mass,
                                           .pressure_level           = p->pressure_level,
                                           .pressure_brightness      = p->pressure_bright,
                                           .mpe_bend_range_semitones = p->mpe_bend,
                                           .mpe                      = p->mpe,
                                           .just_amount              = p->just,
                                           .prime_limit              = limits[p->prime_limit],
                                           .just_root                = (int32_t)p->just_root - 1,
                                           .just                     = p->just > 0.0f};
  fiq_notes_set_play(&self->swarm->swarm.notes, &play);
}

/// The input is analysed while something wants to know of it.
void fiq_engine_control_analysis(FiqEngine* self)
{
  assert(self);
  const FiqEngineParams* const p      = &self->params;
  FiqPartialTrackerParams      params = fiq_partial_tracker_default_params();
  const bool                   of_input =
      p->source != FIQ_SOURCE_SYNTHESIS || (self->path && fiq_engine_is_present(self));
  if (of_input && !self->input.tracks) {
    fiq_partial_tracker_reset(&self->input.tracker);
  }
  self->input.tracks  = of_input;
  params.max_carriers = p->voices;
  params.threshold_db = p->threshold;
  if (of_input) {
    fiq_partial_tracker_control(&self->input.tracker, &params);
  }
}

/// Hand what is remembered and what the analysis hears to the swarm.
static void control_voices(FiqEngine* self)
{
  assert(self->swarm);
  FiqSwarmVoice swarm_out[FIQ_SWARM_VOICES_MAX];
  uint32_t      n       = fiq_engine_recalled(self, swarm_out, FIQ_SWARM_VOICES_MAX);
  uint32_t      n_heard = 0;
  if (self->params.source != FIQ_SOURCE_SYNTHESIS) {
    const FiqPartialTrackerVoice* const heard =
        fiq_partial_tracker_voices(&self->input.tracker, &n_heard);
    for (uint32_t i = 0; i < n_heard && n < FIQ_SWARM_VOICES_MAX; ++i) {
      swarm_out[n++] = (FiqSwarmVoice){heard[i].id, heard[i].hz, heard[i].mass,
                                       fiq_voice_level * heard[i].level};
    }
  }
  // Without voices before and now there is nobody to be dismissed.
  if (n > 0 || self->moments.n_sung > 0) {
    fiq_swarm_set_voices(&self->swarm->swarm, swarm_out, n);
  }
  self->moments.n_sung = n;
}

/// Notes within the attended bands couple more firmly.
static void control_attention(FiqEngine* self)
{
  assert(self->swarm);
  const FiqAttention* const attention = &self->goals.attention;
  const uint32_t            n         = self->goals.attending ? attention->n_foci : 0;
  float                     low_hz[FIQ_ATTENTION_FOCI_MAX];
  float                     high_hz[FIQ_ATTENTION_FOCI_MAX];
  for (uint32_t i = 0; i < n; ++i) {
    low_hz[i]  = fiq_hz_of_axis((float)attention->focus[i] - 0.5f);
    high_hz[i] = fiq_hz_of_axis((float)attention->focus[i] + 0.5f);
  }
  fiq_swarm_set_attention(&self->swarm->swarm, low_hz, high_hz, n);
}

/// K_c of a group of notes, in half widths of its detune.
float fiq_engine_group_critical(const FiqEngine* self)
{
  assert(self);
  // A normal detune has the standard deviation of the uniform one, 1 / sqrt 3 of its half width.
  const bool is_normal = self->params.distribution == FIQ_KURAMOTO_NORMAL;
  return is_normal ? fiq_kuramoto_critical(0.577350269f, FIQ_KURAMOTO_NORMAL)
                   : fiq_kuramoto_critical(1.0f, FIQ_KURAMOTO_UNIFORM);
}

/// Notes whose phases stand still about each other are shaken.
static void shake_groups(FiqEngine* self, float period_s)
{
  assert(period_s > 0.0f);
  const FiqSwarm* const         swarm     = &self->swarm->swarm;
  FiqStochasticResonance* const resonance = &self->phase.group_resonance;
  if (self->params.resonance <= 0.0f || swarm->rest.asleep) {
    if (resonance->n_states > 0) {
      fiq_stochastic_resonance_reset(resonance);
    }
    return;
  }
  if (!fiq_stochastic_resonance_is_due(resonance, period_s)) {
    return;
  }
  float phase_rad
      [FIQ_STOCHASTIC_RESONANCE_SAMPLED]; // of some oscillators about the mean phases of their notes
  for (uint32_t i = 0; i < FIQ_STOCHASTIC_RESONANCE_SAMPLED; ++i) {
    const uint32_t j =
        (uint32_t)((uint64_t)i * swarm->step.n_run / FIQ_STOCHASTIC_RESONANCE_SAMPLED);
    const uint32_t group = swarm->osc.group[j] % FIQ_SWARM_SILENT;
    const float    mean  = swarm->step.coupled ? swarm->groups.psi[group] : 0.0f;
    phase_rad[i]         = FIQ_TWO_PI_F * (swarm->osc.phi[j] - mean);
  }
  fiq_stochastic_resonance_look(resonance, phase_rad, FIQ_STOCHASTIC_RESONANCE_SAMPLED, 0.0f,
                                swarm->groups.order, self->params.resonance);
}

/// Coupling and noise of the notes' groups, regulated by their own order.
static void control_groups(FiqEngine* self)
{
  assert(self->swarm);
  const FiqEngineParams* const p    = &self->params;
  const float              period_s = (float)(self->control_frames / self->config.sample_rate_hz);
  const FiqRegulatorParams params   = {.enabled      = p->regulator,
                                       .order_low    = p->order_low,
                                       .order_high   = p->order_high,
                                       .uncertainty  = p->uncertainty_aim,
                                       .coupling     = fiq_engine_coupling(self),
                                       .critical     = fiq_engine_group_critical(self),
                                       .coupling_max = group_coupling_max,
                                       .speed        = p->speed};
  fiq_regulator_step(&self->phase.group_regulator, &params, self->swarm->swarm.groups.order,
                     fiq_swarm_uncertainty(&self->swarm->swarm), period_s);
  shake_groups(self, period_s);
}

float fiq_engine_group_noise(const FiqEngine* self)
{
  assert(self);
  // Groups pull by half their detune, some rad/s, where the core pulls by 1: it takes more to shake them.
  return fminf(group_noise_max, group_noise * (self->phase.group_regulator.noise +
                                               self->phase.group_resonance.noise));
}

/// What is heard or recalled of an input has its own partials; harmonics upon them would be another sound.
static float n_partials(const FiqEngine* self)
{
  assert(self->params.partials >= 1);
  const FiqEngineParams* const p      = &self->params;
  const bool                   copies = fiq_engine_copies_input(self) ||
                      (self->path && p->recall > 0.0f && p->source == FIQ_SOURCE_SYNTHESIS);
  // A mouth has nothing to shape where there are no partials.
  const float sung = self->words.line.n > 0 ? partials_sung : 1.0f;
  return copies ? 1.0f : fmaxf(p->partials, sung);
}

/// Who begins to sing the input alone lets the keys go.
static void control_resynthesis(FiqEngine* self)
{
  assert(self->swarm);
  const bool copies = fiq_engine_copies_input(self);
  for (uint32_t channel = 0; channel < 16 && copies && !self->input.is_resynthesis; ++channel) {
    fiq_swarm_controller(&self->swarm->swarm, channel, all_notes_off, 0, 0);
  }
  self->input.is_resynthesis = copies;
}

/// The highest mod wheel of channels that sound, and of the first: there is one detune for all notes.
static float highest_wheel(const FiqNotes* notes)
{
  assert(notes);
  float wheel = fiq_notes_wheel(notes, 0);
  for (uint32_t i = 0; i < FIQ_NOTES_MAX; ++i) {
    const FiqNote* const note = &notes->note[i];
    if (note->stage != FIQ_NOTE_IDLE) {
      wheel = fmaxf(wheel, fiq_notes_wheel(notes, note->channel));
    }
  }
  return wheel;
}

/// Sharpness 1 already decides between the notes of any chord; below it falls with its square, so that the lower end of
/// the control reaches to where nobody can decide.
static float sharpness_of(float control)
{
  assert(control > 0.0f);
  return control < 1.0f ? control * control : control;
}

/// Keys beside voices that have the input's level: they follow it here, as the whole swarm does without voices.
static float key_level(FiqEngine* self, float period_s)
{
  assert(period_s > 0.0f);
  const bool  follows = self->path && fiq_engine_sings_input(self);
  const float led     = follows && !fiq_effect_path_follows_side(&self->path->path) ? 1.0f : 0.0f;
  self->input.key_follow = fiq_effect_path_follow_led(self->input.key_follow, led, period_s);
  const float follow     = self->smoothed[FIQ_SMOOTH_SWARM_FOLLOW].end * self->input.key_follow;
  return follow > 1e-4f ? fiq_mix(1.0f, fiq_effect_path_follow_gain(self->input.key_power), follow)
                        : 1.0f;
}

/// Rate of an LFO, or that of the host's tempo.
static float lfo_rate(const FiqEngine* self, FiqSync sync, float free_hz)
{
  assert(self->tempo.bpm > 0.0);
  const float beats = fiq_engine_sync_beats(self, sync);
  return beats > 0.0f ? (float)self->tempo.bpm / (60.0f * beats) : free_hz;
}

#define ROW(n)                                                                                     \
  {                                                                                                \
    p->matrix_##n##_source, p->matrix_##n##_target, p->matrix_##n##_amount                         \
  }

static FiqMotionParams motion_of(const FiqEngine* self)
{
  assert(self);
  const FiqEngineParams* const p = &self->params;
  return (FiqMotionParams){.attack_s  = p->tone_attack,
                           .decay_s   = p->tone_decay,
                           .sustain   = p->tone_sustain,
                           .release_s = p->tone_release,
                           .lfo = {{p->lfo_1_shape, lfo_rate(self, p->lfo_1_sync, p->lfo_1_rate),
                                    p->lfo_1_delay, p->lfo_1_common},
                                   {p->lfo_2_shape, lfo_rate(self, p->lfo_2_sync, p->lfo_2_rate),
                                    p->lfo_2_delay, p->lfo_2_common}},
                           .row = {ROW(1), ROW(2), ROW(3), ROW(4), ROW(5), ROW(6), ROW(7), ROW(8)}};
}

static FiqSwarmTone tone_of(const FiqEngine* self)
{
  assert(self);
  const FiqEngineParams* const p = &self->params;
  return (FiqSwarmTone){.filter              = p->filter_type,
                        .cutoff_hz           = fmaxf(p->filter_cutoff, 20.0f), // Realms has none
                        .slope_db_per_octave = p->filter_slope,
                        .resonance           = p->filter_resonance,
                        .key_track           = p->filter_key_track,
                        .velocity_octaves    = p->filter_velocity,
                        .envelope_octaves    = p->filter_envelope,
                        .sway_share          = p->sway * (1.0f / FIQ_ENGINE_SWAY_CENTS),
                        .motion              = motion_of(self),
                        .breath   = {p->breath, p->breath_colour, p->breath_attack, p->breath_decay,
                                     p->breath_sustain, p->breath_release},
                        .formants = p->formants,
                        .vowel    = p->vowel,
                        .voice_amount = p->voice,
                        .voice        = {.size    = fmaxf(p->voice_size, 0.5f),
                                         .ring    = p->voice_ring,
                                         .whisper = p->voice_whisper},
                        .words_ahead  = p->words_ahead};
}

void fiq_engine_control_swarm(FiqEngine* self)
{
  assert(self && self->swarm);
  assert(self->tempo.bpm > 0.0);
  const FiqEngineParams* const p = &self->params;
  const float density = fiq_goal_controller_drive(&self->goals.controller, FIQ_GOAL_DENSITY);
  const float beats   = fiq_engine_sync_beats(self, p->anneal_sync);
  const float wheel   = highest_wheel(&self->swarm->swarm.notes);
  control_resynthesis(self);
  control_groups(self);
  control_attention(self);
  const FiqSwarmParams swarm = {
      .n_osc                = p->oscillators,
      .anneal_s             = beats > 0.0f ? 60.0f * beats / (float)self->tempo.bpm : p->anneal,
      .balance              = p->balance,
      .noise_hz             = p->noise,
      .strength             = p->strength,
      .sharpness            = sharpness_of(p->sharpness),
      .metric               = p->metric,
      .spread_cents         = fminf(100.0f, p->detune + wheel * p->wheel_detune),
      .coupling             = self->phase.group_regulator.coupling * p->speed,
      .partials             = n_partials(self),
      .tilt_db_per_octave   = fiq_clamp(p->tilt + goal_tilt * density, -24.0f, 6.0f),
      .width                = p->stereo,
      .attack_s             = p->attack,
      .decay_s              = p->decay,
      .sustain              = p->sustain,
      .release_s            = p->release,
      .bend_range_semitones = p->bend_range,
      .scatter_octaves      = p->scatter,
      .level                = 1.0f,
      .key_level = key_level(self, (float)(self->control_frames / self->config.sample_rate_hz)),
      .chord     = self->input.is_resynthesis ? 0.0f : p->chord,
      .root_note = p->root_note,
      .odd_even  = p->odd_even,
      .stretch   = p->stretch,
      .phase_width_rad = self->path ? 0.0f : p->phase_width, // Realms has no such control
      .motion_hz       = p->stereo_rate,
      .motion_depth    = p->stereo_motion,
      .sharpness_mode  = p->sharpness_mode,
      .temperature     = p->temperature * (p->stabilise ? self->phase.core.temperature : 1.0f),
      .lag_rad         = p->lag,
      .distribution    = p->distribution,
      .phase_noise     = fiq_engine_group_noise(self),
      .partial_limit   = primes[p->partial_primes],
      .attention       = p->attention,
      .tone            = tone_of(self),
      .anneal_curve    = p->anneal_curve};
  control_play(self);
  control_voices(self);
  fiq_swarm_control(&self->swarm->swarm, &swarm);
  self->report.meters.latency = (float)fiq_engine_latency_frames(self);
}

uint32_t fiq_engine_n_sounding(const FiqEngine* self)
{
  assert(self && self->swarm);
  const FiqNotes* const notes = &self->swarm->swarm.notes;
  uint32_t              n     = 0;
  for (uint32_t i = 0; i < FIQ_NOTES_MAX; ++i) {
    n += notes->note[i].stage != FIQ_NOTE_IDLE;
  }
  return n;
}
