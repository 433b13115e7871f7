// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/timeline.h"

#include <assert.h>

int64_t fiq_timeline_at(const FiqTimeline* self, int64_t frame, int64_t* left)
{
  assert(self->turn_frames >= 0);
  if (frame < 0) {
    *left = -frame;
    return self->first_frame;
  }
  const int64_t turn = self->turn_frames > 0 ? frame / self->turn_frames : 0;
  if (self->turn_frames == 0 || turn >= self->n_turns - 1) {
    *left = INT64_MAX;
    return self->first_frame +
           (self->turn_frames > 0 ? frame - (self->n_turns - 1) * self->turn_frames : frame);
  }
  *left = (turn + 1) * self->turn_frames - frame;
  return self->first_frame + frame - turn * self->turn_frames;
}
