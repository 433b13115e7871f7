// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/common/report.h"
#include "host-test/lv2/lv2_ports.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TEXT_BYTES = 512 };

static bool same(float a, float b)
{
  return fabsf(a - b) <= 1e-6f * (1.0f + fabsf(b));
}

const char* fiq_port_label(const FiqPort* port, float value)
{
  for (uint32_t i = 0; i < port->n_points; ++i) {
    if (same(value, port->points[i].value)) {
      return port->points[i].label;
    }
  }
  return NULL;
}

float fiq_port_at(const FiqPort* port, float share)
{
  if (port->enumeration && port->n_points > 0) {
    const uint32_t i = (uint32_t)(share * (float)port->n_points);
    return port->points[i < port->n_points ? i : port->n_points - 1].value;
  }
  const float low  = port->minimum > -INFINITY ? port->minimum : 0.0f;
  const float high = port->maximum < INFINITY ? port->maximum : fmaxf(low + 1.0f, 1.0f);
  if (port->toggled) {
    return share >= 0.5f ? high : low;
  }
  const float value =
      port->logarithmic && low > 0.0f ? low * powf(high / low, share) : low + share * (high - low);
  const float legal = fminf(fmaxf(value, low), high);
  return port->integer ? roundf(legal) : legal;
}

static bool parse_word(const FiqPort* port, const char* text, float* value)
{
  for (uint32_t i = 0; i < port->n_points; ++i) {
    if (strcasecmp(text, port->points[i].label) == 0) {
      *value = port->points[i].value;
      return true;
    }
  }
  const bool on  = strcasecmp(text, "on") == 0 || strcasecmp(text, "true") == 0;
  const bool off = strcasecmp(text, "off") == 0 || strcasecmp(text, "false") == 0;
  if (port->toggled && (on || off)) {
    *value = on ? 1.0f : 0.0f;
    return true;
  }
  return false;
}

/// "a, b or c" of the scale points into `to`.
static void list_points(const FiqPort* port, char* to, size_t n_bytes)
{
  size_t used = 0;
  to[0]       = '\0';
  for (uint32_t i = 0; i < port->n_points && used < n_bytes; ++i) {
    const char* const joint = i == 0 ? "" : (i + 1 == port->n_points ? " or " : ", ");
    const int         n = snprintf(to + used, n_bytes - used, "%s%s", joint, port->points[i].label);
    used += n > 0 ? (size_t)n : 0;
  }
}

bool fiq_port_parse(const FiqPort* port, const char* text, float* value)
{
  if (parse_word(port, text, value)) {
    return true;
  }
  char points[TEXT_BYTES];
  list_points(port, points, sizeof points);
  char*       end    = NULL;
  const float number = strtof(text, &end);
  if (end == text || *end != '\0' || !isfinite(number)) {
    fiq_error("%s: '%s' is not %s%s", port->symbol, text,
              port->enumeration ? "one of " : (port->toggled ? "on, off or a number" : "a number"),
              port->enumeration ? points : "");
    return false;
  }
  if (port->enumeration && port->n_points > 0 && !fiq_port_label(port, number)) {
    fiq_error("%s: %s is not one of %s", port->symbol, text, points);
    return false;
  }
  if (number < port->minimum || number > port->maximum) {
    fiq_error("%s: %s is outside %g .. %g%s%s", port->symbol, text, (double)port->minimum,
              (double)port->maximum, port->unit[0] ? " " : "", port->unit);
    return false;
  }
  if (port->integer && !same(number, roundf(number))) {
    fiq_error("%s: %s is not a whole number", port->symbol, text);
    return false;
  }
  *value = number;
  return true;
}

void fiq_port_format(const FiqPort* port, float value, char* to, size_t n_bytes)
{
  const char* const label = fiq_port_label(port, value);
  if (label) {
    snprintf(to, n_bytes, "%s", label);
  } else if (port->toggled) {
    snprintf(to, n_bytes, "%s", value > 0.0f ? "on" : "off");
  } else {
    snprintf(to, n_bytes, "%.6g%s%s", (double)value, port->unit[0] ? " " : "", port->unit);
  }
}

static void format_range(const FiqPort* port, char* to, size_t n_bytes)
{
  if (port->enumeration && port->n_points > 0) {
    list_points(port, to, n_bytes);
  } else if (port->toggled) {
    snprintf(to, n_bytes, "off or on");
  } else {
    snprintf(to, n_bytes, "%.6g .. %.6g", (double)port->minimum, (double)port->maximum);
  }
}

/// First sentence of the comment, so that the table stays a table.
static int sentence_length(const char* comment)
{
  const char* const end  = strstr(comment, ". ");
  const size_t      line = strcspn(comment, "\n");
  const size_t      stop = end ? (size_t)(end - comment) + 1 : line;
  return (int)(stop < line ? stop : line);
}

/// One row of the table as text.
typedef struct {
  const char* symbol;
  const char* name;
  const char* unit;
  const char* value;
  char        range[TEXT_BYTES];
  char        number[64];
} Row;

enum { N_COLUMNS = 5 };

static void fill_row(Row* row, const FiqPort* port, float value)
{
  const char* const label  = fiq_port_label(port, value);
  const char* const on_off = value > 0.0f ? "on" : "off";
  format_range(port, row->range, sizeof row->range);
  snprintf(row->number, sizeof row->number, "%.6g", (double)value);
  row->symbol = port->symbol;
  row->name   = port->name;
  row->unit   = port->unit;
  row->value  = label ? label : (port->toggled ? on_off : row->number);
}

static void widen(int widths[N_COLUMNS], const Row* row)
{
  const char* const cells[N_COLUMNS] = {row->symbol, row->name, row->range, row->unit, row->value};
  for (int i = 0; i < N_COLUMNS; ++i) {
    const int width = (int)strlen(cells[i]);
    widths[i]       = width > widths[i] ? width : widths[i];
  }
}

static void print_row(const int widths[N_COLUMNS], const Row* row, const char* comment)
{
  printf("%-*s  %-*s  %-*s  %-*s  %-*s  %.*s\n", widths[0], row->symbol, widths[1], row->name,
         widths[2], row->range, widths[3], row->unit, widths[4], row->value,
         sentence_length(comment), comment);
}

void fiq_ports_print(const FiqPorts* self, const float* values)
{
  int       widths[N_COLUMNS] = {0};
  const Row head = {"SYMBOL", "NAME", "UNIT", values ? "VALUE" : "DEFAULT", .range = "RANGE"};
  Row       row;
  widen(widths, &head);
  for (int printing = 0; printing < 2; ++printing) {
    if (printing) {
      print_row(widths, &head, "COMMENT");
    }
    for (uint32_t i = 0; i < self->n_ports; ++i) {
      const FiqPort* const port = &self->ports[i];
      if (port->kind != FIQ_PORT_CONTROL || !port->input) {
        continue;
      }
      fill_row(&row, port, values ? values[i] : port->fallback);
      if (printing) {
        print_row(widths, &row, port->comment);
      } else {
        widen(widths, &row);
      }
    }
  }
}
