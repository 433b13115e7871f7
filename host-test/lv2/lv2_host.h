// SPDX-License-Identifier: GPL-3.0-or-later
/**
   One LV2 plugin instance and all that it needs from a host, used alike by the live and the
   offline program. Order of calls: open (find and describe), start (instantiate),
   settings and state, activate, then per block begin, events, run; free. What the audio thread touches is FiqHostAudio and
   nothing else; the other thread reaches it by messages over a ring once `live` is set.
   The plugin is not trusted: what it puts out is searched for NaN and Inf.
*/
#ifndef FIQ_LV2_HOST_H
#define FIQ_LV2_HOST_H

#include "host-test/lv2/lv2_ports.h"
#include "host-test/lv2/ring.h"
#include "host-test/lv2/urid.h"
#include "host-test/lv2/worker.h"

#include <lilv/lilv.h>
#include <lv2/atom/atom.h>
#include <lv2/log/log.h>
#include <lv2/options/options.h>

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
  FIQ_HOST_BLOCK_MAX    = 8192,  ///< frames of the longest run, announced to the plugin
  FIQ_HOST_CHANNELS_MAX = 8,     ///< audio channels in any one direction
  FIQ_HOST_ATOM_BYTES   = 65536, ///< room of an atom port unless the plugin asks for more
  FIQ_HOST_PATH_BYTES   = 1024,  ///< longest path that is sent, with its final 0
  FIQ_HOST_VALUE_BYTES  = 49152, ///< longest value of a property
  FIQ_HOST_OBJECT_BYTES = 256    ///< of a message without its value
};

#define FIQ_SEED_URI "urn:fieldiq:seed"
#define FIQ_TUNING_URI "urn:fieldiq:tuning"
#define FIQ_WORDS_URI "urn:fieldiq:words"
#define FIQ_MOMENT_URI "urn:fieldiq:moment"
#define FIQ_NAME_MOMENT_URI "urn:fieldiq:name-moment"
#define FIQ_TELEMETRY_URI "urn:fieldiq:telemetry"        ///< what is asked for
#define FIQ_TELEMETRY_OBJECT_URI "urn:fieldiq:Telemetry" ///< what then comes

/// The URIDs that the host itself uses.
typedef struct {
  LV2_URID atom_bool;
  LV2_URID atom_chunk;
  LV2_URID atom_double;
  LV2_URID atom_float;
  LV2_URID atom_int;
  LV2_URID atom_long;
  LV2_URID atom_object;
  LV2_URID atom_path;
  LV2_URID atom_sequence;
  LV2_URID atom_string;
  LV2_URID atom_uri;
  LV2_URID atom_urid;
  LV2_URID atom_vector;
  LV2_URID log_note;
  LV2_URID log_trace;
  LV2_URID midi_event;
  LV2_URID patch_get;
  LV2_URID patch_property;
  LV2_URID patch_set;
  LV2_URID patch_value;
  LV2_URID seed;
  LV2_URID telemetry;
  LV2_URID telemetry_object;
  LV2_URID tuning;
  LV2_URID time_bar;
  LV2_URID time_bar_beat;
  LV2_URID time_beat;
  LV2_URID time_beat_unit;
  LV2_URID time_beats_per_bar;
  LV2_URID time_bpm;
  LV2_URID time_frame;
  LV2_URID time_position;
  LV2_URID time_speed;
} FiqHostUrids;

/// Where the music is (lv2 time:Position).
typedef struct {
  int64_t frame;         ///< transport position, frames
  float   speed;         ///< 0 stopped, 1 rolling
  bool    has_tempo;     ///< whether what follows is known
  float   tempo_bpm;     ///< beats per minute, > 0
  float   beats_per_bar; ///< > 0
  int32_t beat_unit;     ///< 4: quarters
  double  beat;          ///< beats since the start of the music, >= 0
} FiqPosition;

typedef enum {
  FIQ_MESSAGE_CONTROL, ///< ports[index] = value
  FIQ_MESSAGE_SEED,    ///< patch:Set of the seed
  FIQ_MESSAGE_PROPERTY, ///< patch:Set of the property with URID `index`; the atom of its value [integer] follows
  FIQ_MESSAGE_PAUSE, ///< put out silence and leave the instance alone
  FIQ_MESSAGE_RESUME
} FiqMessageKind;

typedef struct {
  FiqMessageKind kind;
  uint32_t       index;
  float          value;
  int64_t        integer;
} FiqMessage;

/// Everything that the audio thread touches.
typedef struct {
  LilvInstance*       instance;
  float*              values;         ///< [n_ports] control values, in and out
  LV2_Atom_Sequence** sequences;      ///< [n_ports] NULL where there is no atom port
  uint32_t*           sequence_bytes; ///< [n_ports] room of each, header included
  float*              silence;        ///< [FIQ_HOST_BLOCK_MAX] zeros for unfed inputs
  float*              sink;           ///< [FIQ_HOST_BLOCK_MAX] for outputs nobody hears
  uint32_t            n_ports;
  uint32_t            main_in[FIQ_HOST_CHANNELS_MAX]; ///< [n_main_in] port indices
  uint32_t            side_in[FIQ_HOST_CHANNELS_MAX]; ///< [n_side_in]
  uint32_t            out[FIQ_HOST_CHANNELS_MAX];     ///< [n_out]
  uint32_t            n_main_in;
  uint32_t            n_side_in;
  uint32_t            n_out;
  bool                side_optional; ///< side inputs may be NULL
  uint32_t            freewheel;     ///< port index or FIQ_NO_PORT, as the next four
  uint32_t            latency;
  uint32_t            midi;
  uint32_t            position;
  uint32_t            patch;
  bool*               atom_in; ///< [n_ports] whether sequences[i] is an input
  FiqHostUrids        urids;
  FiqWorker           worker;
  FiqRing             messages; ///< FiqMessage from the other thread
  uint8_t*            value;    ///< [FIQ_HOST_VALUE_BYTES and its head] that is being sent
  uint8_t*            event;    ///< with what stands around it in a message
  sem_t               paused_now;
  bool                active;
  bool                paused;
  atomic_bool         freewheeling;
  atomic_uint         latency_frames; ///< as of the last run
  atomic_ulong        n_not_finite;   ///< NaN and Inf samples replaced by silence
  atomic_ulong        n_events_lost;  ///< events that found their port full
} FiqHostAudio;

typedef struct {
  LilvWorld*         world;
  bool               shares_world; ///< it is another's
  const LilvPlugin*  plugin;
  FiqPorts           ports;
  float*             settings; ///< [n_ports] control inputs as last set by this thread
  FiqUrid            urid;
  FiqHostAudio       audio;
  bool               live; ///< run() happens on another thread: use messages
  double             rate_hz;
  bool               seedable; ///< declares FIQ_SEED_URI as patch:writable
  bool               tunable;  ///< declares FIQ_TUNING_URI as patch:writable
  float              rate_option;
  int32_t            block_option[3]; ///< minimum, maximum, nominal frames
  int32_t            sequence_option;
  LV2_Options_Option options[6];
  LV2_Log_Log        log;
  LV2_Feature        log_feature;
  LV2_Feature        feature_data[10];
  const LV2_Feature* features[11];
} FiqHost;

/// Find and describe the plugin `name` (short name or URI) for streams of `rate_hz`. Says what is
/// wrong. `self` must not move afterwards; free it whatever comes out.  [setup]
bool fiq_host_open(FiqHost* self, const char* name, double rate_hz);

/// Open the plugin `name` (NULL: that of `other`) in the world of `other`, which must outlive it; as fiq_host_open.  [setup]
bool fiq_host_open_beside(FiqHost* self, const FiqHost* other, const char* name, double rate_hz);

/// Instantiate; `threaded` runs its worker beside the audio thread,
/// else between the blocks. `nominal_frames` 1..FIQ_HOST_BLOCK_MAX.  [setup]
bool fiq_host_start(FiqHost* self, uint32_t nominal_frames, bool threaded);

/// Make ready to run; what has been set until now is heard from the first frame on.  [setup]
void fiq_host_activate(FiqHost* self);

/// Undo activate.  [setup]
void fiq_host_deactivate(FiqHost* self);

/// Tell the plugin about another usual block length.  [setup]
void fiq_host_nominal(FiqHost* self, uint32_t nominal_frames);

/// Deactivate and release everything.  [setup]
void fiq_host_free(FiqHost* self);

/// Set control input `index` to `value`, which must be legal. False when the queue to the audio
/// thread is full.  [any but audio]
bool fiq_host_set(FiqHost* self, uint32_t index, float value);

/// Set SYMBOL to the number or label `text`; says what is wrong.  [any but audio]
bool fiq_host_set_text(FiqHost* self, const char* symbol, const char* text);

/// Send the seed with the next block; false when the plugin has none.  [any but audio]
bool fiq_host_seed(FiqHost* self, int64_t seed);

/// Send `property` with the next block, its value of `type` in `value` [n_bytes <= FIQ_HOST_PATH_BYTES]; false when the
/// plugin takes none, or too many at once.  [any but audio]
bool fiq_host_property(FiqHost* self, LV2_URID property, LV2_URID type, const void* value,
                       uint32_t n_bytes);

/// Send the tuning file `path` with the next block (empty: equal temperament); says what is wrong.  [any but audio]
bool fiq_host_tuning(FiqHost* self, const char* path);

/// Send the text `text` as the value of the property `uri` with the next block; says what is wrong.  [any but audio]
bool fiq_host_text(FiqHost* self, const char* uri, const char* text);

/// Whether the plugin lets `uri` be set by messages.  [setup]
bool fiq_host_declares(const FiqHost* self, const char* uri);

/// Value of port `index` as last set (inputs) or put out (outputs).  [any]
float fiq_host_value(const FiqHost* self, uint32_t index);

/// Stop running the instance, so that its state can be changed; false when nobody answers.  [setup]
bool fiq_host_pause(FiqHost* self);

/// Undo pause.  [setup]
void fiq_host_resume(FiqHost* self);

/// Empty the atom ports and take messages; precedes the events of a block.  [audio]
void fiq_host_begin(FiqHostAudio* audio);

/// Append a MIDI message of `n_bytes` at `frame`; events of a block come in order.  [audio]
void fiq_host_midi(FiqHostAudio* audio, uint32_t frame, const uint8_t* bytes, uint32_t n_bytes);

/// Append the position of the music at `frame`.  [audio]
void fiq_host_position(FiqHostAudio* audio, uint32_t frame, const FiqPosition* position);

/// Append a patch:Set of the seed.  [audio]
void fiq_host_patch_seed(FiqHostAudio* audio, uint32_t frame, int64_t seed);

/// Append a patch:Set of `property` to `value`, which holds up to FIQ_HOST_PATH_BYTES.  [audio]
void fiq_host_patch_set(FiqHostAudio* audio, uint32_t frame, LV2_URID property,
                        const LV2_Atom* value);

/// Append a patch:Get of `property`.  [audio]
void fiq_host_patch_get(FiqHostAudio* audio, uint32_t frame, LV2_URID property);

/// Append an event of any kind to the atom input `port`; what is no such port, or finds no room, is dropped and
/// counted.  [audio]
void fiq_host_event(FiqHostAudio* audio, uint32_t port, const LV2_Atom_Event* event);

/// Receives one event that the plugin put out.
typedef void (*FiqHostEventFunc)(void* data, const LV2_Atom_Event* event);

/// Hand every event of the last run to `receive`; what does not lie within the port's buffer is
/// not followed.  [audio]
void fiq_host_each_event(const FiqHostAudio* audio, FiqHostEventFunc receive, void* data);

/// Run 0..FIQ_HOST_BLOCK_MAX frames (0: only messages): main [n_main_in], side [n_side_in] (NULL: no side chain) to
/// out [n_out], none of which overlap. NaN and Inf come out as 0 and are counted.  [audio]
void fiq_host_run(FiqHostAudio* audio, const float* const* main, const float* const* side,
                  float* const* out, uint32_t n_frames);

#endif
