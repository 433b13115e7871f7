// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/picture.h"

#include "dsp/base/trig_turns.h"
#include "dsp/engine/engine_state.h"
#include "dsp/swarm/swarm_state.h"

#include <assert.h>
#include <string.h>

_Static_assert((int)FIQ_PICTURE_GROUPS == (int)FIQ_SWARM_GROUPS, "every group has its mean");
_Static_assert((int)FIQ_PICTURE_PHASES == (int)FIQ_KURAMOTO_MAX, "the whole core is shown");

static const float semitones     = 12.0f / 0.693147181f; // of a unit of natural logarithm
static const float middle_c      = 60.0f;
static const float octave_db     = 6.02059991f; // of an amplitude in proportion to frequency
static const float shape_octaves = 7.0f;

/// Place on the list of notes that telemetry has of each slot.
static void list_notes(const FiqSwarm* swarm, uint8_t note_of[FIQ_CARRIERS_MAX])
{
  assert(swarm && note_of);
  uint8_t n = 0;
  for (uint32_t slot = 0; slot < FIQ_CARRIERS_MAX; ++slot) {
    note_of[slot] = swarm->anneal.carriers.mass[slot] > 0.0f ? n++ : (uint8_t)FIQ_PICTURE_NO_NOTE;
  }
}

/// Phase of oscillator `i` in turns, at the moment that those of all others are of: a step under work has led some on.
/// Where left and right aim beside each other it is counted from where its side aims, as order is.
static float phase_turns(const FiqSwarm* swarm, uint32_t i)
{
  assert(i < swarm->capacity);
  const bool is_ahead = swarm->work.begun && swarm->work.next_item < swarm->work.n_chunks &&
                        i / FIQ_LOBE_CHUNK < swarm->work.next_item;
  const float    way   = is_ahead ? swarm->osc.nu[i] * (float)swarm->step_frames : 0.0f;
  const uint32_t side  = fiq_swarm_side(fiq_lobe_place(i));
  const uint32_t group = swarm->osc.group[i] % FIQ_SWARM_GROUPS;
  const float    aside =
      swarm->step.widens ? swarm->places.offset[side][fiq_swarm_offset_of(group)] : 0.0f;
  return fiq_wrap_turns(swarm->osc.phi[i] - way - aside);
}

static uint32_t shown(uint32_t k, uint32_t n_shown, uint32_t n_all)
{
  assert(n_shown > 0 && k < n_shown);
  return (uint32_t)((uint64_t)k * n_all / n_shown);
}

/// Phases in turns, for now, and the sums of their groups.
static void sum_groups(FiqPicture* picture, const FiqSwarm* swarm, uint32_t n_all)
{
  assert(picture->n_shown <= FIQ_PICTURE_OSCILLATORS);
  memset(picture->re, 0, sizeof(picture->re));
  memset(picture->im, 0, sizeof(picture->im));
  for (uint32_t k = 0; k < picture->n_shown; ++k) {
    const uint32_t i      = shown(k, picture->n_shown, n_all);
    const uint32_t g      = swarm->osc.group[i] % FIQ_SWARM_GROUPS;
    const float    turns  = phase_turns(swarm, i);
    picture->phase_rad[k] = turns;
    picture->re[g] += fiq_cosine_turns(turns);
    picture->im[g] += fiq_sine_turns(turns);
  }
}

static void show_oscillators(FiqPicture* picture, const FiqSwarm* swarm)
{
  assert(picture && swarm);
  const uint32_t n_all   = picture->common.swarm.n_oscillators;
  const bool     cents   = swarm->step.cents;
  float          loudest = 1e-9f;
  uint8_t        note_of[FIQ_CARRIERS_MAX];
  list_notes(swarm, note_of);
  picture->n_shown = n_all < FIQ_PICTURE_OSCILLATORS ? n_all : FIQ_PICTURE_OSCILLATORS;
  picture->n_marks = (picture->n_shown + 1) / 2;
  sum_groups(picture, swarm, n_all);
  for (uint32_t k = 0; k < picture->n_shown; ++k) {
    loudest = fmaxf(loudest, swarm->osc.amplitude[shown(k, picture->n_shown, n_all)]);
  }
  for (uint32_t k = 0; k < picture->n_shown; ++k) {
    const uint32_t i      = shown(k, picture->n_shown, n_all);
    const uint32_t group  = swarm->osc.group[i];
    const uint32_t g      = group % FIQ_SWARM_GROUPS;
    const float    x      = fiq_anneal_x(&swarm->anneal, i) * (1.0f / FIQ_ANNEAL_F0_HZ);
    const float    mean   = fiq_angle_turns(picture->im[g], picture->re[g]);
    const float    loud   = fiq_clamp(swarm->osc.amplitude[i] / loudest, 0.0f, 1.0f);
    const uint32_t note   = group < FIQ_SWARM_GROUPS ? note_of[g / FIQ_SWARM_PARTIALS_MAX]
                                                     : (uint32_t)FIQ_PICTURE_NO_NOTE;
    picture->phase_rad[k] = FIQ_TWO_PI_F * fiq_wrap_turns(picture->phase_rad[k] - mean);
    picture->pitch[k]     = middle_c + semitones * (cents ? x : logf(fmaxf(x, 1e-3f)));
    picture->mark[k]      = (uint16_t)(note + 256u * (uint32_t)(255.0f * loud));
  }
}

/// Slot of the note that was struck last of those that sound, or FIQ_SWARM_NO_SLOT.
static uint8_t newest_slot(const FiqSwarm* swarm)
{
  assert(swarm);
  uint8_t  slot  = FIQ_SWARM_NO_SLOT;
  uint64_t start = 0;
  for (uint32_t k = 0; k < FIQ_NOTES_MAX; ++k) {
    const FiqNote* const note = &swarm->notes.note[k];
    const uint8_t        own  = swarm->slots.of_note[k];
    if (note->stage != FIQ_NOTE_IDLE && own != FIQ_SWARM_NO_SLOT && note->start_frame >= start) {
      slot  = own;
      start = note->start_frame;
    }
  }
  return slot;
}

/// What filter, formants and vocal tract do, by the functions that the sound is made with.
static void show_shape(FiqPictureNote* shown, const FiqSwarm* swarm, uint8_t slot,
                       const FiqFilter* filter)
{
  assert(shown->hz > 0.0f);
  float octave[FIQ_PICTURE_SHAPE];
  float ratio[FIQ_PICTURE_SHAPE];
  shown->n_shape = FIQ_PICTURE_SHAPE;
  for (uint32_t i = 0; i < FIQ_PICTURE_SHAPE; ++i) {
    octave[i]       = shape_octaves * (float)i / (float)(FIQ_PICTURE_SHAPE - 1);
    ratio[i]        = exp2f(octave[i]);
    shown->shape[i] = 1.0f;
  }
  fiq_formants_apply(&swarm->slots.formants[slot], ratio, shown->hz, shown->shape,
                     FIQ_PICTURE_SHAPE);
  if (swarm->singing.amount[slot] > 0.0f) {
    fiq_tract_apply(&swarm->singing.tract[slot], swarm->singing.amount[slot], ratio, shown->hz,
                    shown->shape, FIQ_PICTURE_SHAPE);
  }
  fiq_filter_apply(filter, octave, log2f(shown->hz), shown->shape, FIQ_PICTURE_SHAPE);
}

static void show_note(FiqPictureNote* shown, const FiqSwarm* swarm)
{
  assert(shown && swarm);
  const uint8_t slot = newest_slot(swarm);
  shown->hz          = 0.0f;
  shown->n_moved     = 0;
  shown->n_shape     = 0;
  if (slot == FIQ_SWARM_NO_SLOT || swarm->rest.asleep) {
    return;
  }
  const float hz     = fmaxf(fiq_swarm_hz(swarm, swarm->anneal.carriers.now[slot]), 1.0f);
  const float octave = log2f(hz / FIQ_ANNEAL_F0_HZ); // above middle C
  const FiqSwarmParams* const p      = &swarm->step.params;
  const float* const          moved  = swarm->motion.note[slot].target;
  const FiqFilter             filter = fiq_swarm_filter(swarm, slot);
  const bool                  has    = filter.type != FIQ_FILTER_OFF;
  shown->hz                          = hz;
  shown->n_moved                     = FIQ_PICTURE_N_MOVED;
  shown->moved[FIQ_PICTURE_CUTOFF_HZ] =
      has ? exp2f(filter.cutoff_octave - p->tone.key_track * octave) : 0.0f;
  shown->moved[FIQ_PICTURE_RESONANCE] = filter.resonance;
  shown->moved[FIQ_PICTURE_TILT]      = p->tilt_db_per_octave + octave_db * swarm->slots.tilt[slot];
  shown->moved[FIQ_PICTURE_ODD_EVEN] =
      fiq_clamp(p->odd_even + fiq_clamp(moved[FIQ_TO_ODD_EVEN], -1.0f, 1.0f), -1.0f, 1.0f);
  shown->moved[FIQ_PICTURE_VOWEL] = fiq_clamp(p->tone.vowel + moved[FIQ_TO_VOWEL], 0.0f, 1.0f);
  show_shape(shown, swarm, slot, &filter);
}

/// By how much the frame of the core has turned since the last picture.
static void turn_frame(FiqPicture* picture, const FiqEngine* self)
{
  assert(self->control_frames > 0);
  const float period_s = (float)(self->control_frames / self->config.sample_rate_hz);
  const float passed_s = (float)(self->phase.hold.n_ticks - picture->n_ticks) * period_s;
  const bool  is_known = self->phase.hold.n_ticks >= picture->n_ticks && passed_s < 1.0f;
  const float way = is_known ? fiq_engine_centre_rad_s(self) * self->params.speed * passed_s : 0.0f;
  picture->turned_rad = fiq_wrap_rad(picture->turned_rad + fiq_wrap_rad(way));
  picture->n_ticks    = self->phase.hold.n_ticks;
}

static void show_core(FiqPicture* picture, const FiqEngine* self)
{
  assert(picture && self);
  turn_frame(picture, self);
  float          re   = 0.0f;
  float          im   = 0.0f;
  const uint32_t most = self->path ? FIQ_PICTURE_PHASES : FIQ_PICTURE_BESIDE;
  picture->n_core     = self->phase.core.n_osc < most ? self->phase.core.n_osc : most;
  fiq_phase_core_phases(&self->phase.core, picture->core_rad, picture->n_core);
  for (uint32_t i = 0; i < picture->n_core; ++i) {
    const float turns    = fiq_wrap_rad(picture->core_rad[i] - picture->turned_rad) / FIQ_TWO_PI_F;
    picture->core_rad[i] = FIQ_TWO_PI_F * turns;
    re += fiq_cosine_turns(turns);
    im += fiq_sine_turns(turns);
  }
  const float n         = (float)picture->n_core;
  picture->core_psi_rad = FIQ_TWO_PI_F * fiq_angle_turns(im, re);
  picture->core_order   = n > 0.0f ? sqrtf(re * re + im * im) / n : 0.0f;
}

static void show_neurons(FiqPicture* picture, const FiqRealmTemporal* temporal)
{
  picture->n_neurons = temporal->n_neurons;
  for (uint32_t i = 0; i < temporal->n_neurons; ++i) {
    const FiqRealmTemporalNeuron* const neuron = &temporal->neuron[i];
    picture->neuron_even[i]                    = neuron->im[0];
    picture->neuron_odd[i]                     = neuron->re[0];
    picture->neuron_drive[i]                   = neuron->drive / neuron->gain;
    picture->neuron_gain[i]                    = 1.0f / neuron->gain;
    picture->neuron_straight[i]                = neuron->straight;
  }
}

static void show_realms(FiqPicture* picture, const FiqEngine* self)
{
  const FiqRealms* const realms = &self->path->path.realms;
  const int              which  = realms->current == FIQ_REALM_ADAPTIVE ? 1 : 0;
  picture->n_bands              = realms->layer[realms->current].n_neurons;
  picture->n_neurons            = 0;
  if (realms->current != FIQ_REALM_SPECTRAL) {
    show_neurons(picture, &realms->temporal[which]);
  }
  const FiqRealmSpectral* const spectral = &realms->spectral[which];
  const bool                    has_hz   = realms->current != FIQ_REALM_TEMPORAL;
  for (uint32_t i = 0; i < picture->n_bands; ++i) {
    picture->band_hz[i]  = has_hz ? spectral->bands.centre_hz[i] : 0.0f;
    picture->band_rad[i] = picture->common.phase_rad[i];
  }
  if (has_hz) {
    fiq_realm_spectral_turns(spectral, 0, picture->band_rad);
  }
  const FiqPhaseSolution* const lesson = &self->lessons.playing;
  picture->n_learned                   = lesson->is_known ? lesson->n_bands : 0;
  for (uint32_t i = 0; i < picture->n_learned; ++i) {
    picture->learned_hz[i]  = lesson->centre_hz[i];
    picture->learned_rad[i] = lesson->learned.phi_rad[0][i];
  }
}

void fiq_engine_picture(FiqEngine* self, FiqPicture* picture)
{
  assert(self);
  assert(picture);
  fiq_engine_describe(self, &picture->common);
  picture->n_shown = 0;
  picture->n_marks = 0;
  if (!self->path) {
    show_oscillators(picture, &self->swarm->swarm);
    show_note(&picture->note, &self->swarm->swarm);
  }
  show_core(picture, self);
  picture->n_bands   = 0;
  picture->n_neurons = 0;
  picture->n_learned = 0;
  picture->n_rotator = self->path ? FIQ_TELEMETRY_CURVE : 0;
  if (self->path) {
    show_realms(picture, self);
  }
}
