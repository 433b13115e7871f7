// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Groups: which bands belong to one source, and what is done with that.

   The mono sum of the input is divided into the bands of the realm that is heard (spectra of 2048 frames at 48 kHz,
   four a window); likeness.h says how alike their levels move, grouping.h locks what is alike and reads the groups.
   - Binding: the bands' phases move together by groups in place of one by one.
   - Spread: each group gets a place p between the loudspeakers, S' = S + p M, so that the sum L + R stays what it was.
   - Focus: the bands of the loudest, the steadiest or the most struck group are raised or lowered.
   Places and gains are given by band and move with a time constant of 0.15 s; the spectral realm draws them as curves.

   Steady is the group whose levels deviate least from their mean, struck the one whose levels rise most steeply, both by
   loudness; another one takes over where it is ahead by a fifth.

   Cost: nothing while all is off; else some 28 ns a frame at 48 kHz with 48 bands, 14 with 24. The work of a frame is spread over control periods.
   Latency: none; groups are found within seconds.
*/
#ifndef FIQ_REALM_GROUPS_H
#define FIQ_REALM_GROUPS_H

#include "dsp/analysis/bands.h"
#include "dsp/analysis/likeness.h"
#include "dsp/phase/grouping.h"
#include "dsp/transform/stft.h"

enum { FIQ_GROUPS_COUNTS = 3 }; ///< numbers of bands that can be chosen from: one for each realm

typedef enum {
  FIQ_FOCUS_OFF,
  FIQ_FOCUS_LOUDEST,
  FIQ_FOCUS_STEADIEST,
  FIQ_FOCUS_STRUCK
} FiqGroupFocus;

typedef struct {
  double   sample_rate_hz;             ///< FIQ_SAMPLE_RATE_MIN_HZ..FIQ_SAMPLE_RATE_MAX_HZ
  uint32_t window_frames;              ///< of the analysis, a power of two, 256..65536
  uint32_t control_frames;             ///< 1..FIQ_CONTROL_MAX
  uint32_t n_bands[FIQ_GROUPS_COUNTS]; ///< 4..FIQ_NEURONS_MAX each
} FiqGroupsConfig;

typedef struct {
  uint32_t      which;    ///< of n_bands; another one begins anew
  float         binding;  ///< 0..1
  float         spread;   ///< 0..1
  FiqGroupFocus focus;    ///< which group is raised
  float         focus_db; ///< by how much, -48..24
} FiqGroupsParams;

typedef struct {
  FiqGroupsConfig config;
  FiqStft         stft;
  FiqBands        bands[FIQ_GROUPS_COUNTS];
  FiqLikeness     likeness;
  FiqGrouping     grouping;
  FiqGroupsParams params; ///< of this control period
  float*          mono;   ///< [FIQ_CONTROL_MAX] scratch
  float           period_s;
  float           hop_s;
  uint32_t        which;                      ///< numbers of bands now
  uint32_t        next_row;                   ///< of this frame's work
  uint32_t        n_heard;                    ///< frames since it runs; saturates
  uint32_t        focused;                    ///< group that is raised or lowered, 0: none
  bool            is_running;                 ///< it listens
  bool            is_binding;                 ///< theta_rad is to be taken
  bool            is_placing;                 ///< place and gain_db are not all 0
  float           theta_rad[FIQ_NEURONS_MAX]; ///< phases as bound
  float           place[FIQ_NEURONS_MAX];     ///< p of each band, -1..1
  float           gain_db[FIQ_NEURONS_MAX];   ///< of each band
} FiqGroups;

/// FIQ_BAD_ARGUMENT for a configuration out of range. Not to be moved afterwards.  [setup]
FiqStatus fiq_groups_init(FiqGroups* self, FiqArena* arena, FiqFftPool* pool,
                          const FiqGroupsConfig* config);

/// Nothing was heard, and nothing is placed.  [audio]
void fiq_groups_reset(FiqGroups* self);

/// Go on from what another one has heard.  [audio]
void fiq_groups_adopt(FiqGroups* self, const FiqGroups* old);

/// Begin a control period; `theta_rad` [FIQ_NEURONS_MAX] are the phases that are to be bound.  [audio]
void fiq_groups_control(FiqGroups* self, const FiqGroupsParams* params, const float* theta_rad);

/// Hear `n_frames` of both channels.  [audio]
void fiq_groups_process(FiqGroups* self, const float* const* in, uint32_t n_frames);

/// Whether it listens; else there is nothing to process.  [audio]
static inline bool fiq_groups_is_running(const FiqGroups* self)
{
  return self->is_running;
}

/// Number of groups; 0 while it does not listen.  [audio]
static inline uint32_t fiq_groups_n(const FiqGroups* self)
{
  return self->is_running ? self->grouping.n_groups : 0;
}

#endif
