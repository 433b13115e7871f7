// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Phases that belong together: n oscillators, each pair coupled by a weight of its own, and the groups that they form.

     theta_i' = omega_i + K / max(1, sum_j |w_ij|) sum_j w_ij sin(theta_j - theta_i),  K = 20, |omega| <= 1 rad/s
     r_ij     = <cos(theta_i - theta_j)> over 0.4 s

   This is Kuramoto's model (kuramoto.h) with weights in place of the mean field: what is alike locks, what is opposed parts.

   Groups are kept from one look to the next, so that their numbers stay. A band's tie to a group is its mean r with the
   group's other bands. It goes where its tie is strongest if that is above 0.5 and by 0.15 stronger than where it is, leaves a
   group with a tie below 0.2, and two free bands with r above 0.8 begin a new group; two groups become the older one of
   them where the mean of r between them is above 0.6. A band that is absent, or alone, has no group.

   Beside them run the offsets that make the bands' phases as heard (theta = phase of the core + offset) do the same:

     offset_i' = binding K / max(1, sum_j |w_ij|) sum_j w_ij sin(theta_j - theta_i) - 4 (1 - binding) sin(offset_i)

   At a binding of 0 they return to 0, and rest there exactly.
   Source: Kuramoto 1975; weights by likeness and groups by coherence are ours. Cost: a step of 48 some 6 us; a look 4.
*/
#ifndef FIQ_GROUPING_H
#define FIQ_GROUPING_H

#include "dsp/base/arena.h"

enum {
  FIQ_GROUPS_MAX    = 8, ///< groups are numbered 1..FIQ_GROUPS_MAX
  FIQ_GROUPING_NONE = 0  ///< number of what has no group
};

typedef struct {
  uint32_t n_bands_max;
  uint32_t n_bands;                        ///< in use
  float*   together;                       ///< [n_bands][FIQ_NEURONS_MAX] r
  float    theta_rad[FIQ_NEURONS_MAX];     ///< phases that the groups are read from
  float    omega_rad_s[FIQ_NEURONS_MAX];   ///< their natural frequencies
  float    offset_rad[FIQ_NEURONS_MAX];    ///< of the phases as heard
  float    rate_rad_s[FIQ_NEURONS_MAX];    ///< by which offsets move until the next step
  uint8_t  group[FIQ_NEURONS_MAX];         ///< number of each band's group
  uint32_t n_in_group[FIQ_GROUPS_MAX + 1]; ///< bands of each
  uint32_t n_groups;                       ///< that have bands
  uint32_t n_steps;                        ///< since reset; saturates
  float    re[FIQ_NEURONS_MAX];            ///< scratch
  float    im[FIQ_NEURONS_MAX];            ///< scratch
  float    tie[FIQ_GROUPS_MAX + 1];        ///< scratch
} FiqGrouping;

/// FIQ_BAD_ARGUMENT unless n_bands_max is 2..FIQ_NEURONS_MAX.  [setup]
FiqStatus fiq_grouping_init(FiqGrouping* self, FiqArena* arena, uint32_t n_bands_max);

/// Scattered phases, no groups, no offsets, `n_bands` in use, 2..n_bands_max.  [audio]
void fiq_grouping_reset(FiqGrouping* self, uint32_t n_bands);

/// Go on where another one is, if it has as many bands.  [audio]
void fiq_grouping_adopt(FiqGrouping* self, const FiqGrouping* old);

/// Let `step_s` pass for the phases under `weight` [n_bands][FIQ_NEURONS_MAX].  [audio]
void fiq_grouping_step(FiqGrouping* self, const float* weight, float step_s);

/// Read the groups; bands that are not `is_present` [n_bands] have none.  [audio]
void fiq_grouping_look(FiqGrouping* self, const bool* is_present);

/// How offsets are to move, given the phases as heard, `heard_rad` [n_bands], any angles.  [audio]
void fiq_grouping_bind(FiqGrouping* self, const float* weight, const float* heard_rad,
                       float binding);

/// Let `step_s` pass for the offsets; false when all rest at 0.  [audio]
bool fiq_grouping_move(FiqGrouping* self, float binding, float step_s);

#endif
