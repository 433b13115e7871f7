// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What the engine tells of itself, once a control period, and the box it is left in for
   whoever watches (user interface, host console, traces, tests).

   The box holds the latest value alone: one writer, one reader, neither ever waits for the
   other, and a value read is always whole. Three slots: one is the writer's, one the reader's,
   and the third stands between them; publish and read each swap their own slot with the one
   between, by one atomic exchange (triple buffering). A reader that is late misses values, a
   writer never. Cost: a copy of FiqTelemetry at each end. Telemetry never changes the sound.
*/
#ifndef FIQ_TELEMETRY_H
#define FIQ_TELEMETRY_H

#include "arena.h"
#include "phase_layer.h"

#include <stdatomic.h>

enum { FIQ_TELEMETRY_BINS = 64 }; ///< of the oscillators' histogram

/// The phase core.
typedef struct {
  float order;    ///< R
  float psi_rad;  ///< mean phase
  float coupling; ///< K / K_c
} FiqCoreTelemetry;

/// Which realm is heard, and what of the sound decided it; features are taken by the adaptive realm alone.
typedef struct {
  float realm;                    ///< as chosen: 0 temporal, 1 spectral, 2 adaptive
  float spectral_share;           ///< 0 temporal .. 1 spectral, as heard
  float tonality;                 ///< the adaptive realm's judgement, 0..1
  float rms_db;                   ///< dBFS
  float flatness;                 ///< 0..1
  float entropy;                  ///< 0..1
  float flux;                     ///< 0..1
  float phase_increment_variance; ///< 0..1
} FiqRealmTelemetry;

/// The swarm.
typedef struct {
  uint32_t n_carriers;                      ///< sounding
  uint32_t n_oscillators;                   ///< flying
  float    carrier_hz[FIQ_CARRIERS_MAX];    ///< [n_carriers]
  float    carrier_share[FIQ_CARRIERS_MAX]; ///< [n_carriers] of the oscillators, 0..1
  float    carrier_order[FIQ_CARRIERS_MAX]; ///< [n_carriers] R of each carrier's group
  float    residual_hz;                     ///< mean distance of an oscillator from its carrier
  float    imbalance;                     ///< largest ratio of share asked for and share held, >= 1
  float    histogram_low_hz;              ///< lower edge of the first bin
  float    histogram_high_hz;             ///< upper edge of the last bin; bins are even in pitch
  uint32_t histogram[FIQ_TELEMETRY_BINS]; ///< oscillators a bin
} FiqSwarmTelemetry;

/// One control period.
typedef struct {
  uint64_t          frame; ///< position in the stream of the period's first frame
  FiqCoreTelemetry  core;
  FiqPhaseMetrics   layer;     ///< the five metrics and the score of the layer heard
  FiqGradientReport gradient;  ///< of the last learning step
  uint32_t          n_neurons; ///< of the layer heard
  float             phase_rad[FIQ_NEURONS_MAX]; ///< [n_neurons]
  FiqRealmTelemetry realm;
  FiqSwarmTelemetry swarm;
  uint32_t          guard_resets; ///< times the guard had to act
} FiqTelemetry;

typedef struct {
  FiqTelemetry* slot;    ///< [3]
  atomic_uint   between; ///< slot that is nobody's, + 4 if it has not been read
  uint32_t      writing; ///< the writer's slot
  uint32_t      reading; ///< the reader's slot
} FiqTelemetryBox;

/// Take the slots; the box starts empty.  [setup]
FiqStatus fiq_telemetry_init(FiqTelemetryBox* self, FiqArena* arena);

/// Leave `value` in the box, over whatever was there. One thread at a time.  [audio]
void fiq_telemetry_publish(FiqTelemetryBox* self, const FiqTelemetry* value);

/// Copy the latest value and return true, or return false if none came since the last read,
/// `value` being left as it was. One thread at a time, which may be another than the
/// writer's.  [any]
bool fiq_telemetry_read(FiqTelemetryBox* self, FiqTelemetry* value);

/// Put `hz` into its bin of the swarm's histogram; beyond the edges the outermost bins
/// count.  [audio]
void fiq_telemetry_count(FiqSwarmTelemetry* swarm, float hz);

#endif
