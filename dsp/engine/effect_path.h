// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The effect's way from input to output for one choice of window: everything whose memory or
   delay depends on it. Two of them side by side let the window change while sound plays.

       in --+-- M/S -- realms -- rotate, shift -- M/S back, rotator --+-- mix --+--> wet
            +-- delay ---------------------------------------+         |
            |     +----------------------------------------------------|--> dry
       swarm -- delay -- level, followed: sidechain, else input -------+

   Latency: the realms' plus lookahead and watch, and the long Hilbert transformer if it turns. Cost: the realms' plus some 2 ns a frame.
*/
#ifndef FIQ_EFFECT_PATH_H
#define FIQ_EFFECT_PATH_H

#include "dsp/base/smoother.h"
#include "dsp/filter/phase_rotator.h"
#include "dsp/realm/freeze.h"
#include "dsp/realm/groups.h"
#include "dsp/realm/realms.h"
#include "dsp/transform/field.h"

/// What decides the memory and the latency of a path.
typedef struct {
  uint32_t
      window_frames; ///< at 44.1 and 48 kHz, a power of two, 256..8192; the time is kept at other rates
  uint32_t n_bands;          ///< of the spectral realm, 4..FIQ_NEURONS_MAX
  uint32_t lookahead_frames; ///< by which the realms' input may be moved ahead; 0..sample rate
  bool     spectral_only;    ///< see FiqRealmsConfig
  bool
           turns; ///< rotation and shift turn by a long Hilbert transformer behind the realms, which comes on top of the latency
  uint32_t watch_frames; ///< by which the realms' output is seen before it leaves; 0..sample rate
} FiqEffectPathShape;

typedef struct {
  double             sample_rate_hz;       ///< 8000..384000
  uint32_t           control_frames;       ///< 1..FIQ_CONTROL_MAX
  uint32_t           swarm_latency_frames; ///< that of the swarm's planes
  FiqEffectPathShape shape;
} FiqEffectPathConfig;

typedef enum { FIQ_INPUT_STEREO, FIQ_INPUT_MID_SIDE, FIQ_INPUT_IQ_PAIR } FiqInputMode;

/// What one control period obeys. The lines are read at audio rate and belong to the caller.
typedef struct {
  FiqRealmsParams     realms; ///< without places, which the groups give
  FiqGroupsParams     groups; ///< `which` is the path's to know
  FiqInputMode        input_mode;
  bool                with_q;    ///< something turns: what the realms put out must be analytic
  float               shift_hz;  ///< within +- half of the sample rate
  const FiqSmoother*  rotate;    ///< rad
  const FiqSmoother*  mix;       ///< 0 dry .. 1 wet
  const FiqSmoother*  level;     ///< of the swarm, linear
  const FiqSmoother*  follow;    ///< 0..1, how far it follows
  bool                own_level; ///< it has the input's level already: it follows a sidechain alone
  const FiqSmoother*  trust;     ///< 0 the realms' output is left out .. 1
  FiqPhaseRotatorBand rotator[FIQ_PHASE_ROTATOR_SECTIONS];
  bool                freeze;        ///< what the realms put out is held
  float               freeze_fade_s; ///< > 0
  bool                watching;      ///< fill `seen`
  float               limit; ///< that the realms' output shall keep to, see FiqPathLevels.excess
  bool with_energy;          ///< and of what leaves, not just what is needed to keep to the limit
  bool with_side;            ///< energies of the sum with the sidechain, else of L + R
} FiqEffectPathParams;

typedef struct {
  FiqEffectPathConfig config;
  FiqRealms           realms;
  FiqGroups           groups;
  FiqFieldDelay       dry_delay;
  FiqFieldDelay       wet_delay; ///< by watch_frames
  FiqFieldDelay       side_delay;
  FiqFieldDelay       swarm_delay;
  FiqHilbert          hilbert[FIQ_CHANNELS]; ///< with shape.turns
  FiqFieldShift       shift;
  FiqPhaseRotator     rotator;
  FiqFreeze           freeze;
  FiqEffectPathParams params; ///< of this control period
  uint32_t            latency_frames;
  uint32_t            position;    ///< within the control period
  float               step;        ///< share of a control period that a frame is
  float               envelope;    ///< mean power that the swarm follows
  float               led;         ///< 0 the swarm goes by its own level .. 1 it is led; smooth
  uint32_t            side_frames; ///< since the sidechain last sounded; saturates
  uint32_t            side_quiet_frames;  ///< since there was a sidechain, until its delay is empty
  uint32_t            swarm_quiet_frames; ///< the same of the swarm
  FiqPathLevels       seen;               ///< of this control period
  float*              dry[FIQ_CHANNELS];  ///< [FIQ_CONTROL_MAX], as all of these
  float* ahead[FIQ_CHANNELS]; ///< the input as late as the realms' output before it is delayed
  float* side[FIQ_CHANNELS];
  float* wet[FIQ_CHANNELS];
  float* quadrature[FIQ_CHANNELS];
  float* swarm[FIQ_CHANNELS];
} FiqEffectPath;

/// Take the buffers; FIQ_BAD_ARGUMENT for a configuration out of range.  [setup]
FiqStatus fiq_effect_path_init(FiqEffectPath* self, FiqArena* arena, FiqFftPool* pool,
                               const FiqEffectPathConfig* config);

/// Forget all sound, start in `realm`; the layers keep their phases.  [audio]
void fiq_effect_path_reset(FiqEffectPath* self, FiqRealm realm);

/// Take over the phases of another path, which this one will replace.  [audio]
void fiq_effect_path_adopt(FiqEffectPath* self, const FiqEffectPath* old);

/// Start a control period.  [audio]
void fiq_effect_path_control(FiqEffectPath* self, const FiqEffectPathParams* params);

/**
   Process `n_frames` within the control period: `in`, `side` and `swarm` two planes each; the last two may be NULL,
   which is silence. Afterwards
   self->wet and self->dry hold the output and the delayed input.  [audio]
*/
void fiq_effect_path_process(FiqEffectPath* self, const float* const* in, const float* const* side,
                             const float* const* swarm, uint32_t n_frames);

/// Gain of a swarm that follows a sound of mean power `power`: 1 at -12 dBFS rms, at most 2.  [any]
float fiq_effect_path_follow_gain(float power);

/// The mean power that is followed, `step_s` later: it rises in 5 ms and falls in 120.  [any]
static inline float fiq_effect_path_follow_power(float envelope, float power, float step_s)
{
  const float way = step_s * (power > envelope ? 1.0f / 0.005f : 1.0f / 0.12f);
  return envelope + (power - envelope) * (way < 1.0f ? way : 1.0f);
}

/// How far it is followed, 0..1, `step_s` later.  [any]
static inline float fiq_effect_path_follow_led(float led, float target, float step_s)
{
  return led + (target - led) * step_s * (1.0f / 0.12f);
}

/// Whether a sidechain sounds, or did until two seconds ago: that is what is followed.  [audio]
bool fiq_effect_path_follows_side(const FiqEffectPath* self);

#endif
