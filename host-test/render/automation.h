// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Parameters that change in time, read from CSV

     # TIME,SYMBOL,VALUE[,step|linear]
     0,drive,0
     12.5,drive,24,linear
     9:1,mix,50

   or JSON, [{"time": 12.5, "symbol": "drive", "value": 24, "shape": "linear"}, ...]. TIME is in seconds of the music or a bar
   and beat, both from 1 (5:3.5), by the tempo map. A step jumps at its time; a linear point is reached in a
   straight line from the one before, or from the setting at the start of the music.

   A control port holds one value for each call of run(), so the calls are cut where a value changes: at every step, to
   the sample, and on a ramp every `ramp_frames`, at multiples of it in the music. The value from frame g on is that of
   the line at g; nothing depends on the length of the host's blocks. O(lanes) for each cut.
*/
#ifndef FIQ_AUTOMATION_H
#define FIQ_AUTOMATION_H

#include "host-test/common/report.h"
#include "host-test/lv2/lv2_ports.h"
#include "host-test/render/score.h"
#include "host-test/render/timeline.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  int64_t  frame; ///< of the music
  float    value;
  bool     linear;
  uint32_t order; ///< as it stands in the file
} FiqAutomationPoint;

/// The points of one parameter.
typedef struct {
  uint32_t            port;
  bool                whole;  ///< only whole numbers are legal
  float               before; ///< value ahead of the first point
  FiqAutomationPoint* points; ///< [n_points] in order of time
  uint32_t            n_points;
  uint32_t            n_room;
  uint32_t            next; ///< first point behind `at`
  int64_t             at;   ///< frame of the music that was asked for last
} FiqAutomationLane;

/// All zero: nothing changes.
typedef struct {
  FiqAutomationLane* lanes; ///< [n_lanes]
  uint32_t           n_lanes;
  FiqTimeline        timeline;
  int64_t            ramp_frames; ///< >= 1
} FiqAutomation;

/// Add what the file or pipe `path` holds for the control inputs among `ports`, in frames of `rate_hz` on the tempo map
/// of `score`. Says what is wrong, and in which line.  [setup]
FiqExit fiq_automation_load(FiqAutomation* self, const char* path, const FiqPorts* ports,
                            const FiqScore* score, double rate_hz);

/// The same with `text` [n_bytes], followed by a 0, called `name`.  [setup]
bool fiq_automation_read(FiqAutomation* self, const char* text, size_t n_bytes, const char* name,
                         const FiqPorts* ports, const FiqScore* score, double rate_hz);

/// Take what is set, `settings` [ports], as what the parameters are before their first points.  [setup]
void fiq_automation_begin(FiqAutomation* self, const float* settings);

/// Value of lane `lane` at `frame` of the stream; `left` is lowered to the frames for which it stays.
float fiq_automation_value(FiqAutomation* self, uint32_t lane, int64_t frame, int64_t* left);

void fiq_automation_free(FiqAutomation* self);

#endif
