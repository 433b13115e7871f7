// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/param_text.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char* unit_text(FiqParamUnit unit)
{
  switch (unit) {
  case FIQ_UNIT_PERCENT:
    return " %";
  case FIQ_UNIT_DB:
  case FIQ_UNIT_DECIBEL:
  case FIQ_UNIT_LEVEL:
    return " dB";
  case FIQ_UNIT_DEGREE:
    return "\u00b0";
  case FIQ_UNIT_HERTZ:
    return " Hz";
  case FIQ_UNIT_SECOND:
    return " s";
  case FIQ_UNIT_MILLISECOND:
    return " ms";
  case FIQ_UNIT_CENTS:
    return " ct";
  case FIQ_UNIT_SEMITONE:
    return " st";
  case FIQ_UNIT_OCTAVE:
    return " oct";
  case FIQ_UNIT_DB_PER_OCTAVE:
    return " dB/oct";
  case FIQ_UNIT_FACTOR:
    return " \u00d7";
  case FIQ_UNIT_FRAMES:
    return " frames";
  case FIQ_UNIT_PER_SECOND:
    return " /s";
  default:
    return "";
  }
}

// ---- writing ----

static bool is_counted(const FiqParam* param)
{
  return param->kind == FIQ_KIND_INTEGER || param->kind == FIQ_KIND_INTEGER_HEAVY ||
         param->kind == FIQ_KIND_COUNT_HEAVY;
}

static bool is_switch(const FiqParam* param)
{
  return param->kind == FIQ_KIND_TOGGLE || param->kind == FIQ_KIND_ENABLED ||
         param->kind == FIQ_KIND_FREEWHEEL;
}

static uint32_t n_points(const FiqParam* param)
{
  uint32_t n = 0;
  while (param->points && param->points[n]) {
    ++n;
  }
  return n;
}

void fiq_param_format(const FiqParam* param, float value, char* text, size_t n_bytes)
{
  assert(param && text && n_bytes > 0);
  const char* const unit = unit_text(param->unit);
  if (param->points) {
    const uint32_t n     = n_points(param);
    const uint32_t point = value > 0.0f ? (uint32_t)(value + 0.5f) : 0;
    snprintf(text, n_bytes, "%s", param->points[point < n ? point : n - 1]);
  } else if (is_switch(param)) {
    snprintf(text, n_bytes, "%s", value >= 0.5f ? "on" : "off");
  } else if (param->unit == FIQ_UNIT_LEVEL && value <= param->minimum) {
    snprintf(text, n_bytes, "off");
  } else if (param->unit == FIQ_UNIT_NOTE) {
    fiq_note_name(value, text, n_bytes);
  } else if (param->unit == FIQ_UNIT_SECOND && fabsf(value) < 1.0f && fabsf(value) > 0.0f) {
    fiq_number_text(1000.0 * (double)value, " ms", text, n_bytes);
  } else if (param->unit == FIQ_UNIT_HERTZ && fabsf(value) >= 1000.0f) {
    fiq_number_text((double)value / 1000.0, " kHz", text, n_bytes);
  } else if (is_counted(param)) {
    snprintf(text, n_bytes, "%.0f%s", (double)value, unit);
  } else {
    fiq_number_text((double)value, unit, text, n_bytes);
  }
}

// ---- reading ----

static bool parse_point(const FiqParam* param, const char* text, float* value)
{
  const size_t n_text = strlen(text);
  for (uint32_t pass = 0; pass < 2; ++pass) {
    for (uint32_t i = 0; param->points[i]; ++i) {
      const bool whole = strcasecmp(param->points[i], text) == 0;
      if (pass == 0 ? whole : strncasecmp(param->points[i], text, n_text) == 0) {
        *value = (float)i;
        return true;
      }
    }
  }
  return false;
}

static bool parse_note(const char* text, float* value)
{
  static const int steps[7] = {9, 11, 0, 2, 4, 5, 7}; // of A to G
  const int        letter   = toupper((unsigned char)text[0]);
  if (letter < 'A' || letter > 'G') {
    return false;
  }
  int key = steps[letter - 'A'];
  for (++text; *text == '#' || *text == 'b'; ++text) {
    key += *text == '#' ? 1 : -1;
  }
  char*      end    = NULL;
  const long octave = strtol(text, &end, 10);
  if (end == text || octave < -1 || octave > 9) {
    return false;
  }
  *value = (float)(12 * (octave + 1) + key);
  return true;
}

/// What the letters behind the number multiply it by.
static double unit_factor(const FiqParam* param, const char* unit)
{
  const bool is_milli = strncasecmp(unit, "ms", 2) == 0;
  const bool is_kilo  = tolower((unsigned char)unit[0]) == 'k';
  return is_milli && param->unit == FIQ_UNIT_SECOND ? 1e-3 : (is_kilo ? 1e3 : 1.0);
}

static bool parse_number(const FiqParam* param, const char* text, float* value)
{
  char   plain[64];
  char*  end = NULL;
  size_t n   = 0;
  for (; text[n] && n + 1 < sizeof(plain); ++n) {
    plain[n] = text[n] == ',' ? '.' : text[n];
  }
  plain[n]            = '\0';
  const double number = strtod(plain, &end);
  if (end == plain || !isfinite(number)) {
    return false;
  }
  end += strspn(end, " ");
  *value = (float)(number * unit_factor(param, end));
  return true;
}

bool fiq_param_parse(const FiqParam* param, const char* text, float* value)
{
  assert(param && text && value);
  char   trimmed[64];
  size_t n = 0;
  text += strspn(text, " \t");
  while (text[n] && n + 1 < sizeof(trimmed)) {
    trimmed[n] = text[n];
    ++n;
  }
  while (n > 0 && trimmed[n - 1] == ' ') {
    --n;
  }
  trimmed[n]      = '\0';
  float      read = 0.0f;
  bool       ok   = false;
  const bool off  = strcasecmp(trimmed, "off") == 0;
  if (n == 0) {
    return false;
  }
  if (param->points) {
    ok = parse_point(param, trimmed, &read);
  } else if (off || strcasecmp(trimmed, "on") == 0) {
    read = off ? param->minimum : param->maximum;
    ok   = is_switch(param) || (off && param->unit == FIQ_UNIT_LEVEL);
  } else {
    ok = (param->unit == FIQ_UNIT_NOTE && parse_note(trimmed, &read)) ||
         parse_number(param, trimmed, &read);
  }
  if (ok) {
    *value = fiq_param_clamp(param, read);
  }
  return ok;
}
