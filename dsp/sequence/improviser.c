// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/sequence/improviser.h"

#include "dsp/base/maths.h"
#include "dsp/notes/just_intonation.h"

#include <assert.h>
#include <string.h>

enum {
  RHYTHM_ORDER  = 4,
  CHORD_ORDER   = 2,
  PIECE_NOTES   = FIQ_MELODY_SHORT_NOTES,
  RANGE_MARGIN  = 7, ///< semitones beyond the keys learned
  KEYS_KEPT     = 4, ///< windows of keys that are not to be copied
  REPEATED_MOST = 4,
  NOVEL_NOTES   = 14, ///< back to which what was played is no longer new
  NOTES_LEAST   = 4,  ///< that must be known before it plays
  PLACE_TICKS   = 12,
  RANGE_KEYS    = 5, ///< of the scale that a range has at least
  OCTAVES       = 10,
  VOICE_LOWEST  = 3, ///< semitones of the second voice below the first
  VOICE_DEEPEST = 16
};

const uint16_t fiq_step_ticks[FIQ_N_STEPS] = {12, 24,  36,  48,  60,  72,  84,
                                              96, 120, 144, 192, 240, 288, 384};

static const float discount        = 0.6f;
static const float chroma_kept     = 0.75f; // of what sounded before a note
static const float velocity_share  = 0.1f;
static const float accent          = 1.15f; // of a bar's first note
static const float density_octaves = 3.0f;  // of the steps' weight an octave, at either end
static const float familiar =
    0.35f; // of the weight's inverse, a time that a key was played of late
static const float off_chord      = 0.05f; // of the weight of a key that is not of the agreed chord
static const float rarest_step    = 0.004f;
static const float leap_semitones = 9.0f;
static const float register_pull  = 5.0f;
static const float harmony_power  = 4.0f;
static const float voice_reach    = 3.0f; // semitones that the second voice moves by

FiqStatus fiq_improviser_init(FiqImproviser* self, FiqArena* arena, uint32_t window)
{
  assert(self && arena);
  const FiqMelodyConfig melody = {.window = window};
  FiqStatus             status = fiq_melody_init(&self->melody, arena, &melody);
  self->window                 = window;
  for (uint32_t i = 0; i < FIQ_N_RHYTHM_MODELS; ++i) {
    const FiqStatus one =
        fiq_context_init(&self->rhythm[i], arena, RHYTHM_ORDER,
                         i + 1 < FIQ_N_RHYTHM_MODELS ? window : PIECE_NOTES, discount);
    status = one != FIQ_OK ? one : status;
  }
  const FiqStatus chords = fiq_context_init(&self->chords, arena, CHORD_ORDER, window, discount);
  status                 = chords != FIQ_OK ? chords : status;
  self->note             = fiq_arena_take(arena, window, sizeof(FiqLearnedNote));
  self->key              = fiq_arena_take(arena, KEYS_KEPT * window, sizeof(uint8_t));
  self->run[0]           = fiq_arena_take(arena, KEYS_KEPT * window, sizeof(uint8_t));
  self->run[1]           = fiq_arena_take(arena, KEYS_KEPT * window, sizeof(uint8_t));
  if (status == FIQ_BAD_ARGUMENT || fiq_arena_status(arena) != FIQ_OK) {
    return status == FIQ_BAD_ARGUMENT ? status : FIQ_NO_MEMORY;
  }
  for (int32_t interval = 0; interval < 12; ++interval) {
    const FiqPrimeVector ratio = fiq_just_chord(interval, 5);
    self->harmony_of[interval] = (float)fiq_just_harmony(fiq_just_height(&ratio));
  }
  self->generation = 0;
  fiq_improviser_reset(self, 1);
  return FIQ_OK;
}

void fiq_improviser_reseed(FiqImproviser* self, uint64_t seed)
{
  fiq_note_choice_reset(&self->key_choice, seed, 0x6b6579);
  fiq_note_choice_reset(&self->step_choice, seed, 0x73746570);
  fiq_note_choice_reset(&self->chord_choice, seed, 0x63686f);
}

void fiq_improviser_reset(FiqImproviser* self, uint64_t seed)
{
  assert(self);
  fiq_improviser_reseed(self, seed);
  fiq_melody_reset(&self->melody);
  for (uint32_t i = 0; i < FIQ_N_RHYTHM_MODELS; ++i) {
    fiq_context_reset(&self->rhythm[i]);
  }
  fiq_context_reset(&self->chords);
  fiq_mixer_reset(&self->rhythm_mixer, FIQ_N_RHYTHM_MODELS);
  memset(self->run[0], 0, KEYS_KEPT * self->window);
  memset(self->run[1], 0, KEYS_KEPT * self->window);
  memset(self->chroma, 0, sizeof(self->chroma));
  memset(self->chance, 0, sizeof(self->chance));
  self->n_chords      = 0;
  self->n_notes       = 0;
  self->newest        = 0;
  self->n_keys        = 0;
  self->newest_key    = 0;
  self->run_longest   = 0;
  self->lowest        = FIQ_MELODY_KEYS - 1;
  self->highest       = 0;
  self->last_key      = 0;
  self->n_repeated    = 0;
  self->n_played      = 0;
  self->mean_velocity = 80.0f;
  fiq_melody_set_candidates(&self->melody, NULL);
  ++self->generation;
}

uint16_t fiq_nearest_step(uint32_t ticks)
{
  uint32_t best = 0;
  for (uint32_t i = 1; i < FIQ_N_STEPS; ++i) {
    const int32_t here  = (int32_t)ticks - fiq_step_ticks[i];
    const int32_t there = (int32_t)ticks - fiq_step_ticks[best];
    best                = (here < 0 ? -here : here) < (there < 0 ? -there : there) ? i : best;
  }
  return fiq_step_ticks[best];
}

static uint32_t rhythm_symbol(uint32_t model, uint32_t step, uint32_t place)
{
  return model == 1 ? step << 12 | place / PLACE_TICKS : step;
}

/// Predict the step at `place`: rhythm_mixer.share of fiq_step_ticks.
static void predict_step(FiqImproviser* self, uint32_t place)
{
  FiqContextClasses classes;
  float             share[FIQ_N_STEPS];
  for (uint32_t model = 0; model < FIQ_N_RHYTHM_MODELS; ++model) {
    fiq_context_classes_reset(&classes);
    for (uint32_t i = 0; i < FIQ_N_STEPS; ++i) {
      (void)fiq_context_classes_add(&classes, rhythm_symbol(model, fiq_step_ticks[i], place));
    }
    fiq_context_predict(&self->rhythm[model], &classes, share);
    fiq_mixer_put(&self->rhythm_mixer, model, share, FIQ_N_STEPS, self->melody.at.n_notes);
  }
  fiq_mixer_mix(&self->rhythm_mixer);
}

static uint32_t index_of_step(uint32_t ticks)
{
  uint32_t i = 0;
  while (i + 1 < FIQ_N_STEPS && fiq_step_ticks[i] != ticks) {
    ++i;
  }
  return i;
}

/// What goes before a note's chord: the place of its key in the scale.
static uint32_t chord_symbol(const FiqImproviser* self, uint32_t key, uint32_t chord)
{
  return ((key + 12u - self->melody.at.tonic) % 12u) << 16 | chord;
}

static void begin_phrase(FiqImproviser* self, const FiqLearnedNote* note)
{
  if (note->starts) {
    fiq_melody_begin(&self->melody, note->starts > 1);
    for (uint32_t model = 0; model < FIQ_N_RHYTHM_MODELS; ++model) {
      if (note->starts > 1 && model + 1 == FIQ_N_RHYTHM_MODELS) {
        fiq_context_reset(&self->rhythm[model]);
      }
      fiq_context_begin(&self->rhythm[model]);
    }
    fiq_context_begin(&self->chords);
  }
}

static FiqMelodyNote melody_note(const FiqLearnedNote* note)
{
  return (FiqMelodyNote){.key = note->key, .place = note->place, .length = note->step};
}

/// What sounds is heard for a while.
static void sound(FiqImproviser* self, const FiqLearnedNote* note)
{
  for (uint32_t i = 0; i < 12; ++i) {
    self->chroma[i] *= chroma_kept;
  }
  self->chroma[note->key % 12u] = 1.0f;
  for (uint32_t i = 0; i < 12 && i + 1 <= note->key; ++i) {
    if (note->chord >> i & 1u) {
      self->chroma[(note->key - i - 1u) % 12u] = 1.0f;
    }
  }
}

/// What is learned is predicted among the keys about those learned before; all others would only cost time.
static void narrow_candidates(FiqImproviser* self)
{
  bool is_possible[FIQ_MELODY_KEYS] = {false};
  for (uint32_t key = 0; key < FIQ_MELODY_KEYS && self->lowest <= self->highest; ++key) {
    is_possible[key] =
        key + RANGE_MARGIN >= self->lowest && key <= self->highest + (uint32_t)RANGE_MARGIN;
  }
  fiq_melody_set_candidates(&self->melody, is_possible);
}

static void keep(FiqImproviser* self, const FiqLearnedNote* note)
{
  const bool is_wider      = note->key < self->lowest || note->key > self->highest;
  self->note[self->newest] = *note;
  self->newest             = (self->newest + 1) % self->window;
  self->n_notes            = self->n_notes < self->window ? self->n_notes + 1 : self->window;
  self->lowest             = note->key < self->lowest ? note->key : self->lowest;
  self->highest            = note->key > self->highest ? note->key : self->highest;
  self->mean_velocity += velocity_share * ((float)note->velocity - self->mean_velocity);
  const uint32_t most            = KEYS_KEPT * self->window;
  self->key[self->newest_key]    = note->key;
  self->run[0][self->newest_key] = 0;
  self->run[1][self->newest_key] = 0;
  self->newest_key               = (self->newest_key + 1) % most;
  self->n_keys                   = self->n_keys < most ? self->n_keys + 1 : most;
  if (is_wider) {
    narrow_candidates(self);
  }
  ++self->generation;
}

static void learn_chord(FiqImproviser* self, const FiqLearnedNote* note)
{
  uint32_t i = 0;
  while (i < self->n_chords && self->chord_seen[i] != note->chord) {
    ++i;
  }
  if (note->chord && i == self->n_chords && i < FIQ_N_CHORDS_MAX) {
    self->chord_seen[self->n_chords++] = note->chord;
  }
  fiq_context_learn(&self->chords, chord_symbol(self, note->key, note->chord));
}

void fiq_improviser_learn(FiqImproviser* self, const FiqLearnedNote* note)
{
  assert(self && note && note->key < FIQ_MELODY_KEYS);
  const FiqMelodyNote key = melody_note(note);
  begin_phrase(self, note);
  predict_step(self, note->place);
  fiq_mixer_learn(&self->rhythm_mixer, index_of_step(note->step));
  for (uint32_t model = 0; model < FIQ_N_RHYTHM_MODELS; ++model) {
    fiq_context_learn(&self->rhythm[model], rhythm_symbol(model, note->step, note->place));
  }
  learn_chord(self, note);
  fiq_melody_predict(&self->melody, &key);
  fiq_melody_learn(&self->melody, &key);
  keep(self, note);
  sound(self, note);
  if (self->run_longest > 0) {
    memset(self->run[self->run_now], 0, self->n_keys);
  }
  self->run_longest = 0;
}

void fiq_improviser_follow(FiqImproviser* self, const FiqLearnedNote* note)
{
  assert(self && note && note->key < FIQ_MELODY_KEYS);
  const FiqMelodyNote key = melody_note(note);
  begin_phrase(self, note);
  for (uint32_t model = 0; model < FIQ_N_RHYTHM_MODELS; ++model) {
    const uint32_t symbol = rhythm_symbol(model, note->step, note->place);
    if (model + 1 < FIQ_N_RHYTHM_MODELS) {
      fiq_context_follow(&self->rhythm[model], symbol);
    } else {
      fiq_context_learn(&self->rhythm[model], symbol);
    }
  }
  fiq_context_follow(&self->chords, chord_symbol(self, note->key, note->chord));
  fiq_melody_pass(&self->melody, &key);
  sound(self, note);
}

bool fiq_improviser_can_play(const FiqImproviser* self)
{
  return self->n_notes >= NOTES_LEAST;
}

/// Follow through all that was learned how far the last notes are a copy of it.
static void count_runs(FiqImproviser* self, uint8_t key)
{
  const uint8_t* const restrict before = self->run[self->run_now];
  uint8_t* const restrict after        = self->run[1 - self->run_now];
  const uint8_t* const restrict kept   = self->key;
  uint8_t        most                  = 0;
  const uint32_t n                     = self->n_keys;
  for (uint32_t i = 0; i < n; ++i) {
    const uint8_t last = i > 0 ? before[i - 1] : before[n - 1];
    const uint8_t run  = (uint8_t)(last < 255 ? last + 1 : 255);
    after[i]           = kept[i] == key ? run : 0;
    most               = after[i] > most ? after[i] : most;
  }
  self->run_now     = 1 - self->run_now;
  self->run_longest = most;
}

/// Forbid what would make the copy too long.
static void forbid_copies(const FiqImproviser* self, bool* is_forbidden)
{
  const uint8_t* const run = self->run[self->run_now];
  for (uint32_t i = 0; self->run_longest >= FIQ_COPY_MOST && i < self->n_keys; ++i) {
    if (run[i] >= FIQ_COPY_MOST) {
      is_forbidden[self->key[(i + 1) % self->n_keys]] = true;
    }
  }
}

static float harmony_with(const FiqImproviser* self, const FiqImproviserParams* params,
                          uint32_t key)
{
  float sum     = 0.0f;
  float total   = 1e-6f;
  float is_held = 0.0f;
  for (uint32_t pitch = 0; pitch < 12; ++pitch) {
    is_held = fmaxf(is_held, params->held[pitch]);
  }
  // What is held counts for more than what has sounded.
  const float past = 0.4f * (1.0f - 0.8f * is_held);
  for (uint32_t pitch = 0; pitch < 12; ++pitch) {
    // What sounds already is in harmony with itself; that is no reason to play it again.
    const bool  is_same = pitch == key % 12u;
    const float weight  = is_same ? 0.0f : fmaxf(params->held[pitch], past * self->chroma[pitch]);
    sum += weight * self->harmony_of[(key + 12u - pitch) % 12u];
    total += weight;
  }
  return total > 1e-3f ? sum / total : 1.0f;
}

/// Less the more often `key` was chosen of late.
static float novelty_of(const FiqImproviser* self, uint32_t key)
{
  const FiqNoteChoice* const choice = &self->key_choice;
  uint32_t                   n      = 0;
  for (uint32_t i = 1; i <= NOVEL_NOTES && i <= choice->n_history; ++i) {
    n += choice->history[(choice->n_history - i) % FIQ_NOTE_CHOICE_HISTORY] == key;
  }
  return 1.0f / (1.0f + familiar * (float)n);
}

/// Keys that may be chosen, and how far from there they are played.
typedef struct {
  int32_t lowest;
  int32_t highest;
  int32_t moved; ///< semitones, whole octaves
} KeyRange;

static KeyRange range_between(uint8_t key, uint8_t other)
{
  return (KeyRange){key < other ? key : other, key < other ? other : key, 0};
}

static KeyRange wished_range(const FiqImproviserParams* params)
{
  return range_between(params->lowest, params->highest);
}

static bool has_range(const FiqImproviserParams* params)
{
  const KeyRange wished = wished_range(params);
  return wished.lowest > 0 || wished.highest < FIQ_MELODY_KEYS - 1;
}

static bool is_within(const KeyRange* range, int32_t key)
{
  return key >= range->lowest && key <= range->highest;
}

/// What both ranges have, `octaves` apart.
static KeyRange shared_range(const FiqImproviser* self, const KeyRange* wished, int32_t octaves)
{
  const int32_t moved   = 12 * octaves;
  const int32_t lowest  = wished->lowest - moved;
  const int32_t highest = wished->highest - moved;
  return (KeyRange){lowest > self->lowest ? lowest : self->lowest,
                    highest < self->highest ? highest : self->highest, moved};
}

static uint32_t n_in_scale(const FiqImproviser* self, int32_t lowest, int32_t highest)
{
  uint32_t n = 0;
  for (int32_t key = lowest; key <= highest; ++key) {
    n += fiq_melody_in_scale(&self->melody, (uint32_t)key);
  }
  return n;
}

/// Widen `range` until there is something to choose from: within what is wished for, then beyond.
static void widen_range(const FiqImproviser* self, const KeyRange* wished, KeyRange* range)
{
  const uint32_t known = n_in_scale(self, self->lowest, self->highest);
  const uint32_t least = known < RANGE_KEYS ? known : RANGE_KEYS;
  const int32_t  first = range->moved < 0 ? -range->moved : 0;
  const int32_t  last  = FIQ_MELODY_KEYS - 1 - (range->moved > 0 ? range->moved : 0);
  for (uint32_t i = 0;
       i < FIQ_MELODY_KEYS && n_in_scale(self, range->lowest, range->highest) < least; ++i) {
    const bool below = range->lowest + range->moved > wished->lowest;
    const bool above = range->highest + range->moved < wished->highest;
    range->lowest -= (below || !above) && range->lowest > first;
    range->highest += (above || !below) && range->highest < last;
  }
}

/// The keys to choose from.
static KeyRange find_range(const FiqImproviser* self, const FiqImproviserParams* params)
{
  if (!has_range(params)) {
    return (KeyRange){self->lowest, self->highest, 0};
  }
  const KeyRange wished = wished_range(params);
  KeyRange       best   = shared_range(self, &wished, 0);
  for (int32_t n = 1; n <= OCTAVES; ++n) {
    const KeyRange higher = shared_range(self, &wished, n);
    const KeyRange lower  = shared_range(self, &wished, -n);
    best = higher.highest - higher.lowest > best.highest - best.lowest ? higher : best;
    best = lower.highest - lower.lowest > best.highest - best.lowest ? lower : best;
  }
  if (best.lowest > best.highest) {
    best.lowest  = wished.lowest - best.moved;
    best.highest = wished.highest - best.moved;
  }
  widen_range(self, &wished, &best);
  return best;
}

static void weigh_keys(const FiqImproviser* self, const FiqImproviserParams* params,
                       const KeyRange* keys, float* weight)
{
  const FiqMelodyModel* const melody                        = &self->melody;
  bool                        is_forbidden[FIQ_MELODY_KEYS] = {false};
  const float                 range = fmaxf(1.0f, (float)(keys->highest - keys->lowest));
  forbid_copies(self, is_forbidden);
  if (self->n_repeated >= REPEATED_MOST) {
    is_forbidden[self->last_key] = true;
  }
  for (uint32_t i = 0; i < melody->n_candidates; ++i) {
    const uint32_t key   = melody->candidate[i];
    const float    leap  = fabsf((float)key - (float)melody->at.last) / leap_semitones;
    const float    place = ((float)key - (float)keys->lowest) / range - 0.5f;
    const float    fit   = powf(harmony_with(self, params, key), harmony_power * params->harmony);
    const float    lean  = expf(register_pull * 2.0f * (params->register_ - 0.5f) * place);
    const bool     is_possible = !is_forbidden[key] && fiq_melody_in_scale(melody, key);
    const bool     is_of_chord = !params->chord || (params->chord >> key % 12u & 1u);
    const float    agreed      = is_of_chord ? 1.0f : off_chord;
    weight[i] =
        is_possible ? agreed * fit * lean * novelty_of(self, key) / (1.0f + leap * leap) : 0.0f;
  }
}

static uint16_t choose_step(FiqImproviser* self, const FiqImproviserParams* params, uint32_t place,
                            uint32_t bar_ticks)
{
  const FiqNoteChoiceParams choice = {params->surprise, params->warning};
  float                     weight[FIQ_N_STEPS];
  float                     chance[FIQ_N_STEPS];
  uint8_t                   name[FIQ_N_STEPS];
  // What was never played comes in as far as another density is asked for.
  const float other = 0.7f * fabsf(2.0f * params->density - 1.0f);
  float       share[FIQ_N_STEPS];
  predict_step(self, place);
  for (uint32_t i = 0; i < FIQ_N_STEPS; ++i) {
    const float    octaves = log2f((float)fiq_step_ticks[i] / FIQ_TICKS);
    const uint32_t end     = (place + fiq_step_ticks[i]) % bar_ticks;
    const float    fit = end % FIQ_TICKS == 0 ? 1.0f : end % (FIQ_TICKS / 2) == 0 ? 0.6f : 0.15f;
    share[i]           = fiq_mix(self->rhythm_mixer.share[i], fit / FIQ_N_STEPS, other);
    weight[i]          = share[i] > rarest_step
                             ? fit * exp2f(2.0f * (0.5f - params->density) * density_octaves * octaves)
                             : 0.0f;
    name[i]            = (uint8_t)i;
  }
  return fiq_step_ticks[fiq_note_choice_pick(&self->step_choice, &choice, share, weight, name,
                                             FIQ_N_STEPS, chance)];
}

/// A chord for beneath `key`, whose keys are not below `lowest`.
static uint16_t choose_chord(FiqImproviser* self, const FiqImproviserParams* params, uint32_t key,
                             int32_t lowest)
{
  if (self->n_chords == 0) {
    return 0;
  }
  const FiqNoteChoiceParams choice = {params->surprise, params->warning};
  FiqContextClasses         classes;
  float                     share[FIQ_N_CHORDS_MAX + 1];
  float                     weight[FIQ_N_CHORDS_MAX + 1];
  float                     chance[FIQ_N_CHORDS_MAX + 1];
  uint8_t                   name[FIQ_N_CHORDS_MAX + 1];
  fiq_context_classes_reset(&classes);
  for (uint32_t i = 0; i <= self->n_chords; ++i) {
    const uint32_t chord = i > 0 ? self->chord_seen[i - 1] : 0;
    bool           fits  = true;
    for (uint32_t bit = 0; bit < 16; ++bit) {
      fits &= !(chord >> bit & 1u) || ((int32_t)(key - bit) > lowest && bit < key &&
                                       fiq_melody_in_scale(&self->melody, key - bit - 1));
    }
    (void)fiq_context_classes_add(&classes, chord_symbol(self, key, chord));
    weight[i] = fits ? 1.0f : 0.0f;
    name[i]   = (uint8_t)i;
  }
  fiq_context_predict(&self->chords, &classes, share);
  const uint32_t chosen = fiq_note_choice_pick(&self->chord_choice, &choice, share, weight, name,
                                               self->n_chords + 1, chance);
  return chosen > 0 ? self->chord_seen[chosen - 1] : 0;
}

/// Predict and weigh the keys of the scale within `range`.
static void prepare_keys(FiqImproviser* self, const FiqImproviserParams* params,
                         const FiqMelodyNote* note, const KeyRange* range, float* weight)
{
  bool is_possible[FIQ_MELODY_KEYS] = {false};
  for (int32_t key = range->lowest; key <= range->highest; ++key) {
    is_possible[key] = fiq_melody_in_scale(&self->melody, (uint32_t)key);
  }
  fiq_melody_set_candidates(&self->melody, is_possible);
  fiq_melody_predict(&self->melody, note);
  weigh_keys(self, params, range, weight);
}

static void note_played(FiqImproviser* self, uint8_t key)
{
  self->played[self->n_played++ % FIQ_RANGE_NOTES] = key;
}

static uint8_t choose_key(FiqImproviser* self, const FiqImproviserParams* params,
                          const FiqMelodyNote* note, const KeyRange* range)
{
  const FiqNoteChoiceParams choice = {params->surprise, params->warning};
  FiqMelodyModel* const     melody = &self->melody;
  float                     weight[FIQ_MELODY_KEYS];
  float                     chance[FIQ_MELODY_KEYS];
  prepare_keys(self, params, note, range, weight);
  const uint32_t chosen =
      fiq_note_choice_pick(&self->key_choice, &choice, melody->mixer.share, weight,
                           melody->candidate, melody->n_candidates, chance);
  memset(self->chance, 0, sizeof(self->chance));
  for (uint32_t i = 0; i < melody->n_candidates; ++i) {
    self->chance[melody->candidate[i] + range->moved] = chance[i];
  }
  const uint8_t key = melody->candidate[chosen];
  narrow_candidates(self);
  return key;
}

FiqLearnedNote fiq_improviser_play(FiqImproviser* self, const FiqImproviserParams* params,
                                   uint32_t place, uint32_t bar_ticks)
{
  assert(self && params && bar_ticks > 0);
  assert(fiq_improviser_can_play(self));
  FiqLearnedNote note       = {.place = (uint16_t)(place % bar_ticks)};
  note.step                 = choose_step(self, params, note.place, bar_ticks);
  const KeyRange      range = find_range(self, params);
  const FiqMelodyNote asked = melody_note(&note);
  note.key                  = choose_key(self, params, &asked, &range);
  note.chord       = choose_chord(self, params, note.key, has_range(params) ? range.lowest : 0);
  const float loud = self->mean_velocity * (note.place == 0 ? accent : 1.0f);
  note.velocity    = (uint8_t)fiq_clamp(loud, 1.0f, 127.0f);
  self->n_repeated = note.key == self->last_key ? self->n_repeated + 1 : 1;
  self->last_key   = note.key;
  count_runs(self, note.key);
  fiq_improviser_follow(self, &note);
  note.key = (uint8_t)(note.key + range.moved);
  note_played(self, note.key);
  return note;
}

void fiq_improviser_foresee(FiqImproviser* self, const FiqImproviserParams* params, uint32_t place,
                            float pitch[12])
{
  assert(self && params && pitch);
  assert(fiq_improviser_can_play(self));
  const FiqLearnedNote next  = {.place = (uint16_t)place, .step = FIQ_TICKS};
  const FiqMelodyNote  asked = melody_note(&next);
  const KeyRange       range = find_range(self, params);
  float                weight[FIQ_MELODY_KEYS];
  prepare_keys(self, params, &asked, &range, weight);
  memset(pitch, 0, 12 * sizeof(float));
  for (uint32_t i = 0; i < self->melody.n_candidates; ++i) {
    pitch[self->melody.candidate[i] % 12u] += self->melody.mixer.share[i] * weight[i];
  }
  narrow_candidates(self);
}

/// `key`, in the octave nearest to it that lies within the range wished for, if one does.
static uint8_t into_range(const FiqImproviserParams* params, int32_t key)
{
  const KeyRange wished = wished_range(params);
  int32_t        moved  = key;
  while (moved < wished.lowest && moved + 12 < FIQ_MELODY_KEYS) {
    moved += 12;
  }
  while (moved > wished.highest && moved >= 12) {
    moved -= 12;
  }
  return (uint8_t)moved;
}

uint8_t fiq_improviser_accompany(FiqImproviser* self, const FiqImproviserParams* params,
                                 uint8_t key, uint8_t last)
{
  const FiqNoteChoiceParams choice = {params->surprise, params->warning};
  enum { N = VOICE_DEEPEST - VOICE_LOWEST + 1 };
  float    share[N];
  float    weight[N];
  float    chance[N];
  uint8_t  name[N];
  uint32_t n = 0;
  for (uint32_t below = VOICE_LOWEST; below <= VOICE_DEEPEST && below <= key; ++below) {
    const uint8_t candidate = into_range(params, key - (int32_t)below);
    const float   way       = last > 0 ? fabsf((float)candidate - (float)last) / voice_reach : 0.0f;
    const float   fit = powf(self->harmony_of[below % 12u], 1.0f + harmony_power * params->harmony);
    share[n]          = expf(-way) * (below % 12 == 0 ? 0.3f : 1.0f);
    weight[n]         = fiq_melody_in_scale(&self->melody, candidate) ? fit * fit : 0.0f;
    name[n++]         = candidate;
  }
  const uint8_t voice =
      n > 0 ? name[fiq_note_choice_pick(&self->key_choice, &choice, share, weight, name, n, chance)]
            : into_range(params, key);
  note_played(self, voice);
  return voice;
}

float fiq_improviser_in_range(const FiqImproviser* self, uint8_t lowest, uint8_t highest)
{
  assert(self);
  const KeyRange wished = range_between(lowest, highest);
  const uint32_t n      = self->n_played < FIQ_RANGE_NOTES ? self->n_played : FIQ_RANGE_NOTES;
  uint32_t       n_in   = 0;
  for (uint32_t i = 0; i < n; ++i) {
    n_in += is_within(&wished, self->played[i]);
  }
  return n > 0 ? (float)n_in / (float)n : 1.0f;
}
