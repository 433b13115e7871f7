// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/engine_state.h"

#include <assert.h>

void fiq_engine_set_words(FiqEngine* self, const FiqSyllable* syllables, uint32_t n)
{
  assert(self && (syllables || n == 0));
  self->words.syllable = syllables;
  fiq_lyric_line_begin(&self->words.line, n);
}

void fiq_engine_reset_words(FiqEngine* self)
{
  assert(self);
  self->words.was_moving = false;
  fiq_lyric_line_begin(&self->words.line, self->words.line.n);
}

void fiq_engine_sing_key(FiqEngine* self, uint32_t channel, uint32_t key, uint32_t offset)
{
  assert(self);
  if (self->words.line.n == 0) {
    return;
  }
  const uint64_t gap_frames =
      (uint64_t)((double)self->params.words_gap * self->config.sample_rate_hz);
  const uint32_t which = fiq_lyric_line_strike(
      &self->words.line, fiq_engine_next_frame(self) + offset, gap_frames, self->params.words_loop);
  if (which != FIQ_NO_SYLLABLE && !fiq_syllable_is_empty(&self->words.syllable[which])) {
    fiq_swarm_sing(&self->swarm->swarm, channel, key, &self->words.syllable[which], offset);
  }
}

void fiq_engine_give_syllable(FiqEngine* self, const FiqMidiMessage* message)
{
  assert(self && message);
  if (message->kind == FIQ_MIDI_NOTE_ON && message->value > 0.0f) {
    fiq_engine_sing_key(self, message->channel, message->number, 0);
  }
}

void fiq_engine_follow_transport(FiqEngine* self, bool is_moving)
{
  assert(self);
  if (is_moving && !self->words.was_moving) {
    fiq_lyric_line_begin(&self->words.line, self->words.line.n);
  }
  self->words.was_moving = is_moving;
}
