// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/instance.h"

#include "plugin/denormals.h"
#include "plugin/ports.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static uint64_t fresh_seed(void)
{
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed)) {
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_REALTIME, &now);
    seed = (uint64_t)now.tv_nsec ^ ((uint64_t)now.tv_sec << 30) ^ (uint64_t)(uintptr_t)&seed;
  }
  // A seed is shown and stored as a signed 64-bit number; keep it readable in any host.
  return seed & UINT64_C(0x7fffffff);
}

/// What is not connected shows what was seen of it last, so that there is no news of it, or is written nowhere.
static void connect_control_port(FiqPlugin* self, uint32_t port, void* data)
{
  assert(port < self->n_ports);
  assert(self->place_of_port[port] < FIQ_PORTS_MAX);
  const uint32_t i = self->place_of_port[port];
  if (self->is_meter[port]) {
    self->ports.meter[i] = data ? data : &self->nowhere;
    // Audacity asks for the latency before activate().
    if (self->engine && self->offset_of_meter[i] == offsetof(FiqEngineMeters, latency)) {
      *self->ports.meter[i] = (float)fiq_engine_latency_frames(self->engine);
    }
  } else {
    self->ports.knob[i] = data ? data : &self->seen[i];
  }
}

static void map_control_ports(FiqPlugin* self)
{
  assert(self->n_ports == 0);
  memset(self->seen, 0xff, sizeof(self->seen)); // a NaN, which stands for the default
  self->n_ports = fiq_first_control_port(self->kind);
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqParam* const param = &fiq_params[row];
    if (!fiq_param_has_port(param, self->kind) || self->n_ports == FIQ_PORTS_MAX) {
      continue;
    }
    const uint32_t port = self->n_ports++;
    if (param->kind == FIQ_KIND_MIDI_OUT) {
      self->midi_out_port = port;
      continue;
    }
    self->is_meter[port] = fiq_param_is_meter(param);
    if (self->is_meter[port]) {
      self->place_of_port[port]               = self->n_meters;
      self->offset_of_meter[self->n_meters++] = param->offset;
    } else {
      self->place_of_port[port]                = self->n_controls;
      self->port_of_control[self->n_controls]  = port;
      self->row_of_control[self->n_controls++] = row;
    }
    connect_control_port(self, port, NULL);
  }
}

static bool start_engine(FiqPlugin* self, double sample_rate_hz)
{
  assert(!self->engine);
  self->config = (FiqEngineConfig){.sample_rate_hz  = sample_rate_hz,
                                   .seed            = fresh_seed(),
                                   .with_realms     = self->kind != FIQ_PLUGIN_SWARM,
                                   .with_worker     = self->schedule.schedule_work != NULL,
                                   .exchange        = fiq_link_exchange,
                                   .exchange_handle = &self->link};
  self->engine = fiq_engine_new(&self->config);
  if (!self->engine) {
    lv2_log_error(&self->logger, "FieldIQ: cannot start at %g Hz\n", sample_rate_hz);
    return false;
  }
  fiq_link_init(&self->link, fiq_engine_core_frames(sample_rate_hz), sample_rate_hz);
  fiq_params_default(self->kind, &self->params);
  fiq_engine_reset(self->engine, &self->params);
  fiq_plugin_publish_state(self, UINT32_MAX / 2);
  if (self->logger.log) { // without the feature the logger would write to the host's terminal
    lv2_log_trace(&self->logger,
                  "FieldIQ: %g Hz, blocks of up to %d frames announced, latency %u frames\n",
                  sample_rate_hz, self->max_block_frames, fiq_engine_latency_frames(self->engine));
  }
  return true;
}

static FiqPluginKind kind_of(const char* uri)
{
  assert(uri);
  uint32_t kind = 0;
  while (kind + 1 < FIQ_N_PLUGINS &&
         strcmp(uri + strlen("urn:fieldiq:"), fiq_plugin_names[kind]) != 0) {
    ++kind;
  }
  return (FiqPluginKind)kind;
}

static LV2_Handle instantiate(const LV2_Descriptor* descriptor, double sample_rate_hz,
                              const char* bundle_path, const LV2_Feature* const* features)
{
  assert(descriptor && descriptor->URI);
  (void)bundle_path;
  LV2_URID_Map* const              map    = fiq_feature(features, LV2_URID__map);
  const LV2_Worker_Schedule* const worker = fiq_feature(features, LV2_WORKER__schedule);
  FiqPlugin* const                 self   = map ? calloc(1, sizeof(FiqPlugin)) : NULL;
  if (!self) {
    return NULL;
  }
  self->kind = kind_of(descriptor->URI);
  lv2_log_logger_init(&self->logger, map, fiq_feature(features, LV2_LOG__log));
  fiq_urids_init(&self->urids, map);
  lv2_atom_forge_init(&self->forge, map);
  (void)fiq_plugin_read_options(self, fiq_feature(features, LV2_OPTIONS__options));
  map_control_ports(self);
  fiq_state_box_init(&self->restored);
  fiq_state_box_init(&self->snapshot);
  fiq_tuning_exchange_init(&self->tunings);
  fiq_telemetry_port_init(&self->telling, map);
  fiq_feed_init(&self->feed, map, sample_rate_hz);
  if (worker) {
    self->schedule = *worker;
  }
  self->kept.moments     = fiq_memory_state_new();
  self->kept.names       = fiq_names_state_new();
  self->kept.sequence    = fiq_sequence_state_new();
  self->kept.controllers = fiq_controllers_state_new(map);
  const bool sings       = self->kind == FIQ_PLUGIN_SWARM;
  self->kept.words       = sings ? fiq_words_exchange_new() : NULL;
  if (!self->kept.moments || !self->kept.names || !self->kept.sequence || !self->kept.controllers ||
      (sings && !self->kept.words) || !fiq_plugin_init_programs(self, map) ||
      !start_engine(self, sample_rate_hz)) {
    fiq_plugin_free_programs(self);
    fiq_words_exchange_free(self->kept.words);
    fiq_sequence_state_free(self->kept.sequence);
    free(self->kept.controllers);
    free(self->kept.names);
    free(self->kept.moments);
    fiq_tuning_exchange_free(&self->tunings);
    free(self);
    return NULL;
  }
  fiq_instance_guard_add(&self->alive);
  return self;
}

static void connect_fixed_port(FiqPorts* ports, FiqPortRole role, void* data)
{
  assert(ports && role < FIQ_N_PORT_ROLES);
  switch (role) {
  case FIQ_PORT_CONTROL:
    ports->control = data;
    break;
  case FIQ_PORT_MIDI:
    ports->midi = data;
    break;
  case FIQ_PORT_NOTIFY:
    ports->notify = data;
    break;
  case FIQ_PORT_IN_L:
  case FIQ_PORT_IN_R:
    ports->in[role - FIQ_PORT_IN_L] = data;
    break;
  case FIQ_PORT_SIDE_L:
  case FIQ_PORT_SIDE_R:
    ports->side[role - FIQ_PORT_SIDE_L] = data;
    break;
  case FIQ_PORT_OUT_L:
  case FIQ_PORT_OUT_R:
    ports->out[role - FIQ_PORT_OUT_L] = data;
    break;
  case FIQ_N_PORT_ROLES:
    break;
  }
}

static void connect_port(LV2_Handle handle, uint32_t port, void* data)
{
  assert(handle);
  FiqPlugin* const self = handle;
  if (port >= self->n_ports) {
    return;
  }
  if (port == self->midi_out_port && port > 0) {
    self->ports.midi_out = data;
  } else if (port >= fiq_first_control_port(self->kind)) {
    connect_control_port(self, port, data);
  } else {
    connect_fixed_port(&self->ports, fiq_fixed_port(self->kind, port)->role, data);
  }
}

/// Whether any control is another than it was. Bits are compared, so that a NaN is not news in every block.
static bool has_news(const FiqPlugin* self)
{
  assert(self->n_controls <= FIQ_PORTS_MAX);
  uint32_t news = 0;
#pragma GCC unroll 4
  for (uint32_t i = 0; i < self->n_controls; ++i) {
    uint32_t now;
    uint32_t before;
    memcpy(&now, self->ports.knob[i], sizeof now);
    memcpy(&before, &self->seen[i], sizeof before);
    news |= now ^ before;
  }
  return news != 0;
}

/// Whether there was any news.
static bool read_controls(FiqPlugin* self)
{
  assert(self->n_controls <= FIQ_PORTS_MAX);
  const bool is_news = has_news(self);
  for (uint32_t i = 0; is_news && i < self->n_controls; ++i) {
    if (memcmp(self->ports.knob[i], &self->seen[i], sizeof(float)) != 0) {
      fiq_plugin_take_port(self, i);
    }
  }
  if (is_news) {
    fiq_plugin_end_news(self);
  }
  return is_news;
}

static void write_meters(FiqPlugin* self)
{
  assert(self->engine && self->n_meters <= FIQ_PORTS_MAX);
  const char* const meters = (const char*)fiq_engine_meters(self->engine);
#pragma GCC unroll 4
  for (uint32_t i = 0; i < self->n_meters; ++i) {
    memcpy(self->ports.meter[i], meters + self->offset_of_meter[i], sizeof(float));
  }
}

static void activate(LV2_Handle handle)
{
  assert(handle);
  FiqPlugin* const self = handle;
  (void)read_controls(self);
  fiq_plugin_await_state(self);
  fiq_link_start(&self->link);
  fiq_engine_reset(self->engine, &self->params);
  fiq_plugin_settle(self);
  fiq_engine_warm_up(self->engine, &self->params);
  self->has_run = false;
  // Other hosts ask for it before the first run(), where Quality or Window may have changed it.
  write_meters(self);
}

/// Some hosts set the controls after activate(): the sound begins with the values of the first run().
static void begin(FiqPlugin* self, uint32_t n_frames)
{
  assert(!self->has_run);
  if (read_controls(self)) {
    fiq_engine_reset(self->engine, &self->params);
  }
  self->has_run = n_frames > 0;
}

static void run(LV2_Handle handle, uint32_t n_frames)
{
  assert(handle);
  FiqPlugin* const self       = handle;
  const uint64_t   float_mode = fiq_denormals_off();
  // The capacity of the notify buffer stands in it now; MIDI may live in the same memory.
  const uint32_t capacity_bytes = self->ports.notify ? self->ports.notify->atom.size : 0;
  const uint32_t midi_bytes     = self->ports.midi_out ? self->ports.midi_out->atom.size : 0;
  self->telling.n_told          = 0;
  fiq_link_begin(&self->link);
  if (!self->has_run) {
    begin(self, n_frames);
  }
  fiq_plugin_take_state(self);
  fiq_plugin_take_moments(self);
  fiq_plugin_take_names(self);
  fiq_plugin_take_sequence(self);
  fiq_plugin_tune(self);
  fiq_plugin_take_words(self);
  fiq_plugin_take_controllers(self);
  (void)read_controls(self);
  fiq_plugin_grow(self);
  fiq_plugin_learn(self);
  fiq_plugin_run_events(self, n_frames);
  fiq_plugin_order_tuning(self);
  fiq_plugin_order_words(self);
  write_meters(self);
  fiq_plugin_notify(self, capacity_bytes, n_frames);
  fiq_plugin_write_notes(self, midi_bytes, n_frames);
  fiq_plugin_pass_program(self, n_frames);
  fiq_plugin_publish_state(self, n_frames);
  fiq_plugin_publish_moments(self);
  fiq_plugin_publish_names(self);
  fiq_plugin_publish_sequence(self);
  fiq_plugin_publish_controllers(self);
  fiq_denormals_restore(float_mode);
}

static void cleanup(LV2_Handle handle)
{
  assert(handle);
  FiqPlugin* const self = handle;
  fiq_instance_guard_remove(&self->alive);
  fiq_link_leave(&self->link);
  fiq_part_free(self->work.retired);
  fiq_engine_free(self->engine);
  fiq_tuning_exchange_free(&self->tunings);
  fiq_plugin_free_programs(self);
  fiq_words_exchange_free(self->kept.words);
  fiq_sequence_state_free(self->kept.sequence);
  free(self->kept.controllers);
  free(self->kept.names);
  free(self->kept.moments);
  free(self);
}

static const void* extension_data(const char* uri)
{
  assert(uri);
  const void* const options = fiq_options_extension(uri);
  const void* const state   = fiq_state_extension(uri);
  return options ? options : state ? state : fiq_worker_extension(uri);
}

LV2_SYMBOL_EXPORT const LV2_Descriptor* lv2_descriptor(uint32_t index)
{
#define FIQ_DESCRIPTOR(name)                                                                       \
  {                                                                                                \
    "urn:fieldiq:" name, instantiate, connect_port, activate, run, NULL, cleanup, extension_data   \
  }
  static const LV2_Descriptor descriptors[FIQ_N_PLUGINS] = {
      [FIQ_PLUGIN_REALMS]        = FIQ_DESCRIPTOR("realms"),
      [FIQ_PLUGIN_SWARM]         = FIQ_DESCRIPTOR("swarm"),
      [FIQ_PLUGIN_REALMS_STEREO] = FIQ_DESCRIPTOR("realms-stereo"),
      [FIQ_PLUGIN_REALMS_MONO]   = FIQ_DESCRIPTOR("realms-mono"),
  };
#undef FIQ_DESCRIPTOR
  return index < FIQ_N_PLUGINS ? &descriptors[index] : NULL;
}
