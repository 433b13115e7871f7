// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The parameter table of params.def as C data, and the one place where a value that a
   host wrote is clamped and turned into the engine's units.
*/
#ifndef FIQ_PARAMS_H
#define FIQ_PARAMS_H

#include "dsp/engine/engine.h"

/// In the order of their descriptors. The last two are Realms for hosts that take one input and no sidechain.
typedef enum {
  FIQ_PLUGIN_REALMS,
  FIQ_PLUGIN_SWARM,
  FIQ_PLUGIN_REALMS_STEREO,
  FIQ_PLUGIN_REALMS_MONO,
  FIQ_N_PLUGINS
} FiqPluginKind;

/// Sets of plugins, as params.def and ports.def name them: bits 1 << FiqPluginKind.
enum {
  FIQ_IN_RX = 1u << FIQ_PLUGIN_REALMS,        ///< Realms with a sidechain
  FIQ_IN_RN = 1u << FIQ_PLUGIN_REALMS_STEREO, ///< Realms of two channels without one
  FIQ_IN_R1 = 1u << FIQ_PLUGIN_REALMS_MONO,   ///< Realms of one channel
  FIQ_IN_R2 = FIQ_IN_RX | FIQ_IN_RN,          ///< Realms of two channels
  FIQ_IN_R  = FIQ_IN_R1 | FIQ_IN_R2,          ///< Realms
  FIQ_IN_S  = 1u << FIQ_PLUGIN_SWARM,         ///< the Swarm
  FIQ_IN_B2 = FIQ_IN_R2 | FIQ_IN_S,           ///< all of two channels
  FIQ_IN_B  = FIQ_IN_R | FIQ_IN_S             ///< all
};

/// Last part of the plugin's URI, behind "urn:fieldiq:".
extern const char* const fiq_plugin_names[FIQ_N_PLUGINS];

typedef enum {
  FIQ_KIND_LINEAR,
  FIQ_KIND_LOG,           ///< moves by ratios; minimum > 0
  FIQ_KIND_INTEGER,       ///< rounded to the nearest whole number
  FIQ_KIND_INTEGER_HEAVY, ///< the same, and rebuilds a part of the engine
  FIQ_KIND_COUNT_HEAVY,   ///< the same, and moves by ratios
  FIQ_KIND_TOGGLE,        ///< 0 or 1, threshold 0.5
  FIQ_KIND_CHOICE,        ///< index of a scale point
  FIQ_KIND_CHOICE_HEAVY,  ///< the same, and rebuilds a part of the engine
  FIQ_KIND_ENABLED,       ///< toggle with the designation lv2:enabled
  FIQ_KIND_FREEWHEEL,     ///< toggle with the designation lv2:freeWheeling
  FIQ_KIND_LATENCY,       ///< output with the designation lv2:latency
  FIQ_KIND_MEASURE,       ///< output
  FIQ_KIND_STATE,         ///< output, index of a scale point
  FIQ_KIND_MIDI_OUT       ///< an atom port that the plugin writes MIDI to; no parameter
} FiqParamKind;

typedef enum {
  FIQ_UNIT_NONE,          ///< a count, a ratio or a choice
  FIQ_UNIT_PERCENT,       ///< engine: fraction
  FIQ_UNIT_DB,            ///< engine: linear gain
  FIQ_UNIT_DECIBEL,       ///< engine: dB
  FIQ_UNIT_LEVEL,         ///< dB whose minimum means off; engine: linear gain
  FIQ_UNIT_DEGREE,        ///< engine: rad
  FIQ_UNIT_HERTZ,         ///< engine: Hz
  FIQ_UNIT_SECOND,        ///< engine: s
  FIQ_UNIT_MILLISECOND,   ///< engine: s
  FIQ_UNIT_CENTS,         ///< engine: cents
  FIQ_UNIT_SEMITONE,      ///< engine: semitones
  FIQ_UNIT_OCTAVE,        ///< engine: octaves
  FIQ_UNIT_DB_PER_OCTAVE, ///< engine: dB per octave
  FIQ_UNIT_FACTOR,        ///< engine: factor
  FIQ_UNIT_NOTE,          ///< engine: MIDI note number
  FIQ_UNIT_FRAMES,        ///< engine: frames
  FIQ_UNIT_PER_SECOND     ///< engine: 1/s
} FiqParamUnit;

typedef enum {
#define FIQ_GROUP(group, name) FIQ_GROUP_##group,
#include "dsp/engine/params.def"
  FIQ_N_GROUPS
} FiqParamGroup;

/// One row of params.def.
typedef struct {
  uint32_t           plugins;      ///< FIQ_IN_* bits; none for a port that is no parameter
  uint32_t           midi_plugins; ///< the same of such a port
  const char*        symbol;
  const char*        name;
  FiqParamKind       kind;
  FiqParamUnit       unit;
  float              minimum;
  float              fallback; ///< default value; for a meter its minimum
  float              maximum;
  FiqParamGroup      group;
  const char* const* points; ///< NULL-terminated labels of a CHOICE, else NULL
  const char*        comment;
  size_t offset; ///< of the field in FiqEngineParams (controls) or FiqEngineMeters (meters)
} FiqParam;

extern const FiqParam    fiq_params[];
extern const uint32_t    fiq_n_params;
extern const char* const fiq_group_names[FIQ_N_GROUPS];

/// True for ports that the plugin writes.  [any]
bool fiq_param_is_meter(const FiqParam* param);

/// True for both kinds of choice.  [any]
bool fiq_param_is_choice(const FiqParam* param);

/// True if the plugin has a port for this row, be it a parameter or not.  [any]
bool fiq_param_has_port(const FiqParam* param, FiqPluginKind plugin);

/// True if the plugin has this row as a parameter.  [any]
bool fiq_param_in(const FiqParam* param, FiqPluginKind plugin);

/// `value` as the host wrote it (any bits, NaN gives the default), made legal: in range, rounded.  [any]
float fiq_param_clamp(const FiqParam* param, float value);

/// The legal port value at `place` 0..1 of the range, by ratios where the parameter moves by them.  [any]
float fiq_param_at(const FiqParam* param, float place);

/// Write `value` as the host wrote it, made legal, into its field of `params` in the engine's unit.  [any]
void fiq_param_store(const FiqParam* param, FiqEngineParams* params, float value);

/// Every control of `plugin` at its default, in engine units.  [any]
void fiq_params_default(FiqPluginKind plugin, FiqEngineParams* params);

#endif
