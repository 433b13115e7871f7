// SPDX-License-Identifier: GPL-3.0-or-later
/// Indices of the ports that come before the controls, as in ttl/realms.ttl.in and ttl/swarm.ttl.in.
#ifndef FIQ_PORTS_H
#define FIQ_PORTS_H

enum {
  FIQ_REALMS_CONTROL,
  FIQ_REALMS_MIDI,
  FIQ_REALMS_NOTIFY,
  FIQ_REALMS_IN_L,
  FIQ_REALMS_IN_R,
  FIQ_REALMS_SIDE_L,
  FIQ_REALMS_SIDE_R,
  FIQ_REALMS_OUT_L,
  FIQ_REALMS_OUT_R,
  FIQ_REALMS_FIRST_CONTROL
};

enum {
  FIQ_SWARM_CONTROL,
  FIQ_SWARM_NOTIFY,
  FIQ_SWARM_IN_L,
  FIQ_SWARM_IN_R,
  FIQ_SWARM_OUT_L,
  FIQ_SWARM_OUT_R,
  FIQ_SWARM_FIRST_CONTROL
};

#endif
