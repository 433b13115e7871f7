// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What the modules say of themselves, gathered for telemetry. Reading changes nothing that is
   heard. Cost: O(n^2) in the neurons of a layer, O(1024) in the swarm, whatever its size.
*/
#ifndef FIQ_TELEMETRY_FILL_H
#define FIQ_TELEMETRY_FILL_H

#include "dsp/engine/telemetry.h"
#include "dsp/filter/phase_rotator.h"
#include "dsp/goals/attention.h"
#include "dsp/goals/goal_controller.h"
#include "dsp/goals/moment_memory.h"
#include "dsp/learn/lesson.h"
#include "dsp/phase/phase_core.h"
#include "dsp/realm/groups.h"
#include "dsp/realm/realms.h"
#include "dsp/swarm/swarm.h"

/// The core's phase, noise and stability; what is a meter too is the caller's.  [audio]
void fiq_describe_core(FiqCoreTelemetry* telemetry, const FiqPhaseCore* core);

/// Layer and realm.  [audio]
void fiq_describe_realms(FiqTelemetry* telemetry, FiqRealms* realms);

/// What is played of what was learned, and the rotator.  [audio]
void fiq_describe_phases(FiqPhaseTelemetry* telemetry, const FiqPhaseSolution* playing,
                         const FiqPhaseRotator* rotator);

/// Which bands belong together.  [audio]
void fiq_describe_groups(FiqGroupTelemetry* telemetry, const FiqGroups* groups);

/// Moments, goals, attention.  [audio]
void fiq_describe_mind(FiqGoalTelemetry* telemetry, const FiqMomentMemory* memory,
                       const FiqGoalController* agency, const FiqAttention* attention);

/// Carriers, and a histogram of up to 1024 of the oscillators.  [audio]
void fiq_describe_swarm(FiqTelemetry* telemetry, const FiqSwarm* swarm);

#endif
