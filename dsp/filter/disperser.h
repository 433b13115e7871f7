// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Disperser: a chain of all-pass sections that spreads what strikes at once over time, and so takes its
   peak down, without touching the level of any frequency.

       y[n] = a x[n] + s[n - D],  s[n] = x[n] - a y[n]      a section, (a + z^-D) / (1 + a z^-D)

   With a = 1 a section is no section; below, it echoes its input after D, 2D, ... with falling level. Six sections,
   D = 0.7..4.3 ms without common measure, share one a = 1 - 0.36 drive. At rest at drive 0 the planes are not touched; a
   moves in a straight line from control tick to control tick. A click of 1 leaves with 0.09 at drive 1 (48 kHz) and rings for
   50 ms. What is smooth already may peak higher afterwards, which it tells. Cost: 15 ns a stereo frame while it
   works. Latency: 0.
   Source: Schroeder and Logan 1961.
*/
#ifndef FIQ_DISPERSER_H
#define FIQ_DISPERSER_H

#include "dsp/base/arena.h"
#include "dsp/base/smoother.h"

enum { FIQ_DISPERSER_SECTIONS = 6 };

typedef struct {
  float*   ring[FIQ_CHANNELS]; ///< [delay_frames]
  uint32_t delay_frames;       ///< D; fixed by init
  uint32_t at;                 ///< in the rings
} FiqDisperserSection;

typedef struct {
  FiqDisperserSection section[FIQ_DISPERSER_SECTIONS];
  float               share;   ///< of a frame in a control tick; fixed by init
  float               hold;    ///< what a tick leaves of the peaks; fixed by init
  float               peak_in; ///< of either channel while it works, forgotten with 1 s
  float               peak_out;
  FiqSmoother         drive;
  float               a; ///< now
  float               a_end;
  float               a_step;
} FiqDisperser;

/// `sample_rate_hz` FIQ_SAMPLE_RATE_MIN_HZ..MAX_HZ, `control_frames` 1..FIQ_CONTROL_MAX.  [setup]
FiqStatus fiq_disperser_init(FiqDisperser* self, FiqArena* arena, double sample_rate_hz,
                             uint32_t control_frames);

/// Drive 0 and silence behind.  [audio]
void fiq_disperser_reset(FiqDisperser* self);

/// Begin a control tick on the way to `drive`, 0..1 (less is 0); smoothed by 50 ms.  [audio]
void fiq_disperser_control(FiqDisperser* self, float drive);

/// How much higher the peaks of the last second leave than they came, dB: below 0 where it helps; 0 at rest.  [any]
float fiq_disperser_rise_db(const FiqDisperser* self);

/// Filter `n_frames` of both planes in place; all calls of a control tick together have its
/// frames.  [audio]
void fiq_disperser_process(FiqDisperser* self, float* const planes[FIQ_CHANNELS],
                           uint32_t n_frames);

#endif
