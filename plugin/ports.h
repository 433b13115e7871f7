// SPDX-License-Identifier: GPL-3.0-or-later
/// The ports that come before the controls, as ports.def lists them.
#ifndef FIQ_PORTS_H
#define FIQ_PORTS_H

#include "plugin/params.h"

/// What such a port is for; a plugin with one channel has the left ones.
typedef enum {
  FIQ_PORT_CONTROL, ///< time:Position and patch messages; MIDI too where there is no port for it
  FIQ_PORT_MIDI,
  FIQ_PORT_NOTIFY,
  FIQ_PORT_IN_L,
  FIQ_PORT_IN_R,
  FIQ_PORT_SIDE_L,
  FIQ_PORT_SIDE_R,
  FIQ_PORT_OUT_L,
  FIQ_PORT_OUT_R,
  FIQ_N_PORT_ROLES ///< none
} FiqPortRole;

/// One row of ports.def.
typedef struct {
  uint32_t    plugins; ///< FIQ_IN_* bits
  FiqPortRole role;
  const char* symbol;
  const char* name;
  const char* comment;
} FiqPort;

/// Index of the first control of `plugin`, which is the number of ports before it.  [any]
uint32_t fiq_first_control_port(FiqPluginKind plugin);

/// The port `index` < fiq_first_control_port().  [any]
const FiqPort* fiq_fixed_port(FiqPluginKind plugin, uint32_t index);

/// Index of the port with that role, or fiq_first_control_port() if the plugin has none.  [any]
uint32_t fiq_port_index(FiqPluginKind plugin, FiqPortRole role);

#endif
