// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What the engine tells of itself, once a control period, and the box it is left in for
   whoever watches (user interface, host console, traces, tests).

   The box holds the latest value alone (triple.h): a reader that is late misses values, a writer never.
   Cost: a copy of FiqTelemetry at each end. Telemetry never changes the sound.
*/
#ifndef FIQ_TELEMETRY_H
#define FIQ_TELEMETRY_H

#include "dsp/base/arena.h"
#include "dsp/base/triple_buffer.h"
#include "dsp/phase/phase_layer.h"

enum {
  FIQ_TELEMETRY_BINS  = 128, ///< of the oscillators' histogram
  FIQ_TELEMETRY_GOALS = 11,
  FIQ_TELEMETRY_KEYS  = 128,
  FIQ_TELEMETRY_CURVE = 64 ///< points of a curve over frequency
};

/// The phase core, its regulator and its stability; in the Swarm order, uncertainty and what the
/// regulator does are those of the notes' oscillators.
typedef struct {
  float order;          ///< R
  float uncertainty;    ///< U
  float psi_rad;        ///< mean phase of the core
  float coupling;       ///< K in use
  float coupling_ratio; ///< K / K_c
  float noise;          ///< rad per root of a second
  float action;         ///< FiqRegulatorAction
  float tone;           ///< FiqRegulatorTone
  float zone_low;       ///< R
  float zone_high;      ///< R
  float zone_share;     ///< 0..1 of the last seconds
  float lyapunov;       ///< 1/s
  float stability;      ///< FiqStabilityClass
  float warning;        ///< 0..1
  float temperature;    ///< factor on the noise
  float resonance;      ///< noise that resonance adds, rad per root of a second
  float linked;         ///< other instances that draw this one
} FiqCoreTelemetry;

/// The partner; all 0 while there is none.
typedef struct {
  float    entropy;     ///< of its last choice of a key, 0..1 of the greatest
  float    surprise;    ///< of its last choices, 0..1
  float    temperature; ///< of its last choice
  float    shaken;      ///< 0..1, how much they repeat themselves
  uint32_t n_learned;   ///< notes
  int32_t agreed; ///< chord that linked partners keep to: 0..11 major on C.., 12..23 minor, -1 none
  uint32_t n_chances;                  ///< FIQ_TELEMETRY_KEYS once it has chosen
  float    chance[FIQ_TELEMETRY_KEYS]; ///< [n_chances] of each key in its last choice
} FiqSequenceTelemetry;

/// Memory, goals, attention.
typedef struct {
  uint32_t n_moments;
  int32_t  recalled;      ///< index of the moment recalled, -1 if none
  float    recall_match;  ///< 0..1
  float    harmony;       ///< 0..1, of the chord
  float    goal_progress; ///< 0..1, mean of the goals
  uint32_t n_goals;
  float    progress[FIQ_TELEMETRY_GOALS]; ///< [n_goals] 0..1
  uint32_t n_attention;
  float    attention[FIQ_NEURONS_MAX]; ///< [n_attention] 0..1 a band
} FiqGoalTelemetry;

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

/// Phases over frequency: what is played of what was learned, and the rotator beside it.
typedef struct {
  uint32_t n_bands;                          ///< learned, 0 if nothing
  float    band_hz[FIQ_NEURONS_MAX];         ///< [n_bands] centres
  float    learned_rad[FIQ_NEURONS_MAX];     ///< [n_bands] of the left channel, unwrapped
  float    delay_s[FIQ_NEURONS_MAX];         ///< [n_bands] at each band's centre
  float    spread_s;                         ///< that was allowed, 0: any
  float    rotator_rad[FIQ_TELEMETRY_CURVE]; ///< 20 Hz .. 20 kHz, even in pitch; from 0 down
} FiqPhaseTelemetry;

/// Which bands of the realm heard belong together.
typedef struct {
  uint32_t n_groups;               ///< 0 while nobody listens
  uint32_t focused;                ///< group that is raised or lowered, 0: none
  uint32_t n_bands;                ///< 0 while nobody listens
  float    band[FIQ_NEURONS_MAX];  ///< [n_bands] group of each, from 1 on; 0: none
  float    place[FIQ_NEURONS_MAX]; ///< [n_bands] between the loudspeakers, -1..1
} FiqGroupTelemetry;

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
  uint64_t             frame; ///< position in the stream of the period's first frame
  FiqCoreTelemetry     core;
  FiqPhaseMetrics      layer;     ///< the five metrics and the score of the layer heard
  FiqGradientSummary   gradient;  ///< dphi of the coordination loss
  uint32_t             n_neurons; ///< of the layer heard
  float                phase_rad[FIQ_NEURONS_MAX]; ///< [n_neurons]
  FiqRealmTelemetry    realm;
  FiqPhaseTelemetry    curve;
  FiqGroupTelemetry    groups;
  FiqSwarmTelemetry    swarm;
  FiqGoalTelemetry     mind;
  FiqSequenceTelemetry sequence;
  uint32_t             guard_resets; ///< times the guard had to act
} FiqTelemetry;

typedef struct {
  FiqTelemetry*   slot; ///< [FIQ_TRIPLE_BUFFER_SLOTS]
  FiqTripleBuffer turn;
} FiqTelemetryBox;

/// Take the slots; the box starts empty.  [setup]
FiqStatus fiq_telemetry_init(FiqTelemetryBox* self, FiqArena* arena);

/// Leave `value` in the box, over whatever was there. One thread at a time.  [audio]
void fiq_telemetry_publish(FiqTelemetryBox* self, const FiqTelemetry* value);

/// Copy the latest value and return true, or return false if none came since the last read,
/// `value` being left as it was. One thread at a time, which may be another than the
/// writer's.  [any]
bool fiq_telemetry_read(FiqTelemetryBox* self, FiqTelemetry* value);

/// Count an oscillator that stands at `place`, 0 the lower .. 1 the upper edge of the swarm's histogram on a scale
/// even in pitch; beyond the edges the outermost bins count.  [audio]
void fiq_telemetry_count(FiqSwarmTelemetry* swarm, float place);

#endif
