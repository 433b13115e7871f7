// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/instance.h"

#include <assert.h>
#include <lv2/atom/util.h>
#include <lv2/buf-size/buf-size.h>
#include <lv2/midi/midi.h>
#include <lv2/patch/patch.h>
#include <lv2/time/time.h>

#include <math.h>
#include <string.h>

void fiq_urids_init(FiqUrids* self, LV2_URID_Map* map)
{
  assert(self && map);
  const struct {
    LV2_URID*   urid;
    const char* uri;
  } table[] = {
      {&self->atom_double, LV2_ATOM__Double},
      {&self->atom_float, LV2_ATOM__Float},
      {&self->atom_int, LV2_ATOM__Int},
      {&self->atom_long, LV2_ATOM__Long},
      {&self->atom_path, LV2_ATOM__Path},
      {&self->atom_string, LV2_ATOM__String},
      {&self->atom_urid, LV2_ATOM__URID},
      {&self->atom_vector, LV2_ATOM__Vector},
      {&self->midi_event, LV2_MIDI__MidiEvent},
      {&self->patch_get, LV2_PATCH__Get},
      {&self->patch_set, LV2_PATCH__Set},
      {&self->patch_property, LV2_PATCH__property},
      {&self->patch_value, LV2_PATCH__value},
      {&self->time_position, LV2_TIME__Position},
      {&self->time_beats_per_minute, LV2_TIME__beatsPerMinute},
      {&self->time_beats_per_bar, LV2_TIME__beatsPerBar},
      {&self->time_bar, LV2_TIME__bar},
      {&self->time_bar_beat, LV2_TIME__barBeat},
      {&self->time_speed, LV2_TIME__speed},
      {&self->max_block_length, LV2_BUF_SIZE__maxBlockLength},
      {&self->program, "urn:fieldiq:program"},
      {&self->seed, "urn:fieldiq:seed"},
      {&self->phases, "urn:fieldiq:phases"},
      {&self->match, "urn:fieldiq:match"},
      {&self->learned, "urn:fieldiq:learned"},
      {&self->tuning, "urn:fieldiq:tuning"},
      {&self->tuning_map, "urn:fieldiq:tuning-map"},
      {&self->tuning_table, "urn:fieldiq:tuning-table"},
      {&self->mts, "urn:fieldiq:mts"},
      {&self->telemetry, "urn:fieldiq:telemetry"},
      {&self->window, "urn:fieldiq:window"},
      {&self->goals, "urn:fieldiq:goals"},
      {&self->memory, "urn:fieldiq:memory"},
      {&self->sequence, "urn:fieldiq:sequence"},
      {&self->words, "urn:fieldiq:words"},
      {&self->moment, "urn:fieldiq:moment"},
      {&self->name_moment, "urn:fieldiq:name-moment"},
      {&self->moment_names, "urn:fieldiq:moment-names"},
      {&self->named_moments, "urn:fieldiq:named-moments"},
  };
  for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); ++i) {
    *table[i].urid = map->map(map->handle, table[i].uri);
  }
}

/// The event at byte `offset` of a sequence, or NULL if none fits in there whole.
static const LV2_Atom_Event* event_at(const LV2_Atom_Sequence* sequence, uint32_t offset)
{
  if (!sequence || sequence->atom.size < sizeof(LV2_Atom_Sequence_Body)) {
    return NULL;
  }
  const uint32_t body_bytes = sequence->atom.size - (uint32_t)sizeof(LV2_Atom_Sequence_Body);
  if (offset > body_bytes || body_bytes - offset < sizeof(LV2_Atom_Event)) {
    return NULL;
  }
  const LV2_Atom_Event* const event =
      (const LV2_Atom_Event*)(const void*)((const char*)(sequence + 1) + offset);
  return event->body.size <= body_bytes - offset - sizeof(LV2_Atom_Event) ? event : NULL;
}

static double number_of(const FiqUrids* urids, const LV2_Atom* atom, double fallback)
{
  assert(urids);
  if (!atom) {
    return fallback;
  }
  const void* const body = atom + 1;
  if (atom->type == urids->atom_float && atom->size == sizeof(float)) {
    return (double)*(const float*)body;
  }
  if (atom->type == urids->atom_double && atom->size == sizeof(double)) {
    return *(const double*)body;
  }
  if (atom->type == urids->atom_int && atom->size == sizeof(int32_t)) {
    return *(const int32_t*)body;
  }
  if (atom->type == urids->atom_long && atom->size == sizeof(int64_t)) {
    return (double)*(const int64_t*)body;
  }
  return fallback;
}

static void take_position(FiqPlugin* self, const LV2_Atom_Object* object)
{
  assert(self && object);
  const LV2_Atom* bpm      = NULL;
  const LV2_Atom* beats    = NULL;
  const LV2_Atom* bar      = NULL;
  const LV2_Atom* bar_beat = NULL;
  const LV2_Atom* speed    = NULL;
  // clang-format off
  lv2_atom_object_get(object,
    self->urids.time_beats_per_minute, &bpm,
    self->urids.time_beats_per_bar, &beats,
    self->urids.time_bar, &bar,
    self->urids.time_bar_beat, &bar_beat,
    self->urids.time_speed, &speed,
    0);
  // clang-format on
  self->tempo.bpm           = number_of(&self->urids, bpm, self->tempo.bpm);
  self->tempo.beats_per_bar = number_of(&self->urids, beats, self->tempo.beats_per_bar);
  const double at           = number_of(&self->urids, bar_beat, -1.0);
  const double bars         = number_of(&self->urids, bar, 0.0);
  const double is_moving    = self->tempo.is_moving ? 1.0 : 0.0;
  self->tempo.is_moving     = number_of(&self->urids, speed, is_moving) > 0.0;
  self->tempo.is_rolling    = at >= 0.0 && number_of(&self->urids, speed, 0.0) > 0.0;
  self->tempo.beats         = self->tempo.is_rolling ? bars * self->tempo.beats_per_bar + at : 0.0;
  fiq_engine_tempo(self->engine, &self->tempo);
}

/// Goals as a vector of floats: kind (1.. as in the parameter), target 0..1, weight; at most nine.
static void take_goals(FiqPlugin* self, const LV2_Atom* value)
{
  assert(self);
  const LV2_Atom_Vector* const vector = (const LV2_Atom_Vector*)(const void*)value;
  if (value->type != self->urids.atom_vector || value->size < sizeof(vector->body) ||
      vector->body.child_type != self->urids.atom_float ||
      vector->body.child_size != sizeof(float)) {
    return;
  }
  const float* const number = (const float*)(&vector->body + 1);
  const size_t       n      = (value->size - sizeof(vector->body)) / sizeof(float) / 3;
  FiqEngineGoal      goals[FIQ_ENGINE_GOALS];
  uint32_t           n_goals = 0;
  for (size_t i = 0; i < n && n_goals < FIQ_ENGINE_GOALS; ++i) {
    goals[n_goals++] = (FiqEngineGoal){number[3 * i], number[3 * i + 1], number[3 * i + 2]};
  }
  fiq_engine_set_goals(self->engine, goals, n_goals);
}

/// The user of a window has set a control that something lies over: a vector of its port and value.
static void take_back(FiqPlugin* self, const LV2_Atom* value)
{
  assert(self && value);
  float                        pair[2];
  const LV2_Atom_Vector* const vector = (const LV2_Atom_Vector*)(const void*)value;
  if (value->type != self->urids.atom_vector ||
      value->size != sizeof(vector->body) + sizeof(pair) ||
      vector->body.child_type != self->urids.atom_float ||
      vector->body.child_size != sizeof(float)) {
    return;
  }
  memcpy(pair, &vector->body + 1, sizeof(pair));
  for (uint32_t i = 0; i < self->n_controls; ++i) {
    if (fabsf(pair[0] - (float)self->port_of_control[i]) < 0.5f) {
      fiq_plugin_take_back(self, i, pair[1]);
    }
  }
}

static void take_setting(FiqPlugin* self, const LV2_Atom_Object* object)
{
  assert(self && object);
  const LV2_Atom* property = NULL;
  const LV2_Atom* value    = NULL;
  // clang-format off
  lv2_atom_object_get(object,
    self->urids.patch_property, &property,
    self->urids.patch_value, &value,
    0);
  // clang-format on
  const bool named = property && value && property->type == self->urids.atom_urid &&
                     property->size == sizeof(LV2_URID);
  const LV2_URID name = named ? ((const LV2_Atom_URID*)(const void*)property)->body : 0;
  const double   seed = number_of(&self->urids, value, -1.0);
  if (named && name == self->urids.seed && seed >= 0.0 && seed <= 0x7fffffff) {
    fiq_engine_reseed(self->engine, (uint64_t)seed);
    self->seed_asked = true;
    self->was_set    = true;
  }
  if (named && name == self->urids.goals) {
    take_goals(self, value);
    self->was_set = true;
  }
  if (named && name != self->urids.goals) {
    (void)fiq_plugin_set_field(self, name, value);
  }
  if (named && name == self->program.told_key) {
    take_back(self, value);
  }
  const bool is_text =
      named && (value->type == self->urids.atom_path || value->type == self->urids.atom_string);
  if (is_text && name == self->urids.tuning) {
    fiq_plugin_ask_tuning(self, (const char*)(value + 1), value->size);
  }
  if (is_text && name == self->urids.name_moment) {
    (void)fiq_engine_name_moment(self->engine, (const char*)(value + 1), value->size);
  }
  if (is_text && name == self->urids.moment) {
    fiq_engine_call_moment(self->engine, (const char*)(value + 1), value->size);
  }
  if (is_text) {
    (void)fiq_plugin_set_controllers(self, name, (const char*)(value + 1), value->size);
  }
  if (is_text && name == self->urids.words) {
    fiq_plugin_ask_words(self, (const char*)(value + 1), value->size);
  }
}

/// Somebody wants to know a property, or all of them.
static void take_question(FiqPlugin* self, const LV2_Atom_Object* object)
{
  assert(self && object);
  const LV2_Atom* property = NULL;
  lv2_atom_object_get(object, self->urids.patch_property, &property, 0);
  const bool named =
      property && property->type == self->urids.atom_urid && property->size == sizeof(LV2_URID);
  const LV2_URID name = named ? ((const LV2_Atom_URID*)(const void*)property)->body : 0;
  if (named && name == self->urids.telemetry) {
    fiq_plugin_lease(self);
    return;
  }
  if (named && name == self->urids.window) {
    fiq_plugin_lease_pictures(self);
    return;
  }
  if (named && fiq_plugin_ask_field(self, name)) {
    return;
  }
  self->seed_asked                = true;
  self->tunings.is_told           = false;
  self->kept.names->is_told       = fiq_engine_names(self->engine)->n == 0;
  self->kept.controllers->is_told = self->kept.controllers->played.map.n == 0;
  if (self->kept.words) {
    self->kept.words->is_told = false;
  }
}

static bool object_is_whole(const LV2_Atom_Object* object)
{
  assert(object);
  const uint32_t size = object->atom.size;
  uint32_t       at   = (uint32_t)sizeof(LV2_Atom_Object_Body);
  while (at < size) {
    const uint32_t head = (uint32_t)sizeof(LV2_Atom_Property_Body);
    if (size - at < head) {
      return false;
    }
    const LV2_Atom_Property_Body* const property =
        (const LV2_Atom_Property_Body*)(const void*)((const char*)&object->body + at);
    if (property->value.size > size - at - head) {
      return false;
    }
    at += lv2_atom_pad_size(head + property->value.size);
  }
  return size >= sizeof(LV2_Atom_Object_Body);
}

static void take_event(FiqPlugin* self, const LV2_Atom* atom)
{
  assert(self && atom);
  if (atom->type == self->urids.midi_event) {
    const uint8_t* const message = (const uint8_t*)(atom + 1);
    if (!fiq_plugin_take_controller(self, message, atom->size)) {
      fiq_plugin_take_program(self, message, atom->size);
      fiq_engine_midi(self->engine, message, atom->size);
    }
    return;
  }
  const LV2_Atom_Object* const object = (const LV2_Atom_Object*)(const void*)atom;
  if (!lv2_atom_forge_is_object_type(&self->forge, atom->type) || !object_is_whole(object)) {
    return;
  }
  if (object->body.otype == self->urids.time_position) {
    take_position(self, object);
  } else if (object->body.otype == self->urids.patch_set) {
    take_setting(self, object);
  } else if (object->body.otype == self->urids.patch_get) {
    take_question(self, object);
  }
}

void fiq_plugin_run_events(FiqPlugin* self, uint32_t n_frames)
{
  assert(self && self->engine);
  const LV2_Atom_Sequence* const inputs[] = {self->ports.control, self->ports.midi};
  uint32_t                       at[2]    = {0, 0};
  uint32_t                       done     = 0;
  for (;;) {
    const LV2_Atom_Event* const first  = event_at(inputs[0], at[0]);
    const LV2_Atom_Event* const second = event_at(inputs[1], at[1]);
    if (!first && !second) {
      break;
    }
    const int which = !first || (second && second->time.frames < first->time.frames) ? 1 : 0;
    const LV2_Atom_Event* const event = which ? second : first;
    const int64_t               last  = (int64_t)n_frames;
    const int64_t               frame = event->time.frames < last ? event->time.frames : last;
    if (frame > (int64_t)done) {
      fiq_plugin_process(self, done, (uint32_t)frame);
      done = (uint32_t)frame;
    }
    take_event(self, &event->body);
    at[which] += lv2_atom_pad_size((uint32_t)sizeof(LV2_Atom_Event) + event->body.size);
  }
  fiq_plugin_process(self, done, n_frames);
}

static bool write_seed(FiqPlugin* self, uint32_t which)
{
  assert(self);
  (void)which;
  LV2_Atom_Forge* const forge = &self->forge;
  FiqEngineState        state;
  fiq_engine_state(self->engine, &state);
  LV2_Atom_Forge_Frame object;
  return lv2_atom_forge_frame_time(forge, 0) &&
         lv2_atom_forge_object(forge, &object, 0, self->urids.patch_set) &&
         lv2_atom_forge_key(forge, self->urids.patch_property) &&
         lv2_atom_forge_urid(forge, self->urids.seed) &&
         lv2_atom_forge_key(forge, self->urids.patch_value) &&
         lv2_atom_forge_long(forge, (int64_t)state.seed) &&
         (lv2_atom_forge_pop(forge, &object), true);
}

static bool write_tuning(FiqPlugin* self, uint32_t which)
{
  assert(self);
  (void)which;
  LV2_Atom_Forge* const forge = &self->forge;
  const char* const     path  = fiq_plugin_tuning_path(self);
  LV2_Atom_Forge_Frame  object;
  return lv2_atom_forge_frame_time(forge, 0) &&
         lv2_atom_forge_object(forge, &object, 0, self->urids.patch_set) &&
         lv2_atom_forge_key(forge, self->urids.patch_property) &&
         lv2_atom_forge_urid(forge, self->urids.tuning) &&
         lv2_atom_forge_key(forge, self->urids.patch_value) &&
         lv2_atom_forge_path(forge, path, (uint32_t)strlen(path)) &&
         (lv2_atom_forge_pop(forge, &object), true);
}

/// Write a message if there is room for the whole of it, else nothing of it.
static bool write_whole(FiqPlugin* self, LV2_Atom_Forge_Frame*                   sequence,
                        bool (*write)(FiqPlugin* self, uint32_t which), uint32_t which)
{
  assert(self->forge.buf);
  assert(self && sequence);
  LV2_Atom_Forge* const forge  = &self->forge;
  LV2_Atom* const       notify = &self->ports.notify->atom;
  const uint32_t        offset = forge->offset;
  const uint32_t        size   = notify->size;
  if (write(self, which)) {
    return true;
  }
  forge->offset = offset;
  forge->stack  = sequence;
  notify->size  = size;
  return false;
}

static void write_asked_fields(FiqPlugin* self, LV2_Atom_Forge_Frame* sequence)
{
  for (uint32_t i = 0; self->fields_asked >> i; ++i) {
    const uint32_t bit = 1u << i;
    if ((self->fields_asked & bit) && write_whole(self, sequence, fiq_plugin_write_field, i)) {
      self->fields_asked &= ~bit;
    }
  }
}

void fiq_plugin_notify(FiqPlugin* self, uint32_t capacity_bytes, uint32_t n_frames)
{
  assert(self);
  const bool     is_due = fiq_plugin_picture_is_due(self, n_frames);
  uint8_t* const buffer = (uint8_t*)self->ports.notify;
  if (!buffer || capacity_bytes < sizeof(LV2_Atom_Sequence_Body)) {
    return;
  }
  LV2_Atom_Forge* const forge = &self->forge;
  LV2_Atom_Forge_Frame  sequence;
  lv2_atom_forge_set_buffer(forge, buffer, capacity_bytes + sizeof(LV2_Atom));
  lv2_atom_forge_sequence_head(forge, &sequence, 0);
  // What finds no room is tried again in the next block.
  if (self->seed_asked) {
    self->seed_asked = !write_whole(self, &sequence, write_seed, 0);
  }
  if (!self->tunings.is_told) {
    self->tunings.is_told = write_whole(self, &sequence, write_tuning, 0);
  }
  if (self->kept.words && !self->kept.words->is_told) {
    self->kept.words->is_told = write_whole(self, &sequence, fiq_plugin_write_words, 0);
  }
  if (!self->kept.names->is_told) {
    self->kept.names->is_told = write_whole(self, &sequence, fiq_plugin_write_names, 0);
  }
  if (!self->kept.controllers->is_told) {
    self->kept.controllers->is_told =
        write_whole(self, &sequence, fiq_plugin_write_controllers, 0) &&
        write_whole(self, &sequence, fiq_plugin_write_controllers, 1);
  }
  write_asked_fields(self, &sequence);
  // Telemetry is news or nothing: what finds no room is dropped.
  for (uint32_t i = 0; i < self->telling.n_told; ++i) {
    (void)write_whole(self, &sequence, fiq_plugin_write_telling, i);
  }
  if (is_due && !self->program.is_told) {
    self->program.is_told = write_whole(self, &sequence, fiq_plugin_write_overlay, 0);
  }
  if (is_due) {
    (void)write_whole(self, &sequence, fiq_plugin_write_picture, 0);
  }
  lv2_atom_forge_pop(forge, &sequence);
  forge->stack = NULL; // it held the address of what ends here
}

void fiq_plugin_write_notes(FiqPlugin* self, uint32_t capacity_bytes, uint32_t n_frames)
{
  uint8_t* const       buffer = (uint8_t*)self->ports.midi_out;
  const bool           fits   = buffer && capacity_bytes >= sizeof(LV2_Atom_Sequence_Body);
  LV2_Atom_Forge_Frame sequence;
  if (fits) {
    lv2_atom_forge_set_buffer(&self->forge, buffer, capacity_bytes + sizeof(LV2_Atom));
    lv2_atom_forge_sequence_head(&self->forge, &sequence, 0);
  }
  // What nobody takes is gone.
  FiqEngineNote note;
  while (fiq_engine_take_note(self->engine, n_frames, &note)) {
    const bool is_written = fits && lv2_atom_forge_frame_time(&self->forge, note.at_frame) &&
                            lv2_atom_forge_atom(&self->forge, 3, self->urids.midi_event) &&
                            lv2_atom_forge_write(&self->forge, note.message, 3);
    (void)is_written;
  }
  if (fits) {
    lv2_atom_forge_pop(&self->forge, &sequence);
  }
}
