// SPDX-License-Identifier: GPL-3.0-or-later
/*
   MIDI files, and what a score makes of them: events in order with times that are finite, messages that are whole,
   and as many releases of a key as make it end.
*/
#include "host-test/render/score.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static void check_message(const uint8_t* bytes, uint32_t n_bytes)
{
  FUZZ_CHECK(n_bytes > 0);
  FUZZ_CHECK(bytes[0] >= 0x80);
  for (uint32_t i = 1; i < n_bytes; ++i) {
    FUZZ_CHECK(bytes[i] < 0x80 || (bytes[0] == 0xf0 && bytes[i] == 0xf7 && i == n_bytes - 1));
  }
}

static void check_file(const FiqMidiFile* file, size_t size)
{
  FUZZ_CHECK(file->n_events <= 3 * size);
  for (size_t i = 0; i < file->n_events; ++i) {
    const FiqMidiFileEvent* const event = &file->events[i];
    FUZZ_CHECK(isfinite(event->time_s) && event->time_s >= 0.0);
    FUZZ_CHECK(isfinite(event->quarter) && event->quarter >= 0.0);
    FUZZ_CHECK(event->track > 0);
    FUZZ_CHECK(event->time_s <= file->end_s);
    FUZZ_CHECK(i == 0 || event->tick > event[-1].tick ||
               (event->tick == event[-1].tick && event->track >= event[-1].track));
    FUZZ_CHECK(i == 0 || event->time_s >= event[-1].time_s);
    FUZZ_CHECK(event->kind != FIQ_MIDI_FILE_TEMPO || event->n_bytes == 3);
    FUZZ_CHECK(event->kind != FIQ_MIDI_FILE_METER || event->n_bytes == 2);
    if (event->kind == FIQ_MIDI_FILE_MESSAGE) {
      check_message(event->bytes, event->n_bytes);
    }
  }
}

static void check_tempos(const FiqScore* score)
{
  FUZZ_CHECK(score->n_tempos > 0);
  FUZZ_CHECK(score->tempos[0].time_s <= 0.0);
  for (size_t i = 0; i < score->n_tempos; ++i) {
    FUZZ_CHECK(i == 0 || score->tempos[i].time_s > score->tempos[i - 1].time_s);
    FUZZ_CHECK(score->tempos[i].tempo_bpm >= 3.0 && score->tempos[i].tempo_bpm <= 6e7);
    FUZZ_CHECK(score->tempos[i].beats_per_bar >= 1.0f);
    FUZZ_CHECK(score->tempos[i].beat_unit >= 1 && score->tempos[i].beat_unit <= 128);
  }
}

/// No key is down at the end, unless a message to the whole channel let go of it.
static void check_score(const FiqScore* score)
{
  bool down[16][128] = {{false}};
  for (size_t i = 0; i < score->n_events; ++i) {
    const FiqScoreEvent* const event = &score->events[i];
    const uint8_t* const       bytes = event->bytes;
    check_message(bytes, event->n_bytes);
    FUZZ_CHECK(event->time_s <= score->end_s);
    FUZZ_CHECK(i == 0 || event->time_s >= event[-1].time_s);
    FUZZ_CHECK(event->n_bytes <= FIQ_SCORE_MESSAGE_BYTES);
    if (bytes[0] < 0xa0) {
      down[bytes[0] & 15][bytes[1]] = bytes[0] >= 0x90 && bytes[2] > 0;
    } else if ((bytes[0] & 0xf0) == 0xb0 && (bytes[1] == 120 || bytes[1] >= 123)) {
      memset(down[bytes[0] & 15], 0, sizeof down[0]);
    }
  }
  for (int channel = 0; channel < 16; ++channel) {
    for (int key = 0; key < 128; ++key) {
      FUZZ_CHECK(!down[channel][key]);
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
  static const double lengths_s[] = {-1.0, 2.0};
  for (int i = 0; i < 2; ++i) {
    FiqScore score;
    if (fiq_score_read(&score, data, size, "file", lengths_s[i])) {
      check_file(&score.file, size);
      check_tempos(&score);
      check_score(&score);
      FUZZ_CHECK(i == 0 || (score.end_s >= 2.0 && score.end_s <= 2.0));
    }
    fiq_score_free(&score);
  }
  return 0;
}
