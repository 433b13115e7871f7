// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/swarm/swarm_state.h"

#include <assert.h>
#include <string.h>

enum { PARTIALS = FIQ_SWARM_PARTIALS_MAX };

static const float key_octaves = 3.0f;
static const float cent        = 0.693147181f / 1200.0f;
static const float pan_narrows = 3.0f; // how steeply members fall off beside the place of a note

void fiq_swarm_advance_lfos(FiqSwarm* self)
{
  assert(self->step_frames > 0);
  assert(self->sample_rate_hz > 0.0);
  const FiqSwarmTone* const tone   = &self->step.params.tone;
  const float               step_s = (float)self->step_frames / (float)self->sample_rate_hz;
  self->motion.moves               = fabsf(tone->envelope_octaves) > 0.0f;
  self->motion.targets             = 0;
  for (uint32_t i = 0; i < FIQ_MOTION_ROWS; ++i) {
    const FiqMotionRow* const row = &tone->motion.row[i];
    const bool                set =
        row->source != FIQ_FROM_NONE && row->target != FIQ_TO_NONE && fabsf(row->amount) > 0.0f;
    self->motion.moves = self->motion.moves || set;
    self->motion.targets |= set ? 1u << row->target : 0;
  }
  for (uint32_t k = 0; k < FIQ_MOTION_LFOS; ++k) {
    fiq_lfo_advance(&self->motion.common[k], tone->motion.lfo[k].rate_hz, step_s);
  }
}

/// On to this step: `began` is when the note was struck.
static void advance(FiqSwarm* self, uint32_t slot, float* source, bool held, uint64_t began)
{
  assert(self && source);
  assert(slot < FIQ_CARRIERS_MAX);
  FiqMotion* const note     = &self->motion.note[slot];
  const bool       is_new   = !self->motion.sounds[slot] || self->motion.began[slot] != began;
  const uint64_t   frames   = is_new ? self->frame - began : self->step_frames;
  const float      passed_s = (float)frames / (float)self->sample_rate_hz;
  if (!self->motion.sounds[slot]) {
    note->envelope = 0.0f;
  }
  if (is_new) {
    fiq_motion_start(note, fiq_anneal_hash((uint32_t)began + slot, self->seed));
  }
  self->motion.began[slot]     = began;
  self->motion.sounds[slot]    = true;
  source[FIQ_FROM_ORDER]       = sqrtf(fiq_clamp(self->groups.order2[slot * PARTIALS], 0.0f, 1.0f));
  source[FIQ_FROM_UNCERTAINTY] = self->groups.uncertainty;
  fiq_motion_advance(note, &self->step.params.tone.motion, self->motion.common, source, held,
                     passed_s);
}

const float* fiq_swarm_move_note(FiqSwarm* self, uint32_t slot, const FiqNote* note)
{
  assert(self);
  assert(slot < FIQ_CARRIERS_MAX);
  float source[FIQ_N_FROM] = {0};
  if (!self->motion.moves) {
    memset(self->motion.note[slot].target, 0, sizeof self->motion.note[slot].target);
    return self->motion.note[slot].target;
  }
  if (note) {
    source[FIQ_FROM_VELOCITY] = note->velocity;
    source[FIQ_FROM_KEY]      = ((float)note->key - 60.0f) * (1.0f / (12.0f * key_octaves));
    source[FIQ_FROM_WHEEL]    = fiq_notes_wheel(&self->notes, note->channel);
    source[FIQ_FROM_PRESSURE] = note->pressure;
    source[FIQ_FROM_TIMBRE]   = note->timbre;
    source[FIQ_FROM_LIFT]     = note->lift;
    const bool held           = note->stage == FIQ_NOTE_ATTACK || note->stage == FIQ_NOTE_HOLD;
    advance(self, slot, source, held, note->start_frame);
  } else {
    source[FIQ_FROM_VELOCITY] = 1.0f;
    const bool     goes_on    = self->motion.sounds[slot];
    const uint64_t began      = goes_on ? self->motion.began[slot] : self->frame;
    advance(self, slot, source, true, began);
  }
  return self->motion.note[slot].target;
}

bool fiq_swarm_moves(const FiqSwarm* self, FiqMotionTarget target)
{
  assert(self && target < FIQ_N_TO);
  return (self->motion.targets >> target & 1u) != 0;
}

/// Detune and sway of every note, as parts of the largest.
static void share_pitch(FiqSwarm* self)
{
  FiqSwarmFrame* const step        = &self->step;
  const float          most        = 100.0f * cent;
  const float          base_spread = step->spread;
  const float          base_sway   = step->params.tone.sway_share;
  float                most_sway   = 0.0f;
  step->detunes                    = fiq_swarm_moves(self, FIQ_TO_DETUNE);
  step->sways                      = step->n_sway > 0 && fiq_swarm_moves(self, FIQ_TO_SWAY);
  step->spread                     = step->detunes ? 0.0f : base_spread;
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    self->detune.share[k] = 1.0f;
  }
  if (!step->detunes && !step->sways) {
    return;
  }
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    const float* const moved = self->motion.note[k].target;
    self->detune.share[k]    = fiq_clamp(base_spread + most * moved[FIQ_TO_DETUNE], 0.0f, most);
    self->detune.sways[k]    = fiq_clamp(base_sway + moved[FIQ_TO_SWAY], 0.0f, 1.0f);
    step->spread = step->detunes ? fiq_max(step->spread, self->detune.share[k]) : step->spread;
    most_sway    = fiq_max(most_sway, self->detune.sways[k]);
  }
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    self->detune.share[k] =
        step->detunes && step->spread > 0.0f ? self->detune.share[k] / step->spread : 1.0f;
  }
  self->detune.swing *= step->sways ? most_sway : 1.0f;
}

/// Where a note stands nearer to one side its members on the other one are softer.
static void place_notes(FiqSwarm* self)
{
  FiqSwarmPlaces* const places = &self->places;
  self->step.pans              = fiq_swarm_moves(self, FIQ_TO_PAN);
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX && self->step.pans; ++k) {
    const float pan    = fiq_clamp(self->motion.note[k].target[FIQ_TO_PAN], -1.0f, 1.0f);
    const float narrow = pan * pan * pan_narrows;
    for (uint32_t p = 0; p < FIQ_LOBE_PLACES; ++p) {
      const float away     = places->at[p] - pan;
      places->weight[k][p] = fiq_exp(-narrow * away * away);
    }
  }
}

void fiq_swarm_share_motion(FiqSwarm* self)
{
  assert(self);
  share_pitch(self);
  place_notes(self);
}

void fiq_swarm_end_motion(FiqSwarm* self)
{
  assert(self);
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    self->motion.sounds[k] = self->motion.sounds[k] && self->slots.taken[k];
  }
}
