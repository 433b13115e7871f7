// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What the files of the swarm share; for nobody else.
   step.c: a step and its portions of work; partials.c: partials, places, and what silence is used for; kernel.c: one chunk of oscillators in it;
   groups.c: what all members of a group share; measure.c: what is measured of them; slots.c: who sounds
   in which slot, and the carriers from it; setup.c: making, emptying, handing over.
*/
#ifndef FIQ_SWARM_STATE_H
#define FIQ_SWARM_STATE_H

#include "dsp/base/maths.h"
#include "dsp/swarm/swarm.h"

enum { FIQ_SWARM_NO_SLOT = 255 };

/// A coordinate in Hz as one in cents, or back.  [any]
static inline float fiq_swarm_converted(bool to_cents, float x)
{
  const float f0 = FIQ_ANNEAL_F0_HZ;
  return to_cents ? f0 * logf(fmaxf(x, 1.0f) / f0) : f0 * expf(fiq_clamp(x / f0, -6.0f, 6.0f));
}

/// Whether a parameter has changed.  [any]
static inline bool fiq_swarm_differs(float a, float b)
{
  return fabsf(a - b) > 1e-7f;
}

/// Which of the offsets of phase the members of `group` have.  [any]
static inline uint32_t fiq_swarm_offset_of(uint32_t group)
{
  return (group + 13u * (group / FIQ_SWARM_PARTIALS_MAX)) % FIQ_SWARM_OFFSETS;
}

/// Which side of the middle a place is on, 0 left, 1 right.  [any]
static inline uint32_t fiq_swarm_side(uint32_t place)
{
  return place & 1u;
}

/// Phases, amplitudes and lobes of one chunk in the step under work, its flight included.  [audio]
void fiq_swarm_work_chunk(FiqSwarm* self, uint32_t chunk);

/// The lobes of one chunk that has been worked on, with the gains that its groups have now.  [audio]
void fiq_swarm_work_lobes(FiqSwarm* self, uint32_t chunk);

/// Every note that sounds has a slot, its own number if that is free.  [audio]
void fiq_swarm_place_notes(FiqSwarm* self);

/// Voices come with a fade and go with one; then their slot is free.  [audio]
void fiq_swarm_move_voices(FiqSwarm* self);

/// Whether any note or voice sounds.  [any]
bool fiq_swarm_is_sounding(const FiqSwarm* self);

/// The LFOs that are common to all notes, and whether anything moves, in this step.  [audio]
void fiq_swarm_advance_lfos(FiqSwarm* self);

/// Where the note in `slot`, or a voice from elsewhere (NULL), is moved in this step: [FIQ_N_TO].  [audio]
const float* fiq_swarm_move_note(FiqSwarm* self, uint32_t slot, const FiqNote* note);

/// Whether a row of the matrix moves `target` in this step.  [any]
bool fiq_swarm_moves(const FiqSwarm* self, FiqMotionTarget target);

/// Detune, sway and place of all notes as they are moved in this step.  [audio]
void fiq_swarm_share_motion(FiqSwarm* self);

/// Slots that are free begin anew.  [audio]
void fiq_swarm_end_motion(FiqSwarm* self);

/// How much later than they come events take effect: where consonants are sung ahead of the beat.  [any]
uint32_t fiq_swarm_ahead_frames(const FiqSwarm* self);

/// Stream time at which an event `offset` frames from now takes effect, and at which a key does that may have a syllable: as
/// much sooner as its onset is long.  [any]
uint64_t fiq_swarm_due_frame(const FiqSwarm* self, uint32_t offset);
uint64_t fiq_swarm_strike_frame(const FiqSwarm* self, uint32_t channel, uint32_t key,
                                uint32_t offset);

/// The vocal tract of a note of `note_hz` in this step, and what it leaves of its level.  [audio]
void fiq_swarm_sing_note(FiqSwarm* self, uint32_t slot, FiqNote* note, float note_hz);

/// Multiply the amplitudes of the partials of a slot, whose carrier is at `note_hz`, by its tract.  [audio]
void fiq_swarm_shape_partials(FiqSwarm* self, uint32_t slot, float note_hz, float* gain);

/// Slots that are free sing nothing.  [audio]
void fiq_swarm_end_singing(FiqSwarm* self);

/// Where the bands of the breath are in a frame, once the bank is made.  [setup]
void fiq_swarm_fix_breath(FiqSwarm* self);

/// Envelopes and spectrum of the breath in this step, and what it leaves of the tone.  [audio]
void fiq_swarm_set_breath(FiqSwarm* self);

/// Add the breath of this step to the frame.  [audio]
void fiq_swarm_work_breath(FiqSwarm* self);

/// No breath, nothing of it goes on.  [audio]
void fiq_swarm_end_breath(FiqSwarm* self);

/// The filter of the note in `slot` in this step.  [audio]
FiqFilter fiq_swarm_filter(const FiqSwarm* self, uint32_t slot);

/// Amplitude of a note of level 1.
static const float fiq_swarm_note_amplitude = 0.1f; // rms times sqrt 2

/// Begin the carriers' step from what sounds in the slots.  [audio]
void fiq_swarm_begin_carriers(FiqSwarm* self);

/// How long groups that begin are measured in every step.
static const float fiq_swarm_young_s = 0.01f;

/// Frequencies of the carriers in this step.  [audio]
void fiq_swarm_find_pitches(FiqSwarm* self);

/// Half the width of the widest group that sounds, rad/s.  [audio]
float fiq_swarm_beat_rad(const FiqSwarm* self);

/// Gains and pitches of all groups in this step.  [audio]
void fiq_swarm_set_groups(FiqSwarm* self);

/// Gains out of silence, once the groups have been measured.  [audio]
void fiq_swarm_set_first_gains(FiqSwarm* self);

/// Numbers, order, mean detune and pull of all groups from the sums of this step.  [audio]
void fiq_swarm_measure_groups(FiqSwarm* self);

/// Shares of the partials.  [audio]
void fiq_swarm_share_partials(FiqSwarm* self, int32_t n_partials, uint32_t limit);

/// The parameters as they are now, and what follows from those that have changed, or from all.  [audio]
void fiq_swarm_take_params(FiqSwarm* self, bool all);

/// By how much left and right aim beside the common phase, if notes are coupled.  [audio]
void fiq_swarm_set_offsets(FiqSwarm* self);

/// Share the partials that are asked for; whether they are others than before.  [audio]
bool fiq_swarm_update_partial_map(FiqSwarm* self);

/// Asleep, make ready a little of what the next sound begins with.  [audio]
void fiq_swarm_make_ready(FiqSwarm* self);

/// Let the groups of the chunk at `first` hold the partials that are theirs.  [audio]
void fiq_swarm_group_chunk(FiqSwarm* self, uint32_t first);

/// Silence, until a note or voice sounds.  [audio]
void fiq_swarm_fall_asleep(FiqSwarm* self);

#endif
