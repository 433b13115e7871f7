// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/plot/plot_trace.h"

#include "host-test/common/report.h"

#include <jansson.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES_MAX = 1 << 24, FIRST_ROOM = 1024, VERSION_MAX = 1 };

static const char format_name[] = "fieldiq-trace";

static const char* const series_names[FIQ_N_SERIES] = {
    [FIQ_SERIES_ORDER]              = "order",
    [FIQ_SERIES_UNCERTAINTY]        = "uncertainty",
    [FIQ_SERIES_ZONE_LOW]           = "zone_low",
    [FIQ_SERIES_ZONE_HIGH]          = "zone_high",
    [FIQ_SERIES_TONE]               = "tone",
    [FIQ_SERIES_ACTION]             = "action",
    [FIQ_SERIES_COUPLING]           = "coupling",
    [FIQ_SERIES_COUPLING_RATIO]     = "coupling_ratio",
    [FIQ_SERIES_NOISE]              = "noise",
    [FIQ_SERIES_LYAPUNOV]           = "lyapunov",
    [FIQ_SERIES_STABILITY]          = "stability",
    [FIQ_SERIES_WARNING]            = "warning",
    [FIQ_SERIES_HISTOGRAM_LOW]      = "histogram_low",
    [FIQ_SERIES_HISTOGRAM_HIGH]     = "histogram_high",
    [FIQ_SERIES_RMS]                = "rms",
    [FIQ_SERIES_FLATNESS]           = "flatness",
    [FIQ_SERIES_ENTROPY]            = "entropy",
    [FIQ_SERIES_FLUX]               = "flux",
    [FIQ_SERIES_SPECTRAL_SHARE]     = "spectral_share",
    [FIQ_SERIES_CHOICE_ENTROPY]     = "choice_entropy",
    [FIQ_SERIES_CHOICE_SURPRISE]    = "choice_surprise",
    [FIQ_SERIES_CHOICE_TEMPERATURE] = "choice_temperature",
    [FIQ_SERIES_HARMONY]            = "harmony",
    [FIQ_SERIES_GOAL_PROGRESS]      = "goal_progress"};

static const char* const list_names[FIQ_N_LISTS] = {[FIQ_LIST_CARRIER_HZ]    = "carrier_hz",
                                                    [FIQ_LIST_CARRIER_SHARE] = "carrier_share",
                                                    [FIQ_LIST_HISTOGRAM]     = "histogram"};

/// One line at a time, of a length that has a limit.
typedef struct {
  FILE*  stream;
  char*  text;
  size_t length;
  size_t room;
  bool   ended;    ///< by the end of the file instead of a line's end
  bool   overlong; ///< beyond any line of a trace
} Reader;

static bool put(Reader* self, int c)
{
  if (self->length + 1 >= self->room) {
    const size_t room  = self->room > 0 ? 2 * self->room : FIRST_ROOM;
    char* const  grown = room <= LINE_BYTES_MAX ? realloc(self->text, room) : NULL;
    self->overlong     = !grown;
    if (!grown) {
      return false;
    }
    self->text = grown;
    self->room = room;
  }
  self->text[self->length++] = (char)c;
  return true;
}

/// The next line, without its end; false when there is none.
static bool next_line(Reader* self)
{
  self->length = 0;
  int c        = getc_unlocked(self->stream);
  while (c != EOF && c != '\n' && put(self, c)) {
    c = getc_unlocked(self->stream);
  }
  self->ended = c == EOF;
  return !self->overlong && (c != EOF || self->length > 0);
}

static bool grow(FiqPlotTrace* self)
{
  if (self->n_rows < self->room) {
    return true;
  }
  const uint32_t room   = self->room > 0 ? 2 * self->room : FIRST_ROOM;
  double* const  time_s = realloc(self->time_s, room * sizeof(double));
  bool           grown  = time_s != NULL;
  self->time_s          = grown ? time_s : self->time_s;
  for (int i = 0; grown && i < FIQ_N_SERIES; ++i) {
    float* const series = realloc(self->series[i], room * sizeof(float));
    grown               = series != NULL;
    self->series[i]     = grown ? series : self->series[i];
  }
  for (int i = 0; grown && i < FIQ_N_LISTS; ++i) {
    size_t* const end  = realloc(self->lists[i].end, room * sizeof(size_t));
    grown              = end != NULL;
    self->lists[i].end = grown ? end : self->lists[i].end;
  }
  self->room = grown ? room : self->room;
  return grown;
}

static float number_or_gap(const json_t* value)
{
  return json_is_number(value) ? (float)json_number_value(value) : NAN;
}

static bool append_list(FiqListColumn* self, uint32_t row, const json_t* list)
{
  const size_t start = row > 0 ? self->end[row - 1] : 0;
  const size_t n     = json_array_size(list);
  if (start + n > self->room) {
    const size_t room  = 2 * (start + n);
    float* const grown = realloc(self->values, room * sizeof(float));
    if (!grown) {
      return false;
    }
    self->values = grown;
    self->room   = room;
  }
  for (size_t i = 0; i < n; ++i) {
    self->values[start + i] = number_or_gap(json_array_get(list, i));
  }
  self->end[row] = start + n;
  return true;
}

/// Append `line`; true when it was telemetry. `enough` becomes false when memory is short.
static bool append_row(FiqPlotTrace* self, const json_t* line, bool* enough)
{
  const json_t* const time   = json_object_get(line, "time");
  const double        time_s = json_number_value(time);
  const bool          later  = self->n_rows == 0 || time_s >= self->time_s[self->n_rows - 1];
  if (!json_is_number(time) || !later) {
    return false;
  }
  *enough = grow(self);
  if (!*enough) {
    return false;
  }
  self->time_s[self->n_rows] = time_s;
  for (int i = 0; i < FIQ_N_SERIES; ++i) {
    self->series[i][self->n_rows] = number_or_gap(json_object_get(line, series_names[i]));
  }
  for (int i = 0; *enough && i < FIQ_N_LISTS; ++i) {
    *enough = append_list(&self->lists[i], self->n_rows, json_object_get(line, list_names[i]));
  }
  self->n_rows += *enough ? 1 : 0;
  return *enough;
}

static void copy_text(char to[FIQ_PLOT_TEXT_BYTES], const json_t* value)
{
  snprintf(to, FIQ_PLOT_TEXT_BYTES, "%s", json_is_string(value) ? json_string_value(value) : "");
}

static bool read_head(FiqPlotTrace* self, Reader* reader, const char* path)
{
  const bool    any     = next_line(reader);
  json_t* const head    = any ? json_loadb(reader->text, reader->length, 0, NULL) : NULL;
  const char*   format  = json_string_value(json_object_get(head, "format"));
  const json_t* version = json_object_get(head, "version");
  const bool    trace   = format && strcmp(format, format_name) == 0 && json_is_integer(version);
  const bool    known   = trace && json_integer_value(version) <= VERSION_MAX;
  if (ferror(reader->stream)) {
    fiq_error("%s: cannot be read: %s", path, strerror(errno));
  } else if (!any && !reader->overlong) {
    fiq_error("%s: is empty", path);
  } else if (!trace) {
    fiq_error("%s: is not a trace (fieldiq-render --trace makes one)", path);
  } else if (!known) {
    fiq_error("%s: is of a later version, %lld, than this program can read", path,
              (long long)json_integer_value(version));
  } else {
    copy_text(self->plugin, json_object_get(head, "plugin"));
    copy_text(self->sound, json_object_get(head, "file"));
    self->rate_hz = json_number_value(json_object_get(head, "sample_rate"));
  }
  self->n_lines = any ? 1 : 0;
  json_decref(head);
  return known;
}

/// All lines after the first; false when memory is short.
static bool read_rows(FiqPlotTrace* self, Reader* reader, const char* path)
{
  uint64_t first_bad = 0;
  bool     cut       = false;
  bool     enough    = true;
  while (enough && next_line(reader)) {
    ++self->n_lines;
    json_t* const line = json_loadb(reader->text, reader->length, 0, NULL);
    if (!append_row(self, line, &enough)) {
      ++self->n_bad;
      first_bad = first_bad > 0 ? first_bad : self->n_lines;
      cut       = !line && reader->ended;
    }
    json_decref(line);
  }
  if (cut) {
    fiq_warning("%s: line %llu, the last, is cut off and left out", path,
                (unsigned long long)self->n_lines);
  }
  if (self->n_bad > (cut ? 1u : 0u)) {
    fiq_warning("%s: lines left out because they are no telemetry or out of order: %llu, the first "
                "of them line %llu",
                path, (unsigned long long)(self->n_bad - (cut ? 1u : 0u)),
                (unsigned long long)first_bad);
  }
  return enough;
}

static bool load(FiqPlotTrace* self, Reader* reader, const char* path)
{
  if (!read_head(self, reader, path)) {
    return false;
  }
  const bool enough = read_rows(self, reader, path);
  if (!enough) {
    fiq_error("out of memory");
  } else if (ferror(reader->stream)) {
    fiq_error("%s: cannot be read: %s", path, strerror(errno));
  } else if (self->n_rows == 0) {
    fiq_error("%s: holds no telemetry", path);
  }
  return enough && !ferror(reader->stream) && self->n_rows > 0;
}

bool fiq_plot_load(FiqPlotTrace* self, const char* path)
{
  *self               = (FiqPlotTrace){.n_rows = 0};
  const bool standard = strcmp(path, "-") == 0;
  Reader     reader   = {.stream = standard ? stdin : fopen(path, "r")};
  if (!reader.stream) {
    fiq_error("%s: %s", path, strerror(errno));
    return false;
  }
  errno             = 0;
  const bool loaded = load(self, &reader, standard ? "stdin" : path);
  free(reader.text);
  if (!standard) {
    fclose(reader.stream);
  }
  return loaded;
}

void fiq_plot_free(FiqPlotTrace* self)
{
  free(self->time_s);
  for (int i = 0; i < FIQ_N_SERIES; ++i) {
    free(self->series[i]);
  }
  for (int i = 0; i < FIQ_N_LISTS; ++i) {
    free(self->lists[i].values);
    free(self->lists[i].end);
  }
  *self = (FiqPlotTrace){.n_rows = 0};
}

bool fiq_plot_crop(FiqPlotTrace* self, double from_s, double to_s)
{
  uint32_t first = 0;
  uint32_t end   = self->n_rows;
  while (first < end && self->time_s[first] < from_s) {
    ++first;
  }
  while (end > first && self->time_s[end - 1] > to_s) {
    --end;
  }
  const uint32_t n = end - first;
  memmove(self->time_s, self->time_s + first, n * sizeof(double));
  for (int i = 0; i < FIQ_N_SERIES; ++i) {
    memmove(self->series[i], self->series[i] + first, n * sizeof(float));
  }
  for (int i = 0; i < FIQ_N_LISTS; ++i) {
    FiqListColumn* const list  = &self->lists[i];
    const size_t         start = first > 0 ? list->end[first - 1] : 0;
    if (n > 0 && list->end[end - 1] > start) {
      memmove(list->values, list->values + start, (list->end[end - 1] - start) * sizeof(float));
    }
    for (uint32_t row = 0; row < n; ++row) {
      list->end[row] = list->end[first + row] - start;
    }
  }
  self->n_rows = n;
  return n > 0;
}

const float* fiq_plot_list(const FiqPlotTrace* self, FiqList which, uint32_t row, size_t* n)
{
  const FiqListColumn* const column = &self->lists[which];
  const size_t               start  = row > 0 ? column->end[row - 1] : 0;
  *n                                = column->end[row] - start;
  return column->values ? column->values + start : NULL;
}

bool fiq_plot_has(const FiqPlotTrace* self, FiqSeries which)
{
  for (uint32_t i = 0; i < self->n_rows; ++i) {
    const float x = self->series[which][i];
    if (isfinite(x) && fabsf(x) > 0.0f) {
      return true;
    }
  }
  return false;
}

static int ascending(const void* a, const void* b)
{
  const float x = *(const float*)a;
  const float y = *(const float*)b;
  return x < y ? -1 : (x > y ? 1 : 0);
}

void fiq_plot_range(const FiqPlotTrace* self, FiqSeries which, double spared, double* low,
                    double* high)
{
  float* const sorted = malloc(self->n_rows * sizeof(float));
  size_t       n      = 0;
  for (uint32_t i = 0; sorted && i < self->n_rows; ++i) {
    if (isfinite(self->series[which][i])) {
      sorted[n++] = self->series[which][i];
    }
  }
  if (n > 0) {
    const size_t skip = (size_t)(spared * (double)n);
    qsort(sorted, n, sizeof(float), ascending);
    *low  = fmin(*low, (double)sorted[skip]);
    *high = fmax(*high, (double)sorted[n - 1 - skip]);
  }
  free(sorted);
}
