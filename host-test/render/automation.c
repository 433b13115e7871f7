// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/automation.h"

#include "host-test/common/read_bytes.h"
#include "host-test/common/report.h"

#include <jansson.h>

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CELLS_MAX = 5, LINE_BYTES = 1024, FILE_BYTES_MAX = 1 << 26 };

#define TIME_MAX_S 1e6

/// Where a point is to go, and where it was read.
typedef struct {
  FiqAutomation*  automation;
  const FiqPorts* ports;
  const FiqScore* score;
  double          rate_hz;
  const char*     name;
  uint32_t        line; ///< or number of the object, from 1
} Reading;

static bool complain(const Reading* reading, const char* what, const char* text)
{
  fiq_error("%s: %u: %s '%s'", reading->name, reading->line, what, text);
  return false;
}

/// Seconds of "12.5" or of "5:3.5".
static bool parse_time(const Reading* reading, const char* text, double* time_s)
{
  char*        end  = NULL;
  const double time = strtod(text, &end);
  if (end == text || !(time >= 0.0 && time <= TIME_MAX_S)) {
    return complain(reading, "neither seconds nor a bar and beat like 5:1:", text);
  }
  if (*end == '\0') {
    *time_s = time;
    return true;
  }
  char*        rest = NULL;
  const double beat = *end == ':' ? strtod(end + 1, &rest) : 0.0;
  const bool   read = rest && rest != end + 1 && *rest == '\0';
  if (!read || time < 1.0 || fabs(time - floor(time)) > 0.0 ||
      !fiq_score_bar_time(reading->score, (uint32_t)time, beat, time_s)) {
    return complain(reading, "no such bar and beat:", text);
  }
  return true;
}

static FiqAutomationLane* lane_of(FiqAutomation* self, uint32_t port, bool whole)
{
  for (uint32_t i = 0; i < self->n_lanes; ++i) {
    if (self->lanes[i].port == port) {
      return &self->lanes[i];
    }
  }
  FiqAutomationLane* const lanes =
      realloc(self->lanes, (self->n_lanes + 1) * sizeof(FiqAutomationLane));
  if (!lanes) {
    return NULL;
  }
  self->lanes          = lanes;
  lanes[self->n_lanes] = (FiqAutomationLane){.port = port, .whole = whole};
  return &lanes[self->n_lanes++];
}

static bool append(FiqAutomationLane* lane, const FiqAutomationPoint* point)
{
  if (lane && lane->n_points == lane->n_room) {
    const uint32_t            room   = lane->n_room > 0 ? 2 * lane->n_room : 64;
    FiqAutomationPoint* const points = realloc(lane->points, room * sizeof(FiqAutomationPoint));
    if (points) {
      lane->points = points;
      lane->n_room = room;
    }
  }
  if (!lane || lane->n_points == lane->n_room) {
    fiq_error("out of memory");
    return false;
  }
  lane->points[lane->n_points]       = *point;
  lane->points[lane->n_points].order = lane->n_points;
  ++lane->n_points;
  return true;
}

/// Add a point given by its texts; `shape` may be "".
static bool add_point(const Reading* reading, const char* time, const char* symbol,
                      const char* value, const char* shape)
{
  double             time_s = 0.0;
  FiqAutomationPoint point  = {.linear = strcasecmp(shape, "linear") == 0};
  if (!parse_time(reading, time, &time_s)) {
    return false;
  }
  if (!point.linear && shape[0] && strcasecmp(shape, "step") != 0) {
    return complain(reading, "the shape is neither step nor linear:", shape);
  }
  const uint32_t index = fiq_ports_find(reading->ports, symbol);
  if (index == FIQ_NO_PORT || !fiq_port_parse(&reading->ports->ports[index], value, &point.value)) {
    return complain(reading, "cannot set", symbol);
  }
  const FiqPort* const port = &reading->ports->ports[index];
  if (point.linear && (port->toggled || port->enumeration)) {
    return complain(reading, "a switch or choice can only step:", symbol);
  }
  point.frame = llround(time_s * reading->rate_hz);
  return append(lane_of(reading->automation, index, port->integer), &point);
}

static char* trim(char* text)
{
  while (*text == ' ' || *text == '\t') {
    ++text;
  }
  size_t n = strlen(text);
  while (n > 0 && strchr(" \t\r", text[n - 1])) {
    text[--n] = '\0';
  }
  // Spreadsheets quote what they like.
  if (n >= 2 && text[0] == '"' && text[n - 1] == '"') {
    text[n - 1] = '\0';
    ++text;
  }
  return text;
}

/// A line of CSV; empty ones, comments, and a head that names the columns are passed over.
static bool read_line(const Reading* reading, char* line, bool* any)
{
  char* cells[CELLS_MAX] = {NULL};
  int   n                = 0;
  char* rest             = trim(line);
  if (rest[0] == '\0' || rest[0] == '#') {
    return true;
  }
  while (rest && n < CELLS_MAX) {
    char* const comma = strchr(rest, ',');
    if (comma) {
      *comma = '\0';
    }
    cells[n++] = trim(rest);
    rest       = comma ? comma + 1 : NULL;
  }
  const bool first = !*any;
  *any             = true;
  if (first && strcasecmp(cells[0], "time") == 0) {
    return true;
  }
  if (n < 3 || n > 4) {
    return complain(reading, "is not TIME,SYMBOL,VALUE or TIME,SYMBOL,VALUE,SHAPE:", cells[0]);
  }
  return add_point(reading, cells[0], cells[1], cells[2], n > 3 ? cells[3] : "");
}

static bool read_csv(Reading* reading, const char* text, size_t n_bytes)
{
  bool any = false;
  for (size_t at = 0; at < n_bytes;) {
    char              line[LINE_BYTES];
    const char* const end    = memchr(text + at, '\n', n_bytes - at);
    const size_t      length = end ? (size_t)(end - text) - at : n_bytes - at;
    ++reading->line;
    if (length >= sizeof line) {
      return complain(reading, "the line is too long", "");
    }
    memcpy(line, text + at, length);
    line[length] = '\0';
    if (!read_line(reading, line, &any)) {
      return false;
    }
    at += length + 1;
  }
  return true;
}

/// What `key` of `object` says, as text; "" when it is not there.
static const char* text_of(const json_t* object, const char* key, char to[LINE_BYTES])
{
  const json_t* const value = json_object_get(object, key);
  if (json_is_number(value)) {
    snprintf(to, LINE_BYTES, "%.17g", json_number_value(value));
  } else {
    const char* const text = json_is_string(value)  ? json_string_value(value)
                             : json_is_true(value)  ? "on"
                             : json_is_false(value) ? "off"
                                                    : "";
    snprintf(to, LINE_BYTES, "%s", text);
  }
  return to;
}

static bool read_json(Reading* reading, const char* text, size_t n_bytes)
{
  json_error_t  error;
  json_t* const root = json_loadb(text, n_bytes, 0, &error);
  bool          read = json_is_array(root);
  if (!read) {
    fiq_error("%s: %d: %s", reading->name, root ? 1 : error.line,
              root ? "is not a list of points" : error.text);
  }
  for (size_t i = 0; read && i < json_array_size(root); ++i) {
    char                texts[4][LINE_BYTES];
    const json_t* const object = json_array_get(root, i);
    ++reading->line;
    read =
        add_point(reading, text_of(object, "time", texts[0]), text_of(object, "symbol", texts[1]),
                  text_of(object, "value", texts[2]), text_of(object, "shape", texts[3]));
  }
  json_decref(root);
  return read;
}

static int compare_points(const void* a, const void* b)
{
  const FiqAutomationPoint* const x = a;
  const FiqAutomationPoint* const y = b;
  if (x->frame != y->frame) {
    return x->frame < y->frame ? -1 : 1;
  }
  return x->order < y->order ? -1 : 1;
}

bool fiq_automation_read(FiqAutomation* self, const char* text, size_t n_bytes, const char* name,
                         const FiqPorts* ports, const FiqScore* score, double rate_hz)
{
  Reading reading = {
      .automation = self, .ports = ports, .score = score, .rate_hz = rate_hz, .name = name};
  const size_t blank = strspn(text, " \t\r\n");
  const bool   read  = text[blank] == '[' || text[blank] == '{' ? read_json(&reading, text, n_bytes)
                                                                : read_csv(&reading, text, n_bytes);
  for (uint32_t i = 0; i < self->n_lanes; ++i) {
    qsort(self->lanes[i].points, self->lanes[i].n_points, sizeof(FiqAutomationPoint),
          compare_points);
  }
  return read;
}

FiqExit fiq_automation_load(FiqAutomation* self, const char* path, const FiqPorts* ports,
                            const FiqScore* score, double rate_hz)
{
  size_t         n_bytes = 0;
  uint8_t* const bytes   = fiq_read_bytes(path, FILE_BYTES_MAX, &n_bytes);
  if (!bytes) {
    return FIQ_EXIT_FAILURE;
  }
  const bool read =
      fiq_automation_read(self, (const char*)bytes, n_bytes, path, ports, score, rate_hz);
  free(bytes);
  return read ? FIQ_EXIT_OK : FIQ_EXIT_USAGE;
}

void fiq_automation_begin(FiqAutomation* self, const float* settings)
{
  for (uint32_t i = 0; i < self->n_lanes; ++i) {
    FiqAutomationLane* const lane = &self->lanes[i];
    lane->before                  = settings[lane->port];
    lane->next                    = 0;
    lane->at                      = 0;
  }
}

/// Value of the lane at `at` of the music, and how long it stays.
static float value_at(FiqAutomationLane* lane, int64_t at, int64_t ramp_frames, int64_t* left)
{
  if (at < lane->at) {
    lane->next = 0;
  }
  lane->at = at;
  while (lane->next < lane->n_points && lane->points[lane->next].frame <= at) {
    ++lane->next;
  }
  const FiqAutomationPoint* const last  = lane->next > 0 ? &lane->points[lane->next - 1] : NULL;
  const float                     value = last ? last->value : lane->before;
  if (lane->next == lane->n_points) {
    *left = INT64_MAX;
    return value;
  }
  const FiqAutomationPoint* const next = &lane->points[lane->next];
  *left                                = next->frame - at;
  if (!next->linear) {
    return value;
  }
  const int64_t start  = last ? last->frame : 0;
  const int64_t cut    = at - at % ramp_frames;
  const int64_t held   = cut > start ? cut : start;
  const int64_t recut  = cut + ramp_frames - at;
  const double  share  = (double)(held - start) / (double)(next->frame - start);
  const double  result = (double)value + ((double)next->value - (double)value) * share;
  *left                = recut < *left ? recut : *left;
  return (float)(lane->whole ? nearbyint(result) : result);
}

float fiq_automation_value(FiqAutomation* self, uint32_t lane, int64_t frame, int64_t* left)
{
  assert(lane < self->n_lanes);
  assert(self->ramp_frames >= 1);
  int64_t       turn_left = 0;
  int64_t       stays     = 0;
  const int64_t at        = fiq_timeline_at(&self->timeline, frame, &turn_left);
  const float   value     = value_at(&self->lanes[lane], at, self->ramp_frames, &stays);
  stays                   = frame < 0 || turn_left < stays ? turn_left : stays;
  *left                   = stays < *left ? stays : *left;
  return value;
}

void fiq_automation_free(FiqAutomation* self)
{
  for (uint32_t i = 0; i < self->n_lanes; ++i) {
    free(self->lanes[i].points);
  }
  free(self->lanes);
  *self = (FiqAutomation){.lanes = NULL};
}
