// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Goals that the processor steers toward by itself. For each kind of goal there is one drive, -1..1,
   moved by a controller that integrates what is missing:

   kind         measure                  error e                 unit   within   k     T      drive +
   ORDER        R of the phases          target - R              1      0.03     0.95  1 s    couples
   HEADROOM     crest factor, dB         measure - target        6 dB   0.5 dB   0.4   2 s    disperses
   BRIGHTNESS   spectral centroid, Hz    log2(target / measure)  1 oct  0.1 oct  0.5   1.5 s  tilts up
   DENSITY      spectral entropy, 0..1   target - measure        0.5    0.03     0.6   1.5 s  thickens

       drive' = k (e + T e'),  |drive'| <= 0.3 a second,  nothing within half the tolerance

   with e smoothed by 0.1 s and e' once more: the velocity form of a PI controller (Astrom and
   Hagglund 1995), which does not wind up. With a plant of one lag <= T the loop is overdamped at
   every gain: it neither overshoots nor swings. What a full drive moves by 0.15 of order or by 0.5
   units of the others is reached within 20 s. A leak of 0.5 % a second lets go of what no longer
   matters.

   Beats make the measures of sound swing by more than any drive does, and e' by far more than e. What goes
   to and fro is told from what goes one way by the mean size of e' less the size of its mean, over
   2 s: from 1 tolerance a second on, and wholly from 4, the drive follows k' e with e smoothed by 1 s, which is
   the mean of what swings; k' is 0.2 for HEADROOM, 0.15 for BRIGHTNESS, 0.35 for DENSITY. ORDER is steered as it is.

   Dispersal raises the peaks of some sounds, sustained ones above all. Where it did so, by 1 dB for a second or less
   for longer, the drive of HEADROOM goes home, tries again after 20 s, and after twice as long each time that
   it fails (320 s at most).

   Without a goal of its kind, a drive glides back to 0 with 1.5 s. Several goals of one kind
   ask for their mean by weight (of the logarithm for BRIGHTNESS).

   In silence the drives of what is measured on sound rest. Cost: 45 ns a call. Latency: 0.
*/
#ifndef FIQ_GOAL_CONTROLLER_H
#define FIQ_GOAL_CONTROLLER_H

#include "dsp/base/common.h"

enum { FIQ_GOALS_MAX = 10 };

typedef enum {
  FIQ_GOAL_ORDER,
  FIQ_GOAL_HEADROOM,
  FIQ_GOAL_BRIGHTNESS,
  FIQ_GOAL_DENSITY,
  FIQ_N_GOAL_KINDS
} FiqGoalKind;

typedef struct {
  FiqGoalKind kind;
  float       target; ///< ORDER 0..1; HEADROOM 0..60 dB; BRIGHTNESS 20..20000 Hz; DENSITY 0..1
  float       weight; ///< among goals of its kind, >= 0; 0 is no goal
} FiqGoal;

/// What is; see measure.h for all but the order.
typedef struct {
  float order;       ///< 0..1
  float crest_db;    ///< dB
  float centroid_hz; ///< > 0
  float entropy;     ///< 0..1
  bool  is_silent;   ///< the last three mean nothing
  float rise_db; ///< by how much the drive of HEADROOM raises the crest factor; below 0 it helps
} FiqGoalMeasures;

/// How far a goal is.
typedef struct {
  float start;      ///< |error| when it was set, in units; < 0: not yet measured
  float progress;   ///< 0 as far as at the start or further .. 1 within the tolerance
  bool  is_reached; ///< within; lost beyond 1.5 of it
} FiqGoalState;

typedef struct {
  FiqGoal      goals[FIQ_GOALS_MAX];
  FiqGoalState states[FIQ_GOALS_MAX];
  uint32_t     n_goals;
  float        smooth[FIQ_N_GOAL_KINDS];   ///< measures in units, smoothed once
  float        smoother[FIQ_N_GOAL_KINDS]; ///< and twice
  float        slow[FIQ_N_GOAL_KINDS];     ///< and by 1 s
  float        trend[FIQ_N_GOAL_KINDS];    ///< mean change of late, units/s
  float        unrest[FIQ_N_GOAL_KINDS];   ///< mean size of the change
  bool         is_known[FIQ_N_GOAL_KINDS]; ///< something was measured since reset
  float        doubt_db_s;  ///< harm that the drive of HEADROOM did of late, dB times seconds
  float        rest_s;      ///< that it still rests
  float        next_rest_s; ///< and will rest next time
  float        drive[FIQ_N_GOAL_KINDS]; ///< -1..1
} FiqGoalController;

/// No goals, no drives.  [audio]
void fiq_goal_controller_reset(FiqGoalController* self);

/// Steer toward these `n` (<= FIQ_GOALS_MAX) goals from here on; one that is already steered
/// toward keeps its progress, so this may be called every time. Targets out of range are held to it.  [audio]
void fiq_goal_controller_set_goals(FiqGoalController* self, const FiqGoal* goals, uint32_t n);

/// Let `dt_s` (0..0.1 s) pass.  [audio]
void fiq_goal_controller_step(FiqGoalController* self, const FiqGoalMeasures* measures, float dt_s);

/// -1..1, continuous.  [any]
float fiq_goal_controller_drive(const FiqGoalController* self, FiqGoalKind kind);

/// Mean progress of the goals by weight, 0..1; 0 without goals.  [any]
float fiq_goal_controller_progress(const FiqGoalController* self);

#endif
