// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What the files of the engine share; for nobody else.
   setup.c: making; reset.c: starting over; process.c: the way of sound; snapshot.c: the state; control.c: the control period; exchange.c: exchange of
   parts; learning.c: what is learned; phase.c: the phase core; goals.c: memory, goals,
   attention; swarm.c: what the swarm is told; warmup.c: periods that nobody hears.
*/
#ifndef FIQ_ENGINE_STATE_H
#define FIQ_ENGINE_STATE_H

#include "dsp/analysis/output_meter.h"
#include "dsp/analysis/partial_tracker.h"
#include "dsp/base/maths.h"
#include "dsp/engine/engine.h"
#include "dsp/engine/part.h"
#include "dsp/filter/disperser.h"
#include "dsp/filter/guard.h"
#include "dsp/filter/tilt.h"
#include "dsp/goals/attention.h"
#include "dsp/goals/goal_controller.h"
#include "dsp/goals/moment_names.h"
#include "dsp/phase/phase_core.h"
#include "dsp/phase/regulator.h"
#include "dsp/phase/stochastic_resonance.h"
#include "dsp/voice/lyric_line.h"

#include <assert.h>

enum {
  FIQ_RETIRED_MAX     = 4,  ///< replaced parts waiting for their release
  FIQ_TELEMETRY_TICKS = 32, ///< control periods from one telemetry to the next
  FIQ_METER_TICKS     = 16, ///< and between meters that are dear
};

/// Controls that sound would step with; all others are read as they are.
enum { FIQ_ENGINE_SWAY_CENTS = 100 }; ///< at most

typedef enum {
  FIQ_SMOOTH_AMOUNT,
  FIQ_SMOOTH_MIX,
  FIQ_SMOOTH_DRIVE,
  FIQ_SMOOTH_ROTATE,
  FIQ_SMOOTH_SHIFT,
  FIQ_SMOOTH_MOTION,
  FIQ_SMOOTH_WIDTH,
  FIQ_SMOOTH_SWARM_LEVEL,
  FIQ_SMOOTH_SWARM_FOLLOW,
  FIQ_SMOOTH_OUTPUT,
  FIQ_N_SMOOTHED
} FiqSmoothed;

/// What hands do to the core.
typedef struct {
  uint64_t n_ticks;       ///< that have passed for it
  uint32_t left_ticks;    ///< of the step that is let pass while it is paused
  bool     was_stepping;  ///< core_step was on
  bool     was_resetting; ///< core_reset was on
} FiqCoreHold;

/// Parts that come and go while sound plays.
typedef struct {
  FiqPart*    incoming;        ///< a path that will replace it, or NULL
  bool        incoming_runs;   ///< its first control period has begun
  uint32_t    incoming_frames; ///< until it is filled
  FiqSmoother fade;            ///< share of the incoming path
  FiqPart*    retired[FIQ_RETIRED_MAX];
  FiqPart*    leaving;            ///< a swarm whose place one of another step took, or NULL
  uint32_t    leaving_at;         ///< frames since
  uint32_t    leaving_waits;      ///< until it fades
  uint32_t    leaving_fades;      ///< frames that this takes
  float*      left[FIQ_CHANNELS]; ///< what it sings
} FiqEngineExchange;

/// What the spectral realm learns, and how far it is heard.
typedef struct {
  FiqPart*         learner;       ///< NULL until it is wanted
  FiqPhaseSolution learned;       ///< learned last
  uint32_t         learned_id;    ///< counts the lessons
  FiqPhaseSolution playing;       ///< what the realms have
  uint32_t         playing_id;    ///< 0: nothing learned
  bool             is_tuned;      ///< the spectral realm plays `playing` in place of its layer
  bool             is_stale;      ///< the lesson under way is to be dropped
  bool             is_clearing;   ///< learn_clear was on
  FiqObjective     objective;     ///< of the last control period
  uint32_t         n_lessons;     ///< for this objective
  uint32_t         settle_frames; ///< until what was changed is heard
  FiqWatch         watch;
  FiqBlend         blend;
  FiqPeakHold      peak_dry;   ///< of the delayed input
  FiqPeakHold      peak_out;   ///< of what leaves in its place
  double           energy_dry; ///< of their sums
  double           energy_out;
  FiqSmoother      trust;    ///< share of the realms' output in place of the delayed input
  FiqSmoother      strength; ///< the same of the phases, while something turns
} FiqEngineLessons;

/// The phase core and what it moves.
typedef struct {
  FiqPhaseCore core;
  FiqCoreHold  hold;
  FiqCoreField field;                        ///< of the linked instances
  float        theta_rad[FIQ_NEURONS_MAX];   ///< of the core, as the realms' bands take them
  float        learn_scale[FIQ_NEURONS_MAX]; ///< share of the coordination that a band gets
  float        sway[FIQ_KURAMOTO_MAX];       ///< relative pitch, now
  bool         sway_was_moved;               ///< it is handed over in full, the matrix moves it
  FiqRegulator group_regulator;              ///< of the swarm's notes
  FiqStochasticResonance group_resonance;
} FiqEnginePhase;

/// Moments, and what is present.
typedef struct {
  FiqMomentMemory        memory;
  FiqMomentNames         names;
  FiqMomentMemoryPartial present[FIQ_SWARM_VOICES_MAX];
  uint32_t               n_present;
  uint32_t               n_sung;         ///< voices that the swarm was asked for
  float                  axes[FIQ_AXES]; ///< power of the present
  float                  coherence;      ///< of the present, 0..1
  bool                   was_clearing;   ///< memory_clear was on
} FiqEngineMoments;

/// What is steered toward, and by what.
typedef struct {
  FiqAttention      attention;
  bool              attending;
  FiqGoalController controller;
  FiqEngineGoal     asked[FIQ_ENGINE_GOALS]; ///< goals by message
  uint32_t          n_asked;
  FiqOutputMeter    meter;
  bool              measuring; ///< there are goals
  FiqDisperser      disperser;
  FiqTilt           tilt;
} FiqEngineGoals;

/// What the swarm hears of the input.
typedef struct {
  FiqFftPool        pool; ///< of the analysis
  FiqPartialTracker tracker;
  bool              tracks;
  bool              is_resynthesis; ///< it sings what is heard at the input and nothing else
  float             key_power;      ///< of the input, as keys follow it beside voices
  float             key_follow;     ///< 0..1, how far they do
} FiqEngineInput;

/// The partner, and what it has played and nobody has taken yet.
typedef struct {
  FiqPart*        partner; ///< NULL until it is wanted
  FiqPartnerTime  time;    ///< as the host told it last
  uint64_t        time_frame;
  bool            was_forgetting;
  int32_t         input_key;                ///< that the melody at the input has, -1: none
  int32_t         coming_key;               ///< that it seems to have now
  uint32_t        coming_ticks;             ///< control periods since
  FiqPartnerEvent note[FIQ_PARTNER_EVENTS]; ///< [n_notes] in order, by frame of the stream
  uint32_t        n_notes;
} FiqEngineSequence;

/// What the keys sing.
typedef struct {
  const FiqSyllable* syllable; ///< [line.n], not owned
  FiqLyricLine       line;
  bool               was_moving; ///< the transport
} FiqEngineWords;

/// How the input goes through the realms.
typedef struct {
  FiqSmoother  detour;        ///< 1 through the realm; 0 dry, while the input mode changes
  FiqSmoother  mix;           ///< what the path mixes by: mix times detour
  uint32_t     detour_frames; ///< still to stay dry
  FiqInputMode mode;
  bool         with_q;          ///< the realms make their output analytic, for rotation and shift
  uint32_t     straight_frames; ///< since nothing turns; saturates
  uint32_t     q_frames;        ///< until Q is whole; rotation and shift wait for it
} FiqEngineRouting;

/// What the engine tells of itself.
typedef struct {
  FiqEngineMeters meters;
  bool            is_residual_known; ///< of a swarm that sleeps
  bool            watched;           ///< telemetry is gathered
  FiqTelemetryBox box;
  FiqTelemetry    draft; ///< of the telemetry; too large for the stack
} FiqEngineReport;

/// Sound of one control period; [FIQ_CONTROL_MAX] each.
typedef struct {
  float* in[FIQ_CHANNELS]; ///< [FIQ_CONTROL_MAX], as all of these
  float* side[FIQ_CHANNELS];
  bool   has_side;                ///< a sidechain was given
  float* swarm_out[FIQ_CHANNELS]; ///< the swarm
  float* wet[FIQ_CHANNELS];       ///< without a path, as `dry`
  float* dry[FIQ_CHANNELS];
} FiqEnginePlanes;

struct FiqEngine {
  void*           block; ///< of all that the engine itself has
  FiqEngineConfig config;
  uint32_t        control_frames;
  float    share;    ///< of a control period that a frame is; exact, since that is a power of two
  uint32_t position; ///< within the control period
  FiqEngineParams   params;
  FiqTempo          tempo;
  FiqPart*          swarm;
  FiqPart*          path; ///< NULL without realms
  FiqEngineExchange exchange;
  FiqEngineLessons  lessons;
  FiqEnginePhase    phase;
  FiqEngineMoments  moments;
  FiqEngineGoals    goals;
  FiqEngineInput    input;
  FiqEngineSequence sequence;
  FiqEngineWords    words;
  FiqEngineRouting  routing;
  FiqEngineReport   report;
  FiqEnginePlanes   plane;
  FiqGuard          guard;
  FiqSmoother       smoothed[FIQ_N_SMOOTHED];
  FiqSmoother       enabled;
  uint64_t          n_ticks; ///< control periods since reset
  uint64_t          seed;
};

/// Level of a swarm's voice that sings a partial of amplitude 1 at that amplitude in both channels (measured).
static const float fiq_voice_level = 13.2f;

static const size_t fiq_smoothed_offset[FIQ_N_SMOOTHED] = {
    offsetof(FiqEngineParams, amount),       offsetof(FiqEngineParams, mix),
    offsetof(FiqEngineParams, drive),        offsetof(FiqEngineParams, rotate),
    offsetof(FiqEngineParams, shift),        offsetof(FiqEngineParams, motion),
    offsetof(FiqEngineParams, width),        offsetof(FiqEngineParams, swarm_level),
    offsetof(FiqEngineParams, swarm_follow), offsetof(FiqEngineParams, output)};

/// Whether the swarm sings what is heard at the input and nothing else.  [audio]
static inline bool fiq_engine_copies_input(const FiqEngine* self)
{
  assert(self);
  return self->params.source == FIQ_SOURCE_ANALYSIS;
}

/// Whether the swarm sings what is heard at the input, which is as loud as that by itself.  [audio]
static inline bool fiq_engine_sings_input(const FiqEngine* self)
{
  assert(self);
  return self->params.source != FIQ_SOURCE_SYNTHESIS;
}

/// The control behind a smoother.  [audio]
static inline float fiq_engine_smoothed_param(const FiqEngineParams* params, FiqSmoothed which)
{
  assert(params && which < FIQ_N_SMOOTHED);
  return *(const float*)(const void*)((const char*)params + fiq_smoothed_offset[which]);
}

/// One step of at most `step` toward `target`.  [audio]
static inline void fiq_engine_ramp(FiqSmoother* smoother, float target, float step)
{
  assert(smoother && step >= 0.0f);
  const float from = smoother->end;
  fiq_smoother_tick(smoother,
                    target > from ? fminf(target, from + step) : fmaxf(target, from - step));
}

static inline uint32_t fiq_engine_count_down(uint32_t frames, uint32_t passed)
{
  return frames - (frames < passed ? frames : passed);
}

/// Stream position of the frame that is processed next.  [audio]
static inline uint64_t fiq_engine_next_frame(const FiqEngine* self)
{
  assert(self->position < self->control_frames);
  const uint64_t begun =
      self->position > 0 && self->n_ticks > 0 ? self->n_ticks - 1 : self->n_ticks;
  return begun * self->control_frames + self->position;
}

/// By how much a path for these must see its output before it leaves.  [setup]
uint32_t fiq_engine_watch_frames(const FiqEngine* self, FiqObjective objective,
                                 FiqPeakGuard peak_guard);

/// The realms' peaks are kept below those of the input: by Headroom, or by the peak guard.  [audio]
bool fiq_engine_guards_peaks(const FiqEngine* self);

/// Silence; parameters, random choices and what was learned stay.  [audio]
void fiq_engine_reset_sound(FiqEngine* self);

/// All that happens once a control period.  [audio]
void fiq_engine_control(FiqEngine* self);

/// What telemetry tells, as of this control period.  [audio]
void fiq_engine_describe(FiqEngine* self, FiqTelemetry* draft);

/// Beats of a sync choice, or 0 for free.  [audio]
float fiq_engine_sync_beats(const FiqEngine* self, FiqSync choice);

/// Rate common to the core's phases, before its speed.  [audio]
float fiq_engine_centre_rad_s(const FiqEngine* self);

/// Hear the input, if something wants to know of it.  [audio]
void fiq_engine_control_analysis(FiqEngine* self);

/// Parameters, notes and voices of the swarm.  [audio]
void fiq_engine_control_swarm(FiqEngine* self);

/// Whether the matrix moves the sway: then FIQ_ENGINE_SWAY_CENTS of it are handed over, and each note takes its part.  [audio]
bool fiq_engine_moves_sway(const FiqEngine* self);

/// K_c of a note's oscillators, in half widths of their detune.  [any]
float fiq_engine_group_critical(const FiqEngine* self);

/// Noise of the notes' phases, rad per root of a second.  [audio]
float fiq_engine_group_noise(const FiqEngine* self);

/// Number of notes that sound.  [audio]
uint32_t fiq_engine_n_sounding(const FiqEngine* self);

/// What the partner hears and plays in this control period.  [audio]
void fiq_engine_control_sequence(FiqEngine* self);

/// Pitch classes of the partner's sounding notes, and whether it is its turn.  [audio]
uint32_t fiq_engine_partner_pitches(const FiqEngine* self);
bool     fiq_engine_partner_plays(const FiqEngine* self);

/// Whether a range is wished for of what the partner plays; if so, the share of its last notes that is within.  [audio]
bool fiq_engine_partner_range(const FiqEngine* self, float* share);

/// The partner's vote for the next chord.  [audio]
FiqChordVote fiq_engine_partner_vote(const FiqEngine* self);

/// What the partner tells.  [audio]
void fiq_engine_describe_sequence(const FiqEngine* self, FiqSequenceTelemetry* draft);

/// The partner begins anew with what it has learned.  [audio]
void fiq_engine_reset_sequence(FiqEngine* self);

/// The partner that was just put there begins to listen.  [audio]
void fiq_engine_start_partner(FiqEngine* self);

/// Tell the partner of a MIDI message, or of musical time, that comes now.  [audio]
void fiq_engine_let_hear(FiqEngine* self, const FiqMidiMessage* message);
void fiq_engine_let_know_time(FiqEngine* self, const FiqTempo* tempo);

/// The words begin anew.  [audio]
void fiq_engine_reset_words(FiqEngine* self);

/// Have a key that is struck `offset` frames from now sing the next syllable, if there are words; before the swarm hears of
/// it.  [audio]
void fiq_engine_sing_key(FiqEngine* self, uint32_t channel, uint32_t key, uint32_t offset);

/// Have the key of a MIDI message that comes now sing its syllable, if there are words; before the swarm hears of it.  [audio]
void fiq_engine_give_syllable(FiqEngine* self, const FiqMidiMessage* message);

/// The words begin anew where the transport begins to move.  [audio]
void fiq_engine_follow_transport(FiqEngine* self, bool is_moving);

/// Take the core's and the mind's memory.  [setup]
FiqStatus fiq_engine_init_core(FiqEngine* self, FiqArena* arena);
FiqStatus fiq_engine_init_goals(FiqEngine* self, FiqArena* arena);

/// Start over; moments are kept.  [audio]
void fiq_engine_reset_core(FiqEngine* self);
void fiq_engine_reset_goals(FiqEngine* self);

/// The core's phases in this control period, and what it does to the coupling.  [audio]
void fiq_engine_control_core(FiqEngine* self);

/// Memory, attention and goals.  [audio]
void fiq_engine_control_goals(FiqEngine* self, float period_s);

/// K as set, with the goals' part, before regulation.  [audio]
float fiq_engine_coupling(const FiqEngine* self);

/// R of what the plugin is about: of the core (effect), of the notes' oscillators (swarm alone).  [audio]
float fiq_engine_order(const FiqEngine* self);

/// Whether the mind needs to know what is present.  [audio]
bool fiq_engine_is_present(const FiqEngine* self);

/// What the memory sings: at most `most` voices.  [audio]
uint32_t fiq_engine_recalled(const FiqEngine* self, FiqSwarmVoice* voices, uint32_t most);

/// The incoming path takes the place of the old one.  [audio]
void fiq_engine_finish_exchange(FiqEngine* self);

/// What is learned, and how far it is heard, in this control period.  [audio]
void fiq_engine_control_learning(FiqEngine* self, float period_s);

/// What of the learned gain is heard, and what becomes of the objective.  [audio]
float         fiq_engine_delivered_db(const FiqEngine* self);
FiqLearnState fiq_engine_learn_state(const FiqEngine* self);

/// Drop what is being learned, and also what was.  [audio]
void fiq_engine_forget_lessons(FiqEngine* self, bool also_learned);

/// Start from silence with the lesson that fits.  [audio]
void fiq_engine_restart_lesson(FiqEngine* self);

/// Phases and Match of the layers as kept, as far as they can be.  [audio]
void fiq_engine_place_phases(FiqRealms* realms, const FiqEngineState* state);

/// `part` waits for its release; there must be a place.  [audio]
void fiq_engine_retire_part(FiqEngine* self, FiqPart* part);

/// The swarm `old` sings on beside the one that took its place, until that is heard.  [audio]
void fiq_engine_start_swarm_crossfade(FiqEngine* self, FiqPart* old);

/// Add what it sings to `sung`.  [audio]
void fiq_engine_add_leaving(FiqEngine* self, uint32_t n_frames);

/// It sings no more.  [audio]
void fiq_engine_end_leaving(FiqEngine* self);

#endif
