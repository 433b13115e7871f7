// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/jack/jack_levels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BAR_CHARS = 10, BAR_DB = 60 };

void fiq_levels_note(atomic_uint levels[FIQ_HOST_CHANNELS_MAX], const float* const* channels,
                     uint32_t n, uint32_t n_frames)
{
  for (uint32_t c = 0; c < n; ++c) {
    float peak = 0.0f;
    for (uint32_t i = 0; channels[c] && i < n_frames; ++i) {
      peak = fmaxf(peak, fabsf(channels[c][i]));
    }
    unsigned bits = 0;
    memcpy(&bits, &peak, sizeof bits);
    if (bits > atomic_load_explicit(&levels[c], memory_order_relaxed)) {
      atomic_store_explicit(&levels[c], bits, memory_order_relaxed);
    }
  }
}

/// The levels of one direction, in dBFS, behind a bar of the highest. Length of what was written.
static size_t format_side(atomic_uint* levels, uint32_t n, const char* name, char* to,
                          size_t n_bytes)
{
  char   numbers[FIQ_HOST_CHANNELS_MAX * 8 + 1] = "";
  float  highest                                = -INFINITY;
  size_t length                                 = 0;
  for (uint32_t c = 0; c < n; ++c) {
    const unsigned bits = atomic_exchange_explicit(&levels[c], 0, memory_order_relaxed);
    float          peak = 0.0f;
    memcpy(&peak, &bits, sizeof peak);
    const float level_db = fmaxf(20.0f * log10f(peak), -99.9f);
    highest              = fmaxf(highest, level_db);
    length += (size_t)snprintf(numbers + length, sizeof numbers - length, " %5.1f",
                               (double)fminf(level_db, 99.9f));
  }
  const float share = (highest + (float)BAR_DB) / (float)BAR_DB * (float)BAR_CHARS;
  const int   full  = (int)fminf(fmaxf(share, 0.0f), (float)BAR_CHARS);
  return n == 0 ? 0
                : (size_t)snprintf(to, n_bytes, "%s [%.*s%.*s]%s%s  ", name, full, "##########",
                                   BAR_CHARS - full, "..........", numbers,
                                   highest >= 0.0f ? " over" : "");
}

void fiq_levels_format(FiqLevels* self, uint32_t n_in, uint32_t n_out,
                       char to[FIQ_LEVELS_TEXT_BYTES])
{
  size_t length = format_side(self->in, n_in, "in", to, FIQ_LEVELS_TEXT_BYTES);
  length += format_side(self->out, n_out, "out", to + length, FIQ_LEVELS_TEXT_BYTES - length);
  snprintf(to + length, FIQ_LEVELS_TEXT_BYTES - length, "dBFS");
}
