// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The whole processor behind both plugins: input becomes a FieldIQ, passes a realm whose
   phases the Kuramoto core moves, meets the annealed swarm, and leaves through the guard,
   the output level and the bypass fade.

       in --> sanitise --> realm path(s) --> rotate, shift --> mix with dry --> + swarm --> guard --> level --> out
                 |                                               ^                              ^
                 +---------------- delay of `latency` frames ----+------------------------------+ (bypass)

   The stream is cut into control periods at fixed positions of the stream, so the output
   does not depend on how the caller cuts it into blocks. Equal configuration, seed,
   parameters, events and input give equal output, bit for bit.
   Cost: see the modules. Latency: fiq_engine_latency_frames().
*/
#ifndef FIQ_ENGINE_H
#define FIQ_ENGINE_H

#include "dsp/engine/engine_params.h"
#include "dsp/engine/telemetry.h"
#include "dsp/goals/moment_names.h"
#include "dsp/notes/tuning.h"
#include "dsp/sequence/chord_vote.h"
#include "dsp/voice/phoneme.h"

typedef struct FiqEngine FiqEngine;

/// A piece of an engine that can be exchanged while it plays; see part.h.
typedef struct FiqPart FiqPart;

typedef enum { FIQ_PART_SWARM, FIQ_PART_PATH, FIQ_PART_LEARNER, FIQ_PART_PARTNER } FiqPartKind;

/// What a part is built for.
typedef struct {
  FiqPartKind kind;
  uint32_t    capacity;         ///< FIQ_PART_SWARM: oscillators
  uint32_t    step_frames;      ///< FIQ_PART_SWARM: step at 44.1 and 48 kHz, 64, 256 or 1024
  uint32_t    window_frames;    ///< FIQ_PART_PATH: see FiqEffectPathShape; FIQ_PART_LEARNER
  uint32_t    n_bands;          ///< FIQ_PART_PATH
  uint32_t    lookahead_frames; ///< FIQ_PART_PATH
  uint32_t    watch_frames;     ///< FIQ_PART_PATH
  bool        spectral_only;    ///< FIQ_PART_PATH
  bool        turns;            ///< FIQ_PART_PATH
  double      segment_s;        ///< FIQ_PART_LEARNER: what it hears at a time
  bool        is_single;        ///< FIQ_PART_LEARNER: see FiqLessonConfig
  uint32_t    restore;          ///< FIQ_PART_PARTNER: number of the state that it has learned
} FiqPartOrder;

/// What a phase core tells of itself once a step.
typedef struct {
  float        order;      ///< R
  float        psi_rad;    ///< mean phase
  float        rate_rad_s; ///< at which it turns
  uint32_t     link;       ///< 0 none, 1..16
  uint32_t     role;       ///< 0 consensus, 1 leader, 2 follower
  uint32_t     pitches;    ///< bit i: pitch class i sounds of the partner's notes
  bool         plays;      ///< it is the partner's turn
  FiqChordVote vote;       ///< of the partner
} FiqCoreMessage;

/// What the linked ones are to it: their mean of R e^(j psi).
typedef struct {
  float         re;
  float         im;
  uint32_t      n_peers;
  uint32_t      pitches; ///< that sound of any of their partners
  bool          plays;   ///< one of their partners
  bool          yields;  ///< one of them that came before this one
  FiqChordTally chords;  ///< votes of all partners, its own among them, of one moment
} FiqCoreField;

/// Hands over the news of a core's step and fetches the field; must not wait.  [audio]
typedef void FiqCoreExchange(void* handle, const FiqCoreMessage* news, FiqCoreField* field);

typedef struct {
  double   sample_rate_hz;   ///< 8000..384000
  uint64_t seed;             ///< decides every random choice
  bool     with_realms;      ///< true: effect with input; false: swarm alone
  bool     with_worker;      ///< somebody does the lessons; else the engine, a slice now and then
  FiqCoreExchange* exchange; ///< with linked engines, or NULL
  void*            exchange_handle;
} FiqEngineConfig;

/// Musical time as the host tells it.
typedef struct {
  double bpm;           ///< beats per minute, > 0
  double beats_per_bar; ///< > 0
  bool   is_moving;     ///< the transport
  bool   is_rolling;    ///< it moves, and `beats` is known
  double beats;         ///< since the song began, now
} FiqTempo;

/// A note that the partner begins or ends.
typedef struct {
  uint32_t at_frame;   ///< of what was processed since the last were taken
  uint8_t  message[3]; ///< MIDI
} FiqEngineNote;

enum {
  FIQ_ENGINE_MATCH       = 256,  ///< values that Match may learn
  FIQ_ENGINE_LEARNED     = 203,  ///< a lesson, packed (learning.h)
  FIQ_ENGINE_MTS         = 320,  ///< what messages have tuned, packed (mts.h)
  FIQ_ENGINE_GOALS       = 9,    ///< by message, beside that of the parameters
  FIQ_ENGINE_MOMENTS     = 1000, ///< of the memory (memory.h)
  FIQ_ENGINE_MEMORY_HEAD = 8,    ///< floats before the first moment
  FIQ_ENGINE_MOMENT      = 52,   ///< floats a moment
  FIQ_ENGINE_MEMORY      = FIQ_ENGINE_MEMORY_HEAD + FIQ_ENGINE_MOMENTS * FIQ_ENGINE_MOMENT
};

/// A goal from a message, beside the one of the parameters.
typedef struct {
  float kind;   ///< as the parameter `goal`, 1..4; others are left out
  float target; ///< 0..1, as `goal_target`
  float weight; ///< >= 0
} FiqEngineGoal;

/// What is worth keeping that no parameter holds.
typedef struct {
  uint64_t      seed;
  float         phase_rad[3][FIQ_NEURONS_MAX]; ///< the layers' phases: temporal, spectral, adaptive
  float         match[FIQ_ENGINE_MATCH];       ///< what the temporal realm learned
  float         learned[FIQ_ENGINE_LEARNED];   ///< what the spectral realm learned
  FiqEngineGoal goal[FIQ_ENGINE_GOALS];        ///< by message; kind 0: none
  float         mts[FIQ_ENGINE_MTS];           ///< what messages have tuned
} FiqEngineState;

/// Frames from one step of the phase core to the next.  [any]
uint32_t fiq_engine_core_frames(double sample_rate_hz);

/// A new engine, or NULL (out of memory, or a sample rate out of range).  [setup]
FiqEngine* fiq_engine_new(const FiqEngineConfig* config);

/// Release it; NULL is allowed.  [setup]
void fiq_engine_free(FiqEngine* self);

/// Forget all sound and start over; parameters jump to `params`, seed and layer phases stay.  [audio]
void fiq_engine_reset(FiqEngine* self, const FiqEngineParams* params);

/// Play some periods to nobody, then reset as above, so that the first block takes no longer than others. Nothing else is
/// left of them: neither in the phases of the layers, the lesson and the memory, nor with linked instances.  [setup]
void fiq_engine_warm_up(FiqEngine* self, const FiqEngineParams* params);

/**
   Process `n_frames` (any number). `in` and `side` are two planes each; either may be NULL
   (silence). Outputs may be the inputs. Any float values are accepted.  [audio]
*/
void fiq_engine_process(FiqEngine* self, const FiqEngineParams* params, const float* const* in,
                        const float* const* side, float* const* out, uint32_t n_frames);

/// A MIDI 1.0 channel message or one that tunes (mts.h), at the next frame; others are ignored.  [audio]
void fiq_engine_midi(FiqEngine* self, const uint8_t* message, uint32_t size_bytes);

/// Tune the swarm's notes, those that sound too, by `tuning` (kept by pointer; NULL: equal temperament).  [audio]
void fiq_engine_set_tuning(FiqEngine* self, const FiqTuning* tuning);

/// Leave all keys as the tuning has them, whatever messages have said.  [audio]
void fiq_engine_forget_mts(FiqEngine* self);

/// Let every key that is struck from here on sing the next of `syllables` [n], from the first (kept by pointer; n = 0: no
/// words). Keys struck together sing one; see lyric_line.h.  [audio]
void fiq_engine_set_words(FiqEngine* self, const FiqSyllable* syllables, uint32_t n);

/// The next note of the last `n_frames` that were processed, in order; false if there is none.  [audio]
bool fiq_engine_take_note(FiqEngine* self, uint32_t n_frames, FiqEngineNote* note);

/// Changes with what the partner has learned; 0 without a partner.  [audio]
uint32_t fiq_engine_learned_generation(const FiqEngine* self);

/// Number of notes that it has learned.  [audio]
uint32_t fiq_engine_n_learned(const FiqEngine* self);

/// Copy the notes first..first + n - 1 of these, from the oldest on.  [audio]
void fiq_engine_copy_learned(const FiqEngine* self, FiqLearnedNote* notes, uint32_t first,
                             uint32_t n);

/// New musical time from the next frame on; values that make no sense are ignored.  [audio]
void fiq_engine_tempo(FiqEngine* self, const FiqTempo* tempo);

/// Delay from input to output; it changes only when a path of another shape has been faded in.  [any]
uint32_t fiq_engine_latency_frames(const FiqEngine* self);

/// Last control period's values.  [audio]
const FiqEngineMeters* fiq_engine_meters(const FiqEngine* self);

/// Gather telemetry from here on (47 times a second), or no longer; at first nobody watches.  [audio]
void fiq_engine_watch(FiqEngine* self, bool watched);

/// The latest telemetry, or false if none is new; one reader at a time.  [any]
bool fiq_engine_telemetry(FiqEngine* self, FiqTelemetry* telemetry);

/// Copy the state.  [audio]
void fiq_engine_state(const FiqEngine* self, FiqEngineState* state);

/// Take the random choices of `seed`; parameters stay. Before anything is played the sound is that of a fresh engine with
/// that seed; later it goes on, and so do the notes.  [audio]
void fiq_engine_reseed(FiqEngine* self, uint64_t seed);

/// Take over `state` (phases that are not finite are redrawn from its seed), as fiq_engine_reseed().  [audio]
void fiq_engine_set_state(FiqEngine* self, const FiqEngineState* state);

/// Changes with the moments that are remembered.  [audio]
uint32_t fiq_engine_memory_generation(const FiqEngine* self);

/// Number of moments.  [audio]
uint32_t fiq_engine_n_moments(const FiqEngine* self);

/// The head, and moments first..first + n - 1, into `packed` [FIQ_ENGINE_MEMORY].  [audio]
void fiq_engine_pack_memory(const FiqEngine* self, float* packed, uint32_t first, uint32_t n);

/// Go on with the memory `packed` [FIQ_ENGINE_MEMORY], of any origin.  [audio]
void fiq_engine_set_memory(FiqEngine* self, const float* packed);

/// Bind the first word of `text` [n_bytes] to the moment that is recalled, or else to what sounds; false if there is
/// neither, or no word.  [audio]
bool fiq_engine_name_moment(FiqEngine* self, const char* text, size_t n_bytes);

/// Recall what the words of `text` [n_bytes] are bound to, or the mixture of that, in place of what is found; without a
/// word that is known, go back to finding.  [audio]
void fiq_engine_call_moment(FiqEngine* self, const char* text, size_t n_bytes);

/// The names, whose generation changes with them; and other ones in place of them.  [audio]
const FiqMomentNames* fiq_engine_names(const FiqEngine* self);
void                  fiq_engine_set_names(FiqEngine* self, const FiqMomentNames* names);

/// Goals beside that of the parameters, `n` <= FIQ_ENGINE_GOALS; more are left out. They replace those set before.  [audio]
void fiq_engine_set_goals(FiqEngine* self, const FiqEngineGoal* goals, uint32_t n);

/// True if `params` want another part than is playing; `order` then says which.  [audio]
bool fiq_engine_wants(const FiqEngine* self, const FiqEngineParams* params, FiqPartOrder* order);

/// Build a part for an engine of `config`, or NULL (no memory).  [setup, worker]
FiqPart* fiq_part_new(const FiqEngineConfig* config, const FiqPartOrder* order);

/// What a part was built for.  [any]
const FiqPartOrder* fiq_part_order(const FiqPart* part);

/// Let a partner learn a note.  [setup, worker]
void fiq_part_study(FiqPart* part, const FiqLearnedNote* note);

/// Whether there is room for the part that another one replaces.  [audio]
bool fiq_engine_can_install(const FiqEngine* self);

/// Play on with `part`: a swarm at once, a path by a fade once it is filled.  [audio]
void fiq_engine_install(FiqEngine* self, FiqPart* part);

/// A part that was replaced and may be released, or NULL.  [audio]
FiqPart* fiq_engine_take_retired_part(FiqEngine* self);

/// A part that has recorded enough for a lesson: call fiq_part_learn aside (or here, while
/// freewheeling), then fiq_engine_learned; NULL if there is none.  [audio]
FiqPart* fiq_engine_lesson(FiqEngine* self, const FiqEngineParams* params);

/// Do the lesson of such a part; takes seconds.  [setup, worker]
void fiq_part_learn(FiqPart* self);

/// The lesson is over: play what came out if it is better.  [audio]
void fiq_engine_learned(FiqEngine* self);

/// Release a part; NULL is allowed.  [setup, worker]
void fiq_part_free(FiqPart* self);

#endif
