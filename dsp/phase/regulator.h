// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Drift control: moves coupling and noise so that the order R of some bank of phases stays in a
   zone, neither scattered nor locked. The bank is the caller's: the phase core, or the notes of a swarm.

   It looks at r = R smoothed over 0.1 s plus what R is about to gain in a lead of 0.2 / K, 0.08 s at least and 3 s at
   most (a bank of coupling K takes some 1/K to follow it), and at U, the normalised entropy of the phases
   (fiq_regulator_uncertainty):

       r > high                                                  BRAKE  less coupling, some noise
       r < low                                                   BOOST  more coupling, no noise
       else U < aim - 0.3 while r is in the upper half           BRAKE
       else U > aim + 0.3 while r is in the lower half           BOOST
       else                                                      COAST  coupling rests, noise fades

   Where R and U disagree R wins: U speaks only while R is in the zone, and never drives R toward the far end.
   An action begun by R ends a quarter of the zone inside its end, one begun by U 0.05 inside its own.

   K in use is the user's K plus an offset, the sum held to 0..coupling_max: turning the knob is felt at once
   and then evened out. The offset moves by up to max(K_c, K) a second, faster the further R is out, and by
   half its pace after every turn from braking to boosting or back (0.08 of it at least; the pace returns within
   20 s, within 1 s while R is far below the zone): so it does not swing between its rails. A K below 0 is led to 0
   in the same way. While braking noise grows, to sqrt(max(K_c, 1)) / 2 at most, the slower the larger K is against
   K_c; it is for what less coupling alone does not loosen. It fades within 5 s while coasting, 0.3 s while boosting, and ends at 0.01.
   Switched off, offset and noise fade with a time constant of 0.4 s, and then K is exactly the user's and noise
   exactly 0.

   Measured on the network, 20 starts each, both distributions, spread 0.3 Hz, from K = 0, 2, 8: from the 5th second
   on R is in 0.80..0.95 for 99 % of the time in the worst run of 16 and of 256 oscillators, with at most one turn a
   minute; of 2 to 4 oscillators for 96 to 99 % in the mean, 74 % in the worst run: two of nearly one rate cannot part
   faster than that. Rates within 0.01 Hz or all the same: 92 to 95 % in the mean, most of the rest in the first seconds.

   Source of zone and actions: drift control of phase networks, target and pace being this project's own.
   Cost: O(1) a step. Latency: 0.
*/
#ifndef FIQ_REGULATOR_H
#define FIQ_REGULATOR_H

#include "dsp/base/common.h"

enum { FIQ_REGULATOR_BINS = 16 }; ///< of the histogram of the phases

typedef enum { FIQ_REGULATOR_COAST, FIQ_REGULATOR_BRAKE, FIQ_REGULATOR_BOOST } FiqRegulatorAction;

/// A name for an order.
typedef enum {
  FIQ_TONE_UNFORMED, ///< R <= 0.10
  FIQ_TONE_INTIMACY, ///< R > 0.10
  FIQ_TONE_JOY,      ///< R > 0.30
  FIQ_TONE_SPIRAL,   ///< R > 0.50
  FIQ_TONE_BALANCE,  ///< R > 0.80
  FIQ_TONE_TENSION   ///< R > 0.95
} FiqRegulatorTone;

typedef struct {
  bool  enabled;
  float order_low;    ///< lower end of the zone, 0..1, default 0.80
  float order_high;   ///< upper end, 0..1, default 0.95; below the lower one both are their mean
  float uncertainty;  ///< aim of U, 0..1, default 0.5
  float coupling;     ///< the user's K, any unit
  float critical;     ///< K_c in the same unit, >= 0
  float coupling_max; ///< K in use stays in 0..coupling_max while enabled, > 0
  float speed;        ///< time scale of the bank, hence of the control, 0.1..10; 0 is taken as 1
  float unit_rad_s; ///< what a unit of K is, rad/s at speed 1; 0: not known, and the lead is 0.08 s
} FiqRegulatorParams;

typedef struct {
  float              coupling; ///< K to use
  float              noise;    ///< phase diffusion to use, rad per root of a second
  FiqRegulatorAction action;   ///< COAST while off
  FiqRegulatorTone   tone;     ///< of R, on or off
  float zone_share;        ///< share of the last 10 s (exponential) that R was in the zone, 0..1
  float product;           ///< R U
  bool  active;            ///< on, or still on the way back to the user's K
  float offset;            ///< K in use less the user's
  float order;             ///< R smoothed
  float slope;             ///< of R smoothed, 1/s
  float pace;              ///< of the control: 1, less where it turned back and forth
  FiqRegulatorAction last; ///< the last action but COAST
  float              watched_s;   ///< time that zone_share is of
  bool               by_order;    ///< the action was begun by R
  bool               begun;       ///< a step was taken since reset
  float              pace_s;      ///< of the last step, in the bank's time, and what it makes of
  float              order_share; ///< the smoothing of R
  float              slope_share; ///< and of its slope; exponentials are dear
} FiqRegulator;

/// Off, no history; the first step takes the user's K.  [audio]
void fiq_regulator_reset(FiqRegulator* self);

/// `dt_s` (0..1 s) passed and the bank now has order R (0..1) and uncertainty U (0..1).  [audio]
void fiq_regulator_step(FiqRegulator* self, const FiqRegulatorParams* params, float order,
                        float uncertainty, float dt_s);

/**
   U of `n` >= 1 phases (any angles): entropy of their histogram of 16 bins over ln 16, 0 all alike .. 1 spread.
   It is the mean over four places of the bins, with Miller and Madow's correction (m - 1) / 2n for m bins in use,
   without which few phases look more certain than they are: 16 random phases then have U = 0.90 instead
   of 0.80 on average. Of more than 256 phases every second, third .. is taken.  [any]
*/
float fiq_regulator_uncertainty(const float* theta_rad, uint32_t n);

/// Tone of an order.  [any]
FiqRegulatorTone fiq_regulator_tone(float order);

#endif
