// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/notes/tuning.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double cents_max     = 120000.0; ///< a hundred octaves: beyond all hearing
static const double reference_max = 192000.0;

/// Text under work, line by line.
typedef struct {
  const char* next;
  const char* end;
  const char* line;     ///< what is left of the present line
  const char* line_end; ///< its end
  uint32_t    i_line;   ///< from 1
  bool        ended;    ///< `i_line` is that after the last
  char*       error;    ///< [FIQ_TUNING_ERROR_BYTES] or NULL
} Reader;

/// A number as it stands in a line.
typedef struct {
  double value;
  bool   point; ///< it has a decimal point
} Number;

// ---- lines ----

static Reader start_reading(const char* text, size_t size_bytes, char* error)
{
  Reader reader = {.next = text, .end = text + size_bytes, .error = error};
  if (size_bytes >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
    reader.next += 3; // the byte order mark of some editors
  }
  if (error) {
    error[0] = '\0';
  }
  return reader;
}

static bool fail(const Reader* reader, const char* what)
{
  if (reader->error) {
    (void)snprintf(reader->error, FIQ_TUNING_ERROR_BYTES, "line %u: %s", (unsigned)reader->i_line,
                   what);
  }
  return false;
}

/// Go to the next line that is no comment; false at the end of the text.
static bool next_line(Reader* reader)
{
  while (reader->next < reader->end) {
    const char* const line = reader->next;
    const char*       end  = line;
    while (end < reader->end && *end != '\n' && *end != '\r') {
      ++end;
    }
    const bool pair = end + 1 < reader->end && end[0] == '\r' && end[1] == '\n';
    reader->next    = end < reader->end ? end + (pair ? 2 : 1) : end;
    reader->i_line += 1;
    if (line == end || *line != '!') {
      reader->line     = line;
      reader->line_end = end;
      return true;
    }
  }
  reader->i_line += reader->ended ? 0 : 1;
  reader->ended = true;
  return false;
}

static bool is_blank(char c)
{
  return c == ' ' || c == '\t';
}

static void skip_blanks(Reader* reader)
{
  while (reader->line < reader->line_end && is_blank(*reader->line)) {
    ++reader->line;
  }
}

/// Go to the next line that holds something.
static bool next_filled_line(Reader* reader)
{
  while (next_line(reader)) {
    skip_blanks(reader);
    if (reader->line < reader->line_end) {
      return true;
    }
  }
  return false;
}

/// Whether the present line goes on with `c`, which is then passed.
static bool take_text(Reader* reader, char c)
{
  const bool is = reader->line < reader->line_end && *reader->line == c;
  reader->line += is ? 1 : 0;
  return is;
}

// ---- numbers ----

/// Pass digits and join the first `n_max` of them to `value`; how many were joined.
static uint32_t take_digits(Reader* reader, double* value, uint32_t n_max)
{
  uint32_t n = 0;
  for (; reader->line < reader->line_end && *reader->line >= '0' && *reader->line <= '9';
       ++reader->line) {
    if (n < n_max) {
      *value = *value * 10.0 + (*reader->line - '0');
      n += 1;
    }
  }
  return n;
}

/// A number with an optional sign and point; what follows it must be no part of a word.
static bool take_number(Reader* reader, Number* number)
{
  const bool minus = take_text(reader, '-');
  if (!minus) {
    (void)take_text(reader, '+');
  }
  // More digits than these overflow on the left, and say nothing on the right.
  double         value   = 0.0;
  const uint32_t n_whole = take_digits(reader, &value, 400);
  uint32_t       n_parts = 0;
  number->point          = take_text(reader, '.');
  if (number->point) {
    n_parts = take_digits(reader, &value, 17);
  }
  value /= pow(10.0, n_parts);
  number->value = minus ? -value : value;
  return n_whole + n_parts > 0 && isfinite(value);
}

/// Whether the number just read ends here, at a blank, a comment or the line's end.
static bool at_end_of_number(const Reader* reader)
{
  return reader->line == reader->line_end || is_blank(*reader->line) || *reader->line == '!';
}

/// A whole number on a line of its own.
static bool read_integer(Reader* reader, const char* what, int32_t low, int32_t high,
                         int32_t* value)
{
  char   message[64];
  Number number;
  if (!next_filled_line(reader)) {
    (void)snprintf(message, sizeof message, "the text ends before the %s", what);
    return fail(reader, message);
  }
  const bool read = take_number(reader, &number) && !number.point && at_end_of_number(reader);
  if (!read || number.value < low || number.value > high) {
    (void)snprintf(message, sizeof message, "the %s is not a whole number %d..%d", what, (int)low,
                   (int)high);
    return fail(reader, message);
  }
  *value = (int32_t)number.value;
  return true;
}

// ---- frequencies ----

static int32_t floor_divide(int32_t a, int32_t b)
{
  return a / b - (a % b < 0 ? 1 : 0);
}

static double cents_of_degree(const FiqTuning* self, int32_t degree)
{
  const int32_t n      = (int32_t)self->n_degrees;
  const int32_t period = floor_divide(degree, n);
  const int32_t rest   = degree - period * n;
  return period * self->cents[n - 1] + (rest > 0 ? self->cents[rest - 1] : 0.0);
}

/// Cents of `key` above the middle key; false if it is not mapped.
static bool cents_of_key(const FiqTuning* self, int32_t key, double* cents)
{
  const FiqTuningMap* map    = &self->map;
  int32_t             degree = key - map->middle_key;
  if (map->n_entries > 0) {
    const int32_t octave = map->octave_degree ? map->octave_degree : (int32_t)self->n_degrees;
    const int32_t run    = floor_divide(degree, map->n_entries);
    const int32_t entry  = map->degree[degree - run * map->n_entries];
    if (entry == FIQ_TUNING_UNMAPPED) {
      return false;
    }
    degree = run * octave + entry;
  }
  // A scale of no notes has degree 0 alone.
  const bool exists = self->n_degrees > 0 || degree == 0;
  *cents            = exists && degree != 0 ? cents_of_degree(self, degree) : 0.0;
  return exists;
}

static void set_hz(FiqTuning* self, int32_t key, double hz)
{
  const bool sounds = hz >= FIQ_TUNING_MIN_HZ && hz <= FIQ_TUNING_MAX_HZ;
  self->hz[key]     = sounds ? hz : 0.0;
  self->pitch[key]  = sounds ? 69.0 + 12.0 * log2(hz / FIQ_TUNING_A4_HZ) : key;
}

/// All keys from scale and map; false if the reference key is not mapped.
static bool tune_keys(FiqTuning* self)
{
  const FiqTuningMap* map             = &self->map;
  double              reference_cents = 0.0;
  if (!cents_of_key(self, map->reference_key, &reference_cents)) {
    return false;
  }
  for (int32_t key = 0; key < FIQ_TUNING_KEYS; ++key) {
    double cents = 0.0;
    if (key < map->first_key || key > map->last_key) {
      set_hz(self, key, self->a4_hz * exp2((key - 69) / 12.0));
    } else if (cents_of_key(self, key, &cents)) {
      set_hz(self, key, map->reference_hz * exp2((cents - reference_cents) / 1200.0));
    } else {
      set_hz(self, key, 0.0);
    }
  }
  return true;
}

void fiq_tuning_init_equal(FiqTuning* self, double a4_hz)
{
  assert(a4_hz >= 8.0 && a4_hz <= 14080.0);
  memset(self, 0, sizeof *self);
  (void)snprintf(self->name, sizeof self->name, "12-tone equal temperament");
  self->a4_hz     = a4_hz;
  self->n_degrees = 12;
  for (int32_t i = 0; i < 12; ++i) {
    self->cents[i] = 100.0 * (i + 1);
  }
  self->map.last_key      = FIQ_TUNING_KEYS - 1;
  self->map.middle_key    = 60;
  self->map.reference_key = 60;
  self->map.reference_hz  = a4_hz * exp2(-9.0 / 12.0);
  (void)tune_keys(self);
}

// ---- scales ----

/// The description, without control characters and not cut inside a character of UTF-8.
static void read_name(Reader* reader, char name[FIQ_TUNING_NAME_BYTES])
{
  size_t n = 0;
  skip_blanks(reader);
  for (; reader->line < reader->line_end && n < FIQ_TUNING_NAME_BYTES - 1; ++reader->line) {
    const unsigned char c = (unsigned char)*reader->line;
    if (c >= 0x20 && c != 0x7f) {
      name[n++] = (char)c;
    }
  }
  if (reader->line < reader->line_end && ((unsigned char)*reader->line & 0xc0) == 0x80) {
    while (n > 0 && ((unsigned char)name[n - 1] & 0xc0) == 0x80) {
      --n;
    }
    n -= n > 0 ? 1 : 0;
  }
  while (n > 0 && is_blank(name[n - 1])) {
    --n;
  }
  name[n] = '\0';
}

/// Whether a comma and a digit follow the number just read: it would be taken for its whole part.
static bool is_decimal_comma(const Reader* reader)
{
  return reader->line_end - reader->line >= 2 && reader->line[0] == ',' && reader->line[1] >= '0' &&
         reader->line[1] <= '9';
}

/// One pitch: cents if it has a point, else a ratio.
static bool read_pitch(Reader* reader, double* cents)
{
  Number number = {0};
  if (!take_number(reader, &number)) {
    return fail(reader, "not a pitch; expected cents such as 701.955 or a ratio such as 3/2");
  }
  if (is_decimal_comma(reader)) {
    return fail(reader, "a comma for the decimal point; write 701.955");
  }
  *cents = number.value;
  if (!number.point) {
    Number below = {.value = 1.0};
    skip_blanks(reader);
    if (take_text(reader, '/')) {
      skip_blanks(reader);
      if (!take_number(reader, &below) || below.point) {
        return fail(reader, "a ratio without a whole number below its line");
      }
    }
    if (number.value <= 0.0 || below.value <= 0.0) {
      return fail(reader, "a ratio must be above 0");
    }
    *cents = 1200.0 * (log2(number.value) - log2(below.value));
  }
  return fabs(*cents) <= cents_max || fail(reader, "a pitch beyond a hundred octaves");
}

static bool read_scale(Reader* reader, FiqTuning* scale)
{
  int32_t n = 0;
  if (!next_line(reader)) {
    return fail(reader, "the text ends before the description");
  }
  read_name(reader, scale->name);
  if (!read_integer(reader, "number of notes", 0, FIQ_TUNING_DEGREES_MAX, &n)) {
    return false;
  }
  scale->n_degrees = (uint32_t)n;
  for (int32_t i = 0; i < n; ++i) {
    if (!next_filled_line(reader)) {
      char message[64];
      (void)snprintf(message, sizeof message, "the text ends after %d of %d notes", (int)i, (int)n);
      return fail(reader, message);
    }
    if (!read_pitch(reader, &scale->cents[i])) {
      return false;
    }
  }
  return tune_keys(scale) || fail(reader, "the reference key of the mapping is not mapped");
}

FiqStatus fiq_tuning_parse_scl(FiqTuning* self, const char* text, size_t size_bytes,
                               char error[FIQ_TUNING_ERROR_BYTES])
{
  assert(self);
  assert(text || size_bytes == 0);
  Reader    reader = start_reading(text, size_bytes, error);
  FiqTuning scale  = *self;
  if (!read_scale(&reader, &scale)) {
    return FIQ_BAD_ARGUMENT;
  }
  *self = scale;
  return FIQ_OK;
}

// ---- mappings ----

static bool read_reference_hz(Reader* reader, double* hz)
{
  Number number = {0};
  if (!next_filled_line(reader)) {
    return fail(reader, "the text ends before the reference frequency");
  }
  if (!take_number(reader, &number) || !at_end_of_number(reader) ||
      number.value < FIQ_TUNING_MIN_HZ || number.value > reference_max) {
    return fail(reader, "the reference frequency is not a number 1..192000 Hz");
  }
  *hz = number.value;
  return true;
}

static bool read_entries(Reader* reader, FiqTuningMap* map)
{
  for (int32_t i = 0; i < map->n_entries; ++i) {
    Number number  = {0};
    map->degree[i] = FIQ_TUNING_UNMAPPED;
    // Entries left out at the end are not mapped.
    if (!next_filled_line(reader) || take_text(reader, 'x') || take_text(reader, 'X')) {
      continue;
    }
    if (!take_number(reader, &number) || number.point || !at_end_of_number(reader) ||
        fabs(number.value) > FIQ_TUNING_DEGREES_MAX) {
      return fail(reader, "an entry is neither a degree -1024..1024 nor x");
    }
    map->degree[i] = (int16_t)number.value;
  }
  return true;
}

static bool read_map(Reader* reader, FiqTuning* tuning)
{
  FiqTuningMap* map = &tuning->map;
  if (!read_integer(reader, "size of the map", 0, FIQ_TUNING_MAP_MAX, &map->n_entries) ||
      !read_integer(reader, "first key", 0, 127, &map->first_key) ||
      !read_integer(reader, "last key", 0, 127, &map->last_key) ||
      !read_integer(reader, "middle key", -127, 127, &map->middle_key) ||
      !read_integer(reader, "reference key", 0, 127, &map->reference_key) ||
      !read_reference_hz(reader, &map->reference_hz) ||
      !read_integer(reader, "degree of the octave", 0, FIQ_TUNING_DEGREES_MAX,
                    &map->octave_degree) ||
      !read_entries(reader, map)) {
    return false;
  }
  return tune_keys(tuning) || fail(reader, "the reference key is not mapped");
}

FiqStatus fiq_tuning_parse_kbm(FiqTuning* self, const char* text, size_t size_bytes,
                               char error[FIQ_TUNING_ERROR_BYTES])
{
  assert(self);
  assert(text || size_bytes == 0);
  Reader    reader = start_reading(text, size_bytes, error);
  FiqTuning tuning = *self;
  memset(tuning.map.degree, 0, sizeof tuning.map.degree);
  if (!read_map(&reader, &tuning)) {
    return FIQ_BAD_ARGUMENT;
  }
  *self = tuning;
  return FIQ_OK;
}

double fiq_tuning_pitch(const FiqTuning* self, uint32_t key)
{
  assert(key < FIQ_TUNING_KEYS);
  return self ? self->pitch[key] : (double)key;
}

bool fiq_tuning_sounds(const FiqTuning* self, uint32_t key)
{
  assert(key < FIQ_TUNING_KEYS);
  return !self || self->hz[key] > 0.0;
}
