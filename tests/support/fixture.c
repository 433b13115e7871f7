// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fixture.h"

#include "dsp/base/random.h"
#include "plugin/ports.h"

#include <lv2/atom/util.h>
#include <lv2/midi/midi.h>
#include <lv2/patch/patch.h>
#include <lv2/time/time.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { URIDS_MAX = 256, URI_BYTES = 96 };

LV2_URID fixture_urid(const char* uri)
{
  static char     uris[URIDS_MAX][URI_BYTES];
  static uint32_t n_uris;
  for (uint32_t i = 0; i < n_uris; ++i) {
    if (!strcmp(uris[i], uri)) {
      return i + 1;
    }
  }
  assert_true(n_uris < URIDS_MAX && strlen(uri) < URI_BYTES);
  strcpy(uris[n_uris], uri);
  return ++n_uris;
}

static LV2_URID map_uri(LV2_URID_Map_Handle handle, const char* uri)
{
  (void)handle;
  return fixture_urid(uri);
}

static LV2_URID_Map urid_map = {NULL, map_uri};

static LV2_Worker_Status respond(LV2_Worker_Respond_Handle handle, uint32_t size, const void* data)
{
  Fixture* const                    self = handle;
  const LV2_Worker_Interface* const worker =
      self->descriptor->extension_data(LV2_WORKER__interface);
  if (self->refuses_answers) {
    return LV2_WORKER_ERR_NO_SPACE;
  }
  return worker->work_response(self->handle, size, data);
}

static LV2_Worker_Status schedule_work(LV2_Worker_Schedule_Handle handle, uint32_t size,
                                       const void* data)
{
  Fixture* const                    self = handle;
  const LV2_Worker_Interface* const worker =
      self->descriptor->extension_data(LV2_WORKER__interface);
  if (self->works_at_once) {
    worker->work(self->handle, respond, self, size, data);
    return LV2_WORKER_SUCCESS;
  }
  if (self->n_orders == FIXTURE_ORDERS_MAX || size > FIXTURE_ORDER_BYTES) {
    return LV2_WORKER_ERR_NO_SPACE;
  }
  FixtureOrder* const order = &self->orders[self->n_orders++];
  order->size               = size;
  memcpy(order->data, data, size);
  return LV2_WORKER_SUCCESS;
}

const LV2_Descriptor* fixture_descriptor(FiqPluginKind kind)
{
  const char* const given   = getenv("FIQ_PLUGIN");
  void* const       library = dlopen(given ? given : FIQ_PLUGIN_PATH, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    fail_msg("%s", dlerror());
  }
  LV2_Descriptor_Function descriptor = NULL;
  *(void**)&descriptor               = dlsym(library, "lv2_descriptor");
  assert_non_null(descriptor);
  return descriptor((uint32_t)kind);
}

static void begin_events(Fixture* self)
{
  for (int i = 0; i < 2; ++i) {
    lv2_atom_forge_set_buffer(&self->forge[i], self->events[i], FIXTURE_EVENT_BYTES);
    lv2_atom_forge_sequence_head(&self->forge[i], &self->frame[i], 0);
  }
}

void fixture_connect(Fixture* self, FiqPortRole role, void* data)
{
  const uint32_t port = fiq_port_index(self->kind, role);
  if (port < fiq_first_control_port(self->kind)) {
    self->descriptor->connect_port(self->handle, port, data);
  }
}

static void connect_ports(Fixture* self)
{
  uint32_t port = fiq_first_control_port(self->kind);
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (fiq_param_in(&fiq_params[row], self->kind)) {
      self->value[port] = fiq_params[row].fallback;
      self->descriptor->connect_port(self->handle, port, &self->value[port]);
    }
    port += fiq_param_has_port(&fiq_params[row], self->kind);
  }
  fixture_connect(self, FIQ_PORT_CONTROL, self->events[0]);
  fixture_connect(self, FIQ_PORT_MIDI, self->events[1]);
  fixture_connect(self, FIQ_PORT_NOTIFY, self->notify);
}

Fixture* fixture_open(FiqPluginKind kind, double rate_hz, bool with_worker)
{
  Fixture* const self = calloc(1, sizeof(Fixture));
  assert_non_null(self);
  self->kind                      = kind;
  self->rate_hz                   = rate_hz;
  self->descriptor                = fixture_descriptor(kind);
  self->schedule                  = (LV2_Worker_Schedule){self, schedule_work};
  const LV2_Feature        map    = {LV2_URID__map, &urid_map};
  const LV2_Feature        worker = {LV2_WORKER__schedule, &self->schedule};
  const LV2_Feature* const all[]  = {&map, with_worker ? &worker : NULL, NULL};
  self->handle = self->descriptor->instantiate(self->descriptor, rate_hz, "/", all);
  if (!self->handle) {
    free(self);
    return NULL;
  }
  for (int i = 0; i < 2; ++i) {
    self->events[i] = calloc(1, FIXTURE_EVENT_BYTES);
    lv2_atom_forge_init(&self->forge[i], &urid_map);
  }
  self->notify = calloc(1, FIXTURE_EVENT_BYTES);
  begin_events(self);
  connect_ports(self);
  return self;
}

void fixture_close(Fixture* self)
{
  if (self->handle && self->descriptor->deactivate) {
    self->descriptor->deactivate(self->handle);
  }
  if (self->handle) {
    fixture_work(self);
    self->descriptor->cleanup(self->handle);
  }
  free(self->events[0]);
  free(self->events[1]);
  free(self->notify);
  free(self);
}

uint32_t fixture_port(const Fixture* self, const char* symbol)
{
  uint32_t port = fiq_first_control_port(self->kind);
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (fiq_param_has_port(&fiq_params[row], self->kind)) {
      if (!strcmp(fiq_params[row].symbol, symbol)) {
        return port;
      }
      ++port;
    }
  }
  fail_msg("no port %s", symbol);
  return 0;
}

void fixture_set(Fixture* self, const char* symbol, double value)
{
  self->value[fixture_port(self, symbol)] = (float)value;
}

float fixture_get(const Fixture* self, const char* symbol)
{
  return self->value[fixture_port(self, symbol)];
}

static const void* retrieve_seed(LV2_State_Handle handle, uint32_t key, size_t* size,
                                 uint32_t* type, uint32_t* flags)
{
  if (key != fixture_urid("urn:fieldiq:seed")) {
    return NULL;
  }
  *size  = sizeof(int64_t);
  *type  = fixture_urid(LV2_ATOM__Long);
  *flags = LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE;
  return handle;
}

void fixture_seed(Fixture* self, int64_t seed)
{
  const LV2_State_Interface* const state  = self->descriptor->extension_data(LV2_STATE__interface);
  const LV2_Feature* const         none[] = {NULL};
  assert_int_equal(state->restore(self->handle, retrieve_seed, &seed, 0, none), LV2_STATE_SUCCESS);
}

/// Sequence that carries MIDI: the Swarm has one for everything.
static int midi_sequence(const Fixture* self)
{
  return self->kind != FIQ_PLUGIN_SWARM ? 1 : 0;
}

void fixture_message(Fixture* self, int64_t frame, const uint8_t* message, uint32_t size_bytes)
{
  LV2_Atom_Forge* const forge = &self->forge[midi_sequence(self)];
  lv2_atom_forge_frame_time(forge, frame);
  lv2_atom_forge_atom(forge, size_bytes, fixture_urid(LV2_MIDI__MidiEvent));
  assert_true(lv2_atom_forge_write(forge, message, size_bytes) != 0);
}

void fixture_midi(Fixture* self, int64_t frame, uint8_t status, uint8_t data1, uint8_t data2)
{
  const uint8_t message[3] = {status, data1, data2};
  fixture_message(self, frame, message, sizeof(message));
}

void fixture_tempo(Fixture* self, int64_t frame, float bpm)
{
  LV2_Atom_Forge* const forge = &self->forge[0];
  LV2_Atom_Forge_Frame  object;
  lv2_atom_forge_frame_time(forge, frame);
  lv2_atom_forge_object(forge, &object, 0, fixture_urid(LV2_TIME__Position));
  lv2_atom_forge_key(forge, fixture_urid(LV2_TIME__beatsPerMinute));
  lv2_atom_forge_float(forge, bpm);
  lv2_atom_forge_key(forge, fixture_urid(LV2_TIME__beatsPerBar));
  lv2_atom_forge_float(forge, 4.0f);
  lv2_atom_forge_pop(forge, &object);
}

/// Begin a patch:Set up to its value; the forge keeps the address of `object`.
static void begin_patch(LV2_Atom_Forge* forge, LV2_Atom_Forge_Frame* object, int64_t frame,
                        const char* property)
{
  lv2_atom_forge_frame_time(forge, frame);
  lv2_atom_forge_object(forge, object, 0, fixture_urid(LV2_PATCH__Set));
  lv2_atom_forge_key(forge, fixture_urid(LV2_PATCH__property));
  lv2_atom_forge_urid(forge, fixture_urid(property));
  lv2_atom_forge_key(forge, fixture_urid(LV2_PATCH__value));
}

void fixture_patch_path(Fixture* self, int64_t frame, const char* property, const char* path)
{
  LV2_Atom_Forge* const forge = &self->forge[0];
  LV2_Atom_Forge_Frame  object;
  begin_patch(forge, &object, frame, property);
  assert_true(lv2_atom_forge_path(forge, path, (uint32_t)strlen(path)) != 0);
  lv2_atom_forge_pop(forge, &object);
}

void fixture_patch_string(Fixture* self, int64_t frame, const char* property, const char* text)
{
  LV2_Atom_Forge* const forge = &self->forge[0];
  LV2_Atom_Forge_Frame  object;
  begin_patch(forge, &object, frame, property);
  assert_true(lv2_atom_forge_string(forge, text, (uint32_t)strlen(text)) != 0);
  lv2_atom_forge_pop(forge, &object);
}

const char* fixture_told(const Fixture* self, const char* property, const char* type)
{
  const LV2_Atom_Sequence* const sequence = (const LV2_Atom_Sequence*)(const void*)self->notify;
  const char*                    text     = NULL;
  LV2_ATOM_SEQUENCE_FOREACH(sequence, event)
  {
    const LV2_Atom* name  = NULL;
    const LV2_Atom* value = NULL;
    lv2_atom_object_get((const LV2_Atom_Object*)(const void*)&event->body,
                        fixture_urid(LV2_PATCH__property), &name, fixture_urid(LV2_PATCH__value),
                        &value, 0);
    if (name && value &&
        ((const LV2_Atom_URID*)(const void*)name)->body == fixture_urid(property)) {
      assert_int_equal(value->type, fixture_urid(type));
      text = (const char*)(value + 1);
    }
  }
  return text;
}

const LV2_Atom* fixture_told_value(const Fixture* self, const char* type, const char* key)
{
  const LV2_Atom_Sequence* const sequence = (const LV2_Atom_Sequence*)(const void*)self->notify;
  const LV2_Atom*                value    = NULL;
  LV2_ATOM_SEQUENCE_FOREACH(sequence, event)
  {
    const LV2_Atom_Object* const object = (const LV2_Atom_Object*)(const void*)&event->body;
    if (object->body.otype == fixture_urid(type)) {
      lv2_atom_object_get(object, fixture_urid(key), &value, 0);
    }
  }
  return value;
}

void fixture_patch_get(Fixture* self, int64_t frame, const char* property)
{
  LV2_Atom_Forge* const forge = &self->forge[0];
  LV2_Atom_Forge_Frame  object;
  lv2_atom_forge_frame_time(forge, frame);
  lv2_atom_forge_object(forge, &object, 0, fixture_urid(LV2_PATCH__Get));
  lv2_atom_forge_key(forge, fixture_urid(LV2_PATCH__property));
  assert_true(lv2_atom_forge_urid(forge, fixture_urid(property)) != 0);
  lv2_atom_forge_pop(forge, &object);
}

void fixture_patch_floats(Fixture* self, int64_t frame, const char* property, const float* value,
                          uint32_t n)
{
  LV2_Atom_Forge* const forge = &self->forge[0];
  LV2_Atom_Forge_Frame  object;
  begin_patch(forge, &object, frame, property);
  assert_true(
      lv2_atom_forge_vector(forge, sizeof(float), fixture_urid(LV2_ATOM__Float), n, value) != 0);
  lv2_atom_forge_pop(forge, &object);
}

void fixture_prepare(Fixture* self, float* const* in, float* const* out, size_t start)
{
  for (uint32_t channel = 0; channel < 2; ++channel) {
    float* const plane = in ? in[channel] + start : NULL;
    float* const side =
        self->side[channel] ? (float*)(uintptr_t)(self->side[channel] + start) : NULL;
    fixture_connect(self, (FiqPortRole)(FIQ_PORT_IN_L + channel), plane);
    fixture_connect(self, (FiqPortRole)(FIQ_PORT_SIDE_L + channel), side);
    fixture_connect(self, (FiqPortRole)(FIQ_PORT_OUT_L + channel), out[channel] + start);
  }
  if (!self->active) {
    self->descriptor->activate(self->handle);
    self->active = true;
  }
  lv2_atom_forge_pop(&self->forge[0], &self->frame[0]);
  lv2_atom_forge_pop(&self->forge[1], &self->frame[1]);
  ((LV2_Atom*)(void*)self->notify)->size = FIXTURE_EVENT_BYTES - sizeof(LV2_Atom);
}

void fixture_finish(Fixture* self)
{
  begin_events(self);
}

void fixture_run(Fixture* self, float* const* in, float* const* out, size_t start, uint32_t n)
{
  fixture_prepare(self, in, out, start);
  self->descriptor->run(self->handle, n);
  fixture_finish(self);
}

void fixture_work(Fixture* self)
{
  const LV2_Worker_Interface* const worker =
      self->descriptor->extension_data(LV2_WORKER__interface);
  // An answer may order more, which lands behind the ones being done.
  for (uint32_t i = 0; i < self->n_orders; ++i) {
    const FixtureOrder order = self->orders[i];
    worker->work(self->handle, respond, self, order.size, order.data);
  }
  self->n_orders = 0;
}

void fixture_render(Fixture* self, float* const* in, float* const* out, size_t n, uint32_t block)
{
  FiqRandom random;
  fiq_random_init(&random, 5, 0);
  for (size_t done = 0; done < n;) {
    const uint32_t wanted = block ? block : 1 + fiq_random_bits(&random) % 2000;
    const uint32_t now    = n - done < wanted ? (uint32_t)(n - done) : wanted;
    fixture_run(self, in, out, done, now);
    fixture_work(self);
    done += now;
  }
}

FixtureAudio fixture_audio(size_t n)
{
  return (FixtureAudio){{support_floats(n), support_floats(n)}};
}

void fixture_audio_free(FixtureAudio* audio)
{
  free(audio->plane[0]);
  free(audio->plane[1]);
}

bool fixture_audio_same(const FixtureAudio* a, const FixtureAudio* b, size_t n)
{
  return !memcmp(a->plane[0], b->plane[0], n * sizeof(float)) &&
         !memcmp(a->plane[1], b->plane[1], n * sizeof(float));
}

bool fixture_audio_same_freed(FixtureAudio a, FixtureAudio b, size_t n)
{
  const bool same = fixture_audio_same(&a, &b, n);
  fixture_audio_free(&a);
  fixture_audio_free(&b);
  return same;
}
