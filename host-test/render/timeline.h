// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What part of the music is rendered, and how often. Frames of the stream count what is played, those of the music where
   that stands in it: frame t of the stream is first_frame + t mod turn_frames of the music, and after the last turn the
   music goes on.
*/
#ifndef FIQ_TIMELINE_H
#define FIQ_TIMELINE_H

#include <stdint.h>

typedef struct {
  int64_t first_frame; ///< >= 0
  int64_t turn_frames; ///< of one turn, > 0; 0: there is but one, without end
  int64_t n_turns;     ///< >= 1
} FiqTimeline;

/// The frame of the music at `frame` of the stream, and in `left` how many follow it there without a jump, itself
/// included. Before the stream begins it stands at its start.
int64_t fiq_timeline_at(const FiqTimeline* self, int64_t frame, int64_t* left);

#endif
