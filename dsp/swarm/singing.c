// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/swarm/swarm_state.h"

#include <assert.h>
#include <string.h>

enum { POINTS = FIQ_BREATH_POINTS };

static const float onset_max_s   = 0.06f; // from the key to the vowel
static const float ahead_s       = 0.3f;  // latency of consonants ahead of the beat
static const float ahead_onset_s = 0.2f;  // of which onsets take so much at most
static const float same_beat_s   = 0.02f; // how much later a key may end and yet end with the beat

/// The syllable that came with a key for this note since the last step, if any did.
static const FiqSwarmSyllable* find_syllable(const FiqSwarm* self, const FiqNote* note)
{
  assert(note);
  const FiqSwarmWords* const words = &self->words;
  const uint32_t             n = words->n < FIQ_SWARM_SYLLABLES ? words->n : FIQ_SWARM_SYLLABLES;
  if (n == 0 || words->newest_frame + self->step_frames <= self->frame) {
    return NULL;
  }
  for (uint32_t i = 1; i <= n; ++i) {
    const FiqSwarmSyllable* const entry = &words->ring[(words->n - i) % FIQ_SWARM_SYLLABLES];
    if (entry->frame <= self->frame && entry->frame + self->step_frames > self->frame &&
        entry->channel == note->channel && entry->key == note->key) {
      return entry;
    }
  }
  return NULL;
}

static float seconds(const FiqSwarm* self, uint64_t frames)
{
  return (float)((double)frames / self->sample_rate_hz);
}

uint32_t fiq_swarm_ahead_frames(const FiqSwarm* self)
{
  assert(self->sample_rate_hz > 0.0);
  return self->params.tone.words_ahead ? (uint32_t)lrint((double)ahead_s * self->sample_rate_hz)
                                       : 0;
}

uint64_t fiq_swarm_due_frame(const FiqSwarm* self, uint32_t offset)
{
  assert(self);
  return self->frame + offset + fiq_swarm_ahead_frames(self);
}

uint64_t fiq_swarm_strike_frame(const FiqSwarm* self, uint32_t channel, uint32_t key,
                                uint32_t offset)
{
  assert(self);
  const FiqSwarmWords* const words = &self->words;
  const uint32_t             n = words->n < FIQ_SWARM_SYLLABLES ? words->n : FIQ_SWARM_SYLLABLES;
  for (uint32_t i = 1; i <= n; ++i) {
    const FiqSwarmSyllable* const entry = &words->ring[(words->n - i) % FIQ_SWARM_SYLLABLES];
    if (entry->struck_frame == self->frame + offset && entry->channel == channel &&
        entry->key == key) {
      return entry->frame;
    }
  }
  return fiq_swarm_due_frame(self, offset);
}

/// The syllable that the key of a queued event sings until `frame`.
static const FiqSwarmSyllable* sung_by(const FiqSwarm* self, const FiqNoteEvent* event,
                                       uint64_t frame)
{
  assert(event);
  const FiqSwarmWords* const words = &self->words;
  const uint32_t             n = words->n < FIQ_SWARM_SYLLABLES ? words->n : FIQ_SWARM_SYLLABLES;
  for (uint32_t i = 1; i <= n; ++i) {
    const FiqSwarmSyllable* const entry = &words->ring[(words->n - i) % FIQ_SWARM_SYLLABLES];
    if (entry->channel == event->channel && entry->key == event->key && entry->frame < frame) {
      return entry;
    }
  }
  return NULL;
}

/// Keys that end with the beat of the syllable that begins at `frame` make room for it.
static void end_sooner(FiqSwarm* self, uint64_t frame, uint64_t beat_frame)
{
  assert(frame <= beat_frame);
  const uint64_t last = beat_frame + (uint64_t)((double)same_beat_s * self->sample_rate_hz);
  for (uint32_t i = 0; i < self->notes.n_queued; ++i) {
    const FiqNoteEvent* const     event = &self->notes.queue[i];
    const FiqSwarmSyllable* const sung  = event->kind == FIQ_EVENT_NOTE_OFF && event->frame <= last
                                              ? sung_by(self, event, frame)
                                              : NULL;
    if (!sung) {
      continue;
    }
    const uint64_t coda   = (uint64_t)((double)sung->coda_s * self->sample_rate_hz);
    const uint64_t steady = sung->frame + (uint64_t)((double)sung->steady_s * self->sample_rate_hz);
    const uint64_t wanted = frame > coda + steady ? frame - coda : steady;
    const uint64_t end    = wanted < frame ? wanted : frame - 1;
    if (end < event->frame) {
      fiq_notes_hasten(&self->notes, i, end);
    }
  }
}

void fiq_swarm_sing(FiqSwarm* self, uint32_t channel, uint32_t key, const FiqSyllable* syllable,
                    uint32_t offset)
{
  assert(self && syllable);
  assert(channel < FIQ_NOTES_CHANNELS && key < 128);
  assert(fiq_syllable_is_valid(syllable));
  FiqSwarmWords* const words = &self->words;
  const bool           ahead = self->params.tone.words_ahead;
  FiqSwarmSyllable     entry = {.struck_frame = self->frame + offset,
                                .frame        = fiq_swarm_due_frame(self, offset),
                                .onset_max_s  = ahead ? ahead_onset_s : onset_max_s,
                                .channel      = (uint8_t)channel,
                                .key          = (uint8_t)key,
                                .syllable     = *syllable};
  FiqUtterance         trial;
  fiq_utterance_begin(&trial, syllable, entry.onset_max_s);
  entry.coda_s   = trial.coda_s;
  entry.steady_s = trial.steady_s;
  if (ahead) {
    const uint64_t beat_frame = entry.frame;
    entry.frame -= (uint64_t)((double)trial.onset_s * self->sample_rate_hz);
    end_sooner(self, entry.frame, beat_frame);
  }
  words->ring[words->n % FIQ_SWARM_SYLLABLES] = entry;
  words->newest_frame = entry.frame > words->newest_frame ? entry.frame : words->newest_frame;
  words->n += 1;
}

/// A new syllable begins where the old one is, if one sounds.
static void begin_syllable(FiqSwarm* self, uint32_t slot, const FiqSwarmSyllable* entry)
{
  assert(slot < FIQ_CARRIERS_MAX);
  FiqSwarmSinging* const singing   = &self->singing;
  FiqUtterance* const    utterance = &singing->utterance[slot];
  if (singing->sings[slot] && entry->frame >= singing->began[slot]) {
    fiq_utterance_follow(utterance, seconds(self, entry->frame - singing->began[slot]),
                         &entry->syllable, entry->onset_max_s);
  } else {
    fiq_utterance_begin(utterance, &entry->syllable, entry->onset_max_s);
  }
  singing->began[slot] = entry->frame;
  singing->sings[slot] = true;
}

/// The tract of a note that has a syllable, in this step; how long it sounds on after its end is told to the note.
static FiqTract advance_syllable(FiqSwarm* self, uint32_t slot, FiqNote* note, float note_hz)
{
  assert(self->singing.sings[slot]);
  FiqUtterance* const utterance = &self->singing.utterance[slot];
  const uint64_t      began     = self->singing.began[slot];
  const float         now_s     = seconds(self, self->frame - began);
  const bool          held      = note->stage == FIQ_NOTE_ATTACK || note->stage == FIQ_NOTE_HOLD;
  if (held) {
    note->tail_s =
        utterance->released ? 0.0f : utterance->coda_s + fiq_max(utterance->steady_s - now_s, 0.0f);
  } else if (!utterance->released && now_s >= utterance->steady_s) {
    const uint64_t end   = note->end_frame > began ? note->end_frame - began : 0;
    const float    end_s = fiq_max(seconds(self, end), utterance->steady_s);
    fiq_utterance_release(utterance, fiq_min(end_s, now_s));
  }
  return fiq_utterance_tract(utterance, &self->step.params.tone.voice, now_s, note_hz);
}

/// Spectrum of the noise of a tract, which most steps have in common with the one before.
static void set_noise(FiqSwarm* self, uint32_t slot, const FiqNote* note, const FiqTract* tract)
{
  assert(slot < FIQ_CARRIERS_MAX);
  FiqSwarmSinging* const singing = &self->singing;
  FiqNote                full    = *note;
  full.level                     = 1.0f;
  singing->noise[slot] = fiq_notes_level(&self->notes, &full) * self->step.params.key_level;
  if (!singing->shaped[slot] || memcmp(&singing->tract[slot], tract, sizeof *tract) != 0) {
    singing->drawn[slot].n = 0;
    fiq_tract_noise(tract, self->breath.noise.hz, self->breath.noise.width,
                    singing->density + (size_t)slot * POINTS, POINTS);
  }
  singing->shaped[slot] = true;
}

void fiq_swarm_sing_note(FiqSwarm* self, uint32_t slot, FiqNote* note, float note_hz)
{
  assert(self && note);
  assert(slot < FIQ_CARRIERS_MAX);
  FiqSwarmSinging* const    singing = &self->singing;
  const FiqSwarmTone* const tone    = &self->step.params.tone;
  const uint8_t             number  = (uint8_t)(note - self->notes.note);
  if (singing->struck[slot] != note->start_frame) {
    singing->sings[slot] = singing->sings[slot] && singing->of_note[slot] == number;
  }
  singing->struck[slot]               = note->start_frame;
  singing->of_note[slot]              = number;
  const FiqSwarmSyllable* const entry = find_syllable(self, note);
  if (entry) {
    begin_syllable(self, slot, entry);
  }
  note->tail_s = singing->sings[slot] ? note->tail_s : 0.0f;
  if (!singing->sings[slot] && tone->voice_amount <= 0.0f) {
    return;
  }
  FiqTract tract;
  memset(&tract, 0, sizeof tract); // that equal ones have equal bytes
  if (singing->sings[slot]) {
    tract                 = advance_syllable(self, slot, note, note_hz);
    singing->amount[slot] = 1.0f;
  } else {
    const float moved     = self->motion.note[slot].target[FIQ_TO_VOWEL];
    tract                 = fiq_voice_vowel(&tone->voice, tone->vowel + moved, note_hz);
    singing->amount[slot] = tone->voice_amount;
    tract.murmur *= tone->voice_amount;
  }
  // Consonants have their own times, but die with the note; what goes with the tone follows its envelope.
  const bool dies =
      note->stage == FIQ_NOTE_CUT || (note->stage == FIQ_NOTE_RELEASE && note->tail_s <= 0.0f);
  const float fade = dies ? fiq_min(note->level, 1.0f) : 1.0f;
  tract.murmur *= fiq_min(note->level, 1.0f);
  tract.breath *= fade;
  tract.hiss_level *= fade;
  set_noise(self, slot, note, &tract);
  singing->tract[slot] = tract;
  self->slots.level[slot] *= tract.voicing;
}

void fiq_swarm_shape_partials(FiqSwarm* self, uint32_t slot, float note_hz, float* gain)
{
  assert(self && gain);
  assert(slot < FIQ_CARRIERS_MAX);
  FiqSwarmSinging* const singing = &self->singing;
  FiqSwarmCurve* const   drawn   = &singing->drawn[slot];
  float* const           curve   = singing->curve + (size_t)slot * FIQ_SWARM_PARTIALS_MAX;
  const FiqSwarmCurve    now     = {.hz      = note_hz,
                                    .stretch = self->step.params.stretch,
                                    .amount  = singing->amount[slot],
                                    .n       = self->step.n_partials};
  if (memcmp(drawn, &now, sizeof now) != 0) {
    for (uint32_t h = 0; h < now.n; ++h) {
      curve[h] = 1.0f;
    }
    fiq_tract_apply(&singing->tract[slot], now.amount, self->partials.ratio, now.hz, curve, now.n);
    *drawn = now;
  }
  for (uint32_t h = 0; h < now.n; ++h) {
    gain[h] *= curve[h];
  }
}

void fiq_swarm_end_singing(FiqSwarm* self)
{
  assert(self);
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    self->singing.sings[k]  = self->singing.sings[k] && self->slots.taken[k];
    self->singing.shaped[k] = self->singing.shaped[k] && self->slots.taken[k];
  }
}
