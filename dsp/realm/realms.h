// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The three realms behind one input and one output of constant latency: the layers of phases
   and the change from one realm to another while sound plays.

       in --+-- delay -- Hilbert -- temporal bank (16) ------------------+
            +-- delay -- spectral (24) ----------------------------------+-- fade --> I, Q
            +-- delay -- Hilbert -- temporal bank (32) --+-- adaptive ---+
            +-- delay -- spectral (32) ------------------+

   Only the realm that is heard runs. One that is asked for starts from silence, fills its
   windows unheard, and is then faded in over 50 ms. Both sides of a fade are nearly the same
   signal, so the fade is linear.

   The layer's phases are drawn from the seed and spread by coordination steps (phase_layer.h);
   the phase core, which is the caller's, adds motion * sin(theta_i) to each.
   Latency: the longest path's; with the spectral realm alone its window. Cost: that of the realm heard.
*/
#ifndef FIQ_REALMS_H
#define FIQ_REALMS_H

#include "dsp/base/smoother.h"
#include "dsp/filter/bass_allpass.h"
#include "dsp/learn/lesson.h"
#include "dsp/phase/phase_layer.h"
#include "dsp/realm/adaptive.h"
#include "dsp/realm/spectral.h"
#include "dsp/realm/temporal.h"
#include "dsp/transform/field.h"

typedef enum { FIQ_REALM_TEMPORAL, FIQ_REALM_SPECTRAL, FIQ_REALM_ADAPTIVE, FIQ_N_REALMS } FiqRealm;

typedef struct {
  double   sample_rate_hz; ///< 8000..384000
  uint32_t control_frames; ///< 1..FIQ_CONTROL_MAX
  uint32_t
           window_frames; ///< of the spectral realm at 44.1 and 48 kHz: a power of two, 256..FIQ_REALMS_WINDOW_MAX
  uint32_t n_bands;          ///< of the spectral realm, 4..FIQ_NEURONS_MAX
  uint32_t lookahead_frames; ///< added to the latency, 0..sample rate
  uint32_t latency_frames;   ///< the latency is at least this
  bool spectral_only; ///< the spectral realm plays whatever is asked for, and waits for no other
} FiqRealmsConfig;

typedef struct {
  FiqRealm     realm;
  float        amount;       ///< 0..1
  float        drive;        ///< linear, 0..64
  float        coordination; ///< 0..1, speed
  float        motion_rad;   ///< 0..pi
  float        stereo_rad;   ///< 0..pi, lead of the right channel's motion
  const float* theta_rad;    ///< [FIQ_NEURONS_MAX] phases of the core, any angles
  const float*
        attention; ///< [FIQ_NEURONS_MAX] factor >= 0 of how fast each band learns, or NULL for 1
  float coherence; ///< of the spectral realm: -1 disperse .. 0 .. +1 focus
  float
        turn_from_hz; ///< of the spectral path: phases that are not learned turn from there on, 0: everywhere
  float match_rate; ///< of the temporal realm's Match: 0 rest .. 1
  bool  match_hold; ///< keep what Match has learned as it is
  bool  learned;    ///< the spectral realm plays learned phases, without motion
  const float*
      place; ///< [FIQ_NEURONS_MAX] see FiqRealmSpectralParams; NULL: bands stay where they are
  const float* gain_db;     ///< [FIQ_NEURONS_MAX] of the bands; with `place`
  bool         is_mid_side; ///< the planes are M and S
} FiqRealmsParams;

enum { FIQ_REALMS_WINDOW_MAX = 8192 }; ///< at 44.1 and 48 kHz

enum { FIQ_REALMS_MATCH = 64 * 4 }; ///< at least the length of what Match learns

/// A Hilbert transformer a channel, started and stopped together.
typedef struct {
  FiqHilbert channel[FIQ_CHANNELS];
  bool       running;
} FiqRealmsField;

/// One realm's readiness.
typedef struct {
  bool     running;
  uint32_t warm_frames; ///< still to pass before its output is whole
} FiqRealmsLane;

typedef struct {
  FiqRealmsConfig  config;
  uint64_t         seed;
  FiqPhaseLayer    layer[FIQ_N_REALMS];
  FiqRealmsField   field;
  FiqFieldDelay    temporal_delay; ///< of the temporal path's input, to the common latency
  FiqFieldDelay    spectral_delay;
  FiqFieldDelay    target_delay; ///< of what Match learns from, to the temporal bank's input
  FiqRealmTemporal temporal[2];  ///< of the temporal realm; of the adaptive realm
  FiqRealmSpectral spectral[2];  ///< of the spectral realm; of the adaptive realm
  FiqRealmAdaptive adaptive;
  FiqBassAllpass   bass;        ///< learned, before the spectral realm
  uint64_t         frames_seen; ///< spectral frames that the adaptive realm has judged
  FiqRealmsLane    lane[FIQ_N_REALMS];
  FiqRealm         current;
  FiqRealm         next;                      ///< equals current when no change is under way
  FiqSmoother      fade;                      ///< share of `next`
  float*           delayed[2][FIQ_CHANNELS];  ///< [FIQ_CONTROL_MAX] temporal, spectral input
  float*           analytic[2][FIQ_CHANNELS]; ///< I and Q of the temporal input
  float*           wet[FIQ_N_REALMS][2][FIQ_CHANNELS]; ///< [realm][I, Q][channel]
  float*           other[2][FIQ_CHANNELS];             ///< the adaptive realm's spectral path
  uint32_t         latency_frames;
  uint32_t         position; ///< within the control period
  uint32_t         n_ticks;  ///< control periods since reset
  float            coordination_score;
  bool             has_target;           ///< a sidechain was given
  bool             matching;             ///< Match learns in this control period
  float*           target[FIQ_CHANNELS]; ///< the sidechain, delayed
  float            learned_rad[FIQ_CHANNELS][FIQ_NEURONS_MAX]; ///< phases of the spectral realm
  int32_t          learned_delay_frames;                       ///< of its input
  float            learned_sign[FIQ_CHANNELS];                 ///< of its output, +-1
  bool             learned_now;                                ///< in this control period
} FiqRealms;

/// Take the buffers; FIQ_BAD_ARGUMENT for a configuration out of range.  [setup]
FiqStatus fiq_realms_init(FiqRealms* self, FiqArena* arena, FiqFftPool* pool,
                          const FiqRealmsConfig* config);

/// Forget all sound and start in `realm`; the layers keep their phases.  [audio]
void fiq_realms_reset(FiqRealms* self, FiqRealm asked);

/// Draw the layers' phases from `seed`; a reset must follow.  [audio]
void fiq_realms_reseed(FiqRealms* self, uint64_t seed);

/// Take over seed and phases of `old`, whose shape may be another.  [audio]
void fiq_realms_adopt(FiqRealms* self, const FiqRealms* old);

/// Start a control period.  [audio]
void fiq_realms_control(FiqRealms* self, const FiqRealmsParams* params);

/**
   Process within the control period: `in`, `side`, `out_i` and `out_q` two planes of n_frames each;
   side (what Match learns from; NULL: the input itself) and out_q may be NULL. Outputs may be the
   inputs.  [audio]
*/
void fiq_realms_process(FiqRealms* self, const float* const* in, const float* const* side,
                        float* const* out_i, float* const* out_q, uint32_t n_frames);

/// Frames from input to output in every realm.  [any]
uint32_t fiq_realms_latency_frames(const FiqRealms* self);

/// Copy what Match has learned to `learned`; returns its length.  [audio]
uint32_t fiq_realms_match(const FiqRealms* self, float learned[FIQ_REALMS_MATCH]);

/// Go on from what Match learned before; NULL forgets.  [audio]
void fiq_realms_set_match(FiqRealms* self, const float* learned);

/// What the spectral realm is to play while params.learned is set; delays go as far as
/// lookahead_frames to either side.  [audio]
void fiq_realms_set_lesson(FiqRealms* self, const FiqPhaseSolution* lesson);

/// The window that the spectral realm has in place of `window_frames` (at most FIQ_REALMS_WINDOW_MAX), which is for 44.1 and
/// 48 kHz: as long in time, to half an octave of rates, but never shorter than FIQ_STFT_WINDOW_MIN frames.  [any]
uint32_t fiq_realms_window_frames(double sample_rate_hz, uint32_t window_frames);

/// Bands of a realm.  [any]
uint32_t fiq_realms_n_bands(const FiqRealms* self, FiqRealm realm);

/// 0 temporal .. 1 spectral, as heard now.  [audio]
float fiq_realms_spectral_share(const FiqRealms* self);

#endif
