// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/engine_state.h"

#include <assert.h>

/// How far frame `i` of this segment is through the control period, 0..1.
static float channel_at(const FiqEngine* self, uint32_t i)
{
  assert(self->position + i < self->control_frames);
  return (float)(self->position + i) * self->share;
}

static void fade_planes(const FiqEngine* self, float* const* to, float* const* from,
                        uint32_t n_frames)
{
  assert(self->exchange.incoming);
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    for (uint32_t i = 0; i < n_frames; ++i) {
      to[channel][i] = fiq_mix(to[channel][i], from[channel][i],
                               fiq_smoother_at(&self->exchange.fade, channel_at(self, i)));
    }
  }
}

static void process_path(FiqEngine* self, FiqEffectPath* path, uint32_t n_frames)
{
  assert(self && path);
  const bool is_silent = self->swarm->swarm.rest.asleep;
  fiq_effect_path_process(path, (const float* const*)self->plane.in,
                          self->plane.has_side ? (const float* const*)self->plane.side : NULL,
                          is_silent ? NULL : (const float* const*)self->plane.swarm_out, n_frames);
}

/// What leaves, and the delayed input.
typedef struct {
  float* const* wet;
  float* const* dry;
} Sound;

static Sound process_effect(FiqEngine* self, uint32_t n_frames)
{
  assert(self->path);
  assert(n_frames <= self->control_frames);
  if (self->lessons.learner && self->params.objective != FIQ_OBJECTIVE_OFF && self->params.learn) {
    fiq_lesson_record(&self->lessons.learner->learning, (const float* const*)self->plane.in,
                      (const float* const*)self->plane.side, n_frames);
  }
  FiqEffectPath* const path = &self->path->path;
  process_path(self, path, n_frames);
  if (self->exchange.incoming && self->exchange.incoming_runs) {
    FiqEffectPath* const incoming = &self->exchange.incoming->path;
    process_path(self, incoming, n_frames);
    fade_planes(self, path->wet, incoming->wet, n_frames);
    fade_planes(self, path->dry, incoming->dry, n_frames);
  }
  return (Sound){path->wet, path->dry};
}

static Sound process_instrument(FiqEngine* self, uint32_t n_frames)
{
  assert(!self->path);
  assert(n_frames <= self->control_frames);
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    for (uint32_t i = 0; i < n_frames; ++i) {
      self->plane.wet[channel][i] =
          self->plane.swarm_out[channel][i] *
          fiq_smoother_at(&self->smoothed[FIQ_SMOOTH_SWARM_LEVEL], channel_at(self, i));
      self->plane.dry[channel][i] = 0.0f;
    }
  }
  return (Sound){self->plane.wet, self->plane.dry};
}

static void scale(const float* restrict in, float* restrict out, float gain, uint32_t n_frames)
{
  assert(in && out);
  for (uint32_t i = 0; i < n_frames; ++i) {
    out[i] = in[i] * gain;
  }
}

/// Level and bypass.
static void fade_out(const FiqEngine* self, const Sound* sound, float* const* out,
                     uint32_t n_frames)
{
  assert(self && sound && out);
  const FiqSmoother* const level    = &self->smoothed[FIQ_SMOOTH_OUTPUT];
  const FiqSmoother* const enabled  = &self->enabled;
  const bool               is_on    = enabled->start >= 1.0f && enabled->end >= 1.0f;
  const bool               is_plain = is_on && fabsf(level->end - level->start) <= 0.0f;
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    const float* const wet = sound->wet[channel];
    const float* const dry = sound->dry[channel];
    if (is_plain) {
      scale(wet, out[channel], level->end, n_frames);
    }
    for (uint32_t i = 0; is_on && !is_plain && i < n_frames; ++i) {
      out[channel][i] = wet[i] * fiq_smoother_at(level, channel_at(self, i));
    }
    for (uint32_t i = 0; !is_on && i < n_frames; ++i) {
      const float loud = wet[i] * fiq_smoother_at(level, channel_at(self, i));
      out[channel][i]  = fiq_mix(dry[i], loud, fiq_smoother_at(enabled, channel_at(self, i)));
    }
  }
}

/// The way out: disperser, tilt, guard, level, bypass. A fault restarts the modules, and with them the control clock.
static void leave(FiqEngine* self, const Sound* sound, float* const* out, uint32_t n_frames)
{
  assert(self->position + n_frames <= self->control_frames);
  fiq_disperser_process(&self->goals.disperser, sound->wet, n_frames);
  fiq_tilt_process(&self->goals.tilt, sound->wet, n_frames);
  const bool sane = fiq_guard_leave(&self->guard, sound->wet, n_frames);
  fade_out(self, sound, out, n_frames);
  if (self->goals.measuring) {
    fiq_output_meter_process(&self->goals.meter, (const float* const*)sound->wet, n_frames);
  }
  self->position = (self->position + n_frames) % self->control_frames;
  if (!sane) {
    fiq_engine_reset_sound(self);
  }
}

/// The input's level, as keys follow it beside voices.
static void follow_input(FiqEngine* self, uint32_t n_frames)
{
  assert(self->path);
  assert(n_frames <= self->control_frames);
  const float step_s = (float)(1.0 / self->config.sample_rate_hz);
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float power     = 0.5f * (self->plane.in[0][i] * self->plane.in[0][i] +
                                self->plane.in[1][i] * self->plane.in[1][i]);
    self->input.key_power = fiq_effect_path_follow_power(self->input.key_power, power, step_s);
  }
}

static void process_segment(FiqEngine* self, const float* const* in, const float* const* side,
                            float* const* out, uint32_t n_frames)
{
  assert(n_frames > 0);
  assert(self->position + n_frames <= self->control_frames);
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    fiq_guard_enter(&self->guard, in[channel], self->plane.in[channel], n_frames);
    fiq_guard_enter(&self->guard, side[channel], self->plane.side[channel], n_frames);
  }
  self->plane.has_side = side[0] || side[1];
  if (self->path && fiq_engine_sings_input(self)) {
    follow_input(self, n_frames);
  }
  if (self->input.tracks) {
    fiq_partial_tracker_process(&self->input.tracker, (const float* const*)self->plane.in,
                                n_frames);
  }
  fiq_swarm_process(&self->swarm->swarm, self->plane.swarm_out, n_frames);
  fiq_engine_add_leaving(self, n_frames);
  const Sound sound =
      self->path ? process_effect(self, n_frames) : process_instrument(self, n_frames);
  leave(self, &sound, out, n_frames);
}

void fiq_engine_process(FiqEngine* self, const FiqEngineParams* params, const float* const* in,
                        const float* const* side, float* const* out, uint32_t n_frames)
{
  assert(self && params && out);
  self->params = *params;
  for (uint32_t done = 0; done < n_frames;) {
    if (self->position == 0) {
      fiq_engine_control(self);
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

/// Whether a key of that channel is played: of the one that is chosen, or of its zone. What ends or bends a note always is.
static bool is_chosen(const FiqEngine* self, const FiqMidiMessage* message)
{
  const int32_t  chosen = self->params.midi_channel;
  const uint32_t group  = fiq_midi_group(&self->swarm->swarm.notes.midi, message->channel);
  return chosen == 0 || message->kind != FIQ_MIDI_NOTE_ON || (int32_t)group + 1 == chosen ||
         (int32_t)message->channel + 1 == chosen;
}

void fiq_engine_midi(FiqEngine* self, const uint8_t* message, uint32_t size_bytes)
{
  assert(self && (message || size_bytes == 0));
  const FiqMidiMessage parsed = fiq_midi_parse(message, size_bytes);
  if (!is_chosen(self, &parsed)) {
    return;
  }
  fiq_engine_let_hear(self, &parsed);
  // Keys have nothing to say while the input alone is sung.
  if (!self->input.is_resynthesis || parsed.kind != FIQ_MIDI_NOTE_ON) {
    fiq_engine_give_syllable(self, &parsed);
    fiq_swarm_midi(&self->swarm->swarm, message, size_bytes, 0);
  }
}

void fiq_engine_set_tuning(FiqEngine* self, const FiqTuning* tuning)
{
  assert(self);
  fiq_notes_set_tuning(&self->swarm->swarm.notes, tuning);
  if (self->exchange.leaving) { // the tuning before may be released now
    fiq_notes_set_tuning(&self->exchange.leaving->swarm.notes, tuning);
  }
}

void fiq_engine_forget_mts(FiqEngine* self)
{
  assert(self && self->swarm);
  static const float none[FIQ_MTS_FLOATS] = {0.0f};
  fiq_notes_set_mts(&self->swarm->swarm.notes, none);
}

void fiq_engine_tempo(FiqEngine* self, const FiqTempo* tempo)
{
  assert(self && tempo);
  if (tempo->bpm >= 1.0 && tempo->bpm <= 10000.0) {
    self->tempo.bpm = tempo->bpm;
  }
  if (tempo->beats_per_bar >= 1.0 && tempo->beats_per_bar <= 128.0) {
    self->tempo.beats_per_bar = tempo->beats_per_bar;
  }
  fiq_engine_let_know_time(self, tempo);
  fiq_engine_follow_transport(self, tempo->is_moving);
}

const FiqEngineMeters* fiq_engine_meters(const FiqEngine* self)
{
  assert(self);
  return &self->report.meters;
}

void fiq_engine_watch(FiqEngine* self, bool watched)
{
  assert(self);
  self->report.watched = watched;
}

bool fiq_engine_telemetry(FiqEngine* self, FiqTelemetry* telemetry)
{
  assert(self && telemetry);
  return fiq_telemetry_read(&self->report.box, telemetry);
}
