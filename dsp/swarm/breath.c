// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/swarm/swarm_state.h"

#include "dsp/base/trig_turns.h"

#include <assert.h>
#include <string.h>

enum {
  POINTS  = FIQ_BREATH_POINTS,
  AT_ONCE = 4 ///< chunks of bands that are added to a frame
};

static const float silent     = 1e-5f; // level at which a breath has ended
static const float follow_s   = 0.005f;
static const float same_place = 0.002f; // octaves, or parts of the resonance

static bool is_same_filter(const FiqFilter* a, const FiqFilter* b)
{
  return a->type == b->type && fabsf(a->cutoff_octave - b->cutoff_octave) < same_place &&
         fabsf(a->resonance - b->resonance) < same_place &&
         !fiq_swarm_differs(a->slope_db_per_octave, b->slope_db_per_octave);
}

static bool is_same_envelope(const FiqFormants* a, const FiqFormants* b)
{
  const bool neither = (a->n == 0 || a->amount <= 0.0f) && (b->n == 0 || b->amount <= 0.0f);
  return neither || memcmp(a, b, sizeof *a) == 0;
}

/// The spectrum of the note in `slot`: that of its filter in turn with others', so that what moves is not found anew in every
/// step.
static void shape(FiqSwarm* self, uint32_t slot, bool at_once)
{
  assert(slot < FIQ_CARRIERS_MAX);
  FiqSwarmBreath* const    breath   = &self->breath;
  const FiqFormants* const formants = &breath->note[slot].formants;
  const float              step_s   = (float)self->step_frames / (float)self->sample_rate_hz;
  const uint32_t           n_turns  = (uint32_t)fiq_max(follow_s / step_s, 1.0f);
  const bool               turn     = (self->step_count + slot) % n_turns == 0;
  const bool               moved    = !is_same_envelope(&breath->formants[slot], formants);
  if (!at_once && !moved && !turn) {
    return;
  }
  const FiqFilter filter = fiq_swarm_filter(self, slot);
  if (!at_once && !moved && is_same_filter(&breath->filter[slot], &filter)) {
    return;
  }
  breath->filter[slot]   = filter;
  breath->formants[slot] = *formants;
  fiq_breath_shape(&breath->noise, &filter, formants, breath->power + (size_t)slot * POINTS);
}

/// The envelope on to this step, its parts before and after the key is let go.
static void advance_envelope(FiqSwarm* self, uint32_t slot, const FiqNote* note, uint64_t frames)
{
  assert(slot < FIQ_CARRIERS_MAX);
  const FiqBreathParams* const params = &self->step.params.tone.breath;
  FiqBreathEnvelope* const     own    = &self->breath.envelope[slot];
  const float                  one_s  = 1.0f / (float)self->sample_rate_hz;
  const bool     held  = note && (note->stage == FIQ_NOTE_ATTACK || note->stage == FIQ_NOTE_HOLD);
  const uint64_t since = note && !held ? self->frame - note->end_frame : 0;
  const uint64_t after = held ? 0 : note && since < frames ? since : frames;
  if (after < frames) {
    fiq_breath_envelope(own, params, true, (float)(frames - after) * one_s);
  }
  if (after > 0) {
    fiq_breath_envelope(own, params, false, (float)after * one_s);
  }
}

/// Frames of a note that is new. Where its attack is shorter than a step it comes whole, as that of the tone does.
static uint64_t frames_since(const FiqSwarm* self, const FiqNote* note)
{
  const uint64_t age  = self->frame - note->start_frame;
  const float    step = (float)self->step_frames;
  if (self->step.params.tone.breath.attack_s * (float)self->sample_rate_hz >= step) {
    return age;
  }
  return 2 * age < self->step_frames ? 0 : age > self->step_frames ? age : self->step_frames;
}

/// Level of a note without its envelope.
static float full_level(const FiqSwarm* self, uint32_t slot, const FiqNote* note)
{
  return fiq_notes_top_level(&self->notes, note) * self->step.params.key_level *
         self->breath.note[slot].level;
}

/// One note on to this step; its gain.
static float advance_note(FiqSwarm* self, uint32_t slot, const FiqNote* note, float share,
                          bool recoloured)
{
  assert(slot < FIQ_CARRIERS_MAX);
  FiqSwarmBreath* const breath = &self->breath;
  const bool            is_new = !breath->sounds[slot] || breath->began[slot] != note->start_frame;
  const float           loud   = full_level(self, slot, note) * fiq_sine_turns(0.25f * share);
  if (is_new) {
    // From as loud as it is, where another note was in its place.
    const float level      = breath->sounds[slot] ? breath->envelope[slot].level : 0.0f;
    const float now        = level * breath->loud[slot] / fiq_max(loud, 1e-6f);
    breath->envelope[slot] = (FiqBreathEnvelope){.level = fiq_min(now, 1.0f), .rises = true};
  }
  advance_envelope(self, slot, note, is_new ? frames_since(self, note) : self->step_frames);
  shape(self, slot, is_new || recoloured);
  breath->began[slot]  = note->start_frame;
  breath->sounds[slot] = true;
  breath->loud[slot]   = loud;
  breath->tone[slot]   = fiq_cosine_turns(0.25f * share);
  return loud * breath->envelope[slot].level;
}

/// What goes on of a breath whose note has gone.
static float advance_rest(FiqSwarm* self, uint32_t slot)
{
  assert(slot < FIQ_CARRIERS_MAX);
  FiqSwarmBreath* const breath = &self->breath;
  advance_envelope(self, slot, NULL, self->step_frames);
  breath->sounds[slot] = breath->envelope[slot].level > silent;
  return breath->sounds[slot] ? breath->loud[slot] * breath->envelope[slot].level : 0.0f;
}

/// Share of the breath of each slot's note; whether any has some.
static bool find_shares(FiqSwarm* self, const FiqNote** note, float* share)
{
  assert(note && share);
  const float patch = self->step.params.tone.breath.share;
  bool        any   = self->breath.n_sounding > 0;
  memset(note, 0, FIQ_CARRIERS_MAX * sizeof *note);
  for (uint32_t k = 0; k < FIQ_NOTES_MAX; ++k) {
    const uint8_t slot = self->slots.of_note[k];
    if (slot != FIQ_SWARM_NO_SLOT) {
      note[slot]  = &self->notes.note[k];
      share[slot] = fiq_clamp(patch + self->breath.note[slot].share, 0.0f, 1.0f);
      any         = any || share[slot] > 0.0f || self->singing.noise[slot] > 0.0f;
    }
  }
  return any;
}

void fiq_swarm_set_breath(FiqSwarm* self)
{
  assert(self);
  FiqSwarmBreath* const breath = &self->breath;
  const FiqNote*        note[FIQ_CARRIERS_MAX];
  float                 share[FIQ_CARRIERS_MAX];
  if (!find_shares(self, note, share)) {
    if (breath->is_on) {
      fiq_swarm_end_breath(self);
    }
    return;
  }
  const bool recoloured =
      fiq_breath_set_colour(&breath->noise, self->step.params.tone.breath.colour_db_per_octave);
  const float level  = fiq_swarm_note_amplitude * self->step.params.level;
  breath->starts     = !breath->is_on;
  breath->is_on      = true;
  breath->n_sounding = 0;
  fiq_breath_begin(&breath->noise);
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    breath->tone[k] = 1.0f;
    if (!note[k] && !breath->sounds[k] && self->singing.noise[k] <= 0.0f) {
      continue;
    }
    const bool sings = note[k] && (share[k] > 0.0f || breath->sounds[k]);
    float      gain  = 0.0f;
    if (sings) {
      gain = advance_note(self, k, note[k], share[k], recoloured);
    } else if (breath->sounds[k]) {
      gain = advance_rest(self, k);
    }
    if (gain > 0.0f) {
      fiq_breath_add(&breath->noise, breath->power + (size_t)k * POINTS, level * gain);
    }
    if (self->singing.noise[k] > 0.0f) {
      fiq_breath_add(&breath->noise, self->singing.density + (size_t)k * POINTS,
                     level * self->singing.noise[k]);
    }
    breath->n_sounding += breath->sounds[k];
  }
  fiq_breath_end(&breath->noise);
}

void fiq_swarm_fix_breath(FiqSwarm* self)
{
  assert(self && self->breath.lobes);
  const FiqBreath* const noise = &self->breath.noise;
  for (uint32_t k = 0; k < noise->n_bands / FIQ_BREATH_CHUNK; ++k) {
    fiq_spectral_bank_fix(&self->lobes, k, noise->bands.nu + (size_t)k * FIQ_BREATH_CHUNK,
                          &self->breath.lobes[k]);
  }
}

void fiq_swarm_work_breath(FiqSwarm* self)
{
  assert(self->work.begun);
  FiqSwarmBreath* const breath = &self->breath;
  const uint32_t        salt   = fiq_anneal_salt(self->seed ^ 0x68746165u, self->step_count);
  const uint32_t        n      = breath->is_on ? breath->noise.n_bands / FIQ_BREATH_CHUNK : 0;
  for (uint32_t first = 0; first < n; first += AT_ONCE) {
    const uint32_t n_now = n - first < AT_ONCE ? n - first : AT_ONCE;
    FiqLobes       lobes[AT_ONCE];
    for (uint32_t c = 0; c < n_now; ++c) {
      fiq_breath_advance(&breath->noise, first + c, salt, breath->starts, lobes[c].nu, lobes[c].re,
                         lobes[c].im);
    }
    fiq_spectral_bank_add_fixed(&self->lobes, breath->lobes + first, lobes, n_now);
  }
}

void fiq_swarm_end_breath(FiqSwarm* self)
{
  assert(self);
  FiqSwarmBreath* const breath = &self->breath;
  breath->n_sounding           = 0;
  breath->is_on                = false;
  memset(breath->sounds, 0, sizeof breath->sounds);
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    breath->tone[k] = 1.0f;
  }
}
