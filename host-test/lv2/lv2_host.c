// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/lv2/lv2_host.h"

#include "host-test/common/report.h"
#include "host-test/lv2/lv2_world.h"

#include <lv2/buf-size/buf-size.h>
#include <lv2/core/lv2.h>
#include <lv2/midi/midi.h>
#include <lv2/parameters/parameters.h>
#include <lv2/patch/patch.h>
#include <lv2/state/state.h>
#include <lv2/time/time.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MESSAGE_BYTES = 131072 };

/// What this host gives or need not do anything for.
static const char* const offered[] = {LV2_URID__map,
                                      LV2_URID__unmap,
                                      LV2_OPTIONS__options,
                                      LV2_BUF_SIZE__boundedBlockLength,
                                      LV2_WORKER__schedule,
                                      LV2_LOG__log,
                                      LV2_STATE__threadSafeRestore,
                                      LV2_STATE__loadDefaultState,
                                      LV2_CORE__hardRTCapable,
                                      LV2_CORE__inPlaceBroken,
                                      LV2_CORE__isLive};

static void map_urids(FiqHost* self)
{
  FiqUrid* const urid = &self->urid;
  self->audio.urids   = (FiqHostUrids){.atom_bool          = fiq_urid(urid, LV2_ATOM__Bool),
                                       .atom_chunk         = fiq_urid(urid, LV2_ATOM__Chunk),
                                       .atom_double        = fiq_urid(urid, LV2_ATOM__Double),
                                       .atom_float         = fiq_urid(urid, LV2_ATOM__Float),
                                       .atom_int           = fiq_urid(urid, LV2_ATOM__Int),
                                       .atom_long          = fiq_urid(urid, LV2_ATOM__Long),
                                       .atom_object        = fiq_urid(urid, LV2_ATOM__Object),
                                       .atom_urid          = fiq_urid(urid, LV2_ATOM__URID),
                                       .atom_sequence      = fiq_urid(urid, LV2_ATOM__Sequence),
                                       .atom_path          = fiq_urid(urid, LV2_ATOM__Path),
                                       .atom_string        = fiq_urid(urid, LV2_ATOM__String),
                                       .atom_uri           = fiq_urid(urid, LV2_ATOM__URI),
                                       .atom_vector        = fiq_urid(urid, LV2_ATOM__Vector),
                                       .log_note           = fiq_urid(urid, LV2_LOG__Note),
                                       .log_trace          = fiq_urid(urid, LV2_LOG__Trace),
                                       .midi_event         = fiq_urid(urid, LV2_MIDI__MidiEvent),
                                       .patch_get          = fiq_urid(urid, LV2_PATCH__Get),
                                       .patch_property     = fiq_urid(urid, LV2_PATCH__property),
                                       .patch_set          = fiq_urid(urid, LV2_PATCH__Set),
                                       .patch_value        = fiq_urid(urid, LV2_PATCH__value),
                                       .seed               = fiq_urid(urid, FIQ_SEED_URI),
                                       .telemetry          = fiq_urid(urid, FIQ_TELEMETRY_URI),
                                       .telemetry_object   = fiq_urid(urid, FIQ_TELEMETRY_OBJECT_URI),
                                       .tuning             = fiq_urid(urid, FIQ_TUNING_URI),
                                       .time_bar           = fiq_urid(urid, LV2_TIME__bar),
                                       .time_bar_beat      = fiq_urid(urid, LV2_TIME__barBeat),
                                       .time_beat          = fiq_urid(urid, LV2_TIME__beat),
                                       .time_beat_unit     = fiq_urid(urid, LV2_TIME__beatUnit),
                                       .time_beats_per_bar = fiq_urid(urid, LV2_TIME__beatsPerBar),
                                       .time_bpm           = fiq_urid(urid, LV2_TIME__beatsPerMinute),
                                       .time_frame         = fiq_urid(urid, LV2_TIME__frame),
                                       .time_position      = fiq_urid(urid, LV2_TIME__Position),
                                       .time_speed         = fiq_urid(urid, LV2_TIME__speed)};
}

static int log_vprintf(LV2_Log_Handle handle, LV2_URID type, const char* format, va_list arguments)
{
  const FiqHost* const self = handle;
  // Traces may come from run(), which must not write to a terminal.
  const bool silent = type == self->audio.urids.log_trace ||
                      (type == self->audio.urids.log_note && fiq_report_is_quiet());
  return silent ? 0 : fiq_report_vprintf(format, arguments);
}

static int log_printf(LV2_Log_Handle handle, LV2_URID type, const char* format, ...)
    __attribute__((format(printf, 3, 4)));

static int log_printf(LV2_Log_Handle handle, LV2_URID type, const char* format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  const int n = log_vprintf(handle, type, format, arguments);
  va_end(arguments);
  return n;
}

static bool sort_audio_port(FiqHostAudio* audio, const FiqPort* port, uint32_t index)
{
  uint32_t* const list =
      !port->input ? audio->out : (port->sidechain ? audio->side_in : audio->main_in);
  uint32_t* const count = !port->input      ? &audio->n_out
                          : port->sidechain ? &audio->n_side_in
                                            : &audio->n_main_in;
  if (*count == FIQ_HOST_CHANNELS_MAX) {
    fiq_error("the plugin has more than %d audio channels in one direction", FIQ_HOST_CHANNELS_MAX);
    return false;
  }
  list[(*count)++] = index;
  if (port->sidechain) {
    audio->side_optional = audio->side_optional && port->optional;
  }
  return true;
}

static bool sort_ports(FiqHost* self)
{
  FiqHostAudio* const audio = &self->audio;
  audio->side_optional      = true;
  for (uint32_t i = 0; i < self->ports.n_ports; ++i) {
    const FiqPort* const port = &self->ports.ports[i];
    if (port->kind == FIQ_PORT_AUDIO && !sort_audio_port(audio, port, i)) {
      return false;
    }
    if (port->kind == FIQ_PORT_OTHER && !port->optional) {
      fiq_error("port '%s' is of a kind that this host does not know", port->symbol);
      return false;
    }
    if (port->kind == FIQ_PORT_CONTROL && port->input) {
      self->settings[i] = port->fallback;
      audio->values[i]  = port->fallback;
    }
  }
  audio->freewheel = self->ports.freewheel;
  audio->latency   = self->ports.latency;
  audio->midi      = self->ports.midi;
  audio->position  = self->ports.position;
  audio->patch     = self->ports.patch;
  return true;
}

/// One sequence per atom port, 8-byte aligned as atoms must be.
static bool allocate_sequences(FiqHost* self)
{
  FiqHostAudio* const audio = &self->audio;
  for (uint32_t i = 0; i < self->ports.n_ports; ++i) {
    const FiqPort* const port = &self->ports.ports[i];
    if (port->kind != FIQ_PORT_ATOM) {
      continue;
    }
    const uint32_t wanted    = port->buffer_bytes + (uint32_t)sizeof(LV2_Atom_Sequence);
    const uint32_t size      = wanted > FIQ_HOST_ATOM_BYTES ? wanted : FIQ_HOST_ATOM_BYTES;
    audio->sequences[i]      = calloc(1, size);
    audio->sequence_bytes[i] = size;
    audio->atom_in[i]        = port->input;
    if (!audio->sequences[i]) {
      return false;
    }
  }
  return true;
}

static bool allocate(FiqHost* self)
{
  FiqHostAudio* const audio = &self->audio;
  const size_t        n     = self->ports.n_ports + 1;
  audio->n_ports            = self->ports.n_ports;
  self->settings            = calloc(n, sizeof(float));
  audio->values             = calloc(n, sizeof(float));
  audio->sequences          = calloc(n, sizeof(LV2_Atom_Sequence*));
  audio->sequence_bytes     = calloc(n, sizeof(uint32_t));
  audio->atom_in            = calloc(n, sizeof(bool));
  audio->silence            = calloc(FIQ_HOST_BLOCK_MAX, sizeof(float));
  audio->sink               = calloc(FIQ_HOST_BLOCK_MAX, sizeof(float));
  audio->value              = calloc(sizeof(LV2_Atom) + FIQ_HOST_VALUE_BYTES, 1);
  audio->event              = calloc(FIQ_HOST_OBJECT_BYTES + FIQ_HOST_VALUE_BYTES, 1);
  const bool have_ring      = fiq_ring_init(&audio->messages, MESSAGE_BYTES);
  const bool have_worker    = fiq_worker_init(&audio->worker);
  return self->settings && audio->values && audio->sequences && audio->sequence_bytes &&
         audio->atom_in && audio->silence && audio->sink && audio->value && audio->event &&
         have_ring && have_worker && allocate_sequences(self);
}

static bool check_features(const FiqHost* self)
{
  LilvNodes* const required = lilv_plugin_get_required_features(self->plugin);
  bool             all      = true;
  LILV_FOREACH(nodes, i, required)
  {
    const char* const uri   = lilv_node_as_uri(lilv_nodes_get(required, i));
    bool              known = false;
    for (size_t k = 0; uri && k < sizeof offered / sizeof offered[0]; ++k) {
      known = known || strcmp(uri, offered[k]) == 0;
    }
    if (!known) {
      fiq_error("the plugin needs the host feature <%s>, which is not offered here", uri);
      all = false;
    }
  }
  lilv_nodes_free(required);
  return all;
}

bool fiq_host_declares(const FiqHost* self, const char* uri)
{
  LilvNode* const writable = lilv_new_uri(self->world, LV2_PATCH__writable);
  LilvNode* const property = lilv_new_uri(self->world, uri);
  const bool      yes =
      lilv_world_ask(self->world, lilv_plugin_get_uri(self->plugin), writable, property);
  lilv_node_free(property);
  lilv_node_free(writable);
  return yes;
}

/// Find out what the plugin is and needs.
static bool describe(FiqHost* self)
{
  if (!self->plugin || !check_features(self)) {
    return false;
  }
  self->seedable = fiq_host_declares(self, FIQ_SEED_URI);
  self->tunable  = fiq_host_declares(self, FIQ_TUNING_URI);
  if (!fiq_ports_init(&self->ports, self->world, self->plugin, self->rate_hz) || !allocate(self)) {
    fiq_error("out of memory");
    return false;
  }
  return sort_ports(self);
}

/// What needs no plugin; `world` may be NULL, when memory is short.
static bool begin(FiqHost* self, LilvWorld* world, double rate_hz)
{
  *self = (FiqHost){.rate_hz = rate_hz, .world = world};
  sem_init(&self->audio.paused_now, 0, 0);
  if (!fiq_urid_init(&self->urid) || !self->world) {
    fiq_error("out of memory");
    return false;
  }
  map_urids(self);
  return true;
}

bool fiq_host_open(FiqHost* self, const char* name, double rate_hz)
{
  if (!begin(self, fiq_world_new(), rate_hz)) {
    return false;
  }
  self->plugin = fiq_world_plugin(self->world, name);
  return describe(self);
}

bool fiq_host_open_beside(FiqHost* self, const FiqHost* other, const char* name, double rate_hz)
{
  const bool begun   = begin(self, other->world, rate_hz);
  self->shares_world = true;
  self->plugin       = name ? fiq_world_plugin(self->world, name) : other->plugin;
  return begun && describe(self);
}

static LV2_Options_Option int_option(const FiqHost* self, LV2_URID key, const int32_t* value)
{
  return (LV2_Options_Option){LV2_OPTIONS_INSTANCE,       0,    key, sizeof(int32_t),
                              self->audio.urids.atom_int, value};
}

static void fill_features(FiqHost* self, uint32_t nominal_frames)
{
  FiqUrid* const urid   = &self->urid;
  self->rate_option     = (float)self->rate_hz;
  self->sequence_option = FIQ_HOST_ATOM_BYTES;
  self->block_option[0] = 1;
  self->block_option[1] = FIQ_HOST_BLOCK_MAX;
  self->block_option[2] = (int32_t)nominal_frames;
  self->options[0]      = (LV2_Options_Option){LV2_OPTIONS_INSTANCE,
                                               0,
                                               fiq_urid(urid, LV2_PARAMETERS__sampleRate),
                                               sizeof(float),
                                               self->audio.urids.atom_float,
                                               &self->rate_option};
  self->options[1] =
      int_option(self, fiq_urid(urid, LV2_BUF_SIZE__minBlockLength), &self->block_option[0]);
  self->options[2] =
      int_option(self, fiq_urid(urid, LV2_BUF_SIZE__maxBlockLength), &self->block_option[1]);
  self->options[3] =
      int_option(self, fiq_urid(urid, LV2_BUF_SIZE__nominalBlockLength), &self->block_option[2]);
  self->options[4] =
      int_option(self, fiq_urid(urid, LV2_BUF_SIZE__sequenceSize), &self->sequence_option);
  self->log                = (LV2_Log_Log){self, log_printf, log_vprintf};
  self->log_feature        = (LV2_Feature){LV2_LOG__log, &self->log};
  const LV2_Feature list[] = {{LV2_URID__map, &urid->map},
                              {LV2_URID__unmap, &urid->unmap},
                              {LV2_OPTIONS__options, self->options},
                              {LV2_BUF_SIZE__boundedBlockLength, NULL},
                              {LV2_WORKER__schedule, &self->audio.worker.from_run},
                              self->log_feature,
                              {LV2_STATE__loadDefaultState, NULL},
                              {LV2_STATE__threadSafeRestore, NULL}};
  const size_t      n_list = sizeof list / sizeof list[0];
  for (size_t i = 0; i < n_list; ++i) {
    self->feature_data[i] = list[i];
    self->features[i]     = &self->feature_data[i];
  }
  self->features[n_list] = NULL;
}

static void connect_fixed_ports(FiqHost* self)
{
  FiqHostAudio* const audio = &self->audio;
  for (uint32_t i = 0; i < audio->n_ports; ++i) {
    const FiqPort* const port = &self->ports.ports[i];
    void*                data = NULL;
    if (port->kind == FIQ_PORT_CONTROL) {
      data = &audio->values[i];
    } else if (port->kind == FIQ_PORT_ATOM) {
      data = audio->sequences[i];
    } else if (port->kind == FIQ_PORT_CV) {
      data = port->input ? audio->silence : audio->sink;
    }
    lilv_instance_connect_port(audio->instance, i, data);
  }
}

bool fiq_host_start(FiqHost* self, uint32_t nominal_frames, bool threaded)
{
  assert(nominal_frames >= 1);
  assert(nominal_frames <= FIQ_HOST_BLOCK_MAX);
  FiqHostAudio* const audio = &self->audio;
  fill_features(self, nominal_frames);
  audio->instance = lilv_plugin_instantiate(self->plugin, self->rate_hz, self->features);
  if (!audio->instance) {
    fiq_error("the plugin <%s> could not be instantiated at %g Hz",
              lilv_node_as_uri(lilv_plugin_get_uri(self->plugin)), self->rate_hz);
    return false;
  }
  connect_fixed_ports(self);
  const LV2_Worker_Interface* const work =
      lilv_instance_get_extension_data(audio->instance, LV2_WORKER__interface);
  if (!fiq_worker_start(&audio->worker, work, lilv_instance_get_handle(audio->instance),
                        threaded)) {
    fiq_error("no thread for the plugin's work");
    return false;
  }
  atomic_store(&audio->freewheeling, !threaded);
  return true;
}

void fiq_host_activate(FiqHost* self)
{
  lilv_instance_activate(self->audio.instance);
  self->audio.active = true;
}

void fiq_host_deactivate(FiqHost* self)
{
  lilv_instance_deactivate(self->audio.instance);
  self->audio.active = false;
}

void fiq_host_nominal(FiqHost* self, uint32_t nominal_frames)
{
  if (nominal_frames > FIQ_HOST_BLOCK_MAX) {
    nominal_frames = FIQ_HOST_BLOCK_MAX;
  }
  const LV2_Options_Interface* const options =
      lilv_instance_get_extension_data(self->audio.instance, LV2_OPTIONS__interface);
  self->block_option[2] = (int32_t)nominal_frames;
  if (options && options->set) {
    const LV2_Options_Option changed[2] = {self->options[3], {.key = 0}};
    options->set(lilv_instance_get_handle(self->audio.instance), changed);
  }
}

static void free_audio(FiqHostAudio* audio)
{
  for (uint32_t i = 0; audio->sequences && i < audio->n_ports; ++i) {
    free(audio->sequences[i]);
  }
  free(audio->sequences);
  free(audio->sequence_bytes);
  free(audio->atom_in);
  free(audio->values);
  free(audio->silence);
  free(audio->sink);
  free(audio->value);
  free(audio->event);
  fiq_ring_free(&audio->messages);
  sem_destroy(&audio->paused_now);
}

void fiq_host_free(FiqHost* self)
{
  FiqHostAudio* const audio = &self->audio;
  if (audio->worker.request) {
    fiq_worker_free(&audio->worker);
  }
  if (audio->instance) {
    if (audio->active) {
      lilv_instance_deactivate(audio->instance);
    }
    lilv_instance_free(audio->instance);
  }
  free_audio(audio);
  free(self->settings);
  fiq_ports_free(&self->ports);
  if (self->world && !self->shares_world) {
    lilv_world_free(self->world);
  }
  fiq_urid_free(&self->urid);
}
