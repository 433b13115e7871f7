// SPDX-License-Identifier: GPL-3.0-or-later
/**
   One LV2 instance of any of the plugins: ports, features, and the parts that the files of this
   folder share. lv2_entry.c drives; events.c reads and writes atoms; state.c keeps what
   parameters do not; telemetry_port.c tells who listens; options.c hears the host's; worker.c has the worker build what takes memory,
   learning.c has it learn what takes time.
*/
#ifndef FIQ_INSTANCE_H
#define FIQ_INSTANCE_H

#include "dsp/engine/picture.h"
#include "dsp/notes/tuning.h"
#include "plugin/controllers.h"
#include "plugin/handover.h"
#include "plugin/instance_guard.h"
#include "plugin/link.h"
#include "plugin/params.h"
#include "plugin/state_box.h"
#include "plugin/syllables.h"

#include <lv2/atom/atom.h>
#include <lv2/atom/forge.h>
#include <lv2/core/lv2.h>
#include <lv2/log/logger.h>
#include <lv2/options/options.h>
#include <lv2/state/state.h>
#include <lv2/urid/urid.h>
#include <lv2/worker/worker.h>

#include <pthread.h>

/// Answers of the worker that found no room in the host's queue.
enum { FIQ_UNHEARD_BUILD = 1, FIQ_UNHEARD_LESSON = 2 };

enum { FIQ_MONO_FRAMES = 256 }; ///< what a plugin of one channel processes at a time

/// Ports that come before the controls. A port that a plugin lacks is never connected.
typedef struct {
  const LV2_Atom_Sequence* control;  ///< time:Position and patch messages; MIDI too on the Swarm
  const LV2_Atom_Sequence* midi;     ///< MIDI (Realms)
  LV2_Atom_Sequence*       notify;   ///< patch messages to the host
  LV2_Atom_Sequence*       midi_out; ///< the partner's notes
  const float*             in[FIQ_CHANNELS];
  const float*             side[FIQ_CHANNELS];
  float*                   out[FIQ_CHANNELS];
  const float*             knob[FIQ_PORTS_MAX];      ///< [n_controls] never NULL
  float*                   meter[FIQ_PORTS_MAX];     ///< [n_meters] never NULL
  float                    unheard[FIQ_MONO_FRAMES]; ///< right output of a plugin of one channel
} FiqPorts;

typedef struct {
  LV2_URID atom_double, atom_float, atom_int, atom_long, atom_path, atom_string, atom_urid,
      atom_vector;
  LV2_URID midi_event;
  LV2_URID patch_get, patch_set, patch_property, patch_value;
  LV2_URID time_position, time_beats_per_minute, time_beats_per_bar, time_bar, time_bar_beat,
      time_speed;
  LV2_URID max_block_length;
  LV2_URID program, seed, phases, match, learned;
  LV2_URID tuning, tuning_map, tuning_table, mts;
  LV2_URID telemetry, window, goals, memory, sequence, words;
  LV2_URID moment, name_moment, moment_names, named_moments;
} FiqUrids;

enum {
  FIQ_TOLD_MAX    = 16, ///< telemetry of one run()
  FIQ_TOLD_FIELDS = 96,
  FIQ_TOLD_FRAMES = 512 ///< looked for at least this often
};

/// Telemetry on its way to the notify port; see telemetry_port.c.
typedef struct {
  LV2_URID     key[FIQ_TOLD_FIELDS];
  LV2_URID     type;
  LV2_URID     time;
  uint64_t     lease_frames; ///< somebody listens for so long
  uint32_t     n_told;       ///< collected in this run()
  uint32_t     at_frame[FIQ_TOLD_MAX];
  FiqTelemetry value[FIQ_TOLD_MAX];
} FiqTelemetryPort;

enum {
  FIQ_FEED_FIELDS = 48,
  FIQ_FEED_LEVELS = 5,   ///< in L, in R, out L, out R, mono
  FIQ_FEED_SOUND  = 2048 ///< pairs of samples
};

/// Pictures for the window on their way to the notify port; see picture_port.c.
typedef struct {
  LV2_URID   key[FIQ_FEED_FIELDS];
  LV2_URID   type;
  uint32_t   every;                     ///< frames a pair of `sound`
  float      sound_rate_hz;             ///< of the pairs
  uint32_t   between_frames;            ///< from one picture to the next
  uint64_t   lease_frames;              ///< a window looks for so long
  uint32_t   wait_frames;               ///< until the next picture
  float      level[FIQ_FEED_LEVELS];    ///< peaks since the last one
  uint32_t   n_sound;                   ///< pairs since then
  uint32_t   n_taken;                   ///< frames of the pair under way
  float      sum[2];                    ///< of these frames
  int16_t    sound[2 * FIQ_FEED_SOUND]; ///< [n_sound] input, output, both mono; 8192 is full scale
  FiqPicture picture;
} FiqFeed;

/// A memory, packed.
typedef struct {
  uint32_t restore;  ///< counts restores, so that a save knows which is newer
  uint32_t n_floats; ///< in use
  float    value[FIQ_ENGINE_MEMORY];
} FiqPackedMoments;

/// The memory between run() and the host's side; see moments.c.
typedef struct {
  FiqPackedMoments restored[FIQ_TRIPLE_BUFFER_SLOTS]; ///< restore() -> run()
  FiqTripleBuffer  restored_turn;
  FiqPackedMoments snapshot[FIQ_TRIPLE_BUFFER_SLOTS]; ///< run() -> save()
  FiqTripleBuffer  snapshot_turn;
  FiqPackedMoments last_restored; ///< restore() -> save(), both on the host's side
  uint32_t         restore;       ///< run()'s alone, as what follows
  uint32_t         generation;    ///< that is being packed, or was
  uint32_t         n_packed;      ///< moments
  bool             is_packed;
} FiqMoments;

/// Names and their moments.
typedef struct {
  uint32_t       restore; ///< counts restores, so that a save knows which is newer
  FiqMomentNames names;
} FiqKeptNames;

/// The names between run() and the host's side; see names_state.c.
typedef struct {
  FiqKeptNames    restored[FIQ_TRIPLE_BUFFER_SLOTS]; ///< restore() -> run()
  FiqTripleBuffer restored_turn;
  FiqKeptNames    snapshot[FIQ_TRIPLE_BUFFER_SLOTS]; ///< run() -> save()
  FiqTripleBuffer snapshot_turn;
  FiqKeptNames    last_restored; ///< restore() -> save(), both on the host's side
  uint32_t        restore;       ///< run()'s alone, as what follows
  uint32_t        generation;    ///< that was copied
  uint32_t        n_known;       ///< names that there were then
  bool            is_told;       ///< the host knows them
} FiqNamesState;

/// Notes that the partner has learned, oldest first.
typedef struct {
  uint32_t       restore; ///< counts restores, so that a save knows which is newer
  uint32_t       n;
  FiqLearnedNote note[FIQ_PARTNER_WINDOW]; ///< [n]
} FiqPackedSequence;

/// What the partner has learned between run() and the host's side; see sequence_state.c.
typedef struct {
  FiqPackedSequence snapshot[FIQ_TRIPLE_BUFFER_SLOTS]; ///< run() -> save()
  FiqTripleBuffer   snapshot_turn;
  FiqPackedSequence last_restored; ///< restore() -> save(), both on the host's side
  _Atomic(FiqPart*) arrived;       ///< a partner that has learned it, for run() to take
  atomic_bool       has_learned;   ///< set by run(): there is something to forget
  uint32_t          restore;       ///< run()'s alone, as what follows
  uint32_t          generation;    ///< that is being copied, or was
  uint32_t          n_packed;      ///< notes
  bool              is_packed;
} FiqSequenceState;

enum { FIQ_TUNING_PATH_BYTES = 1024 }; ///< with the final 0

/// A tuning with the name of its file.
typedef struct {
  FiqParcel parcel;
  FiqTuning tuning;
  bool      is_equal;
  char      path[FIQ_TUNING_PATH_BYTES];    ///< empty: equal, or of a table alone
  char      mapping[FIQ_TUNING_PATH_BYTES]; ///< empty: none
} FiqTuningFile;

/// Tunings between run(), the worker and the host's side; see tuning_file.c.
typedef struct {
  FiqHandover   handover;                      ///< of FiqTuningFiles
  atomic_bool   loading;                       ///< the worker has `asked`
  FiqTuningFile last_restored;                 ///< restore() -> save(), both on the host's side
  char          asked[FIQ_TUNING_PATH_BYTES];  ///< the worker's while `loading`
  char          wanted[FIQ_TUNING_PATH_BYTES]; ///< what follows is run()'s alone
  bool          is_wanted;                     ///< `wanted` is to be asked for
  bool          was_loading;
  bool          is_told; ///< the host knows what plays
  bool          complained;
} FiqTuningExchange;

enum { FIQ_NO_PROGRAM = -1 };

/// What MIDI has laid over the ports; see program.c.
typedef struct {
  float*     bank; ///< [n_presets][n_controls] as ports have them
  uint32_t   n_presets;
  uint8_t    bank_select[16][2]; ///< of each channel, coarse and fine
  FiqOverlay over;               ///< the ports
  bool       is_over;            ///< at all
  uint32_t   wait_frames;        ///< in which ports that belong to a restored state may still come
  int32_t    number;             ///< of the preset that was picked last, or FIQ_NO_PROGRAM
  bool       has_moved;          ///< a port that presets set, since the last fiq_plugin_end_news
  bool       is_told;            ///< the window knows what lies over them
  LV2_URID   told_key;
} FiqProgram;

/// Controllers with the count of restores.
typedef struct {
  uint32_t       restore; ///< so that a save knows which is newer
  FiqControllers map;
} FiqKeptControllers;

/// Controllers between run() and the host's side; see controllers_state.c.
typedef struct {
  LV2_URID           key, learn_key;
  FiqKeptControllers restored[FIQ_TRIPLE_BUFFER_SLOTS]; ///< restore() -> run()
  FiqTripleBuffer    restored_turn;
  FiqKeptControllers snapshot[FIQ_TRIPLE_BUFFER_SLOTS]; ///< run() -> save()
  FiqTripleBuffer    snapshot_turn;
  FiqKeptControllers last_restored; ///< restore() -> save(), both on the host's side
  FiqKeptControllers played;        ///< run()'s alone, as what follows
  int32_t            learning;      ///< row that waits for a controller, or FIQ_NO_CONTROLLER
  bool               is_published;
  bool               is_told;
} FiqControllersState;

typedef enum { FIQ_TUNING_REST, FIQ_TUNING_LOAD, FIQ_TUNING_SWEEP } FiqTuningTask;

/// A text and what is sung of it, in one piece of memory.
typedef struct {
  FiqParcel    parcel;
  FiqSyllable* syllable; ///< [n_syllables]
  uint32_t     n_syllables;
  uint32_t     n_bytes;
  char         text[]; ///< [n_bytes + 1], the last one 0
} FiqSungText;

/// A text on its way to the worker.
typedef struct {
  uint32_t n_bytes; ///< of all; more than there is room for are left out
  char     text[FIQ_TEXT_BYTES];
} FiqAskedText;

/// Words between run(), the worker and the host's side; see words.c.
typedef struct {
  FiqHandover     handover;                       ///< of FiqSungTexts
  FiqAskedText    asked[FIQ_TRIPLE_BUFFER_SLOTS]; ///< run() -> worker
  FiqTripleBuffer asked_turn;
  bool            is_wanted; ///< what follows is run()'s alone: the worker does not know yet
  bool            is_told;   ///< the host knows what is sung
  bool            complained;
} FiqWordsExchange;

typedef enum { FIQ_WORDS_REST, FIQ_WORDS_READ, FIQ_WORDS_SWEEP } FiqWordsTask;

/// What run() asks of the worker: a `tuning` or `words` task, release `retired` or do `lesson` if one is set, else build.
typedef struct {
  FiqPart*      retired;
  FiqPart*      lesson;
  FiqPartOrder  order;
  FiqTuningTask tuning;
  FiqWordsTask  words;
} FiqTask;

/// What the worker does, and what waits for it.
typedef struct {
  bool        growing;        ///< the worker is building a part
  atomic_uint unheard;        ///< FIQ_UNHEARD_* bits: what the worker could not answer
  bool        growth_refused; ///< there is no memory for what is wanted
  FiqPart*    retired;        ///< replaced, and not yet handed to the worker for release
  FiqPart*    lesson;         ///< to be learned from, and not yet handed to the worker
} FiqPluginWork;

/// What is kept with the session beside the engine's state.
typedef struct {
  FiqMoments*          moments;
  FiqNamesState*       names;
  FiqSequenceState*    sequence;
  FiqControllersState* controllers;
  FiqWordsExchange*    words; ///< NULL where nothing sings
} FiqPluginKept;

typedef struct {
  FiqPluginKind   kind;
  FiqEngineConfig config;
  FiqEngine*      engine;
  FiqEngineParams params;
  float           seen[FIQ_PORTS_MAX]; ///< [n_controls] what they held when they were last read
  float           nowhere;             ///< where meters write that are not connected
  FiqPorts        ports;
  uint32_t        n_ports;
  uint32_t        midi_out_port;         ///< 0: none
  uint32_t place_of_port[FIQ_PORTS_MAX]; ///< of each control port, among the controls or the meters
  bool     is_meter[FIQ_PORTS_MAX];      ///< of each control port: which
  uint32_t row_of_control[FIQ_PORTS_MAX];  ///< [n_controls] of fiq_params
  uint32_t port_of_control[FIQ_PORTS_MAX]; ///< [n_controls]
  uint32_t n_controls;
  size_t   offset_of_meter[FIQ_PORTS_MAX]; ///< [n_meters] in FiqEngineMeters
  uint32_t n_meters;
  int32_t  max_block_frames; ///< as the host announced it, 0 if it did not; advice only
  FiqUrids urids;
  LV2_Log_Logger      logger;
  LV2_Atom_Forge      forge;
  FiqAlive            alive;    ///< keeps the instance while the worker is at work for it
  LV2_Worker_Schedule schedule; ///< schedule_work is NULL without a worker
  bool                has_run;  ///< any frames since activate()
  FiqPluginWork       work;
  bool                seed_asked;   ///< the host wants to be told the seed
  uint32_t            fields_asked; ///< and these of the state's vectors, as bits
  FiqTuningExchange   tunings;
  FiqProgram          program;
  FiqPluginKept       kept;
  FiqTelemetryPort    telling;
  FiqFeed             feed;
  FiqLink             link;
  FiqTempo            tempo;
  FiqStateBox         restored; ///< restore() -> run()
  const FiqKeptState* awaited;  ///< restored before activate(), for the first run(); NULL: none
  FiqStateBox         snapshot; ///< run() -> save()
  FiqKeptState        last_restored;      ///< restore() -> save(), both on the host's side
  uint32_t            generation;         ///< of the state that run() plays from
  uint32_t            unpublished_frames; ///< since the state was last published
  bool                was_set;            ///< a state or a seed came from outside
} FiqPlugin;

/// Values of all presets that programs pick; false without memory.  [setup]
bool fiq_plugin_init_programs(FiqPlugin* self, LV2_URID_Map* map);
void fiq_plugin_free_programs(FiqPlugin* self);

/// A program change or bank select; other messages are left alone.  [audio]
void fiq_plugin_take_program(FiqPlugin* self, const uint8_t* message, uint32_t size_bytes);

/// The port of control `i` has another value than it had.  [audio]
void fiq_plugin_take_port(FiqPlugin* self, uint32_t i);

/// All ports that have changed are taken: if they are a preset now, no program lies over them.  [audio]
void fiq_plugin_end_news(FiqPlugin* self);

/// Lay `kept` over the ports, as they are or will come.  [audio]
void fiq_plugin_restore_program(FiqPlugin* self, const FiqOverlay* kept);

/// `n_frames` have passed.  [audio]
void fiq_plugin_pass_program(FiqPlugin* self, uint32_t n_frames);

/// Lay `value` over the port of control `i`, until that moves.  [audio]
void fiq_plugin_lay_over(FiqPlugin* self, uint32_t i, float value);

/// The user has set control `i` to `value`, which its port has or will have: nothing lies over it any more.  [audio]
void fiq_plugin_take_back(FiqPlugin* self, uint32_t i, float value);

/// Forge what lies over the ports: the program, then port and value of each; false if it does not fit.  [audio]
bool fiq_plugin_write_overlay(FiqPlugin* self, uint32_t which);

/// No controllers, or NULL; release with free().  [setup]
FiqControllersState* fiq_controllers_state_new(LV2_URID_Map* map);

/// A MIDI message: whether it was a controller that moves a parameter, or that has just been learned.  [audio]
bool fiq_plugin_take_controller(FiqPlugin* self, const uint8_t* message, uint32_t size_bytes);

/// A text for the property `name`: the controllers, or the parameter to learn; false if it is another.  [audio]
bool fiq_plugin_set_controllers(FiqPlugin* self, LV2_URID name, const char* text,
                                uint32_t size_bytes);

/// Forge the controllers (0), or what is being learned (1); false if it does not fit.  [audio]
bool fiq_plugin_write_controllers(FiqPlugin* self, uint32_t which);

/// Take over restored controllers, if any have arrived; then, at the end of run(), publish what is new.  [audio]
void fiq_plugin_take_controllers(FiqPlugin* self);
void fiq_plugin_publish_controllers(FiqPlugin* self);

/// Store the controllers, and hand run() stored ones; where there are none, what there is is kept: they belong to the
/// player's hands more than to a sound.  [setup]
LV2_State_Status fiq_plugin_save_controllers(FiqPlugin* self, LV2_State_Store_Function store,
                                             LV2_State_Handle handle);
LV2_State_Status fiq_plugin_restore_controllers(FiqPlugin*                  self,
                                                LV2_State_Retrieve_Function retrieve,
                                                LV2_State_Handle            handle);

/// Data of the feature `uri`, or NULL.  [setup]
void* fiq_feature(const LV2_Feature* const* features, const char* uri);

/// Look up every URID.  [setup]
void fiq_urids_init(FiqUrids* self, LV2_URID_Map* map);

/// Process a block with every event of both inputs at its frame.  [audio]
void fiq_plugin_run_events(FiqPlugin* self, uint32_t n_frames);

/// Process frames [start, end) of the connected buffers.  [audio]
void fiq_plugin_process(FiqPlugin* self, uint32_t start, uint32_t end);

/// After `n_frames`, write what was asked for to the notify port; its buffer's capacity is `capacity_bytes`.  [audio]
void fiq_plugin_notify(FiqPlugin* self, uint32_t capacity_bytes, uint32_t n_frames);

/// Write the notes that the partner has played in this run() to the MIDI output, `capacity_bytes` large.  [audio]
void fiq_plugin_write_notes(FiqPlugin* self, uint32_t capacity_bytes, uint32_t n_frames);

/// Nothing is told.  [setup]
void fiq_telemetry_port_init(FiqTelemetryPort* self, LV2_URID_Map* map);

/// Somebody listens, for two seconds.  [audio]
void fiq_plugin_lease(FiqPlugin* self);

/// After `n_frames` that end at `end_frame` of this run(): keep new telemetry if somebody listens.  [audio]
void fiq_plugin_collect(FiqPlugin* self, uint32_t end_frame, uint32_t n_frames);

/// Forge the `which`-th of what was kept; false if it does not fit.  [audio]
bool fiq_plugin_write_telling(FiqPlugin* self, uint32_t which);

/// Nobody looks.  [setup]
void fiq_feed_init(FiqFeed* self, LV2_URID_Map* map, double sample_rate_hz);

/// A window looks, for three seconds.  [audio]
void fiq_plugin_lease_pictures(FiqPlugin* self);

/// Levels and sound of the next frames, before and after they are processed; nothing without a lease.  [audio]
void fiq_plugin_feed_input(FiqPlugin* self, const float* const* in, uint32_t n_frames);
void fiq_plugin_feed_output(FiqPlugin* self, const float* const* out, uint32_t n_frames);

/// After a run() of `n_frames`: whether to send a picture.  [audio]
bool fiq_plugin_picture_is_due(FiqPlugin* self, uint32_t n_frames);

/// Forge a picture; false if it does not fit.  [audio]
bool fiq_plugin_write_picture(FiqPlugin* self, uint32_t which);

/// An empty memory, or NULL; release with free().  [setup]
FiqMoments* fiq_memory_state_new(void);

/// Take over a restored memory, if one has arrived; then, at the end of run(), publish what is new.  [audio]
void fiq_plugin_take_moments(FiqPlugin* self);
void fiq_plugin_publish_moments(FiqPlugin* self);

/// Store the memory, and hand run() a stored one; none is an empty one.  [setup]
LV2_State_Status fiq_plugin_save_moments(FiqPlugin* self, LV2_State_Store_Function store,
                                         LV2_State_Handle handle);
LV2_State_Status fiq_plugin_restore_moments(FiqPlugin* self, LV2_State_Retrieve_Function retrieve,
                                            LV2_State_Handle handle);

/// No names, or NULL; release with free().  [setup]
FiqNamesState* fiq_names_state_new(void);

/// Take over restored names, if any have arrived; then, at the end of run(), publish what is new.  [audio]
void fiq_plugin_take_names(FiqPlugin* self);
void fiq_plugin_publish_names(FiqPlugin* self);

/// Forge the names; false if they do not fit.  [audio]
bool fiq_plugin_write_names(FiqPlugin* self, uint32_t which);

/// Store the names, and hand run() stored ones; none are none.  [setup]
LV2_State_Status fiq_plugin_save_names(FiqPlugin* self, LV2_State_Store_Function store,
                                       LV2_State_Handle handle);
LV2_State_Status fiq_plugin_restore_names(FiqPlugin* self, LV2_State_Retrieve_Function retrieve,
                                          LV2_State_Handle handle);

/// Nothing learned, or NULL.  [setup]
FiqSequenceState* fiq_sequence_state_new(void);
void              fiq_sequence_state_free(FiqSequenceState* self);

/// Go on with a restored partner, if one has arrived; then, at the end of run(), publish what is new.  [audio]
void fiq_plugin_take_sequence(FiqPlugin* self);
void fiq_plugin_publish_sequence(FiqPlugin* self);

/// Store what the partner has learned, and have a stored one learned; none is nothing learned.  [setup]
LV2_State_Status fiq_plugin_save_sequence(FiqPlugin* self, LV2_State_Store_Function store,
                                          LV2_State_Handle handle);
LV2_State_Status fiq_plugin_restore_sequence(FiqPlugin* self, LV2_State_Retrieve_Function retrieve,
                                             LV2_State_Handle handle);

/// Go on with the vector `value` as that part of the state; false if it is none, or not of that shape.  [audio]
bool fiq_plugin_set_field(FiqPlugin* self, LV2_URID name, const LV2_Atom* value);

/// Somebody wants to know that vector of the state; false if it is none.  [audio]
bool fiq_plugin_ask_field(FiqPlugin* self, LV2_URID name);

/// Forge the `which`-th of them; false if it does not fit.  [audio]
bool fiq_plugin_write_field(FiqPlugin* self, uint32_t which);

/// Before activate() begins the sound: what a restored state lays over the ports is there from the first frame on, without
/// a glide; the rest of it comes with the first run().  [setup]
void fiq_plugin_await_state(FiqPlugin* self);

/// Take over a restored state, if one has arrived.  [audio]
void fiq_plugin_take_state(FiqPlugin* self);

/// Publish the present state for save(), now and then; after `n_frames`.  [audio]
void fiq_plugin_publish_state(FiqPlugin* self, uint32_t n_frames);

/// Have parts built where the parameters want others.  [audio]
void fiq_plugin_grow(FiqPlugin* self);

/// Have what was recorded learned from.  [audio]
void fiq_plugin_learn(FiqPlugin* self);

/// Ask the worker; false if there is none or its queue is full.  [audio]
bool fiq_plugin_hand_over(FiqPlugin* self, FiqTask task);

/// Build them at once, before sound starts.  [setup]
void fiq_plugin_settle(FiqPlugin* self);

/// Equal temperament, nothing asked.  [setup]
void fiq_tuning_exchange_init(FiqTuningExchange* self);
void fiq_tuning_exchange_free(FiqTuningExchange* self);

/// Want the tuning of the file `path` [size_bytes]; empty: equal temperament.  [audio]
void fiq_plugin_ask_tuning(FiqPlugin* self, const char* path, uint32_t size_bytes);

/// Play the tuning that has arrived, if one has.  [audio]
void fiq_plugin_tune(FiqPlugin* self);

/// Hand what is wanted to the worker.  [audio]
void fiq_plugin_order_tuning(FiqPlugin* self);

/// Do what run() asked for.  [worker]
void fiq_plugin_work_tuning(FiqPlugin* self, FiqTuningTask task);

/// Name of the file that plays, or "".  [audio]
const char* fiq_plugin_tuning_path(FiqPlugin* self);

/// Store the tuning: the last restored, or the one that plays. Equal temperament stores nothing.  [setup]
LV2_State_Status fiq_plugin_save_tuning(FiqPlugin* self, bool is_restored,
                                        LV2_State_Store_Function store, LV2_State_Handle handle,
                                        const LV2_Feature* const* features);

/// Hand run() the stored tuning: by its file, else by its table, else equal temperament.  [setup]
void fiq_plugin_restore_tuning(FiqPlugin* self, LV2_State_Retrieve_Function retrieve,
                               LV2_State_Handle handle, const LV2_Feature* const* features);

/// No words, or NULL without memory.  [setup]
FiqWordsExchange* fiq_words_exchange_new(void);
void              fiq_words_exchange_free(FiqWordsExchange* self);

/// Want the words `text` [size_bytes]; empty: none.  [audio]
void fiq_plugin_ask_words(FiqPlugin* self, const char* text, uint32_t size_bytes);

/// Sing the words that have arrived, if any have; then, at the end of run(), hand what is wanted to the worker.  [audio]
void fiq_plugin_take_words(FiqPlugin* self);
void fiq_plugin_order_words(FiqPlugin* self);

/// Do what run() asked for.  [worker]
void fiq_plugin_work_words(FiqPlugin* self, FiqWordsTask task);

/// Forge the words that are sung; false if they do not fit.  [audio]
bool fiq_plugin_write_words(FiqPlugin* self, uint32_t which);

/// Store the words, and hand run() the stored ones; none are none.  [setup]
LV2_State_Status fiq_plugin_save_words(FiqPlugin* self, LV2_State_Store_Function store,
                                       LV2_State_Handle handle);
LV2_State_Status fiq_plugin_restore_words(FiqPlugin* self, LV2_State_Retrieve_Function retrieve,
                                          LV2_State_Handle handle);

/// Take over the options that are known and make sense, from a list ended by key 0 (or NULL): LV2_Options_Status
/// of all of them.  [setup]
uint32_t fiq_plugin_read_options(FiqPlugin* self, const LV2_Options_Option* option);

/// LV2 extension data of options.c, state.c and worker.c; NULL for other URIs.  [any]
const void* fiq_options_extension(const char* uri);
const void* fiq_state_extension(const char* uri);
const void* fiq_worker_extension(const char* uri);

#endif
