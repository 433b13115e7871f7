// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Plugins that hosts are tested with: they do what can be foretold to the sample.
   probe: out[n + delay] = gain[n] in[n] + offset + bias; the delay is reported as latency. The offset is the number in the
   file that its property names, the bias comes with the state. `end` ends the host, as careless plugins do: at
   once, without a display, when it is released, or when its state is saved.
   transpose: MIDI without sound; keys come out an octave higher.
   listener: an instrument with audio inputs that are nobody's to leave out: out = in + 0.5 while any key is down.
*/
#include <lv2/atom/util.h>
#include <lv2/core/lv2.h>
#include <lv2/midi/midi.h>
#include <lv2/patch/patch.h>
#include <lv2/state/state.h>
#include <lv2/urid/urid.h>

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROBE "urn:fieldiq:test:probe"

enum { IN, OUT, GAIN, DELAY, END, LATENCY, CONTROL, N_PORTS };
enum { LINE_FRAMES = 8192 };
enum { ENDS_NOT, ABORTS, EXITS, SEGFAULTS, WANTS_DISPLAY, ENDS_LAST, ENDS_SAVING };

typedef struct {
  void*         ports[N_PORTS];
  LV2_URID_Map* map;
  float         line[LINE_FRAMES];
  unsigned      at;
  float         offset;
  float         bias;
  bool          ends_last;
} Probe;

static LV2_URID_Map* find_map(const LV2_Feature* const* features)
{
  for (int i = 0; features && features[i]; ++i) {
    if (strcmp(features[i]->URI, LV2_URID__map) == 0) {
      return features[i]->data;
    }
  }
  return NULL;
}

static LV2_Handle instantiate(const LV2_Descriptor* descriptor, double rate, const char* path,
                              const LV2_Feature* const* features)
{
  (void)descriptor;
  (void)rate;
  (void)path;
  Probe* const self = calloc(1, sizeof(Probe));
  if (self) {
    self->map = find_map(features);
  }
  return self;
}

static void connect_port(LV2_Handle instance, uint32_t port, void* data)
{
  if (port < N_PORTS) {
    ((Probe*)instance)->ports[port] = data;
  }
}

static void activate(LV2_Handle instance)
{
  Probe* const self = instance;
  memset(self->line, 0, sizeof self->line);
}

static void take_file(Probe* self, const LV2_Atom_Object* object)
{
  LV2_URID_Map* const map      = self->map;
  const LV2_Atom*     property = NULL;
  const LV2_Atom*     value    = NULL;
  lv2_atom_object_get(object, map->map(map->handle, LV2_PATCH__property), &property,
                      map->map(map->handle, LV2_PATCH__value), &value, 0);
  if (!property || !value ||
      ((const LV2_Atom_URID*)property)->body != map->map(map->handle, PROBE "#file")) {
    return;
  }
  FILE* const file = fopen((const char*)(value + 1), "r");
  if (file) {
    if (fscanf(file, "%f", &self->offset) != 1) {
      self->offset = 0.0f;
    }
    fclose(file);
  }
}

static void read_control(Probe* self)
{
  const LV2_Atom_Sequence* const control = self->ports[CONTROL];
  if (control && self->map) {
    LV2_ATOM_SEQUENCE_FOREACH(control, event)
    {
      if (event->body.type == self->map->map(self->map->handle, LV2_ATOM__Object)) {
        take_file(self, (const LV2_Atom_Object*)&event->body);
      }
    }
  }
}

static void end_host(int how)
{
  if (how == ABORTS) {
    abort();
  } else if (how == EXITS) {
    exit(0);
  } else if (how == SEGFAULTS) {
    raise(SIGSEGV);
  } else if (how == WANTS_DISPLAY && !getenv("DISPLAY") && !getenv("QT_QPA_PLATFORM")) {
    abort();
  }
}

static void run(LV2_Handle instance, uint32_t n_frames)
{
  Probe* const       self  = instance;
  const float* const in    = self->ports[IN];
  float* const       out   = self->ports[OUT];
  const float        gain  = *(const float*)self->ports[GAIN];
  const unsigned     delay = (unsigned)*(const float*)self->ports[DELAY];
  read_control(self);
  *(float*)self->ports[LATENCY] = (float)delay;
  for (uint32_t i = 0; i < n_frames; ++i) {
    self->line[self->at] = gain * in[i];
    out[i]               = self->line[(self->at - delay) % LINE_FRAMES] + self->offset + self->bias;
    self->at             = (self->at + 1) % LINE_FRAMES;
  }
  if (n_frames > 0) {
    const int how   = (int)*(const float*)self->ports[END];
    self->ends_last = how == ENDS_LAST;
    end_host(how);
  }
}

static void cleanup(LV2_Handle instance)
{
  const Probe* const self = instance;
  if (self->ends_last) {
    raise(SIGSEGV);
  }
  free(instance);
}

static LV2_State_Status save(LV2_Handle instance, LV2_State_Store_Function store,
                             LV2_State_Handle handle, uint32_t flags,
                             const LV2_Feature* const* features)
{
  (void)flags;
  (void)features;
  Probe* const        self = instance;
  LV2_URID_Map* const map  = self->map;
  if ((int)*(const float*)self->ports[END] == ENDS_SAVING) {
    abort();
  }
  return store(handle, map->map(map->handle, PROBE "#bias"), &self->bias, sizeof self->bias,
               map->map(map->handle, LV2_ATOM__Float), LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE);
}

static LV2_State_Status restore(LV2_Handle instance, LV2_State_Retrieve_Function retrieve,
                                LV2_State_Handle handle, uint32_t flags,
                                const LV2_Feature* const* features)
{
  (void)features;
  Probe* const       self = instance;
  size_t             size = 0;
  uint32_t           type = 0;
  const float* const value =
      retrieve(handle, self->map->map(self->map->handle, PROBE "#bias"), &size, &type, &flags);
  if (value && size == sizeof(float)) {
    self->bias = *value;
  }
  return LV2_STATE_SUCCESS;
}

static const void* extension_data(const char* uri)
{
  static const LV2_State_Interface state = {save, restore};
  return strcmp(uri, LV2_STATE__interface) == 0 ? &state : NULL;
}

/// Ports: MIDI in, MIDI out.
static void transpose(LV2_Handle instance, uint32_t n_frames)
{
  (void)n_frames;
  Probe* const                   self = instance;
  const LV2_Atom_Sequence* const in   = self->ports[0];
  LV2_Atom_Sequence* const       out  = self->ports[1];
  const uint32_t                 room = out->atom.size;
  const LV2_URID                 midi = self->map->map(self->map->handle, LV2_MIDI__MidiEvent);
  out->atom.type                      = self->map->map(self->map->handle, LV2_ATOM__Sequence);
  lv2_atom_sequence_clear(out);
  LV2_ATOM_SEQUENCE_FOREACH(in, event)
  {
    union {
      LV2_Atom_Event event;
      uint8_t        bytes[sizeof(LV2_Atom_Event) + 8];
    } copy;
    if (event->body.type == midi && event->body.size == 3) {
      memcpy(&copy, event, sizeof(LV2_Atom_Event) + 3);
      copy.bytes[sizeof(LV2_Atom_Event) + 1] += 12;
      lv2_atom_sequence_append_event(out, room, &copy.event);
    }
  }
}

/// Ports: two inputs, two outputs, MIDI in.
static void listen(LV2_Handle instance, uint32_t n_frames)
{
  Probe* const                   self = instance;
  const LV2_Atom_Sequence* const midi = self->ports[4];
  const LV2_URID                 type = self->map->map(self->map->handle, LV2_MIDI__MidiEvent);
  const LV2_Atom_Event*          next = lv2_atom_sequence_begin(&midi->body);
  for (uint32_t i = 0; i < n_frames; ++i) {
    for (; !lv2_atom_sequence_is_end(&midi->body, midi->atom.size, next) && next->time.frames == i;
         next = lv2_atom_sequence_next(next)) {
      const uint8_t kind = *(const uint8_t*)(next + 1) & 0xf0;
      if (next->body.type == type && (kind == 0x80 || kind == 0x90)) {
        self->offset = kind == 0x90 ? 0.5f : 0.0f;
      }
    }
    for (int c = 0; c < 2; ++c) {
      ((float*)self->ports[2 + c])[i] = ((const float*)self->ports[c])[i] + self->offset;
    }
  }
}

static const LV2_Descriptor descriptors[] = {
    {PROBE, instantiate, connect_port, activate, run, NULL, cleanup, extension_data},
    {PROBE "-default", instantiate, connect_port, activate, run, NULL, cleanup, extension_data},
    {PROBE "-transpose", instantiate, connect_port, NULL, transpose, NULL, cleanup, NULL},
    {PROBE "-listener", instantiate, connect_port, NULL, listen, NULL, cleanup, NULL}};

LV2_SYMBOL_EXPORT const LV2_Descriptor* lv2_descriptor(uint32_t index)
{
  return index < sizeof descriptors / sizeof descriptors[0] ? &descriptors[index] : NULL;
}
