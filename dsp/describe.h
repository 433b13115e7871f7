// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What the modules say of themselves, gathered for telemetry. Reading changes nothing that is
   heard. Cost: O(n^2) in the neurons of a layer, O(1024) in the swarm, whatever its size.
*/
#ifndef FIQ_DESCRIBE_H
#define FIQ_DESCRIBE_H

#include "realms.h"
#include "swarm.h"
#include "telemetry.h"

/// Core, layer and realm; `spread_rad_s` of the core's natural frequencies, K as in `coupling`.  [audio]
void fiq_describe_realms(FiqTelemetry* telemetry, FiqRealms* realms, float coupling,
                         float spread_rad_s);

/// Carriers, and a histogram of up to 1024 of the oscillators.  [audio]
void fiq_describe_swarm(FiqTelemetry* telemetry, const FiqSwarm* swarm);

#endif
