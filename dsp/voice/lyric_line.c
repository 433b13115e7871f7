// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/voice/lyric_line.h"

#include <assert.h>

void fiq_lyric_line_begin(FiqLyricLine* self, uint32_t n)
{
  assert(self);
  assert(n < FIQ_NO_SYLLABLE);
  *self = (FiqLyricLine){.n = n, .sung = FIQ_NO_SYLLABLE};
}

uint32_t fiq_lyric_line_strike(FiqLyricLine* self, uint64_t frame, uint64_t gap_frames, bool loops)
{
  assert(self);
  assert(self->next <= self->n);
  const uint64_t last         = self->strike_frame;
  const uint64_t apart_frames = frame > last ? frame - last : last - frame;
  const bool     is_chord     = self->has_begun && apart_frames < gap_frames;
  self->strike_frame          = self->has_begun && last > frame ? last : frame;
  self->has_begun             = true;
  if (is_chord) {
    return self->sung;
  }
  if (self->next == self->n && loops) {
    self->next = 0;
  }
  self->sung = self->next < self->n ? self->next++ : FIQ_NO_SYLLABLE;
  return self->sung;
}
