// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/voice/utterance.h"

#include "dsp/base/maths.h"
#include "dsp/voice/targets.h"

#include <assert.h>
#include <string.h>

static const float ramp_s     = 0.008f; // half of a change from one sound to the next
static const float sudden_s   = 0.002f; // half of what begins with a burst
static const float glide_s    = 0.11f;  // of a diphthong to its end
static const float vowel_s    = 0.06f;  // shortest before a coda
static const float unbreathed = 0.02f; // s until the voice begins where a hiss stands before a stop
static const float nose_s     = 0.08f; // from the opening of the nose to the closing of the mouth
static const float fade_s     = 0.05f; // of a vowel before its transition to a coda
static const float faded      = 0.5f;  // what is left of it there
static const float murmur     = 0.045f; // breath that every voice has
static const float drawn      = 0.007f; // breath that is heard whatever the mouth does
static const float soft_hz    = 900.0f; // from where a voice falls, unless it rings
static const float ring_bandwidth = 120.0f;
static const float dies_s         = 0.07f; // of what is heard last

/// Where the next sound of an utterance goes.
typedef struct {
  FiqUtterance*   self;
  const FiqPlace* vowel; ///< that is nearest
  float           t;
  float           tempo; ///< factor of times, (0, 1]
} Pen;

static float level_of(float db)
{
  return db > -99.0f ? fiq_db_to_gain(db) : 0.0f;
}

static bool is_stop(FiqPhonemeKind kind)
{
  return kind == FIQ_PHONE_STOP || kind == FIQ_PHONE_AFFRICATE;
}

static bool is_voiced(const FiqTarget* target)
{
  return target->voicing_db > -99.0f;
}

static void put_place(FiqUtterance* self, float at_s, const FiqPlace* place)
{
  assert(self->n_places < FIQ_UTTERANCE_PLACES);
  const float last_s = self->n_places > 0 ? self->place[self->n_places - 1].at_s : 0.0f;
  FiqPlaceKey key    = {.at_s     = fmaxf(at_s, last_s),
                        .nasal_hz = place->nasal_hz > 0.0f ? place->nasal_hz : fiq_nasal_hz,
                        .dull     = place->dull_hz > 0.0f ? 1.0f / place->dull_hz : 0.0f};
  for (uint32_t k = 0; k < 3; ++k) {
    key.hz[k]        = place->hz[k];
    key.bandwidth[k] = place->bandwidth[k];
  }
  self->place[self->n_places++] = key;
}

static void put_source(FiqUtterance* self, float at_s, float voicing, float breath,
                       float hiss_level, uint8_t hiss)
{
  assert(self->n_sources < FIQ_UTTERANCE_SOURCES);
  const float last_s = self->n_sources > 0 ? self->source[self->n_sources - 1].at_s : 0.0f;
  self->source[self->n_sources++] =
      (FiqSourceKey){fmaxf(at_s, last_s), voicing, breath, hiss_level, hiss};
}

/// What sounds goes on until `at_s`.
static void put_same(FiqUtterance* self, float at_s)
{
  assert(self->n_sources > 0);
  const FiqSourceKey last = self->source[self->n_sources - 1];
  put_source(self, at_s, last.voicing, last.breath, last.hiss_level, last.hiss);
}

/// Formants of a consonant as the vowel lets them be.
static FiqPlace place_beside(const FiqTarget* target, const FiqPlace* vowel)
{
  FiqPlace place = target->place;
  if (target->slope >= 1.0f) {
    place = *vowel; // the mouth is already at the vowel
  } else if (target->slope > 0.0f) {
    place.hz[1] = target->locus_hz + target->slope * vowel->hz[1];
    place.hz[2] = fmaxf(fiq_mix(place.hz[2], vowel->hz[2], 0.3f), place.hz[1] + 250.0f);
  }
  return place;
}

/// What sounds on: glides, nasals, fricatives, h.
static void put_sustained(Pen* pen, const FiqTarget* target, float length_s)
{
  const FiqPlace place   = place_beside(target, pen->vowel);
  const float    soft_s  = fminf(ramp_s, 0.25f * length_s);
  const float    voicing = level_of(target->voicing_db);
  const float    breath  = level_of(target->breath_db);
  const float    hiss    = level_of(target->noise_db);
  put_place(pen->self, pen->t + soft_s, &place);
  put_source(pen->self, pen->t + soft_s, voicing, breath, hiss, target->hiss);
  pen->t += length_s;
  put_source(pen->self, pen->t - soft_s, voicing, breath, hiss, target->hiss);
  put_place(pen->self, pen->t - soft_s, &place);
}

/// The mouth is closed for `length_s`; what is voiced hums in it.
static void put_closure(Pen* pen, const FiqTarget* target, float length_s)
{
  const FiqPlace place   = place_beside(target, pen->vowel);
  const float    voicing = level_of(target->voicing_db);
  put_place(pen->self, pen->t + 0.3f * length_s, &place);
  put_source(pen->self, pen->t + fminf(ramp_s, 0.3f * length_s), voicing, 0.0f, 0.0f, target->hiss);
  pen->t += length_s;
  put_source(pen->self, pen->t - sudden_s, voicing, 0.0f, 0.0f, target->hiss);
  put_place(pen->self, pen->t, &place);
}

/// It opens: burst or frication, then breath until `delay_s` have passed.
static void put_opening(Pen* pen, const FiqTarget* target, float delay_s)
{
  const float hiss    = level_of(target->noise_db);
  const float breath  = delay_s > target->noise_s * pen->tempo ? level_of(target->breath_db) : 0.0f;
  const float noise_s = target->noise_s * pen->tempo;
  const float soft_s  = fminf(0.004f * pen->tempo, 0.25f * noise_s);
  put_source(pen->self, pen->t + fminf(sudden_s, soft_s), 0.0f, 0.0f, hiss, target->hiss);
  put_source(pen->self, pen->t + noise_s - soft_s, 0.0f, breath, hiss, target->hiss);
  put_source(pen->self, pen->t + noise_s + soft_s, 0.0f, breath, 0.0f, target->hiss);
  pen->t += fmaxf(delay_s, noise_s + soft_s);
  put_source(pen->self, pen->t - fminf(ramp_s, soft_s), 0.0f, breath, 0.0f, target->hiss);
}

/// One consonant before the vowel; the time of its opening.
static float put_onset(Pen* pen, const FiqSyllable* syllable, uint32_t i)
{
  const FiqPhoneme       phoneme = (FiqPhoneme)syllable->onset[i];
  const FiqTarget* const target  = fiq_target(phoneme);
  if (!is_stop(fiq_phoneme_kind(phoneme))) {
    const float shorter = i + 1 < syllable->n_onset ? 0.8f : 1.0f;
    put_sustained(pen, target, shorter * target->onset_s * pen->tempo);
    return pen->t;
  }
  const bool follows = i > 0;
  if (follows || is_voiced(target)) {
    put_closure(pen, target, (follows ? 0.8f : 0.5f) * target->closed_s * pen->tempo);
  } else {
    const FiqPlace place = place_beside(target, pen->vowel);
    put_place(pen->self, pen->t, &place);
  }
  const float          opens_s = pen->t;
  const FiqPhonemeKind before =
      follows ? fiq_phoneme_kind((FiqPhoneme)syllable->onset[i - 1]) : FIQ_PHONE_SILENCE;
  const float delay_s =
      before == FIQ_PHONE_FRICATIVE ? fminf(unbreathed, target->onset_s) : target->onset_s;
  put_opening(pen, target, delay_s * pen->tempo);
  return opens_s;
}

/// From the last consonant into the vowel.
static void put_vowel(Pen* pen, float opens_s, const FiqTarget* last)
{
  FiqUtterance* const self  = pen->self;
  const FiqTarget*    vowel = fiq_target((FiqPhoneme)self->syllable.nucleus);
  if (last && last->place.dull_hz > 0.0f) {
    // What was closed opens sooner than the mouth moves.
    FiqPlace place = place_beside(last, pen->vowel);
    place.dull_hz  = 0.0f;
    if (place.nasal_hz > 0.0f) {
      place.nasal_hz = pen->vowel->nasal_hz;
      place.hz[0]    = fiq_mix(300.0f, pen->vowel->hz[0], 0.6f);
    }
    put_place(self, opens_s + ramp_s, &place);
  }
  const float move_s =
      last ? fmaxf(last->transition_s, vowel->transition_s) * fmaxf(pen->tempo, 0.6f) : 0.0f;
  put_place(self, opens_s + move_s, pen->vowel);
  // Half of the rise lies before the vowel's time, half behind it.
  const float before_s = pen->t - self->source[self->n_sources - 1].at_s;
  put_source(self, pen->t + fiq_clamp(before_s, sudden_s, ramp_s), level_of(vowel->voicing_db),
             0.0f, 0.0f, 0);
  self->steady_s = fmaxf(opens_s + move_s, pen->t + vowel_s);
}

static void write_onset(FiqUtterance* self, float tempo)
{
  const FiqSyllable* const syllable = &self->syllable;
  const FiqTarget* const   vowel    = fiq_target((FiqPhoneme)syllable->nucleus);
  Pen                      pen      = {self, &vowel->place, 0.0f, tempo};
  float                    opens_s  = 0.0f;
  self->n_places                    = self->follows ? 1 : 0;
  self->n_sources                   = self->follows ? 1 : 0;
  self->place[0]                    = self->from_place;
  self->source[0]                   = self->from_source;
  if (!self->follows) {
    put_source(self, 0.0f, syllable->holds ? 1.0f : 0.0f, 0.0f, 0.0f, 0);
  }
  for (uint32_t i = 0; i < syllable->n_onset; ++i) {
    opens_s = put_onset(&pen, syllable, i);
  }
  self->onset_s = pen.t;
  put_vowel(&pen, opens_s,
            syllable->n_onset > 0 ? fiq_target((FiqPhoneme)syllable->onset[syllable->n_onset - 1])
                                  : NULL);
}

/// One consonant after the vowel.
static void put_coda(Pen* pen, const FiqSyllable* syllable, uint32_t i)
{
  const FiqPhoneme       phoneme = (FiqPhoneme)syllable->coda[i];
  const FiqTarget* const target  = fiq_target(phoneme);
  const bool             last    = i + 1 == syllable->n_coda;
  if (i == 0) {
    FiqPlace place = place_beside(target, pen->vowel);
    place.dull_hz  = 0.0f;
    put_place(pen->self, pen->t, pen->vowel);
    if (target->place.nasal_hz > 0.0f) {
      // The nose opens sooner than the mouth closes.
      FiqPlace open     = *pen->vowel;
      open.nasal_hz     = 0.5f * (fiq_nasal_hz + target->place.nasal_hz);
      open.bandwidth[0] = 2.0f * open.bandwidth[0];
      pen->t += nose_s;
      put_place(pen->self, pen->t, &open);
    }
    put_same(pen->self, pen->t - fade_s);
    pen->t += target->transition_s;
    put_place(pen->self, pen->t, &place);
    const FiqSourceKey last_key = pen->self->source[pen->self->n_sources - 1];
    put_source(pen->self, pen->t - ramp_s, faded * last_key.voicing, last_key.breath,
               last_key.hiss_level, last_key.hiss);
  } else {
    put_same(pen->self, pen->t - ramp_s);
  }
  if (!is_stop(fiq_phoneme_kind(phoneme))) {
    put_sustained(pen, target, (last ? 1.0f : 0.75f) * target->coda_s);
    return;
  }
  put_closure(pen, target, target->closed_s);
  put_opening(pen, target, last ? target->coda_s : target->noise_s);
}

/// The last key up to `at_s` becomes the first.
static void drop_past(FiqUtterance* self, float at_s)
{
  assert(self->n_places > 0 && self->n_sources > 0);
  uint32_t place  = 0;
  uint32_t source = 0;
  while (place + 1 < self->n_places && self->place[place + 1].at_s <= at_s) {
    ++place;
  }
  while (source + 1 < self->n_sources && self->source[source + 1].at_s <= at_s) {
    ++source;
  }
  self->n_places -= place;
  self->n_sources -= source;
  memmove(self->place, self->place + place, self->n_places * sizeof *self->place);
  memmove(self->source, self->source + source, self->n_sources * sizeof *self->source);
}

/// Whether nothing is heard of `phoneme` once it is over.
static bool ends_silent(FiqPhonemeKind kind)
{
  return kind == FIQ_PHONE_FRICATIVE || kind == FIQ_PHONE_ASPIRATE || is_stop(kind);
}

void fiq_utterance_release(FiqUtterance* self, float at_s)
{
  assert(self && !self->released);
  assert(at_s >= self->steady_s);
  const FiqSyllable* const syllable = &self->syllable;
  const FiqTarget* const   vowel    = fiq_target((FiqPhoneme)syllable->nucleus);
  Pen                      pen      = {self, &vowel->place, at_s, 1.0f};
  self->released                    = true;
  self->coda_s                      = 0.0f;
  if (syllable->goes_on) {
    return;
  }
  drop_past(self, at_s);
  put_same(self, at_s);
  if (vowel->end.hz[0] > 0.0f) {
    put_place(self, pen.t, &vowel->place);
    pen.t += glide_s;
    put_place(self, pen.t, &vowel->end);
    pen.vowel = &vowel->end;
  }
  for (uint32_t i = 0; i < syllable->n_coda; ++i) {
    put_coda(&pen, syllable, i);
  }
  const uint32_t last = syllable->n_coda > 0 ? syllable->coda[syllable->n_coda - 1] : FIQ_PH_NONE;
  if (syllable->n_coda > 0 && ends_silent(fiq_phoneme_kind((FiqPhoneme)last))) {
    pen.t += dies_s;
    put_source(self, pen.t, 0.0f, 0.0f, 0.0f, fiq_target((FiqPhoneme)last)->hiss);
  }
  self->coda_s = pen.t - at_s;
}

static void begin(FiqUtterance* self, const FiqSyllable* syllable, float onset_max_s)
{
  assert(onset_max_s > 0.0f);
  assert(fiq_syllable_is_valid(syllable));
  self->syllable = *syllable;
  self->vowel_hz = fiq_target((FiqPhoneme)syllable->nucleus)->place.hz[1];
  write_onset(self, 1.0f);
  if (self->onset_s > onset_max_s) {
    write_onset(self, onset_max_s / self->onset_s);
  }
  self->released     = false;
  FiqUtterance ended = *self;
  fiq_utterance_release(&ended, self->steady_s);
  self->coda_s = ended.coda_s;
}

void fiq_utterance_begin(FiqUtterance* self, const FiqSyllable* syllable, float onset_max_s)
{
  assert(self && syllable);
  self->follows = false;
  begin(self, syllable, onset_max_s);
}

static float way_between(float from_s, float to_s, float at_s)
{
  return to_s > from_s ? fiq_clamp((at_s - from_s) / (to_s - from_s), 0.0f, 1.0f) : 1.0f;
}

static FiqHiss mix_hiss(const FiqHiss* a, const FiqHiss* b, float t)
{
  FiqHiss mixed;
  for (uint32_t k = 0; k < 2; ++k) {
    mixed.hz[k]         = fiq_mix(a->hz[k], b->hz[k], t);
    mixed.half_width[k] = fiq_mix(a->half_width[k], b->half_width[k], t);
    mixed.gain[k]       = fiq_mix(a->gain[k], b->gain[k], t);
  }
  mixed.floor = fiq_mix(a->floor, b->floor, t);
  return mixed;
}

static FiqSourceKey source_at(const FiqUtterance* self, float at_s, FiqHiss* hiss)
{
  assert(self->n_sources > 0);
  uint32_t i = 0;
  while (i + 1 < self->n_sources && self->source[i + 1].at_s <= at_s) {
    ++i;
  }
  const FiqSourceKey* const a = &self->source[i];
  const FiqSourceKey* const b = i + 1 < self->n_sources ? a + 1 : a;
  const float               t = way_between(a->at_s, b->at_s, at_s);
  // Where there is no hiss its spectrum is already that of the next, or still that of the last.
  const uint8_t first  = a->hiss_level > 0.0f ? a->hiss : b->hiss;
  const uint8_t second = b->hiss_level > 0.0f ? b->hiss : first;
  const FiqHiss from   = fiq_target_hiss(first, self->vowel_hz);
  const FiqHiss to     = fiq_target_hiss(second, self->vowel_hz);
  *hiss                = mix_hiss(&from, &to, t);
  return (FiqSourceKey){0.0f, fiq_mix(a->voicing, b->voicing, t), fiq_mix(a->breath, b->breath, t),
                        fiq_mix(a->hiss_level, b->hiss_level, t), second};
}

static FiqPlaceKey place_at(const FiqUtterance* self, float at_s)
{
  assert(self->n_places > 0);
  uint32_t i = 0;
  while (i + 1 < self->n_places && self->place[i + 1].at_s <= at_s) {
    ++i;
  }
  const FiqPlaceKey* const a   = &self->place[i];
  const FiqPlaceKey* const b   = i + 1 < self->n_places ? a + 1 : a;
  const float              t   = way_between(a->at_s, b->at_s, at_s);
  FiqPlaceKey              key = {.nasal_hz = fiq_mix(a->nasal_hz, b->nasal_hz, t),
                                  .dull     = fiq_mix(a->dull, b->dull, t)};
  for (uint32_t k = 0; k < 3; ++k) {
    key.hz[k]        = fiq_mix(a->hz[k], b->hz[k], t);
    key.bandwidth[k] = fiq_mix(a->bandwidth[k], b->bandwidth[k], t);
  }
  return key;
}

void fiq_utterance_follow(FiqUtterance* self, float at_s, const FiqSyllable* syllable,
                          float onset_max_s)
{
  assert(self && syllable);
  assert(fiq_syllable_is_valid(syllable));
  const FiqSyllable old  = self->syllable;
  FiqSyllable       next = *syllable;
  FiqHiss           hiss;
  const uint32_t    room = FIQ_SYLLABLE_CONSONANTS_MAX - (uint32_t)next.n_onset;
  const uint32_t    n    = self->released || old.goes_on || next.holds ? 0 : old.n_coda;
  const uint32_t    kept = n < room ? n : room;
  for (uint32_t i = 0; i < kept; ++i) {
    next.onset[i] = old.coda[i];
  }
  for (uint32_t i = 0; i < syllable->n_onset; ++i) {
    next.onset[kept + i] = syllable->onset[i];
  }
  next.n_onset      = (uint8_t)(kept + syllable->n_onset);
  self->from_place  = place_at(self, at_s);
  self->from_source = source_at(self, at_s, &hiss);
  self->follows     = true;
  begin(self, &next, onset_max_s);
}

/// What the voice makes of the mouth's formants.
static void shape_voice(FiqTract* tract, const FiqVoiceParams* params, float note_hz)
{
  enum { UPPER = FIQ_TRACT_FORMANTS - 3 };
  static const float upper_hz[UPPER]        = {3400.0f, 4500.0f, 5500.0f, 6500.0f, 7500.0f};
  static const float upper_bandwidth[UPPER] = {200.0f, 250.0f, 350.0f, 500.0f, 600.0f};
  static const float ring_hz[3]             = {2500.0f, 2800.0f, 3150.0f};
  assert(params->size > 0.0f);
  for (uint32_t k = 0; k < UPPER; ++k) {
    tract->hz[3 + k]        = upper_hz[k];
    tract->bandwidth[3 + k] = upper_bandwidth[k];
  }
  for (uint32_t k = 0; k < 3; ++k) {
    tract->hz[2 + k]        = fiq_mix(tract->hz[2 + k], ring_hz[k], params->ring);
    tract->bandwidth[2 + k] = fiq_mix(tract->bandwidth[2 + k], ring_bandwidth, params->ring);
  }
  for (uint32_t k = 0; k < FIQ_TRACT_FORMANTS; ++k) {
    tract->hz[k] /= params->size;
  }
  const float follows = fiq_clamp((note_hz - 400.0f) * 0.01f, 0.0f, 1.0f);
  tract->hz[0]        = fiq_mix(tract->hz[0], fmaxf(tract->hz[0], note_hz), follows);
  tract->nasal_hz /= params->size;
  tract->dull *= params->size;
  tract->size   = params->size;
  tract->soft   = (1.0f - params->ring) / soft_hz;
  tract->murmur = fmaxf(tract->voicing * (murmur + (1.0f - murmur) * params->whisper), drawn);
  tract->voicing *= 1.0f - params->whisper;
}

FiqTract fiq_utterance_tract(const FiqUtterance* self, const FiqVoiceParams* params, float at_s,
                             float note_hz)
{
  assert(self && params);
  FiqTract           tract;
  const FiqSourceKey source = source_at(self, at_s, &tract.hiss);
  const FiqPlaceKey  place  = place_at(self, at_s);
  memcpy(tract.hz, place.hz, sizeof place.hz);
  memcpy(tract.bandwidth, place.bandwidth, sizeof place.bandwidth);
  tract.nasal_hz   = place.nasal_hz;
  tract.dull       = place.dull;
  tract.voicing    = source.voicing;
  tract.breath     = source.breath;
  tract.hiss_level = source.hiss_level;
  shape_voice(&tract, params, note_hz);
  return tract;
}

FiqTract fiq_voice_vowel(const FiqVoiceParams* params, float vowel, float note_hz)
{
  enum { VOWELS = 5 };
  static const FiqPhoneme order[VOWELS] = {FIQ_PH_U, FIQ_PH_O, FIQ_PH_A, FIQ_PH_E, FIQ_PH_I};
  const float             at            = fiq_clamp(vowel, 0.0f, 1.0f) * (float)(VOWELS - 1);
  const int               k             = at < (float)(VOWELS - 2) ? (int)at : VOWELS - 2;
  const FiqPlace* const   from          = &fiq_target(order[k])->place;
  const FiqPlace* const   to            = &fiq_target(order[k + 1])->place;
  FiqTract                tract         = {.voicing = 1.0f, .nasal_hz = fiq_nasal_hz};
  for (uint32_t i = 0; i < 3; ++i) {
    // From vowel to vowel in even steps of pitch.
    tract.hz[i]        = from->hz[i] * powf(to->hz[i] / from->hz[i], at - (float)k);
    tract.bandwidth[i] = fiq_mix(from->bandwidth[i], to->bandwidth[i], at - (float)k);
  }
  tract.hiss = fiq_target_hiss(0, tract.hz[1]);
  shape_voice(&tract, params, note_hz);
  return tract;
}
