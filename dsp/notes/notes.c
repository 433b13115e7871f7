// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/notes/notes.h"

#include "dsp/base/maths.h"
#include "dsp/notes/just_intonation.h"

#include <assert.h>
#include <string.h>

enum { MPE_MEMBERS = 15 };

static const float release_floor = 0.001f;
static const float soft_gain     = 0.6f;
static const float smooth_tau_s  = 0.01f;
static const float bend_tau_s    = 0.002f;
static const float just_tau_s    = 0.03f;
static const float chord_s       = 0.05f; // keys struck within this time are one chord
static const float no_pitch      = -1000.0f;

void fiq_notes_init(FiqNotes* self, double sample_rate_hz, uint32_t shortest_frames)
{
  assert(self);
  assert(sample_rate_hz > 0.0);
  assert(shortest_frames > 0);
  self->sample_rate_hz = sample_rate_hz;
  self->shortest_s     = (float)(shortest_frames / sample_rate_hz);
  self->play           = fiq_notes_default_play();
  self->tuning         = NULL;
  fiq_mts_reset(&self->mts);
  fiq_notes_reset(self);
}

void fiq_notes_reset(FiqNotes* self)
{
  const double           sample_rate_hz = self->sample_rate_hz;
  const float            shortest_s     = self->shortest_s;
  const FiqNotesPlay     play           = self->play;
  const FiqTuning* const tuning         = self->tuning;
  const FiqMts           mts            = self->mts;
  memset(self, 0, sizeof *self);
  self->sample_rate_hz = sample_rate_hz;
  self->shortest_s     = shortest_s;
  self->play           = play;
  self->tuning         = tuning;
  self->mts            = mts;
  fiq_midi_reset(&self->midi);
  (void)fiq_midi_set_zone(&self->midi, play.mpe ? MPE_MEMBERS : 0);
  for (uint32_t i = 0; i < FIQ_NOTES_CHANNELS; ++i) {
    self->last_pitch[i] = no_pitch;
  }
}

FiqNotesPlay fiq_notes_default_play(void)
{
  return (FiqNotesPlay){.mode                     = FIQ_MODE_POLY,
                        .velocity_level           = 1.0f,
                        .velocity_mass            = 1.0f,
                        .pressure_brightness      = 0.5f,
                        .mpe_bend_range_semitones = 48.0f,
                        .just_amount              = 1.0f,
                        .prime_limit              = 5,
                        .just_root                = -1};
}

static double key_pitch(const FiqNotes* self, uint32_t channel, uint32_t key)
{
  return fiq_mts_pitch(&self->mts, self->tuning, channel, key);
}

/// Keys that sound are where they would be if they were struck now.
static void retune(FiqNotes* self)
{
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    FiqNote* const note = &self->note[i];
    note->key_pitch     = key_pitch(self, note->channel, note->key);
  }
}

void fiq_notes_set_tuning(FiqNotes* self, const FiqTuning* tuning)
{
  self->tuning = tuning;
  retune(self);
}

void fiq_notes_set_mts(FiqNotes* self, const float* packed)
{
  fiq_mts_unpack(&self->mts, packed);
  retune(self);
}

uint32_t fiq_notes_chord(int32_t chord, uint8_t interval[FIQ_NOTES_CHORD_MAX])
{
  static const uint8_t table[FIQ_N_CHORDS][FIQ_NOTES_CHORD_MAX + 1] = {
      {0},          {1, 0},           {2, 0, 7},        {3, 0, 4, 7},    {3, 0, 3, 7},
      {3, 0, 5, 7}, {4, 0, 4, 7, 10}, {4, 0, 4, 7, 11}, {4, 0, 3, 7, 10}};
  const int32_t row = chord > 0 && chord < FIQ_N_CHORDS ? chord : 0;
  memcpy(interval, table[row] + 1, FIQ_NOTES_CHORD_MAX);
  return table[row][0];
}

// ---- what is read of a note ----

static bool is_released(const FiqNote* note)
{
  return note->stage == FIQ_NOTE_RELEASE || note->stage == FIQ_NOTE_CUT;
}

static bool is_held(const FiqNote* note)
{
  return note->stage == FIQ_NOTE_ATTACK || note->stage == FIQ_NOTE_HOLD;
}

static float glide_offset(const FiqNote* note)
{
  return note->glide_s > 0.0f ? note->glide * (note->glide_left_s / note->glide_s) : 0.0f;
}

/// Pitch without the bend.
static double unbent_pitch(const FiqNote* note)
{
  return note->key_pitch + (double)(note->just + glide_offset(note));
}

static double exact_pitch(const FiqNote* note)
{
  return unbent_pitch(note) + (double)note->bend;
}

float fiq_notes_pitch(const FiqNote* note)
{
  return (float)exact_pitch(note);
}

double fiq_notes_hz(const FiqNote* note)
{
  return 440.0 * exp2((exact_pitch(note) - 69.0) / 12.0);
}

/// Velocity by its curve; a straight one needs no power.
static float curved(float velocity, float exponent)
{
  return fabsf(exponent - 1.0f) > 0.0f ? powf(velocity, exponent) : velocity;
}

/// Level at the top of the envelope, volume and expression apart.
static float full_level(const FiqNotes* self, const FiqNote* note)
{
  return curved(note->velocity, self->play.velocity_level) * note->soft *
         (1.0f + self->play.pressure_level * note->pressure);
}

float fiq_notes_top_level(const FiqNotes* self, const FiqNote* note)
{
  return self->midi.channel[note->channel].gain_now * full_level(self, note);
}

float fiq_notes_level(const FiqNotes* self, const FiqNote* note)
{
  return note->stage == FIQ_NOTE_IDLE ? 0.0f : note->level * fiq_notes_top_level(self, note);
}

float fiq_notes_mass(const FiqNotes* self, const FiqNote* note)
{
  return note->stage == FIQ_NOTE_IDLE ? 0.0f : curved(note->velocity, self->play.velocity_mass);
}

float fiq_notes_brightness(const FiqNotes* self, const FiqNote* note)
{
  return fiq_clamp(note->timbre + self->play.pressure_brightness * note->pressure, -1.0f, 1.0f);
}

float fiq_notes_wheel(const FiqNotes* self, uint32_t channel)
{
  assert(channel < FIQ_NOTES_CHANNELS);
  return self->midi.channel[channel].wheel_now;
}

bool fiq_notes_sounding(const FiqNotes* self)
{
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    if (self->note[i].stage != FIQ_NOTE_IDLE) {
      return true;
    }
  }
  return false;
}

// ---- just intonation ----

/// Lowest tuned pitch of the held notes; false if there is none.
static bool lowest_pitch(const FiqNotes* self, double* lowest)
{
  bool found = false;
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    if (is_held(&self->note[i])) {
      const double pitch = self->note[i].key_pitch;
      *lowest            = found ? fmin(*lowest, pitch) : pitch;
      found              = true;
    }
  }
  return found;
}

/// Pitch that just intervals are counted from: the root's in the middle octave, else the lowest held.
static bool just_reference(const FiqNotes* self, double* reference)
{
  const bool found = lowest_pitch(self, reference);
  if (found && self->play.just_root >= 0) {
    *reference = key_pitch(self, FIQ_NOTES_DRONE, (uint8_t)(60 + self->play.just_root % 12));
  }
  return found;
}

static FiqPrimeVector just_interval(const FiqNotes* self, const FiqNote* note, double reference)
{
  const double interval = note->key_pitch - reference;
  return fiq_just_chord((int32_t)lrint(interval), self->play.prime_limit);
}

/// How far a note is from its just pitch, semitones.
static double just_offset(const FiqNotes* self, const FiqNote* note, double reference)
{
  const double         pitch = note->key_pitch;
  const FiqPrimeVector just  = just_interval(self, note, reference);
  const bool           pure  = self->play.prime_limit > 2 || fiq_just_limit(&just) <= 2;
  return pure ? reference + fiq_just_semitones(&just) - pitch : 0.0;
}

/// Move the just offset of the held notes by `share` of the way; of new notes, all of it.
static void tune_note(FiqNotes* self, float share)
{
  double     reference = 0.0;
  const bool found     = !self->play.just || just_reference(self, &reference);
  for (int i = 0; i < FIQ_NOTES_MAX && found; ++i) {
    FiqNote* const note   = &self->note[i];
    float          target = 0.0f;
    if (!is_held(note)) {
      continue;
    }
    if (self->play.just) {
      target = self->play.just_amount * (float)just_offset(self, note, reference);
    }
    if (!note->tuned) {
      // A glide begins where the last note was, whatever offset the new one has.
      note->glide -= note->glide_s > 0.0f ? target - note->just : 0.0f;
      note->just  = target;
      note->tuned = true;
    }
    note->just += (target - note->just) * share;
    note->just = fabsf(target - note->just) < 1e-5f ? target : note->just;
  }
}

float fiq_notes_coherence(const FiqNotes* self)
{
  FiqPrimeVector chord[FIQ_NOTES_MAX];
  uint32_t       n      = 0;
  double         lowest = 0.0;
  (void)lowest_pitch(self, &lowest);
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    if (is_held(&self->note[i])) {
      chord[n++] = just_interval(self, &self->note[i], lowest);
    }
  }
  return (float)fiq_just_coherence(chord, n);
}

float fiq_notes_harmony(const FiqNotes* self)
{
  double        pitch[FIQ_NOTES_MAX];
  double        level[FIQ_NOTES_MAX];
  double        height[12];
  const int32_t limit = self->play.prime_limit > 5 ? self->play.prime_limit : 5;
  uint32_t      n     = 0;
  for (int32_t k = 0; k < 12; ++k) {
    const FiqPrimeVector just = fiq_just_chord(k, limit);
    height[k]                 = fiq_just_height(&just);
  }
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    const FiqNote* const note = &self->note[i];
    if (note->stage != FIQ_NOTE_IDLE) {
      pitch[n]   = note->key_pitch;
      level[n++] = (double)fiq_notes_level(self, note);
    }
  }
  double sum = 0.0;
  double all = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    for (uint32_t k = 0; k < i; ++k) {
      const double weight = level[i] * level[k];
      sum += weight * height[lrint(fabs(pitch[i] - pitch[k])) % 12];
      all += weight;
    }
  }
  return all > 0.0 ? (float)fiq_just_harmony(sum / all) : 1.0f;
}

// ---- envelopes and what else moves with time ----

/// What is left of the attack, were it straight. One shorter than a stage may be is a jump in its middle: in the step of a swarm
/// in which it falls, for half of it before and half behind would be heard as two.
static float attack_left_s(const FiqNotes* self, const FiqNote* note, float* attack_s)
{
  *attack_s = fiq_max(self->params.attack_s, self->shortest_s);
  if (self->params.attack_s >= self->shortest_s) {
    return (1.0f - note->level) * *attack_s;
  }
  const double age_s = (double)(self->frame - note->start_frame) / self->sample_rate_hz;
  *attack_s          = INFINITY;
  return fiq_max(0.5f * self->shortest_s - (float)age_s, 0.0f);
}

/// Level after `dt_s`, and the stage it is then in.
static void advance_envelope(const FiqNotes* self, FiqNote* note, float dt_s)
{
  const FiqNotesParams* params = &self->params;
  float                 left_s = dt_s;
  if (note->stage == FIQ_NOTE_ATTACK) {
    float       attack_s;
    const float needed_s = attack_left_s(self, note, &attack_s);
    if (left_s < needed_s) {
      note->level += left_s / attack_s;
      return;
    }
    left_s -= fiq_max(needed_s, 0.0f);
    note->level = fiq_max(note->level, 1.0f);
    note->stage = FIQ_NOTE_HOLD;
  }
  if (note->stage == FIQ_NOTE_HOLD) {
    const float decay_s = fiq_max(params->decay_s, self->shortest_s);
    note->level =
        params->sustain + (note->level - params->sustain) * expf(-5.0f * left_s / decay_s);
    return;
  }
  const bool  cut     = note->stage == FIQ_NOTE_CUT;
  const float stays_s = cut ? 0.0f : fiq_min(note->tail_s, left_s);
  note->tail_s -= stays_s;
  left_s -= stays_s;
  const float release_s = fiq_max(cut ? 0.0f : params->release_s, self->shortest_s);
  const float rate      = logf((1.0f + release_floor) / release_floor) / release_s;
  note->level           = (note->level + release_floor) * expf(-rate * left_s) - release_floor;
  if (note->level <= 1e-6f) {
    note->level = 0.0f;
    note->stage = FIQ_NOTE_IDLE;
  }
}

static float pressure_target(const FiqNotes* self, const FiqNote* note)
{
  return fiq_max(note->key_pressure, fiq_midi_pressure(&self->midi, note->channel));
}

/// Bend and tuning of the channel: at once where a note begins, then by `share` of the way.
static void follow_bend(FiqNotes* self, float share)
{
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    FiqNote* const note = &self->note[i];
    if (note->stage == FIQ_NOTE_IDLE) {
      continue;
    }
    const float bend =
        fiq_midi_bend_semitones(&self->midi, note->channel, self->params.bend_range_semitones,
                                self->play.mpe_bend_range_semitones) +
        fiq_midi_tuning_semitones(&self->midi, note->channel);
    note->bend += (bend - note->bend) * share;
    note->bend = !note->bent || fabsf(bend - note->bend) < 1e-5f ? bend : note->bend;
    note->bent = true;
  }
}

static void advance_note(const FiqNotes* self, FiqNote* note, float dt_s, float share)
{
  note->pressure += (pressure_target(self, note) - note->pressure) * share;
  note->timbre += (fiq_midi_timbre(&self->midi, note->channel) - note->timbre) * share;
  note->glide_left_s = fiq_max(note->glide_left_s - dt_s, 0.0f);
  note->glide_s      = note->glide_left_s > 0.0f ? note->glide_s : 0.0f;
  advance_envelope(self, note, dt_s);
}

static void advance_all(FiqNotes* self, uint64_t frame)
{
  if (frame <= self->frame) {
    return;
  }
  const float dt_s  = (float)((double)(frame - self->frame) / self->sample_rate_hz);
  const float share = 1.0f - expf(-dt_s / smooth_tau_s);
  tune_note(self, 1.0f - expf(-dt_s / just_tau_s));
  follow_bend(self, 1.0f - expf(-dt_s / bend_tau_s));
  fiq_midi_advance(&self->midi, dt_s);
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    if (self->note[i].stage != FIQ_NOTE_IDLE) {
      advance_note(self, &self->note[i], dt_s, share);
    }
  }
  self->frame = frame;
}

// ---- starting and releasing notes ----

static uint32_t note_group(const FiqNotes* self, uint8_t channel)
{
  return fiq_midi_group(&self->midi, channel);
}

/// Mode of a channel: the parameter, unless a mono or poly message came after it.
static int32_t mode_of(const FiqNotes* self, uint8_t channel)
{
  const int8_t mono = self->midi.channel[channel].mono;
  if (channel == FIQ_NOTES_DRONE || mono == 0) {
    return FIQ_MODE_POLY;
  }
  const bool is_mono = self->play.mode == FIQ_MODE_MONO || self->play.mode == FIQ_MODE_LEGATO;
  return mono == 1 && !is_mono ? FIQ_MODE_MONO : self->play.mode;
}

static bool is_mono(const FiqNotes* self, uint8_t channel)
{
  const int32_t mode = mode_of(self, channel);
  return mode == FIQ_MODE_MONO || mode == FIQ_MODE_LEGATO;
}

/// How soon a note gives its place: free, released, past its attack, in its attack.
static int readiness(const FiqNote* note)
{
  static const int rank[] = {3, 0, 1, 2, 2}; // idle, attack, hold, release, cut
  return rank[note->stage];
}

/// Whether `note` gives its place sooner than `best`; of those past their attack the quietest, else the oldest.
static bool gives_way(const FiqNote* note, float level, const FiqNote* best, float best_level)
{
  if (readiness(note) != readiness(best)) {
    return readiness(note) > readiness(best);
  }
  if (note->stage == FIQ_NOTE_HOLD && fabsf(best_level - level) > 1e-6f) {
    return level < best_level;
  }
  return note->stage != FIQ_NOTE_IDLE && note->age < best->age;
}

/// Where a new key goes: the note of the same key, else the one that gives way.
static FiqNote* choose_note(FiqNotes* self, uint8_t channel, uint8_t key)
{
  FiqNote* best       = &self->note[0];
  float    best_level = fiq_notes_level(self, best);
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    FiqNote* const note = &self->note[i];
    if (note->stage != FIQ_NOTE_IDLE && note->channel == channel && note->key == key) {
      return note;
    }
    const float level = note->stage == FIQ_NOTE_HOLD ? fiq_notes_level(self, note) : 0.0f;
    if (gives_way(note, level, best, best_level)) {
      best       = note;
      best_level = level;
    }
  }
  return best;
}

static float glide_of(const FiqNotes* self, uint8_t channel)
{
  return fiq_midi_glide_s(&self->midi, channel, self->play.glide_s);
}

/// Glide to the note's key from `pitch`, unless that is no_pitch.
static void begin_glide(FiqNotes* self, FiqNote* note, double pitch)
{
  const float  glide_s = glide_of(self, note->channel);
  const bool   glides  = pitch > (double)no_pitch && glide_s > 0.0f;
  const double target  = key_pitch(self, note->channel, note->key);
  note->key_pitch      = target;
  note->glide_s        = glides ? glide_s : 0.0f;
  note->glide_left_s   = note->glide_s;
  note->glide          = glides ? (float)(pitch - target) : 0.0f;
  note->just           = 0.0f;
  note->tuned          = false;
  note->bent           = false;
}

/// The envelope starts anew on the note's key, from where it is heard now.
static void strike(FiqNotes* self, FiqNote* note, const FiqKey* key)
{
  const bool  idle   = note->stage == FIQ_NOTE_IDLE;
  const bool  same   = !idle && note->channel == key->channel && note->key == key->key;
  const float heard  = idle ? 0.0f : note->level * full_level(self, note);
  note->stage        = FIQ_NOTE_ATTACK;
  note->fresh        = note->fresh || !same;
  note->channel      = key->channel;
  note->key          = key->key;
  note->velocity     = key->velocity;
  note->lift         = 0.0f;
  note->soft         = fiq_midi_is_soft(&self->midi, key->channel) ? soft_gain : 1.0f;
  note->key_pitch    = key_pitch(self, key->channel, key->key);
  note->key_pressure = 0.0f;
  note->start_frame  = self->frame;
  note->age          = ++self->age;
  if (!same) {
    note->pressure = pressure_target(self, note);
    note->timbre   = fiq_midi_timbre(&self->midi, key->channel);
  }
  note->level = heard / full_level(self, note);
}

static void release_note(FiqNotes* self, FiqNote* note, float lift)
{
  note->stage     = FIQ_NOTE_RELEASE;
  note->lift      = lift;
  note->age       = ++self->age;
  note->end_frame = self->frame;
}

/// Pitch nearest to `key` among the sounding notes that are not of the chord just struck; else no_pitch.
static double nearest_pitch(const FiqNotes* self, const FiqKey* key)
{
  const uint64_t chord_frames = (uint64_t)((double)chord_s * self->sample_rate_hz);
  const double   target       = key_pitch(self, key->channel, key->key);
  double         nearest      = (double)no_pitch;
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    const FiqNote* const note   = &self->note[i];
    const bool           tail   = is_released(note);
    const bool           older  = note->start_frame + chord_frames <= self->frame;
    const bool           fellow = note->stage != FIQ_NOTE_IDLE && note->stage != FIQ_NOTE_CUT &&
                        note_group(self, note->channel) == note_group(self, key->channel);
    const double pitch = unbent_pitch(note);
    if (fellow && (tail || older) && fabs(pitch - target) < fabs(nearest - target)) {
      nearest = pitch;
    }
  }
  return nearest;
}

static void play_poly(FiqNotes* self, const FiqKey* key)
{
  const bool     glide = glide_of(self, key->channel) > 0.0f;
  const double   from  = glide ? nearest_pitch(self, key) : (double)no_pitch;
  FiqNote* const note  = choose_note(self, key->channel, key->key);
  const bool     again = is_held(note) && note->channel == key->channel && note->key == key->key;
  strike(self, note, key);
  if (!again) {
    begin_glide(self, note, from);
  }
}

/// The one note of a group in mono: the newest that is held, else the newest that fades; NULL: none.
static FiqNote* voice_of(FiqNotes* self, uint32_t group)
{
  FiqNote* voice = NULL;
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    FiqNote* const note = &self->note[i];
    if (note->stage == FIQ_NOTE_IDLE || note->stage == FIQ_NOTE_CUT ||
        note_group(self, note->channel) != group) {
      continue;
    }
    if (!voice || (is_held(note) && !is_held(voice)) ||
        (is_held(note) == is_held(voice) && note->age > voice->age)) {
      voice = note;
    }
  }
  return voice;
}

/// Take the mono note to `key`; `tie`: without a new start of its envelope.
static void move_note(FiqNotes* self, FiqNote* voice, const FiqKey* key, bool tie)
{
  const bool   same  = voice->channel == key->channel && voice->key == key->key;
  const double from  = unbent_pitch(voice);
  const bool   fresh = voice->fresh;
  if (tie) {
    voice->channel      = key->channel;
    voice->key          = key->key;
    voice->key_pressure = 0.0f;
  } else {
    strike(self, voice, key);
  }
  if (!same) {
    // Oscillators follow a glide; without one they fly to the new key.
    voice->fresh = fresh || glide_of(self, key->channel) <= 0.0f;
    begin_glide(self, voice, from);
  }
}

static void play_mono(FiqNotes* self, const FiqKey* key)
{
  const uint32_t group = note_group(self, key->channel);
  FiqNote*       voice = voice_of(self, group);
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    FiqNote* const note = &self->note[i];
    if (note != voice && is_held(note) && note_group(self, note->channel) == group) {
      release_note(self, note, FIQ_MIDI_LIFT); // left over from poly
    }
  }
  if (voice) {
    move_note(self, voice, key, is_held(voice) && mode_of(self, key->channel) == FIQ_MODE_LEGATO);
  } else {
    voice = choose_note(self, key->channel, key->key);
    strike(self, voice, key);
    begin_glide(self, voice, (double)self->last_pitch[group]);
  }
  self->last_pitch[group] = (float)key_pitch(self, key->channel, key->key);
}

// ---- keys ----

static bool key_is_held(const FiqNotes* self, const FiqKey* key)
{
  return key->down || key->sostenuto || key->latched ||
         fiq_midi_sustains(&self->midi, key->channel);
}

/// The held key of a group that was struck last; NULL: none.
static const FiqKey* newest_key(const FiqNotes* self, uint32_t group)
{
  for (uint32_t i = self->n_held; i > 0; --i) {
    const FiqKey* const key = &self->held[i - 1];
    if (key_is_held(self, key) && note_group(self, key->channel) == group) {
      return key;
    }
  }
  return NULL;
}

static bool plays(const FiqNotes* self, const FiqKey* key)
{
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    const FiqNote* const note = &self->note[i];
    if (is_held(note) && note->channel == key->channel && note->key == key->key) {
      return true;
    }
  }
  return false;
}

/// The notes of a key that is no longer held: in mono they go back to the key before, else they end.
static void end_key(FiqNotes* self, const FiqKey* key)
{
  const uint32_t group = note_group(self, key->channel);
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    FiqNote* const note = &self->note[i];
    if (!is_held(note) || note->channel != key->channel || note->key != key->key) {
      continue;
    }
    const FiqKey* const next = is_mono(self, key->channel) ? newest_key(self, group) : NULL;
    if (next && !plays(self, next)) {
      move_note(self, note, next, mode_of(self, key->channel) == FIQ_MODE_LEGATO);
      self->last_pitch[group] = (float)key_pitch(self, next->channel, next->key);
    } else {
      release_note(self, note, key->lift);
    }
  }
}

static FiqKey take_key(FiqNotes* self, uint32_t i)
{
  const FiqKey key = self->held[i];
  self->n_held -= 1;
  memmove(&self->held[i], &self->held[i + 1], (self->n_held - i) * sizeof self->held[0]);
  return key;
}

/// Let go of all keys that nothing holds.
static void drop_keys(FiqNotes* self)
{
  for (uint32_t i = 0; i < self->n_held;) {
    if (key_is_held(self, &self->held[i])) {
      i += 1;
    } else {
      const FiqKey key = take_key(self, i);
      end_key(self, &key);
    }
  }
}

/// Index of a held key; `n_held` if it is not.
static uint32_t find_key(const FiqNotes* self, uint8_t channel, uint8_t key)
{
  uint32_t i = 0;
  while (i < self->n_held && (self->held[i].channel != channel || self->held[i].key != key)) {
    ++i;
  }
  return i;
}

/// With every place taken, the oldest key that is not of the drone goes.
static void make_room(FiqNotes* self)
{
  uint32_t oldest = 0;
  while (oldest + 1 < self->n_held && self->held[oldest].channel == FIQ_NOTES_DRONE) {
    ++oldest;
  }
  if (self->n_held == FIQ_NOTES_KEYS) {
    const FiqKey key = take_key(self, oldest);
    end_key(self, &key);
  }
}

/// With no finger on its keys, the latch lets go of what it holds.
static void unlatch(FiqNotes* self, uint32_t group)
{
  bool any_down = false;
  for (uint32_t i = 0; i < self->n_held; ++i) {
    const FiqKey* const key = &self->held[i];
    any_down                = any_down || (key->down && note_group(self, key->channel) == group);
  }
  for (uint32_t i = 0; i < self->n_held && !any_down; ++i) {
    FiqKey* const key = &self->held[i];
    key->latched      = key->latched && note_group(self, key->channel) != group;
  }
  drop_keys(self);
}

static void press_key(FiqNotes* self, const FiqNoteEvent* event)
{
  const bool latch = mode_of(self, event->channel) == FIQ_MODE_LATCH;
  if (!fiq_mts_sounds(&self->mts, self->tuning, event->key)) {
    return;
  }
  if (latch) {
    unlatch(self, note_group(self, event->channel));
  }
  FiqKey         key = {.channel  = event->channel,
                        .key      = event->key,
                        .down     = true,
                        .latched  = latch,
                        .velocity = fiq_max(event->value, 1.0f / 256.0f),
                        .lift     = FIQ_MIDI_LIFT};
  const uint32_t at  = find_key(self, event->channel, event->key);
  if (at < self->n_held) {
    key.sostenuto = take_key(self, at).sostenuto;
  }
  make_room(self);
  self->held[self->n_held++] = key;
  if (is_mono(self, event->channel)) {
    play_mono(self, &key);
  } else {
    play_poly(self, &key);
  }
}

static void lift_key(FiqNotes* self, const FiqNoteEvent* event)
{
  const uint32_t at = find_key(self, event->channel, event->key);
  if (at < self->n_held) {
    self->held[at].down = false;
    self->held[at].lift = event->value;
    drop_keys(self);
  }
}

// ---- controllers ----

static bool concerns(uint32_t channels, uint8_t channel)
{
  return (channels >> channel & 1u) != 0;
}

/// Silence `channels` in the shortest time.
static void cut_channels(FiqNotes* self, uint32_t channels)
{
  for (uint32_t i = 0; i < self->n_held;) {
    if (concerns(channels, self->held[i].channel)) {
      (void)take_key(self, i);
    } else {
      i += 1;
    }
  }
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    FiqNote* const note = &self->note[i];
    if (note->stage != FIQ_NOTE_IDLE && concerns(channels, note->channel)) {
      note->stage     = FIQ_NOTE_CUT;
      note->age       = ++self->age;
      note->end_frame = self->frame;
    }
  }
}

/// What a controller does to the keys of its channels.
static void change_keys(FiqNotes* self, FiqMidiEffect effect)
{
  const bool fingers =
      effect.action == FIQ_MIDI_ALL_NOTES_OFF || effect.action == FIQ_MIDI_NEW_ZONES;
  const bool middle = effect.action == FIQ_MIDI_LET_GO || effect.action == FIQ_MIDI_RESET ||
                      effect.action == FIQ_MIDI_NEW_ZONES;
  for (uint32_t i = 0; i < self->n_held; ++i) {
    FiqKey* const key = &self->held[i];
    if (concerns(effect.channels, key->channel)) {
      key->down    = key->down && !fingers;
      key->latched = key->latched && !fingers;
      key->sostenuto =
          (key->sostenuto && !middle) || (key->down && effect.action == FIQ_MIDI_CAPTURE);
    }
  }
  for (int i = 0; i < FIQ_NOTES_MAX && effect.action == FIQ_MIDI_RESET; ++i) {
    FiqNote* const note = &self->note[i];
    note->key_pressure  = concerns(effect.channels, note->channel) ? 0.0f : note->key_pressure;
  }
  drop_keys(self);
}

static void change_controller(FiqNotes* self, const FiqNoteEvent* event)
{
  const FiqMidiEffect effect =
      fiq_midi_controller(&self->midi, event->channel, event->key, (uint32_t)event->value);
  if (effect.action == FIQ_MIDI_ALL_SOUND_OFF) {
    cut_channels(self, effect.channels);
  } else if (effect.action != FIQ_MIDI_NOTHING) {
    change_keys(self, effect);
  }
}

static void press_deeper(FiqNotes* self, const FiqNoteEvent* event)
{
  for (int i = 0; i < FIQ_NOTES_MAX; ++i) {
    FiqNote* const note = &self->note[i];
    if (is_held(note) && note->channel == event->channel && note->key == event->key) {
      note->key_pressure = event->value;
    }
  }
}

void fiq_notes_set_play(FiqNotes* self, const FiqNotesPlay* play)
{
  const int32_t old_mode = self->play.mode;
  const float   old_s    = self->play.glide_s;
  const bool    was_mpe  = self->play.mpe;
  self->play             = *play;
  if (play->mpe != was_mpe) {
    change_keys(self, fiq_midi_set_zone(&self->midi, play->mpe ? MPE_MEMBERS : 0));
  }
  if (fabsf(play->glide_s - old_s) > 0.0f) {
    fiq_midi_forget_glides(&self->midi);
  }
  if (play->mode == old_mode) {
    return;
  }
  fiq_midi_forget_modes(&self->midi);
  for (uint32_t i = 0; i < self->n_held && play->mode != FIQ_MODE_LATCH; ++i) {
    self->held[i].latched = false;
  }
  drop_keys(self);
}

// ---- events ----

/// Take a change of tuning over.
static void tune(FiqNotes* self, const FiqNoteEvent* event)
{
  const bool keys    = event->kind == FIQ_EVENT_TUNE_KEY || event->kind == FIQ_EVENT_RETUNE_KEY;
  const bool all     = event->kind == FIQ_EVENT_TUNE_RESET;
  const bool at_once = event->kind == FIQ_EVENT_RETUNE_KEY || event->kind == FIQ_EVENT_RETUNE_CLASS;
  const FiqMtsChange change = {.kind    = all    ? FIQ_MTS_RESET
                                          : keys ? FIQ_MTS_KEY
                                                 : FIQ_MTS_CLASS,
                               .channel = event->channel,
                               .number  = event->key,
                               .value   = event->value};
  fiq_mts_apply(&self->mts, &change);
  for (int i = 0; i < FIQ_NOTES_MAX && (at_once || all); ++i) {
    FiqNote* const note = &self->note[i];
    const bool     same = keys ? note->key == event->key
                               : note->channel == event->channel && note->key % 12 == event->key;
    note->key_pitch     = same || all ? key_pitch(self, note->channel, note->key) : note->key_pitch;
  }
}

static void apply_effect(FiqNotes* self, const FiqNoteEvent* event)
{
  switch (event->kind) {
  case FIQ_EVENT_NOTE_ON:
    press_key(self, event);
    break;
  case FIQ_EVENT_NOTE_OFF:
    lift_key(self, event);
    break;
  case FIQ_EVENT_BEND:
    self->midi.channel[event->channel].bend = event->value;
    break;
  case FIQ_EVENT_KEY_PRESSURE:
    press_deeper(self, event);
    break;
  case FIQ_EVENT_CHANNEL_PRESSURE:
    self->midi.channel[event->channel].pressure = event->value;
    break;
  case FIQ_EVENT_CONTROLLER:
    change_controller(self, event);
    break;
  case FIQ_EVENT_TUNE_KEY:
  case FIQ_EVENT_RETUNE_KEY:
  case FIQ_EVENT_TUNE_CLASS:
  case FIQ_EVENT_RETUNE_CLASS:
  case FIQ_EVENT_TUNE_RESET:
    tune(self, event);
    break;
  }
}

/// Take the first `n` events out of the queue.
static void take_events(FiqNotes* self, uint32_t n)
{
  self->n_queued -= n;
  memmove(self->queue, self->queue + n, self->n_queued * sizeof self->queue[0]);
}

static void push(FiqNotes* self, FiqNoteEvent event)
{
  assert(event.channel < FIQ_NOTES_CHANNELS);
  if (self->n_queued == FIQ_NOTES_QUEUE) {
    apply_effect(self, &self->queue[0]); // early, but no release is ever lost
    take_events(self, 1);
  }
  uint32_t at = self->n_queued++;
  for (; at > 0 && self->queue[at - 1].frame > event.frame; --at) {
    self->queue[at] = self->queue[at - 1];
  }
  self->queue[at] = event;
}

void fiq_notes_hasten(FiqNotes* self, uint32_t i, uint64_t frame)
{
  assert(self && i < self->n_queued);
  FiqNoteEvent event = self->queue[i];
  assert(frame <= event.frame);
  for (; i > 0 && self->queue[i - 1].frame > frame; --i) {
    self->queue[i] = self->queue[i - 1];
  }
  event.frame    = frame;
  self->queue[i] = event;
}

/// Queue what a message of system exclusive tunes.
static void push_tuning(FiqNotes* self, const uint8_t* message, uint32_t size_bytes, uint64_t frame)
{
  static const FiqEventKind kinds[][2] = {
      [FIQ_MTS_KEY]   = {FIQ_EVENT_TUNE_KEY, FIQ_EVENT_RETUNE_KEY},
      [FIQ_MTS_CLASS] = {FIQ_EVENT_TUNE_CLASS, FIQ_EVENT_RETUNE_CLASS},
      [FIQ_MTS_RESET] = {FIQ_EVENT_TUNE_RESET, FIQ_EVENT_TUNE_RESET},
  };
  FiqMtsChange   change[FIQ_MTS_CHANGES_MAX];
  const uint32_t n = fiq_mts_parse(message, size_bytes, change);
  for (uint32_t i = 0; i < n; ++i) {
    const FiqEventKind kind = kinds[change[i].kind][change[i].at_once ? 1 : 0];
    push(self, (FiqNoteEvent){frame, kind, change[i].channel, change[i].number, change[i].value});
  }
}

void fiq_notes_midi(FiqNotes* self, const uint8_t* message, uint32_t size_bytes, uint64_t frame)
{
  static const FiqEventKind kinds[] = {
      [FIQ_MIDI_NOTE_OFF]         = FIQ_EVENT_NOTE_OFF,
      [FIQ_MIDI_NOTE_ON]          = FIQ_EVENT_NOTE_ON,
      [FIQ_MIDI_KEY_PRESSURE]     = FIQ_EVENT_KEY_PRESSURE,
      [FIQ_MIDI_CONTROLLER]       = FIQ_EVENT_CONTROLLER,
      [FIQ_MIDI_CHANNEL_PRESSURE] = FIQ_EVENT_CHANNEL_PRESSURE,
      [FIQ_MIDI_BEND]             = FIQ_EVENT_BEND,
  };
  if (size_bytes > 3) {
    push_tuning(self, message, size_bytes, frame);
  }
  const FiqMidiMessage midi   = fiq_midi_parse(message, size_bytes);
  const bool           unused = midi.kind == FIQ_MIDI_CONTROLLER && !fiq_midi_uses(midi.number);
  if (midi.kind != FIQ_MIDI_NONE && !unused) {
    push(self, (FiqNoteEvent){frame, kinds[midi.kind], midi.channel, midi.number, midi.value});
  }
}

void fiq_notes_on(FiqNotes* self, uint32_t channel, uint32_t key, float velocity, uint64_t frame)
{
  const bool         is_on = velocity > 0.0f;
  const FiqEventKind kind  = is_on ? FIQ_EVENT_NOTE_ON : FIQ_EVENT_NOTE_OFF;
  push(self, (FiqNoteEvent){frame, kind, (uint8_t)(channel & 15), (uint8_t)(key & 127),
                            is_on ? fiq_min(velocity, 1.0f) : FIQ_MIDI_LIFT});
}

void fiq_notes_off(FiqNotes* self, uint32_t channel, uint32_t key, uint64_t frame)
{
  fiq_notes_on(self, channel, key, 0.0f, frame);
}

void fiq_notes_bend(FiqNotes* self, uint32_t channel, float bend, uint64_t frame)
{
  const float held = fiq_clamp(bend, -1.0f, 1.0f);
  push(self, (FiqNoteEvent){frame, FIQ_EVENT_BEND, (uint8_t)(channel & 15), 0, held});
}

void fiq_notes_controller(FiqNotes* self, uint32_t channel, uint32_t controller, uint32_t value,
                          uint64_t frame)
{
  if (fiq_midi_uses(controller) && value <= 127) {
    push(self, (FiqNoteEvent){frame, FIQ_EVENT_CONTROLLER, (uint8_t)(channel & 15),
                              (uint8_t)controller, (float)value});
  }
}

static bool chord_has(int32_t chord, int32_t root, int32_t key)
{
  uint8_t        interval[FIQ_NOTES_CHORD_MAX];
  const uint32_t n = fiq_notes_chord(chord, interval);
  for (uint32_t i = 0; i < n; ++i) {
    if (root + interval[i] == key) {
      return true;
    }
  }
  return false;
}

void fiq_notes_drone(FiqNotes* self, int32_t chord, int32_t root, uint64_t frame)
{
  if (chord == self->chord && root == self->root) {
    return;
  }
  for (int32_t key = 0; key < 128; ++key) {
    const bool was = chord_has(self->chord, self->root, key);
    const bool is  = chord_has(chord, root, key);
    if (was != is) {
      const FiqEventKind kind = is ? FIQ_EVENT_NOTE_ON : FIQ_EVENT_NOTE_OFF;
      push(self,
           (FiqNoteEvent){frame, kind, FIQ_NOTES_DRONE, (uint8_t)key, is ? 1.0f : FIQ_MIDI_LIFT});
    }
  }
  self->chord = chord;
  self->root  = root;
}

void fiq_notes_advance(FiqNotes* self, const FiqNotesParams* params, uint64_t frame)
{
  if (fabsf(params->bend_range_semitones - self->params.bend_range_semitones) > 0.0f) {
    fiq_midi_forget_ranges(&self->midi);
  }
  self->params = *params;
  if (self->n_queued == 0 && frame > self->frame && !fiq_notes_sounding(self)) {
    fiq_midi_advance(&self->midi, (float)((double)(frame - self->frame) / self->sample_rate_hz));
    self->frame = frame;
    return;
  }
  uint32_t n_due = 0;
  for (; n_due < self->n_queued && self->queue[n_due].frame <= frame; ++n_due) {
    advance_all(self, self->queue[n_due].frame);
    apply_effect(self, &self->queue[n_due]);
  }
  take_events(self, n_due);
  advance_all(self, frame);
  tune_note(self, 0.0f);
  follow_bend(self, 0.0f);
}
