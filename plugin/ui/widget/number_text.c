// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/number_text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char* const note_names[12] = {"C",  "C#", "D",  "Eb", "E",  "F",
                                           "F#", "G",  "Ab", "A",  "Bb", "B"};

/// Units whose whole numbers are written with a tenth.
static const char fine_units[] = " dB/oct ct s oct kHz \u00d7";

void fiq_note_name(float note, char* text, size_t n_bytes)
{
  const float whole = floorf(note + 0.5f);
  const int   key   = (int)whole;
  const int   cents = (int)lroundf(100.0f * (note - whole));
  const int   n     = snprintf(text, n_bytes, "%s%d", note_names[((key % 12) + 12) % 12],
                               (int)floorf(whole / 12.0f) - 1);
  if (cents != 0 && n > 0 && (size_t)n < n_bytes) {
    snprintf(text + n, n_bytes - (size_t)n, " %+d", cents);
  }
}

void fiq_number_text(double value, const char* unit, char* text, size_t n_bytes)
{
  const double size = fabs(value);
  const int    digits =
      size >= 99.95 ? 0 : (size >= 9.995 ? 1 : (size >= 0.0995 || size < 1e-9 ? 2 : 3));
  char number[32];
  snprintf(number, sizeof(number), "%.*f", digits, value);
  // Zeros behind the point say nothing, but "2.0" shows that there are tenths.
  const bool  has_tenths = unit[0] == '\0' || strstr(fine_units, unit) != NULL;
  char* const point      = strchr(number, '.');
  for (size_t n = strlen(number);
       point && number[n - 1] == '0' && number + n - (has_tenths ? 2 : 1) > point; --n) {
    number[n - 1] = '\0';
  }
  if (point && point[1] == '\0') {
    *point = '\0';
  }
  const bool is_nothing =
      strtod(number, NULL) > -1e-9 && number[0] == '-' && strtod(number, NULL) < 1e-9;
  snprintf(text, n_bytes, "%s%s", is_nothing ? number + 1 : number, unit);
}

void fiq_hz_text(float hz, char* text, size_t n_bytes)
{
  const bool kilo = fabsf(hz) >= 1000.0f;
  fiq_number_text(kilo ? (double)hz / 1000.0 : (double)hz, kilo ? " kHz" : " Hz", text, n_bytes);
}
