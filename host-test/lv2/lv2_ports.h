// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What a plugin's description says about its ports: symbol, kind, range, scale points, unit.
   Values are read from text here, so that every host refuses the same things with the same
   words.
*/
#ifndef FIQ_LV2_PORTS_H
#define FIQ_LV2_PORTS_H

#include <lilv/lilv.h>

#include <stdbool.h>
#include <stdint.h>

#define FIQ_NO_PORT UINT32_MAX

typedef enum {
  FIQ_PORT_CONTROL,
  FIQ_PORT_AUDIO,
  FIQ_PORT_CV,
  FIQ_PORT_ATOM,
  FIQ_PORT_OTHER ///< a kind that this host cannot serve
} FiqPortKind;

typedef struct {
  float value;
  char* label;
} FiqScalePoint;

typedef struct {
  FiqPortKind kind;
  bool        input;
  bool        optional; ///< may stay unconnected
  bool     sidechain; ///< an audio input beside the main ones; all of an instrument that takes MIDI
  bool     midi;      ///< an atom port that supports midi:MidiEvent
  bool     position;  ///< an atom port that supports time:Position
  bool     patch;     ///< an atom port that supports patch:Message
  bool     designated; ///< the atom port designated lv2:control
  bool     toggled;
  bool     integer;
  bool     enumeration;  ///< only the scale points are legal
  bool     hidden;       ///< pprops:notOnGUI
  bool     logarithmic;  ///< pprops:logarithmic
  float    minimum;      ///< natural units; -INFINITY when not given
  float    maximum;      ///< natural units; INFINITY when not given
  float    fallback;     ///< lv2:default, else the nearest legal value to 0
  uint32_t buffer_bytes; ///< rsz:minimumSize of an atom port, 0 when not given
  const char*    symbol;
  char*          name;
  char*          unit;    ///< "" when there is none
  char*          comment; ///< "" when there is none
  FiqScalePoint* points;  ///< [n_points] ascending by value
  uint32_t       n_points;
} FiqPort;

/// The ports of one plugin and those with a known task (FIQ_NO_PORT when there is none).
typedef struct {
  FiqPort* ports; ///< [n_ports] by LV2 index
  uint32_t n_ports;
  uint32_t enabled;   ///< lv2:enabled input
  uint32_t freewheel; ///< lv2:freeWheeling input
  uint32_t latency;   ///< latency output, frames
  uint32_t midi;      ///< atom input that takes MIDI
  uint32_t position;  ///< atom input that takes time:Position
  uint32_t patch;     ///< atom input that takes patch messages
} FiqPorts;

/// Describe `plugin` for `rate_hz`; false when memory is short.  [setup]
bool fiq_ports_init(FiqPorts* self, LilvWorld* world, const LilvPlugin* plugin, double rate_hz);

/// Release the description.  [setup]
void fiq_ports_free(FiqPorts* self);

/// Index of the control input `symbol`; else says the nearest ones and returns FIQ_NO_PORT.
uint32_t fiq_ports_find(const FiqPorts* self, const char* symbol);

/// Index of the port `symbol` of any kind, silently.
uint32_t fiq_ports_index(const FiqPorts* self, const char* symbol);

/// Value from a number, "on"/"off", or the label of a scale point (case ignored). What is out of
/// range, or not one of an enumeration, is refused with the legal values.
bool fiq_port_parse(const FiqPort* port, const char* text, float* value);

/// The legal value at `share` 0..1 of the way from the lowest to the highest, evenly as the ear or the hand has it.
float fiq_port_at(const FiqPort* port, float share);

/// Label of the scale point at `value`, or NULL.
const char* fiq_port_label(const FiqPort* port, float value);

/// Write `value` with its label or unit into `to` [n_bytes].
void fiq_port_format(const FiqPort* port, float value, char* to, size_t n_bytes);

/// Print the table of control inputs on stdout; with `values` [n_ports] (may be NULL) a column of
/// current values.
void fiq_ports_print(const FiqPorts* self, const float* values);

#endif
