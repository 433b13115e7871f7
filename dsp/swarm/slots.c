// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/swarm/swarm_state.h"

#include <assert.h>
#include <string.h>

enum { PARTIALS = FIQ_SWARM_PARTIALS_MAX };

static float coordinate(const FiqSwarm* self, float pitch)
{
  assert(isfinite(pitch));
  const float f0 = FIQ_ANNEAL_F0_HZ;
  // ln 440 / f0, and one semitone, in units of the axis.
  return self->step.cents ? f0 * 0.519843435f + (pitch - 69.0f) * (f0 * 0.0577622650f)
                          : fiq_note_to_hz(pitch);
}

static uint8_t free_note_slot(const FiqSwarm* self, uint32_t wanted)
{
  assert(wanted < FIQ_CARRIERS_MAX);
  if (!self->slots.taken[wanted]) {
    return (uint8_t)wanted;
  }
  for (uint32_t k = FIQ_CARRIERS_MAX; k-- > 0;) {
    if (!self->slots.taken[k]) {
      return (uint8_t)k;
    }
  }
  return FIQ_SWARM_NO_SLOT;
}

/// With all slots taken a note gets that of a voice.
static uint8_t slot_of_a_voice(FiqSwarm* self)
{
  assert(self);
  for (uint32_t v = 0; v < FIQ_SWARM_VOICES_MAX; ++v) {
    if (self->slots.held[v].used) {
      self->slots.held[v].used = false;
      return self->slots.held[v].slot;
    }
  }
  return FIQ_SWARM_NO_SLOT;
}

/// Every note that sounds has a slot, its own number if that is free.
void fiq_swarm_place_notes(FiqSwarm* self)
{
  assert(self);
  for (uint32_t k = 0; k < FIQ_NOTES_MAX; ++k) {
    const bool sounds = self->notes.note[k].stage != FIQ_NOTE_IDLE;
    uint8_t*   slot   = &self->slots.of_note[k];
    if (!sounds && *slot != FIQ_SWARM_NO_SLOT) {
      self->slots.taken[*slot] = false;
      *slot                    = FIQ_SWARM_NO_SLOT;
    }
  }
  for (uint32_t k = 0; k < FIQ_NOTES_MAX; ++k) {
    FiqNote* const note   = &self->notes.note[k];
    const bool     sounds = note->stage != FIQ_NOTE_IDLE;
    if (sounds && self->slots.of_note[k] == FIQ_SWARM_NO_SLOT) {
      const uint8_t slot = free_note_slot(self, k);
      // There are as many slots as notes, so one that no note has is free or a voice's.
      self->slots.of_note[k] = slot != FIQ_SWARM_NO_SLOT ? slot : slot_of_a_voice(self);
      self->slots.taken[self->slots.of_note[k]] = true;
      note->fresh                               = true;
    }
  }
}

/// Voices come with a fade and go with one; then their slot is free.
void fiq_swarm_move_voices(FiqSwarm* self)
{
  assert(self);
  const float part = 1.0f / (float)self->slew_steps;
  for (uint32_t v = 0; v < FIQ_SWARM_VOICES_MAX; ++v) {
    FiqSwarmHeld* const held = &self->slots.held[v];
    if (!held->used) {
      continue;
    }
    held->fade = fiq_clamp(held->fade + (held->asked ? part : -part), 0.0f, 1.0f);
    if (held->fade <= 0.0f) {
      held->used                    = false;
      self->slots.taken[held->slot] = false;
    }
  }
}

/// Level, brightness, vowel and breath of a slot as they are moved.
static void set_moved(FiqSwarm* self, uint32_t slot, const float* moved, const FiqFormants* vowel)
{
  assert(slot < FIQ_CARRIERS_MAX);
  const FiqSwarmTone* const tone = &self->step.params.tone;
  const float               gain = fabsf(moved[FIQ_TO_LEVEL]) > 0.0f
                                       ? fiq_db_to_gain(24.0f * fiq_min(moved[FIQ_TO_LEVEL], 1.0f))
                                       : 1.0f;
  self->slots.level[slot] *= gain;
  self->slots.tilt[slot] += 2.0f * fiq_clamp(moved[FIQ_TO_TILT], -2.0f, 2.0f);
  self->slots.formants[slot] =
      fabsf(moved[FIQ_TO_VOWEL]) > 0.0f && tone->formants > 0.0f
          ? fiq_formants_vowel(tone->vowel + moved[FIQ_TO_VOWEL], tone->formants)
          : *vowel;
  self->breath.note[slot] = (FiqSwarmBreathNote){
      .level = gain, .share = moved[FIQ_TO_BREATH], .formants = self->slots.formants[slot]};
}

static void set_target(FiqSwarm* self, FiqAnnealTarget* target)
{
  assert(target);
  memset(target, 0, sizeof *target);
  memset(self->slots.level, 0, sizeof self->slots.level);
  memset(self->slots.tilt, 0, sizeof self->slots.tilt);
  memset(self->singing.amount, 0, sizeof self->singing.amount);
  memset(self->singing.noise, 0, sizeof self->singing.noise);
  const FiqSwarmTone* const tone = &self->step.params.tone;
  const FiqFormants vowel = tone->formants > 0.0f ? fiq_formants_vowel(tone->vowel, tone->formants)
                                                  : (FiqFormants){.n = 0};
  for (uint32_t k = 0; k < FIQ_NOTES_MAX; ++k) {
    FiqNote* const note = &self->notes.note[k];
    const uint8_t  slot = self->slots.of_note[k];
    if (slot != FIQ_SWARM_NO_SLOT) {
      const float* const moved = fiq_swarm_move_note(self, slot, note);
      const float        pitch =
          fiq_notes_pitch(note) + 12.0f * fiq_clamp(moved[FIQ_TO_PITCH], -3.0f, 3.0f);
      target->x[slot]         = coordinate(self, pitch);
      target->mass[slot]      = fiq_notes_mass(&self->notes, note);
      target->fresh[slot]     = note->fresh;
      self->slots.level[slot] = fiq_notes_level(&self->notes, note) * self->step.params.key_level;
      self->slots.velocity[slot] = note->velocity;
      self->slots.tilt[slot]     = 2.0f * fiq_notes_brightness(&self->notes, note);
      set_moved(self, slot, moved, &vowel);
      fiq_swarm_sing_note(self, slot, note, fiq_note_to_hz(pitch));
    }
    note->fresh = false;
  }
  const float top_hz = FIQ_LOBE_NU_MAX * (float)self->sample_rate_hz;
  for (uint32_t v = 0; v < FIQ_SWARM_VOICES_MAX; ++v) {
    FiqSwarmHeld* const held = &self->slots.held[v];
    if (held->used) {
      const float hz                   = fiq_clamp(held->voice.hz, 8.0f, top_hz);
      target->x[held->slot]            = self->step.cents ? fiq_swarm_converted(true, hz) : hz;
      target->mass[held->slot]         = held->voice.mass;
      target->fresh[held->slot]        = held->fresh;
      self->slots.level[held->slot]    = held->voice.level * held->fade;
      self->slots.velocity[held->slot] = 1.0f;
      set_moved(self, held->slot, fiq_swarm_move_note(self, held->slot, NULL), &vowel);
      held->fresh = false;
    }
  }
  const bool is_asked = rintf(self->step.params.sharpness_mode) == (float)FIQ_SHARPNESS_CARRIER;
  for (uint32_t k = 0; is_asked && k < FIQ_CARRIERS_MAX; ++k) {
    target->coherence[k] = sqrtf(fiq_clamp(self->groups.order2[k * PARTIALS], 0.0f, 1.0f));
  }
}

/// Width of the cloud: that of the notes, each as it is moved, in the mean.
static float moved_scatter(const FiqSwarm* self, const FiqAnnealTarget* target)
{
  assert(self && target);
  const float base = self->step.params.scatter_octaves;
  float       sum  = 0.0f;
  float       n    = 0.0f;
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX && fiq_swarm_moves(self, FIQ_TO_SCATTER); ++k) {
    const bool sounds = target->mass[k] > 0.0f;
    sum += sounds ? 6.0f * self->motion.note[k].target[FIQ_TO_SCATTER] : 0.0f;
    n += sounds ? 1.0f : 0.0f;
  }
  return fiq_clamp(base + sum / fiq_max(n, 1.0f), 0.0f, 8.0f);
}

/// Where a cloud of `octaves` around the mean of the chord begins and ends.
static void set_cloud(const FiqSwarm* self, const FiqAnnealTarget* target, FiqAnnealParams* params)
{
  assert(target && params);
  const FiqSwarmFrame* step = &self->step;
  float                sum  = 0.0f;
  float                n    = 0.0f;
  for (int k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    if (target->mass[k] > 0.0f) {
      sum += step->cents ? target->x[k] : fiq_swarm_converted(true, target->x[k]);
      n += 1.0f;
    }
  }
  const float centre   = sum / fiq_max(n, 1.0f);
  const float half     = 0.5f * moved_scatter(self, target) * 0.693147181f * FIQ_ANNEAL_F0_HZ;
  const float low      = half > 0.0f ? centre - half : centre;
  const float high     = half > 0.0f ? centre + half : centre;
  params->scatter_low  = step->cents ? low : fiq_swarm_converted(false, low);
  params->scatter_high = step->cents ? high : fiq_swarm_converted(false, high);
}

void fiq_swarm_begin_carriers(FiqSwarm* self)
{
  assert(self);
  const FiqSwarmFrame* step   = &self->step;
  const float          top_hz = FIQ_LOBE_NU_MAX * (float)self->sample_rate_hz;
  const float          low    = step->cents ? fiq_swarm_converted(true, 8.0f) : 8.0f;
  const float          high   = step->cents ? fiq_swarm_converted(true, top_hz) : top_hz;
  const float          mode   = fiq_clamp(rintf(step->params.sharpness_mode), 0.0f, 3.0f);
  FiqAnnealParams      params = {.noise          = step->params.noise_hz,
                                 .strength       = step->params.strength,
                                 .sharpness      = step->params.sharpness,
                                 .balance        = step->params.balance,
                                 .anneal_s       = fiq_max(step->params.anneal_s, 0.01f),
                                 .x_low          = low,
                                 .x_high         = high,
                                 .sharpness_mode = (FiqSharpness)(int)mode,
                                 .temperature    = step->params.temperature,
                                 .curve          = step->params.anneal_curve};
  FiqAnnealTarget      target;
  set_target(self, &target);
  fiq_swarm_end_motion(self);
  fiq_swarm_end_singing(self);
  set_cloud(self, &target, &params);
  if (step->restart) {
    fiq_anneal_scatter(&self->anneal);
  }
  if (step->convert) {
    for (int k = 0; k < FIQ_CARRIERS_MAX; ++k) {
      self->anneal.carriers.now[k] = fiq_swarm_converted(step->cents, self->anneal.carriers.now[k]);
    }
  }
  const float period_s = (float)((double)self->step_frames / self->sample_rate_hz);
  fiq_anneal_begin(&self->anneal, &params, &target, step->n_run, period_s);
}

bool fiq_swarm_is_sounding(const FiqSwarm* self)
{
  assert(self);
  bool sounding = fiq_notes_sounding(&self->notes);
  for (uint32_t v = 0; v < FIQ_SWARM_VOICES_MAX && !sounding; ++v) {
    sounding = self->slots.held[v].used;
  }
  return sounding;
}

/// Who has no slot yet gets one; without any left the voice is not heard.
static void admit_voice(FiqSwarm* self, const FiqSwarmVoice* voice)
{
  assert(voice->hz > 0.0f && voice->mass > 0.0f);
  const uint8_t slot = free_note_slot(self, FIQ_CARRIERS_MAX - 1);
  for (uint32_t v = 0; slot != FIQ_SWARM_NO_SLOT && v < FIQ_SWARM_VOICES_MAX; ++v) {
    if (!self->slots.held[v].used) {
      self->slots.held[v] =
          (FiqSwarmHeld){.voice = *voice, .slot = slot, .used = true, .asked = true, .fresh = true};
      self->slots.taken[slot] = true;
      return;
    }
  }
}

static FiqSwarmHeld* find_voice(FiqSwarm* self, uint32_t id)
{
  assert(self);
  for (uint32_t v = 0; v < FIQ_SWARM_VOICES_MAX; ++v) {
    if (self->slots.held[v].used && self->slots.held[v].voice.id == id) {
      return &self->slots.held[v];
    }
  }
  return NULL;
}

void fiq_swarm_set_voices(FiqSwarm* self, const FiqSwarmVoice* voices, uint32_t n)
{
  assert(self && (voices || n == 0));
  assert(n <= FIQ_SWARM_VOICES_MAX);
  for (uint32_t v = 0; v < FIQ_SWARM_VOICES_MAX; ++v) {
    self->slots.held[v].asked = false;
  }
  for (uint32_t i = 0; i < n; ++i) {
    assert(voices[i].hz > 0.0f && voices[i].mass > 0.0f);
    FiqSwarmHeld* const held = find_voice(self, voices[i].id);
    if (!held) {
      admit_voice(self, &voices[i]);
      continue;
    }
    // Every change of mass moves oscillators; only one that is heard may.
    const float ratio = voices[i].mass / held->voice.mass;
    const float mass  = ratio > 1.25f || ratio < 0.8f ? voices[i].mass : held->voice.mass;
    held->voice       = voices[i];
    held->voice.mass  = mass;
    held->asked       = true;
  }
}
