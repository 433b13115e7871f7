// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: a trace says what the plugin said, as JSON lines that anything can read, and follows no
// size beyond the message. Method: forged atoms, read back by a JSON parser; floats compared bit for
// bit; messages with every byte of their sizes spoilt, in buffers of exactly their length.

// cmocka wants these four before itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dsp/base/random.h"
#include "host-test/lv2/trace.h"

#include <lv2/atom/forge.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ATOM_BYTES = 4096, N_FLOATS = 100000, N_SPOILT = 200000 };

typedef struct {
  FiqUrid        urid;
  FiqHostUrids   urids;
  LV2_Atom_Forge forge;
  FiqTrace       trace;
  union {
    LV2_Atom atom;
    uint64_t alignment;
    uint8_t  bytes[ATOM_BYTES];
  } buffer;
} Fixture;

static int set_up(void** state)
{
  Fixture* const self = calloc(1, sizeof(Fixture));
  assert_non_null(self);
  assert_true(fiq_urid_init(&self->urid));
  FiqUrid* const urid = &self->urid;
  self->urids         = (FiqHostUrids){.atom_bool        = fiq_urid(urid, LV2_ATOM__Bool),
                                       .atom_double      = fiq_urid(urid, LV2_ATOM__Double),
                                       .atom_float       = fiq_urid(urid, LV2_ATOM__Float),
                                       .atom_int         = fiq_urid(urid, LV2_ATOM__Int),
                                       .atom_long        = fiq_urid(urid, LV2_ATOM__Long),
                                       .atom_object      = fiq_urid(urid, LV2_ATOM__Object),
                                       .atom_urid        = fiq_urid(urid, LV2_ATOM__URID),
                                       .atom_vector      = fiq_urid(urid, LV2_ATOM__Vector),
                                       .telemetry_object = fiq_urid(urid, FIQ_TELEMETRY_OBJECT_URI)};
  lv2_atom_forge_init(&self->forge, &urid->map);
  lv2_atom_forge_set_buffer(&self->forge, self->buffer.bytes, ATOM_BYTES);
  self->trace = (FiqTrace){.urid = urid, .urids = &self->urids};
  *state      = self;
  return 0;
}

static int tear_down(void** state)
{
  Fixture* const self = *state;
  fiq_urid_free(&self->urid);
  free(self);
  return 0;
}

static void begin(Fixture* self, LV2_Atom_Forge_Frame* object, const char* type)
{
  lv2_atom_forge_object(&self->forge, object, 0, fiq_urid(&self->urid, type));
}

static void key(Fixture* self, const char* uri)
{
  lv2_atom_forge_key(&self->forge, fiq_urid(&self->urid, uri));
}

/// A message with one value of every kind.
static void forge_all(Fixture* self)
{
  static const float   floats[] = {0.25f, -1.0f, INFINITY};
  static const int32_t ints[]   = {1, 2, 3, 4};
  LV2_Atom_Forge_Frame object;
  begin(self, &object, FIQ_TELEMETRY_OBJECT_URI);
  key(self, "urn:fieldiq:frame");
  lv2_atom_forge_long(&self->forge, 1234567890123);
  key(self, "urn:fieldiq:time");
  lv2_atom_forge_double(&self->forge, 1.5);
  key(self, "urn:fieldiq:order");
  lv2_atom_forge_float(&self->forge, 0.1f);
  key(self, "urn:fieldiq:action");
  lv2_atom_forge_int(&self->forge, 2);
  key(self, "urn:fieldiq:coordinated");
  lv2_atom_forge_bool(&self->forge, true);
  key(self, "urn:fieldiq:lyapunov");
  lv2_atom_forge_float(&self->forge, NAN);
  key(self, "urn:fieldiq:psi");
  lv2_atom_forge_double(&self->forge, -HUGE_VAL);
  key(self, "urn:fieldiq:phases");
  lv2_atom_forge_vector(&self->forge, sizeof(float), self->urids.atom_float, 3, floats);
  key(self, "urn:fieldiq:histogram");
  lv2_atom_forge_vector(&self->forge, sizeof(int32_t), self->urids.atom_int, 4, ints);
  key(self, "urn:fieldiq:carrier_hz");
  lv2_atom_forge_vector(&self->forge, sizeof(float), self->urids.atom_float, 0, floats);
  key(self, "http://example.org/other");
  lv2_atom_forge_int(&self->forge, -7);
  lv2_atom_forge_pop(&self->forge, &object);
}

static double number_of(const json_t* line, const char* name)
{
  const json_t* const value = json_object_get(line, name);
  assert_true(json_is_number(value));
  return json_number_value(value);
}

static void test_every_type_of_value_has_its_json(void** state)
{
  Fixture* const self = *state;
  forge_all(self);
  json_t* const line = fiq_trace_json(&self->trace, &self->buffer.atom);
  assert_non_null(line);
  assert_int_equal(json_object_size(line), 11);
  assert_int_equal(json_integer_value(json_object_get(line, "frame")), 1234567890123);
  assert_true(fabs(number_of(line, "time") - 1.5) <= 0.0);
  assert_true(fabs(number_of(line, "order") - 0.1) <= 0.0);
  assert_int_equal(json_integer_value(json_object_get(line, "action")), 2);
  assert_true(json_is_true(json_object_get(line, "coordinated")));
  assert_true(json_is_null(json_object_get(line, "lyapunov")));
  assert_true(json_is_null(json_object_get(line, "psi")));
  const json_t* const phases = json_object_get(line, "phases");
  assert_int_equal(json_array_size(phases), 3);
  assert_true(fabs(json_number_value(json_array_get(phases, 1)) + 1.0) <= 0.0);
  assert_true(json_is_null(json_array_get(phases, 2)));
  const json_t* const histogram = json_object_get(line, "histogram");
  assert_int_equal(json_array_size(histogram), 4);
  assert_int_equal(json_integer_value(json_array_get(histogram, 3)), 4);
  assert_true(json_is_array(json_object_get(line, "carrier_hz")));
  assert_int_equal(json_integer_value(json_object_get(line, "http://example.org/other")), -7);
  assert_int_equal(self->trace.n_unknown, 0);
  json_decref(line);
}

static void test_what_is_no_telemetry_is_left_alone(void** state)
{
  Fixture* const       self = *state;
  LV2_Atom_Forge_Frame object;
  begin(self, &object, "http://lv2plug.in/ns/ext/patch#Set");
  key(self, "urn:fieldiq:order");
  lv2_atom_forge_float(&self->forge, 0.5f);
  lv2_atom_forge_pop(&self->forge, &object);
  assert_null(fiq_trace_json(&self->trace, &self->buffer.atom));
  lv2_atom_forge_set_buffer(&self->forge, self->buffer.bytes, ATOM_BYTES);
  lv2_atom_forge_int(&self->forge, 1);
  assert_null(fiq_trace_json(&self->trace, &self->buffer.atom));
}

static void test_values_without_a_place_in_json_are_counted(void** state)
{
  Fixture* const       self = *state;
  LV2_Atom_Forge_Frame object;
  const LV2_URID       urids[2] = {1, 2};
  begin(self, &object, FIQ_TELEMETRY_OBJECT_URI);
  key(self, "urn:fieldiq:one");
  lv2_atom_forge_urid(&self->forge, 1);
  key(self, "urn:fieldiq:two");
  lv2_atom_forge_string(&self->forge, "two", 3);
  key(self, "urn:fieldiq:three");
  lv2_atom_forge_vector(&self->forge, sizeof(LV2_URID), self->urids.atom_urid, 2, urids);
  lv2_atom_forge_key(&self->forge, 9999); // nobody mapped it
  lv2_atom_forge_float(&self->forge, 1.0f);
  key(self, "urn:fieldiq:five");
  lv2_atom_forge_float(&self->forge, 5.0f);
  lv2_atom_forge_pop(&self->forge, &object);
  json_t* const line = fiq_trace_json(&self->trace, &self->buffer.atom);
  assert_int_equal(json_object_size(line), 1);
  assert_true(fabs(number_of(line, "five") - 5.0) <= 0.0);
  assert_int_equal(self->trace.n_unknown, 4);
  json_decref(line);
}

/// The text of one float in a trace, as a parser reads it.
static float through_json(Fixture* self, float x, size_t* n_digits)
{
  LV2_Atom_Forge_Frame object;
  lv2_atom_forge_set_buffer(&self->forge, self->buffer.bytes, ATOM_BYTES);
  begin(self, &object, FIQ_TELEMETRY_OBJECT_URI);
  key(self, "urn:fieldiq:x");
  lv2_atom_forge_float(&self->forge, x);
  lv2_atom_forge_pop(&self->forge, &object);
  json_t* const line = fiq_trace_json(&self->trace, &self->buffer.atom);
  char* const   text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(15));
  json_t* const back = json_loads(text, 0, NULL);
  const float   y    = (float)json_number_value(json_object_get(back, "x"));
  *n_digits          = strspn(text + strlen("{\"x\":"), "-0123456789.");
  json_decref(back);
  free(text);
  json_decref(line);
  return y;
}

static void test_floats_come_back_to_the_bit_and_are_short(void** state)
{
  Fixture* const self    = *state;
  size_t         longest = 0;
  FiqRandom      random;
  fiq_random_init(&random, 7, 0);
  for (int i = 0; i < N_FLOATS; ++i) {
    size_t         n         = 0;
    const uint32_t bits      = fiq_random_bits(&random);
    float          values[2] = {0.0f, fiq_random_uniform(&random)};
    memcpy(&values[0], &bits, sizeof bits);
    const float x = values[i % 2];
    if (!isfinite(x)) {
      continue;
    }
    const float y = through_json(self, x, &n);
    assert_memory_equal(&x, &y, sizeof x);
    longest = n > longest && fabsf(x) < 1.0f && fabsf(x) > 0.1f ? n : longest;
  }
  print_message("%d floats, the longest between 0.1 and 1 of %zu characters\n", N_FLOATS, longest);
  assert_true(longest <= 12);
}

static void test_no_size_is_followed_beyond_the_message(void** state)
{
  Fixture* const self   = *state;
  uint32_t       n_read = 0;
  FiqRandom      random;
  fiq_random_init(&random, 11, 0);
  forge_all(self);
  const uint32_t  size  = (uint32_t)sizeof(LV2_Atom) + self->buffer.atom.size;
  LV2_Atom* const exact = malloc(size); // so that a checker of memory sees every step beyond
  assert_non_null(exact);
  for (int i = 0; i < N_SPOILT; ++i) {
    memcpy(exact, self->buffer.bytes, size);
    const uint32_t at = (uint32_t)sizeof(LV2_Atom) + fiq_random_bits(&random) % (size - 12u);
    const uint32_t n  = 1u + fiq_random_bits(&random) % 4u;
    for (uint32_t k = 0; k < n; ++k) {
      ((uint8_t*)exact)[at + k] = (uint8_t)fiq_random_bits(&random);
    }
    json_t* const line = fiq_trace_json(&self->trace, exact);
    n_read += line ? 1 : 0;
    json_decref(line);
  }
  for (uint32_t cut = 0; cut < self->buffer.atom.size; ++cut) {
    LV2_Atom* const part = malloc(sizeof(LV2_Atom) + cut);
    assert_non_null(part);
    memcpy(part, self->buffer.bytes, sizeof(LV2_Atom) + cut);
    part->size = cut;
    json_decref(fiq_trace_json(&self->trace, part));
    free(part);
  }
  free(exact);
  print_message("%u of %d spoilt messages still had something to say\n", n_read, N_SPOILT);
  assert_true(n_read > N_SPOILT / 2);
}

static json_t* next_line(FILE* stream)
{
  static char text[ATOM_BYTES];
  return fgets(text, sizeof text, stream) ? json_loads(text, 0, NULL) : NULL;
}

static void test_the_file_appears_whole_and_begins_with_its_head(void** state)
{
  Fixture* const     self     = *state;
  const FiqTraceHead head     = {"urn:fieldiq:swarm", "a.wav", 48000.0};
  char               folder[] = "/tmp/fieldiq-trace-XXXXXX";
  char               path[64];
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/t.jsonl", folder);
  assert_true(fiq_trace_begin(&self->trace, path, &self->urid, &self->urids, &head));
  forge_all(self);
  fiq_trace_add(&self->trace, &self->buffer.atom);
  fiq_trace_add(&self->trace, &self->buffer.atom);
  assert_int_equal(access(path, F_OK), -1);
  assert_true(fiq_trace_complete(&self->trace));
  assert_int_equal(access(path, F_OK), -1);
  assert_true(fiq_trace_commit(&self->trace));
  FILE* const stream = fopen(path, "r");
  assert_non_null(stream);
  json_t* line = next_line(stream);
  assert_string_equal(json_string_value(json_object_get(line, "format")), FIQ_TRACE_FORMAT);
  assert_int_equal(json_integer_value(json_object_get(line, "version")), FIQ_TRACE_VERSION);
  assert_string_equal(json_string_value(json_object_get(line, "plugin")), "urn:fieldiq:swarm");
  assert_string_equal(json_string_value(json_object_get(line, "file")), "a.wav");
  assert_true(fabs(number_of(line, "sample_rate") - 48000.0) <= 0.0);
  json_decref(line);
  for (int i = 0; i < 2; ++i) {
    line = next_line(stream);
    assert_int_equal(json_object_size(line), 11);
    json_decref(line);
  }
  assert_null(next_line(stream));
  fclose(stream);
  // What is given up leaves the older file as it was, and nothing beside it.
  assert_true(fiq_trace_begin(&self->trace, path, &self->urid, &self->urids, &head));
  fiq_trace_discard(&self->trace);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(rmdir(folder), 0);
}

static void test_a_disk_that_is_full_is_a_failure(void** state)
{
  Fixture* const     self = *state;
  const FiqTraceHead head = {"urn:fieldiq:swarm", NULL, 48000.0};
  assert_true(fiq_trace_begin(&self->trace, "/dev/full", &self->urid, &self->urids, &head));
  forge_all(self);
  for (int i = 0; i < 1000 && !self->trace.failed; ++i) {
    fiq_trace_add(&self->trace, &self->buffer.atom);
  }
  assert_true(self->trace.failed);
  assert_false(fiq_trace_complete(&self->trace));
  fiq_trace_discard(&self->trace);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_every_type_of_value_has_its_json, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_what_is_no_telemetry_is_left_alone, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_values_without_a_place_in_json_are_counted, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(test_floats_come_back_to_the_bit_and_are_short, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(test_no_size_is_followed_beyond_the_message, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(test_the_file_appears_whole_and_begins_with_its_head, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(test_a_disk_that_is_full_is_a_failure, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
