// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/common/report.h"
#include "host-test/render/score.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHANNELS = 16, KEYS = 128 };

static double quarters_of(const FiqScoreTempo* tempo, double time_s)
{
  return tempo->quarter + (time_s - tempo->time_s) * tempo->tempo_bpm / 60.0;
}

/// Quarters of one bar.
static double bar_quarters(const FiqScoreTempo* tempo)
{
  return (double)tempo->beats_per_bar * 4.0 / tempo->beat_unit;
}

static bool same_meter(const FiqScoreTempo* a, const FiqScoreTempo* b)
{
  return a->beat_unit == b->beat_unit && fabsf(a->beats_per_bar - b->beats_per_bar) < 0.5f;
}

bool fiq_score_bar_time(const FiqScore* self, uint32_t bar, double beat, double* time_s)
{
  assert(bar >= 1);
  double wanted  = (double)(bar - 1); // bars behind `from`
  double from    = 0.0;               // quarter at which the meter began
  size_t i       = 0;                 // where it did
  bool   reached = false;
  for (size_t k = 1; k < self->n_tempos && !reached; ++k) {
    const FiqScoreTempo* const tempo = &self->tempos[k];
    if (same_meter(tempo, &self->tempos[i])) {
      continue;
    }
    const double n_bars = ceil((tempo->quarter - from) / bar_quarters(&self->tempos[i]) - 1e-9);
    reached             = wanted < n_bars;
    if (!reached) {
      wanted -= n_bars;
      from = tempo->quarter;
      i    = k;
    }
  }
  const FiqScoreTempo* const meter = &self->tempos[i];
  if (!(beat >= 1.0 && beat < (double)meter->beats_per_bar + 1.0)) {
    return false;
  }
  const double quarter =
      from + wanted * bar_quarters(meter) + (beat - 1.0) * 4.0 / meter->beat_unit;
  size_t last = 0;
  while (last + 1 < self->n_tempos && self->tempos[last + 1].quarter <= quarter) {
    ++last;
  }
  const FiqScoreTempo* const tempo = &self->tempos[last];
  *time_s = tempo->time_s + (quarter - tempo->quarter) * 60.0 / tempo->tempo_bpm;
  return true;
}

/// What is gathered for the new score.
typedef struct {
  FiqScoreEvent* events; ///< [n_events]
  size_t         n_events;
  FiqScoreTempo* tempos; ///< [n_tempos]
  size_t         n_tempos;
  uint8_t*       releases; ///< [CHANNELS][KEYS][3], one message for each key
  bool           down[CHANNELS][KEYS];
} Cut;

static void put(Cut* cut, double time_s, const FiqScoreEvent* event)
{
  cut->events[cut->n_events]          = *event;
  cut->events[cut->n_events++].time_s = time_s;
}

/// Whether it strikes or releases a key.
static bool is_note(const FiqScoreEvent* event)
{
  const uint8_t kind = event->bytes[0] & 0xf0;
  return event->n_bytes == 3 && (kind == 0x80 || kind == 0x90);
}

static void note_key(Cut* cut, const FiqScoreEvent* event)
{
  if (is_note(event)) {
    const bool struck = (event->bytes[0] & 0xf0) == 0x90 && event->bytes[2] > 0;
    cut->down[event->bytes[0] & 15][event->bytes[1] & 127] = struck;
  }
}

static void release_keys(Cut* cut, double time_s)
{
  for (int channel = 0; channel < CHANNELS; ++channel) {
    for (int key = 0; key < KEYS; ++key) {
      if (cut->down[channel][key]) {
        uint8_t* const      bytes = cut->releases + 3 * (channel * KEYS + key);
        const FiqScoreEvent event = {time_s, 3, bytes};
        bytes[0]                  = (uint8_t)(0x80 | channel);
        bytes[1]                  = (uint8_t)key;
        bytes[2]                  = 64;
        put(cut, time_s, &event);
        cut->down[channel][key] = false;
      }
    }
  }
}

/// The tempo that holds at `start_s`, as of then, and those that follow until `end_s`.
static void cut_tempos(const FiqScore* self, Cut* cut, double start_s, double end_s, double turn_s)
{
  size_t i = 0;
  while (i + 1 < self->n_tempos && self->tempos[i + 1].time_s <= start_s) {
    ++i;
  }
  FiqScoreTempo tempo = self->tempos[i];
  tempo.quarter       = quarters_of(&tempo, start_s);
  for (; i < self->n_tempos && (tempo.time_s < end_s || cut->n_tempos == 0); ++i) {
    tempo.time_s = tempo.time_s > start_s ? tempo.time_s - start_s + turn_s : turn_s;
    cut->tempos[cut->n_tempos++] = tempo;
    if (i + 1 < self->n_tempos) {
      tempo = self->tempos[i + 1];
    }
  }
}

static void cut_events(const FiqScore* self, Cut* cut, double start_s, double end_s, double turn_s)
{
  for (size_t i = 0; i < self->n_events; ++i) {
    const FiqScoreEvent* const event = &self->events[i];
    if (event->time_s < start_s) {
      if (!is_note(event)) {
        put(cut, turn_s, event);
      }
    } else if (event->time_s < end_s) {
      // A release of a key that was struck before the start is nobody's.
      const bool stray = is_note(event) &&
                         !((event->bytes[0] & 0xf0) == 0x90 && event->bytes[2] > 0) &&
                         !cut->down[event->bytes[0] & 15][event->bytes[1] & 127];
      if (!stray) {
        note_key(cut, event);
        put(cut, turn_s + event->time_s - start_s, event);
      }
    }
  }
  release_keys(cut, turn_s + end_s - start_s);
}

bool fiq_score_cut(FiqScore* self, double start_s, double end_s, uint32_t n_turns)
{
  assert(n_turns >= 1);
  const double last_s = end_s < 0.0 ? self->end_s : end_s;
  if (start_s >= last_s) {
    fiq_error("--start: nothing is left from %g s on", start_s);
    return false;
  }
  Cut cut      = {.n_events = 0};
  cut.events   = calloc(2 * n_turns * self->n_events + 1, sizeof(FiqScoreEvent));
  cut.tempos   = calloc(n_turns * self->n_tempos, sizeof(FiqScoreTempo));
  cut.releases = calloc(CHANNELS * KEYS, 3);
  if (!cut.events || !cut.tempos || !cut.releases) {
    free(cut.events);
    free(cut.tempos);
    free(cut.releases);
    fiq_error("out of memory");
    return false;
  }
  for (uint32_t turn = 0; turn < n_turns; ++turn) {
    const double turn_s = turn * (last_s - start_s);
    cut_tempos(self, &cut, start_s, last_s, turn_s);
    cut_events(self, &cut, start_s, last_s, turn_s);
  }
  free(self->events);
  free(self->tempos);
  self->events   = cut.events;
  self->n_events = cut.n_events;
  self->tempos   = cut.tempos;
  self->n_tempos = cut.n_tempos;
  self->releases = cut.releases;
  self->start_s  = start_s;
  self->turn_s   = last_s - start_s;
  self->n_turns  = n_turns;
  self->end_s    = n_turns * self->turn_s;
  return true;
}
