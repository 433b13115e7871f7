// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/lv2/trace.h"

#include "host-test/common/report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// The names of the plugin's own vocabulary stand in the trace without this.
static const char vocabulary[] = "urn:fieldiq:";

// 15 digits give every decimal of that length back as it was written.
enum { DUMP_FLAGS = JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15) };

static json_t* real_or_null(double x)
{
  return isfinite(x) ? json_real(x) : json_null();
}

/// The shortest decimal that is read as `x` again: 0.1f is 0.1 and not 0.100000001490116.
static json_t* float_or_null(float x)
{
  char   text[32];
  double decimal = (double)x;
  for (int digits = 6; isfinite(x) && digits <= 9; ++digits) {
    snprintf(text, sizeof text, "%.*g", digits, (double)x);
    decimal = strtod(text, NULL);
    if (fabsf((float)decimal - x) <= 0.0f) {
      break;
    }
  }
  return real_or_null(decimal);
}

/// One number of `type`, which must take all of `n_bytes`; NULL when it is none.
static json_t* number(const FiqHostUrids* urids, LV2_URID type, const void* body, uint32_t n_bytes)
{
  union {
    float   f;
    double  d;
    int32_t i;
    int64_t l;
  } value               = {.l = 0};
  const uint32_t wanted = type == urids->atom_double || type == urids->atom_long ? 8 : 4;
  if (n_bytes != wanted) {
    return NULL;
  }
  memcpy(&value, body, wanted);
  if (type == urids->atom_float) {
    return float_or_null(value.f);
  }
  if (type == urids->atom_double) {
    return real_or_null(value.d);
  }
  if (type == urids->atom_int) {
    return json_integer(value.i);
  }
  if (type == urids->atom_long) {
    return json_integer(value.l);
  }
  return type == urids->atom_bool ? json_boolean(value.i != 0) : NULL;
}

static json_t* vector(const FiqHostUrids* urids, const uint8_t* body, uint32_t n_bytes)
{
  LV2_Atom_Vector_Body head;
  if (n_bytes < sizeof head) {
    return NULL;
  }
  memcpy(&head, body, sizeof head);
  const uint32_t child   = head.child_size;
  const uint32_t n_child = child > 0 ? (n_bytes - (uint32_t)sizeof head) / child : 0;
  json_t* const  list    = json_array();
  for (uint32_t i = 0; i < n_child; ++i) {
    const uint8_t* const at    = body + sizeof head + (size_t)i * child;
    json_t* const        value = number(urids, head.child_type, at, child);
    if (!value || json_array_append_new(list, value) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static const char* name_of(FiqUrid* table, LV2_URID key)
{
  const char* const uri = fiq_urid_uri(table, key);
  const size_t      n   = sizeof vocabulary - 1;
  return uri && strncmp(uri, vocabulary, n) == 0 && uri[n] ? uri + n : uri;
}

static void add_property(FiqTrace* self, json_t* to, const LV2_Atom_Property_Body* property,
                         const uint8_t* body)
{
  const char* const name  = name_of(self->urid, property->key);
  const LV2_Atom    atom  = property->value;
  json_t* const     value = atom.type == self->urids->atom_vector
                                ? vector(self->urids, body, atom.size)
                                : number(self->urids, atom.type, body, atom.size);
  if (!name || !value || json_object_set(to, name, value) != 0) {
    ++self->n_unknown;
  }
  json_decref(value);
}

json_t* fiq_trace_json(FiqTrace* self, const LV2_Atom* atom)
{
  const uint8_t* const body = (const uint8_t*)(atom + 1);
  const size_t         head = sizeof(LV2_Atom_Property_Body);
  LV2_Atom_Object_Body object;
  if (atom->type != self->urids->atom_object || atom->size < sizeof object) {
    return NULL;
  }
  memcpy(&object, body, sizeof object);
  if (object.otype != self->urids->telemetry_object) {
    return NULL;
  }
  json_t* const line = json_object();
  // Sizes are the plugin's word alone: what would reach beyond the object is not followed.
  for (size_t at = sizeof object; line && at + head <= atom->size;) {
    LV2_Atom_Property_Body property;
    memcpy(&property, body + at, head);
    if (property.value.size > atom->size - at - head) {
      ++self->n_unknown;
      break;
    }
    add_property(self, line, &property, body + at + head);
    at = (at + head + property.value.size + 7) & ~(size_t)7;
  }
  return line;
}

static void write_line(FiqTrace* self, json_t* line)
{
  errno = 0;
  const bool written =
      line && json_dumpf(line, self->stream, DUMP_FLAGS) == 0 && fputc('\n', self->stream) != EOF;
  json_decref(line);
  if (!written && !self->failed) {
    self->failed = true;
    fiq_error("the trace could not be written: %s", errno ? strerror(errno) : "out of memory");
  }
}

static json_t* text_or_null(const char* text)
{
  json_t* const value = text ? json_string(text) : NULL;
  return value ? value : json_null(); // a name that is not UTF-8 is no JSON string
}

static FILE* open_stream(FiqTrace* self, const char* path)
{
  if (strcmp(path, "-") == 0) {
    return stdout;
  }
  if (!fiq_pending_open(&self->file, path)) {
    return NULL;
  }
  const int   copy   = dup(self->file.descriptor);
  FILE* const stream = copy < 0 ? NULL : fdopen(copy, "w");
  if (!stream) {
    fiq_error("%s: cannot be written: %s", path, strerror(errno));
    fiq_pending_discard(&self->file);
  }
  return stream;
}

bool fiq_trace_begin(FiqTrace* self, const char* path, FiqUrid* urid, const FiqHostUrids* urids,
                     const FiqTraceHead* head)
{
  *self        = (FiqTrace){.urid = urid, .urids = urids};
  self->stream = open_stream(self, path);
  if (!self->stream) {
    return false;
  }
  json_t* const line = json_object();
  json_object_set_new(line, "format", json_string(FIQ_TRACE_FORMAT));
  json_object_set_new(line, "version", json_integer(FIQ_TRACE_VERSION));
  json_object_set_new(line, "plugin", text_or_null(head->plugin));
  json_object_set_new(line, "sample_rate", json_real(head->rate_hz));
  json_object_set_new(line, "file", text_or_null(head->sound));
  write_line(self, line);
  return !self->failed;
}

void fiq_trace_add(FiqTrace* self, const LV2_Atom* atom)
{
  json_t* const line = self->failed ? NULL : fiq_trace_json(self, atom);
  if (line) {
    ++self->n_lines;
    write_line(self, line);
  }
}

bool fiq_trace_complete(FiqTrace* self)
{
  FILE* const stream = self->stream;
  self->stream       = NULL;
  errno              = 0;
  const bool flushed = (stream == stdout ? fflush(stream) : fclose(stream)) == 0;
  if (self->failed) {
    return false;
  }
  if (stream == stdout) {
    if (!flushed) {
      fiq_error("the trace could not be written: %s", strerror(errno));
    }
    return flushed;
  }
  if (!flushed) {
    fiq_pending_fail(&self->file, "the disk failed");
    return false;
  }
  return fiq_pending_complete(&self->file);
}

bool fiq_trace_commit(FiqTrace* self)
{
  if (self->n_lines == 0) {
    fiq_warning("the plugin sent no telemetry; the trace holds its first line alone");
  }
  if (self->n_unknown > 0) {
    fiq_warning("%llu values of the telemetry are no numbers; they are not in the trace",
                (unsigned long long)self->n_unknown);
  }
  return self->file.path[0] == '\0' || fiq_pending_rename(&self->file);
}

void fiq_trace_discard(FiqTrace* self)
{
  if (self->stream && self->stream != stdout) {
    fclose(self->stream);
  }
  self->stream = NULL;
  fiq_pending_discard(&self->file);
}
