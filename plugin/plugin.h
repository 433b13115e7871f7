// SPDX-License-Identifier: GPL-3.0-or-later
/**
   One LV2 instance of either plugin: ports, features, and the parts that the files of this
   folder share. plugin.c drives; events.c reads and writes atoms; state.c keeps what
   parameters do not; options.c hears the host's; growth.c has the worker build what takes memory.
*/
#ifndef FIQ_PLUGIN_H
#define FIQ_PLUGIN_H

#include "params.h"
#include "state_box.h"

#include <lv2/atom/atom.h>
#include <lv2/atom/forge.h>
#include <lv2/core/lv2.h>
#include <lv2/log/logger.h>
#include <lv2/options/options.h>
#include <lv2/urid/urid.h>
#include <lv2/worker/worker.h>

enum { FIQ_PORTS_MAX = 128 };

/// Ports that come before the controls. A port that a plugin lacks is never connected.
typedef struct {
  const LV2_Atom_Sequence* control; ///< time:Position and patch messages; MIDI too on the Swarm
  const LV2_Atom_Sequence* midi;    ///< MIDI (Realms)
  LV2_Atom_Sequence*       notify;  ///< patch messages to the host
  const float*             in[FIQ_CHANNELS];
  const float*             side[FIQ_CHANNELS];
  float*                   out[FIQ_CHANNELS];
  float*                   value[FIQ_PORTS_MAX]; ///< by row of fiq_params; NULL if unconnected
} FiqPorts;

typedef struct {
  LV2_URID atom_double, atom_float, atom_int, atom_long, atom_urid, atom_vector;
  LV2_URID midi_event;
  LV2_URID patch_get, patch_set, patch_property, patch_value;
  LV2_URID time_position, time_beats_per_minute, time_beats_per_bar;
  LV2_URID max_block_length;
  LV2_URID seed, phases, match;
} FiqUrids;

typedef struct {
  FiqPluginKind       kind;
  FiqEngineConfig     config;
  FiqEngine*          engine;
  FiqEngineParams     params;
  FiqPorts            ports;
  uint32_t            row_of_port[FIQ_PORTS_MAX]; ///< fiq_params row of each control port
  uint32_t            n_ports;
  int32_t             max_block_frames; ///< as the host announced it, 0 if it did not; advice only
  FiqUrids            urids;
  LV2_Log_Logger      logger;
  LV2_Atom_Forge      forge;
  LV2_Worker_Schedule schedule;    ///< schedule_work is NULL without a worker
  bool                growing;     ///< the worker is building a part
  bool                growth_refused; ///< there is no memory for what is wanted
  FiqPart*            spent;       ///< replaced, and not yet handed to the worker for release
  bool                seed_asked;  ///< the host wants to be told the seed
  FiqTempo            tempo;
  FiqStateBox         restored;    ///< restore() -> run()
  FiqStateBox         snapshot;    ///< run() -> save()
  FiqKeptState        last_restored; ///< restore() -> save(), both on the host's side
  uint32_t            generation;  ///< of the state that run() plays from
} FiqPlugin;

/// Look up every URID.  [setup]
void fiq_urids_init(FiqUrids* self, LV2_URID_Map* map);

/// Process a block with every event of both inputs at its frame.  [audio]
void fiq_plugin_run_events(FiqPlugin* self, uint32_t n_frames);

/// Process frames [start, end) of the connected buffers.  [audio]
void fiq_plugin_process(FiqPlugin* self, uint32_t start, uint32_t end);

/// Write what was asked for to the notify port; its buffer's capacity is `capacity_bytes`.  [audio]
void fiq_plugin_notify(FiqPlugin* self, uint32_t capacity_bytes);

/// Take over a restored state, if one has arrived.  [audio]
void fiq_plugin_take_state(FiqPlugin* self);

/// Publish the present state for save().  [audio]
void fiq_plugin_publish_state(FiqPlugin* self);

/// Have parts built where the parameters want others.  [audio]
void fiq_plugin_grow(FiqPlugin* self);

/// Build them at once, before sound starts.  [setup]
void fiq_plugin_settle(FiqPlugin* self);

/// Take over the options that are known, from a list ended by key 0 (or NULL).  [setup]
void fiq_plugin_read_options(FiqPlugin* self, const LV2_Options_Option* option);

/// LV2 extension data of options.c, state.c and growth.c; NULL for other URIs.  [any]
const void* fiq_options_extension(const char* uri);
const void* fiq_state_extension(const char* uri);
const void* fiq_worker_extension(const char* uri);

#endif
