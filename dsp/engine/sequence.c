// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/engine_state.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
  PARTNER_CHANNEL = 1,   ///< of its notes, 0..15: keys of the player's channel are not its own
  ALL_SOUND_OFF   = 120, ///< controllers
  ALL_NOTES_OFF   = 123
};

static const double melody_stays_s = 0.08;
static const float  melody_share   = 0.3f;   // of the loudest partial's level
static const float  melody_least   = 0.003f; // linear
static const float  goal_share     = 0.5f;   // of a goal's drive, of the whole range

void fiq_engine_reset_sequence(FiqEngine* self)
{
  assert(self);
  self->sequence.n_notes        = 0;
  self->sequence.time.bpm       = 0.0; // not known
  self->sequence.input_key      = -1;
  self->sequence.coming_key     = -1;
  self->sequence.coming_ticks   = 0;
  self->sequence.was_forgetting = self->params.sequence_forget;
  if (self->sequence.partner) {
    fiq_partner_reset(&self->sequence.partner->partner, self->seed);
  }
}

void fiq_engine_start_partner(FiqEngine* self)
{
  assert(self->sequence.partner);
  FiqEngineSequence* const kept    = &self->sequence;
  FiqPartner* const        partner = &kept->partner->partner;
  fiq_partner_reset(partner, self->seed);
  if (kept->time.bpm > 0.0) {
    fiq_partner_set_time(partner, &kept->time, kept->time_frame);
  }
}

void fiq_engine_let_hear(FiqEngine* self, const FiqMidiMessage* message)
{
  assert(self && message);
  if (!self->sequence.partner || self->params.sequence == FIQ_PARTNER_OFF) {
    return;
  }
  FiqPartner* const partner = &self->sequence.partner->partner;
  const uint64_t    frame   = fiq_engine_next_frame(self);
  if (message->kind == FIQ_MIDI_NOTE_ON && message->value > 0.0f) {
    const float velocity = fiq_clamp(message->value * 127.0f + 0.5f, 1.0f, 127.0f);
    fiq_partner_hear(partner, frame, message->number, (uint32_t)velocity);
  } else if (message->kind == FIQ_MIDI_NOTE_ON || message->kind == FIQ_MIDI_NOTE_OFF) {
    fiq_partner_hear(partner, frame, message->number, 0);
  } else if (message->kind == FIQ_MIDI_CONTROLLER &&
             (message->number == ALL_SOUND_OFF || message->number == ALL_NOTES_OFF)) {
    fiq_partner_release(partner);
  }
}

void fiq_engine_let_know_time(FiqEngine* self, const FiqTempo* tempo)
{
  assert(self && tempo);
  FiqEngineSequence* const kept = &self->sequence;
  kept->time_frame              = fiq_engine_next_frame(self);
  kept->time                    = (FiqPartnerTime){.bpm           = self->tempo.bpm,
                                                   .beats_per_bar = self->tempo.beats_per_bar,
                                                   .is_rolling    = tempo->is_rolling && fabs(tempo->beats) < 1e9,
                                                   .beats         = tempo->beats};
  if (kept->partner) {
    fiq_partner_set_time(&kept->partner->partner, &kept->time, kept->time_frame);
  }
}

/// Let the swarm sing what the partner plays, and keep it for whoever takes it.
static void play(FiqEngine* self, const FiqPartnerEvent* event, uint64_t frame)
{
  assert(self && event);
  FiqSwarm* const swarm      = &self->swarm->swarm;
  const uint8_t   message[3] = {(uint8_t)((event->velocity > 0 ? 0x90 : 0x80) | PARTNER_CHANNEL),
                                event->key, event->velocity};
  if (event->velocity > 0) {
    fiq_engine_sing_key(self, PARTNER_CHANNEL, event->key, (uint32_t)(event->frame - frame));
  }
  fiq_swarm_midi(swarm, message, 3, (uint32_t)(event->frame - frame));
  if (self->sequence.n_notes < FIQ_PARTNER_EVENTS) {
    self->sequence.note[self->sequence.n_notes++] = *event;
  }
}

/// Key and velocity of the melody that the analysis hears at the input, -1 for none: its lowest partial that is not
/// much softer than the loudest.
static int32_t melody_key(const FiqEngine* self, uint32_t* velocity)
{
  uint32_t                            n     = 0;
  const FiqPartialTrackerVoice* const voice = fiq_partial_tracker_voices(&self->input.tracker, &n);
  float                               loudest = 0.0f;
  float                               lowest  = 1e9f;
  for (uint32_t i = 0; i < n; ++i) {
    loudest = fmaxf(loudest, voice[i].level);
  }
  for (uint32_t i = 0; i < n; ++i) {
    lowest = voice[i].level > melody_share * loudest ? fminf(lowest, voice[i].hz) : lowest;
  }
  if (loudest < melody_least || lowest > 1e8f || lowest < 20.0f) {
    return -1;
  }
  *velocity = (uint32_t)fiq_clamp(127.0f + 2.0f * fiq_gain_to_db(loudest), 1.0f, 127.0f);
  return (int32_t)fiq_clamp(69.5f + 12.0f * log2f(lowest / 440.0f), 0.0f, 127.0f);
}

/// Let the partner hear the melody at the input, once a key has stayed for a moment.
static void hear_input(FiqEngine* self, FiqPartner* partner, uint64_t frame)
{
  FiqEngineSequence* const kept     = &self->sequence;
  uint32_t                 velocity = 0;
  const int32_t            key =
      self->input.tracks && fiq_engine_sings_input(self) ? melody_key(self, &velocity) : -1;
  const uint32_t stays =
      (uint32_t)(melody_stays_s * self->config.sample_rate_hz / self->control_frames);
  kept->coming_ticks = key == kept->coming_key ? kept->coming_ticks + 1 : 0;
  kept->coming_key   = key;
  if (key == kept->input_key || kept->coming_ticks < stays) {
    return;
  }
  // It has been there for so long already.
  const uint64_t since = (uint64_t)kept->coming_ticks * self->control_frames;
  const uint64_t at    = frame > since ? frame - since : 0;
  if (kept->input_key >= 0) {
    fiq_partner_hear(partner, at, (uint32_t)kept->input_key, 0);
  }
  if (key >= 0) {
    fiq_partner_hear(partner, at, (uint32_t)key, velocity);
  }
  kept->input_key = key;
}

void fiq_engine_control_sequence(FiqEngine* self)
{
  assert(self);
  const FiqEngineParams* const p       = &self->params;
  FiqEngineSequence* const     kept    = &self->sequence;
  const bool                   forgets = p->sequence_forget && !kept->was_forgetting;
  kept->was_forgetting                 = p->sequence_forget;
  if (!kept->partner) {
    return;
  }
  FiqPartner* const partner = &kept->partner->partner;
  if (forgets) {
    fiq_partner_forget(partner, self->seed);
  }
  if (p->sequence == FIQ_PARTNER_OFF && partner->mode == FIQ_PARTNER_OFF) {
    return;
  }
  const uint64_t frame = self->n_ticks * self->control_frames;
  hear_input(self, partner, frame);
  // Goals of the sound move the line, too: bright is high, dense is many notes.
  const FiqGoalController* const goals  = &self->goals.controller;
  const float                    bright = fiq_goal_controller_drive(goals, FIQ_GOAL_BRIGHTNESS);
  const float                    dense  = fiq_goal_controller_drive(goals, FIQ_GOAL_DENSITY);
  const FiqPartnerParams         params = {
              .mode    = p->sequence,
              .capture = p->sequence_capture,
              .bars    = (uint32_t)p->sequence_bars,
              .link    = p->sequence_link,
              .others = {self->phase.field.pitches, self->phase.field.plays, self->phase.field.yields,
                         self->phase.field.chords},
              .play   = {.surprise = p->sequence_surprise,
                         .warning  = p->stabilise ? self->phase.core.confidence : 0.0f,
                         .harmony  = p->sequence_harmony,
                         .density  = fiq_clamp(p->sequence_density + goal_share * dense, 0.0f, 1.0f),
                         .register_ = fiq_clamp(p->sequence_register + goal_share * bright, 0.0f, 1.0f),
                         .lowest    = (uint8_t)p->sequence_lowest,
                         .highest   = (uint8_t)p->sequence_highest}};
  fiq_partner_step(partner, &params, frame, self->control_frames);
  for (uint32_t i = 0; i < partner->n_events; ++i) {
    play(self, &partner->event[i], frame);
  }
  FiqEngineMeters* const meters = &self->report.meters;
  meters->sequence_notes        = (float)partner->improviser.n_notes;
  meters->sequence_entropy      = partner->improviser.key_choice.entropy;
  meters->sequence_surprised    = fminf(1.0f, partner->improviser.key_choice.surprise);
  meters->sequence_temperature  = partner->improviser.key_choice.temperature;
}

bool fiq_engine_take_note(FiqEngine* self, uint32_t n_frames, FiqEngineNote* note)
{
  assert(self && note);
  FiqEngineSequence* const kept  = &self->sequence;
  const uint64_t           end   = fiq_engine_next_frame(self);
  const uint64_t           begin = end > n_frames ? end - n_frames : 0;
  if (kept->n_notes == 0 || kept->note[0].frame >= end) {
    return false;
  }
  const FiqPartnerEvent* const first = &kept->note[0];
  note->at_frame                     = first->frame > begin ? (uint32_t)(first->frame - begin) : 0;
  note->message[0] = (uint8_t)((first->velocity > 0 ? 0x90 : 0x80) | PARTNER_CHANNEL);
  note->message[1] = first->key;
  note->message[2] = first->velocity;
  --kept->n_notes;
  memmove(&kept->note[0], &kept->note[1], kept->n_notes * sizeof(kept->note[0]));
  return true;
}

uint32_t fiq_engine_learned_generation(const FiqEngine* self)
{
  assert(self);
  return self->sequence.partner ? self->sequence.partner->partner.improviser.generation : 0;
}

uint32_t fiq_engine_n_learned(const FiqEngine* self)
{
  assert(self);
  return self->sequence.partner ? self->sequence.partner->partner.improviser.n_notes : 0;
}

void fiq_engine_copy_learned(const FiqEngine* self, FiqLearnedNote* notes, uint32_t first,
                             uint32_t n)
{
  assert(self && notes);
  if (self->sequence.partner) {
    const FiqImproviser* const kept   = &self->sequence.partner->partner.improviser;
    const uint32_t             oldest = kept->newest + kept->window - kept->n_notes;
    for (uint32_t i = 0; i < n; ++i) {
      notes[i] = kept->note[(oldest + first + i) % kept->window];
    }
  }
}

void fiq_engine_describe_sequence(const FiqEngine* self, FiqSequenceTelemetry* draft)
{
  assert(self && draft);
  _Static_assert((int)FIQ_TELEMETRY_KEYS == (int)FIQ_MELODY_KEYS, "there is a chance for each key");
  memset(draft, 0, sizeof(*draft));
  draft->agreed = FIQ_NO_TRIAD;
  if (!self->sequence.partner || self->params.sequence == FIQ_PARTNER_OFF) {
    return;
  }
  const FiqImproviser* const improviser = &self->sequence.partner->partner.improviser;
  const FiqNoteChoice* const choice     = &improviser->key_choice;
  draft->n_learned                      = improviser->n_notes;
  draft->agreed                         = self->sequence.partner->partner.agreed;
  if (choice->n_history > 0) {
    draft->entropy     = choice->entropy;
    draft->surprise    = choice->surprise;
    draft->temperature = choice->temperature;
    draft->shaken      = choice->shaken;
    draft->n_chances   = FIQ_TELEMETRY_KEYS;
    memcpy(draft->chance, improviser->chance, sizeof(draft->chance));
  }
}

uint32_t fiq_engine_partner_pitches(const FiqEngine* self)
{
  assert(self);
  return self->sequence.partner ? fiq_partner_pitches(&self->sequence.partner->partner) : 0;
}

FiqChordVote fiq_engine_partner_vote(const FiqEngine* self)
{
  assert(self);
  return self->sequence.partner ? self->sequence.partner->partner.vote : (FiqChordVote){{0, 0}};
}

bool fiq_engine_partner_range(const FiqEngine* self, float* share)
{
  assert(self && share);
  const int32_t low  = self->params.sequence_lowest;
  const int32_t high = self->params.sequence_highest;
  const bool    is_wished =
      low < high ? low > 0 || high < FIQ_MELODY_KEYS - 1 : high > 0 || low < FIQ_MELODY_KEYS - 1;
  if (!is_wished || !self->sequence.partner || self->params.sequence == FIQ_PARTNER_OFF) {
    return false;
  }
  *share = fiq_improviser_in_range(&self->sequence.partner->partner.improviser, (uint8_t)low,
                                   (uint8_t)high);
  return true;
}

bool fiq_engine_partner_plays(const FiqEngine* self)
{
  assert(self);
  return self->sequence.partner && self->sequence.partner->partner.is_playing;
}
